//! Columns that were written before.
//!
//! A user may have millions of rows, which have a few names, ids and reasons: each text is cleaned,
//! cut and padded once. What is borrowed is known by its place in memory, which is not taken by
//! anything else as long as the journey is there.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::lanes::Lanes;
use crate::identity::{Phase, Reason, State};
use crate::model::Id;
use crate::report::look::Class;

/// Texts of one kind that are kept; beyond, all are dropped and made again.
const MOST: usize = 4096;

/// Columns by what they tell.
#[derive(Default)]
pub(super) struct Cells {
    lane: Kept<usize, Option<usize>>,
    lanes: Kept<(Option<usize>, Class), String>,
    /// The lines between which the texts of `lanes` hold, those two left out.
    between: Option<(usize, usize)>,
    event: Kept<(usize, Class), String>,
    sent: Kept<Option<usize>, String>,
    because: Kept<(Reason, State, Phase), String>,
}

impl Cells {
    /// The lane of an id.
    pub(super) fn lane(&mut self, id: Option<&Id>, find: impl FnOnce(&Id) -> Option<usize>) -> Option<usize> {
        id.and_then(|id| *self.lane.of(id.place(), || find(id)))
    }

    /// The lanes at line `number` with a mark in one of them and no tie.
    pub(super) fn lanes(
        &mut self,
        number: usize,
        lanes: &Lanes<'_>,
        mark: (Option<usize>, Class),
        draw: impl FnOnce(&Lanes<'_>) -> String,
    ) -> &str {
        if !self.between.is_some_and(|(from, to)| from < number && number < to) {
            // Lines where a lane begins or ends are drawn for themselves.
            self.between = lanes.steady(number);
            self.lanes.clear();
        }
        self.lanes.of(mark, || draw(lanes))
    }

    /// The name of an event.
    pub(super) fn event(&mut self, name: &Arc<str>, class: Class, make: impl FnOnce(&str) -> String) -> &str {
        self.event.of((Arc::as_ptr(name).addr(), class), || make(name))
    }

    /// The id that a row was sent under.
    pub(super) fn sent(&mut self, id: Option<&Id>, make: impl FnOnce(Option<&Id>) -> String) -> &str {
        self.sent.of(id.map(Id::place), || make(id))
    }

    /// State and reason.
    pub(super) fn because(
        &mut self,
        reason: &Reason,
        state: State,
        phase: Phase,
        make: impl FnOnce() -> String,
    ) -> &str {
        self.because.of((reason.clone(), state, phase), make)
    }
}

struct Kept<K, V> {
    known: FxHashMap<K, V>,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self { known: FxHashMap::default() }
    }
}

impl<K: Hash + Eq, V> Kept<K, V> {
    fn of(&mut self, key: K, make: impl FnOnce() -> V) -> &V {
        if self.known.len() >= MOST && !self.known.contains_key(&key) {
            self.known.clear();
        }
        self.known.entry(key).or_insert_with(make)
    }

    fn clear(&mut self) {
        self.known.clear();
    }
}
