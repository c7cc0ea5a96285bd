//! What a file is, by its content.
//!
//! The first [`HEAD`] bytes decide, never the name: exports come as `.json`, `.txt` or without
//! an extension. What most of the rows in them are, the file is; broken lines at its head do not
//! hide that.

mod cells;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use self::cells::{alias_table, headless, table, table_between, table_rows};
use super::csv::Header;
use super::format::Format;
use super::grid::Heads;
use super::item::Clock;
use super::kind::kind_of;
use super::map::Map;
use super::object::members;
use super::recognise::{self, Found};
use super::repair::repaired;
use super::rows::Role;
use super::split::{Layout, Splitter, split_first, trim};
use super::table::Columns;
use super::vendor::stranger::{self, stranger};
use super::vendor::{self, By};
use super::{carrier, grid, payload};
use crate::model::facts::MIXPANEL;

/// Bytes from the start of a file that are looked at.
pub const HEAD: usize = 64 * 1024;

/// What [`sniff()`] found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sniffed {
    /// What it holds.
    pub format: Format,
    /// How its records lie.
    pub layout: Layout,
    /// Format and layout by their name for people.
    pub name: String,
    /// Columns that are not read, because a tool wrote them for itself.
    pub left_out: Vec<String>,
    pub(super) how: Arc<How>,
}

/// How records are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct How {
    /// What rows are.
    pub(super) rows: Found,
    /// Rows are as Mixpanel itself writes them.
    pub(super) is_raw: bool,
    /// A record is an answer with a list of rows.
    pub(super) is_answer: bool,
    /// Rows are cells of a table.
    pub(super) cells: Option<Cells>,
    /// Rows are lists of values.
    pub(super) heads: Option<Heads>,
    /// What a person says that columns are.
    pub(super) map: Option<Arc<Map>>,
}

/// A table as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cells {
    pub(super) header: Header,
    pub(super) rows: CellRows,
}

/// What the cells of a row make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CellRows {
    /// A line of a table of aliases.
    Aliases(Columns),
    /// An event or a profile; what each column is.
    Lifted(Vec<Role<'static>>),
    /// An object that is read like one of JSON.
    Objects,
}

impl How {
    /// Why a row could not be read: because it is another vendor's, where it is.
    pub(super) fn true_reason(&self, reason: String, row: &str) -> String {
        let is_ours = self.rows.vendor.is_none() && self.map.is_none() && !reason.starts_with("the server refused");
        match stranger(row, None).filter(|_| is_ours && row.starts_with('{')) {
            Some(rows) => stranger::reason(rows, stranger::MIXPANELS),
            None => reason,
        }
    }
}

impl Sniffed {
    /// Whose clock times without a zone are on.
    pub fn clock(&self) -> Clock {
        match self.how.rows.vendor {
            Some(By(vendor)) => vendor.clock(),
            None => self.format.clock(),
        }
    }

