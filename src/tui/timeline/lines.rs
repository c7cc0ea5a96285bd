//! What stands on the screen: sessions, rows and folds.
//!
//! One pass over the [order](super::order) whenever what is shown changes (a filter, a fold,
//! the direction), never for a move. A run of one event under one id within one session is
//! folded into one line; a row that is special ([`Traits`]) never is. O(n), a few nanoseconds
//! for each row.

use std::collections::HashSet;

use crate::identity::Journey;
use crate::model::Millis;

use super::{Devices, Entry, Order, Row, Timeline, Traits, event, index};

/// Fewer rows than this are never folded: a fold saves a line only from here on.
const SHORTEST_RUN: usize = 3;

/// More lines than ever stand between two rows.
const HEADS: usize = 8;

/// One line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A session begins: index in [`Order::list`].
    Session(u32),
    /// Here the user becomes known: index in [`Journey::points`].
    Phase(u32),
    /// Rows that are not merged follow.
    Unmerged,
    /// The row at a position.
    Row(u32),
    /// Rows of one event: the first and last position, and how many of them are shown.
    Fold(u32, u32, u32),
    /// What stood in the way of the refused call at a position.
    Blocked(u32),
    /// What is lost after the refused call at a position.
    Lost(u32),
}

impl Line {
    /// Whether the cursor can stand on it.
    pub fn is_row(self) -> bool {
        matches!(self, Self::Row(_) | Self::Fold(..))
    }

    /// The first and the last position that it shows.
    pub fn positions(self) -> Option<(usize, usize)> {
        match self {
            Self::Row(at) => Some((at as usize, at as usize)),
            Self::Fold(first, last, _) => Some((first as usize, last as usize)),
            _ => None,
        }
    }

    /// Rows that it shows.
    pub fn count(self) -> usize {
        match self {
            Self::Row(_) => 1,
            Self::Fold(.., count) => count as usize,
            _ => 0,
        }
    }
}

/// A set of rows, one bit for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    count: usize,
}

impl Bits {
    /// Whether a row is in it.
    pub fn has(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word & (1 << (row % 64)) != 0)
    }

    /// Puts a row in.
    pub fn add(&mut self, row: usize) {
        if self.has(row) {
            return;
        }
        if self.words.len() <= row / 64 {
            self.words.resize(row / 64 + 1, 0);
        }
        if let Some(word) = self.words.get_mut(row / 64) {
            *word |= 1 << (row % 64);
            self.count += 1;
        }
    }

    /// How many are in it.
    pub fn count(&self) -> usize {
        self.count
    }
}

/// Which runs are unfolded: a run is known by its earliest row.
#[derive(Clone, Debug, Default)]
pub struct Folds {
    all_open: bool,
    /// The ones that are not as `all_open` says.
    others: HashSet<u32>,
}

impl Folds {
    fn is_open(&self, run: u32) -> bool {
        self.all_open != self.others.contains(&run)
    }

    /// Opens or closes one.
    pub fn set(&mut self, run: u32, open: bool) {
        if open == self.all_open {
            self.others.remove(&run);
        } else {
            self.others.insert(run);
        }
    }

    /// Opens all, or closes all.
    pub fn toggle_all(&mut self) {
        self.all_open = !self.all_open;
        self.others.clear();
    }

    /// Whether all are open but for single ones.
    pub fn are_open(&self) -> bool {
        self.all_open
    }
}

/// Kinds of places that a key goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The first row of a day.
    Day,
    /// The first row of a session.
    Session,
    /// An alias call, identify point or reset.
    Point,
    /// An identify point that is no alias call.
    Identify,
    /// An alias call, refused or not.
    Alias,
    /// A reset.
    Reset,
    /// The first row of an orphan after other rows.
    Orphan,
    /// The first of refused calls, split rows or orphans.
    Problem,
    /// A row that a finding names.
    Finding,
}

impl Place {
    const NUMBER: usize = 9;
}

/// What is shown of the order.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The rows that a filter keeps; all without one.
    pub keep: Option<&'a Bits>,
    /// Which runs are unfolded.
    pub folds: &'a Folds,
    /// Whether the newest row stands first.
    pub newest: bool,
    /// The lanes, where they are by device.
    pub devices: Option<&'a Devices>,
}

/// The lines, and where on them things are.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    list: Vec<Line>,
    /// Rows up to each line, itself included.
    numbers: Vec<u32>,
    places: [Vec<usize>; Place::NUMBER],
    /// Rows shown of each session.
    of_session: Vec<u32>,
    newest: bool,
}

