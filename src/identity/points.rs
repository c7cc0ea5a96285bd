//! Where the user became known, and where a device's client state ended.
//!
//! A *client state* is what one SDK remembers between two resets. Its mark in the data is the
//! `$device_id`, and for SDKs that send none (web up to 2.22, identity.md §2.1) the id it
//! sends. A state becomes known once: by the alias it asked for, by its first `$identify`, or,
//! where neither is in the data, by its first row under a known id. The `$identify` rows that
//! follow on each page load are no logins (captures fact 3).
//!
//! A reset is never an event. It is inferred where a state ends and an orphan of the same user
//! begins on the same [`Client`](crate::model::Client), and the earlier state is silent from then on.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::explain;
use super::journey::{AliasLine, Orphan, Point, PointKind, Step, Verdict};
use super::memo::Memo;
use super::world::World;
use crate::model::facts::{Arrival, Event};
use crate::model::row::IDENTIFY;
use crate::model::{Client, Id, Millis};

/// A point with its place in the timeline.
pub(super) struct Found {
    /// The point.
    pub point: Point,
    place: (Millis, Arrival),
}

/// Place of the first point that makes the user known.
pub(super) fn known_from(points: &[Found]) -> Option<(Millis, Arrival)> {
    points.iter().filter(|found| found.point.kind != PointKind::Reset).map(|found| found.place).min()
}

/// Every point, by time.
pub(super) fn find(world: &World<'_>, aliases: &[AliasLine], steps: &[Step], orphans: &[Orphan]) -> Vec<Found> {
    let mut points = Vec::new();
    let mut known_states: HashSet<Id> = HashSet::new();
    let by_row = rows_of(aliases, steps);

    for line in aliases.iter().filter(|line| line.verdict == Verdict::Accepted && !line.from_table) {
        let Some(alias) = &line.alias else { continue };
        let event = by_row.get(&line.row);
        known_states.extend(event.and_then(|event| state_of(event)).cloned());
        known_states.extend(line.target.as_ref().map(Id::to_bare));
        let arrival = Arrival { at: line.order, rank: line.source.rank, line: line.source.line, row: line.row };
        points.push(Found {
            point: Point {
                kind: PointKind::Alias,
                id: alias.clone(),
                time: line.time,
                why: explain::alias_point(line),
                source: line.source.clone(),
                row: line.row,
                inferred: false,
            },
            place: (line.time, arrival),
        });
    }

    let mut identified: HashSet<(Option<&Id>, &Id)> = HashSet::new();
    for event in steps.iter().map(|step| &*step.event).filter(|event| &*event.event == IDENTIFY) {
        let (Some(id), Some(anon)) = (&event.id, &event.other) else { continue };
        let state = event.device.as_ref();
        let echo = known_states.contains(&anon.to_bare());
        if anon == id || echo || !identified.insert((state, anon)) {
            continue;
        }
        points.push(found(PointKind::Identify, id, event, explain::identify_point(event, id, anon), false));
    }
    known_states.extend(identified.iter().map(|(state, anon)| state.map_or_else(|| anon.to_bare(), Id::clone)));

    let mut person: Memo<'_, bool> = Memo::new();
    let mut before = None;
    for event in steps.iter().map(|step| &*step.event) {
        let Some(id) = &event.id else { continue };
        // A row like the one before tells nothing that that one did not.
        let sender = Some((id, &event.device, &event.client));
        if &*event.event == IDENTIFY || sender == before {
            continue;
        }
        before = sender;
        let server = event.client.as_ref().is_some_and(Client::is_server);
        if server || !person.of(id, || world.is_person(id)).is_some_and(|person| *person) {
            continue;
        }
        if state_of(event).is_some_and(|state| known_states.insert(state.clone())) {
            points.push(found(PointKind::Login, id, event, explain::login_point(event, id), false));
        }
    }

    points.extend(resets(steps, orphans));
    points.sort_by_key(|found| found.place);
    points
}

