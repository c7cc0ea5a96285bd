//! What is left next to a file that was read, and files that may only be read.

use super::*;

/// The files of a folder with their bytes.
fn files(folder: &TempDir) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// A database of another program in the mode of the log, with a row in the file and one in the log.
fn logged(folder: &TempDir) -> (Connection, PathBuf) {
    let path = folder.path().join("app 100%?.db");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
         CREATE TABLE events (distinct_id, event, time, properties);
         INSERT INTO events VALUES ('a', 'in the file', 1, '{}');
         PRAGMA wal_checkpoint(TRUNCATE);
         INSERT INTO events VALUES ('a', 'in the log', 2, '{}');",
    )
    .unwrap();
    (db, path)
}

fn events(path: &Path) -> Vec<String> {
    let foreign = Foreign::open(path).unwrap();
    foreign.events(i64::MIN, 99).unwrap().into_iter().map(|event| event.event).collect()
}

#[test]
fn a_file_of_another_program_is_read_with_its_log_and_nothing_is_made_next_to_it() {
    let folder = TempDir::new().unwrap();
    let (db, path) = logged(&folder);
    // Copied while its program had it open.
    let copied = TempDir::new().unwrap();
    let copy = copied.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    fs::copy(path.with_file_name("app 100%?.db-wal"), copied.path().join("copy.db-wal")).unwrap();
    let before = files(&copied);
    assert_eq!(events(&copy), ["in the file", "in the log"]);
    assert_eq!(files(&copied), before);
    // While its program has it open.
    assert_eq!(events(&path), ["in the file", "in the log"]);
    db.execute_batch("INSERT INTO events VALUES ('a', 'later', 3, '{}')").unwrap();
    assert_eq!(events(&path).len(), 3);
    // When its program is gone; its name says nothing to SQLite.
    drop(db);
    let before = files(&folder);
    assert_eq!(before.len(), 1);
    assert_eq!(events(&path), ["in the file", "in the log", "later"]);
    assert_eq!(files(&folder), before);
}

#[test]
fn a_file_of_another_program_with_a_change_half_done_says_so() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.db");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "CREATE TABLE events (distinct_id, event, time, properties);
         INSERT INTO events VALUES ('a', 'before', 1, '{}');
         PRAGMA cache_size = 1; BEGIN;
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2000)
         INSERT INTO events SELECT 'a', 'half done', n, zeroblob(500) FROM n;",
    )
    .unwrap();
    let killed = TempDir::new().unwrap();
    for file in ["app.db", "app.db-journal"] {
        fs::copy(folder.path().join(file), killed.path().join(file)).unwrap();
    }
    let before = files(&killed);
    let error = Foreign::open(&killed.path().join("app.db")).unwrap_err();
    assert!(matches!(error, Error::NotImportable { .. }) && error.to_string().contains("half done"), "{error}");
    assert_eq!(files(&killed), before);
}

#[test]
fn a_reader_of_a_store_whose_import_was_killed_leaves_one_file() {
    let (folder, path) = store_in_file(3);
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "b");
    writer.append(&chunk(file, vec![row("u", 7)])).unwrap();
    let killed = TempDir::new().unwrap();
    let copy = killed.path().join("s.db");
    fs::copy(&path, &copy).unwrap();
    fs::copy(PathBuf::from(format!("{}-wal", path.display())), killed.path().join("s.db-wal")).unwrap();
    drop((writer, folder));
    let reader = Reader::open(&copy).unwrap();
    let seen = times(&reader.events_of(&id("u"), 9).unwrap());
    assert!(seen.contains(&7));
    drop(reader);
    let left = files(&killed);
    assert_eq!(left.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["s.db"]);
    assert_eq!(left[0].1[18..20], [1, 1]);
    assert_eq!(times(&Reader::open(&copy).unwrap().events_of(&id("u"), 9).unwrap()), seen);
}

