//! What a rule set is: one way to answer whose a row is.
//!
//! Facts are the same under every rule set; owners, verdicts, reasons, sentences and findings
//! are not. A rule set is a [`Rules`] in a file of its own and a line in
//! [`RULE_SETS`](super::RULE_SETS): everything else takes it as an argument ([`resolve`]) or finds its
//! [`Reasons`] in the [`Journey`] that it gave.

use std::sync::Arc;

use super::facts::Facts;
use super::findings::{Checked, Kind, Needs, Sums, Totals, Way};
use super::journey::ruled::Ruled;
use super::journey::{Journey, Reasons, Split};
use super::merging::system::System;
use super::prepared::Prepared;
use crate::model::facts::{AliasCall, Arrival, Origin, Source};
use crate::model::{Id, Millis};

/// One identity system as an algorithm over facts.
pub trait Rules: Reasons {
    /// The journey of the user that `query` belongs to; `None` when the facts do not name it.
    fn resolve(&'static self, facts: &Facts, query: &Id) -> Option<Journey>;

    /// Whose each row of `facts` is, and which user `query` leads to.
    fn ruled(&'static self, facts: &Facts, query: &Id) -> Ruled {
        self.ruled_in(&Prepared::new(facts), query)
    }

    /// The same of facts that are prepared already: several rule sets share what they need.
    fn ruled_in(&'static self, prepared: &Prepared<'_>, query: &Id) -> Ruled;

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

    /// Vendors whose rows these rules judge where no others are chosen, by the names of
    /// [`Origin::vendor`]; rows of all other vendors are judged by the legacy rules.
    fn vendors(&self) -> &'static [&'static str] {
        &[]
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
    /// and of rows one for each sender; `sums` has what is known of the rows of an id. Only mistakes that are
    /// wanted are looked for. Rules that know no mistakes judge no one.
    fn check(
        &self,
        _facts: &Facts,
        _sums: &dyn Fn(&Id) -> Sums,
        _wants: &dyn Fn(&Kind) -> bool,
        _each: &mut dyn FnMut(Checked),
    ) -> Totals {
        Totals::default()
    }

    /// Whether an id is one of a visitor in whom no rule finds anything, where its rows show nothing by themselves, do
    /// not name it as their user, and nothing else names it. Such ids are most of a store, and [`Rules::check`] need
    /// not be given them. Rules that know no findings are not asked.
    fn is_visitor(&self, _id: &str) -> bool {
        false
    }

    /// What must be there for a mistake to show.
    fn needs(&self, _kind: &Kind) -> Needs {
        Needs::Anything
    }

    /// Whether an id can name a person, by its form; `is_device` where rows name it as a device.
    fn can_name(&self, _id: &str, _is_device: bool) -> bool {
        true
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

/// The rules that judge the rows of this vendor where no others are chosen.
pub fn of_vendor(vendor: &str) -> RuleSet {
    let own = super::RULE_SETS.iter().copied().find(|rules| rules.vendors().contains(&vendor));
    own.unwrap_or(super::LEGACY)
}

/// The rules by which the vendor of the rows of `query` judges, as far as those rows say: all rows decide where
/// the id has none itself, and alias calls and links where there are none at all.
pub fn usual(facts: &Facts, query: &Id) -> RuleSet {
    let other = query.other_device_form();
    let is_own = |id: &Option<Id>| id.as_ref().is_some_and(|id| id == query || *id == other);
    let rows = || facts.events.iter().map(|event| &event.source);
    let mut own = facts.events.iter().filter(|event| is_own(&event.id)).map(|event| &event.source).peekable();
    if own.peek().is_some() {
        return common(own);
    }
    let others = facts.calls.iter().map(|call| &call.source).chain(facts.links.iter().map(|link| &link.source));
    if facts.events.is_empty() { common(others) } else { common(rows()) }
}

/// Whether these rules judge the user of `query` where no others are chosen: all rows of the user are of a vendor
/// whose rules they are.
pub fn is_usual(rules: RuleSet, facts: &Facts, query: &Id) -> bool {
    let ruled = rules.ruled(facts, query);
    let own = ruled.rows.iter().filter(|held| ruled.is_own(held)).map(|held| &held.event.source);
    common(own).name() == rules.name()
}

/// The rules that the vendors of all sources have; the legacy rules where they have several, or there are none.
fn common<'a>(sources: impl Iterator<Item = &'a Source>) -> RuleSet {
    let mut found: Option<RuleSet> = None;
    let mut before: Option<*const Origin> = None;
    for source in sources {
        // Rows of one file share its origin: millions of rows are some comparisons of an address.
        let origin = Arc::as_ptr(&source.origin);
        if before.replace(origin) == Some(origin) {
            continue;
        }
        let rules = of_vendor(&source.vendor);
        if rules.name() == super::LEGACY.name() || found.is_some_and(|found| found.name() != rules.name()) {
            return super::LEGACY;
        }
        found = Some(rules);
    }
    found.unwrap_or(super::LEGACY)
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
