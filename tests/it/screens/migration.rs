//! What becomes of everyone in the store under another rule set, on the screen.

use std::sync::Arc;

use journey::session::{Location, Opened, Options as SessionOptions};

use crate::support::app::App;

fn opened() -> Opened {
    Opened::open(Location::Demo, Arc::new(|| false), SessionOptions::default()).unwrap()
}

fn migration() -> App<Opened> {
    let mut app = App::start(opened()).sized(100, 36);
    app.press("<F3>");
    assert_eq!(app.top(), "migration", "{}", app.text());
    app
}

fn line(app: &mut App<Opened>) -> String {
    app.text().lines().find(|line| line.starts_with('▸')).unwrap_or_default().to_owned()
}

#[test]
fn the_report_has_the_sums_what_to_change_and_the_users_with_most_rows_changed() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        insta::assert_snapshot!(format!("migration_{width}x{height}"), migration().sized(width, height).text());
    }
    insta::assert_snapshot!("migration_styled", migration().sized(120, 36).styled());
}

#[test]
fn every_user_that_is_listed_is_one_enter_away_and_esc_comes_back() {
    let mut app = migration();
    app.press("jj");
    let before = app.text();
    app.press("<Enter>");
    assert_eq!(app.top(), "journey", "{}", app.text());
    app.press("<Esc>");
    assert_eq!(app.text(), before);
    app.press("G");
    let last = line(&mut app);
    app.press("j");
    assert_eq!(line(&mut app), last);
    assert!(app.text().contains("not known"), "what stands below the users is seen from the last one: {}", app.text());
    app.press("gg");
    assert!(app.text().contains("── people"), "{}", app.text());
}

#[test]
fn keys_choose_the_two_rule_sets() {
    let mut app = migration();
    let head = |app: &mut App<Opened>| app.text().lines().next().unwrap().to_owned();
    assert!(head(&mut app).contains("legacy → simplified"), "{}", app.text());
    app.press("l");
    assert!(head(&mut app).contains("legacy → posthog"), "{}", app.text());
    app.press("hh");
    assert!(head(&mut app).contains("legacy → original"), "{}", app.text());
    app.press("r");
    assert!(head(&mut app).contains("simplified → original"), "one is never both: {}", app.text());
    assert!(app.model.command().unwrap().contains("compare --from simplified --to original"));
    assert!(app.text().contains("change owner"), "{}", app.text());
}

#[test]
fn other_rules_have_other_users_and_the_first_of_them_is_chosen() {
    let mut app = migration();
    app.press("jj");
    assert!(app.text().contains("user 3 of"), "{}", app.text());
    app.press("l");
    assert!(app.text().contains("user 1 of"), "{}", app.text());
    app.press("jh");
    assert!(app.text().contains("user 1 of"), "{}", app.text());
}

#[test]
fn the_numbers_are_those_of_the_command() {
    let mut app = migration();
    let session = opened();
    let inspector = journey::session::Session::inspector(&session).unwrap();
    let [from, to] = ["legacy", "simplified"].map(|name| journey::identity::named(name).unwrap());
    let found = journey::inspect::migration::report(inspector, from, to, &mut |_, _| true).unwrap();
    let text = app.text();
    assert!(text.contains(&format!("{} → {} people", found.sums.people.0, found.sums.people.1)), "{text}");
    assert!(text.contains(&format!("{} rows change owner", found.sums.rows_changed)), "{text}");
    for user in &found.top {
        let row = line(&mut app);
        let shown = user.name.as_deref().unwrap_or(user.id.as_str());
        let start: String = shown.chars().take(8).collect();
        assert!(row.contains(&start) && row.contains(&format!("{} row", user.rows)), "{shown}: {row}");
        app.press("j");
    }
}

#[test]
fn the_report_is_saved_in_each_of_its_forms() {
    let folder = tempfile::tempdir().unwrap();
    let forms = [("html", "<!doctype html>"), ("txt", "migration  demo"), ("csv", "id,name,"), ("json", "{\"")];
    for (at, (ending, begins)) in forms.iter().enumerate() {
        let mut app = migration();
        app.press("S");
        assert!(app.text().contains("the migration report"), "{}", app.text());
        for _ in 0..at {
            app.press("<Down>");
        }
        let path = folder.path().join(format!("m.{ending}"));
        app.press("e").press(path.to_str().unwrap()).press("<Enter>");
        let written = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}: {}", app.text()));
        assert!(written.starts_with(begins), "{written}");
        assert_eq!(app.top(), "migration", "{}", app.text());
    }
}

#[test]
fn what_each_rule_set_assumes_is_one_key_away_and_the_same_key_leads_back() {
    let mut app = migration().sized(80, 24);
    let before = app.text();
    app.press("A");
    assert_eq!(app.top(), "assumed", "{}", app.text());
    for (width, height) in [(40, 12), (80, 24), (120, 40)] {
        app.resize(width, height);
        insta::assert_snapshot!(format!("assumed_{width}x{height}"), app.text());
    }
    app.resize(80, 24);
    // To the end, line by line, every sentence of every rule set is seen.
    let mut seen = String::new();
    for _ in 0..200 {
        seen.push_str(&app.text());
        app.press("j");
    }
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let seen = words(&seen);
    for rules in journey::identity::RULE_SETS {
        assert!(seen.contains(rules.name()), "{}", rules.name());
        for sentence in rules.unknown() {
            let end: Vec<&str> = sentence.split(' ').rev().take(3).collect();
            assert!(end.iter().all(|word| seen.contains(word)), "{sentence}");
        }
    }
    app.press("A");
    assert_eq!(app.text(), before);
}
