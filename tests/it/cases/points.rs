//! Where a user becomes known, and where a client state ends (identity.md §6).

use journey::identity::{LEGACY, resolve};
use journey::model::{Flags, Id};

use super::A2;
use crate::support::story::Story;

/// What the first reset of a journey says.
fn reset(story: &Story, query: &str) -> Option<String> {
    story.journey(query).points.iter().find(|point| point.inferred).map(|point| point.why.clone())
}

#[test]
fn only_an_accepted_call_is_an_identify_point() {
    let story = Story::new(
        "1 View(12345)
         3 AL(sally -> 12345)
         60 Open(P-1)
         61 AL(sally -> P-1)
         62 AL(sally -> 12345)",
    );
    assert_eq!(story.points("sally"), "alias sally@3");
}

#[test]
fn a_row_of_an_alias_table_says_who_a_user_is_and_not_when_it_became_known() {
    let mut facts = Story::new("1 View(12345)\n3 AL(sally -> 12345)\n4 Buy(12345)").facts();
    facts.events.retain(|event| !event.verb.is_about_ids());
    facts.calls[0].from_table = true;
    assert!(resolve(&facts, &Id::new("sally"), LEGACY).unwrap().points.is_empty());
}

#[test]
fn an_identify_with_itself_is_a_login_and_no_identify_point() {
    assert_eq!(Story::new("1 ID(sally <= sally) +sally,d-1").points("sally"), "login sally@1");
    assert_eq!(Story::new("1 ID(sally <= G1) +sally,d-1").points("sally"), "identify sally@1");
}

#[test]
fn what_names_the_device_of_its_own_row_makes_no_user_known() {
    assert_eq!(Story::new("1 View(x) +d-1,d-1").points("x"), "");
    assert_eq!(Story::new("1 View(x) +sally,d-1").points("x"), "login sally@1");
    assert_eq!(Story::new("1 View(x)\n2 AL(d-1 -> x) +,d-1").points("x"), "");
    assert_eq!(Story::new("1 View(x)\n2 AL(d-2 -> x) +,d-1").points("x"), "alias d-2@2");
    // With `$had_persisted_distinct_id` the device may be an old user id, and so says nothing of the user.
    let mut persisted = Story::new("1 View(x) +d-1,d-1");
    persisted.rows[0].flags.set(Flags::HAD_PERSISTED);
    assert_eq!(persisted.points("x"), "login d-1@1");
}

#[test]
fn the_user_of_a_row_without_an_id_is_known_unless_it_has_the_form_of_an_anonymous_id() {
    assert_eq!(Story::new("1 View(null) +sally,d-1").points("null"), "login sally@1");
    assert_eq!(Story::new(&format!("1 View(null) +{A2},d-1")).points("null"), "");
    assert_eq!(Story::new("1 View(null) +undefined,d-1").points("null"), "");
}

#[test]
fn a_state_that_became_known_by_its_alias_call_has_no_login() {
    let story = Story::new(
        "1 View(12345) +,d-1
         3 AL(sally -> 12345) +,d-1
         4 Buy(sally) +sally,d-1",
    );
    assert_eq!(story.points("sally"), "alias sally@3");
    let other_device = Story::new(
        "1 View(12345) +,d-1
         3 AL(sally -> 12345) +,d-1
         4 Buy(sally) +sally,d-2",
    );
    assert_eq!(other_device.points("sally"), "alias sally@3, login sally@4");
}

#[test]
fn neither_a_server_nor_a_repeated_identify_logs_in() {
    let alias = "1 View(12345)\n3 AL(sally -> 12345)";
    let points = |row: &str| Story::new(&format!("{alias}\n{row}")).points("sally");
    assert_eq!(points("5 Paid(sally) on node"), "alias sally@3");
    assert_eq!(points("5 Paid(sally) on web"), "alias sally@3, login sally@5");
    assert_eq!(points("5 ID(sally <= 12345)"), "alias sally@3");
    assert_eq!(points("5 ID(sally <= G1)"), "alias sally@3, identify sally@5");
}

#[test]
fn a_row_that_names_the_person_before_the_alias_call_is_the_first_point() {
    // An `$identify` is one also where it names the state that the alias joins later.
    let identify = Story::new("1 ID(sally <= 12345)\n3 AL(sally -> 12345)");
    assert_eq!(identify.points("sally"), "identify sally@1, alias sally@3");
    let server = Story::new("1 Paid(sally) +sally, on node\n2 Paid(sally) +sally, on node\n3 AL(sally -> 12345)");
    assert_eq!(server.points("sally"), "login sally@1, alias sally@3");
    // The ids of an `$identify` of two anonymous ids are not the person that its `$user_id` names.
    let anonymous = Story::new("1 ID(G1 <= G2) +sally,G1");
    assert_eq!(anonymous.points("G1"), "login sally@1");
}

