//! Adding to a store.

pub(super) mod bulk;
mod checkpoints;
mod intern;
mod links;
pub(super) mod pieces;
mod runs;
mod segment;
mod values;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use self::checkpoints::Checkpoints;
use self::intern::{Interner, Table};
use self::links::Links;
use self::runs::Run;
use super::open::{self, Content};
use super::{Added, Chunk, Error, FileId, FileInfo, ImportedFile, KnownChunk, Reader, Stop, Upgrade, number, schema};

/// Links that are worth to be written before their transaction ends.
const MANY: usize = 1 << 14;

/// The one that adds to a store.
///
/// What it writes is kept at [`Writer::commit`], which all of its methods but [`Writer::add`] call
/// themselves, unless something that was added waits. Dropping it loses what waits.
#[derive(Debug)]
pub struct Writer {
    db: Connection,
    path: PathBuf,
    in_memory: bool,
    /// It is made when something is to be kept; until then an empty one in memory stands for it.
    is_planned: bool,
    stop: Stopping,
    checkpoints: Checkpoints,
    /// Chunks of the open transaction.
    chunks: usize,
    waiting: Waiting,
}

/// What the open transaction writes at its end: rows whose place in their tables is anywhere.
///
/// Sorted, they touch each page once, however many chunks there are.
#[derive(Debug)]
struct Waiting {
    ids: Interner,
    names: Interner,
    runs: Vec<Run>,
    links: Links,
    /// Files without a chunk, once they are asked for.
    unused: Option<Vec<(FileId, FileInfo)>>,
}

impl Waiting {
    fn begin(&mut self, db: &Connection) -> rusqlite::Result<()> {
        self.links.begin();
        self.ids.begin(db)?;
        open::keep_pages(db, self.ids.asked_for())?;
        self.names.begin(db)
    }

    fn write(&mut self, db: &Connection) -> rusqlite::Result<()> {
        self.links.write(db, self.ids.first_new())?;
        self.ids.write(db)?;
        self.names.write(db)?;
        runs::write(db, &mut self.runs)
    }

    /// The transaction was rolled back.
    fn forget(&mut self) {
        self.ids.forget();
        self.names.forget();
        self.runs.clear();
        self.links.forget();
        self.unused = None;
    }
}

