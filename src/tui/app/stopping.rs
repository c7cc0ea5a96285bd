//! The key that ends what is waited for, where it runs; what is here stays.

use crate::tui::keys::Action;
use crate::tui::worker::{Request, Response, Unwanted};

use super::asked::LONG;
use super::{Effect, Layer, Model};

impl Model {
    /// Whether something is waited for that is worth a word: on a server every question is.
    pub(super) fn waits(&self) -> bool {
        if self.is_asked() {
            return true;
        }
        let on_journey = matches!(self.layers.last(), Some(Layer::Journey));
        let of_rows = self.sifting.is_some() || self.properties_asked.is_some() || self.cells_asked.is_some();
        self.is_on_a_server && (self.questioned.is_some() || on_journey && of_rows)
    }
}

/// A journey is left: what is asked for its rows ends on the server.
pub(super) fn leave(model: &mut Model) -> Vec<Effect> {
    let asks = model.sifting.is_some() || model.properties_asked.is_some() || model.cells_asked.is_some();
    if !asks || !model.is_on_a_server {
        return Vec::new();
    }
    (model.sifting, model.properties_asked, model.cells_asked) = (None, None, None);
    vec![Effect::Ask(model.ticket(), Request::Unwanted(Unwanted::Rows))]
}

/// The screen wants nothing of the filter that is asked for: it ends on the server.
pub(super) fn unwanted(model: &mut Model) -> Vec<Effect> {
    if !model.is_on_a_server || model.sifting.take().is_none() {
        return Vec::new();
    }
    vec![Effect::Ask(model.ticket(), Request::Unwanted(Unwanted::Filter))]
}

impl Model {
    /// Whether the key ends what is waited for: as soon as the screen says so for what is asked for rows that are
    /// here, which can be left before.
    pub(super) fn can_stop(&self) -> bool {
        self.title.is_some() && self.waited.is_some_and(|waited| self.is_asked() || waited >= LONG)
    }

    /// Whether an action is left out of what is offered: a server cannot look at every user, and without one there is
    /// nothing to say of it. The keys say so where they are pressed.
    pub(super) fn hides(&self, action: Action) -> bool {
        match action {
            Action::Findings | Action::Migration | Action::Redact => self.is_on_a_server,
            Action::Warehouse => !self.is_on_a_server,
            _ => false,
        }
    }
}

/// Ends every question that is waited for. Whether the key means what it always does, too: where nothing is here yet,
/// and where a page or a line takes it.
pub(super) fn stop(model: &mut Model) -> (Option<Effect>, bool) {
    let tenths = model.waited.unwrap_or_default().as_millis() / 100;
    let place = if model.is_on_a_server { " on the server" } else { "" };
    let said = format!("stopped{place} after {}.{} s", tenths / 10, tenths % 10);
    model.stopped = Some(said.clone());
    // A page that waits says itself what it does without the answer, and ends its question.
    let on_page = matches!(model.layers.last(), Some(Layer::Page(..))) && model.questioned.is_some();
    let is_empty = match model.layers.last() {
        Some(Layer::Journey) => model.journey.is_none(),
        Some(Layer::Compare) => true,
        _ => false,
    };
    let leads_on = on_page || is_empty || model.types();
    if on_page && !model.is_asked() {
        model.notice = Some(said);
        return (None, true);
    }
    model.notice = Some(match model.layers.last() {
        Some(Layer::Journey) if !is_empty => format!("{said}; R asks again"),
        _ => said,
    });
    (Some(Effect::Ask(model.ticket(), Request::Stop)), leads_on)
}

/// An answer that was stopped says when, in place of the words of the source.
pub(super) fn worded(model: &Model, mut answer: Response) -> Response {
    if let (Some(said), Some(failure)) = (&model.stopped, answer.failure())
        && failure.is_cancelled()
    {
        failure.what.clone_from(said);
    }
    answer
}
