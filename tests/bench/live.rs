//! `journey listen` under load: how long it takes from a request to its row on the screen while 1,000 rows arrive in
//! a second, and how many rows a second it stores before it answers, with the memory that it has meanwhile.
//!
//! `cargo bench --bench live`. `JOURNEY_BENCH_SECONDS=600` sets how long each load lasts (10 otherwise),
//! `JOURNEY_BENCH_LIVE=screen` or `=rows` takes one part alone, `=steady` sends 20,000 rows a second and prints the
//! memory every 10 seconds.

#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot be set up has to fail")]
#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

#[expect(dead_code, reason = "other benches use the rest")]
mod seeded;
#[expect(dead_code, reason = "other benches use the rest")]
mod terminal;

use std::env;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::terminal::{PROGRAM, Terminal};

/// Rows a second while the screen is measured, and rows of a request.
const RATE: u32 = 1_000;
const BATCH: u32 = 10;
/// Rows of the user whose rows are waited for.
const MARKS: u32 = 60;
/// Rows a second of a load that goes on.
const STEADY: u32 = 20_000;
/// Connections and rows of a request of the loads.
const LOADS: &[(u32, u32)] = &[(1, 1), (2, 1), (2, 50), (16, 1), (16, 50), (32, 50)];

fn main() {
    if !seeded::is_wanted() {
        return;
    }
    let seconds = env::var("JOURNEY_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let part = env::var("JOURNEY_BENCH_LIVE").unwrap_or_default();
    if part.is_empty() || part == "screen" {
        screen(false);
        screen(true);
    }
    if part.is_empty() || part == "rows" {
        for (connections, rows) in LOADS {
            load(*connections, *rows, None, Duration::from_secs(seconds));
        }
    }
    if part == "steady" {
        load(8, 50, Some(STEADY), Duration::from_secs(seconds));
    }
}

/// From a request to its row on the screen: in the list of what arrives, or in the open journey of its user.
fn screen(in_journey: bool) {
    let mut terminal = Terminal::run(&["listen".as_ref(), "--port".as_ref(), "0".as_ref()]);
    terminal.wait_for("point your SDK here");
    let text = terminal.contents();
    let port = text.split("http://127.0.0.1:").nth(1).and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    let address = SocketAddr::from(([127, 0, 0, 1], port.and_then(|port| port.parse().ok()).expect("a port")));
    let mut client = Client::connect(address);
    client.post(&[row("Mark 000 begins", "mark@example.com", 0)]);
    terminal.wait_for("Mark 000 begins");
    if in_journey {
        terminal.press("\r");
        terminal.wait_for("row 1 of 1");
    }
    let over = Arc::new(AtomicBool::new(false));
    let connections = 4;
    let senders: Vec<_> = (0..connections)
        .map(|number| {
            let over = Arc::clone(&over);
            thread::spawn(move || {
                let mut client = Client::connect(address);
                let gap = Duration::from_secs(1) * BATCH * connections / RATE;
                let mut next = Instant::now() + gap * number / connections;
                let mut sent = 0;
                while !over.load(Ordering::Relaxed) {
                    thread::sleep(next.saturating_duration_since(Instant::now()));
                    next += gap;
                    let rows = (0..BATCH).map(|at| {
                        let n = u64::from(sent + at) * 31 + u64::from(number);
                        row(&format!("Event {}", n % 20), &format!("user-{}", n % 2_000), n)
                    });
                    client.post(&rows.collect::<Vec<_>>());
                    sent += BATCH;
                }
                sent
            })
        })
        .collect();
    let begun = Instant::now();
    let mut waits = Vec::new();
    for number in 1..=MARKS {
        // Uneven, so that no rhythm of the program is hit or missed each time.
        let pause = Duration::from_millis(120 + u64::from(number * 37 % 61));
        terminal.read_for(pause);
        let name = format!("Mark {number:03} is here");
        let row = row(&name, "mark@example.com", u64::from(number));
        let sent = Instant::now();
        client.send(&[row]);
        terminal.wait_for(&name);
        waits.push(sent.elapsed());
        client.hear();
    }
    let span = begun.elapsed();
    over.store(true, Ordering::Relaxed);
    let rows: u32 = senders.into_iter().map(|sender| sender.join().expect("a sender")).sum();
    waits.sort_unstable();
    let of = |share: usize| waits.get(waits.len() * share / 100).or(waits.last()).map_or(0.0, milliseconds);
    println!(
        "from a request to its row {}, {:.0} rows/s meanwhile: median {:.0} ms, 95 % {:.0} ms, most {:.0} ms",
        if in_journey { "in the open journey" } else { "in the list" },
        f64::from(rows) / span.as_secs_f64(),
        of(50),
        of(95),
        of(100)
    );
}

fn real(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn milliseconds(span: &Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

/// Sends rows for a time, as fast as they are answered or at a rate, and says how many were stored.
fn load(connections: u32, batch: u32, rate: Option<u32>, lasts: Duration) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = folder.path().join("session.db");
    let (mut child, address) = listen(&store);
    let (answered, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let waits = Arc::new(Mutex::new(Vec::new()));
    let begun = Instant::now();
    let senders: Vec<_> = (0..connections)
        .map(|number| {
            let (answered, over, waits) = (Arc::clone(&answered), Arc::clone(&over), Arc::clone(&waits));
            thread::spawn(move || {
                let mut client = Client::connect(address);
                let mut own = Vec::new();
                let gap = rate.map(|rate| Duration::from_secs(1) * batch * connections / rate);
                let mut next = Instant::now();
                let mut n = u64::from(number);
                while !over.load(Ordering::Relaxed) {
                    if let Some(gap) = gap {
                        thread::sleep(next.saturating_duration_since(Instant::now()));
                        next += gap;
                    }
                    let rows: Vec<String> = (0..batch)
                        .map(|_| {
                            n += u64::from(connections);
                            row(&format!("Event {}", n % 41), &format!("user-{}", n % 9_973), n)
                        })
                        .collect();
                    let sent = Instant::now();
                    client.post(&rows);
                    if own.len() < 100_000 {
                        own.push(sent.elapsed());
                    }
                    answered.fetch_add(u64::from(batch), Ordering::Relaxed);
                }
                waits.lock().expect("the waits").extend(own);
            })
        })
        .collect();
    let mut most = 0;
    while begun.elapsed() < lasts {
        thread::sleep(Duration::from_secs(10).min(lasts.saturating_sub(begun.elapsed())));
        let memory = resident(child.id());
        most = most.max(memory);
        if rate.is_some() {
            println!(
                "{:>5.0} s  {:>12} rows answered  {:>6.1} MB",
                begun.elapsed().as_secs_f64(),
                answered.load(Ordering::Relaxed),
                real(memory) / 1024.0
            );
        }
    }
    over.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.join().expect("a sender");
    }
    let span = begun.elapsed();
    let answered = answered.load(Ordering::Relaxed);
    // As a machine that fails would: what was answered is there all the same.
    child.kill().expect("the program ends");
    child.wait().expect("the program has ended");
    let stored = count(&store);
    let mut waits = waits.lock().expect("the waits").clone();
    waits.sort_unstable();
    let middle = waits.get(waits.len() / 2).map_or(0.0, milliseconds);
    let last = waits.get(waits.len() * 99 / 100).map_or(0.0, milliseconds);
    println!(
        "{connections:>3} connections, {batch:>3} rows a request: {:>7.0} rows/s, answer in {middle:.1} ms (99 %: \
         {last:.1} ms), {answered} answered, {stored} stored after kill -9, {:.0} MB at most",
        real(answered) / span.as_secs_f64(),
        real(most) / 1024.0
    );
    // A request that was stored and not yet answered when it was killed can be more, never less.
    assert!(stored >= answered, "rows were lost");
}

/// The program, listening without screens.
fn listen(store: &Path) -> (Child, SocketAddr) {
    let mut child = Command::new(PROGRAM)
        .args(["listen", "--port", "0", "--headless", "--store"])
        .arg(store)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program");
    let mut lines = BufReader::new(child.stdout.take().expect("its output"));
    let mut first = String::new();
    lines.read_line(&mut first).expect("its first line");
    let address = first.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok());
    thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    (child, address.unwrap_or_else(|| panic!("no address in {first:?}")))
}

/// Rows in a store.
fn count(store: &Path) -> u64 {
    let question = "SELECT count(*) FROM rows";
    let output = Command::new(PROGRAM).args(["sql", "--format", "json", question, "--store"]).arg(store).output();
    let output = output.expect("an answer").stdout;
    let text = String::from_utf8_lossy(&output);
    let rows = text.rsplit("\"rows\":").next().unwrap_or_default();
    rows.split(|c: char| !c.is_ascii_digit())
        .find(|part| !part.is_empty())
        .and_then(|part| part.parse().ok())
        .unwrap_or(0)
}

/// Memory of a program in KiB; 0 where the system does not say.
fn resident(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn row(event: &str, id: &str, number: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    format!(
        r#"{{"event":"{event}","properties":{{"token":"T","distinct_id":"{id}","time":{now},"$insert_id":"i{number:x}-{now}","mp_lib":"web","$os":"Linux","$browser":"Chrome","plan":"trial","page":"/pricing","n":{number}}}}}"#
    )
}

/// A connection that stays open.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("packets at once");
        Self(BufReader::new(stream))
    }

    fn post(&mut self, rows: &[String]) {
        self.send(rows);
        self.hear();
    }

    fn send(&mut self, rows: &[String]) {
        let body = format!("[{}]", rows.join(","));
        let mut request = String::with_capacity(body.len() + 120);
        let _ = write!(
            request,
            "POST /track HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes()).expect("a request");
    }

    /// Reads the answer, which has to be that of success.
    fn hear(&mut self) {
        let (mut line, mut length, mut first) = (String::new(), 0, true);
        loop {
            line.clear();
            self.0.read_line(&mut line).expect("an answer");
            assert!(!first || line.contains(" 200 "), "{line}");
            first = false;
            if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = said.trim().parse().expect("a length");
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("a body");
    }
}
