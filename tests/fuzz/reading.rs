//! Readers: formats, the scanner of exports, recorded payloads, filters, terms, scenarios.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use journey::formats::{Decoder, Format, Item, Map, Sniffed, Splitter, sniff, sniff_by_map};
use journey::identity::{Journey, LEGACY, resolve};
use journey::inspect::filter::{Filter, Index, Names};
use journey::inspect::query::{self, Place, Query};
use journey::inspect::rows::facts_of;
use journey::inspect::terms::Terms;
use journey::model::time::utc;
use journey::model::{Id, Row};
use journey::sim;
use journey::sim::scenario::Scenario;

use crate::driver::{Target, hash};
use crate::samples;

/// Words of exports, payloads and tables.
const WORDS: &[&str] = &[
    "{\"event\":\"View\",\"properties\":{\"time\":1602611311,\"distinct_id\":\"sally\"}}\n",
    "\"event\":",
    "\"properties\":{",
    "\"distinct_id\":",
    "\"$device_id\":\"d-1\",",
    "\"$user_id\":null,",
    "\"time\":1602611311000,",
    "\"$insert_id\":\"i\",",
    "\"mp_processing_time_ms\":1602625711874,",
    "\"$create_alias\"",
    "\"alias\":\"mail\",",
    "\"$identify\"",
    "\"$anon_distinct_id\":",
    "\"$distinct_ids\":[\"a\",\"b\"],",
    "\"$set\":{",
    "\"$distinct_id\":",
    "\"path\":\"/track\",",
    "\"payload\":",
    "\"data=\"",
    "\"body\":\"data=eyJ",
    "alias,distinct_id,time\r\n",
    "\"a\"\"b\",c\n",
    "{\"page\":0,\"results\":[",
    "{\"terminated early\"}",
    "[",
    "]",
    "{}",
    "null",
    "\u{feff}",
];

/// The records of a file, found in all of it or in a part and then more.
fn records(content: &[u8], sniffed: &Sniffed, limit: usize, step: usize) -> Vec<(u64, usize, usize, bool)> {
    let mut splitter = Splitter::new(sniffed.layout, 1, limit, false);
    let mut found = Vec::new();
    let mut seen = 0;
    while seen < content.len() {
        seen = seen.saturating_add(step).min(content.len());
        let part = &content[..seen];
        while let Some(record) = splitter.next(part, seen == content.len()) {
            found.push((record.line, record.start, record.end, record.too_long));
        }
    }
    found
}

/// What an item is, for the number of an answer.
fn kind(item: &Item<'_>) -> String {
    match item {
        Item::Event { row, clock, .. } => format!("event {:?} {clock:?} {}", row.flags, row.id.is_some()),
        Item::Profile { .. } => "profile".into(),
        Item::Alias(alias) => format!("alias {}", alias.repaired),
        Item::Skipped => "skipped".into(),
        Item::Reject(reject) => reject.reason.chars().filter(|c| !c.is_ascii_digit()).take(24).collect(),
    }
}

#[test]
fn every_format_is_recognised_split_and_decoded_without_a_record_lost() {
    let corpus = samples(&[
        "variants/array.json",
        "variants/crlf.jsonl",
        "variants/blank_lines.jsonl",
        "export/lone_surrogate.jsonl",
        "export/race.jsonl",
        "engage/second_device.jsonl",
        "table/aliases.csv",
        "table/aliases.jsonl",
        "wire/retry.jsonl",
        "wire/undecodable.jsonl",
    ]);
    let target = Target { name: "formats", inputs: 4_000, longest: 8_192, corpus, words: WORDS };
    target.run(|input| split_and_decoded(input, 1));
}

/// Words of what other vendors and tools write.
const VENDOR_WORDS: &[&str] = &[
    "{\"type\":\"identify\",\"userId\":\"u-1\",\"anonymousId\":\"a-1\",\"traits\":{\"plan\":\"pro\"}}\n",
    "\"type\":\"alias\",\"previousId\":\"a-1\",",
    "\"batch\":[",
    "\"$merge_dangerously\"",
    "\"$anon_distinct_id\":",
    "\"events\":[{\"event_type\":\"$identify\",",
    "\"user_properties\":{\"$set\":{",
    "\"user_identities\":[{\"identity_type\":\"email\",",
    "\"schemas\":[],",
    "\"rows\":[",
    "\"meta\":[{\"name\":\"event\",\"type\":\"String\"}],",
    "{\"type\":\"RECORD\",\"stream\":\"events\",\"record\":",
    "\"_airbyte_data\":",
    "event;distinct_id;time\r\n",
    "event\tdistinct_id\ttime\n",
    "sep=;\r\n",
    "\\N",
    "NULL",
    "\u{1e}",
    "| 1 | 2 |\n-+-\n",
    "2019-07-04 10:00:00.000 UTC",
    "2019-07-04T10:00:00+05:30",
];

