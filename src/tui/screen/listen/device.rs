//! What the SDK on a device remembers, as far as the rows that it sent say.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use crate::model::{Client, Id, Millis, Row, Verb};
use crate::tui::when;

/// Properties of a row that are looked at.
const MOST_PROPERTIES: usize = 40;
/// Characters of a value that are kept.
const LONGEST: usize = 60;

/// A difference of clocks that is worth a word.
pub(super) const SKEW: Millis = 60_000;
/// Rows that came late before the clock of a device is said to be behind: a queue comes late too.
const LATE_ROWS: u64 = 3;

/// Deliveries that its way of sending is taken from.
const DELIVERIES: usize = 9;
/// A wait in the queue of an SDK that is worth a word.
const WAIT: Millis = 1_000;

/// Rows of a device that have arrived at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Delivery {
    at: Millis,
    rows: u64,
    /// The longest time from a row of it to its arrival.
    waited: Millis,
}

/// What tells devices from each other: the page, the library, and the id of the device where rows have one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    origin: Option<Arc<str>>,
    client: String,
    device: Option<Id>,
}

impl Key {
    pub(super) fn of(vendor: &str, origin: Option<&Arc<str>>, row: &Row) -> Self {
        let client = row.client.as_ref().map_or_else(|| vendor.to_owned(), |client| client.as_str().to_owned());
        Self { origin: origin.cloned(), client, device: row.device.clone() }
    }
}

/// Something that rows say, and since which of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Since<T> {
    pub(super) value: T,
    /// Number among the rows of the device, from 1.
    pub(super) row: u64,
    /// When that row arrived.
    pub(super) at: Millis,
}

/// A property that comes with each row: a super property, as far as rows can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Super {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) row: u64,
    /// The event that had it first.
    event: String,
    /// Whether rows of two events have had it.
    pub(super) is_shared: bool,
}

/// A device, or a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Device {
    /// Its number on the screen.
    pub(super) number: u32,
    /// Its library, system and model.
    pub(super) client: String,
    /// The page that sends.
    pub(super) origin: Option<Arc<str>>,
    pub(super) is_server: bool,
    pub(super) rows: u64,
    pub(super) first: Millis,
    pub(super) last: Millis,
    pub(super) sends_as: Option<Since<Id>>,
    pub(super) user: Option<Since<Id>>,
    pub(super) own_id: Option<Since<Id>>,
    /// The id of the last identify.
    pub(super) identified: Option<Since<Id>>,
    /// Alias and target of the last alias call.
    pub(super) aliased: Option<Since<(Id, Id)>>,
    pub(super) supers: Vec<Super>,
    /// The last deliveries.
    deliveries: VecDeque<Delivery>,
    /// The least time from a row to its arrival; less than 0 where the clock is ahead.
    least_lag: Option<Millis>,
    /// The difference of clocks that was said last.
    said: Option<Millis>,
}

impl Device {
    pub(super) fn new(number: u32, key: &Key, at: Millis) -> Self {
        let client = Client::from_text(&key.client);
        Self {
            number,
            client: key.client.clone(),
            origin: key.origin.clone(),
            is_server: client.is_server(),
            rows: 0,
            first: at,
            last: at,
            sends_as: None,
            user: None,
            own_id: None,
            identified: None,
            aliased: None,
            supers: Vec::new(),
            deliveries: VecDeque::new(),
            least_lag: None,
            said: None,
        }
    }

    /// What to call it: the library, the system, the page.
    pub(super) fn name(&self) -> String {
        let page = self.origin.as_deref().map(|origin| origin.split_once("://").map_or(origin, |(_, host)| host));
        match page {
            Some(page) => format!("{} · {page}", self.client),
            None if self.is_server => format!("{} · server", self.client),
            None => self.client.clone(),
        }
    }

