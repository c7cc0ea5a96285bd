//! Where the user became known, and where a device's client state ended.
//!
//! A user is known from the first row on that names a person: an accepted alias call of such an
//! id, an `$identify` to one, a row that a client sends under one, a row with one as its
//! `$user_id`. An id that has the form of an anonymous one, is a device of its own or a
//! placeholder names none ([`World::is_person`]), and a reset makes no user known.
//!
//! A *client state* is what one SDK remembers between two resets. Its mark in the data is the
//! `$device_id`, and for SDKs that send none (web up to 2.22, identity.md §2.1) the id it
//! sends. A state becomes known once: by the alias it asked for, by its first `$identify`, or,
//! where neither is in the data, by its first row under a known id. The `$identify` rows that
//! follow on each page load are no logins (captures fact 3).
//!
//! A reset is never an event. It is inferred where a state ends and an orphan of the same user
//! begins on the same [`Client`](crate::model::Client), and the earlier state is silent from then on.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use rustc_hash::FxHashSet;

use super::super::journey::{AliasLine, Orphan, Point, PointKind, Step, Verdict};
use super::super::memo::Memo;
use super::explain;
use super::world::World;
use crate::model::facts::{Event, Place};
use crate::model::{Client, Flags, Id, Millis, VerbKind};

/// A point with its place in the timeline.
pub(super) struct Found {
    /// The point.
    pub point: Point,
    place: Place,
}

/// Every point, by time, and the place from which on the user is known.
pub(super) fn find(
    world: &World<'_>,
    aliases: &[AliasLine],
    steps: &[Step],
    orphans: &[Orphan],
) -> (Vec<Found>, Option<Place>) {
    let mut points = Vec::new();
    let mut known_states: HashSet<Id> = HashSet::new();
    let accepted: Vec<_> =
        aliases.iter().filter(|line| line.verdict == Verdict::Accepted && !line.from_table).collect();
    let by_row = rows_of(&accepted, steps);

    for line in accepted {
        let Some(alias) = &line.alias else { continue };
        let event = by_row.get(&line.row).copied();
        // An alias that names no person makes no user known: `null`, a second anonymous id, the device itself.
        if !world.is_person(alias) || event.is_some_and(|event| is_device_of(event, alias)) {
            continue;
        }
        known_states.extend(event.and_then(state_of).cloned());
        known_states.extend(line.target.as_ref().map(Id::to_bare));
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
            place: (line.time, line.arrival()),
        });
    }

    let mut knows = Knows::new(world);
    let mut identified: HashSet<(Option<&Id>, &Id)> = HashSet::new();
    let senders = first_of_senders(steps);
    for event in senders.iter().copied().filter(|event| event.verb == VerbKind::Identify) {
        let (Some(id), Some(anon)) = (&event.id, &event.other) else { continue };
        let state = event.device.as_ref();
        let echo = known_states.contains(&anon.to_bare());
        if anon == id || echo || !knows.is_person(id) || is_device_of(event, id) || !identified.insert((state, anon)) {
            continue;
        }
        points.push(found(PointKind::Identify, id, event, explain::identify_point(event, id, anon), false));
    }
    known_states.extend(identified.iter().map(|(state, anon)| state.map_or_else(|| anon.to_bare(), Id::clone)));

    // Rows come by time, so the first that names a person is the earliest.
    let mut first: Option<(Place, &Event, &Id)> = None;
    for event in senders {
        let Some(id) = knows.known_by(event) else { continue };
        first.get_or_insert((event.place(), event, id));
        let server = event.client.as_ref().is_some_and(Client::is_server);
        if server || event.verb == VerbKind::Identify {
            continue;
        }
        if state_of(event).is_some_and(|state| known_states.insert(state.clone())) {
            points.push(found(PointKind::Login, id, event, explain::login_point(event, id), false));
        }
    }

    let known_from = points.iter().map(|found| found.place).min();
    // A row that names the person can come before the call that would make a state known.
    if let Some((_, event, id)) = first.filter(|(place, ..)| known_from.is_none_or(|known| *place < known)) {
        points.push(match &event.other {
            Some(anon) if event.verb == VerbKind::Identify && event.id.as_ref() == Some(id) && anon != id => {
                found(PointKind::Identify, id, event, explain::identify_point(event, id, anon), false)
            }
            _ => found(PointKind::Login, id, event, explain::login_point(event, id), false),
        });
    }
    let known_from = points.iter().map(|found| found.place).min();

    points.extend(resets(steps, orphans));
    points.sort_by_key(|found| found.place);
    (points, known_from)
}

/// What rows say of their ids, worked out once for each id.
pub(super) struct Knows<'w, 'e> {
    world: &'w World<'w>,
    person: Memo<'e, bool>,
    name: Memo<'e, bool>,
}

impl<'w, 'e> Knows<'w, 'e> {
    pub(super) fn new(world: &'w World<'w>) -> Self {
        Self { world, person: Memo::new(), name: Memo::new() }
    }

    fn is_person(&mut self, id: &'e Id) -> bool {
        let world = self.world;
        self.person.of(id, || world.is_person(id)).is_some_and(|person| *person)
    }

