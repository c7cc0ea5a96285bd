//! Finding some fields of a JSON object without parsing the others.
//!
//! Values are given as their JSON text, so that numbers keep their digits
//! ([`crate::model::json`] reads them). Of a key that stands twice, the last value counts, as
//! in every JSON parser of the SDKs. Nesting is limited by memory only.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::cursor;
use crate::model::Reject;

/// Makes a struct of `Option<&str>`: the JSON text of some fields of an object.
macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $key:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(super) struct $name<'a> { $(pub(super) $field: Option<&'a str>),+ }

        impl<'a> $name<'a> {
            /// The keys of the fields.
            #[allow(dead_code, reason = "most are only read")]
            pub(super) const KEYS: &'static [&'static str] = &[$($key),+];

            /// Reads the fields from the text of one object.
            #[allow(dead_code, reason = "some are read of what was read before")]
            pub(super) fn read(json: &'a str) -> serde_json::Result<Self> {
                let mut fields = Self::default();
                let note = |key, value| {
                    fields.note(key, value);
                    Some(())
                };
                if $crate::formats::cursor::each(json, note).is_none() {
                    fields = Self::default();
                    $crate::formats::object::each_parsed(json, |key, value| fields.note(key, value))?;
                }
                Ok(fields)
            }

            /// Takes the fields from an object that was read before.
            #[allow(dead_code, reason = "most are read from a text")]
            pub(super) fn of(object: impl $crate::formats::object::Fielded<'a>) -> serde_json::Result<Self> {
                let mut fields = Self::default();
                object.each(|key, value| fields.note(key, value))?;
                Ok(fields)
            }

            /// What the keys look like from afar.
            const MARKS: u128 = $crate::formats::object::marks(Self::KEYS);

            fn note(&mut self, key: &str, value: &'a str) {
                if (Self::MARKS >> $crate::formats::object::mark(key)) & 1 == 0 {
                    return;
                }
                match key {
                    $($key => self.$field = Some(value),)+
                    _ => {}
                }
            }
        }
    };
}
pub(super) use fields;

/// What a key looks like from afar, below 128: most keys of a row look like none that is wanted.
pub(super) const fn mark(key: &str) -> usize {
    mark_of(key.as_bytes())
}

/// [`mark`] of the bytes of a key.
#[inline]
pub(super) const fn mark_of(key: &[u8]) -> usize {
    let (first, last) = match key {
        [] => (0, 0),
        [one] => (*one, *one),
        [first, .., last] => (*first, *last),
    };
    (key.len() * 5 + first as usize + last as usize * 3) % 128
}

/// A bit for what each of some keys looks like.
pub(super) const fn marks(mut keys: &[&str]) -> u128 {
    let mut marks = 0;
    while let [key, rest @ ..] = keys {
        marks |= 1 << mark(key);
        keys = rest;
    }
    marks
}

/// Calls `field` with each key of the object and the JSON text of its value.
///
/// Nearly all objects go through the scanner; `serde_json` reads those in which it is in doubt.
pub(super) fn each<'a>(json: &'a str, mut field: impl FnMut(&str, &'a str)) -> serde_json::Result<()> {
    if let Some(fields) = cursor::fields(json) {
        for (key, value) in fields {
            field(key, value);
        }
        return Ok(());
    }
    each_parsed(json, field)
}

/// [`each`] by `serde_json` alone.
pub(super) fn each_parsed<'a>(json: &'a str, field: impl FnMut(&str, &'a str)) -> serde_json::Result<()> {
    let mut parser = serde_json::Deserializer::from_str(json);
    parser.deserialize_map(Fields(field))?;
    parser.end()
}

/// What has fields that were found before.
pub(super) trait Fielded<'a> {
    /// Calls `field` with each key and the JSON text of its value.
    fn each(self, field: impl FnMut(&str, &'a str)) -> serde_json::Result<()>;
}

/// An object whose fields were found, so that several can ask for them.
#[derive(Debug)]
pub(super) struct Object<'a> {
    text: &'a str,
    fields: Found<'a>,
    /// The fields of an object in it that were found with them.
    inner: Option<cursor::Inner<'a>>,
}

/// The fields of an object, in their order.
#[derive(Debug)]
enum Found<'a> {
    /// As they lie in its text.
    Scanned(Vec<(&'a str, &'a str)>),
    /// By `serde_json`.
    Parsed(Vec<(String, &'a str)>),
}

impl<'a> Object<'a> {
    /// Finds the fields of an object.
    pub(super) fn read(text: &'a str) -> serde_json::Result<Self> {
        if let Some(fields) = cursor::fields(text) {
            return Ok(Self { text, fields: Found::Scanned(fields), inner: None });
        }
        let mut fields = Vec::new();
        each_parsed(text, |key, value| fields.push((key.to_owned(), value)))?;
        Ok(Self { text, fields: Found::Parsed(fields), inner: None })
    }

    /// [`Object::read`], which finds the fields of the object `inner` with the others.
    pub(super) fn read_with(text: &'a str, inner: &str) -> serde_json::Result<Self> {
        match cursor::fields_and_inner(text, inner) {
            Some((fields, inner)) => Ok(Self { text, fields: Found::Scanned(fields), inner }),
            None => Self::read(text),
        }
    }

    /// The object that is the value of the field with this number, if its fields are known.
    pub(super) fn inner(&self, at: usize) -> Option<Self> {
        let (_, fields) = self.inner.as_ref().filter(|(number, _)| *number == at)?;
        let (_, text) = self.fields().nth(at)?;
        Some(Self { text, fields: Found::Scanned(fields.clone()), inner: None })
    }

    /// Its JSON text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// Its fields, in their order.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &'a str)> {
        let (scanned, parsed) = match &self.fields {
            Found::Scanned(fields) => (fields.as_slice(), &[][..]),
            Found::Parsed(fields) => (&[][..], fields.as_slice()),
        };
        let parsed = parsed.iter().map(|(key, value)| (key.as_str(), *value));
        scanned.iter().copied().chain(parsed)
    }

    /// Whether no key has an escape and no control character stands in it, white space between values included.
    pub(super) fn is_scanned(&self) -> bool {
        matches!(self.fields, Found::Scanned(_))
    }
}

