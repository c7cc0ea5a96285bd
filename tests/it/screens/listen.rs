//! What arrives, live: how to point an SDK here, the rows as they come, devices, errors, a journey that grows.

use std::sync::Arc;

use journey::formats::request::{Around, write_item};
use journey::listen::{Kept, News, Real, Request as Answered};
use journey::session::memory::File;
use journey::session::{Location, Opened, Options as SessionOptions, Session};
use journey::tui::worker::Request;
use journey::tui::{Effect, Listening, Msg, Options};
use serde_json::{Value, json};

use crate::support::app::App;

/// 2026-11-29 15:03:00 UTC.
const BEGIN: i64 = 1_795_964_580_000;
const FILE: &str = "listen 2026-11-29 15:03:00 mixpanel";

/// A session that listens, with everything that has been sent to it.
struct Live {
    app: App<Opened>,
    lines: String,
    sent: usize,
}

fn to_memory() -> Listening {
    Listening {
        session: "listen 2026-11-29 15:03:00".to_owned(),
        url: "http://127.0.0.1:8787".to_owned(),
        place: "memory, nothing on disk".to_owned(),
        is_open: false,
        forward: None,
    }
}

fn live() -> Live {
    listening(to_memory())
}

fn listening(listening: Listening) -> Live {
    let session = Opened::open(Location::Empty, Arc::new(|| false), SessionOptions::default()).unwrap();
    let mut app = App::unsettled(session, &Options { listening: Some(listening), ..Options::default() });
    app.settle();
    Live { app, lines: String::new(), sent: 0 }
}

fn answered(received: i64, status: u16, rows: u64, refused: u64, error: Option<&str>) -> Answered {
    Answered {
        received,
        method: "POST".to_owned(),
        path: "/track".to_owned(),
        origin: None,
        status,
        rows,
        refused,
        error: error.map(str::to_owned),
        body: None,
        real: None,
    }
}

impl Live {
    /// A page sends items, `after` seconds from the beginning; they are in the store then.
    fn send(&mut self, after: i64, origin: Option<&str>, items: &[Value]) -> &mut Self {
        let received = BEGIN + after * 1_000;
        for item in items {
            let around = Around { received, path: "/track", method: "POST", status: 200, refused: None };
            write_item(&mut self.lines, &around, &item.to_string());
        }
        self.app.backend.stage(FILE, &self.lines).unwrap();
        let rows = File::read(FILE, self.lines.as_bytes()).unwrap().rows;
        let (file, origin): (Arc<str>, Option<Arc<str>>) = (FILE.into(), origin.map(Arc::from));
        let kept = rows.get(self.sent..).unwrap_or_default().iter().map(|row| Kept {
            file: Arc::clone(&file),
            origin: origin.clone(),
            row: row.clone(),
        });
        let kept: Vec<Kept> = kept.collect();
        self.sent = rows.len();
        let requests = vec![answered(received, 200, items.len() as u64, 0, None)];
        self.news(News { requests, rows: kept, failure: None })
    }

    fn fails(&mut self, after: i64, status: u16, rows: u64, refused: u64, why: &str) -> &mut Self {
        let request = answered(BEGIN + after * 1_000, status, rows, refused, Some(why));
        self.news(News { requests: vec![request], ..News::default() })
    }

    fn news(&mut self, news: News) -> &mut Self {
        self.app.send(Msg::News(Box::new(news)));
        self.app.settle();
        self
    }

    fn text(&mut self) -> String {
        self.app.text()
    }
}

fn row(after: i64, event: &str, id: &str, more: &[(&str, Value)]) -> Value {
    let mut properties = json!({
        "time": BEGIN + after * 1_000, "distinct_id": id, "mp_lib": "web", "$os": "Linux", "$browser": "Chrome",
    });
    for (name, value) in more {
        properties[*name] = value.clone();
    }
    json!({"event": event, "properties": properties})
}

fn phone(after: i64, event: &str, id: &str) -> Value {
    row(after, event, id, &[("mp_lib", "swift".into()), ("$os", "iOS".into()), ("$browser", Value::Null)])
}

const WEB: Option<&str> = Some("http://localhost:3000");

