//! `journey demo` as a shell meets it.

use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

/// A folder of its own, where no store of the user is near.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(cargo_bin!("journey"))
            .current_dir(self.0.path())
            .env_remove("JOURNEY_STORE")
            .env("HOME", self.0.path())
            .env("XDG_DATA_HOME", self.0.path())
            .stdin(Stdio::null())
            .args(arguments)
            .output()
            .unwrap()
    }

    /// The answer, with the exit code as expected.
    fn out(&self, expected: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(expected), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, expected: i32, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.out(expected, &[arguments, &["--format", "json"]].concat())).unwrap()
    }

    /// The error output, with the exit code as expected.
    fn err(&self, expected: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(expected), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }
}

#[test]
fn the_list_has_every_scenario_with_what_it_teaches() {
    let home = Home::new();
    let list = home.json(0, &["demo", "--list"]);
    let scenarios = list["scenarios"].as_array().unwrap();
    assert_eq!(scenarios.len(), journey::sim::gallery().len());
    for scenario in scenarios {
        for key in ["name", "title", "look_for", "lesson", "search"] {
            assert!(scenario[key].as_str().is_some_and(|text| !text.is_empty()), "{scenario}");
        }
    }
    let text = home.out(0, &["demo", "--list"]);
    assert!(text.contains("Sally signs up, and her phone never joins"), "{text}");
    assert_eq!(home.out(0, &["demo"]), text, "without a terminal there is nothing to play on");
}

#[test]
fn a_scenario_is_found_by_name_by_number_and_without_its_number() {
    let home = Home::new();
    for name in ["01-sally", "sally", "1", "01"] {
        assert_eq!(home.json(0, &["demo", name])["name"], "01-sally", "{name}");
    }
    let printed = home.err(2, &["demo", "salli"]);
    assert!(
        printed.contains("no scenario is called \"salli\"") && printed.contains("journey demo 01-sally"),
        "{printed}"
    );
}

#[test]
fn a_scenario_of_your_own_is_played_and_its_mistakes_have_a_place() {
    let home = Home::new();
    let docs = include_str!("../../assets/docs/demo.md");
    let example = docs.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    home.write("mine.toml", example);
    let printed = home.json(0, &["demo", "mine.toml"]);
    assert_eq!(printed["expected"].as_array().unwrap().len(), 3, "the example of the documentation holds");
    home.write("mine.toml", &example.replace("web-2.22", "web-9"));
    let printed = home.err(2, &["demo", "mine.toml"]);
    assert!(printed.contains("mine.toml:15:7: no SDK \"web-9\"; there are web-2.7, "), "{printed}");
    home.write("mine.toml", &example.replace("{laptop}", "somebody"));
    let printed = home.err(1, &["demo", "mine.toml"]);
    assert!(printed.contains("does not end as its [expect] says"), "{printed}");
    let printed = home.err(2, &["demo", "./nowhere.toml"]);
    assert!(printed.contains("./nowhere.toml cannot be read"), "{printed}");
}

#[test]
fn the_rows_of_a_scenario_go_into_a_store_and_tell_the_same_there() {
    let home = Home::new();
    home.out(0, &["demo", "sally", "--store", "s.db"]);
    let shown = home.json(0, &["show", "sally@gmail.com", "--store", "s.db"]);
    assert_eq!((&shown["root"], &shown["orphans"][0]["id"]), (&"12345".into(), &"P-1".into()));
    assert_eq!(shown["events"][0]["source"]["file"], "01-sally.jsonl");
    home.out(0, &["demo", "--store", "all.db"]);
    assert_eq!(home.json(0, &["show", "Charlie", "--store", "all.db"])["query"], "Charlie");
}

#[test]
fn a_crowd_goes_into_a_store_and_its_seed_decides_it() {
    let home = Home::new();
    let import = home.json(0, &["demo", "--crowd", "2k", "--seed", "3", "--store", "a.db"]);
    assert_eq!((&import["events"], &import["files"][0]["file"]), (&2000.into(), &"crowd-3.jsonl".into()));
    let again = home.json(0, &["demo", "--crowd", "2000", "--seed", "3", "--store", "a.db"]);
    assert_eq!(again["events"], 0, "the same seed is the same file");
    let other = home.json(0, &["demo", "--crowd", "2000", "--seed", "4", "--store", "a.db"]);
    assert_eq!(other["events"], 2000);
}

#[test]
fn a_crowd_without_a_store_or_of_no_size_is_wrong_use() {
    let home = Home::new();
    assert!(home.err(2, &["demo", "--crowd", "5"]).contains("--store"));
    let printed = home.err(2, &["demo", "--crowd", "many", "--store", "a.db"]);
    assert!(printed.contains("such as 10000, 10k or 2M"), "{printed}");
    assert!(!home.0.path().join("a.db").exists());
}
