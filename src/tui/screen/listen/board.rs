//! What has arrived: lines in order of arrival, the devices that sent them, and how their ids stand.
//!
//! It has a bound: of more lines and devices the oldest go. The store has all of them.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::device::{Device, Key};
use crate::identity::Severity;
use crate::listen::{Kept, News, Real, Request};
use crate::model::text::event_name;
use crate::model::{Id, Millis, Verb};
use crate::tui::worker::{Fate, Standing};

/// Lines that are kept.
const MOST_LINES: usize = 5_000;
/// Devices that are kept.
const MOST_DEVICES: usize = 200;
/// Ids whose standing is kept.
const MOST_STANDINGS: usize = 2_000;
/// Ids that are asked for at a time: the newest.
const MOST_TOUCHED: usize = 32;
/// Rows of one delivery whose properties are read.
const MOST_READ: usize = 500;
/// Requests without rows that are shown while nothing has arrived.
const MOST_STRAYS: usize = 5;
/// Requests with errors whose bodies are kept.
const MOST_BODIES: usize = 64;
/// Seconds that the rate is taken over.
const SECONDS: i64 = 8;
/// Characters of a text that are kept.
const LONGEST: usize = 200;

/// One line of what has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: Millis,
    pub(super) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A row, or several that differ in their times alone.
    Row(Row),
    /// A request with an error.
    Trouble(Trouble),
    /// The clock of a device is ahead by so much; behind, where it is less than 0.
    Clock(u32, Millis),
    /// A moment that the user has marked.
    Mark(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) device: u32,
    pub(super) event: String,
    pub(super) id: Option<Id>,
    pub(super) verb: Called,
    /// Place of the last of them.
    pub(super) place: (Arc<str>, u64),
    pub(super) count: u64,
}

/// Which call a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Called {
    Track,
    Alias,
    Identify,
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) status: u16,
    pub(super) request: String,
    pub(super) why: String,
    pub(super) rows: u64,
    pub(super) refused: u64,
    /// What is kept of it, until the line is in the list.
    body: Option<Arc<str>>,
}

/// What has arrived.
#[derive(Clone, Debug, Default)]
pub(super) struct Board {
    lines: VecDeque<Line>,
    /// What is kept of the last requests with errors, by the number of their line.
    bodies: VecDeque<(u64, Arc<str>)>,
    /// Number of the first line that is kept.
    first: u64,
    devices: BTreeMap<u32, Device>,
    numbers: HashMap<Key, u32>,
    standings: HashMap<Id, Standing>,
    touched: Vec<Id>,
    seconds: VecDeque<(i64, u64)>,
    pub(super) rows: u64,
    pub(super) requests: u64,
    pub(super) statuses: BTreeMap<u16, u64>,
    pub(super) troubles: u64,
    /// Answers of the real endpoint by status; `None` is none.
    pub(super) real: BTreeMap<Option<u16>, u64>,
    /// Requests that carried nothing, before the first row.
    pub(super) strays: Vec<Request>,
    /// Codes of findings, with the users that have them, the worst first.
    pub(super) findings: Vec<(Severity, &'static str, usize)>,
    pub(super) refused: usize,
    pub(super) people: usize,
    /// Devices that there have been.
    pub(super) all_devices: u32,
}

impl Board {
    /// Whether no row and no error has come.
    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0 && self.troubles == 0 && self.lines.is_empty()
    }

