//! The fields of an exported event, found in one pass without a parser.
//!
//! [`scan`] reads what a line of an export almost always is: one object with `event` and
//! `properties`, each once, keys without escapes. It checks the whole line by the grammar of
//! JSON, so that what it accepts, `serde_json` accepts, with the same texts. Where it is in
//! doubt it gives nothing, and `serde_json` decides: control characters (white space other than
//! spaces among them), escapes in keys, keys that stand twice or next to the two, halves of
//! surrogate pairs, bytes that are not UTF-8, deep nesting, and everything that is wrong.
//!
//! Cost: that of its [`Cursor`]; no memory of its own.

#![expect(clippy::inline_always, reason = "a line is read a seventh faster as one function")]

use super::cursor::{Cursor, Quotes};
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
    let mut cursor = Cursor::of(text);
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
    cursor.is_at_end().then_some(Scanned { event, properties, fields, is_plain })
}

/// Reads an object of properties, and whether no string among its fields has an escape; `None` when it is
/// wrong or a part of it is doubtful.
pub(super) fn properties(text: &str) -> Option<(Properties<'_>, bool)> {
    let mut cursor = Cursor::of(text);
    let mut fields = Properties::default();
    cursor.properties(&mut fields)?;
    cursor.spaces();
    cursor.is_at_end().then_some((fields, cursor.is_plain))
}

impl<'a, Q: Quotes> Cursor<'a, Q> {
    /// The text of an object, whose fields it notes; of a key that stands twice, the last value
    /// counts.
    #[inline(always)]
    pub(super) fn properties(&mut self, fields: &mut Properties<'a>) -> Option<&'a str> {
        let start = self.at();
        self.take(b'{')?;
        if !self.is_empty_object() {
            loop {
                let key = self.key()?;
                match fields.slot(key) {
                    Some(slot) => *slot = Some(Q::token(self.token()?)?),
                    None => self.skip()?,
                }
                if self.is_last(b'}')? {
                    break;
                }
            }
        }
        self.since(start)
    }
}

#[cfg(test)]
mod tests;