impl<'a> Fielded<'a> for &Object<'a> {
    fn each(self, mut field: impl FnMut(&str, &'a str)) -> serde_json::Result<()> {
        self.fields().for_each(|(key, value)| field(key, value));
        Ok(())
    }
}

/// The JSON texts of the members of an array.
pub(super) fn members(json: &str) -> serde_json::Result<Vec<&str>> {
    let members: Vec<&RawValue> = serde_json::from_str(json)?;
    Ok(members.into_iter().map(RawValue::get).collect())
}

/// Writes the key of the next field of an object that is begun.
pub(super) fn begin_field(object: &mut String, key: &str) {
    if !object.ends_with('{') {
        object.push(',');
    }
    string(key, object);
    object.push(':');
}

/// Writes a text as JSON.
pub(super) fn string(text: &str, out: &mut String) {
    out.reserve(text.len() + 2);
    out.push('"');
    // What was not yet written, and where to look for the next sign that has an escape.
    let (mut from, mut at) = (0, 0);
    while let Some(found) = cursor::escaped(text.get(at..).unwrap_or_default()) {
        at += found;
        out.push_str(text.get(from..at).unwrap_or_default());
        let sign = text.as_bytes().get(at).copied().unwrap_or_default();
        at += 1;
        from = at;
        match sign {
            b'"' | b'\\' => {
                out.push('\\');
                // The sign itself is written with what is behind it.
                from = at - 1;
            }
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x8 => out.push_str("\\b"),
            0xc => out.push_str("\\f"),
            // Writing to a String cannot fail.
            other => drop(write!(out, "\\u{other:04x}")),
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.push('"');
}

/// Whether a value is there and not `null`.
pub(super) fn given(value: Option<&str>) -> Option<&str> {
    value.filter(|text| *text != "null")
}

/// What is wrong with a text that should be JSON, in words for a person.
pub(super) fn complaint(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return Reject::CUT_OFF.to_owned();
    }
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what);
    format!("not JSON: {said} (line {} of the row, column {})", error.line(), error.column())
}

/// `json` without white space outside of strings, if it has line breaks; they cannot be
/// inside of one.
pub fn one_line(json: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'\n', b'\r', json.as_bytes()).is_none() {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len());
    let mut in_string = false;
    let mut escaped = false;
    for c in json.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if matches!(c, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else {
            in_string = c == '"';
        }
        text.push(c);
    }
    Cow::Owned(text)
}

/// The start of `text`, at most so many characters of it, with white space as single spaces.
pub fn excerpt(text: &str, most: usize) -> String {
    let mut start = String::new();
    let mut length = 0;
    // What is looked at is bounded, whatever it is.
    for c in text.trim_start().chars().take(most.saturating_mul(4)) {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c == ' ' && start.ends_with(' ') {
            continue;
        }
        if length == most {
            start.push('…');
            return start;
        }
        start.push(c);
        length += 1;
    }
    start.truncate(start.trim_end().len());
    start
}

struct Fields<F>(F);

impl<'de, F: FnMut(&str, &'de str)> Visitor<'de> for Fields<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            (self.0)(&key, value.get());
        }
        Ok(())
    }
}

/// A key, borrowed from the input unless it has an escape.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fields! {
        /// Two fields.
        Two { a: "a", b: "$b" }
    }

    #[test]
    fn the_last_of_two_equal_keys_counts_and_escapes_in_keys_are_read() {
        let two = Two::read(r#"{"a":1,"\u0024b":"x","a":12345678901234567890.50}"#).unwrap();
        assert_eq!((two.a, two.b), (Some("12345678901234567890.50"), Some(r#""x""#)));
    }

    #[test]
    fn a_text_is_written_as_any_parser_reads_it() {
        let controls: String = (0..=0x80_u8).map(char::from).collect();
        for text in ["", "plain", "\"", "\\", "a\nb", "\0", "\u{1f}\u{7f}", "ü \u{2028}", "a \"b\\\" c\td", &controls]
        {
            let mut out = String::new();
            string(text, &mut out);
            assert_eq!(out, serde_json::Value::from(text).to_string());
        }
    }

    #[test]
    fn deep_nesting_is_read() {
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
        assert!(Two::read(&deep).is_ok());
    }

    #[test]
    fn one_line_takes_line_breaks_and_nothing_from_strings() {
        assert_eq!(one_line("{\n  \"a b\" : \"x \\\" y\\\\\" ,\r\n\t\"n\": 1.50 }"), r#"{"a b":"x \" y\\","n":1.50}"#);
        assert_eq!(one_line(r#"{"a": 1}"#), r#"{"a": 1}"#);
    }

    #[test]
    fn a_cut_row_and_a_wrong_character_are_told_apart() {
        let cut = Two::read(r#"{"a":"#).err().map(|error| complaint(&error)).unwrap();
        assert_eq!(cut, "cut off: the JSON ends before the row does");
        let wrong = Two::read(r#"{"a":1;}"#).err().map(|error| complaint(&error)).unwrap();
        assert_eq!(wrong, "not JSON: expected `,` or `}` (line 1 of the row, column 7)");
    }
}
