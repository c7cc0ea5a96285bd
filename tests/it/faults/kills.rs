//! `kill -9` of processes at work.

use super::*;

use journey::formats::Zone;
use journey::ingest::{self, Flow, Input, Options};
use journey::store::Writer;

/// Kills at random moments of `long` microseconds until a process was at work as often as the
/// fault is to come. `kill` is asked to do it, says whether one was, and looks at what is left.
fn each_kill(
    fault: &str,
    seed: u64,
    times: usize,
    long: u64,
    mut kill: impl FnMut(&mut Numbers, u64) -> bool,
) -> usize {
    let mut numbers = Numbers(seed);
    let (mut hits, mut tries) = (0, 0);
    while hits < times {
        assert!(tries < 20 + times * 5, "{fault}: of {tries} processes only {hits} were at work when they were killed");
        tries += 1;
        let after = numbers.below(long);
        hits += usize::from(kill(&mut numbers, after));
    }
    hits
}

#[test]
fn an_import_that_is_killed_anywhere_loses_and_doubles_nothing() {
    let place = Place::with_export();
    let long = duration(|| place.succeed(&IMPORT));
    let clean = content(&place.at("s.db"));
    let fault = "kill -9 of an import";
    let hits = each_kill(fault, 0x1157, times(), long, |numbers, after| {
        place.remove_store();
        let was_at_work = place.kill(&IMPORT, after);
        if numbers.below(4) == 0 {
            // Again while it goes on.
            place.kill(&IMPORT, numbers.below(long));
        }
        if place.at("s.db").exists() {
            place.ask();
        }
        place.finish(&IMPORT, &clean);
        was_at_work
    });
    tell(fault, hits);
}

#[test]
fn an_upgrade_that_is_killed_anywhere_loses_nothing() {
    let place = Place::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/variants/crlf.jsonl");
    let import = ["import", sample.to_str().unwrap(), "--store", "s.db"];
    let stores: [&[u8]; 6] = [
        include_bytes!("../../data/stores/v1.db.zst"),
        include_bytes!("../../data/stores/v2.db.zst"),
        include_bytes!("../../data/stores/v3-doubled.db.zst"),
        include_bytes!("../../data/stores/v4.db.zst"),
        include_bytes!("../../data/stores/v5.db.zst"),
        include_bytes!("../../data/stores/v6.db.zst"),
    ];
    let fault = "kill -9 of an upgrade";
    let mut hits = 0;
    for (packed, seed) in stores.into_iter().zip(0x0413..) {
        let old = zstd::decode_all(packed).unwrap();
        let renew = || {
            place.remove_store();
            fs::write(place.at("s.db"), &old).unwrap();
        };
        renew();
        let long = duration(|| place.succeed(&import));
        let clean = content(&place.at("s.db"));
        hits += each_kill(fault, seed, times().div_ceil(6), long, |_, after| {
            renew();
            let was_at_work = place.kill(&import, after);
            place.finish(&import, &clean);
            was_at_work
        });
    }
    tell(fault, hits);
}

#[test]
fn an_upgrade_that_is_stopped_anywhere_loses_nothing_and_says_so() {
    let place = Place::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/variants/crlf.jsonl");
    let import = ["import", sample.to_str().unwrap(), "--store", "s.db"];
    let old = zstd::decode_all(&include_bytes!("../../data/stores/v1.db.zst")[..]).unwrap();
    let renew = || {
        place.remove_store();
        fs::write(place.at("s.db"), &old).unwrap();
    };
    renew();
    let long = duration(|| place.succeed(&import));
    let clean = content(&place.at("s.db"));
    let fault = "SIGINT in an upgrade";
    let hits = each_kill(fault, 0x5161, times(), long, |_, after| {
        renew();
        let child = place.command(&import).spawn().unwrap();
        thread::sleep(Duration::from_micros(after));
        let id = rustix::process::Pid::from_child(&child);
        let is_sent = rustix::process::kill_process(id, rustix::process::Signal::INT).is_ok();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        // Before it listens for signals, one ends it as any program.
        let is_stopped = output.status.code() == Some(130) && said.contains("stopped");
        assert!(output.status.success() || is_stopped || said.is_empty(), "{output:?}");
        place.finish(&import, &clean);
        is_sent && is_stopped
    });
    tell(fault, hits);
}

