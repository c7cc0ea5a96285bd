//! Rows of other vendors, as their real SDKs sent them (`tests/data/vendors`, by SDK and version).
//!
//! Each web SDK wrote the same story: anonymous views, a sign-up, a logout, anonymous views, two
//! logins, another person, and a login without a logout. All ids are made up.

mod groups;
mod servers;
mod stories;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use journey::formats::{self, Decoder, Item, Splitter, sniff};
use journey::identity::{EvidenceKind, LEGACY, Verdict, named};
use journey::ingest::{self, Flow, Input, Options};
use journey::inspect::Inspector;
use journey::model::{Id, LinkKind, Row, Verb, VerbKind};
use journey::store::{Reader, Writer};

use crate::support::all_ids;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn recorded(name: &str) -> Vec<u8> {
    zstd::decode_all(&*fs::read(data(&format!("vendors/{name}.jsonl.zst"))).unwrap()).unwrap()
}

/// What a file is called, its rows, and the ids of its profiles with their searchable values.
fn read(content: &[u8]) -> (String, Vec<Row>, Vec<String>) {
    let sniffed = sniff(content, true, "sample").unwrap();
    let mut splitter = Splitter::new(sniffed.layout, 1, usize::MAX, false);
    let decoder = Decoder::new(&sniffed);
    let mut items = Vec::new();
    while let Some(record) = splitter.next(content, true) {
        decoder.decode(record.line, &content[record.start..record.end], &mut items);
    }
    let mut rows = Vec::new();
    let mut profiles = Vec::new();
    for item in items {
        match item {
            Item::Event { row, .. } => rows.push(row.to_row()),
            Item::Profile { profile, .. } => {
                let id = profile.id.as_ref().map_or("-", Id::as_str);
                profiles.push(format!("{id} {:?}", profile.values));
            }
            Item::Skipped => {}
            other => panic!("{other:?}"),
        }
    }
    (sniffed.name, rows, profiles)
}

/// One row in a line: its call, its name, and its ids by the order in which they came up.
fn listed(rows: &[Row]) -> String {
    let mut out = String::new();
    let id = |id: &Option<Id>| id.as_ref().map_or("-".to_owned(), |id| id.as_str().to_owned());
    for row in rows {
        let verb = match &row.verb {
            Verb::Alias { alias, target, .. } => format!("alias {} → {}", id(alias), id(target)),
            Verb::Identify { identified, anon } => format!("identify {} ← {}", id(identified), id(anon)),
            Verb::Merge { ids } => format!("merge {:?}", ids.iter().map(Id::as_str).collect::<Vec<_>>()),
            other => other.kind().name().to_owned(),
        };
        let client = row.client.as_ref().map_or("", |client| client.as_str());
        writeln!(
            out,
            "{} | {verb} | id {} | device {} | user {} | {client}",
            row.event,
            id(&row.id),
            id(&row.device),
            id(&row.user)
        )
        .unwrap();
    }
    out
}

fn reader(inputs: Vec<Input>) -> Reader {
    let mut writer = Writer::in_memory().unwrap();
    let report = ingest::import(&mut writer, inputs, &Options::default(), &mut |_| Flow::Continue).unwrap();
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert!(report.files.iter().all(|file| file.rejected == 0), "{:?}", report.files);
    writer.into_reader().unwrap()
}

fn store(inputs: Vec<Input>) -> Inspector {
    Inspector::new(reader(inputs))
}

fn story(name: &str) -> Inspector {
    store(vec![Input::Bytes { content: recorded(name), name: format!("{name}.jsonl") }])
}

#[test]
fn the_story_of_each_sdk_keeps_its_calls_and_ids() {
    for (name, called) in [
        ("segment-analytics-next-1.84.3", "Segment calls (JSON Lines)"),
        ("segment-analytics-node-3.1.0", "Segment calls (JSON Lines)"),
        ("rudder-analytics-js-3.34.1", "RudderStack calls (JSON Lines)"),
        ("posthog-js-1.449.2", "PostHog events (JSON Lines)"),
        ("posthog-py-7.91.1", "PostHog events (JSON Lines)"),
        ("amplitude-browser-2.48.1", "Amplitude events (JSON Lines)"),
        ("snowplow-browser-4.10.1", "Snowplow events (JSON Lines)"),
    ] {
        let content = recorded(name);
        let (found, rows, profiles) = read(&content);
        assert_eq!(found, called);
        assert!(rows.iter().all(|row| row.arrival.is_some() && row.insert_id.is_some()), "{name}");
        // The clock of the page and that of the recorder are one.
        let near = |row: &&Row| row.time <= row.arrival.unwrap() + 5;
        assert_eq!(rows.iter().filter(near).count(), rows.len(), "{name}");
        insta::assert_snapshot!(format!("vendor_{name}"), format!("{}\n{}", listed(&rows), profiles.join("\n")));
    }
}

