//! How long an answer takes: an id looked up, a journey, properties, a filter, a search.
//!
//! `JOURNEY_BENCH_ROWS=1000000 cargo bench --bench lookup`

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has to fail")]

mod seeded;
mod stored;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion};
use journey::identity::Journey;
use journey::inspect::Inspector;
use journey::inspect::filter::{Filter, Names, Wall};
use journey::inspect::terms::Terms;
use journey::model::{Id, Millis};
use journey::report::Clock;
use journey::sim::crowd::FIFTY;

use crate::stored::Stored;

/// Hits that a screen asks for.
const HITS: usize = 200;

fn main() {
    if !seeded::is_wanted() {
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    let stored = Stored::fill();
    lookups(&mut criterion, &stored);
    journeys(&mut criterion, &stored);
    properties(&mut criterion, &stored);
    filters(&mut criterion, &stored);
    searches(&mut criterion, &stored);
    values(&mut criterion, &stored);
    criterion.final_summary();
}

fn journey(inspector: &Inspector, id: &Id) -> Journey {
    inspector.journey(id).expect("an answer").expect("an id of the crowd")
}

/// The id itself, and whose it is.
fn lookups(criterion: &mut Criterion, stored: &Stored) {
    let inspector = stored.inspector();
    let mut group = criterion.benchmark_group("lookup");
    group.sample_size(20);
    group.bench_function("one id, store opened for it", |bencher| {
        bencher.iter(|| stored.inspector().search_soon(black_box(FIFTY), 1));
    });
    group.bench_function("one id", |bencher| bencher.iter(|| inspector.search(black_box(FIFTY), 1)));
    group.finish();
}

/// A filter over all rows of a journey: read, and decided row by row.
fn filters(criterion: &mut Criterion, stored: &Stored) {
    let inspector = stored.inspector();
    let journey = journey(&inspector, &stored.heavy);
    let wall: Wall = Arc::new(|at| Clock::Utc.shows(at));
    let names = Names::of(&journey, wall);
    let mut group = criterion.benchmark_group("filter");
    group.sample_size(20);
    for (name, text) in [
        ("by event, most rows", "event:purchase -is:orphan"),
        ("by a property, most rows", "utm_campaign~spring"),
        ("by any property, most rows", "prop:*~spring"),
    ] {
        let filter = Filter::read(text, &names).expect("a filter").expect("not empty");
        group.bench_function(name, |bencher| {
            bencher.iter(|| inspector.select(&journey, Some(&filter), Millis::MIN..=Millis::MAX));
        });
    }
    group.finish();
}

fn journeys(criterion: &mut Criterion, stored: &Stored) {
    let fifty = Id::new(FIFTY);
    let inspector = stored.inspector();
    assert_eq!(journey(&inspector, &fifty).steps.len(), 50, "the journey that is measured is the one that is meant");
    let mut group = criterion.benchmark_group("journey");
    group.sample_size(20);
    group.bench_function("50 rows", |bencher| bencher.iter(|| journey(&inspector, &fifty)));
    group.bench_function("50 rows, store opened for it", |bencher| {
        bencher.iter(|| journey(&stored.inspector(), &fifty));
    });
    group.bench_function("most rows", |bencher| {
        // Taking the journey apart is not part of the answer.
        bencher.iter_batched(|| (), |()| journey(&inspector, &stored.heavy), BatchSize::PerIteration);
    });
    group.finish();
}

fn properties(criterion: &mut Criterion, stored: &Stored) {
    let inspector = stored.inspector();
    let rows = |id: &Id| -> Vec<i64> { journey(&inspector, id).steps.iter().map(|step| step.event.row).collect() };
    let (few, many) = (rows(&Id::new(FIFTY)), rows(&stored.heavy));
    let mut group = criterion.benchmark_group("properties");
    group.sample_size(20);
    group.bench_function("one row", |bencher| bencher.iter(|| inspector.properties(few.get(..1).unwrap_or_default())));
    group.bench_function("50 rows", |bencher| bencher.iter(|| inspector.properties(&few)));
    group.bench_function("filter, most rows", |bencher| {
        let finder = memchr::memmem::Finder::new("spring");
        bencher.iter(|| {
            let texts = inspector.properties(&many).expect("properties");
            texts.iter().filter(|text| finder.find(text.as_bytes()).is_some()).count()
        });
    });
    group.finish();
}

fn searches(criterion: &mut Criterion, stored: &Stored) {
    let inspector = stored.inspector();
    let mut group = criterion.benchmark_group("search");
    group.sample_size(20);
    // The first search of a program reads all ids.
    group.bench_function("first, store opened for it", |bencher| {
        bencher.iter(|| stored.inspector().source().search_ids("fifty", HITS));
    });
    let texts = [
        ("1 letter", "a"),
        ("3 letters", "ann"),
        ("hexadecimal", "10049"),
        ("one hit", "fifty.user"),
        ("nothing", "no such id"),
        ("other script", "小林"),
    ];
    for (name, text) in texts {
        group.bench_function(name, |bencher| bencher.iter(|| inspector.source().search_ids(black_box(text), HITS)));
    }
    group.bench_function("3 letters, with what each hit is", |bencher| {
        bencher.iter(|| inspector.search(black_box("ann"), HITS));
    });
    group.finish();
}

/// People by values of properties, by the index of values.
fn values(criterion: &mut Criterion, stored: &Stored) {
    let inspector = stored.inspector();
    let row = journey(&inspector, &Id::new(FIFTY)).steps.first().expect("a row").event.row;
    let properties = inspector.properties(&[row]).expect("properties").concat();
    let (_, insert_id) = properties.split_once("\"$insert_id\":\"").expect("an insert id");
    let insert_id = insert_id.split('"').next().unwrap_or_default();
    let mut group = criterion.benchmark_group("value");
    group.sample_size(10);
    for (name, text) in [
        ("of one row", format!("$insert_id={insert_id}")),
        ("of one row, any property", format!("prop:*={insert_id}")),
        ("nowhere, any property", "prop:*=nowherevalue".to_owned()),
        ("a word that is nowhere", "prop:*~nowhereword".to_owned()),
        ("a comparison with few rows", "price>299.98".to_owned()),
    ] {
        let terms = Terms::read(&text).expect("a query").expect("terms");
        group.bench_function(name, |bencher| {
            bencher.iter(|| stored.inspector().search_terms(black_box(&terms), HITS, &mut |_| {}));
        });
    }
    group.finish();
}
