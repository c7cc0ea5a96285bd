//! SDKs as state machines: what a call changes on the device, and what it sends.
//!
//! [`Client`] is one SDK on one device. It knows nothing of a network or of other devices:
//! [`run`](super::run) decides when what it sends arrives. The machines are those of
//! identity.md §2.2 (web) and §2.4 (apps and servers), checked against recorded traffic of
//! the real libraries in `tests/it/scenarios.rs`.

mod app;
mod server;
mod web;

use super::chance::Chance;
use super::family::Kind;
use super::scenario::{Action, Device};
use crate::model::time::Millis;
use serde_json::{Map, Value};

/// Where an SDK sends a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Events.
    Track,
    /// Profile updates.
    Engage,
}

impl Endpoint {
    /// Its path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Track => "/track",
            Self::Engage => "/engage",
        }
    }
}

/// What an SDK believes: the state of one device.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct State {
    /// The id under which the next event is sent.
    pub distinct_id: Option<String>,
    /// `$device_id`, from the releases on that have it.
    pub device_id: Option<String>,
    /// `$user_id`, from the releases on that have it.
    pub user_id: Option<String>,
    /// `__alias`: the id that was aliased here last. `identify` with it does not change the id.
    pub alias: Option<String>,
    /// Super properties.
    pub supers: Map<String, Value>,
}

/// One row that an SDK hands to the network.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) endpoint: Endpoint,
    pub(super) payload: Map<String, Value>,
    /// The alias with which the SDK calls `identify` once this row is answered.
    pub(super) then_identify: Option<Value>,
}

/// What a call did.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Outcome {
    pub(super) items: Vec<Item>,
    /// What a person should know: why nothing was sent, what the SDK answered.
    pub(super) note: Option<&'static str>,
    /// Whether the queue is to be sent at once.
    pub(super) flush: bool,
}

impl Outcome {
    fn note(note: &'static str) -> Self {
        Self { note: Some(note), ..Self::default() }
    }
}

/// What a call finds around it.
pub(super) struct Moment<'a> {
    pub(super) now: Millis,
    pub(super) device: &'a Device,
    pub(super) site: &'a str,
    pub(super) chance: &'a mut Chance,
}

/// One SDK on one device.
#[derive(Clone, Debug)]
pub(super) enum Client {
    Web(web::Web),
    App(Box<app::App>),
    Server(server::Server),
}

impl Client {
    /// The SDK as its first call finds it.
    pub(super) fn start(moment: &mut Moment<'_>) -> Self {
        match moment.device.sdk.kind {
            Kind::Web(release) => Self::Web(web::Web::start(release, moment)),
            Kind::Android(release) => Self::App(Box::new(app::App::start(app::Release::Android(release), moment))),
            Kind::Ios(release) => Self::App(Box::new(app::App::start(app::Release::Ios(release), moment))),
            Kind::Server(library) => Self::Server(server::Server(library)),
        }
    }

    /// Makes a call.
    pub(super) fn call(&mut self, action: &Action, moment: &mut Moment<'_>) -> Outcome {
        match self {
            Self::Web(web) => web.call(action, moment),
            Self::App(app) => app.call(action, moment),
            Self::Server(server) => server.call(action, moment),
        }
    }

    /// Tells the SDK that the row with `then_identify` was answered, or failed: it does not care
    /// which (identity.md §2.2 "callback timing").
    pub(super) fn answered(&mut self, alias: &Value, moment: &mut Moment<'_>) -> Outcome {
        match self {
            Self::Web(web) => web.identify(alias, moment),
            Self::App(_) | Self::Server(_) => Outcome::default(),
        }
    }

    /// What it believes now.
    pub(super) fn state(&self) -> State {
        match self {
            Self::Web(web) => web.state(),
            Self::App(app) => app.state(),
            Self::Server(_) => State::default(),
        }
    }
}

/// An id as text.
fn text(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// Seconds with the milliseconds as a fraction, as JavaScript writes them: no `.0`.
fn seconds(now: Millis) -> Value {
    if now % 1000 == 0 {
        return Value::from(now / 1000);
    }
    #[expect(clippy::cast_precision_loss, reason = "a moment in milliseconds is far below 2^53")]
    Value::from(now as f64 / 1000.0)
}

/// A map of these pairs, in this order.
fn map<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Adds `from` to `into`; a key that is there keeps its place and takes the new value.
fn extend(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    into.extend(from.iter().map(|(key, value)| (key.clone(), value.clone())));
}

/// An event as it goes over the wire.
fn event(name: &str, properties: Map<String, Value>) -> Item {
    let payload = map([("event", Value::from(name)), ("properties", Value::Object(properties))]);
    Item { endpoint: Endpoint::Track, payload, then_identify: None }
}

/// A profile update as it goes over the wire.
fn profile(payload: Map<String, Value>) -> Item {
    Item { endpoint: Endpoint::Engage, payload, then_identify: None }
}

/// What `people.op` sends under `$op`: `unset` sends the names alone.
fn people_value(op: &str, properties: &Map<String, Value>) -> Value {
    if op == "unset" {
        return properties.keys().map(|key| Value::from(key.as_str())).collect();
    }
    Value::Object(properties.clone())
}

#[cfg(test)]
mod tests;
