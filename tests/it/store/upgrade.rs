//! Stores of older versions.

use super::*;

use journey::ingest::{self, Flow, Input, Options};
use journey::store::{SCHEMA_VERSION, Upgrade};

/// What programs of versions 1 and 2 made of [`FILES`].
const OLD: [(i64, &[u8]); 2] =
    [(1, include_bytes!("../../data/stores/v1.db.zst")), (2, include_bytes!("../../data/stores/v2.db.zst"))];

/// What the old stores were made of, in this order.
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

/// Each version that is no more, with a store of it in a folder of its own.
fn old_stores() -> impl Iterator<Item = (i64, TempDir, PathBuf)> {
    OLD.into_iter().map(|(version, packed)| {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("old.db");
        fs::write(&path, zstd::decode_all(packed).unwrap()).unwrap();
        (version, folder, path)
    })
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
fn a_store_of_an_older_version_answers_as_one_that_is_made_today() {
    // Of a hash, version 2 keeps the lower six bytes.
    let rows =
        "SELECT id, uid, t, arrived, ev, device, user, other, client, hash & 0xffffffffffff, file, line, nth, flags
                FROM rows ORDER BY id";
    let views = [rows, "SELECT * FROM events ORDER BY id", "SELECT * FROM aliases"];
    for (version, folder, old) in old_stores() {
        let before = views.map(|sql| table(&old, sql));
        let mut steps: Vec<Upgrade> = Vec::new();
        let writer = Writer::open_telling(&old, &mut |step| {
            steps.push(*step);
            true
        });
        writer.unwrap().finish().unwrap();
        assert!(steps.is_sorted_by_key(|step| (step.from, step.done)));
        let ends = |step: &&Upgrade| step.done == step.total;
        let expected: Vec<_> =
            (version..SCHEMA_VERSION).map(|from| Upgrade { from, to: from + 1, done: ROWS, total: ROWS }).collect();
        assert_eq!(steps.iter().filter(ends).copied().collect::<Vec<_>>(), expected);
        assert_eq!(told(&old), told(&fresh(&folder)));
        for (sql, before) in views.into_iter().zip(before) {
            assert_eq!(table(&old, sql), before, "{sql}");
        }
        assert_eq!(table(&old, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), ["Integer(1)"]);
    }
}

#[test]
fn a_reader_of_an_older_store_changes_nothing_and_says_what_to_do() {
    for (version, _folder, old) in old_stores() {
        let before = fs::read(&old).unwrap();
        let error = Reader::open(&old).unwrap_err();
        assert!(matches!(error, Error::Older { found, ours: SCHEMA_VERSION, .. } if found == version));
        assert!(error.advice().unwrap().contains("journey import"));
        assert_eq!(fs::read(&old).unwrap(), before);
    }
}

#[test]
fn an_upgrade_that_is_stopped_anywhere_leaves_the_version_that_was_whole_last() {
    for (version, _folder, old) in old_stores() {
        let events = table(&old, "SELECT * FROM events ORDER BY id");
        let mut stop_after = 0;
        loop {
            let mut steps = 0;
            let mut from = version;
            let opened = Writer::open_telling(&old, &mut |step| {
                steps += 1;
                from = step.from;
                steps <= stop_after
            });
            assert_eq!(table(&old, "SELECT * FROM events ORDER BY id"), events, "after {stop_after} steps");
            match opened {
                Err(Error::Cancelled) => {
                    assert!(matches!(Reader::open(&old), Err(Error::Older { found, .. }) if found == from));
                }
                Err(error) => panic!("{error}"),
                Ok(_) => break,
            }
            stop_after += 1;
        }
        assert!(stop_after > 20, "there are as many steps as segments");
    }
}

#[test]
fn an_upgrade_that_is_killed_at_any_byte_leaves_a_whole_store_of_some_version() {
    for (version, folder, old) in old_stores() {
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
            versions.extend(table(&killed, "PRAGMA user_version"));
            assert_eq!(table(&killed, "SELECT * FROM events ORDER BY id"), events, "{cut} of {} bytes", log.len());
            drop(Writer::open(&killed).unwrap());
            assert_eq!(told(&killed), answers);
        }
        let all = (version..=SCHEMA_VERSION).map(|version| format!("Integer({version})"));
        assert_eq!(versions, all.collect(), "of {version}");
    }
}
