//! The rows of identity.md §2.2 and §2.4, one test each.

use crate::sim::{Run, Scenario, State, run};
use serde_json::Value;
use std::fmt::Write as _;

/// Plays calls, given as the lines of a `[[call]]` without time and device, one second apart.
fn play(sdk: &str, calls: &[&str]) -> Run {
    let mut text = format!(
        "name='x'\ntitle=''\nlook_for=''\nlesson=''\nsearch=''\nstart='2019-07-01T09:00:00Z'\n\
         [[device]]\nname='d'\nsdk={sdk:?}\nids=['anon','anon2','anon3']\npage_views=false\n"
    );
    for (second, call) in (1..).zip(calls) {
        write!(text, "[[call]]\nat='{second}s'\ndevice='d'\n{call}\n").unwrap();
    }
    run(&Scenario::parse("x.toml", &text).unwrap())
}

const TRACK: &str = "do='track'\nevent='E'";
const ALIAS_U: &str = "do='alias'\nalias='u'";
const ID_U: &str = "do='identify'\nid='u'";
const RESET: &str = "do='reset'";

/// The rows as `event(distinct_id) key=value …`, events and profile updates.
fn rows(run: &Run) -> Vec<String> {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let one = |sent: &crate::sim::Sent| {
        let Some(event) = sent.payload.get("event") else {
            let id = sent.payload.get("$distinct_id").map_or_else(String::new, shown);
            let op = sent.payload.keys().find(|key| key.starts_with("$set") || *key == "$add").unwrap();
            return format!("{op}({id})");
        };
        let properties = &sent.payload["properties"];
        let mut line = format!("{}({})", shown(event), shown(&properties["distinct_id"]));
        for (key, name) in [
            ("$device_id", "v"),
            ("$user_id", "u"),
            ("alias", "alias"),
            ("original", "original"),
            ("$anon_distinct_id", "anon"),
        ] {
            if let Some(value) = properties.get(key) {
                write!(line, " {name}={}", shown(value)).unwrap();
            }
        }
        line
    };
    run.sent.iter().map(one).collect()
}

fn last(run: &Run) -> &State {
    &run.steps.last().unwrap().after
}

fn notes(run: &Run) -> Vec<&'static str> {
    run.steps.iter().filter_map(|step| step.note).collect()
}

/// Releases of the four columns of §2.2.
const COLUMNS: [&str; 4] = ["web-2.22", "web-2.26", "web-2.29", "web-2.46"];

fn each_column(calls: &[&str], expected: [&[&str]; 4]) {
    for (sdk, expected) in COLUMNS.into_iter().zip(expected) {
        assert_eq!(rows(&play(sdk, calls)), expected, "{sdk}");
    }
}

#[test]
fn init_makes_an_anonymous_id_and_track_sends_it() {
    each_column(&[TRACK], [&["E(anon)"], &["E(anon) v=anon"], &["E(anon) v=anon"], &["E($device:anon) v=anon"]]);
}

#[test]
fn alias_sends_the_current_id_and_identifies_itself_without_changing_it() {
    each_column(
        &[ALIAS_U, TRACK],
        [
            &["$create_alias(anon) alias=u", "E(anon)"],
            &["$create_alias(anon) v=anon alias=u", "E(anon) v=anon u=u"],
            &["$create_alias(anon) v=anon alias=u", "$identify(u) v=anon u=u anon=anon", "E(anon) v=anon u=u"],
            &[
                "$create_alias($device:anon) v=anon alias=u",
                "$identify(u) v=anon u=u anon=$device:anon",
                "E($device:anon) v=anon u=u",
            ],
        ],
    );
}

#[test]
fn alias_is_kept_at_once_but_identify_comes_with_the_answer() {
    let run = play("web-2.29", &[ALIAS_U]);
    let states: Vec<_> = run
        .steps
        .iter()
        .map(|step| (step.code.as_str(), step.after.alias.as_deref(), step.after.user_id.as_deref()))
        .collect();
    assert_eq!(states, [("alias(\"u\")", Some("u"), None), ("identify(\"u\")", Some("u"), Some("u"))]);
}

#[test]
fn alias_with_an_original_does_not_change_the_id_of_later_rows() {
    each_column(
        &["do='alias'\nalias='u'\nid='orig'", TRACK],
        [
            &["$create_alias(orig) alias=u", "E(anon)"],
            &["$create_alias(orig) v=anon alias=u", "E(anon) v=anon u=u"],
            &["$create_alias(orig) v=anon alias=u", "$identify(u) v=anon u=u anon=anon", "E(anon) v=anon u=u"],
            &[
                "$create_alias(orig) v=anon alias=u",
                "$identify(u) v=anon u=u anon=$device:anon",
                "E($device:anon) v=anon u=u",
            ],
        ],
    );
}

