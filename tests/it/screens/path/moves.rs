//! Places that keys go to, and marks.

use super::*;

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
        lost: journey::identity::Lost::Nothing,
        since: None,
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
