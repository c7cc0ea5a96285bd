//! Reading single JSON values as ids, times and names.
//!
//! The functions take the text of one value, as `serde_json`'s raw value gives it, so that a
//! number keeps every digit that the file has.

use std::borrow::Cow;

use super::id::Id;
use super::time::Millis;

/// The id that a JSON value stands for (identity.md §1.1, captures A2 and A3).
///
/// A string is taken as it is; a number or boolean stands for its JSON text, `42.0` being
/// `"42"`. `null`, `""`, an object and an array stand for no id.
pub fn id(token: &str) -> Option<Id> {
    id_text(token).map(|text| Id::new(&text))
}

/// The text of [`id`].
pub fn id_text(token: &str) -> Option<Cow<'_, str>> {
    text(token).filter(|text| !text.is_empty())
}

/// The text of a string, number or boolean; `None` for anything else.
pub fn scalar(token: &str) -> Option<String> {
    text(token).map(Cow::into_owned)
}

/// [`scalar`], borrowed where the value has the text as it is.
pub fn text(token: &str) -> Option<Cow<'_, str>> {
    match token.as_bytes().first()? {
        b'"' => match plain(token) {
            Some(text) => Some(Cow::Borrowed(text)),
            None => unescaped(token).or_else(|| serde_json::from_str(token).ok()).map(Cow::Owned),
        },
        b't' | b'f' => Some(Cow::Borrowed(token)),
        b'-' | b'0'..=b'9' => Some(number(token)),
        _ => None,
    }
}

/// [`text`] of a value that is known to have no escape.
pub fn plain_text(token: &str) -> Option<Cow<'_, str>> {
    match token.as_bytes() {
        [b'"', inside @ ..] if !inside.is_empty() => token.get(1..inside.len()).map(Cow::Borrowed),
        _ => text(token),
    }
}

/// What is in a string without escapes.
fn plain(token: &str) -> Option<&str> {
    let inside = token.strip_prefix('"')?.strip_suffix('"')?;
    let bytes = inside.as_bytes();
    let special = match bytes.last_chunk() {
        // The last word again has bytes of the one before.
        Some(last) => {
            let (words, _) = bytes.as_chunks();
            words.iter().chain([last]).any(|word| has_special(u64::from_le_bytes(*word)))
        }
        None => bytes.iter().any(|byte| matches!(byte, 0..0x20 | b'"' | b'\\')),
    };
    (!special).then_some(inside)
}

/// What is in a string whose escapes are all of quotes, backslashes, line breaks and tabs, as those of JSON that
/// was made a text are; `None` for any other.
fn unescaped(token: &str) -> Option<String> {
    let inside = token.strip_prefix('"')?.strip_suffix('"')?;
    let bytes = inside.as_bytes();
    let mut text = String::with_capacity(inside.len());
    // What was not yet taken over, and where to look for the next.
    let (mut from, mut at) = (0, 0);
    while let Some(found) = special(bytes.get(at..)?) {
        at += found;
        if bytes.get(at) != Some(&b'\\') {
            return None;
        }
        text.push_str(inside.get(from..at)?);
        match bytes.get(at + 1)? {
            // The sign itself comes with what is behind it.
            b'"' | b'\\' | b'/' => from = at + 1,
            b'n' => {
                text.push('\n');
                from = at + 2;
            }
            b't' => {
                text.push('\t');
                from = at + 2;
            }
            _ => return None,
        }
        at += 2;
    }
    text.push_str(inside.get(from..)?);
    Some(text)
}

/// Where the first quote, backslash or control character is.
fn special(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    for (place, word) in words.iter().enumerate() {
        let found = specials(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(place * 8 + (found.trailing_zeros() / 8) as usize);
        }
    }
    let found = rest.iter().position(|byte| matches!(byte, 0..0x20 | b'"' | b'\\'))?;
    Some(bytes.len() - rest.len() + found)
}

/// Whether one of eight bytes is a quote, a backslash or a control character.
fn has_special(word: u64) -> bool {
    specials(word) != 0
}

/// Has the highest bit of the first of eight bytes that is a quote, a backslash or a control character, and none
/// below it.
fn specials(word: u64) -> u64 {
    let repeat = |byte: u8| u64::from_ne_bytes([byte; 8]);
    // The highest bit of each byte that is below `than`, and perhaps of bytes above such a one.
    let below = |word: u64, than: u8| word.wrapping_sub(repeat(than)) & !word;
    let found = below(word, 0x20) | below(word ^ repeat(b'"'), 1) | below(word ^ repeat(b'\\'), 1);
    found & repeat(0x80)
}