    /// Whose rows it holds, by name.
    pub fn vendor(&self) -> &'static str {
        self.how.rows.vendor.map_or(MIXPANEL, |By(vendor)| vendor.name())
    }

    /// A file with one record of `format` in each line, as Mixpanel itself writes it.
    pub fn lines_of(format: Format) -> Self {
        Self::new(Found::raw(format), Layout::Lines, false)
    }

    /// Requests of SDKs as a recorder writes them, one in each line: those of Mixpanel, or of the
    /// vendor with this name; `None` for one that is not known.
    pub fn requests_of(vendor: &str) -> Option<Self> {
        if vendor == MIXPANEL {
            return Some(Self::lines_of(Format::Payloads));
        }
        let vendor = vendor::named(vendor)?;
        Some(Self::new(Found::of_vendor(vendor, false), Layout::Lines, false))
    }

    /// Rows of a plain copy that are of another vendor; `None` for Mixpanel, and for a vendor that is
    /// not known.
    pub fn copy_of(vendor: &str) -> Option<Self> {
        let vendor = vendor::named(vendor)?;
        Some(Self::new(Found { format: Format::Copy, ..Found::of_vendor(vendor, false) }, Layout::Lines, false))
    }

    fn new(rows: Found, layout: Layout, array: bool) -> Self {
        let lies = match layout {
            Layout::Csv => "CSV",
            Layout::Nested if array => "JSON array",
            Layout::Nested => "JSON objects",
            Layout::Lines => "JSON Lines",
        };
        let format = rows.format;
        let name = match format {
            // Profiles of a tool lie as its rows do; those of Mixpanel in pages.
            Format::ProfileExport if !rows.is_raw && rows.is_carried => rows.name.to_owned(),
            Format::ProfileExport if !rows.is_raw => format!("{} ({lies})", rows.name),
            _ if !format.shows_layout() => format.name().to_owned(),
            _ if rows.is_carried && rows.vendor.is_none() => rows.name.to_owned(),
            _ if rows.name.is_empty() => format!("{} ({lies})", format.name()),
            _ => format!("{} ({lies})", rows.name),
        };
        let left_out = rows.left_out.clone();
        let how = How { is_raw: rows.is_raw, rows, is_answer: false, cells: None, heads: None, map: None };
        Self { format, layout, name, left_out, how: Arc::new(how) }
    }

    /// The same, of answers with a list of rows.
    fn answers(rows: Found, layout: Layout) -> Self {
        let mut sniffed = Self::new(rows, layout, false);
        let what = if sniffed.how.rows.is_raw { Format::Export.name() } else { sniffed.how.rows.name };
        sniffed.name = match sniffed.format {
            Format::Export | Format::Vendor => format!("{what} (JSON answer of an API)"),
            _ => sniffed.name,
        };
        sniffed.how = Arc::new(How { is_answer: true, ..(*sniffed.how).clone() });
        sniffed
    }

    /// The same, of lists of values with these heads.
    fn with_heads(mut self, heads: Heads) -> Self {
        self.how = Arc::new(How { heads: Some(heads), ..(*self.how).clone() });
        self
    }

    /// The same, read by a map.
    fn by_map(mut self, map: &Arc<Map>) -> Self {
        self.how = Arc::new(How { map: Some(Arc::clone(map)), ..(*self.how).clone() });
        self
    }

    /// The same, of a table as text.
    fn table(header: Header, rows: Found) -> Self {
        let cells = match rows.format {
            Format::Export if !rows.is_carried => CellRows::Lifted(header.roles(&rows.events)),
            Format::ProfileExport if !rows.is_carried && !rows.is_raw => CellRows::Lifted(header.roles(&rows.profiles)),
            _ => CellRows::Objects,
        };
        Self::cells(header, rows, cells)
    }

    fn cells(header: Header, rows: Found, cells: CellRows) -> Self {
        let mut sniffed = Self::new(rows, Layout::Csv, false);
        if let Some(null) = header.null() {
            sniffed.name = sniffed.name.replace("(CSV)", &format!("(CSV, {null} is nothing)"));
        }
        if header.is_escaped() {
            sniffed.layout = Layout::Lines;
        }
        let cells = Some(Cells { header, rows: cells });
        sniffed.how = Arc::new(How { cells, ..(*sniffed.how).clone() });
        sniffed
    }
}

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

/// First bytes of formats that are not read, and what to do with them.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "it is a zip archive; unpack it first"),
    (b"BZh", "it is packed with bzip2; unpack it first"),
    (b"\xfd7zXZ\0", "it is packed with xz; unpack it first"),
    (b"\x1f\x8b", "it is packed twice; unpack it once first"),
    (b"\x28\xb5\x2f\xfd", "it is packed twice; unpack it once first"),
    (b"\xff\xfe", "it is UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "it is UTF-16 text; save it as UTF-8"),
    (b"PAR1", "it is a Parquet file, whose columns are named with --map"),
    (b"Obj\x01", "it is an Avro file; write it as Parquet or JSON Lines"),
    (b"ARROW1\0\0", "it is an Arrow (Feather) file; write it as Parquet or JSON Lines"),
    (b"\xff\xff\xff\xff", "it is an Arrow stream; write it as Parquet or JSON Lines"),
    (b"\xd0\xcf\x11\xe0", "it is a workbook of Excel; save its sheet as CSV"),
];

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

