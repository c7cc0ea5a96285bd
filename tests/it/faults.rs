//! Faults around a store: the real process is killed, runs out of room, meets damage.
//!
//! Each fault comes at moments and places of a seeded order. Then the work is finished, and all
//! tables have to be those of a store that met no fault; and no question has another answer than
//! that of a whole store, but an error. `JOURNEY_FAULTS=200` says how often each fault comes, and
//! has a line about each written to the standard output: a process that was killed after its work
//! does not count.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod damage;
mod kills;
mod room;

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use rusqlite::Connection;
use tempfile::TempDir;

/// How often each fault comes, unless the environment says so.
const TIMES: usize = 2;

/// Rows of the export.
const ROWS: &str = "3000";

fn times() -> usize {
    env::var("JOURNEY_FAULTS").ok().and_then(|times| times.parse().ok()).unwrap_or(TIMES)
}

/// A line about a fault, where a number of them was asked for.
fn tell(fault: &str, times: usize) {
    if env::var_os("JOURNEY_FAULTS").is_some() {
        let mut out = std::io::stdout().lock();
        out.write_all(format!("{fault}: {times} times\n").as_bytes()).unwrap();
    }
}

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end.max(1)
    }
}

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// With an export to import, as one file and in parts that are read one after the other.
    fn with_export() -> Self {
        let place = Self::new();
        let export = place.run(&["generate", "export", "--rows", ROWS, "--seed", "7"]).stdout;
        fs::write(place.at("e.jsonl"), &export).unwrap();
        fs::create_dir(place.at("parts")).unwrap();
        let rows: Vec<&[u8]> = export.split_inclusive(|byte| *byte == b'\n').collect();
        for (part, rows) in rows.chunks(800).enumerate() {
            fs::write(place.at(&format!("parts/{part}.jsonl")), rows.concat()).unwrap();
        }
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin!("journey"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command.env_remove("JOURNEY_STORE").env_remove("JOURNEY_CONFIG").env("HOME", self.0.path());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs what has to succeed.
    fn succeed(&self, arguments: &[&str]) {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn remove_store(&self) {
        for end in ["", "-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(self.at(&format!("s.db{end}")));
        }
    }

    /// Kills a command after so many microseconds; whether it was at work then.
    fn kill(&self, arguments: &[&str], after: u64) -> bool {
        let mut child = self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_micros(after));
        child.kill().unwrap();
        !child.wait().unwrap().success()
    }

    /// Imports again, and compares all tables with those of a clean import.
    fn finish(&self, import: &[&str], clean: &[(&'static str, u64, u64)]) {
        self.succeed(import);
        assert_eq!(content(&self.at("s.db")), clean);
    }

    /// What people ask of a store.
    fn ask(&self) -> Vec<Output> {
        [
            &["show", "12345", "--store", "s.db", "--format", "json"][..],
            &["search", "12345", "--store", "s.db", "--format", "json"],
            &["sql", "SELECT count(*), max(time) FROM events", "--store", "s.db", "--format", "json"],
        ]
        .into_iter()
        .map(|arguments| {
            let output = self.run(arguments);
            assert!(ended_well(output.status), "{arguments:?}: {output:?}");
            output
        })
        .collect()
    }
}

const IMPORT: [&str; 6] = ["import", "parts", "--timezone", "UTC", "--store", "s.db"];

/// What each table holds, without the numbers that a store gives to things: how many rows, and
/// their hash.
fn content(path: &Path) -> Vec<(&'static str, u64, u64)> {
    let db = Connection::open(path).unwrap();
    [
        "SELECT distinct_id, event, time, arrived, device_id, user_id, other_id, client, file, line, flags FROM events
         ORDER BY 9, 10, 1, 2, 3",
        "SELECT alias, distinct_id, time, arrived, file, line FROM aliases ORDER BY 5, 6, 1, 2",
        "SELECT a.name, kind, b.name, rows, t, arrived, f.name, line FROM links JOIN ids a ON a.id = a
         JOIN ids b ON b.id = b JOIN files f ON f.id = file ORDER BY 1, 2, 3",
        "SELECT i.name, sum(n), min(t0), max(t1) FROM runs JOIN ids i ON i.id = uid GROUP BY uid ORDER BY 1",
        "SELECT f.name, prev, hash, events, rejected, complete FROM chunks JOIN files f ON f.id = file ORDER BY 1, 2, 3",
        "SELECT f.name, line, reason, text FROM rejects JOIN files f ON f.id = file ORDER BY 1, 2, 3, 4",
        "SELECT operation, json, f.name, line FROM profiles JOIN files f ON f.id = file ORDER BY 3, 4, 2",
        "SELECT n, bytes FROM blocks ORDER BY 1, 2",
        "SELECT c.hash, i.blocks, i.buckets, i.open FROM chunks c LEFT JOIN value_indexes i ON i.seg = c.id ORDER BY 1",
        "SELECT z FROM value_parts ORDER BY 1",
        "SELECT name FROM ids ORDER BY 1",
        "SELECT name FROM files ORDER BY 1",
        "SELECT integrity_check FROM pragma_integrity_check",
    ]
    .into_iter()
    .map(|sql| {
        let mut select = db.prepare(sql).unwrap();
        let columns = select.column_count();
        let (mut rows, mut text) = (0, String::new());
        let mut found = select.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            rows += 1;
            for column in 0..columns {
                text.extend([format!("{:?}", row.get_ref(column).unwrap()), "\0".to_owned()]);
            }
        }
        (sql, rows, xxhash_rust::xxh3::xxh3_64(text.as_bytes()))
    })
    .collect()
}

/// Whether a process ended as it says that it can: done, nothing found, wrong use, or a store that
/// cannot be used; never by a signal or a mistake of its own.
fn ended_well(status: ExitStatus) -> bool {
    matches!(status.code(), Some(0..=3))
}

/// How many microseconds a command takes.
fn duration(work: impl FnOnce()) -> u64 {
    let begun = Instant::now();
    work();
    u64::try_from(begun.elapsed().as_micros()).unwrap()
}

/// A small store with many kinds of rows, in `s.db`.
fn sampled() -> Place {
    let place = Place::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let files = ["captures/export", "engage/second_device.jsonl", "table/aliases.csv", "variants/crlf.jsonl"];
    let files = files.map(|file| data.join(file).to_str().unwrap().to_owned());
    let mut import = vec!["import"];
    import.extend(files.iter().map(String::as_str));
    import.extend(["--store", "s.db", "--timezone", "UTC"]);
    place.succeed(&import);
    place
}
