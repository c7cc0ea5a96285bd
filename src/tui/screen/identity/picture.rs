//! The ids as a graph, in text.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::report;
use crate::report::graph::{Graph, Row, rows};
use crate::report::look::Class;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};
use crate::tui::when::Zone;

use super::Panel;

/// Draws the tree of ids.
pub(super) fn view(of: &Panel<'_>, ui: &mut Ui, area: Rect, buffer: &mut Buffer, look: &Look) {
    let clock = match look.zone {
        Zone::Utc => report::Clock::Utc,
        Zone::Local => report::Clock::Local,
        Zone::Named(zone) => report::Clock::Zone(zone),
    };
    let width = usize::from(area.width);
    let graph = Graph::of(of.journey, of.timeline.register());
    let mark = |class| match class {
        Class::Refused => format!("{}{}", look.glyphs.refused, look.glyphs.refused_end),
        Class::Alias => look.glyphs.alias.to_owned(),
        Class::Orphan => look.glyphs.orphan.to_owned(),
        _ => look.glyphs.dot.to_owned(),
    };
    let rows = rows(&graph, &report::Look { width, ascii: look.is_ascii(), colour: false, clock }, &mark);
    let height = usize::from(area.height);
    ui.page = height;
    ui.identity_end = rows.len().saturating_sub(height);
    let top = of.identity.picture_top.min(ui.identity_end);
    for (row, Row(pieces)) in (0..area.height).zip(rows.iter().skip(top)) {
        let mut pen = Pen::new(buffer, area, row);
        pen.skip(1);
        for (class, text) in pieces {
            pen.text(text, look.style(meaning(*class)));
        }
        ui.built += 1;
    }
}

fn meaning(class: Class) -> Meaning {
    match class {
        Class::Anonymous => Meaning::Anonymous,
        Class::Known => Meaning::Text,
        Class::Identify => Meaning::Identify,
        Class::Alias => Meaning::Alias,
        Class::Refused => Meaning::Refused,
        Class::Reset => Meaning::Reset,
        Class::Split => Meaning::Split,
        Class::Orphan => Meaning::Orphan,
        Class::Heading => Meaning::Title,
        Class::Faint => Meaning::Muted,
    }
}
