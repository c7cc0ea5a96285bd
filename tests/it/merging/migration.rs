//! The migration report of a store against the owner of each row.

use std::collections::{BTreeMap, BTreeSet};

use journey::identity::migration::{Becomes, Migration};
use journey::identity::{Facts, RULE_SETS, RuleSet, named};
use journey::inspect::Inspector;
use journey::inspect::migration::report;
use journey::inspect::rows::facts_of;
use journey::model::Id;
use proptest::prelude::*;

use super::{G1, G2};
use crate::engine::any_history;
use crate::support::stored::{store, store_of};

fn rules(name: &str) -> RuleSet {
    named(name).unwrap()
}

fn migrated(story: &str, from: &str, to: &str) -> Migration {
    report(&Inspector::new(store(story)), rules(from), rules(to), &mut |_, _| true).unwrap()
}

#[test]
fn a_person_whose_client_sends_a_bare_id_is_split_and_the_id_becomes_a_phantom() {
    let story =
        "1 View(an1)\n2 View(an1)\n3 View(an1)\n4 AL(tom@example.com -> an1)\n5 Use(an1)\n6 Back(tom@example.com)";
    let found = migrated(story, "legacy", "simplified");
    let sums = &found.sums;
    assert_eq!((sums.people, sums.same, sums.split, sums.merged), ((1, 2), 0, 1, 0));
    assert_eq!((sums.rows, sums.rows_changed, found.phantoms), (5, 4, 1));
    assert_eq!(found.top[0].id.as_str(), "tom@example.com", "the part that has the name stays");
    assert_eq!(found.top[0].becomes, Becomes::Split(2));
    assert_eq!((found.first[0].change.code, found.first[0].rows), ("bare-anonymous-id", 4));
    assert_eq!(found.refused["ignored"], 1);
}

#[test]
fn a_phone_that_legacy_leaves_behind_comes_together_with_its_user() {
    let story = format!("1 Open({G1}) +,{G1}\n2 ID(u <= {G1}) +u,{G1}\n3 Use(u) +u,{G1}\n4 Use(u) +u,{G1}");
    for to in ["original", "simplified", "posthog", "amplitude", "simple"] {
        let found = migrated(&story, "legacy", to);
        let sums = &found.sums;
        // A bare id next to a $device_id is that device.
        assert_eq!((sums.people, sums.merged, sums.rows_changed), ((2, 1), 2, 1), "{to}");
        assert_eq!(found.top[0].id.as_str(), G1, "{to}");
        assert_eq!(found.first[0].change.code, "nothing-to-do", "{to}");
    }
}

#[test]
fn rows_of_a_device_that_is_named_by_their_id_alone_go_to_the_user_of_their_time() {
    let story = format!(
        "1 View($device:{G1})\n2 In(sally) +sally,{G1}\n3 In(bob) +bob,{G1}\n4 View($device:{G1})\n5 View($device:{G1})"
    );
    let found = migrated(&story, "legacy", "amplitude");
    assert_eq!((found.sums.people, found.sums.rows), ((3, 2), 5), "the device's rows are one person's under legacy");
    assert_eq!((found.sums.split, found.sums.merged), (1, 2), "one row is of sally, two are of bob");
}

#[test]
fn refusals_are_counted_by_the_names_of_the_vendor() {
    let story = format!("1 a({G1})\n2 ID(u1 <= {G1})\n3 ID(u2 <= {G1})\n4 AL(x -> {G2})\n5 AL(x -> {G1})\n6 b(u2)");
    let found = migrated(&story, "legacy", "original");
    assert_eq!((found.refused["errAnonDistinctIdAssignedAlready"], found.refused["errAliasAlreadyExists"]), (1, 1));
    assert_eq!(found.conflicts(), 2);
}

const TWO_PHONES: &str =
    "1 View(12345)\n2 AL(sally -> 12345)\n3 Open(P-1)\n4 Open(P-1)\n5 AL(sally -> P-1)\n6 Use(sally)\n7 Use(P-1)";

#[test]
fn calls_that_the_legacy_rules_refuse_are_counted_on_either_side() {
    let to = migrated(TWO_PHONES, "simplified", "legacy");
    assert_eq!((to.refused.get("already_mapped"), to.conflicts(), to.conflicts_before()), (Some(&1), 1, 0));
    let from = migrated(TWO_PHONES, "legacy", "original");
    assert_eq!(
        (from.refused.get("errAliasAlreadyExists"), from.conflicts(), from.conflicts_before()),
        (Some(&1), 1, 1)
    );
    let line = |found: &Migration| {
        let kinds = journey::report::migration::people(found);
        kinds.into_iter().find(|kind| kind.title == "conflict").unwrap().means
    };
    assert_eq!([line(&to), line(&from)], ["calls and rows refused", "calls and rows refused, 1 before"]);
}

#[test]
fn what_a_taken_alias_costs_are_the_rows_of_the_id_that_asked_for_it() {
    for (from, to) in [("legacy", "original"), ("simplified", "legacy")] {
        let found = migrated(TWO_PHONES, from, to);
        let advice = found.first.iter().find(|advice| advice.change.code == "alias-on-login").unwrap();
        assert_eq!((advice.people, advice.rows), (1, 3), "{to}: the three rows of P-1, and not that of sally");
    }
    let joined =
        format!("1 a(12345)\n2 AL(sally -> 12345)\n3 b({G1})\n4 AL(sally -> {G1})\n5 ID(sally <= {G1})\n6 c(sally)");
    let found = migrated(&joined, "legacy", "original");
    assert_eq!(found.refused["errAliasAlreadyExists"], 1);
    assert!(
        found.first.iter().all(|advice| advice.change.code != "alias-on-login"),
        "an identify joins the two all the same: {:?}",
        found.first
    );
}

