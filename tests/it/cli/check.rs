//! `journey check` in a build: what fails, what is let pass, the shares line by line, and the reports that other
//! programs read.

use std::fs;

use serde_json::Value;

use super::{Home, code, err, out};
use crate::support::stored::lines;
use crate::support::story::Story;

/// A user whose alias was called again from another device.
fn again(nth: u32, day: u32) -> String {
    let at = |second: u32| day * 86_400 + nth * 100 + second;
    format!(
        "{} View(a{nth}) on web\n{} AL(sally{nth} -> a{nth}) on web\n{} AL(sally{nth} -> b{nth}) on swift\n{} Buy(b{nth}) on swift\n",
        at(1),
        at(2),
        at(3),
        at(4)
    )
}

impl Home {
    /// With a history in the store `check.db`.
    fn with_story(self, story: &str) -> Self {
        let file = self.path("story.jsonl");
        fs::write(&file, lines(&Story::new(story).rows)).unwrap();
        let output = self.run(&["import", file.to_str().unwrap(), "--store", "check.db", "--timezone", "UTC"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        self
    }

    fn check(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.run(&[&["check", "check.db"], arguments].concat());
        (code(&output), out(&output), err(&output))
    }
}

#[test]
fn a_baseline_lets_known_users_pass_and_not_a_new_one() {
    let home = Home::new().with_story(&(again(1, 0) + &again(2, 0)));
    let fails = ["--fail-on", "error", "--baseline", "known.json"];
    assert_eq!(home.check(&["--fail-on", "error"]).0, 1);
    assert_eq!(home.check(&fails).0, 2, "no file of that name is there");
    assert_eq!(home.check(&["--write-baseline", "known.json"]).0, 0);
    let known = fs::read_to_string(home.path("known.json")).unwrap();
    for id in ["sally", "a1", "b2"] {
        assert!(!known.contains(id), "a baseline holds no ids: {known}");
    }
    let (status, text, _) = home.check(&fails);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("in the baseline"), "{text}");
    // The same file again is not written over, and what was there is still there.
    let (status, _, error) = home.check(&["--write-baseline", "known.json"]);
    assert_eq!(status, 2, "{error}");
    assert!(error.contains("known.json") && error.contains("--force"), "{error}");
    assert_eq!(fs::read_to_string(home.path("known.json")).unwrap(), known);
    let home = home.with_story(&again(3, 1));
    let (status, text, _) = home.check(&fails);
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("1 user not in the baseline") && text.contains("sally3"), "{text}");
    assert_eq!(home.check(&["--write-baseline", "known.json", "--force"]).0, 0);
    assert_eq!(home.check(&fails).0, 0);
    // An earlier answer in JSON is a baseline too.
    fs::write(home.path("answer.json"), home.check(&["--format", "json"]).1).unwrap();
    assert_eq!(home.check(&["--fail-on", "error", "--baseline", "answer.json"]).0, 0);
    for wrong in ["", "[]", "{}", r#"{"findings":[{"code":"alias-on-login"}]}"#] {
        fs::write(home.path("wrong.json"), wrong).unwrap();
        let (status, _, error) = home.check(&["--fail-on", "error", "--baseline", "wrong.json"]);
        assert_eq!(status, 2, "{wrong:?}");
        assert!(error.contains("wrong.json cannot be used"), "{error}");
    }
}

