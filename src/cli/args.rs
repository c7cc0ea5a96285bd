//! What can be written on the command line.
#![expect(clippy::doc_markdown, reason = "clap shows these comments to people as they are")]

mod check;
mod compare;
mod import;
mod listen;
mod pull;
mod warehouse;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(super) use self::check::{Check, Explain, FailOn};
pub(super) use self::compare::{Compare, Diff};
pub(super) use self::import::Import;
pub(super) use self::listen::Listen;
pub(super) use self::pull::{Pull, Region, Vendor};
pub(super) use self::warehouse::Warehouse;

use crate::identity::{LEGACY, RULE_SETS};
use crate::model::text::or;

/// Show what a user did, under which ids, and which of their rows are missing.
///
/// Without a command, journey opens the terminal interface on a store. It opens
/// STORE, else the file of --store or JOURNEY_STORE, else your own store, else the built-in demo store.
#[derive(Debug, Parser)]
#[command(name = "journey", subcommand_value_name = "COMMAND")]
#[command(after_help = "Exit codes: 0 done; 1 nothing found, or problems found; 2 wrong use or unusable \
    input; 3 the store cannot be used; 70 a bug in journey; 130 interrupted.")]
pub(super) struct Args {
    /// The store to open
    #[arg(value_name = "STORE")]
    pub(super) store: Option<PathBuf>,
    /// Open the journey of this id
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(super) id: Option<String>,
    #[arg(long, value_name = "RULES", help = use_rules())]
    pub(super) rules: Option<String>,
    /// Colours of the interface: default, light, mono or colour-blind [default: $JOURNEY_THEME]
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

/// What every command takes; a command that does not use one of them hides it in its help.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Common {
    /// The store to use [default: $JOURNEY_STORE, else journey/journey.db in your data directory]
    #[arg(long = "store", value_name = "FILE", global = true, id = "store-flag")]
    pub(super) store: Option<PathBuf>,
    /// Use the built-in demo store, even if you have a store of your own
    #[arg(long, global = true)]
    pub(super) demo: bool,
    /// Time zone to show times in: a name (Europe/Berlin), UTC, local or an offset (+02:00)
    ///
    /// The default is UTC. JSON always uses UTC. For `import` it is the time zone of the exporting
    /// project; see journey import --help.
    #[arg(long, value_name = "ZONE", global = true, allow_hyphen_values = true)]
    pub(super) timezone: Option<String>,
    /// Format of the answer
    #[arg(long, value_enum, default_value_t = Form::Text, global = true)]
    pub(super) format: Form,
    /// When to use colour; auto respects NO_COLOR
    #[arg(long, value_enum, default_value_t = When::Auto, global = true, value_name = "WHEN")]
    pub(super) color: When,
    /// The settings file [default: $JOURNEY_CONFIG, else journey/config.toml in your config directory]
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,
    /// Replace ids and personal values with pseudonyms in every answer
    ///
    /// Ids, e-mail addresses, names, phone numbers, IP addresses and the queries of URLs become
    /// pseudonyms such as user-4f2a91c0b3, the same each time. Event names stay.
    #[arg(long, global = true)]
    pub(super) redact: bool,
    /// Also replace the values of this property, or event names with `event`. Implies --redact
    #[arg(long, value_name = "NAME", global = true)]
    pub(super) redact_property: Vec<String>,
    /// Use only ASCII characters
    #[arg(long, global = true)]
    pub(super) ascii: bool,
}

/// Forms that an answer can be asked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people; `sql` writes a table
    #[value(alias = "table")]
    Text,
    /// For programs
    Json,
    /// For spreadsheets (`show`, `sql`, `check` and `compare --to`)
    Csv,
    /// For tickets (`show` and `diff`)
    #[value(alias = "md")]
    Markdown,
    /// For browsers, one file (`show`, `diff` and `compare --to`)
    Html,
    /// For Graphviz (only `graph`)
    Dot,
    /// A picture (only `graph`)
    Svg,
    /// For code review tools (only `check`)
    Sarif,
    /// For build servers (only `check`)
    Junit,
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
    Pull(Pull),
    Search(Search),
    Show(Show),
    Sql(Sql),
    Export(Export),
    Doctor(Doctor),
    /// Work with a ClickHouse warehouse
    ///
    /// --store clickhouse://HOST:PORT/DATABASE reads from a warehouse, and clickhouses:// does so over
    /// TLS. The variables JOURNEY_WAREHOUSE_USER and JOURNEY_WAREHOUSE_PASSWORD hold the user name and
    /// the password.
    Warehouse {
        /// The command
        #[command(subcommand)]
        what: Warehouse,
    },
    Check(Check),
    Explain(Explain),
    Repair(Repair),
    Reproduce(Reproduce),
    Demo(Demo),
    Listen(Listen),
    Graph(Graph),
    Diff(Diff),
    Compare(Compare),
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
    /// A realistic raw export of many users; a seed always gives the same file
    Export {
        /// How many rows
        #[arg(long, default_value_t = 100_000, value_name = "NUMBER")]
        rows: u64,
        /// The seed of the random numbers
        #[arg(long, default_value_t = 1, value_name = "NUMBER")]
        seed: u64,
    },
    /// The rows of the table of keys in the README
    Keys,
    /// Pictures of the main screens, over the demo store
    Screens {
        /// The folder that they go to; it has to be there
        #[arg(default_value = "assets/screens", value_name = "FOLDER")]
        folder: PathBuf,
        /// Replace the pictures that are there
        #[arg(long)]
        force: bool,
    },
}

