//! Scenarios as plays: what they promise, what comes to be at which moment, how they are worded.

use journey::identity::{RULE_SETS, Split, Verdict, named};
use journey::play::{NewsKind, Play, Standing, json, text};
use journey::report::Look;
use journey::sim::{self, Scenario};
use serde_json::Value;

fn built_in(name: &str) -> Play {
    let (file, text) = sim::gallery().iter().find(|(file, _)| file.starts_with(name)).unwrap();
    Play::new(Scenario::parse(&format!("{file}.toml"), text).unwrap())
}

fn gallery() -> impl Iterator<Item = Play> {
    sim::gallery().iter().map(|(name, _)| built_in(name))
}

/// The first moment with news of a kind, and the text of them.
fn first(play: &Play, kind: NewsKind) -> (usize, String) {
    let news = (1..=play.last()).find_map(|moment| {
        let (before, now) = (play.server(moment - 1), play.server(moment));
        let news = play.news(moment, &before, &now).into_iter().find(|news| news.kind == kind)?;
        Some((moment, news.text))
    });
    news.unwrap_or_else(|| panic!("{} has no news of {kind:?}", play.scenario().name))
}

fn printed(play: &Play, look: &Look) -> String {
    let mut out = Vec::new();
    assert!(text::play(&mut out, play, look).unwrap(), "{} does not end as it says", play.scenario().name);
    String::from_utf8(out).unwrap()
}

#[test]
fn every_scenario_promises_something_and_the_engine_finds_it() {
    for play in gallery() {
        let name = &play.scenario().name;
        let expected = play.expectations(&play.server(play.last()));
        assert!(expected.len() >= 4, "{name} promises too little");
        assert!(expected.iter().any(|expected| expected.key == "root"), "{name} names no root");
        for expected in expected {
            assert!(expected.holds(), "{name}: {} is {}, not {}", expected.key, expected.found, expected.expected);
        }
    }
}

#[test]
fn a_promise_that_does_not_hold_is_reported() {
    let mut scenario = built_in("01-").scenario().clone();
    scenario.expect.merged = Some(99);
    let play = Play::new(scenario);
    let (mut text, mut json) = (Vec::new(), Vec::new());
    assert!(!text::play(&mut text, &play, &Look::default()).unwrap());
    assert!(String::from_utf8(text).unwrap().contains("NO  merged is 15, expected was 99"));
    assert!(!json::play(&mut json, &play).unwrap());
}

#[test]
fn every_scenario_reads_as_it_did() {
    for play in gallery() {
        insta::assert_snapshot!(format!("play_{}", play.scenario().name), printed(&play, &Look::default()));
    }
}

#[test]
fn an_ascii_text_has_no_other_character_and_no_line_is_too_long() {
    for play in gallery() {
        let text = printed(&play, &Look { ascii: true, width: 80, ..Look::default() });
        for line in text.lines() {
            assert!(line.is_ascii() && line.len() <= 80, "{line}");
        }
    }
}

#[test]
fn the_refused_alias_and_its_orphan_come_to_be_at_the_moment_of_the_call() {
    let play = built_in("01-");
    let (refused, why) = first(&play, NewsKind::Refused);
    assert_eq!(play.step(refused).unwrap().code, "alias(\"sally@gmail.com\")");
    assert_eq!(why, "sally@gmail.com → P-1 is refused: sally@gmail.com points at 12345 already. No error says so.");
    let (orphan, why) = first(&play, NewsKind::Orphan);
    assert_eq!(orphan, refused);
    assert!(
        why.starts_with("P-1 is an orphan of sally@gmail.com (proof: the alias that was to join them was refused)"),
        "{why}"
    );
    let before = play.server(orphan - 1);
    assert!(before.timeline.iter().all(|entry| entry.standing == Standing::Merged), "no one knows before");
}

