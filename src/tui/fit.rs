//! Text in so many columns.
//!
//! Everything from the data goes through here on its way to the screen: made
//! [visible](crate::model::text::visible), measured as a terminal measures it, and cut between characters as people see
//! them, never inside one. Only as much of a text is looked at as there is room for. Plain ASCII,
//! which most of it is, is cut by its bytes: to look for characters in it took half of a frame.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use crate::model::text::{self, is_plain, on_terminal};
pub use crate::model::text::{count, counted, people};

/// What stands for the part that was cut out.
pub const CUT: &str = "…";

/// Columns that `text` takes, as it is shown.
pub fn width(text: &str) -> usize {
    if is_plain(text.as_bytes()) {
        return text.len();
    }
    text.graphemes(true).map(|grapheme| shown(grapheme).1).sum()
}

/// One grapheme as it is shown, and its columns.
fn shown(grapheme: &str) -> (Cow<'_, str>, usize) {
    let shown = on_terminal(grapheme);
    let columns = text::width(&shown);
    (shown, columns)
}

/// The beginning of `text` in at most `columns`, with `…` when something is cut off.
pub fn end(text: &str, columns: usize) -> String {
    let looked_at = text.as_bytes().get(..=columns).unwrap_or(text.as_bytes());
    if !is_plain(looked_at) {
        return end_by_characters(text, columns);
    }
    if text.len() <= columns {
        return text.to_owned();
    }
    let mut fitted = String::with_capacity(columns + CUT.len());
    if let Some(kept) = columns.checked_sub(1) {
        fitted.push_str(text.get(..kept).unwrap_or_default());
        fitted.push_str(CUT);
    }
    fitted
}

fn end_by_characters(text: &str, columns: usize) -> String {
    let mut fitted = String::new();
    let mut used = 0;
    // Where to cut back to if the rest does not fit.
    let mut with_mark = 0;
    for grapheme in text.graphemes(true) {
        let (shown, wide) = shown(grapheme);
        if used + wide > columns {
            fitted.truncate(with_mark);
            if columns > 0 {
                fitted.push_str(CUT);
            }
            return fitted;
        }
        fitted.push_str(&shown);
        used += wide;
        if used < columns {
            with_mark = fitted.len();
        }
    }
    fitted
}

/// `text` in at most `columns`, with its middle cut out: ids tell themselves by both ends.
pub fn middle(text: &str, columns: usize) -> String {
    if fits(text, columns) {
        return end(text, columns);
    }
    if columns < 3 {
        return end(text, columns);
    }
    let tail_columns = (columns - 1) / 3;
    let mut tail: Vec<Cow<'_, str>> = Vec::new();
    let mut used = 0;
    for grapheme in text.graphemes(true).rev() {
        let (shown, wide) = shown(grapheme);
        if used + wide > tail_columns {
            break;
        }
        used += wide;
        tail.push(shown);
    }
    // `end` puts the mark, because the whole does not fit.
    let mut fitted = end(text, columns - used);
    fitted.extend(tail.into_iter().rev());
    fitted
}

/// The end of `text` in at most `columns`, for a line whose cursor is to be seen.
pub fn tail(text: &str, columns: usize) -> &str {
    let mut shown = text;
    while width(shown) > columns {
        let Some(first) = shown.graphemes(true).next() else { break };
        shown = shown.get(first.len()..).unwrap_or("");
    }
    shown
}

/// The bytes of `text` that [`middle`] keeps: those before the first number and those from
/// the second on. The numbers are equal when all of it fits.
pub fn kept(text: &str, columns: usize) -> (usize, usize) {
    if fits(text, columns) {
        return (text.len(), text.len());
    }
    let tail_columns = if columns < 3 { 0 } else { (columns - 1) / 3 };
    let mut tail = text.len();
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        let wide = shown(grapheme).1;
        // With less than three columns there is no end, not even one that takes no room.
        if columns < 3 || used + wide > tail_columns {
            break;
        }
        used += wide;
        tail = at;
    }
    let mut head = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += shown(grapheme).1;
        if used + 1 > columns {
            break;
        }
        head = at + grapheme.len();
    }
    (head, tail)
}

/// Whether `text` needs no more than `columns`.
fn fits(text: &str, columns: usize) -> bool {
    if text.len() <= columns && is_plain(text.as_bytes()) {
        return true;
    }
    let mut used = 0;
    text.graphemes(true).all(|grapheme| {
        used += shown(grapheme).1;
        used <= columns
    })
}

