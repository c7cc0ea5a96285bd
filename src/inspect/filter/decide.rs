//! Whether a filter keeps a row.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::identity::{AliasLine, Journey, Orphan, Phase, Point, PointKind, Split, State, Step, Verdict};
use crate::inspect::query::property::{self, Test};
use crate::inspect::query::text::contains;
use crate::inspect::query::{Field, Sought, Times, Wall};
use crate::model::clue::Clue;
use crate::model::facts::Source;
use crate::model::{Id, Millis, VerbKind};

/// The bits of a word after `is:`; none for a word that is none of
/// [`STATES`](crate::inspect::query).
pub(super) fn states(word: &str) -> u32 {
    match word {
        "merged" => MERGED,
        "split" => SPLIT,
        "race" => RACE,
        "history" => HISTORY,
        "orphan" => ORPHAN,
        "contested" => CONTESTED,
        "refused" => REFUSED,
        "accepted" => ACCEPTED,
        "duplicate" => DUPLICATE,
        "alias" => REFUSED | ACCEPTED | DUPLICATE,
        "identify" => IDENTIFIES,
        "login" => LOGIN,
        "reset" => RESET,
        "point" => POINT | REFUSED | DUPLICATE,
        "problem" => REFUSED | SPLIT | ORPHAN,
        "finding" => FINDING,
        "inferred" => INFERRED,
        "copied" => COPIED,
        _ => 0,
    }
}

const MERGED: u32 = 1;
const SPLIT: u32 = 1 << 1;
const RACE: u32 = 1 << 2;
const HISTORY: u32 = 1 << 3;
const ORPHAN: u32 = 1 << 4;
const CONTESTED: u32 = 1 << 5;
const REFUSED: u32 = 1 << 6;
const ACCEPTED: u32 = 1 << 7;
const DUPLICATE: u32 = 1 << 8;
const IDENTIFIES: u32 = 1 << 9;
const LOGIN: u32 = 1 << 10;
const RESET: u32 = 1 << 11;
const POINT: u32 = 1 << 12;
const FINDING: u32 = 1 << 13;
const INFERRED: u32 = 1 << 14;
const COPIED: u32 = 1 << 15;

/// What a filter can know of a row without its properties.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its number in the store; `None` for a reset, and for a call without a row.
    pub row: Option<i64>,
    event: &'a str,
    /// How it is called on screen.
    called: &'a str,
    ids: [Option<&'a Id>; 3],
    device: Option<&'a Id>,
    user: Option<&'a Id>,
    client: Option<&'a str>,
    source: &'a Source,
    time: Millis,
    phase: Option<Phase>,
    states: u32,
}

impl<'a> Subject<'a> {
    /// A row of the user, or of an orphan.
    pub fn row(
        step: &'a Step,
        orphan: Option<&Orphan>,
        call: Option<&AliasLine>,
        point: Option<&Point>,
        found: bool,
    ) -> Self {
        let event = &step.event;
        let mut states = match (orphan, step.state) {
            (Some(orphan), _) => ORPHAN | if orphan.contested { CONTESTED } else { 0 },
            (None, State::Merged) => MERGED,
            (None, State::Split(Split::Race)) => SPLIT | RACE,
            (None, State::Split(Split::History)) => SPLIT | HISTORY,
        };
        states |= call.map_or(0, verdict) | point.map_or(0, of_point);
        states |= if found { FINDING } else { 0 };
        states |= if step.copies.is_empty() { 0 } else { COPIED };
        states |= if event.verb == VerbKind::Identify { IDENTIFIES } else { 0 };
        Self {
            row: Some(event.row),
            event: &event.event,
            called: if call.is_some() {
                "alias"
            } else if event.verb == VerbKind::Identify {
                "identify"
            } else {
                ""
            },
            ids: [event.id.as_ref(), Some(&step.stored_under), event.other.as_ref()],
            device: event.device.as_ref(),
            user: event.user.as_ref(),
            client: event.client.as_ref().map(crate::model::Client::as_str),
            source: &event.source,
            time: event.time,
            phase: Some(step.phase),
            states,
        }
    }

