//! What a warehouse can answer, on the screen.

use std::time::Duration;

use journey::inspect::able::{Abilities, Ability, Asked, Can, Cost};
use journey::tui::worker::{Request, Trips, Unwanted};
use journey::tui::{Effect, Msg, Options};

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

/// Sally's journey from a server, with what is asked next unanswered.
fn on_a_server(keys: &str) -> App<Stories> {
    let mut app = App::start(Stories::of(vec![sally()]));
    app.send(Msg::Located(None, true));
    app.press("sally@gmail.com<Enter>");
    app.press_unanswered(keys);
    app
}

fn waited(app: &mut App<Stories>) {
    app.send(Msg::Waited(Duration::from_millis(3_240)));
    assert!(app.text().contains("| 3.2 s, Esc stops"), "{}", app.text());
}

#[test]
fn esc_ends_a_filter_that_asks_a_server_and_what_is_here_stays_until_r_asks_again() {
    let mut app = on_a_server("&prop:plan=pro<Enter>");
    let rows = app.text().lines().filter(|line| line.contains("own id")).count();
    waited(&mut app);
    app.press_unanswered("<Esc>");
    assert!(matches!(app.unanswered(), Some(Request::Stop)));
    app.backend.cancelled = true;
    app.settle();
    let text = app.text();
    assert!(text.contains("& prop:plan=pro  stopped on the server after 3.2 s; R asks again"), "{text}");
    assert_eq!((app.top(), text.lines().filter(|line| line.contains("own id")).count()), ("journey", rows), "{text}");
    app.backend.cancelled = false;
    app.press("R");
    assert!(!app.text().contains("stopped"), "{}", app.text());
    assert_eq!(app.press("<Esc>").top(), "journey", "the filter is the next thing to take back");
    assert_eq!(app.press("<Esc>").top(), "search");
}

#[test]
fn esc_while_a_filter_is_typed_leaves_the_line_too() {
    let mut app = on_a_server("&prop:plan=pro");
    waited(&mut app);
    app.press_unanswered("<Esc>");
    assert!(!app.text().contains("prop:plan"), "{}", app.text());
}

#[test]
fn esc_ends_properties_that_a_server_is_asked_for_and_the_row_says_so() {
    let mut app = on_a_server("");
    app.send(Msg::Terminal(crossterm::event::Event::Resize(80, 24)));
    app.press_unanswered("j");
    let drawn = {
        app.buffer();
        app.ui.drawn()
    };
    app.send(Msg::Drawn(drawn));
    waited(&mut app);
    app.press_unanswered("<Esc>");
    app.backend.cancelled = true;
    app.settle();
    app.press("<Enter>");
    assert!(app.text().contains("stopped on the server after 3.2 s; R asks again"), "{}", app.text());
    app.backend.cancelled = false;
    app.press("<Esc>R<Enter>");
    assert!(!app.text().contains("stopped"), "{}", app.text());
}

#[test]
fn a_store_file_is_left_by_esc_while_properties_are_read() {
    let mut app = App::start(Stories::of(vec![sally()]));
    app.press("sally@gmail.com<Enter>");
    app.press_unanswered("&prop:plan=pro<Enter>");
    app.send(Msg::Waited(Duration::from_millis(3_240)));
    assert!(!app.text().contains("Esc stops"), "{}", app.text());
    app.press_unanswered("<Esc>");
    assert!(!app.text().contains("prop:plan"), "the filter is taken back: {}", app.text());
}

