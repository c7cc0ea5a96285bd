//! However the same rows come into a store, the answers are the same.

use journey::formats::Zone;
use journey::identity::Journey;
use journey::ingest::{Flow, Input, Options, import};
use journey::inspect::Inspector;
use journey::model::{Id, Row, Verb};
use journey::store::Writer;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::engine::{IDS, any_history};

/// The row as a line of a raw export. `n` keeps two equal rows of a history apart: equal lines
/// of *two* files are one row that two exports hold, and nothing could tell them from two rows.
fn line(row: &Row) -> String {
    let mut properties = Map::new();
    let mut put = |key: &str, value: Value| properties.insert(key.to_owned(), value);
    put("time", number(&format!("{}.{:03}", row.time / 1000, row.time % 1000)));
    put("mp_processing_time_ms", json!(row.arrival));
    let text = |id: &Option<Id>| id.as_ref().map_or(Value::Null, |id| json!(id.as_str()));
    put("distinct_id", text(&row.id));
    match &row.verb {
        Verb::Alias { alias, .. } => drop(put("alias", text(alias))),
        Verb::Identify { anon, .. } => drop(put("$anon_distinct_id", text(anon))),
        Verb::Merge { ids } => {
            drop(put("$distinct_ids", ids.iter().map(|id| json!(id.as_str())).collect::<Value>()));
        }
        _ => {}
    }
    if row.device.is_some() {
        put("$device_id", text(&row.device));
        put("$had_persisted_distinct_id", json!(row.flags.has(journey::model::Flags::HAD_PERSISTED)));
    }
    if row.user.is_some() {
        put("$user_id", text(&row.user));
    }
    if let Some(insert_id) = &row.insert_id {
        put("$insert_id", json!(insert_id));
    }
    put("n", json!(row.line));
    format!("{}\n", json!({"event": row.event, "properties": properties}))
}

/// Seconds with a fraction, as SDKs send them.
fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A store of these files, imported in this order, in chunks of few rows.
fn store(files: &[(&str, String)]) -> Inspector {
    let mut writer = Writer::in_memory().unwrap();
    let options = Options { zone: Zone::Utc, chunk: 700, ..Options::default() };
    for (name, text) in files {
        let input = Input::Bytes { name: (*name).to_owned(), content: text.clone().into_bytes() };
        let report = import(&mut writer, vec![input], &options, &mut |_| Flow::Continue).unwrap();
        assert_eq!(report.rejected, 0);
    }
    Inspector::new(writer.into_reader().unwrap())
}

/// What a reader learns, without the places in files.
fn printed(journey: Option<Journey>) -> String {
    let Some(journey) = journey else { return "nowhere".to_owned() };
    let step = |step: &journey::identity::Step| {
        let event = &step.event;
        format!(
            "{} {:?} {} {:?} {:?} {:?}",
            event.event, event.id, event.time, step.stored_under, step.state, step.phase
        )
    };
    let mut printed = vec![format!("{:?} {:?}", journey.root, journey.ids)];
    printed.extend(journey.steps.iter().map(step));
    printed.extend(journey.aliases.iter().map(|line| format!("{:?} {:?} {:?}", line.alias, line.target, line.verdict)));
    for orphan in &journey.orphans {
        printed.push(format!("{:?} {:?} {} {:?}", orphan.id, orphan.strength, orphan.contested, orphan.owners));
        printed.extend(orphan.steps.iter().map(step));
    }
    printed.extend(journey.points.iter().map(|point| format!("{:?} {:?} {}", point.kind, point.id, point.time)));
    printed.extend(journey.findings.iter().map(|finding| finding.code().to_owned()));
    printed.join("\n")
}

fn all(inspector: &Inspector) -> Vec<String> {
    IDS.iter().map(|id| printed(inspector.journey(&Id::new(id)).unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_repeated_import_pieces_and_another_order_change_no_answer(rows in any_history(), cut in any::<prop::sample::Index>()) {
        // In order of arrival, as one server wrote them; rows of one moment keep their order
        // only within a file, so the cut is made between two moments.
        let mut rows = rows;
        rows.sort_by_key(|row| (row.arrival, row.line));
        let lines: Vec<String> = rows.iter().map(line).collect();
        let mut at = cut.index(lines.len());
        while at > 0 && at < rows.len() && rows[at].arrival == rows[at - 1].arrival {
            at += 1;
        }
        let (early, late) = (lines[..at].concat(), lines[at..].concat());
        let whole = lines.concat();
        let once = all(&store(&[("a.jsonl", whole.clone())]));
        let of = |files: &[(&str, &String)]| {
            let files: Vec<_> = files.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (*name, (*text).clone())).collect();
            all(&store(&files))
        };
        prop_assert_eq!(&of(&[("a.jsonl", &whole), ("a.jsonl", &whole), ("b.jsonl", &whole)]), &once);
        prop_assert_eq!(&of(&[("a.jsonl", &early), ("b.jsonl", &late)]), &once);
        prop_assert_eq!(&of(&[("b.jsonl", &late), ("a.jsonl", &early)]), &once);
        prop_assert_eq!(&of(&[("late.jsonl", &late), ("whole.jsonl", &whole)]), &once);
    }
}
