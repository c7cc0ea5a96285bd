//! What is selected: by a press, by a row of the store, and out of the fold that it is in.

use crate::model::facts::Source;
use crate::tui::keys::Action;
use crate::tui::pointer::{Gesture, Pointed, Spot};

use super::State;
use crate::tui::timeline::{self, Entry, Line, Row, event};

impl State {
    /// Selects what was pressed; what a press of what is selected already stands for.
    ///
    /// The head of a session selects its first row.
    pub fn point(&mut self, pointed: &Pointed) -> Option<Action> {
        match pointed.spot {
            Spot::Detail => return self.point_detail(pointed),
            Spot::Strip if pointed.gesture != Gesture::Release => {
                let (column, columns) = (usize::from(pointed.column), usize::from(pointed.columns));
                self.jump_by(|state| state.go_to_part(column, columns));
                return None;
            }
            _ => {}
        }
        let line = pointed.line().filter(|line| *line < self.lines.list().len())?;
        let in_detail = self.detail.focus;
        self.leave_detail();
        if !in_detail && (pointed.gesture == Gesture::PressAgain || line == self.selected) {
            return Some(Action::Open);
        }
        match self.lines.get(line) {
            Some(Line::Session(_)) => self.settle(line, true),
            Some(line_of) if line_of.is_row() => self.select(line),
            _ => {}
        }
        None
    }

    /// Scrolls what the wheel is over: the list or the pane of the selected row.
    pub fn wheel(&mut self, over_detail: bool, down: bool) {
        match (over_detail, down) {
            (true, _) if self.detail.focus => {
                self.update_detail(if down { Action::Next } else { Action::Previous }, 1);
            }
            (true, _) => self.detail.scroll(down),
            (false, true) => self.go(Action::Next, 1),
            (false, false) => self.go(Action::Previous, 1),
        }
    }

    /// Selects a row of the store, if it is on the timeline.
    pub fn select_row(&mut self, row: i64) -> bool {
        let row = self.timeline.find_row(&self.journey, row);
        row.is_some_and(|row| self.jump_by(|state| state.reveal(row)))
    }

    /// Selects the line of an alias call, by its index in the journey.
    pub fn select_call(&mut self, call: usize) -> bool {
        let row = self.timeline.find_call(&self.journey, call);
        row.is_some_and(|row| self.jump_by(|state| state.reveal(row)))
    }

    /// Selects the row at a place of the input, if it is on the timeline.
    pub fn select_place(&mut self, source: &Source) -> bool {
        self.row_at(source).is_some_and(|row| self.jump_by(|state| state.reveal(row)))
    }

    /// The row or call at a place of the input.
    pub(super) fn row_at(&self, source: &Source) -> Option<usize> {
        let is_there = |row: &Row| match row.entry {
            Entry::Call(at) => self.journey.aliases.get(at as usize).is_some_and(|line| line.source == *source),
            entry => event(&self.journey, entry).is_some_and(|event| event.source == *source),
        };
        self.timeline.rows().iter().position(is_there)
    }

    /// Whether the cursor is on the newest row that is shown, and not in the pane of its detail.
    pub fn is_at_end(&self) -> bool {
        let beyond = match (self.newest, self.lines.list()) {
            (true, list) => list.get(..self.selected),
            (false, list) => list.get(self.selected.saturating_add(1)..),
        };
        !self.detail.focus && !beyond.unwrap_or_default().iter().copied().any(Line::is_row)
    }

    /// Selects the row of a file at a line, or the newest one; nothing is left by a jump.
    pub fn open_at(&mut self, place: Option<(&str, u64)>) {
        let is_there = |source: &Source| place.is_some_and(|(file, line)| &*source.file == file && source.line == line);
        let found = self.timeline.rows().iter().position(|row| match row.entry {
            Entry::Call(at) => self.journey.aliases.get(at as usize).is_some_and(|line| is_there(&line.source)),
            entry => event(&self.journey, entry).is_some_and(|event| is_there(&event.source)),
        });
        match found {
            Some(row) => drop(self.reveal(row)),
            None if place.is_none() && self.newest => self.first(),
            None if place.is_none() => self.settle(usize::MAX, false),
            None => {}
        }
    }

    pub(super) fn select(&mut self, at: usize) {
        if at != self.selected {
            self.selected = at;
            self.detail.turn();
        }
    }

    /// Selects a row of the timeline, out of its fold if it is in one.
    pub(super) fn reveal(&mut self, row: usize) -> bool {
        let Some(position) = u32::try_from(row).ok().and_then(|row| self.order.position(row)) else { return false };
        let Some(at) = self.lines.find(position) else { return false };
        self.select(at);
        if matches!(self.lines.get(at), Some(Line::Fold(..))) {
            self.set_fold(at, true);
            self.lay(Some(row));
        }
        true
    }

    /// Unfolds the selected line, if it is a fold.
    pub(super) fn unfold(&mut self) -> bool {
        let is_fold = matches!(self.lines.get(self.selected), Some(Line::Fold(..)));
        if is_fold {
            let row = self.row_index();
            self.set_fold(self.selected, true);
            self.lay(row);
        }
        is_fold
    }

    /// Folds the run that the selected row is of.
    pub(super) fn fold(&mut self) {
        let row = self.row_index();
        self.set_fold(self.selected, false);
        self.lay(row);
    }

    /// Opens or closes the run around a line.
    fn set_fold(&mut self, at: usize, open: bool) {
        let Some((mut lowest, _)) = self.lines.get(at).and_then(Line::positions) else { return };
        // The run is known by its earliest row, which stands above, or below if the newest is first.
        let mut neighbours: Box<dyn Iterator<Item = &Line>> = if self.newest {
            Box::new(self.lines.list().iter().skip(at + 1))
        } else {
            Box::new(self.lines.list().iter().take(at).rev())
        };
        while let Some((before, _)) = neighbours.next().and_then(|line| line.positions()) {
            if !timeline::lines::joins(
                &self.journey,
                &self.timeline,
                &self.order,
                self.devices.as_ref(),
                before,
                lowest,
            ) {
                break;
            }
            lowest = before;
        }
        drop(neighbours);
        if let Some(run) = self.order.rows().get(lowest) {
            self.folds.set(*run, open);
        }
    }
}
