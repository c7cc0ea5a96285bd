//! What `journey import` takes.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::formats;

/// Import exported files into the store
///
/// journey recognises the format of a file by its content. FILE can be a folder, or - for the standard
/// input. Importing a file again adds nothing, and interrupted imports resume.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Import {
    /// Files or folders to import; - reads the standard input
    #[arg(required_unless_present = "map_for", value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Name the columns to read: id=COLUMN,event=COLUMN,time=COLUMN, or a TOML file with the same
    #[arg(long, value_name = "MAP", conflicts_with = "what")]
    pub(in crate::cli) map: Option<String>,
    /// Print a suggested map for FILE, to edit and use with --map
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "map", "rejects", "what", "dry_run"])]
    pub(in crate::cli) map_for: Option<PathBuf>,
    /// Show how journey reads the first three rows of each file; store nothing
    #[arg(long, conflicts_with = "rejects")]
    pub(in crate::cli) dry_run: bool,
    /// Send the store to this warehouse after the import: clickhouse://HOST:PORT/DATABASE
    #[arg(long, value_name = "ADDRESS", conflicts_with = "dry_run")]
    pub(in crate::cli) to: Option<String>,
    /// Also write rejected rows to this file, as JSON Lines
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) rejects: Option<PathBuf>,
    /// Replace the file of --rejects if it exists
    #[arg(long, requires = "rejects")]
    pub(in crate::cli) force: bool,
    /// Say what the files contain, if journey cannot recognise it
    #[arg(long = "as", value_name = "WHAT", value_parser = read_as())]
    pub(in crate::cli) what: Option<formats::Format>,
}

/// What files can be said to be.
fn read_as() -> impl TypedValueParser<Value = formats::Format> {
    let values = formats::choices().map(|choice| PossibleValue::new(choice.word).help(choice.help));
    PossibleValuesParser::new(values).try_map(|word| {
        formats::choices().find(|choice| choice.word == word).map(|choice| choice.format).ok_or("no kind of files")
    })
}
