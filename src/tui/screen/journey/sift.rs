//! Going through the rows of a journey with a filter, on the worker's thread.
//!
//! A row that the journey itself decides costs nothing more. Where properties decide, they are
//! read for [`BATCH`] rows at a time, each batch one question to the worker: progress can be
//! shown, other questions go between, and a filter that is typed over is given up.

use std::sync::Arc;

use crate::identity::Journey;
use crate::inspect::filter::{Filter, Subject};
use crate::tui::worker::{Backend, Failure};

use super::Timeline;
use super::timeline::lines::Bits;
use super::timeline::{Entry, Row, Traits};

/// Rows whose properties are read for one answer: a few blocks of the store.
pub const BATCH: usize = 2_000;

/// What the worker is to go through.
#[derive(Clone, Debug)]
pub struct Sifting {
    journey: Arc<Journey>,
    timeline: Arc<Timeline>,
    filter: Arc<Filter>,
    /// The first row that has not been gone through.
    from: usize,
}

impl PartialEq for Sifting {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.filter, &other.filter) && self.from == other.from
    }
}

impl Sifting {
    /// The filter.
    pub fn filter(&self) -> &Arc<Filter> {
        &self.filter
    }
}

/// What it found.
#[derive(Clone, Debug)]
pub struct Sifted {
    filter: Arc<Filter>,
    from: usize,
    /// The first row that has not been gone through.
    next: usize,
    kept: Result<Vec<usize>, Failure>,
}

/// Goes through rows until the properties of a batch have been read, or to the end.
pub fn sift(backend: &mut dyn Backend, sifting: &Sifting) -> Sifted {
    let Sifting { journey, timeline, filter, from } = sifting;
    let mut kept = Vec::new();
    let (mut open, mut numbers) = (Vec::new(), Vec::new());
    let mut next = *from;
    while let Some(row) = timeline.row(next).filter(|_| open.len() < BATCH) {
        if let Some(subject) = subject(journey, timeline, row) {
            match (filter.decide(&subject, None), subject.row) {
                (Some(true), _) => kept.push(next),
                (None, Some(number)) => {
                    open.push((next, subject));
                    numbers.push(number);
                }
                _ => {}
            }
        }
        next += 1;
    }
    let mut failed = None;
    if !open.is_empty() {
        match backend.properties_of(&numbers) {
            Ok(texts) => {
                let decided = open.iter().zip(&texts);
                kept.extend(decided.filter_map(|((at, subject), text)| {
                    // A row without properties has none of those that are asked for.
                    let text = if text.is_empty() { "{}" } else { text };
                    (filter.decide(subject, Some(text)) == Some(true)).then_some(*at)
                }));
            }
            Err(failure) => failed = Some(failure),
        }
    }
    Sifted { filter: filter.clone(), from: *from, next, kept: failed.map_or(Ok(kept), Err) }
}

/// A row as a filter sees it.
pub fn subject<'a>(journey: &'a Journey, timeline: &Timeline, row: &Row) -> Option<Subject<'a>> {
    let found = row.traits.any(Traits::FINDING);
    let call = timeline.call_of(journey, row.entry).and_then(|call| journey.aliases.get(call));
    let point = timeline.point_of(journey, row.entry).and_then(|point| journey.points.get(point));
    match row.entry {
        Entry::Step(at) => Some(Subject::row(journey.steps.get(at as usize)?, None, call, point, found)),
        Entry::Orphan(orphan, step) => {
            let orphan = journey.orphans.get(orphan as usize)?;
            Some(Subject::row(orphan.steps.get(step as usize)?, Some(orphan), call, point, found))
        }
        Entry::Reset(_) => Some(Subject::reset(point?, found)),
        Entry::Call(_) => Some(Subject::call(call?, found)),
    }
}

/// A filter on its way through the rows.
#[derive(Clone, Debug)]
pub(super) struct Sieve {
    filter: Arc<Filter>,
    kept: Bits,
    next: usize,
    end: usize,
    failed: Option<Failure>,
}

impl Sieve {
    /// Before the first row of `rows`.
    pub(super) fn new(filter: Filter, rows: usize) -> Self {
        Self { filter: Arc::new(filter), kept: Bits::default(), next: 0, end: rows, failed: None }
    }

    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    pub(super) fn kept(&self) -> &Bits {
        &self.kept
    }

    /// Rows gone through so far; `None` when that is all of them.
    pub(super) fn progress(&self) -> Option<usize> {
        (!self.is_done()).then_some(self.next)
    }

    pub(super) fn failed(&self) -> Option<&Failure> {
        self.failed.as_ref()
    }

    pub(super) fn is_done(&self) -> bool {
        self.next >= self.end || self.failed.is_some()
    }

    /// What is to be asked next.
    pub(super) fn wanted(&self, journey: &Arc<Journey>, timeline: &Arc<Timeline>) -> Option<Sifting> {
        (!self.is_done()).then(|| Sifting {
            journey: journey.clone(),
            timeline: timeline.clone(),
            filter: self.filter.clone(),
            from: self.next,
        })
    }

    /// Takes an answer, if it is for this filter and the rows that come next.
    pub(super) fn take(&mut self, sifted: &Sifted) -> bool {
        if !Arc::ptr_eq(&self.filter, &sifted.filter) || sifted.from != self.next {
            return false;
        }
        match &sifted.kept {
            Ok(kept) => {
                for row in kept {
                    self.kept.add(*row);
                }
                self.next = sifted.next;
            }
            Err(failure) => self.failed = Some(failure.clone()),
        }
        true
    }
}
