//! Journeys written out, as text and as JSON.

use journey::model::Id;
use journey::model::hit::{Hit, HitKind, Match};
use journey::model::import::FileReport;
use journey::report::{Clock, Import, Look, json, text};
use serde_json::Value;

use crate::support::story::Story;

/// A customer with two phones: one alias, one refused alias, a split row and an orphan.
fn sally() -> Story {
    Story::new(
        "1 View(12345) +,web-1 on web · Linux · Chrome
         2@4 Early(sally@gmail.com)
         3 AL(sally@gmail.com -> 12345)
         3.2 SignUp(12345) +,web-1 on web · Linux · Chrome
         50 Dashboard(sally@gmail.com) +sally@gmail.com,web-1 on web · Linux · Chrome
         3000 AppOpen(P-1) +,phone on iphone · iOS · iPhone12
         3001 AL(sally@gmail.com -> P-1)
         3002 AppBuy(P-1) +,phone on iphone · iOS · iPhone12
         90000 Back(sally@gmail.com) +sally@gmail.com,web-1 on web · Linux · Chrome",
    )
}

fn show(story: &Story, query: &str, look: &Look) -> String {
    let mut out = Vec::new();
    text::journey(&mut out, &story.journey(query), look).unwrap();
    String::from_utf8(out).unwrap()
}

