//! One line of the timeline.

use std::borrow::Cow;
use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::identity::{
    AliasLine, Finding, Journey, Orphan, Phase, Point, PointKind, Reason, Severity, Split, State as Stored, Step,
    Verdict,
};
use crate::model::Id;
use crate::tui::fit;
use crate::tui::pen::Pen;
use crate::tui::theme::{Glyphs, Look, Meaning};
use crate::tui::timeline::order::Track;
use crate::tui::timeline::sift::Sieve;
use crate::tui::timeline::{Clock, Entry, Line as Shown, Row, Timeline, Traits, event};
use crate::tui::when;
use crate::tui::widgets::{self, select};
use crate::tui::words::{alias_call, event_words, evidence_name};

use super::{State, Times, heads};

/// Lanes side by side at most; more share the last place.
const MOST_LANES: usize = 8;

/// Columns that pinned properties leave for the reason.
const LEAST_REASON: usize = 16;

/// Widths of the column of a pinned property.
const LEAST_PIN: usize = 10;
const MOST_PIN: usize = 24;

/// Widths of the columns, each with the space after it; 0 for one that is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) time: usize,
    pub(super) gap: usize,
    /// Lanes side by side, two columns each.
    pub(super) lanes: usize,
    /// The name of a lane that shares the last place.
    pub(super) shared: usize,
    pub(super) event: usize,
    pub(super) sent: usize,
    /// Columns of pinned properties, and the width of each.
    pub(super) pins: usize,
    pub(super) pin: usize,
    pub(super) because: usize,
}

impl Columns {
    /// What fits into `width` of what the journey has.
    pub(super) fn for_state(width: usize, state: &State) -> Self {
        Self::of(width, state.lane_count(), state.times, state.timeline.is_precise(), state.pins.len())
    }

    /// What fits into `width`: time and lanes always, the rest by use.
    fn of(width: usize, lanes: usize, times: Option<Times>, precise: bool, pins: usize) -> Self {
        let times = times.unwrap_or(if width >= 90 { Times::Both } else { Times::Clock });
        let time = match (times, width) {
            (Times::Gap, _) => 0,
            (_, 90..) => 13,
            // What happened first is the question: seconds do not answer it.
            (_, 72..) if precise => 13,
            (_, 56..) => 9,
            _ => 6,
        };
        let gap = if times == Times::Clock { 0 } else { 7 };
        let all = lanes;
        let lanes = lanes.min(MOST_LANES).min((width / 8).max(1));
        let shared = if all > lanes { 3 } else { 0 };
        let rest = width.saturating_sub(1 + time + gap + 2 * lanes + shared + 1);
        // Whose a row is, lanes and reasons say: a column with one name in every row says nothing.
        let (event, sent) = match rest {
            76.. => ((rest * 3 / 10).min(40), (rest / 5).min(36)),
            44..76 => ((rest * 9 / 20).min(28), 0),
            22..44 => (rest / 2, 0),
            _ => (rest, 0),
        };
        let because = rest.saturating_sub(event + sent);
        // Nothing but a reason that is long makes room for them, so they go first.
        let spare = because.saturating_sub(LEAST_REASON);
        let pins = pins.min(spare / LEAST_PIN);
        let pin = spare.checked_div(pins).unwrap_or(0).min(MOST_PIN);
        Self { time, gap, lanes, shared, event, sent, pins, pin, because: because - pins * pin }
    }
}

/// The head of the columns.
pub(super) fn head(pen: &mut Pen<'_>, columns: Columns, state: &State, look: &Look) {
    let style = look.style(Meaning::Muted);
    let time = if state.order.clock() == Clock::Arrival { "ARRIVED" } else { "TIME" };
    pen.skip(1).cell(time, columns.time, style);
    if columns.gap > 0 {
        pen.number("GAP", columns.gap - 1, style).skip(1);
    }
    let here = state.position().and_then(|position| state.lane_at(position)).map(|lane| lane as usize);
    for place in 0..columns.lanes {
        let last = columns.shared > 0 && place + 1 == columns.lanes;
        let label = state.lane_label(place);
        let is_here = here == Some(place) || (last && here.is_some_and(|lane| lane >= place));
        let style = if is_here { look.style(Meaning::Key) } else { look.style(Meaning::Title) };
        if last {
            let more = state.lane_count() - place;
            pen.cell(&format!("+{more}"), 2 + columns.shared, style);
        } else {
            pen.cell(label, 2, style);
        }
    }
    pen.skip(1).cell("EVENT", columns.event, style);
    pen.cell("SENT AS", columns.sent, style);
    for pin in 0..columns.pins {
        pen.cell(&state.cell_head(pin, columns), columns.pin - 1, look.style(Meaning::Key)).skip(1);
    }
    // The date of the topmost row stands at the right, and goes before the word.
    if columns.because >= 20 {
        pen.cell("BECAUSE", columns.because, style);
    }
}

