//! The tables, and how an older store becomes a newer one.
//!
//! Each version has its SQL, and where rows move from one shape to another, a step in Rust. From
//! one version to the next is one transaction: a store is of the old version or of the new one,
//! whenever the program is killed. What an older store needed and a newer one does not is free
//! space in its file, which later imports fill.

pub(super) mod doubled;
pub(super) mod five;
mod four;
pub(super) mod seven;
mod three;
mod two;

use rusqlite::{Connection, TransactionBehavior};

use super::head::version;
use super::{Upgrade, number, pages};

/// `application_id` of a store: "jrny".
pub(super) const APPLICATION_ID: i64 = 0x6a72_6e79;

/// `application_id` of a plain copy: "jrnc".
pub(super) const COPY_ID: i64 = 0x6a72_6e63;

/// Number of the newest version, which is also `user_version`.
pub(super) const VERSION: i64 = 7;

/// What brings a store of one version to the next, in one transaction.
///
/// A migration that was released is never changed.
struct Migration {
    sql: &'static str,
    /// Moves rows from the old shape to the new one after `sql`; `false` when it has to stop.
    moves: Option<Move>,
}

/// Moves rows, telling how far it is.
type Move = fn(&Connection, &mut dyn FnMut(u64, u64) -> bool) -> rusqlite::Result<bool>;

/// What brings a store of version `n` to `n + 1`.
const MIGRATIONS: [Migration; 7] = [
    Migration { sql: V1, moves: None },
    Migration { sql: two::SQL, moves: Some(two::move_rows) },
    Migration { sql: three::SQL, moves: Some(three::move_heads) },
    Migration { sql: four::SQL, moves: Some(four::remove_doubled) },
    Migration { sql: five::SQL, moves: Some(five::add_verbs) },
    // Version 6: all pages have sums, which [`pages::renew`] gives them before.
    Migration { sql: "", moves: Some(tell_all) },
    Migration { sql: seven::SQL, moves: Some(tell_all) },
];

/// The first version of which all pages have sums.
pub(super) const WITH_SUMS: i64 = 6;

/// Brings the store to [`VERSION`]; `false` when `tell` wanted it to stop, and then the store is
/// of the version that it was of last.
///
/// Another process may be doing the same: the version is read again under the lock.
pub(super) fn migrate(db: &mut Connection, tell: &mut dyn FnMut(&Upgrade) -> bool) -> rusqlite::Result<bool> {
    while version(db)? < VERSION {
        if version(db)? == WITH_SUMS - 1 && !give_sums(db, tell)? {
            return Ok(false);
        }
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = version(&step)?;
        // No one finds a new store half made.
        let to = if found == 0 { VERSION } else { found + 1 };
        for from in found..to {
            let Some(Migration { sql, moves }) = usize::try_from(from).ok().and_then(|from| MIGRATIONS.get(from))
            else {
                continue;
            };
            step.execute_batch(sql)?;
            if let Some(moves) = moves
                && !moves(&step, &mut |done, total| tell(&Upgrade { from, to: from + 1, done, total }))?
            {
                return Ok(false);
            }
            step.pragma_update(None, "application_id", APPLICATION_ID)?;
            step.pragma_update(None, "user_version", from + 1)?;
        }
        step.commit()?;
    }
    // Also a copy that another program made.
    give_sums(db, tell)
}

/// Gives all pages their sums where they have none; `false` when `tell` wanted it to stop.
fn give_sums(db: &mut Connection, tell: &mut dyn FnMut(&Upgrade) -> bool) -> rusqlite::Result<bool> {
    if pages::state(db)? == pages::State::Compared {
        return Ok(true);
    }
    let total = db.query_row("SELECT coalesce(sum(events), 0) FROM chunks", [], |row| row.get(0))?;
    let upgrade = Upgrade { from: version(db)?, to: VERSION, done: 0, total: number::from_sql(total) };
    match pages::renew(db, &mut || tell(&upgrade)) {
        // Another process was doing the same.
        Err(_) if pages::state(db)? == pages::State::Compared => Ok(true),
        renewed => renewed,
    }
}

/// Tells of a step that moves no rows.
fn tell_all(db: &Connection, tell: &mut dyn FnMut(u64, u64) -> bool) -> rusqlite::Result<bool> {
    each_segment(db, tell, &mut |_, _| Ok(()))
}

