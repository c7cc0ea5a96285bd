//! The store from outside: what goes in comes back, whatever the order, and broken files are
//! told by name.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use journey::model::facts::{AliasCall, Event, Link};
use journey::model::{Client, Flags, Id, LinkKind, Profile, Reject, Row, Verb};
use journey::store::foreign::Foreign;
use journey::store::{Arrived, Chunk, Error, FileId, FileInfo, Match, Reader, Span, TableAlias, Writer};
use rusqlite::Connection;
use tempfile::TempDir;

fn id(text: &str) -> Id {
    Id::new(text)
}

/// A row of `who` at `time` that arrived then; its line is its time.
fn row(who: &str, time: i64) -> Row {
    Row {
        event: "View".into(),
        id: Some(id(who)),
        time,
        arrival: Some(time),
        device: None,
        user: None,
        verb: Verb::Track,
        previous: vec![],
        insert_id: None,
        client: None,
        properties: format!(r#"{{"n":{time}}}"#),
        line: time.unsigned_abs(),
        flags: Flags::default(),
    }
}

fn alias(alias: &str, target: &str, time: i64) -> Row {
    Row {
        event: "$create_alias".into(),
        verb: Verb::Alias { alias: Some(id(alias)), target: Some(id(target)), by_original: false },
        ..row(target, time)
    }
}

fn begin(store: &mut Writer, name: &str) -> FileId {
    let info = FileInfo { name: name.into(), format: "raw export".into(), timezone: "UTC".into() };
    store.begin_file(&info).unwrap()
}

fn chunk(file: FileId, rows: Vec<Row>) -> Chunk {
    let rows: Vec<_> = rows.into_iter().map(|row| Arrived { arrived: row.arrival.unwrap_or(row.time), row }).collect();
    Chunk { file, hash: 77, bytes: 100, first_line: 1, lines: rows.len() as u64, rows, ..Chunk::default() }
}

/// A store in memory with these files, each of one chunk.
fn store_of(files: &[(&str, Vec<Row>)]) -> Reader {
    let mut store = Writer::in_memory().unwrap();
    for (name, rows) in files {
        let file = begin(&mut store, name);
        store.append(chunk(file, rows.clone())).unwrap();
    }
    store.into_reader().unwrap()
}

/// A store in a file with `chunks` chunks of two rows each of one id; the folder holds it.
fn store_in_file(chunks: i64) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("some/where/store.journey");
    let mut store = Writer::open(&path).unwrap();
    let file = begin(&mut store, "a.jsonl");
    for n in 0..chunks {
        let mut chunk = chunk(file, vec![row("u", n * 10 + 1), row("u", n * 10 + 2)]);
        chunk.hash = n.unsigned_abs() + 1;
        chunk.prev = n.unsigned_abs();
        store.append(chunk).unwrap();
    }
    store.finish_file(file, true).unwrap();
    store.finish().unwrap();
    (folder, path)
}

fn times(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.time).collect()
}

#[test]
fn every_field_of_a_row_comes_back() {
    let full = Row {
        event: "$identify".into(),
        id: Some(id("user 1")),
        time: -5,
        arrival: Some(1_602_611_311_000),
        device: Some(id("d-1")),
        user: Some(id("user 1")),
        verb: Verb::Identify { identified: Some(id("user 1")), anon: Some(id("$device:d-1")) },
        previous: vec![id("old")],
        insert_id: Some("i-1".into()),
        client: Some(Client::from_text("web · Mac OS X · Chrome")),
        properties: r#"{"a":[1,2,{"b":"\n"}],"z":"ż"}"#.into(),
        line: 4_000_000_000,
        flags: Flags::IMPORTED,
    };
    let store = store_of(&[("dir/a b.jsonl", vec![full.clone()])]);
    let events = store.events_of(&id("user 1"), 10).unwrap();
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(&*event.event, "$identify");
    assert_eq!(event.id, full.id);
    assert_eq!((event.time, event.arrived), (-5, 1_602_611_311_000));
    assert_eq!((&event.device, &event.user), (&full.device, &full.user));
    assert_eq!(event.other, Some(id("$device:d-1")));
    assert_eq!(event.client, full.client);
    assert!(event.arrival_known() && event.flags.has(Flags::IMPORTED) && event.flags.has(Flags::HAS_INSERT_ID));
    assert_eq!((&*event.source.file, event.source.line), ("dir/a b.jsonl", 4_000_000_000));
    assert_eq!(store.properties(&[event.row]).unwrap(), [full.properties]);
    assert_eq!(store.span_of(&id("old")).unwrap(), Some(Span::default()), "only mentioned");
    assert_eq!(store.span_of(&id("nowhere")).unwrap(), None);
}

#[test]
fn ids_keep_every_code_point() {
    let odd = ["a\0b", "a", "a ", " a", "A", "👩‍🚀", "é", "e\u{301}", "\u{202e}x", "\n", "\u{feff}a"];
    let rows = odd.iter().zip(1..).map(|(who, time)| row(who, time)).collect();
    let store = store_of(&[("a", rows)]);
    for who in odd {
        let events = store.events_of(&id(who), 10).unwrap();
        assert_eq!(events.iter().map(|event| event.id.clone()).collect::<Vec<_>>(), [Some(id(who))], "{who:?}");
        assert_eq!(store.find(who, 1).unwrap()[0].id, id(who), "{who:?}");
    }
    assert_eq!(store.all_ids().unwrap().len(), odd.len());
}

