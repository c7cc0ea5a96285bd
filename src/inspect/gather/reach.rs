//! Everything that calls, links and devices reach: what rules that join ids by links need.
//!
//! Such rules need the rows of an id, of every id that one of those rows names, and so on: who came
//! first on a device decides whose all of its rows are. The nearest ids are read first, so that a
//! limit leaves out the farthest; placeholders are walked through, because a system that joins by
//! them joins by them.

use std::collections::HashSet;

use super::{Limits, Walk};
use crate::identity::{CutOf, Facts, RuleSet};
use crate::inspect::Error;
use crate::inspect::source::{Ask, Edges, Lookup};
use crate::model::Id;

/// Reads what the journey of `query` needs under `rules`.
pub fn gather_by<W: Lookup + ?Sized>(
    warehouse: &W,
    query: &Id,
    limits: &Limits,
    rules: RuleSet,
) -> Result<Facts, Error> {
    gather_rows_by(warehouse, query, limits, rules).map(|(facts, _)| facts)
}

/// The same, and whether the limits of rows left some out.
pub(in crate::inspect) fn gather_rows_by<W: Lookup + ?Sized>(
    warehouse: &W,
    query: &Id,
    limits: &Limits,
    rules: RuleSet,
) -> Result<(Facts, bool), Error> {
    if rules.joins_by_links() { reach(warehouse, query, limits) } else { super::gather_rows(warehouse, query, limits) }
}

/// Reads everything that is reached from `query`, and tells whether rows were left out.
pub(in crate::inspect) fn reach<W: Lookup + ?Sized>(
    warehouse: &W,
    query: &Id,
    limits: &Limits,
) -> Result<(Facts, bool), Error> {
    let mut walk = Walk::new(warehouse, limits);
    let mut seen: HashSet<Id> = HashSet::new();
    let mut ids: Vec<Id> = Vec::new();
    let mut todo = vec![query.clone(), query.other_device_form()];
    while !todo.is_empty() {
        todo.retain(|id| seen.insert(id.clone()));
        let room = limits.members.saturating_mul(2).saturating_sub(ids.len());
        if todo.len() > room {
            walk.cut(
                CutOf::Ids,
                format!(
                    "More than {} ids are reached from {}: the farthest are not read.",
                    limits.members,
                    query.as_str()
                ),
            );
            todo.truncate(room);
        }
        ids.extend(todo.iter().cloned());
        todo = walk.next(&todo)?;
    }
    let more = walk.rows_of(&ids, limits.rows)?;
    if more {
        let note = format!("What is reached has more than {} rows: the rest is not shown.", limits.rows);
        walk.cut(CutOf::Rows, note);
    }
    Ok((walk.facts, more))
}

impl<W: Lookup + ?Sized> Walk<'_, W> {
    /// Reads the edges of `ids`, and gives the ids that they lead to, in both device forms.
    fn next(&mut self, ids: &[Id]) -> Result<Vec<Id>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let Limits { calls, links, .. } = *self.limits;
        let ask = Ask { calls_of: calls, calls_to: calls, links };
        let mut next = Vec::new();
        for (id, Edges { calls_of, calls_to, links: found }) in ids.iter().zip(self.warehouse.edges(ids, ask)?) {
            if calls_of.len() >= calls || calls_to.len() >= calls || found.len() >= links {
                self.cut(
                    CutOf::Around,
                    format!("{} is named with more than {links} ids: the rest is not searched.", id.as_str()),
                );
            }
            for link in found {
                next.extend([link.a.clone(), link.b.clone()]);
                self.add_link(link);
            }
            for call in calls_of.into_iter().chain(calls_to) {
                next.extend([&call.alias, &call.target].into_iter().flatten().cloned());
                self.add_call(call);
            }
        }
        let mut met = HashSet::new();
        next.retain(|id| met.insert(id.clone()));
        Ok(next.into_iter().flat_map(|id| [id.other_device_form(), id]).collect())
    }
}
