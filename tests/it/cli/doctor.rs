//! `journey doctor`: a healthy store, each problem, and what is no store.

use std::collections::BTreeSet;

use journey::store::SCHEMA_VERSION;
use rusqlite::Connection;

use super::*;

const DOUBLED: &[u8] = include_bytes!("../../data/stores/v3-doubled.db.zst");

/// A store of the sample in a folder that has nothing else.
fn store() -> (Home, PathBuf) {
    let home = Home::new();
    fs::create_dir(home.path("own")).unwrap();
    let path = home.path("own/s.db");
    let import =
        home.run(&["import", sample().to_str().unwrap(), "--store", path.to_str().unwrap(), "--timezone", "UTC"]);
    assert_eq!(code(&import), 0, "{}", err(&import));
    (home, path)
}

/// Every file of the folder with its content.
fn folder(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.map(|file| (file.clone(), fs::read(file).unwrap())).collect();
    files.sort();
    files
}

/// The answer about a store, which leaves all files as they were.
fn doctor(home: &Home, expected: i32, path: &Path) -> Value {
    let before = folder(path);
    let answer = home.json(expected, &["doctor", path.to_str().unwrap()]);
    assert!(before == folder(path), "a file has changed, or there is another");
    answer
}

fn codes(answer: &Value) -> BTreeSet<String> {
    let problems = answer["problems"].as_array().unwrap();
    for problem in problems {
        assert!(!problem["what"].as_str().unwrap().is_empty() && !problem["advice"].as_str().unwrap().is_empty());
    }
    assert_eq!(answer["healthy"], problems.is_empty());
    problems.iter().map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
}

fn only(code: &str) -> BTreeSet<String> {
    BTreeSet::from([code.to_owned()])
}

#[test]
fn a_store_that_is_whole_is_healthy_and_counted() {
    let (home, path) = store();
    let answer = doctor(&home, 0, &path);
    assert_eq!(
        (&answer["schema"], &answer["healthy"], &answer["version"]),
        (&1.into(), &true.into(), &SCHEMA_VERSION.into())
    );
    assert_eq!(answer["store"], path.to_str().unwrap());
    let counts = &answer["counts"];
    assert_eq!((&counts["events"], &counts["alias_calls"]), (&10.into(), &2.into()));
    assert_eq!((&counts["rejects"], &counts["files"]), (&1.into(), &1.into()));
    assert!(answer["notes"].as_array().unwrap().is_empty());
    let text = home.run(&["doctor", "--store", path.to_str().unwrap()]);
    assert_eq!(code(&text), 0);
    assert!(out(&text).contains("s.db: healthy\n") && out(&text).contains("10 rows"), "{}", out(&text));
}

#[cfg(unix)]
#[test]
fn what_others_may_read_is_a_note_and_no_problem() {
    use std::os::unix::fs::PermissionsExt;
    let (home, path) = store();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let answer = doctor(&home, 0, &path);
    assert_eq!(answer["notes"][0]["code"], "open-to-others");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(doctor(&home, 0, &path)["notes"].as_array().unwrap().is_empty());
}

#[test]
fn a_changed_value_is_reported_with_what_it_belongs_to() {
    for (sql, expected) in [
        ("UPDATE packs SET rows = replace(rows, '[[0,', '[[1,')", "damaged-rows"),
        ("UPDATE packs SET t = t + 1", "damaged-rows"),
        ("UPDATE pieces SET z = zeroblob(length(z))", "damaged-properties"),
        ("DELETE FROM pieces", "damaged-properties"),
        ("UPDATE blocks SET at = 9", "damaged-properties"),
        ("DELETE FROM packs", "totals-disagree"),
        ("DELETE FROM senders", "totals-disagree"),
        ("DELETE FROM blocks", "totals-disagree"),
        ("DELETE FROM runs", "totals-disagree"),
        ("DELETE FROM alias_calls", "totals-disagree"),
        ("UPDATE chunks SET events = events + 1", "totals-disagree"),
        ("UPDATE files SET complete = 0", "incomplete-import"),
        ("DROP TABLE pieces", "damaged"),
        ("DROP TABLE chunks", "damaged"),
    ] {
        let (home, path) = store();
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let found = codes(&doctor(&home, 1, &path));
        assert!(found.contains(expected), "{sql}: {found:?}");
    }
}

