//! Answers about a made-up history: a repair is what an import of its file gives, and a redacted
//! answer has no id.

use std::fmt::Write as _;
use std::sync::Arc;

use journey::formats::Zone;
use journey::identity::repair::{Outcome, Way};
use journey::identity::{Journey, Register};
use journey::ingest::{self, Flow, Input, Options};
use journey::inspect::{Inspector, Redactor, check};
use journey::model::Id;
use journey::report::sheet::{self, Sheet};
use journey::report::{Look, Shown, graph, json, text};
use journey::store::Writer;
use serde_json::{Value, json};

use crate::driver::{HOSTILE, Target, hash};

/// Ids of a history: people, devices in both forms, some that look alike, one that no one has.
const IDS: [&str; 10] = [
    "qxsally@example.com",
    "QXsally@example.com",
    "qx-12345",
    "qx-tom",
    "$device:qx1a207e-05bd72951531c38",
    "qx1a207e-05bd72951531c38",
    "17a207e780418c-05bd72951531c38-19525630-13c680-17a207e780429a7",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "undefined",
    "qx anna",
];

/// A row for every four bytes: what it does, to which ids, when it happened and when it arrived.
fn history(input: &[u8]) -> Vec<Value> {
    let mut at = 1_600_000_000_000_u64;
    let mut rows = Vec::new();
    for bytes in input.chunks_exact(4).take(24) {
        let [what, one, two, when] = [bytes[0], bytes[1], bytes[2], bytes[3]];
        let id = |byte: u8| IDS[usize::from(byte) % IDS.len()];
        at += u64::from(when % 16) * 400;
        let late = [0, 300, 1_500, 90_000][usize::from(when >> 6)];
        let mut properties = json!({ "time": at, "mp_processing_time_ms": at + late, "distinct_id": id(one),
            "$insert_id": format!("i{}", rows.len()) });
        let mut set = |key: &str, value: Value| properties[key] = value;
        let event = match what % 8 {
            0 | 1 => {
                set("note", json!(format!("of {} {}", id(two), HOSTILE[usize::from(when) % HOSTILE.len()])));
                "View"
            }
            2 => {
                set("$device_id", json!(id(two).trim_start_matches("$device:")));
                "Open"
            }
            3 => {
                set("$user_id", json!(id(two)));
                set("$device_id", json!(id(one).trim_start_matches("$device:")));
                "Buy"
            }
            4 | 5 => {
                set("alias", json!(id(two)));
                "$create_alias"
            }
            6 => {
                set("$anon_distinct_id", json!(id(two)));
                "$identify"
            }
            _ => {
                set("$distinct_ids", json!([id(one), id(two)]));
                "$merge"
            }
        };
        rows.push(json!({ "event": event, "properties": properties }));
    }
    rows
}

fn lines(rows: &[Value]) -> Vec<u8> {
    rows.iter().flat_map(|row| format!("{row}\n").into_bytes()).collect()
}

fn inspector(files: &[(&str, Vec<u8>)]) -> Inspector {
    let mut writer = Writer::in_memory().unwrap();
    let inputs =
        files.iter().map(|(name, content)| Input::Bytes { name: (*name).to_owned(), content: content.clone() });
    let options = Options { zone: Zone::Utc, ..Options::default() };
    ingest::import(&mut writer, inputs.collect(), &options, &mut |_| Flow::Continue).unwrap();
    Inspector::new(writer.into_reader().unwrap())
}

/// A byte of a corpus for each of `0..n`, four of which are a row.
fn corpus(seeds: &[u64]) -> Vec<Vec<u8>> {
    let one = |seed: &u64| {
        let mut chance = crate::driver::Chance(*seed);
        (0..64).map(|_| u8::try_from(chance.next() % 256).unwrap()).collect()
    };
    seeds.iter().map(one).collect()
}

/// What a user comes to when these lines are imported behind the history.
fn imported(history: &[u8], repair: &str, id: &Id, twice: u64) -> Outcome {
    let inspector = inspector(&[("history.jsonl", history.to_vec()), ("repair.jsonl", repair.as_bytes().to_vec())]);
    let journey = inspector.journey(id).unwrap().unwrap();
    let is_call =
        |step: &&journey::identity::Step| &*step.event.source.file == "repair.jsonl" && step.event.other.is_some();
    let (split, calls) = (journey.splits() as u64, journey.steps.iter().filter(is_call).count() as u64);
    let merged = journey.steps.len() as u64 - calls - split;
    Outcome { merged, split, missing: journey.orphaned_rows() as u64, twice }
}

