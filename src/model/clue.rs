//! What a search asks of values, as far as an index can tell it, and the form of values that an
//! index holds.
//!
//! A search compares values as a person means it: texts in any case, `20` with `20.00`. An index
//! holds a number for each value, so values that a search takes for one must have one number
//! here: [`text_hash`] and [`number_hash`] for what is stored, [`hashes`] for what is looked for.
//! Other values may have it too, because every value that an index finds is read and compared.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::Millis;

/// What must hold of a row that is found. An index of values knows of its properties alone; a source that asks
/// a server knows of all.
#[derive(Clone, Debug, PartialEq)]
pub enum Clue {
    /// Nothing that an index or a server knows.
    Unknown,
    /// All of these.
    All(Vec<Clue>),
    /// One of these at least.
    OneOf(Vec<Clue>),
    /// A property of this name, which may be a path with dots, or any property for `*`.
    Property(String, Asked),
    /// Its event name is one of these, by their numbers.
    Event(Vec<i64>),
    /// It names one of these devices, by their numbers.
    Device(Vec<i64>),
    /// It names one of these users, by their numbers.
    User(Vec<i64>),
    /// One of these programs sent it, by the numbers of their names.
    Client(Vec<i64>),
    /// It happened from the first of these moments on, and before the second.
    Between(Millis, Millis),
}

/// What is asked of a property.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// That it is there.
    Exists,
    /// That it, or an element of it, is this.
    Equals(String),
    /// That its text, or that of an element, contains this.
    Contains(String),
    /// That it, or an element of it, is a number from the first to the second.
    Within(f64, f64),
}

/// Times that every row of an export has, each another: an index holds their span, and not each
/// value. Where they are no numbers, they are as any property.
pub const CLOCKS: [&str; 3] = ["time", "$mp_api_timestamp_ms", "mp_processing_time_ms"];

/// Below it two numbers that differ by [`f64::EPSILON`] at most, which a search takes for one, can
/// be different.
const FINE: f64 = 2.0;

/// Writes a text behind `into` as it is compared: in small letters, with more letters alike.
pub fn fold(text: &str, into: &mut Vec<u8>) {
    let start = into.len();
    if text.is_ascii() {
        into.extend_from_slice(text.as_bytes());
    } else {
        into.extend_from_slice(text.to_lowercase().as_bytes());
    }
    // All letters of ASCII, and more: a later comparison separates what it makes alike.
    for byte in into.iter_mut().skip(start) {
        *byte |= 0x20;
    }
}

/// The number of a folded text that is no number.
pub fn text_hash(folded: &[u8]) -> u64 {
    xxh3_64(folded)
}

/// The number of a value that is a number.
pub fn number_hash(number: f64) -> u64 {
    /// Steps of one: neighbours of numbers below [`FINE`] are steps or nothing away.
    const STEPS: f64 = 1_099_511_627_776.0;
    let bits = if number.abs() < FINE { (number * STEPS).round() + 0.0 } else { number };
    let tag = u64::from(number.abs() < FINE);
    // What it is mixed by, after splitmix64, so that all bits of it are as good as any.
    let mut mixed = bits.to_bits().wrapping_add(tag).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The number that a text stands for where it is compared.
pub fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The numbers of values that a search takes for `wanted`.
pub fn hashes(wanted: &str) -> Vec<u64> {
    let Some(wanted) = number(wanted) else {
        let mut folded = Vec::new();
        fold(wanted, &mut folded);
        return vec![text_hash(&folded)];
    };
    let near = 2.0 * f64::EPSILON;
    let mut hashes = [wanted, wanted - near, wanted + near].map(number_hash).to_vec();
    hashes.dedup();
    hashes
}

/// The number of the folded name of a property, at the top or inside of another.
pub fn key_hash(folded: &[u8], is_top: bool) -> u64 {
    xxh3_64_with_seed(folded, 1 + u64::from(is_top))
}

/// The numbers of the names that a property can have which is asked for by this name.
pub fn key_hashes(name: &str) -> Vec<u64> {
    let mut folded = Vec::new();
    let mut hash = |name: &str, is_top| {
        folded.clear();
        fold(name, &mut folded);
        key_hash(&folded, is_top)
    };
    let inside = name.match_indices('.').filter_map(|(dot, _)| name.get(dot + 1..));
    let mut hashes: Vec<u64> = inside.map(|name| hash(name, false)).collect();
    hashes.push(hash(name, true));
    hashes
}

/// Whether a folded text has only what numbers and machine-made ids consist of; [`gram`]s
/// stand for no part of it.
pub fn is_machine_made(folded: &[u8]) -> bool {
    folded.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'.' | b'+' | b'-'))
}

/// Numbers of three bytes of folded texts, beyond the greatest.
pub const GRAMS: usize = 1 << 14;

/// The number of three bytes of a folded text.
pub fn gram(bytes: [u8; 3]) -> usize {
    let [first, second, third] = bytes.map(u32::from);
    let mixed = (first | second << 8 | third << 16).wrapping_mul(0x9e37_79b1);
    usize::try_from(mixed >> (32 - GRAMS.trailing_zeros())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str) -> u64 {
        number(text).map_or_else(
            || {
                let mut folded = Vec::new();
                fold(text, &mut folded);
                text_hash(&folded)
            },
            number_hash,
        )
    }

    #[test]
    fn what_a_search_takes_for_one_value_has_one_number() {
        for (value, wanted) in [
            ("Pro", "pRO"),
            ("20", "20.00"),
            ("2e1", "20"),
            ("-0", "0"),
            ("0.3", "0.30000000000000004"),
            ("1", "1.0000000000000002"),
            ("1e-17", "0"),
            ("\u{212a}elvin", "kelvin"),
            ("STRASSE É", "strasse é"),
            ("inf", "INF"),
            ("1e999", "1E999"),
            ("", ""),
            ("9007199254740993", "9007199254740992"),
        ] {
            assert!(hashes(wanted).contains(&stored(value)), "{value} {wanted}");
            assert!(hashes(value).contains(&stored(wanted)), "{wanted} {value}");
        }
    }

    #[test]
    fn values_that_differ_mostly_have_different_numbers() {
        for (value, wanted) in [("20", "21"), ("0.5", "0.25"), ("a", "b"), ("", "0"), ("-1", "1"), ("1.5", "1.25")] {
            assert!(!hashes(wanted).contains(&stored(value)), "{value} {wanted}");
        }
    }

    #[test]
    fn a_name_with_dots_is_that_of_each_path_that_it_can_be() {
        let hash = |name: &[u8], is_top| key_hash(name, is_top);
        assert_eq!(key_hashes("A.b.C"), [hash(b"b.c", false), hash(b"c", false), hash(b"a.b.c", true)]);
        assert_eq!(key_hashes("plan"), [hash(b"plan", true)]);
    }
}
