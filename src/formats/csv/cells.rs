//! The cells of one record of a table.
//!
//! [`split`] finds them where they lie, so that most need no text of their own. Where a record is not
//! written by the rules (RFC 4180) it gives nothing, and the reader of the `csv` crate decides: a sign
//! behind the closing quote of a cell, a cell that is not closed, a line break outside of quotes.

#![expect(clippy::inline_always, reason = "a row is read faster as one function")]

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::Cursor;

use super::super::escape::{behind_pairs, leading, special_or, undoubled};
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

/// Where a cell lies in its record, without its quotes.
pub(super) struct Place {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Nothing in it is known to be a sign that JSON escapes.
    pub(super) is_plain: bool,
    /// Quotes in it are two.
    pub(super) is_doubled: bool,
}

/// Goes over the cells of a record that is written by the rules, one after the other.
pub(super) struct Walk<'r> {
    record: &'r [u8],
    /// Where the next cell begins; behind the end when there is none.
    at: usize,
    delimiter: u8,
}

impl<'r> Walk<'r> {
    /// Over a record in which cells can stand in quotes.
    pub(super) fn over(record: &'r [u8], delimiter: u8) -> Self {
        Self { record, at: 0, delimiter }
    }

    /// Where the next cell begins.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes to the cell behind the delimiter or the end of the record at this place; `None` where anything else is there.
    pub(super) fn go_behind(&mut self, end: usize) -> Option<()> {
        if self.record.get(end).is_some_and(|byte| *byte != self.delimiter) {
            return None;
        }
        self.at = end + 1;
        Some(())
    }

    /// Goes behind cells in which nothing stands, some of those that come next; how many they are.
    #[inline]
    pub(super) fn pass_empty(&mut self) -> usize {
        let Some((word, _)) = self.record.get(self.at..).and_then(<[u8]>::split_first_chunk) else { return 0 };
        let empty = leading(u64::from_le_bytes(*word), self.delimiter);
        self.at += empty;
        empty
    }

    /// Whether there is no further cell.
    pub(super) fn is_at_end(&self) -> bool {
        self.at > self.record.len()
    }

    /// The next cell; `None` where it is not written by the rules, and behind the last one.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<Place> {
        let from = self.at;
        let rest = self.record.get(from..)?;
        match rest.first() {
            Some(b'"') => self.quoted(from + 1),
            Some(first) if *first != self.delimiter => {
                let mut to = from + plain_end(rest, self.delimiter);
                let is_plain = self.record.get(to).is_none_or(|byte| *byte == self.delimiter);
                if !is_plain {
                    let behind = self.record.get(to..)?;
                    to += memchr::memchr(self.delimiter, behind).unwrap_or(behind.len());
                    // They would end it.
                    if memchr::memchr2(b'\n', b'\r', self.record.get(from..to)?).is_some() {
                        return None;
                    }
                }
                self.at = to + 1;
                Some(Place { from, to, is_plain, is_doubled: false })
            }
            _ => {
                self.at = from + 1;
                Some(Place { from, to: from, is_plain: true, is_doubled: false })
            }
        }
    }

    /// The cell in quotes that begins here, behind its first quote.
    #[inline(never)]
    fn quoted(&mut self, from: usize) -> Option<Place> {
        let (mut to, mut is_doubled) = (from, false);
        loop {
            to += memchr::memchr(b'"', self.record.get(to..)?)?;
            if self.record.get(to + 1) != Some(&b'"') {
                break;
            }
            is_doubled = true;
            to = behind_pairs(self.record, to + 2);
        }
        self.go_behind(to + 1)?;
        Some(Place { from, to, is_plain: false, is_doubled })
    }
}

/// Where the first delimiter is, or the first sign before it that JSON escapes, or the end.
#[inline(always)]
fn plain_end(text: &[u8], delimiter: u8) -> usize {
    let mut at = 0;
    let mut rest = text;
    while let Some((word, behind)) = rest.split_first_chunk() {
        if let Some(found) = special_or(u64::from_le_bytes(*word), delimiter) {
            return at + found;
        }
        at += word.len();
        rest = behind;
    }
    let is_end = |byte: &u8| *byte == delimiter || matches!(byte, 0..b' ' | b'"' | b'\\');
    at + rest.iter().position(is_end).unwrap_or(rest.len())
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

    /// The cells of a record, one after the other.
    fn walked(record: &str, delimiter: u8) -> Option<Vec<String>> {
        let mut walk = Walk::over(record.as_bytes(), delimiter);
        let mut cells = Vec::new();
        while !walk.is_at_end() {
            cells.extend((0..walk.pass_empty()).map(|_| String::new()));
            let Place { from, to, is_plain, is_doubled } = walk.next()?;
            let cell = record.get(from..to).unwrap();
            assert!(!is_plain || serde_json::to_string(cell).unwrap() == format!("\"{cell}\""), "{record}");
            assert!(is_doubled || !record.get(..from).unwrap().ends_with('"') || !cell.contains('"'), "{record}");
            cells.push(if is_doubled { cell.replace("\"\"", "\"") } else { cell.to_owned() });
        }
        Some(cells)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn cells_are_the_same_one_after_the_other(
            record in "[a,\";\t\n\r é\\\\]{0,24}|(\"([a,é]|\"\"|\n){0,60}\",|[a-fé]{0,12},|,{0,20}){1,6}[a\"]?",
        ) {
            for delimiter in [b',', b';', b'\t'] {
                let found = split(&record, delimiter, true, 4);
                if !record.is_empty() && !record.starts_with('\u{feff}') {
                    let found = found.map(|cells| cells.into_iter().map(Cow::into_owned).collect::<Vec<_>>());
                    prop_assert_eq!(walked(&record, delimiter), found);
                }
            }
        }

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
