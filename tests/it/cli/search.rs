//! `journey search`.

use std::sync::Arc;

use journey::inspect::Shared;
use journey::inspect::terms::Terms;
use journey::model::hit::Match;
use journey::report::json::{self, Searched};
use journey::session::{self, Location, Opened};
use journey::tui::worker::{Request, Response};

use super::*;

#[test]
fn a_search_finds_the_best_first() {
    let home = Home::with_sample();
    let search = home.json(0, &["search", "sally"]);
    assert_eq!((&search["schema"], &search["query"]), (&1.into(), &"sally".into()));
    let hit = &search["hits"][0];
    assert_eq!(
        *hit,
        serde_json::json!({"id": "sally@gmail.com", "root": "12345", "kind": "alias", "match": "prefix",
            "events": 3, "first": "2019-07-01T09:17:20.000Z", "last": "2019-07-01T09:18:20.000Z", "via": null,
            "name": "sally@gmail.com", "person_events": 6,
            "person_first": "2019-07-01T09:14:00.000Z", "person_last": "2019-07-01T09:18:20.000Z"})
    );
    let text = out(&home.run(&["search", "12345"]));
    let line = text.lines().nth(1).unwrap_or_default();
    assert!(line.starts_with("sally@gmail.com ") && line.contains(" 12345 ") && line.contains("exact"), "{text}");
}

#[test]
fn an_address_that_two_users_have_is_listed_with_a_warning() {
    let home = Home::with_sample();
    let profiles = home.path("profiles.jsonl");
    let profile =
        |id: &str| format!("{{\"$distinct_id\":\"{id}\",\"$properties\":{{\"$email\":\"sally@gmail.com\"}}}}\n");
    fs::write(&profiles, profile("12345") + &profile("P-1")).unwrap();
    assert_eq!(code(&home.run(&["import", profiles.to_str().unwrap()])), 0);
    let search = home.json(0, &["search", "Sally@gmail"]);
    let roots: Vec<_> = search["hits"].as_array().unwrap().iter().map(|hit| hit["root"].as_str().unwrap()).collect();
    assert_eq!(roots, ["12345", "P-1"]);
    let expected = serde_json::json!([{"value": "sally@gmail.com", "users": ["12345", "P-1"]}]);
    assert_eq!(search["shared"], expected);
    let text = out(&home.run(&["search", "sally@gmail.com", "--limit", "1"]));
    assert!(text.contains("warning: 2 users have sally@gmail.com: sally@gmail.com (12345), P-1"), "{text}");
    assert_eq!(home.json(0, &["search", "P-"])["shared"], serde_json::json!([]));
}

#[test]
fn a_search_that_lists_less_than_it_found_says_so() {
    let home = Home::with_sample();
    let output = home.run(&["search", "1", "--limit", "1"]);
    assert_eq!(out(&output).lines().count(), 2, "{}", out(&output));
    assert!(err(&output).contains("--limit"), "{}", err(&output));
    let all = home.run(&["search", "l", "--limit", "50"]);
    assert_eq!(err(&all), "");
    assert_eq!(code(&home.run(&["search", "1", "--limit", "0"])), 2);
}

#[test]
fn a_search_without_hits_has_its_own_exit_code() {
    let home = Home::with_sample();
    assert_eq!(home.json(1, &["search", "nobody-at-all"])["hits"], serde_json::json!([]));
    let output = home.run(&["search", "nobody-at-all"]);
    assert_eq!((code(&output), out(&output).as_str()), (1, ""));
}

