mod damage;
mod sniffing;

use super::*;
use crate::model::{Flags, Id, Profile, Reject, Row, Verb};

/// Items of one record in a file of `format`.
fn decoded(format: Format, record: &str) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    Decoder::new(&Sniffed::lines_of(format)).decode(7, record.as_bytes(), &mut items);
    items
}

fn row_of(item: Item<'_>) -> Row {
    match item {
        Item::Event { row, .. } => row.to_row(),
        other => panic!("no event: {other:?}"),
    }
}

fn row(record: &str) -> Row {
    let mut items = decoded(Format::Export, record);
    assert_eq!(items.len(), 1, "{items:?}");
    row_of(items.remove(0))
}

/// A row with these properties in addition to a time.
fn with(event: &str, properties: &str) -> Row {
    row(&format!(r#"{{"event":"{event}","properties":{{"time":1,{properties}}}}}"#))
}

fn reasons(format: Format, record: &str) -> Vec<String> {
    decoded(format, record)
        .into_iter()
        .filter_map(|item| match item {
            Item::Reject(Reject { reason, .. }) => Some(reason),
            _ => None,
        })
        .collect()
}

fn profile(format: Format, record: &str) -> Profile {
    match decoded(format, record).remove(0) {
        Item::Profile { profile, .. } => profile,
        other => panic!("no profile: {other:?}"),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "rows have their ids so")]
fn id(text: &str) -> Option<Id> {
    Some(Id::new(text))
}

#[test]
fn an_exported_row_keeps_all_that_it_says() {
    let row = row(concat!(
        r#"{"event":"Viewed report","properties":{"time":1602611311,"distinct_id":"12345","$insert_id":"hpu","#,
        r#""$device_id":"$device:d","$user_id":"sally@gmail.com","$browser":"Chrome","$os":"Mac OS X","mp_lib":"web","#,
        r#""$screen_height":900,"$screen_width":1440,"#,
        r#""$mp_api_timestamp_ms":1602625711102,"mp_processing_time_ms":1602625711874,"n":1.50}}"#
    ));
    assert_eq!((row.event.as_str(), row.id, row.line), ("Viewed report", id("12345"), 7));
    assert_eq!((row.time, row.arrival), (1_602_611_311_000, Some(1_602_625_711_874)));
    assert_eq!((row.device, row.user, row.insert_id.as_deref()), (id("d"), id("sally@gmail.com"), Some("hpu")));
    assert_eq!(row.client.unwrap().as_str(), "web · Mac OS X · Chrome · 1440x900");
    assert_eq!(row.flags, Flags::HAS_INSERT_ID);
    assert!(row.properties.ends_with(r#""n":1.50}"#), "{}", row.properties);
}

#[test]
fn the_server_s_stamp_stands_for_the_arrival_where_processing_time_is_missing() {
    assert_eq!(with("A", r#""$mp_api_timestamp_ms":1602625711102"#).arrival, Some(1_602_625_711_102));
    assert_eq!(with("A", r#""a":1"#).arrival, None);
}

#[test]
fn a_name_may_be_empty_blank_a_number_or_missing() {
    for (event, name) in [
        (r#""event":"","#, ""),
        (r#""event":" ","#, " "),
        (r#""event":12345,"#, "12345"),
        (r#""event":true,"#, "true"),
        (r#""event":null,"#, ""),
        ("", ""),
    ] {
        assert_eq!(row(&format!(r#"{{{event}"properties":{{"time":1}}}}"#)).event, name);
    }
}

#[test]
fn an_id_that_is_a_number_counts_as_its_text_and_is_marked() {
    let row = with("A", r#""distinct_id":12345678901234567890"#);
    assert_eq!((row.id, row.flags), (id("12345678901234567890"), Flags::ID_NOT_TEXT));
    assert_eq!(with("A", r#""distinct_id":42.0"#).id, id("42"));
    assert_eq!(with("A", r#""distinct_id":true"#).id, id("true"));
}

#[test]
fn an_unusable_id_is_marked_and_an_absent_one_is_not() {
    for token in ["null", r#""""#, r#"{"id":7}"#, r#"["a","b"]"#] {
        let row = with("A", &format!(r#""distinct_id":{token}"#));
        assert_eq!((row.id, row.flags), (None, Flags::ID_UNUSABLE), "{token}");
    }
    assert_eq!(with("A", r#""x":1"#).flags, Flags::default());
}

#[test]
fn an_id_keeps_nul_and_odd_spaces() {
    assert_eq!(with("A", r#""distinct_id":" a\u0000\u202eb ""#).id, id(" a\0\u{202e}b "));
}

#[test]
fn an_alias_call_names_alias_and_target() {
    let row = with("$create_alias", r#""alias":"u","distinct_id":"d""#);
    assert_eq!(row.verb, Verb::Alias { alias: id("u"), target: id("d"), by_original: false });
    let row = with("$create_alias", r#""alias":"u","original":"o","distinct_id":"d""#);
    assert_eq!(row.verb, Verb::Alias { alias: id("u"), target: id("o"), by_original: true });
    assert!(row.flags.has(Flags::BY_ORIGINAL));
    let row = with("$create_alias", r#""alias":"u","original":"d","distinct_id":"d""#);
    assert!(!row.flags.has(Flags::BY_ORIGINAL));
    let row = with("$create_alias", r#""alias":null,"distinct_id":"d""#);
    assert_eq!(row.verb, Verb::Alias { alias: None, target: id("d"), by_original: false });
}

#[test]
fn both_spellings_of_identify_are_read() {
    let sdk = with("$identify", r#""distinct_id":"u","$anon_distinct_id":"a""#);
    assert_eq!(sdk.verb, Verb::Identify { identified: id("u"), anon: id("a") });
    let api = with("$identify", r#""distinct_id":"x","$identified_id":"u","$anon_id":"a","$anon_distinct_id":"b""#);
    assert_eq!(api.verb, Verb::Identify { identified: id("u"), anon: id("a") });
}

#[test]
fn a_merge_names_its_ids() {
    let row = with("$merge", r#""$distinct_ids":["a",7,null]"#);
    assert_eq!(row.verb, Verb::Merge { ids: vec![Id::new("a"), Id::new("7")] });
    assert_eq!(with("$merge", r#""$distinct_ids":"a""#).verb, Verb::Merge { ids: vec![] });
}

#[test]
fn ids_that_the_vendor_replaced_are_kept() {
    let row = with("A", r#""distinct_id":"c","$distinct_id_before_identity":"b","$preshuffle_distinct_id":"a""#);
    assert_eq!(row.previous, [Id::new("b"), Id::new("a")]);
}

#[test]
fn a_hot_shard_row_gets_its_name_and_id_back() {
    let row = with(
        "$hotshard_events",
        r#""distinct_id":"","mp_original_event_name":"$create_alias","mp_original_distinct_id":"d","alias":"u""#,
    );
    assert_eq!((row.event.as_str(), &row.id), ("$create_alias", &id("d")));
    assert_eq!(row.verb, Verb::Alias { alias: id("u"), target: id("d"), by_original: false });
    assert_eq!(row.flags, Flags::HOT_SHARD);
    assert_eq!(with("$hotshard_events", r#""distinct_id":"x""#).flags, Flags::default());
}

#[test]
fn flags_of_properties_are_read() {
    let row = with("A", r#""$import":true,"$had_persisted_distinct_id":true"#);
    assert!(row.flags.has(Flags::IMPORTED) && row.flags.has(Flags::HAD_PERSISTED));
    assert_eq!(with("A", r#""$import":false,"$had_persisted_distinct_id":null"#).flags, Flags::default());
}

#[test]
fn the_arrival_stands_for_a_missing_time() {
    let row = row(r#"{"event":"A","properties":{"time":null,"mp_processing_time_ms":1602625711874}}"#);
    assert_eq!((row.time, row.flags), (1_602_625_711_874, Flags::TIME_FROM_ARRIVAL));
    assert_eq!(
        reasons(Format::Export, r#"{"event":"A","properties":{"distinct_id":"x","time":"soon"}}"#),
        ["its time cannot be read (\"soon\")"]
    );
    for absent in [r#""a":1"#, r#""time":null"#, r#""timestamp":1602611311"#] {
        let record = format!(r#"{{"event":"A","properties":{{{absent}}}}}"#);
        assert_eq!(reasons(Format::Export, &record), ["has neither a property `time` nor an arrival"], "{absent}");
    }
}

#[test]
fn half_a_surrogate_pair_is_replaced_alone() {
    let row = with("\\ud83d", r#""distinct_id":"a\udc00","ok":"\ud83d\ude00""#);
    assert_eq!((row.event.as_str(), row.id, row.flags), ("\u{fffd}", id("a\u{fffd}"), Flags::REPAIRED));
    assert!(row.properties.contains(r#""ok":"\ud83d\ude00""#));
    let elsewhere = with("A", r#""note":"cut \ud83d""#);
    assert!(elsewhere.flags.has(Flags::REPAIRED));
    assert!(serde_json::from_str::<serde_json::Value>(&elsewhere.properties).is_ok());
    assert_eq!(with("A", r#""note":"\\ud83d""#).flags, Flags::default());
}

#[test]
fn properties_over_many_lines_become_one_and_others_stay_as_they_are() {
    let spread = row("{\"event\":\"A\",\n\"properties\":{\n  \"time\": 1,\n  \"s\": \"a b\"\n}}");
    assert_eq!(spread.properties, r#"{"time":1,"s":"a b"}"#);
    assert_eq!(row(r#"{"event":"A","properties":{ "time": 1 }}"#).properties, r#"{ "time": 1 }"#);
}

#[test]
fn what_is_no_event_is_rejected_with_a_reason() {
    for (record, reason) in [
        (r#"{"event":"A"}"#, "has no properties"),
        (r#"{"a":1}"#, "no event: has neither event nor properties"),
        (r#"{"event":"A","properties":7}"#, "its properties are no object"),
        (r#"{"event":"A","properties":{"time":1"#, "cut off: the JSON ends before the row does"),
        (r#"{"event":"A","properties":{"ti"#, "cut off: the JSON ends before the row does"),
        ("[1]", "an array where one event is expected"),
        ("42", "a single value where an object is expected"),
        ("null", "a single value where an object is expected"),
        ("hello", "not JSON: expected value (line 1 of the row, column 1)"),
        (r#"{"event":"A","properties":{"time":1}}}"#, "not JSON: trailing characters (line 1 of the row, column 38)"),
    ] {
        assert_eq!(reasons(Format::Export, record), [reason], "{record}");
    }
}

#[test]
fn a_reject_keeps_line_and_text_even_when_it_is_no_utf_8() {
    let mut items = Vec::new();
    Decoder::new(&Sniffed::lines_of(Format::Export)).decode(9, b"{\"event\":\"\xff\"}", &mut items);
    let reject = Reject { line: 9, reason: "has no properties".into(), text: "{\"event\":\"\u{fffd}\"}".into() };
    assert_eq!(items, [Item::Reject(reject)]);
}

/// Items of one record that need not be UTF-8.
fn decoded_bytes(format: Format, record: &[u8]) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    Decoder::new(&Sniffed::lines_of(format)).decode(7, record, &mut items);
    items
}

#[test]
fn one_bad_byte_costs_the_byte_and_not_the_row() {
    for (bad, good) in [
        (&b"\x06"[..], "\u{6}"),
        (b"\0", "\0"),
        (b"\t", "\t"),
        (b"\x1b[2J", "\u{1b}[2J"),
        (b"\xfc", "\u{fffd}"),
        (b"\xed\xa0\xbd\xed\xb8\x80", "\u{1f600}"),
        (b"\xed\xa0\xbd", "\u{fffd}"),
        (b"\\ud83d", "\u{fffd}"),
    ] {
        let row = [
            br#"{"event":"A"#,
            bad,
            br#"","properties":{"time":1,"distinct_id":"d"#,
            bad,
            br#"","n":""#,
            bad,
            br#""}}"#,
        ]
        .concat();
        let items = decoded_bytes(Format::Export, &row);
        let [Item::Event { row, .. }] = items.as_slice() else { panic!("{bad:x?}: {items:?}") };
        assert_eq!((&*row.event, row.id.as_deref()), (&*format!("A{good}"), Some(&*format!("d{good}"))), "{bad:x?}");
        assert_eq!(row.flags, Flags::REPAIRED, "{bad:x?}");
        let properties: serde_json::Value = serde_json::from_str(&row.properties).unwrap();
        assert_eq!(properties["n"], good, "{bad:x?}");

        let update = [br#"{"$token":"T","$distinct_id":"d","$set":{"$name":"N"#, bad, br#""}}"#].concat();
        let items = decoded_bytes(Format::ProfileUpdates, &update);
        let [Item::Profile { profile, repaired: true, .. }] = items.as_slice() else { panic!("{bad:x?}: {items:?}") };
        assert_eq!(profile.values, [("$name".to_owned(), format!("N{good}"))]);
    }
    let csv = sniff(b"alias,distinct_id\n", true, "t").unwrap();
    let mut items = Vec::new();
    Decoder::new(&csv).decode(2, b"M\xfcller,d", &mut items);
    let line = AliasLine { alias: id("M\u{fffd}ller"), target: id("d"), time: None, line: 2, repaired: true };
    assert_eq!(items, [Item::Alias(line)]);
}

#[test]
fn characters_that_are_no_line_ends_and_no_controls_of_json_change_nothing() {
    for text in ["\u{2028}", "\u{2029}", "\u{85}", "\u{7f}", "\u{feff}", "é", "\u{1f600}"] {
        let row = with("A", &format!(r#""distinct_id":"a{text}b""#));
        assert_eq!((row.id, row.flags), (id(&format!("a{text}b")), Flags::default()), "{text:?}");
    }
}

#[test]
fn a_request_with_a_bad_byte_in_its_data_is_read() {
    use base64::Engine;
    let data = base64::engine::general_purpose::STANDARD
        .encode(b"{\"event\":\"A\x07\xff\",\"properties\":{\"token\":\"T\",\"time\":1.5}}");
    for record in [format!(r#"{{"received_at_ms":1,"endpoint":"/track","data":"{data}"}}"#), format!("data={data}")] {
        let items = decoded(Format::Payloads, &record);
        let [Item::Event { row, .. }] = items.as_slice() else { panic!("{record}: {items:?}") };
        assert_eq!((&*row.event, row.flags), ("A\u{7}\u{fffd}", Flags::REPAIRED));
    }
}

#[test]
fn objects_one_behind_the_other_in_a_line_are_each_a_row() {
    let one = r#"{"event":"A","properties":{"time":1,"s":"}{"}}"#;
    for (line, rows) in [
        (format!("{one}{one}"), 2),
        (format!("{one} {one}\t{one}"), 3),
        (format!("{one},{one},"), 2),
        (one.repeat(1000), 1000),
    ] {
        let items = decoded(Format::Export, &line);
        let found = items.iter().filter(|item| matches!(item, Item::Event { row, .. } if row.line == 7)).count();
        assert_eq!((found, items.len()), (rows, rows), "{}", line.get(..200).unwrap_or(&line));
    }
    let cut = format!(r#"{one}{{"event":"B","prop"#);
    assert_eq!(decoded(Format::Export, &cut).len(), 2);
    assert_eq!(reasons(Format::Export, &cut), [Reject::CUT_OFF]);
    let wrong = format!(r#"{{"event":"A"}}{one}"#);
    assert_eq!(decoded(Format::Export, &wrong).len(), 2);
    assert_eq!(reasons(Format::Export, &wrong), ["has no properties"]);
    // What is behind a row and no object is no row.
    assert_eq!(reasons(Format::Export, &format!("{one} hello")).len(), 1);
}

#[test]
fn a_recorded_request_becomes_its_events() {
    let one = r#"{"received_at_ms":1795428910552,"endpoint":"/track","data_encoding":"base64","response_status":200,"payload":{"event":"A","properties":{"time":1795428910.294,"distinct_id":"d","token":"T"}}}"#;
    let items = decoded(Format::Payloads, one);
    let [Item::Event { row, project, clock }] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!((row.time, row.arrival), (1_795_428_910_294, Some(1_795_428_910_552)));
    assert_eq!((project.as_deref(), *clock), (Some("T"), Clock::Utc));

    let batch = r#"{"received_at_ms":1795428910552,"endpoint":"/import/?strict=1","response_status":0,"payload":[{"event":"A","properties":{}},{"event":"B"},{"event":"C","properties":{}}]}"#;
    let items = decoded(Format::Payloads, batch);
    assert_eq!(items.len(), 3);
    assert_eq!(reasons(Format::Payloads, batch), ["has no properties"]);
    let row = row_of(items.into_iter().next_back().unwrap());
    assert_eq!(row.event, "C");
    assert!(row.flags.has(Flags::IMPORTED) && row.flags.has(Flags::TIME_FROM_ARRIVAL));
}

#[test]
fn an_answer_of_400_lets_the_rows_of_an_import_stand_and_of_no_other_request() {
    let request = |endpoint: &str, status: u16| {
        let rows = r#"{"event":"A","properties":{"distinct_id":"d","time":1}},{"event":"B"}"#;
        format!(r#"{{"received_at_ms":1,"endpoint":"{endpoint}","response_status":{status},"payload":[{rows}]}}"#)
    };
    for endpoint in ["/import", "/import/?strict=1", "https://api.mixpanel.com/import?strict=1&project_id=4"] {
        let text = request(endpoint, 400);
        assert_eq!(row_of(decoded(Format::Payloads, &text).into_iter().next().unwrap()).event, "A", "{endpoint}");
        // The row that the server must have refused is rejected for what is wrong with it.
        assert_eq!(reasons(Format::Payloads, &text), ["has no properties"], "{endpoint}");
    }
    for (endpoint, status) in [("/import", 401), ("/import", 413), ("/track", 400), ("/track/?verbose=1", 400)] {
        let reason = format!("the server refused it (answer {status})");
        assert_eq!(reasons(Format::Payloads, &request(endpoint, status)), [reason], "{endpoint}");
    }
    for (endpoint, status) in [("/track", 399), ("/track", 0), ("/import", 0)] {
        let text = request(endpoint, status);
        assert_eq!(decoded(Format::Payloads, &text).len(), 2, "{endpoint} {status}");
    }
}

#[test]
fn a_request_without_rows_is_skipped_whatever_its_answer() {
    for endpoint in ["/decide", "/decide/", "/flags/?token=T", "/record/"] {
        let record = format!(r#"{{"received_at_ms":1,"endpoint":"{endpoint}","response_status":500,"payload":null}}"#);
        assert_eq!(decoded(Format::Payloads, &record), [Item::Skipped], "{endpoint}");
    }
}

/// SDKs of PostHog ask for a configuration and for flags as often as they send rows.
#[test]
fn what_an_sdk_asks_for_does_not_say_whose_rows_a_recording_has() {
    let asked = |path: &str| {
        format!(r#"{{"received_at_ms":1,"method":"GET","url":"http://h{path}","response_status":200,"path":"{path}"}}"#)
    };
    let body = r#"{\"api_key\":\"k\",\"batch\":[{\"event\":\"A\",\"distinct_id\":\"d\",\"timestamp\":\"2026-11-29T12:00:00Z\",\"uuid\":\"u\",\"properties\":{\"$lib\":\"web\",\"token\":\"k\"}}]}"#;
    let sent = format!(r#"{{"received_at_ms":1,"method":"POST","url":"http://h/e/","path":"/e/","body":"{body}"}}"#);
    let recording = [asked("/array/k/config"), asked("/flags/"), asked("/flags/"), sent].join("\n");
    assert_eq!(sniff(recording.as_bytes(), true, "t").unwrap().vendor(), "PostHog");
    let alone = [asked("/decide/"), asked("/flags/")].join("\n");
    assert_eq!(sniff(alone.as_bytes(), true, "t").unwrap().name, "recorded payloads");
}

#[test]
fn a_request_that_the_server_refused_or_nobody_can_decode_is_rejected() {
    for (rest, reason) in [
        (r#""response_status":500,"payload":{"event":"A","properties":{}}"#, "the server refused it (answer 500)"),
        (
            r#""response_status":200,"data_encoding":"error","payload":{"$undecodable":"undefined"}"#,
            "its data could not be decoded",
        ),
        (r#""response_status":200,"payload":null"#, "the request carries no payload"),
        (r#""response_status":200,"data":"undefined""#, "its data could not be decoded"),
        (r#""payload":[]"#, "an empty batch"),
        (r#""payload":7"#, "a payload that is no object"),
        (r#""payload":{"a":1}"#, "a payload that is neither an event nor a profile update"),
    ] {
        let record = format!(r#"{{"received_at_ms":1,"endpoint":"/track",{rest}}}"#);
        assert_eq!(reasons(Format::Payloads, &record), [reason], "{rest}");
    }
}

#[test]
fn the_data_of_a_request_is_read_where_it_stands() {
    let data = "eyJldmVudCI6IkEiLCJwcm9wZXJ0aWVzIjp7InRva2VuIjoiVCIsInRpbWUiOjEuNX19";
    for record in [
        format!(r#"{{"received_at_ms":1,"endpoint":"/track","data":"{data}"}}"#),
        format!(r#"{{"received_at_ms":1,"endpoint":"/track","query":{{"ip":"1","data":"{data}"}}}}"#),
        format!(r#"{{"received_at_ms":1,"endpoint":"/track","form":{{"data":"{data}"}}}}"#),
        format!(r#"{{"received_at_ms":1,"endpoint":"/track","payload":null,"body":"data={data}"}}"#),
        format!(r#"{{"received_at_ms":1,"url":"https://api.mixpanel.com/track/?data={data}&ip=1"}}"#),
        format!("data={data}"),
        data.to_owned(),
        r#"[{"event":"A","properties":{"token":"T","time":1.5}}]"#.to_owned(),
        r#"{"event":"A","properties":{"token":"T","time":1.5}}"#.to_owned(),
    ] {
        let items = decoded(Format::Payloads, &record);
        let [Item::Event { row, project, clock: Clock::Utc }] = items.as_slice() else { panic!("{record}: {items:?}") };
        assert_eq!((&*row.event, row.time, project.as_deref()), ("A", 1500, Some("T")), "{record}");
    }
}

#[test]
fn a_profile_update_tells_what_it_does_and_by_what_a_person_is_found() {
    let update = profile(
        Format::ProfileUpdates,
        r#"{"endpoint":"/engage","received_at_ms":1795428911495,"update":{"$set":{"$email":"s@x","plan":"pro","phone":47,"name":""},"$distinct_id":"d","$device_id":"$device:v","$user_id":"u","$ignore_alias":true}}"#,
    );
    assert_eq!((update.id, update.operation.as_str()), (id("d"), "$set"));
    assert_eq!((update.device, update.user, update.ignore_alias), (id("v"), id("u"), true));
    assert_eq!((update.arrival, update.time), (Some(1_795_428_911_495), Some(1_795_428_911_495)));
    assert_eq!(update.values, [("$email".to_owned(), "s@x".to_owned()), ("phone".to_owned(), "47".to_owned())]);
    assert!(update.json.starts_with(r#"{"$set""#));

    let bare = profile(Format::ProfileUpdates, r#"{"$token":"T","$distinct_id":7,"$time":5,"$add":{"n":1},"$set":{}}"#);
    assert_eq!((bare.id, bare.operation.as_str(), bare.time), (id("7"), "$add, $set", Some(5000)));
    let group = profile(
        Format::ProfileUpdates,
        r#"{"$token":"T","$group_key":"company","$group_id":"acme","$set":{"name":"Acme"}}"#,
    );
    assert_eq!((group.id, group.operation.as_str(), group.values.len()), (None, "group", 0));
    assert_eq!(
        reasons(Format::ProfileUpdates, r#"{"$distinct_id":"d"}"#),
        ["a profile update without an operation such as $set"]
    );
}

#[test]
fn a_page_of_profiles_gives_each_with_its_line() {
    let page = "{\"page\":0,\"results\":[\n{\"$distinct_id\":\"a\",\"$properties\":{\"$email\":\"a@x\"}},\n{\"$distinct_id\":5,\"$properties\":{}},\n7]}";
    let items = decoded(Format::ProfileExport, page);
    let read: Vec<_> = items
        .iter()
        .map(|item| match item {
            Item::Profile { profile, .. } => {
                (profile.line, profile.id.as_ref().map(Id::as_str), profile.operation.as_str())
            }
            Item::Reject(reject) => (reject.line, None, reject.text.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(read, [(8, Some("a"), "export"), (9, Some("5"), "export"), (10, None, "7")]);
}

#[test]
fn both_forms_of_an_alias_table_are_read() {
    let head = b"\xef\xbb\xbftime;Alias;target\r\n2020-01-01;\"a;1\";d\r\n;x;\r\nshort\r\n";
    assert!(sniff(head, true, "t").is_err(), "only one who knows can say that these are aliases");
    let sniffed = sniff_as(head, true, "t", Some(Format::AliasTable)).unwrap();
    assert_eq!(sniffed.name, "alias table (CSV)");
    let decoder = Decoder::new(&sniffed);
    let mut items = Vec::new();
    for (line, record) in head.split(|byte| *byte == b'\n').enumerate() {
        decoder.decode(line as u64 + 1, record, &mut items);
    }
    let line = |alias, target, time, line| Item::Alias(AliasLine { alias, target, time, line, repaired: false });
    assert_eq!(items[..2], [line(id("a;1"), id("d"), Some(1_577_836_800_000), 2), line(id("x"), None, None, 3)]);
    assert!(matches!(&items[2..], [Item::Reject(reject)] if reject.reason == "has 1 of the 3 columns"), "{items:?}");

    let tabs = sniff_as(b"key\ttarget\n", true, "t", Some(Format::AliasTable)).unwrap();
    let mut items = Vec::new();
    Decoder::new(&tabs).decode(2, b" a \td \r", &mut items);
    Decoder::new(&tabs).decode(3, b"b\t", &mut items);
    assert_eq!(items, [line(id(" a "), id("d "), None, 2), line(id("b"), None, None, 3)]);

    let json = r#"{"alias":42,"distinct_id":"d","time":1602611311}"#;
    assert_eq!(sniff(json.as_bytes(), true, "t").unwrap().name, "alias table (JSON Lines)");
    assert_eq!(decoded(Format::AliasTable, json), [line(id("42"), id("d"), Some(1_602_611_311_000), 7)]);
}

#[test]
fn tables_are_read_in_smaller_parts_where_their_rows_grow() {
    let at_once = |file: &str| Decoder::new(&sniff(file.as_bytes(), true, "file").unwrap()).at_once(1000);
    let object = r#"{"event":"A","properties":{"time":1561971600,"distinct_id":"d"}}"#;
    assert_eq!(at_once(object), 1000);
    assert_eq!(at_once("event,time,distinct_id,plan\nA,1561971600,d,pro\n"), 500);
    assert_eq!(at_once("event,time,distinct_id,properties\nA,1561971600,d,{}\n"), 750);
    assert_eq!(at_once("alias,distinct_id\na,d\n"), 1000);
    let any = Decoder::new(&sniff(b"event,time,distinct_id\nA,1561971600,d\n", true, "file").unwrap());
    assert_eq!(any.at_once(1), 1);
}
