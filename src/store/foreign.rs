//! SQLite files of other programs, as input.
//!
//! Each table and view is given as rows of JSON objects, so that it reads like any other file; what
//! it holds, its rows say. A table `aliases` (`alias`, `distinct_id`, optionally `time`) is what its
//! name says; an alias with an `event_id` is a row of `events` as well, as in a plain copy of a
//! store, and is left to it. Of a plain copy the columns are known.
//!
//! dlt keeps the lists of a table in tables of their own, `export__properties__tags` for `tags`;
//! they are put back.

use std::io::{Error as IoError, ErrorKind};
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde::de::IgnoredAny;
use serde_json::{Number, Value};

use super::open::{self, Content};
use super::{Error, number, schema};

/// Bytes of a value that are read. The vendor cuts texts at 255 characters; this leaves room for
/// properties that no vendor takes, and keeps the memory low that a file can make an import use.
const MOST: i64 = 16 << 20;
/// What stands for a row with a longer value, before its length.
pub const TOO_LONG: &str = "a value is too long, more than 16 MiB: ";

/// Steps of SQLite's machine between two looks whether to stop: far less than a millisecond.
const STEPS: std::ffi::c_int = 4000;

/// A SQLite file of another program, or a plain copy of a store.
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
    /// `vendor`, which newer plain copies have.
    pub vendor: Option<String>,
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
    /// `alias` as one JSON value, with bytes that are not UTF-8 as they are; `null` when absent.
    pub alias: Vec<u8>,
    /// `distinct_id` as one JSON value, likewise.
    pub distinct_id: Vec<u8>,
    /// `time` as one JSON value; `None` when the table has no such column.
    pub time: Option<String>,
}

