//! The timeline: sessions, folds, and where keys take the cursor.

mod filter;
mod moves;
mod orders;

use super::journeys::{self, Stories, at, browsing, event, long, phone, race, sally, source, step, two_people};
use super::{cursor_line, open, screen, with};
use crate::support::app::App;
use crossterm::event::Event;
use journey::identity::{Journey, Phase, Reason};
use journey::tui::keys::Action;
use journey::tui::timeline::lines::{Bits, Folds, Shown};
use journey::tui::timeline::order::Break;
use journey::tui::timeline::{self, Timeline};
use journey::tui::timeline::{Clock, Line, Lines, Order, Traits, Unmerged};
use journey::tui::worker::Request;
use journey::tui::{Msg, Options, Zone};
use proptest::prelude::*;

/// Sally's rows at these times, with these names, all of them under her root.
fn rows(rows: &[(&str, &str)]) -> Journey {
    let mut journey = sally();
    journey.steps.clear();
    journey.aliases.clear();
    journey.points.clear();
    for (line, (name, time)) in (1..).zip(rows) {
        journey.steps.push(step(event(line, name, "12345", time), "12345", Phase::Anonymous, Reason::Own));
    }
    journey
}

fn lines(journey: &Journey, folds: &Folds) -> Lines {
    let timeline = Timeline::new(journey, Zone::Utc);
    Lines::new(journey, &timeline, timeline.order(), &Shown { keep: None, folds, newest: false, devices: None })
}

#[test]
fn a_session_ends_after_half_an_hour_and_at_midnight() {
    let journey = rows(&[
        ("a", "2019-07-01T23:00:00Z"),
        ("b", "2019-07-01T23:30:00Z"),
        ("c", "2019-07-01T23:59:59.999Z"),
        ("d", "2019-07-02T00:00:00Z"),
        ("e", "2019-07-02T00:30:00.001Z"),
    ]);
    let timeline = Timeline::new(&journey, Zone::Utc);
    let printed: Vec<_> = timeline.order().list().iter().map(|s| (s.by, s.to - s.from, s.new_day, s.idle)).collect();
    assert_eq!(
        printed,
        [
            (Break::First, 3, true, None),
            (Break::Day, 1, true, Some(1)),
            (Break::Idle, 1, false, Some(30 * 60 * 1_000 + 1)),
        ]
    );
    let paris = Zone::Named(chrono_tz::Europe::Paris);
    let there = Order::new(&journey, &timeline, paris, Clock::Event, Unmerged::InPlace);
    assert_eq!(there.list().len(), 2, "midnight is two hours earlier there");
}

#[test]
fn a_reset_begins_a_session() {
    let journey = two_people();
    let timeline = Timeline::new(&journey, Zone::Utc);
    let last = timeline.order().list().last().unwrap();
    assert_eq!((last.by, last.to - last.from), (Break::Day, 2));
    let mut near = two_people();
    for point in &mut near.points {
        point.time = at("2019-07-11T11:41:00Z");
    }
    if let Some(row) = near.orphans.get_mut(0).and_then(|orphan| orphan.steps.get_mut(0)) {
        std::sync::Arc::make_mut(&mut row.event).time = at("2019-07-11T11:41:00Z");
    }
    let timeline = Timeline::new(&near, Zone::Utc);
    assert_eq!(timeline.order().list().last().unwrap().by, Break::Reset);
}

#[test]
fn a_run_is_folded_and_what_is_special_never_is() {
    let journey = browsing();
    let timeline = Timeline::new(&journey, Zone::Utc);
    let lines = lines(&journey, &Folds::default());
    assert!(lines.list().iter().any(|line| line.count() == 14), "{:?}", lines.list());
    for line in lines.list() {
        let Line::Fold(first, last, _) = line else { continue };
        for position in *first..=*last {
            let row = timeline.order().row(&timeline, position as usize).unwrap();
            assert!(!row.traits.any(Traits::POINT | Traits::SPLIT | Traits::ORPHAN | Traits::FINDING), "{row:?}");
        }
    }
}

