//! Searches by terms on a warehouse: whom a store file finds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use journey::inspect::query::{of_property, quoted};
use journey::inspect::terms::Terms;
use journey::inspect::{Inspector, Source as _};
use journey::model::hit::Hit;
use journey::session::warehouse::fill;
use journey::warehouse::{Layout, Warehouse};
use proptest::test_runner::TestRunner;

use super::servers::{Current, Servers};
use super::{
    Store, as_file, client, cluster, current, open_own, own_lines, own_mapping, own_table, prepared,
    quoted as quoted_in_sql,
};

/// Terms of every kind, and what stands between them.
const QUERIES: &[&str] = &[
    "event:purchase",
    "event:sign or event:open",
    "-event:purchase",
    "event:* -event:purchase",
    "sally event:open",
    "sally or event:purchase",
    "-sally",
    "(event:sign event:open) -sally",
    "id:sally",
    "id=\"sally@gmail.com\"",
    "alias:gmail",
    "email:gmail",
    "email=\"sally@gmail.com\"",
    "name:doe",
    "phone:1",
    "device:-",
    "device:a",
    "user:sally",
    "user=\"sally@gmail.com\"",
    "client:web",
    "client:ios event:open",
    "file:jsonl",
    "file:sally",
    "after:2000-01-01",
    "before:2000-01-01",
    "after:+1d",
    "before:-1h event:open",
    "plan=pro",
    "plan!=pro",
    "plan~p",
    "prop:plan",
    "prop:*~pro",
    "prop:*~a",
    "prop:*~ü",
    "total>10",
    "total<=10 event:purchase",
    "$os=iOS or event:purchase",
    "$name~sally",
    "is:orphan",
    "is:split event:open",
    "phase:anonymous",
    "event:\"no such event\"",
    "no_such_property=1",
];

/// Who is found, with what is said of it, in an order of their own: hits that are equally good have none.
fn found(source: &Inspector, text: &str) -> Option<(Vec<Hit>, Vec<String>, bool)> {
    let terms = Terms::read(text).ok()?.or_else(|| Terms::words(text))?;
    let mut found = source.search_terms(&terms, 10_000, &mut |_| {}).unwrap();
    found.hits.sort_by(|one, other| one.found.cmp(&other.found).then_with(|| one.id.cmp(&other.id)));
    Some((found.hits, found.notes, found.more))
}

/// The queries above, and one for each name and value that rows of the store have.
fn queries(store: &Inspector) -> Vec<String> {
    let names = store.vocabulary(10_000).unwrap();
    let mut queries: Vec<String> = QUERIES.iter().map(ToString::to_string).collect();
    for query in &queries {
        assert!(Terms::read(query).is_ok_and(|terms| terms.is_some() || Terms::words(query).is_some()), "{query}");
    }
    queries.extend(names.events.iter().map(|event| format!("event={}", quoted(event))));
    for (property, values) in &names.properties {
        queries.extend(values.iter().take(3).map(|value| of_property(property, value)));
    }
    queries
}

fn agree(store: &Inspector, warehouse: &Inspector) {
    let mut with_hits = 0;
    for query in queries(store) {
        let here = found(store, &query);
        assert_eq!(found(warehouse, &query), here, "{query}");
        with_hits += usize::from(here.is_some_and(|(hits, ..)| !hits.is_empty()));
    }
    assert!(with_hits > 50, "{with_hits}");
    for word in ["purchase", "pro", "open", "i", "e", "web", "sally", "2", "Chrome", "\u{e9}", "gmail.com"] {
        assert_eq!(warehouse.events_with(word).unwrap(), store.events_with(word).unwrap(), "{word}");
        assert_eq!(warehouse.values_with(word).unwrap(), store.values_with(word).unwrap(), "{word}");
    }
    let (here, there) = (store.vocabulary(10_000).unwrap(), warehouse.vocabulary(10_000).unwrap());
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(there.events), sorted(here.events));
}

#[test]
fn terms_find_in_a_warehouse_of_one_server_and_of_two_shards_whom_they_find_in_the_store() {
    let Some(servers) = Servers::start(2) else { return };
    let store = Store::demo();
    for (database, layout) in [("one", Layout::default()), ("two", cluster())] {
        let address = prepared(&servers, database, &layout);
        fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
        let warehouse = Inspector::new(Warehouse::open(client(&address)).unwrap());
        agree(&Inspector::new(store.reader()), &warehouse);
    }
}

#[test]
fn terms_find_in_the_engine_of_today_whom_they_find_in_the_store() {
    let Some(engine) = Current::start() else { return };
    let store = Store::demo();
    let address = current(&engine, "terms");
    fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
    agree(&Inspector::new(store.reader()), &Inspector::new(Warehouse::open(client(&address)).unwrap()));
}

