//! Rows of ids by time, without their properties.
//!
//! A run of rows is read in one range scan. Texts that rows name by number are looked up once
//! and shared, and so is all that rows have from their sender, so a row costs the reading of its
//! numbers and one allocation: a third of a microsecond. Each segment has senders of its own; those
//! that say the same become one, so that code that looks at each sender looks at fifty thousand devices
//! and not at half a million. Where there are tens of thousands of rows, a second connection on a
//! second thread reads half of the runs.

use std::collections::HashSet;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use rustc_hash::FxHashMap;

use super::files::Files;
use super::rows::{SenderRow, Senders};
use super::{Again, Reader};
use crate::model::facts::{Event, Origin, Place, Sender, Source};
use crate::model::threads::join;
use crate::model::{Client, Flags, Id, Millis, VerbKind};
use crate::store::number::NO_ID;
use crate::store::packs::Head;
use crate::store::{Error, number};

impl Reader {
    /// Rows sent under one of `ids`, by time, then arrival: those that come after `after`, or
    /// the first of all. Past `limit` the latest are left out; the place of the last row is
    /// where the next page begins.
    pub fn event_heads(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        self.at_one_moment(|_| {
            let mut heads = Heads::new(self, after, limit)?;
            for id in ids {
                if let Some(uid) = self.number_of(id)? {
                    heads.add_runs(uid, Some(id))?;
                }
            }
            heads.read()
        })
    }

    /// Rows sent under exactly this id, by time, then arrival; past `limit` the latest are left
    /// out.
    pub fn events_of(&self, id: &Id, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        self.event_heads(std::slice::from_ref(id), None, limit)
    }

    /// Rows without a usable `distinct_id`, by time, then arrival.
    pub fn events_without_id(&self, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        self.at_one_moment(|_| {
            let mut heads = Heads::new(self, None, limit)?;
            heads.add_runs(NO_ID, None)?;
            heads.read()
        })
    }
}

/// Neighbouring rows of one id and segment.
#[derive(Clone, Copy)]
struct Run<'a> {
    uid: i64,
    id: Option<&'a Id>,
    lo: i64,
    n: i64,
    t0: Millis,
    t1: Millis,
}

/// Rows from which on a second thread helps: below, opening the file again costs more.
const MANY_ROWS: i64 = 20_000;

/// Rows of a run that are read at once: their numbers stay in the cache of the processor.
const PART: i64 = 4_000;

/// The earliest rows so far, with some more than `limit` of them until the next cut.
struct Heads<'a> {
    reader: &'a Reader,
    files: Arc<Files>,
    after: Option<Place>,
    limit: usize,
    runs: Vec<Run<'a>>,
    rows: Vec<Arc<Event>>,
    /// Senders by all that is said of them: the id and what its rows share, but for the call.
    senders: FxHashMap<(i64, [i64; 4], u32), Arc<Sender>>,
    /// By the place of a sender in memory, which stays while it is held here: it and the same for
    /// another call.
    calling: FxHashMap<(usize, VerbKind), [Arc<Sender>; 2]>,
    /// The senders of the run that is read.
    of_run: Senders<Shared>,
    /// The last event name, by its number, and the call that its rows are.
    name: Option<(i64, Arc<str>, VerbKind)>,
    /// No row after this time can be among them.
    latest: Millis,
}

/// What rows of one line of `senders` share.
struct Shared {
    sender: Arc<Sender>,
    origin: Arc<Origin>,
    /// When all of them arrived; `None` where each has a delay of its own.
    arrived: Option<Millis>,
}

/// Senders that are kept at hand; beyond, all are dropped and made again.
const CACHED_SENDERS: usize = 1 << 17;

/// Reads runs over a connection of its own.
struct Helper {
    reader: Again,
    files: Arc<Files>,
    after: Option<Place>,
}

impl Helper {
    /// The rows of `runs`, the first `limit` among them; `None` when this connection sees others.
    fn read(self, runs: &[Run<'_>], limit: usize) -> Result<Option<Vec<Arc<Event>>>, Error> {
        let reader = self.reader.open()?;
        reader.at_one_moment(|reader| {
            // It may see a later state of the store than the one that asks. Segments are only
            // added, so the runs are still there; should that ever change, it shows here.
            let uids: HashSet<i64> = runs.iter().map(|run| run.uid).collect();
            let mut known = HashSet::new();
            for uid in uids {
                known.extend(reader.runs_of(uid)?.into_iter().map(|(lo, n)| (uid, lo, n)));
            }
            if !runs.iter().all(|run| known.contains(&(run.uid, run.lo, run.n))) {
                return Ok(None);
            }
            let mut heads = Heads::over(reader, self.files, self.after, limit);
            heads.read_runs(runs)?;
            Ok(Some(heads.rows))
        })
    }
}

impl<'a> Heads<'a> {
    fn new(reader: &'a Reader, after: Option<Place>, limit: usize) -> Result<Self, Error> {
        Ok(Self::over(reader, reader.files()?, after, limit))
    }

