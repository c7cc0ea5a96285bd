//! Whose rows are these, and why: the legacy identity model, without I/O.
//!
//! [`resolve`] takes [`Facts`] and gives a [`Journey`]. The rules are those of identity.md §1
//! and §1.1, the evidence that of §5.

mod explain;
pub mod facts;
pub mod journey;

pub use facts::{Cut, Facts};
pub use journey::{
    AliasLine, Evidence, EvidenceKind, Journey, Member, Mention, Neighbour, Orphan, Owner, Phase, Point, PointKind,
    Reason, Refusal, Role, Split, State, Step, Strength, Verdict,
};

use crate::model::Id;

/// The journey of the user that `query` belongs to; `None` when the facts do not name it.
pub fn resolve(facts: &Facts, query: &Id) -> Option<Journey> {
    let _ = (facts, query);
    None
}
