//! The index in the store: two tables.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, ffi};
use xxhash_rust::xxh3::xxh3_64_with_seed;
use zstd::bulk::Decompressor;

use super::{GROUPS, Groups, Index, Shape, WORDS, group_of, names, values};
use crate::model::clue::{self, Asked, CLOCKS, Clue, fold, gram, is_machine_made};
use crate::store::number;

/// The tables.
pub(in crate::store) const SQL: &str = r"
CREATE TABLE value_indexes (
  -- How the index of the properties of a segment is read; value_parts has it. A segment without
  -- one is looked through whole.
  seg INTEGER PRIMARY KEY,        -- chunks.id
  blocks INTEGER NOT NULL,        -- blocks of the segment, and in how many groups they are
  groups INTEGER NOT NULL,
  buckets INTEGER NOT NULL,       -- buckets of values, and how many of them a part has
  together INTEGER NOT NULL,
  open BLOB NOT NULL,             -- groups that are always looked at, as bits
  sum INTEGER NOT NULL            -- another number when a bit of these has changed
);

CREATE TABLE value_parts (
  -- The parts of an index: names of properties, letters of texts, values.
  id INTEGER PRIMARY KEY,         -- seg * 4096 + number of the part
  z BLOB NOT NULL,
  sum INTEGER NOT NULL
);
";

/// Numbers for the parts of a segment; one with more of values is not indexed.
pub(super) const PARTS: usize = 4096;

/// The numbers of the parts before those of values.
const NAMES: usize = 0;
const LETTERS: usize = 1;
const VALUES: usize = 2;

/// The number of the part that says what rows add up to, which older versions do not write and do not read.
pub(super) const SUMS: usize = PARTS - 1;

/// The segment in whose place the summary of a store stands, see [`super::summary`].
pub(super) const SUMMARY: i64 = 0;

/// Unpacked bytes of names, at most.
const LONGEST: u64 = 16 << 20;

/// The number of a part in the table.
fn part_id(seg: i64, part: usize) -> i64 {
    seg.saturating_mul(number::length(PARTS)).saturating_add(number::length(part))
}

/// What a part adds up to.
fn sum(id: i64, bytes: &[u8]) -> i64 {
    xxh3_64_with_seed(bytes, id.cast_unsigned()).cast_signed()
}

impl Shape {
    fn numbers(&self) -> [i64; 4] {
        [self.blocks, self.groups, self.buckets, self.together].map(number::length)
    }

    /// What it adds up to, as that of this segment.
    fn sum(&self, seg: i64) -> i64 {
        let numbers = self.numbers().into_iter().flat_map(i64::to_le_bytes);
        sum(seg, &numbers.chain(self.open.to_le_bytes()).collect::<Vec<_>>())
    }
}