/// A sign-up in a browser, a log-in with another alias on a phone, an error of each sort.
fn sign_up() -> Live {
    let mut live = live();
    live.fails(0, 401, 1, 1, "properties.token, token, missing or empty");
    let plan = [("plan", Value::from("trial"))];
    live.send(10, WEB, &[row(10, "Page Viewed", "anon-1", &plan), row(11, "Sign-Up Started", "anon-1", &plan)]);
    live.send(20, WEB, &[row(20, "$create_alias", "anon-1", &[("alias", "pat@example.com".into())])]);
    live.send(21, WEB, &[row(21, "Sign Up", "pat@example.com", &plan)]);
    live.app.press("mnow I open the app on the phone<Enter>");
    live.send(40, None, &[phone(40, "App Opened", "phone-1")]);
    let again = json!({"event": "$create_alias", "properties": {
        "time": BEGIN + 41_000, "distinct_id": "phone-1", "alias": "pat@example.com", "mp_lib": "swift", "$os": "iOS",
    }});
    live.send(41, None, &[again]);
    live.send(42, None, &[phone(42, "Photo Uploaded", "phone-1"), phone(43, "Photo Uploaded", "phone-1")]);
    live.fails(44, 400, 8, 1, "data, invalid JSON");
    live
}

#[test]
fn how_to_point_each_sdk_here_stands_there_until_something_arrives() {
    for (width, height) in [(40, 12), (80, 24), (200, 50)] {
        let mut app = live().app.sized(width, height);
        insta::assert_snapshot!(format!("listen_empty_{width}x{height}"), app.text());
    }
    let mut live = live();
    assert!(live.text().contains("mixpanel.init(TOKEN, {api_host: \"http://127.0.0.1:8787\"})"));
    live.app.press("jy");
    let Some(Effect::Copy(line)) = live.app.end.take() else { panic!("nothing was copied") };
    assert_eq!(line, "Mixpanel.init(TOKEN, {host: \"127.0.0.1:8787\", protocol: \"http\"})");
}

#[test]
fn a_request_without_rows_is_shown_and_is_no_traffic() {
    let mut live = live();
    let preflight =
        Answered { method: "OPTIONS".to_owned(), origin: WEB.map(str::to_owned), ..answered(BEGIN, 204, 0, 0, None) };
    live.news(News { requests: vec![preflight], ..News::default() });
    let text = live.text();
    assert!(text.contains("nothing has arrived yet"), "{text}");
    assert!(
        text.contains("OPTIONS /track") && text.contains("204") && text.contains("from http://localhost:3000"),
        "{text}"
    );
}

#[test]
fn rows_devices_verdicts_marks_and_errors_stand_in_order_of_arrival() {
    for (width, height) in [(40, 12), (80, 24), (120, 36), (200, 50)] {
        let mut app = sign_up().app.sized(width, height);
        insta::assert_snapshot!(format!("listen_{width}x{height}"), app.text());
    }
    insta::assert_snapshot!("listen_styled", sign_up().app.sized(120, 36).styled());
    let text = sign_up().app.sized(120, 36).text();
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is missing:\n{text}"));
    let parts =
        ["401 POST /track", "Sign-Up Started", "ACCEPTED", "now I open the app", "App Opened", "REFUSED", "× 2"];
    let places: Vec<usize> = parts.iter().map(|part| place(part)).collect();
    assert!(places.is_sorted(), "{places:?}\n{text}");
    let text = sign_up().app.sized(200, 50).text();
    assert!(text.contains("1 of 8 rows refused: data, invalid JSON"), "{text}");
}

