//! Orders of rows, columns of time, and what calls lost.

use super::*;

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
    let order = Order::new(&journey, &timeline, Zone::Utc, Clock::Arrival, Unmerged::InPlace);
    let times: Vec<i64> = (0..order.rows().len()).filter_map(|at| order.time(&timeline, at)).collect();
    assert!(times.is_sorted(), "{times:?}");
    let mut app = open(journey).sized(160, 30);
    app.press("]a");
    assert!(app.text().contains("SPLIT history, 900ms early"), "{}", app.text());
}

#[test]
fn rows_stored_separately_stand_in_place_at_the_end_or_nowhere() {
    let mut app = open(phone()).sized(80, 40);
    app.press("v");
    let text = app.text();
    assert!(text.contains("not merged, orphans and splits: 2 rows"), "{text}");
    assert!(text.contains("REFUSED"), "the refused call stays in place: {text}");
    app.press("v");
    let text = app.text();
    assert!(text.contains("2 not merged, hidden") && !text.contains("App Buy"), "{text}");
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

#[test]
fn a_refused_alias_tells_what_blocked_it_and_what_was_lost_in_rows_and_money() {
    let mut app = App::start(Stories { money: true, ..Stories::of(vec![phone()]) }).sized(130, 40);
    app.press("sally@gmail.com<Enter>");
    let text = app.text();
    assert!(text.contains("blocked by B → A since 01 Jul 2019 09:16:10, sally.jsonl:3"), "{text}");
    assert!(text.contains("lost after it: 1 row, EUR 62.50 (total) · 1 row before it · all stay under C"), "{text}");
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
fn lanes_that_share_a_place_have_names() {
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
