//! What becomes of the people of a whole store when another rule set takes over.
//!
//! Each person of the old rules has one *counterpart* under the new ones: the person who is called there by
//! an id that names the person, else the one with most of the rows. Of several people with one
//! counterpart the one that it is called by stays, else the one with most rows; the others are
//! merged into it. A row *changes owner* when its person's counterpart does not have it, or is
//! another person's first. Calls about ids are no rows of anyone here.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::merging::system::Node;
use super::rules::RuleSet;
use crate::model::Id;

/// Rows by their owner under the old rules and their owner under the new ones.
pub type Shares = FxHashMap<(Node, Node), u64>;

/// What is known of owners.
pub trait Owners {
    /// Whom the id that a new owner is called by belongs to under the old rules.
    fn before(&self, new: Node) -> Node;
    /// Whether the id that a new owner is called by names a person.
    fn names_person(&self, new: Node) -> bool;
}

/// What becomes of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// All rows, and no others, belong to one person.
    Same,
    /// The rows belong to so many.
    Split(usize),
    /// All rows belong to one who has rows of others too; the other with most of them.
    Merged(Node),
}

/// A person whose rows change owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Who it was.
    pub person: Node,
    /// Who has the counterpart's name.
    pub counterpart: Node,
    /// Rows that change owner.
    pub rows: u64,
    /// What becomes of the person.
    pub fate: Fate,
}

/// The sums.
#[derive(Clone, Debug, Default)]
pub struct Weighed {
    /// People under the old rules, and under the new ones.
    pub people: (u64, u64),
    /// People of the old rules who stay as they are.
    pub same: u64,
    /// Who are divided.
    pub split: u64,
    /// Who are put together with others.
    pub merged: u64,
    /// All rows.
    pub rows: u64,
    /// Rows that change owner.
    pub rows_changed: u64,
    /// People with rows that change owner, the one with the most first.
    pub changed: Vec<Changed>,
}

/// Counts what becomes of everyone.
pub fn weigh(shares: &Shares, owners: &dyn Owners) -> Weighed {
    let of_person = Parts::of(shares.iter().map(|((person, new), rows)| (*person, *new, *rows)));
    let of_new = Parts::of(shares.iter().map(|((person, new), rows)| (*new, *person, *rows)));
    let counterpart = |person: Node, parts: &[Part]| {
        let named = |part: &&Part| owners.names_person(part.with) && owners.before(part.with) == person;
        parts.iter().find(named).or_else(|| parts.first()).map_or(person, |part| part.with)
    };
    let counterparts: FxHashMap<Node, Node> =
        of_person.each().map(|(person, parts)| (person, counterpart(person, parts))).collect();
    // Who stays, of all who have one counterpart.
    let mut stays: FxHashMap<Node, Node> = FxHashMap::default();
    for (new, parts) in of_new.each() {
        let has = |person: &Node| counterparts.get(person) == Some(&new);
        let named = owners.before(new);
        let by_name = parts.iter().map(|part| part.with).find(|person| *person == named && has(person));
        let keeper = by_name.or_else(|| parts.iter().map(|part| part.with).find(has));
        stays.extend(keeper.map(|keeper| (new, keeper)));
    }
    let people = (of_person.each().count() as u64, of_new.each().count() as u64);
    let mut weighed = Weighed { people, ..Weighed::default() };
    for (person, parts) in of_person.each() {
        let Some(counterpart) = counterparts.get(&person).copied() else { continue };
        let keeps = stays.get(&counterpart) == Some(&person);
        let rows: u64 = parts.iter().map(|part| part.rows).sum();
        let kept = parts.iter().find(|part| part.with == counterpart && keeps).map_or(0, |part| part.rows);
        weighed.rows += rows;
        let fate = match parts {
            [Part { with: new, .. }] => {
                let mut others = of_new.get(*new).iter().map(|part| part.with).filter(|other| *other != person);
                let keeper = stays.get(new).copied().filter(|keeper| *keeper != person);
                match keeper.or_else(|| others.next()) {
                    Some(other) => Fate::Merged(other),
                    None => Fate::Same,
                }
            }
            parts => Fate::Split(parts.len()),
        };
        match fate {
            Fate::Same => weighed.same += 1,
            Fate::Split(_) => weighed.split += 1,
            Fate::Merged(_) => weighed.merged += 1,
        }
        if rows > kept {
            weighed.rows_changed += rows - kept;
            weighed.changed.push(Changed { person, counterpart, rows: rows - kept, fate });
        }
    }
    weighed.changed.sort_unstable_by(|a, b| b.rows.cmp(&a.rows).then(a.person.cmp(&b.person)));
    weighed
}

/// Rows that an owner under one rule set shares with one under the other.
#[derive(Clone, Copy, Debug)]
struct Part {
    of: Node,
    with: Node,
    rows: u64,
}

/// Parts of all owners, those of one together: most rows first, of equals the smaller number, so that the answer is
/// always the same.
struct Parts(Vec<Part>);

impl Parts {
    fn of(shares: impl Iterator<Item = (Node, Node, u64)>) -> Self {
        let mut parts: Vec<Part> = shares.map(|(of, with, rows)| Part { of, with, rows }).collect();
        parts.sort_unstable_by(|a, b| a.of.cmp(&b.of).then(b.rows.cmp(&a.rows)).then(a.with.cmp(&b.with)));
        Self(parts)
    }

