//! One story in every shape that people hold events in, and close shapes that are none of them.
//!
//! The files of `tests/data/formats` tell the same of one made-up person: a view, an alias call,
//! a sign-up, and an invoice under the alias.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;

use super::{Home, code, err, out};

/// What the store says of the story.
fn printed(home: &Home, store: &str) -> Value {
    let show = home.json(0, &["show", "ada@example.com", "--store", store]);
    let rows = show["events"].as_array().unwrap().iter();
    let rows: Vec<Value> = rows
        .map(|row| serde_json::json!([row["event"], row["time"], row["arrived"], row["state"], row["sent_as"]]))
        .collect();
    serde_json::json!({"root": show["root"], "rows": rows, "aliases": show["aliases"][0]["status"], "orphans": show["orphans"]})
}

fn formats() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/formats");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 20);
    files
}

#[test]
fn one_story_is_the_same_in_every_shape() {
    let home = Home::new();
    let mut first: Option<Value> = None;
    for (number, file) in formats().iter().enumerate() {
        let store = format!("{number}.db");
        let import = home.json(0, &["import", file.to_str().unwrap(), "--store", &store]);
        assert_eq!((&import["events"], &import["rejected"]), (&4.into(), &0.into()), "{}: {import}", file.display());
        let printed = printed(&home, &store);
        assert_eq!(printed["orphans"], serde_json::json!([]), "{}", file.display());
        assert_eq!(*first.get_or_insert_with(|| printed.clone()), printed, "{}", file.display());
    }
    let first = first.unwrap();
    assert!(first["root"].as_str().unwrap().starts_with("1700aa11bb22c3"), "{first}");
    assert_eq!((&first["rows"][3][0], &first["rows"][3][3]), (&"Invoice Sent".into(), &"merged".into()));
    assert_eq!(first["aliases"], "accepted");
}

#[test]
fn a_row_of_a_table_keeps_its_properties_its_file_and_its_line() {
    let home = Home::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/formats");
    for file in ["flat.csv", "semicolon-bom.csv", "tabs.tsv", "properties-dots.csv"] {
        home.json(0, &["import", folder.join(file).to_str().unwrap(), "--store", file]);
        let show = home.json(0, &["show", "ada@example.com", "--store", file]);
        let sign_up = &show["events"][2];
        assert_eq!((&sign_up["source"]["file"], &sign_up["source"]["line"]), (&file.into(), &4.into()), "{show}");
        let properties = &sign_up["properties"];
        assert_eq!(properties["tags"], serde_json::json!(["a", "b"]), "{file}");
        assert_eq!(properties["note"], "two\nlines, \"quoted\"; and more", "{file}");
        assert_eq!(show["events"][3]["properties"]["amount"], 12.5, "{file}");
        assert!(properties.get("page").is_none(), "{file}: an empty cell is no property");
        // The row before goes over two lines.
        assert_eq!(show["events"][3]["source"]["line"], 6, "{file}");
    }
}

