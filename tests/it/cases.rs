//! The cases of identity.md §7 under the legacy rules, by their numbers there.
//!
//! C40 and C42 are about files and stores: `ingest` has them. C30's numbers are read in
//! `model::json`.

use crate::support::story::Story;

const A1: &str = "a1111111-1111-4111-8111-111111111111";
const A2: &str = "a2222222-2222-4222-8222-222222222222";

#[test]
fn c01_sally_is_one_person_before_and_after_the_alias() {
    let story = Story::new(
        "1 View(12345)
         2 View2(12345)
         3 AL(sally@gmail.com -> 12345)
         4 SignUp(12345)
         50 Dash(sally@gmail.com)",
    );
    for query in ["sally@gmail.com", "12345"] {
        assert_eq!(story.merged(query), "View, View2, SignUp, Dash");
        assert_eq!(story.split(query), "");
        assert_eq!(story.orphans(query), "");
        assert_eq!(story.journey(query).root.unwrap().as_str(), "12345");
    }
    assert_eq!(story.points("12345"), "alias sally@gmail.com@3, login sally@gmail.com@50");
    assert_eq!(story.findings("12345"), "");
}

#[test]
fn c02_a_second_alias_is_refused_and_the_phone_is_an_orphan() {
    let story = Story::new(
        "1 View(12345)
         3 AL(sally -> 12345)
         60 AppOpen(P-1)
         61 AL(sally -> P-1)
         62 AppBuy(P-1)",
    );
    assert_eq!(story.calls("sally"), "sally -> 12345 accepted; sally -> P-1 already_mapped");
    assert_eq!(story.merged("sally"), "View");
    assert_eq!(story.orphans("sally"), "P-1: AppOpen, AppBuy (proof)");
    assert_eq!(story.merged("P-1"), "AppOpen, AppBuy");
    assert_eq!(story.calls("P-1"), "sally -> P-1 already_mapped");
    assert_eq!(story.journey("P-1").orphan_of[0].root.as_str(), "12345");
    assert_eq!(story.findings("sally"), "alias-on-login");
}

#[test]
fn c03_identify_with_the_first_id_merges_what_follows_and_leaves_the_past() {
    let story = Story::new(
        "1 View(12345)
         3 AL(sally -> 12345)
         60 AppOpen(P-1)
         62 AppBuy(12345)",
    );
    assert_eq!(story.merged("sally"), "View, AppBuy");
    assert_eq!(story.orphans("sally"), "", "the data has nothing that joins P-1");
    let with_device = Story::new(
        "1 View(12345)
         3 AL(sally -> 12345)
         60 AppOpen(P-1) +,d-phone
         62 AppBuy(12345) +,d-phone",
    );
    assert_eq!(with_device.orphans("sally"), "P-1: AppOpen (weak)", "no SDK makes ids like P-1");
    let made_by_sdk = Story::new(&format!(
        "1 View(12345)
         3 AL(sally -> 12345)
         60 AppOpen({A2}) +,d-phone
         62 AppBuy(12345) +,d-phone"
    ));
    assert_eq!(made_by_sdk.orphans("sally"), format!("{A2}: AppOpen (strong)"));
}

#[test]
fn c04_identify_with_the_alias_gives_the_same_timeline() {
    let story = Story::new(
        "1 View(12345)
         3 AL(sally -> 12345)
         60 AppOpen(P-1)
         62 AppBuy(sally)",
    );
    assert_eq!(story.merged("sally"), "View, AppBuy");
    let journey = story.journey("sally");
    let bought = journey.steps.last().unwrap();
    assert_eq!(bought.event.id.as_ref().unwrap().as_str(), "sally");
    assert_eq!(bought.stored_under.as_str(), "12345");
}

#[test]
fn c05_after_a_reset_rows_stay_anonymous_until_identify() {
    let story = Story::new(
        "1 View(12345)
         2 AL(sally -> 12345)
         3 Buy(12345)
         10 Browse(A2)
         12 Back(sally)",
    );
    assert_eq!(story.merged("sally"), "View, Buy, Back");
    assert_eq!(story.merged("A2"), "Browse");
}

#[test]
fn c06_without_a_reset_the_next_visitor_is_mixed_in_and_told_of() {
    let story = Story::new(
        "1 View(12345)
         2 AL(sally -> 12345)
         3 Logout(12345) +sally,d-1
         4 Browse(12345) +sally,d-1
         6 BobBuy(bob) +bob,d-1",
    );
    assert_eq!(story.merged("sally"), "View, Logout, Browse");
    assert_eq!(story.merged("bob"), "BobBuy");
    assert_eq!(story.orphans("sally"), "");
    assert_eq!(story.orphans("bob"), "");
    let neighbours = story.journey("sally").neighbours;
    assert_eq!(neighbours.len(), 1);
    assert_eq!(neighbours[0].root.as_str(), "bob");
    assert_eq!(story.findings("sally"), "shared-device");
}

