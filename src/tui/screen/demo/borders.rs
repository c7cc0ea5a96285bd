//! What stands between the parts of the player.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::fit;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};

/// Columns from which on there is room for seconds and dates.
pub(super) const WIDE: u16 = 110;

/// A wall at the right of `area`.
pub(super) fn wall(area: Rect, buffer: &mut Buffer, look: &Look) {
    let place = Rect { x: area.right(), width: 1, ..area };
    for row in 0..area.height {
        Pen::new(buffer, place, row).text(look.glyphs.wall, look.style(Meaning::Muted));
    }
}

/// A rule across the screen with words on it.
pub(super) fn rule(area: Rect, row: u16, words: &[(u16, String)], buffer: &mut Buffer, look: &Look) {
    let muted = look.style(Meaning::Muted);
    for (number, (column, word)) in words.iter().enumerate() {
        let end = words.get(number + 1).map_or(area.width, |(next, _)| *next);
        let part = Rect { x: area.x + column, width: end.saturating_sub(*column), ..area };
        let mut pen = Pen::new(buffer, part, row);
        let room = pen.room().saturating_sub(4);
        pen.text(look.glyphs.rule, muted);
        pen.text(&format!(" {} ", fit::end(word, room)), look.style(Meaning::Title)).fill(look.glyphs.rule, muted);
    }
}