/// The shortest way to write the number that `token` is.
fn number(token: &str) -> Cow<'_, str> {
    let digits = token.strip_prefix('-').unwrap_or(token);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(if digits == "0" { "0" } else { token });
    }
    match token.parse::<f64>() {
        Ok(0.0) => Cow::Borrowed("0"),
        // Beyond 2^53 a fraction or exponent no longer says which whole number was meant.
        Ok(value) if value.is_finite() && value.abs() < 9_007_199_254_740_992.0 => Cow::Owned(format!("{value}")),
        _ => Cow::Borrowed(token),
    }
}

/// Values from here on are milliseconds, below they are seconds (identity.md §4.1).
const FIRST_MILLISECONDS: u64 = 100_000_000_000;
/// Values from here on are microseconds: as milliseconds they would be after the year 5100.
const FIRST_MICROSECONDS: u64 = 100_000_000_000_000;
/// Values from here on are nanoseconds.
const FIRST_NANOSECONDS: u64 = 100_000_000_000_000_000;

/// A `time` value in seconds, milli-, micro- or nanoseconds, whole or with a fraction, as
/// milliseconds.
///
/// A string of digits counts as the number. Texts are read as [`super::time::read`] knows them,
/// without a zone as UTC, and dates of `MongoDB` (`{"$date": …}`). `None` for anything else.
pub fn time(token: &str) -> Option<Millis> {
    if let Some(whole) = whole(token) {
        return scaled(whole);
    }
    if token.starts_with('{') {
        return date(&serde_json::from_str(token).ok()?);
    }
    time_text(text(token)?.trim())
}

/// Whether a `time` value is a text that names its own zone.
pub fn names_its_zone(token: &str) -> bool {
    token.starts_with('"') && text(token).and_then(|text| super::time::read(&text)).is_some_and(|(_, zoned)| zoned)
}

/// A date as `MongoDB` exports it.
fn date(value: &serde_json::Value) -> Option<Millis> {
    let date = value.as_object().filter(|object| object.len() == 1)?.get("$date")?;
    let long = date.get("$numberLong").and_then(serde_json::Value::as_str);
    match date {
        serde_json::Value::Number(millis) => millis.as_i64(),
        serde_json::Value::String(text) => super::time::parse(text),
        _ => long?.parse().ok(),
    }
}

/// A whole number of seconds, or of what is as large, as milliseconds.
fn scaled(whole: i64) -> Option<Millis> {
    match whole.unsigned_abs() {
        0..FIRST_MILLISECONDS => whole.checked_mul(1000),
        FIRST_MILLISECONDS..FIRST_MICROSECONDS => Some(whole),
        FIRST_MICROSECONDS..FIRST_NANOSECONDS => Some(whole.div_euclid(1000)),
        FIRST_NANOSECONDS.. => Some(whole.div_euclid(1_000_000)),
    }
}

