//! Under which rule set journeys are shown.
//!
//! Without a choice each user is judged by the rules of the vendor of the rows. A key goes through all rule
//! sets and comes back to that; a page of rule sets opens a journey under the one of its column.

use crate::identity::{RULE_SETS, named};
use crate::tui::worker::Request;

use super::{Effect, Model};

/// The rule set that was chosen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chosen {
    /// Its name; `None` for the rules of the vendor of the rows.
    name: Option<&'static str>,
    /// What judged the journey on the screen before anything was chosen.
    usual: Option<&'static str>,
}

impl Chosen {
    pub(super) fn of(name: Option<&'static str>) -> Self {
        Self { name, usual: None }
    }

    /// The name, where one was chosen.
    pub(super) fn name(self) -> Option<&'static str> {
        self.name
    }
}

/// The open journey under the next rule set.
pub(super) fn next(model: &mut Model) -> Vec<Effect> {
    let Some(shown) = model.journey.as_ref().map(|state| state.journey().rules.name()) else { return Vec::new() };
    let at = RULE_SETS.iter().position(|rules| rules.name() == shown).map_or(0, |at| at + 1);
    let Some(next) = RULE_SETS.get(at % RULE_SETS.len()) else { return Vec::new() };
    let mut effects = choose(model, next.name());
    effects.extend(model.reload());
    effects
}

/// Judges by the rule set with this name from now on; nothing on the screen is asked again yet.
pub(super) fn choose(model: &mut Model, name: &'static str) -> Vec<Effect> {
    let shown = model.journey.as_ref().map(|state| state.journey().rules.name());
    let Chosen { name: before, usual } = model.rules;
    let usual = if before.is_none() { shown } else { usual };
    // What is usual is no choice: another user has other rules of its own.
    let chosen = Some(name).filter(|name| Some(*name) != usual);
    model.rules = Chosen { name: chosen, usual };
    if chosen == before && shown == Some(name) {
        return Vec::new();
    }
    let title = named(name).map_or("", |rules| rules.title());
    let what = if chosen.is_none() { ", as without a choice" } else { "" };
    model.notice = Some(format!("rules: {name}{what} ({title})"));
    model.search.outdate();
    model.pages.outdate();
    let ticket = model.ticket();
    vec![Effect::Ask(ticket, Request::Rules(chosen))]
}
