//! Every user judged, some thousand ids at a time on each processor.
//!
//! Most ids of a store are visitors whom nothing names but their own rows: those are counted, and nothing is made for
//! them.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustc_hash::FxHashMap;

use super::gathered::{Gathered, bare, number};
use super::summed::{CLIENT, HAS_MORE, OWN_USER, SERVER};
use crate::identity::{Checked, Facts, Kind, Sums, Totals};
use crate::model::facts::{Event, Link, Sender, Source};
use crate::model::id::DEVICE_PREFIX;
use crate::model::scan::{SweptCall, SweptLink};
use crate::model::threads::join;
use crate::model::{Client, Id, LinkKind};

/// Ids that are judged together where nothing joins them: enough that the indexes of one part
/// cost little, and few enough for the cache of the processor.
const IDS_OF_A_PART: usize = 4_000;

/// Threads that judge, at most: each holds the facts of its batch.
const MOST_THREADS: usize = 8;

/// Batches for each thread whose answers wait until all of them are there.
const WAVE: usize = 4;

/// A number with that of its part above it, so that a list of them is sorted by parts.
type OfPart = u64;

fn of_part(part: u32, at: u32) -> OfPart {
    u64::from(part) << 32 | u64::from(at)
}

fn part(of: OfPart) -> u32 {
    u32::try_from(of >> 32).unwrap_or(u32::MAX)
}

