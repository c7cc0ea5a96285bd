//! SQLite files of other programs, as lines of JSON like any other file.
//!
//! Each table whose rows are events, profiles or aliases is a file of its own, `x.db:events`, so that
//! a table that has grown resumes where it ended. What a table holds, its first rows say, as they
//! do of any file. The line of a row is its place in its table.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::reading::Stream;
use super::{Error, Options, Stop};
use crate::formats::{
    Format, Map, NotRecognised, Sniffed, UNREADABLE, guess_table_map, one_line, sniff_table, sniff_table_by_map,
};
use crate::store::Error as StoreError;
use crate::store::foreign::{Foreign, ForeignAlias, ForeignEvent, ForeignProfile, ForeignTable, TOO_LONG};

/// Rows asked for at once.
const ROWS: usize = 4096;

/// Rows of a table that say what it is.
const LOOKED_AT: usize = 200;

/// The tables of a file.
pub(super) struct Tables {
    /// Those that are read.
    pub(super) streams: Vec<(Stream, Sniffed)>,
    /// What a person should know of the others.
    pub(super) notes: Vec<String>,
}

/// The tables of the file.
pub(super) fn tables(path: &Path, name: &str, options: &Options) -> Result<Tables, Error> {
    read(path, name, &options.stop, options.map.as_ref()).map_err(|error| match error {
        Error::Store(source) => Error::Foreign { source },
        error => error,
    })
}

/// A map for a table of the file, as a guess to edit: the first in which all that a map needs is found, else the first
/// with rows.
pub(super) fn map_for(path: &Path, name: &str, file: &str, options: &Options) -> Result<String, Error> {
    let found = guess(path, file, &options.stop).map_err(|error| match error {
        Error::Store(source) => Error::Foreign { source },
        error => error,
    })?;
    found.ok_or_else(|| {
        Error::NotRecognised(NotRecognised { name: name.to_owned(), why: "it has no tables with rows".to_owned() })
    })
}

fn guess(path: &Path, file: &str, stop: &Stop) -> Result<Option<String>, Error> {
    let foreign = open(path, stop)?;
    let mut first = None;
    for table in foreign.tables()?.into_iter().filter(|table| !table.name().starts_with("_dlt_")) {
        let lines = first_lines(&foreign, &table)?.0;
        if lines.is_empty() {
            continue;
        }
        let columns: Vec<&str> = table.columns().collect();
        let (map, is_whole) = guess_table_map(&columns, &lines, table.name(), file);
        if is_whole {
            return Ok(Some(map));
        }
        first.get_or_insert(map);
    }
    Ok(first)
}

/// The first rows of a table that can be read, as lines, and whether it has rows.
fn first_lines(foreign: &Foreign, table: &ForeignTable) -> Result<(String, bool), Error> {
    let rows = foreign.objects(table, i64::MIN, LOOKED_AT)?;
    let readable = rows.iter().filter(|(_, row)| !row.starts_with(TOO_LONG.as_bytes()));
    let lines: Vec<u8> = readable.flat_map(|(_, row)| line(row)).collect();
    Ok((String::from_utf8_lossy(&lines).into_owned(), !rows.is_empty()))
}

/// What is wrong with a SQLite file that is an input and no store.
pub(super) fn reason(error: &StoreError) -> String {
    match error {
        // Of a store this means that it may not be written.
        StoreError::ReadOnly { path } => format!("{} cannot be opened as a SQLite file", path.display()),
        StoreError::NotAStore { path, found } => format!("{} cannot be read: {found}", path.display()),
        error => error.to_string(),
    }
}

/// What to do about it.
pub(super) fn advice(error: &StoreError) -> Option<&'static str> {
    match error {
        StoreError::NotImportable { .. } | StoreError::Busy { .. } => error.advice(),
        StoreError::ReadOnly { .. } => Some("check that it and its folder may be read, or copy it elsewhere"),
        StoreError::Corrupt { .. } | StoreError::NotAStore { .. } | StoreError::Sqlite { .. } => {
            Some("copy what can be read of it with .recover of the sqlite3 shell, and import the copy")
        }
        _ => None,
    }
}

/// Opens the file; what it is asked ends once the import is to stop.
fn open(path: &Path, stop: &Stop) -> Result<Foreign, Error> {
    let stop = stop.clone();
    Ok(Foreign::open_until(path, move || stop.is_set())?)
}

