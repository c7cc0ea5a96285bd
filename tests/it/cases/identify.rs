//! From C23 on: identify, devices and what they prove.

use super::{A1, A2};
use crate::support::story::Story;
use journey::identity::journey::Phase;

#[test]
fn c23_each_identify_leaves_an_orphan() {
    let story = Story::new(
        "1 login(G1) +,G1
         2 ID(greatuse2r <= G1) +greatuse2r,G1
         3 home(greatuse2r) +greatuse2r,G1
         10 login2(G2) +,G2
         11 ID(greatuse2r <= G2) +greatuse2r,G2
         12 home2(greatuse2r) +greatuse2r,G2",
    );
    assert_eq!(story.merged("greatuse2r"), "home, home2");
    assert_eq!(story.orphans("greatuse2r"), "G1: login (proof); G2: login2 (proof)");
    assert_eq!(story.points("greatuse2r"), "identify greatuse2r@2, identify greatuse2r@11");
}

#[test]
fn c24_an_anonymous_id_of_two_users_is_contested() {
    let story = Story::new(
        "1 a(G1) +,G1
         2 ID(u1 <= G1) +u1,G1
         3 b(u1) +u1,G1
         4 ID(u2 <= u1) +u2,G1
         5 c(u2) +u2,G1",
    );
    assert_eq!(story.merged("u1"), "b");
    assert_eq!(story.merged("u2"), "c");
    assert_eq!(story.orphans("u1"), "G1: a (proof, contested)");
    assert_eq!(story.orphans("u2"), "G1: a (proof, contested)");
    assert_eq!(story.journey("u1").orphaned_rows(), 0, "a contested row counts for no one");
}

#[test]
fn c25_merge_rows_join_nothing_and_contest_the_device() {
    let story = Story::new(
        "1 v(G1)
         2 MERGE(G1, B)
         3 b(B)
         4 MERGE(G1, C)
         5 c(C)",
    );
    assert_eq!(story.merged("B"), "b");
    assert_eq!(story.merged("C"), "c");
    assert_eq!(story.orphans("B"), "G1: v (proof, contested)");
}

#[test]
fn c26_one_anonymous_id_before_two_logins_is_contested() {
    let story = Story::new(
        "1 v(G1)
         2 ID(1@abc.com <= G1)
         3 x1(1@abc.com)
         4 ID(2@abc.com <= G1)
         5 x2(2@abc.com)",
    );
    assert_eq!(story.merged("1@abc.com"), "x1");
    assert_eq!(story.merged("2@abc.com"), "x2");
    assert_eq!(story.orphans("1@abc.com"), "G1: v (proof, contested)");
}

#[test]
fn c27_a_reset_that_identifies_joins_nothing() {
    let story = Story::new(
        "1 a(G1)
         2 ID(u1 <= G1)
         3 ID(U2 <= u1)
         4 anon2(U2)
         5 ID(u1 <= U2)
         6 b(u1)",
    );
    assert_eq!(story.merged("u1"), "b");
}

#[test]
fn a_client_that_goes_from_an_address_to_a_guid_makes_no_user_of_it() {
    // A reset that identifies with a new anonymous id, or a call with its two ids swapped.
    for more in ["", "1 a(A1)\n2 ID(sam@example.test <= A1)", "1 a(A1)\n2 AL(sam@example.test -> A1)"] {
        let story = Story::new(&format!(
            "{more}
             3 b(sam@example.test)
             4 ID({A2} <= sam@example.test)
             5 c({A2})"
        ));
        assert_eq!((story.points(A2), story.orphans(A2)), (String::new(), String::new()), "{more}");
        assert!(story.journey(A2).steps.iter().all(|step| step.phase == Phase::Anonymous), "{more}");
    }
}

