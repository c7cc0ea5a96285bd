//! The timeline: sessions, folds, and where keys take the cursor.

use super::journeys::{self, Stories, at, browsing, event, long, phone, race, sally, source, step, two_people};
use super::{cursor_line, open, screen, with};
use crate::support::app::App;
use crossterm::event::Event;
use journey::identity::{Journey, Phase, Reason};
use journey::tui::keys::Action;
use journey::tui::timeline::lines::{Bits, Folds, Shown};
use journey::tui::timeline::order::Break;
use journey::tui::timeline::{self, Timeline};
use journey::tui::timeline::{Apart, Clock, Line, Lines, Order, Traits};
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
    let told: Vec<_> = timeline.order().list().iter().map(|s| (s.by, s.to - s.from, s.new_day, s.idle)).collect();
    assert_eq!(
        told,
        [
            (Break::First, 3, true, None),
            (Break::Day, 1, true, Some(1)),
            (Break::Idle, 1, false, Some(30 * 60 * 1_000 + 1)),
        ]
    );
    let paris = Zone::Named(chrono_tz::Europe::Paris);
    let there = Order::new(&journey, &timeline, paris, Clock::Event, Apart::InPlace);
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
    app.press("zz");
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
    app.press("z");
    let unfolded = app.model.journey().unwrap().lines().list().len();
    for keys in ["G", "gg", "}", "]d", "<PgDn>", "h", "l", "z"] {
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
        apart in 0..3u8,
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
        let apart = [Apart::InPlace, Apart::After, Apart::Hidden][usize::from(apart)];
        let order = Order::new(&journey, &timeline, Zone::Utc, clock, apart);
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
fn copies_of_one_row_are_not_told_of_a_whole_fold() {
    let mut journey = browsing();
    for step in &mut journey.steps {
        step.copies = vec![source(99)];
    }
    let text = with(journey).sized(120, 40).press("<Enter>jj").text();
    let fold = text.lines().find(|line| line.contains("× 14")).unwrap_or_default();
    assert!(fold.contains("Page Viewed × 14"), "{text}");
    assert!(text.contains(" ×2 "), "a row by itself says it: {text}");
}

// Filters

/// Numbers in the store of the rows on the screen's lines, folds included.
fn shown(app: &App<Stories>) -> Vec<i64> {
    let state = app.model.journey().unwrap();
    let (journey, timeline) = (state.journey(), state.timeline());
    let mut rows = Vec::new();
    let mut state = state.clone();
    for _ in 0..2 {
        // Unfolded, every row has a line.
        rows.clear();
        for line in state.lines().list() {
            if let Line::Row(position) = line {
                let row = state.order().row(timeline, *position as usize).unwrap();
                rows.extend(timeline::event(journey, row.entry).map(|event| event.row));
            }
        }
        if rows.len() == state.lines().rows() {
            return rows;
        }
        state.update(Action::FoldAll, 10);
    }
    rows
}

fn filtered(journey: Journey, filter: &str) -> App<Stories> {
    let mut app = open(journey);
    app.press("&");
    app.send(Msg::Terminal(Event::Paste(filter.into())));
    app.settle();
    app
}

#[test]
fn a_filter_works_while_it_is_typed_and_says_what_it_keeps() {
    let mut app = filtered(browsing(), "event:page");
    assert_eq!(app.model.journey().unwrap().lines().rows(), 14);
    assert!(app.text().contains("& event:page"), "{}", app.text());
    assert!(app.text().contains("14 of 21 rows"), "{}", app.text());
    app.press("<Enter>");
    assert!(app.text().contains("14 of 21 rows"), "always to be seen: {}", app.text());
    app.press("j");
    assert_eq!(app.top(), "journey");
}

#[test]
fn escape_from_a_filter_brings_back_what_was_there() {
    let mut app = open(browsing());
    app.press("G");
    let before = app.model.journey().unwrap().selected_row();
    app.press("&event:view");
    assert_ne!(app.model.journey().unwrap().selected_row(), before);
    app.press("<Esc>");
    assert_eq!(app.model.journey().unwrap().selected_row(), before);
    assert_eq!(app.model.journey().unwrap().filter_text(), None);
    assert_eq!(app.top(), "journey");
}

#[test]
fn an_empty_filter_shows_all_and_keeps_the_row() {
    let mut app = filtered(phone(), "is:refused");
    app.press("<Enter>");
    assert_eq!(shown(&app), [61]);
    app.press("&<C-u><Enter>");
    assert_eq!(app.model.journey().unwrap().filter_text(), None);
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(61));
    assert_eq!(shown(&app).len(), 8);
}

