//! `journey import`: what it took in, and what it says when rows are missing.

use super::*;

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
fn the_answer_counts_requests_as_records_and_rows_as_rows() {
    let home = Home::new();
    let row = |event: &str| {
        format!(r#"{{"event":"{event}","properties":{{"distinct_id":"a","time":1561971600,"token":"t"}}}}"#)
    };
    let request = |rows: &[String]| {
        format!(r#"{{"endpoint":"/track","received_at_ms":1561971600000,"payload":[{}]}}"#, rows.join(","))
    };
    let requests = [request(&[row("A"), row("B")]), request(&[row("C")])].join("\n");
    fs::write(home.path("requests.jsonl"), requests).unwrap();
    fs::write(home.path("rows.jsonl"), [row("D"), row("E")].join("\n")).unwrap();
    let answer = out(&home.run(&["import", "requests.jsonl", "rows.jsonl", "--store", "s.db"]));
    assert!(answer.contains("requests.jsonl: recorded payloads · 2 records · 3 rows new"), "{answer}");
    assert!(answer.contains("rows.jsonl: recorded payloads · 2 rows · 2 new"), "{answer}");
    assert!(answer.contains("5 rows new in s.db"), "{answer}");
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
fn each_of_several_inputs_that_cannot_be_used_is_reported() {
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
fn ctrl_c_ends_each_way_to_read_a_fifo_that_no_program_fills() {
    for option in [None, Some("--dry-run"), Some("--map-for")] {
        let home = Home::new();
        let fifo = home.path("fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let mut command = home.command();
        command.arg("import").args(option).arg(&fifo).stdout(Stdio::piped()).stderr(Stdio::piped());
        let reading = command.spawn().unwrap();
        // Opened when the program opens the other end, which it does after it listens to signals.
        let filling = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
        assert!(Command::new("kill").args(["-INT", &reading.id().to_string()]).status().unwrap().success());
        let output = reading.wait_with_output().unwrap();
        assert_eq!(code(&output), 130, "{option:?}: {}", err(&output));
        assert_eq!(out(&output).is_empty(), option.is_some(), "an import says what the store has: {}", out(&output));
        assert!(err(&output).contains("was stopped"), "{option:?}: {}", err(&output));
        drop(filling);
    }
}

#[test]
fn one_record_of_which_some_pieces_are_rows_and_others_are_not_could_be_read() {
    let call = |n: u8| {
        format!(
            r#"{{"type":"track","event":"S{n}","messageId":"m{n}","anonymousId":"a{n}","timestamp":"2023-11-14T22:00:00.000Z","properties":{{}},"context":{{"library":{{"name":"analytics.js"}}}}}}"#
        )
    };
    let row = r#"{"event":"E","properties":{"time":1700000002,"distinct_id":"m","$insert_id":"i"}}"#;
    let home = Home::new();
    for (name, calls) in [("fewer.json", 2), ("as-many.json", 1)] {
        let calls: Vec<String> = (0..calls).map(call).collect();
        fs::write(home.path(name), format!("{{\"batch\":[{},{row}]}}", calls.join(","))).unwrap();
        let output = home.run(&["import", name, "--store", &format!("{name}.db")]);
        assert_eq!((code(&output), err(&output).as_str()), (0, ""), "{name}: {}", out(&output));
        assert!(out(&output).contains("1 row could not be read"), "{}", out(&output));
    }
    // Nothing of it is a row.
    let nameless = call(1).replace(r#""event":"S1","#, "");
    fs::write(home.path("none.json"), format!("{{\"batch\":[{nameless},{nameless}]}}")).unwrap();
    let none = home.run(&["import", "none.json", "--store", "none.db"]);
    assert_eq!(code(&none), 2, "{}{}", out(&none), err(&none));
}

#[test]
fn one_of_a_kind_is_reported_in_the_singular() {
    let home = Home::new();
    let row = r#"{"event":"$create_alias","properties":{"time":1700000002,"distinct_id":"m","alias":"u"}}"#;
    let profile = r#"{"$distinct_id":"u","$properties":{"$email":"u@example.test"}}"#;
    for (count, said) in [(1, "1 alias call · 1 profile update · "), (2, "2 alias calls · 2 profile updates · ")] {
        let name = format!("{count}.jsonl");
        fs::write(home.path(&name), format!("{row}\n{profile}\n").repeat(count)).unwrap();
        let output = home.run(&["import", &name, "--store", &format!("{count}.db")]);
        let said = said.replace('·', if out(&output).contains('·') { "·" } else { "-" });
        assert!(out(&output).replace("\n  ", " ").contains(&said), "{}", out(&output));
    }
}
