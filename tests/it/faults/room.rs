//! Media: no room, nothing that may be written, locks.

use super::*;

#[test]
fn an_import_that_may_not_write_a_longer_file_says_so_and_is_finished_later() {
    let place = Place::with_export();
    place.succeed(&IMPORT);
    let clean = content(&place.at("s.db"));
    let kibibytes = place.at("s.db").metadata().unwrap().len() / 1024;
    let mut numbers = Numbers(0xF011);
    let mut full = 0;
    for _ in 0..times() {
        place.remove_store();
        let script = format!("ulimit -f {}; exec \"$0\" \"$@\"", numbers.below(kibibytes));
        let mut command = Command::new("sh");
        command.args(["-c", &script]).arg(cargo_bin!("journey")).args(IMPORT);
        let output = command.current_dir(place.0.path()).env("HOME", place.0.path()).output().unwrap();
        full += usize::from(is_told(&output));
        place.finish(&IMPORT, &clean);
    }
    tell("the longest file that is allowed", full);
}

/// Whether an import had no room, which it then says.
fn is_told(output: &Output) -> bool {
    assert!(ended_well(output.status), "{output:?}");
    if output.status.success() {
        return false;
    }
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{printed}");
    assert!(printed.contains("cannot be written") || printed.contains("no room"), "{printed}");
    true
}

/// A small file system in memory, below a folder of its own.
struct Medium(TempDir);

impl Medium {
    /// `None` where this process may not make one, which the test says.
    fn new(kibibytes: u64) -> Option<Self> {
        let medium = Self(TempDir::new().unwrap());
        let options = format!("size={kibibytes}k,mode=777");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(medium.0.path());
        let made = mount.output().is_ok_and(|output| output.status.success());
        if !made {
            let mut out = std::io::stdout().lock();
            out.write_all(b"skipped: a full disk and a read-only one, for which a file system has to be mounted\n")
                .unwrap();
        }
        made.then_some(medium)
    }

    fn again(&self, options: &str) {
        let mut mount = Command::new("mount");
        mount.args(["-o", &format!("remount,{options}")]).arg(self.0.path());
        let output = mount.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    fn store(&self) -> String {
        self.0.path().join("s.db").to_str().unwrap().to_owned()
    }

    fn clear(&self) {
        for end in ["", "-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(format!("{}{end}", self.store()));
        }
    }
}

impl Drop for Medium {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

#[test]
fn an_import_on_a_full_disk_says_so_and_is_finished_when_there_is_room() {
    let place = Place::with_export();
    place.succeed(&IMPORT);
    let clean = content(&place.at("s.db"));
    let kibibytes = place.at("s.db").metadata().unwrap().len() / 1024;
    let Some(medium) = Medium::new(kibibytes) else { return };
    let store = medium.store();
    let import = ["import", "parts", "--timezone", "UTC", "--store", &store];
    let mut numbers = Numbers(0xD15C);
    let mut full = 0;
    for _ in 0..times() {
        medium.clear();
        medium.again(&format!("size={}k", 64 + numbers.below(kibibytes)));
        full += usize::from(is_told(&place.run(&import)));
        // What is there can be asked also where nothing fits in next to it.
        if Path::new(&store).metadata().is_ok_and(|meta| meta.len() > 0) {
            let asked = place.run(&["sql", "SELECT count(*) FROM events", "--store", &store]);
            assert!(ended_well(asked.status), "{asked:?}");
        }
        medium.again(&format!("size={}k", kibibytes * 4));
        place.succeed(&import);
        assert_eq!(content(Path::new(&store)), clean);
    }
    tell("a full disk", full);
}

#[test]
fn a_store_on_a_read_only_disk_answers_and_takes_nothing() {
    let place = sampled();
    let expected: Vec<Output> = place.ask();
    let Some(medium) = Medium::new(8192) else { return };
    let store = medium.store();
    fs::copy(place.at("s.db"), &store).unwrap();
    let before = fs::read(&store).unwrap();
    medium.again("ro");
    let there = Place::new();
    std::os::unix::fs::symlink(&store, there.at("s.db")).unwrap();
    for _ in 0..times() {
        for (answer, expected) in there.ask().iter().zip(&expected) {
            assert_eq!(answer.stdout, expected.stdout);
        }
        let refused = there.run(&["import", "-", "--store", "s.db"]);
        assert!(matches!(refused.status.code(), Some(2 | 3)), "{refused:?}");
        assert_eq!(fs::read(&store).unwrap(), before);
    }
    medium.again("rw");
    tell("a read-only disk", times());
}

#[test]
fn a_store_that_another_program_locks_says_so_and_answers_afterwards() {
    let place = sampled();
    let expected = place.ask();
    for _ in 0..times().min(10) {
        let other = Connection::open(place.at("s.db")).unwrap();
        other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
        for answer in place.ask() {
            assert_eq!(answer.status.code(), Some(3), "{answer:?}");
            assert!(String::from_utf8_lossy(&answer.stderr).contains("is locked by another process"));
        }
        drop(other);
        for (answer, expected) in place.ask().iter().zip(&expected) {
            assert_eq!(answer.stdout, expected.stdout);
        }
    }
    tell("a lock of another program", times().min(10));
}

#[test]
fn an_import_that_waits_for_a_lock_hears_who_wants_it_to_stop() {
    let place = sampled();
    let other = Connection::open(place.at("s.db")).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    fs::write(place.at("a.csv"), "alias,distinct_id\na,b\n").unwrap();
    let mut import = place.command(&["import", "a.csv", "--store", "s.db"]).spawn().unwrap();
    let mut asked = 0;
    // Again and again, because it may not listen yet; the second signal would end it on the spot.
    let status = loop {
        thread::sleep(Duration::from_millis(300));
        if let Some(status) = import.try_wait().unwrap() {
            break status;
        }
        asked += 1;
        assert!(asked <= 2, "it waits for the lock and hears nothing");
        if asked == 1 {
            assert!(Command::new("kill").args(["-INT", &import.id().to_string()]).status().unwrap().success());
        }
    };
    // By the signal where it did not listen yet.
    assert!(matches!(status.code(), Some(130) | None), "{status:?}");
}
