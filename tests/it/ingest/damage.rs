//! Bad bytes in each format: a row with one is put right and counted, and never lost.

use super::*;

/// A SQLite file of another program, made by these statements.
fn sqlite(statements: &str) -> (tempfile::TempDir, Input) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    Connection::open(&path).unwrap().execute_batch(statements).unwrap();
    (folder, Input::Path(path))
}

/// What was read and put right, the names of the events, and their properties.
fn right(input: Input) -> (u64, u64, u64, Vec<String>) {
    let mut writer = store();
    let report = read(&mut writer, input);
    assert_eq!(report.reasons, []);
    let reader = writer.into_reader().unwrap();
    let events = all_events(&reader);
    let rows: Vec<i64> = events.iter().map(|event| event.row).collect();
    let texts = reader.properties(&rows).unwrap();
    let flagged = events.iter().filter(|event| event.flags.has(Flags::REPAIRED)).count();
    assert_eq!(u64::try_from(flagged).unwrap(), report.lacks.repaired - report.profiles.min(report.lacks.repaired));
    for text in &texts {
        assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
    }
    (report.events + report.profiles, report.lacks.repaired, report.rejected, texts)
}

/// Texts of properties with something bad in them, as `SQLite` writes them, and what they become.
const TEXTS: &[(&str, &str)] = &[
    ("'{\"p\":\"x' || char(1) || 'y\"}'", "x\u{1}y"),
    ("'{\"p\":\"x' || char(10) || 'y\"}'", "x\ny"),
    ("'{\"p\":\"x' || CAST(x'ff' AS TEXT) || 'y\"}'", "x\u{fffd}y"),
    ("'{\"p\":\"x' || CAST(x'eda0bdedb880' AS TEXT) || 'y\"}'", "x\u{1f600}y"),
    ("'{\"p\":\"x\\ud83dy\"}'", "x\u{fffd}y"),
];

#[test]
fn a_bad_byte_in_the_properties_of_a_sqlite_file_is_put_right() {
    for (text, expected) in TEXTS {
        for others in ["", "INSERT INTO events VALUES ('u', 'B', 1561971601, '{}');"] {
            let (_folder, input) = sqlite(&format!(
                "CREATE TABLE events (distinct_id TEXT, event TEXT, time INTEGER, properties TEXT);
                 INSERT INTO events VALUES ('u', 'A', 1561971600, {text}); {others}"
            ));
            let (read, repaired, _, texts) = right(input);
            assert_eq!((read, repaired), (1 + u64::from(!others.is_empty()), 1), "{text}");
            let properties: serde_json::Value = serde_json::from_str(&texts[0]).unwrap();
            assert_eq!(properties["p"], *expected, "{text}");
        }
    }
}

#[test]
fn bytes_that_are_not_utf_8_in_any_column_of_a_sqlite_file_are_counted() {
    for (id, name, plan) in [
        ("CAST(x'75ff' AS TEXT)", "'A'", "'p'"),
        ("'u'", "CAST(x'41e9' AS TEXT)", "'p'"),
        ("'u'", "'A'", "CAST(x'eda080' AS TEXT)"),
        ("'u\"'", "'A\\'", "CAST(x'22ff22' AS TEXT)"),
        ("x'0175ff'", "'A'", "'p'"),
    ] {
        let (_folder, input) = sqlite(&format!(
            "CREATE TABLE events (distinct_id, event TEXT, time INTEGER, plan TEXT);
             INSERT INTO events VALUES ({id}, {name}, 1561971600, {plan}), ('w', 'B', 1561971601, 'p\"q');"
        ));
        let (read, repaired, _, texts) = right(input);
        assert_eq!((read, repaired), (2, 1), "{id} {name} {plan}");
        assert!(texts.iter().any(|text| text.contains(r#""plan":"p\"q""#)), "{texts:?}");
    }
    let (_folder, input) = sqlite(
        "CREATE TABLE aliases (alias TEXT, distinct_id TEXT);
         INSERT INTO aliases VALUES (CAST(x'6eff' AS TEXT), 'a'), ('ok', 'b');",
    );
    let report = read(&mut store(), input);
    assert_eq!((report.aliases, report.lacks.repaired), (2, 1));
}

#[test]
fn a_bad_byte_in_an_object_in_a_cell_is_put_right() {
    for (cell, expected) in [
        ("{\"\"p\"\":\"\"x\u{1}y\"\"}", "x\u{1}y"),
        ("{\"\"p\"\":\"\"x\ny\"\"}", "x\ny"),
        ("{\"\"p\"\":\"\"x\\ud83dy\"\"}", "x\u{fffd}y"),
    ] {
        let file = format!("event,distinct_id,time,properties\nA,u,1561971600,\"{cell}\"\nB,u,1561971601,{{}}\n");
        let (read, repaired, _, texts) = right(bytes("x.csv", file));
        assert_eq!((read, repaired), (2, 1), "{cell:?}");
        let properties: serde_json::Value = serde_json::from_str(&texts[0]).unwrap();
        assert_eq!(properties["p"], *expected, "{cell:?}");
    }
    // In a column of its own.
    let file = "event,distinct_id,time,meta\nA,u,1561971600,\"{\"\"p\"\":\"\"\\udc00\"\"}\"\nB,u,1561971601,\\udc00\n";
    let (read, repaired, _, texts) = right(bytes("x.csv", file));
    assert_eq!((read, repaired), (2, 1));
    assert!(texts[0].contains(r#""meta":{"p":"\ufffd"}"#), "{texts:?}");
    assert!(texts[1].contains(r#""meta":"\\udc00""#), "a text is what is written: {texts:?}");
    // Of another vendor.
    let file =
        "event,distinct_id,timestamp,uuid,properties\nA,u,2023-11-14T22:13:20Z,1,\"{\"\"p\"\":\"\"\\ud83d\"\"}\"\n";
    let (read, repaired, ..) = right(bytes("x.csv", file));
    assert_eq!((read, repaired), (1, 1));
}

#[test]
fn a_bad_byte_in_properties_that_are_a_text_is_put_right() {
    for (inside, expected) in [(r"x\\ud83dy", "x\u{fffd}y"), (r"x\u0001y", "x\u{1}y"), (r"x\ny", "x\ny")] {
        let line = |id: &str| {
            format!(
                "{{\"event\":\"A\",\"distinct_id\":\"{id}\",\"time\":1561971600,\"properties\":\"{{\\\"p\\\":\\\"{inside}\\\"}}\"}}\n"
            )
        };
        let (read, repaired, _, texts) = right(bytes("x.jsonl", line("a") + &line("b")));
        assert_eq!((read, repaired), (2, 2), "{inside}");
        let properties: serde_json::Value = serde_json::from_str(&texts[0]).unwrap();
        assert_eq!(properties["p"], *expected, "{inside}");
    }
}