#[test]
fn what_the_sdk_of_a_device_remembers_is_shown_with_the_row_that_says_it() {
    let mut live = sign_up();
    live.app.press("<Tab>j");
    for (width, height) in [(80, 24), (200, 50)] {
        live.app.resize(width, height);
        live.app.settle();
        insta::assert_snapshot!(format!("listen_device_{width}x{height}"), live.text());
    }
    let text = live.text();
    assert!(text.contains("distinct_id  pat@example.com  since row 4"), "{text}");
    assert!(text.contains("alias asked  pat@example.com → anon-1, row 3"), "{text}");
    assert!(text.contains("plan=trial (row 1)"), "two events had it: {text}");
    assert!(text.contains("track(…)     goes out as pat@example.com, stored under anon-1"), "{text}");
    assert!(text.contains("alias(pat@example.com)  does nothing more: it leads to anon-1 already"), "{text}");
    live.app.press("k");
    let text = live.text();
    assert!(text.contains("track(…)     goes out as phone-1, an orphan of anon-1"), "{text}");
    assert!(text.contains("alias(pat@example.com)  is refused: it leads to anon-1 already"), "{text}");
    assert!(text.contains("reset()      a new id; 4 rows of this device so far"), "{text}");
}

#[test]
fn a_property_of_one_event_alone_is_no_super_property() {
    let mut live = live();
    let total = [("total", Value::from(9))];
    live.send(1, WEB, &[row(1, "Paid", "a", &total), row(2, "Paid", "a", &total)]);
    live.app.press("<Tab>");
    assert!(!live.text().contains("total=9"), "{}", live.text());
    live.send(3, WEB, &[row(3, "Shipped", "a", &total)]);
    assert!(live.text().contains("total=9 (row 1)"), "{}", live.text());
    live.send(4, WEB, &[row(4, "Seen", "a", &[])]);
    assert!(!live.text().contains("total=9"), "a row without it: {}", live.text());
}

#[test]
fn a_clock_that_is_minutes_off_is_a_row_of_its_own_and_rows_from_a_queue_are_not() {
    let mut live = live();
    live.send(10, None, &[phone(10 + 422, "App Opened", "phone-1")]);
    assert!(live.text().contains("7 m 2 s ahead"), "{}", live.text());
    live.send(12, None, &[phone(12 + 422, "Seen", "phone-1")]);
    assert_eq!(live.text().matches(" ahead").count(), 1, "it is said once: {}", live.text());
    // Offline for ten minutes, then at once.
    let mut live = self::live();
    live.send(700, None, &[phone(100, "A", "phone-1"), phone(400, "B", "phone-1"), phone(700, "C", "phone-1")]);
    assert!(!live.text().contains("clock"), "{}", live.text());
    let mut live = self::live();
    live.send(700, None, &[phone(400, "A", "phone-1"), phone(399, "B", "phone-1"), phone(398, "C", "phone-1")]);
    assert!(live.text().contains("5 m") && live.text().contains("behind"), "{}", live.text());
}

#[test]
fn the_list_stays_at_its_end_until_the_cursor_leaves_it_and_keeps_its_place_then() {
    let mut live = live();
    for number in 0..40 {
        live.send(number, WEB, &[row(number, &format!("Event {number}"), "a", &[])]);
    }
    let cursor = |live: &mut Live| live.text().lines().find(|line| line.contains('▸')).unwrap_or_default().to_owned();
    assert!(cursor(&mut live).contains("Event 39"));
    live.app.press("kkk");
    let before = live.text();
    assert!(cursor(&mut live).contains("Event 36"));
    live.send(40, WEB, &[row(40, "Event 40", "a", &[])]);
    assert!(cursor(&mut live).contains("Event 36"));
    let top = |text: &str| text.lines().nth(3).unwrap().to_owned();
    assert_eq!(top(&live.text()), top(&before), "no line moves");
    live.app.press("F");
    assert!(cursor(&mut live).contains("Event 40"));
}

#[test]
fn a_pause_stops_the_list_and_counts_what_comes_and_clear_empties_it() {
    let mut live = sign_up();
    live.app.press("p");
    live.send(60, WEB, &[row(60, "Later", "pat@example.com", &[])]);
    let text = live.text();
    assert!(text.contains("PAUSED  + 1 row") && !text.contains("Later"), "{text}");
    live.app.press("<Esc>");
    assert!(live.text().contains("Later") && !live.text().contains("PAUSED"), "{}", live.text());
    live.app.press("C");
    let text = live.text();
    assert!(!text.contains("Sign Up") && text.contains("rows are in the store"), "{text}");
    live.send(61, WEB, &[row(61, "After", "pat@example.com", &[])]);
    assert!(live.text().contains("After"));
}

