//! What a journey's ids are to each other, as tables: calls in order of arrival, the lookup
//! table, devices, and the moments at which something of it changed.
//!
//! Everything follows from the [`Journey`] alone. Cost: a few passes over its rows.

use std::collections::{HashMap, HashSet};

use super::journey::{AliasLine, Journey, PointKind, Reason, State, Step, Verdict};
use crate::model::facts::Arrival;
use crate::model::{Id, Millis};

/// The tables of one journey.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// What was called, and what was inferred to have been called, in order of arrival.
    pub calls: Vec<Call>,
    /// The lookup table, in order of arrival.
    pub table: Vec<Entry>,
    /// Devices that rows of the user or of its orphans name, in order of their first row.
    pub devices: Vec<Device>,
    /// When something changed, in order of arrival.
    pub changes: Vec<Change>,
    /// When the row of each point arrived: index in [`Journey::points`].
    pub point_arrivals: Vec<Option<Arrival>>,
}

/// One line of the calls: an index into the journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// An alias call: index in [`Journey::aliases`].
    Alias(usize),
    /// An identify point or a reset: index in [`Journey::points`].
    Point(usize),
}

/// One row of the lookup table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The accepted call: index in [`Journey::aliases`].
    pub call: usize,
    /// What it maps.
    pub alias: Id,
    /// What it maps it to.
    pub target: Id,
    /// The row of the target, where that is an alias too: index in [`Register::table`].
    pub next: Option<usize>,
    /// Rows of the table from here to the end of the chain, this one among them.
    pub hops: usize,
    /// Rows that were stored under the root because of it, also those of longer chains.
    pub through: u64,
}

/// A device as far as rows name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id, bare.
    pub id: Id,
    /// Rows of the user that name it.
    pub rows: u64,
    /// Rows of orphans that name it.
    pub orphaned: u64,
    /// Time of the first of all of them.
    pub first: Millis,
    /// Time of the last.
    pub last: Millis,
    /// Ids that its rows were sent under, in order of time.
    pub ids: Vec<Id>,
    /// Number of its first row in the store.
    pub row: i64,
}

/// Something that changed the table or brought an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What arrived; the change is there from this place on.
    pub arrival: Arrival,
    /// What it is.
    pub kind: ChangeKind,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// An alias call arrived, accepted or not.
    Call {
        /// The key asked for.
        alias: Option<Id>,
        /// What it was to point at.
        target: Option<Id>,
        /// What became of it.
        verdict: Verdict,
    },
    /// A row showed that the user became known, or that a device's state ended.
    Point {
        /// What it shows.
        kind: PointKind,
        /// The id that became known, or that began.
        id: Id,
    },
    /// The first row of an id of the user.
    Appears(Id),
    /// The first row of an id that is an orphan today.
    Orphan(Id),
}

impl AliasLine {
    /// Its place in the order of arrival.
    pub fn arrival(&self) -> Arrival {
        Arrival { at: self.order, rank: self.source.rank, line: self.source.line, row: self.row }
    }
}

impl Register {
    /// The tables of a journey.
    pub fn of(journey: &Journey) -> Self {
        let point_arrivals = point_arrivals(journey);
        Self {
            calls: calls(journey, &point_arrivals),
            table: table(journey),
            devices: devices(journey),
            changes: changes(journey, &point_arrivals),
            point_arrivals,
        }
    }

    /// The ids from the key of a row of the table to the end of its chain, both included.
    pub fn chain<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = &'a Id> {
        let next = |entry: &&'a Entry| self.table.get(entry.next?);
        let targets = std::iter::successors(Some(entry), next).map(|entry| &entry.target);
        std::iter::once(&entry.alias).chain(targets.take(entry.hops))
    }

    /// When a line of the calls arrived: the place, and whether a field of the row says so.
    pub fn arrival_of(&self, journey: &Journey, call: Call) -> Option<Arrival> {
        match call {
            Call::Alias(at) => journey.aliases.get(at).map(AliasLine::arrival),
            Call::Point(at) => self.point_arrivals.get(at).copied().flatten(),
        }
    }
}

fn every_step(journey: &Journey) -> impl Iterator<Item = &Step> {
    journey.steps.iter().chain(journey.orphans.iter().flat_map(|orphan| &orphan.steps))
}

fn point_arrivals(journey: &Journey) -> Vec<Option<Arrival>> {
    let wanted: HashSet<i64> = journey.points.iter().map(|point| point.row).collect();
    let found: HashMap<i64, Arrival> = every_step(journey)
        .filter(|step| wanted.contains(&step.event.row))
        .map(|step| (step.event.row, step.event.arrival()))
        .collect();
    journey.points.iter().map(|point| found.get(&point.row).copied()).collect()
}

fn calls(journey: &Journey, point_arrivals: &[Option<Arrival>]) -> Vec<Call> {
    let aliases = journey.aliases.iter().enumerate().map(|(at, line)| (line.arrival(), Call::Alias(at)));
    let points = journey.points.iter().zip(point_arrivals).enumerate();
    // The accepted calls are points too, and stand there as calls.
    let points = points.filter(|(_, (point, _))| point.kind != PointKind::Alias).map(|(at, (point, arrival))| {
        let stated = Arrival { at: point.time, rank: point.source.rank, line: point.source.line, row: point.row };
        (arrival.unwrap_or(stated), Call::Point(at))
    });
    let mut calls: Vec<(Arrival, Call)> = aliases.chain(points).collect();
    calls.sort_by_key(|(arrival, _)| *arrival);
    calls.into_iter().map(|(_, call)| call).collect()
}

