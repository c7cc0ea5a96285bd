use super::*;

const HEAD: &str = r#"name = "x"
title = "t"
look_for = "l"
lesson = "s"
search = "sally"
start = "2019-07-01T09:00:00Z"
[[device]]
name = "laptop"
sdk = "web-2.22"
[[device]]
name = "backend"
sdk = "server-python"
"#;

fn refused(text: &str) -> String {
    match Scenario::parse("x.toml", text) {
        Ok(scenario) => panic!("was accepted: {scenario:?}"),
        Err(error) => error.to_string(),
    }
}

fn refused_call(call: &str) -> String {
    refused(&format!("{HEAD}[[call]]\n{call}\n"))
}

#[test]
fn an_offset_counts_from_the_start_or_from_the_call_before() {
    let text = format!(
        "{HEAD}[[call]]\nat=\"1m\"\ndevice=\"laptop\"\ndo=\"reset\"\n[[call]]\nat=\"+30s\"\ndevice=\"laptop\"\ndo=\"reset\"\n"
    );
    let scenario = Scenario::parse("x.toml", &text).unwrap();
    let after: Vec<Millis> = scenario.calls.iter().map(|call| call.at - scenario.start).collect();
    assert_eq!(after, [60_000, 90_000]);
}

#[test]
fn calls_are_put_in_order_of_time() {
    let text = format!(
        "{HEAD}[[call]]\nat=\"1m\"\ndevice=\"laptop\"\ndo=\"reset\"\n[[call]]\nat=\"1s\"\ndevice=\"laptop\"\ndo=\"page_load\"\npage=\"/\"\n"
    );
    let scenario = Scenario::parse("x.toml", &text).unwrap();
    let actions: Vec<String> = scenario.calls.iter().map(|call| call.action.code()).collect();
    assert_eq!(actions, ["open /", "reset()"]);
}