#[test]
fn the_open_journey_grows_at_its_end_and_the_cursor_stays_on_its_row() {
    let mut live = sign_up();
    live.app.press("ggjj<Enter>");
    assert_eq!(live.app.top(), "journey", "{}", live.text());
    live.app.press("gg");
    let cursor =
        |live: &mut Live| live.text().lines().find(|line| line.starts_with('▸')).unwrap_or_default().to_owned();
    let before = cursor(&mut live);
    live.send(60, WEB, &[row(60, "Plan Compared", "pat@example.com", &[])]);
    assert!(live.text().contains("Plan Compared"), "{}", live.text());
    assert_eq!(cursor(&mut live), before);
    let journeys = live.app.asked.iter().filter(|asked| matches!(asked, Request::Journey(..))).count();
    live.send(61, WEB, &[row(61, "Seen", "someone else", &[])]);
    let after = live.app.asked.iter().filter(|asked| matches!(asked, Request::Journey(..))).count();
    assert_eq!(after, journeys, "rows of others are no reason to read it again");
    live.app.press("<Esc>");
    assert_eq!(live.app.top(), "listen");
}

#[test]
fn a_journey_opens_at_the_row_of_the_list_and_follows_its_end_until_the_cursor_leaves_it() {
    let mut live = live();
    for number in 0..60 {
        live.send(number, WEB, &[row(number, &format!("Event {number}"), "a", &[])]);
    }
    let cursor =
        |live: &mut Live| live.text().lines().find(|line| line.starts_with('▸')).unwrap_or_default().to_owned();
    live.app.press("kkkkk<Enter>");
    assert!(cursor(&mut live).contains("Event 54"), "{}", live.text());
    live.send(60, WEB, &[row(60, "Event 60", "a", &[])]);
    assert!(cursor(&mut live).contains("Event 54"), "{}", live.text());
    live.app.press("G");
    live.send(61, WEB, &[row(61, "Event 61", "a", &[])]);
    assert!(cursor(&mut live).contains("Event 61"), "{}", live.text());
    live.app.press("k");
    live.send(62, WEB, &[row(62, "Event 62", "a", &[])]);
    assert!(cursor(&mut live).contains("Event 60"), "{}", live.text());
    // From the end of the list: at the end, and the newest stays on the screen where the newest is first.
    live.app.press("<Esc>F<Enter>");
    assert!(cursor(&mut live).contains("Event 62"), "{}", live.text());
    live.app.press("s");
    live.send(63, WEB, &[row(63, "Event 63", "a", &[])]);
    assert!(cursor(&mut live).contains("Event 63"), "{}", live.text());
}

#[test]
fn what_is_typed_over_a_journey_stays_while_rows_come_and_they_are_shown_after_it() {
    let mut live = live();
    for number in 0..3 {
        live.send(number, WEB, &[row(number, &format!("Event {number}"), "a", &[])]);
    }
    live.app.press("<Enter>&plan");
    live.send(4, WEB, &[row(4, "Later", "a", &[])]);
    assert!(live.text().contains("plan") && !live.text().contains("Later"), "{}", live.text());
    live.app.press("<Esc>");
    assert!(live.text().contains("Later"), "{}", live.text());
}

#[test]
fn a_test_row_goes_to_the_server_itself_unless_it_would_be_passed_on() {
    let mut live = live();
    assert!(live.text().contains("c test row"), "{}", live.text());
    live.app.press("c");
    assert_eq!(live.app.end.take(), Some(Effect::TestRow("http://127.0.0.1:8787".to_owned())));
    live.send(1, None, &[row(1, "Test Row", "test-device", &[])]);
    assert!(!live.text().contains("c test row"), "{}", live.text());
    let forward = Some("https://api.mixpanel.com".to_owned());
    let mut live = listening(Listening { forward, ..to_memory() });
    live.app.press("c");
    assert_eq!(live.app.end, None);
    assert!(live.text().contains("would be passed on"), "{}", live.text());
}

