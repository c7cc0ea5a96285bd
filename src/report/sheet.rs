//! A journey as a sheet to hand on: for a ticket ([`markdown`]), a spreadsheet ([`csv`]), a
//! browser ([`html`]).
//!
//! All of them have the same lines, worked out here once: every row of the user and of orphans by
//! time, and the alias calls and resets that no such row is. Nothing of the data acts in what is
//! written: control characters and signs that turn text around are shown as symbols, and each
//! form quotes what would mean something to its reader.

mod csv;
mod html;
mod markdown;

use std::collections::{HashMap, HashSet};

pub(super) use self::csv::cell;
pub use self::csv::csv;
pub use self::html::html;
pub(super) use self::html::page;
pub use self::markdown::markdown;

use super::look::{Class, Look, count, many};
use super::{Shown, text};
use crate::identity::{AliasLine, Journey, Orphan, Phase, Point, PointKind, Reason, State, Step, Strength, Verdict};
use crate::model::facts::Source;
use crate::model::text::percent;
use crate::model::{Id, Millis};

/// What a report is written from.
pub struct Sheet<'a> {
    shown: Shown<'a>,
    look: Look,
    lines: Vec<Line<'a>>,
}

/// One line of the timeline.
struct Line<'a> {
    time: Millis,
    /// When the server had it, if something says so.
    arrived: Option<Millis>,
    /// Time since the line before.
    gap: Option<Millis>,
    /// What it is called here: `alias(sally)` for `$create_alias`.
    event: String,
    /// Its name in the data.
    name: &'a str,
    sent_as: Option<&'a Id>,
    stored_under: Option<&'a Id>,
    /// The user that it counts for; `None` for what counts for no user here.
    counts_for: Option<&'a Id>,
    state: String,
    phase: Option<Phase>,
    because: String,
    source: &'a Source,
    copies: usize,
    /// Its row in the store; `None` for what is no row.
    row: Option<i64>,
    class: Class,
    /// The id whose lane another is tied to by an alias call, and whether the tie holds.
    tie: Option<(&'a Id, bool)>,
    /// The row of the journey; `None` for what is no row.
    step: Option<&'a Step>,
    /// The orphan that the row is of.
    orphan: Option<&'a Orphan>,
    /// The alias call that the line shows.
    call: Option<&'a AliasLine>,
}

impl<'a> Sheet<'a> {
    /// Of the rows that are shown of a journey; times are those of the look.
    pub fn of(shown: impl Into<Shown<'a>>, look: &Look) -> Self {
        let shown = shown.into();
        let look = Look { ascii: false, colour: false, width: usize::MAX / 4, ..*look };
        let mut lines = Lines::of(shown, &look).all();
        lines.sort_by_key(|line| line.time);
        let mut before: Option<Millis> = None;
        for line in &mut lines {
            line.gap = before.map(|before| line.time.saturating_sub(before));
            before = Some(line.time);
        }
        Self { shown, look, lines }
    }

    /// The rows of the store that are in it, in the order in which properties are asked for.
    pub fn rows(&self) -> impl Iterator<Item = i64> {
        self.lines.iter().filter_map(|line| line.row)
    }