fn table(journey: &Journey) -> Vec<Entry> {
    // Calls are in order of arrival, and so are their indexes.
    let accepted = |(call, line): (usize, &AliasLine)| {
        let (alias, target) = (line.alias.clone()?, line.target.clone()?);
        let entry = Entry { call, alias, target, next: None, hops: 0, through: 0 };
        (line.verdict == Verdict::Accepted).then_some(entry)
    };
    let mut table: Vec<Entry> = journey.aliases.iter().enumerate().filter_map(accepted).collect();
    let by_alias: HashMap<Id, usize> = table.iter().enumerate().map(|(at, entry)| (entry.alias.clone(), at)).collect();
    let mut rows: HashMap<usize, u64> = HashMap::new();
    for step in &journey.steps {
        if let (Reason::Through { call, .. }, State::Merged) = (&step.reason, step.state) {
            *rows.entry(*call).or_default() += 1;
        }
    }
    for entry in &mut table {
        entry.next = by_alias.get(&entry.target).copied();
        entry.through = rows.get(&entry.call).copied().unwrap_or(0);
    }
    let outwards = outwards(&table);
    // What goes through a row goes through those after it.
    for at in outwards.iter().rev() {
        let Some((through, next)) = table.get(*at).map(|entry| (entry.through, entry.next)) else { continue };
        if let Some(next) = next.and_then(|next| table.get_mut(next)) {
            next.through += through;
        }
    }
    for at in outwards {
        let next = table.get(at).and_then(|entry| table.get(entry.next?));
        let hops = next.map_or(0, |next| next.hops) + 1;
        if let Some(entry) = table.get_mut(at) {
            entry.hops = hops;
        }
    }
    table
}

/// The rows of a table, each after the one that its target has.
fn outwards(table: &[Entry]) -> Vec<usize> {
    let mut order = Vec::with_capacity(table.len());
    let mut seen = vec![false; table.len()];
    for at in 0..table.len() {
        let mut way = Vec::new();
        let mut at = Some(at);
        while let Some((here, seen)) = at.and_then(|at| Some((at, seen.get_mut(at)?))).filter(|(_, seen)| !**seen) {
            *seen = true;
            way.push(here);
            at = table.get(here).and_then(|entry| entry.next);
        }
        order.extend(way.into_iter().rev());
    }
    order
}

fn devices(journey: &Journey) -> Vec<Device> {
    let mut devices: HashMap<&Id, Device> = HashMap::new();
    let own = journey.steps.iter().map(|step| (step, false));
    let orphaned = journey.orphans.iter().flat_map(|orphan| &orphan.steps).map(|step| (step, true));
    let mut steps: Vec<(&Step, bool)> = own.chain(orphaned).filter(|(step, _)| step.event.device.is_some()).collect();
    steps.sort_by_key(|(step, _)| (step.event.time, step.event.arrival()));
    for (step, orphaned) in steps {
        let event = &step.event;
        let Some(id) = &event.device else { continue };
        let device = devices.entry(id).or_insert_with(|| Device {
            id: id.clone(),
            rows: 0,
            orphaned: 0,
            first: event.time,
            last: event.time,
            ids: Vec::new(),
            row: event.row,
        });
        *(if orphaned { &mut device.orphaned } else { &mut device.rows }) += 1;
        device.last = device.last.max(event.time);
        if let Some(sent) = event.id.as_ref().filter(|sent| !device.ids.contains(sent)) {
            device.ids.push(sent.clone());
        }
    }
    let mut devices: Vec<Device> = devices.into_values().collect();
    devices.sort_by_key(|device| (device.first, device.row));
    devices
}

fn changes(journey: &Journey, point_arrivals: &[Option<Arrival>]) -> Vec<Change> {
    let mut first: HashMap<&Id, (Arrival, bool)> = HashMap::new();
    let own = journey.steps.iter().map(|step| (step, false));
    let orphaned = journey.orphans.iter().flat_map(|orphan| &orphan.steps).map(|step| (step, true));
    for (step, orphaned) in own.chain(orphaned) {
        let Some(id) = &step.event.id else { continue };
        let arrival = step.event.arrival();
        first.entry(id).and_modify(|known| known.0 = known.0.min(arrival)).or_insert((arrival, orphaned));
    }
    let appear = first.into_iter().map(|(id, (arrival, orphaned))| Change {
        arrival,
        kind: if orphaned { ChangeKind::Orphan(id.clone()) } else { ChangeKind::Appears(id.clone()) },
    });
    let calls = journey.aliases.iter().map(|line| Change {
        arrival: line.arrival(),
        kind: ChangeKind::Call { alias: line.alias.clone(), target: line.target.clone(), verdict: line.verdict },
    });
    let points = journey.points.iter().zip(point_arrivals).filter_map(|(point, arrival)| {
        Some(Change { arrival: (*arrival)?, kind: ChangeKind::Point { kind: point.kind, id: point.id.clone() } })
    });
    let mut changes: Vec<Change> = calls.chain(points).chain(appear).collect();
    let weight = |kind: &ChangeKind| match kind {
        ChangeKind::Appears(_) | ChangeKind::Orphan(_) => 0,
        ChangeKind::Point { .. } => 1,
        ChangeKind::Call { .. } => 2,
    };
    changes.sort_by_key(|change| (change.arrival, weight(&change.kind)));
    // The row of a call is often the first of its id: one moment, listed as the call.
    let mut kept: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        match kept.last_mut() {
            Some(last) if last.arrival == change.arrival => *last = change,
            _ => kept.push(change),
        }
    }
    kept
}
