//! One story by the real SDK of each vendor (`tests/data/stories`, by SDK and version).
//!
//! In a browser, with two profiles: nora looks at two pages and signs up; she logs in on a second device;
//! back on the first one she creates a report and logs out, and omar, who looks at a page there, signs up.
//! On a server: an anonymous row, who it was, an order with a time of its own, an alias, another person.
//! Ids that an SDK made up are called by the order in which they came up.

use std::collections::BTreeMap;

use super::*;

/// The time that the drivers gave to one row.
const GIVEN: i64 = 1_795_860_000_000;

const BROWSERS: &[&str] = &[
    "mixpanel-browser-2.22.4",
    "mixpanel-browser-2.83.0",
    "segment-analytics-next-1.84.3",
    "rudder-analytics-js-3.34.1",
    "posthog-js-1.449.2",
    "amplitude-browser-2.48.1",
    "snowplow-browser-4.10.1",
];

/// Older releases and SDKs for servers; rows of PostHog stand alone, as a queue or a log has them.
const OTHERS: &[(&str, &str)] = &[
    ("amplitude-analytics-python-1.3.0", "Amplitude"),
    ("amplitude-js-8.21.10", "Amplitude"),
    ("mixpanel-node-0.24.0", "Mixpanel"),
    ("mixpanel-python-5.4.1", "Mixpanel"),
    ("posthog-js-1.20.4", "PostHog"),
    ("posthog-node-5.70.0", "PostHog"),
    ("posthog-python-1.4.9", "PostHog"),
    ("rudder-sdk-python-2.1.9", "RudderStack"),
    ("segment-analytics-python-2.4.0", "Segment"),
    ("snowplow-tracker-python-1.1.0", "Snowplow"),
    ("snowplow-tracker-ruby-0.6.1", "Snowplow"),
];

fn content(name: &str) -> Vec<u8> {
    zstd::decode_all(&*fs::read(data(&format!("stories/{name}.jsonl.zst"))).unwrap()).unwrap()
}

/// What ids are called in a listing.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn of(&mut self, id: &Id) -> String {
        let text = id.as_str();
        let bare = text.strip_prefix("$device:").unwrap_or(text);
        if let Some(person) = bare.strip_suffix("@example.test") {
            return person.to_owned();
        }
        if bare.len() < 16 {
            return text.to_owned();
        }
        let next = format!("d{}", self.0.len() + 1);
        let name = self.0.entry(bare.to_owned()).or_insert(next);
        text.replace(bare, name)
    }
}

/// Each row in the order of its time, and each tie between ids that rows say.
fn story(name: &str) -> (String, String) {
    let content = content(name);
    let (_, mut rows, _) = read(&content);
    rows.sort_by_key(|row| (row.time != GIVEN, row.time));
    let mut names = Names::default();
    let mut out = String::new();
    let mut list = |id: &Option<Id>| id.as_ref().map_or("-".to_owned(), |id| names.of(id));
    for row in &rows {
        let verb = match &row.verb {
            Verb::Alias { alias, target, .. } => format!("alias {} → {}", list(alias), list(target)),
            Verb::Identify { identified, anon } => format!("identify {} ← {}", list(identified), list(anon)),
            Verb::Merge { ids } => format!("merge {:?}", ids.iter().map(Id::as_str).collect::<Vec<_>>()),
            other => other.kind().name().to_owned(),
        };
        let time = match row.arrival {
            _ if row.time == GIVEN => "given",
            Some(arrival) if (0..5_000).contains(&(arrival - row.time)) => "as sent",
            None => "as sent",
            Some(_) => "elsewhere",
        };
        let (id, device, user) = (list(&row.id), list(&row.device), list(&row.user));
        writeln!(out, "{} | {verb} | id {id} | device {device} | user {user} | {time}", row.event).unwrap();
    }
    let input = Input::Bytes { content, name: format!("{name}.jsonl") };
    let reader = reader(vec![input]);
    let mut vendors = BTreeSet::new();
    let mut links: Vec<String> = Vec::new();
    for id in reader.all_ids().unwrap() {
        vendors.extend(reader.events_of(&id, 999).unwrap().iter().map(|event| event.source.vendor.to_string()));
        for link in reader.links_of(&id, 999).unwrap().iter().filter(|link| link.a == id) {
            links.push(format!("{:?}: {} ~ {} ({})", link.kind, names.of(&link.a), names.of(&link.b), link.rows));
        }
    }
    links.sort();
    let vendors: Vec<String> = vendors.into_iter().collect();
    (format!("{out}\n{}\n", links.join("\n")), vendors.join(", "))
}

#[test]
fn the_same_story_keeps_its_calls_ids_and_devices_with_each_sdk_of_a_browser() {
    for name in BROWSERS {
        let (text, vendor) = story(name);
        let of = name.split('-').next().unwrap();
        assert!(vendor.to_lowercase().starts_with(of), "{name}: {vendor}");
        insta::assert_snapshot!(format!("story_{name}"), text);
        // No row of one person is another's, and nothing of it is lost.
        let sequence = |id: &str| {
            let mut events: Vec<&str> = Vec::new();
            for line in text.lines().filter(|line| line.contains(&format!("| id {id} |"))) {
                let event = line.split(" | ").next().unwrap();
                if ["Signed Up", "Logged In", "Report Created"].contains(&event) {
                    events.push(event);
                }
            }
            events
        };
        if *name != "mixpanel-browser-2.22.4" {
            assert_eq!(sequence("nora"), ["Signed Up", "Logged In", "Report Created"], "{name}");
            assert_eq!(sequence("omar"), ["Signed Up"], "{name}");
        }
    }
}

#[test]
fn a_legacy_project_has_the_story_of_both_people_by_its_aliases() {
    let journey = |id: &str| {
        let input = Input::Bytes { content: content("mixpanel-browser-2.22.4"), name: "m.jsonl".into() };
        store(vec![input]).journey(&Id::new(id)).unwrap().unwrap()
    };
    let names = |id: &str| -> Vec<String> {
        let steps = journey(id).steps;
        let own = |name: &String| !name.starts_with('$');
        steps.iter().map(|step| step.event.event.to_string()).filter(own).collect()
    };
    assert_eq!(
        names("nora@example.test"),
        ["Home Viewed", "Pricing Viewed", "Signed Up", "Logged In", "Report Created"]
    );
    assert_eq!(names("omar@example.test"), ["Home Viewed", "Signed Up"]);
}

#[test]
fn rows_of_older_sdks_and_of_servers_are_their_vendors_with_their_ids_and_times() {
    for (name, expected) in OTHERS {
        let (text, vendor) = story(name);
        assert_eq!(vendor, *expected, "{name}");
        insta::assert_snapshot!(format!("story_{name}"), text);
    }
}