#[test]
fn alias_of_the_current_id_sends_nothing() {
    let own = ["do='alias'\nalias='anon'", TRACK];
    for (sdk, expected) in [("web-2.22", "E(anon)"), ("web-2.29", "E(anon) v=anon u=anon")] {
        let run = play(sdk, &own);
        assert_eq!(rows(&run), [expected], "{sdk}: the user is set from 2.23 on");
        assert!(notes(&run)[0].starts_with("returns -1"));
    }
    let run = play("web-2.46", &["do='alias'\nalias='$device:anon'", TRACK]);
    assert_eq!(rows(&run), ["E($device:anon) v=anon"]);
}

#[test]
fn identify_with_another_id_switches_to_it() {
    each_column(
        &[TRACK, ID_U, TRACK],
        [
            &["E(anon)", "E(u)"],
            &["E(anon) v=anon", "E(u) v=anon u=u"],
            &["E(anon) v=anon", "$identify(u) v=anon u=u anon=anon", "E(u) v=anon u=u"],
            &["E($device:anon) v=anon", "$identify(u) v=anon u=u anon=$device:anon", "E(u) v=anon u=u"],
        ],
    );
}

#[test]
fn identify_with_the_aliased_id_keeps_the_id_and_tells_it_each_time() {
    each_column(
        &[ALIAS_U, ID_U, ID_U, TRACK],
        [
            &["$create_alias(anon) alias=u", "E(anon)"],
            &["$create_alias(anon) v=anon alias=u", "E(anon) v=anon u=u"],
            &[
                "$create_alias(anon) v=anon alias=u",
                "$identify(u) v=anon u=u anon=anon",
                "$identify(u) v=anon u=u anon=anon",
                "$identify(u) v=anon u=u anon=anon",
                "E(anon) v=anon u=u",
            ],
            &[
                "$create_alias($device:anon) v=anon alias=u",
                "$identify(u) v=anon u=u anon=$device:anon",
                "$identify(u) v=anon u=u anon=$device:anon",
                "$identify(u) v=anon u=u anon=$device:anon",
                "E($device:anon) v=anon u=u",
            ],
        ],
    );
}

#[test]
fn identify_with_the_current_id_sends_nothing() {
    let same = ["do='identify'\nid='anon'", TRACK];
    assert_eq!(rows(&play("web-2.22", &same)), ["E(anon)"]);
    assert_eq!(rows(&play("web-2.29", &same)), ["E(anon) v=anon u=anon"]);
    let run = play("web-2.46", &["do='identify'\nid='$device:anon'", TRACK]);
    assert_eq!(rows(&run), ["E($device:anon) v=anon"], "the user is not set");
}

#[test]
fn identify_then_alias_sends_no_alias() {
    for sdk in COLUMNS {
        let run = play(sdk, &[ID_U, ALIAS_U, TRACK]);
        assert!(!rows(&run).iter().any(|row| row.starts_with("$create_alias")), "{sdk}");
        assert!(notes(&run).iter().any(|note| note.starts_with("returns -1")), "{sdk}");
    }
}

#[test]
fn a_second_alias_takes_the_guard_from_the_first() {
    let run = play("web-2.22", &[ALIAS_U, "do='alias'\nalias='w'", ID_U, TRACK, "do='identify'\nid='w'", TRACK]);
    assert_eq!(rows(&run), ["$create_alias(anon) alias=u", "$create_alias(anon) alias=w", "E(u)", "E(w)"]);
}

#[test]
fn identify_with_a_device_id_is_refused_from_2_46_on() {
    let other = ["do='identify'\nid='$device:other'", TRACK];
    let run = play("web-2.46", &other);
    assert_eq!(rows(&run), ["E($device:anon) v=anon"]);
    assert!(notes(&run)[0].starts_with("returns -1"));
    assert_eq!(rows(&play("web-2.29", &other))[1], "E($device:other) v=anon u=$device:other");
}

#[test]
fn identify_with_a_number_sends_a_number() {
    let run = play("web-2.29", &["do='identify'\nid=42", TRACK]);
    assert_eq!(run.sent.last().unwrap().payload["properties"]["distinct_id"], 42);
    assert_eq!(last(&run).distinct_id.as_deref(), Some("42"));
}

