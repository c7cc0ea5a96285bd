//! What is looked for in all rows of a source, and what is known of each that is found.
//!
//! Ids and names have the numbers that the source gives them.

use super::Millis;

/// Whether the properties of a row, as JSON text, are those that are looked for.
pub type PropertyTest<'a> = &'a (dyn Fn(&str) -> bool + Sync);

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
    /// Its properties.
    pub properties: Option<PropertyTest<'a>>,
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
