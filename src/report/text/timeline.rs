//! The timeline: every row in order of time, with what it means beside it.
//!
//! Alias calls that are no row of the user stand in place too, above all the refused ones, whose
//! row went elsewhere; so do resets that no row of the user shows.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use super::lanes::{Cell, Lanes, letter};
use super::{gap, lost, pair, place, sentence, split_name};
use crate::identity::{AliasLine, Journey, Phase, Point, PointKind, Reason, Step, Verdict};
use crate::model::{Id, Millis};
use crate::report::Shown;
use crate::report::look::{Class, Look, left, right};

/// One line of the timeline.
enum Line<'a> {
    /// A row of the user.
    Row(&'a Step),
    /// An alias call whose row is not the user's, or that has none.
    Call(&'a AliasLine),
    /// A reset that no row of the user shows.
    Reset(&'a Point),
}

impl Line<'_> {
    fn time(&self) -> Millis {
        match self {
            Self::Row(step) => step.event.time,
            Self::Call(call) => call.time,
            Self::Reset(point) => point.time,
        }
    }
}

/// What the columns of a line hold.
struct Told<'a> {
    class: Class,
    cell: Cell,
    event: String,
    sent_as: Option<&'a Id>,
    state: &'static str,
    because: String,
    source: &'a crate::model::facts::Source,
}

/// The mark of a point.
pub(in crate::report) fn class_of(kind: PointKind) -> Class {
    match kind {
        PointKind::Alias => Class::Alias,
        PointKind::Identify | PointKind::Login => Class::Identify,
        PointKind::Reset => Class::Reset,
    }
}

/// Widths of the columns that are not fixed.
struct Widths {
    event: usize,
    sent: usize,
    because: usize,
    /// Zero where there is no room for the column.
    source: usize,
}

/// Columns of time, gap and state, with the spaces between all columns.
const FIXED: usize = 12 + 1 + 5 + 1 + 1 + 1 + 1 + 7 + 1;
/// Width from which the place in the input has a column of its own.
const WIDE: usize = 130;

impl Widths {
    fn of(look: &Look, lanes: usize) -> Self {
        let source = if look.width >= WIDE { 24 } else { 0 };
        let room = look.width.saturating_sub(FIXED + lanes + source);
        let (event, sent) = if room >= 64 { (24, 16) } else { (18, 12) };
        Self { event, sent, because: room.saturating_sub(event + sent).max(10), source }
    }
}

/// Everything that a line needs from the journey.
struct Context<'a> {
    journey: &'a Journey,
    look: &'a Look,
    lanes: Lanes<'a>,
    points: HashMap<i64, &'a Point>,
    widths: Widths,
}

/// Writes the timeline, if there is one.
pub(super) fn write(out: &mut dyn Write, shown: Shown<'_>, look: &Look) -> io::Result<()> {
    let journey = shown.journey;
    let lines = lines(shown);
    if lines.is_empty() {
        return Ok(());
    }
    super::heading(out, look, &format!("timeline, times in {}", look.clock.name()))?;
    let mut lanes = Lanes::of(journey);
    for (number, line) in lines.iter().enumerate() {
        touch(&mut lanes, journey, line, number);
    }
    let widths = Widths::of(look, lanes.width());
    let points = journey.points.iter().map(|point| (point.row, point)).collect();
    let context = Context { journey, look, lanes, points, widths };
    context.columns(out)?;
    let mut day = String::new();
    let mut before: Option<Millis> = None;
    let mut identified = false;
    for (number, line) in lines.iter().enumerate() {
        let today = look.clock.day(line.time());
        let becomes = matches!(line, Line::Row(step) if step.phase == Phase::Identified) && !identified;
        identified |= becomes;
        if today != day {
            writeln!(out, "{}", look.paint(Class::Faint, &look.rule(&today)))?;
            day = today;
        }
        if becomes {
            writeln!(out, "{}", look.paint(Class::Identify, &look.rule("identified from here")))?;
        }
        context.line(out, number, line, before)?;
        before = Some(line.time());
    }
    context.legend(out)
}

