//! `--redact`: no answer of any command has an id, and pseudonyms stay the same.

use super::*;

#[test]
fn answers_of_every_form_have_pseudonyms_that_stay_the_same() {
    let home = Home::with_sample();
    let all = home.json(0, &["show", "sally@gmail.com"]);
    let mut ids: Vec<String> = vec!["sally@gmail.com".to_owned()];
    for list in ["ids", "orphans"] {
        ids.extend(all[list].as_array().unwrap().iter().map(|member| member["id"].as_str().unwrap().to_owned()));
    }
    ids.retain(|id| id.len() > 2);
    let asked: &[&[&str]] = &[
        &["show", "sally@gmail.com"],
        &["show", "sally@gmail.com", "--as-of", "2030-01-01"],
        &["show", "sally@gmail.com", "--filter", "id:sally@gmail.com"],
        &["show", "sally@gmail.com", "--filter", "id:sally@gmail.com ("],
        &["show", "sally@gmail.com", "--as-of", "2001-01-01"],
        &["show", "sally@gmail.con"],
        &["search", "sally"],
        &["search", "sally@gmail.com"],
        &["search", "sally@gmail.con"],
        &["search", "event:View"],
        &["graph", "sally@gmail.com"],
        &["diff", "sally@gmail.com", "sally@gmail.com"],
        &["diff", "sally@gmail.com", "sally@gmail.con"],
    ];
    for format in ["text", "json", "csv", "markdown", "html", "dot", "svg"] {
        for arguments in asked {
            let arguments = [arguments, &["--redact", "--format", format][..]].concat();
            let output = home.run(&arguments);
            assert!([0, 1, 2].contains(&code(&output)), "{arguments:?}: {}", err(&output));
            for id in &ids {
                for text in [out(&output), err(&output)] {
                    assert!(!text.contains(id.trim_start_matches("$device:")), "{arguments:?} tells {id}: {text}");
                }
            }
            assert_eq!(out(&home.run(&arguments)), out(&output), "{arguments:?} is the same each time");
        }
    }
    let redacted = home.json(0, &["show", "sally@gmail.com", "--redact"]);
    assert_eq!(redacted["events"].as_array().unwrap().len(), all["events"].as_array().unwrap().len());
    let name = redacted["query"].as_str().unwrap().to_owned();
    assert!(name.starts_with("user-") && name.ends_with("@redacted"), "{name}");
    assert_eq!(home.json(0, &["show", &name, "--redact"]), redacted, "a pseudonym opens what it stands for");
    // Without --redact it is no id of the store.
    assert_eq!(code(&home.run(&["show", &name])), 1);
}

#[test]
fn chosen_properties_and_event_names_are_replaced() {
    let home = Home::new();
    let row = r#"{"event":"View","properties":{"time":1700000000,"distinct_id":"kim-1","plan":"gold","Team Name":"Blue","$email":"kim@example.com","n":5}}"#;
    fs::write(home.path("x.jsonl"), row).unwrap();
    home.run(&["import", "x.jsonl", "--store", "x.db"]);
    let show =
        |more: &[&str]| home.json(0, &[&["show", "kim-1", "--store", "x.db"], more].concat())["events"][0].clone();
    let plain = show(&["--redact"]);
    assert_eq!((&plain["event"], &plain["properties"]["plan"]), (&"View".into(), &"gold".into()));
    assert_ne!(plain["properties"]["$email"], "kim@example.com");
    let chosen = show(&["--redact-property", "team_name", "--redact-property", "event"]);
    assert!(chosen["event"].as_str().unwrap().starts_with("event-"));
    assert!(chosen["properties"]["Team Name"].as_str().unwrap().starts_with("value-"));
    assert_eq!((&chosen["properties"]["plan"], &chosen["properties"]["n"]), (&"gold".into(), &5.into()));
}

#[test]
fn what_cannot_be_redacted_is_refused_and_does_nothing() {
    let home = Home::with_sample();
    for arguments in [
        &["import", "x.jsonl"][..],
        &["sql", "SELECT distinct_id FROM events"],
        &["export", "--sqlite", "copy.db"],
        &["demo"],
    ] {
        let output = home.run(&[arguments, &["--redact"]].concat());
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(err(&output).contains("cannot be redacted"), "{}", err(&output));
        assert_eq!(out(&output), "");
    }
    assert!(!home.path("copy.db").exists());
}
