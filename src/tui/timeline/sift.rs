//! Going through the rows of a journey on the worker's thread: with a filter, for the values of
//! a property, for the money that was lost.
//!
//! A row that the journey itself decides costs nothing more. Where properties decide, they are
//! read for [`BATCH`] rows at a time, each batch one question to the worker: progress can be
//! shown, other questions go between, and a filter that is typed over is given up. Of a long journey
//! the index of values says first which rows need not be read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::identity::{Journey, Orphan};
use crate::inspect::MANY_ROWS;
use crate::inspect::filter::{self, Filter, Subject};
use crate::model::money::{self, Amount, decimal};
use crate::model::scan::CanHave;
use crate::tui::backend::{Backend, Failure};

use super::lines::Bits;
use super::{Entry, Row, Timeline, Traits, event};

/// Rows whose properties are read for one answer: some fifty blocks of the store, which takes
/// about as long as a person needs to see a frame.
pub const BATCH: usize = 8_000;

/// What the rows are gone through for.
#[derive(Clone, Debug)]
pub enum Work {
    /// Which rows a filter keeps.
    Filter(Arc<Asked>),
    /// The values of a property.
    Values(Arc<str>),
    /// What was paid in rows that refused calls lost.
    Money,
    /// What was paid in all rows.
    Worth,
}

impl PartialEq for Work {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Filter(one), Self::Filter(other)) => Arc::ptr_eq(one, other),
            (Self::Values(one), Self::Values(other)) => one == other,
            (Self::Money, Self::Money) | (Self::Worth, Self::Worth) => true,
            _ => false,
        }
    }
}

/// What the worker is to go through.
#[derive(Clone, Debug)]
pub struct Sifting {
    journey: Arc<Journey>,
    timeline: Arc<Timeline>,
    work: Work,
    /// The first row that has not been gone through.
    from: usize,
}

/// A filter, and what the index of values says of it.
pub struct Asked {
    filter: Filter,
    /// The rows whose properties can be as it asks, once the index was asked.
    left: OnceLock<CanHave>,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.filter.fmt(f)
    }
}

impl PartialEq for Sifting {
    fn eq(&self, other: &Self) -> bool {
        self.work == other.work && self.from == other.from && Arc::ptr_eq(&self.timeline, &other.timeline)
    }
}

/// What was found in a part of the rows.
#[derive(Clone, Debug)]
enum Part {
    Rows(Vec<usize>),
    Values(Vec<(Found, u64)>),
    Money(Vec<(usize, Amount)>),
    /// Amounts of the user's rows, and those of orphans.
    Worth(Vec<(bool, Arc<str>, Amount)>),
}

/// What it found.
#[derive(Clone, Debug)]
pub struct Sifted {
    work: Work,
    from: usize,
    /// The first row that has not been gone through.
    next: usize,
    part: Result<Part, Failure>,
}

impl Sifted {
    /// Why nothing was found out, if nothing was.
    pub(in crate::tui) fn failure(&mut self) -> Option<&mut Failure> {
        self.part.as_mut().err()
    }
}

/// Goes through rows until the properties of a batch have been read, or to the end.
pub fn sift(backend: &mut dyn Backend, sifting: &Sifting) -> Sifted {
    let (next, part) = match &sifting.work {
        Work::Filter(asked) => filtered(backend, sifting, asked),
        Work::Values(name) => values(backend, sifting, name),
        Work::Money => money(backend, sifting),
        Work::Worth => worth(backend, sifting),
    };
    Sifted { work: sifting.work.clone(), from: sifting.from, next, part }
}

type Gone = (usize, Result<Part, Failure>);

fn filtered(backend: &mut dyn Backend, sifting: &Sifting, asked: &Asked) -> Gone {
    let Sifting { journey, timeline, from, .. } = sifting;
    let Asked { filter, left } = asked;
    let mut kept = Vec::new();
    let (mut open, mut numbers) = (Vec::new(), Vec::new());
    let mut next = *from;
    if left.get().is_none() && filter.needs_properties() && timeline.rows().len() >= MANY_ROWS {
        match backend.can_have(filter) {
            Ok(can_have) => drop(left.set(can_have)),
            Err(failure) => return (*from, Err(failure)),
        }
    }
    let can_have = |number| left.get().is_none_or(|can_have| can_have(number));
    while let Some(row) = timeline.row(next).filter(|_| open.len() < BATCH) {
        if let Some(subject) = subject(journey, timeline, row) {
            match (filter.decide(&subject, None), subject.row) {
                (Some(true), _) => kept.push(next),
                (None, Some(number)) if can_have(number) => {
                    open.push((next, subject));
                    numbers.push(number);
                }
                _ => {}
            }
        }
        next += 1;
    }
    if open.is_empty() {
        return (next, Ok(Part::Rows(kept)));
    }
    let kept = Mutex::new(kept);
    let read = backend.each_properties(&numbers, &|place, text| {
        // A row without properties has none of those that are asked for.
        let text = if text.is_empty() { "{}" } else { text };
        if let Some((at, subject)) = open.get(place)
            && filter.decide(subject, Some(text)) == Some(true)
        {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(*at);
        }
    });
    match read {
        Ok(()) => (next, Ok(Part::Rows(kept.into_inner().unwrap_or_else(PoisonError::into_inner)))),
        Err(failure) => (*from, Err(failure)),
    }
}

