use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::formats::cursor::fields;
use crate::formats::decode::Decoder;
use crate::formats::item::{Each, Item};
use crate::formats::object::each_parsed;
use crate::formats::{Format, Sniffed};

/// A line as exports have it.
const PLAIN: &str = r#"{"event":"View","properties":{"time":1602611311,"distinct_id":"$device:d-1","$device_id":"d-1","$user_id":null,"$insert_id":"abc","$os":"Mac OS X","$screen_height":900,"$screen_width":1440.5e0,"mp_lib":"web","mp_processing_time_ms":1602625711874,"note":"a \"b\" \\ \/ \b\f\n\r\t \u00e9 é","items":[{"a":[1,-0.5,{}]},[],true,false,null],"x":{"y":{"z":[]}}}}"#;

/// What `serde_json` alone makes of a line.
fn judged(line: &str) -> Vec<Item<'static>> {
    let mut items = Vec::new();
    Decoder::new(&Sniffed::lines_of(Format::Export)).judge(3, line, &mut Each(&mut |item| items.push(own(item))));
    items
}

fn decoded(line: &str) -> Vec<Item<'static>> {
    let mut items = Vec::new();
    Decoder::new(&Sniffed::lines_of(Format::Export)).decode(3, line.as_bytes(), &mut items);
    items.into_iter().map(own).collect()
}

