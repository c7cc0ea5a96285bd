//! Rows that no format knows, read by a map of a person, and looked at before anything is stored.

use std::fs;

use rusqlite::Connection;
use serde_json::json;

use super::{Home, code, err, out};

const ROWS: &[&str] = &[
    r#"{"userId":"0077","action":"Sign Up","context":{"at":"2019-07-01T09:00:00Z"},"plan":"pro","time":"noon"}"#,
    r#"{"userId":"0077","action":"Invoice Sent","context":{"at":"2019-07-01T10:00:00Z"},"amount":12.50}"#,
];

#[test]
fn a_map_reads_rows_that_no_format_knows_in_each_layout() {
    let home = Home::new();
    let csv = "userId,action,context.at,plan,time,amount\n0077,Sign Up,2019-07-01T09:00:00Z,pro,noon,\n\
               0077,Invoice Sent,2019-07-01T10:00:00Z,,,12.50\n";
    fs::write(home.path("x.jsonl"), ROWS.join("\n")).unwrap();
    fs::write(home.path("x.json"), format!("[{}]", ROWS.join(",\n"))).unwrap();
    fs::write(home.path("answer.json"), format!("{{\"hits\":[{}]}}", ROWS.join(","))).unwrap();
    fs::write(home.path("x.csv"), csv).unwrap();
    fs::write(home.path("x.tsv"), csv.replace(',', "\t")).unwrap();
    let table = "CREATE TABLE log (userId TEXT, action TEXT, \"context.at\" TEXT, plan TEXT, time TEXT, amount REAL);
        INSERT INTO log VALUES ('0077', 'Sign Up', '2019-07-01T09:00:00Z', 'pro', 'noon', NULL),
            ('0077', 'Invoice Sent', '2019-07-01T10:00:00Z', NULL, NULL, 12.5);";
    Connection::open(home.path("x.db")).unwrap().execute_batch(table).unwrap();
    fs::write(home.path("map.toml"), "id = \"userId\"\nevent = \"action\"\ntime = \"context.at\"\n").unwrap();
    for file in ["x.jsonl", "x.json", "answer.json", "x.csv", "x.tsv", "x.db"] {
        assert_eq!(code(&home.run(&["import", file, "--store", "no.db"])), 2, "{file}");
        for map in ["id=userId,event=action,time=context.at", "map.toml"] {
            let store = format!("{file}-{}", map.len());
            let import = home.json(0, &["import", file, "--map", map, "--store", &store]);
            assert_eq!((&import["events"], &import["rejected"]), (&2.into(), &0.into()), "{file}: {import}");
            let show = home.json(0, &["show", "0077", "--store", &store]);
            let rows = show["events"].as_array().unwrap();
            assert_eq!((&rows[0]["event"], &rows[0]["time"]), (&"Sign Up".into(), &"2019-07-01T09:00:00.000Z".into()));
            assert_eq!(rows[0]["properties"]["plan"], "pro", "{file}: {show}");
            assert_eq!(rows[0]["properties"]["row.time"], "noon", "a column with the name of another field is kept");
            assert_eq!(rows[1]["properties"]["amount"], json!(12.5), "{file}: {show}");
        }
    }
}

#[test]
fn a_map_that_does_not_fit_is_refused_before_anything_is_stored() {
    let home = Home::new();
    fs::write(home.path("x.jsonl"), ROWS.join("\n")).unwrap();
    fs::write(home.path("numbers.toml"), "id = 1\n").unwrap();
    for (map, says) in [
        (
            "id=user,event=action,time=context.at",
            "the column user is its id, but its rows have userId, action, context.at",
        ),
        ("id=userId,event=action,time=plan", "the column plan is its time, but \"pro\" is no time"),
        ("id=userId,time=context.at", "which column is the event"),
        ("no.toml", "the file cannot be read"),
        ("numbers.toml", "id is not the name of a column in quotes"),
    ] {
        let output = home.run(&["import", "x.jsonl", "--map", map, "--store", "s.db"]);
        assert_eq!(code(&output), 2, "{map}");
        assert!(err(&output).contains(says), "{map}: {}", err(&output));
        assert!(!home.path("s.db").exists(), "{map}");
    }
}

#[test]
fn a_guessed_map_can_be_used_where_it_found_all() {
    let home = Home::new();
    let rows = "visitor_id;Event Name;created_at;plan\n7;Sign Up;2019-07-01 09:00:00;pro\n";
    fs::write(home.path("x.csv"), rows).unwrap();
    let guess = home.run(&["import", "--map-for", "x.csv"]);
    assert_eq!(code(&guess), 0, "{}", err(&guess));
    let guess = out(&guess);
    assert!(guess.contains("id = \"visitor_id\"\nevent = \"Event Name\"\ntime = \"created_at\"\n"), "{guess}");
    assert!(guess.contains("#   plan  \"pro\""), "{guess}");
    fs::write(home.path("map.toml"), guess).unwrap();
    let import = home.json(0, &["import", "x.csv", "--map", "map.toml", "--store", "s.db"]);
    assert_eq!(import["events"], 1, "{import}");
    assert_eq!(home.json(0, &["show", "7", "--store", "s.db"])["events"][0]["event"], "Sign Up");
    fs::write(home.path("poem.txt"), "Shall I compare thee\n").unwrap();
    assert_eq!(code(&home.run(&["import", "--map-for", "poem.txt"])), 2);
}

