//! How long it takes from a file on disk to a store on disk.
//!
//! `JOURNEY_BENCH_ROWS=1000000 cargo bench --bench import`
//!
//! The file itself, for other programs: `cargo bench --bench import -- --generate FILE`

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has to fail")]

mod seeded;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use criterion::{BatchSize, Criterion, Throughput};
use flate2::Compression;
use flate2::write::GzEncoder;
use journey::ingest::{self, Flow, Input, Options};
use journey::store::Writer;
use tempfile::TempDir;

fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--generate").skip(1);
    if let Some(path) = arguments.next() {
        let mut file = File::create(path).expect("a file to write");
        seeded::crowd().write(&mut file).expect("room for the export");
    } else if seeded::is_wanted() {
        let mut criterion = Criterion::default().sample_size(10).configure_from_args();
        import(&mut criterion);
        criterion.final_summary();
    }
}

fn import(criterion: &mut Criterion) {
    let folder = TempDir::new().expect("a temporary folder");
    let export = seeded::export();
    let plain = folder.path().join("crowd.jsonl");
    fs::write(&plain, &export).expect("room for the export");
    let packed = folder.path().join("crowd.jsonl.gz");
    let mut encoder = GzEncoder::new(File::create(&packed).expect("a file"), Compression::new(6));
    encoder.write_all(&export).and_then(|()| encoder.finish().map(drop)).expect("room for the packed export");

    let mut group = criterion.benchmark_group("import");
    group.throughput(Throughput::Bytes(export.len() as u64));
    for (name, file) in [("plain", &plain), ("gzip", &packed)] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || store(folder.path()),
                |(place, path)| {
                    read(file, &path);
                    // Not deleted within the time measured.
                    place
                },
                BatchSize::PerIteration,
            );
        });
    }
    // A second time nothing is stored, and every chunk is recognised.
    group.bench_function("again", |bencher| {
        let (_place, path) = store(folder.path());
        read(&plain, &path);
        bencher.iter(|| read(&plain, &path));
    });
    group.finish();
}

/// A place for a new store.
fn store(folder: &Path) -> (TempDir, PathBuf) {
    let place = TempDir::new_in(folder).expect("a temporary folder");
    let path = place.path().join("journey.db");
    (place, path)
}

/// Imports `file` into the store at `path` and closes it.
fn read(file: &Path, path: &Path) {
    let mut writer = Writer::open(path).expect("the store opens");
    let input = Input::Path(file.to_owned());
    ingest::import(&mut writer, vec![input], &Options::default(), &mut |_| Flow::Continue).expect("an import");
    writer.finish().expect("the store closes");
}