#[test]
fn a_guid_is_a_user_where_its_rows_say_so_or_nothing_says_who_it_was_before() {
    // Apps have GUIDs for people, and anonymous ids of their own.
    let story = Story::new(&format!("1 a(install-7)\n 2 ID({A2} <= install-7)\n 3 c({A2})"));
    assert!(story.points(A2).starts_with(&format!("identify {A2}@2")), "{}", story.points(A2));
    assert_eq!(story.orphans(A2), "install-7: a (proof)");
    let story = Story::new(&format!("1 a({A1})\n 2 ID({A2} <= {A1})\n 3 c({A2})"));
    assert!(story.points(A2).starts_with(&format!("identify {A2}@2")), "{}", story.points(A2));
    // A new id of the user, which the SDK names as that.
    let story = Story::new(&format!("1 a(s@example.test)\n 2 ID({A2} <= s@example.test) +{A2},D\n 3 c({A2}) +{A2},D"));
    assert!(story.points(A2).starts_with(&format!("identify {A2}@2")), "{}", story.points(A2));
}

#[test]
fn c28_a_placeholder_has_no_orphans() {
    let story = Story::new(
        "1 p1(G1) +,G1
         2 ID(null <= G1) +null,G1
         3 p1b(null) +null,G1
         10 p2(G2) +,G2
         11 ID(null <= G2) +null,G2
         12 p2b(null) +null,G2",
    );
    assert_eq!(story.merged("null"), "p1b, p2b");
    assert_eq!(story.orphans("null"), "");
    assert!(story.journey("null").notes[0].contains("no id"));
    assert!(story.journey("G1").orphan_of.is_empty());
    assert_eq!(story.findings("null"), "placeholder-id");
}

#[test]
fn c29_a_literal_instead_of_an_id_is_said_to_be_one() {
    let story = Story::new(
        "1 e1(user_id) +,d1
         2 e2(user_id) +,d2
         3 e3(user_id) +,d3",
    );
    assert_eq!(story.merged("user_id"), "e1, e2, e3");
    assert!(story.journey("user_id").notes[0].contains("many people"));
}

#[test]
fn c30_ids_that_differ_in_case_are_two_ids() {
    let story = Story::new(
        "1 z(an1)
         2 AL(Sally@Gmail.com -> an1)
         3 d(sally@gmail.com)
         4 e(Sally@Gmail.com)",
    );
    assert_eq!(story.merged("an1"), "z, e");
    assert_eq!(story.merged("sally@gmail.com"), "d");
}

#[test]
fn c31_a_returning_user_has_an_orphan_for_each_device() {
    let story = Story::new(
        "1 e1($device:D1) +,D1
         2 e2($device:D1) +,D1
         3 e3(U1) +U1,D1
         4 e4($device:D2) +,D2
         5 e5($device:D2) +,D2
         6 e6(U1) +U1,D2",
    );
    assert_eq!(story.merged("U1"), "e3, e6");
    assert_eq!(story.orphans("U1"), "$device:D1: e1, e2 (proof); $device:D2: e4, e5 (proof)");
    assert_eq!(story.points("U1"), "login U1@3, login U1@6");
}

#[test]
fn c32_a_device_of_two_users_is_contested() {
    let story = Story::new(
        "1 e1($device:D1) +,D1
         2 e2(U1) +U1,D1
         3 e3($device:D1) +,D1
         4 e4(U2) +U2,D1
         5 e5($device:D1) +,D1",
    );
    assert_eq!(story.merged("U1"), "e2");
    assert_eq!(story.merged("U2"), "e4");
    assert_eq!(story.orphans("U1"), "$device:D1: e1, e3, e5 (proof, contested)");
}

#[test]
fn c33_a_bare_device_id_is_found_in_both_meanings() {
    let story = Story::new(
        "1 anon(G1)
         2 both(U1) +U1,G1",
    );
    assert_eq!(story.merged("G1"), "anon");
    assert_eq!(story.journey("G1").orphan_of[0].root.as_str(), "U1");
    assert_eq!(story.merged("$device:G1"), "anon");
}

#[test]
fn c34_a_chain_of_anonymous_ids_is_one_orphan() {
    let story = Story::new(&format!(
        "1 p1({A1})
         2 p2({A2})
         3 AL({A2} -> {A1})
         4 ID(77 <= {A2})
         5 u(77)"
    ));
    assert_eq!(story.merged("77"), "u");
    assert_eq!(story.orphans("77"), format!("{A1}: p1, p2 (proof)"));
    assert_eq!(story.merged(A1), "p1");
    assert_eq!(story.split(A1), "p2 race");
}

