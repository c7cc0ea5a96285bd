//! What a file is, by its content.
//!
//! The first [`HEAD`] bytes decide, never the name: exports come as `.json`, `.txt` or without
//! an extension. What most of the rows in them are, the file is; broken lines at its head do not
//! hide that.

mod cells;
mod container;
mod sniffed;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

pub(super) use self::cells::table_rows;
pub use self::sniffed::Sniffed;
pub(super) use self::sniffed::{CellRows, Cells, How};

use self::cells::{alias_table, headless, table, table_between};
use self::container::container;
use super::format::Format;
use super::grid::Heads;
use super::kind::kind_of;
use super::map::Map;
use super::object::members;
use super::recognise::{self, Found};
use super::repair::repaired;
use super::split::{Layout, Splitter, split_first, trim};
use super::vendor::{self};
use super::{carrier, grid, payload};

/// Bytes from the start of a file that are looked at.
pub const HEAD: usize = 64 * 1024;

/// A file that is nothing that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is in no known format: {why}")]
pub struct NotRecognised {
    /// Name of the file.
    pub name: String,
    /// What was seen instead.
    pub why: String,
}

impl NotRecognised {
    /// What can be read, as one sentence.
    pub fn advice() -> &'static str {
        static ADVICE: LazyLock<String> = LazyLock::new(|| {
            let vendors: Vec<&str> = vendor::read().collect();
            format!(
                "known are exports of Mixpanel and rows of events with event, distinct_id and time (JSON Lines, a JSON \
                 array, CSV, Parquet, SQLite, Singer, Airbyte, dlt), recorded SDK payloads, {}, profiles, and alias tables \
                 (alias,distinct_id), each also as .gz or .zst, or in a zip or tar archive; of any other rows of events say which column is what with \
                 --map (--map-for FILE prints a map to edit)",
                vendors.join(", ")
            )
        });
        &ADVICE
    }
}

/// Says what a file is from its first bytes, unpacked; `whole` when they are all of it.
pub fn sniff(head: &[u8], whole: bool, name: &str) -> Result<Sniffed, NotRecognised> {
    sniff_as(head, whole, name, None)
}

/// [`sniff()`], where a person says what the file is: a file with two columns that an alias and its
/// target can stand in is a table of aliases then. Containers are what they are.
pub fn sniff_as(head: &[u8], whole: bool, name: &str, read_as: Option<Format>) -> Result<Sniffed, NotRecognised> {
    if let Some(sniffed) = container(head, whole, name)? {
        return Ok(sniffed);
    }
    let fail = |why: String| NotRecognised { name: name.to_owned(), why };
    let text = trim(head);
    if read_as == Some(Format::AliasTable) {
        return alias_table(text, whole).ok_or_else(|| {
            fail(
                "a table of aliases has a column alias (or key) and one distinct_id (or target, original, value)"
                    .into(),
            )
        });
    }
    by_rows(head, whole).map_err(fail)
}

/// What a file is whose columns a person says; the error says what its rows lack.
pub fn sniff_by_map(head: &[u8], whole: bool, name: &str, map: &Arc<Map>) -> Result<Sniffed, NotRecognised> {
    if let Some(sniffed) = container(head, whole, name)? {
        return Ok(sniffed);
    }
    let fail = |why: String| NotRecognised { name: name.to_owned(), why };
    let (rows, sniffed) = plain_rows(trim(head), whole);
    map.check(&rows).map_err(fail)?;
    Ok(sniffed.by_map(map, &rows))
}

/// What a table is whose columns a person says, by its first rows as JSON objects in lines.
pub fn sniff_table_by_map(lines: &str, name: &str, map: &Arc<Map>) -> Result<Sniffed, NotRecognised> {
    let rows: Vec<String> = lines.lines().map(str::to_owned).collect();
    map.check(&rows).map_err(|why| NotRecognised { name: name.to_owned(), why })?;
    Ok(Sniffed::new(mapped(), Layout::Lines, false).by_map(map, &rows))
}

