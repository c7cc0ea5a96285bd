//! What is known of rows without reading them.

use std::ops::Range;

use super::{Reader, number};
use crate::model::scan::KnownRun;
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

    /// The segments that have rows of the id with this number, each with the places of these.
    pub fn segments_of(&self, uid: i64) -> Result<Vec<(i64, Range<i64>)>, Error> {
        self.ask(|db| {
            db.prepare_cached("SELECT seg, lo, n FROM runs WHERE uid = ?1 ORDER BY seg")?
                .query_map([uid], |row| {
                    let lo: i64 = row.get(1)?;
                    Ok((row.get(0)?, lo..lo.saturating_add(row.get(2)?)))
                })?
                .collect()
        })
    }

    /// The place of the row with this number.
    pub fn place_of(&self, row: i64) -> i64 {
        number::position(row)
    }
}
