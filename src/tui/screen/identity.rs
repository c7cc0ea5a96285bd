//! The identity screen: what was called and what came of it, the lookup table, the ids, the
//! orphans with their evidence, and all of that as it stood at a moment of arrival. Its other
//! [`Topic`] is the person: the profile, and the journey in numbers.
//!
//! | part | what it draws |
//! |---|---|
//! | `cells` | parts of a line that several sections have |
//! | `draw` | one line of each section |
//! | `explain` | the selected line, whole, at the bottom |
//! | `person` | the lines about the person, and the panel of a wide timeline |
//! | `scrub` | the moments of arrival, and the bar |
//! | `picture` | the ids as a graph |
//!
//! A `Line` is an index into the journey or its [`Register`]; what it says is put together
//! when it is drawn. Cost: a frame builds the visible lines.

mod cells;
mod draw;
mod explain;
mod person;
mod picture;
pub mod scrub;

pub(in crate::tui) use self::draw::{text, view};
pub(in crate::tui) use self::person::{HEIGHT as PERSON_HEIGHT, panel as person_panel};

use std::sync::Arc;

use crate::identity::register::{Call, Register};
use crate::identity::{Journey, Verdict};
use crate::model::Id;
use crate::model::facts::Source;
use crate::tui::keys::Action;
use crate::tui::pointer::{Gesture, Pointed};
use crate::tui::timeline::Timeline;
use crate::tui::timeline::sift::Worth;

/// What is drawn: the journey as it is laid out, and where the user stands in it.
#[derive(Clone, Copy)]
pub(in crate::tui) struct Panel<'a> {
    pub(in crate::tui) journey: &'a Arc<Journey>,
    pub(in crate::tui) timeline: &'a Timeline,
    pub(in crate::tui) identity: &'a State,
    pub(in crate::tui) scrub: &'a scrub::State,
    pub(in crate::tui) worth: &'a Worth,
}

/// What the screen is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The ids and what is between them.
    Ids,
    /// Who it is, and the journey in numbers.
    Person,
}

/// One line of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing.
    Space,
    /// The head of a section, with the number of its rows.
    Head(&'static str, usize),
    /// A section without rows.
    Empty(&'static str),
    /// A limit that was met: index in [`Journey::cuts`].
    Cut(usize),
    /// A call: index in [`Register::calls`].
    Call(usize),
    /// A row of the lookup table: index in [`Register::table`].
    Table(usize),
    /// An id: index in [`Journey::ids`].
    Member(usize),
    /// A device: index in [`Register::devices`].
    Device(usize),
    /// An orphan: index in [`Journey::orphans`].
    Orphan(usize),
    /// A piece of its evidence.
    Evidence(usize, usize),
    /// Another user that a contested orphan is tied to: index in its owners.
    Claim(usize, usize),
    /// A user that this orphan is tied to: index in [`Journey::orphan_of`].
    Owner(usize),
    /// A piece of evidence for that.
    OwnerEvidence(usize, usize),
    /// Another user of a device: index in [`Journey::neighbours`].
    Neighbour(usize),
    /// A place that names the id: index in [`Journey::mentions`].
    Mention(usize),
    /// A finding: index in [`Journey::findings`].
    Finding(usize),
    /// What to do about it.
    Advice(usize),
    /// A note: index in [`Journey::notes`].
    Note(usize),
    /// The head of a profile: index in [`Journey::profiles`].
    Profile(usize),
    /// A property of it: index in its properties.
    Property(usize, usize),
    /// What it says of clients.
    ClientProperties(usize),
    /// A kind of event: index in the kinds of the summary.
    Kind(usize),
    /// A program: index in the senders of the summary.
    Sender(usize),
    /// Sessions and days with rows.
    Sessions,
    /// What was paid.
    Worth,
    /// What was paid in rows of orphans.
    WorthOfOrphans,
    /// Split rows: their number.
    Splits(usize),
    /// Refused alias calls: their number.
    Refused(usize),
}

impl Line {
    fn is_row(self) -> bool {
        !matches!(self, Self::Space | Self::Head(..) | Self::Empty(_) | Self::Profile(_))
    }

    /// Whether it belongs to the line above it.
    fn is_under(self) -> bool {
        matches!(self, Self::Evidence(..) | Self::Claim(..) | Self::OwnerEvidence(..) | Self::Advice(_))
    }
}

/// The screen.
#[derive(Clone, Debug)]
pub struct State {
    topic: Topic,
    lines: Vec<Line>,
    selected: usize,
    /// Lines and selected line of the other topic.
    other: (Vec<Line>, usize),
    /// Whether the graph of ids is shown instead of the lines.
    picture: bool,
    /// Lines of the graph above the top.
    picture_top: usize,
}

/// Where Enter goes from a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// A row of the store.
    Row(i64),
    /// An alias call of this journey.
    Call(usize),
    /// The row at a place; when it is not on this timeline, the page of the other id.
    Place(Source, Option<Id>),
    /// Another user.
    User(Id),
}

