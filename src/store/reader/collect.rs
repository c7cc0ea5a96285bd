//! Reading many rows with one question.
//!
//! A row that is asked for column by column costs two calls into SQLite a column. Here SQLite
//! calls us instead, once a row with all of its columns, as it does for `sum()`: an aggregate
//! that keeps its arguments. Half of the time for the same rows.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection};

use super::arena::Texts;
use crate::model::Millis;

/// A row of `rows`; 0 stands for no number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thin {
    pub(super) id: i64,
    pub(super) t: Millis,
    pub(super) arrived: Millis,
    pub(super) ev: i64,
    pub(super) device: i64,
    pub(super) user: i64,
    pub(super) other: i64,
    pub(super) client: i64,
    pub(super) hash: i64,
    pub(super) file: i64,
    pub(super) line: i64,
    pub(super) nth: i64,
    pub(super) flags: u32,
}

/// Takes the rows from position `?1` to before `?2`.
pub(super) const COLLECT: &str = "
SELECT collect_rows(id, t, arrived, ev, device, user, other, client, hash, file, line, nth, flags)
FROM rows WHERE id >= ?1 AND id < ?2";

/// Columns of a row.
const COLUMNS: usize = 13;

/// The rows that [`COLLECT`] has taken, or the column of one that is no number.
type Collected = Result<Vec<Thin>, usize>;

/// Where rows are put.
#[derive(Clone, Debug)]
pub(super) struct Collector(Arc<Mutex<Collected>>);

impl Collector {
    /// Makes the function known to a connection.
    pub(super) fn of(db: &Connection) -> rusqlite::Result<Self> {
        let collector = Self(Arc::new(Mutex::new(Ok(Vec::new()))));
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        let arguments = i32::try_from(COLUMNS).unwrap_or(-1);
        db.create_aggregate_function("collect_rows", arguments, flags, collector.clone())?;
        Ok(collector)
    }

    /// The rows at the positions from `lo` to before `hi`, in their order; the error of the
    /// inner result is the column that makes no sense.
    pub(super) fn rows(&self, collect: &mut CachedStatement<'_>, lo: i64, hi: i64) -> rusqlite::Result<Collected> {
        collect.query_row([lo, hi], |_| Ok(()))?;
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(mem::replace(&mut *collected, Ok(Vec::new())))
    }
}

impl Aggregate<Collected, i64> for Collector {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Collected> {
        Ok(Ok(Vec::new()))
    }

    fn step(&self, row: &mut Context<'_>, collected: &mut Collected) -> rusqlite::Result<()> {
        let Ok(rows) = collected else { return Ok(()) };
        match thin(row) {
            Ok(thin) => rows.push(thin),
            Err(column) => *collected = Err(column),
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, collected: Option<Collected>) -> rusqlite::Result<i64> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = collected.unwrap_or_else(|| Ok(Vec::new()));
        Ok(0)
    }
}

/// The row that the arguments are; the error is the column that is no number.
fn thin(row: &Context<'_>) -> Result<Thin, usize> {
    let or_none = |column| match row.get_raw(column) {
        ValueRef::Integer(number) => Ok(number),
        ValueRef::Null => Ok(0),
        _ => Err(column),
    };
    let number = |column| match row.get_raw(column) {
        ValueRef::Integer(number) => Ok(number),
        _ => Err(column),
    };
    Ok(Thin {
        id: number(0)?,
        t: number(1)?,
        arrived: number(2)?,
        ev: number(3)?,
        device: or_none(4)?,
        user: or_none(5)?,
        other: or_none(6)?,
        client: or_none(7)?,
        hash: number(8)?,
        file: number(9)?,
        line: number(10)?,
        nth: number(11)?,
        flags: u32::try_from(number(12)?).map_err(|_| 12_usize)?,
    })
}

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
