//! Two users side by side on the screen.

use std::sync::Arc;

use journey::model::Id;
use journey::session::{Location, Opened, Options as SessionOptions};
use journey::tui::worker::Request;
use journey::tui::{Backend, Msg, Options, Zone};
use proptest::prelude::*;

use super::identity::{History, SALLY};
use crate::support::app::App;

fn compare(a: &str, b: &str) -> App<History> {
    let mut app = App::start(History::of(SALLY)).sized(100, 30);
    app.press(&format!("{a}<Enter>d{b}<Enter>"));
    assert_eq!(app.top(), "compare", "{}", app.text());
    app
}

fn line(app: &mut App<History>) -> String {
    app.text().lines().find(|line| line.contains('▸')).unwrap_or_default().trim().to_owned()
}

#[test]
fn both_stand_on_one_time_axis_with_what_speaks_for_and_against() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let mut app = compare("sally@x.com", "P-1").sized(width, height);
        insta::assert_snapshot!(format!("compare_{width}x{height}"), app.text());
    }
    insta::assert_snapshot!(compare("sally@x.com", "bob@x.com").sized(120, 40).styled());
}

#[test]
fn no_sentence_of_the_comparison_is_cut_on_a_small_screen() {
    for (width, height) in [(40, 12), (80, 24), (100, 30)] {
        for (a, b) in [("sally@x.com", "P-1"), ("sally@x.com", "bob@x.com")] {
            let mut app = compare(a, b).sized(width, height);
            let compared = app.backend.compare(&Id::new(a), &Id::new(b)).unwrap();
            let arguments = compared.arguments.iter().map(|argument| argument.text.clone());
            let mut sentences: Vec<String> = std::iter::once(compared.sentence.clone()).chain(arguments).collect();
            sentences.reverse();
            while let Some(sentence) = sentences.pop() {
                let whole = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
                let screen = whole(&app.text());
                assert!(screen.contains(&whole(&sentence)), "{width}x{height}: {sentence}\n{}", app.text());
                app.press("j");
            }
        }
    }
}

#[test]
fn the_same_moment_of_both_stands_at_the_same_place_and_the_ends_of_the_axis_have_their_times() {
    let mut app = compare("sally@x.com", "P-1").sized(80, 24);
    let text = app.text();
    let lines: Vec<&str> = text.lines().collect();
    let ends: Vec<usize> = lines[1..3].iter().map(|line| line.trim_end().chars().count()).collect();
    assert_eq!(ends[0], ends[1], "{text}");
    let axis = lines[3];
    let compared = app.backend.compare(&Id::new("sally@x.com"), &Id::new("P-1")).unwrap();
    let (first, last) = journey::report::compare::span(&compared);
    // Rows of one day have their times at the ends.
    let [from, to] = [first, last].map(|at| Zone::Utc.clock(at, 8));
    assert!(axis.trim_start().starts_with(&from) && axis.trim_end().ends_with(&to), "{text}");
    let bar = lines[2].trim_end().strip_suffix(" 3 rows").unwrap();
    assert_eq!(axis.trim_end().chars().count(), bar.chars().count(), "{text}");
}

#[test]
fn one_user_is_shown_as_one() {
    let mut app = compare("sally@x.com", "uid-9");
    assert!(app.text().contains("ONE USER"), "{}", app.text());
}

#[test]
fn the_question_offers_ids_that_are_near() {
    let mut app = App::start(History::of(SALLY)).sized(100, 30);
    app.press("sally@x.com<Enter>d<Tab><Tab>");
    insta::assert_snapshot!(app.text().lines().rev().take(3).collect::<Vec<_>>().join("\n"));
    app.press("<Enter>");
    assert_eq!(app.top(), "compare");
}

#[test]
fn the_other_one_is_found_by_any_text_that_finds_one_person_alone() {
    let session = Opened::open(Location::Demo, Arc::new(|| false), SessionOptions::default()).unwrap();
    let mut app = App::start(session).sized(100, 30);
    app.press("sally@gmail.com<Enter>djohn park<Enter>");
    assert_eq!(app.top(), "compare", "{}", app.text());
    assert!(app.text().contains("john@example.com") || app.text().contains("John Park"), "{}", app.text());
    app.press("<Esc>dexample.com<Enter>");
    assert_eq!(app.top(), "question");
    assert!(app.text().contains("people: type more of it, or an id"), "{}", app.text());
    app.press("<Esc>dxyzzy<Enter>");
    assert!(app.text().contains("nothing names"), "{}", app.text());
}

