//! A journey, a search or an import, written out: [`json`] for programs, [`text`] for people,
//! [`table`] for the answer to a question in SQL, and the ids of a user as a
//! [`graph`](mod@graph).
//!
//! Nothing here opens a store or knows a terminal. What a report needs besides a
//! [`Journey`](crate::identity::Journey) comes in as plain values ([`Hit`], [`Import`]) or as a
//! function ([`Properties`]), so that a journey of 100,000 rows is written without holding the
//! properties of all of them. Times in JSON are UTC; in text they follow a [`Clock`].

pub mod clock;
pub mod compare;
pub mod doctor;
pub mod graph;
pub mod json;
pub mod look;
pub mod safe;
pub mod sheet;
pub mod shown;
pub mod svg;
pub mod table;
pub mod text;

use crate::model::{Id, Millis};

pub use clock::Clock;
pub use look::Look;
pub use shown::{Selection, Shown};

/// Gives the properties of the row with this number in the store, as JSON text of one object.
pub type Properties<'a> = &'a dyn Fn(i64) -> Option<String>;

/// One answer to a search.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The id.
    pub id: Id,
    /// Where its rows are stored; `None` for an id that is only mentioned.
    pub root: Option<Id>,
    /// `root`, `alias`, `device`, `user` or `profile`.
    pub kind: &'static str,
    /// `exact`, `prefix`, `substring`, `profile` or `fuzzy`.
    pub found: &'static str,
    /// The profile property and its value that matched, if that is how it was found.
    pub via: Option<(String, String)>,
    /// Rows sent under the id.
    pub events: u64,
    /// Time of the first of them.
    pub first: Option<Millis>,
    /// Time of the last of them.
    pub last: Option<Millis>,
}

/// An e-mail address or phone number that several users have.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The value.
    pub value: String,
    /// The roots of the users.
    pub users: Vec<Id>,
}

/// What an import did.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// The store, as it was named.
    pub store: String,
    /// One entry for each file.
    pub files: Vec<ImportedFile>,
    /// Rows that are new in the store.
    pub events: u64,
    /// Pieces of input that could not be read as rows.
    pub rejected: u64,
    /// Whether rows are missing: a file is incomplete, or could not be read at all.
    pub incomplete: bool,
    /// Whether somebody stopped it.
    pub cancelled: bool,
    /// What a person should know of the run, as sentences.
    pub warnings: Vec<String>,
}

/// What an import did with one file.
#[derive(Clone, Debug, Default)]
pub struct ImportedFile {
    /// Its name as given.
    pub file: String,
    /// The format that its content showed.
    pub format: String,
    /// Rows read.
    pub rows: u64,
    /// Rows that are new events in the store.
    pub events: u64,
    /// Alias calls among them.
    pub aliases: u64,
    /// Profile updates.
    pub profiles: u64,
    /// Pieces that could not be read.
    pub rejected: u64,
    /// Rows left out because they are none of an event, an alias call or a profile.
    pub skipped: u64,
    /// Size of the input, in bytes.
    pub bytes: u64,
    /// Which zone its times were read in, and how that is known.
    pub timezone: Option<String>,
    /// Whether the store had all of it before.
    pub already: bool,
    /// Whether an earlier, interrupted import was carried on.
    pub resumed: bool,
    /// Rows without an id.
    pub without_id: u64,
    /// Rows without a name.
    pub without_name: u64,
    /// Rows with damaged text that was put right.
    pub repaired: u64,
    /// Rows that cannot have happened at their time.
    pub odd_times: u64,
    /// What says that rows are missing.
    pub incomplete: Option<String>,
    /// Why pieces could not be read, the most frequent reason first.
    pub reasons: Vec<RejectReason>,
    /// How many of the pieces that could not be read are counted only.
    pub dropped: u64,
}

/// Why some pieces of a file could not be read.
#[derive(Clone, Debug, Default)]
pub struct RejectReason {
    /// The reason.
    pub reason: String,
    /// How many pieces.
    pub count: u64,
    /// Line of the first of them.
    pub line: u64,
}

/// The sentences of what was cut off while gathering.
fn cuts(journey: &crate::identity::Journey) -> impl Iterator<Item = &str> + Clone {
    journey.cuts.iter().map(|cut| cut.what.as_str())
}
