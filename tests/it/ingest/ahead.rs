//! Inputs that are read while the chunks of those before them are written.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::*;
use journey::ingest::Stop;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// Rows of a file that takes several chunks, and more than one that no thread is started for.
const MANY: i64 = 2500;

/// Chunks of which such a file has several.
fn parts() -> Options {
    Options { chunk: 100_000, ..Options::default() }
}

/// Says when so many bytes were read.
struct Telling {
    content: Cursor<Vec<u8>>,
    at: u64,
    tell: Option<Sender<()>>,
}

impl Read for Telling {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(buffer)?;
        if self.content.position() >= self.at
            && let Some(tell) = self.tell.take()
        {
            tell.send(()).unwrap();
        }
        Ok(read)
    }
}

/// A reader of rows that says when pieces behind the first ones of 64 KiB are asked for: a maker has taken those.
fn telling() -> (Input, Receiver<()>) {
    let (tell, told) = channel();
    let content = Cursor::new(rows(100_000, 20_000, 0).into_bytes());
    // Behind the megabyte that is read ahead of a piece.
    let reader = Telling { content, at: (1 << 20) + (9 << 16), tell: Some(tell) };
    (Input::Stream { name: "second".to_owned(), reader: Box::new(reader) }, told)
}

#[test]
fn the_next_input_is_made_before_the_chunks_of_the_last_are_written() {
    for threads in [1, 3] {
        let options = Options { chunk: 1 << 16, threads, ..Options::default() };
        let (second, told) = telling();
        let mut asked = false;
        let inputs = vec![bytes("first", rows(0, MANY, 0)), second];
        let report = import(&mut store(), inputs, &options, &mut |progress| {
            if progress.rows > 0 && !asked {
                // The first chunk of several is written.
                asked = true;
                assert!(progress.file == "first" && progress.rows < 1000, "{progress:?}");
                told.recv_timeout(Duration::from_secs(60)).expect("the second input is read meanwhile");
            }
            Flow::Continue
        });
        let report = report.unwrap();
        assert_eq!(report.files.iter().map(|file| file.events).collect::<Vec<_>>(), [2500, 20_000]);
    }
}

/// Rows with this token.
fn of_project(from: i64, count: i64, token: &str) -> String {
    rows(from, count, 0).replace("\"properties\":{", &format!("\"properties\":{{\"token\":\"{token}\","))
}

/// Inputs that have something to do with those before them.
fn related() -> Vec<(&'static str, String)> {
    let (first, silent) = (rows(0, MANY, 7200), rows(9000, MANY, 3600));
    let silent = silent.replace(",\"mp_processing_time_ms\":", ",\"x\":");
    let table: Vec<_> = (0..9000).map(|n| format!("View,{},u{n},{n}\n", 1_602_611_311 + n)).collect();
    let table = table.concat();
    let half: String = first.chars().take(first.len() / 2).collect();
    vec![
        ("a", first.clone()),
        ("a again", first.clone()),
        ("a that has grown", first.clone() + &rows(MANY, 900, 7200)),
        ("the start of a", half.clone()),
        ("another way", half + &rows(50_000, MANY, 7200)),
        ("nothing", String::new()),
        ("silent", silent),
        ("few", rows(20_000, 3, 0)),
        ("table", format!("event,time,distinct_id,n\n{table}")),
        ("table again", format!("event,time,distinct_id,n\n{table}")),
        ("blank", " \n".repeat(300_000)),
        ("one project", of_project(30_000, MANY, "one")),
        ("two projects", of_project(40_000, MANY, "one") + &of_project(60_000, 9, "two")),
        ("another project", of_project(70_000, MANY, "three")),
        ("damaged", rows(80_000, MANY, 0) + "{\"event\":\n" + &rows(90_000, MANY, 0) + "terminated early"),
        ("cut", rows(95_000, MANY, 0) + "{\"event\":\"Vie"),
        ("few again", rows(20_000, 3, 0)),
        ("the last", rows(200_000, MANY, 0)),
    ]
}

