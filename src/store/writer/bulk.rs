//! Many narrow rows into one table.

use rusqlite::{CachedStatement, Connection, ffi};

use crate::store::number;

/// Rows of one statement: most of what a statement costs is not its rows.
const AT_ONCE: usize = 64;

/// Inserts rows of numbers, several with one statement.
pub(in crate::store) struct Bulk<'c> {
    db: &'c Connection,
    many: CachedStatement<'c>,
    one: CachedStatement<'c>,
    width: usize,
    waiting: Vec<Option<i64>>,
    numbers: Option<Numbers<'c>>,
}

/// The numbers of rows that follow each other.
struct Numbers<'c> {
    first: i64,
    /// Inserts the row that has the first number; SQLite gives the others theirs.
    begin: CachedStatement<'c>,
    rows: usize,
}

impl<'c> Bulk<'c> {
    /// Rows of `width` numbers into all columns of a table.
    pub(in crate::store) fn into(db: &'c Connection, table: &str, width: usize) -> rusqlite::Result<Self> {
        Self::with(db, table, width, None)
    }

    /// Rows into these columns of a table, behind all of its rows: the number of the first is
    /// `first`, that of each other one more than that of the row before it.
    ///
    /// A number that SQLite gives needs no look whether it is taken, and no copy of the page for
    /// the case that it is no number: a third less than a number of ours.
    pub(in crate::store) fn behind(
        db: &'c Connection,
        table: &str,
        columns: &[&str],
        first: i64,
    ) -> rusqlite::Result<Self> {
        let others = columns.join(",");
        let begin = db.prepare_cached(&insert(&format!("{table}(id,{others})"), columns.len() + 1, 1))?;
        let numbers = Numbers { first, begin, rows: 0 };
        Self::with(db, &format!("{table}({others})"), columns.len(), Some(numbers))
    }

    fn with(db: &'c Connection, place: &str, width: usize, numbers: Option<Numbers<'c>>) -> rusqlite::Result<Self> {
        let many = db.prepare_cached(&insert(place, width, AT_ONCE))?;
        let one = db.prepare_cached(&insert(place, width, 1))?;
        Ok(Self { db, many, one, width, waiting: Vec::with_capacity(width * AT_ONCE), numbers })
    }

    /// Adds a row of as many numbers as there are columns.
    pub(in crate::store) fn add(&mut self, row: &[Option<i64>]) -> rusqlite::Result<()> {
        if let Some(numbers) = &mut self.numbers {
            numbers.rows += 1;
            if numbers.rows == 1 {
                numbers.begin.raw_bind_parameter(1, numbers.first)?;
                return run(&mut numbers.begin, 2, row);
            }
        }
        self.waiting.extend_from_slice(row);
        if self.waiting.len() < self.width * AT_ONCE {
            return Ok(());
        }
        run(&mut self.many, 1, &self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    /// Writes the rows that still wait.
    pub(in crate::store) fn finish(mut self) -> rusqlite::Result<()> {
        self.waiting.chunks(self.width).try_for_each(|row| run(&mut self.one, 1, row))?;
        match self.numbers {
            Some(Numbers { first, rows, .. })
                if rows > 0 && self.db.last_insert_rowid() != first + number::length(rows) - 1 =>
            {
                let said = format!("a row behind number {first} was there already");
                Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(said)))
            }
            _ => Ok(()),
        }
    }
}

/// Runs a statement with these values, the first of them as its parameter `from`.
fn run(statement: &mut CachedStatement<'_>, from: usize, values: &[Option<i64>]) -> rusqlite::Result<()> {
    for (at, value) in (from..).zip(values) {
        statement.raw_bind_parameter(at, value)?;
    }
    statement.raw_execute().map(drop)
}

/// A statement that inserts `rows` rows. `OR FAIL` saves what would undo half of it: the one who
/// writes undoes all.
fn insert(place: &str, width: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; width].join(","));
    format!("INSERT OR FAIL INTO {place} VALUES {}", vec![row; rows].join(","))
}