#[test]
fn texts_with_a_meaning_in_sql_are_texts_in_terms() {
    let Some(servers) = Servers::start(1) else { return };
    let address = prepared(&servers, "hostile", &Layout::default());
    let texts =
        ["a' OR 1 OR '", "\\' OR 1 --", "100%_\\", "K\u{212a}\u{130}i", "x\u{0}y", "\"q\"", "{a}", "\u{1f600}é", "--"];
    let line = |(n, text): (usize, &&str)| {
        let value = serde_json::Value::from(*text);
        format!(
            "{{\"event\":{value},\"properties\":{{\"time\":{},\"distinct_id\":\"u{n}\",\"$device_id\":{value},\"a' b\":{value},\"mp_processing_time_ms\":1561971600000}}}}\n",
            1_561_971_600 + n
        )
    };
    let lines: String = texts.iter().enumerate().map(line).collect();
    let store = Store::new(vec![("hostile.jsonl".to_owned(), lines.into_bytes())]);
    fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
    let (store, warehouse) =
        (Inspector::new(store.reader()), Inspector::new(Warehouse::open(client(&address)).unwrap()));
    let check = |text: &str| {
        let text = quoted(text);
        for term in [
            "event:", "event=", "device:", "user:", "client:", "email:", "name:", "phone:", "id:", "a' b=", "x:",
            "prop:*~", "",
        ] {
            let query = format!("{term}{text}");
            assert_eq!(found(&warehouse, &query), found(&store, &query), "{query}");
        }
    };
    for text in &texts {
        check(text);
    }
    let config = proptest::test_runner::Config { cases: 20, ..Default::default() };
    TestRunner::new(config)
        .run(&"[a'\\\\%_\"\u{0}\u{212a}é{}-]{1,5}", |text| {
            check(&text);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_search_ends_when_no_one_waits_for_it_and_later_ones_are_answered() {
    let Some(servers) = Servers::start(1) else { return };
    let address = prepared(&servers, "ended", &Layout::default());
    fill(&Store::demo().reader(), &client(&address), &mut |_, _| true).unwrap();
    let mut warehouse = Warehouse::open(client(&address)).unwrap();
    let (asked, ends) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(usize::MAX)));
    let stop = {
        let (asked, ends) = (Arc::clone(&asked), Arc::clone(&ends));
        Arc::new(move || asked.fetch_add(1, Ordering::Relaxed) >= ends.load(Ordering::Relaxed))
    };
    warehouse.stop_when(stop).unwrap();
    let warehouse = Inspector::new(warehouse);
    let terms = Terms::read("plan=pro or event:purchase").unwrap().unwrap();
    for after in 0..6 {
        asked.store(0, Ordering::Relaxed);
        ends.store(after, Ordering::Relaxed);
        let error = warehouse.search_terms(&terms, 50, &mut |_| {}).unwrap_err();
        assert!(error.is_cancelled(), "{error:?}");
    }
    ends.store(usize::MAX, Ordering::Relaxed);
    assert!(!warehouse.search_terms(&terms, 50, &mut |_| {}).unwrap().hits.is_empty());
}

#[test]
fn terms_find_in_a_table_of_ones_own_whom_they_find_in_an_import_of_its_rows() {
    let Some(servers) = Servers::start(1) else { return };
    let address = &servers.addresses("default")[0];
    let lines = own_lines();
    let columns = "n UInt64, distinct_id String, time DateTime, event String, properties String, arrived Int64";
    own_table(address, columns, "distinct_id, time", &lines, &|n, line| {
        let texts = [&line.id, &line.event, &line.properties].map(|text| quoted_in_sql(text));
        format!("{n},{},{},{},{},{}", texts[0], line.seconds, texts[1], texts[2], line.arrived)
    });
    let own = open_own(address, own_mapping());
    let store = Store::new(as_file(&lines));
    let store = Inspector::new(store.reader());
    let (mut with_hits, mut refused) = (0, 0);
    for query in queries(&store) {
        let Some(terms) = Terms::read(&query).unwrap().or_else(|| Terms::words(&query)) else { continue };
        if let Err(error) = own.search_terms(&terms, 10_000, &mut |_| {}) {
            assert!(error.what.contains("is not looked for in a table of your own"), "{query}: {error:?}");
            assert!(["client:", "device:", "user:", "user="].iter().any(|term| query.contains(term)), "{query}");
            refused += 1;
            continue;
        }
        let (mut here, there) = (found(&store, &query).unwrap(), found(&own, &query).unwrap());
        // The one is a file, and the other a table.
        if query.starts_with("file:") {
            continue;
        }
        here.0.sort_by(|one, other| one.id.cmp(&other.id));
        let mut hits = there.0;
        hits.sort_by(|one, other| one.id.cmp(&other.id));
        assert_eq!((hits, there.1, there.2), here, "{query}");
        with_hits += usize::from(!here.0.is_empty());
    }
    assert!(with_hits > 50 && refused == 6, "{with_hits} {refused}");
    assert_eq!(own.events_with("purchase").unwrap(), []);
}
