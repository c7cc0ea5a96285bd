//! The screens: what keys do to them, and what they look like.

mod columns;
#[path = "screens/compare.rs"]
mod compare;
mod detail;
#[path = "screens/findings.rs"]
mod findings;
mod help;
#[path = "screens/identity.rs"]
mod identity;
#[path = "support/journeys.rs"]
mod journeys;
#[path = "screens/listen.rs"]
mod listen;
mod migration;
mod mouse;
mod outside;
mod palette;
mod path;
mod person;
mod rules;
mod saving;
mod scripts;
mod search;
mod soon;
mod taking_back;
mod travel;
#[path = "screens/warehouse.rs"]
mod warehouse;

use std::time::Duration;

use crate::support::app::App;
use crossterm::event::Event;
use journey::identity::Journey;
use journey::model::Id;
use journey::tui::worker::Request;
use journey::tui::{Effect, Failure, FailureKind, Msg, Options, Theme, Zone, update};
use journeys::{Stories, hostile, long, many_lanes, mentioned, phone, race, sally, two_people};
use proptest::prelude::*;

/// Sally and a hundred thousand rows more, for tests of reports.
pub(crate) fn long_journey() -> Journey {
    long()
}

/// Started with one story.
fn with(story: Journey) -> App<Stories> {
    App::start(Stories::of(vec![story, mentioned()]))
}

/// With the journey of the story on the screen.
fn open(story: Journey) -> App<Stories> {
    let mut app = with(story);
    app.press("sally@gmail.com<Enter>");
    assert_eq!(app.top(), "journey");
    app
}

/// The line of the screen with the cursor on it.
fn cursor_line(app: &mut App<Stories>) -> String {
    let text = app.text();
    text.lines().find(|line| line.contains('▸')).unwrap_or_default().to_owned()
}

// Search: keys and effects

#[test]
fn every_character_asks_anew_and_the_first_screen_asks_for_the_overview() {
    let mut app = with(sally());
    app.press("sa");
    app.asked.retain(|asked| !matches!(asked, Request::Census | Request::Vocabulary | Request::Look(_)));
    assert_eq!(app.asked, [Request::Overview, Request::Search("s".into()), Request::Search("sa".into())]);
}

#[test]
fn letters_that_are_keys_elsewhere_are_typed_in_the_search() {
    let mut app = with(sally());
    app.press("qj/?Z");
    assert_eq!(app.model.search.text(), "qj/?Z");
    assert_eq!(app.end, None);
}

#[test]
fn a_question_mark_in_the_empty_search_is_help() {
    let mut app = with(sally());
    assert_eq!(app.press("?").top(), "help");
    assert_eq!(app.press("<Esc>").top(), "search");
}

#[test]
fn escape_clears_the_text_and_then_ends() {
    let mut app = with(sally());
    app.press("sally<Esc>");
    assert_eq!((app.model.search.text(), &app.end), ("", &None));
    app.press("<Esc>");
    assert_eq!(app.end, Some(Effect::Quit));
}

#[test]
fn control_c_ends_everywhere_and_q_where_nothing_is_typed() {
    for keys in ["sal<C-c>", "sally@gmail.com<Enter>q", "sally@gmail.com<Enter>o<C-c>", "?q"] {
        let mut app = with(sally());
        assert_eq!(app.press(keys).end, Some(Effect::Quit), "{keys}");
    }
}

#[test]
fn text_is_edited_by_characters_as_people_see_them() {
    let mut app = with(sally());
    app.send(Msg::Terminal(Event::Paste("ab👩‍👩‍👧\r\n".into())));
    app.press("<Backspace>c<Home>x<Right><Delete>");
    assert_eq!(app.model.search.text(), "xac");
    app.press("<End><C-u>");
    assert_eq!(app.model.search.text(), "");
}

#[test]
fn the_selection_stays_inside_the_hits() {
    let mut app = with(sally());
    app.press("sally<Down><Down><Down><Down>");
    assert_eq!(app.model.search.selected(), app.model.search.choices() - 1);
    app.press("<Up><Up><Up><Up><Up>");
    assert_eq!(app.model.search.selected(), 0);
}

