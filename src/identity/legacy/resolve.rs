//! From facts to one journey.

use std::sync::Arc;

use super::super::facts::Facts;
use super::super::journey::{Alike, Journey, Member, Mention, Orphan, Owner, Phase, Reason, Role, Step, Verdict};
use super::super::memo::Memo;
use super::Legacy;
use super::around::{LeftBehind, alias_lines, calls_of, left_behind, neighbours, owners};
use super::case::Case;
use super::explain;
use super::findings;
use super::points::{self, Knows};
use super::rows::{self, Lines};
use super::world::World;
use crate::model::alike::differences;
use crate::model::{Id, LinkKind, Millis};

/// See [`crate::identity::resolve`].
pub(super) fn resolve(facts: &Facts, query: &Id) -> Option<Journey> {
    let world = World::new(facts);
    let other_form = query.other_device_form();
    let known = [query, &other_form].into_iter().find(|id| world.knows(id));
    match known {
        Some(id) => Some(of_root(&world, query, world.root_of(id), facts)),
        None => Some(mentioned(&world, query, facts)?),
    }
}

fn of_root(world: &World<'_>, query: &Id, root: &Id, facts: &Facts) -> Journey {
    let ids = world.cluster(root);
    let aliases = calls_of(world, &ids);
    let lines = Lines::of(&aliases);
    let mut steps = rows::steps(world, root, rows::deliveries(world, &ids), &lines);
    let (orphans, orphan_of) = orphans(world, root, &lines);
    let (points, known_from) = points::find(world, &aliases, &steps, &orphans);
    if let Some(from) = known_from {
        let known = steps.partition_point(|step| step.event.place() < from);
        for step in steps.iter_mut().skip(known) {
            step.phase = Phase::Identified;
        }
    }

    let mut journey = Journey {
        query: query.clone(),
        rules: &Legacy,
        as_of: None,
        root: Some(root.clone()),
        ids: members(world, root, &ids, &steps),
        aliases,
        steps,
        orphans,
        points: points.into_iter().map(|found| found.point).collect(),
        mentions: vec![],
        orphan_of,
        neighbours: neighbours(world, root),
        alike: alike(facts),
        notes: vec![],
        exported: None,
        findings: vec![],
        cuts: facts.cuts.clone(),
        profiles: vec![],
        names: std::collections::BTreeMap::new(),
    };
    journey.notes = explain::notes(&journey);
    if world.is_left_out(query) {
        journey.notes.push(explain::left_out(query));
    }
    journey.findings =
        Case::of_journey(world, &journey).map(|case| findings::find(&case, &|_| true)).unwrap_or_default();
    journey
}

fn members(world: &World<'_>, root: &Id, ids: &[Id], steps: &[Step]) -> Vec<Member> {
    let mut spans: Memo<'_, (u64, Millis, Millis)> = Memo::new();
    for step in steps {
        let at = step.event.time;
        if let Some(span) = step.event.id.as_ref().and_then(|id| spans.of(id, || (0, at, at))) {
            *span = (span.0 + 1, span.1.min(at), span.2.max(at));
        }
    }
    ids.iter()
        .map(|id| Member {
            id: id.clone(),
            role: if id == root { Role::Root } else { Role::Alias },
            anonymous: !world.is_person(id),
            events: spans.get(id).map_or(0, |span| span.0),
            first: spans.get(id).map(|span| span.1),
            last: spans.get(id).map(|span| span.2),
        })
        .collect()
}

