//! Tables next to a table of events: where an id is found faster, with the same answers.

use journey::inspect::Inspector;
use journey::model::Id;
use journey::model::hit::{Hit, Match};
use journey::warehouse::{OwnDdl, OwnEdges, OwnEvents, OwnTable};
use serde_json::Value;

use super::servers::{Current, Servers};
use super::{OwnLine, Store, as_file, client, open_own, own_agrees, own_lines, own_mapping, own_table, quoted};
use crate::support::all_ids;

/// The lines of the demo, and an alias call for an id that no row was sent under.
fn lines() -> Vec<OwnLine> {
    let mut lines = own_lines();
    let arrived = lines.iter().map(|line| line.arrived).max().unwrap() + 1_000;
    let properties = serde_json::json!({
        "distinct_id": "sally@gmail.com", "alias": "Ghost_100%@nowhere.example", "time": arrived / 1_000,
        "mp_processing_time_ms": arrived,
    });
    lines.push(OwnLine {
        id: "sally@gmail.com".to_owned(),
        event: "$create_alias".to_owned(),
        seconds: arrived / 1_000,
        arrived,
        properties: properties.to_string(),
    });
    lines
}

/// Runs the statements for tables next to the events that `own` maps; the mapping with these tables.
fn with_tables(address: &str, own: OwnTable) -> OwnTable {
    let ddl = OwnEvents::open(client(address), own.clone()).unwrap().ddl().unwrap();
    let OwnDdl { statements, settings, has_named } = ddl;
    assert!(has_named, "{statements:?}");
    for statement in statements {
        client(address).run(&statement).unwrap_or_else(|failed| panic!("{statement}: {failed:?}"));
    }
    let of = |name: &str| {
        let start = format!("{name} = \"");
        let line = settings.iter().find_map(|line| line.strip_prefix(&start));
        line.map(|rest| rest.trim_end_matches('"').to_owned())
    };
    let edges = OwnEdges { named: of("alias_calls").zip(of("links")).map(Into::into), ids: of("ids") };
    assert!(edges.named.is_some() && edges.ids.is_some(), "{settings:?}");
    match of("table") {
        None => OwnTable { edges, ..own },
        Some(table) => OwnTable {
            table,
            id: of("id").unwrap(),
            time: of("time").unwrap(),
            event: of("event").unwrap(),
            properties: of("properties").unwrap(),
            arrived: of("arrived"),
            row: of("row"),
            named: Vec::new(),
            edges,
        },
    }
}

/// What a part of an id finds.
fn found(source: &Inspector, text: &str) -> Vec<(Id, Match, u64)> {
    let hits = source.search(text, 1_000).unwrap().into_iter();
    let has = |hit: &Hit| [Match::Exact, Match::Prefix, Match::Substring].contains(&hit.found);
    hits.filter(has).map(|hit| (hit.id, hit.found, hit.events)).collect()
}

/// Parts of every id find the same as in a store.
fn parts_agree(lines: &[OwnLine], own: &Inspector) {
    let store = Store::new(as_file(lines));
    let store = Inspector::new(store.reader());
    for id in all_ids(&store) {
        let part: String = id.as_str().chars().skip(1).take(5).collect();
        for text in [&*part, id.as_str()] {
            assert_eq!(found(own, text), found(&store, text), "{text:?}");
        }
    }
    assert_eq!(found(own, "no such part"), []);
}

const COLUMNS: &str = "n UInt64, distinct_id String, time DateTime, event String, properties String, arrived Int64, \
                       device String, user String, other Array(String)";

fn value(n: usize, line: &OwnLine) -> String {
    let properties: Value = serde_json::from_str(&line.properties).unwrap();
    let of = |names: &[&str]| {
        let texts = names.iter().filter_map(|name| properties.get(*name)?.as_str()).map(quoted);
        texts.collect::<Vec<_>>()
    };
    let one = |name: &str| of(&[name]).pop().unwrap_or("''".to_owned());
    let texts = [&line.id, &line.event, &line.properties].map(|text| quoted(text));
    format!(
        "{n},{},{},{},{},{},{},{},[{}]",
        texts[0],
        line.seconds,
        texts[1],
        texts[2],
        line.arrived,
        one("$device_id"),
        one("$user_id"),
        of(&["alias", "original", "$identified_id", "$anon_id", "$anon_distinct_id"]).join(",")
    )
}

#[test]
fn tables_next_to_the_events_find_what_the_events_have_and_parts_of_every_id() {
    let Some(servers) = Servers::start(1) else { return };
    let address = &servers.addresses("default")[0];
    let lines = lines();
    let (first, rest) = lines.split_at(60);
    own_table(address, COLUMNS, "distinct_id, time", first, &value);
    let named = ["device", "user", "other"].map(str::to_owned).to_vec();
    let mapping = with_tables(address, OwnTable { named, ..own_mapping() });
    assert_eq!(mapping.table, "own", "it is sorted by the id already");
    // Rows that come later are in the tables, too.
    for (line, n) in rest.iter().zip(61..) {
        client(address).run(&format!("INSERT INTO own VALUES ({})", value(n, line))).unwrap();
    }
    let own = open_own(address, mapping.clone());
    own_agrees(&lines, &own);
    parts_agree(&lines, &own);
    let events = OwnEvents::open(client(address), mapping).unwrap();
    let coverage = events.coverage().unwrap();
    assert!(coverage.names.is_some_and(|(here, all)| here == all && all > 20), "{coverage:?}");
    assert!(coverage.alias_calls.is_some_and(|(here, all)| here == all && all > 5), "{coverage:?}");
    assert!(coverage.ids.is_some_and(|(here, all)| here == all && all > 100), "{coverage:?}");
    // What they lack is said, and never taken for what there is.
    for table in ["journey_own_links", "journey_own_ids"] {
        client(address).run(&format!("TRUNCATE TABLE {table}")).unwrap();
    }
    let coverage = events.coverage().unwrap();
    assert!(coverage.names.is_some_and(|(here, all)| here < all), "{coverage:?}");
    assert!(coverage.ids.is_some_and(|(here, _)| here == 0), "{coverage:?}");
}

