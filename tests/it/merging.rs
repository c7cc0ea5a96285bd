//! Rule sets that join ids: the cases of identity.md §7 under Original and Simplified ID Merge, the
//! table of §3.3, what PostHog's own tests say of its persons, and what Amplitude's documents say.

mod columns;
mod exported;
mod migration;
mod odd;
mod oracle;
mod others;
mod people;
mod said;
mod what_if;

use crate::support::story::Story;

const G1: &str = "a1111111-1111-4111-8111-111111111111";
const G2: &str = "b2222222-2222-4222-8222-222222222222";

/// Rows of `query` under Original, under Simplified.
fn both(story: &Story, query: &str) -> [String; 2] {
    ["original", "simplified"].map(|rules| story.rows_by(rules, query))
}

#[test]
fn c01_seed() {
    let story = Story::new(
        "1 View(12345)
         2 View2(12345)
         3 AL(sally@gmail.com -> 12345)
         4 SignUp(12345)
         50 Dash(sally@gmail.com)",
    );
    assert_eq!(both(&story, "sally@gmail.com"), ["View, View2, SignUp, Dash", "Dash"]);
    assert_eq!(both(&story, "12345"), ["View, View2, SignUp, Dash", "View, View2, SignUp"]);
    assert_eq!(story.calls_by("simplified", "12345"), "sally@gmail.com -> 12345 ignored");
}

#[test]
fn c02_a_second_alias_is_refused_by_its_name() {
    let story = Story::new(
        "1 View(12345)
         3 AL(sally -> 12345)
         60 AppOpen(P-1)
         61 AL(sally -> P-1)
         62 AppBuy(P-1)",
    );
    assert_eq!(both(&story, "P-1"), ["AppOpen, AppBuy", "AppOpen, AppBuy"]);
    assert_eq!(story.rows_by("original", "sally"), "View");
    assert_eq!(story.calls_by("original", "sally"), "sally -> 12345 accepted; sally -> P-1 errAliasAlreadyExists");
}

#[test]
fn c03_to_c05_identify_that_sends_no_row_joins_nothing() {
    let story = Story::new(
        "1 View(12345)
         3 AL(sally -> 12345)
         60 AppOpen(P-1)
         62 AppBuy(12345)
         63 AppUse(sally)",
    );
    assert_eq!(both(&story, "sally"), ["View, AppBuy, AppUse", "AppUse"]);
    assert_eq!(both(&story, "P-1"), ["AppOpen", "AppOpen"]);
    let reset = Story::new(
        "1 View(12345)
         2 AL(sally -> 12345)
         3 Buy(12345)
         10 Browse(A2)
         12 Back(sally)",
    );
    assert_eq!(both(&reset, "sally"), ["View, Buy, Back", "Back"]);
    assert_eq!(both(&reset, "A2"), ["Browse", "Browse"]);
}

#[test]
fn c06_and_c07_ids_without_a_call_stay_two() {
    let shared = Story::new(
        "1 View(12345)
         2 AL(sally -> 12345)
         3 Logout(12345)
         4 Browse(12345)
         6 BobBuy(bob)",
    );
    assert_eq!(shared.rows_by("original", "sally"), "View, Logout, Browse");
    assert_eq!(both(&shared, "bob"), ["BobBuy", "BobBuy"]);
    let known = Story::new("1 Land(A9)\n3 Dash(ann@x.com)");
    assert_eq!(both(&known, "ann@x.com"), ["Dash", "Dash"]);
    assert_eq!(both(&known, "A9"), ["Land", "Land"]);
}

#[test]
fn c08_to_c11_what_is_joined_takes_its_past_so_there_is_no_race() {
    for (call, welcome) in [("3@4.2", "3.1@3.4"), ("3@4.2", "3.1@5.2"), ("3@90", "3.1@90.1")] {
        let story = Story::new(&format!(
            "1 View(12345)
             {call} AL(sally -> 12345)
             {welcome} Welcome(sally)
             6@100 Later(sally)"
        ));
        assert_eq!(both(&story, "sally"), ["View, Welcome, Later", "Welcome, Later"]);
    }
    let charlie = Story::new(
        "0 Visit(13bbf)
         100@100.5 AL(Charlie -> 13bbf)
         100.1@100.2 SrvSignup(Charlie)
         300 AppOpen(f47ac)
         400 Login(Charlie)",
    );
    assert_eq!(charlie.rows_by("original", "Charlie"), "Visit, SrvSignup, Login");
    assert_eq!(charlie.rows_by("original", "f47ac"), "AppOpen");
}

