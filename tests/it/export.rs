//! A plain copy of a store has everything, and is imported again with the same answers.

use std::fs;
use std::path::{Path, PathBuf};

use journey::formats::Zone;
use journey::identity::{Journey, Step};
use journey::ingest::{Flow, Input, Options, import};
use journey::inspect::Inspector;
use journey::model::Id;
use journey::store::{Error, Reader, Writer};
use rusqlite::Connection;
use tempfile::TempDir;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn store(path: &Path) -> Inspector {
    let mut writer = Writer::in_memory().unwrap();
    let options = Options { zone: Zone::Utc, ..Options::default() };
    let report = import(&mut writer, vec![Input::Path(path.to_owned())], &options, &mut |_| Flow::Continue).unwrap();
    assert_eq!(report.failures.len(), 0, "{:?}", report.failures);
    Inspector::new(writer.into_reader().unwrap())
}

fn copy_of(reader: &Reader) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy.db");
    reader.export(&path, &mut |_, _| true).unwrap();
    (folder, path)
}

/// What a reader learns, without places in files.
fn told(journey: Option<Journey>) -> String {
    let Some(journey) = journey else { return "nowhere".to_owned() };
    let step = |step: &Step| {
        let event = &step.event;
        let row = (&event.event, &event.id, event.time, event.arrival_known().then_some(event.arrived));
        let sender = (&event.device, &event.user, &event.other, &event.client);
        format!("{row:?} {sender:?} {:?} {:?} {:?} {}", step.stored_under, step.state, step.phase, step.copies.len())
    };
    let mut told = vec![format!("{:?} {:?}", journey.root, journey.ids)];
    told.extend(journey.steps.iter().map(step));
    let calls = journey.aliases.iter();
    told.extend(calls.map(|line| format!("{:?} {:?} {:?} {:?}", line.alias, line.target, line.verdict, line.time)));
    for orphan in &journey.orphans {
        told.push(format!("{:?} {:?} {} {:?}", orphan.ids, orphan.strength, orphan.contested, orphan.owners));
        told.extend(orphan.steps.iter().map(step));
    }
    told.extend(journey.points.iter().map(|point| format!("{:?} {:?} {}", point.kind, point.id, point.time)));
    told.extend(journey.mentions.iter().map(|mention| format!("{} {:?}", mention.role, mention.root)));
    told.extend(journey.findings.iter().map(|finding| finding.code.to_owned()));
    told.join("\n")
}

#[test]
fn a_copy_of_every_capture_gives_the_same_journeys() {
    let mut journeys = 0;
    for entry in fs::read_dir(data("captures/export")).unwrap() {
        let path = entry.unwrap().path();
        let once = store(&path);
        let (_folder, copy) = copy_of(once.reader());
        let again = store(&copy);
        let ids = once.reader().all_ids().unwrap();
        assert_eq!(again.reader().all_ids().unwrap(), ids, "{path:?}");
        for id in ids {
            let (before, after) = (told(once.journey(&id).unwrap()), told(again.journey(&id).unwrap()));
            assert_eq!(before, after, "{path:?} {id:?}");
            journeys += 1;
        }
    }
    assert!(journeys > 60, "only {journeys} ids");
}

#[test]
fn a_copy_holds_properties_places_and_profiles_as_they_came() {
    let once = store(&data("cli/sally.jsonl"));
    let (_folder, copy) = copy_of(once.reader());
    let copy = Connection::open(copy).unwrap();
    let overview = once.overview().unwrap();
    for (table, rows) in [("events", overview.events), ("aliases", overview.alias_calls), ("profiles", overview.profiles)] {
        let count: i64 = copy.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(count.unsigned_abs(), rows, "{table}");
    }
    for step in once.journey(&Id::new("12345")).unwrap().unwrap().steps {
        let properties = once.properties(&[step.event.row]).unwrap().remove(0);
        let found: i64 = copy
            .query_row(
                "SELECT count(*) FROM events WHERE distinct_id = ?1 AND event = ?2 AND properties = ?3 AND file = ?4 AND line = ?5",
                rusqlite::params![
                    step.event.id.as_ref().map(|id| id.as_str()),
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
        .query_row("SELECT count(*) FROM aliases a JOIN events e ON e.id = a.event_id AND e.event = '$create_alias'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(linked.unsigned_abs(), overview.alias_calls);
}

#[test]
fn nothing_is_overwritten_and_nothing_half_made_stays() {
    let once = store(&data("cli/sally.jsonl"));
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy.db");
    assert!(matches!(once.reader().export(&path, &mut |_, _| false), Err(Error::Cancelled)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a copy that was stopped leaves nothing");
    fs::write(&path, "mine").unwrap();
    assert!(matches!(once.reader().export(&path, &mut |_, _| true), Err(Error::Exists { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}
