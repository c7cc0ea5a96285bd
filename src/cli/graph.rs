//! `journey graph`: the ids of a user and what is between them.

use super::args::{Form, Graph};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use super::redaction;
use super::rules::rule_set;
use super::show;
use crate::identity::Register;
use crate::inspect::Inspector;
use crate::report::graph;

pub(super) fn run(command: &Graph, store: Named, console: &mut Console) -> Result<(), Failure> {
    let mut inspector = store.open(console)?;
    if let Some(rules) = &command.rules {
        inspector.set_rules(Some(rule_set(rules)?));
    }
    answer(command, &inspector, console).map_err(|failure| redaction::shown(failure, &inspector))
}

fn answer(command: &Graph, inspector: &Inspector, console: &mut Console) -> Result<(), Failure> {
    let journey = show::find(inspector, &command.id, command.as_of.as_deref(), console)?;
    let graph = graph::Graph::of(&journey, &Register::of(&journey));
    match console.form {
        Form::Json => graph::json(&mut console.out, &graph)?,
        Form::Dot => graph::dot(&mut console.out, &graph)?,
        Form::Svg => graph::svg(&mut console.out, &graph, &console.look)?,
        _ => graph::text(&mut console.out, &graph, &console.look)?,
    }
    console.finish()
}