#[test]
fn what_only_looks_like_events_aliases_or_profiles_makes_no_store() {
    let home = Home::new();
    for (name, content, says) in [
        (
            "counts.csv",
            "date,event,count\n2019-07-01,Sign Up,3\n",
            "date, event, count, but no id (distinct_id) and no time",
        ),
        ("counts_by_user.csv", "key,value\nada@example.com,4\n", "no name of an event"),
        ("texts.csv", "key,original,translated\nbtn.ok,OK,Oppe\n", "--as aliases"),
        ("pairs.jsonl", "{\"key\":\"a\",\"value\":\"b\"}\n", "--as aliases"),
        ("more.csv", "alias,distinct_id,plan\na,b,pro\n", "--as aliases"),
        ("more.jsonl", "{\"alias\":\"a\",\"distinct_id\":\"b\",\"plan\":1}\n", "--as aliases"),
        ("no-id.csv", "event,time,plan\nSign Up,1561971600,pro\n", "but no id (distinct_id)"),
        ("no-time.csv", "event,distinct_id\nSign Up,a\n", "but no time"),
        ("us.csv", "event,distinct_id,time\nSign Up,a,07/12/2013 10:00\n", "no time in a form that is read"),
        ("no-name.jsonl", "{\"properties\":{\"time\":1,\"distinct_id\":\"a\"}}\n", "no name of an event"),
        ("groups.json", "[{\"key\":[\"a\"],\"value\":3}]", "JQL"),
        (
            "lists.jsonl",
            "[\"Sign Up\", 1561971600, \"a\"]\n[\"Invoice Sent\", 1561971601, \"a\"]\n",
            "lists of values without the names of their columns",
        ),
        ("counts.jsonl", "[\"day\", \"count\"]\n[\"2019-07-01\", 3]\n", "day, count, but no name of an event"),
        ("columns.json", "{\"day\":[\"2019-07-01\"],\"count\":[3]}", "count, day, but no name of an event"),
        ("payload.jsonl", "{\"id\":1,\"payload\":{\"x\":1}}\n", "no time"),
        (
            "stamped.csv",
            "event,distinct_id,timestamp,mp_processing_time_ms\nSign Up,a,1561971600,1561971601500\n",
            "but no time",
        ),
        (
            "commas.csv",
            "event,distinct_id,time,mp_processing_time_ms\nA,a,\"1,561,971,600\",1561971601500\n",
            "in a form that is read",
        ),
        ("mac.csv", "event,distinct_id,time\rSign Up,a,1561971600\r", "carriage returns only"),
        ("rows.avro", "Obj\u{1}\u{4}\u{14}avro.codec", "an Avro file; write it as Parquet or JSON Lines"),
        ("rows.feather", "ARROW1\0\0\u{10}", "an Arrow (Feather) file"),
        ("rows.orc", "ORC\u{8}\u{1}\0", "an ORC file"),
        (
            "rows.duckdb",
            "\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}DUCK@\0",
            "a DuckDB database; write the table as Parquet",
        ),
        (
            "values.json",
            "[[\"Sign Up\",1561971600,\"a\"],[\"View\",1561971601,\"a\"]]",
            "without the names of their columns",
        ),
        // ClickHouse 26.9, CSV and TSVWithNames of a tuple.
        (
            "headless.csv",
            "\"Sign Up\",\"a\",1561971600\n\"View\",\"a\",1561971601\n",
            "its first line is a row and does not name the columns (Sign Up, a, 1561971600)",
        ),
        // dlt 1.31.0
        (
            "child.jsonl",
            "{\"value\":\"free\",\"_dlt_parent_id\":\"x\",\"_dlt_list_idx\":0,\"_dlt_id\":\"y\"}\n",
            "they are the lists in rows of another table of dlt",
        ),
        (
            "half.jsonl",
            "{\"event\":\"A\",\"properties\":{\"time\":1,\"distinct_id\":\"a\"}}\n\
             {\"user\":\"b\",\"action\":\"click\",\"ts\":1561971600}\n{\"user\":\"c\",\"action\":\"click\",\"ts\":1561971600}\n",
            "only 1 of its first 3 rows are of one kind; the others have the columns action, ts, user, but no name of an \
             event (event), no id (distinct_id) and no time (time); write each kind into a separate file",
        ),
        // As Customer.io has them.
        (
            "other.jsonl",
            "{\"event_type\":\"Sign Up\",\"customer_id\":\"a\",\"timestamp\":1561971600}\n",
            "if its rows are events, --map id=customer_id,event=event_type,time=timestamp reads them",
        ),
        (
            "other.csv",
            "Client Id,Event Name,Event Timestamp\na,Sign Up,1561971600\n",
            "--map 'id=Client Id,event=Event Name,time=Event Timestamp' reads them",
        ),
        (
            "tuple.tsv",
            "event\tproperties\nSign Up\t(1561971600,'a')\n",
            "event, properties, but properties that are no object: \"(1561971600,'a')\"",
        ),
        // sqlite3 3.40.1
        ("insert.sql", "INSERT INTO events VALUES('Sign Up','a',1561971600);\n", "it is SQL, which is not run"),
        ("dump.sql", "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE events(a);\n", "it is SQL"),
        ("mysql.sql", "-- MySQL dump 10.13\n--\n\n/*!40101 SET NAMES utf8 */;\nCREATE TABLE x", "it is SQL"),
        (
            "mysql.txt",
            "+-------+-------------+\n| event | distinct_id |\n+-------+-------------+\n",
            "a table drawn for a terminal",
        ),
        (
            "wrapped.md",
            "| event | distinct_id | time       | note   |\n|-------|-------------|------------|--------|\n\
             | View  | a           | 1561971600 | one    |\n|       |             |            | two    |\n",
            "cells are cut or go on in the next line",
        ),
        ("poem.txt", "Shall I compare thee, o lovely\nto a summer's day?\n", "no event, profile or alias"),
    ] {
        fs::write(home.path(name), content).unwrap();
        let output = home.run(&["import", name, "--store", "s.db"]);
        assert_eq!(code(&output), 2, "{name}: {}{}", out(&output), err(&output));
        assert!(err(&output).contains(says), "{name}: {}", err(&output));
        assert!(!home.path("s.db").exists(), "{name}");
    }
}