#[test]
fn the_body_of_a_request_with_an_error_is_shown_and_not_that_of_another() {
    let mut live = live();
    live.send(1, WEB, &[row(1, "A", "a", &[])]);
    let kept = "{\"received_at_ms\":1,\"endpoint\":\"/track\",\"refused\":\"data, invalid JSON\",\"body\":\"{\\\"total\\\":9,00}\"}\n\
                {\"received_at_ms\":1,\"endpoint\":\"/track\",\"payload\":{\"event\":\"Good\"}}\n{\"cut";
    let request =
        Answered { body: Some(kept.into()), ..answered(BEGIN + 2_000, 400, 3, 1, Some("data, invalid JSON")) };
    live.news(News { requests: vec![request], ..News::default() });
    live.app.press("V");
    let Some(Effect::Show(text, _)) = live.app.end.take() else { panic!("nothing is shown: {}", live.text()) };
    let shown = "POST /track answered with 400: data, invalid JSON\n\nrefused: data, invalid JSON\n{\"total\":9,00}\n\n\
                 taken\n{\n  \"event\": \"Good\"\n}\n\n{\"cut…\n";
    assert_eq!(text.content, shown);
    live.app.press("kV");
    assert!(live.app.end.is_none() && live.text().contains("opens the journey of the row"), "{}", live.text());
    live.fails(3, 413, 0, 0, "too large");
    live.app.press("FV");
    assert!(live.app.end.is_none() && live.text().contains("nothing of this request is kept"), "{}", live.text());
}

#[test]
fn how_an_sdk_queues_its_rows_is_said_once_two_deliveries_show_it() {
    let mut live = live();
    let rows = |from: i64| [0, 1, 2].map(|at| phone(from + at, &format!("Event {from} {at}"), "phone-1"));
    live.send(12, None, &rows(1));
    live.app.press("<Tab>");
    assert!(!live.text().contains("queue"), "{}", live.text());
    live.send(22, None, &rows(12));
    live.send(32, None, &rows(22));
    let text = live.text();
    assert!(text.contains("queue        3 rows at a time, each 10 s; rows wait up to 11 s, as seen"), "{text}");
    let mut live = self::live();
    for at in [1, 4] {
        live.send(at, None, &[phone(at, "A", "phone-1")]);
    }
    live.app.press("<Tab>");
    assert!(live.text().contains("1 row at a time, each 3.0 s, as seen"), "{}", live.text());
}

#[test]
fn each_line_for_an_sdk_is_whole_on_every_screen_and_what_a_browser_asks_for_is_no_traffic() {
    for (width, height) in [(80, 24), (120, 36), (200, 50)] {
        let mut live = live();
        live.app = live.app.sized(width, height);
        let text: String = live.text().split_whitespace().collect();
        for (name, line) in journey::listen::point::lines("http://127.0.0.1:8787") {
            let line: String = line.split_whitespace().collect();
            assert!(text.contains(&line), "{name} on {width} columns: {}", live.text());
        }
    }
    let mut live = live();
    for path in ["/favicon.ico", "/static/recorder.js", "/robots.txt", "/1", "/2", "/3", "/4"] {
        let asked =
            Answered { method: "GET".to_owned(), path: path.to_owned(), ..answered(BEGIN, 404, 0, 0, Some("no")) };
        live.news(News { requests: vec![asked], ..News::default() });
    }
    let text = live.text();
    assert!(text.contains("GET /favicon.ico") && text.contains("nothing has arrived yet"), "{text}");
    assert!(text.contains("journey listen --bind"), "the advice has its place: {text}");
    live.fails(1, 404, 0, 0, "no endpoint of an SDK");
    assert!(live.text().contains("404 POST /track"), "a row that an SDK sends elsewhere is one: {}", live.text());
}

#[test]
fn escape_does_not_end_what_is_received_and_q_does() {
    let mut live = sign_up();
    live.app.press("<Esc>");
    assert!(live.app.end.is_none() && live.text().contains("q stops listening"), "{}", live.text());
    live.app.press("q");
    assert_eq!(live.app.end, Some(Effect::Quit));
}

