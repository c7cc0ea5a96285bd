//! Saving the journey on the screen as a file.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use journey::ingest;
use journey::model::Id;
use journey::session::{Location, Opened, Options, demo};
use journey::store::Writer;
use tempfile::TempDir;

use super::journeys::{Stories, phone, sally};
use super::{open, with};
use crate::support::app::App;

fn saving() -> (App<Stories>, TempDir) {
    let folder = TempDir::new().unwrap();
    let mut app = open(sally());
    app.backend.folder = Some(folder.path().to_owned());
    // Without these its properties cannot be read.
    app.backend.said = vec![(4, "{}".to_owned())];
    (app, folder)
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_letter_writes_the_journey_in_its_form_and_the_foot_says_where() {
    let begins = [
        ("h", "html", "<!doctype html>"),
        ("m", "md", "#"),
        ("t", "txt", "12345"),
        ("c", "csv", "time,"),
        ("J", "json", "{"),
        ("g", "svg", "<svg"),
    ];
    for (letter, ending, begin) in begins {
        let (mut app, folder) = saving();
        app.press("S").press(letter);
        assert_eq!(app.top(), "journey", "{letter}: {}", app.text());
        let name = format!("sally-gmail-com.{ending}");
        assert_eq!(files(folder.path()), [name.as_str()]);
        let content = fs::read_to_string(folder.path().join(&name)).unwrap();
        assert!(content.to_lowercase().contains(begin), "{letter}: {content}");
        assert!(content.to_lowercase().trim_start().starts_with(begin) || letter == "t", "{letter}: {content}");
        assert!(app.text().contains("wrote /") && app.text().contains(&name), "{}", app.text());
        app.press("j");
        assert!(!app.text().contains("wrote"), "until the next key");
    }
}

#[test]
fn what_is_saved_as_json_is_what_show_writes_of_the_rows_on_the_screen() {
    let (mut app, folder) = saving();
    app.press("&event:view<Enter>S");
    assert!(app.text().contains("as filtered"), "{}", app.text());
    app.press("J");
    let written: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("sally-gmail-com.json")).unwrap()).unwrap();
    let events = written["events"].as_array().unwrap();
    assert!(!events.is_empty() && events.iter().all(|event| event["event"] == "View"), "{written}");
    assert_eq!(events[0]["properties"]["plan"], "pro", "each with its properties");
}

#[test]
fn a_proposed_name_that_is_taken_gets_a_number_and_the_file_that_is_there_stays() {
    let (mut app, folder) = saving();
    fs::write(folder.path().join("sally-gmail-com.html"), "mine").unwrap();
    app.press("S<Enter>S<Enter>");
    assert_eq!(files(folder.path()), ["sally-gmail-com-2.html", "sally-gmail-com-3.html", "sally-gmail-com.html"]);
    assert_eq!(fs::read(folder.path().join("sally-gmail-com.html")).unwrap(), b"mine");
}

#[test]
fn a_typed_name_that_is_taken_is_never_replaced_and_a_free_one_is_proposed() {
    let (mut app, folder) = saving();
    fs::write(folder.path().join("mine.html"), "mine").unwrap();
    let path = folder.path().join("mine.html").display().to_string();
    app.press("Se").press(&path.replace('<', "<<>")).press("<Enter>");
    assert_eq!(app.top(), "saving");
    assert!(app.text().contains("exists and is not replaced"), "{}", app.text());
    app.press("<Enter>");
    assert_eq!(app.top(), "journey", "{}", app.text());
    assert_eq!(files(folder.path()), ["mine-2.html", "mine.html"]);
    assert_eq!(fs::read(folder.path().join("mine.html")).unwrap(), b"mine");
}

#[test]
fn the_first_letter_replaces_the_proposed_path_and_escape_leaves_the_path_before_the_question() {
    let (mut app, folder) = saving();
    app.press("S<Tab>x.csv");
    assert_eq!(app.model.saving().unwrap().path(), "x.csv");
    app.press("<Esc>");
    assert_eq!(app.top(), "saving", "the path is left first");
    app.press("<Esc>");
    assert_eq!(app.top(), "journey");
    app.press("S<Tab><Left><Backspace>");
    assert_eq!(app.model.saving().unwrap().path(), "sally-gmail-com.htl", "an arrow keeps it to be edited");
    assert!(files(folder.path()).is_empty());
}

#[test]
fn the_form_that_was_chosen_last_is_chosen_again() {
    let (mut app, folder) = saving();
    app.press("SjjkjSS<Enter>");
    assert_eq!(files(folder.path()), ["sally-gmail-com-2.txt", "sally-gmail-com.txt"], "{}", app.text());
    app.press("oSk<Enter>");
    assert_eq!(app.top(), "identity", "also from there");
    assert_eq!(files(folder.path()).last().map(String::as_str), Some("sally-gmail-com.txt"));
    assert!(files(folder.path()).contains(&"sally-gmail-com.md".to_owned()));
}

#[test]
fn what_cannot_be_written_is_reported_where_it_was_asked_and_nothing_is_left_behind() {
    let folder = TempDir::new().unwrap();
    let mut app = open(phone());
    app.backend.folder = Some(folder.path().to_owned());
    // The properties of row 4 cannot be read.
    app.press("SJ");
    assert_eq!(app.top(), "saving");
    assert!(app.text().contains("july.db cannot be read"), "{}", app.text());
    assert!(files(folder.path()).is_empty());
    app.press("eno/where/x.json<Enter>");
    assert!(app.text().contains("cannot be written"), "{}", app.text());
}

