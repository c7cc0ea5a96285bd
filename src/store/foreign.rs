//! SQLite files of other programs, as input.
//!
//! Wanted are a table or view `events` (`distinct_id`, `event`, `time`, optionally `properties`
//! and `arrived`), one `aliases` (`alias`, `distinct_id`, optionally `time`), or both; names in
//! any case. A plain copy of a store has `profiles` too. Values are given as JSON text, so that they read like those of any other format. An
//! alias with an `event_id` is a row of `events` as well, as in a plain copy of a store, and is
//! left to it.

use std::io::{Error as IoError, ErrorKind};
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::{Number, Value};

use super::open::{self, Content};
use super::{Error, number, schema};

/// Bytes of a value that are read. The vendor cuts texts at 255 characters; this leaves room for
/// properties that no vendor takes, and keeps the memory low that a file can make an import use.
const MOST: i64 = 16 << 20;
/// What stands for the properties of a row with a longer value, before its length.
pub const TOO_LONG: &str = "a value is too long, more than 16 MiB: ";
/// The column with the properties of a row.
const PROPERTIES: &str = "properties";

/// Steps of SQLite's machine between two looks whether to stop: far less than a millisecond.
const STEPS: std::ffi::c_int = 4000;

/// A SQLite file with a table `events`, a table `aliases`, or both.
#[derive(Debug)]
pub struct Foreign {
    db: Connection,
    path: PathBuf,
    events: Option<Table>,
    aliases: Option<Table>,
    profiles: Option<Table>,
    is_copy: bool,
}

/// One row of its table `events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignEvent {
    /// Its number; ascending.
    pub rowid: i64,
    /// `distinct_id` as one JSON value; `null` when absent.
    pub distinct_id: String,
    /// `event`; `""` when absent.
    pub event: String,
    /// `time` as one JSON value; `null` when absent.
    pub time: String,
    /// `properties` as text; `{}` when absent.
    pub properties: String,
    /// `arrived` as one JSON value; `null` when absent.
    pub arrived: String,
    /// `flags` as one JSON value; `null` when absent.
    pub flags: String,
}

/// One row of the table `profiles` of a plain copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignProfile {
    /// Its number; ascending.
    pub rowid: i64,
    /// The whole update as JSON text.
    pub update: String,
    /// `arrived` as one JSON value; `null` when absent.
    pub arrived: String,
}

/// One row of its table `aliases`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignAlias {
    /// Its number; ascending.
    pub rowid: i64,
    /// `alias` as one JSON value; `null` when absent.
    pub alias: String,
    /// `distinct_id` as one JSON value; `null` when absent.
    pub distinct_id: String,
    /// `time` as one JSON value; `None` when the table has no such column.
    pub time: Option<String>,
}

