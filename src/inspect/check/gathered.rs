//! What a look over all users holds in memory, and the users judged part by part.

use std::hash::{Hash, Hasher};
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use rustc_hash::{FxHashMap, FxHasher};

use super::super::{Error, Sweep};
use super::Proof;
use super::parts::Parts;
use super::summed::{self, CLIENT, Given, HAS_MORE, OWN_USER, SERVER, Summed};
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

/// Threads that judge, at most: each holds the facts and the answers of its batch.
const MOST_THREADS: usize = 8;

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
        let mut gathered = Self {
            rules,
            thresholds,
            parts: Parts::new(texts.len()),
            summed: Summed::default(),
            texts,
            placeholders,
            calls,
            links,
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

    /// Rows of the id with this number, deliveries counted once.
    pub(super) fn rows_of(&self, number: u32) -> u64 {
        self.summed.seen.get(number as usize).map_or(0, |seen| u64::from(seen.rows))
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
    pub(super) fn ways(&mut self, reader: &dyn Sweep) -> Result<FxHashMap<i64, Way>, Error> {
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
            let calls: Vec<AliasCall> = calls.map(|call| self.call(reader, call)).collect::<Result<_, _>>()?;
            for (id, way) in self.rules.ways(&calls) {
                ways.extend(numbers.get(id.as_str()).map(|number| (*number, way)));
            }
        }
        Ok(ways)
    }

    /// Reads the rows of every id and adds them up; whether it came to the end.
    pub(super) fn read_rows(
        &mut self,
        reader: &dyn Sweep,
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<bool, Error> {
        let given = Given {
            rules: self.rules,
            ways: self.ways(reader)?,
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

    fn call(&self, reader: &dyn Sweep, call: &SweptCall) -> Result<AliasCall, Error> {
        Ok(AliasCall {
            row: call.row,
            alias: self.id(call.alias),
            target: self.id(call.target),
            time: call.time,
            arrived: call.arrived,
            flags: call.flags,
            source: reader.swept_source(call.file, call.line)?,
            from_table: call.from_table,
        })
    }

    /// Judges every user, some thousand ids at a time on each processor, between which `go_on` is asked; whether
    /// it came to the end.
    pub(super) fn judge(
        &mut self,
        reader: &dyn Sweep,
        each: &mut dyn FnMut(Checked),
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<(Totals, bool), Error> {
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
        let (mut calls, mut links) = (&*calls, &*links);
        let mut rest = &*order;
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
        while !rest.is_empty() {
            if !go_on(self.summed.events, self.summed.events) {
                return Ok((totals, false));
            }
            let mut batches = Vec::with_capacity(threads);
            while batches.len() < threads && !rest.is_empty() {
                let mut len = 0;
                for part in rest.chunk_by(|(one, _), (other, _)| one == other) {
                    len += part.len();
                    if len >= IDS_OF_A_PART {
                        break;
                    }
                }
                let (batch, later) = rest.split_at(len.min(rest.len()));
                rest = later;
                let Some((last, _)) = batch.last().copied() else { break };
                let of_calls = calls.partition_point(|(part, _)| *part <= last);
                let of_links = links.partition_point(|(part, _)| *part <= last);
                let (batch_calls, later_calls) = calls.split_at(of_calls);
                let (batch_links, later_links) = links.split_at(of_links);
                (calls, links) = (later_calls, later_links);
                batches.push(self.batch(reader, batch, batch_calls, batch_links)?);
            }
            for (of_batch, users) in self.judge_batches(&batches) {
                totals.add(of_batch);
                users.into_iter().for_each(&mut *each);
            }
        }
        Ok((totals, true))
    }

    /// Judges each batch in a thread of its own, the first in this one: no batch knows of another.
    fn judge_batches(&self, batches: &[Batch]) -> Vec<(Totals, Vec<Checked>)> {
        let judge = |batch: &Batch| {
            let mut users = Vec::new();
            let sums = |id: &Id| batch.sums.get(id).copied().unwrap_or_default();
            let totals = self.rules.check(&batch.facts, &sums, &mut |checked| users.push(checked));
            (totals, users)
        };
        let Some((first, others)) = batches.split_first() else { return Vec::new() };
        thread::scope(|scope| {
            let others: Vec<_> = others.iter().map(|batch| scope.spawn(|| judge(batch))).collect();
            let first = judge(first);
            std::iter::once(first).chain(others.into_iter().map(join)).collect()
        })
    }

    /// What one batch of users is judged by.
    fn batch(
        &self,
        reader: &dyn Sweep,
        batch: &[(u32, u32)],
        calls: &[(u32, usize)],
        links: &[(u32, usize)],
    ) -> Result<Batch, Error> {
        let mut ids: FxHashMap<i64, Id> = FxHashMap::default();
        let mut id = |number: i64| {
            (number != 0).then(|| ids.entry(number).or_insert_with(|| Id::new(self.texts.of(number))).clone())
        };
        let mut facts = Facts { thresholds: self.thresholds, ..Facts::default() };
        for call in calls.iter().filter_map(|(_, at)| self.calls.get(*at)) {
            let (alias, target) = (id(call.alias), id(call.target));
            facts.calls.push(AliasCall { alias, target, ..self.call(reader, call)? });
        }
        for link in links.iter().filter_map(|(_, at)| self.links.get(*at)) {
            let (Some(a), Some(b)) = (id(link.a), id(link.b)) else { continue };
            facts.links.push(self::link(reader, link, a, b)?);
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
        Ok(Batch { facts, sums })
    }
}

/// Users whom nothing joins to those of another batch.
struct Batch {
    facts: Facts,
    sums: FxHashMap<Id, Sums>,
}

fn link(reader: &dyn Sweep, link: &SweptLink, a: Id, b: Id) -> Result<Link, Error> {
    let SweptLink { kind, rows, time, arrived, file, line, .. } = *link;
    Ok(Link { kind, a, b, rows, time, arrived, source: reader.swept_source(file, line)? })
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
