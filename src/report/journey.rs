//! A journey in one of its forms: the one way that the command line and the interface write it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Write};

use super::graph::{self, Graph};
use super::sheet::{self, Sheet};
use super::{Look, Shown, json, text};
use crate::identity::Register;

/// What a journey is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    Text,
    /// The same in at most fifteen lines.
    Brief,
    /// A page with everything in one file.
    Html,
    /// For a ticket.
    Markdown,
    /// A line for each row.
    Csv,
    /// For programs.
    Json,
    /// A picture of the ids and what is between them.
    Svg,
}

/// Why a journey was not written.
#[derive(Debug)]
pub enum Error<E> {
    /// The writer refused.
    Io(io::Error),
    /// Properties could not be read.
    Read(E),
}

impl<E> From<io::Error> for Error<E> {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Gives the properties of rows of the store, in the order asked.
pub type Fetch<'a, E> = &'a mut dyn FnMut(&[i64]) -> Result<Vec<String>, E>;

/// Rows whose properties are fetched at once: enough to unpack each block of the store once,
/// few enough to stay small in memory.
const FETCHED: usize = 1000;

/// Writes a journey; `fetch` gives the properties of rows of the store, in the order asked.
///
/// # Errors
/// The writer refuses, or `fetch` fails. What was written by then is no whole report.
pub fn write<E>(
    out: &mut dyn Write,
    form: Form,
    shown: Shown<'_>,
    look: &Look,
    fetch: Fetch<'_, E>,
) -> Result<(), Error<E>> {
    match form {
        Form::Text => text::journey(out, shown, look)?,
        Form::Brief => text::brief(out, shown.journey, look)?,
        Form::Markdown => sheet::markdown(out, &Sheet::of(shown, look))?,
        Form::Svg => graph::svg(out, &Graph::of(shown.journey, &Register::of(shown.journey)), look)?,
        Form::Json => {
            let orphans = shown.journey.orphans.iter().flat_map(|orphan| shown.steps_of(orphan));
            let ahead = Ahead::of(fetch, shown.steps().chain(orphans).map(|step| step.event.row));
            json::journey(out, shown, &|row| ahead.get(row))?;
            ahead.finish()?;
        }
        Form::Csv => {
            let sheet = Sheet::of(shown, look);
            let ahead = Ahead::of(fetch, sheet.rows());
            sheet::csv(out, &sheet, &|row| ahead.get(row))?;
            ahead.finish()?;
        }
        Form::Html => {
            let sheet = Sheet::of(shown, look);
            let ahead = Ahead::of(fetch, sheet.rows_of_page());
            sheet::html(out, &sheet, &|row| ahead.get(row))?;
            ahead.finish()?;
        }
    }
    Ok(())
}

/// Properties in the order of a report, a thousand rows at a time.
struct Ahead<'a, E> {
    state: RefCell<State<'a, E>>,
}

struct State<'a, E> {
    fetch: Fetch<'a, E>,
    /// Rows not fetched yet, in the order in which they will be asked for.
    ahead: VecDeque<i64>,
    /// Fetched and not asked for yet.
    ready: VecDeque<(i64, String)>,
    /// What went wrong first; nothing is fetched after it.
    error: Option<E>,
}

impl<'a, E> Ahead<'a, E> {
    fn of(fetch: Fetch<'a, E>, rows: impl Iterator<Item = i64>) -> Self {
        Self { state: RefCell::new(State { fetch, ahead: rows.collect(), ready: VecDeque::new(), error: None }) }
    }

    /// The properties of `row`, which is the next of the report.
    fn get(&self, row: i64) -> Option<String> {
        let mut state = self.state.borrow_mut();
        let State { fetch, ahead, ready, error } = &mut *state;
        if error.is_some() {
            return None;
        }
        if ready.is_empty() {
            let rows: Vec<i64> = ahead.drain(..ahead.len().min(FETCHED)).collect();
            match fetch(&rows) {
                Ok(texts) => ready.extend(rows.into_iter().zip(texts)),
                Err(failed) => *error = Some(failed),
            }
        }
        ready.pop_front().filter(|(ready, _)| *ready == row).map(|(_, text)| text)
    }

    /// Tells what went wrong on the way.
    fn finish(self) -> Result<(), Error<E>> {
        self.state.into_inner().error.map_or(Ok(()), |error| Err(Error::Read(error)))
    }
}
