//! The filter of the timeline, and what finds rows without one.

use super::*;

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
fn progress_is_shown_and_a_filter_typed_over_is_given_up() {
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
fn properties_that_cannot_be_read_are_reported() {
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
