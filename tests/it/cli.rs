//! The program as a shell meets it: arguments, answers, exit codes.

mod config;
mod doctor;
mod hostile;
mod locked;
mod maps;
mod media;
mod outputs;
mod readme;
mod redact;
mod shapes;
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
fn an_import_counts_what_it_took_in() {
    let home = Home::new();
    let import = home.json(0, &["import", sample().to_str().unwrap(), "--timezone", "UTC"]);
    assert_eq!(import["schema"], 1);
    assert!(import["store"].as_str().unwrap().ends_with("data/journey/journey.db"));
    assert_eq!((&import["events"], &import["rejected"]), (&10.into(), &1.into()));
    let file = &import["files"][0];
    assert_eq!(file["file"], "sally.jsonl");
    assert_eq!((&file["events"], &file["aliases"], &file["rejected"]), (&10.into(), &2.into(), &1.into()));
    assert_eq!(file["bytes"], fs::metadata(sample()).unwrap().len());
    for key in ["format", "rows", "profiles", "timezone"] {
        assert!(!file[key].is_null(), "{key}");
    }
}

#[test]
fn a_repeated_import_adds_nothing() {
    let home = Home::with_sample();
    let again = home.json(0, &["import", sample().to_str().unwrap(), "--timezone", "UTC"]);
    assert_eq!((&again["events"], &again["files"][0]["already"]), (&0.into(), &true.into()));
    assert_eq!(home.json(0, &["show", "12345"])["events"].as_array().unwrap().len(), 5);
}

#[test]
fn an_import_reads_the_standard_input() {
    let home = Home::new();
    let output = home
        .command()
        .args(["import", "-", "--store", "s.db", "--timezone", "UTC", "--format", "json"])
        .stdin(fs::File::open(sample()).unwrap())
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", err(&output));
    let import: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&import["events"], &import["store"]), (&10.into(), &"s.db".into()));
}

#[test]
fn an_import_into_a_pipe_is_silent_but_for_its_sum() {
    let home = Home::new();
    let output = home.run(&["import", sample().to_str().unwrap(), "--timezone", "UTC", "--store", "s.db"]);
    assert_eq!(err(&output), "");
    assert!(out(&output).contains("10 rows new in s.db"), "{}", out(&output));
}

