//! The program as a shell meets it: arguments, answers, exit codes.

mod check;
mod compare;
mod config;
mod doctor;
mod doubts;
mod generated;
mod hostile;
mod import;
mod locked;
mod maps;
mod media;
mod outputs;
mod pull;
mod readers;
mod readme;
mod redact;
mod search;
mod shapes;
mod show;
mod sql;
mod start;
mod stores;
mod terms;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

/// Eleven lines: a user with an alias, a refused alias, a row sent twice, a line cut off, an id
/// and a name that would act on a terminal.
fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cli/sally.jsonl")
}

/// A folder of its own, where no store of the user is near.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With the sample imported into the default store.
    fn with_sample() -> Self {
        let home = Self::new();
        let output = home.run(&["import", sample().to_str().unwrap(), "--timezone", "UTC"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(cargo_bin!("journey"));
        command
            .current_dir(self.0.path())
            .env_remove("JOURNEY_STORE")
            .env_remove("JOURNEY_CONFIG")
            .env_remove("JOURNEY_THEME")
            .env_remove("NO_COLOR")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_STATE_HOME")
            .env("HOME", self.0.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    /// The answer as JSON, with the exit code as expected.
    fn json(&self, expected: i32, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--format", "json"]].concat());
        assert_eq!(code(&output), expected, "{}", err(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("ended by a signal")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn an_unknown_zone_is_reported_with_a_known_one() {
    let home = Home::with_sample();
    let output = home.run(&["show", "12345", "--timezone", "Europe/Berln"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("Europe/Berlin"), "{}", err(&output));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = Home::with_sample();
    for arguments in [
        &["show", "12345"][..],
        &["show", "12345", "--format", "json"],
        &["search", "a"],
        &["man"],
        &["sql", "SELECT * FROM events"],
        &["sql", "SELECT * FROM events", "--format", "csv"],
    ] {
        let mut child = home.command().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let status = child.wait().unwrap();
        let mut message = String::new();
        child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
        assert_eq!((status.code(), message.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn the_interface_needs_a_terminal() {
    let home = Home::new();
    let output = home.run(&[]);
    assert_eq!(code(&output), 2, "{}", err(&output));
    assert!(err(&output).contains("terminal") && err(&output).contains("journey show"), "{}", err(&output));
}

#[test]
fn help_names_every_command_and_exit_code() {
    let home = Home::new();
    let output = home.run(&["--help"]);
    assert_eq!(code(&output), 0);
    insta::assert_snapshot!(out(&output));
}

#[test]
fn the_version_tells_what_a_bug_report_needs() {
    let home = Home::new();
    let text = out(&home.run(&["--version"]));
    let pattern = predicates::str::is_match(r"^journey \d+\.\d+\.\d+ \(SQLite 3\.\d+\.\d+, store version \d+\)\n$");
    assert!(predicates::Predicate::eval(&pattern.unwrap(), &text), "{text}");
}
