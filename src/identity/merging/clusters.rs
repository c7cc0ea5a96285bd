//! Which nodes a rule set has joined, and what each cluster is called.
//!
//! A node is an id as a number, in one of two spaces where a rule set keeps devices and users
//! separate ([`Node`]). Clusters only grow: rule sets that join ids never take one back.

/// An id as a number, from 1 on; 0 stands for none.
pub type Number = u32;

/// No place in the order of arrival.
const NEVER: u32 = u32::MAX;

/// An id as a rule set holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(u32);

impl Node {
    /// An id by its text, or a user where devices are another space.
    pub fn id(number: Number) -> Self {
        Self(number << 1)
    }

    /// A device. A fault that no test can notice: the last bit of a number that was moved is never set.
    pub fn device(number: Number) -> Self {
        Self(number << 1 | 1)
    }

    /// The number of the id.
    pub fn number(self) -> Number {
        self.0 >> 1
    }

    /// Whether it is a device where those are a space of their own.
    pub fn is_device(self) -> bool {
        self.0 & 1 == 1
    }

    fn at(self) -> usize {
        self.0 as usize
    }
}

/// What decides how a cluster is called: the first id that named a person, else the first id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    named: u32,
    seen: u32,
    node: Node,
}

/// A forest of nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Clusters {
    parents: Vec<Node>,
    sizes: Vec<u32>,
    names: Vec<Name>,
}

impl Clusters {
    /// Notes that a node was there at place `at` in the order of arrival.
    pub(super) fn meet(&mut self, node: Node, at: u32) {
        for new in self.parents.len()..=node.at() {
            let node = Node(u32::try_from(new).unwrap_or(NEVER));
            self.parents.push(node);
            self.sizes.push(1);
            self.names.push(Name { named: NEVER, seen: NEVER, node });
        }
        let top = self.top(node);
        // An id that named a person was seen before.
        if let Some(name) = self.names.get_mut(top.at()).filter(|name| name.seen > at) {
            *name = Name { named: NEVER, seen: at, node };
        }
    }

    /// Notes that a node named a person at place `at`.
    pub(super) fn name(&mut self, node: Node, at: u32) {
        self.meet(node, at);
        let top = self.top(node);
        if let Some(name) = self.names.get_mut(top.at()).filter(|name| name.named > at) {
            *name = Name { named: at, seen: at, node };
        }
    }

    /// The node that stands for the cluster of `node`; it changes when the cluster grows.
    pub(super) fn top(&self, node: Node) -> Node {
        let mut at = node;
        while let Some(up) = self.parents.get(at.at()).copied().filter(|up| *up != at) {
            at = up;
        }
        at
    }

    /// How many nodes the cluster has.
    pub(super) fn size(&self, node: Node) -> u32 {
        self.sizes.get(self.top(node).at()).copied().unwrap_or(1)
    }

    /// Joins the clusters of two nodes that were met; gives the node that stands for both, and
    /// `None` when they were one.
    pub(super) fn join(&mut self, one: Node, other: Node) -> Option<Node> {
        let (one, other) = (self.top(one), self.top(other));
        if one == other {
            return None;
        }
        // The smaller one hangs below the larger one: no way to a top is longer than the logarithm. Which one hangs
        // below decides nothing but the length of ways.
        let (top, below) = if self.size(one) >= self.size(other) { (one, other) } else { (other, one) };
        let size = self.size(one) + self.size(other);
        let below_name = self.names.get(below.at()).copied();
        if let Some(up) = self.parents.get_mut(below.at()) {
            *up = top;
        }
        if let Some(known) = self.sizes.get_mut(top.at()) {
            *known = size;
        }
        if let (Some(name), Some(other)) = (self.names.get_mut(top.at()), below_name) {
            *name = (*name).min(other);
        }
        Some(top)
    }

    /// The node that the cluster of `node` is called by.
    pub(super) fn name_of(&self, node: Node) -> Node {
        self.names.get(self.top(node).at()).map_or(node, |name| name.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_keeps_its_name_when_its_ids_are_met_again_or_named_later() {
        let [a, b, c] = [3, 2, 1].map(Node::id);
        let mut clusters = Clusters::default();
        for (node, at) in [(a, 1), (b, 2), (c, 2)] {
            clusters.meet(node, at);
        }
        clusters.join(b, a);
        clusters.meet(b, 3);
        assert_eq!(clusters.name_of(b), a, "it was there first");
        clusters.join(c, b);
        clusters.meet(c, 1);
        assert_eq!(clusters.name_of(c), a, "the first one stays, also at one place");
        clusters.name(b, 4);
        clusters.name(c, 4);
        clusters.name(a, 5);
        assert_eq!(clusters.name_of(c), b, "the first of those that named a person, also at one place");
        clusters.meet(a, 6);
        assert_eq!((clusters.name_of(a), clusters.size(a)), (b, 3));
    }

    #[test]
    fn a_cluster_is_called_by_the_first_id_that_named_a_person_else_by_the_first_id() {
        let [a, b, c] = [1, 2, 3].map(Node::id);
        let mut clusters = Clusters::default();
        for (node, at) in [(b, 1), (a, 2), (c, 3)] {
            clusters.meet(node, at);
        }
        assert!(clusters.join(a, b).is_some());
        assert_eq!((clusters.name_of(a), clusters.size(b)), (b, 2));
        assert_eq!(clusters.join(b, a), None);
        clusters.name(c, 4);
        clusters.join(c, a);
        clusters.name(b, 5);
        assert_eq!((clusters.name_of(b), clusters.size(a)), (c, 3));
        assert_eq!(clusters.name_of(Node::device(3)), Node::device(3), "a device is another node");
    }
}
