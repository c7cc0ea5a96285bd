//! Settings: a file, variables, flags, and what the program says of them.

use std::fs;

use super::{Home, code, err, out};

const FILE: &str = "zone = \"Asia/Tokyo\"\ntheme = \"light\"\nascii = true\n\n[colours]\nrefused = \"bold magenta\"\n\n\
                    [keys.journey]\n\"n\" = \"next-problem\"\n\"g g\" = \"\"\n";

/// With a file of settings where the user's own is.
fn home() -> Home {
    let home = Home::with_sample();
    fs::create_dir_all(home.path(".config/journey")).unwrap();
    fs::write(home.path(".config/journey/config.toml"), FILE).unwrap();
    home
}

#[test]
fn each_setting_is_explained_with_where_it_comes_from() {
    let home = home();
    let printed = home.json(0, &["config", "--explain"]);
    let origin = |name: &str| {
        let line = printed["config"].as_array().unwrap().iter().find(|line| line["name"] == name).unwrap();
        (line["value"].as_str().unwrap().to_owned(), line["origin"].as_str().unwrap().to_owned())
    };
    assert_eq!(origin("zone").0, "Asia/Tokyo");
    assert!(origin("zone").1.ends_with("config.toml:1"));
    assert!(origin("theme").1.ends_with("config.toml:2"));
    assert_eq!(origin("mouse"), ("true".into(), "the default".into()));
    assert_eq!(origin("colours.refused").0, "bold magenta");
    assert!(origin("keys.journey.\"n\"").1.ends_with("config.toml:9"));
    assert_eq!(origin("keys.journey.\"g g\"").0, "removed");
}

#[test]
fn a_flag_outweighs_a_variable_and_that_the_file() {
    let home = home();
    let theme = |output: std::process::Output| {
        let text = out(&output);
        text.lines()
            .find(|line| line.starts_with("theme"))
            .unwrap()
            .split_whitespace()
            .skip(1)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let variable = || {
        let mut command = home.command();
        command.env("JOURNEY_THEME", "mono");
        command
    };
    assert!(theme(home.run(&["config", "--explain"])).starts_with("light "));
    assert_eq!(theme(variable().args(["config", "--explain"]).output().unwrap()), "mono JOURNEY_THEME");
    let flag = variable().args(["--theme", "colour-blind", "config", "--explain"]).output().unwrap();
    assert_eq!(theme(flag), "colour-blind --theme");
    let zone = out(&home.run(&["config", "--explain", "--timezone", "UTC"]));
    assert!(zone.lines().any(|line| line.starts_with("zone") && line.ends_with("--timezone")), "{zone}");
}

#[test]
fn the_file_that_it_writes_says_the_same() {
    let home = home();
    let written = out(&home.run(&["config"]));
    fs::write(home.path("again.toml"), &written).unwrap();
    let again = out(&home.run(&["config", "--config", "again.toml"]));
    assert_eq!(again, written);
    assert!(written.contains("\n\"n\" = \"next-problem\"\n") && written.contains("\nrefused = \"bold magenta\"\n"));
    let empty = Home::new();
    fs::write(empty.path("first.toml"), out(&empty.run(&["config"]))).unwrap();
    assert_eq!(code(&empty.run(&["config", "--config", "first.toml"])), 0);
}

#[test]
fn text_answers_use_the_zone_and_the_characters_of_the_file() {
    let home = home();
    let text = out(&home.run(&["show", "sally@gmail.com"]));
    assert!(text.contains("Asia/Tokyo") && text.is_ascii(), "{text}");
    let json = home.json(0, &["show", "sally@gmail.com"]);
    assert!(json["events"][0]["time"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_mistake_in_the_file_names_the_line_and_stops_no_import() {
    let home = home();
    fs::write(home.path(".config/journey/config.toml"), "zone = \"UTC\"\n[keys.journey]\nx = \"nxet\"\n").unwrap();
    let output = home.run(&["show", "sally@gmail.com"]);
    assert_eq!(code(&output), 2);
    let printed = err(&output);
    assert!(printed.contains("config.toml:3: no action is called \"nxet\"; did you mean next"), "{printed}");
    let sample = super::sample();
    assert_eq!(code(&home.run(&["import", sample.to_str().unwrap()])), 0);
}

#[test]
fn a_file_that_was_named_has_to_be_there() {
    let home = Home::new();
    let output = home.run(&["config", "--config", "nowhere.toml"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("nowhere.toml"), "{}", err(&output));
    let mut command = home.command();
    let output = command.env("JOURNEY_CONFIG", "gone.toml").arg("config").output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("JOURNEY_CONFIG"), "{}", err(&output));
    assert_eq!(code(&home.run(&["config"])), 0, "the user's own may be absent");
}

#[test]
fn an_unknown_theme_is_reported_with_those_that_exist() {
    let home = Home::new();
    let output = home.run(&["--theme", "lihgt", "config", "--explain"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("did you mean light") && err(&output).contains("colour-blind"), "{}", err(&output));
}
