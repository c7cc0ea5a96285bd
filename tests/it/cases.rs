//! The cases of identity.md §7 under the legacy rules, by their numbers there.
//!
//! C40 and C42 are about files and stores: `ingest` has them. C30's numbers are read in
//! `model::json`.

mod around;
mod identify;
mod points;

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
fn c06_without_a_reset_the_next_visitor_is_mixed_in_and_reported() {
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
fn c07_identify_alone_leaves_the_anonymous_past_separate() {
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
    assert_eq!(story.findings("123123"), "", "a new address is no second person");
    let shared = Story::new(
        "1 View(123123)
         2 AL(john@hotmail.com -> 123123)
         50 AL(ann@gmail.com -> 123123)",
    );
    assert_eq!(shared.findings("123123"), "no-reset");
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
fn c20_an_alias_with_data_of_its_own_keeps_it_separate() {
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
    // A row right before the call, or after it and faster, overtook nothing: it is the visitor's own past.
    let soon = Story::new(&format!("19.5 View({A1})\n20@21 AL({A1} -> u6)\n20.2@20.4 Same({A1})\n40 Dash(u6)"));
    assert_eq!(soon.split("u6"), "View race, Same race");
    assert_eq!(soon.findings("u6"), "alias-swapped, alias-used-before");
    // The right way round the same rows are no mistake, and a server row that overtakes the call is still one.
    let right = Story::new(&format!("19.5 View({A1})\n20@21 AL(u6 -> {A1})\n20.2@20.4 Same({A1})\n40 Dash(u6)"));
    assert_eq!(right.findings("u6"), "");
    let race = Story::new(&format!("19.5 View({A1})\n20@21 AL(u6 -> {A1})\n20.2@20.4 Same(u6)\n40 Dash(u6)"));
    assert_eq!(race.findings("u6"), "alias-race");
    assert_eq!(story.merged("u6"), "Same, Dash");
    assert_eq!(story.split("u6"), "View history");
}
