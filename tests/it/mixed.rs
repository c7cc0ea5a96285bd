//! Files in which rows of several kinds stand: each row is read as what it is, or refused by name.

use journey::formats::{Decoder, Item, Splitter, sniff};

const MIXPANEL: &str = r#"{"event":"A","properties":{"time":1700000000,"distinct_id":"m","$insert_id":"i"}}"#;
const WIRE: &str = r#"{"received_at_ms":1700000000000,"endpoint":"/track","payload":[{"event":"A","properties":{"time":1700000000,"distinct_id":"m","token":"T"}}]}"#;
const PROFILE: &str = r#"{"$distinct_id":"m","$properties":{"$email":"ada@example.test"}}"#;
const SEGMENT: &str = r#"{"type":"track","event":"S","messageId":"1","anonymousId":"s","timestamp":"2023-11-14T22:13:20.000Z","properties":{},"context":{"library":{"name":"analytics.js"}}}"#;
const RUDDER: &str = r#"{"type":"track","event":"S","messageId":"1","anonymousId":"s","originalTimestamp":"2023-11-14T22:13:20.000Z","channel":"web","properties":{},"context":{"library":{"name":"RudderLabs JavaScript SDK"}}}"#;
const POSTHOG: &str =
    r#"{"uuid":"1","event":"P","distinct_id":"p","timestamp":"2023-11-14T22:13:20.000Z","properties":{"token":"t"}}"#;
const AMPLITUDE: &str = r#"{"event_type":"A","user_id":"a","device_id":"d","event_time":"2023-11-14 22:13:20.000000","uuid":"1","amplitude_id":1,"event_properties":{}}"#;
const SEGMENT_SENT: &str = r#"{"received_at_ms":1700000000000,"path":"/v1/t","payload":{"type":"track","event":"S","messageId":"1","anonymousId":"s","properties":{}}}"#;

/// What a file is called, its rows and profiles, and the reasons of what is not read; else why it is
/// no file that is read.
fn read(content: &str) -> Result<(String, usize, Vec<String>), String> {
    let sniffed = sniff(content.as_bytes(), true, "file").map_err(|error| error.why)?;
    let mut splitter = Splitter::new(sniffed.layout, 1, usize::MAX, false);
    let decoder = Decoder::new(&sniffed);
    let mut items = Vec::new();
    while let Some(record) = splitter.next(content.as_bytes(), true) {
        decoder.decode(record.line, &content.as_bytes()[record.start..record.end], &mut items);
    }
    let reasons = items.iter().filter_map(|item| match item {
        Item::Reject(reject) => Some(reject.reason.clone()),
        _ => None,
    });
    let reasons: Vec<String> = reasons.collect();
    let read = items.iter().filter(|item| matches!(item, Item::Event { .. } | Item::Profile { .. } | Item::Alias(_)));
    Ok((sniffed.name, read.count(), reasons))
}

fn lines(rows: &[(&str, usize)]) -> String {
    rows.iter().flat_map(|(row, times)| vec![*row; *times]).fold(String::new(), |text, row| text + row + "\n")
}

#[test]
fn rows_of_two_vendors_half_and_half_are_refused_and_both_are_named() {
    let kinds = [
        (MIXPANEL, "Mixpanel rows"),
        (WIRE, "Mixpanel rows"),
        (PROFILE, "Mixpanel rows"),
        (SEGMENT, "Segment calls"),
        (POSTHOG, "PostHog events"),
        (AMPLITUDE, "Amplitude events"),
    ];
    for (one, first) in kinds {
        for (other, second) in kinds.iter().filter(|(_, second)| *second != first) {
            let array = format!("[{}]", vec![format!("{one},\n{other}"); 5].join(","));
            for content in [lines(&[(one, 5), (other, 5)]), lines(&[(one, 1), (other, 1)]).repeat(5), array] {
                let why = read(&content).expect_err(&content);
                assert!(why.contains(first) && why.contains(second), "{first}, {second}: {why}");
            }
        }
    }
    let why = read(&lines(&[(MIXPANEL, 2), (SEGMENT, 2), (POSTHOG, 2)])).unwrap_err();
    assert!(why.contains("2 Mixpanel rows, 2 PostHog events and 2 Segment calls"), "{why}");
}

#[test]
fn rows_that_go_together_share_a_file() {
    for (one, other, name) in [
        (MIXPANEL, WIRE, "recorded payloads"),
        (MIXPANEL, PROFILE, "profile export"),
        (SEGMENT, RUDDER, "Segment calls (JSON Lines)"),
    ] {
        let (called, rows, reasons) = read(&lines(&[(one, 5), (other, 5)])).unwrap();
        assert_eq!((called.as_str(), rows, reasons), (name, 10, Vec::new()));
    }
}

