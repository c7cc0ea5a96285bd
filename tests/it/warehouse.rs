//! A warehouse answers as the store that filled it: one server, and two shards.
//!
//! The servers are real ones, started on loopback; without `clickhouse-server` on the machine these
//! tests say that they are skipped.

mod edges;
mod facts;
mod faults;
mod said;
mod servers;
mod terms;
mod trips;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use journey::formats::Zone;
use journey::ingest::{Flow, Input, Options, import};
use journey::inspect::{ErrorKind, Inspector};
use journey::model::Id;
use journey::report;
use journey::session;
use journey::session::warehouse::fill;
use journey::sim;
use journey::store::{Reader, Writer};
use journey::warehouse::{Address, Client, Failed, Layout, OwnEdges, OwnTable, Warehouse, check, ddl};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use tempfile::TempDir;

use self::servers::{Current, Servers};
use crate::sources::journey;
use crate::support::all_ids;

/// A store of the scenarios of the demo, and what fills warehouses from it.
struct Store {
    folder: TempDir,
}

impl Store {
    fn new(files: Vec<(String, Vec<u8>)>) -> Self {
        let store = Self { folder: TempDir::new().unwrap() };
        store.import(files);
        store
    }

    fn demo() -> Self {
        let files = sim::demo_files().unwrap().into_iter();
        Self::new(files.map(|file| (file.name.clone(), file.lines().into_bytes())).collect())
    }

    fn import(&self, files: Vec<(String, Vec<u8>)>) {
        let mut writer = Writer::open(&self.folder.path().join("s.db")).unwrap();
        let inputs = files.into_iter().map(|(name, content)| Input::Bytes { name, content }).collect();
        let options = Options { zone: Zone::Utc, ..Options::default() };
        import(&mut writer, inputs, &options, &mut |_| Flow::Continue).unwrap();
        writer.finish().unwrap();
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.folder.path().join("s.db")).unwrap()
    }
}

fn client(address: &str) -> Client {
    Client::new(&Address::read(address).unwrap(), &|_| None).unwrap()
}

fn as_user(address: &str, user: &'static str, password: &'static str) -> Client {
    let variable = move |name: &str| Some(if name.ends_with("USER") { user } else { password }.to_owned());
    Client::new(&Address::read(address).unwrap(), &variable).unwrap()
}

/// A new database with the tables in the engine of today; the address of it.
fn current(engine: &Current, database: &str) -> String {
    client(&engine.address("default")).run(&format!("CREATE DATABASE {database}")).unwrap();
    let address = engine.address(database);
    for statement in ddl(&Layout { cluster: None, has_text_index: true }) {
        client(&address).run(&statement).unwrap();
    }
    address
}

/// A new database with the tables, on every server; the address of it.
fn prepared(servers: &Servers, database: &str, layout: &Layout) -> String {
    for server in servers.addresses("default") {
        client(&server).run(&format!("CREATE DATABASE {database}")).unwrap();
    }
    let servers = servers.addresses(database);
    let on = if layout.cluster.is_some() { &servers[..] } else { &servers[..1] };
    for server in on {
        for statement in ddl(layout) {
            client(server).run(&statement).unwrap();
        }
    }
    servers[0].clone()
}

fn cluster() -> Layout {
    Layout { cluster: Some(servers::CLUSTER.to_owned()), has_text_index: false }
}

/// Every journey of the store is the same from the warehouse.
fn agree(store: &Inspector, warehouse: &Inspector) -> usize {
    let ids = all_ids(store);
    for id in &ids {
        assert_eq!(journey(warehouse, id), journey(store, id), "{id:?}");
        let hits = |source: &Inspector| {
            let mut hits = source.search(id.as_str(), 50).unwrap();
            // Ids that are only like the text are found in a store alone.
            hits.retain(|hit| hit.found != journey::model::hit::Match::Fuzzy);
            source.describe(&mut hits).unwrap();
            hits
        };
        assert_eq!(hits(warehouse), hits(store), "{id:?}");
    }
    assert_eq!(journey(warehouse, &Id::new("no such id")), None);
    let (mut here, there) = (store.overview().unwrap(), warehouse.overview().unwrap());
    // A store gives its runs to parts of the time as wholes; a warehouse counts rows.
    assert_eq!(there.activity.iter().sum::<u64>(), there.events);
    here.activity.clone_from(&there.activity);
    assert_eq!(there, here);
    ids.len()
}

