//! `journey diff`: two users side by side.

use super::args::{Diff, Form};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use super::redaction;
use super::rules::rule_set;
use super::show::nowhere;
use crate::inspect::Inspector;
use crate::model::Id;
use crate::report::compare;

pub(super) fn run(command: &Diff, store: Named, console: &mut Console) -> Result<(), Failure> {
    let mut inspector = store.open(console)?;
    if let Some(rules) = &command.rules {
        inspector.set_rules(Some(rule_set(rules)?));
    }
    answer(command, &inspector, console).map_err(|failure| redaction::shown(failure, &inspector))
}

fn answer(command: &Diff, inspector: &Inspector, console: &mut Console) -> Result<(), Failure> {
    let compared = match inspector.compare(&Id::new(&command.a), &Id::new(&command.b))? {
        Ok(compared) => compared,
        Err(unknown) => return Err(nowhere(unknown.as_str(), inspector)?),
    };
    let out = &mut console.out;
    match console.form {
        Form::Json => compare::json(out, &compared)?,
        Form::Markdown => compare::markdown(out, &compared, &console.look)?,
        Form::Html => compare::html(out, &compared, &console.look)?,
        _ => compare::text(out, &compared, &console.look)?,
    }
    console.finish()
}
