//! The slow answer of each rule set on histories that random rows seldom make: many arrivals at one time, files
//! whose rows interleave, times that have nothing to do with arrivals, ids that a vendor refuses, odd forms of
//! anonymous ids, and clusters near their limit.

use std::collections::{BTreeMap, BTreeSet};

use journey::identity::{RULE_SETS, RuleSet, named};
use journey::inspect::Inspector;
use journey::inspect::rows::facts_of;
use journey::model::{Flags, Id, Row, Verb};
use proptest::prelude::*;

use super::G1;
use super::oracle::{numbered, people, rows_with};
use crate::support::stored::store_of;
use crate::support::story::Story;

/// Ids of every odd sort.
const IDS: &[&str] = &[
    "a-b-c-d-e",
    "$device:a-b-c-d-e",
    "13bbf7943e584-0885c2531-5c793977-3e8000-13bbf7943e64cf",
    "$device:b2222222-2222-4222-8222-222222222222",
    "b2222222-2222-4222-8222-222222222222",
    "B2222222-2222-4222-8222-222222222222",
    "u-1",
    "u-2",
    "U-1",
    "Anonymous",
    "'null'",
    "\"GUEST\"",
    "[object Object]",
    "a-b-c-d-",
];

fn any_id() -> impl Strategy<Value = Id> {
    (0..IDS.len()).prop_map(|at| Id::new(IDS[at]))
}

fn any_row() -> impl Strategy<Value = Row> {
    let ids =
        (any_id(), any_id(), proptest::option::weighted(0.5, any_id()), proptest::option::weighted(0.4, any_id()));
    (0_u8..8, ids, 0_i64..20, 0_i64..5).prop_map(|(verb, (id, other, device, user), time, arrival)| {
        let (event, verb) = match verb {
            0 | 1 => {
                let (alias, target) = (Some(other), Some(id.clone()));
                ("$create_alias", Verb::Alias { alias, target, by_original: false })
            }
            2 | 3 => ("$identify", Verb::Identify { identified: Some(id.clone()), anon: Some(other) }),
            4 => ("$merge", Verb::Merge { ids: vec![id.clone(), other] }),
            _ => ("View", Verb::Track),
        };
        Row {
            time: time * 700,
            arrival: Some(arrival * 1000),
            device: device.map(|device| device.to_bare()),
            user,
            ..row(event, id, verb)
        }
    })
}

/// A row at the very first moment that says nothing but this.
fn row(event: &str, id: Id, verb: Verb) -> Row {
    Row {
        event: event.to_owned(),
        id: Some(id),
        time: 0,
        arrival: Some(0),
        device: None,
        user: None,
        verb,
        previous: vec![],
        insert_id: None,
        client: None,
        properties: "{}".to_owned(),
        line: 0,
        flags: Flags::default(),
    }
}

/// Rows of two files, each with its own lines.
type Files = [Vec<Row>; 2];

fn any_files() -> impl Strategy<Value = Files> {
    (proptest::collection::vec(any_row(), 1..25), proptest::collection::vec(any_row(), 1..25)).prop_map(|(a, b)| {
        let mut number = 0;
        [a, b].map(|mut rows| {
            for (line, row) in (1..).zip(&mut rows) {
                row.line = line;
                // What is one delivery is another test.
                number += 1;
                row.properties = format!("{{\"n\":{number}}}");
            }
            rows
        })
    })
}

/// The rows in order of arrival, those of one time by their file and line, each with its number in the facts.
fn by_arrival(files: &Files) -> (Vec<Row>, Vec<i64>) {
    let all = files.iter().enumerate().flat_map(|(rank, rows)| rows.iter().map(move |row| (rank, row)));
    let mut rows: Vec<(usize, &Row, i64)> = all.zip(0..).map(|((rank, row), at)| (rank, row, at)).collect();
    rows.sort_by_key(|(rank, row, _)| (row.arrival, *rank, row.line));
    rows.into_iter().map(|(_, row, at)| (row.clone(), at + 1)).unzip()
}

/// Rows of each owner, by the numbers that the oracle gives.
fn expected(rules: &str, rows: &[Row]) -> Vec<Option<BTreeSet<i64>>> {
    let people = people(rules, rows);
    (0..rows.len()).map(|at| rows_with(rules, rows, &people, at)).collect()
}