#[test]
fn rejects_are_written_as_json_lines() {
    let home = Home::new();
    let output = home.run(&["import", sample().to_str().unwrap(), "--rejects", "rejects.jsonl"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let text = fs::read_to_string(home.path("rejects.jsonl")).unwrap();
    let reject: Value = serde_json::from_str(text.trim_end()).unwrap();
    assert_eq!((&reject["file"], &reject["line"]), (&"sally.jsonl".into(), &7.into()));
    assert!(reject["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    assert!(reject["text"].as_str().unwrap().starts_with("{\"event\":\"Cut off\""));
}

#[test]
fn input_that_cannot_be_used_is_wrong_use() {
    let home = Home::new();
    let nowhere = home.run(&["import", "nowhere.jsonl"]);
    assert_eq!(code(&nowhere), 2);
    assert!(err(&nowhere).starts_with("error: nowhere.jsonl"), "{}", err(&nowhere));
    assert!(err(&nowhere).contains("\n  try: "), "{}", err(&nowhere));

    fs::write(home.path("poem.txt"), "Shall I compare thee\nto a summer's day?\n").unwrap();
    let poem = home.run(&["import", "poem.txt"]);
    assert_eq!(code(&poem), 2);
    assert!(err(&poem).contains("poem.txt"), "{}", err(&poem));

    let both = home.run(&["import", "poem.txt", sample().to_str().unwrap()]);
    assert_eq!(code(&both), 2, "a file that was left out must not look like success");
    assert!(out(&both).contains("10 rows new"), "{}", out(&both));
}

/// A row of an export, with these properties besides a time.
fn row(more: &str) -> String {
    format!(
        "{{\"event\":\"Ping\",\"properties\":{{\"time\":1561971600,\"mp_processing_time_ms\":1561971601500{more}}}}}\n"
    )
}

#[test]
fn an_import_says_that_rows_are_missing_and_fails() {
    let home = Home::new();
    let early = row(",\"distinct_id\":\"a\"") + "export terminated early\n";
    fs::write(home.path("early.jsonl"), &early).unwrap();
    let output = home.run(&["import", "early.jsonl", "--store", "s.db"]);
    assert_eq!(code(&output), 2);
    let text = out(&output);
    assert!(
        text.contains("incomplete, rows are missing: the server ended it early: \"export terminated early\""),
        "{text}"
    );
    assert!(text.contains("1 row new in s.db; incomplete: rows are missing"), "{text}");
    assert!(
        err(&output).starts_with("error: early.jsonl is incomplete: the server ended it early"),
        "{}",
        err(&output)
    );

    let json = home.json(2, &["import", "early.jsonl", "--store", "s.db"]);
    assert_eq!((&json["incomplete"], &json["files"][0]["incomplete"]), (&true.into(), &true.into()));
    fs::write(home.path("whole.jsonl"), row(",\"distinct_id\":\"a\"") + &row(",\"distinct_id\":\"b\"")).unwrap();
    let json = home.json(0, &["import", "whole.jsonl", "--store", "s.db"]);
    assert_eq!((&json["incomplete"], &json["files"][0]["incomplete"]), (&false.into(), &false.into()));
    assert_eq!(json["events"], 1);
}

#[test]
fn an_import_counts_what_rows_lack_and_why_some_were_not_read() {
    let home = Home::new();
    let file = [
        row(",\"distinct_id\":\"w-7\""),
        row(""),
        row(",\"distinct_id\":\"\""),
        row(",\"$distinct_id\":\"w-7\"").replace("Ping", ""),
        row(",\"distinct_id\":\"w\u{6}7\""),
        "{\"event\":\"A\"}\n{\"event\":\"B\"}\ngarbage\n".to_owned(),
    ];
    fs::write(home.path("x.jsonl"), file.concat()).unwrap();
    let output = home.run(&["import", "x.jsonl", "--store", "s.db"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let text = out(&output);
    for words in [
        "3 rows without an id, 1 row without a name, 1 row repaired",
        "2 not read: has no properties (first in line 6)",
        "1 not read: not JSON: expected value (line 8)",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let file = home.json(0, &["import", "x.jsonl", "--store", "t.db"])["files"][0].clone();
    assert_eq!((&file["without_id"], &file["without_name"], &file["repaired"]), (&3.into(), &1.into(), &1.into()));
    assert_eq!((&file["odd_times"], &file["incomplete"]), (&0.into(), &false.into()));
    let reasons = serde_json::json!([
        {"reason": "has no properties", "count": 2, "line": 6},
        {"reason": "not JSON: expected value", "count": 1, "line": 8},
    ]);
    assert_eq!(file["reasons"], reasons);
}

#[test]
fn each_of_several_inputs_that_cannot_be_used_is_told() {
    let home = Home::new();
    fs::write(home.path("a.txt"), "Shall I compare thee\n").unwrap();
    fs::write(home.path("b.csv"), "day,count\n2019-07-01,3\n").unwrap();
    fs::write(home.path("c.json"), "{\"error\":\"Unauthorized\"}").unwrap();
    let names = ["a.txt", "b.csv", "c.json"];
    let output = home.run(&[&["import", "--store", "s.db"], &names[..]].concat());
    assert_eq!(code(&output), 2);
    assert_eq!(err(&output).matches("error: ").count(), 3, "{}", err(&output));
    assert!(names.iter().all(|name| err(&output).contains(name)) && !home.path("s.db").exists(), "{}", err(&output));
    let output = home.run(&["import", "--store", "s.db", "no.jsonl", "a.txt", "nor.jsonl"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("no.jsonl") && err(&output).contains("nor.jsonl"), "{}", err(&output));
}

#[test]
fn an_import_of_which_not_one_row_could_be_read_is_wrong_use() {
    let home = Home::new();
    let wrong = row(",\"distinct_id\":\"a\"")
        .replace("\"time\":1561971600,\"mp_processing_time_ms\":1561971601500", "\"time\":\"soon\"");
    for (name, content, words) in [
        ("wrong.jsonl", wrong.as_str(), "wrong.jsonl line 1: its time cannot be read"),
        ("empty.jsonl", " \n", "there is no row in empty.jsonl"),
        ("none.json", "[ ]\n", "there is no row in none.json"),
        ("error.json", "{\"error\": \"Unable to authenticate request\"}", "Unable to authenticate request"),
        ("page.json", "<html>\u{1b}[2J<h1>502</h1>", "<html>␛[2J<h1>502</h1>"),
    ] {
        fs::write(home.path(name), content).unwrap();
        let output = home.run(&["import", name, "--store", "s.db"]);
        assert_eq!(code(&output), 2, "{name}: {}", out(&output));
        assert!(err(&output).contains(words), "{name}: {}", err(&output));
    }
}

#[test]
fn a_journey_is_one_json_object() {
    let home = Home::with_sample();
    let show = home.json(0, &["show", "sally@gmail.com"]);
    assert_eq!((&show["query"], &show["root"]), (&"sally@gmail.com".into(), &"12345".into()));
    let events = show["events"].as_array().unwrap();
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["View", "Sign Up", "$create_alias", "Dashboard", "Purchase"]);
    let lines: Vec<u64> = events.iter().map(|event| event["source"]["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5]);
    assert_eq!(events[4]["copies"], serde_json::json!([{"file": "sally.jsonl", "line": 6}]));
    assert_eq!(events[0]["time"], "2019-07-01T09:14:00.000Z");
    assert_eq!(events[0]["arrived"], "2019-07-01T09:14:01.000Z");
    assert_eq!(events[1]["properties"]["plan"], "pro");
    let statuses: Vec<_> = show["aliases"].as_array().unwrap().iter().map(|alias| alias["status"].clone()).collect();
    assert_eq!(statuses, ["accepted", "refused"]);
    assert_eq!(show["orphans"][0]["id"], "P-1");
    assert_eq!(show["orphans"][0]["events"].as_array().unwrap().len(), 3);
    assert_eq!(show["findings"][0]["code"], "alias-on-login");
}

#[test]
fn as_of_a_moment_only_what_had_arrived_is_shown() {
    let home = Home::new();
    let now = home.json(0, &["show", "sally@gmail.com"]);
    assert_eq!(now["as_of"], Value::Null);
    let then = home.json(0, &["show", "sally@gmail.com", "--as-of", "2019-07-04"]);
    assert_eq!(then["as_of"], "2019-07-04T23:59:59.999Z");
    assert_eq!((then["root"].as_str(), then["orphans"].as_array().unwrap().len()), (Some("12345"), 0));
    let arrived = |journey: &Value, until: &str| {
        let events = journey["events"].as_array().unwrap();
        events.iter().filter(|event| event["arrived"].as_str().unwrap() <= until).count()
    };
    assert_eq!(then["events"].as_array().unwrap().len(), arrived(&now, "2019-07-04T23:59:59.999Z"));
    let text = out(&home.run(&["show", "12345", "--as-of", "2019-07-01 09:14", "--timezone", "Europe/Berlin"]));
    assert!(text.is_empty(), "nothing had arrived at 07:14 UTC: {text}");
    let text = out(&home.run(&["show", "12345", "--as-of", "2019-07-01T09:14:30Z"]));
    assert!(
        text.starts_with("as of 2019-07-01 09:14:30.999 UTC: only what had arrived by then\n12345 · a root"),
        "{text}"
    );
    let early = home.run(&["show", "sally@gmail.com", "--as-of", "2019-07-01T09:14:30Z"]);
    assert_eq!(code(&early), 1);
    assert!(err(&early).contains("today it leads to 12345"), "{}", err(&early));
    assert_eq!(code(&home.run(&["show", "12345", "--as-of", "soon"])), 2);
}

#[test]
fn properties_keep_the_digits_of_the_file() {
    let home = Home::with_sample();
    let text = out(&home.run(&["show", "12345", "--format", "json"]));
    assert!(text.contains("\"price\":49.5,") && text.contains("\"amount\":20.0,"), "{text}");
}

#[test]
fn a_journey_as_text_tells_the_refused_alias_in_its_place() {
    let home = Home::with_sample();
    let output = home.run(&["show", "12345", "--timezone", "America/New_York"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let text = out(&output);
    assert!(text.contains("Mon 2019-07-01") && text.contains("05:14:00.000"), "{text}");
    let (refused, orphans) = (text.find("◇ alias(sally@gmail.com)").unwrap(), text.find("orphans:").unwrap());
    assert!(refused < orphans, "{text}");
    assert!(text.contains("left behind: 3 rows under P-1, 1 of them after this call"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colour into a pipe");
    assert!(text.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 100), "{text}");
}

#[test]
fn ascii_answers_hold_ascii_alone() {
    let home = Home::with_sample();
    for arguments in [&["show", "12345", "--ascii"][..], &["search", "", "--ascii"], &["search", "rf", "--ascii"]] {
        let output = home.run(arguments);
        assert!(output.stdout.is_ascii(), "{}", out(&output));
    }
}

#[test]
fn colour_is_written_when_it_is_asked_for() {
    let home = Home::with_sample();
    assert!(out(&home.run(&["show", "12345", "--color", "always"])).contains("\u{1b}[31m"));
    assert!(!out(&home.run(&["show", "12345", "--color", "never"])).contains('\u{1b}'));
}

#[test]
fn an_id_that_begins_with_a_hyphen_stands_after_two() {
    let home = Home::with_sample();
    let id = "-rf \u{1b}[2J";
    let output = home.run(&["show", "--format", "json", "--", id]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let show: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(show["root"], id);
    let text = out(&home.run(&["show", "--", id]));
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    assert!(text.contains("␛[2J"), "{text}");
}

#[test]
fn an_id_that_is_nowhere_suggests_near_ones() {
    let home = Home::with_sample();
    let output = home.run(&["show", "sally@gmial.com"]);
    assert_eq!(code(&output), 1);
    assert_eq!(out(&output), "");
    assert!(err(&output).contains("\n  try: sally@gmail.com (3 rows)\n"), "{}", err(&output));
}

#[test]
fn a_failure_is_an_object_where_json_is_asked_for() {
    let home = Home::with_sample();
    let output = home.run(&["show", "sally@gmial.com", "--format", "json"]);
    let failure: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((&failure["schema"], &failure["error"]["kind"]), (&1.into(), &"nothing".into()));
    assert_eq!(failure["error"]["hints"][0], "sally@gmail.com (3 rows)");

    let usage = home.run(&["show", "--format", "json"]);
    assert_eq!(code(&usage), 2);
    let failure: Value = serde_json::from_slice(&usage.stderr).unwrap();
    assert!(failure["error"]["what"].as_str().unwrap().contains("<ID>"), "{failure}");
}

#[test]
fn a_search_finds_the_best_first() {
    let home = Home::with_sample();
    let search = home.json(0, &["search", "sally"]);
    assert_eq!((&search["schema"], &search["query"]), (&1.into(), &"sally".into()));
    let hit = &search["hits"][0];
    assert_eq!(
        *hit,
        serde_json::json!({"id": "sally@gmail.com", "root": "12345", "kind": "alias", "match": "prefix",
            "events": 3, "first": "2019-07-01T09:17:20.000Z", "last": "2019-07-01T09:18:20.000Z", "via": null,
            "name": "sally@gmail.com", "person_events": 6})
    );
    let text = out(&home.run(&["search", "12345"]));
    let line = text.lines().nth(1).unwrap_or_default();
    assert!(line.starts_with("sally@gmail.com ") && line.contains(" 12345 ") && line.contains("exact"), "{text}");
}

#[test]
fn a_journey_is_handed_on_in_three_forms_with_its_properties() {
    let home = Home::new();
    let form = |form: &str| out(&home.run(&["show", "sally@gmail.com", "--format", form]));
    let rows = home.json(0, &["show", "sally@gmail.com"])["events"].as_array().unwrap().len();
    let markdown = form("markdown");
    assert!(markdown.starts_with("# Journey of `sally@gmail.com`\n") && markdown.contains("already_mapped"));
    let html = form("html");
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    assert!(html.matches("<details>").count() > rows, "orphans have properties too");
    let text = form("csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().unwrap().iter().position(|name| name == "properties").unwrap();
    let mut ids = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        let properties: Value = serde_json::from_str(&record[at]).unwrap();
        assert_eq!(properties["distinct_id"], record[4], "the properties are those of the row");
        ids.push(record[4].to_owned());
    }
    assert!(ids.len() > rows && ids.contains(&"P-1".to_owned()), "{ids:?}");
}

#[test]
fn a_filter_and_a_span_of_time_show_fewer_rows_and_say_how_many_are_hidden() {
    let home = Home::with_sample();
    let whole = home.json(0, &["show", "12345"]);
    assert_eq!(whole["selection"], Value::Null);
    let rows = |journey: &Value| -> Vec<String> {
        let orphans = journey["orphans"].as_array().unwrap().iter().map(|orphan| &orphan["events"]);
        let lists = std::iter::once(&journey["events"]).chain(orphans);
        lists.flat_map(|list| list.as_array().unwrap()).map(|row| row["event"].as_str().unwrap().to_owned()).collect()
    };
    let all = rows(&whole).len();
    let pro = home.json(0, &["show", "12345", "--filter", "plan=pro"]);
    assert_eq!(rows(&pro), ["Sign Up"], "only its properties say so");
    assert_eq!(
        pro["selection"],
        serde_json::json!({"filter": "plan=pro", "from": null, "to": null, "shown": 1, "hidden": all - 1})
    );
    for key in ["ids", "aliases", "points", "findings"] {
        assert_eq!(pro[key], whole[key], "{key} are those of the whole journey");
    }
    let morning = ["show", "12345", "--from", "2019-07-01 09:15", "--to", "2019-07-01 09:17"];
    assert_eq!(rows(&home.json(0, &morning)), ["Sign Up", "$create_alias", "Dashboard"]);
    let none = home.run(&["show", "12345", "--filter", "-is:orphan"]);
    let text = out(&none);
    assert!(text.lines().any(|line| line.contains("hidden: filter -is:orphan")), "{text}");
    assert!(!text.contains("App Open") && text.contains("3 rows hidden"), "{text}");
    let nothing = home.run(&["show", "12345", "--filter", "event:Nothing"]);
    assert_eq!(code(&nothing), 1);
    assert!(err(&nothing).contains("no event here is called") && out(&nothing).contains("0 of"), "{}", err(&nothing));
}

#[test]
fn a_filter_that_means_nothing_is_pointed_at() {
    let home = Home::with_sample();
    let output = home.run(&["show", "12345", "--filter", "event:View is:orphn"]);
    assert_eq!((code(&output), out(&output).as_str()), (2, ""));
    let told = err(&output);
    assert!(told.contains("did you mean orphan?"), "{told}");
    assert!(told.contains("\n  event:View is:orphn\n                ^"), "{told}");
    for (option, time) in [("--from", "soon"), ("--to", "2019-99-01")] {
        let output = home.run(&["show", "12345", option, time]);
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains(&format!("{option} {time:?} is no time")), "{}", err(&output));
    }
    assert_eq!(code(&home.run(&["show", "12345", "--from", "2019-07-02", "--to", "2019-07-01"])), 2);
}

#[test]
fn an_address_that_two_users_have_is_listed_with_a_warning() {
    let home = Home::with_sample();
    let profiles = home.path("profiles.jsonl");
    let profile =
        |id: &str| format!("{{\"$distinct_id\":\"{id}\",\"$properties\":{{\"$email\":\"sally@gmail.com\"}}}}\n");
    fs::write(&profiles, profile("12345") + &profile("P-1")).unwrap();
    assert_eq!(code(&home.run(&["import", profiles.to_str().unwrap()])), 0);
    let search = home.json(0, &["search", "Sally@gmail"]);
    let roots: Vec<_> = search["hits"].as_array().unwrap().iter().map(|hit| hit["root"].as_str().unwrap()).collect();
    assert_eq!(roots, ["12345", "P-1"]);
    let expected = serde_json::json!([{"value": "sally@gmail.com", "users": ["12345", "P-1"]}]);
    assert_eq!(search["shared"], expected);
    let text = out(&home.run(&["search", "sally@gmail.com", "--limit", "1"]));
    assert!(text.contains("warning: 2 users have sally@gmail.com: 12345, P-1"), "{text}");
    assert_eq!(home.json(0, &["search", "P-"])["shared"], serde_json::json!([]));
}

#[test]
fn a_search_that_lists_less_than_it_found_says_so() {
    let home = Home::with_sample();
    let output = home.run(&["search", "1", "--limit", "1"]);
    assert_eq!(out(&output).lines().count(), 2, "{}", out(&output));
    assert!(err(&output).contains("--limit"), "{}", err(&output));
    let all = home.run(&["search", "l", "--limit", "50"]);
    assert_eq!(err(&all), "");
    assert_eq!(code(&home.run(&["search", "1", "--limit", "0"])), 2);
}

#[test]
fn a_search_without_hits_is_told_by_its_exit_code() {
    let home = Home::with_sample();
    assert_eq!(home.json(1, &["search", "nobody-at-all"])["hits"], serde_json::json!([]));
    let output = home.run(&["search", "nobody-at-all"]);
    assert_eq!((code(&output), out(&output).as_str()), (1, ""));
}

#[test]
fn without_a_store_the_demo_answers_and_says_so() {
    let home = Home::new();
    let output = home.run(&["search", "a"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(err(&output).contains("built-in demo store"), "{}", err(&output));
    assert!(!home.path("data").exists(), "looking makes no store");
}

#[test]
fn a_store_that_was_named_must_be_there() {
    let home = Home::new();
    for output in [
        home.run(&["show", "12345", "--store", "missing.db"]),
        home.command().args(["show", "12345"]).env("JOURNEY_STORE", "missing.db").output().unwrap(),
        home.run(&["missing.db", "show", "12345"]),
    ] {
        assert_eq!(code(&output), 3);
        assert!(err(&output).starts_with("error: there is no store at missing.db\n"), "{}", err(&output));
        assert!(err(&output).contains("\n  try: "), "{}", err(&output));
    }
    assert!(!home.path("missing.db").exists(), "looking makes no store");
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let home = Home::new();
    let copy = home.path("sally.jsonl");
    fs::copy(sample(), &copy).unwrap();
    for arguments in [&["show", "12345"][..], &["import", sample().to_str().unwrap()]] {
        let output = home.run(&[arguments, &["--store", "sally.jsonl"]].concat());
        assert_eq!(code(&output), 3, "{}", err(&output));
        assert!(err(&output).contains("sally.jsonl is not a store"), "{}", err(&output));
    }
    assert_eq!(fs::read(&copy).unwrap(), fs::read(sample()).unwrap());
}

#[test]
fn a_mistyped_command_is_not_taken_for_a_store() {
    let home = Home::new();
    let output = home.run(&["serach"]);
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("journey search, if that command was meant"), "{}", err(&output));
}

#[test]
fn two_stores_at_once_are_wrong_use() {
    let home = Home::new();
    let output = home.run(&["a.db", "--store", "b.db", "show", "x"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("a.db") && err(&output).contains("b.db"), "{}", err(&output));
}

#[test]
fn a_zone_that_is_none_is_told_with_one_that_is() {
    let home = Home::with_sample();
    let output = home.run(&["show", "12345", "--timezone", "Europe/Berln"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("Europe/Berlin"), "{}", err(&output));
}

#[test]
fn a_question_in_sql_is_answered_in_three_forms() {
    let home = Home::with_sample();
    let question = "SELECT event, props(id) ->> 'distinct_id' AS who, line FROM events WHERE line <= 2 ORDER BY line";
    let json = home.json(0, &["sql", question]);
    assert_eq!((&json["schema"], &json["columns"]), (&1.into(), &serde_json::json!(["event", "who", "line"])));
    let rows = json["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["line"]), (2, &1.into()));
    let name = rows[0]["event"].as_str().unwrap();
    let table = out(&home.run(&["sql", question]));
    assert!(table.lines().count() == 4 && table.starts_with("event") && table.contains(name), "{table}");
    let csv = out(&home.run(&["sql", question, "--format", "csv"]));
    assert!(csv.starts_with("event,who,line\r\n"), "{csv}");
    // The sample has a name and an id that would act on a terminal.
    let every = "SELECT event, distinct_id FROM events";
    for form in ["table", "text"] {
        assert!(!out(&home.run(&["sql", every, "--format", form])).contains('\u{1b}'), "{form}");
    }
    assert!(out(&home.run(&["sql", every, "--format", "csv"])).contains('\u{1b}'), "CSV has the text as it is");
}

#[test]
fn a_question_that_cannot_be_answered_is_wrong_use_and_says_what_can() {
    let home = Home::with_sample();
    for question in ["SELECT nothing FROM events", "DELETE FROM rows", "SELECT 1; SELECT 2", ""] {
        let output = home.run(&["sql", question]);
        assert_eq!(code(&output), 2, "{question}: {}", err(&output));
        assert!(err(&output).contains("the question cannot be answered") && err(&output).contains("props(id)"));
    }
    let output = home.run(&["search", "12345", "--format", "csv"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("this command has no --format csv"), "{}", err(&output));
}

#[test]
fn the_demo_store_answers_questions_and_can_be_copied() {
    let home = Home::new();
    let rows = home.json(0, &["sql", "SELECT props(id) AS p FROM events WHERE distinct_id = '12345' LIMIT 3"]);
    let properties = rows["rows"][0]["p"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(properties).unwrap().is_object(), "{properties}");
    let copy = home.path("copy.db");
    let told = home.json(0, &["export", "--sqlite", copy.to_str().unwrap()]);
    assert!(told["events"].as_u64().unwrap() > 50 && copy.exists(), "{told}");
    let again = home.run(&["export", "--sqlite", copy.to_str().unwrap()]);
    assert_eq!(code(&again), 2);
    assert!(err(&again).contains("is there already"), "{}", err(&again));
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
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!((status.code(), told.as_str()), (Some(0), ""), "{arguments:?}");
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

#[test]
fn completions_know_the_commands_in_every_shell() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = home.run(&["completions", shell]);
        assert_eq!(code(&output), 0);
        for word in ["import", "search", "show", "graph", "diff", "timezone"] {
            assert!(out(&output).contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn the_manual_page_is_one() {
    let home = Home::new();
    let text = out(&home.run(&["man"]));
    for page in ["journey", "journey-import", "journey-search", "journey-show"] {
        assert!(text.contains(&format!(".TH {page} 1")), "{page}");
    }
}

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

#[test]
fn the_picture_of_the_readme_is_what_the_demo_shows() {
    let home = Home::new();
    let shown = out(&home.run(&["show", "sally@gmail.com"]));
    let (picture, _) = shown.split_once("\nalias calls, in order of arrival\n").unwrap();
    assert!(readme().contains(picture), "the README shows something else than:\n{picture}");
}

#[test]
fn the_pictures_of_the_repository_are_what_the_program_draws() {
    let home = Home::new();
    let folder = home.path("screens");
    assert_eq!(code(&home.run(&["generate", "screens", folder.to_str().unwrap()])), 0);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screens");
    let names = |folder: &Path| -> Vec<String> {
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = files.collect();
        names.sort();
        names
    };
    assert_eq!(names(&kept), names(&folder), "journey generate screens");
    for name in names(&folder) {
        let (kept, drawn) =
            (fs::read_to_string(kept.join(&name)).unwrap(), fs::read_to_string(folder.join(&name)).unwrap());
        assert!(kept == drawn, "assets/screens/{name} is stale: journey generate screens --force");
        assert!(readme().contains(&format!("](assets/screens/{name})")), "the README does not show {name}");
        assert!(!drawn.contains("<script") && !drawn.contains("href"), "{name}");
    }
}

#[test]
fn the_generated_keys_are_those_of_the_readme() {
    let home = Home::new();
    let rows = out(&home.run(&["generate", "keys"]));
    assert!(readme().contains(&format!("|---|---|---|\n{rows}\n")), "journey generate keys writes:\n{rows}");
}

#[test]
fn a_graph_is_told_in_four_forms_and_only_graphs_have_pictures() {
    let home = Home::new();
    let text = out(&home.run(&["graph", "sally@gmail.com", "--ascii"]));
    assert!(text.is_ascii() && text.contains("refused: already mapped: alias(sally@gmail.com) of P-1"), "{text}");
    let graph = home.json(0, &["graph", "sally@gmail.com"]);
    let edges: Vec<&str> =
        graph["edges"].as_array().unwrap().iter().map(|edge| edge["kind"].as_str().unwrap()).collect();
    assert_eq!(edges, ["alias", "refused"]);
    let dot = out(&home.run(&["graph", "sally@gmail.com", "--format", "dot"]));
    assert!(dot.starts_with("digraph journey {") && dot.contains("arrowhead=tee"), "{dot}");
    let svg = out(&home.run(&["graph", "sally@gmail.com", "--format", "svg"]));
    assert!(svg.starts_with("<svg ") && svg.contains(">refused: already mapped<"), "{svg}");
    assert_eq!(code(&home.run(&["show", "sally@gmail.com", "--format", "svg"])), 2);
    let then = home.json(0, &["graph", "12345", "--as-of", "2019-07-04"]);
    assert_eq!(then["edges"].as_array().unwrap().len(), 1);
}

#[test]
fn two_users_are_compared_as_text_and_as_json() {
    let home = Home::new();
    let text = out(&home.run(&["diff", "sally@gmail.com", "P-1"]));
    assert!(text.contains("no alias joins") && text.contains("proof  The app asked for"), "{text}");
    let told = home.json(0, &["diff", "tom@example.com", "bob@example.com"]);
    assert_eq!((told["same"].as_bool(), told["verdict"].as_str()), (Some(false), Some("nothing")));
    let different = told["arguments"].as_array().unwrap().iter().any(|argument| {
        argument["supports"] == false && argument["text"].as_str().unwrap().contains("e-mail: tom@example.com")
    });
    assert!(different, "{told}");
    let same = home.json(0, &["diff", "sally@gmail.com", "12345"]);
    assert_eq!(same["verdict"], "same");
    assert_eq!(code(&home.run(&["diff", "sally@gmail.com", "nobody-there"])), 1);
}

#[test]
fn the_keys_of_the_readme_are_those_of_the_program() {
    let keys: toml::Table = toml::from_str(include_str!("../../assets/keys.toml")).unwrap();
    let mut known = Vec::new();
    for (context, bindings) in &keys {
        for binding in bindings.as_array().unwrap() {
            let names = binding["keys"].as_array().unwrap().iter().map(|key| format!("`{}`", key.as_str().unwrap()));
            let names = names.collect::<Vec<_>>().join(" ");
            known.push(format!("| {context} | {names} | {} |", binding["help"].as_str().unwrap()));
        }
    }
    let readme = readme();
    let table = readme.split("| on | keys | does |\n|---|---|---|\n").nth(1).unwrap();
    let rows: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 20, "the table of keys was not found");
    for row in &rows {
        assert!(known.iter().any(|known| known == row), "not in assets/keys.toml: {row}");
    }
    // Only the editing of a line of text, which is everybody's, may be left out.
    let left_out = known.iter().filter(|known| !rows.contains(&known.as_str()));
    let told = |row: &&String| ["| journey |", "| identity |", "| everywhere |"].iter().any(|on| row.starts_with(on));
    assert_eq!(left_out.filter(told).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_suggestion_of_the_demo_opens() {
    let home = Home::new();
    for file in journey::sim::demo_files().unwrap() {
        let output = home.run(&["show", "--", &file.scenario.search]);
        assert_eq!(code(&output), 0, "{}: {}", file.name, err(&output));
    }
}

#[test]
fn a_generated_export_is_the_same_each_time_and_can_be_imported() {
    let home = Home::new();
    let export = home.run(&["generate", "export", "--rows", "1200", "--seed", "7"]);
    assert_eq!(code(&export), 0);
    assert_eq!(export.stdout, home.run(&["generate", "export", "--rows", "1200", "--seed", "7"]).stdout);
    fs::write(home.path("crowd.jsonl"), &export.stdout).unwrap();
    assert_eq!(home.json(0, &["import", "crowd.jsonl"])["events"], 1200);
    let shown = home.json(0, &["show", "fifty.user@example.com"]);
    assert_eq!(shown["events"].as_array().unwrap().len(), 50);
}

#[test]
fn a_row_that_is_nested_too_deep_stops_no_question_about_the_others() {
    let home = Home::new();
    let deep = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    let row = |name: &str, value: &str| {
        format!(r#"{{"event":"{name}","properties":{{"time":1562000000,"distinct_id":"u","plan":"pro","x":{value}}}}}"#)
    };
    let lines = [row("flat", "1"), row("deep", &deep(999)), row("too deep", &deep(1000)), row("flat", "2")];
    fs::write(home.path("in.jsonl"), lines.join("\n")).unwrap();
    assert_eq!(code(&home.run(&["import", "in.jsonl", "--timezone", "UTC"])), 0);
    let question = "SELECT event, props(id) ->> 'plan', length(props(id)) > 0 FROM events ORDER BY line";
    let output = home.run(&["sql", question, "--format", "csv"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let rows: Vec<String> = out(&output).lines().skip(1).map(str::to_owned).collect();
    assert_eq!(rows, ["flat,pro,1", "deep,pro,1", "too deep,,", "flat,pro,1"]);
    assert_eq!(err(&output), "note: props(id) is NULL for 1 row with JSON that is nested deeper than SQLite reads\n");
    let none = home.run(&["sql", "SELECT props(id) ->> 'plan' FROM events WHERE event = 'flat'"]);
    assert_eq!((code(&none), err(&none).as_str()), (0, ""));
}

#[test]
fn a_damaged_store_is_told_by_a_question_too() {
    for (damage, question) in [
        ("UPDATE packs SET rows = 'x' || rows, sum = NULL", "SELECT count(*) FROM events"),
        ("UPDATE packs SET rows = replace(rows, '[', '{'), sum = NULL", "SELECT * FROM events"),
        ("UPDATE blocks SET bytes = bytes - 1", "SELECT props(id) FROM events"),
        ("UPDATE pieces SET z = zeroblob(length(z))", "SELECT props(id) ->> 'a' FROM events"),
        ("DROP TABLE senders", "SELECT event FROM events"),
    ] {
        let home = Home::with_sample();
        let db = rusqlite::Connection::open(home.path("data/journey/journey.db")).unwrap();
        db.execute_batch(damage).unwrap();
        drop(db);
        let output = home.run(&["sql", question]);
        assert_eq!(code(&output), 3, "{damage}: {}", err(&output));
        assert!(err(&output).contains("is damaged"), "{damage}: {}", err(&output));
        // The question is to blame for what is its own.
        let wrong = home.run(&["sql", "SELECT json_extract('{', '$')"]);
        if !damage.contains("packs") && !damage.contains("DROP") {
            assert_eq!(code(&wrong), 2, "{damage}: {}", err(&wrong));
        }
    }
}

#[test]
fn a_changed_bit_is_damage_and_no_other_answer() {
    for sql in ["UPDATE packs SET t = t + 1000", "UPDATE packs SET rows = replace(rows, ',', ', ')"] {
        let home = Home::with_sample();
        let db = rusqlite::Connection::open(home.path("data/journey/journey.db")).unwrap();
        db.execute_batch(sql).unwrap();
        drop(db);
        let output = home.run(&["show", "12345"]);
        assert_eq!(code(&output), 3, "{sql}: {}", err(&output));
        assert!(err(&output).contains("not those that were written"), "{sql}: {}", err(&output));
    }
}
