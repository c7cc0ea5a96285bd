//! One frame of the comparison.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::identity::compare::Verdict;
use crate::identity::{Phase, Strength};
use crate::model::text::event_name;
use crate::report::compare::{activity, span};
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::when;
use crate::tui::widgets::{bar, scrolled, select};
use crate::tui::words::{place, strength_words};

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
    let full = sentence(state, look);
    let wrapped = fit::wrap(&full, usize::from(area.width.saturating_sub(2)), 6);
    let below = match body.height {
        12.. => u16::try_from(wrapped.len()).unwrap_or(0).max(2) + 1,
        6..12 => 3,
        _ => 0,
    };
    let list = Rect { height: body.height - below.min(body.height), ..body };
    let height = usize::from(list.height);
    ui.page = height;
    ui.compare_top = scrolled(ui.compare_top, state.selected, height, state.lines());
    for row in 0..list.height {
        let at = ui.compare_top + usize::from(row);
        let Some(line) = state.line(at) else { break };
        let first = row == 0;
        draw(&mut Pen::new(buffer, list, row), line, state, at == state.selected, first, look);
        if at == state.selected {
            select(buffer, Rect { y: list.y + row, height: 1, ..list }, look);
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
    draw(&mut Pen::new(&mut buffer, area, 0), line, state, false, false, look);
    Some(buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect())
}

/// Columns in which a line is whole.
const WHOLE: u16 = 300;

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
    let rows = fit::counted(of.journey.steps.len() as u64, "row");
    let rows = fit::at_least(of.journey.has_more_rows(), &rows);
    pen.skip(1).text(name, look.style(Meaning::Title)).skip(1);
    let room = pen.room().saturating_sub(fit::width(&rows) + 2);
    let counts = activity(of, first, last, room);
    let most = counts.iter().copied().max().unwrap_or(0);
    for rows in counts {
        pen.cell(bar(rows, most, look), 1, look.style(Meaning::Identified));
    }
    pen.skip(1).text(&rows, look.style(Meaning::Muted));
}

fn axis(pen: &mut Pen<'_>, state: &State, look: &Look) {
    let muted = look.style(Meaning::Muted);
    let (first, last) = span(&state.compared);
    let overlap = match state.compared.overlap {
        Some((from, to)) if from == first && to == last => "both active all the time".to_owned(),
        Some((from, to)) => {
            format!("both active {} to {}", look.zone.short_date(from), look.zone.short_date(to))
        }
        None => "never active in the same span".to_owned(),
    };
    let text = format!("{}  {}  {overlap}", look.zone.short_date(first), look.zone.short_date(last));
    pen.skip(3).text(&text, muted);
}

fn draw(pen: &mut Pen<'_>, line: Line, state: &State, selected: bool, first: bool, look: &Look) {
    let compared = &*state.compared;
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    if !matches!(line, Line::Space | Line::Head(..)) {
        pen.cell(if selected { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
    }
    match line {
        Line::Space => {}
        Line::Head(name, count) => {
            pen.text(&look.glyphs.rule.repeat(2), muted).skip(1).text(name, look.style(Meaning::Title)).skip(1);
            pen.text(&format!("{} ", fit::count(count as u64)), muted).fill(look.glyphs.rule, muted);
        }
        Line::Verdict => {
            let (word, meaning) = verdict(compared.verdict);
            pen.text(word, look.style(meaning)).skip(2).text(&compared.sentence, plain);
        }
        Line::Argument(at) => {
            let Some(argument) = compared.arguments.get(at) else { return };
            let (sign, meaning) = if argument.supports { ("+", Meaning::Identified) } else { ("-", Meaning::Refused) };
            pen.cell(sign, 2, look.style(meaning));
            let meaning = if argument.strength == Strength::Weak { Meaning::Muted } else { meaning };
            pen.cell(strength_words(argument.strength), 10, look.style(meaning)).text(&argument.text, plain);
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
        Line::Limit(at) => {
            pen.text(compared.limits.get(at).map_or("", String::as_str), look.style(Meaning::Warn));
        }
        Line::Row(row) => self::row(pen, row, state, first, look),
    }
}

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
    let step = state
        .compared
        .rows
        .get(row)
        .and_then(|(side, at)| state.compared.sides.get(*side).and_then(|side| side.journey.steps.get(*at)));
    let (glyph, meaning) = match step.map(|step| step.phase) {
        Some(Phase::Identified) => (look.glyphs.identified, Meaning::Identified),
        _ => (look.glyphs.anonymous, Meaning::Anonymous),
    };
    let room = half.saturating_sub(2);
    pen.cell(glyph, 2, look.style(meaning));
    let name = event_name(&event.event);
    let sent = event.id.as_ref().map_or("", |id| id.as_str());
    let name_room = if room >= 30 { room / 2 } else { room };
    pen.cell(name, name_room, plain);
    if room >= 30 {
        pen.skip(1).id(sent, room - name_room - 1, muted);
    }
    if side == 0 {
        pen.text(wall, muted);
    }
}

fn verdict(verdict: Verdict) -> (&'static str, Meaning) {
    match verdict {
        Verdict::Same => ("ONE USER", Meaning::Alias),
        Verdict::Tied => ("TIED, NOT JOINED", Meaning::Orphan),
        Verdict::Contested => ("CONTESTED", Meaning::Warn),
        Verdict::Device => ("A DEVICE IN COMMON", Meaning::Warn),
        Verdict::Alike => ("ALIKE, NOT JOINED", Meaning::Warn),
        Verdict::Nothing => ("NOTHING IN COMMON", Meaning::Muted),
    }
}

/// The selected line, whole.
fn sentence(state: &State, look: &Look) -> String {
    let compared = &*state.compared;
    let text = match state.line(state.selected) {
        Some(Line::Verdict) => Some(compared.sentence.clone()),
        Some(Line::Argument(at)) => compared.arguments.get(at).map(|argument| {
            let places: Vec<String> = argument.sources.iter().map(place).collect();
            let side = if argument.supports { "for one person" } else { "against" };
            format!("{} {} {side}.  ({})", argument.text, upper(strength_words(argument.strength)), places.join(", "))
        }),
        Some(Line::Shared(at)) => compared.shared.get(at).map(|both| {
            let places: Vec<String> = both.sources.iter().flatten().map(place).collect();
            format!("Both have the {} {}.  (first: {})", both.kind.name(), both.value, places.join(", "))
        }),
        Some(Line::Limit(at)) => compared.limits.get(at).cloned(),
        Some(Line::Row(row)) => state.event(row).and_then(|(side, event)| {
            let journey = &compared.sides.get(side)?.journey;
            let step = compared.rows.get(row).and_then(|(_, at)| journey.steps.get(*at))?;
            Some(format!("{}  ({}, {})", journey.why(step), place(&event.source), look.zone.full(event.time)))
        }),
        _ => None,
    };
    text.unwrap_or_default()
}

fn upper(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