#[test]
fn a_mistake_in_a_filter_is_pointed_at_and_changes_nothing() {
    let mut app = filtered(phone(), "is:orfan");
    let text = app.text();
    assert!(text.contains("   ^^^^^ no state is called orfan; did you mean orphan?"), "{text}");
    assert_eq!(shown(&app).len(), 8);
    app.press("<Enter>");
    assert!(app.text().contains("^^^^^"), "it is not left with a mistake in it: {}", app.text());
}

#[test]
fn a_filter_that_keeps_nothing_says_so_and_what_was_meant() {
    let mut app = filtered(phone(), "event:dashbord");
    let text = app.text();
    assert!(text.contains("the filter keeps no row") && text.contains("did you mean \"Dashboard\""), "{text}");
    app.press("<Enter>jkGgg}i<C-d>");
    assert_eq!(app.model.journey().unwrap().selected_row(), None);
}

#[test]
fn a_property_is_read_in_batches_and_only_where_it_decides() {
    let mut app = open(long());
    let before = app.asked.len();
    app.press("&");
    app.send(Msg::Terminal(Event::Paste("event:dash row>=100990".into())));
    app.settle();
    let batches = app.asked[before..].iter().filter(|question| matches!(question, Request::Sift(_))).count();
    assert_eq!(batches, 13, "100,001 rows are dashboards");
    assert!(app.text().contains("10 of 100,005 rows"), "{}", app.text());
}

#[test]
fn progress_is_told_and_a_filter_typed_over_is_given_up() {
    let mut app = open(long());
    app.press_unanswered("&event:dash row>5");
    app.settle();
    app.press_unanswered("9");
    app.answer_one();
    assert!(app.text().contains("so far, "), "{}", app.text());
    app.press_unanswered("<C-u>");
    app.settle();
    assert_eq!(app.model.journey().unwrap().lines().rows(), 100_005);
}

#[test]
fn properties_that_cannot_be_read_are_told() {
    let mut app = filtered(phone(), "plan=pro");
    assert!(app.text().contains("july.db cannot be read"), "{}", app.text());
    assert_eq!(app.model.journey().unwrap().lines().rows(), 8, "what was shown stays");
}

#[test]
fn the_value_under_the_cursor_narrows_and_a_capital_letter_leaves_out() {
    let mut app = open(browsing());
    app.press("jj*");
    assert!(app.text().contains("event=\"Page Viewed\""), "{}", app.text());
    app.press("e");
    assert_eq!(app.model.journey().unwrap().filter_text(), Some("event=\"Page Viewed\""));
    assert_eq!(shown(&app).len(), 14);
    app.press("&<C-u><Enter>*E");
    assert_eq!(shown(&app).len(), 7);
    app.press("gg**");
    assert_eq!(app.model.journey().unwrap().filter_text(), Some("-event=\"Page Viewed\" event=View"));
    app.press("*<Esc>");
    assert_eq!(app.top(), "journey");
}