/// A whole number of so few digits that nothing can overflow.
fn whole(digits: &str) -> Option<i64> {
    if digits.is_empty() || digits.len() > 15 {
        return None;
    }
    digits.bytes().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

/// [`time`] for a text that is not JSON, such as a field of a CSV file.
pub fn time_text(text: &str) -> Option<Millis> {
    // `2019-…` is no number, which takes longer to find out.
    if let [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', ..] = text.as_bytes() {
        return super::time::parse(text);
    }
    if let Ok(whole) = text.parse::<i64>() {
        return scaled(whole);
    }
    if let Ok(value) = text.parse::<f64>() {
        if !value.is_finite() {
            return None;
        }
        let millis = match value.abs() {
            ..1e11 => value * 1000.0,
            1e11..1e14 => value,
            1e14..1e17 => value / 1000.0,
            _ => value / 1_000_000.0,
        };
        // A fraction in seconds has a rounding error; half a microsecond more gives the
        // millisecond that was meant, and floor keeps the ones before.
        #[expect(clippy::cast_possible_truncation, reason = "as saturates, and such a time is shown as it is")]
        return Some((millis + 0.0005).floor() as i64);
    }
    super::time::parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_its_shortest_text() {
        for (token, text) in [
            ("42", "42"),
            ("42.0", "42"),
            ("4.2e1", "42"),
            ("-0", "0"),
            ("0.0", "0"),
            ("1.5", "1.5"),
            ("12345678901234567000", "12345678901234567000"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("true", "true"),
            (r#""  x ""#, "  x "),
        ] {
            assert_eq!(id(token), Some(Id::new(text)), "{token}");
        }
    }

    #[test]
    fn a_string_without_escapes_is_borrowed_and_any_other_is_not() {
        for length in 0..20 {
            for at in 0..length {
                for (inside, outside) in [("é", "é"), ("\u{7f}", "\u{7f}"), (" ", " "), ("\\n", "\n"), ("\\\"", "\"")]
                {
                    let text = |middle: &str| format!("{}{middle}{}", "a".repeat(at), "b".repeat(length - at));
                    let token = format!("\"{}\"", text(inside));
                    let found = super::text(&token).unwrap();
                    assert_eq!(found, text(outside));
                    assert_eq!(matches!(found, Cow::Borrowed(_)), inside == outside, "{token}");
                }
                for wrong in ["\"", "\u{1f}", "\n", "\\x"] {
                    let token = format!("\"{}{wrong}{}\"", "a".repeat(at), "b".repeat(length - at));
                    assert_eq!(text(&token), None, "{token}");
                }
            }
        }
    }

    #[test]
    fn escapes_are_undone_as_any_parser_does() {
        for length in 0..20 {
            for escape in [
                r#"\""#,
                r"\\\\",
                r"\/",
                r"\n",
                r"\t",
                r"\r",
                r"\u00e9",
                r"\ud83d\ude00",
                r"\x",
                r"\",
                "\"",
                "\u{1f}",
                "é",
                r#"\"\""#,
                r#"\\\""#,
            ] {
                for token in
                    [format!("\"{}{escape}b\"", "a".repeat(length)), format!("\"é{escape}{}\"", "a".repeat(length))]
                {
                    let parsed: Option<String> = serde_json::from_str(&token).ok();
                    assert_eq!(text(&token).map(Cow::into_owned), parsed, "{token}");
                    if let Some(found) = unescaped(&token) {
                        assert_eq!(Some(found), parsed, "{token}");
                    }
                }
            }
        }
        assert_eq!(unescaped(r#""{\"a\":\"b\\\"\"}""#).as_deref(), Some(r#"{"a":"b\""}"#));
    }

    #[test]
    fn without_an_escape_the_text_is_the_same_without_looking() {
        for token in [r#""""#, r#""a""#, r#""é b""#, "\"", "42.0", "-1", "true", "null", "{}", "[]", ""] {
            assert_eq!(plain_text(token), text(token), "{token}");
        }
    }

    #[test]
    fn null_empty_object_and_array_stand_for_no_id() {
        for token in ["null", r#""""#, "{}", r#"{"id":7}"#, "[]", r#"["a"]"#] {
            assert_eq!(id(token), None, "{token}");
        }
    }

    #[test]
    fn seconds_fractions_and_milliseconds_are_one_time() {
        for token in [
            "1602611311",
            "1602611311.0",
            "1602611311000",
            r#""1602611311""#,
            r#""2020-10-13T17:48:31Z""#,
            r#""2020-10-13 17:48:31""#,
            "1602611311000000",
            r#""1602611311000000000""#,
            "1602611311000000.0",
            "1.602611311e9",
            r#""2020-10-13 19:48:31 +0200""#,
            r#"{"$date":1602611311000}"#,
            r#"{"$date":"2020-10-13T17:48:31Z"}"#,
            r#"{"$date":{"$numberLong":"1602611311000"}}"#,
        ] {
            assert_eq!(time(token), Some(1_602_611_311_000), "{token}");
        }
        assert_eq!(time("1700000000.123"), Some(1_700_000_000_123));
        assert_eq!(time("1795428910.294"), Some(1_795_428_910_294));
        assert_eq!(time("null"), None);
        for token in [r#""soon""#, r#""""#, "true", r#""NaN""#, "{}", r#"{"$date":"soon"}"#, r#"{"$date":1,"x":2}"#] {
            assert_eq!(time(token), None, "{token}");
        }
        assert!(names_its_zone(r#""2020-10-13T17:48:31+02:00""#));
        assert!(!names_its_zone(r#""2020-10-13T17:48:31""#) && !names_its_zone("1602611311"));
    }
}
