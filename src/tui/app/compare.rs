//! What the keys of the comparison do to the model.

use std::sync::Arc;

use crate::identity::compare::Comparison;
use crate::model::Id;
use crate::tui::backend::Failure;
use crate::tui::keys::Action;
use crate::tui::screen::compare::{Goal, State};
use crate::tui::screen::identity;
use crate::tui::screen::prompt::{self, About};
use crate::tui::worker::{Request, Ticket};

use super::{Effect, Layer, Model};

impl Model {
    /// Asks the user whom to compare this one with; ids near it are offered.
    pub(super) fn ask_whom(&mut self) {
        let Some(state) = &self.journey else { return };
        let journey = state.journey();
        let mut offers: Vec<Id> = Vec::new();
        if matches!(self.layers.last(), Some(Layer::Identity))
            && let Some(identity::Goal::User(id)) = state.identity.goal(journey, state.timeline())
        {
            offers.push(id);
        }
        offers.extend(journey.orphans.iter().map(|orphan| orphan.id.clone()));
        offers.extend(journey.orphan_of.iter().map(|owner| owner.root.clone()));
        offers.extend(journey.neighbours.iter().map(|neighbour| neighbour.root.clone()));
        let mut seen = std::collections::HashSet::new();
        offers.retain(|id| seen.insert(id.clone()));
        self.layers.push(Layer::Prompt(prompt::State::new(About::Other, "", offers)));
    }

    /// Asks for the comparison with another user.
    pub(super) fn ask_compared(&mut self, other: Id) -> Vec<Effect> {
        let Some(id) = self.opened.clone() else { return Vec::new() };
        self.ask_pair([id, other])
    }

    fn ask_pair(&mut self, pair: [Id; 2]) -> Vec<Effect> {
        let ticket = self.ticket();
        self.pages.comparing.ask(ticket);
        self.search.forget();
        self.properties_asked = None;
        self.cells_asked = None;
        self.pages.pair = Some(pair.clone());
        let [a, b] = pair;
        vec![Effect::Ask(ticket, Request::Compare(a, b))]
    }

    /// Asks for the comparison on the screen once more.
    pub(super) fn compare_again(&mut self) -> Vec<Effect> {
        match self.pages.pair.clone() {
            Some(pair) => self.ask_pair(pair),
            None => Vec::new(),
        }
    }

    /// Takes the comparison; without one the question is asked anew, with the reason.
    pub(super) fn compared(&mut self, ticket: Ticket, answer: Result<Arc<Comparison>, Failure>) {
        if !self.pages.comparing.take(ticket, Ok(())) {
            return;
        }
        match answer {
            Ok(compared) => match &mut self.pages.compare {
                Some(state) if matches!(self.layers.last(), Some(Layer::Compare)) => state.replace(compared),
                state => {
                    *state = Some(State::new(compared));
                    self.layers.push(Layer::Compare);
                }
            },
            Err(failure) if matches!(self.layers.last(), Some(Layer::Compare)) => self.notice = Some(failure.what),
            Err(failure) => {
                self.ask_whom();
                if let Some(Layer::Prompt(prompt)) = self.layers.last_mut() {
                    let other = self.pages.pair.as_ref().map_or("", |pair| pair[1].as_str());
                    prompt.paste(other);
                    let hints = failure.hints.first().map_or_else(String::new, |hint| format!("; near: {hint}"));
                    prompt.refuse(format!("{}{hints}", failure.what));
                }
            }
        }
    }
}

/// Does what a key asks of the comparison.
pub(super) fn update(model: &mut Model, action: Action, page: usize) -> Vec<Effect> {
    let Some(state) = &mut model.pages.compare else { return Vec::new() };
    if action != Action::Open {
        state.update(action, page);
        return Vec::new();
    }
    match state.goal() {
        Some(Goal::Line(at)) => {
            state.select(at);
            Vec::new()
        }
        Some(Goal::Page(id, row)) if model.opened.as_ref() == Some(&id) => {
            model.layers.retain(|layer| !matches!(layer, Layer::Compare | Layer::Identity));
            if let Some(journey) = &mut model.journey {
                journey.select_row(row);
            }
            Vec::new()
        }
        Some(Goal::Page(id, row)) => {
            let effects = model.visit(id);
            model.pages.row_wanted = Some(row);
            effects
        }
        None => Vec::new(),
    }
}
