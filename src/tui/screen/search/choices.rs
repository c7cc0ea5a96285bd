//! The lines that can be chosen from, whatever they are.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::{scrolled, select};

use super::State;

/// The visible lines of a list, the selected one marked.
pub(super) fn choices(
    state: &State,
    all: usize,
    ui: &mut Ui,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
    draw: &mut dyn FnMut(&mut Pen<'_>, usize),
) {
    let lines = usize::from(area.height);
    ui.page = lines;
    ui.search_top = scrolled(ui.search_top, state.selected, lines, all);
    ui.spot(area, Spot::List(ui.search_top));
    for row in 0..area.height {
        let at = ui.search_top + usize::from(row);
        if at >= all {
            break;
        }
        let mut pen = Pen::new(buffer, area, row);
        let selected = at == state.selected;
        pen.cell(if selected { look.glyphs.cursor } else { " " }, 1, look.style(Meaning::Key)).skip(1);
        draw(&mut pen, at);
        if selected {
            select(buffer, Rect { y: area.y + row, height: 1, ..area }, look);
        }
        ui.built += 1;
    }
}
