//! Requests that are wrong, huge, slow or many get a clear answer, and the rest goes on; nothing that was
//! answered with success is lost; who may not read learns nothing.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use base64::Engine;
use serde_json::json;

use crate::support::listening::{Listening, answer, cell, event, events, gzip, program, sql};

/// What one connection that stays open is answered: the status, and the whole body by its length.
fn one_answer(stream: &mut BufReader<TcpStream>) -> Option<(u16, String)> {
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if status == 0 {
            status = line.split(' ').nth(1)?.parse().ok()?;
        }
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((status, String::from_utf8_lossy(&body).into_owned()))
}

fn posted(target: &str, body: &str) -> String {
    format!("POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Lets this program hold as many connections as the system allows.
#[cfg(target_os = "linux")]
fn more_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
}

/// Nothing reads the lines that the program writes of the requests, more than a pipe takes.
#[cfg(target_os = "linux")]
#[test]
fn a_thousand_connections_are_open_at_a_time_and_each_is_answered_again_and_again() {
    more_descriptors();
    let listening = Listening::start(&[]);
    let mut open: Vec<BufReader<TcpStream>> = (0..1_000).map(|_| BufReader::new(listening.connect())).collect();
    for round in 0..2 {
        for (number, stream) in open.iter_mut().enumerate() {
            let body = event(&format!("Round {round} {number:04}")).to_string();
            stream.get_mut().write_all(posted("/track", &body).as_bytes()).unwrap();
        }
        for stream in &mut open {
            assert_eq!(one_answer(stream), Some((200, "1".to_owned())));
        }
    }
    // Half of them begin a request and go no further; the others and new ones are answered.
    for stream in open.iter_mut().step_by(2) {
        stream.get_mut().write_all(b"POST /track HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90\r\n\r\n[{").unwrap();
    }
    for stream in open.iter_mut().skip(1).step_by(2) {
        stream.get_mut().write_all(posted("/track", &event("Last").to_string()).as_bytes()).unwrap();
    }
    for stream in open.iter_mut().skip(1).step_by(2) {
        assert_eq!(one_answer(stream), Some((200, "1".to_owned())));
    }
    assert_eq!(listening.post("/track", &event("New").to_string()).0, 200);
    drop(open);
    let (ended, _) = listening.end();
    let stored = events(&ended.store);
    assert_eq!(stored.len(), 2_501);
    assert_eq!((stored[0].as_str(), stored[1].as_str()), ("Last", "Last"));
    assert!(stored.contains(&"Round 1 0999".to_owned()));
}

#[test]
fn malformed_requests_are_answered_or_cut_and_the_rest_goes_on() {
    let listening = Listening::start(&[]);
    let body = event("Sent").to_string();
    let long = "x".repeat(300 << 10);
    let many = "a: b\r\n".repeat(400);
    let head = "POST /track HTTP/1.1\r\nHost: localhost\r\n";
    // The status; 0 is a connection that was closed without a word.
    let cases: Vec<(Vec<u8>, &[u16])> = vec![
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00".to_vec(), &[0, 400]),
        (b"\r\n\r\n\r\n".to_vec(), &[0, 400]),
        (vec![0; 4_096], &[0, 400]),
        (b"GET\r\n\r\n".to_vec(), &[0, 400]),
        (b"GET /track\r\n\r\n".to_vec(), &[0, 400]),
        (b"GET /track HTTP/9.9\r\nHost: localhost\r\n\r\n".to_vec(), &[0, 400]),
        (b"SPLIT\x01TING /track HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), &[0, 400]),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_vec(), &[0, 400, 404]),
        (b"BREW /track HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_vec(), &[405]),
        (format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes(), &[0, 400, 414, 431]),
        (format!("{head}Long: {long}\r\n\r\n").into_bytes(), &[0, 400, 431]),
        (format!("{head}{many}\r\n").into_bytes(), &[0, 400, 431]),
        (format!("{head}Content-Length: -1\r\n\r\n").into_bytes(), &[0, 400]),
        (format!("{head}Content-Length: 99999999999999999999999\r\n\r\n").into_bytes(), &[0, 400]),
        (format!("{head}Content-Length: 2\r\nContent-Length: 30\r\n\r\n[]").into_bytes(), &[0, 400]),
        (format!("{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n").into_bytes(), &[0, 400]),
        (format!("{head}Transfer-Encoding: gzip\r\n\r\n{body}").into_bytes(), &[0, 400]),
        (format!("{head}Content-Length: 9999999999\r\nExpect: 100-continue\r\n\r\n").into_bytes(), &[413]),
        (
            [
                format!("{head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n").into_bytes(),
                format!("{:x}\r\n{}\r\n", 11 << 20, "[".repeat(11 << 20)).into_bytes(),
                b"0\r\n\r\n".to_vec(),
            ]
            .concat(),
            &[413],
        ),
        (
            format!("{head}Host: evil.example\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]").into_bytes(),
            &[0, 400, 403],
        ),
    ];
    for (request, allowed) in &cases {
        let mut stream = listening.connect();
        // A server that answers early may close before all is written.
        let _ = stream.write_all(request);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let status = String::from_utf8_lossy(&bytes).split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
        let begin = String::from_utf8_lossy(&request[..request.len().min(60)]).into_owned();
        assert!(allowed.contains(&status), "{status} to {begin:?}");
        assert_eq!(listening.post("/track", &body).0, 200, "after {begin:?}");
    }
    let (ended, _) = listening.end();
    assert_eq!(events(&ended.store).len(), cases.len());
}

#[test]
fn bodies_that_are_no_rows_are_refused_with_a_reason_and_kept() {
    let listening = Listening::start(&[]);
    let deep = "[".repeat(200_000);
    let nested = format!("{}1{}", r#"{"event":"A","properties":"#.repeat(3_000), "}".repeat(3_000));
    let wide = format!("[{}]", vec!["1"; 50_000].join(","));
    for body in [
        deep.as_bytes(),
        nested.as_bytes(),
        wide.as_bytes(),
        b"\xff\xfe\x00\x00",
        b"null",
        b"[null,[],{},\"\",1e999]",
        b"{\"event\":\"A\",\"event\":\"B\"}",
        b"data=%%%",
        b"data=eyJldmVudCI6",
        b"{\"event\":\"\\ud800\",\"properties\":",
        "{\"event\":\"\u{202e}\u{1b}[31m".as_bytes(),
    ] {
        for target in
            ["/track?verbose=1", "/engage?verbose=1", "/import?strict=1", "/v1/batch", "/batch/", "/2/httpapi"]
        {
            let (status, _, said) = listening.send("POST", target, "Authorization: Basic SzI6\r\n", body);
            let begin = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            assert!((200..500).contains(&status), "{status} {said} of {target} to {begin:?}");
            assert!(!said.contains('\u{1b}'), "{said:?}");
        }
    }
    assert_eq!(listening.post("/track", &event("Through").to_string()).0, 200);
    let (ended, _) = listening.end();
    assert!(events(&ended.store).contains(&"Through".to_owned()));
    let rejects: i64 = cell(&sql(&ended.store, "SELECT count(*) FROM rejects")[0]).parse().unwrap();
    assert!(rejects > 30, "{rejects}");
}

/// Most bytes of memory that the program has held.
#[cfg(target_os = "linux")]
fn most_memory(listening: &Listening) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", listening.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[cfg(target_os = "linux")]
#[test]
fn bombs_of_every_packing_are_answered_with_413_and_cost_little_memory() {
    let listening = Listening::start(&[]);
    let content = vec![b'['; 200 << 20];
    let zlib = {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&content).unwrap();
        packer.finish().unwrap()
    };
    let many = gzip(&content[..8 << 20]).repeat(25);
    let bombs = [
        ("gzip", gzip(&content)),
        ("gzip", many),
        ("zstd", zstd::encode_all(content.as_slice(), 1).unwrap()),
        ("deflate", zlib),
    ];
    drop(content);
    // Without an encoding that is said, too: the first bytes say it.
    thread::scope(|scope| {
        for (encoding, bomb) in &bombs {
            for said in [true, false].into_iter().filter(|said| *said || *encoding != "deflate") {
                for target in ["/track", "/batch/", "/v1/batch", "/2/httpapi", "/import"] {
                    let listening = &listening;
                    scope.spawn(move || {
                        let header = if said { format!("Content-Encoding: {encoding}\r\n") } else { String::new() };
                        let (status, _, body) = listening.send("POST", target, &header, bomb);
                        // Too many at a time are put off.
                        assert!(matches!(status, 413 | 503), "{status} {body} of {target} to {encoding}");
                    });
                }
            }
        }
    });
    for (encoding, bomb) in &bombs {
        let header = format!("Content-Encoding: {encoding}\r\n");
        assert_eq!(listening.send("POST", "/track", &header, bomb).0, 413, "{encoding}");
    }
    assert_eq!(listening.post("/track", &event("Through").to_string()).0, 200);
    let most = most_memory(&listening);
    assert!(most < 400 << 20, "{} MiB", most >> 20);
    let (ended, _) = listening.end();
    assert_eq!(events(&ended.store), ["Through"]);
}

#[test]
fn a_request_that_comes_byte_by_byte_is_one_and_several_in_one_packet_are_several() {
    let listening = Listening::start(&[]);
    let body = event("Slowly").to_string();
    let mut slow = listening.connect();
    slow.set_nodelay(true).unwrap();
    for byte in posted("/track", &body).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").bytes() {
        slow.write_all(&[byte]).unwrap();
    }
    assert_eq!(answer(&mut slow).0, 200);
    let mut stream = BufReader::new(listening.connect());
    let bad = posted("/track?verbose=1", "[5]");
    let whole = [posted("/track", &body), bad, posted("/nowhere", "{}")].concat();
    stream.get_mut().write_all(whole.as_bytes()).unwrap();
    assert_eq!(one_answer(&mut stream), Some((200, "1".to_owned())));
    let (status, said) = one_answer(&mut stream).unwrap();
    assert_eq!((status, said.contains("not an object")), (400, true), "{said}");
    assert_eq!(one_answer(&mut stream).map(|(status, _)| status), Some(404));
    let (ended, _) = listening.end();
    assert_eq!(events(&ended.store), ["Slowly", "Slowly"]);
}

/// Clients that send as fast as they are answered, until the program is killed in the middle of it.
#[test]
fn a_kill_in_the_middle_of_much_traffic_loses_nothing_that_was_answered() {
    let mut listening = Listening::start(&["--headless"]);
    let (answered, count, is_over) = (Mutex::new(Vec::new()), AtomicUsize::new(0), AtomicBool::new(false));
    let address = listening.address;
    thread::scope(|scope| {
        for client in 0..16 {
            let (answered, count, is_over) = (&answered, &count, &is_over);
            scope.spawn(move || {
                let Ok(stream) = TcpStream::connect(address) else { return };
                let mut stream = BufReader::new(stream);
                for number in 0.. {
                    let names: Vec<String> = (0..5).map(|row| format!("C{client:02} {number:05} {row}")).collect();
                    let rows: Vec<_> = names.iter().map(|name| event(name)).collect();
                    let sent = posted("/track", &json!(rows).to_string());
                    if stream.get_mut().write_all(sent.as_bytes()).is_err() || is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    match one_answer(&mut stream) {
                        Some((200, said)) if said == "1" => answered.lock().unwrap().extend(names),
                        _ => return,
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while count.load(Ordering::Relaxed) < 400 {
            thread::yield_now();
        }
        listening.child.kill().unwrap();
        is_over.store(true, Ordering::Relaxed);
    });
    listening.child.wait().unwrap();
    let stored: std::collections::HashSet<String> = events(&listening.store).into_iter().collect();
    let answered = answered.into_inner().unwrap();
    assert!(answered.len() >= 2_000, "{}", answered.len());
    let lost: Vec<_> = answered.iter().filter(|name| !stored.contains(*name)).collect();
    assert!(lost.is_empty(), "{} of {} lost: {lost:?}", lost.len(), answered.len());
    // A request is in the store as a whole or not at all.
    assert_eq!(stored.len() % 5, 0);
}

/// How often the threads of the program have been woken.
#[cfg(target_os = "linux")]
fn wakes(listening: &Listening) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{}/task", listening.child.id())).unwrap();
    let of_task = |path: std::path::PathBuf| {
        let status = fs::read_to_string(path.join("status")).unwrap_or_default();
        let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
        line("voluntary_ctxt_switches:").unwrap_or(0) + line("nonvoluntary_ctxt_switches:").unwrap_or(0)
    };
    tasks.map(|task| of_task(task.unwrap().path())).sum()
}

#[cfg(target_os = "linux")]
#[test]
fn while_nothing_comes_nothing_runs() {
    let listening = Listening::start(&["--headless"]);
    let mut stream = BufReader::new(listening.connect());
    stream.get_mut().write_all(posted("/track", &event("A").to_string()).as_bytes()).unwrap();
    assert_eq!(one_answer(&mut stream), Some((200, "1".to_owned())));
    // What follows the answer, such as a line that is written, ends when the next request is answered.
    assert_eq!(listening.post("/track", &event("B").to_string()).0, 200);
    let mut before = wakes(&listening);
    let mut quiet = 0;
    // Work of this program, in the time of which one that polls would run many times.
    for _ in 0..40 {
        let packed = gzip(&vec![7; 4 << 20]);
        assert!(!packed.is_empty());
        let now = wakes(&listening);
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
    }
    assert!(quiet >= 20, "it was woken in the last {quiet} of 40 spans");
    drop(stream);
}

#[test]
fn no_method_on_any_path_says_more_after_rows_have_come_than_before() {
    let listening = Listening::start(&[]);
    let paths = [
        "/",
        "/track",
        "/track/",
        "/engage",
        "/groups",
        "/import",
        "/decide",
        "/flags",
        "/flags/definitions",
        "/record",
        "/settings",
        "/v1/batch",
        "/v1/t",
        "/v1/projects/K/settings",
        "/v1/m",
        "/sourceConfig",
        "/capture",
        "/e",
        "/i/v0/e",
        "/batch",
        "/array/K/config",
        "/s",
        "/2/httpapi",
        "/events",
        "/api/2.0/export",
        "/session.db",
        "/metrics",
        "/health",
        "/.well-known/x",
        "/track/..%2f..%2fsession.db",
        "/?id=a-1",
        "/track?data=a-1",
    ];
    let methods = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"];
    let asked = |path: &str, method: &str| {
        let origin = "Origin: http://page.example\r\nAccess-Control-Request-Method: POST\r\n";
        let (status, head, body) = listening.send(method, path, origin, b"");
        let head: Vec<String> = head.lines().filter(|line| !line.starts_with("date:")).map(str::to_owned).collect();
        (status, head, body)
    };
    let all = || -> Vec<_> {
        paths
            .iter()
            .flat_map(|path| methods.iter().map(move |method| (*path, *method)))
            .map(|(path, method)| (path, method, asked(path, method)))
            .collect()
    };
    let before = all();
    for name in ["Private 1", "Private 2"] {
        assert_eq!(listening.post("/track", &event(name).to_string()).0, 200);
    }
    let call = json!({"type": "track", "event": "Private 3", "anonymousId": "a-1", "messageId": "m"}).to_string();
    assert_eq!(listening.post("/v1/t?writeKey=K", &call).0, 200);
    for ((path, method, before), (_, _, after)) in before.iter().zip(&all()) {
        assert_eq!(before, after, "{method} {path}");
        assert!(!after.2.contains("Private") && !after.2.contains("a-1"), "{method} {path}: {}", after.2);
        // A page may send with the credentials that its browser has; nothing of the answer is kept.
        let is_shared = after.1.iter().any(|line| line == "access-control-allow-origin: *");
        assert!(!is_shared && after.1.contains(&"cache-control: no-store".to_owned()), "{method} {path}");
    }
}

#[test]
fn a_page_under_another_name_is_kept_out_however_it_names_itself() {
    let listening = Listening::start(&[]);
    let body = event("Evil").to_string();
    let end =
        format!("Origin: http://evil.example\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for begin in [
        "POST /track HTTP/1.1\r\nHost: evil.example\r\n",
        "POST /track HTTP/1.1\r\nHost: localhost.evil.example:8787\r\n",
        "POST /track HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n",
        "POST /track HTTP/1.1\r\nHost: evil.example:127\r\n",
        "POST http://evil.example/track HTTP/1.1\r\nHost: localhost\r\n",
        "POST /track HTTP/1.0\r\n",
        "POST /track HTTP/1.1\r\nHost: \r\n",
        "POST /track HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\n",
        "POST /track HTTP/1.1\r\nHost: [::1].evil.example\r\n",
        "POST /track HTTP/1.1\r\nHost: 192.168.0.7:8787\r\n",
        "POST /track HTTP/1.1\r\nHost: 0.0.0.0:8787\r\n",
    ] {
        let (status, head, said) = listening.raw(format!("{begin}{end}").as_bytes());
        assert!(matches!(status, 400 | 403), "{status} {said} to {begin:?}");
        assert!(!head.contains("access-control-allow"), "{head}");
    }
    assert_eq!(listening.post("/track", &event("Own").to_string()).0, 200);
    let (ended, _) = listening.end();
    assert_eq!(events(&ended.store), ["Own"]);
}

#[test]
fn no_key_of_a_project_and_no_token_of_the_server_gets_into_the_store_or_the_lines() {
    let mut listening = Listening::start(&["--headless", "--token", "plum-tree-SECRET"]);
    let post = |target: &str, headers: &str, body: &str| {
        let target = format!("/plum-tree-SECRET{target}");
        listening.send("POST", &target, headers, body.as_bytes()).0
    };
    let row = json!({"event": "A", "properties": {"token": "MP-SECRET", "distinct_id": "a-1", "$insert_id": "i"}});
    let data = base64::engine::general_purpose::STANDARD.encode(row.to_string());
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let wrong = r#"{"event":"A","properties":{"token":"MP-SECRET","total":9,00}}"#;
    let basic = "Authorization: Basic TVAtU0VDUkVUOg==\r\n";
    let call = json!({"type": "track", "event": "S", "anonymousId": "s", "messageId": "m", "writeKey": "SEG-SECRET", "context": {"library": {"name": "analytics.js"}}});
    let batch = json!({"batch": [call], "writeKey": "SEG-SECRET"}).to_string();
    let hog = json!({"api_key": "PH-SECRET", "batch": [{"event": "P", "distinct_id": "p", "timestamp": "2026-11-28T10:00:00Z", "uuid": "u", "properties": {"token": "PH-SECRET"}}]}).to_string();
    let hit = json!({"api_key": "AM-SECRET", "events": [{"event_type": "O", "device_id": "d", "time": 1_795_428_910_000_u64, "insert_id": "x"}]}).to_string();
    let update = r#"{"$token":"MP-SECRET","$distinct_id":"a-1","$set":{"n":1}}"#;
    for (target, headers, body, status) in [
        ("/track", "", row.to_string().as_str(), 200),
        ("/track", form, format!("data={}&api_key=MP-SECRET", data.replace('=', "%3D")).as_str(), 200),
        ("/track", "", wrong, 400),
        ("/engage", "", update, 200),
        ("/import?strict=1&api_key=MP-SECRET", basic, json!([event("I")]).to_string().as_str(), 200),
        ("/v1/batch", "", batch.as_str(), 200),
        ("/batch/?api_key=PH-SECRET", "", hog.as_str(), 200),
        ("/2/httpapi", "", hit.as_str(), 200),
        ("/nowhere?token=MP-SECRET", "", "{}", 404),
    ] {
        assert_eq!(post(target, headers, body), status, "{target}");
    }
    let missing = listening.send("POST", "/plum-tree-SECREX/track", "", b"[]");
    assert_eq!((missing.0, missing.2.contains("SECRE")), (401, false), "{}", missing.2);
    let folder = listening.store.parent().unwrap().to_owned();
    // Also what SQLite keeps next to the store while it is open.
    let everywhere = |what: &str| {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            assert!(!bytes.windows(6).any(|part| part == b"SECRET"), "{what}: {}", path.display());
        }
    };
    everywhere("while it listens");
    let id = listening.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let mut lines = String::new();
    listening.lines.read_to_string(&mut lines).unwrap();
    assert!(listening.child.wait().unwrap().success());
    assert!(lines.contains("/track") && !lines.contains("SECRET"), "{lines}");
    everywhere("after it");
    let properties = sql(&listening.store, "SELECT props(id) FROM events");
    assert_eq!(properties.len(), 6);
    assert!(properties.iter().all(|row| !cell(row).contains("SECRET")), "{properties:?}");
}

#[test]
fn another_address_is_listened_on_with_a_token_and_a_warning_alone() {
    let mut child = program()
        .args(["listen", "--headless", "--memory", "--port", "0", "--bind", "0.0.0.0", "--token", "plum-tree-9"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let port = first.trim().rsplit(':').next().unwrap().parse::<u16>().unwrap();
    let body = event("A").to_string();
    let sent = |path: &str, host: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        answer(&mut stream).0
    };
    assert_eq!(sent("/track", "192.0.2.7"), 401);
    assert_eq!(sent("/plum-tree-8/track", "192.0.2.7"), 401);
    assert_eq!(sent("/plum-tree-9/track", "192.0.2.7"), 200);
    child.kill().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    assert!(said.contains("other machines can reach this one") && said.contains("token"), "{said}");
    assert!(!said.contains("plum-tree-9"), "{said}");
}
