//! Columns of identity.md §7 and §3.3 that the cases of the other tests leave out: the answers of Simplified ID Merge,
//! PostHog and Amplitude to the same rows.

use journey::model::Flags;

use super::{G1, G2, both};
use crate::support::story::Story;

/// Rows of a user under PostHog and under Amplitude.
fn vendors(story: &Story, query: &str) -> [String; 2] {
    ["posthog", "amplitude"].map(|rules| story.rows_by(rules, query))
}

#[test]
fn c01_to_c05_in_posthog_an_alias_joins_and_in_amplitude_it_does_nothing() {
    let seed = Story::new("1 View(12345)\n3 AL(sally -> 12345)\n4 SignUp(12345)\n50 Dash(sally)");
    assert_eq!(vendors(&seed, "sally"), ["View, SignUp, Dash", "Dash"]);
    assert_eq!(vendors(&seed, "12345"), ["View, SignUp, Dash", "View, SignUp"]);
    let phone = Story::new("1 View(12345)\n3 AL(sally -> 12345)\n60 Open(P-1)\n61 AL(sally -> P-1)\n62 Buy(P-1)");
    assert_eq!(vendors(&phone, "P-1"), ["Open, Buy", "Open, Buy"]);
    assert_eq!(phone.calls_by("posthog", "P-1"), "sally -> P-1 cannot_merge_already_identified");
    assert_eq!(phone.calls_by("simplified", "P-1"), "sally -> P-1 ignored");
    assert_eq!(phone.calls_by("amplitude", "P-1"), "sally -> P-1 ignored");
}

#[test]
fn c06_and_c11_and_c18_the_rows_of_an_alias_stay_its_own_in_simplified() {
    let shared = Story::new("1 View(12345)\n2 AL(sally -> 12345)\n3 Logout(12345)\n4 Browse(12345)\n6 BobBuy(bob)");
    assert_eq!(both(&shared, "12345"), ["View, Logout, Browse"; 2]);
    let charlie = Story::new(
        "0 Visit(13bbf)\n100@100.5 AL(Charlie -> 13bbf)\n100.1@100.2 SrvSignup(Charlie)\n300 AppOpen(f47ac)\n400 Login(Charlie)",
    );
    assert_eq!(both(&charlie, "Charlie"), ["Visit, SrvSignup, Login", "SrvSignup, Login"]);
    assert_eq!(both(&charlie, "13bbf"), ["Visit, SrvSignup, Login", "Visit"]);
    assert_eq!(both(&charlie, "f47ac"), ["AppOpen"; 2]);
    let circle = Story::new("1 A0(A)\n2 B0(B)\n3 AL(A -> B)\n4 AL(B -> A)\n5 A1(A)\n6 B1(B)");
    assert_eq!(both(&circle, "B"), ["A0, B0, A1, B1", "B0, B1"]);
    assert_eq!(circle.calls_by("original", "A"), "A -> B accepted; B -> A duplicate");
}

#[test]
fn c12_and_c15_a_second_alias_has_the_same_name_of_refusal_for_each_client() {
    let story = Story::new("1 Land(b1)\n2 AL(john -> b1)\n3 Land2(b2)\n4 AL(john -> b2)\n5 Use2(b2)\n6 In(john)");
    assert_eq!(story.calls_by("original", "b2"), "john -> b2 errAliasAlreadyExists");
    assert_eq!(story.calls_by("posthog", "b2"), "john -> b2 cannot_merge_already_identified");
    assert_eq!(vendors(&story, "john"), ["Land, In", "In"]);
}

