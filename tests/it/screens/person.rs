//! Who it is: the profile, the journey in numbers, and how other people are named.

use std::sync::Arc;

use journey::identity::profile::{Profile, Property};
use journey::identity::{Journey, Neighbour};
use journey::model::Id;
use serde_json::Value;

use super::journeys::{Stories, phone, sally, source, two_people};
use super::{cursor_line, open};
use crate::support::app::App;

fn property(name: &str, value: &str, line: u64) -> Property {
    Property { name: name.into(), value: Value::from(value), time: None, source: source(line), before: None }
}

fn profile(under: &str, properties: Vec<Property>) -> Profile {
    Profile { stored_under: Id::new(under), properties, updated: None, source: source(8), updates: 1 }
}

/// Sally with a profile, and another one under the id of her phone.
fn with_profiles() -> Journey {
    let own = vec![
        property("$os", "Mac OS X", 8),
        property("plan", "pro", 8),
        Property { before: Some(Value::from("S. Doe")), ..property("$name", "Sally Doe", 9) },
        property("$email", "sally@gmail.com", 8),
    ];
    Journey { profiles: vec![profile("12345", own), profile("P-1", vec![property("plan", "team", 15)])], ..phone() }
}

#[test]
fn the_name_stands_in_the_head_and_no_id_before_it() {
    let mut app = open(with_profiles());
    let head = app.text().lines().next().unwrap().to_owned();
    assert!(head.starts_with(" Sally Doe  sally@gmail.com  plan pro"), "{head}");
    let mut app = open(phone());
    let head = app.text().lines().next().unwrap().to_owned();
    assert!(head.starts_with(" sally@gmail.com → 12345"), "without a profile the ids say it: {head}");
}

