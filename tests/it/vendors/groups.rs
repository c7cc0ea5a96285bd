//! Which ids are one person by the rules of each vendor (`tests/data/vendors/groups.json`, written by hand from the
//! vendors' documents for the recordings next to it), against what the rule set says of the same rows.
//!
//! An id with `device:` (Amplitude) or `duid:` (Snowplow) before it stands for the rows of that device without a user.

use journey::session::search::{self, Lister};
use serde_json::Value;

use super::*;

/// The recordings with the rule set that judges their rows.
const JUDGED: &[(&str, &str)] = &[
    ("amplitude-browser-2.48.1", "amplitude"),
    ("posthog-js-1.449.2", "posthog"),
    ("posthog-py-7.91.1", "posthog"),
    ("rudder-analytics-js-3.34.1", "simple"),
    ("segment-analytics-next-1.84.3", "simple"),
    ("segment-analytics-node-3.1.0", "simple"),
    ("snowplow-browser-4.10.1", "legacy"),
];

fn answers() -> Value {
    serde_json::from_slice(&fs::read(data("vendors/groups.json")).unwrap()).unwrap()
}

/// An id as a store has it.
fn bare(text: &str) -> String {
    let text = text.strip_prefix("device:").or_else(|| text.strip_prefix("duid:")).unwrap_or(text);
    text.strip_prefix("$device:").unwrap_or(text).to_owned()
}

fn groups(value: &Value) -> Vec<BTreeSet<String>> {
    let of = |group: &Value| group.as_array().unwrap().iter().map(|id| bare(id.as_str().unwrap())).collect();
    value.as_array().unwrap().iter().map(of).collect()
}

/// The ids that are one person with an id, by the rules that judge its rows.
fn together(store: &Inspector, id: &str, rules: &str) -> BTreeSet<String> {
    let journey = store.journey(&Id::new(id)).unwrap().unwrap_or_else(|| panic!("{id} is nowhere"));
    assert_eq!(journey.rules.name(), rules, "{id}");
    journey.ids.iter().map(|member| bare(member.id.as_str())).collect()
}

/// Groups of a vendor that the rule set has otherwise, with the reason.
fn ours(name: &str, of: &Value) -> Vec<BTreeSet<String>> {
    let mut expected = groups(&of["groups"]);
    match name {
        // The answer is the union of all ids that stand in one row, and says itself that 4711 is another person by
        // the rule of one user id for each. Rules that join by calls have that, and what an alias names.
        "segment-analytics-node-3.1.0" => {
            let mut honoured = groups(&of["alias_groups_if_honoured"]);
            let alone = |set: &BTreeSet<String>| set.contains("4711");
            expected.retain(|set| !alone(set));
            expected.append(&mut honoured);
            expected.push(BTreeSet::from(["4711".to_owned()]));
        }
        // No rule set is that of Snowplow: the legacy rules join no ids that rows name, and each stays alone.
        "snowplow-browser-4.10.1" => {
            expected = expected.into_iter().flatten().map(|id| BTreeSet::from([id])).collect();
        }
        _ => {}
    }
    expected
}

#[test]
fn ids_are_one_person_where_the_vendor_has_them_as_one() {
    let answers = answers();
    assert_eq!(answers.as_object().unwrap().len(), JUDGED.len(), "every answer is compared");
    for (name, rules) in JUDGED {
        let store = story(name);
        let expected = ours(name, &answers[name]);
        assert!(expected.len() > 1, "{name}");
        for group in expected {
            for id in &group {
                assert_eq!(together(&store, id, rules), group, "{name}: {id}");
            }
        }
    }
}

#[test]
fn each_row_of_amplitude_is_of_the_person_whom_the_vendor_has_it_for() {
    let answers = answers();
    let of = &answers["amplitude-browser-2.48.1"];
    let store = story("amplitude-browser-2.48.1");
    let rows: Vec<(&str, Option<&str>)> =
        of["rows"].as_array().unwrap().iter().map(|row| (row[0].as_str().unwrap(), row[1].as_str())).collect();
    let mut people: BTreeSet<&str> = rows.iter().filter_map(|(_, person)| *person).collect();
    assert!(people.len() > 3);
    while let Some(person) = people.pop_first() {
        let journey = store.journey(&Id::new(person)).unwrap().unwrap();
        let mut found: Vec<((u64, i64), &str)> =
            journey.steps.iter().map(|step| ((step.event.source.line, step.event.row), &*step.event.event)).collect();
        found.sort_unstable();
        let found: Vec<&str> = found.into_iter().map(|(_, event)| event).collect();
        let expected: Vec<&str> = rows.iter().filter(|(_, of)| *of == Some(person)).map(|(event, _)| *event).collect();
        assert_eq!(found, expected, "{person}");
    }
}

#[test]
fn a_device_of_snowplow_is_found_compared_and_explained() {
    let store = story("snowplow-browser-4.10.1");
    let (device, nora) = ("5da8d472-592c-4dff-bfad-aad1685ee96a", "nora@example.test");
    for text in
        [device.to_owned(), format!("duid:{device}"), format!("domain_userid:{device}"), format!("device:{device}")]
    {
        let (found, _) = search::search(&mut Lister::new(&store, 9, 3), &text, &mut |_| {}).unwrap();
        let found: Vec<&str> = found.list.iter().map(|hit| hit.id.as_str()).collect();
        assert!(found.contains(&device), "{text}: {found:?}");
    }
    // No call joins the two: the rows are an orphan that both users of the device can claim.
    let journey = store.journey(&Id::new(device)).unwrap().unwrap();
    let owners: Vec<&str> = journey.orphan_of.iter().map(|owner| owner.root.as_str()).collect();
    assert_eq!(owners, [nora, "omar@example.test"]);
    assert!(
        journey.orphan_of[0].evidence.iter().any(|evidence| evidence.why.contains(nora)),
        "{:?}",
        journey.orphan_of
    );
    // The usual stitching of Snowplow, the last user of a device, gives them to nora; so do rules by logins.
    let rules = [LEGACY, named("amplitude").unwrap(), named("simplified").unwrap()];
    let across = store.across(&Id::new(nora), &rules).unwrap().unwrap();
    let own: Vec<usize> = across.sides.iter().map(|side| across.own_rows(side)).collect();
    assert_eq!(own[0], 4, "rows with her user_id");
    assert!(own[1] > 4 && own[2] > 4, "{own:?}");
}