impl Lines {
    /// Lays lines out.
    pub fn new(journey: &Journey, timeline: &Timeline, order: &Order, shown: &Shown<'_>) -> Self {
        let mut lines = Self { of_session: vec![0; order.list().len()], newest: shown.newest, ..Self::default() };
        lines.list.reserve(order.rows().len() + 64);
        let devices = shown.devices;
        let mut pass = Pass {
            journey,
            timeline,
            order,
            devices,
            lines,
            session: None,
            day: None,
            problem: None,
            is_past_merged: false,
        };
        let kept = |position: &usize| {
            let row = order.rows().get(*position).copied().unwrap_or(u32::MAX);
            shown.keep.is_none_or(|keep| keep.has(row as usize))
        };
        let end = order.rows().len();
        let mut run: Vec<usize> = Vec::new();
        let mut put = |position: usize, run: &mut Vec<usize>| {
            if run.last().is_some_and(|last| !pass.joins(*last, position)) {
                pass.run(run, shown.folds);
                run.clear();
            }
            run.push(position);
        };
        if shown.newest {
            // What stands after all others does so in either direction.
            let (here, away) = (0..order.unmerged_from(), order.unmerged_from()..end);
            here.rev().chain(away.rev()).filter(kept).for_each(|position| put(position, &mut run));
        } else {
            (0..end).filter(kept).for_each(|position| put(position, &mut run));
        }
        pass.run(&run, shown.folds);
        pass.lines
    }

    /// Every line, in order.
    pub fn list(&self) -> &[Line] {
        &self.list
    }

    /// The line at a place.
    pub fn get(&self, at: usize) -> Option<Line> {
        self.list.get(at).copied()
    }

    /// Lines where things of a kind are.
    pub fn places(&self, place: Place) -> &[usize] {
        self.places.get(place as usize).map_or(&[], Vec::as_slice)
    }

    /// Rows on all lines.
    pub fn rows(&self) -> usize {
        self.numbers.last().copied().unwrap_or(0) as usize
    }

    /// Number of the last row of a line, counted from one in the order of the screen.
    pub fn number(&self, at: usize) -> usize {
        self.numbers.get(at).copied().unwrap_or(0) as usize
    }

    /// Rows shown of a session.
    pub fn of_session(&self, session: usize) -> usize {
        self.of_session.get(session).copied().unwrap_or(0) as usize
    }

    /// Whether the newest row stands first.
    pub fn newest(&self) -> bool {
        self.newest
    }

    /// The line that shows a position. Looks at every line; for a jump, not for a frame.
    pub fn find(&self, position: usize) -> Option<usize> {
        self.list
            .iter()
            .position(|line| line.positions().is_some_and(|(first, last)| (first..=last).contains(&position)))
    }

    /// The line that shows a position, else the one nearest to it.
    pub fn nearest(&self, position: usize) -> Option<usize> {
        let away = |line: &Line| {
            let (first, last) = line.positions()?;
            Some(if (first..=last).contains(&position) {
                0
            } else {
                first.abs_diff(position).min(last.abs_diff(position))
            })
        };
        let lines = self.list.iter().enumerate();
        lines.filter_map(|(at, line)| Some((away(line)?, at))).min().map(|(_, at)| at)
    }

    /// When a line begins and ends; for a head, when the row after it does.
    pub fn time(&self, timeline: &Timeline, order: &Order, at: usize) -> Option<(Millis, Millis)> {
        // A head is followed by few others before its row.
        let (first, last) = self.list.get(at..)?.iter().take(HEADS).find_map(|line| line.positions())?;
        Some((order.time(timeline, first)?, order.time(timeline, last)?))
    }

    /// Time between a row and the one before it in time.
    pub fn gap(&self, timeline: &Timeline, order: &Order, at: usize) -> Option<i64> {
        let (first, _) = self.get(at)?.positions()?;
        let before = if self.newest {
            self.list.get(at + 1..)?.iter().take(HEADS).find_map(|line| line.positions())?
        } else {
            self.list.get(at.saturating_sub(HEADS)..at)?.iter().rev().find_map(|line| line.positions())?
        };
        if (before.1 < order.unmerged_from()) != (first < order.unmerged_from()) {
            return None;
        }
        order.time(timeline, first)?.checked_sub(order.time(timeline, before.1)?)
    }
}

/// One pass over the rows.
struct Pass<'a> {
    journey: &'a Journey,
    timeline: &'a Timeline,
    order: &'a Order,
    devices: Option<&'a Devices>,
    lines: Lines,
    session: Option<usize>,
    day: Option<i64>,
    problem: Option<(u8, u32)>,
    /// Whether the line above the rows that are not merged stands already.
    is_past_merged: bool,
}