#[test]
fn a_warehouse_of_one_server_and_of_two_shards_answers_as_the_store_that_filled_it() {
    let Some(servers) = Servers::start(2) else { return };
    let store = Store::demo();
    for (database, layout) in [("one", Layout::default()), ("two", cluster())] {
        let address = prepared(&servers, database, &layout);
        let filled = fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
        assert!(filled.rows > 100 && filled.known == 0 && !filled.is_stopped, "{filled:?}");
        let warehouse = Inspector::new(Warehouse::open(client(&address)).unwrap());
        assert!(agree(&Inspector::new(store.reader()), &warehouse) > 30, "{database}");
        let health = check::check(&client(&address), None).unwrap();
        assert!(health.is_usable() && health.loads == (1, filled.rows) && health.unfinished == 0, "{health:?}");
    }
}

#[test]
fn the_engine_of_today_answers_as_the_store_that_filled_it() {
    let Some(engine) = Current::start() else { return };
    let store = Store::demo();
    let address = current(&engine, "demo");
    fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
    let warehouse = Inspector::new(Warehouse::open(client(&address)).unwrap());
    assert!(agree(&Inspector::new(store.reader()), &warehouse) > 30);
    let health = check::check(&client(&address), None).unwrap();
    assert!(health.is_usable() && health.unfinished == 0, "{health:?}");
}

#[test]
fn a_second_fill_sends_what_is_new_and_an_open_warehouse_sees_it() {
    let Some(servers) = Servers::start(2) else { return };
    let address = prepared(&servers, "again", &cluster());
    let mut files = sim::demo_files().unwrap().into_iter().map(|file| (file.name.clone(), file.lines().into_bytes()));
    let store = Store::new(vec![files.next().unwrap()]);
    let first = fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
    let warehouse = Inspector::new(Warehouse::open(client(&address)).unwrap());
    let before = warehouse.source().version().unwrap();
    agree(&Inspector::new(store.reader()), &warehouse);
    // The new files stand before and behind the first one by name.
    store.import(files.collect());
    let second = fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
    assert_eq!(second.known, first.rows);
    assert!(second.rows > 0);
    assert_ne!(warehouse.source().version().unwrap(), before);
    agree(&Inspector::new(store.reader()), &warehouse);
    let third = fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
    assert_eq!((third.known, third.rows), (first.rows + second.rows, 0));
    agree(&Inspector::new(store.reader()), &warehouse);
}

#[test]
fn rows_of_an_interrupted_fill_are_never_read_and_the_next_one_resumes() {
    let Some(servers) = Servers::start(1) else { return };
    let address = prepared(&servers, "cut", &Layout::default());
    let store = Store::demo();
    let stopped = fill(&store.reader(), &client(&address), &mut |_, _| false).unwrap();
    assert!(stopped.is_stopped && stopped.rows == 0);
    // A process that is killed has sent a part.
    let rows = "INSERT INTO journey_rows (load, id, event, properties) VALUES (7, 'sally@gmail.com', 'Lost', '{}')";
    client(&address).run(rows).unwrap();
    let health = check::check(&client(&address), None).unwrap();
    assert!(!health.is_usable() && health.unfinished == 1, "{health:?}");
    fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
    let warehouse = Inspector::new(Warehouse::open(client(&address)).unwrap());
    agree(&Inspector::new(store.reader()), &warehouse);
}

