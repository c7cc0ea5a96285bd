//! A plain copy of the store, which needs nothing of this program.
//!
//! Rows come in order of arrival. That order is not the one in which they lie, but near it: rows
//! that arrived together lie in one segment. So properties are fetched for many rows at a time,
//! and each block is unpacked a time or two.

use std::path::Path;

use rusqlite::{Connection, params};

use super::Reader;
use crate::model::time::rfc3339;
use crate::model::{Flags, Id, Millis, VerbKind};
use crate::output::{Kept, Output, Readers};
use crate::store::{Error, number, schema};

/// Rows whose properties are fetched at once: some 20 MB of text.
const WINDOW: usize = 20_000;

/// What the copy has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Rows of `events`.
    pub events: u64,
    /// Rows of `aliases`.
    pub aliases: u64,
    /// Rows of `profiles`.
    pub profiles: u64,
}

/// The tables of a copy. Comments stay in the file.
const TABLES: &str = r"
CREATE TABLE events (
  -- Every row as it arrived, in order of arrival. Times are RFC 3339 in UTC.
  id INTEGER PRIMARY KEY,
  distinct_id TEXT,        -- as sent; NULL: none that can be used
  event TEXT NOT NULL,
  time TEXT NOT NULL,      -- when it happened
  properties TEXT NOT NULL, -- JSON
  arrived TEXT,            -- when the server had it; NULL: nothing tells
  file TEXT NOT NULL,      -- where it was read from
  line INTEGER NOT NULL,
  flags INTEGER NOT NULL,  -- what else is known of it; see README
  verb TEXT NOT NULL,      -- which call it is: track, alias, identify, ...
  vendor TEXT NOT NULL     -- whose row it is
);
CREATE TABLE aliases (
  -- Every alias call, accepted or not, in order of arrival.
  id INTEGER PRIMARY KEY,
  alias TEXT,
  distinct_id TEXT,        -- what the alias was to point at
  time TEXT,               -- when it was called; NULL: nothing tells
  arrived TEXT,
  file TEXT NOT NULL,
  line INTEGER NOT NULL,
  event_id INTEGER         -- the row of `events` that is this call; NULL: a line of a table
);
CREATE TABLE profiles (
  -- Every profile update, in order of arrival.
  id INTEGER PRIMARY KEY,
  distinct_id TEXT,
  operation TEXT NOT NULL, -- $set, $set_once, ..., export, group
  time TEXT,
  arrived TEXT,
  properties TEXT NOT NULL, -- the whole update as JSON
  file TEXT NOT NULL,
  line INTEGER NOT NULL
);
";

/// Made when the rows are there, which is faster.
const INDEXES: &str = "
CREATE INDEX events_distinct_id ON events (distinct_id, time);
CREATE INDEX aliases_alias ON aliases (alias);
CREATE INDEX aliases_distinct_id ON aliases (distinct_id);
CREATE INDEX profiles_distinct_id ON profiles (distinct_id);
";

