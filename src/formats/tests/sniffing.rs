//! What a file is, by its first bytes.

use super::*;
use crate::formats::sniff::HEAD;

#[test]
fn a_file_is_named_by_what_is_in_it() {
    let event = r#"{"event":"A","properties":{"time":1,"distinct_id":"d","mp_processing_time_ms":1}}"#;
    let sent = r#"{"event":"A","properties":{"time":1,"distinct_id":"d","token":"T"}}"#;
    let recorded = r#"{"received_at_ms":1,"endpoint":"/decide","query":{},"payload":null}"#;
    let update = r#"{"endpoint":"/engage","received_at_ms":1,"update":{"$distinct_id":"d","$set":{}}}"#;
    let pretty = "{\n  \"event\": \"A\",\n  \"properties\": {\n    \"time\": 1\n  }\n}\n";
    let page = "{\"page\":0,\"results\":[\n{\"$distinct_id\":\"a\",\"$properties\":{}}\n]}";
    for (head, name) in [
        (event.to_owned(), "raw export (JSON Lines)"),
        (format!("\u{feff}\r\n\n{event}\r\n"), "raw export (JSON Lines)"),
        (format!("garbage\n{{\"event\":\"cut\n{event}\n{event}"), "raw export (JSON Lines)"),
        (format!("[{event},{event}]"), "raw export (JSON array)"),
        (format!("[\n{pretty},\n{pretty}]"), "raw export (JSON array)"),
        (pretty.repeat(2), "raw export (JSON objects)"),
        (sent.to_owned(), "recorded payloads"),
        (format!("[{sent}]\n[{sent},{sent}]\n"), "recorded payloads"),
        (recorded.to_owned(), "recorded payloads"),
        ("data=eyJldmVudCI6IkEiLCJwcm9wZXJ0aWVzIjp7fX0%3D\n".to_owned(), "recorded payloads"),
        (update.to_owned(), "profile updates"),
        (r#"{"$token":"T","$distinct_id":"d","$set":{}}"#.to_owned(), "profile updates"),
        (page.to_owned(), "profile export"),
        (r#"{"$distinct_id":"a","$properties":{}}"#.to_owned(), "profile export"),
        ("alias,distinct_id\na,b\n".to_owned(), "alias table (CSV)"),
        ("Alias;Distinct_ID;time\na;b;1\n".to_owned(), "alias table (CSV)"),
        (
            r#"{"event":"A","alias":"a","distinct_id":"d","properties":{"time":1561971600}}"#.to_owned(),
            "event rows (JSON Lines)",
        ),
        ("SQLite format 3\0".to_owned(), "SQLite file"),
        (" \n\n".to_owned(), "empty file"),
        (event.repeat(3), "raw export (JSON objects)"),
        (format!("{event}{event}\n{event}\n"), "raw export (JSON Lines)"),
        (event.replace("\"d\"", "\"\u{6}\""), "raw export (JSON Lines)"),
    ] {
        let found = sniff(head.as_bytes(), true, "x").map(|sniffed| sniffed.name);
        assert_eq!(found.as_deref(), Ok(name), "{head}");
    }
}

#[test]
fn a_first_record_longer_than_the_head_is_still_recognised() {
    let long = format!(r#"{{"event":"A","properties":{{"time":1,"x":"{}"#, "y".repeat(HEAD));
    assert_eq!(sniff(long.as_bytes(), false, "x").unwrap().name, "raw export (JSON Lines)");
    assert_eq!(sniff(format!("[{long}").as_bytes(), false, "x").unwrap().name, "raw export (JSON array)");
    let spread = format!("{{\n \"event\": \"A\",\n \"properties\": {{\n\"x\":\"{}", "y".repeat(HEAD));
    assert_eq!(sniff(spread.as_bytes(), false, "x").unwrap().layout, Layout::Nested);
}

#[test]
fn what_is_in_no_known_format_says_what_it_looks_like() {
    for (head, why) in [
        (&b"PK\x03\x04..."[..], "it is a zip archive; unpack it first"),
        (b"\xff\xfe{\0", "it is UTF-16 text; save it as UTF-8"),
        (b"\x7fELF\0\0", "it is a binary file"),
        (b"hello\nworld\n", "no event, profile or alias is in its first 64 KB"),
        (
            br#"{"event_name":"a","event_timestamp":1,"event_params":[],"user_pseudo_id":"x"}"#,
            "it looks like Google Analytics events, which are not read yet; --map id=user_pseudo_id,event=event_name,time=event_timestamp reads them by the device, and with user=user_id their users",
        ),
    ] {
        let error = sniff(head, true, "f.bin").unwrap_err();
        assert_eq!(error.to_string(), format!("f.bin is in no known format: {why}"));
    }
}
