//! The client of a vendor's API, against a server of this computer.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::NaiveDate;
use flate2::read::MultiGzDecoder;
use journey::pull::{Account, Client, Error, Limits, Notice};

use crate::support::stand_in::{
    Asked, Reply, StandIn, chunks_without_end, day, mixpanel, ok, packed, packed_and_cut, shorter_than_said, status,
};

const SECRET: &str = "hunter2-made-up";

/// The documented limits, with waits that a test can afford.
fn limits() -> Limits {
    let short = Duration::from_millis(1);
    Limits { interval: Duration::ZERO, retry: short, limited: short, longest: short, ..Limits::default() }
}

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2019, 7, 1).unwrap()
}

/// What a client of the server answers, and what it says meanwhile.
fn with<T>(server: &StandIn, limits: Limits, ask: impl FnOnce(&mut Client<'_>) -> T) -> (T, Vec<String>) {
    at(&server.address, limits, ask)
}

fn at<T>(address: &str, limits: Limits, ask: impl FnOnce(&mut Client<'_>) -> T) -> (T, Vec<String>) {
    let account = Account::service("robot", SECRET, "42").at(address).unwrap();
    let mut said = Vec::new();
    let mut tell = |notice: &Notice| {
        if let Notice::Wait { why, wait } = notice {
            said.push(format!("{why} ({} ms)", wait.as_millis()));
        }
    };
    let mut client = Client::new(account, limits, std::env::temp_dir(), Arc::default(), &mut tell);
    let answer = ask(&mut client);
    (answer, said)
}

fn events(client: &mut Client<'_>) -> Result<String, Error> {
    let mut content = Vec::new();
    client.day(first(), &[])?.content.read_to_end(&mut content).unwrap();
    if content.starts_with(&[0x1f, 0x8b]) {
        let mut text = String::new();
        MultiGzDecoder::new(content.as_slice()).read_to_string(&mut text).unwrap();
        return Ok(text);
    }
    Ok(String::from_utf8(content).unwrap())
}

/// A server that gives some replies first, and answers as documented then.
fn at_first(replies: impl Fn(usize) -> Option<Reply> + Send + Sync + 'static) -> StandIn {
    StandIn::start(move |asked, before| replies(before).unwrap_or_else(|| mixpanel(asked)))
}

#[test]
fn a_day_is_asked_for_with_the_documented_parameters() {
    let server = StandIn::start(|asked, _| mixpanel(asked));
    let (answer, said) = with(&server, limits(), |client| client.day(first(), &["View".to_owned(), "a&b".to_owned()]));
    assert!(answer.unwrap().has_rows);
    assert_eq!(said, Vec::<String>::new());
    let [asked] = server.asked().try_into().unwrap();
    let Asked { method, path, parameters, authorization } = asked;
    assert_eq!((method.as_str(), path.as_str()), ("GET", "/api/2.0/export"));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        parameters,
        [
            pair("project_id", "42"),
            pair("from_date", "2019-07-01"),
            pair("to_date", "2019-07-01"),
            pair("event", r#"["View","a&b"]"#),
            pair("time_in_ms", "true"),
        ]
    );
    // robot:hunter2-made-up
    assert_eq!(authorization, "Basic cm9ib3Q6aHVudGVyMi1tYWRlLXVw");
}

/// What a server does the first time.
type Bad = Box<dyn Fn() -> Reply + Send + Sync>;

#[test]
fn an_answer_that_is_not_whole_is_asked_for_again_whatever_cut_it() {
    let whole = day("2019-07-01", "");
    let half = whole.get(..whole.len() - 30).unwrap().to_owned();
    let cases: Vec<(&str, Bad, &str)> = vec![
        (
            "a message of the server",
            Box::new({
                let text = format!("{}export terminated early\n", whole.lines().next().unwrap().to_owned() + "\n");
                move || ok(&text)
            }),
            r#"its last line is "export terminated early""#,
        ),
        (
            "the message, packed",
            Box::new({
                let text = format!("{whole}terminated early");
                move || packed(&text)
            }),
            r#"its last line is "terminated early""#,
        ),
        ("no row but the message", Box::new(|| ok("export terminated early")), "terminated early"),
        (
            "chunks without the last one",
            Box::new({
                let whole = whole.clone();
                move || chunks_without_end(&whole)
            }),
            "the connection broke off",
        ),
        (
            "fewer bytes than the head says",
            Box::new({
                let whole = whole.clone();
                move || shorter_than_said(&whole)
            }),
            "broke off",
        ),
        (
            "a row that is cut, and no length",
            Box::new({
                let half = half.clone();
                move || Reply::Bytes(format!("HTTP/1.1 200 OK\r\n\r\n{half}").into_bytes())
            }),
            "it ends inside a row",
        ),
        (
            "packed bytes that are cut",
            Box::new({
                let whole = whole.clone();
                move || packed_and_cut(&whole)
            }),
            "its compressed data ends too early",
        ),
        ("a server that is busy", Box::new(|| status(503, "", "<html>busy</html>")), "the server answers 503"),
        ("a gateway", Box::new(|| status(502, "", "")), "the server answers 502"),
        ("a limit", Box::new(|| status(429, "", r#"{"error":"too many"}"#)), "the limit of requests is reached (429)"),
        ("a limit that says how long", Box::new(|| status(429, "retry-after: 0\r\n", "")), "(429) (0 ms)"),
        ("no head", Box::new(|| Reply::Bytes(Vec::new())), "the events of 2019-07-01: "),
    ];
    for (name, reply, why) in cases {
        let server = at_first(move |before| (before == 0).then(&reply));
        let (text, said) = with(&server, limits(), events);
        assert_eq!(text.unwrap(), whole, "{name}");
        assert_eq!(said.len(), 1, "{name}: {said:?}");
        assert!(said[0].contains(why), "{name}: {said:?}");
        assert_eq!(server.asked().len(), 2, "{name}");
    }
}

#[test]
fn an_answer_that_never_is_whole_is_given_up() {
    let server = StandIn::start(|_, _| ok("export terminated early\n"));
    let (answer, said) = with(&server, limits(), events);
    let error = answer.unwrap_err();
    assert!(matches!(error, Error::Early { times: 5, .. }), "{error:?}");
    assert_eq!((said.len(), server.asked().len()), (4, 5));
    let server = StandIn::start(|_, _| status(500, "", ""));
    let (answer, _) = with(&server, limits(), events);
    assert!(matches!(answer.unwrap_err(), Error::Unreachable { .. }));
    let server = StandIn::start(|_, _| status(429, "", ""));
    let (answer, said) = with(&server, limits(), events);
    assert!(matches!(answer.unwrap_err(), Error::Refused { status: 429, .. }));
    assert_eq!(said.len(), 11);
}

#[test]
fn a_refusal_is_not_repeated_quotes_the_server_and_no_secret() {
    for (code, body, said) in [
        (401, format!(r#"{{"error": "Unable to authenticate robot:{SECRET}", "status": "error"}}"#), "robot:…"),
        (400, r#"{"error": "Unauthorized request; from_date"}"#.to_owned(), "from_date"),
        (403, "<html>\n<b>no</b>\x1b[2J</html>".to_owned(), "no"),
        (402, String::new(), "402"),
        (404, format!("Basic cm9ib3Q6aHVudGVyMi1tYWRlLXVw {SECRET}"), "Basic … …"),
    ] {
        let server = StandIn::start(move |_, _| status(code, "", &body));
        let (answer, waits) = with(&server, limits(), events);
        let error = answer.unwrap_err();
        let text = format!("{error} {error:?} {waits:?}");
        assert!(matches!(error, Error::Refused { status, .. } if status == code), "{text}");
        assert!(text.contains(said) && !text.contains(SECRET) && !text.contains("cm9ib3Q6"), "{text}");
        assert!(error.advice().is_some());
        assert_eq!((server.asked().len(), waits.len()), (1, 0));
    }
}

#[test]
fn a_redirect_gets_no_secret() {
    let other = StandIn::start(|asked, _| mixpanel(asked));
    let address = other.address.clone();
    let server = StandIn::start(move |_, _| status(302, &format!("location: {address}/api/2.0/export\r\n"), ""));
    let (answer, _) = with(&server, limits(), events);
    assert!(matches!(answer.unwrap_err(), Error::Refused { status: 302, .. }));
    assert_eq!(other.asked().len(), 0);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (answer, said) = at(&format!("http://{closed}"), limits(), events);
    let text = answer.unwrap_err().to_string();
    assert!(text.contains(&closed.to_string()), "{text}");
    assert_eq!(said.len(), 4);
}

#[test]
fn no_more_requests_are_made_than_the_limit_allows() {
    let server = StandIn::start(|asked, _| mixpanel(asked));
    let window = Duration::from_millis(400);
    let few = Limits { requests: 3, window, ..limits() };
    let start = std::time::Instant::now();
    let ((), said) = with(&server, few, |client| {
        for _ in 0..4 {
            events(client).unwrap();
        }
    });
    assert!(start.elapsed() >= window);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("3 requests were made"), "{said:?}");
}

#[test]
fn profiles_come_page_by_page_in_one_session() {
    let server = StandIn::start(|asked, before| {
        // Half a page, once.
        if before == 1 {
            ok(r#"{"page": 1, "page_size": 2, "results": [{"$distinct_id": "p2""#)
        } else {
            mixpanel(asked)
        }
    });
    let (sizes, said) = with(&server, limits(), |client| {
        let (mut next, mut sizes) = (None, Vec::new());
        loop {
            let page = client.profiles(next.as_ref()).unwrap();
            assert_eq!(page.total, Some(5));
            sizes.push(page.profiles);
            match page.next {
                Some(more) => next = Some(more),
                None => return sizes,
            }
        }
    });
    assert_eq!(sizes, [2, 2, 1]);
    assert!(said.len() == 1 && said[0].contains("it ends inside of its JSON"), "{said:?}");
    let asked = server.asked();
    let pages: Vec<&str> = asked.iter().map(|asked| asked.parameter("page")).collect();
    assert_eq!(pages, ["", "1", "1", "2"]);
    assert!(asked.iter().all(|asked| asked.method == "POST" && asked.parameter("project_id") == "42"));
}

#[test]
fn a_page_of_unknown_size_and_one_that_is_full_are_not_the_last() {
    for size in ["", r#""page_size": 1,"#] {
        let size = size.to_owned();
        let server = StandIn::start(move |asked, _| {
            let results = if asked.parameter("page") == "1" { "[]" } else { r#"[{"$distinct_id": 7}]"# };
            ok(&format!(r#"{{{size} "session_id": "s", "results": {results}}}"#))
        });
        let ((first, second), _) = with(&server, limits(), |client| {
            let first = client.profiles(None).unwrap();
            let second = client.profiles(first.next.as_ref()).unwrap();
            ((first.profiles, first.next.is_some()), (second.profiles, second.next.is_some()))
        });
        assert_eq!((first, second), ((1, true), (0, false)));
    }
}

#[test]
fn an_answer_that_is_none_says_what_came() {
    let server = StandIn::start(|_, _| ok(r#"{"error": "request for page in uncached query", "status": "error"}"#));
    let (answer, _) = with(&server, limits(), |client| client.profiles(None).map(|page| page.profiles));
    let text = answer.unwrap_err().to_string();
    assert!(text.contains("request for page in uncached query"), "{text}");
    let (answer, _) =
        with(&server, limits(), |client| client.activity(&["a".to_owned()], first(), first()).map(|_| ()));
    assert!(matches!(answer.unwrap_err(), Error::Other { .. }));
}

#[test]
fn a_stop_is_heard_while_nothing_comes_and_while_one_waits() {
    for replies in [
        (|| Reply::Silent(Vec::new())) as fn() -> Reply,
        || Reply::Silent(b"HTTP/1.1 200 OK\r\n\r\n{\"event\":".to_vec()),
        || status(429, "retry-after: 3600\r\n", ""),
    ] {
        let stop = Arc::new(AtomicBool::new(false));
        let set = Arc::clone(&stop);
        let server = StandIn::start(move |_, _| {
            set.store(true, Ordering::Relaxed);
            replies()
        });
        let account = Account::project_secret(SECRET).at(&server.address).unwrap();
        let mut tell = |_: &Notice| {};
        let mut client = Client::new(account, Limits::default(), std::env::temp_dir(), stop, &mut tell);
        assert!(matches!(events(&mut client), Err(Error::Stopped)));
        assert_eq!(server.asked()[0].parameter("project_id"), "");
    }
}
