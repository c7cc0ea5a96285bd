use super::*;
use crate::identity::{LEGACY, Phase, Reason, State, Step};
use crate::inspect::query::property::{self, Relation, Test};
use crate::model::facts::{Event, Sender, Source};
use crate::model::time::{parse, utc};
use crate::model::{Client, VerbKind};
use proptest::prelude::*;

fn wall() -> Wall {
    Arc::new(|at| Some(utc(at)?.naive_utc()))
}

fn step(row: i64, name: &str, id: &str, time: &str) -> Step {
    let time = parse(time).unwrap();
    let event = Event {
        row,
        event: name.into(),
        time,
        arrived: time,
        hash: 0,
        source: Source::new("july.jsonl", 0, row.unsigned_abs()),
        sender: Arc::new(Sender {
            id: Some(Id::new(id)),
            device: Some(Id::new("d-1")),
            client: Some(Client::from_text("web · Linux")),
            verb: if name == "$identify" { VerbKind::Identify } else { VerbKind::Track },
            ..Sender::default()
        }),
    };
    Step {
        event: Arc::new(event),
        stored_under: Id::new("12345"),
        state: State::Merged,
        phase: if row < 3 { Phase::Anonymous } else { Phase::Identified },
        copies: vec![],
        reason: Reason::Own,
    }
}