#[test]
fn the_person_page_has_the_profile_with_the_update_that_set_it_and_numbers() {
    let mut app = open(with_profiles());
    app.press("P");
    let text = app.text();
    for part in [
        "stored under A 12345",
        "name             Sally Doe",
        "was S. Doe",
        "plan             pro",
        "sally.jsonl:8",
        "another profile",
        "stored under C P-1 (an orphan",
        "by the SDK       os Mac OS X",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    app.press("G");
    let text = app.text();
    for part in ["web · Mac OS X · Chrome", "3 sessions, 3 days with rows", "1 alias call without effect", "P-1"] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[test]
fn under_rules_that_join_ids_a_profile_of_any_of_them_is_the_users() {
    let aside = |journey: Journey| {
        let mut app =
            open(Journey { profiles: vec![profile("sally@gmail.com", Vec::new())], ..journey }).sized(120, 40);
        app.press("P");
        app.text()
    };
    let legacy = aside(phone());
    assert!(legacy.contains("not the root"), "{legacy}");
    let joined = aside(Journey { rules: journey::identity::named("original").unwrap(), ..phone() });
    assert!(joined.contains("stored under") && !joined.contains("not the root"), "{joined}");
}

#[test]
fn p_opens_and_leaves_the_page_and_o_goes_between_the_two() {
    let mut app = open(with_profiles());
    app.press("P");
    assert!(app.text().starts_with(" person  Sally Doe"), "{}", app.text());
    app.press("o");
    assert!(app.text().starts_with(" identity  Sally Doe"), "{}", app.text());
    app.press("PP");
    assert_eq!(app.top(), "journey");
    app.press("oP<Esc>");
    assert_eq!(app.top(), "journey");
}

#[test]
fn enter_on_a_kind_of_event_goes_to_its_first_row() {
    let mut app = open(with_profiles());
    app.press("P");
    while !cursor_line(&mut app).contains("Sign Up") {
        app.press("j");
    }
    app.press("<Enter>");
    assert_eq!(app.top(), "journey");
    assert!(cursor_line(&mut app).contains("Sign Up"), "{}", app.text());
}

#[test]
fn money_of_all_rows_is_read_when_it_is_on_the_screen_and_says_of_which_events() {
    let said = |row: i64| (row, format!(r#"{{"total":{row}.5,"currency":"eur"}}"#));
    let mut app = App::start(Stories { said: (1..50).map(said).collect(), ..Stories::of(vec![phone()]) });
    app.press("sally@gmail.com<Enter>PG");
    while !app.text().contains("── money") {
        app.press("k");
    }
    assert!(app.text().contains("EUR") && app.text().contains(" of "), "{}", app.text());
}

#[test]
fn a_wide_screen_has_the_person_above_the_rows_and_a_small_one_has_not() {
    let mut app = open(with_profiles()).sized(120, 36);
    let text = app.text();
    assert!(text.contains("── person ──"), "{text}");
    // What the program calls by itself is nothing that the person did.
    let panel: Vec<&str> = text.lines().skip_while(|line| !line.contains("── person ──")).take(5).collect();
    assert!(!panel.concat().contains("alias()") && panel.concat().contains("App Buy"), "{text}");
    app.resize(109, 36);
    app.settle();
    assert!(!app.text().contains("── person ──"), "{}", app.text());
    app.resize(120, 30);
    app.settle();
    assert!(!app.text().contains("── person ──"), "{}", app.text());
}

#[test]
fn other_people_are_called_by_their_names() {
    let mut journey = two_people();
    let near: &Neighbour = journey.neighbours.first().unwrap();
    let root = near.root.clone();
    journey.names.insert(root.clone(), "Bob Keller".to_owned());
    let mut app = open(journey).sized(120, 40);
    app.press("oG");
    let text = app.text();
    assert!(text.contains("Bob Keller"), "{text}");
    assert!(text.contains("Bob Keller has used"), "the sentence names him as well: {text}");
}

#[test]
fn calls_within_a_second_have_milliseconds_and_others_have_not() {
    let mut app = open(sally());
    assert!(!cursor_line(&mut app).contains('.'), "{}", app.text());
    let mut journey = sally();
    let first = journey.steps.first().unwrap().event.time;
    for (step, after) in journey.steps.iter_mut().zip([0, 129]) {
        let mut event = (*step.event).clone();
        event.time = first + after;
        event.verb = journey::model::VerbKind::Identify;
        step.event = Arc::new(event);
    }
    let mut app = open(journey);
    assert!(cursor_line(&mut app).contains("09:14:02.118"), "{}", app.text());
}

#[test]
fn a_long_id_is_the_letter_of_its_lane_in_a_sentence() {
    let long = "16bbd2d6fc0ec8-0a1b2c3d4e5f60-12345678-1fa400-16bbd2d6fc0f78";
    let mut journey = sally();
    for step in &mut journey.steps {
        if step.stored_under == Id::new("12345") {
            step.stored_under = Id::new(long);
            let mut event = (*step.event).clone();
            if event.id == Some(Id::new("12345")) {
                event.id = Some(Id::new(long));
            }
            step.event = Arc::new(event);
        }
    }
    for member in &mut journey.ids {
        if member.id == Id::new("12345") {
            member.id = Id::new(long);
        }
    }
    journey.root = Some(Id::new(long));
    let mut app = open(journey);
    let text = app.text();
    let why = text.lines().find(|line| line.contains("1 why")).unwrap();
    assert!(!why.contains("16bbd2d6fc0ec8"), "{text}");
    assert!(why.contains("Sent as A"), "{text}");
}

#[test]
fn the_person_page_says_who_else_used_the_devices() {
    let mut app = open(two_people());
    app.press("P");
    let text = app.sized(120, 60).text();
    let at = text.lines().position(|line| line.contains("other users of the same devices")).unwrap();
    assert!(!text.lines().nth(at + 1).unwrap().trim().is_empty(), "{text}");
    let mut app = open(sally()).sized(120, 60);
    assert!(app.press("P").text().contains("no row and no call names one"), "{}", app.text());
}

#[test]
fn what_a_person_did_comes_before_the_calls_of_the_program() {
    let mut app = open(sally()).sized(120, 60);
    let text = app.press("P").text();
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what}: {text}"));
    assert!(at("Sign Up") < at("alias()"), "{text}");
}
