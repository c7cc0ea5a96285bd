//! The answer as it stood at a moment of *arrival*.
//!
//! The lookup table only grows, so the state at a moment is what the rows that had arrived by
//! then lead to: [`resolve_as_of`] is [`resolve`] over that prefix of the history, ties by the
//! whole [`Arrival`]. Rows that happened earlier and arrived later are not there yet.
//!
//! Facts gathered for *now* need not hold all that a moment needs (an id that was anonymous
//! then may be known since): code that gathers facts filters them
//! ([`crate::inspect`] does), or gives the whole history.

use super::facts::{Counted, Facts};
use super::journey::Journey;
use super::rules::{RuleSet, resolve};
use crate::model::Id;
use crate::model::facts::{AliasCall, Arrival, Event, Link};

/// The journey of `query` as it stood when `moment` had arrived, that row included; `None` when
/// nothing had named it by then.
pub fn resolve_as_of(facts: &Facts, query: &Id, moment: Arrival, rules: RuleSet) -> Option<Journey> {
    let mut journey = resolve(&facts.as_of(moment), query, rules)?;
    journey.as_of = Some(moment);
    Some(journey)
}

impl Facts {
    /// What of the facts had arrived by `moment`, that row included.
    #[must_use]
    pub fn as_of(&self, moment: Arrival) -> Self {
        Self {
            events: self.events.iter().filter(|event| had_arrived(&***event, moment)).cloned().collect(),
            calls: self.calls.iter().filter(|call| had_arrived(*call, moment)).cloned().collect(),
            links: self.links.iter().filter_map(|link| link_as_of(link, moment)).collect(),
            left_out: self.left_out.clone(),
            // When an id was first named is not known here.
            alike: Vec::new(),
            // Nor when a vendor counted a row to whom: an export says how it was when it was made.
            counted: Counted::default(),
            thresholds: self.thresholds,
            cuts: self.cuts.clone(),
        }
    }
}

/// Something that arrived.
pub trait Arrives {
    /// Its place in the order of arrival.
    fn arrival(&self) -> Arrival;
}

impl Arrives for Event {
    fn arrival(&self) -> Arrival {
        Self::arrival(self)
    }
}

impl Arrives for AliasCall {
    fn arrival(&self) -> Arrival {
        Self::arrival(self)
    }
}

/// Whether something was there at `moment`.
pub fn had_arrived(what: &impl Arrives, moment: Arrival) -> bool {
    what.arrival() <= moment
}

/// A link as it stood at `moment`; `None` when no row had made it yet.
///
/// A link keeps the place of its first row and a number of rows: how many of the later ones had
/// arrived is not known, so only the first is counted. Links of rows that share a line are there
/// with the first of these rows.
pub fn link_as_of(link: &Link, moment: Arrival) -> Option<Link> {
    let first = (link.arrived, link.source.rank, link.source.line);
    (first <= (moment.at, moment.rank, moment.line)).then(|| Link { rows: link.rows.min(1), ..link.clone() })
}
