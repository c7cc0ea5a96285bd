//! The identity screen: lines, pages and the way back, moments of arrival, the graph.

use std::sync::Arc;

use journey::identity::compare::{Comparison, Side};
use journey::identity::{Facts, Journey, LEGACY, resolve, resolve_as_of};
use journey::model::facts::Arrival;
use journey::model::hit::{Hit, HitKind, Match};
use journey::model::stored::Overview;
use journey::model::{Id, Millis};
use journey::tui::worker::Request;
use journey::tui::{Backend, Failure, FailureKind, Hits, Msg, Options, StartPage};
use proptest::prelude::*;

use crate::support::app::App;
use crate::support::story::Story;

const START: Millis = 1_562_000_000_000;

/// A whole history, asked row by row: what a store would answer.
pub(super) struct History {
    pub(super) facts: Facts,
    pub(super) changed: bool,
}

impl History {
    pub(super) fn of(story: &str) -> Self {
        let mut facts = Story::new(story).facts();
        // Seconds of a story become seconds of a day that has a date.
        for event in facts.events.iter_mut().map(Arc::make_mut) {
            (event.time, event.arrived) = (event.time + START, event.arrived + START);
        }
        for call in &mut facts.calls {
            (call.time, call.arrived) = (call.time + START, call.arrived + START);
        }
        for link in &mut facts.links {
            (link.time, link.arrived) = (link.time + START, link.arrived + START);
        }
        Self { facts, changed: false }
    }
}

impl Backend for History {
    fn search(&mut self, text: &str) -> Result<Hits, Failure> {
        let found = resolve(&self.facts, &Id::new(text), LEGACY).map(|journey| Hit {
            id: Id::new(text),
            root: journey.root,
            kind: HitKind::Root,
            found: Match::Exact,
            matched: 0,
            name: None,
            person: None,
            via: None,
            events: journey.steps.len() as u64,
            first: None,
            last: None,
        });
        Ok(Hits { list: found.into_iter().collect(), ..Hits::default() })
    }

    fn overview(&mut self) -> Result<StartPage, Failure> {
        let overview = Overview { events: 9, ids: 5, ..Overview::default() };
        Ok(StartPage { overview, ..StartPage::default() })
    }

    fn journey(&mut self, id: &Id) -> Result<Option<Arc<Journey>>, Failure> {
        Ok(resolve(&self.facts, id, LEGACY).map(Arc::new))
    }

    fn journey_as_of(&mut self, id: &Id, moment: Arrival) -> Result<Option<Arc<Journey>>, Failure> {
        Ok(resolve_as_of(&self.facts, id, moment, LEGACY).map(Arc::new))
    }

    fn compare(&mut self, a: &Id, b: &Id) -> Result<Arc<Comparison>, Failure> {
        let side = |id: &Id| match resolve(&self.facts, id, LEGACY) {
            Some(journey) => Ok(Side { journey: Arc::new(journey), traits: vec![] }),
            None => Err(Failure::new(FailureKind::Usage, format!("nothing names {:?}", id.as_str()))),
        };
        Ok(Arc::new(Comparison::of(side(a)?, side(b)?, vec!["only the demo was looked at".into()])))
    }

