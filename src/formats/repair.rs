//! Texts that are nearly JSON in UTF-8: what one bad byte would cost is the byte, not the row.
//!
//! Four things are put right, and the row is flagged:
//! * half a surrogate pair, written as an escape: web SDKs cut texts at 255 UTF-16 units, which can
//!   leave half an emoji (captures fact 15). It becomes U+FFFD;
//! * bytes that are not UTF-8. A surrogate pair in six bytes, as CESU-8 and Java write it, becomes
//!   the character that it stands for; anything else U+FFFD, as the WHATWG encoding standard has it;
//! * a control character in a string, which the vendor's own exports have. It becomes its escape,
//!   so that the text has it still;
//! * `NaN` and `Infinity` where a value stands, as Python's `json.dumps` writes them: they become `null`.
//!
//! Everything else stays as it is.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Begins an escape of a UTF-16 unit.
static UNIT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\\u"));

/// The text of a record that is to be JSON, and whether it had to be put right.
pub(super) fn repaired(record: &[u8]) -> (Cow<'_, str>, bool) {
    let text = match readable(record) {
        Cow::Borrowed(text) => repair(text),
        Cow::Owned(text) => Cow::Owned(repair(&text).into_owned()),
    };
    let is_repaired = matches!(text, Cow::Owned(_));
    (text, is_repaired)
}

/// The text that `bytes` are; borrowed when they are UTF-8.
pub(super) fn readable(bytes: &[u8]) -> Cow<'_, str> {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(decoded(bytes)),
    }
}

fn decoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    // Bytes before this place were read as part of a surrogate.
    let mut read = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        at += chunk.valid().len();
        if at >= read && !chunk.invalid().is_empty() {
            let (c, length) = match (surrogate(bytes, at), surrogate(bytes, at + 3)) {
                (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => (paired(high, low), 6),
                (Some(_), _) => (char::REPLACEMENT_CHARACTER, 3),
                (None, _) => (char::REPLACEMENT_CHARACTER, chunk.invalid().len()),
            };
            text.push(c);
            read = at + length;
        }
        at += chunk.invalid().len();
    }
    text
}

/// The UTF-16 unit of a surrogate that three bytes from `at` on write.
fn surrogate(bytes: &[u8], at: usize) -> Option<u32> {
    match bytes.get(at..at.checked_add(3)?)? {
        [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf] => {
            Some(0xd000 | u32::from(second & 0x3f) << 6 | u32::from(third & 0x3f))
        }
        _ => None,
    }
}

fn paired(high: u32, low: u32) -> char {
    char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// `json` with each `\udXXX` that has no partner written `\ufffd`, and each control character in a
/// string as its escape; borrowed when there is neither.
pub(super) fn repair(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut repaired = Repaired { json, text: None, from: 0 };
    // White space between values is no reason to look at each byte, but nothing cheaper tells.
    if has_controls(bytes) {
        each_byte(bytes, &mut repaired);
    } else if UNIT.find(bytes).is_some() {
        // Other escapes need nothing, and JSON in a text has one for each quote.
        let mut at = 0;
        while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
            at = repaired.escape(bytes, at + found);
        }
    }
    let text = repaired.finish();
    match without_no_numbers(&text) {
        Some(text) => Cow::Owned(text),
        None => text,
    }
}

/// What is no number in JSON and is one elsewhere.
static NO_NUMBERS: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| [Finder::new(b"NaN"), Finder::new(b"Infinity")]);

/// `json` with `null` where a value is no number of JSON; `None` when none is.
fn without_no_numbers(json: &str) -> Option<String> {
    let bytes = json.as_bytes();
    if NO_NUMBERS.iter().all(|word| word.find(bytes).is_none()) {
        return None;
    }
    let mut repaired = Repaired { json, text: None, from: 0 };
    let (mut at, mut in_string) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let word =
            [&b"NaN"[..], b"Infinity", b"-Infinity"].into_iter().find(|word| !in_string && rest.starts_with(word));
        at += match (byte, word) {
            (_, Some(word)) => {
                repaired.replace(at, word.len(), "null");
                word.len()
            }
            (b'\\', None) if in_string => 2,
            _ => {
                in_string ^= byte == b'"';
                1
            }
        };
    }
    repaired.text.is_some().then(|| repaired.finish().into_owned())
}

/// Whether a byte is a control character. Parts are looked at as a whole, which a processor does at once.
fn has_controls(bytes: &[u8]) -> bool {
    bytes.chunks(128).any(|part| part.iter().map(|byte| u8::from(*byte < b' ')).sum::<u8>() > 0)
}

fn each_byte(bytes: &[u8], repaired: &mut Repaired<'_>) {
    let (mut at, mut in_string) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'\\' if in_string && bytes.get(at + 1).is_some_and(|next| *next < b' ') => {
                repaired.replace(at, 1, "\\\\");
                at + 1
            }
            b'\\' => repaired.escape(bytes, at),
            0..b' ' if in_string => {
                repaired.replace(at, 1, &format!("\\u{byte:04x}"));
                at + 1
            }
            _ => {
                in_string ^= byte == b'"';
                at + 1
            }
        };
    }
}

/// A text that is being repaired.
struct Repaired<'j> {
    json: &'j str,
    /// What is repaired so far, if anything had to be.
    text: Option<String>,
    /// Where what was not yet taken over begins.
    from: usize,
}