#[test]
fn find_goes_to_rows_and_hides_none() {
    let mut app = open(browsing());
    app.press("fopen");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(301));
    app.press("<Enter>n");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(401));
    app.press("n");
    assert!(app.text().contains("no more below"), "{}", app.text());
    app.press("N");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(301));
    assert_eq!(shown(&app).len(), 21);
    app.press("fview<Esc>");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(301));
    app.press("gg<Esc>");
}

#[test]
fn find_takes_a_row_out_of_its_fold() {
    let mut app = open(browsing());
    app.press("fat:09:05<Enter>");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(204));
    assert!(!cursor_line(&mut app).contains('×'));
}

#[test]
fn a_time_is_gone_to() {
    let mut app = open(browsing());
    for (keys, row) in [
        ("t11:00<Enter>", 301),
        ("t2019-07-04<Enter>", 401),
        ("t2019-07-01T09:05<Enter>", 204),
        ("t+2h<Enter>", 401),
        ("t-1d<Enter>", 401),
        ("t-3d<Enter>", 1),
        ("t2030<Enter>", 401),
        ("t2000<Enter>", 1),
        ("t09:00:10<Enter>", 2),
    ] {
        app.press(keys);
        assert_eq!(app.model.journey().unwrap().selected_row(), Some(row), "{keys}");
    }
    app.press("tsoon<Enter>");
    assert!(app.text().contains("no such time"), "{}", app.text());
}

#[test]
fn the_filter_is_read_again_when_the_store_or_the_zone_changes() {
    let options = Options { zone: Zone::Named(chrono_tz::Asia::Tokyo), ..Options::default() };
    let mut app = App::unsettled(Stories::of(vec![browsing()]), &options);
    app.settle();
    app.press("sally@gmail.com<Enter>&at:18:05<Enter>");
    assert_eq!(shown(&app), [204], "five past nine in universal time");
    app.press("Z");
    assert_eq!(shown(&app), Vec::<i64>::new());
    app.press("ZZ");
    app.backend.changed = true;
    app.send(Msg::Idle);
    app.settle();
    assert_eq!(app.model.journey().unwrap().filter_text(), Some("at:18:05"));
    assert_eq!(shown(&app), [204]);
}

#[test]
fn filters_at_every_size() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let size = (width, height);
        insta::assert_snapshot!(
            format!("filter_{width}x{height}"),
            screen(phone(), size, "<Enter>&is:orphan or is:refused")
        );
        insta::assert_snapshot!(format!("filter_wrong_{width}x{height}"), screen(phone(), size, "<Enter>&is:orfan"));
        insta::assert_snapshot!(
            format!("filtered_{width}x{height}"),
            screen(phone(), size, "<Enter>&is:orphan<Enter>")
        );
        insta::assert_snapshot!(format!("narrow_{width}x{height}"), screen(phone(), size, "<Enter>*"));
    }
}

// Moves

#[test]
fn each_kind_of_place_is_gone_to_and_back() {
    let mut app = open(two_people());
    let row = |app: &App<Stories>| app.model.journey().unwrap().selected_row();
    for (keys, there) in [
        ("]a", Some(3)),
        ("]r", Some(70)),
        ("[a", Some(3)),
        ("gg]o", Some(70)),
        ("[o", Some(70)),
        ("ggi", Some(3)),
        ("i", Some(70)),
        ("I", Some(3)),
    ] {
        app.press(keys);
        assert_eq!(row(&app), there, "{keys}");
    }
    let mut app = open(phone());
    app.press("]a]a");
    assert_eq!(row(&app), Some(61), "refused calls are alias calls too");
    app.press("]a");
    assert!(app.text().contains("no other alias call below"), "{}", app.text());
    app.press("gg]i");
    assert!(app.text().contains("no other identify point below"), "{}", app.text());
}

