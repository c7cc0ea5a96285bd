//! What a refused alias call lost: the rows after it that it would have joined to the user.
//!
//! A row is counted for the last refused call of its id before it, so that calling alias at
//! every login does not count a row twice. Rows before the first such call would have been
//! joined as well, and count with it.

use std::collections::HashMap;

use crate::identity::{Journey, Verdict};
use crate::model::Id;
use crate::model::facts::Place;

use super::{Entry, Timeline, Traits};

/// What was lost with one refused call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// The id that the rows stayed under.
    pub under: Option<Id>,
    /// Rows after it, up to the next such call: numbers in the store.
    pub rows: Vec<i64>,
    /// Rows before the first such call.
    pub before: usize,
}

/// The losses of every refused call that lost anything.
pub(super) fn losses(journey: &Journey, timeline: &Timeline) -> HashMap<usize, Loss> {
    // The refused calls of each lane that is not joined, by time.
    let mut calls: HashMap<u32, Vec<(Place, usize)>> = HashMap::new();
    for (at, line) in journey.aliases.iter().enumerate() {
        let Some(target) = line.target.as_ref().filter(|_| matches!(line.verdict, Verdict::Refused(_))) else {
            continue;
        };
        let lane = |id: &Id| timeline.lane(id).and_then(|lane| u32::try_from(lane).ok());
        let Some(lane_of_target) = lane(target) else { continue };
        let joined = line.alias.as_ref().is_some_and(|alias| lane(alias) == Some(lane_of_target));
        let own =
            timeline.lanes().get(lane_of_target as usize).is_some_and(|lane| lane.kind != super::LaneKind::Orphan);
        // Between two ids of this user there is nothing to lose.
        let within = own && line.alias.as_ref().is_some_and(|alias| timeline.lane(alias).is_some());
        if !joined && !within {
            calls.entry(lane_of_target).or_default().push(((line.time, line.arrival()), at));
        }
    }
    let mut losses: HashMap<usize, Loss> = HashMap::new();
    if calls.is_empty() {
        return losses;
    }
    for calls in calls.values_mut() {
        calls.sort_unstable();
    }
    for row in timeline.rows() {
        let Some(calls) = row.lane.and_then(|lane| calls.get(&lane)) else { continue };
        if row.traits.any(Traits::ALIAS | Traits::REFUSED) || matches!(row.entry, Entry::Reset(_)) {
            continue;
        }
        let Some(event) = super::event(journey, row.entry) else { continue };
        // Whole seconds are no order: arrival and then the order of import decide between equals.
        let past = calls.partition_point(|(place, _)| *place <= event.place());
        match past.checked_sub(1).and_then(|last| calls.get(last)) {
            Some((_, call)) => losses.entry(*call).or_default().rows.push(event.row),
            None => {
                if let Some((_, call)) = calls.first() {
                    losses.entry(*call).or_default().before += 1;
                }
            }
        }
    }
    for (call, loss) in &mut losses {
        loss.under = journey.aliases.get(*call).and_then(|line| line.target.clone());
    }
    losses
}
