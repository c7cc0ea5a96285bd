//! Search by terms on the command line.

use super::{Home, code, err, out};

#[test]
fn a_term_finds_by_a_property_of_rows_and_names_it_in_json() {
    let home = Home::with_sample();
    let found = home.json(0, &["search", "event=View"]);
    assert!(found["hits"].as_array().unwrap().iter().all(|hit| hit["match"] == "event"), "{found}");
    let text = out(&home.run(&["search", "event=View"]));
    assert!(text.contains("View"), "{text}");
    assert_eq!(code(&home.run(&["search", "event:nosuchthing"])), 1);
}

#[test]
fn a_term_that_means_nothing_is_wrong_use_and_pointed_at() {
    let home = Home::with_sample();
    let output = home.run(&["search", "sally after:soon"]);
    assert_eq!(code(&output), 2);
    let printed = err(&output);
    assert!(printed.contains("\"soon\" is no time") && printed.contains("^^^^"), "{printed}");
    let output = home.run(&["search", "evnt:View"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("did you mean event:View?"), "{}", err(&output));
}

#[test]
fn a_query_that_finds_nothing_is_no_misspelt_id() {
    let home = Home::with_sample();
    let output = home.run(&["search", "prop:*=sally@gmail.con"]);
    assert_eq!(code(&output), 1);
    assert!(!err(&output).contains("sally@gmail.com"), "{}", err(&output));
    // The text alone is.
    assert!(err(&home.run(&["search", "sallly@gmail.co"])).contains("sally@gmail.com"));
}

#[test]
fn hits_are_people_with_their_best_name_and_all_their_rows() {
    let home = Home::new();
    let found = home.json(0, &["search", "sally"]);
    let hits = found["hits"].as_array().unwrap();
    assert_eq!(hits.len(), 1, "two ids of one person: {found}");
    let journey = home.json(0, &["show", "sally@gmail.com"]);
    let rows = journey["events"].as_array().unwrap().len();
    assert_eq!((&hits[0]["name"], &hits[0]["person_events"]), (&"Sally Doe".into(), &rows.into()));
    assert!(hits[0]["events"].as_u64().unwrap() < rows as u64, "those sent under the id alone");
    let text = out(&home.run(&["search", "sally"]));
    assert_eq!(text.lines().filter(|line| line.contains("Sally Doe")).count(), 1, "{text}");
    // Who has no profile is named by a known id, and who has none by nothing.
    let named = |text: &str| home.json(0, &["search", text])["hits"][0]["name"].clone();
    assert_eq!(named("P-1"), serde_json::Value::Null);
}

#[test]
fn a_plain_word_offers_events_and_finds_values_in_properties() {
    let home = Home::new();
    let found = home.json(0, &["search", "purchase"]);
    let event = &found["events"][0];
    assert_eq!(event["event"], "Purchase", "{found}");
    let people = home.json(0, &["search", "event=Purchase", "--limit", "1000"]);
    assert_eq!(event["people"], people["hits"].as_array().unwrap().len());
    let text = out(&home.run(&["search", "purchase"]));
    assert!(text.contains("event=Purchase  an event: "), "{text}");
    let found = home.json(0, &["search", "Chrome"]);
    assert!(found["hits"].as_array().unwrap().iter().any(|hit| hit["match"] == "property"), "{found}");
    // An id is an id, and no event is counted for it.
    assert_eq!(home.json(0, &["search", "sally@gmail.com"])["events"], serde_json::json!([]));
    assert_eq!(code(&home.run(&["search", "nowhere-at-all"])), 1);
}

#[test]
fn words_with_or_between_them_are_a_query_when_nothing_has_the_text() {
    let home = Home::new();
    let found = home.json(0, &["search", "P-1 or sally@gmail.com"]);
    let roots: Vec<_> = found["hits"].as_array().unwrap().iter().map(|hit| &hit["root"]).collect();
    assert!(roots.len() == 2 && roots.contains(&&"P-1".into()) && roots.contains(&&"12345".into()), "{found}");
}

#[test]
fn an_import_answers_and_then_makes_the_index_of_values() {
    let home = Home::new();
    let row = "{\"event\":\"Buy\",\"properties\":{\"time\":1562241600,\"distinct_id\":\"u1\",\"order\":\"R-7\"}}\n";
    std::fs::write(home.path("a.jsonl"), row).unwrap();
    home.json(0, &["import", "a.jsonl", "--store", "s.db"]);
    let index = home.json(0, &["sql", "SELECT count(*) AS n FROM value_indexes WHERE blocks = 1", "--store", "s.db"]);
    assert_eq!(index["rows"][0]["n"], 1, "{index}");
    let found = home.json(0, &["search", "order=r-7", "--store", "s.db"]);
    assert_eq!(found["hits"][0]["id"], "u1", "{found}");
    assert_eq!(home.json(0, &["doctor", "--store", "s.db"])["healthy"], true);
}

#[test]
fn an_answer_that_the_limit_cut_says_how_much_was_looked_through() {
    let home = Home::new();
    let cut = home.run(&["search", "plan=pro", "--limit", "1"]);
    assert!(err(&cut).contains("there are more hits than these 1, after "), "{}", err(&cut));
    assert!(err(&cut).contains(" rows; --limit lists more"), "{}", err(&cut));
    let cut = home.json(0, &["search", "plan=pro", "--limit", "1"]);
    assert_eq!((&cut["more"], cut["hits"].as_array().unwrap().len()), (&true.into(), 1), "{cut}");
    assert!(cut["looked"]["rows"].as_u64() > Some(0) && cut["looked"]["rows"] == cut["looked"]["of"], "{cut}");
    // Who is found by an id is found without a look at any row.
    let whole = home.json(0, &["search", "sally@gmail.com"]);
    assert_eq!((&whole["more"], &whole["looked"]), (&false.into(), &serde_json::Value::Null), "{whole}");
}
