//! Going about: counts, back and forward over jumps, finding on the page, lines that move under the cursor.

use journey::identity::{Journey, Phase, Reason};

use super::journeys::{Stories, browsing, event, phone, sally, step};
use super::{cursor_line, open};
use crate::support::app::App;

/// Two hundred rows, none of which is of a run.
fn rows() -> Journey {
    rows_of(200)
}

/// So many of them.
fn rows_of(rows: u64) -> Journey {
    let mut journey = sally();
    journey.steps.clear();
    journey.aliases.clear();
    journey.points.clear();
    for line in 0..rows {
        let name = if line % 2 == 0 { "a" } else { "b" };
        let time = format!("2019-07-{:02}T{:02}:{:02}:00Z", line / 1_440 + 1, line / 60 % 24, line % 60);
        let event = event(1_000 + line, name, "12345", &time);
        journey.steps.push(step(event, "12345", Phase::Anonymous, Reason::Own));
    }
    journey
}

fn row(app: &App<Stories>) -> Option<i64> {
    app.model.journey().unwrap().selected_row()
}

#[test]
fn a_number_before_a_key_says_how_often() {
    let mut app = open(rows());
    let rows = |app: &App<Stories>| app.model.journey().unwrap().place();
    for (keys, place) in [
        ("5j", "row 6 of 200"),
        ("12j", "row 18 of 200"),
        ("10k", "row 8 of 200"),
        ("3G", "row 3 of 200"),
        ("40gg", "row 40 of 200"),
        ("10<Down>", "row 50 of 200"),
        ("99999j", "row 200 of 200"),
        ("99999k", "row 1 of 200"),
        ("999G", "row 200 of 200"),
        ("G", "row 200 of 200"),
        ("0gg", "row 1 of 200"),
    ] {
        app.press(keys);
        assert_eq!(rows(&app), place, "{keys}");
    }
}

#[test]
fn a_number_is_shown_taken_back_by_escape_and_forgotten_after_a_key() {
    let mut app = open(sally());
    app.press("25");
    assert!(app.text().contains(" 25 …"), "{}", app.text());
    let before = row(&app);
    app.press("<Esc>");
    assert_eq!((app.top(), row(&app)), ("journey", before));
    app.press("2jj");
    assert_eq!(app.model.journey().unwrap().place().split(' ').nth(1), Some("4"), "{}", app.text());
    // A key that a number means nothing to does its own once.
    assert_eq!(app.press("3o").top(), "identity");
    app.press("4j");
    let at = app.model.journey().unwrap().identity().selected();
    app.press("ggjjjj");
    assert_eq!(app.model.journey().unwrap().identity().selected(), at + usize::from(at == 0));
}

#[test]
fn back_and_forward_go_over_every_jump_as_in_vi() {
    let journey = || {
        let mut app = open(phone());
        app.press("j");
        app
    };
    for jump in ["i", "e", "G", "2G", "t+2h<Enter>", "]a", "]d", "}", ")", "/dash<Enter>", "]i", "oj<Enter>"] {
        let mut app = journey();
        let before = row(&app);
        app.press(jump);
        let after = row(&app);
        if before == after {
            continue;
        }
        app.press("<C-o>");
        assert_eq!(row(&app), before, "{jump} back");
        app.press("<A-o>");
        assert_eq!(row(&app), after, "{jump} forward");
        app.press("<A-Left>");
        assert_eq!(row(&app), before, "{jump} back again");
        app.press("<A-Right>");
        assert_eq!(row(&app), after, "{jump} forward again");
    }
    let mut app = journey();
    app.press("Ggg");
    assert!(app.model.journey().unwrap().can_jump(true));
    app.press("<C-o><C-o>jj<C-o>");
    assert!(app.text().contains("no jump to go back from"), "a step is no jump: {}", app.text());
}

#[test]
fn a_jump_after_going_back_forgets_the_way_forward() {
    let mut app = open(phone());
    app.press("G<C-o>e<A-o>");
    assert!(app.text().contains("no jump was taken back"), "{}", app.text());
}

#[test]
fn slash_finds_on_the_page_and_a_key_of_its_own_goes_to_the_search() {
    let mut app = open(phone());
    app.press("/dash<Enter>");
    assert_eq!(app.top(), "journey");
    assert!(cursor_line(&mut app).contains("Dashboard"), "{}", app.text());
    app.press("u");
    assert_eq!((app.top(), app.model.search.text()), ("search", "sally@gmail.com"));
    app.press("<Esc>");
    assert_eq!(app.top(), "journey");
}

#[test]
fn a_text_is_found_on_the_pages_of_lines() {
    let mut app = open(phone());
    app.press("o/orphan<Enter>");
    let line = |app: &mut App<Stories>| {
        let text = app.text();
        text.lines().find(|line| line.starts_with('▸')).unwrap_or_default().to_owned()
    };
    let first = app.model.journey().unwrap().identity().selected();
    app.press("n");
    assert!(!line(&mut app).is_empty());
    app.press("N");
    assert_eq!(app.model.journey().unwrap().identity().selected(), first);
    app.press("/nowhere at all<Enter>");
    assert!(app.text().contains("is not on this page"), "{}", app.text());
    assert_eq!(app.model.journey().unwrap().identity().selected(), first);
    assert_eq!(app.press("/x<Esc>").top(), "identity");
}

