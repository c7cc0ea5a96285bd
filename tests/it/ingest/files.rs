//! What stands on the disk: folders, packed files, databases, and files that are not there.

use super::*;

#[test]
fn a_sqlite_file_of_another_program_is_read_and_continues_when_it_has_grown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        r#"CREATE TABLE events (distinct_id, event TEXT, time, properties TEXT);
        INSERT INTO events VALUES ('12345', 'View', 1602611311, '{"$device_id": "d", "distinct_id": "inner"}'),
            (7, 'Buy', '2020-10-13T17:50:00Z', NULL), (NULL, 'Odd', 1602611400, '{
  "a": 1 }'), ('x', 'Broken', 1602611500, 'nonsense');
        CREATE TABLE aliases (alias TEXT, distinct_id TEXT);
        INSERT INTO aliases VALUES ('sally@gmail.com', '12345');"#,
    )
    .unwrap();
    let mut writer = store();
    let files = run(&mut writer, vec![Input::Path(path.clone())], &Options::default()).files;
    let printed: Vec<_> =
        files.iter().map(|f| (f.file.as_str(), f.format.as_str(), f.events, f.aliases, f.rejected)).collect();
    assert_eq!(printed, [("other.db:aliases", "SQLite file", 0, 1, 0), ("other.db:events", "SQLite file", 3, 0, 1)]);

    db.execute_batch("INSERT INTO events VALUES ('7', 'More', 1602611600, '{}')").unwrap();
    let files = run(&mut writer, vec![Input::Path(path)], &Options::default()).files;
    assert!(files[0].already && files[1].resumed);
    assert_eq!(files[1].events, 1);

    let events = all_events(&writer.into_reader().unwrap());
    let found: Vec<_> =
        events.iter().map(|e| (&*e.event, e.id.as_ref().map(Id::as_str), e.time / 1000, e.source.line)).collect();
    assert_eq!(
        found,
        [
            ("View", Some("12345"), 1_602_611_311, 1),
            ("Buy", Some("7"), 1_602_611_400, 2),
            ("Odd", None, 1_602_611_400, 3),
            ("More", Some("7"), 1_602_611_600, 5)
        ]
    );
}

#[test]
fn a_folder_is_read_in_order_and_says_what_it_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("b")).unwrap();
    for (name, from) in [("b/x.jsonl", 0), ("a.json", 10), ("x.jsonl", 20)] {
        std::fs::write(folder.path().join(name), rows(from, 2, 0)).unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "hello").unwrap();
    std::fs::write(folder.path().join("config.json"), r#"{"a":1}"#).unwrap();
    std::fs::write(folder.path().join(".hidden.jsonl"), "x").unwrap();
    let mut writer = store();
    let report = run(&mut writer, vec![Input::Path(folder.path().to_owned())], &Options::default());
    let names: Vec<_> = report.files.iter().map(|file| file.file.as_str()).collect();
    let own = folder.path().file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(names, ["a.json", "b/x.jsonl", format!("{own}/x.jsonl").as_str()]);
    assert_eq!(report.warnings.len(), 2, "{:?}", report.warnings);
    assert!(report.warnings[0].contains("notes.txt"), "{}", report.warnings[0]);
    assert!(report.warnings[1].contains("config.json is in no known format"), "{}", report.warnings[1]);

    let empty = tempfile::tempdir().unwrap();
    let error = import(&mut writer, vec![Input::Path(empty.path().to_owned())], &small(), &mut |_| Flow::Continue);
    assert!(matches!(error, Err(Error::NothingIn { .. })));
}

#[test]
fn a_file_that_is_not_there_stops_the_import_before_it_begins() {
    let mut writer = store();
    let inputs = vec![bytes("a", rows(0, 2, 0)), Input::Path("no/such/file.jsonl".into())];
    let error = import(&mut writer, inputs, &small(), &mut |_| Flow::Continue).unwrap_err();
    assert!(error.to_string().starts_with("no/such/file.jsonl cannot be opened"), "{error}");
    assert!(error.advice().is_some());
    assert_eq!(writer.into_reader().unwrap().overview().unwrap().events, 0);
}

#[test]
fn a_file_in_no_known_format_does_not_keep_the_others_out() {
    let mut writer = store();
    let error = import(&mut writer, vec![bytes("a.txt", "hello\n")], &small(), &mut |_| Flow::Continue).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.txt is in no known format: no event, profile or alias is in its first 64 KB; it begins with \"hello\""
    );
    let report = run(&mut writer, vec![bytes("a.txt", "hello\n"), bytes("b", rows(0, 2, 0))], &small());
    assert_eq!((report.files.len(), report.failures.len(), report.events), (1, 1, 2));
}

#[test]
fn what_could_be_read_of_a_damaged_gzip_file_is_stored_and_the_rest_follows_later() {
    let all = rows(0, 3000, 0);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(all.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let mut writer = store();
    let report = run(&mut writer, vec![bytes("x.gz", &packed[..packed.len() / 2])], &Options::default());
    assert!(matches!(&report.failures[..], [Error::Read { name, .. }] if name == "x.gz"), "{:?}", report.failures);
    let first = report.files[0].events;
    assert!(first > 100 && first < 3000, "{first}");
    assert_eq!(report.rejected, 0, "the row at the damage is not there, it is not wrong");
    let printed = read(&mut writer, bytes("x.gz", &packed));
    assert_eq!(printed.events, 3000 - first);
    assert!(printed.resumed);
}

#[test]
fn several_packed_parts_in_one_file_are_all_read() {
    let mut packed = Vec::new();
    for from in [0, 5] {
        let mut part = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
        part.write_all(rows(from, 5, 0).as_bytes()).unwrap();
        part.finish().unwrap();
    }
    assert_eq!(read(&mut store(), bytes("x.gz", packed)).events, 10);
    let frames = [0, 5].map(|from| zstd::encode_all(rows(from, 5, 0).as_bytes(), 1).unwrap()).concat();
    assert_eq!(read(&mut store(), bytes("x.zst", frames)).events, 10);
}

#[test]
fn an_empty_file_is_reported_and_no_error() {
    let mut writer = store();
    let report = run(&mut writer, vec![bytes("none.jsonl", "\n \n")], &small());
    assert_eq!(report.files[0].format, "empty file");
    assert_eq!(report.warnings, ["none.jsonl is empty"]);
}

#[test]
fn progress_counts_bytes_on_disk_and_rows() {
    let mut seen = Vec::new();
    let path = sample("variants/gzipped.jsonl.gz");
    let size = std::fs::metadata(&path).unwrap().len();
    import(&mut store(), vec![Input::Path(path)], &small(), &mut |progress| {
        seen.push(progress.clone());
        Flow::Continue
    })
    .unwrap();
    let last = seen.last().unwrap();
    assert_eq!(
        (last.file.as_str(), last.bytes_done, last.bytes_total, last.rows),
        ("gzipped.jsonl.gz", size, Some(size), 21)
    );
    assert!(seen.iter().is_sorted_by_key(|progress| progress.rows));
}