impl Foreign {
    /// Opens a file read-only.
    ///
    /// # Errors
    /// [`Error::NotImportable`] when it is a store of our own or empty.
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
        let mut db = open::input(path)?;
        let at = |source| Error::sqlite(path, source);
        db.progress_handler(STEPS, Some(stop)).map_err(at)?;
        if open::not_ours(&db).map_err(at)?.is_none() {
            return Err(refuse("it is a store of this program, not an export".to_owned()));
        }
        let events = Table::of(&db, "events").map_err(at)?;
        let aliases =
            Table::of(&db, "aliases").map_err(at)?.filter(|table| table.has("alias") && table.has("distinct_id"));
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
        let columns = ["distinct_id", "event", "time", "properties", "arrived", "flags", "vendor"];
        self.rows(table, &columns, &[], from_rowid, limit, |row, too_long| {
            Ok(ForeignEvent {
                rowid: row.get(0)?,
                distinct_id: token(row.get_ref(1)?),
                event: text(row.get_ref(2)?).unwrap_or_default(),
                time: token(row.get_ref(3)?),
                properties: too_long.or(text(row.get_ref(4)?)).unwrap_or_else(|| "{}".to_owned()),
                arrived: token(row.get_ref(5)?),
                flags: token(row.get_ref(6)?),
                vendor: text(row.get_ref(7)?),
            })
        })
    }

    /// The vendors whose rows a plain copy has; none where it does not say.
    pub fn vendors(&self) -> Result<Vec<String>, Error> {
        if !self.is_copy || !self.events.as_ref().is_some_and(|table| table.has("vendor")) {
            return Ok(Vec::new());
        }
        let select = || {
            self.db
                .prepare("SELECT DISTINCT vendor FROM events WHERE vendor IS NOT NULL ORDER BY 1")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<String>>>()
        };
        select().map_err(|source| Error::sqlite(&self.path, source))
    }

    /// Up to `limit` rows of `profiles` of a plain copy, as [`Foreign::events`].
    pub fn profiles(&self, from_rowid: i64, limit: usize) -> Result<Vec<ForeignProfile>, Error> {
        let Some(table) = &self.profiles else { return Ok(Vec::new()) };
        self.rows(table, &["properties", "arrived"], &[], from_rowid, limit, |row, too_long| {
            let update = too_long.or(text(row.get_ref(1)?)).unwrap_or_default();
            Ok(ForeignProfile { rowid: row.get(0)?, update, arrived: token(row.get_ref(2)?) })
        })
    }

    /// All rows of `aliases` that are no rows of `events`; none without such a table.
    pub fn aliases(&self) -> Result<Vec<ForeignAlias>, Error> {
        let Some(table) = &self.aliases else { return Ok(Vec::new()) };
        let has_time = table.has("time");
        let mut unread = None;
        let read = |row: &Row<'_>, too_long: Option<String>| {
            unread = unread.take().or(too_long);
            let alias = ForeignAlias {
                rowid: row.get(0)?,
                alias: bytes(row.get_ref(1)?),
                distinct_id: bytes(row.get_ref(2)?),
                time: has_time.then(|| row.get_ref(3).map(token)).transpose()?,
            };
            let is_event = self.events.is_some() && row.get_ref(4)? != ValueRef::Null;
            Ok((!is_event).then_some(alias))
        };
        let columns = ["alias", "distinct_id", "time", "event_id"];
        let aliases = self.rows(table, &columns, &[], i64::MIN, usize::MAX, read)?;
        if let Some(what) = unread {
            return Err(Error::NotImportable { path: self.path.clone(), what: format!("of its table aliases {what}") });
        }
        Ok(aliases.into_iter().flatten().collect())
    }

    /// The tables with their columns, then the views; without those of SQLite itself, and without
    /// the lists of dlt.
    pub fn tables(&self) -> Result<Vec<ForeignTable>, Error> {
        let at = |source| Error::sqlite(&self.path, source);
        let mut found = Vec::new();
        for (name, is_view) in named(&self.db).map_err(at)? {
            let table = Table::named(&self.db, name).map_err(at)?;
            if !table.has(LIST_OF) {
                found.push(ForeignTable { table, is_view, lists: Vec::new() });
            }
        }
        Ok(found)
    }

    /// The same table, each row with its lists.
    pub fn with_lists(&self, mut table: ForeignTable) -> Result<ForeignTable, Error> {
        if table.table.has(ROW) {
            let at = |source| Error::sqlite(&self.path, source);
            table.lists = lists(&self.db, &table.table.name).map_err(at)?;
        }
        Ok(table)
    }

    /// Up to `limit` rows of a table with numbers from `from_rowid` on, as JSON objects without the
    /// columns that have no value; [`TOO_LONG`] stands for a row that is not read. The next page begins
    /// after the last number. Bytes of a text that are not UTF-8 are given as they are, so that they are
    /// put right and counted like those of any other file.
    pub fn objects(&self, table: &ForeignTable, from_rowid: i64, limit: usize) -> Result<Vec<(i64, Vec<u8>)>, Error> {
        let ForeignTable { table, lists, .. } = table;
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let lists: Vec<_> = lists.iter().map(|list| (list.column.as_str(), list.select(&table.name))).collect();
        let read = |row: &Row<'_>, too_long: Option<String>| {
            if let Some(text) = too_long {
                return Ok((row.get(0)?, text.into_bytes()));
            }
            let mut object = b"{".to_vec();
            let mut add = |key: &str, value: &[u8]| {
                let comma = if object.len() > 1 { "," } else { "" };
                for part in [comma.as_bytes(), Value::from(key).to_string().as_bytes(), b":", value] {
                    object.extend_from_slice(part);
                }
            };
            for (at, column) in table.columns.iter().enumerate() {
                match row.get_ref(at + 1)? {
                    ValueRef::Null => {}
                    value => add(&column.name, &column.token(value)),
                }
            }
            for (at, (column, _)) in lists.iter().enumerate() {
                if let Some(list) = row.get::<_, Option<String>>(1 + table.columns.len() + at)? {
                    add(column, list.as_bytes());
                }
            }
            object.push(b'}');
            Ok((row.get(0)?, object))
        };
        let lists: Vec<&str> = lists.iter().map(|(_, select)| select.as_str()).collect();
        self.rows(table, &columns, &lists, from_rowid, limit, read)
    }

    /// Rows of some columns, and of of further expressions, each with what stands for its values where
    /// one of them is too long to be read.
    fn rows<T>(
        &self,
        table: &Table,
        columns: &[&str],
        further: &[&str],
        from: i64,
        limit: usize,
        mut read: impl FnMut(&Row<'_>, Option<String>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        // Where a value is stored, its length is known without reading it.
        let length = |column: &&str| format!("coalesce(octet_length({}), 0)", quoted(column));
        let value = |column: &&str| {
            let is_long = format!("{} > {MOST}", length(column));
            if table.has(column) { format!("iif({is_long}, NULL, {})", quoted(column)) } else { "NULL".to_owned() }
        };
        // The length of the longest. With one argument alone `max` would go over all rows.
        let lengths: Vec<_> = columns.iter().filter(|column| table.has(column)).map(length).collect();
        let longest = lengths.chunks(MOST_COLUMNS).map(|part| format!("max(0, {})", part.join(", ")));
        let longest: Vec<_> = ["0", "0"].map(str::to_owned).into_iter().chain(longest).collect();
        let longest = format!("max({})", longest.join(", "));
        let further = further.iter().map(|select| (*select).to_owned());
        let selected: Vec<_> = columns.iter().map(value).chain(further).chain([longest]).collect();
        let (at, selected, name) = (selected.len(), selected.join(", "), quoted(&table.name));
        let select = match table.rowid {
            Some(rowid) => {
                format!("SELECT {rowid}, {selected} FROM {name} WHERE {rowid} >= ?1 ORDER BY {rowid} LIMIT ?2")
            }
            None => format!("SELECT row_number() OVER () AS n, {selected} FROM {name} LIMIT ?2 OFFSET max(?1, 1) - 1"),
        };
        let mut ask = || -> rusqlite::Result<Vec<T>> {
            let mut select = self.db.prepare_cached(&select)?;
            let mut rows = select.query([from, number::length(limit)])?;
            let (mut found, mut bytes) = (Vec::new(), 0);
            // A page ends early where its rows are long, unless all are asked for at once.
            while let Some(row) = rows.next()? {
                let length: i64 = row.get(at)?;
                found.push(read(row, (length > MOST).then(|| format!("{TOO_LONG}{length} bytes")))?);
                bytes += length.min(MOST);
                if bytes > MOST && limit != usize::MAX {
                    break;
                }
            }
            Ok(found)
        };
        ask().map_err(|source| Error::sqlite(&self.path, source))
    }
}

