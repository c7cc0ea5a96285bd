//! Columns that a file has from elsewhere: by the names of its folders (`date=2024-01-01/event=Buy/part-0.csv`).
//!
//! They are written into the text of each record, as if the file had them: rows with the same text in two
//! folders are two rows then, and what reads them needs to know nothing of folders. A field of an object
//! stands before its own ones, so one of the same name in the file itself counts.

use super::csv::{Head, Header, names_delimiter};
use super::format::Format;
use super::object::each;
use super::repair::readable;
use super::sniff::{Sniffed, is_spread, table_rows};
use super::split::{Layout, Splitter, split_first, trim};

/// What is written into each record of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    layout: Layout,
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// Fields at the start of an object: of each its key as JSON has it, and its value.
    Object(Vec<[String; 2]>),
    /// Cells at the end of a row, each with the delimiter before it.
    Row {
        header: Header,
        names: String,
        cells: String,
        /// Those of a line of types of `ClickHouse`.
        types: String,
    },
}

impl Added {
    /// How to write these columns into a file that begins with `head`, all of it if `whole`, and is
    /// `sniffed` without them, if it is anything; `None` where nothing is to be added.
    pub fn of(columns: &[(String, String)], head: &[u8], whole: bool, sniffed: Option<&Sniffed>) -> Option<Self> {
        if columns.is_empty() || sniffed.is_some_and(|sniffed| !takes_columns(sniffed)) {
            return None;
        }
        let text = trim(head);
        if text.starts_with(b"{") || text.starts_with(b"[") {
            let nests = text.starts_with(b"[") || is_spread(text, whole);
            let layout = sniffed.map_or(if nests { Layout::Nested } else { Layout::Lines }, |sniffed| sniffed.layout);
            let json = |text: &String| serde_json::Value::from(text.as_str()).to_string();
            let fields = columns.iter().map(|(name, value)| [json(name), json(value)]);
            return Some(Self { layout, form: Form::Object(fields.collect()) });
        }
        let (header, ..) = table_rows(text, whole)?;
        let columns: Vec<_> = columns.iter().filter(|(name, _)| header.place(&[name]).is_none()).collect();
        let names: String = columns.iter().map(|(name, _)| header.cell(name)).collect();
        let cells: String = columns.iter().map(|(_, value)| header.cell(value)).collect();
        let types = header.cell("String").repeat(columns.len());
        let layout = if header.is_escaped() { Layout::Lines } else { Layout::Csv };
        (!columns.is_empty()).then_some(Self { layout, form: Form::Row { header, names, cells, types } })
    }

    /// What finds the records of the file, of which one is cut after `limit` bytes.
    pub fn splitter(&self, limit: usize) -> Splitter {
        Splitter::new(self.layout, 1, limit, false)
    }

    /// Writes a record as a splitter gives it, with the columns.
    pub fn write(&self, record: &[u8], out: &mut Vec<u8>) {
        match &self.form {
            Form::Object(fields) => match std::str::from_utf8(record).ok().filter(|_| has_more(record)) {
                Some(text) => {
                    let mut rest = text;
                    while let Some((_, behind)) = split_first(rest) {
                        let (one, behind) = rest.split_at(rest.len() - behind.len());
                        object(one.as_bytes(), fields, out);
                        rest = behind;
                    }
                    object(rest.as_bytes(), fields, out);
                }
                None => object(record, fields, out),
            },
            Form::Row { header, names, cells, types } => {
                let row = record.strip_suffix(b"\r").unwrap_or(record);
                let behind = match header.cells(row) {
                    _ if names_delimiter(row) => "",
                    Ok(Some(_)) | Err(_) => cells,
                    Ok(None) if header.head(row, None) == Some(Head::Own) => names,
                    // A line between the head and the rows.
                    Ok(None) if !row.iter().any(u8::is_ascii_alphanumeric) => "-",
                    Ok(None) => types,
                };
                out.extend_from_slice(row);
                out.extend_from_slice(behind.as_bytes());
                out.extend_from_slice(record.get(row.len()..).unwrap_or_default());
            }
        }
    }

    /// `head`, the start of a file, with the columns, as far as its records are whole.
    pub fn in_head(&self, head: &[u8], whole: bool) -> Vec<u8> {
        let mut splitter = self.splitter(usize::MAX);
        let (mut out, mut done) = (Vec::new(), 0);
        while let Some(record) = splitter.next(head, whole) {
            out.extend_from_slice(head.get(done..record.start).unwrap_or_default());
            self.write(head.get(record.start..record.end).unwrap_or_default(), &mut out);
            done = record.end;
        }
        if whole {
            out.extend_from_slice(head.get(done..).unwrap_or_default());
        }
        out
    }
}

/// Whether columns can be added to the rows of a file: where a record is a row, and not a request or an
/// answer with many of them.
fn takes_columns(sniffed: &Sniffed) -> bool {
    matches!(sniffed.format, Format::Export | Format::Vendor) && sniffed.has_a_row_in_each_record()
}

/// Whether a record may be several objects.
fn has_more(record: &[u8]) -> bool {
    memchr::memchr_iter(b'}', record).any(|at| {
        let behind = record.get(at + 1..).unwrap_or_default().trim_ascii_start();
        let behind = behind.strip_prefix(b",").unwrap_or(behind);
        behind.trim_ascii_start().starts_with(b"{")
    })
}

