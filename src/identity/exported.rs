//! What a vendor exported after merging, next to what a rule set makes of the same rows as they were sent.

use std::collections::BTreeMap;

use super::rules::RuleSet;
use crate::model::Id;
use crate::model::facts::Source;

/// The comparison under one rule set.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The rules.
    pub rules: RuleSet,
    /// All rows of the store that have an id.
    pub rows: u64,
    /// Rows with an owner that the vendor exported and one that the rules compute.
    pub compared: u64,
    /// Rows of which both say the same.
    pub agree: u64,
    /// Rows that the rules join to a person whom the vendor separates from them.
    pub joined: u64,
    /// Rows that the rules separate from a person to whom the vendor joined them.
    pub split: u64,
    /// People that the vendor exported, and people that the rules compute, among the rows compared.
    pub people: (u64, u64),
    /// Reasons for refusals: how often rows of the export name each, and how often the rules do.
    pub failures: BTreeMap<String, (u64, u64)>,
    /// Groups of rows that differ, those with the most rows first.
    pub top: Vec<Differing>,
    /// Whether all rows were looked at.
    pub complete: bool,
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

impl Exported {
    /// Before any row was looked at.
    pub fn of_nothing(rules: RuleSet) -> Self {
        Self {
            rules,
            rows: 0,
            compared: 0,
            agree: 0,
            joined: 0,
            split: 0,
            people: (0, 0),
            failures: BTreeMap::new(),
            top: Vec::new(),
            complete: true,
        }
    }

    /// Rows that differ.
    pub fn differ(&self) -> u64 {
        self.compared - self.agree
    }
}
