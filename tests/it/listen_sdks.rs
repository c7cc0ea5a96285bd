//! Real SDKs send to `journey listen`: every row that they sent is in the store, in order, and the journeys are
//! those of the same traffic imported as recorded payloads.
//!
//! Between the two stands a recorder of its own, which notes each request as it came. `.ci/run` installs the
//! packages of `tests/data/sdks` into `target/sdks`, and says with `JOURNEY_NEEDS_SDKS` that they have to be
//! there; elsewhere the test names the SDK that it leaves out.
#![cfg(unix)]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::listening::{Ended, Listening, cell, program, sql};

/// A request as it came: its target, its headers, its body.
struct Request {
    target: String,
    method: String,
    head: String,
    body: Vec<u8>,
}

fn header(head: &str, name: &str) -> Option<String> {
    let line = head
        .lines()
        .find(|line| line.split_once(':').is_some_and(|(known, _)| known.trim().eq_ignore_ascii_case(name)))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Reads a request with a whole body.
fn request(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut first = head.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let mut body = Vec::new();
    if let Some(length) = header(&head, "content-length") {
        body.resize(length.parse().ok()?, 0);
        stream.read_exact(&mut body).ok()?;
    } else if header(&head, "transfer-encoding").is_some() {
        loop {
            let mut size = String::new();
            stream.read_line(&mut size).ok()?;
            let size = usize::from_str_radix(size.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            stream.read_exact(&mut chunk).ok()?;
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    }
    Some(Request { target, method, head, body })
}

/// The line that a recorder writes of a request: the body as the text that it is.
fn line(request: &Request, at: u64, status: u16) -> String {
    let mut body = request.body.clone();
    if body.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(body.as_slice()).read_to_end(&mut unpacked).unwrap();
        body = unpacked;
    }
    let mut line = json!({
        "received_at_ms": at, "method": request.method, "url": format!("http://sdk.test{}", request.target),
        "response_status": status,
    });
    let path = request.target.split('?').next().unwrap_or_default().to_owned();
    line["path"] = path.into();
    if !body.is_empty() {
        line["body"] = String::from_utf8(body).unwrap().into();
    }
    line.to_string() + "\n"
}

/// Passes each request on to `to` and its answer back, one at a time, notes it, and says so.
pub(crate) fn recorder(to: SocketAddr, answered: Sender<()>) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // By the clock of the SDKs, else their rows would have times that cannot be.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let (noted, begun) = (Arc::new(Mutex::new(String::new())), Arc::new(Mutex::new(u64::try_from(now).unwrap())));
    let lines = Arc::clone(&noted);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (lines, begun, answered) = (Arc::clone(&lines), Arc::clone(&begun), answered.clone());
            thread::spawn(move || {
                let mut client = BufReader::new(stream.unwrap());
                let Some(request) = request(&mut client) else { return };
                // The next is passed on when this one is answered, so that both have one order.
                let mut clock = begun.lock().unwrap();
                let mut server = TcpStream::connect(to).unwrap();
                let dropped = ["connection", "transfer-encoding", "content-length", "host", "expect"];
                let kept = request.head.lines().filter(|line| {
                    let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
                    !line.is_empty() && !dropped.contains(&name.as_str())
                });
                let head = kept.fold(String::new(), |head, line| head + line + "\r\n");
                let more = format!("Host: {to}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", request.body.len());
                server.write_all(&[head.as_bytes(), more.as_bytes(), &request.body].concat()).unwrap();
                let mut answer = Vec::new();
                server.read_to_end(&mut answer).unwrap();
                let status = String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or("0").parse().unwrap();
                *clock += 1;
                if request.method != "OPTIONS" {
                    lines.lock().unwrap().push_str(&line(&request, *clock, status));
                }
                // A page that was left does not read its answer, and not every test waits for them.
                let _ = (client.get_mut().write_all(&answer), answered.send(()));
            });
        }
    });
    (url, noted)
}

/// What an SDK was given, the store of what it sent, and the recording of the same.
pub(crate) struct Sent {
    pub(crate) tracked: Vec<String>,
    pub(crate) ended: Ended,
    pub(crate) recorded: String,
}

fn sent(driver: &mut Command, sdk: &str) -> Sent {
    let listening = Listening::start(&["--headless"]);
    let (url, noted) = recorder(listening.address, mpsc::channel().0);
    let Output { status, stdout, stderr } = driver.args([sdk, &url]).output().unwrap();
    assert!(status.success(), "{sdk}: {}", String::from_utf8_lossy(&stderr));
    let said = String::from_utf8(stdout).unwrap();
    let tracked = serde_json::from_str(said.lines().last().unwrap_or_default()).unwrap();
    let (ended, _) = listening.end();
    let recorded = noted.lock().unwrap().clone();
    Sent { tracked, ended, recorded }
}

