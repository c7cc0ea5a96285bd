//! Stores of older versions.

use super::*;

use journey::ingest::{self, Flow, Input, Options};
use journey::store::Upgrade;

/// What programs of versions 1 to 6 made of [`FILES`].
const OLD: [(i64, &[u8]); 6] = [
    (1, include_bytes!("../../data/stores/v1.db.zst")),
    (2, include_bytes!("../../data/stores/v2.db.zst")),
    (3, include_bytes!("../../data/stores/v3.db.zst")),
    (4, include_bytes!("../../data/stores/v4.db.zst")),
    (5, include_bytes!("../../data/stores/v5.db.zst")),
    (6, include_bytes!("../../data/stores/v6.db.zst")),
];

/// The oldest version that is read as it is.
const READABLE: i64 = 4;

/// What a program of version 3 made of [`FILES`] when it was run two and three times at once: 77
/// chunks, 27 of which are different.
const DOUBLED: &[u8] = include_bytes!("../../data/stores/v3-doubled.db.zst");

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

/// What the view of events has had from the first version on.
const EVENTS: &str = "SELECT id, distinct_id, event, time, arrived, device_id, user_id, other_id, client, file, line,
                             time_ms, arrived_ms, flags FROM events ORDER BY id";

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
fn printed(path: &Path) -> Vec<String> {
    let store = Reader::open(path).unwrap();
    let mut printed = vec![format!("{:?}", store.overview().unwrap()), format!("{:?}", store.rejects(999).unwrap())];
    let mut events = store.events_without_id(999).unwrap();
    for id in store.all_ids().unwrap() {
        events.extend(store.events_of(&id, 9999).unwrap());
        printed.push(format!("{id:?} {:?}", store.span_of(&id).unwrap()));
        printed.push(format!("{:?}", store.calls_of(&id, 999).unwrap()));
        printed.push(format!("{:?}", store.links_of(&id, 999).unwrap()));
        printed.push(format!("{:?}", store.profiles_of(&[id], 999).unwrap()));
    }
    assert_eq!(events.len() as u64, ROWS);
    let rows: Vec<i64> = events.iter().map(|event| event.row).collect();
    let properties = store.properties(&rows).unwrap();
    printed.extend(events.iter().zip(properties).map(|(event, properties)| format!("{event:?} {properties}")));
    printed
}

#[test]
fn a_store_of_an_older_version_answers_as_one_that_is_made_today() {
    // Of a hash, version 2 keeps the lower six bytes.
    let rows =
        "SELECT id, uid, t, arrived, ev, device, user, other, client, hash & 0xffffffffffff, file, line, nth, flags
                FROM rows ORDER BY id";
    let views = [rows, EVENTS, "SELECT * FROM aliases"];
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
        assert_eq!(printed(&old), printed(&fresh(&folder)));
        for (sql, before) in views.into_iter().zip(before) {
            assert_eq!(table(&old, sql), before, "{sql}");
        }
        assert_eq!(table(&old, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), ["Integer(1)"]);
    }
}

#[test]
fn a_reader_of_an_older_store_changes_nothing_and_says_what_to_do() {
    for (version, folder, old) in old_stores() {
        let before = fs::read(&old).unwrap();
        if version >= READABLE {
            assert_eq!(printed(&old), printed(&fresh(&folder)));
            assert_eq!(fs::read(&old).unwrap(), before);
            continue;
        }
        let error = Reader::open(&old).unwrap_err();
        assert!(matches!(error, Error::Older { found, ours: SCHEMA_VERSION, .. } if found == version));
        assert!(error.advice().unwrap().contains("journey import"));
        assert_eq!(fs::read(&old).unwrap(), before);
    }
}

#[test]
fn an_upgrade_that_is_stopped_anywhere_leaves_the_version_that_was_whole_last() {
    for (version, _folder, old) in old_stores() {
        let events = table(&old, EVENTS);
        let mut stop_after = 0;
        loop {
            let mut steps = 0;
            let mut from = version;
            let opened = Writer::open_telling(&old, &mut |step| {
                steps += 1;
                from = step.from;
                steps <= stop_after
            });
            assert_eq!(table(&old, EVENTS), events, "after {stop_after} steps");
            match opened {
                Err(Error::Cancelled) => {
                    if from < READABLE {
                        assert!(matches!(Reader::open(&old), Err(Error::Older { found, .. }) if found == from));
                    }
                    assert_eq!(table(&old, "PRAGMA user_version"), [format!("Integer({from})")]);
                }
                Err(error) => panic!("{error}"),
                Ok(_) => break,
            }
            stop_after += 1;
        }
        // Every version goes over all segments but the last, which touches no row.
        assert!(stop_after > 20 || version == 4, "there are as many steps as segments");
    }
}