fn read(path: &Path, name: &str, stop: &Stop, map: Option<&Arc<Map>>) -> Result<Tables, Error> {
    let foreign = open(path, stop)?;
    let mut streams = Vec::new();
    let aliases = foreign.aliases()?;
    if !aliases.is_empty() {
        let lines: Vec<u8> = aliases.iter().flat_map(alias_line).collect();
        let reader = Box::new(io::Cursor::new(lines));
        streams.push((table(path, format!("{name}:aliases"), reader, stop)?, Sniffed::lines_of(Format::AliasTable)));
    }
    if foreign.is_copy() {
        copy(path, name, foreign, stop, &mut streams)?;
        return Ok(Tables { streams, notes: Vec::new() });
    }
    let mut fitting = Vec::new();
    let mut refused: Vec<(String, String)> = Vec::new();
    for table in foreign.tables()? {
        let own = |name: &str| table.name().eq_ignore_ascii_case(name);
        let refuse = |why: &str| (table.name().to_owned(), why.to_owned());
        if own("aliases") && !streams.is_empty() || table.name().starts_with("_dlt_") {
            continue;
        }
        // A view shows what is in tables.
        if table.is_view && !own("events") && fitting.iter().any(|(_, _, has_rows)| *has_rows) {
            refused.push(refuse("it is a view"));
            continue;
        }
        let (lines, has_rows) = first_lines(&foreign, &table)?;
        let columns: Vec<&str> = table.columns().collect();
        let sniffed = match map {
            Some(map) => sniff_table_by_map(&lines, name, map),
            None => sniff_table(&columns, &lines, name),
        };
        match sniffed {
            Ok(sniffed) => fitting.push((table, sniffed, has_rows)),
            Err(error) => refused.push(refuse(&error.why)),
        }
    }
    // Next to a table of that name, others often hold the same rows once more.
    if fitting.iter().any(|(table, _, _)| table.name().eq_ignore_ascii_case("events")) {
        let is_other = |(table, sniffed, _): &(ForeignTable, Sniffed, bool)| {
            sniffed.format == Format::Export && !table.name().eq_ignore_ascii_case("events")
        };
        let (others, kept) = fitting.into_iter().partition(is_other);
        fitting = kept;
        refused.extend(others.iter().map(|(table, _, _): &(ForeignTable, _, _)| {
            (table.name().to_owned(), "the rows of the table events are read".to_owned())
        }));
    }
    if fitting.iter().any(|(_, _, has_rows)| *has_rows) || !streams.is_empty() {
        fitting.retain(|(_, _, has_rows)| *has_rows);
    }
    if fitting.is_empty() && streams.is_empty() {
        let why = match refused.as_slice() {
            [] => "it has no tables with rows".to_owned(),
            [(table, why)] => format!("of its table {table}: {why}"),
            [(table, why), others @ ..] => {
                let others: Vec<&str> = others.iter().map(|(table, _)| table.as_str()).collect();
                format!("of its table {table}: {why}; nor are the others read ({})", others.join(", "))
            }
        };
        return Err(Error::NotRecognised(NotRecognised { name: name.to_owned(), why }));
    }
    for (own, sniffed, _) in fitting {
        let called = format!("{name}:{}", own.name());
        let foreign = open(path, stop)?;
        let own = foreign.with_lists(own)?;
        let page = move |foreign: &Foreign, from| {
            let page = foreign.objects(&own, from, ROWS)?;
            let lines = page.iter().flat_map(|(_, row)| line(row)).collect();
            Ok((page.last().map(|(rowid, _)| *rowid), lines))
        };
        streams.push((table(path, called, Box::new(Lines::of(foreign, Box::new(page))), stop)?, sniffed));
    }
    let notes = refused.into_iter().map(|(table, why)| format!("{name}: the table {table} is not read: {why}"));
    Ok(Tables { streams, notes: notes.collect() })
}