#[test]
fn an_alias_row_is_an_event_and_a_call_under_one_number() {
    let by_original = Row {
        verb: Verb::Alias { alias: Some(id("k")), target: Some(id("t2")), by_original: true },
        ..alias("k", "t1", 9)
    };
    let store = store_of(&[("a", vec![alias("k", "t1", 5), by_original, alias("k2", "t1", 3)])]);
    let calls = store.calls_of(&id("k"), 10).unwrap();
    assert_eq!(calls.iter().map(|call| call.time).collect::<Vec<_>>(), [5, 9]);
    assert_eq!(calls[1].target, Some(id("t2")));
    assert!(calls[1].flags.has(Flags::BY_ORIGINAL) && !calls[0].flags.has(Flags::BY_ORIGINAL));
    assert!(!calls[0].from_table);
    let to = store.calls_to(&id("t1"), 10).unwrap();
    assert_eq!(to.iter().map(|call| call.alias.clone()).collect::<Vec<_>>(), [Some(id("k2")), Some(id("k"))]);
    let events = store.events_of(&id("t1"), 10).unwrap();
    let event = events.iter().find(|event| event.time == 5).unwrap();
    assert_eq!((event.row, event.other.clone()), (calls[0].row, Some(id("k"))));
    assert_eq!(store.calls_of(&id("k"), 1).unwrap().len(), 1);
}

#[test]
fn a_line_of_a_table_is_a_call_without_an_event() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "aliases.csv");
    let line = TableAlias {
        alias: Some(id("k")),
        target: Some(id("t")),
        time: None,
        arrived: 40,
        line: 2,
        flags: Flags::ARRIVAL_UNKNOWN,
    };
    let other = TableAlias { alias: None, time: Some(30), line: 3, flags: Flags::default(), ..line.clone() };
    let added = store
        .append(Chunk { aliases: vec![line, other], ..chunk(file, vec![row("t", 1), alias("q", "t", 2)]) })
        .unwrap();
    assert_eq!((added.events, added.aliases), (2, 3));
    assert_eq!(store.file_totals(file).unwrap().aliases, 3);
    let later = store.append(chunk(file, vec![row("t", 9)])).unwrap();
    assert_eq!((later.events, later.aliases), (1, 0));
    let store = store.into_reader().unwrap();
    let calls = store.calls_to(&id("t"), 10).unwrap();
    let from_table: Vec<&AliasCall> = calls.iter().filter(|call| call.from_table).collect();
    assert_eq!(
        from_table.iter().map(|call| (call.alias.clone(), call.time)).collect::<Vec<_>>(),
        [(Some(id("k")), 40), (None, 30)]
    );
    assert!(from_table[0].flags.has(Flags::TIME_FROM_ARRIVAL) && !from_table[1].flags.has(Flags::TIME_FROM_ARRIVAL));
    let events = store.events_of(&id("t"), 10).unwrap();
    let numbers = events.iter().map(|event| event.row).chain(from_table.iter().map(|call| call.row));
    let distinct: std::collections::HashSet<i64> = numbers.collect();
    assert_eq!(distinct.len(), 5, "no number stands for two things");
}

#[test]
fn rows_of_one_id_come_from_all_chunks_by_time() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    store.append(chunk(file, vec![row("u", 50), row("v", 2), row("u", 10)])).unwrap();
    store.append(chunk(file, vec![row("u", 30), row("u", 5)])).unwrap();
    let store = store.into_reader().unwrap();
    let events = store.events_of(&id("u"), 10).unwrap();
    assert_eq!(times(&events), [5, 10, 30, 50]);
    assert_eq!(times(&store.events_of(&id("u"), 3).unwrap()), [5, 10, 30], "the latest are left out");
    assert_eq!(times(&store.events_of(&id("u"), 0).unwrap()), [0_i64; 0]);
    let numbers: Vec<i64> = events.iter().rev().map(|event| event.row).collect();
    assert_eq!(store.properties(&numbers).unwrap(), [r#"{"n":50}"#, r#"{"n":30}"#, r#"{"n":10}"#, r#"{"n":5}"#]);
    assert_eq!(store.span_of(&id("u")).unwrap(), Some(Span { events: 4, first: Some(5), last: Some(50) }));
}

#[test]
fn a_limit_gives_the_first_rows_of_many_runs() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    let mut all: Vec<i64> = Vec::new();
    for part in 0..7_i64 {
        // Times of all parts are mixed, and there are more of them than one cut holds.
        let part: Vec<i64> = (0..700).map(|n| (n * 7919 + part * 104_729) % 100_003).collect();
        all.extend(&part);
        store.append(chunk(file, part.into_iter().map(|time| row("u", time)).collect())).unwrap();
    }
    all.sort_unstable();
    let store = store.into_reader().unwrap();
    for limit in [1, 10, 1000, 4899, 4900, usize::MAX] {
        assert_eq!(times(&store.events_of(&id("u"), limit).unwrap()), all[..limit.min(4900)], "{limit}");
    }
}

