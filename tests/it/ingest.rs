//! Files into a store: what is stored, what is known again, what is told.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod zones;

use std::fmt::Write as _;
use std::io::{Cursor, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use journey::formats::Zone;
use journey::ingest::{Error, FileReport, Flow, Input, Options, Report, import};
use journey::model::facts::Event;
use journey::model::{Flags, Id};
use journey::store::{Reader, Writer};
use rusqlite::Connection;

mod at_once;
mod ends;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn bytes(name: &str, content: impl AsRef<[u8]>) -> Input {
    Input::Bytes { name: name.to_owned(), content: content.as_ref().to_vec() }
}

fn store() -> Writer {
    Writer::in_memory().unwrap()
}

fn run(writer: &mut Writer, inputs: Vec<Input>, options: &Options) -> Report {
    import(writer, inputs, options, &mut |_| Flow::Continue).unwrap()
}

fn read(writer: &mut Writer, input: Input) -> FileReport {
    let mut report = run(writer, vec![input], &Options::default());
    assert_eq!(report.files.len(), 1);
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    report.files.remove(0)
}

/// Small chunks, so that a short file has many.
fn small() -> Options {
    Options { chunk: 600, ..Options::default() }
}

fn all_events(reader: &Reader) -> Vec<Arc<Event>> {
    let mut events: Vec<Arc<Event>> =
        reader.all_ids().unwrap().iter().flat_map(|id| reader.events_of(id, usize::MAX).unwrap()).collect();
    events.extend(reader.events_without_id(usize::MAX).unwrap());
    events.sort_by_key(|event| (event.source.rank, event.source.line, event.row));
    events
}

/// Everything that a store says, as text.
fn content(writer: Writer) -> String {
    let reader = writer.into_reader().unwrap();
    let mut text = String::new();
    let ids = reader.all_ids().unwrap();
    for event in all_events(&reader) {
        let properties = reader.properties(&[event.row]).unwrap();
        writeln!(text, "{event:?} {properties:?}").unwrap();
    }
    for id in &ids {
        writeln!(text, "{id:?} {:?}", reader.calls_of(id, usize::MAX).unwrap()).unwrap();
        writeln!(text, "{:?}", reader.links_of(id, usize::MAX).unwrap()).unwrap();
    }
    writeln!(text, "{:?}", reader.profiles_of(&ids, usize::MAX).unwrap()).unwrap();
    writeln!(text, "{:?}", reader.rejects(usize::MAX).unwrap()).unwrap();
    writeln!(text, "{:?}", reader.overview().unwrap().files).unwrap();
    text
}

/// `count` exported rows that say when they arrived, on a clock `behind` seconds behind UTC.
fn rows(from: i64, count: i64, behind: i64) -> String {
    let mut text = String::new();
    for n in from..from + count {
        let utc = 1_602_611_311 + n * 60;
        let time = utc - behind;
        writeln!(
            text,
            r#"{{"event":"View","properties":{{"time":{time},"distinct_id":"u{}","n":{n},"mp_processing_time_ms":{utc}874}}}}"#,
            n % 7
        )
        .unwrap();
    }
    text
}

fn times(writer: Writer) -> Vec<i64> {
    all_events(&writer.into_reader().unwrap()).into_iter().map(|event| event.time).collect()
}

#[test]
fn an_export_is_stored_and_told() {
    let mut writer = store();
    let told = read(&mut writer, Input::Path(sample("export/race.jsonl")));
    assert_eq!((told.file.as_str(), told.format.as_str()), ("race.jsonl", "raw export (JSON Lines)"));
    assert_eq!((told.rows, told.events, told.aliases, told.rejected), (16, 16, 1, 0));
    assert_eq!(told.timezone, "UTC (inferred, sure: 16 of 16 rows)");
    assert!(!told.already && !told.resumed);
    let reader = writer.into_reader().unwrap();
    let events = all_events(&reader);
    assert_eq!(events.len(), 16);
    assert!(events.iter().all(|event| &*event.source.file == "race.jsonl" && event.arrival_known()));
    assert!(reader.overview().unwrap().files[0].complete);
}

#[test]
fn the_same_content_again_stores_nothing_under_any_name_and_packing() {
    let mut writer = store();
    let first = read(&mut writer, Input::Path(sample("variants/plain.jsonl")));
    assert_eq!(first.events, 21);
    let plain = std::fs::read(sample("variants/plain.jsonl")).unwrap();
    let zst = zstd::encode_all(plain.as_slice(), 1).unwrap();
    for again in [
        Input::Path(sample("variants/plain.jsonl")),
        Input::Path(sample("variants/gzipped.jsonl.gz")),
        bytes("renamed", &plain),
        bytes("packed.zst", zst),
        Input::Stdin(Box::new(Cursor::new(plain.clone()))),
    ] {
        let told = read(&mut writer, again);
        assert!(told.already, "{told:?}");
        assert_eq!((told.rows, told.events, told.rejected, told.bytes), (0, 0, 0, first.bytes));
    }
    assert_eq!(writer.into_reader().unwrap().overview().unwrap().files.len(), 1);
}

#[test]
fn every_form_of_an_export_stores_the_same_rows() {
    let facts = |name: &str| {
        let mut writer = store();
        assert_eq!(read(&mut writer, Input::Path(sample(name))).rejected, 0);
        let events = all_events(&writer.into_reader().unwrap());
        events
            .into_iter()
            .map(Arc::unwrap_or_clone)
            .map(|e| {
                let of = e.sender;
                (e.event, e.time, e.arrived, of.id.clone(), of.device.clone(), of.user.clone(), of.other.clone())
            })
            .collect::<Vec<_>>()
    };
    let plain = facts("variants/plain.jsonl");
    assert_eq!(plain.len(), 21);
    for name in ["array.json", "ascii_escaped.jsonl", "blank_lines.jsonl", "crlf.jsonl", "gzipped.jsonl.gz"] {
        assert_eq!(facts(&format!("variants/{name}")), plain, "{name}");
    }
}

#[test]
fn a_run_that_was_stopped_at_any_chunk_and_repeated_is_like_one_run() {
    for name in ["export/second_device.jsonl", "variants/array.json", "wire/retry.jsonl", "variants/gzipped.jsonl.gz"] {
        let mut clean = store();
        let chunks = std::cell::Cell::new(0);
        import(&mut clean, vec![Input::Path(sample(name))], &small(), &mut |_| {
            chunks.set(chunks.get() + 1);
            Flow::Continue
        })
        .unwrap();
        assert!(chunks.get() > 4, "{name}: {} chunks", chunks.get());
        let clean = content(clean);
        for stop in 1..chunks.get() {
            let mut writer = store();
            let mut seen = 0;
            let report = import(&mut writer, vec![Input::Path(sample(name))], &small(), &mut |_| {
                seen += 1;
                if seen > stop { Flow::Stop } else { Flow::Continue }
            })
            .unwrap();
            assert!(report.cancelled);
            let resumed = run(&mut writer, vec![Input::Path(sample(name))], &small()).files.remove(0);
            assert!(resumed.resumed || resumed.already, "{resumed:?}");
            assert_eq!(content(writer), clean, "{name} stopped after {stop} chunks");
        }
    }
}

#[test]
fn a_run_that_died_at_any_chunk_and_repeated_is_like_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| Writer::open(&folder.path().join(name)).unwrap();
    let options = Options { together: 3, ..small() };
    let file = || vec![Input::Path(sample("wire/retry.jsonl"))];
    let mut clean = open("clean");
    let mut chunks = 0;
    import(&mut clean, file(), &options, &mut |_| {
        chunks += 1;
        Flow::Continue
    })
    .unwrap();
    let clean = content(clean);
    let mut kept = Vec::new();
    for last in 1..chunks {
        let name = format!("died-{last}");
        let mut writer = open(&name);
        let mut seen = 0;
        let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            import(&mut writer, file(), &options, &mut |_| {
                seen += 1;
                assert!(seen <= last, "dies here, as it should");
                Flow::Continue
            })
        }));
        assert!(died.is_err());
        // As if it were killed: nothing is committed on the way out.
        drop(writer);
        let path = folder.path().join(&name);
        kept.push(
            Connection::open(&path)
                .unwrap()
                .query_row("SELECT count(*) FROM chunks", [], |row| row.get::<_, i64>(0))
                .unwrap(),
        );
        let mut writer = open(&name);
        run(&mut writer, file(), &options);
        assert_eq!(content(writer), clean, "died after {last} chunks");
    }
    assert!(kept.iter().all(|chunks| chunks % 3 == 0), "{kept:?}");
    assert!(kept.contains(&0) && kept.contains(&3), "{kept:?}");
}

