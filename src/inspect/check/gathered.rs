//! What a look over all users holds in memory.

use std::collections::hash_map::Entry;
use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use rustc_hash::{FxHashMap, FxHashSet};
use xxhash_rust::xxh3::xxh3_64;

use super::super::{Error, Scan, Sweep};
use super::Proof;
use super::places::Places;
use super::summed::{self, Given, HAS_COPIES, IN_TWO, MANY_ROWS, Summed};
use crate::identity::{RuleSet, Thresholds, Way};
use crate::model::alike::{are_alike, fold_all};
use crate::model::facts::{AliasCall, Source};
use crate::model::id::{DEVICE_PREFIX, has_prefix_twice, is_placeholder};
use crate::model::parts::Parts;
use crate::model::scan::{SweptCall, SweptLink, SweptRow};
use crate::model::threads::join;
use crate::model::{Id, NumberedTexts};

/// Alias calls of which the ways are made at once, about.
const CALLS_TOGETHER: usize = 64;

/// Ids from which on several threads look at their texts.
const MANY_IDS: usize = 20_000;

/// Other ids that are listed for one that looks like them.
const MOST_ALIKE: usize = 20;

/// Calls, links and sums of a whole store.
pub(super) struct Gathered {
    pub(super) rules: RuleSet,
    pub(super) thresholds: Thresholds,
    pub(super) texts: NumberedTexts,
    placeholders: Vec<bool>,
    pub(super) parts: Parts,
    pub(super) calls: Vec<SweptCall>,
    pub(super) links: Vec<SweptLink>,
    /// Each file, at none of its lines.
    files: FxHashMap<i64, Source>,
    /// Pairs of ids that look the same, in their order.
    pub(super) alike: Vec<(u32, u32)>,
    /// Aliases with rows; `None` where only the rows say which have some.
    aliases: Option<Vec<i64>>,
    /// What [`Gathered::ways`] gives, once it was asked for.
    ways: Option<Arc<FxHashMap<i64, Way>>>,
    /// Where rows are, until they are read; `None` where most are known by their ids.
    places: Option<Places>,
    /// The rows of each segment, by its number.
    segments: Vec<(i64, Range<i64>)>,
    pub(super) summed: Summed,
}

pub(super) fn number(id: i64) -> u32 {
    u32::try_from(id).unwrap_or(u32::MAX)
}

/// What joins ids, and where their rows are.
struct Joining {
    calls: Vec<SweptCall>,
    links: Vec<SweptLink>,
    places: Option<Places>,
    segments: Vec<(i64, Range<i64>)>,
    /// Aliases with rows; `None` where only the rows say which have some.
    aliases: Option<Vec<i64>>,
}

impl Joining {
    fn read(reader: &dyn Sweep) -> Result<Self, Error> {
        let (calls, links, segments) = (reader.sweep_calls()?, reader.sweep_links()?, reader.segments()?);
        let called: FxHashSet<i64> = calls.iter().map(|call| call.alias).filter(|alias| *alias != 0).collect();
        let mut aliases: Vec<i64> = Vec::new();
        let is_known =
            reader.known_ids(&mut |known| aliases.extend(Some(known.id).filter(|id| called.contains(id))))?;
        let places = if is_known { None } else { Some(Places::read(reader)?) };
        Ok(Self { calls, links, places, segments, aliases: is_known.then_some(aliases) })
    }
}

/// The texts of ids, and what follows from them.
struct Named {
    texts: NumberedTexts,
    placeholders: Vec<bool>,
    parts: Parts,
    alike: Vec<(u32, u32)>,
}

impl Named {
    fn read(reader: &dyn Sweep) -> Result<Self, Error> {
        let mut texts = NumberedTexts::default();
        reader.sweep_ids(&mut |number, text| texts.set(number, text))?;
        let numbers: Vec<u32> = (1..u32::try_from(texts.len()).unwrap_or(u32::MAX)).collect();
        let threads =
            if numbers.len() < MANY_IDS { 1 } else { thread::available_parallelism().map_or(1, NonZero::get) };
        let pieces: Vec<Read> = thread::scope(|scope| {
            let texts = &texts;
            let pieces = numbers.chunks(numbers.len().div_ceil(threads).max(1));
            let readers: Vec<_> = pieces.map(|ids| scope.spawn(move || Read::of(texts, ids))).collect();
            readers.into_iter().map(join).collect()
        });
        let (mut placeholders, mut folds) = (vec![false; texts.len().min(1)], Vec::with_capacity(numbers.len()));
        for piece in pieces {
            placeholders.extend(piece.placeholders);
            folds.extend(piece.folds);
        }
        let parts = Parts::new(texts.len());
        let mut named = Self { texts, placeholders, parts, alike: Vec::new() };
        named.compare(folds);
        Ok(named)
    }

