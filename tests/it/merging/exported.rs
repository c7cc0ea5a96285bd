//! What vendors exported after merging, against what the rules make of the rows as they were sent.

use std::fmt::Write as _;

use journey::identity::exported::{Differing, Exported, How, Recorded};
use journey::identity::{Facts, Journey, RuleSet, named, resolve};
use journey::ingest::{self, Flow, Input, Options};
use journey::inspect::exported::report;
use journey::inspect::{Error, Inspector};
use journey::model::Id;
use journey::store::Writer;

use super::{G1, G2};
use crate::support::story::Story;

fn stored(lines: &str) -> Inspector {
    let mut writer = Writer::in_memory().unwrap();
    let input = Input::Bytes { content: lines.as_bytes().to_vec(), name: "export.jsonl".into() };
    let read = ingest::import(&mut writer, vec![input], &Options::default(), &mut |_| Flow::Continue).unwrap();
    assert!(read.failures.is_empty() && read.files.iter().all(|file| file.rejected == 0), "{read:?}");
    Inspector::new(writer.into_reader().unwrap())
}

/// Rows of a Mixpanel export: name, exported id, id before (empty for none), device, user, more properties.
fn mixpanel(rows: &[(&str, &str, &str, &str, &str, &str)]) -> String {
    let mut lines = String::new();
    for (at, (event, id, before, device, user, more)) in rows.iter().enumerate() {
        let mut properties =
            format!("\"distinct_id\":\"{id}\",\"time\":{},\"$insert_id\":\"i{at}\"", 1_700_000_000 + at * 60);
        for (key, value) in [("$distinct_id_before_identity", before), ("$device_id", device), ("$user_id", user)] {
            if !value.is_empty() {
                let _ = write!(properties, ",\"{key}\":\"{value}\"");
            }
        }
        let _ = writeln!(lines, "{{\"event\":\"{event}\",\"properties\":{{{properties}{more}}}}}");
    }
    lines
}

fn under(store: &Inspector, rules: &str) -> Exported {
    let rules: RuleSet = named(rules).unwrap();
    report(store, &[rules], &mut |_, _| true).unwrap().remove(0)
}

#[test]
fn an_export_of_simplified_id_merge_agrees_where_the_rules_are_right() {
    let device = format!("$device:{G1}");
    let store = stored(&mixpanel(&[
        ("Open", "u1", &device, G1, "", ""),
        ("Login", "u1", "", G1, "u1", ""),
        ("Buy", "u1", "", G1, "u1", ""),
        ("Open", "u2", "", G2, "u2", ""),
    ]));
    let found = under(&store, "simplified");
    assert_eq!((found.rows, found.compared, found.agree, found.differ()), (4, 4, 4, 0));
    assert_eq!(found.people, (2, 2));
    assert!(found.top.is_empty() && found.complete);
}

#[test]
fn rows_that_the_vendor_keeps_apart_and_the_rules_join_are_counted_with_both_owners() {
    // The canonical id lags behind: the row of before is exported under its device still.
    let device = format!("$device:{G1}");
    let store = stored(&mixpanel(&[
        ("Open", &device, "", G1, "", ""),
        ("Open", "u1", &device, G1, "", ""),
        ("Login", "u1", "", G1, "u1", ""),
    ]));
    let found = under(&store, "simplified");
    assert_eq!((found.compared, found.agree, found.joined, found.split), (3, 2, 1, 0));
    let differing = &found.top[0];
    assert_eq!((differing.exported.as_str(), differing.computed.as_str()), (device.as_str(), "u1"));
    assert_eq!((differing.how, differing.rows, differing.source.line), (How::Joined, 1, 1));
}