    /// Whether it is a row of an orphan.
    pub(in crate::inspect) fn is_of_orphan(&self) -> bool {
        self.states & ORPHAN != 0
    }

    /// Its event name.
    pub(in crate::inspect) fn event_name(&self) -> &'a str {
        self.event
    }

    /// When it happened.
    pub(in crate::inspect) fn time(&self) -> Millis {
        self.time
    }

    /// A reset, which no row is.
    pub fn reset(point: &'a Point, found: bool) -> Self {
        Self {
            row: None,
            event: "reset",
            called: "reset",
            ids: [Some(&point.id), None, None],
            device: None,
            user: None,
            client: None,
            source: &point.source,
            time: point.time,
            phase: None,
            states: of_point(point) | if found { FINDING } else { 0 },
        }
    }

    /// An alias call without a row on the timeline.
    pub fn call(line: &'a AliasLine, found: bool) -> Self {
        Self {
            row: None,
            event: crate::model::row::CREATE_ALIAS,
            called: "alias",
            ids: [line.target.as_ref(), line.alias.as_ref(), None],
            device: None,
            user: None,
            client: None,
            source: &line.source,
            time: line.time,
            phase: None,
            states: verdict(line) | if found { FINDING } else { 0 },
        }
    }
}

fn verdict(line: &AliasLine) -> u32 {
    match line.verdict {
        Verdict::Accepted => ACCEPTED | POINT,
        Verdict::Duplicate => DUPLICATE,
        Verdict::Refused(_) => REFUSED,
    }
}

fn of_point(point: &Point) -> u32 {
    let kind = match point.kind {
        PointKind::Alias => 0,
        PointKind::Identify => IDENTIFIES,
        PointKind::Login => IDENTIFIES | LOGIN,
        PointKind::Reset => RESET,
    };
    kind | POINT | if point.inferred { INFERRED } else { 0 }
}

/// Where in a journey the calls and points of its rows are.
#[derive(Debug)]
pub struct Index {
    calls: HashMap<i64, usize>,
    points: HashMap<i64, usize>,
    found: HashSet<(u32, u64)>,
}

impl Index {
    /// Of a journey.
    pub fn of(journey: &Journey) -> Self {
        let calls = journey.aliases.iter().enumerate().filter(|(_, line)| !line.from_table);
        let mut points = HashMap::new();
        for (at, point) in journey.points.iter().enumerate() {
            if matches!(point.kind, PointKind::Identify | PointKind::Login) {
                points.entry(point.row).or_insert(at);
            }
        }
        let sources = journey.findings.iter().flat_map(|finding| &finding.sources);
        Self {
            calls: calls.map(|(at, line)| (line.row, at)).collect(),
            points,
            found: sources.map(|source| (source.rank, source.line)).collect(),
        }
    }

    /// An alias call without a row on the timeline, as a filter sees it.
    pub fn call<'a>(&self, line: &'a AliasLine) -> Subject<'a> {
        Subject::call(line, self.is_found(&line.source))
    }

    /// A reset, as a filter sees it.
    pub fn reset<'a>(&self, point: &'a Point) -> Subject<'a> {
        Subject::reset(point, self.is_found(&point.source))
    }

    fn is_found(&self, source: &Source) -> bool {
        self.found.contains(&(source.rank, source.line))
    }

    /// A row as a filter sees it; `orphan` is the one that it is of.
    pub fn subject<'a>(&self, journey: &'a Journey, step: &'a Step, orphan: Option<&'a Orphan>) -> Subject<'a> {
        let row = step.event.row;
        let call = self.calls.get(&row).and_then(|call| journey.aliases.get(*call));
        let point = self.points.get(&row).and_then(|point| journey.points.get(*point));
        Subject::row(step, orphan, call, point, self.is_found(&step.event.source))
    }
}

/// What is at hand of the properties of a row.
#[derive(Clone, Copy, Debug)]
pub(in crate::inspect) enum Properties<'a> {
    Unknown,
    /// Their JSON text.
    Text(&'a str),
    Read(&'a Value),
}

/// A filter as a tree: that of its query, with the names of a journey put in.
#[derive(Clone, Debug)]
pub(in crate::inspect) enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Word(String),
    Field(Field, Sought),
    Lane(Vec<Id>),
    Phase(Phase),
    Is(u32),
    Property(String, Test),
    Times(Times),
}