#[test]
fn a_map_is_guessed_for_the_table_of_a_database_that_has_events() {
    let home = Home::new();
    let database = Connection::open(home.path("x.db")).unwrap();
    let tables = "CREATE TABLE settings (name TEXT, value TEXT); INSERT INTO settings VALUES ('zone', 'UTC');
                  CREATE TABLE log (who TEXT, visitor_id TEXT, action TEXT, created_at TEXT);
                  INSERT INTO log VALUES ('x', '007', 'Sign Up', '2019-07-01 09:00:00');";
    database.execute_batch(tables).unwrap();
    let guess = home.run(&["import", "--map-for", "x.db"]);
    assert_eq!(code(&guess), 0, "{}", err(&guess));
    let guess = out(&guess);
    assert!(guess.starts_with("# Which column of the table log of x.db is what"), "{guess}");
    fs::write(home.path("map.toml"), guess).unwrap();
    assert_eq!(home.json(0, &["import", "x.db", "--map", "map.toml", "--store", "s.db"])["events"], 1);
    assert_eq!(home.json(0, &["show", "007", "--store", "s.db"])["events"][0]["event"], "Sign Up");
    // A database in which no table has them, and one without rows.
    database.execute_batch("DROP TABLE log").unwrap();
    assert!(out(&home.run(&["import", "--map-for", "x.db"])).contains("the table settings of x.db"));
    database.execute_batch("DELETE FROM settings").unwrap();
    let none = home.run(&["import", "--map-for", "x.db"]);
    assert!(code(&none) == 2 && err(&none).contains("no tables with rows"), "{}", err(&none));
}

#[test]
fn a_dry_run_shows_three_rows_of_any_format_and_makes_no_store() {
    let home = Home::new();
    let row = |time: u32| {
        format!(
            "{{\"event\":\"A\",\"properties\":{{\"time\":{time},\"distinct_id\":\"d\u{1b}[31m\",\"$device_id\":\"v\",\"mp_processing_time_ms\":{}000}}}}\n",
            u64::from(time) + 4 * 3600 + 1
        )
    };
    let rows: String = (0..30).map(|at| row(1_561_971_600 + at * 60)).collect();
    fs::write(home.path("x.jsonl"), rows).unwrap();
    fs::write(home.path("pairs.csv"), "alias,distinct_id\na,b\n").unwrap();
    fs::write(home.path("users.csv"), "$distinct_id,$email\na,ada@example.com\n").unwrap();
    let printed = home.json(0, &["import", "--dry-run", "x.jsonl", "pairs.csv", "users.csv", "--store", "s.db"]);
    let [export, pairs, users] = [0, 1, 2].map(|at| &printed["files"][at]);
    assert_eq!((export["rows"].as_array().unwrap().len(), &export["format"]), (3, &"raw export (JSON Lines)".into()));
    assert_eq!(export["rows"][0]["time"], "2019-07-01T13:00:00.000Z", "as it would be read: {printed}");
    assert!(export["timezone"].as_str().unwrap().starts_with("UTC-04:00 (inferred, sure"), "{printed}");
    assert_eq!((&export["rows"][2]["line"], &export["rows"][2]["device_id"]), (&3.into(), &"v".into()));
    assert_eq!((&pairs["rows"][0]["kind"], &pairs["rows"][0]["alias"]), (&"alias".into(), &"a".into()), "{printed}");
    assert_eq!(
        (&users["rows"][0]["kind"], &users["rows"][0]["distinct_id"]),
        (&"profile".into(), &"a".into()),
        "{printed}"
    );
    let text = home.run(&["import", "--dry-run", "x.jsonl", "--store", "s.db"]);
    assert!(out(&text).contains("line 1: event \"A\", id \"d␛[31m\", at 2019-07-01T13:00:00.000Z"), "{}", out(&text));
    assert!(out(&text).contains("nothing is stored") && !out(&text).contains('\u{1b}'), "{}", out(&text));
    assert!(!home.path("s.db").exists());
    fs::write(home.path("poem.txt"), "Shall I compare thee\n").unwrap();
    let output = home.run(&["import", "--dry-run", "x.jsonl", "poem.txt"]);
    assert_eq!(code(&output), 2, "one of them cannot be read");
    assert!(out(&output).contains("x.jsonl") && err(&output).contains("poem.txt"));
}

