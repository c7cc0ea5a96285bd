//! The command line as clap knows it: which options and formats a command has.

use std::ffi::OsString;
use std::sync::LazyLock;

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches};

use super::args::{Args, Form};
use crate::store;

/// `0.1.0 (SQLite 3.50.4, store version 1)`: what a bug report needs.
pub(super) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let (sqlite, schema) = (store::sqlite_version(), store::SCHEMA_VERSION);
        format!("{} (SQLite {sqlite}, store version {schema})", env!("CARGO_PKG_VERSION"))
    });
    &VERSION
}

/// The command line as clap knows it, with a version that bug reports need.
///
/// The help of a command shows the global options that the command uses, and its own formats.
pub(super) fn command() -> clap::Command {
    let mut command = Args::command().version(version()).propagate_version(true);
    let global: Vec<clap::Arg> = command.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names {
        let unused = unused(&name);
        // An option that a command has under the name of a global one stands for that one.
        let own = global.iter().map(|arg| match arg.get_id().as_str() {
            id if unused.contains(&id) => arg.clone().hide(true),
            "format" => {
                let names: Vec<String> = forms(&name).iter().map(|form| form.name()).collect();
                arg.clone().hide_possible_values(true).help(format!("Format of the answer: {}", names.join(", ")))
            }
            "timezone" if ["import", "pull"].contains(&name.as_str()) => arg
                .clone()
                .help("Time zone of the exporting project: a name (Europe/Berlin), UTC or an offset (+02:00)")
                .long_help(
                    "Time zone of the exporting project: a name (Europe/Berlin), UTC or an offset (+02:00)\n\n\
                    Projects made before 2023 export their local clock. Without this option journey infers the \
                    offset and says so.",
                ),
            _ => arg.clone(),
        });
        command = command.mut_subcommand(&name, |command| command.args(own));
    }
    command
}

/// Global options without effect on a command.
fn unused(command: &str) -> &'static [&'static str] {
    match command {
        "import" | "pull" => &["config", "demo", "redact", "redact_property"],
        "explain" => &["store-flag", "demo", "timezone", "redact", "redact_property"],
        "sql" | "export" | "reproduce" => &["timezone", "redact", "redact_property"],
        "doctor" | "warehouse" => &["timezone", "demo", "redact", "redact_property"],
        "demo" | "listen" => &["demo", "redact", "redact_property"],
        "config" => &["demo"],
        "completions" | "man" => {
            &["store-flag", "demo", "timezone", "format", "color", "config", "redact", "redact_property", "ascii"]
        }
        _ => &[],
    }
}

/// The formats that a command writes.
pub(super) fn forms(command: &str) -> &'static [Form] {
    match command {
        "graph" => &[Form::Text, Form::Json, Form::Dot, Form::Svg],
        "show" => &[Form::Text, Form::Json, Form::Markdown, Form::Csv, Form::Html],
        "sql" => &[Form::Text, Form::Json, Form::Csv],
        "compare" => &[Form::Text, Form::Json, Form::Csv, Form::Html],
        "diff" => &[Form::Text, Form::Json, Form::Markdown, Form::Html],
        "listen" => &[Form::Text, Form::Json, Form::Junit],
        "check" => &[Form::Text, Form::Json, Form::Sarif, Form::Csv, Form::Junit],
        _ => &[Form::Text, Form::Json],
    }
}

pub(super) fn parse(arguments: &[OsString]) -> Result<Args, clap::Error> {
    let matches = command().try_get_matches_from(arguments)?;
    let mut args = Args::from_arg_matches(&matches)?;
    args.format_given = matches.value_source("format") == Some(ValueSource::CommandLine);
    Ok(args)
}