#[test]
fn c12_and_c15_the_second_device_is_separate_in_original() {
    let js17 = Story::new(
        "1 Land(123456-whatever)
         2 AL(john@example.com -> 123456-whatever)
         3 Use(123456-whatever)
         100 Land2(654321-other)
         101 AL(john@example.com -> 654321-other)
         102 Use2(654321-other)
         200 Login3(john@example.com)",
    );
    assert_eq!(both(&js17, "john@example.com"), ["Land, Use, Login3", "Login3"]);
    assert_eq!(both(&js17, "654321-other"), ["Land2, Use2", "Land2, Use2"]);
    let segment = Story::new(
        "1 Open(an1)
         2 AL(u7 -> an1)
         3 SignUp(u7)
         10 Open2(an2)
         11 AL(u7 -> an2)
         12 Login(u7)",
    );
    assert_eq!(both(&segment, "u7"), ["Open, SignUp, Login", "SignUp, Login"]);
    assert_eq!(segment.calls_by("original", "an2"), "u7 -> an2 errAliasAlreadyExists");
    assert_eq!(segment.journey_by("original", "u7").orphans[0].id.as_str(), "an2");
}

#[test]
fn c13_and_c16_and_c21_aliases_and_chains_are_one_cluster() {
    let android = Story::new(
        "1 AppOpen(andr-1)
         2@3 AL(uuid-u -> andr-1)
         2.1@2.3 SrvProfile(uuid-u)
         9 SrvPost(uuid-u)
         10 Tap(uuid-u)",
    );
    assert_eq!(both(&android, "uuid-u"), ["AppOpen, SrvProfile, SrvPost, Tap", "SrvProfile, SrvPost, Tap"]);
    let chain = Story::new(
        "1 View(123123)
         2 AL(john@hotmail.com -> 123123)
         50 AL(john@gmail.com -> john@hotmail.com)
         51 New(john@gmail.com)
         52 Old(john@hotmail.com)",
    );
    for id in ["123123", "john@hotmail.com", "john@gmail.com"] {
        assert_eq!(chain.rows_by("original", id), "View, New, Old");
    }
    assert_eq!(chain.rows_by("simplified", "john@gmail.com"), "New");
    let two = Story::new("1 View(12345)\n2 AL(sally -> 12345)\n3 AL(uid-9 -> 12345)\n4 Srv(uid-9)\n5 Web(sally)");
    assert_eq!(both(&two, "uid-9"), ["View, Srv, Web", "Srv"]);
}

#[test]
fn c14_the_form_of_the_anonymous_id_decides_in_original() {
    let story = |one: &str, other: &str| {
        Story::new(&format!(
            "1 Browse({one}) +,{one}
             2 ID(c7 <= {one}) +c7,{one}
             3 Shop(c7) +c7,{one}
             10 Browse2({other}) +,{other}
             11 ID(c8 <= {other}) +c8,{other}
             12 Shop2(c8) +c8,{other}"
        ))
    };
    let guids = story(G1, G2);
    assert_eq!(both(&guids, "c7"), ["Browse, Shop", "Browse, Shop"]);
    assert_eq!(both(&guids, "c8"), ["Browse2, Shop2", "Browse2, Shop2"]);
    let literal = story("d-1", "d-2");
    assert_eq!(both(&literal, "c7"), ["Shop", "Browse, Shop"]);
    assert_eq!(literal.calls_by("original", "c7"), "d-1 -> c7 errAnonDistinctIdNonGUIDForm");
    let orphans = literal.journey_by("original", "c7").orphans;
    assert_eq!(orphans.iter().map(|orphan| orphan.id.as_str()).collect::<Vec<_>>(), ["d-1"]);
}

