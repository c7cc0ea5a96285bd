//! What would mend a user: the engine's answer is what an import of the file gives.

use journey::identity::Verdict;
use journey::identity::repair::{Outcome, Repair, Way};
use journey::inspect::Inspector;
use journey::model::Id;

use crate::support::stored::{lines, store, store_of_bytes};
use crate::support::story::Story;

/// Users with something to mend: a history, and an id of the user.
const HISTORIES: &[(&str, &str)] = &[
    // A refused alias, rows before and after it.
    ("1 View(12345)\n2 AL(sally -> 12345)\n60 Open(P-1)\n61 AL(sally -> P-1)\n62 Buy(P-1)\n70 Buy(sally)", "sally"),
    // A race, and rows from long before.
    ("1 View(12345)\n2 Old(sally)\n30@31.2 AL(sally -> 12345)\n30.1@30.4 Welcome(sally)\n40 Buy(sally)", "sally"),
    // No alias at all.
    ("1 Land(an7)\n1.5 View(an7)\n2 ID(u <= an7) +u,an7\n3 Dash(u) +u,an7", "u"),
    // Two devices left behind, one of them with an alias of its own.
    (
        "1 View($device:d1) +,d1\n2 AL(u -> $device:d1)\n50 View($device:d2) +,d2\n51 ID(u <= $device:d2) +u,d2\n\
         60 View($device:d3) +,d3\n60.5 AL(old -> $device:d3)\n61 ID(u <= $device:d3) +u,d3",
        "u",
    ),
    // Nothing is wrong.
    ("1 View(12345)\n2 AL(sally -> 12345)\n5 Buy(sally)", "sally"),
];

fn repair_of(inspector: &Inspector, id: &str) -> Repair {
    inspector.repair(&Id::new(id)).unwrap().unwrap()
}

/// The lines of a repair: alias calls, then rows.
fn file(inspector: &Inspector, repair: &Repair) -> Vec<String> {
    let mut file = Vec::new();
    inspector
        .repair_lines(repair, &mut |line| {
            file.push(line.to_owned());
            Ok(())
        })
        .unwrap();
    file
}

/// What the user comes to when these lines are imported behind the history.
fn imported(story: &str, repair: &[String], id: &str, twice: u64) -> Outcome {
    let history = lines(&Story::new(story).rows);
    let repair = repair.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect();
    let inspector = Inspector::new(store_of_bytes(&[("story.jsonl", history), ("repair.jsonl", repair)]));
    let journey = inspector.journey(&Id::new(id)).unwrap().unwrap();
    let calls =
        journey.steps.iter().filter(|step| &*step.event.source.file == "repair.jsonl" && step.event.other.is_some());
    let (split, rows) = (journey.splits() as u64, (journey.steps.len() - calls.count()) as u64);
    Outcome { merged: rows - split, split, missing: journey.orphaned_rows() as u64, twice }
}

#[test]
fn the_timeline_after_a_repair_is_the_one_that_an_import_of_its_file_gives() {
    for (story, id) in HISTORIES {
        let inspector = Inspector::new(store(story));
        let repair = repair_of(&inspector, id);
        let file = file(&inspector, &repair);
        let calls = repair.calls.len();
        let rows = repair.rows.len() as u64;
        for (way, outcome) in repair.then {
            let (lines, twice) = match way {
                Way::Code => (&file[..0], 0),
                Way::Alias => (&file[..calls], 0),
                Way::Import => (&file[..], rows),
            };
            assert_eq!(imported(story, lines, id, twice), outcome, "{way:?} of {story}");
        }
    }
}

#[test]
fn a_repair_leaves_nothing_missing_and_says_what_counts_twice() {
    let inspector = Inspector::new(store(HISTORIES[0].0));
    let repair = repair_of(&inspector, "sally");
    assert_eq!(repair.calls.len(), 1);
    assert_eq!((repair.calls[0].alias.as_str(), repair.calls[0].verdict), ("P-1", Verdict::Accepted));
    // Two deeds; the refused call itself is none.
    assert_eq!(repair.rows.iter().map(|row| &*row.event).collect::<Vec<_>>(), ["Open", "Buy"]);
    let [(_, code), (_, alias), (_, import)] = repair.then;
    assert_eq!(code, repair.now, "a change of the code moves no stored row");
    assert!(repair.now.missing > 0 && alias.missing == 0 && import.missing == 0);
    assert_eq!(import.twice, 2);
    assert!(repair.for_good.iter().any(|text| text.contains("sally keeps pointing at 12345")), "{:?}", repair.for_good);
}