#[test]
fn a_batch_of_mparticle_gives_its_ids_to_each_event_and_a_change_of_identity_ties_them() {
    // A page of `web-sdk` 2.68.0 in a browser, with an identity service that gives each identity a person.
    let (name, rows, profiles) = read(&recorded("mparticle-web-sdk-2.68.0"));
    assert_eq!(name, "mParticle batches (JSON Lines)");
    insta::assert_snapshot!("vendor_mparticle-web-sdk-2.68.0", format!("{}\n{}", listed(&rows), profiles.join("\n")));
}

#[test]
fn requests_of_countly_and_matomo_keep_their_events_and_ids() {
    // A page of `countly-sdk-web` 26.1.1 in jsdom: an anonymous view and event, a sign-up that keeps the data
    // (`set_id`), details of the user, and another person (`change_id` without merging).
    // `matomo-tracker` 2.2.4 on a server: views, a user, an event with a time of its own, a bulk of three.
    for (name, called) in [
        ("countly-sdk-web-26.1.1", "Countly requests (JSON Lines)"),
        ("matomo-tracker-2.2.4", "Matomo visits (JSON Lines)"),
    ] {
        let (found, rows, profiles) = read(&recorded(name));
        assert_eq!(found, called);
        assert!(rows.iter().all(|row| row.arrival.is_some() && row.id.is_some()), "{name}");
        insta::assert_snapshot!(format!("vendor_{name}"), format!("{}\n{}", listed(&rows), profiles.join("\n")));
    }
    let nora = Id::new("nora@example.test");
    let journey = story("countly-sdk-web-26.1.1").journey(&nora).unwrap().unwrap();
    assert_eq!(journey.root, Some(nora));
    // What was done before the sign-up is under the id that the SDK had made up, and tied to the user.
    let [orphan] = journey.orphans.as_slice() else { panic!("{:?}", journey.orphans) };
    assert_eq!(orphan.id.as_str(), "40f87fee-bfbe-4408-851a-ad667fc8d46a");
}

