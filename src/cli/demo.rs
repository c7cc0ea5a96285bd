//! The built-in demo store: the scenarios of the gallery, imported into memory.

use super::failure::Failure;
use crate::formats::Zone;
use crate::ingest::{self, Flow, Input, Options};
use crate::inspect::Inspector;
use crate::model::Id;
use crate::sim::{self, ScenarioError};
use crate::store::Writer;

/// What the demo store is called.
pub(super) const TITLE: &str = "demo";

/// Ids worth opening, each with what to look for.
pub(super) fn suggestions() -> Result<Vec<(Id, String)>, Failure> {
    let scenarios = sim::demo_files().map_err(|error| broken(&error))?.into_iter().map(|file| file.scenario);
    Ok(scenarios.map(|scenario| (Id::new(&scenario.search), scenario.title)).collect())
}

/// A scenario of the program cannot be read: a test rules it out.
fn broken(error: &ScenarioError) -> Failure {
    Failure::bug("the demo store cannot be made").because(error)
}

/// The demo store, made anew: a few hundred rows.
pub(super) fn inspector() -> Result<Inspector, Failure> {
    let mut writer = Writer::in_memory()?;
    let files = sim::demo_files().map_err(|error| broken(&error))?;
    let inputs =
        files.into_iter().map(|file| Input::Bytes { content: file.lines().into_bytes(), name: file.name }).collect();
    let options = Options { zone: Zone::Utc, ..Options::default() };
    ingest::import(&mut writer, inputs, &options, &mut |_| Flow::Continue)?;
    Ok(Inspector::new(writer.into_reader()?))
}
