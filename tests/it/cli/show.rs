//! `journey show`, `graph` and `diff`: one journey or two as text, JSON and pictures.

use super::*;

#[test]
fn a_journey_is_one_json_object() {
    let home = Home::with_sample();
    let show = home.json(0, &["show", "sally@gmail.com"]);
    assert_eq!((&show["query"], &show["root"]), (&"sally@gmail.com".into(), &"12345".into()));
    let events = show["events"].as_array().unwrap();
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["View", "Sign Up", "$create_alias", "Dashboard", "Purchase"]);
    let lines: Vec<u64> = events.iter().map(|event| event["source"]["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5]);
    assert_eq!(events[4]["copies"], serde_json::json!([{"file": "sally.jsonl", "line": 6}]));
    assert_eq!(events[0]["time"], "2019-07-01T09:14:00.000Z");
    assert_eq!(events[0]["arrived"], "2019-07-01T09:14:01.000Z");
    assert_eq!(events[1]["properties"]["plan"], "pro");
    let statuses: Vec<_> = show["aliases"].as_array().unwrap().iter().map(|alias| alias["status"].clone()).collect();
    assert_eq!(statuses, ["accepted", "refused"]);
    assert_eq!(show["orphans"][0]["id"], "P-1");
    assert_eq!(show["orphans"][0]["events"].as_array().unwrap().len(), 3);
    assert_eq!(show["findings"][0]["code"], "alias-on-login");
}

#[test]
fn as_of_a_moment_only_what_had_arrived_is_shown() {
    let home = Home::new();
    let now = home.json(0, &["show", "sally@gmail.com"]);
    assert_eq!(now["as_of"], Value::Null);
    let then = home.json(0, &["show", "sally@gmail.com", "--as-of", "2019-07-04"]);
    assert_eq!(then["as_of"], "2019-07-04T23:59:59.999Z");
    assert_eq!((then["root"].as_str(), then["orphans"].as_array().unwrap().len()), (Some("12345"), 0));
    let arrived = |journey: &Value, until: &str| {
        let events = journey["events"].as_array().unwrap();
        events.iter().filter(|event| event["arrived"].as_str().unwrap() <= until).count()
    };
    assert_eq!(then["events"].as_array().unwrap().len(), arrived(&now, "2019-07-04T23:59:59.999Z"));
    let text = out(&home.run(&["show", "12345", "--as-of", "2019-07-01 09:14", "--timezone", "Europe/Berlin"]));
    assert!(text.is_empty(), "nothing had arrived at 07:14 UTC: {text}");
    let text = out(&home.run(&["show", "12345", "--as-of", "2019-07-01T09:14:30Z"]));
    assert!(
        text.starts_with("as of 2019-07-01 09:14:30.999 UTC: only what had arrived by then\n12345 · a root"),
        "{text}"
    );
    let early = home.run(&["show", "sally@gmail.com", "--as-of", "2019-07-01T09:14:30Z"]);
    assert_eq!(code(&early), 1);
    assert!(err(&early).contains("today it leads to 12345"), "{}", err(&early));
    assert_eq!(code(&home.run(&["show", "12345", "--as-of", "soon"])), 2);
}

#[test]
fn properties_keep_the_digits_of_the_file() {
    let home = Home::with_sample();
    let text = out(&home.run(&["show", "12345", "--format", "json"]));
    assert!(text.contains("\"price\":49.5,") && text.contains("\"amount\":20.0,"), "{text}");
}

#[test]
fn a_journey_as_text_tells_the_refused_alias_in_its_place() {
    let home = Home::with_sample();
    let output = home.run(&["show", "12345", "--timezone", "America/New_York"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let text = out(&output);
    assert!(text.contains("Mon 2019-07-01") && text.contains("05:14:00.000"), "{text}");
    let (refused, orphans) = (text.find("◇ alias(sally@gmail.com)").unwrap(), text.find("orphans:").unwrap());
    assert!(refused < orphans, "{text}");
    assert!(text.contains("left behind: 3 rows under P-1, 1 of them after this call"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colour into a pipe");
    assert!(text.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 100), "{text}");
}

#[test]
fn ascii_answers_hold_ascii_alone() {
    let home = Home::with_sample();
    for arguments in [&["show", "12345", "--ascii"][..], &["search", "", "--ascii"], &["search", "rf", "--ascii"]] {
        let output = home.run(arguments);
        assert!(output.stdout.is_ascii(), "{}", out(&output));
    }
}

#[test]
fn colour_is_written_when_it_is_asked_for() {
    let home = Home::with_sample();
    assert!(out(&home.run(&["show", "12345", "--color", "always"])).contains("\u{1b}[31m"));
    assert!(!out(&home.run(&["show", "12345", "--color", "never"])).contains('\u{1b}'));
}

#[test]
fn an_id_that_begins_with_a_hyphen_stands_after_two() {
    let home = Home::with_sample();
    let id = "-rf \u{1b}[2J";
    let output = home.run(&["show", "--format", "json", "--", id]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let show: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(show["root"], id);
    let text = out(&home.run(&["show", "--", id]));
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    assert!(text.contains("␛[2J"), "{text}");
}

#[test]
fn an_id_that_is_nowhere_suggests_near_ones() {
    let home = Home::with_sample();
    let output = home.run(&["show", "sally@gmial.com"]);
    assert_eq!(code(&output), 1);
    assert_eq!(out(&output), "");
    assert!(err(&output).contains("\n  try: sally@gmail.com (3 rows)\n"), "{}", err(&output));
}

#[test]
fn a_failure_is_an_object_where_json_is_asked_for() {
    let home = Home::with_sample();
    let output = home.run(&["show", "sally@gmial.com", "--format", "json"]);
    let failure: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((&failure["schema"], &failure["error"]["kind"]), (&1.into(), &"nothing".into()));
    assert_eq!(failure["error"]["hints"][0], "sally@gmail.com (3 rows)");

    let usage = home.run(&["show", "--format", "json"]);
    assert_eq!(code(&usage), 2);
    let failure: Value = serde_json::from_slice(&usage.stderr).unwrap();
    assert!(failure["error"]["what"].as_str().unwrap().contains("<ID>"), "{failure}");
}

#[test]
fn a_journey_is_handed_on_in_three_forms_with_its_properties() {
    let home = Home::new();
    let form = |form: &str| out(&home.run(&["show", "sally@gmail.com", "--format", form]));
    let rows = home.json(0, &["show", "sally@gmail.com"])["events"].as_array().unwrap().len();
    let markdown = form("markdown");
    assert!(
        markdown.starts_with("# Journey of `Sally Doe` · `sally@gmail.com`\n") && markdown.contains("already_mapped")
    );
    let html = form("html");
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    assert!(html.matches("<details>").count() > rows, "orphans have properties too");
    let text = form("csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().unwrap().iter().position(|name| name == "properties").unwrap();
    let mut ids = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        let properties: Value = serde_json::from_str(&record[at]).unwrap();
        assert_eq!(properties["distinct_id"], record[4], "the properties are those of the row");
        ids.push(record[4].to_owned());
    }
    assert!(ids.len() > rows && ids.contains(&"P-1".to_owned()), "{ids:?}");
}

#[test]
fn a_filter_and_a_span_of_time_show_fewer_rows_and_say_how_many_are_hidden() {
    let home = Home::with_sample();
    let whole = home.json(0, &["show", "12345"]);
    assert_eq!(whole["selection"], Value::Null);
    let rows = |journey: &Value| -> Vec<String> {
        let orphans = journey["orphans"].as_array().unwrap().iter().map(|orphan| &orphan["events"]);
        let lists = std::iter::once(&journey["events"]).chain(orphans);
        lists.flat_map(|list| list.as_array().unwrap()).map(|row| row["event"].as_str().unwrap().to_owned()).collect()
    };
    let all = rows(&whole).len();
    let pro = home.json(0, &["show", "12345", "--filter", "plan=pro"]);
    assert_eq!(rows(&pro), ["Sign Up"], "only its properties say so");
    assert_eq!(
        pro["selection"],
        serde_json::json!({"filter": "plan=pro", "from": null, "to": null, "shown": 1, "hidden": all - 1})
    );
    for key in ["ids", "aliases", "points", "findings"] {
        assert_eq!(pro[key], whole[key], "{key} are those of the whole journey");
    }
    let morning = ["show", "12345", "--from", "2019-07-01 09:15", "--to", "2019-07-01 09:17"];
    assert_eq!(rows(&home.json(0, &morning)), ["Sign Up", "$create_alias", "Dashboard"]);
    let none = home.run(&["show", "12345", "--filter", "-is:orphan"]);
    let text = out(&none);
    assert!(text.lines().any(|line| line.contains("hidden: filter -is:orphan")), "{text}");
    assert!(!text.contains("App Open") && text.contains("3 rows hidden"), "{text}");
    let nothing = home.run(&["show", "12345", "--filter", "event:Nothing"]);
    assert_eq!(code(&nothing), 1);
    assert!(err(&nothing).contains("no event here is called") && out(&nothing).contains("0 of"), "{}", err(&nothing));
}

#[test]
fn a_filter_that_keeps_no_row_says_so_in_every_form() {
    let home = Home::with_sample();
    let all = home.json(0, &["show", "12345"])["events"].as_array().unwrap().len() + 3;
    for form in ["text", "json", "csv", "html", "markdown"] {
        let output = home.run(&["show", "12345", "--filter", "plan=none", "--format", form]);
        assert_eq!(code(&output), 1, "{form}");
        let message = if form == "json" { out(&output) + &err(&output) } else { err(&output) };
        // What was asked, how many rows there are, and what to do.
        for part in ["filter plan=none", &format!("0 of {all} rows"), "a wider filter, or none"] {
            assert!(message.contains(part), "{form}: {part}: {message}");
        }
        match form {
            "json" => {
                let answer: Value = serde_json::from_str(out(&output).lines().next().unwrap()).unwrap();
                assert_eq!((&answer["events"], &answer["selection"]["shown"]), (&serde_json::json!([]), &0.into()));
            }
            "csv" => assert_eq!(out(&output).lines().count(), 1, "the head alone"),
            "html" => assert!(out(&output).contains("plan=none") && out(&output).ends_with("</html>\n")),
            _ => assert!(out(&output).contains("0 of") && out(&output).contains("plan=none"), "{}", out(&output)),
        }
        // One that keeps a row is no failure.
        assert_eq!(code(&home.run(&["show", "12345", "--filter", "plan=pro", "--format", form])), 0, "{form}");
    }
    let brief = home.run(&["show", "12345", "--filter", "plan=none", "--brief"]);
    assert_eq!((code(&brief), out(&brief).as_str()), (2, ""), "its lines are of all rows");
}

#[test]
fn a_filter_that_means_nothing_is_pointed_at() {
    let home = Home::with_sample();
    let output = home.run(&["show", "12345", "--filter", "event:View is:orphn"]);
    assert_eq!((code(&output), out(&output).as_str()), (2, ""));
    let message = err(&output);
    assert!(message.contains("did you mean orphan?"), "{message}");
    assert!(message.contains("\n  event:View is:orphn\n                ^"), "{message}");
    for (option, time) in [("--from", "soon"), ("--to", "2019-99-01")] {
        let output = home.run(&["show", "12345", option, time]);
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains(&format!("{option} {time:?} is no time")), "{}", err(&output));
    }
    assert_eq!(code(&home.run(&["show", "12345", "--from", "2019-07-02", "--to", "2019-07-01"])), 2);
}

#[test]
fn a_graph_has_four_formats_and_only_graphs_have_pictures() {
    let home = Home::new();
    let text = out(&home.run(&["graph", "sally@gmail.com", "--ascii"]));
    assert!(text.is_ascii() && text.contains("refused: already mapped: alias(sally@gmail.com) of P-1"), "{text}");
    let graph = home.json(0, &["graph", "sally@gmail.com"]);
    let edges: Vec<&str> =
        graph["edges"].as_array().unwrap().iter().map(|edge| edge["kind"].as_str().unwrap()).collect();
    assert_eq!(edges, ["alias", "refused"]);
    let dot = out(&home.run(&["graph", "sally@gmail.com", "--format", "dot"]));
    assert!(dot.starts_with("digraph journey {") && dot.contains("arrowhead=tee"), "{dot}");
    let svg = out(&home.run(&["graph", "sally@gmail.com", "--format", "svg"]));
    assert!(svg.starts_with("<svg ") && svg.contains(">refused: already mapped<"), "{svg}");
    assert_eq!(code(&home.run(&["show", "sally@gmail.com", "--format", "svg"])), 2);
    let then = home.json(0, &["graph", "12345", "--as-of", "2019-07-04"]);
    assert_eq!(then["edges"].as_array().unwrap().len(), 1);
}

#[test]
fn two_users_are_compared_as_text_and_as_json() {
    let home = Home::new();
    let text = out(&home.run(&["diff", "sally@gmail.com", "P-1"]));
    assert!(text.contains("no alias joins") && text.contains("proof  The app asked for"), "{text}");
    let answer = home.json(0, &["diff", "tom@example.com", "bob@example.com"]);
    assert_eq!((answer["same"].as_bool(), answer["verdict"].as_str()), (Some(false), Some("nothing")));
    let different = answer["arguments"].as_array().unwrap().iter().any(|argument| {
        argument["supports"] == false && argument["text"].as_str().unwrap().contains("e-mail: tom@example.com")
    });
    assert!(different, "{answer}");
    let same = home.json(0, &["diff", "sally@gmail.com", "12345"]);
    assert_eq!(same["verdict"], "same");
    assert_eq!(code(&home.run(&["diff", "sally@gmail.com", "nobody-there"])), 1);
}

/// A store in which two people share a phone, and one of them has rows that no alias reaches.
const NAMED: &str = r#"{"event":"View","properties":{"distinct_id":"16bdd540700c42-07237873695bac-1a3ef597-13c680-16bdd540700ed4","time":1562000000,"$device_id":"16bdd540700c42-07237873695bac-1a3ef597-13c680-16bdd540700ed4"}}
{"event":"$identify","properties":{"distinct_id":"sally@example.com","$anon_distinct_id":"16bdd540700c42-07237873695bac-1a3ef597-13c680-16bdd540700ed4","time":1562000100,"$device_id":"16bdd540700c42-07237873695bac-1a3ef597-13c680-16bdd540700ed4","$user_id":"sally@example.com"}}
{"event":"Buy","properties":{"distinct_id":"sally@example.com","time":1562000200,"$device_id":"16bdd540700c42-07237873695bac-1a3ef597-13c680-16bdd540700ed4","$user_id":"sally@example.com","name":"Blue shirt"}}
{"event":"Buy","properties":{"distinct_id":"crm-7","time":1562009200,"$device_id":"16bdd540700c42-07237873695bac-1a3ef597-13c680-16bdd540700ed4","$user_id":"crm-7"}}
{"$distinct_id":"sally@example.com","$time":1562000150,"$set":{"$name":"Sally Doe","$email":"sally@example.com","plan":"trial"}}
{"$distinct_id":"sally@example.com","$time":1562000250,"$set":{"plan":"pro"}}
{"$distinct_id":"crm-7","$time":1562009250,"$set":{"Full Name":"Tom Reed"}}
"#;

#[test]
fn people_have_their_best_name_in_every_answer() {
    let home = Home::new();
    fs::write(home.path("named.jsonl"), NAMED).unwrap();
    assert_eq!(code(&home.run(&["import", "named.jsonl"])), 0);
    let text = |arguments: &[&str]| out(&home.run(arguments));
    let search = text(&["search", "event:Buy"]);
    assert!(search.contains("Sally Doe") && search.contains("Tom Reed"), "{search}");
    let show = text(&["show", "sally@example.com"]);
    assert!(show.contains("Tom Reed (crm-7)"), "the neighbour on her phone: {show}");
    let machine = "16bdd540700c42-07237873695bac-1a3ef597-13c680-16bdd540700ed4";
    let whole = show.lines().filter(|line| line.contains(machine));
    assert!(whole.count() <= 1, "no sentence has all of a long id: {show}");
    assert!(show.lines().any(|line| line.starts_with("  B 16bdd540700c42-0")), "{show}");
    assert!(show.contains("switched from B to sally@example.com"), "{show}");
    let orphan = text(&["show", machine]);
    assert!(orphan.contains("Sally Doe (sally@example.com)"), "{orphan}");
    let diff = text(&["diff", "sally@example.com", "crm-7"]);
    let page = text(&["diff", "sally@example.com", "crm-7", "--format", "html"]);
    assert!(page.starts_with("<!doctype html>") && page.contains("Sally Doe"), "{page}");
    assert!(text(&["diff", "sally@example.com", "crm-7", "--format", "markdown"]).starts_with("```text\n"));
    assert_eq!(code(&home.run(&["diff", "sally@example.com", "crm-7", "--format", "csv"])), 2);
    assert!(diff.contains("Sally Doe (sally@example.com)") && diff.contains("Tom Reed (crm-7)"), "{diff}");
    let graph = text(&["graph", "sally@example.com"]);
    assert!(graph.contains("crm-7  Tom Reed · another user"), "{graph}");
    let check = text(&["check"]);
    assert!(check.contains("Sally Doe (sally@example.com)"), "{check}");
    assert!(!check.contains(machine), "a sentence shows both ends of an id: {check}");
    for format in ["markdown", "html"] {
        let page = text(&["show", "sally@example.com", "--format", format]);
        assert!(page.contains("Tom Reed"), "{format}: {page}");
    }
    let json = home.json(0, &["show", "sally@example.com"]);
    let neighbours = json["neighbours"].as_array().unwrap();
    assert!(neighbours.iter().any(|near| near["root"] == "crm-7" && near["name"] == "Tom Reed"), "{neighbours:?}");
    assert_eq!((&json["ids"][0]["letter"], &json["orphans"][0]["letter"]), (&"A".into(), &"B".into()));
    let found = home.json(0, &["check"]);
    let named = |one: &Value| one["ids"].as_array().unwrap().iter().position(|id| id == "sally@example.com");
    let names = found["findings"].as_array().unwrap().iter().filter_map(|one| Some(one["names"][named(one)?].clone()));
    assert!(names.into_iter().all(|name| name == "Sally Doe"), "{found}");
}

#[test]
fn every_report_says_who_it_is_and_which_update_said_so() {
    let home = Home::new();
    fs::write(home.path("named.jsonl"), NAMED).unwrap();
    assert_eq!(code(&home.run(&["import", "named.jsonl"])), 0);
    let show = |format: &[&str]| out(&home.run(&[&["show", "sally@example.com"], format].concat()));
    let text = show(&[]);
    assert!(text.contains("profile, stored under sally@example.com"), "{text}");
    let plan = text.lines().find(|line| line.trim_start().starts_with("plan")).unwrap();
    assert!(plan.contains("pro") && plan.ends_with("named.jsonl:6"), "{plan}");
    let name = text.lines().find(|line| line.trim_start().starts_with("$name")).unwrap();
    assert!(name.contains("Sally Doe") && name.ends_with("named.jsonl:5"), "{name}");
    assert!(show(&["--brief"]).lines().next().unwrap().contains("Sally Doe · plan pro"), "{}", show(&["--brief"]));
    let markdown = show(&["--format", "markdown"]);
    assert!(markdown.contains("| `plan` | `pro` | `trial` |"), "{markdown}");
    let csv = show(&["--format", "csv"]);
    let mut lines = csv.lines();
    assert!(lines.next().unwrap().ends_with("properties,name,email,phone,plan"), "{csv}");
    assert!(lines.all(|line| line.trim_end().ends_with(",Sally Doe,sally@example.com,,pro")), "{csv}");
    let html = show(&["--format", "html"]);
    assert!(html.contains("<h1>Sally Doe</h1>") && html.contains("<dt>plan</dt>"), "{html}");
    assert!(html.contains("before: trial"), "{html}");
    let json = home.json(0, &["show", "sally@example.com"]);
    let set = json["profile"]["set"].as_array().unwrap().iter().find(|set| set["property"] == "plan").unwrap();
    assert_eq!((&set["before"], &set["source"]["line"]), (&"trial".into(), &6.into()));
}
