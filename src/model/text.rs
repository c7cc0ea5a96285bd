//! Making text from outside safe to look at.
//!
//! Nothing in the data may reach a terminal raw: an event name can hold an escape sequence that
//! retitles the window, a right-to-left override that turns a line around, or a zero-width space
//! that makes two ids look alike.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

/// Combining marks on one character that are drawn; no writing needs more than these, and a flood
/// of them covers the lines above and below.
const MARKS: usize = 6;

/// `text` with every character that would act instead of show turned into a visible symbol.
///
/// C0 controls become the pictures of Unicode (`␛`, `␀`, `␊`), delete `␡`; C1 controls,
/// bidirectional marks, zero-width characters, line separators, tags, soft hyphens and
/// other characters without a picture become `⟨U+202E⟩`. So do a combining mark and a variation
/// selector without a character that they belong to; of the marks on one character six are kept
/// and the rest are counted: `⟨+14 marks⟩`. Text without any of these is borrowed.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_plain(text.as_bytes()) || !text.chars().any(|c| acts(c) || is_mark(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut changed = false;
    // The character that marks belong to, and how many it has.
    let mut base = None;
    let (mut marks, mut left_out) = (0, 0);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if is_mark(c) && !acts(c) {
            let selects = is_selector(c);
            let belongs = match base {
                // A selector chooses between pictures; letters of ASCII have one.
                Some(base) if selects => {
                    marks == 0
                        && (!char::is_ascii(&base) || rest.peek() == Some(&KEYCAP) && "0123456789#*".contains(base))
                }
                Some(base) => !base.is_whitespace(),
                None => false,
            };
            if belongs && marks < MARKS {
                marks += 1;
                shown.push(c);
                continue;
            }
            changed = true;
            if belongs || marks >= MARKS {
                left_out += 1;
            } else {
                code_point(&mut shown, c);
                // Those that follow are counted.
                marks = MARKS;
            }
            continue;
        }
        end_of_marks(&mut shown, &mut left_out);
        marks = 0;
        base = Some(c).filter(|c| !acts(*c));
        match c {
            '\0'..='\u{1f}' => shown.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('␀')),
            '\u{7f}' => shown.push('␡'),
            c if acts(c) => code_point(&mut shown, c),
            c => {
                shown.push(c);
                continue;
            }
        }
        changed = true;
    }
    end_of_marks(&mut shown, &mut left_out);
    if changed { Cow::Owned(shown) } else { Cow::Borrowed(text) }
}

/// `⟨U+202E⟩`.
fn code_point(shown: &mut String, c: char) {
    // Writing to a String cannot fail.
    let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
}

/// Says how many marks were left out, if any.
fn end_of_marks(shown: &mut String, left_out: &mut u32) {
    if *left_out > 0 {
        let s = if *left_out == 1 { "" } else { "s" };
        let _ = write!(shown, "⟨+{left_out} mark{s}⟩");
        *left_out = 0;
    }
}

/// Columns of a character on a terminal.
///
/// Terminals count character by character: tmux, and xterm.js with the widths of Unicode 11, give the
/// letters of a name the sum of what each of them takes. The width of a whole string
/// (`UnicodeWidthStr`) is another one: it joins lam and alef, and takes a vowel that stands next to its
/// consonant for a part of it. This is [`UnicodeWidthChar`] but for what that crate takes for no
/// column by `Grapheme_Extend` and a terminal gives its own: marks with a width of their own
/// (`General_Category` Mc), signs that begin a syllable, and two of Khmer that are longer than a letter.
pub fn columns(c: char) -> usize {
    match c {
        ' '..='~' | '\u{605}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{17a4}' | '\u{17d8}' => 1,
        '\u{2d7f}' | '\u{1171e}' => 0,
        '\u{302e}' | '\u{302f}' | '\u{16ff0}' | '\u{16ff1}' => 2,
        c => match c.width().unwrap_or(0) {
            0 if is_spacing(c) => 1,
            columns => columns,
        },
    }
}

fn is_spacing(c: char) -> bool {
    let at = SPACING.partition_point(|(_, last)| *last < c);
    SPACING.get(at).is_some_and(|(first, _)| *first <= c)
}

