//! Identifiers: how they are compared, what their shape tells, which ones mean nothing.
//!
//! Two ids are the same when they are equal code point by code point (identity.md L14,
//! captures A1): no case folding, no trimming, no Unicode normalisation. Only two things
//! are done to them. A number or boolean stands for its JSON text ([`super::json::id`]),
//! and one `$device:` prefix is looked through where a device id is meant ([`Id::bare`]).

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Prefix that web SDKs from 2.46 on, iOS 5.0.2, Swift 4.0.5 and Android 7.3.0 put before
/// an anonymous `distinct_id`; `$device_id` has the same text without it (identity.md §2.1).
pub const DEVICE_PREFIX: &str = "$device:";

/// Any identifier string that events are stored under or that a lookup can meet.
///
/// Cheap to clone. It has no `Display`, because its text comes from outside: show it with
/// [`super::text::visible`].
#[derive(Clone, Eq, PartialOrd, Ord)]
pub struct Id(Arc<str>);

impl Id {
    /// An id with exactly this text.
    pub fn new(text: &str) -> Self {
        Self(Arc::from(text))
    }

    /// The text, unescaped.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text without one leading `$device:`.
    pub fn bare(&self) -> &str {
        self.0.strip_prefix(DEVICE_PREFIX).unwrap_or(&self.0)
    }

    /// This id as a device id: without one leading `$device:`.
    #[must_use]
    pub fn to_bare(&self) -> Self {
        match self.0.strip_prefix(DEVICE_PREFIX) {
            Some(bare) => Self::new(bare),
            None => self.clone(),
        }
    }

    /// The other way to write the same device: with the prefix if it has none, without if it has.
    #[must_use]
    pub fn other_device_form(&self) -> Self {
        match self.0.strip_prefix(DEVICE_PREFIX) {
            Some(bare) => Self::new(bare),
            None => Self::new(&[DEVICE_PREFIX, &*self.0].concat()),
        }
    }

    /// Where the text lies in memory: equal for clones of one id. While both are there, ids of
    /// one place are equal; those of two places may be.
    pub fn place(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// What the form of the text tells.
    pub fn shape(&self) -> Shape {
        Shape::of(&self.0)
    }

    /// Whether this is a value that a program writes when it has no id: `null`, `undefined`, `0`.
    ///
    /// Such an id can be searched like any other, but is never evidence that two rows belong
    /// to one person (identity.md L15, C28).
    pub fn is_placeholder(&self) -> bool {
        is_placeholder(&self.0)
    }
}

impl PartialEq for Id {
    /// Clones of one id are recognised by their place, without a look at the text: rows of one user
    /// are compared with their neighbours by the hundred thousand.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As `str` does, so that a map of ids can be asked with a text.
        self.0.hash(state);
    }
}

impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({:?})", &*self.0)
    }
}

/// What the form of an id tells about who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// `$device:` and something: anonymous, made by an SDK.
    Device,
    /// Five groups of hexadecimal digits of 8-4-4-4-12: a UUID, made by an SDK or by an app.
    Guid,
    /// Five other groups of hexadecimal digits: the T-R-UA-S-T id of web SDKs up to 2.61.
    WebAnonymous,
    /// Has an `@` between other text: chosen by an app for a person it knows.
    Email,
    /// Anything else tells nothing.
    Other,
}

impl Shape {
    /// The shape of `text`.
    pub fn of(text: &str) -> Self {
        if let Some(rest) = text.strip_prefix(DEVICE_PREFIX) {
            return if rest.is_empty() { Self::Other } else { Self::Device };
        }
        if let Some(shape) = of_pseudonym(text) {
            return shape;
        }
        if let Some(lengths) = groups_of_hex(text) {
            return if lengths == [8, 4, 4, 4, 12] { Self::Guid } else { Self::WebAnonymous };
        }
        match text.split_once('@') {
            Some((name, host)) if !name.trim().is_empty() && !host.trim().is_empty() => Self::Email,
            _ => Self::Other,
        }
    }

    /// Whether SDKs make anonymous ids of this form.
    pub fn is_sdk_made(self) -> bool {
        matches!(self, Self::Device | Self::Guid | Self::WebAnonymous)
    }
}

/// The lengths of five groups of hexadecimal digits with a hyphen between; `None` for any other text.
fn groups_of_hex(text: &str) -> Option<[usize; 5]> {
    let (mut lengths, mut group) = ([0_usize; 5], 0);
    for byte in text.bytes() {
        match byte {
            b'-' => group += 1,
            _ if byte.is_ascii_hexdigit() => *lengths.get_mut(group)? += 1,
            _ => return None,
        }
    }
    (group == 4 && !lengths.contains(&0)).then_some(lengths)
}

/// Digits behind the kind of a pseudonym.
pub const PSEUDONYM_DIGITS: usize = 10;

/// What stands for the id of a device in a redacted answer.
pub const DEVICE_PSEUDONYM: &str = "device-";
/// The same for one that is a UUID.
pub const GUID_PSEUDONYM: &str = "guid-";

