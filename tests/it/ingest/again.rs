//! Imports that were stopped, repeated, or given files that have grown.

use super::*;

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
        let printed = read(&mut writer, again);
        assert!(printed.already, "{printed:?}");
        assert_eq!((printed.rows, printed.events, printed.rejected, printed.bytes), (0, 0, 0, first.bytes));
    }
    assert_eq!(writer.into_reader().unwrap().overview().unwrap().files.len(), 1);
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
    let options = Options { chunks_per_transaction: 3, ..small() };
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
    let plain = made("plain", &Options { threads: 1, chunks_per_transaction: 1, ..small() });
    assert!(plain.lines().filter(|line| line.starts_with("chunks")).count() > 40);
    for (threads, together) in [(1, 1000), (2, 7), (4, 1), (4, 1000)] {
        let other =
            made(&format!("{threads}-{together}"), &Options { threads, chunks_per_transaction: together, ..small() });
        assert!(other == plain, "{threads} threads, {together} chunks together");
    }
}

#[test]
fn a_stop_while_known_chunks_are_passed_over_leaves_the_file_as_it_was() {
    let mut writer = store();
    run(&mut writer, vec![bytes("x", rows(0, 40, 0))], &small());
    let mut printed = 0;
    let report = import(&mut writer, vec![bytes("x", rows(0, 60, 0))], &small(), &mut |_| {
        printed += 1;
        if printed > 3 { Flow::Stop } else { Flow::Continue }
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
fn a_file_that_has_grown_continues_as_the_same_file() {
    let (old, all) = (rows(0, 30, 0), rows(0, 50, 0));
    let mut grown = store();
    run(&mut grown, vec![bytes("x.jsonl", &old)], &small());
    let printed = run(&mut grown, vec![bytes("x.jsonl", &all)], &small()).files.remove(0);
    assert!(printed.resumed);
    assert_eq!(printed.events, 20);
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
    let printed = read(&mut writer, bytes("x.jsonl", half));
    assert_eq!((printed.events, printed.rejected), (9, 1));
    assert!(read(&mut writer, bytes("x.jsonl", half)).already);
    let printed = read(&mut writer, bytes("x.jsonl", &all));
    assert_eq!((printed.events, printed.rejected), (1, 0));
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
fn a_file_that_changed_is_said_to_have_other_rows_and_not_to_have_grown() {
    let row = |at: usize| {
        format!(
            "{{\"event\":\"E\",\"properties\":{{\"distinct_id\":\"u\",\"time\":{},\"n\":\"{at:09}\"}}}}\n",
            1_561_971_600 + at
        )
    };
    let rows = |range: std::ops::Range<usize>| range.map(row).collect::<String>();
    let whole = rows(0..200);
    let said = |report: &Report| report.warnings.join("\n");
    let mut writer = store();
    run(&mut writer, vec![bytes("day.jsonl", &whole)], &small());
    let grown = run(&mut writer, vec![bytes("day.jsonl", whole.clone() + &rows(200..210))], &small());
    assert!(grown.files[0].resumed && grown.files[0].events == 10 && said(&grown).is_empty(), "{grown:?}");
    // In the middle, and from its start.
    let middle = whole.replace("000000150", "changed!!");
    let start = whole.replace("000000000", "changed!!");
    for (content, all) in [(middle, false), (start, true)] {
        let changed = run(&mut writer, vec![bytes("day.jsonl", &content)], &small());
        assert!(said(&changed).contains("the store has other rows of day.jsonl from an earlier import"), "{changed:?}");
        assert!(!changed.files[0].resumed && (changed.files[0].events == 200) == all, "{changed:?}");
        let again = run(&mut writer, vec![bytes("day.jsonl", &content)], &small());
        assert!(again.files[0].already && said(&again).is_empty(), "{again:?}");
    }
    let other = run(&mut writer, vec![bytes("other.jsonl", whole.replace("000000199", "changed!!"))], &small());
    assert!(said(&other).contains("the start of other.jsonl is in the store already, in another file"), "{other:?}");
    // The standard input is another file each time.
    for n in ["a", "b"] {
        let content = Cursor::new(whole.replace("000000", n).into_bytes());
        assert_eq!(said(&run(&mut writer, vec![Input::Stdin(Box::new(content))], &small())), "");
    }
}
