//! What a journey says around its rows: ids, calls, mentions, other users.

use std::collections::BTreeSet;

use journey::identity::{EvidenceKind, Journey, LEGACY, Reason, resolve};
use journey::model::Id;

use super::{A1, A2};
use crate::support::story::{Story, facts_of_files};

/// Role and id of each mention.
fn mentions(journey: &Journey) -> Vec<(&str, &str)> {
    journey.mentions.iter().map(|mention| (mention.role, mention.with.as_str())).collect()
}

#[test]
fn an_id_without_rows_is_named_by_the_role_that_rows_give_it() {
    let identify = Story::new("1 ID(sally <= G9)");
    assert_eq!(mentions(&identify.journey("G9")), [("anonymous id", "sally")]);
    let mut without_id = Story::new("1 ID(sally <= G9)\n2 View(G9)");
    without_id.rows[0].id = None;
    assert_eq!(mentions(&without_id.journey("sally")), [("identified id", "G9")]);
    let user = Story::new("1 View(x) +sally,d-1");
    assert_eq!(mentions(&user.journey("sally")), [("user", "d-1"), ("user", "x")]);
    assert_eq!(mentions(&user.journey("d-1")), [("device", "sally"), ("device", "x")]);
    let merge = Story::new("1 MERGE(x, a, b)");
    assert_eq!(mentions(&merge.journey("b")), [("merged id", "a")]);
    assert_eq!(mentions(&merge.journey("a")), [("merged id", "b"), ("merged id", "x")]);
    let mut previous = Story::new("1 View(x)");
    previous.rows[0].previous = vec![Id::new("before")];
    assert_eq!(mentions(&previous.journey("before")), [("previous id", "x")]);
    let nowhere = Story::new("1 AL(z -> )").journey("z");
    assert_eq!(mentions(&nowhere), [("alias without a target", "z")]);
    assert!(resolve(&user.facts(), &Id::new("elsewhere"), LEGACY).is_none());
}

#[test]
fn a_user_is_mentioned_once_in_each_role() {
    let story = Story::new(
        "1 View(x) +,d-1
         2 AL(y -> x)
         3 View(y) +,d-1
         4 View(z) +,d-1
         5 ID(x <= d-1)",
    );
    assert_eq!(mentions(&story.journey("d-1")), [("anonymous id", "x"), ("device", "x"), ("device", "z")]);
}

#[test]
fn each_id_of_a_user_has_its_rows_counted_with_the_first_and_the_last() {
    let journey = Story::new("1 View(12345)\n3 AL(sally -> 12345)\n4 Buy(12345)\n50 Dash(sally)").journey("sally");
    let ids: Vec<_> =
        journey.ids.iter().map(|member| (member.id.as_str(), member.events, member.first, member.last)).collect();
    assert_eq!(ids, [("12345", 3, Some(1000), Some(4000)), ("sally", 1, Some(50_000), Some(50_000))]);
}

#[test]
fn rows_of_an_orphan_say_so_and_its_calls_stand_as_calls() {
    let journey = Story::new("1 View(12345)\n3 AL(sally -> 12345)\n60 Open(P-1)\n61 AL(sally -> P-1)").journey("sally");
    let reasons: Vec<_> = journey.orphans[0].steps.iter().map(|step| step.reason.clone()).collect();
    assert!(matches!(reasons.as_slice(), [Reason::Orphaned { orphan: 0 }, Reason::Call { call: 1 }]), "{reasons:?}");
}

#[test]
fn a_call_says_when_it_arrived_where_its_row_does() {
    let arrived = |story: &Story| story.journey("sally").aliases[0].arrived;
    let mut story = Story::new("3@5 AL(sally -> 12345)");
    assert_eq!(arrived(&story), Some(5000));
    story.rows[0].arrival = None;
    assert_eq!(arrived(&story), None);
}

#[test]
fn one_call_in_two_overlapping_files_is_one_call() {
    let calls = |one: Option<i64>, other: Option<i64>| {
        let (mut a, mut b) = (Story::new("3 AL(sally -> 12345)"), Story::new("3 AL(sally -> 12345)"));
        (a.rows[0].arrival, b.rows[0].arrival) = (one, other);
        let facts = facts_of_files(&[("a.jsonl", &a.rows), ("b.jsonl", &b.rows)]);
        resolve(&facts, &Id::new("sally"), LEGACY).unwrap().aliases.len()
    };
    assert_eq!(calls(Some(5000), Some(5000)), 1);
    assert_eq!(calls(Some(5000), Some(6000)), 2, "it arrived twice");
    assert_eq!(calls(None, None), 1);
    // In one file, equal calls are two.
    let facts = Story::new("3 AL(sally -> 12345)\n3 AL(sally -> 12345)").facts();
    assert_eq!(resolve(&facts, &Id::new("sally"), LEGACY).unwrap().aliases.len(), 2);
}

#[test]
fn an_id_beyond_the_limit_of_ids_is_in_no_call_of_the_user_and_says_so_when_asked() {
    let mut facts = Story::new("1 View(12345)\n2 AL(sally -> 12345)\n3 AL(ann -> 12345)").facts();
    let calls = |facts: &_| resolve(facts, &Id::new("12345"), LEGACY).unwrap().aliases.len();
    assert_eq!(calls(&facts), 2);
    facts.left_out.insert(Id::new("ann"));
    assert_eq!(calls(&facts), 1);
    let notes = |query: &str| resolve(&facts, &Id::new(query), LEGACY).unwrap().notes;
    assert!(notes("ann").iter().any(|note| note.contains("ann")), "{:?}", notes("ann"));
    assert!(notes("sally").iter().all(|note| !note.contains("ann")));
}