fn at(of: OfPart) -> u32 {
    u32::try_from(of & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

impl Gathered {
    /// Judges every user, between some of whom `go_on` is asked; whether it came to the end. `each` gets the known
    /// users, and of the others those with a finding that is wanted, or split rows. With `only` users are left out who
    /// cannot have a finding of one of these kinds: the totals are those of the others then.
    pub(super) fn judge(
        &mut self,
        only: Option<&[&'static Kind]>,
        wants: &(dyn Fn(&Kind) -> bool + Sync),
        each: &mut dyn FnMut(Checked),
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> (Totals, bool) {
        let mut totals = Totals::default();
        let nameless = self.calls.iter().filter(|call| call.alias == 0 && call.target == 0).count() as u64;
        (totals.calls, totals.refused) = (nameless, nameless);
        let asked = only.and_then(|only| self.asked(only));
        let is_asked = |part: u32| asked.as_ref().is_none_or(|asked| asked.get(part as usize).copied().unwrap_or(true));
        let mut ids: Vec<OfPart> = Vec::new();
        for id in self.numbers_of_ids() {
            let part = self.parts.of(id);
            if is_asked(part) {
                ids.push(of_part(part, id));
            }
        }
        ids.sort_unstable();
        let mut calls: Vec<OfPart> = Vec::new();
        for (at, call) in (0..).zip(&self.calls).filter(|(_, call)| call.alias != 0 || call.target != 0) {
            let part = self.parts.of(number(id_of_call(call)));
            if is_asked(part) {
                calls.push(of_part(part, at));
            }
        }
        calls.sort_unstable();
        let mut links: Vec<OfPart> = Vec::new();
        for (at, link) in (0..).zip(&self.links) {
            let id = match (self.is_placeholder(link.a), self.is_placeholder(link.b)) {
                (false, _) => link.a,
                (true, false) => link.b,
                (true, true) => continue,
            };
            let part = self.parts.of(number(id));
            if is_asked(part) {
                links.push(of_part(part, at));
            }
        }
        links.sort_unstable();
        let batches = batches(&ids, &calls, &links);
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
        for wave in batches.chunks(threads * WAVE) {
            if !go_on(self.summed.events, self.summed.events) {
                return (totals, false);
            }
            for (of_batch, users) in self.judge_wave(wave, threads, wants) {
                totals.add(of_batch);
                users.into_iter().for_each(&mut *each);
            }
        }
        (totals, true)
    }

    /// Judges each batch; each thread takes the next when it is done with one. The answers come in the order of
    /// the batches.
    fn judge_wave(
        &self,
        wave: &[Numbers<'_>],
        threads: usize,
        wants: &(dyn Fn(&Kind) -> bool + Sync),
    ) -> Vec<(Totals, Vec<Checked>)> {
        let (next, judged) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(wave.len())));
        let judge = || {
            let stubs = Stubs::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(numbers) = wave.get(at) else { break };
                let Batch { facts, sums, devices } = self.batch(numbers, &stubs);
                let mut users = Vec::new();
                let sums = |id: &Id| sums.get(id).copied().unwrap_or_default();
                let mut totals = self.rules.check(&facts, &sums, wants, &mut |checked| {
                    if checked.known.is_some() || checked.split > 0 || !checked.findings.is_empty() {
                        users.push(checked);
                    }
                });
                totals.devices += devices;
                judged.lock().unwrap_or_else(PoisonError::into_inner).push((at, totals, users));
            }
        };
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads.min(wave.len())).map(|_| scope.spawn(judge)).collect();
            judge();
            others.into_iter().for_each(join);
        });
        let mut judged = judged.into_inner().unwrap_or_else(PoisonError::into_inner);
        judged.sort_unstable_by_key(|(at, ..)| *at);
        judged.into_iter().map(|(_, totals, users)| (totals, users)).collect()
    }

    /// How many devices the ids of a part name that no call is of, where all of them are visitors in whom no rule finds
    /// anything; `None` where they have to be judged.
    fn devices_of_visitors(&self, ids: &[OfPart], links: &[OfPart]) -> Option<u64> {
        for id in ids.iter().map(|id| at(*id)) {
            let seen = self.summed.seen.get(id as usize)?;
            let text = self.text(i64::from(id));
            let shows = seen.bits & (HAS_MORE | OWN_USER) != 0 || self.alike_of(id).next().is_some();
            if seen.rows > 0 && (shows || !self.rules.is_visitor(text)) {
                return None;
            }
        }
        let mut devices = 0;
        for link in links.iter().filter_map(|link| self.links.get(at(*link) as usize)) {
            if !self.names_itself(link) {
                return None;
            }
            // All of them name one.
            devices |= u64::from(link.kind == LinkKind::IdDevice && !self.is_placeholder(link.b));
        }
        Some(devices)
    }

    /// Whether rows name their own id as their device, in whichever form.
    fn names_itself(&self, link: &SweptLink) -> bool {
        let (id, device) = (self.text(link.a), self.text(link.b));
        let names_device = matches!(link.kind, LinkKind::IdDevice | LinkKind::PersistedDevice);
        names_device && !device.starts_with(DEVICE_PREFIX) && bare(id) == device
    }

    /// Ids that look like this one.
    fn alike_of(&self, id: u32) -> impl Iterator<Item = u32> {
        let from = self.alike.partition_point(|(of, _)| *of < id);
        self.alike.iter().skip(from).take_while(move |(of, _)| *of == id).map(|(_, other)| *other)
    }

    /// What one batch of users is judged by.
    fn batch(&self, numbers: &Numbers<'_>, stubs: &Stubs) -> Batch {
        let Numbers { ids: all, mut calls, mut links } = *numbers;
        let mut ids: FxHashMap<i64, Id> = FxHashMap::default();
        let mut id = |number: i64| {
            (number != 0).then(|| ids.entry(number).or_insert_with(|| Id::new(self.text(number))).clone())
        };
        let mut facts = Facts { thresholds: self.thresholds, ..Facts::default() };
        let (mut judged, mut devices) = (Vec::new(), 0);
        for of_part in all.chunk_by(|one, other| part(*one) == part(*other)) {
            let Some(of) = of_part.first().map(|id| part(*id)) else { continue };
            let own_calls = take_part(&mut calls, of);
            let own_links = take_part(&mut links, of);
            if own_calls.is_empty()
                && let Some(of_visitors) = self.devices_of_visitors(of_part, own_links)
            {
                devices += of_visitors;
                continue;
            }
            judged.extend(of_part.iter().map(|id| at(*id)));
            for call in own_calls.iter().filter_map(|call| self.calls.get(at(*call) as usize)) {
                let SweptCall { alias, target, .. } = *call;
                let named = (id(alias), id(target));
                facts.calls.push(self.call(call, named));
            }
            for link in own_links.iter().filter_map(|link| self.links.get(at(*link) as usize)) {
                let (Some(a), Some(b)) = (id(link.a), id(link.b)) else { continue };
                let SweptLink { kind, rows, time, arrived, file, line, .. } = *link;
                facts.links.push(Link { kind, a, b, rows, time, arrived, source: self.place(file, line) });
            }
        }
        let mut sums: FxHashMap<Id, Sums> = FxHashMap::default();
        for number in &judged {
            let Some(seen) = self.summed.seen.get(*number as usize).filter(|seen| seen.rows > 0) else { continue };
            let Some(id) = id(i64::from(*number)) else { continue };
            stubs.of(&id, seen.bits, &mut facts.events);
            let own = if seen.bits & HAS_MORE == 0 { None } else { self.summed.sums.get(number).copied() };
            sums.insert(id, own.unwrap_or(Sums { rows: u64::from(seen.rows), ..Sums::default() }));
        }
        for number in &judged {
            for other in self.alike_of(*number) {
                let (Some(of), Some(other)) = (id(i64::from(*number)), id(i64::from(other))) else { continue };
                facts.alike.push((of, other));
            }
        }
        Batch { facts, sums, devices }
    }
}