/// Writes the index of a segment that has none, or only one without what rows add up to.
pub(in crate::store) fn write(db: &Connection, seg: i64, index: &Index) -> rusqlite::Result<()> {
    let Index { shape, parts, sums, .. } = index;
    // One that knows nothing is noted, too: it would be made again and again.
    let (shape, parts) = if parts.len() > SUMS { (&Shape::default(), &[][..]) } else { (shape, &parts[..]) };
    let [blocks, groups, buckets, together] = shape.numbers();
    let is_new = db
        .prepare_cached(
            "INSERT OR IGNORE INTO value_indexes (seg, blocks, groups, buckets, together, open, sum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((seg, blocks, groups, buckets, together, shape.open.to_le_bytes(), shape.sum(seg)))?
        > 0;
    let parts = parts.iter().enumerate().filter(|_| is_new);
    for (at, part) in parts.chain([(SUMS, sums)]) {
        write_part(db, seg, at, part)?;
    }
    Ok(())
}

/// Writes a part of a segment.
pub(super) fn write_part(db: &Connection, seg: i64, at: usize, part: &[u8]) -> rusqlite::Result<()> {
    let id = part_id(seg, at);
    db.prepare_cached("INSERT OR REPLACE INTO value_parts (id, z, sum) VALUES (?1, ?2, ?3)")?
        .execute((id, part, sum(id, part)))
        .map(drop)
}

/// Parts that are not those that were written, or belong to no index.
pub(in crate::store) fn check(db: &Connection) -> rusqlite::Result<u64> {
    let mut damaged = 0;
    let mut select = db.prepare("SELECT id, z, sum FROM value_parts ORDER BY id")?;
    let mut parts = select.query([])?;
    while let Some(part) = parts.next()? {
        let (id, kept): (i64, i64) = (part.get(0)?, part.get(2)?);
        damaged += u64::from(sum(id, part.get_ref(1)?.as_blob()?) != kept);
    }
    let mut select =
        db.prepare("SELECT seg, blocks, groups, buckets, together, open, sum FROM value_indexes ORDER BY seg")?;
    let mut indexes = select.query([])?;
    while let Some(row) = indexes.next()? {
        damaged +=
            u64::from(shape(row, 1)?.is_none_or(|(shape, kept)| row.get(0).is_ok_and(|seg| shape.sum(seg) != kept)));
    }
    Ok(damaged)
}

/// The shape in the columns of a row from `at` on, with the sum that it should have; `None` where
/// there is none.
fn shape(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Option<(Shape, i64)>> {
    let number = |column| row.get::<_, Option<i64>>(column).map(|number| number.and_then(|n| usize::try_from(n).ok()));
    let open: Option<Vec<u8>> = row.get(at + 4)?;
    let Some(open) = open.as_deref().and_then(<[u8]>::first_chunk) else { return Ok(None) };
    let (blocks, groups) = (number(at)?, number(at + 1)?);
    let (buckets, together) = (number(at + 2)?, number(at + 3)?);
    let (Some(blocks), Some(groups), Some(buckets), Some(together)) = (blocks, groups, buckets, together) else {
        return Ok(None);
    };
    let open = Groups::from_le_bytes(*open);
    Ok(Some((Shape { blocks, groups, buckets, together, open }, row.get(at + 5)?)))
}

/// A segment with rows.
#[derive(Clone, Debug)]
pub(in crate::store) struct Indexed {
    seg: i64,
    /// Its rows.
    pub(in crate::store) rows: Range<i64>,
    /// `None` where it has no index.
    shape: Option<Shape>,
}

/// All segments with rows, the last first.
pub(in crate::store) fn segments(db: &Connection) -> rusqlite::Result<Vec<Indexed>> {
    let mut select = db.prepare_cached(
        "SELECT c.id, c.lo, c.events, i.blocks, i.groups, i.buckets, i.together, i.open, i.sum
         FROM chunks c NOT INDEXED LEFT JOIN value_indexes i ON i.seg = c.id WHERE c.events > 0 ORDER BY c.id DESC",
    )?;
    let segment = |row: &rusqlite::Row<'_>| {
        let (seg, lo, events): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let shape = match shape(row, 3)? {
            Some((shape, kept)) if shape.sum(seg) != kept || shape.groups > GROUPS => return Err(damaged(seg)),
            shape => shape.map(|(shape, _)| shape).filter(|shape| shape.blocks > 0),
        };
        Ok(Indexed { seg, rows: lo..lo.saturating_add(events), shape })
    };
    select.query_map([], segment)?.collect()
}

/// What is wrong with a part that makes no sense.
pub(super) fn damaged(seg: i64) -> rusqlite::Error {
    let what = match seg {
        SUMMARY => "the summary of its ids".to_owned(),
        seg => format!("the index of the values of segment {seg}"),
    };
    let said = format!("{what} differs from what was written");
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(said))
}

/// A clue, as the index knows it.
#[derive(Debug)]
enum Asks {
    Unknown,
    All(Vec<Asks>),
    OneOf(Vec<Asks>),
    /// Values with these hashes, and the number that they are; also times.
    Values(Vec<u64>, Option<f64>),
    Letters(Vec<usize>),
    Names(Vec<u64>),
    Within(Option<Vec<u64>>, f64, f64),
}

impl Asks {
    fn of(clue: &Clue) -> Self {
        match clue {
            // Heads of rows are looked through without an index.
            Clue::Unknown | Clue::Event(_) | Clue::Device(_) | Clue::User(_) | Clue::Client(_) | Clue::Between(..) => {
                Self::Unknown
            }
            Clue::All(all) => Self::All(all.iter().map(Self::of).collect()),
            Clue::OneOf(all) => Self::OneOf(all.iter().map(Self::of).collect()),
            Clue::Property(name, asked) => Self::property(name, asked),
        }
    }

