//! What one user's rows were at moments of arrival, without asking the store each time.
//!
//! A person who steps through a history asks for one moment after another. What can matter
//! differs from moment to moment (an id that is known now was anonymous once), so each moment
//! is [gathered](super::gather) anew, over look-ups that are remembered: the store is asked
//! once for each id.
//!
//! Cost: the rows of the user and of what stands next to it, kept twice while it is scrubbed.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::gather::{Limits, gather};
use super::warehouse::Warehouse;
use crate::identity::moment::{had_arrived, link_as_of};
use crate::identity::{Cut, Facts};
use crate::model::Id;
use crate::model::facts::{AliasCall, Arrival, Event, Link};
use crate::store::Error;

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
    links_of: Kept<Link>,
    events_of: Kept<Event>,
}

/// Answers by id, each with the limit that it was asked with.
type Kept<T> = RefCell<HashMap<Id, (usize, Vec<T>)>>;

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
    ) -> Result<Facts, Error> {
        let then = Then { warehouse, memory: &self.memory, moment, short: Cell::new(false) };
        let mut facts = gather(&then, query, limits)?;
        if then.short.get() {
            let what = "An id has more rows than are looked at, so rows of that moment may be missing.".to_owned();
            facts.cuts.push(Cut { what });
        }
        Ok(facts)
    }
}

/// A warehouse as it was at a moment.
struct Then<'a, W> {
    warehouse: &'a W,
    memory: &'a Memory,
    moment: Arrival,
    /// Whether a limit was met by rows of which some had not arrived.
    short: Cell<bool>,
}

/// The first `limit` answers for `id` that `then` lets through, asked for only once; and whether
/// the limit was met before that.
fn recall<T>(
    kept: &Kept<T>,
    id: &Id,
    limit: usize,
    ask: impl FnOnce() -> Result<Vec<T>, Error>,
    then: impl Fn(&T) -> Option<T>,
) -> Result<(Vec<T>, bool), Error> {
    let mut kept = kept.borrow_mut();
    // An answer shorter than its limit is all there is.
    let enough = kept.get(id).is_some_and(|(asked, rows)| *asked >= limit || rows.len() < *asked);
    if !enough {
        kept.insert(id.clone(), (limit, ask()?));
    }
    let rows = kept.get(id).map_or(&[][..], |(_, rows)| rows.as_slice());
    let met = rows.len() >= limit;
    Ok((rows.iter().take(limit).filter_map(then).collect(), met))
}

impl<W: Warehouse> Warehouse for Then<'_, W> {
    // Calls and links come in order of arrival: a limit cuts off the latest.
    fn calls_of(&self, alias: &Id, limit: usize) -> Result<Vec<AliasCall>, Error> {
        let ask = || self.warehouse.calls_of(alias, limit);
        Ok(recall(&self.memory.calls_of, alias, limit, ask, |call| {
            had_arrived(call, self.moment).then(|| call.clone())
        })?
        .0)
    }

    fn calls_to(&self, target: &Id, limit: usize) -> Result<Vec<AliasCall>, Error> {
        let ask = || self.warehouse.calls_to(target, limit);
        Ok(recall(&self.memory.calls_to, target, limit, ask, |call| {
            had_arrived(call, self.moment).then(|| call.clone())
        })?
        .0)
    }

    fn links_of(&self, id: &Id, limit: usize) -> Result<Vec<Link>, Error> {
        let ask = || self.warehouse.links_of(id, limit);
        Ok(recall(&self.memory.links_of, id, limit, ask, |link| link_as_of(link, self.moment))?.0)
    }

    fn events_of(&self, id: &Id, limit: usize) -> Result<Vec<Event>, Error> {
        let ask = || self.warehouse.events_of(id, limit);
        let (rows, met) = recall(&self.memory.events_of, id, limit, ask, |event| {
            had_arrived(event, self.moment).then(|| event.clone())
        })?;
        if met && rows.len() < limit {
            self.short.set(true);
        }
        Ok(rows)
    }
}
