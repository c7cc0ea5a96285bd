//! What journeys of two users say of each other: rows that both can claim, ids that look the
//! same, a client that went from one to the other, refused calls between them.

use std::collections::{HashMap, HashSet};

use super::super::journey::{Journey, Neighbour, Orphan, Strength};
use super::super::naming::{short, shortened};
use super::{Argument, name};
use crate::model::Id;
use crate::model::alike::{are_alike, differences, folded, visible_id};
use crate::model::text::and;

/// Anonymous rows that both can claim: one client was used as both.
pub(super) fn claims(a: &Journey, b: &Journey, arguments: &mut Vec<Argument>, claimed: &mut Vec<Id>) {
    let of_b: HashMap<&Id, &Orphan> = b.orphans.iter().map(|orphan| (&orphan.id, orphan)).collect();
    for mine in &a.orphans {
        let Some(yours) = of_b.get(&mine.id) else { continue };
        let first = [a, b].into_iter().find(|side| side.root.as_ref() == Some(&mine.suggested));
        let earlier = first.map_or_else(String::new, |side| format!("; the earlier evidence is for {}", name(side)));
        arguments.push(Argument {
            supports: true,
            strength: mine.strength.min(Strength::Strong),
            text: format!(
                "{} and {} both claim the rows of {}{earlier}. One client used as both is not one person.",
                name(a),
                name(b),
                short(mine.id.as_str())
            ),
            sources: [mine, yours].iter().filter_map(|orphan| Some(orphan.evidence.first()?.source.clone())).collect(),
        });
        claimed.push(mine.id.clone());
    }
}

/// Ids of the two that look the same.
pub(super) fn ids_alike(a: &Journey, b: &Journey, arguments: &mut Vec<Argument>) {
    let ids = |journey: &Journey| -> Vec<Id> {
        let members = journey.ids.iter().map(|member| member.id.clone());
        let query = journey.ids.is_empty().then(|| journey.query.clone());
        members.chain(query).filter(|id| !id.is_placeholder()).collect()
    };
    let mut by_look: HashMap<String, Vec<Id>> = HashMap::new();
    for id in ids(b) {
        by_look.entry(folded(id.bare())).or_default().push(id);
    }
    let source = |journey: &Journey, id: &Id| {
        let step = journey.steps.iter().find(|step| step.event.id.as_ref() == Some(id));
        step.map(|step| step.event.source.clone())
    };
    for mine in ids(a) {
        for yours in by_look.get(&folded(mine.bare())).into_iter().flatten() {
            if !are_alike(mine.bare(), yours.bare()) {
                continue;
            }
            arguments.push(Argument {
                supports: true,
                strength: Strength::Weak,
                text: format!(
                    "Their ids {} and {} look the same and differ in {}: two ids, and maybe one that two programs write in different ways.",
                    visible_id(mine.as_str()),
                    visible_id(yours.as_str()),
                    and(&differences(mine.bare(), yours.bare()))
                ),
                sources: [source(a, &mine), source(b, yours)].into_iter().flatten().collect(),
            });
        }
    }
}

/// A client that went from one user to the other; from anonymous rows to a user is evidence.
pub(super) fn switches(a: &Journey, b: &Journey, arguments: &mut Vec<Argument>) {
    let ties =
        |one: &Journey, other: &Journey| one.orphan_of.iter().any(|owner| Some(&owner.root) == other.root.as_ref());
    if ties(a, b) || ties(b, a) {
        return;
    }
    let of = |side: &Journey, other: &Journey| {
        let is_other = |neighbour: &&Neighbour| neighbour.switched && Some(&neighbour.root) == other.root.as_ref();
        side.neighbours.iter().find(is_other).cloned()
    };
    if let Some(neighbour) = of(a, b).or_else(|| of(b, a)) {
        arguments.push(Argument {
            supports: true,
            strength: Strength::Strong,
            text: shortened(&neighbour.why),
            sources: vec![neighbour.source],
        });
    }
}

/// Alias calls that were to join the two and had no effect.
pub(super) fn refused_between(a: &Journey, b: &Journey, arguments: &mut Vec<Argument>) {
    let ids = |journey: &Journey| -> HashSet<Id> { journey.ids.iter().map(|member| member.id.clone()).collect() };
    let (of_a, of_b) = (ids(a), ids(b));
    for line in a.refused() {
        let (Some(alias), Some(target)) = (&line.alias, &line.target) else { continue };
        let joins = |one: &HashSet<Id>, other: &HashSet<Id>| one.contains(alias) && other.contains(target);
        let known = arguments.iter().any(|argument| argument.sources.contains(&line.source));
        if !known && !alias.is_placeholder() && (joins(&of_a, &of_b) || joins(&of_b, &of_a)) {
            arguments.push(Argument {
                supports: true,
                strength: Strength::Strong,
                text: format!(
                    "The app asked for {} as an alias of {} and was refused.",
                    short(alias.as_str()),
                    short(target.as_str())
                ),
                sources: vec![line.source.clone()],
            });
        }
    }
}