/// What the tests have of other vendors and tools, small enough to be changed often.
fn of_vendors() -> Vec<Vec<u8>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut corpus = Vec::new();
    for folder in ["formats", "shapes", "vendors"] {
        let files = fs::read_dir(data.join(folder)).unwrap();
        let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files.into_iter().filter(|file| file.extension().is_none_or(|end| end != "parquet")) {
            let content = fs::read(&file).unwrap();
            let is_packed = file.extension().is_some_and(|end| end == "zst");
            let content = if is_packed { zstd::decode_all(&*content).unwrap() } else { content };
            let some: Vec<&[u8]> = content.split_inclusive(|byte| *byte == b'\n').take(12).collect();
            corpus.push(if is_packed { some.concat() } else { content });
        }
    }
    corpus
}

#[test]
fn rows_of_other_vendors_and_tools_are_split_and_decoded_without_a_record_lost() {
    let corpus = of_vendors();
    let target = Target { name: "vendors", inputs: 1_000, longest: 16_384, corpus, words: VENDOR_WORDS };
    // Names, and the types of some tools.
    target.run(|input| split_and_decoded(input, 2));
}

/// Splits and decodes a file, whose first `heads` records may be no rows; a number for what was seen.
fn split_and_decoded(input: &[u8], heads: usize) -> u64 {
    let sniffed = match sniff(input, true, "file") {
        Ok(sniffed) => sniffed,
        Err(reason) => return hash(reason.why.chars().take(30).collect::<String>()),
    };
    if sniffed.format == Format::Sqlite {
        return 1;
    }
    let whole = records(input, &sniffed, usize::MAX, usize::MAX);
    assert_eq!(records(input, &sniffed, usize::MAX, 97), whole, "the size of pieces changes nothing");
    let ends = whole.iter().scan(0, |before, record| Some(std::mem::replace(before, record.2) <= record.1));
    assert!(ends.into_iter().all(|follows| follows), "records follow each other");
    let short = records(input, &sniffed, 64, usize::MAX);
    assert!(short.iter().all(|(_, start, end, _)| start <= end && *end <= input.len()));
    let decoder = Decoder::new(&sniffed);
    let mut kinds = BTreeSet::new();
    for (at, (line, start, end, _)) in whole.into_iter().enumerate() {
        let record = &input[start..end];
        let mut items = Vec::new();
        decoder.decode(line, record, &mut items);
        let is_blank = journey::formats::trim(record).is_empty();
        let is_head = at < heads || sniffed.format == Format::AliasTable;
        assert!(!items.is_empty() || is_blank || is_head, "a record is kept in some way: {record:?}");
        kinds.extend(items.iter().map(kind));
    }
    hash((format!("{:?} {:?}", sniffed.format, sniffed.layout), kinds))
}

#[test]
fn a_map_is_read_or_refused_and_reads_any_file() {
    let words =
        &["id = ", "event = ", "time = ", "properties = ", "\"*\"", "\"=View\"", "\"a.b.c\"", "\n", "alias = ", "["];
    let corpus = [
        "id = \"userId\"\nevent = \"action\"\ntime = \"context.at\"\n",
        "id = \"user\"\nevent = \"=View\"\ntime = \"at\"\nproperties = \"*\"\n",
        "alias = \"key\"\nid = \"value\"\n",
    ];
    let corpus = corpus.iter().map(|text| text.as_bytes().to_vec()).collect();
    let target = Target { name: "maps", inputs: 4_000, longest: 600, corpus, words };
    let files: [&[u8]; 3] = [
        b"{\"userId\":\"u\",\"action\":\"View\",\"context\":{\"at\":1602611311},\"a\":{\"b\":{\"c\":1}}}\n",
        b"user,at,key,value\nu,2019-07-04,k,v\n",
        b"[{\"user\":1,\"at\":\"x\"},{\"user\":null}]",
    ];
    target.run(|input| {
        let map = match Map::parse(&String::from_utf8_lossy(input)) {
            Ok(map) => Arc::new(map),
            Err(why) => return hash(why.chars().take(24).collect::<String>()),
        };
        let read = files.map(|file| match sniff_by_map(file, true, "file", &map) {
            Err(reason) => reason.why.chars().take(24).collect(),
            Ok(sniffed) => {
                let decoder = Decoder::new(&sniffed);
                let mut items = Vec::new();
                for (line, start, end, _) in records(file, &sniffed, usize::MAX, usize::MAX) {
                    decoder.decode(line, &file[start..end], &mut items);
                }
                items.iter().map(kind).collect::<String>()
            }
        });
        hash(read)
    });
}

