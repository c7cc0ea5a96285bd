//! The key for back takes back the nearest thing first, and what was there is replaced by what is typed.

use journey::tui::worker::Request;

use super::journeys::{browsing, phone, sally};
use super::{cursor_line, open};

#[test]
fn a_filter_is_taken_back_before_the_page_and_the_row_stays_selected() {
    let mut app = open(phone());
    app.press("G");
    let last = app.model.journey().unwrap().selected_row();
    app.press("&-event:nothing<Enter><Esc>");
    assert_eq!((app.top(), app.model.journey().unwrap().filter_text()), ("journey", None));
    assert!(app.text().contains("all rows again"), "{}", app.text());
    assert_eq!(app.model.journey().unwrap().selected_row(), last);
    app.press("<Esc>");
    assert_eq!(app.top(), "search");
}

#[test]
fn the_minutes_around_a_row_are_taken_back_before_the_filter_that_was_there() {
    let mut app = open(browsing());
    app.press("&event:page<Enter>~~");
    let both = app.model.journey().unwrap().filter_text().unwrap().to_owned();
    assert!(both.starts_with("event:page at:"), "{both}");
    app.press("<Esc>");
    assert_eq!(app.model.journey().unwrap().filter_text(), Some("event:page"));
    app.press("<Esc>");
    assert_eq!(app.model.journey().unwrap().filter_text(), None);
    assert_eq!(app.press("<Esc>").top(), "search");
}

#[test]
fn a_moment_of_arrival_is_taken_back_before_the_page() {
    for page in ["", "o"] {
        let mut app = open(sally());
        app.press(page).press(",,");
        let here = app.top();
        assert!(app.model.journey().unwrap().scrub().moment().is_some());
        app.press("<Esc>");
        assert_eq!(app.top(), here);
        assert!(app.model.journey().unwrap().scrub().moment().is_none());
        assert!(
            matches!(app.asked.last(), Some(Request::Journey(..) | Request::Properties(_))),
            "{:?}",
            app.asked.last()
        );
        app.press("<Esc>");
        assert_ne!(app.top(), here);
    }
}

#[test]
fn the_filter_of_the_timeline_stays_when_another_page_over_it_is_left() {
    let mut app = open(sally());
    app.press("&event:view<Enter>o<Esc>");
    assert_eq!(app.top(), "journey");
    assert_eq!(app.model.journey().unwrap().filter_text(), Some("event:view"));
}

#[test]
fn a_sequence_that_was_begun_is_taken_back_before_anything_else() {
    let mut app = open(sally());
    app.press("jj");
    let row = app.model.journey().unwrap().selected_row();
    for begun in ["g", "]"] {
        app.press(begun).press("<Esc>");
        assert_eq!(app.top(), "journey");
        assert_eq!(app.model.journey().unwrap().selected_row(), row);
    }
}

#[test]
fn what_was_found_is_taken_back_before_the_page() {
    let mut app = open(sally());
    app.press("fview<Enter><Esc>");
    assert_eq!(app.top(), "journey");
    app.press("n");
    assert!(app.text().contains("no search text"), "{}", app.text());
    assert_eq!(app.press("<Esc>").top(), "search");
}

#[test]
fn a_search_in_the_help_is_taken_back_before_the_help() {
    let mut app = open(sally());
    app.press("?/refused<Enter><Esc>");
    assert_eq!(app.top(), "help");
    assert_eq!(app.press("<Esc>").top(), "journey");
}

#[test]
fn the_text_of_the_search_is_selected_when_one_returns() {
    let mut app = open(sally());
    app.press("<Esc>");
    assert_eq!((app.top(), app.model.search.text()), ("search", "sally@gmail.com"));
    app.press("tablet");
    assert_eq!(app.model.search.text(), "tablet", "the first letter replaces it");
    let mut app = open(sally());
    app.press("<Esc><End>x");
    assert_eq!(app.model.search.text(), "sally@gmail.comx", "a key that moves keeps it");
    let mut app = open(sally());
    app.press("<Esc><Backspace>");
    assert!(app.model.search.is_empty());
    app.press("sally<Enter>");
    assert_eq!(app.top(), "journey");
    // What is chosen by an arrow is opened as it was found.
    let mut app = open(sally());
    assert_eq!(app.press("<Esc><Down><Enter>").top(), "journey");
}

#[test]
fn a_text_that_a_prompt_begins_with_is_replaced_by_the_first_letter() {
    let mut app = open(sally());
    app.press("oa2019-07-02<Enter>");
    let moment = app.model.journey().unwrap().scrub().moment().unwrap();
    assert_eq!(moment.at, super::journeys::at("2019-07-02T23:59:59.999Z"));
    app.press("<Esc><Esc>&event:view<Enter>&event:sign<Enter>");
    assert_eq!(app.model.journey().unwrap().filter_text(), Some("event:sign"));
    app.press("&<End> -is:orphan<Enter>");
    assert_eq!(app.model.journey().unwrap().filter_text(), Some("event:sign -is:orphan"));
    assert!(cursor_line(&mut app).contains("Sign Up"), "{}", app.text());
}
