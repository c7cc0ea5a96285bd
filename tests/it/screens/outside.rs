//! Rows and journeys that another program is to show.

use journey::tui::{Effect, Msg, Tool};

use super::journeys::Stories;
use super::{open, phone, with};
use crate::support::app::App;

fn shown(app: &mut App<Stories>) -> (String, String, Tool) {
    match app.end.take() {
        Some(Effect::Show(text, tool)) => (text.name.to_owned(), text.content, tool),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_row_is_shown_as_json_with_why_it_is_where_it_is() {
    let mut app = open(phone());
    app.press("V");
    let (name, content, tool) = shown(&mut app);
    assert_eq!((name.as_str(), tool), ("row.json", Tool::Pager));
    let row: serde_json::Value = serde_json::from_str(&content).expect("JSON");
    assert_eq!(row["event"], "View");
    assert_eq!(row["stored_under"], "12345");
    assert_eq!(row["properties"]["plan"], "pro");
    assert_eq!(row["source"], "sally.jsonl:1");
    app.press("<A-e>");
    assert_eq!(shown(&mut app).2, Tool::Editor);
}

#[test]
fn a_journey_is_shown_as_the_command_line_writes_it_in_the_zone_of_the_screen() {
    let mut app = open(phone());
    app.press(":zone Asia/Tokyo<Enter><A-v>");
    let (name, content, tool) = shown(&mut app);
    assert_eq!((name.as_str(), tool), ("journey.txt", Tool::Pager));
    assert!(content.contains("sally@gmail.com") && content.contains("Asia/Tokyo"), "{content}");
    assert!(!content.contains('\x1b'));
}

#[test]
fn what_cannot_be_read_or_shown_is_reported_and_the_screen_stays() {
    let mut app = open(phone());
    // The properties of row 4 cannot be read.
    app.press("jjjV");
    assert_eq!(app.end, None);
    assert!(app.text().contains("july.db cannot be read"), "{}", app.text());
    app.send(Msg::Shown(Err("less cannot be run; PAGER says which program to use".into())));
    assert!(app.text().contains("PAGER says which"), "{}", app.text());
    app.press("j");
    assert!(!app.text().contains("PAGER"), "until the next key");
}

#[test]
fn without_a_row_there_is_nothing_to_show() {
    let mut app = with(phone());
    app.press("sally<A-x>page row<Enter>");
    assert_eq!(app.end, None);
}