fn values(backend: &mut dyn Backend, sifting: &Sifting, name: &str) -> Gone {
    let Sifting { journey, timeline, from, .. } = sifting;
    let next = (from + BATCH).min(timeline.rows().len());
    let rows = timeline.rows().get(*from..next).unwrap_or_default();
    let numbers: Vec<i64> = rows.iter().filter_map(|row| Some(event(journey, row.entry)?.row)).collect();
    let texts = match read(backend, &numbers) {
        Ok(texts) => texts,
        Err(failure) => return (*from, Err(failure)),
    };
    let mut counts: HashMap<Found, u64> = HashMap::new();
    for text in &texts {
        *counts.entry(Found::of(filter::value(text, name))).or_default() += 1;
    }
    (next, Ok(Part::Values(counts.into_iter().collect())))
}

fn money(backend: &mut dyn Backend, sifting: &Sifting) -> Gone {
    let losses = sifting.timeline.losses();
    let mut calls: Vec<usize> = losses.keys().copied().collect();
    calls.sort_unstable();
    let all = calls.iter().flat_map(|call| {
        losses.get(call).into_iter().flat_map(move |loss| loss.rows.iter().map(move |row| (*call, *row)))
    });
    let (calls, numbers): (Vec<usize>, Vec<i64>) = all.skip(sifting.from).take(BATCH).unzip();
    match read(backend, &numbers) {
        Ok(texts) => {
            let amounts = calls.into_iter().zip(&texts).filter_map(|(call, text)| Some((call, money::amount(text)?)));
            (sifting.from + numbers.len(), Ok(Part::Money(amounts.collect())))
        }
        Err(failure) => (sifting.from, Err(failure)),
    }
}

fn worth(backend: &mut dyn Backend, sifting: &Sifting) -> Gone {
    let Sifting { journey, timeline, from, .. } = sifting;
    let next = (from + BATCH).min(timeline.rows().len());
    let rows = timeline.rows().get(*from..next).unwrap_or_default();
    let (mut outside, mut numbers) = (Vec::new(), Vec::new());
    for row in rows {
        let is_outside = match row.entry {
            Entry::Orphan(orphan, _) if journey.orphans.get(orphan as usize).is_some_and(Orphan::counts) => true,
            Entry::Step(_) => false,
            _ => continue,
        };
        if let Some(event) = event(journey, row.entry) {
            outside.push((is_outside, event.event.clone()));
            numbers.push(event.row);
        }
    }
    match read(backend, &numbers) {
        Ok(texts) => {
            let of_rows = outside.into_iter().zip(&texts);
            let amounts = of_rows.filter_map(|((of, name), text)| Some((of, name, money::amount(text)?)));
            (next, Ok(Part::Worth(amounts.collect())))
        }
        Err(failure) => (*from, Err(failure)),
    }
}

fn read(backend: &mut dyn Backend, numbers: &[i64]) -> Result<Vec<String>, Failure> {
    if numbers.is_empty() { Ok(Vec::new()) } else { backend.properties_of(numbers) }
}

/// A row as a filter sees it.
pub fn subject<'a>(journey: &'a Journey, timeline: &Timeline, row: &Row) -> Option<Subject<'a>> {
    let found = row.traits.any(Traits::FINDING);
    let call = timeline.call_of(journey, row.entry).and_then(|call| journey.aliases.get(call));
    let point = timeline.point_of(journey, row.entry).and_then(|point| journey.points.get(point));
    match row.entry {
        Entry::Step(at) => Some(Subject::row(journey.steps.get(at as usize)?, None, call, point, found)),
        Entry::Orphan(orphan, step) => {
            let orphan = journey.orphans.get(orphan as usize)?;
            Some(Subject::row(orphan.steps.get(step as usize)?, Some(orphan), call, point, found))
        }
        Entry::Reset(_) => Some(Subject::reset(point?, found)),
        Entry::Call(_) => Some(Subject::call(call?, found)),
    }
}

/// A filter on its way through the rows.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Sieve {
    asked: Arc<Asked>,
    kept: Bits,
    next: usize,
    end: usize,
    failed: Option<Failure>,
}

