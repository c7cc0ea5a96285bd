//! The fields of an exported event, found in one pass without a parser.
//!
//! [`scan`] reads what a line of an export almost always is: one object with `event` and
//! `properties`, each once, keys without escapes. It checks the whole line by the grammar of
//! JSON, so that what it accepts, `serde_json` accepts, with the same texts. Where it is in
//! doubt it gives nothing, and `serde_json` decides: control characters (white space other than
//! spaces among them), escapes in keys, keys that stand twice or next to the two, halves of
//! surrogate pairs, bytes that are not UTF-8, deep nesting, and everything that is wrong.
//!
//! Cost: eight bytes at a time; no memory of its own.

#![expect(clippy::inline_always, reason = "a line is read a seventh faster as one function")]

use super::event::Properties;

/// What a line has.
pub(super) struct Scanned<'a> {
    /// JSON text of `event`.
    pub(super) event: Option<&'a str>,
    /// JSON text of `properties`, an object.
    pub(super) properties: &'a str,
    /// Its fields.
    pub(super) fields: Properties<'a>,
    /// Whether no string among these has an escape.
    pub(super) is_plain: bool,
}

/// Reads a line of an export; `None` when it is wrong or a part of it is doubtful.
pub(super) fn scan(text: &str) -> Option<Scanned<'_>> {
    let mut cursor = Cursor { text, rest: text.as_bytes(), escapes: 0, is_plain: true };
    let mut event = None;
    let mut properties = None;
    let mut fields = Properties::default();
    cursor.take(b'{')?;
    loop {
        let key = cursor.key()?;
        match key {
            b"event" if event.is_none() => event = Some(cursor.token()?),
            b"properties" if properties.is_none() => properties = Some(cursor.properties(&mut fields)?),
            // What stands next to them may be a part of the row, or make it something else.
            _ => return None,
        }
        if cursor.is_last(b'}')? {
            break;
        }
    }
    cursor.spaces();
    let properties = properties?;
    let is_plain = cursor.is_plain;
    cursor.rest.is_empty().then_some(Scanned { event, properties, fields, is_plain })
}

/// Reads an object of properties, and whether no string among its fields has an escape; `None` when it is
/// wrong or a part of it is doubtful.
pub(super) fn properties(text: &str) -> Option<(Properties<'_>, bool)> {
    let mut cursor = Cursor { text, rest: text.as_bytes(), escapes: 0, is_plain: true };
    let mut fields = Properties::default();
    cursor.properties(&mut fields)?;
    cursor.spaces();
    cursor.rest.is_empty().then_some((fields, cursor.is_plain))
}

/// The fields of an object, each with its key and the text of its value, in their order; `None` when it is
/// wrong or a part of it is doubtful.
pub(super) fn fields(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut cursor = Cursor { text, rest: text.as_bytes(), escapes: 0, is_plain: true };
    let mut fields = Vec::with_capacity(FIELDS.min(text.len() / BYTES));
    cursor.take(b'{')?;
    if let [b'}', rest @ ..] = cursor.rest {
        cursor.rest = rest;
    } else {
        loop {
            let start = cursor.at() + 1;
            let key = cursor.key()?.len();
            let key = text.get(start..start + key)?;
            fields.push((key, cursor.token()?));
            if cursor.is_last(b'}')? {
                break;
            }
        }
    }
    cursor.spaces();
    cursor.rest.is_empty().then_some(fields)
}

/// Whether a text is a JSON value, perhaps with spaces behind it; `false` also where a part of it is doubtful.
pub(super) fn is_value(text: &str) -> bool {
    let mut cursor = Cursor { text, rest: text.as_bytes(), escapes: 0, is_plain: true };
    let found = cursor.skip();
    cursor.spaces();
    found.is_some() && cursor.rest.is_empty()
}

/// Whether a text is a JSON number, perhaps with white space behind it.
pub(super) fn is_number(text: &str) -> bool {
    let rest = behind_number(text.as_bytes());
    rest.is_some_and(|rest| rest.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')))
}

/// Where the first character of a text is that JSON escapes.
pub(super) fn escaped(text: &str) -> Option<usize> {
    special(text.as_bytes())
}

/// Fields for which there is room at once: more than most rows have.
const FIELDS: usize = 48;

/// Bytes that a field has at least, mostly.
const BYTES: usize = 12;

/// Levels of nesting that are followed.
const DEEPEST: u32 = 60;

/// A place in the line.
struct Cursor<'a> {
    text: &'a str,
    /// What comes from here on.
    rest: &'a [u8],
    /// Escapes so far.
    escapes: u32,
    /// Whether none of them was in a text that was asked for.
    is_plain: bool,
}

impl<'a> Cursor<'a> {
    /// Where it is.
    fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// Goes behind `byte` and the spaces that follow it.
    #[inline(always)]
    fn take(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        if *first != byte {
            return None;
        }
        self.rest = rest;
        self.spaces();
        Some(())
    }

    #[inline(always)]
    fn spaces(&mut self) {
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
    fn is_last(&mut self, end: u8) -> Option<bool> {
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
    fn key(&mut self) -> Option<&'a [u8]> {
        let [b'"', inside @ ..] = self.rest else { return None };
        let (key, rest) = inside.split_at_checked(special(inside)?)?;
        let [b'"', rest @ ..] = rest else { return None };
        self.rest = rest;
        self.spaces();
        self.take(b':')?;
        Some(key)
    }

    /// The text of a value.
    #[inline(always)]
    fn token(&mut self) -> Option<&'a str> {
        let (start, escapes) = (self.at(), self.escapes);
        self.skip()?;
        self.is_plain &= self.escapes == escapes;
        self.text.get(start..self.at())
    }

    /// The text of an object, whose fields it notes; of a key that stands twice, the last value
    /// counts.
    #[inline(always)]
    fn properties(&mut self, fields: &mut Properties<'a>) -> Option<&'a str> {
        let start = self.at();
        self.take(b'{')?;
        if let [b'}', rest @ ..] = self.rest {
            self.rest = rest;
        } else {
            loop {
                let key = self.key()?;
                match fields.slot(key) {
                    Some(slot) => *slot = Some(self.token()?),
                    None => self.skip()?,
                }
                if self.is_last(b'}')? {
                    break;
                }
            }
        }
        self.text.get(start..self.at())
    }

    /// Goes behind a value.
    #[inline(always)]
    fn skip(&mut self) -> Option<()> {
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
        let mut rest = self.rest.get(1..)?;
        loop {
            match rest.get(special(rest)?..)? {
                [b'"', behind @ ..] => {
                    self.rest = behind;
                    return Some(());
                }
                [b'\\', escape @ ..] => {
                    self.escapes += 1;
                    rest = behind_escape(escape)?;
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
fn behind_escape(escape: &[u8]) -> Option<&[u8]> {
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

/// Makes a space of a quote, and of what is above a space nothing below it: with the control
/// characters, which stay below, one comparison finds both.
const QUOTE_TO_SPACE: u8 = b'"' ^ b' ';

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
mod tests;