    /// Takes a row of it. Ids of a server are those of many users, so that nothing of them is remembered but
    /// the last.
    pub(super) fn add(&mut self, row: &Row, reads_properties: bool) {
        self.rows += 1;
        let at = row.arrival.unwrap_or(row.time);
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        let number = self.rows;
        let note = |known: &mut Option<Since<Id>>, value: Option<&Id>| {
            if let Some(value) = value
                && known.as_ref().is_none_or(|known| known.value != *value)
            {
                *known = Some(Since { value: value.clone(), row: number, at });
            }
        };
        match &row.verb {
            Verb::Alias { alias: Some(alias), target: Some(target), .. } => {
                self.aliased = Some(Since { value: (alias.clone(), target.clone()), row: number, at });
            }
            Verb::Identify { identified, .. } => note(&mut self.identified, identified.as_ref().or(row.id.as_ref())),
            Verb::Reset => (self.user, self.identified) = (None, None),
            _ => {}
        }
        note(&mut self.sends_as, row.id.as_ref());
        note(&mut self.own_id, row.device.as_ref());
        match &row.user {
            None => self.user = None,
            user => note(&mut self.user, user.as_ref()),
        }
        if let Some(arrival) = row.arrival {
            let lag = arrival.saturating_sub(row.time);
            self.least_lag = Some(self.least_lag.map_or(lag, |least| least.min(lag)));
            self.deliver(arrival, lag);
        }
        if reads_properties && row.verb == Verb::Track {
            self.learn(&row.event, &properties(&row.properties), number);
        }
    }

    fn deliver(&mut self, at: Millis, lag: Millis) {
        match self.deliveries.back_mut() {
            Some(last) if last.at == at => {
                last.rows += 1;
                last.waited = last.waited.max(lag);
            }
            _ => self.deliveries.push_back(Delivery { at, rows: 1, waited: lag }),
        }
        if self.deliveries.len() > DELIVERIES {
            self.deliveries.pop_front();
        }
    }

    /// How its SDK sends, as the last deliveries show: how many rows at a time, how often, how long they waited.
    /// No row says what waits now. `None` before the second delivery.
    pub(super) fn queue(&self) -> Option<String> {
        let middle = |mut values: Vec<i64>| {
            values.sort_unstable();
            values.get(values.len() / 2).copied()
        };
        let ends = self.deliveries.iter().zip(self.deliveries.iter().skip(1));
        let every = middle(ends.map(|(one, next)| next.at - one.at).collect())?;
        let rows = middle(self.deliveries.iter().map(|each| each.rows.cast_signed()).collect())?;
        let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        let waited = self.deliveries.iter().map(|each| each.waited).max().unwrap_or_default();
        // The lag of a clock that is off is no wait.
        let waited = if self.clock().is_none() && waited >= WAIT {
            format!("; rows wait up to {}", when::span(waited))
        } else {
            String::new()
        };
        Some(format!("{rows} at a time, each {}{waited}, as seen", when::span(every.max(0))))
    }

    /// Keeps the properties that this row has too, and takes those that are new.
    fn learn(&mut self, event: &str, properties: &[(String, String)], number: u64) {
        self.supers.retain_mut(|known| {
            let is_there = properties.iter().any(|(name, value)| *name == known.name && *value == known.value);
            known.is_shared |= is_there && known.event != event;
            is_there
        });
        for (name, value) in properties {
            if !self.supers.iter().any(|known| known.name == *name) {
                let (name, value) = (name.clone(), value.clone());
                self.supers.push(Super { name, value, row: number, event: event.to_owned(), is_shared: false });
            }
        }
    }

    /// How far its clock is ahead; less than 0 where it is behind. `None` where it may be right: rows that
    /// waited on the device come late from a clock that is right, but not each of them.
    pub(super) fn clock(&self) -> Option<Millis> {
        let lag = self.least_lag?;
        let is_off = lag <= -SKEW || lag >= SKEW && self.rows >= LATE_ROWS;
        is_off.then_some(-lag)
    }

    /// The same where it was not said before, or has changed by much.
    pub(super) fn news_of_clock(&mut self) -> Option<Millis> {
        let off = self.clock()?;
        if self.said.is_some_and(|said| (said - off).abs() < SKEW) {
            return None;
        }
        self.said = Some(off);
        Some(off)
    }
}

/// The properties that an app has set itself, of those that are one value.
fn properties(json: &str) -> Vec<(String, String)> {
    let Ok(Value::Object(all)) = serde_json::from_str(json) else { return Vec::new() };
    let is_own = |name: &str| {
        !name.starts_with('$') && !name.starts_with("mp_") && !matches!(name, "token" | "time" | "distinct_id" | "ip")
    };
    let mut found = Vec::new();
    for (name, value) in all {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => continue,
        };
        if is_own(&name) && found.len() < MOST_PROPERTIES {
            found.push((name, text.chars().take(LONGEST).collect()));
        }
    }
    found
}

/// What is said of a clock that is off.
pub(super) fn clock(ahead: i64) -> String {
    let span = when::span(ahead.abs());
    if ahead > 0 {
        format!("{span} ahead: its rows have times that are still to come")
    } else {
        format!("{span} behind, or every row so far came so late")
    }
}