#[test]
fn the_palette_knows_saving_by_the_words_that_people_look_for() {
    for word in ["save", "export", "report", "html", "markdown", "csv"] {
        let (mut app, _folder) = saving();
        app.press(":").press(word).press("<Enter>");
        assert_eq!(app.top(), "saving", "{word}");
    }
}

/// The demo store, with Sally's journey on the screen.
fn demo_of_sally() -> (App<Opened>, TempDir) {
    let folder = TempDir::new().unwrap();
    let session = Opened::open(Location::Demo, Arc::new(|| false), Options::default()).unwrap();
    let mut app = App::start(session);
    app.press("sally@gmail.com<Enter>");
    assert_eq!(app.top(), "journey");
    (app, folder)
}

#[test]
fn from_a_comparison_both_users_are_saved_or_the_journey_of_the_first() {
    let (mut app, folder) = demo_of_sally();
    app.press("dnina<Enter>");
    assert_eq!(app.top(), "compare", "{}", app.text());
    for (letter, path, begin) in [
        ("h", "sally-gmail-com-and-nina.html", "<!doctype html>"),
        ("t", "sally-gmail-com-and-nina.txt", "Sally Doe"),
        ("m", "sally-gmail-com-and-nina.md", "```text"),
        ("J", "sally-gmail-com-and-nina.json", "{"),
        ("H", "sally-gmail-com.html", "<!doctype html>"),
        ("c", "sally-gmail-com.csv", "time,"),
        ("g", "sally-gmail-com.svg", "<svg"),
    ] {
        // The proposed name says whether it is of both.
        app.press("S");
        assert!(app.text().contains("A Sally Doe and B Nina Rossi"), "{}", app.text());
        let at = "htmJHcg".find(letter).unwrap();
        app.press(&"j".repeat(at));
        let proposed = app.model.saving().unwrap().path().to_owned();
        assert_eq!(proposed.starts_with("sally-gmail-com-and-"), path.contains("-and-"), "{proposed}");
        assert_eq!(proposed.rsplit('.').next(), path.rsplit('.').next(), "{proposed}");
        let whole = folder.path().join(path).display().to_string();
        app.press("e").press(&whole).press("<Enter>");
        assert_eq!(app.top(), "compare", "{letter}: {}", app.text());
        assert!(app.text().contains("wrote "), "{letter}: {}", app.text());
        let content = fs::read_to_string(&whole).unwrap();
        assert!(content.to_lowercase().starts_with(&begin.to_lowercase()), "{letter}: {content}");
        assert_eq!(content.contains("Nina Rossi"), path.contains("-and-"), "{letter}");
    }
    // A journey is saved in the form that a journey was saved as, whatever was chosen for the comparison.
    app.press("<Esc>S");
    assert_eq!(app.model.saving().unwrap().path(), "sally-gmail-com.html");
}

#[test]
fn a_page_over_a_journey_saves_it_and_says_whose_it_is() {
    let (mut app, _folder) = demo_of_sally();
    for page in ["?", "!", "o", "P", "oV"] {
        let below = app.press(page).top();
        app.press("S");
        assert_eq!(app.top(), "saving", "{page}: {}", app.text());
        assert!(app.text().contains("save ── Sally Doe · 23 rows"), "{page}: {}", app.text());
        app.press("<Esc>");
        assert_eq!(app.top(), below, "{page}");
        while app.top() != "journey" {
            app.press("<Esc>");
        }
    }
}

#[test]
fn a_page_without_a_journey_names_the_command_that_writes_it() {
    let (mut app, _folder) = demo_of_sally();
    app.press("<Esc><Esc>!S");
    assert_eq!(app.top(), "findings", "{}", app.text());
    assert!(app.text().contains("no journey is open to save; this page is written by journey "), "{}", app.text());
    app.press("<Esc>?S");
    assert!(app.text().contains("no journey") || app.text().contains("open one first"), "{}", app.text());
}

#[test]
fn without_a_journey_there_is_nothing_to_save() {
    let mut app = with(sally());
    app.press("sally<A-s>");
    assert_eq!(app.top(), "search");
    assert!(app.text().contains("open one first"), "{}", app.text());
}

#[test]
fn neither_the_store_nor_what_belongs_to_it_is_written_over() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("s.db");
    let mut writer = Writer::open(&path).unwrap();
    ingest::import(&mut writer, demo::inputs().unwrap(), &demo::options(), &mut |_| ingest::Flow::Continue).unwrap();
    drop(writer);
    // Also where a command would find the store without its name.
    for default_store in [None, Some(path.clone())] {
        let options = Options { default_store, ..Options::default() };
        let session = Opened::open(Location::File(path.clone()), Arc::new(|| false), options).unwrap();
        let mut app = App::start(session);
        app.press("sally@gmail.com<Enter>");
        assert_eq!(app.model.journey().unwrap().journey().query, Id::new("sally@gmail.com"));
        for name in [path.display().to_string(), format!("{}-wal", path.display())] {
            app.press("Se").press(&name).press("<Enter>");
            assert_eq!(app.top(), "saving", "{}", app.text());
            assert!(app.text().contains("is the store itself, or belongs to it"), "{}", app.text());
            app.press("<Esc>");
        }
    }
    assert!(fs::read(&path).unwrap().starts_with(b"SQLite format 3"));
    let session = Opened::open(Location::File(path), Arc::new(|| false), Options::default()).unwrap();
    assert!(App::start(session).press("sally@gmail.com").text().contains("sally@gmail.com"));
}

#[test]
fn the_question_on_four_sizes() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let (app, _folder) = saving();
        let mut app = app.sized(width, height);
        app.press("S");
        insta::assert_snapshot!(format!("saving_{width}x{height}"), app.styled());
    }
}
