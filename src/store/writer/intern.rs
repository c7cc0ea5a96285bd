//! Texts that the store keeps once, under a number.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

/// The numbers of the texts of one table, as far as they were met.
///
/// Memory grows with the number of different texts of an import, about 100 bytes each.
#[derive(Debug)]
pub(super) struct Interner {
    select: &'static str,
    insert: &'static str,
    known: HashMap<Box<str>, i64>,
    /// Met in the transaction that is open: another connection may add the same texts under
    /// other numbers if this one is rolled back.
    fresh: Vec<Box<str>>,
}

impl Interner {
    pub(super) fn ids() -> Self {
        Self::over("SELECT id FROM ids WHERE name = ?1", "INSERT INTO ids (name) VALUES (?1)")
    }

    pub(super) fn names() -> Self {
        Self::over("SELECT id FROM names WHERE name = ?1", "INSERT INTO names (name) VALUES (?1)")
    }

    fn over(select: &'static str, insert: &'static str) -> Self {
        Self { select, insert, known: HashMap::new(), fresh: Vec::new() }
    }

    /// The number of `text`, a new one if the store does not have it.
    pub(super) fn number(&mut self, db: &Connection, text: &str) -> rusqlite::Result<i64> {
        if let Some(number) = self.known.get(text) {
            return Ok(*number);
        }
        let found = db.prepare_cached(self.select)?.query_row([text], |row| row.get(0)).optional()?;
        let number = match found {
            Some(number) => number,
            None => db.prepare_cached(self.insert)?.insert([text])?,
        };
        self.known.insert(text.into(), number);
        self.fresh.push(text.into());
        Ok(number)
    }

    /// The transaction was committed.
    pub(super) fn keep(&mut self) {
        self.fresh.clear();
    }

    /// The transaction was rolled back.
    pub(super) fn forget(&mut self) {
        for text in self.fresh.drain(..) {
            self.known.remove(&text);
        }
    }
}
