//! The graph for programs.

use std::io::{self, Write};

use serde_json::json;

use super::{EdgeKind, Graph};
use crate::model::time::rfc3339;
use crate::report::json::SCHEMA;

/// Writes the graph as one JSON object: `nodes`, and `edges` that name nodes by their index.
pub fn json(out: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    let nodes: Vec<serde_json::Value> = graph
        .nodes
        .iter()
        .map(|node| {
            json!({
                "id": node.id.as_str(),
                "name": node.name,
                "kind": node.kind.name(),
                "anonymous": node.anonymous,
                "contested": node.contested,
                "events": node.rows,
                "first": node.first.map(rfc3339),
                "last": node.last.map(rfc3339),
            })
        })
        .collect();
    let edges: Vec<serde_json::Value> = graph
        .edges
        .iter()
        .map(|edge| {
            let (since, reason, evidence) = match edge.kind {
                EdgeKind::Alias(since) => (Some(rfc3339(since)), None, None),
                EdgeKind::Refused(refusal) => (None, Some(refusal.name()), None),
                EdgeKind::Evidence(kind) => (None, None, Some(kind)),
                _ => (None, None, None),
            };
            json!({
                "from": edge.from,
                "to": edge.to,
                "kind": edge.kind.name(),
                "since": since,
                "reason": reason,
                "evidence": evidence.map(crate::identity::EvidenceKind::name),
                "strength": evidence.map(|kind| kind.strength().name()),
                "why": edge.why,
                "source": edge.source.as_ref().map(|source| json!({"file": &*source.file, "line": source.line})),
            })
        })
        .collect();
    let graph = json!({
        "schema": SCHEMA,
        "query": graph.query.as_str(),
        "as_of": graph.as_of.map(|moment| rfc3339(moment.at)),
        "nodes": nodes,
        "edges": edges,
        "cuts": graph.cuts,
    });
    serde_json::to_writer(&mut *out, &graph)?;
    out.write_all(b"\n")
}