#[test]
fn enter_before_the_hits_are_there_waits_for_them() {
    let mut app = with(sally());
    app.press_unanswered("sally@gmail.com<Enter>");
    assert_eq!(app.top(), "search");
    app.settle();
    assert_eq!(app.top(), "journey");
}

#[test]
fn an_answer_that_no_part_waits_for_changes_nothing() {
    let mut app = with(sally());
    app.press_unanswered("sally");
    app.press_unanswered("<Backspace>x");
    app.settle();
    let late = journey::tui::worker::Response::Search(Err(Failure::new(FailureKind::Store, "late")));
    app.send(Msg::Response(2, late));
    assert!(app.text().contains("nothing matches \"sallx\""), "{}", app.text());
}

#[test]
fn an_id_that_is_nowhere_leads_to_a_search_with_its_text() {
    let options = Options { id: Some(Id::new("sxlly")), ..Options::default() };
    let mut app = App::unsettled(Stories::of(vec![sally()]), &options);
    app.settle();
    assert_eq!((app.top(), app.model.search.text()), ("search", "sxlly"));
    assert!(app.text().contains("ids that look like it"));
    app.press("<Enter>");
    assert_eq!(app.top(), "journey");
}

// Journey: keys

#[test]
fn the_cursor_goes_over_rows_and_never_stands_on_a_break() {
    let mut app = open(phone());
    for key in ["j", "k", "<Down>", "G", "gg", "<C-d>", "<C-u>", "<PgDn>", "<PgUp>", "}", "{", "i", "I", "e", "E"] {
        for _ in 0..12 {
            app.press(key);
            let state = app.model.journey().unwrap();
            assert!(state.lines().get(state.selected()).unwrap().is_row(), "after {key}");
        }
    }
}

#[test]
fn i_goes_to_points_and_e_to_problems() {
    let mut app = open(phone());
    app.press("i");
    assert!(cursor_line(&mut app).contains("ALIAS ACCEPTED"));
    app.press("i");
    assert!(cursor_line(&mut app).contains("REFUSED: B points at A"));
    app.press("gge");
    assert!(cursor_line(&mut app).contains("App Open"));
    app.press("e");
    assert!(cursor_line(&mut app).contains("REFUSED"));
    app.press("EI");
    assert!(cursor_line(&mut app).contains("ALIAS ACCEPTED"));
}

#[test]
fn braces_go_from_day_to_day() {
    let mut app = open(phone());
    app.press("}");
    assert!(cursor_line(&mut app).contains("Dashboard"));
    app.press("}j");
    assert!(cursor_line(&mut app).contains("alias(sally"));
    app.press("{");
    assert!(cursor_line(&mut app).contains("App Open"));
    app.press("{{");
    assert!(cursor_line(&mut app).contains("View"));
}

#[test]
fn back_from_a_journey_the_search_is_as_it_was() {
    let mut app = open(sally());
    app.press("<Esc>");
    assert_eq!((app.top(), app.model.search.text()), ("search", "sally@gmail.com"));
    assert!(app.text().contains("1 person, complete"), "{}", app.text());
}

#[test]
fn the_search_over_a_journey_is_left_by_escape_at_once_until_something_is_typed() {
    let mut app = open(sally());
    app.press("u");
    assert_eq!((app.top(), app.model.search.text()), ("search", "sally@gmail.com"));
    app.press("<Esc>");
    assert_eq!((app.top(), app.model.search.text()), ("journey", "sally@gmail.com"));
    app.press("ux<Esc>");
    assert_eq!((app.top(), app.model.search.text()), ("search", ""));
    app.press("<Esc>");
    assert_eq!(app.top(), "journey");
}

#[test]
fn enter_on_the_identity_panel_goes_to_the_row() {
    let mut app = open(phone());
    app.press("oj<Enter>");
    assert_eq!(app.top(), "journey");
    assert!(cursor_line(&mut app).contains("REFUSED"));
}

#[test]
fn enter_on_another_user_opens_that_journey() {
    let mut app = open(two_people());
    app.press("oGk<Enter>");
    assert_eq!(app.asked.last(), Some(&Request::Search("bob".into())));
    assert!(app.asked.contains(&Request::Journey(Id::new("bob"), Zone::Utc)));
}

