//! Whether a filter keeps a row.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use chrono::NaiveDateTime;
use serde_json::Value;

use super::property::{self, Test};
use super::{Moment, Wall};
use crate::identity::{AliasLine, Journey, Orphan, Phase, Point, PointKind, Split, State, Step, Verdict};
use crate::model::facts::Source;
use crate::model::{Id, Millis, VerbKind};

/// A word after `is:`.
pub(super) const STATES: &[(&str, u32)] = &[
    ("merged", MERGED),
    ("split", SPLIT),
    ("race", RACE),
    ("history", HISTORY),
    ("orphan", ORPHAN),
    ("contested", CONTESTED),
    ("refused", REFUSED),
    ("accepted", ACCEPTED),
    ("duplicate", DUPLICATE),
    ("alias", REFUSED | ACCEPTED | DUPLICATE),
    ("identify", IDENTIFIES),
    ("login", LOGIN),
    ("reset", RESET),
    ("point", POINT | REFUSED | DUPLICATE),
    ("problem", REFUSED | SPLIT | ORPHAN),
    ("finding", FINDING),
    ("inferred", INFERRED),
    ("copied", COPIED),
];

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

/// A text that is looked for in a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sought {
    Part(String),
    Whole(String),
}

impl Sought {
    fn is(&self, text: &str) -> bool {
        match self {
            Self::Part(part) => contains(text, part),
            Self::Whole(whole) => same(text, whole),
        }
    }
}

/// A field of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Event,
    Id,
    Device,
    User,
    Client,
    File,
}

