//! A store that may only be read.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;

use rusqlite::Connection;

use super::*;

/// A folder that may not be written by who runs `command` over what is in it.
struct ReadOnly<'h> {
    home: &'h Home,
    folder: PathBuf,
}

impl<'h> ReadOnly<'h> {
    fn of(home: &'h Home) -> Self {
        let folder = home.path("medium");
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        for file in fs::read_dir(&folder).unwrap() {
            mode(&file.unwrap().path(), 0o444);
        }
        mode(&folder, 0o555);
        // Another user has to come in.
        mode(home.0.path(), 0o755);
        Self { home, folder }
    }

    /// Whom the system lets write everywhere becomes another user; `None` where that cannot be.
    fn command(&self) -> Option<Command> {
        let mut command = if fs::write(self.folder.join("probe"), "").is_err() {
            self.home.command()
        } else {
            fs::remove_file(self.folder.join("probe")).unwrap();
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(cargo_bin!("journey"));
            let can = Command::new(command.get_program()).args(command.get_args()).arg("--version").output();
            if !can.is_ok_and(|output| output.status.success()) {
                return None;
            }
            command
        };
        command.current_dir(self.home.0.path()).env("HOME", "/nonexistent").env("XDG_STATE_HOME", "/nonexistent");
        command.stdin(Stdio::null());
        Some(command)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(&self.folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        let _ = fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o755));
    }
}

/// A store in the folder of the medium, changed by `sql`, with what SQLite leaves next to it when it is killed.
fn store(home: &Home, sql: &str) {
    fs::create_dir(home.path("medium")).unwrap();
    let import = home.run(&["import", sample().to_str().unwrap(), "--store", "s.db", "--timezone", "UTC"]);
    assert_eq!(code(&import), 0, "{}", err(&import));
    let db = Connection::open(home.path("s.db")).unwrap();
    db.execute_batch(sql).unwrap();
    for file in ["s.db", "s.db-wal", "s.db-journal"] {
        if home.path(file).exists() {
            fs::copy(home.path(file), home.path("medium").join(file)).unwrap();
        }
    }
}

#[test]
fn a_store_that_may_only_be_read_answers_in_each_mode() {
    let cases = [
        ("as an import leaves it", "SELECT 1", &["s.db"][..]),
        ("in the mode of the log, without one", "PRAGMA journal_mode = WAL", &["s.db"]),
        (
            "with a log that was left",
            "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; INSERT INTO meta VALUES ('left', 'in the log')",
            &["s.db", "s.db-wal"],
        ),
    ];
    for (what, sql, names) in cases {
        let home = Home::new();
        store(&home, sql);
        let medium = ReadOnly::of(&home);
        let expected = out(&home.run(&["show", "12345", "--store", "s.db"]));
        for arguments in [&["show", "12345"][..], &["search", "sally"], &["sql", "SELECT count(*) FROM events"]] {
            let Some(mut command) = medium.command() else { return };
            let output = command.args(arguments).args(["--store", "medium/s.db"]).output().unwrap();
            assert_eq!(code(&output), 0, "{what} {arguments:?}: {}", err(&output));
            if arguments[0] == "show" {
                assert_eq!(out(&output), expected, "{what}");
            }
        }
        assert_eq!(medium.names(), names, "{what}");
        if what.contains("left") {
            let Some(mut command) = medium.command() else { return };
            let ask = ["sql", "SELECT value FROM meta WHERE key = 'left'", "--store", "medium/s.db", "--format", "csv"];
            assert!(out(&command.args(ask).output().unwrap()).contains("in the log"));
        }
        let Some(mut command) = medium.command() else { return };
        let import = command.args(["import", "-", "--store", "medium/s.db"]).output().unwrap();
        assert_eq!(code(&import), 3, "{what}: {}", err(&import));
        assert!(err(&import).contains("cannot be written"), "{what}: {}", err(&import));
    }
}

#[test]
fn a_database_of_another_program_is_imported_from_where_nothing_can_be_written() {
    let home = Home::new();
    fs::create_dir(home.path("medium")).unwrap();
    let app = home.path("app.db");
    let db = Connection::open(&app).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
         CREATE TABLE events (distinct_id TEXT, event TEXT, time INTEGER, properties TEXT);
         PRAGMA wal_checkpoint(TRUNCATE);
         INSERT INTO events VALUES ('a', 'View', 1562000000, '{}'), ('a', 'Buy', 1562000060, '{}');",
    )
    .unwrap();
    for file in ["app.db", "app.db-wal"] {
        fs::copy(home.path(file), home.path("medium").join(file)).unwrap();
    }
    let medium = ReadOnly::of(&home);
    let Some(mut command) = medium.command() else { return };
    fs::create_dir(home.path("stores")).unwrap();
    fs::set_permissions(home.path("stores"), fs::Permissions::from_mode(0o777)).unwrap();
    let arguments = ["import", "medium/app.db", "--store", "stores/s.db", "--timezone", "UTC", "--format", "json"];
    let output = command.args(arguments).output().unwrap();
    assert_eq!(code(&output), 0, "{}", err(&output));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["events"], 2, "{printed}");
    assert_eq!(medium.names(), ["app.db", "app.db-wal"]);
}