#[test]
fn rows_whose_names_or_ids_are_gone_are_a_problem() {
    for statement in [
        "DELETE FROM ids",
        "DELETE FROM ids WHERE name = 'sally@gmail.com'",
        "DELETE FROM names WHERE name = 'View'",
        "UPDATE ids SET id = id + 1000000 WHERE name = '12345'",
    ] {
        let (home, path) = store();
        let db = Connection::open(&path).unwrap();
        assert!(db.execute(statement, []).unwrap() > 0, "{statement}");
        drop(db);
        let answer = doctor(&home, 1, &path);
        assert!(codes(&answer).contains("damaged"), "{statement}: {answer}");
        assert!(answer.to_string().contains("name an event or an id that is not in"), "{statement}: {answer}");
    }
}

#[test]
fn files_views_and_indexes_that_are_gone_are_a_problem() {
    for (statement, expected) in [
        ("DELETE FROM files", "name a file that is not in `files`"),
        ("DROP VIEW events", "the view events is missing"),
        ("DROP INDEX chunks_file", "the index chunks_file is missing"),
        ("DROP TABLE value_indexes", "the table value_indexes is missing"),
    ] {
        let (home, path) = store();
        Connection::open(&path).unwrap().execute_batch(statement).unwrap();
        let answer = doctor(&home, 1, &path);
        assert!(codes(&answer).contains("damaged"), "{statement}: {answer}");
        assert!(answer.to_string().contains(expected), "{statement}: {answer}");
    }
    // What a person adds is no problem.
    let (home, path) = store();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE mine (a); CREATE VIEW ours AS SELECT 1").unwrap();
    assert!(codes(&doctor(&home, 0, &path)).is_empty());
}

#[test]
fn changed_bits_are_problems_or_no_store_and_never_a_crash() {
    let (home, path) = store();
    let whole = fs::read(&path).unwrap();
    let mut found = 0;
    for at in (0..whole.len()).step_by(whole.len() / 24) {
        let mut bytes = whole.clone();
        bytes.iter_mut().skip(at).take(64).for_each(|byte| *byte = !*byte);
        fs::write(&path, bytes).unwrap();
        let answer = home.run(&["doctor", path.to_str().unwrap()]);
        assert!([0, 1, 3].contains(&code(&answer)), "at {at}: {}", err(&answer));
        found += usize::from(code(&answer) != 0);
    }
    assert!(found > 0);
    fs::write(&path, &whole[..whole.len() - 5000]).unwrap();
    let cut_off = home.run(&["doctor", path.to_str().unwrap()]);
    assert_eq!(code(&cut_off), 3);
    assert!(err(&cut_off).contains("damaged") && err(&cut_off).contains("try:"), "{}", err(&cut_off));
}

#[test]
fn an_incomplete_file_is_a_problem_until_a_complete_one_replaces_it() {
    let home = Home::new();
    fs::create_dir(home.path("own")).unwrap();
    let row = "{\"event\":\"A\",\"properties\":{\"distinct_id\":\"a\",\"time\":1562779684}}\n";
    fs::write(home.path("a.jsonl"), row.repeat(2) + "export terminated early\n").unwrap();
    let import = ["import", "a.jsonl", "--store", "own/s.db", "--timezone", "UTC"];
    home.run(&import);
    let path = home.path("own/s.db");
    let answer = doctor(&home, 1, &path);
    assert_eq!(codes(&answer), only("incomplete-import"));
    assert!(answer["problems"][0]["what"].as_str().unwrap().starts_with("a.jsonl "));
    fs::write(home.path("a.jsonl"), row.repeat(3)).unwrap();
    assert_eq!(code(&home.run(&import)), 0);
    assert!(codes(&doctor(&home, 0, &path)).is_empty());
}

