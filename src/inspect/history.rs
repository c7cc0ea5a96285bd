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

use super::Error;
use super::gather::{Limits, gather, gather_by};
use super::source::{Ask, Edges, Lookup};
use crate::identity::moment::{had_arrived, link_as_of};
use crate::identity::{Facts, RuleSet};
use crate::model::Id;
use crate::model::facts::{Arrival, Event, Place};

/// Look-ups of one user, remembered.
#[derive(Debug, Default)]
pub struct History {
    /// [`Source::version`](super::Source::version) that they were made at.
    version: Option<i64>,
    memory: Memory,
}

#[derive(Debug, Default)]
struct Memory {
    /// Edges by id, with how many of each kind were asked for.
    edges: RefCell<HashMap<Id, (Ask, Edges)>>,
    /// Pages of rows by what was asked.
    rows: RefCell<HashMap<Page, Vec<Arc<Event>>>>,
    /// Ids that look like an id, whenever they came, with how many were asked for.
    alike: RefCell<HashMap<Id, (usize, Vec<Id>)>>,
}

/// Which rows: of which ids, after which place, how many.
type Page = (Vec<Id>, Option<Place>, usize);

impl History {
    /// Forgets everything if the store has changed since.
    pub(super) fn renew(&mut self, version: i64) {
        if self.version != Some(version) {
            *self = Self { version: Some(version), memory: Memory::default() };
        }
    }

    /// Reads what the journey of `query` needs as it stood at `moment`.
    pub fn gather<W: Lookup + ?Sized>(
        &self,
        warehouse: &W,
        query: &Id,
        moment: Arrival,
        limits: &Limits,
    ) -> Result<Facts, Error> {
        gather(&Then { warehouse, memory: &self.memory, moment }, query, limits)
    }

    /// The same for these rules.
    pub fn gather_by<W: Lookup + ?Sized>(
        &self,
        warehouse: &W,
        query: &Id,
        moment: Arrival,
        limits: &Limits,
        rules: RuleSet,
    ) -> Result<Facts, Error> {
        gather_by(&Then { warehouse, memory: &self.memory, moment }, query, limits, rules)
    }
}

/// A warehouse as it was at a moment.
struct Then<'a, W: ?Sized> {
    warehouse: &'a W,
    memory: &'a Memory,
    moment: Arrival,
}

/// Ids alike that are looked at for each that is wanted where some of them came later.
const ALIKE_FOR_EACH: usize = 4;

/// Rows of an id, the first by time, among which one is that had arrived, if any had and no call or
/// link tells so before.
const FIRST_ROWS: usize = 100;

/// Whether an answer to `asked` holds the answer to `ask`.
fn covers(asked: Ask, ask: Ask) -> bool {
    asked.calls_of >= ask.calls_of && asked.calls_to >= ask.calls_to && asked.links >= ask.links
}

/// Of each kind the larger number, so that what is remembered only grows.
fn both(one: Ask, other: Ask) -> Ask {
    Ask {
        calls_of: one.calls_of.max(other.calls_of),
        calls_to: one.calls_to.max(other.calls_to),
        links: one.links.max(other.links),
    }
}

impl<W: Lookup + ?Sized> Then<'_, W> {
    /// Edges of `id` as they stood; those remembered come in order of arrival, so that a limit
    /// cuts off the latest.
    fn remembered(&self, id: &Id, ask: Ask) -> Edges {
        let memory = self.memory.edges.borrow();
        let Some((_, edges)) = memory.get(id) else { return Edges::default() };
        let then = self.moment;
        let calls_of = edges.calls_of.iter().take(ask.calls_of).filter(|call| had_arrived(*call, then));
        let calls_to = edges.calls_to.iter().take(ask.calls_to).filter(|call| had_arrived(*call, then));
        let links = edges.links.iter().take(ask.links).filter_map(|link| link_as_of(link, then));
        Edges { calls_of: calls_of.cloned().collect(), calls_to: calls_to.cloned().collect(), links: links.collect() }
    }

    /// Ids that look like `id`, whenever they came.
    fn alike(&self, id: &Id, limit: usize) -> Result<Vec<Id>, Error> {
        if let Some((_, alike)) = self.memory.alike.borrow().get(id).filter(|(asked, _)| *asked == limit) {
            return Ok(alike.clone());
        }
        let alike = self.warehouse.ids_alike(id, limit)?;
        self.memory.alike.borrow_mut().insert(id.clone(), (limit, alike.clone()));
        Ok(alike)
    }

    /// Whether a row with this id, or a call or link that names it, had arrived.
    fn was_there(&self, id: &Id) -> Result<bool, Error> {
        let ask = Ask { calls_of: 1, calls_to: 1, links: 1 };
        let is_named =
            |edges: &Edges| !(edges.calls_of.is_empty() && edges.calls_to.is_empty() && edges.links.is_empty());
        if self.edges(std::slice::from_ref(id), ask)?.iter().any(is_named) {
            return Ok(true);
        }
        let rows = self.page(std::slice::from_ref(id), None, FIRST_ROWS)?;
        Ok(rows.iter().any(|row| had_arrived(&**row, self.moment)))
    }

    /// Takes out ids of which nothing had arrived.
    fn keep_those_there(&self, ids: &mut Vec<Id>) -> Result<(), Error> {
        let mut kept = Vec::new();
        for id in ids.drain(..) {
            if self.was_there(&id)? {
                kept.push(id);
            }
        }
        *ids = kept;
        Ok(())
    }

    /// One page of rows, whenever they arrived.
    fn page(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        let page = (ids.to_vec(), after, limit);
        if let Some(rows) = self.memory.rows.borrow().get(&page) {
            return Ok(rows.clone());
        }
        let rows = self.warehouse.event_heads(ids, after, limit)?;
        self.memory.rows.borrow_mut().insert(page, rows.clone());
        Ok(rows)
    }
}

impl<W: Lookup + ?Sized> Lookup for Then<'_, W> {
    fn edges(&self, ids: &[Id], ask: Ask) -> Result<Vec<Edges>, Error> {
        let known = |id: &Id| self.memory.edges.borrow().get(id).map(|(asked, _)| *asked);
        let unknown: Vec<Id> =
            ids.iter().filter(|id| !known(id).is_some_and(|asked| covers(asked, ask))).cloned().collect();
        let wanted = unknown.iter().filter_map(known).fold(ask, both);
        for (id, edges) in unknown.iter().zip(self.warehouse.edges(&unknown, wanted)?) {
            self.memory.edges.borrow_mut().insert(id.clone(), (wanted, edges));
        }
        Ok(ids.iter().map(|id| self.remembered(id, ask)).collect())
    }

    fn ids_alike(&self, id: &Id, limit: usize) -> Result<Vec<Id>, Error> {
        let mut alike = self.alike(id, limit)?;
        let now = alike.len();
        self.keep_those_there(&mut alike)?;
        if alike.len() < now && now >= limit {
            // Those that came later took the places of others.
            alike = self.alike(id, limit.saturating_mul(ALIKE_FOR_EACH))?;
            self.keep_those_there(&mut alike)?;
            alike.truncate(limit);
        }
        Ok(alike)
    }

    fn event_heads(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        let mut found = Vec::new();
        let mut at = after;
        loop {
            let rows = self.page(ids, at, limit)?;
            let is_last = rows.len() < limit;
            at = rows.last().map(|row| Event::place(row));
            found.extend(rows.into_iter().filter(|row| had_arrived(&**row, self.moment)));
            if is_last || found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }
}
