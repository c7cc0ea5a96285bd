//! The command palette.

use journey::tui::worker::Request;
use journey::tui::{Effect, Zone};

use super::{open, phone, sally, with};

#[test]
fn an_action_is_done_by_its_name_on_the_screen_below() {
    let mut app = open(phone());
    app.press(":nxtprob<Enter>");
    assert_eq!(app.top(), "journey");
    assert!(super::cursor_line(&mut app).contains("App Open"), "{}", app.text());
    app.press(":identity<Enter>");
    assert_eq!(app.top(), "identity");
    app.press(":quit<Enter>");
    assert_eq!(app.end, Some(Effect::Quit));
}

#[test]
fn it_opens_over_every_screen_and_escape_closes_it_with_nothing_changed() {
    for keys in ["", "<Enter>", "<Enter>o", "?"] {
        let mut app = with(phone());
        app.press(keys);
        let (top, before) = (app.top(), app.text());
        app.press(":xyzzy<Esc>");
        assert_eq!((app.top(), app.text()), (top, before), "{keys:?}");
        app.press(":<Backspace>");
        assert_eq!(app.top(), top);
    }
    let mut app = with(phone());
    app.press("sally<A-x>");
    assert_eq!(app.top(), "palette", "also while something is typed");
}

#[test]
fn a_zone_is_set_by_name_and_the_key_for_zones_comes_back_to_it() {
    let mut app = open(phone());
    app.press(":zone asia/tok<Enter>");
    assert_eq!(app.model.zone(), Zone::Named(chrono_tz::Asia::Tokyo));
    app.press("Z");
    assert_eq!(app.model.zone(), Zone::Utc);
    app.press("ZZ");
    assert_eq!(app.model.zone(), Zone::Named(chrono_tz::Asia::Tokyo));
    app.press(":zone Berlim<Enter>");
    assert!(app.text().contains("no zone is called \"Berlim\""), "{}", app.text());
    assert_eq!(app.top(), "palette");
}

#[test]
fn an_id_is_opened_from_anywhere() {
    let mut app = open(sally());
    app.press(":goto 12345<Enter>");
    assert!(app.asked.iter().any(|asked| matches!(asked, Request::Journey(id, _) if id.as_str() == "12345")));
    assert_eq!(app.top(), "journey");
}

#[test]
fn a_theme_is_used_at_once() {
    let mut app = open(phone());
    let before = app.styled();
    app.press(":theme mono<Enter>");
    let screen = app.styled();
    assert_ne!(screen, before);
    for colour in ["Red", "Green", "Yellow", "Blue", "Cyan"] {
        assert!(!screen.contains(colour), "{screen}");
    }
}

#[test]
fn another_store_takes_the_place_of_this_one() {
    let mut app = open(phone());
    app.press(":open other.db<Enter>");
    assert_eq!(app.top(), "search");
    assert!(app.text().contains("journey  other.db"), "{}", app.text());
    assert!(app.model.journey().is_none());
    assert!(app.model.search.is_empty());
    app.press("bob<Enter>");
    assert_eq!(app.top(), "search", "bob's journey is not among the stories");
}

#[test]
fn a_store_that_cannot_be_opened_is_reported_and_everything_is_as_before() {
    let mut app = open(phone());
    let before = app.text();
    app.press(":open nowhere.db<Enter>");
    assert_eq!(app.top(), "palette");
    let text = app.text();
    assert!(text.contains("there is no store at nowhere.db") && text.contains("try: journey import"), "{text}");
    app.press("<Esc>");
    assert_eq!(app.text(), before);
}

#[test]
fn a_line_of_it_is_pressed_with_the_mouse() {
    let mut app = open(phone());
    app.press(":next");
    app.click("next point");
    app.click("next point");
    assert_eq!(app.top(), "journey");
    assert!(super::cursor_line(&mut app).contains("ALIAS ACCEPTED"), "{}", app.text());
}

#[test]
fn the_palette_at_every_size() {
    for size in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let mut app = open(phone()).sized(size.0, size.1);
        app.press(":ne<Down>");
        insta::assert_snapshot!(format!("palette_{}x{}", size.0, size.1), app.styled());
    }
}
