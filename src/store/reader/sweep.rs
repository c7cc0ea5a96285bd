//! All of a store in one pass, as numbers: what a look over every user needs.
//!
//! Rows are read in the order of the store, segment by segment. Within one the rows of an id are
//! neighbours, a run; an id with runs in several segments is put together from them.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::rows::{Thin, Thins};
use super::{Reader, number};
use crate::model::facts::Source;
use crate::model::scan::{Segments, SweptCall, SweptLink, SweptRow, SweptRun};
use crate::model::{Flags, VerbKind};
use crate::store::Error;
use crate::store::joining::{calls, each_link};
use crate::store::open::CACHE;

/// Rows that are read at once. The heads where a part begins lie in one text with the last of the part before
/// and are read with both: some thirty of them.
const PART: i64 = 2_000;

/// Rows of ids with several runs that are held until the last of these is read, about: 110 MB of them. Where there
/// are more, such an id is read by itself later.
const HELD: usize = 1 << 20;

/// Pages that SQLite keeps while rows are swept: what one part of the store needs, in KiB.
const SMALL_CACHE: &str = "PRAGMA cache_size = -12288";

impl Reader {
    /// Calls `each` with the number and text of every id, in the order of their numbers.
    pub fn sweep_ids(&self, each: &mut dyn FnMut(i64, &str)) -> Result<(), Error> {
        let summary = self.summary()?;
        self.ask(|db| {
            if let Some(summary) = summary {
                return summary.each_id(db, each);
            }
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
        let summary = self.summary()?;
        self.ask(|db| summary.map_or_else(|| calls(db), |summary| summary.calls(db)))
    }

    /// Every link, in no order.
    pub fn sweep_links(&self) -> Result<Vec<SweptLink>, Error> {
        if let Some(summary) = self.summary()? {
            return self.ask(|db| summary.links(db));
        }
        let mut links = Vec::new();
        match self.ask(|db| each_link(db, &mut |link| links.push(link)))? {
            Some(kind) => Err(self.corrupt(format!("it has a link of unknown kind {kind}"))),
            None => Ok(links),
        }
    }

    /// Calls `each` with every run, by the numbers of their ids.
    pub fn sweep_runs(&self, each: &mut dyn FnMut(&SweptRun)) -> Result<(), Error> {
        self.ask(|db| {
            let mut select = db.prepare_cached("SELECT uid, seg, lo, n, t0, t1 FROM runs ORDER BY uid, seg")?;
            let mut runs = select.query([])?;
            while let Some(run) = runs.next()? {
                each(&swept_run(run)?);
            }
            Ok(())
        })
    }

    /// Calls `each` with the id and the rows of every run at these positions, which hold whole runs. `go_on` is asked
    /// between them now and then; `false` ends it.
    ///
    /// Returns whether it came to the end.
    pub fn sweep_places(
        &self,
        places: Range<i64>,
        each: &mut dyn FnMut(i64, &[SweptRow]),
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<bool, Error> {
        let mut rows: Vec<SweptRow> = Vec::new();
        let mut thins = Thins::default();
        let (mut of, mut next) = (None, places.start);
        while next < places.end {
            let to = next.saturating_add(PART).min(places.end);
            thins.read(self, next, to, |row| {
                if of != Some(row.uid) {
                    if let Some(uid) = of {
                        each(uid, &rows);
                    }
                    rows.clear();
                    of = Some(row.uid);
                }
                rows.push(swept(&row));
            })?;
            next = to;
            if next < places.end && !go_on() {
                return Ok(false);
            }
        }
        if let Some(uid) = of {
            each(uid, &rows);
        }
        Ok(true)
    }

    /// Calls `each` once with the number of every id that has rows, 0 for rows without one, and all of its rows, in
    /// no order of the ids, to keep if it wants. `go_on` gets how many rows of how many are done; `false` ends it
    /// with what was given until then.
    ///
    /// Returns whether it came to the end.
    pub fn sweep_rows(
        &self,
        each: &mut dyn FnMut(i64, &mut Vec<SweptRow>),
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<bool, Error> {
        // Nearly every page is read once: that SQLite keeps it would only take memory from what is swept.
        self.ask(|db| db.execute_batch(SMALL_CACHE))?;
        let swept = self.sweep_all(each, go_on);
        self.ask(|db| db.execute_batch(CACHE))?;
        swept
    }

    /// [`Reader::sweep_rows`] with any cache.
    fn sweep_all(
        &self,
        each: &mut dyn FnMut(i64, &mut Vec<SweptRow>),
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<bool, Error> {
        let mut segments = Segments::default();
        let mut left: FxHashMap<i64, u32> = FxHashMap::default();
        let (mut last, mut total) = (None, 0);
        self.sweep_runs(&mut |run| {
            total += number::from_sql(run.rows);
            segments.add(run);
            if last == Some(run.id) {
                *left.entry(run.id).or_insert(1) += 1;
            }
            last = Some(run.id);
        })?;
        let mut held: FxHashMap<i64, Vec<SweptRow>> = FxHashMap::default();
        let mut later: BTreeSet<i64> = BTreeSet::new();
        let (mut count, mut own) = (0, Vec::new());
        let done = Cell::new(0);
        let mut take = |uid: i64, rows: &[SweptRow]| {
            done.set(done.get() + rows.len() as u64);
            let Some(runs) = left.get_mut(&uid) else {
                own.clear();
                own.extend_from_slice(rows);
                each(uid, &mut own);
                return;
            };
            if later.contains(&uid) {
                return;
            }
            let so_far = held.entry(uid).or_default();
            so_far.extend_from_slice(rows);
            count += rows.len();
            *runs -= 1;
            if *runs > 0 && count <= HELD {
                return;
            }
            let mut all = held.remove(&uid).unwrap_or_default();
            count -= all.len();
            if *runs == 0 {
                each(uid, &mut all);
            } else {
                later.insert(uid);
            }
        };
        for (nth, places) in segments.into_places().enumerate() {
            let mut asked = || go_on(done.get().min(total), total);
            if nth > 0 && !asked() || !self.sweep_places(places, &mut take, &mut asked)? {
                return Ok(false);
            }
        }
        for uid in later {
            each(uid, &mut self.swept_rows_of(uid)?);
            if !go_on(total, total) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// All rows under an id.
    pub fn swept_rows_of(&self, uid: i64) -> Result<Vec<SweptRow>, Error> {
        let mut rows = Vec::new();
        for (lo, n) in self.runs_of(uid)? {
            let own = self.rows_between(lo, lo.saturating_add(n))?;
            rows.extend(own.iter().map(swept));
        }
        Ok(rows)
    }

    /// The numbers of all rows under an id, each without its place in the line.
    pub fn rows_under(&self, uid: i64) -> Result<Vec<i64>, Error> {
        let runs = self.runs_of(uid)?.into_iter();
        Ok(runs.flat_map(|(lo, n)| lo..lo.saturating_add(n)).map(|position| number::row(position, 0)).collect())
    }

    /// Another reader of the same state, for another thread, while this one looks at one moment. `None` where
    /// there can be none: in memory, or where the store has just got more rows.
    pub fn another(&self) -> Result<Option<Self>, Error> {
        if self.in_memory || self.db.is_autocommit() {
            return Ok(None);
        }
        // It is only a help: what is wrong with the store, this one says.
        let Ok(other) = self.again().open() else { return Ok(None) };
        // It reads nearly all pages once.
        if other.db.execute_batch("PRAGMA cache_size = -4096; BEGIN").is_err() {
            return Ok(None);
        }
        let pieces = |reader: &Self| {
            let question = "SELECT count(*), coalesce(max(id), 0), coalesce(sum(events), 0) FROM chunks";
            reader.ask(|db| db.query_row(question, [], |row| <(i64, i64, i64)>::try_from(row)))
        };
        let (here, there) = (pieces(self)?, pieces(&other).ok());
        Ok((there == Some(here)).then_some(other))
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

/// A run from uid, seg, lo, n, t0, t1.
pub(super) fn swept_run(run: &rusqlite::Row<'_>) -> rusqlite::Result<SweptRun> {
    Ok(SweptRun {
        id: run.get(0)?,
        segment: run.get(1)?,
        first: run.get(2)?,
        rows: run.get(3)?,
        earliest: run.get(4)?,
        latest: run.get(5)?,
    })
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