    fn over(reader: &'a Reader, files: Arc<Files>, after: Option<Place>, limit: usize) -> Self {
        Self {
            reader,
            files,
            after,
            limit,
            runs: Vec::new(),
            rows: Vec::new(),
            senders: FxHashMap::default(),
            calling: FxHashMap::default(),
            of_run: Senders::default(),
            name: None,
            latest: Millis::MAX,
        }
    }

    fn earliest(&self) -> Millis {
        self.after.map_or(Millis::MIN, |(time, _)| time)
    }

    fn add_runs(&mut self, uid: i64, id: Option<&'a Id>) -> Result<(), Error> {
        let earliest = self.earliest();
        let runs = self.reader.ask(|db| {
            db.prepare_cached("SELECT lo, n, t0, t1 FROM runs WHERE uid = ?1 AND t1 >= ?2 ORDER BY t0, seg")?
                .query_map([uid, earliest], |row| {
                    Ok(Run { uid, id, lo: row.get(0)?, n: row.get(1)?, t0: row.get(2)?, t1: row.get(3)? })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        self.runs.extend(runs);
        Ok(())
    }

    /// Reads the runs by their first time. Rows of a run have their times in order, so reading
    /// stops where nothing earlier can come.
    fn read(mut self) -> Result<Vec<Arc<Event>>, Error> {
        self.runs.sort_by_key(|run| run.t0);
        let mut runs = std::mem::take(&mut self.runs);
        if self.after.is_none() {
            runs.truncate(needed(&runs, self.limit));
        }
        let expected = runs.iter().map(|run| self.wanted(run)).fold(0, i64::saturating_add);
        self.rows.reserve_exact(usize::try_from(expected).unwrap_or(0).min(self.limit));
        if expected < MANY_ROWS || !self.read_by_two(&runs, expected)? {
            self.read_runs(&runs)?;
        }
        self.cut();
        Ok(self.rows)
    }

    /// Rows to read of a run. The first are the earliest; which of them come after a place is seen
    /// later.
    fn wanted(&self, run: &Run<'_>) -> i64 {
        if self.after.is_none() { run.n.min(number::length(self.limit)) } else { run.n }
    }

    fn read_runs(&mut self, runs: &[Run<'_>]) -> Result<(), Error> {
        for run in runs {
            if run.t0 > self.latest {
                break;
            }
            self.read_run(run)?;
        }
        Ok(())
    }

    /// Reads the later half of the rows on another thread; `false` when it cannot, and then
    /// nothing was read.
    fn read_by_two(&mut self, runs: &[Run<'_>], expected: i64) -> Result<bool, Error> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        if self.reader.in_memory || cores < 2 {
            return Ok(false);
        }
        let mut before = 0;
        let half = runs.iter().take_while(|run| {
            before += self.wanted(run);
            before <= expected / 2
        });
        let (early, late) = runs.split_at(half.count());
        let helper = Helper { reader: self.reader.again(), files: Arc::new(self.files.copied()), after: self.after };
        let limit = self.limit;
        thread::scope(|scope| {
            let helped = scope.spawn(move || helper.read(late, limit));
            self.read_runs(early)?;
            match join(helped) {
                Ok(Some(rows)) => self.rows.extend(rows),
                // Whatever is wrong shows again here, with its reason.
                _ => self.read_runs(late)?,
            }
            Ok(true)
        })
    }

    fn read_run(&mut self, run: &Run<'_>) -> Result<(), Error> {
        let n = self.wanted(run);
        let end = run.lo.saturating_add(n);
        let mut lo = run.lo;
        self.of_run = Senders::default();
        while lo < end {
            let to = lo.saturating_add(PART).min(end);
            let heads = self.reader.heads_between(lo, to)?;
            if number::length(heads.len()) != to - lo {
                let what =
                    format!("of the {n} rows from {} on it has {}", run.lo, lo - run.lo + number::length(heads.len()));
                return Err(self.reader.corrupt(what));
            }
            let mut senders = std::mem::take(&mut self.of_run);
            senders.read(self.reader, &heads, |rows| self.shared(run, rows))?;
            self.of_run = senders;
            if !self.take(&heads)? {
                break;
            }
            lo = to;
        }
        Ok(())
    }

    /// Takes rows of a run; whether later ones can be wanted.
    fn take(&mut self, heads: &[(i64, Head)]) -> Result<bool, Error> {
        let earliest = self.earliest();
        for (id, head) in heads.iter().filter(|(_, head)| head.t >= earliest) {
            if head.t > self.latest {
                return Ok(false);
            }
            let event = self.event(*id, head)?;
            if self.after.is_none_or(|after| event.place() > after) {
                self.rows.push(Arc::new(event));
            }
            if self.rows.len() > self.limit.saturating_mul(2).saturating_add(1024) {
                self.cut();
            }
        }
        Ok(true)
    }

    fn event(&mut self, id: i64, head: &Head) -> Result<Event, Error> {
        let (event, verb) = self.name(head.ev)?;
        let shared = self.of_run.of(head.sender).ok_or_else(|| self.reader.no_sender(id, head))?;
        let source = Source { origin: Arc::clone(&shared.origin), line: number::from_sql(head.line) };
        let arrived = shared.arrived.unwrap_or(head.t.wrapping_add(head.delay));
        let sender = if shared.sender.verb == verb {
            Arc::clone(&shared.sender)
        } else {
            let calling = self.calling.entry((Arc::as_ptr(&shared.sender).addr(), verb));
            let [_, sender] = calling.or_insert_with(|| {
                let other = Sender { verb, ..Sender::clone(&shared.sender) };
                [Arc::clone(&shared.sender), Arc::new(other)]
            });
            Arc::clone(sender)
        };
        Ok(Event {
            row: number::row(id, head.nth),
            event,
            time: head.t,
            arrived,
            hash: number::hash_at(head.hash, head.t),
            source,
            sender,
        })
    }

    /// An event name, mostly that of the row before, and the call that its rows are.
    fn name(&mut self, number: i64) -> Result<(Arc<str>, VerbKind), Error> {
        if let Some((_, name, verb)) = self.name.as_ref().filter(|(known, ..)| *known == number) {
            return Ok((Arc::clone(name), *verb));
        }
        let (name, verb) = self.reader.name_and_verb(number)?;
        self.name = Some((number, Arc::clone(&name), verb));
        Ok((name, verb))
    }

    fn shared(&mut self, run: &Run<'_>, rows: &[SenderRow]) -> Result<Vec<Shared>, Error> {
        self.reader.read_ids(rows.iter().flat_map(|row| [row.device, row.user, row.other]))?;
        let mut shared = Vec::with_capacity(rows.len());
        for row in rows {
            shared.push(Shared {
                sender: self.sender(run, row)?,
                origin: self.reader.source(&self.files, row.file, 0)?.origin,
                arrived: row.arrived,
            });
        }
        Ok(shared)
    }

    /// The sender of a row that is no call of its own.
    fn sender(&mut self, run: &Run<'_>, row: &SenderRow) -> Result<Arc<Sender>, Error> {
        let said = (run.uid, [row.device, row.user, row.other, row.client], row.flags);
        if let Some(known) = self.senders.get(&said) {
            return Ok(Arc::clone(known));
        }
        let reader = self.reader;
        let given = |number| if number == 0 { None } else { Some(number) };
        let client = given(row.client).map(|client| reader.name(client)).transpose()?;
        let sender = Arc::new(Sender {
            id: run.id.cloned(),
            device: reader.id_or_none(given(row.device))?,
            user: reader.id_or_none(given(row.user))?,
            other: reader.id_or_none(given(row.other))?,
            client: client.map(Client::from_shared),
            flags: Flags(row.flags),
            verb: VerbKind::Track,
        });
        if self.senders.len() >= CACHED_SENDERS {
            self.senders.clear();
            self.calling.clear();
        }
        self.senders.insert(said, Arc::clone(&sender));
        Ok(sender)
    }

    fn cut(&mut self) {
        // Runs are in order, and the sort takes advantage of that.
        self.rows.sort_by_key(|event| event.place());
        if self.rows.len() > self.limit {
            self.rows.truncate(self.limit);
            self.latest = self.rows.last().map_or(Millis::MIN, |event| event.time);
        }
    }
}

/// How many of `runs`, which are in order of their first times, can have one of the first
/// `limit` rows: none that begins after that many have ended.
fn needed(runs: &[Run<'_>], limit: usize) -> usize {
    let mut by_end: Vec<&Run<'_>> = runs.iter().collect();
    by_end.sort_by_key(|run| run.t1);
    let limit = number::length(limit);
    let mut rows = 0_i64;
    let full = by_end.into_iter().find(|run| {
        rows = rows.saturating_add(run.n);
        rows >= limit
    });
    full.map_or(runs.len(), |full| runs.partition_point(|run| run.t0 <= full.t1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_that_are_left_out_have_none_of_the_first_rows(
            parts in proptest::collection::vec(proptest::collection::vec(0_i64..60, 1..6), 0..9),
            limit in 0_usize..40,
        ) {
            let mut parts = parts;
            for times in &mut parts {
                times.sort_unstable();
            }
            parts.sort_by_key(|times| times.first().copied());
            let run = |times: &Vec<i64>| Run {
                uid: 1,
                id: None,
                lo: 0,
                n: number::length(times.len()),
                t0: times.first().copied().unwrap_or_default(),
                t1: times.last().copied().unwrap_or_default(),
            };
            let runs: Vec<Run<'_>> = parts.iter().map(run).collect();
            let first = |parts: &[Vec<i64>]| {
                let mut times: Vec<i64> = parts.concat();
                times.sort_unstable();
                times.truncate(limit);
                times
            };
            prop_assert_eq!(first(&parts[..needed(&runs, limit)]), first(&parts));
        }
    }
}