impl Reader {
    /// Copies everything into a new SQLite file with the tables `events`, `aliases` and
    /// `profiles`. The file appears when it is whole.
    ///
    /// `go_on` gets how many rows of how many are copied; `false` ends it with
    /// [`Error::Cancelled`].
    ///
    /// What is at `path` already is replaced if `replace` says so, and only by the whole copy.
    ///
    /// # Errors
    /// [`Error::Exists`] when something is at `path` that may not be replaced; [`Error::Itself`]
    /// when that is this store; [`Error::Busy`] when a program works with it; and whatever keeps
    /// the file from being written.
    pub fn export(
        &self,
        path: &Path,
        replace: bool,
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Exported, Error> {
        let output = Output::begin(path, replace, &Kept::default().store(&self.path), Readers::Owner)?;
        let part = output.part().ok_or_else(|| Error::Exists { path: path.to_owned() })?;
        let exported = self.at_one_moment(|reader| reader.write_copy(part, go_on))?;
        output.finish()?;
        Ok(exported)
    }

    fn write_copy(&self, part: &Path, go_on: &mut dyn FnMut(u64, u64) -> bool) -> Result<Exported, Error> {
        let at = |source| Error::sqlite(part, source);
        let mut copy = Connection::open(part).map_err(at)?;
        copy.execute_batch(
            "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
             PRAGMA cache_size = -65536; BEGIN;",
        )
        .map_err(at)?;
        if let Some(abort) = self.abort.clone() {
            copy.progress_handler(super::STEPS, Some(move || abort())).map_err(at)?;
        }
        copy.execute_batch(TABLES).map_err(at)?;
        let mut exported = Exported { events: self.copy_events(&copy, part, go_on)?, ..Exported::default() };
        exported.aliases = self.copy_aliases(&copy, part)?;
        exported.profiles = self.copy_profiles(&copy, part)?;
        copy.execute_batch("DROP TABLE temp.place").map_err(at)?;
        copy.pragma_update(None, "application_id", schema::COPY_ID).map_err(at)?;
        copy.execute_batch(INDEXES).map_err(at)?;
        copy.execute_batch("COMMIT").map_err(at)?;
        copy.close().map_err(|(_, source)| at(source))?;
        Ok(exported)
    }

    fn copy_events(
        &self,
        copy: &Connection,
        part: &Path,
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<u64, Error> {
        let at_copy = |source| Error::sqlite(part, source);
        let here = |source| Error::sqlite(&self.path, source);
        // Which row of the copy an alias call is.
        copy.execute_batch("CREATE TEMP TABLE place (position INTEGER PRIMARY KEY, id INTEGER NOT NULL)")
            .map_err(at_copy)?;
        let total: i64 =
            self.ask(|db| db.query_row("SELECT coalesce(sum(events), 0) FROM chunks", [], |row| row.get(0)))?;
        let total = number::from_sql(total);
        let files = self.files()?;
        let mut select = self
            .db
            .prepare(
                "SELECT x.id, x.uid, x.ev, x.t, x.arrived, x.flags, x.file, x.line
                 FROM rows x JOIN files f ON f.id = x.file
                 ORDER BY x.arrived, f.name, f.fingerprint, f.id, x.line, x.nth, x.id",
            )
            .map_err(here)?;
        let mut rows = select.query([]).map_err(here)?;
        let mut insert = copy
            .prepare(
                "INSERT INTO events (id, distinct_id, event, time, properties, arrived, file, line, flags, verb, vendor)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )
            .map_err(at_copy)?;
        let mut place = copy.prepare("INSERT INTO temp.place VALUES (?1, ?2)").map_err(at_copy)?;
        let mut done = 0_u64;
        loop {
            let mut window: Vec<Plain> = Vec::with_capacity(WINDOW);
            while window.len() < WINDOW
                && let Some(row) = rows.next().map_err(here)?
            {
                window.push(Plain::read(row).map_err(here)?);
            }
            let positions: Vec<i64> = window.iter().map(|row| row.position).collect();
            for (row, properties) in window.iter().zip(self.properties(&positions)?) {
                done += 1;
                let id = number::to_sql(done);
                let (event, verb) = self.name_and_verb(row.ev)?;
                if verb == VerbKind::Alias {
                    place.execute([row.position, id]).map_err(at_copy)?;
                }
                let distinct_id = if row.uid == number::NO_ID { None } else { Some(self.id(row.uid)?) };
                let source = self.source(&files, row.file, row.line)?;
                insert
                    .execute(params![
                        id,
                        distinct_id.as_ref().map(Id::as_str),
                        &*event,
                        rfc3339(row.t),
                        properties,
                        row.arrived.map(rfc3339),
                        &*source.file,
                        row.line,
                        row.flags.0,
                        verb.name(),
                        &*source.vendor
                    ])
                    .map_err(at_copy)?;
            }
            if !go_on(done, total) {
                return Err(Error::Cancelled);
            }
            if window.len() < WINDOW {
                return Ok(done);
            }
        }
    }

    fn copy_aliases(&self, copy: &Connection, part: &Path) -> Result<u64, Error> {
        let at_copy = |source| Error::sqlite(part, source);
        let here = |source| Error::sqlite(&self.path, source);
        let mut select = self
            .db
            .prepare(
                "SELECT k.name, t.name, x.t, x.arrived, x.flags, f.name, x.line, x.id
                 FROM alias_calls x JOIN files f ON f.id = x.file
                 LEFT JOIN ids k ON k.id = x.alias LEFT JOIN ids t ON t.id = x.target
                 ORDER BY x.arrived, f.name, f.fingerprint, f.id, x.line, x.nth, x.id",
            )
            .map_err(here)?;
        let mut insert = copy
            .prepare(
                "INSERT INTO aliases (alias, distinct_id, time, arrived, file, line, event_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT id FROM temp.place WHERE position = ?7))",
            )
            .map_err(at_copy)?;
        let mut rows = select.query([]).map_err(here)?;
        let mut done = 0;
        while let Some(row) = rows.next().map_err(here)? {
            let read = || -> rusqlite::Result<_> {
                let flags = Flags(row.get(4)?);
                let time = if flags.has(Flags::TIME_FROM_ARRIVAL) { None } else { Some(row.get::<_, Millis>(2)?) };
                let arrived = if flags.has(Flags::ARRIVAL_UNKNOWN) { None } else { Some(row.get::<_, Millis>(3)?) };
                Ok((time.map(rfc3339), arrived.map(rfc3339)))
            };
            let (time, arrived) = read().map_err(here)?;
            let text = |column| row.get::<_, Option<String>>(column).map_err(here);
            insert
                .execute(params![
                    text(0)?,
                    text(1)?,
                    time,
                    arrived,
                    text(5)?,
                    row.get::<_, i64>(6).map_err(here)?,
                    row.get::<_, i64>(7).map_err(here)?
                ])
                .map_err(at_copy)?;
            done += 1;
        }
        Ok(done)
    }

    fn copy_profiles(&self, copy: &Connection, part: &Path) -> Result<u64, Error> {
        let at_copy = |source| Error::sqlite(part, source);
        let here = |source| Error::sqlite(&self.path, source);
        let mut select = self
            .db
            .prepare(
                "SELECT i.name, x.operation, x.t, x.arrived, x.json, f.name, x.line
                 FROM profiles x JOIN files f ON f.id = x.file LEFT JOIN ids i ON i.id = x.uid
                 ORDER BY coalesce(x.arrived, x.t), f.name, f.fingerprint, f.id, x.line, x.id",
            )
            .map_err(here)?;
        let mut insert = copy
            .prepare(
                "INSERT INTO profiles (distinct_id, operation, time, arrived, properties, file, line)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )
            .map_err(at_copy)?;
        let mut rows = select.query([]).map_err(here)?;
        let mut done = 0;
        while let Some(row) = rows.next().map_err(here)? {
            let text = |column| row.get::<_, Option<String>>(column).map_err(here);
            let time = |column| Ok::<_, Error>(row.get::<_, Option<Millis>>(column).map_err(here)?.map(rfc3339));
            insert
                .execute(params![
                    text(0)?,
                    text(1)?,
                    time(2)?,
                    time(3)?,
                    text(4)?,
                    text(5)?,
                    row.get::<_, i64>(6).map_err(here)?
                ])
                .map_err(at_copy)?;
            done += 1;
        }
        Ok(done)
    }
}

/// A row on its way.
struct Plain {
    position: i64,
    uid: i64,
    ev: i64,
    t: Millis,
    arrived: Option<Millis>,
    flags: Flags,
    file: i64,
    line: i64,
}

impl Plain {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let flags = Flags(row.get(5)?);
        Ok(Self {
            position: row.get(0)?,
            uid: row.get(1)?,
            ev: row.get(2)?,
            t: row.get(3)?,
            arrived: if flags.has(Flags::ARRIVAL_UNKNOWN) { None } else { Some(row.get(4)?) },
            flags,
            file: row.get(6)?,
            line: row.get(7)?,
        })
    }
}