/// Every row of every table, as text.
fn tables(path: &Path) -> String {
    let db = Connection::open(path).unwrap();
    let mut tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let mut text = String::new();
    for table in tables.iter().filter(|name| !name.starts_with("sqlite_")) {
        let mut select = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = select.column_count();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let row: Vec<_> = (0..columns).map(|at| row.get_ref(at).unwrap()).collect();
            writeln!(text, "{table} {row:?}").unwrap();
        }
    }
    text
}

#[test]
fn neither_threads_nor_transactions_make_another_store() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, options: &Options| {
        let path = folder.path().join(name);
        let mut writer = Writer::open(&path).unwrap();
        let second = rows(0, 200, 0).replace("\"u3\"", "\"u3\",\"$device_id\":\"d\"");
        let inputs = vec![
            Input::Path(sample("export/second_device.jsonl")),
            Input::Path(sample("table/aliases.csv")),
            bytes("second", second),
            Input::Path(sample("engage/second_device.jsonl")),
            Input::Path(sample("variants/array.json")),
        ];
        run(&mut writer, inputs, options);
        writer.finish().unwrap();
        tables(&path)
    };
    let plain = made("plain", &Options { threads: 1, together: 1, ..small() });
    assert!(plain.lines().filter(|line| line.starts_with("chunks")).count() > 40);
    for (threads, together) in [(1, 1000), (2, 7), (4, 1), (4, 1000)] {
        let other = made(&format!("{threads}-{together}"), &Options { threads, together, ..small() });
        assert!(other == plain, "{threads} threads, {together} chunks together");
    }
}