#[test]
fn properties_come_back_across_blocks_in_any_order() {
    let long = |n: i64| format!(r#"{{"n":{n},"text":"{}"}}"#, "x".repeat(usize::try_from(n % 13).unwrap() * 1000));
    let rows = (1..=200).map(|n| Row { properties: long(n), ..row("u", n) }).collect();
    let store = store_of(&[("a", rows)]);
    let mut events = store.events_of(&id("u"), 1000).unwrap();
    events.sort_by_key(|event| event.time * 37 % 211);
    let numbers: Vec<i64> = events.iter().map(|event| event.row).collect();
    let wanted: Vec<String> = events.iter().map(|event| long(event.time)).collect();
    assert_eq!(store.properties(&numbers).unwrap(), wanted);
    assert!(matches!(store.properties(&[201]), Err(Error::Missing { .. })));
    assert!(matches!(store.properties(&[-7]), Err(Error::Missing { .. })));
}

#[test]
fn rows_of_one_line_keep_their_order_whatever_their_ids_and_times() {
    // A batch in one line, all arrived at once: what comes before the alias call decides.
    let line = |row: Row| Row { line: 1, arrival: Some(100), ..row };
    let batch = || {
        vec![
            line(row("z", 9)),
            line(alias("a", "z", 5)),
            line(row("a", 1)),
            line(Row { id: None, ..row("", 7) }),
            line(row("a", 8)),
        ]
    };
    let order = |store: &Reader| {
        let mut events = store.events_without_id(9).unwrap();
        for who in ["a", "z"] {
            events.extend(store.events_of(&id(who), 9).unwrap());
        }
        events.sort_by_key(Event::arrival);
        times(&events)
    };
    assert_eq!(order(&store_of(&[("a", batch())])), [9, 5, 1, 7, 8]);

    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    let (first, second) = (batch()[..3].to_vec(), batch()[3..].to_vec());
    store.append(chunk(file, first)).unwrap();
    store.append(chunk(file, second)).unwrap();
    assert_eq!(order(&store.into_reader().unwrap()), [9, 5, 1, 7, 8], "also over the end of a chunk");
}

#[test]
fn rows_without_an_id_stay_findable() {
    let without = Row { id: None, device: Some(id("d")), ..row("", 3) };
    let store = store_of(&[("a", vec![row("u", 1), without])]);
    let events = store.events_without_id(10).unwrap();
    assert_eq!(times(&events), [3]);
    assert_eq!((events[0].id.clone(), events[0].device.clone()), (None, Some(id("d"))));
    let overview = store.overview().unwrap();
    assert_eq!((overview.events, overview.without_id, overview.ids), (2, 1, 2));
}

#[test]
fn an_unknown_arrival_is_the_estimate_and_says_so() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    let unknown = Row { arrival: None, ..row("u", 3) };
    store.append(Chunk { rows: vec![Arrived { row: unknown, arrived: 99 }], ..chunk(file, vec![]) }).unwrap();
    let store = store.into_reader().unwrap();
    let event = &store.events_of(&id("u"), 1).unwrap()[0];
    assert_eq!((event.time, event.arrived, event.arrival_known()), (3, 99, false));
}

/// Files that name the same links, in one order and in the other.
fn both_orders(files: &[(&str, Vec<Row>)]) -> [Reader; 2] {
    let backward: Vec<_> = files.iter().rev().cloned().collect();
    [store_of(files), store_of(&backward)]
}

fn link_of(links: &[Link], kind: LinkKind) -> &Link {
    links.iter().find(|link| link.kind == kind).unwrap()
}

#[test]
fn a_link_counts_its_rows_and_keeps_the_first_to_arrive_in_any_order_of_import() {
    let linked =
        |time, arrival| Row { device: Some(id("d")), user: Some(id("u")), arrival: Some(arrival), ..row("u", time) };
    let files = [
        ("b", vec![linked(1, 500), linked(2, 300)]),
        ("a", vec![linked(3, 300), linked(4, 300), linked(5, 400)]),
        ("c", vec![linked(6, 300)]),
    ];
    for store in both_orders(&files) {
        let links = store.links_of(&id("d"), 10).unwrap();
        let link = link_of(&links, LinkKind::UserDevice);
        assert_eq!((&link.a, &link.b, link.rows), (&id("u"), &id("d"), 6));
        assert_eq!((link.time, link.arrived, &*link.source.file, link.source.line), (3, 300, "a", 3));
        let of_user = store.links_of(&id("u"), 10).unwrap();
        assert_eq!(of_user.len(), links.len(), "both ends find it");
        assert_eq!(store.links_of(&id("u"), 1).unwrap().len(), 1);
    }
}

