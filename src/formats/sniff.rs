//! What a file is, by its content.
//!
//! The first [`HEAD`] bytes decide, never the name: exports come as `.json`, `.txt` or without
//! an extension. The first record that is known says it, so that broken lines at the head of a
//! file do not hide what it is.

use super::decode::{Kind, apart, kind_of, trim};
use super::object::{fields, members};
use super::payload;
use super::repair::repaired;
use super::split::{Layout, Splitter};
use super::table::Columns;

/// Bytes from the start of a file that are looked at.
pub const HEAD: usize = 64 * 1024;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Events of the raw export (identity.md §4.5).
    Export,
    /// What SDKs sent, recorded or bare (§4.1 to §4.4).
    Payloads,
    /// Profile and group updates (§4.2).
    ProfileUpdates,
    /// Exported profiles, in pages or line by line (§4.5).
    ProfileExport,
    /// Alias → `distinct_id`.
    AliasTable,
    /// Rows of a plain copy of a store: events as they were, with what the store made of them.
    Copy,
    /// A SQLite database; the store reads it.
    Sqlite,
    /// Nothing but white space.
    Empty,
}

/// What [`sniff()`] found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sniffed {
    /// What it holds.
    pub format: Format,
    /// How its records lie.
    pub layout: Layout,
    /// Format and layout by their name for people.
    pub name: &'static str,
    pub(super) columns: Option<Columns>,
}

impl Sniffed {
    /// A file with one record of `format` in each line.
    pub fn lines_of(format: Format) -> Self {
        Self::new(format, Layout::Lines, false)
    }

