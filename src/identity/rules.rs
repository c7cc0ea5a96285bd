//! Rule sets: one way each to answer whose a row is.
//!
//! Facts are the same under every rule set; owners, verdicts, reasons, sentences and findings
//! are not. A rule set is a [`Rules`] in a file of its own and a line in [`ALL`]: everything else
//! takes it as an argument ([`resolve`]) or finds it in the [`Journey`] that it gave.

use std::fmt::Debug;

use super::facts::Facts;
use super::findings::{Checked, Kind, Sums, Totals, Way};
use super::journey::{Journey, Split, Step};
use super::legacy::Legacy;
use crate::model::facts::{AliasCall, Arrival};
use crate::model::{Id, Millis};

/// One identity system as an algorithm over facts.
pub trait Rules: Debug + Sync {
    /// Its name in JSON and on the command line.
    fn name(&self) -> &'static str;

    /// What it is, a few words.
    fn title(&self) -> &'static str;

    /// The journey of the user that `query` belongs to; `None` when the facts do not name it.
    fn resolve(&self, facts: &Facts, query: &Id) -> Option<Journey>;

    /// The one sentence that says why a step of a journey of these rules is where it is.
    fn why(&self, journey: &Journey, step: &Step) -> String;

    /// What decides where rows of each alias are stored; ids that are not there keep their rows.
    fn ways(&self, calls: &[AliasCall]) -> Vec<(Id, Way)>;

    /// How a row is stored apart that was sent under an id with this way; `None` for under the root.
    fn split(&self, way: &Way, time: Millis, arrival: Arrival) -> Option<Split>;

    /// Judges every user of `facts`, which hold whole neighbourhoods (whatever calls and links join)
    /// and of rows one for each sender; `sums` has what is known of the rows of an id.
    fn check(&self, facts: &Facts, sums: &dyn Fn(&Id) -> Sums, each: &mut dyn FnMut(Checked)) -> Totals;

    /// Integration mistakes that harm under these rules.
    fn findings(&self) -> &'static [&'static Kind];
}

/// A rule set as an argument: it lives as long as the program.
pub type RuleSet = &'static dyn Rules;

/// Mixpanel's rules from before ID Merge: the default.
pub const LEGACY: RuleSet = &Legacy;

/// Every rule set, the default first.
pub const ALL: &[RuleSet] = &[LEGACY];

/// The rule set with this name.
pub fn named(name: &str) -> Option<RuleSet> {
    ALL.iter().copied().find(|rules| rules.name() == name)
}

/// The journey of the user that `query` belongs to under `rules`; `None` when the facts do not
/// name it.
///
/// An id without rows answers for its other device form if that one has rows, and else with
/// no root but with the places that mention it.
pub fn resolve(facts: &Facts, query: &Id, rules: RuleSet) -> Option<Journey> {
    rules.resolve(facts, query)
}
