//! A play as JSON: one object, its shape the same from version to version.
//!
//! ```json
//! {"schema": 1, "name": "01-sally", "title": "…", "look_for": "…", "lesson": "…", "search": "sally@gmail.com", "rules": "legacy",
//!  "devices": [{"name": "laptop", "sdk": "web-2.22", "version": "2.22.4", "about": "…"}],
//!  "moments": [{
//!    "moment": 1, "time": "…Z", "device": "laptop", "by": "app", "call": "track(\"View\")",
//!    "caption": null, "explanation": "…one or two sentences…",
//!    "state": {"distinct_id": "12345", "device_id": null, "user_id": null, "alias": null, "super": {}},
//!    "changed": ["distinct_id"],
//!    "sent": [{"endpoint": "/track", "payload": {}}], "lost": [],
//!    "arrived": [{"event": "View", "sent_at": "…Z", "arrived": "…Z"}], "waiting": 0,
//!    "table": [{"alias": "…", "distinct_id": "…", "status": "accepted", "reason": null, "kept": null, "arrived": "…Z"}],
//!    "timeline": [{"event": "View", "time": "…Z", "arrived": "…Z", "distinct_id": "12345", "stored_under": "12345",
//!                  "root": "12345", "state": "merged", "split": null, "owners": [], "phase": "anonymous", "copies": 0}],
//!    "news": [{"kind": "refused", "text": "…"}]}],
//!  "expected": [{"key": "root", "expected": "12345", "found": "12345", "holds": true}]}
//! ```
//! `moment` counts from 1; `by` is `app`, or `sdk` for what the SDK calls on the answer to an
//! alias. `state` is that of the device of the call, after it, and `null` on servers. `table`
//! and `timeline` are whole at each moment. `state` of a row is merged, split, orphan, contested
//! or no one, under other rules ignored; `owners` are the users that an orphan is tied to. Times and unknowns as in
//! `journey show`.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::server::{AliasRow, Entry, Server, Standing};
use super::{Play, explain};
use crate::identity::{Phase, Split, Verdict};
use crate::model::Id;
use crate::model::time::rfc3339;
use crate::report::json::SCHEMA;
use crate::sim::{Cause, State};

/// Writes a play as one line; whether everything is as expected.
pub fn play(out: &mut dyn Write, play: &Play) -> io::Result<bool> {
    let scenario = play.scenario();
    let devices = scenario.devices.iter().map(|device| {
        json!({
            "name": device.name, "sdk": device.sdk.name, "version": device.sdk.version, "about": device.sdk.about,
        })
    });
    let head = json!({
        "schema": SCHEMA, "name": scenario.name, "title": scenario.title, "look_for": scenario.look_for,
        "lesson": scenario.lesson, "search": scenario.search, "rules": play.rules().name(), "devices": devices.collect::<Vec<_>>(),
    });
    // One moment at a time: each holds the whole timeline.
    let head = head.to_string();
    write!(out, "{},\"moments\":[", head.strip_suffix('}').unwrap_or(&head))?;
    let mut before = play.server(0);
    for number in 1..=play.last() {
        let now = play.server(number);
        if number > 1 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, &moment(play, number, &before, &now))?;
        before = now;
    }
    let expected = play.expectations(&before);
    let checked = expected
        .iter()
        .map(|each| json!({ "key": each.key, "expected": each.expected, "found": each.found, "holds": each.holds() }));
    writeln!(out, "],\"expected\":{}}}", Value::from(checked.collect::<Vec<_>>()))?;
    Ok(expected.iter().all(super::Expected::holds))
}

/// Writes the list of plays: name, title, what to look for and the lesson of each.
pub fn list(out: &mut dyn Write, plays: &[crate::sim::Scenario]) -> io::Result<()> {
    let plays = plays.iter().map(|scenario| {
        json!({
            "name": scenario.name, "title": scenario.title, "look_for": scenario.look_for,
            "lesson": scenario.lesson, "search": scenario.search,
        })
    });
    writeln!(out, "{}", json!({ "schema": SCHEMA, "scenarios": plays.collect::<Vec<_>>() }))
}