/// Draws the line at `at` into row `row` of `area`.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, row: u16, at: usize, state: &State, look: &Look) {
    let Some(line) = state.lines.get(at) else { return };
    let pen = &mut Pen::new(buffer, area, row);
    match line {
        Shown::Session(session) => heads::session(pen, session as usize, state, look),
        Shown::Phase(point) => heads::phase(pen, point, state, look),
        Shown::Unmerged => heads::unmerged(pen, state, look),
        Shown::Blocked(position) => heads::blocked(pen, position as usize, state, look),
        Shown::Lost(position) => heads::lost(pen, position as usize, state, look),
        Shown::Row(position) | Shown::Fold(position, ..) => {
            let columns = Columns::for_state(usize::from(area.width), state);
            let Some(text) = Line::of(state, position as usize, columns.because) else { return };
            let selected = at == state.selected;
            text.folded(line, state).draw(pen, columns, selected, state, at, look);
            if selected {
                select(buffer, Rect { y: area.y.saturating_add(row), height: 1, ..area }, look);
            }
        }
    }
}

/// What a line says, in full.
struct Line<'a> {
    journey: &'a Journey,
    position: usize,
    lane: Option<u32>,
    event: String,
    sent: Option<&'a Id>,
    because: String,
    meaning: Meaning,
    mark: Mark,
    /// Deliveries of the row; a fold shows none, its rows do.
    deliveries: usize,
    /// Rows of a fold, and how long they last.
    count: Option<(String, String)>,
}

/// What is drawn in the lanes.
#[derive(Clone, Copy)]
enum Mark {
    /// One mark in the lane of the row.
    One(fn(&Glyphs) -> &'static str, Meaning),
    /// A join from the target's lane to the alias's.
    Join(usize),
    /// A bar from the alias's lane that ends in the target's.
    Bar(usize),
}

impl<'a> Line<'a> {
    fn of(state: &'a State, position: usize, room: usize) -> Option<Self> {
        let (journey, timeline) = (state.journey.as_ref(), state.timeline.as_ref());
        let Row { entry, .. } = *state.order.row(timeline, position)?;
        let lane = state.lane_at(position);
        let row = event(journey, entry);
        let call = timeline.call_of(journey, entry);
        let mut line = Self {
            journey,
            position,
            lane,
            event: row.map(event_words).unwrap_or_default(),
            sent: row.and_then(|row| row.id.as_ref()),
            because: String::new(),
            meaning: Meaning::Text,
            mark: Mark::One(|_| " ", Meaning::Text),
            deliveries: 1,
            count: None,
        };
        match entry {
            Entry::Step(step) => {
                if let Some(step) = journey.steps.get(step as usize) {
                    line.step(step, timeline, room);
                }
            }
            Entry::Orphan(orphan, step) => {
                if let Some(orphan) = journey.orphans.get(orphan as usize) {
                    line.orphan(orphan, orphan.steps.get(step as usize));
                }
            }
            Entry::Reset(point) => {
                if let Some(point) = journey.points.get(point as usize) {
                    line.reset(point);
                }
            }
            Entry::Call(_) => {}
        }
        if let Some((at, alias)) = call.and_then(|at| Some((at, journey.aliases.get(at)?))) {
            line.call(at, alias, timeline, room);
        } else if let Some(point) = row.and_then(|row| timeline.mark(row.row)) {
            line.point(journey.points.get(point));
        }
        Some(line)
    }

    /// The same for all rows of a fold: how many, and how long.
    fn folded(mut self, line: Shown, state: &State) -> Self {
        if let Shown::Fold(first, last, count) = line {
            let time = |position: u32| state.order.time(&state.timeline, position as usize);
            let lasted = time(last).zip(time(first)).map_or(0, |(last, first)| last.saturating_sub(first));
            self.count = Some((format!(" × {}", fit::count(u64::from(count))), format!(", {}", when::short(lasted))));
        } else if self.deliveries > 1 {
            let _ = write!(self.event, " ×{}", self.deliveries);
        }
        self
    }

