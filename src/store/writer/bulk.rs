//! Many narrow rows into one table.

use std::fmt::Write as _;

use rusqlite::{CachedStatement, Connection};

/// Rows of one statement: most of what a statement costs is not its rows.
const AT_ONCE: usize = 16;

/// Inserts rows of numbers, several with one statement.
pub(in crate::store) struct Bulk<'c> {
    many: CachedStatement<'c>,
    one: CachedStatement<'c>,
    width: usize,
    waiting: Vec<Option<i64>>,
}

impl<'c> Bulk<'c> {
    /// Rows of `width` numbers into all columns of a table.
    pub(in crate::store) fn into(db: &'c Connection, table: &str, width: usize) -> rusqlite::Result<Self> {
        let many = db.prepare_cached(&insert(table, width, AT_ONCE))?;
        let one = db.prepare_cached(&insert(table, width, 1))?;
        Ok(Self { many, one, width, waiting: Vec::with_capacity(width * AT_ONCE) })
    }

    /// Adds a row of as many numbers as the table has columns.
    pub(in crate::store) fn add(&mut self, row: &[Option<i64>]) -> rusqlite::Result<()> {
        self.waiting.extend_from_slice(row);
        if self.waiting.len() < self.width * AT_ONCE {
            return Ok(());
        }
        run(&mut self.many, &self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    /// Writes the rows that still wait.
    pub(in crate::store) fn finish(mut self) -> rusqlite::Result<()> {
        self.waiting.chunks(self.width).try_for_each(|row| run(&mut self.one, row))
    }
}

fn run(statement: &mut CachedStatement<'_>, values: &[Option<i64>]) -> rusqlite::Result<()> {
    for (at, value) in (1..).zip(values) {
        statement.raw_bind_parameter(at, value)?;
    }
    statement.raw_execute().map(drop)
}

/// A statement that inserts `rows` rows. `OR FAIL` saves what would undo half of it: the one who
/// writes undoes all.
fn insert(table: &str, width: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; width].join(","));
    let mut sql = String::new();
    // Writing to a text cannot fail.
    let _ = write!(sql, "INSERT OR FAIL INTO {table} VALUES {}", vec![row; rows].join(","));
    sql
}