#[test]
fn a_call_that_two_files_hold_is_refused_once() {
    let rows = crate::support::story::Story::new(TWO_PHONES).rows;
    let files = [("a.jsonl", rows.as_slice()), ("b.jsonl", rows.as_slice())];
    for (from, to) in [("legacy", "original"), ("simplified", "legacy")] {
        let found = report(&Inspector::new(store_of(&files)), rules(from), rules(to), &mut |_, _| true).unwrap();
        assert_eq!((found.conflicts(), found.sums.rows), (1, 5), "{to}");
    }
}

#[test]
fn people_come_together_by_devices_or_by_calls() {
    let story = format!("1 Open({G1}) +,{G1}\n2 ID(u <= {G1}) +u,{G1}\n3 Use(u) +u,{G1}");
    for (to, how) in [("simplified", "devices"), ("amplitude", "devices"), ("original", "calls"), ("posthog", "calls")]
    {
        let found = migrated(&story, "legacy", to);
        assert_eq!(found.first[0].change.code, "nothing-to-do", "{to}");
        assert!(found.first[0].change.advice.contains(how), "{to}: {}", found.first[0].change.advice);
    }
}

#[test]
fn only_simplified_takes_bare_ids_for_users() {
    for (to, is_said) in [("simplified", true), ("original", false), ("posthog", false), ("legacy", false)] {
        let from = if to == "legacy" { "simplified" } else { "legacy" };
        let kinds = journey::report::migration::people(&migrated(TWO_PHONES, from, to));
        assert_eq!(kinds.iter().any(|kind| kind.title == "phantom"), is_said, "{to}");
    }
}

#[test]
fn bars_of_one_report_have_one_scale() {
    let found = migrated(TWO_PHONES, "legacy", "original");
    assert_eq!(found.sums.people, (2, 2));
    let bars = [0, 1, 2, 9].map(|number| journey::report::migration::bar(number, &found, 20));
    assert_eq!(bars, [0, 10, 20, 20], "a bar is never longer than that of all");
}

#[test]
fn a_look_that_is_stopped_says_so() {
    let found = report(&Inspector::new(store("1 a(u)\n2 b(u)")), rules("legacy"), rules("original"), &mut |_, _| false);
    assert!(found.unwrap().complete, "so few rows are looked at before anyone is asked");
}

/// Rows by owner, of rows that are no calls and that both rule sets give to someone.
fn owners(facts: &Facts, from: RuleSet, to: RuleSet) -> BTreeMap<(Id, Id), u64> {
    let nothing = Id::new("nothing at all");
    let (old, new) = (from.ruled(facts, &nothing), to.ruled(facts, &nothing));
    let mut shares = BTreeMap::new();
    for (old, new) in old.rows.iter().zip(&new.rows) {
        assert_eq!(old.event.row, new.event.row);
        if let (Some(before), Some(after), false) = (&old.owner, &new.owner, old.event.verb.is_about_ids()) {
            *shares.entry((before.clone(), after.clone())).or_insert(0) += 1;
        }
    }
    shares
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_report_counts_the_owners_of_all_rows(rows in any_history(), from in 0_usize..6, to in 0_usize..6) {
        let mut rows = rows;
        rows.sort_by_key(|row| row.arrival);
        for (line, row) in (1..).zip(&mut rows) {
            row.line = line;
            // What no export says, a store does not hold.
            row.flags = journey::model::Flags::default();
        }
        let (from, to) = (RULE_SETS[from], RULE_SETS[to]);
        let found = report(&Inspector::new(store_of(&[("a.jsonl", &rows)])), from, to, &mut |_, _| true).unwrap();
        let shares = owners(&facts_of(&[("a.jsonl", &rows)]), from, to);
        let count = |side: fn(&(Id, Id)) -> &Id| shares.keys().map(side).collect::<BTreeSet<_>>().len() as u64;
        let people = (count(|pair| &pair.0), count(|pair| &pair.1));
        prop_assert_eq!(found.sums.people, people, "{} to {}", from.name(), to.name());
        prop_assert_eq!(found.sums.rows, shares.values().sum::<u64>());
        let new_of = |old: &Id| shares.keys().filter(|(known, _)| known == old).map(|(_, new)| new).collect::<Vec<_>>();
        let olds: BTreeSet<&Id> = shares.keys().map(|(old, _)| old).collect();
        let split = olds.iter().filter(|old| new_of(old).len() > 1).count() as u64;
        let same = olds.iter().filter(|old| match new_of(old).as_slice() {
            [new] => shares.keys().filter(|(_, known)| known == *new).count() == 1,
            _ => false,
        }).count() as u64;
        prop_assert_eq!((found.sums.split, found.sums.same), (split, same), "{} to {}", from.name(), to.name());
        prop_assert_eq!(found.sums.merged, olds.len() as u64 - split - same);
    }
}
