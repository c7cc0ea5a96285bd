//! The store from outside: what goes in comes back, whatever the order, and broken files are
//! named.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod broken;
mod facts;
mod foreign;
mod life;
mod media;
mod questions;
mod search;
mod upgrade;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use journey::model::facts::{AliasCall, Event, Link};
use journey::model::{Client, Flags, Id, LinkKind, Profile, Reject, Row, Verb};
use journey::store::foreign::Foreign;
use journey::store::{
    Arrived, Chunk, Error, FileId, FileInfo, Match, Reader, SCHEMA_VERSION, Seek, Segment, Span, TableAlias, Writer,
};
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
    let info =
        FileInfo { name: name.into(), format: "raw export".into(), timezone: "UTC".into(), vendor: "Mixpanel".into() };
    store.begin_file(&info).unwrap()
}

/// A chunk with other content before it than any other.
fn chunk(file: FileId, rows: Vec<Row>) -> Chunk {
    static PREV: AtomicU64 = AtomicU64::new(1000);
    let rows: Vec<_> = rows.into_iter().map(|row| Arrived { arrived: row.arrival.unwrap_or(row.time), row }).collect();
    let segment = Segment::of(&rows).unwrap();
    let (prev, lines) = (PREV.fetch_add(1, Ordering::Relaxed), rows.len() as u64);
    Chunk { file, prev, hash: 77, bytes: 100, first_line: 1, lines, segment, ..Chunk::default() }
}

/// A store in memory with these files, each of one chunk.
fn store_of(files: &[(&str, Vec<Row>)]) -> Reader {
    let mut store = Writer::in_memory().unwrap();
    for (name, rows) in files {
        let file = begin(&mut store, name);
        store.append(&chunk(file, rows.clone())).unwrap();
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
        store.append(&chunk).unwrap();
    }
    store.finish_file(file, true).unwrap();
    store.finish().unwrap();
    (folder, path)
}

fn times(events: &[Arc<Event>]) -> Vec<i64> {
    events.iter().map(|event| event.time).collect()
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
