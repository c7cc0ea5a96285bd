//! Opening a store so that nothing is made, moved or removed beside it.
//!
//! SQLite makes a log and its index for a file in WAL mode, also for one who only reads, and a
//! reader cannot remove them again. How to avoid that depends on what is there already.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};

use super::Problem;
use crate::store::{Error, open, schema};

/// For a log without an index: only so SQLite keeps the index in memory.
const WITHOUT_LOCKS: &str = "vfs=unix-none";

/// How a store was opened.
pub(super) enum Opened {
    /// It can be read; what is beside it.
    Ready(Box<Connection>, Option<Problem>),
    /// A change that was not finished has to be undone first, which takes one who writes.
    Unfinished {
        /// Version that the head of the file has.
        version: i64,
        /// Length of the journal.
        bytes: u64,
    },
}

/// Opens the store at `path`.
pub(super) fn open(path: &Path) -> Result<Opened, Error> {
    let at = |source| Error::sqlite(path, source);
    let length = |end| open::sidecar(path, end).metadata().ok().map(|meta| meta.len());
    let (log, index, journal) = (length("-wal"), length("-shm"), length("-journal"));
    let head = head(path)?;
    // Byte 18 of the head is 2 in WAL mode.
    if head.get(18) == Some(&2) {
        let bytes = log.unwrap_or(0);
        let beside = (bytes > 0).then_some(Problem::Log { bytes });
        let db = match (log, index) {
            // Whatever there is of the index is read, or made anew in memory.
            (Some(_), Some(_)) => connect(path, "readonly_shm=1", false),
            // One who works with a log has an index, so nobody does.
            (Some(1..), None) => connect(path, WITHOUT_LOCKS, true),
            _ => connect(path, "immutable=1", false),
        };
        return Ok(Opened::Ready(Box::new(db.map_err(at)?), beside));
    }
    let bytes = journal.unwrap_or(0);
    match connect(path, "cache=private", false) {
        Ok(db) => Ok(Opened::Ready(Box::new(db), (bytes > 0).then_some(Problem::Journal { bytes, in_the_way: false }))),
        Err(error) if error.sqlite_extended_error_code() == Some(ffi::SQLITE_READONLY_ROLLBACK) => {
            unfinished(path, &head, bytes)
        }
        Err(error) => Err(at(error)),
    }
}

fn connect(path: &Path, parameter: &str, alone: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let db = Connection::open_with_flags(open::address(path, parameter), flags)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    if alone {
        // The index of the log is in memory then.
        db.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
    }
    open::for_reading(&db)?;
    open::looked_at(&db)?;
    Ok(db)
}

/// The first 100 bytes.
fn head(path: &Path) -> Result<Vec<u8>, Error> {
    let mut head = Vec::with_capacity(100);
    let read = File::open(path).and_then(|file| file.take(100).read_to_end(&mut head));
    read.map(|_| head).map_err(|source| Error::io(path, source))
}

/// What can be said of a store whose last change was not finished: the first of all changes may
/// not have come to the application id yet.
fn unfinished(path: &Path, head: &[u8], bytes: u64) -> Result<Opened, Error> {
    let number = |at: usize| {
        let bytes = head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
        i64::from(u32::from_be_bytes(bytes))
    };
    let (version, id) = (number(60), number(68));
    if id != schema::APPLICATION_ID && id != 0 {
        let found = format!("it is a SQLite file of another program (application_id {id:#010x})");
        return Err(Error::NotAStore { path: path.to_owned(), found });
    }
    if version > schema::VERSION {
        return Err(Error::Newer { path: path.to_owned(), found: version, ours: schema::VERSION });
    }
    Ok(Opened::Unfinished { version, bytes })
}