/// Names of the rows that the app has called for, in order of arrival, each with the number of its call.
pub(crate) fn stored(store: &Path) -> Vec<(u64, String)> {
    let question = "SELECT n.name || '|' || props(r.id) FROM rows r JOIN names n ON n.id = r.ev
                    WHERE props(r.id) LIKE '%\"step\":%' ORDER BY r.arrived, r.line, r.nth";
    let rows = sql(store, question);
    let row = |row: &Value| {
        let text = cell(row);
        let (event, properties) = text.split_once('|').unwrap();
        let properties: Value = serde_json::from_str(properties).unwrap();
        (properties["step"].as_u64().unwrap_or_default(), event.to_owned())
    };
    rows.iter().map(row).collect()
}

fn journeys(store: &Path, has_no_times: bool) -> Vec<(String, Value)> {
    let ids: Vec<String> = sql(store, "SELECT name FROM ids ORDER BY name").iter().map(cell).collect();
    let shown = |id: &String| {
        let output = program().args(["show", "--format", "json", "--store"]).arg(store).arg(id).output().unwrap();
        let mut journey = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        without_places(&mut journey, has_no_times);
        journey
    };
    ids.iter().filter(|id| !id.is_empty()).map(|id| (id.clone(), shown(id))).collect()
}

/// Takes out what differs by nature: when rows arrived, where they stand, and what is said of these.
fn without_places(value: &mut Value, has_no_times: bool) {
    match value {
        Value::Object(fields) => {
            for key in ["arrived", "file", "line", "row", "why", "what", "token", "updated"] {
                fields.remove(key);
            }
            // Of a row without a time, when it arrived stands for it.
            for key in ["time", "first", "last"] {
                if has_no_times || fields.contains_key("property") {
                    fields.remove(key);
                }
            }
            fields.values_mut().for_each(|value| without_places(value, has_no_times));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| without_places(value, has_no_times)),
        _ => {}
    }
}

fn compare(sdk: &str, sent: &Sent) {
    assert!(!sent.tracked.is_empty(), "{sdk}");
    let calls: Vec<(u64, String)> = (1..).zip(sent.tracked.iter().cloned()).collect();
    assert_eq!(stored(&sent.ended.store), calls, "{sdk}: in the order of the calls");
    same_journeys(sdk, sent);
}

/// The journeys of the store are those of the recording.
pub(crate) fn same_journeys(sdk: &str, Sent { ended, recorded, .. }: &Sent) {
    let folder = TempDir::new().unwrap();
    let (file, store) = (folder.path().join("recorded.jsonl"), folder.path().join("imported.db"));
    fs::write(&file, recorded).unwrap();
    let output = program().arg("import").arg(&file).arg("--store").arg(&store).output().unwrap();
    assert!(output.status.success(), "{sdk}: {}\n{recorded}", String::from_utf8_lossy(&output.stdout));
    // Only the library for Node leaves the time to the server.
    let has_no_times = sdk == "mixpanel";
    let (here, there) = (journeys(&ended.store, has_no_times), journeys(&store, has_no_times));
    assert!(here.len() > 1, "{sdk}: {here:?}");
    for (one, other) in here.iter().zip(&there) {
        assert_eq!(one, other, "{sdk}");
    }
    assert_eq!(here.len(), there.len(), "{sdk}");
}

pub(crate) fn packages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/sdks")
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sdks").join(name)
}

/// Whether a package can be driven; where all have to be there, one that is not is a failure.
pub(crate) fn is_there(sdk: &str, place: &Path) -> bool {
    let is_there = place.is_dir();
    assert!(is_there || env::var_os("JOURNEY_NEEDS_SDKS").is_none(), "{sdk} is not installed in {}", place.display());
    if !is_there {
        let _ = writeln!(std::io::stdout(), "{sdk} is not installed in target/sdks: left out");
    }
    is_there
}

fn of_node(sdks: &[&str]) {
    for sdk in sdks {
        if is_there(sdk, &packages().join("node_modules").join(sdk)) {
            let mut driver = Command::new("node");
            driver.arg(data("drive.mjs")).current_dir(packages());
            compare(sdk, &sent(&mut driver, sdk));
        }
    }
}

#[test]
fn every_row_of_the_sdks_of_mixpanel_is_in_the_store_in_order_and_in_the_journey_of_the_recording() {
    of_node(&[
        "mixpanel",
        "mixpanel-browser",
        "mixpanel-browser-2.60",
        "mixpanel-browser-2.45",
        "mixpanel-browser-2.29",
    ]);
}

#[test]
fn every_row_of_the_sdks_of_other_vendors_is_in_the_store_in_order_and_in_the_journey_of_the_recording() {
    of_node(&[
        "posthog-node",
        "posthog-js",
        "@segment/analytics-node",
        "@rudderstack/rudder-sdk-node",
        "@amplitude/analytics-node",
        "@amplitude/analytics-browser",
    ]);
}

#[test]
fn every_row_of_the_sdks_for_python_is_in_the_store_in_order_and_in_the_journey_of_the_recording() {
    for (sdk, package) in [("mixpanel", "mixpanel"), ("posthog", "posthog"), ("segment", "segment/analytics")] {
        let folder = packages().join("python");
        if is_there(&format!("{sdk} for Python"), &folder.join(package)) {
            let mut driver = Command::new("python3");
            driver.arg(data("drive.py")).env("PYTHONPATH", &folder).current_dir(packages());
            compare(&format!("{sdk} for Python"), &sent(&mut driver, sdk));
        }
    }
}
