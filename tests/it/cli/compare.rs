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
