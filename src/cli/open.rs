//! Which store a command works on, and the demo store when there is none.

use std::env;
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::args::Args;
use super::console::Console;
use super::failure::Failure;
use crate::config::warehouse::Warehouse;
use crate::config::{self, Choice, Origin};
use crate::inspect::Inspector;
use crate::model::near;
use crate::output::Kept;
use crate::session::{self, Location, demo};
use crate::store::{Error, Reader};
use crate::warehouse::{Address, OwnEdges, OwnTable};

/// What the command line says of the store.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    /// `--store`.
    pub(super) flag: Option<PathBuf>,
    /// The argument STORE.
    pub(super) argument: Option<PathBuf>,
    /// `--demo`: the built-in demo store.
    pub(super) is_demo: bool,
    /// What the settings say of a warehouse.
    pub(super) warehouse: Warehouse,
}

impl Named {
    /// The store that is meant, with the environment and the user's data directory considered.
    pub(super) fn choose(self) -> Result<Option<Choice>, Failure> {
        if self.is_demo {
            return Err(Failure::usage("--demo is the built-in demo store: it is made anew each time, and no file")
                .hint("--store FILE names a store"));
        }
        if let (Some(flag), Some(argument)) = (&self.flag, &self.argument) {
            return Err(Failure::usage(format!(
                "two stores are named: --store {} and {}",
                flag.display(),
                argument.display()
            ))
            .hint("name one of them"));
        }
        let candidates = config::Candidates {
            flag: self.flag,
            argument: self.argument,
            environment: env::var_os(config::STORE_VARIABLE),
            data: config::data_directory(),
        };
        Ok(candidates.choose())
    }

    /// Where to read from: a store that the user names, your own if it is there, else the demo.
    pub(super) fn location(self) -> Result<Location, Failure> {
        if self.is_demo {
            return match self.flag.or(self.argument) {
                None => Ok(Location::Demo),
                Some(path) => {
                    Err(Failure::usage(format!("--demo and {} are two stores", path.display()))
                        .hint("name one of them"))
                }
            };
        }
        if let Some(address) = self.clone().address()? {
            return Ok(Location::Warehouse(address));
        }
        match self.choose()? {
            Some(choice) if choice.path.exists() => Ok(Location::File(choice.path)),
            Some(choice) if choice.is_asked_for() => Err(absent(&choice)),
            _ => Ok(Location::Demo),
        }
    }

    /// The warehouse that is meant, if it is one: that of the settings where no store is named.
    pub(super) fn address(self) -> Result<Option<Address>, Failure> {
        if self.is_demo {
            return Ok(None);
        }
        let settings = self.warehouse.clone();
        let text = match self.choose()? {
            Some(choice) if choice.is_asked_for() => Some(choice.path.to_string_lossy().into_owned()),
            _ => settings.url.clone(),
        };
        let Some(text) = text.filter(|text| Address::is_meant(text) || settings.url.as_ref() == Some(text)) else {
            return Ok(None);
        };
        address(&text, &settings).map(Some)
    }

    /// The store itself, which has to be there.
    pub(super) fn existing(self) -> Result<PathBuf, Failure> {
        self.clone().file_only()?;
        match self.choose()? {
            Some(choice) if choice.path.exists() => Ok(choice.path),
            Some(choice) => Err(absent(&choice)),
            None => Err(Failure::store("there is no store: no data directory is known to look for one in")
                .hint("name one with --store")),
        }
    }

    /// Opens what a command reads from, and says so when it is the demo store.
    pub(super) fn open(self, console: &Console) -> Result<Inspector, Failure> {
        let mut inspector = match self.clone().address()? {
            // What is personal is known only after a look at every id.
            Some(address) if console.redactor.is_some() => {
                return Err(Failure::usage(format!("answers of the warehouse {address} cannot be redacted"))
                    .hint("import an extract of its rows, and redact answers of that store file"));
            }
            Some(address) => session::warehouse::open(&address)?,
            None => Inspector::new(self.reader(console)?),
        };
        inspector.redact(console.redactor.as_ref());
        inspector.set_thresholds(console.thresholds);
        Ok(inspector)
    }