#[test]
fn reset_makes_a_new_id_and_forgets_everything() {
    let calls = ["do='register'\nproperties={plan='pro'}", ALIAS_U, RESET, TRACK, ID_U, TRACK];
    for (sdk, expected) in
        COLUMNS.into_iter().zip(["E(anon2)", "E(anon2) v=anon2", "E(anon2) v=anon2", "E($device:anon2) v=anon2"])
    {
        let run = play(sdk, &calls);
        let rows = rows(&run);
        assert!(rows.contains(&expected.to_owned()), "{sdk}: {rows:?}");
        assert!(rows.last().unwrap().starts_with("E(u)"), "{sdk}: the guard is gone too: {rows:?}");
        assert!(last(&run).supers.is_empty(), "{sdk}");
    }
}

#[test]
fn web_2_7_has_no_reset() {
    let run = play("web-2.7", &[TRACK, RESET, TRACK]);
    assert_eq!(rows(&run), ["E(anon)", "E(anon)"]);
    assert!(notes(&run)[0].contains("no reset()"));
    assert_eq!(rows(&play("web-2.7", &[TRACK, "do='clear_storage'", TRACK])), ["E(anon)", "E(anon2)"]);
}

#[test]
fn a_late_answer_identifies_the_next_visitor() {
    let mut text = String::from(
        "name='x'\ntitle=''\nlook_for=''\nlesson=''\nsearch=''\nstart='2019-07-01T09:00:00Z'\n\
         [[device]]\nname='d'\nsdk='web-2.29'\nids=['anon','anon2']\n",
    );
    for (at, call) in [("1s", ALIAS_U), ("1001ms", RESET), ("3s", TRACK)] {
        write!(text, "[[call]]\nat='{at}'\ndevice='d'\n{call}\n").unwrap();
    }
    let run = run(&Scenario::parse("x.toml", &text).unwrap());
    assert_eq!(
        rows(&run),
        ["$create_alias(anon) v=anon alias=u", "$identify(u) v=anon2 u=u anon=anon2", "E(u) v=anon2 u=u"]
    );
}

#[test]
fn registered_properties_stand_before_those_of_the_call_and_can_change_the_id() {
    let run = play(
        "web-2.29",
        &[
            "do='register'\nproperties={plan='pro', distinct_id='mine'}",
            "do='track'\nevent='E'\nproperties={a=1, plan='free'}",
        ],
    );
    let properties = run.sent[0].payload["properties"].as_object().unwrap();
    let keys: Vec<&str> = properties.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "$os",
            "$browser",
            "$current_url",
            "$browser_version",
            "$screen_height",
            "$screen_width",
            "mp_lib",
            "$lib_version",
            "time",
            "distinct_id",
            "$device_id",
            "plan",
            "$initial_referrer",
            "$initial_referring_domain",
            "a"
        ]
    );
    assert_eq!((&properties["plan"], &properties["distinct_id"]), (&Value::from("free"), &Value::from("mine")));
}

#[test]
fn time_and_insert_id_are_sent_by_the_releases_that_have_them() {
    for (sdk, time, insert_id) in [
        ("web-2.22", false, false),
        ("web-2.23", true, false),
        ("web-2.29", true, false),
        ("web-2.32", true, true),
        ("web-2.62", true, true),
    ] {
        let run = play(sdk, &[TRACK]);
        let properties = run.sent[0].payload["properties"].as_object().unwrap();
        assert_eq!(
            (properties.contains_key("time"), properties.contains_key("$insert_id")),
            (time, insert_id),
            "{sdk}"
        );
    }
}

#[test]
fn profile_updates_wait_for_identify_and_go_with_its_id() {
    let set = "do='people'\nproperties={plan='pro'}";
    assert_eq!(rows(&play("web-2.22", &[set, TRACK])), ["E(anon)"], "waits for good");
    assert_eq!(rows(&play("web-2.22", &[set, ID_U])), ["$set(u)"]);
    assert_eq!(rows(&play("web-2.22", &[set, ALIAS_U])), ["$create_alias(anon) alias=u", "$set(anon)"]);
    assert_eq!(
        rows(&play("web-2.22", &[ID_U, set, "do='people'\nop='add'\nproperties={logins=1}"])),
        ["$set(u)", "$add(u)"]
    );
    let reloaded = ["do='identify'\nid='u'", "do='page_load'\npage='/'", set];
    assert!(rows(&play("web-2.22", &reloaded)).is_empty(), "a new page has not identified yet");
}