/// What is at hand of the properties of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Properties<'a> {
    Unknown,
    /// Their JSON text.
    Text(&'a str),
    Read(&'a Value),
}

/// A filter as a tree.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Word(String),
    Field(Field, Sought),
    Lane(Vec<Id>),
    Phase(Phase),
    Is(u32),
    Property(String, Test),
    /// From the beginning of the one to before the end of the other; none is open.
    Between(Option<Moment>, Option<Moment>),
    /// Before the beginning.
    Before(Moment),
    /// Not sooner than, or sooner than, a moment of the journey.
    Since(Millis, bool),
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
    pub(super) fn decide(&self, row: &Subject<'_>, wall: &Wall, properties: Properties<'_>) -> Option<bool> {
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

    fn holds(&self, row: &Subject<'_>, wall: &Wall) -> bool {
        match self {
            Self::Word(word) => {
                let texts = [row.event, row.called, row.client.unwrap_or_default(), &row.source.file];
                let ids = row.ids.iter().chain([&row.device, &row.user]).flatten();
                texts.into_iter().chain(ids.map(|id| id.as_str())).any(|text| contains(text, word))
            }
            Self::Field(field, sought) => match field {
                Field::Event => sought.is(row.event),
                Field::Id => row.ids.iter().flatten().any(|id| sought.is(id.as_str())),
                Field::Device => row.device.is_some_and(|id| sought.is(id.as_str())),
                Field::User => row.user.is_some_and(|id| sought.is(id.as_str())),
                Field::Client => row.client.is_some_and(|client| sought.is(client)),
                Field::File => sought.is(&format!("{}:{}", row.source.file, row.source.line)),
            },
            Self::Lane(ids) => match row.ids[0] {
                Some(id) => ids.contains(id),
                None => row.ids[1].is_some_and(|id| ids.contains(id)),
            },
            Self::Phase(phase) => row.phase == Some(*phase),
            Self::Is(states) => row.states & states != 0,
            Self::Since(at, true) => row.time >= *at,
            Self::Since(at, false) => row.time < *at,
            Self::Before(moment) => match moment {
                Moment::Absolute(from, _) => row.time < *from,
                Moment::Wall(from, _) => wall(row.time).is_some_and(|at| at < *from),
                Moment::Daily(from, _) => wall(row.time).is_some_and(|at| at.time() < *from),
                Moment::Relative(_) => false,
            },
            Self::Between(from, to) => between(row.time, *from, *to, wall),
            _ => false,
        }
    }
}

/// All of `list`, or any of it (`enough` decides), with `None` for what cannot be told yet.
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

fn between(time: Millis, from: Option<Moment>, to: Option<Moment>, wall: &Wall) -> bool {
    if let (Some(Moment::Daily(from, _)), Some(Moment::Daily(to, long))) = (from, to) {
        let Some(at) = wall(time).map(|at: NaiveDateTime| at.time()) else { return false };
        let (end, over) = to.overflowing_add_signed(long);
        let before_end = over > 0 || at < end;
        // From late in the evening to early in the morning.
        return if to < from { at >= from || before_end } else { at >= from && before_end };
    }
    let after = from.is_none_or(|from| match from {
        Moment::Absolute(from, _) => time >= from,
        Moment::Wall(from, _) => wall(time).is_some_and(|at| at >= from),
        Moment::Daily(from, _) => wall(time).is_some_and(|at| at.time() >= from),
        Moment::Relative(_) => false,
    });
    let before = to.is_none_or(|to| match to {
        Moment::Absolute(_, to) => time < to,
        Moment::Wall(_, to) => wall(time).is_some_and(|at| at < to),
        Moment::Daily(to, long) => {
            let (end, over) = to.overflowing_add_signed(long);
            over > 0 || wall(time).is_some_and(|at| at.time() < end)
        }
        Moment::Relative(_) => false,
    });
    after && before
}

/// Whether the texts are one, in any case.
pub(in crate::inspect) fn same(text: &str, other: &str) -> bool {
    text.eq_ignore_ascii_case(other)
        || ((!text.is_ascii() || !other.is_ascii()) && text.to_lowercase() == other.to_lowercase())
}

/// Whether `text` contains `part`, in any case.
pub(in crate::inspect) fn contains(text: &str, part: &str) -> bool {
    if part.is_ascii() {
        if contains_ascii(text.as_bytes(), part.as_bytes()) {
            return true;
        }
        if text.is_ascii() || !NEARLY_ASCII.iter().any(|letter| text.contains(*letter)) {
            return false;
        }
    }
    text.to_lowercase().contains(&part.to_lowercase())
}

/// What has an ASCII letter in its lower case and is none: Kelvin and the Turkish I.
const NEARLY_ASCII: [&str; 2] = ["\u{212a}", "\u{130}"];

/// Bytes from frequent to rare in JSON of events; what is not among them is rarer.
const FREQUENT: &[u8] = b"e_atinosrlpd-m1c02u34b5h987g6$vwf.yk";

/// How rare each byte is, in any case: its place among [`FREQUENT`].
static RARITY: LazyLock<[usize; 256]> = LazyLock::new(|| {
    let mut rarity = [FREQUENT.len(); 256];
    for (rank, byte) in FREQUENT.iter().enumerate() {
        for byte in [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()] {
            if let Some(slot) = rarity.get_mut(usize::from(byte)) {
                *slot = rank;
            }
        }
    }
    rarity
});

/// Whether ASCII text is among the bytes, in any case: the rarest byte of it is looked for first.
fn contains_ascii(text: &[u8], part: &[u8]) -> bool {
    let rarity = |byte: u8| RARITY.get(usize::from(byte)).copied();
    let Some((at, rarest)) = part.iter().enumerate().max_by_key(|(_, byte)| rarity(**byte)) else { return true };
    memchr::memchr2_iter(rarest.to_ascii_lowercase(), rarest.to_ascii_uppercase(), text).any(|found| {
        let there = found.checked_sub(at).and_then(|start| text.get(start..)?.get(..part.len()));
        there.is_some_and(|there| there.eq_ignore_ascii_case(part))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What [`contains`] means.
    fn plainly(text: &str, part: &str) -> bool {
        text.to_lowercase().contains(&part.to_lowercase())
    }

    #[test]
    fn no_other_letter_has_an_ascii_letter_in_its_lower_case() {
        let nearly = ('\u{80}'..=char::MAX).filter(|letter| letter.to_lowercase().any(|lower| lower.is_ascii()));
        assert_eq!(nearly.map(String::from).collect::<Vec<_>>(), ["\u{130}", "\u{212a}"]);
    }

    #[test]
    fn a_part_is_found_wherever_it_stands_and_in_any_case() {
        for (text, part) in [
            ("", ""),
            ("a", ""),
            ("Plan", "plan"),
            ("xxPLANxx", "plan"),
            ("é-Ünï", "ünÏ"),
            ("\u{212a}m", "KM"),
            ("İ", "i"),
        ] {
            assert!(contains(text, part), "{part} in {text}");
        }
        for (text, part) in [("", "a"), ("pla", "plan"), ("lan", "plan"), ("é", "e"), ("p-l-a-n", "plan")] {
            assert!(!contains(text, part), "{part} in {text}");
        }
    }

    proptest! {
        #[test]
        fn containing_is_that_of_lower_cases(text in "[a-dA-DkKé\u{212a}\u{130}.$]{0,24}", part in "[a-dA-DkKié.$]{0,4}") {
            prop_assert_eq!(contains(&text, &part), plainly(&text, &part), "{} in {}", part, text);
        }

        #[test]
        fn a_part_of_a_text_is_found(text in ".{0,40}", from in 0..40_usize, length in 0..9_usize) {
            let part: String = text.chars().skip(from).take(length).collect();
            prop_assert_eq!(contains(&text, &part.to_uppercase()), plainly(&text, &part.to_uppercase()));
        }
    }
}
