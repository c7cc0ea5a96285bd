//! The findings of the store on the screen: by kind, the people, the rows, the journey at a row.

use std::sync::Arc;

use journey::identity::LEGACY;
use journey::session::{Answer, Location, Opened, Options as SessionOptions, Question};
use journey::tui::worker::{Reported, Reporting, Request, Response};
use journey::tui::{Msg, Options};

use super::journeys::sally;
use super::with;
use crate::support::app::App;

fn demo() -> App<Opened> {
    let session = Opened::open(Location::Demo, Arc::new(|| false), SessionOptions::default()).unwrap();
    App::start(session).sized(100, 30)
}

/// With the findings of the demo store on the screen.
fn findings() -> App<Opened> {
    let mut app = demo();
    app.press("!");
    assert_eq!(app.top(), "findings", "{}", app.text());
    app
}

/// With the cursor on the finding of a code.
fn on(code: &str) -> App<Opened> {
    let mut app = findings();
    for _ in 0..40 {
        if line(&mut app).contains(&format!(" {code} ")) {
            return app;
        }
        app.press("j");
    }
    panic!("{code} is not there:\n{}", app.text());
}

fn line(app: &mut App<Opened>) -> String {
    app.text().lines().find(|line| line.starts_with('▸')).unwrap_or_default().to_owned()
}

#[test]
fn findings_of_the_store_stand_by_kind_with_people_rows_and_trend() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        insta::assert_snapshot!(format!("findings_{width}x{height}"), findings().sized(width, height).text());
    }
    insta::assert_snapshot!("findings_styled", findings().sized(120, 40).styled());
}

#[test]
fn the_key_for_problems_stops_at_rows_of_mistakes_too() {
    let mut app = demo();
    app.press("bob@example.com<Enter>e");
    assert!(line(&mut app).contains("▲ alias(bob@example.com)"), "{}", app.text());
    app.press("e");
    assert!(line(&mut app).contains("▲ alias(carol@example.com)"), "{}", app.text());
    app.press("E");
    assert!(line(&mut app).contains("▲ alias(bob@example.com)"), "{}", app.text());
    // Where nothing is wrong there is nothing to go to.
    app.press("<Esc>maya@example.com<Enter>e");
    assert!(app.text().contains("no other problem below"), "{}", app.text());
}

#[test]
fn a_place_is_known_by_its_file_and_by_its_line_on_a_small_screen() {
    let mut app = on("identify-without-alias").sized(80, 24);
    app.press("<Enter><Enter>");
    let line = line(&mut app);
    assert!(line.contains(" 08-ident") && line.trim_end().ends_with(":5"), "{}", app.text());
}

#[test]
fn enter_goes_to_the_people_then_to_the_rows_then_to_the_journey_and_esc_comes_back() {
    let mut app = on("alias-on-login").sized(80, 24);
    app.press("<Enter>");
    insta::assert_snapshot!("findings_people", app.text());
    app.press("<Enter>");
    insta::assert_snapshot!("findings_evidence", app.text());
    let place = line(&mut app).split_whitespace().last().unwrap().to_owned();
    app.press("<Enter>");
    assert_eq!(app.top(), "journey");
    let row = app.text().lines().find(|line| line.starts_with('▸')).unwrap().to_owned();
    assert!(row.contains("▲ alias("), "the row is marked and selected: {row}");
    let screen = app.sized(200, 50).text();
    assert!(screen.contains("finding") && screen.contains("alias-on-login"), "the detail explains it:\n{screen}");
    let mut app = on("alias-on-login").sized(80, 24);
    app.press("<Enter><Enter><Enter><Esc>");
    assert_eq!(app.top(), "findings");
    assert!(line(&mut app).trim_end().ends_with(&place), "{}", app.text());
    app.press("<Esc><Esc>");
    assert!(line(&mut app).contains("alias-on-login"));
    assert_eq!(app.press("<Esc>").top(), "search");
}

#[test]
fn the_journey_that_was_open_below_is_there_again() {
    let mut app = demo();
    app.press("sally@gmail.com<Enter>");
    let before = app.model.journey().unwrap().journey().query.clone();
    app.press("!");
    assert_eq!(app.top(), "findings");
    app.press("<Enter><Enter><Enter>");
    assert_eq!(app.top(), "journey");
    app.press("<Esc><Esc><Esc><Esc>");
    assert_eq!((app.top(), &app.model.journey().unwrap().journey().query), ("journey", &before));
}

#[test]
fn a_repair_is_shown_and_the_command_that_writes_it_is_copied() {
    let mut app = on("alias-on-login").sized(80, 24);
    app.press("W");
    let text = app.text();
    for part in ["repair of", "NOTHING IS SENT", "Change the code", "The timeline after it"] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    app.press("Y");
    let Some(journey::tui::Effect::Copy(command)) = app.end.take() else { panic!("nothing was copied") };
    assert!(command.starts_with("journey repair ") && command.ends_with(" --write repair.jsonl"), "{command}");
}