#[test]
fn a_warehouse_takes_no_rows_of_another_store() {
    let Some(servers) = Servers::start(1) else { return };
    let address = prepared(&servers, "other", &Layout::default());
    fill(&Store::demo().reader(), &client(&address), &mut |_, _| true).unwrap();
    let line =
        br#"{"event":"A","properties":{"time":1561971600,"distinct_id":"d","mp_processing_time_ms":1561971600000}}"#;
    let other = Store::new(vec![("other.jsonl".to_owned(), line.to_vec())]);
    let error = fill(&other.reader(), &client(&address), &mut |_, _| true).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Usage);
    assert!(error.what.contains("filled from another store"), "{error}");
}

#[test]
fn a_user_that_may_only_read_sees_the_same_and_a_wrong_one_is_journey() {
    let Some(servers) = Servers::start(1) else { return };
    let address = prepared(&servers, "reading", &Layout::default());
    let store = Store::demo();
    fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
    let strict = as_user(&address, servers::READER, servers::PASSWORD);
    let warehouse = Inspector::new(Warehouse::open(strict.clone()).unwrap());
    agree(&Inspector::new(store.reader()), &warehouse);
    assert!(strict.takes_no_settings());
    let Err(error) = Warehouse::open(as_user(&address, servers::READER, "wrong")) else { panic!("a wrong password") };
    assert_eq!(error.kind, ErrorKind::Store);
    assert!(error.what.contains("refuses the user") && !format!("{error:?}").contains("wrong"), "{error:?}");
}

#[test]
fn a_certificate_counts_only_where_its_authority_is_known() {
    let Some(servers) = Servers::start(1) else { return };
    prepared(&servers, "safe", &Layout::default());
    let store = Store::demo();
    let mut address = Address::read(&servers.secure_address("safe")).unwrap();
    let unknown = Client::new(&address, &|_| None).unwrap();
    let Err(error) = Warehouse::open(unknown) else { panic!("a certificate of an unknown authority") };
    assert_eq!(error.kind, ErrorKind::Store);
    assert!(
        format!("{error:?}").contains("UnknownIssuer") && format!("{error:?}").contains("[warehouse] ca"),
        "{error:?}"
    );
    address.ca = Some(servers.authority());
    let known = Client::new(&address, &|_| None).unwrap();
    fill(&store.reader(), &known, &mut |_, _| true).unwrap();
    agree(&Inspector::new(store.reader()), &Inspector::new(Warehouse::open(known).unwrap()));
}

/// A row of the demo as a table has it: what the columns hold of one line of its files.
struct OwnLine {
    id: String,
    event: String,
    seconds: i64,
    arrived: i64,
    properties: String,
}