#[test]
fn a_page_load_sends_mp_page_view_where_the_release_does() {
    for (sdk, sends) in [("web-2.22", true), ("web-2.29", true), ("web-2.46", false)] {
        let text = format!(
            "name='x'\ntitle=''\nlook_for=''\nlesson=''\nsearch=''\nstart='2019-07-01T09:00:00Z'\n\
             [[device]]\nname='d'\nsdk='{sdk}'\n[[call]]\nat='1s'\ndevice='d'\ndo='page_load'\npage='/x'\n"
        );
        let run = run(&Scenario::parse("x.toml", &text).unwrap());
        assert_eq!(run.sent.iter().any(|sent| sent.payload["event"] == "mp_page_view"), sends, "{sdk}");
    }
}

#[test]
fn old_android_names_the_target_by_original_and_leaves_identify_to_the_app() {
    let flush = "do='flush'";
    let calls = ["do='alias'\nalias='u'\nid='orig'", TRACK, ID_U, TRACK, flush];
    assert_eq!(
        rows(&play("android-4.9", &calls)),
        ["$create_alias(anon) alias=u original=orig", "E(anon)", "E(u)"],
        "no guard: identify switches"
    );
    assert_eq!(
        rows(&play("android-5.6", &calls)),
        [
            "$create_alias(anon) v=anon alias=u original=orig",
            "E(anon) v=anon",
            "$identify(u) v=anon u=u anon=anon",
            "E(u) v=anon u=u",
        ]
    );
    assert_eq!(rows(&play("android-7.2", &calls))[0], "$create_alias(orig) v=anon alias=u");
    assert_eq!(rows(&play("android-7.3", &calls))[1], "E($device:anon) v=anon");
}

#[test]
fn ios_alias_identifies_with_the_original_and_guards_the_alias_up_to_3_9_0() {
    let calls = ["do='alias'\nalias='u'\nid='d'", TRACK, ID_U, TRACK, "do='flush'"];
    assert_eq!(rows(&play("ios-3.0", &calls)), ["$create_alias(d) alias=u", "E(anon)", "E(anon)"]);
    let own = [ALIAS_U, TRACK, ID_U, TRACK, "do='flush'"];
    assert_eq!(rows(&play("ios-3.2", &own)), ["$create_alias(anon) alias=u", "E(anon)", "E(anon)"]);
    assert_eq!(
        rows(&play("ios-3.9", &own)),
        [
            "$create_alias(anon) v=anon alias=u",
            "E(anon) v=anon",
            "$identify(u) v=anon u=u anon=anon",
            "E(u) v=anon u=u",
        ]
    );
}

#[test]
fn reset_of_an_old_iphone_gives_the_same_id_back() {
    let text = "name='x'\ntitle=''\nlook_for=''\nlesson=''\nsearch=''\nstart='2019-07-01T09:00:00Z'\n\
                [[device]]\nname='d'\nsdk='ios-3.4'\n[[call]]\nat='1s'\ndevice='d'\ndo='reset'\n";
    for (sdk, same) in [("ios-3.4", true), ("ios-5.0", false), ("android-4.9", false)] {
        let run = run(&Scenario::parse("x.toml", &text.replace("ios-3.4", sdk)).unwrap());
        let step = &run.steps[0];
        assert_eq!(step.before.distinct_id == step.after.distinct_id, same, "{sdk}");
    }
}

#[test]
fn an_app_refuses_a_blank_id() {
    for sdk in ["android-5.6", "ios-3.4"] {
        let run = play(sdk, &["do='identify'\nid=' '", TRACK, "do='flush'"]);
        assert_eq!(rows(&run), ["E(anon) v=anon"], "{sdk}");
    }
}

#[test]
fn a_server_names_its_ids_in_every_call() {
    let calls =
        ["do='track'\nid='u'\nevent='E'", "do='alias'\nalias='u'\nid='d'", "do='people'\nid='u'\nproperties={a=1}"];
    for sdk in ["server-python", "server-python-4", "server-node", "server-ruby"] {
        let run = play(sdk, &calls);
        assert_eq!(rows(&run), ["E(u)", "$create_alias(d) alias=u", "$set(u)"], "{sdk}");
        let alias = run.sent[1].payload["properties"].as_object().unwrap();
        assert!(!alias.contains_key("time") && !alias.contains_key("$insert_id"), "{sdk}: captures fact 19");
    }
    let time = |sdk| play(sdk, &calls).sent[0].payload["properties"].get("time").cloned();
    assert_eq!(time("server-node"), None);
    assert_eq!(time("server-python-4"), Some(Value::from(1_561_971_601)));
}