#[test]
fn two_of_a_kind_are_not_folded() {
    let journey = rows(&[("a", "2019-07-01T23:00:00Z"), ("a", "2019-07-01T23:01:00Z"), ("b", "2019-07-01T23:02:00Z")]);
    assert_eq!(lines(&journey, &Folds::default()).list().iter().filter(|line| line.is_row()).count(), 3);
}

#[test]
fn a_fold_opens_and_closes_with_the_cursor_on_it() {
    let mut app = open(browsing()).sized(130, 24);
    app.press("jj");
    assert!(cursor_line(&mut app).contains("Page Viewed × 14, 13 min"), "{}", app.text());
    let folded = app.model.journey().unwrap().lines().list().len();
    app.press("l");
    assert_eq!(app.model.journey().unwrap().lines().list().len(), folded + 13);
    assert!(!cursor_line(&mut app).contains('×'));
    app.press("jjjh");
    assert!(cursor_line(&mut app).contains("× 14"), "{}", app.text());
    app.press("<Enter>");
    assert_eq!(app.model.journey().unwrap().lines().list().len(), folded + 13);
    app.press("zaza");
    assert!(cursor_line(&mut app).contains("× 14"), "closed with all others: {}", app.text());
}

#[test]
fn a_row_that_is_sought_comes_out_of_its_fold() {
    let mut app = open(browsing());
    let folded = app.model.journey().unwrap().lines().list().len();
    app.press("o");
    assert_eq!(app.top(), "identity");
    // The panel goes to rows by their number in the store.
    let mut state = app.model.journey().unwrap().clone();
    assert!(state.select_row(205));
    assert_eq!(state.lines().list().len(), folded + 13);
    assert_eq!(state.selected_row(), Some(205));
}

#[test]
fn sessions_and_days_are_gone_through_in_both_directions() {
    let mut app = open(browsing());
    let row = |app: &App<Stories>| app.model.journey().unwrap().selected_row().unwrap();
    let mut at = |keys: &str| {
        app.press(keys);
        row(&app)
    };
    assert_eq!(at("}"), 301);
    assert_eq!(at("}"), 401);
    assert_eq!(at("}"), 401, "there is no session after the last");
    assert_eq!(at("{"), 301);
    assert_eq!(at("j{"), 301, "first to the beginning of this one");
    assert_eq!(at("{"), 1);
    assert_eq!(at("]d"), 401, "the second session is of the same day");
    assert_eq!(at("[d"), 1);
}

#[test]
fn the_head_of_a_session_tells_program_rows_length_and_pause() {
    let mut app = open(browsing()).sized(120, 30);
    let text = app.text();
    assert!(text.contains("Mon 01 Jul 2019 · session 1 · web, Mac OS X, Chrome · 18 rows"), "{text}");
    assert!(text.contains("11:00:00 · session 2 · iphone, iOS · 2 rows · 1 m · after 1 h"), "{text}");
    assert!(text.contains("Thu 04 Jul 2019 · session 3"), "{text}");
    assert!(text.contains("after 2 d"), "{text}");
}

#[test]
fn the_timeline_with_sessions_and_folds_at_every_size() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        insta::assert_snapshot!(format!("folds_{width}x{height}"), screen(browsing(), (width, height), "<Enter>jj"));
    }
}

#[test]
fn all_runs_of_a_hundred_thousand_rows_are_unfolded_and_cost_a_screenful() {
    let mut app = open(long());
    app.press("za");
    let unfolded = app.model.journey().unwrap().lines().list().len();
    for keys in ["G", "gg", "}", "]d", "<PgDn>", "h", "l", "za"] {
        app.press(keys);
        app.text();
        assert!(app.ui.built <= 24, "{} rows were built after {keys}", app.ui.built);
    }
    assert!(app.model.journey().unwrap().lines().list().len() < unfolded);
}