/// A map for a file, as a guess to edit: what to write into a file of a map. `name` is what is looked at, `file` what one
/// imports.
pub fn guess_map(head: &[u8], whole: bool, name: &str, file: &str) -> Result<String, NotRecognised> {
    let fail = |why: &str| NotRecognised { name: name.to_owned(), why: why.to_owned() };
    if container(head, whole, name)?.is_some() {
        return Err(fail("a map is guessed for rows of text or JSON; the columns of a database are named with --map"));
    }
    let (rows, _) = plain_rows(trim(head), whole);
    if rows.is_empty() {
        return Err(fail("it has no rows with named columns"));
    }
    let read_as = sniff(head, whole, name).ok().map(|sniffed| sniffed.name);
    Ok(Map::guess(&rows, file, file, read_as.as_deref()))
}

/// [`guess_map`] for a table of a database, by its first rows as JSON objects in lines, and whether all that a map needs
/// was found.
pub fn guess_table_map(columns: &[&str], lines: &str, table: &str, file: &str) -> (String, bool) {
    let rows: Vec<String> = lines.lines().map(str::to_owned).collect();
    let read_as = recognise::table(columns, &rows).ok().map(|found| found.name);
    let of = format!("the table {table} of {file}");
    (Map::guess(&rows, &of, file, read_as), Map::proposal(&rows).is_some())
}

/// What is found in a file that is read by a map.
fn mapped() -> Found {
    Found { name: "rows by a map", is_raw: false, ..Found::raw(Format::Export) }
}

/// The first rows of a file as objects, whatever they are, and how they lie.
fn plain_rows(text: &[u8], whole: bool) -> (Vec<String>, Sniffed) {
    let array = text.starts_with(b"[");
    if array && let Some((heads, rows)) = headed(text, whole) {
        return (rows, Sniffed::new(mapped(), Layout::Lines, false).with_heads(heads));
    }
    if array || text.starts_with(b"{") {
        let layout = if array || is_spread(text, whole) { Layout::Nested } else { Layout::Lines };
        let rows = objects(layout, text, whole);
        if let [one] = rows.as_slice()
            && let Some(inside) = grid::rows(one)
        {
            let inside = inside.into_iter().map(|(_, row)| row.into_owned()).collect();
            return (inside, Sniffed::answers(mapped(), layout));
        }
        return (rows, Sniffed::new(mapped(), layout, array));
    }
    match table_rows(text, whole) {
        Some((header, rows, _)) => (rows, Sniffed::cells(header, mapped(), CellRows::Objects)),
        None => (Vec::new(), Sniffed::new(mapped(), Layout::Lines, false)),
    }
}

/// What a file is by its first rows; the error says why it is nothing.
fn by_rows(head: &[u8], whole: bool) -> Result<Sniffed, String> {
    let text = trim(head);
    let array = text.starts_with(b"[");
    if array && let Some(batches) = batches(text, whole) {
        match recognise::rows(batches.iter().map(String::as_str)) {
            // Arrays of an export one behind the other, and no batches of an SDK.
            Ok(Some(rows)) if rows.format == Format::Export => {
                let layout = if begins_lines(text, b'[') { Layout::Nested } else { Layout::Lines };
                return Ok(Sniffed::new(rows, layout, layout == Layout::Nested));
            }
            Ok(Some(rows)) if rows.vendor.is_some() => return Ok(Sniffed::new(rows, Layout::Lines, false)),
            Err(why) if why.is_final => return Err(why.into()),
            // Old SDKs send rows without a time.
            _ => return Ok(Sniffed::lines_of(Format::Payloads)),
        }
    }
    if array && let Some(lists) = lists(text, whole) {
        return lists;
    }
    let layout = if array || is_spread(text, whole) { Layout::Nested } else { Layout::Lines };
    let found = recognise::rows(objects(layout, text, whole).iter().map(String::as_str));
    if let Ok(Some(rows)) = found {
        if let Some(columns) = table_between(text, whole) {
            return Err(format!(
                "it has rows in JSON, and a table with the columns {columns}; write each into a separate file"
            ));
        }
        return Ok(Sniffed::new(rows, layout, array));
    }
    if let Some(rows) = in_answer(text) {
        return rows.map(|rows| Sniffed::answers(rows, layout));
    }
    found?;
    if let Some(sniffed) = headless(head, whole) {
        return Ok(sniffed);
    }
    if !text.starts_with(b"{")
        && !array
        && let Some(table) = table(text, whole)
    {
        return table;
    }
    if records(Layout::Lines, text, whole).any(carries_data) {
        return Ok(Sniffed::lines_of(Format::Payloads));
    }
    // No record is whole: each is cut, or the first is longer than what was looked at. The keys
    // that can be seen still tell, and the rows will say what is wrong with them.
    if let Some(format) = by_visible_keys(text) {
        let first = trim(text.split(|byte| *byte == b'\n').next().unwrap_or_default());
        let spread = array || first.ends_with(b"{") || first.ends_with(b"[") || first.ends_with(b",");
        let layout = if spread { Layout::Nested } else { Layout::Lines };
        return Ok(Sniffed::new(Found::raw(format), layout, array));
    }
    if text.iter().take(512).any(|byte| *byte == 0) {
        return Err("it is a binary file".to_owned());
    }
    if !text.contains(&b'\n') && text.contains(&b'\r') {
        return Err("its lines end in carriage returns only; write them with line feeds".to_owned());
    }
    if array && text.strip_prefix(b"[").is_some_and(|inside| trim(inside).starts_with(b"[")) {
        return Err(WITHOUT_NAMES.to_owned());
    }
    Err("no event, profile or alias is in its first 64 KB".to_owned())
}

