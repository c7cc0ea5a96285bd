//! Two users side by side: verdicts that never say more than the evidence does.

use std::sync::Arc;

use base64::Engine as _;
use sha2::Digest as _;

use journey::identity::compare::{Comparison, Side, Trait, TraitKind, Verdict};
use journey::identity::{Facts, LEGACY, Strength, resolve};
use journey::model::Id;
use journey::report::{self, Clock, Look};
use proptest::prelude::*;

use crate::engine::{IDS, any_history};
use crate::support::story::{Story, facts};

fn side(facts: &Facts, id: &str, traits: &[(TraitKind, &str)]) -> Side {
    let journey = Arc::new(resolve(facts, &Id::new(id), LEGACY).unwrap_or_else(|| panic!("{id} is nowhere")));
    let traits = traits
        .iter()
        .map(|(kind, value)| Trait { kind: *kind, value: (*value).to_owned(), rows: 1, source: None })
        .collect();
    Side { journey, traits }
}

fn compare(story: &str, a: &str, b: &str) -> Comparison {
    let facts = Story::new(story).facts();
    Comparison::of(side(&facts, a, &[]), side(&facts, b, &[]), vec![])
}

#[test]
fn two_ids_of_one_root_are_one_user_and_nothing_else_is() {
    let story = "1 View(12345)
         3 AL(sally -> 12345)
         50 Dash(sally)
         60 View(bob)";
    let same = compare(story, "sally", "12345");
    assert_eq!((same.verdict, same.arguments.len(), same.rows.len()), (Verdict::Same, 0, 3));
    let other = compare(story, "sally", "bob");
    assert_eq!((other.verdict, other.rows.len()), (Verdict::Nothing, 4));
    assert!(other.sentence.ends_with("No row joins them."), "{}", other.sentence);
}

#[test]
fn a_comparison_for_a_ticket_is_one_block_that_no_id_can_end() {
    let written = |id: &str| {
        let compared = compare(&format!("1 View({id})\n60 View(bob)"), id, "bob");
        let mut out = Vec::new();
        let look = Look { width: 80, ascii: false, colour: true, clock: Clock::Utc };
        report::compare::markdown(&mut out, &compared, &look).unwrap();
        String::from_utf8(out).unwrap()
    };
    for (id, fence) in [("sally", "```"), ("sal`ly", "```"), ("sal```ly", "````"), ("sal`````ly", "``````")] {
        let text = written(id);
        assert!(text.starts_with(&format!("{fence}text\n")) && text.ends_with(&format!("\n{fence}\n")), "{text}");
        assert_eq!(text.matches(fence).count(), 2, "{text}");
        assert!(text.contains(id) && !text.contains('\u{1b}'), "{text}");
    }
}

/// A comparison for a browser.
fn page(compared: &Comparison) -> String {
    let mut out = Vec::new();
    report::compare::html(&mut out, compared, &Look { width: 80, ascii: false, colour: true, clock: Clock::Utc })
        .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_comparison_for_a_browser_says_the_verdict_first_and_has_every_reason_and_every_row() {
    let compared = compare(
        "1 View(12345) +,web-1 on web · Linux · Chrome
         3 AL(sally -> 12345)
         3000 AppOpen(P-1) +,phone on iphone · iOS · iPhone12
         3001 AL(sally -> P-1)
         3002 AppBuy(P-1) +,phone on iphone · iOS · iPhone12",
        "sally",
        "P-1",
    );
    let text = page(&compared);
    let body = text.split_once("<main>").unwrap().1.split_once("</main>").unwrap().0;
    insta::assert_snapshot!(body);
    assert!(text.find("Tied, not joined") < text.find("For one person"), "{text}");
    assert!(!compared.arguments.is_empty());
    assert_eq!(body.matches("class=\"kind\"").count(), compared.arguments.len());
    assert_eq!(body.matches("<details><summary>").count(), compared.rows.len());
    for call in ["alias(sally)", "AppOpen", "AppBuy"] {
        assert!(body.contains(call), "{call}");
    }
    for word in ["http:", "https:", "src=", "@import", "<link", "<img", "<iframe", " style="] {
        assert!(!text.contains(word), "{word}");
    }
    let links = text.match_indices("href=\"").filter_map(|(at, word)| text.get(at + word.len()..));
    assert!(links.into_iter().all(|link| link.starts_with('#')), "a link leads elsewhere");
    for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
        let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
        let content = text.split_once(&begin).unwrap().1.split_once(&end).unwrap().0;
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(content));
        assert!(text.contains(&format!("{directive} 'sha256-{hash}'")), "{directive}");
    }
}

