//! What is known of rows without reading them.

use std::ops::Range;

use super::sweep::swept_run;
use super::{Reader, number};
use crate::model::scan::{Known, KnownRun, PaidById, SweptRun};
use crate::store::index::summary::Summary;
use crate::store::{Error, index};

impl Reader {
    /// The segments that have rows, each with the places of these, by their numbers.
    pub fn segments(&self) -> Result<Vec<(i64, Range<i64>)>, Error> {
        self.ask(|db| {
            db.prepare_cached("SELECT id, lo, events FROM chunks NOT INDEXED WHERE events > 0 ORDER BY id")?
                .query_map([], |row| {
                    let lo: i64 = row.get(1)?;
                    Ok((row.get(0)?, lo..lo.saturating_add(row.get(2)?)))
                })?
                .collect()
        })
    }

    /// Calls `each` with every run of a segment and what its rows add up to, in their order; `false` where that is
    /// not known, because the segment has no index of values yet.
    pub fn known_runs(&self, segment: i64, each: &mut dyn FnMut(&KnownRun)) -> Result<bool, Error> {
        if !self.has_index {
            return Ok(false);
        }
        self.ask(|db| index::each_run(db, segment, each))
    }

    /// The summary of the store as it is, if it has one.
    pub(super) fn summary(&self) -> Result<Option<Summary>, Error> {
        if self.has_index { self.ask(Summary::of) } else { Ok(None) }
    }

    /// Calls `each` with what the rows of every id add up to, by their numbers, rows without an id first; `false` where
    /// that is not known, because rows have come since it was noted.
    pub fn known_ids(&self, each: &mut dyn FnMut(&Known<'_>)) -> Result<bool, Error> {
        let Some(summary) = self.summary()? else { return Ok(false) };
        self.ask(|db| summary.each_sum(db, each)).map(|()| true)
    }

    /// Calls `each` with what the rows of every id say was paid; `false` where that is not known.
    pub fn paid_by_ids(&self, each: &mut dyn FnMut(&PaidById<'_>)) -> Result<bool, Error> {
        let Some(summary) = self.summary()? else { return Ok(false) };
        self.ask(|db| summary.each_paid(db, each)).map(|()| true)
    }

    /// The runs of the id with this number, by their segments.
    pub fn swept_runs_of(&self, uid: i64) -> Result<Vec<SweptRun>, Error> {
        self.ask(|db| {
            db.prepare_cached("SELECT uid, seg, lo, n, t0, t1 FROM runs WHERE uid = ?1 ORDER BY seg")?
                .query_map([uid], swept_run)?
                .collect()
        })
    }

    /// The place of the row with this number.
    pub fn place_of(&self, row: i64) -> i64 {
        number::position(row)
    }
}
