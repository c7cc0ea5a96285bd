//! What stands around a root: its alias calls, the roots that were left behind, other users of its
//! devices.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::{HashSet, HashSetExt as _};

use super::super::journey::{AliasLine, Evidence, Neighbour, Owner, Strength};
use super::evidence;
use super::explain;
use super::world::World;
use crate::model::facts::AliasCall;
use crate::model::{Flags, Id, LinkKind};

/// An anonymous root that belongs to a user by the best evidence there is about it.
pub(super) struct LeftBehind {
    pub(super) id: Id,
    pub(super) strength: Strength,
    /// The users that evidence of that strength ties it to.
    pub(super) owners: Vec<Id>,
    /// Of these the one whose evidence arrived first.
    pub(super) suggested: Id,
    /// The evidence for the user asked about, best first.
    pub(super) evidence: Vec<Evidence>,
}

/// The anonymous roots that belong to `root` by the best evidence there is about them, with rows
/// or without.
pub(super) fn left_behind(world: &World<'_>, root: &Id) -> Vec<LeftBehind> {
    if root.is_placeholder() {
        return Vec::new();
    }
    let candidates = evidence::candidates_of(world, root).into_iter().filter(|candidate| world.is_anonymous(candidate));
    let found = candidates.filter_map(|candidate| {
        let known = owners(world, &candidate);
        let (strength, owners) = (known.0, &known.1);
        let mine = owners.iter().find(|owner| owner.root == *root)?;
        let suggested = owners.iter().find(|owner| owner.suggested)?;
        let (evidence, suggested) = (mine.evidence.clone(), suggested.root.clone());
        let owners = owners.iter().map(|owner| owner.root.clone()).collect();
        Some(LeftBehind { id: candidate, strength, owners, suggested, evidence })
    });
    found.collect()
}

/// The users that the best evidence ties the anonymous `root` to: proof beats a shared device,
/// and of equals the first to arrive is the suggestion.
pub(super) fn owners(world: &World<'_>, root: &Id) -> Arc<(Strength, Vec<Owner>)> {
    // Each user of a device asks for the same anonymous ids.
    world.owners_once(root, || owners_by_ties(world, root))
}

fn owners_by_ties(world: &World<'_>, root: &Id) -> (Strength, Vec<Owner>) {
    let ties = evidence::owners_of(world, root);
    let Some(best) = ties.iter().map(|tie| tie.kind.strength()).max() else { return (Strength::Weak, vec![]) };
    let best_ties = || ties.iter().filter(|tie| tie.kind.strength() == best);
    let earliest = best_ties().min_by_key(|tie| (tie.arrived, tie.source.rank, tie.source.line, tie.kind));
    let mut owners: Vec<Owner> = Vec::new();
    for tie in best_ties() {
        if !owners.iter().any(|owner| owner.root == tie.owner) {
            let evidence: Vec<Evidence> = ties
                .iter()
                .filter(|other| other.owner == tie.owner)
                .map(|tie| tie.to_evidence(world.says_why))
                .collect();
            let suggested = earliest.is_some_and(|earliest| earliest.owner == tie.owner);
            owners.push(Owner { root: tie.owner.clone(), strength: best, suggested, evidence });
        }
    }
    owners.sort_by(|a, b| a.root.cmp(&b.root));
    (best, owners)
}

