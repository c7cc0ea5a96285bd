//! The pane of the selected row: what it says, where its reasons lead, what is copied.

use super::journeys::{Stories, browsing, hostile, long, phone, race, sally, two_people};
use super::{cursor_line, open, screen};
use crate::support::app::App;
use crossterm::event::{Event, MouseButton, MouseEventKind};
use journey::identity::Journey;
use journey::tui::worker::Request;
use journey::tui::{Effect, Msg, Options, Zone};
use proptest::prelude::*;

/// A row with properties of every owner, nested, long and odd ones.
const RICH: &str = r#"{"plan":"pro","cart":{"items":[{"sku":"SH-11","n":2},{"sku":"SK-2","n":1.50}],"total":12345678901234567890.10},"tags":["a","b"],"note":"NOTE","a \"b\"":"","$os":"iOS","mp_lib":"web","time":1562000000,"$city":"Oslo","mp_country_code":"NO"}"#;

fn rich() -> String {
    RICH.replace("NOTE", &"long words and more of them ".repeat(20))
}

/// Sally's journey with such a row in the second place, and one like it before.
fn printed(journey: Journey) -> App<Stories> {
    let before = r#"{"plan":"free","gone":1,"tags":["a","b"],"$os":"iOS","time":1}"#.to_owned();
    let mut app = App::start(Stories { said: vec![(1, before), (2, rich())], ..Stories::of(vec![journey]) });
    app.press("sally@gmail.com<Enter>");
    app
}

/// The line of the pane with the cursor on it: the list has one as well, further up.
fn line(app: &mut App<Stories>) -> String {
    app.text().lines().rfind(|line| line.starts_with('▸') || line.contains("│▸")).unwrap_or_default().to_owned()
}

fn row(app: &App<Stories>) -> Option<i64> {
    app.model.journey().unwrap().selected_row()
}

fn copied(app: &mut App<Stories>) -> String {
    match app.end.take() {
        Some(Effect::Copy(text)) => text,
        other => panic!("{other:?} on\n{}", app.text()),
    }
}

#[test]
fn properties_are_grouped_by_who_sets_them_with_their_number() {
    let mut app = printed(sally()).sized(100, 60);
    app.press("j<Enter>");
    let text = app.text();
    let heads: Vec<&str> = text.lines().filter(|line| line.contains(" propert") && line.contains("──")).collect();
    assert_eq!(heads.len(), 3, "{text}");
    assert!(heads[0].contains("yours: 5 properties"), "{text}");
    assert!(heads[1].contains("the SDK's: 3 properties"), "{text}");
    assert!(heads[2].contains("the server's: 2 properties"), "{text}");
    assert!(text.contains("cart            ▹ {2 properties}"), "{text}");
    assert!(text.contains("… (560 characters)"), "{text}");
}

#[test]
fn nested_and_long_values_unfold_and_fold_from_inside_too() {
    let mut app = printed(sally()).sized(100, 60);
    app.press("j<Enter>/cart<Enter>");
    assert!(line(&mut app).contains("cart"), "{}", app.text());
    app.press("<Enter>");
    assert!(app.text().contains("  total         12345678901234567890.10"), "{}", app.text());
    app.press("jljl");
    assert!(line(&mut app).contains("[0]") && app.text().contains("SH-11"), "{}", app.text());
    app.press("jjh");
    assert!(line(&mut app).contains("[0]") && !app.text().contains("  SH-11"), "folded from inside: {}", app.text());
    app.press("hh");
    assert!(line(&mut app).contains("cart") && !app.text().contains("  total  "), "{}", app.text());
    app.press("/note<Enter><Enter>");
    assert!(app.text().matches("long words and more").count() > 10, "{}", app.text());
}

