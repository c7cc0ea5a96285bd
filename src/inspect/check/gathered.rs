//! What a look over all users holds in memory, and the users judged part by part.

use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustc_hash::{FxHashMap, FxHasher};

use super::super::{Error, Sweep};
use super::Proof;
use super::parts::Parts;
use super::summed::{self, CLIENT, Given, HAS_COPIES, HAS_MORE, OWN_USER, SERVER, Summed};
use crate::identity::{Checked, Facts, RuleSet, Sums, Thresholds, Totals, Way};
use crate::model::alike::{are_alike, fold};
use crate::model::facts::{AliasCall, Event, Link, Sender, Source};
use crate::model::id::DEVICE_PREFIX;
use crate::model::scan::{SweptCall, SweptLink, SweptRow};
use crate::model::threads::join;
use crate::model::{Client, Id, NumberedTexts};

/// Ids that are judged together where nothing joins them: enough that the indexes of one part
/// cost little, and few enough for the cache of the processor.
const IDS_OF_A_PART: usize = 2_000;

/// Threads that judge, at most: each holds the facts of its batch.
const MOST_THREADS: usize = 8;

/// Batches for each thread whose answers wait until all of them are there.
const WAVE: usize = 4;

/// Other ids that are listed for one that looks like them.
const MOST_ALIKE: usize = 20;

/// Calls, links and sums of a whole store.
pub(super) struct Gathered {
    rules: RuleSet,
    thresholds: Thresholds,
    texts: NumberedTexts,
    placeholders: Vec<bool>,
    parts: Parts,
    calls: Vec<SweptCall>,
    links: Vec<SweptLink>,
    /// Each file, at none of its lines.
    files: FxHashMap<i64, Source>,
    /// Pairs of ids that look the same.
    alike: Vec<(u32, u32)>,
    summed: Summed,
}

fn number(id: i64) -> u32 {
    u32::try_from(id).unwrap_or(u32::MAX)
}

impl Gathered {
    /// Reads ids, calls and links.
    pub(super) fn of(reader: &dyn Sweep, rules: RuleSet, thresholds: Thresholds) -> Result<Self, Error> {
        let mut texts = NumberedTexts::default();
        reader.sweep_ids(&mut |number, text| texts.set(number, text))?;
        let mut placeholders = vec![false; texts.len()];
        for (at, placeholder) in (0_i64..).zip(&mut placeholders).skip(1) {
            *placeholder = Id::new(texts.of(at)).is_placeholder();
        }
        let (calls, links) = (reader.sweep_calls()?, reader.sweep_links()?);
        let mut files: FxHashMap<i64, Source> = FxHashMap::default();
        for file in calls.iter().map(|call| call.file).chain(links.iter().map(|link| link.file)) {
            if let Entry::Vacant(place) = files.entry(file) {
                place.insert(reader.swept_source(file, 0)?);
            }
        }
        let mut gathered = Self {
            rules,
            thresholds,
            parts: Parts::new(texts.len()),
            summed: Summed::default(),
            texts,
            placeholders,
            calls,
            links,
            files,
            alike: Vec::new(),
        };
        gathered.join_ids();
        gathered.find_alike();
        Ok(gathered)
    }

    /// The rules that decide.
    pub(super) fn rules(&self) -> RuleSet {
        self.rules
    }

    /// The numbers that findings rest on.
    pub(super) fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    /// Every alias call.
    pub(super) fn calls(&self) -> &[SweptCall] {
        &self.calls
    }

    /// Numbers of ids, and one more.
    pub(super) fn ids(&self) -> usize {
        self.texts.len()
    }

    /// The text of the id with this number.
    pub(super) fn text(&self, number: i64) -> &str {
        self.texts.of(number)
    }

    /// The number of every id.
    pub(super) fn numbers(&self) -> FxHashMap<&str, i64> {
        (1_i64..).take(self.texts.len().saturating_sub(1)).map(|at| (self.texts.of(at), at)).collect()
    }

