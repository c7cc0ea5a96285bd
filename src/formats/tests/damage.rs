//! No bytes make the readers panic, and none vanish.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        survive(&bytes);
    }

    #[test]
    fn a_damaged_line_never_panics_and_never_vanishes(
        line in proptest::sample::select(GOOD),
        at in any::<proptest::sample::Index>(),
        change in proptest::option::of(any::<u8>()),
        cut in any::<bool>(),
    ) {
        let mut bytes = line.as_bytes().to_vec();
        let at = at.index(bytes.len());
        match change {
            Some(byte) => bytes[at] = byte,
            None if cut => bytes.truncate(at),
            None => { bytes.remove(at); }
        }
        survive(&bytes);
        let mut items = Vec::new();
        Decoder::new(&Sniffed::lines_of(Format::Payloads)).decode(1, &bytes, &mut items);
        prop_assert!(!items.is_empty() || trim(&bytes).is_empty());
    }

    #[test]
    fn the_properties_of_a_row_are_valid_json_in_one_line(text in any::<String>(), pretty in any::<bool>()) {
        let value = serde_json::json!({"event": text, "properties": {"time": 1, text.clone(): text, "distinct_id": text}});
        let json = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let row = row(&json);
        prop_assert_eq!(&row.event, &text);
        prop_assert!(!row.properties.contains('\n'));
        prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(&row.properties).unwrap(), &value["properties"]);
    }
}

const GOOD: &[&str] = &[
    r#"{"event":"A","properties":{"time":1602611311,"distinct_id":"x\ud83d\ude00","a":[1,{"b":null}]}}"#,
    r#"{"received_at_ms":1,"endpoint":"/track","payload":[{"event":"A","properties":{"token":"T"}}]}"#,
    r#"{"endpoint":"/engage","received_at_ms":1,"update":{"$set":{"$email":"s@x"},"$distinct_id":"d"}}"#,
    r#"{"page":0,"results":[{"$distinct_id":"12345","$properties":{"$email":"a"}}]}"#,
    "data=eyJldmVudCI6IkEiLCJwcm9wZXJ0aWVzIjp7InRva2VuIjoiVCIsInRpbWUiOjEuNX19",
    r#"{"alias":"a","distinct_id":"d","time":1}"#,
    "alias,distinct_id",
];

/// Every function that sees bytes of a file, on these bytes.
fn survive(bytes: &[u8]) {
    for whole in [true, false] {
        let Ok(sniffed) = sniff(bytes, whole, "x") else { continue };
        let mut splitter = Splitter::new(sniffed.layout, 1, 64, false);
        let decoder = Decoder::new(&sniffed);
        let mut items = Vec::new();
        while let Some(record) = splitter.next(bytes, true) {
            decoder.decode(record.line, &bytes[record.start..record.end], &mut items);
        }
    }
    for format in [Format::Export, Format::Payloads, Format::ProfileUpdates, Format::ProfileExport, Format::AliasTable]
    {
        Decoder::new(&Sniffed::lines_of(format)).decode(1, bytes, &mut Vec::new());
    }
}