    fn properties(&mut self, row: i64) -> Result<String, Failure> {
        Ok(format!(r#"{{"row":{row}}}"#))
    }

    fn changed(&mut self) -> Result<bool, Failure> {
        Ok(std::mem::take(&mut self.changed))
    }

    fn title(&self) -> String {
        "history".into()
    }

    fn near(&mut self, _: &str) -> Vec<Id> {
        Vec::new()
    }
}

/// Sally's two phones, a tablet that Bob uses too, and a device before her login there.
pub(super) const SALLY: &str = "
    1 View(12345) +,web-1 on web · Linux · Chrome
    3 AL(sally@x.com -> 12345) +,web-1 on web · Linux · Chrome
    4 Buy(12345) +,web-1 on web · Linux · Chrome
    50 Dash(sally@x.com) +sally@x.com,web-1 on web · Linux · Chrome
    55 AL(uid-9 -> sally@x.com)
    57 Mail(uid-9)
    60 AppOpen(P-1) +,phone-1 on iphone · iOS
    61 AL(sally@x.com -> P-1) +,phone-1 on iphone · iOS
    62 AppBuy(P-1) +,phone-1 on iphone · iOS
    7000 Open(G-1) +,tab-1 on android · Android
    7001 ID(sally@x.com <= G-1) +sally@x.com,tab-1 on android · Android
    7002 Read(sally@x.com) +sally@x.com,tab-1 on android · Android
    9000 Open(G-2) +,tab-1 on android · Android
    9001 ID(bob@x.com <= G-2) +bob@x.com,tab-1 on android · Android
    9002 Read(bob@x.com) +bob@x.com,tab-1 on android · Android
    9500 Browse(A-2) +,web-2 on web · Linux · Chrome
    9501 ID(sally@x.com <= A-2) +sally@x.com,web-2 on web · Linux · Chrome";

fn identity(id: &str) -> App<History> {
    let mut app = App::start(History::of(SALLY)).sized(100, 40);
    app.press(&format!("{id}<Enter>o"));
    assert_eq!(app.top(), "identity", "{}", app.text());
    app
}

/// The line with the cursor on it.
fn line(app: &mut App<History>) -> String {
    app.text().lines().find(|line| line.contains('▸')).unwrap_or_default().trim().to_owned()
}

/// Presses j until the cursor stands on a line that has `text`.
fn go(app: &mut App<History>, text: &str) {
    app.press("gg");
    for _ in 0..60 {
        if line(app).contains(text) {
            return;
        }
        app.press("j");
    }
    panic!("no line has {text}:\n{}", app.text());
}

#[test]
fn the_screen_has_calls_table_ids_devices_orphans_and_findings() {
    insta::assert_snapshot!(identity("sally@x.com").sized(120, 50).styled());
}

#[test]
fn every_size_shows_the_calls_and_explains_the_selected_line() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let mut app = identity("sally@x.com").sized(width, height);
        app.press("jjj");
        insta::assert_snapshot!(format!("identity_{width}x{height}"), app.text());
    }
}

#[test]
fn braces_go_from_section_to_section() {
    let mut app = identity("sally@x.com");
    for _ in 0..7 {
        app.press("}");
        assert!(line(&mut app).starts_with('▸'));
    }
    go(&mut app, "◌ P-1");
    app.press("}");
    assert!(line(&mut app).contains("bob@x.com"), "{}", line(&mut app));
    app.press("{");
    app.press("{");
    assert!(line(&mut app).contains("web-1"), "{}", line(&mut app));
}

#[test]
fn enter_on_a_call_goes_to_its_row_and_on_a_table_line_to_the_call() {
    for text in ["refused", "2 hops"] {
        let mut app = identity("sally@x.com");
        go(&mut app, text);
        assert_eq!(app.press("<Enter>").top(), "journey");
        assert!(line(&mut app).contains("alias("), "{text}: {}", line(&mut app));
    }
    let mut app = identity("sally@x.com");
    go(&mut app, "phone-1");
    app.press("<Enter>");
    assert!(line(&mut app).contains("AppOpen"));
}

#[test]
fn an_orphan_has_a_page_and_escape_comes_back_to_the_line() {
    let mut app = identity("sally@x.com");
    go(&mut app, "◌ P-1");
    app.press("<Enter>");
    assert_eq!(app.top(), "journey");
    assert!(app.text().contains("an orphan: proof ties it to 12345"), "{}", app.text());
    app.press("o");
    assert!(app.text().contains("this is an orphan itself, of"), "{}", app.text());
    go(&mut app, "12345");
    app.press("<Esc>");
    assert_eq!(app.top(), "journey");
    let asked = app.asked.len();
    app.press("<Esc>");
    assert_eq!((app.top(), app.asked.len()), ("identity", asked), "the page before is there without asking");
    assert!(line(&mut app).contains("P-1"), "{}", line(&mut app));
    app.press("<Esc><Esc>");
    assert_eq!(app.top(), "search");
}

#[test]
fn past_its_jumps_the_way_back_leads_to_the_page_before_and_forward_again() {
    let mut app = identity("sally@x.com");
    let query = |app: &App<_>| app.model.journey().unwrap().journey().query.as_str().to_owned();
    go(&mut app, "◌ P-1");
    app.press("<Enter>");
    assert_eq!(query(&app), "P-1");
    app.press("<C-o>");
    assert_eq!((query(&app).as_str(), app.top()), ("sally@x.com", "identity"));
    // The page over the timeline was a jump as well.
    assert_eq!(app.press("<C-o>").top(), "journey");
    app.press("<A-Right>");
    assert_eq!((query(&app).as_str(), app.top()), ("P-1", "journey"));
}

#[test]
fn evidence_leads_to_its_row_or_to_the_page_that_has_it() {
    let mut app = identity("sally@x.com");
    go(&mut app, "refused alias");
    assert_eq!(app.press("<Enter>").top(), "journey");
    assert!(line(&mut app).contains("REFUSED"), "{}", line(&mut app));
    // From the orphan's page the evidence is a row of the other user.
    let mut app = identity("G-1");
    go(&mut app, "$identify row");
    app.press("<Enter>");
    assert!(app.asked.contains(&Request::Journey(Id::new("12345"), journey::tui::Zone::Utc)));
}

