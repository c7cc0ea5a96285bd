//! Files into a store: what is stored, what is known again, what the report says.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod again;
mod ahead;
mod archives;
mod at_once;
mod clocks;
mod clothes;
mod damage;
mod ends;
mod files;
mod heads;
mod long;
mod partitions;
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
fn an_export_is_stored_and_reported() {
    let mut writer = store();
    let report = read(&mut writer, Input::Path(sample("export/race.jsonl")));
    assert_eq!((report.file.as_str(), report.format.as_str()), ("race.jsonl", "raw export (JSON Lines)"));
    assert_eq!((report.rows, report.events, report.aliases, report.rejected), (16, 16, 1, 0));
    assert_eq!(report.timezone, "UTC (inferred, sure: 16 of 16 rows)");
    assert!(!report.already && !report.resumed);
    let reader = writer.into_reader().unwrap();
    let events = all_events(&reader);
    assert_eq!(events.len(), 16);
    assert!(events.iter().all(|event| &*event.source.file == "race.jsonl" && event.arrival_known()));
    assert!(reader.overview().unwrap().files[0].complete);
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
    let report = read(&mut writer, bytes("x", format!("\u{feff}{}", all.trim_end().replace('\n', "\r\n\r\n"))));
    assert_eq!((report.rows, report.events, report.rejected), (3, 3, 0));
    let lines: Vec<_> = all_events(&writer.into_reader().unwrap()).into_iter().map(|event| event.source.line).collect();
    assert_eq!(lines, [1, 3, 5]);
}

#[test]
fn standard_input_has_a_name() {
    let mut writer = store();
    let report = read(&mut writer, Input::Stdin(Box::new(Cursor::new(rows(0, 2, 0)))));
    assert_eq!((report.file.as_str(), report.events), ("<stdin>", 2));
}

#[test]
fn a_row_that_cannot_be_read_is_kept_with_line_and_reason() {
    let mut writer = store();
    let file = format!("{}garbage\n{{\"event\":\"A\"}}\n{}", rows(0, 1, 0), rows(1, 1, 0));
    let report = read(&mut writer, bytes("x.jsonl", file));
    assert_eq!((report.rows, report.events, report.rejected), (4, 2, 2));
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
    let report = run(&mut writer, vec![bytes("x", &file)], &options).files.remove(0);
    assert_eq!((report.events, report.rejected), (4, 3));
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
fn rows_of_another_project_stay_separate() {
    let sent = |token: &str, id: &str| {
        format!(
            r#"{{"received_at_ms":1602611311000,"endpoint":"/track","payload":{{"event":"A","properties":{{"distinct_id":"{id}","token":"{token}"}}}}}}"#
        ) + "\n"
    };
    let mut writer = store();
    let report = read(&mut writer, bytes("one", sent("T1", "sally") + &sent("T2", "sally") + &sent("T1", "bob")));
    assert_eq!((report.events, report.rejected), (2, 1));
    assert_eq!(writer.project().unwrap().as_deref(), Some("T1"));
    let report = read(&mut writer, bytes("two", sent("T2", "dave")));
    assert_eq!((report.events, report.rejected), (0, 1));
    let rejects = writer.into_reader().unwrap().rejects(5).unwrap();
    assert_eq!(rejects[0].reason, "belongs to another project (token T2); import it into a store of its own");
    assert!(rejects[0].text.contains("\"token\":\"T2\""));
}

#[test]
fn a_table_of_aliases_counts_as_there_before_every_row() {
    let mut writer = store();
    let report = read(&mut writer, Input::Path(sample("table/aliases.csv")));
    assert_eq!((report.format.as_str(), report.aliases, report.events), ("alias table (CSV)", 3, 0));
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
    let report = read(&mut writer, Input::Path(sample("engage/second_device.jsonl")));
    assert_eq!((report.format.as_str(), report.profiles, report.rejected), ("profile updates", 5, 0));
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
    let options = Options { chunk: 20_000, chunks_per_transaction: 4, ..Options::default() };
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
