//! Writing along one row of the screen, never past its end.

use std::borrow::Cow;
use std::num::NonZeroU16;
use std::ops::Range;

use ratatui::buffer::{Buffer, Cell, CellDiffOption, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::fit;
use crate::model::alike::visible_id;
use crate::model::text::{columns, is_plain, on_terminal};

/// A place in a row of a buffer, with the column where writing has to stop.
pub(super) struct Pen<'b> {
    buffer: &'b mut Buffer,
    at: u16,
    row: u16,
    end: u16,
}

impl<'b> Pen<'b> {
    /// A pen at the left of row `row` of `area`, counted from its top.
    pub(super) fn new(buffer: &'b mut Buffer, area: Rect, row: u16) -> Self {
        let area = area.intersection(buffer.area);
        let y = area.y.saturating_add(row);
        // A row outside gets no room, so that nothing is written.
        let end = if row < area.height { area.right() } else { area.x };
        Self { buffer, at: area.x, row: y, end }
    }

    /// Columns left.
    pub(super) fn room(&self) -> usize {
        usize::from(self.end.saturating_sub(self.at))
    }

    /// Column of the pen on the screen.
    pub(super) fn column(&self) -> u16 {
        self.at
    }

    /// Writes `text`, cut at the end of the row.
    pub(super) fn text(&mut self, text: &str, style: Style) -> &mut Self {
        let room = self.room();
        self.put(&fit::end(text, room), style)
    }

    /// Writes `text` in exactly `columns`: cut at its end, or with spaces after it.
    pub(super) fn cell(&mut self, text: &str, columns: usize, style: Style) -> &mut Self {
        self.boxed(columns, |columns| fit::end(text, columns), style)
    }

    /// As [`Pen::cell`], with the middle cut out.
    pub(super) fn id(&mut self, text: &str, columns: usize, style: Style) -> &mut Self {
        let text = visible_id(text);
        self.boxed(columns, |columns| fit::middle(&text, columns), style)
    }

    /// As [`Pen::id`], with the characters in `marked`, which are bytes of `text`, in the style
    /// `mark`.
    pub(super) fn marked(
        &mut self,
        text: &str,
        columns: usize,
        marked: &[Range<usize>],
        (style, mark): (Style, Style),
    ) -> &mut Self {
        let start = self.at;
        self.id(text, columns, style);
        if matches!(visible_id(text), Cow::Owned(_)) {
            // Characters are written out, and the places are no longer those of the text.
            return self;
        }
        let end = self.at;
        let (head, tail) = fit::kept(text, columns.min(usize::from(end.saturating_sub(start))));
        let mut at = usize::from(start);
        for (from, grapheme) in text.grapheme_indices(true).filter(|(from, _)| *from < head || *from >= tail) {
            // The mark of the cut stands before the first that was kept after it.
            if from == tail && head < tail {
                at += fit::width(fit::CUT);
            }
            let wide = fit::width(grapheme);
            if marked.iter().any(|range| range.contains(&from)) {
                self.restyle(u16::try_from(at).unwrap_or(end), wide, mark);
            }
            at += wide;
        }
        self
    }

    /// As [`Pen::cell`], with spaces before it.
    pub(super) fn number(&mut self, text: &str, columns: usize, style: Style) -> &mut Self {
        let text = fit::end(text, columns);
        let spare = columns.saturating_sub(fit::width(&text));
        self.skip(spare).text(&text, style)
    }

    /// Goes on without writing.
    pub(super) fn skip(&mut self, columns: usize) -> &mut Self {
        let columns = columns.min(self.room());
        self.at = self.at.saturating_add(u16::try_from(columns).unwrap_or(u16::MAX));
        self
    }

    /// Goes to `column` of the screen, unless it is past it.
    pub(super) fn to(&mut self, column: u16) -> &mut Self {
        self.at = self.at.max(column.min(self.end));
        self
    }

