//! Values of pinned properties for rows on the screen.

use crate::inspect::filter;
use crate::tui::backend::Backend;

use super::sift::Found;

/// Characters of a value that are kept: more than a column shows.
const LONGEST: usize = 80;

/// Properties of rows that the timeline lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    /// Numbers of the rows in the store.
    pub(in crate::tui) rows: Vec<i64>,
    /// The properties.
    pub(in crate::tui) names: Vec<String>,
}

impl Cells {
    /// Numbers of the rows in the store.
    pub fn rows(&self) -> &[i64] {
        &self.rows
    }
}

/// The values of each row, in the order of [`Cells`]; nothing for a row that cannot be read: why,
/// its own pane tells.
pub type Values = Vec<Option<Vec<Found>>>;

/// Reads them; for the worker.
pub fn read(backend: &mut dyn Backend, cells: &Cells) -> Values {
    let texts: Vec<Option<String>> = match backend.properties_of(&cells.rows) {
        Ok(texts) => texts.into_iter().map(Some).collect(),
        // One that is damaged takes none of the others with it.
        Err(_) => cells.rows.iter().map(|row| backend.properties(*row).ok()).collect(),
    };
    let short = |text: String| text.chars().take(LONGEST).collect();
    let value = |text: &str, name: &str| match Found::of(filter::value(text, name)) {
        Found::Missing => Found::Missing,
        Found::Plain(text) => Found::Plain(short(text)),
        Found::Nested(json) => Found::Nested(short(json)),
    };
    let values = |text: &String| cells.names.iter().map(|name| value(text, name)).collect();
    texts.iter().map(|text| text.as_ref().map(values)).collect()
}
