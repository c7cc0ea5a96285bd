//! How fast lines of an export become rows, on one thread and without a store.
//!
//! `JOURNEY_BENCH_ROWS=1000000 cargo bench --bench parse`

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has to fail")]

mod seeded;

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use journey::formats::sniff::HEAD;
use journey::formats::{Decoder, Layout, Splitter, sniff};
use journey::ingest::LONGEST_RECORD;

fn main() {
    if !seeded::is_wanted() {
        return;
    }
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    parse(&mut criterion, &seeded::export());
    criterion.final_summary();
}

fn parse(criterion: &mut Criterion, export: &[u8]) {
    let head = export.get(..HEAD.min(export.len())).unwrap_or_default();
    let sniffed = sniff(head, head.len() == export.len(), "crowd.jsonl").expect("a raw export");
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(export.len() as u64));
    group.bench_function("split", |bencher| {
        bencher.iter(|| records(export).fold(0, |sum, (_, record)| sum + record.len()));
    });
    group.bench_function("split and decode", |bencher| {
        let decoder = Decoder::new(&sniffed);
        let mut items = Vec::new();
        bencher.iter(|| {
            for (line, record) in records(export) {
                decoder.decode(line, record, &mut items);
                black_box(&items);
                items.clear();
            }
        });
    });
    // What a parser of the whole that keeps nothing takes: the measure for the one above.
    group.bench_function("serde_json, to nothing", |bencher| {
        bencher.iter(|| {
            for (_, record) in records(export) {
                black_box(serde_json::from_slice::<serde::de::IgnoredAny>(record).expect("JSON"));
            }
        });
    });
    group.finish();
}

/// Each record with its line.
fn records(export: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let mut splitter = Splitter::new(Layout::Lines, 1, LONGEST_RECORD, false);
    std::iter::from_fn(move || {
        let record = splitter.next(export, true)?;
        Some((record.line, export.get(record.start..record.end).unwrap_or_default()))
    })
}
