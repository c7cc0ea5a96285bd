//! The ids of a user as a graph: which leads to which, what was refused, what no alias joins.
//!
//! [`Graph::of`] makes nodes and edges from a journey; `text` draws them as a tree,
//! [`dot`] writes them for Graphviz, [`svg`] as a picture of its own, [`json`] for programs.
//! Nothing in an id can act in any of them.

mod dot;
mod json;
mod svg;
mod text;
mod tree;

pub use dot::dot;
pub use json::json;
pub use svg::svg;
pub use text::{Row, rows, text};

use std::collections::HashMap;

use crate::identity::register::Register;
use crate::identity::{EvidenceKind, Journey, Refusal, Role, Strength, Verdict};
use crate::model::facts::{Arrival, Source};
use crate::model::{Id, Millis};
use crate::report::look::many;

/// The ids of a journey and what is between them.
#[derive(Clone, Debug)]
pub struct Graph {
    /// What was asked for.
    pub query: Id,
    /// The moment whose state it is.
    pub as_of: Option<Arrival>,
    /// Each id once, the root first.
    pub nodes: Vec<Node>,
    /// From the id that leads to the one that it leads to.
    pub edges: Vec<Edge>,
    /// What was cut off while gathering, as sentences.
    pub cuts: Vec<String>,
}

/// One id.
#[derive(Clone, Debug)]
pub struct Node {
    /// The id; for a device without its prefix.
    pub id: Id,
    /// The best name known of the person, where the id stands for one.
    pub name: Option<String>,
    /// What it is to the user.
    pub kind: NodeKind,
    /// Whether nothing shows that it names a known person.
    pub anonymous: bool,
    /// Rows sent under it; `None` where they were not counted.
    pub rows: Option<u64>,
    /// Time of the first of them.
    pub first: Option<Millis>,
    /// Time of the last of them.
    pub last: Option<Millis>,
    /// Whether evidence ties it to more than one user.
    pub contested: bool,
}

impl Node {
    /// What it is, in parts: its kind, whether it is known or contested, how many rows.
    fn parts(&self) -> Vec<String> {
        let name = self.name.as_ref().filter(|name| *name != self.id.as_str());
        let mut parts: Vec<String> = name.cloned().into_iter().collect();
        parts.push(self.kind.name().to_owned());
        if matches!(self.kind, NodeKind::Root | NodeKind::Alias) {
            parts.push(if self.anonymous { "anonymous" } else { "known" }.to_owned());
        }
        if self.contested {
            parts.push("contested".to_owned());
        }
        if let Some(rows) = self.rows {
            parts.push(many(usize::try_from(rows).unwrap_or(usize::MAX), "row"));
        }
        parts
    }
}

/// What an id is to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// The id that the data is stored under.
    Root,
    /// An accepted alias.
    Alias,
    /// The root of an orphan.
    Orphan,
    /// An alias that leads to the root of an orphan.
    OrphanAlias,
    /// Another user.
    User,
    /// A device.
    Device,
    /// An id that calls or rows name and that has no rows here.
    Named,
}

impl NodeKind {
    /// The name in JSON and in pictures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Alias => "alias",
            Self::Orphan => "orphan",
            Self::OrphanAlias => "alias of an orphan",
            Self::User => "another user",
            Self::Device => "device",
            Self::Named => "named only",
        }
    }
}

/// What is between two ids.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Index of the node that leads.
    pub from: usize,
    /// Index of the node that it leads to.
    pub to: usize,
    /// How.
    pub kind: EdgeKind,
    /// One sentence.
    pub why: String,
    /// The row that says so.
    pub source: Option<Source>,
}

/// How two ids belong together, or do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    /// A row of the lookup table, since that arrival.
    Alias(Millis),
    /// An alias call that led there already.
    Duplicate,
    /// An alias call without effect.
    Refused(Refusal),
    /// Evidence, which joins nothing.
    Evidence(EvidenceKind),
    /// Rows of the id name the device.
    Device,
    /// Another user of the device.
    Neighbour,
    /// A row names the one with the other.
    Named,
}

impl EdgeKind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alias(_) => "alias",
            Self::Duplicate => "duplicate",
            Self::Refused(_) => "refused",
            Self::Evidence(_) => "evidence",
            Self::Device => "device",
            Self::Neighbour => "neighbour",
            Self::Named => "named",
        }
    }

    /// What a picture says of it, without the times.
    pub fn words(self) -> String {
        match self {
            Self::Alias(_) => "alias".to_owned(),
            Self::Duplicate => "duplicate call".to_owned(),
            Self::Refused(refusal) => format!("refused: {}", refusal.name().replace('_', " ")),
            Self::Evidence(kind) => {
                let strength = match kind.strength() {
                    Strength::Proof => "proof",
                    Strength::Strong => "strong",
                    Strength::Weak => "weak hint",
                };
                format!("{strength}: {}", kind.name().replace('_', " "))
            }
            Self::Device => "device".to_owned(),
            Self::Neighbour => "also used by".to_owned(),
            Self::Named => "named with".to_owned(),
        }
    }

    /// Whether rows really go this way.
    pub fn joins(self) -> bool {
        matches!(self, Self::Alias(_))
    }
}

/// Nodes and edges while they are put together.
struct Making {
    graph: Graph,
    /// Devices have names of their own: one may be written as an id is.
    known: HashMap<(bool, Id), usize>,
}

impl Making {
    fn node(&mut self, id: &Id, kind: NodeKind) -> usize {
        let key = (kind == NodeKind::Device, id.clone());
        if let Some(at) = self.known.get(&key) {
            return *at;
        }
        let at = self.graph.nodes.len();
        let node = Node {
            id: id.clone(),
            name: None,
            kind,
            anonymous: false,
            rows: None,
            first: None,
            last: None,
            contested: false,
        };
        self.graph.nodes.push(node);
        self.known.insert(key, at);
        at
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.graph.nodes.get_mut(at) {
            change(node);
        }
    }

