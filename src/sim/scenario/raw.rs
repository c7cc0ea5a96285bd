//! The file as TOML has it, and what must hold before it is a [`Scenario`].

use super::{Action, Backlog, Call, Device, Expect, PEOPLE_OPS, Scenario, duration};
use crate::model::time::{self, Millis};
use crate::sim::family::{FAMILIES, Family, Kind};
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

/// What is wrong, and the byte where.
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenario {
    name: Spanned<String>,
    title: String,
    look_for: String,
    lesson: String,
    search: String,
    start: Spanned<String>,
    #[serde(default)]
    seed: u64,
    site: Option<String>,
    demo: Option<bool>,
    #[serde(default)]
    server: RawServer,
    #[serde(default)]
    expect: RawExpect,
    #[serde(default)]
    device: Vec<RawDevice>,
    #[serde(default)]
    call: Vec<RawCall>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawServer {
    #[serde(default)]
    backlog: Vec<RawBacklog>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawExpect {
    root: Option<Spanned<String>>,
    merged: Option<usize>,
    split: Option<Vec<String>>,
    refused: Option<Vec<Spanned<String>>>,
    orphans: Option<Vec<Spanned<String>>>,
    contested: Option<Vec<Spanned<String>>>,
    findings: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBacklog {
    from: Spanned<String>,
    until: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDevice {
    name: Spanned<String>,
    sdk: Spanned<String>,
    #[serde(default)]
    ids: Vec<String>,
    os: Option<String>,
    browser: Option<String>,
    browser_version: Option<i64>,
    model: Option<String>,
    app_version: Option<String>,
    screen: Option<Spanned<String>>,
    page_views: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCall {
    at: Spanned<String>,
    device: Spanned<String>,
    #[serde(rename = "do")]
    action: Spanned<String>,
    event: Option<Spanned<String>>,
    id: Option<Spanned<Value>>,
    alias: Option<Spanned<Value>>,
    properties: Option<Spanned<Map<String, Value>>>,
    op: Option<Spanned<String>>,
    page: Option<Spanned<String>>,
    delay: Option<Spanned<String>>,
    caption: Option<String>,
}

fn problem<T>(at: &Spanned<T>, what: String) -> Problem {
    Problem { at: at.span().start, what }
}

/// Reads and checks the text of a scenario.
pub(super) fn read(text: &str) -> Result<Scenario, Problem> {
    let raw: RawScenario = toml::from_str(text).map_err(|error| Problem {
        at: error.span().map_or(0, |span| span.start),
        what: error.message().replace('\n', ", "),
    })?;
    check_name(&raw.name)?;
    let start = time::parse(raw.start.get_ref()).ok_or_else(|| {
        let given = raw.start.get_ref();
        problem(&raw.start, format!("cannot read the time {given:?}: write it as \"2019-07-01T09:12:00Z\""))
    })?;
    let mut backlog = Vec::new();
    for window in &raw.server.backlog {
        let (from, until) = (offset(&window.from)?, offset(&window.until)?);
        if until < from {
            return Err(problem(&window.until, "a backlog must end after it begins".to_owned()));
        }
        backlog.push(Backlog { from: start.saturating_add(from), until: start.saturating_add(until) });
    }
    let mut devices: Vec<Device> = Vec::new();
    for device in raw.device {
        if devices.iter().any(|other| other.name == *device.name.get_ref()) {
            return Err(problem(&device.name, format!("two devices are named {:?}", device.name.get_ref())));
        }
        devices.push(read_device(device)?);
    }
    let mut calls = Vec::new();
    let mut last = 0;
    for call in raw.call {
        let after_start = match call.at.get_ref().trim().strip_prefix('+') {
            Some(after) => duration::parse(after).map(|after| after.saturating_add(last)),
            None => duration::parse(call.at.get_ref()),
        };
        last = after_start.map_err(|what| problem(&call.at, what))?;
        calls.push(read_call(call, start.saturating_add(last), &devices)?);
    }
    calls.sort_by_key(|call| call.at);
    let expect = read_expect(raw.expect, &devices)?;
    Ok(Scenario {
        name: raw.name.into_inner(),
        title: raw.title,
        look_for: raw.look_for,
        lesson: raw.lesson,
        search: raw.search,
        start,
        seed: raw.seed,
        site: raw.site.unwrap_or_else(|| "https://shop.example.com".to_owned()),
        demo: raw.demo.unwrap_or(true),
        backlog,
        expect,
        devices,
        calls,
    })
}

fn read_expect(raw: RawExpect, devices: &[Device]) -> Result<Expect, Problem> {
    let id = |id: Spanned<String>| {
        for name in super::placeholders(id.get_ref()).map(|(_, device, _)| device) {
            if !devices.iter().any(|device| device.name == name) {
                let names: Vec<&str> = devices.iter().map(|device| device.name.as_str()).collect();
                return Err(problem(&id, format!("no device {name:?}; there are {}", names.join(", "))));
            }
        }
        Ok(id.into_inner())
    };
    let ids = |ids: Option<Vec<Spanned<String>>>| {
        ids.map(|ids| ids.into_iter().map(id).collect::<Result<Vec<_>, _>>()).transpose()
    };
    Ok(Expect {
        root: raw.root.map(id).transpose()?,
        merged: raw.merged,
        split: raw.split,
        refused: ids(raw.refused)?,
        orphans: ids(raw.orphans)?,
        contested: ids(raw.contested)?,
        findings: raw.findings,
    })
}

fn check_name(name: &Spanned<String>) -> Result<(), Problem> {
    let text = name.get_ref();
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || !text.bytes().all(known) {
        return Err(problem(name, format!("the name {text:?} may have only a-z, 0-9 and hyphens, at least one")));
    }
    Ok(())
}

fn offset(text: &Spanned<String>) -> Result<Millis, Problem> {
    duration::parse(text.get_ref()).map_err(|what| problem(text, what))
}

fn read_device(raw: RawDevice) -> Result<Device, Problem> {
    let sdk = Family::named(raw.sdk.get_ref()).ok_or_else(|| {
        let names: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
        problem(&raw.sdk, format!("no SDK {:?}; there are {}", raw.sdk.get_ref(), names.join(", ")))
    })?;
    let (os, screen) = match sdk.kind {
        Kind::Web(_) => ("Mac OS X", (1440, 900)),
        Kind::Android(_) => ("Android", (1080, 2160)),
        Kind::Ios(_) => ("iOS", (375, 812)),
        Kind::Server(_) => ("Linux", (0, 0)),
    };
    let screen = match &raw.screen {
        None => screen,
        Some(text) => text
            .get_ref()
            .split_once('x')
            .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
            .ok_or_else(|| problem(text, format!("cannot read the screen {:?}: write \"1440x900\"", text.get_ref())))?,
    };
    Ok(Device {
        name: raw.name.into_inner(),
        sdk,
        ids: raw.ids,
        os: raw.os.unwrap_or_else(|| os.to_owned()),
        browser: raw.browser.unwrap_or_else(|| "Chrome".to_owned()),
        browser_version: raw.browser_version,
        model: raw.model,
        app_version: raw.app_version,
        screen,
        page_views: raw.page_views.unwrap_or(true),
    })
}

/// Every `do`, with the devices it is for and the keys it takes; a key with `!` is needed.
const ACTIONS: &[(&str, &[&str], &[&str])] = &[
    ("track", &["web", "app"], &["event!", "properties"]),
    ("track", &["server"], &["event!", "id!", "properties"]),
    ("identify", &["web", "app"], &["id!"]),
    ("alias", &["web", "app"], &["alias!", "id"]),
    ("alias", &["server"], &["alias!", "id!"]),
    ("reset", &["web", "app"], &[]),
    ("register", &["web", "app"], &["properties!"]),
    ("people", &["web", "app"], &["properties!", "op"]),
    ("people", &["server"], &["properties!", "id!", "op"]),
    ("page_load", &["web"], &["page!"]),
    ("app_start", &["app"], &[]),
    ("flush", &["app"], &[]),
    ("go_offline", &["web", "app"], &[]),
    ("come_online", &["web", "app"], &[]),
    ("clear_storage", &["web", "app"], &[]),
];

fn read_call(raw: RawCall, at: Millis, devices: &[Device]) -> Result<Call, Problem> {
    let wanted = raw.device.get_ref();
    let device = devices.iter().position(|device| device.name == *wanted).ok_or_else(|| {
        let names: Vec<&str> = devices.iter().map(|device| device.name.as_str()).collect();
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        problem(&raw.device, format!("no device {wanted:?}; there are {there}"))
    })?;
    let noun = devices.get(device).map_or("", |device| device.sdk.kind.noun());
    check_keys(&raw, noun)?;
    let delay = raw.delay.as_ref().map_or(Ok(0), offset)?;
    let properties = |given: Option<Spanned<Map<String, Value>>>| {
        let mut properties = given.map(Spanned::into_inner).unwrap_or_default();
        properties.values_mut().for_each(plain);
        properties
    };
    let id = raw.id.map(Spanned::into_inner);
    let text = |given: Option<Spanned<String>>| given.map(Spanned::into_inner).unwrap_or_default();
    let action = match raw.action.get_ref().as_str() {
        "track" => Action::Track { event: text(raw.event), properties: properties(raw.properties), id },
        "identify" => Action::Identify { id: id.unwrap_or_default() },
        "alias" => Action::Alias { alias: raw.alias.map(Spanned::into_inner).unwrap_or_default(), id },
        "reset" => Action::Reset,
        "register" => Action::Register { properties: properties(raw.properties) },
        "people" => Action::People {
            op: raw.op.map_or_else(|| "set".to_owned(), Spanned::into_inner),
            properties: properties(raw.properties),
            id,
        },
        "page_load" => Action::PageLoad { page: text(raw.page) },
        "app_start" => Action::AppStart,
        "flush" => Action::Flush,
        "go_offline" => Action::GoOffline,
        "come_online" => Action::ComeOnline,
        // `check_keys` refuses what ACTIONS does not have.
        _ => Action::ClearStorage,
    };
    Ok(Call { at, device, action, delay, caption: raw.caption })
}

/// Checks that `do` is known, goes with the device, and has its keys and no others.
fn check_keys(raw: &RawCall, noun: &str) -> Result<(), Problem> {
    let action = raw.action.get_ref();
    if !ACTIONS.iter().any(|(name, ..)| name == action) {
        let mut names: Vec<&str> = ACTIONS.iter().map(|(name, ..)| *name).collect();
        names.dedup();
        return Err(problem(&raw.action, format!("cannot do {action:?}; there are {}", names.join(", "))));
    }
    let Some((.., takes)) = ACTIONS.iter().find(|(name, nouns, _)| name == action && nouns.contains(&noun)) else {
        let device = raw.device.get_ref();
        return Err(problem(&raw.action, format!("{action:?} is nothing that {device:?}, of kind {noun}, can do")));
    };
    let place = |key: &str| match key {
        "event" => raw.event.as_ref().map(Spanned::span),
        "id" => raw.id.as_ref().map(Spanned::span),
        "alias" => raw.alias.as_ref().map(Spanned::span),
        "properties" => raw.properties.as_ref().map(Spanned::span),
        "op" => raw.op.as_ref().map(Spanned::span),
        _ => raw.page.as_ref().map(Spanned::span),
    };
    for key in ["event", "id", "alias", "properties", "op", "page"] {
        let known = takes.iter().find(|taken| taken.trim_end_matches('!') == key);
        match (place(key), known) {
            (Some(span), None) => {
                let takes: Vec<&str> = takes.iter().map(|key| key.trim_end_matches('!')).collect();
                let takes = if takes.is_empty() { "nothing".to_owned() } else { takes.join(", ") };
                let what = format!("do = {action:?} on {noun} has no use for {key:?}; it takes {takes}");
                return Err(Problem { at: span.start, what });
            }
            (None, Some(needed)) if needed.ends_with('!') => {
                return Err(problem(&raw.action, format!("do = {action:?} on {noun} needs {key:?}")));
            }
            _ => {}
        }
    }
    for id in [&raw.id, &raw.alias].into_iter().flatten() {
        if !matches!(id.get_ref(), Value::String(_) | Value::Number(_) | Value::Bool(_)) {
            return Err(problem(id, "an id is a text, a number, true or false".to_owned()));
        }
    }
    match &raw.op {
        Some(op) if !PEOPLE_OPS.contains(&op.get_ref().as_str()) => {
            Err(problem(op, format!("no op {:?}; there are {}", op.get_ref(), PEOPLE_OPS.join(", "))))
        }
        _ => Ok(()),
    }
}

/// Turns TOML's dates, which serde hands over as a map of one odd key, into text.
fn plain(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Object(fields) => {
            if let Some(Value::String(date)) = fields.get("$__toml_private_datetime") {
                *value = Value::String(date.clone());
            } else {
                fields.values_mut().for_each(plain);
            }
        }
        _ => {}
    }
}
