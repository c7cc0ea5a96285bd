//! Properties of the engine over random histories.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use journey::identity::{CutOf, Facts, Journey, LEGACY, State, resolve, resolve_as_of};
use journey::inspect::gather::{Limits, gather};
use journey::inspect::{Ask, Edges, Error, History, Lookup};
use journey::model::facts::{AliasCall, Arrival, Event, Place};
use journey::model::{Client, Flags, Id, Row, Verb};
use proptest::prelude::*;

use crate::support::story::{Story, facts, facts_of_files};

/// Ids of every sort: bare and prefixed devices, users, a placeholder.
pub(crate) const IDS: &[&str] = &[
    "a1111111-1111-4111-8111-111111111111",
    "$device:a2222222-2222-4222-8222-222222222222",
    "a2222222-2222-4222-8222-222222222222",
    "sally@gmail.com",
    "bob@gmail.com",
    "u-1",
    "u-2",
    "12345",
    "undefined",
];

fn any_id() -> impl Strategy<Value = Option<Id>> {
    prop_oneof![12 => (0..IDS.len()).prop_map(|index| Some(Id::new(IDS[index]))), 1 => Just(None)]
}

fn any_row() -> impl Strategy<Value = Row> {
    let verb = prop_oneof![
        6 => Just(0_u8),
        3 => Just(1),
        2 => Just(2),
        1 => Just(3),
    ];
    let ids =
        (any_id(), any_id(), proptest::option::weighted(0.4, any_id()), proptest::option::weighted(0.3, any_id()));
    let more = (proptest::option::weighted(0.1, any_id()), 0_u8..6);
    (verb, ids, 0_i64..40, 0_i64..8, proptest::option::weighted(0.3, 0_u8..3), any::<bool>(), more).prop_map(
        |(verb, (id, other, device, user), time, delay, insert_id, persisted, (previous, client))| {
            let device = device.flatten().map(|device| device.to_bare());
            let user = user.flatten();
            let (event, id, verb) = match verb {
                1 => ("$create_alias", id.clone(), Verb::Alias { alias: other, target: id, by_original: false }),
                2 => ("$identify", id.clone(), Verb::Identify { identified: id, anon: other }),
                3 => ("$merge", id.clone(), Verb::Merge { ids: [id, other].into_iter().flatten().collect() }),
                _ => ("View", id, Verb::Track),
            };
            // Servers send no `$identify`.
            let client = match client {
                0 => Some("web · Linux"),
                1 if !matches!(verb, Verb::Identify { .. }) => Some("node"),
                _ => None,
            };
            let client = client.map(Client::from_text);
            let mut flags = Flags::default();
            if persisted && device.is_some() {
                flags.set(Flags::HAD_PERSISTED);
            }
            Row {
                event: event.to_owned(),
                id,
                time: time * 500,
                arrival: Some((time + delay) * 500),
                device,
                user,
                verb,
                previous: previous.flatten().into_iter().collect(),
                insert_id: insert_id.map(|number| format!("insert-{number}")),
                client,
                properties: "{}".to_owned(),
                line: 0,
                flags,
            }
        },
    )
}

pub(crate) fn any_history() -> impl Strategy<Value = Vec<Row>> {
    proptest::collection::vec(any_row(), 1..40).prop_map(|mut rows| {
        for (line, row) in (1..).zip(&mut rows) {
            row.line = line;
        }
        rows
    })
}

/// The whole history as a warehouse without any index.
pub(crate) struct Whole(pub(crate) Facts);

impl Whole {
    fn calls(&self, limit: usize, wanted: impl Fn(&AliasCall) -> bool) -> Vec<AliasCall> {
        let mut calls: Vec<_> = self.0.calls.iter().filter(|call| wanted(call)).cloned().collect();
        calls.sort_by_key(AliasCall::arrival);
        calls.truncate(limit);
        calls
    }
}

impl Lookup for Whole {
    fn edges(&self, ids: &[Id], ask: Ask) -> Result<Vec<Edges>, Error> {
        let edges = |id: &Id| Edges {
            calls_of: self.calls(ask.calls_of, |call| call.alias.as_ref() == Some(id)),
            calls_to: self.calls(ask.calls_to, |call| call.target.as_ref() == Some(id)),
            links: self.0.links.iter().filter(|link| link.a == *id || link.b == *id).take(ask.links).cloned().collect(),
        };
        Ok(ids.iter().map(edges).collect())
    }