/// What a line is about, wherever it stands.
#[derive(Debug, PartialEq)]
enum Mark {
    Call(Source, i64),
    Point(i64),
    Id(&'static str, Id),
    Evidence(Id, Source),
}

impl State {
    /// The screen of a journey, with its first line selected.
    pub fn new(journey: &Journey, timeline: &Timeline) -> Self {
        let first = |lines: Vec<Line>| {
            let first = lines.iter().position(|line| line.is_row()).unwrap_or(0);
            (lines, first)
        };
        let (lines, selected) = first(lines(journey, timeline.register()));
        let other = first(person::lines(journey, timeline.summary()));
        Self { topic: Topic::Ids, lines, selected, other, picture: false, picture_top: 0 }
    }

    /// What the screen is about.
    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// Goes to a topic; each has a selected line of its own.
    pub fn turn_to(&mut self, topic: Topic) {
        if self.topic != topic {
            self.topic = topic;
            std::mem::swap(&mut self.lines, &mut self.other.0);
            std::mem::swap(&mut self.selected, &mut self.other.1);
        }
        self.picture = false;
    }

    /// The same for another state of the user: the line that says the same stays selected, else
    /// the place on the screen.
    #[must_use]
    pub fn renewed(&self, before: (&Journey, &Register), journey: &Journey, timeline: &Timeline) -> Self {
        let mark = self.lines.get(self.selected).and_then(|line| mark(*line, before.0, before.1));
        let register = timeline.register();
        let same = |line: &Line| mark.is_some() && self::mark(*line, journey, register) == mark;
        let mut state = Self { picture: self.picture, picture_top: self.picture_top, ..Self::new(journey, timeline) };
        if self.topic == Topic::Person {
            (state.topic, state.lines, state.other) = (Topic::Person, state.other.0, (state.lines, state.selected));
        }
        let found = state.lines.iter().position(same);
        state.settle(found.unwrap_or(self.selected), true);
        state
    }

    /// Does what a key asks.
    pub fn update(&mut self, action: Action, page: usize) {
        let page = page.max(1);
        let last = self.lines.len().saturating_sub(1);
        if action == Action::Picture {
            self.picture = !self.picture;
            self.picture_top = 0;
        } else if self.picture {
            self.picture_top = match action {
                Action::Next => self.picture_top.saturating_add(1),
                Action::Previous => self.picture_top.saturating_sub(1),
                Action::HalfDown => self.picture_top.saturating_add(page / 2),
                Action::HalfUp => self.picture_top.saturating_sub(page / 2),
                Action::PageDown => self.picture_top.saturating_add(page),
                Action::PageUp => self.picture_top.saturating_sub(page),
                Action::First => 0,
                Action::Last => usize::MAX,
                _ => self.picture_top,
            };
        } else {
            match action {
                Action::Next => self.settle(self.selected + 1, true),
                Action::Previous => self.settle(self.selected.saturating_sub(1), false),
                Action::HalfDown => self.settle(self.selected + page / 2, true),
                Action::HalfUp => self.settle(self.selected.saturating_sub(page / 2), false),
                Action::PageDown => self.settle(self.selected + page, true),
                Action::PageUp => self.settle(self.selected.saturating_sub(page), false),
                Action::First => self.settle(0, true),
                Action::Last => self.settle(last, false),
                Action::NextDay => self.section(true),
                Action::PreviousDay => self.section(false),
                _ => {}
            }
        }
    }

    /// Stays where the last drawing found the end of the graph.
    pub(in crate::tui) fn clamp(&mut self, end: usize) {
        self.picture_top = self.picture_top.min(end);
    }