fn moment(play: &Play, number: usize, before: &Server, now: &Server) -> Value {
    let Some(step) = play.step(number) else { return Value::Null };
    let device = play.device(step);
    let server = device.is_some_and(|device| device.sdk.is_server());
    let changed = super::fields(&step.before, &step.after).into_iter().filter(super::Field::changed);
    let sent = play.sends(number).map(|sent| json!({ "endpoint": sent.endpoint.path(), "payload": sent.payload }));
    let arrived = play.arrivals(number).filter_map(|place| {
        let sent = play.run().sent.get(place)?;
        let item = explain::item(&sent.payload);
        Some(json!({ "event": item, "sent_at": rfc3339(sent.at), "arrived": rfc3339(sent.arrival) }))
    });
    let news = play.news(number, before, now).into_iter();
    json!({
        "moment": number,
        "time": rfc3339(step.at),
        "device": device.map(|device| &device.name),
        "by": match step.cause { Cause::Call(_) => "app", Cause::Answer(_) => "sdk" },
        "call": step.code,
        "caption": step.caption,
        "explanation": play.explain(number),
        "state": if server { Value::Null } else { state(&step.after) },
        "changed": changed.map(|field| field.name).collect::<Vec<_>>(),
        "sent": sent.collect::<Vec<_>>(),
        "lost": play.loses(number).map(|lost| &lost.payload).collect::<Vec<_>>(),
        "arrived": arrived.collect::<Vec<_>>(),
        "waiting": play.waiting(number),
        "table": now.table.iter().map(call).collect::<Vec<_>>(),
        "timeline": now.timeline.iter().map(entry).collect::<Vec<_>>(),
        "news": news.map(|news| json!({ "kind": news.kind.name(), "text": news.text })).collect::<Vec<_>>(),
    })
}

fn state(state: &State) -> Value {
    json!({
        "distinct_id": state.distinct_id, "device_id": state.device_id, "user_id": state.user_id,
        "alias": state.alias, "super": state.supers,
    })
}

fn id(id: Option<&Id>) -> Option<&str> {
    id.map(Id::as_str)
}

fn call(row: &AliasRow) -> Value {
    let (status, reason) = match row.verdict {
        Verdict::Accepted => ("accepted", None),
        Verdict::Duplicate => ("duplicate", None),
        Verdict::Refused(refusal) => ("refused", Some(refusal.name())),
    };
    json!({
        "alias": id(row.alias.as_ref()), "distinct_id": id(row.target.as_ref()), "status": status, "reason": reason,
        "kept": id(row.kept.as_ref()), "arrived": rfc3339(row.arrived),
    })
}

fn entry(entry: &Entry) -> Value {
    let (state, split, owners): (_, _, &[Id]) = match &entry.standing {
        Standing::Merged => ("merged", None, &[]),
        Standing::Split(Split::Race) => ("split", Some("race"), &[]),
        Standing::Split(Split::History) => ("split", Some("history"), &[]),
        Standing::Orphan(owner) => ("orphan", None, std::slice::from_ref(owner)),
        Standing::Contested(owners) => ("contested", None, owners),
        Standing::NoId => ("nobody", None, &[]),
        Standing::Ignored => ("ignored", None, &[]),
    };
    let mut object = Map::new();
    for (key, value) in [
        ("event", Value::from(entry.event.as_str())),
        ("time", Value::from(rfc3339(entry.time))),
        ("arrived", Value::from(rfc3339(entry.arrived))),
        ("distinct_id", Value::from(id(entry.id.as_ref()))),
        ("stored_under", Value::from(id(entry.stored_under.as_ref()))),
        ("root", Value::from(id(entry.root.as_ref()))),
        ("state", Value::from(state)),
        ("split", Value::from(split)),
        ("owners", owners.iter().map(Id::as_str).collect()),
        ("phase", Value::from(if entry.phase == Phase::Anonymous { "anonymous" } else { "identified" })),
        ("copies", Value::from(entry.copies)),
    ] {
        object.insert(key.to_owned(), value);
    }
    Value::Object(object)
}
