//! Ids that look the same and are not: by case, spaces, letters of another writing, characters
//! that cannot be seen.
//!
//! Ids are compared code point by code point and never merged for their looks
//! ([`Id`](super::Id)). But two of them that a person cannot tell from each other are mostly one
//! id that two programs write in different ways, and a screen that shows both alike hides it.
//!
//! [`folded`] maps each character by itself to what it looks like, so that a part of a text folds
//! to a part of its fold: that is how a store is searched without an index of its own. The letters
//! are those of Unicode's confusables (UTS 39), after compatibility decomposition and in lower
//! case. Characters of ASCII look like themselves alone: `1` and `l`, `0` and `O` stay different.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_security::skeleton;

use super::text::{is_ignorable, is_selector, visible};

/// What `c` looks like, added to `out`: nothing for what leaves no mark.
pub fn fold(c: char, out: &mut String) {
    if c.is_ascii_graphic() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    if is_blank(c) || is_unseen(c) {
        return;
    }
    for lower in c.to_lowercase().nfkd() {
        if lower.is_ascii() || is_combining_mark(lower) {
            out.push(lower.to_ascii_lowercase());
            continue;
        }
        let mut text = [0; 4];
        let alike: String = skeleton(lower.encode_utf8(&mut text)).collect();
        // UTS 39 takes `m` for `rn` in ASCII, too, which this does not.
        out.push_str(&alike.to_lowercase().replace("rn", "m"));
    }
}

/// What `text` looks like, without any space.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_all(text, &mut out);
    out
}

/// [`folded`], added to `out`: most ids have nothing but letters, digits and signs of ASCII.
pub fn fold_all(text: &str, out: &mut String) {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let begin = out.len();
        out.push_str(text);
        if let Some(added) = out.get_mut(begin..) {
            added.make_ascii_lowercase();
        }
    } else {
        text.chars().for_each(|c| fold(c, out));
    }
}

/// Whether two different texts look the same, but for case: with spaces at the same places inside.
/// What leaves no mark at all looks like nothing.
pub fn are_alike(one: &str, other: &str) -> bool {
    let words = |text: &str| text.split(is_blank).map(folded).filter(|word| !word.is_empty()).collect::<Vec<_>>();
    one != other && !words(one).is_empty() && words(one) == words(other)
}

/// In what two texts that [look alike](are_alike) differ, in words.
pub fn differences(one: &str, other: &str) -> Vec<&'static str> {
    let seen = |text: &str| text.chars().filter(|c| !is_unseen(*c)).collect::<String>();
    let unspaced = |text: &str| seen(text).chars().filter(|c| !is_blank(*c)).collect::<String>();
    let composed = |text: &str| unspaced(text).nfc().collect::<String>();
    let lower = |text: &str| composed(text).to_lowercase();
    let unseen = |text: &str| text.chars().filter(|c| is_unseen(*c)).collect::<Vec<_>>();
    let blanks = |text: &str| seen(text).chars().map(|c| if is_blank(c) { c } else { 'x' }).collect::<String>();
    let mut found = Vec::new();
    for (differ, what) in [
        (
            composed(one) != composed(other)
                && !lower(one).chars().eq(composed(one).chars()) | !lower(other).chars().eq(composed(other).chars()),
            "case",
        ),
        (blanks(one).trim_matches('x') != blanks(other).trim_matches('x'), "spaces"),
        (unseen(one) != unseen(other), "invisible characters"),
        (lower(one) != lower(other), "look-alike letters"),
        (composed(one) == composed(other) && unspaced(one) != unspaced(other), "composed and decomposed letters"),
    ] {
        if differ {
            found.push(what);
        }
    }
    found
}

/// An id as it may be shown, with every place at which it can be taken for another one written
/// out: a space at an end or behind another one, another space than that of ASCII, what cannot be
/// seen, a mark that could be part of its letter, a letter of another writing that looks like one
/// of ASCII among such letters.
pub fn visible_id(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| matches!(byte, b'!'..=b'~');
    let inside = text.trim_matches(' ');
    if inside.len() == text.len() && inside.bytes().all(|byte| plain(byte) || byte == b' ') && !text.contains("  ") {
        return Cow::Borrowed(text);
    }
    let has_latin = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_composed = text.nfc().eq(text.chars());
    let end = text.trim_end_matches(' ').len();
    let mut shown = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let is_odd = match c {
            ' ' => before == ' ' || at >= end,
            c if c.is_ascii() => false,
            c if is_blank(c) || is_selector(c) => true,
            c if is_combining_mark(c) => !is_composed,
            c => has_latin && is_foreign_look_alike(c),
        };
        if is_odd {
            // Writing to a String cannot fail.
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            shown.push(c);
        }
        before = c;
    }
    match visible(&shown) {
        Cow::Borrowed(_) if shown == text => Cow::Borrowed(text),
        Cow::Borrowed(_) => Cow::Owned(shown),
        Cow::Owned(safe) => Cow::Owned(safe),
    }
}

