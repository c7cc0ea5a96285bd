//! Two users side by side on one time axis: is this the same person?
//!
//! Above, the verdict and what it rests on; below, the rows of both by time, each in its own
//! column. What is said never goes further than [`Comparison`] does. Cost: a frame builds the
//! visible lines; the rows of both were put in order by the worker.

mod draw;

pub(in crate::tui) use self::draw::{text, view};

use std::sync::Arc;

use crate::identity::compare::Comparison;
use crate::identity::{Journey, Step};
use crate::model::Id;
use crate::model::facts::{Event, Source};
use crate::tui::keys::Action;

/// One line of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing.
    Space,
    /// The head of a section, with the number of its rows.
    Head(&'static str, usize),
    /// The verdict.
    Verdict,
    /// A reason: index in [`Comparison::arguments`].
    Argument(usize),
    /// A value that both have: index in [`Comparison::shared`].
    Shared(usize),
    /// A limit: index in [`Comparison::limits`].
    Limit(usize),
    /// A row of one of the two: index in [`Comparison::rows`].
    Row(usize),
}

/// The screen.
#[derive(Clone, Debug)]
pub struct State {
    compared: Arc<Comparison>,
    /// What stands above the rows.
    head: Vec<Line>,
    selected: usize,
}

/// Where Enter goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// The page of a user, at a row of the store.
    Page(Id, i64),
    /// A line of this screen.
    Line(usize),
}

impl State {
    /// The comparison, with the verdict selected.
    pub fn new(compared: Arc<Comparison>) -> Self {
        let mut head = vec![Line::Verdict];
        let mut section = |name: &'static str, rows: Vec<Line>| {
            if !rows.is_empty() {
                head.extend([Line::Space, Line::Head(name, rows.len())]);
                head.extend(rows);
            }
        };
        let reasons = |supports: bool| {
            let of = compared.arguments.iter().enumerate().filter(|(_, argument)| argument.supports == supports);
            of.map(|(at, _)| Line::Argument(at)).collect::<Vec<_>>()
        };
        section("for one person", reasons(true));
        section("against", reasons(false));
        section("both have", (0..compared.shared.len()).map(Line::Shared).collect());
        section("not looked at", (0..compared.limits.len()).map(Line::Limit).collect());
        head.extend([Line::Space, Line::Head("rows of both, by time", compared.rows.len())]);
        Self { compared, head, selected: 0 }
    }

    /// The same, to be kept.
    pub(in crate::tui) fn shared(&self) -> Arc<Comparison> {
        Arc::clone(&self.compared)
    }

    /// What is compared.
    pub fn compared(&self) -> &Comparison {
        &self.compared
    }

    /// The two ids, as they were asked for.
    pub fn ids(&self) -> [Id; 2] {
        self.compared.sides.each_ref().map(|side| side.journey.query.clone())
    }

    /// Takes a newer answer; the line stays.
    pub fn replace(&mut self, compared: Arc<Comparison>) {
        let selected = self.selected;
        *self = Self::new(compared);
        self.settle(selected, true);
    }

    /// Number of lines.
    pub fn lines(&self) -> usize {
        self.head.len() + self.compared.rows.len()
    }

    /// The selected line.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// The line at a place.
    pub(super) fn line(&self, at: usize) -> Option<Line> {
        match at.checked_sub(self.head.len()) {
            None => self.head.get(at).copied(),
            Some(row) => (row < self.compared.rows.len()).then_some(Line::Row(row)),
        }
    }

    fn is_row(&self, at: usize) -> bool {
        self.line(at).is_some_and(|line| !matches!(line, Line::Space | Line::Head(..)))
    }

    /// The row of a line, and whose it is.
    pub(super) fn event(&self, row: usize) -> Option<(usize, &Event)> {
        let (side, _) = *self.compared.rows.get(row)?;
        Some((side, &self.step(row)?.1.event))
    }

    /// The row of a line with the journey that it is of.
    pub(super) fn step(&self, row: usize) -> Option<(&Journey, &Step)> {
        let (side, at) = *self.compared.rows.get(row)?;
        let journey = &*self.compared.sides.get(side)?.journey;
        Some((journey, journey.steps.get(at)?))
    }

    /// Does what a key asks.
    pub fn update(&mut self, action: Action, page: usize) {
        let page = page.max(1);
        match action {
            Action::Next => self.settle(self.selected + 1, true),
            Action::Previous => self.settle(self.selected.saturating_sub(1), false),
            Action::HalfDown => self.settle(self.selected + page / 2, true),
            Action::HalfUp => self.settle(self.selected.saturating_sub(page / 2), false),
            Action::PageDown => self.settle(self.selected + page, true),
            Action::PageUp => self.settle(self.selected.saturating_sub(page), false),
            Action::First => self.settle(0, true),
            Action::Last => self.settle(self.lines().saturating_sub(1), false),
            Action::NextDay => self.section(true),
            Action::PreviousDay => self.section(false),
            _ => {}
        }
    }

    fn settle(&mut self, at: usize, down: bool) {
        let last = self.lines().saturating_sub(1);
        let at = at.min(last);
        let below = || (at..=last).find(|at| self.is_row(*at));
        let above = || (0..=at).rev().find(|at| self.is_row(*at));
        let found = if down { below().or_else(above) } else { above().or_else(below) };
        self.selected = found.unwrap_or(0);
    }

    fn section(&mut self, down: bool) {
        let starts = (0..self.head.len()).filter(|at| matches!(self.head.get(*at), Some(Line::Head(..))));
        let starts: Vec<usize> = std::iter::once(0).chain(starts.map(|at| at + 1)).collect();
        let found = if down {
            starts.iter().find(|at| **at > self.selected)
        } else {
            starts.iter().rev().find(|at| **at < self.selected)
        };
        if let Some(found) = found {
            self.settle(*found, true);
        }
    }

    /// Where Enter goes: from a reason to the row that it rests on, from a row to its user.
    pub fn goal(&self) -> Option<Goal> {
        match self.line(self.selected)? {
            Line::Row(row) => {
                let (side, event) = self.event(row)?;
                Some(Goal::Page(self.compared.sides.get(side)?.journey.query.clone(), event.row))
            }
            Line::Argument(at) => self.row_at(self.compared.arguments.get(at)?.sources.iter()),
            Line::Shared(at) => self.row_at(self.compared.shared.get(at)?.sources.iter().flatten()),
            _ => None,
        }
    }

    /// The line of the first row that stands at one of some places.
    fn row_at<'a>(&self, mut sources: impl Iterator<Item = &'a Source>) -> Option<Goal> {
        let at = |source: &Source| {
            (0..self.compared.rows.len()).find(|row| self.event(*row).is_some_and(|(_, event)| event.source == *source))
        };
        sources.find_map(at).map(|row| Goal::Line(self.head.len() + row))
    }

    /// Selects a line.
    pub fn select(&mut self, at: usize) {
        self.settle(at, true);
    }
}
