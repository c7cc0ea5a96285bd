//! What lies next to a store, and opening it as it lies there.

use std::path::Path;

use rusqlite::{Connection, ffi};

use super::Problem;
use crate::store::{Error, open, schema};

/// How a store was opened.
pub(super) enum Opened {
    /// It can be read; what is next to it.
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
    let length = |end| open::sidecar(path, end).metadata().map_or(0, |meta| meta.len());
    let (log, journal) = (length("-wal"), length("-journal"));
    let is_logged = open::is_logged(path).map_err(|source| Error::io(path, source))?;
    match open::as_it_lies(path) {
        Ok(db) => {
            let log = (is_logged && log > 0).then_some(Problem::Log { bytes: log });
            let journal = (!is_logged && journal > 0).then_some(Problem::Journal { bytes: journal, in_the_way: false });
            Ok(Opened::Ready(Box::new(db), log.or(journal)))
        }
        Err(error) if error.sqlite_extended_error_code() == Some(ffi::SQLITE_READONLY_ROLLBACK) => {
            unfinished(path, journal)
        }
        Err(error) => Err(Error::sqlite(path, error)),
    }
}

/// What can be said of a store whose last change was not finished: the first of all changes may
/// not have come to the application id yet.
fn unfinished(path: &Path, bytes: u64) -> Result<Opened, Error> {
    let head = open::first_bytes(path).map_err(|source| Error::io(path, source))?;
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
