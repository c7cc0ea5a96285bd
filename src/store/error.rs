//! What can go wrong with a store, and what to do about it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};

use super::Stop;
use crate::output;

/// A store, or a foreign SQLite file, that cannot be used.
///
/// Each says what happened and to which file; [`Error::advice`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No file is there.
    #[error("there is no store at {}", path.display())]
    NotFound {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file is there, and it is something else.
    #[error("{} is not a store: {found}", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// A newer `journey` wrote it.
    #[error("{} has store version {found}, this program knows versions up to {ours}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version known here.
        ours: i64,
    },
    /// An older `journey` wrote it, and a reader may not bring it up to date.
    #[error("{} has store version {found}, this program needs version {ours}", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version needed.
        ours: i64,
    },
    /// Another process holds it.
    #[error("{} is locked by another process", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder may not be written.
    #[error("{} cannot be written", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Part of the file is missing or makes no sense.
    #[error("{} is damaged: {what}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// No room is left on the disk.
    #[error("no room is left for {}", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The system allows this program no more open files.
    #[error("{} cannot be opened: this program may not have more files open", path.display())]
    TooManyFiles {
        /// The file.
        path: PathBuf,
    },
    /// Writing failed, for a reason that SQLite does not tell.
    #[error("{} cannot be written any further", path.display())]
    NotWritten {
        /// The file.
        path: PathBuf,
        /// Its words.
        source: rusqlite::Error,
    },
    /// A value is larger than SQLite takes.
    #[error("a value for {} is larger than SQLite takes (1 GB)", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A question in SQL that cannot be answered.
    #[error("the question cannot be answered: {what}")]
    Question {
        /// What is wrong with it.
        what: String,
    },
    /// Something is where a new file was to be.
    #[error("{} is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A copy was to replace what it is a copy of.
    #[error("{} is the store itself, or belongs to it", path.display())]
    Itself {
        /// The file.
        path: PathBuf,
    },
    /// The query was aborted by [`super::Reader::on_progress`].
    #[error("the query was cancelled")]
    Cancelled,
    /// A row, file or chunk was named that the store does not have.
    #[error("{} has no {what}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        what: String,
    },
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Properties cannot be packed: memory is short.
    #[error("properties cannot be packed: {source}")]
    Pack {
        /// Why.
        source: io::Error,
    },
    /// A foreign SQLite file without the tables that are looked for.
    #[error("{} cannot be imported: {what}", path.display())]
    NotImportable {
        /// The file.
        path: PathBuf,
        /// What is missing, or what it is.
        what: String,
    },
    /// Anything else that SQLite says.
    #[error("SQLite cannot work with {}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Its words.
        source: rusqlite::Error,
    },
}

impl Error {
    /// What to do about it, as one sentence; `None` where nothing helps.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotFound { .. } => "make one with `journey import FILE`, or name another with --store",
            Self::NotAStore { .. } => "name another file with --store; to read this one as data, use `journey import`",
            Self::Newer { .. } => "update `journey`, or import the files again into a new store",
            Self::Older { .. } => "bring it up to date with any `journey import` into it",
            Self::Busy { .. } => {
                "wait until the other program is done with it (an import shows how far it is), then try again"
            }
            Self::ReadOnly { .. } => "check the permissions of the file and of its folder, or copy it elsewhere",
            Self::Corrupt { .. } => "import the files again into a new store",
            Self::Full { .. } => "free disk space and run the import again: it resumes where it stopped",
            Self::TooManyFiles { .. } => MORE_DESCRIPTORS,
            Self::NotWritten { .. } => {
                "check the disk, its quota and the largest size of a file that is allowed (ulimit -f), then run the \
                 import again: it resumes where it stopped"
            }
            Self::TooLarge { .. } => "leave the value out",
            Self::Missing { .. } => "the store was replaced or changed by hand; open it again",
            Self::Io { .. } => "check that the path is right and may be used",
            Self::NotImportable { .. } => {
                "a SQLite file needs a table of events (event, distinct_id, time) or `aliases` (alias, distinct_id); a \
                 store of this program is opened with --store"
            }
            Self::Question { .. } => {
                "`journey sql \"SELECT * FROM events LIMIT 5\"` shows the columns; the other view is `aliases`, \
                 and props(id) gives the properties of a row"
            }
            Self::Itself { .. } => "name another file",
            Self::Exists { .. } => "name another file, or give --force to have it replaced",
            Self::Cancelled | Self::Pack { .. } | Self::Sqlite { .. } => return None,
        })
    }

    /// A wait for a lock that was ended because a person wants to stop is no lock.
    pub(super) fn unless_stopped(self, stop: &Stop) -> Self {
        if matches!(self, Self::Busy { .. }) && stop() { Self::Cancelled } else { self }
    }

    /// The error that the system gave while working with `path`.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            _ if is_out_of_descriptors(&source) => Self::TooManyFiles { path },
            _ => Self::Io { path, source },
        }
    }

    /// The error that SQLite gave while working with `path`.
    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_extended_error_code() {
            Some(ffi::SQLITE_IOERR_SHORT_READ) => {
                return Self::Corrupt { path, what: "it ends too early".to_owned() };
            }
            Some(ffi::SQLITE_IOERR_DATA) => {
                return Self::Corrupt { path, what: "a page of it differs from what was written".to_owned() };
            }
            Some(
                ffi::SQLITE_IOERR_WRITE
                | ffi::SQLITE_IOERR_FSYNC
                | ffi::SQLITE_IOERR_DIR_FSYNC
                | ffi::SQLITE_IOERR_TRUNCATE
                | ffi::SQLITE_IOERR_SHMSIZE,
            ) => return Self::NotWritten { path, source },
            _ => {}
        }
        match source.sqlite_error_code() {
            // SQLite says the same of each file that the system did not open.
            Some(ErrorCode::CannotOpen) if no_file_can_be_opened() => Self::TooManyFiles { path },
            Some(ErrorCode::TooBig) => Self::TooLarge { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            // A file that is there can be opened, but SQLite may not put its journal next to it.
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => Self::ReadOnly { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt { path, what: source.to_string() },
            Some(ErrorCode::NotADatabase) => Self::NotAStore { path, found: "it is no SQLite file".to_owned() },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::OperationInterrupted) => Self::Cancelled,
            _ => match source {
                // Of our own tables only a damaged file gives a value of a wrong type.
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..) => Self::Corrupt { path, what: source.to_string() },
                // The statement is one of ours, and may be the tables of a whole store.
                rusqlite::Error::SqlInputError { error, msg, .. } => {
                    Self::Sqlite { path, source: rusqlite::Error::SqliteFailure(error, Some(msg)) }
                }
                source => Self::Sqlite { path, source },
            },
        }
    }
}

