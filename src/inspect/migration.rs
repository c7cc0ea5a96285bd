//! What becomes of everyone when another rule set takes over: the migration report.
//!
//! One pass over the rows groups those of one id by what they were sent with; both rule sets hear
//! the same calls, links and groups, in order of arrival, and say whose each group is. No journey
//! is opened but for the names of the people that are listed.
//!
//! Memory: some 70 bytes for each group, 60 for each call and link, and the texts of all ids.

mod advice;
mod groups;
pub(super) mod ids;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use self::groups::{Group, Groups};
use self::ids::{Ids, number};
use super::{Error, Inspector, Sweep};
use crate::identity::merging::system::{Node, Number, Ruling, Said, System, Texts};
use crate::identity::migration::{Becomes, Changed, Fate, Migration, Owners, Shares, TopUser, weigh};
use crate::identity::{RuleSet, Table, Verdict, once_in_files};
use crate::model::facts::{AliasCall, Arrival};
use crate::model::scan::{SweptCall, SweptLink};
use crate::model::{Flags, Id, LinkKind};

/// People who are listed with their names.
const MOST_TOP: usize = 20;

/// What the rules make of a store.
pub(super) struct Side {
    pub(super) system: Option<Box<dyn System>>,
    pub(super) refused: BTreeMap<&'static str, u64>,
    pairs: Pairs,
}

