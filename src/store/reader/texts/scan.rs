//! Looking through all entries, on every core, for the best of them.

use std::cmp::Ordering;
use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;

use memchr::memmem::Finder;

use crate::model::threads::join;

use super::{GAP, Stop, Stopped, TextHit, Texts, is_prefix};

/// Entries of one piece: between two pieces is asked whether to stop, a fraction of a
/// millisecond apart. Tests have many of them.
const PIECE: usize = if cfg!(test) { 8 } else { 1 << 13 };

/// Pieces from which on other threads help.
const MANY_PIECES: usize = 8;

/// Threads that look, at most.
const THREADS: usize = 8;

/// Longest text for which the entries that begin with it are looked for first: it stands in so
/// many that noting all of them is what costs.
const SHORT: usize = 3;

impl Texts {
    pub(super) fn find(&self, needle: &[u8], limit: usize, stop: Stop<'_>) -> Result<Vec<TextHit>, Stopped> {
        if needle.len() <= SHORT {
            let begins = self.best_of(limit, stop, |piece, best| {
                for at in piece {
                    let entry = self.entry(at);
                    if is_prefix(entry, needle) {
                        best.add(Found { class: 0, length: entry.len(), at });
                    }
                }
            })?;
            if begins.len() >= limit {
                return Ok(self.hits(begins));
            }
        }
        let finder = Finder::new(needle);
        let found = self.best_of(limit, stop, |piece, best| self.find_in(piece, &finder, best))?;
        Ok(self.hits(found))
    }

    fn hits(&self, found: Vec<Found>) -> Vec<TextHit> {
        let hit = |found: Found| Some(TextHit { number: self.entries.get(found.at)?.0, prefix: found.class == 0 });
        found.into_iter().filter_map(hit).collect()
    }

    fn find_in(&self, piece: Range<usize>, finder: &Finder<'_>, best: &mut Best<'_>) {
        let end = self.start(piece.end);
        let mut from = self.start(piece.start);
        // The entry of a match is looked for from the entry of the match before.
        let mut entry = piece.start;
        while let Some(found) = self.text.get(from..end).and_then(|rest| finder.find(rest)) {
            let place = from + found;
            entry = self.entry_at(place, entry, piece.end);
            let text = self.entry(entry);
            let class = u32::from(!is_prefix(text, finder.needle()));
            best.add(Found { class, length: text.len(), at: entry });
            entry += 1;
            from = self.start(entry);
        }
    }

    /// The entry with `place` in it, which is `from` or a later one before `end`.
    fn entry_at(&self, place: usize, from: usize, end: usize) -> usize {
        let mut step = 1;
        while from + step < end && self.start(from + step) <= place {
            step *= 2;
        }
        let (low, high) = (from + step / 2, (from + step).min(end));
        let starts = self.entries.get(low..high).unwrap_or_default();
        (low + starts.partition_point(|(_, start)| *start <= place)).saturating_sub(1)
    }

    /// Calls `look` with every piece of the entries, from several threads if there are many, and
    /// gives the best `limit` that it found, best first.
    pub(super) fn best_of<'t>(
        &'t self,
        limit: usize,
        stop: Stop<'_>,
        look: impl Fn(Range<usize>, &mut Best<'t>) + Sync,
    ) -> Result<Vec<Found>, Stopped> {
        let pieces = self.entries.len().div_ceil(PIECE);
        let next = AtomicUsize::new(0);
        let stopped = AtomicBool::new(false);
        let work = || {
            let mut best = Best::new(self, limit);
            loop {
                let piece = next.fetch_add(1, Relaxed);
                if piece >= pieces || stopped.load(Relaxed) {
                    return best.found();
                }
                if stop() {
                    stopped.store(true, Relaxed);
                }
                let start = piece * PIECE;
                look(start..(start + PIECE).min(self.entries.len()), &mut best);
            }
        };
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
        let found = if threads == 1 || pieces < MANY_PIECES {
            work()
        } else {
            thread::scope(|scope| {
                let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
                let mut best = Best::new(self, limit);
                best.take(work());
                for helper in helpers {
                    best.take(join(helper));
                }
                best.found()
            })
        };
        if stopped.load(Relaxed) { Err(Stopped) } else { Ok(found) }
    }
}

/// An entry that was found, and what ranks it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Lower is better.
    pub(super) class: u32,
    /// Bytes of the entry; shorter is better.
    pub(super) length: usize,
    /// Its index.
    pub(super) at: usize,
}

/// The best entries so far, with some more of them until the next cut.
pub(super) struct Best<'t> {
    texts: &'t Texts,
    limit: usize,
    found: Vec<Found>,
    /// What is worse than this is not among them.
    worst: (u32, usize),
}

impl<'t> Best<'t> {
    fn new(texts: &'t Texts, limit: usize) -> Self {
        Self { texts, limit, found: Vec::new(), worst: (u32::MAX, usize::MAX) }
    }

    pub(super) fn add(&mut self, found: Found) {
        if (found.class, found.length) > self.worst {
            return;
        }
        self.found.push(found);
        if self.found.len() >= self.limit.saturating_mul(2).saturating_add(1024) {
            self.cut();
        }
    }

    fn take(&mut self, others: Vec<Found>) {
        for found in others {
            self.add(found);
        }
    }

    fn cut(&mut self) {
        let texts = self.texts;
        if let Some(last) = self.limit.checked_sub(1).filter(|last| *last < self.found.len()) {
            self.found.select_nth_unstable_by(last, |one, other| compare(texts, one, other));
            self.found.truncate(self.limit);
            if let Some(worst) = self.found.last() {
                self.worst = (worst.class, worst.length);
            }
        }
    }

    fn found(mut self) -> Vec<Found> {
        self.cut();
        self.found.truncate(self.limit);
        let texts = self.texts;
        self.found.sort_unstable_by(|one, other| compare(texts, one, other));
        self.found
    }
}

fn compare(texts: &Texts, one: &Found, other: &Found) -> Ordering {
    (one.class, one.length)
        .cmp(&(other.class, other.length))
        .then_with(|| texts.entry(one.at).cmp(texts.entry(other.at)))
        .then_with(|| one.at.cmp(&other.at))
}

/// [`GAP`] is in no needle, so that no match goes over two entries.
const _: () = assert!(GAP > 0xf4, "GAP is in no UTF-8");
