//! A server far away answers as fast as there are few round trips.

use journey::inspect::Inspector;
use journey::model::Id;
use journey::session::warehouse::fill;
use journey::warehouse::{Client, Warehouse};

use super::servers::Servers;
use super::{Store, client, cluster, prepared};
use crate::support::all_ids;

/// Round trips of a whole journey, at most, with its profiles and the names of others in it.
const JOURNEY: u64 = 5;
/// Round trips of a search with up to fifty people, their names and rows, at most.
const SEARCH: u64 = 9;

/// The round trips of what `ask` asks of a warehouse that has been opened for it.
fn trips(client: &Client, ask: impl FnOnce(&Inspector)) -> u64 {
    let warehouse = Inspector::new(Warehouse::open(client.clone()).unwrap());
    let before = client.trips();
    ask(&warehouse);
    client.trips() - before
}

#[test]
fn a_journey_takes_five_round_trips_at_most_and_a_search_hardly_more() {
    let Some(servers) = Servers::start(2) else { return };
    let client = client(&prepared(&servers, "trips", &cluster()));
    let store = Store::demo();
    fill(&store.reader(), &client, &mut |_, _| true).unwrap();
    let ids = all_ids(&Inspector::new(store.reader()));
    assert!(ids.len() > 30);
    for id in &ids {
        let of_journey = trips(&client, |warehouse| drop(warehouse.journey(id).unwrap()));
        assert!((3..=JOURNEY).contains(&of_journey), "{id:?}: {of_journey}");
    }
    for text in ["a", "sal", "sally@gmail.com"] {
        let of_search = trips(&client, |warehouse| {
            let mut hits = warehouse.search(text, 50).unwrap();
            assert!(!hits.is_empty());
            warehouse.describe(&mut hits).unwrap();
        });
        assert!(of_search <= SEARCH, "{text}: {of_search}");
    }
}

#[test]
fn what_was_asked_once_is_asked_again_only_after_a_load() {
    let Some(servers) = Servers::start(1) else { return };
    let client = client(&prepared(&servers, "kept", &journey::warehouse::Layout::default()));
    let mut files =
        journey::sim::demo_files().unwrap().into_iter().map(|file| (file.name.clone(), file.lines().into_bytes()));
    let store = Store::new(vec![files.next().unwrap()]);
    fill(&store.reader(), &client, &mut |_, _| true).unwrap();
    let warehouse = Inspector::new(Warehouse::open(client.clone()).unwrap());
    let id = all_ids(&Inspector::new(store.reader())).remove(0);
    let first = warehouse.journey(&id).unwrap().unwrap();
    let before = client.trips();
    assert_eq!(warehouse.journey(&id).unwrap().unwrap().steps.len(), first.steps.len());
    // A look at the loads, and the rows.
    assert_eq!(client.trips() - before, 2);
    store.import(files.collect());
    fill(&store.reader(), &client, &mut |_, _| true).unwrap();
    let here = Inspector::new(store.reader());
    for id in all_ids(&here).into_iter().chain([Id::new("no such id")]) {
        assert_eq!(crate::sources::journey(&warehouse, &id), crate::sources::journey(&here, &id), "{id:?}");
    }
}
