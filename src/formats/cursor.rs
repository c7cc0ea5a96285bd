//! JSON texts, read where they lie.
//!
//! A [`Cursor`] goes over a text and checks it by the grammar of JSON, so that what it accepts, `serde_json`
//! accepts, with the same texts. Where it is in doubt it gives nothing, and `serde_json` decides: control
//! characters (white space other than spaces among them), escapes in keys, halves of surrogate pairs, bytes that
//! are not UTF-8, deep nesting, and everything that is wrong.
//!
//! Cost: eight bytes at a time; no memory of its own.

#![expect(clippy::inline_always, reason = "a line is read a seventh faster as one function")]

use super::escape::{QUOTE_TO_SPACE, unescaped};

/// The fields of an object, each with its key and the text of its value, in their order; `None` when it is
/// wrong or a part of it is doubtful.
pub(super) fn fields(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut fields = Vec::with_capacity(FIELDS.min(text.len() / BYTES));
    each(text, |key, value| {
        fields.push((key, value));
        Some(())
    })?;
    Some(fields)
}

/// The fields of an object, as they are written.
type Fields<'a> = Vec<(&'a str, &'a str)>;

/// Fields with their number among those around them.
pub(super) type Inner<'a> = (usize, Fields<'a>);

/// [`fields`], and those of the first object that is the value of `inner`.
pub(super) fn fields_and_inner<'a>(text: &'a str, inner: &str) -> Option<(Fields<'a>, Option<Inner<'a>>)> {
    let mut fields = Vec::with_capacity(FIELDS.min(text.len() / BYTES));
    let mut found = None;
    let mut cursor = Cursor::of(text);
    cursor.take(b'{')?;
    if !cursor.is_empty_object() {
        loop {
            let key = cursor.key_text()?;
            let value = if found.is_none() && key == inner && cursor.first() == Some(b'{') {
                let start = cursor.at();
                found = Some((fields.len(), cursor.object()?));
                cursor.since(start)?
            } else {
                cursor.token()?
            };
            fields.push((key, value));
            if cursor.is_last(b'}')? {
                break;
            }
        }
    }
    cursor.spaces();
    cursor.is_at_end().then_some((fields, found))
}

/// Calls `field` with each field of [`fields`], until one is wrong or a part of it is doubtful, or `field` gives `None`;
/// whether no value has an escape.
pub(super) fn each<'a>(text: &'a str, mut field: impl FnMut(&'a str, &'a str) -> Option<()>) -> Option<bool> {
    let mut cursor = Cursor::of(text);
    cursor.take(b'{')?;
    if !cursor.is_empty_object() {
        loop {
            let start = cursor.at() + 1;
            let key = cursor.key()?.len();
            let key = text.get(start..start + key)?;
            field(key, cursor.token()?)?;
            if cursor.is_last(b'}')? {
                break;
            }
        }
    }
    cursor.spaces();
    cursor.is_at_end().then_some(cursor.is_plain)
}

/// Whether a text is a JSON value, perhaps with spaces behind it; `false` also where a part of it is doubtful.
pub(super) fn is_value(text: &str) -> bool {
    let mut cursor = Cursor::of(text);
    let found = cursor.skip();
    cursor.spaces();
    found.is_some() && cursor.is_at_end()
}

/// Whether a text is a JSON number, perhaps with white space behind it.
pub(super) fn is_number(text: &str) -> bool {
    let rest = behind_number(text.as_bytes());
    rest.is_some_and(|rest| rest.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')))
}

/// Where the first character of a text is that JSON escapes.
#[inline(always)]
pub(super) fn escaped(text: &str) -> Option<usize> {
    special(text.as_bytes())
}

/// Fields for which there is room at once: more than most rows have.
const FIELDS: usize = 48;

/// Bytes that a field has at least, mostly.
const BYTES: usize = 12;

/// Levels of nesting that are followed.
const DEEPEST: u32 = 60;

/// How a text has the quotes of JSON.
pub(super) trait Quotes {
    /// What is behind the quote that a part of the text begins with.
    fn behind<'t>(&mut self, text: &'t [u8]) -> Option<&'t [u8]>;

    /// What is behind an escape, after its backslash.
    fn behind_escape<'t>(&mut self, escape: &'t [u8]) -> Option<&'t [u8]>;

    /// A value as JSON has it; `None` where it does not lie in the text so.
    fn token(text: &str) -> Option<&str>;
}

