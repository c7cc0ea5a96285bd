//! Files whose rows are missing, in part or as a whole, and how that is reported and kept.

use super::*;

/// Whether the store says that rows of a file are missing, for each file.
fn incomplete(writer: Writer) -> Vec<(String, bool)> {
    let files = writer.into_reader().unwrap().overview().unwrap().files;
    files.into_iter().map(|file| (file.name, file.incomplete)).collect()
}

/// Imports a file, and gives its report and how many rows the store has.
fn import_one(writer: &mut Writer, name: &str, content: impl AsRef<[u8]>) -> FileReport {
    run(writer, vec![bytes(name, content)], &small()).files.remove(0)
}

const EARLY: &str = "the server ended it early: \"export terminated early\"";

#[test]
fn an_export_that_the_server_ended_early_is_incomplete_until_all_of_it_came() {
    let all = rows(0, 9, 0);
    let early = rows(0, 4, 0) + "export terminated early\n";
    let mut writer = store();
    let first = import_one(&mut writer, "x.jsonl", &early);
    assert_eq!((first.events, first.rejected, first.incomplete.as_deref()), (4, 0, Some(EARLY)));
    let again = import_one(&mut writer, "x.jsonl", &early);
    assert!(again.already);
    assert_eq!(again.incomplete.as_deref(), Some(EARLY), "the same file lacks the same rows");
    let whole = import_one(&mut writer, "renamed.jsonl", &all);
    assert_eq!((whole.events, whole.resumed, whole.incomplete), (5, true, None), "what is there is not stored twice");
    assert_eq!(incomplete(writer), [("x.jsonl".to_owned(), false)]);
}

#[test]
fn a_complete_file_of_the_same_name_takes_the_place_of_one_with_other_rows() {
    let mut writer = store();
    import_one(&mut writer, "x.jsonl", rows(0, 4, 0) + "terminated early");
    import_one(&mut writer, "y.jsonl", rows(50, 4, 0) + "terminated early");
    import_one(&mut writer, "x.jsonl", rows(100, 9, 0));
    let files = incomplete(writer);
    assert_eq!(files, [("x.jsonl".to_owned(), false), ("x.jsonl".to_owned(), false), ("y.jsonl".to_owned(), true)]);
}

#[test]
fn packed_exports_end_early_in_the_same_way() {
    let early = rows(0, 4, 0) + "export terminated early\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(early.as_bytes()).unwrap();
    let zst = zstd::encode_all(early.as_bytes(), 1).unwrap();
    for (name, packed) in [("x.gz", gzip.finish().unwrap()), ("x.zst", zst)] {
        let file = import_one(&mut store(), name, packed);
        assert_eq!((file.events, file.incomplete.as_deref()), (4, Some(EARLY)), "{name}");
    }
}

#[test]
fn an_array_cut_between_two_rows_is_incomplete_and_resumes_where_it_ended() {
    let all = format!("[{}]\n", rows(0, 6, 0).trim_end().replace('\n', ",\n"));
    let third = all.match_indices(",\n").nth(2).unwrap().0;
    for cut in [third, third + 1, third + 2] {
        let mut writer = store();
        let part = import_one(&mut writer, "x.json", all.split_at(cut).0);
        assert_eq!((part.events, part.rejected), (3, 0), "{cut}");
        let missing = part.incomplete.unwrap();
        assert_eq!(missing, "its array is not closed, so it was cut off between two rows");
        assert!(import_one(&mut writer, "x.json", all.split_at(cut).0).incomplete.is_some());
        let whole = import_one(&mut writer, "x.json", &all);
        assert_eq!((whole.events, whole.incomplete), (3, None), "{cut}");
        assert_eq!(incomplete(writer), [("x.json".to_owned(), false)]);
    }
}

