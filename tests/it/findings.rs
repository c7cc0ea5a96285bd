//! Each kind of integration mistake: a history that has it, and a close one that does not.

mod answers;
mod large;
mod mistakes;
mod money;
mod only;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use journey::identity::audit::{Audit, Auditor};
use journey::identity::baseline::{Baseline, Was};
use journey::identity::findings::{OF_STORE, ROWS_WITHOUT_NAME, all};
use journey::identity::{By, LEGACY, RULE_SETS, Severity, THRESHOLDS, Tally, Thresholds, Totals};
use journey::inspect::check::Wanted;
use journey::inspect::{Inspector, check};
use journey::model::{Flags, Id};
use journey::report::check as report;
use proptest::prelude::*;

use crate::engine::any_history;
use crate::support::all_ids;
use crate::support::stored::{store, store_of_bytes, stores_of};
use crate::support::story::Story;

/// A kind with a history that shows it and its neighbour.
pub(crate) struct Case {
    pub(crate) code: &'static str,
    pub(crate) shows: &'static str,
    /// As close as can be, and right.
    pub(crate) neighbour: &'static str,
}

pub(crate) const CASES: &[Case] = &[
    Case {
        code: "alias-on-login",
        shows: "1 View(12345)\n2 AL(sally -> 12345)\n60 Open(P-1)\n61 AL(sally -> P-1)\n62 Buy(P-1)",
        neighbour: "1 View(12345)\n2 AL(sally -> 12345)\n60 Open(12345)\n61 AL(sally -> 12345)\n62 Buy(12345)",
    },
    Case {
        code: "alias-swapped",
        shows: "1 View(0f1e2d3c-4b5a-4697-8877-665544332211)\n2 AL(0f1e2d3c-4b5a-4697-8877-665544332211 -> u6)\n3 Dash(u6)",
        neighbour: "1 View(0f1e2d3c-4b5a-4697-8877-665544332211)\n2 AL(u6 -> 0f1e2d3c-4b5a-4697-8877-665544332211)\n3 Dash(u6)",
    },
    Case {
        code: "alias-before-root",
        shows: "1 X0(X)\n2 AL(B -> A)\n3 B1(B)\n10 AL(A -> X)\n11 A2(A)",
        neighbour: "1 X0(X)\n2 AL(A -> X)\n3 A1(A)\n10 AL(B -> A)\n11 B2(B)",
    },
    Case {
        code: "identify-without-alias",
        shows: "1 Land(an7)\n2 ID(u <= an7) +u,an7\n3 Dash(u) +u,an7",
        neighbour: "1 Land(an7)\n2 AL(u -> an7)\n2.5@2.6 ID(u <= an7) +u,an7\n3 Dash(u) +u,an7",
    },
    Case {
        code: "no-reset",
        shows: "1 View(123123)\n2 AL(john@example.com -> 123123)\n50 AL(jane@example.com -> 123123)",
        neighbour: "1 View(123123)\n2 AL(john@example.com -> 123123)\n50 AL(john@example.org -> john@example.com)",
    },
    Case {
        code: "placeholder-id",
        shows: "1 View(null) +,d-1\n2 View(null) +,d-2",
        neighbour: "1 View(nullable) +,d-1\n2 View(nullable) +,d-2",
    },
    Case {
        code: "shared-device",
        shows: "1 Open(sally) +sally,d-1\n9 Open(bob) +bob,d-1",
        neighbour: "1 Open(sally) +sally,d-1\n9 Open(bob) +bob,d-2",
    },
    Case {
        code: "alias-race",
        shows: "1 View(12345)\n3@4.2 AL(sally -> 12345)\n3.1@3.4 Welcome(sally)",
        neighbour: "1 View(12345)\n3@4.2 AL(sally -> 12345)\n3.1@5.2 Welcome(sally)",
    },
    Case {
        code: "alias-used-before",
        shows: "1 OldBuy(sally)\n10 Land(an5)\n11 AL(sally -> an5)",
        neighbour: "1 OldBuy(sal)\n10 Land(an5)\n11 AL(sally -> an5)",
    },
    Case { code: "id-type", shows: "1 View(42)\n2 View(#42)", neighbour: "1 View(#42)\n2 View(#42)" },
    Case {
        code: "id-variants",
        shows: "1 View(sally@example.com)\n2 View(Sally@example.com)",
        neighbour: "1 View(sally@example.com)\n2 View(sally2@example.com)",
    },
    Case {
        code: "user-still-anonymous",
        shows: "1 Land($device:d1) +,d1\n2 Buy($device:d1) +u,d1\n3 Buy($device:d1) +u,d1",
        neighbour: "1 Land($device:d1) +,d1\n1.5 AL(u -> $device:d1)\n2 Buy($device:d1) +u,d1\n3 Buy($device:d1) +u,d1",
    },
    Case {
        code: "anonymous-id-kept",
        shows: "1 Land($device:d1) +,d1\n2 ID(u1 <= $device:d1) +u1,d1\n3 Buy(u1) +u1,d1\n50 Land($device:d1) +,d1\n51 ID(u2 <= $device:d1) +u2,d1",
        neighbour: "1 Land($device:d1) +,d1\n2 ID(u1 <= $device:d1) +u1,d1\n3 Buy(u1) +u1,d1\n50 Land($device:d2) +,d2\n51 ID(u2 <= $device:d2) +u2,d2",
    },
    Case { code: "alias-of-itself", shows: "1 View(u)\n2 AL(u -> u)", neighbour: "1 View(u)\n2 AL(u2 -> u)" },
    Case { code: "alias-empty", shows: "1 View(u)\n2 AL( -> u)", neighbour: "1 View(u)\n2 AL(u2 -> u)" },
    Case {
        code: "alias-cycle",
        shows: "1 A0(A)\n2 AL(A -> B)\n3 AL(B -> A)",
        neighbour: "1 A0(A)\n2 AL(A -> B)\n3 AL(C -> A)",
    },
    Case {
        code: "alias-anonymous",
        shows: "1 Land($device:d1) +,d1\n2 Land($device:d2) +,d2\n3 AL($device:d2 -> $device:d1)",
        neighbour: "1 Land($device:d1) +,d1\n2 Land($device:d2) +,d2\n3 AL(u -> $device:d1)",
    },
    Case {
        code: "alias-and-identify-differ",
        shows: "1 Land($device:d1) +,d1\n2 AL(u -> $device:d1)\n2.4 ID(other <= $device:d1) +other,d1\n3 Buy(other) +other,d1",
        neighbour: "1 Land($device:d1) +,d1\n2 AL(u -> $device:d1)\n3.4 ID(other <= $device:d1) +other,d1\n4 Buy(other) +other,d1",
    },
    Case {
        code: "late-alias-answer",
        shows: "1 Pre($device:an8) +,an8\n2 AL(u -> $device:an8)\n3 ID(u <= $device:an9) +u,an9\n4 Next(u) +u,an9",
        neighbour: "1 Pre($device:an8) +,an8\n2 AL(u -> $device:an8)\n12.5 ID(u <= $device:an9) +u,an9\n14 Next(u) +u,an9",
    },
    Case {
        code: "identify-back-to-device",
        shows: "1 Buy(u1) +u1,d1\n2 ID($device:d2 <= u1) +,d1\n3 Land($device:d2) +,d2",
        neighbour: "1 Buy(u1) +u1,d1\n2 Land($device:d2) +,d2\n3 ID(u1 <= $device:d2) +u1,d2",
    },
    Case {
        code: "identify-itself",
        shows: "1 Land($device:d1) +,d1\n2 ID($device:d1 <= $device:d1) +,d1",
        neighbour: "1 Land($device:d1) +,d1\n2 ID(u <= $device:d1) +,d1",
    },
    Case { code: "user-is-device", shows: "1 Land($device:d1) +d1,d1", neighbour: "1 Land($device:d1) +u1,d1" },
    Case {
        code: "merge-ignored",
        shows: "1 View(a)\n2 View(b)\n3 MERGE(a, b)",
        neighbour: "1 View(a)\n2 View(b)\n3 AL(a -> c)",
    },
    Case {
        code: "new-id-each-visit",
        shows: "1 Open($device:v0) +,v0\n2 Open($device:v0) +,v0\n50 ID(u <= $device:v0) +u,v0\n101 Open($device:v1) +,v1\n102 Open($device:v1) +,v1\n150 ID(u <= $device:v1) +u,v1\n201 Open($device:v2) +,v2\n202 Open($device:v2) +,v2\n250 ID(u <= $device:v2) +u,v2\n301 Open($device:v3) +,v3\n302 Open($device:v3) +,v3\n350 ID(u <= $device:v3) +u,v3\n401 Open($device:v4) +,v4\n402 Open($device:v4) +,v4\n450 ID(u <= $device:v4) +u,v4",
        neighbour: "1 Open($device:v0) +,v0\n2 Open($device:v0) +,v0\n3 Open($device:v0) +,v0\n50 ID(u <= $device:v0) +u,v0\n101 Open($device:v1) +,v1\n102 Open($device:v1) +,v1\n103 Open($device:v1) +,v1\n150 ID(u <= $device:v1) +u,v1\n201 Open($device:v2) +,v2\n202 Open($device:v2) +,v2\n203 Open($device:v2) +,v2\n250 ID(u <= $device:v2) +u,v2\n301 Open($device:v3) +,v3\n302 Open($device:v3) +,v3\n303 Open($device:v3) +,v3\n350 ID(u <= $device:v3) +u,v3\n401 Open($device:v4) +,v4\n402 Open($device:v4) +,v4\n403 Open($device:v4) +,v4\n450 ID(u <= $device:v4) +u,v4",
    },
    Case {
        code: "id-of-many-devices",
        shows: "1 Open(crm-7) +,dev0\n2 Open(crm-7) +,dev1\n3 Open(crm-7) +,dev2\n4 Open(crm-7) +,dev3\n5 Open(crm-7) +,dev4\n6 Open(crm-7) +,dev5\n7 Open(crm-7) +,dev6\n8 Open(crm-7) +,dev7\n9 Open(crm-7) +,dev8\n10 Open(crm-7) +,dev9\n11 Open(crm-7) +,dev10\n12 Open(crm-7) +,dev11\n13 Open(crm-7) +,dev12\n14 Open(crm-7) +,dev13\n15 Open(crm-7) +,dev14\n16 Open(crm-7) +,dev15\n17 Open(crm-7) +,dev16\n18 Open(crm-7) +,dev17\n19 Open(crm-7) +,dev18\n20 Open(crm-7) +,dev19",
        neighbour: "1 Open(crm-7) +,dev0\n2 Open(crm-7) +,dev1\n3 Open(crm-7) +,dev2\n4 Open(crm-7) +,dev3\n5 Open(crm-7) +,dev4\n6 Open(crm-7) +,dev5\n7 Open(crm-7) +,dev6\n8 Open(crm-7) +,dev7\n9 Open(crm-7) +,dev8\n10 Open(crm-7) +,dev9\n11 Open(crm-7) +,dev10\n12 Open(crm-7) +,dev11\n13 Open(crm-7) +,dev12\n14 Open(crm-7) +,dev13\n15 Open(crm-7) +,dev14\n16 Open(crm-7) +,dev15\n17 Open(crm-7) +,dev16\n18 Open(crm-7) +,dev17\n19 Open(crm-7) +,dev18",
    },
    Case { code: "time-impossible", shows: "100000@1000 View(u)", neighbour: "87000@1000 View(u)" },
    Case {
        code: "alias-repeated",
        shows: "1 View(12345)\n2 AL(sally -> 12345)\n3 AL(sally -> 12345)\n4 AL(sally -> 12345)",
        neighbour: "1 View(12345)\n2 AL(sally -> 12345)\n3 AL(sally -> 12345)\n4 AL(sal -> 12345)",
    },
    Case {
        code: "anonymous-before-login",
        shows: "1 View($device:d1) +,d1\n2 AL(u -> $device:d1)\n50 View($device:d2) +,d2\n51 ID(u <= $device:d2) +u,d2",
        neighbour: "1 View($device:d1) +,d1\n2 AL(u -> $device:d1)\n51 ID(u <= $device:d2) +u,d2\n52 View(u) +u,d2",
    },
    Case {
        code: "device-of-many-users",
        shows: "1 Open(user-0) +user-0,kiosk\n2 Open(user-1) +user-1,kiosk\n3 Open(user-2) +user-2,kiosk\n4 Open(user-3) +user-3,kiosk\n5 Open(user-4) +user-4,kiosk",
        neighbour: "1 Open(user-0) +user-0,kiosk\n2 Open(user-1) +user-1,kiosk\n3 Open(user-2) +user-2,kiosk\n4 Open(user-3) +user-3,kiosk",
    },
    Case {
        code: "device-prefix-twice",
        shows: "1 Open($device:$device:d1) +,d1",
        neighbour: "1 Open($device:d1) +,d1",
    },
];