#[test]
fn rows_that_the_vendor_joined_and_the_rules_keep_apart_are_counted_too() {
    // A merge by hand: no row says why.
    let store = stored(&mixpanel(&[
        ("Open", "u1", "a-1", "", "", ""),
        ("Use", "u1", "", "", "u1", ""),
        ("Use", "u1", "", "", "u1", ""),
    ]));
    for rules in ["original", "simplified"] {
        let found = under(&store, rules);
        assert_eq!((found.compared, found.agree, found.joined, found.split), (3, 2, 0, 1), "{rules}");
        assert_eq!(found.top[0].how, How::Split);
        assert_eq!(found.people, (1, 2));
    }
}

#[test]
fn refusals_are_counted_on_both_sides_by_the_names_of_the_vendor() {
    let refused = ",\"$identity_failure_reason\":\"errAnonDistinctIdAssignedAlready\"";
    let device = format!("$device:{G1}");
    let store = stored(&mixpanel(&[
        ("Open", "u1", &device, G1, "", ""),
        ("Login", "u1", "", G1, "u1", ""),
        ("Login", "u2", "", G1, "u2", refused),
    ]));
    let found = under(&store, "simplified");
    assert_eq!(found.failures["errAnonDistinctIdAssignedAlready"], (1, 1));
    assert_eq!(found.differ(), 0);
}

/// Events of a PostHog export: name, id, person, more properties.
fn posthog(rows: &[(&str, &str, &str, &str)]) -> String {
    let mut lines = String::new();
    for (at, (event, id, person, more)) in rows.iter().enumerate() {
        let _ = writeln!(
            lines,
            "{{\"uuid\":\"u{at}\",\"event\":\"{event}\",\"distinct_id\":\"{id}\",\"person_id\":\"{person}\",\
             \"timestamp\":\"2026-01-01T10:{at:02}:00Z\",\"created_at\":\"2026-01-01T10:{at:02}:01Z\",\"properties\":{{{more}}}}}"
        );
    }
    lines
}

#[test]
fn persons_of_posthog_are_compared_as_groups_whatever_they_are_called() {
    let store = stored(&posthog(&[
        ("Open", "anon-1", "P1", ""),
        ("$identify", "u1", "P1", "\"$anon_distinct_id\":\"anon-1\""),
        ("Use", "u1", "P1", ""),
        ("Use", "u2", "P2", ""),
    ]));
    let found = report(&store, &[], &mut |_, _| true).unwrap();
    assert_eq!(found.iter().map(|found| found.rules.name()).collect::<Vec<_>>(), ["posthog"]);
    assert_eq!((found[0].compared, found[0].agree, found[0].people), (3, 3, (2, 2)), "calls are no rows of anyone");
    let apart = stored(&posthog(&[("Use", "u1", "P1", ""), ("Use", "u1", "P1", ""), ("Use", "u2", "P1", "")]));
    let found = under(&apart, "posthog");
    assert_eq!((found.agree, found.split), (2, 1));
    assert_eq!((found.top[0].exported.as_str(), found.top[0].id.as_str()), ("person P1", "u2"));
}

#[test]
fn ids_of_amplitude_are_compared_with_the_logins_of_each_device() {
    let row = |at: usize, user: &str, id: u32| {
        let user = if user.is_empty() { "null".to_owned() } else { format!("\"{user}\"") };
        format!(
            "{{\"$insert_id\":\"i{at}\",\"amplitude_id\":{id},\"device_id\":\"d1\",\"user_id\":{user},\"event_type\":\"Use\",\
             \"event_time\":\"2019-07-01 09:{at:02}:00.000000\",\"server_received_time\":\"2019-07-01 09:{at:02}:01.000000\",\
             \"event_properties\":{{}},\"library\":\"amplitude-js/8.0\"}}\n"
        )
    };
    let store = stored(&[row(0, "", 7), row(1, "john", 7), row(2, "jane", 8), row(3, "", 8)].concat());
    let found = under(&store, "amplitude");
    assert_eq!((found.compared, found.agree, found.people), (4, 4, (2, 2)));
    let other = stored(&[row(0, "", 7), row(1, "john", 7), row(2, "jane", 8), row(3, "", 7)].concat());
    let found = under(&other, "amplitude");
    assert_eq!((found.agree, found.differ()), (3, 1), "the last row is jane's by the rules");
}