    fn journey(&self) -> &'a Journey {
        self.shown.journey
    }

    /// Who it is, from when to when, what is missing.
    fn headline(&self) -> Vec<String> {
        text::headline(self.journey(), &self.look)
    }

    /// How the rows come to the user, one sentence each.
    fn coverage(&self) -> Vec<String> {
        let journey = self.journey();
        let rows = journey.steps.len();
        let merged = journey.steps.iter().filter(|step| step.state == State::Merged);
        let own = merged.clone().filter(|step| step.event.id.as_ref() == journey.root.as_ref()).count();
        let part = |number: usize, what: &str| {
            let share = percent(number as u64, rows as u64);
            (number > 0).then(|| format!("{} {what} ({share} %)", many(number, "row")))
        };
        let orphaned = journey.orphaned_rows();
        let lost = (orphaned > 0).then(|| format!("{} orphaned, in no timeline of this user", many(orphaned, "row")));
        [
            part(own, "under the own id"),
            part(merged.count() - own, "through an alias"),
            part(journey.splits(), "stored under an alias (split)"),
            lost,
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// What a reader has to know to judge the sheet: its limits, as sentences.
    fn limits(&self) -> Vec<String> {
        let journey = self.journey();
        let as_of = journey
            .as_of
            .map(|moment| format!("As of {}: only what had arrived by then.", self.look.clock.full(moment.at)));
        let cuts = super::cuts(journey).map(str::to_owned);
        as_of.into_iter().chain(self.shown.sentence(self.look.clock)).chain(cuts).collect()
    }

    fn orphan_head(&self, orphan: &Orphan) -> String {
        let rows = many(orphan.steps.len(), "row");
        let hidden = orphan.steps.len() - self.shown.steps_of(orphan).count();
        let hidden = if hidden > 0 { format!(", {} hidden", count(hidden as u64)) } else { String::new() };
        let contested = if orphan.contested { ", contested: others have as good evidence" } else { "" };
        let weak = if orphan.strength == Strength::Weak { ", a hint and no more" } else { "" };
        format!("{rows}{hidden}, {}{weak}{contested}", orphan.strength.name())
    }
}

/// `sally@gmail.com → 12345`.
fn pair(line: &AliasLine) -> String {
    let name = |id: &Option<Id>| id.as_ref().map_or("(empty)", Id::as_str).to_owned();
    format!("{} → {}", name(&line.alias), name(&line.target))
}

/// `sally.jsonl:3`.
fn place(source: &Source) -> String {
    format!("{}:{}", source.file, source.line)
}

/// Everything that lines are made of.
struct Lines<'a, 'l> {
    shown: Shown<'a>,
    look: &'l Look,
    points: HashMap<i64, &'a Point>,
    calls: HashMap<i64, &'a AliasLine>,
}

impl<'a, 'l> Lines<'a, 'l> {
    fn of(shown: Shown<'a>, look: &'l Look) -> Self {
        let journey = shown.journey;
        let points = journey.points.iter().map(|point| (point.row, point)).collect();
        let calls = journey.aliases.iter().filter(|line| !line.from_table).map(|line| (line.row, line)).collect();
        Self { shown, look, points, calls }
    }

    fn all(&self) -> Vec<Line<'a>> {
        let shown = self.shown;
        let journey = shown.journey;
        let orphans = || journey.orphans.iter();
        let every = journey.steps.iter().chain(orphans().flat_map(|orphan| &orphan.steps));
        let rows: HashSet<i64> = every.map(|step| step.event.row).collect();
        let mut lines: Vec<Line<'a>> = shown.steps().map(|step| self.row(step)).collect();
        lines.extend(orphans().flat_map(|orphan| shown.steps_of(orphan).map(move |step| self.orphaned(orphan, step))));
        let calls = journey.aliases.iter().enumerate();
        let calls = calls.filter(|(at, call)| shown.has_call(*at) && (call.from_table || !rows.contains(&call.row)));
        lines.extend(calls.map(|(_, call)| self.call(call)));
        let resets = journey.points.iter().enumerate().filter(|(_, point)| point.kind == PointKind::Reset);
        let resets = resets.filter(|(at, point)| shown.has_point(*at) && !rows.contains(&point.row));
        lines.extend(resets.map(|(_, point)| reset(point)));
        lines
    }

    fn row(&self, step: &'a Step) -> Line<'a> {
        let journey = self.shown.journey;
        let event = &step.event;
        let call = match step.reason {
            Reason::Call { call } => journey.aliases.get(call),
            _ => None,
        };
        let stored = Line { counts_for: journey.root.as_ref().filter(|_| step.state == State::Merged), ..of(step) };
        if let Some(call) = call {
            return Line { state: text::verdict(call.verdict), ..self.called(call, stored) };
        }
        // Lines of a table of aliases have numbers of their own.
        let point = self.points.get(&event.row).copied().filter(|point| point.source == event.source);
        let (class, state) = match (text::split_name(step.state), point, step.phase) {
            (Some(split), _, _) => (Class::Split, format!("split: {split}")),
            (None, Some(point), _) => (text::class_of_point(point.kind), "merged".to_owned()),
            (None, None, Phase::Anonymous) => (Class::Anonymous, "merged".to_owned()),
            (None, None, Phase::Identified) => (Class::Known, "merged".to_owned()),
        };
        let because = self.because(step);
        let because = point.map_or(because.clone(), |point| format!("{}: {because}", point.kind.name()));
        Line { state, because, class, ..stored }
    }

    fn orphaned(&self, orphan: &'a Orphan, step: &'a Step) -> Line<'a> {
        let state = if orphan.contested { "orphan, contested" } else { "orphan" };
        let because = format!("no alias joins {} to this user", orphan.id.as_str());
        let stored = Line { class: Class::Orphan, state: state.to_owned(), because, orphan: Some(orphan), ..of(step) };
        match self.calls.get(&step.event.row).filter(|call| call.source == step.event.source) {
            Some(call) => {
                Line { state: format!("orphan, {}", text::verdict(call.verdict)), ..self.called(call, stored) }
            }
            None => stored,
        }
    }

    /// A call that is no row of the user or of an orphan.
    fn call(&self, call: &'a AliasLine) -> Line<'a> {
        let line = Line { sent_as: call.target.as_ref(), state: text::verdict(call.verdict), ..nothing(&call.source) };
        self.called(call, Line { time: call.time, arrived: call.arrived, ..line })
    }

    /// A line with what an alias call makes of it.
    fn called(&self, call: &'a AliasLine, line: Line<'a>) -> Line<'a> {
        let because = match (call.verdict, &call.kept) {
            (Verdict::Accepted, _) => pair(call),
            (Verdict::Duplicate, _) => "led to this root already".to_owned(),
            (Verdict::Refused(refusal), Some(kept)) => {
                let lost = text::lost(self.shown.journey, call, self.look);
                let lost = if lost.is_empty() { lost } else { format!("; {lost}") };
                format!("{}: kept → {}{lost}", refusal.name(), kept.as_str())
            }
            (Verdict::Refused(refusal), None) => refusal.name().to_owned(),
        };
        Line {
            event: format!("alias({})", call.alias.as_ref().map_or("", Id::as_str)),
            because,
            class: text::class_of(call.verdict),
            tie: call.alias.as_ref().map(|alias| (alias, call.verdict == Verdict::Accepted)),
            call: Some(call),
            ..line
        }
    }

    /// Why a row is here, short enough for a cell.
    fn because(&self, step: &Step) -> String {
        let way = |call: usize| {
            self.shown
                .journey
                .aliases
                .get(call)
                .map_or_else(|| "an alias".to_owned(), |call| format!("alias {}", pair(call)))
        };
        match step.reason {
            Reason::Own => "own id".to_owned(),
            Reason::Through { call, hops } if hops > 1 => format!("{}, {hops} aliases on", way(call)),
            Reason::Through { call, .. } => way(call),
            Reason::Before { call } => format!("arrived before {}", way(call)),
            // Their verdict shows them, or the rows of an orphan.
            Reason::Call { .. } | Reason::Orphaned { .. } => String::new(),
        }
    }
}