#[test]
fn every_kind_has_a_history_that_shows_it_and_a_close_one_that_does_not() {
    for case in CASES {
        let (shown, neighbour) = (codes(case.shows), codes(case.neighbour));
        assert!(shown.contains(case.code), "{}: its history shows {shown:?}", case.code);
        assert!(!neighbour.contains(case.code), "{}: the close history shows it too", case.code);
    }
    let covered: BTreeSet<&str> = CASES.iter().map(|case| case.code).collect();
    let all: BTreeSet<&str> = LEGACY.findings().iter().map(|kind| kind.code).collect();
    assert_eq!(covered, all, "each kind has a case, and each case a kind");
}

#[test]
fn a_kind_says_everything_that_a_reader_asks() {
    for rules in RULE_SETS {
        let mut codes = BTreeSet::new();
        let mut before = Severity::Error;
        for kind in rules.findings() {
            assert!(codes.insert(kind.code), "{} is there twice", kind.code);
            assert!(kind.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", kind.code);
            assert!(kind.severity >= before, "{}: the worst come first", kind.code);
            before = kind.severity;
            for text in [kind.why, kind.advice].into_iter().chain(kind.in_library.iter().map(|own| own.advice)) {
                assert!(text.ends_with('.') && !text.contains("  "), "{}: {text:?} is no sentence", kind.code);
            }
            assert!(!kind.title.ends_with('.') && kind.rule.starts_with("identity.md"), "{}", kind.code);
        }
    }
}

/// The codes of the journeys of all ids of a story.
fn codes(story: &str) -> BTreeSet<&'static str> {
    let inspector = Inspector::new(store(story));
    let ids = all_ids(&inspector);
    let journeys = ids.iter().filter_map(|id| inspector.journey(id).unwrap());
    journeys.flat_map(|journey| journey.findings).map(|finding| finding.code()).collect()
}

