//! What a rule set is: one way to answer whose a row is.
//!
//! Facts are the same under every rule set; owners, verdicts, reasons, sentences and findings
//! are not. A rule set is a [`Rules`] in a file of its own and a line in
//! [`RULE_SETS`](super::RULE_SETS): everything else takes it as an argument ([`resolve`]) or finds its
//! [`Reasons`] in the [`Journey`] that it gave.

use super::facts::Facts;
use super::findings::{Checked, Kind, Sums, Totals, Way};
use super::journey::ruled::Ruled;
use super::journey::{Journey, Reasons, Split};
use super::merging::system::System;
use crate::model::facts::{AliasCall, Arrival};
use crate::model::{Id, Millis};

/// One identity system as an algorithm over facts.
pub trait Rules: Reasons {
    /// The journey of the user that `query` belongs to; `None` when the facts do not name it.
    fn resolve(&'static self, facts: &Facts, query: &Id) -> Option<Journey>;

    /// Whose each row of `facts` is, and which user `query` leads to.
    fn ruled(&'static self, facts: &Facts, query: &Id) -> Ruled;

    /// Whether rows that name two ids join them: facts must hold whatever calls, links and devices
    /// reach, and not only what alias calls do.
    fn joins_by_links(&self) -> bool {
        false
    }

    /// The rules as a system that hears one row after another; `None` where a table of aliases is all
    /// that there is.
    fn system(&self) -> Option<Box<dyn System>> {
        None
    }

    /// What decides where rows of each alias are stored; ids that are not there keep their rows.
    /// Nothing where rows are not stored under ids but joined.
    fn ways(&self, _calls: &[AliasCall]) -> Vec<(Id, Way)> {
        Vec::new()
    }

    /// How a row is split that was sent under an id with this way; `None` when it is under the root.
    fn split(&self, _way: &Way, _time: Millis, _arrival: Arrival) -> Option<Split> {
        None
    }

    /// Judges every user of `facts`, which hold whole neighbourhoods (whatever calls and links join)
    /// and of rows one for each sender; `sums` has what is known of the rows of an id. Rules that know
    /// no mistakes judge no one.
    fn check(&self, _facts: &Facts, _sums: &dyn Fn(&Id) -> Sums, _each: &mut dyn FnMut(Checked)) -> Totals {
        Totals::default()
    }

    /// Integration mistakes that harm under these rules.
    fn findings(&self) -> &'static [&'static Kind] {
        &[]
    }

    /// What of a mistake no later call and no import mends, as one sentence.
    fn lasting(&self, _kind: &Kind) -> Option<&'static str> {
        None
    }
}

/// The rule set with this name.
pub fn named(name: &str) -> Option<RuleSet> {
    super::RULE_SETS.iter().copied().find(|rules| rules.name() == name)
}

/// A rule set as an argument: it lives as long as the program.
pub type RuleSet = &'static dyn Rules;

/// The journey of the user that `query` belongs to under `rules`; `None` when the facts do not
/// name it.
///
/// An id without rows answers for its other device form if that one has rows, and else with
/// no root but with the places that mention it.
pub fn resolve(facts: &Facts, query: &Id, rules: RuleSet) -> Option<Journey> {
    rules.resolve(facts, query)
}
