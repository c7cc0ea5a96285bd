//! What would have been with a call taken away, changed or added.

use journey::identity::what_if::{Call, Change, NEW_DEVICE, Outcome, Unfit, changed};
use journey::identity::{LEGACY, RULE_SETS, resolve};
use journey::model::{Id, VerbKind};
use proptest::prelude::*;

use super::G1;
use crate::engine::any_history;
use crate::support::story::{Story, facts};

fn outcome(story: &Story, query: &str, changes: &[Change]) -> Outcome {
    Outcome::of(&story.facts(), &Id::new(query), LEGACY, changes).unwrap().unwrap()
}

/// Names of the rows that are not as they were, and whose they are then.
fn printed(outcome: &Outcome) -> String {
    let rows = outcome.rows.iter().map(|(before, after)| {
        let (before, after) = (before.map(|at| &outcome.before.rows[at]), after.map(|at| &outcome.after.rows[at]));
        let owner = after.map_or("not sent", |held| held.owner.as_ref().map_or("no one", Id::as_str));
        format!("{} {owner}", before.or(after).unwrap().event.event)
    });
    rows.collect::<Vec<_>>().join(", ")
}

const SIGN_UP: &str = "1 View(12345)
     2 Plan(12345)
     3 AL(sally -> 12345)
     4 SignUp(12345)
     60 AppOpen(P-1)
     61 AL(sally -> P-1)
     62 AppBuy(P-1)";

#[test]
fn without_its_alias_a_past_stays_behind() {
    let story = Story::new("1 View(12345)\n3 AL(sally -> 12345)\n4 SignUp(sally)");
    let found = outcome(&story, "sally", &[Change::Without(2)]);
    assert_eq!(found.own_rows(), (3, 1));
    assert_eq!((printed(&found), found.refused()), ("View 12345, $create_alias not sent".to_owned(), (0, 0)));
}

#[test]
fn identify_in_place_of_a_refused_alias_sends_later_rows_under_the_user() {
    let story = Story::new(SIGN_UP);
    let found = outcome(&story, "sally", &[Change::Identify(6)]);
    assert_eq!((found.own_rows(), found.refused()), ((4, 6), (1, 0)));
    assert_eq!(found.missing, (3, 1), "what was sent before stays behind");
    assert!(printed(&found).ends_with("AppBuy 12345"), "{}", printed(&found));
    assert_eq!(changed(&story.facts(), &[Change::Identify(1)]).unwrap_err(), Unfit::NoAlias);
    assert_eq!(changed(&story.facts(), &[Change::Without(99)]).unwrap_err(), Unfit::NoRow);
}

#[test]
fn identify_in_place_of_an_alias_changes_later_rows_of_its_own_client_alone() {
    let story = Story::new(
        "1 View(12345) +,d-1
         2 AL(sally -> 12345) +,d-1
         3 Buy(12345) +,d-1
         4 Other(12345) +,d-2
         5 Bill(12345) on node",
    );
    let found = printed(&outcome(&story, "12345", &[Change::Identify(2)]));
    assert!(found.contains("Buy sally"), "{found}");
    for other in ["View", "Other", "Bill"] {
        assert!(!found.contains(other), "{found}");
    }
}

#[test]
fn rows_and_calls_of_the_user_are_listed_with_what_changes_and_those_of_others_are_not() {
    let story = Story::new(
        "1 View(12345)
         2 Plan(12345)
         3 AL(sally -> 12345)
         4 Buy(sally)
         5 Else(bob)
         6 AL(bobby -> bob)
         7 AL(sally -> bob)
         8 Gone(sally)",
    );
    let found = outcome(&story, "sally", &[Change::Without(8)]);
    let listed: Vec<i64> =
        found.all.iter().filter_map(|(at, _)| Some(found.before.rows[(*at)?].event.time / 1000)).collect();
    assert_eq!(listed, [1, 2, 3, 4, 7, 8], "the call of 7 s names the user, and its row is of another");
    assert_eq!(printed(&found), "Gone not sent");
}