#[test]
fn a_check_fails_on_the_severity_that_is_asked_for_and_on_a_worse_one() {
    let note = "1 View($device:d1) +,d1\n2 AL(u -> $device:d1)\n50 View($device:d2) +,d2\n51 ID(u <= $device:d2) +u,d2";
    let warning = "1 View(12345)\n3@4.2 AL(sally -> 12345)\n3.1@3.4 Welcome(sally)";
    let error = again(1, 0);
    for (story, on_note, on_warning, on_error) in
        [("1 View(u)", 0, 0, 0), (note, 1, 0, 0), (warning, 1, 1, 0), (&*error, 1, 1, 1)]
    {
        let home = Home::new().with_story(story);
        assert_eq!(home.check(&[]).0, 0, "without --fail-on nothing fails");
        for (severity, status) in [("note", on_note), ("warning", on_warning), ("error", on_error)] {
            assert_eq!(home.check(&["--fail-on", severity]).0, status, "{severity}: {story}");
        }
    }
    let home = Home::new().with_story(&error);
    let (status, text, _) = home.check(&["--fail-on", "note", "--ignore", "alias-on-login"]);
    assert_eq!((status, text.contains("alias-on-login")), (0, false), "{text}");
    assert_eq!(home.check(&["--fail-on", "note", "--ignore", "alias-race"]).0, 1, "another code is left out");
    let (status, _, error) = home.check(&["--ignore", "alias-on-logn"]);
    assert_eq!(status, 2);
    assert!(error.contains("did you mean alias-on-login?"), "{error}");
}

#[test]
fn a_check_for_some_codes_finds_those_and_fails_on_those() {
    let home = Home::new().with_story(&(again(1, 0) + "99 View(null) +,d-1\n"));
    let codes = |arguments: &[&str]| {
        let (status, json, error) = home.check(&[arguments, &["--format", "json"]].concat());
        let answer: Value = serde_json::from_str(&json).unwrap_or_else(|_| panic!("{error}"));
        let counts_all = !arguments.contains(&"--only") || arguments.contains(&"--by");
        assert_eq!(answer["people"].is_number(), counts_all, "{answer}");
        assert_eq!(answer["rates"]["refused"].is_number(), counts_all, "{answer}");
        let codes =
            answer["findings"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap().to_owned());
        (status, codes.collect::<Vec<_>>().join(" "), answer["events"].clone())
    };
    let (_, every, events) = codes(&[]);
    assert!(every.starts_with("alias-on-login placeholder-id"), "{every}");
    let (both, same) = ("alias-on-login placeholder-id".to_owned(), events);
    assert_eq!(codes(&["--only", "placeholder-id,alias-on-login"]), (0, both.clone(), same.clone()));
    assert_eq!(codes(&["--only", "alias-on-login", "--only", "placeholder-id"]), (0, both, same.clone()));
    assert_eq!(codes(&["--only", "alias-cycle", "--fail-on", "note"]), (0, String::new(), same.clone()));
    assert_eq!(codes(&["--only", "alias-on-login", "--fail-on", "error"]), (1, "alias-on-login".to_owned(), same));
    assert_eq!(codes(&["--only", "placeholder-id", "--by", "day"]).1, "placeholder-id");
    let (status, text, _) = home.check(&["--only", "placeholder-id"]);
    assert!(status == 0 && !text.contains("known user") && !text.contains('%'), "{text}");
    let (status, _, error) = home.check(&["--only", "alias-on-logn"]);
    assert_eq!(status, 2);
    assert!(error.contains("did you mean alias-on-login?"), "{error}");
    let (status, _, error) = home.check(&["--only", "alias-cycle", "--ignore", "alias-race"]);
    assert_eq!(status, 2);
    assert!(error.contains("--ignore"), "{error}");
    let completions = out(&home.run(&["completions", "bash"]));
    assert!(completions.contains("alias-on-login"), "the shell knows the codes");
    let help = out(&home.run(&["check", "--help"]));
    assert!(help.contains("--only") && !help.contains("alias-swapped"), "{help}");
}

/// Lines of `--by` as CSV: names, then people, alias calls and rows.
fn by(home: &Home, by: &str) -> Vec<(String, [u64; 3])> {
    let (status, csv, error) = home.check(&["--by", by, "--format", "csv"]);
    assert_eq!(status, 0, "{error}");
    let mut rows = csv.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let head = rows.next().unwrap();
    let column = |name: &str| head.iter().position(|known| known == name).unwrap();
    let wanted = ["people", "alias_calls", "events"].map(column);
    rows.map(|row| (row[0].clone(), wanted.map(|at| row[at].parse().unwrap()))).collect()
}

