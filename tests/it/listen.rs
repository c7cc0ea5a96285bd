//! What SDKs send is received: requests made by hand over loopback.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::path::Path;
use std::process::Stdio;

use base64::Engine;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::listening::{Listening, answer, cell, event, events, gzip, program, sql};

#[cfg(unix)]
#[test]
fn every_way_in_which_an_sdk_packs_a_row_is_read() {
    let listening = Listening::start(&[]);
    let base64 = |name: &str| {
        let text = base64::engine::general_purpose::STANDARD.encode(event(name).to_string());
        text.replace('+', "%2B").replace('=', "%3D").replace('/', "%2F")
    };
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let gz = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n";
    let plain = |name: &str| event(name).to_string();
    let quoted = percent_encoding::utf8_percent_encode(&plain("E"), percent_encoding::NON_ALPHANUMERIC).to_string();
    let answers = [
        listening.send("GET", &format!("/track/?data={}&ip=1&_=1", base64("AA")), "", b""),
        listening.send("POST", "/track/", form, format!("data={}&verbose=0", base64("BBB")).as_bytes()),
        listening.send("POST", "/track", "Content-Type: application/json\r\n", plain("CCCC").as_bytes()),
        listening.send("POST", "/track", gz, &gzip(format!("[{},{}]", plain("D1"), plain("D22")).as_bytes())),
        listening.send("POST", "/track", form, format!("data={quoted}").as_bytes()),
        listening.send("POST", "/track", "Content-Type: text/plain\r\n", format!("data={}", base64("F")).as_bytes()),
    ];
    for (status, _, body) in answers {
        assert_eq!((status, body.as_str()), (200, "1"));
    }
    let chunked = format!(
        "POST /track HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        listening.address,
        plain("G").len(),
        plain("G")
    );
    assert_eq!(listening.raw(chunked.as_bytes()).0, 200);
    let (status, _, body) = listening.send("POST", "/track?verbose=1", "", plain("H").as_bytes());
    assert_eq!((status, body.as_str()), (200, r#"{"error":null,"status":1}"#));
    let (ended, last) = listening.end();
    assert_eq!(events(&ended.store), ["AA", "BBB", "CCCC", "D1", "D22", "E", "F", "G", "H"]);
    assert!(last.starts_with("stored 9 rows"), "{last}");
    // What stood in the rows is there; the token of the project is nowhere.
    let bytes = fs::read(&ended.store).unwrap();
    assert!(!bytes.windows(8).any(|part| part == b"T-SECRET"));
    assert_eq!(cell(&sql(&ended.store, "SELECT count(*) FROM events WHERE props(id) LIKE '%SECRET%'")[0]), "0");
}

#[cfg(unix)]
#[test]
fn rows_that_are_not_valid_are_refused_and_kept_as_rejects_and_the_others_are_taken() {
    let listening = Listening::start(&[]);
    let without_token = r#"{"event":"A","properties":{"distinct_id":"a"}}"#;
    assert_eq!(listening.post("/track?verbose=1", without_token).0, 401);
    let (status, body) = listening.post("/track?verbose=1", r#"{"event":"A","properties":{"token":"T","total":9,00}}"#);
    assert_eq!((status, serde_json::from_str::<Value>(&body).unwrap()["status"].clone()), (400, json!(0)));
    assert_eq!(listening.post("/track", "").0, 400);
    assert_eq!(listening.post("/track", &json!([event("Good"), 5, {"event": "No properties"}]).to_string()).0, 400);

    let late = json!({"event": "Old", "properties": {"distinct_id": "a", "time": 5, "$insert_id": "x"}});
    let batch =
        json!([event("Imported"), {"event": "No id", "properties": {"time": 1_795_428_910, "$insert_id": "y"}}, late]);
    let (status, _, body) = listening.send(
        "POST",
        "/import?strict=1",
        "Authorization: Basic VC1TRUNSRVQ6\r\n",
        batch.to_string().as_bytes(),
    );
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &answer["num_records_imported"], &answer["code"]), (400, &json!(1), &json!(400)));
    let places: Vec<_> = answer["failed_records"].as_array().unwrap().iter().map(|one| one["index"].clone()).collect();
    assert_eq!(places, [1, 2]);
    assert_eq!(listening.post("/import?strict=1", without_token).0, 401);
    let lines = format!("{}\n{}\n", event("Line 1"), event("Line 02"));
    let (status, _, body) =
        listening.send("POST", "/import?strict=1", "Content-Type: application/x-ndjson\r\n", lines.as_bytes());
    assert_eq!(
        (status, serde_json::from_str::<Value>(&body).unwrap()["num_records_imported"].clone()),
        (200, json!(2))
    );

    let form = format!("data={}&verbose=1&api_key=K", event("Form 003"));
    let says = "Content-Type: application/x-www-form-urlencoded\r\n";
    let (status, _, body) = listening.send("POST", "/import", says, form.as_bytes());
    assert_eq!((status, body.as_str()), (200, r#"{"error":null,"status":1}"#));

    let (ended, _) = listening.end();
    assert_eq!(events(&ended.store), ["Form 003", "Good", "Imported", "Line 02", "Line 1"]);
    let reasons: Vec<String> = sql(&ended.store, "SELECT reason FROM rejects ORDER BY line").iter().map(cell).collect();
    assert_eq!(reasons.len(), 7, "{reasons:?}");
    assert!(reasons.iter().all(|reason| reason.starts_with("the server refused it: ")), "{reasons:?}");
}

#[cfg(unix)]
#[test]
fn the_endpoints_of_each_vendor_answer_as_theirs_do() {
    let listening = Listening::start(&[]);
    let call = json!({"type": "track", "event": "Bought", "anonymousId": "s-1", "messageId": "m-1", "timestamp": "2026-11-28T10:00:00Z", "context": {"library": {"name": "@segment/analytics-node"}}});
    let of_segment = json!({"batch": [call], "writeKey": "K"}).to_string();
    assert_eq!(listening.post("/v1/batch", &of_segment), (200, r#"{"success":true}"#.to_owned()));
    assert_eq!(listening.post("/v1/t", &call.to_string()).0, 200);
    assert_eq!(listening.post("/v1/batch", "{").0, 400);
    let mut rudder = call.clone();
    rudder["context"] = json!({"library": {"name": "RudderLabs JavaScript SDK"}});
    rudder["messageId"] = json!("m-2");
    let (status, _, body) =
        listening.send("POST", "/v1/track", "Authorization: Basic SzI6\r\n", rudder.to_string().as_bytes());
    assert_eq!((status, body.as_str()), (200, "OK"));
    assert_eq!(listening.post("/v1/track", &rudder.to_string()).0, 401);
    let row = json!({"event": "Seen", "distinct_id": "p-1", "timestamp": "2026-11-28T10:00:00Z", "uuid": "u-1", "properties": {"$lib": "posthog-python"}});
    let batch = |key: Value| json!({"api_key": key, "batch": [row], "historical_migration": false}).to_string();
    assert_eq!(listening.post("/batch/", &batch(json!("phc_x"))), (200, r#"{"status":"Ok"}"#.to_owned()));
    assert_eq!(listening.post("/batch/", &batch(json!(""))).0, 401);
    let hit = json!({"event_type": "Opened", "device_id": "d-1", "time": 1_795_428_910_000_u64, "insert_id": "x"});
    let (status, body) = listening.post("/2/httpapi", &json!({"api_key": "K", "events": [hit]}).to_string());
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &answer["events_ingested"]), (200, &json!(1)));
    let (status, body) = listening.post("/2/httpapi", &json!({"events": [hit]}).to_string());
    assert_eq!(
        (status, serde_json::from_str::<Value>(&body).unwrap()["missing_field"].clone()),
        (400, json!("api_key"))
    );
    for path in [
        "/decide/?verbose=1&version=1&lib=web",
        "/flags/?context=%7B%7D",
        "/array/k/config",
        "/v1/projects/k/settings",
        "/sourceConfig/?p=web",
        "/settings",
    ] {
        let (status, _, body) = listening.send("GET", path, "", b"");
        assert_eq!((status, serde_json::from_str::<Value>(&body).is_ok()), (200, true), "{path}");
    }
    assert_eq!(
        listening.send("POST", "/record/?seq=0", "Content-Type: application/octet-stream\r\n", &[1, 2, 3]).0,
        200
    );
    let update = r#"{"$token":"T","$distinct_id":"a-1","$set":{"$email":"pat@example.com"}}"#;
    assert_eq!(listening.post("/engage", update), (200, "1".to_owned()));
    let (ended, _) = listening.end();
    assert_eq!(events(&ended.store), ["Bought", "Bought", "Bought", "Opened", "Seen"]);
    assert_eq!(cell(&sql(&ended.store, "SELECT count(*) FROM profiles")[0]), "1");
}

#[cfg(unix)]
#[test]
fn no_page_of_another_name_and_no_reader_learns_anything() {
    let listening = Listening::start(&[]);
    listening.post("/track", &event("Private").to_string());
    let asked = "Origin: http://shop.example\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x-own\r\n";
    let (status, head, body) = listening.send("OPTIONS", "/track/", asked, b"");
    assert_eq!((status, body.as_str()), (204, ""));
    assert!(head.contains("access-control-allow-origin: http://shop.example"), "{head}");
    assert!(head.contains("access-control-allow-headers: x-own"), "{head}");
    let (status, head, body) =
        listening.send("POST", "/track", "Origin: http://shop.example\r\n", event("B").to_string().as_bytes());
    assert_eq!((status, body.as_str()), (200, "1"));
    assert!(head.contains("access-control-allow-credentials: true") && head.contains("no-store"), "{head}");
    for path in ["/", "/favicon.ico", "/events", "/track/../store", "/export", "/session.db"] {
        let (status, _, body) = listening.send("GET", path, "", b"");
        assert_eq!((status, body.contains("Private")), (404, false), "{path}");
    }
    for host in ["evil.example", "127.0.0.1.evil.example:80"] {
        let request = format!(
            "POST /track HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"
        );
        let (status, head, _) = listening.raw(request.as_bytes());
        assert_eq!(status, 403, "{host}");
        assert!(!head.contains("access-control-allow-origin"), "{head}");
    }
    assert_eq!(listening.send("DELETE", "/track", "", b"").0, 405);
    let (ended, _) = listening.end();
    assert_eq!(events(&ended.store), ["B", "Private"]);
}

#[cfg(unix)]
#[test]
fn large_packed_slow_and_cut_requests_get_a_clear_answer_and_the_rest_continues() {
    let listening = Listening::start(&[]);
    let (status, _, body) = listening.send("POST", "/import", "", &vec![b' '; (10 << 20) + 1]);
    assert_eq!(status, 413, "{body}");
    let bomb = gzip(&vec![b'['; 64 << 20]);
    let (status, _, _) = listening.send("POST", "/track", "Content-Encoding: gzip\r\n", &bomb);
    assert_eq!(status, 413);
    let cut = gzip(event("Cut").to_string().as_bytes());
    assert_eq!(listening.send("POST", "/track", "Content-Encoding: gzip\r\n", &cut[..cut.len() / 2]).0, 400);
    assert_eq!(listening.raw(b"this is no HTTP\r\n\r\n").0, 400);
    // Half of a head, half of a body, and nothing at all: they wait, and no one waits for them.
    let mut waiting = Vec::new();
    for part in ["", "POST /tra", "POST /track HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n[{\"event\""] {
        for _ in 0..100 {
            let mut stream = listening.connect();
            stream.write_all(part.as_bytes()).unwrap();
            waiting.push(stream);
        }
    }
    let body = event("Through").to_string();
    assert_eq!(listening.post("/track", &body), (200, "1".to_owned()));
    // A body that comes in two pieces is one body.
    let mut slow = listening.connect();
    let (one, other) = body.split_at(10);
    let head = format!(
        "POST /track HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    slow.write_all(format!("{head}{one}").as_bytes()).unwrap();
    assert_eq!(listening.post("/track", &event("Between").to_string()).0, 200);
    slow.write_all(other.as_bytes()).unwrap();
    assert_eq!(answer(&mut slow).0, 200);
    for stream in &waiting {
        let _ = stream.shutdown(Shutdown::Both);
    }
    let (ended, _) = listening.end();
    assert_eq!(events(&ended.store), ["Between", "Through", "Through"]);
}

#[cfg(unix)]
#[test]
fn what_was_answered_with_success_is_there_after_a_kill() {
    let mut listening = Listening::start(&[]);
    let mut stream = listening.connect();
    let mut answered = 0;
    for number in 0..200 {
        let body = event(&format!("Row {number:03}")).to_string();
        let length = body.len();
        write!(stream, "POST /track HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n1") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        answered += 1;
    }
    listening.child.kill().unwrap();
    listening.child.wait().unwrap();
    let rows = sql(&listening.store, "SELECT event FROM events ORDER BY arrived, line");
    let names: Vec<String> = rows.iter().map(cell).collect();
    let sent: Vec<String> = (0..answered).map(|number| format!("Row {number:03}")).collect();
    assert_eq!(names, sent, "every row that was answered, in order");
}

#[test]
fn another_address_wants_a_token_and_a_taken_port_is_named() {
    let refused = |more: &[&str]| {
        let output = program().args(["listen", "--memory"]).args(more).stderr(Stdio::piped()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = refused(&["--bind", "0.0.0.0", "--port", "0"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--token"), "{said}");
    assert_eq!(refused(&["--bind", "0.0.0.0", "--port", "0", "--token", "short"]).0, Some(2));
    let listening = Listening::start(&["--token", "plum-tree-9"]);
    let port = listening.address.port().to_string();
    let (code, said) = refused(&["--port", &port]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--port"), "{said}");
    assert_eq!(listening.post("/track", &event("A").to_string()).0, 401);
    assert_eq!(listening.post("/plum-tree-9/track", &event("A").to_string()).0, 200);
}

/// The rows of recorded traffic, sent anew, are those that an import makes of the recording.
#[cfg(unix)]
#[test]
fn a_journey_is_that_of_the_same_traffic_imported_as_recorded_payloads() {
    let device = "$device:0b1c2d3e-1111-4222-8333-444455556666";
    let bare = "0b1c2d3e-1111-4222-8333-444455556666";
    let row = |name: &str, more: Value| {
        let mut row = json!({"event": name, "properties": {"token": "T", "$device_id": bare, "mp_lib": "web", "$lib_version": "2.60.0"}});
        for (key, value) in more.as_object().unwrap() {
            row["properties"][key] = value.clone();
        }
        row
    };
    let sent = [
        row("Page Viewed", json!({"distinct_id": device, "time": 1_795_428_910.25, "$insert_id": "a1"})),
        row("$create_alias", json!({"alias": "pat@example.com", "distinct_id": device, "time": 1_795_428_911.5})),
        row(
            "$identify",
            json!({"distinct_id": "pat@example.com", "$anon_distinct_id": device, "$user_id": "pat@example.com", "time": 1_795_428_911.75}),
        ),
        row(
            "Signed Up",
            json!({"distinct_id": device, "$user_id": "pat@example.com", "time": 1_795_428_912, "$insert_id": "a2"}),
        ),
        row("Page Viewed", json!({"distinct_id": device, "time": 1_795_428_910.25, "$insert_id": "a1"})),
    ];
    let listening = Listening::start(&[]);
    for row in &sent {
        assert_eq!(listening.post("/track", &row.to_string()).0, 200);
    }
    let (ended, _) = listening.end();
    let arrivals = sql(&ended.store, "SELECT arrived FROM events ORDER BY arrived, line");
    assert_eq!(arrivals.len(), sent.len());
    let folder = TempDir::new().unwrap();
    let (recording, imported) = (folder.path().join("recording.jsonl"), folder.path().join("imported.db"));
    let lines: String = sent
        .iter()
        .zip(1_795_900_000_000_u64..)
        .map(|(row, at)| {
            json!({"received_at_ms": at, "endpoint": "/track", "response_status": 200, "payload": row}).to_string()
                + "\n"
        })
        .collect();
    fs::write(&recording, lines).unwrap();
    assert!(program().arg("import").arg(&recording).arg("--store").arg(&imported).output().unwrap().status.success());
    let shown = |store: &Path| {
        let output =
            program().args(["show", "pat@example.com", "--format", "json", "--store"]).arg(store).output().unwrap();
        let mut journey: Value = serde_json::from_slice(&output.stdout).unwrap();
        without_moments(&mut journey);
        journey
    };
    assert_eq!(shown(&ended.store), shown(&imported));
}

/// Takes out what differs by nature: when rows arrived, what their file is called, and the tokens.
fn without_moments(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for key in ["arrived", "file", "token", "why", "what"] {
                fields.remove(key);
            }
            fields.values_mut().for_each(without_moments);
        }
        Value::Array(values) => values.iter_mut().for_each(without_moments),
        _ => {}
    }
}
