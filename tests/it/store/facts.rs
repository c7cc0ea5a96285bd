//! Rows, alias calls and links come back as they went in, in an order that is theirs.

use std::collections::HashSet;

use journey::identity::Journey;
use journey::inspect::{Inspector, Soon};
use journey::model::facts::Sender;

use super::*;

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
        .append(&Chunk { aliases: vec![line, other], ..chunk(file, vec![row("t", 1), alias("q", "t", 2)]) })
        .unwrap();
    assert_eq!((added.events, added.aliases), (2, 3));
    assert_eq!(store.file_totals(file).unwrap().aliases, 3);
    let later = store.append(&chunk(file, vec![row("t", 9)])).unwrap();
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
    let distinct: HashSet<i64> = numbers.collect();
    assert_eq!(distinct.len(), 5, "no number stands for two things");
}

#[test]
fn rows_of_one_id_come_from_all_chunks_by_time() {
    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    store.append(&chunk(file, vec![row("u", 50), row("v", 2), row("u", 10)])).unwrap();
    store.append(&chunk(file, vec![row("u", 30), row("u", 5)])).unwrap();
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
        store.append(&chunk(file, part.into_iter().map(|time| row("u", time)).collect())).unwrap();
    }
    all.sort_unstable();
    let store = store.into_reader().unwrap();
    for limit in [1, 10, 1000, 4899, 4900, usize::MAX] {
        assert_eq!(times(&store.events_of(&id("u"), limit).unwrap()), all[..limit.min(4900)], "{limit}");
    }
}

#[test]
fn senders_that_say_the_same_are_one_across_segments_and_each_row_keeps_its_own() {
    // Devices take turns, so that neighbours have nothing in common; some of their rows are calls.
    let device = |n: i64| id(&format!("dev-{}", n % 40));
    let sent = |n: i64| Row {
        event: if n % 7 == 0 { "$identify" } else { "View" }.into(),
        device: Some(device(n)),
        user: (n % 3 == 0).then(|| id("u")),
        verb: if n % 7 == 0 { Verb::Identify { identified: Some(id("u")), anon: None } } else { Verb::Track },
        arrival: Some(n + n % 5),
        client: (n % 40 < 9).then(|| Client::from_text("web")),
        ..row("u", n)
    };
    let rows = |from: i64| (from..from + 9_000).map(sent).collect::<Vec<Row>>();
    let store = store_of(&[("a", rows(1)), ("b", rows(9_001))]);
    let events = store.events_of(&id("u"), 100_000).unwrap();
    assert_eq!(times(&events), (1..=18_000).collect::<Vec<i64>>());
    for event in &events {
        let expected = sent(event.time);
        assert_eq!((&event.device, &event.user, &event.client), (&expected.device, &expected.user, &expected.client));
        assert_eq!((event.verb, Some(event.arrived)), (expected.verb.kind(), expected.arrival), "{event:?}");
        assert_eq!(&*event.source.file, if event.time <= 9_000 { "a" } else { "b" });
    }
    let senders: HashSet<*const Sender> = events.iter().map(|event| Arc::as_ptr(&event.sender)).collect();
    let said: HashSet<&Sender> = events.iter().map(|event| &*event.sender).collect();
    assert_eq!(senders.len(), said.len());
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
        events.sort_by_key(|event| event.arrival());
        times(&events)
    };
    assert_eq!(order(&store_of(&[("a", batch())])), [9, 5, 1, 7, 8]);

    let mut store = Writer::in_memory().unwrap();
    let file = begin(&mut store, "a");
    let (first, second) = (batch()[..3].to_vec(), batch()[3..].to_vec());
    store.append(&chunk(file, first)).unwrap();
    store.append(&chunk(file, second)).unwrap();
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
    let segment = Segment::of(&[Arrived { row: unknown, arrived: 99 }]).unwrap();
    store.append(&Chunk { segment, ..chunk(file, vec![]) }).unwrap();
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
        by_arrival.sort_by_key(|event| event.arrival());
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
            store.append(&Chunk { hash, ..chunk(file, rows(name)) }).unwrap();
        }
        let events = store.into_reader().unwrap().events_of(&id("u"), 9).unwrap();
        orders.push(events.iter().map(|event| (event.event.to_string(), event.source.rank)).collect::<Vec<_>>());
    }
    assert_eq!(orders[0], orders[1]);
    assert_ne!(orders[0][0].1, orders[0][1].1);
}

#[test]
fn a_long_journey_begins_with_its_first_rows_and_says_that_the_rest_is_coming() {
    let rows = |count: i64| (1..=count).map(|n| row("u", n * 1000)).collect::<Vec<Row>>();
    let few = Inspector::new(store_of(&[("a.jsonl", rows(1_500))]));
    let Some(Soon::All(all)) = few.journey_soon(&id("u")).unwrap() else { panic!("it is quick itself") };
    assert_eq!((all.steps.len(), all.cuts.len()), (1_500, 0));
    let many = Inspector::new(store_of(&[("a.jsonl", rows(2_500))]));
    let whole = many.journey(&id("u")).unwrap().unwrap();
    let Some(Soon::First(first)) = many.journey_soon(&id("u")).unwrap() else { panic!("there are more rows") };
    let places = |journey: &Journey, count| journey.steps.iter().take(count).map(|s| s.event.row).collect::<Vec<_>>();
    assert_eq!(first.steps.len(), 2_000);
    assert_eq!(places(&first, 2_000), places(&whole, 2_000));
    assert_eq!(
        first.cuts.iter().map(|cut| &*cut.what).collect::<Vec<_>>(),
        ["the first 2000 rows; the rest is being read"]
    );
    assert!(whole.cuts.is_empty());
}