fn found(kind: PointKind, id: &Id, event: &Event, why: String, inferred: bool) -> Found {
    Found {
        point: Point {
            kind,
            id: id.clone(),
            time: event.time,
            why,
            source: event.source.clone(),
            row: event.row,
            inferred,
        },
        place: (event.time, event.arrival()),
    }
}

/// What marks the client state that sent a row.
fn state_of(event: &Event) -> Option<&Id> {
    event.device.as_ref().or(event.id.as_ref())
}

/// The rows of the accepted calls among `aliases`, by number.
fn rows_of<'a>(aliases: &[AliasLine], steps: &'a [Step]) -> HashMap<i64, &'a Event> {
    let accepted = aliases.iter().filter(|line| line.verdict == Verdict::Accepted && !line.from_table);
    let mut wanted: Vec<i64> = accepted.map(|line| line.row).collect();
    wanted.sort_unstable();
    let events = steps.iter().map(|step| &*step.event);
    events.filter(|event| wanted.binary_search(&event.row).is_ok()).map(|event| (event.row, event)).collect()
}

/// A client state as far as rows show it.
struct Seen<'a> {
    first: &'a Event,
    last: Millis,
    client: Option<&'a Client>,
}

impl<'a> Seen<'a> {
    fn add(&mut self, event: &'a Event) {
        if event.time < self.first.time {
            self.first = event;
        }
        self.last = self.last.max(event.time);
        self.client = self.client.or(event.client.as_ref());
    }
}

/// Every client state that rows of the user or of its own orphans show, by its bare id.
fn states<'a>(steps: &'a [Step], orphans: &'a [Orphan]) -> BTreeMap<Id, Seen<'a>> {
    let mut states: Vec<(Id, Seen<'_>)> = Vec::new();
    let mut by_bare: HashMap<Id, usize> = HashMap::new();
    // By the id as rows write it, which mostly is that of the row before.
    let mut written: Memo<'_, usize> = Memo::new();
    let rows = steps.iter().chain(orphans.iter().filter(|orphan| !orphan.contested).flat_map(|orphan| &orphan.steps));
    for event in rows.map(|step| &*step.event) {
        if event.client.as_ref().is_some_and(Client::is_server) {
            continue;
        }
        let Some(state) = state_of(event) else { continue };
        let at = written.of(state, || {
            *by_bare.entry(state.to_bare()).or_insert_with_key(|bare| {
                let seen = Seen { first: event, last: event.time, client: event.client.as_ref() };
                states.push((bare.clone(), seen));
                states.len() - 1
            })
        });
        if let Some((_, seen)) = at.and_then(|at| states.get_mut(*at)) {
            seen.add(event);
        }
    }
    states.into_iter().collect()
}

fn resets(steps: &[Step], orphans: &[Orphan]) -> Vec<Found> {
    let mut resets = Vec::new();
    let begins = |orphan: &Orphan| {
        let first = orphan.steps.first().and_then(|step| step.event.client.as_ref());
        !orphan.contested && first.is_some_and(Client::can_tell_devices)
    };
    if !orphans.iter().any(begins) {
        return resets;
    }
    let states = states(steps, orphans);
    for orphan in orphans.iter().filter(|orphan| !orphan.contested) {
        let Some(first) = orphan.steps.first().map(|step| &*step.event) else { continue };
        let Some(state) = state_of(first).map(Id::to_bare) else { continue };
        let Some(client) = first.client.as_ref().filter(|client| client.can_tell_devices()) else { continue };
        let before = states
            .iter()
            .filter(|(other, seen)| **other != state && seen.client == Some(client) && seen.last <= first.time)
            .filter(|(_, seen)| seen.first.time < first.time)
            .max_by_key(|(_, seen)| seen.last);
        if let Some((ended, seen)) = before {
            let why = explain::reset_point(ended, seen.last, &orphan.id, first, client);
            resets.push(found(PointKind::Reset, &orphan.id, first, why, true));
        }
    }
    resets
}
