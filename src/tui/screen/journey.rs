//! The journey screen: the timeline of one user, and why each row is where it is.
//!
//! | part | what it draws |
//! |---|---|
//! | [`timeline`] | which line stands where (one pass for each journey) |
//! | `rows` | one line: time, gap, lanes, event, id, whose, because |
//! | `frame` | the head, the lanes' names, the strip, where the panes go |
//! | `detail` | the selected row: the sentence, places, properties |

mod detail;
mod frame;
mod rows;
pub mod timeline;

use std::sync::Arc;

pub(in crate::tui) use self::detail::{place, visible_id};
pub(in crate::tui) use self::frame::{bar, scrolled, view};
pub(in crate::tui) use self::rows::{evidence_name, select, strength_words};
pub use self::timeline::Timeline;

use crate::identity::Journey;
use crate::model::Id;
use crate::model::facts::{Arrival, Source};
use crate::tui::app::mouse::{Gesture, Pointed};
use crate::tui::keys::Action;
use crate::tui::screen::identity::{self, scrub};
use crate::tui::when::Zone;
use crate::tui::worker::Failure;

use self::timeline::{Entry, event};

/// What stands at the left of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The time of day.
    Clock,
    /// The time since the row before.
    Gap,
    /// Both.
    Both,
}

/// A journey on the screen.
#[derive(Clone, Debug)]
pub struct State {
    journey: Arc<Journey>,
    timeline: Arc<Timeline>,
    /// The selected line.
    selected: usize,
    /// Whether the detail pane is the larger part of the screen.
    larger: bool,
    /// Lines of the detail pane above its top.
    detail_top: usize,
    /// What the user chose; otherwise the width decides.
    times: Option<Times>,
    /// Properties of a row in lines, if they are there.
    properties: Option<(i64, Result<Vec<String>, Failure>)>,
    /// The identity screen.
    pub(in crate::tui) identity: identity::State,
    /// Which moment of arrival is shown.
    scrub: scrub::State,
}

impl State {
    /// A journey, with its first row selected.
    pub fn new(journey: Arc<Journey>, timeline: Arc<Timeline>) -> Self {
        let identity = identity::State::new(&journey, timeline.register());
        let scrub = scrub::State::new(timeline.register().clone(), journey.root.clone());
        let mut state = Self {
            journey,
            timeline,
            selected: 0,
            larger: false,
            detail_top: 0,
            times: None,
            properties: None,
            identity,
            scrub,
        };
        state.first();
        state
    }

    /// The journey.
    pub fn journey(&self) -> &Arc<Journey> {
        &self.journey
    }

    /// The lines.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The selected line.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// The row of the store that is selected, whose properties can be shown.
    pub fn selected_row(&self) -> Option<i64> {
        match self.timeline.entry(self.selected)? {
            Entry::Reset(at) => Some(self.journey.points.get(at as usize)?.row),
            entry => Some(event(&self.journey, entry)?.row),
        }
    }

    /// Takes a newer answer for the same question; the selected row stays selected.
    pub fn replace(&mut self, journey: Arc<Journey>, timeline: Arc<Timeline>) {
        let row = self.selected_row();
        let before = (self.journey.as_ref(), self.timeline.register().as_ref());
        self.identity = self.identity.renewed(before, &journey, timeline.register());
        if journey.as_of.is_none() {
            self.scrub.renew(timeline.register().clone(), journey.root.clone());
        }
        let found = row.and_then(|row| timeline.find_row(&journey, row));
        self.journey = journey;
        self.timeline = timeline;
        match found {
            Some(at) => self.selected = at,
            None => self.settle(self.selected, true),
        }
        self.properties = None;
    }

    /// Lays the lines out for another zone; the selected row stays selected.
    pub fn change_zone(&mut self, zone: Zone) {
        let number = self.timeline.row_number(self.selected);
        self.timeline = Arc::new(self.timeline.in_zone(&self.journey, zone));
        // The n-th row has at most n breaks and one phase before it.
        let from = number.saturating_sub(1);
        let at = (from..self.timeline.entries().len())
            .find(|at| self.timeline.entry(*at).is_some_and(Entry::is_row) && self.timeline.row_number(*at) == number);
        self.selected = at.unwrap_or(0);
    }

    /// Whether the properties of the selected row have yet to be asked for.
    pub fn lacks_properties(&self) -> Option<i64> {
        let row = self.selected_row()?;
        let there = self.properties.as_ref().is_some_and(|(of, _)| *of == row);
        (!there).then_some(row)
    }

    /// Takes the properties of a row.
    pub fn take_properties(&mut self, row: i64, answer: Result<String, Failure>) {
        self.properties = Some((row, answer.map(|json| detail::pretty(&json))));
    }

