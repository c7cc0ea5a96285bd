//! Real SDKs send to `journey listen`: every row that they say they sent is in the store, in order.
//!
//! `.ci/run` installs the packages of `tests/data/sdks/package.json` into `target/sdks`. Where they are
//! not, the test names the SDK that it leaves out.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_journey"));
    command.env_remove("JOURNEY_STORE").stdin(Stdio::null());
    command
}

/// What the SDK says that it sent, and the names of the rows in the store.
fn sent_and_stored(sdk: &str, packages: &Path) -> (Vec<String>, Vec<String>) {
    let folder = TempDir::new().unwrap();
    let store = folder.path().join("session.db");
    let mut listening = program()
        .args(["listen", "--headless", "--port", "0", "--store"])
        .arg(&store)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(listening.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    let url = first.trim().strip_prefix("listening on ").unwrap().to_owned();
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sdks/drive.mjs");
    let driven = Command::new("node").arg(driver).args([sdk, &url]).current_dir(packages).output().unwrap();
    assert!(Command::new("kill").args(["-TERM", &listening.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert!(listening.wait().unwrap().success(), "{sdk}: {rest}");
    assert!(driven.status.success(), "{sdk}: {}", String::from_utf8_lossy(&driven.stderr));
    let said = String::from_utf8(driven.stdout).unwrap();
    let sent: Vec<String> = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let question = "SELECT event FROM events ORDER BY id";
    let asked = program().args(["sql", "--format", "json", question, "--store"]).arg(&store).output().unwrap();
    let answer: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let rows = answer["rows"].as_array().unwrap().iter();
    let name = |row: &Value| match row {
        Value::Array(cells) => cells[0].as_str().unwrap().to_owned(),
        Value::Object(cells) => cells.values().next().unwrap().as_str().unwrap().to_owned(),
        cell => cell.as_str().unwrap().to_owned(),
    };
    (sent, rows.map(name).collect())
}

#[cfg(unix)]
#[test]
fn every_row_that_an_sdk_says_it_sent_is_in_the_store_in_order() {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/sdks");
    for sdk in ["mixpanel", "mixpanel-browser", "posthog-node", "@segment/analytics-node", "@amplitude/analytics-node"]
    {
        if !packages.join("node_modules").join(sdk).is_dir() {
            println!("{sdk} is not installed in target/sdks: left out");
            continue;
        }
        let (sent, stored) = sent_and_stored(sdk, &packages);
        assert!(!sent.is_empty());
        assert_eq!(stored, sent, "{sdk}");
    }
}
