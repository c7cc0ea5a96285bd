//! The pane as lines, and on the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::{scrolled, select};

use super::items::{Item, Items, Use};
use super::{State, is_found};

/// Lines on screen that one value takes when it is unfolded.
const MOST_LINES: usize = 5_000;

/// Width of the words at the left.
const LABEL: usize = 12;

/// The widest that names of properties are shown.
const WIDEST_NAME: usize = 32;

/// Items in lines of one width.
pub(super) struct Laid {
    /// Width of the words of the program, and of names of properties.
    label: usize,
    names: usize,
    /// The item of each line, whether it is its first line, and the text.
    lines: Vec<(usize, bool, String)>,
}

impl Laid {
    /// Lays items out.
    pub(super) fn of(items: &[Item], width: usize) -> Self {
        let label = if width >= 40 { LABEL } else { 0 };
        // Names of properties may be wider than the words of the program.
        let widest = items.iter().filter(|item| item.property.is_some()).map(|item| fit::width(&item.label) + 1).max();
        let names = widest.unwrap_or(0).clamp(label, (width / 2).max(label)).min(WIDEST_NAME);
        let mut laid = Self { label, names, lines: Vec::new() };
        for (at, item) in items.iter().enumerate() {
            let text = if label == 0 && !item.label.is_empty() {
                format!("{}: {}", item.label.trim_start(), item.text)
            } else {
                item.text.clone()
            };
            let wrapped = fit::wrap(&text, width.saturating_sub(laid.left_of(item)), MOST_LINES);
            laid.lines.extend(wrapped.into_iter().enumerate().map(|(line, text)| (at, line == 0, text)));
        }
        laid
    }

    /// The item of a line.
    pub(super) fn item(&self, line: usize) -> Option<usize> {
        self.lines.get(line).map(|(at, ..)| *at)
    }

    /// Columns before the text of an item.
    fn left_of(&self, item: &Item) -> usize {
        match (&item.uses, &item.property) {
            (Use::Head, _) => 0,
            (_, Some(_)) if self.label > 0 => self.names,
            _ => self.label,
        }
    }
}

/// Draws the pane.
pub(in crate::tui::screen::journey) fn view(state: &State, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let items = Items::of(state, look).list;
    let laid = Laid::of(&items, usize::from(area.width));
    let focus = state.detail.focus;
    // What Enter does stands below, where there is room for more than one line.
    let foot_height = u16::from(focus && area.height > 4);
    let list = Rect { height: area.height - foot_height, ..area };
    let height = usize::from(list.height);
    ui.detail_end = laid.lines.len().saturating_sub(height);
    if focus {
        let selected = state.detail.selected.min(items.len().saturating_sub(1));
        let first = laid.lines.iter().position(|(at, ..)| *at == selected).unwrap_or(0);
        let last = laid.lines.iter().rposition(|(at, ..)| *at == selected).unwrap_or(0);
        ui.page = height;
        // All of what is selected is seen, or as much of it as there is room for.
        let lowest = (last + 1).saturating_sub(height).min(first);
        ui.detail_top = scrolled(ui.detail_top, first, height, laid.lines.len()).max(lowest);
    } else {
        ui.detail_top = state.detail.top.min(ui.detail_end);
    }
    ui.spot(list, Spot::Detail);
    let top = ui.detail_top;
    let more = more(laid.lines.len().saturating_sub(top + height));
    for (row, (at, first, text)) in (0u16..).zip(laid.lines.iter().skip(top).take(height)) {
        let Some(item) = items.get(*at) else { break };
        let mut pen = Pen::new(buffer, list, row);
        if item.uses == Use::Head {
            pen.text(text, look.style(Meaning::Title)).skip(1).fill(look.glyphs.rule, look.style(Meaning::Muted));
        } else {
            let wide = laid.left_of(item);
            if wide > 0 {
                let shown = if *first { item.label.as_str() } else { "" };
                pen.cell(shown, wide - 1, look.style(Meaning::Muted)).skip(1);
            }
            let found = is_found(Some(item), &state.detail.find);
            // How much is below stands at the end of the last line.
            let is_under = usize::from(row) + 1 == height && foot_height == 0;
            let room = pen.room().saturating_sub(if is_under { fit::width(&more) } else { 0 });
            pen.text(&fit::end(text, room), look.style(if found { Meaning::Match } else { item.meaning }));
        }
        if focus && *at == state.detail.selected {
            let line = Rect { y: list.y + row, height: 1, ..list };
            select(buffer, line, look);
            if list.x > 0 && *first {
                let sign = Rect { x: list.x - 1, width: 1, ..line };
                Pen::new(buffer, sign, 0).text(look.glyphs.cursor, look.style(Meaning::Key));
            }
        }
    }
    foot(state, &items, &more, area, buffer, look);
}

/// What Enter does to the selected item, and how many lines are below.
fn foot(state: &State, items: &[Item], more: &str, area: Rect, buffer: &mut Buffer, look: &Look) {
    if area.height < 2 {
        return;
    }
    let muted = look.style(Meaning::Muted);
    let row = area.height - 1;
    if state.detail.focus
        && area.height > 4
        && let Some(text) = items.get(state.detail.selected).and_then(|item| does(item, state))
    {
        let room = usize::from(area.width).saturating_sub(fit::width(more) + 1);
        // The half of a sentence says nothing.
        let whole = |part: &&str| fit::width(part) <= room;
        let first = text.split("  ").next().unwrap_or(text);
        if let Some(text) = [text, first].into_iter().find(whole) {
            Pen::new(buffer, area, row).text(text, look.style(Meaning::Key));
        }
    }
    let wide = u16::try_from(fit::width(more)).unwrap_or(0);
    Pen::new(buffer, area, row).to(area.right().saturating_sub(wide)).text(more, muted);
}

/// How many lines are below; nothing for none.
fn more(below: usize) -> String {
    if below > 0 { format!(" {} more ", fit::count(below as u64)) } else { String::new() }
}

/// What can be done with an item.
fn does(item: &Item, state: &State) -> Option<&'static str> {
    Some(match (&item.uses, &item.property) {
        (Use::Go(_), _) => "Enter: to that row",
        (Use::Narrow(_), _) => "Enter: only these rows",
        (Use::Fold(path), _) if state.detail.open.contains(path) => "Enter: fold",
        (Use::Fold(_), _) => "Enter: unfold",
        (_, Some(_)) => "Enter: count its values  f: only this one",
        _ => return None,
    })
}
