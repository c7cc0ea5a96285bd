//! Optional columns next to the rows: pinned properties, lanes by device.

use std::sync::Arc;

use super::journeys::{Stories, browsing, long, sally};
use super::{cursor_line, open};
use crate::support::app::App;
use journey::identity::Journey;
use journey::model::Id;
use journey::tui::worker::Request;
use journey::tui::{Msg, Options};

/// Sally's journey with another plan in the first row, and a value that would act on a terminal.
fn printed() -> App<Stories> {
    let said = vec![
        (1, r#"{"plan":"free","cart":{"items":[1,2]},"colour":"red"}"#.to_owned()),
        (2, r#"{"plan":"pro\u001b[31m\u202e","cart":{"items":[]},"colour":""}"#.to_owned()),
    ];
    let mut app = App::start(Stories { said, ..Stories::of(vec![sally()]) });
    app.press("sally@gmail.com<Enter>");
    app
}

/// The heads of the columns.
fn heads(app: &mut App<Stories>) -> String {
    app.text().lines().find(|line| line.contains("EVENT")).unwrap_or_default().to_owned()
}

/// The lines of the list, without the pane below it.
fn list(app: &mut App<Stories>) -> Vec<String> {
    let text = app.text();
    let lines = text.lines().skip_while(|line| !line.contains("EVENT")).take_while(|line| !line.contains("── why"));
    lines.map(str::to_owned).collect()
}

/// The rows of each question for columns.
fn asked(app: &App<Stories>) -> Vec<usize> {
    let rows = |asked: &Request| match asked {
        Request::Cells(cells) => Some(cells.rows().len()),
        _ => None,
    };
    app.asked.iter().filter_map(rows).collect()
}

#[test]
fn a_pinned_property_is_a_column_of_the_timeline() {
    let mut app = printed().sized(120, 40);
    assert!(!heads(&mut app).contains("plan"));
    app.press("<Enter>/plan<Enter>p<Esc>");
    assert!(heads(&mut app).contains("plan"), "{}", app.text());
    assert!(cursor_line(&mut app).contains(" free "), "{}", app.text());
    app.press("<Enter>gg/plan<Enter>p<Esc>");
    assert!(!heads(&mut app).contains("plan"), "{}", app.text());
}

#[test]
fn a_column_of_the_data_goes_before_any_other_and_before_a_short_reason() {
    let mut with = printed();
    with.press("<Enter>/plan<Enter>p<Esc>");
    let mut without = printed();
    let mut shown = Vec::new();
    for width in 40..=220 {
        with.resize(width, 40);
        with.settle();
        without.resize(width, 40);
        without.settle();
        let (pinned, plain) = (heads(&mut with), heads(&mut without));
        for column in ["TIME", "GAP", "EVENT", "SENT AS"] {
            assert_eq!(pinned.find(column), plain.find(column), "{column} at {width}:\n{pinned}\n{plain}");
        }
        let is_shown = pinned.contains("plan");
        assert!(!is_shown || cursor_line(&mut with).contains("own id"), "{width}: {}", cursor_line(&mut with));
        shown.push(is_shown);
    }
    assert!(!shown[0], "there is no room on 40 columns");
    assert!(shown[40], "on 80 there is");
    assert!(shown[180], "and on 220");
}

#[test]
fn what_a_property_says_never_acts_and_what_is_not_there_is_blank() {
    let mut app = printed().sized(120, 40);
    app.press("<Enter>/plan<Enter>p<Esc><Enter>/colour<Enter>p<Esc>");
    assert!(!app.text().chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'));
    let lines = list(&mut app);
    let second = lines.iter().find(|line| line.contains("Video")).unwrap();
    assert!(second.contains("\"\""), "{second}");
}

#[test]
fn a_fold_tells_the_value_of_its_first_and_of_its_last_row() {
    let mut journey = App::start(Stories { said: vec![(301, "{}".to_owned())], ..Stories::of(vec![browsing()]) });
    journey.press("sally@gmail.com<Enter><Enter>/plan<Enter>p<Esc>");
    let mut app = journey.sized(120, 40);
    let fold = list(&mut app).into_iter().find(|line| line.contains("× 1")).unwrap();
    assert!(fold.contains("pro … pro"), "{fold}");
}

#[test]
fn a_row_that_cannot_be_read_says_so_in_its_column() {
    let mut app = App::start(Stories::of(vec![sally()])).sized(120, 40);
    app.press("sally@gmail.com<Enter><Enter>/plan<Enter>p<Esc>");
    let lines = list(&mut app);
    let unread: Vec<&String> = lines.iter().filter(|line| line.contains("not read")).collect();
    assert_eq!(unread.len(), 1, "no other row suffers: {}", app.text());
}

#[test]
fn pinned_properties_without_a_column_are_counted() {
    let mut app = printed();
    app.press("<Enter>/plan<Enter>p/colour<Enter>p/cart<Enter>p<Esc>");
    let pins = app.model.journey().unwrap().pins().len();
    assert_eq!(pins, 3, "{}", app.text());
    assert!(heads(&mut app).contains("+1"), "{}", app.text());
    app.resize(220, 50);
    app.settle();
    assert!(!heads(&mut app).contains('+'), "{}", app.text());
}

#[test]
fn columns_of_a_hundred_thousand_rows_cost_a_screenful_and_a_step_asks_for_one_row() {
    let mut app = open(long());
    app.press("<Enter>/plan<Enter>p<Esc>za");
    let before = asked(&app).len();
    assert!(asked(&app).iter().all(|rows| *rows <= 48), "{:?}", asked(&app));
    app.press("G");
    assert_eq!(asked(&app).len(), before + 1);
    for keys in ["gg", "<PgDn>", "}", "e", "G", "s"] {
        app.press(keys);
        assert!(app.ui.built <= 24, "{} rows were built after {keys}", app.ui.built);
    }
    assert!(asked(&app).iter().all(|rows| *rows <= 48), "{:?}", asked(&app));
    app.press("gg<PgDn><PgDn>");
    for _ in 0..10 {
        let before = asked(&app);
        app.press("j");
        let asked = asked(&app);
        assert!(asked.len() <= before.len() + 1, "one question at most");
        assert!(asked.get(before.len()).is_none_or(|rows| *rows <= 2), "{asked:?}");
    }
    let still = asked(&app).len();
    app.send(Msg::Idle);
    app.settle();
    assert_eq!(asked(&app).len(), still, "what is there is not asked for again");
}

#[test]
fn an_answer_for_other_pins_is_thrown_away_and_asked_anew() {
    let mut app = printed();
    app.press("<Enter>/plan<Enter>");
    app.press_unanswered("p");
    app.text();
    let drawn = app.ui.drawn();
    app.send(Msg::Drawn(drawn));
    app.press_unanswered("gg/plan<Enter>p/cart<Enter>p<Esc>");
    app.settle();
    assert!(heads(&mut app).contains("cart") && !heads(&mut app).contains("plan"), "{}", app.text());
    assert!(cursor_line(&mut app).contains("items"), "{}", app.text());
}

#[test]
fn columns_of_pinned_properties_at_every_size() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let mut app = printed().sized(width, height);
        app.press("<Enter>/plan<Enter>p/cart<Enter>p<Esc>");
        insta::assert_snapshot!(format!("pinned_{width}x{height}"), app.styled());
    }
    let options = Options { ascii: true, no_color: true, ..Options::default() };
    let mut app = App::unsettled(Stories::of(vec![sally()]), &options).sized(100, 30);
    app.press("sally@gmail.com<Enter><Enter>/plan<Enter>p<Esc>");
    assert!(app.text().is_ascii(), "{}", app.text());
    assert!(list(&mut app).iter().any(|line| line.contains(" pro ")), "{}", app.text());
}

// Lanes by device

/// Rows of the same event one after the other: of two devices in turn, and of none at the end.
fn devices() -> Journey {
    let mut journey = sally();
    let template = journey.steps[0].clone();
    for number in 0..9i64 {
        let mut step = template.clone();
        let row = Arc::make_mut(&mut step.event);
        (row.row, row.time) = (200 + number, row.time + 1_000 * (number + 1));
        row.event = "Scroll".into();
        row.device = match number {
            0..4 => Some(Id::new("laptop-7")),
            4..8 => Some(Id::new("phone-3")),
            _ => None,
        };
        journey.steps.push(step);
    }
    journey.steps.sort_by_key(|step| step.event.time);
    journey
}

/// Twelve devices, the last one with the most rows.
fn many_devices() -> Journey {
    let mut journey = sally();
    let template = journey.steps[0].clone();
    for number in 0..16i64 {
        let mut step = template.clone();
        let row = Arc::make_mut(&mut step.event);
        (row.row, row.time) = (200 + number, row.time + 1_000 * number);
        row.event = format!("E{number}").into();
        row.device = Some(Id::new(&format!("device-{:02}", number.min(11) + 1)));
        journey.steps.push(step);
    }
    journey.steps.retain(|step| step.event.device.is_some());
    journey.steps.sort_by_key(|step| step.event.time);
    journey
}

#[test]
fn one_key_puts_lanes_by_device_and_names_them() {
    let mut app = open(devices()).sized(120, 40);
    let before = app.text();
    app.press("L");
    let text = app.text();
    assert!(text.contains("lanes by device"), "{text}");
    for named in ["laptop-7 4 rows", "phone-3 4 rows", "no device 6 rows"] {
        assert!(text.contains(named), "{named}: {text}");
    }
    assert!(heads(&mut app).contains(" 1 2 3 "), "{text}");
    app.press("L");
    assert_eq!(app.text(), before, "by id again");
}

#[test]
fn rows_that_name_no_device_are_in_one_lane_called_so() {
    let mut app = open(sally());
    app.press("L");
    assert!(app.text().contains(" 1 no device 5 rows"), "{}", app.text());
    assert_eq!(app.model.journey().unwrap().devices().unwrap().list().len(), 1);
}

#[test]
fn rows_of_two_devices_are_never_folded_into_one_line() {
    let mut app = open(devices()).sized(120, 40);
    assert!(app.text().contains("Scroll × 9"), "{}", app.text());
    app.press("L");
    let text = app.text();
    assert_eq!(text.matches("Scroll × 4").count(), 2, "{text}");
    let shown: usize = app.model.journey().unwrap().lines().list().iter().map(|line| line.count()).sum();
    assert_eq!(shown, app.model.journey().unwrap().timeline().rows().len());
    for keys in ["s", "A", "Z", "]a", "v", "G", "gg", "fScroll<Enter>", "n", "n"] {
        app.press(keys);
        assert!(app.text().contains("lanes by device"), "{keys}: {}", app.text());
    }
}

#[test]
fn more_than_eight_devices_share_the_last_place_by_number() {
    let mut app = open(many_devices()).sized(120, 40);
    app.press("L");
    let text = app.text();
    assert!(heads(&mut app).contains(" 1 2 3 4 5 6 7 +6 "), "{text}");
    let state = app.model.journey().unwrap();
    let list = state.devices().unwrap().list().to_vec();
    let mut labels: Vec<&str> = list.iter().map(|lane| lane.label.as_str()).collect();
    labels.extend(state.timeline().lanes().iter().map(|lane| lane.label.as_str()));
    let all = labels.len();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), all, "no label is that of another lane");
    assert_eq!(list[6].id, Some(Id::new("device-12")), "what is used most has a place of its own");
    let ninth = text.lines().find(|line| line.contains(" E8 ")).unwrap();
    assert!(ninth.contains(" 10 ") || ninth.contains(" 9 "), "{ninth}");
}

#[test]
fn lanes_by_device_at_every_size() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let mut app = open(devices()).sized(width, height);
        insta::assert_snapshot!(format!("devices_{width}x{height}"), app.press("L").styled());
        let mut app = open(many_devices()).sized(width, height);
        insta::assert_snapshot!(format!("devices_many_{width}x{height}"), app.press("L").styled());
    }
}