#[test]
fn what_is_right_needs_no_call_and_no_row() {
    let inspector = Inspector::new(store(HISTORIES[4].0));
    let repair = repair_of(&inspector, "sally");
    assert!(repair.is_empty() && repair.findings.is_empty() && repair.for_good.is_empty());
    assert!(file(&inspector, &repair).is_empty());
}

#[test]
fn rows_that_can_be_of_several_users_and_those_of_a_placeholder_are_left_alone() {
    let contested = "1 Land($device:d1) +,d1\n2 ID(u1 <= $device:d1) +u1,d1\n3 Buy(u1) +u1,d1\n50 ID(u2 <= $device:d1) +u2,d1\n51 Buy(u2) +u2,d1";
    for id in ["u1", "u2"] {
        let repair = repair_of(&Inspector::new(store(contested)), id);
        assert!(repair.is_empty(), "{id}: {:?}", repair.rows);
        assert!(
            repair.for_good.iter().any(|text| text.contains("several users went on from")),
            "{:?}",
            repair.for_good
        );
    }
    let strangers = "1 Land($device:d1) +,d1\n2 ID(null <= $device:d1) +null,d1\n3 View(null) +null,d1";
    assert!(repair_of(&Inspector::new(store(strangers)), "null").is_empty());
    // An alias call has joined the placeholder to a user; its rows stay, those of another alias are mended.
    let joined = "1 Open(undefined) +,d9\n2 View(d9)\n2.5 Old(sally)\n50 AL(undefined -> 12345)\n51 AL(sally -> 12345)\n60 Buy(12345)";
    let repair = repair_of(&Inspector::new(store(joined)), "12345");
    assert_eq!(repair.rows.iter().map(|row| &*row.event).collect::<Vec<_>>(), ["Old"]);
    assert!(
        repair.for_good.iter().any(|text| text.contains("1 row stays under a placeholder")),
        "{:?}",
        repair.for_good
    );
    let [.., (_, import)] = repair.then;
    assert_eq!(imported(joined, &file(&Inspector::new(store(joined)), &repair), "12345", 1), import);
}

#[test]
fn each_line_of_a_repair_is_marked_and_has_nothing_that_the_server_writes() {
    let line = r#"{"event":"Open","properties":{"distinct_id":"P-1","time":1600000000,"$insert_id":"a1","plan":"pro","mp_processing_time_ms":1600000001000,"$mp_api_endpoint":"api.mixpanel.com","$import":true}}"#;
    let other = r#"{"event":"$identify","properties":{"distinct_id":"sally","$identified_id":"sally","$anon_distinct_id":"P-1","time":1600000060}}"#;
    let inspector = Inspector::new(store_of_bytes(&[("a.jsonl", format!("{line}\n{other}\n").into_bytes())]));
    let repair = repair_of(&inspector, "sally");
    let file = file(&inspector, &repair);
    let row: serde_json::Value = serde_json::from_str(&file[1]).unwrap();
    let properties = &row["properties"];
    assert_eq!((row["event"].as_str(), properties["plan"].as_str()), (Some("Open"), Some("pro")));
    assert_eq!(properties["distinct_id"], "sally");
    assert_eq!(properties["time"], 1_600_000_000_000_i64);
    assert_eq!(properties["journey_repair"], "a.jsonl:1");
    assert_ne!(properties["$insert_id"], "a1");
    for key in ["mp_processing_time_ms", "$mp_api_endpoint", "$import"] {
        assert!(properties.get(key).is_none(), "{key}");
    }
    let call: serde_json::Value = serde_json::from_str(&file[0]).unwrap();
    assert_eq!((call["event"].as_str(), call["properties"]["alias"].as_str()), (Some("$create_alias"), Some("P-1")));
}