/// What a table is whose rows are given as JSON objects, one in each line, such as one of a
/// database.
pub fn sniff_table(columns: &[&str], lines: &str, name: &str) -> Result<Sniffed, NotRecognised> {
    let rows: Vec<String> = lines.lines().map(str::to_owned).collect();
    let found = recognise::table(columns, &rows).map_err(|why| NotRecognised { name: name.to_owned(), why })?;
    Ok(Sniffed::new(found, Layout::Lines, false))
}

/// The rows of the first answer with a list of them, if the file has such answers.
fn in_answer(text: &[u8]) -> Option<Result<Found, String>> {
    let text = match std::str::from_utf8(text) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(text),
    };
    let Some(from) = carrier::list(&text) else {
        let (first, _) = repaired(records(Layout::Nested, text.as_bytes(), true).next()?);
        let rows = grid::rows(&first)?;
        return recognise::rows(rows.iter().map(|(_, row)| &**row)).map_err(String::from).transpose();
    };
    let rows = objects(Layout::Nested, text.get(from..)?.as_bytes(), false);
    recognise::rows(rows.iter().map(String::as_str)).map_err(String::from).transpose()
}

/// The whole records of the head, and a last one that may be cut.
fn records(layout: Layout, head: &[u8], whole: bool) -> impl Iterator<Item = &[u8]> {
    records_as_they_are(layout, head, whole).map(trim)
}

/// [`records`], with the white space around them.
fn records_as_they_are(layout: Layout, head: &[u8], whole: bool) -> impl Iterator<Item = &[u8]> {
    let mut splitter = Splitter::new(layout, 1, usize::MAX, false);
    std::iter::from_fn(move || {
        let record = splitter.next(head, whole)?;
        head.get(record.start..record.end)
    })
}

/// The objects among the records, also several in one line.
fn objects(layout: Layout, head: &[u8], whole: bool) -> Vec<String> {
    let mut objects = Vec::new();
    for record in records(layout, head, whole).filter(|record| record.starts_with(b"{")).take(MANY) {
        let (text, _) = repaired(record);
        let mut rest = &*text;
        while let Some((one, behind)) = split_first(rest).filter(|_| objects.len() < MANY) {
            objects.push(one.to_owned());
            rest = behind;
        }
        objects.push(rest.to_owned());
    }
    objects
}

/// Records that are looked at.
const MANY: usize = 1000;

/// The first lines of a file, if they are lists of values.
fn value_lists(text: &[u8], whole: bool) -> Option<Vec<Cow<'_, str>>> {
    let lines: Vec<_> = records(Layout::Lines, text, whole).take(MANY).map(|line| repaired(line).0).collect();
    let is_list = |line: &str| {
        members(line).is_ok_and(|list| !list.is_empty() && list.iter().any(|value| !value.starts_with('{')))
    };
    (is_list(lines.first()?) && is_list(lines.get(1)?)).then_some(lines)
}

