//! One frame of the comparison.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::identity::compare::{Comparison, Side, Verdict};
use crate::identity::naming::{called, short, shortened};
use crate::identity::{Journey, Point, PointKind, Step, Strength};
use crate::report::compare::{self as report, activity, span};
use crate::report::look::Class;
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::when;
use crate::tui::widgets::{bar, scrolled, select};
use crate::tui::words::{event_words, place, strength_words};

use super::{Line, State};

/// Names of the two columns.
const NAMES: [&str; 2] = ["A", "B"];

/// Draws the screen.
pub(in crate::tui) fn view(state: &State, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let mut top = 0;
    let mut line = |buffer: &mut Buffer, draw: &dyn Fn(&mut Pen<'_>)| {
        if top < area.height {
            draw(&mut Pen::new(buffer, area, top));
            top += 1;
        }
    };
    line(buffer, &|pen| head(pen, state, look));
    if area.height >= 10 {
        for side in 0..2 {
            line(buffer, &|pen| strip(pen, state, side, look));
        }
        line(buffer, &|pen| axis(pen, state, look));
    }
    let body = Rect { y: area.y + top, height: area.height - top, ..area };
    let columns = usize::from(area.width);
    let full = sentence(state, look);
    let wrapped = fit::wrap(&full, columns.saturating_sub(2), 6);
    let below = match body.height {
        12.. => u16::try_from(wrapped.len()).unwrap_or(0).max(2) + 1,
        6..12 => 2,
        _ => 0,
    };
    let list = Rect { height: body.height - below.min(body.height), ..body };
    let height = usize::from(list.height);
    ui.page = height;
    ui.compare_top = top_line(state, ui.compare_top, height, columns);
    let mut row = 0;
    let lines = (ui.compare_top..).map_while(|at| Some((at, state.line(at)?)));
    for (at, line) in lines {
        if row >= list.height {
            break;
        }
        let (first, start) = (row == 0, row);
        let parts = parts(state, line, columns);
        for part in 0..parts.len().max(1) {
            if row < list.height {
                draw(&mut Pen::new(buffer, list, row), line, (&parts, part), state, at == state.selected, first, look);
                row += 1;
            }
        }
        if at == state.selected {
            select(buffer, Rect { y: list.y + start, height: row - start, ..list }, look);
        }
        ui.built += 1;
    }
    if below > 0 {
        let pane = Rect { y: list.bottom(), height: below, ..body };
        Pen::new(buffer, pane, 0).fill(look.glyphs.rule, look.style(Meaning::Muted));
        for (row, text) in (1..below).zip(&wrapped) {
            Pen::new(buffer, pane, row).skip(1).text(text, look.style(Meaning::Text));
        }
    }
}

/// The text of a line.
pub(in crate::tui) fn text(state: &State, at: usize, look: &Look) -> Option<String> {
    let line = state.line(at).filter(|_| state.is_row(at))?;
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: WHOLE, height: 1 });
    let area = buffer.area;
    let parts = parts(state, line, usize::MAX);
    draw(&mut Pen::new(&mut buffer, area, 0), line, (&parts, 0), state, false, false, look);
    let drawn: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
    // A sentence longer than that is looked through as a whole.
    Some(drawn + parts.first().map_or("", String::as_str))
}

/// Columns in which a line is whole.
const WHOLE: u16 = 300;

/// Columns before the text of a line, and before a reason: its sign, and on a wide screen its strength.
const INDENT: usize = 2;
const SIGN: usize = 2;
const STRENGTH: usize = 10;

/// Columns from which on the strength of a reason has a column of its own.
const ROOM_FOR_STRENGTH: usize = 60;

/// The text of a sentence in lines of the screen; empty for what takes one line.
fn parts(state: &State, line: Line, columns: usize) -> Vec<String> {
    let compared = &*state.compared;
    let (text, before) = match line {
        Line::Verdict => (said(compared), INDENT),
        Line::Argument(at) => match compared.arguments.get(at) {
            Some(one) if columns < ROOM_FOR_STRENGTH => {
                (format!("{}: {}", strength_words(one.strength), one.text), INDENT + SIGN)
            }
            Some(one) => (one.text.clone(), INDENT + SIGN + STRENGTH),
            None => return Vec::new(),
        },
        Line::Limit(at) => (compared.limits.get(at).map_or("", String::as_str).to_owned(), INDENT),
        _ => return Vec::new(),
    };
    fit::wrap(&text, columns.saturating_sub(before + 1), MOST_LINES)
}