#[test]
fn c35_identify_rows_of_page_loads_are_no_logins() {
    let story = Story::new(
        "1 A($device:G) +,G
         2 AL(u -> $device:G) +,G
         2 ID(u <= $device:G) +u,G
         3 C($device:G) +u,G
         9 ID(u <= $device:G) +u,G
         10 D($device:G) +u,G",
    );
    assert_eq!(story.merged("u"), "A, C, D");
    assert_eq!(story.points("u"), "alias u@2");
    let journey = story.journey("u");
    let repeated = journey.steps.iter().rfind(|step| &*step.event.event == "$identify").unwrap();
    assert!(journey.why(repeated).contains("no new login"), "{}", journey.why(repeated));
}

#[test]
fn c36_identify_before_alias_leaves_the_past_an_orphan() {
    let story = Story::new(
        "1 Land(an7) +,an7
         2 ID(u <= an7) +u,an7
         3 Dash(u) +u,an7",
    );
    assert_eq!(story.merged("u"), "Dash");
    assert_eq!(story.orphans("u"), "an7: Land (proof)");
    let kinds: Vec<_> = story.journey("u").orphans[0].evidence.iter().map(|evidence| evidence.kind.name()).collect();
    assert_eq!(kinds[..2], ["identify_event", "device_and_user"]);
    assert_eq!(story.findings("u"), "identify-without-alias");
}

#[test]
fn c37_a_late_answer_after_a_reset_gives_the_next_rows_to_the_last_user() {
    let story = Story::new(
        "1 Pre(an8) +,an8
         2 AL(u -> an8) +,an8
         3 ID(u <= an9) +u,an9
         4 Next(u) +u,an9",
    );
    assert_eq!(story.merged("u"), "Pre, Next");
    assert_eq!(story.orphans("u"), "", "an9 has no rows of its own");
}

#[test]
fn c38_two_aliases_on_one_client_are_harmless_when_both_are_accepted() {
    let story = Story::new(
        "1 A(an)
         2 AL(u -> an)
         3 AL(w -> an)
         4 B(u)
         5 C(w)",
    );
    assert_eq!(story.merged("u"), "A, B, C");
}

#[test]
fn c39_the_old_android_call_points_at_its_original() {
    use journey::model::{Id, Verb};
    let mut story = Story::new(
        "1 Start(orig-id)
         2 AL(u -> cur)
         3 After(u)",
    );
    story.rows[1].verb = Verb::Alias { alias: Some(Id::new("u")), target: Some(Id::new("orig-id")), by_original: true };
    assert_eq!(story.merged("u"), "Start, After");
    assert_eq!(story.calls("u"), "u -> orig-id accepted");
}

#[test]
fn c41_a_late_row_is_placed_by_its_time_and_stored_by_its_arrival() {
    let story = Story::new(
        "1 View(12345)
         2@50 Tap(sally)
         3 AL(sally -> 12345)
         4 SignUp(12345)",
    );
    assert_eq!(story.merged("sally"), "View, Tap, SignUp");
}

#[test]
fn c43_ios_that_identifies_with_the_original_or_the_alias_gives_one_timeline() {
    let before = Story::new(
        "1 Start(d)
         2 AL(u -> d)
         3 Later(d)",
    );
    assert_eq!(before.merged("u"), "Start, Later");
    let from_3_9_1 = Story::new(
        "1 Start(d) +,d
         2 AL(u -> d) +,d
         3 ID(u <= d) +u,d
         4 Later(u) +u,d",
    );
    assert_eq!(from_3_9_1.merged("u"), "Start, Later");
    assert_eq!(from_3_9_1.orphans("u"), "");
}

#[test]
fn an_id_that_only_servers_write_under_is_a_weak_orphan() {
    let story = Story::new(
        "1 View(anon-7f3a) on web · Linux
         2 AL(sally -> anon-7f3a)
         3 AL(sally -> order-99)
         4 Paid(order-99) on python",
    );
    assert_eq!(story.orphans("sally"), "order-99: Paid (weak)");
    assert_eq!(story.journey("sally").orphaned_rows(), 0, "a hint is not counted");
}
