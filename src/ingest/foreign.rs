//! SQLite files of other programs, as lines of JSON like any other file.
//!
//! Each of the tables `events` and `aliases` (and `profiles` of a plain copy) is a file of its own,
//! `x.db:events`, so that a table that has grown goes on where it ended. The line of a row is its
//! place in its table.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::Path;

use super::reading::Stream;
use super::{Error, Stop};
use crate::formats::{Format, Sniffed, UNREADABLE, one_line};
use crate::store::Error as StoreError;
use crate::store::foreign::{Foreign, ForeignAlias, ForeignEvent, ForeignProfile, TOO_LONG};

/// Rows asked for at once.
const ROWS: usize = 4096;

/// The tables of the file.
pub(super) fn streams(path: &Path, name: &str, stop: &Stop) -> Result<Vec<(Stream, Sniffed)>, Error> {
    read(path, name, stop).map_err(|error| match error {
        Error::Store(source) => Error::Foreign { source },
        error => error,
    })
}

/// What is wrong with a SQLite file that is an input and no store.
pub(super) fn told(error: &StoreError) -> String {
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

fn read(path: &Path, name: &str, stop: &Stop) -> Result<Vec<(Stream, Sniffed)>, Error> {
    let open = || {
        let stop = stop.clone();
        Foreign::open_until(path, move || stop.is_set())
    };
    let foreign = open()?;
    let mut streams = Vec::new();
    let aliases = foreign.aliases()?;
    if !aliases.is_empty() {
        let text: String = aliases.iter().map(alias_line).collect();
        let reader = Box::new(io::Cursor::new(text.into_bytes()));
        streams.push((table(path, format!("{name}:aliases"), reader, stop)?, Sniffed::lines_of(Format::AliasTable)));
    }
    if !foreign.profiles(i64::MIN, 1)?.is_empty() {
        let page: Page = |foreign, from| {
            let page = foreign.profiles(from, ROWS)?;
            Ok((page.last().map(|profile| profile.rowid), page.iter().map(profile_line).collect()))
        };
        let reader = Box::new(Lines::of(open()?, page));
        streams.push((table(path, format!("{name}:profiles"), reader, stop)?, Sniffed::lines_of(Format::Payloads)));
    }
    if !streams.is_empty() && foreign.events(i64::MIN, 1)?.is_empty() {
        return Ok(streams);
    }
    let format = if foreign.is_copy() { Format::Copy } else { Format::Export };
    let page: Page = |foreign, from| {
        let page = foreign.events(from, ROWS)?;
        let line = if foreign.is_copy() { copied_line } else { event_line };
        Ok((page.last().map(|event| event.rowid), page.iter().map(line).collect()))
    };
    let reader = Box::new(Lines::of(foreign, page));
    streams.push((table(path, format!("{name}:events"), reader, stop)?, Sniffed::lines_of(format)));
    Ok(streams)
}

fn table(path: &Path, name: String, reader: Box<dyn Read + Send>, stop: &Stop) -> Result<Stream, Error> {
    let stream =
        Stream::new(name, reader, None, stop).map_err(|source| Error::Open { path: path.to_owned(), source })?;
    Ok(stream.called("SQLite file"))
}

/// Gives some rows of a table from a number on as lines, and the number of the last.
type Page = fn(&Foreign, i64) -> Result<(Option<i64>, String), StoreError>;

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
            self.line.extend(lines.into_bytes());
        }
        self.line.read(buffer)
    }
}

/// A row of `events` as an exported row: its columns become properties.
fn event_line(event: &ForeignEvent) -> String {
    if event.properties.starts_with(TOO_LONG) {
        return format!("{UNREADABLE}{}\n", event.properties);
    }
    let name = serde_json::Value::from(event.event.as_str());
    let properties = one_line(event.properties.trim());
    let is_object = properties.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(&properties).is_ok();
    let properties = if is_object {
        let mut text = properties.into_owned();
        text.pop();
        // The columns come last, so that they count where a property has the same name.
        let columns =
            [("mp_processing_time_ms", &event.arrived), ("time", &event.time), ("distinct_id", &event.distinct_id)];
        for (key, value) in columns {
            if value != "null" {
                let comma = if text.trim_end().ends_with('{') { "" } else { "," };
                text.extend([comma, "\"", key, "\":", value]);
            }
        }
        text + "}"
    } else {
        serde_json::Value::from(properties.into_owned()).to_string()
    };
    format!("{{\"event\":{name},\"properties\":{properties}}}\n")
}

/// A row of `events` of a plain copy: properties as they are, columns beside them.
fn copied_line(event: &ForeignEvent) -> String {
    let ForeignEvent { event, properties, distinct_id, time, arrived, flags, .. } = event;
    let name = serde_json::Value::from(event.as_str());
    let properties = one_line(properties.trim());
    format!(
        "{{\"event\":{name},\"properties\":{properties},\"columns\":{{\"distinct_id\":{distinct_id},\"time\":{time},\
         \"arrived\":{arrived},\"flags\":{flags}}}}}\n"
    )
}

/// A profile update of a plain copy, as a recorder would write it.
fn profile_line(profile: &ForeignProfile) -> String {
    let ForeignProfile { update, arrived, .. } = profile;
    format!("{{\"received_at_ms\":{arrived},\"update\":{}}}\n", one_line(update.trim()))
}

fn alias_line(alias: &ForeignAlias) -> String {
    let time = alias.time.as_deref().unwrap_or("null");
    format!("{{\"alias\":{},\"distinct_id\":{},\"time\":{time}}}\n", alias.alias, alias.distinct_id)
}
