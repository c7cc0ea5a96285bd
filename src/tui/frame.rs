//! The facts of one drawn frame that the next update needs.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::Pen;
use super::pointer::{Spot, Target};

/// Facts of the drawing: where lists are scrolled to, how many lines there are.
#[derive(Clone, Debug, Default)]
pub struct Ui {
    pub(in crate::tui) page: usize,
    pub(in crate::tui) properties: bool,
    pub(in crate::tui) worth: bool,
    pub(in crate::tui) cells: Range<usize>,
    pub(in crate::tui) search_top: usize,
    pub(in crate::tui) hits: Range<usize>,
    pub(in crate::tui) palette_top: usize,
    pub(in crate::tui) journey_top: usize,
    pub(in crate::tui) detail_top: usize,
    pub(in crate::tui) detail_end: usize,
    pub(in crate::tui) identity_top: usize,
    pub(in crate::tui) page_end: usize,
    pub(in crate::tui) identity_end: usize,
    pub(in crate::tui) compare_top: usize,
    pub(in crate::tui) spots: Vec<Target>,
    /// Lines of lists that were put together for the last frame.
    pub built: usize,
}

/// What the update needs to know of a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Lines of the list on the screen.
    pub page: usize,
    /// Whether there is room for the properties of the selected row.
    pub properties: bool,
    /// The topmost line of the timeline.
    pub journey_top: usize,
    /// Whether the screen tells what all rows were worth.
    pub worth: bool,
    /// The lines of the timeline on the screen, where it has columns of pinned properties.
    pub cells: Range<usize>,
    /// The hits on the screen.
    pub hits: Range<usize>,
    /// The furthest that a page can be scrolled.
    pub page_end: usize,
    /// The furthest that the graph of ids can be scrolled.
    pub identity_end: usize,
    /// The top of the pane of the selected row, and the furthest that it can be.
    pub detail: (usize, usize),
    /// What lies where, the topmost last.
    pub spots: Vec<Target>,
}

impl Ui {
    /// What the update needs.
    pub fn drawn(&self) -> Drawn {
        Drawn {
            page: self.page,
            journey_top: self.journey_top,
            properties: self.properties,
            worth: self.worth,
            cells: self.cells.clone(),
            hits: self.hits.clone(),
            page_end: self.page_end,
            identity_end: self.identity_end,
            detail: (self.detail_top, self.detail_end),
            spots: self.spots.clone(),
        }
    }
}

impl Ui {
    /// Empties the lower `tall` rows of an area for what is drawn over them. Only what lies on top can be
    /// pressed, so that the parts noted before are forgotten.
    pub(in crate::tui) fn cover(&mut self, area: Rect, tall: u16, buffer: &mut Buffer) -> Rect {
        let panel = Rect { y: area.bottom() - tall, height: tall, ..area };
        for row in 0..panel.height {
            Pen::new(buffer, panel, row).fill(" ", Style::reset());
        }
        self.spots.clear();
        panel
    }

    /// Notes what a part of the screen is; later ones lie over earlier ones.
    pub(in crate::tui) fn spot(&mut self, area: Rect, spot: Spot) {
        if !area.is_empty() {
            self.spots.push(Target { area, spot });
        }
    }
}
