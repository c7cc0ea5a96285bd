//! Two users side by side: verdicts that never say more than the evidence does.

use std::sync::Arc;

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
        prop_assert_eq!(there.verdict, back.verdict, "whoever is asked for first");
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
