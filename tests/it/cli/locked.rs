//! A store that another program keeps for itself.

use rusqlite::Connection;

use super::{Home, code, err};

#[test]
fn a_locked_store_is_reported_with_its_path_and_what_to_do() {
    let home = Home::with_sample();
    let path = home.path("data/journey/journey.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let output = home.run(&["search", "sally"]);
    assert_eq!(code(&output), 3);
    let printed = err(&output);
    assert!(printed.contains("journey.db is locked by another process") && printed.contains("wait until"), "{printed}");
    assert!(output.stdout.is_empty());
    drop(other);
    assert_eq!(code(&home.run(&["search", "sally"])), 0);
}