#[test]
fn properties_keep_their_order_and_dates_become_text() {
    let call = "at=\"1s\"\ndevice=\"laptop\"\ndo=\"track\"\nevent=\"E\"\nproperties={ z = 1, a = [2.5, true], day = 2019-07-01 }";
    let scenario = Scenario::parse("x.toml", &format!("{HEAD}[[call]]\n{call}\n")).unwrap();
    assert_eq!(scenario.calls[0].action.code(), r#"track("E", {"z":1,"a":[2.5,true],"day":"2019-07-01"})"#);
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_known_ones() {
    let what = refused_call("at = \"1s\"\ndevice = \"laptop\"\ndo = \"track\"\nevnt = \"View\"");
    assert!(what.starts_with("x.toml:17:1: unknown field `evnt`, expected one of `at`"), "{what}");
    let what = refused("nam = \"x\"\n");
    assert!(what.starts_with("x.toml:1:1: unknown field `nam`"), "{what}");
}

#[test]
fn a_bad_offset_is_named_with_its_place() {
    let what = refused_call("device = \"laptop\"\nat = \"soon\"\ndo = \"reset\"");
    assert!(what.starts_with("x.toml:15:6: cannot read the offset \"soon\""), "{what}");
    let what = refused_call("at = \"+1x\"\ndevice = \"laptop\"\ndo = \"reset\"");
    assert!(what.starts_with("x.toml:14:6: cannot read the offset \"1x\""), "{what}");
}

#[test]
fn an_unknown_device_is_named_with_the_known_ones() {
    let what = refused_call("at = \"1s\"\ndevice = \"phone\"\ndo = \"reset\"");
    assert_eq!(what, "x.toml:15:10: no device \"phone\"; there are laptop, backend");
}

#[test]
fn an_unknown_sdk_is_named_with_the_known_ones() {
    let what = refused(&HEAD.replace("web-2.22", "web-9"));
    assert!(what.starts_with("x.toml:9:7: no SDK \"web-9\"; there are web-2.7, "), "{what}");
}

#[test]
fn two_devices_of_one_name_are_refused() {
    let what = refused(&HEAD.replace("backend", "laptop"));
    assert_eq!(what, "x.toml:11:8: two devices are named \"laptop\"");
}

#[test]
fn a_call_is_checked_against_its_device() {
    for (call, what) in [
        ("do = \"fly\"", "x.toml:16:6: cannot do \"fly\"; there are track, identify, alias, reset"),
        ("do = \"track\"", "x.toml:16:6: do = \"track\" on web needs \"event\""),
        (
            "do = \"reset\"\nevent = \"E\"",
            "x.toml:17:9: do = \"reset\" on web has no use for \"event\"; it takes nothing",
        ),
        ("do = \"flush\"", "x.toml:16:6: \"flush\" is nothing that \"laptop\", of kind web, can do"),
        ("do = \"identify\"\nid = [1]", "x.toml:17:6: an id is a text, a number, true or false"),
        ("do = \"people\"\nproperties = {a=1}\nop = \"zap\"", "x.toml:18:6: no op \"zap\"; there are set, set_once"),
        ("do = \"reset\"\ndelay = \"2\"", "x.toml:17:9: cannot read the offset \"2\""),
    ] {
        let refusal = refused_call(&format!("at = \"1s\"\ndevice = \"laptop\"\n{call}"));
        assert!(refusal.starts_with(what), "{refusal}");
    }
    let refusal = refused_call("at = \"1s\"\ndevice = \"backend\"\ndo = \"track\"\nevent = \"E\"");
    assert_eq!(refusal, "x.toml:16:6: do = \"track\" on server needs \"id\"");
    let refusal = refused_call("at = \"1s\"\ndevice = \"backend\"\ndo = \"identify\"\nid = \"u\"");
    assert!(refusal.contains("is nothing that \"backend\", of kind server, can do"), "{refusal}");
}

#[test]
fn a_backlog_must_not_end_before_it_begins() {
    let text = HEAD.replacen("[[device]]", "[server]\nbacklog = [{ from = \"2m\", until = \"1m\" }]\n[[device]]", 1);
    assert_eq!(refused(&text), "x.toml:8:35: a backlog must end after it begins");
}

#[test]
fn text_that_is_no_toml_is_reported_with_its_place() {
    let what = refused("name = \"x\"\ntitle = \n");
    assert!(what.starts_with("x.toml:2:"), "{what}");
}

#[test]
fn a_missing_key_is_named() {
    let what = refused("name = \"x\"\n");
    assert!(what.contains("missing field `title`"), "{what}");
}

#[test]
fn a_scenario_that_is_written_reads_back_as_it_was() {
    for (name, text) in crate::sim::gallery() {
        let scenario = Scenario::parse(name, text).unwrap();
        let written = scenario.to_toml();
        assert_eq!(Scenario::parse(name, &written).as_ref(), Ok(&scenario), "{written}");
    }
}

#[test]
fn text_that_toml_would_take_for_something_else_reads_back() {
    let mut scenario = Scenario::parse("x.toml", HEAD).unwrap();
    scenario.title = "a \"b\" \\ \u{1b}[2J\n'''c".to_owned();
    scenario.expect =
        Expect { root: Some(String::new()), refused: Some(vec!["{laptop} -> b".to_owned()]), ..Expect::default() };
    let properties = serde_json::json!({ "a.b": [1, 2.5, { "": true }], "$x": {}, "é\"": "\t" });
    let properties = properties.as_object().unwrap().clone();
    let action = Action::Track { event: "E".to_owned(), properties, id: None };
    scenario.calls.push(Call { at: scenario.start + 90_061_001, device: 0, action, delay: 1200, caption: None });
    let written = scenario.to_toml();
    assert_eq!(Scenario::parse("x.toml", &written), Ok(scenario), "{written}");
}

#[test]
fn an_expected_id_names_a_device_that_is_there() {
    let with = |line: &str| HEAD.replacen("[[device]]", &format!("[expect]\n{line}\n[[device]]"), 1);
    assert_eq!(
        refused(&with("orphans = [\"{phone 2}\"]")),
        "x.toml:8:12: no device \"phone\"; there are laptop, backend"
    );
    assert!(Scenario::parse("x.toml", &with("orphans = [\"{laptop}\", \"{laptop 2}\", \"{}\"]")).is_ok());
    assert!(refused(&with("orphan = []")).contains("unknown field `orphan`"));
}
