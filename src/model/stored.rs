//! What a store holds as a whole, and what it keeps except rows: files, profile updates, rejects.

use std::sync::Arc;

use super::facts::Source;
use super::{Flags, Id, Millis, Profile, Row};

/// A profile update as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredProfile {
    /// `$distinct_id` as sent.
    pub id: Option<Id>,
    /// `$set`, `$set_once`, …; `export`; `group`.
    pub operation: String,
    /// Its time.
    pub time: Option<Millis>,
    /// When the server had it.
    pub arrived: Option<Millis>,
    /// Whether it was not to go through the lookup table (identity.md L8).
    pub ignore_alias: bool,
    /// The whole update as JSON text.
    pub json: String,
    /// Where it stands in the input.
    pub source: Source,
}

/// A file that was imported, with what the store has of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedFile {
    /// Its number.
    pub id: i64,
    /// Name as it was given.
    pub name: String,
    /// Format that was recognised.
    pub format: String,
    /// Zone that local times were read in.
    pub timezone: String,
    /// Bytes read so far, unpacked.
    pub bytes: u64,
    /// Rows kept as events.
    pub rows: u64,
    /// Alias calls: `$create_alias` rows and lines of tables.
    pub aliases: u64,
    /// Profile updates.
    pub profiles: u64,
    /// Pieces that could not be read.
    pub rejected: u64,
    /// Whether it was read to its end, and nothing says that rows are missing.
    pub complete: bool,
    /// Whether rows are missing for good: it is not complete, and no complete file of its name came
    /// after it.
    pub incomplete: bool,
}

/// What the store holds as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Rows.
    pub events: u64,
    /// Ids in any role.
    pub ids: u64,
    /// Alias calls, accepted or not.
    pub alias_calls: u64,
    /// Profile updates.
    pub profiles: u64,
    /// Pieces that could not be read.
    pub rejected: u64,
    /// Rows without a usable `distinct_id`.
    pub without_id: u64,
    /// Time of the first row.
    pub first: Option<Millis>,
    /// Time of the last row.
    pub last: Option<Millis>,
    /// Files by name.
    pub files: Vec<ImportedFile>,
    /// Rows in each of [`Overview::PARTS`] equal parts of the span; empty without rows.
    pub activity: Vec<u64>,
}

impl Overview {
    /// Number of parts of [`Overview::activity`].
    pub const PARTS: usize = 60;
}

/// A piece of input that could not be read, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReject {
    /// Name of the file.
    pub file: String,
    /// Line where it begins, from 1.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
    /// The piece itself.
    pub text: String,
}

/// What a line of a file has become, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredPiece {
    /// A row.
    Row {
        /// Name of the event.
        event: Arc<str>,
        /// When the server had it; `None` when nothing says so.
        arrived: Option<Millis>,
        /// What else is known of it.
        flags: Flags,
        /// Its properties as JSON text.
        properties: String,
    },
    /// A profile update.
    Update {
        /// When the server had it.
        arrived: Option<Millis>,
        /// The whole update as JSON text.
        json: String,
    },
    /// What could not be read.
    Reject {
        /// What is wrong.
        reason: String,
        /// The piece itself.
        text: String,
    },
}

/// A row or a profile update that a session has received.
#[derive(Clone, Debug)]
pub struct Received {
    /// Name of the file that it stands in.
    pub file: Arc<str>,
    /// Whose row it is.
    pub vendor: &'static str,
    /// What it is.
    pub what: Item,
}

/// What was received.
#[derive(Clone, Debug)]
pub enum Item {
    /// A row.
    Row(Box<Row>),
    /// A profile update.
    Update(Box<Profile>),
}

impl Received {
    /// When it was received.
    pub fn arrival(&self) -> Millis {
        match &self.what {
            Item::Row(row) => row.arrival.unwrap_or(row.time),
            Item::Update(update) => update.arrival.or(update.time).unwrap_or_default(),
        }
    }

    /// Its line in the file.
    pub fn line(&self) -> u64 {
        match &self.what {
            Item::Row(row) => row.line,
            Item::Update(update) => update.line,
        }
    }

    /// The row; `None` of a profile update.
    pub fn row(&self) -> Option<&Row> {
        match &self.what {
            Item::Row(row) => Some(row),
            Item::Update(_) => None,
        }
    }
}