/// The files of a store as they are: what is left of it when all programs are killed at once.
fn copy(from: &Path, to: &Path) {
    for end in ["", "-wal", "-journal"] {
        let sibling = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
        if sibling(from).exists() {
            fs::copy(sibling(from), sibling(to)).unwrap();
        }
    }
}

#[test]
fn an_upgrade_that_is_killed_at_any_step_leaves_a_whole_store_of_some_version() {
    for (version, folder, old) in old_stores() {
        let events = table(&old, EVENTS);
        let killed = |step: usize| folder.path().join(format!("killed-{step}"));
        let (mut steps, mut from, mut looked_at) = (0, 0, Vec::new());
        let writer = Writer::open_telling(&old, &mut |step| {
            copy(&old, &killed(steps));
            // Each version once at least, however few steps it takes.
            if steps % 7 == 0 || step.from != from {
                looked_at.push(steps);
            }
            from = step.from;
            steps += 1;
            true
        });
        copy(&old, &killed(steps));
        drop(writer.unwrap());
        let answers = printed(&old);
        let mut versions = std::collections::BTreeSet::new();
        for step in looked_at.into_iter().chain([steps - 1, steps]) {
            let killed = killed(step);
            // A log left next to it is undone with the first look.
            versions.extend(table(&killed, "PRAGMA user_version"));
            assert_eq!(table(&killed, EVENTS), events, "{step} of {steps}");
            drop(Writer::open(&killed).unwrap());
            assert_eq!(printed(&killed), answers);
        }
        let all = (version..=SCHEMA_VERSION).map(|version| format!("Integer({version})"));
        assert_eq!(versions, all.collect(), "of {version}");
    }
}

#[test]
fn a_copy_by_a_program_that_knows_no_sums_is_read_and_has_them_after_the_next_import() {
    let (folder, path) = store_in_file(3);
    let answers = |path: &Path| format!("{:?}", Reader::open(path).unwrap().events_of(&id("u"), 99).unwrap());
    let sums = |path: &Path| table(path, "PRAGMA page_sums");
    let expected = answers(&path);
    assert_eq!(sums(&path), ["Text([111, 110])"], "on");
    // What it writes: zeros for sums, or those of the pages before, and its own version in the head.
    let whole = fs::read(&path).unwrap();
    let (mut copied, mut changed) = (whole.clone(), whole.clone());
    copied.chunks_mut(16384).for_each(|page| page[16384 - 8..].fill(0));
    changed[96..100].copy_from_slice(&3_040_001_u32.to_be_bytes());
    changed[24 + 3] ^= 1;
    changed[92 + 3] ^= 1;
    for (name, bytes) in [("copied.db", copied), ("changed.db", changed)] {
        let copy = folder.path().join(name);
        fs::write(&copy, bytes).unwrap();
        assert_eq!((answers(&copy), sums(&copy)), (expected.clone(), vec!["Text([111, 102, 102])".to_owned()]));
        Writer::open(&copy).unwrap().finish().unwrap();
        assert_eq!((answers(&copy), sums(&copy)), (expected.clone(), vec!["Text([111, 110])".to_owned()]), "{name}");
    }
    // The same change without another version is damage.
    let mut damaged = whole;
    damaged[24 + 3] ^= 1;
    damaged[92 + 3] ^= 1;
    fs::write(&path, damaged).unwrap();
    assert!(matches!(Reader::open(&path), Err(Error::Corrupt { .. })));
}

#[test]
fn the_version_of_sqlite_is_known_to_have_written_stores() {
    // When SQLite becomes newer, its number joins the others in `sums.c`: a store that the version
    // before wrote, with a changed bit in its first page, is damaged, and no copy of other programs.
    assert_eq!(journey::store::sqlite_version(), "3.54.1");
}

/// The doubled store in a folder of its own, changed by `sql`.
fn doubled(sql: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("doubled.db");
    fs::write(&path, zstd::decode_all(DOUBLED).unwrap()).unwrap();
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    (folder, path)
}

/// All tables of a store as lines, without row numbers and numbers of files, which depend on the order of imports.
fn content(path: &Path) -> Vec<String> {
    [
        "SELECT distinct_id, event, time, arrived, device_id, user_id, other_id, client, file, line, flags FROM events
         ORDER BY 9, 10, 1, 2, 3",
        "SELECT alias, distinct_id, time, arrived, file, line FROM aliases ORDER BY 5, 6, 1, 2",
        "SELECT a.name, kind, b.name, rows, t, arrived, f.name, line FROM links JOIN ids a ON a.id = a
         JOIN ids b ON b.id = b JOIN files f ON f.id = file ORDER BY 1, 2, 3",
        "SELECT operation, json, f.name, line FROM profiles JOIN files f ON f.id = file ORDER BY 3, 4, 2",
        "SELECT f.name, line, reason, text FROM rejects JOIN files f ON f.id = file ORDER BY 1, 2, 3, 4",
        "SELECT i.name, sum(n), min(t0), max(t1) FROM runs JOIN ids i ON i.id = uid GROUP BY uid ORDER BY 1",
        "SELECT f.name, prev, hash, events, rejected, complete FROM chunks JOIN files f ON f.id = file ORDER BY 1, 2, 3",
        "SELECT count(*) FROM senders",
        "SELECT count(*) FROM pieces",
        "SELECT count(*) FROM blocks",
        "SELECT name FROM files ORDER BY 1",
        "SELECT name FROM ids ORDER BY 1",
    ]
    .into_iter()
    .flat_map(|sql| table(path, sql))
    .collect()
}