#[test]
fn a_store_of_rows_as_they_were_sent_has_no_exported_owner() {
    let store = stored(&mixpanel(&[("Open", "u1", "", "", "", "")]));
    let error: Error = report(&store, &[], &mut |_, _| true).unwrap_err();
    assert!(error.to_string().contains("no row of the store says to whom"), "{error}");
    assert!(report(&store, &[named("legacy").unwrap()], &mut |_, _| true).is_err());
}

#[test]
fn a_journey_says_where_the_record_of_the_vendor_differs() {
    let store = |user: &str| {
        let mut store = stored(&mixpanel(&[
            ("Open", "a-1", "", "", "", ""),
            ("Use", "u1", "a-1", "", "", ""),
            ("Use", "u1", "", "", user, ""),
        ]));
        store.set_rules(named("original"));
        store
    };
    let journey = store("u1").journey(&Id::new("u1")).unwrap().unwrap();
    let said = |note: &&String| note.contains("The vendor exported rows of a-1 under u1");
    assert_eq!(journey.notes.iter().filter(said).count(), 1, "{:?}", journey.notes);
}

/// The notes and the comparison of the journey of an id, by the rules of the vendor or by those named.
fn said(store: &mut Inspector, rules: Option<&str>, id: &str) -> (Vec<String>, Option<Recorded>) {
    store.set_rules(rules.map(|name| named(name).unwrap()));
    let journey = store.journey(&Id::new(id)).unwrap().unwrap();
    let is_about_owners = |note: &String| note.contains(" counts ") || note.contains("exported rows");
    (journey.notes.into_iter().filter(is_about_owners).collect(), journey.exported)
}

fn groups(recorded: Option<&Recorded>) -> Vec<(u64, String, String, How)> {
    let group = |one: &Differing| (one.rows, one.exported.clone(), one.computed.as_str().to_owned(), one.how);
    recorded.into_iter().flat_map(|recorded| &recorded.differing).map(group).collect()
}

#[test]
fn a_journey_of_posthog_says_where_its_persons_differ_with_both_owners() {
    // P1 was split by hand: the rules still join the two ids. A row of another person is P1's in the export.
    let mut store = stored(&posthog(&[
        ("Open", "anon-1", "P2", ""),
        ("$identify", "u1", "P1", "\"$anon_distinct_id\":\"anon-1\""),
        ("Use", "u1", "P1", ""),
        ("Use", "u1", "P1", ""),
        ("Use", "u2", "P1", ""),
        ("Use", "u3", "P3", ""),
    ]));
    let (notes, recorded) = said(&mut store, None, "u1");
    let expected = [
        (1, "person P2".to_owned(), "u1".to_owned(), How::Joined),
        (1, "person P1".to_owned(), "u2".to_owned(), How::Split),
    ];
    assert_eq!(groups(recorded.as_ref()), expected);
    assert_eq!(recorded.map(|recorded| (recorded.compared, recorded.agree)), Some((3, 2)), "calls are no one's rows");
    assert!(
        notes[0].contains("PostHog counts 1 row to person P2 and the others to person P1; by these rules all are u1's"),
        "{notes:?}"
    );
    assert!(
        notes[1].contains("PostHog counts 1 row of u2 to person P1 too; by these rules they are not u1's"),
        "{notes:?}"
    );
    // From the other side the same rows are seen.
    let (_, recorded) = said(&mut store, None, "u2");
    assert_eq!(groups(recorded.as_ref()), [(2, "person P1".to_owned(), "u1".to_owned(), How::Split)]);
    // Who agrees says nothing, and the legacy rules are not PostHog's.
    let (notes, recorded) = said(&mut store, None, "u3");
    assert!(notes.is_empty() && recorded.is_some_and(|recorded| recorded.agree == 1 && recorded.differing.is_empty()));
    let (notes, recorded) = said(&mut store, Some("legacy"), "u1");
    assert!(notes.is_empty() && recorded.is_none(), "{notes:?}");
}

