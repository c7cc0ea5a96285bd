//! The demo store: the built-in scenarios, made anew in memory each time; and the rows of a play.

use crate::formats::Zone;
use crate::ingest::{self, Flow, Input, Options};
use crate::inspect::{Error, ErrorKind};
use crate::model::Id;
use crate::session::memory::{File, Memory};
use crate::sim::{self, ScenarioError};
use crate::store::{Reader, Writer};

/// What the demo store is called.
pub const TITLE: &str = "demo";

/// Ids worth opening, each with what to look for.
///
/// # Errors
/// A scenario of the program cannot be read: a test rules it out.
pub fn suggestions() -> Result<Vec<(Id, String)>, Error> {
    let scenarios = sim::demo_files().map_err(|error| broken(&error))?.into_iter().map(|file| file.scenario);
    Ok(scenarios.map(|scenario| (Id::new(&scenario.search), scenario.title)).collect())
}

/// The files of the demo store, as inputs of an import.
///
/// # Errors
/// A scenario of the program cannot be read: a test rules it out.
pub fn inputs() -> Result<Vec<Input>, Error> {
    let files = sim::demo_files().map_err(|error| broken(&error))?;
    Ok(files.into_iter().map(|file| Input::Bytes { content: file.lines().into_bytes(), name: file.name }).collect())
}

/// The times of scenarios are in UTC.
pub fn options() -> Options {
    Options { zone: Zone::Utc, ..Options::default() }
}

/// The demo store, made anew: a few hundred rows.
///
/// # Errors
/// It cannot be made.
pub fn reader() -> Result<Reader, Error> {
    let mut writer = Writer::in_memory()?;
    ingest::import(&mut writer, inputs()?, &options(), &mut |_| Flow::Continue).map_err(|error| match error {
        ingest::Error::Store(error) => Error::from(error),
        error => Error::new(ErrorKind::Bug, "the rows of a scenario cannot be read").cause(&error),
    })?;
    Ok(writer.into_reader()?)
}

/// The rows of a play: lines of recorded payloads, and what the file of them is called.
///
/// # Errors
/// A line cannot be read.
pub fn stage(name: &str, lines: &str) -> Result<Memory, Error> {
    // Nothing is a file of an unknown format.
    let file = (!lines.is_empty()).then(|| File::read(name, lines.as_bytes())).transpose()?;
    Ok(Memory::of(file.into_iter().collect()))
}

fn broken(error: &ScenarioError) -> Error {
    Error::new(ErrorKind::Bug, "the demo store cannot be made").cause(error)
}
