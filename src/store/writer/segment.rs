//! One chunk becomes one segment.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction, params};
use xxhash_rust::xxh3::Xxh3;

use super::Interners;
use crate::model::row::Verb;
use crate::model::{Flags, Id, LinkKind, Millis, Profile, Reject, Row};
use crate::store::{Added, Arrived, Chunk, TableAlias, number};

/// Properties of one block before it is compressed: one row can be had without reading much.
const BLOCK_BYTES: usize = 64 * 1024;

/// The fastest level: a tenth of the size, for little of the time of an import.
const LEVEL: i32 = 1;

/// `rows.uid` of rows without a usable `distinct_id`.
pub(in crate::store) const NO_ID: i64 = 0;

/// Adds `chunk`; `None` when its file is not in the store.
pub(super) fn append(db: &Transaction<'_>, texts: &mut Interners<'_>, chunk: Chunk) -> rusqlite::Result<Option<Added>> {
    let Some(begun) = Begun::of(db, chunk.file, chunk.hash.cast_signed())? else { return Ok(None) };
    let mut added = Added {
        events: chunk.rows.len() as u64,
        aliases: chunk.aliases.len() as u64,
        profiles: chunk.profiles.len() as u64,
        rejected: chunk.rejects.len() as u64,
    };
    let used = number::length(chunk.rows.len()).saturating_add(number::length(chunk.aliases.len()));

    let mut segment = Segment { begun, rows: Vec::with_capacity(chunk.rows.len()), links: BTreeMap::new() };
    for arrived in chunk.rows {
        segment.take(db, texts, arrived)?;
    }
    added.aliases += segment.write_rows(db)?;
    segment.write_links(db)?;
    let Segment { begun, rows, .. } = segment;
    write_table(db, texts, &begun, begun.lo + number::length(rows.len()), &chunk.aliases)?;
    write_profiles(db, texts, begun.file, &chunk.profiles)?;
    write_rejects(db, begun.file, &chunk.rejects)?;

    let times = || rows.iter().map(|row| row.t);
    db.prepare_cached(
        "INSERT INTO chunks (id, file, prev, hash, bytes, first_line, lines, latest, lo, used, events, aliases,
                             profiles, rejected, t0, t1, last_line, last_nth)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    )?
    .execute(params![
        begun.seg,
        begun.file,
        chunk.prev.cast_signed(),
        chunk.hash.cast_signed(),
        number::to_sql(chunk.bytes),
        number::to_sql(chunk.first_line),
        number::to_sql(chunk.lines),
        chunk.latest,
        begun.lo,
        used,
        number::to_sql(added.events),
        number::to_sql(added.aliases),
        number::to_sql(added.profiles),
        number::to_sql(added.rejected),
        times().min(),
        times().max(),
        begun.last_line,
        begun.last_nth,
    ])?;
    db.prepare_cached("UPDATE files SET complete = 0, fingerprint = ?2 WHERE id = ?1")?
        .execute([begun.file, begun.fingerprint])?;
    Ok(Some(added))
}

/// Where the segment begins, in the store and in its file.
struct Begun {
    file: i64,
    name: String,
    /// Hash of the first chunk of the file.
    fingerprint: i64,
    seg: i64,
    lo: i64,
    /// The last line with a row so far, and its rows: a line may go over into the next chunk.
    last_line: i64,
    last_nth: i64,
}

