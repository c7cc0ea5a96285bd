//! Rows, alias calls, links and profiles of an id.

use rusqlite::{CachedStatement, Connection, Row, params};

use super::files::Files;
use super::{Reader, at_most};
use crate::model::facts::{AliasCall, Event, Link, Source};
use crate::model::{Client, Flags, Id, LinkKind, Millis};
use crate::store::writer::NO_ID;
use crate::store::{Error, Span, StoredProfile, number};

/// The order of arrival; the place of a file is the one that [`Files`] gives.
pub(super) const ORDER: &str = "ORDER BY x.arrived, f.name, f.fingerprint, f.id, x.line, x.nth";

/// What [`ThinCall::read`] reads.
pub(super) const CALLS: &str = "SELECT x.id, x.alias, x.target, x.t, x.arrived, x.flags, x.file, x.line, x.nth,
    x.from_table FROM alias_calls x JOIN files f ON f.id = x.file";

impl Reader {
    /// Alias calls for the key `alias`, in order of arrival; past `limit` the latest are left out.
    pub fn calls_of(&self, alias: &Id, limit: usize) -> Result<Vec<AliasCall>, Error> {
        self.calls("alias", alias, limit)
    }

    /// Alias calls that point at `target`, in order of arrival; past `limit` the latest are left
    /// out.
    pub fn calls_to(&self, target: &Id, limit: usize) -> Result<Vec<AliasCall>, Error> {
        self.calls("target", target, limit)
    }

    fn calls(&self, column: &str, id: &Id, limit: usize) -> Result<Vec<AliasCall>, Error> {
        self.at_one_moment(|_| {
            let Some(id) = self.number_of(id)? else { return Ok(Vec::new()) };
            let files = self.files()?;
            let select = format!("{CALLS} WHERE x.{column} = ?1 {ORDER}, x.id LIMIT ?2");
            let rows = self.ask(|db| {
                db.prepare_cached(&select)?
                    .query_map([id, at_most(limit)], ThinCall::read)?
                    .collect::<rusqlite::Result<Vec<_>>>()
            })?;
            rows.into_iter().map(|row| self.call(&files, &row)).collect()
        })
    }

    pub(super) fn call(&self, files: &Files, row: &ThinCall) -> Result<AliasCall, Error> {
        Ok(AliasCall {
            row: number::row(row.id, row.nth),
            alias: self.id_or_none(row.alias)?,
            target: self.id_or_none(row.target)?,
            time: row.t,
            arrived: row.arrived,
            flags: Flags(row.flags),
            source: self.source(files, row.file, row.line)?,
            from_table: row.from_table,
        })
    }

    /// Links with `id` on either side, in order of arrival of their first rows; past `limit`
    /// the latest are left out.
    pub fn links_of(&self, id: &Id, limit: usize) -> Result<Vec<Link>, Error> {
        self.at_one_moment(|_| {
            let Some(id) = self.number_of(id)? else { return Ok(Vec::new()) };
            let files = self.files()?;
            let select = format!(
                "SELECT x.a, x.kind, x.b, x.rows, x.t, x.arrived, x.file, x.line
                 FROM (SELECT * FROM links WHERE a = ?1
                       UNION ALL SELECT * FROM links WHERE b = ?1 AND a <> ?1) x
                 JOIN files f ON f.id = x.file {ORDER}, x.kind, x.a, x.b LIMIT ?2"
            );
            let rows = self.ask(|db| {
                db.prepare_cached(&select)?
                    .query_map([id, at_most(limit)], |row| {
                        Ok((
                            (row.get(0)?, row.get(1)?, row.get(2)?),
                            (row.get(3)?, row.get(4)?, row.get(5)?),
                            (row.get(6)?, row.get(7)?),
                        ))
                    })?
                    .collect::<rusqlite::Result<Vec<((i64, i64, i64), (i64, Millis, Millis), (i64, i64))>>>()
            })?;
            rows.into_iter()
                .map(|((a, kind, b), (rows, time, arrived), (file, line))| {
                    let kind = LinkKind::from_number(kind)
                        .ok_or_else(|| self.corrupt(format!("it has a link of unknown kind {kind}")))?;
                    let source = self.source(&files, file, line)?;
                    let rows = number::from_sql(rows);
                    Ok(Link { kind, a: self.id(a)?, b: self.id(b)?, rows, time, arrived, source })
                })
                .collect()
        })
    }

    /// Rows sent under exactly this id, by time, then arrival; past `limit` the latest are left
    /// out.
    pub fn events_of(&self, id: &Id, limit: usize) -> Result<Vec<Event>, Error> {
        self.at_one_moment(|_| match self.number_of(id)? {
            Some(uid) => self.events_under(uid, Some(id), limit),
            None => Ok(Vec::new()),
        })
    }

    /// Rows without a usable `distinct_id`, by time, then arrival.
    pub fn events_without_id(&self, limit: usize) -> Result<Vec<Event>, Error> {
        self.at_one_moment(|_| self.events_under(NO_ID, None, limit))
    }

