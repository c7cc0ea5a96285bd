use super::*;
use std::fmt::Write as _;

const START: Millis = 1_561_971_600_000;

fn play(head: &str, sdk: &str, calls: &[(&str, &str)]) -> Run {
    let mut text = format!(
        "name='x'\ntitle=''\nlook_for=''\nlesson=''\nsearch=''\nstart='2019-07-01T09:00:00Z'\n{head}\n\
         [[device]]\nname='d'\nsdk={sdk:?}\npage_views=false\n[[device]]\nname='s'\nsdk='server-python'\n"
    );
    for (at, call) in calls {
        let device = if call.contains("\nid=") && call.contains("track") { "s" } else { "d" };
        write!(text, "[[call]]\nat='{at}'\ndevice='{device}'\n{call}\n").unwrap();
    }
    run(&Scenario::parse("x.toml", &text).unwrap())
}

fn track(event: &str) -> String {
    format!("do='track'\nevent='{event}'")
}

/// Names of events with the seconds after the start at which they arrived.
fn arrivals(run: &Run) -> Vec<(String, i64)> {
    let events = run
        .sent
        .iter()
        .filter_map(|sent| Some((sent.payload.get("event")?.as_str()?.to_owned(), (sent.arrival - START) / 1000)));
    events.collect()
}

fn pairs(pairs: &[(&str, i64)]) -> Vec<(String, i64)> {
    pairs.iter().map(|(name, at)| ((*name).to_owned(), *at)).collect()
}

#[test]
fn a_delay_moves_one_call_behind_others() {
    let (a, b) = (track("A") + "\ndelay='2s'", track("B"));
    let run = play("", "web-2.22", &[("1s", &a), ("1500ms", &b)]);
    assert_eq!(arrivals(&run), pairs(&[("B", 1), ("A", 3)]));
    assert!(run.sent[1].at < run.sent[0].at, "the time of the call stays");
}

#[test]
fn rows_of_one_device_arrive_in_order() {
    let names: Vec<String> = (0..30).map(|n| format!("E{n:02}")).collect();
    let calls: Vec<String> = names.iter().map(|name| track(name)).collect();
    let calls: Vec<(&str, &str)> = calls.iter().map(|call| ("1s", call.as_str())).collect();
    let arrived: Vec<String> = arrivals(&play("", "web-2.22", &calls)).into_iter().map(|(name, _)| name).collect();
    assert_eq!(arrived, names);
}

#[test]
fn a_backlog_holds_everything_and_keeps_its_order() {
    let head = "[server]\nbacklog=[{from='10s', until='60s'}]";
    let server = "do='track'\nid='u'\nevent='S'";
    let (a, b, c) = (track("A"), track("B"), track("C"));
    let run = play(head, "web-2.22", &[("5s", &a), ("20s", &b), ("21s", server), ("70s", &c)]);
    assert_eq!(arrivals(&run), pairs(&[("A", 5), ("B", 60), ("S", 60), ("C", 70)]));
    assert!(run.sent[1].arrival < run.sent[2].arrival);
}

#[test]
fn what_comes_right_after_a_backlog_stands_behind_it() {
    let head = "[server]\nbacklog=[{from='0s', until='60s'}]";
    let held: Vec<String> = (0..10).map(|n| track(&format!("H{n}"))).collect();
    let late = "do='track'\nid='u'\nevent='Late'";
    let mut calls: Vec<(&str, &str)> = held.iter().map(|call| ("30s", call.as_str())).collect();
    calls.push(("60s", late));
    let run = play(head, "web-2.22", &calls);
    assert_eq!(run.sent.last().unwrap().payload["event"], "Late");
    assert!(run.sent.is_sorted_by_key(|sent| sent.arrival));
}

#[test]
fn a_batching_sdk_sends_every_five_seconds() {
    let (load, a, b) = ("do='page_load'\npage='/'", track("A"), track("B"));
    let run = play("", "web-2.42", &[("1s", load), ("2s", &a), ("3s", &b), ("8s", &track("C"))]);
    assert_eq!(arrivals(&run), pairs(&[("A", 6), ("B", 6), ("C", 11)]));
    assert_eq!(run.sent[0].arrival, run.sent[1].arrival, "one request, one arrival");
}