#[test]
fn an_id_that_is_its_own_device_is_linked_once() {
    let own = Row { device: Some(id("d")), ..row("d", 1) };
    let store = store_of(&[("a", vec![own])]);
    let links = store.links_of(&id("d"), 10).unwrap();
    assert_eq!(links.iter().map(|link| (link.kind, link.rows)).collect::<Vec<_>>(), [(LinkKind::IdDevice, 1)]);
}

#[test]
fn the_order_of_rows_does_not_depend_on_the_order_of_imports() {
    // Equal arrivals everywhere: only file and line are left to decide.
    let at_once = |n: i64| Row { arrival: Some(1000), line: n.unsigned_abs(), ..row("u", 7) };
    let named = |n: i64, name: &str| Row { event: name.into(), ..at_once(n) };
    let files = [
        ("m", vec![named(2, "m2"), named(1, "m1")]),
        ("a", vec![named(9, "a9"), alias("k", "u", 1000)]),
        ("z", vec![named(1, "z1"), alias("k", "v", 1000)]),
    ];
    for store in both_orders(&files) {
        let events = store.events_of(&id("u"), 10).unwrap();
        let names: Vec<&str> = events.iter().map(|event| &*event.event).collect();
        assert_eq!(names, ["a9", "m1", "m2", "z1", "$create_alias"]);
        let mut by_arrival = events.clone();
        by_arrival.sort_by_key(Event::arrival);
        let ranks: Vec<u32> = by_arrival.iter().map(|event| event.source.rank).collect();
        assert_eq!(ranks, [0, 0, 1, 1, 2]);
        let calls = store.calls_of(&id("k"), 10).unwrap();
        assert_eq!(calls.iter().map(|call| &*call.source.file).collect::<Vec<_>>(), ["a", "z"]);
    }
}

#[test]
fn files_of_one_name_are_ordered_by_content() {
    let rows = |name: &str| vec![Row { event: name.into(), ..row("u", 7) }];
    let mut orders = Vec::new();
    for contents in [[(5, "five"), (u64::MAX, "max")], [(u64::MAX, "max"), (5, "five")]] {
        let mut store = Writer::in_memory().unwrap();
        for (hash, name) in contents {
            let file = begin(&mut store, "same.jsonl");
            store.append(Chunk { hash, ..chunk(file, rows(name)) }).unwrap();
        }
        let events = store.into_reader().unwrap().events_of(&id("u"), 9).unwrap();
        orders.push(events.iter().map(|event| (event.event.to_string(), event.source.rank)).collect::<Vec<_>>());
    }
    assert_eq!(orders[0], orders[1]);
    assert_ne!(orders[0][0].1, orders[0][1].1);
}

#[test]
fn a_chunk_is_found_again_by_the_chunk_before_it() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    let big = u64::MAX - 3;
    let first = Chunk { prev: 0, hash: big, bytes: 7, first_line: 1, lines: 2, ..chunk(file, vec![row("u", 1)]) };
    let second = Chunk { prev: big, hash: 9, latest: Some(-4), first_line: 3, ..chunk(file, vec![]) };
    store.append(first).unwrap();
    store.append(second).unwrap();
    let known = store.chunks_after(0).unwrap();
    assert_eq!(
        known.iter().map(|c| (c.file, c.hash, c.bytes, c.lines, c.latest)).collect::<Vec<_>>(),
        [(file, big, 7, 2, None)]
    );
    let known = store.chunks_after(big).unwrap();
    assert_eq!(known.iter().map(|c| (c.hash, c.first_line, c.latest)).collect::<Vec<_>>(), [(9, 3, Some(-4))]);
    assert_eq!(store.chunks_after(9).unwrap(), []);
}

#[test]
fn a_file_without_a_chunk_is_taken_up_again() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    assert_eq!(begin(&mut store, "a"), file);
    assert_ne!(begin(&mut store, "b"), file);
    store.append(chunk(file, vec![])).unwrap();
    assert_ne!(begin(&mut store, "a"), file);
}

#[test]
fn totals_of_a_file_grow_with_its_chunks() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    let reject = Reject { line: 3, reason: "no JSON".into(), text: "\0oops".into() };
    let added = store
        .append(Chunk { rejects: vec![reject], profiles: vec![profile("u", &[])], ..chunk(file, vec![row("u", 1)]) })
        .unwrap();
    assert_eq!((added.events, added.profiles, added.rejected), (1, 1, 1));
    store.append(chunk(file, vec![row("u", 2), row("v", 2)])).unwrap();
    let totals = store.file_totals(file).unwrap();
    assert_eq!((totals.rows, totals.profiles, totals.rejected, totals.bytes, totals.complete), (3, 1, 1, 200, false));
    store.finish_file(file, true).unwrap();
    assert!(store.file_totals(file).unwrap().complete);
    let no_such = file + 1;
    assert!(matches!(store.finish_file(no_such, true), Err(Error::Missing { .. })));
    assert!(matches!(store.file_totals(no_such), Err(Error::Missing { .. })));
    assert!(matches!(store.append(chunk(no_such, vec![row("u", 1)])), Err(Error::Missing { .. })));

    let store = store.into_reader().unwrap();
    let rejects = store.rejects(10).unwrap();
    assert_eq!((&*rejects[0].file, rejects[0].line, &*rejects[0].text), ("a", 3, "\0oops"));
    let overview = store.overview().unwrap();
    assert_eq!((overview.events, overview.profiles, overview.rejected), (3, 1, 1));
    assert_eq!(overview.ids, 3, "with the device that only a profile names");
    assert_eq!((overview.first, overview.last), (Some(1), Some(2)));
    assert_eq!(overview.activity.iter().sum::<u64>(), 3);
    assert_eq!((overview.activity[0], overview.files.len()), (1, 1));
}

