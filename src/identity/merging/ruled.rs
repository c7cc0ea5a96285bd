//! The owner of each row, and every call with what became of it.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::journey::ruled::{Because, Held, Ruled};
use super::super::journey::{AliasLine, Verdict};
use super::super::prepared::Prepared;
use super::heard::{By, Heard, Hearing};
use super::system::{Node, Ruling, Said, Sent};
use super::{Merging, explain};
use crate::model::facts::{Event, Sender};
use crate::model::{Flags, Id};

/// Whose each row of the facts is, and the user that `query` leads to.
pub(super) fn ruled(rules: &'static Merging, prepared: &Prepared<'_>, query: &Id) -> Ruled {
    let hearing = Hearing::of(prepared, query, rules.begin());
    Verdicts::of(rules, &hearing).ruled(rules, prepared, query)
}

/// The owner of a row, the same as an id, and what decided that.
type Decided = (Option<Node>, Option<Id>, Because);

/// What was heard, with the lines that tell of it.
pub(super) struct Verdicts<'a, 'f> {
    rules: &'static Merging,
    pub(super) hearing: &'a Hearing<'f>,
    /// Calls, and rows that join a device or fail to, in order of arrival.
    pub(super) lines: Vec<AliasLine>,
    /// The said of each line.
    pub(super) said: Vec<Said>,
    /// The first line that joined a node to another.
    joined: FxHashMap<Node, usize>,
    /// Lines by the number of their row.
    of_row: FxHashMap<i64, usize>,
    /// Lines of rows that name a device of another user, by what they name.
    conflicts: FxHashMap<(Node, Node), usize>,
    /// Nodes as ids, made once.
    shown: HashMap<Node, Id>,
}

impl<'a, 'f> Verdicts<'a, 'f> {
    pub(super) fn of(rules: &'static Merging, hearing: &'a Hearing<'f>) -> Self {
        let mut verdicts = Self {
            rules,
            hearing,
            lines: Vec::new(),
            said: Vec::new(),
            joined: FxHashMap::default(),
            of_row: FxHashMap::default(),
            conflicts: FxHashMap::default(),
            shown: HashMap::new(),
        };
        for heard in &hearing.heard {
            verdicts.add(heard);
        }
        verdicts
    }

    /// Whether the vendor exports rows under the id that it joined them to.
    pub(super) fn exports_ids(&self) -> bool {
        self.rules.0.exports_ids()
    }

    /// A node as an id.
    pub(super) fn id(&mut self, node: Node) -> Id {
        let ids = &self.hearing.ids;
        self.shown.entry(node).or_insert_with(|| ids.id(node)).clone()
    }

    fn add(&mut self, heard: &Heard<'f>) {
        let hearing = self.hearing;
        let nodes = hearing.system.nodes(heard.said, &hearing.ids);
        if matches!(heard.said, Said::Row(_)) {
            let (Ruling::Joined | Ruling::Refused { .. }, [user, device]) = (heard.ruling, nodes.as_slice()) else {
                return;
            };
            if matches!(heard.ruling, Ruling::Refused { .. }) {
                let next = self.lines.len();
                if *self.conflicts.entry((*user, *device)).or_insert(next) != next {
                    return;
                }
            }
            let (user, device) = (self.id(*user), self.id(*device));
            self.push(heard, Some(device), Some(user), &nodes);
            return;
        }
        let Some((one, other)) = heard.said.pair() else { return };
        let as_said = |number: u32| (number != 0).then(|| hearing.ids.id(Node::id(number)));
        self.push(heard, as_said(one), as_said(other), &nodes);
    }

    fn push(&mut self, heard: &Heard<'f>, alias: Option<Id>, target: Option<Id>, nodes: &[Node]) {
        let at = self.lines.len();
        let (verdict, kept, since) = match heard.ruling {
            Ruling::Joined => (Verdict::Accepted, 0, None),
            Ruling::Same | Ruling::Nothing => (Verdict::Duplicate, 0, None),
            Ruling::Refused { why, kept, since } => (Verdict::Refused(why), kept, since),
        };
        let stood = since.and_then(|since| self.hearing.heard.get(since as usize));
        let (flags, from_table) = match &heard.by {
            By::Row(event) => (event.flags, false),
            By::Call(call) => (call.flags, call.from_table),
            By::Link(_, row) => (if row.is_some() { Flags::default() } else { Flags::ARRIVAL_UNKNOWN }, false),
        };
        let mut line = AliasLine {
            alias,
            target,
            verdict,
            kept: (kept != 0).then(|| self.hearing.ids.id(Node::id(kept))),
            kept_by: stood.map(|stood| stood.by.source().clone()),
            time: heard.by.time(),
            arrived: (!flags.has(Flags::ARRIVAL_UNKNOWN)).then_some(heard.arrival.at),
            order: heard.arrival.at,
            by_original: flags.has(Flags::BY_ORIGINAL),
            from_table,
            source: heard.by.source().clone(),
            row: heard.by.row().unwrap_or(0),
            why: String::new(),
        };
        line.why = explain::call(heard.said, &line);
        if verdict == Verdict::Accepted {
            for node in nodes {
                self.joined.entry(*node).or_insert(at);
            }
        }
        if line.row != 0 {
            self.of_row.entry(line.row).or_insert(at);
        }
        self.lines.push(line);
        self.said.push(heard.said);
    }

