//! The README says what is so: its command lines run, its filters and terms are those of the program.

use std::env;
use std::fs;
use std::path::Path;

use assert_cmd::cargo::cargo_bin;
use journey::inspect::query::{FORMS, Form};

use super::{Home, code, err, out, sample};
use crate::support::stand_in::{StandIn, mixpanel};

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The lines of the shell blocks, without comments.
fn command_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside {
            let line = line.split("  #").next().unwrap().split(" # ").next().unwrap().trim_end();
            lines.push(line.to_owned());
        }
    }
    lines
}

/// A folder with the files that the README names.
fn folder() -> Home {
    let home = Home::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for (from, to) in [
        (sample(), "july.jsonl"),
        (data.join("variants/gzipped.jsonl.gz"), "july.jsonl.gz"),
        (data.join("table/aliases.csv"), "aliases.csv"),
        (data.join("../../assets/scenarios/06-race.toml"), "mine.toml"),
    ] {
        fs::copy(from, home.path(to)).unwrap();
    }
    fs::create_dir(home.path("more")).unwrap();
    fs::copy(sample(), home.path("more/august.jsonl")).unwrap();
    // The vendor's server is not asked: this `curl` answers with the sample.
    let tools = home.path("tools");
    fs::create_dir(&tools).unwrap();
    fs::write(tools.join("curl"), format!("#!/bin/sh\ncat '{}'\n", sample().display())).unwrap();
    let made = std::process::Command::new("chmod").arg("+x").arg(tools.join("curl")).status().unwrap();
    assert!(made.success());
    home
}

/// What the shell makes of a line in a folder of its own, in which nothing was imported.
fn run(line: &str) -> std::process::Output {
    let home = folder();
    if line.contains("july.db") {
        let import = home.run(&["import", "july.jsonl", "--store", "july.db", "--timezone", "UTC"]);
        assert_eq!(code(&import), 0, "{}", err(&import));
    }
    let program = cargo_bin!("journey").parent().unwrap().to_owned();
    let old = env::var_os("PATH").unwrap();
    let path = [home.path("tools"), program].into_iter().chain(env::split_paths(&old));
    let mut command = home.command();
    let mut shell = std::process::Command::new("sh");
    shell.arg("-c").arg(line).current_dir(home.path("")).stdin(std::process::Stdio::null());
    // Nor is it by `journey pull`.
    let server = line.starts_with("journey pull").then(|| StandIn::start(|asked, _| mixpanel(asked)));
    if let Some(server) = &server {
        command.env("JOURNEY_MIXPANEL_URL", &server.address).env("MIXPANEL_PROJECT_SECRET", "made-up");
    }
    for (name, value) in command.env("PATH", env::join_paths(path).unwrap()).get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.output().unwrap()
}

#[test]
fn every_command_line_of_the_readme_runs_and_finds_something() {
    let mut count = 0;
    for line in command_lines(&readme()) {
        // Building is what made this test run, and other tests are not its own.
        if line.starts_with("cargo ") || line.contains(" cargo test ") {
            continue;
        }
        count += 1;
        let output = run(&line);
        let is_screen = ["journey", "journey --demo"].contains(&line.as_str()) || line.starts_with("journey july.db");
        if is_screen {
            assert_eq!(code(&output), 2, "{line}");
            assert!(err(&output).contains("terminal"), "{line}: {}", err(&output));
        } else if line.ends_with("-- -id") {
            assert_eq!(code(&output), 1, "{line}: {}", err(&output));
        } else {
            assert_eq!(code(&output), 0, "{line}: {}", err(&output));
            let is_empty = out(&output).trim().is_empty();
            assert!(!is_empty || line.contains('>'), "{line} answers nothing");
        }
    }
    assert!(count > 25, "only {count} command lines were found");
}

#[test]
fn comments_and_other_blocks_are_no_command_lines() {
    let text = "```sh\njourney show a   # comment\njourney sql \"x\"\n```\n```sql\nSELECT 1\n```\njourney lost\n";
    assert_eq!(command_lines(text), ["journey show a", "journey sql \"x\""]);
}

#[test]
fn the_query_language_of_the_readme_is_that_of_the_program() {
    let readme = readme();
    let line = |form: &Form| {
        let written = if form.written.is_empty() { String::new() } else { format!("`{}`", form.written) };
        format!("| {written} | {} | {} |\n", form.meaning, form.place())
    };
    let head = "| write | matches | in |\n|---|---|---|\n";
    let table: String = std::iter::once(head.to_owned()).chain(FORMS.iter().map(line)).collect();
    assert!(readme.contains(&table), "the README has another table than\n{table}");
}

#[test]
fn the_help_of_a_command_has_its_own_formats_and_no_option_without_effect() {
    let home = Home::new();
    let help = |command: &str| out(&home.run(&[command, "--help"]));
    for (command, has, has_not) in [
        ("import", &["--rejects", "--store", "--timezone", "text, json"][..], &["svg", "dot", "html", "--config"][..]),
        ("pull", &["--region", "MIXPANEL_SERVICE_SECRET", "exporting project"], &["--redact", "--config"]),
        ("show", &["--as-of", "markdown", "html"], &["svg", "dot"]),
        ("graph", &["dot", "svg"], &["html", "markdown"]),
        ("sql", &["csv"], &["svg", "--timezone"]),
        ("search", &["--limit", "text, json", "--redact"], &["svg", "csv"]),
        ("export", &["--sqlite"], &["--redact", "--timezone"]),
        ("man", &[], &["--store", "--format", "--ascii"]),
        ("completions", &[], &["--store", "--format", "--ascii"]),
    ] {
        let text = help(command);
        for word in has {
            assert!(text.contains(word), "{command} --help lacks {word}:\n{text}");
        }
        for word in has_not {
            assert!(!text.contains(word), "{command} --help offers {word}:\n{text}");
        }
        if let Some((own, global)) = text.split_once("Global options:") {
            assert!(!own.contains("--store") && global.contains("--store"), "{text}");
        }
    }
    // What a help leaves out is still understood, before and after the command.
    for arguments in [["--format", "json", "search", "sally"], ["search", "sally", "--format", "json"]] {
        let output = home.run(&arguments);
        assert!(out(&output).starts_with('{'), "{}", err(&output));
    }
}

/// Commands of the program, as its help lists them.
fn commands(home: &Home) -> Vec<String> {
    let text = out(&home.run(&["--help"]));
    let list = text.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let named = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn help_of_a_command_is_the_same_in_both_forms_fits_80_columns_and_ends_with_global_options() {
    let home = Home::new();
    let commands = commands(&home);
    assert!(commands.len() > 20, "{commands:?}");
    for command in commands.iter().filter(|command| *command != "help") {
        let text = out(&home.command().args(["help", command]).env("COLUMNS", "80").output().unwrap());
        let same = out(&home.command().args([command, "--help"]).env("COLUMNS", "80").output().unwrap());
        assert!(text.contains(&format!("Usage: journey {command}")), "{command}: {text}");
        assert_eq!(text, same, "journey help {command} is not journey {command} --help");
        let headings = text.lines().filter(|line| line.ends_with(':') && !line.starts_with(' '));
        let place = headings.clone().position(|line| line == "Global options:");
        assert!(place.is_none_or(|place| place + 1 == headings.count()), "{command}: {text}");
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{command} --help has a line of more than 80 columns");
    }
    // A word that is no command is a store, and help of it is wrong use: neither makes a file.
    assert_eq!(code(&home.run(&["help", "nonsense"])), 2);
    assert!(home.path("help").symlink_metadata().is_err() && home.path("nonsense").symlink_metadata().is_err());
}
