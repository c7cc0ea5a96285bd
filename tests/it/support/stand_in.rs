//! A server of this computer that answers as a vendor documents it, and as it does on bad days.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Those of the address and of the form, decoded.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) authorization: String,
}

impl Asked {
    /// A parameter; empty where it was not sent.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// What the server does with a request.
pub(crate) enum Reply {
    /// Sends these bytes, and closes the connection.
    Bytes(Vec<u8>),
    /// Sends these bytes, and then nothing until the other side goes away.
    Silent(Vec<u8>),
}

/// A whole answer.
pub(crate) fn ok(body: &str) -> Reply {
    status(200, "", body)
}

/// A whole answer that is packed.
pub(crate) fn packed(body: &str) -> Reply {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(body.as_bytes()).unwrap();
    let body = packer.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
    Reply::Bytes([head.into_bytes(), body].concat())
}

/// A packed answer of which the last part is missing, behind a head that says nothing of its length.
pub(crate) fn packed_and_cut(body: &str) -> Reply {
    let Reply::Bytes(mut bytes) = packed(body) else { unreachable!() };
    let head = String::from_utf8_lossy(&bytes).find("content-length").unwrap();
    let end = bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    bytes.drain(head..end + 2);
    bytes.truncate(bytes.len() - 12);
    Reply::Bytes(bytes)
}

/// An answer with a status, and further lines of its head (each with its end).
pub(crate) fn status(status: u16, head: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(format!("HTTP/1.1 {status} Said\r\n{head}content-length: {length}\r\n\r\n{body}").into_bytes())
}

/// An answer in chunks, without the last one.
pub(crate) fn chunks_without_end(body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n").into_bytes())
}

/// An answer that is shorter than it says.
pub(crate) fn shorter_than_said(body: &str) -> Reply {
    let length = body.len() + 100;
    Reply::Bytes(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes())
}

/// A server that runs until the test ends.
pub(crate) struct StandIn {
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl StandIn {
    /// Answers each request by `reply`, which is given the number of requests before it.
    pub(crate) fn start(reply: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, reply) = (Arc::clone(&asked), Arc::new(reply));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, log, reply) = (stream.unwrap(), Arc::clone(&log), Arc::clone(&reply));
                thread::spawn(move || serve(stream, &log, &*reply));
            }
        });
        Self { address, asked }
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Asked>>, reply: &(dyn Fn(&Asked, usize) -> Reply + Send + Sync)) {
    let mut reader = BufReader::new(stream);
    let Some(asked) = read(&mut reader) else { return };
    let before = {
        let mut log = log.lock().unwrap();
        log.push(asked.clone());
        log.len() - 1
    };
    let reply = reply(&asked, before);
    let mut stream = reader.into_inner();
    // The other side may go away at any time.
    match reply {
        Reply::Bytes(bytes) => drop(stream.write_all(&bytes)),
        Reply::Silent(bytes) => {
            drop(stream.write_all(&bytes));
            let mut rest = Vec::new();
            drop(stream.read_to_end(&mut rest));
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let header = |name: &str| {
        lines.iter().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let mut words = lines.first()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut body = vec![0; header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let form = String::from_utf8(body).unwrap();
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let parameters = query.split('&').chain(form.split('&')).filter_map(|pair| pair.split_once('='));
    Some(Asked {
        method,
        path: path.to_owned(),
        parameters: parameters.map(|(name, value)| (decoded(name), decoded(value))).collect(),
        authorization: header("authorization").unwrap_or_default(),
    })
}

/// A project of Mixpanel with a few made-up users, which answers as the reference describes it.
pub(crate) fn mixpanel(asked: &Asked) -> Reply {
    match asked.path.as_str() {
        "/api/2.0/export" => packed(&day(asked.parameter("from_date"), asked.parameter("event"))),
        "/api/query/stream/query" => ok(&activity(asked.parameter("distinct_ids"))),
        "/api/query/engage" => ok(&profiles(asked)),
        _ => status(404, "", r#"{"error": "not found", "status": "error"}"#),
    }
}

/// A row of the day, and `$create_alias` on the first of July 2019.
pub(crate) fn day(day: &str, only: &str) -> String {
    let noon = chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").unwrap().and_hms_opt(12, 0, 0).unwrap();
    let noon = noon.and_utc().timestamp_millis();
    let mut rows = Vec::new();
    if day == "2019-07-01" {
        rows.push(("View", "12345", noon, ""));
        rows.push(("$create_alias", "12345", noon + 1_000, r#","alias":"sally@example.com""#));
    }
    // A Sunday on which no one came.
    if day != "2019-07-07" {
        rows.push(("Purchase", "12345", noon + 60_000, ""));
    }
    let only: Vec<String> = if only.is_empty() { Vec::new() } else { serde_json::from_str(only).unwrap() };
    rows.retain(|(event, ..)| only.is_empty() || only.iter().any(|name| name == event));
    let row = |(event, id, time, more): (&str, &str, i64, &str)| {
        format!(
            "{{\"event\":\"{event}\",\"properties\":{{\"time\":{time},\"distinct_id\":\"{id}\",\"$insert_id\":\"{event}-\
             {day}\",\"mp_processing_time_ms\":{}{more}}}}}\n",
            time + 500
        )
    };
    rows.into_iter().map(row).collect()
}

fn activity(ids: &str) -> String {
    let ids: Vec<String> = serde_json::from_str(ids).unwrap();
    let event = |(number, id): (usize, &String)| serde_json::json!({"event": "Viewed Page", "properties": {"time": 1_599_589_470 + number, "$distinct_id": id}});
    let events: Vec<Value> = ids.iter().filter(|id| *id != "nobody").enumerate().map(event).collect();
    serde_json::json!({"status": "ok", "results": {"events": events}}).to_string()
}

/// Five profiles on pages of two, or those of some ids.
fn profiles(asked: &Asked) -> String {
    let profile =
        |id: &str| serde_json::json!({"$distinct_id": id, "$properties": {"$email": format!("{id}@example.com")}});
    let ids = asked.parameter("distinct_ids");
    if !ids.is_empty() {
        let ids: Vec<String> = serde_json::from_str(ids).unwrap();
        let results: Vec<Value> = ids.iter().filter(|id| *id != "nobody").map(|id| profile(id)).collect();
        return serde_json::json!({"page": 0, "page_size": 1000, "session_id": "s", "status": "ok", "total": results.len(),
            "results": results})
        .to_string();
    }
    let page: usize = asked.parameter("page").parse().unwrap_or(0);
    assert!(page == 0 || asked.parameter("session_id") == "session-1", "{asked:?}");
    let results: Vec<Value> = (page * 2..5.min(page * 2 + 2)).map(|number| profile(&format!("p{number}"))).collect();
    serde_json::json!({"page": page, "page_size": 2, "session_id": "session-1", "status": "ok", "total": 5, "results": results})
        .to_string()
}
