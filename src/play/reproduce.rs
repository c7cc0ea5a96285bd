//! The smallest calls that show the same finding as a user of the data, without the ids and values
//! of the data: what an engineer gives to the person who has to mend it.
//!
//! Every row becomes a call of a library that sends what it is given. Ids become made-up ones of
//! the same form, times become steps. Then calls are left out as long as the engine finds the same
//! (delta debugging), and so is all of a call that the finding does not need.

mod names;
mod shrink;

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use self::names::Names;
use self::shrink::shrink;
use super::{Play, server};
use crate::identity::{Facts, Finding, Journey, Marks, Thresholds};
use crate::model::facts::{Event, Link, Source};
use crate::model::{Client, Flags, Id, LinkKind, Millis, VerbKind};
use crate::sim::Scenario;
use crate::sim::family::Family;
use crate::sim::scenario::{Action, Call, Device, Expect};

/// Rows that are looked at, at most: those that prove the finding first.
const MOST_ROWS: usize = 2_000;

/// Where scenarios begin: 2024-01-01.
const START: Millis = 1_704_067_200_000;

/// Milliseconds between two calls where the time between them does not matter.
const STEP: Millis = 60_000;

/// One row as a call.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Unit {
    time: Millis,
    arrived: Millis,
    what: What,
    id: Option<Id>,
    device: Option<Id>,
    user: Option<Id>,
    /// Whether no server library sent it.
    by_client: bool,
    flags: Flags,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Row,
    Alias(Option<Id>),
    Identify(Option<Id>),
    Merge(Id),
    Previous(Id),
}

/// How much of the times of the data a scenario keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    /// Only the order of arrival.
    Steps,
    /// Order and delays; waits of more than a minute are a minute.
    Waits,
    /// All distances.
    Exact,
}

/// The smallest scenario that shows finding `finding` of `journey`, which follows from `facts`.
///
/// `None` where calls alone do not show it.
pub fn reproduce(facts: &Facts, journey: &Journey, finding: &Finding) -> Option<Scenario> {
    let root = journey.root.clone()?;
    let units = units(facts, &finding.sources);
    let names = Names::of(facts, &root);
    let head = Head {
        name: format!("reproduce-{}", finding.code()),
        title: format!("The smallest calls with the finding {}", finding.code()),
        look_for: format!("{}.", capitalised(finding.kind.title)),
        lesson: finding.kind.advice.to_owned(),
    };
    let build = |units: &[Unit], clock: Clock| scenario(units, clock, &names, &root, &head);
    let shows = |units: &[Unit], clock: Clock| has(&build(units, clock), finding.code());
    let clock = [Clock::Steps, Clock::Waits, Clock::Exact].into_iter().find(|clock| shows(&units, *clock))?;
    let units = shrink(units, &mut |units| shows(units, clock));
    let clock = [Clock::Steps, Clock::Waits].into_iter().find(|simpler| shows(&units, *simpler)).unwrap_or(clock);
    let mut scenario = build(&units, clock);
    let mut codes: Vec<String> = found(&scenario).iter().map(|code| (*code).to_owned()).collect();
    codes.sort();
    scenario.expect = Expect { findings: Some(codes), ..Expect::default() };
    Some(scenario)
}

/// What a scenario says of itself.
#[derive(Clone, Debug)]
struct Head {
    /// Its name.
    name: String,
    /// Its title.
    title: String,
    /// What to look for.
    look_for: String,
    /// What it teaches.
    lesson: String,
}

/// The rows of a user as a scenario, without the ids and values of the data: of too many rows those
/// that are calls first.
fn as_scenario(facts: &Facts, root: &Id, head: &Head) -> Scenario {
    scenario(&units(facts, &[]), Clock::Exact, &Names::of(facts, root), root, head)
}

/// The rows of a user, to which so many changes were made, as a scenario, without the ids and values of the data: of too many rows
/// those that are calls first.
pub fn changed_scenario(facts: &Facts, root: &Id, changes: usize) -> Scenario {
    let head = Head {
        name: "what-if".to_owned(),
        title: format!("The rows of a user, with {}", if changes == 1 { "one change" } else { "changes" }),
        look_for: format!("What {} made of them.", if changes == 1 { "it" } else { "they" }),
        lesson: "Compare it with the same rows as they were sent.".to_owned(),
    };
    as_scenario(facts, root, &head)
}

/// The codes that the engine finds when a scenario is played.
fn found(scenario: &Scenario) -> Vec<&'static str> {
    let play = Play::new(scenario.clone());
    let journey = server::last_journey(&play, &Id::new(&scenario.search));
    journey.map_or_else(Vec::new, |journey| journey.findings.iter().map(Finding::code).collect())
}

