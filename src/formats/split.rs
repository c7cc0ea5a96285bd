//! Where each record of a file begins and ends.
//!
//! A splitter sees a growing buffer and finds records by line breaks, or by counting brackets
//! outside of strings, so that a JSON array of any size needs no more memory than its largest
//! element. It never judges a record: what is cut or broken comes out whole and is rejected later.
//!
//! No string of JSON holds a line break, but some exports write texts as they are. So where a line
//! ends inside a string, what follows decides: a quote that a comma, a colon or a bracket follows
//! ends the string, and the line break is part of it; in a row that was cut off there, the quote
//! of the next row's first key is followed by that key.
//!
//! Cost: each byte is looked at once, however often the buffer grows; those of a line that does not
//! end in a bracket, and of what may belong to it, a few times.

use super::escape::{behind_pairs, break_or_quote};

/// How records lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One in each line.
    Lines,
    /// Elements of an array, or objects one after the other, each over any number of lines.
    Nested,
    /// One in each line, but quotes may hold line breaks.
    Csv,
}

/// Place of one record in the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Line of the file where it begins, from 1.
    pub line: u64,
    /// First byte.
    pub start: usize,
    /// End; white space around may be included.
    pub end: usize,
    /// Where the next record can begin at the earliest.
    pub next: usize,
    /// It was cut here for its length; the rest comes as another record.
    pub too_long: bool,
}

/// Whether the first record of a file ends in `head`.
pub fn has_record(head: &[u8]) -> bool {
    match trim(head).first() {
        Some(b'{' | b'[') => Splitter::new(Layout::Nested, 1, usize::MAX, false).next(head, false).is_some(),
        Some(_) => memchr::memchr(b'\n', head).is_some(),
        None => false,
    }
}

/// Bytes behind a line break inside a string among which the string has to end. A vendor cuts texts
/// at 255 characters; what is longer than this is taken for a row that was cut off.
const TEXT: usize = 64 << 10;

/// Whether what was begun goes on behind a line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GoesOn {
    No,
    /// Up to here.
    To(usize),
    /// It takes more bytes to say.
    Unknown,
}

/// Where the string ends that goes on at `from`, behind a line break.
fn string_end(buffer: &[u8], from: usize, until: usize, at_end: bool) -> GoesOn {
    let most = from.saturating_add(TEXT).min(until);
    let (mut at, mut escaped) = (from, false);
    while let Some(&byte) = buffer.get(at).filter(|_| at < most) {
        at += 1;
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let behind = buffer.get(at..until).unwrap_or_default();
                return match behind.iter().find(|byte| !byte.is_ascii_whitespace()) {
                    Some(b',' | b':' | b'}' | b']') => GoesOn::To(at),
                    Some(_) => GoesOn::No,
                    None if at_end || until < buffer.len() => GoesOn::No,
                    None => GoesOn::Unknown,
                };
            }
            _ => {}
        }
    }
    let all = at_end || most < buffer.len() || at - from >= TEXT;
    if all { GoesOn::No } else { GoesOn::Unknown }
}

