//! Drawing the palette over the foot of a screen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::{failure_lines, scrolled, select};

use super::State;

/// Lines of the list, at most.
const MOST_LINES: u16 = 12;

/// Draws it over the lower part of `area`; the place of the cursor.
pub(in crate::tui) fn view(
    state: &State,
    ui: &mut Ui,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let lines = MOST_LINES.min(area.height.saturating_sub(3)).max(1);
    let tall = (lines + 2).min(area.height);
    let panel = ui.cover(area, tall, buffer);
    let muted = look.style(Meaning::Muted);
    let mut pen = Pen::new(buffer, panel, 0);
    pen.text(&look.glyphs.rule.repeat(2), muted).skip(1).text("commands", look.style(Meaning::Title));
    pen.skip(1).fill(look.glyphs.rule, muted);

    let mut pen = Pen::new(buffer, panel, 1);
    pen.skip(1).text(":", look.style(Meaning::Key));
    let start = pen.column();
    let room = pen.room().saturating_sub(1);
    let (before, after) = state.input.parts();
    let shown = fit::tail(before, room.saturating_sub(1));
    let cursor = start.saturating_add(u16::try_from(fit::width(shown)).unwrap_or(0));
    pen.text(&format!("{shown}{after}"), look.style(Meaning::Text));

    let list = Rect { y: panel.y + 2, height: panel.height.saturating_sub(2), ..panel };
    let cursor = (cursor < area.right()).then_some(Position { x: cursor, y: panel.y + 1 });
    if let Some(failure) = &state.error {
        failure_lines(failure, None, list, buffer, look);
        return cursor;
    }
    if state.is_waiting() {
        Pen::new(buffer, list, 0).skip(1).text("opening the store…", muted);
        return cursor;
    }
    let height = usize::from(list.height);
    ui.page = height;
    let top = scrolled(ui.palette_top, state.selected, height, state.matching.len());
    ui.palette_top = top;
    ui.spot(list, Spot::List(top));
    if state.matching.is_empty() {
        let text = match state.command() {
            Some((command, _)) => format!("Enter: {}", command.help()),
            None => "nothing here is called that".to_owned(),
        };
        Pen::new(buffer, list, 0).skip(1).text(&text, muted);
    }
    let wide = usize::from(list.width);
    let (name, keys) = if wide >= 60 { (20, 18) } else { (18, 0) };
    for (row, (at, entry)) in (0..list.height).zip(state.matching.iter().enumerate().skip(top)) {
        let mut pen = Pen::new(buffer, list, row);
        let selected = at == state.selected;
        pen.cell(if selected { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
        if entry.help.is_empty() {
            pen.text(&entry.name, look.style(Meaning::Text));
        } else {
            pen.cell(&entry.name, name, look.style(Meaning::Text)).skip(1);
            if keys > 0 {
                pen.cell(&entry.keys, keys, look.style(Meaning::Key)).skip(1);
            }
            pen.text(&entry.help, look.style(Meaning::Muted));
        }
        if selected {
            select(buffer, Rect { y: list.y + row, height: 1, ..list }, look);
        }
        ui.built += 1;
    }
    cursor
}
