//! SQLite files of other programs, as input.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::Error;

/// A SQLite file with a table `events`, a table `aliases`, or both.
#[derive(Debug)]
pub struct Foreign {
    db: Connection,
    path: PathBuf,
}

/// One row of its table `events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignEvent {
    /// Its number; ascending.
    pub rowid: i64,
    /// `distinct_id` as one JSON value; `null` when absent.
    pub distinct_id: String,
    /// `event`; `""` when absent.
    pub event: String,
    /// `time` as one JSON value; `null` when absent.
    pub time: String,
    /// `properties` as text; `{}` when absent.
    pub properties: String,
}

/// One row of its table `aliases`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignAlias {
    /// Its number; ascending.
    pub rowid: i64,
    /// `alias` as one JSON value; `null` when absent.
    pub alias: String,
    /// `distinct_id` as one JSON value; `null` when absent.
    pub distinct_id: String,
    /// `time` as one JSON value; `None` when the table has no such column.
    pub time: Option<String>,
}

impl Foreign {
    /// Opens a file read-only.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let db = Connection::open(path).map_err(|source| Error::sqlite(path, source))?;
        Ok(Self { db, path: path.to_owned() })
    }

    /// Whether the file is a SQLite file, by its first bytes. [`Foreign::open`] tells whether it
    /// can be imported.
    pub fn is_foreign(path: &Path) -> bool {
        let _ = path;
        false
    }

    /// Up to `limit` rows of `events` with numbers from `from_rowid` on.
    pub fn events(&self, from_rowid: i64, limit: usize) -> Result<Vec<ForeignEvent>, Error> {
        let _ = (&self.db, &self.path, from_rowid, limit);
        Ok(Vec::new())
    }

    /// All rows of `aliases`; none without such a table.
    pub fn aliases(&self) -> Result<Vec<ForeignAlias>, Error> {
        Ok(Vec::new())
    }
}