impl Sieve {
    /// Before the first row of `rows`.
    pub(in crate::tui) fn new(filter: Filter, rows: usize) -> Self {
        let asked = Arc::new(Asked { filter, left: OnceLock::new() });
        Self { asked, kept: Bits::default(), next: 0, end: rows, failed: None }
    }

    pub(in crate::tui) fn filter(&self) -> &Filter {
        &self.asked.filter
    }

    pub(in crate::tui) fn kept(&self) -> &Bits {
        &self.kept
    }

    /// Rows gone through so far; `None` when that is all of them.
    pub(in crate::tui) fn progress(&self) -> Option<usize> {
        (!self.is_done()).then_some(self.next)
    }

    pub(in crate::tui) fn failed(&self) -> Option<&Failure> {
        self.failed.as_ref()
    }

    pub(in crate::tui) fn is_done(&self) -> bool {
        self.next >= self.end || self.failed.is_some()
    }

    /// What is to be asked next.
    pub(in crate::tui) fn wanted(&self, journey: &Arc<Journey>, timeline: &Arc<Timeline>) -> Option<Sifting> {
        (!self.is_done()).then(|| Sifting {
            journey: journey.clone(),
            timeline: timeline.clone(),
            work: Work::Filter(self.asked.clone()),
            from: self.next,
        })
    }

    /// Takes an answer, if it is for this filter and the rows that come next.
    pub(in crate::tui) fn take(&mut self, sifted: &Sifted) -> bool {
        let for_this = matches!(&sifted.work, Work::Filter(asked) if Arc::ptr_eq(&self.asked, asked));
        if !for_this || sifted.from != self.next {
            return false;
        }
        match &sifted.part {
            Ok(Part::Rows(kept)) => {
                for row in kept {
                    self.kept.add(*row);
                }
                self.next = sifted.next;
            }
            Ok(_) => return false,
            Err(failure) => self.failed = Some(failure.clone()),
        }
        true
    }
}

/// What a row has for a property.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Found {
    /// No such property.
    Missing,
    /// A text, a number, `true`, `false` or `null`: a filter can name it.
    Plain(String),
    /// A list or an object, as JSON.
    Nested(String),
}

impl Found {
    pub(in crate::tui) fn of(value: Option<Result<String, String>>) -> Self {
        value.map_or(Self::Missing, |value| value.map_or_else(Self::Nested, Self::Plain))
    }
}

/// Different values that are counted one by one; the rest is counted together.
const MOST_VALUES: usize = 10_000;

/// How often each value of a property is there.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Values {
    name: Arc<str>,
    counts: HashMap<Found, u64>,
    others: u64,
    next: usize,
    end: usize,
    failed: Option<Failure>,
}

impl Values {
    pub(in crate::tui) fn new(name: &str, rows: usize) -> Self {
        Self { name: name.into(), counts: HashMap::new(), others: 0, next: 0, end: rows, failed: None }
    }

    pub(in crate::tui) fn name(&self) -> &str {
        &self.name
    }

    /// The values, the most frequent first, and how many rows have still others.
    pub(in crate::tui) fn sorted(&self) -> (Vec<(&Found, u64)>, u64) {
        let mut values: Vec<(&Found, u64)> = self.counts.iter().map(|(value, count)| (value, *count)).collect();
        values.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        (values, self.others)
    }

    /// Rows gone through, of how many; `None` when that is all of them.
    pub(in crate::tui) fn progress(&self) -> Option<(usize, usize)> {
        (self.next < self.end).then_some((self.next, self.end))
    }

    pub(in crate::tui) fn failed(&self) -> Option<&Failure> {
        self.failed.as_ref()
    }

    pub(in crate::tui) fn wanted(&self, journey: &Arc<Journey>, timeline: &Arc<Timeline>) -> Option<Sifting> {
        (self.next < self.end && self.failed.is_none()).then(|| Sifting {
            journey: journey.clone(),
            timeline: timeline.clone(),
            work: Work::Values(self.name.clone()),
            from: self.next,
        })
    }

    pub(in crate::tui) fn take(&mut self, sifted: &Sifted) -> bool {
        if sifted.work != Work::Values(self.name.clone()) || sifted.from != self.next {
            return false;
        }
        match &sifted.part {
            Ok(Part::Values(counts)) => {
                for (value, count) in counts {
                    if self.counts.len() < MOST_VALUES || self.counts.contains_key(value) {
                        *self.counts.entry(value.clone()).or_default() += count;
                    } else {
                        self.others += count;
                    }
                }
                self.next = sifted.next;
            }
            Ok(_) => return false,
            Err(failure) => self.failed = Some(failure.clone()),
        }
        true
    }
}

