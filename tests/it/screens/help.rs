//! The help: from the keys that hold, and searched.

use journey::tui::Options;
use journey::tui::settings::Settings;

use super::{Stories, open, phone, sally, with};
use crate::support::app::App;

#[test]
fn the_help_of_all_screens_is_searched() {
    let mut app = open(phone());
    app.press("?/compare");
    let text = app.text();
    assert!(text.contains("/ compare") && text.contains("compare with another user"), "{text}");
    assert!(text.matches("compare with another user").count() > 1, "also what another screen has: {text}");
    assert!(!text.contains("previous row"), "{text}");
    app.press("<Enter>j");
    assert!(app.text().contains("compare with another user"), "what was found stays: {}", app.text());
    assert_eq!(app.top(), "help");
    app.press("/<C-u>zzz");
    assert!(app.text().contains("no key and no mark has"), "{}", app.text());
    app.press("<Esc>");
    assert!(app.text().contains("MARKS"), "{}", app.text());
    assert_eq!(app.press("<Esc>").top(), "journey");
}

#[test]
fn keys_are_typed_into_the_search_of_the_help() {
    let mut app = with(sally());
    app.press("?/q?:j");
    assert!(app.text().contains("/ q?:j"), "{}", app.text());
    assert_eq!((app.top(), &app.end), ("help", &None));
    app.press("<C-u>next time zone");
    assert!(app.text().contains("Z  "), "a key of the other screens: {}", app.text());
}

#[test]
fn a_key_of_the_users_file_acts_and_is_the_one_in_the_help() {
    let settings = Settings::read("config.toml", "[keys.journey]\n\"x\" = \"identity\"\n\"o\" = \"\"\n").unwrap();
    let options = Options { keymap: Some(settings.keymap().unwrap()), ..Options::default() };
    let mut app = App::unsettled(Stories::of(vec![phone()]), &options).sized(80, 50);
    app.press("sally@gmail.com<Enter>o");
    assert_eq!(app.top(), "journey", "its own key was taken away");
    app.press("?/lookup table, ids<Enter>");
    let text = app.text();
    let line = text.lines().find(|line| line.contains("identity: lookup table")).expect(&text);
    assert!(line.trim_start().starts_with("x "), "{line}");
    app.press("<Esc><Esc>x");
    assert_eq!(app.top(), "identity");
}

#[test]
fn the_help_goes_to_its_ends_as_every_list_does() {
    let mut app = open(phone()).sized(80, 12);
    let first = app.press("?").text();
    let last = app.press("G").text();
    assert_ne!(first, last);
    assert_eq!(app.press("j").text(), last, "the end is the end");
    assert_eq!(app.press("gg").text(), first);
    assert_eq!(app.press("<End>").text(), last);
    assert_eq!(app.press("<Home>").text(), first);
}

#[test]
fn on_a_small_screen_the_help_begins_with_the_marks_and_cuts_nothing() {
    for (keys, first) in [("?", "help  the timeline"), ("<Enter>?", "help  the row"), ("i?", "help  the timeline")] {
        let mut app = open(sally());
        app.press(keys);
        let text = app.text();
        assert!(text.starts_with(&format!(" {first}")), "{text}");
        let heads: Vec<&str> = text.lines().filter(|line| line.trim() == "MARKS" || line.contains("THE ")).collect();
        assert_eq!(heads.first().map(|line| line.trim()), Some("MARKS"), "{text}");
        let mut all = String::new();
        for _ in 0..12 {
            all.push_str(&app.text());
            app.press("<PgDn>");
        }
        assert!(!all.contains('…'), "something is cut: {all}");
        for mark in [
            "○",
            "●",
            "■",
            "◐",
            "◌",
            "◈",
            "◆━╮",
            "◇╌╌╳",
            "↺",
            "│ ┃",
            "┊ ┋",
            "▸",
            "»",
            "›",
            "†",
            "└",
            "× 3",
            "×2",
            "▿ ▹",
            "▲ △ ▽",
        ] {
            assert!(all.lines().any(|line| line.starts_with(&format!(" {mark} "))), "{mark} has no line: {all}");
        }
    }
}
