//! One chunk becomes one segment of the store.

use rusqlite::{Connection, OptionalExtension, params};

use super::Waiting;
use super::bulk::Bulk;
use super::intern::name_key;
use super::links::{Pair, Sum};
use super::pieces::{Frame, Pieces};
use super::runs::Run;
use crate::model::{Flags, Id, Millis, Profile, Reject, VerbKind};
use crate::store::packs::{self, Head, Sums};
use crate::store::segment::{First, Segment, Thin, split};
use crate::store::{Added, Chunk, TableAlias, number};

/// Adds `chunk`; `None` when its file is not in the store.
pub(super) fn append(db: &Connection, waiting: &mut Waiting, chunk: &Chunk) -> rusqlite::Result<Option<Added>> {
    let Some(begun) = Begun::of(db, chunk.file, chunk.hash.cast_signed())? else { return Ok(None) };
    db.prepare_cached("UPDATE files SET complete = 0, fingerprint = ?2 WHERE id = ?1")?
        .execute([begun.file, begun.fingerprint])?;
    let segment = &chunk.segment;
    let added = Added {
        events: segment.len() as u64,
        aliases: chunk.aliases.len() as u64 + segment.calls.len() as u64,
        profiles: chunk.profiles.len() as u64,
        rejected: chunk.rejects.len() as u64 + chunk.dropped,
    };
    let used = number::length(segment.len()).saturating_add(number::length(chunk.aliases.len()));

    let ids = segment.ids.iter().map(|text| waiting.ids.number(db, text)).collect::<rusqlite::Result<_>>()?;
    let mut names = <[Vec<i64>; VerbKind::ALL.len()]>::default();
    for ((verb, texts), numbers) in VerbKind::ALL.into_iter().zip(&segment.names).zip(&mut names) {
        for text in texts.iter() {
            numbers.push(waiting.names.number(db, &name_key(verb, text))?);
        }
    }
    let placed = Placed { begun: &begun, segment, ids, names };
    placed.write_rows(db)?;
    waiting.runs.extend(placed.runs());
    waiting.links.add(db, placed.links())?;
    write_table(db, waiting, &begun, begun.lo + number::length(segment.len()), &chunk.aliases)?;
    write_profiles(db, waiting, begun.file, &chunk.profiles)?;
    write_rejects(db, begun.file, &chunk.rejects)?;
    waiting.ids.write_many(db)?;

    let times = || segment.rows.iter().map(|row| row.t);
    let (last_line, last_nth) = segment
        .rows
        .iter()
        .map(|row| (row.line, placed.nth(row.line, row.nth)))
        .max()
        .unwrap_or((begun.last_line, begun.last_nth));
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
        last_line,
        last_nth,
    ])?;
    Ok(Some(added))
}

/// Where the segment begins, in the store and in its file.
struct Begun {
    file: i64,
    /// Hash of the first chunk of the file.
    fingerprint: i64,
    seg: i64,
    lo: i64,
    /// Number of its first sender.
    sender: i64,
    /// The last line with a row so far, and its rows: a line may go over into the next chunk.
    last_line: i64,
    last_nth: i64,
}

impl Begun {
    fn of(db: &Connection, file: i64, hash: i64) -> rusqlite::Result<Option<Self>> {
        let known = db
            .prepare_cached("SELECT coalesce(fingerprint, ?2) FROM files WHERE id = ?1")?
            .query_row([file, hash], |row| row.get(0))
            .optional()?;
        let Some(fingerprint) = known else { return Ok(None) };
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
        let sender =
            db.prepare_cached("SELECT coalesce(max(id), 0) + 1 FROM senders")?.query_row([], |row| row.get(0))?;
        Ok(Some(Self { file, fingerprint, seg, lo, sender, last_line, last_nth }))
    }
}

/// A segment with the numbers of the store.
struct Placed<'s> {
    begun: &'s Begun,
    segment: &'s Segment,
    ids: Vec<i64>,
    /// By the number of their verb.
    names: [Vec<i64>; VerbKind::ALL.len()],
}

