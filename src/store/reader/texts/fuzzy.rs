//! Entries that are nearly what was typed: with other characters between, or a few edits away.

use nucleo_matcher::{Config, Matcher, Utf32Str, Utf32String};

use super::scan::Found;
use super::{Stop, Stopped, Texts, mask};

/// Fewer characters stand in nearly every id somewhere.
const SHORTEST: usize = 3;

/// The characters may be spread over this many times their number: `salysmith` finds
/// `sally.smith@gmail.com`, and ten digits scattered over a UUID are no match.
const SPREAD: usize = 2;

impl Texts {
    /// Cost: a look at a mask for each entry, and the matcher for those that have all
    /// characters.
    pub(super) fn find_fuzzy(&self, needle: &str, limit: usize, stop: Stop<'_>) -> Result<Vec<i64>, Stopped> {
        let characters = needle.chars().count();
        if characters < SHORTEST || limit == 0 {
            return Ok(Vec::new());
        }
        // What is not ASCII may be folded by the matcher, so it must not be asked for.
        let wanted: Vec<u8> = needle.bytes().filter(u8::is_ascii).collect();
        let wanted = mask(&wanted);
        let needle = Utf32String::from(needle);
        let found = self.best_of(limit, stop, |piece, best| {
            let mut matcher = Matcher::new(Config::DEFAULT);
            let mut buffer = Vec::new();
            let mut places = Vec::new();
            let masks = self.masks.get(piece.clone()).unwrap_or_default();
            for (at, _) in piece.zip(masks).filter(|(_, mask)| **mask & wanted == wanted) {
                let entry = self.entry(at);
                let text = if entry.is_ascii() {
                    Utf32Str::Ascii(entry)
                } else {
                    Utf32Str::new(std::str::from_utf8(entry).unwrap_or_default(), &mut buffer)
                };
                places.clear();
                let Some(points) = matcher.fuzzy_indices_greedy(text, needle.slice(..), &mut places) else { continue };
                let spread = places.last().zip(places.first()).map_or(0, |(last, first)| last.abs_diff(*first));
                if (spread as usize) < SPREAD * characters {
                    best.add(Found { class: u32::MAX - u32::from(points), length: entry.len(), at });
                }
            }
        })?;
        Ok(self.numbers(found))
    }

    /// Cost: an edit distance for each entry of about that length that has about those
    /// characters.
    pub(super) fn find_near(&self, text: &str, limit: usize, stop: Stop<'_>) -> Result<Vec<i64>, Stopped> {
        let length = text.chars().count();
        let allowed = (length / 4).clamp(1, 3);
        let wanted = mask(text.as_bytes());
        let found = self.best_of(limit, stop, |piece, best| {
            let masks = self.masks.get(piece.clone()).unwrap_or_default();
            for (at, mask) in piece.zip(masks) {
                // An edit adds one character at most, and takes away one at most.
                let differ = |one: u64, other: u64| (one & !other).count_ones() as usize;
                let is_ascii = *mask != u64::MAX && wanted != u64::MAX;
                if is_ascii && (differ(*mask, wanted) > allowed || differ(wanted, *mask) > allowed) {
                    continue;
                }
                let Ok(entry) = std::str::from_utf8(self.entry(at)) else { continue };
                if entry.chars().count().abs_diff(length) > allowed {
                    continue;
                }
                let distance = strsim::osa_distance(text, entry);
                if distance <= allowed {
                    best.add(Found { class: u32::try_from(distance).unwrap_or(u32::MAX), length: 0, at });
                }
            }
        })?;
        Ok(self.numbers(found))
    }

    fn numbers(&self, found: Vec<Found>) -> Vec<i64> {
        found.into_iter().filter_map(|found| Some(self.entries.get(found.at)?.0)).collect()
    }
}