/// What to do where no more files can be opened.
pub const MORE_DESCRIPTORS: &str =
    "let this program open more files (ulimit -n), or close others that hold many open, and try again";

/// Whether the system has no room for one more open file: of the process (`EMFILE`), or in all
/// (`ENFILE`). Both have had these numbers since the first Unix; Rust has no name for them.
pub fn is_out_of_descriptors(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

/// Whether the system refuses to open anything at all just now. SQLite opens a store, its log and
/// the index of that.
fn no_file_can_be_opened() -> bool {
    let files: io::Result<Vec<File>> = (0..3).map(|_| File::open("/dev/null")).collect();
    files.is_err_and(|error| is_out_of_descriptors(&error))
}

impl From<output::Error> for Error {
    fn from(error: output::Error) -> Self {
        match error {
            output::Error::Exists { path } => Self::Exists { path },
            output::Error::InUse { path } => Self::Busy { path },
            output::Error::Io { path, source } => Self::io(&path, source),
            output::Error::IsStore { path } | output::Error::IsInput { path } => Self::Itself { path },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: i32) -> Error {
        Error::sqlite(Path::new("s"), rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn a_statement_is_not_in_what_is_said_of_it() {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        let said = Error::sqlite(Path::new("s"), db.execute_batch("SELECT 1 FROM nothing_here").unwrap_err());
        assert_eq!(said.to_string(), "SQLite cannot work with s: no such table: nothing_here");
    }

    #[test]
    fn what_sqlite_says_becomes_what_happened() {
        assert!(matches!(of(ffi::SQLITE_BUSY), Error::Busy { .. }));
        assert!(matches!(of(ffi::SQLITE_LOCKED), Error::Busy { .. }));
        assert!(matches!(of(ffi::SQLITE_READONLY), Error::ReadOnly { .. }));
        assert!(matches!(of(ffi::SQLITE_CANTOPEN), Error::ReadOnly { .. }));
        assert!(matches!(of(ffi::SQLITE_CORRUPT), Error::Corrupt { .. }));
        assert!(matches!(of(ffi::SQLITE_IOERR_SHORT_READ), Error::Corrupt { .. }));
        assert!(matches!(of(ffi::SQLITE_IOERR_DATA), Error::Corrupt { .. }));
        assert!(matches!(of(ffi::SQLITE_NOTADB), Error::NotAStore { .. }));
        assert!(matches!(of(ffi::SQLITE_FULL), Error::Full { .. }));
        assert!(matches!(of(ffi::SQLITE_INTERRUPT), Error::Cancelled));
        assert!(matches!(of(ffi::SQLITE_IOERR_WRITE), Error::NotWritten { .. }));
        assert!(matches!(of(ffi::SQLITE_TOOBIG), Error::TooLarge { .. }));
        assert!(matches!(of(ffi::SQLITE_NOMEM), Error::Sqlite { .. }));
    }

    #[test]
    fn a_file_is_named_in_its_error() {
        assert_eq!(of(ffi::SQLITE_FULL).to_string(), "no room is left for s");
    }
}
