//! Laying a journey out: its rows by time, its lanes, and what is counted over all of them.

use std::collections::{HashMap, HashSet};

use crate::identity::naming::letter;
use crate::identity::{Journey, Point, PointKind, Reason, Role, State, Strength};
use crate::model::facts::{Arrival, Event};
use crate::model::{Id, Millis};

use super::{Coverage, Entry, Key, Known, Lane, LaneKind, PARTS, Row, Traits, event, index};

/// All rows by time, and where the phase changes.
pub(super) fn rows(journey: &Journey, calls: &HashMap<i64, usize>) -> (Vec<Row>, Known) {
    let pointed: HashSet<i64> = journey.points.iter().map(|point| point.row).collect();
    let mut key_of: HashMap<i64, Key> = HashMap::new();
    let mut shown_calls: HashSet<i64> = HashSet::new();
    let mut keyed: Vec<(Key, Entry)> = Vec::with_capacity(journey.steps.len() + journey.points.len());
    let mut add = |entry: Entry, event: &Event| {
        let key = (event.time, event.arrival(), 1);
        if pointed.contains(&event.row) {
            key_of.insert(event.row, key);
        }
        if calls.contains_key(&event.row) {
            shown_calls.insert(event.row);
        }
        keyed.push((key, entry));
    };
    for (at, step) in journey.steps.iter().enumerate() {
        add(Entry::Step(index(at)), &step.event);
    }
    for (at, orphan) in journey.orphans.iter().enumerate() {
        for (step_at, step) in orphan.steps.iter().enumerate() {
            add(Entry::Orphan(index(at), index(step_at)), &step.event);
        }
    }
    for (at, line) in journey.aliases.iter().enumerate() {
        if line.from_table || !shown_calls.contains(&line.row) {
            let arrival = Arrival { at: line.order, rank: line.source.rank, line: line.source.line, row: line.row };
            keyed.push(((line.time, arrival, 1), Entry::Call(index(at))));
        }
    }
    for (at, point) in journey.points.iter().enumerate() {
        if point.kind == PointKind::Reset {
            let (time, arrival, _) = key_of.get(&point.row).copied().unwrap_or_else(|| key_of_point(point));
            keyed.push(((time, arrival, 0), Entry::Reset(index(at))));
        }
    }
    keyed.sort_by_key(|(key, _)| *key);
    let known = journey
        .points
        .iter()
        .enumerate()
        .filter(|(_, point)| point.kind != PointKind::Reset)
        .map(|(at, point)| (key_of.get(&point.row).copied().unwrap_or_else(|| key_of_point(point)), at))
        .min_by_key(|(key, _)| *key)
        .map(|(key, at)| (keyed.partition_point(|(other, _)| *other < key), index(at)))
        .filter(|(at, _)| *at < keyed.len());
    let row = |((time, arrival, _), entry)| Row { entry, time, arrival, lane: None, traits: Traits::default() };
    (keyed.into_iter().map(row).collect(), known)
}

fn key_of_point(point: &Point) -> Key {
    let arrival = Arrival { at: point.time, rank: point.source.rank, line: point.source.line, row: point.row };
    (point.time, arrival, 1)
}

/// One lane for each id of the user, then one for each orphan.
pub(super) fn lanes(journey: &Journey) -> (Vec<Lane>, HashMap<Id, usize>) {
    let mut lanes: Vec<Lane> = Vec::new();
    let mut lane_of = HashMap::new();
    let mut add = |ids: &mut dyn Iterator<Item = &Id>, kind: LaneKind| {
        let at = lanes.len();
        let mut ids = ids.peekable();
        if let Some(id) = ids.peek() {
            lanes.push(Lane { id: (*id).clone(), kind, label: letter(at) });
        }
        for id in ids {
            lane_of.entry(id.clone()).or_insert(at);
        }
    };
    for member in &journey.ids {
        let kind = if member.role == Role::Root { LaneKind::Root } else { LaneKind::Alias };
        add(&mut std::iter::once(&member.id), kind);
    }
    for orphan in &journey.orphans {
        add(&mut std::iter::once(&orphan.id).chain(&orphan.ids), LaneKind::Orphan);
    }
    (lanes, lane_of)
}

pub(super) fn activity(rows: &[Row]) -> Vec<u64> {
    let mut parts = vec![0; PARTS];
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Vec::new() };
    for row in rows {
        if let Some(count) = parts.get_mut(part(row.time, first.time, last.time)) {
            *count += 1;
        }
    }
    parts
}

/// The part of the whole time that a moment is in.
pub(super) fn part(time: Millis, first: Millis, last: Millis) -> usize {
    let whole = last.saturating_sub(first).max(1);
    let part = i128::from(time.saturating_sub(first)) * (PARTS as i128 - 1) / i128::from(whole);
    usize::try_from(part).unwrap_or(0)
}

pub(super) fn coverage(journey: &Journey) -> Coverage {
    let mut coverage = Coverage { refused: journey.refused().count() as u64, ..Coverage::default() };
    let mut devices: HashSet<&Id> = HashSet::new();
    for step in &journey.steps {
        devices.extend(step.event.device.as_ref());
        match (&step.reason, step.state) {
            (_, State::Split(_)) => coverage.split += 1,
            (Reason::Through { .. }, State::Merged) => coverage.through += 1,
            (_, State::Merged) => coverage.own += 1,
        }
    }
    coverage.devices = devices.len() as u64;
    for orphan in &journey.orphans {
        let rows = orphan.steps.len() as u64;
        let place = match (orphan.contested, orphan.strength) {
            (true, _) => &mut coverage.contested,
            (false, Strength::Weak) => &mut coverage.hinted,
            (false, _) => &mut coverage.orphaned,
        };
        *place += rows;
    }
    coverage
}

/// For each row the one before of the same device, else of the same id; `u32::MAX` for none.
pub(super) fn before(journey: &Journey, rows: &[Row]) -> Vec<u32> {
    let mut last: HashMap<(bool, &Id), u32> = HashMap::new();
    let of = |(at, row): (usize, &Row)| {
        let event = event(journey, row.entry)?;
        let key = match (&event.device, &event.id) {
            (Some(device), _) => (true, device),
            (None, Some(id)) => (false, id),
            (None, None) => return None,
        };
        last.insert(key, index(at))
    };
    rows.iter().enumerate().map(of).map(|before| before.unwrap_or(u32::MAX)).collect()
}