/// The events of the demo, in the order in which an import numbers them, each at a whole second.
fn own_lines() -> Vec<OwnLine> {
    let sent = sim::demo_files().unwrap().into_iter().flat_map(|file| file.sent);
    let line = |sent: sim::Sent| {
        let event = sent.payload.get("event")?.as_str()?.to_owned();
        let mut properties = sent.payload.get("properties")?.as_object()?.clone();
        let seconds = sent.at.div_euclid(1000);
        properties.insert("time".to_owned(), seconds.into());
        properties.insert("mp_processing_time_ms".to_owned(), sent.arrival.into());
        let id = properties.get("distinct_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(OwnLine { id, event, seconds, arrived: sent.arrival, properties: Value::from(properties).to_string() })
    };
    sent.filter_map(line).collect()
}

/// The lines as a file of an export.
fn as_file(lines: &[OwnLine]) -> Vec<(String, Vec<u8>)> {
    let line =
        |line: &OwnLine| format!("{{\"event\":{},\"properties\":{}}}\n", Value::from(&*line.event), line.properties);
    vec![("own".to_owned(), lines.iter().map(line).collect::<String>().into_bytes())]
}

/// A literal of SQL, for texts without what has a meaning in one but quotes and backslashes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Makes the table `own` of `columns`, and fills it: `value` gives what each has of a row with its number.
fn own_table(address: &str, columns: &str, order: &str, lines: &[OwnLine], value: &dyn Fn(usize, &OwnLine) -> String) {
    let client = client(address);
    let table = format!(
        "CREATE TABLE own ({columns}) ENGINE = MergeTree() PARTITION BY tuple() ORDER BY ({order}) SETTINGS index_granularity = 8192"
    );
    client.run(&table).unwrap();
    for part in lines.chunks(50).zip(0..) {
        let rows: Vec<String> =
            part.0.iter().zip(1..).map(|(line, n)| format!("({})", value(part.1 * 50 + n, line))).collect();
        client.run(&format!("INSERT INTO own VALUES {}", rows.join(","))).unwrap();
    }
}

fn open_own(address: &str, own: OwnTable) -> Inspector {
    let address = Address { own: Some(Box::new(own)), ..Address::read(address).unwrap() };
    session::warehouse::open(&address).unwrap()
}

/// A journey as JSON, without what says where a row lies.
fn placeless(source: &Inspector, id: &Id) -> Option<Value> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for place in ["file", "line", "row", "sources", "source", "files"] {
                    fields.remove(place);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let journey = source.journey(id).unwrap()?;
    let mut out = Vec::new();
    report::json::journey(&mut out, &journey, &|row| Some(source.properties(&[row]).unwrap().remove(0))).unwrap();
    // The copy that is sorted by the id has another name, which sentences say.
    let text = String::from_utf8(out).unwrap().replace("journey_own_events", "own");
    let mut value = serde_json::from_str(&text).unwrap();
    strip(&mut value);
    Some(value)
}

/// Every id of the rows has the same journey from a store of them and from the table.
fn own_agrees(lines: &[OwnLine], own: &Inspector) {
    let store = Store::new(as_file(lines));
    let store = Inspector::new(store.reader());
    let ids = all_ids(&store);
    assert!(ids.len() > 30);
    for id in &ids {
        assert_eq!(placeless(own, id), placeless(&store, id), "{id:?}");
        let exact = |source: &Inspector| {
            let hits = source.search(id.as_str(), 50).unwrap().into_iter();
            hits.filter(|hit| hit.found == journey::model::hit::Match::Exact).map(|hit| hit.id).collect::<Vec<_>>()
        };
        assert_eq!(exact(own), exact(&store), "{id:?}");
    }
    assert_eq!(placeless(own, &Id::new("no such id")), None);
    let (here, there) = (store.overview().unwrap(), own.overview().unwrap());
    assert_eq!((there.events, there.without_id), (here.events, here.without_id));
    assert_eq!((there.alias_calls, there.first, there.last), (here.alias_calls, here.first, here.last));
}

fn own_mapping() -> OwnTable {
    let text = |text: &str| text.to_owned();
    OwnTable {
        table: text("own"),
        id: text("distinct_id"),
        time: text("time"),
        event: text("event"),
        properties: text("properties"),
        arrived: Some(text("arrived")),
        row: Some(text("n")),
        named: Vec::new(),
        edges: OwnEdges::default(),
    }
}

#[test]
fn a_table_of_ones_own_answers_as_an_import_of_its_rows() {
    let Some(servers) = Servers::start(1) else { return };
    let address = &servers.addresses("default")[0];
    let lines = own_lines();
    own_table(
        address,
        "n UInt64, distinct_id Nullable(String), time DateTime, event String, properties String, arrived Int64, \
         device Nullable(String), user Nullable(String), other Array(String)",
        "event, time",
        &lines,
        &|n, line| {
            let properties: Value = serde_json::from_str(&line.properties).unwrap();
            let of = |names: &[&str]| {
                names.iter().filter_map(|name| properties.get(*name)?.as_str()).map(quoted).collect::<Vec<_>>()
            };
            let one = |names: &[&str]| of(names).pop().unwrap_or("NULL".to_owned());
            let id = if line.id.is_empty() { "NULL".to_owned() } else { quoted(&line.id) };
            format!(
                "{n},{id},{},{},{},{},{},{},[{}]",
                line.seconds,
                quoted(&line.event),
                quoted(&line.properties),
                line.arrived,
                one(&["$device_id"]),
                one(&["$user_id"]),
                of(&["alias", "original", "$identified_id", "$anon_id", "$anon_distinct_id"]).join(",")
            )
        },
    );
    own_agrees(&lines, &open_own(address, own_mapping()));
    let named = ["device", "user", "other"].map(str::to_owned).to_vec();
    own_agrees(&lines, &open_own(address, OwnTable { named, ..own_mapping() }));
}

#[test]
fn a_table_of_ones_own_can_have_the_types_of_the_engine_of_today() {
    let Some(engine) = Current::start() else { return };
    let address = engine.address("default");
    let lines = own_lines();
    own_table(
        &address,
        "n UInt64, distinct_id LowCardinality(Nullable(String)), time DateTime64(3, 'America/New_York'), \
         event LowCardinality(String), properties Nullable(String), arrived Nullable(UInt64)",
        "event, time",
        &lines,
        &|n, line| {
            let id = if line.id.is_empty() { "NULL".to_owned() } else { quoted(&line.id) };
            format!(
                "{n},{id},fromUnixTimestamp64Milli({}),{},{},{}",
                line.seconds * 1000,
                quoted(&line.event),
                quoted(&line.properties),
                line.arrived
            )
        },
    );
    own_agrees(&lines, &open_own(&address, own_mapping()));
}

#[test]
fn rows_that_are_added_to_a_table_are_seen_and_an_expression_that_is_none_is_named() {
    let Some(servers) = Servers::start(1) else { return };
    let address = &servers.addresses("default")[0];
    let lines = own_lines();
    let columns = "n UInt64, distinct_id String, time DateTime, event String, properties String, arrived Int64";
    let value = |n: usize, line: &OwnLine| {
        let texts = [&line.id, &line.event, &line.properties].map(|text| quoted(text));
        format!("{n},{},{},{},{},{}", texts[0], line.seconds, texts[1], texts[2], line.arrived)
    };
    own_table(address, columns, "distinct_id, time", &lines[..40], &value);
    let own = open_own(address, own_mapping());
    own.source().version().unwrap();
    let first = own.source().version().unwrap();
    for id in all_ids(&Inspector::new(Store::new(as_file(&lines)).reader())) {
        own.journey(&id).unwrap();
    }
    let rest: Vec<String> = lines[40..].iter().zip(41..).map(|(line, n)| format!("({})", value(n, line))).collect();
    client(address).run(&format!("INSERT INTO own VALUES {}", rest.join(","))).unwrap();
    assert_ne!(own.source().version().unwrap(), first);
    own_agrees(&lines, &own);
    client(address).run("TRUNCATE TABLE own").unwrap();
    let error = own.source().version().unwrap_err();
    assert!(error.what.contains("rows of own were deleted"), "{error:?}");
    let address = Address {
        own: Some(Box::new(OwnTable { id: "no_such".to_owned(), ..own_mapping() })),
        ..Address::read(address).unwrap()
    };
    let Err(error) = session::warehouse::open(&address) else { panic!("a column that is not there") };
    assert!(format!("{error:?}").contains("no_such"), "{error:?}");
}

#[test]
fn missing_tables_a_dead_server_and_a_dead_shard_are_errors_and_never_fewer_rows() {
    let Some(mut servers) = Servers::start(2) else { return };
    let address = prepared(&servers, "halves", &cluster());
    let none = Address::read(&address).unwrap().base.replace("http", "clickhouse") + "/default";
    let Err(error) = Warehouse::open(client(&none)) else { panic!("no tables") };
    assert!(error.what.contains("no tables of journey"), "{error:?}");
    let store = Store::demo();
    fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
    let warehouse = Inspector::new(Warehouse::open(client(&address)).unwrap());
    assert!(warehouse.journey(&Id::new("sally@gmail.com")).unwrap().is_some());
    servers.stop(1);
    let error = warehouse.journey(&Id::new("sally@gmail.com")).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Store);
    assert!(error.what.contains("shard"), "{error:?}");
    servers.stop(0);
    let error = warehouse.journey(&Id::new("sally@gmail.com")).unwrap_err();
    assert!(error.what.contains("does not answer"), "{error:?}");
}

