//! What the timeline asks of the program: rows to go through, texts to type and to copy.

use std::sync::Arc;

use crate::identity::Journey;
use crate::tui::backend::Recent;
use crate::tui::screen::journey::{self, Timeline};
use crate::tui::timeline::sift::Sifted;
use crate::tui::worker::{Opened, Request, Ticket};

use super::{Effect, Layer, Model, stopping};

/// What the last key of the timeline still asks for.
pub(super) fn after(model: &mut Model) -> Vec<Effect> {
    if let Some(notice) = model.journey.as_mut().and_then(journey::State::take_notice) {
        model.notice = Some(notice);
    }
    let mut effects: Vec<Effect> = model.copy_of_journey().into_iter().collect();
    effects.extend(model.sift());
    effects
}

/// Gives what is typed to the timeline, if it takes it.
pub(super) fn typed(model: &mut Model, text: &str) -> bool {
    let types = model.types();
    if let Some(journey) = model.journey.as_mut().filter(|_| types) {
        journey.paste(text);
    }
    types
}

/// Takes what a filter keeps.
pub(super) fn sifted(model: &mut Model, ticket: Ticket, sifted: &Sifted) {
    if model.sifting.as_ref().is_some_and(|(asked, _)| *asked == ticket) {
        model.sifting = None;
    }
    if let Some(journey) = &mut model.journey {
        journey.take_sifted(sifted);
    }
}

/// Shows the first rows of the journey that is waited for, unless all of an earlier state of it
/// are on the screen.
pub(super) fn first(model: &mut Model, ticket: Ticket, journey: Arc<Journey>, timeline: Arc<Timeline>) -> Vec<Effect> {
    let is_there = model.journey.as_ref().is_some_and(|state| state.journey().query == journey.query);
    if is_there || !model.opening.show(ticket, ()) {
        return Vec::new();
    }
    put(model, journey, timeline)
}

/// A journey on the screen, in the zone of the screen.
fn put(model: &mut Model, journey: Arc<Journey>, timeline: Arc<Timeline>) -> Vec<Effect> {
    model.failed = None;
    let base = model.base();
    let mut effects = Vec::new();
    match &mut model.journey {
        Some(state) if state.journey().query == journey.query => {
            // What arrives is followed, as the list of it is.
            let follows = model.live.is_some() && state.is_at_end();
            state.replace(journey, timeline);
            if follows {
                state.open_at(None);
            }
            state.set_base(base);
        }
        state => {
            let recent = Recent { id: journey.query.clone(), text: model.search.text().to_owned() };
            let new = journey::State::new(journey, timeline).with_marks(model.marks.clone());
            *state = Some(new.with_pins(model.pinned.clone()).with_base(base));
            model.search.remember(recent.clone());
            effects = vec![Effect::Ask(0, Request::Remember(recent))];
        }
    }
    // The zone may have changed while the worker laid it out.
    if let Some(state) = &mut model.journey
        && state.zone() != model.look.zone
    {
        state.change_zone(model.look.zone);
    }
    effects
}

/// Takes the answer for the journey that is waited for.
pub(super) fn opened(model: &mut Model, ticket: Ticket, answer: Opened) -> Vec<Effect> {
    if !model.opening.take(ticket, Ok(())) {
        return Vec::new();
    }
    match answer {
        Ok(Some((journey, timeline))) => {
            let id = journey.query.clone();
            let mut effects = put(model, journey, timeline);
            if model.device_zone.as_ref().is_none_or(|(of, _)| *of != id) {
                model.device_zone = Some((id.clone(), None));
                effects.push(Effect::Ask(model.ticket(), Request::DeviceZone(id)));
            }
            if let (Some(state), Some(row)) = (&mut model.journey, model.pages.row_wanted.take()) {
                state.select_row(row);
            }
            model.pages.outdated = false;
            effects
        }
        Ok(None) => {
            // What looks like it is a search away.
            let id = model.opened.take();
            model.journey = None;
            model.layers = model.ground();
            if !matches!(model.layers.last(), Some(Layer::Search)) {
                model.layers.push(Layer::Search);
            }
            if let Some(id) = id {
                model.search.with_text(id.as_str());
            }
            model.ask_search()
        }
        // What is here stays, the first rows among it.
        Err(failure) if failure.is_cancelled() && model.journey.is_some() => {
            model.notice = Some(format!("{}; R asks again", failure.what));
            Vec::new()
        }
        Err(failure) => {
            model.failed = Some(failure);
            Vec::new()
        }
    }
}

impl Model {
    /// Whether characters are typed on the timeline, into a line or to choose.
    pub(super) fn types(&self) -> bool {
        let on_journey = matches!(self.layers.last(), Some(Layer::Journey));
        on_journey
            && self.journey.as_ref().is_some_and(|journey| journey.prompt().is_some() || journey.menu().is_some())
    }

    /// Lets the worker continue with a filter; only the newest counts.
    pub(super) fn sift(&mut self) -> Vec<Effect> {
        let on_journey = self.layers.iter().any(|layer| matches!(layer, Layer::Journey));
        let wanted = self.journey.as_ref().filter(|_| on_journey).and_then(journey::State::wants_sifting);
        let Some(wanted) = wanted else { return stopping::unwanted(self) };
        if self.sifting.as_ref().is_some_and(|(_, asked)| *asked == wanted) {
            return Vec::new();
        }
        let ticket = self.ticket();
        self.sifting = Some((ticket, wanted.clone()));
        vec![Effect::Ask(ticket, Request::Sift(wanted))]
    }
}
