//! A scenario as the text of a file.
//!
//! Times are written as offsets from the start, so that the file can be moved to another day;
//! what the reader assumes when a key is left out is left out.

use std::fmt::Write as _;

use super::{Action, Call, Device, Expect, Scenario};
use crate::model::time::{Millis, rfc3339};
use serde_json::{Map, Value};

/// The text of a file.
pub(super) fn scenario(scenario: &Scenario) -> String {
    let mut text = String::new();
    let head = [
        ("name", &scenario.name),
        ("title", &scenario.title),
        ("look_for", &scenario.look_for),
        ("lesson", &scenario.lesson),
        ("search", &scenario.search),
    ];
    for (key, value) in head {
        line(&mut text, key, &quoted(value));
    }
    line(&mut text, "start", &quoted(&rfc3339(scenario.start)));
    line(&mut text, "seed", &scenario.seed.to_string());
    line(&mut text, "site", &quoted(&scenario.site));
    if !scenario.demo {
        line(&mut text, "demo", "false");
    }
    if !scenario.backlog.is_empty() {
        let since = |at: Millis| quoted(&offset(at.saturating_sub(scenario.start)));
        let windows = scenario.backlog.iter();
        let windows = windows.map(|held| format!("{{ from = {}, until = {} }}", since(held.from), since(held.until)));
        text.push_str("\n[server]\n");
        line(&mut text, "backlog", &format!("[{}]", windows.collect::<Vec<_>>().join(", ")));
    }
    if !scenario.expect.is_empty() {
        expect(&mut text, &scenario.expect);
    }
    for each in &scenario.devices {
        device(&mut text, each);
    }
    for each in &scenario.calls {
        call(&mut text, scenario, each);
    }
    text
}

fn line(text: &mut String, key: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{key} = {value}");
}

/// A text on one line.
fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            c if c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\u{:04X}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

fn expect(text: &mut String, expect: &Expect) {
    text.push_str("\n[expect]\n");
    let list = |names: &[String]| format!("[{}]", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "));
    if let Some(root) = &expect.root {
        line(text, "root", &quoted(root));
    }
    if let Some(merged) = expect.merged {
        line(text, "merged", &merged.to_string());
    }
    for (key, names) in [
        ("split", &expect.split),
        ("refused", &expect.refused),
        ("orphans", &expect.orphans),
        ("contested", &expect.contested),
        ("findings", &expect.findings),
    ] {
        if let Some(names) = names {
            line(text, key, &list(names));
        }
    }
}

fn device(text: &mut String, device: &Device) {
    text.push_str("\n[[device]]\n");
    line(text, "name", &quoted(&device.name));
    line(text, "sdk", &quoted(device.sdk.name));
    if !device.ids.is_empty() {
        let ids: Vec<String> = device.ids.iter().map(|id| quoted(id)).collect();
        line(text, "ids", &format!("[{}]", ids.join(", ")));
    }
    line(text, "os", &quoted(&device.os));
    line(text, "browser", &quoted(&device.browser));
    if let Some(version) = device.browser_version {
        line(text, "browser_version", &version.to_string());
    }
    for (key, value) in [("model", &device.model), ("app_version", &device.app_version)] {
        if let Some(value) = value {
            line(text, key, &quoted(value));
        }
    }
    line(text, "screen", &quoted(&format!("{}x{}", device.screen.0, device.screen.1)));
    if !device.page_views {
        line(text, "page_views", "false");
    }
}

fn call(text: &mut String, scenario: &Scenario, call: &Call) {
    text.push_str("\n[[call]]\n");
    line(text, "at", &quoted(&offset(call.at.saturating_sub(scenario.start))));
    let device = scenario.devices.get(call.device).map_or("", |device| device.name.as_str());
    line(text, "device", &quoted(device));
    let (name, keys) = action(&call.action);
    line(text, "do", &quoted(name));
    for (key, value) in keys {
        line(text, key, &value);
    }
    if call.delay > 0 {
        line(text, "delay", &quoted(&offset(call.delay)));
    }
    if let Some(caption) = &call.caption {
        line(text, "caption", &quoted(caption));
    }
}

/// What stands after `do`, and the other keys.
fn action(action: &Action) -> (&'static str, Vec<(&'static str, String)>) {
    let with_properties = |mut keys: Vec<(&'static str, String)>, properties: &Map<String, Value>| {
        if !properties.is_empty() {
            keys.push(("properties", table(properties)));
        }
        keys
    };
    let maybe = |key: &'static str, id: &Option<Value>| id.iter().map(|id| (key, value(id))).collect::<Vec<_>>();
    match action {
        Action::Track { event, properties, id } => {
            let mut keys = maybe("id", id);
            keys.push(("event", quoted(event)));
            ("track", with_properties(keys, properties))
        }
        Action::Identify { id } => ("identify", vec![("id", value(id))]),
        Action::Alias { alias, id } => {
            let mut keys = vec![("alias", value(alias))];
            keys.extend(maybe("id", id));
            ("alias", keys)
        }
        Action::Reset => ("reset", vec![]),
        Action::Register { properties } => ("register", vec![("properties", table(properties))]),
        Action::People { op, properties, id } => {
            let mut keys = maybe("id", id);
            if op != "set" {
                keys.push(("op", quoted(op)));
            }
            keys.push(("properties", table(properties)));
            ("people", keys)
        }
        Action::PageLoad { page } => ("page_load", vec![("page", quoted(page))]),
        Action::AppStart => ("app_start", vec![]),
        Action::Flush => ("flush", vec![]),
        Action::GoOffline => ("go_offline", vec![]),
        Action::ComeOnline => ("come_online", vec![]),
        Action::ClearStorage => ("clear_storage", vec![]),
    }
}

/// A value on one line. TOML has no null; none can come out of a file, so its text stands for it.
fn value(json: &Value) -> String {
    match json {
        Value::Null => quoted("null"),
        Value::Bool(_) | Value::Number(_) => json.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(value).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => table(fields),
    }
}

fn table(fields: &Map<String, Value>) -> String {
    if fields.is_empty() {
        return "{}".to_owned();
    }
    let fields: Vec<String> = fields.iter().map(|(key, field)| format!("{} = {}", key_of(key), value(field))).collect();
    format!("{{ {} }}", fields.join(", "))
}

fn key_of(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { quoted(key) }
}

/// `1d 2h 3m 4s 5ms`, as [`super::parse_duration`] reads it.
fn offset(span: Millis) -> String {
    let mut rest = span.max(0);
    let mut parts = Vec::new();
    for (unit, millis) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
        if rest >= millis {
            parts.push(format!("{}{unit}", rest / millis));
            rest %= millis;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}
