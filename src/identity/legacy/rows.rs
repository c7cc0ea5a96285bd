//! The rows of one user: each once, by time, and where each of them is stored.
//!
//! Cost: a journey may have a hundred thousand rows, so what depends on the id of a row alone
//! is worked out once for each id ([`Memo`]), and a row costs one look-up of its hash and a few
//! comparisons.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};

use rustc_hash::FxHashMap;

use super::super::journey::{AliasLine, Phase, Reason, Split, State, Step};
use super::super::memo::Memo;
use super::table::Way;
use super::world::World;
use crate::model::facts::{Arrival, Event, Source};
use crate::model::{Flags, Id, Millis};

/// A split row that happened no earlier than this before the alias call lost a race; an older
/// one is history. The only number in the sources is "about a second" (identity.md L10, §1.1).
pub const RACE_WINDOW: Millis = 1000;

/// Rows of a user, each once.
pub(in crate::identity) struct Deliveries<'a> {
    /// The first delivery of each row, by time, then arrival.
    kept: Vec<&'a Arc<Event>>,
    /// Places of the other deliveries, in order of arrival, by the number of the first.
    copies: FxHashMap<i64, Vec<Source>>,
}

impl<'a> Deliveries<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Each row with the places of its other deliveries.
    pub(in crate::identity) fn into_rows(self) -> impl Iterator<Item = (&'a Arc<Event>, Vec<Source>)> {
        let Self { kept, mut copies } = self;
        kept.into_iter().map(move |event| (event, copies.remove(&event.row).unwrap_or_default()))
    }
}

/// Each row sent under `ids` once, by time, then arrival, with the places of its other
/// deliveries (captures A8).
///
/// Rows with an `$insert_id` are one when event, id, time and `$insert_id` are equal. Rows
/// without are one only when all of the row is equal *and they stand in different files*: then
/// two exports overlap, while in one file two equal rows are two events.
pub(in crate::identity) fn deliveries<'a>(world: &World<'a>, ids: &[Id]) -> Deliveries<'a> {
    let mut kept = world.events_of_all(ids);
    let mut fates = fates(&kept);
    let mut copies = FxHashMap::default();
    if !fates.is_empty() {
        let mut at = 0;
        kept.retain(|event| {
            at += 1;
            match fates.remove(&(at - 1)) {
                None => true,
                Some(Fate::Kept(others)) => {
                    copies.insert(event.row, others);
                    true
                }
                Some(Fate::Copy) => false,
            }
        });
    }
    // Rows come by time, so there is little to do: the sort merges what is in order.
    kept.sort_by(|one, other| one.time.cmp(&other.time).then_with(|| one.arrival().cmp(&other.arrival())));
    Deliveries { kept, copies }
}

/// What becomes of a row whose hash another row has too.
enum Fate {
    /// It is the first delivery; these are the others.
    Kept(Vec<Source>),
    /// It is another delivery.
    Copy,
}

/// The fates of rows, by their index, as far as other rows decide them.
fn fates(events: &[&Arc<Event>]) -> HashMap<usize, Fate> {
    let suspects = suspects(events);
    let mut first: FxHashMap<i64, usize> = FxHashMap::default();
    let mut alike: HashMap<i64, Vec<usize>> = HashMap::new();
    for (at, event) in events.iter().enumerate().filter(|(_, event)| suspects.has(event.hash)) {
        let known = *first.entry(event.hash).or_insert(at);
        if known != at {
            alike.entry(event.hash).or_insert_with(|| vec![known]).push(at);
        }
    }
    let mut fates = HashMap::new();
    for mut group in alike.into_values() {
        let event = |at: &usize| events.get(*at).copied();
        group.sort_by_key(|at| event(at).map(|event| event.arrival()));
        let mut in_file: HashMap<u32, u32> = HashMap::new();
        let mut kept: HashMap<u32, (usize, Vec<Source>)> = HashMap::new();
        for at in group {
            let Some(event) = event(&at) else { continue };
            let occurrence = if event.flags.has(Flags::HAS_INSERT_ID) {
                0
            } else {
                let count = in_file.entry(event.source.rank).or_default();
                *count += 1;
                *count
            };
            if let Some((_, copies)) = kept.get_mut(&occurrence) {
                copies.push(event.source.clone());
                fates.insert(at, Fate::Copy);
            } else {
                kept.insert(occurrence, (at, Vec::new()));
            }
        }
        fates.extend(kept.into_values().map(|(at, copies)| (at, Fate::Kept(copies))));
    }
    fates
}

