//! The rows of every id added up, segment by segment, on as many processors as there are.
//!
//! What the rows of an id add up to, the summary of a store knows, and where rows have come since, the index of values
//! knows it of each segment; only rows that show more are read.
//! Each thread has a reader of its own: reading heads costs as much as what is made of them. The sums of an id with
//! rows in several segments are added up, too. Only where the same row was delivered in two of them that is wrong:
//! such ids are found by the hashes of their rows, and added up once more from all of their rows.
//!
//! Memory: 8 bytes for each row that can be in two segments, and for each thread 8 bytes for each id.

use std::cell::Cell;
use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::{Error, Scan, Sweep};
use super::MOST_LOOSE;
use super::each::of_each;
use super::places::{Places, Segment};
use super::sums::{self, Names};
use crate::identity::{Marks, RuleSet, Sums, Thresholds, Way};
use crate::model::facts::Arrival;
use crate::model::scan::{Known, KnownRun, SweptRow, SweptRun, short_hash};
use crate::model::threads::join;
use crate::model::{Client, Millis, VerbKind};

/// Rows from which on other threads help: below, starting them costs more.
pub(super) const MANY_ROWS: u64 = 20_000;

/// Threads that add up, at most: each has numbers of all ids.
const MOST_THREADS: usize = 4;

/// Between two questions whether to go on, while others finish their parts.
const WAIT: Duration = Duration::from_millis(20);

/// Bits of a key that say which id it is of, and which segment.
const TAG_BITS: u32 = 24;
const SEGMENT_BITS: u32 = 8;

/// What is known of an id from its rows.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) rows: u32,
    pub(super) bits: u8,
}

/// A row names the id as its own `$user_id`.
pub(super) const OWN_USER: u8 = 1;
/// A server library sent a row of it.
pub(super) const SERVER: u8 = 2;
/// Another program did.
pub(super) const CLIENT: u8 = 4;
/// Its sums are more than a number of rows.
pub(super) const HAS_MORE: u8 = 8;
/// Some of its rows are other deliveries.
pub(super) const HAS_COPIES: u8 = 16;
/// Some of them of rows in another segment.
pub(super) const IN_TWO: u8 = 32;

/// What the rows of all ids add up to.
#[derive(Default)]
pub(super) struct Summed {
    /// By the number of each id.
    pub(super) seen: Vec<Seen>,
    /// Sums that are more than a number of rows.
    pub(super) sums: FxHashMap<u32, Sums>,
    /// Rows, deliveries counted once.
    pub(super) events: u64,
    /// Rows without an id among them.
    pub(super) without_id: u64,
    /// Rows without an event name.
    pub(super) without_name: u64,
    /// The first of them that were read, with the numbers of their ids.
    pub(super) nameless: Vec<(i64, SweptRow)>,
    /// When the first and the last row happened whose time can be right.
    pub(super) span: Option<(Millis, Millis)>,
    /// Whether some segment was read whole, because no index has its sums.
    pub(super) has_unknown: bool,
    /// Devices of placeholders.
    devices: FxHashMap<u32, FxHashSet<i64>>,
    /// The keys of rows that can have been delivered in two segments.
    keys: Vec<u64>,
    /// Those that other threads have found, each list sorted.
    other_keys: Vec<Vec<u64>>,
}

/// Rows of an id, counted.
struct Counted {
    sums: Sums,
    /// [`HAS_COPIES`] or nothing, and what else is known.
    bits: u8,
    /// Devices, of a placeholder.
    devices: Vec<i64>,
}

impl Counted {
    /// Counts rows of an id, deliveries of one row once.
    fn of(uid: i64, rows: &[SweptRow], given: &Given<'_>, names: &Names<'_>) -> Self {
        let mut sums = sums::of(uid, rows, given.ways.get(&uid), given.rules, names);
        let bits = if sums.rows < rows.len() as u64 { HAS_COPIES } else { 0 };
        let mut devices = Vec::new();
        let at = usize::try_from(uid).unwrap_or(0);
        let is_placeholder = at != 0 && given.placeholders.get(at).copied().unwrap_or(false);
        if is_placeholder {
            devices.extend(rows.iter().map(|row| row.device).filter(|device| *device != 0));
            devices.sort_unstable();
            devices.dedup();
        }
        if is_placeholder || given.twice_prefixed.contains(&uid) {
            sums.since.any = rows.iter().map(|row| row.time).min();
        }
        Self { sums, bits, devices }
    }
}