impl Begun {
    fn of(db: &Transaction<'_>, file: i64, hash: i64) -> rusqlite::Result<Option<Self>> {
        let known = db
            .prepare_cached("SELECT name, coalesce(fingerprint, ?2) FROM files WHERE id = ?1")?
            .query_row([file, hash], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((name, fingerprint)) = known else { return Ok(None) };
        let (seg, lo) = db
            .prepare_cached("SELECT id + 1, lo + used FROM chunks ORDER BY id DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .unwrap_or((1, 1));
        let (last_line, last_nth) = db
            .prepare_cached("SELECT last_line, last_nth FROM chunks WHERE file = ?1 ORDER BY id DESC LIMIT 1")?
            .query_row([file], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .unwrap_or((-1, 0));
        Ok(Some(Self { file, name, fingerprint, seg, lo, last_line, last_nth }))
    }

    /// The place of the next row among the rows of its line.
    fn place(&mut self, line: i64) -> i64 {
        self.last_nth = if line == self.last_line { self.last_nth + 1 } else { 0 };
        self.last_line = line;
        self.last_nth
    }
}

/// A row as the tables have it.
struct Thin {
    uid: i64,
    t: Millis,
    arrived: Millis,
    ev: i64,
    device: Option<i64>,
    user: Option<i64>,
    other: Option<i64>,
    client: Option<i64>,
    hash: i64,
    line: i64,
    nth: i64,
    flags: Flags,
    /// Alias and target of a `$create_alias` row.
    call: Option<(Option<i64>, Option<i64>)>,
    properties: String,
}

impl Thin {
    /// What sorts a segment.
    fn order(&self) -> (i64, Millis, Millis, i64, i64) {
        (self.uid, self.t, self.arrived, self.line, self.nth)
    }
}

/// The rows of a link in this segment.
struct Rows {
    count: i64,
    first: First,
}

/// The first row of a link to arrive.
#[derive(Clone, Copy)]
struct First {
    t: Millis,
    arrived: Millis,
    line: i64,
    nth: i64,
}

impl First {
    fn order(&self) -> (Millis, i64, i64) {
        (self.arrived, self.line, self.nth)
    }
}

struct Segment {
    begun: Begun,
    rows: Vec<Thin>,
    /// By `a`, kind and `b`.
    links: BTreeMap<(i64, i64, i64), Rows>,
}

impl Segment {
    /// Takes a row, in the order of the file.
    fn take(&mut self, db: &Transaction<'_>, texts: &mut Interners<'_>, arrived: Arrived) -> rusqlite::Result<()> {
        let Arrived { mut row, arrived } = arrived;
        let line = number::to_sql(row.line);
        let nth = self.begun.place(line);
        let hash = hash(&row);
        let flags = flags(&row);
        let mut id = |id: Option<&Id>| id.map(|id| texts.ids.number(db, id.as_str())).transpose();

        for (kind, a, b) in row.links() {
            if let (Some(a), Some(b)) = (id(Some(&a))?, id(Some(&b))?) {
                self.link(kind, a, b, First { t: row.time, arrived, line, nth });
            }
        }
        let (other, call) = match &row.verb {
            Verb::Alias { alias, target, .. } => {
                let (alias, target) = (id(alias.as_ref())?, id(target.as_ref())?);
                (alias, Some((alias, target)))
            }
            Verb::Identify { anon, .. } => (id(anon.as_ref())?, None),
            Verb::Track | Verb::Merge { .. } => (None, None),
        };
        let thin = Thin {
            uid: id(row.id.as_ref())?.unwrap_or(NO_ID),
            t: row.time,
            arrived,
            device: id(row.device.as_ref())?,
            user: id(row.user.as_ref())?,
            other,
            ev: texts.names.number(db, &row.event)?,
            client: row.client.as_ref().map(|client| texts.names.number(db, client.as_str())).transpose()?,
            hash,
            line,
            nth,
            flags,
            call,
            properties: std::mem::take(&mut row.properties),
        };
        self.rows.push(thin);
        Ok(())
    }

    fn link(&mut self, kind: LinkKind, a: i64, b: i64, first: First) {
        let rows = self.links.entry((a, kind.number(), b)).or_insert(Rows { count: 0, first });
        rows.count += 1;
        if first.order() < rows.first.order() {
            rows.first = first;
        }
    }

    /// Writes rows, runs, blocks and the alias calls among the rows; gives the number of these.
    fn write_rows(&mut self, db: &Transaction<'_>) -> rusqlite::Result<u64> {
        self.rows.sort_unstable_by_key(Thin::order);
        let mut insert = db.prepare_cached(
            "INSERT INTO rows (id, uid, t, arrived, ev, device, user, other, client, hash, file, line, nth, flags)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?;
        let mut calls = 0;
        for (position, row) in (self.begun.lo..).zip(&self.rows) {
            insert.execute(params![
                position,
                row.uid,
                row.t,
                row.arrived,
                row.ev,
                row.device,
                row.user,
                row.other,
                row.client,
                row.hash,
                self.begun.file,
                row.line,
                row.nth,
                row.flags.0,
            ])?;
            if let Some((alias, target)) = row.call {
                let call = Call { alias, target, t: row.t, arrived: row.arrived, flags: row.flags, from_table: false };
                call.write(db, position, self.begun.file, row.line, row.nth)?;
                calls += 1;
            }
        }
        self.write_runs(db)?;
        self.write_blocks(db)?;
        Ok(calls)
    }

    fn write_runs(&self, db: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut insert =
            db.prepare_cached("INSERT INTO runs (uid, seg, lo, n, t0, t1) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        let mut lo = self.begun.lo;
        for run in self.rows.chunk_by(|one, next| one.uid == next.uid) {
            let n = number::length(run.len());
            if let (Some(first), Some(last)) = (run.first(), run.last()) {
                insert.execute([first.uid, self.begun.seg, lo, n, first.t, last.t])?;
            }
            lo += n;
        }
        Ok(())
    }

    fn write_blocks(&self, db: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut blocks = Blocks { db, lo: self.begun.lo, n: 0, text: String::with_capacity(BLOCK_BYTES * 2) };
        for row in &self.rows {
            blocks.push(&row.properties)?;
        }
        blocks.flush()
    }

    /// Adds the links of the segment to those of the store.
    ///
    /// The row that is kept for a link is the first to arrive, whatever the order of imports:
    /// ties go to the name of the file, then its content, then the line.
    fn write_links(&self, db: &Transaction<'_>) -> rusqlite::Result<()> {
        let Begun { file, name, fingerprint, .. } = &self.begun;
        let mut add = db.prepare_cached(
            "UPDATE links SET rows = rows + ?4 WHERE a = ?1 AND kind = ?2 AND b = ?3
             RETURNING arrived, file, line, nth",
        )?;
        let mut file_order = db.prepare_cached("SELECT name, fingerprint FROM files WHERE id = ?1")?;
        let mut replace = db.prepare_cached(
            "UPDATE links SET t = ?4, arrived = ?5, file = ?6, line = ?7, nth = ?8
             WHERE a = ?1 AND kind = ?2 AND b = ?3",
        )?;
        let mut insert = db.prepare_cached(
            "INSERT INTO links (a, kind, b, rows, t, arrived, file, line, nth)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for (&(a, kind, b), Rows { count, first }) in &self.links {
            let First { t, arrived, line, nth } = *first;
            let known: Option<(Millis, i64, i64, i64)> = add
                .query_row([a, kind, b, *count], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                .optional()?;
            let Some((known_arrived, known_file, known_line, known_nth)) = known else {
                insert.execute([a, kind, b, *count, t, arrived, *file, line, nth])?;
                continue;
            };
            let is_first = if known_arrived != arrived {
                arrived < known_arrived
            } else if known_file == *file {
                (line, nth) < (known_line, known_nth)
            } else {
                let theirs: (String, i64) = file_order.query_row([known_file], |row| Ok((row.get(0)?, row.get(1)?)))?;
                ((name.as_str(), *fingerprint), *file) < ((theirs.0.as_str(), theirs.1), known_file)
            };
            if is_first {
                replace.execute([a, kind, b, t, arrived, *file, line, nth])?;
            }
        }
        Ok(())
    }
}

/// An alias call as the table has it.
struct Call {
    alias: Option<i64>,
    target: Option<i64>,
    t: Millis,
    arrived: Millis,
    flags: Flags,
    from_table: bool,
}

impl Call {
    fn write(&self, db: &Transaction<'_>, position: i64, file: i64, line: i64, nth: i64) -> rusqlite::Result<()> {
        db.prepare_cached(
            "INSERT INTO alias_calls (id, alias, target, t, arrived, flags, file, line, nth, from_table)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            position,
            self.alias,
            self.target,
            self.t,
            self.arrived,
            self.flags.0,
            file,
            line,
            nth,
            self.from_table,
        ])
        .map(drop)
    }
}

/// Writes lines of a table of aliases, under the positions after the rows.
fn write_table(
    db: &Transaction<'_>,
    texts: &mut Interners<'_>,
    begun: &Begun,
    lo: i64,
    lines: &[TableAlias],
) -> rusqlite::Result<()> {
    for (position, line) in (lo..).zip(lines) {
        let mut id = |id: Option<&Id>| id.map(|id| texts.ids.number(db, id.as_str())).transpose();
        let mut flags = line.flags;
        if line.time.is_none() {
            flags.set(Flags::TIME_FROM_ARRIVAL);
        }
        let call = Call {
            alias: id(line.alias.as_ref())?,
            target: id(line.target.as_ref())?,
            t: line.time.unwrap_or(line.arrived),
            arrived: line.arrived,
            flags,
            from_table: true,
        };
        call.write(db, position, begun.file, number::to_sql(line.line), 0)?;
    }
    Ok(())
}

fn write_profiles(
    db: &Transaction<'_>,
    texts: &mut Interners<'_>,
    file: i64,
    profiles: &[Profile],
) -> rusqlite::Result<()> {
    for profile in profiles {
        let mut id = |id: Option<&Id>| id.map(|id| texts.ids.number(db, id.as_str())).transpose();
        let uid = id(profile.id.as_ref())?;
        db.prepare_cached(
            "INSERT INTO profiles (uid, operation, ignore_alias, t, arrived, device, user, json, file, line)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            uid,
            profile.operation,
            profile.ignore_alias,
            profile.time,
            profile.arrival,
            id(profile.device.as_ref())?,
            id(profile.user.as_ref())?,
            profile.json,
            file,
            number::to_sql(profile.line),
        ])?;
        let Some(uid) = uid else { continue };
        for (key, value) in &profile.values {
            db.prepare_cached("INSERT OR IGNORE INTO profile_values (uid, key, value) VALUES (?1, ?2, ?3)")?
                .execute(params![uid, key, value])?;
        }
    }
    Ok(())
}

fn write_rejects(db: &Transaction<'_>, file: i64, rejects: &[Reject]) -> rusqlite::Result<()> {
    let mut insert = db.prepare_cached("INSERT INTO rejects (file, line, reason, text) VALUES (?1, ?2, ?3, ?4)")?;
    for reject in rejects {
        insert.execute(params![file, number::to_sql(reject.line), reject.reason, reject.text])?;
    }
    Ok(())
}

/// Properties of neighbouring rows, one a line, until they are enough for a block.
struct Blocks<'t> {
    db: &'t Transaction<'t>,
    /// Position of the first row.
    lo: i64,
    n: i64,
    text: String,
}

impl Blocks<'_> {
    fn push(&mut self, properties: &str) -> rusqlite::Result<()> {
        if self.n > 0 {
            self.text.push('\n');
        }
        if properties.contains('\n') {
            // JSON has line breaks only between values, where a space means the same.
            self.text.push_str(&properties.replace('\n', " "));
        } else {
            self.text.push_str(properties);
        }
        self.n += 1;
        if self.text.len() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> rusqlite::Result<()> {
        if self.n == 0 {
            return Ok(());
        }
        let z = zstd::bulk::compress(self.text.as_bytes(), LEVEL)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        self.db
            .prepare_cached("INSERT INTO blocks (id, n, z) VALUES (?1, ?2, ?3)")?
            .execute(params![self.lo, self.n, z])?;
        self.lo += self.n;
        self.n = 0;
        self.text.clear();
        Ok(())
    }
}

/// The flags of a row, with those that other fields decide.
fn flags(row: &Row) -> Flags {
    let mut flags = row.flags;
    let by_original = matches!(row.verb, Verb::Alias { by_original: true, .. });
    for (flag, holds) in [
        (Flags::ARRIVAL_UNKNOWN, row.arrival.is_none()),
        (Flags::HAS_INSERT_ID, row.insert_id.is_some()),
        (Flags::BY_ORIGINAL, by_original),
    ] {
        if holds {
            flags.set(flag);
        } else {
            flags.0 &= !flag.0;
        }
    }
    flags
}

/// What deliveries of one row have in common: with a `$insert_id`, what the vendor compares
/// (event, `distinct_id`, time, `$insert_id`), else the whole row.
fn hash(row: &Row) -> i64 {
    let mut hasher = Xxh3::new();
    // Each text after its length, and absent apart from empty: no two rows read the same.
    let mut text = |text: Option<&str>| {
        hasher.update(&text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        hasher.update(text.unwrap_or_default().as_bytes());
    };
    text(Some(&row.event));
    text(row.id.as_ref().map(Id::as_str));
    text(row.insert_id.as_deref());
    if row.insert_id.is_none() {
        text(Some(&row.properties));
    }
    hasher.update(&row.time.to_le_bytes());
    if row.insert_id.is_none() {
        hasher.update(&[u8::from(row.arrival.is_some())]);
        hasher.update(&row.arrival.unwrap_or_default().to_le_bytes());
    }
    hasher.digest().cast_signed()
}

#[cfg(test)]
mod tests;