#[test]
fn a_search_begins_a_new_way() {
    let mut app = identity("sally@x.com");
    go(&mut app, "◌ P-1");
    app.press("<Enter>u<C-u>bob@x.com<Enter>");
    assert!(app.text().contains("bob@x.com"));
    assert_eq!(app.press("<Esc>").top(), "search");
}

#[test]
fn steps_show_the_table_the_root_and_the_timeline_as_they_stood() {
    let mut app = identity("sally@x.com");
    let mut seen = Vec::new();
    loop {
        let text = app.text();
        let place = text.lines().nth(2).unwrap_or_default().trim().to_owned();
        if seen.last() == Some(&place) {
            break;
        }
        seen.push(place);
        app.press(",");
    }
    insta::assert_snapshot!(seen.join("\n"));
    // The very first arrival: no row has named the e-mail yet, and the root is followed.
    let text = app.text();
    assert!(text.contains("as of 2019-07-01 16:53:21.000 UTC"), "{text}");
    assert!(text.contains("Nothing had made sally@x.com one of these ids yet"), "{text}");
    assert!(text.contains("empty: rows are stored under the id they were sent with"), "{text}");
    app.press("o");
    let text = app.text();
    assert!(text.contains("only what had arrived by then") && text.contains("1 row"), "{text}");
    while app.model.journey().unwrap().scrub().moment().is_some() {
        app.press(".");
    }
    assert!(!app.text().contains("as of 20"));
    assert_eq!(app.press(".").text().matches("this is now").count(), 1);
}

#[test]
fn the_moment_is_shown_on_every_screen_at_every_size() {
    for (width, height) in [(20, 5), (30, 8), (40, 12), (80, 24), (120, 40), (200, 50)] {
        let mut app = identity("sally@x.com").sized(width, height);
        app.press(",");
        for keys in ["", "V", "Vo", "?"] {
            app.press(keys);
            assert!(app.text().contains("as of 20"), "{width}x{height} {keys}:\n{}", app.text());
        }
    }
}

#[test]
fn the_selected_line_stays_while_time_is_scrubbed() {
    let mut app = identity("sally@x.com");
    go(&mut app, "uid-9 ");
    let before = line(&mut app);
    for keys in [",", ",", ",", "."] {
        app.press(keys);
        assert!(line(&mut app).contains("uid-9"), "after {keys}: {} (was {before})", line(&mut app));
    }
}

#[test]
fn a_moment_is_typed_in_and_wrong_ones_are_reported() {
    let mut app = identity("sally@x.com");
    app.press("a");
    assert_eq!(app.top(), "question");
    insta::assert_snapshot!(app.text());
    app.press("<C-u>soon<Enter>");
    assert!(app.text().contains("\"soon\" is no time"), "{}", app.text());
    app.press("<C-u>2019-07-01 16:54<Enter>");
    assert_eq!(app.top(), "identity");
    assert!(app.text().contains("as of 2019-07-01 16:54:59.999 UTC"), "{}", app.text());
    assert!(app.text().contains("refused"), "{}", app.text());
    app.press("a<C-u><Enter>");
    assert!(!app.text().contains("as of 20"), "{}", app.text());
    assert_eq!(app.press("a<Esc>").top(), "identity");
}

#[test]
fn a_moment_is_read_in_the_zone_of_the_screen() {
    let options = Options { zone: journey::tui::Zone::Named(chrono_tz::Asia::Tokyo), ..Options::default() };
    let mut app = App::unsettled(History::of(SALLY), &options).sized(100, 40);
    app.press("sally@x.com<Enter>oa<C-u>2019-07-02 01:54<Enter>");
    assert!(app.text().contains("as of 2019-07-02 01:54:59.999 Asia/Tokyo"), "{}", app.text());
}

#[test]
fn of_many_steps_only_the_last_is_shown() {
    let mut app = identity("sally@x.com");
    let asked = app.asked.len();
    app.press_unanswered(",,,,");
    assert_eq!(app.model.journey().unwrap().journey().as_of, None);
    app.settle();
    let asked: Vec<&Request> =
        app.asked.iter().skip(asked).filter(|asked| matches!(asked, Request::AsOf(..))).collect();
    assert_eq!(asked.len(), 4);
    let Some(Request::AsOf(then, _)) = asked.last() else { panic!("{asked:?}") };
    assert_eq!(app.model.journey().unwrap().journey().as_of, Some(then.moment));
}

