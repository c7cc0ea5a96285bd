//! What a store gives back: rows without their properties, alias calls, links.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::{Client, Flags, Id, LinkKind, Millis, VerbKind};

/// Where a row stands in the input.
///
/// Cheap to clone and small: rows of one file share what they have of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// The file.
    pub origin: Arc<Origin>,
    /// Line where the row begins, from 1.
    pub line: u64,
}

/// A file of the input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Name of the file as it was given.
    pub file: Arc<str>,
    /// Whose rows it holds, by name: [`MIXPANEL`], or another vendor of events.
    pub vendor: Arc<str>,
    /// Place of the file among all files, by name and then content: the tie-breaker that does
    /// not depend on the order of imports.
    pub rank: u32,
}

/// The vendor whose rules [`crate::identity`] knows.
pub const MIXPANEL: &str = "Mixpanel";

impl Source {
    /// A line of a file that nothing else is known to share.
    pub fn new(file: &str, rank: u32, line: u64) -> Self {
        Self { origin: Arc::new(Origin { file: file.into(), vendor: MIXPANEL.into(), rank }), line }
    }
}

impl Deref for Source {
    type Target = Origin;

    fn deref(&self) -> &Origin {
        &self.origin
    }
}

/// When the server had a row, and what breaks a tie. Compares in order of arrival.
///
/// A row that says nothing of its arrival was given, at import, the latest time or arrival of
/// any row before it in its file, so that the order of rows in a file is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arrival {
    /// Milliseconds UTC.
    pub at: Millis,
    /// [`Origin::rank`].
    pub rank: u32,
    /// [`Source::line`].
    pub line: u64,
    /// Number in the store: rows of one line (a JSON array in one line) keep their order.
    pub row: i64,
}

/// Place of a row in a timeline: its time, then its arrival. No two rows share one.
pub type Place = (Millis, Arrival);

impl Arrival {
    /// The place after everything that had arrived by `at`, that millisecond included.
    pub fn end_of(at: Millis) -> Self {
        Self { at, rank: u32::MAX, line: u64::MAX, row: i64::MAX }
    }
}

/// One row of the store, without its properties.
///
/// What it has from its sender reads like fields of its own (`event.device`), and is shared: a
/// user may have millions of rows of a few senders.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its number in the store.
    pub row: i64,
    /// Name.
    pub event: Arc<str>,
    /// When it happened.
    pub time: Millis,
    /// When the server had it: the known time, or the estimate that keeps the file's order.
    pub arrived: Millis,
    /// Equal for deliveries of one row: over event, id, time and `$insert_id` where there is
    /// one ([`Flags::HAS_INSERT_ID`]), else over the whole row.
    pub hash: i64,
    /// Where it stands in the input.
    pub source: Source,
    /// What it shares with other rows.
    pub sender: Arc<Sender>,
}

/// What rows of one sender have in common: the same call, from the same program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sender {
    /// `distinct_id` as sent.
    pub id: Option<Id>,
    /// `$device_id`, bare.
    pub device: Option<Id>,
    /// `$user_id`.
    pub user: Option<Id>,
    /// Of an identify the anonymous id before, of an alias call the alias.
    pub other: Option<Id>,
    /// The program that sent it.
    pub client: Option<Client>,
    /// What else is to be said of it.
    pub flags: Flags,
    /// Which call the rows are. It takes no room here, and a word of each row there.
    pub verb: VerbKind,
}

impl Deref for Event {
    type Target = Sender;

    fn deref(&self) -> &Sender {
        &self.sender
    }
}

impl DerefMut for Event {
    /// Changes this row alone.
    fn deref_mut(&mut self) -> &mut Sender {
        Arc::make_mut(&mut self.sender)
    }
}

impl Event {
    /// Its place in the order of arrival.
    pub fn arrival(&self) -> Arrival {
        Arrival { at: self.arrived, rank: self.source.rank, line: self.source.line, row: self.row }
    }

    /// Its place in a timeline.
    pub fn place(&self) -> Place {
        (self.time, self.arrival())
    }

    /// Whether a field of the row says when it arrived.
    pub fn arrival_known(&self) -> bool {
        !self.flags.has(Flags::ARRIVAL_UNKNOWN)
    }
}

/// One alias call: a row, or a line of a table of aliases.
#[derive(Clone, Debug)]
pub struct AliasCall {
    /// Its number in the store; for a row, that of its event.
    pub row: i64,
    /// The key asked for.
    pub alias: Option<Id>,
    /// What it was to point at.
    pub target: Option<Id>,
    /// When it was called.
    pub time: Millis,
    /// When the server had it.
    pub arrived: Millis,
    /// [`Flags::ARRIVAL_UNKNOWN`], [`Flags::BY_ORIGINAL`].
    pub flags: Flags,
    /// Where it stands in the input.
    pub source: Source,
    /// Whether it comes from a table of aliases and not from an event.
    pub from_table: bool,
}

impl AliasCall {
    /// Its place in the order of arrival.
    pub fn arrival(&self) -> Arrival {
        Arrival { at: self.arrived, rank: self.source.rank, line: self.source.line, row: self.row }
    }
}

/// Two ids that some rows put together.
#[derive(Clone, Debug)]
pub struct Link {
    /// How; it says what `a` and `b` are.
    pub kind: LinkKind,
    /// First id of the pair.
    pub a: Id,
    /// Second id of the pair.
    pub b: Id,
    /// Number of rows that say so.
    pub rows: u64,
    /// Time of the first of them to arrive.
    pub time: Millis,
    /// Arrival of the first of them.
    pub arrived: Millis,
    /// Place of the first of them.
    pub source: Source,
}

impl Link {
    /// The device that this link names, bare, if its kind has one.
    pub fn device(&self) -> Option<&Id> {
        match self.kind {
            LinkKind::UserDevice | LinkKind::IdDevice => Some(&self.b),
            _ => None,
        }
    }
}
