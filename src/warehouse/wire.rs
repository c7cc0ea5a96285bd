//! `RowBinary`, both ways, and texts as literals of SQL.

use std::fmt::Write as _;

use crate::model::Id;

/// `text` as a literal of SQL that every server reads as the same text.
///
/// Three characters have a meaning inside a literal: the quote that ends it, the backslash, and
/// NUL, which the program for the command line cannot take.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        match c {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// Literals of texts, with commas between.
pub(super) fn literals<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(literal).collect::<Vec<_>>().join(",")
}

/// The pattern of `LIKE` for all that has `text` in it, as a literal. The index for parts of texts serves it, and
/// no other way to ask.
pub(super) fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if ['%', '_', '\\'].contains(&c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    literal(&pattern)
}

/// Numbers, with commas between.
pub(super) fn numbers<N: std::fmt::Display>(numbers: impl IntoIterator<Item = N>) -> String {
    let mut out = String::new();
    for (place, number) in numbers.into_iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        // Writing to a text does not fail.
        let _ = write!(out, "{comma}{number}");
    }
    out
}

/// What is wrong with an answer: it ends inside a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CutOff;

type Read<T> = Result<T, CutOff>;

/// Reads values from an answer in `RowBinary`.
pub(super) struct Answer<'a>(pub(super) &'a [u8]);

impl<'a> Answer<'a> {
    pub(super) fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    fn bytes(&mut self, n: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(CutOff)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        self.bytes(N)?.try_into().map_err(|_| CutOff)
    }

    pub(super) fn i64(&mut self) -> Read<i64> {
        self.array().map(i64::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Read<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u8(&mut self) -> Read<u8> {
        self.array().map(|[byte]| byte)
    }

    fn length(&mut self) -> Read<usize> {
        let mut length = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            length |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return usize::try_from(length).map_err(|_| CutOff);
            }
        }
        Err(CutOff)
    }

    /// A text; bytes that are no UTF-8, which only another program can have written, are replaced.
    pub(super) fn text(&mut self) -> Read<std::borrow::Cow<'a, str>> {
        let length = self.length()?;
        Ok(String::from_utf8_lossy(self.bytes(length)?))
    }

    /// An id; the empty text stands for none.
    pub(super) fn id(&mut self) -> Read<Option<Id>> {
        let text = self.text()?;
        Ok(if text.is_empty() { None } else { Some(Id::new(&text)) })
    }
}

/// Rows to insert, in `RowBinary`.
#[derive(Debug, Default)]
pub(super) struct Block(pub(super) Vec<u8>);

impl Block {
    pub(super) fn i64(&mut self, value: i64) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(super) fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(super) fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(super) fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let mut length = text.len();
        while length >= 0x80 {
            self.0.push(u8::try_from(length & 0x7f).unwrap_or(0) | 0x80);
            length >>= 7;
        }
        self.0.push(u8::try_from(length).unwrap_or(0));
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(super) fn id(&mut self, id: Option<&Id>) -> &mut Self {
        self.text(id.map_or("", Id::as_str))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn values_come_back_as_they_were_written(
            values in proptest::collection::vec((any::<i64>(), any::<u64>(), any::<u32>(), any::<u8>(), any::<String>()), 0..9),
        ) {
            let mut block = Block::default();
            for (a, b, c, d, e) in &values {
                block.i64(*a).u64(*b).u32(*c).u8(*d).text(e);
            }
            let mut answer = Answer(&block.0);
            for (a, b, c, d, e) in &values {
                prop_assert_eq!(answer.i64(), Ok(*a));
                prop_assert_eq!(answer.u64(), Ok(*b));
                prop_assert_eq!(answer.u32(), Ok(*c));
                prop_assert_eq!(answer.u8(), Ok(*d));
                prop_assert_eq!(&*answer.text().unwrap(), e);
            }
            prop_assert!(answer.is_done());
        }

        #[test]
        fn a_literal_holds_nothing_that_ends_it(text in any::<String>()) {
            let literal = literal(&text);
            let inside = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap();
            let mut escaped = false;
            for c in inside.chars() {
                prop_assert!(escaped || c != '\'');
                escaped = !escaped && c == '\\';
            }
            prop_assert!(!escaped);
        }

        #[test]
        fn no_bytes_make_the_reader_fail(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut answer = Answer(&bytes);
            while !answer.is_done() && answer.text().is_ok() {}
            let _ = answer.i64();
        }
    }

    #[test]
    fn a_long_text_has_its_length_in_several_bytes() {
        for length in [0, 1, 127, 128, 300, 16_384, 70_000] {
            let text = "x".repeat(length);
            let mut block = Block::default();
            block.text(&text);
            assert_eq!(Answer(&block.0).text().unwrap().len(), length);
        }
    }
}