    fn step(&mut self, step: &Step, timeline: &Timeline, room: usize) {
        self.copies(step);
        let alias = |call: usize| self.journey.aliases.get(call).map(|line| pair(line, timeline)).unwrap_or_default();
        (self.meaning, self.because) = match step.reason {
            Reason::Own | Reason::Call { .. } => (Meaning::Text, "own id".to_owned()),
            Reason::Orphaned { .. } => (Meaning::Orphan, "ORPHAN".to_owned()),
            Reason::Through { call, hops } if hops > 1 => {
                (Meaning::Text, format!("alias {}, {hops} hops", alias(call)))
            }
            Reason::Through { call, .. } => (Meaning::Text, format!("alias {}", alias(call))),
            Reason::Before { call } => {
                let late = self.journey.aliases.get(call).map(|line| line.order.saturating_sub(step.event.arrived));
                let late = late.filter(|late| *late > 0).map(when::gap);
                let kind = if step.state == Stored::Split(Split::Race) { "SPLIT race" } else { "SPLIT history" };
                let text = match late {
                    Some(late) if room > 40 => format!("{kind}, arrived {late} before alias {}", alias(call)),
                    Some(late) => format!("{kind}, {late} early"),
                    None => format!("{kind}, arrived before alias {}", alias(call)),
                };
                (Meaning::Split, text)
            }
        };
        if step.state != Stored::Merged {
            self.meaning = Meaning::Split;
            self.mark = Mark::One(|glyphs| glyphs.split, Meaning::Split);
        } else if step.phase == Phase::Anonymous {
            self.mark = Mark::One(|glyphs| glyphs.anonymous, Meaning::Anonymous);
        } else {
            self.mark = Mark::One(|glyphs| glyphs.identified, Meaning::Identified);
        }
    }

    fn orphan(&mut self, orphan: &Orphan, step: Option<&Step>) {
        if let Some(step) = step {
            self.copies(step);
        }
        self.meaning = Meaning::Orphan;
        self.mark = Mark::One(|glyphs| glyphs.orphan, Meaning::Orphan);
        let contested = if orphan.contested { "CONTESTED ORPHAN" } else { "ORPHAN" };
        self.because = match orphan.evidence.first() {
            Some(best) => format!("{contested}, {}: {}", orphan.strength.name(), evidence_name(best.kind)),
            None => format!("{contested}, {}", orphan.strength.name()),
        };
    }

    fn reset(&mut self, point: &'a Point) {
        self.event = format!("reset(){}", if point.inferred { " ~inferred" } else { "" });
        self.sent = Some(&point.id);
        self.meaning = Meaning::Reset;
        self.mark = Mark::One(|glyphs| glyphs.reset, Meaning::Reset);
        self.because = if point.inferred { "RESET, no row says so".to_owned() } else { "RESET".to_owned() };
    }

    fn call(&mut self, at: usize, line: &'a AliasLine, timeline: &Timeline, room: usize) {
        if self.event.is_empty() {
            self.event = alias_call(line.alias.as_ref());
            self.sent = line.target.as_ref();
        }
        let pair = pair(line, timeline);
        let tail = if room >= 17 + pair.len() { format!(" {pair}") } else { String::new() };
        (self.mark, self.meaning, self.because) = match line.verdict {
            Verdict::Accepted => (Mark::Join(at), Meaning::Alias, format!("ALIAS ACCEPTED{tail}")),
            Verdict::Duplicate => (Mark::Join(at), Meaning::Muted, format!("duplicate alias{tail}")),
            Verdict::Refused(why) => {
                let why = match &line.kept {
                    Some(kept) => format!(
                        "REFUSED: {} points at {}",
                        side(line.alias.as_ref(), timeline),
                        side(Some(kept), timeline)
                    ),
                    None => format!("REFUSED: {}", why.name().replace('_', " ")),
                };
                (Mark::Bar(at), Meaning::Refused, why)
            }
        };
    }

    fn point(&mut self, point: Option<&Point>) {
        let Some(point) = point else { return };
        let word = if point.kind == PointKind::Login { "LOGIN" } else { "IDENTIFIED" };
        let sure = if point.inferred { " ~inferred" } else { "" };
        self.because = format!("{word}{sure}, {}", self.because);
        self.mark = Mark::One(|glyphs| glyphs.identify, Meaning::Identify);
        if self.meaning == Meaning::Text {
            self.meaning = Meaning::Identify;
        }
    }

    fn copies(&mut self, step: &Step) {
        self.deliveries = step.copies.len() + 1;
    }

