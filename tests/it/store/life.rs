//! Importing bit by bit, reading meanwhile, being killed.

use super::*;

#[test]
fn a_chunk_is_found_again_by_the_chunk_before_it() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    let big = u64::MAX - 3;
    let first = Chunk { prev: 0, hash: big, bytes: 7, first_line: 1, lines: 2, ..chunk(file, vec![row("u", 1)]) };
    let second = Chunk { prev: big, hash: 9, latest: Some(-4), first_line: 3, ..chunk(file, vec![]) };
    store.append(&first).unwrap();
    store.append(&second).unwrap();
    let known = store.chunks_after(0).unwrap();
    assert_eq!(
        known.iter().map(|c| (c.file, c.hash, c.bytes, c.lines, c.latest)).collect::<Vec<_>>(),
        [(file, big, 7, 2, None)]
    );
    let known = store.chunks_after(big).unwrap();
    assert_eq!(known.iter().map(|c| (c.hash, c.first_line, c.latest)).collect::<Vec<_>>(), [(9, 3, Some(-4))]);
    assert_eq!(store.chunks_after(9).unwrap(), []);
}

#[test]
fn a_file_without_a_chunk_is_taken_up_again() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    assert_eq!(begin(&mut store, "a"), file);
    assert_ne!(begin(&mut store, "b"), file);
    store.append(&chunk(file, vec![])).unwrap();
    assert_ne!(begin(&mut store, "a"), file);
}

#[test]
fn totals_of_a_file_grow_with_its_chunks() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    let reject = Reject { line: 3, reason: "no JSON".into(), text: "\0oops".into() };
    let added = store
        .append(&Chunk { rejects: vec![reject], profiles: vec![profile("u", &[])], ..chunk(file, vec![row("u", 1)]) })
        .unwrap();
    assert_eq!((added.events, added.profiles, added.rejected), (1, 1, 1));
    store.append(&chunk(file, vec![row("u", 2), row("v", 2)])).unwrap();
    let totals = store.file_totals(file).unwrap();
    assert_eq!((totals.rows, totals.profiles, totals.rejected, totals.bytes, totals.complete), (3, 1, 1, 200, false));
    store.finish_file(file, true).unwrap();
    assert!(store.file_totals(file).unwrap().complete);
    let no_such = file + 1;
    assert!(matches!(store.finish_file(no_such, true), Err(Error::Missing { .. })));
    assert!(matches!(store.file_totals(no_such), Err(Error::Missing { .. })));
    assert!(matches!(store.append(&chunk(no_such, vec![row("u", 1)])), Err(Error::Missing { .. })));

    let store = store.into_reader().unwrap();
    let rejects = store.rejects(10).unwrap();
    assert_eq!((&*rejects[0].file, rejects[0].line, &*rejects[0].text), ("a", 3, "\0oops"));
    let overview = store.overview().unwrap();
    assert_eq!((overview.events, overview.profiles, overview.rejected), (3, 1, 1));
    assert_eq!(overview.ids, 3, "with the device that only a profile names");
    assert_eq!((overview.first, overview.last), (Some(1), Some(2)));
    assert_eq!(overview.activity.iter().sum::<u64>(), 3);
    assert_eq!((overview.activity[0], overview.files.len()), (1, 1));
}

#[test]
fn the_first_project_is_kept() {
    let mut store = Writer::in_memory().unwrap();
    assert_eq!(store.project().unwrap(), None);
    store.set_project("one").unwrap();
    store.set_project("two").unwrap();
    assert_eq!(store.project().unwrap().as_deref(), Some("one"));
}

