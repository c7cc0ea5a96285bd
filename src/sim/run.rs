//! Plays a scenario: calls in order of time, and what the network makes of what they send.
//!
//! # What the network does
//! - Web SDKs up to 2.41 and servers send each row at once. Offline, such a row is lost, and
//!   the SDK goes on as if it had been answered (captures fact 8).
//! - Web SDKs from 2.42 on collect rows and send them every five seconds, and all of them when
//!   a page is left. What was sent while leaving is sent once more by a later page, ten seconds
//!   after it was tracked: two deliveries of one `$insert_id` are normal (captures fact 6).
//! - Apps collect rows for a minute, or until `flush()`.
//! - A collected row survives a time offline; the SDK tries again after twice the time, at most
//!   ten minutes.
//! - The rows of one device arrive in the order in which it sent them, but for those with a
//!   `delay`.
//! - What arrives during a backlog of the server is taken in at its end, in order.
//!
//! Not played: rows lost because a page is left within milliseconds (captures fact 8), tabs of
//! one browser side by side (fact 12), cut strings (fact 15).

use super::chance::Chance;
use super::client::{Client, Endpoint, Item, Moment, Outcome, State};
use super::family::Kind;
use super::scenario::{Action, Device, Scenario};
use crate::model::time::Millis;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What came of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What the server had, in order of arrival.
    pub sent: Vec<Sent>,
    /// What happened on the devices, in order of time.
    pub steps: Vec<Step>,
    /// Rows that never arrived.
    pub lost: Vec<Lost>,
}

/// One row as the server had it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// The step that it comes from: its place in [`Run::steps`].
    pub step: usize,
    /// The device: its place in [`Scenario::devices`].
    pub device: usize,
    /// When the call was made.
    pub at: Millis,
    /// When the server took it in.
    pub arrival: Millis,
    /// Where it was sent to.
    pub endpoint: Endpoint,
    /// What was sent: an event or a profile update, without a token.
    pub payload: Map<String, Value>,
}

impl Sent {
    /// The row as a line of recorded payloads, without the line break.
    pub fn line(&self) -> String {
        json!({ "received_at_ms": self.arrival, "endpoint": self.endpoint.path(), "payload": self.payload }).to_string()
    }
}

/// A row that never arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    /// The step that it comes from.
    pub step: usize,
    /// What was to be sent.
    pub payload: Map<String, Value>,
}

/// One thing that happened on a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub at: Millis,
    /// Where: its place in [`Scenario::devices`].
    pub device: usize,
    /// Whose doing it is.
    pub cause: Cause,
    /// The call as code.
    pub code: String,
    /// What the SDK believed before.
    pub before: State,
    /// What it believes after.
    pub after: State,
    /// Why it did what it did, where that is not plain.
    pub note: Option<&'static str>,
    /// What a presenter says to it.
    pub caption: Option<String>,
}

/// Whose doing a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The app called: the place in [`Scenario::calls`].
    Call(usize),
    /// The SDK itself, on the answer to the alias that this call sent.
    Answer(usize),
}

/// Plays a scenario. The same scenario always gives the same run.
pub fn run(scenario: &Scenario) -> Run {
    let mut play = Play::new(scenario);
    for (number, call) in scenario.calls.iter().enumerate() {
        play.plan(call.at, Happening::Call(number));
    }
    while let Some(((now, _), happening)) = play.agenda.pop_first() {
        match happening {
            Happening::Call(number) => play.call(number),
            Happening::Answer { call, device, alias } => play.answer(now, call, device, &alias),
            Happening::Flush { device, planned } => {
                if play.workers.get(device).is_some_and(|worker| worker.plan.is_some_and(|(_, order)| order == planned))
                {
                    play.flush(now, device);
                }
            }
        }
    }
    play.finish()
}

/// What is on the agenda.
enum Happening {
    Call(usize),
    Answer {
        call: usize,
        device: usize,
        alias: Value,
    },
    Flush {
        device: usize,
        /// Which plan this is; a later plan makes an earlier one void.
        planned: u64,
    },
}

/// How a family sends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transport {
    AtOnce,
    /// Every five seconds, and when a page is left.
    Pages,
    /// After a minute.
    App,
}

