//! The search: looks at hits, pasted texts, what is said of the list; the overview.

use crossterm::event::Event;
use journey::inspect::query::Vocabulary;
use journey::inspect::{Census, Troubled};
use journey::model::Id;
use journey::model::hit::{EventHit, Hit, HitKind, Match, Span, ValueHit};
use journey::tui::worker::{Request, Response};
use journey::tui::{Hits, Msg, Options, Recent};

use super::journeys::{Stories, at};
use super::{open, phone, sally, two_people, with};
use crate::support::app::App;

fn looks(app: &App<Stories>) -> Vec<String> {
    let looked = app.asked.iter().filter_map(|asked| match asked {
        Request::Look(id) => Some(id.as_str().to_owned()),
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
    assert!(app.text().contains("2 people, complete"), "{}", app.text());
    app.backend.more = true;
    app.press("@");
    assert!(app.text().contains("the first 1 person, there are more: type on"), "{}", app.text());
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
    assert_eq!(app.backend.recent.len(), 1, "asking again opens no journey");
    let text = app.text();
    assert!(text.contains("opened before") && text.contains("found by sally@gm"), "{text}");
    app.press("<Enter>");
    assert_eq!(app.top(), "journey");
}

#[test]
fn the_count_over_the_store_continues_while_nothing_is_typed_and_says_how_far_it_is() {
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
    assert_eq!(app.asked.iter().filter(|asked| **asked == Request::Census).count(), 3);
    app.press("s");
    app.press("<Esc>");
    assert_eq!(app.asked.iter().filter(|asked| **asked == Request::Census).count(), 3, "it is known");
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
    let troubled = vec![troubled("sally@gmail.com", "alias was called again")];
    let census = Census { people: Some(1), opened: 1, with_findings: 1, troubled, done: true, ..Census::default() };
    let mut app = App::start(Stories { census: vec![census], ..Stories::of(vec![sally()]) });
    app.press("<Down><Down>");
    let text = app.text();
    assert!(text.contains("▸ sally@gmail.com  alias was called again"), "{text}");
    app.resize(40, 24);
    app.settle();
    assert!(app.text().contains("▸ sally@gmail.com  alias-on-login"), "no part of it: {}", app.text());
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
        let troubled = vec![troubled("sally@gmail.com", "alias was called again for an alias that is taken")];
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

/// A person with one finding.
fn troubled(id: &str, worst: &'static str) -> Troubled {
    Troubled { id: Id::new(id), name: None, findings: 1, code: "alias-on-login", worst }
}

/// Two people with rows of a plan, and how many rows were looked through.
fn with_plan(looked: (u64, u64)) -> Hits {
    let hit = |id: &str, value: &str, matched| Hit {
        name: None,
        person: None,
        id: Id::new(id),
        root: Some(Id::new("12345")),
        kind: HitKind::Alias,
        found: Match::Property,
        via: Some(("plan".into(), value.into())),
        matched,
        events: 205,
        first: Some(at("2019-07-01T00:00:00Z")),
        last: Some(at("2019-07-22T00:00:00Z")),
    };
    let list = vec![hit("sally@gmail.com", "pro", 12), hit("bob", "pro", 1)];
    Hits { list, looked: Some(looked), ..Hits::default() }
}

fn by_terms(found: Hits) -> App<Stories> {
    let names = Vocabulary {
        events: vec!["Page".into(), "Purchase".into(), "Sign Up".into()],
        properties: vec![("plan".into(), vec!["free".into(), "pro".into()])],
    };
    App::start(Stories { by_terms: found, names, ..Stories::of(vec![sally()]) })
}

#[test]
fn a_term_finds_by_property_and_says_by_what_and_whether_that_is_everything() {
    for size in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let mut app = by_terms(with_plan((2_104_377, 2_104_377))).sized(size.0, size.1);
        app.press("plan=pro");
        insta::assert_snapshot!(format!("terms_{}x{}", size.0, size.1), app.styled());
    }
}

#[test]
fn hits_so_far_are_shown_and_can_be_opened_while_rows_are_looked_through() {
    let mut app = by_terms(Hits::default());
    app.press_unanswered("plan=pro");
    let ticket = app.waiting().unwrap();
    app.send(Msg::Response(ticket, Response::Soon(Box::new(with_plan((300_000, 2_104_377))))));
    let text = app.text();
    assert!(text.contains("2 people so far, 300,000 of 2,104,377 rows searched"), "{text}");
    app.press_unanswered("<Down>");
    // The selected one may stand elsewhere in what comes next.
    let mut more = with_plan((600_000, 2_104_377));
    more.list.reverse();
    app.send(Msg::Response(ticket, Response::Soon(Box::new(more))));
    assert_eq!(app.model.search.selected(), 0);
    app.press_unanswered("<Enter>");
    assert_eq!(app.top(), "journey");
}

#[test]
fn a_term_that_means_nothing_is_pointed_at_and_nothing_is_asked() {
    let mut app = with(sally());
    app.press("x after:");
    assert!(app.text().contains("type a value") && !app.text().contains('^'), "not wrong yet: {}", app.text());
    app.press("soo");
    app.asked.clear();
    app.press("n");
    assert!(!app.asked.iter().any(|asked| matches!(asked, Request::Search(_))), "{:?}", app.asked);
    insta::assert_snapshot!(app.text());
    app.press("<Backspace><Backspace><Backspace><Backspace>-1d");
    assert!(app.asked.iter().any(|asked| matches!(asked, Request::Search(_))));
}

#[test]
fn tab_completes_fields_names_and_values_and_else_goes_to_the_next_hit() {
    let mut app = by_terms(with_plan((9, 9)));
    app.press("ev<Tab>");
    assert_eq!(app.model.search.text(), "event:");
    assert!(app.text().contains("Tab: event:Page  event:Purchase"), "{}", app.text());
    app.press("pu<Tab>");
    assert_eq!(app.model.search.text(), "event:Purchase");
    app.press("<C-u>pl<Tab>");
    assert!(app.text().contains("type a value") && app.text().contains("Tab: plan=free  plan=pro"), "{}", app.text());
    app.press("p<Tab>");
    assert_eq!(app.model.search.text(), "plan=pro");
    app.press("<Tab>");
    assert_eq!((app.model.search.text(), app.model.search.selected()), ("plan=pro", 1));
}

#[test]
fn nothing_found_says_what_was_looked_through_and_what_was_probably_meant() {
    let none = Hits { looked: Some((2_104_377, 2_104_377)), ..Hits::default() };
    let mut app =
        by_terms(Hits { notes: vec!["no event is called Purchse; did you mean Purchase?".into()], ..none.clone() });
    app.press("event:Purchse");
    let text = app.text();
    assert!(text.contains("did you mean Purchase?"), "{text}");
    assert!(text.contains("2,104,377 rows searched; no row and no profile contains all of it"), "{text}");
    let mut app = by_terms(none);
    app.press("evnt:Purchase");
    assert!(app.text().contains("did you mean event:Purchase?"), "{}", app.text());
}

#[test]
fn a_text_that_is_no_id_and_in_no_profile_is_looked_for_in_all_properties() {
    let mut app = by_terms(with_plan((9, 9)));
    app.press("order-4711");
    let text = app.text();
    assert!(text.contains("FOUND BY") && text.contains("pro · 12 rows"), "{text}");
    let mut few = by_terms(with_plan((9, 9)));
    few.press("zz");
    assert!(few.text().contains("nothing matches"), "two letters are in everything: {}", few.text());
}

#[test]
fn who_is_pinned_is_listed_first_and_the_same_key_takes_the_pin_away() {
    let recent = vec![Recent { id: Id::new("12345"), text: "sally".into() }];
    let mut app = App::start(Stories { recent, ..Stories::of(vec![sally()]) });
    app.press("sally@<C-t>");
    assert!(app.text().contains("pinned sally@gmail.com"), "{}", app.text());
    app.press("<Esc>");
    let text = app.text();
    let (pinned, recent) = (text.find("pinned ").unwrap(), text.find("opened before").unwrap());
    assert!(pinned < recent && text.contains("found by sally@"), "{text}");
    app.press("<C-t>");
    assert!(app.text().contains("sally@gmail.com is no longer pinned"), "{}", app.text());
    assert_eq!(app.backend.pinned, []);
    // The journey on the screen is pinned by the id that it was opened with.
    app.press("sally@gmail.com<Enter><A-p>");
    assert_eq!(app.backend.pinned.len(), 1);
    app.press("<C-t>");
    assert_eq!(app.backend.pinned, []);
}

#[test]
fn no_user_is_pinned_without_a_selection() {
    let mut app = with(sally());
    app.press("zz<C-t>");
    assert!(app.text().contains("no user is selected"), "{}", app.text());
}

#[test]
fn a_wide_preview_tells_root_ids_rows_time_and_story() {
    let mut app = with(phone()).sized(120, 40);
    app.press("sally@");
    let text = app.text();
    for part in ["root      12345", "ids       2: ", "1 refused", "time      2019-07-01", "story     01 Jul 2019"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let mut ascii =
        App::unsettled(Stories::of(vec![phone()]), &Options { ascii: true, no_color: true, ..Options::default() })
            .sized(120, 40);
    ascii.press("sally@");
    assert!(ascii.text().is_ascii(), "{}", ascii.text());
}

#[test]
fn text_of_any_script_stays_in_its_columns_and_marks_of_direction_are_shown() {
    let ids = [
        "sally",
        "שלום-123",
        "مرحبا",
        "日本語の名前",
        "e\u{301}te\u{301}",
        "👩‍👩‍👧 family",
        "\u{2067}evil\u{2069}",
        "\u{200f}\u{202e}abc",
        "a\u{61c}b\u{200e}c",
        "\u{ff21}\u{ff42}",
    ];
    let mut found = with_plan((9, 9));
    let hit = found.list[0].clone();
    found.list = ids.iter().map(|id| Hit { id: Id::new(id), root: Some(Id::new(id)), ..hit.clone() }).collect();
    for size in [(80, 24), (120, 40)] {
        let mut app = by_terms(found.clone()).sized(size.0, size.1);
        app.press("plan=pro");
        let buffer = app.buffer();
        let column = |row: u16| {
            let digits = (0..size.0).rev().filter(|x| buffer[(*x, row)].symbol() == "5");
            digits.filter(|x| x.checked_sub(2).is_some_and(|two| buffer[(two, row)].symbol() == "2")).max()
        };
        let first = column(4).unwrap();
        for (row, id) in (4u16..).zip(ids) {
            assert_eq!(column(row), Some(first), "{id:?}\n{}", app.text());
        }
        let text = app.text();
        assert!(!text.contains(['\u{2067}', '\u{2069}', '\u{200f}', '\u{202e}', '\u{61c}', '\u{200e}']), "{text}");
        assert!(text.contains("⟨U+2067⟩"), "{text}");
    }
}

#[test]
fn the_zone_of_the_devices_is_one_key_away_and_said_to_be_that() {
    let stories = Stories { zone: Some("Asia/Tokyo".into()), ..Stories::of(vec![sally()]) };
    let mut app = App::start(stories);
    app.press("sally@gmail.com<Enter>Z");
    assert!(app.text().contains("times in local"), "{}", app.text());
    app.press("Z");
    let text = app.text();
    assert!(text.contains("times in Asia/Tokyo, the zone that this user's data says"), "{text}");
    app.press("j");
    assert!(app.text().contains("Asia/Tokyo"), "the zone is always on the screen: {}", app.text());
    app.press("Z");
    assert!(app.text().contains("times in UTC"), "{}", app.text());
    let mut none = open(phone());
    none.press("ZZ");
    assert!(none.text().contains("times in UTC"), "{}", none.text());
}

#[test]
fn one_address_of_two_users_is_a_warning_above_both() {
    let mut found = with_plan((9, 9));
    for (hit, root) in found.list.iter_mut().zip(["12345", "bob"]) {
        hit.via = Some(("$email".into(), "Shop@Example.com".into()));
        hit.found = Match::Profile;
        hit.root = Some(Id::new(root));
    }
    let mut app = by_terms(found);
    app.press("email:shop@example.com");
    let text = app.text();
    assert!(text.contains("2 users have shop@example.com: 12345, bob"), "{text}");
    assert!(text.contains("sally@gmail.com") && text.contains("bob"), "{text}");
}

#[test]
fn events_with_the_text_in_their_names_stand_below_people_and_enter_asks_who_has_them() {
    let events = vec![
        EventHit { event: "Sally Bot Replied".into(), people: 412, rows: 9_310 },
        EventHit { event: "Sallyport".into(), people: 1, rows: 1 },
    ];
    let stories = Stories { events, by_terms: with_plan((9, 9)), ..Stories::of(vec![two_people()]) };
    let mut app = App::start(stories);
    app.press("sally");
    let text = app.text();
    let people = text.find("sally@gmail.com").unwrap();
    let event = text.find("Sally Bot Replied").unwrap();
    assert!(people < event, "{text}");
    assert!(text.contains("412 people · 9,310 rows") && text.contains("1 person · 1 row"), "{text}");
    for _ in 0..app.model.search.choices() {
        app.press("<Down>");
    }
    app.press("<Up><Enter>");
    assert_eq!((app.top(), app.model.search.text()), ("search", "event=\"Sally Bot Replied\""));
    assert!(app.text().contains("bob"), "{}", app.text());
}

#[test]
fn values_stand_below_events_under_heads_and_tab_goes_from_group_to_group() {
    let value = |property: &str, value: &str, people, rows| ValueHit {
        property: property.into(),
        value: value.into(),
        people,
        rows,
        at_least: people > 50,
    };
    let stories = Stories {
        events: vec![EventHit { event: "Sallyport".into(), people: 1, rows: 1 }],
        values: vec![value("referrer", "sally-blog", 57, 1_061), value("note", "for sally", 1, 1)],
        by_terms: with_plan((9, 9)),
        ..Stories::of(vec![two_people()])
    };
    let mut app = App::start(stories).sized(80, 24);
    app.press("sally");
    let text = app.text();
    assert!(text.contains("1 event, 2 values, complete"), "{text}");
    assert!(text.contains("── 1 event ──") && text.contains("── 2 values ──"), "{text}");
    let line = |text: &str, part: &str| text.lines().find(|line| line.contains(part)).unwrap_or_default().to_owned();
    assert!(line(&text, "referrer=sally-blog").ends_with("at least 57 people · 1,061 rows"), "{text}");
    assert!(line(&text, "for sally").contains("note=\"for sally\""), "{text}");
    let people = app.model.search.choices() - 3;
    for expected in [people, people + 1, 0, people] {
        app.press("<Tab>");
        assert_eq!(app.model.search.selected(), expected, "{}", app.text());
    }
    app.press("<Tab><Enter>");
    assert_eq!((app.top(), app.model.search.text()), ("search", "referrer=sally-blog"));
}

#[test]
fn values_are_not_looked_for_where_the_text_is_an_id() {
    let values =
        vec![ValueHit { property: "owner".into(), value: "12345-b".into(), people: 1, rows: 1, at_least: false }];
    let mut app = App::start(Stories { values, ..Stories::of(vec![sally()]) });
    app.press("12345");
    assert!(!app.text().contains("owner"), "{}", app.text());
    app.press("<C-u>1234");
    assert!(app.text().contains("owner=12345-b"), "{}", app.text());
}

#[test]
fn a_person_without_a_name_has_the_id_once_and_rows_and_days_are_those_of_the_person() {
    let mut hit = with_plan((9, 9)).list.remove(0);
    hit.id = Id::new("16bb6dd87e0854-0a1b2c3d4e5f60");
    hit.root = Some(hit.id.clone());
    let mut named = hit.clone();
    named.id = Id::new("tom@example.com");
    named.name = Some("tom@example.com".into());
    named.person = Some(Span { events: 1_204, first: None, last: Some(at("2019-08-31T00:00:00Z")) });
    let list = vec![hit, named];
    for size in [(80, 24), (120, 40), (200, 50)] {
        let mut app = by_terms(Hits { list: list.clone(), ..Hits::default() }).sized(size.0, size.1);
        app.press("plan=pro");
        let text = app.text();
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("no name")).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(lines[0].matches("16bb6dd8").count(), 1, "{text}");
        assert_eq!(lines[1].matches("tom@example.com").count(), 1, "{text}");
        assert!(lines[1].contains("1,204") && lines[1].contains("31 Aug 2019"), "{text}");
    }
}

#[test]
fn who_was_opened_before_stands_by_name_with_the_id_and_the_rows() {
    let recent = vec![Recent { id: Id::new("12345"), text: "sally".into() }];
    let mut known = with_plan((9, 9)).list;
    known[0].id = Id::new("12345");
    known[0].name = Some("Sally Doe".into());
    let mut app = App::start(Stories { recent, known, ..Stories::of(vec![sally()]) });
    let text = app.text();
    assert!(text.contains("Sally Doe") && text.contains("12345, 205 rows, found by sally"), "{text}");
    app.press("<Enter>");
    assert_eq!(app.top(), "journey");
}

#[test]
fn a_person_can_be_opened_while_events_are_counted() {
    let mut app = with(sally());
    app.press_unanswered("sally@gmail.com");
    let ticket = app.waiting().unwrap();
    let hits = Hits { counts: true, ..with_plan((9, 9)) };
    app.send(Msg::Response(ticket, Response::Soon(Box::new(hits))));
    assert!(app.text().contains("events and values are being counted"), "{}", app.text());
    app.press_unanswered("<Enter>");
    assert_eq!(app.top(), "journey");
}

#[test]
fn an_event_can_be_searched_for_while_its_people_are_counted() {
    let mut app = with(sally());
    app.press_unanswered("purchase");
    let ticket = app.waiting().unwrap();
    let events = vec![EventHit { event: "Purchase Completed".into(), people: 0, rows: 0 }];
    app.send(Msg::Response(ticket, Response::Soon(Box::new(Hits { events, counts: true, ..Hits::default() }))));
    let text = app.text();
    assert!(text.contains("Purchase Completed") && text.contains("1 event, being counted"), "{text}");
    assert!(!text.contains("0 people"), "{text}");
    app.press_unanswered("<Enter>");
    assert_eq!(app.model.search.text(), "event=\"Purchase Completed\"");
}

#[test]
fn a_person_is_listed_by_the_best_name_that_is_known() {
    let mut found = with_plan((9, 9));
    found.list[0].name = Some("Sally Doe".into());
    let mut app = by_terms(found);
    app.press("plan=pro");
    let text = app.text();
    let line = text.lines().find(|line| line.contains("▸")).unwrap();
    let (name, id) = (line.find("Sally Doe").unwrap(), line.find("sally@gmail.com").unwrap());
    assert!(name < id, "the name comes first: {text}");
    assert!(text.contains("Sally Doe · sally@gmail.com"), "the id stands below: {text}");
    assert!(text.lines().any(|line| line.contains("bob")), "{text}");
}

#[test]
fn what_can_be_written_is_cut_between_its_parts_alone() {
    for (width, height) in [(80, 24), (100, 30), (200, 50)] {
        let text = with(sally()).sized(width, height).press("zzqx").text();
        assert!(text.contains("nothing matches \"zzqx\""), "{text}");
        let forms: Vec<&str> = text.lines().skip_while(|line| !line.contains("a text in an id")).collect();
        let forms: Vec<&str> = forms.into_iter().take_while(|line| !line.contains("Esc")).collect();
        assert!(forms.len() > 10 && !forms.concat().contains('…'), "{text}");
        assert!(
            text.contains("client:web file:july.jsonl:3") && text.contains("the program that sent a row"),
            "{text}"
        );
        assert_eq!(text.contains("event=Page is the whole name"), width > 80, "{text}");
    }
}
