//! `journey search`.

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
