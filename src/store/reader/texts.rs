//! Texts in memory, to search by any part of them.
//!
//! One long text in lower case with a byte between the entries that no UTF-8 has, so that one
//! scan finds every entry: milliseconds for a million ids, where `LIKE` takes a hundred. It is
//! read in steps (`Arena::load`), and what was read stays when it is stopped.
//!
//! # What is folded
//! Case alone, each character by itself (`char::to_lowercase`), in the text and in what is
//! searched for. So `SALLY` finds `sally` and `Ż` finds `ż`; but `ß` and `SS`, `ſ` and `s`, the
//! two small sigmas, or a dotless `ı` and `I` stay different, and nothing is normalised: an `é` of one
//! character does not find one of two. An id that is typed or pasted exactly is found by itself,
//! without this (`Reader::number_of`).

mod fuzzy;
mod scan;

use crate::model::id::DEVICE_PREFIX;
use crate::model::text::lower;

/// What stands between entries; no UTF-8 has it, so no match goes over two entries.
const GAP: u8 = 0xff;

/// Texts to be searched by any part of them, in any case: in lower case, one after the other.
#[derive(Debug, Default)]
pub struct Texts {
    /// Each with a [`GAP`] after it.
    text: Vec<u8>,
    /// Number in the table and start in `text` of each entry.
    entries: Vec<(i64, usize)>,
    /// The characters that each entry has.
    masks: Vec<u64>,
}

/// An entry with the text in it.
#[derive(Clone, Copy, Debug)]
pub struct TextHit {
    /// Its number.
    pub number: i64,
    /// Whether the entry, or what follows `$device:` in it, begins with the text.
    pub prefix: bool,
}

/// Says whether to stop.
pub(super) type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// The answer is not wanted any more.
#[derive(Debug)]
pub struct Stopped;

impl Texts {
    /// Adds an entry; numbers grow.
    pub fn add(&mut self, number: i64, text: &str) {
        self.push(number, text.as_bytes());
    }

    /// Up to `limit` entries with `text` in them, best first: beginning with it, then shorter,
    /// then by alphabet.
    ///
    /// # Errors
    /// `stop` says that the answer is no longer wanted.
    pub fn having(&self, text: &str, limit: usize, stop: Stop<'_>) -> Result<Vec<TextHit>, Stopped> {
        let needle = lower(text);
        if needle.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        self.find(needle.as_bytes(), limit, stop)
    }

    /// Numbers of up to `limit` entries that have the characters of `text` in their order with
    /// few others between, best first.
    ///
    /// # Errors
    /// As of [`Texts::having`].
    pub fn resembling(&self, text: &str, limit: usize, stop: Stop<'_>) -> Result<Vec<i64>, Stopped> {
        self.find_fuzzy(&lower(text), limit, stop)
    }

    /// Numbers of up to `limit` entries that differ from `text` by few edits, nearest first.
    ///
    /// # Errors
    /// As of [`Texts::having`].
    pub fn near(&self, text: &str, limit: usize, stop: Stop<'_>) -> Result<Vec<i64>, Stopped> {
        self.find_near(&lower(text), limit, stop)
    }

    /// Adds an entry, in the order of numbers. Text that is no UTF-8 is found by nothing: only a
    /// damaged store has such.
    pub(super) fn push(&mut self, number: i64, text: &[u8]) {
        let start = self.text.len();
        self.entries.push((number, start));
        match std::str::from_utf8(text) {
            Ok(text) if text.is_ascii() => {
                self.text.extend_from_slice(text.as_bytes());
                if let Some(added) = self.text.get_mut(start..) {
                    added.make_ascii_lowercase();
                }
            }
            Ok(text) => self.text.extend_from_slice(lower(text).as_bytes()),
            Err(_) => {}
        }
        self.masks.push(mask(self.text.get(start..).unwrap_or_default()));
        self.text.push(GAP);
    }

    /// Number of the last entry; 0 without any.
    pub(super) fn last(&self) -> i64 {
        self.entries.last().map_or(0, |(number, _)| *number)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn append(&mut self, other: Self) {
        let before = self.text.len();
        self.text.extend_from_slice(&other.text);
        self.entries.extend(other.entries.into_iter().map(|(number, start)| (number, before + start)));
        self.masks.extend(other.masks);
    }

    fn start(&self, at: usize) -> usize {
        self.entries.get(at).map_or(self.text.len(), |(_, start)| *start)
    }

    fn entry(&self, at: usize) -> &[u8] {
        self.text.get(self.start(at)..self.start(at + 1).saturating_sub(1)).unwrap_or_default()
    }
}

/// The characters of a text in lower case as bits: letters and digits of ASCII one each, all
/// other ASCII shared, and every bit where there is more than ASCII.
fn mask(text: &[u8]) -> u64 {
    text.iter().fold(0, |mask, byte| mask | BITS.get(usize::from(*byte)).copied().unwrap_or_default())
}

/// The [`bit`] of each byte: all ids of a store are read for the first search.
static BITS: [u64; 256] = {
    let mut bits = [0; 256];
    let mut byte = u8::MAX;
    while byte > 0 {
        bits[byte as usize] = bit(byte);
        byte -= 1;
    }
    bits[0] = bit(0);
    bits
};

const fn bit(byte: u8) -> u64 {
    match byte {
        b'a'..=b'z' => 1 << (byte - b'a'),
        b'0'..=b'9' => 1 << (26 + byte - b'0'),
        0..=0x7f => 1 << (36 + byte % 28),
        _ => u64::MAX,
    }
}

/// Whether an entry, or what follows `$device:` in it, begins with `needle`.
fn is_prefix(entry: &[u8], needle: &[u8]) -> bool {
    let after_device = || entry.strip_prefix(DEVICE_PREFIX.as_bytes());
    entry.starts_with(needle) || after_device().is_some_and(|rest| rest.starts_with(needle))
}

#[cfg(test)]
mod tests;
