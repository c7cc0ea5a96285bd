//! One history is the same journey whatever it is written as.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use journey::ingest::{self, Flow, Input, Options};
use journey::store::Writer;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use rusqlite::Connection;

const COLUMNS: [&str; 8] =
    ["event", "distinct_id", "time", "mp_processing_time_ms", "$insert_id", "$device_id", "$user_id", "alias"];

/// The cells of a row, by [`COLUMNS`]; an empty one is none.
type Row = [String; 8];

fn id() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["007", "1e3", "True", "a b", "é", "ada@example.test", "d-1", "d-2", "42"])
        .prop_map(str::to_owned)
}

fn row(number: usize) -> impl Strategy<Value = Row> {
    let event = proptest::sample::select(vec!["View", "$create_alias", "$identify", "Sign Up; \"now\""]);
    let maybe = || proptest::option::of(id()).prop_map(Option::unwrap_or_default);
    (event, id(), 0..5000_u64, maybe(), maybe(), id()).prop_map(move |(event, id, after, device, user, alias)| {
        let time = 1_561_971_600 + after;
        let alias = if event == "$create_alias" { alias } else { String::new() };
        let arrived = (time * 1000 + 400 + number as u64).to_string();
        [event.to_owned(), id, time.to_string(), arrived, format!("i-{number}"), device, user, alias]
    })
}

fn history() -> impl Strategy<Value = Vec<Row>> {
    (2..12_usize).prop_flat_map(|rows| (0..rows).map(row).collect::<Vec<_>>())
}

/// The fields of a row as JSON.
fn fields(row: &Row) -> serde_json::Map<String, serde_json::Value> {
    let given = COLUMNS.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
    given
        .map(|(name, cell)| {
            let is_number = ["time", "mp_processing_time_ms"].contains(name);
            let value = if is_number { cell.parse::<u64>().unwrap().into() } else { cell.clone().into() };
            ((*name).to_owned(), value)
        })
        .collect()
}

/// A file of texts with columns of these names.
fn parquet<'r>(names: &[&str], rows: impl IntoIterator<Item = &'r [String]>) -> Vec<u8> {
    let rows: Vec<_> = rows.into_iter().collect();
    let columns: String = names.iter().fold(String::new(), |mut text, name| {
        write!(text, "optional binary {name} (UTF8); ").unwrap();
        text
    });
    let schema = Arc::new(parse_message_type(&format!("message rows {{ {columns} }}")).unwrap());
    let mut writer =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::builder().build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut at = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        let cells: Vec<&String> = rows.iter().map(|row| &row[at]).collect();
        let levels: Vec<i16> = cells.iter().map(|cell| i16::from(!cell.is_empty())).collect();
        let values: Vec<ByteArray> =
            cells.iter().filter(|cell| !cell.is_empty()).map(|cell| ByteArray::from(cell.as_str())).collect();
        column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
        column.close().unwrap();
        at += 1;
    }
    group.close().unwrap();
    writer.into_inner().unwrap()
}

fn sqlite(path: &Path, rows: &[Row]) {
    let file = Connection::open(path).unwrap();
    let columns: Vec<String> = COLUMNS.iter().map(|name| format!("\"{name}\" TEXT")).collect();
    file.execute_batch(&format!("CREATE TABLE events ({})", columns.join(","))).unwrap();
    for row in rows {
        let cells = row.iter().map(|cell| Some(cell).filter(|cell| !cell.is_empty()));
        file.execute("INSERT INTO events VALUES (?,?,?,?,?,?,?,?)", rusqlite::params_from_iter(cells)).unwrap();
    }
}

