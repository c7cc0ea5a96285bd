//! Files that are no text: Parquet, archives, SQLite. Whatever their bytes are, an import ends with
//! a report or an error, and what it kept can be read.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use journey::formats::Zone;
use journey::ingest::{self, Flow, Input, Options};
use journey::inspect::Inspector;
use journey::store::Writer;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::driver::{Target, hash};
use crate::samples;

/// Imports a file with these bytes; a number for what came of it.
fn imported(name: &str, content: &[u8], folder: &Path) -> u64 {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    let mut writer = Writer::in_memory().unwrap();
    let options = Options { zone: Zone::Utc, ..Options::default() };
    let answer = match ingest::import(&mut writer, vec![Input::Path(path)], &options, &mut |_| Flow::Continue) {
        Ok(report) => {
            let events: u64 = report.files.iter().map(|file| file.events).sum();
            let rejected: u64 = report.files.iter().map(|file| file.rejected).sum();
            assert_eq!((events, rejected), (report.events, report.rejected), "files add up to the whole");
            let inspector = Inspector::new(writer.into_reader().unwrap());
            let overview = inspector.overview().unwrap();
            assert_eq!(overview.events, events, "the store has what the report says");
            let reasons: Vec<String> = report.failures.iter().map(|failure| words(&failure.to_string())).collect();
            format!("{} {} {} {reasons:?}", events.min(9), rejected.min(9), report.warnings.len())
        }
        Err(error) => words(&error.to_string()),
    };
    hash(answer)
}

/// The beginning of a message without numbers and without the folder.
fn words(text: &str) -> String {
    let text = text.rsplit('/').next().unwrap_or_default();
    text.chars().filter(|c| !c.is_ascii_digit()).take(48).collect()
}

#[test]
fn a_damaged_parquet_file_is_imported_or_refused() {
    let corpus = samples(&[
        "formats/duckdb.parquet",
        "formats/polars.parquet",
        "formats/pyarrow-flat.parquet",
        "formats/pyarrow-groups.parquet",
        "formats/pyarrow-nested.parquet",
        "formats/pyarrow-text.parquet",
        "parquet/counts.parquet",
        "parquet/no-rows.parquet",
        "parquet/other-types.parquet",
        "parquet/types.parquet",
    ]);
    let target = Target { name: "parquet", inputs: 150, longest: 64 << 10, corpus, words: &["PAR1"] };
    let folder = tempfile::tempdir().unwrap();
    target.run(|input| imported("july.parquet", input, folder.path()));
}

/// Archives of two files, packed in each way.
fn archives() -> Vec<Vec<u8>> {
    let names = ["export/race.jsonl", "table/aliases.csv"];
    let files: Vec<(&str, Vec<u8>)> = names.into_iter().zip(samples(&names)).collect();
    let mut archives = Vec::new();
    for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in &files {
            archive.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
            archive.write_all(content).unwrap();
        }
        archives.push(archive.finish().unwrap().into_inner());
    }
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in &files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, &**content).unwrap();
    }
    let plain = archive.into_inner().unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&plain).unwrap();
    archives.push(packed.finish().unwrap());
    archives.push(zstd::encode_all(&*plain, 1).unwrap());
    archives.push(zstd::encode_all(&*files[0].1, 1).unwrap());
    archives.push(plain);
    archives
}

#[test]
fn a_damaged_archive_is_imported_or_refused() {
    let words =
        &["PK\u{3}\u{4}", "PK\u{1}\u{2}", "PK\u{5}\u{6}", "ustar", "\u{1f}\u{8b}", "../", "/etc/passwd", "a.jsonl"];
    let target = Target { name: "archives", inputs: 300, longest: 64 << 10, corpus: archives(), words };
    let folder = tempfile::tempdir().unwrap();
    target.run(|input| imported("july", input, folder.path()));
}

/// A SQLite file of another program.
fn database() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        "CREATE TABLE events (distinct_id TEXT, event TEXT, time INTEGER, properties TEXT, plan TEXT);
         CREATE TABLE aliases (alias TEXT, distinct_id TEXT);
         INSERT INTO events VALUES ('sally', 'View', 1602611311, '{\"a\":1}', 'pro'), (12345, 'Open', 1602611312, NULL, NULL);
         INSERT INTO aliases VALUES ('sally', '12345'), ('tom', NULL);",
    )
    .unwrap();
    drop(db);
    fs::read(path).unwrap()
}

#[test]
fn a_damaged_database_is_imported_or_refused() {
    let words = &["CREATE TABLE events (distinct_id TEXT)", "SQLite format 3\0", "CREATE VIEW events AS SELECT 1"];
    let target = Target { name: "databases", inputs: 150, longest: 64 << 10, corpus: vec![database()], words };
    let folder = tempfile::tempdir().unwrap();
    target.run(|input| imported("other.db", input, folder.path()));
}
