//! Making text from outside safe to look at.
//!
//! Nothing in the data may reach a terminal raw (product.md "What goes in"): an event name can
//! hold an escape sequence that retitles the window, a right-to-left override that turns a line
//! around, or a zero-width space that makes two ids look alike.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with every character that would act instead of show turned into a visible symbol.
///
/// C0 controls become the pictures of Unicode (`␛`, `␀`, `␊`), delete `␡`; C1 controls,
/// bidirectional marks, zero-width characters, line separators, tags, soft hyphens and
/// other characters without a picture become `⟨U+202E⟩`. Text without any is borrowed.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_plain(text.as_bytes()) || !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\0'..='\u{1f}' => shown.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('␀')),
            '\u{7f}' => shown.push('␡'),
            c if acts(c) => {
                // Writing to a String cannot fail.
                let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether `bytes` are ASCII that shows: each a character of one column that joins no other.
pub fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether a terminal would do something with `c` other than draw it.
fn acts(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{f0000}'..='\u{10ffff}')
}

/// `1234567` as `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 row`, `2 rows`: a count with its word, `s` added where there is not one.
pub fn counted(number: u64, word: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {word}{s}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn controls_are_shown_as_pictures() {
        assert_eq!(visible("\x1b]0;own\x07ed\0\n\x7f"), "␛]0;own␇ed␀␊␡");
        assert_eq!(visible("a\u{202e}b\u{200b}c\u{9b}"), "a⟨U+202E⟩b⟨U+200B⟩c⟨U+009B⟩");
    }

    #[test]
    fn numbers_are_grouped_and_one_is_no_plural() {
        assert_eq!((count(999), count(1_234_567)), ("999".to_owned(), "1,234,567".to_owned()));
        assert_eq!((counted(1, "row"), counted(0, "row")), ("1 row".to_owned(), "0 rows".to_owned()));
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in ["sally@gmail.com", "日本語 👩 café", "مرحبا", ""] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_never_acts(text in any::<String>()) {
            prop_assert!(!visible(&text).chars().any(acts));
        }
    }
}
