//! What rule sets that join ids say of themselves and of their decisions.

use journey::identity::{Cut, CutOf, Facts, Journey, Phase, RULE_SETS, named, resolve};
use journey::model::Id;

use super::G1;
use crate::support::story::Story;

fn facts() -> Facts {
    Story::new(&format!("1 Land({G1})\n2 ID(u <= {G1}) +u,\n3 Dash(u) +u,")).facts()
}

fn by(rules: &str, facts: &Facts, query: &str) -> Journey {
    resolve(facts, &Id::new(query), named(rules).unwrap()).unwrap()
}

#[test]
fn each_rule_set_says_what_no_row_shows_of_it() {
    for rules in &RULE_SETS[1..] {
        assert!(rules.title().contains(' '), "{}", rules.name());
        let unknown = rules.unknown();
        assert!(unknown.iter().all(|text| text.contains(' ') && text.ends_with('.')), "{unknown:?}");
        let notes = by(rules.name(), &facts(), "u").notes;
        assert_eq!(notes.iter().map(String::as_str).collect::<Vec<_>>(), unknown, "{}", rules.name());
        let mut silent = Story::new("1 Dash(u) +u,");
        silent.rows[0].arrival = None;
        let notes = by(rules.name(), &silent.facts(), "u").notes;
        assert!(notes.iter().any(|note| note.starts_with("Not every row says when it arrived")), "{notes:?}");
    }
}

#[test]
fn a_row_that_an_identify_joined_names_it_and_a_row_of_its_own_does_not() {
    let journey = by("original", &facts(), "u");
    let call = format!("$identify names {G1} as the anonymous id of u: joined, with all of their past.");
    let why: Vec<String> = journey.steps.iter().map(|step| journey.why(step)).collect();
    assert_eq!(why.len(), 3);
    assert!(why[0].starts_with(&format!("Sent as {G1}, one person with u since story.jsonl line 2.")), "{}", why[0]);
    assert!(why[0].ends_with(&call) && why[1] == call, "{why:?}");
    assert_eq!(why[2], "Sent as u: the row is u's own.");
    let points: Vec<&str> = journey.points.iter().map(|point| point.why.as_str()).collect();
    assert_eq!(points, [format!("Known as u from here on: {call}")]);
    let phases: Vec<bool> = journey.steps.iter().map(|step| step.phase == Phase::Identified).collect();
    assert_eq!(phases, [false, true, true]);
    let ruled = named("original").unwrap().ruled(&facts(), &Id::new("u"));
    let held: Vec<String> = ruled.rows.iter().map(|held| ruled.why(held)).collect();
    assert_eq!(held, why, "the same in a comparison of rule sets");
}

#[test]
fn a_journey_keeps_what_limits_cut_and_which_ids_look_alike() {
    let mut facts = facts();
    facts.cuts.push(Cut { of: CutOf::Rows, what: "rows".to_owned() });
    facts.alike = vec![(Id::new("u"), Id::new("U"))];
    let journey = by("original", &facts, "u");
    assert!(journey.has_more_rows());
    assert_eq!(
        journey.alike.iter().map(|alike| (alike.id.as_str(), alike.differ.clone())).collect::<Vec<_>>(),
        [("U", vec!["case"])]
    );
}