#[test]
fn two_imports_at_once_lose_and_double_nothing_also_when_one_is_killed() {
    let place = Place::with_export();
    let long = duration(|| place.succeed(&IMPORT));
    let clean = content(&place.at("s.db"));
    let fault = "kill -9 of one of two imports at once";
    let mut whole = 0;
    let hits = each_kill(fault, 0x2222, times(), long, |numbers, after| {
        place.remove_store();
        let other = place.command(&IMPORT).spawn().unwrap();
        thread::sleep(Duration::from_micros(numbers.below(long / 2)));
        let was_at_work = if numbers.below(4) == 0 {
            place.succeed(&IMPORT);
            whole += 1;
            false
        } else {
            place.kill(&IMPORT, after)
        };
        let other = other.wait_with_output().unwrap();
        assert!(other.status.success(), "{other:?}");
        place.finish(&IMPORT, &clean);
        was_at_work
    });
    tell(fault, hits);
    tell("two imports at once, both to their end", whole);
}

#[test]
fn a_log_that_a_killed_import_left_is_part_of_the_store_wherever_both_are() {
    let place = Place::with_export();
    place.succeed(&IMPORT);
    let (clean, expected) = (content(&place.at("s.db")), place.ask());
    for _ in 0..times().min(10) {
        // All that was committed is in the log, and nothing of it in the file.
        let import = Place::with_export();
        let mut writer = Writer::open(&import.at("s.db")).unwrap();
        let options = Options { zone: Zone::parse("UTC").unwrap(), ..Options::default() };
        let parts = vec![Input::Path(import.at("parts"))];
        ingest::import(&mut writer, parts, &options, &mut |_| Flow::Continue).unwrap();
        let left = ["s.db", "s.db-wal"].map(|name| (name, fs::read(import.at(name)).unwrap()));
        drop(writer);
        assert!(left[1].1.len() > 100_000);
        let leave = || {
            place.remove_store();
            for (name, content) in &left {
                fs::write(place.at(name), content).unwrap();
            }
        };
        leave();
        // By a link from elsewhere, too, and where nothing may be made next to it.
        let link = Place::new();
        std::os::unix::fs::symlink(place.at("s.db"), link.at("s.db")).unwrap();
        let doctor = link.run(&["doctor", "s.db", "--format", "json"]);
        assert!(String::from_utf8_lossy(&doctor.stdout).contains("leftover-wal"), "{doctor:?}");
        assert!(String::from_utf8_lossy(&doctor.stdout).contains("\"events\":3000"), "{doctor:?}");
        for (answer, expected) in link.ask().iter().zip(&expected) {
            assert_eq!(answer.stdout, expected.stdout);
        }
        assert!(!place.at("s.db-wal").exists(), "a reader leaves one file");
        leave();
        for (answer, expected) in place.ask().iter().zip(&expected) {
            assert_eq!(answer.stdout, expected.stdout);
        }
        place.finish(&IMPORT, &clean);
    }
    tell("a log left next to the store", times().min(10));
}

#[test]
fn a_file_that_grows_between_two_imports_at_once_is_stored_once() {
    const ONE_FILE: [&str; 6] = ["import", "e.jsonl", "--timezone", "UTC", "--store", "s.db"];
    let place = Place::with_export();
    place.succeed(&ONE_FILE);
    // Where its pieces end depends on when it grew.
    let rows_of = |content: Vec<(&'static str, u64, u64)>| -> Vec<_> {
        let is_of_rows = |sql: &str| !["chunks", "blocks", "value_parts"].iter().any(|table| sql.contains(table));
        content.into_iter().filter(|(sql, ..)| is_of_rows(sql)).collect()
    };
    let clean = rows_of(content(&place.at("s.db")));
    let whole = fs::read(place.at("e.jsonl")).unwrap();
    let long = duration(|| drop(place.run(&ONE_FILE)));
    let mut numbers = Numbers(0x6704);
    for _ in 0..times() {
        place.remove_store();
        let cut = usize::try_from(numbers.below(whole.len() as u64)).unwrap();
        let cut = whole[..cut].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        fs::write(place.at("e.jsonl"), &whole[..cut]).unwrap();
        let first = place.command(&ONE_FILE).spawn().unwrap();
        thread::sleep(Duration::from_micros(numbers.below(long)));
        let mut file = fs::OpenOptions::new().append(true).open(place.at("e.jsonl")).unwrap();
        file.write_all(&whole[cut..]).unwrap();
        drop(file);
        let second = place.run(&ONE_FILE);
        let first = first.wait_with_output().unwrap();
        assert!(second.status.success(), "{second:?}");
        // An export of no rows is no export.
        assert!(first.status.success() || cut == 0, "{first:?}");
        place.succeed(&ONE_FILE);
        assert_eq!(rows_of(content(&place.at("s.db"))), clean, "cut at {cut}");
    }
    tell("a file that grows between two imports at once", times());
}