#[test]
fn the_first_project_is_kept() {
    let mut store = Writer::in_memory().unwrap();
    assert_eq!(store.project().unwrap(), None);
    store.set_project("one").unwrap();
    store.set_project("two").unwrap();
    assert_eq!(store.project().unwrap().as_deref(), Some("one"));
}

fn profile(who: &str, values: &[(&str, &str)]) -> Profile {
    Profile {
        id: Some(id(who)),
        ignore_alias: true,
        operation: "$set".into(),
        time: Some(4),
        arrival: Some(6),
        values: values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        device: Some(id("phone-of-sally")),
        user: None,
        json: r#"{"$set":{}}"#.into(),
        line: 8,
    }
}

#[test]
fn search_puts_the_exact_id_first_and_profiles_last() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    let ids = ["xsally", "sally@gmail.com", "$device:sally", "SALLY2", "sally", "Dora Sally", "$device:sally9", "bob"];
    let rows = ids.iter().zip(1..).map(|(who, time)| row(who, time)).collect();
    let profiles = vec![
        profile("bob", &[("$name", "Bob Sally Smith"), ("$email", "bob@sally.example")]),
        profile("sally", &[("$name", "Sally")]),
        Profile { id: None, ..profile("", &[("$name", "Sally of a group")]) },
    ];
    store.append(Chunk { profiles, ..chunk(file, rows) }).unwrap();
    let store = store.into_reader().unwrap();
    let hits = store.find("sally", 100).unwrap();
    let found: Vec<_> = hits.iter().map(|hit| (hit.id.as_str(), hit.found)).collect();
    assert_eq!(
        found,
        [
            ("sally", Match::Exact),
            ("$device:sally", Match::Exact),
            ("SALLY2", Match::Prefix),
            ("$device:sally9", Match::Prefix),
            ("sally@gmail.com", Match::Prefix),
            ("xsally", Match::Substring),
            ("Dora Sally", Match::Substring),
            ("phone-of-sally", Match::Substring),
            ("bob", Match::Profile),
        ]
    );
    assert_eq!(hits[8].via, Some(("$name".to_owned(), "Bob Sally Smith".to_owned())));
    for limit in 0..hits.len() {
        assert_eq!(store.find("sally", limit).unwrap(), hits[..limit]);
    }
    assert_eq!(store.find("SALLY9", 9).unwrap()[0].id, id("$device:sally9"));
    assert_eq!(store.find("", 9).unwrap(), []);
    assert_eq!(store.find("nobody", 9).unwrap(), []);
}

#[test]
fn search_sees_ids_that_came_after_the_last_search() {
    let (_folder, path) = store_in_file(1);
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.find("new", 9).unwrap(), []);
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "b");
    writer
        .append(Chunk { profiles: vec![profile("p", &[("$name", "Newton")])], ..chunk(file, vec![row("newer", 1)]) })
        .unwrap();
    let found: Vec<_> = reader.find("new", 9).unwrap().into_iter().map(|hit| hit.id).collect();
    assert_eq!(found, [id("newer"), id("p")]);
}

#[test]
fn profile_updates_come_back_by_time() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    let late = Profile { time: Some(9), operation: "$add".into(), ignore_alias: false, ..profile("u", &[]) };
    let other = Profile { time: None, arrival: Some(7), ..profile("v", &[]) };
    let profiles = vec![late, profile("u", &[]), other];
    store.append(Chunk { profiles, ..chunk(file, vec![]) }).unwrap();
    let store = store.into_reader().unwrap();
    let ids = [id("u"), id("v"), id("u"), id("nobody")];
    let found = store.profiles_of(&ids, 10).unwrap();
    let told: Vec<_> = found.iter().map(|p| (p.id.clone(), p.operation.as_str(), p.time, p.ignore_alias)).collect();
    assert_eq!(
        told,
        [
            (Some(id("u")), "$set", Some(4), true),
            (Some(id("v")), "$set", None, true),
            (Some(id("u")), "$add", Some(9), false)
        ]
    );
    assert_eq!((found[0].arrived, &*found[0].source.file, found[0].source.line), (Some(6), "a", 8));
    assert_eq!(found[0].json, r#"{"$set":{}}"#);
    assert_eq!(store.profiles_of(&ids, 1).unwrap(), found[..1]);
}