/// The heads of a file with a list of values in each line, and its first rows as objects.
fn headed(text: &[u8], whole: bool) -> Option<(Heads, Vec<String>)> {
    let lines = value_lists(text, whole)?;
    let heads = Heads::of(lines.first()?, lines.get(1).map(|line| &**line))?;
    let rows = lines.iter().filter(|line| !heads.has(line)).filter_map(|line| grid::object(&heads.names, line).ok());
    let rows = rows.collect();
    Some((heads, rows))
}

/// Why lists of values are not read.
const WITHOUT_NAMES: &str = "its rows are lists of values without the names of their columns; write it with the names (of \
                             pandas orient=\"records\", of ClickHouse JSONEachRow, or JSONCompactEachRowWithNames)";

/// The file as lines of values, if its first line is a list of them.
fn lists(text: &[u8], whole: bool) -> Option<Result<Sniffed, String>> {
    value_lists(text, whole)?;
    let Some((heads, rows)) = headed(text, whole) else {
        return Some(Err(WITHOUT_NAMES.to_owned()));
    };
    let columns: Vec<&str> = heads.names.iter().map(String::as_str).collect();
    let found = recognise::table(&columns, &rows);
    Some(found.map(|rows| Sniffed::new(rows, Layout::Lines, false).with_heads(heads)))
}

/// What is in arrays, where the first line is one of its own and there are others: batches as SDKs
/// send them, or exports one behind the other.
fn batches(text: &[u8], whole: bool) -> Option<Vec<String>> {
    let mut lines = text.split(|byte| *byte == b'\n').map(trim).filter(|line| !line.is_empty());
    let inside = |line: &[u8]| -> Option<Vec<String>> {
        let line = repaired(line).0;
        members(&line).ok()?.into_iter().map(|member| member.starts_with('{').then(|| member.to_owned())).collect()
    };
    inside(lines.next()?)?;
    lines.next()?;
    Some(objects(Layout::Nested, text, whole))
}

/// Whether each line begins with this.
fn begins_lines(text: &[u8], with: u8) -> bool {
    text.split(|byte| *byte == b'\n').map(trim).all(|line| line.first().is_none_or(|first| *first == with))
}

/// Whether the file begins with an object that goes over several lines, or has many objects in the
/// only line that there is.
pub(super) fn is_spread(text: &[u8], whole: bool) -> bool {
    let Some(first) = records(Layout::Nested, text, whole).next() else { return false };
    let object = || kind_of(&repaired(first).0).is_ok();
    // A line break inside a string is repaired away.
    let spread = repaired(first).0.contains('\n') || !text.contains(&b'\n') && split_first(&repaired(text).0).is_some();
    first.starts_with(b"{") && spread && object()
}

/// Whether a line that is no JSON is the data of a request.
fn carries_data(line: &[u8]) -> bool {
    let data = payload::data(&repaired(line).0);
    data.is_some_and(|payload::Data { json, .. }| match json.as_bytes().first() {
        Some(b'[') => members(&json).is_ok_and(|list| list.iter().any(|member| is_kind(member))),
        _ => is_kind(&json),
    })
}

fn is_kind(json: &str) -> bool {
    matches!(kind_of(json), Ok(Some(_)))
}

fn by_visible_keys(text: &[u8]) -> Option<Format> {
    if !text.starts_with(b"{") && !text.starts_with(b"[") {
        return None;
    }
    let has = |key: &str| memchr::memmem::find(text, key.as_bytes()).is_some();
    if has("\"payload\"") && has("\"endpoint\"") {
        Some(Format::Payloads)
    } else if has("\"event\"") && has("\"properties\"") {
        Some(Format::Export)
    } else if has("\"results\"") && has("\"$properties\"") {
        Some(Format::ProfileExport)
    } else if has("\"$distinct_id\"") && payload_operation(text) {
        Some(Format::ProfileUpdates)
    } else {
        None
    }
}

fn payload_operation(text: &[u8]) -> bool {
    super::profile::OPERATIONS
        .iter()
        .any(|operation| memchr::memmem::find(text, format!("\"{operation}\"").as_bytes()).is_some())
}
