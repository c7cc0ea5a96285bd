//! `journey sql`, and what it says of rows and stores that are damaged.

use super::*;

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
    let printed = home.json(0, &["export", "--sqlite", copy.to_str().unwrap()]);
    assert!(printed["events"].as_u64().unwrap() > 50 && copy.exists(), "{printed}");
    let again = home.run(&["export", "--sqlite", copy.to_str().unwrap()]);
    assert_eq!(code(&again), 2);
    assert!(err(&again).contains("is there already"), "{}", err(&again));
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
fn a_query_reports_a_damaged_store_too() {
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
