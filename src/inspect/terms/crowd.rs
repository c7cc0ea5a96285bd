//! Sets of people.

use std::collections::{HashMap, HashSet};

use crate::model::Millis;
use crate::model::hit::{IdHit, Match};

/// People by the numbers of their roots.
#[derive(Clone, Debug, Default)]
pub(super) struct Crowd {
    roots: HashSet<i64>,
    /// Everyone but those.
    is_rest: bool,
    /// Ids that they were found by, by their numbers.
    pub(super) found: HashMap<i64, Candidate>,
}

/// What is known of an id that was found.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Number of the root of its person; 0 until it is asked for.
    pub(super) root: i64,
    pub(super) found: Match,
    /// Of people found by a value: 0 when it is the text, 1 when it begins with it, else 2.
    pub(super) rank: u8,
    pub(super) via: Option<(String, String)>,
    /// Its rows that are looked for.
    pub(super) rows: u64,
    /// Time and number of the last of them.
    pub(super) last: Option<(Millis, i64)>,
    /// Number of the event name of the last of them.
    pub(super) event: Option<i64>,
}

impl Candidate {
    pub(super) fn new(found: Match) -> Self {
        Self { root: 0, found, rank: 0, via: None, rows: 0, last: None, event: None }
    }

    pub(super) fn of(hit: IdHit) -> Self {
        Self { via: hit.via, ..Self::new(hit.found) }
    }

    /// What the better of two ways to be found is better by.
    fn rank(&self) -> (Match, u8) {
        (self.found, self.rank)
    }
}

impl Crowd {
    /// People that some ids were found by; their roots are known.
    pub(super) fn of(found: HashMap<i64, Candidate>) -> Self {
        let roots = found.values().map(|candidate| candidate.root).collect();
        Self { roots, is_rest: false, found }
    }

    /// Everyone else.
    pub(super) fn rest(self) -> Self {
        Self { is_rest: !self.is_rest, found: HashMap::new(), ..self }
    }

    /// Whether it has the person with this root.
    pub(super) fn has(&self, root: i64) -> bool {
        self.roots.contains(&root) != self.is_rest
    }

    /// Whether everyone in it is known by an id that they were found by.
    pub(super) fn is_all_found(&self) -> bool {
        let found: HashSet<i64> = self.found.values().map(|candidate| candidate.root).collect();
        !self.is_rest && self.roots.is_subset(&found)
    }

    /// The roots, where they are known one by one.
    pub(super) fn roots(&self) -> Option<&HashSet<i64>> {
        (!self.is_rest).then_some(&self.roots)
    }

    /// Those who are in both.
    pub(super) fn and(self, other: Self) -> Self {
        let (roots, is_rest) = match (self.is_rest, other.is_rest) {
            (true, true) => (union(self.roots, other.roots), true),
            (true, false) => (without(other.roots, &self.roots), false),
            (false, true) => (without(self.roots, &other.roots), false),
            (false, false) => (self.roots.into_iter().filter(|root| other.roots.contains(root)).collect(), false),
        };
        let is_in = |candidate: &Candidate| roots.contains(&candidate.root) != is_rest;
        // What was asked for first says best why a user is found.
        let mut found: HashMap<i64, Candidate> = self.found.into_iter().filter(|(_, of)| is_in(of)).collect();
        if found.is_empty() {
            found = other.found.into_iter().filter(|(_, of)| is_in(of)).collect();
        }
        Self { roots, is_rest, found }
    }

    /// Those who are in one of them at least.
    pub(super) fn or(self, other: Self) -> Self {
        let (roots, is_rest) = match (self.is_rest, other.is_rest) {
            (true, true) => (self.roots.into_iter().filter(|root| other.roots.contains(root)).collect(), true),
            (true, false) => (without(self.roots, &other.roots), true),
            (false, true) => (without(other.roots, &self.roots), true),
            (false, false) => (union(self.roots, other.roots), false),
        };
        let mut found = self.found;
        for (number, new) in other.found {
            let known = found.entry(number).or_insert_with(|| new.clone());
            if new.rank() < known.rank() {
                *known = new;
            }
        }
        Self { roots, is_rest, found }
    }
}

fn union(mut a: HashSet<i64>, b: HashSet<i64>) -> HashSet<i64> {
    a.extend(b);
    a
}

fn without(mut a: HashSet<i64>, b: &HashSet<i64>) -> HashSet<i64> {
    a.retain(|root| !b.contains(root));
    a
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Roots from 1 to 6; some have all but a few, and some of these are known by an id.
    fn crowd() -> impl Strategy<Value = Crowd> {
        (one_by_one(), one_by_one()).prop_map(|(a, b)| a.or(b))
    }

    fn one_by_one() -> impl Strategy<Value = Crowd> {
        (proptest::collection::hash_set(1_i64..7, 0..6), any::<bool>()).prop_map(|(roots, is_rest)| {
            let found = roots.iter().map(|root| (*root, Candidate { root: *root, ..Candidate::new(Match::Exact) }));
            let crowd = Crowd::of(found.collect());
            if is_rest { crowd.rest() } else { crowd }
        })
    }

    proptest! {
        #[test]
        fn sets_have_whom_they_should(a in crowd(), b in crowd()) {
            let (and, or, rest) = (a.clone().and(b.clone()), a.clone().or(b.clone()), a.clone().rest());
            for root in 1..9 {
                prop_assert_eq!(and.has(root), a.has(root) && b.has(root));
                prop_assert_eq!(or.has(root), a.has(root) || b.has(root));
                prop_assert_eq!(rest.has(root), !a.has(root));
            }
            for crowd in [and, or, rest] {
                prop_assert!(crowd.found.values().all(|candidate| crowd.has(candidate.root)));
            }
        }
    }
}
