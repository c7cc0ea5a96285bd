//! Rules of the engine whose bounds nothing else holds.

use std::sync::Arc;

use journey::identity::compare::{Comparison, Side};
use journey::identity::{LEGACY, Phase, Verdict, resolve};
use journey::inspect::gather::{Limits, gather};
use journey::model::{Flags, Id};

use crate::engine::Whole;
use crate::support::story::{Story, facts_of_files};

const G: &str = "0f1e2d3c-4b5a-4697-8877-665544332211";

#[test]
fn a_row_loses_a_race_up_to_one_second_before_the_call_and_is_history_before() {
    let story = Story::new(
        "0 View(12345)
         1.5@3.1 Old(sally)
         1.999@3.2 Nearly(sally)
         2@3.3 Bound(sally)
         2.5@3.4 Within(sally)
         9@3.5 Later(sally)
         3@4 AL(sally -> 12345)",
    );
    assert_eq!(story.split("sally"), "Old history, Nearly history, Bound race, Within race, Later race");
}

#[test]
fn equal_rows_without_an_insert_id_are_two_in_one_file_and_one_in_two() {
    let mut story = Story::new("1 View(a)\n1 View(a)\n2 Buy(a)");
    let journey = story.journey("a");
    assert_eq!((journey.steps.len(), journey.steps.iter().map(|step| step.copies.len()).sum::<usize>()), (3, 0));
    let both = facts_of_files(&[("a.jsonl", &story.rows), ("b.jsonl", &story.rows)]);
    let journey = resolve(&both, &Id::new("a"), LEGACY).unwrap();
    assert_eq!(journey.steps.iter().map(|step| step.copies.len()).collect::<Vec<_>>(), [1, 1, 1]);
    for row in &mut story.rows {
        row.insert_id = Some("i-1".to_owned());
    }
    assert_eq!(story.journey("a").steps.len(), 2, "with one they are deliveries of one row");
}

#[test]
fn an_alias_call_that_two_files_hold_is_one_and_twice_in_one_file_is_two() {
    let once = Story::new("1 View(12345)\n2 AL(sally -> 12345)");
    let verdicts = |files: &[(&str, &[journey::model::Row])]| -> Vec<Verdict> {
        resolve(&facts_of_files(files), &Id::new("sally"), LEGACY)
            .unwrap()
            .aliases
            .iter()
            .map(|line| line.verdict)
            .collect()
    };
    assert_eq!(verdicts(&[("a.jsonl", &once.rows), ("b.jsonl", &once.rows)]), [Verdict::Accepted]);
    let twice = Story::new("1 View(12345)\n2 AL(sally -> 12345)\n2 AL(sally -> 12345)");
    assert_eq!(verdicts(&[("a.jsonl", &twice.rows)]), [Verdict::Accepted, Verdict::Duplicate]);
    assert_eq!(
        verdicts(&[("a.jsonl", &twice.rows), ("b.jsonl", &once.rows)]),
        [Verdict::Accepted, Verdict::Duplicate],
        "the overlap is one of the two"
    );
}

#[test]
fn rows_that_two_users_claim_begin_no_reset() {
    let rows = "1 Open(u1) +u1,d1 on web · Linux
         100 Land($device:d2) +,d2 on web · Linux
         101 ID(u1 <= $device:d2) +u1,d2 on web · Linux
         500 Land($device:d3) +,d3 on web · Linux
         501 ID(u1 <= $device:d3) +u1,d3 on web · Linux";
    let resets = "login u1@1, reset $device:d2@100, identify u1@101, reset $device:d3@500, identify u1@501";
    assert_eq!(Story::new(rows).points("u1"), resets);
    let claimed = Story::new(&format!("{rows}\n900 ID(u2 <= $device:d3) +u2,d3 on web · Linux"));
    assert_eq!(claimed.points("u1"), "login u1@1, reset $device:d2@100, identify u1@101, identify u1@501");
    let all_claimed = Story::new(&format!(
        "{rows}\n900 ID(u2 <= $device:d3) +u2,d3 on web · Linux\n901 ID(u2 <= $device:d2) +u2,d2 on web · Linux"
    ));
    assert_eq!(all_claimed.points("u1"), "login u1@1, identify u1@101, identify u1@501");
}