/// Quotes as they are.
pub(super) struct Single;

impl Quotes for Single {
    #[inline(always)]
    fn behind<'t>(&mut self, text: &'t [u8]) -> Option<&'t [u8]> {
        text.strip_prefix(b"\"")
    }

    #[inline(always)]
    fn behind_escape<'t>(&mut self, escape: &'t [u8]) -> Option<&'t [u8]> {
        behind_escape(escape)
    }

    #[inline(always)]
    fn token(text: &str) -> Option<&str> {
        Some(text)
    }
}

/// A place in the line.
pub(super) struct Cursor<'a, Q = Single> {
    text: &'a str,
    /// What comes from here on.
    rest: &'a [u8],
    /// How it has quotes.
    quotes: Q,
    /// Escapes so far.
    escapes: u32,
    /// Whether none of them was in a text that was asked for.
    pub(super) is_plain: bool,
}

impl<'a> Cursor<'a> {
    /// At the start of a text.
    pub(super) fn of(text: &'a str) -> Self {
        Self::with(text, Single)
    }

    /// Goes behind a string, and writes what is in it; `None` also where it has escapes that a JSON text has none of when
    /// it is written into a string.
    pub(super) fn unescape(&mut self, out: &mut Vec<u8>) -> Option<()> {
        self.rest = unescaped(self.rest.strip_prefix(b"\"")?, out)?;
        Some(())
    }

    /// [`Cursor::key`] as a text.
    fn key_text(&mut self) -> Option<&'a str> {
        let start = self.at() + 1;
        let length = self.key()?.len();
        self.text.get(start..start + length)
    }

    /// The fields of an object.
    fn object(&mut self) -> Option<Vec<(&'a str, &'a str)>> {
        let mut fields = Vec::with_capacity(FIELDS);
        self.take(b'{')?;
        if self.is_empty_object() {
            return Some(fields);
        }
        loop {
            let key = self.key_text()?;
            fields.push((key, self.token()?));
            if self.is_last(b'}')? {
                return Some(fields);
            }
        }
    }
}

impl<'a, Q: Quotes> Cursor<'a, Q> {
    /// At the start of a text that has quotes so.
    pub(super) fn with(text: &'a str, quotes: Q) -> Self {
        Self { text, rest: text.as_bytes(), quotes, escapes: 0, is_plain: true }
    }

    /// What is left, and how quotes were met.
    pub(super) fn into_rest(self) -> (&'a [u8], Q) {
        (self.rest, self.quotes)
    }

