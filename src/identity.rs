//! Whose rows are these, and why: the legacy identity model, without I/O.
//!
//! [`resolve`] takes [`Facts`] and a [rule set](rules) and gives a [`Journey`]:
//!
//! - [`facts`]: what it is given; [`journey`]: what it answers;
//! - [`rules`]: rule sets as an argument; [`legacy`](mod@legacy) is the one that there is;
//! - [`findings`]: integration mistakes as data; [`audit`]: those of many users;
//! - [`moment`]: a journey as it stood when only some of the rows had arrived;
//! - [`register`]: calls, lookup table, devices and changes of a journey, as tables;
//! - [`repair`](mod@repair): what would mend a user, and the timeline after it;
//! - [`profile`]: what profile updates come to; [`summary`]: a journey in numbers;
//! - [`compare`]: two users side by side, and what speaks for one person.
#![expect(rustdoc::private_intra_doc_links, reason = "the map of the module names its private parts")]

pub mod audit;
pub mod compare;
pub mod facts;
pub mod findings;
pub mod journey;
mod legacy;
mod memo;
pub mod moment;
pub mod register;
pub mod repair;
pub mod rules;
pub mod summary;

pub use facts::{Cut, CutOf, Facts};
pub use findings::{Checked, Finding, Kind, Past, Severity, Sums, Totals, Way};
pub use journey::profile::{self, Profile};
pub use journey::{
    AliasLine, Alike, Evidence, EvidenceKind, Journey, Member, Mention, Neighbour, Orphan, Owner, Phase, Point,
    PointKind, Reason, Reasons, Refusal, Role, Split, State, Step, Strength, Verdict,
};
pub use legacy::{Marks, RACE_WINDOW, Table, Tie, World};
pub use moment::resolve_as_of;
pub use register::Register;
pub use rules::{RuleSet, Rules, resolve};
pub use summary::Summary;

/// Mixpanel's rules from before ID Merge: the default.
pub const LEGACY: RuleSet = &legacy::Legacy;

/// Every rule set, the default first.
pub const RULE_SETS: &[RuleSet] = &[LEGACY];
