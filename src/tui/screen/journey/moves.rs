//! Where keys take the cursor.

use chrono::NaiveDateTime;

use crate::inspect::filter::Moment;
use crate::model::Millis;
use crate::tui::keys::Action;

use super::State;
use crate::tui::timeline::lines::Bits;
use crate::tui::timeline::{Line, Place, event};

/// A moment as long as this has an end that a person means: a day, and the shortest day of summer time.
const LONG: i64 = 23 * 60 * 60 * 1000;

impl State {
    /// Moves the cursor, if the key is one that does.
    pub(super) fn go(&mut self, action: Action, page: usize) {
        let half = (page / 2).max(1);
        let page = page.max(1);
        match action {
            Action::Next => self.step(1),
            Action::Previous => self.step(-1),
            Action::HalfDown => self.turn_pages(half, true),
            Action::HalfUp => self.turn_pages(half, false),
            Action::PageDown => self.turn_pages(page, true),
            Action::PageUp => self.turn_pages(page, false),
            Action::First => self.first(),
            Action::Last => self.settle(usize::MAX, false),
            Action::NextSession => self.next_of(Place::Session),
            Action::PreviousSession => self.previous_head(Place::Session),
            Action::NextDay => self.next_of(Place::Day),
            Action::PreviousDay => self.previous_head(Place::Day),
            Action::NextPoint => self.next_of(Place::Point),
            Action::PreviousPoint => self.previous_of(Place::Point),
            Action::NextIdentify => self.next_of(Place::Identify),
            Action::PreviousIdentify => self.previous_of(Place::Identify),
            Action::NextAlias => self.next_of(Place::Alias),
            Action::PreviousAlias => self.previous_of(Place::Alias),
            Action::NextReset => self.next_of(Place::Reset),
            Action::PreviousReset => self.previous_of(Place::Reset),
            Action::NextOrphan => self.next_of(Place::Orphan),
            Action::PreviousOrphan => self.previous_of(Place::Orphan),
            Action::NextFinding => self.next_of(Place::Finding),
            Action::PreviousFinding => self.previous_of(Place::Finding),
            Action::NextSame => self.next_same(true),
            Action::PreviousSame => self.next_same(false),
            Action::NextMark => self.next_mark(),
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

    fn turn_pages(&mut self, lines: usize, down: bool) {
        let at = if down { self.selected.saturating_add(lines) } else { self.selected.saturating_sub(lines) };
        self.settle(at, !down);
    }

    fn next_of(&mut self, place: Place) {
        let places = self.lines.places(place);
        match places.get(places.partition_point(|at| *at <= self.selected)).copied() {
            Some(at) => self.settle(at, true),
            None => self.none_left(place, "below"),
        }
    }

    fn previous_of(&mut self, place: Place) {
        let places = self.lines.places(place);
        let before = places.partition_point(|at| *at < self.selected);
        match before.checked_sub(1).and_then(|before| places.get(before)).copied() {
            Some(at) => self.settle(at, true),
            None => self.none_left(place, "above"),
        }
    }

    fn none_left(&mut self, place: Place, side: &str) {
        let what = match place {
            Place::Day => "day",
            Place::Session => "session",
            Place::Point => "alias, identify point or reset",
            Place::Identify => "identify point",
            Place::Alias => "alias call",
            Place::Reset => "reset",
            Place::Orphan => "orphan",
            Place::Problem => "problem",
            Place::Finding => "row of a finding",
        };
        self.notice = Some(format!("no other {what} {side}"));
    }

    /// To the next row sent under the same id, or to the one before.
    fn next_same(&mut self, down: bool) {
        let id = |state: &Self, at: usize| {
            let (first, _) = state.lines.get(at)?.positions()?;
            let row = *state.order.row(&state.timeline, first)?;
            Some((row.lane, event(&state.journey, row.entry).and_then(|event| event.id.clone())))
        };
        let here = id(self, self.selected);
        let is_same = |at: &usize| here.is_some() && id(self, *at) == here;
        let found = if down {
            (self.selected + 1..self.lines.list().len()).find(is_same)
        } else {
            (0..self.selected).rev().find(is_same)
        };
        match found {
            Some(at) => self.select(at),
            None => self.notice = Some(format!("no other row of this id {}", if down { "below" } else { "above" })),
        }
    }

    /// To the next marked row, from the last one to the first.
    fn next_mark(&mut self) {
        let marked = |at: &usize| {
            let (first, last) = self.lines.get(*at).and_then(Line::positions)?;
            let row = |position: usize| {
                let row = *self.order.rows().get(position)?;
                let number = event(&self.journey, self.timeline.row(row as usize)?.entry)?.row;
                self.marks.contains(&number).then_some(row as usize)
            };
            (first..=last).find_map(row)
        };
        let end = self.lines.list().len();
        let found = (self.selected + 1..end).chain(0..end.min(self.selected + 1)).find_map(|at| marked(&at));
        match found {
            Some(row) => drop(self.reveal(row)),
            None if self.marks.is_empty() => self.notice = Some("no row is marked: m marks one".to_owned()),
            None => self.notice = Some("no marked row is shown here".to_owned()),
        }
    }

    /// To the rows of a part of the strip.
    pub(super) fn go_to_part(&mut self, column: usize, columns: usize) {
        let Some(row) = self.timeline.row_in_column(column, columns) else { return };
        let position = u32::try_from(row).ok().and_then(|row| self.order.position(row));
        if let Some(at) = position.and_then(|position| self.lines.nearest(position)) {
            self.select(at);
        }
    }

    /// To the first row of this day or session; from there to that of the one before.
    fn previous_head(&mut self, place: Place) {
        let start = self.selected;
        self.previous_of(place);
        if self.selected == start {
            self.notice = None;
            let places = self.lines.places(place);
            let before = places.partition_point(|at| *at < start);
            match before.checked_sub(2).and_then(|before| places.get(before)).copied() {
                Some(at) => self.settle(at, true),
                None => self.none_left(place, "above"),
            }
        }
    }

    /// To the row at or after a moment; says so where that is no row of the moment.
    ///
    /// A time of day is meant of the selected row's day, a span from the selected row on.
    pub(super) fn go_to(&mut self, moment: Moment) {
        let here = self.row().map(|row| self.order.time_of(row));
        let zone = self.zone();
        let day = here.and_then(|here| zone.wall(here)).map(|wall| wall.date());
        let wall = |at: NaiveDateTime| move |time: Millis| zone.wall(time).is_some_and(|wall| wall < at);
        match moment {
            Moment::Absolute(from, to) => {
                let is_long = to.saturating_sub(from) >= LONG;
                self.go_past(&|time| time < from, &|time| !is_long || time < to);
            }
            Moment::Wall(from, to) => {
                let is_long = (to - from).num_milliseconds() >= LONG;
                let ends = wall(to);
                self.go_past(&wall(from), &|time| !is_long || ends(time));
            }
            Moment::Daily(at, _) => {
                let Some(day) = day else { return };
                self.go_past(&wall(day.and_time(at)), &|_| true);
            }
            Moment::Relative(span) => {
                let Some(to) = here.map(|here| here.saturating_add(span)) else { return };
                self.go_past(&|time| time < to, &|_| true);
            }
        }
    }

    /// To the first row that is not before, else to the last. What a moment covers ends where `within` does.
    fn go_past(&mut self, before: &dyn Fn(Millis) -> bool, within: &dyn Fn(Millis) -> bool) {
        let shown = self.lines.list().iter().filter_map(|line| line.positions());
        let shown = shown.flat_map(|(first, last)| [first, last]);
        let end = self.order.unmerged_from();
        let here: Vec<usize> = shown.filter(|position| *position < end).collect();
        let time = |position: &usize| self.order.time(&self.timeline, *position);
        let reached = here.iter().filter(|position| time(position).is_some_and(|time| !before(time))).min();
        let Some(found) = reached.or_else(|| here.iter().max()).copied() else { return };
        // The first of a fold that reaches over the moment may be before it.
        let found =
            (0..found).rev().take_while(|at| time(at).is_some_and(|time| !before(time))).last().unwrap_or(found);
        let missed = match time(&found) {
            Some(time) if before(time) => Some("no row is at that time or later: this is the last one"),
            Some(time) if !before(time) && !within(time) => Some("no row is at that time: this is the next one"),
            _ => None,
        };
        let nearest = self.lines.nearest(found);
        if let Some(row) = self.order.rows().get(found).copied()
            && !self.reveal(row as usize)
            && let Some(at) = nearest
        {
            self.select(at);
        }
        self.notice = missed.map(str::to_owned).or(self.notice.take());
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
            self.notice = Some("no search text yet: press /".to_owned());
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
            None if found.count() == 0 => self.notice = Some("no row matches the search".to_owned()),
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
            crate::tui::timeline::lines::joins(
                &self.journey,
                &self.timeline,
                &self.order,
                self.devices.as_ref(),
                from,
                *position,
            ) || *position == from
        };
        let mut rows = (from..=to).filter(of_run).filter_map(row).filter(shown);
        if first == self.newest { rows.next_back() } else { rows.next() }
    }
}