    fn draw(&self, pen: &mut Pen<'_>, columns: Columns, selected: bool, state: &State, at: usize, look: &Look) {
        let timeline = &state.timeline;
        let style = look.style(self.meaning);
        let plain = look.style(Meaning::Text);
        let sign = if selected { look.glyphs.cursor } else { self.sign(state, at, look) };
        pen.cell(sign, 1, look.style(Meaning::Key));
        if columns.time > 0 {
            let time = state.lines.time(timeline, &state.order, at);
            let time = time.map(|(first, _)| look.zone.clock(first, columns.time - 1));
            pen.cell(&time.unwrap_or_default(), columns.time - 1, plain).skip(1);
        }
        if columns.gap > 0 {
            let gap = state.lines.gap(timeline, &state.order, at).map(when::gap).unwrap_or_default();
            pen.number(&gap, columns.gap - 1, look.style(Meaning::Muted)).skip(1);
        }
        for (mark, meaning) in self.lanes(columns.lanes, state, look) {
            pen.cell(mark, 1, look.style(meaning));
        }
        if columns.shared > 0 {
            let shares = self.lane.map(|lane| lane as usize).filter(|lane| lane + 1 >= columns.lanes);
            let label = shares.map_or("", |lane| state.lane_label(lane));
            pen.cell(label, columns.shared, style);
        }
        pen.skip(1);
        let column = |pen: &mut Pen<'_>, text: &str, columns: usize, style: Style| {
            if columns > 0 {
                pen.cell(text, columns - 1, style).skip(1);
            }
        };
        let event = match self.finding(state) {
            Some(severity) => Cow::Owned(format!("{} {}", widgets::severity(severity, look).0, self.event)),
            None => Cow::Borrowed(self.event.as_str()),
        };
        match &self.count {
            Some((count, lasted)) if columns.event > 0 => {
                // The number is what the line is for: the name is cut before it, the time left out before that.
                let all = columns.event - 1;
                let room = |suffix: &str| all.saturating_sub(fit::width(suffix));
                let both = format!("{count}{lasted}");
                let suffix = if room(&both) >= fit::width(&event).min(12) { &both } else { count };
                let name = fit::end(&event, room(suffix));
                pen.cell(&format!("{name}{suffix}"), all, style).skip(1);
            }
            _ => column(pen, &event, columns.event, style),
        }
        if columns.sent > 0 {
            let label = self.sent.and_then(|id| timeline.label(id)).unwrap_or(" ");
            pen.cell(label, fit::width(label) + 1, look.style(Meaning::Muted));
            let room = columns.sent.saturating_sub(fit::width(label) + 2);
            pen.id(self.sent.map_or("no id", Id::as_str), room, plain).skip(1);
        }
        for pin in 0..columns.pins {
            let (text, meaning) =
                state.lines.get(at).map_or((String::new(), Meaning::Text), |line| state.cell(line, pin));
            column(pen, &text, columns.pin, look.style(meaning));
        }
        pen.cell(&self.because.replace('→', look.glyphs.arrow), columns.because, style);
    }

    /// The worst of the findings that name the row.
    fn finding(&self, state: &State) -> Option<Severity> {
        let row = state.order.row(&state.timeline, self.position)?;
        let source = &event(self.journey, row.entry).filter(|_| row.traits.any(Traits::FINDING))?.source;
        let findings = self.journey.findings.iter().filter(|finding| finding.sources.contains(source));
        findings.map(Finding::severity).min()
    }

