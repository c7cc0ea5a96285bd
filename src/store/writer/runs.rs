//! Where the rows of an id are in each segment.

use rusqlite::Connection;

use super::bulk::Bulk;
use crate::model::Millis;

/// A row of `runs`; compares as the table is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Run {
    pub(super) uid: i64,
    pub(super) seg: i64,
    pub(super) lo: i64,
    pub(super) n: i64,
    pub(super) t0: Millis,
    pub(super) t1: Millis,
}

/// Writes the runs, and takes them out of the list.
pub(super) fn write(db: &Connection, runs: &mut Vec<Run>) -> rusqlite::Result<()> {
    runs.sort_unstable();
    let mut insert = Bulk::into(db, "runs", 6)?;
    for Run { uid, seg, lo, n, t0, t1 } in runs.drain(..) {
        insert.add(&[uid, seg, lo, n, t0, t1].map(Some))?;
    }
    insert.finish()
}
