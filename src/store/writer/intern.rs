//! Texts that the store keeps once, under a number.

use std::thread;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::model::VerbKind;
use crate::store::number;
use crate::store::segment::Numbered;

/// Texts that are remembered before older ones are let go: about 80 bytes each.
const REMEMBERED: usize = 1 << 19;

/// New texts that are written before the transaction ends, if there are not many more already: in
/// the order of their index they touch each of its pages, and a page should have several of them.
const MANY: i64 = 1 << 14;

/// Texts that are there for each new one, at most, when new ones are written early.
const THERE: i64 = 16;

/// Texts that are written before others get a turn: a tenth of a millisecond.
const TURN: usize = 64;

/// Which texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// Ids in any role.
    Ids,
    /// Names of events, each with the verb of its rows, and of programs: [`name_key`].
    Names,
}

/// The text that stands for a name and a verb among the texts of [`Table::Names`].
pub(super) fn name_key(verb: VerbKind, name: &str) -> String {
    format!("{}{name}", verb.number())
}

/// The name of a [`name_key`], and the number of its verb.
fn name_of_key(key: &str) -> (&str, u8) {
    let (verb, name) = key.split_at_checked(1).unwrap_or(("", key));
    (name, verb.parse().unwrap_or_default())
}

impl Table {
    fn next(self) -> &'static str {
        match self {
            Self::Ids => "SELECT coalesce(max(id), 0) + 1 FROM ids",
            Self::Names => "SELECT coalesce(max(id), 0) + 1 FROM names",
        }
    }

    /// The number that the table has for `text`.
    fn find(self, db: &Connection, text: &str) -> rusqlite::Result<Option<i64>> {
        let number = |row: &Row<'_>| row.get(0);
        match self {
            Self::Ids => db.prepare_cached("SELECT id FROM ids WHERE name = ?1")?.query_row([text], number),
            Self::Names => db
                .prepare_cached("SELECT id FROM names WHERE name = ?1 AND verb = ?2")?
                .query_row(name_of_key(text), number),
        }
        .optional()
    }

    fn insert(self) -> &'static str {
        match self {
            Self::Ids => "INSERT INTO ids (id, name) VALUES (?1, ?2)",
            Self::Names => "INSERT INTO names (id, name, verb) VALUES (?1, ?2, ?3)",
        }
    }
}

/// Texts and their numbers in a table.
#[derive(Debug, Default)]
struct Known {
    texts: Numbered,
    /// In the order of the texts.
    numbers: Vec<i64>,
}

impl Known {
    fn get(&self, text: &str) -> Option<i64> {
        self.numbers.get(usize::try_from(self.texts.find(text)?).ok()?).copied()
    }

    /// Adds a text that is not known; gives its place.
    fn insert(&mut self, text: &str, number: i64) -> u32 {
        self.numbers.push(number);
        self.texts.number(text)
    }
}

/// The numbers of the texts of one table, as far as they were met and are remembered.
#[derive(Debug)]
pub(super) struct Interner {
    table: Table,
    known: Known,
    /// What was known when `known` was full last.
    before: Known,
    /// All texts of the table are known: what is not known is new.
    complete: bool,
    /// The number of the next new text.
    next: i64,
    /// What `next` was when the transaction was opened.
    first_new: i64,
    /// The places among the known of those that are new in the open transaction, and not yet
    /// written; their numbers end at `next`.
    new: Vec<u32>,
}

impl Interner {
    pub(super) fn over(table: Table) -> Self {
        let (known, before) = (Known::default(), Known::default());
        Self { table, known, before, complete: true, next: 1, first_new: 1, new: Vec::new() }
    }

    /// A transaction was opened: no other program adds texts until it ends.
    pub(super) fn begin(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let next = db.prepare_cached(self.table.next())?.query_row([], |row| row.get(0))?;
        // Another connection added texts.
        self.complete &= next == self.next;
        self.next = next;
        self.first_new = next;
        Ok(())
    }

    /// The first of the numbers that are new in the open transaction.
    pub(super) fn first_new(&self) -> i64 {
        self.first_new
    }

    /// How many texts of the table may be asked for: none where all of them are known.
    pub(super) fn asked_for(&self) -> i64 {
        if self.complete { 0 } else { self.first_new - 1 }
    }

    /// The number of `text`, a new one if the store does not have it.
    pub(super) fn number(&mut self, db: &Connection, text: &str) -> rusqlite::Result<i64> {
        if let Some(number) = self.known.get(text) {
            return Ok(number);
        }
        let number = match self.before.get(text) {
            Some(number) => Some(number),
            None if self.complete => None,
            None => self.table.find(db, text)?,
        };
        if self.known.numbers.len() >= REMEMBERED {
            // What is new must be found until it is written.
            self.write(db)?;
            self.complete &= self.before.numbers.is_empty();
            self.before = std::mem::take(&mut self.known);
        }
        let is_new = number.is_none();
        let number = number.unwrap_or(self.next);
        let place = self.known.insert(text, number);
        if is_new {
            self.new.push(place);
            self.next += 1;
        }
        Ok(number)
    }

    /// Writes the new texts if they are many: the end of the transaction, which others wait for,
    /// has less to do then.
    pub(super) fn write_many(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let many = MANY.max(self.next / THERE);
        if number::length(self.new.len()) >= many { self.write(db) } else { Ok(()) }
    }

    /// Writes the new texts, in the order of their index.
    pub(super) fn write(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let first = self.next - number::length(self.new.len());
        let texts = &self.known.texts;
        let mut new: Vec<(&str, i64)> = self.new.drain(..).map(|place| texts.text(place)).zip(first..).collect();
        new.sort_unstable();
        let mut insert = db.prepare_cached(self.table.insert())?;
        for (place, (text, number)) in new.into_iter().enumerate() {
            if place % TURN == 0 {
                // This goes on for long, and a person who waits at a screen goes first.
                thread::yield_now();
            }
            match self.table {
                Table::Ids => insert.execute((number, text))?,
                Table::Names => {
                    let (name, verb) = name_of_key(text);
                    insert.execute((number, name, verb))?
                }
            };
        }
        Ok(())
    }

    /// The transaction was rolled back: another connection may add the same texts under other
    /// numbers.
    pub(super) fn forget(&mut self) {
        self.known = Known::default();
        self.before = Known::default();
        self.new.clear();
        self.complete = false;
    }
}
