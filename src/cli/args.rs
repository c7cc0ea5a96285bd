//! What can be written on the command line.
#![expect(clippy::doc_markdown, reason = "clap shows these comments to people as they are")]

mod check;
mod listen;
mod warehouse;

use std::path::PathBuf;

use chrono::{Datelike, NaiveDate};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(super) use self::check::{Check, Explain, FailOn};
pub(super) use self::listen::Listen;
pub(super) use self::warehouse::Warehouse;

use crate::formats;

/// See who did what, under which id, and what identity lost.
///
/// Without a command, journey opens the terminal interface. It uses STORE, else the store of --store
/// or JOURNEY_STORE, else your own store, else the built-in demo store.
#[derive(Debug, Parser)]
#[command(name = "journey", subcommand_value_name = "COMMAND", disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 done; 1 nothing found; 2 wrong use or unusable input; \
    3 the store cannot be used; 70 a bug of journey.")]
pub(super) struct Args {
    /// The store to open
    #[arg(value_name = "STORE")]
    pub(super) store: Option<PathBuf>,
    /// Open the journey of this id
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(super) id: Option<String>,
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
    /// The store [default: $JOURNEY_STORE, else journey/journey.db in your data directory]
    #[arg(long = "store", value_name = "FILE", global = true, id = "store-flag")]
    pub(super) store: Option<PathBuf>,
    /// Use the built-in demo store, also where you have a store of your own
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
    /// pseudonyms such as user-4f2a91c0b3, the same each time. Event names stay. Not for import.
    #[arg(long, global = true)]
    pub(super) redact: bool,
    /// Also replace the values of this property; event stands for event names. Implies --redact
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
    /// For tickets (only `show`)
    #[value(alias = "md")]
    Markdown,
    /// For browsers, one file (`show` and `compare --to`)
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
    /// --store clickhouse://HOST:PORT/DATABASE reads from it (clickhouses:// over TLS). The variables
    /// JOURNEY_WAREHOUSE_USER and JOURNEY_WAREHOUSE_PASSWORD name the user.
    Warehouse {
        /// What to do
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
        /// The folder that they go to; it has to be there
        #[arg(default_value = "assets/screens", value_name = "FOLDER")]
        folder: PathBuf,
        /// Replace the pictures that are there
        #[arg(long)]
        force: bool,
    },
}

/// Import exports into the store
///
/// journey recognises the format of a file by its content. A folder stands for the files in it, and
/// - for the standard input. Importing a file again adds nothing, and interrupted imports resume.
#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// Files or folders to import; - is the standard input
    #[arg(required_unless_present = "map_for", value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Say which column is what: id=…,event=…,time=…, or a TOML file of that
    #[arg(long, value_name = "MAP", conflicts_with = "what")]
    pub(super) map: Option<String>,
    /// Print a map for FILE, as a guess to edit
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "map", "rejects", "what", "dry_run"])]
    pub(super) map_for: Option<PathBuf>,
    /// Show the first three rows as they would be read; store nothing
    #[arg(long, conflicts_with = "rejects")]
    pub(super) dry_run: bool,
    /// Then send the store to this warehouse: clickhouse://HOST:PORT/DATABASE
    #[arg(long, value_name = "ADDRESS", conflicts_with = "dry_run")]
    pub(super) to: Option<String>,
    /// Also write rejected rows to this file, as JSON Lines
    #[arg(long, value_name = "FILE")]
    pub(super) rejects: Option<PathBuf>,
    /// Replace the file of --rejects if there is one
    #[arg(long, requires = "rejects")]
    pub(super) force: bool,
    /// Say what the files are, where their content does not
    #[arg(long = "as", value_name = "WHAT", value_parser = read_as())]
    pub(super) what: Option<formats::Format>,
}

