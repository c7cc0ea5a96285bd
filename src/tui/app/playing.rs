//! What the model does for the player of scenarios.

use std::time::Duration;

use super::{Effect, Layer, Model, ruling};
use crate::tui::screen::demo::player::{Asked, Player};
use crate::tui::screen::demo::prompt::Prompt;
use crate::tui::worker::Request;

impl Model {
    /// How long until a [`Msg::Beat`](super::Msg::Beat) is wanted; `None` while nothing plays.
    pub fn beat(&self) -> Option<Duration> {
        match self.layers.last() {
            Some(Layer::Player) => self.demo.player.as_ref()?.patience(),
            _ => None,
        }
    }

    /// The scenario on the screen, if one is played.
    pub fn player(&self) -> Option<&Player> {
        self.demo.player.as_ref()
    }

    /// Whether a line over the player takes what is typed.
    pub(super) fn prompts(&self) -> bool {
        self.demo.player.as_ref().is_some_and(|player| player.prompt.is_some())
    }

    /// The screens that a journey lies on.
    pub(super) fn ground(&self) -> Vec<Layer> {
        if self.live.is_some() {
            return vec![Layer::Live];
        }
        let demo = self.layers.iter().filter(|layer| matches!(layer, Layer::Gallery | Layer::Player));
        let ground: Vec<Layer> = demo.cloned().collect();
        if ground.is_empty() { vec![Layer::Search] } else { ground }
    }

    /// The line over the player, if it is open.
    pub(super) fn prompt(&mut self) -> Option<&mut Prompt> {
        self.demo.player.as_mut()?.prompt.as_mut()
    }
}

/// Does what the player asked for.
pub(super) fn asked(model: &mut Model, asked: Option<Asked>) -> Vec<Effect> {
    match asked {
        None | Some(Asked::Nothing) => Vec::new(),
        Some(Asked::Tell(what)) => {
            model.notice = Some(what);
            Vec::new()
        }
        Some(Asked::Open(stage)) => {
            let question = Request::Stage(stage.clone(), model.look.zone);
            // Rows of another play may have the same id.
            model.journey = None;
            // The journey is judged as the play is.
            let rules = model.demo.player.as_ref().map_or("legacy", |player| player.play().rules().name());
            let mut effects =
                if model.rules.name().unwrap_or("legacy") == rules { Vec::new() } else { ruling::choose(model, rules) };
            effects.extend(model.open_by(stage.id.clone(), question));
            effects
        }
        Some(Asked::Save(saving)) => vec![Effect::Ask(model.ticket(), Request::Save(saving))],
    }
}
