//! PostHog, Amplitude and the simple rules.

use super::{G1, G2};
use crate::support::story::Story;

/// Rows of an id under PostHog's rules.
fn posthog(story: &Story, id: &str) -> String {
    story.rows_by("posthog", id)
}

// What `person-state` tests of PostHog's plugin server say of `$identify` and `$create_alias`, by the
// state that the two persons are in before the call.

#[test]
fn posthog_joins_ids_of_which_one_or_none_has_a_person() {
    for call in ["ID(new <= old)", "AL(old -> new)"] {
        let none = Story::new(&format!("1 {call}\n2 a(new)\n3 b(old)"));
        assert_eq!(posthog(&none, "old"), "a, b", "{call}");
        let only_old = Story::new(&format!("1 a(old)\n2 {call}\n3 b(new)"));
        assert_eq!(posthog(&only_old, "new"), "a, b", "{call}");
        let only_new = Story::new(&format!("1 a(new)\n2 {call}\n3 b(old)"));
        assert_eq!(posthog(&only_new, "old"), "a, b", "{call}");
    }
}

#[test]
fn posthog_merges_a_person_that_is_not_identified_into_the_other() {
    for call in ["ID(new <= old)", "AL(old -> new)"] {
        let neither = Story::new(&format!("1 a(old)\n2 b(new)\n3 {call}\n4 c(old)"));
        assert_eq!(posthog(&neither, "new"), "a, b, c", "{call}");
        let into_identified = Story::new(&format!("1 a(old)\n2 ID(new <= {G1})\n3 b(new)\n4 {call}"));
        assert_eq!(posthog(&into_identified, "new"), "a, b", "{call}");
    }
}

#[test]
fn posthog_does_not_merge_an_identified_person_into_another() {
    for call in ["ID(new <= old)", "AL(old -> new)"] {
        let one = Story::new(&format!("1 ID(old <= {G1})\n2 a(old)\n3 b(new)\n4 {call}\n5 c(new)"));
        assert_eq!((posthog(&one, "old"), posthog(&one, "new")), ("a".to_owned(), "b, c".to_owned()), "{call}");
        assert!(one.calls_by("posthog", "new").contains("cannot_merge_already_identified"), "{call}");
        let both = Story::new(&format!("1 ID(old <= {G1})\n2 a(old)\n3 ID(new <= {G2})\n4 b(new)\n5 {call}"));
        assert_eq!((posthog(&both, "old"), posthog(&both, "new")), ("a".to_owned(), "b".to_owned()), "{call}");
    }
}

#[test]
fn posthog_makes_the_person_of_a_refused_call_an_identified_one() {
    let story =
        Story::new(&format!("1 ID(old <= {G1})\n2 a(old)\n3 b(new)\n4 ID(new <= old)\n5 c(third)\n6 ID(third <= new)"));
    assert_eq!(posthog(&story, "third"), "c", "new is identified since row 4");
}

#[test]
fn posthog_merges_anything_dangerously() {
    let story = Story::new(&format!("1 ID(old <= {G1})\n2 a(old)\n3 ID(new <= {G2})\n4 b(new)\n5 MERGE(new, old)"));
    assert_eq!(posthog(&story, "new"), "a, b");
}

#[test]
fn posthog_passes_over_calls_with_one_id_and_with_ids_that_stand_for_none() {
    let same = Story::new("1 a(u)\n2 ID(u <= u)\n3 b(v)\n4 ID(v <= u)");
    assert_eq!(posthog(&same, "v"), "a, b", "u was not identified by itself");
    for illegal in ["anonymous", "Guest", "null", "'undefined'", "[object Object]"] {
        let story = Story::new(&format!("1 a({illegal})\n2 b(u)\n3 ID(u <= {illegal})\n4 AL({illegal} -> u)"));
        assert_eq!(posthog(&story, "u"), "b", "{illegal}");
        assert_eq!(posthog(&story, illegal), "a", "{illegal}");
    }
    let legal = Story::new("1 a(Null)\n2 b(u)\n3 ID(u <= Null)");
    assert_eq!(posthog(&legal, "u"), "a, b", "only `null` as it is written");
}

/// The table of identity.md §3.3, its column of PostHog, and what the source says of its fifth row: a
/// user who was never seen is added to the person of the device, and one who was is refused.
#[test]
fn the_same_events_under_four_rule_sets() {
    let answers = |text: &str, id: &str| {
        let story = Story::new(text);
        ["legacy", "original", "simplified", "posthog"].map(|rules| story.rows_by(rules, id))
    };
    let alias = format!("1 anon({G1})\n2 AL(u -> {G1})\n3 later(u)");
    assert_eq!(answers(&alias, "u"), ["anon, later", "anon, later", "later", "anon, later"]);
    let identify = format!("1 anon({G1}) +,{G1}\n2 ID(u <= {G1}) +u,{G1}\n3 later(u) +u,{G1}");
    assert_eq!(answers(&identify, "u"), ["later", "anon, later", "anon, later", "anon, later"]);
    let second = format!("{identify}\n10 anon2({G2}) +,{G2}\n11 ID(u <= {G2}) +u,{G2}\n12 more(u) +u,{G2}");
    let all = "anon, later, anon2, more";
    assert_eq!(answers(&second, "u"), ["later, more", all, all, all]);
    let alias2 = format!("1 anon({G1})\n2 AL(u -> {G1})\n3 later(u)\n10 anon2({G2})\n11 AL(u -> {G2})");
    assert_eq!(answers(&alias2, G2), ["anon2"; 4], "refused, refused, ignored, refused");
    let switch = |seen: &str| {
        format!(
            "{seen}1 a({G1}) +,{G1}\n2 ID(B <= {G1}) +B,{G1}\n3 b(B) +B,{G1}\n4 ID(C <= {G1}) +C,{G1}\n5 c(C) +C,{G1}"
        )
    };
    assert_eq!(answers(&switch("0 seen(C)\n"), "B"), ["b", "a, b", "a, b", "a, b"]);
    assert_eq!(answers(&switch(""), "B"), ["b", "a, b", "a, b", "a, b, c"]);
    let merge = "1 a(A)\n2 b(B)\n3 c(C)\n4 MERGE(A, B)\n5 MERGE(A, C)";
    assert_eq!(answers(merge, "A"), ["a", "a, b, c", "a", "a, b, c"]);
}

