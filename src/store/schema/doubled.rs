//! Pieces of files that a store of version 3 or older has twice.
//!
//! Pieces with the same content after the same content are one piece: [`remove`] keeps the one of
//! the file that came first, and all that came with the others goes. What was added up over rows
//! (`links`) is reduced by what the removed rows had added.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value};

use crate::model::row::Named;
use crate::model::{Flags, Verb};
use crate::store::number;
use crate::store::packs::{Base, Head};

/// Key in `meta` of the number of rows that were removed because they were there twice.
const REMOVED: &str = "doubled_rows_removed";

/// A piece that the store has another time.
struct Doubled {
    id: i64,
    file: i64,
    /// Its rows are at the positions from `lo` to before `end`.
    lo: i64,
    end: i64,
    first_line: i64,
    /// Line behind it.
    end_line: i64,
    events: i64,
    /// The file whose piece is kept.
    kept: i64,
    /// How often the store has it in the same file.
    times: i64,
}

/// Selects the pieces that are there another time.
const SELECT: &str = "
SELECT c.id, c.file, c.lo, c.lo + c.used, c.first_line, c.first_line + c.lines, c.events,
       (SELECT k.file FROM chunks k WHERE k.prev = c.prev AND k.hash = c.hash ORDER BY k.file, k.id LIMIT 1),
       (SELECT count(*) FROM chunks k WHERE k.prev = c.prev AND k.hash = c.hash AND k.file = c.file)
FROM chunks c
WHERE EXISTS (SELECT 1 FROM chunks k
              WHERE k.prev = c.prev AND k.hash = c.hash AND (k.file, k.id) < (c.file, c.id))
ORDER BY c.id";

/// Removes what is there twice; gives the number of rows removed, which `meta` keeps.
pub(super) fn remove(db: &Connection) -> rusqlite::Result<u64> {
    let doubled = find(db)?;
    if doubled.is_empty() {
        return Ok(0);
    }
    let mut links: HashMap<(i64, i64, i64), i64> = HashMap::new();
    let mut files = HashSet::new();
    let mut rows: i64 = 0;
    for piece in &doubled {
        rows = rows.saturating_add(piece.events);
        files.insert(piece.file);
        each_link(db, piece, |pair| *links.entry(pair).or_default() += 1)?;
        remove_rows(db, piece)?;
        remove_updates(db, piece)?;
        db.execute("DELETE FROM chunks WHERE id = ?1", [piece.id])?;
        db.execute(
            "UPDATE files SET complete = max(complete, (SELECT complete FROM files WHERE id = ?2)) WHERE id = ?1",
            [piece.kept, piece.file],
        )?;
    }
    // One pass over all of them: they are sorted by id.
    db.execute("DELETE FROM runs WHERE seg NOT IN (SELECT id FROM chunks)", [])?;
    reduce(db, &links)?;
    move_links(db, &doubled)?;
    for file in files {
        db.execute("DELETE FROM files WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM chunks WHERE file = ?1)", [file])?;
    }
    db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", params![REMOVED, rows.to_string()])?;
    Ok(number::from_sql(rows))
}