    /// The text from a place to here.
    pub(super) fn since(&self, start: usize) -> Option<&'a str> {
        self.text.get(start..self.at())
    }

    /// Whether nothing is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Goes behind the end of an object, if it comes right after the start.
    #[inline(always)]
    pub(super) fn is_empty_object(&mut self) -> bool {
        let Some(rest) = self.rest.strip_prefix(b"}") else { return false };
        self.rest = rest;
        true
    }

    /// Where it is.
    pub(super) fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// Goes behind `byte` and the spaces that follow it.
    #[inline(always)]
    pub(super) fn take(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        if *first != byte {
            return None;
        }
        self.rest = rest;
        self.spaces();
        Some(())
    }

    #[inline(always)]
    pub(super) fn spaces(&mut self) {
        if let [b' ', ..] = self.rest {
            self.some_spaces();
        }
    }

    /// Exports have none, mostly.
    #[cold]
    fn some_spaces(&mut self) {
        while let [b' ', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// After a value: `true` behind the end of its object, `false` before the next key.
    #[inline(always)]
    pub(super) fn is_last(&mut self, end: u8) -> Option<bool> {
        self.spaces();
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        if *first == b',' {
            self.spaces();
            return Some(false);
        }
        (*first == end).then_some(true)
    }

    /// Goes to the value of a key without escapes.
    #[inline(always)]
    pub(super) fn key(&mut self) -> Option<&'a [u8]> {
        let inside = self.quotes.behind(self.rest)?;
        let (key, rest) = inside.split_at_checked(special(inside)?)?;
        self.rest = self.quotes.behind(rest)?;
        self.spaces();
        self.take(b':')?;
        Some(key)
    }

    /// The first byte of a value.
    pub(super) fn first(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The text of a value.
    #[inline(always)]
    pub(super) fn token(&mut self) -> Option<&'a str> {
        let (start, escapes) = (self.at(), self.escapes);
        self.skip()?;
        self.is_plain &= self.escapes == escapes;
        self.since(start)
    }

    /// Goes behind a value.
    #[inline(always)]
    pub(super) fn skip(&mut self) -> Option<()> {
        match self.rest.first()? {
            b'"' => self.string(),
            b'{' | b'[' => self.nested(),
            _ => self.scalar(),
        }
    }

    /// Goes behind an object or array.
    #[inline(never)]
    fn nested(&mut self) -> Option<()> {
        // A bit for each open bracket, 1 for an object, below a bit that ends them.
        let mut open: u64 = 1;
        loop {
            match self.rest.first()? {
                b'"' => self.string()?,
                b'{' => {
                    self.take(b'{')?;
                    if let [b'}', rest @ ..] = self.rest {
                        self.rest = rest;
                    } else {
                        open = deeper(open, 1)?;
                        self.inner_key()?;
                        continue;
                    }
                }
                b'[' => {
                    self.take(b'[')?;
                    if let [b']', rest @ ..] = self.rest {
                        self.rest = rest;
                    } else {
                        open = deeper(open, 0)?;
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            while open > 1 {
                let in_object = open & 1 == 1;
                if !self.is_last(if in_object { b'}' } else { b']' })? {
                    if in_object {
                        self.inner_key()?;
                    }
                    break;
                }
                open >>= 1;
            }
            if open == 1 {
                return Some(());
            }
        }
    }

    /// Goes to the value of any key.
    fn inner_key(&mut self) -> Option<()> {
        let [b'"', ..] = self.rest else { return None };
        self.string()?;
        self.spaces();
        self.take(b':')
    }

    /// Goes behind a number, `true`, `false` or `null`.
    #[inline(always)]
    fn scalar(&mut self) -> Option<()> {
        self.rest = match self.rest {
            [b't', b'r', b'u', b'e', rest @ ..]
            | [b'f', b'a', b'l', b's', b'e', rest @ ..]
            | [b'n', b'u', b'l', b'l', rest @ ..] => rest,
            number => behind_number(number)?,
        };
        Some(())
    }

    /// Goes behind a string.
    #[inline(always)]
    fn string(&mut self) -> Option<()> {
        let mut rest = self.quotes.behind(self.rest)?;
        loop {
            match rest.get(special(rest)?..)? {
                end @ [b'"', ..] => {
                    self.rest = self.quotes.behind(end)?;
                    return Some(());
                }
                [b'\\', escape @ ..] => {
                    self.escapes += 1;
                    rest = self.quotes.behind_escape(escape)?;
                }
                _ => return None,
            }
        }
    }
}

fn behind_number(text: &[u8]) -> Option<&[u8]> {
    let ([b'-', digits @ ..] | digits) = text;
    let mut rest = match digits {
        [b'0', rest @ ..] => rest,
        digits => behind_digits(digits)?,
    };
    if let [b'.', fraction @ ..] = rest {
        rest = behind_digits(fraction)?;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let ([b'+' | b'-', digits @ ..] | digits) = exponent;
        rest = behind_digits(digits)?;
    }
    Some(rest)
}

/// What is behind one digit or more.
#[inline(always)]
fn behind_digits(text: &[u8]) -> Option<&[u8]> {
    let [b'0'..=b'9', rest @ ..] = text else { return None };
    let mut rest = rest;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let found = no_digits(u64::from_le_bytes(*word));
        if found != 0 {
            return rest.get((found.trailing_zeros() / 8) as usize..);
        }
        rest = behind;
    }
    while let [b'0'..=b'9', more @ ..] = rest {
        rest = more;
    }
    Some(rest)
}

/// What is behind an escape, after its backslash.
pub(super) fn behind_escape(escape: &[u8]) -> Option<&[u8]> {
    match escape {
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => Some(rest),
        // Half a pair has rules of its own; a whole one is a character.
        [
            b'u',
            b'd' | b'D',
            b'8' | b'9' | b'a' | b'b' | b'A' | b'B',
            high_1,
            high_2,
            b'\\',
            b'u',
            b'd' | b'D',
            b'c'..=b'f' | b'C'..=b'F',
            low_1,
            low_2,
            rest @ ..,
        ] => [high_1, high_2, low_1, low_2].into_iter().all(u8::is_ascii_hexdigit).then_some(rest),
        [b'u', b'd' | b'D', b'0'..=b'7', rest @ ..] => {
            let (digits, rest) = rest.split_at_checked(2)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(rest)
        }
        [b'u', b'd' | b'D', ..] => None,
        [b'u', rest @ ..] => {
            let (digits, rest) = rest.split_at_checked(4)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(rest)
        }
        _ => None,
    }
}

/// Where the first quote, backslash or control character is.
#[inline(always)]
fn special(text: &[u8]) -> Option<usize> {
    let mut rest = text;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        let found = below(word ^ repeat(QUOTE_TO_SPACE), b' ' + 1) | below(word ^ repeat(b'\\'), 1);
        let found = found & repeat(0x80);
        if found != 0 {
            return Some(text.len() - rest.len() + (found.trailing_zeros() / 8) as usize);
        }
        rest = behind;
    }
    let found = rest.iter().position(|byte| matches!(byte, 0..0x20 | b'"' | b'\\'))?;
    Some(text.len() - rest.len() + found)
}

/// One level deeper; `None` where that is too deep.
fn deeper(open: u64, bit: u64) -> Option<u64> {
    (open.ilog2() < DEEPEST).then_some(open << 1 | bit)
}

/// Has the highest bit of each byte that is no digit, and no other bits.
const fn no_digits(word: u64) -> u64 {
    // Of a digit, these bits are its value; what is ten or more runs over into the highest bit.
    let value = word ^ repeat(b'0');
    (((value & repeat(0x7f)) + repeat(0x80 - 10)) | value) & repeat(0x80)
}

/// `byte` eight times.
const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Has the highest bit of each byte that is below `than`; bytes above the lowest such may have
/// theirs too, and other bits mean nothing.
const fn below(word: u64, than: u8) -> u64 {
    word.wrapping_sub(repeat(than)) & !word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_end_at_the_first_byte_that_is_none() {
        for length in 1..30 {
            for other in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit()) {
                let text = [&b"1234567890".repeat(3)[..length], &[other], b"123456789"].concat();
                assert_eq!(behind_digits(&text).map(<[u8]>::len), Some(10), "{other} after {length}");
            }
            assert_eq!(behind_digits(&b"9".repeat(length)), Some(&b""[..]));
        }
        assert_eq!(behind_digits(b""), None);
        assert_eq!(behind_digits(b"x1"), None);
    }

    #[test]
    fn quotes_backslashes_and_control_characters_are_found_and_nothing_else() {
        for byte in 0..=u8::MAX {
            let is_special = byte < b' ' || matches!(byte, b'"' | b'\\');
            for at in 0..20 {
                for other in [b' ', b'!', b'#', 0x7f, 0x80, 0xff] {
                    let mut text = [other; 20];
                    text[at] = byte;
                    assert_eq!(special(&text), is_special.then_some(at), "{byte} among {other}");
                }
            }
        }
    }
}
