//! The way from screen to screen: a journey opens, is read again, and is left.

use super::{Effect, Layer, Model, pages, stopping};
use crate::model::Id;
use crate::tui::worker::Request;

impl Model {
    /// Opens the journey of an id, or asks for it again.
    pub(super) fn open(&mut self, id: Id) -> Vec<Effect> {
        let question = Request::Journey(id.clone(), self.look.zone);
        self.open_by(id, question)
    }

    /// Opens the journey of an id by the question that asks for it.
    pub(super) fn open_by(&mut self, id: Id, question: Request) -> Vec<Effect> {
        let ticket = self.ticket();
        self.opens_at = None;
        self.opening.ask(ticket);
        // The worker gives up what else it was asked.
        self.search.forget();
        self.properties_asked = None;
        self.cells_asked = None;
        self.sifting = None;
        self.failed = None;
        self.waited = None;
        if self.opened.as_ref() != Some(&id)
            && let Some(journey) = self.journey.take()
        {
            self.marks.clone_from(journey.marks());
            self.pinned.clone_from(journey.pins());
        }
        if let Some(journey) = &mut self.journey {
            journey.scrub_to(None);
        }
        self.pages.leave();
        self.opened = Some(id);
        self.layers = self.ground();
        self.layers.push(Layer::Journey);
        vec![Effect::Ask(ticket, question)]
    }

    /// The same question once more, everything on the screen as it is.
    pub(super) fn reload(&mut self) -> Vec<Effect> {
        if matches!(self.layers.last(), Some(Layer::Compare)) {
            return self.compare_again();
        }
        if let Some(Layer::Page(_, page)) = self.layers.last_mut()
            && page.renew()
        {
            return pages::after(self);
        }
        let on_journey = self.layers.iter().any(|layer| matches!(layer, Layer::Journey));
        match self.opened.clone() {
            Some(id) if on_journey => {
                let ticket = self.ticket();
                self.opening.ask(ticket);
                self.search.forget();
                self.properties_asked = None;
                self.cells_asked = None;
                self.sifting = None;
                vec![Effect::Ask(ticket, self.question(id))]
            }
            _ if matches!(self.layers.last(), Some(Layer::Gallery | Layer::Player)) => Vec::new(),
            _ => self.ask_search(),
        }
    }

    /// Takes the top screen away; the end when it was the last.
    pub(super) fn back(&mut self) -> Vec<Effect> {
        if self.layers.len() <= 1 {
            return vec![Effect::Quit];
        }
        let left = self.layers.pop();
        if let Some(Layer::Page(..)) = left {
            let mut effects = pages::left(self);
            effects.extend(self.resume_search());
            return effects;
        }
        if let Some(Layer::Compare) = left {
            self.pages.comparing.forget();
            return if std::mem::take(&mut self.pages.outdated) { self.reload() } else { Vec::new() };
        }
        if let Some(Layer::Journey) = left {
            let mut effects = stopping::leave(self);
            if let Some(more) = self.revisit() {
                effects.extend(more);
                return effects;
            }
            self.opening.forget();
            self.search.select_text();
            effects.extend(self.resume_search());
            return effects;
        }
        self.resume_search()
    }

    /// Asks what was given up when a journey was opened.
    pub(super) fn resume_search(&mut self) -> Vec<Effect> {
        let on_search = matches!(self.layers.last(), Some(Layer::Search));
        if on_search && !self.search.is_asked() && self.search.is_stale() { self.ask_search() } else { Vec::new() }
    }
}