/// Fetch from the API of a vendor into the store
///
/// Between --from and --to, each day of the raw export becomes a file of the store. A day that is in
/// the store is not fetched again, so an interrupted pull resumes. With --id only the events and the
/// profile of these ids are fetched, which needs no export of the project. Waits that the limits of the
/// vendor ask for (60 requests in an hour) are reported. Nothing is ever sent but the questions.
#[derive(Debug, clap::Args)]
#[command(after_help = "The account is read from the environment: MIXPANEL_SERVICE_ACCOUNT, MIXPANEL_SERVICE_SECRET \
    and MIXPANEL_PROJECT_ID, or MIXPANEL_PROJECT_SECRET alone. JOURNEY_MIXPANEL_URL names another server, such as a \
    proxy: https://, or http:// of this computer.\n\njourney pull mixpanel --from 2019-07-01 --to 2019-07-31\n\
    journey pull mixpanel --id sally@gmail.com")]
pub(super) struct Pull {
    /// The vendor
    #[arg(value_enum, value_name = "VENDOR")]
    pub(super) vendor: Vendor,
    /// The first day (2019-07-01), as the project counts days [default with --id: a year before --to]
    #[arg(long, value_name = "DAY", value_parser = day, required_unless_present_any = ["id", "profiles"])]
    pub(super) from: Option<NaiveDate>,
    /// The last day [default: yesterday; with --id today]
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(super) to: Option<NaiveDate>,
    /// Where the project keeps its data
    #[arg(long, value_enum, default_value_t = Region::Us)]
    pub(super) region: Region,
    /// Fetch only events with this name; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    pub(super) event: Vec<String>,
    /// Also fetch all profiles of the project, 1,000 with each request
    #[arg(long, conflicts_with = "id")]
    pub(super) profiles: bool,
    /// Fetch only what is kept under these ids, and their profiles
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub(super) id: Vec<String>,
    /// Fetch days again that are in the store: rows that arrived late come with them
    #[arg(long, conflicts_with = "id")]
    pub(super) again: bool,
}

/// Vendors whose API is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Vendor {
    /// Mixpanel
    Mixpanel,
}

/// Where a project of Mixpanel keeps its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Region {
    /// The United States
    Us,
    /// The European Union
    Eu,
    /// India
    In,
}

/// Reads `2019-07-31`.
fn day(text: &str) -> Result<NaiveDate, String> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| (1971..3000).contains(&day.year()));
    day.ok_or_else(|| "a day is written like 2019-07-31".to_owned())
}

/// What files can be said to be.
fn read_as() -> impl TypedValueParser<Value = formats::Format> {
    let values = formats::choices().map(|choice| PossibleValue::new(choice.word).help(choice.help));
    PossibleValuesParser::new(values).try_map(|word| {
        formats::choices().find(|choice| choice.word == word).map(|choice| choice.format).ok_or("no kind of files")
    })
}

/// Search for users
///
/// The text matches ids and profile values (e-mail, name, phone) that are equal to it, begin with it
/// or contain it. The best match comes first. Terms such as event:purchase search rows; README lists
/// them.
#[derive(Debug, clap::Args)]
pub(super) struct Search {
    /// The text or the terms to search for
    pub(super) text: String,
    /// The most hits to list
    #[arg(long, default_value_t = 50, value_name = "NUMBER", value_parser = at_least_one)]
    pub(super) limit: usize,
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
    /// ~; also and, or, not and parentheses. The terminal interface uses the same language; README
    /// lists it. The answer says how many rows are hidden.
    #[arg(long, value_name = "FILTER", allow_hyphen_values = true)]
    pub(super) filter: Option<String>,
    /// Show only rows from TIME on, by event time (written as for --as-of)
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,
    /// Show only rows up to and including TIME
    #[arg(long, value_name = "TIME")]
    pub(super) to: Option<String>,
    /// Answer by this rule set: legacy, original, simplified, posthog, amplitude or simple
    #[arg(long, value_name = "RULES")]
    pub(super) rules: Option<String>,
    /// Write at most 15 lines, to paste into a ticket: who it is, what is missing and why
    #[arg(long, conflicts_with_all = ["filter", "from", "to"])]
    pub(super) brief: bool,
}