fn has(scenario: &Scenario, code: &str) -> bool {
    found(scenario).contains(&code)
}

/// Rows, alias calls, and what links say of rows that are not there, those that prove the finding
/// first where there are too many, in order of arrival.
fn units(facts: &Facts, proof: &[Source]) -> Vec<Unit> {
    let called: HashSet<i64> = facts.calls.iter().map(|call| call.row).collect();
    let of_rows: HashSet<(&str, u64)> = facts.events.iter().map(|event| place(&event.source)).collect();
    let mut units: Vec<(bool, Unit)> = Vec::new();
    let proves = |source: &Source| proof.contains(source);
    for call in &facts.calls {
        let unit = Unit {
            time: call.time,
            arrived: call.arrived,
            what: What::Alias(call.alias.clone()),
            id: call.target.clone(),
            device: None,
            user: None,
            by_client: true,
            flags: Flags::default(),
        };
        units.push((proves(&call.source), unit));
    }
    let rows = facts.events.iter().filter(|event| !called.contains(&event.row) && event.verb != VerbKind::Merge);
    units.extend(rows.map(|event| (proves(&event.source), unit(event))));
    let unseen = |link: &&Link| {
        matches!(link.kind, LinkKind::Merge | LinkKind::Previous) || !of_rows.contains(&place(&link.source))
    };
    units.extend(facts.links.iter().filter(unseen).map(|link| (proves(&link.source), of_link(link))));
    // Of an id that looks like one of the user no more is known than that it is there.
    let latest = units.iter().map(|(_, unit)| unit.arrived).max().unwrap_or(0);
    let bare = |id: &Id| Unit {
        time: latest,
        arrived: latest,
        what: What::Row,
        id: Some(id.clone()),
        device: None,
        user: None,
        by_client: true,
        flags: Flags::default(),
    };
    units.extend(facts.alike.iter().map(|(_, id)| (true, bare(id))));
    units.sort_by_key(|(proves, unit)| (!proves, matches!(unit.what, What::Row), unit.arrived));
    units.truncate(MOST_ROWS);
    let mut units: Vec<Unit> = units.into_iter().map(|(_, unit)| unit).collect();
    units.sort_by_key(|unit| unit.arrived);
    units
}

fn place(source: &Source) -> (&str, u64) {
    (&source.file, source.line)
}

fn unit(event: &Event) -> Unit {
    let what = match event.verb {
        VerbKind::Identify => What::Identify(event.other.clone()),
        VerbKind::Alias => What::Alias(event.other.clone()),
        _ => What::Row,
    };
    Unit {
        time: event.time,
        arrived: event.arrived,
        what,
        id: event.id.clone(),
        device: event.device.clone(),
        user: event.user.clone(),
        by_client: !event.client.as_ref().is_some_and(Client::is_server),
        flags: event.flags,
    }
}

/// A row that says what a link says.
fn of_link(link: &Link) -> Unit {
    let (mut device, mut user) = (None, None);
    let mut flags = Flags::default();
    let what = match link.kind {
        LinkKind::Identify => What::Identify(Some(link.b.clone())),
        LinkKind::Merge => What::Merge(link.b.clone()),
        LinkKind::Previous => What::Previous(link.b.clone()),
        LinkKind::UserDevice => {
            (device, user) = (Some(link.b.clone()), Some(link.a.clone()));
            What::Row
        }
        LinkKind::IdDevice | LinkKind::PersistedDevice => {
            device = Some(link.b.clone());
            if link.kind == LinkKind::PersistedDevice {
                flags.set(Flags::HAD_PERSISTED);
            }
            What::Row
        }
        LinkKind::IdUser => {
            user = Some(link.b.clone());
            What::Row
        }
    };
    let id = Some(link.a.clone());
    Unit { time: link.time, arrived: link.arrived, what, id, device, user, by_client: true, flags }
}

/// The calls as a scenario that opens the user.
fn scenario(units: &[Unit], clock: Clock, names: &Names, root: &Id, head: &Head) -> Scenario {
    let times = times(units, clock);
    let calls = units.iter().zip(&times).map(|(unit, (at, delay))| Call {
        at: *at,
        device: 0,
        action: action(unit, *at, *delay, names),
        delay: *delay,
        caption: None,
    });
    let mut calls: Vec<Call> = calls.collect();
    calls.sort_by_key(|call| call.at);
    Scenario {
        name: head.name.clone(),
        title: head.title.clone(),
        look_for: head.look_for.clone(),
        lesson: head.lesson.clone(),
        search: names.of_id(root),
        start: START,
        seed: 1,
        site: "https://shop.example.com".to_owned(),
        demo: false,
        backlog: Vec::new(),
        expect: Expect::default(),
        devices: Family::named("server-python").map(device).into_iter().collect(),
        calls,
    }
}