    fn events_under(&self, uid: i64, id: Option<&Id>, limit: usize) -> Result<Vec<Event>, Error> {
        let files = self.files()?;
        let rows = self.ask(|db| ThinRow::first_of(db, uid, limit, &files))?;
        rows.iter().map(|row| self.event(&files, id, row)).collect()
    }

    fn event(&self, files: &Files, id: Option<&Id>, row: &ThinRow) -> Result<Event, Error> {
        Ok(Event {
            row: number::row(row.id, row.nth),
            event: self.name(row.ev)?,
            id: id.cloned(),
            time: row.t,
            arrived: row.arrived,
            device: self.id_or_none(row.device)?,
            user: self.id_or_none(row.user)?,
            other: self.id_or_none(row.other)?,
            client: row.client.map(|client| Ok(Client::from_text(&self.name(client)?))).transpose()?,
            hash: row.hash,
            flags: Flags(row.flags),
            source: self.source(files, row.file, row.line)?,
        })
    }

    /// How many rows were sent under `id`, and from when to when.
    ///
    /// `None` when the store has the id in no role; no events when rows only mention it.
    pub fn span_of(&self, id: &Id) -> Result<Option<Span>, Error> {
        self.at_one_moment(|_| {
            let Some(uid) = self.number_of(id)? else { return Ok(None) };
            self.ask(|db| {
                db.prepare_cached("SELECT coalesce(sum(n), 0), min(t0), max(t1) FROM runs WHERE uid = ?1")?.query_row(
                    [uid],
                    |row| {
                        Ok(Some(Span { events: number::from_sql(row.get(0)?), first: row.get(1)?, last: row.get(2)? }))
                    },
                )
            })
        })
    }

    /// Properties of rows as JSON text, in the order asked. Rows of one block cost one
    /// decompression.
    ///
    /// # Errors
    /// [`Error::Missing`] for a row that the store does not have.
    pub fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Error> {
        self.at_one_moment(|_| {
            let mut wanted: Vec<(i64, usize)> = rows.iter().map(|row| number::position(*row)).zip(0..).collect();
            wanted.sort_unstable();
            let mut found = vec![String::new(); rows.len()];
            let mut block = Block::default();
            for (position, place) in wanted {
                if block.get(position).is_none() {
                    block = self.block(position)?;
                }
                let text = block.get(position).ok_or_else(|| self.no_row(position))?;
                if let Some(found) = found.get_mut(place) {
                    text.clone_into(found);
                }
            }
            Ok(found)
        })
    }

    /// The block that has the row at `position`, unpacked.
    fn block(&self, position: i64) -> Result<Block, Error> {
        let (lo, n, z): (i64, i64, Vec<u8>) = self
            .ask(|db| {
                db.prepare_cached("SELECT id, n, z FROM blocks WHERE id <= ?1 ORDER BY id DESC LIMIT 1")?
                    .query_map([position], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                    .next()
                    .transpose()
            })?
            .ok_or_else(|| self.no_row(position))?;
        let text = zstd::decode_all(z.as_slice())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| self.corrupt(format!("the properties of the rows from {lo} on cannot be unpacked")))?;
        let mut ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        ends.push(text.len());
        let block = Block { lo, text, ends };
        if block.ends.len() == usize::try_from(n).unwrap_or(0) {
            Ok(block)
        } else {
            Err(self.corrupt(format!("the properties of the rows from {lo} on are not {n}")))
        }
    }

    fn no_row(&self, position: i64) -> Error {
        Error::Missing { path: self.path.clone(), what: format!("row {position}") }
    }

    /// Profile updates of these ids by time; past `limit` the latest are left out.
    pub fn profiles_of(&self, ids: &[Id], limit: usize) -> Result<Vec<StoredProfile>, Error> {
        self.at_one_moment(|_| {
            let files = self.files()?;
            let mut uids = ids.iter().filter_map(|id| self.number_of(id).transpose()).collect::<Result<Vec<_>, _>>()?;
            uids.sort_unstable();
            uids.dedup();
            let mut found = Vec::new();
            for uid in uids {
                let rows = self.ask(|db| {
                    db.prepare_cached(
                        "SELECT x.operation, x.t, x.arrived, x.ignore_alias, x.json, x.file, x.line, x.id
                         FROM profiles x JOIN files f ON f.id = x.file WHERE x.uid = ?1
                         ORDER BY coalesce(x.t, x.arrived), f.name, f.fingerprint, f.id, x.line, x.id LIMIT ?2",
                    )?
                    .query_map([uid, at_most(limit)], |row| {
                        let profile = StoredProfile {
                            id: None,
                            operation: row.get(0)?,
                            time: row.get(1)?,
                            arrived: row.get(2)?,
                            ignore_alias: row.get(3)?,
                            json: row.get(4)?,
                            source: Source { file: "".into(), rank: 0, line: 0 },
                        };
                        Ok((profile, row.get(5)?, row.get(6)?, row.get(7)?))
                    })?
                    .collect::<rusqlite::Result<Vec<(StoredProfile, i64, i64, i64)>>>()
                })?;
                for (profile, file, line, number) in rows {
                    let source = self.source(&files, file, line)?;
                    found.push((StoredProfile { id: Some(self.id(uid)?), source, ..profile }, number));
                }
            }
            found.sort_by_key(|(profile, number)| {
                (profile.time.or(profile.arrived), profile.source.rank, profile.source.line, *number)
            });
            found.truncate(limit);
            Ok(found.into_iter().map(|(profile, _)| profile).collect())
        })
    }