    /// Does what a key asks; what is not for this screen changes nothing.
    pub fn update(&mut self, action: Action, page: usize) {
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
            Action::NextDay => self.next_of(Timeline::days),
            Action::PreviousDay => self.previous_day(),
            Action::NextPoint => self.next_of(Timeline::points),
            Action::PreviousPoint => self.previous_of(Timeline::points),
            Action::NextProblem => self.next_of(Timeline::problems),
            Action::PreviousProblem => self.previous_of(Timeline::problems),
            Action::Open => self.larger = !self.larger,
            Action::DetailDown => self.detail_top = self.detail_top.saturating_add(1),
            Action::DetailUp => self.detail_top = self.detail_top.saturating_sub(1),
            Action::Times => {
                self.times = Some(match self.times {
                    None | Some(Times::Clock) => Times::Gap,
                    Some(Times::Gap) => Times::Both,
                    Some(Times::Both) => Times::Clock,
                });
            }
            _ => {}
        }
    }

    /// Selects the row that was pressed; what a press of the selected one stands for.
    pub fn point(&mut self, pointed: &Pointed) -> Option<Action> {
        let line = pointed.line().filter(|line| *line < self.timeline.entries().len())?;
        if pointed.gesture == Gesture::PressAgain || line == self.selected {
            return Some(Action::Open);
        }
        if self.timeline.entry(line).is_some_and(Entry::is_row) {
            self.select(line);
        }
        None
    }

    /// Selects a row of the store, if it is on the timeline.
    pub fn select_row(&mut self, row: i64) -> bool {
        match self.timeline.find_row(&self.journey, row) {
            Some(at) => {
                self.select(at);
                true
            }
            None => false,
        }
    }

    /// Selects the line of an alias call, by its index in the journey.
    pub fn select_call(&mut self, call: usize) -> bool {
        match self.timeline.find_call(&self.journey, call) {
            Some(at) => {
                self.select(at);
                true
            }
            None => false,
        }
    }

    /// Selects the row at a place of the input, if it is on the timeline.
    pub fn select_place(&mut self, source: &Source) -> bool {
        let wanted = |entry: &Entry| event(&self.journey, *entry).is_some_and(|event| event.source == *source);
        match self.timeline.entries().iter().position(wanted) {
            Some(at) => {
                self.select(at);
                true
            }
            None => false,
        }
    }

    /// The identity screen.
    pub fn identity(&self) -> &identity::State {
        &self.identity
    }

    /// Which moment of arrival is asked for.
    pub fn scrub(&self) -> &scrub::State {
        &self.scrub
    }

    /// Goes one change of the lookup table back or on; whether there is one.
    pub fn scrub_step(&mut self, later: bool) -> bool {
        self.scrub.step(later)
    }

    /// Goes to a moment of arrival; `None` is now.
    pub fn scrub_to(&mut self, moment: Option<Arrival>) {
        self.scrub.go(moment);
    }

    /// Whether an id is one of this user's, or one of the orphans here.
    pub fn has_lane(&self, id: &Id) -> bool {
        self.timeline.lane(id).is_some()
    }

    fn select(&mut self, at: usize) {
        if at != self.selected {
            self.selected = at;
            self.detail_top = 0;
        }
    }

    /// Selects the nearest row from `at` on in one direction, else in the other.
    fn settle(&mut self, at: usize, down: bool) {
        let end = self.timeline.entries().len();
        let Some(at) = end.checked_sub(1).map(|last| at.min(last)) else {
            self.selected = 0;
            return;
        };
        let is_row = |at: &usize| self.timeline.entry(*at).is_some_and(Entry::is_row);
        let below = || (at..end).find(is_row);
        let above = || (0..=at).rev().find(is_row);
        let found = if down { below().or_else(above) } else { above().or_else(below) };
        self.select(found.unwrap_or(0));
    }

    fn first(&mut self) {
        self.settle(0, true);
    }

    fn step(&mut self, by: isize) {
        let Some(at) = self.selected.checked_add_signed(by) else { return };
        let rows = |at: &usize| self.timeline.entry(*at).is_some_and(Entry::is_row);
        let found = if by > 0 { (at..self.timeline.entries().len()).find(rows) } else { (0..=at).rev().find(rows) };
        if let Some(found) = found {
            self.select(found);
        }
    }

    fn jump(&mut self, lines: usize, down: bool) {
        let at = if down { self.selected.saturating_add(lines) } else { self.selected.saturating_sub(lines) };
        self.settle(at, !down);
    }

    fn next_of(&mut self, places: fn(&Timeline) -> &[usize]) {
        let places = places(&self.timeline);
        if let Some(at) = places.get(places.partition_point(|at| *at <= self.selected)).copied() {
            self.settle(at, true);
        }
    }

    fn previous_of(&mut self, places: fn(&Timeline) -> &[usize]) {
        let places = places(&self.timeline);
        let before = places.partition_point(|at| *at < self.selected);
        if let Some(at) = before.checked_sub(1).and_then(|before| places.get(before)).copied() {
            self.settle(at, true);
        }
    }

    fn previous_day(&mut self) {
        let start = self.selected;
        self.previous_of(Timeline::days);
        if self.selected == start {
            // It was the first row of its day: the break just above it is not the one meant.
            let days = self.timeline.days();
            let before = days.partition_point(|at| *at < start);
            if let Some(at) = before.checked_sub(2).and_then(|before| days.get(before)).copied() {
                self.settle(at, true);
            }
        }
    }
}