#[test]
fn c16_and_c19_and_c20_calls_that_simplified_ignores_leave_each_id_alone() {
    let chain = Story::new("1 View(1)\n2 AL(hot -> 1)\n50 AL(gm -> hot)\n51 New(gm)\n52 Old(hot)");
    assert_eq!([1, 2, 3].map(|at| chain.rows_by("simplified", ["1", "hot", "gm"][at - 1])), ["View", "Old", "New"]);
    assert_eq!(chain.rows_by("posthog", "1"), "View, New, Old", "an id that was never seen joins any person");
    let with_itself = Story::new("1 AL(x -> x)\n2 AL(\"\" -> y)\n3 e(x)");
    assert_eq!(with_itself.calls_by("simplified", "x"), "x -> x ignored");
    assert_eq!(with_itself.calls_by("posthog", "x"), "x -> x same_ids");
    let used = Story::new("1 OldBuy(sally)\n10 Land(an5)\n11 AL(sally -> an5)\n12 New(sally)");
    assert_eq!(both(&used, "an5"), ["OldBuy, Land, New", "Land"]);
    assert_eq!(vendors(&used, "an5"), ["OldBuy, Land, New", "Land"], "sally's person is not identified");
}

#[test]
fn c24_in_posthog_the_second_user_is_refused_once_seen_and_in_amplitude_always_another() {
    let story = |seen: &str| {
        Story::new(&format!(
            "{seen}1 a({G1}) +,{G1}\n2 ID(u1 <= {G1}) +u1,{G1}\n3 b(u1) +u1,{G1}\n4 ID(u2 <= u1) +u2,{G1}\n5 c(u2) +u2,{G1}"
        ))
    };
    let known = story("0 seen(u2) +u2,\n");
    assert_eq!(vendors(&known, "u1"), ["a, b", "a, b"]);
    assert_eq!(vendors(&known, "u2"), ["seen, c", "seen, c"]);
    assert!(known.calls_by("posthog", "u2").contains("u1 -> u2 cannot_merge_already_identified"));
    let new = story("");
    assert_eq!(
        vendors(&new, "u1"),
        ["a, b, c", "a, b"],
        "PostHog adds an id that was never seen to the other's person"
    );
    assert_eq!(new.rows_by("amplitude", "u2"), "c");
}

#[test]
fn c25_and_c26_what_posthog_merges_dangerously_and_what_each_refuses_by_name() {
    let merge = Story::new(&format!("1 v({G1})\n2 MERGE(B, {G1})\n3 b(B)\n4 MERGE({G1}, C)\n5 c(C)"));
    assert_eq!(vendors(&merge, "B"), ["v, b, c", "b"]);
    assert_eq!(merge.calls_by("simplified", "B"), format!("{G1} -> B ignored"));
    let identify = |seen: &str| {
        Story::new(&format!("{seen}1 v({G1})\n2 ID(one <= {G1})\n3 x1(one)\n4 ID(two <= {G1})\n5 x2(two)"))
    };
    let known = identify("0 seen(two)\n");
    assert_eq!([known.rows_by("posthog", "one"), known.rows_by("posthog", "two")], ["v, x1", "seen, x2"]);
    assert!(known.calls_by("posthog", "two").ends_with("cannot_merge_already_identified"));
    assert_eq!(identify("").rows_by("posthog", "two"), "v, x1, x2");
    let props = Story::new(&format!("1 v({G1}) +,{G1}\n3 x1(one) +one,{G1}\n5 x2(two) +two,{G1}\n6 w({G1}) +,{G1}"));
    assert!(props.calls_by("simplified", "two").ends_with("errAnonDistinctIdAssignedAlready"));
    assert_eq!(["one", "two"].map(|id| props.rows_by("simplified", id)), ["v, x1, w", "x2"]);
    assert_eq!(["one", "two"].map(|id| props.rows_by("amplitude", id)), ["v, x1", "x2, w"]);
}