#[test]
fn the_scanner_of_exports_says_what_serde_json_says() {
    let corpus: Vec<Vec<u8>> = samples(&["variants/plain.jsonl", "variants/ascii_escaped.jsonl", "export/race.jsonl"])
        .iter()
        .flat_map(|file| file.split(|byte| *byte == b'\n').take(12).map(<[u8]>::to_vec).collect::<Vec<_>>())
        .collect();
    let target = Target { name: "scanner", inputs: 30_000, longest: 4_096, corpus, words: WORDS };
    let sniffed = Sniffed::lines_of(Format::Export);
    let (fast, careful) = (Decoder::new(&sniffed), Decoder::without_scanner(&sniffed));
    target.run(|input| {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        fast.decode(3, input, &mut one);
        careful.decode(3, input, &mut other);
        assert_eq!(one, other);
        hash(one.iter().map(kind).collect::<Vec<_>>())
    });
}

#[test]
fn recorded_payloads_are_decoded_or_rejected() {
    let corpus = samples(&["wire/retry.jsonl", "wire/undecodable.jsonl", "sdk/a_sally__web-2.60.0.jsonl"])
        .iter()
        .flat_map(|file| file.split(|byte| *byte == b'\n').take(12).map(<[u8]>::to_vec).collect::<Vec<_>>())
        .collect();
    let target = Target { name: "payloads", inputs: 8_000, longest: 4_096, corpus, words: WORDS };
    let decoder = Decoder::new(&Sniffed::lines_of(Format::Payloads));
    target.run(|input| {
        use base64::Engine as _;
        let mut kinds = Vec::new();
        let packed = base64::prelude::BASE64_STANDARD.encode(input);
        let bodies = ["track", "import", "engage", "groups"].map(|endpoint| {
            let body = serde_json::json!({ "path": format!("/{endpoint}/"), "body": format!("data={packed}") });
            body.to_string().into_bytes()
        });
        for record in bodies.iter().map(Vec::as_slice).chain([input]) {
            let mut items = Vec::new();
            decoder.decode(1, record, &mut items);
            assert!(!items.is_empty() || journey::formats::trim(record).is_empty(), "{record:?}");
            kinds.push(items.iter().map(kind).collect::<BTreeSet<_>>());
        }
        hash(kinds)
    });
}

