//! What the rows of every id add up to, put together from the segments.

use std::ops::Range;

use rusqlite::Connection;
use rustc_hash::FxHashMap;

use super::super::runs::{each_run, read_rows};
use super::super::varint::{put, put_signed};
use super::{About, COPIES, IN_TWO, OWN_USER, SHOWS, UNSURE, Written};
use crate::model::Millis;
use crate::model::scan::KnownRun;
use crate::store::number;

/// Rows that may have been delivered in two segments and are compared at once, about: 8 bytes each. An id with more of them
/// is read. In tests so few that some ids come after others.
const MOST_KEYS: u64 = if cfg!(test) { 4 } else { 4 << 20 };

/// Rows of an id of which some may have been delivered in two segments, at most: 24 bytes each while it is found out.
const MOST_ROWS: i64 = 2 << 20;

/// Ids of a store with a summary, at most: while it is made, some 70 bytes are needed for each.
const MOST_IDS: usize = 4 << 20;
/// What the rows of every id add up to.
pub(super) struct Rows {
    /// By the numbers of ids.
    of_ids: Vec<OfId>,
    /// Of those with several.
    clients: FxHashMap<usize, Vec<i64>>,
    /// Currency and what was paid in it, in millionths, in how many rows; `None` where a delivery may count twice.
    paid: FxHashMap<usize, Option<Vec<Paid>>>,
    currencies: Vec<String>,
}

/// The number of a currency, millionths, and in how many rows.
type Paid = (usize, i128, u64);

#[derive(Clone, Copy)]
struct OfId {
    rows: u64,
    earliest: Millis,
    latest: Millis,
    arrived: Millis,
    ahead: u64,
    client: i64,
    bits: u8,
    /// Whether rows of several segments have times in common.
    meets: bool,
}

impl Default for OfId {
    fn default() -> Self {
        Self {
            rows: 0,
            earliest: Millis::MAX,
            latest: Millis::MIN,
            arrived: Millis::MAX,
            ahead: 0,
            client: 0,
            bits: 0,
            meets: false,
        }
    }
}

impl Rows {
    /// `None` where a segment has no sums, there are too many ids, or `go_on` ended it.
    pub(super) fn read(db: &Connection, go_on: &mut dyn FnMut() -> bool) -> rusqlite::Result<Option<Self>> {
        let ids: i64 = db.query_row("SELECT coalesce(max(id), 0) + 1 FROM ids", [], |row| row.get(0))?;
        let Some(ids) = usize::try_from(ids).ok().filter(|ids| *ids <= MOST_IDS) else { return Ok(None) };
        let mut all = Self {
            of_ids: vec![OfId::default(); ids],
            clients: FxHashMap::default(),
            paid: FxHashMap::default(),
            currencies: Vec::new(),
        };
        let segments: Vec<i64> = db
            .prepare("SELECT id FROM chunks NOT INDEXED WHERE events > 0 ORDER BY id")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for segment in &segments {
            let mut fits = true;
            if !each_run(db, *segment, &mut |known| fits &= all.add(known).is_some())? || !fits || !go_on() {
                return Ok(None);
            }
        }
        Ok(all.find_copies(db, &segments, go_on)?.then_some(all))
    }

    /// Adds a run; `None` where its id is none of the store.
    fn add(&mut self, known: &KnownRun) -> Option<()> {
        let run = &known.run;
        let id = usize::try_from(run.id).ok()?;
        let of_id = self.of_ids.get_mut(id)?;
        // Segments come in their order, mostly that of time: any two that have a time in common are found, and some
        // that have none.
        of_id.meets |= of_id.rows > 0 && run.earliest <= of_id.latest && run.latest >= of_id.earliest;
        of_id.rows += number::from_sql(run.rows).saturating_sub(known.copies);
        of_id.earliest = of_id.earliest.min(run.earliest);
        of_id.latest = of_id.latest.max(run.latest);
        of_id.arrived = of_id.arrived.min(known.arrived);
        of_id.ahead = of_id.ahead.max(known.ahead);
        of_id.bits |= if known.shows { SHOWS } else { 0 }
            | if known.is_own_user { OWN_USER } else { 0 }
            | if known.copies > 0 { COPIES } else { 0 };
        for client in &known.clients {
            if of_id.client == 0 {
                of_id.client = *client;
            } else if of_id.client != *client {
                let others = self.clients.entry(id).or_default();
                if !others.contains(client) {
                    others.push(*client);
                }
            }
        }
        if !known.paid.is_empty() {
            let sums = self.paid.entry(id).or_insert_with(|| Some(Vec::new()));
            if known.copies > 0 {
                *sums = None;
            }
            for paid in &known.paid {
                let Some(sums) = sums else { break };
                let currency = known.currencies.get(paid.currency)?;
                let known = self.currencies.iter().position(|known| known == currency);
                if known.is_none() {
                    self.currencies.push(currency.clone());
                }
                let currency = known.unwrap_or(self.currencies.len().saturating_sub(1));
                match sums.iter_mut().find(|(of, ..)| *of == currency) {
                    Some((_, micros, rows)) => {
                        (*micros, *rows) = (micros.saturating_add(paid.micros.into()), *rows + 1);
                    }
                    None => sums.push((currency, paid.micros.into(), 1)),
                }
            }
        }
        Some(())
    }

