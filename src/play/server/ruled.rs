//! What the server of a system has that joins ids with their past.

use std::collections::{BTreeMap, HashMap};

use super::{AliasRow, Entry, Server, Standing, ties};
use crate::identity::{Journey, Phase, Verdict, resolve};
use crate::model::Id;
use crate::play::Play;

/// The server of a play when so many rows have arrived. What joins a device by a row stands in the table too.
pub(super) fn server(play: &Play, arrived: usize) -> Server {
    let facts = play.facts(arrived);
    let rules = play.rules();
    let place = |line: u64| usize::try_from(line).unwrap_or(0).saturating_sub(1);
    let ruled = rules.ruled(&facts, &Id::new(""));
    let table: Vec<AliasRow> = ruled
        .aliases
        .iter()
        .map(|line| AliasRow {
            alias: line.alias.clone(),
            target: line.target.clone(),
            verdict: line.verdict,
            kept: line.kept.clone(),
            arrived: line.order,
            sent: place(line.source.line),
        })
        .collect();
    let verdicts: HashMap<usize, Verdict> = table.iter().map(|row| (row.sent, row.verdict)).collect();
    let mut in_order: Vec<_> = ruled.rows.iter().collect();
    in_order.sort_by_key(|held| held.event.arrival());
    let mut roots: Vec<&Id> = Vec::new();
    for root in in_order.into_iter().filter_map(|held| held.owner.as_ref()) {
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    let journeys: Vec<Journey> = roots.into_iter().filter_map(|root| resolve(&facts, root, rules)).collect();
    let of_root: BTreeMap<&Id, &Journey> =
        journeys.iter().filter_map(|journey| Some((journey.root.as_ref()?, journey))).collect();
    let mut timeline: Vec<Entry> = Vec::with_capacity(ruled.rows.len());
    for held in &ruled.rows {
        let event = &held.event;
        let journey = held.owner.as_ref().and_then(|owner| of_root.get(owner)).copied();
        let step = journey.and_then(|journey| journey.steps.iter().find(|step| step.event.row == event.row));
        let point = journey.and_then(|journey| journey.points.iter().find(|point| point.row == event.row));
        let standing = match (&held.owner, journey.map_or(&[][..], ties)) {
            (None, _) if event.id.is_none() => Standing::NoId,
            (None, _) => Standing::Ignored,
            (Some(_), []) => Standing::Merged,
            (Some(_), [owner]) => Standing::Orphan(owner.root.clone()),
            (Some(_), owners) => Standing::Contested(owners.iter().map(|owner| owner.root.clone()).collect()),
        };
        let sent = place(event.source.line);
        timeline.push(Entry {
            event: event.event.to_string(),
            verb: event.verb,
            time: event.time,
            arrived: event.arrived,
            id: event.id.clone(),
            stored_under: held.owner.clone(),
            root: held.owner.clone(),
            phase: step.map_or(Phase::Anonymous, |step| step.phase),
            standing,
            point: point.map(|point| point.kind),
            verdict: verdicts.get(&sent).copied(),
            copies: held.copies.len(),
            sent,
        });
    }
    timeline.sort_by_key(|entry| (entry.time, entry.sent));
    Server { table, timeline, journeys }
}
