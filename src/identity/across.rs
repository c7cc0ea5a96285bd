//! One history under several rule sets, side by side.
//!
//! The facts are the same, so the rows are: what differs is whose they are. A row *differs* when it
//! is the user's under one rule set and not under another. The user of a rule set is the one that the
//! id asked for leads to; where that id has no row under it, the user that the first rule set's other
//! ids lead to, known ids first.
//!
//! Rows are all those that are the user's under at least one of the rule sets, and calls that name an
//! id of theirs.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::facts::{Cut, Facts};
use super::journey::AliasLine;
use super::journey::ruled::{Held, Ruled};
use super::prepared::Prepared;
use super::rules::RuleSet;
use crate::model::{Id, Shape};

/// Rule sets that are set side by side where none are named.
pub const USUAL: &[&str] = &["legacy", "original", "simplified", "posthog"];

/// One history under several rule sets.
#[derive(Clone, Debug)]
pub struct Across {
    /// What was asked for.
    pub query: Id,
    /// What each rule set makes of it, in the order asked. Their rows are the same, in one order.
    pub sides: Vec<Ruled>,
    /// Places of the rows that differ.
    pub differ: Vec<usize>,
    /// Limits met while gathering.
    pub cuts: Vec<Cut>,
    /// The best name of the user; code that gathers the facts adds it.
    pub name: Option<String>,
}

impl Across {
    /// Sets `rules` side by side over the same facts, which must hold whatever calls, links and devices
    /// reach; `None` when under none of them a row belongs to the query.
    pub fn of(facts: &Facts, query: &Id, rules: &[RuleSet]) -> Option<Self> {
        let prepared = Prepared::new(facts);
        let mut sides: Vec<Ruled> = rules.iter().map(|rules| rules.ruled_in(&prepared, query)).collect();
        let others = others(&sides);
        for (side, rules) in sides.iter_mut().zip(rules) {
            let has_rows = |side: &Ruled| side.rows.iter().any(|held| side.is_own(held));
            if has_rows(side) {
                continue;
            }
            let found = others.iter().map(|id| rules.ruled_in(&prepared, id)).find(has_rows);
            match found {
                Some(found) => *side = found,
                None => side.root = None,
            }
        }
        let rows = sides.iter().map(|side| side.rows.len()).min()?;
        let names: BTreeSet<&Id> = sides.iter().flat_map(|side| &side.ids).collect();
        let is_shown = |at: usize| {
            let own = sides.iter().any(|side| side.rows.get(at).is_some_and(|held| side.is_own(held)));
            let is_call = |held: &Held| held.event.verb.is_about_ids();
            let named =
                |held: &Held| [&held.event.id, &held.event.other].into_iter().flatten().any(|id| names.contains(id));
            own || sides.first().and_then(|side| side.rows.get(at)).is_some_and(|held| is_call(held) && named(held))
        };
        let shown: Vec<bool> = (0..rows).map(is_shown).collect();
        let number = shown.iter().filter(|shown| **shown).count();
        if number == 0 {
            return None;
        }
        for side in &mut sides {
            let mut shown = shown.iter();
            side.rows.retain(|_| shown.next() == Some(&true));
        }
        let differ = (0..number).filter(|at| differs(&sides, *at)).collect();
        Some(Self { query: query.clone(), sides, differ, cuts: facts.cuts.clone(), name: None })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.sides.first().map_or(0, |side| side.rows.len())
    }

    /// Rows of the user under the rule set at this place.
    pub fn own_rows(&self, side: &Ruled) -> usize {
        side.rows.iter().filter(|held| side.is_own(held)).count()
    }

    /// Whether a call names an id that the user has under one of the rule sets.
    pub fn names_own(&self, side: &Ruled, line: &AliasLine) -> bool {
        let ids = || [&line.alias, &line.target].into_iter().flatten();
        side.ids.iter().chain(self.sides.iter().flat_map(|side| &side.ids)).any(|own| ids().any(|id| id == own))
    }

    /// Owners of rows under one rule set: people, as far as the rows shown go.
    pub fn people(&self, side: &Ruled) -> usize {
        side.rows.iter().filter_map(|held| held.owner.as_ref()).collect::<FxHashSet<&Id>>().len()
    }
}

/// Other ids that the user of the first rule set has, known ones first.
fn others(sides: &[Ruled]) -> Vec<Id> {
    let Some(first) = sides.iter().find(|side| side.root.is_some()) else { return Vec::new() };
    let mut ids: Vec<&Id> = first.ids.iter().collect();
    ids.sort_by_key(|id| match id.shape() {
        Shape::Email => 0,
        Shape::Other => 1,
        Shape::Guid => 2,
        Shape::WebAnonymous | Shape::Device => 3,
    });
    ids.into_iter().cloned().collect()
}

/// Whether a row is the user's under one rule set and not under another.
fn differs(sides: &[Ruled], at: usize) -> bool {
    let mut own = sides.iter().filter_map(|side| side.rows.get(at).map(|held| side.is_own(held)));
    own.next().is_some_and(|first| own.any(|other| other != first))
}
