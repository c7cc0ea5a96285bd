//! Rows of ids by time, without their properties.
//!
//! A run of rows is read in one range scan. Texts that rows name by number are looked up once
//! and shared, so a row costs the reading of its numbers and one allocation: less than a
//! microsecond. Where there are tens of thousands, a second connection on a second thread
//! reads half of the runs.

use std::collections::HashSet;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use super::files::Files;
use super::rows::Thin;
use super::{Again, Reader};
use crate::model::facts::{Event, Place};
use crate::model::{Client, Flags, Id, Millis};
use crate::store::writer::NO_ID;
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
}

/// Rows from which on a second thread helps: below, opening the file again costs more.
const MANY_ROWS: i64 = 20_000;

/// The earliest rows so far, with some more than `limit` of them until the next cut.
struct Heads<'a> {
    reader: &'a Reader,
    files: Arc<Files>,
    after: Option<Place>,
    limit: usize,
    runs: Vec<Run<'a>>,
    rows: Vec<Arc<Event>>,
    /// No row after this time can be among them.
    latest: Millis,
}

/// Reads runs over a connection of its own.
struct Helper {
    reader: Again,
    files: Arc<Files>,
    after: Option<Place>,
}

impl Helper {
    /// The rows of `runs`; `None` when this connection sees others.
    fn read(self, runs: &[Run<'_>]) -> Result<Option<Vec<Arc<Event>>>, Error> {
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
            let mut heads = Heads {
                reader,
                files: self.files,
                after: self.after,
                limit: usize::MAX,
                runs: Vec::new(),
                rows: Vec::new(),
                latest: Millis::MAX,
            };
            heads.read_runs(runs)?;
            Ok(Some(heads.rows))
        })
    }
}

impl<'a> Heads<'a> {
    fn new(reader: &'a Reader, after: Option<Place>, limit: usize) -> Result<Self, Error> {
        let files = reader.files()?;
        Ok(Self { reader, files, after, limit, runs: Vec::new(), rows: Vec::new(), latest: Millis::MAX })
    }

    fn earliest(&self) -> Millis {
        self.after.map_or(Millis::MIN, |(time, _)| time)
    }

    fn add_runs(&mut self, uid: i64, id: Option<&'a Id>) -> Result<(), Error> {
        let earliest = self.earliest();
        let runs = self.reader.ask(|db| {
            db.prepare_cached("SELECT lo, n, t0 FROM runs WHERE uid = ?1 AND t1 >= ?2 ORDER BY t0, seg")?
                .query_map([uid, earliest], |row| {
                    Ok(Run { uid, id, lo: row.get(0)?, n: row.get(1)?, t0: row.get(2)? })
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
        let runs = std::mem::take(&mut self.runs);
        let expected = runs.iter().map(|run| run.n).fold(0, i64::saturating_add);
        self.rows.reserve(usize::try_from(expected).unwrap_or(0).min(self.limit));
        let is_page = usize::try_from(expected).is_ok_and(|expected| expected <= self.limit);
        if expected < MANY_ROWS || !is_page || !self.read_by_two(&runs, expected)? {
            self.read_runs(&runs)?;
        }
        self.cut();
        Ok(self.rows)
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
            before += run.n;
            before <= expected / 2
        });
        let (early, late) = runs.split_at(half.count());
        let helper = Helper { reader: self.reader.again(), files: Arc::clone(&self.files), after: self.after };
        thread::scope(|scope| {
            let helped = scope.spawn(move || helper.read(late));
            self.read_runs(early)?;
            match helped.join() {
                Ok(Ok(Some(rows))) => self.rows.extend(rows),
                // Whatever is wrong shows again here, with its reason.
                _ => self.read_runs(late)?,
            }
            Ok(true)
        })
    }

    fn read_run(&mut self, run: &Run<'_>) -> Result<(), Error> {
        // The first rows of a run are the earliest; which of them come after a place is seen later.
        let n = if self.after.is_none() { run.n.min(number::length(self.limit)) } else { run.n };
        let rows = self.reader.rows_between(run.lo, run.lo.saturating_add(n))?;
        if number::length(rows.len()) != n {
            let what = format!("of the {n} rows from {} on it has {}", run.lo, rows.len());
            return Err(self.reader.corrupt(what));
        }
        let earliest = self.earliest();
        for row in rows.into_iter().filter(|row| row.t >= earliest) {
            if row.t > self.latest {
                break;
            }
            let event = self.event(run.id, &row)?;
            if self.after.is_none_or(|after| event.place() > after) {
                self.rows.push(Arc::new(event));
            }
            if self.rows.len() > self.limit.saturating_mul(2).saturating_add(1024) {
                self.cut();
            }
        }
        Ok(())
    }

    fn event(&self, id: Option<&Id>, row: &Thin) -> Result<Event, Error> {
        let reader = self.reader;
        let given = |number| if number == 0 { None } else { Some(number) };
        let client = given(row.client).map(|client| reader.name(client)).transpose()?;
        Ok(Event {
            row: number::row(row.id, row.nth),
            event: reader.name(row.ev)?,
            id: id.cloned(),
            time: row.t,
            arrived: row.arrived,
            device: reader.id_or_none(given(row.device))?,
            user: reader.id_or_none(given(row.user))?,
            other: reader.id_or_none(given(row.other))?,
            client: client.map(Client::from_shared),
            hash: number::hash_at(row.hash, row.t),
            flags: Flags(row.flags),
            source: reader.source(&self.files, row.file, row.line)?,
        })
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
