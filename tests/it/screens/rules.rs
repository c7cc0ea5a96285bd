//! The rows of a user under several rule sets, side by side.

use std::sync::Arc;

use journey::identity::across::USUAL;
use journey::model::Id;
use journey::session::{Answer, Location, Opened, Options as SessionOptions, Question, Session};

use crate::support::app::App;

const TOM: &str = "tom@example.com";

fn opened() -> Opened {
    Opened::open(Location::Demo, Arc::new(|| false), SessionOptions::default()).unwrap()
}

/// With the journey of Tom open, and his rows under several rule sets over it.
fn rules() -> App<Opened> {
    let mut app = App::start(opened()).sized(120, 36);
    app.press(TOM);
    app.press("<Enter>");
    assert_eq!(app.top(), "journey", "{}", app.text());
    app.press("|");
    assert_eq!(app.top(), "rules", "{}", app.text());
    app
}

fn line(app: &mut App<Opened>) -> String {
    app.text().lines().find(|line| line.starts_with('▸')).unwrap_or_default().to_owned()
}

#[test]
fn rows_stand_under_each_rule_set_with_the_reason_of_the_selected_one() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        insta::assert_snapshot!(format!("rules_{width}x{height}"), rules().sized(width, height).text());
    }
    insta::assert_snapshot!("rules_styled", rules().sized(120, 36).styled());
}

#[test]
fn the_screen_says_of_each_row_what_the_engine_says() {
    let Answer::Across(Some(across)) =
        opened().findings(&Question::Across(Id::new(TOM), USUAL.to_vec()), &mut |_, _| true).unwrap()
    else {
        panic!("no answer")
    };
    assert!(across.differ.len() > 1 && across.differ.len() < across.rows());
    let mut app = rules().sized(200, 50);
    assert!(app.text().contains(&format!("≠ {} of {} rows differ", across.differ.len(), across.rows())));
    for at in 0..across.rows() {
        let line = line(&mut app);
        assert_eq!(line.contains('≠'), across.differ.contains(&at), "{line}");
        for side in &across.sides {
            let why = side.why(&side.rows[at]);
            let why = journey::identity::naming::shortened(&why);
            let start: String = why.chars().take(30).collect();
            assert!(app.text().contains(&start), "{why}\n{}", app.text());
        }
        app.press("j");
    }
}

#[test]
fn keys_go_to_rows_that_differ_and_list_them_alone() {
    let mut app = rules();
    let all = app.text();
    app.press("gg");
    app.press("e");
    assert!(line(&mut app).contains('≠'));
    app.press("=");
    assert!(app.text().contains("only those that differ"));
    let listed = app.text().lines().filter(|line| line.contains(" ≠ ")).count();
    assert!(listed > 1);
    app.press("<Esc>");
    assert_eq!(app.top(), "rules");
    app.press("gg");
    assert_eq!(app.text(), all);
}

#[test]
fn a_column_shows_another_rule_set_and_its_reason() {
    let mut app = rules().sized(80, 24);
    assert!(app.text().contains("[LEGACY]"), "{}", app.text());
    app.press("l");
    assert!(app.text().contains("[ORIGIN"), "{}", app.text());
    app.press("h");
    app.press("r");
    let text = app.text();
    assert!(text.contains("[AMPLIT") && !text.contains("LEGACY"), "{text}");
}

#[test]
fn on_a_narrow_screen_the_chosen_rule_set_is_always_there() {
    let mut app = rules().sized(40, 12);
    for name in ["[LEGACY]", "[ORIGINAL]", "[SIMPLIFIED]", "[POSTHOG]", "[LEGACY]"] {
        assert!(app.text().contains(name), "{name}\n{}", app.text());
        assert!(app.text().contains("1 of 4 sets"), "{}", app.text());
        app.press("l");
    }
}