    /// Number after the last line.
    pub(super) fn end(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// Number of the first line that is kept.
    pub(super) fn start(&self) -> u64 {
        self.first
    }

    pub(super) fn line(&self, number: u64) -> Option<&Line> {
        self.lines.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// What is kept of the request with an error in a line.
    pub(super) fn body(&self, number: u64) -> Option<&str> {
        self.bodies.iter().find(|(known, _)| *known == number).map(|(_, body)| &**body)
    }

    pub(super) fn device(&self, number: u32) -> Option<&Device> {
        self.devices.get(&number)
    }

    /// Devices, the one that sent last first.
    pub(super) fn devices(&self) -> Vec<&Device> {
        let mut all: Vec<&Device> = self.devices.values().collect();
        all.sort_by_key(|device| (std::cmp::Reverse(device.last), device.number));
        all
    }

    pub(super) fn standing(&self, id: &Id) -> Option<&Standing> {
        self.standings.get(id)
    }

    /// Takes the lines away; what is in the store and what is known of devices stays.
    pub(super) fn clear(&mut self) {
        self.first = self.end();
        self.lines.clear();
    }

    /// Marks a moment: between what has come and what comes next.
    pub(super) fn mark(&mut self, text: &str) {
        let at = self.lines.back().map_or(0, |line| line.at);
        self.push(Line { at, what: What::Mark(text.chars().take(LONGEST).collect()) });
    }

    /// Marks, each with the place of the first row after it.
    pub(super) fn marks(&self) -> Vec<(String, (Arc<str>, u64))> {
        let mut marks = Vec::new();
        let mut waiting: Option<String> = None;
        for line in &self.lines {
            match &line.what {
                What::Mark(text) => waiting = Some(text.clone()),
                What::Row(row) => {
                    let first = (Arc::clone(&row.place.0), row.place.1.saturating_sub(row.count - 1));
                    marks.extend(waiting.take().map(|text| (text, first)));
                }
                _ => {}
            }
        }
        marks
    }

    /// Rows in a second, over the last seconds in which any came.
    pub(super) fn rate(&self) -> u64 {
        let span = self.seconds.front().zip(self.seconds.back()).map_or(1, |(first, last)| last.0 - first.0 + 1);
        let rows: u64 = self.seconds.iter().map(|(_, rows)| rows).sum();
        rows.div_ceil(span.max(1).unsigned_abs())
    }

    /// Rows of each of the last seconds.
    pub(super) fn bars(&self) -> Vec<u64> {
        let Some((last, _)) = self.seconds.back() else { return Vec::new() };
        let of = |second: i64| self.seconds.iter().find(|(at, _)| *at == second).map_or(0, |(_, rows)| *rows);
        ((last - SECONDS + 1)..=*last).map(of).collect()
    }

    /// Takes what has come; the ids that it names.
    pub(super) fn add(&mut self, news: &News) -> HashSet<Id> {
        let mut named = HashSet::new();
        let mut lines: Vec<Line> = Vec::new();
        for (at, kept) in news.rows.iter().enumerate() {
            self.add_row(kept, at < MOST_READ, &mut lines, &mut named);
        }
        for request in &news.requests {
            if let Some(real) = &request.real {
                lines.extend(self.add_real(request, real));
                continue;
            }
            *self.statuses.entry(request.status).or_default() += 1;
            self.requests += u64::from(request.rows > 0 || request.status >= 400);
            // A browser that asks for a picture of the address, or for more of an SDK, sends no rows.
            let is_browsing = request.status == 404 && matches!(request.method.as_str(), "GET" | "HEAD");
            if (request.status >= 400 || request.error.is_some()) && !is_browsing {
                self.troubles += 1;
                let what = What::Trouble(Trouble {
                    status: request.status,
                    request: format!("{} {}", request.method, request.path).chars().take(LONGEST).collect(),
                    why: request.error.clone().unwrap_or_default().chars().take(LONGEST).collect(),
                    rows: request.rows,
                    refused: request.refused,
                    body: request.body.clone(),
                });
                lines.push(Line { at: request.received, what });
            }
            if self.rows == 0 && self.strays.len() < MOST_STRAYS && request.rows == 0 {
                self.strays.push(request.clone());
            }
        }
        // A request and its rows have one time: the error stands behind what was taken.
        lines.sort_by_key(|line| line.at);
        for line in lines {
            self.push(line);
        }
        if self.devices.len() > MOST_DEVICES
            && let Some(oldest) = self.devices.values().min_by_key(|device| device.last).map(|device| device.number)
        {
            self.devices.remove(&oldest);
            self.numbers.retain(|_, number| *number != oldest);
        }
        named
    }

    /// Takes the answer of the real endpoint; it is a line where it differs from ours.
    fn add_real(&mut self, request: &Request, real: &Real) -> Option<Line> {
        *self.real.entry(real.status).or_default() += 1;
        if real.agrees(request.status) {
            return None;
        }
        self.troubles += 1;
        let answered = real.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        let what = What::Trouble(Trouble {
            status: request.status,
            request: format!("{} {}", request.method, request.path).chars().take(LONGEST).collect(),
            why: format!("the real answer is {answered}: {}", real.said).chars().take(LONGEST).collect(),
            rows: request.rows,
            refused: request.refused,
            body: None,
        });
        Some(Line { at: request.received, what })
    }

    fn add_row(&mut self, kept: &Kept, reads: bool, lines: &mut Vec<Line>, named: &mut HashSet<Id>) {
        let row = &kept.row;
        let at = row.arrival.unwrap_or(row.time);
        self.rows += 1;
        let second = at.div_euclid(1_000);
        match self.seconds.iter_mut().find(|(known, _)| *known == second) {
            Some((_, rows)) => *rows += 1,
            None => self.seconds.push_back((second, 1)),
        }
        while self.seconds.front().is_some_and(|(first, _)| *first <= second - SECONDS) {
            self.seconds.pop_front();
        }
        let vendor = kept.file.rsplit(' ').next().unwrap_or_default();
        let key = Key::of(vendor, kept.origin.as_ref(), row);
        let known = self.numbers.get(&key).copied();
        let number = known.unwrap_or_else(|| {
            self.all_devices += 1;
            self.devices.insert(self.all_devices, Device::new(self.all_devices, &key, at));
            self.numbers.insert(key, self.all_devices);
            self.all_devices
        });
        if let Some(device) = self.devices.get_mut(&number) {
            device.add(row, reads);
            let off = device.news_of_clock();
            lines.extend(off.map(|off| Line { at, what: What::Clock(number, off) }));
        }
        let mut touch = |id: Option<&Id>| {
            if let Some(id) = id {
                named.insert(id.clone());
                self.touched.retain(|known| known != id);
                self.touched.push(id.clone());
            }
        };
        touch(row.device.as_ref());
        touch(row.user.as_ref());
        let verb = match &row.verb {
            Verb::Track => Called::Track,
            Verb::Alias { alias, target, .. } => {
                touch(alias.as_ref());
                touch(target.as_ref());
                Called::Alias
            }
            Verb::Identify { identified, anon } => {
                touch(anon.as_ref());
                touch(identified.as_ref());
                Called::Identify
            }
            _ => Called::Other,
        };
        touch(row.id.as_ref());
        let over = self.touched.len().saturating_sub(MOST_TOUCHED);
        self.touched.drain(..over);
        let event = match &row.verb {
            Verb::Alias { alias, .. } => format!("alias({})", alias.as_ref().map_or("", Id::as_str)),
            Verb::Identify { identified, .. } => {
                let id = identified.as_ref().or(row.id.as_ref());
                format!("identify({})", id.map_or("", Id::as_str))
            }
            _ => event_name(&row.event).to_owned(),
        };
        let row = Row {
            device: number,
            event: event.chars().take(LONGEST).collect(),
            id: row.id.clone(),
            verb,
            place: (Arc::clone(&kept.file), row.line),
            count: 1,
        };
        // The same again and again is one line.
        if let Some(Line { at: last, what: What::Row(before) }) = lines.last_mut()
            && is_same(before, &row)
        {
            (before.place, *last) = (row.place, at);
            before.count += 1;
            return;
        }
        lines.push(Line { at, what: What::Row(row) });
    }

    fn push(&mut self, mut line: Line) {
        if let What::Trouble(trouble) = &mut line.what
            && let Some(body) = trouble.body.take()
        {
            self.bodies.push_back((self.end(), body));
            if self.bodies.len() > MOST_BODIES {
                self.bodies.pop_front();
            }
        }
        if let (What::Row(row), Some(Line { at, what: What::Row(before) })) = (&line.what, self.lines.back_mut())
            && is_same(before, row)
        {
            (before.place, *at) = (row.place.clone(), line.at);
            before.count += row.count;
            return;
        }
        self.lines.push_back(line);
        while self.lines.len() > MOST_LINES {
            self.lines.pop_front();
            self.first += 1;
        }
    }

    /// The ids that rows have come for since this was last asked.
    pub(super) fn touched(&mut self) -> Vec<Id> {
        std::mem::take(&mut self.touched)
    }

    /// Takes how ids stand now.
    pub(super) fn stand(&mut self, standings: Vec<Standing>) {
        if self.standings.len() > MOST_STANDINGS {
            self.standings.clear();
        }
        for standing in standings {
            self.standings.insert(standing.id.clone(), standing);
        }
        let mut users: BTreeMap<(Severity, &'static str), HashSet<&str>> = BTreeMap::new();
        let mut refused: HashSet<&(Arc<str>, u64)> = HashSet::new();
        let mut people: HashSet<&str> = HashSet::new();
        for standing in self.standings.values() {
            let root = standing.root.as_ref().unwrap_or(&standing.id).as_str();
            for finding in &standing.findings {
                users.entry(*finding).or_default().insert(root);
            }
            let calls = standing.fates.iter().filter(|(_, fate)| matches!(fate, Fate::Refused(_)));
            refused.extend(calls.map(|(place, _)| place));
            people.extend(standing.known.as_ref().map(Id::as_str));
        }
        self.findings = users.iter().map(|((severity, code), users)| (*severity, *code, users.len())).collect();
        (self.refused, self.people) = (refused.len(), people.len());
    }

    /// What became of a row, and why, in a few words; `None` while it is not known.
    pub(super) fn fate(&self, row: &Row) -> Option<(Option<&Fate>, String)> {
        let standing = self.standings.get(row.id.as_ref()?)?;
        let mut fate = standing.fates.get(&row.place);
        // The user that an orphan belongs to knows of its rows.
        if fate.is_none() {
            let mut owners = standing.orphan_of.iter().filter_map(|owner| self.standings.get(owner));
            fate = owners.find_map(|owner| owner.fates.get(&row.place));
        }
        let root = standing.root.as_ref().filter(|root| *root != &standing.id);
        let text = match (fate, standing.orphan_of.first()) {
            (Some(Fate::Accepted(text)), _) => format!("ACCEPTED: {text}"),
            (Some(Fate::Duplicate(text)), _) => format!("again: {text}"),
            (Some(Fate::Refused(text)), _) => format!("REFUSED: {text}"),
            (Some(Fate::Split), _) => "SPLIT: came before its alias".to_owned(),
            (_, Some(owner)) => format!("ORPHAN of {}", owner.as_str()),
            (Some(Fate::Orphan), None) => "ORPHAN".to_owned(),
            (None, None) => match root {
                Some(root) => format!("alias: stored under {}", root.as_str()),
                None if standing.known.is_some() => "own id".to_owned(),
                None => "own id, not known yet".to_owned(),
            },
        };
        Some((fate, text))
    }
}

/// Whether two rows differ in their times alone.
fn is_same(before: &Row, row: &Row) -> bool {
    row.verb == Called::Track
        && (before.device, &before.event, &before.id, before.verb) == (row.device, &row.event, &row.id, row.verb)
        && before.place.0 == row.place.0
}