    fn edge(&mut self, from: usize, to: usize, kind: EdgeKind, why: &str, source: Option<&Source>) {
        let known =
            |edge: &Edge| edge.from == from && edge.to == to && edge.kind == kind && edge.source.as_ref() == source;
        if from != to && !self.graph.edges.iter().any(known) {
            self.graph.edges.push(Edge { from, to, kind, why: why.to_owned(), source: source.cloned() });
        }
    }
}

impl Graph {
    /// The graph of a journey.
    pub fn of(journey: &Journey, register: &Register) -> Self {
        let graph = Self {
            query: journey.query.clone(),
            as_of: journey.as_of,
            nodes: vec![],
            edges: vec![],
            cuts: journey.cuts.iter().map(|cut| cut.what.clone()).collect(),
        };
        let mut making = Making { graph, known: HashMap::new() };
        let query = match &journey.root {
            Some(root) => making.node(root, NodeKind::Root),
            None => making.node(&journey.query, NodeKind::Named),
        };
        for member in &journey.ids {
            let kind = if member.role == Role::Root { NodeKind::Root } else { NodeKind::Alias };
            let at = making.node(&member.id, kind);
            making.change(at, |node| {
                node.anonymous = member.anonymous;
                (node.rows, node.first, node.last) = (Some(member.events), member.first, member.last);
            });
        }
        orphans(&mut making, journey);
        calls(&mut making, journey);
        for orphan in &journey.orphans {
            let Some(at) = making.known.get(&(false, orphan.id.clone())).copied() else { continue };
            // The refused call itself is in the picture.
            let other = orphan.evidence.iter().filter(|evidence| !of_call(evidence.kind));
            for evidence in other {
                making.edge(at, query, EdgeKind::Evidence(evidence.kind), &evidence.why, Some(&evidence.source));
            }
            for owner in orphan.owners.iter().filter(|owner| Some(*owner) != journey.root.as_ref()) {
                let owner = making.node(owner, NodeKind::User);
                if let Some(best) = orphan.evidence.first() {
                    making.edge(at, owner, EdgeKind::Evidence(best.kind), &orphan.why, None);
                }
            }
        }
        for owner in &journey.orphan_of {
            let to = making.node(&owner.root, NodeKind::User);
            for evidence in &owner.evidence {
                making.edge(query, to, EdgeKind::Evidence(evidence.kind), &evidence.why, Some(&evidence.source));
            }
        }
        devices(&mut making, journey, register);
        for mention in &journey.mentions {
            let with = making.node(&mention.with, NodeKind::User);
            making.edge(query, with, EdgeKind::Named, &mention.why, Some(&mention.source));
        }
        for node in &mut making.graph.nodes {
            node.name = match node.kind {
                NodeKind::Root if journey.root.is_some() => journey.name(),
                NodeKind::User => journey.names.get(&node.id).cloned(),
                _ => None,
            };
        }
        making.graph
    }
}

fn of_call(kind: EvidenceKind) -> bool {
    matches!(kind, EvidenceKind::RefusedAlias | EvidenceKind::ServerAlias)
}

fn orphans(making: &mut Making, journey: &Journey) {
    for orphan in &journey.orphans {
        let root = making.node(&orphan.id, NodeKind::Orphan);
        making.change(root, |node| node.contested = orphan.contested);
        for id in &orphan.ids {
            let at = if *id == orphan.id { root } else { making.node(id, NodeKind::OrphanAlias) };
            let mut times =
                orphan.steps.iter().filter(|step| step.event.id.as_ref() == Some(id)).map(|step| step.event.time);
            let first = times.next();
            let rest = times.clone().count() as u64;
            let last = times.next_back().or(first);
            making.change(at, |node| {
                node.anonymous = true;
                (node.rows, node.first, node.last) = (Some(rest + u64::from(first.is_some())), first, last);
            });
        }
    }
}

fn calls(making: &mut Making, journey: &Journey) {
    for line in &journey.aliases {
        let (Some(alias), Some(target)) = (&line.alias, &line.target) else { continue };
        let (from, to) = (making.node(alias, NodeKind::Named), making.node(target, NodeKind::Named));
        let kind = match line.verdict {
            Verdict::Accepted => EdgeKind::Alias(line.order),
            Verdict::Duplicate => EdgeKind::Duplicate,
            Verdict::Refused(refusal) => EdgeKind::Refused(refusal),
        };
        making.edge(from, to, kind, &line.why, Some(&line.source));
    }
}

fn devices(making: &mut Making, journey: &Journey, register: &Register) {
    for device in &register.devices {
        let at = making.node(&device.id, NodeKind::Device);
        making.change(at, |node| {
            node.rows = Some(device.rows + device.orphaned);
            (node.first, node.last) = (Some(device.first), Some(device.last));
        });
        for id in &device.ids {
            if let Some(user) = making.known.get(&(false, id.clone())).copied() {
                making.edge(user, at, EdgeKind::Device, "Rows of one of them name the other as their device.", None);
            }
        }
    }
    for neighbour in &journey.neighbours {
        let shared = match (&neighbour.device, &journey.root) {
            (Some(device), _) => making.node(device, NodeKind::Device),
            // A client that names no device switched from the one to the other.
            (None, Some(root)) => making.node(root, NodeKind::Root),
            (None, None) => continue,
        };
        let user = making.node(&neighbour.root, NodeKind::User);
        making.edge(user, shared, EdgeKind::Neighbour, &neighbour.why, Some(&neighbour.source));
    }
}
