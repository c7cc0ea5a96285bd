//! From facts to the journey of one user.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::facts::Facts;
use super::super::journey::ruled::{Because, Held};
use super::super::journey::{
    Alike, Evidence, EvidenceKind, Journey, Member, Mention, Neighbour, Orphan, Owner, Phase, Point, PointKind, Reason,
    Role, State, Step, Strength, Verdict,
};
use super::super::legacy::World;
use super::super::prepared::Prepared;
use super::super::rules::of_vendor;
use super::heard::Hearing;
use super::ruled::Verdicts;
use super::system::{Node, Said};
use super::{Merging, explain, exported};
use crate::model::alike::differences;
use crate::model::facts::Place;
use crate::model::text::and;
use crate::model::{Id, Millis};

/// See [`crate::identity::resolve`].
pub(super) fn resolve(rules: &'static Merging, facts: &Facts, query: &Id) -> Option<Journey> {
    let prepared = Prepared::new(facts);
    let world = &prepared.world;
    let hearing = Hearing::of(&prepared, query, rules.begin());
    let mut verdicts = Verdicts::of(rules, &hearing);
    let rows = verdicts.held(&prepared);
    let owners: FxHashSet<Node> = rows.iter().filter_map(|(_, owner)| *owner).collect();
    let Some(root) = verdicts.user(query, |node| owners.contains(&node)) else {
        return mentioned(rules, &verdicts, facts, query);
    };
    let mut maker = Maker { verdicts, world, root };
    let root_id = maker.verdicts.id(root);
    let own_lines = maker.own_lines();
    let at: FxHashMap<usize, usize> = own_lines.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    let aliases: Vec<_> = own_lines.iter().filter_map(|line| maker.verdicts.lines.get(*line).cloned()).collect();
    let mut steps: Vec<Step> = rows
        .iter()
        .filter(|(_, owner)| *owner == Some(root))
        .map(|(held, _)| step(held, &root_id, |line| at.get(&line).copied()))
        .collect();
    let (points, known_from) = maker.points(&steps, &own_lines);
    if let Some(from) = known_from {
        for step in steps.iter_mut().filter(|step| step.event.place() >= from) {
            step.phase = Phase::Identified;
        }
    }
    let orphans = maker.orphans(&rows, &root_id);
    let mut journey = Journey {
        root: Some(root_id.clone()),
        ids: maker.member_rows(&steps),
        aliases,
        steps,
        orphans,
        points,
        orphan_of: maker.orphan_of(),
        neighbours: maker.neighbours(&own_lines),
        alike: alike(facts),
        cuts: facts.cuts.clone(),
        ..Journey::of_nothing(query, rules)
    };
    let compared = exported::compared(&mut maker.verdicts, root, facts, &rows);
    let (recorded, mut said) = compared.map(|found| (found.recorded, found.notes)).unzip();
    said.get_or_insert_default().extend(notes(&journey));
    journey.exported = recorded;
    journey.notes = said.unwrap_or_default();
    Some(journey)
}

/// What no row of these rules shows.
fn notes(journey: &Journey) -> Vec<String> {
    let mut notes: Vec<String> = journey.rules.unknown().iter().map(|text| (*text).to_owned()).collect();
    let vendors: BTreeSet<&str> = journey.steps.iter().map(|step| &*step.event.source.vendor).collect();
    let vendors: Vec<&str> = vendors.into_iter().collect();
    if vendors.iter().all(|vendor| of_vendor(vendor).name() == journey.rules.name()) {
        let name = journey.rules.name();
        notes.push(format!("Rows of {} are judged by the rule set {name} where no other is chosen.", and(&vendors)));
    }
    if journey.steps.iter().any(|step| !step.event.arrival_known()) {
        notes.push(
            "Not every row says when it arrived; for those the order of rows in the file decides which call came first."
                .to_owned(),
        );
    }
    notes
}

