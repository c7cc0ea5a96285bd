//! How long the whole program takes until a person sees an answer: started in a terminal of its
//! own, with a store that is there. Medians of many starts; the cold ones begin with a store that
//! the system has dropped from its memory (by GNU `dd`; elsewhere they are left out).
//!
//! `JOURNEY_BENCH_ROWS=1000000 cargo bench --bench opening`, or with a store of one's own of the
//! crowd (`journey generate export`): `JOURNEY_BENCH_STORE=crowd.db cargo bench --bench opening`.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has to fail")]
#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

mod seeded;
#[expect(dead_code, reason = "other benches use the rest")]
mod stored;
#[expect(dead_code, reason = "other benches use the rest")]
mod terminal;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use journey::sim::crowd::{Crowd, FIFTY, HUNDRED_THOUSAND};

use crate::stored::Stored;
use crate::terminal::Terminal;

/// Starts of each kind.
const STARTS: usize = 15;

fn main() {
    if !seeded::is_wanted() {
        return;
    }
    let given = std::env::var_os("JOURNEY_BENCH_STORE").map(PathBuf::from);
    let filled = given.is_none().then(Stored::fill);
    let store = given.or_else(|| filled.as_ref().map(|filled| filled.path.clone())).expect("a store");
    println!("| {STARTS} starts each, medians, ms | alone | during an import into the store | ratio |");
    println!("|---|---|---|---|");
    let kinds: [(&str, Option<&str>, &str); 4] = [
        ("start to first frame", None, "journey"),
        ("start to the figures of the store", None, " rows · "),
        ("start to the journey of a user with 50 rows", Some(FIFTY), "row 1 of"),
        ("start to the first screen of 100,000 rows", Some(HUNDRED_THOUSAND), "row 1 of"),
    ];
    // In turn, so that what else the machine does falls on both.
    let alone: Vec<Vec<f64>> = kinds.iter().map(|(_, id, text)| starts(&store, *id, text, false)).collect();
    let cold: Vec<Vec<f64>> = kinds.iter().map(|(_, id, text)| starts(&store, *id, text, true)).collect();
    let during = during(&store, &kinds);
    for (((name, ..), alone), during) in kinds.iter().zip(&alone).zip(&during) {
        let (alone, during) = (median(alone), median(during));
        println!("| {name} | {alone:.1} | {during:.1} | {:.2}× |", during / alone);
    }
    for ((name, ..), cold) in kinds.iter().zip(&cold) {
        if !cold.is_empty() {
            println!("| {name}, cold | {:.1} | | |", median(cold));
        }
    }
    filtered(&store);
}

/// From the key that sets a filter over properties to the screen with the rows that are left.
fn filtered(store: &Path) {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let mut terminal = Terminal::start(store, Some(HUNDRED_THOUSAND));
        terminal.wait_for("row 1 of 100,");
        // A text in one piece: the rows are gone through once, not for each letter.
        terminal.press("&");
        terminal.wait_for("filter");
        let start = Instant::now();
        terminal.press("\x1b[200~plan=no-such-plan\x1b[201~\r");
        // Not the count above the rows: on its way it says "10,000 of 100,000".
        terminal.wait_for("row 0 of 0");
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    println!("| a filter over a property of 100,000 rows, key to screen | {:.1} | | |", median(&times));
}

fn starts(store: &Path, id: Option<&str>, text: &str, cold: bool) -> Vec<f64> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        if cold && !forget(store) {
            return Vec::new();
        }
        let mut terminal = Terminal::start(store, id);
        times.push(terminal.wait_for(text).as_secs_f64() * 1000.0);
    }
    times
}

/// Has the system drop the file from its memory; `false` where that cannot be asked for.
fn forget(store: &Path) -> bool {
    let of = format!("of={}", store.display());
    let mut dd = Command::new("dd");
    dd.args([&of, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"]).stdout(Stdio::null()).stderr(Stdio::null());
    dd.status().is_ok_and(|status| status.success())
}

/// The same starts while another crowd is imported into a copy of the store, which is opened.
fn during(store: &Path, kinds: &[(&str, Option<&str>, &str)]) -> Vec<Vec<f64>> {
    let folder = tempfile::tempdir_in(store.parent().expect("a folder")).expect("a temporary folder");
    let (copy, export) = (folder.path().join("copy.db"), folder.path().join("more.jsonl"));
    let other = Crowd { seed: seeded::crowd().seed + 1, rows: seeded::crowd().rows.max(2_000_000) };
    let mut file = std::io::BufWriter::new(std::fs::File::create(&export).expect("a file"));
    other.write(&mut file).expect("the file takes it");
    drop(file);
    let mut times = vec![Vec::new(); kinds.len()];
    while times.iter().any(|times| times.len() < STARTS) {
        std::fs::copy(store, &copy).expect("a copy");
        // In a terminal of its own, as a person would: Linux shares the processor among terminals.
        let import = ["import".as_ref(), export.as_os_str(), "--store".as_ref(), copy.as_os_str()];
        let mut import = Terminal::run(&import);
        'runs: loop {
            for ((_, id, text), times) in kinds.iter().zip(&mut times) {
                let mut terminal = Terminal::start(&copy, *id);
                let time = terminal.wait_for(text);
                if import.child.try_wait().expect("its state").is_some() {
                    break 'runs;
                }
                times.push(time.as_secs_f64() * 1000.0);
            }
        }
        for name in ["copy.db", "copy.db-wal", "copy.db-shm"] {
            let _ = std::fs::remove_file(folder.path().join(name));
        }
    }
    times
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
