//! `journey compare` and `--rules`.

use super::*;

#[test]
fn a_compared_journey_has_the_owner_of_each_row_under_each_rule_set() {
    let home = Home::with_sample();
    let compared = home.json(0, &["compare", "sally@gmail.com", "--rules", "legacy,original,simplified"]);
    assert_eq!(compared["query"], "sally@gmail.com");
    let rules = compared["rules"].as_array().unwrap();
    let names: Vec<&str> = rules.iter().map(|rules| rules["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["legacy", "original", "simplified"]);
    assert_eq!(rules[0]["root"], "12345");
    let rows = rules[0]["events"].as_array().unwrap().len();
    assert!(rows > 0 && rules.iter().all(|rules| rules["events"].as_array().unwrap().len() == rows));
    for row in rules.iter().flat_map(|rules| rules["events"].as_array().unwrap()) {
        assert!(row["line"].is_u64() && row["state"].is_string() && row["why"].is_string(), "{row}");
    }
    assert_eq!(rules[1]["refused"][0]["reason"], "errAliasAlreadyExists");
    let differ = compared["differ"].as_array().unwrap();
    assert!(differ.iter().any(|row| row["owners"]["legacy"] == "12345" && row["owners"]["simplified"] != "12345"
        || row["owners"]["simplified"].is_null()));
}

#[test]
fn a_comparison_as_text_fits_the_width_and_says_why() {
    let home = Home::new();
    let text = out(&home.run(&["compare", "sally@gmail.com"]));
    assert!(text.contains("LEGACY") && text.contains("SIMPLIFIED"), "{text}");
    assert!(text.contains("why · simplified"), "{text}");
    assert!(text.contains("not asked of a vendor"), "{text}");
    let ascii = out(&home.run(&["compare", "sally@gmail.com", "--ascii"]));
    assert!(ascii.is_ascii(), "{ascii}");
}

#[test]
fn the_rules_of_a_journey_can_be_chosen() {
    let home = Home::with_sample();
    let legacy = home.json(0, &["show", "sally@gmail.com"]);
    assert_eq!(legacy["rules"], "legacy");
    assert_eq!(home.json(0, &["show", "sally@gmail.com", "--rules", "legacy"]), legacy);
    for rules in ["original", "simplified", "posthog", "amplitude", "simple"] {
        let journey = home.json(0, &["show", "sally@gmail.com", "--rules", rules]);
        assert_eq!(journey["rules"], rules);
        assert!(!journey["notes"].as_array().unwrap().is_empty(), "what is unknown is said");
        assert!(!out(&home.run(&["show", "sally@gmail.com", "--rules", rules])).is_empty());
        assert!(!out(&home.run(&["graph", "sally@gmail.com", "--rules", rules])).is_empty());
    }
}

#[test]
fn search_and_diff_take_rules_too() {
    let home = Home::with_sample();
    let root = |rules: &str| {
        let answer = home.json(0, &["search", "sally@gmail.com", "--rules", rules]);
        answer["hits"][0]["root"].clone()
    };
    assert_eq!((root("legacy"), root("simplified")), ("12345".into(), "sally@gmail.com".into()));
    let same = |rules: &str| home.json(0, &["diff", "sally@gmail.com", "12345", "--rules", rules])["same"].clone();
    assert_eq!((same("legacy"), same("original"), same("simplified")), (true.into(), true.into(), false.into()));
    assert!(out(&home.run(&["show", "sally@gmail.com", "--rules", "original"])).contains("rules original"));
    assert!(!out(&home.run(&["show", "sally@gmail.com"])).contains("rules legacy"));
    assert_eq!(code(&home.run(&["--rules", "posthog", "show", "sally@gmail.com"])), 2);
}

#[test]
fn wrong_rules_are_wrong_use() {
    let home = Home::with_sample();
    let wrong = home.run(&["compare", "sally@gmail.com", "--rules", "legacy,simplifed"]);
    assert_eq!(code(&wrong), 2);
    assert!(err(&wrong).contains("simplified, if that was meant"), "{}", err(&wrong));
    assert_eq!(code(&home.run(&["compare", "sally@gmail.com", "--rules", "legacy"])), 2);
    assert_eq!(code(&home.run(&["compare", "sally@gmail.com", "--rules", "legacy,legacy"])), 2);
    assert_eq!(code(&home.run(&["show", "sally@gmail.com", "--rules", "nothing"])), 2);
    assert_eq!(code(&home.run(&["compare", "no-such-id"])), 1);
}

#[test]
fn a_redacted_comparison_has_the_same_owners() {
    let home = Home::new();
    let open = home.json(0, &["compare", "sally@gmail.com"]);
    let redacted = home.json(0, &["compare", "sally@gmail.com", "--redact"]);
    assert!(!redacted.to_string().contains("sally@gmail.com"));
    let count = |answer: &Value| (answer["differ"].as_array().unwrap().len(), answer["rows"].clone());
    assert_eq!(count(&open), count(&redacted));
}

#[test]
fn a_change_is_shown_with_what_it_does_and_saved_as_a_scenario() {
    let home = Home::new();
    let change = ["compare", "sally@gmail.com", "--demo", "--without", "01-sally.jsonl:5"];
    let answer = home.json(0, &change);
    assert_eq!((&answer["rules"], answer["changes"].as_array().unwrap().len()), (&"legacy".into(), 1));
    assert!(answer["after"]["rows"].as_u64() < answer["before"]["rows"].as_u64(), "{answer}");
    assert!(answer["rows"].as_array().unwrap().iter().any(|row| row["after"].is_null()));
    let text = out(&home.run(&change));
    assert!(text.contains("DIFFERENCE") && text.contains("not sent"), "{text}");
    let saved = home.run(&[&change[..], &["--write", "what-if.toml"]].concat());
    assert_eq!(code(&saved), 0, "{}", err(&saved));
    let played = home.run(&["demo", "what-if.toml", "--format", "text"]);
    assert_eq!(code(&played), 0, "{}", err(&played));
    assert!(!fs::read_to_string(home.path("what-if.toml")).unwrap().contains("sally@gmail.com"));
    assert_eq!(code(&home.run(&["compare", "sally@gmail.com", "--demo", "--without", "01-sally.jsonl:999"])), 2);
    assert_eq!(code(&home.run(&["compare", "sally@gmail.com", "--demo", "--identify", "01-sally.jsonl:1"])), 2);
}

#[test]
fn a_change_without_meaning_is_refused_and_one_that_hides_a_loss_says_so() {
    let home = Home::new();
    let what_if = |words: &[&str]| home.run(&[&["compare", "sally@gmail.com", "--demo"], words].concat());
    for later in ["01-sally.jsonl:18=-5", "01-sally.jsonl:18=0", "01-sally.jsonl:18=soon"] {
        let refused = what_if(&["--later", later]);
        assert_eq!(code(&refused), 2, "{later}");
        assert!(err(&refused).contains("names no number of seconds"), "{}", err(&refused));
    }
    let later = out(&what_if(&["--later", "01-sally.jsonl:18=1.5"]));
    assert!(later.contains("1.5 s later"), "{later}");
    // The refused alias is what says whose the rows of the phone are.
    let without = out(&what_if(&["--without", "01-sally.jsonl:18"]));
    assert!(without.contains("7 rows: no other row or call ties them to this user"), "{without}");
    let identify = out(&what_if(&["--identify", "01-sally.jsonl:18"]));
    assert!(!identify.contains("ties them"), "{identify}");
    for of_store in [&["--to", "simplified"][..], &["--against", "exported"]] {
        for change in [&["--without", "18"][..], &["--later", "18=2"], &["--add", "alias", "a", "b", "2019-07-04"]] {
            let words = [&["compare", "--demo"], of_store, change].concat();
            assert_eq!(code(&home.run(&words)), 2, "{words:?}");
        }
    }
}

#[test]
fn a_migration_report_is_text_json_csv_and_html() {
    let home = Home::new();
    let report = ["compare", "--demo", "--from", "legacy", "--to", "simplified"];
    let json = home.json(0, &report);
    let number = |key: &str| json[key].as_u64().unwrap();
    assert_eq!(number("same") + number("split") + number("merged"), json["people"]["from"].as_u64().unwrap());
    assert!(number("phantoms") > 0 && number("rows_changed") > 0, "{json}");
    assert!(json["top"][0]["rows_changed"].as_u64() >= json["top"][1]["rows_changed"].as_u64());
    let text = out(&home.run(&report));
    assert!(text.contains("change owner") && text.contains("not known"), "{text}");
    assert!(out(&home.run(&[&report[..], &["--ascii"]].concat())).is_ascii());
    let csv = out(&home.run(&[&report[..], &["--format", "csv"]].concat()));
    assert!(csv.starts_with("id,name,rows_changed,what"), "{csv}");
    let html = out(&home.run(&[&report[..], &["--format", "html"]].concat()));
    assert!(
        html.starts_with("<!doctype html>") && html.contains("Most rows changed") && !html.contains("<script"),
        "{html}"
    );
    assert_eq!(code(&home.run(&["compare", "--demo", "--from", "legacy", "--to", "legacy"])), 2);
    assert_eq!(code(&home.run(&["compare", "--demo"])), 2);
}

#[test]
fn exported_owners_are_compared_with_the_rules() {
    let home = Home::new();
    let lines = "{\"event\":\"Open\",\"properties\":{\"distinct_id\":\"u1\",\"time\":1700000000,\"$insert_id\":\"a\",\"$device_id\":\"d-1\",\"$distinct_id_before_identity\":\"$device:d-1\"}}\n\
        {\"event\":\"Use\",\"properties\":{\"distinct_id\":\"u1\",\"time\":1700000100,\"$insert_id\":\"b\",\"$user_id\":\"u1\"}}\n";
    fs::write(home.path("merged.jsonl"), lines).unwrap();
    assert_eq!(code(&home.run(&["import", "merged.jsonl"])), 0);
    let answer = home.json(0, &["compare", "--against", "exported", "--rules", "simplified"]);
    let simplified = &answer["rules"][0];
    assert_eq!((simplified["compared"].as_u64(), simplified["differ"].as_u64()), (Some(2), Some(1)));
    assert_eq!((&simplified["top"][0]["how"], &simplified["top"][0]["exported"]), (&"split".into(), &"u1".into()));
    let text = out(&home.run(&["compare", "--against", "exported"]));
    assert!(text.contains("original") && text.contains("simplified") && text.contains("exported under u1"), "{text}");
    assert_eq!(code(&home.run(&["compare", "--against", "exported", "--demo"])), 2);
    assert_eq!(code(&home.run(&["compare", "--against", "nothing"])), 2);
    assert_eq!(code(&home.run(&["compare", "sally", "--against", "exported"])), 2);
}

#[test]
fn an_id_with_the_word_for_it_before_it_is_named_without() {
    let home = Home::new();
    for command in ["show", "compare"] {
        let known = home.run(&[command, "duid:sally@gmail.com"]);
        assert_eq!(code(&known), 1);
        assert!(err(&known).contains("journey show \"sally@gmail.com\""), "{}", err(&known));
        let unknown = home.run(&[command, "duid:no such id"]);
        assert!(code(&unknown) == 1 && !err(&unknown).contains("journey show"), "{}", err(&unknown));
    }
}
