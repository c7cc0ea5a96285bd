//! `journey pull`: what a vendor's API has, in the store.

use std::io::BufRead;

use super::*;
use crate::support::stand_in::{Reply, StandIn, day, mixpanel, ok, status};

const SECRET: &str = "hunter2-made-up";

fn pull(home: &Home, server: &StandIn, arguments: &[&str]) -> Command {
    let mut command = home.command();
    command.env("JOURNEY_MIXPANEL_URL", &server.address).env("MIXPANEL_SERVICE_ACCOUNT", "robot");
    command
        .env("MIXPANEL_SERVICE_SECRET", SECRET)
        .env("MIXPANEL_PROJECT_ID", "42")
        .env_remove("MIXPANEL_PROJECT_SECRET");
    command.args(["pull", "mixpanel", "--timezone", "UTC", "--store", "s.db"]).args(arguments);
    command
}

fn pulled(home: &Home, server: &StandIn, arguments: &[&str], expected: i32) -> (Value, String) {
    let output = pull(home, server, arguments).args(["--format", "json"]).output().unwrap();
    assert_eq!(code(&output), expected, "{}", err(&output));
    (serde_json::from_slice(&output.stdout).unwrap(), err(&output))
}

fn documented() -> StandIn {
    StandIn::start(|asked, _| mixpanel(asked))
}

fn days(server: &StandIn) -> Vec<String> {
    server.asked().iter().map(|asked| asked.parameter("from_date").to_owned()).collect()
}

#[test]
fn each_day_becomes_a_file_and_the_rows_of_it_say_so() {
    let (home, server) = (Home::new(), documented());
    let (answer, _) = pulled(&home, &server, &["--from", "2019-07-01", "--to", "2019-07-03"], 0);
    let files: Vec<&str> =
        answer["files"].as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["01", "02", "03"].map(|day| format!("mixpanel export 2019-07-{day} project 42")));
    assert_eq!((&answer["events"], &answer["incomplete"]), (&5.into(), &false.into()));
    let journey = home.json(0, &["show", "sally@example.com", "--store", "s.db"]);
    assert_eq!(journey["root"], "12345");
    assert_eq!(journey["events"][0]["source"]["file"], "mixpanel export 2019-07-01 project 42");
    assert_eq!(journey["events"][0]["time"], "2019-07-01T12:00:00.000Z");
}

#[test]
fn a_day_that_was_fetched_is_not_fetched_again() {
    let (home, server) = (Home::new(), documented());
    // The seventh is a day without rows.
    pulled(&home, &server, &["--from", "2019-07-05", "--to", "2019-07-07"], 0);
    let (answer, _) = pulled(&home, &server, &["--from", "2019-07-04", "--to", "2019-07-08"], 0);
    assert_eq!(days(&server), ["2019-07-05", "2019-07-06", "2019-07-07", "2019-07-04", "2019-07-08"]);
    assert!(answer["warnings"][0].as_str().unwrap().contains("3 of the days are in the store already"), "{answer}");
    let (answer, _) = pulled(&home, &server, &["--from", "2019-07-06", "--to", "2019-07-06", "--again"], 0);
    assert_eq!((days(&server).len(), &answer["events"]), (6, &0.into()));
    // Some events of a day are not all of them.
    pulled(&home, &server, &["--from", "2019-07-06", "--to", "2019-07-06", "--event", "Purchase"], 0);
    assert_eq!(days(&server).len(), 7);
    assert_eq!(home.json(0, &["doctor", "s.db"])["healthy"], true);
}

#[test]
fn a_day_that_is_not_over_is_fetched_again() {
    let (home, server) = (Home::new(), documented());
    let today = chrono::Utc::now().date_naive().to_string();
    for _ in 0..2 {
        let (answer, _) = pulled(&home, &server, &["--from", &today, "--to", &today], 0);
        let name = answer["files"][0]["file"].as_str().unwrap();
        assert!(name.starts_with(&format!("mixpanel export {today} project 42 at ")), "{name}");
    }
    assert_eq!(days(&server).len(), 2);
}

