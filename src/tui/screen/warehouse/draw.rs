//! One frame: who answers, how many things are missing, the list, and what is said of the selected line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::State;
use crate::inspect::able::{Abilities, Ability, Asked, Can, Cost};
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::{self, heading, scrolled, select};

/// Columns of what is asked, of how well it is answered, of what it took.
const WHAT: usize = 16;
const CAN: usize = 5;
const COST: usize = 8;
/// Columns of what to do, and of the reason at most: what is far away is not read with it.
const TO_DO: usize = 16;
const WHY: usize = 44;
/// Columns from which on reasons have a column.
const WIDE: usize = 60;
/// Lines of one sentence, at most.
const MOST: usize = 12;
/// Lines of a screen from which on the selected line has a pane.
const ROOM_FOR_PANE: u16 = 12;

/// Draws the screen.
pub(super) fn view(state: &State, look: &Look, ui: &mut Ui, area: Rect, buffer: &mut Buffer) {
    head(state, look, &mut Pen::new(buffer, area, 0));
    let body = below(area, 1);
    if let Some(failure) = &state.asking.failure {
        widgets::failure(failure, below(body, 1), buffer, look);
        return;
    }
    summary(state, look, &mut Pen::new(buffer, body, 0));
    let body = below(body, 1);
    let Some(abilities) = state.abilities() else { return };
    if let Some(top) = state.more {
        let lines =
            state.ability().map(|ability| said(abilities, ability, usize::from(body.width))).unwrap_or_default();
        ui.page = usize::from(body.height).max(1);
        ui.page_end = lines.len().saturating_sub(ui.page);
        let shown = lines.get(top.min(ui.page_end)..).unwrap_or_default();
        text(shown, body, buffer, look);
        return;
    }
    let all = u16::try_from(state.list().len()).unwrap_or(u16::MAX);
    let pane = match body.height {
        // The head of the columns stands above the list.
        ROOM_FOR_PANE.. => (body.height / 3).max(5).max(body.height.saturating_sub(all.saturating_add(1))),
        _ => 0,
    };
    let list = Rect { height: body.height.saturating_sub(pane), ..body };
    columns(look, &mut Pen::new(buffer, list, 0));
    let lines = below(list, 1);
    let page = usize::from(lines.height);
    ui.page = page;
    let top = scrolled(state.top, state.selected, page, state.list().len());
    ui.spot(lines, Spot::List(top));
    for (row, (at, ability)) in (0..lines.height).zip(state.list().iter().enumerate().skip(top)) {
        let selected = at == state.selected;
        line(ability, selected, look, &mut Pen::new(buffer, lines, row));
        if selected {
            select(buffer, Rect { y: lines.y.saturating_add(row), height: 1, ..lines }, look);
        }
        ui.built += 1;
    }
    if let Some(ability) = state.ability() {
        let pane = Rect { y: list.bottom(), height: pane, ..body };
        text(&said(abilities, ability, usize::from(pane.width)), pane, buffer, look);
    }
}

fn below(area: Rect, lines: u16) -> Rect {
    Rect { y: area.y.saturating_add(lines), height: area.height.saturating_sub(lines), ..area }
}

fn head(state: &State, look: &Look, pen: &mut Pen<'_>) {
    pen.skip(1).text("warehouse", look.style(Meaning::Title)).skip(2);
    let dot = look.glyphs.dot;
    let mut said = state.title.clone().unwrap_or_default();
    if let Some(Abilities { server, .. }) = state.abilities() {
        said = format!("{said} {dot} {server}");
    }
    let room = pen.room();
    pen.text(&fit::middle(&said, room), look.style(Meaning::Text));
}

