//! What only a journey tells of a row: whether it is split, an orphan, before the user was known.
//!
//! A query with `is:` or `phase:` is asked of the store without these first. The journeys of
//! all candidates are read then, one after the other, and the query is decided by their
//! rows, as the filter of a journey decides it. Rows of orphans count for a level that asks for
//! orphans: they are stored elsewhere, and another term would not lead to them.

use std::collections::HashSet;

use serde_json::Value;

use super::crowd::Crowd;
use super::person::Person;
use super::rows::update;
use super::seek::{Found, Search};
use crate::identity::{Journey, PointKind, resolve};
use crate::inspect::filter::decide::{self, Properties, Subject};
use crate::inspect::filter::{Index, bind};
use crate::inspect::gather::{Limits, gather};
use crate::inspect::query::{Expr, Term, Wall};
use crate::inspect::{Error, Scan};
use crate::model::hit::Match;
use crate::model::{Id, Millis};

/// People whose journeys are read for one answer.
const MOST_JOURNEYS: usize = 1_000;

/// Of a longer journey only so much is looked at.
const LIMITS: Limits = Limits { rows: 20_000, orphan_rows: 20_000, ..Limits::DEFAULT };

/// People looked at between two answers that are shown on the way.
const STEP: usize = 50;

/// States that rows of orphans have, and the user's own rows have not.
const OF_ORPHANS: &[&str] = &["orphan", "contested", "problem"];

/// Whether the level itself asks for rows of orphans.
fn asks_for_orphans(expr: &Expr) -> bool {
    match expr {
        Expr::All(list) | Expr::Any(list) => list.iter().any(asks_for_orphans),
        Expr::Not(_) | Expr::Group(_) => false,
        Expr::Term(term) => matches!(term, Term::Is(state) if OF_ORPHANS.contains(state)),
    }
}

/// An expression that finds everyone whom another could find.
fn wider(expr: &Expr) -> Expr {
    /// `opens`: terms of rows may hold of rows that are stored elsewhere.
    fn level(expr: &Expr, opens: bool) -> Expr {
        match expr {
            Expr::All(list) => Expr::All(list.iter().map(|expr| level(expr, opens)).collect()),
            Expr::Any(list) => Expr::Any(list.iter().map(|expr| level(expr, opens)).collect()),
            Expr::Group(inner) => Expr::Group(Box::new(wider(inner))),
            Expr::Term(term) if opens && Person::of(term).is_none() => Expr::Term(Term::Is(OF_ORPHANS[0])),
            Expr::Not(_) | Expr::Term(_) => expr.clone(),
        }
    }
    level(expr, asks_for_orphans(expr))
}

/// An expression with its sets of people found.
#[derive(Debug)]
enum Check {
    All(Vec<Check>),
    Any(Vec<Check>),
    Not(Box<Level>),
    Group(Box<Level>),
    Crowd(Crowd),
    Row(decide::Expr),
}

/// What is asked of one row.
#[derive(Debug)]
struct Level {
    check: Check,
    /// Whether rows of orphans count.
    with_orphans: bool,
}

/// A row of a journey, or what stands for one.
enum Row<'j> {
    /// With its properties, where they were read.
    Of(Subject<'j>, Value),
    /// The properties of a profile update.
    Profile(Value),
    /// None at all: what is known of a user without rows.
    Nothing,
}

impl Level {
    /// Whether it holds of a user: of at least one of the rows.
    fn of_person(&self, root: i64, rows: &[Row<'_>], wall: &Wall) -> bool {
        rows.iter().any(|row| self.of_row(row, root, rows, wall))
    }

    fn of_row(&self, row: &Row<'_>, root: i64, rows: &[Row<'_>], wall: &Wall) -> bool {
        let counts = self.with_orphans || !row.subject().is_some_and(Subject::is_of_orphan);
        counts && self.check.of_row(row, root, rows, wall)
    }
}

impl Check {
    fn of_row(&self, row: &Row<'_>, root: i64, rows: &[Row<'_>], wall: &Wall) -> bool {
        match self {
            Self::All(list) => list.iter().all(|check| check.of_row(row, root, rows, wall)),
            Self::Any(list) => list.iter().any(|check| check.of_row(row, root, rows, wall)),
            Self::Not(inner) => !inner.of_person(root, rows, wall),
            Self::Group(inner) => inner.of_person(root, rows, wall),
            Self::Crowd(crowd) => crowd.has(root),
            Self::Row(asked) => match row {
                Row::Of(subject, properties) => {
                    asked.decide(subject, wall, Properties::Read(properties)).unwrap_or(false)
                }
                Row::Profile(properties) => asked.of_properties(properties),
                Row::Nothing => false,
            },
        }
    }
}

