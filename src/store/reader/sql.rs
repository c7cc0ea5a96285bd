//! Questions in SQL, by hand.
//!
//! A question sees the tables and views of the store and one function more: `props(id)`, the
//! properties of a row as JSON text, by the `id` that the view `events` has; NULL for a row that
//! is not there, and for one that is nested deeper than SQLite reads. Nothing can be changed: the
//! connection only reads, and a [`Guard`] refuses what would set or open something, and says what it
//! was.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::ErrorCode;
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
    /// Answers one question, piece by piece: memory does not grow with the answer. Gives the number
    /// of rows that `props` is NULL for because their JSON is nested deeper than SQLite reads.
    ///
    /// # Errors
    /// [`Error::Question`] for SQL that SQLite does not understand, that is more than one
    /// statement, or that would change something; and what `take` fails with.
    pub fn query<E: From<Error>>(
        &mut self,
        sql: &str,
        mut take: impl FnMut(Piece<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let asides = Asides::default();
        self.add_props(asides.clone())?;
        let guard = Guard::default();
        self.set_guard(Some(guard.clone()))?;
        let answered = self.at_one_moment(|reader| {
            let watching = guard.watch();
            let wrong = |source| match watching.refused().or_else(|| asides.failure()) {
                Some(error) => error,
                None => reader.damage_behind(question(&reader.path, source)),
            };
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
        answered.map(|()| asides.too_deep())
    }

    /// What is wrong with the store where that, and not the question, is why there is no answer.
    fn damage_behind(&self, error: Error) -> Error {
        let Error::Question { what } = &error else { return error };
        let has = |sql: &str| self.db.query_row(sql, [], |row| row.get::<_, bool>(0));
        let damage = if what.contains("JSON") {
            // Only heads of rows are JSON in the store.
            matches!(has("SELECT EXISTS (SELECT 1 FROM packs WHERE NOT json_valid(rows))"), Ok(true))
                .then(|| "the heads of some rows are no JSON".to_owned())
        } else {
            let views = ["events", "aliases", "rows", "heads"];
            let failed = views.iter().find_map(|view| {
                let error = self.db.prepare(&format!("SELECT * FROM {view} LIMIT 0")).err()?;
                Some((view, error))
            });
            failed.map(|(view, error)| format!("its view `{view}` cannot be read: {error}"))
        };
        damage.map_or(error, |what| self.corrupt(what))
    }

    fn set_guard(&mut self, guard: Option<Guard>) -> Result<(), Error> {
        let hook = guard.map(|guard| move |asked: AuthContext<'_>| guard.judge(&asked.action));
        self.db.authorizer(hook).map_err(|source| Error::sqlite(&self.path, source))
    }

    /// Makes the function `props` known to the connection.
    fn add_props(&self, asides: Asides) -> Result<(), Error> {
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
            let position = number::position(row);
            match source.properties(position) {
                Ok(Some(text)) if is_deeper_than(&text, DEEPEST) => {
                    asides.add_too_deep(position);
                    Ok(None)
                }
                Ok(text) => Ok(text),
                Err(error) => {
                    let said = rusqlite::Error::UserFunctionError(error.to_string().into());
                    asides.set_failure(error);
                    Err(said)
                }
            }
        };
        self.ask(|db| db.create_scalar_function("props", 1, flags, props))
    }
}

/// How deep JSON may be nested for SQLite to read it.
const DEEPEST: usize = 1000;

/// Whether a JSON text is nested deeper than so many levels.
fn is_deeper_than(json: &str, most: usize) -> bool {
    if json.len() <= most {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > most {
                    return true;
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// What `props` notes in addition to its value.
#[derive(Clone, Default)]
struct Asides(Arc<Mutex<Aside>>);

#[derive(Default)]
struct Aside {
    /// Positions of rows that are nested too deep.
    too_deep: HashSet<i64>,
    /// Why there is no value.
    failure: Option<Error>,
}

impl Asides {
    fn with<T>(&self, aside: impl FnOnce(&mut Aside) -> T) -> T {
        aside(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add_too_deep(&self, position: i64) {
        self.with(|aside| {
            aside.too_deep.insert(position);
        });
    }

    fn too_deep(&self) -> usize {
        self.with(|aside| aside.too_deep.len())
    }

    fn set_failure(&self, error: Error) {
        self.with(|aside| aside.failure = Some(error));
    }

    fn failure(&self) -> Option<Error> {
        self.with(|aside| aside.failure.take())
    }
}

/// Lets a question read and nothing else, with a guard.
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

/// What is wrong with a query, and not with the store.
fn question(path: &std::path::Path, source: rusqlite::Error) -> Error {
    let what = match source {
        rusqlite::Error::Empty => "it is empty".to_owned(),
        rusqlite::Error::MultipleStatement => "it is more than one statement".to_owned(),
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        rusqlite::Error::SqliteFailure(code, Some(message)) if code.extended_code == rusqlite::ffi::SQLITE_ERROR => {
            message
        }
        rusqlite::Error::SqliteFailure(code, _) if code.code == ErrorCode::TooBig => {
            "a value of the answer is larger than SQLite takes (1 GB)".to_owned()
        }
        source => return Error::sqlite(path, source),
    };
    Error::Question { what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_depth_of_json_is_what_sqlite_reads() {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        let reads = |json: &str| db.query_row("SELECT json_valid(?1)", [json], |row| row.get::<_, bool>(0)).unwrap();
        for depth in [1, 2, DEEPEST - 1, DEEPEST, DEEPEST + 1, DEEPEST + 2, 9999] {
            let arrays = "[".repeat(depth) + &"]".repeat(depth);
            let objects = r#"{"a]":"#.repeat(depth - 1) + "{}" + &"}".repeat(depth - 1);
            for json in [arrays, objects] {
                assert_eq!(is_deeper_than(&json, DEEPEST), !reads(&json), "{depth}");
            }
        }
        // Wide, or deep within a text, is not deep.
        let wide = format!("[{}]", vec!["[[]]"; 5000].join(","));
        let text = format!(r#"{{"a":"{}\"[[","b":"\\"}}"#, "[{".repeat(5000));
        for json in [wide, text] {
            assert!(reads(&json) && !is_deeper_than(&json, DEEPEST));
        }
    }
}
