//! What was received from SDKs as a scenario: who sent which row, and when.
//!
//! Rows say what an SDK sent, and not which calls of the app made it do so. So each row is a call of a library
//! that sends what it is given, with the ids, the time and the properties of the app that it had; then what the
//! server makes of the play is what it made of the session.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Play, server};
use crate::model::facts::MIXPANEL;
use crate::model::row::{CREATE_ALIAS, IDENTIFY, MERGE};
use crate::model::stored::{Item, Received};
use crate::model::{Client, Flags, Id, Millis, Profile, Row, Verb};
use crate::sim::Scenario;
use crate::sim::family::Family;
use crate::sim::scenario::{Action, Call, Device, Expect};

/// Calls of a scenario, at most.
pub const MOST_CALLS: usize = 2_000;

/// Devices of a scenario, at most; the last of them stands for all that follow.
const MOST_DEVICES: usize = 12;

/// The library that sends what it is given, and adds no id of its own.
const SENDS_ALL: &str = "server-ruby";

/// Milliseconds between two calls at least: more than the network of a play takes, so that the order of
/// arrival stays.
const STEP: Millis = 25;

/// Milliseconds that the network of a play takes, about.
const LATENCY: Millis = 12;

/// Properties that a scenario keeps, of those that SDKs add: ids, and what the program is.
const KEPT: &[&str] = &[
    "$device_id",
    "$user_id",
    "$insert_id",
    "$identified_id",
    "$anon_id",
    "$anon_distinct_id",
    "$distinct_ids",
    "$had_persisted_distinct_id",
    "$distinct_id_before_identity",
    "mp_lib",
    "$lib",
    "$lib_version",
    "$os",
    "$browser",
    "$model",
    "$current_url",
    "$import",
    "time",
];

/// A moment that was marked, before the row at a place: its file and line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// What it was called.
    pub text: String,
    /// The first row after it.
    pub before: (Arc<str>, u64),
}

/// What a session has received, in order of arrival, as a scenario that opens the user who became known, with
/// what the engine finds of it; `None` where there is no row.
///
/// `session` is its name, such as `listen 2026-11-29 15:03:00`.
pub fn of_session(sent: &[Received], marks: &[Marked], session: &str) -> Option<Scenario> {
    let all = sent.len();
    let sent = sent.get(..sent.len().min(MOST_CALLS)).unwrap_or_default();
    let start = sent.first().map(Received::arrival)?;
    let mut devices = Devices::default();
    let mut calls: Vec<Call> = Vec::new();
    let mut at = start.saturating_sub(STEP);
    for one in sent {
        let Some(action) = action(one) else { continue };
        at = at.saturating_add(STEP).max(one.arrival().saturating_sub(LATENCY));
        let mark = marks.iter().rfind(|mark| (&mark.before.0, mark.before.1) == (&one.file, one.line()));
        let mark = mark.map(|mark| mark.text.clone());
        // Of the rows of one request only the first comes after the mark.
        let caption = mark.filter(|text| calls.last().is_none_or(|last| last.caption.as_ref() != Some(text)));
        calls.push(Call { at, device: devices.number(one), action, delay: 0, caption });
    }
    let rows: Vec<&Row> = sent.iter().filter_map(Received::row).collect();
    let mut scenario = Scenario {
        name: slug(session),
        title: format!("What SDKs sent: {}", session.trim()),
        look_for: if all > sent.len() {
            format!("The first {} of at least {all} rows and profile updates, as they were received.", sent.len())
        } else {
            "Each row as it was received, from the device that sent it.".to_owned()
        },
        lesson: "A session of journey listen, saved.".to_owned(),
        search: String::new(),
        start: calls.first()?.at,
        seed: 1,
        site: "https://shop.example.com".to_owned(),
        demo: false,
        backlog: Vec::new(),
        expect: Expect::default(),
        devices: devices.list,
        calls,
    };
    scenario.search = searched(&scenario, &rows).map_or_else(String::new, |id| id.as_str().to_owned());
    scenario.expect = expected(&scenario);
    Some(scenario)
}