#[test]
fn each_verdict_has_a_page_of_its_own_and_no_text_of_the_data_acts_on_it() {
    let sharp = "<img/src=x/onerror=1>\"'&`|x@admin";
    let story = format!(
        "1 =View{sharp}(s{sharp}) +,d{sharp}
         2 AL(@{sharp} -> s{sharp})
         3 Open(-P\u{1b}[2J\u{202e}) +,d{sharp}
         4 AL(@{sharp} -> -P\u{1b}[2J\u{202e})"
    );
    let plain = page(&compare("1 View(a)\n2 AL(b -> a)\n3 View(c)\n4 AL(b -> c)", "a", "c"));
    let elements = |html: &str| {
        let tags = html.split('<').skip(1);
        let mut names: Vec<String> = tags
            .map(|tag| {
                tag.split(|c: char| !c.is_ascii_alphanumeric()).find(|name| !name.is_empty()).unwrap().to_owned()
            })
            .collect();
        names.sort();
        names.dedup();
        names
    };
    let mut known = elements(&plain);
    known.extend(["wbr", "table", "thead", "tbody", "tr", "th", "td"].map(str::to_owned));
    for (a, b) in [(format!("@{sharp}"), "-P\u{1b}[2J\u{202e}".to_owned()), (format!("@{sharp}"), format!("s{sharp}"))]
    {
        let text = page(&compare(&story, &a, &b));
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
        let mine = elements(&text);
        assert!(mine.iter().all(|name| known.contains(name)), "{mine:?}");
    }
    let one = page(&compare("1 View(a)\n2 AL(b -> a)", "a", "b"));
    assert!(one.contains("One user") && one.contains("is-good") && !one.contains("For one person"), "{one}");
    let none = page(&compare("1 View(a)\n2 View(b)", "a", "b"));
    assert!(none.contains("Nothing in common"), "{none}");
}

#[test]
fn proof_ties_and_does_not_join() {
    let story = "1 View(12345)
         3 AL(sally -> 12345)
         60 AppOpen(P-1)
         61 AL(sally -> P-1)";
    for (a, b) in [("sally", "P-1"), ("P-1", "sally")] {
        let compared = compare(story, a, b);
        assert_eq!(compared.verdict, Verdict::Tied, "{compared:#?}");
        assert!(compared.sentence.contains("no alias joins them"), "{}", compared.sentence);
        let best = compared.arguments.first().unwrap();
        assert_eq!((best.supports, best.strength, best.sources[0].line), (true, Strength::Proof, 4));
    }
}

#[test]
fn what_others_can_claim_as_well_decides_nothing() {
    let story = "1 a(G1)
         2 ID(u1 <= G1)
         3 b(u1)
         4 ID(u2 <= G1)
         5 c(u2)";
    let compared = compare(story, "u1", "G1");
    assert_eq!(compared.verdict, Verdict::Contested);
    assert!(compared.sentence.contains("to u2 as well: it decides nothing"), "{}", compared.sentence);
    assert!(compared.arguments.iter().any(|argument| !argument.supports && argument.text.contains("u2")));
}

#[test]
fn a_device_in_common_is_not_one_person() {
    let story = "1 View(ann@x.com) +ann@x.com,tab on web · Linux
         90 View(bob@x.com) +bob@x.com,tab on web · Linux";
    let compared = compare(story, "ann@x.com", "bob@x.com");
    assert_eq!(compared.verdict, Verdict::Device);
    assert!(compared.sentence.contains("not one person for sure"), "{}", compared.sentence);
    let texts: Vec<&str> = compared.arguments.iter().map(|argument| argument.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.starts_with("Both have the device tab")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("89 s later bob@x.com begins")), "{texts:?}");
    assert!(texts.iter().any(|text| text.starts_with("The app knows both, by different names")), "{texts:?}");
    let supports: Vec<bool> = compared.arguments.iter().map(|argument| argument.supports).collect();
    assert!(supports.is_sorted_by(|a, b| a >= b), "reasons for come before reasons against");
}

#[test]
fn values_are_alike_without_case_and_punctuation_and_prove_nothing() {
    let facts = Story::new("1 View(a1)\n2 View(a2)").facts();
    let compared = Comparison::of(
        side(&facts, "a1", &[(TraitKind::Email, "Sally@X.com"), (TraitKind::Phone, "+49 30-1")]),
        side(&facts, "a2", &[(TraitKind::Email, "sally@x.com "), (TraitKind::Phone, "49301"), (TraitKind::Name, "S")]),
        vec![],
    );
    assert_eq!(compared.verdict, Verdict::Alike);
    assert_eq!(compared.sentence, "a1 and a2 look alike (e-mail, phone). No row joins them.");
    let other = Comparison::of(
        side(&facts, "a1", &[(TraitKind::Email, "a@x.com")]),
        side(&facts, "a2", &[(TraitKind::Email, "b@x.com")]),
        vec![],
    );
    assert_eq!(other.verdict, Verdict::Nothing);
    assert!(other.arguments.iter().any(|argument| argument.text.contains("different values of e-mail")));
}

#[test]
fn two_devices_at_once_speak_against_one_person() {
    let story = "1 View(a1) +,d-1
         2 View(a2) +,d-2
         300 View(a1) +,d-1
         301 View(a2) +,d-2
         900 View(a1) +,d-1
         901 View(a2) +,d-2";
    let compared = compare(story, "a1", "a2");
    let at_once = compared.arguments.iter().find(|argument| argument.text.contains("different devices")).unwrap();
    assert_eq!((at_once.supports, at_once.strength), (false, Strength::Strong));
    assert!(at_once.text.contains("first of 3 times"), "{}", at_once.text);
}

#[test]
fn rows_within_one_minute_are_one_time_and_three_times_say_more_than_two() {
    for (later, times) in [("1030", None), ("1060", None), ("1060.1", Some("first of 2 times"))] {
        let story = format!("1000 View(a1) +,d-1\n1001 View(a2) +,d-2\n{later} View(a1) +,d-1");
        let compared = compare(&story, "a1", "a2");
        let at_once = argument(&compared, "within 1.0 s on different devices").unwrap();
        assert_eq!(at_once.strength, Strength::Weak, "{later}");
        assert_eq!(at_once.text.contains(" times"), times.is_some(), "{later}: {}", at_once.text);
        assert!(at_once.text.contains(times.unwrap_or_default()), "{later}: {}", at_once.text);
        assert_eq!(lines(at_once), [1, 2], "{later}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_verdict_never_says_more_than_its_evidence(rows in any_history(), a in 0..IDS.len(), b in 0..IDS.len()) {
        let facts = facts(&rows);
        let sides = [a, b].map(|at| resolve(&facts, &Id::new(IDS[at]), LEGACY));
        let [Some(a), Some(b)] = sides else { return Ok(()) };
        let side = |journey: &journey::identity::Journey| Side { journey: Arc::new(journey.clone()), traits: vec![] };
        let there = Comparison::of(side(&a), side(&b), vec![]);
        let back = Comparison::of(side(&b), side(&a), vec![]);
        prop_assert_eq!(there.verdict, back.verdict, "in either order");
        prop_assert_eq!(there.verdict == Verdict::Same, a.root.is_some() && a.root == b.root);
        let best = there.arguments.iter().filter(|argument| argument.supports).map(|argument| argument.strength).max();
        match there.verdict {
            Verdict::Tied => prop_assert_eq!(best, Some(Strength::Proof)),
            Verdict::Nothing => prop_assert_eq!(best, None),
            _ => {}
        }
        if there.verdict != Verdict::Same {
            prop_assert_eq!(there.rows.len(), a.steps.len() + b.steps.len());
        }
        // Every reason of evidence names a row that is there.
        for source in there.arguments.iter().flat_map(|argument| &argument.sources) {
            prop_assert!(rows.iter().any(|row| row.line == source.line));
        }
    }
}

#[test]
fn ids_that_differ_in_case_or_a_look_alike_letter_alone_are_named_with_what_differs() {
    // The third has a letter of Cyrillic.
    let story = "1 Buy(sally@x.com)
        2 Buy(Sally@X.com)
        3 Buy(s\u{430}lly@x.com)
        4 Buy(sallie@x.com)";
    for (other, differ) in
        [("Sally@X.com", "they differ in case"), ("s\u{430}lly@x.com", "they differ in look-alike letters")]
    {
        let compared = compare(story, "sally@x.com", other);
        assert_eq!(compared.verdict, Verdict::Alike, "{other:?}");
        assert!(compared.sentence.contains("look the same and are two ids"), "{}", compared.sentence);
        assert!(compared.sentence.contains(differ), "{}", compared.sentence);
    }
    // Another letter is another id.
    let compared = compare(story, "sally@x.com", "sallie@x.com");
    assert!(!compared.sentence.contains("look the same"), "{}", compared.sentence);
}

fn argument<'a>(compared: &'a Comparison, part: &str) -> Option<&'a journey::identity::compare::Argument> {
    compared.arguments.iter().find(|argument| argument.text.contains(part))
}