fn own(item: Item<'_>) -> Item<'static> {
    match item {
        Item::Event { row, project, clock } => {
            Item::Event { row: row.into_owned(), project: project.map(|token| Cow::Owned(token.into_owned())), clock }
        }
        Item::Profile { profile, project, repaired } => Item::Profile { profile, project, repaired },
        Item::Alias(alias) => Item::Alias(alias),
        Item::Skipped => Item::Skipped,
        Item::Reject(reject) => Item::Reject(reject),
    }
}

/// Whether the scanner finds the fields of an object that `serde_json` does, or leaves it to it.
fn fields_agree(text: &str) -> bool {
    let Some(found) = fields(text) else { return true };
    let mut parsed = Vec::new();
    let read = each_parsed(text, |key, value| parsed.push((key.to_owned(), value)));
    read.is_ok() && found.into_iter().map(|(key, value)| (key.to_owned(), value)).eq(parsed)
}

/// Whether what the scanner says of a line is what `serde_json` says.
fn agrees(line: &str) -> bool {
    let trimmed = line.trim_ascii().trim_start_matches('\u{feff}').trim_ascii();
    if trimmed.is_empty() {
        return true;
    }
    if !fields_agree(trimmed) {
        return false;
    }
    let Some(found) = scan(trimmed) else { return decoded(trimmed) == judged(trimmed) };
    let whole: serde_json::Result<serde::de::IgnoredAny> = serde_json::from_str(trimmed);
    let fields = Properties::read(found.properties);
    whole.is_ok() && fields.is_ok_and(|fields| fields == found.fields) && decoded(trimmed) == judged(trimmed)
}

#[test]
fn an_ordinary_line_is_read_without_a_parser() {
    let found = scan(PLAIN).unwrap();
    assert_eq!(found.event, Some("\"View\""));
    assert_eq!(found.fields, Properties::read(found.properties).unwrap());
    assert_eq!(found.fields.distinct_id, Some("\"$device:d-1\""));
    assert!(agrees(PLAIN));
    for line in [
        r#"{"properties":{},"event":"A"}"#,
        r#" { "event" : "A" , "properties" : { "time" : 1 , "a" : [ 1 , { "b" : 2 } ] } } "#.trim(),
        r#"{"properties":{"time":1,"time":2}}"#,
        r#"{"event":"\ud83d\ude00","properties":{"time":1,"distinct_id":"\uD83D\uDE00\ud7ff"}}"#,
    ] {
        assert!(scan(line).is_some() && agrees(line), "{line}");
    }
}

#[test]
fn a_line_is_plain_if_no_text_that_is_wanted_has_an_escape() {
    for (line, is_plain) in [
        (r#"{"event":"é","properties":{"distinct_id":"é","a":["b\n",{"c\"":"\u00e9"}]}}"#, true),
        (r#"{"event":"\n","properties":{}}"#, false),
        (r#"{"event":"A","properties":{"$distinct_ids":["b",{"c\t":"d"}],"a":"b"}}"#, false),
        (r#"{"event":"A","properties":{"distinct_id":"\\","$os":"b"}}"#, false),
    ] {
        assert_eq!(scan(line).map(|found| found.is_plain), Some(is_plain), "{line}");
    }
}

#[test]
fn the_fields_of_an_ordinary_object_are_found_without_a_parser() {
    for (text, found) in [
        ("{}", vec![]),
        (r#"{"a":1,"b":{"c":[2]},"a":"x"}"#, vec![("a", "1"), ("b", r#"{"c":[2]}"#), ("a", r#""x""#)]),
        (r#"{ "a" : "\n" , "b" : null } "#, vec![("a", r#""\n""#), ("b", "null")]),
    ] {
        assert_eq!(fields(text), Some(found), "{text}");
        assert!(fields_agree(text), "{text}");
    }
    for doubtful in ["[]", "{", r#"{"a\n":1}"#, "{\"a\":\n1}", r#"{"a":1}x"#, r#"{"a":"\ud83d"}"#, r#"{"a":01}"#] {
        assert_eq!(fields(doubtful), None, "{doubtful}");
    }
}

#[test]
fn every_property_that_is_wanted_has_its_slot() {
    for (at, key) in Properties::KEYS.iter().enumerate() {
        let mut fields = Properties::default();
        *fields.slot(key.as_bytes()).unwrap() = Some("1");
        let json = format!(r#"{{"{key}":1}}"#);
        assert_eq!(fields, Properties::read(&json).unwrap(), "{at}: {key}");
    }
}

#[test]
fn what_is_wrong_or_doubtful_is_left_to_serde_json() {
    for line in [
        "",
        "{}",
        "[]",
        r#"{"event":"A"}"#,
        r#"{"event":"A","properties":[]}"#,
        r#"{"event":"A","properties":{},"distinct_id":"d"}"#,
        r#"{"event":"A","properties":{}"#,
        r#"{"event":"A","properties":{}}}"#,
        r#"{"event":"A","properties":{},}"#,
        r#"{"event":"A","properties":{"a":1,}}"#,
        r#"{"event":"A","properties":{"a":[1,]}}"#,
        r#"{"event":"A","properties":{"a":[1}}}"#,
        r#"{"event":"A","properties":{"a":01}}"#,
        r#"{"event":"A","properties":{"a":1.}}"#,
        r#"{"event":"A","properties":{"a":.1}}"#,
        r#"{"event":"A","properties":{"a":1e}}"#,
        r#"{"event":"A","properties":{"a":-}}"#,
        r#"{"event":"A","properties":{"a":+1}}"#,
        r#"{"event":"A","properties":{"a":tru}}"#,
        r#"{"event":"A","properties":{"a":NaN}}"#,
        r#"{"event":"A","properties":{"a":"\x"}}"#,
        r#"{"event":"A","properties":{"a":"\u12g4"}}"#,
        r#"{"event":"A","properties":{"a":"\ud83d"}}"#,
        r#"{"event":"A","properties":{"a":"\ude00\ud83d"}}"#,
        r#"{"event":"A","properties":{"a":"\ud83d\n"}}"#,
        r#"{"event":"A","properties":{"a":"\ud83d\udezz"}}"#,
        r#"{"event":"A","properties":{"a":"\ud7g0"}}"#,
        r#"{"event":"A","properties":{"a" 1}}"#,
        r#"{"event":"A","properties":{a:1}}"#,
        r#"{"event":"A","properties":{"a\u0062":1}}"#,
        r#"{"ev\u0065nt":"A","properties":{}}"#,
        r#"{"event":"A","event":"B","properties":{}}"#,
        r#"{"event":"A","properties":{},"properties":{}}"#,
        r#"{"event":"A","properties":{},"payload":{}}"#,
        "{\"event\":\"A\",\t\"properties\":{}}",
        "{\"event\":\"A\u{1}\",\"properties\":{}}",
    ] {
        assert!(scan(line).is_none(), "{line}");
        assert!(agrees(line), "{line}");
    }
    let deep = |levels: usize| {
        format!(r#"{{"event":"A","properties":{{"time":1,"a":{}{}}}}}"#, "[".repeat(levels), "]".repeat(levels))
    };
    assert!(scan(&deep(50)).is_some() && scan(&deep(62)).is_none() && scan(&deep(5000)).is_none());
    assert!(agrees(&deep(50)) && agrees(&deep(63)) && agrees(&deep(200)));
}

/// Keys that mean something, and some that do not.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(Properties::KEYS).prop_map(str::to_owned),
        1 => prop::sample::select(&["event", "properties", "payload", "endpoint", "token", "$set", "data"][..])
            .prop_map(str::to_owned),
        2 => "[a-z$_é ]{0,9}",
        1 => any::<String>(),
    ]
}

/// The JSON text of a string, with escapes of all kinds.
fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9$:@. é🎉-]{0,12}",
        1 => any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap().trim_matches('"').to_owned()),
        1 => prop::sample::select(&[
            "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\ud83d\\ude00", "\\ud83d", "\\udE00", "\\uD7ff", "\\uDBff\\udC00", "\\u0000", "\\x", "\\u12",
        ][..]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

/// The JSON text of a value.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => string(),
        2 => (0..4_000_000_000_000_i64).prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_map(|number| number.to_string()),
        1 => prop::sample::select(&["-0", "0", "1.50", "1e9", "1E-3", "12345678901234567890123", "1.0e+5"][..])
            .prop_map(str::to_owned),
        1 => prop::sample::select(&["true", "false", "null"][..]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|values| format!("[{}]", values.join(","))),
            prop::collection::vec((string(), inner), 0..4).prop_map(|pairs| object(&pairs, "")),
        ]
    })
}

/// An object of keys and values that are JSON texts, with `space` around everything.
fn object(pairs: &[(String, String)], space: &str) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(key, value)| format!("{space}{key}{space}:{space}{value}{space}")).collect();
    format!("{{{}}}", pairs.join(","))
}

