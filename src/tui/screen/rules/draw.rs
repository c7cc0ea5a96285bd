//! One frame of the rule sets: who it is and how much differs, a column for each rule set, and why.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::State;
use crate::identity::across::Across;
use crate::identity::journey::ruled::{Held, Ruled};
use crate::identity::naming;
use crate::model::Id;
use crate::model::text::visible;
use crate::report::across::{Cell, calls_without_effect, cell};
use crate::report::compare::called;
use crate::report::look::Class;
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::{self, scrolled, select};
use crate::tui::words::place;

/// Columns of a screen from which on there is room for dates, ids and sums.
const WIDE: u16 = 110;

/// Lines of a screen from which on there is room for the sums, and for the reasons under each rule set.
const HIGH: u16 = 24;

/// Lines of the reason under one rule set, at most.
const MOST: usize = 2;

/// Columns of one rule set, at least and at most: a mark, a space, `refused`, a space.
const LANE: (usize, usize) = (10, 18);

/// Columns of what stands before the rule sets, and those of the rule sets that have room.
struct Columns {
    when: usize,
    event: usize,
    sent: usize,
    /// Of the rule sets that are shown.
    lanes: Vec<usize>,
    shown: Range<usize>,
}

impl Columns {
    /// The chosen rule set has room on every screen, and each name that is shown is shown whole.
    fn of(area: Rect, across: &Across, chosen: usize) -> Self {
        let (when, (least, event), sent) = match area.width {
            WIDE.. => (23, (14, 24), 16),
            70.. => (14, (12, 17), 0),
            _ => (8, (9, 9), 0),
        };
        // Each one can be the chosen one, whose name stands in brackets.
        let wanted: Vec<usize> = across.sides.iter().map(|side| (side.rules.name().len() + 3).max(LANE.0)).collect();
        let mut columns = Self { when, event, sent, lanes: Vec::new(), shown: 0..0 };
        let width = usize::from(area.width);
        // The space after the last one is the margin.
        let room = |columns: &Self| width.saturating_sub(columns.before());
        let all: usize = wanted.iter().sum();
        columns.event = (event + room(&columns)).saturating_sub(all).clamp(least, event);
        let room = room(&columns);
        let fitting = |first: usize| {
            let mut left = room;
            let fits = |wide: &&usize| left.checked_sub(**wide).map(|rest| left = rest).is_some();
            wanted.iter().skip(first).take_while(fits).count().max(1)
        };
        let first = (0..=chosen).find(|first| first + fitting(*first) > chosen).unwrap_or(chosen);
        columns.shown = first..(first + fitting(first)).min(wanted.len());
        columns.lanes = wanted.get(columns.shown.clone()).unwrap_or_default().to_vec();
        let more = room.saturating_sub(columns.lanes.iter().sum()) / columns.lanes.len().max(1);
        for lane in &mut columns.lanes {
            *lane = (*lane + more).min(LANE.1).min(room.max(LANE.0));
        }
        columns
    }

    /// The rule sets that are shown, with their places among all and their columns.
    fn sides<'a>(&self, across: &'a Across) -> impl Iterator<Item = (usize, &'a Ruled, usize)> + use<'a> {
        let (first, lanes) = (self.shown.start, self.lanes.clone());
        let sides = across.sides.iter().enumerate().skip(first).zip(lanes);
        sides.map(|((at, side), lane)| (at, side, lane))
    }

    fn before(&self) -> usize {
        2 + self.when + 3 + self.event + 1 + if self.sent > 0 { self.sent + 1 } else { 0 }
    }
}

/// The first line that the list shows, with `page` lines on the screen.
pub(super) fn top(state: &State, page: usize) -> usize {
    scrolled(state.top, state.selected, page, state.listed.len())
}

