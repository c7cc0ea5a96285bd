//! Moments at which a user became known, or a device's state ended.

use crate::model::facts::Source;
use crate::model::{Id, Millis};

/// Where the data shows that a user became known, or a device's state ended.
#[derive(Clone, Debug)]
pub struct Point {
    /// What kind.
    pub kind: PointKind,
    /// The id that became known; for a reset, the new anonymous id.
    pub id: Id,
    /// When.
    pub time: Millis,
    /// One sentence.
    pub why: String,
    /// The row that shows it.
    pub source: Source,
    /// Number of that row in the store.
    pub row: i64,
    /// Whether no row proves it.
    pub inferred: bool,
}

/// Kinds of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PointKind {
    /// An accepted alias call.
    Alias,
    /// The first `$identify` of a client state.
    Identify,
    /// The first row of a device under a known id.
    Login,
    /// A device's client state changed to a new anonymous id.
    Reset,
}

impl PointKind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alias => "alias",
            Self::Identify => "identify",
            Self::Login => "login",
            Self::Reset => "reset",
        }
    }
}