/// What a line has of any row.
fn of(step: &Step) -> Line<'_> {
    let event = &step.event;
    Line {
        time: event.time,
        arrived: event.arrival_known().then_some(event.arrived),
        event: event.event.to_string(),
        name: &event.event,
        sent_as: event.id.as_ref(),
        stored_under: Some(&step.stored_under),
        phase: Some(step.phase),
        copies: step.copies.len(),
        row: Some(event.row),
        step: Some(step),
        ..nothing(&event.source)
    }
}

fn reset(point: &Point) -> Line<'_> {
    let because = if point.inferred { "inferred: a new anonymous id" } else { "a new anonymous id" };
    Line {
        time: point.time,
        event: "reset".to_owned(),
        sent_as: Some(&point.id),
        state: "reset".to_owned(),
        because: because.to_owned(),
        class: Class::Reset,
        ..nothing(&point.source)
    }
}

fn nothing(source: &Source) -> Line<'_> {
    Line {
        time: 0,
        arrived: None,
        gap: None,
        event: String::new(),
        name: "",
        sent_as: None,
        stored_under: None,
        counts_for: None,
        state: String::new(),
        phase: None,
        because: String::new(),
        source,
        copies: 0,
        row: None,
        class: Class::Faint,
        tie: None,
        step: None,
        orphan: None,
        call: None,
    }
}
