//! Lanes by device in place of lanes by id.
//!
//! A lane is what rows say as their device, and one more is of the rows that say none. They
//! stand in the order in which they come up; where more devices than `OWN_LANES` would share the
//! last place, those with the fewest rows do. Labels are numbers: letters are of ids, and both
//! stand on one screen. O(n) for an order of the rows.

use std::collections::HashMap;

use crate::identity::{Journey, State};
use crate::model::Id;

use super::order::Track;
use super::{Entry, Order, Timeline, event, index, step};

/// Lanes that have a place of their own when there are more.
const OWN_LANES: usize = 7;

/// One device, with a fixed place from left to right.
#[derive(Clone, Debug)]
pub struct Device {
    /// What its rows call it; nothing for rows that name no device.
    pub id: Option<Id>,
    /// `1`, `2` and so on.
    pub label: String,
    /// Its rows.
    pub rows: usize,
    first: usize,
    last: usize,
    /// Its first merged row.
    counts: Option<usize>,
}

/// The devices of the rows in one order.
#[derive(Clone, Debug, Default)]
pub struct Devices {
    list: Vec<Device>,
    /// The lane of each position.
    lanes: Vec<u32>,
}

impl Devices {
    /// The devices of the rows of an order.
    pub fn new(journey: &Journey, timeline: &Timeline, order: &Order) -> Self {
        let mut found: Vec<Device> = Vec::new();
        let mut known: HashMap<Option<&Id>, u32> = HashMap::new();
        let mut lanes: Vec<u32> = Vec::with_capacity(order.rows().len());
        for position in 0..order.rows().len() {
            let Some(row) = order.row(timeline, position) else { break };
            let device = device(journey, timeline, order, position);
            let at = *known.entry(device).or_insert_with(|| {
                let id = device.cloned();
                let label = String::new();
                found.push(Device { id, label, rows: 0, first: position, last: position, counts: None });
                index(found.len() - 1)
            });
            lanes.push(at);
            let Some(lane) = found.get_mut(at as usize) else { continue };
            lane.rows += 1;
            lane.last = position;
            let is_unmerged = matches!(row.entry, Entry::Orphan(..))
                || step(journey, row.entry).is_some_and(|step| step.state != State::Merged);
            if !is_unmerged && lane.counts.is_none() {
                lane.counts = Some(position);
            }
        }
        // In the order in which they come up, but what shares a place is what is used least.
        let mut places: Vec<usize> = (0..found.len()).collect();
        if found.len() > OWN_LANES + 1 {
            let rows = |at: &usize| found.get(*at).map_or(0, |device| device.rows);
            places.sort_by_key(|at| std::cmp::Reverse(rows(at)));
            if let Some(unmerged) = places.get_mut(..OWN_LANES) {
                unmerged.sort_unstable();
            }
        }
        let mut lane_of = vec![0; found.len()];
        let mut list = Vec::with_capacity(found.len());
        for (lane, at) in places.into_iter().enumerate() {
            if let (Some(device), Some(of)) = (found.get(at), lane_of.get_mut(at)) {
                *of = index(lane);
                list.push(Device { label: label(lane), ..device.clone() });
            }
        }
        for lane in &mut lanes {
            *lane = lane_of.get(*lane as usize).copied().unwrap_or(0);
        }
        Self { list, lanes }
    }

    /// Every lane, from left to right.
    pub fn list(&self) -> &[Device] {
        &self.list
    }

    /// The lane of a position.
    pub fn lane(&self, position: usize) -> Option<u32> {
        self.lanes.get(position).copied()
    }

    /// How a lane is drawn at a position.
    pub fn track(&self, lane: usize, position: usize) -> Track {
        match self.list.get(lane) {
            Some(device) if (device.first..=device.last).contains(&position) => {
                if device.counts.is_some_and(|counts| counts <= position) { Track::Counts } else { Track::Unmerged }
            }
            _ => Track::None,
        }
    }
}

/// The device of a position; a reset has that of the row which shows it.
fn device<'j>(journey: &'j Journey, timeline: &Timeline, order: &Order, position: usize) -> Option<&'j Id> {
    let entry = order.row(timeline, position)?.entry;
    let Entry::Reset(point) = entry else { return event(journey, entry)?.device.as_ref() };
    let row = journey.points.get(point as usize)?.row;
    let next = event(journey, order.row(timeline, position + 1)?.entry)?;
    next.device.as_ref().filter(|_| next.row == row)
}

/// Ids have letters, and numbers from 27 on.
fn label(at: usize) -> String {
    if at < 26 { (at + 1).to_string() } else { format!("d{}", at + 1) }
}