/// The shape of the id that a pseudonym of a device stands for, so that the engine decides of a
/// redacted journey what it decides of the journey.
fn of_pseudonym(text: &str) -> Option<Shape> {
    let (digits, shape) = match text.strip_prefix(DEVICE_PSEUDONYM) {
        Some(digits) => (digits, Shape::WebAnonymous),
        None => (text.strip_prefix(GUID_PSEUDONYM)?, Shape::Guid),
    };
    let is_digits = digits.len() == PSEUDONYM_DIGITS && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_digits.then_some(shape)
}

/// Values refused by strict `/import` (identity.md L15) and by PostHog's merge (§3.3), and what programs print
/// for nothing (Objective-C `(null)` and `<null>`, Swift `Optional(nil)`, pandas `<NA>`, Google Analytics
/// `(not set)`), compared without case, white space around or one pair of quotes.
const PLACEHOLDERS: &[&str] = &[
    "anon",
    "anonymous",
    "nil",
    "none",
    "null",
    "n/a",
    "na",
    "nan",
    "undefined",
    "unknown",
    "<nil>",
    "0",
    "-1",
    "true",
    "false",
    "[]",
    "{}",
    "guest",
    "distinctid",
    "distinct_id",
    "user_id",
    "id",
    "not_authenticated",
    "email",
    "[object object]",
    "(null)",
    "<null>",
    "(nil)",
    "optional(nil)",
    "(none)",
    "<none>",
    "<na>",
    "(not set)",
];

/// Those of them that are longer than any word.
const ZEROS: &[&str] = &["00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"];

/// Bytes of the longest of [`PLACEHOLDERS`]: a longer id, as most are, is compared with [`ZEROS`] only.
const LONGEST_WORD: usize = 17;

/// [`Id::is_placeholder`] of a text.
pub fn is_placeholder(text: &str) -> bool {
    let text = text.strip_prefix(DEVICE_PREFIX).unwrap_or(text);
    // Nearly all ids are longer than any word, and nothing can be cut off of them.
    if let [first, .., last] = text.as_bytes()
        && text.len() > LONGEST_WORD
        && first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
    {
        return ZEROS.contains(&text);
    }
    let text = text.trim();
    let unquoted =
        ['\'', '"'].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(text).trim();
    if unquoted.len() > LONGEST_WORD {
        return ZEROS.contains(&unquoted);
    }
    unquoted.is_empty() || PLACEHOLDERS.iter().any(|known| unquoted.eq_ignore_ascii_case(known))
}

/// Whether an id has the prefix of a device twice: it is another device than with one.
pub fn has_prefix_twice(text: &str) -> bool {
    text.strip_prefix(DEVICE_PREFIX).is_some_and(|bare| bare.starts_with(DEVICE_PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_decided_by_form_only() {
        for (text, shape) in [
            ("$device:1a207e703c5133-091deaa76fc7ee8-19525630-13c680-1a207e703c5134", Shape::Device),
            ("$device:", Shape::Other),
            ("13bbf7943e584-0885c2531-5c793977-3e8000-13bbf7943e64cf", Shape::WebAnonymous),
            ("F47AC10B-58CC-4372-A567-0E02B2C3D479", Shape::Guid),
            ("sally@gmail.com", Shape::Email),
            ("@sally", Shape::Other),
            ("12345", Shape::Other),
            ("device-91c0a1b2f3", Shape::WebAnonymous),
            ("guid-91c0a1b2f3", Shape::Guid),
            ("device-91c0", Shape::Other),
            ("device-91C0A1B2F3", Shape::Other),
            ("a-b-c-d-e-f", Shape::Other),
            ("", Shape::Other),
        ] {
            assert_eq!(Shape::of(text), shape, "{text}");
        }
    }

    #[test]
    fn placeholders_are_known_in_any_case_and_in_quotes() {
        for text in
            ["undefined", "NULL", "'null'", "\"None\"", " 0 ", "", "   ", "[object Object]", "$device:null", "(null)"]
        {
            assert!(Id::new(text).is_placeholder(), "{text}");
        }
        for text in ["12345", "sally", "nullable", "00000000-0000-4000-8000-000000000000"] {
            assert!(!Id::new(text).is_placeholder(), "{text}");
        }
        assert!(PLACEHOLDERS.iter().all(|word| word.len() <= LONGEST_WORD && is_placeholder(word)));
        assert!(ZEROS.iter().all(|zeros| zeros.len() > LONGEST_WORD && is_placeholder(&format!("$device: '{zeros}'"))));
    }

    #[test]
    fn one_device_prefix_is_looked_through() {
        assert_eq!(Id::new("$device:$device:x").bare(), "$device:x");
        assert_eq!(Id::new("x").other_device_form(), Id::new("$device:x"));
        assert_eq!(Id::new("$device:x").other_device_form(), Id::new("x"));
    }
}
