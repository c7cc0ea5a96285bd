//! Pairs of ids that rows put together, added up until they are written.

use std::cmp::Ordering;
use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

use super::bulk::Bulk;
use crate::store::segment::{First, Hashing};

/// The key of a link; compares as the table is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pair {
    pub(super) a: i64,
    pub(super) kind: i64,
    pub(super) b: i64,
}

/// How many rows have a link, and the first of them to arrive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum {
    pub(super) rows: i64,
    pub(super) file: i64,
    pub(super) first: First,
}

/// Links of the open transaction.
#[derive(Debug, Default)]
pub(super) struct Links {
    waiting: HashMap<Pair, Sum, Hashing>,
    /// Some were written in the open transaction.
    some_written: bool,
}

impl Links {
    /// Adds links to those that wait.
    pub(super) fn add(&mut self, db: &Connection, links: impl Iterator<Item = (Pair, Sum)>) -> rusqlite::Result<()> {
        for (pair, sum) in links {
            match self.waiting.get_mut(&pair) {
                Some(known) => *known = added(db, *known, sum)?,
                None => drop(self.waiting.insert(pair, sum)),
            }
        }
        Ok(())
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Writes the links that wait. Before the open transaction the store had none with an `a`
    /// from `first_new` on.
    pub(super) fn write(&mut self, db: &Connection, first_new: i64) -> rusqlite::Result<()> {
        let first_new = if self.some_written { i64::MAX } else { first_new };
        self.some_written = true;
        let mut links: Vec<(Pair, Sum)> = self.waiting.drain().collect();
        links.sort_unstable_by_key(|(pair, _)| *pair);
        let mut select = db.prepare_cached(
            "SELECT rows, t, arrived, file, line, nth FROM links WHERE a = ?1 AND kind = ?2 AND b = ?3",
        )?;
        let mut update = db.prepare_cached(
            "UPDATE links SET rows = ?4, t = ?5, arrived = ?6, file = ?7, line = ?8, nth = ?9
             WHERE a = ?1 AND kind = ?2 AND b = ?3",
        )?;
        let mut insert = Bulk::into(db, "links", 9)?;
        for (pair, sum) in links {
            let Pair { a, kind, b } = pair;
            let known = if a < first_new {
                let known = select.query_row([a, kind, b], |row| {
                    let first = First { t: row.get(1)?, arrived: row.get(2)?, line: row.get(4)?, nth: row.get(5)? };
                    Ok(Sum { rows: row.get(0)?, file: row.get(3)?, first })
                });
                known.optional()?
            } else {
                None
            };
            let Sum { rows, file, first: First { t, arrived, line, nth } } = match known {
                Some(known) => added(db, known, sum)?,
                None => sum,
            };
            let row = [a, kind, b, rows, t, arrived, file, line, nth];
            if known.is_some() {
                update.execute(row)?;
            } else {
                insert.add(&row.map(Some))?;
            }
        }
        insert.finish()
    }

    /// A transaction was opened.
    pub(super) fn begin(&mut self) {
        self.some_written = false;
    }

    /// The transaction was rolled back.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
    }
}

/// Both together.
///
/// The row that is kept for a link is the first to arrive, whatever the order of imports: ties
/// go to the name of the file, then its content, then the line.
fn added(db: &Connection, one: Sum, other: Sum) -> rusqlite::Result<Sum> {
    let order = match one.first.arrived.cmp(&other.first.arrived) {
        Ordering::Equal if one.file == other.file => one.first.order().cmp(&other.first.order()),
        Ordering::Equal => compare_files(db, one.file, other.file)?,
        order => order,
    };
    let first = if order.is_le() { one } else { other };
    Ok(Sum { rows: one.rows + other.rows, ..first })
}

/// The order of two files, as a reader has them.
fn compare_files(db: &Connection, one: i64, other: i64) -> rusqlite::Result<Ordering> {
    let mut select = db.prepare_cached("SELECT name, fingerprint FROM files WHERE id = ?1")?;
    let mut key = |file: i64| select.query_row([file], |row| Ok((row.get(0)?, row.get(1)?, file)));
    let (one, other): ((String, i64, i64), (String, i64, i64)) = (key(one)?, key(other)?);
    Ok(one.cmp(&other))
}
