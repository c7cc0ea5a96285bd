//! What is looked for in all rows of a source, and what is known of each that is found; all of a
//! source in one pass.
//!
//! Ids and names have the numbers that the source gives them.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use super::clue::Clue;
use super::{Flags, LinkKind, Millis};

/// Whether a row is looked for; `None` when only its properties can say so.
pub type RowTest<'a> = &'a dyn Fn(&RowNote) -> Option<bool>;

/// Whether a row with these properties, as JSON text, is looked for.
pub type PropertyTest<'a> = &'a (dyn Fn(&RowNote, &str) -> bool + Sync);

/// Whether the properties of the row with this number can have what is looked for.
pub type CanHave = Box<dyn Fn(i64) -> bool + Send + Sync>;

/// What takes the rows that are found, and the number of rows that were looked at so far; it breaks
/// when it has enough.
pub type Take<'a> = dyn FnMut(&[RowNote], u64) -> ControlFlow<()> + 'a;

/// Which rows are looked for; all of it has to hold.
#[derive(Clone, Copy, Default)]
pub struct Seek<'a> {
    /// Numbers of the event names; `None` for any.
    pub events: Option<&'a [i64]>,
    /// Not before this time.
    pub from: Option<Millis>,
    /// Before this time.
    pub to: Option<Millis>,
    /// Sent under one of the ids with these numbers; `None` for any.
    pub ids: Option<&'a [i64]>,
    /// What else is asked of a row; `None` leaves every row to [`Seek::properties`].
    pub row: Option<RowTest<'a>>,
    /// Its properties; `None` where every row is looked for that is not ruled out.
    pub properties: Option<PropertyTest<'a>>,
    /// What holds of every row that is looked for, for who has an index or asks a server.
    pub clue: Option<&'a Clue>,
}

impl std::fmt::Debug for Seek<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seek").field("events", &self.events).field("ids", &self.ids).finish_non_exhaustive()
    }
}

/// A row that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowNote {
    /// Its number, by which its properties are asked for.
    pub row: i64,
    /// Number of the id that it was sent under; 0 when that cannot be used.
    pub id: i64,
    /// Number of its event name.
    pub event: i64,
    /// When it happened.
    pub time: Millis,
    /// Number of the device that it names; 0 for none.
    pub device: i64,
    /// Number of the user that it names; 0 for none.
    pub user: i64,
    /// Number of the name of the program that sent it; 0 for none.
    pub client: i64,
    /// Number of its file.
    pub file: i64,
    /// Its line there.
    pub line: i64,
}

/// What a search can ask of a row besides its properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// The device that it names.
    Device,
    /// The user that it names.
    User,
    /// The program that sent it.
    Client,
}

/// The rows of one id that are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdRows {
    /// Number of the id; 0 for rows without one.
    pub id: i64,
    /// How many.
    pub rows: u64,
    /// Time and number of the last of them.
    pub last: (Millis, i64),
    /// Number of its event name.
    pub event: i64,
}

/// What must hold of a value of a profile that is found.
#[derive(Clone, Copy, Debug)]
pub struct ValueClue<'a> {
    /// Its name has this in it, in small letters.
    pub key: &'a str,
    /// It has this in it, in any case.
    pub part: &'a str,
    /// Of the value only the digits count.
    pub of_digits: bool,
}

impl Seek<'_> {
    /// Whether a row is looked for, as far as that is known without its properties.
    pub fn of_row(&self, row: &RowNote) -> Option<bool> {
        let (from, to) = (self.from.unwrap_or(Millis::MIN), self.to.unwrap_or(Millis::MAX));
        if !(from..to).contains(&row.time) || self.events.is_some_and(|events| !events.contains(&row.event)) {
            return Some(false);
        }
        match (self.row, self.properties) {
            (Some(test), _) => test(row),
            (None, Some(_)) => None,
            (None, None) => Some(true),
        }
    }
}

/// An id and what rows say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdNote<'a> {
    /// The id.
    pub id: &'a str,
    /// Whether rows were sent under it.
    pub has_rows: bool,
    /// Whether a row names it as a user: by `$identify` or as `$user_id`.
    pub is_user: bool,
}

/// An alias call; 0 stands for no id.
#[derive(Clone, Copy, Debug)]
pub struct SweptCall {
    /// Its number as in [`crate::model::facts::AliasCall`].
    pub row: i64,
    /// Number of the alias.
    pub alias: i64,
    /// Number of the target.
    pub target: i64,
    /// When it was called.
    pub time: Millis,
    /// When the server had it.
    pub arrived: Millis,
    /// What else is known of it.
    pub flags: Flags,
    /// Number of its file.
    pub file: i64,
    /// Line of the file.
    pub line: i64,
    /// Whether it comes from a table of aliases.
    pub from_table: bool,
}

/// A link between two ids.
#[derive(Clone, Copy, Debug)]
pub struct SweptLink {
    /// How.
    pub kind: LinkKind,
    /// Number of the first id.
    pub a: i64,
    /// Number of the second id.
    pub b: i64,
    /// Rows that say so.
    pub rows: u64,
    /// Time of the first of them to arrive.
    pub time: Millis,
    /// Arrival of the first of them.
    pub arrived: Millis,
    /// Number of its file.
    pub file: i64,
    /// Line of the file.
    pub line: i64,
}