#[test]
fn a_changed_store_is_read_again_at_the_same_moment() {
    let mut app = identity("sally@x.com");
    app.press(",,");
    let moment = app.model.journey().unwrap().journey().as_of;
    app.backend.changed = true;
    app.send(Msg::Idle);
    app.settle();
    assert_eq!(app.model.journey().unwrap().journey().as_of, moment);
    let opened = |asked: &&Request| matches!(asked, Request::AsOf(..) | Request::Journey(..));
    assert!(matches!(app.asked.iter().rfind(opened), Some(Request::AsOf(..))));
}

#[test]
fn the_graph_shows_what_leads_where_and_what_does_not() {
    let mut app = identity("sally@x.com");
    insta::assert_snapshot!(app.press("V").styled());
    app.press("GGgg");
    assert_eq!(app.press("V").top(), "identity");
    assert!(app.text().contains("lookup table"));
}

#[test]
fn without_colour_and_with_ascii_alone_every_state_has_its_word() {
    let options = Options { no_color: true, ascii: true, ..Options::default() };
    let mut app = App::unsettled(History::of(SALLY), &options).sized(100, 60);
    app.press("sally@x.com<Enter>o,");
    for word in ["accepted", "refused", "known", "root", "alias", "proof", "as of 20", "inferred"] {
        assert!(app.text().contains(word), "{word}: {}", app.text());
    }
    for keys in ["", "V", "Va"] {
        app.press(keys);
        assert!(app.text().is_ascii(), "{}", app.text());
    }
}

#[test]
fn an_identity_of_a_long_journey_builds_the_visible_lines_alone() {
    let calls: Vec<String> = (0..3_000).map(|number| format!("{number} AL(user-{number} -> hub-1)\n")).collect();
    let mut app = App::start(History::of(&format!("0 View(hub-1)\n{}", calls.concat())));
    app.press("hub-1<Enter>o");
    for keys in ["", "G", "gg", "<PgDn>", "}"] {
        app.press(keys);
        app.text();
        assert!(app.ui.built <= 24, "{} lines were built after {keys}", app.ui.built);
    }
    assert!(app.model.journey().unwrap().identity().lines() > 9_000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_key_and_no_size_breaks_identity_or_its_moments(
        width in 0u16..=120,
        height in 0u16..=50,
        keys in proptest::collection::vec(
            proptest::sample::select(vec![
                "j", "k", "g", "G", "<Enter>", "<Esc>", "<Tab>", "o", ",", ".", "a", "V", "}", "{", "Z", "?", "R",
                "<C-d>", "<PgDn>", "<PgUp>", "2", "0", "<Backspace>", "<C-u>", "d", "日",
            ]),
            0..40,
        ),
    ) {
        let mut app = App::start(History::of(SALLY)).sized(width, height);
        app.press("sally@x.com<Enter>o");
        for key in keys {
            app.press(key);
            if app.end.is_some() {
                break;
            }
            let once = app.buffer();
            let twice = app.buffer();
            prop_assert_eq!(once, twice);
            if let Some(state) = app.model.journey() {
                prop_assert!(state.identity().selected() < state.identity().lines().max(1));
                prop_assert!(state.selected() < state.lines().list().len().max(1));
                let shown = state.journey().as_of;
                prop_assert!(shown.is_none() || width < 20 || height < 5 || app.text().contains("as of 20") || !matches!(app.top(), "journey" | "identity"));
            }
        }
        app.resize(120 - width, 50 - height);
        app.settle();
    }
}

#[test]
fn on_80_columns_the_graph_says_the_file_and_line_of_every_tie_in_full() {
    for story in [super::phone(), super::sally()] {
        let mut app = super::open(story).sized(80, 24);
        let text = app.press("oV").text();
        let ties: Vec<&str> = text.lines().filter(|line| line.contains("sally.json")).collect();
        assert!(!ties.is_empty(), "{text}");
        assert!(ties.iter().all(|line| line.trim_end().ends_with(')')), "a place is cut: {text}");
        assert!(!text.contains('…'), "{text}");
    }
}

#[test]
fn on_80_columns_the_line_that_blocked_a_call_is_said() {
    for columns in [80, 100] {
        let mut story = super::phone();
        for by in story.aliases.iter_mut().filter_map(|call| call.kept_by.as_mut()) {
            *by = journey::model::facts::Source::new(
                "export/a_second_device_that_identifies_first__web-2.60.0.jsonl",
                0,
                17,
            );
        }
        let mut app = super::open(story).sized(columns, 24);
        app.press("e");
        let text = app.text();
        let blocked = text.lines().find(|line| line.contains("blocked by")).unwrap_or_else(|| panic!("{text}"));
        let (_, line) = blocked.trim_end().rsplit_once(':').unwrap();
        assert!(!line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()), "{blocked}");
    }
}