#[test]
fn a_page_that_is_left_sends_its_queue_and_a_later_page_sends_it_again() {
    let load = "do='page_load'\npage='/'";
    let run = play("", "web-2.42", &[("1s", load), ("2s", &track("A")), ("3s", load), ("4s", &track("B"))]);
    assert_eq!(arrivals(&run), pairs(&[("A", 3), ("B", 8), ("A", 13)]));
    let insert_id = |at: usize| run.sent[at].payload["properties"]["$insert_id"].clone();
    assert_eq!(insert_id(0), insert_id(2));
}

#[test]
fn new_rows_stand_before_those_that_a_page_left_behind() {
    let load = "do='page_load'\npage='/'";
    let run = play(
        "",
        "web-2.42",
        &[("1s", load), ("2s", &track("A")), ("3s", load), ("9s", &track("B")), ("20s", &track("C"))],
    );
    assert_eq!(arrivals(&run), pairs(&[("A", 3), ("B", 13), ("A", 13), ("C", 23)]));
}

#[test]
fn offline_an_old_web_sdk_loses_rows_and_a_batching_one_keeps_them() {
    let calls = [
        ("1s", "do='go_offline'"),
        ("2s", "do='alias'\nalias='u'"),
        ("60s", "do='come_online'"),
        ("200s", "do='register'\nproperties={}"),
    ];
    let old = play("", "web-2.29", &calls);
    assert!(old.sent.is_empty());
    let lost: Vec<&str> = old.lost.iter().filter_map(|lost| lost.payload["event"].as_str()).collect();
    assert_eq!(lost, ["$create_alias", "$identify"], "the failure too is an answer");
    assert_eq!(old.steps.last().unwrap().after.alias.as_deref(), Some("u"));
    let new = play("", "web-2.42", &calls);
    assert!(new.lost.is_empty());
    assert!(arrivals(&new).iter().all(|(_, at)| *at >= 60), "{:?}", arrivals(&new));
    assert_eq!(arrivals(&new).len(), 2);
}

#[test]
fn a_device_that_stays_offline_ends_the_run_with_lost_rows() {
    for sdk in ["web-2.42", "android-5.6"] {
        let run = play("", sdk, &[("1s", "do='go_offline'"), ("2s", &track("A"))]);
        assert_eq!((run.sent.len(), run.lost.len()), (0, 1), "{sdk}");
    }
}

#[test]
fn an_app_sends_after_a_minute_or_at_a_flush() {
    let run = play("", "android-5.6", &[("1s", &track("A")), ("90s", &track("B")), ("95s", "do='flush'")]);
    assert_eq!(arrivals(&run), pairs(&[("A", 61), ("B", 95)]));
}

#[test]
fn clearing_the_storage_loses_what_waits_in_it() {
    let run = play("", "android-5.6", &[("1s", &track("A")), ("2s", "do='clear_storage'"), ("3s", &track("B"))]);
    assert_eq!(arrivals(&run), pairs(&[("B", 63)]));
    assert_eq!(run.lost.len(), 1);
}

#[test]
fn each_call_leaves_a_step_and_each_row_names_its_step() {
    let run = play("", "web-2.29", &[("1s", "do='alias'\nalias='u'\ncaption='Now.'"), ("2s", &track("A"))]);
    let steps: Vec<_> =
        run.steps.iter().map(|step| (step.cause, step.code.as_str(), step.caption.as_deref())).collect();
    assert_eq!(
        steps,
        [
            (Cause::Call(0), "alias(\"u\")", Some("Now.")),
            (Cause::Answer(0), "identify(\"u\")", None),
            (Cause::Call(1), "track(\"A\")", None)
        ]
    );
    let by: Vec<(&str, usize)> =
        run.sent.iter().map(|sent| (sent.payload["event"].as_str().unwrap(), sent.step)).collect();
    assert_eq!(by, [("$create_alias", 0), ("$identify", 1), ("A", 2)]);
}
