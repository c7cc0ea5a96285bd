//! The simulator against the real SDKs, and the built-in scenarios against what they promise.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use crate::support::story::Story;
use journey::formats::{Clock, Decoder, Item, sniff};
use journey::model::Row;
use journey::sim::{self, Action, Endpoint, Scenario, Sent};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

/// What decides whose a row is: its name and the ids in it.
const ID_KEYS: &[&str] = &["distinct_id", "$device_id", "$user_id", "alias", "$anon_distinct_id"];

/// Rows as text, each id by the number of its first appearance, so that ids that an SDK made
/// by chance can be compared; a row with an `$insert_id` says how often it came before.
fn printed(rows: &[(String, Map<String, Value>)], supers: &BTreeSet<String>) -> Vec<String> {
    let mut made: HashMap<String, usize> = HashMap::new();
    let mut delivered: HashMap<String, usize> = HashMap::new();
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
        for key in supers {
            if let Some(value) = properties.get(key) {
                // TOML has no null: a scenario writes its text.
                write!(line, " {key}={}", value.to_string().replace(":null", ":\"null\"")).unwrap();
            }
        }
        if let Some(id) = properties.get("$insert_id").and_then(Value::as_str) {
            let times = delivered.entry(id.to_owned()).or_default();
            *times += 1;
            write!(line, " delivery {times}").unwrap();
        }
        lines.push(line);
    }
    lines
}

fn event_of(payload: &Map<String, Value>) -> Option<(String, Map<String, Value>)> {
    Some((payload.get("event")?.as_str()?.to_owned(), payload.get("properties")?.as_object()?.clone()))
}

/// The flow played on an SDK family, and as the real SDK sent it, both in order of arrival.
fn played_and_recorded(flow: &str, version: &str, family: &str) -> (Vec<String>, Vec<String>) {
    let folder = Path::new("tests/data/sdk");
    let file = folder.join(format!("{flow}.toml"));
    // The first id of the laptop, as the app reads it there to identify the phone with it.
    let original = if version == "2.60.0" { "\"$device:A1\"" } else { "\"A1\"" };
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("\"SDK\"", &format!("{family:?}")).replace("\"ORIGINAL\"", original);
    // That id is the same for everyone who names it.
    let text = text.replace("ids = [\"$device:A1\"]", "ids = [\"A1\"]");
    let scenario = Scenario::parse(&file.display().to_string(), &text).unwrap();
    let supers: BTreeSet<String> = scenario
        .calls
        .iter()
        .filter_map(|call| match &call.action {
            Action::Register { properties } => Some(properties.keys().cloned()),
            _ => None,
        })
        .flatten()
        .collect();
    let run = sim::run(&scenario);
    let events = run.sent.iter().filter(|sent| sent.endpoint == Endpoint::Track);
    let ours: Vec<_> = events.filter_map(|sent| event_of(&sent.payload)).collect();
    let text = std::fs::read_to_string(folder.join(format!("{flow}__web-{version}.jsonl"))).unwrap();
    let theirs: Vec<_> =
        text.lines().filter_map(|line| event_of(serde_json::from_str::<Value>(line).unwrap().as_object()?)).collect();
    assert!(!theirs.is_empty());
    (printed(&ours, &supers), printed(&theirs, &supers))
}

/// How many lines two texts share in the same order, and what each has besides.
fn compared(ours: &[String], theirs: &[String]) -> (usize, Vec<String>) {
    let mut longest = vec![vec![0usize; theirs.len() + 1]; ours.len() + 1];
    for (a, our) in ours.iter().enumerate().rev() {
        for (b, their) in theirs.iter().enumerate().rev() {
            longest[a][b] =
                if our == their { longest[a + 1][b + 1] + 1 } else { longest[a + 1][b].max(longest[a][b + 1]) };
        }
    }
    let (mut a, mut b, mut differences) = (0, 0, Vec::new());
    while a < ours.len() || b < theirs.len() {
        if a < ours.len() && b < theirs.len() && ours[a] == theirs[b] {
            (a, b) = (a + 1, b + 1);
        } else if b >= theirs.len() || (a < ours.len() && longest[a + 1][b] >= longest[a][b + 1]) {
            differences.push(format!("- {}", ours[a]));
            a += 1;
        } else {
            differences.push(format!("+ {}", theirs[b]));
            b += 1;
        }
    }
    (longest[0][0], differences)
}

