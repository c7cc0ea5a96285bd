//! Reports of `journey check` as other programs read them: the schema of SARIF, and a reader of `JUnit` files.
//!
//! `.ci/run` installs the packages of `tests/data/readers` into `target/readers`, and says with
//! `JOURNEY_NEEDS_READERS` that they have to be there; elsewhere the tests say that they are skipped.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{Home, code, err, out};

fn packages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/readers")
}

/// Whether the packages are there; where they have to be, a failure if they are not.
fn can_read() -> bool {
    let is_there = packages().join("junitparser").is_dir();
    assert!(is_there || env::var_os("JOURNEY_NEEDS_READERS").is_none(), "no packages in {}", packages().display());
    if !is_there {
        let _ = writeln!(std::io::stderr(), "skipped: no jsonschema and junitparser in target/readers");
    }
    is_there
}

/// What a reader has of a report, or why it does not take it.
fn read(home: &Home, form: &str, report: &str) -> Result<Value, String> {
    let file = home.path("report");
    fs::write(&file, report).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/readers/read.py");
    let mut python = Command::new("python3");
    python.arg("-B").arg(script).arg(form).arg(&file).env("PYTHONPATH", packages());
    let output = python.output().unwrap();
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Stores whose reports are read: none wrong, names that have to be escaped, the same row as evidence for two users,
/// several rows in one line, a file that ended early.
fn stores() -> Vec<(&'static str, Home)> {
    let row = |event: &str, time: u32, more: &str| {
        format!(r#"{{"event":"{event}","properties":{{"time":{},{more}}}}}"#, 1_700_000_000 + time) + "\n"
    };
    let alias =
        |time, of: &str, alias: &str| row("$create_alias", time, &format!(r#""distinct_id":"{of}","alias":"{alias}""#));
    let right =
        row("View", 1, r#""distinct_id":"a1""#) + &alias(2, "a1", "u1") + &row("Buy", 3, r#""distinct_id":"u1""#);
    let escaped = alias(2, "a1", r#"<u & \"1\">\u001b[31m"#)
        + &alias(9, "a2", r#"<u & \"1\">\u001b[31m"#)
        + &row("Buy", 10, r#""distinct_id":"a2","amount":5.5,"currency":"<&>""#);
    let shared = row("Open", 1, r#""distinct_id":"sally","$user_id":"sally","$device_id":"d-1""#)
        + &row("Open", 9, r#""distinct_id":"bob","$user_id":"bob","$device_id":"d-1""#);
    let in_one_line = format!(
        "[{}]",
        (0..4).map(|nth| row("", nth, r#""amount":1"#).trim_end().to_owned()).collect::<Vec<_>>().join(",")
    );
    let cut = alias(1, "a1", "u1") + &row("View", 2, r#""distinct_id":"u1""#) + "{\"event\":\"Vi";
    [
        ("right.jsonl", right),
        ("50% <b> & \"q\" é #1.jsonl", escaped),
        ("shared.jsonl", shared),
        ("batch.json", in_one_line),
        ("cut.jsonl", cut),
    ]
    .into_iter()
    .map(|(name, content)| {
        let home = Home::new();
        fs::write(home.path(name), content).unwrap();
        let output = home.run(&["import", name, "--store", "a & <b>.db", "--timezone", "UTC"]);
        assert!([0, 2].contains(&code(&output)), "{name}: {}", err(&output));
        (name, home)
    })
    .collect()
}

fn report(home: &Home, arguments: &[&str]) -> String {
    let output = home.run(&[&["check", "a & <b>.db"], arguments].concat());
    assert!([0, 1].contains(&code(&output)), "{}", err(&output));
    out(&output)
}

#[test]
fn the_schema_of_sarif_accepts_every_log_and_no_broken_one() {
    if !can_read() {
        return;
    }
    for (name, home) in stores() {
        for more in [&[][..], &["--fail-on", "note"]] {
            let log = report(&home, &[&["--format", "sarif"], more].concat());
            let results = read(&home, "sarif", &log).unwrap_or_else(|why| panic!("{name}: {why}\n{log}"));
            let found: Value = serde_json::from_str(&report(&home, &["--format", "json"])).unwrap();
            let found = found["findings"].as_array().unwrap();
            assert_eq!(results.as_array().unwrap().len(), found.len(), "{name}");
            assert_eq!(found.is_empty(), name == "right.jsonl", "{name}: {found:?}");
        }
    }
    let (_, home) = stores().remove(1);
    let log = report(&home, &["--format", "sarif"]);
    for (from, to, why) in [
        ("\"version\":\"2.1.0\"", "\"version\":\"2.2.0\"", "version"),
        ("\"level\":\"error\"", "\"level\":\"bad\"", "level"),
        ("50%25%20", "50% ", "uri-reference"),
        ("\"startLine\":2", "\"startLine\":0", "startLine"),
    ] {
        assert!(log.contains(from), "{from}: {log}");
        let refused = read(&home, "sarif", &log.replace(from, to)).unwrap_err();
        assert!(refused.contains(why), "{to}: {refused}");
    }
}

#[test]
fn a_reader_of_junit_files_has_the_kinds_as_tests_and_the_findings_as_failures() {
    if !can_read() {
        return;
    }
    for (name, home) in stores() {
        let found: Value = serde_json::from_str(&report(&home, &["--format", "json"])).unwrap();
        let list: Value = serde_json::from_str(&report(&home, &["--list", "--format", "json"])).unwrap();
        for (from, severities) in [("error", &["error"][..]), ("note", &["error", "warning", "note"])] {
            let xml = report(&home, &["--fail-on", from, "--format", "junit"]);
            let suites = read(&home, "junit", &xml).unwrap_or_else(|why| panic!("{name}: {why}\n{xml}"));
            let suite = &suites[0];
            assert_eq!((&suites[1], &suite["name"]), (&Value::Null, &json!("a & <b>.db")), "{name}");
            assert_eq!(suite["tests"], list["findings"].as_array().unwrap().len(), "{name}");
            let failing = found["findings"].as_array().unwrap().iter();
            let failing = failing.filter(|found| severities.contains(&found["severity"].as_str().unwrap()));
            let failing: Vec<&str> = failing.map(|found| found["code"].as_str().unwrap()).collect();
            let failed = suite["failed"].as_array().unwrap();
            let mut named: Vec<&str> = failed.iter().map(|failed| failed["name"].as_str().unwrap()).collect();
            let mut expected = failing.clone();
            named.sort_unstable();
            expected.sort_unstable();
            assert_eq!(named, expected, "{name}, from {from}");
            for failed in failed {
                let class = format!("journey.{}", failed["type"].as_str().unwrap());
                assert_eq!(failed["class"], class.as_str(), "{name}");
                assert!(!failed["text"].as_str().unwrap().contains('\u{1b}'), "{name}");
            }
        }
    }
    let (_, home) = stores().remove(1);
    let xml = report(&home, &["--format", "junit"]);
    let suites = read(&home, "junit", &xml).unwrap();
    let said = suites[0]["failed"][0]["text"].as_str().unwrap();
    assert!(said.contains("<u & \"1\">") && said.contains("50% <b> & \"q\" é #1.jsonl:"), "{said}");
    assert!(read(&home, "junit", &xml.replace("failures=\"1\"", "failures=\"2\"")).is_err(), "counts are compared");
}
