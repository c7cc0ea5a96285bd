//! Looking at a file before SQLite does, and opening it.
//!
//! SQLite finds out about a damaged or foreign file at the first page it needs, with an error
//! that does not say what the file is. The first 100 bytes do say it.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::head::{looked_at, version};
use super::{Error, Stop, Upgrade, number, pages, schema};

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
    path.metadata().is_ok_and(|meta| meta.is_file()) && first_bytes(path).is_ok_and(|first| first.starts_with(MAGIC))
}

/// Device and number of a file: what a path or a link leads to.
type Place = (u64, u64);

/// Stores that this process has looked into, which stay open until it ends.
static LOOKED_INTO: Mutex<Vec<(Place, Arc<File>)>> = Mutex::new(Vec::new());

/// A file that is read without SQLite.
///
/// A store is never closed: the system takes all locks of a process from a file when the process closes
/// one handle of it, those of SQLite too, and another process would write where one of ours reads.
pub(super) fn file(path: &Path) -> io::Result<Arc<File>> {
    let mut files = LOOKED_INTO.lock().unwrap_or_else(PoisonError::into_inner);
    let known = |place| files.iter().find(|(known, _)| *known == place).map(|(_, file)| Arc::clone(file));
    if let Some(file) = known(place(&path.metadata()?)) {
        return Ok(file);
    }
    let file = Arc::new(File::open(path)?);
    let place = place(&file.metadata()?);
    let id = schema::APPLICATION_ID.to_be_bytes();
    if pages::first(&file)?.get(68..72) == id.get(4..) {
        files.push((place, Arc::clone(&file)));
    }
    Ok(file)
}

fn place(meta: &std::fs::Metadata) -> Place {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

/// The first 100 bytes of a file, or all of a shorter one.
pub(super) fn first_bytes(path: &Path) -> io::Result<Vec<u8>> {
    pages::first(&*file(path)?)
}

/// What the head of a file tells of its length.
struct Head {
    length: u64,
    /// 0 where the head does not say.
    expected: u64,
    /// Whether a journal next to it holds what the file may lack.
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
    let bytes = first_bytes(path).map_err(io)?;
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

/// The file that SQLite keeps next to `path`: next to the file itself where that is a link.
pub(super) fn sidecar(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path.canonicalize().unwrap_or_else(|_| path.to_owned()));
    name.push(end);
    PathBuf::from(name)
}

/// Opens a file of another program read-only, and leaves nothing next to it: no log, and no index
/// of one. Rows that wait in its log are read, too.
pub(super) fn input(path: &Path) -> Result<Connection, Error> {
    as_it_lies(path).map_err(|source| match source.sqlite_extended_error_code() {
        Some(ffi::SQLITE_READONLY_ROLLBACK) => {
            let what = "a killed program left a change half done, in the -journal file next to it; open the file once \
                        with a program that may write it";
            Error::NotImportable { path: path.to_owned(), what: what.to_owned() }
        }
        _ => Error::sqlite(path, source),
    })
}

/// Whether the head of a database says that changes go to a log next to it.
pub(super) fn is_logged(path: &Path) -> io::Result<bool> {
    Ok(first_bytes(path)?.get(18..20).is_some_and(|versions| versions.contains(&2)))
}

/// Opens a database for reading so that nothing is made, moved or removed next to it: for a folder
/// that may not be written, for files of others, and for a check that changes nothing.
///
/// SQLite makes a log and its index for a file in WAL mode, also for one who only reads, and a
/// reader cannot remove them again. How to avoid that depends on what is there already.
pub(super) fn as_it_lies(path: &Path) -> rusqlite::Result<Connection> {
    let length = |end| sidecar(path, end).metadata().ok().map(|meta| meta.len());
    let (parameter, alone) = match (is_logged(path).unwrap_or(false), length("-wal"), length("-shm")) {
        (false, ..) => ("cache=private".to_owned(), false),
        // Another program may be at work, and its locks are kept. Whatever there is of the index is
        // read, or made anew in memory.
        (true, Some(_), Some(_)) => ("readonly_shm=1".to_owned(), false),
        // A program that works with a log has an index, so no program does.
        (true, Some(1..), None) => (format!("vfs={}", pages::UNLOCKED), true),
        (true, ..) => ("immutable=1".to_owned(), false),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let db = Connection::open_with_flags(address(path, &parameter), flags)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    if alone {
        // The index of the log is in memory then.
        db.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
    }
    for_reading(&db)?;
    looked_at(&db)?;
    Ok(db)
}

/// What stays as it is in the path of an address.
const OF_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path as SQLite takes it with a parameter.
fn address(path: &Path, parameter: &str) -> String {
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
        // SQLite cannot make the index of the log next to it.
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
/// index of it next to itself. Where no other program is at work and the file may be written, it leaves
/// that mode.
#[derive(Debug)]
pub(super) struct Tidy(pub(super) Option<PathBuf>);

impl Drop for Tidy {
    fn drop(&mut self) {
        let Some(path) = &self.0 else { return };
        if ["-wal", "-shm"].iter().all(|end| !sidecar(path, end).exists()) {
            return;
        }
        // Whatever is wrong here is met, and reported, by the next program who opens the store.
        let _ = existing(path).and_then(|db| {
            db.busy_timeout(Duration::ZERO)?;
            alone(&db)
        });
    }
}

/// Undoes what a program that was killed in its first import left half done, which takes
/// a user who may write.
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
pub(super) fn wait_for_turn(db: &mut Connection, stop: &Stop) -> rusqlite::Result<()> {
    wait(db, stop, TURN_PATIENCE)
}

/// Has a connection that reads hear `stop` while it waits.
pub(super) fn wait_to_read(db: &mut Connection, stop: &Stop) -> rusqlite::Result<()> {
    wait(db, stop, READING_PATIENCE)
}

/// Has a connection wait so long for a lock, unless `stop` says so.
fn wait(db: &mut Connection, stop: &Stop, patience: Duration) -> rusqlite::Result<()> {
    let stop = Arc::clone(stop);
    db.busy_handler(Some(move |looks: i32| {
        thread::sleep(TURN_LOOK);
        let waited = TURN_LOOK.saturating_mul(looks.unsigned_abs());
        waited < patience && !stop()
    }))
}

/// Does again and again what SQLite refuses at once while another process is at work, without a
/// word to those who would wait: a change of the mode of the log.
fn patiently<T>(stop: &Stop, mut work: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let begun = Instant::now();
    loop {
        match work() {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && begun.elapsed() < PATIENCE
                    && !stop() =>
            {
                thread::sleep(TURN_LOOK);
            }
            done => return done,
        }
    }
}

/// Pages that SQLite keeps of a store that is read, in KiB.
pub(super) const CACHE: &str = "PRAGMA cache_size = -65536";

/// Settings of a connection that reads.
///
/// No memory map: a file that another process truncates would end this one.
pub(super) fn for_reading(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(READING_PATIENCE)?;
    plan_once(db)?;
    db.set_prepared_statement_cache_capacity(64);
    db.execute_batch("PRAGMA mmap_size = 0; PRAGMA query_only = ON;")?;
    db.execute_batch(CACHE)
}

/// Has SQLite keep the plan of a statement, whatever values it is given. Else it plans anew each
/// time that another value comes for a `LIMIT`, which takes longer than most of the questions here.
fn plan_once(db: &Connection) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Opens or makes a store to add to it.
pub(super) fn writable(path: &Path, stop: &Stop, tell: &mut dyn FnMut(&Upgrade) -> bool) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags).map_err(|source| Error::sqlite(path, source))?;
    set_up(&mut db, path, stop, tell)?;
    Ok(db)
}

/// Makes an empty file that its owner alone may read, unless something is there: what SQLite puts
/// next to it has the permissions of the file.
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
    set_up(&mut db, name, &super::never(), &mut |_| true)?;
    Ok(db)
}

