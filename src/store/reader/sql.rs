//! Questions in SQL, by hand.
//!
//! A question sees the tables and views of the store and one function more: `props(id)`, the
//! properties of a row as JSON text, by the `id` that the view `events` has; NULL for a row that
//! is not there. Nothing can be changed: the connection only reads, and a [`Guard`] refuses what
//! would set or open something, and says what it was.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
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
        &mut self,
        sql: &str,
        mut take: impl FnMut(Piece<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.add_props()?;
        let guard = Guard::default();
        self.set_guard(Some(guard.clone()))?;
        let answered = self.at_one_moment(|reader| {
            let watching = guard.watch();
            let wrong = |source| watching.refused().unwrap_or_else(|| question(&reader.path, source));
            let mut statement = reader.db.prepare(sql).map_err(wrong)?;
            if !statement.readonly() || statement.column_count() == 0 {
                return Err(Error::Question { what: "it asks nothing".to_owned() }.into());
            }
            let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
            take(Piece::Columns(&names))?;
            let mut rows = statement.query([]).map_err(wrong)?;
            while let Some(row) = rows.next().map_err(wrong)? {
                let cells = (0..names.len()).map(|column| row.get_ref(column).map(cell));
                let cells = cells.collect::<rusqlite::Result<Vec<_>>>().map_err(wrong)?;
                take(Piece::Row(&cells))?;
            }
            Ok(())
        });
        self.set_guard(None)?;
        answered
    }

    fn set_guard(&mut self, guard: Option<Guard>) -> Result<(), Error> {
        let hook = guard.map(|guard| move |asked: AuthContext<'_>| guard.judge(&asked.action));
        self.db.authorizer(hook).map_err(|source| Error::sqlite(&self.path, source))
    }

    /// Makes the function `props` known to the connection.
    fn add_props(&self) -> Result<(), Error> {
        let source = Mutex::new(if self.in_memory {
            // There is no second connection to memory, and not much in it.
            let rows = self.ask(|db| {
                db.prepare("SELECT id FROM heads")?
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

/// Lets a question read and nothing else, while somebody watches.
#[derive(Clone, Default)]
struct Guard(Arc<Mutex<Watch>>);

#[derive(Default)]
struct Watch {
    on: bool,
    /// What was refused first.
    refused: Option<String>,
}

/// Pragmas that tell something of the file.
const TELLING: &[&str] = &[
    "application_id",
    "collation_list",
    "compile_options",
    "data_version",
    "database_list",
    "encoding",
    "freelist_count",
    "function_list",
    "integrity_check",
    "module_list",
    "page_count",
    "page_size",
    "pragma_list",
    "quick_check",
    "schema_version",
    "table_list",
    "user_version",
];

/// Pragmas that tell something of what their value names.
const TELLING_OF: &[&str] = &[
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];

impl Guard {
    fn judge(&self, action: &AuthAction<'_>) -> Authorization {
        let mut watch = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !watch.on {
            return Authorization::Allow;
        }
        let what = match action {
            AuthAction::Select | AuthAction::Read { .. } | AuthAction::Function { .. } | AuthAction::Recursive => {
                return Authorization::Allow;
            }
            AuthAction::Pragma { pragma_name, pragma_value } => {
                let known = if pragma_value.is_some() { TELLING_OF } else { TELLING };
                if known.iter().any(|known| known.eq_ignore_ascii_case(pragma_name)) {
                    return Authorization::Allow;
                }
                format!("PRAGMA {pragma_name} may change something")
            }
            AuthAction::Attach { .. } | AuthAction::Detach { .. } => "it reads this store and no other file".to_owned(),
            _ => "a question changes nothing".to_owned(),
        };
        watch.refused.get_or_insert(what);
        Authorization::Deny
    }

    /// Refuses until what it gives is dropped.
    fn watch(&self) -> Watching<'_> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).on = true;
        Watching(self)
    }
}

/// As long as it lives, the guard refuses.
struct Watching<'g>(&'g Guard);

impl Watching<'_> {
    /// What was refused, if anything was.
    fn refused(&self) -> Option<Error> {
        let watch = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        watch.refused.clone().map(|what| Error::Question { what })
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).on = false;
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
        rusqlite::Error::Empty => "it is empty".to_owned(),
        rusqlite::Error::MultipleStatement => "it is more than one statement".to_owned(),
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        rusqlite::Error::SqliteFailure(code, Some(message)) if code.extended_code == rusqlite::ffi::SQLITE_ERROR => {
            message
        }
        source => return Error::sqlite(path, source),
    };
    Error::Question { what }
}
