//! `journey show`: the journey of an id.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::args::{Form, Show};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use super::redaction;
use super::search::suggest;
use super::select::{moment, selection};
use crate::identity::Journey;
use crate::inspect::{Error, History, Inspector};
use crate::model::Id;
use crate::model::facts::Arrival;
use crate::model::hit::Match;
use crate::report::sheet::{self, Sheet};
use crate::report::{Shown, json, text};

/// Rows whose properties are fetched at once: enough to unpack each block of the store once,
/// few enough to stay small in memory.
const FETCHED: usize = 1000;

pub(super) fn run(command: &Show, store: Named, console: &mut Console) -> Result<(), Failure> {
    let inspector = store.open(console)?;
    answer(command, &inspector, console).map_err(|failure| redaction::shown(failure, &inspector))
}

fn answer(command: &Show, inspector: &Inspector, console: &mut Console) -> Result<(), Failure> {
    let journey = find(inspector, &command.id, command.as_of.as_deref(), console)?;
    let selection = selection(command, inspector, &journey, console)?;
    let shown = Shown { journey: &journey, selection: selection.as_ref() };
    let out = &mut console.out;
    match console.form {
        Form::Text if command.brief => text::brief(out, &journey, &console.look)?,
        _ if command.brief => return Err(Failure::usage("--brief is for text").hint("no --format")),
        Form::Json => {
            let orphans = journey.orphans.iter().flat_map(|orphan| shown.steps_of(orphan));
            let properties = Properties::of(inspector, shown.steps().chain(orphans).map(|step| step.event.row));
            json::journey(out, shown, &|row| properties.get(row))?;
            properties.finish()?;
        }
        form @ (Form::Csv | Form::Html) => {
            let sheet = Sheet::of(shown, &console.look);
            let properties = match form {
                Form::Csv => Properties::of(inspector, sheet.rows()),
                _ => Properties::of(inspector, sheet.rows_of_page()),
            };
            let write = if form == Form::Csv { sheet::csv } else { sheet::html };
            write(out, &sheet, &|row| properties.get(row))?;
            properties.finish()?;
        }
        Form::Markdown => sheet::markdown(out, &Sheet::of(shown, &console.look))?,
        _ => text::journey(out, shown, &console.look)?,
    }
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
    let mut failure = Failure::nothing(format!("no row, alias call or property names {id:?}"));
    for hit in inspector.search(id, 3)? {
        if let (Match::Profile, Some((property, value))) = (hit.found, &hit.via) {
            failure = failure.hint(format!("{} (its {property} is {value})", hit.id.as_str()));
        }
    }
    failure = suggest(failure, inspector, id)?;
    Ok(if failure.has_hints() { failure } else { failure.hint(format!("journey search {id:?} looks inside of ids")) })
}

/// Properties in the order of a report, a thousand rows at a time.
struct Properties<'a> {
    inspector: &'a Inspector,
    state: RefCell<State>,
}

struct State {
    /// Rows not fetched yet, in the order in which they will be asked for.
    ahead: VecDeque<i64>,
    /// Fetched and not asked for yet.
    ready: VecDeque<(i64, String)>,
    /// What went wrong first; nothing is fetched after it.
    error: Option<Error>,
}

impl<'a> Properties<'a> {
    fn of(inspector: &'a Inspector, rows: impl Iterator<Item = i64>) -> Self {
        let ahead = rows.collect();
        Self { inspector, state: RefCell::new(State { ahead, ready: VecDeque::new(), error: None }) }
    }

    /// The properties of `row`, which is the next of the report.
    fn get(&self, row: i64) -> Option<String> {
        let mut state = self.state.borrow_mut();
        let State { ahead, ready, error } = &mut *state;
        if error.is_some() {
            return None;
        }
        if ready.is_empty() {
            let rows: Vec<i64> = ahead.drain(..ahead.len().min(FETCHED)).collect();
            match self.inspector.properties(&rows) {
                Ok(texts) => ready.extend(rows.into_iter().zip(texts)),
                Err(failed) => *error = Some(failed),
            }
        }
        ready.pop_front().filter(|(ready, _)| *ready == row).map(|(_, text)| text)
    }

    /// Tells what went wrong on the way.
    fn finish(self) -> Result<(), Error> {
        self.state.into_inner().error.map_or(Ok(()), Err)
    }
}
