//! Pinned properties as columns of the timeline.
//!
//! Only the rows on the screen are read, by the worker: a screenful when a property is pinned
//! or another part of the journey is gone to, what has come into view after a scroll. One
//! question at a time; what is read is kept until it is much more than a screen.

use std::collections::HashMap;
use std::ops::Range;

use crate::tui::fit;
use crate::tui::theme::Meaning;

use super::{State, rows};
use crate::tui::timeline::cells::{Cells, Values};
use crate::tui::timeline::sift::Found;
use crate::tui::timeline::{Line, event};

/// Rows whose values are kept. A screen has far fewer.
const KEPT: usize = 4_000;

/// What was read of rows, by their numbers.
pub(super) type Known = HashMap<i64, Option<Vec<Found>>>;

impl State {
    /// What is to be read for the columns of pinned properties, when `shown` are the lines on
    /// the screen.
    pub fn lacks_cells(&self, shown: Range<usize>) -> Option<Cells> {
        if self.pins.is_empty() {
            return None;
        }
        let ends = shown.filter_map(|at| self.lines.get(at)?.positions()).flat_map(|(first, last)| [first, last]);
        let mut rows: Vec<i64> = ends
            .filter_map(|position| self.number_at(position))
            .filter(|row| !self.cells.contains_key(row))
            .take(KEPT / 2)
            .collect();
        rows.sort_unstable();
        rows.dedup();
        (!rows.is_empty()).then(|| Cells { rows, names: self.pins.iter().cloned().collect() })
    }

    /// Takes what was read, unless other properties are pinned by now.
    pub fn take_cells(&mut self, cells: &Cells, values: Values) {
        if !self.pins.iter().eq(&cells.names) {
            return;
        }
        if self.cells.len() + cells.rows.len() > KEPT {
            self.cells.clear();
        }
        // A row without an answer counts as one that cannot be read: it is not asked for again.
        self.cells.extend(cells.rows.iter().copied().zip(values.into_iter().chain(std::iter::repeat(None))));
    }

    /// What stands in the column of a pinned property: the value, of a fold that of its first
    /// and of its last row.
    pub(super) fn cell(&self, line: Line, pin: usize) -> (String, Meaning) {
        let Some((first, last)) = line.positions() else { return (String::new(), Meaning::Text) };
        let (top, end) = if self.newest { (last, first) } else { (first, last) };
        let (text, meaning) = self.value_at(top, pin);
        if top == end {
            return (text, meaning);
        }
        match self.value_at(end, pin) {
            (other, _) if other.is_empty() && text.is_empty() => (text, meaning),
            (other, Meaning::Text) if meaning == Meaning::Text => {
                let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
                (format!("{} {} {}", or_dash(text), fit::CUT, or_dash(other)), meaning)
            }
            other if meaning == Meaning::Text => other,
            _ => (text, meaning),
        }
    }

    fn value_at(&self, position: usize, pin: usize) -> (String, Meaning) {
        let Some(row) = self.number_at(position) else { return (String::new(), Meaning::Text) };
        let text = match self.cells.get(&row) {
            None => return (fit::CUT.to_owned(), Meaning::Muted),
            Some(None) => return ("not read".to_owned(), Meaning::Bad),
            Some(Some(values)) => match values.get(pin) {
                None | Some(Found::Missing) => "",
                Some(Found::Plain(text)) if text.is_empty() => "\"\"",
                Some(Found::Plain(text) | Found::Nested(text)) => text,
            },
        };
        (text.to_owned(), Meaning::Text)
    }

    /// The head of the column of a pinned property: its name, and how many have no column.
    pub(super) fn cell_head(&self, pin: usize, columns: rows::Columns) -> String {
        let name = self.pins.iter().nth(pin).map_or("", String::as_str);
        let more = self.pins.len().saturating_sub(columns.pins);
        if more == 0 || pin + 1 < columns.pins {
            return name.to_owned();
        }
        let more = format!(" +{more}");
        format!("{}{more}", fit::end(name, columns.pin.saturating_sub(1 + fit::width(&more))))
    }

    /// The row of the store at a position.
    fn number_at(&self, position: usize) -> Option<i64> {
        Some(event(&self.journey, self.order.row(&self.timeline, position)?.entry)?.row)
    }
}
