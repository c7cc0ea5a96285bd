//! Looking at a file before SQLite does, and opening it.
//!
//! SQLite finds out about a damaged or foreign file at the first page it needs, with an error
//! that does not say what the file is. The first 100 bytes do say it.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::{Error, Upgrade, number, schema};

/// What every SQLite file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How long to wait for another process before saying that the store is locked.
const PATIENCE: Duration = Duration::from_secs(5);

/// The same for reading: a writer never keeps a reader out, only who has locked the whole file.
const READING_PATIENCE: Duration = Duration::from_secs(1);

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing.
    Absent,
    /// A file without a byte.
    Empty,
    /// A SQLite file whose length agrees with its head.
    Database,
}

/// Looks what stands at `path`: a database only if nothing of it is cut off.
pub(super) fn look(path: &Path) -> Result<Content, Error> {
    match head(path)? {
        None => return Ok(Content::Absent),
        Some(head) if head.length == 0 => return Ok(Content::Empty),
        Some(head) if head.is_whole() || head.has_journal => return Ok(Content::Database),
        Some(_) => {}
    }
    // A writer may have moved its journal into the file between the looks at the two.
    match head(path)? {
        Some(head) if !head.is_whole() && !head.has_journal => {
            let what = format!("it should have {} bytes and has {}", head.expected, head.length);
            Err(Error::Corrupt { path: path.to_owned(), what })
        }
        _ => Ok(Content::Database),
    }
}

/// Whether the file begins as every SQLite file does.
pub(super) fn is_sqlite(path: &Path) -> bool {
    let mut first = [0; MAGIC.len()];
    let is_file = path.metadata().is_ok_and(|meta| meta.is_file());
    is_file && File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && &first == MAGIC
}

/// What the head of a file tells of its length.
struct Head {
    length: u64,
    /// 0 where the head does not say.
    expected: u64,
    /// Whether a journal beside it holds what the file may lack.
    has_journal: bool,
}

impl Head {
    fn is_whole(&self) -> bool {
        self.length >= self.expected
    }
}

/// Reads the head; `None` without a file.
fn head(path: &Path) -> Result<Option<Head>, Error> {
    let io = |source| Error::io(path, source);
    let not_a_store = |found: &str| Error::NotAStore { path: path.to_owned(), found: found.to_owned() };
    let meta = match path.metadata() {
        Ok(meta) => meta,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    if meta.is_dir() {
        return Err(not_a_store("it is a folder"));
    }
    if !meta.is_file() {
        return Err(not_a_store("it is no ordinary file"));
    }
    let mut bytes = Vec::with_capacity(100);
    let file = File::open(path).map_err(io)?;
    file.take(100).read_to_end(&mut bytes).map_err(io)?;
    // After the head, so that a file which grows meanwhile never looks cut off.
    let length = path.metadata().map_err(io)?.len();
    let has_journal = ["-wal", "-journal"].iter().any(|end| sidecar(path, end).metadata().is_ok_and(|m| m.len() > 0));
    if length == 0 {
        return Ok(Some(Head { length, expected: 0, has_journal }));
    }
    if !bytes.starts_with(MAGIC.get(..bytes.len()).unwrap_or(MAGIC)) {
        return Err(not_a_store("it is no SQLite file"));
    }
    let expected = if bytes.len() < 100 { 100 } else { expected_length(&bytes) };
    Ok(Some(Head { length, expected, has_journal }))
}

/// Page size times number of pages, by the head of a database; 0 where it does not say.
fn expected_length(head: &[u8]) -> u64 {
    let number = |at: usize, length: usize| {
        head.get(at..at + length).unwrap_or_default().iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte))
    };
    // The count holds only if the version of SQLite that changed the file last also wrote it.
    if number(24, 4) != number(92, 4) {
        return 0;
    }
    let page = match number(16, 2) {
        1 => 65536,
        size => size,
    };
    page * number(28, 4)
}

