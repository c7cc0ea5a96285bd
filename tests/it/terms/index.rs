//! The index of values finds what looking through all rows finds.

use journey::inspect::filter::{Filter, Names};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

/// Names of properties: with dots, in several cases, with letters that are escaped.
const NAMES: [&str; 12] =
    ["plan", "Plan", "total", "a.b", "a", "b", "items", "time", "ID", "größe", "q\"uote", "mp_processing_time_ms"];

/// Texts that a search may take for each other, or nearly.
const TEXTS: [&str; 30] = [
    "",
    "pro",
    "PRO",
    "pro ",
    "20",
    "20.00",
    "2e1",
    " 20 ",
    "-0",
    "0",
    "0.30000000000000004",
    "0.3",
    "inf",
    "NaN",
    "1e999",
    "true",
    "null",
    "\u{212a}elvin",
    "kelvin",
    "K\u{f6}ln",
    "k\u{d6}LN",
    "a\"b\\c",
    "a/b",
    "line\nbreak",
    "https://shop.example/pricing?x=1",
    "\u{39f}\u{394}\u{39f}\u{3a3}",
    "49aea7daa1445e98",
    "deadbeef",
    "SKU-77",
    "\u{1f600} smile",
];

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(TEXTS.to_vec()).prop_map(str::to_owned),
        1 => "[a-cA-C0-9.\u{e9}\u{c9} -]{0,12}",
        1 => (0..4_u8, 100..3000_usize).prop_map(|(letter, length)| {
            String::from(char::from(b'w' + letter)).repeat(length) + "END"
        }),
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "0",
        "-0",
        "0.0",
        "20",
        "20.0",
        "20.00",
        "2e1",
        "2E+1",
        "0.3",
        "0.30000000000000004",
        "190",
        "190.5",
        "-7",
        "1e300",
        "123456789012345678901234567890",
        "9007199254740993",
        "1682899664232",
        "1e-17",
        "0.1234567890123456789",
        "5e-324",
    ])
    .prop_map(str::to_owned)
}

/// JSON as it may be written, in several ways.
fn value(depth: u32) -> BoxedStrategy<String> {
    let plain = text().prop_map(|text| Value::from(text).to_string());
    let escaped = text().prop_map(|text| {
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
        format!("\"{}\"", units.collect::<String>())
    });
    let word = prop::sample::select(vec!["true", "false", "null"]).prop_map(str::to_owned);
    let leaf = prop_oneof![4 => plain, 1 => escaped, 4 => number(), 1 => word];
    if depth == 0 {
        return leaf.boxed();
    }
    let list = prop::collection::vec(value(depth - 1), 0..4).prop_map(|list| format!("[{}]", list.join(" ,")));
    prop_oneof![6 => leaf, 1 => list, 1 => object(depth - 1)].boxed()
}

fn object(depth: u32) -> BoxedStrategy<String> {
    prop::collection::vec((name(), value(depth)), 0..6)
        .prop_map(|members| {
            let members = members.iter().map(|(name, value)| format!("{}: {value}", Value::from(name.as_str())));
            format!("{{ {}}}", members.collect::<Vec<_>>().join(","))
        })
        .boxed()
}

/// What is searched for.
fn query() -> impl Strategy<Value = String> {
    let quoted = |text: &str| journey::inspect::query::quoted(text);
    let named = prop_oneof![3 => name(), 1 => Just("*".to_owned()), 1 => (name(), name()).prop_map(|(a, b)| format!("{a}.{b}"))];
    let sign = prop::sample::select(vec!["=", "=", "=", "~", "~", "!=", ">", "<", ">=", "<="]);
    let what = prop_oneof![3 => text(), 1 => number()];
    let one = (named, sign, what)
        .prop_map(move |(name, sign, what)| format!("prop:{}{sign}{}", quoted(&name), quoted(&what)));
    prop::collection::vec(one, 1..3)
        .prop_flat_map(|terms| prop::sample::select(vec![" ", " or "]).prop_map(move |by| terms.join(by)))
}

/// Rows of several users in two segments, of which so many have an index.
fn stored(rows: &[String], indexed: usize) -> Inspector {
    stored_under(rows, indexed, &|segment, row| format!("u{segment}-{}", row % 5))
}