/// Characters that stand next to the letter that they belong to, where `unicode-width` has none for them.
const SPACING: &[(char, char)] = &[
    ('\u{9be}', '\u{9be}'),
    ('\u{9d7}', '\u{9d7}'),
    ('\u{b3e}', '\u{b3e}'),
    ('\u{b57}', '\u{b57}'),
    ('\u{bbe}', '\u{bbe}'),
    ('\u{bd7}', '\u{bd7}'),
    ('\u{cc0}', '\u{cc0}'),
    ('\u{cc2}', '\u{cc2}'),
    ('\u{cc7}', '\u{cc8}'),
    ('\u{cca}', '\u{ccb}'),
    ('\u{cd5}', '\u{cd6}'),
    ('\u{d3e}', '\u{d3e}'),
    ('\u{d4e}', '\u{d4e}'),
    ('\u{d57}', '\u{d57}'),
    ('\u{dcf}', '\u{dcf}'),
    ('\u{ddf}', '\u{ddf}'),
    ('\u{1715}', '\u{1715}'),
    ('\u{1734}', '\u{1734}'),
    ('\u{1b35}', '\u{1b35}'),
    ('\u{1b3b}', '\u{1b3b}'),
    ('\u{1b3d}', '\u{1b3d}'),
    ('\u{1b43}', '\u{1b44}'),
    ('\u{1baa}', '\u{1baa}'),
    ('\u{1bf2}', '\u{1bf3}'),
    ('\u{a8fa}', '\u{a8fa}'),
    ('\u{a953}', '\u{a953}'),
    ('\u{a9c0}', '\u{a9c0}'),
    ('\u{ff9e}', '\u{ff9f}'),
    ('\u{111c0}', '\u{111c0}'),
    ('\u{111c2}', '\u{111c3}'),
    ('\u{11235}', '\u{11235}'),
    ('\u{1133e}', '\u{1133e}'),
    ('\u{1134d}', '\u{1134d}'),
    ('\u{11357}', '\u{11357}'),
    ('\u{114b0}', '\u{114b0}'),
    ('\u{114bd}', '\u{114bd}'),
    ('\u{115af}', '\u{115af}'),
    ('\u{116b6}', '\u{116b6}'),
    ('\u{11930}', '\u{11930}'),
    ('\u{1193d}', '\u{1193d}'),
    ('\u{1193f}', '\u{1193f}'),
    ('\u{11941}', '\u{11941}'),
    ('\u{11a84}', '\u{11a89}'),
    ('\u{11d46}', '\u{11d46}'),
    ('\u{1d165}', '\u{1d166}'),
    ('\u{1d16d}', '\u{1d172}'),
];

/// Columns of a text on a terminal: those of its [characters](columns).
pub fn width(text: &str) -> usize {
    if is_plain(text.as_bytes()) { text.len() } else { text.chars().map(columns).sum() }
}

/// `text` [made visible](visible) as it goes to a terminal: without the selector that asks for a
/// picture in place of a sign, because terminals disagree on whether that makes it wider.
pub fn on_terminal(text: &str) -> Cow<'_, str> {
    let shown = visible(text);
    if shown.contains(PICTURE) { Cow::Owned(shown.replace(PICTURE, "")) } else { shown }
}

/// The selector of a picture.
const PICTURE: char = '\u{fe0f}';

/// What makes a key of a digit: the only reason for a selector behind one.
const KEYCAP: char = '\u{20e3}';

/// Whether `c` is drawn onto the character before it.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && c.width() == Some(0)
}

/// Whether `c` chooses between pictures of the character before it.
pub(super) fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// `c` as JSON escapes it, where it would act on a terminal: what is read stays the same.
///
/// JSON leaves `U+007F` and everything beyond as it is.
pub fn escape_in_json(c: char) -> Option<String> {
    if !acts(c) && !is_selector(c) {
        return None;
    }
    let mut escape = String::with_capacity(12);
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(escape, "\\u{unit:04x}");
    }
    Some(escape)
}

/// Whether `bytes` are ASCII that shows: each a character of one column that joins no other.
pub fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether a terminal would do something with `c` other than draw it.
fn acts(c: char) -> bool {
    c.is_control()
        || is_ignorable(c)
        || matches!(c, '\u{2028}'..='\u{2029}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// Whether Unicode says to ignore `c` where it is not known (`Default_Ignorable_Code_Point`), but
/// for selectors.
pub(super) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
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

/// A part of a whole in hundredths, rounded; the same everywhere, so that two screens agree. Only
/// all of it is 100, and only nothing of it is 0.
pub fn percent(part: u64, whole: u64) -> u64 {
    if part == 0 || whole == 0 {
        return 0;
    }
    let rounded = (u128::from(part) * 200 + u128::from(whole)) / (u128::from(whole) * 2);
    let rounded = u64::try_from(rounded).unwrap_or(100);
    if part >= whole { rounded } else { rounded.clamp(1, 99) }
}

/// The name of an event as it is shown: an event without one has words in its place.
pub fn event_name(name: &str) -> &str {
    if name.is_empty() { "(no name)" } else { name }
}

/// `1 person`, `1,200 people`.
pub fn people(number: u64) -> String {
    if number == 1 { "1 person".to_owned() } else { format!("{} people", count(number)) }
}

/// `1 row`, `2 rows`: a count with its word, `s` added where there is not one.
pub fn counted(number: u64, word: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {word}{s}", count(number))
}

/// `a`, `a and b`, `a, b and c`.
pub fn and(words: &[&str]) -> String {
    if words.is_empty() { "characters".to_owned() } else { joined(words, "and") }
}

/// `a`, `a or b`, `a, b or c`.
pub fn or(words: &[&str]) -> String {
    joined(words, "or")
}

fn joined(words: &[&str], by: &str) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} {by} {last}", first.join(", ")),
        words => words.concat(),
    }
}