/// What was left behind of the user, with its rows, and the users that `root` itself belongs to if
/// it is such an anonymous root.
fn orphans(world: &World<'_>, root: &Id, lines: &Lines) -> (Vec<Orphan>, Vec<Owner>) {
    let mut orphans = Vec::new();
    let lines = lines.of_orphans();
    for LeftBehind { id: candidate, strength, owners, suggested, evidence } in left_behind(world, root) {
        let ids = world.cluster(&candidate);
        let index = orphans.len();
        let kept = rows::deliveries(world, &ids);
        if kept.is_empty() {
            continue;
        }
        let mut steps = rows::steps(world, &candidate, kept, &lines);
        let events: Vec<_> = steps.iter().map(|step| Arc::clone(&step.event)).collect();
        let mut knows = Knows::new(world);
        for (step, event) in steps.iter_mut().zip(&events) {
            if !matches!(step.reason, Reason::Call { .. }) {
                step.reason = Reason::Orphaned { orphan: index };
            }
            if knows.user_of(event).is_some() {
                step.phase = Phase::Identified;
            }
        }
        let contested = owners.len() > 1;
        orphans.push(Orphan {
            why: explain::orphan(&candidate, root, &evidence, contested.then_some(&suggested)),
            id: candidate,
            ids,
            strength,
            contested,
            suggested,
            owners,
            evidence,
            steps,
        });
    }
    let orphan_of = if world.is_anonymous(root) { owners(world, root).1.clone() } else { vec![] };
    (orphans, orphan_of)
}

/// The ids that look like one of the user, with what differs.
fn alike(facts: &Facts) -> Vec<Alike> {
    let compared =
        |(of, id): &(Id, Id)| Alike { of: of.clone(), id: id.clone(), differ: differences(of.bare(), id.bare()) };
    facts.alike.iter().map(compared).collect()
}

/// The answer for an id that has no rows and no mapping, but that rows name.
fn mentioned(world: &World<'_>, query: &Id, facts: &Facts) -> Option<Journey> {
    let mut mentions: Vec<Mention> = Vec::new();
    let forms = [query.clone(), query.other_device_form()];
    for form in &forms {
        for link in world.links_of(form) {
            let (with, role) =
                if link.a == *form { (&link.b, role_of_a(link.kind)) } else { (&link.a, role_of_b(link.kind)) };
            let root = world.root_of(with).clone();
            let known = mentions.iter().any(|mention| mention.role == role && mention.root == root);
            if !known {
                mentions.push(Mention {
                    role,
                    with: with.clone(),
                    why: explain::mention(role, form, with, &root, link.rows, &link.source),
                    root,
                    source: link.source.clone(),
                    rows: link.rows,
                });
            }
        }
    }
    let aliases = alias_lines(world, world.calls_of(query).map(|(index, _)| index));
    for line in &aliases {
        if let (Verdict::Refused(_), Some(alias)) = (line.verdict, &line.alias) {
            let with = line.target.clone().unwrap_or_else(|| alias.clone());
            let root = world.root_of(&with).clone();
            let role = if line.target.is_none() { "alias without a target" } else { "refused alias" };
            mentions.push(Mention { role, with, root, why: line.why.clone(), source: line.source.clone(), rows: 1 });
        }
    }
    if mentions.is_empty() && aliases.is_empty() {
        return None;
    }
    mentions.sort_by(|a, b| (a.role, a.source.rank, a.source.line).cmp(&(b.role, b.source.rank, b.source.line)));
    Some(Journey {
        query: query.clone(),
        rules: &Legacy,
        as_of: None,
        root: None,
        ids: vec![],
        aliases,
        steps: vec![],
        orphans: vec![],
        points: vec![],
        mentions,
        orphan_of: vec![],
        neighbours: vec![],
        notes: [explain::no_rows(query)].into_iter().chain(alike(facts).iter().map(explain::alike)).collect(),
        alike: alike(facts),
        exported: None,
        findings: vec![],
        cuts: facts.cuts.clone(),
        profiles: vec![],
        names: std::collections::BTreeMap::new(),
    })
}

fn role_of_a(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Identify => "identified id",
        LinkKind::UserDevice => "user",
        LinkKind::Merge => "merged id",
        LinkKind::IdDevice | LinkKind::IdUser | LinkKind::Previous | LinkKind::PersistedDevice => "id",
    }
}

fn role_of_b(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Identify => "anonymous id",
        LinkKind::UserDevice | LinkKind::IdDevice | LinkKind::PersistedDevice => "device",
        LinkKind::IdUser => "user",
        LinkKind::Previous => "previous id",
        LinkKind::Merge => "merged id",
    }
}