    /// The numbers of some ids.
    pub(super) fn numbers_of<'i>(&self, ids: impl Iterator<Item = &'i Id>) -> FxHashMap<&'i str, i64> {
        let mut wanted: FxHashMap<&str, i64> = ids.map(|id| (id.as_str(), 0)).collect();
        for at in (1_i64..).take(self.texts.len().saturating_sub(1)) {
            if let Some(number) = wanted.get_mut(self.texts.of(at)) {
                *number = at;
            }
        }
        wanted.retain(|_, number| *number != 0);
        wanted
    }

    /// Rows of the id with this number, deliveries counted once.
    pub(super) fn rows_of(&self, number: u32) -> u64 {
        self.summed.seen.get(number as usize).map_or(0, |seen| u64::from(seen.rows))
    }

    /// Whether some rows of the id with this number are other deliveries.
    pub(super) fn has_copies(&self, id: i64) -> bool {
        let seen = usize::try_from(id).ok().and_then(|at| self.summed.seen.get(at));
        seen.is_none_or(|seen| seen.bits & HAS_COPIES != 0)
    }

    /// A number for all ids that calls and links join to this one.
    pub(super) fn part_of(&mut self, number: u32) -> u32 {
        self.parts.of(number)
    }

    pub(super) fn is_placeholder(&self, id: i64) -> bool {
        usize::try_from(id).ok().and_then(|at| self.placeholders.get(at)).copied().unwrap_or(false)
    }

    fn id(&self, number: i64) -> Option<Id> {
        (number != 0).then(|| Id::new(self.texts.of(number)))
    }

    /// Joins what one user's journey can reach: ids of a call, ids of a link, the two forms of a
    /// device. Placeholders are never walked through.
    fn join_ids(&mut self) {
        for call in self.calls.iter().filter(|call| call.alias != 0 && call.target != 0) {
            self.parts.join(number(call.alias), number(call.target));
        }
        let placeholders = &self.placeholders;
        let is_placeholder =
            |id: i64| usize::try_from(id).ok().and_then(|at| placeholders.get(at)).copied().unwrap_or(false);
        for link in self.links.iter().filter(|link| !is_placeholder(link.a) && !is_placeholder(link.b)) {
            self.parts.join(number(link.a), number(link.b));
        }
        let mut devices: FxHashMap<&str, u32> = FxHashMap::default();
        for at in (1_i64..).take(self.texts.len().saturating_sub(1)) {
            if let Some(bare) = self.texts.of(at).strip_prefix(DEVICE_PREFIX) {
                devices.insert(bare, number(at));
            }
        }
        if devices.is_empty() {
            return;
        }
        for at in (1_i64..).take(self.texts.len().saturating_sub(1)) {
            if let Some(device) = devices.get(self.texts.of(at)) {
                self.parts.join(number(at), *device);
            }
        }
    }

    /// Finds ids that look the same: those with one fold.
    fn find_alike(&mut self) {
        let mut folds: Vec<(u64, u32)> = Vec::new();
        let mut text = String::new();
        for at in (1_i64..).take(self.texts.len().saturating_sub(1)).filter(|at| !self.is_placeholder(*at)) {
            text.clear();
            let id = self.texts.of(at);
            id.strip_prefix(DEVICE_PREFIX).unwrap_or(id).chars().for_each(|c| fold(c, &mut text));
            let mut hasher = FxHasher::default();
            text.hash(&mut hasher);
            folds.push((hasher.finish(), number(at)));
        }
        folds.sort_unstable();
        for group in folds.chunk_by(|(one, _), (other, _)| one == other).filter(|group| group.len() > 1) {
            for (_, of) in group {
                let bare = |id: u32| {
                    let text = self.texts.of(i64::from(id));
                    text.strip_prefix(DEVICE_PREFIX).unwrap_or(text)
                };
                let others = group.iter().map(|(_, id)| *id);
                let alike = others.filter(|id| id != of && are_alike(bare(*of), bare(*id))).take(MOST_ALIKE);
                self.alike.extend(alike.map(|id| (*of, id)));
            }
        }
    }

    /// What decides where rows of aliases are stored: from the calls of each part by themselves.
    pub(super) fn ways(&mut self) -> FxHashMap<i64, Way> {
        let mut numbers: FxHashMap<&str, i64> = FxHashMap::default();
        for alias in self.calls.iter().map(|call| call.alias).filter(|alias| *alias != 0) {
            numbers.insert(self.texts.of(alias), alias);
        }
        let mut order: Vec<(u32, usize)> = Vec::with_capacity(self.calls.len());
        for (at, call) in self.calls.iter().enumerate().filter(|(_, call)| call.alias != 0) {
            order.push((self.parts.of(number(call.alias)), at));
        }
        order.sort_unstable();
        let mut ways = FxHashMap::default();
        for part in order.chunk_by(|(one, _), (other, _)| one == other) {
            let calls = part.iter().filter_map(|(_, at)| self.calls.get(*at));
            let calls: Vec<AliasCall> =
                calls.map(|call| self.call(call, (self.id(call.alias), self.id(call.target)))).collect();
            for (id, way) in self.rules.ways(&calls) {
                ways.extend(numbers.get(id.as_str()).map(|number| (*number, way)));
            }
        }
        ways
    }

    /// Reads the rows of every id and adds them up; whether it came to the end.
    pub(super) fn read_rows(
        &mut self,
        reader: &dyn Sweep,
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<bool, Error> {
        let given = Given {
            rules: self.rules,
            ways: self.ways(),
            thresholds: &self.thresholds,
            texts: &self.texts,
            placeholders: &self.placeholders,
        };
        let (summed, complete) = summed::read(reader, &given, go_on)?;
        self.summed = summed;
        Ok(complete)
    }

    /// What the rows of all ids add up to.
    pub(super) fn summed(&self) -> &Summed {
        &self.summed
    }

    /// Some rows without an event name.
    pub(super) fn nameless(&self, reader: &dyn Sweep, limit: usize) -> Result<Vec<Proof>, Error> {
        let proof = |(uid, row): &(i64, SweptRow)| {
            Ok(Proof {
                row: Some(row.row),
                time: Some(row.time),
                event: Arc::from(""),
                id: self.id(*uid),
                source: reader.swept_source(row.file, row.line)?,
            })
        };
        self.summed.nameless.iter().take(limit).map(proof).collect()
    }

    /// A place in a file that a call or a link names.
    fn place(&self, file: i64, line: i64) -> Source {
        let origin = self.files.get(&file).map(|file| Arc::clone(&file.origin));
        origin.map_or_else(|| Source::new("", 0, 0), |origin| Source { origin, line: u64::try_from(line).unwrap_or(0) })
    }

    fn call(&self, call: &SweptCall, (alias, target): (Option<Id>, Option<Id>)) -> AliasCall {
        AliasCall {
            row: call.row,
            alias,
            target,
            time: call.time,
            arrived: call.arrived,
            flags: call.flags,
            source: self.place(call.file, call.line),
            from_table: call.from_table,
        }
    }

    /// Judges every user, some thousand ids at a time on each processor, between which `go_on` is asked; whether
    /// it came to the end.
    pub(super) fn judge(
        &mut self,
        each: &mut dyn FnMut(Checked),
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> (Totals, bool) {
        let mut totals = Totals::default();
        let nameless = self.calls.iter().filter(|call| call.alias == 0 && call.target == 0).count() as u64;
        (totals.calls, totals.refused) = (nameless, nameless);
        let ids = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let mut order: Vec<(u32, u32)> = (1..ids).map(|id| (self.parts.of(id), id)).collect();
        order.sort_unstable();
        let mut calls: Vec<(u32, usize)> = Vec::with_capacity(self.calls.len());
        for (at, call) in self.calls.iter().enumerate().filter(|(_, call)| call.alias != 0 || call.target != 0) {
            let id = if call.alias == 0 { call.target } else { call.alias };
            calls.push((self.parts.of(number(id)), at));
        }
        calls.sort_unstable();
        let mut links: Vec<(u32, usize)> = Vec::with_capacity(self.links.len());
        for (at, link) in self.links.iter().enumerate() {
            let id = match (self.is_placeholder(link.a), self.is_placeholder(link.b)) {
                (false, _) => link.a,
                (true, false) => link.b,
                (true, true) => continue,
            };
            links.push((self.parts.of(number(id)), at));
        }
        links.sort_unstable();
        self.alike.sort_unstable();
        let batches = batches(&order, &calls, &links);
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
        for wave in batches.chunks(threads * WAVE) {
            if !go_on(self.summed.events, self.summed.events) {
                return (totals, false);
            }
            for (of_batch, users) in self.judge_wave(wave, threads) {
                totals.add(of_batch);
                users.into_iter().for_each(&mut *each);
            }
        }
        (totals, true)
    }

    /// Judges each batch; each thread takes the next when it is done with one. The answers come in the order of
    /// the batches.
    fn judge_wave(&self, wave: &[Numbers<'_>], threads: usize) -> Vec<(Totals, Vec<Checked>)> {
        let (next, judged) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(wave.len())));
        let judge = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(numbers) = wave.get(at) else { break };
                let Batch { facts, sums } = self.batch(numbers);
                let mut users = Vec::new();
                let sums = |id: &Id| sums.get(id).copied().unwrap_or_default();
                let totals = self.rules.check(&facts, &sums, &mut |checked| users.push(checked));
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

    /// What one batch of users is judged by.
    fn batch(&self, numbers: &Numbers<'_>) -> Batch {
        let Numbers { ids: batch, calls, links } = *numbers;
        let mut ids: FxHashMap<i64, Id> = FxHashMap::default();
        let mut id = |number: i64| {
            (number != 0).then(|| ids.entry(number).or_insert_with(|| Id::new(self.texts.of(number))).clone())
        };
        let mut facts = Facts { thresholds: self.thresholds, ..Facts::default() };
        for call in calls.iter().filter_map(|(_, at)| self.calls.get(*at)) {
            let named = (id(call.alias), id(call.target));
            facts.calls.push(self.call(call, named));
        }
        for link in links.iter().filter_map(|(_, at)| self.links.get(*at)) {
            let (Some(a), Some(b)) = (id(link.a), id(link.b)) else { continue };
            let SweptLink { kind, rows, time, arrived, file, line, .. } = *link;
            facts.links.push(Link { kind, a, b, rows, time, arrived, source: self.place(file, line) });
        }
        let origin = Source::new("", 0, 0);
        let mut sums: FxHashMap<Id, Sums> = FxHashMap::default();
        for (_, number) in batch {
            let Some(seen) = self.summed.seen.get(*number as usize).filter(|seen| seen.rows > 0) else { continue };
            let Some(id) = id(i64::from(*number)) else { continue };
            stubs(&id, seen.bits, &origin, &mut facts.events);
            let own = if seen.bits & HAS_MORE == 0 { None } else { self.summed.sums.get(number).copied() };
            sums.insert(id, own.unwrap_or(Sums { rows: u64::from(seen.rows), ..Sums::default() }));
        }
        for (_, number) in batch {
            let from = self.alike.partition_point(|(of, _)| of < number);
            for (_, other) in self.alike.iter().skip(from).take_while(|(of, _)| of == number) {
                let (Some(of), Some(other)) = (id(i64::from(*number)), id(i64::from(*other))) else { continue };
                facts.alike.push((of, other));
            }
        }
        Batch { facts, sums }
    }
}

/// Ids that are judged together, calls and links of them, each with the number of its part.
#[derive(Clone, Copy)]
struct Numbers<'n> {
    ids: &'n [(u32, u32)],
    calls: &'n [(u32, usize)],
    links: &'n [(u32, usize)],
}