#[test]
fn a_cancelled_query_says_so_and_the_next_one_works() {
    let rows = (0..5000).map(|n| row(&format!("user-{n}"), n)).collect();
    let mut store = store_of(&[("a", rows)]);
    let stop = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&stop);
    store.on_progress(move || flag.load(Ordering::Relaxed)).unwrap();
    assert!(matches!(store.all_ids(), Err(Error::Cancelled)));
    assert!(matches!(store.find("user-4999", 5), Err(Error::Cancelled)));
    assert!(matches!(store.overview(), Err(Error::Cancelled)));
    stop.store(false, Ordering::Relaxed);
    assert_eq!(store.all_ids().unwrap().len(), 5000);
    assert_eq!(store.find("user-4999", 5).unwrap()[0].found, Match::Exact);
    assert_eq!(store.find("ser-4999", 5).unwrap()[0].found, Match::Substring);
}

#[test]
fn a_store_is_readable_while_it_is_written() {
    let (_folder, path) = store_in_file(1);
    let mut writer = Writer::open(&path).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.path(), Some(&*path));
    let before = reader.data_version().unwrap();
    assert_eq!(times(&reader.events_of(&id("u"), 9).unwrap()), [1, 2]);
    let file = begin(&mut writer, "0 comes before a.jsonl");
    reader
        .at_one_moment(|reader| {
            assert_eq!(times(&reader.events_of(&id("u"), 9)?), [1, 2]);
            writer.append(chunk(file, vec![row("u", 0)])).unwrap();
            assert_eq!(times(&reader.events_of(&id("u"), 9)?), [1, 2], "one moment stays as it is");
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_ne!(reader.data_version().unwrap(), before);
    let events = reader.events_of(&id("u"), 9).unwrap();
    assert_eq!(times(&events), [0, 1, 2]);
    assert_eq!(events.iter().map(|event| event.source.rank).collect::<Vec<_>>(), [0, 1, 1]);
    let now = reader.data_version().unwrap();
    assert_eq!(reader.data_version().unwrap(), now, "nothing happened");
}

#[test]
fn a_reader_may_go_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Reader>();
    is_send::<Writer>();
}

#[test]
fn an_append_that_fails_leaves_nothing_behind() {
    let (_folder, path) = store_in_file(1);
    let by_hand = Connection::open(&path).unwrap();
    by_hand.execute_batch("CREATE TRIGGER no BEFORE INSERT ON rejects BEGIN SELECT RAISE(ABORT, 'no'); END").unwrap();
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "b");
    let reject = Reject { line: 1, reason: String::new(), text: String::new() };
    let whole = Chunk { rejects: vec![reject], ..chunk(file, vec![row("fresh", 1), alias("k", "fresh", 2)]) };
    assert!(matches!(writer.append(whole.clone()), Err(Error::Sqlite { .. })));
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.span_of(&id("fresh")).unwrap(), None);
    assert_eq!(reader.overview().unwrap().events, 2);
    // Another id takes the number that the rolled back one had.
    by_hand.execute_batch("INSERT INTO ids (name) VALUES ('between'); DROP TRIGGER no").unwrap();
    writer.append(whole).unwrap();
    assert_eq!(times(&reader.events_of(&id("fresh"), 9).unwrap()), [1, 2]);
    assert_eq!(reader.events_of(&id("between"), 9).unwrap().len(), 0);
}

#[test]
fn a_kill_at_any_byte_leaves_whole_chunks() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "a");
    for n in 0..3 {
        let rows = (0..20).map(|m| Row { device: Some(id("d")), ..row(&format!("{n}-{m}"), n * 100 + m) }).collect();
        writer.append(chunk(file, rows)).unwrap();
    }
    let (main, log) = (fs::read(&path).unwrap(), fs::read(folder.path().join("store-wal")).unwrap());
    assert!(!log.is_empty());
    let mut seen = std::collections::BTreeSet::new();
    for cut in (0..=log.len()).step_by(4001).chain([log.len()]) {
        let killed = folder.path().join(format!("killed-{cut}"));
        fs::write(&killed, &main).unwrap();
        fs::write(folder.path().join(format!("killed-{cut}-wal")), &log[..cut]).unwrap();
        let store = Reader::open(&killed).unwrap();
        let overview = store.overview().unwrap();
        assert_eq!(overview.events % 20, 0);
        let listed: usize = store.all_ids().unwrap().iter().map(|id| store.events_of(id, 99).unwrap().len()).sum();
        assert_eq!(listed as u64, overview.events);
        let linked: u64 = store.links_of(&id("d"), 999).unwrap().iter().map(|link| link.rows).sum();
        assert_eq!(linked, overview.events);
        seen.insert(overview.events);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 20, 40, 60]);
}

#[test]
fn a_finished_store_is_one_file() {
    let (_folder, path) = store_in_file(2);
    let beside: Vec<_> =
        fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside, ["store.journey"]);
}

