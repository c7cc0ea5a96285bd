//! What can be asked for, and asking again where an answer is not whole.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use ureq::Agent;

use super::answer::{Spool, said};
use super::pace::Made;
use super::request::{Head, Part, Request, TICK, agent, send};
use super::{Account, Error, Limits, Notice};

/// Bytes of what a server says with a refusal.
const REFUSAL: usize = 4096;

/// One day of the raw export, whole.
#[derive(Debug)]
pub struct Day {
    /// What the server sent, perhaps packed with gzip; at its start.
    pub content: File,
    /// Whether it has a row.
    pub has_rows: bool,
}

/// A page of profiles.
#[derive(Debug)]
pub struct Page {
    /// What the server sent, unpacked.
    pub content: Vec<u8>,
    /// Profiles in it.
    pub profiles: usize,
    /// Profiles of the whole query, where the server says that.
    pub total: Option<u64>,
    /// How to ask for the next page; `None` on the last one.
    pub next: Option<Next>,
}

/// How to ask for the next page of profiles.
#[derive(Clone, Debug)]
pub struct Next {
    session: String,
    page: u64,
}

/// What is kept of some ids.
#[derive(Debug)]
pub struct Activity {
    /// What the server sent, unpacked.
    pub content: Vec<u8>,
    /// Events in it.
    pub events: usize,
}

/// The two interfaces that count requests each for itself.
#[derive(Clone, Copy, Debug)]
enum Api {
    Export,
    Query,
}

/// Makes what was asked for of an answer, or says how it shows that it ended early.
type Finish<T> = fn(Spool) -> io::Result<Result<T, String>>;

/// Why one request brought no whole answer.
enum Once {
    Stopped,
    Refused(u16, String),
    Limited(Option<Duration>),
    /// No answer, or one of a server that is busy.
    Failed(String),
    /// Nothing that a repetition would mend.
    Hopeless(String),
    Early(String),
    Disk(io::Error),
}

/// Asks one account for its data.
pub struct Client<'a> {
    account: Account,
    limits: Limits,
    folder: PathBuf,
    stop: Arc<AtomicBool>,
    tell: &'a mut dyn FnMut(&Notice),
    agent: Agent,
    export: Made,
    query: Made,
}

impl std::fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("account", &self.account).field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl<'a> Client<'a> {
    /// One that keeps answers in temporary files of `folder` until they are whole, ends when `stop` is
    /// set, and tells `tell` how far it is.
    pub fn new(
        account: Account,
        limits: Limits,
        folder: PathBuf,
        stop: Arc<AtomicBool>,
        tell: &'a mut dyn FnMut(&Notice),
    ) -> Self {
        let agent = agent(&limits, account.is_here());
        Self { account, limits, folder, stop, tell, agent, export: Made::default(), query: Made::default() }
    }

    /// All events of a day of the project, or those with one of these names.
    ///
    /// # Errors
    /// The server refuses, no whole answer came in several requests, or `stop` was set.
    pub fn day(&mut self, day: NaiveDate, events: &[String]) -> Result<Day, Error> {
        let mut parameters = vec![("from_date", day.to_string()), ("to_date", day.to_string())];
        if !events.is_empty() {
            parameters.push(("event", Value::from(events).to_string()));
        }
        // Events of one second keep their order.
        parameters.push(("time_in_ms", "true".to_owned()));
        let address = self.address(&self.account.export(), parameters);
        let request = Request { address, form: None };
        let (content, has_rows) =
            self.ask(Api::Export, &request, Spool::into_lines, &format!("the events of {day}"))?;
        Ok(Day { content, has_rows })
    }

    /// A page of the profiles of the project: the first one, or the one behind a page.
    ///
    /// # Errors
    /// Those of [`Client::day`], and an answer without profiles.
    pub fn profiles(&mut self, next: Option<&Next>) -> Result<Page, Error> {
        let form = next.map_or_else(Vec::new, |Next { session, page }| {
            vec![("session_id", session.clone()), ("page", page.to_string())]
        });
        let number = next.map_or(1, |next| next.page + 1);
        self.page(&form, &format!("page {number} of the profiles"))
    }

    /// The profiles of some ids.
    ///
    /// # Errors
    /// Those of [`Client::profiles`].
    pub fn profiles_of(&mut self, ids: &[String]) -> Result<Page, Error> {
        let form = vec![("distinct_ids", Value::from(ids).to_string())];
        self.page(&form, "the profile")
    }

