//! What an import did with one file.

use std::ops::AddAssign;

use super::Flags;
use super::view::{RowView, Timing};

/// What became of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Its name, as it is kept as the source of its rows.
    pub file: String,
    /// Its format by name.
    pub format: String,
    /// Records read, without those that were known.
    pub rows: u64,
    /// Events stored.
    pub events: u64,
    /// Alias calls stored, those of `$create_alias` rows among them.
    pub aliases: u64,
    /// Profile updates stored.
    pub profiles: u64,
    /// Pieces that could not be read.
    pub rejected: u64,
    /// How many of them are counted and not kept.
    pub dropped: u64,
    /// Why they could not be read, the most frequent reason first.
    pub reasons: Vec<Reason>,
    /// What the rows lack.
    pub lacks: Lacks,
    /// Requests without rows, such as `/decide`.
    pub skipped: u64,
    /// Bytes of the file, unpacked, known ones among them.
    pub bytes: u64,
    /// Zone that its times were read in, and how that is known; empty where it has no times.
    pub timezone: String,
    /// Nothing in it was new.
    pub already: bool,
    /// Part of it was known, and the rest is new.
    pub resumed: bool,
    /// What says that rows of it are missing, as a sentence without an end.
    pub incomplete: Option<String>,
}

impl FileReport {
    /// Whether anything in it could be read, now or before.
    pub fn is_read(&self) -> bool {
        // Of one record several pieces may be rows, and others none.
        let is_stored = self.events > 0 || self.aliases > 0 || self.profiles > 0;
        self.already || self.resumed || is_stored || self.skipped > 0
    }
}

/// Why some pieces of a file could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// The reason, without what is particular to one piece.
    pub reason: String,
    /// How many pieces it holds for.
    pub count: u64,
    /// Line of the first of them.
    pub line: u64,
}

/// What rows lack, or had to be helped with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lacks {
    /// Rows without an id.
    pub without_id: u64,
    /// Rows without a name.
    pub without_name: u64,
    /// Rows whose text had to be put right ([`Flags::REPAIRED`]).
    pub repaired: u64,
    /// Rows that cannot have happened at their time ([`Timing::is_odd`]).
    pub odd_times: u64,
}

impl Lacks {
    /// Notes what a row lacks, but for its time.
    pub fn note(&mut self, row: &RowView<'_>) {
        self.without_id += u64::from(row.id.is_none());
        self.without_name += u64::from(row.event.is_empty());
        self.repaired += u64::from(row.flags.has(Flags::REPAIRED));
    }

    /// Notes the time of a row, once it is UTC.
    pub fn note_time(&mut self, timing: Timing) {
        self.odd_times += u64::from(timing.is_odd());
    }
}

impl AddAssign for Lacks {
    fn add_assign(&mut self, other: Self) {
        self.without_id += other.without_id;
        self.without_name += other.without_name;
        self.repaired += other.repaired;
        self.odd_times += other.odd_times;
    }
}
