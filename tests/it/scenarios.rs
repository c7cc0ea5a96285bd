//! The simulator against the real SDKs, and the built-in scenarios against what they promise.

use journey::sim::{self, Endpoint, Scenario};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

/// What decides whose a row is: its name and the ids in it.
const ID_KEYS: &[&str] = &["distinct_id", "$device_id", "$user_id", "alias", "$anon_distinct_id"];

/// Rows as text, each id by the number of its first appearance, so that ids that an SDK made
/// by chance can be compared.
fn told(rows: &[(String, Map<String, Value>)]) -> Vec<String> {
    let mut made: HashMap<String, usize> = HashMap::new();
    let mut lines = Vec::new();
    for (event, properties) in rows {
        let mut line = event.clone();
        for key in ID_KEYS {
            let Some(value) = properties.get(*key).and_then(Value::as_str) else { continue };
            let (prefix, bare) = value.strip_prefix("$device:").map_or(("", value), |bare| ("$device:", bare));
            let next = made.len() + 1;
            let shown = if bare.contains('@') {
                bare.to_owned()
            } else {
                format!("{prefix}A{}", made.entry(bare.to_owned()).or_insert(next))
            };
            write!(line, " {key}={shown}").unwrap();
        }
        if let Some(id) = properties.get("$insert_id").and_then(Value::as_str) {
            let next = made.len() + 1;
            write!(line, " row {}", made.entry(id.to_owned()).or_insert(next)).unwrap();
        }
        lines.push(line);
    }
    lines
}

fn event_of(payload: &Map<String, Value>) -> Option<(String, Map<String, Value>)> {
    Some((payload.get("event")?.as_str()?.to_owned(), payload.get("properties")?.as_object()?.clone()))
}

/// The flow played on an SDK family, in order of arrival.
fn played(flow: &str, family: &str) -> Vec<String> {
    let file = Path::new("tests/data/sdk").join(format!("{flow}.toml"));
    let text = std::fs::read_to_string(&file).unwrap().replace("\"SDK\"", &format!("{family:?}"));
    let scenario = Scenario::parse(&file.display().to_string(), &text).unwrap();
    let run = sim::run(&scenario);
    let events = run.sent.iter().filter(|sent| sent.endpoint == Endpoint::Track);
    let rows: Vec<_> = events.filter_map(|sent| event_of(&sent.payload)).collect();
    told(&rows)
}

/// The flow as the real SDK sent it, in order of arrival.
fn recorded(flow: &str, version: &str) -> Vec<String> {
    let file = Path::new("tests/data/sdk").join(format!("{flow}__web-{version}.jsonl"));
    let text = std::fs::read_to_string(&file).unwrap();
    let rows: Vec<_> =
        text.lines().filter_map(|line| event_of(serde_json::from_str::<Value>(line).unwrap().as_object()?)).collect();
    assert!(!rows.is_empty());
    told(&rows)
}

const FLOWS: &[&str] = &[
    "a_sally",
    "b1_second_device_alias",
    "b2_second_device_identify_email",
    "c1_two_users_reset",
    "c2_two_users_noreset",
    "d_reset_anon_identify",
    "g1_identify_before_alias",
];

#[test]
fn the_simulator_sends_what_real_web_sdks_sent_row_by_row_in_order_of_arrival() {
    for flow in FLOWS {
        for (version, family) in [("2.22.4", "web-2.22"), ("2.29.1", "web-2.29"), ("2.60.0", "web-2.46")] {
            let (ours, theirs) = (played(flow, family), recorded(flow, version));
            assert_eq!(ours.join("\n"), theirs.join("\n"), "{flow} {version}");
        }
    }
}
