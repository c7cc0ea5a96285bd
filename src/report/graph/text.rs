//! The graph as a tree in text: the root, what leads to it, and what does not.

use std::io::{self, Write};

use super::tree::{self, Placed};
use super::{Edge, EdgeKind, Graph, Node, NodeKind};
use crate::model::text::width;
use crate::report::look::{Class, Look};

/// One line: pieces of clean text, each with what it stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row(pub Vec<(Class, String)>);

impl Row {
    fn with(mut self, class: Class, text: impl Into<String>) -> Self {
        self.0.push((class, text.into()));
        self
    }
}

/// Writes the tree.
pub fn text(out: &mut dyn Write, graph: &Graph, look: &Look) -> io::Result<()> {
    if let Some(moment) = graph.as_of {
        let when = format!("as of {}: only what had arrived by then", look.clock.full(moment.at));
        writeln!(out, "{}", look.paint(Class::Refused, &look.wrap(&when, 0)))?;
    }
    let mark = |class| match (class, look.ascii) {
        (Class::Refused, true) => format!("{}X", look.mark(class)),
        (Class::Refused, false) => format!("{}╳", look.mark(class)),
        _ => look.mark(class).to_string(),
    };
    for Row(pieces) in rows(graph, look, &mark) {
        let line: Vec<String> = pieces.iter().map(|(class, text)| look.paint(*class, text)).collect();
        writeln!(out, "{}", line.concat().trim_end())?;
    }
    for cut in &graph.cuts {
        writeln!(out, "{}", look.wrap(cut, 0))?;
    }
    Ok(())
}

/// The lines of the tree; `mark` gives the sign of what ties a node to the one above it.
pub fn rows(graph: &Graph, look: &Look, mark: &dyn Fn(Class) -> String) -> Vec<Row> {
    let tree = tree::tree(graph);
    let drawing = Drawing { graph, look };
    let mut rows = Vec::new();
    for placed in &tree {
        let Some(node) = graph.nodes.get(placed.node) else { continue };
        if placed.parent.is_none() {
            rows.push(drawing.node(Row::default(), node));
            continue;
        }
        let [pass, gap] = if look.ascii { ["|  ", "   "] } else { ["│  ", "   "] };
        let mut indent: String = placed.passed.iter().skip(1).map(|passed| if *passed { pass } else { gap }).collect();
        let branch = drawing.branch(placed.joins(), placed.last);
        let row = Row::default().with(Class::Faint, format!("{indent}{branch}"));
        let class = class_of(placed.edges.iter().map(|edge| edge.kind));
        rows.push(drawing.node(row.with(class, format!("{} ", mark(class))), node));
        indent.push_str(if placed.last { gap } else { pass });
        for edge in &placed.edges {
            rows.extend(drawing.edge(&format!("{indent}  "), edge));
        }
    }
    drawing.section(&mut rows, &tree, "devices", NodeKind::Device);
    drawing.section(&mut rows, &tree, "other users", NodeKind::User);
    drawing.section(&mut rows, &tree, "named only", NodeKind::Named);
    rows
}

struct Drawing<'a> {
    graph: &'a Graph,
    look: &'a Look,
}