/// A name of letters, digits and hyphens.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "session".to_owned() } else { slug.to_owned() }
}

/// Ids that are looked at for the user to open, at most.
const MOST_LOOKED_AT: usize = 50;

/// The user to open: of those who became known the one with the most findings, then with the most rows; where
/// none did, the id with the most rows.
fn searched(scenario: &Scenario, rows: &[&Row]) -> Option<Id> {
    let mut known: Vec<Id> = Vec::new();
    for row in rows.iter().rev() {
        let id = match &row.verb {
            Verb::Identify { identified, .. } => identified.as_ref().or(row.user.as_ref()),
            Verb::Alias { alias, .. } => alias.as_ref(),
            _ => row.user.as_ref(),
        };
        if let Some(id) = id.filter(|id| !known.contains(id) && known.len() < MOST_LOOKED_AT) {
            known.push(id.clone());
        }
    }
    let play = Play::new(scenario.clone());
    let worth = |id: &Id| {
        let journey = server::last_journey(&play, id);
        journey.map(|journey| (journey.findings.len(), journey.steps.len()))
    };
    let most = || {
        let count = |id: &Id| rows.iter().filter(|row| row.id.as_ref() == Some(id)).count();
        rows.iter().filter_map(|row| row.id.as_ref()).max_by_key(|id| count(id)).cloned()
    };
    known.into_iter().max_by_key(worth).or_else(most)
}

/// What the engine finds when the scenario is played.
fn expected(scenario: &Scenario) -> Expect {
    let play = Play::new(scenario.clone());
    let Some(journey) = server::last_journey(&play, &Id::new(&scenario.search)) else { return Expect::default() };
    let mut codes: Vec<String> = journey.findings.iter().map(|finding| finding.code().to_owned()).collect();
    codes.sort();
    codes.dedup();
    Expect { findings: Some(codes), ..Expect::default() }
}

/// The devices of a session, by what sent and the id of the device.
#[derive(Default)]
struct Devices {
    known: Vec<(String, Option<Id>, &'static str)>,
    list: Vec<Device>,
}

impl Devices {
    /// The number of the device that sent a row; that of an update is the one before it.
    fn number(&mut self, one: &Received) -> usize {
        let Some(row) = one.row() else {
            if self.list.is_empty() {
                self.add("profiles");
                self.known.push((String::new(), None, one.vendor));
            }
            return self.list.len() - 1;
        };
        let client = row.client.as_ref().map_or("", Client::as_str).to_owned();
        let key = (client, row.device.clone(), one.vendor);
        if let Some(known) = self.known.iter().position(|known| *known == key) {
            return known;
        }
        if self.list.len() == MOST_DEVICES {
            return MOST_DEVICES - 1;
        }
        self.add(row.client.as_ref().map(Client::library).filter(|library| !library.is_empty()).unwrap_or("sdk"));
        self.known.push(key);
        self.list.len() - 1
    }