/// Whether `c` is of no Latin block and looks like one character of ASCII.
fn is_foreign_look_alike(c: char) -> bool {
    let latin = matches!(c, '\u{80}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
    let mut alike = String::new();
    fold(c, &mut alike);
    !latin && alike.len() == 1 && alike.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether `c` is drawn as an empty place, or ends a line.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Whether `c` leaves no mark: controls, selectors, and what Unicode says to ignore.
fn is_unseen(c: char) -> bool {
    c.is_control() && !is_blank(c) || is_selector(c) || is_ignorable(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_look_the_same_are_shown_with_what_differs() {
        for (one, other, what) in [
            ("Sally@x.com", "sally@x.com", &["case"][..]),
            ("7F3C-A", "7f3c-a", &["case"]),
            ("sally", "sally ", &["spaces"]),
            ("sally", " sally", &["spaces"]),
            ("sally", "sally\u{a0}", &["spaces"]),
            ("sally", "sally\u{2800}", &["spaces"]),
            ("sally\u{3000}", "sally", &["spaces"]),
            ("sally", "sally\r\n", &["spaces"]),
            ("sally", "sally\u{fe0f}", &["invisible characters"]),
            ("sally", "sal\u{200b}ly", &["invisible characters"]),
            ("sally", "\u{202a}sally\u{202c}", &["invisible characters"]),
            ("sally", "sal\u{ad}ly\0", &["invisible characters"]),
            ("sally", "s\u{430}lly", &["look-alike letters"]),
            ("user1", "user\u{ff11}", &["look-alike letters"]),
            ("Ivo", "\u{406}vo", &["case", "look-alike letters"]),
            ("caf\u{e9}", "cafe\u{301}", &["composed and decomposed letters"]),
            ("Sally S", "sally\u{a0}s ", &["case", "spaces"]),
        ] {
            assert!(are_alike(one, other) && are_alike(other, one), "{one:?} {other:?}");
            assert_eq!(differences(one, other), what, "{one:?} {other:?}");
        }
        for (one, other) in [
            ("sally", "sally"),
            ("sally", "sall1"),
            ("u-1", "u-l"),
            ("u-0", "u-O"),
            ("burn", "bum"),
            ("sally s", "sallys"),
            ("cafe", "caf\u{e9}"),
            ("user-1", "user_1"),
            ("12", "1 2"),
        ] {
            assert!(!are_alike(one, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn an_id_shows_where_it_can_be_taken_for_another() {
        for (text, shown) in [
            ("sally ", "sally⟨U+0020⟩"),
            (" sally", "⟨U+0020⟩sally"),
            ("sally  smith", "sally ⟨U+0020⟩smith"),
            ("sally\u{a0}", "sally⟨U+00A0⟩"),
            ("sally\u{2800}", "sally⟨U+2800⟩"),
            ("sally\u{3000}", "sally⟨U+3000⟩"),
            ("sally\u{fe0f}", "sally⟨U+FE0F⟩"),
            ("sal\u{200b}ly", "sal⟨U+200B⟩ly"),
            ("s\u{430}lly", "s⟨U+0430⟩lly"),
            ("cafe\u{301}", "cafe⟨U+0301⟩"),
            ("a\u{1b}[2J", "a␛[2J"),
        ] {
            assert_eq!(visible_id(text), shown);
        }
        for text in [
            "sally@x.com",
            "sally smith",
            "Zo\u{eb}",
            "y\u{131}ld\u{131}z",
            "\u{441}\u{430}\u{448}\u{430}",
            "日本語",
            "",
        ] {
            assert!(matches!(visible_id(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_part_folds_to_a_part(one in any::<String>(), other in any::<String>()) {
            prop_assert_eq!(folded(&format!("{one}{other}")), folded(&one) + &folded(&other));
        }

        #[test]
        fn what_looks_alike_folds_alike_and_differs_in_something(text in "\\PC{1,12}", at in any::<prop::sample::Index>(), odd in prop::sample::select(vec![" ", "\u{a0}", "\u{200b}", "\u{fe0f}", "\u{ad}"])) {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let (head, tail) = text.split_at(places[at.index(places.len())]);
            let other = format!("{head}{odd}{tail}");
            prop_assert_eq!(folded(&other), folded(&text));
            if are_alike(&text, &other) {
                prop_assert!(!differences(&text, &other).is_empty());
            }
        }

        #[test]
        fn an_id_that_is_shown_never_acts(text in any::<String>()) {
            let shown = visible_id(&text).into_owned();
            prop_assert_eq!(visible(&shown), shown.as_str());
        }
    }
}