#[test]
fn the_shares_stand_by_day_by_client_and_before_and_after_a_date_and_add_up() {
    let home = Home::new().with_story(&(again(1, 0) + &again(2, 1)));
    let whole = home.check(&["--format", "json"]).1;
    let whole: Value = serde_json::from_str(&whole).unwrap();
    let totals = [whole["people"].as_u64().unwrap(), 4, whole["events"].as_u64().unwrap()];
    assert_eq!(totals, [2, 4, 8]);
    let sum = |lines: &[(String, [u64; 3])]| [0, 1, 2].map(|at| lines.iter().map(|(_, of)| of[at]).sum::<u64>());
    let days = by(&home, "day");
    let names: Vec<&str> = days.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["2020-09-13", "2020-09-14"]);
    assert!(days.iter().all(|(_, of)| *of == [1, 2, 4]), "{days:?}");
    let clients = by(&home, "client");
    assert_eq!(clients.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["swift", "web"]);
    assert_eq!(clients[0].1, [0, 2, 4], "users and calls count where they show first");
    let date = by(&home, "2020-09-14");
    assert_eq!(date.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["before 2020-09-14", "from 2020-09-14 on"]);
    for lines in [&days, &clients, &date] {
        assert_eq!(sum(lines), totals, "{lines:?}");
    }
    let (_, text, _) = home.check(&["--by", "day"]);
    assert!(text.contains("2020-09-13") && text.contains("alias-on-login"), "{text}");
    let json: Value = serde_json::from_str(&home.check(&["--by", "day", "--format", "json"]).1).unwrap();
    assert_eq!((&json["by"]["of"], &json["by"]["lines"][1]["name"]), (&"day".into(), &"2020-09-14".into()));
    let (status, _, error) = home.check(&["--by", "week"]);
    assert_eq!(status, 2);
    assert!(error.contains("neither day, client nor a date"), "{error}");
}

/// The value of an attribute of the first element of a name.
fn attribute<'x>(xml: &'x str, element: &str, name: &str) -> &'x str {
    let tag = xml.split(&format!("<{element} ")).nth(1).and_then(|rest| rest.split('>').next()).unwrap();
    tag.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap()
}

#[test]
fn the_reports_of_a_build_agree_with_one_another() {
    let home = Home::new().with_story(&again(1, 0));
    let list: Value = serde_json::from_str(&home.check(&["--list", "--format", "json"]).1).unwrap();
    let kinds = list["findings"].as_array().unwrap().len();
    let json: Value = serde_json::from_str(&home.check(&["--format", "json"]).1).unwrap();
    let found = json["findings"].as_array().unwrap();

    let (status, junit, _) = home.check(&["--fail-on", "error", "--format", "junit"]);
    assert_eq!(status, 1);
    let failing = found.iter().filter(|found| found["severity"] == "error").count();
    assert_eq!(junit.matches("<testcase ").count(), kinds);
    assert_eq!(junit.matches("<failure ").count(), failing);
    assert_eq!(attribute(&junit, "testsuite", "tests"), kinds.to_string());
    assert_eq!(attribute(&junit, "testsuite", "failures"), failing.to_string());
    for name in ["testsuites", "testsuite", "failure"] {
        assert_eq!(junit.matches(&format!("<{name} ")).count(), junit.matches(&format!("</{name}>")).count(), "{name}");
    }

    let sarif: Value = serde_json::from_str(&home.check(&["--format", "sarif"]).1).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), kinds);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), found.len());
    for (result, found) in results.iter().zip(found) {
        assert_eq!(result["ruleId"], found["code"]);
        let place = &result["locations"][0]["physicalLocation"];
        let source = &found["sources"][0];
        assert_eq!(place["artifactLocation"]["uri"].as_str(), source["file"].as_str());
        assert_eq!(place["region"]["startLine"], source["line"]);
        // What the schema of SARIF allows.
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(["new", "unchanged"].contains(&result["baselineState"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    }
    let (_, csv, _) = home.check(&["--format", "csv"]);
    assert_eq!(csv.lines().count(), found.len() + 1);
}