#[test]
fn pieces_that_are_stored_twice_are_counted() {
    let home = Home::new();
    fs::create_dir(home.path("own")).unwrap();
    let path = home.path("own/old.db");
    fs::write(&path, zstd::decode_all(DOUBLED).unwrap()).unwrap();
    let answer = doctor(&home, 1, &path);
    assert_eq!(answer["version"], 3);
    let found = codes(&answer);
    assert!(found.contains("doubled-rows") && found.contains("older-version"), "{found:?}");
    assert!(!found.contains("damaged") && !found.contains("totals-disagree"), "{found:?}");
    let what = answer["problems"][0]["what"].as_str().unwrap();
    assert!(what.starts_with("50 pieces"), "{what}");
    // The upgrade is what helps.
    home.run(&["import", sample().to_str().unwrap(), "--store", path.to_str().unwrap(), "--timezone", "UTC"]);
    let found = codes(&home.json(0, &["doctor", path.to_str().unwrap()]));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn stores_of_older_versions_are_only_old() {
    for packed in ["v1", "v2", "v3", "v4"] {
        let home = Home::new();
        fs::create_dir(home.path("own")).unwrap();
        let path = home.path("own/old.db");
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/stores/{packed}.db.zst"));
        fs::write(&path, zstd::decode_all(&*fs::read(from).unwrap()).unwrap()).unwrap();
        assert_eq!(codes(&doctor(&home, 1, &path)), only("older-version"), "{packed}");
    }
}

/// A store whose last writer was stopped: what it had written next to it is all that is left of it.
fn stopped(mode: &str, with_index: bool) -> (Home, PathBuf) {
    let (home, path) = store();
    fs::create_dir(home.path("killed")).unwrap();
    let killed = home.path("killed/s ?#%.db");
    let db = Connection::open(&path).unwrap();
    db.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(())).unwrap();
    db.execute_batch("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE").unwrap();
    db.execute_batch(
        "INSERT INTO meta WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
         SELECT 'k' || i, hex(randomblob(9000)) FROM n",
    )
    .unwrap();
    if mode == "WAL" {
        db.execute_batch("COMMIT").unwrap();
    }
    for end in ["", "-wal", "-shm", "-journal"] {
        let from = home.path(&format!("own/s.db{end}"));
        if from.exists() && (with_index || end != "-shm") {
            fs::copy(from, home.path(&format!("killed/s ?#%.db{end}"))).unwrap();
        }
    }
    drop(db);
    (home, killed)
}

#[test]
fn a_log_that_was_left_is_read_reported_and_kept() {
    for with_index in [true, false] {
        let (home, path) = stopped("WAL", with_index);
        let answer = doctor(&home, 1, &path);
        assert_eq!(codes(&answer), only("leftover-wal"), "{with_index}");
        assert_eq!(answer["counts"]["events"], 10);
    }
    // In WAL mode, without a log.
    let (home, path) = store();
    let db = Connection::open(&path).unwrap();
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    db.close().unwrap();
    assert!(codes(&doctor(&home, 0, &path)).is_empty());
}

#[test]
fn a_journal_that_was_left_is_reported_and_not_undone() {
    let (home, path) = stopped("DELETE", false);
    assert!(home.path("killed/s ?#%.db-journal").exists());
    assert_eq!(codes(&doctor(&home, 1, &path)), only("leftover-journal"));
}

#[test]
fn a_store_that_cannot_be_opened_is_reported() {
    let (home, path) = store();
    let refused = |arguments: &[&str], words: &str| {
        let answer = home.run(arguments);
        assert_eq!((code(&answer), out(&answer).as_str()), (3, ""), "{arguments:?}");
        assert!(err(&answer).contains(words) && err(&answer).contains("try:"), "{}", err(&answer));
    };
    refused(&["doctor"], "there is no store at");
    refused(&["doctor", "none.db"], "there is no store at none.db");
    refused(&["doctor", sample().to_str().unwrap()], "is not a store: it is no SQLite file");
    refused(&["doctor", "."], "it is a folder");
    fs::write(home.path("empty"), "").unwrap();
    refused(&["doctor", "empty"], "it is empty");
    Connection::open(home.path("other.db")).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    refused(&["doctor", "other.db"], "another program");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
    refused(&["doctor", path.to_str().unwrap()], &format!("has store version {}", SCHEMA_VERSION + 1));
    let two = home.run(&["doctor", "a.db", "--store", "b.db"]);
    assert_eq!(code(&two), 2, "{}", err(&two));
}