/// Whether the line from `start` to the line break at `end` ends inside a string that goes on
/// behind it, and then where the last line of its row ends.
fn row_end(buffer: &[u8], start: usize, end: usize, until: usize, at_end: bool) -> GoesOn {
    let line = trim(buffer.get(start..end).unwrap_or_default());
    if !line.starts_with(b"{") && !line.starts_with(b"[") {
        return GoesOn::No;
    }
    let behind = buffer.get(end..).unwrap_or_default();
    let next = behind.iter().find(|byte| !byte.is_ascii_whitespace());
    let is_whole = line.ends_with(b"}") || line.ends_with(b"]");
    match next {
        None if at_end || until < buffer.len() => return GoesOn::No,
        Some(b'{' | b'[') if is_whole => return GoesOn::No,
        _ => {}
    }
    let (mut at, mut depth, mut in_string, mut escaped) = (start, 0_usize, false, false);
    while let Some(&byte) = buffer.get(at).filter(|_| at < until) {
        at += 1;
        match byte {
            b'\n' if in_string => match string_end(buffer, at, until, at_end) {
                GoesOn::To(behind) => (at, in_string, escaped) = (behind, false, false),
                undecided => return undecided,
            },
            b'\n' => return if at > end + 1 && depth == 0 { GoesOn::To(at - 1) } else { GoesOn::No },
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    match () {
        () if !at_end && until == buffer.len() => GoesOn::Unknown,
        () if depth == 0 && !in_string && until == buffer.len() => GoesOn::To(until),
        () => GoesOn::No,
    }
}

/// The first of several objects in one record, and what is behind it; `None` unless another object
/// comes next.
pub(super) fn split_first(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with('{') {
        return None;
    }
    let mut splitter = Splitter::new(Layout::Nested, 1, usize::MAX, true);
    let first = splitter.next(text.as_bytes(), true)?;
    let rest = text.get(first.next..)?.trim_start_matches([' ', '\t', '\r', '\n', ',']);
    if !rest.starts_with('{') {
        return None;
    }
    Some((text.get(first.start..first.end)?, rest))
}

/// An object without what separates it from the next one in its line, if anything does: a comma of an
/// array without brackets, or a semicolon.
pub(super) fn separated(record: &str) -> Option<&str> {
    let object = record.strip_prefix(',').map_or(record, str::trim_ascii_start);
    let object = object.strip_suffix([',', ';']).map_or(object, str::trim_ascii_end);
    (object.len() < record.len() && object.starts_with('{')).then_some(object)
}

/// Finds records in a buffer.
#[derive(Clone, Debug)]
pub struct Splitter {
    layout: Layout,
    limit: usize,
    /// Line of the byte at `at`.
    line: u64,
    at: usize,
    open: Option<Open>,
    /// Inside the brackets of the outer array.
    inside: bool,
}

/// The record being looked at.
#[derive(Clone, Copy, Debug)]
struct Open {
    start: usize,
    line: u64,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Splitter {
    /// A splitter that begins at `line` of a file and cuts records after `limit` bytes.
    ///
    /// `resumed` says that records of the file came before.
    pub fn new(layout: Layout, line: u64, limit: usize, resumed: bool) -> Self {
        Self { layout, limit: limit.max(1), line, at: 0, open: None, inside: resumed }
    }

    /// The next record of `buffer`, which is what was given last time with more bytes behind;
    /// `None` when it takes more bytes to find its end, or when nothing is left.
    pub fn next(&mut self, buffer: &[u8], at_end: bool) -> Option<Record> {
        match self.layout {
            Layout::Nested => self.nested(buffer, at_end),
            Layout::Lines | Layout::Csv => self.lines(buffer, at_end),
        }
    }

    /// Line of the first byte that belongs to no record given so far.
    pub fn line(&self) -> u64 {
        self.open.map_or(self.line, |open| open.line)
    }

    /// Bytes at the start of the buffer that hold no part of a record that was not given.
    pub fn passed(&self) -> usize {
        self.open.map_or(self.at, |open| open.start)
    }

    /// Tells that the first `bytes` of the buffer, all of them before the next record, are gone.
    pub fn forget(&mut self, bytes: usize) {
        self.at = self.at.saturating_sub(bytes);
        if let Some(open) = &mut self.open {
            open.start = open.start.saturating_sub(bytes);
        }
    }

    /// Records of lines; of a table those with a line break in quotes as well.
    fn lines(&mut self, buffer: &[u8], at_end: bool) -> Option<Record> {
        loop {
            let mut open = self.open.unwrap_or(Open {
                start: self.at,
                line: self.line,
                depth: 0,
                in_string: false,
                escaped: false,
            });
            let most = open.start.saturating_add(self.limit);
            let until = buffer.len().min(most);
            let mut end = None;
            while let Some(rest) = buffer.get(self.at..until)
                && let Some(found) = match self.layout {
                    Layout::Csv => break_or_quote(rest),
                    Layout::Lines | Layout::Nested => memchr::memchr(b'\n', rest),
                }
            {
                let at = self.at + found;
                self.at = at + 1;
                if buffer.get(at) == Some(&b'"') {
                    // A quote in the cell, which goes on.
                    if open.in_string && at + 1 < until && buffer.get(at + 1) == Some(&b'"') {
                        self.at = behind_pairs(buffer.get(..until).unwrap_or_default(), at + 2);
                        open.escaped = false;
                        continue;
                    }
                    // A second one right behind it is a quote in the cell, which goes on.
                    let goes_on = open.escaped && buffer.get(at.wrapping_sub(1)) == Some(&b'"');
                    let opens = goes_on || begins_cell(buffer.get(open.start..at).unwrap_or_default());
                    (open.in_string, open.escaped) = (!open.in_string && opens, open.in_string);
                    continue;
                }
                if open.in_string {
                    self.line += 1;
                    continue;
                }
                let goes_on = match self.layout {
                    Layout::Lines => row_end(buffer, open.start, at, until, at_end),
                    Layout::Nested | Layout::Csv => GoesOn::No,
                };
                match goes_on {
                    GoesOn::No => end = Some(at),
                    GoesOn::To(behind) => end = Some(behind),
                    GoesOn::Unknown => {
                        (self.at, self.open) = (at, Some(open));
                        return None;
                    }
                }
                break;
            }
            let (end, too_long) = match end {
                Some(end) => {
                    // From the first line break on, behind which `at` is, to the last.
                    let lines = buffer.get(self.at.saturating_sub(1)..=end).or(buffer.get(self.at.saturating_sub(1)..));
                    self.line += memchr::memchr_iter(b'\n', lines.unwrap_or_default()).count() as u64;
                    self.at = buffer.len().min(end + 1);
                    (end, false)
                }
                None if until == most && buffer.len() > most => (most, true),
                None if at_end && open.start < until => (until, false),
                None => {
                    self.at = until;
                    self.open = (open.start < until).then_some(open);
                    return None;
                }
            };
            self.at = self.at.max(end);
            self.open = None;
            let record = Record { line: open.line, start: open.start, end, next: self.at, too_long };
            if !trim(buffer.get(record.start..record.end).unwrap_or_default()).is_empty() {
                return Some(record);
            }
        }
    }

    fn nested(&mut self, buffer: &[u8], at_end: bool) -> Option<Record> {
        while let Some(&byte) = buffer.get(self.at) {
            let Some(mut open) = self.open else {
                self.between(byte);
                continue;
            };
            if self.at - open.start >= self.limit {
                return Some(self.close(open, self.at, true));
            }
            if open.in_string {
                match byte {
                    b'\n' => {
                        let until = buffer.len().min(open.start.saturating_add(self.limit));
                        match string_end(buffer, self.at + 1, until, at_end) {
                            GoesOn::To(_) => {
                                self.line += 1;
                                open.escaped = false;
                            }
                            // It was cut. What follows is the next record, not more of this string.
                            GoesOn::No => return Some(self.close(open, self.at, false)),
                            GoesOn::Unknown => {
                                self.open = Some(open);
                                return None;
                            }
                        }
                    }
                    _ if open.escaped => open.escaped = false,
                    b'\\' => open.escaped = true,
                    b'"' => open.in_string = false,
                    _ => {}
                }
            } else {
                match byte {
                    b'"' => open.in_string = true,
                    b'{' | b'[' => open.depth += 1,
                    b'}' | b']' if open.depth > 1 => open.depth -= 1,
                    b'}' | b']' if open.depth == 1 => {
                        self.at += 1;
                        return Some(self.close(open, self.at, false));
                    }
                    b',' | b']' | b'\n' if open.depth == 0 => return Some(self.close(open, self.at, false)),
                    b'\n' => self.line += 1,
                    _ => {}
                }
            }
            self.at += 1;
            self.open = Some(open);
        }
        match self.open {
            Some(open) if at_end => Some(self.close(open, self.at, false)),
            _ => None,
        }
    }

    /// Takes a byte between records: part of what separates them, or the first of the next.
    fn between(&mut self, byte: u8) {
        match byte {
            b'\n' => self.line += 1,
            b' ' | b'\t' | b'\r' | b',' | 0xef | 0xbb | 0xbf => {}
            b'[' if !self.inside => self.inside = true,
            b']' => self.inside = false,
            _ => {
                self.open = Some(Open { start: self.at, line: self.line, depth: 0, in_string: false, escaped: false });
                return;
            }
        }
        self.at += 1;
    }

    fn close(&mut self, open: Open, end: usize, too_long: bool) -> Record {
        self.open = None;
        Record { line: open.line, start: open.start, end, next: end, too_long }
    }
}

/// What some programs put before the first character of a file.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// `bytes` without a byte order mark and white space around, and without the record separator that RFC
/// 7464 puts before a text.
pub fn trim(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.trim_ascii();
    let bytes = bytes.strip_prefix(b"\x1e").unwrap_or(bytes);
    bytes.strip_prefix(BYTE_ORDER_MARK).map_or(bytes, <[u8]>::trim_ascii)
}

/// Whether a cell begins behind this part of a record: a quote elsewhere is a sign of its cell.
fn begins_cell(before: &[u8]) -> bool {
    before.is_empty() || before == BYTE_ORDER_MARK || before.last().is_some_and(|byte| b",;\t|".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Records as (line, text), fed `step` bytes at a time.
    fn split(layout: Layout, input: &[u8], step: usize, limit: usize) -> Vec<(u64, String)> {
        let mut splitter = Splitter::new(layout, 1, limit, false);
        let mut found = Vec::new();
        let mut seen = 0;
        let mut gone = 0;
        loop {
            let at_end = seen == input.len();
            while let Some(record) = splitter.next(&input[gone..seen], at_end) {
                found.push((
                    record.line,
                    String::from_utf8_lossy(&input[gone + record.start..gone + record.end]).trim().to_owned(),
                ));
                splitter.forget(record.next);
                gone += record.next;
            }
            if at_end {
                return found;
            }
            seen = input.len().min(seen + step.max(1));
        }
    }

    fn texts(records: &[(u64, &str)]) -> Vec<(u64, String)> {
        records.iter().map(|(line, text)| (*line, (*text).to_owned())).collect()
    }

    #[test]
    fn lines_keep_their_numbers_over_blank_ones_crlf_and_a_missing_end() {
        let input = b"\xef\xbb\xbf\n{1}\r\n\r\n  \n{2}\n{3}";
        for step in [1, 2, 100] {
            assert_eq!(split(Layout::Lines, input, step, 100), texts(&[(2, "{1}"), (5, "{2}"), (6, "{3}")]));
        }
    }

    #[test]
    fn elements_of_an_array_are_found_in_one_line_and_over_many() {
        let one = br#"[{"a":"]}\""},{"b":[1,{}]} , 7,"x"]"#;
        let many = b"[\n  {\n    \"a\": \"[\"\n  },\n  {\"b\": 1}\n]\n";
        for step in [1, 3, 100] {
            assert_eq!(
                split(Layout::Nested, one, step, 100),
                texts(&[(1, r#"{"a":"]}\""}"#), (1, r#"{"b":[1,{}]}"#), (1, "7"), (1, r#""x""#)])
            );
            assert_eq!(
                split(Layout::Nested, many, step, 100),
                texts(&[(2, "{\n    \"a\": \"[\"\n  }"), (5, "{\"b\": 1}")])
            );
        }
    }

    #[test]
    fn objects_and_arrays_may_follow_each_other() {
        assert_eq!(
            split(Layout::Nested, b"{\n}{}\n[{\"a\":1}]\n[{\"b\":2}]", 4, 100),
            texts(&[(1, "{\n}"), (2, "{}"), (3, "{\"a\":1}"), (4, "{\"b\":2}")])
        );
    }

    #[test]
    fn a_line_break_inside_a_string_belongs_to_it() {
        let row = |text: &str| format!("{{\"event\":\"A\",\"properties\":{{\"x\":\"{text}\",\"time\":1}}}}");
        for text in
            ["a\nb", "a\r\nb", "\n", "a\n\n\nb", "{a}\nb", "a\n{b}", "a\n  ]", "a\\\nb", "a\n\\\"b\\\\", "a\nb\nc d e"]
        {
            let lines = 1 + text.matches('\n').count() as u64;
            for (layout, file) in [
                (Layout::Lines, format!("{}\n{{}}\n", row(text))),
                (Layout::Lines, format!("{}\r\n\n{{}}", row(text))),
                (Layout::Nested, format!("[{}\n,{{}}]", row(text))),
                (Layout::Nested, format!("[{},\n{{}}]", row(text))),
            ] {
                let blank = u64::from(file.contains("\n\n{}"));
                for step in [1, 7, 1000] {
                    let found = split(layout, file.as_bytes(), step, 1000);
                    assert_eq!(found, [(1, row(text)), (1 + lines + blank, "{}".to_owned())], "{file:?}");
                }
            }
            let whole = row(text);
            assert_eq!(split(Layout::Lines, whole.as_bytes(), 5, 1000), [(1, whole.clone())]);
        }
    }

    #[test]
    fn a_line_cut_inside_a_string_takes_no_other_line_along() {
        let cut = r#"{"event":"A","properties":{"x":"cu"#;
        for next in [
            r#"{"event":"B"}"#,
            r#" { "event" : "B" } "#,
            r#"{"":1}"#,
            "export terminated early",
            "a \"b\" c",
            r#"[{"a":1}]"#,
        ] {
            for step in [1, 7, 1000] {
                let found = split(Layout::Lines, format!("{cut}\n{next}\n{{}}\n").as_bytes(), step, 1000);
                assert_eq!(found, texts(&[(1, cut), (2, next.trim()), (3, "{}")]), "{next}");
            }
        }
        // A quote far behind may belong to anything.
        let far = format!("{cut}\n{}\"}}}}\n", "x\n".repeat(TEXT));
        assert_eq!(split(Layout::Lines, far.as_bytes(), 10_000, 1 << 20)[0], (1, cut.to_owned()));
    }

    #[test]
    fn an_element_cut_inside_a_string_does_not_take_the_next_line_along() {
        assert_eq!(
            split(Layout::Nested, b"[{\"a\":\"cu\n,{\"b\":1}]", 5, 100),
            texts(&[(1, "{\"a\":\"cu"), (2, "{\"b\":1}")])
        );
    }

    #[test]
    fn quotes_hold_line_breaks_in_csv_only() {
        let input = b"alias,distinct_id\n\"a\nb\",c\nd,e\n";
        assert_eq!(
            split(Layout::Csv, input, 3, 100),
            texts(&[(1, "alias,distinct_id"), (2, "\"a\nb\",c"), (4, "d,e")])
        );
        assert_eq!(split(Layout::Lines, input, 3, 100).len(), 4);
    }

    #[test]
    fn a_quote_inside_a_cell_holds_no_line_break() {
        for (input, records) in [
            (&b"a\tb\n5\" wide\tc\nd\te\n"[..], vec![(1, "a\tb"), (2, "5\" wide\tc"), (3, "d\te")]),
            (b"a,b\n5\"\",c\nd,e\n", vec![(1, "a,b"), (2, "5\"\",c"), (3, "d,e")]),
            (
                b"a|b\n\"x \"\"y\"\"\nz\"|c\nd|\"\"\ne|\"\"\"\"\n",
                vec![(1, "a|b"), (2, "\"x \"\"y\"\"\nz\"|c"), (4, "d|\"\""), (5, "e|\"\"\"\"")],
            ),
            (b"\xef\xbb\xbf\"a\nb\";c\n\"d\ne\";f\n", vec![(1, "\u{feff}\"a\nb\";c"), (3, "\"d\ne\";f")]),
        ] {
            for step in [1, 3, 100] {
                assert_eq!(split(Layout::Csv, input, step, 100), texts(&records), "{input:?}");
            }
        }
    }

    #[test]
    fn a_record_past_the_limit_is_cut_at_the_same_place_however_it_is_fed() {
        for (layout, input) in
            [(Layout::Lines, &b"{}\n123456789012\n{}\n"[..]), (Layout::Nested, b"[{\"a\":123456},{}]")]
        {
            let whole = split(layout, input, 100, 5);
            assert!(whole.iter().all(|(_, text)| text.len() <= 5), "{whole:?}");
            assert_eq!(whole.last().map(|(_, text)| text.as_str()), Some("{}"));
            assert_eq!(split(layout, input, 1, 5), whole);
        }
    }

    proptest! {
        #[test]
        fn how_the_buffer_grows_changes_nothing(
            input in proptest::collection::vec(proptest::sample::select(&b"{}[],\"\\\n\r a1\xef\xbb\xbf"[..]), 0..80),
            step in 1usize..9,
            limit in 1usize..40,
        ) {
            for layout in [Layout::Lines, Layout::Nested, Layout::Csv] {
                prop_assert_eq!(split(layout, &input, step, limit), split(layout, &input, 1000, limit));
            }
        }

        #[test]
        fn every_visible_byte_of_lines_is_in_one_record(input in "[a-z{} \n\r]{0,60}") {
            let found: String = split(Layout::Lines, input.as_bytes(), 7, 1000).into_iter().map(|(_, text)| text).collect();
            let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(visible(&found), visible(&input));
        }
    }
}
