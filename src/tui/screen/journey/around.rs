//! What happened just before and after a row: one key keeps 1, 10 and 60 minutes on each side,
//! then all rows again.

use crate::model::Millis;
use crate::tui::fit;

use super::State;

/// Minutes on each side, one after the other.
const SPANS: [i64; 3] = [1, 10, 60];

/// The part of a filter that keeps to minutes around a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Around {
    /// The time of the row.
    time: Millis,
    minutes: i64,
    /// As it stands at the end of the filter.
    condition: String,
}

impl State {
    /// Takes the minutes around a row out of the filter, else all of the filter; what to say.
    pub(in crate::tui) fn take_back_filter(&mut self) -> Option<String> {
        let text = self.filter_text()?.to_owned();
        let around = self.around.take();
        let rest = around.and_then(|around| Some(text.strip_suffix(around.condition.as_str())?.trim_end().to_owned()));
        let row = self.row_index();
        let filter = rest.and_then(|rest| self.read(&rest).ok().flatten());
        let notice = match &filter {
            Some(filter) => format!("the filter is {} again", filter.text()),
            None => "all rows again; Esc once more goes back".to_owned(),
        };
        self.set_filter(filter, row);
        Some(notice)
    }

    /// Marks nothing as found any more; whether something was.
    pub(in crate::tui) fn take_back_find(&mut self) -> bool {
        self.find.take().is_some()
    }

    /// The next of [`SPANS`] around the row that was selected at the first of them.
    pub(super) fn narrow_around(&mut self) {
        let text = self.filter_text().unwrap_or_default().to_owned();
        // What was typed since has made it a part of another filter.
        let before = self.around.take().filter(|around| text.ends_with(&around.condition));
        let rest = before
            .as_ref()
            .map_or(text.as_str(), |around| text.strip_suffix(around.condition.as_str()).unwrap_or(&text).trim_end());
        let time = before.as_ref().map(|around| around.time).or_else(|| Some(self.row()?.time));
        let Some(time) = time else {
            self.notice = Some("no row is selected".to_owned());
            return;
        };
        let next = SPANS.into_iter().find(|span| before.as_ref().is_none_or(|around| *span > around.minutes));
        let around = next.and_then(|minutes| {
            let wall = |at| Some(self.zone().wall(at)?.format("%Y-%m-%dT%H:%M:%S").to_string());
            let span = minutes * 60_000;
            // The last second counts whole.
            let (from, to) = (wall(time.saturating_sub(span))?, wall(time.saturating_add(span))?);
            Some(Around { time, minutes, condition: format!("at:{from}..{to}") })
        });
        let text = match &around {
            Some(around) if rest.to_ascii_lowercase().contains(" or ") && !rest.starts_with('(') => {
                format!("({rest}) {}", around.condition)
            }
            Some(around) => format!("{rest} {}", around.condition).trim_start().to_owned(),
            None => rest.to_owned(),
        };
        let row = self.row_index();
        match self.read(&text) {
            Ok(filter) => self.set_filter(filter, row),
            Err(_) => return,
        }
        self.notice = Some(match &around {
            Some(around) => {
                format!("{} before and after the row", fit::counted(around.minutes.unsigned_abs(), "minute"))
            }
            None => "all rows again, as filtered before".to_owned(),
        });
        self.around = around;
    }
}