#[test]
fn an_unknown_id_is_reported_where_it_was_asked() {
    let mut app = App::start(History::of(SALLY)).sized(100, 30);
    app.press("sally@x.com<Enter>dnobody<Enter>");
    assert_eq!(app.top(), "question");
    assert!(app.text().contains("nothing names \"nobody\""), "{}", app.text());
    app.press("<C-u><Enter>");
    assert!(app.text().contains("an id of the other user, or a text that finds them, is needed"), "{}", app.text());
    assert_eq!(app.press("<Esc>").top(), "journey");
}

#[test]
fn a_reason_leads_to_its_row_and_a_row_to_its_journey_and_back() {
    let mut app = compare("sally@x.com", "P-1");
    app.press("j");
    assert!(line(&mut app).contains("proof"), "{}", line(&mut app));
    app.press("<Enter>");
    assert!(line(&mut app).contains("alias(sally@x.com)"), "{}", line(&mut app));
    app.press("<Enter>");
    assert_eq!(app.top(), "journey");
    assert!(app.asked.contains(&Request::Journey(Id::new("P-1"), Zone::Utc)));
    assert!(line(&mut app).contains("alias(sally"), "{}", line(&mut app));
    assert_eq!(app.press("<Esc>").top(), "compare");
    // A row of the user that was there before needs no question.
    app.press("G");
    while !line(&mut app).contains("View") {
        app.press("k");
    }
    let asked = app.asked.len();
    app.press("<Enter>");
    assert_eq!(app.top(), "journey");
    assert!(line(&mut app).contains("View"), "{}", line(&mut app));
    assert!(app.asked.iter().skip(asked).all(|asked| matches!(asked, Request::Properties(_))));
}

#[test]
fn a_changed_store_is_compared_again_and_the_journey_below_read_anew() {
    let mut app = compare("sally@x.com", "P-1");
    app.press("jj");
    let selected = line(&mut app);
    app.backend.changed = true;
    app.send(Msg::Idle);
    app.settle();
    let compared = |app: &App<History>| app.asked.iter().filter(|asked| matches!(asked, Request::Compare(..))).count();
    assert_eq!((compared(&app), line(&mut app)), (2, selected));
    app.press("<Esc>");
    assert!(matches!(app.asked.last(), Some(Request::Journey(..) | Request::Properties(_))));
}

#[test]
fn without_colour_and_with_ascii_alone_the_verdict_and_the_sides_have_words() {
    let options = Options { no_color: true, ascii: true, ..Options::default() };
    let mut app = App::unsettled(History::of(SALLY), &options).sized(100, 30);
    app.press("sally@x.com<Enter>dbob@x.com<Enter>");
    let text = app.text();
    assert!(text.is_ascii(), "{text}");
    for word in ["A DEVICE IN COMMON", "+ strong", "- strong", "for one person", "against"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn rows_of_two_long_journeys_are_built_as_they_are_seen() {
    let rows: Vec<String> = (0..4_000).map(|number| format!("{number} View(user-{})\n", number % 2)).collect();
    let mut app = App::start(History::of(&rows.concat()));
    app.press("user-0<Enter>duser-1<Enter>");
    for keys in ["", "G", "gg", "<PgDn>", "}"] {
        app.press(keys);
        app.text();
        assert!(app.ui.built <= 24, "{} lines were built after {keys}", app.ui.built);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_key_and_no_size_breaks_the_comparison(
        width in 0u16..=120,
        height in 0u16..=50,
        keys in proptest::collection::vec(
            proptest::sample::select(vec![
                "j", "k", "g", "G", "<Enter>", "<Esc>", "<Tab>", "d", "o", ",", "}", "{", "Z", "?", "R", "<PgDn>", "P",
            ]),
            0..30,
        ),
    ) {
        let mut app = App::start(History::of(SALLY)).sized(width, height);
        app.press("sally@x.com<Enter>dP-1<Enter>");
        for key in keys {
            app.press(key);
            if app.end.is_some() {
                break;
            }
            let once = app.buffer();
            let twice = app.buffer();
            prop_assert_eq!(once, twice);
        }
        app.resize(120 - width, 50 - height);
        app.settle();
    }
}
