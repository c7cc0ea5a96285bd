//! A session is saved as requests, which an import reads back, and as a scenario, which is played.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::listening::{Listening, cell, event, program, sql};

fn row(name: &str, id: &str, at: u64, more: &Value) -> Value {
    let mut row = json!({"event": name, "properties": {
        "token": "T-SECRET", "distinct_id": id, "time": at, "mp_lib": "web", "$os": "Linux", "$browser": "Chrome",
        "$insert_id": format!("{name}-{at}"),
    }});
    for (key, value) in more.as_object().unwrap() {
        row["properties"][key] = value.clone();
    }
    row
}

/// A sign-up, a second alias that is refused, a split row, a queue that comes late, an update, rows and requests
/// that are refused, and properties of every kind of value.
fn sign_up(listening: &Listening) {
    let at = 1_795_428_910;
    let odd = json!({"plan": "trial \u{202e}\"quoted\"\n", "none": null, "list": [1, null, {"a": [true]}], "big": 18_446_744_073_709_551_615_u64, "part": 1.25e-7, "$device_id": "anon-1"});
    let sent = [
        row("Viewed", "anon-1", at, &odd),
        row("Welcome Sent", "pat@example.com", at + 1, &json!({"mp_lib": "node"})),
        row("$create_alias", "anon-1", at + 2, &json!({"alias": "pat@example.com"})),
        row("Signed Up", "pat@example.com", at + 3, &json!({"$user_id": "pat@example.com", "$device_id": "anon-1"})),
        row("$create_alias", "phone-1", at + 4, &json!({"alias": "pat@example.com", "mp_lib": "swift"})),
        row("Opened", "phone-1", at + 5, &json!({"mp_lib": "swift", "$device_id": "phone-1"})),
        row("Queued", "phone-1", at - 7_200, &json!({"mp_lib": "swift", "$device_id": "phone-1"})),
        row("$identify", "pat-2", at + 6, &json!({"$anon_distinct_id": "anon-9", "$identified_id": "pat-2"})),
        row("Numbered", "7", at + 7, &json!({"distinct_id": 7})),
        json!({"event": "No time", "properties": {"token": "T", "distinct_id": "a-2"}}),
    ];
    for one in &sent {
        assert_eq!(listening.post("/track", &one.to_string()).0, 200, "{one}");
    }
    let batch = json!([row("First", "a-2", at + 8, &json!({})), row("Second", "a-2", at + 8, &json!({})), 5]);
    assert_eq!(listening.post("/track", &batch.to_string()).0, 400);
    assert_eq!(
        listening.post("/track?verbose=1", r#"{"event":"Broken","properties":{"token":"T","total":9,00}}"#).0,
        400
    );
    let imported = json!([event("Imported")]).to_string();
    let basic = "Authorization: Basic VC1TRUNSRVQ6\r\n";
    assert_eq!(listening.send("POST", "/import?strict=1", basic, imported.as_bytes()).0, 200);
    let update = r#"{"$token":"T","$distinct_id":"pat@example.com","$set":{"$email":"pat@example.com","n":null}}"#;
    assert_eq!(listening.post("/engage", update).0, 200);
}

/// A person of each other vendor who is known from the second row on.
fn others(listening: &Listening) {
    let library = json!({"library": {"name": "@segment/analytics-node", "version": "3.1.0"}});
    let call = |kind: &str, id: &str, more: &Value| {
        let mut call = json!({"type": kind, "messageId": id, "timestamp": "2026-11-28T10:00:00Z", "anonymousId": "s-1", "context": library});
        for (key, value) in more.as_object().unwrap() {
            call[key] = value.clone();
        }
        call
    };
    let calls = [
        call("track", "m-1", &json!({"event": "Viewed", "properties": {"type": "mine", "token": "own", "n": 1}})),
        call("identify", "m-2", &json!({"userId": "pat", "traits": {"email": "pat@example.com"}})),
        call("alias", "m-3", &json!({"userId": "pat-2", "previousId": "pat"})),
        call("page", "m-4", &json!({"name": "Home", "userId": "pat"})),
    ];
    assert_eq!(listening.post("/v1/batch", &json!({"batch": calls, "writeKey": "K"}).to_string()).0, 200);
    let mut one = calls[0].clone();
    one["messageId"] = json!("m-5");
    assert_eq!(listening.post("/v1/t", &one.to_string()).0, 200);
    let mut rudder = calls[..2].to_vec();
    for (call, id) in rudder.iter_mut().zip(["r-1", "r-2"]) {
        call["context"] = json!({"library": {"name": "RudderLabs JavaScript SDK"}});
        (call["messageId"], call["channel"]) = (json!(id), json!("web"));
    }
    let key = "Authorization: Basic SzI6\r\n";
    let body = json!({"batch": rudder}).to_string();
    assert_eq!(listening.send("POST", "/v1/batch", key, body.as_bytes()).0, 200);
    let time = "2026-11-28T10:00:00Z";
    let rows = [
        json!({"event": "Seen", "distinct_id": "p-1", "timestamp": time, "uuid": "u-1", "properties": {"$lib": "web", "$device_id": "p-1", "event": "own"}}),
        json!({"event": "$identify", "distinct_id": "pat", "timestamp": time, "uuid": "u-2", "properties": {"$lib": "web", "$anon_distinct_id": "p-1", "$device_id": "p-1", "$set": {"email": "pat@example.com"}}}),
    ];
    let body = json!({"api_key": "phc_x", "batch": rows, "historical_migration": false});
    assert_eq!(listening.post("/batch/", &body.to_string()).0, 200);
    let alone =
        json!({"api_key": "phc_x", "event": "Alone", "distinct_id": "pat", "timestamp": time, "properties": {}});
    assert_eq!(listening.post("/capture/", &alone.to_string()).0, 200);
    let hits = [
        json!({"event_type": "Opened", "device_id": "d-1", "time": 1_795_428_910_000_u64, "insert_id": "x", "event_properties": {"time": "mine"}}),
        json!({"event_type": "Bought", "device_id": "d-1", "user_id": "pat", "time": 1_795_428_911_000_u64, "insert_id": "y", "library": "amplitude-ts/2"}),
        json!({"event_type": "$identify", "device_id": "d-1", "user_id": "pat", "time": 1_795_428_912_000_u64, "insert_id": "z", "user_properties": {"$set": {"plan": "pro"}}}),
    ];
    assert_eq!(listening.post("/2/httpapi", &json!({"api_key": "K", "events": hits}).to_string()).0, 200);
}

fn run(arguments: &[&str], store: &Path) -> (Option<i32>, String) {
    let output = program().args(arguments).arg("--store").arg(store).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// Every journey of a store, without the names of files and the sentences that have them.
fn journeys(store: &Path, leaves_out: &[&str]) -> Vec<(String, Value)> {
    let mut ids: Vec<String> = sql(store, "SELECT name FROM ids ORDER BY name").iter().map(cell).collect();
    ids.retain(|id| !id.is_empty());
    ids.into_iter()
        .map(|id| {
            let (_, answer) = run(&["show", "--format", "json", &id], store);
            let mut answer: Value = serde_json::from_str(&answer).unwrap();
            forget(&mut answer, leaves_out);
            (id, answer)
        })
        .collect()
}

fn forget(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Object(fields) => {
            for key in keys {
                fields.remove(*key);
            }
            fields.values_mut().for_each(|value| forget(value, keys));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| forget(value, keys)),
        _ => {}
    }
}

fn imported(files: &[PathBuf], store: &Path) {
    let output = program().arg("import").args(files).arg("--store").arg(store).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn requests_that_were_saved_are_imported_to_the_same_journeys_for_every_vendor() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let saved = path("pat.jsonl");
    let listening = Listening::start(&["--save", saved.to_str().unwrap()]);
    sign_up(&listening);
    others(&listening);
    let (ended, _) = listening.end();
    assert!(!saved.exists(), "rows of several vendors are files of their own");
    let files: Vec<PathBuf> = ["mixpanel", "segment", "rudderstack", "posthog", "amplitude"]
        .iter()
        .map(|vendor| path(&format!("pat-{vendor}.jsonl")))
        .collect();
    for file in &files {
        let content = fs::read_to_string(file).unwrap();
        assert!(content.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{content}");
        assert!(!content.contains("T-SECRET") && !content.contains("phc_x"), "{content}");
    }
    imported(&files, &path("again.db"));
    let leaves_out = ["file", "why", "what", "reason", "evidence"];
    let (before, after) = (journeys(&ended.store, &leaves_out), journeys(&path("again.db"), &leaves_out));
    assert!(before.len() >= 12, "{} ids", before.len());
    for (one, other) in before.iter().zip(&after) {
        assert_eq!(one, other);
    }
    assert_eq!(before.len(), after.len());
    for question in [
        "SELECT line, event, time, arrived, properties FROM (SELECT line, event, time, arrived, props(id) AS properties, id FROM events) ORDER BY arrived, line, event, properties",
        "SELECT operation, json FROM profiles ORDER BY json",
        "SELECT line, text FROM rejects ORDER BY line",
    ] {
        assert_eq!(sql(&ended.store, question), sql(&path("again.db"), question), "{question}");
    }
    // What was saved once and imported is saved the same: nothing is lost on the way.
    let again = path("again.jsonl");
    let (code, _) = run(&["export", "--requests", again.to_str().unwrap()], &ended.store);
    assert_eq!(code, Some(0));
    for (vendor, file) in ["mixpanel", "posthog"].iter().zip([&files[0], &files[3]]) {
        let other = fs::read_to_string(path(&format!("again-{vendor}.jsonl"))).unwrap();
        assert_eq!(other, fs::read_to_string(file).unwrap());
    }
}

#[test]
fn a_scenario_that_was_saved_is_played_to_the_same_users() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let saved = path("pat.toml");
    let listening = Listening::start(&["--save", saved.to_str().unwrap()]);
    sign_up(&listening);
    let (ended, _) = listening.end();
    let text = fs::read_to_string(&saved).unwrap();
    assert!(!text.contains("T-SECRET"), "{text}");
    let output = program().arg("demo").arg(&saved).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "it ends as its [expect] says: {printed}");
    assert!(text.contains("alias-on-login") && printed.contains("refused"), "{text}\n{printed}");
    let output = program().arg("demo").arg(&saved).arg("--store").arg(path("played.db")).output().unwrap();
    assert!(output.status.success());
    // What the server makes of it, not when it arrived and where it stands.
    let users = |store: &Path| {
        let of = |answer: &Value, id: &str| {
            let events: Vec<_> = answer["events"].as_array().into_iter().flatten().collect();
            json!({
                "id": id, "root": answer["root"], "ids": answer["ids"].as_array().map(|ids| ids.iter().map(|id| id["id"].clone()).collect::<Vec<_>>()),
                "rows": events.iter().map(|row| json!([row["event"], row["time"], row["distinct_id"], row["state"], row["split"]])).collect::<Vec<_>>(),
                "findings": answer["findings"].as_array().map(|all| all.iter().map(|one| one["code"].clone()).collect::<Vec<_>>()),
            })
        };
        journeys(store, &[]).iter().map(|(id, answer)| of(answer, id)).collect::<Vec<_>>()
    };
    let (before, after) = (users(&ended.store), users(&path("played.db")));
    assert!(before.iter().any(|user| user["rows"].as_array().is_some_and(|rows| rows.len() > 3)), "{before:?}");
    for (one, other) in before.iter().zip(&after) {
        assert_eq!(one, other);
    }
    assert_eq!(before.len(), after.len());
    // The same from the store, later.
    let later = path("later.toml");
    let (code, printed) = run(&["export", "--scenario", later.to_str().unwrap()], &ended.store);
    assert_eq!((code, printed.contains("journey demo")), (Some(0), true), "{printed}");
    let calls = |text: &str| text.lines().filter(|line| *line == "[[call]]").count();
    assert_eq!(calls(&fs::read_to_string(&later).unwrap()), calls(&text));
}