#[test]
fn from_eighty_columns_on_each_rule_set_has_its_whole_name_and_no_cell_is_cut() {
    for width in [80, 90, 100, 110, 120, 200] {
        let mut app = rules().sized(width, 24);
        for chosen in ["LEGACY", "ORIGINAL", "SIMPLIFIED", "POSTHOG"] {
            let text = app.text();
            let heads = text.lines().find(|line| line.contains("TIME")).unwrap_or_default();
            for name in ["LEGACY", "ORIGINAL", "SIMPLIFIED", "POSTHOG"] {
                assert!(heads.contains(name), "{width}: {name}\n{text}");
            }
            assert!(heads.contains(&format!("[{chosen}]")), "{width}: {chosen}\n{text}");
            let refused = text.lines().filter(|line| line.contains('◇'));
            assert!(refused.clone().all(|line| !line.contains('…')), "{width}\n{text}");
            app.press("l");
        }
    }
}

#[test]
fn enter_opens_the_journey_at_the_row_and_esc_comes_back() {
    let mut app = rules();
    app.press("G");
    let event: Vec<String> = line(&mut app).split_whitespace().map(str::to_owned).collect();
    app.press("<Enter>");
    assert_eq!(app.top(), "journey", "{}", app.text());
    assert!(app.text().contains(&event[3]), "{}", app.text());
    app.press("<Esc>");
    assert_eq!(app.top(), "rules", "{}", app.text());
    app.press("<Esc>");
    assert_eq!(app.top(), "journey", "{}", app.text());
}

#[test]
fn without_an_open_journey_the_screen_says_what_to_do() {
    let mut app = App::start(opened()).sized(80, 24);
    app.press("<F2>");
    app.press("|");
    assert_eq!(app.top(), "rules", "{}", app.text());
    assert!(app.text().contains("no journey is open: open one"), "{}", app.text());
}

