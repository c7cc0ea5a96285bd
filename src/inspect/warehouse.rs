//! What a journey asks of whatever holds the rows.

use crate::model::Id;
use crate::model::facts::{AliasCall, Event, Link};
use crate::store::{Error, Reader};

/// Four look-ups by exact id. A SQLite file answers them today; whatever can answer them can
/// stand behind a journey.
pub trait Warehouse {
    /// Alias calls that ask for `alias`, in order of arrival, at most `limit`.
    fn calls_of(&self, alias: &Id, limit: usize) -> Result<Vec<AliasCall>, Error>;
    /// Alias calls with this target, in order of arrival, at most `limit`.
    fn calls_to(&self, target: &Id, limit: usize) -> Result<Vec<AliasCall>, Error>;
    /// Pairs that name `id` on either side, at most `limit`.
    fn links_of(&self, id: &Id, limit: usize) -> Result<Vec<Link>, Error>;
    /// Rows sent under `id`, at most `limit`.
    fn events_of(&self, id: &Id, limit: usize) -> Result<Vec<Event>, Error>;
}

impl Warehouse for Reader {
    fn calls_of(&self, alias: &Id, limit: usize) -> Result<Vec<AliasCall>, Error> {
        Self::calls_of(self, alias, limit)
    }

    fn calls_to(&self, target: &Id, limit: usize) -> Result<Vec<AliasCall>, Error> {
        Self::calls_to(self, target, limit)
    }

    fn links_of(&self, id: &Id, limit: usize) -> Result<Vec<Link>, Error> {
        Self::links_of(self, id, limit)
    }

    fn events_of(&self, id: &Id, limit: usize) -> Result<Vec<Event>, Error> {
        Self::events_of(self, id, limit)
    }
}
