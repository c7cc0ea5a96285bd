//! A plain copy of a store has everything, and is imported again with the same answers.

use std::fs;
use std::path::{Path, PathBuf};

use journey::formats::Zone;
use journey::ingest::{Flow, Input, Options, import};
use journey::inspect::Inspector;
use journey::model::Id;
use journey::report::json;
use journey::store::{Error, Reader, Writer};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::all_ids;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn reader(path: &Path) -> Reader {
    let mut writer = Writer::in_memory().unwrap();
    let options = Options { zone: Zone::Utc, ..Options::default() };
    let report = import(&mut writer, vec![Input::Path(path.to_owned())], &options, &mut |_| Flow::Continue).unwrap();
    assert_eq!(report.failures.len(), 0, "{:?}", report.failures);
    writer.into_reader().unwrap()
}

fn store(path: &Path) -> Inspector {
    Inspector::new(reader(path))
}

fn copy_of(reader: &Reader) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy.db");
    reader.export(&path, false, &mut |_, _| true).unwrap();
    (folder, path)
}

/// What `journey show --format json` says, without the places in files.
fn printed(store: &Inspector, id: &Id) -> Value {
    let Some(journey) = store.journey(id).unwrap() else { return Value::Null };
    let mut out = Vec::new();
    json::journey(&mut out, &journey, &|row| Some(store.properties(&[row]).unwrap().remove(0))).unwrap();
    let mut printed: Value = serde_json::from_slice(&out).unwrap();
    forget_places(&mut printed);
    printed
}

fn forget_places(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(forget_places),
        Value::Object(fields) => {
            if fields.contains_key("file") && fields.contains_key("line") {
                fields.clear();
            }
            fields.values_mut().for_each(forget_places);
        }
        // Reasons name the line that says so.
        Value::String(text) => {
            if let Some((before, _)) = text.split_once(".jsonl").or_else(|| text.split_once("copy.db")) {
                *text = before.rsplit_once(' ').map_or(before, |(before, _)| before).to_owned();
            }
        }
        _ => {}
    }
}

#[test]
fn a_copy_of_every_capture_gives_the_same_journeys() {
    let mut journeys = 0;
    for entry in fs::read_dir(data("captures/export")).unwrap() {
        let path = entry.unwrap().path();
        let once = store(&path);
        let (_folder, copy) = copy_of(&reader(&path));
        let again = store(&copy);
        let ids = all_ids(&once);
        assert_eq!(all_ids(&again), ids, "{path:?}");
        for id in ids {
            assert_eq!(printed(&once, &id), printed(&again, &id), "{path:?} {id:?}");
            journeys += 1;
        }
    }
    assert!(journeys > 60, "only {journeys} ids");
}

#[test]
fn a_copy_holds_properties_places_and_profiles_as_they_came() {
    let once = store(&data("cli/sally.jsonl"));
    let (_folder, copy) = copy_of(&reader(&data("cli/sally.jsonl")));
    let copy = Connection::open(copy).unwrap();
    let overview = once.overview().unwrap();
    for (table, rows) in
        [("events", overview.events), ("aliases", overview.alias_calls), ("profiles", overview.profiles)]
    {
        let count: i64 = copy.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(count.unsigned_abs(), rows, "{table}");
    }
    for step in once.journey(&Id::new("12345")).unwrap().unwrap().steps {
        let properties = once.properties(&[step.event.row]).unwrap().remove(0);
        let found: i64 = copy
            .query_row(
                "SELECT count(*) FROM events WHERE distinct_id = ?1 AND event = ?2 AND properties = ?3 AND file = ?4 AND line = ?5",
                rusqlite::params![
                    step.event.id.as_ref().map(Id::as_str),
                    &*step.event.event,
                    properties,
                    &*step.event.source.file,
                    step.event.source.line.cast_signed()
                ],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(found, 1, "{:?}", step.event);
    }
    let linked: i64 = copy
        .query_row(
            "SELECT count(*) FROM aliases a JOIN events e ON e.id = a.event_id AND e.event = '$create_alias'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(linked.unsigned_abs(), overview.alias_calls);
}

#[test]
fn nothing_is_overwritten_and_nothing_half_made_stays() {
    let once = reader(&data("cli/sally.jsonl"));
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy.db");
    assert!(matches!(once.export(&path, false, &mut |_, _| false), Err(Error::Cancelled)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a copy that was stopped leaves nothing");
    fs::write(&path, "mine").unwrap();
    assert!(matches!(once.export(&path, false, &mut |_, _| true), Err(Error::Exists { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert!(matches!(once.export(&path, true, &mut |_, _| false), Err(Error::Cancelled)));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine", "what is there stays until the copy is whole");
    once.export(&path, true, &mut |_, _| true).unwrap();
    assert!(fs::read(&path).unwrap().starts_with(b"SQLite format 3"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_store_is_never_replaced_by_its_copy_nor_a_file_in_use() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let mut writer = Writer::open(&path).unwrap();
    let input = vec![Input::Path(data("cli/sally.jsonl"))];
    import(&mut writer, input, &Options::default(), &mut |_| Flow::Continue).unwrap();
    writer.finish().unwrap();
    let reader = Reader::open(&path).unwrap();
    assert!(matches!(reader.export(&path, true, &mut |_, _| true), Err(Error::Itself { .. })));
    let other = folder.path().join("other.db");
    fs::write(&other, "x").unwrap();
    fs::write(folder.path().join("other.db-wal"), "rows on their way").unwrap();
    assert!(matches!(reader.export(&other, true, &mut |_, _| true), Err(Error::Busy { .. })));
}

#[test]
fn a_copy_keeps_times_of_another_zone_and_what_profiles_say() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("rows.jsonl");
    let lines = [
        r#"{"event":"A","properties":{"distinct_id":7,"time":1602611311,"mp_processing_time_ms":1602625711561,"n":1.50}}"#,
        r#"{"event":"$hotshard_events","properties":{"distinct_id":"shard","time":1602611312,"mp_original_event_name":"B","mp_original_distinct_id":"7"}}"#,
        r#"{"$distinct_id":"7","$token":"t","$set":{"$email":"sally@gmail.com"}}"#,
    ];
    fs::write(&file, lines.join("\n")).unwrap();
    let mut writer = Writer::in_memory().unwrap();
    let options = Options { zone: Zone::Fixed(-240), ..Options::default() };
    import(&mut writer, vec![Input::Path(file)], &options, &mut |_| Flow::Continue).unwrap();
    let once = writer.into_reader().unwrap();
    let (_folder, copy) = copy_of(&once);
    let once = Inspector::new(once);
    let again = store(&copy);
    let before = printed(&once, &Id::new("7"));
    assert_eq!(before["events"][0]["time"], "2020-10-13T21:48:31.000Z");
    assert_eq!(before["events"].as_array().map(Vec::len), Some(2), "{before}");
    assert_eq!(before, printed(&again, &Id::new("7")));
    let hits = again.search("sally", 5).unwrap();
    assert_eq!(hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), ["7"]);
}
