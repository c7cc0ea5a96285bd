//! A journey, a search or an import, written out: [`json`] for programs, [`text`] for people,
//! [`table`] for the answer to a question in SQL, and the ids of a user as a
//! [`graph`](mod@graph).
//!
//! Nothing here opens a store or knows a terminal. What a report needs in addition to a
//! [`Journey`](crate::identity::Journey) comes in as plain values ([`Hit`](crate::model::hit::Hit), [`Import`]) or as a
//! function ([`Properties`]), so that a journey of 100,000 rows is written without holding the
//! properties of all of them. Times in JSON are UTC; in text they follow a [`Clock`].

pub mod across;
pub mod check;
pub mod clock;
pub mod compare;
pub mod doctor;
pub mod expected;
pub mod exported;
pub mod graph;
pub mod imported;
pub mod journey;
pub mod json;
pub mod look;
pub mod migration;
pub mod repair;
pub mod safe;
pub mod sheet;
pub mod shown;
pub mod svg;
pub mod table;
pub mod text;
pub mod what_if;

use crate::model::import::FileReport;

pub use clock::Clock;
pub use look::Look;
pub use shown::{Selection, Shown};

/// Gives the properties of the row with this number in the store, as JSON text of one object.
pub type Properties<'a> = &'a dyn Fn(i64) -> Option<String>;

/// What an import did.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// The store, as it was named.
    pub store: String,
    /// One entry for each file.
    pub files: Vec<FileReport>,
    /// Rows that are new in the store.
    pub events: u64,
    /// Pieces of input that could not be read as rows.
    pub rejected: u64,
    /// Whether rows are missing: a file is incomplete, or could not be read at all.
    pub incomplete: bool,
    /// Whether a person stopped it.
    pub cancelled: bool,
    /// What a person should know of the run, as sentences.
    pub warnings: Vec<String>,
}

/// The sentences of what was cut off while gathering.
fn cuts(journey: &crate::identity::Journey) -> impl Iterator<Item = &str> + Clone {
    journey.cuts.iter().map(|cut| cut.what.as_str())
}