impl<'j> Repaired<'j> {
    /// Goes behind the escape at `at`, and replaces half a surrogate pair.
    fn escape(&mut self, bytes: &[u8], at: usize) -> usize {
        match unit(bytes, at) {
            Some(0xd800..=0xdbff) if matches!(unit(bytes, at + 6), Some(0xdc00..=0xdfff)) => at + 12,
            Some(0xd800..=0xdfff) => {
                self.replace(at, 6, "\\ufffd");
                at + 6
            }
            Some(_) => at + 6,
            None => at + 2,
        }
    }

    /// Writes `with` for `length` bytes.
    fn replace(&mut self, at: usize, length: usize, with: &str) {
        let text = self.text.get_or_insert_with(|| String::with_capacity(self.json.len() + with.len()));
        text.push_str(self.json.get(self.from..at).unwrap_or_default());
        text.push_str(with);
        self.from = at + length;
    }

    fn finish(self) -> Cow<'j, str> {
        let Some(mut text) = self.text else { return Cow::Borrowed(self.json) };
        text.push_str(self.json.get(self.from..).unwrap_or_default());
        Cow::Owned(text)
    }
}

/// The UTF-16 unit that an escape `\uXXXX` at `at` writes.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at.checked_add(6)?)?;
    let digits = escape.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0u16, |unit, digit| {
        let value = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(value).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_halves_without_a_partner_change() {
        for (json, repaired) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\uDE00b""#, r#""\ufffdb""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83dx\ude00""#, r#""\ufffdx\ufffd""#),
        ] {
            assert_eq!(repair(json), repaired);
        }
    }

    #[test]
    fn pairs_and_escaped_backslashes_are_borrowed() {
        for json in [r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\\\\ud83d \n é""#, r#""\ud83""#, "\\", ""] {
            assert!(matches!(repair(json), Cow::Borrowed(same) if same == json), "{json}");
        }
    }

    #[test]
    fn a_control_character_in_a_string_becomes_its_escape_and_white_space_between_values_stays() {
        for (json, repaired) in [
            ("\"a\u{6}b\"", r#""a\u0006b""#),
            ("{\"a\tb\":\t\"\0\"\r\n}", "{\"a\\u0009b\":\t\"\\u0000\"\r\n}"),
            ("\"\\\"\u{1f}\"", r#""\"\u001f""#),
            ("\"\\\\\u{1}\"", r#""\\\u0001""#),
            ("\"\\\u{1}\"", r#""\\\u0001""#),
            ("\"\u{1}\\ud83d\"", r#""\u0001\ufffd""#),
        ] {
            assert_eq!(repair(json), repaired, "{json:?}");
            assert!(serde_json::from_str::<serde_json::Value>(&repair(json)).is_ok(), "{json:?}");
        }
        for json in ["{\t\"a\":\r\n1}", "\"\u{7f}\u{85}\u{2028}\"", "[\n]"] {
            assert!(matches!(repair(json), Cow::Borrowed(same) if same == json), "{json:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_replaced_and_a_pair_of_surrogates_is_its_character() {
        for (bytes, text) in [
            (&b"M\xfcller"[..], "M\u{fffd}ller"),
            (b"a\xe2\x82", "a\u{fffd}"),
            (b"\xed\xa0\xbd\xed\xb8\x80!", "\u{1f600}!"),
            (b"\xed\xa0\xbdx", "\u{fffd}x"),
            (b"\xed\xb8\x80\xed\xa0\xbd", "\u{fffd}\u{fffd}"),
            (b"\xed\xa0\xbd\xed\xa0\xbd\xed\xb8\x80", "\u{fffd}\u{1f600}"),
            (b"\xed\xa0", "\u{fffd}\u{fffd}"),
            (b"\xc3\xa9\xff\xc3\xa9", "é\u{fffd}é"),
        ] {
            assert_eq!(readable(bytes), text, "{bytes:x?}");
        }
        for text in ["", "é", "\u{1f600}", "\u{d7ff}\u{e000}"] {
            assert!(matches!(readable(text.as_bytes()), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn without_surrogates_bytes_are_read_as_everybody_reads_them(
            bytes in proptest::collection::vec(any::<u8>().prop_filter("no surrogate", |byte| *byte != 0xed), 0..40),
        ) {
            prop_assert_eq!(readable(&bytes), String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn a_string_with_any_characters_is_json_when_it_is_repaired(text in any::<String>()) {
            let json = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(serde_json::from_str::<String>(&repair(&json)).unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_number_in_json_is_nothing_and_the_words_in_texts_stay() {
        // As json.dumps of Python 3.11 writes them.
        let json =
            r#"{"event": "NaN", "properties": {"a": NaN, "b": [Infinity, -Infinity], "c": "x \\\" NaN", "d": 1}}"#;
        let right = r#"{"event": "NaN", "properties": {"a": null, "b": [null, null], "c": "x \\\" NaN", "d": 1}}"#;
        assert_eq!(repaired(json.as_bytes()), (right.into(), true));
        let (text, is_repaired) = repaired(br#"{"a": "NaN", "Infinity": 1}"#);
        assert!(matches!(text, Cow::Borrowed(_)) && !is_repaired);
    }
}
