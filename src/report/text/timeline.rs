//! The timeline: every row in order of time, with its meaning.
//!
//! Alias calls that are no row of the user stand in place too, above all the refused ones, whose
//! row went elsewhere; so do resets that no row of the user shows.
//!
//! Cost: a line that differs from others in its time alone is put together from columns that were
//! written before ([`Cells`]), a sixth of a microsecond; pieces of a thousand lines are made on
//! all cores and written in order, so a timeline of millions takes no memory but for its rows.

mod cells;
mod order;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::num::NonZero;
use std::sync::mpsc;
use std::thread;

use rustc_hash::FxHashMap;

use self::cells::Cells;
use self::order::{Line, lines, touch};
use super::lanes::{Cell, Lanes, letter};
use super::{lost, pair, place, sentence, split_name, write_gap};
use crate::identity::{AliasLine, Journey, Phase, Point, PointKind, Reason, State, Step, Verdict};
use crate::model::{Id, Millis};
use crate::report::Shown;
use crate::report::look::{Class, Look, left, right};

/// What the columns of a line hold.
struct LineText<'a> {
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

/// The mark and the state of a row that shows no point.
fn class_of_row(step: &Step) -> (Class, &'static str) {
    match (step.state, step.phase) {
        (State::Split(_), _) => (Class::Split, "split"),
        (State::Merged, Phase::Anonymous) => (Class::Anonymous, "merged"),
        (State::Merged, Phase::Identified) => (Class::Known, "merged"),
    }
}

/// Fills what was written from `begin` on with spaces; it is ASCII.
fn pad(text: &mut String, begin: usize, width: usize) {
    let missing = width.saturating_sub(text.len() - begin);
    text.extend(std::iter::repeat_n(' ', missing));
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
    points: FxHashMap<i64, &'a Point>,
    widths: Widths,
    lines: Vec<Line<'a>>,
    /// The first line from which on the user is known.
    identified: Option<usize>,
}

/// Lines that are written at once: enough that a thread is worth it, few enough to stay small.
const PIECE: usize = 1024;

