//! The graph in the language of Graphviz: `journey graph ID --format dot | dot -Tsvg`.

use std::io::{self, Write};

use super::{Edge, EdgeKind, Graph, Node, NodeKind};
use crate::model::time::rfc3339;
use crate::report::look::{Look, many};

/// Columns of an id in a box.
const ID: usize = 48;

/// Writes the graph as DOT. An edge that does not join is dashed and says why.
pub fn dot(out: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    let look = Look::default();
    writeln!(out, "digraph journey {{")?;
    writeln!(out, "  rankdir=LR; label={}; labelloc=t;", quoted(&title(graph, &look)))?;
    writeln!(out, "  node [fontname=\"Helvetica\", fontsize=11]; edge [fontname=\"Helvetica\", fontsize=9];")?;
    for (at, node) in graph.nodes.iter().enumerate() {
        writeln!(out, "  n{at} [label={}, {}];", quoted(&label(node, &look)), shape(node.kind))?;
    }
    for edge in &graph.edges {
        writeln!(out, "  n{} -> n{} [label={}, {}];", edge.from, edge.to, quoted(&words(edge)), line(edge.kind))?;
    }
    writeln!(out, "}}")
}

fn title(graph: &Graph, look: &Look) -> String {
    let as_of = graph.as_of.map_or_else(String::new, |moment| format!(", as of {}", rfc3339(moment.at)));
    format!("ids of {}{as_of}", look.id(graph.query.as_str(), ID))
}

fn label(node: &Node, look: &Look) -> String {
    let mut what = node.kind.name().to_owned();
    if node.contested {
        what.push_str(", contested");
    }
    if let Some(rows) = node.rows {
        what.push_str(", ");
        what.push_str(&many(usize::try_from(rows).unwrap_or(usize::MAX), "row"));
    }
    format!("{}\n{what}", look.id(node.id.as_str(), ID))
}

fn words(edge: &Edge) -> String {
    match edge.kind {
        EdgeKind::Alias(since) => format!("alias since\n{}", rfc3339(since)),
        kind => kind.words(),
    }
}

fn shape(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Root => "shape=box, peripheries=2",
        NodeKind::Alias => "shape=box",
        NodeKind::Orphan | NodeKind::OrphanAlias => "shape=box, style=dashed",
        NodeKind::User => "shape=ellipse",
        NodeKind::Device => "shape=hexagon",
        NodeKind::Named => "shape=plaintext",
    }
}

fn line(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Alias(_) => "style=solid, penwidth=2",
        EdgeKind::Duplicate => "style=solid, color=gray40",
        // A bar where an arrow would be: nothing goes this way.
        EdgeKind::Refused(_) => "style=dashed, arrowhead=tee, color=firebrick",
        EdgeKind::Evidence(_) => "style=dotted, arrowhead=odot",
        EdgeKind::Device => "style=solid, arrowhead=none, color=gray60",
        EdgeKind::Neighbour | EdgeKind::Named => "style=dotted, arrowhead=none",
    }
}

/// A quoted string of DOT: clean text in which only quotes and backslashes need care.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
