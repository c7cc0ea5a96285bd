//! What one user's rows were at moments of arrival, without asking the store each time.
//!
//! A person who steps through a history asks for one moment after another. What can matter
//! differs from moment to moment (an id that is known now was anonymous once), so each moment
//! is [gathered](super::gather) anew, over look-ups that are remembered: the store is asked
//! once for each id.
//!
//! Cost: the rows of the user and of what stands next to it, kept twice while it is scrubbed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::gather::{Limits, gather};
use super::warehouse::{Ask, Edges, Warehouse};
use crate::identity::Facts;
use crate::identity::moment::{had_arrived, link_as_of};
use crate::model::Id;
use crate::model::facts::{AliasCall, Arrival, Event, Link, Place};
use crate::store::IdHit;

/// Rows that are asked for at once.
const PAGE: usize = 10_000;

/// Look-ups of one user, remembered.
#[derive(Debug, Default)]
pub struct History {
    /// [`crate::store::Reader::data_version`] that they were made at.
    version: Option<i64>,
    memory: Memory,
}

#[derive(Debug, Default)]
struct Memory {
    calls_of: Kept<AliasCall>,
    calls_to: Kept<AliasCall>,
    links: Kept<Link>,
    rows: RefCell<HashMap<Vec<Id>, Rows>>,
}

/// Answers by id, each with the limit that it was asked with.
type Kept<T> = RefCell<HashMap<Id, (usize, Vec<T>)>>;

/// The first rows of some ids, in their places; all of them when `done`.
#[derive(Debug, Default)]
struct Rows {
    rows: Vec<Arc<Event>>,
    done: bool,
}

impl History {
    /// Forgets everything if the store has changed since.
    pub(super) fn renew(&mut self, version: i64) {
        if self.version != Some(version) {
            *self = Self { version: Some(version), memory: Memory::default() };
        }
    }

    /// Reads what the journey of `query` needs as it stood at `moment`.
    pub fn gather<W: Warehouse>(
        &self,
        warehouse: &W,
        query: &Id,
        moment: Arrival,
        limits: &Limits,
    ) -> Result<Facts, W::Error> {
        gather(&Then { warehouse, memory: &self.memory, moment }, query, limits)
    }
}

/// A warehouse as it was at a moment.
struct Then<'a, W> {
    warehouse: &'a W,
    memory: &'a Memory,
    moment: Arrival,
}

/// The first `limit` answers for `id` that `then` lets through, asked for only once.
fn recall<T, E>(
    kept: &Kept<T>,
    id: &Id,
    limit: usize,
    ask: impl FnOnce() -> Result<Vec<T>, E>,
    then: impl Fn(&T) -> Option<T>,
) -> Result<Vec<T>, E> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let mut kept = kept.borrow_mut();
    // An answer shorter than its limit is all there is.
    let enough = kept.get(id).is_some_and(|(asked, rows)| *asked >= limit || rows.len() < *asked);
    if !enough {
        kept.insert(id.clone(), (limit, ask()?));
    }
    let rows = kept.get(id).map_or(&[][..], |(_, rows)| rows.as_slice());
    Ok(rows.iter().take(limit).filter_map(then).collect())
}

impl<W: Warehouse> Then<'_, W> {
    fn edges_of(&self, id: &Id, ask: Ask) -> Result<Edges, W::Error> {
        let alone = |ask: Ask| -> Result<Edges, W::Error> {
            Ok(self.warehouse.edges(std::slice::from_ref(id), ask)?.pop().unwrap_or_default())
        };
        let call = |call: &AliasCall| had_arrived(call, self.moment).then(|| call.clone());
        // Calls and links come in order of arrival: a limit cuts off the latest.
        let of = || Ok(alone(Ask { calls_of: ask.calls_of, ..Ask::default() })?.calls_of);
        let to = || Ok(alone(Ask { calls_to: ask.calls_to, ..Ask::default() })?.calls_to);
        let links = || Ok(alone(Ask { links: ask.links, ..Ask::default() })?.links);
        Ok(Edges {
            calls_of: recall(&self.memory.calls_of, id, ask.calls_of, of, call)?,
            calls_to: recall(&self.memory.calls_to, id, ask.calls_to, to, call)?,
            links: recall(&self.memory.links, id, ask.links, links, |link| link_as_of(link, self.moment))?,
        })
    }
}

impl<W: Warehouse> Warehouse for Then<'_, W> {
    type Error = W::Error;

    fn search_ids(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, W::Error> {
        self.warehouse.search_ids(text, limit)
    }

    fn edges(&self, ids: &[Id], ask: Ask) -> Result<Vec<Edges>, W::Error> {
        ids.iter().map(|id| self.edges_of(id, ask)).collect()
    }

    fn event_heads(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, W::Error> {
        let mut memory = self.memory.rows.borrow_mut();
        let known = memory.entry(ids.to_vec()).or_default();
        let mut at = after.map_or(0, |after| known.rows.partition_point(|row| Event::place(row) <= after));
        let mut found = Vec::new();
        while found.len() < limit {
            if let Some(row) = known.rows.get(at) {
                at += 1;
                if had_arrived(row.as_ref(), self.moment) {
                    found.push(row.clone());
                }
            } else if known.done {
                break;
            } else {
                let last = known.rows.last().map(|row| Event::place(row));
                let page = self.warehouse.event_heads(ids, last, PAGE)?;
                known.done = page.len() < PAGE;
                known.rows.extend(page);
            }
        }
        Ok(found)
    }

    fn properties(&self, rows: &[i64]) -> Result<Vec<String>, W::Error> {
        self.warehouse.properties(rows)
    }
}
