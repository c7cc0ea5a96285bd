//! What the pages about the ids and the person are drawn from.

use super::State;
use crate::tui::screen::identity;

impl State {
    /// What the identity screen draws.
    pub(in crate::tui) fn panel(&self) -> identity::Panel<'_> {
        identity::Panel {
            journey: &self.journey,
            timeline: &self.timeline,
            identity: &self.identity,
            scrub: &self.scrub,
            worth: &self.worth,
        }
    }

    /// A frame was drawn; whether what all rows were worth is on it.
    pub(in crate::tui) fn seen_worth(&mut self, seen: bool) {
        self.tells_worth = seen;
    }
}
