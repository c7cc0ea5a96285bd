//! SQLite files of other programs.

use super::*;

fn foreign(sql: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("foreign.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    (folder, path)
}

#[test]
fn a_foreign_file_gives_its_rows_as_json_values() {
    let (_folder, path) = foreign(
        r#"CREATE TABLE Events (Event TEXT, DISTINCT_ID, time, properties, extra);
           INSERT INTO Events VALUES ('View', 'a"b', 1602611311, '{"x":1}', 0), (NULL, 42, 1.5, NULL, 0),
                                     (7, NULL, '2020-10-13', x'7b7d', 0);
           DELETE FROM Events WHERE Event = 'none';
           CREATE TABLE aliases (alias TEXT, distinct_id TEXT);
           INSERT INTO aliases VALUES ('k', 't'), (NULL, 12);"#,
    );
    assert!(Foreign::is_foreign(&path));
    let file = Foreign::open(&path).unwrap();
    let events = file.events(0, 10).unwrap();
    let rows: Vec<_> = events
        .iter()
        .map(|e| (e.rowid, e.distinct_id.as_str(), e.event.as_str(), e.time.as_str(), e.properties.as_str()))
        .collect();
    assert_eq!(
        rows,
        [
            (1, r#""a\"b""#, "View", "1602611311", r#"{"x":1}"#),
            (2, "42", "", "1.5", "{}"),
            (3, "null", "7", r#""2020-10-13""#, "{}"),
        ]
    );
    assert_eq!(file.events(2, 1).unwrap(), events[1..2]);
    assert_eq!(file.events(4, 1).unwrap(), []);
    let aliases = file.aliases().unwrap();
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    let calls: Vec<_> = aliases.iter().map(|a| (text(&*a.alias), text(&*a.distinct_id), a.time.clone())).collect();
    assert_eq!(calls, [(r#""k""#, r#""t""#, None), ("null", r#""12""#, None)]);
}

#[test]
fn a_foreign_view_is_paged_by_counting() {
    let (_folder, path) = foreign(
        "CREATE TABLE raw (who, what, at); INSERT INTO raw VALUES ('a', 'x', 1), ('b', 'y', 2), ('c', 'z', 3);
         CREATE VIEW events AS SELECT who AS distinct_id, what AS event, at AS time FROM raw;
         CREATE TABLE ALIASES (alias PRIMARY KEY, distinct_id, time) WITHOUT ROWID;
         INSERT INTO ALIASES VALUES ('k', 't', 5);",
    );
    let file = Foreign::open(&path).unwrap();
    let page = |from| file.events(from, 2).unwrap().iter().map(|e| (e.rowid, e.event.clone())).collect::<Vec<_>>();
    assert_eq!(page(0), [(1, "x".to_owned()), (2, "y".to_owned())]);
    assert_eq!(page(3), [(3, "z".to_owned())]);
    assert_eq!(file.aliases().unwrap()[0].time.as_deref(), Some("5"));
}

#[test]
fn a_foreign_file_that_cannot_be_imported_says_why() {
    let why = |sql: &str| {
        let (_folder, path) = foreign(sql);
        let error = Foreign::open(&path).unwrap_err();
        assert!(error.advice().is_some());
        error.to_string()
    };
    assert!(why("").contains("it is empty"));
    let (folder, path) = store_in_file(1);
    assert!(Foreign::open(&path).unwrap_err().to_string().contains("a store of this program"));
    assert!(Foreign::open(&folder.path().join("none")).is_err());
    let text = folder.path().join("text");
    fs::write(&text, "{}").unwrap();
    assert!(!Foreign::is_foreign(&text) && !Foreign::is_foreign(folder.path()));
    assert!(Foreign::open(&text).is_err());
}

#[test]
fn a_foreign_file_that_its_program_left_half_done_is_not_touched() {
    let (folder, path) = foreign("CREATE TABLE events (distinct_id, event, time, properties)");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "PRAGMA cache_size = 1; BEGIN;
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
         INSERT INTO events SELECT n, 'View', 1, zeroblob(4000) FROM n;",
    )
    .unwrap();
    let killed = folder.path().join("killed");
    fs::copy(&path, &killed).unwrap();
    fs::copy(folder.path().join("foreign.db-journal"), folder.path().join("killed-journal")).unwrap();
    let before = fs::read(&killed).unwrap();
    assert!(Foreign::open(&killed).is_err());
    assert!(fs::read(&killed).unwrap() == before && folder.path().join("killed-journal").exists());
}