impl Writer {
    /// Opens the store at `path`, making it and its folder if they are not there, and brings an
    /// older one up to date.
    ///
    /// # Errors
    /// A file that is no store, is newer, is cut off, is locked or may not be written.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_telling(path, &mut |_| true)
    }

    /// [`Writer::open`] that tells `tell` how far it is with bringing an older store up to date;
    /// `false` from it leaves the store as old as it was.
    ///
    /// # Errors
    /// Those of [`Writer::open`], and [`Error::Cancelled`] where `tell` said so.
    pub fn open_telling(path: &Path, tell: &mut dyn FnMut(&Upgrade) -> bool) -> Result<Self, Error> {
        Self::open_until(path, Stopping(super::never()), tell)
    }

    fn open_until(path: &Path, stop: Stopping, tell: &mut dyn FnMut(&Upgrade) -> bool) -> Result<Self, Error> {
        if open::look(path)? == Content::Absent {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
            }
            open::make_private(path)?;
        }
        let db = open::writable(path, &stop.0, tell)?;
        Ok(Self { stop, ..Self::over(db, path.to_owned(), false) })
    }

    /// [`Writer::open_telling`] that makes a store which is not there, and its folder, with the first
    /// that is to be kept: who finds nothing to keep leaves nothing behind. `stop` ends each wait for
    /// a lock, also later, with [`Error::Cancelled`].
    ///
    /// # Errors
    /// Those of [`Writer::open_telling`]; that the store cannot be made is reported when it has to be made.
    pub fn open_when_needed(path: &Path, stop: Stop, tell: &mut dyn FnMut(&Upgrade) -> bool) -> Result<Self, Error> {
        let stop = Stopping(stop);
        if open::look(path)? != Content::Absent {
            return Self::open_until(path, stop, tell);
        }
        let mut planned = Self::over(open::in_memory(path)?, path.to_owned(), false);
        planned.is_planned = true;
        planned.stop = stop;
        Ok(planned)
    }

    /// Whether the store is there by now.
    pub fn is_made(&self) -> bool {
        !self.is_planned
    }

    /// A store that ends with the program.
    pub fn in_memory() -> Result<Self, Error> {
        let name = PathBuf::from("(in memory)");
        Ok(Self::over(open::in_memory(&name)?, name, true))
    }

    /// A store in memory, and what reads it while rows come; it ends with the last of the two.
    pub fn in_memory_with_reader() -> Result<(Self, Reader), Error> {
        let name = PathBuf::from("(in memory)");
        let (writing, reading) = open::in_shared_memory(&name)?;
        Ok((Self::over(writing, name.clone(), true), Reader::over(reading, name, true)?))
    }

    fn over(db: Connection, path: PathBuf, in_memory: bool) -> Self {
        let waiting = Waiting {
            ids: Interner::over(Table::Ids),
            names: Interner::over(Table::Names),
            runs: Vec::new(),
            links: Links::default(),
            unused: None,
        };
        let stop = Stopping(super::never());
        Self { db, path, in_memory, is_planned: false, stop, checkpoints: Checkpoints::default(), chunks: 0, waiting }
    }

    /// Announces a file; gives the number that its chunks name.
    ///
    /// A file that was announced before with the same name, format and zone, and of which no
    /// chunk came, is taken up again.
    pub fn begin_file(&mut self, info: &FileInfo) -> Result<FileId, Error> {
        self.whole(|db, waiting| {
            let unused = match &mut waiting.unused {
                Some(unused) => unused,
                None => waiting.unused.insert(without_chunks(db)?),
            };
            if let Some((file, _)) = unused.iter().find(|(_, known)| known == info) {
                return Ok(*file);
            }
            db.prepare_cached(
                "INSERT INTO files (name, format, timezone, vendor, complete) VALUES (?1, ?2, ?3, ?4, 0)",
            )?
            .execute([&info.name, &info.format, &info.timezone, &info.vendor])?;
            unused.push((db.last_insert_rowid(), info.clone()));
            Ok(db.last_insert_rowid())
        })
    }

    /// The chunks that the store has after the chunk with hash `prev`; 0 asks for first chunks.
    ///
    /// They may be of several files, in order of import.
    pub fn chunks_after(&self, prev: u64) -> Result<Vec<KnownChunk>, Error> {
        self.chunks_after_since(prev, 0)
    }

    /// Those of [`Writer::chunks_after`] that were added since [`Writer::last_chunk`] was `since`.
    pub fn chunks_after_since(&self, prev: u64, since: i64) -> Result<Vec<KnownChunk>, Error> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT file, hash, bytes, lines, latest, first_line FROM chunks WHERE prev = ?1 AND id > ?2
                 ORDER BY id",
            )?
            .query_map([prev.cast_signed(), since], |row| {
                Ok(KnownChunk {
                    file: row.get(0)?,
                    hash: row.get::<_, i64>(1)?.cast_unsigned(),
                    bytes: number::from_sql(row.get(2)?),
                    lines: number::from_sql(row.get(3)?),
                    latest: row.get(4)?,
                    first_line: number::from_sql(row.get(5)?),
                })
            })?
            .collect()
        })
    }

    /// The number of the chunk that was added last, also by others; 0 for none.
    pub fn last_chunk(&self) -> Result<i64, Error> {
        self.read(|db| db.prepare_cached("SELECT coalesce(max(id), 0) FROM chunks")?.query_row([], |row| row.get(0)))
    }

    /// The chunk with this content after the chunk with hash `prev`, if the store has it.
    ///
    /// Asked under the lock of the one who writes, which is held until [`Writer::commit`]: another
    /// import may have added it since [`Writer::chunks_after`], and none can before
    /// [`Writer::add`].
    pub fn find_chunk(&mut self, prev: u64, hash: u64) -> Result<Option<FileId>, Error> {
        self.write(|db, _| {
            db.prepare_cached("SELECT file FROM chunks WHERE prev = ?1 AND hash = ?2")?
                .query_row([prev.cast_signed(), hash.cast_signed()], |row| row.get(0))
                .optional()
        })
    }

    /// Adds a chunk, and keeps it: [`Writer::add`] and [`Writer::commit`].
    pub fn append(&mut self, chunk: &Chunk) -> Result<Added, Error> {
        let added = self.add(chunk)?;
        self.commit()?;
        Ok(added)
    }

    /// Adds a chunk whole: rows, alias calls, links, profiles, rejects and the record of the
    /// chunk. It waits for [`Writer::commit`]; until then other connections neither see it nor
    /// can write.
    ///
    /// # Errors
    /// [`Error::Missing`] for a file that was not begun. After any other error the store is as it
    /// was after the last commit.
    pub fn add(&mut self, chunk: &Chunk) -> Result<Added, Error> {
        let added = self.write(|db, waiting| {
            if let Some(unused) = &mut waiting.unused {
                unused.retain(|(file, _)| *file != chunk.file);
            }
            segment::append(db, waiting, chunk)
        })?;
        self.chunks += usize::from(added.is_some());
        added.ok_or_else(|| self.no_file(chunk.file))
    }

    /// Chunks that were added and wait for [`Writer::commit`].
    pub fn waiting_chunks(&self) -> usize {
        self.chunks
    }

    /// Keeps what was added: all of it or, if this fails, nothing.
    pub fn commit(&mut self) -> Result<(), Error> {
        if self.db.is_autocommit() {
            return Ok(());
        }
        self.write(|db, waiting| {
            waiting.write(db)?;
            db.execute_batch("COMMIT")
        })?;
        let chunks = std::mem::take(&mut self.chunks);
        if self.in_memory {
            return Ok(());
        }
        let moved = self.checkpoints.after_commit(&self.db, &self.path, chunks);
        moved.map_err(|source| Error::sqlite(&self.path, source))
    }

    /// Keeps what was added where that is much, so that its pages are moved while the last chunks
    /// are made: for when the one who adds has nothing else to do.
    pub fn prepare_commit(&mut self) -> Result<(), Error> {
        if self.db.is_autocommit() || self.waiting.links.len() < MANY {
            return Ok(());
        }
        self.commit()
    }

    /// What the rows of a file say of its clock, as [`Writer::set_clock`] keeps it.
    pub fn clock(&self, file: FileId) -> Result<Option<String>, Error> {
        let key = format!("clock:{file}");
        self.read(|db| {
            db.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()
        })
    }

    /// Keeps what the rows of a file say of its clock, for an import that goes on with it.
    pub fn set_clock(&mut self, file: FileId, clock: &str) -> Result<(), Error> {
        let key = format!("clock:{file}");
        self.whole(|db, _| {
            db.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
                .execute([key.as_str(), clock])
                .map(drop)
        })
    }

    /// Notes the zone of the times of a file, and how that is known, once all of it was read.
    ///
    /// # Errors
    /// [`Error::Missing`] for a file that was not begun.
    pub fn set_timezone(&mut self, file: FileId, timezone: &str) -> Result<(), Error> {
        let changed = self.whole(|db, _| {
            db.prepare_cached("UPDATE files SET timezone = ?2 WHERE id = ?1")?.execute(params![file, timezone])
        })?;
        if changed == 0 { Err(self.no_file(file)) } else { Ok(()) }
    }

    /// Notes whether a file was read to its end, and nothing says that rows are missing.
    pub fn finish_file(&mut self, file: FileId, complete: bool) -> Result<(), Error> {
        let changed = self.whole(|db, _| {
            db.prepare_cached("UPDATE files SET complete = ?2 WHERE id = ?1")?.execute(params![file, complete])
        })?;
        if changed == 0 { Err(self.no_file(file)) } else { Ok(()) }
    }

    /// What the store has of a file, of this and of earlier imports.
    pub fn file_totals(&self, file: FileId) -> Result<ImportedFile, Error> {
        let totals = self.read(|db| {
            db.prepare_cached(&format!("{FILES} WHERE f.id = ?1 GROUP BY f.id"))?
                .query_row([file], imported_file)
                .optional()
        })?;
        totals.ok_or_else(|| self.no_file(file))
    }

    /// Zone that the times of a file were read in, and whether it is complete.
    pub fn file_state(&self, file: FileId) -> Result<(String, bool), Error> {
        let state = self.read(|db| {
            db.prepare_cached("SELECT timezone, complete FROM files WHERE id = ?1")?
                .query_row([file], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })?;
        state.ok_or_else(|| self.no_file(file))
    }

    /// Names of the files that were read to their end.
    pub fn complete_files(&self) -> Result<BTreeSet<String>, Error> {
        self.read(|db| {
            db.prepare_cached("SELECT name FROM files WHERE complete")?.query_map([], |row| row.get(0))?.collect()
        })
    }

    /// Names of the files of which something is stored.
    pub fn stored_files(&self) -> Result<BTreeSet<String>, Error> {
        self.read(|db| {
            db.prepare_cached("SELECT name FROM files WHERE id IN (SELECT file FROM chunks)")?
                .query_map([], |row| row.get(0))?
                .collect()
        })
    }

    /// How many rejects of a file are kept, and their bytes.
    pub fn kept_rejects(&self, file: FileId) -> Result<(u64, u64), Error> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT count(*), coalesce(sum(octet_length(reason) + octet_length(text)), 0) FROM rejects
                 WHERE file = ?1",
            )?
            .query_row([file], |row| Ok((number::from_sql(row.get(0)?), number::from_sql(row.get(1)?))))
        })
    }

    /// Line and text of the first reject of a file that has this reason.
    pub fn kept_reject(&self, file: FileId, reason: &str) -> Result<Option<(u64, String)>, Error> {
        self.read(|db| {
            db.prepare_cached("SELECT line, text FROM rejects WHERE file = ?1 AND reason = ?2 ORDER BY line LIMIT 1")?
                .query_row((file, reason), |row| Ok((number::from_sql(row.get(0)?), row.get(1)?)))
                .optional()
        })
    }

    /// How many rows the store had twice, from imports of one file at the same time, when it was
    /// brought to this version; all but one of each are gone.
    pub fn doubled_rows_removed(&self) -> Result<u64, Error> {
        self.read(schema::doubled::removed)
    }

    /// Token of the project, from the first row that had one.
    pub fn project(&self) -> Result<Option<String>, Error> {
        self.read(|db| {
            let mut project = db.prepare_cached("SELECT value FROM meta WHERE key = 'project'")?;
            project.query_row([], |row| row.get(0)).optional()
        })
    }

    /// Keeps the token of the project, unless one is known.
    pub fn set_project(&mut self, token: &str) -> Result<(), Error> {
        self.whole(|db, _| {
            db.execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('project', ?1)", [token]).map(drop)
        })
    }

    /// Leaves the store tidy: statistics for the planner, and all of it in one file.
    ///
    /// Where a reader is at work, part stays in the journal next to the file until later.
    pub fn finish(mut self) -> Result<(), Error> {
        if self.is_planned {
            return Ok(());
        }
        self.commit()?;
        self.checkpoints = Checkpoints::default();
        self.read(|db| {
            // Without a limit it would go through all of each index.
            db.execute_batch("PRAGMA analysis_limit = 400; PRAGMA optimize")?;
            db.busy_timeout(Duration::from_millis(100))?;
            db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            open::alone(db)
        })
    }

    /// The same store to read from: how one in memory is read.
    pub fn into_reader(mut self) -> Result<Reader, Error> {
        self.commit()?;
        open::for_reading(&self.db).map_err(|source| Error::sqlite(&self.path, source))?;
        Reader::over(self.db, self.path, self.in_memory)
    }

    fn no_file(&self, file: FileId) -> Error {
        Error::Missing { path: self.path.clone(), what: format!("file number {file}") }
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        read(&self.db).map_err(|source| Error::sqlite(&self.path, source))
    }

    /// Runs `write` whole or not at all, as a transaction of its own if none is open.
    fn whole<T>(&mut self, write: impl FnOnce(&Connection, &mut Waiting) -> rusqlite::Result<T>) -> Result<T, Error> {
        let alone = self.db.is_autocommit();
        let written = self.write(write)?;
        if alone {
            self.commit()?;
        }
        Ok(written)
    }

    /// Runs `write` in the open transaction, or opens one. The lock is taken first: no one
    /// changes what was read. After an error the transaction is gone.
    fn write<T>(&mut self, write: impl FnOnce(&Connection, &mut Waiting) -> rusqlite::Result<T>) -> Result<T, Error> {
        if self.is_planned {
            *self = Self::open_until(&self.path, self.stop.clone(), &mut |_| true)?;
        }
        let Self { db, waiting, chunks, .. } = self;
        let begin = |waiting: &mut Waiting| {
            if db.is_autocommit() {
                db.execute_batch("BEGIN IMMEDIATE")?;
                waiting.begin(db)?;
            }
            Ok(())
        };
        let result = begin(waiting).and_then(|()| write(db, waiting));
        if result.is_err() {
            waiting.forget();
            *chunks = 0;
            if !db.is_autocommit() {
                // The first error is reported; that this fails too could only mean the same again.
                let _ = db.execute_batch("ROLLBACK");
            }
        }
        result.map_err(|source| Error::sqlite(&self.path, source).unless_stopped(&self.stop.0))
    }
}