    fn event_heads(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        let mut events: Vec<_> = self
            .0
            .events
            .iter()
            .filter(|event| event.id.as_ref().is_some_and(|id| ids.contains(id)))
            .cloned()
            .collect();
        events.retain(|event| after.is_none_or(|after| event.place() > after));
        events.sort_by_key(|event| event.place());
        events.truncate(limit);
        Ok(events)
    }
}

/// What the server did, row by row, in the plainest way: a list of pairs, walked each time.
struct Oracle {
    table: Vec<(Id, Id)>,
    /// Line and id it is stored under.
    stored: BTreeMap<u64, Id>,
}

impl Oracle {
    fn new(rows: &[Row]) -> Self {
        let mut in_order: Vec<&Row> = rows.iter().collect();
        in_order.sort_by_key(|row| (row.arrival, row.line));
        let mut oracle = Self { table: vec![], stored: BTreeMap::new() };
        for row in in_order {
            if let Some(id) = &row.id {
                let under = oracle.follow(id);
                oracle.stored.insert(row.line, under);
            }
            if let Verb::Alias { alias: Some(alias), target: Some(target), .. } = &row.verb
                && alias != target
                && !oracle.table.iter().any(|(known, _)| known == alias)
                && oracle.follow(target) != *alias
            {
                oracle.table.push((alias.clone(), target.clone()));
            }
        }
        oracle
    }

    fn follow(&self, id: &Id) -> Id {
        match self.table.iter().find(|(alias, _)| alias == id) {
            Some((_, target)) => self.follow(target),
            None => id.clone(),
        }
    }
}

fn lines(journey: &Journey) -> BTreeSet<u64> {
    let own = journey.steps.iter().map(|step| step.event.source.line);
    own.chain(journey.steps.iter().flat_map(|step| step.copies.iter().map(|source| source.line))).collect()
}

/// Everything of a journey that a reader sees, but for the limits.
fn printed(journey: Option<Journey>) -> String {
    journey.map_or_else(String::new, |mut journey| {
        journey.cuts.clear();
        let why: Vec<String> = journey.steps.iter().map(|step| journey.why(step)).collect();
        format!("{journey:#?}\n{why:#?}")
    })
}

