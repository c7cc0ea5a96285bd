//! What is given to the terminal's clipboard, and the command of each screen.

use crate::sim;
use crate::tui::command::Base;
use crate::tui::fit;
use crate::tui::screen::journey;

use super::{Effect, Layer, Model};

/// Bytes that terminals take by OSC 52: 100,000 once they are written in base 64.
const LONGEST: usize = 74_994;

impl Model {
    /// What every command of this store needs; nothing where rows are played.
    pub(super) fn base(&self) -> Option<Base> {
        let plays = matches!(self.layers.first(), Some(Layer::Gallery));
        let first_zone = self.zones.first().copied().unwrap_or_default();
        (!plays).then(|| Base {
            store: self.place.clone(),
            first_zone,
            redacts: self.redacts,
            rules: self.rules.name(),
        })
    }

    /// The command that shows what the screen shows, if there is one.
    pub fn command(&self) -> Option<String> {
        if let Some(Layer::Page(_, page)) = self.layers.last()
            && let Some(words) = page.command()
        {
            return Some(self.base()?.of(&words));
        }
        let mut layers = self.layers.iter().rev();
        // What lies over a screen shows nothing of its own.
        let top = layers
            .find(|layer| !matches!(layer, Layer::Page(..) | Layer::Prompt(_) | Layer::Palette(_) | Layer::Save(_)));
        let journey = || self.journey.as_ref();
        match top {
            Some(Layer::Search) | None if self.search.is_empty() => None,
            Some(Layer::Search) | None => Some(self.base()?.search(self.search.text())),
            Some(Layer::Journey) => journey()?.shown_by(),
            Some(Layer::Identity) => {
                let journey = journey()?.journey();
                Some(self.base()?.graph(&journey.query, journey.as_of))
            }
            Some(Layer::Compare) => {
                let [one, other] = self.pages.pair.as_ref()?;
                Some(self.base()?.diff(one, other, self.look.zone))
            }
            Some(Layer::Gallery) => Some(Base::demo(None)),
            Some(Layer::Player) => {
                let player = self.player().filter(|player| player.changes() == 0)?;
                let name = player.play().scenario().name.as_str();
                // A scenario of a file has no name that a command knows.
                sim::gallery().iter().any(|(known, _)| *known == name).then(|| Base::demo(Some(name)))
            }
            // What listens is the program that shows it.
            Some(Layer::Live | Layer::Page(..) | Layer::Prompt(_) | Layer::Palette(_) | Layer::Save(_)) => None,
        }
    }

    /// Copies the command of the screen.
    pub(super) fn copy_command(&mut self) -> Vec<Effect> {
        if let Some(command) = self.command() {
            return self.copy("command", command).into_iter().collect();
        }
        self.notice = Some("no command shows just this".to_owned());
        Vec::new()
    }

    /// What the journey wants to be copied.
    pub(super) fn copy_of_journey(&mut self) -> Option<Effect> {
        let (what, text) = self.journey.as_mut().and_then(journey::State::take_copy)?;
        self.copy(what, text)
    }

    /// Gives a text to the terminal's clipboard, and says what is known of that: the terminal
    /// never answers.
    pub(super) fn copy(&mut self, what: &str, text: String) -> Option<Effect> {
        let bytes = fit::counted(text.len() as u64, "byte");
        if text.len() > LONGEST {
            let most = fit::count(LONGEST as u64);
            self.notice =
                Some(format!("{what} not copied: {bytes}, a terminal takes {most}; the pager and the editor take all"));
            return None;
        }
        self.notice = Some(format!("sent {what} ({bytes}); a terminal never says if it took it"));
        Some(Effect::Copy(text))
    }
}