/// The verdict in words, then as a sentence.
fn said(compared: &Comparison) -> String {
    format!("{}  {}", verdict(compared.verdict).0, compared.sentence)
}

/// Lines of a sentence; none of the engine needs as many.
const MOST_LINES: usize = 12;

/// The line at the top, so that all of the selected one is seen, with lines around it where there is room.
fn top_line(state: &State, top: usize, height: usize, columns: usize) -> usize {
    let mut top = scrolled(top, state.selected, height, state.lines());
    let tall = |at: usize| state.line(at).map_or(0, |line| parts(state, line, columns).len().max(1));
    let mut used: usize = (top..=state.selected).map(tall).sum();
    while used > height && top < state.selected {
        used -= tall(top);
        top += 1;
    }
    top
}

fn head(pen: &mut Pen<'_>, state: &State, look: &Look) {
    let plain = look.style(Meaning::Text);
    let zone = format!("{} ", look.zone.name());
    pen.skip(1).text("compare", look.style(Meaning::Title)).skip(2);
    let room = pen.room().saturating_sub(fit::width(&zone) + 12) / 2;
    for (at, (side, name)) in state.compared.sides.iter().zip(NAMES).enumerate() {
        if at > 0 {
            pen.skip(2).text("with", look.style(Meaning::Muted)).skip(2);
        }
        pen.text(name, look.style(Meaning::Title)).skip(1);
        pen.text(&fit::middle(&side.journey.best_name(), room.max(6)), plain);
    }
    pen.right(&zone, look.style(Meaning::Muted));
}

/// Rows of one over the time of both.
fn strip(pen: &mut Pen<'_>, state: &State, side: usize, look: &Look) {
    let (Some(of), Some(name)) = (state.compared.sides.get(side), NAMES.get(side)) else { return };
    let (first, last) = span(&state.compared);
    let wide = rows_wide(state);
    pen.skip(1).text(name, look.style(Meaning::Title)).skip(1);
    // One length for both: the same moment stands at the same place.
    let room = pen.room().saturating_sub(wide + 2);
    let counts = activity(of, first, last, room);
    let most = counts.iter().copied().max().unwrap_or(0);
    for rows in counts {
        pen.cell(bar(rows, most, look), 1, look.style(Meaning::Identified));
    }
    pen.skip(1).number(&rows_of(of), wide, look.style(Meaning::Muted));
}

fn rows_of(side: &Side) -> String {
    let rows = fit::counted(side.journey.steps.len() as u64, "row");
    fit::at_least(side.journey.has_more_rows(), &rows)
}

/// Columns of the longer number of rows.
fn rows_wide(state: &State) -> usize {
    state.compared.sides.iter().map(|side| fit::width(&rows_of(side))).max().unwrap_or(0)
}

fn axis(pen: &mut Pen<'_>, state: &State, look: &Look) {
    let muted = look.style(Meaning::Muted);
    let (first, last) = span(&state.compared);
    let zone = look.zone;
    let clock = |at| zone.clock(at, 8);
    let one_day = |from, to| zone.day(from) == zone.day(to);
    // The whole, then less of it.
    let overlaps = match state.compared.overlap {
        Some((from, to)) if from == first && to == last => ["both active all the time".to_owned(), String::new()],
        Some((from, to)) if one_day(from, to) => {
            let day = format!("both active {}", zone.short_date(from));
            [format!("{day}, {} to {}", clock(from), clock(to)), day]
        }
        Some((from, to)) => {
            [format!("both active {} to {}", zone.short_date(from), zone.short_date(to)), String::new()]
        }
        None => ["never active in the same span".to_owned(), String::new()],
    };
    let [from, to] = [first, last].map(|at| if one_day(first, last) { clock(at) } else { zone.short_date(at) });
    pen.skip(3);
    let room = pen.room().saturating_sub(rows_wide(state) + 2);
    let between = room.saturating_sub(fit::width(&from) + fit::width(&to));
    let overlap = overlaps.into_iter().find(|text| fit::width(text) + 2 <= between).unwrap_or_default();
    let left = between.saturating_sub(fit::width(&overlap)) / 2;
    pen.text(&from, muted).skip(left).text(&overlap, muted);
    pen.skip(between.saturating_sub(left + fit::width(&overlap))).text(&to, muted);
}