fn step(held: &Held, root: &Id, line: impl Fn(usize) -> Option<usize>) -> Step {
    let reason = match held.because {
        Because::Call(at) => line(at).map(|call| Reason::Call { call }),
        Because::Joined(at) => line(at).map(|call| Reason::Through { call, hops: 1 }),
        _ => None,
    };
    Step {
        event: held.event.clone(),
        stored_under: root.clone(),
        state: State::Merged,
        phase: Phase::Anonymous,
        copies: held.copies.clone(),
        reason: reason.unwrap_or(Reason::Own),
    }
}

fn alike(facts: &Facts) -> Vec<Alike> {
    let compared =
        |(of, id): &(Id, Id)| Alike { of: of.clone(), id: id.clone(), differ: differences(of.bare(), id.bare()) };
    facts.alike.iter().map(compared).collect()
}

/// The parts of one journey.
struct Maker<'m, 'a, 'f> {
    verdicts: Verdicts<'a, 'f>,
    world: &'m World<'f>,
    root: Node,
}

impl Maker<'_, '_, '_> {
    fn nodes(&self, line: usize) -> Vec<Node> {
        let Some(said) = self.verdicts.said.get(line) else { return Vec::new() };
        self.verdicts.hearing.system.nodes(*said, &self.verdicts.hearing.ids)
    }

    /// Lines that name an id of the user, in order of arrival.
    fn own_lines(&self) -> Vec<usize> {
        let is_own = |line: &usize| {
            let nodes = self.nodes(*line);
            nodes.iter().any(|node| self.verdicts.leads_to(*node, self.root))
        };
        (0..self.verdicts.lines.len()).filter(is_own).collect()
    }

    /// Whether no id of a user names a person.
    fn is_anonymous(&mut self, user: Node) -> bool {
        if user.is_device() {
            return true;
        }
        let ids = self.verdicts.members(user);
        !ids.iter().any(|id| self.world.is_person(id))
    }

    fn member_rows(&mut self, steps: &[Step]) -> Vec<Member> {
        let mut spans: FxHashMap<Node, (u64, Millis, Millis)> = FxHashMap::default();
        for step in steps {
            let at = step.event.time;
            // Rows write a device with its prefix or without: either is the same node.
            let Some(node) = self.verdicts.sent_under(&step.event) else { continue };
            let span = spans.entry(node).or_insert((0, at, at));
            *span = (span.0 + 1, span.1.min(at), span.2.max(at));
        }
        let nodes = self.verdicts.member_nodes(self.root);
        let member = |node: Node| {
            let id = self.verdicts.id(node);
            let span = spans.get(&node);
            Member {
                role: if node == self.root { Role::Root } else { Role::Alias },
                anonymous: !self.world.is_person(&id),
                events: span.map_or(0, |span| span.0),
                first: span.map(|span| span.1),
                last: span.map(|span| span.2),
                id,
            }
        };
        nodes.into_iter().map(member).collect()
    }

    /// Where the user became known, and the place from which on.
    fn points(&self, steps: &[Step], lines: &[usize]) -> (Vec<Point>, Option<Place>) {
        let mut points: Vec<(Place, Point)> = Vec::new();
        for at in lines {
            let (Some(line), Some(said)) = (self.verdicts.lines.get(*at), self.verdicts.said.get(*at)) else {
                continue;
            };
            let known = [&line.target, &line.alias].into_iter().flatten().find(|id| self.world.is_person(id));
            let Some(id) = known.filter(|_| line.verdict == Verdict::Accepted) else { continue };
            let kind = match said {
                Said::Row(_) => PointKind::Login,
                Said::Identify { .. } => PointKind::Identify,
                Said::Alias { .. } | Said::Merge { .. } => PointKind::Alias,
            };
            let why = explain::point(line, id);
            let (source, row) = (line.source.clone(), line.row);
            let point = Point { kind, id: id.clone(), time: line.time, why, source, row, inferred: false };
            points.push(((line.time, line.arrival()), point));
        }
        points.sort_by_key(|(place, _)| *place);
        let by_row = steps.iter().find(|step| {
            let named = [&step.event.user, &step.event.id].into_iter().flatten();
            named.into_iter().any(|id| self.world.is_person(id))
        });
        let from =
            points.first().map(|(place, _)| *place).into_iter().chain(by_row.map(|step| step.event.place())).min();
        (points.into_iter().map(|(_, point)| point).collect(), from)
    }

    /// Pairs of users that a call without effect names, with its line.
    fn ties(&self) -> Vec<(Node, Node, usize)> {
        let mut ties = Vec::new();
        for (at, line) in self.verdicts.lines.iter().enumerate() {
            let Verdict::Refused(_) = line.verdict else { continue };
            if self.verdicts.said.get(at).is_none_or(|said| said.pair().is_none()) {
                continue;
            }
            if let [one, other] = self.nodes(at).as_slice() {
                let (one, other) = (self.verdicts.name_of(*one), self.verdicts.name_of(*other));
                if one != other {
                    ties.push((one, other, at));
                }
            }
        }
        ties
    }

    /// Rows of anonymous others that a call without effect ties to the user.
    fn orphans(&mut self, rows: &[(Held, Option<Node>)], root: &Id) -> Vec<Orphan> {
        let ties = self.ties();
        let mut found: Vec<Orphan> = Vec::new();
        let mut done = FxHashSet::default();
        for (one, other, _) in &ties {
            let left = if *one == self.root { *other } else { *one };
            let is_own = *one == self.root || *other == self.root;
            if !is_own || !done.insert(left) || !self.is_anonymous(left) || self.is_anonymous(self.root) {
                continue;
            }
            let index = found.len();
            let owned = rows.iter().filter(|(_, owner)| *owner == Some(left));
            let left_id = self.verdicts.id(left);
            let steps: Vec<Step> = owned
                .map(|(held, _)| Step { reason: Reason::Orphaned { orphan: index }, ..step(held, &left_id, |_| None) })
                .collect();
            let owners = self.owners(left, &ties);
            let mine: Vec<Evidence> =
                owners.iter().find(|owner| owner.root == *root).map(|owner| owner.evidence.clone()).unwrap_or_default();
            let (Some(first), false) = (mine.first(), steps.is_empty()) else { continue };
            let suggested =
                owners.iter().find(|owner| owner.suggested).map_or_else(|| root.clone(), |owner| owner.root.clone());
            found.push(Orphan {
                ids: self.verdicts.members(left),
                strength: Strength::Proof,
                contested: owners.len() > 1,
                suggested,
                owners: owners.iter().map(|owner| owner.root.clone()).collect(),
                why: format!("The rows of {} are not {}'s. {}", left_id.as_str(), root.as_str(), first.why),
                id: left_id,
                evidence: mine,
                steps,
            });
        }
        found
    }

    /// The users that calls without effect tie an anonymous one to.
    fn owners(&mut self, left: Node, ties: &[(Node, Node, usize)]) -> Vec<Owner> {
        let mut owners: Vec<Owner> = Vec::new();
        for (one, other, at) in ties {
            let user = match (*one == left, *other == left) {
                (true, false) => *other,
                (false, true) => *one,
                _ => continue,
            };
            let Some(line) = self.verdicts.lines.get(*at).cloned() else { continue };
            if self.is_anonymous(user) {
                continue;
            }
            let root = self.verdicts.id(user);
            let kind = match self.verdicts.said.get(*at) {
                Some(Said::Alias { .. }) => EvidenceKind::RefusedAlias,
                Some(Said::Merge { .. }) => EvidenceKind::PreviousId,
                _ => EvidenceKind::IdentifyEvent,
            };
            let evidence = Evidence { kind, why: line.why, source: line.source, time: line.time, rows: 1 };
            let suggested = owners.is_empty();
            match owners.iter_mut().find(|owner| owner.root == root) {
                Some(owner) => owner.evidence.push(evidence),
                None => owners.push(Owner { root, strength: Strength::Proof, suggested, evidence: vec![evidence] }),
            }
        }
        owners
    }

    fn orphan_of(&mut self) -> Vec<Owner> {
        if !self.is_anonymous(self.root) {
            return Vec::new();
        }
        let ties = self.ties();
        self.owners(self.root, &ties)
    }

    /// Known users that a refused call or a row about a device ties to this one.
    fn neighbours(&mut self, lines: &[usize]) -> Vec<Neighbour> {
        let mut found: Vec<Neighbour> = Vec::new();
        for at in lines {
            let (Some(line), Some(said)) =
                (self.verdicts.lines.get(*at).cloned(), self.verdicts.said.get(*at).copied())
            else {
                continue;
            };
            if !matches!(line.verdict, Verdict::Refused(_)) {
                continue;
            }
            let users: Vec<Node> = self.nodes(*at).iter().map(|node| self.verdicts.name_of(*node)).collect();
            for user in users {
                if user == self.root || self.is_anonymous(user) {
                    continue;
                }
                let root = self.verdicts.id(user);
                if !found.iter().any(|known| known.root == root) {
                    let device = matches!(said, Said::Row(_)).then(|| line.alias.as_ref().map(Id::to_bare)).flatten();
                    let switched = matches!(said, Said::Identify { .. });
                    found.push(Neighbour {
                        root,
                        device,
                        switched,
                        why: line.why.clone(),
                        time: line.time,
                        source: line.source.clone(),
                    });
                }
            }
        }
        found
    }
}