/// Rows of one id that are neighbours in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweptRun {
    /// Number of the id; 0 for none.
    pub id: i64,
    /// The part of the store that it is in: rows of a part are neighbours, too.
    pub segment: i64,
    /// Place of the first row.
    pub first: i64,
    /// How many there are.
    pub rows: i64,
    /// Time of the earliest.
    pub earliest: Millis,
    /// Time of the latest.
    pub latest: Millis,
}

impl SweptRun {
    /// Where its rows are.
    pub fn places(&self) -> Range<i64> {
        self.first..self.first.saturating_add(self.rows)
    }
}

/// Where the rows of each segment are, put together from its runs.
#[derive(Debug, Default)]
pub struct Segments(BTreeMap<i64, Range<i64>>);

impl Segments {
    /// Takes a run.
    pub fn add(&mut self, run: &SweptRun) {
        let own = run.places();
        let places = self.0.entry(run.segment).or_insert(own.clone());
        *places = places.start.min(own.start)..places.end.max(own.end);
    }

    /// The places of each, by the numbers of the segments.
    pub fn into_places(self) -> impl DoubleEndedIterator<Item = Range<i64>> {
        self.0.into_values()
    }

    /// The same with the numbers of the segments.
    pub fn into_numbered(self) -> impl DoubleEndedIterator<Item = (i64, Range<i64>)> {
        self.0.into_iter()
    }
}

/// What some rows of an id add up to, all of a run or of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "what is known of rows, each separate from the others")]
pub struct Known<'k> {
    /// Number of the id; 0 for rows without one.
    pub id: i64,
    /// How many rows, other deliveries among them not counted.
    pub rows: u64,
    /// Whether some are other deliveries of a row among them.
    pub has_copies: bool,
    /// Whether some are deliveries of rows in another segment.
    pub is_in_two: bool,
    /// Whether some of them show what only reading them tells.
    pub shows: bool,
    /// Whether one names the id as its own `$user_id`.
    pub is_own_user: bool,
    /// When the earliest happened.
    pub earliest: Millis,
    /// When the latest did.
    pub latest: Millis,
    /// When the first of them arrived.
    pub arrived: Millis,
    /// How long after its arrival one of them happened, at most, of those whose arrival is known.
    pub ahead: u64,
    /// Numbers of the names of their clients.
    pub clients: &'k [i64],
}

/// What all rows of an id say was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidById<'k> {
    /// Number of the id; 0 for rows without one.
    pub id: i64,
    /// Each currency, what was paid in it in millionths, and in how many rows; `None` where only reading them tells.
    pub sums: Option<&'k [(&'k str, i64, u64)]>,
}

/// What is known of the rows of an id in a segment without reading them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownRun {
    /// Where they are, and when they happened.
    pub run: SweptRun,
    /// How many of them are other deliveries of a row among them.
    pub copies: u64,
    /// Whether some of them show what only reading them tells: an id that is no text, a user that is its device, an
    /// `$identify` of itself, no name, equal rows without an id of their own.
    pub shows: bool,
    /// Whether one names the id as its own `$user_id`.
    pub is_own_user: bool,
    /// When the first of them arrived.
    pub arrived: Millis,
    /// How long after its arrival one of them happened, at most, of those whose arrival is known.
    pub ahead: u64,
    /// Numbers of the names of their clients.
    pub clients: Vec<i64>,
    /// Of each, [`short_hash`].
    pub hashes: Vec<u32>,
    /// Those that say what was paid.
    pub paid: Vec<Paid>,
    /// The currencies of the segment, which `paid` names by their places.
    pub currencies: Vec<String>,
}

impl KnownRun {
    /// What its rows add up to.
    pub fn known(&self) -> Known<'_> {
        let Self { run, copies, shows, is_own_user, arrived, ahead, clients, .. } = self;
        Known {
            id: run.id,
            rows: u64::try_from(run.rows).unwrap_or_default().saturating_sub(*copies),
            has_copies: *copies > 0,
            is_in_two: false,
            shows: *shows,
            is_own_user: *is_own_user,
            earliest: run.earliest,
            latest: run.latest,
            arrived: *arrived,
            ahead: *ahead,
            clients,
        }
    }

    /// What the row at this place says was paid.
    pub fn paid_in(&self, place: i64) -> Option<&Paid> {
        self.paid.get(self.paid.binary_search_by_key(&place, |paid| paid.place).ok()?)
    }
}

/// A row that says what was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Its place.
    pub place: i64,
    /// The place of its currency.
    pub currency: usize,
    /// In millionths.
    pub micros: i64,
}

/// Some bits of the hash of a row.
pub fn short_hash(hash: i64) -> u32 {
    let mixed = hash.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    u32::try_from(mixed >> 32).unwrap_or_default()
}

/// A row; 0 stands for no number.
#[derive(Clone, Copy, Debug)]
pub struct SweptRow {
    /// When it happened.
    pub time: Millis,
    /// When the server had it.
    pub arrived: Millis,
    /// Equal for deliveries of one row.
    pub hash: i64,
    /// Number of its name.
    pub event: i64,
    /// Number of what it shares with other rows of the id.
    pub sender: i64,
    /// Number of its `$device_id`.
    pub device: i64,
    /// Number of its `$user_id`.
    pub user: i64,
    /// Number of the alias, or of the anonymous id of `$identify`.
    pub other: i64,
    /// Number of the name of its client.
    pub client: i64,
    /// Number of its file.
    pub file: i64,
    /// Line of the file.
    pub line: i64,
    /// Its number as in [`crate::model::facts::Event`].
    pub row: i64,
    /// What else is known of it.
    pub flags: Flags,
}
