//! `journey reproduce`: the smallest calls that show the finding of a user, as a scenario.

use std::io::Write;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::args::{Format, Reproduce};
use super::console::Console;
use super::failure::Failure;
use super::import::stop_flag;
use super::open::Named;
use super::repair::{kept, of_user};
use super::show::nowhere;
use crate::identity::resolve;
use crate::inspect::gather::{Limits, gather};
use crate::inspect::{Inspector, check};
use crate::model::Id;
use crate::output::{Output, Readers};
use crate::play::reproduce;
use crate::report::json::SCHEMA;

pub(super) fn run(command: &Reproduce, store: Named, console: &mut Console) -> Result<(), Failure> {
    let kept = kept(&store)?;
    let inspector = store.open(console)?;
    let output = command.write.as_deref().map(|path| Output::begin(path, command.force, &kept, Readers::Usual));
    answer(command, output.transpose()?, &inspector, console)
}

fn answer(
    command: &Reproduce,
    output: Option<Output>,
    inspector: &Inspector,
    console: &mut Console,
) -> Result<(), Failure> {
    let kind = command.finding.as_deref().map(of_user).transpose()?;
    let id = match (&command.id, kind) {
        (Some(id), _) => Id::new(id),
        (None, Some(kind)) => {
            let stop = stop_flag()?;
            let (people, _) = check::people(inspector, kind, &mut |_, _| !stop.load(Ordering::Relaxed))?;
            let first = people.into_iter().next();
            first.ok_or_else(|| Failure::nothing(format!("no user has the finding {}", kind.code)))?.id
        }
        (None, None) => return Err(Failure::usage("neither an id nor a finding was given")),
    };
    let source = inspector.source();
    let facts = source.one_moment(|| gather(source, &id, &Limits::default()))?;
    let Some(journey) = resolve(&facts, &id, inspector.rules()) else {
        return Err(nowhere(id.as_str(), inspector)?);
    };
    let finding = match kind {
        Some(kind) => journey.findings.iter().find(|finding| finding.kind == kind),
        None => journey.findings.first(),
    };
    let Some(finding) = finding else {
        let which = kind.map_or_else(|| "finding".to_owned(), |kind| format!("finding {}", kind.code));
        return Err(Failure::nothing(format!("the user of {:?} has no {which}", id.as_str()))
            .hint("journey check --id ID lists the findings of a user"));
    };
    let Some(scenario) = reproduce(&facts, &journey, finding) else {
        return Err(Failure::nothing(format!("calls alone do not show {} of this user", finding.code()))
            .hint(format!("journey explain {} has an example", finding.code())));
    };
    let text = scenario.to_toml();
    let name = command.write.as_deref().map(|path| path.display().to_string());
    if let Some(mut output) = output {
        output.write_all(text.as_bytes())?;
        output.finish()?;
    }
    match (console.format, &name) {
        (Format::Json, _) => {
            let calls = scenario.calls.len();
            let answer = json!({ "schema": SCHEMA, "query": id.as_str(), "code": finding.code(), "calls": calls,
                "file": name, "scenario": text });
            writeln!(console.out, "{answer}")?;
        }
        (Format::Text, Some(name)) => {
            let calls = crate::report::look::many(scenario.calls.len(), "call");
            writeln!(
                console.out,
                "{}: {} in {calls}; journey demo {0} plays it",
                console.look.clean(name),
                finding.code()
            )?;
        }
        (Format::Text, None) => write!(console.out, "{text}")?,
    }
    console.finish()
}
