//! Facts of a filled warehouse: large components, and rows that came without facts.

use journey::inspect::{ErrorKind, Inspector};
use journey::model::Id;
use journey::model::hit::Match;
use journey::session::warehouse::fill;
use journey::store::WholeRow;
use journey::warehouse::{Layout, Load, Warehouse, check};

use super::servers::Servers;
use super::{Store, agree, client, cluster, prepared};
use crate::sources::journey;

#[test]
fn a_component_of_more_edges_than_are_stored_together_answers_as_the_store() {
    let Some(servers) = Servers::start(2) else { return };
    let store = Store::new(vec![("shared.jsonl".to_owned(), shared(2_100).into_bytes())]);
    let here = Inspector::new(store.reader());
    for (database, layout) in [("large", Layout::default()), ("spread", cluster())] {
        let address = prepared(&servers, database, &layout);
        fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
        let there = Inspector::new(Warehouse::open(client(&address)).unwrap());
        for id in ["kiosk", "$device:kiosk", "user 0", "user 7", "user 2099", "known 7", "nobody"] {
            assert_eq!(journey(&there, &Id::new(id)), journey(&here, &Id::new(id)), "{id}");
        }
        for text in ["user 7", "kiosk", "known 20"] {
            let found = |source: &Inspector| {
                let hits = source.search(text, 50).unwrap().into_iter();
                // Ids that are only like the text are found in a store alone.
                hits.filter(|hit| hit.found != Match::Fuzzy).collect::<Vec<_>>()
            };
            assert_eq!(found(&there), found(&here), "{text}");
        }
    }
}

/// Rows of users who share one device, some of whom are known.
fn shared(users: i64) -> String {
    let mut lines = String::new();
    for user in 0..users {
        let time = 1_561_971_600 + user;
        let mut row = |event: &str, id: String, alias: Option<String>| {
            let mut properties = serde_json::json!({
                "distinct_id": id, "$device_id": "kiosk", "time": time, "mp_processing_time_ms": time * 1_000 + 5,
            });
            if let Some(alias) = alias {
                properties["alias"] = alias.into();
            }
            lines.push_str(&serde_json::json!({ "event": event, "properties": properties }).to_string());
            lines.push('\n');
        };
        row("Seen", format!("user {user}"), None);
        if user % 7 == 0 {
            row("$create_alias", format!("user {user}"), Some(format!("known {user}")));
        }
    }
    lines
}

#[test]
fn rows_that_came_without_facts_are_not_judged_and_the_next_fill_brings_them() {
    let Some(servers) = Servers::start(1) else { return };
    let address = prepared(&servers, "half", &Layout::default());
    let client = client(&address);
    let mut files =
        journey::sim::demo_files().unwrap().into_iter().map(|file| (file.name.clone(), file.lines().into_bytes()));
    let first = files.next().unwrap();
    let (store, before) = (Store::new(vec![first.clone()]), Store::new(vec![first]));
    // A fill that ends between its rows and its facts.
    let send = |after: i64, number: u64| {
        let rows = store.reader().whole_rows(after, 100_000).unwrap();
        let mut load = Load::of_rows(&client, after + 1);
        let (mut last, mut hash) = (after, 0);
        for WholeRow { position, event, file, properties } in rows {
            (last, hash) = (position, event.hash);
            load.row(&event, file, &properties).unwrap();
        }
        load.finish(number, last, hash).unwrap();
        last
    };
    let last = send(0, 1);
    let Err(error) = Warehouse::open(client.clone()) else { panic!("rows without facts") };
    assert_eq!(error.kind, ErrorKind::Store);
    assert!(error.what.contains("no alias calls and links yet"), "{error:?}");
    assert!(error.hints.iter().any(|hint| hint.contains("journey warehouse fill")), "{error:?}");
    let health = check::check(&client, None).unwrap();
    assert!(!health.is_usable() && !health.has_facts, "{health:?}");
    fill(&store.reader(), &client, &mut |_, _| true).unwrap();
    let warehouse = Inspector::new(Warehouse::open(client.clone()).unwrap());
    agree(&Inspector::new(before.reader()), &warehouse);
    // Later rows without their facts: the answers are those of before, and never half of what came since.
    store.import(files.collect());
    assert!(send(last, 3) > last);
    let again = Inspector::new(Warehouse::open(client.clone()).unwrap());
    for source in [&warehouse, &again] {
        agree(&Inspector::new(before.reader()), source);
    }
    assert!(!check::check(&client, None).unwrap().has_facts);
    fill(&store.reader(), &client, &mut |_, _| true).unwrap();
    agree(&Inspector::new(store.reader()), &warehouse);
    assert!(check::check(&client, None).unwrap().is_usable());
}