#[test]
fn rows_are_split_when_the_alias_arrives_and_not_before() {
    let play = built_in("06-");
    let (split, why) = first(&play, NewsKind::Split);
    assert!(why.contains("\"Account Created\", \"Welcome Email Sent\" stay under Charlie"), "{why}");
    let standing = |moment: usize| {
        let server = play.server(moment);
        server.timeline.iter().find(|entry| entry.event == "Account Created").map(|entry| entry.standing.clone())
    };
    assert_eq!(standing(split - 1), Some(Standing::Merged));
    assert_eq!(standing(split), Some(Standing::Split(Split::Race)));
    assert!(play.server(split).table.iter().any(|row| row.verdict == Verdict::Accepted));
}

#[test]
fn a_row_that_is_on_the_way_is_in_no_timeline() {
    let play = built_in("06-");
    let alias = (1..=play.last()).find(|moment| play.step(*moment).unwrap().code == "alias(\"Charlie\")").unwrap();
    assert_eq!(play.waiting(alias), 1);
    assert!(play.server(alias).table.is_empty());
    assert_eq!(play.waiting(play.last()), 0, "in the end everything has arrived");
}

#[test]
fn the_end_of_a_play_is_what_a_store_would_say() {
    for play in gallery() {
        let end = play.server(play.last());
        let rows = play.run().sent.iter().filter(|sent| sent.endpoint == sim::Endpoint::Track).count();
        let printed: usize = end.timeline.iter().map(|entry| 1 + entry.copies).sum();
        assert_eq!(printed, rows, "{}: each row stands once, with its copies", play.scenario().name);
    }
}

#[test]
fn moments_go_on_and_never_lose_a_row() {
    for play in gallery() {
        let mut known = 0;
        for moment in 0..=play.last() {
            let arrivals = play.arrivals(moment);
            assert_eq!(arrivals.start, known);
            known = arrivals.end;
        }
        assert_eq!(known, play.run().sent.len(), "{}", play.scenario().name);
    }
}

#[test]
fn the_json_of_a_play_has_the_documented_shape() {
    let play = built_in("01-");
    let mut out = Vec::new();
    assert!(json::play(&mut out, &play).unwrap());
    let printed: Value = serde_json::from_slice(&out).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&printed), "schema name title look_for lesson search rules devices moments expected");
    assert_eq!(keys(&printed["devices"][0]), "name sdk version about");
    let moments = printed["moments"].as_array().unwrap();
    assert_eq!(moments.len(), play.last());
    for (number, moment) in (1..).zip(moments) {
        assert_eq!(moment["moment"], number);
        assert_eq!(
            keys(moment),
            "moment time device by call caption explanation state changed sent lost arrived waiting table timeline news"
        );
    }
    let refused = first(&play, NewsKind::Refused).0;
    let moment = &moments[refused - 1];
    assert_eq!(keys(&moment["state"]), "distinct_id device_id user_id alias super");
    assert_eq!((&moment["by"], &moment["changed"][0]), (&"app".into(), &"__alias".into()));
    assert_eq!(keys(&moment["table"][1]), "alias distinct_id status reason kept arrived");
    assert_eq!((&moment["table"][1]["status"], &moment["table"][1]["kept"]), (&"refused".into(), &"12345".into()));
    let row = &moment["timeline"][0];
    assert_eq!(keys(row), "event time arrived distinct_id stored_under root state split owners phase copies");
    assert_eq!(row["state"], "merged");
    assert_eq!(moment["news"][0]["kind"], "refused");
    assert_eq!(keys(&printed["expected"][0]), "key expected found holds");
}

#[test]
fn a_play_without_calls_has_one_moment_and_nothing_in_it() {
    let text = "name='x'\ntitle=''\nlook_for=''\nlesson=''\nsearch=''\nstart='2019-07-01T09:00:00Z'\n";
    let play = Play::new(Scenario::parse("x.toml", text).unwrap());
    assert_eq!((play.last(), play.server(0).timeline.len(), play.explain(5)), (0, 0, String::new()));
    let mut out = Vec::new();
    assert!(json::play(&mut out, &play).unwrap());
    assert!(serde_json::from_slice::<Value>(&out).is_ok());
}