/// Time between two flushes of a web SDK, in milliseconds.
const WEB_FLUSH: Millis = 5_000;
/// Age at which another page may send what a page left behind, in milliseconds.
const WEB_RESEND: Millis = 10_000;
/// Rows of one batch of a web SDK.
const WEB_BATCH: usize = 50;
/// Time between two flushes of an app, in milliseconds.
const APP_FLUSH: Millis = 60_000;
/// Longest time between two tries while offline, in milliseconds.
const LONGEST_RETRY: Millis = 600_000;
/// Time that a web SDK with batches needs to store a row and call back, in milliseconds.
const ENQUEUE: Millis = 8;
/// Time between two rows that a backlog held, in milliseconds.
const BACKLOG_GAP: Millis = 20;

/// A row in the queue of a device.
#[derive(Clone)]
struct Waiting {
    step: usize,
    at: Millis,
    delay: Millis,
    item: Item,
    /// Whether the server had it already, though the SDK does not know.
    delivered: bool,
}

/// A device at work.
struct Worker<'a> {
    device: &'a Device,
    client: Option<Client>,
    chance: Chance,
    network: Chance,
    transport: Transport,
    online: bool,
    queue: Vec<Waiting>,
    /// Sent while a page was left, and still in the storage of the browser.
    left_behind: Vec<Waiting>,
    last_arrival: Millis,
    /// When the page was loaded or last flushed: flushes are five seconds after it, and so on.
    anchor: Millis,
    retry: Millis,
    /// When the next flush is planned, and its number on the agenda.
    plan: Option<(Millis, u64)>,
}

struct Play<'a> {
    scenario: &'a Scenario,
    workers: Vec<Worker<'a>>,
    agenda: BTreeMap<(Millis, u64), Happening>,
    order: u64,
    sent: Vec<Sent>,
    steps: Vec<Step>,
    lost: Vec<Lost>,
}

