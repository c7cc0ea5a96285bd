//! The cells of one record of a table.
//!
//! [`split`] finds them where they lie, so that most need no text of their own. Where a record is not
//! written by the rules (RFC 4180) it gives nothing, and the reader of the `csv` crate decides: a sign
//! behind the closing quote of a cell, a cell that is not closed, a line break outside of quotes.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::Cursor;

use super::super::escape::undoubled;
use super::super::split::BYTE_ORDER_MARK;

/// A delimiter, and whether cells can stand in quotes.
type Dialect = (u8, bool);

/// A reader of records that are put into it one after the other.
type TextReader = csv::Reader<Cursor<Vec<u8>>>;

thread_local! {
    /// The readers of tables of this thread: to make one takes longer than to read a row.
    static READERS: RefCell<Vec<(Dialect, TextReader)>> = const { RefCell::new(Vec::new()) };
}

/// The cells of one record, by the reader of the crate where need be.
pub(super) fn cells(record: &[u8], delimiter: u8, is_quoted: bool) -> Result<Vec<Cow<'_, str>>, String> {
    let found = std::str::from_utf8(record).ok().and_then(|text| split(text, delimiter, is_quoted, 0));
    match found {
        Some(cells) => Ok(cells),
        None => Ok(read(record, delimiter, is_quoted)?.into_iter().map(Cow::Owned).collect()),
    }
}

/// The cells of one record, of which there are about so `many`; `None` where it is not written by the rules.
pub(super) fn split(record: &str, delimiter: u8, is_quoted: bool, many: usize) -> Option<Vec<Cow<'_, str>>> {
    let bytes = record.as_bytes();
    if bytes.is_empty() || bytes.starts_with(BYTE_ORDER_MARK) {
        return None;
    }
    let has_breaks = memchr::memchr2(b'\n', b'\r', bytes).is_some();
    let mut cells = Vec::with_capacity(many);
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        match rest.first() {
            Some(b'"') if is_quoted => {
                let (cell, length) = quoted(record.get(at..)?)?;
                cells.push(cell);
                at += length;
            }
            Some(first) if *first == delimiter => cells.push(Cow::Borrowed("")),
            _ => {
                let length = memchr::memchr(delimiter, rest).unwrap_or(rest.len());
                let cell = record.get(at..at + length)?;
                if has_breaks && memchr::memchr2(b'\n', b'\r', cell.as_bytes()).is_some() {
                    return None;
                }
                cells.push(Cow::Borrowed(cell));
                at += length;
            }
        }
        match bytes.get(at) {
            None => return Some(cells),
            Some(next) if *next == delimiter => at += 1,
            // Behind a closing quote.
            Some(_) => return None,
        }
    }
}

/// The cell in quotes that a text begins with, and its length with them.
fn quoted(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let bytes = text.as_bytes();
    let end = 1 + memchr::memchr(b'"', bytes.get(1..)?)?;
    if bytes.get(end + 1) != Some(&b'"') {
        return Some((Cow::Borrowed(text.get(1..end)?), end + 1));
    }
    let mut cell = Vec::with_capacity(bytes.len().min(MOST));
    let behind = undoubled(bytes.get(1..)?, &mut cell)?;
    // Nothing but quotes was left out of a text.
    Some((Cow::Owned(String::from_utf8(cell).ok()?), bytes.len() - behind.len()))
}

/// Bytes that a cell gets room for at once.
const MOST: usize = 1 << 12;

/// The cells of one record by the reader of the crate.
fn read(record: &[u8], delimiter: u8, is_quoted: bool) -> Result<Vec<String>, String> {
    READERS.with_borrow_mut(|readers| {
        let known = readers.iter().position(|(known, _)| *known == (delimiter, is_quoted));
        let at = known.unwrap_or_else(|| {
            let mut builder = csv::ReaderBuilder::new();
            builder.has_headers(false).delimiter(delimiter).quoting(is_quoted).flexible(true);
            readers.push(((delimiter, is_quoted), builder.from_reader(Cursor::default())));
            readers.len() - 1
        });
        let mut cells = csv::StringRecord::new();
        let mut read = || {
            let Some((_, reader)) = readers.get_mut(at) else { return Ok(false) };
            let text = reader.get_mut().get_mut();
            text.clear();
            text.extend_from_slice(record);
            reader.seek(csv::Position::new())?;
            reader.read_record(&mut cells)
        };
        match read() {
            Ok(_) => Ok(cells.iter().map(str::to_owned).collect()),
            Err(_) => Err("not UTF-8".to_owned()),
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_that_are_written_by_the_rules_are_found_where_they_lie() {
        let long = format!("{}\"\"{}", "a".repeat(40), "b".repeat(40));
        for (record, cells) in [
            ("a,b", vec!["a", "b"]),
            ("a,,", vec!["a", "", ""]),
            (",", vec!["", ""]),
            (r#"a"b,c""#, vec!["a\"b", "c\""]),
            (r#""a,b","",c"#, vec!["a,b", "", "c"]),
            (r#""{""a"":""b""}",c"#, vec![r#"{"a":"b"}"#, "c"]),
            (r#""""""#, vec!["\""]),
            ("\"a\nb\r\",c", vec!["a\nb\r", "c"]),
            ("é,\" ü\"", vec!["é", " ü"]),
            (
                &format!("\"{long}\",\"{long}x\""),
                vec![&long.replace("\"\"", "\""), &format!("{}x", long.replace("\"\"", "\""))],
            ),
        ] {
            assert_eq!(split(record, b',', true, 0), Some(cells.into_iter().map(Cow::Borrowed).collect()), "{record}");
        }
        for doubtful in ["", "\"a", "\"a\"b,c", "a\nb,c", "a\r", "\u{feff}a,b", "\"a\"\"", "\"a\" ,b"] {
            assert_eq!(split(doubtful, b',', true, 0), None, "{doubtful}");
        }
        assert_eq!(split("\"a,b\"", b',', false, 0), Some(vec![Cow::Borrowed("\"a"), Cow::Borrowed("b\"")]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn what_is_found_is_what_the_reader_of_the_crate_reads(
            record in "[a,\";\t\n\r é\\\\]{0,24}|(\"([a,é]|\"\"|\n){0,30}\",){1,3}[a\"]?",
            is_quoted: bool,
        ) {
            for delimiter in [b',', b';', b'\t'] {
                if let Some(found) = split(&record, delimiter, is_quoted, 4) {
                    prop_assert_eq!(found, read(record.as_bytes(), delimiter, is_quoted).unwrap());
                }
            }
        }
    }
}