/// The tables of a plain copy of a store, in addition to its aliases.
fn copy(
    path: &Path,
    name: &str,
    foreign: Foreign,
    stop: &Stop,
    streams: &mut Vec<(Stream, Sniffed)>,
) -> Result<(), Error> {
    if !foreign.profiles(i64::MIN, 1)?.is_empty() {
        let page = |foreign: &Foreign, from| {
            let page = foreign.profiles(from, ROWS)?;
            let lines: String = page.iter().map(profile_line).collect();
            Ok((page.last().map(|profile| profile.rowid), lines.into_bytes()))
        };
        let reader = Box::new(Lines::of(open(path, stop)?, Box::new(page)));
        streams.push((table(path, format!("{name}:profiles"), reader, stop)?, Sniffed::lines_of(Format::Payloads)));
    }
    if !streams.is_empty() && foreign.events(i64::MIN, 1)?.is_empty() {
        return Ok(());
    }
    let vendors = foreign.vendors()?;
    let others: Vec<(String, Sniffed)> =
        vendors.into_iter().filter_map(|vendor| Some((vendor.clone(), Sniffed::copy_of(&vendor)?))).collect();
    for (vendor, sniffed) in &others {
        let own = vendor.clone();
        let reader = copied(open(path, stop)?, move |event| event.vendor.as_ref() == Some(&own));
        streams.push((table(path, format!("{name}:events of {vendor}"), reader, stop)?, sniffed.clone()));
    }
    let is_other = move |event: &ForeignEvent| others.iter().any(|(vendor, _)| event.vendor.as_ref() == Some(vendor));
    let reader = copied(foreign, move |event| !is_other(event));
    streams.push((table(path, format!("{name}:events"), reader, stop)?, Sniffed::lines_of(Format::Copy)));
    Ok(())
}

/// Those rows of a plain copy that `wanted` picks.
fn copied(foreign: Foreign, wanted: impl Fn(&ForeignEvent) -> bool + Send + 'static) -> Box<dyn Read + Send> {
    let page = move |foreign: &Foreign, from| {
        let page = foreign.events(from, ROWS)?;
        let lines = page.iter().filter(|event| wanted(event)).flat_map(copied_line).collect();
        Ok((page.last().map(|event| event.rowid), lines))
    };
    Box::new(Lines::of(foreign, Box::new(page)))
}

fn table(path: &Path, name: String, reader: Box<dyn Read + Send>, stop: &Stop) -> Result<Stream, Error> {
    let stream =
        Stream::new(name, reader, None, stop).map_err(|source| Error::Open { path: path.to_owned(), source })?;
    Ok(stream.called("SQLite file"))
}

/// Gives some rows of a table from a number on as lines, and the number of the last.
type Page = Box<dyn Fn(&Foreign, i64) -> Result<(Option<i64>, Vec<u8>), StoreError> + Send>;

/// The rows of a table, line by line.
struct Lines {
    foreign: Foreign,
    page: Page,
    /// First number not yet asked for; `None` when there are no more.
    from: Option<i64>,
    line: VecDeque<u8>,
}

impl Lines {
    fn of(foreign: Foreign, page: Page) -> Self {
        Self { foreign, page, from: Some(i64::MIN), line: VecDeque::new() }
    }
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.line.is_empty() {
            let Some(from) = self.from else { return Ok(0) };
            let (last, lines) = (self.page)(&self.foreign, from).map_err(io::Error::other)?;
            self.from = last.and_then(|last| last.checked_add(1));
            self.line.extend(lines);
        }
        self.line.read(buffer)
    }
}

/// A row of a table as a line, or what says that it cannot be read.
fn line(row: &[u8]) -> Vec<u8> {
    let unreadable = if row.starts_with(TOO_LONG.as_bytes()) { UNREADABLE } else { "" };
    [unreadable.as_bytes(), row, b"\n"].concat()
}

/// A row of `events` of a plain copy: properties as they are, columns next to them.
fn copied_line(event: &ForeignEvent) -> Vec<u8> {
    if event.properties.starts_with(TOO_LONG) {
        return line(event.properties.as_bytes());
    }
    let ForeignEvent { event, properties, distinct_id, time, arrived, flags, .. } = event;
    let name = serde_json::Value::from(event.as_str());
    let properties = one_line(properties.trim());
    format!(
        "{{\"event\":{name},\"properties\":{properties},\"columns\":{{\"distinct_id\":{distinct_id},\"time\":{time},\
         \"arrived\":{arrived},\"flags\":{flags}}}}}\n"
    )
    .into_bytes()
}

/// A profile update of a plain copy, as a recorder would write it.
fn profile_line(profile: &ForeignProfile) -> String {
    let ForeignProfile { update, arrived, .. } = profile;
    format!("{{\"received_at_ms\":{arrived},\"update\":{}}}\n", one_line(update.trim()))
}

fn alias_line(alias: &ForeignAlias) -> Vec<u8> {
    let time = alias.time.as_deref().unwrap_or("null");
    let ForeignAlias { alias, distinct_id, .. } = alias;
    let parts: [&[u8]; 7] =
        [b"{\"alias\":", alias, b",\"distinct_id\":", distinct_id, b",\"time\":", time.as_bytes(), b"}\n"];
    parts.concat()
}
