//! Rows ↔ SQLite: one file that holds facts and no verdicts.
//!
//! The [`Writer`] (one) takes rows as they arrived, alias calls, profile updates, links and
//! rejects; [`Reader`]s (many, also while a writer works) give them back. Nothing here decides
//! whose a row is. No other module names rusqlite, so files of other programs are opened here
//! too: [`foreign`].
//!
//! # Shape
//! An import appends *segments*, one for each [`Chunk`] of input, each in one transaction. The
//! rows of a segment are sorted by id and time, so that the rows of one id stand together and
//! one `runs` row (id, segment → first row, number of rows, span of times) replaces an index
//! over all rows. A row is numbers: what rows of one id share stands once, in `senders`, and the
//! rest of some hundred rows is one JSON text in `packs`, which costs SQLite no more than one
//! row. Properties lie separately, in blocks of neighbouring rows, compressed, end to end in pieces
//! that each fill a page. Ids and names are interned. `heads`, `rows`, `events` and `aliases` are
//! views in plain SQL. The tables are documented where they are made, in `store/schema.rs`, and
//! the comments stay readable in the file (`.schema` of the `sqlite3` shell).
//!
//! An index of the values of properties is made with each segment, and says which blocks a search
//! for a value need not read (`store/index.rs`).
//!
//! # Versions
//! [`Writer::open`] brings a store of an older version up to date, in one transaction, so a
//! killed program leaves it as it was. A [`Reader`] changes nothing and says that the store is
//! older.
//!
//! # Damage
//! Each page ends in a sum, which is compared when it is read: a changed bit ends a question with
//! [`Error::Corrupt`], wherever it is (`store/pages.rs`).
//!
//! # Cost
//! A look-up touches one `runs` row for each segment that holds the id, and the rows
//! themselves; it does not grow with the number of other rows. Search by a part of an id reads
//! an in-memory copy of all ids, made at the first search and extended when ids were added; the
//! index of ids answers until it is there.

pub mod check;
pub mod error;
pub mod foreign;
mod head;
mod index;
mod joining;
mod number;
mod open;
mod packs;
mod pages;
mod reader;
mod schema;
mod segment;
mod writer;

pub use error::Error;
pub use reader::{Exported, Piece, Reader, SqlCell, Stopped, TextHit, Texts, WholeRow};
pub use segment::{Draft, Packer, Segment};
pub use writer::Writer;

use std::sync::Arc;

pub use crate::model::hit::{IdHit, Match, Span};
pub use crate::model::scan::{IdNote, PropertyTest, RowNote, Seek};
pub use crate::model::stored::{ImportedFile, Overview, StoredProfile, StoredReject};

use crate::model::{Flags, Id, Millis, Profile, Reject, Row};

/// Tells whether someone wants the work to stop; it is asked again and again.
pub type Stop = Arc<dyn Fn() -> bool + Send + Sync>;

/// For work that no one stops.
fn never() -> Stop {
    Arc::new(|| false)
}

/// Version of the schema that this program writes.
pub const SCHEMA_VERSION: i64 = schema::VERSION;

/// Version of the SQLite inside of this program: `3.50.4`.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// How far an older store is on its way to the next version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// Version that it is of until all is done.
    pub from: i64,
    /// Version that it will be of.
    pub to: i64,
    /// Rows done.
    pub done: u64,
    /// Rows in all.
    pub total: u64,
}

/// Number of a file in the store.
pub type FileId = i64;

/// What an import knows of a file before its first row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// Name as it was given.
    pub name: String,
    /// Format that was recognised, by its name for people.
    pub format: String,
    /// Whose rows it holds, by name: [`crate::model::facts::MIXPANEL`] or another vendor.
    pub vendor: String,
    /// Zone that local times were read in.
    pub timezone: String,
}

/// A piece of a file that the store already has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownChunk {
    /// File it was read from.
    pub file: FileId,
    /// Hash of its content.
    pub hash: u64,
    /// Length in bytes, unpacked.
    pub bytes: u64,
    /// Number of lines.
    pub lines: u64,
    /// Latest time or arrival up to its end: where the estimate of unknown arrivals goes on.
    pub latest: Option<Millis>,
    /// Its first line in the file, from 1.
    pub first_line: u64,
}

/// A row with the arrival that orders it.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrived {
    /// The row.
    pub row: Row,
    /// Its own arrival, or the estimate where [`Row::arrival`] is `None`; the store then sets
    /// [`Flags::ARRIVAL_UNKNOWN`].
    pub arrived: Millis,
}

/// One line of a table of aliases: an alias call without an event.
#[derive(Clone, Debug, PartialEq)]
pub struct TableAlias {
    /// The key asked for.
    pub alias: Option<Id>,
    /// What it was to point at.
    pub target: Option<Id>,
    /// When it was called; `None` stands for its arrival.
    pub time: Option<Millis>,
    /// When the server had it, or the estimate that keeps the order of lines.
    pub arrived: Millis,
    /// Line of the file, from 1.
    pub line: u64,
    /// [`Flags::ARRIVAL_UNKNOWN`] where the line does not say when it arrived.
    pub flags: Flags,
}

/// A piece of one file, as the writer takes it: all of it becomes part of the store, or nothing.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// File it was read from.
    pub file: FileId,
    /// Hash of the piece before it, 0 for the first of a file.
    pub prev: u64,
    /// Hash of its content.
    pub hash: u64,
    /// Length in bytes, unpacked.
    pub bytes: u64,
    /// Its first line in the file, from 1.
    pub first_line: u64,
    /// Number of lines.
    pub lines: u64,
    /// Latest time or arrival up to its end.
    pub latest: Option<Millis>,
    /// Its rows.
    pub segment: Segment,
    /// Lines of a table of aliases.
    pub aliases: Vec<TableAlias>,
    /// Profile updates.
    pub profiles: Vec<Profile>,
    /// What could not be read.
    pub rejects: Vec<Reject>,
    /// How many pieces more could not be read, and are not kept.
    pub dropped: u64,
}

/// What a chunk added to the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Rows, the `$create_alias` rows among them.
    pub events: u64,
    /// Alias calls: `$create_alias` rows and lines of tables.
    pub aliases: u64,
    /// Profile updates.
    pub profiles: u64,
    /// Pieces that could not be read, also those that are not kept.
    pub rejected: u64,
}
