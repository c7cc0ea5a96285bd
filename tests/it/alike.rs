//! Ids that look the same: shown where they differ, reported, never merged.

use std::sync::Arc;

use journey::formats::Zone;
use journey::identity::compare::{Comparison, Side, Verdict};
use journey::ingest::{Flow, Input, Options, import};
use journey::inspect::{History, Inspector};
use journey::model::Id;
use journey::model::alike::are_alike;
use journey::model::facts::Arrival;
use journey::report::{Look, text};
use journey::store::Writer;
use proptest::prelude::*;
use serde_json::json;

/// A store with one row of each id, all of which arrive at once.
fn store(ids: &[&str]) -> Inspector {
    store_of(ids.iter().map(|id| (*id, 1_700_000_001_000)))
}

/// A store with one row of each id, and when it arrives.
fn store_of<'a>(ids: impl Iterator<Item = (&'a str, i64)>) -> Inspector {
    let line = |(at, (id, arrived)): (usize, (&str, i64))| {
        let properties = json!({"time": 1_700_000_000 + at, "distinct_id": id, "mp_processing_time_ms": arrived});
        format!("{}\n", json!({"event": "View", "properties": properties}))
    };
    let content: String = ids.enumerate().map(line).collect();
    let mut writer = Writer::in_memory().unwrap();
    let input = Input::Bytes { name: "ids.jsonl".to_owned(), content: content.into_bytes() };
    let options = Options { zone: Zone::Utc, ..Options::default() };
    import(&mut writer, vec![input], &options, &mut |_| Flow::Continue).unwrap();
    Inspector::new(writer.into_reader().unwrap())
}

const LOOK_ALIKES: &[&str] = &[
    "sally",
    "sally ",
    "sally\u{fe0f}",
    "sally\u{a0}",
    "sally\u{2800}",
    "sally\u{3000}",
    " sally",
    "Sally",
    "s\u{430}lly",
    "sal\u{200b}ly",
];
const OTHERS: &[&str] = &["sall", "sallya", "sall1", "sa lly", "sally s", "sully", "bob"];

#[test]
fn ids_that_look_the_same_are_named_and_stay_separate() {
    let inspector = store(&[LOOK_ALIKES, OTHERS].concat());
    for id in LOOK_ALIKES {
        let journey = inspector.journey(&Id::new(id)).unwrap().unwrap();
        assert_eq!((journey.steps.len(), journey.root.as_ref()), (1, Some(&Id::new(id))), "{id:?}");
        let mut alike: Vec<&str> = journey.alike.iter().map(|alike| alike.id.as_str()).collect();
        alike.sort_unstable();
        let mut others: Vec<&str> = LOOK_ALIKES.iter().copied().filter(|other| other != id).collect();
        others.sort_unstable();
        assert_eq!(alike, others, "{id:?}");
        assert!(journey.findings.iter().any(|finding| finding.code() == "id-variants" && finding.sources.len() == 1));
        let mut out = Vec::new();
        text::journey(&mut out, &journey, &Look { width: 200, ..Look::default() }).unwrap();
        let out = String::from_utf8(out).unwrap();
        for place in [
            "sally⟨U+0020⟩",
            "⟨U+0020⟩sally",
            "sally⟨U+FE0F⟩",
            "sally⟨U+00A0⟩",
            "sally⟨U+2800⟩",
            "s⟨U+0430⟩lly",
            "sal⟨U+200B⟩ly",
        ] {
            assert!(out.contains(place), "{place} is not in {out}");
        }
        for unseen in ['\u{fe0f}', '\u{a0}', '\u{2800}', '\u{3000}', '\u{430}', '\u{200b}'] {
            assert!(!out.contains(unseen), "{unseen:?} is in {out}");
        }
    }
    for id in OTHERS {
        let journey = inspector.journey(&Id::new(id)).unwrap().unwrap();
        assert_eq!(journey.alike, [], "{id:?}");
        assert!(journey.findings.is_empty(), "{id:?}");
    }
}

#[test]
fn a_comparison_says_in_what_two_ids_differ() {
    let inspector = store(&[LOOK_ALIKES, OTHERS].concat());
    let compare = |a: &str, b: &str| {
        let side =
            |id: &str| Side { journey: Arc::new(inspector.journey(&Id::new(id)).unwrap().unwrap()), traits: vec![] };
        Comparison::of(side(a), side(b), vec![])
    };
    for (a, b, shown, what) in [
        ("sally", "Sally", "Sally", "case"),
        ("sally", "sally\u{a0}", "sally⟨U+00A0⟩", "spaces"),
        ("sally", "s\u{430}lly", "s⟨U+0430⟩lly", "look-alike letters"),
        ("sally", "sal\u{200b}ly", "sal⟨U+200B⟩ly", "invisible characters"),
    ] {
        let compared = compare(a, b);
        assert_eq!(compared.verdict, Verdict::Alike);
        assert!(compared.sentence.contains(shown) && compared.sentence.contains(what), "{}", compared.sentence);
        for argument in &compared.arguments {
            assert!(!argument.text.contains(b) || b == "Sally", "{}", argument.text);
        }
    }
    assert_eq!(compare("sally", "sully").verdict, Verdict::Nothing);
}