#[test]
fn rows_in_memory_are_saved_too_and_a_place_that_cannot_be_is_refused_before_anything_is_received() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let refused = |arguments: &[&str], code: i32| {
        let output = program().arg("listen").args(["--port", "0"]).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?} listens");
    };
    fs::write(path("kept.jsonl"), "mine").unwrap();
    refused(&["--save", &path("kept.jsonl")], 2);
    refused(&["--save", &path("pat.txt")], 2);
    refused(&["--save", &path("pat")], 2);
    refused(&["--save", &path("no/pat.jsonl")], 2);
    refused(&["--store", &path("s.jsonl"), "--save", &path("s.jsonl")], 2);
    assert_eq!(fs::read_to_string(path("kept.jsonl")).unwrap(), "mine");

    let (jsonl, toml) = (path("m.jsonl"), path("m.toml"));
    let listening = Listening::start_as(&["--memory", "--save", &jsonl, "--save", &toml]);
    assert_eq!(listening.post("/track", &event("Alone").to_string()).0, 200);
    listening.end();
    assert_eq!(fs::read_to_string(&jsonl).unwrap().lines().count(), 1);
    assert!(fs::read_to_string(&toml).unwrap().contains("event = \"Alone\""));

    // Nothing was received: nothing is written.
    let none = path("none.jsonl");
    let (ended, _) = Listening::start(&["--save", &none]).end();
    assert!(!Path::new(&none).exists());
    assert_eq!(run(&["export", "--requests", &none], &ended.store).0, Some(1));
    assert_eq!(run(&["export", "--requests", &none, "--scenario", &none], &ended.store).0, Some(2));
    assert_eq!(run(&["export"], &ended.store).0, Some(2));
}