#[test]
fn identify_points_and_findings_are_gone_to() {
    let mut journey = browsing();
    journey.points.push(journeys::point(301, journey::identity::PointKind::Login, "12345", "2019-07-01T11:00:00Z", ""));
    journey.findings = vec![journey::identity::Finding {
        kind: journey::identity::LEGACY.findings()[0],
        what: "one".into(),
        advice: "two",
        rows: 1,
        sources: vec![source(401)],
    }];
    let mut app = open(journey);
    app.press("]i");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(301));
    app.press("]f");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(401));
    app.press("[i");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(301));
}

#[test]
fn rows_of_the_same_id_are_gone_through() {
    let mut app = open(phone());
    app.press("]o)");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(61));
    app.press(")");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(62));
    app.press(")");
    assert!(app.text().contains("no other row of this id below"), "{}", app.text());
    app.press("((");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(60));
}

#[test]
fn marks_are_gone_through_and_stay_in_another_journey() {
    let mut app = App::start(Stories::of(vec![phone(), journeys::mentioned()]));
    app.press("sally@gmail.com<Enter>m]om");
    assert!(app.text().contains("2 marks"), "{}", app.text());
    app.press("'");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(1));
    app.press("jj'");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(60));
    assert!(app.text().lines().any(|line| line.starts_with('†') && line.contains("View")), "{}", app.text());
    app.press("m'");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(1));
    app.press("<Esc><Esc>tablet<Enter>");
    app.press("<Esc><Esc>sally@gmail.com<Enter>G'");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(1));
}

#[test]
fn newest_first_turns_everything_but_what_stands_under_a_call() {
    let mut app = open(phone()).sized(80, 40);
    app.press("s");
    let text = app.text();
    let at = |what: &str| text.lines().position(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}: {text}"));
    assert!(at("App Buy") < at("REFUSED") && at("REFUSED") < at("blocked by") && at("blocked by") < at("App Open"));
    assert!(text.contains("newest first") && text.contains("identified down to here"), "{text}");
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(1), "the same row as before");
    app.press("s");
    assert!(!app.text().contains("newest first"));
}

#[test]
fn by_arrival_a_late_row_stands_where_the_server_had_it() {
    let mut app = open(race()).sized(130, 30);
    app.press("A");
    let text = app.text();
    assert!(text.contains("ARRIVED") && text.contains("by arrival"), "{text}");
    let mut journey = race();
    for step in &mut journey.steps {
        if step.event.row == 6 {
            std::sync::Arc::make_mut(&mut step.event).arrived = at("2019-07-01T09:16:10.900Z");
        }
    }
    let timeline = Timeline::new(&journey, Zone::Utc);
    let order = Order::new(&journey, &timeline, Zone::Utc, Clock::Arrival, Apart::InPlace);
    let times: Vec<i64> = (0..order.rows().len()).filter_map(|at| order.time(&timeline, at)).collect();
    assert!(times.is_sorted(), "{times:?}");
    let mut app = open(journey).sized(160, 30);
    app.press("]a");
    assert!(app.text().contains("SPLIT history, 900ms early"), "{}", app.text());
}

#[test]
fn what_is_stored_apart_stands_in_place_at_the_end_or_nowhere() {
    let mut app = open(phone()).sized(80, 40);
    app.press("v");
    let text = app.text();
    assert!(text.contains("stored apart, orphans and splits: 2 rows"), "{text}");
    assert!(text.contains("REFUSED"), "the refused call stays in place: {text}");
    app.press("v");
    let text = app.text();
    assert!(text.contains("2 stored apart hidden") && !text.contains("App Buy"), "{text}");
    assert!(text.contains("row 1 of 6"), "{text}");
    app.press("v");
    assert!(app.text().contains("App Buy"));
}

