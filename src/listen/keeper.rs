//! The thread of the store: keeps what has come, then has the requests answered.
//!
//! All that waits is kept in one transaction, so that a thousand requests at once cost one commit.
//! A commit waits for as many requests as the one before it had, but not for long: clients that wait for their
//! answers send again at once, and a commit that they share costs the same as one for the first of them. The
//! first commit after a pause does not wait.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::{Error, Kept, News, Request, Tell, Totals};
use crate::formats::{Decoder, Item, Sniffed};
use crate::ingest::{Feed, Place};
use crate::model::text::up_to;
use crate::store::Writer;

/// Requests that may wait for the store.
const WAITING: usize = 4096;
/// Bytes of lines that are kept in one transaction.
const ENOUGH: usize = 8 << 20;
/// Bytes of a request with an error that are shown.
const MOST_SHOWN: usize = 16 << 10;
/// From the start of one commit to that of the next, at least.
const SHORTEST: Duration = Duration::from_millis(3);
/// The same, while fewer requests wait than the last commit had.
const LONGEST: Duration = Duration::from_millis(10);

/// What the server has received: a request that was judged.
pub(super) struct Job {
    pub(super) vendor: &'static str,
    /// What a recorder would write of it; empty where there is nothing to keep.
    pub(super) lines: String,
    pub(super) request: Request,
    /// Hears whether it is kept.
    pub(super) done: oneshot::Sender<bool>,
}

pub(super) type Jobs = mpsc::Sender<Job>;
pub(super) type Waiting = mpsc::Receiver<Job>;

/// The way from the server to the store.
pub(super) fn channel() -> (Jobs, Waiting) {
    mpsc::channel(WAITING)
}

/// Who keeps rows.
pub(super) struct Keeper {
    writer: Writer,
    name: String,
    tells_rows: bool,
    tell: Tell,
    feeds: HashMap<&'static str, Growing>,
    totals: Totals,
}

/// One file of the session, which holds the rows of one vendor.
struct Growing {
    name: Arc<str>,
    decoder: Decoder,
    feed: Feed,
}

impl Keeper {
    pub(super) fn new(writer: Writer, name: String, tells_rows: bool, tell: Tell) -> Self {
        Self { writer, name, tells_rows, tell, feeds: HashMap::new(), totals: Totals::default() }
    }

    /// Keeps what comes, until no one is left who could send.
    pub(super) fn run(mut self, mut waiting: Waiting) -> Result<Totals, Error> {
        // A wait for a request that ends by the clock is one of tokio.
        let clock = Builder::new_current_thread().enable_time().build().map_err(Error::Start)?;
        let mut last = None;
        while let Some(jobs) = clock.block_on(gather(&mut waiting, last)) {
            last = Some(Last { begun: Instant::now(), jobs: jobs.len() });
            self.keep(jobs);
        }
        for (_, growing) in self.feeds.drain() {
            growing.feed.finish(&mut self.writer)?;
        }
        self.writer.finish()?;
        Ok(self.totals)
    }

    fn keep(&mut self, jobs: Vec<Job>) {
        let places: Vec<(&'static str, Place)> =
            self.feeds.iter().map(|(vendor, growing)| (*vendor, growing.feed.place())).collect();
        let mut totals = self.totals;
        let mut rows = Vec::new();
        let kept = self.add(&jobs, &mut totals, &mut rows).and_then(|()| Ok(self.writer.commit()?));
        let failure = kept.err().map(|error| error.to_string());
        if failure.is_none() {
            totals.requests += jobs.iter().filter(|job| job.request.real.is_none()).count() as u64;
            self.totals = totals;
        } else {
            // The store is as it was after the last commit, and so is what comes next.
            let known: HashMap<&'static str, Place> = places.into_iter().collect();
            self.feeds.retain(|vendor, _| known.contains_key(vendor));
            for (vendor, place) in known {
                if let Some(growing) = self.feeds.get_mut(vendor) {
                    growing.feed.return_to(place);
                }
            }
        }
        let is_kept = failure.is_none();
        let mut requests = Vec::with_capacity(jobs.len());
        for Job { mut request, lines, done, .. } in jobs {
            if self.tells_rows && request.error.is_some() && !lines.is_empty() {
                request.body = Some(up_to(&lines, MOST_SHOWN).into());
            }
            if !is_kept {
                request.status = 503;
                request.error.clone_from(&failure);
            }
            requests.push(request);
            // Who asked may have gone away; the rows are kept all the same.
            let _ = done.send(is_kept);
        }
        (self.tell)(News { requests, rows: if is_kept { rows } else { Vec::new() }, failure });
    }

    /// Adds the lines of all jobs, those of one vendor behind one another.
    fn add(&mut self, jobs: &[Job], totals: &mut Totals, rows: &mut Vec<Kept>) -> Result<(), Error> {
        let mut vendors: Vec<&'static str> = Vec::new();
        for job in jobs.iter().filter(|job| !job.lines.is_empty()) {
            if !vendors.contains(&job.vendor) {
                vendors.push(job.vendor);
            }
        }
        for vendor in vendors {
            let of_vendor = || jobs.iter().filter(|job| job.vendor == vendor && !job.lines.is_empty());
            let lines: String = of_vendor().map(|job| job.lines.as_str()).collect();
            let growing = match self.feeds.entry(vendor) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    let Some(sniffed) = Sniffed::requests_of(vendor) else { continue };
                    let name = format!("{} {}", self.name, vendor.to_lowercase());
                    let feed = Feed::begin(&mut self.writer, &name, &sniffed)?;
                    entry.insert(Growing { name: name.into(), decoder: Decoder::new(&sniffed), feed })
                }
            };
            if self.tells_rows {
                let mut line = growing.feed.line();
                for job in of_vendor() {
                    growing.tell(job, &mut line, rows);
                }
            }
            let added = growing.feed.add(&mut self.writer, &lines)?;
            totals.events += added.events;
            totals.profiles += added.profiles;
            totals.rejected += added.rejected;
        }
        Ok(())
    }
}

/// The commit before.
#[derive(Clone, Copy, Debug)]
struct Last {
    begun: Instant,
    /// Requests that it had.
    jobs: usize,
}

/// The jobs of one commit; `None` once no one is left who could send.
async fn gather(waiting: &mut Waiting, last: Option<Last>) -> Option<Vec<Job>> {
    let first = waiting.recv().await?;
    let mut bytes = first.lines.len();
    let mut jobs = vec![first];
    loop {
        while bytes < ENOUGH
            && let Ok(job) = waiting.try_recv()
        {
            bytes += job.lines.len();
            jobs.push(job);
        }
        let Some(last) = last.filter(|_| bytes < ENOUGH) else { break };
        let end = last.begun + if jobs.len() < last.jobs { LONGEST } else { SHORTEST };
        let Ok(Some(job)) = timeout_at(end, waiting.recv()).await else { break };
        bytes += job.lines.len();
        jobs.push(job);
    }
    Some(jobs)
}

impl Growing {
    /// Adds the rows of a request to `rows`, in order of arrival; `line` is its first line.
    fn tell(&self, job: &Job, line: &mut u64, rows: &mut Vec<Kept>) {
        let origin: Option<Arc<str>> = job.request.origin.as_deref().map(Arc::from);
        for text in job.lines.lines() {
            self.decoder.each(*line, text.as_bytes(), &mut |item| {
                if let Item::Event { row, .. } = item {
                    rows.push(Kept { file: Arc::clone(&self.name), origin: origin.clone(), row: row.to_row() });
                }
            });
            *line += 1;
        }
    }
}
