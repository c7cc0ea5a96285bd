//! A row or the whole journey, given to a pager or an editor.

use super::{Effect, Layer, Model};
use crate::tui::backend::Failure;
use crate::tui::keys::Action;
use crate::tui::outside::Tool;
use crate::tui::worker::{Request, Text, Ticket, Wanted};

/// Asks for the text that the action wants to show.
pub(super) fn ask(model: &mut Model, action: Action) -> Vec<Effect> {
    if let (Some(Layer::Live), Some(live)) = (model.layers.last(), &model.live) {
        return match live.body() {
            Ok(text) => vec![Effect::Show(text, Tool::Pager)],
            Err(why) => {
                model.notice = Some(why.to_owned());
                Vec::new()
            }
        };
    }
    let Some((wanted, tool)) = wanted(model, action) else {
        model.notice = Some("there is no row or journey here to show".to_owned());
        return Vec::new();
    };
    let ticket = model.ticket();
    model.showing = Some((ticket, tool));
    vec![Effect::Ask(ticket, Request::Text(wanted))]
}

fn wanted(model: &Model, action: Action) -> Option<(Wanted, Tool)> {
    let tool = if action == Action::Edit { Tool::Editor } else { Tool::Pager };
    if !matches!(model.layers.last(), Some(Layer::Journey | Layer::Identity)) {
        return None;
    }
    let state = model.journey.as_ref()?;
    let journey = state.journey();
    if action == Action::PageJourney {
        return Some((Wanted::Journey(journey.clone(), model.look.zone), tool));
    }
    let row = state.selected_row()?;
    let orphans = journey.orphans.iter().flat_map(|orphan| &orphan.steps);
    let step = journey.steps.iter().chain(orphans).find(|step| step.event.row == row)?;
    Some((Wanted::Row(Box::new(step.clone()), journey.why(step)), tool))
}

/// The text is there: the terminal is given to the program that shows it.
pub(super) fn take(model: &mut Model, ticket: Ticket, answer: Result<Text, Failure>) -> Vec<Effect> {
    match model.showing.take_if(|(asked, _)| *asked == ticket) {
        None => Vec::new(),
        Some((_, tool)) => match answer {
            Ok(text) => vec![Effect::Show(text, tool)],
            Err(failure) => {
                model.notice = Some(failure.what);
                Vec::new()
            }
        },
    }
}