#[test]
fn a_link_dates_from_the_row_that_arrived_first_whatever_the_order_of_the_rows() {
    let mut facts = Story::new("2@3 View(a) +,d\n1@10 View(a) +,d\n5@20 Other(b)").facts();
    for _ in 0..2 {
        facts.events.reverse();
        let after = changed(&facts, &[Change::Without(3)]).unwrap();
        let links: Vec<_> = after.links.iter().map(|link| (link.rows, link.time, link.arrived)).collect();
        assert_eq!(links, [(2, 2000, 3000)]);
    }
}

#[test]
fn a_reset_at_logout_keeps_the_next_visitor_separate() {
    let story = Story::new(
        "1 View(12345) +,d-1
         2 AL(sally -> 12345) +,d-1
         3 Logout(12345) +sally,d-1
         4 Browse(12345) +sally,d-1
         6 BobBuy(bob) +bob,d-1",
    );
    let found = outcome(&story, "sally", &[Change::Reset(4)]);
    assert_eq!(found.own_rows(), (4, 3));
    assert_eq!(printed(&found), format!("Browse {NEW_DEVICE}"));
    let simplified = Outcome::of(&story.facts(), &Id::new("bob"), RULE_SETS[2], &[Change::Reset(4)]).unwrap().unwrap();
    assert_eq!(simplified.own_rows(), (1, 2), "the device after the reset is Bob's");
}

#[test]
fn a_reset_changes_the_rows_of_one_client_until_it_is_known_again() {
    let facts = Story::new(
        "1 View(12345) +,d-1
         2 AL(sally -> 12345) +,d-1
         3 Browse(12345) +sally,d-1
         4 Look(12345) +sally,d-1
         5 Elsewhere(12345) +,d-2
         6 AL(carl -> 12345) +,d-1
         7 ID(dora <= x9) +,d-1
         8 ID(bob <= 12345) +,d-1
         9 Next(12345) +,d-1",
    )
    .facts();
    let after = changed(&facts, &[Change::Reset(3)]).unwrap();
    let text = |id: &Option<Id>| id.as_ref().map_or(String::new(), |id| id.as_str().replace(NEW_DEVICE, "NEW"));
    let rows: Vec<[String; 4]> = after
        .events
        .iter()
        .map(|event| [text(&event.id), text(&event.other), text(&event.user), text(&event.device)])
        .collect();
    let rows: Vec<String> = rows.iter().map(|row| row.join(" ")).collect();
    assert_eq!(
        rows,
        [
            "12345   d-1",
            "12345 sally  d-1",
            "NEW   NEW",
            "NEW   NEW",
            "12345   d-2",
            "NEW carl  NEW",
            // From here on a person is known; what was anonymous before is the new id.
            "dora x9  NEW",
            "bob NEW  NEW",
            "12345   NEW",
        ]
    );
    let targets: Vec<String> = after.calls.iter().map(|call| text(&call.target)).collect();
    assert_eq!(targets, ["12345", "NEW"]);
}

#[test]
fn a_client_without_a_device_is_known_by_its_program_and_id() {
    let facts = Story::new(
        "1 View(12345) on web · Linux
         2 Browse(12345) on web · Linux
         3 Note(other) on web · Linux
         4 Bill(12345) on node",
    )
    .facts();
    let after = changed(&facts, &[Change::Reset(2)]).unwrap();
    let ids: Vec<&str> = after.events.iter().map(|event| event.id.as_ref().unwrap().as_str()).collect();
    assert_eq!(ids, ["12345", NEW_DEVICE, "other", "12345"]);
    // A row under another id ends what a reset began, also without a `$user_id`.
    let facts = Story::new("1 View(12345) +,d-1\n2 Browse(12345) +,d-1\n3 Buy(bob) +,d-1\n4 Next(12345) +,d-1").facts();
    let after = changed(&facts, &[Change::Reset(2)]).unwrap();
    let ids: Vec<&str> = after.events.iter().map(|event| event.id.as_ref().unwrap().as_str()).collect();
    assert_eq!(ids, ["12345", NEW_DEVICE, "bob", "12345"]);
}

