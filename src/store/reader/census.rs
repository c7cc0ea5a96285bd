//! What a look over the whole store, or at one line of a list, needs.

use super::facts::{CALLS, ORDER, ThinCall};
use super::{Reader, at_most};
use crate::model::Id;
use crate::model::facts::AliasCall;
use crate::model::scan::IdNote;
use crate::model::time::part;
use crate::store::Error;

impl Reader {
    /// Every alias call, in order of arrival; past `limit` the latest are left out.
    pub fn all_calls(&self, limit: usize) -> Result<Vec<AliasCall>, Error> {
        self.at_one_moment(|_| {
            let files = self.files()?;
            let select = format!("{CALLS} JOIN files f ON f.id = x.file {ORDER}, x.id LIMIT ?1");
            let rows = self.ask(|db| {
                db.prepare_cached(&select)?
                    .query_map([at_most(limit)], ThinCall::read)?
                    .collect::<rusqlite::Result<Vec<_>>>()
            })?;
            rows.into_iter().map(|row| self.call(&files, &row)).collect()
        })
    }

    /// Calls `each` with every id in any role, and `value` with every value of a profile that a
    /// person can be looked for by.
    pub fn each_known(&self, mut each: impl FnMut(&str), mut value: impl FnMut(&str)) -> Result<(), Error> {
        self.ask(|db| {
            let mut select = db.prepare_cached("SELECT name FROM ids")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                each(row.get_ref(0)?.as_str()?);
            }
            let mut select = db.prepare_cached("SELECT value FROM profile_values")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                value(row.get_ref(0)?.as_str()?);
            }
            Ok(())
        })
    }

    /// Calls `each` for every id in any role.
    ///
    /// Costs a few index look-ups for each: seconds for a million.
    pub fn each_id(&self, mut each: impl FnMut(IdNote<'_>)) -> Result<(), Error> {
        self.ask(|db| {
            let mut select = db.prepare_cached(
                "SELECT i.name, EXISTS (SELECT 1 FROM runs r WHERE r.uid = i.id),
                        EXISTS (SELECT 1 FROM links l WHERE l.a = i.id AND l.kind IN (0, 1))
                     OR EXISTS (SELECT 1 FROM links l WHERE l.b = i.id AND l.kind = 3)
                 FROM ids i ORDER BY i.id",
            )?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                each(IdNote { id: row.get_ref(0)?.as_str()?, has_rows: row.get(1)?, is_user: row.get(2)? });
            }
            Ok(())
        })
    }

    /// Rows sent under `id` in `parts` equal parts of the time from the first to the last of
    /// them; empty without rows.
    ///
    /// Costs a look at the time of each row, which are neighbours.
    pub fn activity_of(&self, id: &Id, parts: usize) -> Result<Vec<u64>, Error> {
        self.at_one_moment(|_| {
            let Some(uid) = self.number_of(id)? else { return Ok(Vec::new()) };
            let Some(span) = self.span_of(id)? else { return Ok(Vec::new()) };
            let (Some(first), Some(last)) = (span.first, span.last) else { return Ok(Vec::new()) };
            let mut counts = vec![0; parts];
            for (lo, n) in self.runs_of(uid)? {
                for (_, head) in self.heads_between(lo, lo.saturating_add(n))? {
                    if let Some(count) = counts.get_mut(part(head.t, (first, last), parts)) {
                        *count += 1;
                    }
                }
            }
            Ok(counts)
        })
    }
}