#[test]
fn c07_identify_alone_leaves_the_anonymous_past_apart() {
    let story = Story::new(
        "1 Land(A9)
         3 Dash(ann@x.com)",
    );
    assert_eq!(story.merged("ann@x.com"), "Dash");
    assert_eq!(story.calls("ann@x.com"), "");
    assert_eq!(story.merged("A9"), "Land");
    assert_eq!(story.points("ann@x.com"), "login ann@x.com@3");
}

#[test]
fn c08_a_server_row_that_beats_the_alias_is_a_race() {
    let story = Story::new(
        "1 View(12345)
         3@4.2 AL(sally -> 12345)
         3.1@3.4 Welcome(sally)
         6 Later(sally)",
    );
    assert_eq!(story.merged("sally"), "View, Later");
    assert_eq!(story.split("sally"), "Welcome race");
    assert_eq!(story.findings("sally"), "alias-race");
}

#[test]
fn c09_a_second_later_there_is_no_race() {
    let story = Story::new(
        "1 View(12345)
         3@4.2 AL(sally -> 12345)
         3.1@5.2 Welcome(sally)
         6 Later(sally)",
    );
    assert_eq!(story.merged("sally"), "View, Welcome, Later");
    assert_eq!(story.split("sally"), "");
}

#[test]
fn c10_a_backlog_that_keeps_the_order_is_no_race() {
    let story = Story::new(
        "1 View(12345)
         3@90 AL(sally -> 12345)
         3.1@90.1 Welcome(sally)",
    );
    assert_eq!(story.merged("sally"), "View, Welcome");
}

#[test]
fn c11_charlie_has_a_split_sign_up() {
    let story = Story::new(
        "0 Visit(13bbf7943e584-0885c2531-5c793977-3e8000-13bbf7943e64cf)
         3600@3600.001 AL(Charlie -> 13bbf7943e584-0885c2531-5c793977-3e8000-13bbf7943e64cf)
         3600 SrvSignup(Charlie)
         10800 AppOpen(f47ac10b-58cc-4372-a567-0e02b2c3d479)
         11700 Login(Charlie)",
    );
    assert_eq!(story.merged("Charlie"), "Visit, Login");
    assert_eq!(story.split("Charlie"), "SrvSignup race");
    assert_eq!(story.merged("f47ac10b-58cc-4372-a567-0e02b2c3d479"), "AppOpen");
}

#[test]
fn c12_a_month_later_the_alias_is_refused_and_the_browser_is_lost() {
    let story = Story::new(
        "1 Land(123456-whatever)
         2 AL(john@example.com -> 123456-whatever)
         3 Use(123456-whatever)
         2600000 Land(654321-other)
         2600001 AL(john@example.com -> 654321-other)
         2600002 Use2(654321-other)
         2700000 Login3(john@example.com)",
    );
    assert_eq!(story.merged("john@example.com"), "Land, Use, Login3");
    assert_eq!(story.orphans("john@example.com"), "654321-other: Land, Use2 (proof)");
}

#[test]
fn c13_rows_under_the_phone_id_are_no_problem_only_the_early_one_is() {
    let story = Story::new(
        "1 AppOpen(andr-1)
         2@3 AL(uuid-u -> andr-1)
         2.1@2.3 SrvProfile(uuid-u)
         9 SrvPost(uuid-u)
         10 Tap(uuid-u)",
    );
    assert_eq!(story.merged("uuid-u"), "AppOpen, SrvPost, Tap");
    assert_eq!(story.merged("andr-1"), "AppOpen, SrvPost, Tap");
    assert_eq!(story.split("uuid-u"), "SrvProfile race");
    assert_eq!(story.journey("uuid-u").root.unwrap().as_str(), "andr-1");
}

#[test]
fn c14_proof_for_one_user_beats_a_shared_device_for_another() {
    let story = Story::new(
        "1 Browse(d-1) +,tablet
         2 ID(c7 <= d-1) +c7,tablet
         3 Shop(c7) +c7,tablet
         10 Browse2(d-2) +,tablet
         11 ID(c8 <= d-2) +c8,tablet
         12 Shop2(c8) +c8,tablet",
    );
    assert_eq!(story.merged("c7"), "Shop");
    assert_eq!(story.orphans("c7"), "d-1: Browse (proof)");
    assert_eq!(story.merged("c8"), "Shop2");
    assert_eq!(story.orphans("c8"), "d-2: Browse2 (proof)");
}

