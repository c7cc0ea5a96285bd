//! All of a store in one pass, as numbers: what a look over every user needs.
//!
//! Rows come id by id. Within a segment they lie in that order, so one cursor for each segment and
//! the smallest of their ids are enough; a cursor holds some thousand rows.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::rows::Thin;
use super::{Reader, number};
use crate::model::facts::Source;
use crate::model::scan::{SweptCall, SweptLink, SweptRow};
use crate::model::{Flags, LinkKind, VerbKind};
use crate::store::Error;

/// Rows that a cursor reads at once. The heads where a part begins lie in one text with the last of the part before
/// and are read with both: a twentieth of them.
const PART: i64 = 2_000;

/// Rows between two questions whether to go on.
const OFTEN: usize = 1 << 13;

impl Reader {
    /// Calls `each` with the number and text of every id, in the order of their numbers.
    pub fn sweep_ids(&self, each: &mut dyn FnMut(i64, &str)) -> Result<(), Error> {
        self.ask(|db| {
            let mut select = db.prepare_cached("SELECT id, name FROM ids ORDER BY id")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                each(row.get(0)?, row.get_ref(1)?.as_str()?);
            }
            Ok(())
        })
    }

    /// Every alias call, in no order.
    pub fn sweep_calls(&self) -> Result<Vec<SweptCall>, Error> {
        self.ask(|db| {
            let mut select = db.prepare_cached(
                "SELECT id, nth, alias, target, t, arrived, flags, file, line, from_table FROM alias_calls",
            )?;
            let call = |row: &rusqlite::Row<'_>| {
                let or_none = |column| row.get::<_, Option<i64>>(column).map(Option::unwrap_or_default);
                Ok(SweptCall {
                    row: number::row(row.get(0)?, row.get(1)?),
                    alias: or_none(2)?,
                    target: or_none(3)?,
                    time: row.get(4)?,
                    arrived: row.get(5)?,
                    flags: Flags(row.get(6)?),
                    file: row.get(7)?,
                    line: row.get(8)?,
                    from_table: row.get(9)?,
                })
            };
            select.query_map([], call)?.collect()
        })
    }

    /// Every link, in no order.
    pub fn sweep_links(&self) -> Result<Vec<SweptLink>, Error> {
        let mut unknown = None;
        let links = self.ask(|db| {
            let mut select = db.prepare_cached("SELECT kind, a, b, rows, t, arrived, file, line FROM links")?;
            let mut rows = select.query([])?;
            let mut links = Vec::new();
            while let Some(row) = rows.next()? {
                let found: i64 = row.get(0)?;
                let Some(kind) = LinkKind::from_number(found) else {
                    unknown = Some(found);
                    break;
                };
                links.push(SweptLink {
                    kind,
                    a: row.get(1)?,
                    b: row.get(2)?,
                    rows: number::from_sql(row.get(3)?),
                    time: row.get(4)?,
                    arrived: row.get(5)?,
                    file: row.get(6)?,
                    line: row.get(7)?,
                });
            }
            Ok(links)
        })?;
        match unknown {
            Some(kind) => Err(self.corrupt(format!("it has a link of unknown kind {kind}"))),
            None => Ok(links),
        }
    }

    /// Calls `each` with the number of every id that has rows, 0 for rows without one, and all of
    /// its rows, in the order of the numbers, to keep if it wants. `go_on` gets how many rows of how many are done;
    /// `false` ends it with what was given until then.
    ///
    /// Returns whether it came to the end.
    pub fn sweep_rows(
        &self,
        each: &mut dyn FnMut(i64, &mut Vec<SweptRow>),
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<bool, Error> {
        let segments: Vec<(i64, i64)> = self.ask(|db| {
            db.prepare_cached("SELECT min(lo), sum(n) FROM runs GROUP BY seg ORDER BY seg")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()
        })?;
        let total = segments.iter().map(|(_, n)| number::from_sql(*n)).sum();
        let mut cursors: Vec<Cursor> = segments
            .iter()
            .map(|(lo, n)| Cursor { next: *lo, end: lo.saturating_add(*n), rows: Vec::new().into_iter() })
            .collect();
        let mut heads = BinaryHeap::new();
        for (at, cursor) in cursors.iter_mut().enumerate() {
            heads.extend(cursor.uid(self)?.map(|uid| Reverse((uid, at))));
        }
        let (mut rows, mut done) = (Vec::new(), 0);
        while let Some(Reverse((uid, _))) = heads.peek().copied() {
            rows.clear();
            while let Some(Reverse((same, at))) = heads.peek().copied().filter(|Reverse((next, _))| *next == uid) {
                heads.pop();
                let Some(cursor) = cursors.get_mut(at) else { continue };
                while cursor.uid(self)? == Some(same) {
                    rows.extend(cursor.rows.next().map(|row| swept(&row)));
                    // One id can have all rows of a store; half of its rows say nothing.
                    if rows.len() % OFTEN == 0 && !go_on(done + rows.len() as u64, total) {
                        return Ok(false);
                    }
                }
                heads.extend(cursor.uid(self)?.map(|uid| Reverse((uid, at))));
            }
            let (before, all) = (done, rows.len() as u64);
            each(uid, &mut rows);
            done += all;
            if done >> 13 != before >> 13 && !go_on(done, total) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The place of a row.
    pub fn swept_source(&self, file: i64, line: i64) -> Result<Source, Error> {
        let files = self.files()?;
        self.source(&files, file, line)
    }

    /// The event name or client with this number.
    pub fn swept_name(&self, number: i64) -> Result<Arc<str>, Error> {
        self.name(number)
    }

    /// The numbers of the event names with this verb.
    pub fn names_of(&self, verb: VerbKind) -> Result<Vec<i64>, Error> {
        let mut found = Vec::new();
        for (number, _) in self.names()? {
            if self.name_and_verb(number)?.1 == verb {
                found.push(number);
            }
        }
        Ok(found)
    }

    /// The number of each file, and its place among all files.
    pub fn file_ranks(&self) -> Result<Vec<(i64, u32)>, Error> {
        let files: Vec<i64> =
            self.ask(|db| db.prepare_cached("SELECT id FROM files")?.query_map([], |row| row.get(0))?.collect())?;
        files.into_iter().map(|file| Ok((file, self.swept_source(file, 0)?.rank))).collect()
    }

    /// Files that were not read to their end, or say themselves that rows are missing.
    pub fn incomplete_files(&self) -> Result<Vec<Source>, Error> {
        let files: Vec<i64> = self.ask(|db| {
            db.prepare_cached("SELECT id FROM files WHERE complete = 0 ORDER BY name, fingerprint, id")?
                .query_map([], |row| row.get(0))?
                .collect()
        })?;
        files.into_iter().map(|file| self.swept_source(file, 0)).collect()
    }
}

/// Where the sweep is in one segment.
struct Cursor {
    next: i64,
    end: i64,
    rows: std::vec::IntoIter<Thin>,
}

impl Cursor {
    /// The id of the next row; `None` at the end.
    fn uid(&mut self, reader: &Reader) -> Result<Option<i64>, Error> {
        if self.rows.as_slice().is_empty() && self.next < self.end {
            let to = self.next.saturating_add(PART).min(self.end);
            self.rows = reader.rows_between(self.next, to)?.into_iter();
            self.next = to;
        }
        Ok(self.rows.as_slice().first().map(|row| row.uid))
    }
}

fn swept(row: &Thin) -> SweptRow {
    SweptRow {
        time: row.t,
        arrived: row.arrived,
        hash: number::hash_at(row.hash, row.t),
        event: row.ev,
        sender: row.sender,
        device: row.device,
        user: row.user,
        other: row.other,
        client: row.client,
        file: row.file,
        line: row.line,
        row: number::row(row.id, row.nth),
        flags: Flags(row.flags),
    }
}
