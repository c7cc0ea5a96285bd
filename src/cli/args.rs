//! What can be written on the command line.
#![expect(clippy::doc_markdown, reason = "clap shows these comments to people as they are")]

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// See who did what, under which id, and what identity lost.
///
/// Without a command it opens the terminal interface: on STORE, else on the store of --store or
/// JOURNEY_STORE, else on yours, else on the built-in demo store.
#[derive(Debug, Parser)]
#[command(name = "journey", subcommand_value_name = "COMMAND", disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 done; 1 nothing found; 2 wrong use or unusable input; \
    3 the store cannot be used; 70 a bug of journey.")]
pub(super) struct Args {
    /// The store to open
    #[arg(value_name = "STORE")]
    pub(super) store: Option<PathBuf>,
    /// The id whose journey to open at once
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(super) id: Option<String>,
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// The store [default: $JOURNEY_STORE, else journey/journey.db in your data directory]
    #[arg(long = "store", value_name = "FILE", global = true, id = "store-flag")]
    pub(super) store: Option<PathBuf>,
    /// Zone of the times: a name (Europe/Berlin), UTC, local or an offset (+02:00)
    ///
    /// For `import`: the zone of the project that exported, for files whose times are the
    /// project's wall clock. Without it the offset is inferred, and the import says so. For
    /// all others: the zone to show times in, UTC unless given. JSON is always in UTC.
    #[arg(long, value_name = "ZONE", global = true, allow_hyphen_values = true)]
    pub(super) timezone: Option<String>,
    /// What the answer is written as
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    pub(super) format: Format,
    /// When to use colour; NO_COLOR counts for auto
    #[arg(long, value_enum, default_value_t = When::Auto, global = true, value_name = "WHEN")]
    pub(super) color: When,
    /// Use ASCII characters alone
    #[arg(long, global = true)]
    pub(super) ascii: bool,
}

/// Forms of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// When to do something that depends on the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Import(Import),
    Search(Search),
    Show(Show),
    /// Write completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual page
    Man,
    /// Write what the project itself is tested and described with
    #[command(hide = true)]
    Generate {
        #[command(subcommand)]
        what: Generate,
    },
}

/// What `journey generate` writes to the standard output.
#[derive(Debug, Subcommand)]
pub(super) enum Generate {
    /// A realistic raw export of many users, always the same for a seed
    Export {
        /// How many rows
        #[arg(long, default_value_t = 100_000, value_name = "NUMBER")]
        rows: u64,
        /// What it is made from
        #[arg(long, default_value_t = 1, value_name = "NUMBER")]
        seed: u64,
    },
}

/// Read exports into the store
///
/// Files of any known format, told by their content; a folder stands for the files in it, `-`
/// for the standard input. Reading the same file again adds nothing, and an import that was
/// stopped goes on where it was.
#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// Files or folders to read; - is the standard input
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Write what could not be read to this file, as JSON Lines
    #[arg(long, value_name = "FILE")]
    pub(super) rejects: Option<PathBuf>,
}

/// List identifiers that match
///
/// Ids that are, begin with or contain the text, and profile values (e-mail, name, phone) that
/// contain it; best first.
#[derive(Debug, clap::Args)]
pub(super) struct Search {
    /// What to look for
    pub(super) text: String,
    /// How many to list
    #[arg(long, default_value_t = 50, value_name = "NUMBER", value_parser = at_least_one)]
    pub(super) limit: usize,
}

/// Show the journey of an id
///
/// An id that begins with a hyphen stands after --: journey show -- -id
///
/// A filter is words and conditions that all have to hold: event:page, plan=pro, total>20,
/// is:orphan, phase:anonymous, id:sally, lane:B, after:2019-07-04, at:10:00..10:05; - before one
/// leaves out, "or" and brackets join. README has all of it.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// Any id of the user
    pub(super) id: String,
    /// Show only the rows that this filter keeps
    #[arg(long, value_name = "FILTER", allow_hyphen_values = true)]
    pub(super) filter: Option<String>,
    /// Show only rows from this time on: 2019-07-04, 10:03, -7d (before the end)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) from: Option<String>,
    /// Show only rows up to this time, all of it included
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) to: Option<String>,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("it must be a whole number from 1 on".to_owned()),
        Ok(number) => Ok(number),
    }
}