/// What holds rows that are read elsewhere, or none at all; the error says why it is not read.
fn container(head: &[u8], whole: bool, name: &str) -> Result<Option<Sniffed>, NotRecognised> {
    if head.starts_with(b"SQLite format 3\0") {
        return Ok(Some(Sniffed::lines_of(Format::Sqlite)));
    }
    let fail = |why: String| NotRecognised { name: name.to_owned(), why };
    if head.get(257..262) == Some(b"ustar") {
        return Err(fail("it is a tar archive; unpack it first".to_owned()));
    }
    if let Some((_, why)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(fail((*why).to_owned()));
    }
    let text = trim(head);
    if text.is_empty() && whole {
        return Ok(Some(Sniffed::lines_of(Format::Empty)));
    }
    let inside = text.strip_prefix(b"[").map(<[u8]>::trim_ascii);
    if whole && inside.is_some_and(|inside| inside == b"]") {
        return Ok(Some(Sniffed::new(Found::raw(Format::Empty), Layout::Nested, true)));
    }
    if text.is_empty() {
        return Err(fail("its first 64 KB are blank".to_owned()));
    }
    Ok(None)
}

/// What a file is whose columns a person says; the error says what its rows lack.
pub fn sniff_by_map(head: &[u8], whole: bool, name: &str, map: &Arc<Map>) -> Result<Sniffed, NotRecognised> {
    if let Some(sniffed) = container(head, whole, name)? {
        return Ok(sniffed);
    }
    let fail = |why: String| NotRecognised { name: name.to_owned(), why };
    let (rows, sniffed) = plain_rows(trim(head), whole);
    map.check(&rows).map_err(fail)?;
    Ok(sniffed.by_map(map))
}

/// What a table is whose columns a person says, by its first rows as JSON objects in lines.
pub fn sniff_table_by_map(lines: &str, name: &str, map: &Arc<Map>) -> Result<Sniffed, NotRecognised> {
    let rows: Vec<String> = lines.lines().map(str::to_owned).collect();
    map.check(&rows).map_err(|why| NotRecognised { name: name.to_owned(), why })?;
    Ok(Sniffed::new(mapped(), Layout::Lines, false).by_map(map))
}

/// A map for a file, as a guess to edit: what to write into a file of a map.
pub fn guess_map(head: &[u8], whole: bool, name: &str) -> Result<String, NotRecognised> {
    let fail = |why: &str| NotRecognised { name: name.to_owned(), why: why.to_owned() };
    if container(head, whole, name)?.is_some() {
        return Err(fail("a map is guessed for rows of text or JSON; the columns of a database are named with --map"));
    }
    let (rows, _) = plain_rows(trim(head), whole);
    if rows.is_empty() { Err(fail("it has no rows with named columns")) } else { Ok(Map::guess(&rows, name)) }
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
    if !text.contains(&b'\n') && text.contains(&b'\r') {
        return Err("its lines end in carriage returns only; write them with line feeds".to_owned());
    }
    if text.iter().take(512).any(|byte| *byte == 0) {
        return Err("it is a binary file".to_owned());
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

/// The file as lines of values, if its first line is a list of them.
fn lists(text: &[u8], whole: bool) -> Option<Result<Sniffed, String>> {
    value_lists(text, whole)?;
    let Some((heads, rows)) = headed(text, whole) else {
        return Some(Err("its lines are lists of values without the names of their columns; write it with the names \
                         (of ClickHouse JSONEachRow, or JSONCompactEachRowWithNames)"
            .to_owned()));
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
fn is_spread(text: &[u8], whole: bool) -> bool {
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