impl Search<'_> {
    /// Answers a query that journeys decide.
    pub(super) fn by_journeys(&mut self, expr: &Expr) -> Result<Found, Error> {
        let candidates = self.answer(&wider(expr), 2 * MOST_JOURNEYS, false)?;
        self.notes.retain(|note| !note.contains("have no id"));
        let level = self.level(expr)?;
        let reads_properties = expr.terms().iter().any(|term| matches!(term, Term::Property(..)));
        let mut people = Vec::new();
        let mut seen = HashSet::new();
        for hit in candidates.hits {
            let root = hit.root.clone().unwrap_or_else(|| hit.id.clone());
            if seen.insert(root.clone()) {
                people.push((root, hit));
            }
        }
        let all = people.len();
        let mut found = Found { looked: candidates.looked, ..Found::default() };
        let mut too_long = 0_usize;
        for (at, (root, hit)) in people.into_iter().take(MOST_JOURNEYS).enumerate() {
            let Some(journey) = resolve(&gather(self.reader, &root, &LIMITS)?, &root, self.rules) else { continue };
            too_long += usize::from(!journey.cuts.is_empty());
            let number = self.reader.number(&root)?.unwrap_or_default();
            let index = Index::of(&journey);
            let rows = rows(self.reader, &journey, &index, reads_properties)?;
            if level.of_person(number, &rows, self.wall) {
                let matching = rows.iter().filter(|row| level.of_row(row, number, &rows, self.wall));
                let matching: Vec<&Subject<'_>> = matching.filter_map(|row| row.subject()).collect();
                let mut hit = hit;
                hit.matched = matching.len() as u64;
                if let Some(last) = matching.last() {
                    hit.via = Some(("event".to_owned(), last.event_name().to_owned()));
                    hit.found = hit.found.max(Match::Event);
                }
                found.hits.push(hit);
            }
            if (at + 1) % STEP == 0 {
                let notes = vec![format!("computed the journeys of {} of {all} users so far", at + 1)];
                (self.show)(Found { notes, hits: found.hits.clone(), ..Found::default() });
            }
        }
        if all > MOST_JOURNEYS || candidates.more {
            self.note(format!(
                "only the journeys of the {} most recently seen users were searched; add a term to search others",
                all.min(MOST_JOURNEYS)
            ));
        }
        if too_long > 0 {
            self.note(format!("only the first {} rows of {too_long} long journeys were searched", LIMITS.rows));
        }
        found.more = found.hits.len() > self.limit;
        found.hits.truncate(self.limit);
        found.notes.clone_from(&self.notes);
        Ok(found)
    }

    fn level(&mut self, expr: &Expr) -> Result<Level, Error> {
        Ok(Level { check: self.check(expr)?, with_orphans: asks_for_orphans(expr) })
    }

    fn check(&mut self, expr: &Expr) -> Result<Check, Error> {
        Ok(match expr {
            Expr::All(list) => Check::All(list.iter().map(|expr| self.check(expr)).collect::<Result<_, _>>()?),
            Expr::Any(list) => Check::Any(list.iter().map(|expr| self.check(expr)).collect::<Result<_, _>>()?),
            Expr::Not(inner) => Check::Not(Box::new(self.level(inner)?)),
            Expr::Group(inner) => Check::Group(Box::new(self.level(inner)?)),
            Expr::Term(term) => {
                if let Some(person) = Person::of(term) {
                    Check::Crowd(self.crowd_of(person, usize::MAX - 1)?)
                } else {
                    let (first, last) = self.edges()?;
                    Check::Row(bind::term(term, first, last))
                }
            }
        })
    }
}

impl<'j> Row<'j> {
    fn subject(&self) -> Option<&Subject<'j>> {
        match self {
            Self::Of(subject, _) => Some(subject),
            Self::Profile(_) | Self::Nothing => None,
        }
    }
}

/// Everything of a journey that can be a row of a query, by time.
fn rows<'j>(
    reader: &dyn Scan,
    journey: &'j Journey,
    index: &Index,
    reads_properties: bool,
) -> Result<Vec<Row<'j>>, Error> {
    let own = journey.steps.iter().map(|step| (step, None));
    let lost = journey.orphans.iter().flat_map(|orphan| orphan.steps.iter().map(move |step| (step, Some(orphan))));
    let subjects: Vec<Subject<'j>> =
        own.chain(lost).map(|(step, orphan)| index.subject(journey, step, orphan)).collect();
    let mut texts = Vec::new();
    if reads_properties {
        let numbers: Vec<i64> = subjects.iter().filter_map(|subject| subject.row).collect();
        texts = reader.properties(&numbers)?;
    }
    let mut texts = texts.into_iter();
    let mut rows: Vec<(Millis, Row<'j>)> = subjects
        .into_iter()
        .map(|subject| {
            let text = texts.next();
            let properties = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null);
            (subject.time(), Row::Of(subject, properties))
        })
        .collect();
    // Refused calls of others name the user, too; those of the user are among the rows as well.
    let calls = journey.aliases.iter().map(|line| index.call(line));
    let resets = journey.points.iter().filter(|point| point.kind == PointKind::Reset).map(|point| index.reset(point));
    rows.extend(calls.chain(resets).map(|subject| (subject.time(), Row::Of(subject, Value::Null))));
    rows.sort_by_key(|(time, _)| *time);
    let mut rows: Vec<Row<'j>> = rows.into_iter().map(|(_, row)| row).collect();
    if reads_properties {
        let ids: Vec<Id> = journey.ids.iter().map(|member| member.id.clone()).collect();
        let profiles = reader.profiles_of(&ids, LIMITS.links)?;
        rows.extend(profiles.iter().filter_map(|profile| update(&profile.json)).map(Row::Profile));
    }
    rows.push(Row::Nothing);
    Ok(rows)
}
