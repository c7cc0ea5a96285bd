//! Texts numbered from 0 in the order in which they were met.

use std::hash::{BuildHasher, Hasher};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxBuildHasher;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::model::VerbKind;

/// Texts by their numbers, in one piece of memory.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    /// The text with this number; empty if there is none.
    fn get(&self, number: u32) -> &str {
        let Ok(at) = usize::try_from(number) else { return "" };
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let text = self.ends.get(at).and_then(|end| self.text.get(start..*end));
        text.unwrap_or_default()
    }

    /// Whether the hash and the number of a text are those of `text`.
    fn is(&self, hash: u64, text: &str) -> impl Fn(&(u64, u32)) -> bool {
        move |(other, number)| *other == hash && self.get(*number) == text
    }

    pub(in crate::store) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let text = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            text
        })
    }
}

/// Texts that are being numbered.
#[derive(Debug, Default)]
pub(in crate::store) struct Numbered {
    /// Of each text its hash and its number.
    numbers: HashTable<(u64, u32)>,
    texts: Texts,
}

impl Numbered {
    /// The number of `text`; `None` when it has none yet.
    pub(in crate::store) fn find(&self, text: &str) -> Option<u32> {
        let hash = FxBuildHasher.hash_one(text);
        self.numbers.find(hash, self.texts.is(hash, text)).map(|(_, number)| *number)
    }

    /// The number of `text`.
    pub(in crate::store) fn number(&mut self, text: &str) -> u32 {
        let hash = FxBuildHasher.hash_one(text);
        match self.numbers.entry(hash, self.texts.is(hash, text), |(hash, _)| *hash) {
            Entry::Occupied(known) => known.get().1,
            Entry::Vacant(new) => {
                // A chunk is far smaller than four billion texts.
                let number = u32::try_from(self.texts.ends.len()).unwrap_or(u32::MAX);
                new.insert((hash, number));
                self.texts.text.push_str(text);
                self.texts.ends.push(self.texts.text.len());
                number
            }
        }
    }

    /// The text with this number.
    pub(in crate::store) fn text(&self, number: u32) -> &str {
        self.texts.get(number)
    }

    pub(super) fn into_texts(self) -> Texts {
        self.texts
    }
}

/// Bits of a number of [`Names`] below the verb.
const TEXT_BITS: u32 = 28;

/// Names of events, each with the verb of its rows, and of programs, which are numbered like those
/// of [`VerbKind::Track`].
///
/// Two rows of one name may be different calls, as where a page has the name of an event. The
/// verb stands in the upper bits of a number.
#[derive(Debug, Default)]
pub(in crate::store) struct Names {
    by_verb: [Numbered; VerbKind::ALL.len()],
}

impl Names {
    /// The number of `text` as a name of rows with this verb.
    pub(super) fn number(&mut self, verb: VerbKind, text: &str) -> u32 {
        let kind = verb.number();
        // A chunk is smaller than so many names.
        self.by_verb.get_mut(usize::from(kind)).map_or(0, |names| names.number(text)) | u32::from(kind) << TEXT_BITS
    }

    /// The text with this number.
    pub(super) fn text(&self, number: u32) -> &str {
        let (verb, number) = split(number);
        self.by_verb.get(verb).map_or("", |names| names.text(number))
    }

    pub(super) fn into_texts(self) -> [Texts; VerbKind::ALL.len()] {
        self.by_verb.map(Numbered::into_texts)
    }
}

/// The verb of a number of [`Names`], as its place among all, and the place of the text among
/// those of that verb.
pub(in crate::store) fn split(number: u32) -> (usize, u32) {
    (usize::try_from(number >> TEXT_BITS).unwrap_or(usize::MAX), number & ((1 << TEXT_BITS) - 1))
}

/// Hashes for maps whose order does not matter: faster for short texts than what Rust
/// has, which guards servers against chosen keys.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::store) struct Hashing;

impl BuildHasher for Hashing {
    type Hasher = State;

    fn build_hasher(&self) -> State {
        State(0)
    }
}

/// A hash in the making.
#[derive(Debug)]
pub(in crate::store) struct State(u64);

impl State {
    fn mix(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(26) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for State {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    fn write_u8(&mut self, value: u8) {
        self.mix(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.mix(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }

    fn write_isize(&mut self, value: isize) {
        self.mix(value.cast_unsigned() as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_of_two_verbs_is_two_names() {
        let mut names = Names::default();
        let track = names.number(VerbKind::Track, "Home");
        let page = names.number(VerbKind::Page, "Home");
        assert_ne!(track, page);
        assert_eq!(names.number(VerbKind::Page, "Home"), page);
        assert_eq!([names.text(track), names.text(page)], ["Home", "Home"]);
        assert_eq!([split(track), split(page)], [(0, 0), (5, 0)]);
        // No name at all.
        assert_eq!(names.text(u32::MAX), "");
    }

    #[test]
    fn texts_are_numbered_as_they_are_met_and_come_back() {
        let mut numbered = Numbered::default();
        let numbers: Vec<u32> = ["b", "", "a", "b", ""].into_iter().map(|text| numbered.number(text)).collect();
        assert_eq!(numbers, [0, 1, 2, 0, 1]);
        assert_eq!(numbered.number("a"), 2);
        assert_eq!([numbered.find(""), numbered.find("c")], [Some(1), None]);
        assert_eq!([0, 1, 2, 3].map(|number| numbered.text(number)), ["b", "", "a", ""]);
        assert_eq!(numbered.into_texts().iter().collect::<Vec<_>>(), ["b", "", "a"]);
    }
}