    fn new(format: Format, layout: Layout, array: bool) -> Self {
        let name = match (format, layout) {
            (Format::Export, Layout::Nested) if array => "raw export (JSON array)",
            (Format::Export, Layout::Nested) => "raw export (JSON objects)",
            (Format::Export, _) => "raw export (JSON Lines)",
            (Format::Payloads, _) => "recorded payloads",
            (Format::ProfileUpdates, _) => "profile updates",
            (Format::ProfileExport, _) => "profile export",
            (Format::AliasTable, Layout::Csv) => "alias table (CSV)",
            (Format::AliasTable, Layout::Nested) if array => "alias table (JSON array)",
            (Format::AliasTable, _) => "alias table (JSON Lines)",
            (Format::Copy, _) => "plain copy of a store",
            (Format::Sqlite, _) => "SQLite file",
            (Format::Empty, _) => "empty file",
        };
        Self { format, layout, name, columns: None }
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
    pub const ADVICE: &str = "known are raw exports (JSON Lines or array), recorded SDK payloads, profile updates \
                              and exports, alias tables (CSV with alias,distinct_id or JSON Lines) and SQLite files, \
                              each also as .gz or .zst";
}

/// First bytes of formats that are not read, and what to do with them.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "it is a zip archive; unpack it first"),
    (b"BZh", "it is packed with bzip2; unpack it first"),
    (b"\xfd7zXZ\0", "it is packed with xz; unpack it first"),
    (b"\xff\xfe", "it is UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "it is UTF-16 text; save it as UTF-8"),
    (b"PAR1", "it is a Parquet file; export JSON instead"),
];

/// Says what a file is from its first bytes, unpacked; `whole` when they are all of it.
pub fn sniff(head: &[u8], whole: bool, name: &str) -> Result<Sniffed, NotRecognised> {
    let fail = |why: &str| Err(NotRecognised { name: name.to_owned(), why: why.to_owned() });
    if head.starts_with(b"SQLite format 3\0") {
        return Ok(Sniffed::new(Format::Sqlite, Layout::Lines, false));
    }
    if head.get(257..262) == Some(b"ustar") {
        return fail("it is a tar archive; unpack it first");
    }
    if let Some((_, why)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return fail(why);
    }
    let text = trim(head);
    if text.is_empty() {
        return if whole {
            Ok(Sniffed::new(Format::Empty, Layout::Lines, false))
        } else {
            fail("its first 64 KB are blank")
        };
    }
    let inside = text.strip_prefix(b"[").map(<[u8]>::trim_ascii);
    if whole && inside.is_some_and(|inside| inside == b"]") {
        return Ok(Sniffed::new(Format::Empty, Layout::Nested, true));
    }
    let array = text.starts_with(b"[");
    if array {
        if batches(text) {
            return Ok(Sniffed::new(Format::Payloads, Layout::Lines, false));
        }
        if let Some(why) = records(Layout::Nested, text, whole).find_map(other_vendor) {
            return fail(why);
        }
        if let Some(format) = records(Layout::Nested, text, whole).find_map(format_of) {
            return Ok(Sniffed::new(format, Layout::Nested, true));
        }
    } else if let Some(format) = spread_object(text, whole) {
        return Ok(Sniffed::new(format, Layout::Nested, false));
    }
    if let Some(why) = records(Layout::Lines, text, whole).find_map(other_vendor) {
        return fail(why);
    }
    if let Some(format) = records(Layout::Lines, text, whole).find_map(format_of) {
        return Ok(Sniffed::new(format, Layout::Lines, false));
    }
    let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if let Some(columns) = Columns::of(trim(header)) {
        return Ok(Sniffed { columns: Some(columns), ..Sniffed::new(Format::AliasTable, Layout::Csv, false) });
    }
    if records(Layout::Lines, text, whole).any(carries_data) {
        return Ok(Sniffed::new(Format::Payloads, Layout::Lines, false));
    }
    // No record is whole: each is cut, or the first is longer than what was looked at. The keys
    // that can be seen still tell, and the rows will say what is wrong with them.
    if let Some(format) = by_visible_keys(text) {
        let first = trim(header);
        let spread = array || first.ends_with(b"{") || first.ends_with(b"[") || first.ends_with(b",");
        return Ok(Sniffed::new(format, if spread { Layout::Nested } else { Layout::Lines }, array));
    }
    if text.iter().take(512).any(|byte| *byte == 0) {
        return fail("it is a binary file");
    }
    fail("no event, profile or alias is in its first 64 KB")
}

/// The whole records of the head, and a last one that may be cut.
fn records(layout: Layout, head: &[u8], whole: bool) -> impl Iterator<Item = &[u8]> {
    let mut splitter = Splitter::new(layout, 1, usize::MAX, false);
    std::iter::from_fn(move || {
        let record = splitter.next(head, whole)?;
        head.get(record.start..record.end).map(trim)
    })
}

/// The format that a whole record belongs to.
fn format_of(record: &[u8]) -> Option<Format> {
    let (text, _) = repaired(record);
    let json = apart(&text).map_or(&*text, |(first, _)| first);
    Some(match kind_of(json)? {
        Kind::Event if super::event::is_from_wire(json) => Format::Payloads,
        Kind::Event => Format::Export,
        Kind::Request => Format::Payloads,
        Kind::RecordedUpdate | Kind::Update => Format::ProfileUpdates,
        Kind::Page | Kind::ExportedProfile => Format::ProfileExport,
        Kind::Alias => Format::AliasTable,
    })
}

/// Whether lines are arrays of their own: batches as SDKs send them.
fn batches(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').map(trim).filter(|line| !line.is_empty());
    let first = lines.next().is_some_and(|first| members(&repaired(first).0).is_ok());
    lines.next().is_some() && first
}

/// The format, if the file begins with an object that goes over several lines.
fn spread_object(text: &[u8], whole: bool) -> Option<Format> {
    let first = records(Layout::Nested, text, whole).next()?;
    // Over several lines, or many objects in the only line that there is.
    let spread = first.contains(&b'\n') || !text.contains(&b'\n') && apart(&repaired(text).0).is_some();
    if spread { format_of(first) } else { None }
}

/// Whether a line that is no JSON is the data of a request.
fn carries_data(line: &[u8]) -> bool {
    let data = payload::data(&repaired(line).0);
    data.is_some_and(|payload::Data { json, .. }| match json.as_bytes().first() {
        Some(b'[') => members(&json).is_ok_and(|list| list.iter().any(|member| kind_of(member).is_some())),
        _ => kind_of(&json).is_some(),
    })
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

fields! {
    /// Keys that only other vendors' rows have.
    Other {
        message: "messageId",
        anonymous: "anonymousId",
        amplitude: "amplitude_id",
        person: "person_id",
        elements: "elements_chain",
    }
}

/// Whose row it is, if it is one of another vendor.
fn other_vendor(record: &[u8]) -> Option<&'static str> {
    let (text, _) = repaired(record);
    let other = Other::read(&text).ok()?;
    if other.amplitude.is_some() {
        Some("it looks like an Amplitude export, which is not read yet")
    } else if other.person.is_some() || other.elements.is_some() {
        Some("it looks like a PostHog export, which is not read yet")
    } else if other.message.is_some() || other.anonymous.is_some() {
        Some("it looks like Segment or RudderStack calls, which are not read yet")
    } else {
        None
    }
}