/// The file that SQLite keeps beside `path`.
pub(super) fn sidecar(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

/// Opens a file of another program read-only, and leaves nothing beside it: no log, and no index
/// of one. Rows that wait in its log are read, too.
pub(super) fn input(path: &Path) -> Result<Connection, Error> {
    let is_there = |end: &str| sidecar(path, end).exists();
    let has_log = is_logged(path).map_err(|source| Error::io(path, source))?;
    // Where both are there, another program is at work, and its locks are kept.
    let opened =
        if has_log && !(is_there("-wal") && is_there("-shm")) { as_it_lies(path) } else { store_as_it_is(path) };
    opened.map_err(|source| match source.sqlite_extended_error_code() {
        Some(ffi::SQLITE_READONLY_ROLLBACK) => {
            let what = "a program that was killed left a change of it half done, in the file -journal beside it; open \
                        it once with a program that may write it";
            Error::NotImportable { path: path.to_owned(), what: what.to_owned() }
        }
        _ => Error::sqlite(path, source),
    })
}

/// Whether the head of a database says that changes go to a log beside it.
fn is_logged(path: &Path) -> std::io::Result<bool> {
    let mut head = Vec::with_capacity(20);
    File::open(path)?.take(20).read_to_end(&mut head)?;
    Ok(head.get(18..20).is_some_and(|versions| versions.contains(&2)))
}

/// Opens a database for reading as it lies there, without any file beside it that is not there
/// yet: for a folder that may not be written, and for files of others. Nothing is locked.
///
/// SQLite reads a log with an index of it in memory where nobody else can be at work. Without a
/// log it takes the file as one that does not change.
fn as_it_lies(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let has_log = sidecar(path, "-wal").metadata().is_ok_and(|meta| meta.len() > 0);
    let db = if has_log && cfg!(unix) {
        let db = Connection::open_with_flags_and_vfs(path, flags, c"unix-none")?;
        db.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
        db
    } else {
        Connection::open_with_flags(address(path, "immutable=1"), flags | OpenFlags::SQLITE_OPEN_URI)?
    };
    for_reading(&db)?;
    looked_at(&db)?;
    Ok(db)
}

/// What stays as it is in the path of an address.
const OF_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path as SQLite takes it with a parameter.
pub(super) fn address(path: &Path, parameter: &str) -> String {
    format!("file:{}?{parameter}", percent_encode(path.as_os_str().as_encoded_bytes(), OF_A_PATH))
}

fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    for_reading(&db)?;
    Ok(db)
}

/// Opens a store read-only; it must be there. What was left half done in it is undone.
pub(super) fn store(path: &Path) -> Result<Connection, Error> {
    let opened = match store_as_it_is(path) {
        Err(error) if error.sqlite_extended_error_code() == Some(ffi::SQLITE_READONLY_ROLLBACK) => {
            undo(path).and_then(|()| store_as_it_is(path))
        }
        // SQLite cannot put beside it what it needs for the log.
        Err(error)
            if matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
                && is_logged(path).unwrap_or(false) =>
        {
            as_it_lies(path)
        }
        opened => opened,
    };
    opened.map_err(|source| Error::sqlite(path, source))
}

fn store_as_it_is(path: &Path) -> rusqlite::Result<Connection> {
    let db = reading(path)?;
    looked_at(&db)?;
    Ok(db)
}

/// What a reader leaves behind at a store: nothing but the store.
///
/// A store that is in the mode of the log when its reader is closed would keep the log and the
/// index of it beside itself. Where nobody else is at work and the file may be written, it leaves
/// that mode.
#[derive(Debug)]
pub(super) struct Tidy(pub(super) Option<PathBuf>);

impl Drop for Tidy {
    fn drop(&mut self) {
        let Some(path) = &self.0 else { return };
        if ["-wal", "-shm"].iter().all(|end| !sidecar(path, end).exists()) {
            return;
        }
        // Whatever is wrong here is met, and told, by the next one who opens the store.
        let _ = existing(path).and_then(|db| {
            db.busy_timeout(Duration::ZERO)?;
            alone(&db)
        });
    }
}

/// Has SQLite look at the file and at what was left beside it.
pub(super) fn looked_at(db: &Connection) -> rusqlite::Result<()> {
    db.query_row("PRAGMA schema_version", [], |_| Ok(()))
}

/// Undoes what a program that was killed in its first import left half done, which takes
/// somebody who may write.
fn undo(path: &Path) -> rusqlite::Result<()> {
    let db = existing(path)?;
    db.busy_timeout(READING_PATIENCE)?;
    looked_at(&db)
}

/// Opens a store that is there to write to it, with no settings.
pub(super) fn existing(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// How long one who adds to a store waits for another: as long as a transaction of a large import
/// on a slow disk.
const TURN_PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks whether it is free: the other one goes on after a few milliseconds.
const TURN_LOOK: Duration = Duration::from_millis(2);

/// Has a connection wait for its turn among those that write.
pub(super) fn wait_for_turn(db: &mut Connection) -> rusqlite::Result<()> {
    db.busy_handler(Some(|looks: i32| {
        thread::sleep(TURN_LOOK);
        TURN_LOOK.checked_mul(looks.unsigned_abs()).is_some_and(|waited| waited < TURN_PATIENCE)
    }))
}

/// Settings of a connection that reads.
///
/// No memory map: a file that another process truncates would end this one.
pub(super) fn for_reading(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(READING_PATIENCE)?;
    db.set_prepared_statement_cache_capacity(64);
    db.execute_batch("PRAGMA mmap_size = 0; PRAGMA cache_size = -65536; PRAGMA query_only = ON;")
}

/// Opens or makes a store to add to it.
pub(super) fn writable(path: &Path, tell: &mut dyn FnMut(&Upgrade) -> bool) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags).map_err(|source| Error::sqlite(path, source))?;
    set_up(&mut db, path, tell)?;
    Ok(db)
}

