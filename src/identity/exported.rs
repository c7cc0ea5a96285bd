//! What a vendor exported after merging, next to what a rule set makes of the same rows as they were sent.

use std::collections::BTreeMap;

pub use super::journey::recorded::{Differing, How, Recorded, Refused};
use super::rules::RuleSet;

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
