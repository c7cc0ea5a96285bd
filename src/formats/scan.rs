//! The fields of an exported event, found in one pass without a parser.
//!
//! [`scan`] reads what a line of an export almost always is: one object with `event` and
//! `properties`, each once, keys without escapes. It checks the whole line by the grammar of
//! JSON, so that what it accepts, `serde_json` accepts, with the same texts. Where it is in
//! doubt it gives nothing, and `serde_json` decides: control characters (white space other than
//! spaces among them), escapes in keys, keys that stand twice or make a record something else,
//! escapes of surrogates, deep nesting, and everything that is wrong.
//!
//! Cost: eight bytes at a time; no memory of its own.

use super::decode::makes_a_kind;
use super::event::Properties;

/// What a line has.
pub(super) struct Scanned<'a> {
    /// JSON text of `event`.
    pub(super) event: Option<&'a str>,
    /// JSON text of `properties`, an object.
    pub(super) properties: &'a str,
    /// Its fields.
    pub(super) fields: Properties<'a>,
}

/// Reads a line of an export; `None` when it is wrong or a part of it is doubtful.
pub(super) fn scan(text: &str) -> Option<Scanned<'_>> {
    // Not `any`: without a way out in the middle it is done for many bytes at once.
    // Without an early end, so that it is done many bytes at a time.
    if text.bytes().fold(0, |found, byte| found | u8::from(byte < 0x20)) != 0 {
        return None;
    }
    let mut cursor = Cursor { text, bytes: text.as_bytes(), at: 0 };
    let mut event = None;
    let mut properties = None;
    cursor.take(b'{')?;
    loop {
        let key = cursor.key()?;
        match key {
            b"event" if event.is_none() => event = Some(cursor.token()?),
            b"properties" if properties.is_none() => properties = Some(cursor.properties()?),
            _ if makes_a_kind(key) => return None,
            _ => cursor.skip()?,
        }
        if cursor.is_last(b'}')? {
            break;
        }
    }
    cursor.spaces();
    let (properties, fields) = properties?;
    (cursor.at == text.len()).then_some(Scanned { event, properties, fields })
}

/// Levels of nesting that are followed.
const DEEPEST: u32 = 60;

/// A place in the line.
struct Cursor<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Goes behind `byte` and the spaces that follow it.
    fn take(&mut self, byte: u8) -> Option<()> {
        if self.peek()? != byte {
            return None;
        }
        self.at += 1;
        self.spaces();
        Some(())
    }

    fn spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    /// After a value: `true` behind the end of its object, `false` before the next key.
    fn is_last(&mut self, end: u8) -> Option<bool> {
        self.spaces();
        match self.peek()? {
            b',' => {
                self.at += 1;
                self.spaces();
                Some(false)
            }
            byte if byte == end => {
                self.at += 1;
                Some(true)
            }
            _ => None,
        }
    }

    /// Goes to the value of a key without escapes.
    fn key(&mut self) -> Option<&'a [u8]> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        self.at = self.special(start)?;
        let key = self.bytes.get(start..self.at)?;
        self.take(b'"')?;
        self.take(b':')?;
        Some(key)
    }

    /// The text of a value.
    fn token(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.skip()?;
        self.text.get(start..self.at)
    }

    /// An object with its text and fields; of a key that stands twice, the last value counts.
    fn properties(&mut self) -> Option<(&'a str, Properties<'a>)> {
        let start = self.at;
        let mut fields = Properties::default();
        self.take(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
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
        Some((self.text.get(start..self.at)?, fields))
    }

    /// Goes behind a value.
    fn skip(&mut self) -> Option<()> {
        // A bit for each open bracket, 1 for an object, below a bit that ends them.
        let mut open: u64 = 1;
        loop {
            match self.peek()? {
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                b'{' => {
                    self.take(b'{')?;
                    if self.peek()? == b'}' {
                        self.at += 1;
                    } else {
                        open = deeper(open, 1)?;
                        self.inner_key()?;
                        continue;
                    }
                }
                b'[' => {
                    self.take(b'[')?;
                    if self.peek()? == b']' {
                        self.at += 1;
                    } else {
                        open = deeper(open, 0)?;
                        continue;
                    }
                }
                b't' => self.literal(b"true")?,
                b'f' => self.literal(b"false")?,
                b'n' => self.literal(b"null")?,
                _ => return None,
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
        if self.peek()? != b'"' {
            return None;
        }
        self.string()?;
        self.spaces();
        self.take(b':')
    }

    fn literal(&mut self, literal: &[u8]) -> Option<()> {
        let end = self.at + literal.len();
        if self.bytes.get(self.at..end)? != literal {
            return None;
        }
        self.at = end;
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// Goes behind a string.
    fn string(&mut self) -> Option<()> {
        let mut at = self.at + 1;
        loop {
            at = self.special(at)?;
            if self.bytes.get(at) == Some(&b'"') {
                self.at = at + 1;
                return Some(());
            }
            at += match self.bytes.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                b'u' => {
                    let digits = self.bytes.get(at + 2..at + 6)?;
                    let surrogate = matches!(digits.first(), Some(b'd' | b'D'));
                    if surrogate || !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    6
                }
                _ => return None,
            };
        }
    }

    /// Where the next quote or backslash is, from `at` on.
    fn special(&self, mut at: usize) -> Option<usize> {
        while let Some(word) = self.bytes.get(at..at + 8).and_then(|word| word.try_into().ok()).map(u64::from_le_bytes)
        {
            let found = has_zero(word ^ repeat(b'"')) | has_zero(word ^ repeat(b'\\'));
            if found != 0 {
                return Some(at + found.trailing_zeros() as usize / 8);
            }
            at += 8;
        }
        let rest = self.bytes.get(at..)?;
        rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).map(|found| at + found)
    }
}

/// One level deeper; `None` where that is too deep.
fn deeper(open: u64, bit: u64) -> Option<u64> {
    (open.ilog2() < DEEPEST).then_some(open << 1 | bit)
}

/// `byte` eight times.
const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The highest bit of each byte that is zero; bytes above the lowest such may have theirs too.
const fn has_zero(word: u64) -> u64 {
    word.wrapping_sub(repeat(1)) & !word & repeat(0x80)
}

#[cfg(test)]
mod tests;