#[test]
fn c27_and_c28_with_the_properties_that_sdks_send() {
    let u2 = "c3333333-3333-4333-8333-333333333333";
    let wrapper =
        Story::new(&format!("1 a({G1})\n2 ID(u1 <= {G1})\n3 ID({u2} <= u1)\n4 anon2({u2})\n5 ID(u1 <= {u2})\n6 b(u1)"));
    assert_eq!(both(&wrapper, "u1"), ["a, anon2, b", "b"]);
    let null = Story::new(&format!(
        "1 p1({G1}) +,{G1}\n2 ID(null <= {G1}) +null,{G1}\n3 p1b(null) +null,{G1}\n4 p2({G2}) +,{G2}\n5 ID(null <= {G2}) +null,{G2}\n6 p2b(null) +null,{G2}"
    ));
    assert_eq!(both(&null, "null"), ["p1, p1b, p2, p2b"; 2], "both people are one");
    assert_eq!(null.rows_by("posthog", G1), "p1");
}

#[test]
fn c30_ids_that_differ_in_case_are_two_in_each() {
    let case = Story::new("1 z(an1)\n2 AL(Sally@Gmail.com -> an1)\n3 d(sally@gmail.com)\n4 e(Sally@Gmail.com)");
    assert_eq!(both(&case, "sally@gmail.com"), ["d"; 2]);
    assert_eq!(both(&case, "Sally@Gmail.com"), ["z, e", "e"]);
    assert_eq!(vendors(&case, "sally@gmail.com"), ["d"; 2]);
}

#[test]
fn c31_to_c33_in_original_and_amplitude() {
    let returning = Story::new(
        "1 e1($device:D1) +,D1\n2 e2($device:D1) +,D1\n3 e3(U1) +U1,D1
         4 e4($device:D2) +,D2\n5 e5($device:D2) +,D2\n6 e6(U1) +U1,D2",
    );
    assert_eq!(returning.rows_by("original", "U1"), "e3, e6", "properties do not join");
    assert_eq!(vendors(&returning, "U1"), ["e3, e6", "e1, e2, e3, e4, e5, e6"]);
    let conflict = Story::new(
        "1 e1($device:D1) +,D1\n2 e2(U1) +U1,D1\n3 e3($device:D1) +,D1\n4 e4(U2) +U2,D1\n5 e5($device:D1) +,D1",
    );
    assert_eq!(conflict.calls_by("simplified", "U2"), "$device:D1 -> U2 errAnonDistinctIdAssignedAlready");
    assert_eq!(["U1", "U2"].map(|id| conflict.rows_by("amplitude", id)), ["e1, e2, e3", "e4, e5"]);
    let phantom = Story::new(&format!("1 anon({G1})\n2 both(U1) +U1,{G1}"));
    assert_eq!(phantom.rows_by("original", "U1"), "both");
    assert_eq!(phantom.rows_by("amplitude", "U1"), "anon, both", "an id that an SDK made is a device");
}

#[test]
fn c34_to_c38_in_simplified_and_posthog() {
    let chain = Story::new(&format!("1 p1({G1})\n2 p2({G2})\n3 AL({G2} -> {G1})\n4 ID(77 <= {G2})\n5 u(77)"));
    assert_eq!(both(&chain, "77"), ["p1, p2, u", "u"]);
    // G1's person is identified by the alias call; 77 was never seen before it.
    assert_eq!(chain.rows_by("posthog", "77"), "p1, p2, u");
    let wire = Story::new(&format!(
        "1 A($device:{G1}) +,{G1}\n2 AL(u -> $device:{G1}) +,{G1}\n3 ID(u <= $device:{G1}) +u,{G1}\n4 C($device:{G1}) +u,{G1}"
    ));
    assert_eq!(vendors(&wire, "u"), ["A, C", "A, C"]);
    let identify_first = Story::new(&format!("1 Land({G1}) +,{G1}\n2 ID(u <= {G1}) +u,{G1}\n3 Dash(u) +u,{G1}"));
    assert_eq!(both(&identify_first, "u"), ["Land, Dash"; 2], "as SDKs from 2.23 on send it");
    let late =
        Story::new(&format!("1 Pre({G1}) +,{G1}\n2 AL(u -> {G1}) +,{G1}\n3 ID(u <= {G2}) +u,{G2}\n4 Next(u) +u,{G2}"));
    assert_eq!(both(&late, "u"), ["Pre, Next", "Next"], "the first device never had a row with both");
    let twice = Story::new("1 A(an)\n2 AL(u -> an)\n3 AL(w -> an)\n4 B(u)\n5 C(w)");
    assert_eq!(["u", "w", "an"].map(|id| twice.rows_by("simplified", id)), ["B", "C", "A"]);
}

