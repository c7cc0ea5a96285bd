use proptest::prelude::*;

use super::*;

fn all(texts: &[String]) -> Texts {
    let mut all = Texts::default();
    for (number, text) in (1..).zip(texts) {
        all.push(number, text.as_bytes());
    }
    all
}

fn of(texts: &[&str]) -> Texts {
    all(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
}

const GO_ON: Stop<'_> = &|| false;

fn found(texts: &[&str], text: &str) -> Vec<(i64, bool)> {
    of(texts).having(text, 9, GO_ON).unwrap().into_iter().map(|hit| (hit.number, hit.prefix)).collect()
}

#[test]
fn what_follows_the_device_prefix_counts_as_a_beginning() {
    assert_eq!(found(&["$device:dora", "isidora", "dora"], "d"), [(3, true), (1, true), (2, false)]);
    assert_eq!(found(&["$device:dora"], "$DEV"), [(1, true)]);
    assert_eq!(found(&["$device:dora"], "evi"), [(1, false)]);
}

#[test]
fn case_is_folded_character_by_character() {
    assert_eq!(found(&["ŻÓŁW", "straße", "STRASSE", "ΣΊΣΥΦΟΣ", "σίσυφος"], "żół").len(), 1);
    assert_eq!(found(&["straße", "STRASSE"], "strass"), [(2, true)]);
    // Of the two small sigmas each finds itself.
    assert_eq!(found(&["ΣΊΣΥΦΟΣ", "σίσυφος"], "υφοσ"), [(1, false)]);
}

#[test]
fn a_few_characters_may_be_missing() {
    let texts = ["sally.smith@gmail.com", "s-a-l-l-y", "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "bob"];
    let all = of(&texts);
    assert_eq!(all.resembling("salysmith", 9, GO_ON).unwrap(), [1]);
    assert_eq!(all.resembling("sal gmail", 9, GO_ON).unwrap(), [0_i64; 0], "a space is a character");
    assert_eq!(all.resembling("0123456", 9, GO_ON).unwrap(), [0_i64; 0], "scattered over a UUID");
    assert_eq!(all.resembling("sy", 9, GO_ON).unwrap(), [0_i64; 0], "too short to mean anything");
}

#[test]
fn a_text_with_an_error_of_typing_is_near() {
    let all = of(&["sally@gmail.com", "sally@gmial.com", "sully@gmail.org", "bob@gmail.com", "żółw"]);
    assert_eq!(all.near("sally@gmail.con", 9, GO_ON).unwrap(), [1, 2]);
    assert_eq!(all.near("zółw", 9, GO_ON).unwrap(), [5]);
}

#[test]
fn a_search_that_is_stopped_says_so() {
    let all = of(&["sally"]);
    assert!(all.having("sally", 9, &|| true).is_err());
    assert!(all.resembling("sally", 9, &|| true).is_err());
    assert!(all.near("sally", 9, &|| true).is_err());
}

proptest! {
    #[test]
    fn a_scan_finds_what_a_look_at_each_entry_finds(
        texts in proptest::collection::vec("(\\$device:)?[abAB\u{e9}\u{c9}]{0,4}", 0..40),
        needle in "[abAB\u{e9}]{1,3}",
        limit in 1..9_usize,
        copies in 1..6_usize,
    ) {
        // Enough for several pieces and threads.
        let texts: Vec<String> = std::iter::repeat_n(texts, copies).flatten().collect();
        let wanted = lower(&needle).into_owned();
        let mut expected: Vec<_> = (1_i64..)
            .zip(&texts)
            .map(|(number, text)| (number, lower(text).into_owned()))
            .filter(|(_, text)| text.contains(&wanted))
            .map(|(number, text)| (!is_prefix(text.as_bytes(), wanted.as_bytes()), text.len(), text, number))
            .collect();
        expected.sort();
        let expected: Vec<_> = expected.into_iter().take(limit).map(|(other, _, _, number)| (number, !other)).collect();
        let hits = all(&texts).having(&needle, limit, GO_ON).unwrap();
        let hits: Vec<_> = hits.into_iter().map(|hit| (hit.number, hit.prefix)).collect();
        prop_assert_eq!(hits, expected);
    }
}

#[test]
fn a_panic_of_a_helper_is_no_search_with_fewer_hits() {
    let texts: Vec<String> = (0..4_000).map(|number| format!("sally-{number}")).collect();
    let all = all(&texts);
    let here = std::thread::current().id();
    let looked = std::sync::atomic::AtomicUsize::new(0);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        all.best_of(9, GO_ON, |piece, _| {
            assert!(std::thread::current().id() == here, "a mistake in a helper");
            looked.fetch_add(piece.len(), std::sync::atomic::Ordering::Relaxed);
        })
    }));
    // Where there is one core, no thread helps.
    assert!(outcome.is_err() || looked.into_inner() == texts.len());
}