    fn each(&self) -> impl Iterator<Item = (Node, &[Part])> {
        self.0.chunk_by(|one, other| one.of == other.of).filter_map(|parts| Some((parts.first()?.of, parts)))
    }

    fn get(&self, owner: Node) -> &[Part] {
        let from = self.0.partition_point(|part| part.of < owner);
        let to = self.0.partition_point(|part| part.of <= owner);
        self.0.get(from..to).unwrap_or_default()
    }
}

/// What becomes of a store under another rule set.
#[derive(Clone, Debug)]
pub struct Migration {
    /// The old rules.
    pub from: RuleSet,
    /// The new ones.
    pub to: RuleSet,
    /// The sums.
    pub sums: Weighed,
    /// Anonymous ids that the new rules take for users.
    pub phantoms: u64,
    /// Calls and rows that the new rules refuse, by the names of the reasons; ignored ones too.
    pub refused: BTreeMap<&'static str, u64>,
    /// The same under the old rules.
    pub refused_before: BTreeMap<&'static str, u64>,
    /// What to change in the integration, by the rows that it saves.
    pub first: Vec<Advice>,
    /// People with the most rows that change owner.
    pub top: Vec<TopUser>,
    /// Rows that no one has under one of the rule sets: those of calls, and of rows without an id.
    pub without_owner: u64,
    /// Whether all rows were looked at.
    pub complete: bool,
}

/// A person whose rows change owner.
#[derive(Clone, Debug)]
pub struct TopUser {
    /// An id of the person.
    pub id: Id,
    /// The best name, if there is one.
    pub name: Option<String>,
    /// Rows that change owner.
    pub rows: u64,
    /// What becomes of the person.
    pub becomes: Becomes,
}

/// What becomes of a person who is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// The rows belong to so many.
    Split(usize),
    /// The rows join those of this one, who has this name if there is one.
    Merged(Id, Option<String>),
    /// The rows stay together, under another.
    Other,
}

impl Migration {
    /// Calls and rows about which the new rules name a reason not to join.
    pub fn conflicts(&self) -> u64 {
        conflicts(&self.refused)
    }

    /// The same of the old rules.
    pub fn conflicts_before(&self) -> u64 {
        conflicts(&self.refused_before)
    }
}

fn conflicts(refused: &BTreeMap<&'static str, u64>) -> u64 {
    refused.iter().filter(|(name, _)| **name != "ignored").map(|(_, count)| count).sum()
}

/// One thing to change.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name, stable.
    pub code: &'static str,
    /// What is wrong, a few words.
    pub title: &'static str,
    /// What to do, a few words.
    pub todo: &'static str,
    /// What to do.
    pub advice: &'static str,
}

/// One thing to change, with what it costs to leave it.
#[derive(Clone, Debug)]
pub struct Advice {
    /// What.
    pub change: &'static Change,
    /// People, or ids, that it is about.
    pub people: u64,
    /// Their rows.
    pub rows: u64,
    /// Programs that sent most of the rows.
    pub clients: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// New owners of these numbers are named by a person; all keep their numbers.
    struct Named(Vec<u32>);

    impl Owners for Named {
        fn before(&self, new: Node) -> Node {
            Node::id(new.number() / 10)
        }

        fn names_person(&self, new: Node) -> bool {
            self.0.contains(&new.number())
        }
    }

    fn weighed(shares: &[(u32, u32, u64)], named: &[u32]) -> Weighed {
        let shares = shares.iter().map(|(from, to, rows)| ((Node::id(*from), Node::id(*to)), *rows)).collect();
        weigh(&shares, &Named(named.to_vec()))
    }

    #[test]
    fn who_has_all_rows_and_no_others_stays_the_same_under_any_name() {
        let same = weighed(&[(1, 77, 5), (2, 88, 1)], &[]);
        assert_eq!((same.people, same.same, same.split, same.merged), ((2, 2), 2, 0, 0));
        assert_eq!((same.rows, same.rows_changed, same.changed.len()), (6, 0, 0));
    }

    #[test]
    fn the_part_that_a_person_is_named_by_stays_however_small() {
        let split = weighed(&[(1, 10, 2), (1, 99, 9)], &[10]);
        assert_eq!((split.people, split.split, split.rows_changed, split.changed[0].rows), ((1, 2), 1, 9, 9));
        assert_eq!((split.changed[0].counterpart, split.changed[0].fate), (Node::id(10), Fate::Split(2)));
        let unnamed = weighed(&[(1, 98, 2), (1, 99, 9)], &[]);
        assert_eq!(unnamed.rows_changed, 2, "without a name most rows decide");
    }

    #[test]
    fn of_two_who_are_merged_the_one_with_the_name_stays() {
        let merged = weighed(&[(1, 10, 2), (3, 10, 9)], &[10]);
        assert_eq!((merged.people, merged.merged, merged.rows_changed), ((2, 1), 2, 9));
        assert_eq!((merged.changed[0].person, merged.changed[0].fate), (Node::id(3), Fate::Merged(Node::id(1))));
        let by_rows = weighed(&[(1, 99, 2), (3, 99, 9)], &[]);
        assert_eq!(by_rows.rows_changed, 2);
    }
}
