//! Version 3: the heads of some hundred rows are one text.
//!
//! In version 2 `heads` was a table, and half of the time that a writer took went into its rows:
//! a tenth of the time of an import. Now it is a view of `packs`, with the columns that it had.
//! Plain SQL over all rows pays for that: a million rows are counted by event in 0.7 s (before:
//! 0.2 s), and a plain copy of them takes a fifth longer.

use rusqlite::{Connection, Row};

use crate::store::number;
use crate::store::packs::{Head, Packs, unit};

/// The new table; the old one waits beside for [`move_heads`].
pub(super) const SQL: &str = r"
DROP VIEW events;
DROP VIEW rows;
ALTER TABLE heads RENAME TO heads_of_2;

CREATE TABLE packs (
  -- Rows as they arrived, without their properties: n of them, from row id on. Within a segment
  -- sorted by id and time, so the rows of one id are neighbours and `runs` finds them.
  id INTEGER PRIMARY KEY,
  n INTEGER NOT NULL,
  t INTEGER NOT NULL,             -- what the times of `rows` are counted from, in units of `unit`
  unit INTEGER NOT NULL,          -- 1000 where all times are whole seconds apart, else 1
  sender INTEGER NOT NULL,        -- what the senders of `rows` are counted from
  line INTEGER NOT NULL,          -- what the lines of `rows` are counted from
  rows TEXT NOT NULL              -- JSON: [t, delay, ev, sender, hash, line, nth] of each row, see
                                  -- `heads`; without nth where that is 0
);

CREATE VIEW heads (id, t, delay, ev, sender, hash, line, nth) AS
-- Rows as they arrived, without their properties.
SELECT p.id + r.key,
       p.t + p.unit * json_extract(r.value, '$[0]'),        -- when it happened
       json_extract(r.value, '$[1]'),                       -- how much later the server had it; an
                                                            -- estimate when flags & 1
       json_extract(r.value, '$[2]'),                       -- names.id of the event
       p.sender + json_extract(r.value, '$[3]'),            -- senders.id
       json_extract(r.value, '$[4]'),                       -- equal for deliveries of one row, which
                                                            -- have the same t
       p.line + json_extract(r.value, '$[5]'),              -- line of the file, from 1
       coalesce(json_extract(r.value, '$[6]'), 0)           -- place among the rows of that line, from 0
FROM packs p CROSS JOIN json_each(p.rows) r;

CREATE VIEW rows (id, uid, t, arrived, ev, device, user, other, client, hash, file, line, nth, flags) AS
-- Each row with what it has from its sender.
SELECT h.id, s.uid, h.t, coalesce(s.arrived, h.t + h.delay), h.ev, s.device, s.user, s.other, s.client, h.hash, s.file,
       h.line, h.nth, s.flags
FROM heads h CROSS JOIN senders s ON s.id = h.sender;

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

/// Packs the heads of version 2, segment by segment, and tells how many of how many rows are
/// done; `false` as soon as `tell` gives that.
pub(super) fn move_heads(db: &Connection, tell: &mut dyn FnMut(u64, u64) -> bool) -> rusqlite::Result<bool> {
    let moved = super::each_segment(db, tell, &mut |lo, end| {
        let mut select = db.prepare_cached(
            "SELECT t, delay, ev, sender, hash, line, nth FROM heads_of_2 WHERE id >= ?1 AND id < ?2 ORDER BY id",
        )?;
        let heads = select.query_map([lo, end], head)?.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut packs = Packs::from(db, lo, unit(heads.iter().map(|head| head.t)))?;
        heads.iter().try_for_each(|head| packs.add(head))?;
        packs.finish()
    })?;
    if moved {
        db.execute_batch("DROP TABLE heads_of_2")?;
    }
    Ok(moved)
}

fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head {
        t: row.get(0)?,
        delay: row.get(1)?,
        ev: row.get(2)?,
        sender: row.get(3)?,
        hash: number::hash(row.get(4)?),
        line: row.get(5)?,
        nth: row.get(6)?,
    })
}