/// Known users, other than this one, that rows put on a device of this one (C06).
pub(super) fn neighbours(world: &World<'_>, root: &Id) -> Vec<Neighbour> {
    let ids: Vec<Id> = world.cluster(root).into_iter().filter(|id| !id.is_placeholder()).collect();
    let other_user = |named: &Id| {
        let other = world.root_of(named);
        let placeholder = named.is_placeholder() || other.is_placeholder();
        (other != root && !placeholder && world.is_known(other)).then(|| other.clone())
    };
    // A client that takes its device for the user writes it now in capitals, now not: that is no other user.
    let names_someone_else = |other: &Id, device: &Id| {
        let of_device = |id: &Id| id.bare().eq_ignore_ascii_case(device.bare());
        world.cluster(other).iter().any(|id| !of_device(id) && world.is_person_by_links(id))
    };
    let mut found: Vec<Neighbour> = Vec::new();
    let mut devices = HashSet::new();
    for id in &ids {
        for link in world.links_of(id).filter(|link| link.kind == LinkKind::IdDevice && link.a == *id) {
            if link.b.is_placeholder() || !devices.insert(&link.b) {
                continue;
            }
            for on_device in world.links_of(&link.b) {
                if !matches!(on_device.kind, LinkKind::IdDevice | LinkKind::UserDevice) || on_device.b != link.b {
                    continue;
                }
                let Some(other) = other_user(&on_device.a) else { continue };
                let is_known = found.iter().any(|neighbour| neighbour.root == other);
                if !is_known && names_someone_else(&other, &link.b) {
                    found.push(Neighbour {
                        why: said(world, || explain::neighbour(&other, &link.b, &on_device.source)),
                        root: other,
                        device: Some(link.b.clone()),
                        switched: false,
                        time: on_device.time,
                        source: on_device.source.clone(),
                    });
                }
            }
        }
    }
    // An `$identify` from the one to the other says more than a device in common.
    let mut switched = HashSet::new();
    for id in &ids {
        for link in world.links_of(id).filter(|link| link.kind == LinkKind::Identify) {
            let named = if link.b == *id {
                &link.a
            } else if link.a == *id && world.is_person_by_links(&link.b) {
                &link.b
            } else {
                continue;
            };
            let Some(other) = other_user(named).filter(|other| switched.insert(other.clone())) else { continue };
            let known = found.iter_mut().find(|neighbour| neighbour.root == other);
            let device = known.as_ref().and_then(|neighbour| neighbour.device.clone());
            let why = said(world, || explain::switched(&link.b, &link.a, device.as_ref(), &link.source));
            let (time, source) = (link.time, link.source.clone());
            if let Some(neighbour) = known {
                *neighbour = Neighbour { root: other, device, switched: true, why, time, source };
            } else {
                found.push(Neighbour { root: other, device, switched: true, why, time, source });
            }
        }
    }
    found
}

/// The calls that name one of `ids`, with their verdicts, in order of arrival.
pub(super) fn calls_of(world: &World<'_>, ids: &[Id]) -> Vec<AliasLine> {
    let is_told = |call: &AliasCall| call.alias.as_ref().is_none_or(|alias| !world.is_left_out(alias));
    let named = ids.iter().flat_map(|id| world.calls_of(id)).filter(|(_, call)| is_told(call));
    let indexes: BTreeSet<usize> = named.map(|(index, _)| index).collect();
    alias_lines(world, indexes)
}

/// These calls with their verdicts.
pub(super) fn alias_lines(world: &World<'_>, indexes: impl IntoIterator<Item = usize>) -> Vec<AliasLine> {
    let mut lines = Vec::new();
    for index in indexes {
        let (Some(call), Some(judged)) = (world.calls.get(index), world.verdict(index)) else { continue };
        let kept_by = judged.kept_by.and_then(|kept| world.calls.get(kept));
        let mut line = AliasLine {
            alias: call.alias.clone(),
            target: call.target.clone(),
            verdict: judged.verdict,
            kept: kept_by.and_then(|kept| kept.target.clone()),
            kept_by: kept_by.map(|kept| kept.source.clone()),
            time: call.time,
            arrived: (!call.flags.has(Flags::ARRIVAL_UNKNOWN)).then_some(call.arrived),
            order: call.arrived,
            by_original: call.flags.has(Flags::BY_ORIGINAL),
            from_table: call.from_table,
            source: call.source.clone(),
            row: call.row,
            why: String::new(),
        };
        line.why = said(world, || explain::call(&line));
        lines.push(line);
    }
    lines
}

/// A sentence, where sentences are read.
fn said(world: &World<'_>, why: impl FnOnce() -> String) -> String {
    if world.says_why { why() } else { String::new() }
}
