//! What a warehouse can answer, on the screen.

use std::time::Duration;

use journey::inspect::able::{Abilities, Ability, Asked, Can, Cost};
use journey::tui::{Effect, Options};

use super::journeys::{Stories, sally};
use crate::support::app::App;

/// A warehouse where one thing is slow, one is answered in part, and some are missing.
fn abilities() -> Abilities {
    let cost = |millis: u64, tries: usize| Cost::of(vec![Duration::from_millis(millis); tries]);
    let mut list = vec![
        Ability::new(Asked::Journey, Can::Yes, "a sort key serves an id").more("Five round trips at most."),
        Ability::new(Asked::Id, Can::Yes, ""),
        Ability::new(Asked::Part, Can::Yes, "every id is looked through")
            .to_do("ddl --text-index", "journey warehouse ddl --text-index | clickhouse-client --multiquery")
            .more("No index serves parts of ids, so the time grows with the number of ids."),
        Ability::new(Asked::Details, Can::Yes, ""),
        Ability {
            to_do: "map arrived".to_owned(),
            ..Ability::new(Asked::AsOf, Can::Part, "no row says when it arrived")
        }
        .more("Where a row does not say when it arrived, its time stands for it."),
        Ability::new(Asked::Around, Can::Yes, "comes with the journey"),
    ];
    list.extend(Ability::of_a_pass(false));
    let mut abilities = Abilities {
        server: "ClickHouse 26.9.1".to_owned(),
        notes: vec!["the user can only read".to_owned()],
        rows: 96_400_000,
        ids: Vec::new(),
        list,
    };
    for (asked, cost) in [
        (Asked::Journey, cost(61, 20)),
        (Asked::Id, cost(12, 5)),
        (Asked::Part, cost(340, 5)),
        (Asked::Details, cost(2, 5)),
    ] {
        abilities.of(asked).unwrap().take(cost);
    }
    abilities
}

fn app() -> App<Stories> {
    let stories = Stories { abilities: Some(abilities()), ..Stories::of(vec![sally()]) };
    let mut app = App::start(stories);
    app.press("<F4>");
    assert_eq!(app.top(), "warehouse", "{}", app.text());
    app
}

fn copied(app: &App<Stories>) -> Option<String> {
    match &app.end {
        Some(Effect::Copy(text)) => Some(text.clone()),
        _ => None,
    }
}

#[test]
fn each_thing_has_what_it_took_why_and_what_to_do() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        insta::assert_snapshot!(format!("warehouse_{width}x{height}"), app().sized(width, height).text());
    }
    insta::assert_snapshot!("warehouse_styled", app().styled());
    let stories = Stories { abilities: Some(abilities()), ..Stories::of(vec![sally()]) };
    let mut plain = App::unsettled(stories, &Options { no_color: true, ascii: true, ..Options::default() });
    plain.settle();
    insta::assert_snapshot!("warehouse_ascii", plain.press("<F4>jj").styled());
}

#[test]
fn enter_tells_more_of_a_line_esc_comes_back_and_y_copies_the_command() {
    let mut app = app();
    app.press("jj<Enter>");
    assert!(app.text().contains("journey warehouse ddl --text-index"), "{}", app.text());
    assert!(app.text().contains("the time grows with the number of ids"), "{}", app.text());
    assert!(!app.text().contains("WHAT"), "{}", app.text());
    app.press("<Esc>");
    assert!(app.text().contains("WHAT") && app.top() == "warehouse", "{}", app.text());
    app.press("y");
    assert!(copied(&app).unwrap().starts_with("journey warehouse ddl --text-index"));
    assert!(app.model.command().unwrap().contains("warehouse check"));
}

#[test]
fn what_has_no_command_says_so_where_it_is_copied() {
    let mut first = app();
    assert!(first.press("y").text().contains("nothing to do for journey"), "{}", first.text());
    let mut settings = app();
    assert!(settings.press("jjjjy").text().contains("it is done in the settings"), "{}", settings.text());
    assert_eq!(copied(&settings), None);
}

#[test]
fn r_asks_the_server_again_and_esc_while_it_is_asked_keeps_what_is_there() {
    let mut app = app();
    app.backend.abilities.as_mut().unwrap().rows = 7;
    app.press_unanswered("R");
    assert!(app.text().contains("asking the server what it can answer"), "{}", app.text());
    app.press_unanswered("<Esc>");
    assert!(app.text().contains("96,400,000 rows") && app.top() == "warehouse", "{}", app.text());
    app.settle();
    assert!(app.press("R").text().contains("7 rows"), "{}", app.text());
    app.press("<Esc>");
    assert_eq!(app.top(), "search");
}

#[test]
fn a_store_file_says_that_it_answers_everything() {
    let mut app = App::start(Stories::of(vec![sally()]));
    app.press("<F4>");
    assert!(app.text().contains("everything is answered from a store file"), "{}", app.text());
}