#[test]
fn c39_a_call_with_original_joins_its_original() {
    let mut story = Story::new("1 Before(orig-id)\n2 Now(cur)\n3 AL(u -> orig-id)\n4 After(u)");
    for row in &mut story.rows {
        if let journey::model::Verb::Alias { by_original, .. } = &mut row.verb {
            *by_original = true;
            row.flags.set(Flags::BY_ORIGINAL);
        }
    }
    assert_eq!(both(&story, "u"), ["Before, After", "After"]);
    assert_eq!(both(&story, "cur"), ["Now"; 2]);
    assert!(story.journey_by("original", "u").aliases[0].by_original, "the call says so");
}

#[test]
fn c41_and_c43_what_arrives_late_is_whose_it_would_have_been() {
    let late = Story::new("1 View($device:d1) +,d1\n3 In(sally) +sally,d1\n2@50 Tap($device:d1) +,d1");
    assert_eq!(both(&late, "sally"), ["In", "View, Tap, In"]);
    assert_eq!(late.rows_by("amplitude", "sally"), "View, Tap, In");
    // A login that happened first and arrives last finds the device taken.
    let backdated = Story::new("5@5 Second(bob) +bob,d1\n2@50 First(sally) +sally,d1\n6@60 Anon($device:d1) +,d1");
    assert_eq!(["bob", "sally"].map(|id| backdated.rows_by("simplified", id)), ["Second, Anon", "First"]);
    assert_eq!(["bob", "sally"].map(|id| backdated.rows_by("amplitude", id)), ["Second", "First, Anon"]);
    let ios = Story::new(&format!("1 Open({G1})\n2 AL(u -> {G1})\n3 Tap({G1})\n4 ID(u <= {G1})\n5 Buy(u)"));
    assert_eq!(vendors(&ios, "u"), ["Open, Tap, Buy", "Buy"]);
}

/// The table of §3.3: the names of refusals, and the rest of the fourth row.
#[test]
fn the_table_names_its_refusals() {
    let alias = |seen: &str| {
        Story::new(&format!("1 anon({G1})\n2 {seen}\n3 later(u)\n10 anon2({G2})\n11 AL(u -> {G2})\n12 more({G2})"))
    };
    let taken = alias(&format!("AL(u -> {G1})"));
    assert!(taken.calls_by("original", G2).ends_with("errAliasAlreadyExists"));
    assert!(taken.calls_by("simplified", G2).ends_with("ignored"));
    assert!(taken.calls_by("posthog", G2).ends_with("cannot_merge_already_identified"));
    let never_identified = alias("seen(u)");
    assert_eq!(never_identified.rows_by("posthog", "u"), "seen, later, anon2, more", "else merged");
    let switch = |anon: &str| {
        let story = Story::new(&format!(
            "1 a({G1}) +,{G1}\n2 ID(B <= {G1}) +B,{G1}\n3 b(B) +B,{G1}\n4 ID(C <= {anon}) +C,{G1}\n5 c(C) +C,{G1}"
        ));
        assert_eq!(story.rows_by("original", "C"), "c");
        assert_eq!(story.rows_by("simplified", "C"), "c");
        story.calls_by("original", "C")
    };
    assert!(switch(G1).ends_with("errAnonDistinctIdAssignedAlready"));
    assert!(switch("B").ends_with("errAnonDistinctIdNonGUIDForm"));
}