    fn page(&mut self, form: &[(&str, String)], what: &str) -> Result<Page, Error> {
        #[derive(Deserialize)]
        struct Profiles {
            results: Vec<IgnoredAny>,
            page: Option<u64>,
            page_size: Option<usize>,
            session_id: Option<String>,
            total: Option<u64>,
        }
        let request =
            Request { address: self.address(&self.account.query("engage"), Vec::new()), form: Some(encoded(form)) };
        let content = self.document(&request, what)?;
        let Ok(Profiles { results, page, page_size, session_id, total }) = serde_json::from_slice(&content) else {
            return Err(self.other(&request, what, &content));
        };
        // A page that is not full is the last one; one of unknown size, where it has nothing.
        let is_last = results.is_empty() || page_size.is_some_and(|size| results.len() < size);
        let next = session_id.filter(|_| !is_last).map(|session| Next { session, page: page.unwrap_or(0) + 1 });
        Ok(Page { content, profiles: results.len(), total, next })
    }

    /// The events of some ids from one day to another.
    ///
    /// # Errors
    /// Those of [`Client::day`], and an answer without events.
    pub fn activity(&mut self, ids: &[String], from: NaiveDate, to: NaiveDate) -> Result<Activity, Error> {
        #[derive(Deserialize)]
        struct Stream {
            results: Events,
        }
        #[derive(Deserialize)]
        struct Events {
            events: Vec<IgnoredAny>,
        }
        let parameters = vec![
            ("distinct_ids", Value::from(ids).to_string()),
            ("from_date", from.to_string()),
            ("to_date", to.to_string()),
        ];
        let request = Request { address: self.address(&self.account.query("stream/query"), parameters), form: None };
        let what = "the activity";
        let content = self.document(&request, what)?;
        match serde_json::from_slice(&content) {
            Ok(Stream { results: Events { events } }) => Ok(Activity { content, events: events.len() }),
            Err(_) => Err(self.other(&request, what, &content)),
        }
    }

    fn document(&mut self, request: &Request, what: &str) -> Result<Vec<u8>, Error> {
        self.ask(Api::Query, request, document, what)
    }

    fn address(&self, start: &str, mut parameters: Vec<(&str, String)>) -> String {
        if let Some(project) = self.account.project() {
            parameters.insert(0, ("project_id", project.to_owned()));
        }
        if parameters.is_empty() { start.to_owned() } else { format!("{start}?{}", encoded(&parameters)) }
    }

    fn other(&self, request: &Request, what: &str, content: &[u8]) -> Error {
        let said = self.account.hidden(&message(content));
        Error::Other { what: what.to_owned(), server: request.server(), said }
    }

    /// Asks until there is a whole answer, or no hope for one.
    fn ask<T>(&mut self, api: Api, request: &Request, finish: Finish<T>, what: &str) -> Result<T, Error> {
        let (mut failed, mut refused) = (0, 0);
        loop {
            self.keep_pace(api, what)?;
            let (wait, why) = match self.once(request, finish) {
                Ok(whole) => return Ok(whole),
                Err(Once::Stopped) => return Err(Error::Stopped),
                Err(Once::Disk(source)) => return Err(Error::Disk { what: what.to_owned(), source }),
                Err(Once::Refused(status, said)) => return Err(self.refused(request, what, status, &said)),
                Err(Once::Hopeless(why)) => return Err(self.unreachable(request, what, &why)),
                Err(Once::Limited(said)) => {
                    refused += 1;
                    if refused >= self.limits.refusals {
                        return Err(self.refused(request, what, 429, ""));
                    }
                    let why = format!("{what}: the limit of requests is reached (429)");
                    (self.limits.after_refusal(refused, said), why)
                }
                Err(Once::Failed(why)) => {
                    failed += 1;
                    if failed >= self.limits.attempts {
                        return Err(self.unreachable(request, what, &why));
                    }
                    (self.limits.after_failure(failed), format!("{what}: {}", self.account.hidden(&why)))
                }
                Err(Once::Early(why)) => {
                    failed += 1;
                    let why = self.account.hidden(&why);
                    if failed >= self.limits.attempts {
                        return Err(Error::Early { what: what.to_owned(), times: failed, why });
                    }
                    (self.limits.after_failure(failed), format!("{what}: the answer ended early, {why}"))
                }
            };
            self.wait(wait, Some(why))?;
        }
    }