/// Small files of `tests/data/shapes`, written from the documents of each vendor: what each row of
/// them is, in each form that the vendor or a warehouse gives it.
#[test]
fn a_row_is_the_same_in_each_form_that_its_vendor_gives_it() {
    let mut files: Vec<_> = fs::read_dir(data("shapes")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 15);
    let mut text = String::new();
    for file in files {
        let (name, rows, profiles) = read(&fs::read(&file).unwrap());
        writeln!(text, "# {}: {name}", file.file_name().unwrap().to_string_lossy()).unwrap();
        for (row, line) in rows.iter().zip(listed(&rows).lines()) {
            let time =
                |millis: i64| chrono::DateTime::from_timestamp_millis(millis).unwrap().format("%F %T%.3f").to_string();
            let arrival = row.arrival.map_or("-".to_owned(), time);
            writeln!(text, "{line} | {} | {arrival} | {}", time(row.time), row.insert_id.as_deref().unwrap_or("-"))
                .unwrap();
        }
        for profile in &profiles {
            writeln!(text, "profile {profile}").unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn pairs_of_amplitudes_own_numbers_are_refused_by_name() {
    let pairs = r#"{"scope":1,"merge_time":1561971600000,"amplitude_id":2,"merged_amplitude_id":1}"#;
    let error = sniff(pairs.as_bytes(), true, "merged.json").unwrap_err().to_string();
    assert!(error.contains("looks like Amplitude merged ids") && error.contains("export of its events"), "{error}");
}

#[test]
fn an_alias_of_segment_is_an_alias_call_and_one_of_a_known_user_names_it_twice() {
    let mut store = story("segment-analytics-next-1.84.3");
    store.set_rules(Some(LEGACY));
    let journey = store.journey(&Id::new("nora@example.test")).unwrap().unwrap();
    let call = &journey.aliases[0];
    assert!(matches!(call.verdict, Verdict::Refused(refusal) if refusal.name() == "self"));
    assert!(
        journey
            .orphans
            .iter()
            .any(|orphan| orphan.evidence.iter().any(|evidence| evidence.kind == EvidenceKind::IdentifyEvent))
    );
}

#[test]
fn the_anonymous_id_of_rudderstack_outlives_a_reset_and_ties_two_people() {
    let mut store = story("rudder-analytics-js-3.34.1");
    store.set_rules(Some(LEGACY));
    let journey = store.journey(&Id::new("omar@example.test")).unwrap().unwrap();
    let orphan = journey.orphans.iter().find(|orphan| orphan.contested).unwrap();
    let owners: Vec<&str> = orphan.owners.iter().map(Id::as_str).collect();
    assert!(owners.contains(&"nora@example.test") && owners.contains(&"omar@example.test"), "{owners:?}");
}

#[test]
fn an_identify_of_amplitude_ties_no_ids() {
    let name = "amplitude-browser-2.48.1.jsonl".to_owned();
    let reader = reader(vec![Input::Bytes { content: recorded("amplitude-browser-2.48.1"), name }]);
    let ids = reader.all_ids().unwrap();
    let links = ids.iter().flat_map(|id| reader.links_of(id, 999).unwrap());
    assert!(links.into_iter().all(|link| link.kind != LinkKind::Identify));
    let events = reader.events_of(&Id::new("nora@example.test"), 999).unwrap();
    let call = events.iter().find(|event| &*event.event == "$identify").unwrap();
    assert_eq!(call.verb, VerbKind::Profile);
}

#[test]
fn what_an_identify_of_amplitude_unsets_is_gone_from_the_profile_and_no_operation_is_a_property() {
    let row = |(at, said): (usize, &str)| {
        let at = 1_561_971_600_000 + at;
        format!(
            r#"{{"event_type":"$identify","user_id":"u","device_id":"d","time":{at},"insert_id":"i{at}","library":"amplitude-ts/2.48.1","user_properties":{said}}}"#
        ) + "\n"
    };
    let lines: String = [
        r#"{"$set":{"plan":"free","city":"Oslo"}}"#,
        r#"{"$setOnce":{"city":"Rome","first":"ad"},"$add":{"logins":2}}"#,
        r#"{"$unset":{"plan":"-"},"$append":{"tags":"x"}}"#,
    ]
    .into_iter()
    .enumerate()
    .map(row)
    .collect();
    let store = store(vec![Input::Bytes { content: lines.into_bytes(), name: "amplitude.jsonl".to_owned() }]);
    let journey = store.journey(&Id::new("u")).unwrap().unwrap();
    let known = journey.profiles[0].properties.iter().map(|known| format!("{}={}", known.name, known.value));
    assert_eq!(known.collect::<Vec<_>>(), ["city=\"Oslo\"", "first=\"ad\"", "logins=2"]);
}

#[test]
fn an_answer_says_whose_rows_it_judges_by_the_rules_of_another() {
    let notes = |store: &Inspector, id: &str| store.journey(&Id::new(id)).unwrap().unwrap().notes;
    let said = |notes: &[String]| {
        notes.iter().filter(|note| note.contains("legacy rules of Mixpanel")).cloned().collect::<Vec<_>>()
    };
    let snowplow = notes(&story("snowplow-browser-4.10.1"), "nora@example.test");
    assert_eq!(
        said(&snowplow),
        ["Rows of Snowplow are judged by the legacy rules of Mixpanel: its vendor's own rules are not known here."]
    );
    let mut posthog = story("posthog-js-1.449.2");
    let own = notes(&posthog, "nora@example.test");
    assert!(
        said(&own).is_empty()
            && own.iter().any(|note| note.starts_with("Rows of PostHog are judged by the rule set posthog"))
    );
    posthog.set_rules(Some(LEGACY));
    assert_eq!(
        said(&notes(&posthog, "nora@example.test")),
        [
            "Rows of PostHog are judged by the legacy rules of Mixpanel here; the rule set posthog is for those of PostHog."
        ]
    );
    let both = store(vec![
        Input::Bytes { content: recorded("posthog-js-1.449.2"), name: "p.jsonl".into() },
        Input::Bytes { content: recorded("amplitude-browser-2.48.1"), name: "a.jsonl".into() },
    ]);
    assert!(said(&notes(&both, "nora@example.test"))[0].starts_with("Rows of Amplitude and PostHog are"));
    let own = store(vec![Input::Path(data("captures/export"))]);
    let roots = all_ids(&own);
    let journeys: Vec<_> = roots.iter().filter_map(|id| own.journey(id).unwrap()).collect();
    assert!(journeys.len() > 10 && journeys.iter().all(|journey| said(&journey.notes).is_empty()));
}

/// As `countly-sdk-nodejs` 24.10, `@snowplow/node-tracker` 4.8 (`eventMethod: "get"`), `mixpanel` 0.24 for Node
/// and `@amplitude/node` 1.10 sent them, with ids and addresses made up.
#[test]
fn a_request_without_a_body_says_in_its_address_what_it_carries() {
    let data = |json: &str| percent_encoding::utf8_percent_encode(json, percent_encoding::NON_ALPHANUMERIC).to_string();
    let events = data(r#"[{"key":"Viewed","count":1,"segmentation":{"a":1},"timestamp":1561971600446}]"#);
    let track = data(r#"{"event":"Viewed","properties":{"distinct_id":"a-1","time":1561971600123,"token":"t"}}"#);
    let got = |url: &str| {
        format!(r#"{{"received_at_ms":1561971601000,"method":"GET","url":"{url}","headers":{{}},"body":""}}"#)
    };
    let sent = |body: &str| {
        let body = serde_json::Value::from(body);
        format!(r#"{{"received_at_ms":1561971601000,"method":"POST","url":"/i","body":{body}}}"#)
    };
    let countly = format!(
        "app_key=k&device_id=d-1&t=1&sdk_name=javascript_native_nodejs&timestamp=1561971600444&events={events}"
    );
    for (lines, name, expected) in [
        (
            got(&format!("/i?{countly}")),
            "Countly requests (JSON Lines)",
            "Viewed | track | id d-1 | device d-1 | user - | node\n",
        ),
        (sent(&countly), "Countly requests (JSON Lines)", "Viewed | track | id d-1 | device d-1 | user - | node\n"),
        (
            got(
                "/i?e=pv&url=https%3A%2F%2Fshop.example.test%2F&eid=7ac75b4f-de96-4a64-a6d6-93c6d2ee8e88&tv=node-4.8.0&duid=d-1&uid=u-1&dtm=1561971600476",
            ),
            "Snowplow events (JSON Lines)",
            "page_view | page | id u-1 | device d-1 | user u-1 | node\n",
        ),
        (
            got(&format!("/track?ip=0&verbose=0&data={track}")),
            "recorded payloads",
            "Viewed | track | id a-1 | device - | user - | \n",
        ),
        (
            sent(
                r#"{"api_key":"k","events":[{"event_type":"Viewed","device_id":"d-1","library":"amplitude-node/1.10.2"}]}"#,
            ),
            "Amplitude events (JSON Lines)",
            "Viewed | track | id d-1 | device d-1 | user - | node\n",
        ),
    ] {
        let (found, rows, _) = read(lines.as_bytes());
        assert_eq!((found.as_str(), listed(&rows).as_str()), (name, expected), "{lines}");
        assert_eq!(rows[0].arrival, Some(1_561_971_601_000));
        assert!((1_561_971_600_000..=1_561_971_601_000).contains(&rows[0].time), "{}", rows[0].time);
    }
}

/// Rows in other clothes, with what each row is but for where it stands.
#[test]
fn one_story_in_any_container_is_the_same_rows() {
    let call = |n: usize, rest: &str| {
        format!(
            r#"{{"messageId":"m{n}","anonymousId":"a-1","timestamp":"2019-07-01T09:00:0{n}Z","receivedAt":"2019-07-01T09:00:0{n}.5Z",{rest}}}"#
        )
    };
    let calls = [
        call(1, r#""type":"track","event":"Viewed","properties":{"plan":"free"}"#),
        call(2, r#""type":"identify","userId":"u-1","traits":{"email":"x@example.test"}"#),
        call(3, r#""type":"alias","userId":"u-1","previousId":"a-1""#),
    ];
    let plain = |content: &str| {
        let (name, rows, profiles) = read(content.as_bytes());
        let rows: Vec<_> = rows.into_iter().map(|row| Row { line: 0, ..row }).collect();
        (name, rows, profiles)
    };
    let (name, rows, profiles) = plain(&calls.join("\n"));
    assert_eq!((name.as_str(), rows.len(), profiles.len()), ("Segment or RudderStack calls (JSON Lines)", 3, 1));
    let recorded = |body: &str| {
        let text = serde_json::Value::from(body).to_string();
        [
            format!(r#"{{"received_at_ms":1,"path":"/v1/batch","payload":{body}}}"#),
            format!(r#"{{"received_at_ms":1,"path":"/v1/batch","body":{text}}}"#),
        ]
    };
    let batch = format!(r#"{{"batch":[{}],"sentAt":"2019-07-01T09:00:09Z"}}"#, calls.join(","));
    let mut forms = vec![
        format!("[{}]", calls.join(",\n")),
        calls.join(" "),
        format!("{}\r\n", calls.join("\r\n\r\n")),
        batch.clone(),
        calls
            .iter()
            .map(|call| format!(r#"{{"type":"RECORD","stream":"s","record":{call}}}"#))
            .collect::<Vec<_>>()
            .join("\n"),
    ];
    forms.extend(recorded(&batch));
    for form in forms {
        let (_, again, described) = plain(&form);
        assert_eq!(again, rows, "{form}");
        assert_eq!(described, profiles, "{form}");
    }
}

#[test]
fn a_table_of_a_warehouse_is_read_as_its_calls() {
    let csv = "id,anonymous_id,user_id,event,event_text,timestamp,original_timestamp,received_at,context_library_name,plan\n\
               m1,a-1,,viewed,Viewed,2019-07-01 09:00:01 UTC,2019-07-01 09:00:01 UTC,2019-07-01 09:00:02 UTC,analytics.js,free\n\
               m2,a-1,007,viewed,Viewed,2019-07-01 09:00:03 UTC,2019-07-01 09:00:03 UTC,2019-07-01 09:00:04 UTC,analytics.js,pro\n";
    let (name, rows, _) = read(csv.as_bytes());
    assert_eq!(name, "Segment calls (CSV)");
    let listed = listed(&rows);
    assert_eq!(
        listed,
        "Viewed | track | id a-1 | device a-1 | user - | web\nViewed | track | id 007 | device a-1 | user 007 | web\n"
    );
    assert_eq!((rows[0].time, rows[0].arrival), (1_561_971_601_000, Some(1_561_971_602_000)));
}

#[test]
fn a_plain_copy_of_several_vendors_is_imported_again_with_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["segment-analytics-next-1.84.3", "posthog-py-7.91.1", "amplitude-browser-2.48.1"];
    let inputs = names.iter().map(|name| Input::Bytes { content: recorded(name), name: format!("{name}.jsonl") });
    let first = reader(inputs.chain([Input::Path(data("export/lone_surrogate.jsonl"))]).collect());
    let copy = folder.path().join("copy.db");
    first.export(&copy, false, &mut |_, _| true).unwrap();
    let second = reader(vec![Input::Path(copy)]);
    let facts = |reader: &Reader| {
        let mut all = BTreeSet::new();
        for id in reader.all_ids().unwrap() {
            for event in reader.events_of(&id, 9999).unwrap() {
                all.insert(format!(
                    "{} {:?} {} {} {:?} {:?} {:?} {:?} {} {:?}",
                    event.event,
                    event.verb,
                    event.time,
                    event.arrived,
                    event.id,
                    event.device,
                    event.user,
                    event.other,
                    event.source.vendor,
                    event.flags
                ));
            }
            for link in reader.links_of(&id, 999).unwrap() {
                all.insert(format!("{:?} {:?} {:?} {}", link.kind, link.a, link.b, link.rows));
            }
            all.extend(
                reader.calls_of(&id, 999).unwrap().iter().map(|call| format!("{:?} {:?}", call.alias, call.target)),
            );
        }
        all
    };
    let (before, after) = (facts(&first), facts(&second));
    assert_eq!(before.difference(&after).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(before, after);
}

#[test]
fn the_readme_names_each_vendor_that_is_read_and_each_that_is_not() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let of = |start: &str| readme.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    let (table, refused) = (of("| rows of other vendors"), of("- **`journey` does not guess formats.**"));
    for (rows, is_read) in formats::vendors().filter(|(rows, _)| !rows.contains(" or ")) {
        let vendor = rows.rsplit_once(' ').unwrap().0;
        let line = if is_read { table.contains(rows) } else { refused.contains(vendor) };
        assert!(line, "{rows}");
        assert_eq!(formats::NotRecognised::advice().contains(rows), is_read, "{rows}");
    }
}

/// The root that each id leads to.
fn roots(store: &Inspector, ids: &[&str]) -> Vec<String> {
    let root = |id: &&str| {
        store.journey(&Id::new(id)).unwrap().unwrap().root.map_or_else(String::new, |root| root.as_str().to_owned())
    };
    ids.iter().map(root).collect()
}

/// What identity.md says of each SDK's story: whose ids are one person by the rules of its vendor.
#[test]
fn rows_of_one_vendor_are_judged_by_its_own_rules() {
    let posthog = story("posthog-js-1.449.2");
    assert_eq!(
        roots(
            &posthog,
            &["nora@example.test", "01a22248-e676-784e-8057-377252557912", "01a22248-f4e9-72e3-807a-2386e1863e5b"]
        ),
        ["nora@example.test"; 3]
    );
    assert_eq!(
        roots(&posthog, &["omar@example.test", "01a22248-fe0d-76bb-9044-19e7884e62fb"]),
        ["omar@example.test"; 2]
    );
    assert_eq!(roots(&posthog, &["customer-9", "customer-9-nick"]), ["customer-9"; 2]);
    let journey = posthog.journey(&Id::new("nora@example.test")).unwrap().unwrap();
    assert_eq!(journey.rules.name(), "posthog");

    let amplitude = story("amplitude-browser-2.48.1");
    let nora = amplitude.journey(&Id::new("nora@example.test")).unwrap().unwrap();
    assert_eq!(nora.rules.name(), "amplitude");
    let anonymous =
        |event: &&str| nora.steps.iter().any(|step| *step.event.event == **event && step.event.user.is_none());
    assert!(["Home Viewed", "Pricing Viewed"].iter().all(anonymous), "rows before the first login");

    let segment = story("segment-analytics-next-1.84.3");
    let ids = ["nora@example.test", "77a8c268-16bc-4727-8607-1a325c8e70b7", "64df92b7-79a3-40eb-adf2-30841050605a"];
    assert_eq!(roots(&segment, &ids), ["nora@example.test"; 3]);
    assert_eq!(segment.journey(&Id::new(ids[0])).unwrap().unwrap().rules.name(), "simple");
    let rudder = story("rudder-analytics-js-3.34.1");
    assert_eq!(rudder.journey(&Id::new("nora@example.test")).unwrap().unwrap().rules.name(), "simple");
}

#[test]
fn a_user_with_rows_of_several_vendors_is_judged_by_the_legacy_rules_and_others_of_the_store_are_not() {
    let mixpanel = br#"{"event":"View","properties":{"distinct_id":"12345","time":1562000000,"$insert_id":"a1"}}
{"event":"Buy","properties":{"distinct_id":"omar@example.test","time":1562000001,"$insert_id":"a2"}}"#;
    let both = store(vec![
        Input::Bytes { content: recorded("posthog-js-1.449.2"), name: "p.jsonl".into() },
        Input::Bytes { content: mixpanel.to_vec(), name: "m.jsonl".into() },
    ]);
    let rules = |id: &str| both.journey(&Id::new(id)).unwrap().unwrap().rules.name();
    assert_eq!((rules("12345"), rules("nora@example.test")), ("legacy", "posthog"));
    assert_eq!(rules("omar@example.test"), "legacy", "rows of both");
    assert_eq!(rules("01a22248-fe0d-76bb-9044-19e7884e62fb"), "legacy", "the same person by another id");
    assert_eq!(both.rules_of(&Id::new("nora@example.test")).unwrap().name(), "posthog");
}

#[test]
fn a_hit_leads_to_the_user_by_the_rules_of_its_rows_with_all_of_the_rows() {
    let posthog = story("posthog-js-1.449.2");
    let found = |store: &Inspector, text: &str| {
        let mut hits = store.search(text, 50).unwrap();
        store.describe(&mut hits).unwrap();
        hits.into_iter()
            .map(|hit| (hit.root.unwrap().as_str().to_owned(), hit.person.unwrap().events))
            .collect::<Vec<_>>()
    };
    let rows = posthog.journey(&Id::new("nora@example.test")).unwrap().unwrap().steps.len() as u64;
    assert_eq!(found(&posthog, "01a22248-e676-784e-8057-377252557912"), [("nora@example.test".to_owned(), rows)]);
    assert_eq!(found(&posthog, "nora@example.test")[0], ("nora@example.test".to_owned(), rows));
    let mut legacy = story("posthog-js-1.449.2");
    legacy.set_rules(Some(LEGACY));
    let anonymous = "01a22248-e676-784e-8057-377252557912";
    assert_eq!(found(&legacy, anonymous)[0].0, anonymous, "no alias call joins it");
    let mut simplified = store(vec![Input::Path(data("captures/export"))]);
    let before = simplified.search("a", 200).unwrap().len();
    simplified.set_rules(named("simplified"));
    assert!(simplified.search("a", 200).unwrap().len() >= before / 2, "every hit stays a hit");
}