#[test]
fn a_store_is_readable_while_it_is_written() {
    let (_folder, path) = store_in_file(1);
    let mut writer = Writer::open(&path).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.path(), Some(&*path));
    let before = reader.data_version().unwrap();
    assert_eq!(times(&reader.events_of(&id("u"), 9).unwrap()), [1, 2]);
    let file = begin(&mut writer, "0 comes before a.jsonl");
    reader
        .at_one_moment(|reader| {
            assert_eq!(times(&reader.events_of(&id("u"), 9)?), [1, 2]);
            writer.append(&chunk(file, vec![row("u", 0)])).unwrap();
            assert_eq!(times(&reader.events_of(&id("u"), 9)?), [1, 2], "one moment stays as it is");
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_ne!(reader.data_version().unwrap(), before);
    let events = reader.events_of(&id("u"), 9).unwrap();
    assert_eq!(times(&events), [0, 1, 2]);
    assert_eq!(events.iter().map(|event| event.source.rank).collect::<Vec<_>>(), [0, 1, 1]);
    let now = reader.data_version().unwrap();
    assert_eq!(reader.data_version().unwrap(), now, "nothing happened");
}

#[test]
fn a_reader_may_go_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Reader>();
    is_send::<Writer>();
}

#[test]
fn an_append_that_fails_leaves_nothing_behind() {
    let (_folder, path) = store_in_file(1);
    let by_hand = Connection::open(&path).unwrap();
    by_hand.execute_batch("CREATE TRIGGER no BEFORE INSERT ON rejects BEGIN SELECT RAISE(ABORT, 'no'); END").unwrap();
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "b");
    let reject = Reject { line: 1, reason: String::new(), text: String::new() };
    let whole = Chunk { rejects: vec![reject], ..chunk(file, vec![row("fresh", 1), alias("k", "fresh", 2)]) };
    assert!(matches!(writer.append(&whole.clone()), Err(Error::Sqlite { .. })));
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.span_of(&id("fresh")).unwrap(), None);
    assert_eq!(reader.overview().unwrap().events, 2);
    // Another id takes the number that the rolled back one had.
    by_hand.execute_batch("INSERT INTO ids (name) VALUES ('between'); DROP TRIGGER no").unwrap();
    writer.append(&whole).unwrap();
    assert_eq!(times(&reader.events_of(&id("fresh"), 9).unwrap()), [1, 2]);
    assert_eq!(reader.events_of(&id("between"), 9).unwrap().len(), 0);
}

#[test]
fn what_was_added_is_kept_at_the_commit_and_lost_without_it() {
    let (_folder, path) = store_in_file(1);
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "b");
    let added =
        |n: i64| Chunk { hash: n.unsigned_abs(), ..chunk(file, vec![row("u", 100 + n), row(&n.to_string(), n)]) };
    writer.add(&added(1)).unwrap();
    writer.add(&added(2)).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.overview().unwrap().events, 2);
    assert_eq!(reader.span_of(&id("2")).unwrap(), None);
    writer.commit().unwrap();
    assert_eq!(reader.overview().unwrap().events, 6);
    assert_eq!(times(&reader.events_of(&id("u"), 9).unwrap()), [1, 2, 101, 102]);
    writer.add(&added(3)).unwrap();
    drop(writer);
    assert_eq!(Reader::open(&path).unwrap().overview().unwrap().events, 6);
    let mut writer = Writer::open(&path).unwrap();
    writer.append(&added(4)).unwrap();
    assert_eq!(times(&reader.events_of(&id("4"), 9).unwrap()), [4]);
}

#[test]
fn a_chunk_that_fails_takes_what_was_added_before_along() {
    let (_folder, path) = store_in_file(1);
    let by_hand = Connection::open(&path).unwrap();
    by_hand.execute_batch("CREATE TRIGGER no BEFORE INSERT ON rejects BEGIN SELECT RAISE(ABORT, 'no'); END").unwrap();
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "b");
    writer.add(&chunk(file, vec![row("one", 1)])).unwrap();
    let reject = Reject { line: 1, reason: String::new(), text: String::new() };
    assert!(writer.add(&Chunk { rejects: vec![reject], ..chunk(file, vec![row("two", 1)]) }).is_err());
    writer.append(&chunk(file, vec![row("two", 3)])).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.span_of(&id("one")).unwrap(), None);
    assert_eq!(times(&reader.events_of(&id("two"), 9).unwrap()), [3]);
}