/// What the key for saving asks for.
fn saving(app: &mut App<Opened>) -> Option<Reporting> {
    app.press_unanswered("S");
    match app.unanswered() {
        Some(Request::Report(wanted)) => Some((**wanted).clone()),
        _ => None,
    }
}

#[test]
fn a_repair_is_written_as_a_file_for_import_and_never_over_one_that_is_there() {
    let mut app = on("alias-on-login").sized(80, 24);
    assert_eq!(saving(&mut app), None, "a list of findings is no file");
    assert!(app.text().contains("journey check"), "it says what writes it: {}", app.text());
    app.press("W");
    let wanted = saving(&mut app).expect("the repair is to be written");
    assert_eq!(wanted.path, "repair-sally-gmail-com.jsonl");
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let path = place(&wanted.path).to_str().unwrap().to_owned();
    let request = Request::Report(Arc::new(Reporting { path, ..wanted }));
    let mut session = Opened::open(Location::Demo, Arc::new(|| false), SessionOptions::default()).unwrap();
    for name in ["repair-sally-gmail-com.jsonl", "repair-sally-gmail-com-2.jsonl"] {
        let Response::Reported(Ok(Reported::Written(path, bytes))) = request.respond(&mut session) else { panic!() };
        assert_eq!(path, place(name), "a file that is there stays");
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.len() as u64, bytes);
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["properties"]["distinct_id"], "12345");
            assert!(line["properties"]["journey_repair"].is_string(), "each line is marked: {line}");
        }
        assert!(text.lines().count() > 1, "{text}");
    }
    let written = Response::Reported(Ok(Reported::Written(place("r.jsonl"), 9)));
    let ticket = app.waiting().unwrap();
    app.send(Msg::Response(ticket, written));
    assert!(app.text().contains("r.jsonl, 9 bytes"), "{}", app.text());
}

#[test]
fn a_look_tells_how_far_it_is_and_escape_asks_for_what_is_known() {
    let mut app = demo();
    app.press_unanswered("!");
    let ticket = app.waiting().unwrap();
    app.send(Msg::Response(ticket, Response::Looked(2_000, 8_000)));
    assert!(app.text().contains("checking every user: 2,000 of 8,000 rows, 25 %"), "{}", app.text());
    app.press_unanswered("<Esc>");
    assert_eq!(app.top(), "findings");
    app.settle();
    assert!(app.asked.contains(&Request::Enough(ticket)), "{:?}", app.asked);
    assert!(app.text().contains("alias-on-login"), "what is known is shown: {}", app.text());
}

#[test]
fn an_answer_that_nothing_waits_for_any_more_changes_nothing() {
    let mut app = demo();
    app.press_unanswered("!");
    let ticket = app.waiting().unwrap();
    app.press_unanswered("<Esc><Esc>");
    assert_eq!(app.top(), "search");
    let kind = LEGACY.findings()[0];
    let late = Response::Findings(Question::People(kind), Ok(Box::new(Answer::People(Vec::new(), true))));
    app.send(Msg::Response(ticket, late));
    app.settle();
    assert_eq!(app.top(), "search");
}

#[test]
fn a_changed_store_is_looked_at_again_only_when_it_is_asked_for() {
    let mut app = on("alias-on-login");
    let looks = |app: &App<Opened>| app.asked.iter().filter(|asked| matches!(asked, Request::Findings(_))).count();
    let before = looks(&app);
    app.send(Msg::Response(0, Response::Changed(true)));
    app.settle();
    assert_eq!(looks(&app), before);
    assert!(app.text().contains("the store has changed since: R looks again"), "{}", app.text());
    app.press("R");
    assert_eq!(looks(&app), before + 1);
    assert!(line(&mut app).contains("alias-on-login"), "the same line is selected");
}

#[test]
fn a_store_that_cannot_be_looked_at_says_so() {
    let mut app = with(sally());
    app.press("!");
    assert!(app.text().contains("cannot check every user"), "{}", app.text());
    assert_eq!(app.press("<Esc>").top(), "search");
}

#[test]
fn without_colour_and_with_ascii_alone_severities_have_their_own_marks() {
    let session = Opened::open(Location::Demo, Arc::new(|| false), SessionOptions::default()).unwrap();
    let options = Options { no_color: true, ascii: true, ..Options::default() };
    let mut app = App::unsettled(session, &options).sized(80, 24);
    app.press("!");
    let text = app.text();
    assert!(text.is_ascii(), "{text}");
    for mark in ["! alias-on-login", "^ ", " errors"] {
        assert!(text.contains(mark), "{mark}: {text}");
    }
}

#[test]
fn pressing_a_line_selects_it_and_pressing_it_again_opens_it() {
    let mut app = findings();
    app.click("alias-race");
    assert!(line(&mut app).contains("alias-race"));
    app.click("alias-race");
    assert!(app.text().contains("findings → alias-race"), "{}", app.text());
}
