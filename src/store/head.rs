//! What SQLite says of a file by its head.

use rusqlite::Connection;

/// Has SQLite look at the file and at what was left next to it.
pub(super) fn looked_at(db: &Connection) -> rusqlite::Result<()> {
    db.query_row("PRAGMA schema_version", [], |_| Ok(()))
}

/// Version of the store, 0 for an empty file.
pub(super) fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}
