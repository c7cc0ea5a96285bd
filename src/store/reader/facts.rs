//! Alias calls, links and profiles of an id.

use rusqlite::{Params, Row};

use super::files::Files;
use super::{Reader, at_most};
use crate::model::facts::{AliasCall, Link, Source};
use crate::model::{Flags, Id, LinkKind, Millis};
use crate::store::{Error, Span, StoredProfile, number};

/// The order of arrival; the place of a file is the one that [`Files`] gives.
pub(super) const ORDER: &str = "ORDER BY x.arrived, f.name, f.fingerprint, f.id, x.line, x.nth";

/// What [`ThinCall::read`] reads.
pub(super) const CALLS: &str = "SELECT x.id, x.alias, x.target, x.t, x.arrived, x.flags, x.file, x.line, x.nth,
    x.from_table FROM alias_calls x";

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
            // Most ids have none or one, which needs no sorting to be seen.
            let few = format!("{CALLS} WHERE x.{column} = ?1 LIMIT 2");
            let mut rows = self.thin_calls(&few, [id])?;
            if rows.len() > 1 {
                let select =
                    format!("{CALLS} JOIN files f ON f.id = x.file WHERE x.{column} = ?1 {ORDER}, x.id LIMIT ?2");
                rows = self.thin_calls(&select, [id, at_most(limit)])?;
            }
            if rows.is_empty() || limit == 0 {
                return Ok(Vec::new());
            }
            let files = self.files()?;
            rows.into_iter().map(|row| self.call(&files, &row)).collect()
        })
    }

    fn thin_calls(&self, select: &str, values: impl Params) -> Result<Vec<ThinCall>, Error> {
        self.ask(|db| db.prepare_cached(select)?.query_map(values, ThinCall::read)?.collect())
    }

    pub(super) fn call(&self, files: &Files, row: &ThinCall) -> Result<AliasCall, Error> {
        Ok(AliasCall {
            row: number::row(row.id, row.nth),
            alias: self.named(row.alias)?,
            target: self.named(row.target)?,
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

    /// How many rows were sent under `id`, and from when to when.
    ///
    /// `None` when the store has the id in no role; no events when rows only mention it.
    pub fn span_of(&self, id: &Id) -> Result<Option<Span>, Error> {
        self.at_one_moment(|_| self.number_of(id)?.map(|uid| self.span(uid)).transpose())
    }

    pub(super) fn span(&self, uid: i64) -> Result<Span, Error> {
        self.ask(|db| {
            db.prepare_cached("SELECT coalesce(sum(n), 0), min(t0), max(t1) FROM runs WHERE uid = ?1")?
                .query_row([uid], |row| {
                    Ok(Span { events: number::from_sql(row.get(0)?), first: row.get(1)?, last: row.get(2)? })
                })
        })
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
                    .query_map([uid, at_most(limit)], |row| Ok((profile(row)?, row.get(5)?, row.get(6)?, row.get(7)?)))?
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

    /// An id that more is asked about next.
    fn named(&self, number: Option<i64>) -> Result<Option<Id>, Error> {
        let Some(number) = number else { return Ok(None) };
        let id = self.id(number)?;
        self.remember(&id, number);
        Ok(Some(id))
    }

    pub(super) fn id_or_none(&self, number: Option<i64>) -> Result<Option<Id>, Error> {
        number.map(|number| self.id(number)).transpose()
    }

    pub(super) fn source(&self, files: &Files, file: i64, line: i64) -> Result<Source, Error> {
        files.source(file, line).ok_or_else(|| self.corrupt(format!("it has no file {file}, which a row names")))
    }
}

/// A profile update whose row begins with operation, times, `ignore_alias` and JSON; its id and its place
/// are known from elsewhere.
pub(super) fn profile(row: &Row<'_>) -> rusqlite::Result<StoredProfile> {
    Ok(StoredProfile {
        id: None,
        operation: row.get(0)?,
        time: row.get(1)?,
        arrived: row.get(2)?,
        ignore_alias: row.get(3)?,
        json: row.get(4)?,
        source: Source::new("", 0, 0),
    })
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
