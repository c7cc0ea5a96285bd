//! What is made from the program itself: completions, the manual page, the version, the rows of
//! keys in the README, pictures of screens, exports to measure with.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use clap_complete::Shell;
use clap_mangen::Man;

use super::args::Generate;
use super::command::command;
use super::console::Console;
use super::failure::Failure;
use super::interface;
use crate::output::{Kept, Output, Readers};
use crate::sim::crowd::Crowd;
use crate::tui::keys::{Context, Keymap, sequence};
use crate::tui::{self, picture};

/// Writes completions for a shell (`journey completions`).
pub(super) fn completions(shell: Shell, console: &mut Console) -> Result<(), Failure> {
    // The generator panics when a write fails; a closed pipe must not.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), "journey", &mut text);
    console.write(&text)
}

/// Writes the manual page, and after it those of the commands (`journey man`).
pub(super) fn man(console: &mut Console) -> Result<(), Failure> {
    let mut command = command();
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
fn export(rows: u64, seed: u64, console: &mut Console) -> Result<(), Failure> {
    Crowd { seed, rows }.write(&mut console.out)?;
    console.finish()
}

/// Writes what `journey generate` is asked for.
pub(super) fn generate(what: &Generate, console: &mut Console) -> Result<(), Failure> {
    match what {
        Generate::Export { rows, seed } => export(*rows, *seed, console),
        Generate::Keys => keys(console),
        Generate::Screens { folder, force } => screens(folder, *force, console),
    }
}

/// The keys as rows of a table, without those that edit a line of text.
fn keys(console: &mut Console) -> Result<(), Failure> {
    let keymap = Keymap::built_in().map_err(|error| Failure::bug(error.to_string()))?;
    let mut text = String::new();
    for binding in Context::ALL.iter().copied().flat_map(|context| keymap.of(context)) {
        let context = binding.context;
        let edits = ["text-", "delete-"].iter().any(|start| binding.action.name().starts_with(start));
        if edits || matches!(context, Context::Overview | Context::Prompt | Context::Help) {
            continue;
        }
        let keys: Vec<String> = binding.keys.iter().map(|keys| format!("`{}`", sequence(keys))).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} | {} | {} |", context.name(), keys.join(" "), binding.help);
    }
    console.write(text.as_bytes())
}

/// Columns and rows of a picture.
const SIZE: (u16, u16) = (112, 34);

/// The main screens over the demo store: a name, what it shows, and the keys that lead there.
const SCREENS: &[(&str, &str, &str)] = &[
    ("overview", "The search with nothing typed: the store as a whole", ""),
    ("search", "Search results for \"example\"", "example<Down>"),
    ("journey", "The journey of Sally: a refused alias at the moment it happened", "sally@gmail.com<Enter>iii"),
    ("detail", "The detail of a row that no alias reaches", "sally@gmail.com<Enter>iiij<Enter>"),
    ("identity", "The identity of Sally: calls, lookup table, orphans", "sally@gmail.com<Enter>ojj"),
    ("as-of", "The same as it stood when the phone had just been opened", "sally@gmail.com<Enter>o,,"),
    ("graph", "The ids of Tom as a graph", "tom@example.com<Enter>oV"),
    ("compare", "Tom and an anonymous phone, on one time axis", "tom@example.com<Enter>d<Tab><Enter>j"),
];

/// Draws each of [`SCREENS`] into a file of the folder.
fn screens(folder: &Path, force: bool, console: &mut Console) -> Result<(), Failure> {
    // Pictures of another place's name would be made in whatever folder a person is.
    if !folder.is_dir() {
        let what = format!("there is no folder {} here for the pictures", folder.display());
        return Err(Failure::usage(what).hint("journey generate screens FOLDER, with a folder that is there"));
    }
    for (name, title, keys) in SCREENS {
        let mut backend = interface::demo()?;
        let buffer = picture::screen(&mut backend, &tui::Options::default(), keys, SIZE)?;
        let path = folder.join(format!("{name}.svg"));
        let mut output = Output::begin(&path, force, &Kept::default(), Readers::Usual)?;
        output.write_all(picture::svg(&buffer, title).as_bytes())?;
        output.finish()?;
        console.write(format!("{}: {title}\n", path.display()).as_bytes())?;
    }
    Ok(())
}
