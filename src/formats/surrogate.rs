//! Half surrogate pairs: JSON can write them, UTF-8 and every reader of ours cannot.
//!
//! Web SDKs cut texts at 255 UTF-16 units, which can leave half an emoji (captures fact 15).
//! The half becomes U+FFFD, everything else stays as it is; the row is flagged.

use std::borrow::Cow;

/// `json` with each `\udXXX` that has no partner written `\ufffd`; borrowed when there is none.
pub(super) fn repair(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut halves = Vec::new();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        at += found;
        match unit(bytes, at) {
            Some(0xd800..=0xdbff) if matches!(unit(bytes, at + 6), Some(0xdc00..=0xdfff)) => at += 12,
            Some(0xd800..=0xdfff) => {
                halves.push(at);
                at += 6;
            }
            Some(_) => at += 6,
            None => at += 2,
        }
    }
    if halves.is_empty() {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len());
    let mut from = 0;
    for half in halves {
        text.push_str(json.get(from..half).unwrap_or_default());
        text.push_str("\\ufffd");
        from = half + 6;
    }
    text.push_str(json.get(from..).unwrap_or_default());
    Cow::Owned(text)
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
}