/// Has each piece that is there another time belong to the file that has it first, as when both
/// imports took up the same file.
const IN_ONE_FILE: &str = "
    CREATE TEMP TABLE first AS
        SELECT c.file, (SELECT min(k.file) FROM chunks k WHERE k.prev = c.prev AND k.hash = c.hash) AS first
        FROM chunks c;
    UPDATE senders SET file = (SELECT first FROM first f WHERE f.file = senders.file);
    UPDATE alias_calls SET file = (SELECT first FROM first f WHERE f.file = alias_calls.file);
    UPDATE profiles SET file = (SELECT first FROM first f WHERE f.file = profiles.file);
    UPDATE rejects SET file = (SELECT first FROM first f WHERE f.file = rejects.file);
    UPDATE links SET file = (SELECT first FROM first f WHERE f.file = links.file);
    UPDATE chunks SET file = (SELECT first FROM first f WHERE f.file = chunks.file);
    DELETE FROM files WHERE id NOT IN (SELECT first FROM first);";

#[test]
fn what_two_imports_at_once_stored_twice_is_removed_with_all_that_it_added_up_to() {
    for (way, sql) in [("in files of their own", ""), ("in one file", IN_ONE_FILE)] {
        let (folder, path) = doubled(sql);
        let rows: u64 = 1633;
        assert_eq!(table(&path, "SELECT count(*) FROM events"), [format!("Integer({rows})")]);
        let writer = Writer::open(&path).unwrap();
        assert_eq!(writer.doubled_rows_removed().unwrap(), rows - ROWS);
        writer.finish().unwrap();
        let fresh = fresh(&folder);
        let (mended, expected) = (content(&path), content(&fresh));
        for (mended, expected) in mended.iter().zip(&expected) {
            assert_eq!(mended, expected, "{way}");
        }
        assert_eq!(mended.len(), expected.len(), "{way}");
        assert_eq!(printed(&path).len(), printed(&fresh).len(), "{way}");
        assert_eq!(table(&path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), ["Integer(1)"]);
        // It goes on like any other store.
        let mut writer = Writer::open(&path).unwrap();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let inputs = FILES.iter().map(|file| Input::Path(data.join(file))).collect();
        let report = ingest::import(&mut writer, inputs, &Options::default(), &mut |_| Flow::Continue).unwrap();
        assert!(report.files.iter().all(|file| file.already), "{way}");
        writer.finish().unwrap();
        assert_eq!(content(&path), content(&fresh), "{way}");
    }
}

#[test]
fn a_store_without_doubled_pieces_says_of_none_that_it_was_removed() {
    for (_, _folder, old) in old_stores() {
        assert_eq!(Writer::open(&old).unwrap().doubled_rows_removed().unwrap(), 0);
    }
}

#[test]
fn the_verbs_of_an_older_store_are_those_that_its_names_had() {
    let verbs = "SELECT event, verb, vendor, count(*) FROM events GROUP BY 1, 2, 3";
    for (version, folder, old) in old_stores() {
        drop(Writer::open(&old).unwrap());
        let upgraded = table(&old, verbs);
        assert_eq!(upgraded, table(&fresh(&folder), verbs), "of {version}");
        for (name, verb) in [("$create_alias", "alias"), ("$identify", "identify"), ("View", "track")] {
            let is = format!("Text({:?}) Text({:?}) Text({:?})", name.as_bytes(), verb.as_bytes(), b"Mixpanel");
            assert!(upgraded.iter().any(|row| row.contains(&is)) || name == "View", "{version}: {name}: {upgraded:?}");
        }
    }
}

#[test]
fn a_store_of_an_older_version_keeps_its_names() {
    for (_, folder, old) in old_stores() {
        let names = table(&old, "SELECT id, name FROM names ORDER BY id");
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let mut writer = Writer::open(&old).unwrap();
        let inputs = FILES.iter().map(|file| Input::Path(data.join(file))).collect();
        ingest::import(&mut writer, inputs, &Options::default(), &mut |_| Flow::Continue).unwrap();
        writer.finish().unwrap();
        assert_eq!(table(&old, "SELECT id, name FROM names ORDER BY id"), names);
        assert_eq!(table(&old, "SELECT count(*) FROM events"), [format!("Integer({ROWS})")]);
        drop(folder);
    }
}