#[test]
fn c17_and_c18_and_c20_chains_circles_and_used_ids_are_one_cluster() {
    let prepend = Story::new("1 X0(X)\n1.5 A0(A)\n2 AL(B -> A)\n3 B1(B)\n10 AL(A -> X)\n11 A2(A)\n12 B2(B)");
    assert_eq!(both(&prepend, "B"), ["X0, A0, B1, A2, B2", "B1, B2"]);
    let circle = Story::new("1 A0(A)\n2 B0(B)\n3 AL(A -> B)\n4 AL(B -> A)\n5 A1(A)\n6 B1(B)");
    assert_eq!(both(&circle, "A"), ["A0, B0, A1, B1", "A0, A1"]);
    let used = Story::new("1 OldBuy(sally)\n10 Land(an5)\n11 AL(sally -> an5)\n12 New(sally)");
    assert_eq!(both(&used, "sally"), ["OldBuy, Land, New", "OldBuy, New"]);
}

#[test]
fn c19_a_call_with_one_id_or_none_is_refused() {
    let story = Story::new("1 AL(x -> x)\n2 AL(\"\" -> y)\n3 e(x)");
    assert_eq!(both(&story, "x"), ["e", "e"]);
    assert_eq!(story.calls_by("original", "x"), "x -> x errSameIDs");
    assert_eq!(story.calls_by("original", "y"), " -> y empty_id");
}

#[test]
fn c22_swapped_arguments_are_one_cluster_all_the_same() {
    let story = Story::new("1 View(an6)\n2 AL(an6 -> u6)\n3 Same(an6)\n4 Dash(u6)");
    assert_eq!(both(&story, "u6"), ["View, Same, Dash", "Dash"]);
}

#[test]
fn c23_each_login_joins_its_device() {
    let story = Story::new(&format!(
        "1 login({G1}) +,{G1}
         2 ID(greatuse2r <= {G1}) +greatuse2r,{G1}
         3 home(greatuse2r) +greatuse2r,{G1}
         10 login2({G2}) +,{G2}
         11 ID(greatuse2r <= {G2}) +greatuse2r,{G2}
         12 home2(greatuse2r) +greatuse2r,{G2}"
    ));
    for rules in ["original", "simplified", "posthog", "amplitude", "simple"] {
        assert_eq!(story.rows_by(rules, "greatuse2r"), "login, home, login2, home2", "{rules}");
        assert_eq!(story.rows_by(rules, G2), "login, home, login2, home2", "{rules}");
    }
    let ids = story.journey_by("original", G1).ids;
    assert_eq!(ids.iter().map(|member| member.id.as_str()).collect::<Vec<_>>(), ["greatuse2r", G1, G2]);
}

#[test]
fn c24_a_user_id_as_the_anonymous_one_is_refused() {
    let story = Story::new(&format!(
        "1 a({G1}) +,{G1}
         2 ID(u1 <= {G1}) +u1,{G1}
         3 b(u1) +u1,{G1}
         4 ID(u2 <= u1) +u2,{G1}
         5 c(u2) +u2,{G1}"
    ));
    assert_eq!(both(&story, "u1"), ["a, b", "a, b"]);
    assert_eq!(both(&story, "u2"), ["c", "c"]);
    assert!(story.calls_by("original", "u2").contains("u1 -> u2 errAnonDistinctIdNonGUIDForm"));
    assert!(
        story.calls_by("simplified", "u2").ends_with(&format!("$device:{G1} -> u2 errAnonDistinctIdAssignedAlready"))
    );
    let neighbours = story.journey_by("simplified", "u2").neighbours;
    assert_eq!(neighbours[0].root.as_str(), "u1");
}

#[test]
fn c25_and_c26_merge_takes_what_identify_refuses() {
    let merge = Story::new(&format!("1 v({G1})\n2 MERGE({G1}, B)\n3 b(B)\n4 MERGE({G1}, C)\n5 c(C)"));
    assert_eq!(merge.rows_by("original", "B"), "v, b, c", "irreversibly one person");
    assert_eq!(merge.rows_by("simplified", "B"), "b");
    let identify = Story::new(&format!(
        "1 v({G1})
         2 ID(1@abc.com <= {G1})
         3 x1(1@abc.com)
         4 ID(2@abc.com <= {G1})
         5 x2(2@abc.com)"
    ));
    assert_eq!(identify.rows_by("original", "1@abc.com"), "v, x1");
    assert_eq!(identify.rows_by("original", "2@abc.com"), "x2");
    assert!(identify.calls_by("original", "2@abc.com").contains("errAnonDistinctIdAssignedAlready"));
    let props = Story::new(&format!("1 v({G1}) +,{G1}\n3 x1(b) +b,{G1}\n5 x2(c) +c,{G1}"));
    assert_eq!((props.rows_by("simplified", "b"), props.rows_by("simplified", "c")), ("v, x1".into(), "x2".into()));
}

