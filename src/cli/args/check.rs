//! What `journey check` and `journey explain` are given.

use std::path::PathBuf;

use clap::ValueEnum;

/// Find the integration mistakes of every user of the store
///
/// Each finding says what is wrong, how many users and rows it costs, which rows show it, and what
/// to change. Ctrl-C gives what is known by then. Exit code 0: done; 1: findings that --fail-on
/// names.
#[derive(Debug, clap::Args)]
#[command(after_help = "In a build: journey check --fail-on error --baseline known.json --format junit > findings.xml")]
pub(in crate::cli) struct Check {
    /// The store to check
    #[arg(value_name = "STORE")]
    pub(in crate::cli) path: Option<PathBuf>,
    /// Look at the user of this id alone
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(in crate::cli) id: Option<String>,
    /// Exit with code 1 when there is a finding of this severity or a worse one
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(in crate::cli) fail_on: Option<FailOn>,
    /// Leave out findings with this code; may be given several times
    #[arg(long, value_name = "CODE")]
    pub(in crate::cli) ignore: Vec<String>,
    /// A file of --write-baseline, or an earlier answer in JSON: only findings of users that it lacks fail
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Write what is found to this file, for --baseline: codes, and a number for each user, no ids
    #[arg(long, value_name = "FILE", conflicts_with = "id")]
    pub(in crate::cli) write_baseline: Option<PathBuf>,
    /// Replace the file of --write-baseline if there is one
    #[arg(long, requires = "write_baseline")]
    pub(in crate::cli) force: bool,
    /// Count the shares by day (UTC), by client, or before and from a date on; csv then has these lines
    #[arg(long, value_name = "day|client|DATE", conflicts_with = "id")]
    pub(in crate::cli) by: Option<String>,
    /// Check what a file expects of a recorded session instead: findings, joins, rows (text, json, junit)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["id", "fail_on", "ignore", "baseline", "write_baseline", "by", "list"])]
    pub(in crate::cli) session: Option<PathBuf>,
    /// List every kind of finding, and check nothing
    #[arg(long)]
    pub(in crate::cli) list: bool,
}

/// Severities that a check can fail on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOn {
    /// Rows are lost or mixed
    Error,
    /// Rows can be lost
    Warning,
    /// Anything at all
    Note,
}

/// Explain one kind of finding: why it matters, what to change, the rule behind it
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Explain {
    /// The code, as journey check writes it
    #[arg(value_name = "CODE")]
    pub(in crate::cli) code: String,
}