impl Placed<'_> {
    /// Number of an id; `None` for none.
    fn id(&self, number: u32) -> Option<i64> {
        lookup(&self.ids, number)
    }

    /// Number of a name; `None` for none.
    fn name(&self, number: u32) -> Option<i64> {
        let (verb, number) = split(number);
        lookup(self.names.get(verb)?, number)
    }

    /// The place of a row among the rows of its line, some of which the chunk before may have.
    fn nth(&self, line: i64, nth: i64) -> i64 {
        if line == self.begun.last_line { nth + self.begun.last_nth + 1 } else { nth }
    }

    /// Writes rows, blocks and the alias calls among the rows.
    fn write_rows(&self, db: &Connection) -> rusqlite::Result<()> {
        let columns = ["uid", "device", "user", "other", "client", "file", "flags", "arrived"];
        let mut senders = Bulk::behind(db, "senders", &columns, self.begun.sender)?;
        for sender in &self.segment.senders {
            senders.add(&[
                Some(self.id(sender.uid).unwrap_or(number::NO_ID)),
                self.id(sender.device),
                self.id(sender.user),
                self.id(sender.other),
                self.name(sender.client),
                Some(self.begun.file),
                Some(i64::from(sender.flags.0)),
                sender.far,
            ])?;
        }
        senders.finish()?;
        let head = |row: &Thin| Head {
            t: row.t,
            delay: number::delay(row.t, row.arrived).0,
            ev: self.name(row.ev).unwrap_or_default(),
            sender: self.begun.sender + i64::from(row.sender),
            hash: number::hash(row.hash),
            line: row.line,
            nth: self.nth(row.line, row.nth),
        };
        packs::write(db, self.begun.lo, self.segment.rows.iter().map(head), Sums::Kept)?;
        for call in &self.segment.calls {
            let Some(row) = usize::try_from(call.row).ok().and_then(|at| self.segment.rows.get(at)) else { continue };
            let (alias, target) = (self.id(call.alias), self.id(call.target));
            let position = self.begun.lo + i64::from(call.row);
            let nth = self.nth(row.line, row.nth);
            let sender = usize::try_from(row.sender).ok().and_then(|sender| self.segment.senders.get(sender));
            let flags = sender.map(|sender| sender.flags).unwrap_or_default();
            let call = Call { alias, target, t: row.t, arrived: row.arrived, flags, from_table: false };
            call.write(db, position, self.begun.file, row.line, nth)?;
        }
        self.write_blocks(db)
    }

    /// The runs of the segment, in the order of its rows.
    fn runs(&self) -> impl Iterator<Item = Run> {
        let mut lo = self.begun.lo;
        let runs = self.segment.rows.chunk_by(|one, next| one.uid == next.uid);
        runs.filter_map(move |run| {
            let (first, last) = (run.first()?, run.last()?);
            let n = number::length(run.len());
            let uid = self.id(first.uid).unwrap_or(number::NO_ID);
            let run = Run { uid, seg: self.begun.seg, lo, n, t0: first.t, t1: last.t };
            lo += n;
            Some(run)
        })
    }

    fn write_blocks(&self, db: &Connection) -> rusqlite::Result<()> {
        let blocks = &self.segment.blocks;
        let mut lo = self.begun.lo;
        let frame = |(n, end): &(i64, usize)| {
            lo += n;
            (lo - n, *n, *end)
        };
        let frames: Vec<Frame> = blocks.ends().iter().map(frame).collect();
        Pieces::after_all(db)?.write(db, &frames, blocks.bytes(), Sums::Kept)
    }

    /// The links of the segment.
    fn links(&self) -> impl Iterator<Item = (Pair, Sum)> {
        self.segment.links.iter().filter_map(|link| {
            let pair = Pair { a: self.id(link.a)?, kind: link.kind.number(), b: self.id(link.b)? };
            let First { line, nth, .. } = link.first;
            let first = First { nth: self.nth(line, nth), ..link.first };
            Some((pair, Sum { rows: link.rows, file: self.begun.file, first }))
        })
    }
}

/// The number in the store of a text of the segment.
fn lookup(numbers: &[i64], number: u32) -> Option<i64> {
    numbers.get(usize::try_from(number).ok()?).copied()
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
    fn write(&self, db: &Connection, position: i64, file: i64, line: i64, nth: i64) -> rusqlite::Result<()> {
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
    db: &Connection,
    waiting: &mut Waiting,
    begun: &Begun,
    lo: i64,
    lines: &[TableAlias],
) -> rusqlite::Result<()> {
    for (position, line) in (lo..).zip(lines) {
        let mut id = |id: Option<&Id>| id.map(|id| waiting.ids.number(db, id.as_str())).transpose();
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

fn write_profiles(db: &Connection, waiting: &mut Waiting, file: i64, profiles: &[Profile]) -> rusqlite::Result<()> {
    for profile in profiles {
        let mut id = |id: Option<&Id>| id.map(|id| waiting.ids.number(db, id.as_str())).transpose();
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

fn write_rejects(db: &Connection, file: i64, rejects: &[Reject]) -> rusqlite::Result<()> {
    let mut insert = db.prepare_cached("INSERT INTO rejects (file, line, reason, text) VALUES (?1, ?2, ?3, ?4)")?;
    for reject in rejects {
        insert.execute(params![file, number::to_sql(reject.line), reject.reason, reject.text])?;
    }
    Ok(())
}