/// What the journeys of all ids add up to, one after the other: slow, and obvious.
fn oracle(inspector: &Inspector) -> Audit {
    let ids = all_ids(inspector);
    let mut roots = BTreeMap::new();
    for journey in ids.iter().filter_map(|id| inspector.journey(id).unwrap()) {
        if let Some(root) = journey.root {
            roots.insert(root.clone(), inspector.journey(&root).unwrap().unwrap());
        }
    }
    let mut auditor = Auditor::new(LEGACY);
    // An `$insert_id` makes a row another delivery, and without one that it stands in another file, as in a journey.
    let (with_key, others): (Vec<_>, Vec<_>) = inspector
        .source()
        .sweep()
        .unwrap()
        .rows_without_id(usize::MAX)
        .unwrap()
        .into_iter()
        .partition(|row| row.flags.has(Flags::HAS_INSERT_ID));
    let delivered: BTreeSet<i64> = with_key.iter().map(|row| row.hash).collect();
    let mut in_file: BTreeMap<(i64, String), usize> = BTreeMap::new();
    for row in others {
        *in_file.entry((row.hash, row.source.file.to_string())).or_default() += 1;
    }
    let mut most: BTreeMap<i64, usize> = BTreeMap::new();
    for ((hash, _), count) in in_file {
        let known = most.entry(hash).or_default();
        *known = count.max(*known);
    }
    let mut events = (delivered.len() + most.values().sum::<usize>()) as u64;
    for journey in roots.values() {
        events += journey.steps.len() as u64;
        auditor.add(&check::checked(journey));
    }
    auditor.finish(&Totals::default(), events, true)
}