/// Writes an object with the fields that it has not; what is none stays as it is.
fn object(record: &[u8], fields: &[[String; 2]], out: &mut Vec<u8>) {
    let at = memchr::memchr(b'{', record).filter(|_| trim(record).starts_with(b"{"));
    let Some(at) = at.map(|at| at + 1) else { return out.extend_from_slice(record) };
    let inside = record.get(at..).unwrap_or_default();
    out.extend_from_slice(record.get(..at).unwrap_or_default());
    let behind = out.len();
    for [key, value] in fields {
        if memchr::memmem::find(inside, key.as_bytes()).is_none() || !has_key(record, key) {
            for part in [key, ":", value, ","] {
                out.extend_from_slice(part.as_bytes());
            }
        }
    }
    if out.len() > behind && inside.trim_ascii_start().starts_with(b"}") {
        out.pop();
    }
    out.extend_from_slice(inside);
}

/// Whether an object has this key, and not only an object in it, or a text.
fn has_key(record: &[u8], key: &str) -> bool {
    let mut is_there = false;
    let text = readable(record);
    let object = text.trim().trim_end_matches([',', ';']);
    let wanted: String = serde_json::from_str(key).unwrap_or_default();
    let read = each(object, |name, _| is_there |= name == wanted);
    // A row that is cut off is no row, with or without.
    is_there && read.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::sniff;

    /// The file with the columns `day` and `event`.
    fn with_columns(file: &str) -> String {
        let columns = [("day", "1, 2"), ("event", "Buy")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let sniffed = sniff(file.as_bytes(), true, "f").ok();
        let Some(added) = Added::of(&columns, file.as_bytes(), true, sniffed.as_ref()) else { return file.to_owned() };
        String::from_utf8(added.in_head(file.as_bytes(), true)).unwrap()
    }

    #[test]
    fn each_object_has_the_columns_before_its_own_fields() {
        let fields = r#""day":"1, 2","event":"Buy""#;
        for (file, expected) in [
            ("{\"id\":1}\r\n\n{\"id\":2}", "{FIELDS,\"id\":1}\r\n\n{FIELDS,\"id\":2}"),
            ("[ {\"id\":1},\n{ \"id\":[{}]} ]\n", "[ {FIELDS,\"id\":1},\n{FIELDS, \"id\":[{}]} ]\n"),
            ("\u{feff}{\n \"id\": 1\n}\n{\n \"id\": 2\n}", "\u{feff}{FIELDS,\n \"id\": 1\n}\n{FIELDS,\n \"id\": 2\n}"),
            (
                "{\"id\":1}{\"id\":\"}{\"}\n{\"id\":3}, {}\n",
                "{FIELDS,\"id\":1}{FIELDS,\"id\":\"}{\"}\n{FIELDS,\"id\":3}, {FIELDS}\n",
            ),
            (
                "{\"day\":2,\"a\":\"\\\"event\\\"\",\"b\":{\"event\":1}}\n",
                "{\"event\":\"Buy\",\"day\":2,\"a\":\"\\\"event\\\"\",\"b\":{\"event\":1}}\n",
            ),
            ("{\"event\":2,\"day\":{}}\n", "{\"event\":2,\"day\":{}}\n"),
            ("{\"id\":1}\nnot JSON\n{\"id\":", "{FIELDS,\"id\":1}\nnot JSON\n{FIELDS,\"id\":"),
        ] {
            assert_eq!(with_columns(file), expected.replace("FIELDS", fields), "{file}");
        }
    }

    #[test]
    fn each_row_of_a_table_has_the_columns_behind_its_own() {
        for (file, expected) in [
            ("id,plan\n1,\"a\nb\"\r\n2,\n", "id,plan,day,event\n1,\"a\nb\",\"1, 2\",Buy\r\n2,,\"1, 2\",Buy\n"),
            ("\u{feff}id;plan\n1;a", "\u{feff}id;plan;day;event\n1;a;1, 2;Buy"),
            ("sep=,\nid,Event\n1,View", "sep=,\nid,Event,day\n1,View,\"1, 2\""),
            ("id\tplan\n1\t{\"a\":\"\\'\"}\n", "id\tplan\tday\tevent\n1\t{\"a\":\"\\'\"}\t1, 2\tBuy\n"),
            ("id,plan\nUInt64,String\n1,a\n", "id,plan,day,event\nUInt64,String,String,String\n1,a,\"1, 2\",Buy\n"),
            (" id | plan\n----+------\n  1 | a\n", " id | plan| day| event\n----+-------\n  1 | a| 1, 2| Buy\n"),
            ("id,day,event\n1,2,View\n", "id,day,event\n1,2,View\n"),
        ] {
            assert_eq!(with_columns(file), expected, "{file}");
        }
    }

    #[test]
    fn what_is_no_row_in_each_record_stays_as_it_is() {
        for file in [
            r#"{"endpoint":"/track","payload":[{"event":"A","properties":{"distinct_id":"a","token":"t"}}]}"#,
            r#"{"results":{"events":[{"event":"A","properties":{"distinct_id":"a","time":1561972323}}]}}"#,
            r#"{"type":"RECORD","stream":"export","record":{"event":"A","distinct_id":"a","time":1561972323}}"#,
            "alias,distinct_id\nx,y\n",
            "one column\n",
        ] {
            assert_eq!(with_columns(file), file);
        }
    }
}
