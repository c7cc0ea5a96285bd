//! Which node hangs below which, for the pictures.

use std::collections::HashSet;

use super::{Edge, EdgeKind, Graph, NodeKind};

/// A node in its place.
pub(super) struct Placed<'a> {
    /// Its index.
    pub(super) node: usize,
    /// For each step in: whether a line goes on past this node to a later one.
    pub(super) passed: Vec<bool>,
    /// Whether nothing more hangs below its parent.
    pub(super) last: bool,
    /// Index, in the order of the tree, of what it hangs below.
    pub(super) parent: Option<usize>,
    /// What ties the two.
    pub(super) edges: Vec<&'a Edge>,
}

impl Placed<'_> {
    /// Whether rows really go from it to its parent.
    pub(super) fn joins(&self) -> bool {
        self.edges.iter().any(|edge| edge.kind.joins())
    }
}

/// The root, and below each node what leads to it by an alias, then what was refused and what
/// evidence ties. Each node stands once.
pub(super) fn tree(graph: &Graph) -> Vec<Placed<'_>> {
    let mut placed = Vec::new();
    if graph.nodes.is_empty() {
        return placed;
    }
    let mut placed_nodes = HashSet::from([0]);
    placed.push(Placed { node: 0, passed: vec![], last: true, parent: None, edges: vec![] });
    // A stack and no recursion: a chain can have any length.
    let mut todo: Vec<Placed<'_>> = children(graph, 0, 0, &[false], &mut placed_nodes);
    while let Some(next) = todo.pop() {
        let (node, at) = (next.node, placed.len());
        let passed: Vec<bool> = next.passed.iter().copied().chain([!next.last]).collect();
        placed.push(next);
        todo.extend(children(graph, node, at, &passed, &mut placed_nodes));
    }
    placed
}

/// What hangs below `node`, the first one last.
fn children<'a>(
    graph: &'a Graph,
    node: usize,
    parent: usize,
    passed: &[bool],
    placed_nodes: &mut HashSet<usize>,
) -> Vec<Placed<'a>> {
    let mut children: Vec<(usize, Vec<&'a Edge>)> = Vec::new();
    for edge in &graph.edges {
        let child = match edge.kind {
            EdgeKind::Alias(_) | EdgeKind::Refused(_) | EdgeKind::Evidence(_) if edge.to == node => edge.from,
            // A refused call leads from a known alias to the id that it could not join.
            EdgeKind::Refused(_) | EdgeKind::Evidence(_) if edge.from == node => edge.to,
            _ => continue,
        };
        match children.iter_mut().find(|(known, _)| *known == child) {
            Some((_, edges)) => edges.push(edge),
            None => children.push((child, vec![edge])),
        }
    }
    children.sort_by_key(|(_, edges)| !edges.iter().any(|edge| edge.kind.joins()));
    let mut children: Vec<Placed<'a>> = children
        .into_iter()
        .filter(|(child, _)| placed_nodes.insert(*child))
        .map(|(child, edges)| Placed { node: child, passed: passed.to_vec(), last: false, parent: Some(parent), edges })
        .collect();
    if let Some(last) = children.last_mut() {
        last.last = true;
    }
    children.reverse();
    children
}

/// Nodes of a kind that stand in no tree, each with what is said of it.
pub(super) fn outside<'a>(graph: &'a Graph, tree: &[Placed<'_>], kind: NodeKind) -> Vec<(usize, Vec<&'a Edge>)> {
    let placed_nodes: HashSet<usize> = tree.iter().map(|placed| placed.node).collect();
    graph
        .nodes
        .iter()
        .enumerate()
        .filter(|(at, node)| node.kind == kind && !placed_nodes.contains(at))
        .map(|(at, _)| (at, graph.edges.iter().filter(|edge| edge.to == at || edge.from == at).collect()))
        .collect()
}
