//! Moving the lines on the screen, with the cursor where it is.

use super::State;

/// Lines that the cursor keeps from the edge, as everywhere.
fn margin(lines: usize) -> usize {
    (lines / 6).min(3)
}

/// Where a line is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    /// First.
    Top,
    /// In the middle.
    Middle,
    /// Last.
    Bottom,
}

impl State {
    /// Notes what a frame has shown: the topmost line, and how many there were.
    pub fn seen_lines(&mut self, top: usize, lines: usize) {
        self.seen = (top, lines);
        self.wanted_top = None;
    }

    /// The topmost line, as far as it is known.
    pub fn view_top(&self) -> usize {
        self.top(self.seen.0)
    }

    /// The topmost line that was asked for, else the one of the last frame.
    pub(super) fn top(&self, last: usize) -> usize {
        self.wanted_top.unwrap_or(last)
    }

    /// One line on or back; the cursor goes along only at the edge.
    pub(super) fn scroll(&mut self, down: bool) {
        let (seen, lines) = self.seen;
        let end = self.lines.list().len().saturating_sub(lines);
        let top = self.top(seen);
        let top = if down { (top + 1).min(end) } else { top.saturating_sub(1) };
        let edge = margin(lines);
        let first = if top == 0 { 0 } else { top + edge };
        let last = if top == end { self.lines.list().len() } else { (top + lines).saturating_sub(1 + edge) };
        if self.selected < first {
            self.settle(first, true);
        } else if self.selected > last {
            self.settle(last, false);
        }
        self.wanted_top = Some(top);
    }

    /// Puts the selected line at a place of the screen.
    pub(super) fn put(&mut self, put: Put) {
        let lines = self.seen.1;
        let above = match put {
            Put::Top => margin(lines),
            Put::Middle => lines / 2,
            Put::Bottom => lines.saturating_sub(1 + margin(lines)),
        };
        self.wanted_top = Some(self.selected.saturating_sub(above));
    }
}
