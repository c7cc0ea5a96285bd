//! The way back: rows that were left by a jump, and those that the way back was taken from.
//!
//! As in vi and less: a step or a page is no jump, everything that goes to a row of its kind is.

use crate::tui::keys::Action;
use crate::tui::timeline::Entry;

use super::State;

/// Rows that are kept on each side.
const MOST: usize = 100;

/// A row to come back to, by what stays the same when the journey is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// A row of the store.
    Row(i64),
    /// An alias call without a row here.
    Call(usize),
}

/// Rows that were left, the last one last.
#[derive(Clone, Debug, Default)]
pub(super) struct Jumps {
    back: Vec<Stop>,
    ahead: Vec<Stop>,
}

/// Whether an action goes to a row of its kind, near or far.
fn is_jump(action: Action) -> bool {
    !matches!(
        action,
        Action::Next
            | Action::Previous
            | Action::HalfDown
            | Action::HalfUp
            | Action::PageDown
            | Action::PageUp
            | Action::NextRow
            | Action::PreviousRow
    )
}

impl State {
    /// Moves the cursor, and keeps the way back from a jump.
    pub(super) fn travel(&mut self, action: Action, page: usize) {
        if is_jump(action) {
            self.jump_by(|state| state.go(action, page));
        } else {
            self.go(action, page);
        }
    }

    /// Does what may go to another row, and keeps the way back.
    pub(super) fn jump_by<T>(&mut self, go: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.stop();
        let done = go(self);
        self.left(before);
        done
    }

    /// Keeps the row that was selected before as one to come back to, if another one is now.
    pub(super) fn left(&mut self, before: Option<Stop>) {
        if self.stop() == before {
            return;
        }
        let Some(before) = before else { return };
        keep(&mut self.jumps.back, before);
        self.jumps.ahead.clear();
    }

    /// The selected row as one to come back to.
    pub(super) fn stop(&self) -> Option<Stop> {
        match self.row()?.entry {
            Entry::Call(at) => Some(Stop::Call(at as usize)),
            _ => self.selected_row().map(Stop::Row),
        }
    }

    /// Whether a jump can be taken back, or gone again.
    pub fn can_jump(&self, back: bool) -> bool {
        !if back { &self.jumps.back } else { &self.jumps.ahead }.is_empty()
    }

    /// Back to the row before the last jump, or forward to the row before the last step back.
    pub(super) fn jump(&mut self, back: bool) {
        let from = if back { &mut self.jumps.back } else { &mut self.jumps.ahead };
        let Some(stop) = from.pop() else {
            let why = if back { "no jump to go back from" } else { "no jump was taken back" };
            self.notice = Some(why.to_owned());
            return;
        };
        if let Some(here) = self.stop() {
            keep(if back { &mut self.jumps.ahead } else { &mut self.jumps.back }, here);
        }
        let row = match stop {
            Stop::Row(row) => self.timeline.find_row(&self.journey, row),
            Stop::Call(call) => self.timeline.find_call(&self.journey, call),
        };
        if !row.is_some_and(|row| self.reveal(row)) {
            self.notice = Some("that row is not shown: the filter or the order hides it".to_owned());
        }
    }

    /// To the row with this number on the screen, from one.
    pub fn go_to_number(&mut self, number: usize) {
        let list = 0..self.lines.list().len();
        let at = list.clone().find(|at| self.lines.number(*at) >= number).unwrap_or(list.end);
        self.jump_by(|state| state.settle(at, true));
    }
}

fn keep(stops: &mut Vec<Stop>, stop: Stop) {
    if stops.len() >= MOST {
        stops.remove(0);
    }
    stops.push(stop);
}