fn agrees(rules: RuleSet, files: &Files) -> Result<(), TestCaseError> {
    let (rows, numbers) = by_arrival(files);
    let [a, b] = files;
    let facts = facts_of(&[("a.jsonl", a), ("b.jsonl", b)]);
    let ruled = rules.ruled(&facts, &Id::new("nothing"));
    let mut of: BTreeMap<&Id, BTreeSet<i64>> = BTreeMap::new();
    let place = |row: i64| numbers.iter().position(|number| *number == row).map(numbered).unwrap();
    for held in &ruled.rows {
        if let Some(owner) = &held.owner {
            of.entry(owner).or_default().insert(place(held.event.row));
        }
    }
    let found: BTreeMap<i64, &BTreeSet<i64>> =
        of.values().flat_map(|rows| rows.iter().map(move |row| (*row, rows))).collect();
    for (at, expected) in expected(rules.name(), &rows).into_iter().enumerate() {
        let (row, found) = (numbered(at), found.get(&numbered(at)).map(|rows| (*rows).clone()));
        prop_assert_eq!(found, expected, "{} row {} of {:#?}", rules.name(), row, rows);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn each_rule_set_agrees_with_the_slow_one_whatever_arrives_at_one_time(files in any_files()) {
        for rules in RULE_SETS.iter().skip(1) {
            agrees(*rules, &files)?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_cluster_of_original_stops_at_its_limit_in_whatever_order_it_grows(
        sizes in (200_usize..300, 190_usize..300),
        calls in proptest::collection::vec((0_u8..3, 0_usize..6, 0_usize..6), 1..40),
    ) {
        let row = |verb: Verb, id: &str| row("call", Id::new(id), verb);
        let alias = |alias: &str, target: &str| {
            let (alias, target) = (Some(Id::new(alias)), Id::new(target));
            row(Verb::Alias { alias, target: Some(target.clone()), by_original: false }, target.as_str())
        };
        let mut rows: Vec<Row> = Vec::new();
        for (root, size) in [("left", sizes.0), ("right", sizes.1)] {
            rows.extend((1..size).map(|at| alias(&format!("{root}-{at}"), root)));
        }
        let id = |at: usize| ["left", "right", "a-1-1-1-1", "a-2-2-2-2", "left-1", "new"][at];
        for (verb, one, other) in calls {
            let (one, other) = (id(one), id(other));
            rows.push(match verb {
                0 => alias(one, other),
                1 => row(Verb::Identify { identified: Some(Id::new(other)), anon: Some(Id::new(one)) }, other),
                _ => row(Verb::Merge { ids: vec![Id::new(one), Id::new(other)] }, one),
            });
        }
        for (at, row) in (1..).zip(&mut rows) {
            row.line = at;
            row.arrival = Some(i64::try_from(at).unwrap());
            row.time = i64::try_from(at).unwrap();
        }
        let people = people("original", &rows);
        let ruled = RULE_SETS.iter().find(|rules| rules.name() == "original").unwrap()
            .ruled(&facts_of(&[("a.jsonl", &rows)]), &Id::new("nothing"));
        let owner_of: BTreeMap<i64, &Id> =
            ruled.rows.iter().filter_map(|held| Some((held.event.row, held.owner.as_ref()?))).collect();
        let places = [0, sizes.0 - 1, sizes.0 + sizes.1 - 2, rows.len() - 1];
        for at in places.into_iter().filter(|at| *at < rows.len()) {
            let owner = owner_of[&numbered(at)];
            let found: BTreeSet<i64> =
                owner_of.iter().filter(|(_, other)| **other == owner).map(|(row, _)| *row).collect();
            prop_assert_eq!(Some(found), rows_with("original", &rows, &people, at), "row {}", at + 1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The same from bytes: what a store keeps of the rows is enough, also in an order of import that is not that of
    /// arrival.
    #[test]
    fn a_store_of_the_same_files_gives_the_same_users(files in any_files()) {
        let [a, b] = &files;
        let mut inspector = Inspector::new(store_of(&[("b.jsonl", b), ("a.jsonl", a)]));
        let (rows, _) = by_arrival(&files);
        let mut places: BTreeMap<(&str, u64), i64> = BTreeMap::new();
        let (_, numbers) = by_arrival(&files);
        for (at, number) in numbers.iter().enumerate() {
            let number = usize::try_from(*number).unwrap() - 1;
            let place = match number.checked_sub(a.len()) {
                None => ("a.jsonl", a[number].line),
                Some(number) => ("b.jsonl", b[number].line),
            };
            places.insert(place, numbered(at));
        }
        for rules in RULE_SETS.iter().skip(1) {
            inspector.set_rules(Some(*rules));
            let expected = expected(rules.name(), &rows);
            for id in IDS.iter().map(|id| Id::new(id)) {
                let Some(journey) = inspector.journey(&id).unwrap().filter(|journey| journey.root.is_some()) else {
                    continue;
                };
                let found: BTreeSet<i64> = journey.steps.iter().map(|step| {
                    let source = &step.event.source;
                    places[&(&*source.file, source.line)]
                }).collect();
                let one = usize::try_from(*found.first().unwrap()).unwrap() - 1;
                prop_assert_eq!(Some(&found), expected[one].as_ref(), "{} of {}", rules.name(), id.as_str());
            }
        }
    }
}

#[test]
fn of_rows_that_were_sent_with_the_same_ids_the_one_that_arrived_first_decides() {
    let device = format!("$device:{G1}");
    let story = Story::new(&format!(
        "1@10 Login(u1) +u1,{G1}\n2@3 Use(u1) +u1,{G1}\n4@5 Login(u2) +u2,{G1}\n6@12 Open({device}) +,{G1}"
    ));
    let mut store = Inspector::new(store_of(&[("story.jsonl", &story.rows)]));
    store.set_rules(named("simplified"));
    let journey = store.journey(&Id::new(&device)).unwrap().unwrap();
    assert_eq!(journey.root.as_ref().map(Id::as_str), Some("u1"), "u2 came second");
}