    /// Finds ids of which some rows are deliveries of rows in other segments, some ids after the others. Whether `go_on`
    /// let it come to the end.
    fn find_copies(
        &mut self,
        db: &Connection,
        segments: &[i64],
        go_on: &mut dyn FnMut() -> bool,
    ) -> rusqlite::Result<bool> {
        let mut first = 0;
        while first < self.of_ids.len() {
            let (mut end, mut rows) = (first, 0);
            for of_id in self.of_ids.iter_mut().skip(first) {
                let own = if of_id.meets { of_id.rows } else { 0 };
                if own > MOST_KEYS {
                    of_id.bits |= UNSURE;
                    of_id.meets = false;
                } else if rows + own > MOST_KEYS {
                    break;
                } else {
                    rows += own;
                }
                end += 1;
            }
            if rows > 0 {
                if !go_on() {
                    return Ok(false);
                }
                self.find_copies_of(db, segments, first..end)?;
            }
            // At least one further: the first alone is never too many.
            first = end;
        }
        Ok(true)
    }

    /// The same of the ids with these numbers: such rows have equal bits of their hash.
    fn find_copies_of(&mut self, db: &Connection, segments: &[i64], ids: Range<usize>) -> rusqlite::Result<()> {
        let mut keys: Vec<u64> = Vec::new();
        let mut own: Vec<u64> = Vec::new();
        for segment in segments {
            each_run(db, *segment, &mut |known| {
                let id = usize::try_from(known.run.id).ok().filter(|id| ids.contains(id));
                if !id.and_then(|id| self.of_ids.get(id)).is_some_and(|of_id| of_id.meets) {
                    return;
                }
                own.clear();
                let id = known.run.id.cast_unsigned() << 32;
                own.extend(known.hashes.iter().map(|hash| id | u64::from(*hash)));
                own.sort_unstable();
                // What is equal within a segment says nothing of others.
                own.dedup();
                keys.extend_from_slice(&own);
            })?;
        }
        keys.sort_unstable();
        let mut equal: Vec<i64> = Vec::new();
        for (one, next) in keys.iter().zip(keys.iter().skip(1)) {
            let id = (one >> 32).cast_signed();
            if one == next && equal.last() != Some(&id) {
                equal.push(id);
            }
        }
        drop(keys);
        for id in equal {
            let copies = copies(db, id)?;
            let Some(of_id) = usize::try_from(id).ok().and_then(|id| self.of_ids.get_mut(id)) else { continue };
            match copies {
                Some((rows, copies)) => {
                    let rows = rows.saturating_sub(copies);
                    // Those within a segment are no rows of its sum already.
                    of_id.bits |= if rows < of_id.rows { COPIES | IN_TWO } else { 0 };
                    of_id.rows = rows;
                }
                None => of_id.bits |= UNSURE,
            }
        }
        Ok(())
    }

    /// Writes them; gives the currencies, or `None` where a sum is too large.
    pub(super) fn write(&self, written: &mut Written) -> Option<Vec<String>> {
        let (mut before, mut at) = (0_usize, 0);
        for (id, of_id) in self.of_ids.iter().enumerate().filter(|(_, of_id)| of_id.rows > 0) {
            let OfId { rows, earliest, latest, arrived, ahead, client, bits, .. } = *of_id;
            let part = written.about(About::Rows).next();
            put_signed(part, number::length(id - before));
            part.push(bits);
            put(part, rows);
            put_signed(part, earliest.wrapping_sub(at));
            put_signed(part, latest.wrapping_sub(earliest));
            put_signed(part, arrived.wrapping_sub(earliest));
            put(part, ahead);
            let others = self.clients.get(&id).map_or(&[][..], Vec::as_slice);
            put(part, u64::from(client != 0) + others.len() as u64);
            [client].iter().filter(|client| **client != 0).chain(others).for_each(|client| put_signed(part, *client));
            (before, at) = (id, earliest);
        }
        let mut paid: Vec<(&usize, &Option<Vec<Paid>>)> = self.paid.iter().collect();
        paid.sort_unstable_by_key(|(id, _)| **id);
        let mut before = 0;
        for (id, sums) in paid {
            let part = written.about(About::Paid).next();
            put_signed(part, number::length(id - before));
            before = *id;
            let sums = sums.as_deref().unwrap_or_default();
            put(part, sums.len() as u64);
            for (currency, micros, rows) in sums {
                put(part, *currency as u64);
                put_signed(part, i64::try_from(*micros).ok()?);
                put(part, *rows);
            }
        }
        Some(self.currencies.clone())
    }
}

/// How many rows an id has, and how many of them are other deliveries of one of them; `None` where there are too many to
/// find it out, or some cannot be read.
///
/// Rows that are equal were delivered once where they have an `$insert_id`, and else as often as the file with the most
/// of them holds them.
fn copies(db: &Connection, id: i64) -> rusqlite::Result<Option<(u64, u64)>> {
    let runs: Vec<(i64, i64, i64)> = db
        .prepare_cached("SELECT r.lo, r.n, c.file FROM runs r JOIN chunks c ON c.id = r.seg WHERE r.uid = ?1")?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    if runs.iter().map(|(_, n, _)| n).sum::<i64>() > MOST_ROWS {
        return Ok(None);
    }
    let mut all: Vec<(i64, bool, i64)> = Vec::new();
    for (lo, n, file) in runs {
        let Some(rows) = read_rows(db, lo, n)? else { return Ok(None) };
        all.extend(rows.iter().map(|row| (row.hash(), !row.has_insert_id(), file)));
    }
    all.sort_unstable();
    let mut copies = 0;
    for equal in all.chunk_by(|one, other| one.0 == other.0).filter(|equal| equal.len() > 1) {
        let has_id = equal.iter().any(|(_, lacks_id, _)| !lacks_id);
        let of_file =
            equal.chunk_by(|one, other| one == other).filter(|rows| rows.iter().all(|(_, lacks_id, _)| *lacks_id));
        let once = usize::from(has_id) + of_file.map(<[_]>::len).max().unwrap_or(0);
        copies += equal.len().saturating_sub(once) as u64;
    }
    Ok(Some((all.len() as u64, copies)))
}
