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
    /// Rows that only the vendor or only the rules refuse, or both with other reasons; those with the most rows
    /// first.
    pub refused: Vec<Refused>,
}

impl Recorded {
    /// Whether the vendor and the rules say different things of some row.
    pub fn differs(&self) -> bool {
        !self.differing.is_empty() || !self.refused.is_empty()
    }

    /// Of a row that is refused in different ways: both reasons, as a sentence.
    pub fn refusal_of(&self, row: i64) -> Option<String> {
        let refused = self.refused.iter().find(|refused| refused.rows.contains(&row))?;
        let exported = refused.exported.as_deref().unwrap_or("no reason");
        let computed = match refused.computed {
            Some(name) => format!("refuse it with {name}"),
            None => "do not refuse it".to_owned(),
        };
        Some(format!("The vendor names {exported}; these rules {computed}."))
    }
}

/// Rows of which the vendor exported another reason for a refusal than the rules compute.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The reason that the rows name; `None` where they name none.
    pub exported: Option<String>,
    /// The reason by the rules; `None` where they do not refuse.
    pub computed: Option<&'static str>,
    /// Numbers of the rows.
    pub rows: Vec<i64>,
    /// The first of them.
    pub source: Source,
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