    fn property(name: &str, asked: &Asked) -> Self {
        let names = (name != "*").then(|| clue::key_hashes(name));
        let value = match asked {
            Asked::Exists => Self::Unknown,
            Asked::Equals(wanted) => {
                // Another name cannot be that of a time.
                let may_be_time = name == "*" || CLOCKS.iter().any(|clock| clock.eq_ignore_ascii_case(name));
                Self::Values(clue::hashes(wanted), clue::number(wanted).filter(|_| may_be_time))
            }
            Asked::Contains(part) => {
                let mut folded = Vec::new();
                fold(part, &mut folded);
                if is_machine_made(&folded) {
                    Self::Unknown
                } else {
                    Self::Letters(
                        folded.windows(3).filter_map(|part| part.first_chunk().map(|part| gram(*part))).collect(),
                    )
                }
            }
            Asked::Within(least, greatest) => return Self::Within(names, *least, *greatest),
        };
        match names {
            Some(names) => Self::All(vec![value, Self::Names(names)]),
            None => value,
        }
    }

    /// Whether it says anything.
    fn is_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::All(all) => all.iter().any(Self::is_known),
            Self::OneOf(all) => all.iter().all(Self::is_known),
            Self::Letters(letters) => !letters.is_empty(),
            _ => true,
        }
    }
}

/// Looks into the indexes of segments for a clue.
pub(in crate::store) struct Look {
    asks: Asks,
    zstd: Decompressor<'static>,
}

impl Look {
    /// `None` where an index says nothing of it.
    pub(in crate::store) fn of(clue: &Clue) -> Option<Self> {
        let asks = Asks::of(clue);
        asks.is_known().then_some(())?;
        Some(Self { asks, zstd: Decompressor::new().ok()? })
    }

    /// Where in a segment the rows are that the clue can hold of, in their order, as far as its
    /// index tells.
    pub(in crate::store) fn rows(&mut self, db: &Connection, segment: &Indexed) -> rusqlite::Result<Vec<Range<i64>>> {
        let Some(shape) = segment.shape else { return Ok(vec![segment.rows.clone()]) };
        let mut opened = Opened { db, seg: segment.seg, shape, names: None, letters: None, zstd: &mut self.zstd };
        let groups = opened.groups(&self.asks, shape.all())?;
        if groups == 0 {
            return Ok(Vec::new());
        }
        if groups == shape.all() {
            return Ok(vec![segment.rows.clone()]);
        }
        rows_of(db, segment, &shape, groups)
    }
}

/// The rows of groups of a segment.
fn rows_of(db: &Connection, segment: &Indexed, shape: &Shape, groups: Groups) -> rusqlite::Result<Vec<Range<i64>>> {
    let mut select = db.prepare_cached("SELECT id, n FROM blocks WHERE id >= ?1 AND id < ?2 ORDER BY id")?;
    let mut blocks = select.query([segment.rows.start, segment.rows.end])?;
    let mut ranges: Vec<Range<i64>> = Vec::new();
    let mut at = 0;
    while let Some(block) = blocks.next()? {
        let (first, n): (i64, i64) = (block.get(0)?, block.get(1)?);
        let group = group_of(at, shape.blocks);
        at += 1;
        if groups.checked_shr(u32::try_from(group).unwrap_or(u32::MAX)).unwrap_or(1) & 1 == 0 {
            continue;
        }
        match ranges.last_mut() {
            Some(range) if range.end == first => range.end = first.saturating_add(n),
            _ => ranges.push(first..first.saturating_add(n)),
        }
    }
    if at == shape.blocks { Ok(ranges) } else { Err(damaged(segment.seg)) }
}

/// The index of one segment.
struct Opened<'a> {
    db: &'a Connection,
    seg: i64,
    shape: Shape,
    names: Option<Vec<u8>>,
    letters: Option<Vec<u8>>,
    zstd: &'a mut Decompressor<'static>,
}

