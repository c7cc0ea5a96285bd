//! `journey show`: the journey of an id.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use super::args::{Format, Show};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use super::search::suggest;
use crate::identity::{AliasLine, Journey, Point, Step};
use crate::inspect::filter::{Filter, Index, Names, Subject, quoted};
use crate::inspect::{History, Inspector};
use crate::model::Id;
use crate::model::facts::Arrival;
use crate::model::written::Written;
use crate::report::{Clock, Only, json, text};
use crate::store::{Error, Match};

/// Rows whose properties are fetched at once: enough to unpack each block of the store once,
/// few enough to stay small in memory.
const FETCHED: usize = 1000;

pub(super) fn run(command: &Show, store: Named, console: &mut Console) -> Result<(), Failure> {
    let inspector = store.open(console)?;
    let journey = find(&inspector, &command.id, command.as_of.as_deref(), console)?;
    let sifted = Sifted::of(command, &inspector, &journey, console.look.clock)?;
    let step = |step: &Step| sifted.as_ref().is_none_or(|sifted| sifted.rows.contains(&step.event.row));
    let call = |line: &AliasLine| sifted.as_ref().is_none_or(|sifted| sifted.keeps(&Subject::call(line, false)));
    let point = |point: &Point| sifted.as_ref().is_none_or(|sifted| sifted.keeps(&Subject::reset(point, false)));
    let only = sifted.as_ref().map(|sifted| Only {
        filter: &sifted.text,
        counts: (sifted.rows.len(), sifted.all),
        step: &step,
        call: &call,
        point: &point,
    });
    match console.format {
        Format::Text => text::only(&mut console.out, &journey, &console.look, only.as_ref())?,
        Format::Json => {
            let properties = Properties::of(&inspector, &journey, &step);
            json::only(&mut console.out, &journey, &|row| properties.get(row), only.as_ref())?;
            properties.finish()?;
        }
    }
    console.finish()
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
    let at = Written::parse(text).and_then(|written| written.end(|wall| clock.moment(wall))).ok_or_else(|| {
        Failure::usage(format!("--as-of {text:?} is no time"))
            .hint("a day, minute or second: 2019-07-10, \"2019-07-10 19:13\", 2019-07-10T19:13:04Z")
    })?;
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

/// What `--filter`, `--from` and `--to` keep.
struct Sifted {
    text: String,
    filters: Vec<Filter>,
    /// Numbers in the store of the rows.
    rows: HashSet<i64>,
    /// Rows without a filter.
    all: usize,
}

impl Sifted {
    /// Goes through the rows; `None` when nothing is asked for.
    fn of(command: &Show, inspector: &Inspector, journey: &Journey, clock: Clock) -> Result<Option<Self>, Failure> {
        let names = Names::of(journey, Arc::new(move |at| clock.shows(at)));
        let span = match (&command.from, &command.to) {
            (None, None) => None,
            (from, to) => {
                let (from, to) = (from.as_deref().unwrap_or_default(), to.as_deref().unwrap_or_default());
                Some(format!("at:{}", quoted(&format!("{from}..{to}"))))
            }
        };
        let mut filters = Vec::new();
        for (option, text) in [("--filter", command.filter.clone()), ("--from and --to", span)] {
            let Some(text) = text else { continue };
            let read = Filter::read(&text, &names).map_err(|error| {
                Failure::usage(format!("{option}: {error}"))
                    .pointed(&error.pointed(&text))
                    .hint("journey show --help has the forms of a filter and of a time")
            })?;
            filters.extend(read);
        }
        if filters.is_empty() {
            return Ok(None);
        }
        let text = filters.iter().map(Filter::text).collect::<Vec<_>>().join(" ");
        let mut sifted = Self { text, filters, rows: HashSet::new(), all: 0 };
        sifted.go_through(inspector, journey)?;
        if sifted.rows.is_empty() {
            let all = sifted.all;
            let failure = Failure::nothing(format!("the filter keeps none of the {all} rows: {}", sifted.text));
            return Err(sifted.filters.iter().filter_map(Filter::hint).fold(failure, Failure::hint));
        }
        Ok(Some(sifted))
    }

    fn keeps(&self, row: &Subject<'_>) -> bool {
        self.filters.iter().all(|filter| filter.decide(row, None) == Some(true))
    }

    fn go_through(&mut self, inspector: &Inspector, journey: &Journey) -> Result<(), Error> {
        let index = Index::of(journey);
        let steps = journey.steps.iter().map(|step| (step, None));
        let orphans =
            journey.orphans.iter().flat_map(|orphan| orphan.steps.iter().map(move |step| (step, Some(orphan))));
        let mut open: Vec<Subject<'_>> = Vec::new();
        for (step, orphan) in steps.chain(orphans) {
            self.all += 1;
            let row = index.subject(journey, step, orphan);
            let mut undecided = false;
            let mut kept = true;
            for filter in &self.filters {
                match filter.decide(&row, None) {
                    Some(decided) => kept &= decided,
                    None => undecided = true,
                }
            }
            if !kept {
                continue;
            }
            if !undecided {
                self.rows.insert(step.event.row);
                continue;
            }
            open.push(row);
            if open.len() == FETCHED {
                self.read(inspector, &mut open)?;
            }
        }
        self.read(inspector, &mut open)
    }

    /// Decides rows by their properties.
    fn read(&mut self, inspector: &Inspector, open: &mut Vec<Subject<'_>>) -> Result<(), Error> {
        let numbers: Vec<i64> = open.iter().filter_map(|row| row.row).collect();
        for ((row, number), text) in open.drain(..).zip(&numbers).zip(inspector.properties(&numbers)?) {
            if self.filters.iter().all(|filter| filter.decide(&row, Some(&text)) == Some(true)) {
                self.rows.insert(*number);
            }
        }
        Ok(())
    }
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

/// Properties in the order of a journey, a thousand rows at a time.
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
    fn of(inspector: &'a Inspector, journey: &Journey, told: &dyn Fn(&Step) -> bool) -> Self {
        let orphans = journey.orphans.iter().flat_map(|orphan| &orphan.steps);
        let ahead = journey.steps.iter().chain(orphans).filter(|step| told(step)).map(|step| step.event.row).collect();
        Self { inspector, state: RefCell::new(State { ahead, ready: VecDeque::new(), error: None }) }
    }

    /// The properties of `row`, which is the next of the journey.
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