/// The id whose part a call is judged with: both of its ids are of one part.
pub(super) fn id_of_call(call: &SweptCall) -> i64 {
    if call.alias == 0 { call.target } else { call.alias }
}

/// Those of a part that the list begins with.
fn take_part<'n>(list: &mut &'n [OfPart], of: u32) -> &'n [OfPart] {
    let end = list.iter().take_while(|one| part(**one) == of).count();
    let (own, later) = list.split_at(end);
    *list = later;
    own
}

/// Ids that are judged together, calls and links of them, each with the number of its part.
#[derive(Clone, Copy)]
struct Numbers<'n> {
    ids: &'n [OfPart],
    calls: &'n [OfPart],
    links: &'n [OfPart],
}

/// Whole parts in batches of some thousand ids; all are in the order of the parts.
fn batches<'n>(mut ids: &'n [OfPart], mut calls: &'n [OfPart], mut links: &'n [OfPart]) -> Vec<Numbers<'n>> {
    let mut batches = Vec::new();
    while !ids.is_empty() {
        let mut len = 0;
        for of_part in ids.chunk_by(|one, other| part(*one) == part(*other)) {
            len += of_part.len();
            if len >= IDS_OF_A_PART {
                break;
            }
        }
        let (batch, later) = ids.split_at(len.min(ids.len()));
        ids = later;
        let Some(last) = batch.last().map(|id| part(*id)) else { break };
        let (of_calls, later_calls) = calls.split_at(calls.partition_point(|call| part(*call) <= last));
        let (of_links, later_links) = links.split_at(links.partition_point(|link| part(*link) <= last));
        (calls, links) = (later_calls, later_links);
        batches.push(Numbers { ids: batch, calls: of_calls, links: of_links });
    }
    batches
}

/// Users whom nothing joins to those of another batch.
struct Batch {
    facts: Facts,
    sums: FxHashMap<Id, Sums>,
    /// Devices of the visitors among them, who need not be judged.
    devices: u64,
}

/// Rows that stand for all of an id: one for each kind of program that sent some.
struct Stubs {
    origin: Source,
    event: Arc<str>,
    clients: [(u8, Client); 2],
}

impl Stubs {
    fn new() -> Self {
        let clients = [(SERVER, "python"), (CLIENT, "web")].map(|(bit, name)| (bit, Client::from_text(name)));
        Self { origin: Source::new("", 0, 0), event: Arc::from(""), clients }
    }

    fn of(&self, id: &Id, bits: u8, events: &mut Vec<Arc<Event>>) {
        let user = (bits & OWN_USER != 0).then(|| id.clone());
        let known = self.clients.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, client)| Some(client.clone()));
        let none = (bits & (SERVER | CLIENT) == 0).then_some(None);
        for client in known.chain(none) {
            let sender = Sender { id: Some(id.clone()), user: user.clone(), client, ..Sender::default() };
            events.push(Arc::new(Event {
                row: 0,
                event: Arc::clone(&self.event),
                time: 0,
                arrived: 0,
                hash: 0,
                source: self.origin.clone(),
                sender: Arc::new(sender),
            }));
        }
    }
}
