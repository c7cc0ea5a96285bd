//! What the screens of findings and of rule sets ask, and what they get.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::able;
use crate::identity::across::Across;
use crate::identity::audit::Audit;
use crate::identity::migration::Migration;
use crate::identity::repair::Repair;
use crate::identity::what_if::{Change, Outcome, Unfit};
use crate::identity::{Finding, Journey, Kind, RuleSet, Step, named};
use crate::inspect::able::Abilities;
use crate::inspect::check::{self, Person, Proof};
use crate::inspect::{Error, ErrorKind, Inspector, migration};
use crate::model::Id;
use crate::model::facts::Source;
use crate::model::money::Amounts;

/// Users that are named, at most: a name costs some look-ups, and more are not read.
const MOST_NAMED: usize = 200;

/// Users of a finding that a list of findings names.
pub const LISTED: usize = 3;

/// A question about the findings of a store.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// All of them, by kind.
    Store,
    /// Who has one of a kind.
    People(&'static Kind),
    /// What proves the one of a user.
    Evidence(Id, &'static Kind),
    /// Rows that show a kind of the store, and are of no user by it.
    Loose(&'static Kind),
    /// What would mend a user.
    Repair(Id),
    /// The properties of a row.
    Row(i64),
    /// What becomes of everyone when the second of the rule sets with these names takes over from the first.
    Migration(&'static str, &'static str),
    /// A user with changes to what was sent, under the rule set with this name.
    WhatIf(Id, &'static str, Vec<Change>),
    /// The rows of a user under the rule sets with these names.
    Across(Id, Vec<&'static str>),
    /// What the source can answer, tried.
    Abilities,
}

/// An answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Of [`Question::Store`], with the best names of the first users of each finding.
    Store(Box<Audit>, BTreeMap<Id, String>),
    /// Of [`Question::People`]; whether all were looked at.
    People(Vec<Person>, bool),
    /// Of [`Question::Evidence`]: the finding, its rows, and what the rows that it costs say was paid; `None`
    /// when the user has none by now.
    Evidence(Option<Box<Finding>>, Vec<Proof>, Amounts),
    /// Of [`Question::Loose`].
    Loose(Vec<Proof>),
    /// Of [`Question::Repair`]; `None` when nothing names the id.
    Repair(Option<Box<Repair>>),
    /// Of [`Question::Row`]: a JSON object.
    Row(String),
    /// Of [`Question::Migration`].
    Migration(Box<Migration>),
    /// Of [`Question::WhatIf`], with the best name; `None` when no row belongs to the id.
    WhatIf(Option<Box<Outcome>>, String),
    /// Of [`Question::Across`]; `None` when no row belongs to the id under any of the rule sets.
    Across(Option<Box<Across>>),
    /// Of [`Question::Abilities`]; `None` where everything is answered.
    Abilities(Option<Box<Abilities>>),
}

/// Answers a question. `go_on` gets how many rows of how many are done; `false` ends a look at every
/// user with what is known by then.
pub(super) fn answer(
    inspector: &Inspector,
    question: &Question,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Answer, Error> {
    Ok(match question {
        Question::Store => {
            let audit = check::store(inspector, go_on)?;
            let first = audit.found.iter().flat_map(|found| found.ids.iter().take(LISTED));
            let names = inspector.best_names(first)?;
            Answer::Store(Box::new(audit), names)
        }
        Question::People(kind) => {
            let (mut people, complete) = check::people(inspector, kind, go_on)?;
            let named = people.len().min(MOST_NAMED);
            check::name(inspector, people.get_mut(..named).unwrap_or_default())?;
            Answer::People(people, complete)
        }
        Question::Evidence(id, kind) => match inspector.journey_of_findings(id)? {
            Some(journey) => evidence(inspector, &journey, kind)?,
            None => Answer::Evidence(None, Vec::new(), Amounts::default()),
        },
        Question::Loose(kind) => Answer::Loose(check::rows_of_store(inspector, kind, go_on)?),
        Question::Repair(id) => Answer::Repair(inspector.repair(id)?.map(Box::new)),
        Question::Migration(from, to) => {
            let (Some(from), Some(to)) = (named(from), named(to)) else { return Err(no_rules(from, to)) };
            Answer::Migration(Box::new(migration::report(inspector, from, to, go_on)?))
        }
        Question::WhatIf(id, rules, changes) => {
            let Some(rules) = named(rules) else { return Err(no_rules(rules, rules)) };
            let (facts, query) = inspector.reached(id)?;
            let outcome = Outcome::of(&facts, &query, rules, changes).map_err(unfit)?;
            let root = outcome.as_ref().and_then(|outcome| outcome.before.root.clone()).unwrap_or(query);
            Answer::WhatIf(outcome.map(Box::new), inspector.name_or_id(&root)?)
        }
        Question::Across(id, names) => {
            let rules: Vec<RuleSet> = names.iter().filter_map(|name| named(name)).collect();
            Answer::Across(inspector.across(id, &rules)?.map(Box::new))
        }
        Question::Abilities => Answer::Abilities(match inspector.source().abilities()? {
            Some(abilities) => Some(Box::new(able::tried(inspector, abilities, go_on)?)),
            None => None,
        }),
        Question::Row(row) => Answer::Row(inspector.properties(&[*row])?.into_iter().next().unwrap_or_default()),
    })
}

fn no_rules(from: &str, to: &str) -> Error {
    Error::new(ErrorKind::Bug, format!("{from} or {to} names no rule set"))
}

fn unfit(why: Unfit) -> Error {
    let what = match why {
        Unfit::NoRow => "the row of a change is not sent any more",
        Unfit::NoAlias => "only an alias call with two ids can be an identify instead",
    };
    Error::new(ErrorKind::Usage, what)
}

fn evidence(inspector: &Inspector, journey: &Journey, kind: &Kind) -> Result<Answer, Error> {
    let Some(finding) = journey.findings.iter().find(|finding| finding.kind == kind) else {
        return Ok(Answer::Evidence(None, Vec::new(), Amounts::default()));
    };
    let steps = || journey.steps.iter().chain(journey.orphans.iter().flat_map(|orphan| &orphan.steps));
    let at = |source: &Source| steps().find(|step: &&Step| step.event.source == *source);
    let proofs = finding.sources.iter().map(|source| match at(source) {
        Some(step) => Proof::of(&step.event),
        // A call of another user, or a line of a table of aliases.
        None => Proof { row: None, time: None, event: Arc::from(""), id: None, source: source.clone() },
    });
    let amounts = check::amounts_of(inspector, journey, finding)?;
    Ok(Answer::Evidence(Some(Box::new(finding.clone())), proofs.collect(), amounts))
}