#[test]
fn an_id_in_another_case_names_the_alias_and_the_device_form() {
    let upper = "7F3C2A10-55B1-4E0B-9C67-0A1B2C3D4E5F";
    let lower = upper.to_lowercase();
    let device = format!("$device:{lower}");
    let inspector = store(&[upper, &lower, &device, "x"]);
    let alike = |id: &str| -> Vec<String> {
        let journey = inspector.journey(&Id::new(id)).unwrap().unwrap();
        journey.alike.iter().map(|alike| alike.id.as_str().to_owned()).collect()
    };
    assert_eq!(alike(upper), [device.clone(), lower.clone()]);
    assert_eq!(alike(&lower), [upper], "its own device form is no other id");
    assert_eq!(alike("x"), Vec::<String>::new());
}

#[test]
fn an_id_that_had_not_arrived_yet_is_named_by_none() {
    let sent = [("sally", 5_000), ("Sally", 6_000), ("sally ", 9_000), ("sully", 5_000)];
    let inspector = store_of(sent.into_iter().map(|(id, at)| (id, 1_700_000_000_000 + at)));
    let alike = |at: i64| -> Vec<String> {
        let moment = Arrival::end_of(1_700_000_000_000 + at);
        let journey = inspector.journey_as_of(&mut History::default(), &Id::new("sally"), moment).unwrap().unwrap();
        let has_finding = journey.findings.iter().any(|finding| finding.code() == "id-variants");
        assert_eq!(has_finding, !journey.alike.is_empty());
        journey.alike.iter().map(|alike| alike.id.as_str().to_owned()).collect()
    };
    assert_eq!(alike(5_500), Vec::<String>::new());
    assert_eq!(alike(6_500), ["Sally"]);
    assert_eq!(alike(9_500), ["Sally", "sally "]);
}

#[test]
fn ids_alike_are_as_many_as_of_a_moment_as_they_are_today() {
    // Each letter in both cases; one in three came later.
    let forms = |n: usize| -> String {
        let letter = |(bit, c): (usize, char)| if n >> bit & 1 == 1 { c.to_ascii_uppercase() } else { c };
        "abcdefg".chars().enumerate().map(letter).collect()
    };
    let ids: Vec<String> = (0..128).map(forms).collect();
    let late = |n: usize| n % 3 == 1;
    let sent = ids
        .iter()
        .enumerate()
        .map(|(n, id)| (id.as_str(), if late(n) { 1_800_000_000_000 } else { 1_700_000_200_000 }));
    let inspector = store_of(sent);
    let of = Id::new("abcdefg");
    let today = inspector.journey(&of).unwrap().unwrap().alike;
    let as_of = |at: i64| {
        let journey = inspector.journey_as_of(&mut History::default(), &of, Arrival::end_of(at)).unwrap();
        journey.unwrap().alike
    };
    assert_eq!(as_of(1_900_000_000_000), today);
    let then = as_of(1_750_000_000_000);
    assert_eq!(then.len(), today.len(), "a limit has room for as many");
    let was_late = |id: &Id| ids.iter().position(|known| known == id.as_str()).is_some_and(late);
    assert!(today.iter().any(|alike| was_late(&alike.id)) && !then.iter().any(|alike| was_late(&alike.id)));
}

#[test]
fn placeholders_are_not_named_with_their_forms() {
    let inspector = store(&["null", "NULL", "undefined", "Undefined"]);
    assert_eq!(inspector.journey(&Id::new("null")).unwrap().unwrap().alike, []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_index_finds_what_a_look_at_every_id_finds(ids in proptest::collection::btree_set("[aAbBеЕ \u{a0}\u{200b}1é]{1,4}|\\PC{1,3}|ab[\u{301}\u{fe0f}c]{0,3}", 1..40)) {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let inspector = store(&ids);
        for id in &ids {
            let found: Vec<Id> = inspector.source().ids_alike(&Id::new(id), usize::MAX).unwrap();
            let mut expected: Vec<Id> = ids.iter().filter(|other| are_alike(id, other)).map(|other| Id::new(other)).collect();
            expected.sort_unstable();
            prop_assert_eq!(found, expected, "{:?}", id);
        }
    }
}
