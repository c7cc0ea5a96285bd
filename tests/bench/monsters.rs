//! Exports that no project should have, and how long the whole program takes with them: until the
//! first screen stands, and until `journey show` has written everything, with the most memory that
//! it had. Medians of three; the most memory is Linux' own count, and left out elsewhere.
//!
//! `cargo bench --bench monsters`. `JOURNEY_BENCH_BEFORE=path` names another build of the program:
//! both read stores of their own in turn, and the table has both. `JOURNEY_BENCH_MONSTER=chain`
//! takes one alone.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has to fail")]
#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

#[expect(dead_code, reason = "other benches use the rest")]
mod seeded;
#[expect(dead_code, reason = "other benches use the rest")]
mod terminal;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::terminal::{PROGRAM, Terminal};

/// Times that each is measured.
const TIMES: usize = 3;
/// Milliseconds UTC of the first row.
const START: u64 = 1_561_939_200_000;

/// One export.
struct Monster {
    name: &'static str,
    /// What it has.
    what: &'static str,
    /// The id that is asked for.
    id: &'static str,
    /// Writes it.
    write: fn(&mut Rows) -> std::io::Result<()>,
}

const MONSTERS: &[Monster] = &[
    Monster {
        name: "user",
        what: "2,500,000 rows of one user, two ids, twelve devices",
        id: "big@example.com",
        write: |out| {
            out.call(0, "user-77", "big@example.com")?;
            (1..2_500_000).try_for_each(|n| {
                let id = if n % 3 == 0 { "user-77" } else { "big@example.com" };
                let device = n / 5_000 % 12;
                let name = if n % 2 == 0 { "Page Viewed".to_owned() } else { format!("Event {}", n % 41) };
                out.row(n, &name, id, &format!(r#","$device_id":"device-{device}","plan":"pro","total":{}"#, n % 977))
            })
        },
    },
    Monster {
        name: "undefined",
        what: "1,000,000 rows of `undefined` from 50,000 devices",
        id: "undefined",
        write: |out| {
            (0..1_000_000)
                .try_for_each(|n| out.row(n, "View", "undefined", &format!(r#","$device_id":"device-{}""#, n % 50_000)))
        },
    },
    Monster {
        name: "refused",
        what: "100,000 refused alias calls for one alias",
        id: "mail@example.com",
        write: |out| {
            out.call(0, "root", "mail@example.com")?;
            (1..=100_000).try_for_each(|n| out.call(n, &format!("phone-{n}"), "mail@example.com"))
        },
    },
    Monster {
        name: "chain",
        what: "a chain of 10,000 aliases",
        id: "id-5000",
        write: |out| (0..10_000).try_for_each(|n| out.call(n, &format!("id-{n}"), &format!("id-{}", n + 1))),
    },
    Monster {
        name: "cycle",
        what: "a cycle of 5,000 aliases, the last call of which is refused",
        id: "id-2500",
        write: |out| (0..5_000).try_for_each(|n| out.call(n, &format!("id-{}", (n + 1) % 5_000), &format!("id-{n}"))),
    },
    Monster {
        name: "device",
        what: "10,000 users on one device",
        id: "user5000@example.com",
        write: |out| {
            (0..10_000).try_for_each(|n| {
                let id = format!("user{n}@example.com");
                let from = format!(r#","$device_id":"kiosk","$user_id":"{id}""#);
                out.row(2 * n, "$identify", &id, &format!(r#"{from},"$anon_distinct_id":"$device:kiosk""#))?;
                out.row(2 * n + 1, "View", &id, &from)
            })
        },
    },
    Monster {
        name: "names",
        what: "200,000 rows of 20,000 event names",
        id: "sally",
        write: |out| (0..200_000).try_for_each(|n| out.row(n, &format!("Event number {}", n % 20_000), "sally", "")),
    },
    Monster {
        name: "properties",
        what: "50,000 rows, 10,000 properties on one of them",
        id: "sally",
        write: |out| {
            let mut wide = String::new();
            for property in 0..10_000 {
                let _ = write!(wide, r#","property {property}":{property}"#);
            }
            out.row(0, "Wide", "sally", &wide)?;
            (1..50_000).try_for_each(|n| out.row(n, "View", "sally", &format!(r#","property {}":{n}"#, n * 7 % 10_000)))
        },
    },
];

/// An export that is written.
struct Rows(BufWriter<File>);

impl Rows {
    /// Row `n`, 700 milliseconds after the one before.
    fn row(&mut self, n: u64, event: &str, id: &str, more: &str) -> std::io::Result<()> {
        let time = START + n * 700;
        writeln!(
            self.0,
            r#"{{"event":"{event}","properties":{{"time":{time},"distinct_id":"{id}","$insert_id":"i{n}","mp_processing_time_ms":{},"mp_lib":"web"{more}}}}}"#,
            time + 300,
        )
    }

    /// An alias call.
    fn call(&mut self, n: u64, id: &str, alias: &str) -> std::io::Result<()> {
        self.row(n, "$create_alias", id, &format!(r#","alias":"{alias}""#))
    }
}

/// What was measured of one build, each in its order.
#[derive(Default)]
struct Measured {
    screen: Vec<f64>,
    show: Vec<f64>,
    peak: Vec<f64>,
}

fn main() {
    if !seeded::is_wanted() {
        return;
    }
    let mut builds = vec![PathBuf::from(PROGRAM)];
    builds.extend(std::env::var_os("JOURNEY_BENCH_BEFORE").map(PathBuf::from));
    let only = std::env::var("JOURNEY_BENCH_MONSTER").ok();
    println!("| monster | first screen, ms | `show`, s | peak of it, MiB |");
    println!("|---|---|---|---|");
    for monster in MONSTERS.iter().filter(|monster| only.as_ref().is_none_or(|only| only == monster.name)) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let export = folder.path().join("export.jsonl");
        let mut rows = Rows(BufWriter::new(File::create(&export).expect("a file")));
        (monster.write)(&mut rows).and_then(|()| rows.0.flush()).expect("the disk takes it");
        let store = |build: usize| folder.path().join(format!("{build}.db"));
        for (at, build) in builds.iter().enumerate() {
            let mut import = Command::new(build);
            import.args(["import".as_ref(), export.as_os_str(), "--store".as_ref(), store(at).as_os_str()]);
            assert!(import.stdout(Stdio::null()).status().expect("the program").success(), "{}", monster.name);
        }
        fs::remove_file(&export).expect("it was there");
        let mut measured: Vec<Measured> = builds.iter().map(|_| Measured::default()).collect();
        for _ in 0..TIMES {
            for (at, (build, measured)) in builds.iter().zip(&mut measured).enumerate() {
                let mut terminal = Terminal::start_of(build, &store(at), Some(monster.id));
                measured.screen.push(terminal.wait_for("row 1 of").as_secs_f64() * 1000.0);
                drop(terminal);
                let (time, peak) = show(build, &store(at), monster.id);
                measured.show.push(time.as_secs_f64());
                measured.peak.extend(peak);
            }
        }
        let cells = |of: fn(&Measured) -> &Vec<f64>, digits: usize| {
            let medians: Vec<String> = measured.iter().map(|one| format!("{:.digits$}", median(of(one)))).collect();
            medians.join(", before ")
        };
        let (screen, show, peak) = (cells(|one| &one.screen, 0), cells(|one| &one.show, 2), cells(|one| &one.peak, 0));
        println!("| {} | {screen} | {show} | {peak} |", monster.what);
    }
}

/// How long `journey show` takes until all of it is written into a file, and its peak in MiB.
fn show(build: &Path, store: &Path, id: &str) -> (Duration, Option<f64>) {
    let written = File::create(store.with_extension("txt")).expect("a file");
    let mut command = Command::new(build);
    command.args(["show".as_ref(), "--store".as_ref(), store.as_os_str(), "--".as_ref(), id.as_ref()]);
    let start = Instant::now();
    let mut child = command.stdout(written).spawn().expect("the program");
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = None;
    loop {
        peak = most(&status).or(peak);
        if let Some(end) = child.try_wait().expect("its state") {
            assert!(end.success(), "show {id}: {end}");
            return (start.elapsed(), peak);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// The most memory that a process has had so far.
fn most(status: &Path) -> Option<f64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1024.0)
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