#[test]
fn a_question_that_is_no_longer_wanted_ends_on_the_server_too() {
    let Some(servers) = Servers::start(1) else { return };
    let client = client(&servers.addresses("default")[0]);
    let asked = Arc::new(AtomicBool::new(false));
    let again = Arc::clone(&asked);
    // Wanted when it is sent, and never again.
    let stop: journey::inspect::Stop = Arc::new(move || again.swap(true, Ordering::Relaxed));
    let endless = "SELECT count() FROM system.numbers";
    assert_eq!(client.ask(endless, Some(&stop)), Err(Failed::Cancelled));
    let running = "SELECT count() FROM system.processes WHERE query LIKE '%system.numbers' FORMAT TSV";
    let mut left = client.ask(running, None).unwrap();
    for _ in 0..10_000 {
        if left == b"0\n" {
            break;
        }
        left = client.ask(running, None).unwrap();
    }
    assert_eq!(left, b"0\n");
}

#[test]
fn a_limit_that_is_met_is_an_error() {
    let Some(servers) = Servers::start(1) else { return };
    let mut address = Address::read(&servers.addresses("default")[0]).unwrap();
    address.limits.rows = 1_000;
    let client = Client::new(&address, &|_| None).unwrap();
    let Err(Failed::Refused { code, .. }) = client.ask("SELECT sum(number) FROM system.numbers LIMIT 10", None) else {
        panic!("a limit that does not hold")
    };
    assert_eq!(code, 158);
}