impl Drawing<'_> {
    /// From the line of the parent to a node.
    fn branch(&self, joins: bool, last: bool) -> &'static str {
        match (self.look.ascii, joins, last) {
            (false, true, false) => "├━━",
            (false, true, true) => "└━━",
            (false, false, false) => "├╌╌",
            (false, false, true) => "└╌╌",
            (true, true, false) => "+==",
            (true, true, true) => "`==",
            (true, false, false) => "+--",
            (true, false, true) => "`--",
        }
    }

    fn node(&self, row: Row, node: &Node) -> Row {
        let look = self.look;
        let class = match node.kind {
            NodeKind::Root | NodeKind::Alias => Class::Heading,
            NodeKind::Orphan | NodeKind::OrphanAlias => Class::Orphan,
            _ => Class::Known,
        };
        let mut parts: Vec<String> = node.parts().iter().map(|part| look.cut(part, 40)).collect();
        if let (Some(first), Some(last)) = (node.first, node.last) {
            let (first, last) = (look.clock.date(first), look.clock.date(last));
            parts.push(if first == last { first } else { format!("{first} {} {last}", look.dash()) });
        }
        let id = look.id(node.id.as_str(), look.width.saturating_sub(40).clamp(16, 60));
        row.with(class, id).with(Class::Known, "  ").with(Class::Faint, parts.join(look.dot()))
    }

    /// What ties two nodes, and the place that shows it: on a line of its own where both have no room
    /// on one.
    fn edge(&self, indent: &str, edge: &Edge) -> Vec<Row> {
        let look = self.look;
        let place = edge.source.as_ref().map_or_else(String::new, |source| {
            format!("({})", look.id(&format!("{}:{}", source.file, source.line), 48))
        });
        let name = |at: usize| self.graph.nodes.get(at).map_or_else(String::new, |node| look.id(node.id.as_str(), 40));
        let what = match edge.kind {
            EdgeKind::Alias(since) if since == i64::MIN => format!("alias of {} from the start", name(edge.to)),
            EdgeKind::Alias(since) => format!("alias of {} since {}", name(edge.to), look.clock.second(since)),
            EdgeKind::Refused(_) => {
                format!("{}: alias({}) of {}", edge.kind.words(), name(edge.from), name(edge.to))
            }
            EdgeKind::Evidence(_) => format!("{}, to {}", edge.kind.words(), name(edge.to)),
            kind => kind.words(),
        };
        let class = class_of(std::iter::once(edge.kind));
        let row = |text: String| Row::default().with(Class::Faint, indent).with(class, text);
        if place.is_empty() || width(indent) + width(&what) + 1 + width(&place) <= look.width {
            return vec![row(format!("{what} {place}").trim_end().to_owned())];
        }
        vec![row(what), row(place)]
    }

    /// Nodes that are in no tree, by kind.
    fn section(&self, rows: &mut Vec<Row>, tree: &[Placed<'_>], title: &str, kind: NodeKind) {
        let nodes = tree::outside(self.graph, tree, kind);
        if nodes.is_empty() {
            return;
        }
        rows.push(Row::default());
        rows.push(Row::default().with(Class::Heading, title));
        for (at, edges) in nodes {
            let Some(node) = self.graph.nodes.get(at) else { continue };
            let row = self.node(Row::default().with(Class::Known, "  "), node);
            let said = said(self.graph, at, &edges, self.look);
            let used: usize = row.0.iter().map(|(_, text)| width(text)).sum();
            let said =
                self.look.cut(&format!("{}{said}", self.look.dot()), self.look.width.saturating_sub(used).max(24));
            let row = if edges.is_empty() { row } else { row.with(Class::Faint, said) };
            rows.push(row);
        }
    }
}

/// What the edges of a node next to the tree say: `of 12345, sally`.
pub(super) fn said(graph: &Graph, node: usize, edges: &[&Edge], look: &Look) -> String {
    let said = edges.iter().filter_map(|edge| {
        let other = graph.nodes.get(if edge.to == node { edge.from } else { edge.to })?;
        let words = if edge.kind == EdgeKind::Device { "of".to_owned() } else { edge.kind.words() };
        Some(format!("{words} {}", look.id(other.id.as_str(), 40)))
    });
    said.collect::<Vec<_>>().join(", ")
}

pub(super) fn class_of(kinds: impl Iterator<Item = EdgeKind>) -> Class {
    let mut class = Class::Known;
    for kind in kinds {
        class = match kind {
            EdgeKind::Alias(_) => return Class::Alias,
            EdgeKind::Refused(_) => Class::Refused,
            EdgeKind::Evidence(_) if class != Class::Refused => Class::Orphan,
            _ => class,
        };
    }
    class
}
