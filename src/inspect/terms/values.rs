//! Values of properties with a text in them, each with how many people and rows have it.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Terms;
use super::roots::Roots;
use crate::inspect::query::property::{self, Test};
use crate::inspect::query::text::same;
use crate::inspect::{Error, Scan};
use crate::model::hit::ValueHit;
use crate::model::scan::{RowNote, Seek};
use crate::model::{Id, clue};

/// Values that are answered.
const MOST: usize = 5;

/// Values that are counted; others of a store with more are left out, so that the counts stay exact.
const MOST_COUNTED: usize = 20_000;

/// Rows from which on a value is common: then the rest is not looked through, and the counts say that there are more.
const ENOUGH: usize = 20_000;

/// Rows whose properties are read, about, of the blocks that the index of values leaves.
const MOST_READ: usize = 65_536;

/// The same of a text that a machine made, of which the index knows nothing: every row would be read for a part of
/// an id.
const MOST_READ_OF_ALL: usize = 8_192;

/// A property and its value.
type Key = (String, String);

/// Rows with a value, and the numbers of the ids that they were sent under.
#[derive(Default)]
struct Had {
    rows: u64,
    ids: HashSet<i64>,
}

/// Up to [`MOST`] values that have `text` in them, the one of the most people first; none for a text that is too short
/// to look for. A value that is an id is left out, because it is found as one.
///
/// Costs a look at each row whose properties can have the text, by the index of values, up to [`MOST_READ`] of
/// them, or [`MOST_READ_OF_ALL`]: the counts of an answer that ends there are of the rows that were added last,
/// and say that there may be more.
pub(in crate::inspect) fn values_with(scan: &dyn Scan, text: &str) -> Result<Vec<ValueHit>, Error> {
    if Terms::of_value(text).is_none() {
        return Ok(Vec::new());
    }
    let test = Test::Contains(text.to_owned());
    let of_index = property::clue("*", &test);
    let had: Mutex<HashMap<Key, Had>> = Mutex::default();
    let all = scan.rows()?;
    let mut folded = Vec::new();
    clue::fold(text, &mut folded);
    let most_read = if clue::is_machine_made(&folded) { MOST_READ_OF_ALL } else { MOST_READ };
    let read = AtomicUsize::new(0);
    let of_row = |row: &RowNote, json: &str| {
        read.fetch_add(1, Ordering::Relaxed);
        if property::cannot_pass(json, "*", &test) {
            return false;
        }
        let found = property::all_passing(json, &test);
        let mut had = had.lock().unwrap_or_else(PoisonError::into_inner);
        let mut any = false;
        for key in found {
            if had.len() >= MOST_COUNTED && !had.contains_key(&key) {
                continue;
            }
            any = true;
            let of_value = had.entry(key).or_default();
            of_value.rows += 1;
            of_value.ids.extend((row.id != 0).then_some(row.id));
        }
        any
    };
    let mut found = 0;
    let mut is_cut = false;
    scan.seek(&Seek { properties: Some(&of_row), clue: Some(&of_index), ..Seek::default() }, &mut |notes, looked| {
        found += notes.len();
        is_cut = looked < all && (found > ENOUGH || read.load(Ordering::Relaxed) > most_read);
        if is_cut { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let mut had: Vec<(Key, Had)> = had.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect();
    // The number of ids says about the number of people: of most values it is one for each.
    had.sort_by_cached_key(|(key, had)| (!same(&key.1, text), Reverse((had.ids.len(), had.rows)), key.clone()));
    let mut roots = Roots::default();
    let mut hits = Vec::new();
    for ((name, value), had) in had {
        if hits.len() >= MOST {
            break;
        }
        if scan.number(&Id::new(&value))?.is_some() {
            continue;
        }
        roots.learn(scan, had.ids.iter().copied())?;
        let people: HashSet<i64> = had.ids.iter().map(|id| roots.of(*id)).collect();
        let people = people.len() as u64;
        hits.push(ValueHit { property: name, value, people, rows: had.rows, at_least: is_cut });
    }
    hits.sort_by_key(|hit| (!same(&hit.value, text), Reverse((hit.people, hit.rows))));
    Ok(hits)
}
