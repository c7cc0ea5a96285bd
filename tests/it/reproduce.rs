//! The smallest calls that show a finding of the data.

use journey::identity::{Finding, LEGACY, resolve};
use journey::inspect::Inspector;
use journey::inspect::gather::{Limits, gather};
use journey::model::Id;
use journey::play::{Play, found, reproduce};
use journey::sim::Scenario;

use crate::findings::CASES;
use crate::support::all_ids;
use crate::support::stored::{store, store_of_bytes};

/// The scenario of a finding of the first user who has it.
fn of_code(inspector: &Inspector, code: &str) -> Option<Scenario> {
    all_ids(inspector).iter().find_map(|id| of_user(inspector, id, code))
}

fn of_user(inspector: &Inspector, id: &Id, code: &str) -> Option<Scenario> {
    let facts = gather(inspector.source(), id, &Limits::default()).unwrap();
    let journey = resolve(&facts, id, LEGACY)?;
    let finding: &Finding = journey.findings.iter().find(|finding| finding.code() == code)?;
    Some(reproduce(&facts, &journey, finding).unwrap_or_else(|| panic!("{code} of {id:?} is not reproduced")))
}

/// The codes that a scenario shows, read back from its text.
fn codes(scenario: &Scenario) -> Vec<String> {
    let scenario = Scenario::parse("case.toml", &scenario.to_toml()).unwrap();
    let play = Play::new(scenario);
    found(&play, &play.server(play.last())).findings
}

#[test]
fn every_kind_of_a_user_is_reproduced_by_a_scenario_that_shows_it() {
    for case in CASES {
        let inspector = Inspector::new(store(case.shows));
        let scenario = of_code(&inspector, case.code).unwrap_or_else(|| panic!("{}: no user has it", case.code));
        let shown = codes(&scenario);
        assert!(shown.iter().any(|code| code == case.code), "{}: {shown:?}\n{}", case.code, scenario.to_toml());
        assert_eq!(scenario.expect.findings.as_ref(), Some(&shown), "{}", case.code);
        let rows = case.shows.lines().count();
        assert!(scenario.calls.len() <= rows, "{}: {} calls of {rows} rows", case.code, scenario.calls.len());
    }
}

#[test]
fn rows_that_have_nothing_to_do_with_a_finding_are_left_out() {
    let buys: Vec<String> = (100..160).map(|time| format!("{time} Buy(sally)")).collect();
    let calls = "1 View(12345)\n2 AL(sally -> 12345)\n60 Open(P-1)\n61 AL(sally -> P-1)";
    let story = format!("{calls}\n{}", buys.join("\n"));
    let scenario = of_code(&Inspector::new(store(&story)), "alias-on-login").unwrap();
    assert_eq!(scenario.calls.len(), 2, "{}", scenario.to_toml());
}

#[test]
fn nothing_of_the_data_is_in_a_scenario() {
    let rows = [
        r#"{"event":"Secret Launch","properties":{"distinct_id":"crm-88213","time":1583212345,"$user_id":"crm-88213","$device_id":"dev-4711","plan":"gold-tier"}}"#,
        r#"{"event":"Secret Launch","properties":{"distinct_id":"P-990011","time":1583212395,"$device_id":"dev-4711"}}"#,
        r#"{"event":"$create_alias","properties":{"distinct_id":"crm-88213","alias":"marta.ito@corp.test","time":1583212396}}"#,
        r#"{"event":"$create_alias","properties":{"distinct_id":"P-990011","alias":"marta.ito@corp.test","time":1583212399}}"#,
    ];
    let inspector = Inspector::new(store_of_bytes(&[("private-name.jsonl", rows.join("\n").into_bytes())]));
    let scenario = of_code(&inspector, "alias-on-login").unwrap();
    let text = scenario.to_toml();
    for secret in
        ["Secret", "Launch", "88213", "4711", "gold", "990011", "marta", "ito@", "corp.test", "private-name", "2020"]
    {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
    assert!(codes(&scenario).contains(&"alias-on-login".to_owned()));
}