/// How many rows [`remove`] has removed from this store.
pub(in crate::store) fn removed(db: &Connection) -> rusqlite::Result<u64> {
    let text: Option<String> =
        db.query_row("SELECT value FROM meta WHERE key = ?1", [REMOVED], |row| row.get(0)).optional()?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// How many pieces the store has more than once, but for one of each, and the rows in them.
pub(in crate::store) fn count(db: &Connection) -> rusqlite::Result<(u64, u64)> {
    let doubled = find(db)?;
    let rows = doubled.iter().map(|piece| number::from_sql(piece.events)).sum();
    Ok((number::from_sql(number::length(doubled.len())), rows))
}

fn find(db: &Connection) -> rusqlite::Result<Vec<Doubled>> {
    db.prepare(SELECT)?
        .query_map([], |row| {
            Ok(Doubled {
                id: row.get(0)?,
                file: row.get(1)?,
                lo: row.get(2)?,
                end: row.get(3)?,
                first_line: row.get(4)?,
                end_line: row.get(5)?,
                events: row.get(6)?,
                kept: row.get(7)?,
                times: row.get(8)?,
            })
        })?
        .collect()
}

/// Removes the rows of a piece with all that only they have.
fn remove_rows(db: &Connection, piece: &Doubled) -> rusqlite::Result<()> {
    let range = [piece.lo, piece.end];
    let senders: (Option<i64>, Option<i64>) = db.query_row(
        "SELECT min(s), max(s) FROM (SELECT p.sender + json_extract(r.value, '$[3]') AS s
                                     FROM packs p, json_each(p.rows) r WHERE p.id >= ?1 AND p.id < ?2)",
        range,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    // No piece of properties belongs to two segments.
    let pieces: (Option<i64>, Option<i64>) = db.query_row(
        "SELECT (SELECT min(piece) FROM blocks WHERE id >= ?1 AND id < ?2),
                (SELECT piece FROM blocks WHERE id >= ?2 ORDER BY id LIMIT 1)",
        range,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if let (Some(first), Some(last)) = senders {
        db.execute("DELETE FROM senders WHERE id BETWEEN ?1 AND ?2", [first, last])?;
    }
    if let (Some(first), end) = pieces {
        db.execute("DELETE FROM pieces WHERE id >= ?1 AND id < ?2", [first, end.unwrap_or(i64::MAX)])?;
    }
    db.execute("DELETE FROM packs WHERE id >= ?1 AND id < ?2", range)?;
    db.execute("DELETE FROM blocks WHERE id >= ?1 AND id < ?2", range)?;
    db.execute("DELETE FROM alias_calls WHERE id >= ?1 AND id < ?2", range).map(drop)
}

/// Removes profile updates and rejects, which are known by their lines alone.
fn remove_updates(db: &Connection, piece: &Doubled) -> rusqlite::Result<()> {
    let place = [piece.file, piece.first_line, piece.end_line];
    if piece.times < 2 && piece.file != piece.kept {
        db.execute("DELETE FROM profiles WHERE file = ?1 AND line >= ?2 AND line < ?3", place)?;
        return db.execute("DELETE FROM rejects WHERE file = ?1 AND line >= ?2 AND line < ?3", place).map(drop);
    }
    // Of equal ones in one file as many stay as pieces do; numbers are in the order of import.
    let (now, left) = (piece.times, piece.times - 1);
    for (table, columns) in [
        ("profiles", "line, uid, operation, ignore_alias, t, arrived, device, user, json"),
        ("rejects", "line, reason, text"),
    ] {
        db.execute(
            &format!(
                "DELETE FROM {table} WHERE id IN
                   (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY {columns} ORDER BY id) AS nth,
                                           count(*) OVER (PARTITION BY {columns}) AS n
                                    FROM {table} WHERE file = ?1 AND line >= ?2 AND line < ?3)
                    WHERE nth > n * ?5 / ?4)"
            ),
            params![piece.file, piece.first_line, piece.end_line, now, left],
        )?;
    }
    Ok(())
}

/// Takes from each link the rows that are no more.
fn reduce(db: &Connection, links: &HashMap<(i64, i64, i64), i64>) -> rusqlite::Result<()> {
    let mut update = db.prepare("UPDATE links SET rows = max(rows - ?4, 1) WHERE a = ?1 AND kind = ?2 AND b = ?3")?;
    for ((a, kind, b), rows) in links {
        update.execute([a, kind, b, rows])?;
    }
    Ok(())
}

/// Has links name the kept file where they named a removed piece of another.
fn move_links(db: &Connection, doubled: &[Doubled]) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TEMP TABLE moved (file INTEGER, first_line INTEGER, end_line INTEGER, kept INTEGER,
                                  PRIMARY KEY (file, first_line)) WITHOUT ROWID",
    )?;
    let mut insert = db.prepare("INSERT OR IGNORE INTO moved VALUES (?1, ?2, ?3, ?4)")?;
    for piece in doubled.iter().filter(|piece| piece.file != piece.kept) {
        insert.execute([piece.file, piece.first_line, piece.end_line, piece.kept])?;
    }
    drop(insert);
    db.execute_batch(
        "UPDATE links SET file = m.kept FROM temp.moved m
         WHERE links.file = m.file AND links.line >= m.first_line AND links.line < m.end_line;
         DROP TABLE temp.moved",
    )
}

