//! `journey check --session` and `journey listen --assert`: whether a session shows what a file expects.

use std::fs;
use std::path::Path;

use super::args::Form;
use super::console::Console;
use super::failure::Failure;
use crate::report::expected::{self as report, Test};
use crate::session::{Expected, Verified};

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
pub(super) fn answer(verified: Vec<Verified>, name: &str, console: &mut Console) -> Result<(), Failure> {
    let tests: Vec<Test> = verified
        .into_iter()
        .map(|one| Test {
            of: one.user.unwrap_or_else(|| "session".to_owned()),
            key: one.key,
            expected: one.expected,
            found: one.found,
        })
        .collect();
    match console.form {
        Form::Json => report::json(&mut console.out, &tests)?,
        Form::Junit => report::junit(&mut console.out, name, &tests)?,
        Form::Text => report::text(&mut console.out, &tests, &console.look)?,
        _ => return Err(Failure::usage("expectations are text, JSON or JUnit").hint("--format text, json, junit")),
    }
    console.finish()?;
    if report::holds(&tests) { Ok(()) } else { Err(Failure::listed()) }
}
