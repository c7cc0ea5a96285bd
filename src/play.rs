//! A scenario as a play: what each call does to the SDK, and what the server makes of it.
//!
//! [`Play`] runs a [`Scenario`] and gives the engine, for every moment, the rows that had arrived
//! by then. So the lookup table and the timeline of a moment are found by the same rules as
//! those of a store.
//!
//! # Words
//! - A **moment** is the time from one thing on a device to the next: a call of the app, or one
//!   that the SDK makes itself. Moment 0 is before the first. What arrives until the next call
//!   belongs to the moment; what arrives after the last call belongs to the last moment.
//! - **News** are what came to be at a moment: an alias call that was accepted or refused, rows
//!   that turn out to be split, ids that turn out to be orphans.
//!
//! # Cost
//! A moment costs one resolution for each user of the rows so far: well under a millisecond for
//! a story as people write them. Nothing is kept but the rows; who shows a moment keeps it.

mod branch;
mod expect;
mod explain;
pub mod json;
mod recorded;
mod reproduce;
mod server;
mod sides;
pub mod text;

pub use branch::{HandError, leave_out, make, read};
pub use expect::{Expected, Found, found};
pub use recorded::{MOST_CALLS, Marked, of_session};
pub use reproduce::{changed_scenario, reproduce};
pub use server::{AliasRow, Entry, News, NewsKind, Server, Standing};
pub use sides::{Pair, differs, sides};

use std::ops::Range;

use crate::formats::{Clock, Decoder, Item, sniff};
use crate::identity::{Facts, LEGACY, RuleSet};
use crate::inspect::rows::facts_of;
use crate::model::{Millis, Row};
use crate::sim::{self, Action, Cause, Device, Lost, Run, Scenario, Sent, State, Step};

/// A scenario, what its SDKs sent, and the rows as an import reads them.
#[derive(Clone, Debug)]
pub struct Play {
    scenario: Scenario,
    /// The rules of its server.
    rules: RuleSet,
    run: Run,
    /// Name of the file that the rows are said to come from.
    file: String,
    /// Rows in order of arrival; their line is their place in [`Run::sent`], from 1.
    rows: Vec<Row>,
    /// For each moment, the end of what has arrived in [`Run::sent`].
    arrived: Vec<usize>,
}

/// One field of the state of an SDK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// `distinct_id`, `$device_id`, `$user_id`, `__alias` or the name of a super property.
    pub name: String,
    /// Whether it is a super property.
    pub is_super: bool,
    /// Its value before the call of this moment; `None` when there was none.
    pub before: Option<String>,
    /// Its value now; `None` when it is gone.
    pub now: Option<String>,
}

impl Field {
    /// Whether this moment changed it.
    pub fn changed(&self) -> bool {
        self.before != self.now
    }
}

/// A device at a moment.
#[derive(Clone, Debug)]
pub struct DeviceState<'p> {
    /// The device.
    pub device: &'p Device,
    /// Whether anything was called on it so far.
    pub used: bool,
    /// Whether it has the network.
    pub online: bool,
    /// What the SDK remembers; empty on servers and on devices not used yet.
    pub fields: Vec<Field>,
}

impl Play {
    /// Runs a scenario.
    pub fn new(scenario: Scenario) -> Self {
        let run = sim::run(&scenario);
        let rows = (1..).zip(&run.sent).filter_map(|(line, sent)| row(sent, line)).collect();
        // The end of a moment is the next thing on any device.
        let ends = run.steps.iter().map(|step| Some(step.at)).chain([None]);
        let arrived =
            ends.map(|end| run.sent.partition_point(|sent| end.is_none_or(|end| sent.arrival < end))).collect();
        let file = format!("{}.jsonl", scenario.name);
        Self { scenario, rules: LEGACY, run, file, rows, arrived }
    }

    /// The same with a server that judges by these rules. What the scenario expects is promised for the legacy rules
    /// alone.
    #[must_use]
    pub fn under(self, rules: RuleSet) -> Self {
        Self { rules, ..self }
    }

