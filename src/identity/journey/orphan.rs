//! Rows that no alias reaches, and the evidence for whose they are.

use super::Step;
use crate::model::facts::Source;
use crate::model::{Id, Millis};

/// Rows under another, anonymous root.
#[derive(Clone, Debug)]
pub struct Orphan {
    /// The root of the rows.
    pub id: Id,
    /// Every id of that root, itself first.
    pub ids: Vec<Id>,
    /// The best of its evidence.
    pub strength: Strength,
    /// Whether evidence of that strength ties it to more than one user.
    pub contested: bool,
    /// The user whose evidence arrived first: most likely the owner of the rows.
    pub suggested: Id,
    /// The roots that evidence of that strength ties it to.
    pub owners: Vec<Id>,
    /// Evidence for this user, best first.
    pub evidence: Vec<Evidence>,
    /// The rows, by time.
    pub steps: Vec<Step>,
    /// One sentence.
    pub why: String,
}

impl Orphan {
    /// Whether its rows are counted as missing from this user: proof or strong evidence, not contested.
    pub fn counts(&self) -> bool {
        !self.contested && self.strength > Strength::Weak
    }
}

/// How much a piece of evidence proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// A hint.
    Weak,
    /// One device, not necessarily one person.
    Strong,
    /// One client state went from one id to the other.
    Proof,
}

impl Strength {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Strong => "strong",
            Self::Proof => "proof",
        }
    }
}

/// One reason to believe that rows belong to a user.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// What kind.
    pub kind: EvidenceKind,
    /// One sentence.
    pub why: String,
    /// The row that says so, the first to arrive.
    pub source: Source,
    /// When that row happened.
    pub time: Millis,
    /// Number of rows that say so.
    pub rows: u64,
}

/// Kinds of evidence, best first (identity.md §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceKind {
    /// P1: an `$identify` row with both ids.
    IdentifyEvent,
    /// P2: a row with the device of one and the user id of the other.
    DeviceAndUser,
    /// P3: a refused alias call.
    RefusedAlias,
    /// P4: `$distinct_id_before_identity`, `$preshuffle_distinct_id`.
    BeforeIdentity,
    /// P4: a `$merge` pair.
    PreviousId,
    /// E2: rows of both with one `$device_id`.
    SameDevice,
    /// A refused alias call for an id that no SDK made and that only servers write under: it
    /// can be an anonymous session, or any other id (captures k1, k2).
    ServerAlias,
    /// As [`EvidenceKind::SameDevice`], for an id that no SDK made: the app chose it for these
    /// rows, and it need not be a visitor's (captures, flow l).
    ChosenIdOnDevice,
}

impl EvidenceKind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::IdentifyEvent => "identify_event",
            Self::DeviceAndUser => "device_and_user",
            Self::RefusedAlias => "refused_alias",
            Self::BeforeIdentity => "before_identity",
            Self::PreviousId => "previous_id",
            Self::SameDevice => "same_device",
            Self::ServerAlias => "server_alias",
            Self::ChosenIdOnDevice => "chosen_id_on_device",
        }
    }

    /// How much it proves.
    pub fn strength(self) -> Strength {
        match self {
            Self::SameDevice => Strength::Strong,
            Self::ServerAlias | Self::ChosenIdOnDevice => Strength::Weak,
            _ => Strength::Proof,
        }
    }
}

/// A user that this journey, itself an orphan, may belong to.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The user's root.
    pub root: Id,
    /// The best of the evidence.
    pub strength: Strength,
    /// Whether the first of the evidence of that strength to arrive is for this user.
    pub suggested: bool,
    /// The evidence, best first.
    pub evidence: Vec<Evidence>,
}
