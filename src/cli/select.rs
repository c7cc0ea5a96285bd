//! `--filter`, `--from` and `--to`: which rows of a journey are shown.

use std::sync::Arc;

use super::args::Show;
use super::console::Console;
use super::failure::Failure;
use crate::identity::Journey;
use crate::inspect::filter::{Filter, Names};
use crate::inspect::{Inspector, Kept};
use crate::model::Millis;
use crate::model::written::Written;
use crate::report::{Clock, Selection};

/// What was asked for; `None` when that is everything.
pub(super) fn selection(
    command: &Show,
    inspector: &Inspector,
    journey: &Journey,
    console: &Console,
) -> Result<Option<Selection>, Failure> {
    let clock = console.look.clock;
    let wall = |wall| clock.moment(wall);
    let from = command.from.as_deref().map(|text| moment("--from", text, |written| written.begin(wall))).transpose()?;
    let to = command.to.as_deref().map(|text| moment("--to", text, |written| written.end(wall))).transpose()?;
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(Failure::usage("--from is later than --to").hint("the earlier time goes to --from"));
    }
    let filter = match &command.filter {
        // Ids are looked for as they are shown.
        Some(text) => filter(&inspector.shown_text(text)?, journey, clock)?,
        None => None,
    };
    if filter.is_none() && from.is_none() && to.is_none() {
        return Ok(None);
    }
    if let Some(hint) = filter.as_ref().and_then(Filter::hint) {
        console.note(&hint);
    }
    let times = from.unwrap_or(Millis::MIN)..=to.unwrap_or(Millis::MAX);
    let Kept { rows, calls, points } = inspector.select(journey, filter.as_ref(), times)?;
    let filter = filter.map(|filter| filter.text().to_owned());
    Ok(Some(Selection { filter, from, to, rows, calls, points }))
}

/// The moment that is meant by the text of an option; `end` picks its begin or its end.
pub(super) fn moment(name: &str, text: &str, end: impl FnOnce(Written) -> Option<Millis>) -> Result<Millis, Failure> {
    Written::parse(text).and_then(end).ok_or_else(|| {
        Failure::usage(format!("{name} {text:?} is no time"))
            .hint("a day, minute or second: 2019-07-10, \"2019-07-10 19:13\", 2019-07-10T19:13:04Z")
    })
}

fn filter(text: &str, journey: &Journey, clock: Clock) -> Result<Option<Filter>, Failure> {
    let names = Names::of(journey, Arc::new(move |at| clock.shows(at)));
    Filter::read(text, &names).map_err(|error| {
        Failure::usage(format!("the filter cannot be read: {error}"))
            .excerpt(&error.pointed(text))
            .hint("journey show --help, or the README, for what can be written")
    })
}
