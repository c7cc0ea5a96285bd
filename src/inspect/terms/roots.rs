//! The roots of many ids, by numbers.

use std::collections::{BTreeSet, HashMap};

use crate::identity::{Facts, World};
use crate::inspect::gather::gather_roots;
use crate::inspect::{Error, ErrorKind, Scan, Source};
use crate::model::Id;
use crate::model::text::count;

/// Ids from which on reading all alias calls costs less than asking for each.
const MANY: usize = 2_000;

/// Alias calls that are read at once.
const MOST_CALLS: usize = 4_000_000;

/// Roots that were asked for.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// Of ids that an alias call names, when all are known; all others are their own.
    all: Option<HashMap<i64, i64>>,
    known: HashMap<i64, i64>,
}

impl Roots {
    /// The number of the root of an id that was asked for.
    pub(super) fn of(&self, number: i64) -> i64 {
        self.all.as_ref().unwrap_or(&self.known).get(&number).copied().unwrap_or(number)
    }

    /// Learns the roots of some ids.
    pub(super) fn learn(&mut self, reader: &dyn Scan, numbers: impl IntoIterator<Item = i64>) -> Result<(), Error> {
        if self.all.is_some() {
            return Ok(());
        }
        let unknown: BTreeSet<i64> = numbers.into_iter().filter(|number| !self.known.contains_key(number)).collect();
        if unknown.len() > MANY && self.learn_all(reader)? {
            return Ok(());
        }
        let unknown: Vec<i64> = unknown.into_iter().collect();
        let source: &dyn Source = reader;
        source.one_moment(|| self.learn_each(reader, &unknown))
    }

    fn learn_each(&mut self, reader: &dyn Scan, unknown: &[i64]) -> Result<(), Error> {
        for numbers in unknown.chunks(MANY) {
            let ids: Vec<Id> = numbers.iter().map(|number| reader.id_of(*number)).collect::<Result<_, _>>()?;
            let facts = gather_roots(reader, &ids)?;
            let world = World::new(&facts);
            let (mut of_others, mut roots) = (Vec::new(), Vec::new());
            for (number, id) in numbers.iter().zip(&ids) {
                let root = world.root_of(id);
                self.known.insert(*number, *number);
                if root != id {
                    of_others.push(*number);
                    roots.push(root.clone());
                }
            }
            let roots = reader.numbers(&roots)?;
            self.known.extend(of_others.into_iter().zip(roots).filter_map(|(number, root)| Some((number, root?))));
        }
        Ok(())
    }

    /// Learns the roots of all ids.
    ///
    /// # Errors
    /// As of the source; there are too many alias calls to read them at once. To go on would make of each id a
    /// user of its own.
    pub(super) fn need_all(&mut self, reader: &dyn Scan) -> Result<(), Error> {
        let is_known = self.learn_all(reader)?;
        known(is_known)
    }

    /// Learns the roots of all ids; whether there are few enough calls for it.
    fn learn_all(&mut self, reader: &dyn Scan) -> Result<bool, Error> {
        if self.all.is_some() {
            return Ok(true);
        }
        // Outside of one moment each question locks the store anew.
        let source: &dyn Source = reader;
        let Some(all) = source.one_moment(|| all_of(reader))? else { return Ok(false) };
        self.all = Some(all);
        Ok(true)
    }
}

fn known(is_known: bool) -> Result<(), Error> {
    if is_known {
        return Ok(());
    }
    let what = format!(
        "more than {} alias calls are too many to join the ids of every user at once",
        count(MOST_CALLS as u64)
    );
    Err(Error::new(ErrorKind::Usage, what)
        .hint("Ask with a term that fewer users have, or for one of these users by id or e-mail address."))
}

/// The root of each id that an alias call names and that is not its own; `None` where there are too many calls.
fn all_of(reader: &dyn Scan) -> Result<Option<HashMap<i64, i64>>, Error> {
    let calls = reader.all_calls(MOST_CALLS + 1)?;
    if calls.len() > MOST_CALLS {
        return Ok(None);
    }
    let facts = Facts { calls, ..Facts::default() };
    let world = World::new(&facts);
    let aliases = facts.calls.iter().filter_map(|call| call.alias.as_ref());
    let joined = aliases.map(|id| (id, world.root_of(id))).filter(|(id, root)| id != root);
    let (ids, roots): (Vec<Id>, Vec<Id>) = joined.map(|(id, root)| (id.clone(), root.clone())).unzip();
    let pairs = reader.numbers(&ids)?.into_iter().zip(reader.numbers(&roots)?);
    Ok(Some(pairs.filter_map(|(id, root)| id.zip(root)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_alias_calls_than_are_read_end_a_search_that_needs_them_all() {
        assert_eq!(known(true), Ok(()));
        let error = known(false).unwrap_err();
        assert_eq!(error.what, "more than 4,000,000 alias calls are too many to join the ids of every user at once");
        assert_eq!(error.hints.len(), 1);
    }
}