/// Column of dlt with the number of a row, and that of the row to which a list belongs.
const ROW: &str = "_dlt_id";
const LIST_OF: &str = "_dlt_parent_id";
/// Column with the place in a list.
const PLACE: &str = "_dlt_list_idx";
/// Columns of a list that are put together, at most: what a function of SQLite takes.
const MOST_COLUMNS: usize = 50;

/// A table or view, with its columns.
#[derive(Debug)]
pub struct ForeignTable {
    table: Table,
    /// Whether it shows rows of tables.
    pub is_view: bool,
    lists: Vec<List>,
}

impl ForeignTable {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.table.name
    }

    /// Names of its columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.table.columns.iter().map(|column| column.name.as_str())
    }
}

/// Lists of a table, which stand in another.
#[derive(Debug)]
struct List {
    /// Name of the table, in the order of the rows.
    name: String,
    /// Name of the column that the lists would have.
    column: String,
}

impl List {
    /// The list of the row.
    fn select(&self, table: &str) -> String {
        let (name, table, row) = (quoted(&self.name), quoted(table), quoted(ROW));
        format!(
            "(SELECT nullif(json_group_array(json(member)), '[]') \
             FROM (SELECT member FROM temp.{name} WHERE owner = {table}.{row} ORDER BY place))"
        )
    }
}

/// The lists of the rows of a table, brought into order: what dlt writes has no index. A list in a
/// list stands in a table of its own again, which is called after the table of the outer one.
fn lists(db: &Connection, table: &str) -> rusqlite::Result<Vec<List>> {
    let inside = |name: &str, outer: &str| name.strip_prefix(outer).is_some_and(|rest| rest.starts_with("__"));
    let mut found = Vec::new();
    for (name, is_view) in named(db)? {
        if is_view || !inside(&name, table) {
            continue;
        }
        let list = Table::named(db, name)?;
        let values = list.columns.iter().filter(|column| !column.name.starts_with("_dlt_")).count();
        if list.has(LIST_OF) && list.has(PLACE) && values <= MOST_COLUMNS {
            found.push(list);
        }
    }
    // The inner ones first: their names are longer.
    found.sort_by_key(|list| std::cmp::Reverse(list.name.len()));
    let outer_of = |name: &str| {
        let outer = found.iter().map(|list| list.name.as_str()).filter(|outer| *outer != name && inside(name, outer));
        outer.max_by_key(|outer| outer.len()).unwrap_or(table).to_owned()
    };
    let mut lists: Vec<(String, List)> = Vec::new();
    for list in &found {
        let outer = outer_of(&list.name);
        let column = list.name.strip_prefix(&outer).and_then(|rest| rest.strip_prefix("__")).unwrap_or_default();
        let (own, others): (Vec<_>, _) = lists.into_iter().partition(|(outer, _)| *outer == list.name);
        lists = others;
        let inner: Vec<List> = own.into_iter().map(|(_, inner)| inner).take(MOST_COLUMNS).collect();
        put_in_order(db, list, &inner)?;
        lists.push((outer.clone(), List { column: column.to_owned(), name: list.name.clone() }));
    }
    Ok(lists.into_iter().map(|(_, list)| list).collect())
}

