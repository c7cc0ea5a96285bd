//! What is made from the definition of the command line: completions, the manual page, the version.

use std::sync::LazyLock;

use clap_complete::Shell;

use super::console::Console;
use super::failure::Failure;
use crate::store;

/// `0.1.0 (SQLite 3.50.4, store version 1)`: what a bug report needs.
pub(super) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let (sqlite, schema) = (store::sqlite_version(), store::SCHEMA_VERSION);
        format!("{} (SQLite {sqlite}, store version {schema})", env!("CARGO_PKG_VERSION"))
    });
    &VERSION
}

/// Writes completions for a shell (`journey completions`).
pub(super) fn completions(shell: Shell, console: &mut Console) -> Result<(), Failure> {
    // The generator panics when a write fails; a closed pipe must not.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "journey", &mut text);
    console.write(&text)
}

/// Writes the manual page (`journey man`).
pub(super) fn man(console: &mut Console) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(super::command()).render(&mut text)?;
    console.write(&text)
}