#[test]
fn an_id_that_is_only_mentioned_shows_who_names_it() {
    let mut app = with(phone());
    app.press("<Down><Enter>");
    let text = app.text();
    assert!(text.contains("only mentioned") && text.contains("sally@gmail.com"), "{text}");
    app.press("<Enter>");
    assert!(app.text().contains("12345 (sally@gmail.com)"), "{}", app.text());
}

#[test]
fn another_zone_breaks_the_days_elsewhere_and_keeps_the_row() {
    let options = Options { zone: Zone::Named(chrono_tz::Asia::Tokyo), ..Options::default() };
    let mut app = App::unsettled(Stories::of(vec![phone()]), &options);
    app.settle();
    app.press("sally@gmail.com<Enter>G");
    assert!(app.text().contains("Thu 18 Jul 2019"), "{}", app.text());
    app.press("Z");
    assert_eq!(app.model.zone(), Zone::Utc);
    assert!(cursor_line(&mut app).contains("App Buy"));
    assert!(app.text().contains("Wed 17 Jul 2019"));
}

#[test]
fn properties_are_asked_for_once_and_only_when_they_are_seen() {
    let mut app = open(sally());
    let properties = |app: &App<Stories>| app.asked.iter().filter(|q| matches!(q, Request::Properties(_))).count();
    assert_eq!(properties(&app), 1, "a short journey leaves room for them");
    app.press("jkjk");
    assert_eq!(properties(&app), 2, "those of the first row are what the second has changed");
    app.settle();
    assert_eq!(properties(&app), 2);
    let mut small = with(sally()).sized(40, 12);
    small.press("sally@gmail.com<Enter>jjj");
    assert_eq!(properties(&small), 0);
}

#[test]
fn a_changed_store_is_read_again_and_the_row_stays_selected() {
    let mut app = open(phone());
    app.press("jjj");
    let before = app.model.journey().unwrap().selected_row();
    app.backend.changed = true;
    app.backend.journeys = vec![race()];
    app.send(Msg::Idle);
    app.settle();
    assert_eq!(app.model.journey().unwrap().selected_row(), before);
    assert!(app.text().contains("2 split"), "{}", app.text());
}