    /// Joins the two forms of a device, and finds ids that look the same: both have one fold.
    fn compare(&mut self, mut folds: Vec<u64>) {
        folds.sort_unstable();
        let of = |fold: &u64| u32::try_from(fold & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        let (texts, placeholders) = (&self.texts, &self.placeholders);
        let text = |id: u32| texts.of(i64::from(id));
        let is_placeholder = |id: &u32| placeholders.get(*id as usize).copied().unwrap_or(false);
        for group in folds.chunk_by(|one, other| one >> 32 == other >> 32).filter(|group| group.len() > 1) {
            // Nearly all groups are the two forms of one device.
            if let [one, other] = group {
                let (one, other) = (of(one), of(other));
                let (of_one, of_other) = (text(one), text(other));
                if of_one.strip_prefix(DEVICE_PREFIX) == Some(of_other)
                    || of_other.strip_prefix(DEVICE_PREFIX) == Some(of_one)
                {
                    self.parts.join(one, other);
                    if bare(of_one) == bare(of_other) {
                        continue;
                    }
                }
            }
            let ids: Vec<u32> = group.iter().map(of).collect();
            let by_text: FxHashMap<&str, u32> = ids.iter().map(|id| (text(*id), *id)).collect();
            for id in &ids {
                let Some(device) = text(*id).strip_prefix(DEVICE_PREFIX) else { continue };
                if let Some(other) = by_text.get(device) {
                    self.parts.join(*other, *id);
                }
            }
            for of in ids.iter().filter(|id| !is_placeholder(id)) {
                let others = ids.iter().filter(|id| *id != of && !is_placeholder(id));
                let alike = others.filter(|id| are_alike(bare(text(*of)), bare(text(**id)))).take(MOST_ALIKE);
                self.alike.extend(alike.map(|id| (*of, *id)));
            }
        }
        self.alike.sort_unstable();
    }
}

/// What the texts of some ids say by themselves.
struct Read {
    placeholders: Vec<bool>,
    /// Of each, half of the hash of its fold above its number: what has one half by chance is compared. Sorted.
    folds: Vec<u64>,
}

impl Read {
    fn of(texts: &NumberedTexts, ids: &[u32]) -> Self {
        let placeholders = ids.iter().map(|id| is_placeholder(texts.of(i64::from(*id)))).collect();
        let mut folds: Vec<u64> = Vec::with_capacity(ids.len());
        let mut text = String::new();
        for id in ids {
            text.clear();
            fold_all(bare(texts.of(i64::from(*id))), &mut text);
            folds.push(xxh3_64(text.as_bytes()) >> 32 << 32 | u64::from(*id));
        }
        folds.sort_unstable();
        Self { placeholders, folds }
    }
}

/// The text of an id without one prefix of a device.
pub(super) fn bare(text: &str) -> &str {
    text.strip_prefix(DEVICE_PREFIX).unwrap_or(text)
}

impl Gathered {
    /// Reads ids, calls, links and runs; of a large store by two threads.
    pub(super) fn of(reader: &dyn Sweep, rules: RuleSet, thresholds: Thresholds) -> Result<Self, Error> {
        let rows = reader.scan().map(Scan::rows).transpose()?.unwrap_or_default();
        let helper = if rows >= MANY_ROWS { reader.another()? } else { None };
        let (named, joining) = thread::scope(|scope| {
            let helped = helper.map(|helper| scope.spawn(move || Joining::read(&*helper)));
            let named = Named::read(reader)?;
            // It is only a help: what is wrong with the source, this reader says.
            let joining = helped.map(join).and_then(Result::ok).map_or_else(|| Joining::read(reader), Ok)?;
            Ok::<_, Error>((named, joining))
        })?;
        let Named { texts, placeholders, parts, alike } = named;
        let Joining { calls, links, places, segments, aliases } = joining;
        let mut files: FxHashMap<i64, Source> = FxHashMap::default();
        for file in calls.iter().map(|call| call.file).chain(links.iter().map(|link| link.file)) {
            if let Entry::Vacant(place) = files.entry(file) {
                place.insert(reader.swept_source(file, 0)?);
            }
        }
        let summed = Summed::default();
        let mut gathered = Self {
            rules,
            thresholds,
            texts,
            placeholders,
            parts,
            calls,
            links,
            files,
            alike,
            aliases,
            ways: None,
            places,
            segments,
            summed,
        };
        gathered.join_ids();
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

    /// The rows of each segment, by its number.
    pub(super) fn segments(&self) -> &[(i64, Range<i64>)] {
        &self.segments
    }

    /// Every alias call.
    pub(super) fn calls(&self) -> &[SweptCall] {
        &self.calls
    }

    /// Numbers of ids, and one more.
    pub(super) fn ids(&self) -> usize {
        self.texts.len()
    }

    /// The number of every id.
    pub(super) fn numbers_of_ids(&self) -> impl Iterator<Item = u32> + use<> {
        1..u32::try_from(self.texts.len()).unwrap_or(u32::MAX)
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

    /// Whether all that is known of copies of an id is in what each segment knows of it.
    pub(super) fn is_known_by_segments(&self, id: i64) -> bool {
        let seen = usize::try_from(id).ok().and_then(|at| self.summed.seen.get(at));
        !self.summed.has_unknown && seen.is_some_and(|seen| seen.bits & IN_TWO == 0)
    }

    /// A number for all ids that calls and links join to this one.
    pub(super) fn part_of(&mut self, number: u32) -> u32 {
        self.parts.of(number)
    }

    pub(super) fn is_placeholder(&self, id: i64) -> bool {
        usize::try_from(id).ok().and_then(|at| self.placeholders.get(at)).copied().unwrap_or(false)
    }

    pub(super) fn id(&self, number: i64) -> Option<Id> {
        (number != 0).then(|| Id::new(self.texts.of(number)))
    }

    /// Joins what one user's journey can reach besides the two forms of a device: ids of a call, ids of a link.
    /// Placeholders are never walked through.
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
    }

    /// What decides where rows of aliases are stored, of those that have some: from the calls of each part by
    /// themselves.
    pub(super) fn ways(&mut self) -> Arc<FxHashMap<i64, Way>> {
        let known = self.ways.take().unwrap_or_else(|| Arc::new(self.make_ways()));
        self.ways = Some(Arc::clone(&known));
        known
    }

    fn make_ways(&mut self) -> FxHashMap<i64, Way> {
        let parts = &mut self.parts;
        let asked: Option<FxHashSet<u32>> =
            self.aliases.as_ref().map(|aliases| aliases.iter().map(|alias| parts.of(number(*alias))).collect());
        let mut order: Vec<(u32, usize)> = Vec::new();
        let mut numbers: FxHashMap<&str, i64> = FxHashMap::default();
        for (at, call) in self.calls.iter().enumerate().filter(|(_, call)| call.alias != 0) {
            let part = parts.of(number(call.alias));
            if asked.as_ref().is_none_or(|asked| asked.contains(&part)) {
                order.push((part, at));
                numbers.insert(self.texts.of(call.alias), call.alias);
            }
        }
        order.sort_unstable();
        let mut ways = FxHashMap::default();
        let mut parts = order.chunk_by(|(one, _), (other, _)| one == other).peekable();
        while parts.peek().is_some() {
            // Parts say nothing of each other; some together cost less than each by itself.
            let mut calls: Vec<AliasCall> = Vec::new();
            while calls.len() < CALLS_TOGETHER
                && let Some(part) = parts.next()
            {
                let of_part = part.iter().filter_map(|(_, at)| self.calls.get(*at));
                calls.extend(of_part.map(|call| self.call(call, (self.id(call.alias), self.id(call.target)))));
            }
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
        let ids = (1_i64..).take(self.texts.len().saturating_sub(1));
        let given = Given {
            rules: self.rules,
            ways: self.ways(),
            thresholds: &self.thresholds,
            placeholders: &self.placeholders,
            twice_prefixed: ids.filter(|id| has_prefix_twice(self.texts.of(*id))).collect(),
        };
        let places = self.places.take();
        let (summed, complete) = summed::read(reader, &given, places, go_on)?;
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
    pub(super) fn place(&self, file: i64, line: i64) -> Source {
        let origin = self.files.get(&file).map(|file| Arc::clone(&file.origin));
        origin.map_or_else(|| Source::new("", 0, 0), |origin| Source { origin, line: u64::try_from(line).unwrap_or(0) })
    }

    pub(super) fn call(&self, call: &SweptCall, (alias, target): (Option<Id>, Option<Id>)) -> AliasCall {
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
}
