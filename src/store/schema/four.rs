//! Version 4: a piece of a file is stored once, and computed columns have types.
//!
//! Two imports of one file at once stored each piece twice: what the store has was asked before
//! the lock of the writer was taken. It is asked under the lock now, and an index makes a second
//! piece impossible. What a store has twice is removed first ([`super::doubled`]).
//!
//! Packs and blocks, nine tenths of a store, have a sum that tells when a bit of them has changed,
//! which SQLite does not do. Those of older versions have none.
//!
//! Without a `CAST` the columns of a view that are computed have no declared type: programs that
//! read a table by its types took `line` and `time_ms` for text.

use rusqlite::Connection;

use super::doubled;

/// The sums, and the views with types; they stand above each other, so all of them are made anew.
pub(super) const SQL: &str = r"
ALTER TABLE packs ADD COLUMN sum INTEGER;
ALTER TABLE blocks ADD COLUMN sum INTEGER;

DROP VIEW events;
DROP VIEW aliases;
DROP VIEW rows;
DROP VIEW heads;

CREATE VIEW heads (id, t, delay, ev, sender, hash, line, nth) AS
-- Rows as they arrived, without their properties.
SELECT CAST(p.id + r.key AS INTEGER),
       CAST(p.t + p.unit * json_extract(r.value, '$[0]') AS INTEGER), -- when it happened
       CAST(json_extract(r.value, '$[1]') AS INTEGER),                -- how much later the server had
                                                                      -- it; an estimate when flags & 1
       CAST(json_extract(r.value, '$[2]') AS INTEGER),                -- names.id of the event
       CAST(p.sender + json_extract(r.value, '$[3]') AS INTEGER),     -- senders.id
       CAST(json_extract(r.value, '$[4]') AS INTEGER),                -- equal for deliveries of one
                                                                      -- row, which have the same t
       CAST(p.line + json_extract(r.value, '$[5]') AS INTEGER),       -- line of the file, from 1
       CAST(coalesce(json_extract(r.value, '$[6]'), 0) AS INTEGER)    -- place among the rows of that
                                                                      -- line, from 0
FROM packs p CROSS JOIN json_each(p.rows) r;

CREATE VIEW rows (id, uid, t, arrived, ev, device, user, other, client, hash, file, line, nth, flags) AS
-- Each row with what it has from its sender. CROSS: each text is read once, and not for each
-- sender that has the wanted id.
SELECT h.id, s.uid, h.t, CAST(coalesce(s.arrived, h.t + h.delay) AS INTEGER), h.ev, s.device, s.user, s.other,
       s.client, h.hash, s.file, h.line, h.nth, s.flags
FROM heads h CROSS JOIN senders s ON s.id = h.sender;

CREATE VIEW events (id, distinct_id, event, time, arrived, device_id, user_id, other_id, client,
                    file, line, time_ms, arrived_ms, flags) AS
-- For people: rows with names instead of numbers. `arrived` is empty when nothing tells it;
-- `arrived_ms` is then the estimate that keeps the order of the file.
SELECT r.id, i.name, e.name,
       CAST(coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', r.t / 1000.0, 'unixepoch'), r.t || ' ms') AS TEXT),
       CAST(CASE WHEN r.flags & 1 THEN NULL
            ELSE coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', r.arrived / 1000.0, 'unixepoch'), r.arrived || ' ms')
            END AS TEXT),
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
       CAST(coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', a.t / 1000.0, 'unixepoch'), a.t || ' ms') AS TEXT),
       CAST(CASE WHEN a.flags & 1 THEN NULL
            ELSE coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', a.arrived / 1000.0, 'unixepoch'), a.arrived || ' ms')
            END AS TEXT),
       f.name, a.line, a.t, a.arrived, a.from_table
FROM alias_calls a
LEFT JOIN ids k ON k.id = a.alias
LEFT JOIN ids t ON t.id = a.target
LEFT JOIN files f ON f.id = a.file;
";

/// A piece is known by its content and the piece before it.
const INDEX: &str = "DROP INDEX chunks_prev; CREATE UNIQUE INDEX chunks_content ON chunks (prev, hash);";

/// Removes what is stored twice, and tells how many of how many rows are looked at; `false` as
/// soon as `tell` gives that.
pub(super) fn remove_doubled(db: &Connection, tell: &mut dyn FnMut(u64, u64) -> bool) -> rusqlite::Result<bool> {
    doubled::remove(db)?;
    let whole = super::each_segment(db, tell, &mut |_, _| Ok(()))?;
    if whole {
        db.execute_batch(INDEX)?;
    }
    Ok(whole)
}