#[test]
fn inputs_of_one_import_are_stored_as_by_an_import_for_each() {
    let of = |(name, text): (&'static str, String)| bytes(name, text);
    let (mut each, mut files, mut warnings) = (store(), Vec::new(), Vec::new());
    for input in related() {
        let mut report = run(&mut each, vec![of(input)], &parts());
        files.append(&mut report.files);
        warnings.append(&mut report.warnings);
        assert!(report.failures.is_empty(), "{:?}", report.failures);
    }
    let each = content(each);
    // Said once for all inputs of an import.
    let is_of_one = |warning: &String| !warning.starts_with("the start of ");
    warnings.retain(is_of_one);
    for (threads, chunks_per_transaction) in [(1, 1), (2, 64), (5, 3)] {
        let mut all = store();
        let options = Options { threads, chunks_per_transaction, ..parts() };
        let report = run(&mut all, related().into_iter().map(of).collect(), &options);
        assert_eq!(report.files, files);
        assert_eq!(report.warnings.into_iter().filter(is_of_one).collect::<Vec<_>>(), warnings);
        assert!(report.failures.is_empty());
        // All of it is known, when it comes once more.
        let again = run(&mut all, related().into_iter().map(of).collect(), &options);
        assert!(again.files.iter().all(|file| file.already || file.bytes == 0), "{:?}", again.files);
        assert!(content(all) == each, "{threads} {chunks_per_transaction}");
    }
}

/// A Parquet file whose row groups have these rows: a time, and an arrival where there is one.
fn parquet(groups: &[Vec<(i64, Option<i64>)>]) -> Vec<u8> {
    const COLUMNS: [&str; 4] = ["event", "time", "distinct_id", "mp_processing_time_ms"];
    let columns = COLUMNS.map(|name| format!("optional binary {name} (UTF8); ")).concat();
    let schema = Arc::new(parse_message_type(&format!("message rows {{ {columns} }}")).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    for rows in groups {
        let mut group = writer.next_row_group().unwrap();
        for name in COLUMNS {
            let cells = rows.iter().enumerate().map(|(at, (time, arrived))| match name {
                "event" => Some("View".to_owned()),
                "time" => Some(time.to_string()),
                "distinct_id" => Some(format!("u{}", at % 7)),
                _ => arrived.map(|arrived| format!("{arrived}000")),
            });
            let cells: Vec<Option<String>> = cells.collect();
            let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
            let values: Vec<ByteArray> = cells.iter().flatten().map(|cell| ByteArray::from(cell.as_str())).collect();
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

#[test]
fn row_groups_that_are_read_ahead_are_on_the_clock_of_those_before() {
    let folder = tempfile::tempdir().unwrap();
    let (hour, first) = (3600, 1_602_611_311);
    let says = |from: i64| (from..from + 6000).map(|n| (first + n, Some(first + n + 7 * hour))).collect();
    let silent = |from: i64| (from..from + 6000).map(|n| (first + n, None)).collect();
    let file = |name: &str, groups: &[Vec<(i64, Option<i64>)>]| {
        std::fs::write(folder.path().join(name), parquet(groups)).unwrap();
        Input::Path(folder.path().join(name))
    };
    let inputs = || {
        vec![
            file("a.parquet", &[says(0), silent(6000), silent(12_000), says(18_000)]),
            // Another file is on a clock of its own.
            file("b.parquet", &[silent(30_000), silent(36_000)]),
        ]
    };
    let mut whole = store();
    let report = run(&mut whole, inputs(), &parts());
    assert_eq!(report.files.iter().map(|file| file.events).collect::<Vec<_>>(), [6000; 6]);
    let times = |writer: Writer| {
        let mut times = times(writer);
        times.sort_unstable();
        times
    };
    let whole = times(whole);
    let on_clock = (0..24_000).map(|n| first + n + 7 * hour);
    // Of the other file nothing says that its times are not UTC.
    let mut expected: Vec<i64> = on_clock.chain((30_000..42_000).map(|n| first + n)).map(|time| time * 1000).collect();
    expected.sort_unstable();
    assert!(whole == expected, "{:?}", report.files);
    for most in [1, 2, 5, 9, 14, 20] {
        let mut stopped = store();
        let mut steps = 0;
        let _ = import(&mut stopped, inputs(), &parts(), &mut |_| {
            steps += 1;
            if steps > most { Flow::Stop } else { Flow::Continue }
        });
        run(&mut stopped, inputs(), &parts());
        assert!(times(stopped) == whole, "stopped after {most} steps");
    }
}

#[test]
fn what_an_input_holds_that_was_opened_and_not_begun_is_not_said_after_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.jsonl"), rows(0, MANY, 0)).unwrap();
    std::fs::write(folder.path().join("b.json"), "{}").unwrap();
    std::fs::write(folder.path().join("c.jsonl"), rows(9000, MANY, 0)).unwrap();
    let input = || vec![Input::Path(folder.path().to_owned())];
    let report = import(&mut store(), input(), &parts(), &mut |progress| {
        if progress.rows > 0 { Flow::Stop } else { Flow::Continue }
    });
    let report = report.unwrap();
    assert!(report.cancelled && report.warnings.is_empty() && report.failures.is_empty(), "{report:?}");
    assert_eq!(report.files.iter().map(|file| file.file.as_str()).collect::<Vec<_>>(), ["a.jsonl"]);
    let report = run(&mut store(), input(), &parts());
    assert_eq!((report.files.len(), report.warnings.len()), (2, 1), "{:?}", report.warnings);
}

#[test]
fn an_import_that_stops_waits_for_no_input_that_sends_nothing() {
    let (silent, _writer) = io::pipe().unwrap();
    let options = Options { stop: Stop::default(), ..parts() };
    let silent = Input::Stream { name: "silent".to_owned(), reader: Box::new(silent) };
    let report = import(&mut store(), vec![bytes("a", rows(0, MANY, 0)), silent], &options, &mut |progress| {
        if progress.rows > 0 { Flow::Stop } else { Flow::Continue }
    });
    assert!(report.unwrap().cancelled);
    // Nor does one that fails.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    let mut writer = Writer::open(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("DROP TABLE chunks").unwrap();
    let (silent, _writer) = io::pipe().unwrap();
    let silent = Input::Stream { name: "silent".to_owned(), reader: Box::new(silent) };
    let failed = import(&mut writer, vec![bytes("a", rows(0, MANY, 0)), silent], &options, &mut |_| Flow::Continue);
    assert!(matches!(failed, Err(Error::Store(_))), "{failed:?}");
}

#[test]
fn how_far_a_file_is_that_was_read_ahead_its_stored_rows_say() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["a.jsonl", "b.jsonl"].map(|name| folder.path().join(name));
    for (file, from) in files.iter().zip([0, 50_000]) {
        std::fs::write(file, rows(from, MANY, 0)).unwrap();
    }
    let mut seen = Vec::new();
    import(&mut store(), files.into_iter().map(Input::Path).collect(), &parts(), &mut |progress| {
        if progress.file == "b.jsonl" {
            seen.push((progress.bytes_done, progress.bytes_total.unwrap()));
        }
        Flow::Continue
    })
    .unwrap();
    let behind: Vec<_> = seen.iter().skip(1).map(|(done, _)| *done).collect();
    assert!(behind.len() > 2 && behind.is_sorted(), "{seen:?}");
    assert!(behind[0] < seen[0].1 && behind.last() == Some(&seen[0].1), "{seen:?}");
}

#[test]
fn a_file_that_another_import_adds_while_it_is_read_ahead_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let options = || Options { chunks_per_transaction: 1, ..parts() };
    let inputs = |names: &[&str]| names.iter().map(|name| Input::Path(at(name))).collect::<Vec<_>>();
    // Of a short file, of one that is made while the first is written, and of one whose start the store has.
    for (start, rows_of_b) in [(0, 9), (0, MANY - 1), (700, MANY - 1)] {
        for grown in [0, 1, 700] {
            let path = at("s.db");
            let _ = std::fs::remove_file(&path);
            std::fs::write(at("a.jsonl"), rows(0, MANY, 0)).unwrap();
            std::fs::write(at("b.jsonl"), rows(9000, start, 0)).unwrap();
            std::fs::write(at("c.jsonl"), rows(20_000, MANY, 0)).unwrap();
            let mut writer = Writer::open(&path).unwrap();
            run(&mut writer, inputs(&["b.jsonl"]), &options());
            std::fs::write(at("b.jsonl"), rows(9000, rows_of_b, 0)).unwrap();
            let mut others = false;
            let report = import(&mut writer, inputs(&["a.jsonl", "b.jsonl", "c.jsonl"]), &options(), &mut |progress| {
                if progress.rows > 0 && !std::mem::replace(&mut others, true) {
                    // Another file takes its place: this one may be open.
                    std::fs::write(at("new"), rows(9000, rows_of_b + grown, 0)).unwrap();
                    std::fs::rename(at("new"), at("b.jsonl")).unwrap();
                    let mut other = Writer::open(&path).unwrap();
                    run(&mut other, inputs(&["b.jsonl", "c.jsonl"]), &options());
                }
                Flow::Continue
            });
            let report = report.unwrap();
            writer.finish().unwrap();
            let names: Vec<&str> = report.files.iter().map(|file| file.file.as_str()).collect();
            assert_eq!(names, ["a.jsonl", "b.jsonl", "c.jsonl"], "{start} {rows_of_b} {grown}");
            assert!(report.failures.is_empty() && report.files[1].already && report.files[2].already, "{report:?}");
            let overview = Reader::open(&path).unwrap().overview().unwrap();
            assert_eq!(overview.events, (2 * MANY + rows_of_b + grown).unsigned_abs(), "{start} {rows_of_b} {grown}");
            assert!(overview.files.len() == 3 && overview.files.iter().all(|file| file.complete));
        }
    }
}