/// The rows with the calls and resets that none of them is, by time.
fn lines(shown: Shown<'_>) -> Vec<Line<'_>> {
    let journey = shown.journey;
    let rows: HashSet<i64> = journey.steps.iter().map(|step| step.event.row).collect();
    let called: HashSet<usize> = journey
        .steps
        .iter()
        .filter_map(|step| match step.reason {
            Reason::Call { call } => Some(call),
            _ => None,
        })
        .collect();
    let is_reset = |point: &Point| point.kind == PointKind::Reset && !rows.contains(&point.row);
    let resets = journey.points.iter().enumerate().filter(|(at, point)| is_reset(point) && shown.has_point(*at));
    let calls = journey.aliases.iter().enumerate();
    let calls = calls.filter(|(index, _)| !called.contains(index) && shown.has_call(*index));
    let mut lines: Vec<Line<'_>> = resets
        .map(|(_, point)| Line::Reset(point))
        .chain(shown.steps().map(Line::Row))
        .chain(calls.map(|(_, call)| Line::Call(call)))
        .collect();
    lines.sort_by_key(Line::time);
    lines
}

/// Notes the lanes that a line touches.
fn touch(lanes: &mut Lanes<'_>, journey: &Journey, line: &Line<'_>, number: usize) {
    let call = match line {
        Line::Row(step) => {
            if let Some(lane) = step.event.id.as_ref().and_then(|id| lanes.lane(id)) {
                lanes.touch(lane, number);
            }
            match step.reason {
                Reason::Call { call } => journey.aliases.get(call),
                _ => None,
            }
        }
        Line::Call(call) => Some(*call),
        Line::Reset(_) => None,
    };
    if let Some(call) = call {
        // A refused call starts no lane: it only points at one.
        let joined = [call.alias.as_ref(), call.target.as_ref()];
        for id in joined.into_iter().flatten().filter(|_| call.verdict == Verdict::Accepted) {
            if let Some(lane) = lanes.lane(id) {
                lanes.touch(lane, number);
            }
        }
    }
}

impl<'a> Context<'a> {
    fn columns(&self, out: &mut dyn Write) -> io::Result<()> {
        let Widths { event, sent, source, because } = self.widths;
        let head = format!(
            "{} {} {} {} {} {} {}",
            left("TIME", 12),
            right("GAP", 5),
            left(&self.lanes.letters(), self.lanes.width()),
            left("EVENT", event),
            left("SENT AS", sent),
            left("STATE", 7),
            if source > 0 { left("BECAUSE", because) + " SOURCE" } else { "BECAUSE".to_owned() },
        );
        writeln!(out, "{}", self.look.paint(Class::Faint, &head))
    }

    fn line(&self, out: &mut dyn Write, number: usize, line: &Line<'a>, before: Option<Millis>) -> io::Result<()> {
        let told = match line {
            Line::Row(step) => self.row(step),
            Line::Call(call) => self.call_at(call, self.lane_of(call)),
            Line::Reset(point) => self.reset(point),
        };
        let look = self.look;
        let Widths { event, sent, because, source } = self.widths;
        let gap = before.map(|before| gap(before, line.time())).unwrap_or_default();
        let sent_as = told.sent_as.map_or_else(|| "-".to_owned(), |id| look.id(id.as_str(), sent));
        let mut text = format!(
            "{} {} {} {} {} {} {}",
            left(&look.clock.time(line.time()), 12),
            look.paint(Class::Faint, &right(&gap, 5)),
            look.paint(told.class, &self.lanes.draw(number, told.cell, look.ascii)),
            look.paint(told.class, &left(&look.cut(&told.event, event), event)),
            left(&sent_as, sent),
            look.paint(told.class, &left(told.state, 7)),
            if source > 0 {
                left(&look.cut(&told.because, because), because)
            } else {
                look.cut(&told.because, because)
            },
        );
        if source > 0 {
            text = format!("{text} {}", place(told.source, look, source));
        }
        writeln!(out, "{}", text.trim_end())?;
        self.below(out, line)
    }

    /// What a refused call did: it deserves more than a column.
    fn below(&self, out: &mut dyn Write, line: &Line<'a>) -> io::Result<()> {
        let call = match line {
            Line::Row(step) => self.call_of(step),
            Line::Call(call) => Some(*call),
            Line::Reset(_) => None,
        };
        let Some(call) = call.filter(|call| matches!(call.verdict, Verdict::Refused(_))) else {
            return Ok(());
        };
        let indent = 12 + 1 + 5 + 1 + self.lanes.width() + 1;
        sentence(out, self.look, indent, &call.why, Some(&call.source))?;
        let lost = lost(self.journey, call, self.look);
        if lost.is_empty() { Ok(()) } else { sentence(out, self.look, indent, &lost, None) }
    }

    fn call_of(&self, step: &Step) -> Option<&'a AliasLine> {
        match step.reason {
            Reason::Call { call } => self.journey.aliases.get(call),
            _ => None,
        }
    }

    fn row(&self, step: &'a Step) -> Told<'a> {
        let event = &step.event;
        let at = event.id.as_ref().and_then(|id| self.lanes.lane(id));
        if let Some(call) = self.call_of(step) {
            return Told {
                sent_as: event.id.as_ref(),
                source: &event.source,
                ..self.call_at(call, at.or_else(|| self.lane_of(call)))
            };
        }
        // Lines of a table of aliases have numbers of their own.
        let point = self.points.get(&event.row).copied().filter(|point| point.source == event.source);
        let (class, state) = match (split_name(step.state), point, step.phase) {
            (Some(_), _, _) => (Class::Split, "split"),
            (None, Some(point), _) => (class_of(point.kind), "merged"),
            (None, None, Phase::Anonymous) => (Class::Anonymous, "merged"),
            (None, None, Phase::Identified) => (Class::Known, "merged"),
        };
        let mut because = self.because(step);
        if let Some(point) = point {
            because = format!("{}: {because}", point.kind.name());
        }
        if !step.copies.is_empty() {
            because = format!("{because}, {} more sent", step.copies.len());
        }
        Told {
            class,
            cell: Cell { at, mark: self.look.mark(class), tie: None },
            event: event.event.to_string(),
            sent_as: event.id.as_ref(),
            state,
            because,
            source: &event.source,
        }
    }

    /// Why a row is here, short enough for a column; `journey.why` has the whole sentence.
    fn because(&self, step: &Step) -> String {
        match step.reason {
            Reason::Own => "own id".to_owned(),
            Reason::Through { call, hops } => {
                let way = self.way(call);
                if hops > 1 { format!("{way}, {hops} aliases on") } else { way }
            }
            Reason::Before { call } => {
                format!("{}: before {}", split_name(step.state).unwrap_or("apart"), self.way(call))
            }
            // Rows of orphans are told apart from the timeline, and calls by their verdict.
            Reason::Call { .. } | Reason::Orphaned { .. } => String::new(),
        }
    }

    /// `B → A` for an alias call, with the letters of the lanes.
    fn way(&self, call: usize) -> String {
        let Some(call) = self.journey.aliases.get(call) else { return "an alias".to_owned() };
        let lane = |id: Option<&Id>| id.and_then(|id| self.lanes.lane(id)).filter(|lane| *lane < super::lanes::MOST);
        match (lane(call.alias.as_ref()), lane(call.target.as_ref())) {
            (Some(alias), Some(target)) => {
                format!("alias {} {} {}", letter(alias), self.look.arrow(), letter(target))
            }
            _ => format!("alias {}", pair(call, self.look, 12)),
        }
    }

    /// The lane of a call that has no row among those of the user.
    fn lane_of(&self, call: &AliasLine) -> Option<usize> {
        let holds = call.verdict == Verdict::Accepted;
        call.target.as_ref().filter(|_| holds).and_then(|id| self.lanes.lane(id))
    }

    /// A call, marked in lane `at` and tied to the lane of its other id.
    fn call_at(&self, call: &'a AliasLine, at: Option<usize>) -> Told<'a> {
        let class = super::class_of(call.verdict);
        let ends = [call.alias.as_ref(), call.target.as_ref()];
        let other = ends.into_iter().flatten().filter_map(|id| self.lanes.lane(id)).find(|lane| Some(*lane) != at);
        let tie = other.map(|lane| (lane, call.verdict == Verdict::Accepted));
        let (state, because) = match (call.verdict, &call.kept) {
            (Verdict::Accepted, _) => ("alias", pair(call, self.look, 16)),
            (Verdict::Duplicate, _) => ("again", "led to this root already".to_owned()),
            (Verdict::Refused(refusal), Some(kept)) => {
                ("refused", format!("{}: kept {} {}", refusal.name(), self.look.arrow(), kept.as_str()))
            }
            (Verdict::Refused(refusal), None) => ("refused", refusal.name().to_owned()),
        };
        Told {
            class,
            cell: Cell { at, mark: self.look.mark(class), tie },
            event: format!("alias({})", call.alias.as_ref().map_or("", Id::as_str)),
            sent_as: call.target.as_ref(),
            state,
            because,
            source: &call.source,
        }
    }

    fn reset(&self, point: &'a Point) -> Told<'a> {
        let class = Class::Reset;
        let because = if point.inferred { "inferred: a new anonymous id" } else { "a new anonymous id" };
        Told {
            class,
            cell: Cell { at: None, mark: self.look.mark(class), tie: None },
            event: "reset".to_owned(),
            sent_as: Some(&point.id),
            state: "reset",
            because: because.to_owned(),
            source: &point.source,
        }
    }

    /// The marks, in words.
    fn legend(&self, out: &mut dyn Write) -> io::Result<()> {
        let words = [
            (Class::Anonymous, "anonymous"),
            (Class::Known, "identified"),
            (Class::Identify, "identify"),
            (Class::Alias, "alias"),
            (Class::Refused, "refused"),
            (Class::Reset, "reset"),
            (Class::Split, "split"),
        ];
        let words: Vec<String> =
            words.iter().map(|(class, word)| format!("{} {word}", self.look.mark(*class))).collect();
        writeln!(out, "{}", self.look.paint(Class::Faint, &words.join("  ")))
    }
}
