//! What the owner of a table of events can run so that ids are found faster.

use super::edges::{IDS, NAMED};
use super::{Columns, OwnEvents};
use crate::inspect::Error;
use crate::model::row::CREATE_ALIAS;
use crate::warehouse::wire::{literal, literals};

/// The properties in which rows of Mixpanel name other ids, each as one text or number.
const KEYS: [&str; 10] = [
    "$device_id",
    "$user_id",
    "alias",
    "original",
    "$identified_id",
    "$anon_id",
    "$anon_distinct_id",
    "$distinct_id_before_identity",
    "$preshuffle_distinct_id",
    "mp_original_distinct_id",
];
/// The property that has a list of them.
const LIST: &str = "$distinct_ids";
/// The first version that has the functions for JSON, and sums that are kept as numbers.
const JSON_SINCE: u32 = 20;
/// The first version with an index for parts of texts.
const TEXT_INDEX_SINCE: u32 = 26;

/// What makes tables next to the events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnDdl {
    /// The statements, in their order.
    pub statements: Vec<String>,
    /// The settings that name the tables, a line each.
    pub settings: Vec<String>,
    /// Whether tables of the ids that rows name are among them. They are not where the server is too old to read ids
    /// from JSON and the settings name no columns with ids.
    pub has_named: bool,
}

/// A table, the view that fills it from rows to come, and the statement that fills it from those that are there.
struct Filled<'a> {
    name: &'a str,
    columns: String,
    engine: &'a str,
    key: &'a str,
    select: String,
}

impl Filled<'_> {
    fn statements(&self, statements: &mut Vec<String>) {
        let Self { name, columns, engine, key, select } = self;
        statements.push(format!(
            "CREATE TABLE IF NOT EXISTS {name} ({columns}) ENGINE = {engine} PARTITION BY tuple() ORDER BY ({key}) SETTINGS index_granularity = 1024"
        ));
        statements.push(format!("CREATE MATERIALIZED VIEW IF NOT EXISTS {name}_fill TO {name} AS {select}"));
        statements.push(format!("INSERT INTO {name} {select}"));
    }
}

impl OwnEvents {
    /// What makes tables next to the events.
    ///
    /// # Errors
    /// As of [`OwnEvents::naming`].
    pub fn ddl(&self) -> Result<OwnDdl, Error> {
        let Columns { id, time, arrived, event, properties, row, .. } = &self.columns;
        let events = &self.table.table;
        let (mut statements, mut settings) = (Vec::new(), Vec::new());
        let key = self.sorting_key()?;
        if !self.is_sorted_by_id(&key) {
            Filled {
                name: "journey_own_events",
                columns: "journey_id String, journey_time Int64, journey_arrived Int64, journey_event String, \
                          journey_properties String, journey_row UInt64"
                    .to_owned(),
                engine: "MergeTree()",
                key: "journey_id, journey_time",
                select: format!(
                    "SELECT {id} AS journey_id, {time} AS journey_time, {arrived} AS journey_arrived, {event} AS journey_event, \
                     {properties} AS journey_properties, {row} AS journey_row FROM {events}"
                ),
            }
            .statements(&mut statements);
            let columns = ["id", "time", "event", "properties", "arrived", "row"];
            settings.push("[warehouse.events]".to_owned());
            settings.push("table = \"journey_own_events\"".to_owned());
            settings.extend(columns.map(|name| format!("{name} = \"journey_{name}\"")));
        }
        settings.push("[warehouse.edges]".to_owned());
        let list = |columns: &[(&str, &str)]| {
            columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect::<Vec<_>>().join(", ")
        };
        let named = self.all_named();
        let has_named = named.is_some();
        if let Some(named) = named {
            let calls = literal(CREATE_ALIAS);
            for (table, of) in [("alias_calls", "="), ("links", "!=")] {
                let name = format!("journey_own_{table}");
                Filled {
                    name: &name,
                    columns: list(&NAMED),
                    engine: "MergeTree()",
                    key: "journey_named, journey_id, journey_time",
                    select: format!(
                        "SELECT journey_named, {id} AS journey_id, {time} AS journey_time FROM {events} \
                         ARRAY JOIN {named} AS journey_named WHERE {event} {of} {calls}"
                    ),
                }
                .statements(&mut statements);
                settings.push(format!("{table} = \"{name}\""));
                self.index("journey_named", &name, &mut statements);
            }
        }
        let (columns, engine) = if self.major() >= JSON_SINCE {
            let kept = |(name, kind): (&str, &str), sum: &str| format!("{name} SimpleAggregateFunction({sum}, {kind})");
            let [id, rows, first, last] = IDS;
            let columns = [format!("{} {}", id.0, id.1), kept(rows, "sum"), kept(first, "min"), kept(last, "max")];
            (columns.join(", "), "AggregatingMergeTree()")
        } else {
            (list(&IDS), "MergeTree()")
        };
        Filled {
            name: "journey_own_ids",
            columns,
            engine,
            key: "journey_id",
            select: format!(
                "SELECT {id} AS journey_id, count() AS journey_rows, min({time}) AS journey_first, max({time}) AS journey_last \
                 FROM {events} WHERE {id} != '' GROUP BY {id}"
            ),
        }
        .statements(&mut statements);
        self.index("journey_id", "journey_own_ids", &mut statements);
        settings.push("ids = \"journey_own_ids\"".to_owned());
        Ok(OwnDdl { statements, settings, has_named })
    }

    /// Whether the rows of an id are found by the order of a table.
    pub fn is_sorted_by_id(&self, key: &str) -> bool {
        let first = key.split(',').next().unwrap_or_default().trim();
        !first.is_empty() && self.table.id.contains(first)
    }

    fn index(&self, column: &str, table: &str, statements: &mut Vec<String>) {
        if self.major() >= TEXT_INDEX_SINCE {
            // Before the rows that are there, so that they are indexed too.
            let at = statements.len().saturating_sub(1);
            statements.insert(
                at,
                format!(
                    "ALTER TABLE {table} ADD INDEX IF NOT EXISTS parts lower({column}) TYPE text(tokenizer = ngrams(3)) GRANULARITY 64"
                ),
            );
        }
    }

    /// The list of all other ids that a row names, in SQL.
    fn all_named(&self) -> Option<String> {
        let id = &self.columns.id;
        Some(format!("arrayDistinct(arrayFilter(x -> x != '' AND x != {id}, {}))", self.named_lists()?))
    }

    /// The same, perhaps with empty texts, the id of the row and some ids twice.
    pub(super) fn named_lists(&self) -> Option<String> {
        let Columns { properties, named, .. } = &self.columns;
        let lists = if !named.is_empty() {
            named.iter().map(super::columns::Named::as_list).collect()
        } else if self.major() >= JSON_SINCE {
            let one = format!(
                "arrayMap(k -> multiIf(JSONType({properties}, k) = 'String', JSONExtractString({properties}, k), \
                 JSONType({properties}, k) IN ('Null', 'Object', 'Array'), '', JSONExtractRaw({properties}, k)), [{}])",
                literals(KEYS)
            );
            vec![one, format!("JSONExtract({properties}, {}, 'Array(String)')", literal(LIST))]
        } else {
            return None;
        };
        Some(format!("arrayConcat({})", lists.join(", ")))
    }
}