    fn add(&mut self, library: &str) {
        let Some(sdk) = Family::named(SENDS_ALL) else { return };
        let bare: String = library.chars().filter(|c| c.is_alphanumeric() || "-_.".contains(*c)).take(24).collect();
        let bare = if bare.is_empty() { "sdk".to_owned() } else { bare };
        let (ids, screen) = (Vec::new(), (0, 0));
        self.list.push(Device {
            name: format!("{bare} {}", self.list.len() + 1),
            sdk,
            ids,
            os: "Linux".to_owned(),
            browser: "Chrome".to_owned(),
            browser_version: None,
            model: None,
            app_version: None,
            screen,
            page_views: true,
        });
    }
}

fn action(one: &Received) -> Option<Action> {
    match &one.what {
        // Rows of other vendors have all of a call next to the properties of the app.
        Item::Row(row) => Some(of_row(row, one.vendor == MIXPANEL)),
        Item::Update(update) => of_update(update),
    }
}

fn of_row(row: &Row, has_properties: bool) -> Action {
    let given: Map<String, Value> = match serde_json::from_str(&row.properties) {
        Ok(Value::Object(given)) => given,
        _ => Map::new(),
    };
    let text = |id: Option<&Id>| id.map_or_else(|| Value::from(""), |id| Value::from(id.as_str()));
    let own = given.get("distinct_id").filter(|_| has_properties && row.flags.has(Flags::ID_NOT_TEXT));
    let id = own.filter(|id| id.is_number() || id.is_boolean()).cloned().unwrap_or_else(|| text(row.id.as_ref()));
    let mut properties = Map::new();
    let is_kept = |key: &str| KEPT.contains(&key) || !key.starts_with('$') && !key.starts_with("mp_");
    let is_own = |key: &str| !matches!(key, "token" | "distinct_id");
    for (key, value) in given.iter().filter(|(key, _)| has_properties && is_own(key) && is_kept(key)) {
        if let Some(value) = plain(value) {
            properties.insert(key.clone(), value);
        }
    }
    let mut set = |key: &str, value: Value| {
        properties.entry(key.to_owned()).or_insert(value);
    };
    let name = match &row.verb {
        Verb::Alias { alias, target, .. } => {
            set("alias", text(alias.as_ref()));
            if target != &row.id {
                set("original", text(target.as_ref()));
            }
            CREATE_ALIAS
        }
        Verb::Identify { identified, anon } => {
            set("$identified_id", text(identified.as_ref()));
            if anon.is_some() {
                set("$anon_distinct_id", text(anon.as_ref()));
            }
            IDENTIFY
        }
        Verb::Merge { ids } => {
            set("$distinct_ids", ids.iter().map(Id::as_str).collect());
            MERGE
        }
        _ => &row.event,
    };
    if let Some(device) = &row.device {
        set("$device_id", Value::from(device.as_str()));
    }
    if let Some(user) = &row.user {
        set("$user_id", Value::from(user.as_str()));
    }
    // The library that sends in the play is none of the session.
    set("mp_lib", Value::from(row.client.as_ref().map_or("", Client::library)));
    set("$lib_version", Value::from(""));
    if let Some(insert_id) = &row.insert_id {
        set("$insert_id", Value::from(insert_id.as_str()));
    }
    if row.flags.has(Flags::IMPORTED) {
        set("$import", Value::from(true));
    }
    // In the unit in which the row had it, else in milliseconds.
    set("time", Value::from(row.time));
    Action::Track { event: name.to_owned(), properties, id: Some(id) }
}

/// A profile update that sets or adds values.
fn of_update(update: &Profile) -> Option<Action> {
    let op = update.operation.strip_prefix('$')?;
    let Ok(Value::Object(whole)) = serde_json::from_str(&update.json) else { return None };
    let values = whole.get(&update.operation)?.as_object().filter(|_| matches!(op, "set" | "set_once" | "add"))?;
    let properties: Map<String, Value> =
        values.iter().filter_map(|(key, value)| Some((key.clone(), plain(value)?))).collect();
    let id = Value::from(update.id.as_ref()?.as_str());
    Some(Action::People { op: op.to_owned(), properties, id: Some(id) })
}

/// A value as a file of TOML can have it; `None` for nothing.
fn plain(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Number(number) if number.as_i64().is_none() && !number.as_f64().is_some_and(|_| number.is_f64()) => {
            Some(Value::from(number.to_string()))
        }
        Value::Array(items) => Some(items.iter().filter_map(plain).collect()),
        Value::Object(fields) => {
            let fields = fields.iter().filter_map(|(key, value)| Some((key.clone(), plain(value)?)));
            Some(Value::Object(fields.collect()))
        }
        value => Some(value.clone()),
    }
}
