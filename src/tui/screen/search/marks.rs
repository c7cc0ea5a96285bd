//! Which letters of a hit are those that were typed.

use std::ops::Range;

/// Texts longer than this are not compared letter by letter.
const LONGEST: usize = 512;

/// Bytes of `text` that match `typed`, without regard to case.
///
/// Where it stands as a whole, else (`likeness`) the letters that both have in one order.
pub(super) fn marks(text: &str, typed: &str, likeness: bool) -> Vec<Range<usize>> {
    let text: Vec<(Range<usize>, char)> =
        text.char_indices().map(|(at, c)| (at..at + c.len_utf8(), lower(c))).collect();
    let typed: Vec<char> = typed.chars().map(lower).collect();
    if typed.is_empty() || text.len() < typed.len() && !likeness {
        return Vec::new();
    }
    let whole = text.windows(typed.len()).find(|window| window.iter().map(|(_, c)| c).eq(&typed));
    if let Some([(first, _), ..]) = whole {
        let end = whole.and_then(|window| window.last()).map_or(first.end, |(last, _)| last.end);
        return std::iter::once(first.start..end).collect();
    }
    if !likeness || text.len() > LONGEST || typed.len() > LONGEST {
        return Vec::new();
    }
    common(&text, &typed)
}

/// One longest common subsequence, as bytes of the text.
fn common(text: &[(Range<usize>, char)], typed: &[char]) -> Vec<Range<usize>> {
    let columns = typed.len() + 1;
    // Length of the longest common part of what follows `i` in the text and `j` in what was typed.
    let mut length = vec![0u16; (text.len() + 1) * columns];
    let at = |i: usize, j: usize| i * columns + j;
    let get = |length: &[u16], i, j| length.get(at(i, j)).copied().unwrap_or(0);
    for (i, (_, c)) in text.iter().enumerate().rev() {
        for (j, d) in typed.iter().enumerate().rev() {
            let best = if c == d {
                get(&length, i + 1, j + 1) + 1
            } else {
                get(&length, i + 1, j).max(get(&length, i, j + 1))
            };
            if let Some(cell) = length.get_mut(at(i, j)) {
                *cell = best;
            }
        }
    }
    let mut marks = Vec::new();
    let mut j = 0;
    for (i, (bytes, c)) in text.iter().enumerate() {
        while j < typed.len() && typed.get(j) != Some(c) && get(&length, i, j + 1) == get(&length, i, j) {
            j += 1;
        }
        if typed.get(j) == Some(c) && get(&length, i, j) == get(&length, i + 1, j + 1) + 1 {
            marks.push(bytes.clone());
            j += 1;
        }
    }
    marks
}

/// The character in lower case, if that is one character.
fn lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked<'a>(text: &'a str, typed: &str, likeness: bool) -> Vec<&'a str> {
        marks(text, typed, likeness).into_iter().filter_map(|range| text.get(range)).collect()
    }

    #[test]
    fn the_text_is_marked_where_it_stands_whatever_its_case() {
        assert_eq!(marked("a-SALLY-b", "sally", false), ["SALLY"]);
        assert_eq!(marked("ÄÖÜ", "öü", false), ["ÖÜ"]);
        assert_eq!(marked("sally", "bob", false), Vec::<&str>::new());
        assert_eq!(marked("sally", "", true), Vec::<&str>::new());
    }

    #[test]
    fn of_a_likeness_the_common_letters_are_marked() {
        assert_eq!(marked("saly", "sally", true).concat(), "saly");
        assert_eq!(marked("sally@gmail.com", "slly@gmial.com", true).concat().len(), 13);
        assert_eq!(marked("日本語", "本x語", true), ["本", "語"]);
    }
}
