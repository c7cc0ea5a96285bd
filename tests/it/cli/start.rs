//! A good start: what a newcomer meets on a machine where nothing was imported yet.

use std::fs;

use super::{Home, code, err, out, sample};

/// Everything below the home, folders too.
fn left_behind(home: &Home) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![home.path("")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.strip_prefix(home.path("")).unwrap().display().to_string());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn an_import_that_reads_nothing_leaves_nothing_behind() {
    let gz = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    for (name, content) in [
        ("nofile.jsonl", None),
        ("empty.jsonl", Some(&b""[..])),
        ("blank.jsonl", Some(b"\n\n  \n")),
        ("text.jsonl", Some(b"hello\nworld\n")),
        ("other.jsonl", Some(b"{\"a\":1}\n{\"b\":2}\n")),
        ("head.csv", Some(b"event,distinct_id,time\n")),
        ("binary.jsonl", Some(&[0, 159, 146, 150, 0, 1, 2, 3])),
        ("cut.jsonl.gz", Some(&gz)),
        ("no.sqlite", Some(b"SQLite format 3\0 and no more")),
    ] {
        let home = Home::new();
        if let Some(content) = content {
            fs::write(home.path(name), content).unwrap();
        }
        let before = left_behind(&home);
        let output = home.run(&["import", name]);
        assert_eq!(code(&output), 2, "{name}: {}", err(&output));
        assert_eq!(left_behind(&home), before, "{name}");
        // The demo is still there, and says what it is.
        let shown = home.run(&["search", "sally"]);
        assert_eq!(code(&shown), 0, "{name}: {}", err(&shown));
        assert!(err(&shown).contains("built-in demo store"), "{}", err(&shown));
    }
    let home = Home::new();
    fs::create_dir(home.path("folder")).unwrap();
    assert_eq!(code(&home.run(&["import", "folder"])), 2);
    assert_eq!(code(&home.run(&["import", "nofile.jsonl", "--store", "deep/own.db", "--rejects", "r.jsonl"])), 2);
    assert_eq!(left_behind(&home), ["folder"]);
}

#[test]
fn one_good_file_among_others_makes_the_store() {
    let home = Home::new();
    fs::write(home.path("head.csv"), "event,distinct_id,time\n").unwrap();
    let output = home.run(&["import", "head.csv", sample().to_str().unwrap(), "--timezone", "UTC"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(home.path("data/journey/journey.db").exists(), "{}", err(&output));
}

/// A store that nothing was read into: the one row of its file is cut off.
fn emptied() -> Home {
    let home = Home::new();
    fs::write(home.path("cut.jsonl"), "{\"event\":\"a\",\"properties\":{\"distinct_id\":\"x\",\"time\":156").unwrap();
    assert_eq!(code(&home.run(&["import", "cut.jsonl"])), 2);
    assert!(home.path("data/journey/journey.db").exists(), "what could not be read is kept");
    home
}

#[test]
fn an_empty_store_says_that_it_is_empty_and_how_to_see_the_demo() {
    let home = emptied();
    for arguments in [&["search", "sally"][..], &["show", "sally@gmail.com"], &["graph", "sally@gmail.com"]] {
        let output = home.run(arguments);
        assert_eq!(code(&output), 1, "{arguments:?}");
        let message = err(&output);
        for part in ["the store is empty", "journey import FILE", "--demo"] {
            assert!(message.contains(part), "{arguments:?}: {message}");
        }
    }
}

#[test]
fn the_demo_store_is_there_next_to_your_own_store() {
    for home in [Home::with_sample(), emptied()] {
        let shown = home.run(&["show", "tom@example.com", "--demo"]);
        assert_eq!((code(&shown), err(&shown).as_str()), (0, ""));
        assert!(out(&shown).contains("tom@example.com"));
        assert_eq!(code(&home.run(&["--demo", "search", "sally"])), 0);
    }
    let home = Home::with_sample();
    // It is no file: nothing goes into it, and no other store is named next to it.
    for arguments in
        [&["import", "x.jsonl", "--demo"][..], &["show", "a", "--demo", "--store", "x.db"], &["doctor", "--demo"]]
    {
        let output = home.run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", err(&output));
        assert!(err(&output).contains("--demo"), "{}", err(&output));
    }
}

#[test]
fn a_list_of_scenarios_writes_nothing() {
    let home = Home::new();
    let output = home.run(&["demo", "--list", "--store", "own.db"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("01-sally"));
    assert!(left_behind(&home).is_empty(), "{:?}", left_behind(&home));
}

#[test]
fn pictures_go_into_a_folder_that_is_there_and_each_is_named_with_its_place() {
    let home = Home::new();
    for arguments in [&["generate", "screens"][..], &["generate", "screens", "deep/pictures"]] {
        let output = home.run(arguments);
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains("there is no folder"), "{}", err(&output));
    }
    assert!(left_behind(&home).is_empty());
    fs::create_dir(home.path("pictures")).unwrap();
    let output = home.run(&["generate", "screens", "pictures"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).lines().all(|line| line.starts_with("pictures/")), "{}", out(&output));
}

#[test]
fn a_wrong_setting_leads_to_journey_config_which_works_also_then() {
    for (text, wrong) in [
        ("them = \"light\"\n", "no setting is called"),
        ("theme = \"lihgt\"\n", "no theme is called"),
        ("[keys.jurney]\nj = \"next\"\n", "no context is called"),
        ("theme =\n", "c.toml:1"),
    ] {
        let home = Home::new();
        fs::write(home.path("c.toml"), text).unwrap();
        let output = home.run(&["search", "sally", "--config", "c.toml"]);
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains(wrong) && err(&output).contains("journey config"), "{}", err(&output));
        let output = home.run(&["config", "--config", "c.toml"]);
        assert_eq!(code(&output), 2, "the mistake is still there");
        assert!(err(&output).contains(wrong), "{}", err(&output));
        assert!(out(&output).contains("theme"), "and every setting is printed: {}", out(&output));
    }
}
