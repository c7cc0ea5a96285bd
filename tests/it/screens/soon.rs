//! The first rows of a long journey, while the rest is read.

use journey::identity::{Cut, CutOf, Journey};
use journey::tui::{Msg, Options};

use super::journeys::{Stories, long, phone};
use crate::support::app::App;

/// A long journey that waits for its answer.
fn opening() -> App<Stories> {
    let whole = long();
    let first = Journey {
        steps: whole.steps.iter().take(30).cloned().collect(),
        cuts: vec![Cut { of: CutOf::Rows, what: "the first 30 rows; the rest is being read".into() }],
        ..whole.clone()
    };
    let id = whole.query.clone();
    let stories = Stories { soon: Some(first), ..Stories::of(vec![whole]) };
    let mut app = App::unsettled(stories, &Options { id: Some(id), ..Options::default() });
    app.send(Msg::Opened("s".into()));
    app
}

#[test]
fn the_first_rows_of_a_long_journey_are_there_while_the_rest_is_read_and_the_place_stays() {
    let mut app = opening();
    app.answer_soon();
    let text = app.text();
    assert!(text.contains("the rest is being read"), "{text}");
    app.press_unanswered("jjj");
    let here = app.text().lines().find(|line| line.contains('▸')).map(str::to_owned);
    assert!(here.is_some());
    app.settle();
    let text = app.text();
    assert!(!text.contains("the rest is being read"), "{text}");
    assert_eq!(text.lines().find(|line| line.contains('▸')).map(str::to_owned), here, "{text}");
}

#[test]
fn first_rows_never_take_the_place_of_all_rows() {
    let mut app = opening();
    app.settle();
    let whole = app.text();
    // Read again: what is on the screen is more than the first rows.
    app.press_unanswered("R");
    app.answer_soon();
    assert!(!app.text().contains("the rest is being read"), "{}", app.text());
    app.settle();
    assert_eq!(app.text(), whole);
}

#[test]
fn first_rows_of_a_journey_that_was_left_are_dropped() {
    let mut app = opening();
    assert_eq!(app.top(), "journey");
    app.press_unanswered("<Esc>");
    app.answer_soon();
    assert_eq!(app.top(), "search");
    assert!(app.model.journey().is_none(), "nothing was put in place");
}

#[test]
fn a_number_that_a_limit_cut_says_at_least_and_no_other_does() {
    let cut = |of: Option<CutOf>| {
        let mut journey = phone();
        journey.cuts = of.map(|of| Cut { of, what: "there is more".into() }).into_iter().collect();
        super::open(journey).sized(140, 30)
    };
    let printed = |of| cut(of).text().lines().take(4).collect::<Vec<_>>().join("\n");
    let (whole, ids, rows, around) =
        (printed(None), printed(Some(CutOf::Ids)), printed(Some(CutOf::Rows)), printed(Some(CutOf::Around)));
    assert!(!whole.contains("at least"), "{whole}");
    assert!(ids.contains("at least 2 ids") && ids.contains("at least 5 rows"), "{ids}");
    assert!(!rows.contains("at least 2 ids") && rows.contains("at least 5 rows"), "{rows}");
    assert!(!around.contains("at least 2 ids") && !around.contains("at least 5 rows"), "{around}");
    // What other users have of this one is all that a limit around it can hide.
    assert!(around.contains("at least 1 refused") && around.contains("at least 3 orphaned"), "{around}");
    // A share of rows that are not all at hand is not known.
    assert!(whole.contains('%') && !rows.contains('%'), "{whole}\n{rows}");
}
