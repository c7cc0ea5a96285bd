//! Where the rows of each segment are, and which of them can be in another segment too.
//!
//! Deliveries of one row have one time. So of an id with runs in several segments only those rows can have been
//! delivered in two of them whose times lie in the spans of two runs: few in an export by time, of which each
//! segment has the next days.
//!
//! Memory: 24 bytes for each run that meets another of its id, until its segment is read.

use std::collections::BTreeMap;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::{Error, Sweep};
use crate::model::Millis;
use crate::model::scan::{KnownRun, Segments, SweptRun};

/// Runs of an id that are compared each with each; of an id with more, all rows of a run count that meets one.
const FEW_RUNS: usize = 64;

/// Rows that are read in vain, at most, rather than to ask once more.
const FEW_ROWS: i64 = 100;

/// Where the rows of ids are.
#[derive(Default)]
pub(super) struct Places {
    /// Each segment, the last first: threads take from the end.
    pub(super) segments: Vec<Segment>,
    /// By the numbers of ids, up to the last that has: whether one has rows in several segments, whose times meet.
    pub(super) overlap: Vec<bool>,
}

/// A segment.
pub(super) struct Segment {
    pub(super) number: i64,
    /// Its rows.
    pub(super) places: Range<i64>,
    /// By the numbers of their ids: the times at which rows can be in another segment too.
    meeting: Vec<(i64, Range<Millis>)>,
    /// Which rows have to be read, where that is known already; none where it is not.
    pub(super) unknown: Unknown,
}

impl Segment {
    /// The times at which a row of this id can be in another segment too, the last one of them excluded.
    pub(super) fn meeting(&self, id: i64) -> Option<&Range<Millis>> {
        let at = self.meeting.binary_search_by_key(&id, |(of, _)| *of).ok()?;
        self.meeting.get(at).map(|(_, times)| times)
    }
}

impl Places {
    /// Reads the runs of a source: where all are known without them, from what is known.
    pub(super) fn read(reader: &dyn Sweep) -> Result<Self, Error> {
        let mut meeting = Meeting::default();
        let mut runs: Vec<SweptRun> = Vec::new();
        let segments = if let Some((segments, known)) = Known::read(reader)? {
            for of_id in known.chunk_by(|one, other| one.id == other.id).filter(|of_id| of_id.len() > 1) {
                runs.clear();
                runs.extend(of_id.iter().map(Known::run));
                meeting.take(&runs);
            }
            segments
        } else {
            let mut segments = Segments::default();
            reader.sweep_runs(&mut |run| {
                segments.add(run);
                if runs.last().is_some_and(|before| before.id != run.id) {
                    meeting.take(&runs);
                    runs.clear();
                }
                runs.push(*run);
            })?;
            meeting.take(&runs);
            segments.into_numbered().collect()
        };
        let segments = segments.into_iter().rev().map(|(number, places)| {
            let meeting = meeting.in_segment(number);
            Segment { number, places, meeting, unknown: Unknown::default() }
        });
        let segments = segments.collect();
        Ok(Self { segments, overlap: meeting.overlap })
    }

    /// Where the rows of some ids are, of which each is named once.
    pub(super) fn of_ids(reader: &dyn Sweep, ids: &[i64]) -> Result<Self, Error> {
        let mut meeting = Meeting::default();
        let mut of_segments: BTreeMap<i64, Vec<SweptRun>> = BTreeMap::new();
        for id in ids {
            let runs = reader.runs_of(*id)?;
            meeting.take(&runs);
            for run in runs {
                of_segments.entry(run.segment).or_default().push(run);
            }
        }
        let segments = of_segments.into_iter().rev().map(|(number, mut runs)| {
            runs.sort_unstable_by_key(|run| run.first);
            let mut unknown = Unknown::default();
            for run in &runs {
                unknown.add(run);
            }
            Segment { number, places: 0..0, meeting: meeting.in_segment(number), unknown }
        });
        let segments = segments.collect();
        Ok(Self { segments, overlap: meeting.overlap })
    }
}

/// Which runs have times in common with others of their ids.
#[derive(Default)]
struct Meeting {
    /// See [`Places::overlap`].
    overlap: Vec<bool>,
    of_segments: FxHashMap<i64, Vec<(i64, Range<Millis>)>>,
}

