//! The filter of a journey: which of its rows a [query](super::query) keeps.
//!
//! A row is decided by what the journey holds of it, if that is enough; only a condition on a
//! property needs the row's properties ([`Filter::decide`] says so with `None`).

pub(super) mod bind;
pub(super) mod decide;

use std::sync::Arc;

pub use self::decide::{Index, Subject};
pub use super::query::{Error, Moment, Wall, quoted, quoted_name, scalars, value};

use self::decide::{Expr, Properties};
use super::query::text::{contains, same};
use super::query::{Place, Query};
use crate::identity::Journey;
use crate::model::clue::Clue;
use crate::model::near::nearest;
use crate::model::{Id, Millis};

/// What names in a filter can mean: taken from the journey that it is for.
#[derive(Clone)]
pub struct Names {
    lanes: Vec<Vec<Id>>,
    events: Vec<Arc<str>>,
    first: Millis,
    last: Millis,
    wall: Wall,
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").field("lanes", &self.lanes.len()).finish_non_exhaustive()
    }
}

impl Names {
    /// The names of a journey; times are read as `wall` shows them. Looks at every row.
    pub fn of(journey: &Journey, wall: Wall) -> Self {
        let mut lanes: Vec<Vec<Id>> = journey.ids.iter().map(|member| vec![member.id.clone()]).collect();
        lanes.extend(journey.orphans.iter().map(|orphan| {
            let mut ids = orphan.ids.clone();
            ids.push(orphan.id.clone());
            ids
        }));
        let steps = || journey.steps.iter().chain(journey.orphans.iter().flat_map(|orphan| &orphan.steps));
        let mut events: Vec<Arc<str>> = steps().map(|step| step.event.event.clone()).collect();
        events.sort_unstable();
        events.dedup();
        let times = || {
            let calls = journey.aliases.iter().map(|line| line.time);
            steps().map(|step| step.event.time).chain(calls)
        };
        Self { lanes, events, first: times().min().unwrap_or(0), last: times().max().unwrap_or(0), wall }
    }

    /// The event names of the journey, sorted.
    pub fn events(&self) -> &[Arc<str>] {
        &self.events
    }
}

/// A filter that was read.
#[derive(Clone)]
pub struct Filter {
    text: String,
    expr: Expr,
    wall: Wall,
    /// Event names that no row has, with the nearest that some row has.
    unknown: Vec<(String, Option<String>)>,
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Filter {
    /// Reads a filter; `None` when nothing is written.
    ///
    /// # Errors
    /// Something in it means nothing; the error says where.
    pub fn read(text: &str, names: &Names) -> Result<Option<Self>, Error> {
        let Some(query) = Query::read(text, Place::Journey)? else { return Ok(None) };
        let expr = bind::bind(&query, names)?;
        let mut unknown = Vec::new();
        expr.events(&mut |sought, whole| {
            let found =
                names.events.iter().any(|event| if whole { same(event, sought) } else { contains(event, sought) });
            if !found {
                let meant = nearest(sought, names.events.iter().map(|event| &**event)).map(str::to_owned);
                unknown.push((sought.to_owned(), meant));
            }
        });
        Ok(Some(Self { text: text.trim().to_owned(), expr, wall: names.wall.clone(), unknown }))
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether some rows can only be decided by their properties.
    pub fn needs_properties(&self) -> bool {
        self.expr.needs_properties()
    }

    /// What holds of the properties of every row that it keeps and cannot decide without them.
    pub fn clue(&self) -> Clue {
        self.expr.clue()
    }

    /// What could have been meant by a name that no row has, as a sentence.
    pub fn hint(&self) -> Option<String> {
        let (sought, meant) = self.unknown.first()?;
        let meant = meant.as_ref().map(|meant| format!("; did you mean {meant:?}?")).unwrap_or_default();
        Some(format!("no event here is called {sought:?}{meant}"))
    }

    /// Whether it keeps a row.
    ///
    /// `properties` is the row's JSON text; without it, `None` says that it is needed. A row
    /// of the journey that no row of the store is behind (a reset) has no properties at all.
    pub fn decide(&self, row: &Subject<'_>, properties: Option<&str>) -> Option<bool> {
        // A look at the text spares most rows the reading of their JSON.
        let at_hand = properties.map_or(Properties::Unknown, Properties::Text);
        if let Some(decided) = self.expr.decide(row, &self.wall, at_hand) {
            return Some(decided);
        }
        let parsed = match properties {
            Some(text) => serde_json::from_str(text).unwrap_or(serde_json::Value::Null),
            None if row.row.is_none() => serde_json::Value::Null,
            None => return None,
        };
        self.expr.decide(row, &self.wall, Properties::Read(&parsed))
    }
}

#[cfg(test)]
mod tests;