/// The journey of Sally from the demo, and the properties of a row.
fn sally() -> (Journey, &'static str) {
    let sent = sim::demo_files().unwrap();
    let rows: Vec<(&str, Vec<Row>)> = sent.iter().map(|file| (file.name.as_str(), rows(&file.lines()))).collect();
    let files: Vec<(&str, &[Row])> = rows.iter().map(|(name, rows)| (*name, rows.as_slice())).collect();
    let journey = resolve(&facts_of(&files), &Id::new("sally@gmail.com"), LEGACY).unwrap();
    (journey, r#"{"plan":"pro","total":20.5,"cart":{"items":[1,2]},"note":"é\u001b"}"#)
}

fn rows(lines: &str) -> Vec<Row> {
    let decoder = Decoder::new(&sniff(lines.as_bytes(), true, "demo").unwrap());
    let mut items = Vec::new();
    for (number, line) in (1..).zip(lines.lines()) {
        decoder.decode(number, line.as_bytes(), &mut items);
    }
    let rows = items.into_iter().filter_map(|item| match item {
        Item::Event { row, .. } => Some(row.to_row()),
        _ => None,
    });
    rows.collect()
}

#[test]
fn a_filter_is_read_or_refused_and_decides_every_row() {
    let words = &[
        "event:",
        "id:",
        "is:split",
        "is:orphan",
        "phase:anonymous",
        "plan=pro",
        "total>20",
        "after:2019-07-04",
        "before:-7d",
        " and ",
        " or ",
        "-",
        "(",
        ")",
        "not ",
        "\"",
        "lane:A",
        "cart.items",
        "prop:",
        "~",
        "<=",
        "*",
    ];
    let corpus = ["event:Purchase plan=pro", "-(is:split or total>20) after:2019-07-04", "\"two words\" id:sally"];
    let corpus = corpus.iter().map(|text| text.as_bytes().to_vec()).collect();
    let target = Target { name: "filter", inputs: 6_000, longest: 400, corpus, words };
    let (journey, properties) = sally();
    let names = Names::of(&journey, Arc::new(|at| Some(utc(at)?.naive_utc())));
    let index = Index::of(&journey);
    target.run(|input| {
        let text = String::from_utf8_lossy(input);
        match Filter::read(&text, &names) {
            Ok(None) => 0,
            Ok(Some(filter)) => {
                let hidden = filter.hint().is_some();
                let decided: Vec<Option<bool>> = journey
                    .steps
                    .iter()
                    .take(8)
                    .map(|step| {
                        let subject = index.subject(&journey, step, None);
                        let soon = filter.decide(&subject, None);
                        let whole = filter.decide(&subject, Some(properties));
                        assert!(whole.is_some(), "with its properties every row is decided: {text:?}");
                        assert!(soon.is_none() || soon == whole, "properties change no decision: {text:?}");
                        soon
                    })
                    .collect();
                hash((hidden, filter.needs_properties(), decided))
            }
            Err(error) => {
                let pointed = error.pointed(&text);
                let ends = error.place.end > text.len() || text.is_char_boundary(error.place.end);
                assert!(
                    pointed.contains('^') && text.is_char_boundary(error.place.start) && ends,
                    "{text:?} {error:?}"
                );
                hash(error.what.chars().take(24).collect::<String>())
            }
        }
    });
}

#[test]
fn terms_of_a_search_are_read_or_refused() {
    let words = &[
        "id:",
        " or ",
        "(",
        ")",
        "-",
        "not ",
        "!=",
        "is:split",
        "alias=",
        "email:",
        "name:",
        "phone:",
        "event=",
        "prop:*",
        "plan=pro",
        "after:",
        "before:-7d",
        "\"",
        "a.b>=3",
        " ",
        "2019-07-04T10:00",
    ];
    let corpus = ["id:sally event:purchase plan=pro", "prop:*=pro after:2019-07-04 \"two words\""];
    let corpus = corpus.iter().map(|text| text.as_bytes().to_vec()).collect();
    let target = Target { name: "terms", inputs: 20_000, longest: 400, corpus, words };
    target.run(|input| {
        let text = String::from_utf8_lossy(input);
        let hint = query::hint(&text).is_some();
        match Terms::read(&text) {
            Ok(None) => hash(hint),
            Ok(Some(terms)) => {
                assert_eq!(Terms::read(terms.text()).ok().flatten().as_ref(), Some(&terms), "{text:?}");
                let query = Query::read(&text, Place::Search).unwrap().unwrap();
                let printed = query.expr().to_string();
                assert_eq!(Query::read(&printed, Place::Search), Ok(Some(query)), "{text:?} {printed:?}");
                hash((hint, format!("{terms:?}").len() / 64))
            }
            Err(error) => {
                let ends = error.place.end > text.len() || text.is_char_boundary(error.place.end);
                assert!(
                    error.pointed(&text).contains('^') && text.is_char_boundary(error.place.start) && ends,
                    "{text:?} {error:?}"
                );
                hash(error.what.chars().take(24).collect::<String>())
            }
        }
    });
}

#[test]
fn a_scenario_is_read_and_played_or_refused_with_its_place() {
    let corpus: Vec<Vec<u8>> = sim::gallery().iter().map(|(_, text)| text.as_bytes().to_vec()).collect();
    let words = &[
        "[[call]]\n",
        "[[device]]\n",
        "at = \"+1s\"\n",
        "device = \"phone\"\n",
        "alias = \"a\"\n",
        "identify = \"b\"\n",
        "reset = true\n",
        "track = \"View\"\n",
        "name = ",
        "\"\"\"",
        "= 2019-07-01T00:00:00Z\n",
        "{id}",
        "999999999d",
    ];
    let target = Target { name: "scenarios", inputs: 1_500, longest: 8_192, corpus, words };
    target.run(|input| {
        let text = String::from_utf8_lossy(input);
        match Scenario::parse("x.toml", &text) {
            Ok(scenario) => {
                let again = Scenario::parse("x.toml", &scenario.to_toml());
                assert_eq!(again.as_ref(), Ok(&scenario), "what is written reads back");
                let run = sim::run(&scenario);
                hash((run.steps.len(), run.sent.len()))
            }
            Err(error) => {
                assert!(error.line <= text.lines().count() + 1, "{error:?}");
                hash(error.what.chars().take(24).collect::<String>())
            }
        }
    });
}