#[test]
fn a_kill_at_any_byte_leaves_whole_chunks() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "a");
    for n in 0..3 {
        let rows = (0..20).map(|m| Row { device: Some(id("d")), ..row(&format!("{n}-{m}"), n * 100 + m) }).collect();
        writer.append(&chunk(file, rows)).unwrap();
    }
    let (main, log) = (fs::read(&path).unwrap(), fs::read(folder.path().join("store-wal")).unwrap());
    assert!(!log.is_empty());
    let mut seen = std::collections::BTreeSet::new();
    for cut in (0..=log.len()).step_by(4001).chain([log.len()]) {
        let killed = folder.path().join(format!("killed-{cut}"));
        fs::write(&killed, &main).unwrap();
        fs::write(folder.path().join(format!("killed-{cut}-wal")), &log[..cut]).unwrap();
        let store = Reader::open(&killed).unwrap();
        let overview = store.overview().unwrap();
        assert_eq!(overview.events % 20, 0);
        let listed: usize = store.all_ids().unwrap().iter().map(|id| store.events_of(id, 99).unwrap().len()).sum();
        assert_eq!(listed as u64, overview.events);
        let linked: u64 = store.links_of(&id("d"), 999).unwrap().iter().map(|link| link.rows).sum();
        assert_eq!(linked, overview.events);
        seen.insert(overview.events);
    }
    // The log has the tables, too: before its first transaction is whole, the store is empty.
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 20, 40, 60]);
}

#[test]
fn a_kill_within_the_first_transaction_leaves_an_empty_store_that_a_reader_opens() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    Writer::open(&path).unwrap().finish().unwrap();
    // What the first transaction of a large import was until version 3: some of its pages are in the file.
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "PRAGMA cache_size = 1; BEGIN;
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
         INSERT INTO pieces (id, z) SELECT n, zeroblob(16000) FROM n;
         INSERT INTO ids (id, name) VALUES (1, 'u');",
    )
    .unwrap();
    let killed = folder.path().join("killed");
    fs::copy(&path, &killed).unwrap();
    fs::copy(folder.path().join("store-journal"), folder.path().join("killed-journal")).unwrap();
    assert!(fs::metadata(&killed).unwrap().len() > 400 * 16000, "pages were written before the commit");

    let reader = Reader::open(&killed).unwrap();
    assert_eq!(reader.overview().unwrap().events, 0);
    assert_eq!(reader.all_ids().unwrap().len(), 0);
    let mut writer = Writer::open(&killed).unwrap();
    let file = begin(&mut writer, "a");
    writer.append(&chunk(file, vec![row("u", 1)])).unwrap();
    assert_eq!(times(&reader.events_of(&id("u"), 9).unwrap()), [1]);
}

#[test]
fn others_read_during_each_transaction_from_the_first_on() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "a");
    let seen = || Reader::open(&path).unwrap().events_of(&id("u"), 9).unwrap().len();
    for n in 0..3_i64 {
        writer.add(&Chunk { hash: n.unsigned_abs() + 1, ..chunk(file, vec![row("u", n)]) }).unwrap();
        assert_eq!(i64::try_from(seen()), Ok(n));
        writer.commit().unwrap();
        assert_eq!(i64::try_from(seen()), Ok(n + 1));
    }
}

