//! How much a store holds.

use serde::Serialize;

/// Numbers of what a store holds; `None` where damage does not let it be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows.
    pub events: Option<u64>,
    /// Ids in any role.
    pub ids: Option<u64>,
    /// Alias calls.
    pub alias_calls: Option<u64>,
    /// Profile updates.
    pub profiles: Option<u64>,
    /// Pieces that could not be read, also those that are not kept.
    pub rejects: Option<u64>,
    /// Files.
    pub files: Option<u64>,
}