/// Search for users
///
/// A text matches ids and profile values (e-mail address, name, phone number) that contain it. The best
/// match comes first. Terms such as event:purchase search rows; the README lists them.
#[derive(Debug, clap::Args)]
pub(super) struct Search {
    /// The text or the terms to search for
    pub(super) text: String,
    /// List at most this many users
    #[arg(long, default_value_t = 50, value_name = "NUMBER", value_parser = at_least_one)]
    pub(super) limit: usize,
    #[arg(long, value_name = "RULES", help = use_rules())]
    pub(super) rules: Option<String>,
}

/// Show the journey of an id
///
/// Write an id that begins with a hyphen after --, as in: journey show -- -id
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// Any id of the user
    pub(super) id: String,
    /// Use only data that had arrived by TIME
    ///
    /// TIME is a day, a minute or a second (2019-07-10, "2019-07-10 19:13", 2019-07-10T19:13:04Z) and
    /// includes all of it. Without a zone, --timezone applies. Arrival counts, not event time.
    #[arg(long, value_name = "TIME")]
    pub(super) as_of: Option<String>,
    /// Show only rows that match FILTER, such as 'event:purchase plan=pro -is:orphan'
    ///
    /// All conditions must hold: words, event:, id:, device:, phase:, is:, a property with = != > < or
    /// ~; also and, or, not and parentheses. The terminal interface uses the same language, which
    /// the README explains. The answer says how many rows it hides.
    #[arg(long, value_name = "FILTER", allow_hyphen_values = true)]
    pub(super) filter: Option<String>,
    /// Show only rows from TIME on, by event time (written as for --as-of)
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,
    /// Show only rows up to and including TIME
    #[arg(long, value_name = "TIME")]
    pub(super) to: Option<String>,
    #[arg(long, value_name = "RULES", help = use_rules())]
    pub(super) rules: Option<String>,
    /// Write at most 15 lines, to paste into a ticket: who the user is, what is missing and why
    #[arg(long, conflicts_with_all = ["filter", "from", "to"])]
    pub(super) brief: bool,
}

/// Play an identity scenario, call by call
///
/// On a terminal, a player opens. Otherwise the answer is text: each call, what the SDK remembers after
/// it, and what the server does with it. SCENARIO is the name or number of a built-in scenario, or your
/// own TOML file. With --store, journey writes the rows into a store instead.
#[derive(Debug, clap::Args)]
#[command(after_help = "journey demo --list lists the built-in scenarios. Exit code 1: a scenario did not \
    end as its [expect] section says.")]
pub(super) struct Demo {
    /// Name or number of a built-in scenario, or a file [default: choose from a list]
    pub(super) scenario: Option<String>,
    #[arg(long, value_name = "RULES", conflicts_with_all = ["list", "crowd"],
        help = format!("Play with a server of this rule set: {} [default: {}]", rule_sets(), LEGACY.name()))]
    pub(super) rules: Option<String>,
    /// List the built-in scenarios
    #[arg(long, conflicts_with_all = ["scenario", "crowd"])]
    pub(super) list: bool,
    /// Generate many users with this many rows in total, to measure speed; needs --store
    #[arg(long, value_name = "ROWS", conflicts_with = "scenario", requires = "store-flag", value_parser = rows)]
    pub(super) crowd: Option<u64>,
    /// Seed of the generated users
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "crowd")]
    pub(super) seed: u64,
}

/// What an option says that chooses the rule set of an answer.
pub(super) fn use_rules() -> String {
    format!("Use this rule set: {} [default: by the vendor of the rows]", rule_sets())
}

