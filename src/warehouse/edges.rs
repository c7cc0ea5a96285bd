//! Alias calls and links of ids, in one question: a round trip is what costs.

use std::collections::HashMap;

use super::tables::{CALLS_BY_ALIAS, CALLS_BY_TARGET, LINKS_BY_A, LINKS_BY_B};
use super::wire::{Answer, CutOff};
use crate::inspect::{Ask, Edges};
use crate::model::facts::{AliasCall, Link, Source};
use crate::model::{Flags, Id, LinkKind, Millis};

/// What an edge is of the id that was asked for; the first number of its record.
mod tag {
    pub(super) const CALL_OF: u8 = 0;
    pub(super) const CALL_TO: u8 = 1;
    pub(super) const LINK_A: u8 = 2;
    pub(super) const LINK_B: u8 = 3;
}

/// The question for the edges of the ids in `list`, which are literals; `None` where none are wanted.
/// `facts` is the load that counts, `rank` the place of a file among all files, in SQL.
///
/// Constants are made columns: old servers cannot join what one part has as a constant with what
/// another part has not.
pub(super) fn question(list: &str, ask: Ask, facts: u64, rank: &str) -> Option<String> {
    let order = format!("arrived, {rank}, line");
    let calls = |tag: u8, key: &str, table: &str, n: usize| {
        format!(
            "SELECT materialize(toUInt8({tag})) AS tag, {key} AS k, alias AS a, target AS b, \
             materialize(toUInt8(0)) AS kind, materialize(toInt64(0)) AS na, materialize(toInt64(0)) AS nb, \
             materialize(toUInt64(0)) AS rows, time, arrived, file, line, row, flags, from_table FROM {table} \
             WHERE {key} IN ({list}) AND load = {facts} ORDER BY {order}, row LIMIT {n} BY k"
        )
    };
    let links = |tag: u8, key: &str, table: &str, n: usize| {
        // A link of an id with itself is in both tables.
        let once = if tag == tag::LINK_B { " AND a != b" } else { "" };
        format!(
            "SELECT materialize(toUInt8({tag})) AS tag, {key} AS k, a, b, kind, na, nb, rows, time, arrived, file, line, \
             nth AS row, materialize(toUInt32(0)) AS flags, materialize(toUInt8(0)) AS from_table FROM {table} \
             WHERE {key} IN ({list}) AND load = {facts}{once} ORDER BY {order}, nth, kind, na, nb LIMIT {n} BY k"
        )
    };
    let mut parts = Vec::new();
    if ask.calls_of > 0 {
        parts.push(calls(tag::CALL_OF, "alias", CALLS_BY_ALIAS, ask.calls_of));
    }
    if ask.calls_to > 0 {
        parts.push(calls(tag::CALL_TO, "target", CALLS_BY_TARGET, ask.calls_to));
    }
    if ask.links > 0 {
        parts.push(links(tag::LINK_A, "a", LINKS_BY_A, ask.links));
        parts.push(links(tag::LINK_B, "b", LINKS_BY_B, ask.links));
    }
    let parts: Vec<String> = parts.into_iter().map(|part| format!("SELECT * FROM ({part})")).collect();
    (!parts.is_empty()).then(|| format!("{} FORMAT RowBinary", parts.join(" UNION ALL ")))
}

/// One record of the answer, of whichever table.
pub(super) struct Edge {
    tag: u8,
    /// The id that was asked for.
    pub(super) of: Id,
    kind: u8,
    a: Option<Id>,
    b: Option<Id>,
    /// Of a link the numbers of its ids in the store that it was loaded from.
    numbers: (i64, i64),
    rows: u64,
    time: Millis,
    arrived: Millis,
    /// Its file and line.
    pub(super) place: (i64, u64),
    /// Of a call its row, of a link its place in the line.
    row: i64,
    flags: u32,
    from_table: bool,
}

impl Edge {
    pub(super) fn read(answer: &mut Answer<'_>) -> Result<Self, CutOff> {
        Ok(Self {
            tag: answer.u8()?,
            of: Id::new(&answer.text()?),
            a: answer.id()?,
            b: answer.id()?,
            kind: answer.u8()?,
            numbers: (answer.i64()?, answer.i64()?),
            rows: answer.u64()?,
            time: answer.i64()?,
            arrived: answer.i64()?,
            place: (answer.i64()?, answer.u64()?),
            row: answer.i64()?,
            flags: answer.u32()?,
            from_table: answer.u8()? != 0,
        })
    }
}

/// The edges of each id, in order of arrival; a link of an unknown kind is given back as the error.
pub(super) fn sorted(edges: Vec<(Edge, Source)>, ask: Ask) -> Result<HashMap<Id, Edges>, u8> {
    let mut edges = edges;
    edges.sort_by_key(|(edge, source)| (edge.arrived, source.rank, source.line, edge.row, edge.kind, edge.numbers));
    let mut by_id: HashMap<Id, Edges> = HashMap::new();
    for (edge, source) in edges {
        let Edge { tag, of, kind, a, b, rows, time, arrived, row, flags, from_table, .. } = edge;
        let found = by_id.entry(of).or_default();
        match tag {
            tag::CALL_OF | tag::CALL_TO => {
                let calls = if tag == tag::CALL_OF { &mut found.calls_of } else { &mut found.calls_to };
                calls.push(AliasCall {
                    row,
                    alias: a,
                    target: b,
                    time,
                    arrived,
                    flags: Flags(flags),
                    source,
                    from_table,
                });
            }
            _ => {
                let known = LinkKind::from_number(i64::from(kind)).zip(a.zip(b));
                let (kind, (a, b)) = known.ok_or(kind)?;
                if found.links.len() < ask.links {
                    found.links.push(Link { kind, a, b, rows, time, arrived, source });
                }
            }
        }
    }
    Ok(by_id)
}