#[test]
fn a_file_is_incomplete_where_its_last_row_is_and_not_where_another_is() {
    let half = rows(1, 1, 0).split_at(60).0.to_owned();
    for (file, missing) in [
        (rows(0, 3, 0), None),
        (rows(0, 3, 0).trim_end().to_owned(), None),
        (format!("{half}\n{}", rows(0, 3, 0)), None),
        (format!("{}garbage\n", rows(0, 3, 0)), None),
        (format!("{}{half}", rows(0, 3, 0)), Some("its last row is cut off")),
        (format!("{}{half}\n", rows(0, 3, 0)), Some("its last row is cut off")),
        (format!("[{}]", rows(0, 3, 0).trim_end().replace('\n', ",")), None),
        (format!("[{}]\n\n", rows(0, 3, 0).trim_end().replace('\n', ",")), None),
    ] {
        let mut writer = store();
        assert_eq!(import_one(&mut writer, "x", &file).incomplete.as_deref(), missing, "{file}");
        assert_eq!(import_one(&mut writer, "x", &file).incomplete.as_deref(), missing, "the second time: {file}");
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let all = rows(0, 40_000, 0);
    std::fs::write(&path, &all).unwrap();
    // Where a row ends, so that nothing but the length tells.
    let kept = all.match_indices('\n').nth(20_000).unwrap().0 + 1;
    let mut writer = store();
    let mut report = import(&mut writer, vec![Input::Path(path.clone())], &small(), &mut |_| {
        std::fs::File::options().write(true).open(&path).unwrap().set_len(kept as u64).unwrap();
        Flow::Continue
    })
    .unwrap();
    let file = report.files.remove(0);
    assert!(file.events >= 20_001 && file.events < 40_000, "{}", file.events);
    let missing = file.incomplete.unwrap();
    assert!(missing.starts_with("it shrank while it was read: of "), "{missing}");
    assert_eq!(incomplete(writer), [("x.jsonl".to_owned(), true)]);
}

#[test]
fn a_damaged_gzip_file_is_incomplete() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(rows(0, 3000, 0).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let mut writer = store();
    let report = run(&mut writer, vec![bytes("x.gz", &packed[..packed.len() / 2])], &Options::default());
    assert_eq!(report.files[0].incomplete.as_deref(), Some("it could not be read to its end"));
    assert_eq!(incomplete(writer), [("x.gz".to_owned(), true)]);
}

#[test]
fn a_message_in_place_of_an_export_is_quoted_also_from_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let page = "<!DOCTYPE html>\n<html><h1>502 Bad\u{1b}[2J Gateway</h1>";
    for (name, content) in [
        ("a.json", r#"{"error": "Unable to authenticate request", "request": "/api/2.0/export"}"#),
        ("b.jsonl", page),
        ("c.jsonl", "export terminated early"),
        ("d.jsonl", &rows(0, 2, 0)),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let report = run(&mut store(), vec![Input::Path(folder.path().to_owned())], &Options::default());
    let failures: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    assert_eq!((report.events, failures.len(), report.warnings.len()), (2, 3, 0), "{failures:?}");
    assert!(failures[0].contains("the error of a server") && failures[0].contains("authenticate"), "{failures:?}");
    assert!(failures[1].contains("a page for a browser") && failures[1].contains("502 Bad"), "{failures:?}");
    assert!(failures[2].contains("export terminated early"), "{failures:?}");
}

#[test]
fn what_rows_lack_is_counted() {
    let row = |properties: &str| format!(r#"{{"event":"A","properties":{{{properties}}}}}"#) + "\n";
    let arrived = r#""mp_processing_time_ms":1602611312000"#;
    let file = [
        row(&format!(r#""time":1602611311,"distinct_id":"d",{arrived}"#)),
        row(&format!(r#""time":1602611311,{arrived}"#)),
        row(&format!(r#""time":1602611311,"distinct_id":"",{arrived}"#)),
        row(&format!(r#""time":1602611311,"distinct_id":"d{}",{arrived}"#, '\u{6}')),
        row(&format!(r#""time":0,"distinct_id":"d",{arrived}"#)),
        row(&format!(r#""time":1602811311,"distinct_id":"d",{arrived}"#)),
        row(r#""time":99999999999999,"distinct_id":"d""#),
        row(&format!(r#""time":1602611311,"distinct_id":"d",{arrived}"#)).replace("\"A\"", "\"\""),
    ]
    .concat();
    let utc = Options { zone: Zone::Utc, ..Options::default() };
    let lacks = run(&mut store(), vec![bytes("x", &file)], &utc).files.remove(0).lacks;
    assert_eq!((lacks.without_id, lacks.without_name, lacks.repaired, lacks.odd_times), (2, 1, 1, 3));
    let sent = r#"{"received_at_ms":1795428910000,"endpoint":"/track","payload":{"event":"App Opened","properties":{"time":1795428900,"distinct_id":null,"token":"T"}}}"#;
    let lacks = read(&mut store(), bytes("sent", sent)).lacks;
    assert_eq!((lacks.without_id, lacks.without_name, lacks.repaired, lacks.odd_times), (1, 0, 0, 0));
}

#[test]
fn a_repaired_row_is_found_by_the_text_that_it_has_now() {
    let mut writer = store();
    let mut file = rows(0, 1, 0).replace("\"u0\"", "\"M\u{6}ller\"").into_bytes();
    file.extend(
        rows(1, 1, 0).replace("\"u1\"", "\"MXller\"").bytes().map(|byte| if byte == b'X' { 0xfc } else { byte }),
    );
    let report = read(&mut writer, bytes("x", file));
    assert_eq!((report.events, report.rejected, report.lacks.repaired), (2, 0, 2));
    let reader = writer.into_reader().unwrap();
    for id in ["M\u{6}ller", "M\u{fffd}ller"] {
        let events = reader.events_of(&Id::new(id), 5).unwrap();
        assert_eq!(events.len(), 1, "{id:?}");
        assert!(events[0].flags.has(Flags::REPAIRED), "{id:?}");
    }
}

#[test]
fn reasons_are_reported_with_a_line_each_and_rejects_are_kept_up_to_a_limit() {
    let bad = "{\"event\":\"A\"}\n".repeat(12_000);
    let mut writer = store();
    // What most of the first rows are, the file is.
    let report = read(&mut writer, bytes("x.jsonl", rows(0, 900, 0) + "garbage\n" + &bad));
    assert_eq!((report.rows, report.events, report.rejected, report.dropped), (12_901, 900, 12_001, 2001));
    let reasons: Vec<_> = report.reasons.iter().map(|why| (why.reason.as_str(), why.count, why.line)).collect();
    assert_eq!(reasons, [("has no properties", 12_000, 902), ("not JSON: expected value", 1, 901)]);

    let more = read(&mut writer, bytes("x.jsonl", rows(0, 900, 0) + "garbage\n" + &bad + &bad));
    assert_eq!(
        (more.rejected, more.dropped),
        (12_000, 12_000),
        "the limit holds for the file, whichever import reads on"
    );
    let reader = writer.into_reader().unwrap();
    assert_eq!(reader.rejects(usize::MAX).unwrap().len(), 10_000);
    assert_eq!(reader.overview().unwrap().rejected, 24_001);
}

#[test]
fn a_piece_has_so_many_records_at_most_and_rows_among_short_lines_are_kept() {
    let short = "x\n".repeat(600_000);
    let mut writer = store();
    let report = read(&mut writer, bytes("x.jsonl", rows(0, 1, 0) + &short + &rows(1, 1, 0) + &short));
    assert_eq!((report.rows, report.events, report.rejected), (1_200_002, 2, 1_200_000));
    let lines: Vec<_> = all_events(&writer.into_reader().unwrap()).iter().map(|event| event.source.line).collect();
    assert_eq!(lines, [1, 600_002]);
}

#[test]
fn a_flood_of_blank_lines_is_passed_over_in_pieces() {
    let blank = "\n".repeat(100_000);
    let mut writer = store();
    let file = rows(0, 1, 0) + &blank + &rows(1, 1, 0) + &blank;
    let report = run(&mut writer, vec![bytes("x.jsonl", &file)], &small()).files.remove(0);
    assert_eq!((report.rows, report.events, report.bytes), (2, 2, file.len() as u64));
    assert!(run(&mut writer, vec![bytes("x.jsonl", &file)], &small()).files[0].already);
    let lines: Vec<_> = all_events(&writer.into_reader().unwrap()).iter().map(|event| event.source.line).collect();
    assert_eq!(lines, [1, 100_002]);
}

#[test]
fn the_first_row_may_be_longer_than_what_is_looked_at() {
    let long = rows(0, 1, 0).replace("\"n\":0", &format!("\"n\":\"{}\"", "x".repeat(300_000)));
    for (file, format) in [
        (long.clone() + &rows(1, 2, 0), "raw export (JSON Lines)"),
        (format!("[{}]", (long.clone() + &rows(1, 2, 0)).trim_end().replace('\n', ",")), "raw export (JSON array)"),
        (long + "\n" + &rows(1, 2, 0), "raw export (JSON Lines)"),
    ] {
        let report = read(&mut store(), bytes("x", file));
        assert_eq!((report.format.as_str(), report.events, report.rejected), (format, 3, 0));
    }
}

#[test]
fn zeros_behind_a_gzip_file_are_no_damage_and_anything_else_is() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(rows(0, 5, 0).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let padded = run(&mut store(), vec![bytes("x.gz", [packed.clone(), vec![0; 1000]].concat())], &small());
    assert_eq!((padded.events, padded.failures.len(), &padded.files[0].incomplete), (5, 0, &None));
    let behind = run(&mut store(), vec![bytes("x.gz", [packed, b"garbage".to_vec()].concat())], &small());
    assert_eq!((behind.events, behind.failures.len()), (5, 1));
}

#[test]
fn a_stop_is_heard_while_an_input_has_nothing_to_give() {
    let options = small();
    for said in [String::new(), rows(0, 3, 0)] {
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(said.as_bytes()).unwrap();
        let stop = journey::ingest::Stop::default();
        let telling = std::thread::spawn({
            let stop = stop.clone();
            move || stop.set()
        });
        let options = Options { stop, ..options.clone() };
        let report = run(&mut store(), vec![Input::Stdin(Box::new(reader))], &options);
        telling.join().unwrap();
        assert!(report.cancelled);
    }
}

/// The import of a file that has no end, stopped by another thread.
fn stopped(path: PathBuf) -> Report {
    let stop = journey::ingest::Stop::default();
    let telling = std::thread::spawn({
        let stop = stop.clone();
        move || stop.set()
    });
    let report = run(&mut store(), vec![Input::Path(path)], &Options { stop, ..small() });
    telling.join().unwrap();
    report
}

#[cfg(unix)]
#[test]
fn a_stop_is_heard_before_a_fifo_that_no_program_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let report = stopped(path);
    assert!(report.cancelled && report.files.is_empty());
}

#[test]
fn a_stop_is_heard_in_a_view_that_has_no_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("endless.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "CREATE VIEW events AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
             SELECT 'd' AS distinct_id, 'A' AS event, i AS time, '{}' AS properties FROM n WHERE i < 0;",
        )
        .unwrap();
    let report = stopped(path);
    assert!(report.cancelled);
}

/// The length of each value is asked for once, and not once for each other value.
#[test]
fn a_table_of_a_sqlite_file_may_have_as_many_columns_as_sqlite_takes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.db");
    let names: Vec<String> = (0..1_990).map(|n| format!("p{n}")).collect();
    let db = Connection::open(&path).unwrap();
    db.execute_batch(&format!("CREATE TABLE events (distinct_id, event, time, {})", names.join(", "))).unwrap();
    let values: Vec<String> = (0..names.len()).map(|n| n.to_string()).collect();
    db.execute_batch(&format!("INSERT INTO events VALUES ('d', 'A', 1561971600, {})", values.join(", "))).unwrap();
    drop(db);
    let mut writer = store();
    let report = run(&mut writer, vec![Input::Path(path)], &small());
    assert_eq!((report.events, report.rejected), (1, 0));
}

#[test]
fn a_value_of_a_sqlite_file_that_is_too_long_is_a_reject_and_the_other_rows_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.db");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "CREATE TABLE events (distinct_id, event TEXT, time, properties TEXT);
         INSERT INTO events VALUES ('a', 'View', 1602611311, '{}'),
            (printf('%.*c', 17000000, 'x'), 'View', 1602611311, '{}'), ('b', 'View', 1602611311, '{}');",
    )
    .unwrap();
    let mut writer = store();
    let report = read(&mut writer, Input::Path(path));
    assert_eq!((report.events, report.rejected), (2, 1));
    let rejects = writer.into_reader().unwrap().rejects(5).unwrap();
    assert_eq!(rejects[0].reason, "a value is too long, more than 16 MiB: 17000000 bytes");
}

#[test]
fn a_sqlite_file_that_cannot_be_read_is_no_trouble_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.db");
    std::fs::write(&path, [b"SQLite format 3\0".as_slice(), &[7; 3000]].concat()).unwrap();
    let error = import(&mut store(), vec![Input::Path(path)], &small(), &mut |_| Flow::Continue).unwrap_err();
    assert!(matches!(error, Error::Foreign { .. }), "{error:?}");
    assert!(error.advice().is_some());
}

#[test]
fn an_import_that_keeps_nothing_makes_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("s.db");
    let open = || Writer::open_when_needed(&path, Arc::new(|| false), &mut |_| true).unwrap();
    for inputs in
        [vec![Input::Path("no/such/file".into())], vec![bytes("a.txt", "hello\n")], vec![bytes("empty.json", "[]")]]
    {
        let mut writer = open();
        let _ = import(&mut writer, inputs, &small(), &mut |_| Flow::Continue);
        assert!(!writer.is_made());
        writer.finish().unwrap();
        assert!(!folder.path().join("new").exists());
    }
    let mut writer = open();
    assert_eq!(read(&mut writer, bytes("x", rows(0, 3, 0))).events, 3);
    assert!(writer.is_made());
    writer.finish().unwrap();
    let mut again = open();
    assert!(read(&mut again, bytes("x", rows(0, 3, 0))).already);
}

#[test]
fn a_folder_of_small_files_is_like_its_files_one_by_one_and_is_known_again() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..300 {
        let file = rows(n * 5, 1 + n % 4, 0);
        let file = if n % 7 == 0 { file.trim_end().to_owned() } else { file };
        std::fs::write(folder.path().join(format!("{n:03}.jsonl")), file).unwrap();
    }
    let mut writer = store();
    let whole = vec![Input::Path(folder.path().to_owned())];
    let first = run(&mut writer, whole, &Options::default());
    assert_eq!((first.files.len(), first.events), (300, 750));
    let grown = rows(0, 1, 0) + &rows(1000, 2, 0);
    std::fs::write(folder.path().join("000.jsonl"), grown).unwrap();
    let second = run(&mut writer, vec![Input::Path(folder.path().to_owned())], &Options::default());
    assert_eq!(second.events, 2);
    assert!(second.files[0].resumed && second.files[1..].iter().all(|file| file.already));
    let overview = writer.into_reader().unwrap().overview().unwrap();
    assert!(overview.files.len() == 300 && overview.files.iter().all(|file| file.complete && !file.incomplete));
}

#[test]
fn a_message_of_a_server_between_two_days_says_that_rows_are_missing_there() {
    let two = |message: &str| format!("{}{message}\n{}", rows(0, 4, 0), rows(50, 4, 0));
    for message in [
        "export terminated early",
        "{\"error\":\"Timeout from remote service\",\"request\":\"/api/2.0/export\"}",
        "<html><body><h1>502 Bad Gateway</h1></body></html>",
    ] {
        let mut writer = store();
        for time in ["the first", "the second"] {
            let file = import_one(&mut writer, "x.jsonl", two(message));
            let missing = file.incomplete.unwrap_or_default();
            assert!(missing.starts_with("in line 5 a server") && missing.contains(message), "{time}: {missing}");
        }
        assert_eq!(incomplete(writer), [("x.jsonl".to_owned(), true)], "{message}");
        let file = import_one(&mut store(), "x.jsonl", two(message));
        assert_eq!((file.events, file.rejected, file.reasons[0].line), (8, 1, 5), "{message}");
    }
    // Behind half a row, and at the end as well.
    let half = rows(9, 1, 0).split_at(60).0.to_owned();
    let file =
        import_one(&mut store(), "x.jsonl", two(&format!("{half}export terminated early")) + "terminated early\n");
    let missing = file.incomplete.unwrap();
    assert!(missing.contains("in line 5") && missing.ends_with("it early: \"terminated early\""), "{missing}");
    // What a tool says about its own work, and a row with such words, are none.
    for other in [
        "Exporting 2019-07-02 to x.jsonl",
        "garbage",
        "{\"event\":\"terminated early\",\"properties\":{\"time\":1561971600,\"distinct_id\":\"a\"}}",
        "{\"event\":\"A\",\"properties\":{\"time\":1561971600,\"distinct_id\":\"a\",\"note\":\"terminated early\nor not\"}}",
    ] {
        assert_eq!(import_one(&mut store(), "x.jsonl", two(other)).incomplete, None, "{other}");
    }
}

#[test]
fn a_last_row_with_a_line_break_in_a_text_is_whole() {
    let row = "{\"event\":\"A\",\"properties\":{\"time\":1561971600,\"distinct_id\":\"a\",\"note\":\"one\ntwo\n\"}}";
    for end in ["", "\n"] {
        let mut writer = store();
        for _ in 0..2 {
            let file = import_one(&mut writer, "x.jsonl", format!("{}{row}{end}", rows(0, 3, 0)));
            assert_eq!((file.rejected, file.incomplete), (0, None));
        }
    }
    let file = import_one(&mut store(), "x.jsonl", format!("{row}\n{}", rows(0, 3, 0)));
    assert_eq!((file.events, file.lacks.repaired), (4, 1), "it is marked");
}

#[test]
fn a_table_that_ends_inside_a_cell_in_quotes_is_incomplete_and_goes_on_where_it_ended() {
    let row = |n: u8| format!("E{n},u,{},\"a \"\"quoted\"\", cell\nof two lines\"\n", 1_561_971_600 + i64::from(n));
    let all: String = std::iter::once("event,distinct_id,time,note\n".to_owned()).chain((0..9).map(row)).collect();
    let begin = all.find("E5").unwrap();
    let quote = all.get(begin..).and_then(|rest| rest.find("\"a ")).unwrap() + begin;
    for cut in [quote + 1, quote + 3, quote + 6, all.get(quote..).and_then(|rest| rest.find('\n')).unwrap() + quote + 1]
    {
        let mut writer = store();
        let first = import_one(&mut writer, "x.csv", all.get(..cut).unwrap());
        assert_eq!((first.events, first.rejected), (5, 1), "{cut}");
        assert_eq!(first.incomplete.as_deref(), Some("its last row is cut off"), "{cut}");
        let whole = import_one(&mut writer, "x.csv", &all);
        assert_eq!((whole.resumed, whole.incomplete), (true, None), "{cut}");
        assert_eq!(first.events + whole.events, 9, "{cut}");
    }
    // Quotes elsewhere than at the start of a cell are signs of it.
    for last in ["E5,u,1561971600,5\" of rain", "E5,u,1561971600,\"\"", "E5,u,1561971600,\"said \"\"yes\"\"\""] {
        let report = import_one(&mut store(), "x.csv", format!("event,distinct_id,time,note\n{last}"));
        assert_eq!((report.events, report.incomplete), (1, None), "{last}");
    }
}