/// The answer for an id that no row belongs to, but that calls or rows name.
fn mentioned(rules: &'static Merging, verdicts: &Verdicts<'_, '_>, facts: &Facts, query: &Id) -> Option<Journey> {
    let forms = [query.clone(), query.other_device_form()];
    let names = |id: &Option<Id>| id.as_ref().is_some_and(|id| forms.contains(id));
    let aliases: Vec<_> =
        verdicts.lines.iter().filter(|line| names(&line.alias) || names(&line.target)).cloned().collect();
    let mut mentions = Vec::new();
    for line in &aliases {
        let with = if names(&line.alias) { &line.target } else { &line.alias };
        let Some(with) = with else { continue };
        let number = verdicts.hearing.ids.known(with);
        let root =
            number.and_then(|number| verdicts.hearing.system.meant(number, &verdicts.hearing.ids).first().copied());
        mentions.push(Mention {
            role: "id of a call",
            with: with.clone(),
            root: root.map_or_else(|| with.clone(), |root| verdicts.hearing.ids.id(root)),
            why: line.why.clone(),
            source: line.source.clone(),
            rows: 1,
        });
    }
    for link in facts.links.iter().filter(|link| forms.contains(&link.a) || forms.contains(&link.b)) {
        let (with, role) = if forms.contains(&link.a) { (&link.b, "user or id") } else { (&link.a, "device or id") };
        if mentions.iter().any(|mention| mention.with == *with) {
            continue;
        }
        let number = verdicts.hearing.ids.known(with);
        let root =
            number.and_then(|number| verdicts.hearing.system.meant(number, &verdicts.hearing.ids).first().copied());
        mentions.push(Mention {
            role,
            with: with.clone(),
            root: root.map_or_else(|| with.clone(), |root| verdicts.hearing.ids.id(root)),
            why: format!("A row names it with {}, which joins nothing here.", with.as_str()),
            source: link.source.clone(),
            rows: link.rows,
        });
    }
    if mentions.is_empty() && aliases.is_empty() {
        return None;
    }
    let notes = vec![explain::no_rows(query)];
    Some(Journey {
        aliases,
        mentions,
        notes,
        alike: alike(facts),
        cuts: facts.cuts.clone(),
        ..Journey::of_nothing(query, rules)
    })
}
