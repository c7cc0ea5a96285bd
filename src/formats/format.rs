//! The kinds of files that are read.

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Events of the raw export (identity.md §4.5).
    Export,
    /// What SDKs sent, recorded or bare (§4.1 to §4.4).
    Payloads,
    /// Profile and group updates (§4.2).
    ProfileUpdates,
    /// Exported profiles, in pages or line by line (§4.5).
    ProfileExport,
    /// Rows of another vendor.
    Vendor,
    /// Alias → `distinct_id`.
    AliasTable,
    /// Rows of a plain copy of a store: events as they were, with what the store made of them.
    Copy,
    /// A SQLite database; the store reads it.
    Sqlite,
    /// Nothing but white space.
    Empty,
}