#[test]
fn a_text_of_ids_finds_events_and_values_too_and_the_screen_has_the_same() {
    let home = Home::new();
    let file = home.path("rows.jsonl");
    let row = |n: u32, id: &str, event: &str, more: &str| {
        format!(
            "{{\"event\":\"{event}\",\"properties\":{{\"distinct_id\":\"{id}\",\"time\":{},\"$insert_id\":\"{n}\"{more}}}}}\n",
            1_561_971_600 + n
        )
    };
    let rows = [
        row(1, "sally", "View", ",\"referrer\":\"sally-blog\""),
        row(2, "bob", "View", ",\"referrer\":\"sally-blog\",\"coupon\":\"SALLY10\""),
        row(3, "bob", "Sallyport Opened", ""),
        row(4, "carl", "View", ",\"owner\":\"sally\""),
    ];
    fs::write(&file, rows.concat()).unwrap();
    assert_eq!(code(&home.run(&["import", file.to_str().unwrap(), "--timezone", "UTC"])), 0);
    let found = home.json(0, &["search", "sall"]);
    assert_eq!(found["hits"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["events"], serde_json::json!([{"event": "Sallyport Opened", "people": 1, "rows": 1}]));
    let values = serde_json::json!([
        {"property": "referrer", "value": "sally-blog", "people": 2, "rows": 2, "at_least": false},
        {"property": "coupon", "value": "SALLY10", "people": 1, "rows": 1, "at_least": false},
    ]);
    assert_eq!(found["values"], values, "a value that is an id is found as one");
    let text = out(&home.run(&["search", "sall"]));
    assert!(text.contains("referrer=sally-blog  a value: 2 people, 2 rows"), "{text}");
    assert_eq!(home.json(0, &["search", "referrer=sally-blog"])["hits"].as_array().unwrap().len(), 2);
    // A whole id is that user, and nothing else.
    assert_eq!(home.json(0, &["search", "sally"])["values"], serde_json::json!([]));
}

/// Rows of people with ids, events and values that are alike, and with all that stands around texts.
fn nasty_rows() -> String {
    let rows = [
        ("sally", "View", r#""plan":"Pro or Free","note":"a \"quoted\" word""#),
        ("sally@gmail.com", "Sally Port", r#""coupon":"SALLY-10","list":["sal", "ly"]"#),
        ("'sally'", "View", r#""plan":"free""#),
        ("$device:d-1", "Purchase", r#""total":20.00,"owner":"sally""#),
        ("a b", "(Purchase)", r#""note":"a b, c""#),
        ("plan=pro", "or", r#""plan":"pro""#),
        ("sxaxlxlxyx", "Żółw Fed", r#""city":"Łódź","straße":"Große Straße""#),
        ("日本語 id", "View", r#""tab":"a\tb","esc":"\u001b[2J","zero":"a\u0000b""#),
        ("1e3", "1000", r#""n":1000,"m":"1e3""#),
    ];
    let line = |(at, (id, event, more)): (usize, &(&str, &str, &str))| {
        let properties = format!("\"distinct_id\":\"{id}\",\"time\":{},{more}", 1_561_971_600 + at);
        format!("{{\"event\":\"{event}\",\"properties\":{{{properties}}}}}\n")
    };
    rows.iter().enumerate().map(line).collect()
}

#[test]
fn the_command_line_and_the_screen_give_the_same_hits() {
    let home = Home::new();
    let (file, store) = (home.path("rows.jsonl"), home.path("s.db"));
    fs::write(&file, nasty_rows()).unwrap();
    let imported =
        home.run(&["import", file.to_str().unwrap(), "--timezone", "UTC", "--store", store.to_str().unwrap()]);
    assert_eq!(code(&imported), 0, "{}", err(&imported));
    let open = Location::File(store.clone());
    let mut screen = Opened::open(open, Arc::new(|| false), session::Options::default()).unwrap();
    let mut kinds = [0; 7];
    for text in [
        "sally",
        "SALLY",
        "sall",
        "sally,",
        " sally ",
        "\"sally\"",
        "'sally'",
        "“sally”",
        "saly",
        "salyl",
        "ally",
        "saly gmail",
        "distinct_id=sally",
        "\"distinct_id\": \"sally\",",
        r#"{"properties":{"distinct_id":"sally"}}"#,
        "sally\r\nbob",
        "device",
        "d-1",
        "$device:d-1",
        "a b",
        "(a b)",
        "\"a b\"",
        "purchase",
        "(purchase)",
        "Purchase or View",
        "pro or free",
        "pro -free",
        "not pro",
        "(pro or free)",
        "or",
        "o",
        "pro",
        "\"pro\"",
        "plan=pro",
        "plan=free",
        "plan:fre",
        "\"plan=pro\"",
        "event:View",
        "event:View -plan=pro",
        "prop:*~quoted",
        "quoted",
        "a \"quoted\" word",
        "żółw",
        "ŁÓDŹ",
        "łódź,",
        "große",
        "GROSSE",
        "日本",
        "日本語 id",
        "1e3",
        "1000",
        "20",
        "20.00",
        "[2J",
        "a\tb",
        "coupon",
        "SALLY-1",
        "nobodyhere",
        "nobody here at all",
        "{}",
        "[",
        "\"\"",
        "~",
        "-",
        "sally=",
        "sally:",
        "x".repeat(300).as_str(),
        "",
    ] {
        let Ok((hits, near)) = (match Request::Search(text.to_owned()).respond(&mut screen) {
            Response::Search(found) => found,
            other => panic!("{text:?}: {other:?}"),
        }) else {
            panic!("{text:?}")
        };
        let answer =
            home.run(&["search", "--limit", "200", "--format", "json", "--store", store.to_str().unwrap(), "--", text]);
        if code(&answer) == 2 {
            // A term that means nothing; the screen reports it at the prompt.
            assert!(Terms::read(text).is_err() || text.is_empty(), "{text:?}: {}", err(&answer));
            continue;
        }
        assert_eq!(
            code(&answer),
            i32::from(hits.list.is_empty() && hits.events.is_empty()),
            "{text:?}: {}",
            err(&answer)
        );
        let shared = Shared::of(text, &hits.list);
        let mut expected = Vec::new();
        let searched = Searched {
            query: text,
            hits: &hits.list,
            events: &hits.events,
            values: &hits.values,
            shared: &shared,
            more: hits.more,
            looked: hits.looked,
            instead: hits.instead.as_deref(),
        };
        json::search(&mut expected, &searched).unwrap();
        assert_eq!(out(&answer), String::from_utf8(expected).unwrap(), "{text:?}");
        for id in &near {
            assert!(err(&answer).contains(id.as_str()), "{text:?}: {id:?} in {}", err(&answer));
        }
        let found = |found| hits.list.iter().any(|hit| hit.found == found);
        let values = found(Match::Property);
        for (count, is) in kinds.iter_mut().zip([
            found(Match::Exact),
            found(Match::Fuzzy),
            values,
            !hits.events.is_empty(),
            !hits.values.is_empty(),
            hits.instead.is_some(),
            !near.is_empty(),
        ]) {
            *count += u32::from(is);
        }
    }
    assert!(kinds.iter().all(|count| *count > 0), "each kind of answer is compared: {kinds:?}");
}