fn device(sdk: Family) -> Device {
    Device {
        name: "rows".to_owned(),
        sdk,
        ids: Vec::new(),
        os: "Linux".to_owned(),
        browser: "Chrome".to_owned(),
        browser_version: None,
        model: None,
        app_version: None,
        screen: (0, 0),
        page_views: true,
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// When each call is made, and how much later than usual it arrives.
fn times(units: &[Unit], clock: Clock) -> Vec<(Millis, Millis)> {
    // Units are in order of arrival. A wrong clock says nothing of when a row was sent.
    let sent = |unit: &Unit| if is_impossible(unit) { unit.arrived } else { unit.time.min(unit.arrived) };
    if clock == Clock::Steps {
        return (0..).zip(units).map(|(step, _)| (START.saturating_add(step * STEP), 0)).collect();
    }
    let first = units.iter().map(sent).min().unwrap_or(0);
    let limit = if clock == Clock::Waits { STEP } else { Millis::MAX };
    // All moments that matter, with each wait between two of them cut.
    let mut moments: Vec<Millis> = units.iter().flat_map(|unit| [sent(unit), unit.arrived]).collect();
    moments.sort_unstable();
    moments.dedup();
    let mut mapped = Vec::with_capacity(moments.len());
    let (mut before, mut at) = (first, START);
    for moment in &moments {
        at = at.saturating_add(moment.saturating_sub(before).min(limit));
        before = *moment;
        mapped.push(at);
    }
    let at = |moment: Millis| {
        moments.binary_search(&moment).ok().and_then(|place| mapped.get(place)).copied().unwrap_or(START)
    };
    units
        .iter()
        .map(|unit| {
            let (sent, arrived) = (at(sent(unit)), at(unit.arrived));
            (sent, arrived.saturating_sub(sent).max(0))
        })
        .collect()
}

fn is_impossible(unit: &Unit) -> bool {
    Marks::is_impossible(unit.time, unit.arrived, unit.flags, &Thresholds::DEFAULT)
}

fn action(unit: &Unit, at: Millis, delay: Millis, names: &Names) -> Action {
    let id = |id: &Option<Id>| id.as_ref().map_or(Value::from(""), |id| Value::from(names.of_id(id)));
    let own = match &unit.id {
        Some(id) if unit.flags.has(Flags::ID_NOT_TEXT) => names.number_of(id),
        _ => id(&unit.id),
    };
    if let What::Alias(alias) = &unit.what
        && delay == 0
    {
        return Action::Alias { alias: id(alias), id: Some(own) };
    }
    let mut properties = Map::new();
    let mut set = |key: &str, value: Value| properties.insert(key.to_owned(), value);
    let event = match &unit.what {
        What::Row | What::Previous(_) => "Viewed",
        What::Alias(_) => "$create_alias",
        What::Identify(_) => "$identify",
        What::Merge(_) => "$merge",
    };
    match &unit.what {
        What::Row => {}
        What::Alias(alias) => drop(set("alias", id(alias))),
        What::Identify(anon) => {
            set("$identified_id", own.clone());
            if anon.is_some() {
                set("$anon_distinct_id", id(anon));
            }
        }
        What::Merge(other) => drop(set("$distinct_ids", json!([own.clone(), names.of_id(other)]))),
        What::Previous(other) => drop(set("$distinct_id_before_identity", names.of_id(other).into())),
    }
    for (key, given) in [("$device_id", &unit.device), ("$user_id", &unit.user)] {
        if given.is_some() {
            set(key, id(given));
        }
    }
    if unit.flags.has(Flags::HAD_PERSISTED) {
        set("$had_persisted_distinct_id", Value::from(true));
    }
    if unit.by_client {
        set("mp_lib", Value::from("web"));
    }
    if is_impossible(unit) {
        // One day after 1970, or two days ahead.
        const DAY: Millis = 86_400_000;
        let time = if unit.time > unit.arrived { at.saturating_add(2 * DAY) / 1000 } else { DAY / 1000 };
        set("time", Value::from(time));
    }
    Action::Track { event: event.to_owned(), properties, id: Some(own) }
}