#[test]
fn a_pull_ends_at_a_refusal_and_resumes_there_the_next_time() {
    let home = Home::new();
    let broken = StandIn::start(|asked, _| match asked.parameter("from_date") {
        "2019-07-02" => status(404, "", r#"{"error": "the shard is away"}"#),
        _ => mixpanel(asked),
    });
    let span = ["--from", "2019-07-01", "--to", "2019-07-03"];
    let output = pull(&home, &broken, &span).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(
        err(&output).contains("the events of 2019-07-02") && err(&output).contains("the shard is away"),
        "{}",
        err(&output)
    );
    assert!(out(&output).contains("mixpanel export 2019-07-01"), "{}", out(&output));
    let server = documented();
    pulled(&home, &server, &span, 0);
    assert_eq!(days(&server), ["2019-07-02", "2019-07-03"]);
}

#[test]
fn waits_are_reported_and_the_secret_is_nowhere() {
    let home = Home::new();
    let server = StandIn::start(|asked, before| match before {
        0 => status(429, "retry-after: 0\r\n", ""),
        2 => status(401, "", &format!(r#"{{"error": "{SECRET} is wrong"}}"#)),
        _ => mixpanel(asked),
    });
    let output = pull(&home, &server, &["--from", "2019-07-01", "--to", "2019-07-02"]).output().unwrap();
    assert_eq!(code(&output), 2);
    let printed = err(&output);
    assert!(printed.contains("429") && printed.contains("Ctrl-C stops and keeps the downloaded days"), "{printed}");
    assert!(printed.contains("answers 401") && printed.contains("service account"), "{printed}");
    let mut bytes = fs::read(home.path("s.db")).unwrap();
    bytes.extend_from_slice(&output.stdout);
    bytes.extend_from_slice(&output.stderr);
    // robot:hunter2-made-up in Base64
    for secret in [SECRET, "cm9ib3Q6aHVudGVyMi1tYWRlLXVw"] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} is written");
    }
}

#[test]
fn one_person_needs_no_export() {
    let (home, server) = (Home::new(), documented());
    let (answer, _) = pulled(&home, &server, &["--id", "p1", "--from", "2020-01-01", "--to", "2020-12-31"], 0);
    assert_eq!((&answer["events"], answer["files"].as_array().unwrap().len()), (&1.into(), 2));
    let asked: Vec<String> = server.asked().iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
    assert_eq!(asked, ["GET /api/query/stream/query", "POST /api/query/engage"]);
    assert_eq!(server.asked()[0].parameter("distinct_ids"), r#"["p1"]"#);
    assert_eq!(server.asked()[0].parameter("to_date"), "2020-12-31");
    let journey = home.json(0, &["show", "p1", "--store", "s.db"]);
    assert_eq!(journey["events"][0]["event"], "Viewed Page");
    assert_eq!(journey["profile"]["properties"]["$email"], "p1@example.com");
    let (answer, _) = pulled(&home, &server, &["--id", "nobody"], 1);
    assert_eq!(answer["events"], 0);
}

#[test]
fn profiles_come_with_the_days_or_alone() {
    let (home, server) = (Home::new(), documented());
    let (answer, _) = pulled(&home, &server, &["--profiles"], 0);
    let profiles: u64 = answer["files"].as_array().unwrap().iter().map(|file| file["profiles"].as_u64().unwrap()).sum();
    assert_eq!((profiles, server.asked().len()), (5, 3));
    let journey = home.json(0, &["search", "p4@example.com", "--store", "s.db"]);
    assert_eq!(journey["hits"][0]["id"], "p4");
    pulled(&home, &server, &["--profiles", "--from", "2019-07-01", "--to", "2019-07-01"], 0);
    assert_eq!(server.asked().len(), 7);
}

#[test]
fn what_is_missing_is_named_before_anything_is_asked() {
    let (home, server) = (Home::new(), documented());
    let span = ["--from", "2019-07-01", "--to", "2019-07-01"];
    for (unset, words) in [
        (&["MIXPANEL_SERVICE_ACCOUNT", "MIXPANEL_SERVICE_SECRET"][..], "MIXPANEL_PROJECT_SECRET"),
        (&["MIXPANEL_SERVICE_SECRET"], "MIXPANEL_SERVICE_SECRET is not set"),
        (&["MIXPANEL_SERVICE_ACCOUNT"], "MIXPANEL_SERVICE_ACCOUNT is not set"),
        (&["MIXPANEL_PROJECT_ID"], "MIXPANEL_PROJECT_ID is not set"),
    ] {
        let mut command = pull(&home, &server, &span);
        for name in unset {
            command.env_remove(name);
        }
        let output = command.output().unwrap();
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains(words), "{}", err(&output));
    }
    let far = pull(&home, &server, &span).env("JOURNEY_MIXPANEL_URL", "http://example.com").output().unwrap();
    assert!(code(&far) == 2 && err(&far).contains("neither https://"), "{}", err(&far));
    for wrong in [
        &["--from", "2019-07-02", "--to", "2019-07-01"][..],
        &["--from", "July", "--to", "2019-07-01"],
        &["--from", "2019-07-01", "--to", "2999-07-01"],
        &[],
        &["--id", "a", "--event", "View"],
    ] {
        assert_eq!(code(&pull(&home, &server, wrong).output().unwrap()), 2, "{wrong:?}");
    }
    assert!(server.asked().is_empty() && !home.path("s.db").exists());
}

#[test]
fn a_project_secret_is_enough() {
    let (home, server) = (Home::new(), documented());
    let mut command = pull(&home, &server, &["--from", "2019-07-01", "--to", "2019-07-01"]);
    command
        .env_remove("MIXPANEL_SERVICE_ACCOUNT")
        .env_remove("MIXPANEL_SERVICE_SECRET")
        .env_remove("MIXPANEL_PROJECT_ID");
    let output = command.env("MIXPANEL_PROJECT_SECRET", SECRET).output().unwrap();
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).starts_with("mixpanel export 2019-07-01: "), "{}", out(&output));
    assert_eq!(server.asked()[0].parameter("project_id"), "");
}

#[test]
fn ctrl_c_keeps_what_was_fetched_and_says_so() {
    let home = Home::new();
    let server = StandIn::start(|asked, _| match asked.parameter("from_date") {
        "2019-07-01" => ok(&day("2019-07-01", "")),
        _ => Reply::Silent(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
    });
    let span = ["--from", "2019-07-01", "--to", "2019-07-03"];
    let mut child = pull(&home, &server, &span).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while server.asked().len() < 2 {
        std::thread::yield_now();
    }
    let killed = Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
    let lines: Vec<String> =
        std::io::BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let text = lines.join("\n");
    assert!(text.contains("mixpanel export 2019-07-01") && text.contains("stopped before the end"), "{text}");
    let whole = documented();
    pulled(&home, &whole, &span, 0);
    assert_eq!(days(&whole), ["2019-07-02", "2019-07-03"]);
}