impl<'a> Play<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let worker = |device: &'a Device| Worker {
            device,
            client: None,
            chance: Chance::new(scenario.seed, &format!("{}/{}", scenario.name, device.name)),
            network: Chance::new(scenario.seed, &format!("{}/{}/network", scenario.name, device.name)),
            transport: match device.sdk.kind {
                Kind::Web(release) if release.batches() => Transport::Pages,
                Kind::Web(_) | Kind::Server(_) => Transport::AtOnce,
                Kind::Android(_) | Kind::Ios(_) => Transport::App,
            },
            online: true,
            queue: Vec::new(),
            left_behind: Vec::new(),
            last_arrival: Millis::MIN,
            anchor: scenario.start,
            retry: 0,
            plan: None,
        };
        Self {
            scenario,
            workers: scenario.devices.iter().map(worker).collect(),
            agenda: BTreeMap::new(),
            order: 0,
            sent: Vec::new(),
            steps: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// Puts something on the agenda; of two at one time, the one planned first comes first.
    fn plan(&mut self, at: Millis, happening: Happening) {
        self.order += 1;
        self.agenda.insert((at, self.order), happening);
    }

    fn call(&mut self, number: usize) {
        let Some(call) = self.scenario.calls.get(number) else { return };
        let now = call.at;
        if matches!(call.action, Action::PageLoad { .. }) {
            self.leave_page(now, call.device);
        }
        if call.action == Action::ClearStorage
            && let Some(worker) = self.workers.get_mut(call.device)
        {
            self.lost.extend(worker.give_up());
            worker.plan = None;
        }
        let code = call.action.code();
        let made = self.step(now, call.device, Cause::Call(number), code, call.caption.clone(), |client, moment| {
            client.call(&call.action, moment)
        });
        let Some((step, outcome)) = made else { return };
        let Some(worker) = self.workers.get_mut(call.device) else { return };
        match call.action {
            Action::GoOffline => worker.online = false,
            Action::ComeOnline => worker.online = true,
            Action::PageLoad { .. } => worker.anchor = now,
            _ => {}
        }
        let page_begins = matches!(call.action, Action::PageLoad { .. });
        let flush = outcome.flush;
        self.send(now, number, step, call.device, call.delay, outcome.items);
        if flush {
            self.plan_flush(now, call.device);
        }
        if page_begins {
            // A new page first sends what older pages left behind, before any call on it.
            self.flush(now, call.device);
        }
    }

    fn answer(&mut self, now: Millis, call: usize, device: usize, alias: &Value) {
        let code = format!("identify({alias})");
        let made =
            self.step(now, device, Cause::Answer(call), code, None, |client, moment| client.answered(alias, moment));
        if let Some((step, outcome)) = made {
            self.send(now, call, step, device, 0, outcome.items);
        }
    }

    /// Lets the SDK of a device do something, and writes down what it believed before and after.
    fn step(
        &mut self,
        now: Millis,
        device: usize,
        cause: Cause,
        code: String,
        caption: Option<String>,
        act: impl FnOnce(&mut Client, &mut Moment<'_>) -> Outcome,
    ) -> Option<(usize, Outcome)> {
        let worker = self.workers.get_mut(device)?;
        let mut moment = Moment { now, device: worker.device, site: &self.scenario.site, chance: &mut worker.chance };
        let (before, outcome) = if let Some(client) = &mut worker.client {
            (client.state(), act(client, &mut moment))
        } else {
            let mut client = Client::start(&mut moment);
            let before = client.state();
            let outcome = act(&mut client, &mut moment);
            worker.client = Some(client);
            (before, outcome)
        };
        let after = worker.client.as_ref().map(Client::state).unwrap_or_default();
        self.steps.push(Step { at: now, device, cause, code, before, after, note: outcome.note, caption });
        Some((self.steps.len() - 1, outcome))
    }

    /// Hands rows to the network, or to the queue of the SDK.
    fn send(&mut self, now: Millis, call: usize, step: usize, device: usize, delay: Millis, items: Vec<Item>) {
        for item in items {
            let row = Waiting { step, at: now, delay, item, delivered: false };
            let Some(worker) = self.workers.get_mut(device) else { return };
            let alias = row.item.then_identify.clone();
            let answered = match worker.transport {
                Transport::Pages => {
                    worker.queue.push(row);
                    now + ENQUEUE
                }
                Transport::App => {
                    worker.queue.push(row);
                    now
                }
                Transport::AtOnce if worker.online => {
                    let answer = worker.network.between(8, 30);
                    let sent = worker.deliver(device, row, now);
                    let answered = sent.arrival + answer;
                    self.sent.push(sent);
                    answered
                }
                Transport::AtOnce => {
                    self.lost.push(Lost { step, payload: row.item.payload });
                    now + worker.network.between(20, 90)
                }
            };
            if let Some(alias) = alias {
                self.plan(answered, Happening::Answer { call, device, alias });
            }
        }
        let Some(worker) = self.workers.get(device) else { return };
        let next = worker.next_flush(now);
        // Offline, the time of the next try stands.
        let sooner = worker.retry == 0 && worker.plan.is_none_or(|(planned, _)| next < planned);
        if !worker.queue.is_empty() && sooner {
            self.plan_flush(next, device);
        }
    }

    fn plan_flush(&mut self, at: Millis, device: usize) {
        self.order += 1;
        let planned = self.order;
        let Some(worker) = self.workers.get_mut(device) else { return };
        worker.plan = Some((at, planned));
        self.agenda.insert((at, planned), Happening::Flush { device, planned });
    }

    fn flush(&mut self, now: Millis, device: usize) {
        let Some(worker) = self.workers.get_mut(device) else { return };
        worker.plan = None;
        worker.anchor = now;
        if !worker.online {
            let interval = if worker.transport == Transport::App { APP_FLUSH } else { WEB_FLUSH };
            worker.retry = if worker.retry == 0 { interval } else { (worker.retry * 2).min(LONGEST_RETRY) };
            let next = now + worker.retry;
            // Nothing would ever end the tries of a device that stays offline.
            let comes_back = self.scenario.calls.iter().any(|call| call.device == device && call.at >= now);
            if comes_back {
                self.plan_flush(next, device);
            }
            return;
        }
        worker.retry = 0;
        let batch = worker.take_batch(now);
        let sent: Vec<Sent> = worker.deliver_batch(device, batch, now);
        self.sent.extend(sent);
        let rest = !worker.queue.is_empty();
        if rest {
            self.plan_flush(now, device);
        } else if let Some(oldest) = worker.left_behind.iter().map(|row| row.at + WEB_RESEND).min() {
            let mut next = now + WEB_FLUSH;
            if oldest > next {
                next += (oldest - next + WEB_FLUSH - 1) / WEB_FLUSH * WEB_FLUSH;
            }
            self.plan_flush(next, device);
        }
    }

    /// A page is left: its queue is sent, but the browser does not learn whether it arrived.
    fn leave_page(&mut self, now: Millis, device: usize) {
        let Some(worker) = self.workers.get_mut(device) else { return };
        if worker.transport != Transport::Pages || worker.queue.is_empty() {
            return;
        }
        let mut left: Vec<Waiting> = std::mem::take(&mut worker.queue);
        if worker.online {
            let sent = worker.deliver_batch(device, left.clone(), now);
            self.sent.extend(sent);
            for row in &mut left {
                row.delivered = true;
            }
        }
        worker.left_behind.extend(left);
    }

    fn finish(mut self) -> Run {
        for worker in &mut self.workers {
            self.lost.extend(worker.give_up());
        }
        self.sent.sort_by_key(|sent| sent.arrival);
        for backlog in &self.scenario.backlog {
            let mut held = 0;
            for sent in self.sent.iter_mut().filter(|sent| (backlog.from..backlog.until).contains(&sent.arrival)) {
                sent.arrival = backlog.until + held * BACKLOG_GAP;
                held += 1;
            }
            let end = backlog.until + held * BACKLOG_GAP;
            // What came while the held rows were taken in stands behind them.
            let mut behind = 0;
            let mut seen = 0;
            for sent in self.sent.iter_mut().filter(|sent| (backlog.until..end).contains(&sent.arrival)) {
                seen += 1;
                if seen > held {
                    sent.arrival = end + behind * BACKLOG_GAP;
                    behind += 1;
                }
            }
            self.sent.sort_by_key(|sent| sent.arrival);
        }
        Run { sent: self.sent, steps: self.steps, lost: self.lost }
    }
}

impl Worker<'_> {
    /// Empties the queue and the storage: the rows that the server never had.
    fn give_up(&mut self) -> Vec<Lost> {
        let rows = self.queue.drain(..).chain(self.left_behind.drain(..));
        rows.filter(|row| !row.delivered).map(|row| Lost { step: row.step, payload: row.item.payload }).collect()
    }

    /// When rows that are queued now will be sent.
    fn next_flush(&self, now: Millis) -> Millis {
        match self.transport {
            Transport::AtOnce => now,
            Transport::App => now + APP_FLUSH,
            Transport::Pages => {
                let since = now.saturating_sub(self.anchor).max(0);
                now + WEB_FLUSH - since % WEB_FLUSH
            }
        }
    }

    /// What the next request has: the queue, and what pages before left behind.
    fn take_batch(&mut self, now: Millis) -> Vec<Waiting> {
        if self.transport == Transport::App {
            return std::mem::take(&mut self.queue);
        }
        let mut batch: Vec<Waiting> = self.queue.drain(..self.queue.len().min(WEB_BATCH)).collect();
        while batch.len() < WEB_BATCH {
            let Some(due) = self.left_behind.iter().position(|row| row.at + WEB_RESEND <= now) else { break };
            batch.push(self.left_behind.remove(due));
        }
        batch
    }

    /// Events in one request, profile updates in another.
    fn deliver_batch(&mut self, device: usize, batch: Vec<Waiting>, now: Millis) -> Vec<Sent> {
        let (mut events, profiles): (Vec<Waiting>, Vec<Waiting>) =
            batch.into_iter().partition(|row| row.item.endpoint == Endpoint::Track);
        let mut sent: Vec<Sent> = Vec::new();
        for request in [std::mem::take(&mut events), profiles] {
            let mut arrival = None;
            for row in request {
                let delay = row.delay;
                let mut row = self.deliver(device, row, now);
                if delay == 0 {
                    // One request, one arrival.
                    row.arrival = *arrival.get_or_insert(row.arrival);
                }
                sent.push(row);
            }
        }
        sent
    }

    fn deliver(&mut self, device: usize, row: Waiting, now: Millis) -> Sent {
        let latency = if self.device.sdk.is_server() { (4, 20) } else { (25, 140) };
        let mut arrival = now + self.network.between(latency.0, latency.1);
        if row.delay == 0 {
            arrival = arrival.max(self.last_arrival);
            self.last_arrival = arrival;
        } else {
            arrival += row.delay;
        }
        Sent { step: row.step, device, at: row.at, arrival, endpoint: row.item.endpoint, payload: row.item.payload }
    }
}

#[cfg(test)]
mod tests;
