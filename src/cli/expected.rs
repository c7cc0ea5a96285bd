//! `journey check --session` and `journey listen --assert`: whether a session shows what a file expects.

use std::fs;
use std::path::Path;

use super::args::Form;
use super::console::Console;
use super::failure::Failure;
use crate::identity::expected::Expectation;
use crate::report::expected as report;
use crate::session::Expected;

/// Reads a file of expectations.
pub(super) fn read(path: &Path) -> Result<Expected, Failure> {
    let wrong = |what: String| {
        let text = format!("the expectations {} cannot be used: {what}", path.display());
        Failure::usage(text).hint("assets/docs/listen.md has an example")
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    Expected::read(&text).map_err(wrong)
}

/// Writes whether a session shows what is expected; what does not hold is a failure.
pub(super) fn answer(tests: &[Expectation], name: &str, console: &mut Console) -> Result<(), Failure> {
    match console.form {
        Form::Json => report::json(&mut console.out, tests)?,
        Form::Junit => report::junit(&mut console.out, name, tests)?,
        Form::Text => report::text(&mut console.out, tests, &console.look)?,
        _ => return Err(Failure::usage("expectations are text, JSON or JUnit").hint("--format text, json, junit")),
    }
    console.finish()?;
    if report::holds(tests) { Ok(()) } else { Err(Failure::listed()) }
}
