//! The tables of a warehouse, in SQL that servers from 18.16 on take.
//!
//! What a question looks for is the beginning of the sort key of its table, so its cost does not
//! grow with the table. Alias calls and links are kept by the component of their ids, so that one
//! question brings all of a user, with those around.

/// How a cluster is laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Name of the cluster in the server's own settings; `None` for one server.
    pub cluster: Option<String>,
    /// Whether the server has the index for parts of texts (26 and newer).
    pub has_text_index: bool,
}

/// One table: its name, its columns, its sort key, rows between two marks of it, and what spreads
/// its rows over shards.
pub(super) struct Table {
    pub(super) name: &'static str,
    columns: &'static str,
    key: &'static str,
    granularity: u32,
    shard: &'static str,
}

pub(super) const ROWS: &str = "journey_rows";
/// Alias calls and links, by the component of their ids ([`super::components`]).
pub(super) const EDGES: &str = "journey_edges";
pub(super) const IDS: &str = "journey_ids";
/// Ids by what they look like ([`crate::model::alike::folded`]).
pub(super) const IDS_BY_LOOK: &str = "journey_ids_by_look";
pub(super) const PROFILES: &str = "journey_profiles";
pub(super) const VALUES: &str = "journey_profile_values";
pub(super) const FILES: &str = "journey_files";
pub(super) const LOADS: &str = "journey_loads";

/// All tables.
pub(super) const TABLES: [Table; 8] = [
    Table {
        name: ROWS,
        columns: "load UInt64, id String, time Int64, arrived Int64, file Int64, line UInt64, row Int64, \
            event String, device String, user String, other String, client String, \
            verb UInt8, hash Int64, flags UInt32, properties String",
        key: "id, time",
        granularity: 1024,
        shard: "cityHash64(id)",
    },
    Table {
        name: EDGES,
        columns: "load UInt64, component UInt64, part UInt8, place UInt64, edge String",
        key: "component, part, place",
        granularity: 256,
        shard: "intHash64(component)",
    },
    Table {
        name: IDS,
        columns: "load UInt64, id String, lower String, component UInt64",
        key: "id",
        granularity: 1024,
        shard: "cityHash64(id)",
    },
    Table {
        name: IDS_BY_LOOK,
        columns: "load UInt64, look String, id String",
        key: "look, id",
        granularity: 256,
        shard: "cityHash64(look)",
    },
    Table {
        name: PROFILES,
        columns: "load UInt64, id String, number Int64, operation String, has_time UInt8, time Int64, \
            has_arrived UInt8, arrived Int64, ignore_alias UInt8, json String, file Int64, line UInt64",
        key: "id, number",
        granularity: 256,
        shard: "cityHash64(id)",
    },
    Table {
        name: VALUES,
        columns: "load UInt64, id String, key String, value String, lower String, number Int64",
        key: "id, key",
        granularity: 1024,
        shard: "cityHash64(id)",
    },
    Table {
        name: FILES,
        columns: "load UInt64, file Int64, rank UInt32, name String, format String, vendor String, timezone String, \
            bytes UInt64, rows UInt64, aliases UInt64, profiles UInt64, rejected UInt64, complete UInt8, incomplete UInt8",
        key: "file",
        granularity: 256,
        shard: "intHash64(file)",
    },
    // The last row that a load writes makes it count.
    Table {
        name: LOADS,
        columns: "load UInt64, number UInt64, kind UInt8, first Int64, last Int64, hash Int64, rows UInt64",
        key: "number",
        granularity: 256,
        shard: "intHash64(number)",
    },
];

/// The columns of each table, with their types.
pub(super) fn columns() -> impl Iterator<Item = (&'static str, Vec<(&'static str, &'static str)>)> {
    TABLES.into_iter().map(|Table { name, columns, .. }| {
        let split = |column: &'static str| column.trim().split_once(' ');
        (name, columns.split(", ").filter_map(split).collect())
    })
}

/// The statements that make the tables, in their order; none changes what is there.
pub fn ddl(layout: &Layout) -> Vec<String> {
    let mut statements = Vec::new();
    for Table { name, columns, key, granularity, shard } in TABLES {
        let (own, on) = match &layout.cluster {
            Some(_) => (
                format!("{name}_local"),
                format!(
                    "Distributed({}, currentDatabase(), {name}_local, {shard})",
                    layout.cluster.as_deref().unwrap_or_default()
                ),
            ),
            None => (name.to_owned(), String::new()),
        };
        statements.push(format!(
            "CREATE TABLE IF NOT EXISTS {own} ({columns}) ENGINE = MergeTree() PARTITION BY tuple() ORDER BY ({key}) \
             SETTINGS index_granularity = {granularity}"
        ));
        if !on.is_empty() {
            statements.push(format!("CREATE TABLE IF NOT EXISTS {name} AS {own} ENGINE = {on}"));
        }
        if layout.has_text_index && (name == IDS || name == VALUES) {
            statements.push(format!(
                "ALTER TABLE {own} ADD INDEX IF NOT EXISTS parts lower TYPE text(tokenizer = ngrams(3)) GRANULARITY 64"
            ));
        }
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_has_each_table_on_every_shard_and_one_over_them() {
        let layout = Layout { cluster: Some("shop".to_owned()), has_text_index: true };
        let statements = ddl(&layout);
        assert_eq!(statements.len(), TABLES.len() * 2 + 2);
        assert!(
            statements
                .iter()
                .any(|sql| sql.contains("Distributed(shop, currentDatabase(), journey_rows_local, cityHash64(id))"))
        );
        assert_eq!(ddl(&Layout::default()).len(), TABLES.len());
    }
}
