//! Pseudonyms on the screens, and what they stand for again.

use crate::tui::backend::{Failure, Redacted};
use crate::tui::screen::search;
use crate::tui::worker::Request;

use super::identity::Pages;
use super::{Effect, Layer, Model};

/// Asks for the other of the two.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    if matches!(model.layers.first(), Some(Layer::Gallery)) {
        model.notice = Some("the users of a scenario are made up: nothing is redacted".to_owned());
        return Vec::new();
    }
    if model.live.is_some() {
        let text = "what is received is shown as it came; open its store later, and X redacts it";
        model.notice = Some(text.to_owned());
        return Vec::new();
    }
    let ticket = model.ticket();
    let on_journey = model.layers.iter().any(|layer| matches!(layer, Layer::Journey));
    let opened = model.opened.clone().filter(|_| on_journey);
    model.search.forget();
    model.opening.forget();
    vec![Effect::Ask(ticket, Request::Redact(opened))]
}

/// Nothing that was on the screens stays there, also not what was typed; who was open is opened again.
pub(super) fn answered(model: &mut Model, answer: Result<Redacted, Failure>) -> Vec<Effect> {
    let Redacted { is_on, title, opened } = match answer {
        Ok(redacted) => redacted,
        Err(failure) => {
            model.notice = Some(failure.what);
            return model.resume_search();
        }
    };
    model.title = Some(title);
    model.redacts = is_on;
    model.search = search::State::default();
    model.journey = None;
    model.opened = None;
    model.failed = None;
    model.opening.forget();
    model.device_zone = None;
    model.properties_asked = None;
    model.cells_asked = None;
    model.sifting = None;
    model.pages = Pages::default();
    model.layers = vec![Layer::Search];
    let effects = match opened {
        Some(id) => model.open(id),
        None => model.ask_search(),
    };
    let notice = if is_on { "ids and values are pseudonyms now" } else { "ids and values are as they are again" };
    model.notice = Some(notice.to_owned());
    effects
}
