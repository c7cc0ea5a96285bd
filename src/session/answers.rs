//! What a session answers with, in addition to the types of the [inspector](crate::inspect).

use std::sync::Arc;

use crate::identity::Journey;
use crate::model::Id;
use crate::model::hit::{EventHit, Hit, ValueHit};
use crate::model::stored::Overview;

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Best first.
    pub list: Vec<Hit>,
    /// Whether there are more than the list holds.
    pub more: bool,
    /// Events with the text in their names, those of the most people first.
    pub events: Vec<EventHit>,
    /// Values of properties with the text in them, where people were found by their ids and profiles: those of the most
    /// people first.
    pub values: Vec<ValueHit>,
    /// Whether events and values are still being counted.
    pub counts: bool,
    /// What was searched for instead, because nothing matches the text as it was given.
    pub instead: Option<String>,
    /// Warnings about the hits, each a sentence.
    pub warnings: Vec<String>,
    /// What else is to be known of them, each a sentence.
    pub notes: Vec<String>,
    /// Rows that were looked through, and all there are, where rows had to be.
    pub looked: Option<(u64, u64)>,
    /// Whether the search ended before all rows were looked through, because it had more hits than
    /// the list holds.
    pub ended_early: bool,
}

impl Hits {
    /// Whether rows are still being looked through.
    pub fn is_partial(&self) -> bool {
        !self.ended_early && self.looked.is_some_and(|(looked, all)| looked < all)
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.events.is_empty() && self.values.is_empty()
    }
}

/// What is shown before anything is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartPage {
    /// The store as a whole.
    pub overview: Overview,
    /// Ids worth opening, each with what to look for.
    pub suggestions: Vec<(Id, String)>,
    /// People that were opened before, the latest first.
    pub recent: Vec<Recent>,
    /// People that were pinned, the latest first.
    pub pinned: Vec<Recent>,
    /// What is known of both: names and rows.
    pub people: Vec<Hit>,
}

/// A user who was opened before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// The id that was opened.
    pub id: Id,
    /// What had been typed to find it.
    pub text: String,
}

/// A look at a hit, before it is opened.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// Rows of the id in equal parts of its time.
    pub activity: Vec<u64>,
    /// Its user; `None` when that is too much to be read for a list.
    pub journey: Option<Arc<Journey>>,
}

/// That answers are redacted from now on, or no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted {
    /// Whether they are.
    pub is_on: bool,
    /// What to call the store.
    pub title: String,
    /// What the user that was open is called.
    pub opened: Option<Id>,
}

/// What became of a file that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is written.
    Written,
    /// There is such a file already; nothing was written.
    IsThere,
}