#[test]
fn a_stop_while_known_chunks_are_passed_over_leaves_the_file_as_it_was() {
    let mut writer = store();
    run(&mut writer, vec![bytes("x", rows(0, 40, 0))], &small());
    let mut told = 0;
    let report = import(&mut writer, vec![bytes("x", rows(0, 60, 0))], &small(), &mut |_| {
        told += 1;
        if told > 3 { Flow::Stop } else { Flow::Continue }
    })
    .unwrap();
    assert!(report.cancelled && !report.files[0].already);
    let overview = writer.into_reader().unwrap().overview().unwrap();
    assert_eq!((overview.events, overview.files[0].complete), (40, true));
}

#[test]
fn a_stop_before_the_first_chunk_stores_nothing() {
    let mut writer = store();
    let report = import(&mut writer, vec![bytes("a", rows(0, 5, 0))], &small(), &mut |_| Flow::Stop).unwrap();
    assert!(report.cancelled);
    assert_eq!(writer.into_reader().unwrap().overview().unwrap().events, 0);
}

#[test]
fn a_file_that_has_grown_goes_on_as_the_same_file() {
    let (old, all) = (rows(0, 30, 0), rows(0, 50, 0));
    let mut grown = store();
    run(&mut grown, vec![bytes("x.jsonl", &old)], &small());
    let told = run(&mut grown, vec![bytes("x.jsonl", &all)], &small()).files.remove(0);
    assert!(told.resumed);
    assert_eq!(told.events, 20);
    let reader = grown.into_reader().unwrap();
    let events = all_events(&reader);
    assert_eq!(events.iter().map(|event| event.source.line).collect::<Vec<_>>(), (1..=50).collect::<Vec<_>>());
    assert_eq!(reader.overview().unwrap().files.len(), 1);
}

#[test]
fn a_last_line_that_was_half_written_is_read_again_when_it_is_whole() {
    let all = rows(0, 10, 0);
    let half = all.as_bytes().split_at(all.len() - 40).0;
    let mut writer = store();
    let told = read(&mut writer, bytes("x.jsonl", half));
    assert_eq!((told.events, told.rejected), (9, 1));
    assert!(read(&mut writer, bytes("x.jsonl", half)).already);
    let told = read(&mut writer, bytes("x.jsonl", &all));
    assert_eq!((told.events, told.rejected), (1, 0));
    assert!(read(&mut writer, bytes("x.jsonl", &all)).already);
    assert_eq!(times(writer).len(), 10);
}