#[test]
fn a_journey_of_amplitude_says_where_its_ids_differ() {
    let row = |at: usize, user: &str, id: u32| {
        let user = if user.is_empty() { "null".to_owned() } else { format!("\"{user}\"") };
        format!(
            "{{\"$insert_id\":\"i{at}\",\"amplitude_id\":{id},\"device_id\":\"d1\",\"user_id\":{user},\"event_type\":\"Use\",\
             \"event_time\":\"2019-07-01 09:{at:02}:00.000000\",\"server_received_time\":\"2019-07-01 09:{at:02}:01.000000\",\
             \"event_properties\":{{}},\"library\":\"amplitude-js/8.0\"}}\n"
        )
    };
    // By the rules the last row is jane's, who was there last; the vendor counts it to john.
    let mut store =
        stored(&[row(0, "", 7), row(1, "john", 7), row(2, "jane", 8), row(3, "jane", 8), row(4, "", 7)].concat());
    let (notes, recorded) = said(&mut store, None, "jane");
    let expected = [
        (2, "amplitude 7".to_owned(), "john".to_owned(), How::Split),
        (1, "amplitude 7".to_owned(), "jane".to_owned(), How::Joined),
    ];
    let found = groups(recorded.as_ref());
    assert!(
        found.contains(&expected[1]) && !found.contains(&expected[0]),
        "{found:?}: john's rows are another's by both"
    );
    assert!(notes[0].starts_with("Amplitude counts 1 row to amplitude 7 and the others to amplitude 8"), "{notes:?}");
    let (notes, recorded) = said(&mut store, None, "john");
    assert_eq!(groups(recorded.as_ref()), [(1, "amplitude 7".to_owned(), "jane".to_owned(), How::Split)]);
    assert!(notes[0].contains("counts 1 row of jane to amplitude 7 too"), "{notes:?}");
}

#[test]
fn a_journey_of_a_merged_export_says_where_the_canonical_id_lags() {
    let device = format!("$device:{G1}");
    let mut store = stored(&mixpanel(&[
        ("Open", &device, "", G1, "", ""),
        ("Open", "u1", &device, G1, "", ""),
        ("Login", "u1", "", G1, "u1", ""),
    ]));
    let (notes, recorded) = said(&mut store, Some("simplified"), "u1");
    assert_eq!(groups(recorded.as_ref()), [(1, device.clone(), "u1".to_owned(), How::Joined)]);
    assert!(notes[0].contains(&format!("Mixpanel counts 1 row to {device} and the others to u1")), "{notes:?}");
    // A merge by hand of an id that no row has any more: by the rules it is a person of its own.
    let mut store = stored(&mixpanel(&[("Open", "u1", "a-1", "", "", ""), ("Use", "u1", "", "", "u1", "")]));
    for rules in ["original", "simplified"] {
        let (notes, recorded) = said(&mut store, Some(rules), "u1");
        assert_eq!(groups(recorded.as_ref()), [(1, "u1".to_owned(), "a-1".to_owned(), How::Split)], "{rules}");
        assert!(notes[0].contains("The vendor exported rows of a-1 under u1"), "{notes:?}");
    }
    // Only vendors that export rows under the id that they joined them to have owners in such a file.
    for rules in ["legacy", "posthog", "amplitude", "simple"] {
        assert_eq!(said(&mut store, Some(rules), "u1").1.map(|_| ()), None, "{rules}");
    }
    // A row that names its user is that user's, under whichever id it was sent: the row that was joined decides, not
    // another one of the id.
    let mut named = stored(&mixpanel(&[("Use", "u1", "", "", "", ""), ("Open", "u1", "a-1", "", "u1", "")]));
    let (notes, recorded) = said(&mut named, Some("simplified"), "u1");
    assert_eq!((notes, groups(recorded.as_ref())), (vec![], vec![]));
    // Rows as they were sent have no exported owner.
    let mut store = stored(&mixpanel(&[("Open", &device, "", G1, "", ""), ("Login", "u1", "", G1, "u1", "")]));
    assert_eq!(said(&mut store, Some("simplified"), "u1").1.map(|_| ()), None);
}