/// Marks of hashes, a few bits for each: a mark may stand for two hashes.
///
/// A mark too many makes a row a suspect that no other row is like: it costs time and changes no
/// answer, so no test notices a fault that sets more of them.
struct Marks {
    bits: Vec<u64>,
}

impl Marks {
    /// With room for so many hashes that one in sixteen shares its mark.
    fn for_rows(rows: usize) -> Self {
        Self { bits: vec![0; (rows / 4).next_power_of_two().max(1)] }
    }

    /// Sets the mark of a hash; whether it had been set.
    fn set(&mut self, hash: i64) -> bool {
        let (word, bit) = self.place(hash);
        let Some(bits) = self.bits.get_mut(word) else { return false };
        let was = *bits & bit != 0;
        *bits |= bit;
        was
    }

    fn has(&self, hash: i64) -> bool {
        let (word, bit) = self.place(hash);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }

    fn place(&self, hash: i64) -> (usize, u64) {
        // The high bits of the product depend on all bits of the hash.
        let mixed = hash.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let word = usize::try_from(mixed >> 32).unwrap_or(0) & (self.bits.len() - 1);
        (word, 1 << (mixed >> 26 & 63))
    }
}

/// Hashes that two rows may have. Most rows are alone with their hash, and marks tell so in a
/// hundredth of the memory that a map of all hashes takes.
fn suspects(events: &[&Arc<Event>]) -> Marks {
    let mut met = Marks::for_rows(events.len());
    let met_again: Vec<i64> = events.iter().map(|event| event.hash).filter(|hash| met.set(*hash)).collect();
    let mut suspects = Marks::for_rows(met_again.len().saturating_mul(4));
    for hash in met_again {
        suspects.set(hash);
    }
    suspects
}

/// Alias lines by the number of their row and by the arrival of their call.
pub(super) struct Lines {
    by_row: Vec<(i64, usize)>,
    by_call: HashMap<Arrival, usize>,
}

impl Lines {
    pub(super) fn of(aliases: &[AliasLine]) -> Self {
        let mut by_row: Vec<(i64, usize)> = aliases.iter().enumerate().map(|(at, line)| (line.row, at)).collect();
        by_row.sort_unstable();
        // Of lines with one number the last counts.
        by_row.reverse();
        by_row.dedup_by_key(|(row, _)| *row);
        by_row.reverse();
        let by_call = aliases.iter().enumerate().map(|(at, line)| (line.arrival(), at)).collect();
        Self { by_row, by_call }
    }

    /// The same for rows of an orphan: its calls are listed as calls, and nothing leads through them.
    pub(super) fn of_orphans(&self) -> Self {
        Self { by_row: self.by_row.clone(), by_call: HashMap::new() }
    }

    fn of_row(&self, row: i64) -> Option<usize> {
        let at = self.by_row.binary_search_by_key(&row, |(known, _)| *known).ok()?;
        self.by_row.get(at).map(|(_, line)| *line)
    }
}

/// The rows of a user as steps of a timeline, in the order given.
pub(super) fn steps(world: &World<'_>, root: &Id, rows: Deliveries<'_>, lines: &Lines) -> Vec<Step> {
    let Deliveries { kept, mut copies } = rows;
    let line_of = |id: &Id| world.table.entry(id).and_then(|entry| lines.by_call.get(&entry.arrival)).copied();
    let mut ways: Memo<'_, (Way<'_>, Option<usize>)> = Memo::new();
    let mut steps = Vec::with_capacity(kept.len());
    for event in kept {
        let Some(id) = event.id.as_ref() else { continue };
        let Some((way, line)) = ways.of(id, || (world.table.way(id), line_of(id))) else { continue };
        let stored = world.table.stored_under(id, way, event.arrival());
        let state = if stored == root {
            State::Merged
        } else {
            // The late call is the one that made the id under which the row is stored an alias.
            let called = world.table.entry(stored).and_then(|entry| world.calls.get(entry.call)).map(|call| call.time);
            let race = called.is_some_and(|called| event.time >= called.saturating_sub(RACE_WINDOW));
            State::Split(if race { Split::Race } else { Split::History })
        };
        let reason = match (lines.of_row(event.row), state) {
            (Some(call), _) => Reason::Call { call },
            (None, State::Split(_)) => line_of(stored).map_or(Reason::Own, |call| Reason::Before { call }),
            (None, State::Merged) => line.map_or(Reason::Own, |call| Reason::Through { call, hops: way.hops }),
        };
        let stored_under = stored.clone();
        let copies = copies.remove(&event.row).unwrap_or_default();
        steps.push(Step { event: Arc::clone(event), stored_under, state, phase: Phase::Anonymous, copies, reason });
    }
    steps
}
