//! From facts to one journey.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::super::facts::Facts;
use super::super::journey::{
    AliasLine, Alike, Evidence, Journey, Member, Mention, Neighbour, Orphan, Owner, Phase, Reason, Refusal, Role, Step,
    Strength, Verdict,
};
use super::super::memo::Memo;
use super::super::rules::LEGACY;
use super::case::Case;
use super::explain;
use super::findings;
use super::points::{self, Knows};
use super::rows::{self, Lines};
use super::world::World;
use crate::model::alike::differences;
use crate::model::facts::AliasCall;
use crate::model::{Flags, Id, LinkKind, Millis};

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
        rules: LEGACY,
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
        findings: vec![],
        cuts: facts.cuts.clone(),
        profiles: vec![],
    };
    journey.notes = explain::notes(&journey);
    if world.is_left_out(query) {
        journey.notes.push(explain::left_out(query));
    }
    journey.findings = Case::of_journey(world, &journey).map(|case| findings::find(&case)).unwrap_or_default();
    journey
}

/// The calls that name one of `ids`, with their verdicts, in order of arrival.
pub(super) fn calls_of(world: &World<'_>, ids: &[Id]) -> Vec<AliasLine> {
    let is_told = |call: &AliasCall| call.alias.as_ref().is_none_or(|alias| !world.is_left_out(alias));
    let named = ids.iter().flat_map(|id| world.calls_of(id)).filter(|(_, call)| is_told(call));
    let indexes: BTreeSet<usize> = named.map(|(index, _)| index).collect();
    alias_lines(world, indexes)
}

/// These calls with their verdicts.
fn alias_lines(world: &World<'_>, indexes: impl IntoIterator<Item = usize>) -> Vec<AliasLine> {
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
        line.why = explain::call(&line);
        lines.push(line);
    }
    lines
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
    let candidates = world.candidates_of(root).into_iter().filter(|candidate| world.is_anonymous(candidate));
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

/// The users that the best evidence ties the anonymous `root` to: proof beats a shared device,
/// and of equals the first to arrive is the suggestion.
fn owners(world: &World<'_>, root: &Id) -> Arc<(Strength, Vec<Owner>)> {
    // Each user of a device asks for the same anonymous ids.
    world.owners_once(root, || owners_by_ties(world, root))
}

fn owners_by_ties(world: &World<'_>, root: &Id) -> (Strength, Vec<Owner>) {
    let ties = world.owners_of(root);
    let Some(best) = ties.iter().map(|tie| tie.kind.strength()).max() else { return (Strength::Weak, vec![]) };
    let best_ties = || ties.iter().filter(|tie| tie.kind.strength() == best);
    let earliest = best_ties().min_by_key(|tie| (tie.arrived, tie.source.rank, tie.source.line, tie.kind));
    let mut owners: Vec<Owner> = Vec::new();
    for tie in best_ties() {
        if !owners.iter().any(|owner| owner.root == tie.owner) {
            let evidence: Vec<Evidence> =
                ties.iter().filter(|other| other.owner == tie.owner).map(super::evidence::Tie::to_evidence).collect();
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
        let nobody = named.is_placeholder() || other.is_placeholder();
        (other != root && !nobody && world.is_known(other)).then(|| other.clone())
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
                if !found.iter().any(|neighbour| neighbour.root == other) {
                    found.push(Neighbour {
                        why: explain::neighbour(&other, &link.b, &on_device.source),
                        root: other,
                        device: Some(link.b.clone()),
                        switched: false,
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
            let why = explain::switched(&link.b, &link.a, device.as_ref(), &link.source);
            match known {
                Some(neighbour) => {
                    (neighbour.switched, neighbour.why, neighbour.source) = (true, why, link.source.clone());
                }
                None => {
                    found.push(Neighbour { root: other, device, switched: true, why, source: link.source.clone() });
                }
            }
        }
    }
    found
}

/// The ids that look like one of the user, with what differs.
fn alike(facts: &Facts) -> Vec<Alike> {
    let told =
        |(of, id): &(Id, Id)| Alike { of: of.clone(), id: id.clone(), differ: differences(of.bare(), id.bare()) };
    facts.alike.iter().map(told).collect()
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
            let told = mentions.iter().any(|mention| mention.role == role && mention.root == root);
            if !told {
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
        if let (Verdict::Refused(refusal), Some(alias)) = (line.verdict, &line.alias) {
            let with = line.target.clone().unwrap_or_else(|| alias.clone());
            let root = world.root_of(&with).clone();
            let role = if refusal == Refusal::EMPTY_DISTINCT_ID { "alias without a target" } else { "refused alias" };
            mentions.push(Mention { role, with, root, why: line.why.clone(), source: line.source.clone(), rows: 1 });
        }
    }
    if mentions.is_empty() && aliases.is_empty() {
        return None;
    }
    mentions.sort_by(|a, b| (a.role, a.source.rank, a.source.line).cmp(&(b.role, b.source.rank, b.source.line)));
    Some(Journey {
        query: query.clone(),
        rules: LEGACY,
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
        findings: vec![],
        cuts: facts.cuts.clone(),
        profiles: vec![],
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