#[test]
fn a_row_out_of_view_by_its_fold_is_never_one_that_an_alias_needs() {
    for journey in [phone(), race(), two_people(), browsing()] {
        let lines = lines(&journey, &Folds::default());
        let shown: usize = lines.list().iter().map(|line| line.count()).sum();
        assert_eq!(shown, Timeline::new(&journey, Zone::Utc).rows().len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn folding_filtering_and_turning_lose_no_row(
        names in proptest::collection::vec((0..3u8, 0..3_000u64), 0..120),
        open_all in any::<bool>(),
        newest in any::<bool>(),
        by_arrival in any::<bool>(),
        unmerged in 0..3u8,
        keep in proptest::option::of(proptest::collection::vec(any::<bool>(), 140)),
    ) {
        let mut journey = phone();
        let start = at("2019-07-02T00:00:00Z");
        let mut time = start;
        for (line, (name, pause)) in (500..).zip(names) {
            time += i64::try_from(pause).unwrap() * 1_000;
            let name = ["a", "b", "c"][usize::from(name)];
            let mut row = event(line, name, "12345", "2019-07-02T00:00:00Z");
            (row.time, row.arrived) = (time, time + (i64::try_from(line).unwrap() % 7) * 400_000);
            journey.steps.push(step(row, "12345", Phase::Identified, Reason::Own));
        }
        journey.steps.sort_by_key(|step| step.event.time);
        let timeline = Timeline::new(&journey, Zone::Utc);
        let clock = if by_arrival { Clock::Arrival } else { Clock::Event };
        let unmerged = [Unmerged::InPlace, Unmerged::After, Unmerged::Hidden][usize::from(unmerged)];
        let order = Order::new(&journey, &timeline, Zone::Utc, clock, unmerged);
        prop_assert_eq!(order.rows().len() + order.hidden(), timeline.rows().len());
        let mut folds = Folds::default();
        if open_all {
            folds.toggle_all();
        }
        let bits = keep.map(|keep| {
            let mut bits = Bits::default();
            (0..timeline.rows().len()).filter(|row| keep[row % keep.len()]).for_each(|row| bits.add(row));
            bits
        });
        let lines = Lines::new(&journey, &timeline, &order, &Shown { keep: bits.as_ref(), folds: &folds, newest, devices: None });
        let expected = order.rows().iter().filter(|row| bits.as_ref().is_none_or(|bits| bits.has(**row as usize)));
        prop_assert_eq!(lines.rows(), expected.count());
        prop_assert_eq!(lines.list().iter().map(|line| line.count()).sum::<usize>(), lines.rows());
        let of_sessions: usize = (0..order.list().len()).map(|session| lines.of_session(session)).sum();
        prop_assert_eq!(of_sessions, lines.rows());
        let coverage = timeline.coverage();
        prop_assert_eq!(coverage.own + coverage.through + coverage.split, journey.steps.len() as u64);
        let orphans: usize = journey.orphans.iter().map(|orphan| orphan.steps.len()).sum();
        prop_assert_eq!(coverage.orphaned + coverage.contested + coverage.hinted, orphans as u64);
    }
}

#[test]
fn a_small_screen_is_one_of_the_story_with_a_fold() {
    let mut app = with(browsing()).sized(40, 12);
    app.press("<Enter>jj");
    assert!(app.text().contains("Page Vi… × 14"), "{}", app.text());
}

#[test]
fn a_fold_does_not_show_the_copies_of_one_row() {
    let mut journey = browsing();
    for step in &mut journey.steps {
        step.copies = vec![source(99)];
    }
    let text = with(journey).sized(120, 40).press("<Enter>jj").text();
    let fold = text.lines().find(|line| line.contains("× 14")).unwrap_or_default();
    assert!(fold.contains("Page Viewed × 14"), "{text}");
    assert!(text.contains(" ×2 "), "a row by itself says it: {text}");
}
