//! What the mouse does on each screen.

use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use journey::tui::worker::Request;
use journey::tui::{Effect, Msg, update};

use super::{cursor_line, open, phone, sally, two_people, with};

#[test]
fn a_click_selects_a_row_and_a_second_one_shows_more_of_it() {
    let mut app = open(phone());
    let before = app.text();
    app.click("REFUSED: B");
    assert!(cursor_line(&mut app).contains("REFUSED"), "{}", app.text());
    let selected = app.text();
    assert_ne!(before, selected);
    app.click("REFUSED: B");
    assert_ne!(app.text(), selected, "the detail is the larger part now");
    assert!(cursor_line(&mut app).contains("REFUSED"));
}

#[test]
fn a_click_selects_a_hit_and_a_second_one_opens_it() {
    let mut app = with(phone());
    app.press("sally");
    app.click("$device:");
    assert_eq!((app.top(), app.model.search.selected()), ("search", 1));
    app.click("$device:");
    assert!(
        app.asked.iter().any(|asked| matches!(asked, Request::Journey(id, _) if id.as_str().starts_with("$device:")))
    );
}

#[test]
fn a_click_on_the_identity_panel_selects_and_a_second_one_goes_there() {
    let mut app = open(two_people());
    app.press("o");
    app.click("A2 ");
    assert_eq!(app.top(), "identity");
    app.click("A2 ");
    assert_eq!(app.top(), "journey");
    assert!(cursor_line(&mut app).contains("Browse"), "{}", app.text());
}

#[test]
fn a_click_on_a_hint_does_what_its_key_does() {
    let mut app = open(phone());
    app.click("help");
    assert_eq!(app.top(), "help");
    app.click("quit");
    assert_eq!(app.end, Some(Effect::Quit));
}

#[test]
fn a_click_outside_everything_changes_nothing() {
    let mut app = open(sally());
    let before = app.text();
    app.point(MouseEventKind::Down(MouseButton::Left), 79, 0);
    app.point(MouseEventKind::Down(MouseButton::Right), 3, 8);
    app.point(MouseEventKind::Drag(MouseButton::Left), 3, 8);
    app.point(MouseEventKind::Up(MouseButton::Left), 3, 8);
    assert_eq!(app.text(), before);
}

#[test]
fn the_wheel_scrolls_the_list_and_over_the_detail_the_detail() {
    let mut app = open(phone()).sized(200, 20);
    app.press("<Enter>");
    let row = app.model.journey().expect("a journey").selected();
    app.point(MouseEventKind::ScrollDown, 150, 12);
    assert_eq!(app.model.journey().expect("a journey").selected(), row);
    app.point(MouseEventKind::ScrollDown, 10, 12);
    assert!(app.model.journey().expect("a journey").selected() > row);
    app.point(MouseEventKind::ScrollUp, 10, 12);
    assert_eq!(app.model.journey().expect("a journey").selected(), row);
}

#[test]
fn the_mouse_is_left_to_the_terminal_and_taken_back() {
    let mut app = open(sally());
    app.press("M");
    assert_eq!(app.end, Some(Effect::Mouse(true)), "it began without");
    assert!(app.text().contains("the mouse works here"), "{}", app.text());
    app.end = None;
    app.press("M");
    assert_eq!(app.end, Some(Effect::Mouse(false)));
    assert!(app.text().contains("the terminal has the mouse"), "{}", app.text());
}

#[test]
fn a_mouse_that_only_moves_draws_nothing() {
    let mut app = open(sally());
    app.model.clean();
    let moved = MouseEvent { kind: MouseEventKind::Moved, column: 3, row: 3, modifiers: KeyModifiers::NONE };
    assert_eq!(update(&mut app.model, Msg::Terminal(Event::Mouse(moved))), []);
    assert!(!app.model.is_dirty());
}