/// `text` in lines of at most `columns`, broken at spaces where there are any.
///
/// At most `most` lines: the last one is cut when the text goes on.
pub fn wrap(text: &str, columns: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if columns == 0 || most == 0 {
        return lines;
    }
    for paragraph in text.split('\n') {
        wrap_paragraph(paragraph, columns, most, &mut lines);
        if lines.len() > most {
            break;
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.push_str("  ");
            *last = end(last, columns);
            if !last.ends_with(CUT) {
                *last = end(&format!("{}{CUT}", last.trim_end()), columns);
            }
        }
    }
    lines
}

/// Wraps text without line breaks; stops one line after `most`.
fn wrap_paragraph(text: &str, columns: usize, most: usize, lines: &mut Vec<String>) {
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let bare = word.strip_suffix(' ').unwrap_or(word);
        let wide = width(bare);
        if used > 0 && used + wide > columns {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
        }
        let is_whole = used + wide <= columns && is_plain(bare.as_bytes());
        if is_whole {
            line.push_str(bare);
            used += wide;
        }
        // A word longer than a line is broken where it has to be.
        for grapheme in bare.graphemes(true).take(if is_whole { 0 } else { usize::MAX }) {
            let (shown, wide) = match shown(grapheme) {
                // Wider than a whole line: there is no place where it could stand.
                (_, wide) if wide > columns => (Cow::Borrowed(CUT), 1),
                shown => shown,
            };
            if used + wide > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
                if lines.len() > most {
                    return;
                }
            }
            line.push_str(&shown);
            used += wide;
        }
        if bare.len() < word.len() && used < columns {
            line.push(' ');
            used += 1;
        }
        if lines.len() > most {
            return;
        }
    }
    lines.push(line.trim_end().to_owned());
}

/// A number with what it counts, as far as limits let it be known.
pub fn at_least(cut: bool, counted: &str) -> String {
    format!("{}{counted}", crate::identity::journey::at_least(cut))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_text_is_cut_as_any_other(text in "[ -~]{0,12}", rest in "(|́|é|日|\\x1b|[ -~]{0,4})", columns in 0_usize..18) {
            let text = format!("{text}{rest}");
            prop_assert_eq!(end(&text, columns), end_by_characters(&text, columns));
            prop_assert_eq!(width(&text), text.graphemes(true).map(|grapheme| shown(grapheme).1).sum::<usize>());
        }
    }

    #[test]
    fn text_is_cut_between_characters_and_says_so() {
        assert_eq!(end("sally@gmail.com", 8), "sally@g…");
        assert_eq!(end("sally", 5), "sally");
        assert_eq!(end("日本語", 5), "日本…");
        assert_eq!(end("日本語", 4), "日…");
        assert_eq!(end("a", 0), "");
    }

    #[test]
    fn an_id_keeps_both_ends() {
        assert_eq!(middle("1a207e703c5133-091deaa76fc7ee8-c5134", 12), "1a207e70…134");
        assert_eq!(middle("short", 12), "short");
        // A vowel that stands in the place of its consonant takes no column of its own.
        assert_eq!(kept("a \u{d7b0}", 1), (0, 5));
    }

    #[test]
    fn text_that_acts_is_shown_and_measured_as_shown() {
        assert_eq!(end("a\x1b[2Jb", 20), "a␛[2Jb");
        assert_eq!(width("\u{202e}"), width("⟨U+202E⟩"));
    }

    #[test]
    fn lines_break_at_spaces_and_the_last_says_that_more_follows() {
        assert_eq!(wrap("one two three", 7, 9), ["one two", "three"]);
        assert_eq!(wrap("onetwothree", 4, 9), ["onet", "woth", "ree"]);
        assert_eq!(wrap("one two three four", 7, 2), ["one two", "three…"]);
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(1_000, "row"), "1,000 rows");
    }

    #[test]
    fn a_character_wider_than_its_room_is_cut() {
        assert_eq!(wrap("a🈐b", 1, 5), ["a", "…", "b"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_kept_is_what_the_middle_shows(text in any::<String>(), columns in 1usize..40) {
            let (head, tail) = kept(&text, columns);
            let part = |part: &str| part.graphemes(true).map(|grapheme| shown(grapheme).0).collect::<String>();
            let cut = if head < tail || tail < text.len() { CUT } else { "" };
            let joined = format!("{}{cut}{}", part(text.get(..head).unwrap_or("")), part(text.get(tail..).unwrap_or("")));
            prop_assert_eq!(joined, middle(&text, columns));
        }

        #[test]
        fn nothing_is_wider_than_its_room(text in any::<String>(), columns in 0usize..40) {
            prop_assert!(width(&end(&text, columns)) <= columns);
            prop_assert!(width(&middle(&text, columns)) <= columns);
            for line in wrap(&text, columns, 5) {
                prop_assert!(width(&line) <= columns);
            }
        }
    }
}