    /// The rules of its server.
    pub fn rules(&self) -> RuleSet {
        self.rules
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What the SDKs did and sent.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The name under which its rows go into a store.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Its rows as lines of recorded payloads.
    pub fn lines(&self) -> String {
        self.run.sent.iter().map(|sent| sent.line() + "\n").collect()
    }

    /// The last moment; moment 0 is before the first call.
    pub fn last(&self) -> usize {
        self.run.steps.len()
    }

    /// What happens on a device at a moment; `None` at moment 0.
    pub fn step(&self, moment: usize) -> Option<&Step> {
        self.run.steps.get(moment.checked_sub(1)?)
    }

    /// The device on which it happens.
    pub fn device(&self, step: &Step) -> Option<&Device> {
        self.scenario.devices.get(step.device)
    }

    /// What the app calls at a moment; `None` where the SDK calls.
    pub fn action(&self, moment: usize) -> Option<&Action> {
        match self.step(moment)?.cause {
            Cause::Call(number) => self.scenario.calls.get(number).map(|call| &call.action),
            Cause::Answer(_) => None,
        }
    }

    /// The rows that the server takes in at a moment, as places in [`Run::sent`].
    pub fn arrivals(&self, moment: usize) -> Range<usize> {
        let before = moment.checked_sub(1).and_then(|before| self.arrived.get(before)).copied().unwrap_or(0);
        before..self.arrived.get(moment).copied().unwrap_or(before)
    }

    /// The rows that the call of a moment sends, whenever they arrive.
    pub fn sends(&self, moment: usize) -> impl Iterator<Item = &Sent> {
        let step = moment.checked_sub(1);
        self.run.sent.iter().filter(move |sent| Some(sent.step) == step)
    }

    /// The rows of the call of a moment that never arrive.
    pub fn loses(&self, moment: usize) -> impl Iterator<Item = &Lost> {
        let step = moment.checked_sub(1);
        self.run.lost.iter().filter(move |lost| Some(lost.step) == step)
    }

    /// How many rows are sent, or wait in a queue, and have not arrived at a moment.
    pub fn waiting(&self, moment: usize) -> usize {
        let from = self.arrivals(moment).end;
        self.run.sent.iter().skip(from).filter(|sent| sent.step < moment).count()
    }

    /// The devices at a moment, in the order of the file.
    pub fn devices(&self, moment: usize) -> Vec<DeviceState<'_>> {
        let so_far = self.run.steps.get(..moment.min(self.last())).unwrap_or_default();
        let device = |(number, device)| {
            let last = so_far.iter().rposition(|step| step.device == number);
            let step = last.and_then(|last| so_far.get(last));
            let now_here = last.is_some_and(|last| last + 1 == moment);
            let mut network = so_far.iter().filter(|step| step.device == number).filter_map(|step| match step.cause {
                Cause::Call(call) => match self.scenario.calls.get(call)?.action {
                    Action::GoOffline => Some(false),
                    Action::ComeOnline => Some(true),
                    _ => None,
                },
                Cause::Answer(_) => None,
            });
            DeviceState {
                device,
                used: step.is_some(),
                online: network.next_back().unwrap_or(true),
                fields: step.map_or_else(Vec::new, |step| {
                    fields(if now_here { &step.before } else { &step.after }, &step.after)
                }),
            }
        };
        self.scenario.devices.iter().enumerate().map(device).collect()
    }

    /// The server at a moment.
    pub fn server(&self, moment: usize) -> Server {
        Server::new(self, self.arrivals(moment).end)
    }

    /// What came to be at a moment; `before` and `now` are the server at the moment before and
    /// at this one.
    pub fn news(&self, moment: usize, before: &Server, now: &Server) -> Vec<News> {
        server::news(self, moment, before, now)
    }

    /// What the call of a moment does, in one or two sentences.
    pub fn explain(&self, moment: usize) -> String {
        explain::moment(self, moment)
    }

    /// The facts of the first `arrived` rows.
    fn facts(&self, arrived: usize) -> Facts {
        let end = self.rows.partition_point(|row| row.line <= arrived as u64);
        facts_of(&[(self.file.as_str(), self.rows.get(..end).unwrap_or_default())])
    }
}

/// The row as an import reads it; `None` for a profile update.
fn row(sent: &Sent, line: u64) -> Option<Row> {
    let text = sent.line();
    let sniffed = sniff(text.as_bytes(), true, "play.jsonl").ok()?;
    let mut items = Vec::new();
    Decoder::new(&sniffed).decode(line, text.as_bytes(), &mut items);
    items.into_iter().find_map(|item| match item {
        Item::Event { row, clock: Clock::Utc, .. } => Some(row.to_row()),
        _ => None,
    })
}

/// The fields of a state, with what they were before; those that never were are left out.
fn fields(before: &State, now: &State) -> Vec<Field> {
    let own = [
        ("distinct_id", &before.distinct_id, &now.distinct_id),
        ("$device_id", &before.device_id, &now.device_id),
        ("$user_id", &before.user_id, &now.user_id),
        ("__alias", &before.alias, &now.alias),
    ];
    let own = own.into_iter().map(|(name, before, now)| Field {
        name: name.to_owned(),
        is_super: false,
        before: before.clone(),
        now: now.clone(),
    });
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let gone = before.supers.keys().filter(|key| !now.supers.contains_key(*key));
    let supers = now.supers.keys().chain(gone).map(|key| Field {
        name: key.clone(),
        is_super: true,
        before: before.supers.get(key).map(text),
        now: now.supers.get(key).map(text),
    });
    own.chain(supers).filter(|field| field.before.is_some() || field.now.is_some()).collect()
}

/// How much later than its call a row is taken in, if a person would call that late.
pub fn lateness(sent: &Sent) -> Option<Millis> {
    /// Slower than any network of a story that sets no delay.
    const LATE: Millis = 500;
    Some(sent.arrival.saturating_sub(sent.at)).filter(|late| *late >= LATE)
}