/// Rows in two segments, of which so many have an index, each under the id of its segment and row.
fn stored_under(rows: &[String], indexed: usize, id: &dyn Fn(usize, i64) -> String) -> Inspector {
    let mut writer = Writer::in_memory().unwrap();
    let info = |name: &str| FileInfo {
        name: name.into(),
        format: "raw export".into(),
        timezone: "UTC".into(),
        vendor: "Mixpanel".into(),
    };
    for (at, rows) in rows.chunks(rows.len().div_ceil(2).max(1)).enumerate() {
        let file = writer.begin_file(&info(&at.to_string())).unwrap();
        let rows = rows.iter().zip(0..).map(|(text, time)| row("View", &id(at, time), time, text));
        let rows: Vec<_> = rows.map(|row| Arrived { arrived: row.time, row }).collect();
        let segment = Segment::of(&rows).unwrap();
        let hash = 7 + at as u64;
        writer.append(&Chunk { file, hash, bytes: 9, first_line: 1, lines: 9, segment, ..Chunk::default() }).unwrap();
        if at < indexed {
            assert!(writer.index_values(&mut |_, _| true).unwrap());
        }
    }
    Inspector::new(writer.into_reader().unwrap())
}

/// What a filter keeps of the journey of `u`, whose rows are all of the store.
fn kept(store: &Inspector, query: &str) -> Vec<i64> {
    let journey = store.journey(&Id::new("u")).unwrap().unwrap();
    let filter = Filter::read(query, &Names::of(&journey, Arc::new(|_| None))).unwrap().unwrap();
    let mut rows: Vec<i64> =
        store.select(&journey, Some(&filter), i64::MIN..=i64::MAX).unwrap().rows.into_iter().collect();
    rows.sort_unstable();
    rows
}

/// Who is found, with the number of rows and the value that they are found by.
fn found(store: &Inspector, query: &str) -> Vec<String> {
    let Ok(Some(terms)) = Terms::read(query) else { panic!("{query} is no query") };
    let found = store.search_terms(&terms, 99, &mut |_| {}).unwrap();
    assert!(!found.more);
    found.hits.iter().map(|hit| format!("{} {} {:?}", hit.id.as_str(), hit.matched, hit.via)).collect()
}