/// What the sums are made by.
pub(super) struct Given<'a> {
    pub(super) rules: RuleSet,
    pub(super) thresholds: &'a Thresholds,
    pub(super) placeholders: &'a [bool],
    /// Ids with the prefix of a device twice.
    pub(super) twice_prefixed: FxHashSet<i64>,
    pub(super) ways: Arc<FxHashMap<i64, Way>>,
}

/// What the source says of its numbers.
struct Numbers {
    ranks: FxHashMap<i64, u32>,
    identify: Vec<i64>,
    /// Names that are no text.
    empty: Vec<i64>,
    /// Names of server libraries.
    servers: Vec<i64>,
}

/// What threads share.
struct Work<'w> {
    given: &'w Given<'w>,
    numbers: &'w Numbers,
    overlap: &'w [bool],
    /// Segments that no thread has taken.
    segments: Mutex<Vec<Segment>>,
    /// Rows that are added up.
    done: AtomicU64,
    /// Whether to end early.
    stop: AtomicBool,
}

/// Reads the rows of every id and adds them up; whether it came to the end. Without `places` only those rows are read
/// that are not known by their ids.
pub(super) fn read(
    reader: &dyn Sweep,
    given: &Given<'_>,
    places: Option<Places>,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<(Summed, bool), Error> {
    let scan = reader.scan();
    let names = scan.map(Scan::names).transpose()?.unwrap_or_default();
    let is = |test: &dyn Fn(&str) -> bool| names.iter().filter(|(_, name)| test(name)).map(|(at, _)| *at).collect();
    let numbers = Numbers {
        ranks: reader.file_ranks()?.into_iter().collect(),
        identify: reader.names_of(VerbKind::Identify)?,
        empty: is(&str::is_empty),
        servers: is(&|name| Client::from_text(name).is_server()),
    };
    let total = scan.map(Scan::rows).transpose()?.unwrap_or_default();
    let mut known = Summed::of(given.placeholders.len());
    let places = if let Some(places) = places {
        places
    } else {
        let mut unknown = Vec::new();
        reader.known_ids(&mut |of_id| {
            if !known.add_known(of_id, given, &numbers) {
                unknown.push(of_id.id);
            }
        })?;
        Places::of_ids(reader, &unknown)?
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    let mut helpers = Vec::new();
    while total >= MANY_ROWS && helpers.len() + 1 < threads {
        let Some(helper) = reader.another()? else { break };
        helpers.push(helper);
    }
    let work = Work {
        given,
        numbers: &numbers,
        overlap: &places.overlap,
        segments: Mutex::new(places.segments),
        done: AtomicU64::new(known.events),
        stop: AtomicBool::new(false),
    };
    let (mut summed, complete) = thread::scope(|scope| {
        let (sender, ended) = channel::<()>();
        let helpers: Vec<_> = helpers
            .into_iter()
            .map(|helper| {
                let (sender, work) = (sender.clone(), &work);
                scope.spawn(move || {
                    let done = work.take_segments(&*helper, &mut || true);
                    drop(sender);
                    done
                })
            })
            .collect();
        drop(sender);
        let mut asked = || go_on(work.done.load(Ordering::Relaxed).min(total), total);
        let own = work.take_segments(reader, &mut asked);
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(WAIT) {
            if !asked() {
                work.stop.store(true, Ordering::Relaxed);
            }
        }
        let (mut summed, mut complete) = own?;
        summed.append(known);
        for helped in helpers.into_iter().map(join) {
            let (more, whole) = helped?;
            summed.append(more);
            complete = complete && whole;
        }
        Ok::<_, Error>((summed, complete))
    })?;
    let complete = summed.finish(reader, &work, &mut || go_on(total, total))? && complete;
    Ok((summed, complete))
}

impl Work<'_> {
    /// Calls `use_names` with what sums need to know.
    fn with_names<T>(&self, use_names: impl FnOnce(&Names<'_>) -> T) -> T {
        let identify = self.numbers.identify.clone();
        use_names(&Names { identify, ranks: &self.numbers.ranks, thresholds: self.given.thresholds })
    }

    /// How many rows of an id at these places, whole runs of it, are other deliveries of rows in another of them.
    fn twice(&self, reader: &dyn Sweep, uid: i64, runs: &[SweptRun]) -> Result<u64, Error> {
        let (mut all, mut by_themselves) = (Vec::new(), 0);
        self.with_names(|names| {
            for run in runs {
                let mut take = |_, rows: &[SweptRow]| {
                    by_themselves += Counted::of(uid, rows, self.given, names).sums.rows;
                    all.extend_from_slice(rows);
                };
                reader.sweep_places(run.places(), &mut take, &mut || true)?;
            }
            Ok(by_themselves.saturating_sub(Counted::of(uid, &all, self.given, names).sums.rows))
        })
    }

    /// Adds up segment after segment until there is none; `go_on` ends it for all threads.
    fn take_segments(&self, reader: &dyn Sweep, go_on: &mut dyn FnMut() -> bool) -> Result<(Summed, bool), Error> {
        self.with_names(|names| {
            let mut summed = Summed::of(self.given.placeholders.len());
            let (mut complete, mut has_unknown) = (true, false);
            while complete {
                let segment = self.segments.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some(mut segment) = segment else { break };
                let read = Cell::new(0);
                let mut asked = || {
                    self.done.fetch_add(read.take(), Ordering::Relaxed);
                    if !go_on() {
                        self.stop.store(true, Ordering::Relaxed);
                    }
                    !self.stop.load(Ordering::Relaxed)
                };
                let mut unknown = std::mem::take(&mut segment.unknown);
                let is_known = if unknown.places.is_empty() {
                    reader.known_runs(segment.number, &mut |run| {
                        if summed.add_known_run(run, segment.meeting(run.run.id).is_some(), self.given, self.numbers) {
                            read.set(read.get() + u64::try_from(run.run.rows).unwrap_or_default());
                        } else {
                            unknown.add(&run.run);
                        }
                    })
                } else {
                    Ok(true)
                };
                let mut take = |uid, rows: &[SweptRow]| {
                    if unknown.has(uid) {
                        summed.add(uid, rows, segment.number, segment.meeting(uid), self, names);
                        read.set(read.get() + rows.len() as u64);
                    }
                };
                let swept = is_known.and_then(|is_known| {
                    has_unknown |= !is_known;
                    let all = [segment.places.clone()];
                    let places = if is_known { &unknown.places[..] } else { &all[..] };
                    for places in places {
                        if !reader.sweep_places(places.clone(), &mut take, &mut asked)? {
                            return Ok(false);
                        }
                    }
                    Ok(true)
                });
                if swept.is_err() {
                    // The others need not go on.
                    self.stop.store(true, Ordering::Relaxed);
                }
                complete = swept? && asked();
            }
            summed.has_unknown = has_unknown;
            // Here, where other threads do the same; what is left is to merge.
            summed.keys.sort_unstable();
            Ok((summed, complete))
        })
    }
}

/// What sorted lists hold, in order.
fn in_order(lists: Vec<Vec<u64>>) -> impl Iterator<Item = u64> {
    let mut lists: Vec<_> = lists.into_iter().map(|list| list.into_iter().peekable()).collect();
    std::iter::from_fn(move || {
        let filled = lists.iter_mut().filter_map(|list| Some((*list.peek()?, list)));
        filled.min_by_key(|(first, _)| *first)?.1.next()
    })
}

/// A number that equal rows of an id have in common, and hardly any others, from [`short_hash`], but for its last bits,
/// which are those of the segment.
fn key(uid: i64, hash: u32, segment: i64) -> u64 {
    (u64::from(hash) << TAG_BITS | tag(uid)) << SEGMENT_BITS | segment_bits(segment)
}

fn segment_bits(segment: i64) -> u64 {
    segment.cast_unsigned() & ((1 << SEGMENT_BITS) - 1)
}

fn tag(uid: i64) -> u64 {
    uid.cast_unsigned() & ((1 << TAG_BITS) - 1)
}

impl Summed {
    /// Nothing of so many ids.
    fn of(ids: usize) -> Self {
        // Rows without an id have a place, too.
        Self { seen: vec![Seen::default(); ids.max(1)], ..Self::default() }
    }

    /// Adds the sums of other segments.
    fn append(&mut self, other: Self) {
        for (seen, more) in self.seen.iter_mut().zip(other.seen) {
            *seen = Seen { rows: seen.rows.saturating_add(more.rows), bits: seen.bits | more.bits };
        }
        for (id, sums) in other.sums {
            self.sums.entry(id).or_default().add(&sums);
        }
        for (id, devices) in other.devices {
            self.devices.entry(id).or_default().extend(devices);
        }
        self.events += other.events;
        self.without_id += other.without_id;
        self.without_name += other.without_name;
        self.nameless.extend(other.nameless);
        self.span = match (self.span, other.span) {
            (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
            (one, other) => one.or(other),
        };
        self.other_keys.push(other.keys);
        self.has_unknown |= other.has_unknown;
    }

    /// Adds what is known of rows of an id that are neighbours in the store; `false` where they have to be read.
    /// `meets` says that some of them can be in another segment too.
    fn add_known_run(&mut self, run: &KnownRun, meets: bool, given: &Given<'_>, numbers: &Numbers) -> bool {
        if !self.add_known(&run.known(), given, numbers) {
            return false;
        }
        if meets {
            let SweptRun { id, segment, .. } = run.run;
            let before = self.keys.len();
            self.keys.extend(run.hashes.iter().map(|hash| key(id, *hash, segment)));
            // As of rows that are read: what is equal within a segment says nothing of others.
            if run.copies > 0 {
                let mut own = self.keys.split_off(before);
                own.sort_unstable();
                own.dedup();
                self.keys.extend(own);
            }
        }
        true
    }

    /// Adds what is known of rows of an id; `false` where they have to be read.
    fn add_known(&mut self, known: &Known<'_>, given: &Given<'_>, numbers: &Numbers) -> bool {
        let at = usize::try_from(known.id).unwrap_or(0);
        let is_placeholder = given.placeholders.get(at).copied().unwrap_or(false);
        if known.shows || is_placeholder || Marks::can_be_impossible(known.earliest, known.ahead, given.thresholds) {
            return false;
        }
        let mut sums = Sums { rows: known.rows, ..Sums::default() };
        if let Some(way) = given.ways.get(&known.id).filter(|way| !way.is_before(known.arrived)) {
            // Most aliases with rows before them have one.
            if known.rows != 1 || known.has_copies || !way.is_decided_at(known.arrived) {
                return false;
            }
            let arrival = Arrival { at: known.arrived, rank: 0, line: 0, row: 0 };
            sums::add_split(given.rules.split(way, known.earliest, arrival), known.earliest, &mut sums);
        }
        let mut bits = if known.has_copies { HAS_COPIES } else { 0 } | if known.is_in_two { IN_TWO } else { 0 };
        if at != 0 {
            let (first, last) = self.span.get_or_insert((known.earliest, known.latest));
            (*first, *last) = (known.earliest.min(*first), known.latest.max(*last));
            bits |= if known.is_own_user { OWN_USER } else { 0 };
            for client in known.clients {
                bits |= if numbers.servers.contains(client) { SERVER } else { CLIENT };
            }
        }
        if given.twice_prefixed.contains(&known.id) {
            sums.since.any = Some(known.earliest);
        }
        self.count(known.id, Counted { sums, bits, devices: Vec::new() });
        true
    }

    /// Adds rows of an id that are neighbours in the store; at the times `meeting` they can be in another segment too.
    fn add(
        &mut self,
        uid: i64,
        rows: &[SweptRow],
        segment: i64,
        meeting: Option<&Range<Millis>>,
        work: &Work<'_>,
        names: &Names<'_>,
    ) {
        let (given, numbers) = (work.given, work.numbers);
        for row in rows.iter().filter(|row| !numbers.empty.is_empty() && numbers.empty.contains(&row.event)) {
            self.without_name += 1;
            self.nameless.push((uid, *row));
            if self.nameless.len() >= 2 * MOST_LOOSE {
                self.keep_first_nameless();
            }
        }
        let at = usize::try_from(uid).unwrap_or(0);
        if let Some(times) = meeting {
            // Rows that are equal within a segment are counted right: a key says something that comes back from
            // another.
            let mut own: Vec<u64> = rows
                .iter()
                .filter(|row| times.contains(&row.time))
                .map(|row| key(uid, short_hash(row.hash), segment))
                .collect();
            own.sort_unstable();
            own.dedup();
            self.keys.extend(own);
        }
        let mut client = 0;
        let mut bits = 0;
        for row in rows.iter().filter(|_| at != 0) {
            if !Marks::is_impossible(row.time, row.arrived, row.flags, given.thresholds) {
                let (first, last) = self.span.get_or_insert((row.time, row.time));
                (*first, *last) = (row.time.min(*first), row.time.max(*last));
            }
            if row.user == uid {
                bits |= OWN_USER;
            }
            // The next row of a client says nothing new.
            if row.client != client && row.client != 0 {
                client = row.client;
                bits |= if numbers.servers.contains(&client) { SERVER } else { CLIENT };
            }
        }
        let counted = Counted::of(uid, rows, given, names);
        self.count(uid, Counted { bits: bits | counted.bits, ..counted });
    }

    /// Adds counted rows of an id.
    fn count(&mut self, uid: i64, Counted { sums, bits, devices }: Counted) {
        self.events += sums.rows;
        let at = usize::try_from(uid).unwrap_or(0);
        if let Some(seen) = self.seen.get_mut(at) {
            seen.rows = seen.rows.saturating_add(u32::try_from(sums.rows).unwrap_or(u32::MAX));
            seen.bits |= bits;
        }
        if at == 0 {
            self.without_id += sums.rows;
            return;
        }
        let number = u32::try_from(uid).unwrap_or(u32::MAX);
        if !devices.is_empty() {
            self.devices.entry(number).or_default().extend(devices);
        }
        if sums != (Sums { rows: sums.rows, ..Sums::default() }) {
            self.sums.entry(number).or_default().add(&sums);
        }
    }

    /// Counts ids anew of which a row was delivered in two segments, and what can only be said of all rows of an id.
    /// Whether it came to the end.
    fn finish(&mut self, reader: &dyn Sweep, work: &Work<'_>, go_on: &mut dyn FnMut() -> bool) -> Result<bool, Error> {
        let mut lists = std::mem::take(&mut self.other_keys);
        lists.push(std::mem::take(&mut self.keys));
        // By the tags of ids, the bits of the segments that have equal rows of them.
        let mut tags: FxHashMap<u64, FxHashSet<u64>> = FxHashMap::default();
        let mut before: Option<u64> = None;
        // A list of them all would take twice the memory for a moment.
        for key in in_order(lists) {
            let same = before.replace(key).filter(|before| before >> SEGMENT_BITS == key >> SEGMENT_BITS);
            if let Some(same) = same {
                let of_id = tags.entry(tag((key >> SEGMENT_BITS).cast_signed())).or_default();
                of_id.extend([same, key].map(|key| key & ((1 << SEGMENT_BITS) - 1)));
            }
        }
        let twice: Vec<(i64, &FxHashSet<u64>)> = (0_i64..)
            .zip(work.overlap)
            .filter(|(_, overlaps)| **overlaps)
            .filter_map(|(uid, _)| Some((uid, tags.get(&tag(uid))?)))
            .collect();
        let shows = &self.sums;
        let anew = |reader: &dyn Sweep, (uid, segments): &(i64, &FxHashSet<u64>)| {
            let number = u32::try_from(*uid).unwrap_or(u32::MAX);
            // Of an id whose rows show nothing but how many they are, only those have to be read that are there twice.
            if *uid != 0 && !shows.contains_key(&number) {
                let mut places = reader.runs_of(*uid)?;
                places.retain(|run| segments.contains(&segment_bits(run.segment)));
                return work.twice(reader, *uid, &places).map(|twice| (None, twice));
            }
            let rows = reader.swept_rows_of(*uid)?;
            Ok((Some(work.with_names(|names| Counted::of(*uid, &rows, work.given, names))), 0))
        };
        let anew = of_each(reader, &twice, &anew, go_on)?;
        let complete = anew.is_some();
        let mut anew = anew.into_iter().flatten();
        for (uid, _) in twice {
            let seen = usize::try_from(uid).ok().and_then(|at| self.seen.get_mut(at));
            let Some(seen) = seen else { continue };
            seen.bits |= HAS_COPIES | IN_TWO;
            let counted = match anew.next() {
                Some((None, twice)) => {
                    seen.rows = seen.rows.saturating_sub(u32::try_from(twice).unwrap_or(u32::MAX));
                    self.events = self.events.saturating_sub(twice);
                    continue;
                }
                Some((counted, _)) => counted,
                // Who ends it gets a lower bound: such an id then has no rows.
                None => None,
            };
            let before = u64::from(std::mem::take(&mut seen.rows));
            self.events = self.events.saturating_sub(before);
            if uid == 0 {
                self.without_id = 0;
            }
            self.sums.remove(&u32::try_from(uid).unwrap_or(u32::MAX));
            if let Some(counted) = counted {
                self.count(uid, counted);
            }
        }
        for (number, sums) in &mut self.sums {
            let Some(seen) = self.seen.get_mut(*number as usize) else { continue };
            seen.bits |= HAS_MORE;
            sums.rows = u64::from(seen.rows);
            sums.devices = self.devices.get(number).map_or(0, |devices| devices.len() as u64);
            // An id that is always a number is one id.
            if sums.numbers == sums.rows {
                (sums.numbers, sums.since.numbers) = (0, None);
            }
        }
        self.devices = FxHashMap::default();
        self.keep_first_nameless();
        Ok(complete)
    }

    /// Keeps the first rows without a name, by their ids: the same ones whatever thread reads them.
    fn keep_first_nameless(&mut self) {
        self.nameless.sort_unstable_by_key(|(uid, row)| (*uid, row.row));
        self.nameless.truncate(MOST_LOOSE);
    }
}