fn lines(argument: &journey::identity::compare::Argument) -> Vec<u64> {
    argument.sources.iter().map(|source| source.line).collect()
}

#[test]
fn a_verdict_has_one_word() {
    let verdicts =
        [Verdict::Same, Verdict::Tied, Verdict::Contested, Verdict::Device, Verdict::Alike, Verdict::Nothing];
    assert_eq!(verdicts.map(Verdict::name), ["same", "tied", "contested", "device", "alike", "nothing"]);
}

#[test]
fn two_users_overlap_from_the_later_beginning_to_the_earlier_end() {
    for (story, overlap) in [
        ("1 View(a1)\n5 View(a2)\n9 View(a1)\n12 View(a2)", Some((5_000, 9_000))),
        ("1 View(a1)\n5 View(a1)\n5 View(a2)\n9 View(a2)", Some((5_000, 5_000))),
        ("1 View(a1)\n5 View(a1)\n6 View(a2)\n9 View(a2)", None),
    ] {
        assert_eq!(compare(story, "a1", "a2").overlap, overlap, "{story}");
    }
}

#[test]
fn what_rows_of_both_carry_is_counted_on_each_side_and_a_placeholder_is_nothing_that_two_share() {
    let story = "1 View(a1) +boss,d-1
         2 View(a1) +boss,d-1
         300 View(a2) +boss,d-2";
    let compared = compare(story, "a1", "a2");
    let boss = argument(&compared, "user id boss").unwrap();
    assert!(boss.text.starts_with("Both have the user id boss (2 and 1 rows)"), "{}", boss.text);
    let boss = compare(story, "a2", "a1");
    assert!(argument(&boss, "user id boss (1 and 2 rows)").is_some(), "{:?}", boss.arguments);
    assert!(compared.sentence.contains("share a device or a user id"), "{}", compared.sentence);
    for nothing in ["+null,d-", "+boss"] {
        let story = format!("1 View(a1) {nothing}1\n300 View(a2) {nothing}2");
        let shared = compare(&story, "a1", "a2").shared;
        assert!(shared.is_empty(), "{shared:?}");
    }
    let devices = compare("1 View(a1) +,null\n300 View(a2) +,null", "a1", "a2");
    assert!(devices.shared.is_empty(), "{:?}", devices.shared);
}