#[test]
fn every_form_of_a_journey_says_it() {
    let store = stored(&posthog(&[("Use", "u1", "P1", ""), ("Use", "u1", "P1", ""), ("Use", "u2", "P1", "")]));
    let journey = store.journey(&Id::new("u1")).unwrap().unwrap();
    assert!(journey.notes.iter().all(|note| !note.contains("only the first")), "{:?}", journey.notes);
    let mut json = Vec::new();
    journey::report::json::journey(&mut json, &journey, &|_| None).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["exported"]["compared"], 2);
    assert_eq!(json["exported"]["differ"][0]["exported"], "person P1");
    assert_eq!(json["exported"]["differ"][0]["computed"], "u2");
    assert_eq!(json["exported"]["differ"][0]["how"], "split");
    assert_eq!(json["exported"]["differ"][0]["source"]["line"], 3);
}

#[test]
fn a_journey_says_which_rows_the_vendor_and_the_rules_refuse_in_different_ways() {
    let taken = "errAnonDistinctIdAssignedAlready";
    let reason = |name: &str| format!(",\"$identity_failure_reason\":\"{name}\"");
    let device = format!("$device:{G1}");
    let export = |first: &str, second: &str| {
        stored(&mixpanel(&[
            ("Open", "u1", &device, G1, "", ""),
            ("Login", "u1", "", G1, "u1", first),
            ("Login", "u2", "", G1, "u2", second),
            ("Buy", "u2", "", G1, "u2", second),
        ]))
    };
    let refused = |store: &mut Inspector, id: &str| {
        store.set_rules(named("simplified"));
        let journey = store.journey(&Id::new(id)).unwrap().unwrap();
        let groups = journey.exported.iter().flat_map(|exported| &exported.refused);
        let groups: Vec<_> =
            groups.map(|one| (one.exported.clone(), one.computed, one.rows.len(), one.source.line)).collect();
        (groups, journey)
    };
    // Both say the same.
    assert_eq!(refused(&mut export("", &reason(taken)), "u2").0, []);
    // Only the rules refuse, in a file that was exported after merging.
    let (groups, journey) = refused(&mut export("", ""), "u2");
    assert_eq!(groups, [(None, Some(taken), 2, 3)]);
    assert!(journey.notes[0].contains("Mixpanel names no reason there"), "{:?}", journey.notes);
    let (groups, journey) = refused(&mut export(&reason("errManyIDs"), &reason("errSameIDs")), "u2");
    assert_eq!(groups, [(Some("errSameIDs".to_owned()), Some(taken), 2, 3)]);
    assert!(
        journey.notes[0].starts_with(&format!(
            "Mixpanel names errSameIDs on 2 rows; these rules refuse with {taken} there (first: export.jsonl line 3)"
        )),
        "{:?}",
        journey.notes
    );
    // Only the vendor refuses.
    let (groups, journey) = refused(&mut export(&reason("errManyIDs"), ""), "u1");
    assert_eq!(groups, [(Some("errManyIDs".to_owned()), None, 1, 2)]);
    let exported = journey.exported.as_ref().unwrap();
    let of = |event: &str| {
        let step = journey.steps.iter().find(|step| &*step.event.event == event).unwrap();
        exported.refusal_of(step.event.row)
    };
    assert_eq!(of("Login").unwrap(), "The vendor names errManyIDs; these rules do not refuse it.");
    assert_eq!(of("Open"), None);
    let mut json = Vec::new();
    journey::report::json::journey(&mut json, &journey, &|_| None).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["exported"]["refused"][0]["exported"], "errManyIDs");
    assert_eq!(json["exported"]["refused"][0]["computed"], serde_json::Value::Null);
    assert_eq!(json["exported"]["refused"][0]["source"]["line"], 2);
}