    /// The person that a row names: its id, where a client sends it under a known one, else its
    /// `$user_id`.
    fn known_by(&mut self, event: &'e Event) -> Option<&'e Id> {
        let user = self.user_of(event);
        let by_client = user.is_some() || !event.client.as_ref().is_some_and(Client::is_server);
        let id = event.id.as_ref().filter(|id| by_client && !is_device_of(event, id) && self.is_person(id));
        id.or(user)
    }

    /// The person that the `$user_id` of a row names. One that is the device itself, or has the
    /// form of one, names no person.
    pub(super) fn user_of(&mut self, event: &'e Event) -> Option<&'e Id> {
        let user = event.user.as_ref().filter(|user| !is_device_of(event, user))?;
        // Nothing is asked beyond a placeholder (C28): there the form alone must tell.
        let is_name = if event.id.as_ref().is_none_or(Id::is_placeholder) {
            !user.is_placeholder() && !user.shape().is_sdk_made()
        } else {
            let world = self.world;
            self.name.of(user, || world.can_be_a_name(user)).is_some_and(|name| *name)
        };
        is_name.then_some(user)
    }
}

/// Whether `id` is the device that sent the row. With `$had_persisted_distinct_id` the
/// `$device_id` may be an old user id (identity.md P2), and tells nothing.
fn is_device_of(event: &Event, id: &Id) -> bool {
    !event.flags.has(Flags::HAD_PERSISTED) && event.device.as_ref().is_some_and(|device| device.as_str() == id.bare())
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
        place: event.place(),
    }
}

/// The first row of each sender: a later one tells nothing of ids that it did not.
fn first_of_senders(steps: &[Step]) -> Vec<&Event> {
    let mut heard = FxHashSet::default();
    let events = steps.iter().map(|step| &*step.event);
    events.filter(|event| heard.insert(Arc::as_ptr(&event.sender).addr())).collect()
}

/// What marks the client state that sent a row.
fn state_of(event: &Event) -> Option<&Id> {
    event.device.as_ref().or(event.id.as_ref())
}

/// The rows of these calls, by number.
fn rows_of<'a>(lines: &[&AliasLine], steps: &'a [Step]) -> HashMap<i64, &'a Event> {
    let mut wanted: Vec<i64> = lines.iter().map(|line| line.row).collect();
    if wanted.is_empty() {
        return HashMap::new();
    }
    wanted.sort_unstable();
    let events = steps.iter().map(|step| &*step.event);
    events.filter(|event| wanted.binary_search(&event.row).is_ok()).map(|event| (event.row, event)).collect()
}

/// A client state as far as rows show it.
#[derive(Clone, Copy)]
struct Seen<'a> {
    first: Millis,
    last: Millis,
    client: Option<&'a Client>,
}

impl<'a> Seen<'a> {
    fn add(&mut self, event: &'a Event) {
        self.first = self.first.min(event.time);
        self.last = self.last.max(event.time);
        self.client = self.client.or(event.client.as_ref());
    }
}

/// Every client state that rows of the user or of its own orphans show, by its bare id.
fn states<'a>(steps: &'a [Step], orphans: &'a [Orphan]) -> BTreeMap<Id, Seen<'a>> {
    let mut states: BTreeMap<Id, Seen<'_>> = BTreeMap::new();
    // By the id as rows write it, which mostly is that of the row before.
    let mut written: Memo<'_, Seen<'_>> = Memo::new();
    let rows = steps.iter().chain(own(orphans).flat_map(|orphan| &orphan.steps));
    for event in rows.map(|step| &*step.event) {
        if event.client.as_ref().is_some_and(Client::is_server) {
            continue;
        }
        let Some(state) = state_of(event) else { continue };
        let begun = || Seen { first: event.time, last: event.time, client: event.client.as_ref() };
        if let Some(seen) = written.of(state, begun) {
            seen.add(event);
        }
    }
    for (id, seen) in written.into_known() {
        let known = states.entry(id.to_bare()).or_insert(seen);
        known.first = known.first.min(seen.first);
        known.last = known.last.max(seen.last);
        known.client = known.client.or(seen.client);
    }
    states
}

/// The orphans that belong to this user alone.
fn own(orphans: &[Orphan]) -> impl Iterator<Item = &Orphan> {
    orphans.iter().filter(|orphan| !orphan.contested)
}

fn resets(steps: &[Step], orphans: &[Orphan]) -> Vec<Found> {
    let mut resets = Vec::new();
    let begins = own(orphans).filter_map(|orphan| {
        let event = orphan.steps.first().map(|step| &*step.event)?;
        let client = event.client.as_ref().filter(|client| client.can_tell_devices())?;
        Some((orphan, event, client, state_of(event)?.to_bare()))
    });
    let begins: Vec<_> = begins.collect();
    if begins.is_empty() {
        return resets;
    }
    let states = states(steps, orphans);
    for (orphan, first, client, state) in begins {
        let before = states
            .iter()
            .filter(|(other, seen)| **other != state && seen.client == Some(client))
            .filter(|(_, seen)| seen.first < first.time && seen.last <= first.time)
            .max_by_key(|(_, seen)| seen.last);
        if let Some((ended, seen)) = before {
            let why = explain::reset_point(ended, seen.last, &orphan.id, first, client);
            resets.push(found(PointKind::Reset, &orphan.id, first, why, true));
        }
    }
    resets
}