/// Calls `moves` with the first and behind the last position of each segment, and tells how many
/// of how many rows are done; `false` as soon as `tell` gives that.
fn each_segment(
    db: &Connection,
    tell: &mut dyn FnMut(u64, u64) -> bool,
    moves: &mut dyn FnMut(i64, i64) -> rusqlite::Result<()>,
) -> rusqlite::Result<bool> {
    let segments: Vec<(i64, i64, i64)> = db
        .prepare("SELECT lo, used, events FROM chunks ORDER BY lo")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let total = segments.iter().map(|(.., events)| number::from_sql(*events)).sum();
    let mut done = 0;
    for (lo, used, events) in segments {
        moves(lo, lo.saturating_add(used))?;
        done += number::from_sql(events);
        if !tell(done, total) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The first version. Times are milliseconds since 1970 UTC.
///
/// Comments stand inside the statements, where SQLite keeps them for a reader.
const V1: &str = r"
CREATE TABLE meta (
  -- What is known of the store as a whole: 'project' is the token of the project, 'clock:N' what
  -- the rows of file N say of its clock, for an import that goes on with it.
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE ids (
  -- Every id in any role: distinct_id, device id, user id, alias.
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE names (
  -- Names of events and of the programs that sent them.
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE files (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,             -- as it was given
  format TEXT NOT NULL,
  timezone TEXT NOT NULL,         -- zone that its local times were read in
  fingerprint INTEGER,            -- hash of its first chunk; orders files of one name
  complete INTEGER NOT NULL       -- 1 when it was read to its end
);

CREATE TABLE chunks (
  -- One for each piece of a file, added whole or not at all; also the number of a segment.
  -- prev and hash chain the pieces by content, so that a repeated import finds them.
  id INTEGER PRIMARY KEY,
  file INTEGER NOT NULL,
  prev INTEGER NOT NULL,          -- hash of the piece before it, 0 for the first
  hash INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  first_line INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  latest INTEGER,                 -- latest time or arrival up to its end
  lo INTEGER NOT NULL,            -- its numbers in rows and alias_calls: lo, lo+1, ...
  used INTEGER NOT NULL,          -- how many of them
  events INTEGER NOT NULL,
  aliases INTEGER NOT NULL,
  profiles INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  t0 INTEGER,                     -- span of the times of its rows
  t1 INTEGER,
  last_line INTEGER NOT NULL,     -- the last line with a row, and the rows of that line so far
  last_nth INTEGER NOT NULL
);
CREATE INDEX chunks_prev ON chunks (prev);
CREATE INDEX chunks_file ON chunks (file);

CREATE TABLE rows (
  -- Rows as they arrived. Within a segment sorted by uid and t, so the rows of one id are
  -- neighbours and `runs` finds them. Properties are in `blocks`.
  id INTEGER PRIMARY KEY,
  uid INTEGER NOT NULL,           -- ids.id of the distinct_id as sent; 0: none that can be used
  t INTEGER NOT NULL,             -- when it happened
  arrived INTEGER NOT NULL,       -- when the server had it; an estimate when flags & 1
  ev INTEGER NOT NULL,            -- names.id of the event
  device INTEGER,                 -- ids.id of $device_id, without $device:
  user INTEGER,                   -- ids.id of $user_id
  other INTEGER,                  -- ids.id of the alias, or of the anonymous id of $identify
  client INTEGER,                 -- names.id of the program that sent it
  hash INTEGER NOT NULL,          -- equal for deliveries of one row
  file INTEGER NOT NULL,
  line INTEGER NOT NULL,          -- line of the file, from 1
  nth INTEGER NOT NULL,           -- place among the rows of that line, from 0
  flags INTEGER NOT NULL          -- 1 arrival unknown, 2 lone surrogate, 4 hot shard undone,
                                  -- 8 id not a text, 16 by /import, 32 had persisted id,
                                  -- 64 time is the arrival, 128 has $insert_id,
                                  -- 256 target by `original`, 512 ambiguous hour, 1024 id unusable
);

CREATE TABLE runs (
  -- Where the rows of an id are: n rows from row lo on, with times from t0 to t1.
  uid INTEGER NOT NULL,
  seg INTEGER NOT NULL,           -- chunks.id
  lo INTEGER NOT NULL,
  n INTEGER NOT NULL,
  t0 INTEGER NOT NULL,
  t1 INTEGER NOT NULL,
  PRIMARY KEY (uid, seg)
) WITHOUT ROWID;

CREATE TABLE blocks (
  -- Properties of the n rows from row id on: JSON objects, one a line, as one zstd frame.
  id INTEGER PRIMARY KEY,
  n INTEGER NOT NULL,
  z BLOB NOT NULL
);

CREATE TABLE alias_calls (
  -- $create_alias rows, under the number of their row, and lines of tables of aliases.
  id INTEGER PRIMARY KEY,
  alias INTEGER,                  -- ids.id
  target INTEGER,                 -- ids.id
  t INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  file INTEGER NOT NULL,
  line INTEGER NOT NULL,
  nth INTEGER NOT NULL,
  from_table INTEGER NOT NULL
);
CREATE INDEX alias_calls_alias ON alias_calls (alias);
CREATE INDEX alias_calls_target ON alias_calls (target);

CREATE TABLE links (
  -- Pairs of ids that rows put together: how many rows, and the first of them to arrive.
  -- kind: 0 $identify (a identified, b before), 1 user and device, 2 id and device, 3 id and
  -- user, 4 id and previous id, 5 $merge, 6 id and device that may be none.
  a INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  b INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  t INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  file INTEGER NOT NULL,
  line INTEGER NOT NULL,
  nth INTEGER NOT NULL,
  PRIMARY KEY (a, kind, b)
) WITHOUT ROWID;
CREATE INDEX links_b ON links (b);

CREATE TABLE profiles (
  -- Profile updates as they arrived.
  id INTEGER PRIMARY KEY,
  uid INTEGER,                    -- ids.id of $distinct_id
  operation TEXT NOT NULL,        -- $set, $set_once, ..., export, group
  ignore_alias INTEGER NOT NULL,
  t INTEGER,
  arrived INTEGER,
  device INTEGER,
  user INTEGER,
  json TEXT NOT NULL,
  file INTEGER NOT NULL,
  line INTEGER NOT NULL
);
CREATE INDEX profiles_uid ON profiles (uid);

CREATE TABLE profile_values (
  -- Values of profiles that a person is searched by.
  id INTEGER PRIMARY KEY,
  uid INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  UNIQUE (uid, key, value)
);

CREATE TABLE rejects (
  -- What could not be read.
  id INTEGER PRIMARY KEY,
  file INTEGER NOT NULL,
  line INTEGER NOT NULL,
  reason TEXT NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX rejects_place ON rejects (file, line);

CREATE VIEW events (id, distinct_id, event, time, arrived, device_id, user_id, other_id, client,
                    file, line, time_ms, arrived_ms, flags) AS
-- For people: rows with names instead of numbers. `arrived` is empty when nothing tells it;
-- `arrived_ms` is then the estimate that keeps the order of the file.
SELECT r.id, i.name, e.name,
       coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', r.t / 1000.0, 'unixepoch'), r.t || ' ms'),
       CASE WHEN r.flags & 1 THEN NULL
            ELSE coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', r.arrived / 1000.0, 'unixepoch'), r.arrived || ' ms') END,
       d.name, u.name, o.name, c.name, f.name, r.line, r.t, r.arrived, r.flags
FROM rows r
LEFT JOIN ids i ON i.id = r.uid
LEFT JOIN names e ON e.id = r.ev
LEFT JOIN ids d ON d.id = r.device
LEFT JOIN ids u ON u.id = r.user
LEFT JOIN ids o ON o.id = r.other
LEFT JOIN names c ON c.id = r.client
LEFT JOIN files f ON f.id = r.file;

CREATE VIEW aliases (alias, distinct_id, time, arrived, file, line, time_ms, arrived_ms, from_table) AS
-- For people: alias calls, accepted or not. A verdict is made when read, never stored.
SELECT k.name, t.name,
       coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', a.t / 1000.0, 'unixepoch'), a.t || ' ms'),
       CASE WHEN a.flags & 1 THEN NULL
            ELSE coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', a.arrived / 1000.0, 'unixepoch'), a.arrived || ' ms') END,
       f.name, a.line, a.t, a.arrived, a.from_table
FROM alias_calls a
LEFT JOIN ids k ON k.id = a.alias
LEFT JOIN ids t ON t.id = a.target
LEFT JOIN files f ON f.id = a.file;
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_has_as_many_versions_as_migrations() {
        assert_eq!(usize::try_from(VERSION), Ok(MIGRATIONS.len()));
    }
}
