//! Counting over a whole store.

use journey::identity::Verdict;
use journey::ingest::{self, Flow, Input, Options};
use journey::inspect::{Count, Inspector};
use journey::model::Id;
use journey::sim;
use journey::store::Writer;

use crate::support::all_ids;

fn demo() -> Inspector {
    let mut writer = Writer::in_memory().unwrap();
    let files = sim::demo_files().unwrap();
    let inputs =
        files.into_iter().map(|file| Input::Bytes { content: file.lines().into_bytes(), name: file.name }).collect();
    ingest::import(&mut writer, inputs, &Options::default(), &mut |_| Flow::Continue).unwrap();
    Inspector::new(writer.into_reader().unwrap())
}

#[test]
fn a_census_counts_what_the_journeys_of_all_people_show() {
    let inspector = demo();
    let mut count = Count::default();
    let mut steps = 0;
    while !count.census().done {
        count.advance(&inspector).unwrap();
        steps += 1;
        assert!(steps < 100);
    }
    assert!(steps > 1, "the people come before their journeys");
    let census = count.census();
    let mut roots = std::collections::BTreeSet::new();
    let (mut split, mut refused) = (0, std::collections::BTreeSet::new());
    for id in all_ids(&inspector) {
        let Some(journey) = inspector.journey(&id).unwrap() else { continue };
        let Some(root) = &journey.root else { continue };
        let known = journey.ids.iter().any(|member| !member.anonymous);
        if known && roots.insert(root.clone()) {
            split += journey.splits() as u64;
        }
        refused.extend(
            journey.aliases.iter().filter(|line| matches!(line.verdict, Verdict::Refused(_))).map(|line| line.row),
        );
    }
    assert_eq!(census.people, Some(roots.len() as u64));
    assert_eq!((census.opened, census.too_large), (roots.len() as u64, 0));
    assert_eq!(census.split, split);
    assert_eq!(census.refused, Some(refused.len() as u64));
    assert!(census.orphans > 0 && census.with_findings > 0);
    assert_eq!(census.troubled.len() as u64, census.with_findings);
}

#[test]
fn the_activity_of_an_id_has_each_of_its_rows() {
    let inspector = demo();
    let id = Id::new("sally@gmail.com");
    let rows = inspector.source().scan().unwrap().span_of(&id).unwrap().unwrap().events;
    assert!(rows > 0);
    for parts in [1, 7, 120] {
        let activity = inspector.activity_of(&id, parts).unwrap();
        assert_eq!((activity.len(), activity.iter().sum::<u64>()), (parts, rows));
        assert!(activity.last().unwrap() > &0 && activity.first().unwrap() > &0);
    }
    assert_eq!(inspector.activity_of(&Id::new("nobody"), 7).unwrap(), Vec::<u64>::new());
}
