//! What is generated: completions, the manual page, the version, exports to measure with.

use std::sync::LazyLock;

use clap_complete::Shell;
use clap_mangen::Man;

use super::console::Console;
use super::failure::Failure;
use crate::sim::crowd::Crowd;
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

/// Writes the manual page, and after it those of the commands (`journey man`).
pub(super) fn man(console: &mut Console) -> Result<(), Failure> {
    let mut command = super::command();
    // Gives the commands their full names: journey-import.
    command.build();
    let mut text = Vec::new();
    Man::new(command.clone()).render(&mut text)?;
    for command in command.get_subcommands() {
        Man::new(command.clone()).render(&mut text)?;
    }
    console.write(&text)
}

/// Writes a raw export of a seeded crowd (`journey generate export`), of any size.
pub(super) fn export(rows: u64, seed: u64, console: &mut Console) -> Result<(), Failure> {
    Crowd { seed, rows }.write(&mut console.out)?;
    console.finish()
}
