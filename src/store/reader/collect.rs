//! Reading many texts with one question.
//!
//! A row that is asked for column by column costs two calls into SQLite a column. Here SQLite
//! calls us instead, once a row with all of its columns, as it does for `sum()`: an aggregate
//! that keeps its arguments. Half of the time for the same rows.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::{CachedStatement, Connection};

use super::texts::Texts;

/// Where texts are put, in lower case.
#[derive(Clone, Debug)]
pub(super) struct TextCollector(Arc<Mutex<Texts>>);

impl TextCollector {
    /// Makes the function `collect_texts` known to a connection.
    pub(super) fn of(db: &Connection) -> rusqlite::Result<Self> {
        let collector = Self(Arc::new(Mutex::new(Texts::default())));
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        db.create_aggregate_function("collect_texts", 2, flags, collector.clone())?;
        Ok(collector)
    }

    /// What `collect` gives for the `limit` rows with numbers above `last`.
    pub(super) fn texts(&self, collect: &mut CachedStatement<'_>, last: i64, limit: i64) -> rusqlite::Result<Texts> {
        collect.query_row([last, limit], |_| Ok(()))?;
        Ok(mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Aggregate<Texts, i64> for TextCollector {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Texts> {
        Ok(Texts::default())
    }

    fn step(&self, row: &mut Context<'_>, texts: &mut Texts) -> rusqlite::Result<()> {
        let text = row.get_raw(1);
        texts.push(row.get(0)?, text.as_bytes().unwrap_or_default());
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, texts: Option<Texts>) -> rusqlite::Result<i64> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = texts.unwrap_or_default();
        Ok(0)
    }
}