/// What is waited for, or the whole in one line.
fn summary(state: &State, look: &Look, pen: &mut Pen<'_>) {
    pen.skip(1);
    if state.asking.asked.is_some() {
        let (done, all) = state.asking.looked;
        let done = if all > 0 { format!(", {done} of {all} tried") } else { String::new() };
        pen.text(&format!("asking the server what it can answer{done}; Esc stops"), look.style(Meaning::Warn));
        return;
    }
    let dot = format!(" {} ", look.glyphs.dot);
    let room = pen.room();
    match &state.abilities {
        None if !state.is_answered => pen.text("stopped; R asks again", look.style(Meaning::Warn)),
        None => {
            let text = "no warehouse is open: everything is answered from a store file";
            pen.text(&fit::end(text, room), look.style(Meaning::Muted))
        }
        Some(_) if state.asking.is_outdated => {
            pen.text("rows have come since; R asks again", look.style(Meaning::Warn))
        }
        Some(abilities) => {
            let journey = abilities.list.iter().find(|ability| ability.asked == Asked::Journey);
            let cost = journey
                .and_then(|ability| ability.cost.as_ref())
                .map(|cost| format!("{} a journey (middle of {})", cost.text(), fit::count(cost.tries)));
            let parts = std::iter::once(fit::counted(abilities.rows, "row")).chain(cost).chain([abilities.summary()]);
            let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
            pen.text(&fit::end(&parts.join(&dot), room), look.style(Meaning::Text))
        }
    };
}

/// The columns of reasons and of what to do.
fn room_for(room: usize) -> (usize, usize) {
    let room = room.saturating_sub(WHAT + CAN + COST + 5);
    let why = room.saturating_sub(TO_DO + 1).min(WHY);
    (why, room.saturating_sub(why + 1))
}

fn columns(look: &Look, pen: &mut Pen<'_>) {
    let title = look.style(Meaning::Title);
    pen.skip(1);
    let (why, _) = room_for(pen.room());
    let is_wide = pen.room() >= WIDE;
    pen.cell("WHAT", WHAT, title).skip(1).cell("CAN", CAN, title).number("COST", COST, title).skip(2);
    if is_wide {
        pen.cell("WHY", why, title).skip(1).text("TO DO", title);
    }
}

fn line(ability: &Ability, selected: bool, look: &Look, pen: &mut Pen<'_>) {
    let (plain, muted) = (look.style(Meaning::Text), look.style(Meaning::Muted));
    pen.text(if selected { look.glyphs.cursor } else { " " }, look.style(Meaning::Key));
    let (why, to_do) = room_for(pen.room());
    let is_wide = pen.room() >= WIDE;
    let can = match ability.can {
        Can::Yes => Meaning::Text,
        Can::Slow | Can::Part => Meaning::Warn,
        Can::No => Meaning::Muted,
    };
    let cost = ability.cost.as_ref().map_or_else(|| (if look.is_ascii() { "-" } else { "—" }).to_owned(), Cost::text);
    pen.cell(ability.asked.title(), WHAT, plain).skip(1).cell(ability.can.word(), CAN, look.style(can));
    pen.number(&cost, COST, plain).skip(2);
    if is_wide {
        pen.cell(&ability.why, why, muted).skip(1).cell(&ability.to_do, to_do, plain);
    }
}

/// All that is said of a line, the first as a heading.
fn said(abilities: &Abilities, ability: &Ability, width: usize) -> Vec<(String, Meaning)> {
    let mut lines = vec![(ability.asked.title().to_owned(), Meaning::Title)];
    let mut say = |text: &str, meaning: Meaning| {
        let wrapped = fit::wrap(text, width.saturating_sub(2).max(20), MOST);
        lines.extend(wrapped.into_iter().map(|line| (line, meaning)));
    };
    if !ability.why.is_empty() {
        say(&format!("{}: {}", ability.can.word(), ability.why), Meaning::Text);
    }
    if let Some(command) = &ability.command {
        say(command, Meaning::Key);
    }
    for sentence in &ability.more {
        say(sentence, Meaning::Muted);
    }
    if let Some(cost) = &ability.cost {
        let tries = fit::counted(cost.tries, "try").replace("trys", "tries");
        say(&format!("It took {}, the middle of {tries}.", cost.text()), Meaning::Muted);
    }
    for note in abilities.notes.iter().filter(|_| ability.asked == Asked::Journey) {
        say(note, Meaning::Muted);
    }
    lines
}

fn text(lines: &[(String, Meaning)], area: Rect, buffer: &mut Buffer, look: &Look) {
    for (row, (text, meaning)) in (0..area.height).zip(lines) {
        let mut pen = Pen::new(buffer, area, row);
        if *meaning == Meaning::Title {
            heading(text, *meaning, look, &mut pen);
        } else {
            pen.skip(1).text(text, look.style(*meaning));
        }
    }
}