#[test]
fn links_that_were_written_before_their_transaction_ends_are_added_up() {
    let folder = TempDir::new().unwrap();
    let made = |name: &str, early: bool| {
        let path = folder.path().join(name);
        let mut writer = Writer::open(&path).unwrap();
        let file = begin(&mut writer, "a");
        for n in 0..3 {
            // More links than are let wait, some of them in each chunk.
            let rows = (0..17_000).map(|m| Row { device: Some(id("d")), ..row(&format!("{}", m + n * 9000), m) });
            let chunk = Chunk { hash: n.unsigned_abs() + 1, ..chunk(file, rows.collect()) };
            writer.add(&chunk).unwrap();
            if early {
                writer.prepare_commit().unwrap();
            }
        }
        writer.commit().unwrap();
        let links = Reader::open(&path).unwrap().links_of(&id("d"), 99_999).unwrap();
        links.into_iter().map(|link| (link.a, link.b, link.rows)).collect::<Vec<_>>()
    };
    let plain = made("plain", false);
    assert_eq!(plain.iter().map(|(.., rows)| rows).sum::<u64>(), 51_000);
    assert_eq!(made("early", true), plain);
}

#[test]
fn much_that_waits_is_kept_early_where_others_may_read() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "a");
    let others_see = || Reader::open(&path).unwrap().events_of(&id("0"), 99).unwrap().len();
    writer.append(&chunk(file, vec![row("0", 1)])).unwrap();
    let chunk_of = |rows: i64| Chunk {
        hash: rows.unsigned_abs(),
        ..chunk(file, (0..rows).map(|n| Row { device: Some(id("d")), ..row(&n.to_string(), n) }).collect())
    };
    writer.add(&chunk_of(2)).unwrap();
    writer.prepare_commit().unwrap();
    assert_eq!((others_see(), writer.waiting_chunks()), (1, 1), "little is worth no transaction");
    writer.add(&chunk_of(17_000)).unwrap();
    writer.prepare_commit().unwrap();
    assert_eq!((others_see(), writer.waiting_chunks()), (3, 0));
}

#[test]
fn a_finished_store_is_one_file() {
    let (_folder, path) = store_in_file(2);
    let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["store.journey"]);
}

#[test]
fn plain_sql_reads_events_and_aliases() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let mut store = Writer::open(&path).unwrap();
    let file = begin(&mut store, "a.jsonl");
    let view = Row {
        time: 1_602_611_311_007,
        arrival: None,
        device: Some(id("d")),
        user: Some(id("u")),
        line: 1,
        ..row("u", 0)
    };
    let far = Row { time: i64::MAX, arrival: Some(-9), line: 2, id: None, ..row("", 0) };
    store.append(&chunk(file, vec![view, far, alias("k", "u", 3)])).unwrap();
    store.finish().unwrap();

    let db = Connection::open(&path).unwrap();
    let rows: Vec<String> = db
        .prepare(
            "SELECT json_array(distinct_id, event, time, arrived, device_id, user_id, file, line)
             FROM events ORDER BY line",
        )
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(
        rows,
        [
            r#"["u","View","2020-10-13T17:48:31.007Z",null,"d","u","a.jsonl",1]"#,
            r#"[null,"View","9223372036854775807 ms","1969-12-31T23:59:59.991Z",null,null,"a.jsonl",2]"#,
            r#"["u","$create_alias","1970-01-01T00:00:00.003Z","1970-01-01T00:00:00.003Z",null,null,"a.jsonl",3]"#,
        ]
    );
    let alias: String = db
        .query_row("SELECT json_array(alias, distinct_id, time, arrived, file, line) FROM aliases", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(alias, r#"["k","u","1970-01-01T00:00:00.003Z","1970-01-01T00:00:00.003Z","a.jsonl",3]"#);
    let check: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let head: (i64, i64, i64) = db
        .query_row(
            "SELECT application_id, user_version, page_size
             FROM pragma_application_id, pragma_user_version, pragma_page_size",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!(head, (0x6a72_6e79, SCHEMA_VERSION, 16384));
}

#[test]
fn opening_again_adds_to_what_is_there() {
    let (_folder, path) = store_in_file(1);
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "b");
    writer.append(&chunk(file, vec![row("u", 7)])).unwrap();
    drop(writer);
    assert_eq!(times(&Reader::open(&path).unwrap().events_of(&id("u"), 9).unwrap()), [1, 2, 7]);
}