#[test]
fn the_map_that_a_refusal_names_reads_the_file_also_of_rows_in_messages() {
    let home = Home::new();
    let row = r#"{"userId":"u","action":"A","seen":"2019-07-01 09:00:00","plan":"pro"}"#;
    let text = serde_json::Value::from(row).to_string();
    let files = [
        ("x.jsonl", row.to_owned()),
        ("singer.jsonl", format!(r#"{{"type":"RECORD","stream":"tracks","record":{row}}}"#)),
        ("airbyte.jsonl", format!(r#"{{"type":"RECORD","record":{{"stream":"tracks","data":{row}}}}}"#)),
        ("raw.jsonl", format!(r#"{{"_airbyte_raw_id":"1","_airbyte_data":{row}}}"#)),
        ("raw-text.jsonl", format!(r#"{{"_airbyte_raw_id":"1","_airbyte_data":{text}}}"#)),
    ];
    for (file, content) in &files {
        fs::write(home.path(file), content).unwrap();
        let refused = home.run(&["import", file, "--store", "no.db"]);
        let said = err(&refused);
        let map = said.split("--map ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default().to_owned();
        assert_eq!(code(&refused), 2, "{file}");
        fs::write(home.path("map.toml"), out(&home.run(&["import", "--map-for", file]))).unwrap();
        for map in [map.as_str(), "map.toml"] {
            let store = format!("{file}-{}.db", map.len());
            home.json(0, &["import", file, "--map", map, "--store", &store]);
            let show = home.json(0, &["show", "u", "--store", &store]);
            let event = &show["events"][0];
            assert_eq!((&event["event"], &event["time"]), (&"A".into(), &"2019-07-01T09:00:00.000Z".into()), "{file}");
            let properties = event["properties"].as_object().unwrap();
            assert_eq!(properties["plan"], "pro", "{file} by {map}: {show}");
            assert!(!properties.contains_key("record") && !properties.contains_key("_airbyte_data"), "{file}: {show}");
        }
    }
}

#[test]
fn columns_that_a_map_leaves_out_are_named() {
    let home = Home::new();
    let row = r#"{"userId":"u","action":"A","at":{"ts":1561971600,"zone":"x"},"more":{"plan":"pro"},"cost":5}"#;
    fs::write(home.path("x.jsonl"), row).unwrap();
    let map = "id=userId,event=action,time=at.ts";
    let all = home.run(&["import", "x.jsonl", "--map", map, "--store", "all.db"]);
    assert!(!out(&all).contains("left out") && !err(&all).contains("left out"), "{}{}", out(&all), err(&all));
    let some = home.json(0, &["import", "x.jsonl", "--map", &format!("{map},properties=more"), "--store", "some.db"]);
    let said = some.to_string();
    assert!(said.contains("left out by the map, which has the properties in one column: at.zone, cost"), "{said}");
}

#[test]
fn a_map_of_columns_without_ids_names_or_objects_is_refused() {
    let home = Home::new();
    fs::write(home.path("x.jsonl"), r#"{"who":{"id":"u"},"what":["A"],"is":"A","at":1561971600,"days":43647}"#)
        .unwrap();
    for (map, says) in [
        ("id=who,event=is,time=at", "the column who is its id, but {\"id\":\"u\"} is no id"),
        ("id=who.id,event=what,time=at", "the column what is its event, but [\"A\"] is no name"),
        ("id=who.id,event=is,time=at,properties=is", "the column is is its properties, but \"A\" is no object"),
        ("id=who.id,event=is,time=days", "the column days is its time, but numbers such as 43647 are no times"),
    ] {
        let output = home.run(&["import", "x.jsonl", "--map", map, "--store", "s.db"]);
        assert_eq!(code(&output), 2, "{map}");
        assert!(err(&output).contains(says), "{map}: {}", err(&output));
        assert!(!home.path("s.db").exists(), "{map}");
    }
}

#[test]
fn rows_of_each_group_of_a_parquet_file_are_shown_as_they_are_then_read() {
    let home = Home::new();
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/parquet/one-clock.parquet");
    let printed = home.json(0, &["import", "--dry-run", file.to_str().unwrap()]);
    home.json(0, &["import", file.to_str().unwrap(), "--store", "s.db"]);
    let show = home.json(0, &["show", "u-1", "--store", "s.db"]);
    let stored = show["events"].as_array().unwrap();
    let mut compared = 0;
    for group in printed["files"].as_array().unwrap() {
        for row in group["rows"].as_array().unwrap().iter().filter(|row| row["distinct_id"] == "u-1") {
            let same = |one: &&serde_json::Value| {
                one["source"]["file"] == group["file"] && one["source"]["line"] == row["line"]
            };
            assert_eq!(stored.iter().find(same).unwrap()["time"], row["time"], "{}: {row}", group["file"]);
            compared += 1;
        }
    }
    assert_eq!(compared, 6);
}