impl Foreign {
    /// Opens a file read-only.
    ///
    /// # Errors
    /// [`Error::NotImportable`] when it is a store of our own, or has none of the tables, or one
    /// without a column that is needed.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_until(path, || false)
    }

    /// [`Foreign::open`] whose questions end with [`Error::Cancelled`] once `stop` says so: a view may
    /// have no end.
    ///
    /// # Errors
    /// Those of [`Foreign::open`].
    pub fn open_until(path: &Path, stop: impl FnMut() -> bool + Send + 'static) -> Result<Self, Error> {
        let refuse = |what: String| Error::NotImportable { path: path.to_owned(), what };
        match open::look(path)? {
            Content::Absent => {
                return Err(Error::Io { path: path.to_owned(), source: IoError::from(ErrorKind::NotFound) });
            }
            Content::Empty => return Err(refuse("it is empty".to_owned())),
            Content::Database => {}
        }
        let mut db = open::read_only(path)?;
        let at = |source| Error::sqlite(path, source);
        db.progress_handler(STEPS, Some(stop)).map_err(at)?;
        if open::not_ours(&db).map_err(at)?.is_none() {
            return Err(refuse("it is a store of this program, not an export".to_owned()));
        }
        let events = Table::of(&db, "events").map_err(at)?;
        let aliases = Table::of(&db, "aliases").map_err(at)?;
        if events.is_none() && aliases.is_none() {
            let names = tables(&db).map_err(at)?;
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(refuse(format!("it has no table `events` or `aliases` (its tables: {names})")));
        }
        for (table, needed) in [(&events, &["distinct_id", "event", "time"][..]), (&aliases, &["alias", "distinct_id"])]
        {
            let Some(table) = table else { continue };
            if let Some(column) = needed.iter().find(|column| !table.has(column)) {
                return Err(refuse(format!("its table `{}` has no column `{column}`", table.name)));
            }
        }
        let id: i64 = db.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(at)?;
        let is_copy = id == schema::COPY_ID;
        let profiles = if is_copy { Table::of(&db, "profiles").map_err(at)? } else { None };
        Ok(Self { db, path: path.to_owned(), events, aliases, profiles, is_copy })
    }

    /// Whether it is a plain copy of a store ([`super::Reader::export`]).
    pub fn is_copy(&self) -> bool {
        self.is_copy
    }

    /// Whether the file is a SQLite file, by its first bytes. [`Foreign::open`] tells whether it
    /// can be imported.
    pub fn is_foreign(path: &Path) -> bool {
        open::is_sqlite(path)
    }

    /// Up to `limit` rows of `events` with numbers from `from_rowid` on; none without such a
    /// table. The next page begins after the last number.
    pub fn events(&self, from_rowid: i64, limit: usize) -> Result<Vec<ForeignEvent>, Error> {
        let Some(table) = &self.events else { return Ok(Vec::new()) };
        self.rows(table, &["distinct_id", "event", "time", PROPERTIES, "arrived", "flags"], from_rowid, limit, |row| {
            Ok(ForeignEvent {
                rowid: row.get(0)?,
                distinct_id: token(row.get_ref(1)?),
                event: text(row.get_ref(2)?).unwrap_or_default(),
                time: token(row.get_ref(3)?),
                properties: text(row.get_ref(4)?).unwrap_or_else(|| "{}".to_owned()),
                arrived: token(row.get_ref(5)?),
                flags: token(row.get_ref(6)?),
            })
        })
    }

    /// Up to `limit` rows of `profiles` of a plain copy, as [`Foreign::events`].
    pub fn profiles(&self, from_rowid: i64, limit: usize) -> Result<Vec<ForeignProfile>, Error> {
        let Some(table) = &self.profiles else { return Ok(Vec::new()) };
        self.rows(table, &[PROPERTIES, "arrived"], from_rowid, limit, |row| {
            let update = text(row.get_ref(1)?).unwrap_or_default();
            Ok(ForeignProfile { rowid: row.get(0)?, update, arrived: token(row.get_ref(2)?) })
        })
    }

    /// All rows of `aliases` that are no rows of `events`; none without such a table.
    pub fn aliases(&self) -> Result<Vec<ForeignAlias>, Error> {
        let Some(table) = &self.aliases else { return Ok(Vec::new()) };
        let has_time = table.has("time");
        let read = |row: &Row<'_>| {
            let alias = ForeignAlias {
                rowid: row.get(0)?,
                alias: token(row.get_ref(1)?),
                distinct_id: token(row.get_ref(2)?),
                time: has_time.then(|| row.get_ref(3).map(token)).transpose()?,
            };
            let is_event = self.events.is_some() && row.get_ref(4)? != ValueRef::Null;
            Ok((!is_event).then_some(alias))
        };
        let aliases = self.rows(table, &["alias", "distinct_id", "time", "event_id"], i64::MIN, usize::MAX, read)?;
        Ok(aliases.into_iter().flatten().collect())
    }

    fn rows<T>(
        &self,
        table: &Table,
        columns: &[&str],
        from: i64,
        limit: usize,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        // Where a value is stored, its length is known without reading it.
        let lengths = columns.iter().filter(|column| table.has(column));
        let lengths = lengths.map(|column| format!("coalesce(octet_length({}), 0)", quoted(column)));
        let length =
            format!("max({})", ["0", "0"].map(str::to_owned).into_iter().chain(lengths).collect::<Vec<_>>().join(", "));
        let value = |column: &&str| {
            let value = if table.has(column) { quoted(column) } else { "NULL".to_owned() };
            let instead =
                if *column == PROPERTIES { format!("'{TOO_LONG}' || {length} || ' bytes'") } else { "NULL".to_owned() };
            format!("iif({length} > {MOST}, {instead}, {value})")
        };
        let name = quoted(&table.name);
        let at = columns.len() + 1;
        let says = columns.contains(&PROPERTIES);
        let columns: String = columns.iter().map(value).chain([length.clone()]).collect::<Vec<_>>().join(", ");
        let select = match table.rowid {
            Some(rowid) => {
                format!("SELECT {rowid}, {columns} FROM {name} WHERE {rowid} >= ?1 ORDER BY {rowid} LIMIT ?2")
            }
            None => format!("SELECT row_number() OVER () AS n, {columns} FROM {name} LIMIT ?2 OFFSET max(?1, 1) - 1"),
        };
        let mut too_long = None;
        let mut ask = || -> rusqlite::Result<Vec<T>> {
            let mut select = self.db.prepare_cached(&select)?;
            let mut rows = select.query([from, number::length(limit)])?;
            let (mut found, mut bytes) = (Vec::new(), 0);
            // A page ends early where its rows are long, unless all are asked for at once.
            while let Some(row) = rows.next()? {
                let length: i64 = row.get(at)?;
                if length > MOST && !says {
                    too_long = Some(length);
                    break;
                }
                found.push(read(row)?);
                bytes += length.min(MOST);
                if bytes > MOST && limit != usize::MAX {
                    break;
                }
            }
            Ok(found)
        };
        let found = ask().map_err(|source| Error::sqlite(&self.path, source))?;
        match too_long {
            None => Ok(found),
            Some(length) => {
                let what = format!("its table `{}` has a value of {length} bytes, and {MOST} are read", table.name);
                Err(Error::NotImportable { path: self.path.clone(), what })
            }
        }
    }
}