/// Rows with their properties.
fn rows() -> Vec<(Step, &'static str)> {
    vec![
        (step(1, "View", "12345", "2019-07-01T09:14:02Z"), r#"{"plan":"free","total":5}"#),
        (step(2, "Page Viewed", "12345", "2019-07-01T10:03:00Z"), r#"{"plan":"pro","nested":{"city":"Paris"}}"#),
        (
            step(3, "Purchase", "sally@gmail.com", "2019-07-04T10:05:30Z"),
            r#"{"total":"20.00","items":["SH-11","SK-2"]}"#,
        ),
        (
            step(4, "Purchase", "sally@gmail.com", "2019-07-08T23:59:00Z"),
            r#"{"total":25,"Plan":"PRO","when":"2019-08-01"}"#,
        ),
    ]
}

fn journey() -> Journey {
    Journey {
        rules: LEGACY,
        query: Id::new("sally@gmail.com"),
        as_of: None,
        root: Some(Id::new("12345")),
        ids: ["12345", "sally@gmail.com"]
            .map(|id| crate::identity::Member {
                id: Id::new(id),
                role: crate::identity::Role::Root,
                anonymous: false,
                events: 1,
                first: None,
                last: None,
            })
            .to_vec(),
        aliases: vec![],
        steps: rows().into_iter().map(|(step, _)| step).collect(),
        orphans: vec![],
        points: vec![],
        mentions: vec![],
        orphan_of: vec![],
        neighbours: vec![],
        alike: vec![],
        notes: vec![],
        exported: None,
        findings: vec![],
        cuts: vec![],
        profiles: vec![],
        names: std::collections::BTreeMap::new(),
    }
}

fn names() -> Names {
    Names::of(&journey(), wall())
}

/// The rows that a filter keeps.
fn kept(text: &str) -> Vec<i64> {
    let filter = Filter::read(text, &names()).unwrap_or_else(|error| panic!("{}\n{error}", error.pointed(text)));
    let filter = filter.expect("a filter");
    let (journey, rows) = (journey(), rows());
    let index = Index::of(&journey);
    rows.iter()
        .filter(|(step, properties)| {
            let row = index.subject(&journey, step, None);
            let by_facts = filter.decide(&row, None);
            let decided = filter.decide(&row, Some(properties)).expect("properties decide");
            assert!(by_facts.is_none_or(|by_facts| by_facts == decided), "{text}");
            decided
        })
        .map(|(step, _)| step.event.row)
        .collect()
}

fn refused(text: &str) -> String {
    let error = Filter::read(text, &names()).expect_err(text);
    format!("{}\n{error}", error.pointed(text))
}

#[test]
fn every_form_keeps_what_it_says() {
    for (text, rows) in [
        ("view", vec![1, 2]),
        ("PURCHASE", vec![3, 4]),
        ("sally", vec![3, 4]),
        ("\"page viewed\"", vec![2]),
        ("event:view", vec![1, 2]),
        ("event=view", vec![1]),
        ("event=\"Page Viewed\"", vec![2]),
        ("id:sally", vec![3, 4]),
        ("id=12345", vec![1, 2, 3, 4]),
        ("lane:a", vec![1, 2]),
        ("lane:B", vec![3, 4]),
        ("device:d-1 client:linux file:july.jsonl:3", vec![3]),
        ("phase:anonymous", vec![1, 2]),
        ("is:merged", vec![1, 2, 3, 4]),
        ("is:split or is:orphan", vec![]),
        ("plan=pro", vec![2, 4]),
        ("prop:plan=pro", vec![2, 4]),
        ("plan!=pro", vec![1, 3]),
        ("prop:plan", vec![1, 2, 4]),
        ("total>20", vec![4]),
        ("total>=20", vec![3, 4]),
        ("total=20", vec![3]),
        ("total<20", vec![1]),
        ("items=sk-2", vec![3]),
        ("items~SK", vec![3]),
        ("nested.city=paris", vec![2]),
        ("prop:*=paris", vec![2]),
        ("when>2019-07-31", vec![4]),
        ("-event:view", vec![3, 4]),
        ("not event:view", vec![3, 4]),
        ("event:view plan=pro", vec![2]),
        ("event:view and plan=pro", vec![2]),
        ("event=view or total>20", vec![1, 4]),
        ("(event=view or total>20) -id:sally", vec![1]),
        ("-(event=view or total>20)", vec![2, 3]),
        ("after:2019-07-04", vec![3, 4]),
        ("before:2019-07-04", vec![1, 2]),
        ("at:2019-07-04", vec![3]),
        ("at:2019-07", vec![1, 2, 3, 4]),
        ("at:10:03", vec![2]),
        ("at:10:00..10:05", vec![2, 3]),
        ("at:2019-07-01T10:00..10:05", vec![2]),
        ("at:2019-07-01..2019-07-04", vec![1, 2, 3]),
        ("at:23:00..09:30", vec![1, 4]),
        ("at:..2019-07-01", vec![1, 2]),
        ("after:10:04 before:11:00", vec![3]),
        ("after:-5d", vec![3, 4]),
        ("before:-5d", vec![1, 2]),
        ("before:+30m", vec![1]),
        ("after:2019-07-04T12:05:30+02:00", vec![3, 4]),
    ] {
        assert_eq!(kept(text), rows, "{text}");
    }
}

#[test]
fn an_id_with_a_colon_is_a_word() {
    assert_eq!(kept("$device:abc"), Vec::<i64>::new());
}

#[test]
fn nothing_written_is_no_filter() {
    assert_eq!(Filter::read("  ", &names()), Ok(None));
}

#[test]
fn an_error_points_at_its_place_and_names_what_was_meant() {
    assert_eq!(
        refused("view is:orfan x"),
        "view is:orfan x\n        ^^^^^\nno state is called orfan; did you mean orphan?"
    );
    assert_eq!(
        refused("evnt:view"),
        "evnt:view\n^^^^\nno field is called evnt; a text with a colon needs quotes; did you mean event:?"
    );
    assert_eq!(refused("(a or b"), "(a or b\n^\nthis bracket is never closed");
    assert_eq!(refused("a \"b"), "a \"b\n  ^\nthese quotes are never closed");
    assert_eq!(refused("lane:Q"), "lane:Q\n     ^\nno lane is called Q; they go from A to B");
    assert!(refused("total>many").contains("many is neither a number nor a date"));
    assert!(refused("after:soon").contains("times look like"));
    assert!(refused("a or").contains("a condition is missing at the end"));
    assert!(refused("a )").contains("has no opening one"));
    assert!(refused("plan=").contains("a value is missing after ="));
    assert!(refused(&"(".repeat(500)).contains("too many brackets"));
    assert!(refused("or").contains("needs quotes"));
}

#[test]
fn an_event_that_no_row_has_is_reported_with_the_nearest() {
    let filter = Filter::read("event:purchse", &names()).unwrap().unwrap();
    assert_eq!(filter.hint().unwrap(), "no event here is called \"purchse\"; did you mean \"Purchase\"?");
    assert_eq!(Filter::read("event:purch", &names()).unwrap().unwrap().hint(), None);
}

#[test]
fn only_a_condition_on_a_property_needs_properties() {
    let names = names();
    let needs = |text: &str| Filter::read(text, &names).unwrap().unwrap().needs_properties();
    assert!(needs("view plan=pro") && !needs("view -is:orphan"));
    let journey = journey();
    let filter = Filter::read("event=view plan=pro", &names).unwrap().unwrap();
    let index = Index::of(&journey);
    let decided = journey.steps.iter().map(|step| filter.decide(&index.subject(&journey, step, None), None));
    assert_eq!(decided.collect::<Vec<_>>(), [None, Some(false), Some(false), Some(false)]);
}

#[test]
fn a_value_reads_back_as_it_was() {
    for value in ["plain", "two words", "q\"uote", "back\\slash", "(x)", "", "日本 語"] {
        let (step, _) = &rows()[0];
        let mut step = step.clone();
        Arc::make_mut(&mut step.event).event = value.into();
        let journey = journey();
        let filter = Filter::read(&format!("event={}", quoted(value)), &names()).unwrap().unwrap();
        let index = Index::of(&journey);
        assert_eq!(filter.decide(&index.subject(&journey, &step, None), None), Some(true), "{value:?}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader_and_errors_lie_inside_of_it(text in "[a-z:=<>!~()\"\\\\ .0-9*$日-]{0,24}") {
        match Filter::read(&text, &names()) {
            Ok(_) => {}
            Err(error) => {
                prop_assert!(error.place.start <= text.len() && error.place.end <= text.len() + 1, "{:?}", error);
                let _ = error.pointed(&text);
            }
        }
    }

    #[test]
    fn no_properties_break_a_condition(text in "\\PC{0,40}", name in "[a-z.*]{1,5}", value in "[a-z0-9]{1,4}") {
        let names = names();
        for relation in ["=", "!=", "~"] {
            let filter = Filter::read(&format!("prop:{name}{relation}{value}"), &names).unwrap().unwrap();
            let journey = journey();
            let index = Index::of(&journey);
            prop_assert!(filter.decide(&index.subject(&journey, &journey.steps[0], None), Some(&text)).is_some());
        }
    }
}

proptest! {
    #[test]
    fn the_text_of_properties_never_says_no_where_they_say_yes(
        key in prop::sample::select(vec!["plan", "Plan", "a.b", "a", "$os", "n", "plan\\u0041"]),
        value in prop::sample::select(vec![
            "\"pro\"", "\"PROfi\"", "\"p\\u0072o\"", "1.50", "1e3", "true", "null", "[\"x\",\"pro\"]", "{\"b\":\"pro\"}", "\"Infinity\"",
        ]),
        name in prop::sample::select(vec!["plan", "PLAN", "a.b", "b", "*", "$os", "n", "planA"]),
        test in prop::sample::select(vec![
            Test::Exists,
            Test::Equals("pro".to_owned()),
            Test::Equals("1.5".to_owned()),
            Test::Equals("inf".to_owned()),
            Test::Contains("ro".to_owned()),
            Test::Contains("00".to_owned()),
            Test::Contains("tru".to_owned()),
            Test::Equals("NULL".to_owned()),
            Test::Number(Relation::More, 1.0),
        ]),
    ) {
        let text = format!("{{\"x\":1,\"{key}\":{value}}}");
        let read = serde_json::from_str(&text).unwrap();
        prop_assert!(!(property::cannot_pass(&text, name, &test) && property::passes(&read, name, &test)), "{text} {name} {test:?}");
    }
}

#[test]
fn a_look_at_the_text_spares_the_reading() {
    let text = r#"{"plan":"free","n":1}"#;
    assert!(property::cannot_pass(text, "plan", &Test::Equals("pro".to_owned())));
    assert!(property::cannot_pass(text, "*", &Test::Contains("pro".to_owned())));
    assert!(property::cannot_pass(text, "total", &Test::Number(Relation::More, 1.0)));
    assert!(!property::cannot_pass(text, "plan", &Test::Equals("FREE".to_owned())));
}

#[test]
fn a_place_that_is_wrong_is_whole_characters() {
    let names = Names::of(&Journey::of_nothing(&Id::new("x"), LEGACY), wall());
    for next in ["\u{fffd}", "日", "é", "👩", "(", ")"] {
        for open in 0..200 {
            let text = "(".repeat(open) + next + "x";
            let Err(error) = Filter::read(&text, &names) else { continue };
            assert!(text.is_char_boundary(error.place.start), "{text} {error:?}");
            assert!(error.place.end > text.len() || text.is_char_boundary(error.place.end), "{text} {error:?}");
        }
    }
}