impl Meeting {
    /// Takes all runs of an id.
    fn take(&mut self, runs: &[SweptRun]) {
        for run in runs.iter().filter(|_| runs.len() > 1) {
            let Some(times) = meets(run, runs) else { continue };
            let at = usize::try_from(run.id).unwrap_or_default();
            if self.overlap.len() <= at {
                self.overlap.resize(at + 1, false);
            }
            if let Some(overlaps) = self.overlap.get_mut(at) {
                *overlaps = true;
            }
            self.of_segments.entry(run.segment).or_default().push((run.id, times));
        }
    }

    /// What [`Segment::meeting`] looks into.
    fn in_segment(&mut self, segment: i64) -> Vec<(i64, Range<Millis>)> {
        let mut meeting = self.of_segments.remove(&segment).unwrap_or_default();
        meeting.sort_unstable_by_key(|(id, _)| *id);
        meeting
    }
}

/// The rows of a segment that have to be read.
#[derive(Default)]
pub(super) struct Unknown {
    /// The ids that they are of.
    ids: FxHashSet<i64>,
    /// Where they are, with rows of others between them that cost less than to ask once more.
    pub(super) places: Vec<Range<i64>>,
}

impl Unknown {
    /// Adds a run, in the order of the segment.
    pub(super) fn add(&mut self, run: &SweptRun) {
        self.ids.insert(run.id);
        let own = run.places();
        match self.places.last_mut() {
            Some(places) if own.start.saturating_sub(places.end) <= FEW_ROWS => places.end = own.end,
            _ => self.places.push(own),
        }
    }

    /// Whether rows of this id are read: all where nothing of the segment is known.
    pub(super) fn has(&self, uid: i64) -> bool {
        self.ids.is_empty() || self.ids.contains(&uid)
    }
}

/// A run as the index of its segment knows it.
#[derive(Clone, Copy)]
struct Known {
    id: u32,
    segment: u32,
    earliest: Millis,
    latest: Millis,
}

/// Numbers of segments, each with the places of its rows.
type Numbered = Vec<(i64, Range<i64>)>;

impl Known {
    /// All runs of a source by their ids, and its segments; `None` where some are not known.
    fn read(reader: &dyn Sweep) -> Result<Option<(Numbered, Vec<Self>)>, Error> {
        let segments = reader.segments()?;
        let mut all: Vec<Self> = Vec::new();
        let mut fits = true;
        for (segment, _) in &segments {
            let is_known = reader.known_runs(*segment, &mut |KnownRun { run, .. }| {
                let (Ok(id), Ok(segment)) = (u32::try_from(run.id), u32::try_from(*segment)) else {
                    fits = false;
                    return;
                };
                all.push(Self { id, segment, earliest: run.earliest, latest: run.latest });
            })?;
            if !is_known || !fits {
                return Ok(None);
            }
        }
        all.sort_unstable_by_key(|run| (run.id, run.segment));
        Ok(Some((segments, all)))
    }

    fn run(&self) -> SweptRun {
        let Self { id, segment, earliest, latest } = *self;
        SweptRun { id: id.into(), segment: segment.into(), earliest, latest, ..SweptRun::default() }
    }
}

/// The times of a run at which it meets others of its id, the last one of them excluded.
fn meets(run: &SweptRun, of_id: &[SweptRun]) -> Option<Range<Millis>> {
    let others = of_id.iter().filter(|other| other.segment != run.segment);
    let span = |one: &SweptRun| one.earliest..one.latest.saturating_add(1);
    let common = |other: &SweptRun| {
        let common = run.earliest.max(other.earliest)..run.latest.min(other.latest).saturating_add(1);
        (!common.is_empty()).then_some(common)
    };
    if of_id.len() > FEW_RUNS {
        return Some(span(run));
    }
    others.filter_map(common).reduce(|one, other| one.start.min(other.start)..one.end.max(other.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(segment: i64, earliest: Millis, latest: Millis) -> SweptRun {
        SweptRun { id: 1, segment, first: segment * 10, rows: 2, earliest, latest }
    }

    #[test]
    fn a_run_meets_others_at_the_times_that_both_have() {
        let runs = [run(1, 0, 9), run(2, 9, 20), run(3, 12, 15), run(4, 30, 40)];
        let found: Vec<_> = runs.iter().map(|run| meets(run, &runs)).collect();
        assert_eq!(found, [Some(9..10), Some(9..16), Some(12..16), None]);
    }

    #[test]
    fn of_many_runs_all_rows_are_taken() {
        let runs: Vec<SweptRun> = (0..100).map(|nth| run(nth, nth * 10, nth * 10 + 5)).collect();
        assert_eq!(meets(&runs[7], &runs), Some(70..76));
    }
}
