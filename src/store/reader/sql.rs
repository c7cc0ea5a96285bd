//! Questions in SQL, by hand.
//!
//! A question sees the tables and views of the store and one function more: `props(id)`, the
//! properties of a row as JSON text, by the `id` that the view `events` has; NULL for a row that
//! is not there. Nothing can be changed: the connection only reads.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;

use super::properties::Unpacker;
use super::{Again, Reader};
use crate::store::{Error, number};

/// One value of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// Another number.
    Real(f64),
    /// Text; what is no UTF-8 is a blob.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

/// A piece of an answer, from its head to its last row.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// Names of the columns; once, first.
    Columns(&'a [String]),
    /// A row.
    Row(&'a [Cell<'a>]),
}

impl Reader {
    /// Answers one question, piece by piece: memory does not grow with the answer.
    ///
    /// # Errors
    /// [`Error::Question`] for SQL that SQLite does not understand, that is more than one
    /// statement, or that would change something; and what `take` fails with.
    pub fn query<E: From<Error>>(
        &self,
        sql: &str,
        mut take: impl FnMut(Piece<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.add_props()?;
        self.at_one_moment(|reader| {
            let wrong = |source| question(&reader.path, source);
            let mut statement = reader.db.prepare(sql).map_err(wrong)?;
            if !statement.readonly() || statement.column_count() == 0 {
                let what = if sql.trim().is_empty() { "it is empty" } else { "it is no question: nothing is changed here" };
                return Err(Error::Question { what: what.to_owned() }.into());
            }
            let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
            take(Piece::Columns(&names))?;
            let mut rows = statement.query([]).map_err(wrong)?;
            while let Some(row) = rows.next().map_err(wrong)? {
                let cells = (0..names.len()).map(|column| row.get_ref(column).map(cell));
                let cells = cells.collect::<rusqlite::Result<Vec<_>>>().map_err(wrong)?;
                take(Piece::Row(&cells))?;
            }
            Ok(())
        })
    }

    /// Makes the function `props` known to the connection.
    fn add_props(&self) -> Result<(), Error> {
        let source = Mutex::new(if self.in_memory {
            // There is no second connection to memory, and not much in it.
            let rows = self.ask(|db| {
                db.prepare("SELECT id FROM rows")?
                    .query_map([], |row| row.get(0))?
                    .collect::<rusqlite::Result<Vec<i64>>>()
            })?;
            let texts = self.properties(&rows)?;
            Source::Known(rows.into_iter().zip(texts).collect())
        } else {
            Source::Closed(Some(self.again()))
        });
        let source = AssertUnwindSafe(source);
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        let props = move |context: &mut rusqlite::functions::Context<'_>| {
            let Some(row) = context.get::<Option<i64>>(0)? else { return Ok(None) };
            let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
            let text = source.properties(number::position(row));
            text.map_err(|error| rusqlite::Error::UserFunctionError(Box::new(error)))
        };
        self.ask(|db| db.create_scalar_function("props", 1, flags, props))
    }
}

/// Where the function `props` has properties from.
enum Source {
    /// From a connection of its own, not opened yet.
    Closed(Option<Again>),
    /// From a connection of its own; neighbours of a row are likely asked for next.
    Open(Box<Reader>, Unpacker),
    /// From memory.
    Known(HashMap<i64, String>),
}

impl Source {
    fn properties(&mut self, position: i64) -> Result<Option<String>, Error> {
        if let Self::Closed(again) = self
            && let Some(again) = again.take()
        {
            *self = Self::Open(Box::new(again.open()?), Unpacker::new());
        }
        match self {
            Self::Open(reader, unpacker) => reader.properties_by(unpacker, position),
            Self::Known(texts) => Ok(texts.get(&position).cloned()),
            Self::Closed(_) => Ok(None),
        }
    }
}

fn cell(value: ValueRef<'_>) -> Cell<'_> {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).map_or(Cell::Blob(bytes), Cell::Text),
        ValueRef::Blob(bytes) => Cell::Blob(bytes),
    }
}

/// What is wrong with a question, apart from what is wrong with the store.
fn question(path: &std::path::Path, source: rusqlite::Error) -> Error {
    let what = match source {
        rusqlite::Error::MultipleStatement => "it is more than one statement".to_owned(),
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        rusqlite::Error::SqliteFailure(code, Some(message)) if code.extended_code == rusqlite::ffi::SQLITE_ERROR => {
            message
        }
        source => return Error::sqlite(path, source),
    };
    Error::Question { what }
}
