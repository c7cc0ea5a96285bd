//! Tries what a source says it can answer, to say what it takes.

use std::time::{Duration, Instant};

use crate::inspect::able::{Abilities, Asked, Can, Cost};
use crate::inspect::filter::quoted;
use crate::inspect::terms::Terms;
use crate::inspect::{Error, Inspector};
use crate::model::Id;

/// Hits of a search that is tried.
const HITS: usize = 50;
/// Ids that are searched for.
const SEARCHED: usize = 5;
/// How long one thing is tried again and again; it is tried once in any case.
const LONGEST: Duration = Duration::from_secs(2);
/// Characters of a part of an id.
const PART: usize = 6;

/// Tries what can be tried with the ids of `abilities`. `go_on` gets how many of how many things are done; `false` ends
/// it with what is known by then.
///
/// # Errors
/// No one waits for the answer any more.
pub(super) fn tried(
    inspector: &Inspector,
    mut abilities: Abilities,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Abilities, Error> {
    let ids = std::mem::take(&mut abilities.ids);
    let some = ids.get(..ids.len().min(SEARCHED)).unwrap_or_default();
    let mut row = None;
    let mut journey = |id: &Id| {
        let found = inspector.journey(id)?;
        if row.is_none() {
            row =
                found.and_then(|journey| journey.steps.first().map(|step| (step.event.row, step.event.event.clone())));
        }
        Ok(())
    };
    if !go_on(0, 4) {
        return Ok(abilities);
    }
    each(&mut abilities, Asked::Journey, &ids, &mut journey)?;
    if !go_on(1, 4) {
        return Ok(abilities);
    }
    each(&mut abilities, Asked::Id, some, &mut |id| inspector.search(id.as_str(), HITS).map(drop))?;
    if !go_on(2, 4) {
        return Ok(abilities);
    }
    each(&mut abilities, Asked::Part, some, &mut |id| inspector.search(&part(id), HITS).map(drop))?;
    if let Some((row, event)) = row.filter(|_| go_on(3, 4)) {
        each(&mut abilities, Asked::Details, some, &mut |_| inspector.properties(&[row]).map(drop))?;
        // Once: a term can look through everything.
        let once = some.get(..some.len().min(1)).unwrap_or_default();
        let text = format!("event={}", quoted(&event));
        let answers = abilities.of(Asked::Terms).is_some_and(|terms| terms.can != Can::No);
        if answers && let Ok(Some(terms)) = Terms::read(&text) {
            each(&mut abilities, Asked::Terms, once, &mut |_| {
                inspector.search_terms(&terms, HITS, &mut |_| {}).map(drop)
            })?;
        }
    }
    let start = Instant::now();
    inspector.source().version()?;
    let trip = start.elapsed();
    abilities.list.iter_mut().for_each(|ability| ability.take_trip(trip));
    Ok(abilities)
}

/// Tries one thing with some ids, until that has taken long.
fn each(
    abilities: &mut Abilities,
    asked: Asked,
    ids: &[Id],
    ask: &mut dyn FnMut(&Id) -> Result<(), Error>,
) -> Result<(), Error> {
    let Some(ability) = abilities.of(asked) else { return Ok(()) };
    let began = Instant::now();
    let mut times = Vec::new();
    for id in ids {
        let start = Instant::now();
        match ask(id) {
            Ok(()) => times.push(start.elapsed()),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => {
                ability.fail(&error);
                return Ok(());
            }
        }
        if began.elapsed() >= LONGEST {
            break;
        }
    }
    ability.take(Cost::of(times));
    Ok(())
}

/// A part from the middle of an id.
fn part(id: &Id) -> String {
    let characters: Vec<char> = id.bare().chars().collect();
    let left = characters.len().saturating_sub(PART) / 2;
    characters.into_iter().skip(left).take(PART).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_from_the_middle() {
        assert_eq!(part(&Id::new("sally@gmail.com")), "y@gmai");
        assert_eq!(part(&Id::new("$device:abc")), "abc");
    }
}
