//! Facts from rows in memory, without a store.
//!
//! What a store gives back for rows that were imported into it, for those who have the rows at
//! hand and no store: a player of scenarios, and tests of the engine. Nothing is gathered: the
//! facts hold every row.
//!
//! Cost: one pass over the rows, and a tree of their links.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::identity::Facts;
use crate::model::facts::{AliasCall, Event, Link, MIXPANEL, Origin, Sender, Source};
use crate::model::{Flags, Id, LinkKind, Row, Verb};

/// Every fact of the rows of some files, which are given in order of their names.
///
/// Rows are numbered from 1 in the order given. A row that does not say when it arrived gets the
/// latest arrival, or time, of the rows before it in its file, as at an import.
pub fn facts_of(files: &[(&str, &[Row])]) -> Facts {
    let mut facts = Facts::default();
    let mut links: BTreeMap<(LinkKind, Id, Id), Link> = BTreeMap::new();
    let mut number = 0;
    for (rank, (name, rows)) in (0..).zip(files) {
        let origin = Arc::new(Origin { file: Arc::from(*name), vendor: MIXPANEL.into(), rank });
        let mut latest = i64::MIN;
        for row in *rows {
            number += 1;
            let source = Source { origin: Arc::clone(&origin), line: row.line };
            latest = latest.max(row.arrival.unwrap_or(row.time));
            let arrived = row.arrival.unwrap_or(latest);
            let mut flags = row.flags;
            if row.arrival.is_none() {
                flags.set(Flags::ARRIVAL_UNKNOWN);
            }
            if row.insert_id.is_some() {
                flags.set(Flags::HAS_INSERT_ID);
            }
            facts.events.push(Arc::new(event(row, number, arrived, flags, &source)));
            facts.calls.extend(call(row, number, arrived, flags, &source));
            for (kind, a, b) in row.links() {
                let link = links.entry((kind, a.clone(), b.clone())).or_insert_with(|| Link {
                    kind,
                    a,
                    b,
                    rows: 0,
                    time: row.time,
                    arrived,
                    source: source.clone(),
                });
                link.rows += 1;
                if (arrived, source.rank, source.line) < (link.arrived, link.source.rank, link.source.line) {
                    (link.time, link.arrived, link.source) = (row.time, arrived, source.clone());
                }
            }
        }
    }
    facts.links = links.into_values().collect();
    facts
}

fn event(row: &Row, number: i64, arrived: i64, flags: Flags, source: &Source) -> Event {
    let other = match &row.verb {
        Verb::Alias { alias, .. } => alias.clone(),
        Verb::Identify { anon, .. } => anon.clone(),
        _ => None,
    };
    Event {
        row: number,
        event: Arc::from(row.event.as_str()),
        time: row.time,
        arrived,
        hash: hash(row),
        source: source.clone(),
        sender: Arc::new(Sender {
            id: row.id.clone(),
            device: row.device.clone(),
            user: row.user.clone(),
            other,
            client: row.client.clone(),
            flags,
            verb: row.verb.kind(),
        }),
    }
}

fn call(row: &Row, number: i64, arrived: i64, flags: Flags, source: &Source) -> Option<AliasCall> {
    let Verb::Alias { alias, target, .. } = &row.verb else { return None };
    Some(AliasCall {
        row: number,
        alias: alias.clone(),
        target: target.clone(),
        time: row.time,
        arrived,
        flags,
        source: source.clone(),
        from_table: false,
    })
}

/// Equal for what is one delivery: the key with `$insert_id`, else everything but the line.
fn hash(row: &Row) -> i64 {
    let mut hasher = DefaultHasher::new();
    (&row.event, &row.id, row.time).hash(&mut hasher);
    if let Some(insert_id) = &row.insert_id {
        insert_id.hash(&mut hasher);
    } else {
        (row.arrival, &row.device, &row.user, format!("{:?}", row.verb)).hash(&mut hasher);
        (&row.client, &row.previous, &row.properties).hash(&mut hasher);
    }
    hasher.finish().cast_signed()
}
