//! Requests in the shapes that the endpoints of each vendor take besides those that its newest SDK sends: older
//! forms, pixels, beacons, and what is over a limit.
#![cfg(unix)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::support::listening::{Listening, cell, event, events, sql};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

fn quoted(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn rejected(store: &std::path::Path) -> usize {
    sql(store, "SELECT reason FROM rejects").len()
}

#[test]
fn forms_of_older_sdks_of_amplitude_are_rows() {
    let listening = Listening::start(&[]);
    let hit = |name: &str| json!({"event_type": name, "device_id": "d-1", "user_id": "pat", "timestamp": 1_795_428_910_000_u64, "uuid": name});
    let posted = |path: &str, fields: &[(&str, String)]| {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
        let (status, _, body) = listening.send("POST", path, FORM, body.join("&").as_bytes());
        (status, body)
    };
    let good = (200, "success".to_owned());
    let list = json!([hit("Web"), hit("Web 2")]).to_string();
    let of_web = [("checksum", "x".to_owned()), ("client", "K-SECRET".to_owned()), ("e", list), ("v", "2".to_owned())];
    assert_eq!(posted("/", &of_web), good);
    let key = ("api_key", "K-SECRET".to_owned());
    assert_eq!(posted("/httpapi", &[key.clone(), ("event", hit("One").to_string())]), good);
    assert_eq!(posted("/httpapi/", &[key.clone(), ("event", json!([hit("Two")]).to_string())]), good);
    let identification = json!({"user_id": "pat", "device_id": "d-1", "user_properties": {"plan": "trial"}});
    assert_eq!(posted("/identify", &[key.clone(), ("identification", identification.to_string())]), good);
    let asked = format!("/httpapi?api_key=K-SECRET&event={}", quoted(&hit("Asked").to_string()));
    assert_eq!(listening.send("GET", &asked, "", b"").0, 200);
    // Without a key, without events, with something else in their place, and at an address that is none.
    assert_eq!(posted("/httpapi", &[("event", hit("No key").to_string())]).0, 400);
    assert_eq!(posted("/httpapi", std::slice::from_ref(&key)).0, 400);
    assert_eq!(posted("/identify", &[key, ("identification", "{\"user_id\"".to_owned())]).0, 400);
    assert_eq!(listening.send("GET", "/", "", b"").0, 404);
    let (ended, _) = listening.end();
    assert_eq!(events(&ended.store), ["$identify", "Asked", "One", "Two", "Web", "Web 2"]);
    assert_eq!(rejected(&ended.store), 2);
    let bytes = std::fs::read(&ended.store).unwrap();
    assert!(!bytes.windows(8).any(|part| part == b"K-SECRET"));
}

#[test]
fn a_call_that_an_image_makes_is_a_row_and_gets_its_picture_whatever_is_wrong() {
    let listening = Listening::start(&[]);
    let picture = |target: &str| {
        let (status, head, _) = listening.send("GET", target, "", b"");
        assert!(status != 200 || head.contains("content-type: image/gif"), "{head}");
        status
    };
    let call = json!({"writeKey": "W", "userId": "pat", "event": "Email Opened", "properties": {"subject": "Daily"}});
    assert_eq!(picture(&format!("/v1/pixel/track?data={}", quoted(&STANDARD.encode(call.to_string())))), 200);
    assert_eq!(picture(&format!("/v1/pixel/track?data={}", quoted(&call.to_string()))), 200);
    assert_eq!(picture("/v1/pixel/page?writeKey=W&userId=pat&name=Home&properties.path=/home"), 200);
    assert_eq!(
        picture("/pixel/v1/track?writeKey=W&anonymousId=r-1&event=Seen&context.library.name=RudderStack%20AMP%20SDK"),
        200
    );
    assert_eq!(picture("/v1/pixel/track?userId=pat&event=No%20key"), 200);
    assert_eq!(picture("/v1/pixel/track?writeKey=W&event=No%20id"), 200);
    assert_eq!(picture("/v1/pixel/track?data=%7B"), 200);
    assert_eq!(picture("/v1/pixel/delete?writeKey=W&userId=pat"), 404);
    let (ended, _) = listening.end();
    let names = events(&ended.store);
    assert_eq!(names.iter().filter(|name| *name == "Email Opened").count(), 2, "{names:?}");
    assert!(names.len() == 4 && names.contains(&"Seen".to_owned()), "{names:?}");
    assert_eq!(rejected(&ended.store), 3);
    let subject = sql(&ended.store, "SELECT count(*) FROM events WHERE props(id) LIKE '%/home%'");
    assert_eq!(cell(&subject[0]), "1", "fields of objects are members");
}

#[test]
fn what_is_over_the_limit_of_a_vendor_is_refused_as_it_refuses_it_and_what_is_just_below_is_taken() {
    let listening = Listening::start(&[]);
    let import = |rows: usize| {
        let rows: Vec<Value> = (0..rows).map(|_| event("Imported")).collect();
        listening.send("POST", "/import?strict=0", "Authorization: Basic VDo=\r\n", json!(rows).to_string().as_bytes())
    };
    let (status, _, body) = import(2_001);
    assert_eq!((status, serde_json::from_str::<Value>(&body).unwrap()["code"].clone()), (413, json!(413)));
    assert_eq!(import(2_000).0, 200);
    let hits = |rows: usize, size: usize| {
        let hit = json!({"event_type": "Hit", "device_id": "d", "event_properties": {"text": "x".repeat(size)}});
        listening.post("/2/httpapi", &json!({"api_key": "K", "events": vec![hit; rows]}).to_string()).0
    };
    assert_eq!((hits(2_001, 1), hits(2_000, 1)), (413, 200));
    assert_eq!((hits(11, 100_000), hits(10, 100_000)), (413, 200));
    let call = |library: &str, size: usize| {
        let text = "x".repeat(size);
        let library = json!({"name": library});
        let call = json!({"type": "track", "event": "Big", "userId": "u", "properties": {"text": text}, "context": {"library": library}});
        listening.post("/v1/batch", &json!({"batch": [call], "writeKey": "W"}).to_string()).0
    };
    assert_eq!((call("analytics-node", 33 << 10), call("analytics-node", 31 << 10)), (400, 200));
    let of_rudder = "RudderLabs JavaScript SDK";
    assert_eq!((call(of_rudder, 5 << 20), call(of_rudder, 33 << 10)), (413, 200));
}

#[test]
fn a_beacon_and_what_an_sdk_asks_for_at_its_start_get_the_answer_of_posthog() {
    let listening = Listening::start(&[]);
    let row = json!({"event": "Left", "api_key": "phc", "distinct_id": "p", "properties": {"$lib": "web"}});
    let data = format!("data={}", quoted(&STANDARD.encode(row.to_string())));
    let (status, _, body) =
        listening.send("POST", "/e/?compression=base64&beacon=1", "Content-Type: text/plain\r\n", data.as_bytes());
    assert_eq!((status, body.as_str()), (204, ""));
    assert_eq!(listening.post("/i/v0/e/?ip=0&_=1&ver=1.2", &row.to_string()), (200, r#"{"status":"Ok"}"#.to_owned()));
    assert_eq!(listening.post("/s/?beacon=1", "{}").0, 200);
    for path in ["/decide/?v=3", "/flags/?v=2&config=true"] {
        let (status, body) = listening.post(path, r#"{"token":"phc","distinct_id":"p"}"#);
        assert_eq!((status, body.contains("featureFlags")), (200, true), "{path}");
    }
    for (path, list) in [
        ("/api/surveys/?token=phc", "surveys"),
        ("/api/early_access_features/?token=phc", "earlyAccessFeatures"),
        ("/api/feature_flag/local_evaluation?token=phc", "flags"),
    ] {
        let (status, _, body) = listening.send("GET", path, "", b"");
        let answer: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &answer[list]), (200, &json!([])), "{path}");
    }
    let (ended, _) = listening.end();
    assert_eq!(events(&ended.store), ["Left", "Left"]);
}
