//! Saving the journey, the comparison, the session or the report on the screen as a file.

use std::sync::Arc;

use crate::config;
use crate::report::journey::Form;
use crate::tui::backend::Failure;
use crate::tui::fit;
use crate::tui::keys::Action;
use crate::tui::page::Report;
use crate::tui::screen::{compare, listen, save};
use crate::tui::worker::{Reported, Reporting, Request, Subject};

use super::{Effect, Layer, Model};

/// Writes the repair on the screen as a file; else asks what to save as: the comparison or the session on the screen,
/// the report of the page on it, or the journey that is on it or below the page.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    if let Some(Layer::Page(_, page)) = model.layers.last()
        && let Some((id, path)) = page.repair()
    {
        if model.redacts {
            model.notice =
                Some("a file for /import has ids and rows as they are: it is not written redacted".to_owned());
            return Vec::new();
        }
        let (zone, ascii) = (model.look.zone, model.look.is_ascii());
        let subject = Subject::Repair(id);
        let wanted = Reporting { subject, form: Form::Text, zone, ascii, path, numbered: true };
        let ticket = model.ticket();
        return vec![Effect::Ask(ticket, Request::Report(Arc::new(wanted)))];
    }
    ask(model);
    Vec::new()
}

fn ask(model: &mut Model) {
    if let (Some(Layer::Live), Some(live)) = (model.layers.last(), &model.live) {
        let Some(what) = live.received() else {
            model.notice = Some("nothing has arrived yet that could be saved".to_owned());
            return;
        };
        model.layers.push(Layer::Save(save::State::session(live.session(), what)));
        return;
    }
    if let Some(Layer::Page(_, page)) = model.layers.last()
        && let Some((name, subject)) = page.report()
    {
        let is_migration = matches!(subject, Report::Migration(..));
        let what = if is_migration { "the migration report" } else { "the rows with the changes" };
        let state = save::State::report(&name, is_migration, what.to_owned(), model.redacts);
        model.layers.push(Layer::Save(state.on_a_server(model.is_on_a_server)));
        return;
    }
    let mut below = model.layers.iter().rev().filter(|layer| !matches!(layer, Layer::Page(..)));
    let top = below.next();
    let compared = match (top, &model.pages.compare) {
        (Some(Layer::Compare), Some(state)) => Some(state.shared()),
        _ => None,
    };
    let shown = compared.is_some() || matches!(top, Some(Layer::Journey | Layer::Identity));
    let Some(state) = model.journey.as_ref().filter(|_| shown && model.failed.is_none()) else {
        let command = model.command().filter(|_| matches!(model.layers.last(), Some(Layer::Page(..))));
        model.notice = Some(match command {
            Some(command) => format!("no journey is open to save; this page is written by {command}"),
            None => "there is no journey on this screen to save: open one first".to_owned(),
        });
        return;
    };
    if model.opening.is_asked() {
        model.notice = Some("the journey is still loading: save it when it is complete".to_owned());
        return;
    }
    let dot = model.look.glyphs.dot;
    let asked = if let Some(compared) = compared {
        let names = compared.sides.each_ref().map(|side| side.journey.best_name());
        let ids = compared.sides.each_ref().map(|side| side.journey.query.as_str());
        save::State::compared(ids, format!("A {} and B {}", names[0], names[1]), model.redacts)
    } else {
        let journey = state.journey();
        let what = format!("{} {dot} {}", journey.best_name(), state.counted_rows());
        save::State::new(journey.query.as_str(), model.saved_as, what, model.redacts)
    };
    model.layers.push(Layer::Save(asked.on_a_server(model.is_on_a_server)));
}

/// What the last key asks for.
pub(super) fn after(model: &mut Model) -> Vec<Effect> {
    let of_page = match model.layers.iter().rev().nth(1) {
        Some(Layer::Page(_, page)) => page.report().map(|(_, report)| match report {
            Report::Migration(migration, store) => Subject::Migration(migration, store),
            Report::WhatIf(id, changes) => Subject::WhatIf(id, changes),
        }),
        _ => None,
    };
    let Some(Layer::Save(state)) = model.layers.last_mut() else { return Vec::new() };
    if !state.take_wanted() {
        return Vec::new();
    }
    let compared = model.pages.compare.as_ref().filter(|_| state.is_of_both()).map(compare::State::shared);
    let journey =
        || model.journey.as_ref().map(|journey| Subject::Journey(journey.journey().clone(), journey.selection()));
    let subject = match (state.saves(), compared) {
        (save::Of::Requests, _) => model.live.as_ref().map(|live| Subject::Requests(live.session().to_owned())),
        (save::Of::Scenario, _) => {
            model.live.as_ref().map(|live| Subject::Scenario(live.session().to_owned(), listen::State::marks(live)))
        }
        (_, Some(compared)) => Some(Subject::Comparison(compared)),
        (_, None) => of_page.clone().or_else(journey),
    };
    let Some(subject) = subject else { return Vec::new() };
    if state.is_over_journey() && of_page.is_none() {
        model.saved_as = state.form();
    }
    let wanted = Reporting {
        subject,
        form: state.form(),
        zone: model.look.zone,
        ascii: model.look.is_ascii(),
        path: state.path().trim().to_owned(),
        numbered: !state.is_own(),
    };
    let ticket = model.ticket();
    vec![Effect::Ask(ticket, Request::Report(Arc::new(wanted)))]
}

/// What became of it.
pub(super) fn reported(model: &mut Model, answer: Result<Reported, Failure>) {
    let waiting = match model.layers.last_mut() {
        Some(Layer::Save(state)) if state.is_asked() => Some(state),
        _ => None,
    };
    let (why, other) = match answer {
        Ok(Reported::Written(path, bytes)) => {
            if waiting.is_some() {
                model.layers.pop();
            }
            model.notice = Some(format!("wrote {}, {}", config::from_home(&path), fit::counted(bytes, "byte")));
            return;
        }
        Ok(Reported::IsThere(path, other)) => {
            (format!("{path} exists and is not replaced; this name is free"), Some(other))
        }
        Err(failure) => {
            let cause = failure.cause.map_or_else(String::new, |cause| format!(": {cause}"));
            let hint = failure.hints.first().map_or_else(String::new, |hint| format!("; {hint}"));
            (format!("{}{cause}{hint}", failure.what), None)
        }
    };
    match waiting {
        Some(state) => state.refuse(why, other),
        None => model.notice = Some(format!("nothing was saved: {why}")),
    }
}

impl Model {
    /// The question what to save as, if it is on the screen.
    pub fn saving(&self) -> Option<&save::State> {
        match self.layers.last() {
            Some(Layer::Save(state)) => Some(state),
            _ => None,
        }
    }
}

/// Does what a key asks.
pub(super) fn update(model: &mut Model, action: Action) {
    match (model.layers.last_mut(), action) {
        (Some(Layer::Save(_)), Action::Cancel) => drop(model.layers.pop()),
        (Some(Layer::Save(state)), action) => state.update(action),
        _ => {}
    }
}
