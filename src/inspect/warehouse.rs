//! What a search and a journey ask of whatever holds the rows.
//!
//! Four calls, each over many ids at a time, so that a walk from id to id costs one round trip
//! a step and not one an id. The store answers them from a SQLite file; anything that can
//! answer them can stand behind a journey (`assets/docs/growth.md`): the engine never learns
//! who did.

use std::sync::Arc;

use crate::model::Id;
use crate::model::facts::{AliasCall, Event, Link, Place};
use crate::store::{Error, IdHit, Reader};

/// What holds rows, alias calls and links, with an index by exact id.
pub trait Warehouse {
    /// Why it cannot answer.
    type Error;

    /// Ids that `text` finds, best first, at most `limit`, each with how many rows it has.
    fn search_ids(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, Self::Error>;

    /// What joins or ties each of `ids` to others, in the order asked; nothing for an id that is
    /// not known.
    fn edges(&self, ids: &[Id], ask: Ask) -> Result<Vec<Edges>, Self::Error>;

    /// Up to `limit` other ids that a person cannot tell from `id` ([`crate::model::alike`]). None
    /// where the warehouse has no way to find them.
    fn ids_alike(&self, _id: &Id, _limit: usize) -> Result<Vec<Id>, Self::Error> {
        Ok(Vec::new())
    }

    /// Rows sent under one of `ids`, without their properties, by time and then arrival: the
    /// first `limit` that come after the place `after`.
    fn event_heads(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, Self::Error>;

    /// The properties of rows as JSON text, in the order asked.
    fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Self::Error>;
}

/// How many edges of each id are wanted, the first to arrive; 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// Alias calls that ask for the id.
    pub calls_of: usize,
    /// Alias calls that point at it.
    pub calls_to: usize,
    /// Links that name it on either side.
    pub links: usize,
}

/// What joins or ties one id to others, each kind in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Edges {
    /// Alias calls that ask for the id.
    pub calls_of: Vec<AliasCall>,
    /// Alias calls that point at it.
    pub calls_to: Vec<AliasCall>,
    /// Links that name it on either side.
    pub links: Vec<Link>,
}

impl Warehouse for Reader {
    type Error = Error;

    fn search_ids(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, Error> {
        self.find(text, limit)
    }

    fn edges(&self, ids: &[Id], ask: Ask) -> Result<Vec<Edges>, Error> {
        let edges = |id: &Id| {
            let mut edges = Edges::default();
            if ask.calls_of > 0 {
                edges.calls_of = self.calls_of(id, ask.calls_of)?;
            }
            if ask.calls_to > 0 {
                edges.calls_to = self.calls_to(id, ask.calls_to)?;
            }
            if ask.links > 0 {
                edges.links = self.links_of(id, ask.links)?;
            }
            Ok(edges)
        };
        ids.iter().map(edges).collect()
    }

    fn ids_alike(&self, id: &Id, limit: usize) -> Result<Vec<Id>, Error> {
        Self::ids_alike(self, id, limit)
    }

    fn event_heads(&self, ids: &[Id], after: Option<Place>, limit: usize) -> Result<Vec<Arc<Event>>, Error> {
        Self::event_heads(self, ids, after, limit)
    }

    fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Error> {
        Self::properties(self, rows)
    }
}