/// Whole parts in batches of some thousand ids; all are in the order of the parts.
fn batches<'n>(
    mut ids: &'n [(u32, u32)],
    mut calls: &'n [(u32, usize)],
    mut links: &'n [(u32, usize)],
) -> Vec<Numbers<'n>> {
    let mut batches = Vec::new();
    while !ids.is_empty() {
        let mut len = 0;
        for part in ids.chunk_by(|(one, _), (other, _)| one == other) {
            len += part.len();
            if len >= IDS_OF_A_PART {
                break;
            }
        }
        let (batch, later) = ids.split_at(len.min(ids.len()));
        ids = later;
        let Some((last, _)) = batch.last().copied() else { break };
        let (of_calls, later_calls) = calls.split_at(calls.partition_point(|(part, _)| *part <= last));
        let (of_links, later_links) = links.split_at(links.partition_point(|(part, _)| *part <= last));
        (calls, links) = (later_calls, later_links);
        batches.push(Numbers { ids: batch, calls: of_calls, links: of_links });
    }
    batches
}

/// Users whom nothing joins to those of another batch.
struct Batch {
    facts: Facts,
    sums: FxHashMap<Id, Sums>,
}

/// Rows that stand for all of an id: one for each kind of program that sent some.
fn stubs(id: &Id, bits: u8, origin: &Source, events: &mut Vec<Arc<Event>>) {
    let user = (bits & OWN_USER != 0).then(|| id.clone());
    let clients = [(SERVER, "python"), (CLIENT, "web")].into_iter().filter(|(bit, _)| bits & bit != 0);
    let mut clients: Vec<Option<Client>> = clients.map(|(_, name)| Some(Client::from_text(name))).collect();
    if clients.is_empty() {
        clients.push(None);
    }
    for client in clients {
        let sender = Sender { id: Some(id.clone()), user: user.clone(), client, ..Sender::default() };
        events.push(Arc::new(Event {
            row: 0,
            event: Arc::from(""),
            time: 0,
            arrived: 0,
            hash: 0,
            source: origin.clone(),
            sender: Arc::new(sender),
        }));
    }
}