/// Makes an empty file that its owner alone may read, unless something is there: what SQLite puts
/// beside it has the permissions of the file.
pub(super) fn make_private(path: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(Error::io(path, source)),
    }
}

/// A store in memory.
pub(super) fn in_memory(name: &Path) -> Result<Connection, Error> {
    let mut db = Connection::open_in_memory().map_err(|source| Error::sqlite(name, source))?;
    set_up(&mut db, name, &mut |_| true)?;
    Ok(db)
}

/// Bytes of pages that a writer keeps, but for the index of ids.
const KEPT: i64 = 16 << 20;
/// Bytes that an id takes in its index, with the room that is left in its pages.
const INDEX_BYTES: i64 = 80;
/// Bytes of the index of ids that are kept, at most.
const MOST_OF_INDEX: i64 = 96 << 20;

/// Settings of a connection that writes, and the tables.
///
/// The log is there from the first page on: others read meanwhile, also those who do not wait for a
/// lock. In the first transaction the rollback journal wrote each page once, which saved a fiftieth
/// of the processor time of an import.
fn set_up(db: &mut Connection, path: &Path, tell: &mut dyn FnMut(&Upgrade) -> bool) -> Result<(), Error> {
    let at = |source| Error::sqlite(path, source);
    db.busy_timeout(PATIENCE).map_err(at)?;
    db.set_prepared_statement_cache_capacity(64);
    db.pragma_update(None, "page_size", number::length(schema::PAGE_BYTES)).map_err(at)?;
    db.execute_batch("PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;").map_err(at)?;
    keep_pages(db, 0).map_err(at)?;
    if !is_blank(db).map_err(at)? {
        check(db, path)?;
    }
    if !schema::migrate(db, tell).map_err(at)? {
        return Err(Error::Cancelled);
    }
    wait_for_turn(db).map_err(at)?;
    ahead(db).map_err(at)
}

/// Lets a connection that writes keep as many pages as it needs when so many ids may be asked for.
///
/// Most of what is written is never touched again: 64 MiB for that were no faster than 16, and 2 %
/// slower at a million rows. But an id that is looked up may be anywhere in its index: without all
/// of that at hand an import into a store of ten million rows took a tenth longer.
pub(super) fn keep_pages(db: &Connection, ids: i64) -> rusqlite::Result<()> {
    let index = ids.saturating_mul(INDEX_BYTES).clamp(0, MOST_OF_INDEX);
    db.pragma_update(None, "cache_size", -((KEPT + index) >> 10))
}

/// Lets others read while this connection writes. When what was committed is moved from the log
/// into the file is for the one who writes to say.
pub(super) fn ahead(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    db.pragma_update(None, "synchronous", "NORMAL")
}

/// Leaves the log, where nobody else is at work: the file is all that there is of the store then,
/// and may be read where nothing can be written.
pub(super) fn alone(db: &Connection) -> rusqlite::Result<()> {
    match db.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(()),
        left => left,
    }
}

/// Whether a database has nothing in it, so that it may become a store.
fn is_blank(db: &Connection) -> rusqlite::Result<bool> {
    db.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

/// Whether a database is a store; `None` when it is, else what it is.
pub(super) fn not_ours(db: &Connection) -> rusqlite::Result<Option<String>> {
    let id: i64 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    Ok((id != schema::APPLICATION_ID)
        .then(|| format!("it is a SQLite file of another program (application_id {:#010x})", id & 0xffff_ffff)))
}

/// Refuses a database that is no store, or a newer one.
pub(super) fn check(db: &Connection, path: &Path) -> Result<(), Error> {
    let at = |source| Error::sqlite(path, source);
    if let Some(found) = not_ours(db).map_err(at)? {
        return Err(Error::NotAStore { path: path.to_owned(), found });
    }
    let found = schema::version(db).map_err(at)?;
    if found > schema::VERSION {
        return Err(Error::Newer { path: path.to_owned(), found, ours: schema::VERSION });
    }
    Ok(())
}
