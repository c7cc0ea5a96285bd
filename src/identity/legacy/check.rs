//! Every user of some facts at once, of whose rows only sums are at hand.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use super::super::facts::Facts;
use super::super::findings::{Checked, Kind, Past, Sums, Totals, Way};
use super::super::journey::{Alike, Split, Strength, Verdict};
use super::case::{Case, is_swapped};
use super::findings;
use super::rows::RACE_WINDOW;
use super::world::World;
use crate::model::alike::differences;
use crate::model::facts::{AliasCall, Arrival, Link};
use crate::model::id::is_placeholder;
use crate::model::{Id, LinkKind, Millis, Shape};

/// See [`Rules::ways`](crate::identity::Rules::ways).
pub(super) fn ways(calls: &[AliasCall]) -> Vec<(Id, Way)> {
    let facts = Facts { calls: calls.to_vec(), ..Facts::default() };
    let world = World::new(&facts);
    let aliases: BTreeSet<&Id> = facts.calls.iter().filter_map(|call| call.alias.as_ref()).collect();
    let way = |alias: &Id| {
        let (mut way, mut latest, mut at) = (Vec::new(), None, alias);
        while let Some(entry) = world.table.entry(at) {
            let since = latest.map_or(entry.arrival, |latest: Arrival| latest.max(entry.arrival));
            latest = Some(since);
            let call = world.calls.get(entry.call)?;
            // No row overtakes swapped arguments, see [`Splits`](super::case::Splits).
            let swapped = is_swapped(call.alias.as_ref(), call.target.as_ref());
            way.push((since, if swapped { Millis::MAX } else { call.time }));
            at = &entry.target;
        }
        (!way.is_empty()).then_some(Way(way))
    };
    aliases.into_iter().filter_map(|alias| Some((alias.clone(), way(alias)?))).collect()
}

/// See [`Rules::split`](crate::identity::Rules::split).
pub(super) fn split(way: &Way, time: Millis, arrival: Arrival) -> Option<Split> {
    let Way(way) = way;
    let stored = way.partition_point(|(since, _)| *since < arrival);
    // The late call is the one that made the id under which the row is stored an alias.
    let (_, called) = way.get(stored)?;
    Some(if time >= called.saturating_sub(RACE_WINDOW) { Split::Race } else { Split::History })
}

/// Judges every user of `facts`, which hold whole neighbourhoods: whatever calls and links join.
pub(super) fn check(
    facts: &Facts,
    sums: &dyn Fn(&Id) -> Sums,
    wants: &dyn Fn(&Kind) -> bool,
    each: &mut dyn FnMut(Checked),
) -> Totals {
    let mut world = World::new(facts);
    world.says_why = false;
    let named = facts.calls.iter().flat_map(|call| [&call.alias, &call.target]).flatten();
    let ids = facts.events.iter().filter_map(|event| event.id.as_ref()).chain(named);
    // In the order of the facts, each once.
    let mut seen: HashSet<&Id> = HashSet::new();
    let mut roots: Vec<&Id> = Vec::new();
    for id in ids.filter(|id| world.knows(id)) {
        let root = world.root_of(id);
        if seen.insert(root) {
            roots.push(root);
        }
    }
    let mut alike: HashMap<&Id, Vec<Alike>> = HashMap::new();
    for (of, id) in facts.alike.iter().filter(|(of, id)| world.root_of(of) != world.root_of(id)) {
        let differ = differences(of.bare(), id.bare());
        alike.entry(world.root_of(of)).or_default().push(Alike { of: of.clone(), id: id.clone(), differ });
    }
    for root in roots {
        if let Some(rows) = rows_alone(&world, root, sums).filter(|_| !alike.contains_key(root)) {
            each(alone(&world, root, rows));
            continue;
        }
        let alike = alike.get(root).map_or(&[][..], Vec::as_slice);
        let case = Case::of_root(&world, root, sums, alike, !facts.cuts.is_empty());
        each(checked(&case, sums, wants));
    }
    totals(&world, facts)
}

/// See [`Rules::is_visitor`](crate::identity::Rules::is_visitor): what [`rows_alone`] takes, and no person. Where it
/// takes fewer, all answers stay as they are, and a look takes longer.
pub(super) fn is_visitor(id: &str) -> bool {
    Shape::of(id) != Shape::Email
}

