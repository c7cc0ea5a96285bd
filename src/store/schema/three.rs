//! Version 3: the heads of some hundred rows are one text.
//!
//! In version 2 `heads` was a table, and half of the time that a writer took went into its rows:
//! a tenth of the time of an import. Now it is a view of `packs`, with the columns that it had.
//! Plain SQL over all rows pays for that: a million rows of `events` are counted by their names in
//! 1.3 s (before: 0.6 s), and a plain copy of them takes a fifth longer.

use rusqlite::{Connection, Row};

use crate::store::number;
use crate::store::packs::{self, Head, Sums};

/// The new table.
pub(super) const SQL: &str = r"
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
";

/// The view in place of the table, and those above it; `events` reads `rows` by its name, as it did.
const VIEWS: &str = r"
DROP TABLE heads;
DROP VIEW rows;
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
-- Each row with what it has from its sender. CROSS: each text is read once, and not for each
-- sender that has the wanted id.
SELECT h.id, s.uid, h.t, coalesce(s.arrived, h.t + h.delay), h.ev, s.device, s.user, s.other, s.client, h.hash, s.file,
       h.line, h.nth, s.flags
FROM heads h CROSS JOIN senders s ON s.id = h.sender;
";

/// Packs the heads of version 2, segment by segment, and tells how many of how many rows are
/// done; `false` as soon as `tell` gives that.
pub(super) fn move_heads(db: &Connection, tell: &mut dyn FnMut(u64, u64) -> bool) -> rusqlite::Result<bool> {
    let moved = super::each_segment(db, tell, &mut |lo, end| {
        let mut select = db.prepare_cached(
            "SELECT t, delay, ev, sender, hash, line, nth FROM heads WHERE id >= ?1 AND id < ?2 ORDER BY id",
        )?;
        let heads = select.query_map([lo, end], head)?.collect::<rusqlite::Result<Vec<_>>>()?;
        packs::write(db, lo, heads.into_iter(), Sums::None)
    })?;
    if moved {
        db.execute_batch(VIEWS)?;
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