/// Looks at every row of the store. `go_on` gets how many rows of how many are done; `false` ends it
/// with what is known by then.
pub fn report(
    inspector: &Inspector,
    from: RuleSet,
    to: RuleSet,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Migration, Error> {
    let reader = inspector.source().sweep_for("a look over every user")?;
    let mut migration = inspector.source().one_moment(|| of_store(reader, from, to, go_on))?;
    for user in &mut migration.top {
        user.name = inspector.best_name(&user.id)?;
        user.id = inspector.shown(&user.id)?;
        if let Becomes::Merged(other, name) = &mut user.becomes {
            *name = inspector.best_name(other)?;
            *other = inspector.shown(other)?;
        }
    }
    Ok(migration)
}

fn of_store(
    reader: &dyn Sweep,
    from: RuleSet,
    to: RuleSet,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Migration, Error> {
    let ranks: FxHashMap<i64, u32> = reader.file_ranks()?.into_iter().collect();
    let (calls, mut links) = (each_once(reader.sweep_calls()?, &ranks), reader.sweep_links()?);
    let ids = Ids::read(reader, &calls, &links)?;
    let systems = [from.system(), to.system()];
    let every = systems.iter().flatten().any(|system| system.hears_every_row());
    let shared = if every { groups::shared_devices(&links) } else { FxHashSet::default() };
    // Most links are of devices, and say no more from here on.
    links.retain(|link| matches!(link.kind, LinkKind::Identify | LinkKind::Merge));
    links.shrink_to_fit();
    let (table, refused) =
        if systems.iter().any(Option::is_none) { legacy(reader, &ids, &calls)? } else { Default::default() };
    let groups = Groups::read(reader, &ids, &ranks, &shared, &table, every, go_on)?;
    let said = Spoken::of(&groups, &calls, &links, &ranks);
    let [mut old, mut new] = systems.map(|system| hear(system, said.in_order(), &ids));
    drop(said);
    for side in [&mut old, &mut new].into_iter().filter(|side| side.system.is_none()) {
        for (name, ..) in &refused {
            *side.refused.entry(name).or_default() += 1;
        }
        side.pairs.clone_from(&refused);
    }
    let mut shares = Shares::default();
    let mut without_owner = groups.without_id;
    for group in &groups.all {
        let (Some(before), Some(after)) = (owner(&old, group, &ids), owner(&new, group, &ids)) else {
            without_owner += u64::from(group.rows);
            continue;
        };
        if group.sent.is_call {
            without_owner += u64::from(group.rows);
            continue;
        }
        *shares.entry((before, after)).or_default() += u64::from(group.rows);
    }
    let known = Known { old: &old, table: &table, ids: &ids };
    let sums = weigh(&shares, &known);
    let phantoms = phantoms(&shares, &ids, to);
    // A refusal costs nothing where other calls join the two ids all the same.
    let mut pairs = std::mem::take(&mut new.pairs);
    pairs.retain(|(_, one, other)| !are_one(&new, *one, *other, &table, &ids));
    let first = advice::first(to, &groups, &pairs, &sums, &ids, reader)?;
    let top = sums.changed.iter().take(MOST_TOP).map(|changed| top_user(changed, &ids)).collect();
    Ok(Migration {
        from,
        to,
        phantoms,
        refused: new.refused,
        refused_before: old.refused,
        first,
        top,
        without_owner,
        complete: groups.complete,
        sums,
    })
}

/// Refused pairs with the reason: who does not join, and whom.
type Pairs = Vec<(&'static str, Number, Number)>;

/// Calls without those that another file holds too, in their order of arrival where there are several files.
fn each_once(mut calls: Vec<SweptCall>, ranks: &FxHashMap<i64, u32>) -> Vec<SweptCall> {
    let file = calls.first().map(|call| call.file);
    if calls.iter().any(|call| Some(call.file) != file) {
        calls.sort_unstable_by_key(|call| (call.arrived, ranks.get(&call.file).copied(), call.line, call.row));
    }
    once_in_files(calls, |call| {
        let known = !call.flags.has(Flags::ARRIVAL_UNKNOWN);
        (call.file, (call.alias, call.target, call.time, known.then_some(call.arrived), call.from_table))
    })
}

/// Whether the rules have two ids as one person, whatever call said so.
fn are_one(side: &Side, one: Number, other: Number, table: &Table, ids: &Ids) -> bool {
    if let Some(system) = &side.system {
        let [one, other] = [one, other].map(|id| system.meant(id, ids));
        return !one.is_empty() && one.first() == other.first();
    }
    let [one, other] = [one, other].map(|id| ids.id(id));
    one.zip(other).is_some_and(|(one, other)| table.resolve(&one) == table.resolve(&other))
}

/// The table of aliases of the whole store, and what it refuses.
fn legacy(reader: &dyn Sweep, ids: &Ids, calls: &[SweptCall]) -> Result<(Table, Pairs), Error> {
    let mut judged = Vec::with_capacity(calls.len());
    for call in calls {
        judged.push(AliasCall {
            row: call.row,
            alias: ids.id(number(call.alias)),
            target: ids.id(number(call.target)),
            time: call.time,
            arrived: call.arrived,
            flags: call.flags,
            source: reader.swept_source(call.file, call.line)?,
            from_table: call.from_table,
        });
    }
    judged.sort_unstable_by_key(AliasCall::arrival);
    let table = Table::build(&judged);
    let number = |id: &Option<Id>| id.as_ref().and_then(|id| ids.number_of(id)).unwrap_or(0);
    let refused = judged.iter().zip(table.verdicts()).filter_map(|(call, judged)| match judged.verdict {
        Verdict::Refused(why) => Some((why.name(), number(&call.alias), number(&call.target))),
        _ => None,
    });
    let refused = refused.collect();
    Ok((table, refused))
}

/// Everything that is said of ids.
struct Spoken<'a> {
    groups: &'a Groups,
    /// What calls and links say.
    calls: Vec<(Arrival, Said)>,
    /// Places in both, those of the calls behind those of the groups, in order of arrival.
    order: Vec<u32>,
}

impl<'a> Spoken<'a> {
    fn of(groups: &'a Groups, calls: &[SweptCall], links: &[SweptLink], ranks: &FxHashMap<i64, u32>) -> Self {
        let mut said: Vec<(Arrival, Said)> = Vec::with_capacity(calls.len() + links.len());
        calls_and_links(calls, links, ranks, &|rank, line, other| groups.row_of(rank, line, other), &mut said);
        let mut spoken = Self { groups, calls: said, order: Vec::new() };
        let all = groups.all.len() + spoken.calls.len();
        let mut order: Vec<u32> = (0..u32::try_from(all).unwrap_or(u32::MAX)).collect();
        // A call before the rows of its line.
        order.sort_unstable_by_key(|at| spoken.at(*at).map(|(arrival, said)| (arrival, matches!(said, Said::Row(_)))));
        spoken.order = order;
        spoken
    }

    fn at(&self, at: u32) -> Option<(Arrival, Said)> {
        let at = at as usize;
        match at.checked_sub(self.groups.all.len()) {
            None => self.groups.all.get(at).map(|group| (group.first, Said::Row(group.sent))),
            Some(at) => self.calls.get(at).copied(),
        }
    }

    fn in_order(&self) -> impl Iterator<Item = (Arrival, Said)> {
        self.order.iter().filter_map(|at| self.at(*at))
    }
}

/// Adds what calls and links say, in no order; `row_of` is the number of the row of a call, by its place and the
/// other id that it names.
pub(super) fn calls_and_links(
    calls: &[SweptCall],
    links: &[SweptLink],
    ranks: &FxHashMap<i64, u32>,
    row_of: &dyn Fn(u32, u64, Number) -> i64,
    said: &mut Vec<(Arrival, Said)>,
) {
    let rank = |file: i64| ranks.get(&file).copied().unwrap_or_default();
    let line = |line: i64| u64::try_from(line).unwrap_or(0);
    for call in calls {
        let arrival = Arrival { at: call.arrived, rank: rank(call.file), line: line(call.line), row: call.row };
        said.push((arrival, Said::Alias { alias: number(call.alias), target: number(call.target) }));
    }
    for link in links {
        let (a, b) = (number(link.a), number(link.b));
        let what = match link.kind {
            LinkKind::Identify => Said::Identify { identified: a, anon: b },
            LinkKind::Merge => Said::Merge { into: a, other: b },
            _ => continue,
        };
        let (rank, line) = (rank(link.file), line(link.line));
        let row = row_of(rank, line, number(link.b));
        said.push((Arrival { at: link.arrived, rank, line, row }, what));
    }
}

pub(super) fn hear(system: Option<Box<dyn System>>, said: impl Iterator<Item = (Arrival, Said)>, ids: &Ids) -> Side {
    let mut side = Side { system, refused: BTreeMap::new(), pairs: Vec::new() };
    let Some(system) = &mut side.system else { return side };
    let mut conflicts = FxHashSet::default();
    for (at, (arrival, said)) in (0..).zip(said) {
        let Ruling::Refused { why, .. } = system.hear(said, at, arrival, ids) else { continue };
        let pair = match said {
            Said::Row(row) => (row.device, row.user),
            call => call.pair().unwrap_or((0, 0)),
        };
        // A device of two users is one conflict, whatever ids its rows have.
        if matches!(said, Said::Row(_)) && !conflicts.insert(pair) {
            continue;
        }
        *side.refused.entry(why.name()).or_default() += 1;
        side.pairs.push((why.name(), pair.0, pair.1));
    }
    side
}

fn owner(side: &Side, group: &Group, ids: &Ids) -> Option<Node> {
    match &side.system {
        Some(system) => system.owner(group.sent, group.first, ids),
        None => Some(group.stored_under),
    }
}

/// Who owners are under the old rules.
struct Known<'a> {
    old: &'a Side,
    table: &'a Table,
    ids: &'a Ids,
}

impl Owners for Known<'_> {
    fn before(&self, new: Node) -> Node {
        let id = new.number();
        if let Some(system) = &self.old.system {
            let meant = system.meant(id, self.ids);
            let found = if new.is_device() { meant.last() } else { meant.first() };
            return found.copied().unwrap_or(new);
        }
        let Some(text) = self.ids.id(id) else { return new };
        let root = self.table.resolve(&text);
        // Mostly it is its own root, and no text has to be found again.
        let root = if *root == text { None } else { self.ids.number_of(root) };
        Node::id(root.unwrap_or(id))
    }

    fn names_person(&self, new: Node) -> bool {
        !new.is_device() && self.ids.is_person(new.number())
    }
}

/// Owners that the new rules take for users by an id that names no one.
fn phantoms(shares: &Shares, ids: &Ids, to: RuleSet) -> u64 {
    if to.name() != "simplified" {
        return 0;
    }
    let owners: FxHashSet<Node> = shares.keys().map(|(_, new)| *new).collect();
    owners.iter().filter(|owner| !owner.is_device() && !ids.is_person(owner.number())).count() as u64
}

fn top_user(changed: &Changed, ids: &Ids) -> TopUser {
    let id = |node: Node| {
        let id = Id::new(ids.text(node.number()));
        if node.is_device() && !ids.is_device(node.number()) { id.other_device_form() } else { id }
    };
    let becomes = match changed.fate {
        Fate::Split(parts) => Becomes::Split(parts),
        Fate::Merged(other) => Becomes::Merged(id(other), None),
        Fate::Same => Becomes::Other,
    };
    // The counterpart is called by a name where the person was known by one.
    let best = if ids.is_person(changed.counterpart.number()) && matches!(changed.fate, Fate::Split(_)) {
        changed.counterpart
    } else {
        changed.person
    };
    TopUser { id: id(best), name: None, rows: changed.rows, becomes }
}