/// Draws the screen.
pub(super) fn view(state: &State, look: &Look, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
    head(state, look, &mut Pen::new(buffer, area, 0));
    let body = below(area, 1);
    if let Some(failure) = &state.asking.failure {
        widgets::failure(failure, below(body, 1), buffer, look);
        return;
    }
    let Some(across) = &state.across else {
        let text = match (&state.id, state.asking.asked.is_none()) {
            (None, _) => "no journey is open: open one, and its rows stand here under several rule sets",
            (_, true) => "no row belongs to this id under any of the rule sets",
            _ => "reading; Esc leaves",
        };
        Pen::new(buffer, body, 0).skip(1).text(text, look.style(Meaning::Muted));
        return;
    };
    let columns = Columns::of(area, across, state.column);
    differing(state, across, &columns, look, &mut Pen::new(buffer, body, 0));
    let mut at = 1;
    heads(state, across, &columns, look, &mut Pen::new(buffer, body, at));
    at += 1;
    if area.width >= WIDE && area.height >= HIGH {
        at += sums(across, &columns, look, body, at, buffer);
    }
    let rest = below(body, at);
    let whys = whys(state, across, area, look);
    list(state, &whys, rest, look, (ui, buffer), &|place, selected, pen| {
        line(across, place, selected, &columns, look, pen);
    });
}

/// Draws the listed rows, each by `line` with its place and whether it is selected, and below them a pane with `whys`.
pub(super) fn list(
    state: &State,
    whys: &[(String, Meaning)],
    rest: Rect,
    look: &Look,
    (ui, buffer): (&mut Ui, &mut Buffer),
    line: &dyn Fn(usize, bool, &mut Pen<'_>),
) {
    let height = u16::try_from(whys.len()).unwrap_or(u16::MAX).min(rest.height.saturating_sub(3));
    let lines = Rect { height: rest.height.saturating_sub(height), ..rest };
    let page = usize::from(lines.height);
    ui.page = page;
    let top = top(state, page);
    ui.spot(lines, Spot::List(top));
    for (row, at) in (0..lines.height).zip(top..state.listed.len()) {
        let selected = at == state.selected;
        let place = state.listed.get(at).copied().unwrap_or(0);
        line(place, selected, &mut Pen::new(buffer, lines, row));
        if selected {
            select(buffer, Rect { y: lines.y.saturating_add(row), height: 1, ..lines }, look);
        }
        ui.built += 1;
    }
    widgets::pane(whys, Rect { y: lines.bottom(), height, ..rest }, buffer, look);
}

pub(super) fn below(area: Rect, lines: u16) -> Rect {
    Rect { y: area.y.saturating_add(lines), height: area.height.saturating_sub(lines), ..area }
}

/// What the user is called.
fn name(across: &Across) -> &str {
    across.name.as_deref().unwrap_or(across.query.as_str())
}

fn head(state: &State, look: &Look, pen: &mut Pen<'_>) {
    let zone = format!("{} ", look.zone.name());
    pen.skip(1).text("rules", look.style(Meaning::Title));
    let name = match (&state.across, &state.id) {
        (Some(across), _) => name(across),
        (None, Some(id)) => id.as_str(),
        (None, None) => "",
    };
    let room = pen.room().saturating_sub(fit::width(&zone) + 4);
    let name = fit::middle(&visible(name), room);
    pen.skip(2).text(&name, look.style(Meaning::Text));
    pen.right(&zone, look.style(Meaning::Muted));
}

/// The sign of a row that differs.
pub(super) fn unlike(look: &Look) -> &'static str {
    if look.is_ascii() { "!" } else { "≠" }
}