#[test]
fn a_press_and_a_drag_on_the_strip_go_there() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut app = open(phone());
    app.settle();
    let text = app.text();
    let (row, line) = text.lines().enumerate().find(|(_, line)| line.contains("17 Jul 2019")).unwrap();
    let column = |at: &str| u16::try_from(line.chars().position(|c| at.contains(c)).unwrap()).unwrap();
    let mouse = |kind, column| {
        let row = u16::try_from(row).unwrap();
        Msg::Terminal(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
    };
    app.send(mouse(MouseEventKind::Down(MouseButton::Left), column("◇")));
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(60));
    app.send(mouse(MouseEventKind::Drag(MouseButton::Left), column("◆")));
    assert_eq!(app.model.journey().unwrap().selected_row(), Some(1));
    app.send(mouse(MouseEventKind::Drag(MouseButton::Left), 200));
    assert!(app.model.journey().unwrap().selected_row() >= Some(60));
}

#[test]
fn clock_gap_and_both_take_turns_at_one_key() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        for (name, keys) in [("one", "<Enter>T"), ("two", "<Enter>TT"), ("three", "<Enter>TTT")] {
            let mut app = with(phone()).sized(width, height);
            insta::assert_snapshot!(format!("times_{name}_{width}x{height}"), app.press(keys).text());
        }
    }
    let mut app = open(phone()).sized(80, 24);
    app.press("T");
    assert!(app.text().contains("GAP") && !app.text().contains("TIME"), "{}", app.text());
    app.press("T");
    assert!(app.text().contains("GAP") && app.text().contains("TIME"), "{}", app.text());
    app.press("T");
    assert!(!app.text().contains("GAP") && app.text().contains("TIME"), "{}", app.text());
}

// The headline

#[test]
fn a_refused_alias_tells_what_blocked_it_and_what_was_lost_in_rows_and_money() {
    let mut app = App::start(Stories { money: true, ..Stories::of(vec![phone()]) }).sized(130, 40);
    app.press("sally@gmail.com<Enter>");
    let text = app.text();
    assert!(text.contains("blocked by sally@gmail.com → 12345 since 01 Jul 2019 09:16:10, sally.jsonl:3"), "{text}");
    assert!(text.contains("lost after it: 1 row, EUR 62.50 (total) · 1 row before it · all stay under P-1"), "{text}");
}

#[test]
fn a_row_is_lost_to_one_call_alone() {
    let mut journey = phone();
    let mut again = journey.aliases[1].clone();
    (again.row, again.source, again.time) = (63, source(63), at("2019-07-17T20:05:00Z"));
    journey.aliases.push(again);
    let mut late = journey.orphans[0].steps[2].clone();
    let row = std::sync::Arc::make_mut(&mut late.event);
    (row.row, row.time) = (64, at("2019-07-17T20:06:00Z"));
    journey.orphans[0].steps.push(late);
    let timeline = Timeline::new(&journey, Zone::Utc);
    let losses = timeline.losses();
    assert_eq!((losses[&1].rows.as_slice(), losses[&1].before), (&[62][..], 1));
    assert_eq!((losses[&2].rows.as_slice(), losses[&2].before), (&[64][..], 0));
}

#[test]
fn lanes_that_share_a_place_are_told_by_their_names() {
    let mut app = open(journeys::many_lanes()).sized(100, 40);
    app.press("G");
    let text = app.text();
    let line = cursor_line(&mut app);
    assert!(text.lines().any(|line| line.contains("G +7")), "{text}");
    assert!(line.contains("◌ N"), "{line}");
}

#[test]
fn the_row_that_the_selected_one_depends_on_is_marked() {
    let mut app = open(phone());
    app.press("]o");
    assert!(app.text().lines().any(|line| line.starts_with('»') && line.contains("REFUSED")), "{}", app.text());
    app.press("]a");
    assert!(app.text().lines().any(|line| line.starts_with('»') && line.contains("ACCEPTED")), "{}", app.text());
}