    fn refused(&self, request: &Request, what: &str, status: u16, said: &str) -> Error {
        let said = self.account.hidden(said);
        Error::Refused { what: what.to_owned(), server: request.server(), status, said }
    }

    fn unreachable(&self, request: &Request, what: &str, why: &str) -> Error {
        let why = self.account.hidden(why);
        Error::Unreachable { what: what.to_owned(), server: request.server(), why }
    }

    /// Waits until the limits allow one more request, and counts it.
    fn keep_pace(&mut self, api: Api, what: &str) -> Result<(), Error> {
        let limits = self.limits.clone();
        let (pace, window) = self.made(api).wait(&limits, Instant::now());
        if !window.is_zero() {
            let requests = limits.requests;
            self.wait(
                window,
                Some(format!("{what}: {requests} requests were made, as many as are allowed in an hour")),
            )?;
        } else if !pace.is_zero() {
            self.wait(pace, None)?;
        }
        self.made(api).note(Instant::now());
        Ok(())
    }

    fn made(&mut self, api: Api) -> &mut Made {
        match api {
            Api::Export => &mut self.export,
            Api::Query => &mut self.query,
        }
    }

    /// Waits, and tells why where a person would wonder.
    fn wait(&mut self, wait: Duration, why: Option<String>) -> Result<(), Error> {
        if let Some(why) = why {
            (self.tell)(&Notice::Wait { why, wait });
        }
        let until = Instant::now() + wait;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(TICK));
        }
    }

    /// Makes one request.
    fn once<T>(&mut self, request: &Request, finish: Finish<T>) -> Result<T, Once> {
        let answer = send(&self.agent, request, self.account.authorization()).map_err(Once::Disk)?;
        let mut spool = Spool::new(&self.folder).map_err(Once::Disk)?;
        let mut head: Option<Head> = None;
        let mut refusal = Vec::new();
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Once::Stopped);
            }
            match answer.next() {
                None => {}
                Some(Part::Head(said)) => head = Some(said),
                Some(Part::Bytes(bytes)) => {
                    let is_answer = head.as_ref().is_some_and(|head| head.status == 200);
                    if is_answer {
                        spool.add(&bytes).map_err(Once::Disk)?;
                        (self.tell)(&Notice::Received(spool.received()));
                    } else if refusal.len() < REFUSAL {
                        refusal.extend_from_slice(&bytes);
                    }
                }
                Some(Part::End) => break,
                Some(Part::Broken { why, may_pass }) => {
                    return Err(match head {
                        Some(Head { status: 200, .. }) => Once::Early(format!("the connection broke off ({why})")),
                        Some(head) => refused(&head, &refusal),
                        None if may_pass => Once::Failed(why),
                        None => Once::Hopeless(why),
                    });
                }
            }
        }
        let head = head.ok_or_else(|| Once::Failed("the answer has no head".to_owned()))?;
        if head.status != 200 {
            return Err(refused(&head, &refusal));
        }
        if let Some(length) = head.length.filter(|length| *length != spool.received()) {
            return Err(Once::Early(format!("it has {} of {length} bytes", spool.received())));
        }
        finish(spool).map_err(Once::Disk)?.map_err(Once::Early)
    }
}

/// All of an answer that is one JSON text.
fn document(spool: Spool) -> io::Result<Result<Vec<u8>, String>> {
    let content = match spool.into_document()? {
        Ok(content) => content,
        Err(why) => return Ok(Err(why)),
    };
    Ok(match serde_json::from_slice::<IgnoredAny>(&content) {
        Err(error) if error.is_eof() => Err("it ends inside of its JSON".to_owned()),
        _ => Ok(content),
    })
}

/// What an answer other than 200 means.
fn refused(head: &Head, body: &[u8]) -> Once {
    match head.status {
        429 => Once::Limited(head.retry_after),
        // The server is busy or restarts.
        status @ (408 | 500..) => Once::Failed(format!("the server answers {status}")),
        status => Once::Refused(status, message(body)),
    }
}

/// What a server says with a refusal: its `error`, else the start of its text.
fn message(body: &[u8]) -> String {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    match json.as_ref().and_then(|json| json.get("error")?.as_str()) {
        Some(error) => said(error.as_bytes()),
        None => said(body),
    }
}

/// Names and values as a form writes them.
fn encoded(pairs: &[(&str, String)]) -> String {
    let pair = |(name, value): &(&str, String)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}
