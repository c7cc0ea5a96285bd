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
    /// What the answer is written as; table and csv are forms of `sql` alone
    #[arg(long, value_enum, value_name = "FORMAT", global = true)]
    pub(super) format: Option<Form>,
    /// When to use colour; NO_COLOR counts for auto
    #[arg(long, value_enum, default_value_t = When::Auto, global = true, value_name = "WHEN")]
    pub(super) color: When,
    /// Use ASCII characters alone
    #[arg(long, global = true)]
    pub(super) ascii: bool,
}

/// Forms of an answer that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people
    Text,
    /// For programs
    Json,
    /// Columns of rows
    Table,
    /// Columns for other programs
    Csv,
}

impl Form {
    /// Who reads it.
    pub(super) fn format(form: Option<Self>) -> Format {
        if form == Some(Self::Json) { Format::Json } else { Format::Text }
    }
}

/// Whom an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    Sql(Sql),
    Export(Export),
    /// Write completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual page
    Man,
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
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// Any id of the user
    pub(super) id: String,
}

/// Ask the store in SQL
///
/// One SELECT over the tables and views of the store; nothing can be changed. The views are
/// `events` (id, distinct_id, event, time, arrived, …) and `aliases`; props(id) gives the
/// properties of a row as JSON text: SELECT time, event, props(id) ->> 'plan' FROM events
/// WHERE distinct_id = 'sally@gmail.com'
#[derive(Debug, clap::Args)]
pub(super) struct Sql {
    /// The question; - reads it from the standard input
    #[arg(value_name = "SELECT", allow_hyphen_values = true)]
    pub(super) question: String,
}

/// Write a plain copy of the store
///
/// A SQLite file that needs nothing of journey: tables `events` (with properties as JSON),
/// `aliases` and `profiles`. It can be imported again; its times are UTC.
#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// The file to make; one that is there is not overwritten
    #[arg(long, value_name = "FILE", required = true)]
    pub(super) sqlite: PathBuf,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("it must be a whole number from 1 on".to_owned()),
        Ok(number) => Ok(number),
    }
}