    /// Does what the mouse asks: a press selects, one on the selected line opens.
    pub fn point(&mut self, pointed: &Pointed) -> Option<Action> {
        if self.picture {
            return None;
        }
        let line = pointed.line().filter(|line| *line < self.lines.len())?;
        if pointed.gesture == Gesture::PressAgain || line == self.selected {
            return Some(Action::Open);
        }
        if self.lines.get(line).is_some_and(|line| line.is_row()) {
            self.selected = line;
        }
        None
    }

    /// The selected line.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Number of lines.
    pub fn lines(&self) -> usize {
        self.lines.len()
    }

    /// Whether the graph of ids is shown.
    pub fn shows_picture(&self) -> bool {
        self.picture
    }

    /// Selects the first row of the next section, or of this one or the one before.
    fn section(&mut self, down: bool) {
        let head = |at: &usize| matches!(self.lines.get(*at), Some(Line::Head(..)));
        let first = |at: usize| (at..self.lines.len()).find(|at| self.lines.get(*at).is_some_and(|line| line.is_row()));
        let found = if down {
            (self.selected..self.lines.len()).find(head).and_then(first)
        } else {
            (0..self.selected).rev().filter(head).filter_map(first).find(|at| *at < self.selected)
        };
        if let Some(found) = found {
            self.selected = found;
        }
    }

    /// Selects a line.
    pub fn go_to(&mut self, at: usize) {
        self.settle(at, true);
    }

    fn settle(&mut self, at: usize, down: bool) {
        let last = self.lines.len().saturating_sub(1);
        let at = at.min(last);
        let is_row = |at: &usize| self.lines.get(*at).is_some_and(|line| line.is_row());
        let below = || (at..=last).find(is_row);
        let above = || (0..=at).rev().find(is_row);
        let found = if down { below().or_else(above) } else { above().or_else(below) };
        if let Some(found) = found {
            self.selected = found;
        }
    }