/// The recorded releases, and the families that stand for them.
const RELEASES: &[(&str, &str)] =
    &[("2.9.17", "web-2.22"), ("2.22.4", "web-2.22"), ("2.29.1", "web-2.29"), ("2.60.0", "web-2.46")];

/// The recorded flows whose calls a scenario can make, with the rows that differ for each of
/// [`RELEASES`]; `assets/docs/simulator.md` says why.
const FLOWS: &[(&str, [usize; 4])] = &[
    ("a_sally", [0, 0, 0, 0]),
    ("b1_second_device_alias", [0, 0, 0, 0]),
    ("b2_second_device_identify_email", [0, 0, 0, 0]),
    ("b3_second_device_identify_original", [0, 0, 0, 0]),
    ("b4_phone_identifies_first", [0, 0, 0, 0]),
    ("c1_two_users_reset", [0, 0, 0, 0]),
    ("c2_two_users_noreset", [0, 0, 0, 0]),
    ("d_reset_anon_identify", [0, 0, 0, 0]),
    ("e_alias_twice", [0, 0, 0, 0]),
    ("f_alias_self", [0, 0, 0, 0]),
    ("g1_identify_before_alias", [0, 0, 0, 0]),
    ("g2_identify_people_before_alias", [0, 0, 0, 0]),
    ("h_super_props_reset", [1, 1, 1, 1]),
    ("j1_race_server_event", [4, 4, 4, 4]),
    ("q_offline_late_alias", [0, 0, 0, 1]),
    ("r_alias_explicit_original", [0, 0, 0, 0]),
];