/// The same, found in all rows: of what else may hold no index knows anything.
fn found_in_all(store: &Inspector, query: &str) -> Vec<String> {
    found(store, &format!("{query} or client:no-program-is-called-so"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    #[test]
    fn a_search_by_the_index_finds_what_looking_through_all_rows_finds(
        rows in prop::collection::vec((object(2), 0..3_u8), 1..24),
        queries in prop::collection::vec(query(), 1..6),
        indexed in 0..3_usize,
    ) {
        let pad = |(text, pad): &(String, u8)| match pad {
            0 => {
                let text = text.strip_suffix('}').unwrap();
                let comma = if text.contains(':') { "," } else { "" };
                format!("{text}{comma}\"pad\":{}}}", Value::from("pad ".repeat(10_000)))
            }
            _ => text.clone(),
        };
        let rows: Vec<String> = rows.iter().map(pad).collect();
        let store = stored(&rows, indexed);
        // What stands somewhere is asked for, too.
        let some = rows.iter().filter_map(|row| serde_json::from_str::<Map<String, Value>>(row).ok()).flatten().take(6);
        let some = some.filter(|(_, value)| !value.is_array() && !value.is_object()).flat_map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let (name, text) = (journey::inspect::query::quoted(&name), journey::inspect::query::quoted(&text));
            [format!("prop:{name}={text}"), format!("prop:*={text}"), format!("prop:*~{text}")]
        });
        for query in queries.into_iter().chain(some) {
            if !matches!(Terms::read(&query), Ok(Some(_))) {
                continue;
            }
            prop_assert_eq!(found(&store, &query), found_in_all(&store, &query), "{}", query);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn a_filter_keeps_the_same_rows_of_a_long_journey_with_an_index_and_without(
        some in prop::collection::vec(object(2), 1..24),
        queries in prop::collection::vec(query(), 1..6),
        indexed in 1..3_usize,
    ) {
        let rows: Vec<String> = some.iter().flat_map(|row| std::iter::repeat_n(row.clone(), 2_500 / some.len() + 1)).collect();
        let under_one = |indexed| stored_under(&rows, indexed, &|_, _| "u".to_owned());
        let (with, without) = (under_one(indexed), under_one(0));
        for query in queries.iter().filter(|query| matches!(Terms::read(query), Ok(Some(_)))) {
            for query in [query.clone(), format!("not ({query})"), format!("event:nosuchevent or {query}")] {
                prop_assert_eq!(kept(&with, &query), kept(&without, &query), "{}", query);
            }
        }
    }
}

#[test]
fn a_value_is_found_in_the_one_row_of_thousands_that_has_it_however_it_is_written() {
    let rows: Vec<String> = (0..4000)
        .map(|n| {
            let order = format!("R{n:06}");
            json!({
                "order": order, "price": f64::from(n) + 0.5, "cart": {"items": [{"sku": format!("S-{n}")}], "total": n},
                "Country": "Germany", "page": "https://shop.example/a/long/enough/path/to/fill/blocks/with/many/rows",
            })
            .to_string()
        })
        .collect();
    let store = stored(&rows, 2);
    for (query, rows) in [
        ("order=r001234", 1),
        ("prop:*=S-77", 1),
        ("price=1234.50", 1),
        ("price>3998", 2),
        ("cart.total>=3998", 2),
        ("cart.total=0003999", 1),
        ("prop:*~r00399", 10),
        ("country=GERMANY order=R000001", 1),
        ("order=R000001 or order=R003999", 2),
        ("total>1", 0),
        ("order=R9", 0),
        ("prop:*~nowhere", 0),
        ("country=germany", 4000),
    ] {
        let hits = found(&store, query);
        assert_eq!(hits, found_in_all(&store, query), "{query}");
        let matched = hits.iter().map(|hit| hit.split(' ').nth(1).unwrap().parse::<u64>().unwrap()).sum::<u64>();
        assert_eq!(matched, rows, "{query}: {hits:?}");
    }
}

#[test]
fn an_index_that_is_ended_early_is_gone_on_with_and_what_it_lacks_is_found_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    let mut writer = Writer::open(&path).unwrap();
    let info =
        FileInfo { name: "f".into(), format: "raw export".into(), timezone: "UTC".into(), vendor: "Mixpanel".into() };
    let file = writer.begin_file(&info).unwrap();
    for chunk in 0..40_u64 {
        let rows = [row("View", "u", 1, &format!("{{\"order\":\"R-{chunk}\"}}"))];
        let rows: Vec<_> = rows.into_iter().map(|row| Arrived { arrived: row.time, row }).collect();
        let segment = Segment::of(&rows).unwrap();
        let chunk = Chunk {
            file,
            prev: chunk,
            hash: chunk + 1,
            bytes: 9,
            first_line: 1,
            lines: 9,
            segment,
            ..Chunk::default()
        };
        writer.append(&chunk).unwrap();
    }
    let without = |writer: Writer| {
        writer.finish().unwrap();
        let reader = journey::store::Reader::open(&path).unwrap();
        let without = reader.rows_without_index().unwrap();
        let store = Inspector::new(reader);
        for order in [0, 20, 39] {
            assert_eq!(found(&store, &format!("order=r-{order}")).len(), 1, "{order}, {without} rows in no index");
        }
        assert_eq!(found(&store, "order=r-40"), Vec::<String>::new());
        without
    };
    assert_eq!(without(writer), 40);
    let mut writer = Writer::open(&path).unwrap();
    assert!(!writer.index_values(&mut |done, all| done == 0 && all == 40).unwrap());
    let left = without(writer);
    assert!(0 < left && left < 40, "{left}");
    let mut writer = Writer::open(&path).unwrap();
    assert!(writer.index_values(&mut |_, all| all == left).unwrap());
    assert_eq!(without(writer), 0);
    assert!(Writer::open(&path).unwrap().index_values(&mut |_, all| all == 0).unwrap());
}