    fn id_or_none(&self, number: Option<i64>) -> Result<Option<Id>, Error> {
        number.map(|number| self.id(number)).transpose()
    }

    fn source(&self, files: &Files, file: i64, line: i64) -> Result<Source, Error> {
        files.source(file, line).ok_or_else(|| self.corrupt(format!("it has no file {file}, which a row names")))
    }
}

/// Properties of neighbouring rows.
#[derive(Default)]
struct Block {
    /// Position of the first.
    lo: i64,
    text: String,
    /// Where the text of each ends.
    ends: Vec<usize>,
}

impl Block {
    fn get(&self, position: i64) -> Option<&str> {
        let at = usize::try_from(position.checked_sub(self.lo)?).ok()?;
        let start = match at.checked_sub(1) {
            Some(before) => self.ends.get(before)? + 1,
            None => 0,
        };
        self.text.get(start..*self.ends.get(at)?)
    }
}

/// A row of `alias_calls`.
pub(super) struct ThinCall {
    id: i64,
    alias: Option<i64>,
    target: Option<i64>,
    t: Millis,
    arrived: Millis,
    flags: u32,
    file: i64,
    line: i64,
    nth: i64,
    from_table: bool,
}

impl ThinCall {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            alias: row.get(1)?,
            target: row.get(2)?,
            t: row.get(3)?,
            arrived: row.get(4)?,
            flags: row.get(5)?,
            file: row.get(6)?,
            line: row.get(7)?,
            nth: row.get(8)?,
            from_table: row.get(9)?,
        })
    }
}

/// A row of `rows`.
struct ThinRow {
    id: i64,
    t: Millis,
    arrived: Millis,
    ev: i64,
    device: Option<i64>,
    user: Option<i64>,
    other: Option<i64>,
    client: Option<i64>,
    hash: i64,
    file: i64,
    line: i64,
    nth: i64,
    flags: u32,
}

impl ThinRow {
    /// The first `limit` rows under `uid` by time.
    ///
    /// Runs are read by their first time, and rows of a run have their times in order, so
    /// reading stops where nothing earlier can come.
    fn first_of(db: &Connection, uid: i64, limit: usize, files: &Files) -> rusqlite::Result<Vec<Self>> {
        let mut runs = db.prepare_cached("SELECT lo, n, t0 FROM runs WHERE uid = ?1 ORDER BY t0, seg")?;
        let runs = runs
            .query_map([uid], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<Vec<(i64, i64, Millis)>>>()?;
        let mut select = db.prepare_cached(
            "SELECT id, t, arrived, ev, device, user, other, client, hash, file, line, nth, flags
             FROM rows WHERE id >= ?1 AND id < ?2 AND t <= ?3 ORDER BY id",
        )?;
        let mut first = First { rows: Vec::new(), limit, latest: Millis::MAX, files };
        for (lo, n, t0) in runs {
            if t0 > first.latest {
                break;
            }
            first.read(&mut select, lo, n)?;
        }
        first.cut();
        Ok(first.rows)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            t: row.get(1)?,
            arrived: row.get(2)?,
            ev: row.get(3)?,
            device: row.get(4)?,
            user: row.get(5)?,
            other: row.get(6)?,
            client: row.get(7)?,
            hash: row.get(8)?,
            file: row.get(9)?,
            line: row.get(10)?,
            nth: row.get(11)?,
            flags: row.get(12)?,
        })
    }

    fn order(&self, files: &Files) -> (Millis, Millis, u32, i64, i64, i64) {
        (self.t, self.arrived, files.rank(self.file), self.line, self.nth, self.id)
    }
}

/// The earliest rows so far, with some more than `limit` of them until the next cut.
struct First<'f> {
    rows: Vec<ThinRow>,
    limit: usize,
    /// No row after this time can be among them.
    latest: Millis,
    files: &'f Files,
}

impl First<'_> {
    /// Takes rows of a run until their times are too late.
    fn read(&mut self, select: &mut CachedStatement<'_>, lo: i64, n: i64) -> rusqlite::Result<()> {
        let mut rows = select.query(params![lo, lo.saturating_add(n), self.latest])?;
        while let Some(row) = rows.next()? {
            let row = ThinRow::read(row)?;
            if row.t > self.latest {
                break;
            }
            self.rows.push(row);
            if self.rows.len() > self.limit.saturating_mul(2).saturating_add(1024) {
                self.cut();
            }
        }
        Ok(())
    }

    fn cut(&mut self) {
        let files = self.files;
        self.rows.sort_by_key(|row| row.order(files));
        if self.rows.len() > self.limit {
            self.rows.truncate(self.limit);
            self.latest = self.rows.last().map_or(Millis::MIN, |row| row.t);
        }
    }
}