#[test]
fn what_is_found_is_gone_through_also_where_it_is_folded() {
    let mut app = printed(sally()).sized(100, 40);
    app.press("j<Enter>/sh-11");
    assert!(app.text().contains("on 2 lines"), "the property and the text of the store: {}", app.text());
    app.press("<Enter>");
    assert!(line(&mut app).contains("cart"), "{}", app.text());
    app.press("nnn");
    assert!(line(&mut app).contains("sku"), "each fold opens on the way: {}", app.text());
    app.press("N");
    assert!(line(&mut app).contains("[0]"), "{}", app.text());
    app.press("/nowhere<Esc>n");
    assert!(line(&mut app).contains("sku"), "what was looked for before is again: {}", app.text());
    app.press("/nowhere<Enter>n");
    assert!(app.text().contains("\"nowhere\" is not in this row"), "{}", app.text());
}

#[test]
fn what_has_changed_since_the_row_before_is_new_gone_or_other() {
    let mut app = printed(sally()).sized(100, 60);
    app.press("j<Enter>");
    let text = app.text();
    assert!(text.contains("changed since the row before of this id: 8"), "{text}");
    assert!(text.contains("free → pro") && text.contains("gone: 1") && text.contains("new: web"), "{text}");
    assert!(!text.contains("new: [2 values]") && !text.contains("time         1 →"), "{text}");
    app.press("/row before<Enter>n<Enter>");
    assert_eq!(row(&app), Some(1));
    assert!(app.text().contains("yours: "), "the row before is looked at: {}", app.text());
    app.press("<C-o>");
    assert_eq!(row(&app), Some(2));
}

#[test]
fn the_row_before_is_of_the_same_device_if_one_is_named() {
    let mut journey = sally();
    for (at, device) in [(0, "phone"), (1, "web"), (3, "phone")] {
        std::sync::Arc::make_mut(&mut journey.steps[at].event).device = Some(journey::model::Id::new(device));
    }
    let timeline = journey::tui::screen::journey::Timeline::new(&journey, Zone::Utc);
    let before: Vec<Option<usize>> = (0..5).map(|row| timeline.before(row)).collect();
    assert_eq!(before, [None, None, None, Some(0), None]);
    let timeline = journey::tui::screen::journey::Timeline::new(&sally(), Zone::Utc);
    let before: Vec<Option<usize>> = (0..5).map(|row| timeline.before(row)).collect();
    assert_eq!(before, [None, Some(0), Some(1), Some(2), None], "else of the same id");
}

#[test]
fn reasons_are_numbered_and_each_leads_to_its_row_and_back() {
    let mut app = open(phone()).sized(100, 40);
    app.press("]o]a<Enter>");
    let text = app.text();
    for proof in ["1 refused", "2 kept", "3 why", "4 proof"] {
        assert!(text.contains(proof), "{proof}: {text}");
    }
    app.press("/kept<Enter>");
    assert!(app.text().contains("Enter: to that row"), "{}", app.text());
    app.press("<Enter>");
    assert_eq!(row(&app), Some(3), "the call that blocked it");
    assert!(app.text().contains("C-o goes back"), "{}", app.text());
    app.press("<C-o>");
    assert_eq!(row(&app), Some(61));
    app.press("<Esc><C-o><C-o><C-o><C-o>");
    assert!(app.text().contains("no jump to go back from"), "{}", app.text());
    app.press("]o<Enter>/proof<Enter><Enter>");
    assert_eq!(row(&app), Some(61), "the evidence of the orphan");
    app.press("<Esc>G<Enter>");
    assert_eq!(row(&app), Some(62));
}

#[test]
fn a_row_through_an_alias_leads_to_the_call_and_a_hidden_one_is_reported() {
    let mut app = open(sally());
    app.press("G<Enter>j<Enter>");
    assert_eq!(row(&app), Some(3));
    app.press("<Esc>&event:dash<Enter>");
    app.press("<Enter>j<Enter>");
    assert_eq!(row(&app), Some(50));
    assert!(app.text().contains("is not shown: the filter"), "{}", app.text());
}