#[test]
fn the_simulator_sends_what_real_web_sdks_sent_row_by_row_in_order_of_arrival() {
    let mut wrong = String::new();
    let (mut same, mut all) = (0, 0);
    for (flow, expected) in FLOWS {
        for ((version, family), expected) in RELEASES.iter().zip(expected) {
            let (ours, theirs) = played_and_recorded(flow, version, family);
            let (equal, differences) = compared(&ours, &theirs);
            let total = ours.len().max(theirs.len());
            (same, all) = (same + equal, all + total);
            if total - equal != *expected {
                writeln!(wrong, "{flow} {version}: {} of {total} differ", total - equal).unwrap();
                writeln!(wrong, "  {}", differences.join("\n  ")).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{same} of {all} rows are equal; - ours, + recorded\n{wrong}");
    // What assets/docs/simulator.md says.
    assert_eq!((same, all), (900, 921));
}

/// A built-in scenario by the beginning of its name.
fn built_in(name: &str) -> Scenario {
    let (file, text) = sim::gallery().iter().find(|(file, _)| file.starts_with(name)).unwrap();
    Scenario::parse(&format!("{file}.toml"), text).unwrap()
}

/// What an importer makes of the rows of a scenario.
fn story(name: &str) -> Story {
    let mut rows: Vec<Row> = sim::run(&built_in(name)).sent.iter().filter_map(row).collect();
    for (line, row) in (1..).zip(&mut rows) {
        row.line = line;
    }
    Story { rows }
}

/// The row as the importer reads it; nothing for a profile update.
fn row(sent: &Sent) -> Option<Row> {
    read(&sent.line(), 1)
}

/// The row of a line of recorded payloads.
pub(crate) fn read(line: &str, number: u64) -> Option<Row> {
    let sniffed = sniff(line.as_bytes(), true, "x.jsonl").unwrap();
    let mut items = Vec::new();
    Decoder::new(&sniffed).decode(number, line.as_bytes(), &mut items);
    assert_eq!(items.len(), 1, "{line}");
    match items.remove(0) {
        Item::Event { row, clock: Clock::Utc, project: None } => Some(row.to_row()),
        Item::Profile { profile, .. } => {
            assert!(profile.id.is_some(), "{line}");
            None
        }
        other => panic!("{other:?} from {line}"),
    }
}

/// `merged | split | orphans | calls` of the id that the scenario says to open.
fn printed_story(story: &Story, search: &str) -> [String; 4] {
    [story.merged(search), story.split(search), story.orphans(search), story.calls(search)]
}

#[test]
fn sally_has_everything_but_her_phone() {
    let story = story("01-sally");
    assert_eq!(
        story.merged("sally@gmail.com"),
        "Page Viewed, Page Viewed, Plan Compared, Sign-Up Started, Sign Up, Dashboard Viewed, Project Created, \
         Dashboard Viewed, Report Exported, Dashboard Viewed, Logged In, Dashboard Viewed, Project Shared, \
         Dashboard Viewed, Invoice Viewed"
    );
    assert_eq!(
        story.orphans("sally@gmail.com"),
        "P-1: Page Viewed, Login Page Viewed, Logged In, Photo Uploaded, Purchase, Photo Uploaded (proof)"
    );
    assert_eq!(story.calls("12345"), "sally@gmail.com -> 12345 accepted; sally@gmail.com -> P-1 already_mapped");
    assert_eq!(story.split("sally@gmail.com"), "");
}

#[test]
fn a_clean_sign_up_loses_nothing() {
    let story = story("02-");
    assert_eq!((story.split("maya@example.com"), story.orphans("maya@example.com")), (String::new(), String::new()));
    assert_eq!(story.merged("maya@example.com").matches(", ").count() + 1, 14);
}

#[test]
fn a_phone_that_identifies_leaves_only_its_anonymous_rows_behind() {
    let story = story("03-");
    assert!(
        story.orphans("tom@example.com").ends_with(": App Opened, Onboarding Viewed, Onboarding Viewed (proof)"),
        "{}",
        story.orphans("tom@example.com")
    );
    assert!(story.merged("tom@example.com").contains("Logged In, Photo Uploaded, App Opened, Photo Uploaded"));
}

#[test]
fn without_reset_two_people_share_one_timeline() {
    let story = story("04-");
    assert_eq!(story.merged("bob@example.com"), story.merged("carol@example.com"));
    assert_eq!(story.calls("bob@example.com").matches("accepted").count(), 2);
}

#[test]
fn with_reset_two_people_stay_separate() {
    let story = story("05-");
    assert_eq!(story.merged("dave@example.com"), "Page Viewed, Sign Up, Purchase, Logged Out, Logged In, Purchase");
    assert_eq!(story.merged("erin@example.com"), "Page Viewed, Sign Up, Purchase, Logged Out");
    assert!(story.orphans("dave@example.com").ends_with(": Page Viewed, Page Viewed (proof)"));
    assert_eq!(story.orphans("erin@example.com"), "");
}

#[test]
fn charlies_server_events_lose_the_race() {
    let story = story("06-");
    assert_eq!(story.split("Charlie"), "Account Created race, Welcome Email Sent race");
    assert_eq!(story.orphans("Charlie"), "f47ac10b-58cc-4372-a567-0e02b2c3d479: App Opened, Help Viewed (proof)");
}

#[test]
fn a_backlog_is_no_race() {
    let scenario = built_in("07-");
    let story = story("07-");
    assert_eq!(story.split("nina@example.com"), "");
    assert!(story.merged("nina@example.com").contains("Account Created"));
    let late = scenario.start + 270_000;
    let alias = story.rows.iter().find(|row| row.event == "$create_alias").unwrap();
    assert!(alias.arrival >= Some(late) && alias.time < late, "the alias waited in the queue: {alias:?}");
}

#[test]
fn identify_before_alias_orphans_the_past_of_each_device() {
    let story = story("08-");
    assert_eq!(story.calls("ann@example.com"), "", "the SDK sends no alias");
    let orphans = story.orphans("ann@example.com");
    assert_eq!(orphans.matches("(proof)").count(), 2, "{orphans}");
    assert!(orphans.contains("Page Viewed, Page Viewed, Plan Compared, Sign-Up Started (proof)"), "{orphans}");
    assert!(orphans.contains("Page Viewed, Login Page Viewed (proof)"), "{orphans}");
}

#[test]
fn john_is_refused_on_the_second_browser_and_found_on_the_third() {
    let story = story("09-");
    assert_eq!(
        story.calls("john@example.com"),
        "john@example.com -> 123456-whatever accepted; john@example.com -> 123456-whatever duplicate; \
         john@example.com -> 654321-other already_mapped"
    );
    assert!(story.orphans("john@example.com").starts_with("654321-other: "));
    assert!(story.merged("john@example.com").ends_with("Logged In, Order Viewed, Support Contacted"));
}

#[test]
fn an_id_in_use_before_its_alias_keeps_its_history_separate() {
    assert_eq!(
        story("10-").split("olga@example.com"),
        "Order Imported history, Order Shipped history, Order Imported history, Order Shipped history"
    );
}

#[test]
fn an_alias_called_offline_never_arrives() {
    let run = sim::run(&built_in("11-"));
    let lost: Vec<&str> = run.lost.iter().filter_map(|lost| lost.payload["event"].as_str()).collect();
    assert_eq!(lost, ["Form Filled", "$create_alias", "$identify", "Sign Up"]);
    let story = story("11-");
    assert_eq!(story.merged("pete@example.com"), "Account Created, Tip Sent");
    assert!(story.orphans("pete@example.com").ends_with("(proof)"));
}

#[test]
fn a_new_sdk_refuses_the_old_advice() {
    let run = sim::run(&built_in("12-"));
    let refused = run.steps.iter().find(|step| step.code.contains("identify(\"$device:")).unwrap();
    assert_eq!(refused.before, refused.after);
    assert!(refused.note.is_some_and(|note| note.starts_with("returns -1")));
}

#[test]
fn every_built_in_scenario_is_whole() {
    let mut searches = Vec::new();
    for (file, text) in sim::gallery() {
        let scenario = Scenario::parse(&format!("{file}.toml"), text).unwrap();
        assert_eq!(scenario.name, *file, "the name is that of the file");
        for (key, value) in [("title", &scenario.title), ("look_for", &scenario.look_for), ("lesson", &scenario.lesson)]
        {
            assert!(!value.trim().is_empty(), "{file}: {key} is empty");
        }
        let run = sim::run(&scenario);
        assert!((10..=40).contains(&run.sent.len()), "{file} has {} rows", run.sent.len());
        assert!(scenario.calls.iter().filter(|call| call.caption.is_some()).count() >= 3, "{file} says too little");
        assert!(run.sent.is_sorted_by_key(|sent| sent.arrival), "{file} is in order of arrival");
        assert!(!searches.contains(&scenario.search), "{file} is about somebody new");
        searches.push(scenario.search);
    }
}

#[test]
fn the_same_file_gives_the_same_rows_and_another_seed_others() {
    for (file, text) in sim::gallery() {
        let scenario = Scenario::parse(file, text).unwrap();
        assert_eq!(sim::run(&scenario), sim::run(&scenario), "{file}");
        let other = Scenario { seed: scenario.seed + 1, ..scenario.clone() };
        assert_ne!(sim::run(&scenario).sent, sim::run(&other).sent, "{file}");
    }
}

#[test]
fn every_line_of_the_demo_is_a_recorded_payload() {
    for file in sim::demo_files().unwrap() {
        for line in file.lines().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert!(line["received_at_ms"].is_i64(), "{line}");
            let payload = line["payload"].as_object().unwrap();
            match line["endpoint"].as_str() {
                Some("/track") => {
                    let properties = payload["properties"].as_object().unwrap();
                    assert!(payload["event"].is_string() && properties.contains_key("distinct_id"), "{line}");
                    assert!(!properties.contains_key("token"), "scenarios share a store: {line}");
                    assert!(!properties.contains_key("__alias"), "never sent: {line}");
                }
                Some("/engage") => assert!(payload.contains_key("$distinct_id"), "{line}"),
                other => panic!("{other:?} in {line}"),
            }
        }
    }
}

#[test]
fn the_demo_is_of_the_summer_of_2019() {
    let demo = sim::demo().unwrap();
    assert!(demo.is_sorted_by_key(|sent| sent.arrival));
    let (first, last) = (demo.first().unwrap().arrival, demo.last().unwrap().arrival);
    let day = |text| journey::model::time::parse(text).unwrap();
    assert!(first >= day("2019-06-01") && last < day("2019-08-01"), "{first} to {last}");
}

#[test]
fn all_scenarios_in_one_store_tell_the_same_as_each_alone() {
    let mut rows: Vec<Row> = sim::demo().unwrap().iter().filter_map(row).collect();
    for (line, row) in (1..).zip(&mut rows) {
        row.line = line;
    }
    let all = Story { rows };
    for file in sim::demo_files().unwrap() {
        let (name, search) = (&file.scenario.name, &file.scenario.search);
        assert_eq!(printed_story(&all, search), printed_story(&story(name), search), "{name}");
    }
}
