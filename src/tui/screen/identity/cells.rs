//! Parts of a line that several sections have.

use crate::model::Id;
use crate::tui::fit;
use crate::tui::pen::Pen;
use crate::tui::theme::{Look, Meaning};

use super::Panel;

/// The letter of the lane of an id.
pub(super) fn label(pen: &mut Pen<'_>, of: &Panel<'_>, id: &Id, look: &Look) {
    pen.cell(of.timeline.label(id).unwrap_or(""), 3, look.style(Meaning::Title));
}

pub(super) fn span(pen: &mut Pen<'_>, first: i64, last: i64, look: &Look) {
    let whole = look.zone.span(first, last);
    // Where there is no room for both ends, the last one says more; a date that is cut says a wrong one.
    // So does a time without its day.
    let short = || {
        let day = look.zone.short_date(last);
        if look.zone.day(first) == look.zone.day(last) { day } else { format!("to {day}") }
    };
    let shown = if fit::width(&whole) <= pen.room() { whole } else { short() };
    if fit::width(&shown) <= pen.room() {
        pen.text(&shown, look.style(Meaning::Muted));
    }
}
