//! Stores of older versions.

use super::*;

use journey::ingest::{self, Flow, Input, Options};
use journey::store::Upgrade;

/// What a program of version 1 made of [`FILES`].
const VERSION_1: &[u8] = include_bytes!("../../data/stores/v1.db.zst");

/// What the store of version 1 was made of, in this order.
const FILES: [&str; 7] = [
    "captures/export",
    "export/lone_surrogate.jsonl",
    "table/aliases.csv",
    "engage/second_device.jsonl",
    "wire/undecodable.jsonl",
    "wire/retry.jsonl",
    "variants/crlf.jsonl",
];

/// Its rows.
const ROWS: u64 = 569;

fn version_1(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("old.db");
    fs::write(&path, zstd::decode_all(VERSION_1).unwrap()).unwrap();
    path
}

fn fresh(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("fresh.db");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let inputs = FILES.iter().map(|file| Input::Path(data.join(file))).collect();
    let mut writer = Writer::open(&path).unwrap();
    ingest::import(&mut writer, inputs, &Options::default(), &mut |_| Flow::Continue).unwrap();
    writer.finish().unwrap();
    path
}

/// Everything that a question in SQL gives, as text.
fn table(path: &Path, sql: &str) -> Vec<String> {
    let db = Connection::open(path).unwrap();
    let mut select = db.prepare(sql).unwrap();
    let columns = select.column_count();
    let rows = select.query_map([], |row| {
        let cells = (0..columns).map(|column| row.get_ref(column).map(|cell| format!("{cell:?}")));
        cells.collect::<rusqlite::Result<Vec<_>>>().map(|cells| cells.join(" "))
    });
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

/// Everything that a reader tells.
fn told(path: &Path) -> Vec<String> {
    let store = Reader::open(path).unwrap();
    let mut told = vec![format!("{:?}", store.overview().unwrap()), format!("{:?}", store.rejects(999).unwrap())];
    let mut events = store.events_without_id(999).unwrap();
    for id in store.all_ids().unwrap() {
        events.extend(store.events_of(&id, 9999).unwrap());
        told.push(format!("{id:?} {:?}", store.span_of(&id).unwrap()));
        told.push(format!("{:?}", store.calls_of(&id, 999).unwrap()));
        told.push(format!("{:?}", store.links_of(&id, 999).unwrap()));
        told.push(format!("{:?}", store.profiles_of(&[id], 999).unwrap()));
    }
    assert_eq!(events.len() as u64, ROWS);
    let rows: Vec<i64> = events.iter().map(|event| event.row).collect();
    let properties = store.properties(&rows).unwrap();
    told.extend(events.iter().zip(properties).map(|(event, properties)| format!("{event:?} {properties}")));
    told
}

#[test]
fn a_store_of_version_1_answers_as_one_that_is_made_today() {
    let folder = TempDir::new().unwrap();
    let old = version_1(&folder);
    // Of a hash, version 2 keeps the lower six bytes.
    let rows =
        "SELECT id, uid, t, arrived, ev, device, user, other, client, hash & 0xffffffffffff, file, line, nth, flags
                FROM rows ORDER BY id";
    let views = [rows, "SELECT * FROM events ORDER BY id", "SELECT * FROM aliases"];
    let before = views.map(|sql| table(&old, sql));
    let mut steps: Vec<Upgrade> = Vec::new();
    let writer = Writer::open_telling(&old, &mut |step| {
        steps.push(*step);
        true
    });
    writer.unwrap().finish().unwrap();
    assert!(steps.is_sorted_by_key(|step| step.done));
    assert_eq!(steps.last(), Some(&Upgrade { from: 1, to: 2, done: ROWS, total: ROWS }));
    assert_eq!(told(&old), told(&fresh(&folder)));
    for (sql, before) in views.into_iter().zip(before) {
        assert_eq!(table(&old, sql), before, "{sql}");
    }
    assert_eq!(table(&old, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), ["Integer(1)"]);
}

#[test]
fn a_reader_of_an_older_store_changes_nothing_and_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let old = version_1(&folder);
    let before = fs::read(&old).unwrap();
    let error = Reader::open(&old).unwrap_err();
    assert!(matches!(error, Error::Older { found: 1, ours: 2, .. }));
    assert!(error.advice().unwrap().contains("journey import"));
    assert_eq!(fs::read(&old).unwrap(), before);
}

#[test]
fn an_upgrade_that_is_stopped_anywhere_leaves_the_old_store() {
    let folder = TempDir::new().unwrap();
    let old = version_1(&folder);
    let events = table(&old, "SELECT * FROM events ORDER BY id");
    let mut stop_after = 0;
    loop {
        let mut steps = 0;
        let opened = Writer::open_telling(&old, &mut |_| {
            steps += 1;
            steps <= stop_after
        });
        assert_eq!(table(&old, "SELECT * FROM events ORDER BY id"), events, "after {stop_after} steps");
        match opened {
            Err(Error::Cancelled) => assert!(matches!(Reader::open(&old), Err(Error::Older { found: 1, .. }))),
            Err(error) => panic!("{error}"),
            Ok(_) => break,
        }
        stop_after += 1;
    }
    assert!(stop_after > 20, "there are as many steps as segments");
}

#[test]
fn an_upgrade_that_is_killed_at_any_byte_leaves_the_old_store_or_the_new_one() {
    let folder = TempDir::new().unwrap();
    let old = version_1(&folder);
    let events = table(&old, "SELECT * FROM events ORDER BY id");
    let writer = Writer::open(&old).unwrap();
    let (main, log) = (fs::read(&old).unwrap(), fs::read(folder.path().join("old.db-wal")).unwrap());
    drop(writer);
    let answers = told(&old);
    let mut versions = std::collections::BTreeSet::new();
    for cut in (0..=log.len()).step_by(log.len() / 9).chain([log.len() - 1, log.len()]) {
        let killed = folder.path().join(format!("killed-{cut}"));
        fs::write(&killed, &main).unwrap();
        fs::write(folder.path().join(format!("killed-{cut}-wal")), &log[..cut]).unwrap();
        versions.insert(table(&killed, "PRAGMA user_version"));
        assert_eq!(table(&killed, "SELECT * FROM events ORDER BY id"), events, "{cut} of {} bytes", log.len());
        drop(Writer::open(&killed).unwrap());
        assert_eq!(told(&killed), answers);
    }
    assert_eq!(versions.len(), 2, "before and after");
}