    /// What is to be said of the row in one column.
    fn sign(&self, state: &State, at: usize, look: &Look) -> &'static str {
        let glyphs = look.glyphs;
        let (Some(line), Some(row)) = (state.lines.get(at), state.order.row(&state.timeline, self.position)) else {
            return " ";
        };
        let of = |row: &Row| event(self.journey, row.entry).map(|event| event.row);
        let rows = || {
            let (first, last) = line.positions().unwrap_or_default();
            // A fold may be long; what is special is never in one.
            (first..=last).take(1_000).filter_map(|position| state.order.row(&state.timeline, position))
        };
        let depends = state.depends();
        if depends.is_some() && state.timeline.call_of(self.journey, row.entry) == depends {
            return glyphs.depends;
        }
        if !state.marks.is_empty() && rows().any(|row| of(row).is_some_and(|row| state.marks.contains(&row))) {
            return glyphs.marked;
        }
        let found = |find: &Sieve| {
            let (first, last) = line.positions().unwrap_or_default();
            let rows = state.order.rows().get(first..=last).unwrap_or_default();
            rows.iter().take(1_000).any(|row| find.kept().has(*row as usize))
        };
        if state.find.as_ref().is_some_and(found) { glyphs.found } else { " " }
    }

    /// The marks of the lanes, two for each place: the lane, and what is between it and the next.
    fn lanes(&self, places: usize, state: &State, look: &Look) -> Vec<(&'static str, Meaning)> {
        let glyphs = look.glyphs;
        let timeline = state.timeline.as_ref();
        let all = state.lane_count();
        let place_of = |lane: usize| lane.min(places.saturating_sub(1));
        let track = |place: usize| {
            let lanes = if place + 1 == places { place..all } else { place..place + 1 };
            let mut tracks = lanes.map(|lane| state.track(lane, self.position));
            tracks.try_fold(Track::None, |best, track| match (best, track) {
                (_, Track::Counts) => Err(Track::Counts),
                (Track::None, other) => Ok(other),
                (best, _) => Ok(best),
            })
        };
        let mut marks: Vec<(&'static str, Meaning)> = Vec::with_capacity(2 * places);
        let here = state.position().and_then(|position| state.lane_at(position)).map(|lane| place_of(lane as usize));
        for place in 0..places {
            let (Ok(track) | Err(track)) = track(place);
            let [counts, unmerged] = glyphs.lane_here;
            marks.push(match track {
                Track::None => (" ", Meaning::Muted),
                Track::Counts if here == Some(place) => (counts, Meaning::Key),
                Track::Unmerged if here == Some(place) => (unmerged, Meaning::Key),
                Track::Counts => (glyphs.lane, Meaning::Muted),
                Track::Unmerged => (glyphs.lane_unmerged, Meaning::Muted),
            });
            marks.push((" ", Meaning::Muted));
        }
        let own = self.lane.map_or(0, |lane| lane as usize);
        let mut put = |lane: usize, mark: &'static str, meaning: Meaning| {
            if let Some(place) = marks.get_mut(2 * place_of(lane)) {
                *place = (mark, meaning);
            }
        };
        let (start, end, caps, between) = match self.mark {
            Mark::One(mark, meaning) => {
                put(own, mark(glyphs), meaning);
                return marks;
            }
            // Between devices there is nothing to join.
            Mark::Join(_) | Mark::Bar(_) if state.devices.is_some() => {
                let mark = match (self.mark, self.meaning) {
                    (Mark::Bar(_), _) => glyphs.refused,
                    (_, Meaning::Alias) => glyphs.alias,
                    _ => glyphs.duplicate,
                };
                put(own, mark, self.meaning);
                return marks;
            }
            Mark::Join(call) | Mark::Bar(call) => {
                let line = self.journey.aliases.get(call);
                let lane = |id: Option<&Option<Id>>| id?.as_ref().and_then(|id| timeline.lane(id));
                let alias = lane(line.map(|line| &line.alias));
                let target = lane(line.map(|line| &line.target));
                if let Mark::Bar(_) = self.mark {
                    let from = alias.or(target).unwrap_or(own);
                    let to = target.unwrap_or(from);
                    (from, to, (glyphs.refused, glyphs.refused_end), (glyphs.bar, glyphs.bar_cross))
                } else {
                    let from = target.unwrap_or(own);
                    let to = alias.unwrap_or(from);
                    let [to_right, to_left] = glyphs.join_ends;
                    let end = if place_of(to) > place_of(from) { to_right } else { to_left };
                    let start = if self.meaning == Meaning::Alias { glyphs.alias } else { glyphs.duplicate };
                    (from, to, (start, end), (glyphs.join, glyphs.join_cross))
                }
            }
        };
        let (left, right) = (2 * place_of(start.min(end)), 2 * place_of(start.max(end)));
        for place in left + 1..right {
            if let Some(mark) = marks.get_mut(place) {
                let crossed = place % 2 == 0 && mark.0 != " ";
                *mark = (if crossed { between.1 } else { between.0 }, self.meaning);
            }
        }
        let mut put = |lane: usize, mark: &'static str| {
            if let Some(place) = marks.get_mut(2 * place_of(lane)) {
                *place = (mark, self.meaning);
            }
        };
        put(end, caps.1);
        put(start, caps.0);
        marks
    }
}

/// `B → A` by the names of the lanes, by ids where there is no lane.
fn pair(line: &AliasLine, timeline: &Timeline) -> String {
    format!("{} → {}", side(line.alias.as_ref(), timeline), side(line.target.as_ref(), timeline))
}

fn side(id: Option<&Id>, timeline: &Timeline) -> String {
    match id {
        Some(id) => timeline.label(id).map_or_else(|| fit::middle(id.as_str(), 12), str::to_owned),
        None => "nothing".to_owned(),
    }
}
