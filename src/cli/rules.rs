//! `--rules`: rule sets by their names.

use super::failure::Failure;
use crate::identity::{RULE_SETS, RuleSet, named};
use crate::model::near;

/// The rule set with this name.
pub(super) fn rule_set(name: &str) -> Result<RuleSet, Failure> {
    named(name).ok_or_else(|| {
        let names: Vec<&str> = RULE_SETS.iter().map(|rules| rules.name()).collect();
        let failure = Failure::usage(format!("there is no rule set {name:?}"));
        let failure = near::nearest(name, names.iter().copied()).map_or(failure, |near| {
            Failure::usage(format!("there is no rule set {name:?}")).hint(format!("{near}, if that was meant"))
        });
        failure.hint(names.join(", "))
    })
}