/// What both must agree on: the numbers of each kind, the worst users, the shares of rows.
fn agreed(audit: &Audit) -> String {
    let of_users = audit.found.iter().filter(|found| !OF_STORE.contains(&found.kind));
    let found: Vec<String> =
        of_users.map(|found| format!("{} {} {} {:?}", found.kind.code, found.people, found.rows, found.ids)).collect();
    let rates = (audit.rates.merged_past, audit.rates.orphaned, audit.rates.split);
    format!("{:?} people, {rates:?}\n{}", audit.people, found.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_look_over_the_whole_store_finds_what_the_journeys_of_all_users_show(rows in any_history()) {
        let [found, by_index] = stores_of(&[("story.jsonl", &rows)]).map(Inspector::new).map(|inspector| {
            let found = check::store(&inspector, &mut |_, _| true).unwrap();
            (agreed(&found), agreed(&oracle(&inspector)), format!("{found:#?}"))
        });
        prop_assert_eq!(&found.0, &found.1);
        prop_assert_eq!(found, by_index);
    }
}

#[test]
fn a_look_over_the_whole_store_finds_every_kind_as_its_journey_does() {
    for case in CASES {
        for story in [case.shows, case.neighbour] {
            let stores = stores_of(&[("story.jsonl", &Story::new(story).rows)]).map(Inspector::new);
            let [found, by_index] = stores.map(|inspector| {
                let found = check::store(&inspector, &mut |_, _| true).unwrap();
                assert_eq!(agreed(&found), agreed(&oracle(&inspector)), "{}: {story}", case.code);
                format!("{found:#?}")
            });
            assert_eq!(found, by_index, "{}: {story}", case.code);
        }
        let found = check::store(&Inspector::new(store(case.shows)), &mut |_, _| true).unwrap();
        let of_code = found.found.iter().find(|found| found.kind.code == case.code).unwrap();
        assert!(!of_code.sources.is_empty() && !of_code.what.is_empty(), "{}: no evidence", case.code);
    }
}

#[test]
fn the_store_as_a_whole_has_findings_of_its_own() {
    let found = |text: &str| -> Vec<&'static str> {
        let inspector = Inspector::new(store(text));
        check::store(&inspector, &mut |_, _| true).unwrap().found.iter().map(|found| found.kind.code).collect()
    };
    assert_eq!(found("1 View(u)"), [""; 0]);
    assert_eq!(found("1 View()\n2 View(u)"), ["row-without-id"]);
    // A name of one space is a name, if a bad one.
    for (name, codes) in [(r#""""#, &["row-without-name"][..]), (r#"" ""#, &[]), (r#""x""#, &[])] {
        let line = format!(r#"{{"event":{name},"properties":{{"distinct_id":"u","time":1562785200}}}}"#);
        let inspector = Inspector::new(store_of_bytes(&[("one.jsonl", line.into_bytes())]));
        let audit = check::store(&inspector, &mut |_, _| true).unwrap();
        let found: Vec<&str> = audit.found.iter().map(|found| found.kind.code).collect();
        assert_eq!(found, codes, "{name}");
        let rows = check::rows_of_store(&inspector, &ROWS_WITHOUT_NAME, &mut |_, _| true).unwrap();
        assert_eq!(rows.len(), codes.len(), "each row can be opened");
        assert!(rows.iter().all(|proof| proof.row.is_some() && proof.source.line == 1));
    }
}

#[test]
fn rows_of_a_placeholder_and_of_a_device_with_its_prefix_twice_are_found_where_nothing_else_names_them() {
    for (story, codes) in [
        ("1 View(null)", &["placeholder-id"][..]),
        ("1 View($device:null)", &["placeholder-id"]),
        ("1 View(nulla)", &[]),
        ("1 View($device:nulla)", &[]),
        ("2 View($device:$device:nulla)\n1 View($device:$device:nulla)", &["device-prefix-twice"]),
        // Of a device, the story and the importer take one prefix each.
        ("1 View(x) +,$device:$device:$device:d1", &["device-prefix-twice"]),
        // Another id names the device, and its rows name none.
        ("2 View(d1)\n1 View($device:$device:d1) +,$device:d1", &["device-prefix-twice"]),
    ] {
        let inspector = Inspector::new(store(story));
        let found = check::store(&inspector, &mut |_, _| true).unwrap();
        assert_eq!(found.found.iter().map(|found| found.kind.code).collect::<Vec<_>>(), codes, "{story}");
        assert_eq!(agreed(&found), agreed(&oracle(&inspector)), "{story}");
    }
}

#[test]
fn a_finding_dates_from_the_first_row_that_shows_it_and_has_a_trend() {
    let story =
        "1 View(12345)\n2 AL(sally -> 12345)\n60 Open(P-1)\n61 AL(sally -> P-1)\n62 AL(sally -> P-2)\n63 Buy(P-2)";
    let inspector = Inspector::new(store(story));
    let people = |code: &str| {
        let kind = LEGACY.findings().iter().find(|kind| kind.code == code).unwrap();
        check::people(&inspector, kind, &mut |_, _| true).unwrap().0
    };
    let call = inspector.journey(&Id::new("sally")).unwrap().unwrap().aliases[1].time;
    assert_eq!(people("alias-on-login")[0].since, Some(call));
    // Sums of rows and the rows themselves tell the same time.
    for case in CASES {
        let inspector = Inspector::new(store(case.shows));
        let kind = LEGACY.findings().iter().find(|kind| kind.code == case.code).unwrap();
        for person in check::people(&inspector, kind, &mut |_, _| true).unwrap().0 {
            let journey = inspector.journey(&person.id).unwrap().unwrap();
            let finding = journey.findings.iter().find(|finding| finding.kind == *kind).unwrap();
            assert_eq!(finding.since.is_some(), person.since.is_some(), "{}", case.code);
            // A user of a look-alike without rows of its own has a time only where a row is at hand.
            assert_eq!(finding.since, person.since, "{}", case.code);
        }
    }
}

/// The numbers to track of a story, line by line.
fn tallied(inspector: &Inspector, by: By) -> Audit {
    let wanted = Wanted { by: Some(by), ..Wanted::default() };
    check::store_by(inspector, &wanted, &mut |_, _| true).unwrap()
}

#[test]
fn shares_before_and_from_a_date_count_each_thing_where_it_shows_first() {
    let story = "1 View(12345)\n2 AL(sally -> 12345)\n3 Dash(12345)\n60 Open(P-1)\n61 AL(sally -> P-1)\n62 Buy(P-1)\n63 AL(bob -> P-9)\n64 Buy(bob)";
    let inspector = Inspector::new(store(story));
    let date = inspector.journey(&Id::new("sally")).unwrap().unwrap().aliases[1].time;
    let audit = tallied(&inspector, By::Date(date));
    let [(_, before), (_, from)] = &audit.tallies.as_ref().unwrap().lines[..] else { panic!("two spans") };
    // Sally shows before it, and her past is not whole; that of Bob, who shows after it, is the call itself.
    assert_eq!((before.people, before.with_past, before.merged), (1, 1, 0));
    assert_eq!((from.people, from.with_past, from.merged), (1, 1, 1));
    assert_eq!((before.calls, before.refused, from.calls, from.refused), (1, 0, 2, 1));
    assert_eq!((before.rows, before.orphaned), (4, 1), "Open of the phone is an orphan's");
    assert_eq!((from.rows, from.orphaned), (4, 2));
    // A date before everything and one after it leave a span empty, and it stays an answer.
    for (date, empty) in [(i64::MIN / 2, 0), (i64::MAX / 2, 1)] {
        let audit = tallied(&inspector, By::Date(date));
        let lines = audit.tallies.unwrap().lines;
        assert!(lines[empty].1.is_empty() && !lines[1 - empty].1.is_empty());
        assert_eq!(lines[1 - empty].1.rates(), audit.rates);
    }
}

#[test]
fn lines_by_client_name_library_and_version_and_by_day_the_day() {
    let row = |id: &str, time: i64, client: &str| {
        format!(r#"{{"event":"View","properties":{{"distinct_id":"{id}","time":{time}{client}}}}}"#)
    };
    let text = [
        row("u1", 1_562_785_200, r#","mp_lib":"web","$lib_version":"2.29.1""#),
        row("u1", 1_562_785_201, r#","mp_lib":"web","$lib_version":"2.30.0""#),
        row("u2", 1_562_871_600, r#","mp_lib":"swift""#),
        row("u3", 1_562_871_601, ""),
    ];
    let inspector = Inspector::new(store_of_bytes(&[("one.jsonl", text.join("\n").into_bytes())]));
    let lines = |by: By| -> Vec<(String, u64)> {
        let lines = tallied(&inspector, by).tallies.unwrap().lines;
        lines.into_iter().map(|(name, tally)| (name, tally.rows)).collect()
    };
    let line = |name: &str, rows: u64| (name.to_owned(), rows);
    assert_eq!(lines(By::Client), [line("?", 1), line("swift", 1), line("web 2.29.1", 1), line("web 2.30.0", 1)]);
    assert_eq!(lines(By::Day), [line("2019-07-10", 2), line("2019-07-11", 2)]);
}

#[test]
fn the_advice_has_the_calls_of_the_vendor_whose_rows_show_the_finding() {
    let advice = |file: &str, code: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/vendors").join(file);
        let inspector = Inspector::new(store_of_bytes(&[(file, fs::read(path).unwrap())]));
        let found = check::store(&inspector, &mut |_, _| true).unwrap().found;
        found.iter().find(|found| found.kind.code == code).map(|found| found.advice).unwrap()
    };
    for (file, code, call) in [
        ("segment-analytics-next-1.84.3.jsonl.zst", "identify-without-alias", "analytics.alias(userId)"),
        ("rudder-analytics-js-3.34.1.jsonl.zst", "anonymous-id-kept", "rudderanalytics.reset(true)"),
        ("posthog-js-1.449.2.jsonl.zst", "shared-device", "posthog.reset()"),
        ("amplitude-browser-2.48.1.jsonl.zst", "shared-device", "amplitude.reset()"),
        ("mparticle-web-sdk-2.68.0.jsonl.zst", "identify-itself", "mParticle.Identity.login"),
        ("snowplow-browser-4.10.1.jsonl.zst", "shared-device", "clearUserData"),
        // Without calls of its own the vendor gets the advice for all.
        ("posthog-py-7.91.1.jsonl.zst", "alias-used-before", "Never alias an id"),
    ] {
        let advice = advice(file, code);
        assert!(advice.contains(call), "{file}, {code}: {advice}");
    }
    // A library of Mixpanel itself has those of the language, and one that two send has those for all.
    let of = |libraries: &[&str]| {
        let line = |nth: usize, library: &str| {
            format!(
                r#"{{"event":"$create_alias","properties":{{"distinct_id":"u{nth}","alias":"0f1e2d3c-4b5a-4697-8877-66554433221{nth}","time":1562785200,"mp_lib":"{library}"}}}}"#
            )
        };
        let lines: Vec<String> = libraries.iter().enumerate().map(|(nth, library)| line(nth, library)).collect();
        let inspector = Inspector::new(store_of_bytes(&[("one.jsonl", lines.join("\n").into_bytes())]));
        let found = check::store(&inspector, &mut |_, _| true).unwrap().found;
        found.iter().find(|found| found.kind.code == "alias-swapped").map(|found| found.advice).unwrap()
    };
    assert!(of(&["python"]).starts_with("Call mp.alias("));
    assert!(of(&["python", "node"]).starts_with("Node takes"));
}

#[test]
fn a_threshold_that_is_set_decides_over_the_store_and_in_a_journey() {
    let staff: Vec<String> = (1..=4).map(|nth| format!("{nth} Open(user-{nth}) +user-{nth},shop")).collect();
    let staff = staff.join("\n");
    let has = |users: u64| {
        let mut inspector = Inspector::new(store(&staff));
        inspector.set_thresholds(Thresholds { many_users: users, ..Thresholds::DEFAULT });
        let of_store = check::store(&inspector, &mut |_, _| true).unwrap();
        let of_store = of_store.found.iter().any(|found| found.kind.code == "device-of-many-users");
        let journey = inspector.journey(&Id::new("user-1")).unwrap().unwrap();
        let of_user = journey.findings.iter().any(|finding| finding.code() == "device-of-many-users");
        assert_eq!(of_store, of_user, "{users}");
        of_user
    };
    assert_eq!([3, 4, 5].map(has), [true, true, false], "four users used the device");
    // Rows a little newer than their arrival, found by the sums and by the rows.
    let line =
        r#"{"event":"View","properties":{"distinct_id":"u","time":1562785200,"mp_processing_time_ms":1562785100000}}"#;
    let ahead = |ahead: u64| {
        let mut inspector = Inspector::new(store_of_bytes(&[("one.jsonl", line.as_bytes().to_vec())]));
        inspector.set_thresholds(Thresholds { ahead, ..Thresholds::DEFAULT });
        let of_store = check::store(&inspector, &mut |_, _| true).unwrap().found.len();
        assert_eq!(of_store, inspector.journey(&Id::new("u")).unwrap().unwrap().findings.len());
        of_store
    };
    assert_eq!([99_999, 100_000].map(ahead), [1, 0], "the row is 100 seconds ahead");
}

#[test]
fn the_document_has_every_threshold_with_its_default_and_its_reason() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/docs/findings.md");
    let document = fs::read_to_string(path).unwrap();
    for one in THRESHOLDS {
        let line = format!("| {} | {} | {} | {} |", one.name, Thresholds::DEFAULT.get(one), one.what, one.why);
        assert!(document.contains(&line), "findings.md lacks\n{line}");
    }
}

#[test]
fn lines_add_up_to_the_shares_of_the_whole_store() {
    for case in CASES {
        for story in [case.shows, case.neighbour] {
            for by in [By::Day, By::Client, By::Date(0)] {
                let audit = tallied(&Inspector::new(store(story)), by);
                let mut sum = Tally::default();
                for (_, tally) in &audit.tallies.as_ref().unwrap().lines {
                    sum.add(tally);
                }
                assert_eq!(sum.rates(), audit.rates, "{} by {}: {story}", case.code, by.name());
                assert_eq!((Some(sum.people), sum.rows), (audit.people, audit.events), "{}: {story}", case.code);
            }
        }
    }
}

#[test]
fn a_device_in_other_letters_is_no_other_user_of_itself() {
    let (upper, lower) = ("0F1E2D3C-4B5A-4697-8877-665544332211", "0f1e2d3c-4b5a-4697-8877-665544332211");
    for own in [upper, lower] {
        let story = format!("1 Open({own}) +{own},{upper}\n2 Open(sally) +sally,{upper}");
        assert!(!codes(&story).contains("shared-device"), "{story}");
    }
    let story = format!("1 Open(bob) +bob,{upper}\n2 Open(sally) +sally,{upper}");
    assert!(codes(&story).contains("shared-device"), "{story}");
    // The root of another user can be the device itself.
    let story = format!("1 Open({lower}) +,{lower}\n2 AL(bob -> {lower})\n3 Open(sally) +sally,{lower}");
    assert!(codes(&story).contains("shared-device"), "{story}");
}

/// Rows of a hub: one device with very many users, one user with very many anonymous ids, and one id with
/// very many rows.
fn hub(users: usize, visits: usize, rows: usize) -> String {
    let of_device = (0..users).map(|nth| format!("{nth} Open(user-{nth}) +user-{nth},shop"));
    let of_user = (0..visits).flat_map(|nth| {
        let at = 2_000 + 2 * nth;
        [format!("{at} Land(v-{nth})"), format!("{} ID(hub <= v-{nth}) +hub,v-{nth}", at + 1)]
    });
    let of_id = (0..rows).map(|nth| format!("{} View(heavy)", 5_000 + nth));
    let call = ["9000 AL(heavy -> a-1)".to_owned(), "9001 Buy(a-1)".to_owned()];
    of_device.chain(of_user).chain(of_id).chain(call).collect::<Vec<_>>().join("\n")
}

#[test]
fn heavy_users_and_hubs_are_looked_at_like_all_others() {
    let inspector = Inspector::new(store(&hub(60, 40, 3_000)));
    let found = check::store(&inspector, &mut |_, _| true).unwrap();
    assert_eq!(agreed(&found), agreed(&oracle(&inspector)));
    let of =
        |code: &str| found.found.iter().find(|found| found.kind.code == code).map(|found| (found.people, found.rows));
    assert_eq!(of("device-of-many-users"), Some((60, 0)), "each of them has it");
    assert_eq!(of("alias-used-before"), Some((1, 3_000)), "all rows of the heavy user are counted");
    assert!(of("identify-without-alias").is_some_and(|(people, rows)| people == 1 && rows >= 40));
}

#[test]
fn past_the_limits_of_a_journey_the_whole_store_still_counts_all() {
    // A journey reads a part of such a device, and says so; the look over the store reads all of it.
    let users = 700;
    let inspector = Inspector::new(store(&hub(users, 5, 10)));
    let found = check::store(&inspector, &mut |_, _| true).unwrap();
    let shared = found.found.iter().find(|found| found.kind.code == "shared-device").unwrap();
    assert_eq!((shared.people, found.people), (users as u64, Some(users as u64 + 2)));
}

#[test]
fn the_document_of_findings_has_every_kind() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/docs/findings.md");
    let document = fs::read_to_string(path).unwrap();
    let rows: Vec<&str> = document.lines().filter(|line| line.starts_with("| `")).collect();
    let expected: Vec<String> = all(LEGACY.findings())
        .map(|kind| {
            let rule = kind.rule.strip_prefix("identity.md ").unwrap();
            format!("| `{}` | {} | {} | {rule} |", kind.code, kind.severity.name(), kind.title)
        })
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn a_right_integration_has_no_error_and_no_warning() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/captures/export");
    let mut clean = 0;
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !["a_sally", "d_reset_anon_identify"].iter().any(|flow| name.starts_with(flow)) {
            continue;
        }
        let inspector = Inspector::new(store_of_bytes(&[(&name, fs::read(&file).unwrap())]));
        let found = check::store(&inspector, &mut |_, _| true).unwrap().found;
        let bad: Vec<_> = found.iter().filter(|found| found.kind.severity < Severity::Note).collect();
        assert!(bad.is_empty(), "{name}: {bad:#?}");
        clean += 1;
    }
    assert_eq!(clean, 2, "the files of the flows were not found");
}

#[test]
fn the_document_says_what_each_recorded_flow_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("assets/docs/findings.md")).unwrap();
    let entries = fs::read_dir(root.join("tests/data/captures/export")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut expected = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let inspector = Inspector::new(store_of_bytes(&[(&name, fs::read(&file).unwrap())]));
        let found = check::store(&inspector, &mut |_, _| true).unwrap().found;
        let codes: BTreeSet<String> = found.iter().map(|found| format!("`{}`", found.kind.code)).collect();
        let codes = if codes.is_empty() { "none".to_owned() } else { codes.into_iter().collect::<Vec<_>>().join(", ") };
        let (flow, client) = name.split_once("__").unwrap();
        expected.push(format!("| {flow} | {client} | {codes} |"));
    }
    let table = document.lines().skip_while(|line| *line != "| flow | client | findings |").skip(2);
    let rows: Vec<&str> = table.take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows, expected);
}