/// Roots of the neighbours, each with whether an `$identify` led there.
fn neighbours(story: &Story, query: &str) -> BTreeSet<(String, bool)> {
    let journey = story.journey(query);
    journey.neighbours.iter().map(|neighbour| (neighbour.root.as_str().to_owned(), neighbour.switched)).collect()
}

#[test]
fn an_identify_from_one_user_to_another_makes_them_neighbours_of_each_other() {
    let story = Story::new("1 View(sally@x.com)\n2 ID(bob@x.com <= sally@x.com)");
    assert_eq!(neighbours(&story, "sally@x.com"), [("bob@x.com".to_owned(), true)].into());
    assert_eq!(neighbours(&story, "bob@x.com"), [("sally@x.com".to_owned(), true)].into());
    // From an anonymous id it is a login, and tells of no other user.
    let login = Story::new("1 View(G1)\n2 ID(bob@x.com <= G1)");
    assert_eq!(neighbours(&login, "bob@x.com"), BTreeSet::new());
    assert_eq!(neighbours(&login, "G1"), [("bob@x.com".to_owned(), true)].into());
    // Back to an anonymous id, the user is no other one.
    let back = Story::new("1 View(sally@x.com)\n2 ID($device:D1 <= sally@x.com)\n3 View($device:D1)");
    assert_eq!(neighbours(&back, "sally@x.com"), BTreeSet::new());
}

#[test]
fn a_placeholder_is_no_neighbour_whether_it_is_named_or_the_root() {
    let device = Story::new("1 View(sally@x.com) +,null\n2 View(bob@x.com) +,null");
    assert_eq!(neighbours(&device, "sally@x.com"), BTreeSet::new());
    let root = Story::new("1 View(sally@x.com) +,d-1\n2 AL(bob@x.com -> null)\n3 View(bob@x.com) +,d-1");
    assert_eq!(neighbours(&root, "sally@x.com"), BTreeSet::new());
    let named = Story::new("1 View(sally@x.com) +,d-1\n2 AL(null -> bob@x.com)\n3 View(null) +,d-1");
    assert_eq!(neighbours(&named, "sally@x.com"), BTreeSet::new());
}

#[test]
fn a_login_on_a_device_of_another_user_makes_neighbours_of_that_user_alone() {
    let story = Story::new(&format!("1 View({A1})\n2 AL(bob@x.com -> {A1})\n3 ID(ann@x.com <= {A1})"));
    assert_eq!(neighbours(&story, "bob@x.com"), [("ann@x.com".to_owned(), true)].into());
    assert_eq!(neighbours(&story, "ann@x.com"), BTreeSet::new(), "her row names a device and no other user");
}

#[test]
fn a_device_ties_anonymous_rows_to_a_known_user_and_to_no_one_else() {
    let tied = |device: &str, id: &str| {
        let story = Story::new(&format!("1 View({A1}) +,{device}\n2 Dash({id}) +,{device}"));
        story.journey(A1).orphan_of.iter().map(|owner| owner.root.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(tied("d-1", "bob@x.com"), ["bob@x.com"]);
    assert_eq!(tied("d-1", A2), [""; 0], "another anonymous id");
    assert_eq!(tied("null", "bob@x.com"), [""; 0], "a placeholder is no device");
}

/// Kinds of the evidence that ties the orphans of a user to it, in order of the kind.
fn evidence(story: &Story, query: &str) -> Vec<EvidenceKind> {
    let journey = story.journey(query);
    let mut kinds: Vec<_> =
        journey.orphans.iter().flat_map(|orphan| &orphan.evidence).map(|evidence| evidence.kind).collect();
    kinds.sort();
    kinds
}

#[test]
fn two_ids_with_devices_in_common_are_one_piece_of_evidence_and_each_refused_call_is_one() {
    let rows = |id: &str| format!("1 View({id}) +,d-1\n2 View({id}) +,d-2\n");
    let bob = "8 Dash(bob@x.com) +,d-1\n9 Dash(bob@x.com) +,d-2\n";
    let one = Story::new(&format!("{}{bob}", rows(A1)));
    assert_eq!(evidence(&one, "bob@x.com"), [EvidenceKind::SameDevice]);
    let two = Story::new(&format!("{}{}3 AL({A2} -> {A1})\n{bob}", rows(A1), rows(A2)));
    assert_eq!(evidence(&two, "bob@x.com"), [EvidenceKind::SameDevice; 2], "each anonymous id");
    let calls = Story::new(&format!(
        "1 View(G0)\n2 AL(bob@x.com -> G0)\n3 View({A1})\n4 AL(bob@x.com -> {A1})\n9 AL(bob@x.com -> {A1})"
    ));
    assert_eq!(evidence(&calls, "bob@x.com"), [EvidenceKind::RefusedAlias; 2]);
    let accepted = Story::new(&format!("1 View({A1})\n2 AL(bob@x.com -> {A1})\n3 AL(bob@x.com -> {A1})"));
    assert_eq!(evidence(&accepted, "bob@x.com"), [], "an accepted call and its repetition join the ids");
}