#[test]
fn plain_sql_reads_events_and_aliases() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let mut store = Writer::open(&path).unwrap();
    let file = begin(&mut store, "a.jsonl");
    let view = Row {
        time: 1_602_611_311_007,
        arrival: None,
        device: Some(id("d")),
        user: Some(id("u")),
        line: 1,
        ..row("u", 0)
    };
    let far = Row { time: i64::MAX, arrival: Some(-1), line: 2, id: None, ..row("", 0) };
    store.append(chunk(file, vec![view, far, alias("k", "u", 3)])).unwrap();
    store.finish().unwrap();

    let db = Connection::open(&path).unwrap();
    let rows: Vec<String> = db
        .prepare(
            "SELECT json_array(distinct_id, event, time, arrived, device_id, user_id, file, line)
             FROM events ORDER BY line",
        )
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(
        rows,
        [
            r#"["u","View","2020-10-13T17:48:31.007Z",null,"d","u","a.jsonl",1]"#,
            r#"[null,"View","9223372036854775807 ms","1969-12-31T23:59:59.999Z",null,null,"a.jsonl",2]"#,
            r#"["u","$create_alias","1970-01-01T00:00:00.003Z","1970-01-01T00:00:00.003Z",null,null,"a.jsonl",3]"#,
        ]
    );
    let alias: String = db
        .query_row("SELECT json_array(alias, distinct_id, time, arrived, file, line) FROM aliases", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(alias, r#"["k","u","1970-01-01T00:00:00.003Z","1970-01-01T00:00:00.003Z","a.jsonl",3]"#);
    let check: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let head: (i64, i64, i64) = db
        .query_row(
            "SELECT application_id, user_version, page_size
             FROM pragma_application_id, pragma_user_version, pragma_page_size",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!(head, (0x6a72_6e79, 1, 16384));
}

#[test]
fn opening_again_adds_to_what_is_there() {
    let (_folder, path) = store_in_file(1);
    let mut writer = Writer::open(&path).unwrap();
    let file = begin(&mut writer, "b");
    writer.append(chunk(file, vec![row("u", 7)])).unwrap();
    drop(writer);
    assert_eq!(times(&Reader::open(&path).unwrap().events_of(&id("u"), 9).unwrap()), [1, 2, 7]);
}

/// The same error from a reader and from a writer.
fn refused(path: &Path) -> Error {
    let reader = Reader::open(path).unwrap_err();
    let writer = Writer::open(path).unwrap_err();
    assert_eq!(reader.to_string(), writer.to_string());
    assert!(reader.to_string().contains(&*path.to_string_lossy()), "{reader}");
    assert!(reader.advice().is_some());
    reader
}

#[test]
fn a_reader_never_makes_a_store() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("none");
    assert!(matches!(Reader::open(&path), Err(Error::NotFound { .. })));
    assert!(!path.exists());
}

#[test]
fn what_is_no_store_is_told_by_what_it_is() {
    let folder = TempDir::new().unwrap();
    assert!(refused(folder.path()).to_string().contains("folder"));

    let text = folder.path().join("events.jsonl");
    for content in ["{}\n", "SQLite format 4, a long text that is no head at all", "S\0"] {
        fs::write(&text, content).unwrap();
        assert!(matches!(refused(&text), Error::NotAStore { .. }), "{content}");
    }
    let garbage = [b"SQLite format 3\0".to_vec(), vec![0xa5; 9000]].concat();
    fs::write(&text, garbage).unwrap();
    assert!(matches!(refused(&text), Error::NotAStore { .. } | Error::Corrupt { .. }));

    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("PRAGMA application_id = 7; CREATE TABLE t (a)").unwrap();
    assert!(refused(&other).to_string().contains("application_id 0x00000007"));

    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    assert!(matches!(Reader::open(&empty), Err(Error::NotAStore { .. })));
    drop(Writer::open(&empty).unwrap());
    assert_eq!(Reader::open(&empty).unwrap().overview().unwrap().events, 0);
}

#[test]
fn other_versions_are_told_apart() {
    let (_folder, path) = store_in_file(1);
    let set = |version: i64| {
        Connection::open(&path).unwrap().pragma_update(None, "user_version", version).unwrap();
    };
    set(2);
    assert!(matches!(refused(&path), Error::Newer { found: 2, ours: 1, .. }));
    set(0);
    assert!(matches!(Reader::open(&path), Err(Error::Older { found: 0, ours: 1, .. })));
}

#[test]
fn a_store_that_is_cut_off_anywhere_is_told_at_once() {
    let (folder, path) = store_in_file(3);
    let whole = fs::read(&path).unwrap();
    let cut_off = folder.path().join("cut");
    for length in (1..whole.len()).step_by(5001).chain([16, 99, 100, 512, whole.len() - 1]) {
        fs::write(&cut_off, &whole[..length]).unwrap();
        assert!(matches!(refused(&cut_off), Error::Corrupt { .. }), "{length} of {}", whole.len());
    }
    fs::write(&cut_off, &whole).unwrap();
    assert!(Reader::open(&cut_off).is_ok());
}

#[test]
fn damage_inside_is_an_error_or_a_wrong_value_and_never_a_crash() {
    let (folder, path) = store_in_file(3);
    let whole = fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged");
    let mut errors = 0;
    for at in (0..whole.len()).step_by(2053) {
        let mut bytes = whole.clone();
        for byte in bytes.iter_mut().skip(at).take(64) {
            *byte = !*byte;
        }
        fs::write(&damaged, bytes).unwrap();
        let asked = Reader::open(&damaged).and_then(|store| {
            store.find("u", 9)?;
            store.overview()?;
            store.calls_of(&id("u"), 9)?;
            store.links_of(&id("u"), 9)?;
            store.profiles_of(&[id("u")], 9)?;
            store.rejects(9)?;
            let rows: Vec<i64> = store.events_of(&id("u"), 9)?.iter().map(|event| event.row).collect();
            store.properties(&rows).map(drop)
        });
        errors += usize::from(asked.is_err());
        for end in ["damaged-wal", "damaged-shm"] {
            let _ = fs::remove_file(folder.path().join(end));
        }
    }
    assert!(errors > 0, "none of the damage was met");
}

#[test]
fn a_value_that_makes_no_sense_is_told_as_damage() {
    for sql in [
        "UPDATE blocks SET z = x'00'",
        "UPDATE blocks SET n = n + 1",
        "UPDATE rows SET ev = 99",
        "UPDATE rows SET file = 99",
        "UPDATE rows SET arrived = 'soon'",
        "DELETE FROM names",
    ] {
        let (_folder, path) = store_in_file(1);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let store = Reader::open(&path).unwrap();
        let asked = store.events_of(&id("u"), 9).and_then(|events| store.properties(&[events[0].row]));
        assert!(matches!(asked, Err(Error::Corrupt { .. })), "{sql}: {asked:?}");
    }
}

fn foreign(sql: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("foreign.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    (folder, path)
}

#[test]
fn a_foreign_file_gives_its_rows_as_json_values() {
    let (_folder, path) = foreign(
        r#"CREATE TABLE Events (Event TEXT, DISTINCT_ID, time, properties, extra);
           INSERT INTO Events VALUES ('View', 'a"b', 1602611311, '{"x":1}', 0), (NULL, 42, 1.5, NULL, 0),
                                     (7, NULL, '2020-10-13', x'7b7d', 0);
           DELETE FROM Events WHERE Event = 'none';
           CREATE TABLE aliases (alias TEXT, distinct_id TEXT);
           INSERT INTO aliases VALUES ('k', 't'), (NULL, 12);"#,
    );
    assert!(Foreign::is_foreign(&path));
    let file = Foreign::open(&path).unwrap();
    let events = file.events(0, 10).unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|e| (e.rowid, e.distinct_id.as_str(), e.event.as_str(), e.time.as_str(), e.properties.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (1, r#""a\"b""#, "View", "1602611311", r#"{"x":1}"#),
            (2, "42", "", "1.5", "{}"),
            (3, "null", "7", r#""2020-10-13""#, "{}"),
        ]
    );
    assert_eq!(file.events(2, 1).unwrap(), events[1..2]);
    assert_eq!(file.events(4, 1).unwrap(), []);
    let aliases = file.aliases().unwrap();
    let told: Vec<_> = aliases.iter().map(|a| (a.alias.as_str(), a.distinct_id.as_str(), a.time.clone())).collect();
    assert_eq!(told, [(r#""k""#, r#""t""#, None), ("null", r#""12""#, None)]);
}

#[test]
fn a_foreign_view_is_paged_by_counting() {
    let (_folder, path) = foreign(
        "CREATE TABLE raw (who, what, at); INSERT INTO raw VALUES ('a', 'x', 1), ('b', 'y', 2), ('c', 'z', 3);
         CREATE VIEW events AS SELECT who AS distinct_id, what AS event, at AS time FROM raw;
         CREATE TABLE ALIASES (alias PRIMARY KEY, distinct_id, time) WITHOUT ROWID;
         INSERT INTO ALIASES VALUES ('k', 't', 5);",
    );
    let file = Foreign::open(&path).unwrap();
    let page = |from| file.events(from, 2).unwrap().iter().map(|e| (e.rowid, e.event.clone())).collect::<Vec<_>>();
    assert_eq!(page(0), [(1, "x".to_owned()), (2, "y".to_owned())]);
    assert_eq!(page(3), [(3, "z".to_owned())]);
    assert_eq!(file.aliases().unwrap()[0].time.as_deref(), Some("5"));
}

#[test]
fn a_foreign_file_that_cannot_be_imported_says_why() {
    let why = |sql: &str| {
        let (_folder, path) = foreign(sql);
        let error = Foreign::open(&path).unwrap_err();
        assert!(error.advice().is_some());
        error.to_string()
    };
    assert!(why("CREATE TABLE people (a); CREATE TABLE x (b)").contains("people, x"));
    assert!(why("CREATE TABLE events (distinct_id, event)").contains("no column `time`"));
    assert!(why("CREATE TABLE aliases (alias)").contains("no column `distinct_id`"));
    let (folder, path) = store_in_file(1);
    assert!(Foreign::open(&path).unwrap_err().to_string().contains("a store of this program"));
    assert!(Foreign::open(&folder.path().join("none")).is_err());
    let text = folder.path().join("text");
    fs::write(&text, "{}").unwrap();
    assert!(!Foreign::is_foreign(&text) && !Foreign::is_foreign(folder.path()));
    assert!(Foreign::open(&text).is_err());
}