#[test]
fn a_long_wait_for_a_server_says_what_is_asked_how_often_and_what_still_runs() {
    let mut app = on_a_server("R");
    let millis = Duration::from_millis;
    let trips = |what, questions, took, runs, read| Trips { what, questions, took: millis(took), runs, read };
    app.send(Msg::Trips(vec![
        trips("alias calls, links, ids", 2, 28, false, Some(41_204)),
        trips("profiles, ids that look alike", 1, 19, false, None),
        trips("rows", 2, 3_240, true, None),
    ]));
    app.send(Msg::Waited(millis(400)));
    assert!(!app.text().contains("── asked"), "a short wait is no reason to move what is read: {}", app.text());
    waited(&mut app);
    insta::assert_snapshot!("warehouse_asked_80x24", app.text());
    app.resize(200, 50);
    insta::assert_snapshot!("warehouse_asked_200x50", app.text());
    app.resize(40, 10);
    assert!(!app.text().contains("── asked"), "{}", app.text());
    app.settle();
    assert!(!app.text().contains("── asked"), "{}", app.text());
}

#[test]
fn what_a_server_cannot_do_is_not_offered_there_and_what_only_a_server_has_only_there() {
    let hint = |app: &mut App<Stories>| app.text().lines().last().unwrap_or_default().to_owned();
    let mut file = App::start(Stories::of(vec![sally()]));
    let shown = hint(&mut file);
    assert!(shown.contains("! findings") && !shown.contains("F4"), "{shown}");
    assert!(!file.press(":warehouse").text().contains("F4"), "{}", file.text());
    let mut server = App::start(Stories::of(vec![sally()]));
    server.send(Msg::Located(None, true));
    let shown = hint(&mut server);
    assert!(shown.contains("F4 warehouse") && !shown.contains("findings"), "{shown}");
    assert!(!server.press(":migration").text().contains("F3"), "{}", server.text());
    server.press("<Esc>sally@gmail.com<Enter>S");
    assert!(server.text().contains("a server redacts nothing"), "{}", server.text());
}

#[test]
fn what_needs_every_user_says_on_a_server_where_it_is_said_what_is_answered() {
    let mut app = App::start(Stories::of(vec![sally()]));
    assert!(!app.press("<F2>").text().contains("F4"), "{}", app.text());
    app.press("<Esc>");
    app.send(Msg::Located(None, true));
    for page in ["<F2>", "<F3>"] {
        assert!(app.press(page).text().contains("F4 lists what this warehouse answers"), "{}", app.text());
        app.press("<Esc>");
    }
}

#[test]
fn the_wait_for_the_properties_of_a_row_is_another_one_than_that_for_the_journey() {
    let mut app = on_a_server("R");
    waited(&mut app);
    app.answer_one();
    assert!(!app.model.has_waited(), "{}", app.text());
}

#[test]
fn before_the_screen_says_so_esc_does_what_it_always_does_and_what_is_asked_ends_on_the_server() {
    let mut app = on_a_server("&prop:plan=pro<Enter>");
    app.send(Msg::Waited(Duration::from_millis(400)));
    app.press_unanswered("<Esc>");
    assert!(!app.text().contains("prop:plan"), "the filter is taken back: {}", app.text());
    assert!(matches!(app.unanswered(), Some(Request::Unwanted(Unwanted::Filter))));
    let mut app = on_a_server("&prop:plan=pro<Enter>");
    app.press_unanswered("<Esc>&prop:plan=free<Enter>/prop:n=1<Enter><Esc><Esc><Esc>");
    assert_eq!(app.top(), "search");
    let ends = |request: &Request| matches!(request, Request::Unwanted(_));
    app.settle();
    assert!(app.asked.iter().any(ends), "{:?}", app.asked);
}

#[test]
fn an_overview_that_a_search_has_overtaken_is_waited_for_no_more_and_asked_again_where_it_is_shown() {
    let mut app = App::unsettled(Stories::of(vec![sally()]), &Options::default());
    app.send(Msg::Opened("s".into()));
    app.press_unanswered("sally");
    app.send(Msg::Waited(Duration::from_millis(3_240)));
    // The worker drops what was overtaken, and answers the newest.
    app.answer_last();
    assert!(!app.model.has_waited(), "{}", app.text());
    app.press_unanswered("<C-u>");
    assert_eq!(app.unanswered(), Some(&Request::Overview));
}