/// The beginning of a text, of at most so many bytes, without a part of a character.
pub fn up_to(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// `text` in lower case, each character by itself: the end of a word changes nothing.
pub fn lower(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| !c.to_lowercase().eq([c])) {
        Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_joined_as_in_a_sentence() {
        assert_eq!([or(&[]), or(&["a"]), or(&["a", "b"]), or(&["a", "b", "c"])], ["", "a", "a or b", "a, b or c"]);
        assert_eq!([and(&[]), and(&["a"]), and(&["a", "b", "c"])], ["characters", "a", "a, b and c"]);
    }

    #[test]
    fn the_beginning_of_a_text_has_whole_characters() {
        let parts: Vec<&str> = (0..=6).map(|bytes| up_to("aü\u{1f600}", bytes)).collect();
        assert_eq!(parts, ["", "a", "a", "aü", "aü", "aü", "aü"]);
        assert_eq!(up_to("aü", 9), "aü");
    }

    #[test]
    fn controls_are_shown_as_pictures() {
        assert_eq!(visible("\x1b]0;own\x07ed\0\n\x7f"), "␛]0;own␇ed␀␊␡");
        assert_eq!(visible("a\u{202e}b\u{200b}c\u{9b}"), "a⟨U+202E⟩b⟨U+200B⟩c⟨U+009B⟩");
    }

    #[test]
    fn a_flood_of_marks_is_bounded() {
        let flood = "\u{301}".repeat(1_000);
        assert_eq!(visible(&format!("a{flood}b")), format!("a{}⟨+994 marks⟩b", "\u{301}".repeat(6)));
        // Marks of nothing are no marks of the frame that is drawn before them.
        assert_eq!(visible("\u{301}a"), "⟨U+0301⟩a");
        assert_eq!(visible(&format!(" {flood}")), " ⟨U+0301⟩⟨+999 marks⟩");
        // A seventh.
        assert_eq!(visible(&format!("é{}", "\u{302}".repeat(7))), format!("é{}⟨+1 mark⟩", "\u{302}".repeat(6)));
    }

    #[test]
    fn a_selector_is_kept_where_it_selects_and_shown_where_it_hides() {
        for text in ["❤\u{fe0f}", "1\u{fe0f}\u{20e3}", "葛\u{fe00}", "ë", "e\u{308}", "ก\u{e34}\u{e48}", "힣", "각"]
        {
            assert!(matches!(visible(text), Cow::Borrowed(_)), "{text:?}");
        }
        assert_eq!(visible("sally\u{fe0f}"), "sally⟨U+FE0F⟩");
        assert_eq!(visible("1\u{fe0f}"), "1⟨U+FE0F⟩");
        // Bytes can be hidden in a run of them.
        assert_eq!(visible("❤\u{fe0f}\u{fe01}\u{fe02}"), "❤\u{fe0f}⟨U+FE01⟩⟨+1 mark⟩");
    }

    #[test]
    fn json_has_an_escape_for_what_acts() {
        assert_eq!(escape_in_json('\u{9b}').as_deref(), Some("\\u009b"));
        assert_eq!(escape_in_json('\u{7f}').as_deref(), Some("\\u007f"));
        assert_eq!(escape_in_json('\u{e0041}').as_deref(), Some("\\udb40\\udc41"));
        assert_eq!(escape_in_json('é'), None);
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

    #[test]
    fn a_text_is_as_wide_as_its_characters() {
        // Lam and alef, two letters; kana of half width with their marks; a vowel next to its letter.
        for (text, columns) in
            [("لا", 2), ("ｶﾞ", 2), ("কা", 2), ("நா", 2), ("김", 2), ("e\u{301}", 1), ("กำ", 2), ("佐", 2)]
        {
            assert_eq!(width(text), columns, "{text:?}");
        }
        assert_eq!((on_terminal("❤\u{fe0f}").as_ref(), width("❤")), ("❤", 1));
        assert!(SPACING.windows(2).all(|two| two[0].1 < two[1].0), "in order");
    }

    proptest! {
        #[test]
        fn a_character_of_one_column_more_than_the_crate_says_is_a_mark_or_a_sign(c in any::<char>()) {
            let counted = c.width().unwrap_or(0);
            prop_assert!(columns(c) == counted || counted == 0 || columns(c) < counted);
        }

        #[test]
        fn what_is_shown_never_acts(text in any::<String>()) {
            let shown = visible(&text);
            prop_assert!(!shown.chars().any(acts));
            prop_assert_eq!(visible(&shown), shown.clone(), "what is shown shows");
        }

        #[test]
        fn marks_never_pile_up(text in "[a ❤1\u{301}\u{302}\u{fe0f}\u{fe01}\u{20e3}\u{e0100}\u{202e}]{0,60}") {
            let shown = visible(&text);
            let mut run = 0;
            for c in shown.chars() {
                run = if is_mark(c) { run + 1 } else { 0 };
                prop_assert!(run <= MARKS, "{shown:?}");
            }
            prop_assert!(shown.chars().next().is_none_or(|c| !is_mark(c)), "{:?}", shown);
        }
    }
}