#[test]
fn the_lines_move_and_the_cursor_stays_until_the_edge() {
    let mut app = open(rows());
    app.press("60G");
    let before = cursor_line(&mut app);
    let line = |app: &mut App<Stories>| app.text().lines().position(|line| line.contains('▸')).unwrap();
    app.press("zz");
    let middle = line(&mut app);
    app.press("<C-e><C-e>");
    assert_eq!((line(&mut app), cursor_line(&mut app)), (middle - 2, before.clone()));
    app.press("<C-y>");
    assert_eq!((line(&mut app), cursor_line(&mut app)), (middle - 1, before.clone()));
    app.press("zt");
    let top = line(&mut app);
    app.press("zb");
    assert!(top < middle && middle < line(&mut app), "{}", app.text());
    assert_eq!(cursor_line(&mut app), before);
    app.press("zt20<C-e>");
    assert_eq!(line(&mut app), top, "at the edge the cursor goes along");
    assert_ne!(cursor_line(&mut app), before);
    // At the ends nothing moves.
    app.press("gg<C-y>");
    assert!(app.model.journey().unwrap().place().starts_with("row 1 "));
    app.press("G<C-e><C-e>");
    assert!(app.model.journey().unwrap().place().starts_with("row 200 "));
    let mut app = open(browsing());
    app.press("zz<C-e><C-y>ztzb");
    assert!(app.model.journey().unwrap().place().starts_with("row"));
}

#[test]
fn a_time_is_typed_as_the_screen_writes_it() {
    for (typed, event) in
        [("11 Jul", "Dashboard"), ("Thu 11 Jul 2019", "Dashboard"), ("Thu", "Dashboard"), ("09:16:12", "Sign Up")]
    {
        let mut app = open(sally());
        app.press("t").press(typed).press("<Enter>");
        assert!(cursor_line(&mut app).contains(event), "{typed}: {}", app.text());
    }
    let mut app = open(sally());
    app.press("tsoon<Enter>");
    assert!(app.text().contains("no such time; write 10:03"), "{}", app.text());
}

#[test]
fn one_key_narrows_to_1_10_and_60_minutes_around_the_row() {
    let mut app = open(rows());
    app.press("100G");
    let before = row(&app);
    for kept in [3, 21, 121, 200] {
        app.press("~");
        assert_eq!(app.model.journey().unwrap().lines().rows(), kept, "{}", app.text());
        assert_eq!(row(&app), before);
    }
}

#[test]
fn while_the_past_is_shown_the_foot_has_the_keys_that_move_in_it() {
    for page in ["", "o"] {
        let mut app = open(sally()).sized(80, 24);
        app.press(page);
        let foot = |app: &mut App<Stories>| app.text().lines().last().unwrap_or_default().to_owned();
        assert_eq!(foot(&mut app).contains(", earlier"), page == "o", "{}", app.text());
        app.press(",,");
        let text = foot(&mut app);
        assert!(text.starts_with(" , earlier  . later"), "{text}");
        app.press("<Esc>j");
        assert!(!foot(&mut app).starts_with(" , earlier"), "{}", app.text());
    }
}

#[test]
fn a_weekday_past_the_last_row_goes_back_to_the_last_one() {
    let mut app = open(sally());
    app.press("G");
    let last = cursor_line(&mut app);
    app.press("t").press("Mon").press("<Enter>");
    let text = app.text();
    assert!(cursor_line(&mut app) != last && text.contains("no Monday comes later: this is the last one"), "{text}");
    app.press("gg").press("t").press("Wed").press("<Enter>");
    assert!(!app.text().contains("comes later"), "{}", app.text());
}

#[test]
fn a_time_without_a_row_says_which_row_it_went_to() {
    for (typed, event, said) in [
        ("11 Jul", "Dashboard", ""),
        ("8 Jul", "Dashboard", "no row is at that time: this is the next one"),
        ("2019-07-08", "Dashboard", "no row is at that time: this is the next one"),
        ("2020", "Dashboard", "no row is at that time or later: this is the last one"),
        ("1 Aug", "Dashboard", "no row is at that time or later: this is the last one"),
        ("+90d", "Dashboard", "no row is at that time or later: this is the last one"),
        // A minute and a time of day are exact enough.
        ("10 Jul 00:01", "Dashboard", ""),
        ("09:00", "", ""),
    ] {
        for order in ["", "s"] {
            let mut app = open(sally());
            app.press(order).press("t").press(typed).press("<Enter>");
            let text = app.text();
            assert!(cursor_line(&mut app).contains(event), "{typed} {order}: {text}");
            let is_said = |what: &str| text.contains(what);
            match said {
                "" => assert!(!is_said("no row is at") && !is_said("no such time"), "{typed} {order}: {text}"),
                said => assert!(is_said(said), "{typed} {order}: {text}"),
            }
        }
    }
}

#[test]
fn a_filter_of_a_long_journey_reads_only_the_rows_that_the_index_of_values_leaves() {
    let kept = |rows| {
        let mut app = open(rows_of(rows));
        app.backend.left = Some(|row| row % 4 == 0);
        app.press("&plan=pro<Enter>");
        app.text()
    };
    // Every row has the value. The rows of a short journey are read without a question to the index.
    assert!(kept(2_000).contains("of 500"), "{}", kept(2_000));
    assert!(kept(1_996).contains("of 1,996"), "{}", kept(1_996));
}
