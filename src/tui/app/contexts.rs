//! Where keys go.

use super::{Layer, Model};
use crate::tui::keys::Context;
use crate::tui::screen::journey;

impl Model {
    /// Where a key goes.
    pub(super) fn contexts(&self) -> Vec<Context> {
        match self.layers.last() {
            Some(Layer::Search) | None if self.search.is_empty() => {
                vec![Context::Overview, Context::Search, Context::Everywhere]
            }
            Some(Layer::Search) | None => vec![Context::Search, Context::Everywhere],
            Some(Layer::Journey) if self.types() => {
                let chooses = self.journey.as_ref().is_some_and(|journey| journey.menu().is_some());
                vec![if chooses { Context::Menu } else { Context::Line }, Context::Everywhere]
            }
            Some(Layer::Journey) if self.shows_panel() => vec![Context::Identity, Context::Everywhere],
            Some(Layer::Journey) if self.journey.as_ref().is_some_and(journey::State::is_in_detail) => {
                vec![Context::Detail, Context::Everywhere]
            }
            Some(Layer::Journey) => vec![Context::Journey, Context::Everywhere],
            Some(Layer::Identity) => vec![Context::Identity, Context::Everywhere],
            Some(Layer::Live) => vec![Context::Listen, Context::Everywhere],
            Some(Layer::Gallery) => vec![Context::Gallery, Context::Everywhere],
            Some(Layer::Player) if self.prompts() => vec![Context::Prompt, Context::Everywhere],
            Some(Layer::Player) => vec![Context::Player, Context::Everywhere],
            Some(Layer::Page(_, page)) => vec![page.context(), Context::Everywhere],
            Some(Layer::Prompt(_)) => vec![Context::Question, Context::Everywhere],
            Some(Layer::Save(state)) if state.types() => vec![Context::Question, Context::Everywhere],
            Some(Layer::Save(_)) => vec![Context::Saving, Context::Everywhere],
            Some(Layer::Compare) => vec![Context::Compare, Context::Everywhere],
            Some(Layer::Palette(_)) => vec![Context::Palette, Context::Search, Context::Everywhere],
        }
    }

    /// Whether the timeline is empty, so that its place is taken by the identity panel.
    pub(super) fn shows_panel(&self) -> bool {
        self.journey.as_ref().is_some_and(journey::State::is_empty)
    }
}