#[test]
fn c27_and_c28_an_anonymous_id_that_is_a_user_and_one_that_is_none() {
    let u2 = "c3333333-3333-4333-8333-333333333333";
    let wrapper =
        Story::new(&format!("1 a({G1})\n2 ID(u1 <= {G1})\n3 ID({u2} <= u1)\n4 anon2({u2})\n5 ID(u1 <= {u2})\n6 b(u1)"));
    assert_eq!(wrapper.rows_by("original", "u1"), "a, anon2, b");
    assert!(wrapper.calls_by("original", "u1").contains(&format!("u1 -> {u2} errAnonDistinctIdNonGUIDForm")));
    let null = Story::new(&format!(
        "1 p1({G1})\n2 ID(null <= {G1})\n3 p1b(null)\n4 p2({G2})\n5 ID(null <= {G2})\n6 p2b(null)"
    ));
    assert_eq!(null.rows_by("original", "null"), "p1, p1b, p2, p2b", "two people are one");
    assert_eq!(null.rows_by("posthog", "null"), "p1b, p2b", "PostHog refuses such an id");
    assert!(null.calls_by("posthog", G1).contains("cannot_merge_with_illegal_distinct_id"));
}

#[test]
fn c29_to_c30_ids_are_compared_as_they_are() {
    let literal = Story::new("1 e1(user_id)\n2 e2(user_id)\n3 e3(user_id)");
    assert_eq!(both(&literal, "user_id"), ["e1, e2, e3", "e1, e2, e3"]);
    let case = Story::new("1 z(an1)\n2 AL(Sally@Gmail.com -> an1)\n3 d(sally@gmail.com)\n4 e(Sally@Gmail.com)");
    assert_eq!(both(&case, "an1"), ["z, e", "z"]);
}

#[test]
fn c31_to_c33_devices_have_one_user_and_bare_ids_are_users() {
    let returning = Story::new(
        "1 e1($device:D1) +,D1\n2 e2($device:D1) +,D1\n3 e3(U1) +U1,D1
         4 e4($device:D2) +,D2\n5 e5($device:D2) +,D2\n6 e6(U1) +U1,D2",
    );
    assert_eq!(returning.rows_by("simplified", "U1"), "e1, e2, e3, e4, e5, e6");
    assert_eq!(returning.journey_by("simplified", "D2").root.unwrap().as_str(), "U1");
    let conflict = Story::new(
        "1 e1($device:D1) +,D1\n2 e2(U1) +U1,D1\n3 e3($device:D1) +,D1\n4 e4(U2) +U2,D1\n5 e5($device:D1) +,D1",
    );
    assert_eq!(conflict.rows_by("simplified", "U1"), "e1, e2, e3, e5");
    assert_eq!(conflict.rows_by("simplified", "U2"), "e4");
    let phantom = Story::new(&format!("1 anon({G1})\n2 both(U1) +U1,{G1}"));
    assert_eq!(phantom.rows_by("simplified", "U1"), "both");
    assert_eq!(phantom.rows_by("simplified", G1), "anon", "the user of that name");
    assert_eq!(phantom.rows_by("simplified", &format!("$device:{G1}")), "both", "the device of that name");
}

