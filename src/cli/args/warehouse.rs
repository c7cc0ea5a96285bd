//! What can be written after `journey warehouse`.

use clap::Subcommand;

/// What `journey warehouse` does.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Warehouse {
    /// Check that journey can use the warehouse of --store, and show what it holds
    Check,
    /// Print the SQL statements that create the tables, for the administrator of the server
    Ddl {
        /// Distribute the tables over the shards of this cluster
        #[arg(long, value_name = "NAME")]
        cluster: Option<String>,
        /// Add an index for fast searches for parts of ids (ClickHouse 26 and newer)
        #[arg(long)]
        text_index: bool,
    },
    /// Send the rows of the store that the warehouse does not have yet
    Fill {
        /// The warehouse: clickhouse://HOST:PORT/DATABASE
        #[arg(value_name = "ADDRESS")]
        to: String,
    },
}
