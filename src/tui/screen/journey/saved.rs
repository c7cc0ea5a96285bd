//! What is saved of a journey: the rows that its filter keeps.

use crate::report::Selection;
use crate::tui::fit;
use crate::tui::timeline::{Entry, event};

use super::State;

impl State {
    /// The rows that the filter keeps, for a report; `None` where it keeps all.
    pub(in crate::tui) fn selection(&self) -> Option<Selection> {
        let keep = self.keep.as_ref()?;
        let mut selection = Selection { filter: self.filter_text().map(str::to_owned), ..Selection::default() };
        let rows = self.timeline.rows().iter().enumerate().filter(|(at, _)| keep.has(*at));
        for (_, row) in rows {
            selection.rows.extend(event(&self.journey, row.entry).map(|event| event.row));
            selection.calls.extend(self.timeline.call_of(&self.journey, row.entry));
            if let Entry::Reset(point) = row.entry {
                selection.points.insert(point as usize);
            }
        }
        Some(selection)
    }

    /// How many rows that is, in words.
    pub(in crate::tui) fn counted_rows(&self) -> String {
        let all = self.timeline.rows().len() as u64;
        match &self.keep {
            Some(keep) => format!("{} of {}, as filtered", fit::count(keep.count() as u64), fit::counted(all, "row")),
            None => fit::counted(all, "row"),
        }
    }
}