#[test]
fn one_question_at_a_time_asks_how_ids_stand_and_none_is_forgotten() {
    let mut live = live();
    let asked = |live: &Live| live.app.asked.iter().filter(|asked| matches!(asked, Request::Standing(_))).count();
    live.send(1, WEB, &[row(1, "A", "a", &[])]);
    assert_eq!(asked(&live), 1);
    live.app.send(Msg::Idle);
    live.app.settle();
    assert_eq!(asked(&live), 1, "nothing is asked while nothing comes");
    assert!(!live.app.asked.contains(&Request::Changed), "and no look at the store is needed");
}

#[test]
fn a_real_answer_that_differs_from_ours_is_a_row_and_one_that_agrees_is_counted() {
    let mut live = live();
    live.send(1, WEB, &[row(1, "A", "a", &[])]);
    let real = |status, said: &str| Some(Real { status, said: said.to_owned(), took: 40 });
    let request = Answered { real: real(Some(200), "1"), ..answered(BEGIN + 1_000, 200, 1, 0, None) };
    live.news(News { requests: vec![request.clone()], ..News::default() });
    assert!(!live.text().contains("the real answer"), "{}", live.text());
    let other = Answered { real: real(Some(400), "bad token"), ..request.clone() };
    live.news(News { requests: vec![other], ..News::default() });
    assert!(live.text().contains("the real answer is 400: bad token"), "{}", live.text());
    let silent = Answered { real: real(None, "no answer: timeout"), ..request };
    live.news(News { requests: vec![silent], ..News::default() });
    assert!(live.text().contains("the real answer is none: no answer"), "{}", live.text());
}

#[test]
fn what_a_row_holds_acts_on_no_terminal() {
    let mut live = live();
    live.send(
        1,
        Some("http://\u{1b}[31m"),
        &[row(1, "\u{1b}]0;x\u{7}", "\u{1b}[2J", &[("\u{1b}[1m", "\u{9b}".into())])],
    );
    live.fails(2, 404, 0, 0, "\u{1b}[2J");
    live.app.press("<Tab>");
    assert!(!live.text().contains(['\u{1b}', '\u{7}', '\u{9b}']), "{:?}", live.text());
}

#[test]
fn what_was_received_is_saved_as_requests_and_as_a_scenario_with_the_marked_moment() {
    let folder = tempfile::TempDir::new().unwrap();
    let to = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let mut live = sign_up().app.sized(80, 24);
    live.press("S");
    insta::assert_snapshot!("listen_save_80x24", live.text());
    live.press(&format!("e{}<Enter>", to("pat.jsonl")));
    assert_eq!(live.top(), "listen", "{}", live.text());
    let requests = std::fs::read(to("pat.jsonl")).unwrap();
    let read = File::read("pat.jsonl", &requests).unwrap();
    assert_eq!((read.rows.len(), read.rows[0].event.as_str()), (8, "Page Viewed"));
    live.press(&format!("Sje{}<Enter>", to("pat.toml")));
    let text = std::fs::read_to_string(to("pat.toml")).unwrap();
    let scenario = journey::sim::Scenario::parse("pat.toml", &text).unwrap();
    assert_eq!(scenario.calls.len(), 8);
    let captions: Vec<_> = scenario.calls.iter().map(|call| call.caption.as_deref()).collect();
    let marked = Some("now I open the app on the phone");
    assert_eq!((captions[4], captions.iter().filter(|caption| **caption == marked).count()), (marked, 1));
    assert_eq!(scenario.to_toml(), text);
    // A file that is there stays.
    live.press(&format!("Se{}<Enter>", to("pat.jsonl")));
    assert!(live.text().contains("exists and is not replaced"), "{}", live.text());
    assert_eq!(std::fs::read(to("pat.jsonl")).unwrap(), requests);
}

#[test]
fn nothing_is_saved_before_something_arrives_and_what_is_received_is_shown_as_it_came() {
    let mut live = live();
    live.app.press("S");
    assert_eq!(live.app.top(), "listen", "{}", live.text());
    assert!(live.text().contains("nothing has arrived yet that could be saved"), "{}", live.text());
    let mut live = sign_up();
    live.app.press("X");
    assert_eq!(live.app.top(), "listen", "{}", live.text());
    assert!(live.text().contains("shown as it came"), "{}", live.text());
}