/// The first line of a screen that shows a journey.
fn head(app: &mut App<Opened>) -> String {
    app.text().lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_key_shows_the_journey_under_the_next_rule_set_and_the_head_says_which() {
    let mut app = App::start(opened()).sized(100, 30);
    app.press(TOM);
    app.press("<Enter>");
    let legacy = app.text();
    assert!(!head(&mut app).contains("rules "), "{legacy}");
    app.press("w");
    assert!(head(&mut app).contains("rules original"), "{}", app.text());
    assert!(app.text().contains("rules: original"), "{}", app.text());
    app.press("o");
    assert!(head(&mut app).contains("rules original"), "{}", app.text());
    app.press("w");
    assert!(head(&mut app).contains("rules simplified"), "{}", app.text());
    app.press("<Esc>");
    for name in ["posthog", "amplitude", "simple"] {
        app.press("w");
        assert!(head(&mut app).contains(&format!("rules {name}")), "{}", app.text());
    }
    app.press("w");
    assert!(app.text().contains("rules: legacy, as without a choice"), "{}", app.text());
    app.press("j");
    app.press("k");
    assert_eq!(app.text(), legacy);
}

#[test]
fn the_command_of_a_screen_names_the_rules_that_were_chosen() {
    let mut app = App::start(opened()).sized(100, 30);
    app.press(TOM);
    app.press("<Enter>");
    assert!(!app.model.command().unwrap().contains("--rules"));
    app.press("w");
    assert!(app.model.command().unwrap().contains("--rules original"), "{:?}", app.model.command());
}

#[test]
fn enter_in_a_column_opens_the_journey_under_its_rules() {
    let mut app = rules();
    app.press("ll");
    app.press("<Enter>");
    assert_eq!(app.top(), "journey", "{}", app.text());
    assert!(head(&mut app).contains("rules simplified"), "{}", app.text());
    app.press("<Esc>");
    assert_eq!(app.top(), "rules", "{}", app.text());
    app.press("hh");
    app.press("<Enter>");
    assert!(!head(&mut app).contains("rules "), "the rules of the rows are no choice: {}", app.text());
}

/// The journey of Sally with her rows under several rule sets, the cursor on the refused alias call.
fn refused_alias() -> App<Opened> {
    let mut app = App::start(opened()).sized(100, 30);
    app.press("sally@gmail.com");
    app.press("<Enter>|gg");
    for _ in 0..40 {
        if line(&mut app).contains('◇') {
            return app;
        }
        app.press("j");
    }
    panic!("no refused call:\n{}", app.text());
}

#[test]
fn a_call_taken_away_on_its_row_is_shown_at_once_and_put_back() {
    let mut app = refused_alias();
    let before = app.text();
    app.press("x");
    let text = app.text();
    assert!(text.contains("what if") && text.contains("DIFFERENCE") && text.contains("without alias("), "{text}");
    assert!(line(&mut app).contains('✗') && line(&mut app).contains("not sent"), "{text}");
    assert!(app.model.command().unwrap().contains("--without 01-sally.jsonl:18"), "{:?}", app.model.command());
    app.press("x");
    assert_eq!(app.text(), before);
}

#[test]
fn identify_in_place_of_an_alias_a_reset_and_a_second_later_are_chosen_on_the_row() {
    let mut app = refused_alias();
    app.press("i");
    assert!(app.text().contains("identify in place of"), "{}", app.text());
    let own = |app: &mut App<Opened>| {
        let text = app.text();
        let sums = text.lines().find(|line| line.trim_start().starts_with("rows ")).unwrap().to_owned();
        sums.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let sums = own(&mut app);
    assert!(sums[0].parse::<u32>().unwrap() < sums[1].parse::<u32>().unwrap(), "rows come back: {sums:?}");
    insta::assert_snapshot!("rules_what_if_100x30", app.text());
    let mut app = app.sized(40, 12);
    insta::assert_snapshot!("rules_what_if_40x12", app.text());
    let mut app = app.sized(100, 30);
    app.press("u");
    assert!(app.text().contains("differ"), "{}", app.text());
    app.press("+");
    assert!(app.text().contains("1 s later"), "{}", app.text());
    app.press("+");
    assert!(app.text().contains("2 s later"), "{}", app.text());
    app.press("<Esc>");
    assert_eq!(app.top(), "rules");
    app.press("gg");
    app.press("s");
    assert!(app.text().contains("reset before"), "{}", app.text());
    app.press("u");
    app.press("i");
    assert!(app.text().contains("the row is no alias call"), "{}", app.text());
}

#[test]
fn a_call_is_added_before_the_row_and_the_next_one_in_its_place() {
    let mut app = refused_alias();
    app.press("c");
    assert!(app.text().contains("with alias("), "{}", app.text());
    let first = app.text();
    app.press("c");
    assert!(app.text().contains("with identify("), "{}", app.text());
    app.press("u");
    app.press("c");
    assert_eq!(app.text(), first);
    assert!(app.text().lines().any(|line| line.contains(" + ")), "{}", app.text());
    app.press("<Esc><Esc>");
    assert_eq!(app.top(), "journey", "the changes first, then the page");
}

#[test]
fn changes_are_judged_by_the_rules_of_the_chosen_column() {
    let mut app = refused_alias();
    app.press("x");
    assert!(head(&mut app).contains("rules legacy"), "{}", app.text());
    app.press("l");
    assert!(head(&mut app).contains("rules original"), "{}", app.text());
    assert!(head(&mut app).contains("without"), "{}", app.text());
}

#[test]
fn changes_are_saved_as_a_scenario_that_can_be_played() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = refused_alias();
    app.press("x");
    app.press("S");
    assert!(app.text().contains("scenario"), "{}", app.text());
    let path = folder.path().join("what-if.toml");
    app.press("e").press(path.to_str().unwrap()).press("<Enter>");
    let written = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}: {}", app.text()));
    assert!(journey::sim::Scenario::parse("what-if.toml", &written).is_ok(), "{written}");
    assert!(!written.contains("sally@gmail.com"), "{written}");
    assert_eq!(app.top(), "rules", "{}", app.text());
}
