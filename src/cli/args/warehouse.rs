//! What can be written after `journey warehouse`.

use clap::Subcommand;

/// What `journey warehouse` does.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Warehouse {
    /// Say whether the warehouse of --store can be used, and what it holds
    Check,
    /// Print the statements that make the tables; the owner of the server runs them
    Ddl {
        /// Spread the tables over the shards of this cluster of the server
        #[arg(long, value_name = "NAME")]
        cluster: Option<String>,
        /// Add the index that finds parts of ids fast (ClickHouse 26 and newer)
        #[arg(long)]
        text_index: bool,
    },
    /// Send the store to a warehouse: what it does not have yet
    Fill {
        /// clickhouse://HOST:PORT/DATABASE
        #[arg(value_name = "ADDRESS")]
        to: String,
    },
}
