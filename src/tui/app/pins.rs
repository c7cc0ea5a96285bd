//! Pinning the selected or open user.

use super::{Effect, Layer, Model};
use crate::tui::backend::{Failure, Recent};
use crate::tui::worker::Request;

/// Asks for a pin, or for it to be taken away.
pub(super) fn pin(model: &mut Model) -> Vec<Effect> {
    let who = match model.layers.last() {
        Some(Layer::Search) | None => model.search.chosen(),
        // What is played is in no store, so it is not found there again.
        _ if matches!(model.layers.first(), Some(Layer::Gallery)) => None,
        _ => model.opened.clone().map(|id| Recent { id, text: model.search.text().to_owned() }),
    };
    let Some(who) = who else {
        model.notice = Some("no user is selected to pin".to_owned());
        return Vec::new();
    };
    vec![Effect::Ask(model.ticket(), Request::Pin(who))]
}

/// It is done, or could not be.
pub(super) fn pinned(model: &mut Model, who: Recent, answer: Result<bool, Failure>) {
    let notice = match answer {
        Ok(true) => format!("pinned {}: listed where nothing is typed", who.id.as_str()),
        Ok(false) => format!("{} is no longer pinned", who.id.as_str()),
        Err(failure) => {
            model.notice = Some(failure.what);
            return;
        }
    };
    model.notice = Some(notice);
    model.search.pin(who, matches!(answer, Ok(true)));
}