/// What a store says of a file: each row, each call, each link.
fn facts(path: &Path) -> Vec<String> {
    let mut writer = Writer::in_memory().unwrap();
    let inputs = vec![Input::Path(path.to_owned())];
    let report = ingest::import(&mut writer, inputs, &Options::default(), &mut |_| Flow::Continue).unwrap();
    assert!(report.failures.is_empty() && report.rejected == 0, "{report:?}");
    let reader = writer.into_reader().unwrap();
    let mut printed = Vec::new();
    for id in reader.all_ids().unwrap() {
        for event in reader.events_of(&id, 999).unwrap() {
            printed.push(format!(
                "{} {:?} {} {} {:?} {:?} {:?}",
                event.event, event.verb, event.time, event.arrived, event.id, event.device, event.user
            ));
        }
        for call in reader.calls_of(&id, 999).unwrap() {
            printed.push(format!("{:?} {:?} {}", call.alias, call.target, call.arrived));
        }
        for link in reader.links_of(&id, 999).unwrap() {
            printed.push(format!("{:?} {:?} {:?} {}", link.kind, link.a, link.b, link.rows));
        }
    }
    printed.sort();
    printed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_history_is_the_same_in_lines_cells_columns_messages_and_tables(rows in history()) {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let lines: Vec<String> = rows.iter().map(|row| {
            let mut properties = fields(row);
            let event = properties.remove("event");
            serde_json::json!({"event": event, "properties": properties}).to_string()
        }).collect();
        fs::write(at("rows.jsonl"), lines.join("\n")).unwrap();
        let mut table = csv::Writer::from_path(at("rows.csv")).unwrap();
        table.write_record(COLUMNS).unwrap();
        for row in &rows {
            table.write_record(row).unwrap();
        }
        drop(table);
        fs::write(at("rows.parquet"), parquet(&COLUMNS, rows.iter().map(|row| &row[..]))).unwrap();
        let messages = rows.iter().map(|row| {
            serde_json::json!({"type": "RECORD", "stream": "events", "record": fields(row)}).to_string()
        });
        fs::write(at("rows.singer"), messages.collect::<Vec<_>>().join("\n")).unwrap();
        sqlite(&at("rows.db"), &rows);
        let expected = facts(&at("rows.jsonl"));
        prop_assert!(expected.len() >= rows.len());
        for name in ["rows.csv", "rows.parquet", "rows.singer", "rows.db"] {
            prop_assert_eq!(&facts(&at(name)), &expected, "{}", name);
        }
    }
}

/// Texts of properties of which not all are objects, each in one row of some.
const TEXTS: &[&str] = &[
    r#"{"plan":"a \"b\" é"}"#,
    r#"{"plan":1, "distinct_id":"u","time":1561971600}"#,
    r#"{"distinct_id":"other"}"#,
    "{\n \"plan\": 1\n}",
    "{\"a\":1}\r",
    "{'plan': None}",
    r#"{"plan":}"#,
    r#"{"plan":"\ud800"}"#,
    r#"{"a":"x"} , "event":{}"#,
    "[1]",
    "{}",
];

/// The rows of a file with their properties, and what of it is not read.
fn rows_and_rejects(path: &Path) -> (Vec<String>, u64, String) {
    let mut writer = Writer::in_memory().unwrap();
    let inputs = vec![Input::Path(path.to_owned())];
    let report = ingest::import(&mut writer, inputs, &Options::default(), &mut |_| Flow::Continue).unwrap();
    let reasons = format!("{:?}", report.files[0].reasons);
    let reader = writer.into_reader().unwrap();
    let mut rows = Vec::new();
    for id in reader.all_ids().unwrap() {
        let events = reader.events_of(&id, 99_999).unwrap();
        let numbers: Vec<i64> = events.iter().map(|event| event.row).collect();
        let properties = reader.properties(&numbers).unwrap();
        rows.extend(
            events.iter().zip(properties).map(|(event, p)| format!("{} {} {p}", event.source.line, event.event)),
        );
    }
    rows.sort();
    (rows, report.rejected, reasons)
}

#[test]
fn texts_of_properties_are_read_alike_in_the_first_rows_of_a_parquet_file_and_in_those_behind() {
    let folder = tempfile::tempdir().unwrap();
    let row = |at: usize| {
        let text = TEXTS[if at.is_multiple_of(3) { (at / 3) % TEXTS.len() } else { 1 }];
        [format!("E{}", at % 7), "u".to_owned(), "1561971600".to_owned(), text.to_owned()]
    };
    let rows: Vec<_> = (0..9000).map(row).collect();
    let names = ["event", "distinct_id", "time", "properties"];
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let fields = names.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), cell.clone().into()));
            serde_json::Value::Object(fields.collect()).to_string()
        })
        .collect();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("rows.jsonl"), lines.join("\n")).unwrap();
    fs::write(at("rows.parquet"), parquet(&names, rows.iter().map(|row| &row[..]))).unwrap();
    let expected = rows_and_rejects(&at("rows.jsonl"));
    assert!(expected.0.len() > 8000 && expected.1 > 500, "{} {} {}", expected.0.len(), expected.1, expected.2);
    assert!(rows_and_rejects(&at("rows.parquet")) == expected);
}