#[test]
fn the_engine_of_today_takes_ids_from_json_into_tables_next_to_the_events() {
    let Some(engine) = Current::start() else { return };
    let address = engine.address("default");
    let lines = lines();
    own_table(&address, COLUMNS, "event, time", &lines, &value);
    let mapping = with_tables(&address, own_mapping());
    assert_eq!(mapping.table, "journey_own_events", "the table is not sorted by the id");
    let own = open_own(&address, mapping.clone());
    own_agrees(&lines, &own);
    parts_agree(&lines, &own);
    let coverage = OwnEvents::open(client(&address), mapping).unwrap().coverage().unwrap();
    assert!(coverage.names.is_some_and(|(here, all)| here == all && all > 20), "{coverage:?}");
    let wrong = OwnEdges { named: None, ids: Some("own".to_owned()) };
    let Err(error) = OwnEvents::open(client(&address), OwnTable { edges: wrong, ..own_mapping() }) else {
        panic!("a table of other columns")
    };
    assert!(error.what.contains("the table own has no column journey_id"), "{error:?}");
}

#[test]
fn a_part_of_an_alias_without_rows_of_its_own_is_found_without_tables_next_to_the_events() {
    let Some(servers) = Servers::start(1) else { return };
    let address = &servers.addresses("default")[0];
    own_table(address, COLUMNS, "event, time", &lines(), &value);
    let named = ["device", "user", "other"].map(str::to_owned).to_vec();
    for mapping in [own_mapping(), OwnTable { named, ..own_mapping() }] {
        let own = open_own(address, mapping);
        let ghost = Id::new("Ghost_100%@nowhere.example");
        assert_eq!(found(&own, "ost_100%@NOWH"), [(ghost.clone(), Match::Substring, 0)]);
        assert_eq!(found(&own, "ghost_100%"), [(ghost, Match::Prefix, 0)]);
        assert_eq!(found(&own, "ghostx100"), []);
    }
}

#[test]
fn an_arrival_that_only_the_properties_have_counts_and_leaves_them_to_the_letter() {
    let Some(servers) = Servers::start(1) else { return };
    let address = &servers.addresses("default")[0];
    let lines = lines();
    own_table(address, COLUMNS, "distinct_id, time", &lines, &value);
    let mapping = OwnTable { arrived: None, ..own_mapping() };
    own_agrees(&lines, &open_own(address, mapping.clone()));
    let events = OwnEvents::open(client(address), mapping).unwrap();
    assert_eq!(events.totals().unwrap().without_arrival, 0);
    assert!(events.is_sorted_by_id(&events.sorting_key().unwrap()));
    assert!((1..=lines.len() as u64).contains(&events.rows_read(&Id::new("sally@gmail.com")).unwrap()));
}

#[test]
fn a_table_over_shards_has_their_order_and_a_dead_shard_is_an_error() {
    let Some(mut servers) = Servers::start(2) else { return };
    let addresses = servers.addresses("default");
    let create = "CREATE TABLE own (n UInt64, distinct_id String, time DateTime, event String, properties String, arrived Int64)";
    for address in &addresses {
        let table = create.replace("TABLE own", "TABLE own_here");
        client(address)
            .run(&format!("{table} ENGINE = MergeTree() PARTITION BY tuple() ORDER BY (distinct_id, time) SETTINGS index_granularity = 8192"))
            .unwrap();
        let over = format!("Distributed({}, default, own_here, cityHash64(distinct_id))", super::servers::CLUSTER);
        client(address).run(&format!("{create} ENGINE = {over}")).unwrap();
    }
    let lines = lines();
    let rows: Vec<String> = lines
        .iter()
        .zip(1..)
        .map(|(line, n)| {
            let texts = [&line.id, &line.event, &line.properties].map(|text| quoted(text));
            format!("({n},{},{},{},{},{})", texts[0], line.seconds, texts[1], texts[2], line.arrived)
        })
        .collect();
    // Both shards have some.
    for (address, rows) in addresses.iter().zip(rows.chunks(rows.len().div_ceil(2))) {
        client(address).run(&format!("INSERT INTO own_here VALUES {}", rows.join(","))).unwrap();
    }
    let own = open_own(&addresses[0], own_mapping());
    own_agrees(&lines, &own);
    let events = OwnEvents::open(client(&addresses[0]), own_mapping()).unwrap();
    assert_eq!(events.sorting_key().unwrap(), "distinct_id, time");
    servers.stop(1);
    for error in [own.source().version().map(drop).unwrap_err(), own.journey(&Id::new("new")).map(drop).unwrap_err()] {
        assert!(error.what.contains("shard") && !error.hints.is_empty(), "{error:?}");
    }
}