#[test]
fn a_repair_is_what_an_import_of_its_file_gives() {
    let corpus = corpus(&[1, 2, 3, 4]);
    let target = Target { name: "repair", inputs: 12, longest: 96, corpus, words: &[] };
    target.run(|input| {
        let rows = history(input);
        let history = lines(&rows);
        let inspector = inspector(&[("history.jsonl", history.clone())]);
        let audit = check::store(&inspector, &mut |_, _| true).unwrap();
        let mut seen: Vec<String> = audit.found.iter().map(|found| found.kind.code.to_owned()).collect();
        // Each outcome takes an import, so one user is enough.
        let first = usize::try_from(hash(input) % IDS.len() as u64).unwrap();
        let mut ids = IDS.iter().cycle().skip(first).take(IDS.len()).map(|id| Id::new(id));
        let found = ids.find_map(|id| Some((inspector.repair(&id).unwrap()?, id)));
        if let Some((repair, id)) = found {
            let mut file = Vec::new();
            inspector
                .repair_lines(&repair, &mut |line| {
                    let read: Value = serde_json::from_str(line).unwrap();
                    assert!(read["properties"]["journey_repair"].is_string(), "{line}");
                    file.push(line.to_owned());
                    Ok(())
                })
                .unwrap();
            for (way, outcome) in repair.then {
                let (count, twice) = match way {
                    Way::Code => (0, 0),
                    Way::Alias => (repair.calls.len(), 0),
                    Way::Import => (file.len(), repair.rows.len() as u64),
                };
                let mut text = String::new();
                file[..count].iter().for_each(|line| writeln!(text, "{line}").unwrap());
                let shown = imported(&history, &text, &id, twice);
                assert_eq!(shown, outcome, "{way:?} of {id:?}\n{}{text}", String::from_utf8_lossy(&history));
            }
            seen.push(format!("{} {}", repair.calls.len(), repair.rows.len().min(3)));
        }
        hash(seen)
    });
}

/// Everything that can be written of a journey.
fn written(inspector: &Inspector, journey: &Journey) -> String {
    let mut out = Vec::new();
    let look = Look { width: 4000, ..Look::default() };
    let shown = Shown { journey, selection: None };
    let properties = |row: i64| inspector.properties(&[row]).unwrap().pop();
    text::journey(&mut out, shown, &look).unwrap();
    json::journey(&mut out, shown, &properties).unwrap();
    let sheet = Sheet::of(shown, &look);
    sheet::csv(&mut out, &sheet, &properties).unwrap();
    sheet::html(&mut out, &sheet, &properties).unwrap();
    sheet::markdown(&mut out, &sheet).unwrap();
    let graph = graph::Graph::of(journey, &Register::of(journey));
    graph::json(&mut out, &graph).unwrap();
    graph::dot(&mut out, &graph).unwrap();
    graph::svg(&mut out, &graph, &look).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_redacted_answer_has_no_id_and_decides_the_same() {
    let corpus = corpus(&[5, 6, 7, 8]);
    let target = Target { name: "redaction", inputs: 40, longest: 96, corpus, words: &[] };
    target.run(|input| {
        let mut inspector = inspector(&[("history.jsonl", lines(&history(input)))]);
        let counts = |journey: &Journey| {
            let codes: Vec<_> = journey.findings.iter().map(journey::identity::Finding::code).collect();
            (journey.steps.len(), journey.splits(), journey.orphaned_rows(), journey.aliases.len(), codes)
        };
        let all = IDS.map(|id| inspector.journey(&Id::new(id)).unwrap().as_ref().map(counts));
        inspector.redact(Some(&Arc::new(Redactor::new([3; 16], &[]))));
        for (id, plain) in IDS.map(Id::new).iter().zip(&all) {
            let journey = inspector.journey(id).unwrap();
            assert_eq!(journey.as_ref().map(counts), *plain, "{id:?}");
            let Some(journey) = journey else { continue };
            let answer = written(&inspector, &journey);
            // An id that no row was sent under and no call names is a text like any other.
            let known = IDS.iter().zip(&all).filter(|(_, journey)| journey.is_some());
            for other in known.map(|(id, _)| Id::new(id)).filter(|id| !id.is_placeholder()) {
                if let Some(at) = answer.find(other.bare()) {
                    let around = answer.get(at.saturating_sub(80)..(at + 80).min(answer.len()));
                    panic!("{id:?} gives away {other:?}: {around:?}");
                }
            }
        }
        hash(all)
    });
}