    /// Gives `columns` from the column `from` on another look, without writing.
    pub(super) fn restyle(&mut self, from: u16, columns: usize, style: Style) {
        let wide = u16::try_from(columns).unwrap_or(u16::MAX).min(self.end.saturating_sub(from));
        self.buffer.set_style(Rect { x: from, y: self.row, width: wide, height: 1 }, style);
    }

    /// Writes `mark`, one column wide, `at` columns after `from`, over what stands there.
    pub(super) fn over(&mut self, from: u16, at: usize, mark: &str, style: Style) {
        let column = from.saturating_add(u16::try_from(at).unwrap_or(u16::MAX));
        if column < self.end
            && let Some(cell) = self.buffer.cell_mut((column, self.row))
        {
            place(cell, mark, 1, style);
        }
    }

    /// Repeats `mark`, one column wide, to the end of the row.
    pub(super) fn fill(&mut self, mark: &str, style: Style) {
        while self.at < self.end
            && let Some(cell) = self.buffer.cell_mut((self.at, self.row))
        {
            place(cell, mark, 1, style);
            self.at += 1;
        }
    }

    /// Writes `text` so that it ends with the row, if there is room for it and a gap.
    pub(super) fn right(&mut self, text: &str, style: Style) {
        let wide = fit::width(text);
        if wide < self.room() {
            let spare = self.room() - wide;
            self.skip(spare).text(text, style);
        }
    }

    fn boxed(&mut self, columns: usize, fitted: impl FnOnce(usize) -> String, style: Style) -> &mut Self {
        let columns = columns.min(self.room());
        let end = self.at.saturating_add(u16::try_from(columns).unwrap_or(u16::MAX));
        self.put(&fitted(columns), style);
        self.at = end;
        self
    }

    /// Writes text that fits.
    fn put(&mut self, text: &str, style: Style) -> &mut Self {
        let room = self.room();
        if is_plain(text.as_bytes()) {
            // What the buffer would do, without looking for characters wider than a byte.
            for symbol in (0..text.len().min(room)).filter_map(|at| text.get(at..=at)) {
                let Some(cell) = self.buffer.cell_mut((self.at, self.row)) else { break };
                place(cell, symbol, 1, style);
                self.at += 1;
            }
        } else {
            self.characters(text, style);
        }
        self
    }

    /// Writes text character by character: each stands where a terminal puts it, those without a
    /// column of their own with the one before.
    fn characters(&mut self, text: &str, style: Style) {
        let mut last: Option<u16> = None;
        for c in on_terminal(text).chars() {
            let wide = u16::try_from(columns(c)).unwrap_or(0);
            if wide == 0 {
                if let Some(cell) = last.and_then(|at| self.buffer.cell_mut((at, self.row))) {
                    let symbol = format!("{}{c}", cell.symbol());
                    place(cell, &symbol, u16::try_from(fit::width(&symbol)).unwrap_or(1), cell.style());
                }
                continue;
            }
            if self.end.saturating_sub(self.at) < wide {
                break;
            }
            let Some(cell) = self.buffer.cell_mut((self.at, self.row)) else { break };
            place(cell, c.encode_utf8(&mut [0; 4]), wide, style);
            for hidden in 1..wide {
                if let Some(cell) = self.buffer.cell_mut((self.at + hidden, self.row)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
            last = Some(self.at);
            self.at += wide;
        }
    }
}

/// Puts a symbol into a cell, with the columns that a terminal gives it: where the library counts
/// others, the cell has the number of ours.
fn place(cell: &mut Cell, symbol: &str, columns: u16, style: Style) {
    cell.set_symbol(symbol).set_style(style).set_diff_option(CellDiffOption::None);
    if !symbol.is_ascii() && cell.cell_width() != columns {
        cell.set_diff_option(NonZeroU16::new(columns).map_or(CellDiffOption::None, CellDiffOption::ForcedWidth));
    }
}
