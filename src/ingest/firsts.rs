//! The first chunks of the files that the store has, by their hashes.
//!
//! Each file that is read is compared with all of them. One after the other, that made a folder of
//! small files take the square of its time. So the ends that a first chunk can have in this file are
//! looked up by their length, and what is there by its hash.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use xxhash_rust::xxh3::Xxh3;

use super::chunker::CUT;
use crate::formats::Layout;
use crate::store::KnownChunk;

/// Lengths up to which each is tried, wherever lines end.
const FEW: usize = 64;

/// First chunks.
#[derive(Debug, Default)]
pub(super) struct Firsts {
    by_hash: FxHashMap<u64, KnownChunk>,
    lengths: FxHashSet<u64>,
    longest: u64,
}

impl Firsts {
    pub(super) fn of(chunks: Vec<KnownChunk>) -> Self {
        let mut firsts = Self::default();
        for chunk in chunks {
            firsts.add(chunk);
        }
        firsts
    }

    pub(super) fn add(&mut self, chunk: KnownChunk) {
        self.longest = self.longest.max(chunk.bytes);
        self.lengths.insert(chunk.bytes);
        // Of equal ones the first that came counts.
        self.by_hash.entry(chunk.hash).or_insert(chunk);
    }

    /// Bytes of a file in which all first chunks are found.
    pub(super) fn longest(&self) -> usize {
        usize::try_from(self.longest).unwrap_or(usize::MAX)
    }

    /// The chunks that may be the first of a file that begins with `content`, and of all of it if
    /// that is shorter than [`Firsts::longest`].
    pub(super) fn candidates(&self, content: &[u8], layout: Layout) -> Vec<KnownChunk> {
        let mut ends: Vec<usize> = if layout == Layout::Lines && self.lengths.len() > FEW {
            let reach = content.get(..self.longest()).unwrap_or(content);
            // A chunk ends with a line, with or without its end, or with what was the file.
            let breaks = memchr::memchr_iter(b'\n', content.get(..reach.len() + 1).unwrap_or(content));
            let mut ends: Vec<usize> = breaks.flat_map(|at| [at.saturating_sub(1), at, at + 1]).collect();
            ends.push(content.len());
            ends.retain(|end| *end <= reach.len() && self.lengths.contains(&(*end as u64)));
            ends
        } else {
            let lengths = self.lengths.iter().filter_map(|length| usize::try_from(*length).ok());
            lengths.filter(|length| *length <= content.len()).collect()
        };
        ends.sort_unstable();
        ends.dedup();
        let (mut whole, mut cut) = (Xxh3::with_seed(0), Xxh3::with_seed(CUT));
        let mut from = 0;
        let mut found = Vec::new();
        for end in ends {
            let part = content.get(from..end).unwrap_or_default();
            whole.update(part);
            cut.update(part);
            from = end;
            for hash in [whole.digest(), cut.digest()] {
                found.extend(self.by_hash.get(&hash.max(1)).filter(|known| known.bytes == end as u64).cloned());
            }
        }
        found
    }
}

/// The first chunks of the store, for the thread that writes and for the one that reads ahead of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Once they are asked for.
    firsts: Option<Firsts>,
    /// How often others were seen to have added something.
    age: u64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether they were asked for.
    pub(super) fn is_there(&self) -> bool {
        self.state().firsts.is_some()
    }

    /// Takes those of the store, which are asked for.
    pub(super) fn begin(&self, chunks: Vec<KnownChunk>) {
        self.state().firsts = Some(Firsts::of(chunks));
    }

    /// Adds one that this import has added to the store.
    pub(super) fn add(&self, chunk: KnownChunk) {
        if let Some(firsts) = &mut self.state().firsts {
            firsts.add(chunk);
        }
    }

    /// Notes that others have added something: these, and maybe some that are known.
    pub(super) fn add_of_others(&self, chunks: Vec<KnownChunk>) {
        let state = &mut *self.state();
        state.age += 1;
        if let Some(firsts) = &mut state.firsts {
            for chunk in chunks {
                firsts.add(chunk);
            }
        }
    }

    /// How often others were seen to have added something.
    pub(super) fn age(&self) -> u64 {
        self.state().age
    }

    /// [`Firsts::longest`]; 0 while they were not asked for.
    pub(super) fn longest(&self) -> usize {
        self.state().firsts.as_ref().map_or(0, Firsts::longest)
    }

    /// [`Firsts::candidates`]; `None` while they were not asked for.
    pub(super) fn candidates(&self, content: &[u8], layout: Layout) -> Option<Vec<KnownChunk>> {
        Some(self.state().firsts.as_ref()?.candidates(content, layout))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::chunker::hash;

    fn chunk(file: i64, content: &[u8], cut: bool) -> KnownChunk {
        KnownChunk {
            file,
            hash: hash(0, content, cut),
            bytes: content.len() as u64,
            lines: 1,
            latest: None,
            first_line: 1,
        }
    }

    /// The files whose first chunks are found, where there are so many others.
    fn found(others: u64, content: &[u8], layout: Layout) -> Vec<i64> {
        let mut firsts = Firsts::of(vec![
            chunk(1, b"one\n", false),
            chunk(2, b"one\ntwo\n", false),
            chunk(3, b"one\ntwo", true),
            chunk(4, b"other\n", false),
            chunk(5, b"one", true),
        ]);
        for length in 0..others {
            firsts.add(KnownChunk { hash: length + 2, bytes: length, ..chunk(9, b"", false) });
        }
        firsts.candidates(content, layout).into_iter().map(|chunk| chunk.file).collect()
    }

    #[test]
    fn a_file_begins_with_each_chunk_that_is_found_at_a_line_of_it() {
        for others in [0, 1000] {
            for layout in [Layout::Lines, Layout::Nested, Layout::Csv] {
                assert_eq!(found(others, b"one\ntwo\nthree\n", layout), [5, 1, 3, 2], "{others} {layout:?}");
                assert_eq!(found(others, b"one\ntwo", layout), [5, 1, 3], "{others} {layout:?}");
                assert_eq!(found(others, b"other\n", layout), [4]);
                assert_eq!(found(others, b"", layout), Vec::<i64>::new());
            }
            assert_eq!(found(others, b"one\r\ntwo\n", Layout::Lines), [5]);
        }
    }
}
