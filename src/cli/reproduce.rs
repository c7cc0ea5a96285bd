//! `journey reproduce`: the smallest calls that show the finding of a user, as a scenario.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::args::{Format, Reproduce};
use super::check::every_user;
use super::console::Console;
use super::failure::Failure;
use super::open::{Named, kept};
use super::repair::of_user;
use super::show::nowhere;
use super::stop::stop_flag;
use crate::identity::{Kind, resolve};
use crate::inspect::gather::{Limits, gather};
use crate::inspect::{Inspector, check};
use crate::model::Id;
use crate::output::{Kept, Output, Readers};
use crate::play::reproduce;
use crate::report::json::SCHEMA;

pub(super) fn run(command: &Reproduce, store: Named, console: &mut Console) -> Result<(), Failure> {
    let kept = kept(&store)?;
    let mut inspector = store.open(console)?;
    // As with a repair: refused at once, and written when there is something to write.
    if let Some(path) = &command.write {
        drop(Output::begin(path, command.force, &kept, Readers::Usual)?);
    }
    let kind = command.finding.as_deref().map(of_user).transpose()?;
    let id = match (&command.id, kind) {
        (Some(id), _) => Id::new(id),
        (None, Some(kind)) => first(kind, &mut inspector, console)?,
        (None, None) => return Err(Failure::usage("neither an id nor a finding was given")),
    };
    answer(command, &id, kind, &kept, &inspector, console)
}

/// The user with a finding who has the most rows.
fn first(kind: &'static Kind, inspector: &mut Inspector, console: &Console) -> Result<Id, Failure> {
    let stop = stop_flag()?;
    let asked = Arc::clone(&stop);
    inspector.stop_when(Arc::new(move || asked.load(Ordering::Relaxed)))?;
    let seen = every_user(console, &stop, |go_on| match check::people(inspector, kind, go_on) {
        Err(error) if error.is_cancelled() => Ok((Vec::new(), false)),
        seen => seen,
    });
    let (people, complete) = seen?;
    if !complete {
        return Err(Failure::stopped_users().hint("run the same command again, or name a user by an id"));
    }
    let first = people.into_iter().next();
    Ok(first.ok_or_else(|| Failure::nothing(format!("no user has the finding {}", kind.code)))?.id)
}

fn answer(
    command: &Reproduce,
    id: &Id,
    kind: Option<&'static Kind>,
    kept: &Kept,
    inspector: &Inspector,
    console: &mut Console,
) -> Result<(), Failure> {
    let source = inspector.source();
    let facts = source.one_moment(|| gather(source, id, &Limits::default()))?;
    let Some(journey) = resolve(&facts, id, inspector.rules()) else {
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
        return Err(Failure::nothing(format!("no scenario of calls shows {} of this user", finding.code()))
            .hint(format!("journey explain {} has an example", finding.code())));
    };
    let text = scenario.to_toml();
    let name = command.write.as_deref().map(|path| path.display().to_string());
    if let Some(path) = &command.write {
        let mut output = Output::begin(path, command.force, kept, Readers::Usual)?;
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