fn differing(state: &State, across: &Across, columns: &Columns, look: &Look, pen: &mut Pen<'_>) {
    pen.skip(1);
    if state.asking.asked.is_some() {
        pen.text("reading; Esc keeps what is shown", look.style(Meaning::Warn));
        return;
    }
    if state.asking.is_outdated {
        pen.text("the store has changed since: R looks again", look.style(Meaning::Warn));
        return;
    }
    let rows = fit::counted(across.rows() as u64, "row");
    if across.differ.is_empty() {
        pen.text(&format!("{rows}, each with the same owner under every rule set"), look.style(Meaning::Text));
    } else {
        let sign = unlike(look);
        let differ = fit::count(across.differ.len() as u64);
        pen.text(&format!("{sign} {differ} of {rows} differ"), look.style(Meaning::Warn));
    }
    if columns.sent == 0 {
        own_rows(across, look, pen);
    } else if !across.differ.is_empty() && pen.room() > 60 {
        pen.text("  computed from the rows as sent, not asked of a vendor", look.style(Meaning::Muted));
    }
    if columns.shown.len() < across.sides.len() {
        let text = format!(" {} {} of {} sets", look.glyphs.dot, columns.shown.len(), across.sides.len());
        pen.text(&text, look.style(Meaning::Muted));
    }
    if state.only_differing {
        pen.text(&format!(" {} only those that differ", look.glyphs.dot), look.style(Meaning::Muted));
    }
    if !across.cuts.is_empty() {
        pen.text(&format!(" {} not all rows are read", look.glyphs.dot), look.style(Meaning::Warn));
    }
}

/// How many rows the user has under each rule set, where there are no lines for sums.
fn own_rows(across: &Across, look: &Look, pen: &mut Pen<'_>) {
    let own = |side: &Ruled| format!("{} {}", side.rules.name(), fit::count(across.own_rows(side) as u64));
    let text = format!("  rows {}", across.sides.iter().map(own).collect::<Vec<_>>().join("  "));
    if fit::width(&text) <= pen.room() {
        pen.text(&text, look.style(Meaning::Text));
    }
}

fn heads(state: &State, across: &Across, columns: &Columns, look: &Look, pen: &mut Pen<'_>) {
    let title = look.style(Meaning::Title);
    pen.skip(2).cell("TIME", columns.when, title).skip(3).cell("EVENT", columns.event, title).skip(1);
    if columns.sent > 0 {
        pen.cell("SENT AS", columns.sent, title).skip(1);
    }
    for (at, side, lane) in columns.sides(across) {
        let name = side.rules.name().to_uppercase();
        let text = if at == state.column { format!("[{name}]") } else { name };
        pen.cell(&text, lane - 1, title).skip(1);
    }
}

/// Numbers under each rule set; how many lines they take.
fn sums(across: &Across, columns: &Columns, look: &Look, body: Rect, from: u16, buffer: &mut Buffer) -> u16 {
    let mut at = from;
    let mut row = |title: &str, text: &dyn Fn(&Ruled, usize) -> String| {
        let mut pen = Pen::new(buffer, body, at);
        pen.skip(2).cell(title, columns.before() - 2, look.style(Meaning::Muted));
        for (_, side, lane) in columns.sides(across) {
            pen.cell(&text(side, lane - 1), lane - 1, look.style(Meaning::Text)).skip(1);
        }
        at += 1;
    };
    row("owners of these rows", &|side, _| fit::count(across.people(side) as u64));
    row("rows of this user", &|side, _| {
        let own = across.own_rows(side);
        format!("{}  {} %", fit::count(own as u64), own * 100 / across.rows().max(1))
    });
    row("calls without effect", &|side, _| fit::count(calls_without_effect(across, side) as u64));
    row("stored under", &|side, room| {
        side.root.as_ref().map_or_else(|| "nothing".to_owned(), |root| fit::middle(root.as_str(), room))
    });
    at - from
}

