//! What a search found.

use crate::model::hit::Hit;

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Best first.
    pub list: Vec<Hit>,
    /// Whether there are more than the list holds.
    pub more: bool,
    /// What was searched for instead, because nothing matches the text as it was given.
    pub instead: Option<String>,
    /// Warnings about the hits, each a sentence.
    pub warnings: Vec<String>,
    /// What else is to be known of them, each a sentence.
    pub notes: Vec<String>,
    /// Rows that were looked through, and all there are, where rows had to be.
    pub looked: Option<(u64, u64)>,
}

impl Hits {
    /// Whether rows are still being looked through.
    pub fn is_partial(&self) -> bool {
        self.looked.is_some_and(|(looked, all)| looked < all)
    }
}