    /// Every row once, with its owner as a node, by time, then arrival.
    pub(super) fn held(&mut self, prepared: &Prepared<'_>) -> Vec<(Held, Option<Node>)> {
        let mut rows = Vec::with_capacity(prepared.rows.len());
        // What rows of one sender have in common decides, but where every row is heard.
        let every = self.hearing.system.hears_every_row();
        let mut sent: FxHashMap<*const Sender, Sent> = FxHashMap::default();
        let mut known: FxHashMap<*const Sender, Decided> = FxHashMap::default();
        for (event, copies) in &prepared.rows {
            let sender = Arc::as_ptr(&event.sender);
            let sent = *sent.entry(sender).or_insert_with(|| self.hearing.ids.sent(event));
            let line = self.of_row.get(&event.row).copied();
            let decided = if let Some(decided) = known.get(&sender).filter(|_| line.is_none()) {
                decided.clone()
            } else {
                let (owner, because) = self.because(event, sent, line);
                let decided = (owner, owner.map(|owner| self.id(owner)), because);
                if line.is_none() && !every {
                    known.insert(sender, decided.clone());
                }
                decided
            };
            let (owner, owner_id, because) = decided;
            rows.push((Held { event: Arc::clone(event), copies: copies.clone(), owner: owner_id, because }, owner));
        }
        rows
    }

    fn because(&self, event: &Event, sent: Sent, line: Option<usize>) -> (Option<Node>, Because) {
        let hearing = self.hearing;
        let owner = hearing.system.owner(sent, event.arrival(), &hearing.ids);
        let Some(owner) = owner else { return (None, line.map_or(Because::NoOne, Because::Call)) };
        let nodes = hearing.system.nodes(Said::Row(sent), &hearing.ids);
        let conflict = match nodes.as_slice() {
            [user, device] => self.conflicts.get(&(*user, *device)).copied(),
            _ => None,
        };
        let because = match (line.filter(|at| self.said.get(*at).is_some_and(|said| said.pair().is_some())), conflict) {
            (Some(line), _) => Because::Call(line),
            (None, Some(line)) => Because::Conflict(line),
            (None, None) => match nodes.first() {
                Some(first) if *first == owner => Because::Own,
                Some(first) => self.joined.get(first).map_or(Because::Own, |line| Because::Joined(*line)),
                None => Because::Own,
            },
        };
        (Some(owner), because)
    }

    /// The user that an id leads to: the likeliest of its meanings under which there are rows.
    pub(super) fn user(&self, query: &Id, has_rows: impl Fn(Node) -> bool) -> Option<Node> {
        let hearing = self.hearing;
        let forms = [query.clone(), query.other_device_form()];
        let numbers = forms.iter().filter_map(|form| hearing.ids.known(form));
        let mut meanings = numbers.flat_map(|number| hearing.system.meant(number, &hearing.ids));
        meanings.find(|node| has_rows(*node))
    }

    /// The ids of a user, the root first, then in the order of their first rows and calls.
    pub(super) fn members(&mut self, root: Node) -> Vec<Id> {
        self.member_nodes(root).into_iter().map(|node| self.id(node)).collect()
    }

    /// [`Verdicts::members`] as nodes.
    pub(super) fn member_nodes(&self, root: Node) -> Vec<Node> {
        let hearing = self.hearing;
        let mut nodes = vec![root];
        let mut met: FxHashSet<Node> = nodes.iter().copied().collect();
        for heard in &hearing.heard {
            for node in hearing.system.nodes(heard.said, &hearing.ids) {
                if !met.contains(&node) && self.leads_to(node, root) {
                    met.insert(node);
                    nodes.push(node);
                }
            }
        }
        nodes
    }

    /// The node that a row was sent under, whatever form its ids have.
    pub(super) fn sent_under(&self, event: &Event) -> Option<Node> {
        let hearing = self.hearing;
        hearing.system.nodes(Said::Row(hearing.ids.sent(event)), &hearing.ids).first().copied()
    }

    /// Whether a node belongs to a user.
    pub(super) fn leads_to(&self, node: Node, root: Node) -> bool {
        node == root || self.name_of(node) == root
    }

    /// The user of a node.
    pub(super) fn name_of(&self, node: Node) -> Node {
        let hearing = self.hearing;
        let meant = hearing.system.meant(node.number(), &hearing.ids);
        let found = if node.is_device() { meant.last() } else { meant.first() };
        found.copied().unwrap_or(node)
    }

    fn ruled(mut self, rules: &'static Merging, prepared: &Prepared<'_>, query: &Id) -> Ruled {
        let rows = self.held(prepared);
        let owners: FxHashSet<Node> = rows.iter().filter_map(|(_, owner)| *owner).collect();
        let root = self.user(query, |node| owners.contains(&node));
        let ids = root.map(|root| self.members(root)).unwrap_or_default();
        let root = root.map(|root| self.id(root));
        Ruled { rules, root, ids, aliases: self.lines, rows: rows.into_iter().map(|(held, _)| held).collect() }
    }
}