/// The names of all rule sets, as words: `legacy, original or simple`.
pub(super) fn rule_sets() -> String {
    or(&RULE_SETS.iter().map(|rules| rules.name()).collect::<Vec<_>>())
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

/// Draw the ids of a user and how they are connected
///
/// The text is a tree: the root, the aliases that lead to it, refused alias calls, orphans with their
/// evidence, devices and other users. --format dot is for Graphviz, --format svg draws a picture.
#[derive(Debug, clap::Args)]
pub(super) struct Graph {
    /// Any id of the user
    pub(super) id: String,
    #[arg(long, value_name = "RULES", help = use_rules())]
    pub(super) rules: Option<String>,
    /// Use only data that had arrived by TIME (see journey show --help)
    #[arg(long, value_name = "TIME")]
    pub(super) as_of: Option<String>,
}

/// Print the settings
///
/// The answer is a settings file: your own settings, and all others with their defaults as comments.
/// Save it to start your own file. --explain lists each value and its origin.
#[derive(Debug, clap::Args)]
pub(super) struct Config {
    /// List each value and its origin: an option, a variable, a line of the file, or the default
    #[arg(long)]
    pub(super) explain: bool,
}

/// Query the store with SQL
///
/// A query is one SELECT and cannot change the store. The views are `events` (id, distinct_id, event,
/// time, arrived, …) and `aliases`; props(id) returns the properties of a row as JSON text:
/// SELECT time, event, props(id) ->> 'plan' FROM events WHERE distinct_id = 'sally@gmail.com'
#[derive(Debug, clap::Args)]
pub(super) struct Sql {
    /// The query; - reads it from the standard input
    #[arg(value_name = "SELECT", allow_hyphen_values = true)]
    pub(super) question: String,
}

/// Export the store to a plain SQLite file, or what journey listen received
///
/// Every SQLite program can read the SQLite file. It has the tables `events` (with properties as JSON),
/// `aliases` and `profiles`, with times in UTC. journey import can read it back, and the JSON Lines of
/// --requests too.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("export_as").required(true).multiple(false),
    override_usage = "journey export [OPTIONS] <--sqlite|--requests|--scenario> <FILE>"
)]
pub(super) struct Export {
    /// Write all rows to this plain SQLite file
    #[arg(long, value_name = "FILE", group = "export_as")]
    pub(super) sqlite: Option<PathBuf>,
    /// Write what journey listen received to this file of recorded requests (JSON Lines)
    #[arg(long, value_name = "FILE", group = "export_as")]
    pub(super) requests: Option<PathBuf>,
    /// Write what journey listen received to this scenario, which journey demo plays
    #[arg(long, value_name = "FILE", group = "export_as")]
    pub(super) scenario: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long)]
    pub(super) force: bool,
}

/// Check the store for damage
///
/// doctor reads the whole store and changes nothing. It finds damaged data, missing rows, rows that
/// count twice, incomplete imports, and files that an interrupted program left behind, and says what to
/// do about each. Exit codes: 0 healthy; 1 problems; 3 the store cannot be opened.
#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    /// The store to check
    #[arg(value_name = "STORE")]
    pub(super) path: Option<PathBuf>,
}

/// Show how to repair a user, or every user with a finding
///
/// The answer says what to change in your code, which alias calls to make, which rows to import again
/// and under which id, what each step improves, and what cannot be repaired. --write saves the calls
/// and rows as a file for the vendor's /import endpoint. journey sends nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "journey repair sally@example.com --write repair.jsonl\njourney repair alias-on-login\n\nEach \
    row of the file has the property journey_repair. The vendor never moves a stored row: a row that is imported \
    again also counts under its old id.")]
pub(super) struct Repair {
    /// Any id of the user, or the code of a finding
    #[arg(value_name = "ID|CODE")]
    pub(super) what: String,
    /// Save the calls and rows to this file, as JSON Lines for /import
    #[arg(long, value_name = "FILE")]
    pub(super) write: Option<PathBuf>,
    /// Replace the file of --write if it exists
    #[arg(long, requires = "write")]
    pub(super) force: bool,
}

/// Write the smallest scenario that shows a finding, without your data
///
/// journey demo FILE plays the scenario. Its ids and times are made up, and all its events have the
/// same name.
#[derive(Debug, clap::Args)]
#[command(after_help = "journey reproduce sally@example.com > case.toml && journey demo case.toml")]
pub(super) struct Reproduce {
    /// Any id of the user [default: the user with the most rows of --finding]
    #[arg(required_unless_present = "finding")]
    pub(super) id: Option<String>,
    /// The code of the finding [default: the most severe one of the user]
    #[arg(long, value_name = "CODE")]
    pub(super) finding: Option<String>,
    /// Save the scenario to this file
    #[arg(long, value_name = "FILE")]
    pub(super) write: Option<PathBuf>,
    /// Replace the file of --write if it exists
    #[arg(long, requires = "write")]
    pub(super) force: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("it must be a whole number from 1 on".to_owned()),
        Ok(number) => Ok(number),
    }
}