/// Play an identity scenario, call by call
///
/// A terminal shows a player, anything else gets text: each call, what the SDK remembers after it, and
/// what the server does with it. SCENARIO is the name or number of a built-in scenario, or your own
/// TOML file. With --store the rows go into a store instead.
#[derive(Debug, clap::Args)]
#[command(after_help = "journey demo --list lists the built-in scenarios. Exit code 1: a scenario did not end as \
    its [expect] says.")]
pub(super) struct Demo {
    /// Name or number of a built-in scenario, or a file [default: choose from all]
    pub(super) scenario: Option<String>,
    /// List the built-in scenarios
    #[arg(long, conflicts_with_all = ["scenario", "crowd"])]
    pub(super) list: bool,
    /// Generate many users with this many rows, for measuring; needs --store
    #[arg(long, value_name = "ROWS", conflicts_with = "scenario", requires = "store-flag", value_parser = rows)]
    pub(super) crowd: Option<u64>,
    /// Seed of the generated users
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

/// Draw the ids of a user and how they are connected
///
/// The text is a tree: the root, the aliases that lead to it, refused calls, orphans with their
/// evidence, devices and other users. --format dot is for Graphviz, svg is a picture.
#[derive(Debug, clap::Args)]
pub(super) struct Graph {
    /// Any id of the user
    pub(super) id: String,
    /// Answer by this rule set: legacy, original, simplified, posthog, amplitude or simple
    #[arg(long, value_name = "RULES")]
    pub(super) rules: Option<String>,
    /// Use only data that had arrived by TIME (see journey show --help)
    #[arg(long, value_name = "TIME")]
    pub(super) as_of: Option<String>,
}

/// Compare two users: is this the same person?
///
/// The answer shows both on one time axis, what they share, and what speaks for and against one
/// person. Only a common root makes them one user; everything else is evidence.
#[derive(Debug, clap::Args)]
pub(super) struct Diff {
    /// Any id of the first user
    #[arg(value_name = "ID")]
    pub(super) a: String,
    /// Any id of the second user
    #[arg(value_name = "OTHER")]
    pub(super) b: String,
}

/// Show the same rows under several identity systems, or what becomes of a whole store
///
/// With ID, each row of the user has its owner under each rule set, and rows whose owner differs are
/// marked, with why. With --from and --to, the answer is the migration report of the store: who stays,
/// who is split or merged, how many rows change owner, what to change first. All is computed from the
/// rows as sent; no vendor is asked. Rule sets: legacy, original, simplified (Mixpanel), posthog,
/// amplitude, simple (user id, else anonymous id).
#[derive(Debug, clap::Args)]
#[command(after_help = "journey compare sally@example.com --rules legacy,simplified\njourney compare --from legacy \
    --to simplified --format html > migration.html\njourney compare sally@example.com --without july.jsonl:18")]
pub(super) struct Compare {
    /// Any id of the user
    #[arg(required_unless_present = "to", conflicts_with_all = ["from", "to"])]
    pub(super) id: Option<String>,
    /// Two to six rule sets [default: legacy,original,simplified,posthog]; one with a change [default: legacy]
    #[arg(long, value_name = "RULES", value_delimiter = ',', conflicts_with_all = ["from", "to"])]
    pub(super) rules: Vec<String>,
    /// What if this row had not been sent? ROW is FILE:LINE, or LINE; this option and those below can be
    /// repeated
    #[arg(long, value_name = "ROW", requires = "id", help_heading = "What if")]
    pub(super) without: Vec<String>,
    /// What if identify had been called in place of this alias call?
    #[arg(long, value_name = "ROW", requires = "id", help_heading = "What if")]
    pub(super) identify: Vec<String>,
    /// What if reset had been called just before this row?
    #[arg(long, value_name = "ROW", requires = "id", help_heading = "What if")]
    pub(super) reset: Vec<String>,
    /// What if this row had been sent later?
    #[arg(long, value_name = "ROW[=SECONDS]", requires = "id", help_heading = "What if")]
    pub(super) later: Vec<String>,
    /// What if this call had been made? CALL is alias (of OTHER) or identify (ID is the id before)
    #[arg(long, num_args = 4, value_names = ["CALL", "ID", "OTHER", "TIME"], requires = "id", help_heading = "What if")]
    pub(super) add: Vec<String>,
    /// Also save the rows with the change as a scenario, without ids and values of the data
    #[arg(long, value_name = "FILE", requires = "id", help_heading = "What if")]
    pub(super) write: Option<PathBuf>,
    /// Replace the file of --write if there is one
    #[arg(long, requires = "write", help_heading = "What if")]
    pub(super) force: bool,
    /// The rule set that the project has now [default: legacy]
    #[arg(long, value_name = "RULES", requires = "to")]
    pub(super) from: Option<String>,
    /// The rule set that the project moves to: write the migration report of the store
    #[arg(long, value_name = "RULES")]
    pub(super) to: Option<String>,
}

/// Print the settings
///
/// The answer is a settings file to start from: your own settings, and all others as comments. With
/// --explain it lists each value and its origin: a flag, a variable, a line of the file, or a default.
#[derive(Debug, clap::Args)]
pub(super) struct Config {
    /// Say where each value comes from
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

/// Export the store to a plain SQLite file
///
/// The file needs no journey: it has tables `events` (with properties as JSON), `aliases` and
/// `profiles`, with times in UTC. journey import reads it again.
#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// The file to write
    #[arg(long, value_name = "FILE", required = true)]
    pub(super) sqlite: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    pub(super) force: bool,
}

/// Check that the store is whole
///
/// The check reads all of the store and changes nothing: damage, rows that are missing or counted
/// twice, incomplete imports, and files that a stopped program left. Each problem comes with what to
/// do about it. Exit code 0: healthy; 1: problems; 3: no store that can be opened.
#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    /// The store to check
    #[arg(value_name = "STORE")]
    pub(super) path: Option<PathBuf>,
}