/// Puts the members of a list in order, those of `inner` lists with them.
fn put_in_order(db: &Connection, list: &Table, inner: &[List]) -> rusqlite::Result<()> {
    let plain = |column: &str| {
        let column = quoted(column);
        format!("CASE typeof({column}) WHEN 'blob' THEN hex({column}) ELSE {column} END")
    };
    let text = |name: &str| format!("'{}'", name.replace('\'', "''"));
    let values = list.columns.iter().map(|column| column.name.as_str()).filter(|name| !name.starts_with("_dlt_"));
    let values: Vec<&str> = values.collect();
    // dlt calls what is in a list that has no name `value`, and a list there `list`.
    let is_plain = values.iter().all(|name| *name == "value") && inner.iter().all(|inner| inner.column == "list");
    let member = if is_plain {
        let lists = inner.iter().map(|inner| format!("{}, ", inner.select(&list.name)));
        let value = values.first().map_or("'null'".to_owned(), |value| format!("json_quote({})", plain(value)));
        format!("coalesce({}{value}, 'null')", lists.collect::<String>())
    } else {
        let fields = values.iter().map(|column| format!("{}, {}", text(column), plain(column)));
        let lists = inner.iter().map(|inner| format!("{}, json({})", text(&inner.column), inner.select(&list.name)));
        format!("json_object({})", fields.chain(lists).collect::<Vec<_>>().join(", "))
    };
    let (own, owner, place) = (quoted(&list.name), quoted(LIST_OF), quoted(PLACE));
    // The file is opened to be read alone; this is a table of the connection.
    db.execute_batch(&format!(
        "PRAGMA query_only = OFF;
         CREATE TEMP TABLE {own} (owner, place, member);
         INSERT INTO temp.{own} SELECT {owner}, {place}, {member} FROM main.{own};
         CREATE INDEX temp.{} ON {own} (owner, place);
         PRAGMA query_only = ON;",
        quoted(&format!("{} in order", list.name)),
    ))
}

/// A table or view of the file.
#[derive(Debug)]
struct Table {
    name: String,
    columns: Vec<Column>,
    /// What the number of a row is called here; `None` in a view or a table without one, where
    /// rows are counted.
    rowid: Option<&'static str>,
}

/// A column of a table.
#[derive(Debug)]
struct Column {
    name: String,
    /// It is declared to be true or false, which SQLite keeps as numbers.
    is_bool: bool,
    /// It holds ids, which are texts whatever they look like.
    is_id: bool,
}

impl Column {
    /// A value as JSON text; a text that is a list or an object as JSON is that.
    fn token(&self, value: ValueRef<'_>) -> Vec<u8> {
        match value {
            ValueRef::Integer(value @ (0 | 1)) if self.is_bool => (value == 1).to_string().into_bytes(),
            ValueRef::Text(text @ [b'{' | b'[', ..])
                if !self.is_id && serde_json::from_slice::<IgnoredAny>(text).is_ok() =>
            {
                // Outside of strings a line break is white space, and no string has one.
                text.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect()
            }
            value => bytes(value),
        }
    }
}

impl Table {
    fn of(db: &Connection, wanted: &str) -> rusqlite::Result<Option<Self>> {
        let name = named(db)?.into_iter().map(|(name, _)| name).find(|name| name.eq_ignore_ascii_case(wanted));
        name.map(|name| Self::named(db, name)).transpose()
    }

    fn named(db: &Connection, name: String) -> rusqlite::Result<Self> {
        let columns = db
            .prepare_cached("SELECT name, type FROM pragma_table_xinfo(?1)")?
            .query_map([&name], |row| {
                let name: String = row.get(0)?;
                let is_bool = row.get::<_, String>(1)?.to_ascii_uppercase().starts_with("BOOL");
                let is_id = name == "alias" || name == "original" || name.to_ascii_lowercase().ends_with("_id");
                Ok(Column { name, is_bool, is_id })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let is_column = |name: &str| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let rowid = ["rowid", "_rowid_", "oid"].into_iter().find(|rowid| !is_column(rowid)).filter(|rowid| {
            let is_number = format!("SELECT typeof({rowid}) = 'integer' FROM {} LIMIT 1", quoted(&name));
            // An empty table has no row to ask; any way to count does.
            db.query_row(&is_number, [], |row| row.get(0)).unwrap_or(false)
        });
        Ok(Self { name, columns, rowid })
    }

    fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// Names of the tables, then of the views, and whether it is one; without those of SQLite itself.
fn named(db: &Connection) -> rusqlite::Result<Vec<(String, bool)>> {
    db.prepare_cached(
        "SELECT name, type = 'view' FROM main.sqlite_schema
         WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name",
    )?
    .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
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

/// A value as JSON text, in which bytes of a text that are not UTF-8 stand as they are.
fn bytes(value: ValueRef<'_>) -> Vec<u8> {
    let (ValueRef::Text(text) | ValueRef::Blob(text)) = value else { return token(value).into_bytes() };
    let mut json = b"\"".to_vec();
    for chunk in text.utf8_chunks() {
        let valid = Value::from(chunk.valid()).to_string();
        // Without the quotes around it.
        json.extend_from_slice(valid.as_bytes().get(1..valid.len() - 1).unwrap_or_default());
        json.extend_from_slice(chunk.invalid());
    }
    json.push(b'"');
    json
}

/// A value as plain text; `None` for `NULL`.
fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        number => Some(token(number)),
    }
}
