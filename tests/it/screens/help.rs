//! The help: from the keys that hold, and searched.



use super::{open, phone, sally, with};

#[test]
fn the_help_of_all_screens_is_searched() {
    let mut app = open(phone());
    app.press("?/compare");
    let text = app.text();
    assert!(text.contains("/ compare") && text.contains("compare with another user"), "{text}");
    assert!(text.contains("compare with somebody else"), "also what another screen has: {text}");
    assert!(!text.contains("row before"), "{text}");
    app.press("<Enter>j");
    assert!(app.text().contains("compare with another user"), "what was found stays: {}", app.text());
    assert_eq!(app.top(), "help");
    app.press("/<C-u>zzz");
    assert!(app.text().contains("no key and no mark has"), "{}", app.text());
    app.press("<Esc>");
    assert!(app.text().contains("row before"), "{}", app.text());
    assert_eq!(app.press("<Esc>").top(), "journey");
}

#[test]
fn keys_are_typed_into_the_search_of_the_help() {
    let mut app = with(sally());
    app.press("?/q?:j");
    assert!(app.text().contains("/ q?:j"), "{}", app.text());
    assert_eq!((app.top(), &app.end), ("help", &None));
}