#[test]
fn an_array_that_was_cut_off_is_read_to_its_end_when_it_is_whole() {
    let array = format!("[{}]", rows(0, 10, 0).trim_end().replace('\n', ","));
    let mut writer = store();
    assert_eq!(read(&mut writer, bytes("x.json", array.as_bytes().split_at(array.len() - 60).0)).rejected, 1);
    assert_eq!(read(&mut writer, bytes("x.json", &array)).events, 1);
    assert_eq!(times(writer).len(), 10);
}

#[test]
fn a_file_that_only_begins_like_a_known_one_is_a_file_of_its_own() {
    let (a, b) = (rows(0, 20, 0), rows(0, 10, 0) + &rows(500, 20, 0));
    let mut writer = store();
    run(&mut writer, vec![bytes("a", &a)], &small());
    run(&mut writer, vec![bytes("b", &b)], &small());
    assert!(run(&mut writer, vec![bytes("b", &b)], &small()).files[0].already);
    let reader = writer.into_reader().unwrap();
    assert_eq!(reader.overview().unwrap().files.len(), 2);
    let mut places: Vec<_> =
        all_events(&reader).into_iter().map(|event| (event.source.file.clone(), event.source.line)).collect();
    let rows = places.len();
    places.sort();
    places.dedup();
    assert_eq!(places.len(), rows, "no two rows are said to be at one place");
}

#[test]
fn pieces_of_a_file_store_what_the_whole_file_does() {
    let all = rows(0, 40, 0);
    let mut pieces = store();
    run(&mut pieces, vec![bytes("1", rows(0, 15, 0)), bytes("2", rows(15, 25, 0))], &Options::default());
    let mut whole = store();
    read(&mut whole, bytes("all", all));
    assert_eq!(times(pieces), times(whole));
}

#[test]
fn the_size_of_chunks_changes_nothing_but_the_chunks() {
    let facts = |options: &Options| {
        let mut writer = store();
        run(&mut writer, vec![Input::Path(sample("wire/retry.jsonl"))], options);
        let events = all_events(&writer.into_reader().unwrap());
        events
            .into_iter()
            .map(Arc::unwrap_or_clone)
            .map(|e| (e.source.line, e.event.clone(), e.id.clone(), e.time, e.arrived, e.hash, e.flags))
            .collect::<Vec<_>>()
    };
    let whole = facts(&Options::default());
    for chunk in [1, 100, 5000] {
        assert_eq!(facts(&Options { chunk, ..Options::default() }), whole, "{chunk}");
    }
}

#[test]
fn a_byte_order_mark_blank_lines_and_a_missing_end_are_no_rows() {
    let mut writer = store();
    let all = rows(0, 3, 0);
    let told = read(&mut writer, bytes("x", format!("\u{feff}{}", all.trim_end().replace('\n', "\r\n\r\n"))));
    assert_eq!((told.rows, told.events, told.rejected), (3, 3, 0));
    let lines: Vec<_> = all_events(&writer.into_reader().unwrap()).into_iter().map(|event| event.source.line).collect();
    assert_eq!(lines, [1, 3, 5]);
}

#[test]
fn standard_input_has_a_name() {
    let mut writer = store();
    let told = read(&mut writer, Input::Stdin(Box::new(Cursor::new(rows(0, 2, 0)))));
    assert_eq!((told.file.as_str(), told.events), ("<stdin>", 2));
}

#[test]
fn a_row_that_cannot_be_read_is_kept_with_line_and_reason() {
    let mut writer = store();
    let file = format!("{}garbage\n{{\"event\":\"A\"}}\n{}", rows(0, 1, 0), rows(1, 1, 0));
    let told = read(&mut writer, bytes("x.jsonl", file));
    assert_eq!((told.rows, told.events, told.rejected), (4, 2, 2));
    let rejects = writer.into_reader().unwrap().rejects(10).unwrap();
    let rejects: Vec<_> =
        rejects.iter().map(|r| (r.file.as_str(), r.line, r.reason.as_str(), r.text.as_str())).collect();
    assert_eq!(
        rejects,
        [
            ("x.jsonl", 2, "not JSON: expected value (line 1 of the row, column 1)", "garbage"),
            ("x.jsonl", 3, "has no properties", "{\"event\":\"A\"}"),
        ]
    );
}