/// Draws a line; `text` is its sentence in lines of the screen, and which of them.
fn draw(
    pen: &mut Pen<'_>,
    line: Line,
    (text, part): (&[String], usize),
    state: &State,
    selected: bool,
    first: bool,
    look: &Look,
) {
    let compared = &*state.compared;
    let text = text.get(part).map_or("", String::as_str);
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    if !matches!(line, Line::Space | Line::Head(..)) {
        pen.cell(if selected && part == 0 { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
    }
    match line {
        Line::Space => {}
        Line::Head(name, count) => {
            pen.text(&look.glyphs.rule.repeat(2), muted).skip(1).text(name, look.style(Meaning::Title)).skip(1);
            pen.text(&format!("{} ", fit::count(count as u64)), muted).fill(look.glyphs.rule, muted);
        }
        Line::Verdict => {
            let (word, meaning) = verdict(compared.verdict);
            match text.strip_prefix(&*word) {
                Some(rest) => pen.text(&word, look.style(meaning)).text(rest, plain),
                None => pen.text(text, plain),
            };
        }
        Line::Argument(at) => {
            let Some(argument) = compared.arguments.get(at) else { return };
            let (sign, meaning) = if argument.supports { ("+", Meaning::Identified) } else { ("-", Meaning::Refused) };
            let strong = if argument.strength == Strength::Weak { Meaning::Muted } else { meaning };
            let [sign, strength] = if part == 0 { [sign, strength_words(argument.strength)] } else { ["", ""] };
            let is_wide = pen.room() + INDENT >= ROOM_FOR_STRENGTH;
            pen.cell(sign, SIGN, look.style(meaning));
            if is_wide {
                pen.cell(strength, STRENGTH, look.style(strong));
            }
            pen.text(text, plain);
        }
        Line::Shared(at) => {
            let Some(both) = compared.shared.get(at) else { return };
            let room = (pen.room() / 2).clamp(10, 60);
            pen.cell(both.kind.name(), 17, muted).id(&both.value, room, plain).skip(2);
            for (rows, name) in both.rows.iter().zip(NAMES) {
                pen.text(name, look.style(Meaning::Title)).skip(1);
                pen.text(&fit::counted(*rows, "row"), muted).skip(2);
            }
        }
        Line::Limit(_) => {
            pen.text(text, look.style(Meaning::Warn));
        }
        Line::Row(row) => self::row(pen, row, state, first, look),
    }
}

/// Columns of a user from which on the ids of rows stand with their events.
const ROOM_FOR_ID: usize = 42;

/// The time, and the event in the column of its user.
fn row(pen: &mut Pen<'_>, row: usize, state: &State, first: bool, look: &Look) {
    let Some((side, event)) = state.event(row) else { return };
    let before = row.checked_sub(1).and_then(|row| state.event(row)).map(|(_, event)| event.time);
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    let wide = pen.room();
    if wide >= 60 {
        let new = first || before.is_none_or(|before| look.zone.day(before) != look.zone.day(event.time));
        pen.cell(&if new { look.zone.short_date(event.time) } else { String::new() }, 12, look.style(Meaning::Title));
    }
    pen.cell(&look.zone.clock(event.time, if wide >= 60 { 8 } else { 5 }), if wide >= 60 { 9 } else { 6 }, muted);
    if wide >= 80 {
        let gap = before.map_or_else(String::new, |before| when::gap(event.time.saturating_sub(before)));
        pen.number(&gap, 6, muted).skip(1);
    }
    let half = pen.room().saturating_sub(1) / 2;
    let wall = look.glyphs.wall;
    if side == 1 {
        pen.skip(half).text(wall, muted).skip(1);
    }
    let (glyph, meaning) = state.step(row).map_or((" ", Meaning::Text), |(journey, step)| mark(journey, step, look));
    let room = half.saturating_sub(2);
    // The event comes first: its name is whole before an id has room.
    let has_id = room >= ROOM_FOR_ID;
    pen.cell(glyph, 2, look.style(meaning));
    let name = event_words(event);
    let sent = event.id.as_ref().map_or("", |id| id.as_str());
    let name_room = if has_id { room * 3 / 5 } else { room };
    pen.cell(&name, name_room, plain);
    if has_id {
        pen.skip(1).id(sent, room - name_room - 1, muted);
    }
    if side == 0 {
        pen.text(wall, muted);
    }
}

/// The mark of a row, as on its journey.
fn mark(journey: &Journey, step: &Step, look: &Look) -> (&'static str, Meaning) {
    let glyphs = look.glyphs;
    let of_row = |point: &&Point| point.row == step.event.row && point.kind != PointKind::Reset;
    match report::class(journey, step, journey.points.iter().any(|point| of_row(&point))) {
        Class::Refused => (glyphs.refused, Meaning::Refused),
        Class::Alias => (glyphs.alias, Meaning::Alias),
        Class::Split => (glyphs.split, Meaning::Split),
        Class::Identify => (glyphs.identify, Meaning::Identify),
        Class::Anonymous => (glyphs.anonymous, Meaning::Anonymous),
        _ => (glyphs.identified, Meaning::Identified),
    }
}

/// The verdict in a few words, and its colour.
fn verdict(verdict: Verdict) -> (String, Meaning) {
    let meaning = match verdict {
        Verdict::Same => Meaning::Alias,
        Verdict::Tied => Meaning::Orphan,
        Verdict::Contested | Verdict::Device | Verdict::Alike => Meaning::Warn,
        Verdict::Nothing => Meaning::Muted,
    };
    (report::head(verdict).to_uppercase(), meaning)
}

/// What the selected line does not say itself: where it is from, and all of a row.
fn sentence(state: &State, look: &Look) -> String {
    let compared = &*state.compared;
    let text = match state.line(state.selected) {
        Some(Line::Verdict) => Some(who(state, look)),
        Some(Line::Argument(at)) => compared.arguments.get(at).map(|argument| {
            let places: Vec<String> = argument.sources.iter().map(place).collect();
            let side = if argument.supports { "for one person" } else { "against" };
            format!("{} {side}.  ({})", upper(strength_words(argument.strength)), places.join(", "))
        }),
        Some(Line::Shared(at)) => compared.shared.get(at).map(|both| {
            let places: Vec<String> = both.sources.iter().flatten().map(place).collect();
            format!("Both have the {} {}.  (first: {})", both.kind.name(), both.value, places.join(", "))
        }),
        Some(Line::Row(row)) => state.event(row).and_then(|(_, event)| {
            let (journey, step) = state.step(row)?;
            let why = shortened(&journey.why(step));
            Some(format!("{why}  ({}, {})", place(&event.source), look.zone.full(event.time)))
        }),
        _ => None,
    };
    text.unwrap_or_default()
}

/// The two, with the ids that were asked for.
fn who(state: &State, look: &Look) -> String {
    let of = |(side, name): (&Side, &str)| {
        let journey = &side.journey;
        let mut said = format!("{name} is {}", called(journey));
        let root = journey.root.as_ref().filter(|root| **root != journey.query);
        if let Some(root) = root {
            let _ = write!(said, ", root {}", short(root.as_str()));
        }
        let ids = fit::counted(journey.ids.len() as u64, "id");
        let _ = write!(said, ", {ids}, {}", rows_of(side));
        if let Some((first, last)) = journey.span() {
            let [from, to] = [first, last].map(|at| look.zone.short_date(at));
            let _ = if from == to { write!(said, ", {from}") } else { write!(said, ", {from} to {to}") };
        }
        said + "."
    };
    state.compared.sides.iter().zip(NAMES).map(of).collect::<Vec<_>>().join(" ")
}

fn upper(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