/// What may end a wait.
#[derive(Clone)]
struct Stopping(Stop);

impl fmt::Debug for Stopping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stopping")
    }
}

/// The files of which no chunk came.
fn without_chunks(db: &Connection) -> rusqlite::Result<Vec<(FileId, FileInfo)>> {
    db.prepare(
        "SELECT id, name, format, timezone, vendor FROM files f WHERE NOT EXISTS (SELECT 1 FROM chunks WHERE file = f.id)",
    )?
    .query_map([], |row| Ok((row.get(0)?, FileInfo { name: row.get(1)?, format: row.get(2)?, timezone: row.get(3)?, vendor: row.get(4)? })))?
    .collect()
}

/// Selects files with their totals, for [`imported_file`]; wants `GROUP BY f.id`.
pub(super) const FILES: &str = "
SELECT f.id, f.name, f.format, f.timezone, f.complete, coalesce(sum(c.bytes), 0), coalesce(sum(c.events), 0),
       coalesce(sum(c.aliases), 0), coalesce(sum(c.profiles), 0), coalesce(sum(c.rejected), 0),
       f.complete = 0
       AND NOT EXISTS (SELECT 1 FROM files n WHERE n.name = f.name AND n.id > f.id AND n.complete = 1)
FROM files f LEFT JOIN chunks c ON c.file = f.id";

/// One row of [`FILES`].
pub(super) fn imported_file(row: &Row<'_>) -> rusqlite::Result<ImportedFile> {
    Ok(ImportedFile {
        id: row.get(0)?,
        name: row.get(1)?,
        format: row.get(2)?,
        timezone: row.get(3)?,
        complete: row.get(4)?,
        bytes: number::from_sql(row.get(5)?),
        rows: number::from_sql(row.get(6)?),
        aliases: number::from_sql(row.get(7)?),
        profiles: number::from_sql(row.get(8)?),
        rejected: number::from_sql(row.get(9)?),
        incomplete: row.get(10)?,
    })
}