#[test]
fn only_the_rules_refuse_a_row_of_a_merged_file() {
    let device = format!("$device:{G1}");
    let mut store = stored(&mixpanel(&[
        ("Login", "u1", "", G1, "u1", ""),
        ("Login", "u2", "a-9", G1, "u2", ""),
        ("Open", "u1", &device, G1, "", ""),
    ]));
    let (_, recorded) = said(&mut store, Some("simplified"), "u2");
    let refused = &recorded.unwrap().refused[0];
    assert_eq!((refused.exported.as_deref(), refused.computed), (None, Some("errAnonDistinctIdAssignedAlready")));
    // A refused call of Original ID Merge names its reason in another property.
    let calls = |reason: &str| {
        stored(&mixpanel(&[
            ("Open", "anon", "", "", "", ""),
            ("$identify", "u1", "", "", "", &format!(",\"$anon_distinct_id\":\"anon\"{reason}")),
            ("Use", "u1", "", "", "", ""),
        ]))
    };
    let form = "errAnonDistinctIdNonGUIDForm";
    let (_, recorded) = said(&mut calls(&format!(",\"$failure_reason\":\"{form}\"")), Some("original"), "u1");
    assert!(recorded.is_none(), "both refuse it with {form}");
    let (_, recorded) = said(&mut calls(",\"$failure_reason\":\"errSameIDs\""), Some("original"), "u1");
    let refused = &recorded.unwrap().refused[0];
    assert_eq!((refused.exported.as_deref(), refused.computed), (Some("errSameIDs"), Some(form)));
    let (_, recorded) = said(&mut calls(""), Some("original"), "u1");
    assert!(recorded.is_none(), "rows as they were sent name no reason");
}

#[test]
fn a_comparison_of_a_part_of_the_rows_says_so_and_the_row_of_an_ignored_call_is_not_compared() {
    let journey = |story: &str, rules: &str, give: &dyn Fn(&mut Facts)| {
        let mut facts = Story::new(story).facts();
        give(&mut facts);
        resolve(&facts, &Id::new("u1"), named(rules).unwrap()).unwrap()
    };
    let is_part = |journey: &Journey| journey.notes.iter().any(|note| note.contains("only the first 1 are compared"));
    let owned = |facts: &mut Facts, is_part: bool| {
        facts.counted.of_row.insert(facts.events[0].row, "person P1".into());
        facts.counted.is_part = is_part;
    };
    assert!(is_part(&journey("1 View(u1)\n2 View(u1)", "posthog", &|facts| owned(facts, true))));
    assert!(!is_part(&journey("1 View(u1)\n2 View(u1)", "posthog", &|facts| owned(facts, false))));
    let failed = |facts: &mut Facts| {
        let row = facts.events.last().unwrap().row;
        facts.counted.failures.insert(row, Some("errManyIDs".into()));
        facts.counted.is_part = true;
    };
    let refusing = journey("1 Login(u1) +u1,d", "simplified", &failed);
    let refused = refusing.exported.iter().flat_map(|exported| &exported.refused);
    let refused: Vec<_> = refused.map(|one| (one.exported.as_deref(), one.computed)).collect();
    assert_eq!(refused, [(Some("errManyIDs"), None)]);
    assert!(refusing.notes.iter().all(|note| !note.contains("only the first")), "{:?}", refusing.notes);
    assert!(journey("1 View(u1)\n2 ID(u1 <= anon)", "simplified", &failed).exported.is_none());
}
