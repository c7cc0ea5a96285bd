//! Making the index of a segment of its blocks.

use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use zstd::bulk::{Compressor, Decompressor};

use super::build::Builder;
use super::runs::Runs;
use super::table::{PARTS, SUMS};
use super::{Index, LEVEL};
use crate::store::number;
use crate::store::packs::Sums;
use crate::store::reader::block;

/// Unpacked bytes of a block, at most; a segment with a longer one, or a damaged one, has no index
/// and is looked through whole.
const LONGEST: u64 = 1 << 30;

/// A segment of which no index was made yet.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Missing {
    /// `chunks.id`.
    pub(in crate::store) seg: i64,
    lo: i64,
    /// Its rows.
    pub(in crate::store) rows: i64,
}

impl Missing {
    /// The blocks of the segment as they are packed.
    pub(in crate::store) fn blocks(self, db: &Connection) -> rusqlite::Result<Vec<Vec<u8>>> {
        let blocks: Vec<i64> = db
            .prepare_cached("SELECT id FROM blocks WHERE id >= ?1 AND id < ?2 ORDER BY id")?
            .query_map([self.lo, self.lo.saturating_add(self.rows)], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let frame = |first| Ok(block(db, first, Sums::Kept)?.map(|(.., frame)| frame).unwrap_or_default());
        blocks.into_iter().map(frame).collect()
    }

    /// What its rows add up to; `None` where they cannot be read.
    pub(in crate::store) fn runs(self, db: &Connection) -> rusqlite::Result<Option<Runs>> {
        Runs::read(db, self.lo, self.rows)
    }
}

/// The segments of which no index was made yet, or only one without what rows add up to, the last first.
pub(in crate::store) fn missing(db: &Connection) -> rusqlite::Result<Vec<Missing>> {
    let mut select = db.prepare_cached(&format!(
        "SELECT id, lo, events FROM chunks
         WHERE events > 0 AND (NOT EXISTS (SELECT 1 FROM value_indexes WHERE seg = chunks.id)
                               OR NOT EXISTS (SELECT 1 FROM value_parts WHERE id = chunks.id * {PARTS} + {SUMS}))
         ORDER BY id DESC"
    ))?;
    let segment = |row: &rusqlite::Row<'_>| Ok(Missing { seg: row.get(0)?, lo: row.get(1)?, rows: row.get(2)? });
    select.query_map([], segment)?.collect()
}

/// The index of a segment with these blocks; one that knows nothing where a block cannot be read,
/// which is found when it is asked for. `None` as soon as `is_stopped` is set.
pub(in crate::store) fn of_blocks(blocks: &[Vec<u8>], is_stopped: &AtomicBool) -> Option<Index> {
    let index = built(blocks, is_stopped).unwrap_or_default();
    (!is_stopped.load(Ordering::Relaxed)).then_some(index)
}

fn built(blocks: &[Vec<u8>], is_stopped: &AtomicBool) -> Option<Index> {
    let mut builder = Builder::default();
    let mut unpacker = Decompressor::new().ok()?;
    let mut compressor = Compressor::new(LEVEL).ok()?;
    let mut text = Vec::new();
    builder.begin(blocks.len());
    for frame in blocks {
        if is_stopped.load(Ordering::Relaxed) {
            return None;
        }
        let length = zstd::zstd_safe::get_frame_content_size(frame).ok().flatten();
        let length = length.filter(|length| *length <= LONGEST)?;
        text.resize(usize::try_from(length).ok()?, 0);
        let length = unpacker.decompress_to_buffer(frame, &mut text).ok()?;
        builder.next_block();
        let mut before = "";
        for row in std::str::from_utf8(text.get(..length)?).ok()?.split('\n') {
            builder.row(before, row);
            before = row;
        }
    }
    builder.finish(|part| compressor.compress(part)).ok()
}

/// Rows of which no index was made yet.
pub(in crate::store) fn rows_without(db: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT coalesce(sum(events), 0) FROM chunks
               WHERE events > 0 AND NOT EXISTS (SELECT 1 FROM value_indexes WHERE seg = chunks.id)";
    db.prepare_cached(sql)?.query_row([], |row| row.get(0)).map(number::from_sql)
}
