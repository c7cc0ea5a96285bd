//! How long a key in the search takes over very many ids: `JOURNEY_BENCH_IDS=5000000 cargo bench
//! --bench ids`. A crowd of a million rows has some 70,000; here every row has its own.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has to fail")]

#[expect(dead_code, reason = "other benches use the rest")]
mod seeded;

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::Criterion;
use journey::ingest::{self, Flow, Input, Options};
use journey::store::{Reader, Writer};
use xxhash_rust::xxh3::xxh3_64;

/// Hits that a screen asks for.
const HITS: usize = 200;

fn main() {
    if !seeded::is_wanted() {
        return;
    }
    let count = seeded::number("JOURNEY_BENCH_IDS").unwrap_or(1_000_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("ids.db");
    let mut writer = Writer::open(&path).expect("a new store");
    let input = Input::Bytes { name: "ids.jsonl".to_owned(), content: rows(count).into_bytes() };
    let report = ingest::import(&mut writer, vec![input], &Options::default(), &mut |_| Flow::Continue);
    assert_eq!(report.expect("an import").events, count);
    writer.finish().expect("the store closes");

    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let reader = Reader::open(&path).expect("the store opens");
    let mut group = criterion.benchmark_group(format!("{count} ids"));
    for (name, text) in [
        ("1 letter", "a"),
        ("3 letters", "ann"),
        ("hexadecimal", "10049"),
        ("domain, many hits", "@example.com"),
        ("nothing", "no such id"),
    ] {
        group.bench_function(name, |bencher| bencher.iter(|| reader.find(black_box(text), HITS)));
    }
    for (name, text) in [("fuzzy, a name", "anlim2"), ("fuzzy, digits", "9f10049")] {
        group.bench_function(name, |bencher| bencher.iter(|| reader.find(black_box(text), HITS)));
    }
    group.bench_function("near", |bencher| bencher.iter(|| reader.find_near(black_box("ann.smyth@example"), 10)));
    group.finish();
    criterion.final_summary();
}

/// One row for each id: device ids, addresses, numbers, names of other scripts, long ones.
fn rows(count: u64) -> String {
    let first = ["ann", "bob", "carla", "dimitri", "emma", "小林", "zoë", "omar", "lin", "sally"];
    let last = ["smith", "lee", "garcia", "ivanova", "müller", "okafor", "tanaka", "limbach"];
    let mut text = String::new();
    for number in 0..count {
        let [low, high] = [0, 1].map(|salt| xxh3_64(&[number.to_le_bytes(), [salt; 8]].concat()));
        let pick = |names: &[&'static str], by: u64| {
            names.get(usize::try_from(by).unwrap_or_default() % names.len()).copied().unwrap_or_default()
        };
        let id = match number % 20 {
            0..8 => format!(
                "{:08x}-{:04x}-4{:03x}-9{:03x}-{:012x}",
                low >> 32,
                low & 0xffff,
                high >> 52,
                high & 0xfff,
                high >> 8 & 0xffff_ffff_ffff
            ),
            8..10 => format!("$device:{low:016x}{high:016x}"),
            10..15 => format!("{}.{}{}@example.com", pick(&first, low), pick(&last, high), number),
            15..18 => format!("{}", 1_000_000 + number),
            18 => format!("{} {} {number}", pick(&first, high), pick(&last, low)),
            _ => format!("tenant/{low:016x}/region/eu/user/{high:016x}/session/{number:012}/of/the/old/app"),
        };
        let line =
            serde_json::json!({"event": "Opened", "properties": {"distinct_id": id, "time": 1_700_000_000 + number}});
        let _ = writeln!(text, "{line}");
    }
    text
}