const WEB: &str = "on web · Linux";

/// Sally on device `d-1`, then an orphan of hers that begins at 60 s on `d-2`; `more` has rows of other times.
fn two_states(more: &str) -> Story {
    Story::new(&format!(
        "1 View(12345) +,d-1 {WEB}
         3 AL(sally -> 12345) +,d-1 {WEB}
         60 Open({A2}) +,d-2 {WEB}
         65 ID(sally <= {A2}) +sally,d-2 {WEB}
         {more}"
    ))
}

#[test]
fn a_reset_is_inferred_where_one_state_ends_and_an_orphan_of_the_same_client_begins() {
    let why = reset(&two_states(""), "sally").unwrap();
    assert!(why.contains("d-1") && why.contains(A2), "{why}");
    assert_eq!(two_states("").points("sally"), format!("alias sally@3, reset {A2}@60, identify sally@65"));
    // A state that goes on was not reset.
    assert_eq!(reset(&two_states(&format!("62 Back(12345) +,d-1 {WEB}")), "sally"), None);
    // A server says nothing of a client state, neither that it goes on nor that it ended.
    assert!(reset(&two_states("62 Paid(12345) +,d-1 on node"), "sally").is_some());
    // Another system is another client.
    let elsewhere = Story::new(&format!(
        "1 View(12345) +,d-1 on web · Mac OS X
         3 AL(sally -> 12345) +,d-1 on web · Mac OS X
         60 Open({A2}) +,d-2 {WEB}
         65 ID(sally <= {A2}) +sally,d-2 {WEB}"
    ));
    assert_eq!(reset(&elsewhere, "sally"), None);
}

#[test]
fn a_client_that_says_only_its_library_tells_no_reset() {
    let story = Story::new(&format!(
        "1 View(12345) +,d-1 on web
         3 AL(sally -> 12345) +,d-1 on web
         60 Open({A2}) +,d-2 on web
         65 ID(sally <= {A2}) +sally,d-2 on web"
    ));
    assert_eq!(reset(&story, "sally"), None);
}

#[test]
fn two_states_that_begin_in_one_millisecond_are_no_reset_of_each_other() {
    let state = |first: &str| {
        Story::new(&format!(
            "1 View(12345)
             3 AL(sally -> 12345)
             {first} Back(sally) +sally,d-1 {WEB}
             60 Open({A2}) +,d-2 {WEB}
             65 ID(sally <= {A2}) +sally,d-2 {WEB}"
        ))
    };
    assert_eq!(reset(&state("60"), "sally"), None);
    assert!(reset(&state("59.999"), "sally").is_some());
}

/// Between the two states an orphan on `d-3`, which another user claims as well with `more`.
fn three_states(more: &str) -> Story {
    two_states(&format!(
        "20 Open(G3) +,d-3 {WEB}
         25 ID(sally <= G3) +sally,d-3 {WEB}
         {more}"
    ))
}

#[test]
fn of_several_states_before_an_orphan_the_reset_ended_the_last_one_that_is_surely_of_the_user() {
    let last = |story: &Story| {
        let journey = story.journey("sally");
        journey.points.iter().rfind(|point| point.inferred).map(|point| point.why.clone()).unwrap()
    };
    let why = last(&three_states(""));
    assert!(why.contains("d-3") && !why.contains("d-1"), "{why}");
    // Rows of an orphan alone show a state of the user, too.
    let why = last(&two_states(&format!("20 Open(G3) +,d-3 {WEB}\n64 ID(sally <= G3) on node")));
    assert!(why.contains("d-3"), "{why}");
    // A contested orphan may be of the other user.
    let why =
        last(&two_states(&format!("20 Open(G3) +,d-3 {WEB}\n64 ID(sally <= G3) on node\n64 ID(bob <= G3) on node")));
    assert!(why.contains("d-1"), "{why}");
}

#[test]
fn a_device_is_one_state_with_its_prefix_and_without() {
    // Web sends `$device:D` as the id and `D` as the device; old versions send no device.
    let story = Story::new(&format!(
        "1 View($device:D1) {WEB}
         3 AL(sally -> $device:D1) +,D1 {WEB}
         60 Open({A2}) +,d-2 {WEB}
         62 Back($device:D1) {WEB}
         65 ID(sally <= {A2}) +sally,d-2 {WEB}"
    ));
    assert_eq!(reset(&story, "sally"), None, "the state goes on at 62 s");
}