/// Calls `found` with each link of each row of a piece.
fn each_link(db: &Connection, piece: &Doubled, mut found: impl FnMut((i64, i64, i64))) -> rusqlite::Result<()> {
    let name = |name: &str| {
        db.query_row("SELECT id FROM names WHERE name = ?1", [name], |row| row.get::<_, i64>(0)).optional()
    };
    let (identify, merge) = (name("$identify")?, name("$merge")?);
    let mut sender = db.prepare_cached("SELECT uid, device, user, other, flags FROM senders WHERE id = ?1")?;
    let ids = Ids(db);
    let mut texts = Properties { db, lo: 0, texts: Vec::new() };
    for (position, head) in heads(db, piece)? {
        let sent: Option<(i64, [Option<i64>; 3], u32)> = sender
            .query_row([head.sender], |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?], row.get(4)?)))
            .optional()?;
        let Some((uid, [device, user, other], flags)) = sent else { continue };
        let id = (uid != number::NO_ID).then_some(uid);
        let text = texts.get(position)?;
        let may_have_previous =
            text.contains("$distinct_id_before_identity") || text.contains("$preshuffle_distinct_id");
        let is = |name: Option<i64>| name == Some(head.ev);
        let properties: Map<String, Value> = if is(identify) || is(merge) || may_have_previous {
            serde_json::from_str(text).unwrap_or_default()
        } else {
            Map::new()
        };
        let of = |key: &str| properties.get(key).map_or(Ok(None), |value| ids.number(value));
        let verb = if is(identify) {
            Verb::Identify { identified: of("$identified_id")?.or(id), anon: other }
        } else if is(merge) {
            let members = properties.get("$distinct_ids").and_then(Value::as_array);
            let members = members.into_iter().flatten().map(|value| ids.number(value));
            Verb::Merge { ids: members.filter_map(Result::transpose).collect::<rusqlite::Result<_>>()? }
        } else {
            Verb::Track
        };
        let previous = [of("$distinct_id_before_identity")?, of("$preshuffle_distinct_id")?];
        let previous: Vec<i64> = previous.into_iter().flatten().collect();
        let named = Named {
            id: id.as_ref(),
            device: device.as_ref(),
            user: user.as_ref(),
            previous: &previous,
            verb: &verb,
            flags: Flags(flags),
        };
        named.links(|kind, a, b| found((*a, kind.number(), *b)));
    }
    Ok(())
}

/// The rows of a piece with their positions.
fn heads(db: &Connection, piece: &Doubled) -> rusqlite::Result<Vec<(i64, Head)>> {
    let mut select =
        db.prepare_cached("SELECT id, t, unit, sender, line, rows FROM packs WHERE id >= ?1 AND id < ?2 ORDER BY id")?;
    let mut packs = select.query([piece.lo, piece.end])?;
    let mut heads = Vec::new();
    while let Some(pack) = packs.next()? {
        let first: i64 = pack.get(0)?;
        let base = Base { t: pack.get(1)?, unit: pack.get(2)?, sender: pack.get(3)?, line: pack.get(4)? };
        let text: String = pack.get(5)?;
        let read = base.read(&text).map_err(|what| damaged(&what))?;
        heads.extend((first..).zip(read));
    }
    Ok(heads)
}

/// Numbers of ids that stand in properties.
struct Ids<'c>(&'c Connection);

impl Ids<'_> {
    /// The number of the id that a value stands for; `None` for none.
    fn number(&self, value: &Value) -> rusqlite::Result<Option<i64>> {
        let text = match value {
            Value::String(text) if !text.is_empty() => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Ok(None),
        };
        self.0.prepare_cached("SELECT id FROM ids WHERE name = ?1")?.query_row([text], |row| row.get(0)).optional()
    }
}

/// Properties of rows that are asked for in their order.
struct Properties<'c> {
    db: &'c Connection,
    /// Position of the first of `texts`.
    lo: i64,
    texts: Vec<String>,
}

impl Properties<'_> {
    fn get(&mut self, position: i64) -> rusqlite::Result<&str> {
        let at = |lo: i64| usize::try_from(position.saturating_sub(lo)).unwrap_or(usize::MAX);
        if at(self.lo) >= self.texts.len() {
            (self.lo, self.texts) = self.block(position)?;
        }
        Ok(self.texts.get(at(self.lo)).map_or("", String::as_str))
    }

    /// The texts of the block with this row, and the position of the first.
    fn block(&self, position: i64) -> rusqlite::Result<(i64, Vec<String>)> {
        let missing = || damaged(&format!("the properties of row {position} are missing"));
        let (lo, piece, at, bytes): (i64, i64, u32, u32) = self
            .db
            .prepare_cached("SELECT id, piece, at, bytes FROM blocks WHERE id <= ?1 ORDER BY id DESC LIMIT 1")?
            .query_row([position], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?
            .ok_or_else(missing)?;
        let usize = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let (at, bytes) = (usize(at), usize(bytes));
        let mut frame = Vec::new();
        let mut select = self.db.prepare_cached("SELECT z FROM pieces WHERE id >= ?1 ORDER BY id")?;
        let mut pieces = select.query([piece])?;
        while frame.len() < at.saturating_add(bytes)
            && let Some(piece) = pieces.next()?
        {
            frame.extend_from_slice(piece.get_ref(0)?.as_blob()?);
        }
        let frame = frame.get(at..at.saturating_add(bytes)).ok_or_else(missing)?;
        let text = zstd::decode_all(frame).ok().and_then(|text| String::from_utf8(text).ok()).ok_or_else(missing)?;
        Ok((lo, text.split('\n').map(str::to_owned).collect()))
    }
}

fn damaged(what: &str) -> rusqlite::Error {
    let error = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    rusqlite::Error::SqliteFailure(error, Some(what.to_owned()))
}
