//! What pages of their own wish: questions to the store, journeys to open, words at the foot.

use crate::model::Id;
use crate::tui::backend::{Answer, Failure, FailureKind, Question};
use crate::tui::page::{Page, Wish};
use crate::tui::worker::{Request, Ticket};

use super::identity::Visit;
use super::{Effect, Layer, Model, ruling};

/// Does what the page on top wishes.
pub(super) fn after(model: &mut Model) -> Vec<Effect> {
    let Some(wish) = top(model).and_then(<dyn Page>::wish) else { return Vec::new() };
    match wish {
        Wish::Ask(question) => {
            let ticket = model.ticket();
            model.questioned = Some(ticket);
            vec![Effect::Ask(ticket, Request::Findings(question))]
        }
        Wish::Enough => enough(model),
        Wish::Forget => left(model),
        Wish::Open(id, row) => open(model, id, row),
        Wish::OpenUnder(id, row, rules) => {
            let mut effects = ruling::choose(model, rules);
            effects.extend(open(model, id, row));
            effects
        }
        Wish::Copy(what, text) => model.copy(what, text).into_iter().collect(),
        Wish::Say(text) => {
            model.notice = Some(text);
            Vec::new()
        }
    }
}

fn top(model: &mut Model) -> Option<&mut dyn Page> {
    match model.layers.last_mut() {
        Some(Layer::Page(_, page)) => Some(page.as_mut()),
        _ => None,
    }
}

/// Lets a look at every user end with what it knows.
fn enough(model: &mut Model) -> Vec<Effect> {
    let Some(of) = model.questioned else { return Vec::new() };
    let ticket = model.ticket();
    vec![Effect::Ask(ticket, Request::Enough(of))]
}

/// A page waits no longer: what is asked for it is of no use, and ends where it runs.
pub(super) fn left(model: &mut Model) -> Vec<Effect> {
    let mut effects = enough(model);
    if model.questioned.take().is_some() {
        effects.push(Effect::Ask(model.ticket(), Request::Stop));
    }
    effects
}

/// Opens a journey; the way back leads to the page.
fn open(model: &mut Model, id: Id, row: Option<i64>) -> Vec<Effect> {
    let here = Visit::of(model.opened.clone(), model.journey.clone(), model.layers.clone());
    let mut trail = std::mem::take(&mut model.pages.trail);
    trail.push(here);
    model.questioned = None;
    let effects = model.open(id);
    model.pages.trail = trail;
    model.pages.row_wanted = row;
    effects
}

/// Gives an answer to the page that asked.
pub(super) fn answered(
    model: &mut Model,
    ticket: Ticket,
    question: &Question,
    answer: Result<Answer, Failure>,
) -> Vec<Effect> {
    if model.questioned != Some(ticket) {
        return Vec::new();
    }
    model.questioned = None;
    let answer = answer.map_err(|failure| match failure.kind {
        FailureKind::Usage if model.is_on_a_server => failure.hint("F4 lists what this warehouse answers"),
        _ => failure,
    });
    for layer in model.layers.iter_mut().rev() {
        if let Layer::Page(_, page) = layer {
            page.answer(question, answer);
            break;
        }
    }
    after(model)
}

/// Tells the page that asked how far the look is.
pub(super) fn looked(model: &mut Model, ticket: Ticket, done: u64, all: u64) {
    if model.questioned == Some(ticket) {
        for layer in model.layers.iter_mut().rev() {
            if let Layer::Page(_, page) = layer {
                return page.looked(done, all);
            }
        }
    }
}