#[test]
fn a_reset_makes_no_user_known() {
    let story = Story::new(&format!(
        "1 Open(a1) +,d1 on web · Linux
         100 Land({G}) +,{G} on web · Linux
         101 MERGE(a1, {G})
         200 Buy(a1) +,d3 on iphone · iOS"
    ));
    assert_eq!(story.points("a1"), format!("reset {G}@100"));
    assert!(story.journey("a1").steps.iter().all(|step| step.phase == Phase::Anonymous));
}

#[test]
fn an_id_that_is_a_number_in_some_rows_is_reported_and_in_all_is_not() {
    let mut story = Story::new("1 View(42)\n2 View(42)\n3 View(42)");
    assert_eq!(story.findings("42"), "");
    story.rows[1].flags.set(Flags::ID_NOT_TEXT);
    assert_eq!(story.findings("42"), "id-type");
    let finding = &story.journey("42").findings[0];
    assert!(finding.what.contains("in 1 row and as text in others"), "{}", finding.what);
    assert_eq!(finding.sources[0].line, 2);
    for row in &mut story.rows {
        row.flags.set(Flags::ID_NOT_TEXT);
    }
    assert_eq!(story.findings("42"), "", "one type everywhere is no mistake");
}

#[test]
fn one_who_begins_within_half_an_hour_may_have_taken_over() {
    let is_told = |gap: i64| {
        let story = Story::new(&format!("1 Bye(a1) +,d1 on web · Linux\n{} Hello(a2) +,d2 on web · Linux", 1 + gap));
        let side = |id: &str| Side { journey: Arc::new(story.journey(id)), traits: vec![] };
        let compared = Comparison::of(side("a1"), side("a2"), vec![]);
        compared.arguments.iter().any(|argument| argument.text.contains("sends its last row"))
    };
    assert!(is_told(30 * 60));
    assert!(!is_told(30 * 60 + 1));
}

#[test]
fn a_guest_is_no_user() {
    assert!(["guest", "Guest", "$device:guest", "'guest'"].iter().all(|text| Id::new(text).is_placeholder()));
    assert!(["guest-7", "guests", "guest@x.com"].iter().all(|text| !Id::new(text).is_placeholder()));
    let story = Story::new(&format!("1 Land({G}) +,{G}\n2 ID(guest <= {G}) +guest,{G}\n3 Open(guest) +guest,{G}"));
    assert_eq!((story.points("guest"), story.orphans("guest")), (String::new(), String::new()));
    assert_eq!(story.findings("guest"), "placeholder-id");
}

#[test]
fn a_journey_of_a_quarter_of_a_million_rows_has_each_of_them_once() {
    const ROWS: usize = 250_003;
    let mut story = Story::new("1 View(a)");
    let row = story.rows.remove(0);
    // Many rows of one second, also where a page ends.
    story.rows = (0..ROWS)
        .map(|at| {
            let time = i64::try_from(at / 10).unwrap() * 1000;
            journey::model::Row { time, arrival: Some(time), line: at as u64 + 1, ..row.clone() }
        })
        .collect();
    let facts = gather(&Whole(story.facts()), &Id::new("a"), &Limits::default()).unwrap();
    assert!(facts.cuts.is_empty());
    let mut lines: Vec<u64> = facts.events.iter().map(|event| event.source.line).collect();
    lines.sort_unstable();
    assert!(lines.into_iter().eq(1..=ROWS as u64));
}

#[test]
fn a_row_beyond_the_limit_is_cut_and_makes_every_number_a_least_one() {
    let limits = Limits { rows: 10, ..Limits::DEFAULT };
    let journey = |rows: usize| {
        let story: Vec<String> = (0..rows).map(|at| format!("{at} View(a)\n")).collect();
        resolve(
            &gather(&Whole(Story::new(&story.concat()).facts()), &Id::new("a"), &limits).unwrap(),
            &Id::new("a"),
            LEGACY,
        )
        .unwrap()
    };
    let (all, cut) = (journey(10), journey(11));
    assert_eq!((all.steps.len(), all.cuts.len(), all.has_more_rows(), all.at_least()), (10, 0, false, ""));
    assert_eq!((cut.steps.len(), cut.cuts.len(), cut.has_more_rows(), cut.at_least()), (10, 1, true, "at least "));
    assert!(!cut.has_more_ids());
    let mut out = Vec::new();
    journey::report::text::journey(&mut out, &cut, &journey::report::Look::default()).unwrap();
    assert!(String::from_utf8(out).unwrap().contains("at least 10 rows"));
}