#[test]
fn orders_at_every_size() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let size = (width, height);
        insta::assert_snapshot!(format!("refused_{width}x{height}"), screen(phone(), size, "<Enter>]a]a"));
        insta::assert_snapshot!(format!("newest_{width}x{height}"), screen(phone(), size, "<Enter>s"));
        insta::assert_snapshot!(format!("arrival_{width}x{height}"), screen(race(), size, "<Enter>A"));
        insta::assert_snapshot!(format!("apart_{width}x{height}"), screen(two_people(), size, "<Enter>v"));
        insta::assert_snapshot!(format!("hidden_{width}x{height}"), screen(two_people(), size, "<Enter>vv"));
        insta::assert_snapshot!(format!("lanes_{width}x{height}"), screen(journeys::many_lanes(), size, "<Enter>G"));
    }
}

/// One condition as a text, and the same said in plain code.
type Condition = (&'static str, fn(&Seen) -> bool);

/// What the plain code sees of a row.
#[expect(clippy::struct_excessive_bools, reason = "what a naive reader knows of a row, fact by fact")]
struct Seen {
    name: String,
    id: String,
    orphan: bool,
    split: bool,
    identified: bool,
    late: bool,
}

const CONDITIONS: &[Condition] = &[
    ("event:o", |row| row.name.to_lowercase().contains('o')),
    ("event=View", |row| row.name == "View"),
    ("id:sally", |row| row.id.contains("sally")),
    ("is:orphan", |row| row.orphan),
    ("is:split", |row| row.split),
    ("is:merged", |row| !row.orphan && !row.split),
    ("phase:identified", |row| row.identified),
    ("after:2019-07-11", |row| row.late),
    ("prop:plan=pro", |_| true),
    ("plan=free", |_| false),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_filter_shows_exactly_the_rows_that_plain_code_keeps(
        story in 0..2usize,
        parts in proptest::collection::vec((0..CONDITIONS.len(), any::<bool>()), 1..5),
        either in any::<bool>(),
        negated in any::<bool>(),
    ) {
        let mut journey = if story == 0 { phone() } else { race() };
        // The store of the stories cannot read the properties of row 4.
        journey.steps.retain(|step| step.event.row != 4);
        let mut text = String::new();
        for (at, (part, not)) in parts.iter().enumerate() {
            let joint = if at == 0 { "" } else if either { " or " } else { " " };
            text.push_str(joint);
            text.push_str(if *not { "-" } else { "" });
            text.push_str(CONDITIONS[*part].0);
        }
        let text = if negated { format!("not ({text})") } else { text };
        let keeps = |row: &Seen| {
            let mut each = parts.iter().map(|(part, not)| CONDITIONS[*part].1(row) != *not);
            (if either { each.any(|kept| kept) } else { each.all(|kept| kept) }) != negated
        };
        let orphans = journey.orphans.iter().flat_map(|orphan| &orphan.steps).map(|step| (step, true));
        let mut expected: Vec<(i64, i64)> = journey
            .steps
            .iter()
            .map(|step| (step, false))
            .chain(orphans)
            .filter(|(step, orphan)| {
                let event = &step.event;
                // An id field is the one sent, the one stored under, or the other of a call.
                let ids = [event.id.as_ref(), Some(&step.stored_under), event.other.as_ref()];
                keeps(&Seen {
                    name: event.event.to_string(),
                    id: ids.into_iter().flatten().map(journey::model::Id::as_str).collect::<Vec<_>>().join(" "),
                    orphan: *orphan,
                    split: step.state != journey::identity::State::Merged,
                    identified: step.phase == Phase::Identified,
                    late: event.time >= at("2019-07-11T00:00:00Z"),
                })
            })
            .map(|(step, _)| (step.event.time, step.event.row))
            .collect();
        expected.sort_unstable();
        let app = filtered(journey, &text);
        let expected: Vec<i64> = expected.into_iter().map(|(_, row)| row).collect();
        prop_assert_eq!(shown(&app), expected, "{}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_letter_is_never_that_of_another_id_on_one_screen(
        width in 100u16..=145,
        height in 24u16..=60,
        keys in proptest::collection::vec(
            proptest::sample::select(vec!["j", "G", "gg", "s", "A", "v", "]o", "z", "&is:orphan<Enter>", "Z", "<PgDn>"]),
            0..8,
        ),
    ) {
        let mut app = open(journeys::many_lanes()).sized(width, height);
        let mut known: Vec<(String, String)> = Vec::new();
        for key in std::iter::once("").chain(keys) {
            app.press(key);
            let text = app.text();
            let list = text.lines().take_while(|line| !line.contains("── why"));
            for line in list.filter(|line| !line.contains('└') && !line.contains("row")) {
                let words: Vec<&str> = line.split_whitespace().collect();
                for pair in words.windows(2).filter(|pair| pair[1].starts_with("P-")) {
                    let (letter, id) = (pair[0].to_owned(), pair[1].to_owned());
                    for (other, of) in &known {
                        prop_assert_eq!(*other == letter, *of == id, "{} {} on\n{}", letter, id, text);
                    }
                    known.push((letter, id));
                }
            }
        }
        prop_assert!(!known.is_empty());
        let state = app.model.journey().unwrap();
        let mut letters: Vec<&str> = state.timeline().lanes().iter().map(|lane| lane.label.as_str()).collect();
        letters.sort_unstable();
        letters.dedup();
        prop_assert_eq!(letters.len(), state.timeline().lanes().len());
    }
}

#[test]
fn tab_completes_a_filter_and_a_value_that_is_not_typed_yet_is_no_mistake() {
    let mut app = open(sally());
    app.press("&ev");
    assert!(app.text().contains("Tab: event:"), "{}", app.text());
    app.press("<Tab>");
    assert!(app.text().contains("& event:") && !app.text().contains("a value is missing"), "{}", app.text());
    app.press("vid<Tab>");
    assert!(app.text().contains("& event:\"Video Played\""), "{}", app.text());
    app.press(" is:mer<Tab>");
    assert!(app.text().contains("is:merged"), "{}", app.text());
    app.press("<C-u>is:");
    assert!(app.text().contains("Tab: is:merged"), "{}", app.text());
    app.press("<C-u>email:x");
    assert!(app.text().contains("email: is for the search"), "{}", app.text());
}

#[test]
fn one_key_keeps_minutes_around_the_row_and_then_all_rows_again() {
    let journey = rows(&[
        ("a", "2019-07-01T10:00:00Z"),
        ("b", "2019-07-01T10:50:00Z"),
        ("c", "2019-07-01T11:00:00Z"),
        ("d", "2019-07-01T11:00:59Z"),
        ("e", "2019-07-01T11:10:00Z"),
        ("f", "2019-07-01T12:00:00Z"),
        ("g", "2019-07-01T12:00:02Z"),
    ]);
    let mut app = open(journey);
    app.press("jj");
    let rows = |app: &App<Stories>| app.model.journey().unwrap().lines().rows();
    let filter = |app: &App<Stories>| app.model.journey().unwrap().filter_text().map(str::to_owned);
    assert_eq!(rows(app.press("~")), 2);
    assert_eq!(filter(&app).as_deref(), Some("at:2019-07-01T10:59:00..2019-07-01T11:01:00"));
    // The row of the first press stays the middle.
    app.press("j");
    assert_eq!(rows(app.press("~")), 4);
    assert_eq!(rows(app.press("~")), 6);
    assert_eq!((rows(app.press("~")), filter(&app)), (7, None));
    // Another filter stays, with each of its conditions.
    app.press("&event:c or event:g<Enter>gg~");
    assert_eq!(rows(&app), 1);
    assert_eq!(filter(&app).as_deref(), Some("(event:c or event:g) at:2019-07-01T10:59:00..2019-07-01T11:01:00"));
    app.press("~~~");
    assert_eq!((rows(&app), filter(&app).as_deref()), (2, Some("(event:c or event:g)")));
}