#[test]
fn text_of_a_scenario_does_not_act_on_a_terminal() {
    let text = "name='x'\ntitle=\"t\\u001b[2J\"\nlook_for=''\nlesson=''\nsearch=''\nstart='2019-07-01T09:00:00Z'\n\
        [[device]]\nname=\"d\\u202E\"\nsdk='web-2.22'\n[[call]]\nat='1s'\ndevice=\"d\\u202E\"\ndo='track'\n\
        event=\"\\u001b]0;x\\u0007\"\ncaption=\"\\u001b[1m\"\n";
    let play = Play::new(Scenario::parse("x.toml", text).unwrap());
    let printed = printed(&play, &Look::default());
    assert!(!printed.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{printed}");
}

fn under(name: &str, rules: &str) -> Play {
    built_in(name).under(named(rules).unwrap())
}

#[test]
fn every_scenario_plays_under_every_rule_set_with_each_row_once_and_its_owner() {
    for (rules, play) in RULE_SETS.iter().flat_map(|rules| gallery().map(|play| (*rules, play.under(*rules)))) {
        let name = format!("{} under {}", play.scenario().name, rules.name());
        let server = play.server(play.last());
        let mut sent: Vec<usize> = server.timeline.iter().map(|entry| entry.sent).collect();
        let rows = sent.len();
        sent.sort_unstable();
        sent.dedup();
        assert_eq!(sent.len(), rows, "{name}");
        let legacy = gallery().find(|known| known.scenario() == play.scenario()).unwrap();
        assert_eq!(rows, legacy.server(legacy.last()).timeline.len(), "{name}: no row is lost");
        for entry in &server.timeline {
            assert_eq!(entry.root.is_none(), matches!(entry.standing, Standing::NoId | Standing::Ignored), "{name}");
        }
        let mut text = Vec::new();
        assert!(text::play(&mut text, &play, &Look::default()).unwrap(), "{name}");
        let mut json = Vec::new();
        assert!(json::play(&mut json, &play).unwrap(), "{name}");
        let json: Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["rules"], rules.name());
        for moment in 1..=play.last() {
            let (before, now) = (play.server(moment - 1), play.server(moment));
            play.news(moment, &before, &now);
        }
    }
}

#[test]
fn the_server_of_a_play_has_the_owners_that_the_rules_of_its_rows_give() {
    for rules in RULE_SETS.iter().filter(|rules| rules.joins_by_links()) {
        for play in gallery().map(|play| play.under(*rules)) {
            let server = play.server(play.last());
            for journey in server.journeys() {
                let root = journey.root.as_ref().unwrap();
                let of_play: Vec<u64> = server
                    .timeline
                    .iter()
                    .filter(|entry| entry.root.as_ref() == Some(root))
                    .map(|entry| entry.sent as u64 + 1)
                    .collect();
                let mut lines: Vec<u64> = journey.steps.iter().map(|step| step.event.source.line).collect();
                lines.sort_unstable();
                let mut of_play = of_play;
                of_play.sort_unstable();
                assert_eq!(of_play, lines, "{} under {}", play.scenario().name, rules.name());
            }
        }
    }
}

#[test]
fn news_under_other_rules_say_what_their_systems_do() {
    let original = under("01-", "original");
    assert!(first(&original, NewsKind::Accepted).1.ends_with("one person from now on, with all of their past."));
    assert!(first(&original, NewsKind::Refused).1.contains("is refused: "));
    let simplified = under("01-", "simplified");
    let ignored = first(&simplified, NewsKind::Refused).1;
    assert!(ignored.ends_with("has no effect: this system ignores such calls."), "{ignored}");
    let server = simplified.server(simplified.last());
    assert!(server.timeline.iter().any(|entry| entry.standing == Standing::Ignored && entry.is_verb()));
    assert_eq!(built_in("01-").rules().name(), "legacy");
}