#[test]
fn c34_and_c35_alias_and_identify_are_one_chain_and_properties_join_without_them() {
    let (a1, a2) = (G1, G2);
    let chain = Story::new(&format!("1 p1({a1})\n2 p2({a2})\n3 AL({a2} -> {a1})\n4 ID(77 <= {a2})\n5 u(77)"));
    assert_eq!(chain.rows_by("original", "77"), "p1, p2, u");
    let wire = Story::new(&format!(
        "1 A($device:{G1}) +,{G1}
         2 AL(u -> $device:{G1}) +,{G1}
         3 ID(u <= $device:{G1}) +u,{G1}
         4 C($device:{G1}) +u,{G1}
         9 ID(u <= $device:{G1}) +u,{G1}"
    ));
    assert_eq!(both(&wire, "u"), ["A, C", "A, C"]);
}

#[test]
fn c36_to_c39_flows_of_sdks() {
    let identify_first = Story::new(&format!("1 Land({G1})\n2 ID(u <= {G1})\n3 Dash(u) +u,{G1}"));
    assert_eq!(both(&identify_first, "u"), ["Land, Dash", "Dash"], "a bare id without $device_id is a user");
    let late = Story::new(&format!("1 Pre({G1})\n2 AL(u -> {G1})\n3 ID(u <= {G2})\n4 Next(u) +u,{G2}"));
    assert_eq!(both(&late, "u"), ["Pre, Next", "Next"]);
    let twice = Story::new("1 A(an)\n2 AL(u -> an)\n3 AL(w -> an)\n4 B(u)\n5 C(w)");
    assert_eq!(both(&twice, "u"), ["A, B, C", "B"]);
    assert_eq!(twice.rows_by("original", "w"), "A, B, C");
}

#[test]
fn c41_arrival_decides_who_and_time_decides_where() {
    let story = Story::new("1 View(12345)\n3 AL(sally -> 12345)\n2@50 Tap(sally)");
    assert_eq!(both(&story, "sally"), ["View, Tap", "Tap"]);
}

#[test]
fn c43_ids_that_ios_sends_are_one_cluster() {
    let story = Story::new(&format!("1 Open({G1})\n2 AL(u -> {G1})\n3 Tap({G1})\n4 ID(u <= {G1})\n5 Buy(u)"));
    assert_eq!(both(&story, "u"), ["Open, Tap, Buy", "Buy"]);
}

#[test]
fn a_cluster_of_original_has_at_most_500_ids() {
    use std::fmt::Write as _;
    let mut rows = String::from("0 Root(root)\n");
    for at in 1..=500 {
        writeln!(rows, "{at} AL(a-{at} -> root)").unwrap();
    }
    rows.push_str("600 In(a-499)\n601 Out(a-500)");
    let story = Story::new(&rows);
    assert_eq!(story.rows_by("original", "root"), "Root, In");
    assert_eq!(story.journey_by("original", "root").ids.len(), 500);
    assert!(story.calls_by("original", "a-500").ends_with("a-500 -> root errManyIDs"));
}

/// The case of C40: two equal lines and one that is processed later; and of C42: two tokens.
#[test]
fn c40_and_c42_deliveries_count_once_and_projects_are_told_apart_by_their_stores() {
    use journey::model::Id;

    let mut story = Story::new("1 A(12345)\n1 A(12345)\n2 AL(sally -> 12345)\n3 B(sally)");
    for row in story.rows.iter_mut().filter(|row| row.event == "A") {
        row.insert_id = Some("i-1".to_owned());
    }
    assert_eq!(both(&story, "sally"), ["A, B", "B"]);
    assert_eq!(both(&story, "12345"), ["A, B", "A"]);
    for rules in ["original", "simplified", "posthog", "amplitude", "simple"] {
        let journey = story.journey_by(rules, "12345");
        let first = journey.steps.iter().find(|step| &*step.event.event == "A").unwrap();
        assert_eq!(first.copies.len(), 1, "{rules}: the other delivery is a copy");
    }
    // A store is one project: the calls of another one are in another store.
    let one = Story::new("1 AL(sally -> 12345)");
    let other = Story::new("2 Dash(sally)\n3 View(12345)");
    assert_eq!(both(&other, "sally"), ["Dash", "Dash"]);
    let together = crate::support::story::facts_of_files(&[("t1", &one.rows), ("t2", &other.rows)]);
    let journey =
        journey::identity::resolve(&together, &Id::new("sally"), journey::identity::named("original").unwrap());
    assert_eq!(journey.unwrap().steps.len(), 3, "in one store they are one project: the call, Dash and View");
}