#[test]
fn a_record_past_the_limit_is_rejected_in_parts_and_known_again() {
    let options = Options { longest_record: 1000, chunk: 300, ..Options::default() };
    let file = format!("{}{{\"x\":\"{}\"}}\n{}", rows(0, 2, 0), "y".repeat(2500), rows(2, 2, 0));
    let mut writer = store();
    let told = run(&mut writer, vec![bytes("x", &file)], &options).files.remove(0);
    assert_eq!((told.events, told.rejected), (4, 3));
    assert!(run(&mut writer, vec![bytes("x", &file)], &options).files[0].already);
    let reader = writer.into_reader().unwrap();
    let rejects = reader.rejects(10).unwrap();
    assert!(rejects.iter().all(|reject| reject.line == 3));
    assert_eq!(rejects[0].reason, "a record longer than 1000 bytes; this is a part of it");
    assert_eq!(all_events(&reader).last().unwrap().source.line, 5);
}

#[test]
fn of_a_very_long_reject_the_start_is_kept() {
    let mut writer = store();
    read(&mut writer, bytes("x", format!("{}{{\"x\":\"{}é\"}}\n", rows(0, 1, 0), "y".repeat(2 << 20))));
    let rejects = writer.into_reader().unwrap().rejects(1).unwrap();
    assert_eq!(rejects[0].text.len(), 1 << 20);
    assert!(rejects[0].reason.ends_with("(only the first 1 MiB of it are kept)"), "{}", rejects[0].reason);
}