#[test]
fn values_are_counted_over_the_journey_and_one_of_them_filters() {
    let mut said: Vec<(i64, String)> = (200..214).map(|row| (row, r#"{"plan":"free","tags":["x"]}"#.into())).collect();
    said.push((301, "{}".into()));
    said.push((4, r#"{"plan":"it's \"so\""}"#.into()));
    let mut app = App::start(Stories { said, ..Stories::of(vec![browsing()]) }).sized(100, 50);
    app.press("sally@gmail.com<Enter><Enter>/plan<Enter><Enter>");
    let text = app.text();
    assert!(text.contains("values of plan over 21 rows"), "{text}");
    let counts: Vec<u64> = text
        .lines()
        .skip_while(|line| !line.contains("values of plan"))
        .skip(1)
        .take_while(|line| line.contains('█'))
        .filter_map(|line| line.trim_start_matches(['▸', ' ']).split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(counts, [14, 5, 1, 1], "{text}");
    assert_eq!(counts.iter().sum::<u64>(), 21, "every row is counted once");
    assert!(line(&mut app).contains("free"), "{}", app.text());
    app.press("<Enter>");
    assert_eq!(app.model.journey().unwrap().filter_text(), Some("prop:plan=free"));
    assert_eq!(app.model.journey().unwrap().lines().rows(), 14);
    for (downs, kept) in [("j", 5), ("jj", 1), ("jjj", 1)] {
        app.press("<Esc>&<C-u><Enter>gg<Enter>gg/plan<Enter>c");
        app.press(downs).press("<Enter>");
        let text = app.model.journey().unwrap().filter_text().map(str::to_owned);
        assert_eq!(app.model.journey().unwrap().lines().rows(), kept, "{text:?}");
    }
    app.press("<Esc>&<C-u><Enter>gg<Enter>gg/items<Enter>c");
    assert!(app.text().contains(r#"["SH-11","SK-2"]"#), "{}", app.text());
    app.press("<Esc>");
    assert!(!app.text().contains("values of"), "first the values are left");
    assert!(app.model.journey().unwrap().is_in_detail());
}

#[test]
fn the_value_under_the_cursor_becomes_a_condition_that_keeps_its_row() {
    for (name, filter) in
        [("plan", "prop:plan=pro"), ("tags", "prop:tags"), ("a \"b\"", r#"prop:"a \"b\""="""#), ("$os", "prop:$os=iOS")]
    {
        let mut app = printed(sally()).sized(100, 60);
        app.press("j<Enter>");
        app.press("/");
        app.send(Msg::Terminal(Event::Paste(name.into())));
        app.press("<Enter>f");
        assert_eq!(app.model.journey().unwrap().filter_text(), Some(filter));
        assert_eq!(row(&app), Some(2), "{filter}: {}", app.text());
    }
    let mut app = printed(sally()).sized(100, 60);
    app.press("j<Enter>/cart<Enter>ljljljf");
    assert_eq!(app.model.journey().unwrap().filter_text(), Some("prop:*=SH-11"));
    assert_eq!(row(&app), Some(2));
    let mut app = printed(sally()).sized(100, 60);
    app.press("j<Enter>/tags<Enter>ljjf");
    assert_eq!(app.model.journey().unwrap().filter_text(), Some("prop:tags=b"));
    assert_eq!(row(&app), Some(2));
}

#[test]
fn rows_are_gone_through_without_leaving_the_pane() {
    let mut app = open(phone());
    app.press("<Enter>JJ");
    assert!(app.model.journey().unwrap().is_in_detail());
    assert_eq!(row(&app), Some(3));
    app.press("K");
    assert_eq!(row(&app), Some(2));
    app.press("<Esc>");
    assert!(!app.model.journey().unwrap().is_in_detail());
    assert_eq!(app.top(), "journey");
}

#[test]
fn on_a_small_screen_the_row_is_a_page_of_its_own() {
    let mut app = open(phone()).sized(40, 12);
    app.press("<Enter>");
    let text = app.text();
    assert!(text.contains("2019-07-01 09:14:02.118 UTC View"), "{text}");
    assert!(!text.contains("Video"), "{text}");
    app.press("G");
    assert!(app.text().contains("SK-2\"]}"), "to the end: {}", app.text());
    app.press("<Esc>");
    assert!(app.text().contains("Video"));
}

#[test]
fn a_pinned_property_is_shown_first_for_every_row_and_stays_pinned() {
    let mut app = printed(sally()).sized(80, 24);
    app.press("j<Enter>/plan<Enter>p<Esc>");
    let pinned = |app: &mut App<Stories>| {
        let text = app.text();
        text.lines().skip_while(|line| !line.contains("── why")).nth(1).unwrap_or_default().to_owned()
    };
    assert!(pinned(&mut app).contains("plan") && pinned(&mut app).contains("pro"), "{}", app.text());
    app.press("k");
    assert!(pinned(&mut app).contains("free"), "{}", app.text());
    app.press("<Esc><C-u>12345<Enter>j");
    assert!(pinned(&mut app).contains("plan"), "in another journey too: {}", app.text());
    app.press("<Enter>p");
    assert!(pinned(&mut app).contains("1 why"), "{}", app.text());
    app.press("ggp");
    assert!(app.text().contains("only a property can be pinned"), "{}", app.text());
}

#[test]
fn times_of_a_row_stand_together() {
    let mut app = open(phone()).sized(120, 40);
    assert!(app.text().contains("2019-07-01 09:14:02.118 UTC · arrived 09:14:03.368, 1.2 s later"), "{}", app.text());
    let said = r#"{"time":1561961642,"$mp_api_timestamp_ms":1561972443400,"mp_processing_time_ms":1561972444000}"#;
    let mut app = App::start(Stories { said: vec![(1, said.into())], ..Stories::of(vec![sally()]) }).sized(120, 40);
    app.press("sally@gmail.com<Enter>");
    let clocks =
        "written as 2019-07-01 06:14:02.000, UTC-03:01 · taken by the server 09:14:03.400 · stored 09:14:04.000";
    assert!(app.text().contains(clocks), "{}", app.text());
}

#[test]
fn detail_at_every_size() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let size = (width, height);
        insta::assert_snapshot!(
            format!("row_{width}x{height}"),
            printed(sally()).sized(width, height).press("j<Enter>/plan<Enter>").styled()
        );
        insta::assert_snapshot!(format!("row_refused_{width}x{height}"), screen(phone(), size, "<Enter>]a]a<Enter>j"));
        let said = vec![(4, r#"{"plan":"free"}"#.to_owned()), (301, "{}".to_owned())];
        let mut app = App::start(Stories { said, ..Stories::of(vec![browsing()]) }).sized(width, height);
        app.press("sally@gmail.com<Enter><Enter>/plan<Enter>c");
        insta::assert_snapshot!(format!("row_values_{width}x{height}"), app.styled());
        insta::assert_snapshot!(format!("copy_{width}x{height}"), screen(phone(), size, "<Enter>y"));
    }
}

#[test]
fn without_colour_and_in_ascii_alone_the_pane_says_the_same() {
    let options = Options { ascii: true, no_color: true, ..Options::default() };
    let before = r#"{"plan":"free","gone":1}"#.to_owned();
    let stories = Stories { said: vec![(1, before), (2, rich())], ..Stories::of(vec![sally()]) };
    let mut app = App::unsettled(stories, &options).sized(100, 50);
    app.press("sally@gmail.com<Enter>j<Enter>/cart<Enter>l");
    assert!(app.text().is_ascii(), "{}", app.text());
    insta::assert_snapshot!(app.styled());
}

// Copies

#[test]
fn a_row_is_copied_as_the_export_has_it_to_the_byte() {
    let mut app = printed(sally());
    app.press("jyr");
    let text = copied(&mut app);
    assert_eq!(text, format!(r#"{{"event":"Video Played","properties":{}}}"#, rich()));
    assert!(app.text().contains("sent row as JSON (832 bytes); a terminal never says if it took it"), "{}", app.text());
}

#[test]
fn the_value_under_the_cursor_the_id_and_the_source_are_copied() {
    let mut app = printed(sally());
    app.press("j<Enter>/cart<Enter>yv");
    assert!(copied(&mut app).starts_with(r#"{"items":[{"sku""#));
    app.press("/as it is<Enter>jyy");
    assert_eq!(copied(&mut app), rich(), "the text of the store");
    app.press("yi");
    assert_eq!(copied(&mut app), "12345");
    app.press("ys");
    assert_eq!(copied(&mut app), "sally.jsonl:2");
    app.press("yv");
    assert_eq!(copied(&mut app), rich());
    app.press("<Esc>y<Down><Down><Enter>");
    assert_eq!(copied(&mut app), "12345", "by arrows as well");
    app.press("yjj<Enter>");
    assert_eq!(copied(&mut app), "12345", "by letters that no choice has as well");
    app.press("ykjjk<Esc>");
    app.press("yx");
    assert_eq!((app.end.take(), app.top()), (None, "journey"), "no such letter");
}

#[test]
fn the_command_has_the_filter_the_moment_and_the_zone_of_the_screen() {
    let options = Options { zone: Zone::Named(chrono_tz::Asia::Tokyo), ..Options::default() };
    let mut app = App::unsettled(Stories::of(vec![phone()]), &options);
    app.settle();
    app.press("sally@gmail.com<Enter>yf");
    assert_eq!(copied(&mut app), "journey show --timezone Asia/Tokyo sally@gmail.com");
    app.press("yc");
    assert_eq!(copied(&mut app), "journey show --timezone Asia/Tokyo --filter file=sally.jsonl:1 sally@gmail.com");
    app.press("&event:\"a b\" or is:refused<Enter>Y");
    assert_eq!(
        copied(&mut app),
        "journey show --timezone Asia/Tokyo --filter 'event:\"a b\" or is:refused' sally@gmail.com"
    );
    app.send(Msg::Located(Some("my shop.db".into()), false));
    app.press("<Esc><Esc><C-u>-x's");
    assert_eq!(app.model.command().as_deref(), Some("journey search --store 'my shop.db' -- '-x'\\''s'"));
}

#[test]
fn every_screen_names_its_command() {
    let mut app = open(two_people());
    assert_eq!(app.model.command().as_deref(), Some("journey show sally@gmail.com"));
    app.press("?");
    assert!(app.text().contains("$ journey show sally@gmail.com"), "{}", app.text());
    app.press("<Esc>o");
    assert_eq!(app.model.command().as_deref(), Some("journey graph sally@gmail.com"));
    app.press("<Esc><Esc>");
    assert_eq!(app.model.command().as_deref(), Some("journey search sally@gmail.com"));
    app.press("<Esc>?");
    assert!(!app.text().contains("$ journey"), "nothing typed is asked by no command: {}", app.text());
    app.press("Y");
    assert!(app.text().contains("no command shows just this"), "{}", app.text());
}

#[test]
fn a_text_too_long_for_a_terminal_is_not_copied_and_its_length_is_shown() {
    let said = vec![(2, format!(r#"{{"a":"{}"}}"#, "x".repeat(80_000)))];
    let mut app = App::start(Stories { said, ..Stories::of(vec![sally()]) }).sized(120, 30);
    app.press("sally@gmail.com<Enter>jyr");
    assert_eq!(app.end.take(), None);
    assert!(app.text().contains("not copied: 80,046 bytes, a terminal takes 74,994"), "{}", app.text());
}

#[test]
fn unread_rows_are_reported_and_a_terminal_that_fails_too() {
    let mut app = open(phone());
    app.press("jjjyr");
    assert_eq!(app.end.take(), None, "the properties of that row cannot be read");
    assert!(app.text().contains("row as JSON has not been read"), "{}", app.text());
    app.send(Msg::Copied(Err("not copied: a terminal of the kind linux has no clipboard".into())));
    assert!(app.text().contains("kind linux has no clipboard"), "{}", app.text());
}

// The mouse

#[test]
fn the_wheel_over_the_pane_scrolls_it_and_no_further_than_its_end() {
    let mut app = printed(sally()).sized(200, 20);
    app.press("j");
    let before = app.text();
    for _ in 0..40 {
        app.point(MouseEventKind::ScrollDown, 190, 12);
    }
    assert_eq!(row(&app), Some(2));
    let end = app.text();
    assert_ne!(before, end);
    app.point(MouseEventKind::ScrollUp, 190, 12);
    assert_ne!(app.text(), end, "one notch back is seen at once");
    app.press("<Enter>");
    app.point(MouseEventKind::ScrollDown, 190, 12);
    assert!(cursor_line(&mut app).contains("source") || line(&mut app).contains("source"), "{}", app.text());
    app.point(MouseEventKind::ScrollDown, 10, 12);
    assert_eq!(row(&app), Some(50), "over the list the rows are scrolled");
}

#[test]
fn a_press_in_the_pane_selects_and_a_second_one_does_what_enter_does() {
    let mut app = printed(sally()).sized(200, 50);
    app.press("j");
    app.click("{2 properties}");
    assert!(app.model.journey().unwrap().is_in_detail());
    assert!(!app.text().contains("12345678901234567890.10  "), "{}", app.text());
    app.click("{2 properties}");
    assert!(app.text().contains("  total"), "{}", app.text());
    app.click("View");
    assert!(!app.model.journey().unwrap().is_in_detail(), "the keys go where the press was");
    assert_eq!(row(&app), Some(1));
}

#[test]
fn a_press_on_the_head_of_a_session_selects_its_first_row_and_on_a_fold_opens_it() {
    let mut app = open(browsing()).sized(120, 40);
    app.click("session 2");
    assert_eq!(row(&app), Some(301));
    app.click("session 3");
    assert_eq!(row(&app), Some(401));
    app.click("× 14");
    assert!(cursor_line(&mut app).contains("× 14"), "{}", app.text());
    app.click("× 14");
    assert!(!app.text().contains("× 14"), "{}", app.text());
}

// Cost

#[test]
fn the_pane_of_a_row_of_a_hundred_thousand_asks_for_two_rows_alone() {
    let mut app = open(long());
    app.press("G<Enter>");
    let asked: Vec<&Request> = app.asked.iter().filter(|asked| matches!(asked, Request::Properties(_))).collect();
    assert!(asked.len() <= 4, "{}", asked.len());
    for keys in ["J", "K", "j", "G", "<C-d>", "/plan<Enter>", "n", "<Esc>"] {
        app.press(keys);
        app.text();
        assert!(app.ui.built <= 24, "{} rows were built after {keys}", app.ui.built);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_key_no_press_and_no_size_breaks_the_pane(
        story in 0..5usize,
        width in 0u16..=220,
        height in 0u16..=70,
        keys in proptest::collection::vec(
            (proptest::sample::select(vec![
                "j", "k", "gg", "G", "<Enter>", "<Esc>", "<Tab>", "l", "h", "c", "f", "*", "/", "n", "N", "y", "r", "v",
                "]", "[", "J", "K", "<C-o>", "<C-d>", "<C-u>", "<Space>", "b", "&", "plan", "Z", "Y", "?", "e", "o",
            ]), 0u16..220, 0u16..70),
            0..40,
        ),
    ) {
        let app = match story {
            0 => printed(sally()),
            1 => open(phone()),
            2 => open(two_people()),
            3 => open(race()),
            _ => super::with(hostile()),
        };
        let mut app = app.sized(width, height);
        app.press("<Enter>");
        for (key, column, line) in keys {
            app.press(key);
            let kind = MouseEventKind::Down(MouseButton::Left);
            if column % 3 == 0 {
                app.point(kind, column, line);
            }
            if matches!(app.end, Some(Effect::Copy(_))) {
                app.end = None;
            }
            if app.end.is_some() {
                break;
            }
            let once = app.buffer();
            let twice = app.buffer();
            prop_assert_eq!(once, twice);
        }
        app.resize(220 - width, 70 - height);
        app.settle();
    }
}