/// A table or view of the file.
#[derive(Debug)]
struct Table {
    name: String,
    columns: Vec<String>,
    /// What the number of a row is called here; `None` in a view or a table without one, where
    /// rows are counted.
    rowid: Option<&'static str>,
}

impl Table {
    fn of(db: &Connection, wanted: &str) -> rusqlite::Result<Option<Self>> {
        let Some(name) = tables(db)?.into_iter().find(|name| name.eq_ignore_ascii_case(wanted)) else {
            return Ok(None);
        };
        let columns = db
            .prepare("SELECT name FROM pragma_table_xinfo(?1)")?
            .query_map([&name], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<String>>>()?;
        let is_column = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
        let rowid = ["rowid", "_rowid_", "oid"].into_iter().find(|rowid| !is_column(rowid)).filter(|rowid| {
            let is_number = format!("SELECT typeof({rowid}) = 'integer' FROM {} LIMIT 1", quoted(&name));
            // An empty table has no row to ask; any way to count does.
            db.query_row(&is_number, [], |row| row.get(0)).unwrap_or(false)
        });
        Ok(Some(Self { name, columns, rowid }))
    }

    fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.eq_ignore_ascii_case(name))
    }
}

/// Names of the tables and views.
fn tables(db: &Connection) -> rusqlite::Result<Vec<String>> {
    db.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// A name as SQL has it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value as JSON text.
fn token(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => value.into(),
        ValueRef::Real(value) => Number::from_f64(value).map_or(Value::Null, Value::Number),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into(),
    }
    .to_string()
}

/// A value as plain text; `None` for `NULL`.
fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        number => Some(token(number)),
    }
}
