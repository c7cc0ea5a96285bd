//! Files as they come, through sniffing, splitting and decoding.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::Path;

use journey::formats::{Clock, Decoder, Format, Inference, Item, Layout, Sniffed, Splitter, sniff};
use journey::model::{Flags, Id, Row, Verb};

fn sample(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn items(content: &[u8]) -> (Sniffed, Vec<Item<'_>>) {
    let sniffed = sniff(content, true, "sample").unwrap();
    let mut splitter = Splitter::new(sniffed.layout, 1, usize::MAX, false);
    let decoder = Decoder::new(&sniffed);
    let mut items = Vec::new();
    while let Some(record) = splitter.next(content, true) {
        decoder.decode(record.line, &content[record.start..record.end], &mut items);
    }
    (sniffed, items)
}

fn rows(name: &str) -> Vec<Row> {
    let content = sample(name);
    let rows = items(&content).1.into_iter();
    rows.map(|item| match item {
        Item::Event { row, .. } => row.to_row(),
        other => panic!("{name}: no event: {other:?}"),
    })
    .collect()
}

/// The rows without what may differ between forms of one file: the line, and how text is escaped.
fn meaning(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter()
        .map(|row| {
            let properties: serde_json::Value = serde_json::from_str(&row.properties).unwrap();
            Row { line: 0, properties: properties.to_string(), ..row }
        })
        .collect()
}

#[test]
fn every_form_of_an_export_gives_the_same_rows() {
    let plain = rows("variants/plain.jsonl");
    assert_eq!(plain.len(), 21);
    let plain = meaning(plain);
    for name in ["array.json", "ascii_escaped.jsonl", "blank_lines.jsonl", "crlf.jsonl"] {
        assert_eq!(meaning(rows(&format!("variants/{name}"))), plain, "{name}");
    }
}

#[test]
fn the_line_of_a_row_is_where_it_begins() {
    let lines = |name: &str| rows(name).into_iter().map(|row| row.line).take(3).collect::<Vec<_>>();
    assert_eq!(lines("variants/crlf.jsonl"), [1, 2, 3]);
    let array = String::from_utf8(sample("variants/array.json")).unwrap();
    let begins: Vec<u64> =
        (1u64..).zip(array.lines()).filter(|(_, text)| *text == "  {").map(|(line, _)| line).collect();
    assert_eq!(rows("variants/array.json").into_iter().map(|row| row.line).collect::<Vec<_>>(), begins);
}

#[test]
fn what_sdks_sent_is_what_the_export_says() {
    let content = sample("wire/retry.jsonl");
    let (sniffed, found) = items(&content);
    assert_eq!((sniffed.name.as_str(), sniffed.layout), ("recorded payloads", Layout::Lines));
    let count = |is: fn(&Item) -> bool| found.iter().filter(|item| is(item)).count();
    assert_eq!(count(|item| matches!(item, Item::Event { .. })), 9);
    assert_eq!(count(|item| matches!(item, Item::Skipped)), 3, "/decide asks, it does not tell");
    let refused: Vec<u64> = found
        .iter()
        .filter_map(|item| match item {
            Item::Reject(reject) if reject.reason == "the server refused it (answer 500)" => Some(reject.line),
            _ => None,
        })
        .collect();
    assert_eq!(refused, [10, 11]);
    assert!(found.iter().any(|item| matches!(item, Item::Event { row, project: Some(_), .. }
        if matches!(&row.verb, Verb::Alias { alias: Some(_), target: Some(_), .. }))));
}

#[test]
fn an_image_request_without_data_is_rejected_with_its_line() {
    let content = sample("wire/undecodable.jsonl");
    let (_, found) = items(&content);
    let rejects: Vec<_> =
        found.iter().filter_map(|item| if let Item::Reject(reject) = item { Some(reject) } else { None }).collect();
    assert_eq!(rejects.len(), 1);
    assert_eq!((rejects[0].line, rejects[0].reason.as_str()), (3, "its data could not be decoded"));
}

#[test]
fn a_line_with_half_a_surrogate_pair_is_a_row_that_says_so() {
    let rows = rows("export/lone_surrogate.jsonl");
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert!(row.flags.has(Flags::REPAIRED), "{}", row.event);
        assert!(serde_json::from_str::<serde_json::Value>(&row.properties).is_ok());
    }
}