    /// The same as a store, for what only a store can answer: SQL, a plain copy.
    pub(super) fn reader(self, console: &Console) -> Result<Reader, Failure> {
        let is_demo = self.is_demo;
        self.clone().file_only()?;
        Ok(match self.location()? {
            Location::File(path) => Reader::open(&path)?,
            Location::Warehouse(address) => return Err(not_a_file(&address)),
            // No command reads from a play.
            Location::Demo | Location::Empty if is_demo => demo::reader()?,
            Location::Demo | Location::Empty => {
                console
                    .note("there is no store yet, so this is the built-in demo store; journey import FILE makes yours");
                demo::reader()?
            }
        })
    }
}

impl Named {
    /// Refuses a warehouse, for what only a store file can answer.
    fn file_only(self) -> Result<(), Failure> {
        self.address()?.map_or(Ok(()), |address| Err(not_a_file(&address)))
    }
}

/// Reads an address, with what the settings say of it.
pub(super) fn address(text: &str, settings: &Warehouse) -> Result<Address, Failure> {
    let mut address = Address::read(text).map_err(Failure::usage)?;
    if let Some(database) = settings.database.as_deref().filter(|_| !Address::names_database(text)) {
        address = address.with_database(database).map_err(Failure::usage)?;
    }
    let Warehouse { url: _, database: _, user_env, password_env, ca, seconds, rows, bytes, events, edges } =
        settings.clone();
    address.user_variable = user_env.unwrap_or(address.user_variable);
    address.password_variable = password_env.unwrap_or(address.password_variable);
    address.ca = ca;
    address.limits.seconds = seconds.unwrap_or(address.limits.seconds);
    address.limits.rows = rows.unwrap_or(address.limits.rows);
    address.limits.bytes = bytes.unwrap_or(address.limits.bytes);
    address.own = events.map(|events| {
        let given = |name: &str| events.get(name).map(str::to_owned);
        Box::new(OwnTable {
            table: given("table").unwrap_or_default(),
            id: given("id").unwrap_or_default(),
            time: given("time").unwrap_or_default(),
            event: given("event").unwrap_or_default(),
            properties: given("properties").unwrap_or_default(),
            arrived: given("arrived"),
            row: given("row"),
            named: events.named,
            edges: OwnEdges { named: edges.alias_calls.zip(edges.links).map(Into::into), ids: edges.ids },
        })
    });
    Ok(address)
}

fn not_a_file(address: &Address) -> Failure {
    Failure::usage(format!("this command works on a store file, and {address} is a warehouse"))
        .hint("name a store file with --store; show, search, graph, diff and the terminal interface read a warehouse")
}

/// What no file may take the place of: the store.
pub(super) fn kept(store: &Named) -> Result<Kept, Failure> {
    let choice = store.clone().choose()?;
    Ok(choice.map_or_else(Kept::default, |choice| Kept::default().store(&choice.path)))
}

/// A store that was named is not there.
fn absent(choice: &Choice) -> Failure {
    let missing = Failure::from(Error::NotFound { path: choice.path.clone() });
    match choice.origin {
        Origin::Environment => missing.hint(format!("or change {}, which names it", config::STORE_VARIABLE)),
        Origin::Argument => match command_like(&choice.path) {
            Some(command) => missing.hint(format!("journey {command}, if that command was meant")),
            None => missing,
        },
        Origin::Flag | Origin::Default => missing,
    }
}

/// The command that `path` looks like: `serach` is taken for a store otherwise.
fn command_like(path: &Path) -> Option<String> {
    // No command has a dot or a folder in its name.
    let text = path.to_str().filter(|text| !text.contains(['.', '/', '\\']))?;
    let command = Args::command();
    near::nearest(text, command.get_subcommands().map(clap::Command::get_name)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_command_is_known_again() {
        assert_eq!(command_like(Path::new("serach")), Some("search".to_owned()));
        assert_eq!(command_like(Path::new("july.db")), None);
        assert_eq!(command_like(Path::new("demo.db")), None);
        assert_eq!(command_like(Path::new("data/show")), None);
        assert_eq!(command_like(Path::new("july")), None);
    }
}
