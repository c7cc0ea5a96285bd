//! `journey show`: the journey of an id.

use super::args::{Form, Show};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use super::redaction;
use super::rules::rule_set;
use super::search::{empty, suggest};
use super::select::{moment, selection};
use crate::identity::Journey;
use crate::inspect::{History, Inspector};
use crate::model::Id;
use crate::model::facts::Arrival;
use crate::model::hit::Match;
use crate::report::{Shown, journey as report};

pub(super) fn run(command: &Show, store: Named, console: &mut Console) -> Result<(), Failure> {
    let mut inspector = store.open(console)?;
    if let Some(rules) = &command.rules {
        inspector.set_rules(Some(rule_set(rules)?));
    }
    answer(command, &inspector, console).map_err(|failure| redaction::shown(failure, &inspector))
}

fn answer(command: &Show, inspector: &Inspector, console: &mut Console) -> Result<(), Failure> {
    let journey = find(inspector, &command.id, command.as_of.as_deref(), console)?;
    let selection = selection(command, inspector, &journey, console)?;
    let shown = Shown { journey: &journey, selection: selection.as_ref() };
    let form = match console.form {
        Form::Text if command.brief => report::Form::Brief,
        _ if command.brief => return Err(Failure::usage("--brief is for text").hint("no --format")),
        Form::Json => report::Form::Json,
        Form::Csv => report::Form::Csv,
        Form::Html => report::Form::Html,
        Form::Markdown => report::Form::Markdown,
        _ => report::Form::Text,
    };
    report::write(&mut console.out, form, shown, &console.look, &mut |rows| inspector.properties(rows))?;
    console.finish()?;
    let answer = match shown.sentence(console.look.clock).filter(|_| shown.counts().0 == 0) {
        Some(sentence) => Err(Failure::nothing(sentence).hint("a wider filter, or none")),
        None => Ok(()),
    };
    // The process ends: millions of rows need not be given back one by one.
    std::mem::forget(journey);
    answer
}

/// The journey of an id, as it is or as it stood; a failure that says what else is near.
pub(super) fn find(
    inspector: &Inspector,
    id: &str,
    moment: Option<&str>,
    console: &Console,
) -> Result<Journey, Failure> {
    let journey = match moment {
        None => inspector.journey(&Id::new(id))?,
        Some(text) => as_of(inspector, id, text, console)?,
    };
    match journey {
        Some(journey) => Ok(journey),
        None => Err(nowhere(id, inspector)?),
    }
}

/// The journey as it stood at a moment; a failure when the store names the id only since.
fn as_of(inspector: &Inspector, id: &str, text: &str, console: &Console) -> Result<Option<Journey>, Failure> {
    let clock = console.look.clock;
    let at = moment("--as-of", text, |written| written.end(|wall| clock.moment(wall)))?;
    let id = Id::new(id);
    let journey = inspector.journey_as_of(&mut History::default(), &id, Arrival::end_of(at))?;
    if journey.is_none()
        && let Some(now) = inspector.journey(&id)?
    {
        let when = clock.full(at);
        let failure = Failure::nothing(format!("nothing that had arrived by {when} names {:?}", id.as_str()));
        return Err(match now.root.filter(|root| *root != id) {
            Some(root) => failure.hint(format!("today it leads to {}: show that one as of {when}", root.as_str())),
            None => failure.hint("a later time"),
        });
    }
    Ok(journey)
}

/// Says what else could be meant by an id that the store does not name.
pub(super) fn nowhere(id: &str, inspector: &Inspector) -> Result<Failure, Failure> {
    if let Some(failure) = empty(inspector)? {
        return Ok(failure);
    }
    let mut failure = Failure::nothing(format!("no row, alias call or property names {id:?}"));
    for hit in inspector.search(id, 3)? {
        if let (Match::Profile, Some((property, value))) = (hit.found, &hit.via) {
            failure = failure.hint(format!("{} (its {property} is {value})", hit.id.as_str()));
        }
    }
    // As some tools write which id it is: `device:X`, `duid:X`.
    if let Some((_, rest)) = id.split_once(':')
        && !rest.is_empty()
        && inspector.journey(&Id::new(rest))?.is_some()
    {
        return Ok(failure.hint(format!("journey show {rest:?}")));
    }
    failure = suggest(failure, inspector, id)?;
    Ok(if failure.has_hints() { failure } else { failure.hint(format!("journey search {id:?} looks inside of ids")) })
}
