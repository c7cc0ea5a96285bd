//! Facts with what every rule set needs of them: one history under several rule sets is prepared once.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::Facts;
use super::legacy::{World, deliveries};
use crate::model::Id;
use crate::model::facts::{Event, Sender, Source};

/// Facts, indexed, with each of their rows once.
pub struct Prepared<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// The same with the table of aliases and indexes.
    pub world: World<'a>,
    /// Each row with an id once, by time, then arrival, with the places of its other deliveries.
    pub(super) rows: Vec<(&'a Arc<Event>, Vec<Source>)>,
}

impl<'a> Prepared<'a> {
    /// Indexes the facts.
    pub fn new(facts: &'a Facts) -> Self {
        let world = World::new(facts);
        let mut seen = FxHashSet::default();
        let mut ids: Vec<Id> = Vec::new();
        let mut before: Option<&Id> = None;
        for id in facts.events.iter().filter_map(|event| event.id.as_ref()) {
            if before != Some(id) && seen.insert(id) {
                ids.push(id.clone());
            }
            before = Some(id);
        }
        let rows = deliveries(&world, &ids).into_rows().collect();
        Self { facts, world, rows }
    }

    /// Every row with an id, in order of arrival, all deliveries.
    pub(super) fn by_arrival(&self) -> Vec<&'a Event> {
        let mut events: Vec<&Event> = self.with_id().collect();
        events.sort_unstable_by_key(|event| event.arrival());
        events
    }

    /// The first row of each sender, in order of arrival.
    pub(super) fn first_of_senders(&self) -> Vec<&'a Event> {
        let mut first: Vec<&Event> = Vec::new();
        let mut at: FxHashMap<*const Sender, usize> = FxHashMap::default();
        let mut last: Option<(*const Sender, usize)> = None;
        for event in self.with_id() {
            let sender = Arc::as_ptr(&event.sender);
            let place = match last {
                // Saves the look at the map, which knows the sender as well.
                Some((same, place)) if same == sender => place,
                _ => *at.entry(sender).or_insert_with(|| {
                    first.push(event);
                    first.len() - 1
                }),
            };
            last = Some((sender, place));
            // No two rows arrive at once.
            if let Some(known) = first.get_mut(place).filter(|known| event.arrival() < known.arrival()) {
                *known = event;
            }
        }
        first.sort_unstable_by_key(|event| event.arrival());
        first
    }

    /// A row without an id is no one's, and says nothing of others.
    fn with_id(&self) -> impl Iterator<Item = &'a Event> + use<'a> {
        self.facts.events.iter().map(|event| &**event).filter(|event| event.id.is_some())
    }
}
