//! Parts that several screens draw: the selected line, bars, a failure with what to do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::backend::Failure;
use super::fit;
use super::pen::Pen;
use super::theme::{Look, Meaning};

/// The first visible line, so that the selected one is visible with some lines around it.
pub(in crate::tui) fn scrolled(top: usize, selected: usize, lines: usize, all: usize) -> usize {
    let margin = (lines / 6).min(3);
    let lowest = selected.saturating_sub(lines.saturating_sub(1 + margin));
    let highest = selected.saturating_sub(margin);
    top.clamp(lowest, highest.max(lowest)).min(all.saturating_sub(lines))
}

/// Gives a row the look of the selected one. Muted text becomes plain, to be read on any ground.
pub(in crate::tui) fn select(buffer: &mut Buffer, area: Rect, look: &Look) {
    let muted = look.style(Meaning::Muted);
    let style = look.style(Meaning::Selected);
    for position in area.intersection(buffer.area).positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            if muted.fg.is_some() && Some(cell.fg) == muted.fg {
                cell.set_fg(ratatui::style::Color::Reset);
            }
            cell.modifier.remove(muted.add_modifier);
            cell.set_style(style);
        }
    }
}

/// A bar for a count; any rows at all are seen.
pub(in crate::tui) fn bar(rows: u64, most: u64, look: &Look) -> &'static str {
    let bars = &look.glyphs.bars;
    let height = if rows == 0 { 0 } else { (rows.saturating_mul(8) / most.max(1)).max(1) };
    bars.get(usize::try_from(height).unwrap_or(8)).copied().unwrap_or(" ")
}

/// Counts as bars in at most so many columns.
pub(in crate::tui) fn plot(pen: &mut Pen<'_>, parts: &[u64], columns: usize, look: &Look) {
    let parts = resampled(parts, columns);
    let most = parts.iter().copied().max().unwrap_or(0);
    for rows in parts {
        pen.cell(bar(rows, most.max(1), look), 1, look.style(Meaning::Identified));
    }
}

/// Counts added up so that they need no more than `columns`.
fn resampled(parts: &[u64], columns: usize) -> Vec<u64> {
    if parts.len() <= columns {
        return parts.to_vec();
    }
    let part = |column: usize| column * parts.len() / columns.max(1);
    (0..columns).map(|column| parts.get(part(column)..part(column + 1)).map_or(0, |parts| parts.iter().sum())).collect()
}

/// What went wrong, what was behind it, what to do.
pub(in crate::tui) fn failure(failure: &Failure, area: Rect, buffer: &mut Buffer, look: &Look) {
    failure_lines(failure, Some("F5 asks again"), area, buffer, look);
}

/// The same, with another last line or none.
pub(in crate::tui) fn failure_lines(
    failure: &Failure,
    last: Option<&str>,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) {
    let width = usize::from(area.width.saturating_sub(2));
    let mut lines: Vec<(String, Meaning)> = Vec::new();
    let mut add = |text: &str, meaning| {
        lines.extend(fit::wrap(text, width, 6).into_iter().map(|line| (line, meaning)));
    };
    add(&failure.what, Meaning::Bad);
    if let Some(cause) = &failure.cause {
        add(&format!("cause: {cause}"), Meaning::Text);
    }
    for hint in &failure.hints {
        add(&format!("try: {hint}"), Meaning::Text);
    }
    if let Some(last) = last {
        add(last, Meaning::Muted);
    }
    for (row, (line, meaning)) in (0..area.height).zip(lines) {
        Pen::new(buffer, area, row).skip(1).text(&line, look.style(meaning));
    }
}