impl Opened<'_> {
    /// Which of `among` can have what is asked.
    fn groups(&mut self, asks: &Asks, among: Groups) -> rusqlite::Result<Groups> {
        if among == 0 {
            return Ok(0);
        }
        let found = match asks {
            Asks::Unknown => among,
            Asks::All(all) => all.iter().try_fold(among, |among, asks| self.groups(asks, among))?,
            Asks::OneOf(all) => all
                .iter()
                .try_fold(0, |found, asks| Ok::<_, rusqlite::Error>(found | self.groups(asks, among & !found)?))?,
            Asks::Values(hashes, number) => self.values(hashes, *number)? | self.shape.open,
            Asks::Letters(letters) => self.letters(letters)? | self.shape.open,
            Asks::Names(hashes) => {
                let seg = self.seg;
                names::standing(self.names()?, hashes).ok_or_else(|| damaged(seg))?
            }
            Asks::Within(hashes, least, greatest) => {
                let open = self.shape.open;
                let seg = self.seg;
                let found = names::within(self.names()?, hashes.as_deref(), *least, *greatest);
                found.ok_or_else(|| damaged(seg))? | open
            }
        };
        Ok(found & among)
    }

    fn values(&mut self, hashes: &[u64], time: Option<f64>) -> rusqlite::Result<Groups> {
        let Shape { groups, buckets, together, .. } = self.shape;
        let seg = self.seg;
        let mut found = 0;
        for hash in hashes {
            let (part, bucket) = values::place(*hash, buckets, together);
            let of_part = together.min(buckets.saturating_sub(part.saturating_mul(together)));
            let of_value = self.part(VALUES + part, |bytes| values::find(bytes, of_part, bucket, *hash, groups))?;
            found |= of_value.ok_or_else(|| damaged(seg))?;
        }
        if let Some(time) = time {
            let near = 2.0 * f64::EPSILON;
            found |= names::clocks(self.names()?, time - near, time + near).ok_or_else(|| damaged(seg))?;
        }
        Ok(found)
    }

    fn letters(&mut self, letters: &[usize]) -> rusqlite::Result<Groups> {
        if self.letters.is_none() {
            let unpacked = self.unpacked(LETTERS, self.shape.groups * WORDS * 8)?;
            self.letters = Some(unpacked);
        }
        let bytes = self.letters.as_deref().unwrap_or_default();
        let has = |group: &[u8], gram: usize| group.get(gram / 8).is_some_and(|byte| byte >> (gram % 8) & 1 == 1);
        let groups = (0_u32..).zip(bytes.chunks_exact(WORDS * 8));
        let found = groups.filter(|(_, group)| letters.iter().all(|gram| has(group, *gram)));
        Ok(found.fold(0, |found, (group, _)| found | 1_u128.wrapping_shl(group)))
    }

    fn names(&mut self) -> rusqlite::Result<&[u8]> {
        if self.names.is_none() {
            let unpacked = self.unpacked(NAMES, 0)?;
            self.names = Some(unpacked);
        }
        Ok(self.names.as_deref().unwrap_or_default())
    }

    /// The bytes of a part that is packed: `length` of them, or as many as it says for 0.
    fn unpacked(&mut self, part: usize, length: usize) -> rusqlite::Result<Vec<u8>> {
        let seg = self.seg;
        let packed = self.part(part, <[u8]>::to_vec)?;
        let said = zstd::zstd_safe::get_frame_content_size(&packed).ok().flatten().filter(|said| *said <= LONGEST);
        let room = said.and_then(|said| usize::try_from(said).ok()).unwrap_or(0).max(length);
        let unpacked = self.zstd.decompress(&packed, room).map_err(|_| damaged(seg))?;
        if length != 0 && unpacked.len() != length { Err(damaged(seg)) } else { Ok(unpacked) }
    }

    /// Reads a part.
    fn part<T>(&self, part: usize, read: impl FnOnce(&[u8]) -> T) -> rusqlite::Result<T> {
        part_if_any(self.db, self.seg, part, read)?.ok_or_else(|| damaged(self.seg))
    }
}

/// Reads a part of a segment that may be missing.
pub(super) fn part_if_any<T>(
    db: &Connection,
    seg: i64,
    part: usize,
    read: impl FnOnce(&[u8]) -> T,
) -> rusqlite::Result<Option<T>> {
    let id = part_id(seg, part);
    let found = db
        .prepare_cached("SELECT z, sum FROM value_parts WHERE id = ?1")?
        .query_row([id], |row| {
            let bytes = row.get_ref(0)?.as_blob()?;
            let is_whole = row.get::<_, i64>(1)? == sum(id, bytes);
            Ok(is_whole.then(|| read(bytes)))
        })
        .optional()?;
    found.map(|read| read.ok_or_else(|| damaged(seg))).transpose()
}
