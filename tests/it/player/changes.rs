//! A play that was changed by hand, next to the original.

use journey::identity::Verdict;

use super::{Stage, play, player};
use crate::support::app::App;

#[test]
fn a_branch_made_by_hand_is_never_dropped_without_a_question() {
    for (leaves, ends) in [("<Esc>", false), ("q", true), ("<C-c>", true)] {
        let mut app = play(1);
        app.press("llx").press(leaves);
        assert_eq!((app.top(), app.end.is_none()), ("question", true), "{leaves}");
        assert!(app.text().contains("1 change by hand would be lost"), "{}", app.text());
        // Enter is no answer, and Esc stays.
        app.press("<Enter><Esc>");
        assert_eq!(app.top(), "player");
        assert_eq!(app.model.player().unwrap().changes(), 1);
        app.press(leaves).press("y");
        assert_eq!(app.end.is_some(), ends, "{leaves}");
        assert_eq!(app.top(), if ends { "player" } else { "gallery" });
    }
}

#[test]
fn a_branch_that_is_saved_or_undone_is_left_without_a_question() {
    let mut app = play(1);
    app.press("llxu<Esc>");
    assert_eq!(app.top(), "gallery", "nothing is left of it");
    let mut app = play(1);
    app.press("llx<Esc>smine<Enter><Esc>");
    assert_eq!(app.top(), "gallery", "it is in a file: {}", app.text());
    assert_eq!(app.backend.files.len(), 1);
    let mut app = play(1);
    app.press("llxSmine<Enter>x<Esc>");
    assert_eq!(app.top(), "question", "changed since: {}", app.text());
}

#[test]
fn a_branch_is_asked_for_over_its_journey_too() {
    let mut app = play(1);
    app.press("llxoq");
    assert_eq!(app.top(), "question");
    app.press("s");
    assert_eq!(app.top(), "player");
    assert!(app.text().contains("save as"), "{}", app.text());
    app.press("<Esc>q<C-c>");
    assert!(app.end.is_some(), "twice is an answer");
}

#[test]
fn a_refused_call_is_shown_and_is_not_in_the_lookup_table() {
    let mut app = play(1).sized(120, 40);
    app.press("G");
    let table = &app.model.player().unwrap().now().table;
    let refused = table.iter().filter(|call| matches!(call.verdict, Verdict::Refused(_))).count();
    assert_eq!((table.len(), refused), (2, 1));
    assert!(app.text().contains("lookup table: 1, refused: 1"), "{}", app.text());
}

#[test]
fn the_end_of_a_changed_play_is_shown_next_to_that_of_the_original() {
    let mut app = play(1).sized(120, 40);
    assert_eq!(app.model.player().unwrap().difference(), None);
    // The refused alias call is left out, and identify is called in its place.
    app.press("G");
    while app.model.player().unwrap().play().step(app.model.player().unwrap().moment()).unwrap().code
        != "alias(\"sally@gmail.com\")"
    {
        app.press("h");
    }
    app.press("x");
    let difference = app.model.player().unwrap().difference().unwrap();
    assert!(difference.contains("refused calls 1 -> 0"), "{difference}");
    assert!(app.text().contains("with your changes: "), "{}", app.text());
    app.press("ctrack \"Big {Sale}\" {\"price\": 20}<Enter>");
    assert_eq!(app.model.player().unwrap().changes(), 2, "{}", app.text());
    app.press("uu");
    assert_eq!(app.model.player().unwrap().difference(), None);
}

/// To the last alias call of Sally, which is refused.
fn at_the_refused_alias(app: &mut App<Stage>) {
    app.press("G");
    while player(app).play().step(player(app).moment()).unwrap().code != "alias(\"sally@gmail.com\")" {
        app.press("h");
    }
}

#[test]
fn after_a_change_the_original_stands_side_by_side_with_it() {
    for (width, with_table) in [(80, false), (120, true)] {
        let mut app = play(1).sized(width, 40);
        at_the_refused_alias(&mut app);
        assert!(!app.text().contains("original: "), "{}", app.text());
        app.press("xcidentify sally@gmail.com<Enter>G");
        let text = app.text();
        assert!(text.contains("original: 23 rows, 7 orphans"), "{text}");
        let [original, changed] = player(&app).tallies();
        assert_eq!((original.orphans, original.refused), (7, 1));
        assert_eq!((changed.refused, changed.orphans < 7), (0, true));
        assert_eq!(text.contains("lookup table"), with_table, "{text}");
        // The call is gone on the right, and what follows it counts otherwise.
        let line = text.lines().find(|line| line.contains(" - ") && line.contains("◇ $create_ali")).unwrap();
        assert!(line.trim_end().ends_with('│'), "{line}");
        assert!(text.lines().any(|line| line.contains("orphan") && line.contains("~ ")), "{text}");
        insta::assert_snapshot!(format!("sides_{width}"), app.styled());
    }
}

#[test]
fn one_key_shows_the_lookup_table_in_place_of_the_original_and_back() {
    let mut app = play(1);
    app.press("v");
    assert!(app.text().contains("nothing was changed"), "{}", app.text());
    app.press("llxv");
    assert!(app.text().contains("lookup table: ") && !app.text().contains("original: "), "{}", app.text());
    app.press("v");
    assert!(app.text().contains("original: "), "{}", app.text());
    app.press("u");
    assert!(app.text().contains("lookup table: "), "nothing is changed any more: {}", app.text());
}

#[test]
fn the_original_stands_at_the_time_of_the_changed_play() {
    let mut app = play(1);
    app.press("llllx");
    assert_eq!(player(&app).moment(), 3);
    let rows = |app: &App<Stage>| player(app).tallies().map(|tally| tally.rows());
    let [original, changed] = rows(&app);
    assert_eq!(original, changed, "up to there nothing is different");
    app.press("G");
    let [original, changed] = rows(&app);
    assert_eq!(original, 23);
    assert!(changed < original, "a row less at the end: {changed}");
    app.press("gg");
    assert_eq!(rows(&app), [0, 0]);
}
