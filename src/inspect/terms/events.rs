//! Event names with a text in them, each with how many people have such rows.

use std::collections::{HashMap, HashSet};

use super::roots::Roots;
use crate::inspect::query::text::{contains, same};
use crate::inspect::{Error, Scan};
use crate::model::Client;
use crate::model::hit::EventHit;

/// Names that are counted.
const MOST: usize = 5;

/// Event names that have `text` in them, with their numbers.
///
/// A name that reads as a program that sends rows (`web · Linux · Chrome`), and is one, is left out: every row would be
/// looked at for an event that no one calls so.
fn named(scan: &dyn Scan, text: &str) -> Result<Vec<(i64, String)>, Error> {
    let mut names = scan.names()?;
    names.retain(|(_, name)| !text.is_empty() && contains(name, text));
    let mut of_events = Vec::with_capacity(names.len());
    for (number, name) in names {
        let reads_as_client = Client::from_text(&name).parts().next().is_some();
        if !(reads_as_client && scan.is_client(number)?) {
            of_events.push((number, name));
        }
    }
    Ok(of_events)
}

/// The event names that have `text` in them, not counted yet; none where there are more than are listed, because only
/// their people say which ones are, and none that a program has, which may have no rows.
pub(in crate::inspect) fn names_with(scan: &dyn Scan, text: &str) -> Result<Vec<EventHit>, Error> {
    let names = named(scan, text)?;
    if names.len() > MOST {
        return Ok(Vec::new());
    }
    let mut hits = Vec::with_capacity(names.len());
    for (number, event) in names {
        if !scan.is_client(number)? {
            hits.push(EventHit { event, people: 0, rows: 0 });
        }
    }
    hits.sort_by_key(|hit| (!same(&hit.event, text), hit.event.clone()));
    Ok(hits)
}

/// Up to [`MOST`] event names that have `text` in them, the one with the most people first.
///
/// Costs a look at the event of every row, where there is such a name.
pub(in crate::inspect) fn events_with(scan: &dyn Scan, text: &str) -> Result<Vec<EventHit>, Error> {
    let names = named(scan, text)?;
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<i64> = names.iter().map(|(number, _)| *number).collect();
    let found = scan.rows_of_events(&numbers)?;
    let mut rows: HashMap<i64, u64> = HashMap::new();
    for ((event, _), n) in &found {
        *rows.entry(*event).or_default() += n;
    }
    // Names of programs have numbers too, and no rows.
    let ids = found.keys().filter(|(_, id)| *id != 0);
    let mut roots = Roots::default();
    roots.learn(scan, ids.clone().map(|(_, id)| *id))?;
    let mut people: HashMap<i64, HashSet<i64>> = HashMap::new();
    for (event, id) in ids {
        people.entry(*event).or_default().insert(roots.of(*id));
    }
    let mut hits: Vec<EventHit> = names
        .into_iter()
        .filter_map(|(number, event)| {
            let people = people.get(&number).map_or(0, |people| people.len() as u64);
            Some(EventHit { people, rows: *rows.get(&number)?, event })
        })
        .collect();
    hits.sort_by_key(|hit| (!same(&hit.event, text), std::cmp::Reverse(hit.people), hit.event.clone()));
    hits.truncate(MOST);
    Ok(hits)
}