/// Writes the timeline, if there is one.
pub(super) fn write(out: &mut dyn Write, shown: Shown<'_>, look: &Look) -> io::Result<()> {
    let journey = shown.journey;
    let lines = lines(shown);
    if lines.is_empty() {
        return Ok(());
    }
    super::heading(out, look, &format!("timeline, times in {}", look.clock.name()))?;
    let mut lanes = Lanes::of(journey);
    let mut before = None;
    for (number, line) in lines.iter().enumerate() {
        touch(&mut lanes, journey, line, number, &mut before);
    }
    let widths = Widths::of(look, lanes.width());
    let points = journey.points.iter().map(|point| (point.row, point)).collect();
    let identified = lines.iter().position(|line| matches!(line, Line::Row(step) if step.phase == Phase::Identified));
    let context = Context { journey, look, lanes, points, widths, lines, identified };
    context.columns(out)?;
    context.all(out)?;
    context.legend(out)
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

    /// Writes every line; the pieces of a long timeline are made on all cores.
    fn all(&self, out: &mut dyn Write) -> io::Result<()> {
        let pieces = self.lines.len().div_ceil(PIECE);
        let makers = thread::available_parallelism().map_or(1, NonZero::get).min(pieces / 4);
        if makers < 2 {
            let mut cells = Cells::default();
            for piece in 0..pieces {
                out.write_all(self.piece(piece, &mut cells)?.as_bytes())?;
            }
            return Ok(());
        }
        thread::scope(|scope| {
            let makers: Vec<_> = (0..makers)
                .map(|first| {
                    // A maker that is ahead waits for the one who writes.
                    let (made, written) = mpsc::sync_channel(4);
                    scope.spawn(move || {
                        let mut cells = Cells::default();
                        for piece in (first..pieces).step_by(makers) {
                            // Where writing has failed, the rest is not read.
                            if made.send(self.piece(piece, &mut cells)).is_err() {
                                break;
                            }
                        }
                    });
                    written
                })
                .collect();
            for piece in makers.iter().cycle().take(pieces) {
                let text = piece.recv().map_err(|_| io::Error::other("a thread that writes rows ended early"))??;
                out.write_all(text.as_bytes())?;
            }
            Ok(())
        })
    }

    /// The text of one piece of the lines.
    fn piece(&self, piece: usize, cells: &mut Cells) -> io::Result<String> {
        let first = piece * PIECE;
        let mut text = String::with_capacity(PIECE * (self.look.width + 20));
        let mut before = first.checked_sub(1).and_then(|at| self.lines.get(at)).map(Line::time);
        let mut day = before.map(|at| self.look.clock.shows(at).map(|shown| shown.date()).ok_or(at));
        let mut time = String::new();
        for (number, line) in self.lines.iter().enumerate().skip(first).take(PIECE) {
            let at = line.time();
            time.clear();
            // What no calendar has is a day of its own.
            let today = self.look.clock.write_time(&mut time, at).ok_or(at);
            if day != Some(today) {
                day = Some(today);
                let rule = self.look.rule(&self.look.clock.day(at));
                text.push_str(&self.look.paint(Class::Faint, &rule));
                text.push('\n');
            }
            if self.identified == Some(number) {
                text.push_str(&self.look.paint(Class::Identify, &self.look.rule("identified from here")));
                text.push('\n');
            }
            let begin = text.len();
            text.push_str(&time);
            pad(&mut text, begin, 12);
            self.gap(&mut text, at, before);
            self.line(&mut text, cells, number, line, begin)?;
            before = Some(at);
        }
        Ok(text)
    }

    /// Writes the other columns of a line, which begins at `begin`, and what belongs below it.
    fn line(
        &self,
        text: &mut String,
        cells: &mut Cells,
        number: usize,
        line: &Line<'a>,
        begin: usize,
    ) -> io::Result<()> {
        match line {
            // Nearly every line: all of its columns but the time have been written before.
            Line::Row(step) if self.is_plain(step) => self.plain(text, cells, number, step),
            Line::Row(step) => self.line_of(text, number, &self.row(step)),
            Line::Call(call) => self.line_of(text, number, &self.call_at(call, self.lane_of(call))),
            Line::Reset(point) => self.line_of(text, number, &self.reset(point)),
        }
        let end = text.get(begin..).map_or(0, |line| line.trim_end().len());
        text.truncate(begin + end);
        text.push('\n');
        if !matches!(line, Line::Row(step) if self.call_of(step).is_none()) {
            let mut below = Vec::new();
            self.below(&mut below, line)?;
            text.push_str(&String::from_utf8_lossy(&below));
        }
        Ok(())
    }

    /// The time since the line before.
    fn gap(&self, text: &mut String, at: Millis, before: Option<Millis>) {
        text.push(' ');
        let mut gap = String::new();
        if let Some(before) = before {
            write_gap(&mut gap, before, at);
        }
        if self.look.colour {
            text.push_str(&self.look.paint(Class::Faint, &right(&gap, 5)));
        } else {
            text.extend(std::iter::repeat_n(' ', 5_usize.saturating_sub(gap.len())));
            text.push_str(&gap);
        }
        text.push(' ');
    }

    /// The other columns of a line.
    fn line_of(&self, text: &mut String, number: usize, line: &LineText<'_>) {
        let look = self.look;
        let Widths { event, sent, because, source } = self.widths;
        let sent_as = line.sent_as.map_or_else(|| "-".to_owned(), |id| look.id(id.as_str(), sent));
        let columns = [
            look.paint(line.class, &self.lanes.draw(number, line.cell, look.ascii)),
            look.paint(line.class, &left(&look.cut(&line.event, event), event)),
            left(&sent_as, sent),
            look.paint(line.class, &left(line.state, 7)),
        ];
        for column in columns {
            text.push_str(&column);
            text.push(' ');
        }
        let shown_because = look.cut(&line.because, because);
        if source > 0 {
            // Writing to a String cannot fail.
            let _ = write!(text, "{} {}", left(&shown_because, because), place(line.source, look, source));
        } else {
            text.push_str(&shown_because);
        }
    }

    /// Whether nothing is to be said of a row but what many others have too.
    fn is_plain(&self, step: &Step) -> bool {
        step.copies.is_empty()
            && !matches!(step.reason, Reason::Call { .. })
            && !self.points.contains_key(&step.event.row)
    }

    /// The other columns of a plain row, each made once for all rows that have it.
    fn plain(&self, text: &mut String, cells: &mut Cells, number: usize, step: &Step) {
        let look = self.look;
        let Widths { event, sent, because, source } = self.widths;
        let (class, state) = class_of_row(step);
        let at = cells.lane(step.event.id.as_ref(), |id| self.lanes.lane(id));
        let cell = Cell { at, mark: look.mark(class), tie: None };
        text.push_str(cells.lanes(number, &self.lanes, (at, class), |lanes| {
            look.paint(class, &lanes.draw(number, cell, look.ascii)) + " "
        }));
        text.push_str(
            cells.event(&step.event.event, class, |name| look.paint(class, &left(&look.cut(name, event), event)) + " "),
        );
        text.push_str(cells.sent(step.event.id.as_ref(), |id| {
            left(&id.map_or_else(|| "-".to_owned(), |id| look.id(id.as_str(), sent)), sent) + " "
        }));
        text.push_str(cells.because(&step.reason, step.state, step.phase, || {
            let written = look.cut(&self.because(step), because);
            let written = if source > 0 { left(&written, because) } else { written };
            format!("{} {written}", look.paint(class, &left(state, 7)))
        }));
        if source > 0 {
            text.push(' ');
            text.push_str(&place(&step.event.source, look, source));
        }
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

    fn row(&self, step: &'a Step) -> LineText<'a> {
        let event = &step.event;
        let at = event.id.as_ref().and_then(|id| self.lanes.lane(id));
        if let Some(call) = self.call_of(step) {
            return LineText {
                sent_as: event.id.as_ref(),
                source: &event.source,
                ..self.call_at(call, at.or_else(|| self.lane_of(call)))
            };
        }
        // Lines of a table of aliases have numbers of their own.
        let point = self.points.get(&event.row).copied().filter(|point| point.source == event.source);
        let (class, state) = match (step.state, point) {
            (State::Merged, Some(point)) => (class_of(point.kind), "merged"),
            _ => class_of_row(step),
        };
        let mut because = self.because(step);
        if let Some(point) = point {
            because = format!("{}: {because}", point.kind.name());
        }
        if !step.copies.is_empty() {
            because = format!("{because}, {} more sent", step.copies.len());
        }
        LineText {
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
                format!("{}: before {}", split_name(step.state).unwrap_or("split"), self.way(call))
            }
            // Rows of orphans have their own section, and calls show their verdict.
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
    fn call_at(&self, call: &'a AliasLine, at: Option<usize>) -> LineText<'a> {
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
        LineText {
            class,
            cell: Cell { at, mark: self.look.mark(class), tie },
            event: format!("alias({})", call.alias.as_ref().map_or("", Id::as_str)),
            sent_as: call.target.as_ref(),
            state,
            because,
            source: &call.source,
        }
    }

    fn reset(&self, point: &'a Point) -> LineText<'a> {
        let class = Class::Reset;
        let because = if point.inferred { "inferred: a new anonymous id" } else { "a new anonymous id" };
        LineText {
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