/// Stores of random texts agree with a warehouse that is made anew for each.
fn any_text_comes_back(new: &dyn Fn() -> String) {
    let ids = proptest::collection::vec(prop_oneof![any::<String>(), "[\\\\'\"\0\n%{};`$-]{1,12}"], 1..20);
    let line = |id: &String| {
        let time = 1_561_971_600_000_i64;
        let properties = serde_json::json!({ "distinct_id": id, "time": time / 1000, "mp_processing_time_ms": time });
        serde_json::json!({ "event": id, "properties": properties }).to_string()
    };
    let mut runner = TestRunner::new(ProptestConfig { cases: 1, ..ProptestConfig::default() });
    runner
        .run(&proptest::collection::vec(ids, 30..31), |lists| {
            let lines: Vec<String> = lists.iter().flatten().map(line).collect();
            let store = Store::new(vec![("texts.jsonl".to_owned(), lines.join("\n").into_bytes())]);
            let address = new();
            fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
            let warehouse = Inspector::new(Warehouse::open(client(&address)).unwrap());
            let here = Inspector::new(store.reader());
            for id in all_ids(&here) {
                prop_assert_eq!(journey(&warehouse, &id), journey(&here, &id));
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn any_text_comes_back_from_the_server_as_it_was_sent() {
    let Some(servers) = Servers::start(1) else { return };
    any_text_comes_back(&|| {
        client(&servers.addresses("default")[0]).run("DROP DATABASE IF EXISTS texts").unwrap();
        prepared(&servers, "texts", &Layout::default())
    });
}

#[test]
fn any_text_comes_back_from_the_engine_of_today_as_it_was_sent() {
    let Some(engine) = Current::start() else { return };
    any_text_comes_back(&|| {
        client(&engine.address("default")).run("DROP DATABASE IF EXISTS texts").unwrap();
        current(&engine, "texts")
    });
}
