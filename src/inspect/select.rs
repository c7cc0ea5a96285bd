//! Picking the rows of a journey that a filter and a span of time keep.
//!
//! Cost: what the journey knows of a row decides most; only rows that are left open have their
//! properties read, in the order of the store and on several threads, and of many such rows only those
//! that the index of values leaves.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

use super::filter::{Filter, Index, Subject};
use super::{Error, Inspector};
use crate::identity::{Journey, PointKind};
use crate::model::Millis;
use crate::model::scan::CanHave;

/// Rows that are left open from which on the index of values is asked: that costs a look at each
/// segment of the store.
pub const MANY_ROWS: usize = 2_000;

/// What is kept of a journey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Rows of the user and of orphans, by their number in the store.
    pub rows: HashSet<i64>,
    /// Alias calls, by their place in [`Journey::aliases`].
    pub calls: HashSet<usize>,
    /// Resets, by their place in [`Journey::points`].
    pub points: HashSet<usize>,
}

impl Inspector {
    /// What a filter keeps of the rows that happened within `times`.
    pub fn select(
        &self,
        journey: &Journey,
        filter: Option<&Filter>,
        times: RangeInclusive<Millis>,
    ) -> Result<Kept, Error> {
        let index = Index::of(journey);
        let decide = |subject: &Subject<'_>| filter.map_or(Some(true), |filter| filter.decide(subject, None));
        let mut kept = Kept::default();
        let mut open = HashMap::new();
        let own = journey.steps.iter().map(|step| (step, None));
        let lost = journey.orphans.iter().flat_map(|orphan| orphan.steps.iter().map(move |step| (step, Some(orphan))));
        for (step, orphan) in own.chain(lost).filter(|(step, _)| times.contains(&step.event.time)) {
            let subject = index.subject(journey, step, orphan);
            match decide(&subject) {
                Some(true) => {
                    kept.rows.insert(step.event.row);
                }
                Some(false) => {}
                None => {
                    open.insert(step.event.row, subject);
                }
            }
        }
        for (at, line) in journey.aliases.iter().enumerate().filter(|(_, line)| times.contains(&line.time)) {
            if decide(&index.call(line)) == Some(true) {
                kept.calls.insert(at);
            }
        }
        let resets = journey.points.iter().enumerate().filter(|(_, point)| point.kind == PointKind::Reset);
        for (at, point) in resets.filter(|(_, point)| times.contains(&point.time)) {
            if decide(&index.reset(point)) == Some(true) {
                kept.points.insert(at);
            }
        }
        if let Some(filter) = filter.filter(|_| open.len() >= MANY_ROWS) {
            let can_have = self.can_have(filter)?;
            open.retain(|row, _| can_have(*row));
        }
        if let Some(filter) = filter.filter(|_| !open.is_empty()) {
            let (numbers, subjects): (Vec<i64>, Vec<_>) = open.into_iter().unzip();
            let found = Mutex::new(Vec::<i64>::new());
            self.for_each_properties(&numbers, &|place, text| {
                let keeps = subjects.get(place).is_some_and(|subject| filter.decide(subject, Some(text)) == Some(true));
                if keeps {
                    found.lock().unwrap_or_else(PoisonError::into_inner).extend(numbers.get(place));
                }
            })?;
            kept.rows.extend(found.into_inner().unwrap_or_else(PoisonError::into_inner));
        }
        Ok(kept)
    }

    /// Of which rows, by their numbers, the properties can be as a filter asks.
    pub fn can_have(&self, filter: &Filter) -> Result<CanHave, Error> {
        match self.source().scan() {
            // An index has the values as they are stored, and not their replacements.
            Some(scan) if self.redacting()?.is_none() => {
                Ok(scan.can_have(&filter.clue())?.unwrap_or_else(|| Box::new(|_| false)))
            }
            _ => Ok(Box::new(|_| true)),
        }
    }
}
