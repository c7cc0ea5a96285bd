//! A file that is one long JSON document: read, or refused with the reason that is true.

use journey::formats::Zone;
use journey::ingest::{self, Flow, Input, Options};
use journey::store::Writer;
use serde_json::{Value, json};

/// Rows of a document.
const ROWS: usize = 900;

/// Bytes of the longest record that is read: less than any of the documents has.
const LONGEST: usize = 70 << 10;

fn event(at: usize) -> Value {
    json!({ "event": "View", "properties": { "time": 1_602_611_311 + at, "distinct_id": format!("user-{}", at % 7),
        "$insert_id": format!("i{at}"), "pad": "x".repeat(60) } })
}

fn flat(at: usize) -> Value {
    json!({ "event": "View", "distinct_id": format!("user-{}", at % 7), "time": 1_602_611_311 + at, "pad": "x".repeat(60) })
}

fn list(row: impl Fn(usize) -> Value) -> Value {
    (0..ROWS).map(row).collect()
}

/// Documents of one record each, by what writes them.
fn documents() -> Vec<(&'static str, String)> {
    let columns = ["event", "distinct_id", "time", "pad"];
    let values = |at: usize| Value::from_iter(columns.map(|column| flat(at)[column].clone()));
    let column = |column: &str| -> Value { (0..ROWS).map(|at| flat(at)[column].clone()).collect() };
    let keyed = |column: &str| Value::Object((0..ROWS).map(|at| (at.to_string(), flat(at)[column].clone())).collect());
    let types: Value = columns.iter().map(|column| json!({ "name": column, "type": "String" })).collect();
    vec![
        ("an API", json!({ "status": "ok", "results": { "events": list(event) } }).to_string()),
        ("a list called events", json!({ "meta": { "n": ROWS }, "events": list(event), "tail": 1 }).to_string()),
        ("a list called data", json!({ "data": list(event) }).to_string()),
        ("pandas split", json!({ "columns": columns, "data": list(values) }).to_string()),
        ("pandas index", Value::Object((0..ROWS).map(|at| (at.to_string(), flat(at))).collect()).to_string()),
        ("pandas columns", Value::Object(columns.iter().map(|name| ((*name).to_owned(), keyed(name))).collect()).to_string()),
        ("pandas table", json!({ "schema": { "fields": types }, "data": list(flat) }).to_string()),
        ("ClickHouse JSON", json!({ "meta": types, "data": list(flat), "rows": ROWS }).to_string()),
        ("ClickHouse JSONCompact", json!({ "meta": types, "data": list(values), "rows": ROWS }).to_string()),
        ("ClickHouse JSONColumns", Value::Object(columns.iter().map(|name| ((*name).to_owned(), column(name))).collect()).to_string()),
        ("a recorded payload", json!({ "path": "/track", "payload": list(event) }).to_string()),
        (
            "Segment",
            json!({ "sentAt": "2020-10-13T17:48:31.000Z", "batch": list(|at| json!({ "type": "track", "event": "View",
                "userId": format!("user-{}", at % 7), "messageId": format!("m{at}"), "properties": { "pad": "x".repeat(60) },
                "timestamp": "2020-10-13T17:48:31.000Z" })) })
            .to_string(),
        ),
        (
            "Amplitude",
            json!({ "api_key": "k", "events": list(|at| json!({ "event_type": "View", "user_id": format!("user-{}", at % 7),
                "device_id": "d", "time": 1_602_611_311_000_u64 + at as u64, "event_properties": { "pad": "x".repeat(60) } })) })
            .to_string(),
        ),
        (
            "PostHog",
            json!({ "api_key": "k", "batch": list(|at| json!({ "event": "View", "distinct_id": format!("user-{}", at % 7),
                "timestamp": "2020-10-13T17:48:31Z", "uuid": format!("00000000-0000-4000-8000-{at:012}"),
                "properties": { "pad": "x".repeat(60) } })) })
            .to_string(),
        ),
    ]
}

fn import(content: &str, longest_record: usize) -> Result<ingest::Report, ingest::Error> {
    let mut writer = Writer::in_memory().unwrap();
    let inputs = vec![Input::Bytes { name: "july.json".to_owned(), content: content.as_bytes().to_vec() }];
    let options = Options { zone: Zone::Utc, longest_record, ..Options::default() };
    ingest::import(&mut writer, inputs, &options, &mut |_| Flow::Continue)
}

#[test]
fn a_document_that_is_one_long_record_is_read_whole_or_refused_for_its_length() {
    for (writer, document) in documents() {
        assert!(document.len() > LONGEST, "{writer}");
        let whole = import(&document, 1 << 20).unwrap();
        assert_eq!((whole.events, whole.rejected), (ROWS as u64, 0), "{writer}");
        let said = match import(&document, LONGEST) {
            Ok(report) => {
                // Rows behind the cut that are whole are read; the report says that some are missing.
                assert!(report.events < ROWS as u64 && report.rejected > 0, "{writer}");
                let reasons = report.files[0].reasons.iter().map(|why| format!("{} {}", why.count, why.reason));
                reasons.collect::<Vec<_>>().join("; ")
            }
            Err(error) => error.to_string(),
        };
        assert!(said.contains("longer than 71680 bytes"), "{writer}: {said}");
    }
}

#[test]
fn a_long_array_of_rows_is_read_row_by_row() {
    let rows: Vec<Value> = (0..ROWS).map(event).collect();
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    let pretty = serde_json::to_string_pretty(&rows).unwrap();
    for array in [json!(rows).to_string(), format!("[\n{}\n]\n", lines.join(",\n")), pretty] {
        let report = import(&array, 4 << 10).unwrap();
        assert_eq!((report.events, report.rejected), (ROWS as u64, 0));
    }
}