    /// Where Enter goes.
    pub fn goal(&self, journey: &Journey, timeline: &Timeline) -> Option<Goal> {
        if self.picture {
            return None;
        }
        let register = timeline.register();
        Some(match *self.lines.get(self.selected)? {
            Line::Call(at) => match *register.calls.get(at)? {
                Call::Alias(at) => Goal::Call(at),
                Call::Point(at) => Goal::Row(journey.points.get(at)?.row),
            },
            Line::Table(at) => Goal::Call(register.table.get(at)?.call),
            Line::Member(at) => {
                let member = journey.ids.get(at)?;
                let step = journey.steps.iter().find(|step| step.event.id.as_ref() == Some(&member.id))?;
                Goal::Row(step.event.row)
            }
            Line::Device(at) => Goal::Row(register.devices.get(at)?.row),
            Line::Orphan(at) => Goal::User(journey.orphans.get(at)?.id.clone()),
            Line::Evidence(at, piece) => {
                let orphan = journey.orphans.get(at)?;
                Goal::Place(orphan.evidence.get(piece)?.source.clone(), Some(orphan.id.clone()))
            }
            Line::Claim(at, owner) => Goal::User(journey.orphans.get(at)?.owners.get(owner)?.clone()),
            Line::Owner(at) => Goal::User(journey.orphan_of.get(at)?.root.clone()),
            Line::OwnerEvidence(at, piece) => {
                let owner = journey.orphan_of.get(at)?;
                Goal::Place(owner.evidence.get(piece)?.source.clone(), Some(owner.root.clone()))
            }
            Line::Neighbour(at) => Goal::User(journey.neighbours.get(at)?.root.clone()),
            Line::Mention(at) => Goal::User(journey.mentions.get(at)?.root.clone()),
            Line::Finding(at) | Line::Advice(at) => {
                Goal::Place(journey.findings.get(at)?.sources.first()?.clone(), None)
            }
            Line::Kind(at) => Goal::Row(timeline.summary().kinds.get(at)?.row),
            Line::Sender(at) => Goal::Row(timeline.summary().senders.get(at)?.row),
            Line::Splits(_) => {
                let is_split = |step: &&crate::identity::Step| step.state != crate::identity::State::Merged;
                Goal::Row(journey.steps.iter().find(is_split)?.event.row)
            }
            Line::Refused(_) => {
                let refused = |line: &crate::identity::AliasLine| matches!(line.verdict, Verdict::Refused(_));
                Goal::Call(journey.aliases.iter().position(refused)?)
            }
            Line::Profile(_)
            | Line::Property(..)
            | Line::ClientProperties(_)
            | Line::Sessions
            | Line::Worth
            | Line::WorthOfOrphans => {
                return None;
            }
            Line::Space | Line::Head(..) | Line::Empty(_) | Line::Note(_) | Line::Cut(_) => return None,
        })
    }
}

/// What a line is about; `None` for text that stands for itself.
fn mark(line: Line, journey: &Journey, register: &Register) -> Option<Mark> {
    Some(match line {
        Line::Call(at) => match *register.calls.get(at)? {
            Call::Alias(at) => journey.aliases.get(at).map(|line| Mark::Call(line.source.clone(), line.row))?,
            Call::Point(at) => Mark::Point(journey.points.get(at)?.row),
        },
        Line::Table(at) => Mark::Id("table", register.table.get(at)?.alias.clone()),
        Line::Member(at) => Mark::Id("id", journey.ids.get(at)?.id.clone()),
        Line::Device(at) => Mark::Id("device", register.devices.get(at)?.id.clone()),
        Line::Orphan(at) => Mark::Id("orphan", journey.orphans.get(at)?.id.clone()),
        Line::Evidence(at, piece) => {
            let orphan = journey.orphans.get(at)?;
            Mark::Evidence(orphan.id.clone(), orphan.evidence.get(piece)?.source.clone())
        }
        Line::Neighbour(at) => Mark::Id("neighbour", journey.neighbours.get(at)?.root.clone()),
        _ => return None,
    })
}

/// Adds a section: its name, its rows, and what is said where there are none; without that, nothing is.
fn section(lines: &mut Vec<Line>, name: &'static str, rows: Vec<Line>, always: Option<&'static str>) {
    if rows.is_empty() && always.is_none() {
        return;
    }
    if !lines.is_empty() {
        lines.push(Line::Space);
    }
    lines.push(Line::Head(name, rows.iter().filter(|line| !line.is_under()).count()));
    match always {
        Some(empty) if rows.is_empty() => lines.push(Line::Empty(empty)),
        _ => lines.extend(rows),
    }
}

/// Every section with its rows.
fn lines(journey: &Journey, register: &Register) -> Vec<Line> {
    let mut lines = Vec::new();
    let all = |count: usize, line: fn(usize) -> Line| (0..count).map(line).collect::<Vec<_>>();
    let of_user = |text: &'static str| journey.root.is_some().then_some(text);
    section(&mut lines, "not everything", all(journey.cuts.len(), Line::Cut), None);
    section(
        &mut lines,
        "calls, in order of arrival",
        all(register.calls.len(), Line::Call),
        of_user("no alias call and no login names an id of this user"),
    );
    section(
        &mut lines,
        "lookup table",
        all(register.table.len(), Line::Table),
        of_user("empty: rows are stored under the id they were sent with"),
    );
    section(&mut lines, "ids of this user", all(journey.ids.len(), Line::Member), None);
    for at in 0..journey.profiles.len() {
        if !lines.is_empty() {
            lines.push(Line::Space);
        }
        lines.extend(person::profile(journey, at));
    }
    section(&mut lines, "devices", all(register.devices.len(), Line::Device), None);
    let orphans = journey.orphans.iter().enumerate().flat_map(|(at, orphan)| {
        let evidence = (0..orphan.evidence.len()).map(move |of| Line::Evidence(at, of));
        let claims = orphan
            .owners
            .iter()
            .enumerate()
            .filter(|(_, owner)| orphan.contested && Some(*owner) != journey.root.as_ref());
        std::iter::once(Line::Orphan(at)).chain(evidence).chain(claims.map(move |(of, _)| Line::Claim(at, of)))
    });
    section(&mut lines, "orphans: rows elsewhere that evidence ties to this user", orphans.collect(), of_user("none"));
    let owners = journey.orphan_of.iter().enumerate().flat_map(|(at, owner)| {
        std::iter::once(Line::Owner(at)).chain((0..owner.evidence.len()).map(move |of| Line::OwnerEvidence(at, of)))
    });
    section(&mut lines, "this is an orphan itself, of", owners.collect(), None);
    section(&mut lines, "named by", all(journey.mentions.len(), Line::Mention), None);
    section(&mut lines, "other users of the same devices", all(journey.neighbours.len(), Line::Neighbour), None);
    let findings = (0..journey.findings.len()).flat_map(|at| [Line::Finding(at), Line::Advice(at)]);
    section(&mut lines, "findings: mistakes of the integration", findings.collect(), None);
    section(&mut lines, "notes", all(journey.notes.len(), Line::Note), None);
    lines
}
