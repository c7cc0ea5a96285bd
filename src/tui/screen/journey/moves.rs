//! Where keys take the cursor.

use crate::tui::keys::Action;

use super::State;
use super::timeline::{Line, Place};

impl State {
    /// Moves the cursor, if the key is one that does.
    pub(super) fn go(&mut self, action: Action, page: usize) {
        let half = (page / 2).max(1);
        let page = page.max(1);
        match action {
            Action::Next => self.step(1),
            Action::Previous => self.step(-1),
            Action::HalfDown => self.jump(half, true),
            Action::HalfUp => self.jump(half, false),
            Action::PageDown => self.jump(page, true),
            Action::PageUp => self.jump(page, false),
            Action::First => self.first(),
            Action::Last => self.settle(usize::MAX, false),
            Action::NextSession => self.next_of(Place::Session),
            Action::PreviousSession => self.previous_head(Place::Session),
            Action::NextDay => self.next_of(Place::Day),
            Action::PreviousDay => self.previous_head(Place::Day),
            Action::NextPoint => self.next_of(Place::Point),
            Action::PreviousPoint => self.previous_of(Place::Point),
            Action::NextProblem => self.next_of(Place::Problem),
            Action::PreviousProblem => self.previous_of(Place::Problem),
            _ => {}
        }
    }

    /// Selects the nearest row from `at` on in one direction, else in the other.
    pub(super) fn settle(&mut self, at: usize, down: bool) {
        let end = self.lines.list().len();
        let Some(at) = end.checked_sub(1).map(|last| at.min(last)) else {
            self.selected = 0;
            return;
        };
        let is_row = |at: &usize| self.lines.get(*at).is_some_and(Line::is_row);
        let below = || (at..end).find(is_row);
        let above = || (0..=at).rev().find(is_row);
        let found = if down { below().or_else(above) } else { above().or_else(below) };
        self.select(found.unwrap_or(0));
    }

    pub(super) fn first(&mut self) {
        self.settle(0, true);
    }

    fn step(&mut self, by: isize) {
        let Some(at) = self.selected.checked_add_signed(by) else { return };
        let rows = |at: &usize| self.lines.get(*at).is_some_and(Line::is_row);
        let found = if by > 0 { (at..self.lines.list().len()).find(rows) } else { (0..=at).rev().find(rows) };
        if let Some(found) = found {
            self.select(found);
        }
    }

    fn jump(&mut self, lines: usize, down: bool) {
        let at = if down { self.selected.saturating_add(lines) } else { self.selected.saturating_sub(lines) };
        self.settle(at, !down);
    }

    fn next_of(&mut self, place: Place) {
        let places = self.lines.places(place);
        if let Some(at) = places.get(places.partition_point(|at| *at <= self.selected)).copied() {
            self.settle(at, true);
        }
    }

    fn previous_of(&mut self, place: Place) {
        let places = self.lines.places(place);
        let before = places.partition_point(|at| *at < self.selected);
        if let Some(at) = before.checked_sub(1).and_then(|before| places.get(before)).copied() {
            self.settle(at, true);
        }
    }

    /// To the first row of this day or session; from there to that of the one before.
    fn previous_head(&mut self, place: Place) {
        let start = self.selected;
        self.previous_of(place);
        if self.selected == start {
            let places = self.lines.places(place);
            let before = places.partition_point(|at| *at < start);
            if let Some(at) = before.checked_sub(2).and_then(|before| places.get(before)).copied() {
                self.settle(at, true);
            }
        }
    }
}
