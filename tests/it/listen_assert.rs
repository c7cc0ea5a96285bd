//! A recorded session as a test: what a file expects of it, as an exit code, text, JSON and `JUnit`.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

fn journey(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_journey")).env_remove("JOURNEY_STORE").args(arguments).output().unwrap()
}

/// A store with a sign-up that is right, and a log-in on another device that asks for its alias once more.
struct Session {
    folder: TempDir,
}

const ROWS: &str = r#"{"event":"View","properties":{"time":1700000001,"distinct_id":"anon-1"}}
{"event":"$create_alias","properties":{"time":1700000002,"distinct_id":"anon-1","alias":"pat@example.com"}}
{"event":"Sign Up","properties":{"time":1700000003,"distinct_id":"pat@example.com"}}
{"event":"Open","properties":{"time":1700000060,"distinct_id":"phone-1"}}
{"event":"$create_alias","properties":{"time":1700000061,"distinct_id":"phone-1","alias":"pat@example.com"}}
{"event":"Buy","properties":{"time":1700000062,"distinct_id":"phone-1"}}
{"event":"View","properties":{"time":1700000070,"distinct_id":"sam@example.com"}}
"#;

impl Session {
    fn new() -> Self {
        let session = Self { folder: TempDir::new().unwrap() };
        let rows = session.file("rows.jsonl", ROWS);
        let output = journey(&["import", &rows, "--timezone", "UTC", "--store", &session.path("session.db")]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        session
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn file(&self, name: &str, content: &str) -> String {
        fs::write(self.folder.path().join(name), content).unwrap();
        self.path(name)
    }

    /// The exit code and the output of a check against `expected`.
    fn check(&self, expected: &str, more: &[&str]) -> (Option<i32>, String) {
        let file = self.file("expected.toml", expected);
        let store = self.path("session.db");
        let output = journey(&[&["check", &store, "--session", &file], more].concat());
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    }
}

#[test]
fn what_a_session_shows_passes_and_each_thing_that_differs_fails_alone() {
    let session = Session::new();
    let right = r#"
findings = ["alias-on-login"]

[[user]]
id = "pat@example.com"
same = ["anon-1"]
other = ["sam@example.com", "phone-1"]
ids = 2
rows = 3
events = ["View", "Sign Up"]
split = 0
refused = 1
orphaned = 3
findings = ["alias-on-login"]

[[user]]
id = "sam@example.com"
ids = 1
findings = []
"#;
    let (code, text) = session.check(right, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("all hold"), "{text}");
    for (from, to, key) in [
        (
            "findings = [\"alias-on-login\"]\n\n[[user]]\nid = \"pat",
            "findings = []\n\n[[user]]\nid = \"pat",
            "session  findings",
        ),
        ("same = [\"anon-1\"]", "same = [\"phone-1\"]", "same"),
        ("other = [\"sam@example.com\", \"phone-1\"]", "other = [\"anon-1\"]", "other"),
        ("ids = 2", "ids = 3", "ids"),
        ("rows = 3", "rows = 4", "rows"),
        ("events = [\"View\", \"Sign Up\"]", "events = [\"Sign Up\", \"View\"]", "events"),
        ("split = 0", "split = 1", "split"),
        ("refused = 1", "refused = 0", "refused"),
        ("orphaned = 3", "orphaned = 0", "orphaned"),
        ("findings = []\n", "findings = [\"no-reset\"]\n", "sam@example.com  findings"),
        (
            "id = \"sam@example.com\"\nids = 1\nfindings = []",
            "id = \"no one\"\nids = 1",
            "expected a user, found nothing names it",
        ),
    ] {
        assert!(right.contains(from), "{from}");
        let (code, text) = session.check(&right.replacen(from, to, 1), &[]);
        assert_eq!(code, Some(1), "{to}: {text}");
        let failed: Vec<&str> = text.lines().filter(|line| line.starts_with("FAILED")).collect();
        assert!(failed.len() == 1 && failed[0].contains(key), "{to}: {text}");
    }
}

#[test]
fn json_and_junit_report_the_same() {
    let session = Session::new();
    let expected = "[[user]]\nid = \"pat@example.com\"\nrefused = 0\nids = 2\n";
    let (code, text) = session.check(expected, &["--format", "json"]);
    let answer: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((code, &answer["failed"]), (Some(1), &Value::from(1)));
    assert_eq!(answer["expectations"][0]["holds"], true);
    let (code, text) = session.check(expected, &["--format", "junit"]);
    assert_eq!(code, Some(1));
    for part in [
        "<testsuites name=\"journey session\" tests=\"2\" failures=\"1\">",
        "<testcase classname=\"journey.session\" name=\"pat@example.com: ids 2\"/>",
        "<failure type=\"refused\" message=\"expected 0, found 1\"/>",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    assert_eq!(session.check(expected, &["--format", "csv"]).0, Some(2));
}

#[test]
fn a_file_that_cannot_be_used_is_wrong_use_and_nothing_is_checked() {
    let session = Session::new();
    for (expected, why) in [
        ("", "it expects nothing"),
        ("findings = [\"alias-on-logon\"]", "did you mean alias-on-login?"),
        ("[[user]]\nid = \"a\"\nrow = 1", "unknown field"),
    ] {
        let (code, text) = session.check(expected, &[]);
        assert!(code == Some(2) && text.contains(why), "{expected}: {code:?} {text}");
    }
    let store = session.path("session.db");
    assert_eq!(journey(&["check", &store, "--session", "/nowhere/at/all.toml"]).status.code(), Some(2));
}

#[test]
fn the_example_of_the_docs_is_a_file_that_can_be_read() {
    let docs = include_str!("../../assets/docs/listen.md");
    let example = docs.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    journey::session::Expected::read(example).unwrap();
}

/// A session over loopback that ends with a code, and what it wrote.
#[cfg(unix)]
fn listened(more: &[&str], expected: &str) -> (Option<i32>, String, String) {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpStream;
    use std::process::Stdio;

    let folder = TempDir::new().unwrap();
    let file = folder.path().join("expected.toml");
    fs::write(&file, expected).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_journey"))
        .env_remove("JOURNEY_STORE")
        .args(["listen", "--port", "0", "--assert"])
        .arg(&file)
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut notes = BufReader::new(child.stderr.take().unwrap());
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    // The report has the output for itself.
    if more.contains(&"junit") {
        notes.read_line(&mut first).unwrap();
    } else {
        lines.read_line(&mut first).unwrap();
    }
    let address = first.trim().rsplit("http://").next().unwrap().to_owned();
    for row in ROWS.lines() {
        let body = row.replace("\"time\"", "\"token\":\"T\",\"time\"");
        let mut stream = TcpStream::connect(&address).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST /track HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let (mut out, mut error) = (String::new(), String::new());
    lines.read_to_string(&mut out).unwrap();
    notes.read_to_string(&mut error).unwrap();
    (child.wait().unwrap().code(), out, error)
}

#[cfg(unix)]
#[test]
fn a_session_that_was_just_received_is_checked_when_it_ends() {
    let right = "[[user]]\nid = \"pat@example.com\"\nsame = [\"anon-1\"]\nrefused = 1\n";
    let (code, out, error) = listened(&[], right);
    assert!(code == Some(0) && out.contains("2 expectations: all hold"), "{out}{error}");
    let wrong = right.replace("refused = 1", "refused = 0");
    let (code, out, _) = listened(&[], &wrong);
    assert!(code == Some(1) && out.contains("FAILED  pat@example.com  refused  expected 0, found 1"), "{out}");
    let (code, out, _) = listened(&["--format", "junit"], &wrong);
    assert_eq!(code, Some(1));
    assert!(out.starts_with("<?xml") && out.trim_end().ends_with("</testsuites>"), "{out}");
}
