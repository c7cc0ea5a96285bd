//! SDKs in a real browser send to `journey listen` from a page of another origin: preflights, packed bodies, and
//! what a page sends while it is left. Every row is in the store, and the journeys are those of the recording.
//!
//! Debian's `chromium` is looked for on the path, and the packages in `target/sdks`: `.ci/run` installs both.
//! What is not there is named and left out.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use journey::formats::request::data;
use serde_json::Value;
use tempfile::TempDir;

use crate::listen_sdks::{Sent, is_there, packages, recorder, same_journeys, stored};
use crate::support::listening::Listening;

/// After this, what is waited for does not come.
const DEADLINE: Duration = Duration::from_secs(60);
/// SDKs do nothing where a browser says that no person sits at it.
const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// An SDK: its script, what a page does with it, and what the page after it does.
struct Sdk {
    name: &'static str,
    script: &'static str,
    /// What the app calls for, in this order.
    tracked: [&'static str; 5],
    first: &'static str,
    second: &'static str,
    /// Whether the first and the second page can be left: the SDK has its rows, and has not sent them all.
    leaves: [&'static str; 2],
}

const POSTHOG: Sdk = Sdk {
    name: "posthog-js",
    script: "dist/array.full.no-external.js",
    tracked: ["Page Viewed", "Sign-Up Started", "Sign Up", "Page Viewed", "Logged In"],
    first: r#"
        posthog.init("phc_sdk", {api_host: URL, autocapture: false, capture_pageview: false, capture_pageleave: false,
            disable_session_recording: true, opt_out_useragent_filter: true, persistence: "localStorage"});
        posthog.capture("Page Viewed", {step: 1});
        posthog.capture("Sign-Up Started", {step: 2});
        posthog.identify("pat", {email: "pat@example.com"});
        posthog.capture("Sign Up", {step: 3});
    "#,
    second: r#"
        posthog.init("phc_sdk", {api_host: URL, autocapture: false, capture_pageview: false, capture_pageleave: false,
            disable_session_recording: true, opt_out_useragent_filter: true, persistence: "localStorage"});
        posthog.reset();
        posthog.capture("Page Viewed", {step: 4});
        posthog.identify("sam", {email: "sam@example.com"});
        posthog.capture("Logged In", {step: 5});
    "#,
    leaves: [ASKED; 2],
};

/// Whether PostHog has asked for its flags.
const ASKED: &str = r#"performance.getEntriesByType("resource").some((one) => one.name.startsWith(URL + "/flags") && one.responseEnd > 0)"#;

/// Serves the pages of an app and its SDK, from a port of its own; says which page was asked for.
fn pages(sdk: &Sdk, url: &str, asked: Sender<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = fs::read_to_string(packages().join("node_modules").join(sdk.name).join(sdk.script)).unwrap();
    let page = |calls: &str, leaves: &str, next: &str| {
        format!(
            "<!doctype html><meta charset=utf-8><script src=/sdk.js></script><script>const URL = \"{url}\";{calls}
             const looking = setInterval(() => {{
                 if ({leaves}) {{ clearInterval(looking); location.href = \"{next}\"; }}
             }}, 20);</script>"
        )
    };
    let (first, second) = (page(sdk.first, sdk.leaves[0], "/second"), page(sdk.second, sdk.leaves[1], "/last"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (asked, script) = (asked.clone(), script.clone());
            let (first, second) = (first.clone(), second.clone());
            thread::spawn(move || {
                let Some((path, mut stream)) = path(stream.unwrap()) else { return };
                let (kind, body) = match path.as_str() {
                    "/first" => ("text/html", first),
                    "/second" => ("text/html", second),
                    "/sdk.js" => ("text/javascript", script),
                    _ => ("text/html", "<!doctype html>".to_owned()),
                };
                let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
                let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes());
                // The test has ended where it is not heard.
                let _ = asked.send(path);
            });
        }
    });
    // Another name, so that it is another site to a browser, too.
    format!("http://localhost:{port}/first")
}

/// The path that is asked for, once the head of the request was read.
fn path(stream: TcpStream) -> Option<(String, TcpStream)> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    Some((first.split(' ').nth(1)?.to_owned(), reader.into_inner()))
}

/// A browser on a page, until it is dropped; `None` where there is none.
struct Browser(Child);

impl Browser {
    fn open(page: &str, profile: &Path) -> Option<Self> {
        let child = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
            .arg(format!("--user-agent={AGENT}"))
            .arg(format!("--user-data-dir={}", profile.display()))
            // A debugger that no one uses keeps it open.
            .args(["--remote-debugging-port=0", page])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.ok().map(Self)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether a recording has the row of a call.
fn has(recording: &str, step: u64) -> bool {
    recording.lines().any(|line| {
        let request: Value = serde_json::from_str(line).unwrap();
        let data = request["body"].as_str().and_then(data);
        data.is_some_and(|data| data.contains(&format!("\"step\":{step},")))
    })
}

/// Drives an SDK in a browser; `false` where there is no browser, or no such package.
fn drives(sdk: &Sdk) -> bool {
    if !is_there(sdk.name, &packages().join("node_modules").join(sdk.name)) {
        return false;
    }
    let profile = TempDir::new().unwrap();
    let listening = Listening::start(&["--headless"]);
    let (answered, requests) = mpsc::channel();
    let (url, noted) = recorder(listening.address, answered);
    let (asked, pages_asked) = mpsc::channel();
    let page = pages(sdk, &url, asked);
    let Some(browser) = Browser::open(&page, profile.path()) else { return false };
    while pages_asked.recv_timeout(DEADLINE).unwrap() != "/last" {}
    // What is sent while the second page is left can come after the last was asked for.
    while (1..=5).any(|step| !has(&noted.lock().unwrap(), step)) {
        let more = requests.recv_timeout(DEADLINE);
        assert!(more.is_ok(), "{}: {}", sdk.name, noted.lock().unwrap());
    }
    drop(browser);
    let (ended, _) = listening.end();
    let recorded = noted.lock().unwrap().clone();
    let tracked: Vec<String> = sdk.tracked.iter().map(|name| (*name).to_owned()).collect();
    // A page that is left does not hear its answer, so that the next one can send the same rows again.
    let rows: BTreeSet<(u64, String)> = stored(&ended.store).into_iter().collect();
    let calls: BTreeSet<(u64, String)> = (1..).zip(tracked.iter().cloned()).collect();
    assert_eq!(rows, calls, "{}", sdk.name);
    same_journeys(sdk.name, &Sent { tracked, ended, recorded });
    true
}

#[test]
fn rows_of_posthog_in_a_browser_are_in_the_store_also_those_of_a_page_that_is_left() {
    if !drives(&POSTHOG) {
        eprintln!("skipped: no chromium, or no posthog-js in target/sdks");
    }
}
