//! Where keys take the cursor.

use chrono::NaiveDateTime;

use crate::inspect::filter::Moment;
use crate::model::Millis;
use crate::tui::keys::Action;

use super::State;
use super::timeline::lines::Bits;
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
            Action::NextFound => self.next_found(true),
            Action::PreviousFound => self.next_found(false),
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

    /// To the row at or after a moment.
    ///
    /// A time of day is meant of the selected row's day, a span from the selected row on.
    pub(super) fn go_to(&mut self, moment: Moment) {
        let here = self.row().map(|row| self.order.time_of(row));
        let zone = self.zone();
        let day = here.and_then(|here| zone.wall(here)).map(|wall| wall.date());
        let wall = |at: NaiveDateTime| move |time: Millis| zone.wall(time).is_some_and(|wall| wall < at);
        match moment {
            Moment::Absolute(from, _) => self.go_past(&|time| time < from),
            Moment::Wall(from, _) => self.go_past(&wall(from)),
            Moment::Daily(at, _) => {
                let Some(day) = day else { return };
                self.go_past(&wall(day.and_time(at)));
            }
            Moment::Relative(span) => {
                let Some(to) = here.map(|here| here.saturating_add(span)) else { return };
                self.go_past(&|time| time < to);
            }
        }
    }

    /// To the first row that is not before, else to the last.
    fn go_past(&mut self, before: &dyn Fn(Millis) -> bool) {
        let shown = self.lines.list().iter().filter_map(|line| line.positions());
        let shown = shown.flat_map(|(first, last)| [first, last]);
        let end = self.order.apart_from();
        let here: Vec<usize> = shown.filter(|position| *position < end).collect();
        let time = |position: &usize| self.order.time(&self.timeline, *position);
        let reached = here.iter().filter(|position| time(position).is_some_and(|time| !before(time))).min();
        let Some(found) = reached.or_else(|| here.iter().max()).copied() else { return };
        // The first of a fold that reaches over the moment may be before it.
        let found =
            (0..found).rev().take_while(|at| time(at).is_some_and(|time| !before(time))).last().unwrap_or(found);
        let nearest = self.lines.nearest(found);
        if let Some(row) = self.order.rows().get(found).copied()
            && !self.reveal(row as usize)
            && let Some(at) = nearest
        {
            self.select(at);
        }
    }

    /// To the first row found at or after a row, else to the first of all.
    pub(super) fn find_from(&mut self, row: usize) {
        let Some(found) = self.find.as_ref().map(|sieve| sieve.kept().clone()) else { return };
        let from = u32::try_from(row).ok().and_then(|row| self.order.position(row)).and_then(|at| self.lines.find(at));
        let list = 0..self.lines.list().len();
        let after = list.clone().skip(from.unwrap_or(0)).find_map(|at| self.found_in(at, &found, true));
        let found = after.or_else(|| list.clone().find_map(|at| self.found_in(at, &found, true)));
        match found {
            Some(row) => drop(self.reveal(row)),
            None => drop(self.reveal(row)),
        }
    }

    /// To the next row found, or to the one before.
    fn next_found(&mut self, down: bool) {
        let Some(found) = self.find.as_ref().map(|sieve| sieve.kept().clone()) else {
            self.notice = Some("nothing is looked for yet: f".to_owned());
            return;
        };
        let end = self.lines.list().len();
        let next = if down {
            (self.selected + 1..end).find_map(|at| self.found_in(at, &found, true))
        } else {
            (0..self.selected).rev().find_map(|at| self.found_in(at, &found, false))
        };
        match next {
            Some(row) => drop(self.reveal(row)),
            None if found.count() == 0 => self.notice = Some("no row is what is looked for".to_owned()),
            None => {
                let side = if down { "below" } else { "above" };
                self.notice = Some(format!("no more {side}"));
            }
        }
    }

    /// The first row of a line, or the last, that is in a set.
    fn found_in(&self, at: usize, found: &Bits, first: bool) -> Option<usize> {
        let (from, to) = self.lines.get(at)?.positions()?;
        let row = |position: usize| self.order.rows().get(position).map(|row| *row as usize);
        let shown = |row: &usize| found.has(*row) && self.keep.as_ref().is_none_or(|keep| keep.has(*row));
        if from == to {
            return row(from).filter(shown);
        }
        let of_run = |position: &usize| {
            super::timeline::lines::joins(&self.journey, &self.timeline, &self.order, from, *position)
                || *position == from
        };
        let mut rows = (from..=to).filter(of_run).filter_map(row).filter(shown);
        if first == self.newest { rows.next_back() } else { rows.next() }
    }
}