/// See [`Rules::can_name`](crate::identity::Rules::can_name): whatever [`World::can_be_a_name`] takes.
pub(super) fn can_name(id: &str, is_device: bool) -> bool {
    !is_placeholder(id)
        && match Shape::of(id) {
            Shape::Device | Shape::WebAnonymous => false,
            Shape::Guid => !is_device,
            Shape::Email | Shape::Other => true,
        }
}

/// The number of rows of an id of which nothing else is known: no call names it, no row ties it to another
/// id or device, and its rows show nothing by themselves. Most ids of a store are visitors like this; no
/// rule finds anything in them, and what the rules ask costs most of a look. `None` for all others; what the rules say
/// of an id that is none of them is the same. Rows of a placeholder, or of a device with its prefix twice, show
/// something by themselves: their sums have the time of the first.
fn rows_alone(world: &World<'_>, root: &Id, sums: &dyn Fn(&Id) -> Sums) -> Option<u64> {
    let mut shown = sums(root);
    let rows = std::mem::take(&mut shown.rows);
    let is_alone = shown == Sums::default()
        && world.calls_of(root).next().is_none()
        && world.links_of(root).all(|link| names_itself(link, root));
    is_alone.then_some(rows)
}

/// Whether rows of an id name the id itself as their device, in whichever form.
fn names_itself(link: &Link, id: &Id) -> bool {
    let names_device = matches!(link.kind, LinkKind::IdDevice | LinkKind::PersistedDevice);
    names_device && link.a.bare() == id.bare() && link.b.as_str() == id.bare()
}

/// The user of such an id.
fn alone(world: &World<'_>, root: &Id, rows: u64) -> Checked {
    let is_person = world.is_person(root);
    Checked {
        root: root.clone(),
        known: is_person.then(|| root.clone()),
        rows,
        split: 0,
        orphaned: 0,
        // Of a visitor's rows no one asks whose past they are, and a person who has no other id has none.
        past: Past::None,
        named: if is_person { vec![root.clone()] } else { Vec::new() },
        orphans: Vec::new(),
        findings: Vec::new(),
    }
}

fn checked(case: &Case<'_>, sums: &dyn Fn(&Id) -> Sums, wants: &dyn Fn(&Kind) -> bool) -> Checked {
    let own = || case.left.iter().filter(|left| !left.contested && left.strength > Strength::Weak);
    let orphaned = own().map(|left| left.rows).sum();
    let (named, anonymous): (Vec<Id>, Vec<Id>) = case.ids.iter().cloned().partition(|id| case.world.is_person(id));
    let has_past = anonymous.iter().any(|id| sums(id).rows > 0);
    let past = if own().next().is_some() {
        Past::Left
    } else if has_past {
        Past::Merged
    } else {
        Past::None
    };
    Checked {
        root: case.root.clone(),
        known: named.first().cloned(),
        rows: case.sums.rows,
        split: case.sums.race + case.sums.history,
        orphaned,
        past,
        named,
        orphans: own().flat_map(|left| left.ids.iter().cloned()).collect(),
        findings: findings::find(case, wants),
    }
}

fn totals(world: &World<'_>, facts: &Facts) -> Totals {
    let verdicts = world.table.verdicts();
    let refused = verdicts.iter().zip(&world.calls);
    let refused = refused.filter(|(judged, _)| matches!(judged.verdict, Verdict::Refused(_)));
    let refused_calls: Vec<i64> = refused.map(|(_, call)| call.row).collect();
    let mut users: HashMap<&Id, HashSet<&Id>> = HashMap::new();
    for link in &facts.links {
        if matches!(link.kind, LinkKind::IdDevice | LinkKind::UserDevice) && !link.b.is_placeholder() {
            let users = users.entry(&link.b).or_default();
            let root = world.root_of(&link.a);
            if !link.a.is_placeholder() && world.is_known(root) {
                users.insert(root);
            }
        }
    }
    let shared: Vec<Id> =
        users.iter().filter(|(_, users)| users.len() > 1).map(|(device, _)| (*device).clone()).collect();
    Totals {
        calls: verdicts.len() as u64,
        refused: refused_calls.len() as u64,
        devices: users.len() as u64,
        shared_devices: shared.len() as u64,
        refused_calls,
        shared,
    }
}