proptest! {
    #[test]
    fn the_engine_agrees_with_a_server_that_takes_row_by_row(rows in any_history()) {
        let facts = facts(&rows);
        let oracle = Oracle::new(&rows);
        for id in IDS.iter().map(|id| Id::new(id)) {
            let named = rows.iter().any(|row| row.id.as_ref() == Some(&id));
            let Some(journey) = resolve(&facts, &id, LEGACY) else {
                prop_assert!(!named);
                continue;
            };
            if !named {
                continue;
            }
            let root = oracle.follow(&id);
            prop_assert_eq!(journey.root.as_ref(), Some(&root));
            let expected: BTreeSet<u64> = rows
                .iter()
                .filter(|row| row.id.as_ref().is_some_and(|id| oracle.follow(id) == root))
                .map(|row| row.line)
                .collect();
            prop_assert_eq!(lines(&journey), expected);
            for step in &journey.steps {
                let stored = &oracle.stored[&step.event.source.line];
                prop_assert_eq!(&step.stored_under, stored);
                prop_assert_eq!(step.state == State::Merged, *stored == root);
            }
        }
    }

    #[test]
    fn every_row_with_an_id_is_in_exactly_one_journey(rows in any_history()) {
        let facts = facts(&rows);
        let mut found: BTreeMap<u64, BTreeSet<Id>> = BTreeMap::new();
        for id in IDS.iter().map(|id| Id::new(id)) {
            if let Some(journey) = resolve(&facts, &id, LEGACY) {
                for line in lines(&journey) {
                    found.entry(line).or_default().extend(journey.root.clone());
                }
            }
        }
        for row in &rows {
            let roots = found.get(&row.line).map_or(0, BTreeSet::len);
            prop_assert_eq!(roots, usize::from(row.id.is_some()), "line {}", row.line);
        }
    }

    #[test]
    fn gathering_brings_all_that_the_whole_history_would_tell(rows in any_history()) {
        let whole = Whole(facts(&rows));
        for id in IDS.iter().map(|id| Id::new(id)) {
            let gathered = gather(&whole, &id, &Limits::default()).unwrap();
            let (gathered, whole) = (printed(resolve(&gathered, &id, LEGACY)), printed(resolve(&whole.0, &id, LEGACY)));
            let differ = gathered.lines().zip(whole.lines()).find(|(a, b)| a != b);
            prop_assert!(gathered == whole, "{id:?}: {differ:?}");
        }
    }

    #[test]
    fn as_of_a_moment_is_what_the_rows_so_far_lead_to(rows in any_history(), until in any::<prop::sample::Index>()) {
        let whole = Whole(facts(&rows));
        let moment = whole.0.events[until.index(whole.0.events.len())].arrival();
        let so_far: Vec<Row> = rows
            .iter()
            .filter(|row| (row.arrival.unwrap_or(row.time), row.line) <= (moment.at, moment.line))
            .cloned()
            .collect();
        let mut prefix = facts(&so_far);
        for link in &mut prefix.links {
            // How many rows say so is unknown at a moment: the first one is given.
            link.rows = 1;
        }
        // Numbers in the store are given in order of writing, and rows left out have theirs.
        let numbers: BTreeMap<u64, i64> = whole.0.events.iter().map(|event| (event.source.line, event.row)).collect();
        for event in &mut prefix.events {
            Arc::make_mut(event).row = numbers[&event.source.line];
        }
        for call in &mut prefix.calls {
            call.row = numbers[&call.source.line];
        }
        let history = History::default();
        for id in IDS.iter().map(|id| Id::new(id)) {
            let expected = resolve(&prefix, &id, LEGACY).map(|journey| Journey { as_of: Some(moment), ..journey });
            let expected = printed(expected);
            let found = printed(resolve_as_of(&whole.0, &id, moment, LEGACY));
            prop_assert!(found == expected, "{id:?}: {found}\n{expected}");
            // The same from what is gathered for that moment, over look-ups made for another one.
            history.gather(&whole, &id, Arrival::end_of(i64::MAX), &Limits::default()).unwrap();
            let gathered = history.gather(&whole, &id, moment, &Limits::default()).unwrap();
            let gathered = resolve(&gathered, &id, LEGACY).map(|journey| Journey { as_of: Some(moment), ..journey });
            prop_assert_eq!(printed(gathered), expected);
        }
    }

    #[test]
    fn other_people_never_change_a_journey(rows in any_history(), others in any_history()) {
        let others: Vec<Row> = others
            .into_iter()
            .map(|mut row| {
                let rename = |id: &mut Option<Id>| *id = id.as_ref().map(|id| Id::new(&format!("other {}", id.as_str())));
                rename(&mut row.id);
                rename(&mut row.device);
                rename(&mut row.user);
                row.previous = row.previous.iter().map(|id| Id::new(&format!("other {}", id.as_str()))).collect();
                match &mut row.verb {
                    Verb::Alias { alias, target, .. } => { rename(alias); rename(target); }
                    Verb::Identify { identified, anon } => { rename(identified); rename(anon); }
                    Verb::Merge { ids } => *ids = ids.iter().map(|id| Id::new(&format!("other {}", id.as_str()))).collect(),
                    _ => {}
                }
                row
            })
            .collect();
        let alone = facts_of_files(&[("mine.jsonl", &rows)]);
        let among = facts_of_files(&[("mine.jsonl", &rows), ("others.jsonl", &others)]);
        for id in IDS.iter().map(|id| Id::new(id)) {
            prop_assert_eq!(printed(resolve(&alone, &id, LEGACY)), printed(resolve(&among, &id, LEGACY)));
        }
    }

    #[test]
    fn rows_that_stand_in_two_files_are_shown_once(rows in any_history()) {
        let once = facts_of_files(&[("a.jsonl", &rows)]);
        let twice = facts_of_files(&[("a.jsonl", &rows), ("b.jsonl", &rows)]);
        for id in IDS.iter().map(|id| Id::new(id)) {
            let (Some(once), Some(twice)) = (resolve(&once, &id, LEGACY), resolve(&twice, &id, LEGACY)) else { continue };
            let shown = |journey: &Journey| -> Vec<(i64, State)> {
                journey.steps.iter().map(|step| (step.event.time, step.state)).collect()
            };
            prop_assert_eq!(shown(&once), shown(&twice));
        }
    }
}

/// The answer about a user with too many ids, but for the query and its note.
fn printed_from(whole: &Whole, query: &str) -> (Journey, String) {
    let journey =
        resolve(&gather(whole, &Id::new(query), &Limits::default()).unwrap(), &Id::new(query), LEGACY).unwrap();
    let lines: Vec<_> = journey.aliases.iter().map(|line| (&line.alias, &line.target, line.verdict)).collect();
    let rows: Vec<_> = journey.steps.iter().map(|step| (step.event.row, &step.stored_under)).collect();
    let printed =
        format!("{:?} {:?} {lines:?} {rows:?} {:?} {:?}", journey.root, journey.ids, journey.points, journey.cuts);
    (journey.clone(), printed)
}

