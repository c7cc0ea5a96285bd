//! What the model does with what arrives: the screen of it, the open journey that grows, the ids that are
//! asked for.

use std::collections::HashSet;

use crate::listen::News;
use crate::model::Id;
use crate::tui::backend::Failure;
use crate::tui::keys::Action;
use crate::tui::screen::journey;
use crate::tui::screen::listen::{self, Asked};
use crate::tui::screen::prompt::{self, About};
use crate::tui::worker::{Request, Standing, Ticket};

use super::{Effect, Layer, Model};

/// Where a journey begins that is opened from what arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// At the row of a place.
    Row(listen::Place),
    /// At its newest row.
    End,
}

/// Takes what has come.
pub(super) fn take(model: &mut Model, news: &News) -> Vec<Effect> {
    let Some(live) = &mut model.live else { return Vec::new() };
    let named = live.add(news);
    model.has_news |= !named.is_empty();
    // What lies over it shows nothing of it.
    model.dirty |= matches!(model.layers.first(), Some(Layer::Live));
    let mut effects = ask(model);
    if concerns(model, &named) {
        model.grows = true;
        effects.extend(grow(model));
    }
    effects
}

/// Whether nothing that the store has is new: what arrives is known without a look.
pub(super) fn rests(model: &mut Model) -> bool {
    let Some(live) = &mut model.live else { return false };
    model.dirty |= live.rest();
    let on_live = matches!(model.layers.last(), Some(Layer::Live));
    on_live || !std::mem::take(&mut model.has_news)
}

/// Asks how the ids stand that rows have come for, one question at a time.
fn ask(model: &mut Model) -> Vec<Effect> {
    if model.standing_asked.is_some() {
        return Vec::new();
    }
    let ids = model.live.as_mut().map(listen::State::touched).unwrap_or_default();
    if ids.is_empty() {
        return Vec::new();
    }
    let ticket = model.ticket();
    model.standing_asked = Some(ticket);
    vec![Effect::Ask(ticket, Request::Standing(ids))]
}

/// Takes how ids stand.
pub(super) fn stand(model: &mut Model, ticket: Ticket, answer: Result<Vec<Standing>, Failure>) -> Vec<Effect> {
    if model.standing_asked != Some(ticket) {
        return Vec::new();
    }
    model.standing_asked = None;
    match (answer, &mut model.live) {
        (Ok(standings), Some(live)) => live.stand(standings),
        (Err(failure), _) if !failure.is_cancelled() => model.notice = Some(failure.what),
        _ => {}
    }
    ask(model)
}

/// Whether an id that was named is one of the open user, or of a user that is likely the same.
fn concerns(model: &Model, named: &HashSet<Id>) -> bool {
    let on_journey = matches!(model.layers.last(), Some(Layer::Journey | Layer::Identity));
    let Some(opened) = model.opened.as_ref().filter(|_| on_journey) else { return false };
    let Some(journey) = model.journey.as_ref().map(journey::State::journey) else { return named.contains(opened) };
    let ids = journey.ids.iter().map(|member| &member.id);
    let orphans = journey.orphans.iter().flat_map(|orphan| &orphan.ids);
    let owners = journey.orphan_of.iter().map(|owner| &owner.root);
    journey.as_of.is_none() && ids.chain(orphans).chain(owners).chain([opened]).any(|id| named.contains(id))
}

/// Reads the open journey again, one reading at a time. What is being typed or chosen there would be lost.
fn grow(model: &mut Model) -> Vec<Effect> {
    let on_journey = matches!(model.layers.last(), Some(Layer::Journey | Layer::Identity));
    if !model.grows || !on_journey || model.types() || model.opening.is_asked() {
        return Vec::new();
    }
    model.grows = false;
    model.reload()
}

/// A journey was opened: at the row that was asked for, or at its end. More of it may have come meanwhile.
pub(super) fn opened(model: &mut Model) -> Vec<Effect> {
    if model.live.is_none() {
        return Vec::new();
    }
    if let (Some(start), Some(journey)) = (model.opens_at.take(), &mut model.journey) {
        journey.open_at(match &start {
            Start::Row((file, line)) => Some((&**file, *line)),
            Start::End => None,
        });
    }
    grow(model)
}

/// A key was pressed: what waited while a line was typed is read now.
pub(super) fn after(model: &mut Model) -> Vec<Effect> {
    if model.live.is_some() { grow(model) } else { Vec::new() }
}

/// Does what a key asks.
pub(super) fn update(model: &mut Model, action: Action, page: usize) -> Vec<Effect> {
    let Some(live) = &mut model.live else { return Vec::new() };
    match live.update(action, page) {
        Asked::Nothing => Vec::new(),
        Asked::Open(id, place) => {
            let effects = model.open(id);
            model.opens_at = Some(place.map_or(Start::End, Start::Row));
            effects
        }
        Asked::Copy(text) => {
            model.notice = Some("sent to the clipboard".to_owned());
            vec![Effect::Copy(text)]
        }
        Asked::TestRow(url) => {
            model.notice = Some("a test row is sent".to_owned());
            vec![Effect::TestRow(url)]
        }
        Asked::Mark => {
            model.layers.push(Layer::Prompt(prompt::State::new(About::Mark, "", Vec::new())));
            Vec::new()
        }
        Asked::Say(text) => {
            model.notice = Some(text);
            Vec::new()
        }
    }
}
