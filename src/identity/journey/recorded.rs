//! To whom a vendor counts rows, next to whose they are by a rule set.

use crate::model::Id;
use crate::model::facts::Source;

/// The comparison of the rows of one journey, and of rows that the vendor counts to the same person.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Rows with an owner that the vendor exported.
    pub compared: u64,
    /// Rows of which both say the same.
    pub agree: u64,
    /// Groups of rows that differ, those with the most rows first.
    pub differing: Vec<Differing>,
}

/// Rows that have other owners in the export and by the rules.
#[derive(Clone, Debug)]
pub struct Differing {
    /// An id to open.
    pub id: Id,
    /// The best name, if there is one.
    pub name: Option<String>,
    /// How many rows.
    pub rows: u64,
    /// To whom the vendor counted them.
    pub exported: String,
    /// Whose they are by the rules.
    pub computed: Id,
    /// Which of the two joins more.
    pub how: How,
    /// The first of the rows to arrive.
    pub source: Source,
}

/// How an owner by the rules differs from the exported one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The rules join the rows to others that the vendor separates.
    Joined,
    /// The vendor joined the rows to others that the rules separate.
    Split,
}

impl How {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Split => "split",
        }
    }
}