fn line(across: &Across, at: usize, selected: bool, columns: &Columns, look: &Look, pen: &mut Pen<'_>) {
    let Some(held) = across.sides.first().and_then(|side| side.rows.get(at)) else { return };
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let format = match columns.when {
        20.. => "%Y-%m-%d %H:%M:%S%.3f",
        10.. => "%m-%d %H:%M:%S",
        _ => "%H:%M:%S",
    };
    let wall = look.zone.wall(held.event.time).map_or_else(String::new, |wall| wall.format(format).to_string());
    let sign = if across.differ.binary_search(&at).is_ok() { unlike(look) } else { " " };
    pen.cell(if selected { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
    pen.cell(&wall, columns.when, muted).skip(1).cell(sign, 1, look.style(Meaning::Warn)).skip(1);
    pen.cell(&visible(&called(&held.event)), columns.event, plain).skip(1);
    if columns.sent > 0 {
        pen.id(held.event.id.as_ref().map_or("", Id::as_str), columns.sent, muted).skip(1);
    }
    for (_, side, lane) in columns.sides(across) {
        let Some(held) = side.rows.get(at) else { continue };
        owner(across, side, held, lane, look, pen);
    }
}

fn owner(across: &Across, side: &Ruled, held: &Held, columns: usize, look: &Look, pen: &mut Pen<'_>) {
    // A full name has no room in a column, and on this screen all rows are of one user.
    let first = name(across).split(' ').next().unwrap_or_default();
    let (class, text) = cell(side, held, first);
    let (mark, meaning) = mark(class, look);
    pen.cell(mark, 1, look.style(meaning)).skip(1);
    let room = columns - 3;
    match text {
        // The pane below has the reason in words.
        Cell::Name(reason) if class == Class::Refused && fit::width(&reason) > room => {
            pen.cell("refused", room, look.style(Meaning::Text))
        }
        Cell::Name(text) => pen.cell(&visible(&text), room, look.style(Meaning::Text)),
        Cell::Id(id) => pen.id(id.as_str(), room, look.style(Meaning::Text)),
    };
    pen.skip(1);
}

pub(super) fn mark(class: Class, look: &Look) -> (&'static str, Meaning) {
    let glyphs = look.glyphs;
    match class {
        Class::Anonymous => (glyphs.anonymous, Meaning::Anonymous),
        Class::Known => (glyphs.identified, Meaning::Identified),
        Class::Identify => (glyphs.identify, Meaning::Identify),
        Class::Alias => (glyphs.alias, Meaning::Alias),
        Class::Refused => (glyphs.refused, Meaning::Refused),
        Class::Reset => (glyphs.reset, Meaning::Reset),
        Class::Split => (glyphs.split, Meaning::Split),
        Class::Orphan => (glyphs.orphan, Meaning::Orphan),
        Class::Heading | Class::Faint => (glyphs.dot, Meaning::Muted),
    }
}

/// Why the selected row is whose it is: under each rule set where there is room, else under that of the column.
fn whys(state: &State, across: &Across, area: Rect, look: &Look) -> Vec<(String, Meaning)> {
    let Some(at) = state.place_of_row() else { return Vec::new() };
    let all = area.width >= WIDE && area.height >= HIGH;
    let shown = across.sides.iter().enumerate().filter(|(column, _)| all || *column == state.column);
    let label = across.sides.iter().map(|side| side.rules.name().len()).max().unwrap_or(0);
    let room = usize::from(area.width).saturating_sub(label + 4).max(20);
    let most = if all { MOST } else { MOST + 1 };
    let source = across.sides.first().and_then(|side| side.rows.get(at)).map(|held| place(&held.event.source));
    let title = format!("why {} {}", look.glyphs.dot, source.unwrap_or_default());
    let mut lines = vec![(fit::end(&title, usize::from(area.width).saturating_sub(8)), Meaning::Title)];
    for (_, side) in shown {
        let Some(held) = side.rows.get(at) else { continue };
        let why = naming::shortened(&visible(&side.why(held)));
        for (nth, part) in fit::wrap(&why, room, most).into_iter().enumerate() {
            let name = if nth == 0 { side.rules.name() } else { "" };
            lines.push((format!("{name:<label$}  {part}"), Meaning::Text));
        }
    }
    lines
}
