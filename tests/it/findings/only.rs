//! A look for some kinds of findings: what it finds is what a look for all finds of these kinds.

use journey::identity::Kind;
use journey::identity::audit::Rates;
use journey::sim::crowd::Crowd;

use super::*;
use crate::support::stored::store_of;

fn look(inspector: &Inspector, only: Option<Vec<&'static Kind>>) -> Audit {
    check::store_by(inspector, &Wanted { only, ..Wanted::default() }, &mut |_, _| true).unwrap()
}

/// All that an answer says, with the users of each finding in one order.
fn said(mut audit: Audit, wants: impl Fn(&Kind) -> bool) -> String {
    // Those of all users, where all of them are judged.
    (audit.people, audit.rates) = (None, Rates::default());
    audit.found.retain(|found| wants(found.kind));
    audit.found.iter_mut().for_each(|found| found.users.sort_unstable());
    format!("{audit:#?}")
}

fn each_kind_alone_is_as_among_all(inspector: &Inspector) {
    let whole = look(inspector, None);
    for kind in all(LEGACY.findings()) {
        let alone = look(inspector, Some(vec![kind]));
        assert_eq!((alone.people, alone.rates), (None, Rates::default()), "not all users are judged");
        assert_eq!(said(alone, |_| true), said(whole.clone(), |found| found == kind), "{}", kind.code);
    }
}

#[test]
fn each_kind_alone_is_as_among_all_in_a_crowd_and_in_what_shows_it() {
    let mut crowd = Vec::new();
    Crowd { seed: 3, rows: 6_000 }.write(&mut crowd).unwrap();
    let loose = br#"{"event":"","properties":{"time":1682900000,"distinct_id":"u7"}}
{"event":"Buy","properties":{"time":1682900001,"distinct_id":"","amount":3}}
"#;
    let inspector = Inspector::new(store_of_bytes(&[("crowd.jsonl", crowd), ("loose.jsonl", loose.to_vec())]));
    let found = look(&inspector, None).found;
    assert!(found.len() > 5 && found.iter().any(|found| !found.amounts.is_empty()), "{found:?}");
    each_kind_alone_is_as_among_all(&inspector);
    for case in CASES {
        each_kind_alone_is_as_among_all(&Inspector::new(store(case.shows)));
    }
}

#[test]
fn several_kinds_are_those_among_all_and_none_is_nothing() {
    let shows = CASES.iter().take(12).map(|case| case.shows).collect::<Vec<_>>().join("\n");
    let inspector = Inspector::new(store(&shows));
    let whole = look(&inspector, None);
    let pair: Vec<&'static Kind> = whole.found.iter().take(2).map(|found| found.kind).collect();
    assert_eq!(pair.len(), 2);
    let both = look(&inspector, Some(pair.clone()));
    assert_eq!(said(both, |_| true), said(whole.clone(), |found| pair.contains(&found)));
    assert_eq!(said(look(&inspector, Some(Vec::new())), |_| true), said(whole, |_| false));
}

#[test]
fn a_user_shows_the_kinds_that_are_looked_for() {
    for case in CASES {
        let inspector = Inspector::new(store(case.shows));
        let whole = look(&inspector, None);
        let found = whole.found.iter().find(|found| found.kind.code == case.code).unwrap();
        let Some(id) = found.ids.first() else { continue };
        let one = |only| check::one(&inspector, id, &Wanted { only, ..Wanted::default() }).unwrap().unwrap();
        let alone = one(Some(vec![found.kind]));
        assert_eq!(said(alone, |_| true), said(one(None), |of| of == found.kind), "{}", case.code);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_kind_alone_is_as_among_all(rows in any_history(), nth in any::<proptest::sample::Index>()) {
        let kinds: Vec<&'static Kind> = all(LEGACY.findings()).collect();
        let kind = *nth.get(&kinds);
        let inspector = Inspector::new(store_of(&[("story.jsonl", &rows)]));
        let (alone, whole) = (look(&inspector, Some(vec![kind])), look(&inspector, None));
        prop_assert_eq!(said(alone, |_| true), said(whole, |found| found == kind));
    }
}
