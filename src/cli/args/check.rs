//! What `journey check` and `journey explain` are given.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, ValueEnum};

use crate::identity::LEGACY;
use crate::identity::findings::all;

/// Find integration mistakes in the store
///
/// check looks at every user. Each finding says what is wrong, how many users and rows it affects,
/// which rows show it, and what to change. Ctrl-C stops the check and prints what it found so far. Exit
/// codes: 0 done; 1 findings that --fail-on names.
#[derive(Debug, clap::Args)]
#[command(after_help = "In a build: journey check --fail-on error --baseline known.json --format junit > findings.xml")]
pub(in crate::cli) struct Check {
    /// The store to check
    #[arg(value_name = "STORE")]
    pub(in crate::cli) path: Option<PathBuf>,
    /// Check only the user of this id
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(in crate::cli) id: Option<String>,
    /// Exit with code 1 if there is a finding of this severity or worse
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(in crate::cli) fail_on: Option<FailOn>,
    /// Leave out findings with this code; can be repeated
    #[arg(long, value_name = "CODE", value_parser = Code, hide_possible_values = true)]
    pub(in crate::cli) ignore: Vec<String>,
    /// Look for findings with these codes and no others: faster, without shares of all users
    #[arg(long, value_name = "CODE[,CODE]", value_delimiter = ',', value_parser = Code, hide_possible_values = true, conflicts_with = "ignore")]
    pub(in crate::cli) only: Vec<String>,
    /// Fail only for findings that FILE lacks: a file of --write-baseline, or an earlier answer in JSON
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Save the findings to this file for --baseline, as codes and a number for each user, without ids
    #[arg(long, value_name = "FILE", conflicts_with = "id")]
    pub(in crate::cli) write_baseline: Option<PathBuf>,
    /// Replace the file of --write-baseline if it exists
    #[arg(long, requires = "write_baseline")]
    pub(in crate::cli) force: bool,
    /// Count affected users by day (UTC), by client, or before and after a date; also for --format csv
    #[arg(long, value_name = "day|client|DATE", conflicts_with = "id")]
    pub(in crate::cli) by: Option<String>,
    /// Test the store against the findings, joins and rows that FILE expects; formats: text, json, junit
    #[arg(long, value_name = "FILE", conflicts_with_all = ["id", "fail_on", "ignore", "only", "baseline", "write_baseline", "by", "list"])]
    pub(in crate::cli) session: Option<PathBuf>,
    /// List all kinds of findings, and check nothing
    #[arg(long)]
    pub(in crate::cli) list: bool,
}

/// A code of a finding as an argument: completions list all of them. A word that is none is an error of its own, which
/// names the nearest one.
#[derive(Clone)]
struct Code;

impl TypedValueParser for Code {
    type Value = String;

    fn parse_ref(&self, command: &Command, _: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        let text = value.to_str().ok_or_else(|| clap::Error::new(ErrorKind::InvalidUtf8).with_cmd(command))?;
        Ok(text.to_owned())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(all(LEGACY.findings()).map(|kind| PossibleValue::new(kind.code).help(kind.title))))
    }
}

/// Severities that a check can fail on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOn {
    /// Rows are lost or mixed
    Error,
    /// Rows can be lost
    Warning,
    /// Any finding
    Note,
}

/// Explain a kind of finding: why it matters, what to change, and its rule
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Explain {
    /// The code of the finding, as journey check prints it
    #[arg(value_name = "CODE")]
    pub(in crate::cli) code: String,
}