#[test]
fn a_hub_is_cut_off_and_says_so() {
    let rows: Vec<String> = (0..3_000)
        .map(|number| {
            format!("{number} AL(user-{number} -> hub-1)\n{number} View(user-{number}) +user-{number},d-{number}\n")
        })
        .collect();
    let whole = Whole(Story::new(&rows.concat()).facts());
    let (journey, printed) = printed_from(&whole, "hub-1");
    assert_eq!(journey.ids.len(), 1_000);
    assert_eq!(journey.ids[999].id.as_str(), "user-998", "the first to arrive");
    assert!(journey.cuts.iter().any(|cut| cut.of == CutOf::Ids), "{:?}", journey.cuts);
    assert!(journey.has_more_ids() && journey.has_more_rows());
    for query in ["user-7", "user-2999"] {
        let (journey, from_there) = printed_from(&whole, query);
        assert!(from_there == printed, "{query}");
        let not_shown = journey.notes.iter().any(|note| note.contains("not shown"));
        assert_eq!(not_shown, query == "user-2999");
    }
}

#[test]
fn a_long_chain_is_shown_from_its_root_whichever_end_is_asked() {
    // Written from the root on, from the far end on, and as a circle that is not closed.
    let onwards = |at: usize| format!("{at} AL(x{} -> x{at})\n", at + 1);
    let backwards = |at: usize| format!("{at} AL(x{at} -> x{})\n", at + 1);
    let circle = |at: usize| format!("{at} AL(x{at} -> x{})\n", (at + 1) % 3_000);
    let all = |line: &dyn Fn(usize) -> String| (0..3_000).map(line).collect::<String>();
    let stories = [
        (all(&onwards), 0, [0, 1_500, 3_000]),
        (all(&backwards), 3_000, [3_000, 1_500, 0]),
        (all(&circle), 2_999, [2_999, 1_500, 0]),
    ];
    for (calls, root, queries) in stories {
        let whole = Whole(Story::new(&format!("{calls}4000 View(x{})\n", queries[1])).facts());
        let (journey, printed) = printed_from(&whole, &format!("x{}", queries[0]));
        assert_eq!(journey.root, Some(Id::new(&format!("x{root}"))));
        assert_eq!(journey.ids.len(), 1_000);
        let nearest = journey.ids.iter().all(|id| {
            let number: usize = id.id.as_str().trim_start_matches('x').parse().unwrap();
            number.abs_diff(root) < 1_000
        });
        assert!(nearest, "ids next to the root");
        let cuts: Vec<&str> = journey.cuts.iter().map(|cut| cut.what.as_str()).collect();
        assert_eq!(
            cuts,
            [format!("More than 1000 ids lead to x{root}: those nearest to it are shown, the first to arrive.")]
        );
        for query in &queries[1..] {
            assert!(printed_from(&whole, &format!("x{query}")).1 == printed, "x{query}");
        }
    }
    // What fits within the limit is given whole, and no number is called a least one.
    let calls: String = (0..900).map(onwards).collect();
    let whole = Whole(Story::new(&format!("{calls}4000 View(x900)\n")).facts());
    let (journey, _) = printed_from(&whole, "x450");
    assert_eq!((journey.ids.len(), journey.at_least()), (901, ""));
    assert!(journey.steps.last().unwrap().state == State::Merged);
}

#[test]
fn a_placeholder_shared_by_thousands_costs_its_own_rows_only() {
    let rows: Vec<String> = (0..3_000)
        .map(|number| {
            format!("{number} ID(undefined <= G{number}) +undefined,G{number}\n{number} View(G{number}) +,G{number}\n")
        })
        .collect();
    let whole = Whole(Story::new(&rows.concat()).facts());
    let facts = gather(&whole, &Id::new("undefined"), &Limits::default()).unwrap();
    assert_eq!(facts.events.len(), 3_000);
    assert_eq!(facts.links.len(), 0);
    let visitor = gather(&whole, &Id::new("G7"), &Limits::default()).unwrap();
    assert!(visitor.events.len() < 10, "{} rows for one visitor", visitor.events.len());
}

#[test]
fn rows_without_arrival_keep_the_order_of_their_file_and_the_journey_says_so() {
    let mut story = Story::new(
        "1 View(12345)
         3 AL(sally -> 12345)
         2 Late(sally)",
    );
    for row in &mut story.rows {
        row.arrival = None;
    }
    story.rows.sort_by_key(|row| row.event == "Late");
    for (line, row) in (1..).zip(&mut story.rows) {
        row.line = line;
    }
    assert_eq!(story.merged("sally"), "View, Late");
    let journey = story.journey("sally");
    assert!(journey.notes.iter().any(|note| note.contains("race cannot be judged")), "{:?}", journey.notes);
}