#[test]
fn amplitude_gives_anonymous_rows_to_the_user_who_logs_in_next() {
    let one = |text: &str, id: &str| Story::new(text).rows_by("amplitude", id);
    let no_user = "1 a($device:A) +,A\n2 b($device:B) +,B\n3 c($device:A) +,A";
    assert_eq!(one(no_user, "A"), "a, c");
    let login = "1 a($device:G) +,G\n2 b($device:G) +,G\n3 c(john) +john,G";
    assert_eq!((one(login, "john"), one(login, "G")), ("a, b, c".to_owned(), "a, b, c".to_owned()));
    let shared = "1 a($device:K) +,K\n2 b(john) +john,K\n3 c($device:K) +,K\n4 d(jane) +jane,K\n5 e($device:K) +,K";
    assert_eq!((one(shared, "john"), one(shared, "jane")), ("a, b, c".to_owned(), "d, e".to_owned()));
    let two_devices = "1 a($device:A) +,A\n2 b(john) +john,A\n3 c($device:B) +,B\n4 d(john) +john,B";
    assert_eq!(one(two_devices, "B"), "a, b, c, d");
}

#[test]
fn amplitude_has_no_call_that_joins_ids() {
    let story = Story::new("1 a(u)\n2 AL(v -> u)\n3 b(v)\n4 MERGE(u, v)");
    assert_eq!((story.rows_by("amplitude", "u"), story.rows_by("amplitude", "v")), ("a".to_owned(), "b".to_owned()));
    assert_eq!(story.calls_by("amplitude", "u"), "v -> u ignored; v -> u ignored");
}

#[test]
fn a_call_of_simplified_links_no_device_even_if_it_names_a_user() {
    let story = Story::new(&format!("1 View({G1}) +,{G1}\n2 ID(u <= {G1}) +u,{G1}\n3 Use(u) +u"));
    assert_eq!(story.rows_by("simplified", "u"), "Use", "the row of a call that does nothing does nothing either");
    assert_eq!(story.rows_by("simplified", G1), "View");
}

#[test]
fn a_row_of_the_simple_rules_is_its_users_whatever_id_it_was_sent_under() {
    let story = Story::new("1 View(a)\n2 Use(a) +u\n3 Use2(u)");
    assert_eq!(story.rows_by("simple", "u"), "Use, Use2");
    assert_eq!(story.rows_by("simple", "a"), "View");
}

#[test]
fn the_simple_rules_join_whatever_a_call_names() {
    let story = Story::new(
        "1 a($device:D) +,D\n2 ID(u <= $device:D) +u,D\n3 b(u) +u,D\n4 AL(w -> u)\n5 c(w)\n6 d($device:D) +,D\n7 e(x) +x,D",
    );
    assert_eq!(story.rows_by("simple", "w"), "a, b, c, d");
    assert_eq!(story.rows_by("simple", "x"), "e", "a row with both ids joins nothing by itself");
    assert_eq!(story.journey_by("simple", "D").root.unwrap().as_str(), "u");
}

#[test]
fn each_rule_set_says_what_it_does_not_know() {
    let story = Story::new("1 a(u)");
    for rules in ["original", "simplified", "posthog", "amplitude", "simple"] {
        let journey = story.journey_by(rules, "u");
        assert_eq!(journey.rules.name(), rules);
        assert!(!journey.rules.unknown().is_empty(), "{rules}");
        assert!(journey.notes.iter().any(|note| note == journey.rules.unknown()[0]), "{rules}");
    }
}

#[test]
fn each_row_says_why_it_is_whose_it_is() {
    let story = Story::new(&format!(
        "1 a($device:{G1}) +,{G1}\n2 ID(u <= $device:{G1}) +u,{G1}\n3 b(u) +u,{G1}\n4 ID(v <= $device:{G1}) +v,{G1}\n5 c(v) +v,{G1}"
    ));
    let whys = |rules: &str, id: &str| -> Vec<String> {
        let journey = story.journey_by(rules, id);
        journey.steps.iter().map(|step| journey.why(step)).collect()
    };
    let original = whys("original", "u");
    assert!(original[0].contains("one person with u since story.jsonl line 2"), "{original:?}");
    assert!(original[1].contains("joined, with all of their past"), "{original:?}");
    assert_eq!(original[2], "Sent as u: the row is u's own.");
    let simplified = whys("simplified", "u");
    assert!(simplified[0].contains("the first to do so"), "{simplified:?}");
    let other = whys("original", "v");
    assert!(other[0].contains("errAnonDistinctIdAssignedAlready"), "{other:?}");
    assert!(other[0].contains("since story.jsonl line 2"), "{other:?}");
}
