//! Files that are no store, or no longer a whole one.

use super::*;

use journey::store::SCHEMA_VERSION;

/// The same error from a reader and from a writer.
fn refused(path: &Path) -> Error {
    let reader = Reader::open(path).unwrap_err();
    let writer = Writer::open(path).unwrap_err();
    assert_eq!(reader.to_string(), writer.to_string());
    assert!(reader.to_string().contains(&*path.to_string_lossy()), "{reader}");
    assert!(reader.advice().is_some());
    reader
}

#[test]
fn a_reader_never_makes_a_store() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("none");
    assert!(matches!(Reader::open(&path), Err(Error::NotFound { .. })));
    assert!(!path.exists());
}

#[test]
fn a_file_that_is_no_store_is_named_by_its_kind() {
    let folder = TempDir::new().unwrap();
    assert!(refused(folder.path()).to_string().contains("folder"));

    let text = folder.path().join("events.jsonl");
    for content in ["{}\n", "SQLite format 4, a long text that is no head at all", "S\0"] {
        fs::write(&text, content).unwrap();
        assert!(matches!(refused(&text), Error::NotAStore { .. }), "{content}");
    }
    let garbage = [b"SQLite format 3\0".to_vec(), vec![0xa5; 9000]].concat();
    fs::write(&text, garbage).unwrap();
    assert!(matches!(refused(&text), Error::NotAStore { .. } | Error::Corrupt { .. }));

    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("PRAGMA application_id = 7; CREATE TABLE t (a)").unwrap();
    assert!(refused(&other).to_string().contains("application_id 0x00000007"));

    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    assert!(matches!(Reader::open(&empty), Err(Error::NotAStore { .. })));
    drop(Writer::open(&empty).unwrap());
    assert_eq!(Reader::open(&empty).unwrap().overview().unwrap().events, 0);
}

#[test]
fn other_versions_are_distinguished() {
    let (_folder, path) = store_in_file(1);
    let set = |version: i64| {
        Connection::open(&path).unwrap().pragma_update(None, "user_version", version).unwrap();
    };
    let newer = SCHEMA_VERSION + 1;
    set(newer);
    assert!(matches!(refused(&path), Error::Newer { found, ours: SCHEMA_VERSION, .. } if found == newer));
    set(0);
    assert!(matches!(Reader::open(&path), Err(Error::Older { found: 0, ours: SCHEMA_VERSION, .. })));
}

#[test]
fn a_store_that_is_cut_off_anywhere_is_reported_at_once() {
    let (folder, path) = store_in_file(3);
    let whole = fs::read(&path).unwrap();
    let cut_off = folder.path().join("cut");
    for length in (1..whole.len()).step_by(5001).chain([16, 99, 100, 512, whole.len() - 1]) {
        fs::write(&cut_off, &whole[..length]).unwrap();
        assert!(matches!(refused(&cut_off), Error::Corrupt { .. }), "{length} of {}", whole.len());
    }
    fs::write(&cut_off, &whole).unwrap();
    assert!(Reader::open(&cut_off).is_ok());
}

#[test]
fn damage_inside_is_an_error_or_changes_no_answer() {
    let (folder, path) = store_in_file(3);
    let ask = |path: &Path| {
        Reader::open(path).and_then(|store| {
            let found = (store.find("u", 9)?, store.overview()?, store.rejects(9)?);
            let facts = (store.calls_of(&id("u"), 9)?, store.links_of(&id("u"), 9)?, store.profiles_of(&[id("u")], 9)?);
            let events = store.events_of(&id("u"), 9)?;
            let properties = store.properties(&events.iter().map(|event| event.row).collect::<Vec<_>>())?;
            Ok(format!("{found:?} {facts:?} {events:?} {properties:?}"))
        })
    };
    let expected = ask(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged");
    let mut errors = 0;
    for at in (0..whole.len()).step_by(2053) {
        let mut bytes = whole.clone();
        for byte in bytes.iter_mut().skip(at).take(64) {
            *byte = !*byte;
        }
        fs::write(&damaged, bytes).unwrap();
        match ask(&damaged) {
            Ok(answer) => assert_eq!(answer, expected, "at {at}"),
            Err(_) => errors += 1,
        }
        for end in ["damaged-wal", "damaged-shm"] {
            let _ = fs::remove_file(folder.path().join(end));
        }
    }
    assert!(errors > 0, "none of the damage was met");
}

#[test]
fn a_value_that_makes_no_sense_is_reported_as_damage() {
    for sql in [
        "UPDATE pieces SET z = x'00'",
        "DELETE FROM pieces",
        "UPDATE blocks SET n = n + 1",
        "UPDATE blocks SET bytes = 1 << 31",
        "UPDATE blocks SET at = 9999",
        "UPDATE packs SET rows = json_replace(rows, '$[0][2]', 99)",
        "UPDATE packs SET rows = json_replace(rows, '$[0][5]', 'soon')",
        "UPDATE packs SET rows = '[[0,0,1]]'",
        "UPDATE packs SET rows = x'00'",
        "UPDATE packs SET n = n + 1",
        "UPDATE packs SET t = 1 << 62, unit = 1 << 62, rows = json_replace(rows, '$[0][0]', 9)",
        "UPDATE packs SET line = 'soon'",
        "UPDATE packs SET sender = 99",
        "UPDATE packs SET id = id + 1",
        "DELETE FROM packs",
        "UPDATE senders SET file = 99",
        "UPDATE senders SET arrived = 'soon'",
        "DELETE FROM senders",
        "DELETE FROM names",
    ] {
        let (_folder, path) = store_in_file(1);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let store = Reader::open(&path).unwrap();
        let asked = store.events_of(&id("u"), 9).and_then(|events| store.properties(&[events[0].row]));
        assert!(matches!(asked, Err(Error::Corrupt { .. })), "{sql}: {asked:?}");
    }
}

#[test]
fn a_store_that_another_program_has_locked_is_reported_and_works_once_it_is_free() {
    let (_folder, path) = store_in_file(1);
    let reader = Reader::open(&path).unwrap();
    drop(reader);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let error = Reader::open(&path).unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    assert!(error.to_string().contains("locked by another process"), "{error}");
    assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
    assert!(error.advice().unwrap().contains("wait"));
    drop(other);
    assert_eq!(Reader::open(&path).unwrap().overview().unwrap().events, 2);
}