fn show_json(story: &Story, query: &str) -> Value {
    let mut out = Vec::new();
    let properties = |row: i64| Some(format!("{{\"row\":{row},\"exact\":1.50}}"));
    json::journey(&mut out, &story.journey(query), &properties).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_journey_reads_from_the_person_down_to_the_line() {
    insta::assert_snapshot!(show(&sally(), "sally@gmail.com", &Look::default()));
}

#[test]
fn rows_of_the_second_of_a_refused_call_are_before_or_after_it_by_their_arrival() {
    let story = Story::new(
        "1 AL(ann@x.com -> web-1)
         100@100.1 View(phone-1)
         100@100.2 AL(ann@x.com -> phone-1)
         100@100.3 Purchase(phone-1)
         100@100.3 Logout(phone-1)
         99@200 Late(phone-1)",
    );
    let text = show(&story, "ann@x.com", &Look { width: 200, ..Look::default() });
    assert!(text.contains("left behind: 5 rows under phone-1, 2 of them after this call"), "{text}");
}

#[test]
fn an_ascii_journey_at_eighty_columns_has_no_other_character() {
    let look = Look { width: 80, ascii: true, ..Look::default() };
    let text = show(&sally(), "sally@gmail.com", &look);
    assert!(text.is_ascii(), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_journey_of_an_orphan_names_its_owner() {
    insta::assert_snapshot!(show(&sally(), "P-1", &Look { width: 140, ..Look::default() }));
}

#[test]
fn an_id_that_is_only_mentioned_says_where() {
    insta::assert_snapshot!(show(&sally(), "phone", &Look::default()));
}

#[test]
fn times_follow_the_clock_that_is_asked_for() {
    let look = Look { clock: Clock::Zone(chrono_tz::Tz::Asia__Tokyo), ..Look::default() };
    let text = show(&sally(), "sally@gmail.com", &look);
    assert!(text.contains("timeline, times in Asia/Tokyo"), "{text}");
    assert!(text.contains("09:00:03.000"), "{text}");
}

#[test]
fn colour_is_written_only_when_asked_for() {
    assert!(!show(&sally(), "sally@gmail.com", &Look::default()).contains('\u{1b}'));
    assert!(show(&sally(), "sally@gmail.com", &Look { colour: true, ..Look::default() }).contains("\u{1b}[31m"));
}

#[test]
fn nothing_of_the_data_reaches_the_terminal_raw() {
    let evil = "\u{1b}]0;own\u{7}\u{202e}";
    let story = Story::new(&format!(
        "1 View{evil}(1{evil})
         2 AL(a{evil} -> 1{evil})
         3 Open(P{evil}) +,d{evil}
         4 AL(a{evil} -> P{evil})"
    ));
    for ascii in [false, true] {
        let text = show(&story, &format!("a{evil}"), &Look { ascii, ..Look::default() });
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    }
}

#[test]
fn json_of_a_journey_has_the_shape_that_programs_read() {
    let show = show_json(&sally(), "sally@gmail.com");
    assert_eq!(
        keys(&show),
        [
            "schema",
            "query",
            "rules",
            "root",
            "name",
            "profile",
            "other_profiles",
            "as_of",
            "selection",
            "ids",
            "aliases",
            "events",
            "orphans",
            "points",
            "findings",
            "mentions",
            "orphan_of",
            "neighbours",
            "alike",
            "notes",
            "exported",
            "cuts"
        ]
    );
    assert_eq!(show["schema"], 1);
    assert_eq!(show["rules"], "legacy");
    assert_eq!(show["root"], "12345");
    assert_eq!(
        show["ids"][0],
        serde_json::json!({"id": "12345", "letter": "A", "name": null, "role": "root", "anonymous": true,
            "events": 3, "first": "1970-01-01T00:00:01.000Z", "last": "1970-01-01T00:00:03.200Z"})
    );
    let refused = &show["aliases"][1];
    assert_eq!(
        keys(refused),
        ["alias", "distinct_id", "status", "reason", "kept", "time", "arrived", "source", "why", "kept_by"]
    );
    assert_eq!((&refused["status"], &refused["reason"]), (&"refused".into(), &"already_mapped".into()));
    assert_eq!(refused["kept"], "12345");
    assert_eq!(refused["source"], serde_json::json!({"file": "story.jsonl", "line": 7}));
}

#[test]
fn json_of_a_row_says_where_it_is_stored_and_why() {
    let show = show_json(&sally(), "12345");
    let early = &show["events"][1];
    assert_eq!(
        keys(early),
        [
            "event",
            "verb",
            "time",
            "arrived",
            "distinct_id",
            "stored_under",
            "state",
            "split",
            "phase",
            "device_id",
            "user_id",
            "why",
            "source",
            "copies",
            "properties"
        ]
    );
    assert_eq!((&early["event"], &early["state"]), (&"Early".into(), &"merged".into()));
    assert_eq!(early["arrived"], "1970-01-01T00:00:04.000Z");
    assert_eq!(early["device_id"], Value::Null);
    assert!(early["why"].as_str().unwrap().ends_with('.'));
    let orphan = &show["orphans"][0];
    assert_eq!(
        keys(orphan),
        [
            "id",
            "letter",
            "ids",
            "strength",
            "contested",
            "suggested",
            "owners",
            "owner_names",
            "why",
            "evidence",
            "events"
        ]
    );
    assert_eq!(keys(&orphan["events"][0]), keys(early));
    assert_eq!(orphan["evidence"][0]["kind"], "refused_alias");
    assert_eq!(orphan["owners"], serde_json::json!(["12345"]));
    assert_eq!(keys(&show["points"][0]), ["kind", "id", "time", "why", "source", "inferred"]);
}

#[test]
fn a_split_row_says_which_kind() {
    let story = Story::new(
        "1 Old(sally)
         2.5 New(sally)
         3 AL(sally -> 12345)
         4 View(12345)",
    );
    let show = show_json(&story, "sally");
    let splits: Vec<_> = show["events"].as_array().unwrap().iter().map(|row| row["split"].clone()).collect();
    assert_eq!(splits, ["history".into(), "race".into(), Value::Null, Value::Null]);
}

#[test]
fn a_row_without_an_arrival_has_none_in_json() {
    let mut story = sally();
    story.rows[0].arrival = None;
    assert_eq!(show_json(&story, "12345")["events"][0]["arrived"], Value::Null);
}

#[test]
fn properties_are_passed_on_digit_by_digit() {
    let mut out = Vec::new();
    let properties = |row: i64| (row != 2).then(|| "{\"price\":1.50,\"big\":12345678901234567890123}".to_owned());
    json::journey(&mut out, &sally().journey("12345"), &properties).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("\"properties\":{\"price\":1.50,\"big\":12345678901234567890123}"), "{text}");
    assert!(text.contains("\"properties\":null"), "{text}");
}

#[test]
fn a_reader_that_went_away_is_a_broken_pipe() {
    struct Gone;
    impl std::io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = json::journey(&mut Gone, &sally().journey("12345"), &|_| None).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn findings_and_hits_and_imports_have_their_keys() {
    let show = show_json(&sally(), "12345");
    let finding = &show["findings"][0];
    assert_eq!(keys(finding), ["code", "severity", "what", "advice", "sources"]);
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["sources"][0], serde_json::json!({"file": "story.jsonl", "line": 7}));

    let hit = Hit {
        id: Id::new("sally"),
        root: Some(Id::new("12345")),
        kind: HitKind::Alias,
        found: Match::Exact,
        via: None,
        matched: 0,
        name: None,
        person: None,
        events: 2,
        first: Some(0),
        last: None,
    };
    let mut out = Vec::new();
    let hits = [hit];
    let searched = json::Searched {
        query: "sally",
        instead: Some("sally"),
        hits: &hits,
        events: &[],
        values: &[],
        shared: &[],
        more: true,
        looked: Some((3, 9)),
    };
    json::search(&mut out, &searched).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "{\"schema\":1,\"query\":\"sally\",\"hits\":[{\"id\":\"sally\",\"root\":\"12345\",\"kind\":\"alias\",\
         \"match\":\"exact\",\"events\":2,\"first\":\"1970-01-01T00:00:00.000Z\",\"last\":null,\"via\":null,\
         \"name\":null,\"person_events\":null,\"person_first\":null,\"person_last\":null}],\"events\":[],\"values\":[],\"shared\":[],\"more\":true,\
         \"looked\":{\"rows\":3,\"of\":9},\"instead\":\"sally\"}\n"
    );

    let import = Import {
        incomplete: false,
        store: "s.db".into(),
        files: vec![FileReport { file: "a.jsonl".into(), format: "raw export".into(), ..FileReport::default() }],
        events: 3,
        rejected: 1,
        cancelled: false,
        warnings: vec![],
    };
    let mut out = Vec::new();
    journey::report::imported::json(&mut out, &import).unwrap();
    let value: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(keys(&value), ["schema", "store", "files", "events", "rejected", "incomplete", "cancelled", "warnings"]);
    for key in [
        "file",
        "format",
        "rows",
        "events",
        "aliases",
        "profiles",
        "rejected",
        "bytes",
        "timezone",
        "without_id",
        "without_name",
        "repaired",
        "odd_times",
        "incomplete",
        "reasons",
    ] {
        assert!(value["files"][0].get(key).is_some(), "{key}");
    }
}

#[test]
fn nothing_in_an_id_acts_in_a_graph() {
    use journey::identity::Register;
    use journey::report::graph::{Graph, dot, svg};
    let mut story = sally();
    let hostile = "\"];</text><script>alert(1)</script>\\\n\u{1b}]0;x\u{7}\u{202e}";
    for row in &mut story.rows {
        let rename = |id: &mut Option<Id>| {
            if id.as_ref().is_some_and(|id| id.as_str() == "P-1") {
                *id = Some(Id::new(hostile));
            }
        };
        rename(&mut row.id);
        if let journey::model::Verb::Alias { target, .. } = &mut row.verb {
            rename(target);
        }
    }
    let journey = story.journey("12345");
    let graph = Graph::of(&journey, &Register::of(&journey));
    let mut picture = Vec::new();
    svg(&mut picture, &graph, &Look::default()).unwrap();
    let picture = String::from_utf8(picture).unwrap();
    assert!(!picture.contains("<script") && !picture.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{picture}");
    assert_eq!(picture.matches("</text>").count(), picture.matches("<text").count());
    let mut text = Vec::new();
    dot(&mut text, &graph).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains(r#"\"];</text>"#) && !text.contains('\u{1b}'), "{text}");
    // Outside of its strings the file holds only what this program writes.
    let mut outside = String::new();
    let (mut inside, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            '"' if !escaped => inside = !inside,
            c if !inside => outside.push(c),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    assert!(!inside && !outside.contains("script") && outside.trim_end().ends_with('}'), "{outside}");
}

#[test]
fn a_timeline_that_is_written_in_pieces_has_every_row_once_and_in_order() {
    let mut journey = crate::screens::long_journey();
    journey.steps.truncate(9_000);
    let expected: Vec<String> = journey.steps.iter().map(|step| Clock::Utc.stamp(step.event.time)).collect();
    let mut written = Vec::new();
    text::journey(&mut written, &journey, &Look::default()).unwrap();
    let written = String::from_utf8(written).unwrap();
    let (mut day, mut times) = (String::new(), Vec::new());
    for line in written.lines() {
        if let Some(rule) = line.strip_prefix("── ") {
            if let Some(date) = rule.split(' ').nth(1).filter(|date| date.starts_with("20")) {
                assert_ne!(date, day, "a day begins once");
                day = date.to_owned();
            }
        } else if let Some(time) = line.get(..12).filter(|time| time.as_bytes()[8] == b'.') {
            times.push(format!("{day} {time}"));
        }
    }
    assert_eq!(times, expected);
    assert_eq!(written.matches("identified from here").count(), 1);
}

#[test]
fn a_brief_journey_says_what_is_missing_in_fifteen_lines_at_most() {
    let brief = |story: &Story, id: &str, width: usize| {
        let mut out = Vec::new();
        text::brief(&mut out, &story.journey(id), &Look { width, ..Look::default() }).unwrap();
        String::from_utf8(out).unwrap()
    };
    let of_sally = brief(&sally(), "sally@gmail.com", 100);
    assert!(of_sally.contains("missing: ") && of_sally.contains("refused "), "{of_sally}");
    assert!(of_sally.ends_with("all of it: journey show sally@gmail.com\n"), "{of_sally}");
    assert!(!of_sally.contains("story.jsonl"), "it names no file: {of_sally}");
    let many: Vec<String> =
        (10..60).map(|at| format!("{at} Open(P-{at})\n{at}.5 AL(sally@gmail.com -> P-{at})\n")).collect();
    let many = many.concat();
    let many = Story::new(&format!("1 View(12345)\n2 AL(sally@gmail.com -> 12345)\n{many}"));
    for width in [40, 80, 200] {
        let text = brief(&many, "sally@gmail.com", width);
        assert!(text.lines().count() <= text::BRIEF_LINES, "{text}");
        assert!(text.contains("more facts in: journey show"), "{text}");
    }
}
