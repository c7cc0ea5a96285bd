//! Comparing texts as a person means it: in any case.

use std::sync::LazyLock;

/// Whether the texts are one, in any case.
pub(in crate::inspect) fn same(text: &str, other: &str) -> bool {
    text.eq_ignore_ascii_case(other)
        || ((!text.is_ascii() || !other.is_ascii()) && text.to_lowercase() == other.to_lowercase())
}

/// Whether `text` contains `part`, in any case.
pub(in crate::inspect) fn contains(text: &str, part: &str) -> bool {
    if part.is_ascii() {
        if contains_ascii(text.as_bytes(), part.as_bytes()) {
            return true;
        }
        if text.is_ascii() || !NEARLY_ASCII.iter().any(|letter| text.contains(*letter)) {
            return false;
        }
    }
    text.to_lowercase().contains(&part.to_lowercase())
}

/// What has an ASCII letter in its lower case and is none: Kelvin and the Turkish I.
const NEARLY_ASCII: [&str; 2] = ["\u{212a}", "\u{130}"];

/// Bytes from frequent to rare in JSON of events; what is not among them is rarer.
const FREQUENT: &[u8] = b"e_atinosrlpd-m1c02u34b5h987g6$vwf.yk";

/// How rare each byte is, in any case: its place among [`FREQUENT`].
static RARITY: LazyLock<[usize; 256]> = LazyLock::new(|| {
    let mut rarity = [FREQUENT.len(); 256];
    for (rank, byte) in FREQUENT.iter().enumerate() {
        for byte in [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()] {
            if let Some(slot) = rarity.get_mut(usize::from(byte)) {
                *slot = rank;
            }
        }
    }
    rarity
});

/// Whether ASCII text is among the bytes, in any case: the rarest byte of it is looked for first.
fn contains_ascii(text: &[u8], part: &[u8]) -> bool {
    let rarity = |byte: u8| RARITY.get(usize::from(byte)).copied();
    let Some((at, rarest)) = part.iter().enumerate().max_by_key(|(_, byte)| rarity(**byte)) else { return true };
    memchr::memchr2_iter(rarest.to_ascii_lowercase(), rarest.to_ascii_uppercase(), text).any(|found| {
        let there = found.checked_sub(at).and_then(|start| text.get(start..)?.get(..part.len()));
        there.is_some_and(|there| there.eq_ignore_ascii_case(part))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What [`contains`] means.
    fn plainly(text: &str, part: &str) -> bool {
        text.to_lowercase().contains(&part.to_lowercase())
    }

    #[test]
    fn no_other_letter_has_an_ascii_letter_in_its_lower_case() {
        let nearly = ('\u{80}'..=char::MAX).filter(|letter| letter.to_lowercase().any(|lower| lower.is_ascii()));
        assert_eq!(nearly.map(String::from).collect::<Vec<_>>(), ["\u{130}", "\u{212a}"]);
    }

    #[test]
    fn a_part_is_found_wherever_it_stands_and_in_any_case() {
        for (text, part) in [
            ("", ""),
            ("a", ""),
            ("Plan", "plan"),
            ("xxPLANxx", "plan"),
            ("é-Ünï", "ünÏ"),
            ("\u{212a}m", "KM"),
            ("İ", "i"),
        ] {
            assert!(contains(text, part), "{part} in {text}");
        }
        for (text, part) in [("", "a"), ("pla", "plan"), ("lan", "plan"), ("é", "e"), ("p-l-a-n", "plan")] {
            assert!(!contains(text, part), "{part} in {text}");
        }
    }

    proptest! {
        #[test]
        fn containing_is_that_of_lower_cases(text in "[a-dA-DkKé\u{212a}\u{130}.$]{0,24}", part in "[a-dA-DkKié.$]{0,4}") {
            prop_assert_eq!(contains(&text, &part), plainly(&text, &part), "{} in {}", part, text);
        }

        #[test]
        fn a_part_of_a_text_is_found(text in ".{0,40}", from in 0..40_usize, length in 0..9_usize) {
            let part: String = text.chars().skip(from).take(length).collect();
            prop_assert_eq!(contains(&text, &part.to_uppercase()), plainly(&text, &part.to_uppercase()));
        }
    }
}