/// A store in memory with two connections: one that writes, and one that reads meanwhile.
pub(super) fn in_shared_memory(name: &Path) -> Result<(Connection, Connection), Error> {
    // SQLite shares what has one name in one process; a name is used once.
    static USED: AtomicU64 = AtomicU64::new(0);
    let address = format!("file:/journey-{}?vfs=memdb", USED.fetch_add(1, Ordering::Relaxed));
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let at = |source| Error::sqlite(name, source);
    let open = || Connection::open_with_flags(&address, flags).map_err(at);
    let mut writing = open()?;
    set_up(&mut writing, name, &super::never(), &mut |_| true)?;
    let reading = open()?;
    for_reading(&reading).map_err(at)?;
    Ok((writing, reading))
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
fn set_up(db: &mut Connection, path: &Path, stop: &Stop, tell: &mut dyn FnMut(&Upgrade) -> bool) -> Result<(), Error> {
    let at = |source| Error::sqlite(path, source).unless_stopped(stop);
    wait(db, stop, PATIENCE).map_err(at)?;
    plan_once(db).map_err(at)?;
    db.set_prepared_statement_cache_capacity(64);
    db.pragma_update(None, "page_size", number::length(pages::PAGE_BYTES)).map_err(at)?;
    db.execute_batch("PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;").map_err(at)?;
    pages::plan(db).map_err(at)?;
    keep_pages(db, 0).map_err(at)?;
    if is_blank(db).map_err(at)? {
        // Another program may have made it, with pages of its own.
        if !patiently(stop, || pages::renew(db, &mut || !stop())).map_err(at)? {
            return Err(Error::Cancelled);
        }
        // Its first page waits for no disk: nothing can be lost yet.
        db.pragma_update(None, "synchronous", "OFF").map_err(at)?;
        patiently(stop, || ahead(db)).map_err(at)?;
    } else {
        check(db, path)?;
    }
    if !patiently(stop, || schema::migrate(db, tell)).map_err(at)? {
        return Err(Error::Cancelled);
    }
    wait_for_turn(db, stop).map_err(at)?;
    patiently(stop, || ahead(db)).map_err(at)
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

/// Leaves the log, where no other program is at work: the file is all that there is of the store then,
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
    Ok(match id {
        schema::APPLICATION_ID => None,
        // As an import leaves it that ended before its first row.
        0 if is_blank(db)? => Some("it is empty".to_owned()),
        _ => Some(format!("it is a SQLite file of another program (application_id {:#010x})", id & 0xffff_ffff)),
    })
}

/// Refuses a database that is no store, or a newer one.
pub(super) fn check(db: &Connection, path: &Path) -> Result<(), Error> {
    let at = |source| Error::sqlite(path, source);
    if let Some(found) = not_ours(db).map_err(at)? {
        return Err(Error::NotAStore { path: path.to_owned(), found });
    }
    let found = version(db).map_err(at)?;
    if found > schema::VERSION {
        return Err(Error::Newer { path: path.to_owned(), found, ours: schema::VERSION });
    }
    if found >= schema::WITH_SUMS && pages::state(db).map_err(at)? == pages::State::None {
        let what = "its head says that pages have no sums, and all of this version have".to_owned();
        return Err(Error::Corrupt { path: path.to_owned(), what });
    }
    Ok(())
}
