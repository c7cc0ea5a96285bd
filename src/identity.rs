//! Whose rows are these, and why: identity systems as code, without I/O.
//!
//! [`resolve`] takes [`Facts`] and a [rule set](rules) and gives a [`Journey`]:
//!
//! - [`facts`]: what it is given, and [`prepared`] what every rule set needs of that; [`journey`]: what it answers;
//! - [`rules`]: rule sets as an argument; [`legacy`](mod@legacy) is the default, and
//!   [`merging`] has those that join ids with their past;
//! - [`journey::ruled`]: the owner of each row; [`across`]: one history under several rule sets;
//! - [`what_if`]: the same with a call taken away, changed or added;
//! - [`migration`]: what becomes of everyone under another rule set;
//! - [`findings`]: integration mistakes as data; [`audit`]: those of many users;
//! - [`moment`]: a journey as it stood when only some of the rows had arrived;
//! - [`register`]: calls, lookup table, devices and changes of a journey, as tables;
//! - [`repair`](mod@repair): what would mend a user, and the timeline after it;
//! - [`profile`]: what profile updates come to; [`summary`]: a journey in numbers;
//! - [`naming`]: what people and ids are called;
//! - [`compare`]: two users side by side, and what speaks for one person;
//! - [`expected`]: what a file expects of a user, compared with what there is.
#![expect(rustdoc::private_intra_doc_links, reason = "the map of the module names its private parts")]

pub mod across;
pub mod audit;
pub mod baseline;
pub mod compare;
pub mod expected;
pub mod exported;
pub mod facts;
pub mod findings;
pub mod journey;
mod legacy;
mod memo;
pub mod merging;
pub mod migration;
pub mod moment;
pub mod naming;
pub mod prepared;
pub mod register;
pub mod repair;
pub mod rules;
pub mod summary;
mod tally;
mod thresholds;
pub mod what_if;

pub use facts::{Cut, CutOf, Facts};
pub use findings::{Checked, Finding, Kind, Lost, Needs, Past, Severity, Sums, Totals, Way};
pub use journey::profile::{self, Profile};
pub use journey::ruled::{Because, Held, Ruled};
pub use journey::{
    AliasLine, Alike, Evidence, EvidenceKind, Journey, Member, Mention, Neighbour, Orphan, Owner, Phase, Point,
    PointKind, Reason, Reasons, Refusal, Role, Split, State, Step, Strength, Verdict,
};
pub(crate) use legacy::once_in_files;
pub use legacy::{Marks, RACE_WINDOW, Splits, Table, Tie, World};
pub use moment::resolve_as_of;
pub use register::Register;
pub use rules::{RuleSet, Rules, is_usual, named, of_vendor, resolve, usual};
pub use summary::Summary;
pub use tally::{By, Tallies, Tally};
pub use thresholds::{THRESHOLDS, Threshold, Thresholds};

/// Mixpanel's rules from before ID Merge: the default.
pub const LEGACY: RuleSet = &legacy::Legacy;

/// Every rule set, the default first.
pub static RULE_SETS: &[RuleSet] = &[
    &legacy::Legacy,
    &merging::ORIGINAL,
    &merging::SIMPLIFIED,
    &merging::POSTHOG,
    &merging::AMPLITUDE,
    &merging::SIMPLE,
];