#[test]
fn an_anonymous_id_is_tied_to_its_user_by_one_argument_for_each_row() {
    let compared = compare("1 a(G1)\n2 ID(u1 <= G1)\n3 b(u1)", "u1", "G1");
    assert_eq!(compared.arguments.iter().filter(|one| lines(one) == [2]).count(), 1, "{:?}", compared.arguments);
    assert_eq!(compared.verdict, Verdict::Tied);
    // A refused call is the evidence, and there is no second argument.
    let story = "1 View(12345)\n3 AL(sally -> 12345)\n60 Open(P-1)\n61 AL(sally -> P-1)";
    let compared = compare(story, "sally", "P-1");
    assert_eq!(compared.arguments.iter().filter(|one| lines(one) == [4]).count(), 1, "{:?}", compared.arguments);
}

#[test]
fn a_client_that_went_from_one_user_to_the_other_ties_those_two_and_no_third() {
    let story = "1 Buy(ann@x.io) +ann@x.io,
         2 ID(bob@x.io <= ann@x.io)
         3 Buy(bob@x.io)
         9000 View(carl@x.io)";
    let compared = compare(story, "ann@x.io", "bob@x.io");
    assert_eq!(compared.verdict, Verdict::Device);
    assert!(compared.sentence.starts_with("Rows tie ann@x.io and bob@x.io to one client."), "{}", compared.sentence);
    assert!(argument(&compared, "switched from ann@x.io to bob@x.io").is_some(), "{:?}", compared.arguments);
    for one in ["ann@x.io", "bob@x.io"] {
        let other = compare(story, one, "carl@x.io");
        assert!(argument(&other, "switched").is_none() && other.verdict == Verdict::Nothing, "{:?}", other.arguments);
    }
}

