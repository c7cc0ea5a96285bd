//! Which rows of a journey a report has: all of them, or a selection.
//!
//! What a report says of the user (ids, calls, points, findings, sums) stays that of the whole
//! journey; only its rows are fewer, and it says how many are hidden.

use std::collections::HashSet;

use super::Clock;
use super::look::{count, many};
use crate::identity::{Journey, Orphan, Step};
use crate::model::Millis;

/// Rows that were asked for, and by what.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The filter, as it was written.
    pub filter: Option<String>,
    /// The first moment that counts, by event time.
    pub from: Option<Millis>,
    /// The last moment that counts.
    pub to: Option<Millis>,
    /// Rows that are kept, of the user and of orphans, by their number in the store.
    pub rows: HashSet<i64>,
    /// Alias calls that are kept on the timeline, by their place in [`Journey::aliases`].
    pub calls: HashSet<usize>,
    /// Resets that are kept on the timeline, by their place in [`Journey::points`].
    pub points: HashSet<usize>,
}

/// A journey with the rows to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The whole journey.
    pub journey: &'a Journey,
    /// The rows that were asked for; `None` for all.
    pub selection: Option<&'a Selection>,
}

impl<'a> From<&'a Journey> for Shown<'a> {
    fn from(journey: &'a Journey) -> Self {
        Self { journey, selection: None }
    }
}

impl<'a> Shown<'a> {
    /// Rows of the user, by time.
    pub fn steps(self) -> impl Iterator<Item = &'a Step> + Clone {
        self.of(&self.journey.steps)
    }

    /// Rows of one of its orphans, by time.
    pub fn steps_of(self, orphan: &'a Orphan) -> impl Iterator<Item = &'a Step> + Clone {
        self.of(&orphan.steps)
    }

    fn of(self, steps: &'a [Step]) -> impl Iterator<Item = &'a Step> + Clone {
        steps.iter().filter(move |step| self.selection.is_none_or(|selection| selection.rows.contains(&step.event.row)))
    }

    /// Whether an alias call stands on the timeline; `at` is its place among the calls.
    pub fn has_call(self, at: usize) -> bool {
        self.selection.is_none_or(|selection| selection.calls.contains(&at))
    }

    /// Whether a reset stands on the timeline; `at` is its place among the points.
    pub fn has_point(self, at: usize) -> bool {
        self.selection.is_none_or(|selection| selection.points.contains(&at))
    }

    /// Rows that are shown, and rows that are hidden; orphans count.
    pub fn counts(self) -> (usize, usize) {
        let all = all(self.journey).count();
        let shown = self.of(&self.journey.steps).count()
            + self.journey.orphans.iter().map(|orphan| self.of(&orphan.steps).count()).sum::<usize>();
        (shown, all.saturating_sub(shown))
    }

    /// What was asked for and how much is hidden, as one sentence; `None` when all is shown.
    pub fn sentence(self, clock: Clock) -> Option<String> {
        let selection = self.selection?;
        let (shown, hidden) = self.counts();
        let mut asked = Vec::new();
        if let Some(filter) = &selection.filter {
            asked.push(format!("filter {filter}"));
        }
        if let Some(from) = selection.from {
            asked.push(format!("from {}", clock.full(from)));
        }
        if let Some(to) = selection.to {
            asked.push(format!("to {}", clock.full(to)));
        }
        let rows = many(shown.saturating_add(hidden), "row");
        Some(format!("{} of {rows} shown, {} hidden: {}", count(shown as u64), count(hidden as u64), asked.join(", ")))
    }
}

/// Every row of the user and of orphans.
fn all(journey: &Journey) -> impl Iterator<Item = &Step> {
    journey.steps.iter().chain(journey.orphans.iter().flat_map(|orphan| &orphan.steps))
}
