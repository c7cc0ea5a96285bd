//! Packed properties, end to end in values that each fill a page.

use rusqlite::Connection;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::bulk::Bulk;
use crate::store::packs::Sums;
use crate::store::{number, pages};

/// Bytes of a piece: what a page has room for besides its own head, and the head of one row.
const PIECE: usize = pages::PAGE_ROOM - 40;

/// A frame: the position of its first row, the number of its rows, and where it ends.
pub(in crate::store) type Frame = (i64, i64, usize);

/// Where the next piece goes.
#[derive(Debug)]
pub(in crate::store) struct Pieces {
    next: i64,
}

impl Pieces {
    /// Behind the pieces that are there.
    pub(in crate::store) fn after_all(db: &Connection) -> rusqlite::Result<Self> {
        let mut last = db.prepare_cached("SELECT coalesce(max(id), 0) FROM pieces")?;
        Ok(Self { next: last.query_row([], |row| Ok(row.get::<_, i64>(0)? + 1))? })
    }

    /// Writes frames, which lie end to end in `z`.
    pub(in crate::store) fn write(
        self,
        db: &Connection,
        frames: &[Frame],
        z: &[u8],
        sums: Sums,
    ) -> rusqlite::Result<()> {
        let mut insert = db.prepare_cached("INSERT INTO pieces (id, z) VALUES (?1, ?2)")?;
        for (id, piece) in (self.next..).zip(z.chunks(PIECE)) {
            insert.execute((id, piece))?;
        }
        let width = if sums == Sums::Kept { 6 } else { 5 };
        let mut blocks = Bulk::into(db, "blocks", width)?;
        let mut start = 0;
        for (lo, n, end) in frames {
            let piece = self.next + number::length(start / PIECE);
            let (at, bytes) = (number::length(start % PIECE), number::length(end - start));
            let sum = sum(*lo, *n, z.get(start..*end).unwrap_or_default());
            blocks.add([*lo, *n, piece, at, bytes, sum].map(Some).get(..width).unwrap_or_default())?;
            start = *end;
        }
        blocks.finish()
    }
}

/// What a frame adds up to, for the block of `n` rows from `lo` on: another number when a bit of it
/// has changed.
pub(in crate::store) fn sum(lo: i64, n: i64, frame: &[u8]) -> i64 {
    xxh3_64_with_seed(frame, lo.cast_unsigned() ^ n.cast_unsigned().rotate_left(32)).cast_signed()
}