#[test]
fn a_store_that_has_not_changed_draws_nothing() {
    let mut app = open(sally());
    app.model.clean();
    let effects = update(&mut app.model, Msg::Idle);
    let [Effect::Ask(ticket, Request::Changed)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(update(&mut app.model, Msg::Idle).is_empty(), "one look at a time");
    update(&mut app.model, Msg::Response(*ticket, journey::tui::worker::Response::Changed(false)));
    assert!(!app.model.is_dirty());
}

#[test]
fn a_store_that_cannot_be_opened_ends_with_the_reason() {
    let mut app = with(sally());
    let failure = Failure::new(FailureKind::Store, "july.db cannot be opened");
    app.send(Msg::NotOpened(failure.clone()));
    app.settle();
    assert_eq!(app.end, Some(Effect::Fail(failure)));
}

#[test]
fn a_frame_of_a_long_journey_builds_the_visible_rows_alone() {
    let mut app = open(long());
    for keys in ["", "G", "gg", "<PgDn>", "e", "}"] {
        app.press(keys);
        app.text();
        assert!(app.ui.built <= 24, "{} rows were built after {keys}", app.ui.built);
    }
    assert_eq!(app.press("G").model.journey().unwrap().timeline().rows().len(), 100_005);
}

// Screens

/// The story on a screen after some keys.
fn screen(story: Journey, size: (u16, u16), keys: &str) -> String {
    let mut app = with(story).sized(size.0, size.1);
    app.press(keys);
    app.styled()
}

#[test]
fn the_search_shows_the_store_when_nothing_is_typed() {
    insta::assert_snapshot!(screen(phone(), (80, 24), ""));
}

#[test]
fn the_search_shows_hits_with_the_match_marked() {
    insta::assert_snapshot!(screen(phone(), (80, 24), "sally<Down>"));
}

#[test]
fn a_wide_search_has_every_column() {
    insta::assert_snapshot!(screen(phone(), (160, 12), "sally"));
}

#[test]
fn a_search_without_a_match_shows_what_looks_like_it() {
    insta::assert_snapshot!(screen(phone(), (60, 12), "szlly"));
}

#[test]
fn a_search_that_fails_says_what_to_do() {
    insta::assert_snapshot!(screen(phone(), (60, 12), "fail"));
}

#[test]
fn an_empty_store_says_how_to_fill_it() {
    let mut app = App::start(Stories { empty: true, ..Stories::default() }).sized(60, 10);
    insta::assert_snapshot!(app.text());
}

#[test]
fn the_first_frame_does_not_wait_for_the_store_and_takes_what_is_typed() {
    let mut app = App::unsettled(Stories::of(vec![sally()]), &Options::default());
    let first = app.text();
    assert!(first.contains("opening the store") && first.contains("type an id"), "{first}");
    app.press_unanswered("sally@gmail.com");
    assert!(app.text().contains("/ sally@gmail.com"), "{}", app.text());
    assert_eq!(app.asked, []);
    app.settle();
    assert!(app.text().contains("1 person, complete"), "{}", app.text());
}

#[test]
fn a_long_wait_is_shown() {
    let mut app = App::unsettled(Stories::default(), &Options::default());
    assert!(app.model.is_waiting());
    assert!(!app.text().contains("busy"));
    app.send(Msg::Waited(Duration::from_millis(120)));
    insta::assert_snapshot!(app.text());
    app.send(Msg::Waited(Duration::from_millis(3_240)));
    assert!(app.text().contains("| 3.2 s, Esc stops"), "{}", app.text());
    app.settle();
    assert!(!app.text().contains("busy"));
}

#[test]
fn a_refused_alias_is_a_bar_and_the_orphan_never_joins() {
    insta::assert_snapshot!(screen(phone(), (80, 24), "<Enter>ii"));
}

#[test]
fn a_reset_begins_a_lane_and_two_people_are_reported() {
    insta::assert_snapshot!(screen(two_people(), (120, 40), "<Enter>G"));
}

#[test]
fn a_wide_screen_has_the_detail_next_to_the_timeline() {
    insta::assert_snapshot!(screen(phone(), (200, 50), "<Enter>ii"));
}

#[test]
fn a_small_screen_has_time_lanes_event_and_state() {
    insta::assert_snapshot!(screen(phone(), (40, 12), "<Enter>G"));
}

#[test]
fn split_rows_stand_separate_in_their_lane() {
    insta::assert_snapshot!(screen(race(), (100, 30), "<Enter>e"));
}

#[test]
fn more_lanes_than_places_share_the_last() {
    insta::assert_snapshot!(screen(many_lanes(), (80, 30), "<Enter>G"));
}

#[test]
fn the_identity_panel_has_the_table_the_ids_and_the_orphans() {
    insta::assert_snapshot!(screen(two_people(), (120, 40), "<Enter>oj"));
}

#[test]
fn the_identity_panel_of_a_refused_alias_on_80_columns() {
    insta::assert_snapshot!(screen(phone(), (80, 24), "<Enter>oj"));
}

#[test]
fn the_help_of_the_timeline_has_its_keys_and_marks() {
    insta::assert_snapshot!(screen(phone(), (130, 40), "<Enter>?"));
}

#[test]
fn the_help_of_the_search_says_that_characters_are_typed() {
    insta::assert_snapshot!(screen(phone(), (80, 24), "?"));
}

#[test]
fn a_failed_journey_says_what_to_do() {
    let options = Options { id: Some(Id::new("fail")), ..Options::default() };
    let mut app = App::unsettled(Stories::default(), &options).sized(60, 10);
    insta::assert_snapshot!(app.text());
}

#[test]
fn text_from_the_data_is_shown_and_never_acts() {
    let mut app = with(hostile()).sized(100, 30);
    app.press("<Enter>j");
    let text = app.text();
    assert!(!text.contains('\x1b') && !text.contains('\u{202e}'), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn without_colour_marks_and_words_say_it() {
    let options = Options { no_color: true, ..Options::default() };
    let mut app = App::unsettled(Stories::of(vec![phone()]), &options).sized(80, 24);
    app.press("<Enter>ii");
    let screen = app.styled();
    for colour in ["Red", "Green", "Yellow", "Blue", "Cyan", "Magenta", "Gray"] {
        assert!(!screen.contains(colour), "{screen}");
    }
    insta::assert_snapshot!(screen);
}

#[test]
fn on_an_ascii_terminal_every_character_is_ascii() {
    let options = Options { ascii: true, ..Options::default() };
    let mut app = App::unsettled(Stories::of(vec![phone(), hostile()]), &options).sized(80, 24);
    for keys in ["", "<Enter>ii", "o", "?", "<Esc><Esc><Esc>"] {
        app.press(keys);
        assert!(app.text().is_ascii(), "{}", app.text());
    }
    app.press("<Enter>ii");
    insta::assert_snapshot!(app.text());
}

#[test]
fn the_light_theme_draws_the_same_text() {
    let options = Options { theme: Some(Theme::named("light").unwrap()), ..Options::default() };
    let mut app = App::unsettled(Stories::of(vec![phone(), mentioned()]), &options).sized(80, 24);
    app.press("<Enter>ii");
    let mut other = with(phone()).sized(80, 24);
    other.press("<Enter>ii");
    assert_eq!(app.text(), other.text());
}

#[test]
fn a_screen_too_small_says_so_in_one_line() {
    assert_eq!(with(sally()).sized(19, 5).text().trim(), "needs 20x5, is 19x5");
}

// Any keys, any size

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_key_and_no_size_breaks_a_screen(
        story in 0..6usize,
        width in 0u16..=60,
        height in 0u16..=60,
        keys in proptest::collection::vec(
            proptest::sample::select(vec![
                "j", "k", "g", "G", "<Enter>", "<Esc>", "<Tab>", "o", "i", "I", "e", "E", "{", "}", "/", "?", "T", "L", "Z",
                "J", "K", "R", "h", "l", "z", "d", "D", "&", "*", "f", "n", "N", "t", "]a", "]i", "[r", "]o", "[f", ".", ",", "m", "'", "A", "v", "event:o", "is:", "10:0", "<C-d>", "<C-u>", "<PgDn>", "<PgUp>", "<Up>", "<Down>", "s", "a", "<Backspace>", "<Left>", "!", "<F2>", "W",
                "<C-w>", "<Home>", "<End>", "b", "<Space>", "日", "x", "<F1>",
            ]),
            0..40,
        ),
    ) {
        let stories = [sally(), phone(), two_people(), race(), many_lanes(), hostile()];
        let story = stories.get(story).cloned().expect("a story");
        let mut app = with(story).sized(width, height);
        app.press("<Enter>");
        for key in keys {
            app.press(key);
            if app.end.is_some() {
                break;
            }
            let once = app.buffer();
            let twice = app.buffer();
            prop_assert_eq!(once, twice);
            if let Some(state) = app.model.journey() {
                prop_assert!(state.selected() < state.lines().list().len().max(1));
            }
            prop_assert!(app.model.search.selected() < app.model.search.choices().max(1));
        }
        app.resize(60 - width.min(60), 60 - height.min(60));
        app.settle();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_size_up_to_400_by_100_breaks_a_screen_and_a_storm_of_sizes_loses_no_place(
        story in 0..6usize,
        sizes in proptest::collection::vec((0u16..=400, 0u16..=100), 1..6),
        screen in proptest::sample::select(vec![
            "", "s", "sally", "event:", "zz", "<Enter>", "<Enter><Enter>", "<Enter>o", "<Enter>?", "<Enter>:", "<Enter>&",
        ]),
    ) {
        let stories = [sally(), phone(), two_people(), race(), many_lanes(), hostile()];
        let story = stories.get(story).cloned().expect("a story");
        let mut app = with(story);
        app.press(screen);
        let place = |app: &App<Stories>| {
            let row = app.model.journey().map(journey::tui::screen::journey::State::selected);
            (app.top(), row, app.model.search.selected(), app.model.search.text().to_owned())
        };
        let before = place(&app);
        for (width, height) in sizes {
            app.resize(width, height);
            app.settle();
            let once = app.buffer();
            prop_assert_eq!(&once, &app.buffer());
        }
        app.resize(80, 24);
        app.settle();
        prop_assert_eq!(place(&app), before);
    }
}
