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
    /// Colours of the interface: default, light, mono, colour-blind [default: $JOURNEY_THEME]
    #[arg(long, value_name = "NAME")]
    pub(super) theme: Option<String>,
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// Whether `--format` was written; a default does not take the place of a screen.
    #[arg(skip)]
    pub(super) format_given: bool,
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
    #[arg(long, value_enum, default_value_t = Form::Text, global = true)]
    pub(super) format: Form,
    /// When to use colour; NO_COLOR counts for auto
    #[arg(long, value_enum, default_value_t = When::Auto, global = true, value_name = "WHEN")]
    pub(super) color: When,
    /// The file of settings [default: $JOURNEY_CONFIG, else journey/config.toml in your config directory]
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,
    /// Replace ids and personal values by pseudonyms in all that is answered
    ///
    /// Ids, e-mail addresses, names, phone numbers, IP addresses and the queries of URLs become
    /// user-4f2a91c0b3 and the like, the same each time. Event names stay. Not for import.
    #[arg(long, global = true)]
    pub(super) redact: bool,
    /// Replace the values of this property, too; event stands for event names. Implies --redact
    #[arg(long, value_name = "NAME", global = true)]
    pub(super) redact_property: Vec<String>,
    /// Use ASCII characters alone
    #[arg(long, global = true)]
    pub(super) ascii: bool,
}

/// Forms that an answer can be asked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people; the answer to a question in SQL is a table
    #[value(alias = "table")]
    Text,
    /// For programs
    Json,
    /// Columns for a spreadsheet (`show`) or a program (`sql`)
    Csv,
    /// For a ticket (`show` alone)
    #[value(alias = "md")]
    Markdown,
    /// One file for a browser (`show` alone)
    Html,
    /// For Graphviz (`graph` alone)
    Dot,
    /// A picture (`graph` alone)
    Svg,
}

impl Form {
    /// The form of what every command can say: notes and failures.
    pub(super) fn plain(self) -> Format {
        if self == Self::Json { Format::Json } else { Format::Text }
    }

    /// What it is called on the command line.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Forms of an answer that every command has.
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
    Demo(Demo),
    Graph(Graph),
    Diff(Diff),
    Config(Config),
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

/// What `journey generate` writes.
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
    /// The rows of the table of keys in the README
    Keys,
    /// Pictures of the main screens, over the demo store
    Screens {
        /// The folder that they go to
        #[arg(default_value = "assets/screens", value_name = "FOLDER")]
        folder: PathBuf,
        /// Replace the pictures that are there
        #[arg(long)]
        force: bool,
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
    /// Replace the file of --rejects if there is one
    #[arg(long, requires = "rejects")]
    pub(super) force: bool,
    /// Say what the files are, where their content does not
    #[arg(long = "as", value_name = "WHAT")]
    pub(super) what: Option<ReadAs>,
}

/// What files can be said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReadAs {
    /// Tables with an alias (or key) and its distinct_id (or target, original, value)
    Aliases,
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
    /// Show it as it stood when only what had arrived by TIME was there
    ///
    /// A day, minute or second (2019-07-10, "2019-07-10 19:13", 2019-07-10T19:13:04Z) means all
    /// of it; without a zone it is read in that of --timezone. Arrival counts, not event time.
    #[arg(long, value_name = "TIME")]
    pub(super) as_of: Option<String>,
    /// Show only the rows that a filter keeps, such as 'event:purchase plan=pro -is:orphan'
    ///
    /// Words and conditions, all of which have to hold: text, event:, id:, device:, phase:, is:, a
    /// property with = != > < or ~, and, or, not. README has all of them; they are those
    /// of the terminal interface. How many rows are hidden is told.
    #[arg(long, value_name = "FILTER", allow_hyphen_values = true)]
    pub(super) filter: Option<String>,
    /// Show only rows from TIME on, by event time (forms as in --as-of)
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,
    /// Show only rows up to TIME, which is part of it
    #[arg(long, value_name = "TIME")]
    pub(super) to: Option<String>,
}

/// Play an identity flow, call by call
///
/// In a terminal a player, else text: each call with what the SDK remembers after it and what the
/// server makes of it. SCENARIO is the name or number of a built-in scenario, or a TOML file of
/// your own. With --store the rows go into a store instead.
#[derive(Debug, clap::Args)]
#[command(after_help = "journey demo --list names the built-in scenarios. Exit code 1: a scenario did not end as \
    its [expect] says.")]
pub(super) struct Demo {
    /// Name or number of a built-in scenario, or a file; all of them when left out
    pub(super) scenario: Option<String>,
    /// List the built-in scenarios
    #[arg(long, conflicts_with_all = ["scenario", "crowd"])]
    pub(super) list: bool,
    /// Make a crowd of users with this many rows, for measuring; needs --store
    #[arg(long, value_name = "ROWS", conflicts_with = "scenario", requires = "store-flag", value_parser = rows)]
    pub(super) crowd: Option<u64>,
    /// Another number gives another crowd
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "crowd")]
    pub(super) seed: u64,
}

/// Reads `10000`, `10k`, `2M`.
fn rows(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.chars().next_back() {
        Some('k' | 'K') => (text.get(..text.len() - 1), 1_000),
        Some('m' | 'M') => (text.get(..text.len() - 1), 1_000_000),
        _ => (Some(text), 1),
    };
    let number = digits.and_then(|digits| digits.replace(['_', ','], "").parse::<u64>().ok());
    match number.and_then(|number| number.checked_mul(unit)) {
        Some(rows @ 1..) => Ok(rows),
        _ => Err("it must be a whole number from 1 on, such as 10000, 10k or 2M".to_owned()),
    }
}

/// Draw the ids of a user and what is between them
///
/// A tree as text: the root, the aliases that lead to it, refused calls, orphans with their
/// evidence, devices and other users. --format dot is for Graphviz, svg a picture of its own.
#[derive(Debug, clap::Args)]
pub(super) struct Graph {
    /// Any id of the user
    pub(super) id: String,
    /// Draw it as it stood when only what had arrived by TIME was there (see `show`)
    #[arg(long, value_name = "TIME")]
    pub(super) as_of: Option<String>,
}

/// Compare two users: is this the same person?
///
/// Both on one time axis, what they share, what speaks for one person and what against. Only one
/// root makes them one user; everything else is evidence, and is called that.
#[derive(Debug, clap::Args)]
pub(super) struct Diff {
    /// Any id of the one
    #[arg(value_name = "ID")]
    pub(super) a: String,
    /// Any id of the other
    #[arg(value_name = "OTHER")]
    pub(super) b: String,
}

/// Write the settings
///
/// As a file to begin with: what is set as it is, all else as a comment. With --explain each
/// value and where it comes from: a flag, a variable, a line of the file, or the program.
#[derive(Debug, clap::Args)]
pub(super) struct Config {
    /// Tell where each value comes from
    #[arg(long)]
    pub(super) explain: bool,
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
    /// The file to make
    #[arg(long, value_name = "FILE", required = true)]
    pub(super) sqlite: PathBuf,
    /// Replace the file if there is one
    #[arg(long)]
    pub(super) force: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("it must be a whole number from 1 on".to_owned()),
        Ok(number) => Ok(number),
    }
}
