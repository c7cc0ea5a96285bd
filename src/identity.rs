//! Whose rows are these, and why: the legacy identity model, without I/O.
//!
//! [`resolve`] takes [`Facts`] and gives a [`Journey`]. The rules are those of identity.md §1
//! and §1.1, the evidence that of §5:
//!
//! - [`table`]: the lookup table, and the verdict of each alias call, in order of arrival;
//! - [`rows`](mod@rows): the rows of the root and its aliases, merged or split, each once;
//! - [`resolve`]: all of it put together;
//! - [`points`](mod@points): where the user became known, and inferred resets;
//! - [`evidence`](mod@evidence): what ties anonymous rows to a user that no alias leads to;
//! - [`moment`]: the same as it stood when only some of the rows had arrived;
//! - [`findings`](mod@findings): integration mistakes that the journey shows;
//! - [`register`]: calls, lookup table, devices and changes of a journey, as tables;
//! - [`compare`]: two users beside each other, and what speaks for one person;
//! - [`explain`](mod@explain): one sentence for every decision.
//!
//! Cost: O(n log n) in the facts given, which are those of one user and of what touches it.
#![expect(rustdoc::private_intra_doc_links, reason = "the map of the module names its private parts")]

pub mod compare;
mod evidence;
mod explain;
pub mod facts;
mod findings;
pub mod journey;
mod memo;
pub mod moment;
mod points;
pub mod register;
mod resolve;
mod rows;
pub mod table;
mod world;

pub use evidence::Tie;
pub use facts::{Cut, CutOf, Facts};
pub use findings::{Finding, Severity};
pub use journey::{
    AliasLine, Alike, Evidence, EvidenceKind, Journey, Member, Mention, Neighbour, Orphan, Owner, Phase, Point,
    PointKind, Reason, Refusal, Role, Split, State, Step, Strength, Verdict,
};
pub use moment::resolve_as_of;
pub use register::Register;
pub use resolve::resolve;
pub use rows::RACE_WINDOW;
pub use world::World;