#[test]
fn c15_the_second_alias_after_a_reset_is_refused() {
    let story = Story::new(
        "1 Open(an1)
         2 AL(u7 -> an1)
         3 SignUp(u7)
         10 Open2(an2)
         11 AL(u7 -> an2)
         12 Login(u7)",
    );
    assert_eq!(story.merged("u7"), "Open, SignUp, Login");
    assert_eq!(story.orphans("u7"), "an2: Open2 (proof)");
}

#[test]
fn c16_an_alias_of_an_alias_leads_to_the_first_id() {
    let story = Story::new(
        "1 View(123123)
         2 AL(john@hotmail.com -> 123123)
         50 AL(john@gmail.com -> john@hotmail.com)
         51 New(john@gmail.com)
         52 Old(john@hotmail.com)",
    );
    for query in ["123123", "john@hotmail.com", "john@gmail.com"] {
        assert_eq!(story.merged(query), "View, New, Old");
    }
}

#[test]
fn c17_a_chain_made_at_its_front_strands_what_was_stored_before() {
    let story = Story::new(
        "1 X0(X)
         1.5 A0(A)
         2 AL(B -> A)
         3 B1(B)
         10 AL(A -> X)
         11 A2(A)
         12 B2(B)",
    );
    assert_eq!(story.merged("B"), "X0, A2, B2");
    assert_eq!(story.split("B"), "A0 history, B1 history");
    let journey = story.journey("B");
    let stored = |name: &str| {
        journey.steps.iter().find(|step| &*step.event.event == name).unwrap().stored_under.as_str().to_owned()
    };
    assert_eq!((stored("A0"), stored("B1"), stored("B2")), ("A".into(), "A".into(), "X".into()));
    assert_eq!(story.findings("B"), "alias-before-root, alias-used-before");
}

#[test]
fn c18_an_alias_that_would_close_a_circle_is_refused() {
    let story = Story::new(
        "1 A0(A)
         2 B0(B)
         3 AL(A -> B)
         4 AL(B -> A)
         5 A1(A)
         6 B1(B)",
    );
    assert_eq!(story.calls("A"), "A -> B accepted; B -> A cycle");
    assert_eq!(story.merged("A"), "B0, A1, B1");
    assert_eq!(story.split("A"), "A0 history");
}

#[test]
fn c19_self_and_empty_aliases_are_refused() {
    let story = Story::new(
        "1 AL(x -> x)
         2 AL( -> y)
         3 AL(z -> )
         4 e(x)",
    );
    assert_eq!(story.calls("x"), "x -> x self");
    assert_eq!(story.merged("x"), "e");
    assert_eq!(story.calls("y"), " -> y empty_alias");
    let nowhere = story.journey("z");
    assert!(nowhere.root.is_none());
    assert_eq!(story.calls("z"), "z ->  empty_distinct_id");
}

#[test]
fn c20_an_alias_with_data_of_its_own_keeps_it_apart() {
    let story = Story::new(
        "1 OldBuy(sally)
         10 Land(an5)
         11 AL(sally -> an5)
         12 New(sally)",
    );
    assert_eq!(story.merged("sally"), "Land, New");
    assert_eq!(story.split("sally"), "OldBuy history");
    assert_eq!(story.findings("sally"), "alias-used-before");
}

#[test]
fn c21_two_aliases_of_one_id_are_one_person() {
    let story = Story::new(
        "1 View(12345)
         2 AL(sally -> 12345)
         3 AL(uid-9 -> 12345)
         4 Srv(uid-9)
         5 Web(sally)",
    );
    assert_eq!(story.merged("uid-9"), "View, Srv, Web");
}

#[test]
fn c22_swapped_arguments_split_the_anonymous_past() {
    let story = Story::new(
        "1 View(an6)
         20 AL(an6 -> u6)
         30 Same(an6)
         40 Dash(u6)",
    );
    let real = Story::new(&format!("1 View({A1})\n20 AL({A1} -> u6)\n30 Same({A1})"));
    assert_eq!(real.findings("u6"), "alias-swapped, alias-used-before");
    assert_eq!(story.merged("u6"), "Same, Dash");
    assert_eq!(story.split("u6"), "View history");
}

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
    assert_eq!(story.journey("u1").orphaned_rows(), 0, "a contested row counts for nobody");
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
