//! Version 2: what the rows of one id share stands once, and properties fill their pages.
//!
//! In version 1 `rows` had 14 columns, most of them the same in all rows of an id in a segment:
//! 54 bytes a row, 37 now. A packed block of properties was a value of its own, two of which
//! filled a page to four fifths; now they lie end to end in values that each fill a page.
//! `rows` has the columns that it had, as a view.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::store::number;
use crate::store::packs::Sums;
use crate::store::segment::Hashing;
use crate::store::writer::bulk::Bulk;
use crate::store::writer::pieces::Pieces;

/// The new tables; the old ones stay for [`move_rows`].
pub(super) const SQL: &str = r"
DROP VIEW events;
ALTER TABLE rows RENAME TO rows_of_1;
ALTER TABLE blocks RENAME TO blocks_of_1;

CREATE TABLE senders (
  -- What rows of one id in one segment have in common.
  id INTEGER PRIMARY KEY,
  uid INTEGER NOT NULL,           -- ids.id of the distinct_id as sent; 0: none that can be used
  device INTEGER,                 -- ids.id of $device_id, without $device:
  user INTEGER,                   -- ids.id of $user_id
  other INTEGER,                  -- ids.id of the alias, or of the anonymous id of $identify
  client INTEGER,                 -- names.id of the program that sent it
  file INTEGER NOT NULL,
  flags INTEGER NOT NULL,         -- 1 arrival unknown, 2 lone surrogate, 4 hot shard undone,
                                  -- 8 id not a text, 16 by /import, 32 had persisted id,
                                  -- 64 time is the arrival, 128 has $insert_id,
                                  -- 256 target by `original`, 512 ambiguous hour, 1024 id unusable
  arrived INTEGER                 -- when the server had it, if that is too far from `t` for `delay`
);

CREATE TABLE heads (
  -- Rows as they arrived, without their properties. Within a segment sorted by id and time, so
  -- the rows of one id are neighbours and `runs` finds them.
  id INTEGER PRIMARY KEY,
  t INTEGER NOT NULL,             -- when it happened
  delay INTEGER NOT NULL,         -- how much later the server had it; an estimate when flags & 1
  ev INTEGER NOT NULL,            -- names.id of the event
  sender INTEGER NOT NULL,        -- senders.id
  hash INTEGER NOT NULL,          -- equal for deliveries of one row, which have the same t
  line INTEGER NOT NULL,          -- line of the file, from 1
  nth INTEGER NOT NULL            -- place among the rows of that line, from 0
);

CREATE TABLE blocks (
  -- Properties of the n rows from row id on: JSON objects, one a line, as one zstd frame. The
  -- frame is `bytes` long and begins in piece `piece` behind `at` bytes.
  id INTEGER PRIMARY KEY,
  n INTEGER NOT NULL,
  piece INTEGER NOT NULL,         -- pieces.id
  at INTEGER NOT NULL,
  bytes INTEGER NOT NULL
);

CREATE TABLE pieces (
  -- The frames of `blocks` end to end; each piece fills a page.
  id INTEGER PRIMARY KEY,
  z BLOB NOT NULL
);

CREATE VIEW rows (id, uid, t, arrived, ev, device, user, other, client, hash, file, line, nth, flags) AS
-- Each row with what it has from its sender.
SELECT h.id, s.uid, h.t, coalesce(s.arrived, h.t + h.delay), h.ev, s.device, s.user, s.other, s.client, h.hash, s.file,
       h.line, h.nth, s.flags
FROM heads h JOIN senders s ON s.id = h.sender;

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
";

/// The tables of version 1 that are no more.
const DROP: &str = "DROP TABLE rows_of_1; DROP TABLE blocks_of_1;";

/// The columns of a row of version 1 that its sender has now.
type Sender = [Option<i64>; 7];

/// Moves the rows and blocks of version 1, segment by segment, and tells how many of how many
/// rows are done; `false` as soon as `tell` gives that.
pub(super) fn move_rows(db: &Connection, tell: &mut dyn FnMut(u64, u64) -> bool) -> rusqlite::Result<bool> {
    let moved = super::each_segment(db, tell, &mut |lo, end| {
        heads(db, lo, end)?;
        blocks(db, lo, end)
    })?;
    if moved {
        db.execute_batch(DROP)?;
    }
    Ok(moved)
}

/// Moves the rows at the positions from `lo` to before `end`.
fn heads(db: &Connection, lo: i64, end: i64) -> rusqlite::Result<()> {
    let mut next: i64 = db.query_row("SELECT coalesce(max(id), 0) + 1 FROM senders", [], |row| row.get(0))?;
    let mut known: HashMap<(Sender, Option<i64>), i64, Hashing> = HashMap::default();
    let mut select = db.prepare_cached(
        "SELECT id, t, arrived, ev, hash, line, nth, uid, device, user, other, client, file, flags
         FROM rows_of_1 WHERE id >= ?1 AND id < ?2 ORDER BY id",
    )?;
    let mut rows = select.query([lo, end])?;
    let mut write = Bulk::into(db, "heads", 8)?;
    let mut senders = Bulk::into(db, "senders", 9)?;
    while let Some(row) = rows.next()? {
        let (id, t, arrived, ev) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let (hash, line, nth) = (row.get(4)?, row.get(5)?, row.get(6)?);
        let mut sender = Sender::default();
        for (column, value) in (7..).zip(&mut sender) {
            *value = row.get(column)?;
        }
        let (delay, far) = number::delay(t, arrived);
        let number = if let Some(number) = known.get(&(sender, far)) {
            *number
        } else {
            let [uid, device, user, other, client, file, flags] = sender;
            senders.add(&[Some(next), uid, device, user, other, client, file, flags, far])?;
            known.insert((sender, far), next);
            next += 1;
            next - 1
        };
        write.add(&[id, t, delay, ev, number, number::hash(hash), line, nth].map(Some))?;
    }
    write.finish()?;
    senders.finish()
}

/// Moves the blocks of these rows, packed as they are.
fn blocks(db: &Connection, lo: i64, end: i64) -> rusqlite::Result<()> {
    let mut select = db.prepare_cached("SELECT id, n, z FROM blocks_of_1 WHERE id >= ?1 AND id < ?2 ORDER BY id")?;
    let mut rows = select.query([lo, end])?;
    let (mut frames, mut z) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        z.extend_from_slice(row.get_ref(2)?.as_blob()?);
        frames.push((row.get(0)?, row.get(1)?, z.len()));
    }
    Pieces::after_all(db)?.write(db, &frames, &z, Sums::None)
}
