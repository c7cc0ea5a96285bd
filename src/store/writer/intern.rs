//! Texts that the store keeps once, under a number.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

use crate::store::segment::Hashing;

/// Texts that are remembered before older ones are let go: about 100 bytes each.
const REMEMBERED: usize = 1 << 19;

/// The numbers of the texts of one table, as far as they were met and are remembered.
#[derive(Debug)]
pub(super) struct Interner {
    select: &'static str,
    insert: &'static str,
    known: HashMap<Box<str>, i64, Hashing>,
    /// What was known when `known` was full last.
    before: HashMap<Box<str>, i64, Hashing>,
}

impl Interner {
    pub(super) fn ids() -> Self {
        Self::over("SELECT id FROM ids WHERE name = ?1", "INSERT INTO ids (name) VALUES (?1)")
    }

    pub(super) fn names() -> Self {
        Self::over("SELECT id FROM names WHERE name = ?1", "INSERT INTO names (name) VALUES (?1)")
    }

    fn over(select: &'static str, insert: &'static str) -> Self {
        Self { select, insert, known: HashMap::default(), before: HashMap::default() }
    }

    /// The number of `text`, a new one if the store does not have it.
    pub(super) fn number(&mut self, db: &Connection, text: &str) -> rusqlite::Result<i64> {
        if let Some(number) = self.known.get(text) {
            return Ok(*number);
        }
        let known = match self.before.get(text) {
            Some(number) => Some(*number),
            None => db.prepare_cached(self.select)?.query_row([text], |row| row.get(0)).optional()?,
        };
        let number = match known {
            Some(number) => number,
            None => db.prepare_cached(self.insert)?.insert([text])?,
        };
        if self.known.len() >= REMEMBERED {
            self.before = std::mem::take(&mut self.known);
        }
        self.known.insert(text.into(), number);
        Ok(number)
    }

    /// The transaction was rolled back: another connection may add the same texts under other
    /// numbers.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.before.clear();
    }
}