/// Lines as exports have them, and some with too much, too little or oddly spaced.
fn line() -> impl Strategy<Value = String> {
    let pair = || (key().prop_map(|key| serde_json::to_string(&key).unwrap()), value());
    let properties = prop::collection::vec(pair(), 0..14);
    (
        properties,
        prop::option::of(value()),
        prop::collection::vec(pair(), 0..2),
        prop::sample::select(&["", "", " ", "\t"][..]),
    )
        .prop_map(|(properties, event, others, space)| {
            let mut pairs: Vec<(String, String)> =
                event.into_iter().map(|event| ("\"event\"".to_owned(), event)).collect();
            pairs.push(("\"properties\"".to_owned(), object(&properties, space)));
            pairs.extend(others);
            object(&pairs, space)
        })
}

/// A line with some bytes changed.
fn damaged() -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), 0..4_u8, prop::sample::select(&b"{}[]\",:\\u0 1-e.tn\x01\t\xc3"[..]));
    (prop_oneof![line(), Just(PLAIN.to_owned())], prop::collection::vec(change, 1..4)).prop_map(|(line, changes)| {
        let mut bytes = line.into_bytes();
        for (place, how, byte) in changes {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                2 => drop(bytes.remove(place)),
                _ => bytes.truncate(place),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn what_the_scanner_reads_serde_json_reads_too(line in line()) {
        prop_assert!(agrees(&line), "{line}");
    }

    #[test]
    fn a_damaged_line_is_taken_or_refused_as_serde_json_does(line in damaged()) {
        prop_assert!(agrees(&line), "{line}");
    }

    #[test]
    fn scraps_of_json_are_taken_or_refused_as_serde_json_does(
        scraps in prop::collection::vec(
            prop::sample::select(&["{", "}", "[", "]", ",", ":", "\"", "\"a\"", "1", "-", "0", ".", "e", "\\", "\\u00", "true", " "][..]),
            0..14,
        ),
    ) {
        let value = scraps.concat();
        let line = format!(r#"{{"event":"A","properties":{{"time":1,"a":{value}}}}}"#);
        prop_assert!(agrees(&line), "{line}");
        prop_assert!(fields_agree(&value) && fields_agree(&format!(r#"{{"a":{value}}}"#)), "{value}");
    }
}