/// Say what would mend a user, or every user with a finding; nothing is ever sent
///
/// The answer has what to change in the code, the alias calls that remain to be made, the rows to
/// import once more and under which id, what the timeline would be after each of these by the same
/// rules, and what nothing mends. --write makes a file for /import of it.
#[derive(Debug, clap::Args)]
#[command(after_help = "journey repair sally@example.com --write repair.jsonl\njourney repair alias-on-login\n\nThe \
    rows of the file are marked with the property journey_repair. A stored row is never moved: rows that are \
    imported again count under their old id too.")]
pub(super) struct Repair {
    /// Any id of the user, or the code of a finding
    #[arg(value_name = "ID|CODE")]
    pub(super) what: String,
    /// Write the calls and rows to this file, as JSON Lines for /import
    #[arg(long, value_name = "FILE")]
    pub(super) write: Option<PathBuf>,
    /// Replace the file of --write if there is one
    #[arg(long, requires = "write")]
    pub(super) force: bool,
}

/// Write the smallest calls that show the same finding, without ids and values of the data
///
/// The answer is a scenario file: journey demo FILE plays it. Every id in it is made up, every event
/// has the same name, and times are steps.
#[derive(Debug, clap::Args)]
#[command(after_help = "journey reproduce sally@example.com > case.toml && journey demo case.toml")]
pub(super) struct Reproduce {
    /// Any id of the user [default: the user with the most rows of --finding]
    #[arg(required_unless_present = "finding")]
    pub(super) id: Option<String>,
    /// The code of the finding [default: the worst one of the user]
    #[arg(long, value_name = "CODE")]
    pub(super) finding: Option<String>,
    /// Write the scenario to this file instead
    #[arg(long, value_name = "FILE")]
    pub(super) write: Option<PathBuf>,
    /// Replace the file of --write if there is one
    #[arg(long, requires = "write")]
    pub(super) force: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("it must be a whole number from 1 on".to_owned()),
        Ok(number) => Ok(number),
    }
}
