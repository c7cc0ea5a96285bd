//! Adding to a store.

mod bulk;
mod intern;
mod segment;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use self::intern::Interner;
pub(super) use self::segment::NO_ID;
use super::open::{self, Content};
use super::{Added, Chunk, Error, FileId, FileInfo, ImportedFile, KnownChunk, Reader, number};

/// The one that adds to a store.
///
/// Dropping it loses nothing that [`Writer::append`] gave back.
#[derive(Debug)]
pub struct Writer {
    db: Connection,
    path: PathBuf,
    in_memory: bool,
    ids: Interner,
    names: Interner,
}

impl Writer {
    /// Opens the store at `path`, making it and its folder if they are not there, and brings an
    /// older one up to date.
    ///
    /// # Errors
    /// A file that is no store, is newer, is cut off, is locked or may not be written.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if open::look(path)? == Content::Absent
            && let Some(folder) = path.parent()
        {
            fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_owned(), source })?;
        }
        Ok(Self::over(open::writable(path)?, path.to_owned(), false))
    }

    /// A store that ends with the program.
    pub fn in_memory() -> Result<Self, Error> {
        let name = PathBuf::from("(in memory)");
        Ok(Self::over(open::in_memory(&name)?, name, true))
    }

    fn over(db: Connection, path: PathBuf, in_memory: bool) -> Self {
        Self { db, path, in_memory, ids: Interner::ids(), names: Interner::names() }
    }

    /// Announces a file; gives the number that its chunks name.
    ///
    /// A file that was announced before with the same name, format and zone, and of which no
    /// chunk came, is taken up again.
    pub fn begin_file(&mut self, info: &FileInfo) -> Result<FileId, Error> {
        self.transaction(|db, _| {
            let unused = db
                .query_row(
                    "SELECT id FROM files f WHERE name = ?1 AND format = ?2 AND timezone = ?3
                     AND NOT EXISTS (SELECT 1 FROM chunks WHERE file = f.id)",
                    [&info.name, &info.format, &info.timezone],
                    |row| row.get(0),
                )
                .optional()?;
            if let Some(file) = unused {
                return Ok(file);
            }
            db.execute(
                "INSERT INTO files (name, format, timezone, complete) VALUES (?1, ?2, ?3, 0)",
                [&info.name, &info.format, &info.timezone],
            )?;
            Ok(db.last_insert_rowid())
        })
    }

    /// The chunks that the store has after the chunk with hash `prev`; 0 asks for first chunks.
    ///
    /// They may be of several files, in order of import.
    pub fn chunks_after(&self, prev: u64) -> Result<Vec<KnownChunk>, Error> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT file, hash, bytes, lines, latest, first_line FROM chunks WHERE prev = ?1 ORDER BY id",
            )?
            .query_map([prev.cast_signed()], |row| {
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

    /// Adds a chunk whole, in one transaction: rows, alias calls, links, profiles, rejects and
    /// the record of the chunk.
    ///
    /// # Errors
    /// [`Error::Missing`] for a file that was not begun; then, and after any other error, the
    /// store is as it was.
    #[expect(clippy::needless_pass_by_value, reason = "a chunk is stored once, and gone from memory then")]
    pub fn append(&mut self, chunk: Chunk) -> Result<Added, Error> {
        let file = chunk.file;
        let added = self.transaction(|db, interners| segment::append(db, interners, &chunk))?;
        added.ok_or_else(|| self.no_file(file))
    }

    /// Notes whether a file was read to its end.
    pub fn finish_file(&mut self, file: FileId, complete: bool) -> Result<(), Error> {
        let changed = self
            .transaction(|db, _| db.execute("UPDATE files SET complete = ?2 WHERE id = ?1", params![file, complete]))?;
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

    /// Token of the project, from the first row that had one.
    pub fn project(&self) -> Result<Option<String>, Error> {
        self.read(|db| db.query_row("SELECT value FROM meta WHERE key = 'project'", [], |row| row.get(0)).optional())
    }

    /// Keeps the token of the project, unless one is known.
    pub fn set_project(&mut self, token: &str) -> Result<(), Error> {
        self.transaction(|db, _| {
            db.execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('project', ?1)", [token]).map(drop)
        })
    }

    /// Leaves the store tidy: statistics for the planner, and all of it in one file.
    ///
    /// Where a reader is at work, part stays in the journal beside the file until later.
    pub fn finish(self) -> Result<(), Error> {
        self.read(|db| {
            db.execute_batch("PRAGMA optimize")?;
            db.busy_timeout(Duration::from_millis(100))?;
            db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        })
    }

    /// The same store to read from: how one in memory is read.
    pub fn into_reader(self) -> Result<Reader, Error> {
        open::for_reading(&self.db).map_err(|source| Error::sqlite(&self.path, source))?;
        Reader::over(self.db, self.path, self.in_memory)
    }

    fn no_file(&self, file: FileId) -> Error {
        Error::Missing { path: self.path.clone(), what: format!("file number {file}") }
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        read(&self.db).map_err(|source| Error::sqlite(&self.path, source))
    }

    /// Runs `write` whole or not at all. The lock is taken first: nobody changes what was read.
    fn transaction<T>(
        &mut self,
        write: impl FnOnce(&Transaction<'_>, &mut Interners<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let Self { db, ids, names, .. } = self;
        let mut interners = Interners { ids, names };
        let result = db.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|tx| {
            let written = write(&tx, &mut interners)?;
            tx.commit()?;
            Ok(written)
        });
        if result.is_err() {
            interners.ids.forget();
            interners.names.forget();
        }
        result.map_err(|source| Error::sqlite(&self.path, source))
    }
}

/// Texts that have numbers in the store.
struct Interners<'w> {
    ids: &'w mut Interner,
    names: &'w mut Interner,
}

/// Selects files with their totals, for [`imported_file`]; wants `GROUP BY f.id`.
pub(super) const FILES: &str = "
SELECT f.id, f.name, f.format, f.timezone, f.complete, coalesce(sum(c.bytes), 0), coalesce(sum(c.events), 0),
       coalesce(sum(c.aliases), 0), coalesce(sum(c.profiles), 0), coalesce(sum(c.rejected), 0)
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
    })
}