/// Amounts by currency and property, in millionths, with the number of rows.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Sums {
    micros: BTreeMap<(String, String), i128>,
    rows: u64,
    /// Names of the events that say an amount.
    events: BTreeSet<Arc<str>>,
}

impl Sums {
    fn add(&mut self, amount: &Amount) {
        *self.micros.entry((amount.currency.clone(), amount.property.clone())).or_default() += amount.micros;
        self.rows += 1;
    }

    /// Names of the events of those rows.
    pub(in crate::tui) fn events(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(|name| &**name)
    }

    /// Rows that say an amount.
    pub(in crate::tui) fn rows(&self) -> u64 {
        self.rows
    }

    /// As text, `USD 20.00 (price)`: with the properties that say it.
    pub(in crate::tui) fn text(&self) -> String {
        let mut by_currency: BTreeMap<&str, (i128, Vec<&str>)> = BTreeMap::new();
        for ((currency, property), micros) in &self.micros {
            let sum = by_currency.entry(currency).or_default();
            sum.0 += micros;
            sum.1.push(property);
        }
        let tell = |(currency, (micros, properties)): (&str, (i128, Vec<&str>))| {
            let space = if currency.is_empty() { "" } else { " " };
            format!("{currency}{space}{} ({})", decimal(micros), properties.join(", "))
        };
        by_currency.into_iter().map(tell).collect::<Vec<_>>().join(" and ")
    }
}

/// The money in the rows that refused calls lost.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Money {
    /// By call.
    sums: BTreeMap<usize, Sums>,
    next: usize,
    failed: bool,
}

impl Money {
    /// What a call lost, as text: `USD 20.00`; without a currency with the property that says it.
    pub(in crate::tui) fn of(&self, call: usize) -> Option<String> {
        self.sums.get(&call).map(Sums::text)
    }

    fn all(timeline: &Timeline) -> usize {
        timeline.losses().values().map(|loss| loss.rows.len()).sum()
    }

    /// Whether it is still being read.
    pub(in crate::tui) fn is_open(&self, timeline: &Timeline) -> bool {
        !self.failed && self.next < Self::all(timeline)
    }

    pub(in crate::tui) fn wanted(&self, journey: &Arc<Journey>, timeline: &Arc<Timeline>) -> Option<Sifting> {
        self.is_open(timeline).then(|| Sifting {
            journey: journey.clone(),
            timeline: timeline.clone(),
            work: Work::Money,
            from: self.next,
        })
    }

    pub(in crate::tui) fn take(&mut self, sifted: &Sifted) -> bool {
        if sifted.work != Work::Money || sifted.from != self.next {
            return false;
        }
        match &sifted.part {
            Ok(Part::Money(amounts)) => {
                for (call, amount) in amounts {
                    self.sums.entry(*call).or_default().add(amount);
                }
                self.next = sifted.next;
            }
            Ok(_) => return false,
            // The rows are counted all the same.
            Err(_) => self.failed = true,
        }
        true
    }
}

/// What was paid in all rows of a journey, and in rows of its orphans.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Worth {
    own: Sums,
    outside: Sums,
    next: usize,
    failed: bool,
    /// Whether the user has stopped it.
    stopped: bool,
}

impl Worth {
    /// Whether it is still being read.
    pub(in crate::tui) fn is_open(&self, timeline: &Timeline) -> bool {
        !self.failed && self.next < timeline.rows().len()
    }

    /// Whether the user has stopped it.
    pub(in crate::tui) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The sums in the user's rows and in those of orphans; without those that could not be read.
    pub(in crate::tui) fn sums(&self) -> Option<[&Sums; 2]> {
        (!self.failed).then_some([&self.own, &self.outside])
    }

    pub(in crate::tui) fn wanted(&self, journey: &Arc<Journey>, timeline: &Arc<Timeline>) -> Option<Sifting> {
        self.is_open(timeline).then(|| Sifting {
            journey: journey.clone(),
            timeline: timeline.clone(),
            work: Work::Worth,
            from: self.next,
        })
    }

    pub(in crate::tui) fn take(&mut self, sifted: &Sifted) -> bool {
        if sifted.work != Work::Worth || sifted.from != self.next {
            return false;
        }
        match &sifted.part {
            Ok(Part::Worth(amounts)) => {
                for (is_outside, name, amount) in amounts {
                    let sums = if *is_outside { &mut self.outside } else { &mut self.own };
                    sums.add(amount);
                    sums.events.insert(name.clone());
                }
                self.next = sifted.next;
            }
            Ok(_) => return false,
            Err(failure) => (self.failed, self.stopped) = (true, failure.is_cancelled()),
        }
        true
    }
}