impl Pass<'_> {
    fn row(&self, position: usize) -> Option<&Row> {
        self.order.row(self.timeline, position)
    }

    /// Whether two rows that follow each other are of one run.
    fn joins(&self, a: usize, b: usize) -> bool {
        joins(self.journey, self.timeline, self.order, self.devices, a, b)
    }

    /// Puts rows of one run, folded or not.
    fn run(&mut self, run: &[usize], folds: &Folds) {
        let (Some(first), Some(last)) = (run.iter().min(), run.iter().max()) else { return };
        let key = self.order.rows().get(*first).copied().unwrap_or(u32::MAX);
        if run.len() >= SHORTEST_RUN && !folds.is_open(key) {
            self.heads(run.first().copied().unwrap_or(*first));
            self.push(Line::Fold(index(*first), index(*last), index(run.len())));
            self.problem = None;
        } else {
            for position in run {
                self.single(*position);
            }
        }
    }

    fn single(&mut self, position: usize) {
        self.heads(position);
        let Some(row) = self.row(position).copied() else { return };
        let at = self.lines.list.len();
        self.push(Line::Row(index(position)));
        for (of, place) in [
            (Traits::POINT, Place::Point),
            (Traits::IDENTIFY, Place::Identify),
            (Traits::ALIAS | Traits::REFUSED, Place::Alias),
            (Traits::RESET, Place::Reset),
            (Traits::FINDING, Place::Finding),
        ] {
            if row.traits.any(of) {
                self.note(place, at);
            }
        }
        let lane = row.lane.unwrap_or(u32::MAX);
        let problem = match row.entry {
            _ if row.traits.any(Traits::REFUSED) => Some((0, index(position))),
            Entry::Orphan(orphan, _) => Some((2, orphan)),
            _ if row.traits.any(Traits::SPLIT) => Some((1, lane)),
            _ => row.traits.any(Traits::MISTAKE).then_some((3, lane)),
        };
        if problem.is_some() && problem != self.problem {
            self.note(Place::Problem, at);
            if row.traits.any(Traits::ORPHAN) {
                self.note(Place::Orphan, at);
            }
        }
        self.problem = problem;
        if row.traits.any(Traits::REFUSED) {
            self.push(Line::Blocked(index(position)));
            let call = self.timeline.call_of(self.journey, row.entry);
            if call.is_some_and(|call| self.timeline.losses().contains_key(&call)) {
                self.push(Line::Lost(index(position)));
            }
        }
        if self.order.known().is_some_and(|(known, _)| known == position && self.lines.newest) {
            self.phase(position);
        }
    }

    /// What stands above a row: where the phase changes, and the head of its session.
    fn heads(&mut self, position: usize) {
        if position >= self.order.unmerged_from() && !self.is_past_merged {
            self.is_past_merged = true;
            self.push(Line::Unmerged);
        }
        let session = self.order.session(position);
        if self.session != Some(session) {
            self.session = Some(session);
            let at = self.lines.list.len();
            self.push(Line::Session(index(session)));
            self.note(Place::Session, at);
            let day = self.order.list().get(session).map(|session| self.order.zone().day(session.first));
            if self.day != day {
                self.day = day;
                self.note(Place::Day, at);
            }
        }
        if self.order.known().is_some_and(|(known, _)| known == position && !self.lines.newest) {
            self.phase(position);
        }
    }

    fn phase(&mut self, position: usize) {
        // With nothing before it there is nothing to tell it from.
        if let Some((_, point)) = self.order.known().filter(|(known, _)| *known == position) {
            self.push(Line::Phase(point));
        }
    }

    fn push(&mut self, line: Line) {
        let before = self.lines.numbers.last().copied().unwrap_or(0);
        self.lines.numbers.push(before + index(line.count()));
        self.lines.list.push(line);
        if let Some(of) = self.session.and_then(|session| self.lines.of_session.get_mut(session)) {
            *of += index(line.count());
        }
    }

    fn note(&mut self, place: Place, at: usize) {
        if let Some(places) = self.lines.places.get_mut(place as usize) {
            places.push(at);
        }
    }
}

/// Whether two rows that follow each other on the screen are of one run.
pub fn joins(
    journey: &Journey,
    timeline: &Timeline,
    order: &Order,
    devices: Option<&Devices>,
    a: usize,
    b: usize,
) -> bool {
    let (Some(one), Some(other)) = (order.row(timeline, a), order.row(timeline, b)) else { return false };
    if one.traits.is_special() || other.traits.is_special() || one.lane != other.lane {
        return false;
    }
    if devices.is_some_and(|devices| devices.lane(a) != devices.lane(b)) {
        return false;
    }
    if order.session(a) != order.session(b) {
        return false;
    }
    // The place where the user becomes known is between two runs.
    if order.known().is_some_and(|(known, _)| (a < known) != (b < known)) {
        return false;
    }
    match (event(journey, one.entry), event(journey, other.entry)) {
        (Some(one), Some(other)) => one.event == other.event && one.id == other.id,
        _ => false,
    }
}