#[test]
fn a_refused_call_between_two_users_is_an_argument_and_one_with_a_third_is_none() {
    let story = "1 View(a)
         2 AL(sally -> a)
         3 View(b)
         4 AL(bob -> b)
         5 AL(sally -> b)
         9000 View(c)";
    let compared = compare(story, "a", "b");
    let refused = argument(&compared, "refused").unwrap();
    assert_eq!((refused.supports, lines(refused)), (true, vec![5]));
    assert!(argument(&compare(story, "a", "c"), "refused").is_none());
    assert!(argument(&compare(story, "c", "a"), "refused").is_none());
}

#[test]
fn ids_of_two_users_that_look_the_same_are_named_with_a_row_of_each() {
    let story = "1 View(12345)
         2 AL(sally@x.io -> 12345)
         3 Buy(sally@x.io)
         9000 View(777)
         9001 AL(Sally@x.io -> 777)
         9002 Buy(Sally@x.io)";
    let compared = compare(story, "12345", "777");
    let alike = argument(&compared, "look the same").unwrap();
    assert_eq!(lines(alike), [3, 6]);
    assert_eq!(compared.verdict, Verdict::Alike);
    assert!(compared.sentence.contains("have ids that look the same and are not"), "{}", compared.sentence);
    // What else they have in common says more.
    let facts = Story::new(story).facts();
    let phone = [(TraitKind::Phone, "49301")];
    let compared = Comparison::of(side(&facts, "12345", &phone), side(&facts, "777", &phone), vec![]);
    assert!(compared.sentence.contains("look alike (phone)"), "{}", compared.sentence);
}

#[test]
fn evidence_that_is_weak_alone_decides_nothing() {
    let story = "1 View(12345)
         3 AL(sally -> 12345)
         9000 Bill(P-1) on node
         9001 AL(sally -> P-1) on node";
    let compared = compare(story, "sally", "P-1");
    assert_eq!(compared.verdict, Verdict::Alike, "{:?}", compared.arguments);
    assert!(compared.sentence.starts_with("Weak evidence alone ties"), "{}", compared.sentence);
}

#[test]
fn values_differ_where_both_have_some_and_none_in_common() {
    let facts = Story::new("1 View(a1)\n2 View(a2)").facts();
    let compared = Comparison::of(
        side(&facts, "a1", &[(TraitKind::Email, "s@x.io"), (TraitKind::Email, "t@x.io"), (TraitKind::Phone, "1")]),
        side(&facts, "a2", &[(TraitKind::Email, "t@x.io"), (TraitKind::Email, "v@x.io"), (TraitKind::Phone, "2")]),
        vec![],
    );
    assert!(argument(&compared, "different values of phone: 1 and 2").is_some());
    assert!(argument(&compared, "different values of e-mail").is_none());
    assert!(argument(&compared, "different values of name").is_none());
}

#[test]
fn only_rows_of_two_devices_within_a_minute_are_at_once() {
    let at_once = |other: &str| {
        let compared = compare(&format!("1000 View(a1) +,d-1\n{other}"), "a1", "a2");
        argument(&compared, "different devices").is_some()
    };
    for (other, is_at_once) in [
        ("940 View(a2) +,d-2", true),
        ("939.9 View(a2) +,d-2", false),
        ("1 View(a2) +,d-2", false),
        ("1060 View(a2) +,d-2", true),
        ("1060.1 View(a2) +,d-2", false),
        // One device is no second one, a server is in no one's hand, and a row that names no device shows none.
        ("1000 View(a2) +,d-1", false),
        ("1000 View(a2) +,d-2 on node", false),
        ("1000 View(a2)", false),
    ] {
        assert_eq!(at_once(other), is_at_once, "{other}");
    }
}