#[test]
fn a_reader_leaves_the_log_to_the_writer() {
    let (_folder, path) = store_in_file(1);
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "b");
    drop(Reader::open(&path).unwrap());
    writer.append(&chunk(file, vec![row("u", 7)])).unwrap();
    drop(Reader::open(&path).unwrap());
    writer.append(&chunk(file, vec![row("u", 8)])).unwrap();
    writer.finish().unwrap();
    assert_eq!(times(&Reader::open(&path).unwrap().events_of(&id("u"), 9).unwrap()), [1, 2, 7, 8]);
}

#[test]
fn a_new_store_is_made_in_its_log_so_who_does_not_wait_for_a_lock_can_look_at_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("s.db");
    let writer = Writer::open(&path).unwrap();
    let pages = |path: &Path| fs::metadata(path).unwrap().len() / 16384;
    assert_eq!(pages(&path), 1, "no table is in the file yet");
    writer.finish().unwrap();
    assert!(pages(&path) > 10);
}

#[test]
fn a_database_without_tables_is_empty_whoever_made_it_and_takes_an_import() {
    let folder = TempDir::new().unwrap();
    for (name, sql) in [
        ("log", "PRAGMA journal_mode = WAL"),
        ("pages", "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL"),
        ("dropped", "CREATE TABLE x (a); DROP TABLE x"),
    ] {
        let path = folder.path().join(name);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let error = Reader::open(&path).unwrap_err();
        assert!(matches!(&error, Error::NotAStore { found, .. } if found == "it is empty"), "{name}: {error}");
        let mut writer = Writer::open(&path).unwrap();
        let file = begin(&mut writer, "a");
        writer.append(&chunk(file, vec![row("u", 7)])).unwrap();
        writer.finish().unwrap();
        assert_eq!(times(&Reader::open(&path).unwrap().events_of(&id("u"), 9).unwrap()), [7], "{name}");
        let db = Connection::open(&path).unwrap();
        assert_eq!(db.query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0)).unwrap(), 16384, "{name}");
    }
    // What has tables of its own is no empty store.
    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
    assert!(matches!(Writer::open(&other), Err(Error::NotAStore { .. })));
}

#[test]
fn who_does_not_wait_for_a_lock_reads_during_a_first_import() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("s.db");
    let mut writer = Writer::open(&path).unwrap();
    let other = || -> rusqlite::Result<i64> {
        let db = Connection::open(&path)?;
        db.busy_timeout(std::time::Duration::ZERO)?;
        db.query_row("SELECT count(*) FROM events", [], |row| row.get(0))
    };
    let file = begin(&mut writer, "a");
    // More than the writer keeps in memory, so that pages of an open transaction are written.
    let long = "x".repeat(1000);
    for n in 0..40_i64 {
        let rows =
            (0..999).map(|m| Row { properties: format!(r#"{{"p":"{m}{n}{long}{}"}}"#, m * 7919 * n), ..row("u", m) });
        writer.add(&chunk(file, rows.collect())).unwrap();
        assert_eq!(other().unwrap(), 0, "{n}");
    }
    writer.commit().unwrap();
    assert_eq!(other().unwrap(), 40 * 999);
}

#[test]
fn computed_columns_have_types() {
    let (_folder, path) = store_in_file(1);
    let db = Connection::open(&path).unwrap();
    let type_of = |view: &str, column: &str| -> String {
        let sql = "SELECT type FROM pragma_table_info(?1) WHERE name = ?2";
        db.query_row(sql, [view, column], |row| row.get(0)).unwrap()
    };
    for (view, columns) in [
        ("events", &["id", "line", "time_ms", "arrived_ms", "flags"][..]),
        ("aliases", &["line", "time_ms", "arrived_ms", "from_table"]),
    ] {
        for column in columns {
            assert!(
                ["INT", "INTEGER"].contains(&&*type_of(view, column)),
                "{view}.{column}: {}",
                type_of(view, column)
            );
        }
        for column in ["distinct_id", "time", "arrived", "file"] {
            assert_eq!(type_of(view, column), "TEXT", "{view}.{column}");
        }
    }
}