#[test]
fn a_list_of_rows_under_data_is_a_request_only_where_rows_are_as_sdks_send_them() {
    let home = Home::new();
    let row = |token: &str| format!(r#"{{"event":"A","properties":{{"time":1561971600,"distinct_id":"a"{token}}}}}"#);
    let text = Value::from(r#"{"time":1561971600,"distinct_id":"a"}"#).to_string();
    for (name, content, format) in [
        ("sent.jsonl", format!(r#"{{"data":[{}]}}"#, row(r#","token":"t""#)), "recorded payloads"),
        ("recorded.jsonl", format!(r#"{{"received_at_ms":1561971601000,"data":[{}]}}"#, row("")), "recorded payloads"),
        ("answer.json", format!(r#"{{"data":[{}]}}"#, row("")), "raw export (JSON answer of an API)"),
        (
            "database.json",
            format!(r#"{{"meta":[],"data":[{{"event":"A","properties":{text}}}],"rows":1}}"#),
            "raw export (JSON answer of an API)",
        ),
        (
            "columns.json",
            format!(
                r#"{{"meta":[{{"name":"event"}},{{"name":"properties"}}],"data":{{"event":["A"],"properties":[{text}]}}}}"#
            ),
            "raw export (JSON answer of an API)",
        ),
    ] {
        fs::write(home.path(name), content).unwrap();
        let import = home.json(0, &["import", name, "--store", &format!("{name}.db"), "--timezone", "UTC"]);
        assert_eq!((&import["files"][0]["format"], &import["events"]), (&format.into(), &1.into()), "{name}");
        let show = home.json(0, &["show", "a", "--store", &format!("{name}.db")]);
        assert_eq!(show["events"][0]["event"], "A", "{name}");
    }
}

#[test]
fn a_word_for_nothing_is_nothing_where_no_cell_is_empty_and_an_id_elsewhere() {
    let home = Home::new();
    for (name, rows, device) in [
        ("all", "A,a,1561971600,NULL,NULL\nB,a,1561971601,NULL,x\n", Value::Null),
        ("some", "A,a,1561971600,NULL,\nB,a,1561971601,d,x\n", "NULL".into()),
        ("one", "A,a,1561971600,null,x\nB,a,1561971601,d,x\n", "null".into()),
    ] {
        let file = format!("{name}.csv");
        fs::write(home.path(&file), format!("event,distinct_id,time,$device_id,plan\n{rows}")).unwrap();
        let import = home.json(0, &["import", &file, "--store", name]);
        assert_eq!(import["files"][0]["format"].to_string().contains("NULL is nothing"), name == "all", "{import}");
        let show = home.json(0, &["show", "a", "--store", name]);
        assert_eq!(show["events"][0]["device_id"], device, "{name}");
    }
}

#[test]
fn spaces_around_cells_are_part_of_an_id_unless_all_cells_have_them() {
    let home = Home::new();
    for (name, table, id) in [
        ("padded", "event, distinct_id, time\nA, a b, 1561971600\n", "a b"),
        ("plain", "event,distinct_id,time\nA, a b,1561971600\n", " a b"),
    ] {
        fs::write(home.path("x.csv"), table).unwrap();
        home.json(0, &["import", "x.csv", "--store", name]);
        assert_eq!(home.json(0, &["show", id, "--store", name])["root"], id);
    }
}

#[test]
fn a_table_of_aliases_says_so_itself_or_is_said_to_be_one() {
    let home = Home::new();
    for (name, content, arguments) in [
        ("exact.csv", "distinct_id,alias\nb,a\n", &[][..]),
        ("time.csv", "Alias;Distinct_ID;Time\na;b;2019-07-01 09:08:00\n", &[]),
        ("exact.jsonl", "{\"alias\":\"a\",\"distinct_id\":\"b\"}\n", &[]),
        ("said.csv", "key,value,note\na,b,x\n", &["--as", "aliases"]),
        ("said.json", "[{\"key\":\"a\",\"target\":\"b\"}]", &["--as", "aliases"]),
    ] {
        fs::write(home.path(name), content).unwrap();
        let arguments = [&["import", name, "--store", "s.db"], arguments].concat();
        let import = home.json(0, &arguments);
        assert_eq!(import["files"][0]["aliases"], 1, "{name}: {import}");
        fs::remove_file(home.path("s.db")).unwrap();
    }
    fs::write(home.path("other.csv"), "a,b\n1,2\n").unwrap();
    assert_eq!(code(&home.run(&["import", "other.csv", "--as", "aliases"])), 2);
}

#[test]
fn profiles_are_read_from_tables_too() {
    let home = Home::new();
    for (name, content) in [
        ("users.csv", "$distinct_id,$email,plan\na,ada@example.com,pro\n0077,,free\n"),
        ("named.csv", "Distinct ID,$email\na,ada@example.com\n0077,\n"),
        (
            "engage.jsonl",
            "{\"distinct_id\":\"a\",\"mp_reserved_email\":\"ada@example.com\"}\n{\"distinct_id\":\"0077\",\"plan\":\"free\"}\n",
        ),
    ] {
        fs::write(home.path(name), content).unwrap();
        let import = home.json(0, &["import", name, "--store", name.split_once('.').unwrap().0]);
        assert_eq!((&import["files"][0]["profiles"], &import["rejected"]), (&2.into(), &0.into()), "{name}: {import}");
        let hits = home.json(0, &["search", "ada@example", "--store", name.split_once('.').unwrap().0]);
        assert_eq!(hits["hits"][0]["id"], "a", "{name}: {hits}");
    }
}

#[test]
fn a_row_of_another_vendor_among_those_of_mixpanel_is_kept_as_a_reject() {
    let home = Home::new();
    let good = "{\"event\":\"A\",\"properties\":{\"time\":1561971600,\"distinct_id\":\"a\"}}\n";
    let other = "{\"type\":\"track\",\"event\":\"B\",\"messageId\":\"m\",\"properties\":{\"time\":1561971600}}\n";
    fs::write(home.path("x.jsonl"), [good, good, other].concat()).unwrap();
    let import = home.json(0, &["import", "x.jsonl", "--rejects", "r.jsonl"]);
    assert_eq!((&import["events"], &import["rejected"]), (&2.into(), &1.into()));
    assert!(fs::read_to_string(home.path("r.jsonl")).unwrap().contains("Segment"));
}

#[test]
fn a_database_of_another_program_is_read_by_what_its_tables_hold() {
    let home = Home::new();
    let flat = "CREATE TABLE log (event TEXT, \"$device_id\" TEXT, \"$user_id\" TEXT, alias TEXT, distinct_id TEXT,
            mp_processing_time_ms INTEGER, plan TEXT, tags TEXT, paid BOOLEAN, time INTEGER);
        INSERT INTO log VALUES ('$create_alias', 'd', '', 'ada@example.com', 'd', 1561971661500, NULL, NULL, NULL, 1561971660),
            ('Sign Up', 'd', 'ada@example.com', '', 'd', 1561971666500, 'pro', '[\"a\", \"b\"]', 1, 1561971665),
            ('Invoice', NULL, NULL, NULL, 'ada@example.com', 1561975266500, NULL, NULL, 0, 1561975265);
        CREATE TABLE settings (name TEXT, value TEXT); INSERT INTO settings VALUES ('a', 'b');
        CREATE VIEW same AS SELECT * FROM log;";
    Connection::open(home.path("flat.db")).unwrap().execute_batch(flat).unwrap();
    let import = home.json(0, &["import", "flat.db", "--store", "s.db"]);
    assert_eq!(import["files"].as_array().unwrap().len(), 1, "{import}");
    assert_eq!((&import["files"][0]["file"], &import["events"]), (&"flat.db:log".into(), &3.into()), "{import}");
    let warnings = import["warnings"].to_string();
    assert!(warnings.contains("the table settings is not read") && warnings.contains("it is a view"), "{warnings}");
    let show = home.json(0, &["show", "ada@example.com", "--store", "s.db"]);
    assert_eq!((&show["root"], &show["aliases"][0]["status"]), (&"d".into(), &"accepted".into()), "{show}");
    let properties = &show["events"][1]["properties"];
    assert_eq!((&properties["plan"], &properties["paid"]), (&"pro".into(), &true.into()));
    assert_eq!(properties["tags"], serde_json::json!(["a", "b"]));

    let dlt = "CREATE TABLE _dlt_loads (load_id TEXT); INSERT INTO _dlt_loads VALUES ('1');
        CREATE TABLE rows (event TEXT, properties__time BIGINT, properties__distinct_id TEXT,
            properties___insert_id TEXT, properties__address__city TEXT, _dlt_load_id TEXT, _dlt_id TEXT);
        INSERT INTO rows VALUES ('A', 1561971600, 'd', 'i', 'K', '1', 'r1'), ('B', 1561971601, 'd', 'j', NULL, '1', 'r2');
        CREATE TABLE rows__properties__tags (value TEXT, _dlt_parent_id TEXT, _dlt_list_idx BIGINT, _dlt_id TEXT);
        INSERT INTO rows__properties__tags VALUES ('y', 'r1', 1, 'a'), ('x', 'r1', 0, 'b');
        CREATE TABLE rows__properties__items (sku TEXT, n BIGINT, _dlt_parent_id TEXT, _dlt_list_idx BIGINT, _dlt_id TEXT);
        INSERT INTO rows__properties__items VALUES ('s', 2, 'r2', 0, 'c'), ('t', 1, 'r2', 1, 'e');
        CREATE TABLE rows__properties__items__sizes (value BIGINT, _dlt_parent_id TEXT, _dlt_list_idx BIGINT, _dlt_id TEXT);
        INSERT INTO rows__properties__items__sizes VALUES (40, 'c', 1, 'f'), (38, 'c', 0, 'g');
        CREATE TABLE rows__properties__matrix (value TEXT, _dlt_parent_id TEXT, _dlt_list_idx BIGINT, _dlt_id TEXT);
        INSERT INTO rows__properties__matrix VALUES (NULL, 'r1', 0, 'h'), ('x', 'r1', 1, 'i'), (NULL, 'r1', 2, 'j');
        CREATE TABLE rows__properties__matrix__list (value BIGINT, _dlt_parent_id TEXT, _dlt_list_idx BIGINT, _dlt_id TEXT);
        INSERT INTO rows__properties__matrix__list VALUES (2, 'h', 1, 'k'), (1, 'h', 0, 'l'), (3, 'j', 0, 'm');";
    Connection::open(home.path("dlt.db")).unwrap().execute_batch(dlt).unwrap();
    let before = fs::read(home.path("dlt.db")).unwrap();
    let import = home.json(0, &["import", "dlt.db", "--store", "t.db"]);
    assert!(import["warnings"].to_string().contains("_dlt_id, _dlt_load_id"), "{import}");
    let show = home.json(0, &["show", "d", "--store", "t.db"]);
    let properties = |at: usize| &show["events"][at]["properties"];
    assert_eq!(properties(0)["tags"], serde_json::json!(["x", "y"]), "{show}");
    assert_eq!(properties(0)["address"], serde_json::json!({"city": "K"}));
    assert_eq!(properties(0)["$insert_id"], "i");
    let items = serde_json::json!([{"sku": "s", "n": 2, "sizes": [38, 40]}, {"sku": "t", "n": 1, "sizes": null}]);
    assert_eq!(properties(1)["items"], items, "a list in a list stands in a table of its own");
    assert_eq!(properties(0)["matrix"], serde_json::json!([[1, 2], "x", [3]]), "{show}");
    assert!(fs::read(home.path("dlt.db")).unwrap() == before, "an input is never written to");
}

#[test]
fn a_database_without_events_is_wrong_use_and_names_its_tables() {
    let home = Home::new();
    let path = home.path("x.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE people (a); INSERT INTO people VALUES (1); CREATE TABLE x (b)")
        .unwrap();
    let output = home.run(&["import", "x.db", "--store", "s.db"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("people") && !home.path("s.db").exists(), "{}", err(&output));
    fs::write(home.path("bad.db"), [&b"SQLite format 3\0"[..], &[7; 5000]].concat()).unwrap();
    assert_eq!(code(&home.run(&["import", "bad.db", "--store", "s.db"])), 2);
}

#[test]
fn a_time_that_names_its_zone_is_not_moved_and_one_in_no_form_is_quoted() {
    let home = Home::new();
    let row = |time: &str| format!("{{\"event\":\"A\",\"properties\":{{\"time\":{time},\"distinct_id\":\"m\"}}}}\n");
    let rows =
        [r#""2013-07-12 12:00:00 +0200""#, r#""2013-07-12 10:00:00 UTC""#, r#""2013-07-12 03:00:00""#, r#""soon""#];
    fs::write(home.path("x.jsonl"), rows.map(row).concat()).unwrap();
    let import = home.json(0, &["import", "x.jsonl", "--timezone", "US/Pacific", "--rejects", "r.jsonl"]);
    assert_eq!((&import["events"], &import["rejected"]), (&3.into(), &1.into()));
    let show = home.json(0, &["show", "m"]);
    for row in show["events"].as_array().unwrap() {
        assert_eq!(row["time"], "2013-07-12T10:00:00.000Z");
    }
    assert!(fs::read_to_string(home.path("r.jsonl")).unwrap().contains("its time cannot be read"));
}

/// As pandas 3.1.1 writes with `to_csv()`, behind remarks as some tools write them.
#[test]
fn remarks_before_the_head_and_a_column_of_row_numbers_are_no_part_of_the_rows() {
    let home = Home::new();
    let rows =
        "# exported 2019-07-02\n,event,distinct_id,time,plan\n0,Sign Up,a,1561971600,pro\n1,View,a,1561971601,\n";
    fs::write(home.path("rows.csv"), rows).unwrap();
    let output = home.run(&["import", "rows.csv", "--store", "s.db"]);
    let said = format!("{}{}", out(&output), err(&output));
    assert!(said.contains("a column without a") && said.contains("has 1 of the 5 columns (line 1)"), "{said}");
    let show = home.json(0, &["show", "a", "--store", "s.db"]);
    let properties = &show["events"][0]["properties"];
    assert_eq!((properties.get(""), &properties["plan"]), (None, &"pro".into()), "{show}");
    assert_eq!((&show["events"][1]["event"], &show["events"][1]["source"]["line"]), (&"View".into(), &4.into()));
}