#[test]
fn profile_updates_are_known_by_what_they_set() {
    let content = sample("engage/second_device.jsonl");
    let (sniffed, found) = items(&content);
    assert_eq!(sniffed.format, Format::ProfileUpdates);
    assert_eq!(found.len(), 5);
    assert!(found.iter().all(|item| matches!(item, Item::Profile { profile, .. } if profile.arrival.is_some())));
}

#[test]
fn a_table_of_users_of_the_web_console_is_their_profiles_and_a_table_of_anything_is_not() {
    let table = "Distinct ID,Name,Email,Updated at,Plan\nnora,Nora,nora@example.test,2024-03-01T10:00:00,pro\n";
    let (sniffed, found) = items(table.as_bytes());
    assert_eq!(sniffed.name, "profiles (CSV)");
    let [Item::Profile { profile, .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(profile.id, Some(Id::new("nora")));
    assert_eq!(
        profile.values,
        [("$name".to_owned(), "Nora".to_owned()), ("$email".to_owned(), "nora@example.test".to_owned())]
    );
    assert!(profile.json.contains(r#""$last_seen":"2024-03-01T10:00:00""#) && profile.json.contains(r#""Plan":"pro""#));
    for other in ["Distinct ID,Name,Colour\nnora,Nora,red\n", "distinct_id,name,email\nnora,Nora,x@example.test\n"] {
        let error = sniff(other.as_bytes(), true, "other.csv").unwrap_err().to_string();
        assert!(error.contains("is in no known format"), "{error}");
    }
    let events = "Event Name,Time,Distinct ID,Name,Email\nBuy,\"Mar 1, 2024, 10:00:00 AM\",nora,Nora,x@example.test\n";
    let (sniffed, found) = items(events.as_bytes());
    assert_eq!(sniffed.name, "event rows (CSV)");
    let [Item::Event { row, .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((&*row.event, row.time), ("Buy", 1_709_287_200_000));
}

#[test]
fn profiles_of_mixpanel_headless_have_their_properties_below_and_the_last_time_next_to_them() {
    let profiles = concat!(
        r#"{"distinct_id": "nora", "last_seen": "2024-03-01T10:00:00", "properties": {"$email": "nora@example.test", "Plan": "pro"}}"#,
        "\n",
        r#"{"distinct_id": "omar", "last_seen": null, "properties": {}}"#,
    );
    let (sniffed, found) = items(profiles.as_bytes());
    assert_eq!(sniffed.name, "profiles (JSON Lines)");
    let [Item::Profile { profile: nora, .. }, Item::Profile { profile: omar, .. }] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((&nora.id, &omar.id), (&Some(Id::new("nora")), &Some(Id::new("omar"))));
    assert_eq!(nora.values, [("$email".to_owned(), "nora@example.test".to_owned())]);
    assert!(nora.json.contains(r#""$last_seen":"2024-03-01T10:00:00""#) && nora.json.contains(r#""Plan": "pro""#));
    // Another column makes it a table of anything.
    let other = r#"{"distinct_id": "nora", "last_seen": "2024-03-01", "properties": {}, "colour": "red"}"#;
    assert!(sniff(other.as_bytes(), true, "other.jsonl").is_err());
}

#[test]
fn the_clock_of_mixpanel_headless_is_that_of_the_project_whatever_zone_it_writes() {
    // Five hours before the server had them.
    let row = |event: &str, time: &str| {
        format!(
            r#"{{"event_name": "{event}", "event_time": "2019-07-01T{time}+00:00", "distinct_id": "nora", "insert_id": "{time}", "properties": {{"mp_processing_time_ms": 1561989601000}}}}"#
        )
    };
    let rows = [row("View", "09:00:00"), row("Buy", "09:00:01")].join("\n");
    let (sniffed, found) = items(rows.as_bytes());
    assert_eq!(sniffed.name, "mixpanel-headless rows (JSON Lines)");
    let [Item::Event { row: view, clock, .. }, Item::Event { .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((&*view.event, view.to_row().insert_id.as_deref()), ("View", Some("09:00:00")));
    assert_eq!(*clock, Clock::Project);
}

#[test]
fn a_profile_of_an_answer_can_have_its_properties_next_to_its_id_or_none() {
    for list in ["results", "data"] {
        let answer = format!(
            r#"{{"{list}":[{{"$distinct_id":"nora","$email":"nora@example.test"}},{{"$distinct_id":"omar"}}]}}"#
        );
        let (_, found) = items(answer.as_bytes());
        let [Item::Profile { profile: nora, .. }, Item::Profile { profile: omar, .. }] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!((&nora.id, &omar.id), (&Some(Id::new("nora")), &Some(Id::new("omar"))), "{list}");
        assert_eq!(nora.values, [("$email".to_owned(), "nora@example.test".to_owned())], "{list}");
    }
    // An update without an operation changes nothing.
    let sent = r#"{"received_at_ms":1,"endpoint":"/engage","payload":{"$token":"t","$distinct_id":"nora"}}"#;
    let (_, found) = items(sent.as_bytes());
    assert!(matches!(found.as_slice(), [Item::Reject(_)]), "{found:?}");
    let page = r#"{"results":[{"$distinct_id":"nora","$set":{"plan":"pro"}}]}"#;
    let (_, found) = items(page.as_bytes());
    assert!(matches!(found.as_slice(), [Item::Profile { profile, .. }] if profile.operation == "$set"), "{found:?}");
}

#[test]
fn the_clock_of_these_exports_is_utc_and_of_a_shifted_one_is_not() {
    let mut rows = rows("variants/plain.jsonl");
    let printed = Inference::of(&rows);
    assert_eq!(printed.sentence(), "UTC (inferred, sure: 21 of 21 rows)");
    for row in &mut rows {
        row.time -= 8 * 3_600_000;
    }
    assert_eq!(Inference::of(&rows).sentence(), "UTC-08:00 (inferred, sure: 21 of 21 rows)");
}

#[test]
fn an_answer_of_the_activity_feed_has_ids_under_either_name_and_an_export_under_one() {
    let event = |ids: &str| format!(r#"{{"event":"View","properties":{{"time":1599589453,{ids}}}}}"#);
    let ids = |text: &str| -> Vec<Option<String>> {
        let rows = items(text.as_bytes()).1.into_iter();
        rows.map(|item| match item {
            Item::Event { row, .. } => row.to_row().id.map(|id| id.as_str().to_owned()),
            other => panic!("no event: {other:?}"),
        })
        .collect()
    };
    let events = [
        event(r#""$distinct_id":"a""#),
        event(r#""distinct_id":"b""#),
        event(r#""$distinct_id":"a","distinct_id":"b""#),
        event(r#""distinct_id":null,"$distinct_id":"a""#),
        event(r#""distinct_id":"","$distinct_id":"a""#),
    ];
    let feed = format!(r#"{{"status":"ok","results":{{"events":[{}]}}}}"#, events.join(","));
    let text = |id: &str| Some(id.to_owned());
    assert_eq!(ids(&feed), [text("a"), text("b"), text("b"), text("a"), None]);
    assert_eq!(ids(&events.join("\n")), [None, text("b"), text("b"), None, None]);
}

#[test]
fn a_list_called_data_holds_what_its_rows_are() {
    let sent = r#"{"event":"View","properties":{"token":"T","distinct_id":"d","time":1561971600}}"#;
    let pipeline = r#"{"event_name":"View","time":1561971600,"distinct_id":"d","properties":{"mp_processing_time_ms":1561971601500}}"#;
    let named = |rows: &str| sniff(format!(r#"{{"data":{rows}}}"#).as_bytes(), true, "data").unwrap().name;
    assert_eq!(named(&format!("[{sent},{sent}]")), "recorded payloads");
    assert_eq!(named(sent), "recorded payloads");
    assert_eq!(named(&format!("[{pipeline},{pipeline}]")), "Data Pipelines rows (JSON answer of an API)");
    let answer = format!(r#"{{"data":[{pipeline}]}}"#);
    let names: Vec<String> = items(answer.as_bytes())
        .1
        .iter()
        .map(|item| match item {
            Item::Event { row, .. } => row.to_row().event,
            other => panic!("no event: {other:?}"),
        })
        .collect();
    assert_eq!(names, ["View"]);
}

#[test]
fn rows_whose_id_is_called_otherwise_are_refused_and_rows_that_lack_an_id_are_not() {
    let other = r#"{"id":"1","user_id":"u","external_user_id":"e","time":1602611311,"name":"View","properties":"{}"}"#;
    let why = sniff(other.as_bytes(), true, "braze").unwrap_err().why;
    assert!(why.contains("user_id") && why.contains("no id (distinct_id)") && why.contains("--map"), "{why}");
    for rows in [
        r#"{"event":"View","properties":{"time":1602611311}}"#,
        r#"{"event":"View","properties":{"time":1602611311,"user_id":"u"}}"#,
        r#"{"event":"View","user_id":"u","distinct_id":"d","time":1602611311,"properties":{}}"#,
    ] {
        assert_eq!(sniff(rows.as_bytes(), true, "rows").unwrap().format, Format::Export, "{rows}");
    }
}

/// Rows of make-mp-data 1.2.25, which has no `distinct_id`.
#[test]
fn rows_with_a_user_or_a_device_and_no_distinct_id_have_the_id_that_simplified_id_merge_makes() {
    let device = "qUbFWkGd00GyEHyWX16QaOX96Lp5igLBLUHYYIXtMU";
    let user = "c05d8f18-3a59-59e7-804f-24d8ae29a299";
    let found = rows("demo/make-mp-data.csv");
    let ids: Vec<_> = found.iter().map(|row| row.id.clone().unwrap()).collect();
    let anonymous = Id::new(&format!("$device:{device}"));
    assert_eq!(ids.iter().filter(|id| **id == anonymous).count(), 7);
    assert_eq!(ids.iter().filter(|id| id.as_str() == user).count(), 2);
    assert!(found.iter().all(|row| row.flags.has(Flags::ID_MADE) && row.device == Some(Id::new(device))));
    let found = rows("demo/make-mp-data.jsonl");
    assert!(found.iter().all(|row| row.id.is_some() && row.id == row.user));
    let name = "events without distinct_id, whose ids are $user_id or $device:$device_id as Simplified ID Merge makes \
                them (JSON Lines)";
    assert_eq!(items(&sample("demo/make-mp-data.jsonl")).0.name, name);
}

#[test]
fn an_id_is_made_only_where_no_row_has_one_and_most_rows_have_a_user_or_a_device() {
    let row = |ids: &str| format!("{{\"event\":\"A\",\"properties\":{{\"time\":1561971600{ids}}}}}\n");
    let device = row(r#","$device_id":"$device:d""#);
    let user = row(r#","$device_id":"d","$user_id":"u""#);
    let own = row(r#","distinct_id":"a""#);
    let none = row("");
    let ids = |rows: &[&String]| {
        let content: String = rows.iter().map(|row| row.as_str()).collect();
        let (_, items) = items(content.as_bytes());
        let id = |item: &Item<'_>| match item {
            Item::Event { row, .. } => row.id.as_ref().map(ToString::to_string),
            other => panic!("no event: {other:?}"),
        };
        items.iter().map(id).map(Option::unwrap_or_default).collect::<Vec<_>>()
    };
    assert_eq!(ids(&[&device, &user, &none]), ["$device:d", "u", ""]);
    assert_eq!(ids(&[&device, &user, &own]), ["", "", "a"]);
    assert_eq!(ids(&[&device, &none, &none]), ["", "", ""]);
    // A piece of an export must not get ids that the whole would not have.
    for sent in [r#","mp_processing_time_ms":5"#, r#","token":"T""#, r#","distinct_id":null"#] {
        assert_eq!(ids(&[&row(&format!(r#","$device_id":"d"{sent}"#))]), [""], "{sent}");
    }
    // `user_id` may be the id of any tool.
    let other = r#"{"event":"A","time":1561971600,"user_id":"u"}"#;
    assert!(sniff(other.as_bytes(), true, "x").unwrap_err().why.contains("no id (distinct_id)"));
}

#[test]
fn what_stands_next_to_the_properties_of_a_recorded_row_hides_no_call() {
    // As `mixpanel-react-native` 3.8.0 sends rows, alone and in a batch.
    let row = |event: &str, more: &str| {
        format!(
            r#"{{"$mp_metadata":{{"$mp_event_id":"22","$mp_session_seq_id":0}},"event":"{event}","properties":{{"time":1795871206018,"distinct_id":"$device:a"{more}}}}}"#
        )
    };
    let rows = [row("Page Viewed", ""), row("$create_alias", r#","alias":"nora""#), row("Own", r#","event":"mine""#)];
    let recorded =
        |carried: String| format!(r#"{{"received_at_ms":1795871206191,"endpoint":"/track","payload":{carried}}}"#);
    let alone: Vec<String> = rows.iter().cloned().map(recorded).collect();
    for content in [alone.join("\n"), recorded(format!("[{}]", rows.join(",")))] {
        let (_, found) = items(content.as_bytes());
        let found: Vec<Row> = found
            .into_iter()
            .map(|item| match item {
                Item::Event { row, .. } => row.to_row(),
                other => panic!("no event: {other:?}"),
            })
            .collect();
        let names: Vec<&str> = found.iter().map(|row| row.event.as_str()).collect();
        assert_eq!(names, ["Page Viewed", "$create_alias", "Own"]);
        let alias =
            Verb::Alias { alias: Some(Id::new("nora")), target: Some(Id::new("$device:a")), by_original: false };
        assert_eq!(found[1].verb, alias);
        let kept: serde_json::Value = serde_json::from_str(&found[0].properties).unwrap();
        assert_eq!(kept["$mp_metadata"]["$mp_event_id"], "22", "{kept}");
        assert_eq!(kept["event"], serde_json::Value::Null, "the name is no property: {kept}");
        let own: serde_json::Value = serde_json::from_str(&found[2].properties).unwrap();
        assert_eq!(own["event"], "mine", "{own}");
    }
}

/// As airbyte-source-mixpanel 4.0.2 writes them: without the `$` of properties.
#[test]
fn rows_in_messages_of_airbyte_have_the_names_of_its_connector() {
    let data = r#"{"event":"$identify","device_id":"d-1","insert_id":"i1","anon_distinct_id":"$device:d-1","identified_id":"bob","user_id":"bob","distinct_id":"bob","os":"iOS","mp_lib":"web","mp_processing_time_ms":"1561975926452","time":"2019-07-01T10:12:06Z","page":"/"}"#;
    let text = serde_json::Value::from(data).to_string();
    let capital = r#"{"_AIRBYTE_RAW_ID":"r","EVENT":"$identify","DEVICE_ID":"d-1","INSERT_ID":"i1","ANON_DISTINCT_ID":"$device:d-1","IDENTIFIED_ID":"bob","USER_ID":"bob","DISTINCT_ID":"bob","OS":"iOS","MP_LIB":"web","TIME":"2019-07-01T10:12:06Z"}"#;
    for row in [
        format!(r#"{{"type":"RECORD","record":{{"stream":"export","data":{data},"emitted_at":1796004306230}}}}"#),
        format!(r#"{{"_airbyte_ab_id":"r","_airbyte_emitted_at":1796004306230,"_airbyte_data":{data}}}"#),
        format!(r#"{{"_airbyte_raw_id":"r","_airbyte_extracted_at":1796004306230,"_airbyte_data":{text}}}"#),
        format!(r#"{{"_airbyte_raw_id":"r",{}"#, data.strip_prefix('{').unwrap()),
        capital.to_owned(),
    ] {
        let (_, found) = items(row.as_bytes());
        let [Item::Event { row: read, .. }] = found.as_slice() else { panic!("{row}: {found:?}") };
        let read = read.to_row();
        let anon = Some(Id::new("$device:d-1"));
        assert_eq!(read.verb, Verb::Identify { identified: Some(Id::new("bob")), anon }, "{row}");
        assert_eq!((read.device, read.user), (Some(Id::new("d-1")), Some(Id::new("bob"))), "{row}");
        let properties: serde_json::Value = serde_json::from_str(&read.properties).unwrap();
        assert_eq!((&properties["$os"], &properties["mp_lib"]), (&"iOS".into(), &"web".into()), "{row}");
    }
}

/// As airbyte-source-mixpanel 4.0.2 writes them.
#[test]
fn people_of_airbyte_are_profiles_though_their_name_is_called_as_that_of_an_event_can_be() {
    let data = r#"{"distinct_id":"ada@example.test","name":"Ada","email":"ada@example.test","last_seen":"2019-07-02T10:00:00","plan":"pro"}"#;
    for row in [
        format!(r#"{{"type":"RECORD","record":{{"stream":"engage","data":{data},"emitted_at":1796004306123}}}}"#),
        format!(r#"{{"_airbyte_raw_id":"r","_airbyte_data":{data}}}"#),
        format!(r#"{{"_airbyte_raw_id":"r",{}"#, data.strip_prefix('{').unwrap()),
    ] {
        let (_, found) = items(row.as_bytes());
        let [Item::Profile { profile, .. }] = found.as_slice() else { panic!("{row}: {found:?}") };
        assert_eq!(profile.id, Some(Id::new("ada@example.test")), "{row}");
        let named = [("$name", "Ada"), ("$email", "ada@example.test")];
        assert_eq!(profile.values, named.map(|(key, value)| (key.to_owned(), value.to_owned())), "{row}");
        assert!(profile.json.contains(r#""$last_seen":"2019-07-02T10:00:00""#), "{row}");
    }
    // A table of people of another tool has no distinct_id, and other rows have a time.
    let other = r#"{"_airbyte_raw_id":"r","id":"7","name":"Ada","email":"ada@example.test"}"#;
    assert!(sniff(other.as_bytes(), true, "users").is_err());
}

/// As dlt 1.31.0 writes a property whose first value was a number, to JSON Lines and to Parquet or SQLite.
#[test]
fn values_of_another_type_that_dlt_gives_a_column_of_their_own_are_those_of_the_property() {
    let rows = [
        r#"{"event":"Server Event","properties__time":1561975821,"properties__distinct_id":4711,"properties__plan":1,"_dlt_id":"a"}"#,
        r#"{"event":"View","properties__time":1561975822,"properties__distinct_id__v_text":"0815","properties__plan__v_text":"pro","properties__item__id__v_double":1.5,"_dlt_id":"b"}"#,
        r#"{"event":"View","properties__time":1561975823,"properties__distinct_id__v_text":"bob","properties__distinct_id":null,"properties__plan__v_bool":null,"properties__plan":2,"properties__div__v_own":1,"_dlt_id":"c"}"#,
    ];
    for content in [rows.join("\n"), rows[1..].join("\n")] {
        let (sniffed, found) = items(content.as_bytes());
        assert_eq!(sniffed.name, "dlt rows (JSON Lines)");
        let found: Vec<(Option<Id>, serde_json::Value)> = found
            .iter()
            .map(|item| match item {
                Item::Event { row, .. } => {
                    let row = row.to_row();
                    (row.id, serde_json::from_str(&row.properties).unwrap())
                }
                other => panic!("no event: {other:?}"),
            })
            .collect();
        let expected = [
            (Some(Id::new("4711")), serde_json::json!({"time": 1_561_975_821, "distinct_id": 4711, "plan": 1})),
            (
                Some(Id::new("0815")),
                serde_json::json!({"time": 1_561_975_822, "distinct_id": "0815", "plan": "pro", "item": {"id": 1.5}}),
            ),
            (
                Some(Id::new("bob")),
                serde_json::json!({"time": 1_561_975_823, "distinct_id": "bob", "plan": 2, "div": {"v_own": 1}}),
            ),
        ];
        assert_eq!(found, expected[3 - found.len()..]);
    }
}

/// As `DuckDB` 2.0.1 writes a column of times with `timestampformat '%d/%m/%Y %H:%M:%S'`.
#[test]
fn a_column_of_times_that_cannot_be_read_does_not_hide_the_time_among_the_properties() {
    let row = r#"{"event":"A","time":"01/07/2019 09:12:01","properties":{"time":1561972321,"distinct_id":"d","mp_processing_time_ms":1561972321437}}"#;
    let csv = "event,time,properties\nA,01/07/2019 09:12:01,\"{\"\"time\"\":1561972321,\"\"distinct_id\"\":\"\"d\"\",\"\"mp_processing_time_ms\"\":1561972321437}\"\n";
    for content in [row, csv] {
        let (_, found) = items(content.as_bytes());
        let [Item::Event { row, .. }] = found.as_slice() else { panic!("{found:?}") };
        let row = row.to_row();
        assert_eq!((row.time, row.flags.has(Flags::TIME_FROM_ARRIVAL)), (1_561_972_321_000, false), "{content}");
        assert!(row.properties.contains(r#""row.time":"01/07/2019 09:12:01""#), "{}", row.properties);
    }
}

/// As `json.dumps` of Python 3.11 writes what a data frame has for nothing.
#[test]
fn rows_with_what_is_no_number_in_json_are_read_and_marked() {
    let wide =
        r#"{"event": "A", "properties": {"time": 1561971600, "distinct_id": "d", "$user_id": NaN, "x": -Infinity}}"#;
    let flat = r#"{"event": "A", "time": 1561971600, "distinct_id": "d", "$user_id": NaN, "x": Infinity, "y": "NaN"}"#;
    let call = r#"{"type": "track", "event": "A", "anonymousId": "d", "userId": NaN, "messageId": "m", "timestamp": "2019-07-01T09:00:00Z", "properties": {"x": NaN}, "context": {}}"#;
    for row in [wide, flat, call] {
        for content in [row.to_owned(), format!("[{row},\n{row}]")] {
            let (_, found) = items(content.as_bytes());
            assert!(!found.is_empty());
            for item in found {
                let Item::Event { row: read, .. } = item else { panic!("{content}: {item:?}") };
                let read = read.to_row();
                assert_eq!((read.id, read.user, read.time), (Some(Id::new("d")), None, 1_561_971_600_000), "{content}");
                assert!(read.flags.has(Flags::REPAIRED), "{content}");
                assert!(serde_json::from_str::<serde_json::Value>(&read.properties).is_ok(), "{content}");
            }
        }
    }
}
