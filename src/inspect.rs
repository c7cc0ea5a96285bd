//! The use cases: find an id, open a journey, look over a store.
//!
//! The only place that joins the [`store`](crate::store) and the
//! [engine](crate::identity). It asks a [`Warehouse`] for the rows and calls that can matter
//! for an id ([`gather`](mod@gather)), and lets the engine decide. [`filter`] is the language
//! that says which rows of a journey are shown.

mod census;
mod clocks;
mod compare;
mod device_zone;
pub mod filter;
pub mod gather;
mod history;
pub mod rows;
mod search;
mod select;
pub mod terms;
mod warehouse;

pub use census::{Census, Troubled};
pub use clocks::Clocks;
pub use history::History;
pub use search::{Hit, HitKind, Shared};
pub use select::Kept;
pub use warehouse::{Ask, Edges, Warehouse};

use crate::identity::{Cut, Journey, resolve};
use crate::model::Id;
use crate::model::facts::Arrival;
use crate::store::{Error, Overview, Reader, StoredProfile, StoredReject};

/// Rows of a user after which [`Inspector::journey_soon`] stops: many screens, and a few
/// milliseconds.
const SOON: usize = 2_000;

/// Answers questions about one store.
pub struct Inspector {
    reader: Reader,
}

impl Inspector {
    /// Over an open store.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// The journey of the user that `id` belongs to; `None` when the store does not name it.
    ///
    /// All of it is read as the store stood at one moment, also while an import writes.
    pub fn journey(&self, id: &Id) -> Result<Option<Journey>, Error> {
        self.journey_within(id, &gather::Limits::default())
    }

    /// As [`Inspector::journey`], within limits of the caller's own; what they cut is told in
    /// the journey.
    pub fn journey_within(&self, id: &Id, limits: &gather::Limits) -> Result<Option<Journey>, Error> {
        let facts = self.reader.at_one_moment(|reader| gather::gather(reader, id, limits))?;
        Ok(resolve(&facts, id))
    }

    /// The first rows of a journey that has so many that all of them take a while, and a cut that
    /// says so; `None` when it is quick itself.
    pub fn journey_soon(&self, id: &Id) -> Result<Option<Journey>, Error> {
        let limits = gather::Limits { rows: SOON, orphan_rows: SOON, ..gather::Limits::DEFAULT };
        let first = self.journey_within(id, &limits)?.filter(|journey| !journey.cuts.is_empty());
        Ok(first.map(|mut journey| {
            journey.cuts =
                vec![Cut { what: format!("the first {} rows; the rest is being read", journey.steps.len()) }];
            journey
        }))
    }

    /// The journey as it stood when only what is in order of arrival up to `moment` was there;
    /// `None` when nothing had named `id` by then. `history` is kept from moment to moment.
    pub fn journey_as_of(&self, history: &mut History, id: &Id, moment: Arrival) -> Result<Option<Journey>, Error> {
        history.renew(self.reader.data_version()?);
        let facts =
            self.reader.at_one_moment(|reader| history.gather(reader, id, moment, &gather::Limits::default()))?;
        let journey = resolve(&facts, id);
        Ok(journey.map(|journey| Journey { as_of: Some(moment), ..journey }))
    }

    /// Identifiers and profile values that match, best first.
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<Hit>, Error> {
        self.reader.at_one_moment(|reader| search::search(reader, text, limit))
    }

    /// What [`Inspector::search`] will find, as far as that can be told at once; `None` when it
    /// is quick itself. It is slow only until all ids of a large store are read.
    pub fn search_soon(&self, text: &str, limit: usize) -> Result<Option<Vec<Hit>>, Error> {
        self.reader.at_one_moment(|reader| {
            reader.find_soon(text, limit)?.map(|found| search::placed(reader, found)).transpose()
        })
    }

    /// Who the terms find, best first; `show` is given what is found so far, again and again.
    pub fn search_terms(
        &self,
        terms: &terms::Terms,
        limit: usize,
        show: &mut dyn FnMut(terms::Found),
    ) -> Result<terms::Found, Error> {
        terms.find(&self.reader, limit, show)
    }

    /// Names that some rows of the store have, to complete terms with. Looks at `rows` rows
    /// from all over the store.
    pub fn vocabulary(&self, rows: usize) -> Result<terms::Vocabulary, Error> {
        terms::Vocabulary::of(&self.reader, rows)
    }

    /// Ids that differ little from `text`, with their number of rows, nearest first.
    pub fn near(&self, text: &str, limit: usize) -> Result<Vec<(Id, u64)>, Error> {
        let near = self.reader.find_near(text.trim(), limit)?;
        Ok(near.into_iter().map(|(id, span)| (id, span.events)).collect())
    }

    /// The properties of rows as JSON text, in the order asked.
    pub fn properties(&self, rows: &[i64]) -> Result<Vec<String>, Error> {
        self.reader.properties(rows)
    }

    /// Calls `each` with the place of every row in `rows` and its properties as JSON text, in no
    /// order, from several threads at a time: how a filter looks through all rows of a journey.
    pub fn for_each_properties(&self, rows: &[i64], each: &(dyn Fn(usize, &str) + Sync)) -> Result<(), Error> {
        self.reader.for_each_properties(rows, each)
    }

    /// Profile updates of the ids of a journey, in order of arrival.
    pub fn profiles(&self, journey: &Journey) -> Result<Vec<StoredProfile>, Error> {
        let ids: Vec<Id> = journey.ids.iter().map(|member| member.id.clone()).collect();
        self.reader.profiles_of(&ids, gather::Limits::default().links)
    }

    /// What the store holds.
    pub fn overview(&self) -> Result<Overview, Error> {
        self.reader.overview()
    }

    /// What could not be read at import.
    pub fn rejects(&self, limit: usize) -> Result<Vec<StoredReject>, Error> {
        self.reader.rejects(limit)
    }

    /// The store itself, for what has no use case of its own.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The store itself, to set how its queries are stopped.
    pub fn reader_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }
}