#[test]
fn unknown_arrivals_follow_the_order_of_the_file_over_chunks() {
    let line = |time: i64, more: &str| {
        format!(r#"{{"event":"A","properties":{{"time":{time},"distinct_id":"d"{more}}}}}"#) + "\n"
    };
    let file = [
        line(10, ""),
        line(5, ""),
        line(7, r#","mp_processing_time_ms":1602611311000"#),
        line(20, ""),
        line(2_000_000_000, ""),
    ]
    .concat();
    for chunk in [1, 1 << 20] {
        let mut writer = store();
        run(&mut writer, vec![bytes("x", &file)], &Options { chunk, zone: Zone::Utc, ..Options::default() });
        let events = all_events(&writer.into_reader().unwrap());
        let arrivals: Vec<_> = events.iter().map(|event| (event.arrived, event.arrival_known())).collect();
        assert_eq!(
            arrivals,
            [
                (10_000, false),
                (10_000, false),
                (1_602_611_311_000, true),
                (1_602_611_311_000, false),
                (2_000_000_000_000, false)
            ]
        );
    }
}

#[test]
fn the_clock_of_an_older_project_is_inferred_and_told() {
    let mut writer = store();
    let told = read(
        &mut writer,
        bytes(
            "c40.jsonl",
            r#"{"event":"A","properties":{"time":1602611311,"distinct_id":"d","mp_processing_time_ms":1602625711874}}"#,
        ),
    );
    assert_eq!(told.timezone, "UTC-04:00 (inferred, not sure: 1 of 1 rows)");
    assert_eq!(times(writer), [1_602_625_711_000]);
}

#[test]
fn what_the_first_chunk_says_of_the_clock_holds_for_the_file_whichever_run_reads_it() {
    // Rows without an arrival say nothing: only the first chunk can tell.
    let silent: String = rows(40, 40, 14_400).replace("mp_processing_time_ms", "x");
    let file = rows(0, 40, 14_400) + &silent;
    let options = Options { chunk: rows(0, 20, 14_400).len(), ..Options::default() };
    let mut clean = store();
    run(&mut clean, vec![bytes("x", &file)], &options);
    let mut killed = store();
    let mut told = 0;
    import(&mut killed, vec![bytes("x", &file)], &options, &mut |_| {
        told += 1;
        if told > 2 { Flow::Stop } else { Flow::Continue }
    })
    .unwrap();
    let resumed = run(&mut killed, vec![bytes("x", &file)], &options).files.remove(0);
    assert!(resumed.resumed);
    assert!(resumed.timezone.starts_with("UTC-04:00 (inferred, sure"), "{}", resumed.timezone);
    let times = times(killed);
    assert_eq!(times.last(), Some(&((1_602_611_311 + 79 * 60) * 1000)));
    assert_eq!(times, self::times(clean));
}

#[test]
fn a_zone_that_was_given_is_used_also_after_a_kill_and_another_one_is_warned_of() {
    let file = rows(0, 40, 0).replace("mp_processing_time_ms", "x");
    let given = Options { zone: Zone::parse("US/Pacific").unwrap(), ..small() };
    let mut clean = store();
    assert_eq!(run(&mut clean, vec![bytes("x", &file)], &given).files[0].timezone, "US/Pacific (given)");
    let clean = times(clean);
    assert_eq!(clean[0], (1_602_611_311 + 7 * 3600) * 1000);

    let mut writer = store();
    let mut told = 0;
    import(&mut writer, vec![bytes("x", &file)], &given, &mut |_| {
        told += 1;
        if told > 2 { Flow::Stop } else { Flow::Continue }
    })
    .unwrap();
    run(&mut writer, vec![bytes("x", &file)], &small());
    let other = Options { zone: Zone::Utc, ..small() };
    let report = run(&mut writer, vec![bytes("x", &file)], &other);
    assert!(report.files[0].already);
    assert_eq!(report.warnings.len(), 1);
    assert!(report.warnings[0].contains("US/Pacific (given)"), "{}", report.warnings[0]);
    assert!(run(&mut writer, vec![bytes("x", &file)], &given).warnings.is_empty());
    assert_eq!(times(writer), clean);
}

#[test]
fn the_hour_that_comes_twice_is_marked() {
    let mut writer = store();
    let file = r#"{"event":"A","properties":{"time":1604194200,"distinct_id":"d"}}"#;
    run(
        &mut writer,
        vec![bytes("x", file)],
        &Options { zone: Zone::parse("US/Pacific").unwrap(), ..Options::default() },
    );
    let events = all_events(&writer.into_reader().unwrap());
    assert!(events[0].flags.has(Flags::AMBIGUOUS_HOUR));
    assert_eq!(events[0].time, 1_604_219_400_000);
}

#[test]
fn payloads_are_utc_whatever_zone_is_given() {
    let mut writer = store();
    let options = Options { zone: Zone::Fixed(-480), ..Options::default() };
    let told = run(&mut writer, vec![Input::Path(sample("wire/retry.jsonl"))], &options).files.remove(0);
    assert_eq!((told.events, told.skipped, told.rejected, told.timezone.as_str()), (9, 3, 2, "UTC"));
    let events = all_events(&writer.into_reader().unwrap());
    assert!(events.iter().all(|event| event.time <= event.arrived && event.arrived - event.time < 60_000));
}

#[test]
fn rows_of_another_project_are_kept_apart() {
    let sent = |token: &str, id: &str| {
        format!(
            r#"{{"received_at_ms":1602611311000,"endpoint":"/track","payload":{{"event":"A","properties":{{"distinct_id":"{id}","token":"{token}"}}}}}}"#
        ) + "\n"
    };
    let mut writer = store();
    let told = read(&mut writer, bytes("one", sent("T1", "sally") + &sent("T2", "sally") + &sent("T1", "bob")));
    assert_eq!((told.events, told.rejected), (2, 1));
    assert_eq!(writer.project().unwrap().as_deref(), Some("T1"));
    let told = read(&mut writer, bytes("two", sent("T2", "dave")));
    assert_eq!((told.events, told.rejected), (0, 1));
    let rejects = writer.into_reader().unwrap().rejects(5).unwrap();
    assert_eq!(rejects[0].reason, "belongs to another project (token T2); import it into a store of its own");
    assert!(rejects[0].text.contains("\"token\":\"T2\""));
}

#[test]
fn a_table_of_aliases_counts_as_there_before_every_row() {
    let mut writer = store();
    let told = read(&mut writer, Input::Path(sample("table/aliases.csv")));
    assert_eq!((told.format.as_str(), told.aliases, told.events), ("alias table (CSV)", 3, 0));
    let reader = writer.into_reader().unwrap();
    let call = |alias: &str| reader.calls_of(&alias.into(), 5).unwrap().remove(0);
    let dated = call("sally@gmail.com");
    assert_eq!((dated.arrived, dated.source.line, dated.from_table), (1_561_972_570_000, 2, true));
    let undated = call("o\"neil, p");
    assert_eq!((undated.arrived, undated.flags.has(Flags::ARRIVAL_UNKNOWN)), (0, true));
    assert_eq!(undated.target, Some("67890".into()));

    let mut writer = store();
    assert_eq!(read(&mut writer, Input::Path(sample("table/aliases.jsonl"))).aliases, 2);
}

#[test]
fn profile_updates_are_stored() {
    let mut writer = store();
    let told = read(&mut writer, Input::Path(sample("engage/second_device.jsonl")));
    assert_eq!((told.format.as_str(), told.profiles, told.rejected), ("profile updates", 5, 0));
}

#[test]
fn a_sqlite_file_of_another_program_is_read_and_goes_on_when_it_has_grown() {
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
    let told: Vec<_> =
        files.iter().map(|f| (f.file.as_str(), f.format.as_str(), f.events, f.aliases, f.rejected)).collect();
    assert_eq!(told, [("other.db:aliases", "SQLite file", 0, 1, 0), ("other.db:events", "SQLite file", 3, 0, 1)]);

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
    let told = read(&mut writer, bytes("x.gz", &packed));
    assert_eq!(told.events, 3000 - first);
    assert!(told.resumed);
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
fn an_empty_file_is_told_and_no_error() {
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

/// Gives its content a few bytes at a time, as a slow pipe does.
struct Drip(Cursor<Vec<u8>>);

impl Read for Drip {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let few = buffer.len().min(7);
        self.0.read(&mut buffer[..few])
    }
}

#[test]
fn how_the_bytes_come_in_changes_nothing() {
    let file = std::fs::read(sample("export/second_device.jsonl")).unwrap();
    let mut slow = store();
    run(&mut slow, vec![Input::Stdin(Box::new(Drip(Cursor::new(file.clone()))))], &small());
    let mut fast = store();
    run(&mut fast, vec![Input::Stdin(Box::new(Cursor::new(file)))], &small());
    assert_eq!(content(slow), content(fast));
}

/// Gives its content, and does something once after so many bytes.
struct Meanwhile<F> {
    content: Cursor<Vec<u8>>,
    after: u64,
    act: Option<F>,
}

impl<F: FnOnce()> Read for Meanwhile<F> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.content.position() >= self.after
            && let Some(act) = self.act.take()
        {
            act();
        }
        let most = buffer.len().min(4096);
        self.content.read(&mut buffer[..most])
    }
}

#[test]
fn two_imports_of_one_file_at_once_store_each_row_once() {
    let lines = rows(0, 1500, 0) + "not JSON\n" + &rows(1500, 1500, 0);
    let options = Options { chunk: 20_000, together: 4, ..Options::default() };
    // The other import runs from its start to its end while this one is at that byte.
    for after in [0, 66_000, 150_000, 300_000, lines.len() as u64] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let mut writer = Writer::open(&path).unwrap();
        let other = {
            let (path, lines, options) = (path.clone(), lines.clone(), options.clone());
            move || {
                let mut writer = Writer::open(&path).unwrap();
                run(&mut writer, vec![bytes("a.jsonl", lines)], &options);
                writer.finish().unwrap();
            }
        };
        let reader = Meanwhile { content: Cursor::new(lines.clone().into_bytes()), after, act: Some(other) };
        let input = Input::Stream { name: "a.jsonl".to_owned(), reader: Box::new(reader) };
        run(&mut writer, vec![input], &options);
        writer.finish().unwrap();
        let reader = Reader::open(&path).unwrap();
        let overview = reader.overview().unwrap();
        assert_eq!((overview.events, overview.rejected, overview.files.len()), (3000, 1, 1), "at {after}");
        assert!(overview.files[0].complete, "at {after}");
        assert_eq!(all_events(&reader).len(), 3000, "at {after}");
        let db = Connection::open(&path).unwrap();
        let counted: i64 = db.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
        assert_eq!(counted, 3000, "at {after}");
    }
}

#[test]
fn an_import_leaves_one_file_that_its_owner_alone_may_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    let mut writer = Writer::open(&path).unwrap();
    run(&mut writer, vec![bytes("a.jsonl", rows(0, 9, 0))], &Options::default());
    #[cfg(unix)]
    for file in std::fs::read_dir(folder.path()).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    writer.finish().unwrap();
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["s.db"]);
    let head = std::fs::read(&path).unwrap();
    assert_eq!(head[18..20], [1, 1], "the file is not in the mode of the log");
}