#[test]
fn no_change_leaves_all_as_it_is_and_a_call_that_is_added_is_a_row_of_its_own() {
    let facts = Story::new(&format!(
        "1 Land({G1}) +,d-1\n3@2 Dash(ann@x.com) +ann@x.com,d-1\n4 Dash(ann@x.com) +ann@x.com,d-1"
    ))
    .facts();
    let links = |facts: &journey::identity::Facts| {
        let mut links: Vec<_> = facts.links.iter().map(|link| format!("{link:?}")).collect();
        links.sort();
        links
    };
    assert_eq!(links(&changed(&facts, &[]).unwrap()), links(&facts));
    let call = |verb| Change::Add(Call { verb, one: Id::new("ann@x.com"), other: Id::new(G1), at: 2_000 });
    let added = changed(&facts, &[call(VerbKind::Alias), call(VerbKind::Identify)]).unwrap();
    let rows: std::collections::BTreeSet<i64> = added.events.iter().map(|event| event.row).collect();
    let hashes: std::collections::BTreeSet<i64> = added.events.iter().map(|event| event.hash).collect();
    assert_eq!((added.events.len(), rows.len(), hashes.len()), (5, 5, 5));
}

#[test]
fn a_server_row_that_waits_a_second_loses_no_race() {
    let story = Story::new("1 View(12345)\n3@4.2 AL(sally -> 12345)\n3.1@3.4 Welcome(sally)\n6 Later(sally)");
    let found = outcome(&story, "sally", &[Change::Later(2, 1_000)]);
    assert_eq!((found.own_rows(), printed(&found)), ((3, 4), "Welcome 12345".to_owned()));
    let too_soon = outcome(&story, "sally", &[Change::Later(2, 100)]);
    assert_eq!(too_soon.own_rows(), (3, 3));
}

#[test]
fn a_call_that_was_not_made_joins_as_if_it_had_been() {
    let story = Story::new(&format!("1 Land({G1})\n3 Dash(ann@x.com)"));
    let call =
        |verb, one: &str, other: &str| Change::Add(Call { verb, one: Id::new(one), other: Id::new(other), at: 2_000 });
    let alias = outcome(&story, "ann@x.com", &[call(VerbKind::Alias, "ann@x.com", G1)]);
    assert_eq!(alias.own_rows(), (1, 3));
    let identify = call(VerbKind::Identify, G1, "ann@x.com");
    let original = Outcome::of(&story.facts(), &Id::new("ann@x.com"), RULE_SETS[1], &[identify]).unwrap().unwrap();
    assert_eq!(original.own_rows(), (1, 3));
    assert_eq!(original.people(), (2, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn without_a_row_is_as_if_it_had_never_been_there(rows in any_history(), nth in 0_usize..40) {
        let mut rows = rows;
        for row in &mut rows {
            // A link that no row at hand says again is kept: here every row is at hand.
            row.previous.clear();
        }
        rows.retain(|row| row.verb.kind() != VerbKind::Merge);
        if rows.is_empty() {
            return Ok(());
        }
        let nth = nth % rows.len();
        let all = facts(&rows);
        let row = i64::try_from(nth).unwrap() + 1;
        let without = changed(&all, &[Change::Without(row)]).unwrap();
        let mut fewer = rows.clone();
        fewer.remove(nth);
        let fewer = facts(&fewer);
        for rules in RULE_SETS {
            for id in crate::engine::IDS.iter().map(|id| Id::new(id)) {
                let lines = |facts| resolve(facts, &id, *rules).map(|journey| {
                    let lines: Vec<u64> = journey.steps.iter().map(|step| step.event.source.line).collect();
                    (journey.root.clone(), lines, journey.orphaned_rows())
                });
                prop_assert_eq!(lines(&without), lines(&fewer), "{} of {} without row {}", rules.name(), id.as_str(), row);
            }
        }
    }
}