#[test]
fn one_row_of_another_vendor_is_refused_by_name_and_never_loses_its_id_or_time() {
    for (file, row, words) in [
        (MIXPANEL, SEGMENT, "looks like Segment calls, in a file of Mixpanel rows"),
        (MIXPANEL, AMPLITUDE, "looks like Amplitude events, in a file of Mixpanel rows"),
        (MIXPANEL, POSTHOG, "looks like PostHog events, in a file of Mixpanel rows"),
        (WIRE, SEGMENT_SENT, "looks like Segment or RudderStack calls, in a file of Mixpanel rows"),
        (SEGMENT, MIXPANEL, "looks like Mixpanel rows, in a file of Segment calls"),
        (SEGMENT, WIRE, "looks like Mixpanel rows, in a file of Segment calls"),
        (SEGMENT, PROFILE, "looks like Mixpanel rows, in a file of Segment calls"),
        (SEGMENT, POSTHOG, "looks like PostHog events, in a file of Segment calls"),
        (POSTHOG, SEGMENT, "looks like Segment calls, in a file of PostHog events"),
        (POSTHOG, WIRE, "looks like Mixpanel rows, in a file of PostHog events"),
        (AMPLITUDE, MIXPANEL, "looks like Mixpanel rows, in a file of Amplitude events"),
    ] {
        let (_, rows, reasons) = read(&lines(&[(file, 6), (row, 1), (file, 2)])).unwrap();
        assert_eq!((rows, reasons.len()), (8, 1), "{words}: {reasons:?}");
        assert!(reasons[0].starts_with(words), "{words}: {reasons:?}");
    }
    // A cut row, and one of the same vendor without an id, are what they are.
    for (row, rows) in [(r#"{"event":"A","#, 3), (&*SEGMENT.replace("anonymousId", "other"), 4)] {
        let (_, read, reasons) = read(&lines(&[(SEGMENT, 3), (row, 1)])).unwrap();
        assert_eq!(read, rows);
        assert!(reasons.iter().all(|reason| !reason.contains("looks like")), "{reasons:?}");
    }
}

#[test]
fn each_list_of_an_answer_is_read() {
    for (answer, rows) in [
        (format!(r#"{{"events":[{MIXPANEL},{MIXPANEL}],"profiles":[{PROFILE}]}}"#), 3),
        (format!(r#"{{"profiles":[{PROFILE}],"rows":[{MIXPANEL}]}}"#), 2),
        (format!(r#"{{"results":{{"events":[{MIXPANEL}],"people":[{PROFILE}]}}}}"#), 2),
        // What says what columns are, or what went wrong, is no row.
        (format!(r#"{{"meta":[{{"name":"event","type":"String"}}],"data":[{MIXPANEL}],"errors":[{{"code":1}}]}}"#), 1),
    ] {
        let (_, read, reasons) = read(&answer).unwrap();
        assert_eq!((read, reasons), (rows, Vec::new()), "{answer}");
    }
}

#[test]
fn exports_one_behind_the_other_are_no_batches_of_an_sdk() {
    let array = format!("[{MIXPANEL},\n{MIXPANEL}]\n");
    for content in [array.repeat(2), array.replace('\n', "") + "\n" + MIXPANEL, array.replace('\n', "").repeat(2)] {
        let (name, rows, reasons) = read(&content).unwrap();
        assert!(name.starts_with("raw export"), "{name}: {content}");
        assert_eq!((rows, reasons), (content.matches("event").count(), Vec::new()), "{content}");
    }
    let batch = r#"[{"event":"A","properties":{"distinct_id":"m","token":"T"}}]"#;
    assert_eq!(read(&format!("{batch}\n{batch}\n")).unwrap().0, "recorded payloads");
}

#[test]
fn two_tables_in_one_file_are_refused_and_a_head_that_comes_again_is_none() {
    let head = "event,distinct_id,time\n";
    let rows = "A,m,1700000000\nB,m,1700000001\n";
    let other = "distinct_id,event,time\nm,A,1700000000\n";
    let json = MIXPANEL.to_owned() + "\n";
    for (content, words) in [
        (format!("{head}{rows}{other}"), "two header lines"),
        (format!("{head}{rows}\n{}", other.replace('\n', ",x\n").repeat(3)), "names 3 columns"),
        ("alias,distinct_id\nb,a\ndistinct_id,alias\na,c\n".to_owned(), "two header lines"),
        (format!("alias,distinct_id\nb,a\n{head}{rows}{rows}"), "names 2 columns"),
        (format!("{head}{rows}{json}{json}"), "rows in JSON, and a table"),
        (format!("{json}{head}{rows}"), "rows in JSON, and a table"),
        (format!("{json}alias,distinct_id\nb,a\n"), "rows in JSON, and a table"),
    ] {
        let why = read(&content).expect_err(&content);
        assert!(why.contains(words), "{words}: {why}");
    }
    for (content, rows, rejects) in [
        (format!("{head}{rows}{head}{rows}"), 4, 0),
        (format!("{head}event,m,1700000000\n{rows}"), 3, 0),
        (format!("{json}not json, at all\n{json}"), 2, 1),
        ("alias,distinct_id\nb,a\nalias,a\n".to_owned(), 2, 0),
    ] {
        let (_, read, reasons) = read(&content).unwrap();
        assert_eq!((read, reasons.len()), (rows, rejects), "{content}");
    }
}
