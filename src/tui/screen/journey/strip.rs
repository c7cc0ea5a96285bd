//! The strip: rows over the whole time, what happened to the identity, and the part on screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::Millis;
use crate::tui::fit;
use crate::tui::frame::Ui;
use crate::tui::pen::Pen;
use crate::tui::pointer::Spot;
use crate::tui::theme::{Look, Meaning};
use crate::tui::widgets::bar;

use super::State;
use crate::tui::timeline::Traits;

/// Draws the strip on one line, or with a second line of marks if there is room for it.
///
/// The list has to be drawn already: its window is marked.
pub(super) fn view(state: &State, ui: &mut Ui, area: Rect, list: Rect, buffer: &mut Buffer, look: &Look) {
    let Some((first, last)) = state.timeline.span() else { return };
    let muted = look.style(Meaning::Muted);
    let (from, to) = look.zone.ends(first, last);
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1).text(&from, muted).skip(1);
    let parts = state.timeline.activity();
    let room = pen.room().saturating_sub(fit::width(&to) + 2).min(parts.len());
    let strip = Rect { x: pen.column(), y: area.y, width: u16::try_from(room).unwrap_or(0), height: area.height };
    ui.spot(strip, Spot::Strip);
    // The first part whose column it is.
    let part = |column: usize| (column * parts.len()).div_ceil(room.max(1));
    let sums: Vec<u64> = (0..room)
        .map(|column| parts.get(part(column)..part(column + 1)).map_or(0, |parts| parts.iter().sum()))
        .collect();
    let marks: Vec<Traits> = (0..room)
        .map(|column| {
            let marks = state.timeline.marks().get(part(column)..part(column + 1)).unwrap_or_default();
            marks.iter().fold(Traits::default(), |all, mark| all | *mark)
        })
        .collect();
    let column_of = |time: Millis| state.timeline.column(time, room);
    let here = state.row().map(|row| column_of(row.time));
    let window = window(state, ui, list).map(|(from, to)| (column_of(from), column_of(to)));
    let in_window = |column: usize| window.is_some_and(|(from, to)| (from..=to).contains(&column));
    let most = sums.iter().copied().max().unwrap_or(0);
    for (column, (rows, mark)) in sums.iter().zip(&marks).enumerate() {
        let style = if Some(column) == here {
            look.style(Meaning::Selected)
        } else if in_window(column) {
            look.style(Meaning::Identified)
        } else {
            muted
        };
        match sign(*mark, look).filter(|_| area.height < 2) {
            Some((sign, meaning)) if Some(column) != here => pen.cell(sign, 1, look.style(meaning)),
            Some((sign, _)) => pen.cell(sign, 1, style),
            None => pen.cell(bar(*rows, most, look), 1, style),
        };
    }
    pen.skip(1).text(&to, muted);
    if area.height < 2 {
        return;
    }
    let mut pen = Pen::new(buffer, area, 1);
    pen.to(strip.x);
    for (column, mark) in marks.iter().enumerate() {
        let edge = window.and_then(|(from, to)| match column {
            _ if column == from => Some("["),
            _ if column == to => Some("]"),
            _ if in_window(column) => Some(look.glyphs.rule),
            _ => None,
        });
        match (sign(*mark, look), edge) {
            (Some((sign, meaning)), _) => pen.cell(sign, 1, look.style(meaning)),
            (None, Some(edge)) => pen.cell(edge, 1, look.style(Meaning::Identified)),
            (None, None) => pen.skip(1),
        };
    }
}

/// From when to when the rows on the screen happened.
fn window(state: &State, ui: &Ui, list: Rect) -> Option<(Millis, Millis)> {
    let lines = state.lines.list();
    let top = ui.journey_top.min(lines.len());
    let end = (top + usize::from(list.height)).min(lines.len());
    let shown = lines.get(top..end)?.iter().filter_map(|line| line.positions());
    let times =
        shown.flat_map(|(first, last)| [first, last]).filter_map(|at| Some(state.order.row(&state.timeline, at)?.time));
    times.fold(None, |span: Option<(Millis, Millis)>, time| {
        Some(span.map_or((time, time), |(from, to)| (from.min(time), to.max(time))))
    })
}

/// The mark of what happened to the identity in a part; what lost rows goes first.
fn sign(traits: Traits, look: &Look) -> Option<(&'static str, Meaning)> {
    let glyphs = look.glyphs;
    [
        (Traits::REFUSED, glyphs.refused, Meaning::Refused),
        (Traits::RESET, glyphs.reset, Meaning::Reset),
        (Traits::ALIAS, glyphs.alias, Meaning::Alias),
        (Traits::IDENTIFY, glyphs.identify, Meaning::Identify),
    ]
    .into_iter()
    .find_map(|(of, sign, meaning)| traits.any(of).then_some((sign, meaning)))
}