impl Expr {
    pub(super) fn needs_properties(&self) -> bool {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().any(Self::needs_properties),
            Self::Not(inner) => inner.needs_properties(),
            Self::Property(..) => true,
            _ => false,
        }
    }

    /// What holds of the properties of every row that it keeps and cannot decide without them.
    pub(super) fn clue(&self) -> Clue {
        match self {
            Self::All(list) => Clue::All(list.iter().map(Self::clue).collect()),
            Self::Any(list) => Clue::OneOf(list.iter().map(Self::clue).collect()),
            Self::Property(name, test) => property::clue(name, test),
            _ => Clue::Unknown,
        }
    }

    /// Every event name that is asked for, and whether it is a whole one.
    pub(super) fn events(&self, take: &mut dyn FnMut(&str, bool)) {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().for_each(|expr| expr.events(take)),
            Self::Not(inner) => inner.events(take),
            Self::Field(Field::Event, Sought::Part(text)) => take(text, false),
            Self::Field(Field::Event, Sought::Whole(text)) => take(text, true),
            _ => {}
        }
    }

    /// Whether it keeps a row; `None` if only properties can tell.
    pub(in crate::inspect) fn decide(
        &self,
        row: &Subject<'_>,
        wall: &Wall,
        properties: Properties<'_>,
    ) -> Option<bool> {
        match self {
            Self::All(list) => join(list, false, row, wall, properties),
            Self::Any(list) => join(list, true, row, wall, properties),
            Self::Not(inner) => inner.decide(row, wall, properties).map(|kept| !kept),
            Self::Property(name, test) => match properties {
                Properties::Unknown => None,
                Properties::Text(text) => property::cannot_pass(text, name, test).then_some(false),
                Properties::Read(value) => Some(property::passes(value, name, test)),
            },
            other => Some(other.holds(row, wall)),
        }
    }

    /// Whether it holds of something that has properties and nothing else.
    pub(in crate::inspect) fn of_properties(&self, properties: &Value) -> bool {
        matches!(self, Self::Property(name, test) if property::passes(properties, name, test))
    }

    fn holds(&self, row: &Subject<'_>, wall: &Wall) -> bool {
        match self {
            Self::Word(word) => {
                let texts = [row.event, row.called, row.client.unwrap_or_default(), &row.source.file];
                let ids = row.ids.iter().chain([&row.device, &row.user]).flatten();
                texts.into_iter().chain(ids.map(|id| id.as_str())).any(|text| contains(text, word))
            }
            Self::Field(field, sought) => match field {
                Field::Event => sought.is(row.event),
                Field::Id => row.ids.iter().flatten().any(|id| sought.is_id(id)),
                Field::Device => row.device.is_some_and(|id| sought.is_id(id)),
                Field::User => row.user.is_some_and(|id| sought.is_id(id)),
                Field::Client => row.client.is_some_and(|client| sought.is(client)),
                // None of these is of a row: the reader refuses them in a journey.
                Field::Alias | Field::Email | Field::Name | Field::Phone => false,
                Field::File => sought.is(&format!("{}:{}", row.source.file, row.source.line)),
            },
            Self::Lane(ids) => match row.ids[0] {
                Some(id) => ids.contains(id),
                None => row.ids[1].is_some_and(|id| ids.contains(id)),
            },
            Self::Phase(phase) => row.phase == Some(*phase),
            Self::Is(states) => row.states & states != 0,
            Self::Times(times) => times.holds(row.time, wall),
            _ => false,
        }
    }
}

/// All of `list`, or any of it (`enough` decides), with `None` for what is not known yet.
fn join(list: &[Expr], enough: bool, row: &Subject<'_>, wall: &Wall, properties: Properties<'_>) -> Option<bool> {
    let mut open = false;
    for expr in list {
        match expr.decide(row, wall, properties) {
            Some(kept) if kept == enough => return Some(enough),
            Some(_) => {}
            None => open = true,
        }
    }
    (!open).then_some(!enough)
}
