//! Files in an order that does not depend on the order of imports.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::Connection;
use rustc_hash::FxHashMap;

use crate::model::facts::{Origin, Source};

/// The files of the store at one moment.
#[derive(Debug)]
pub(super) struct Files {
    /// `PRAGMA data_version` they were read at.
    pub(super) version: i64,
    by_id: FxHashMap<i64, Arc<Origin>>,
}

impl Files {
    pub(super) fn read(db: &Connection, version: i64, knows_vendors: bool) -> rusqlite::Result<Self> {
        let mut by_id = FxHashMap::default();
        // The same order as of `ORDER` in `facts.rs`.
        let mut select = db.prepare_cached(if knows_vendors {
            "SELECT id, name, vendor FROM files ORDER BY name, fingerprint, id"
        } else {
            "SELECT id, name, 'Mixpanel' FROM files ORDER BY name, fingerprint, id"
        })?;
        let mut rows = select.query([])?;
        let mut rank = 0;
        while let Some(row) = rows.next()? {
            let (name, vendor): (String, String) = (row.get(1)?, row.get(2)?);
            by_id.insert(row.get(0)?, Arc::new(Origin { file: name.into(), vendor: vendor.into(), rank }));
            rank += 1;
        }
        Ok(Self { version, by_id })
    }

    /// Whose rows the files hold, each vendor once.
    pub(super) fn vendors(&self) -> Vec<String> {
        let vendors: BTreeSet<&str> = self.by_id.values().map(|origin| &*origin.vendor).collect();
        vendors.into_iter().map(str::to_owned).collect()
    }

    /// The same for another thread: two cores that count the holders of one text wait for each other.
    pub(super) fn copied(&self) -> Self {
        let copy = |origin: &Origin| Arc::new(Origin { file: Arc::from(&*origin.file), ..origin.clone() });
        Self { version: self.version, by_id: self.by_id.iter().map(|(id, origin)| (*id, copy(origin))).collect() }
    }

    /// Where `line` of a file is; `None` for a file that the store does not have.
    pub(super) fn source(&self, file: i64, line: i64) -> Option<Source> {
        let origin = Arc::clone(self.by_id.get(&file)?);
        Some(Source { origin, line: super::number::from_sql(line) })
    }
}
