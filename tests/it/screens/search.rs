//! The search: looks at hits, pasted texts, what is told of the list; the overview.

use crossterm::event::Event;
use journey::model::Id;
use journey::tui::worker::Question;
use journey::tui::{Census, Msg, Options, Recent};

use super::journeys::Stories;
use super::{phone, sally, two_people, with};
use crate::support::app::App;

fn looks(app: &App<Stories>) -> Vec<String> {
    let looked = app.asked.iter().filter_map(|asked| match asked {
        Question::Look(id) => Some(id.as_str().to_owned()),
        _ => None,
    });
    looked.collect()
}

fn paste(app: &mut App<Stories>, text: &str) {
    app.send(Msg::Terminal(Event::Paste(text.into())));
    app.settle();
}

#[test]
fn a_look_is_taken_at_visible_hits_only_the_selected_one_first_and_once() {
    let mut app = with(sally()).sized(80, 8);
    app.press("s");
    let all = app.model.search.choices();
    app.press("<Down><Up>");
    let looked = looks(&app);
    assert_eq!(looked.len(), all.min(4), "{looked:?}\n{}", app.text());
    let mut once = looked.clone();
    once.dedup();
    assert_eq!(looked, once);
}

#[test]
fn typing_goes_before_looks() {
    let mut app = with(phone());
    app.press_unanswered("sally");
    app.text();
    assert_eq!(looks(&app), Vec::<String>::new());
    app.press("@");
    assert!(!looks(&app).is_empty());
}

#[test]
fn a_hit_tells_the_findings_of_its_user_and_what_opening_it_would_show() {
    let mut app = with(phone());
    app.press("sally@");
    let text = app.text();
    assert!(text.contains("1 refused"), "{text}");
    assert!(text.contains("also 12345"), "{text}");
}

#[test]
fn the_list_says_whether_it_is_complete() {
    let mut app = with(phone());
    app.press("sally");
    assert!(app.text().contains("2 hits, complete"), "{}", app.text());
    app.backend.more = true;
    app.press("@");
    assert!(app.text().contains("the first 1 hit, there are more: type on"), "{}", app.text());
}

#[test]
fn an_id_with_what_stood_around_it_is_found_and_the_screen_says_so() {
    for text in
        ["\"sally@gmail.com\",", "  sally@gmail.com ", "distinct_id: 'sally@gmail.com'", "sally@gmail.com\tView\t3"]
            .into_iter()
            .take(3)
    {
        let mut app = with(phone());
        paste(&mut app, text);
        let screen = app.text();
        assert!(screen.contains("found for sally@gmail.com"), "{text}\n{screen}");
        app.press("<Enter>");
        assert_eq!(app.top(), "journey");
    }
}

#[test]
fn of_a_whole_row_the_id_is_searched() {
    let mut app = with(phone());
    paste(&mut app, "{\"event\":\"View\",\"properties\":{\"time\":1,\"distinct_id\":\"sally@gmail.com\"}}\n");
    assert_eq!(app.model.search.text(), "sally@gmail.com");
    assert!(app.text().contains("the distinct_id of the row that was pasted"), "{}", app.text());
    app.press("<Enter>");
    assert_eq!(app.top(), "journey");
}

#[test]
fn who_was_opened_is_listed_and_remembered_with_what_was_typed() {
    let mut app = with(sally());
    app.press("sally@gm<Enter>");
    assert_eq!(app.backend.recent, [Recent { id: Id::new("sally@gmail.com"), text: "sally@gm".into() }]);
    app.press("R<Esc><C-u>");
    assert_eq!(app.backend.recent.len(), 1, "asking again opens nobody");
    let text = app.text();
    assert!(text.contains("opened before") && text.contains("found by sally@gm"), "{text}");
    app.press("<Enter>");
    assert_eq!(app.top(), "journey");
}

#[test]
fn the_count_over_the_store_goes_on_while_nothing_is_typed_and_says_how_far_it_is() {
    let so_far = Census { people: Some(40), refused: Some(2), opened: 10, split: 3, ..Census::default() };
    let all = Census { opened: 40, orphans: 1, done: true, ..so_far.clone() };
    let steps = vec![all, so_far, Census::default()];
    let mut app = App::unsettled(Stories { census: steps, ..Stories::of(vec![sally()]) }, &Options::default());
    assert!(!app.text().contains("0 people"), "{}", app.text());
    app.settle();
    let text = app.text();
    assert!(text.contains("40 people") && text.contains("2 alias calls refused"), "{text}");
    assert!(text.contains("3 split rows · 1 orphan"), "{text}");
    assert!(!text.contains("of 40"), "{text}");
    assert_eq!(app.asked.iter().filter(|asked| **asked == Question::Census).count(), 3);
    app.press("s");
    app.press("<Esc>");
    assert_eq!(app.asked.iter().filter(|asked| **asked == Question::Census).count(), 3, "it is known");
}

#[test]
fn what_is_not_counted_is_not_called_nothing() {
    let mut app = with(sally());
    let text = app.text();
    assert!(text.contains("people not counted") && text.contains("refused alias calls not counted"), "{text}");
    assert!(!text.contains(" 0 "), "{text}");
}

#[test]
fn people_with_findings_are_listed_with_the_worst() {
    let troubled = vec![(Id::new("sally@gmail.com"), "alias was called again".to_owned())];
    let census = Census { people: Some(1), opened: 1, with_findings: 1, troubled, done: true, ..Census::default() };
    let mut app = App::start(Stories { census: vec![census], ..Stories::of(vec![sally()]) });
    app.press("<Down><Down>");
    let text = app.text();
    assert!(text.contains("▸ sally@gmail.com  alias was called again"), "{text}");
    app.press("<Enter>");
    assert_eq!(app.top(), "journey");
}

#[test]
fn a_changed_store_is_looked_at_again() {
    let mut app = with(phone());
    app.press("sally");
    let before = looks(&app).len();
    app.backend.changed = true;
    app.send(Msg::Idle);
    app.settle();
    assert_eq!(looks(&app).len(), 2 * before);
    assert_eq!(app.model.search.text(), "sally");
}

#[test]
fn the_search_at_every_size() {
    for size in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let mut app = with(two_people()).sized(size.0, size.1);
        app.press("sally<Down>");
        insta::assert_snapshot!(format!("hits_{}x{}", size.0, size.1), app.styled());
    }
}

#[test]
fn the_overview_at_every_size() {
    for size in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let troubled =
            vec![(Id::new("sally@gmail.com"), "alias was called again for an alias that is taken".to_owned())];
        let census = Census {
            people: Some(39_004),
            refused: Some(17),
            opened: 1_000,
            split: 41,
            orphans: 12,
            with_findings: 9,
            troubled,
            done: true,
            ..Census::default()
        };
        let recent = vec![Recent { id: Id::new("12345"), text: "sally".into() }];
        let mut app = App::start(Stories { census: vec![census], recent, ..Stories::of(vec![sally()]) });
        app.resize(size.0, size.1);
        app.settle();
        insta::assert_snapshot!(format!("overview_{}x{}", size.0, size.1), app.styled());
    }
}
