//! Which rows the filter keeps, and which the search finds.

use super::State;
use crate::inspect::filter::Filter;
use crate::tui::timeline::sift::{Sieve, Sifted, Sifting};

impl State {
    /// The same filter and search for other rows, or for another wall clock.
    pub(super) fn sift_again(&mut self) {
        self.keep = None;
        for find in [false, true] {
            let sieve = if find { &self.find } else { &self.filter };
            let Some(text) = sieve.as_ref().map(|sieve| sieve.filter().text().to_owned()) else { continue };
            let rows = self.timeline.rows().len();
            // A lane or time that it names may be gone: then there is nothing to keep to.
            let sieve = self.read(&text).ok().flatten().map(|filter| Sieve::new(filter, rows));
            *(if find { &mut self.find } else { &mut self.filter }) = sieve;
        }
    }

    /// Shows the rows that a filter keeps, all without one.
    pub(super) fn set_filter(&mut self, filter: Option<Filter>, row: Option<usize>) {
        let rows = self.timeline.rows().len();
        self.filter = filter.map(|filter| Sieve::new(filter, rows));
        // What is shown stays until the new one has gone through the rows.
        if self.filter.is_none() {
            self.keep = None;
            self.lay(row);
        }
    }

    pub(super) fn set_find(&mut self, filter: Option<Filter>) {
        let rows = self.timeline.rows().len();
        self.find = filter.map(|filter| Sieve::new(filter, rows));
    }

    /// Adds a condition to the filter.
    pub fn narrow(&mut self, condition: &str) {
        let row = self.row_index();
        let text = match self.filter.as_ref().map(|sieve| sieve.filter().text()) {
            Some(text) if text.to_ascii_lowercase().contains(" or ") => format!("({text}) {condition}"),
            Some(text) => format!("{text} {condition}"),
            None => condition.to_owned(),
        };
        if let Ok(filter) = self.read(&text) {
            self.set_filter(filter, row);
        }
    }

    /// The text of the filter, if there is one.
    pub fn filter_text(&self) -> Option<&str> {
        Some(self.filter.as_ref()?.filter().text())
    }

    /// What the worker has to go through.
    pub fn wants_sifting(&self) -> Option<Sifting> {
        let (journey, timeline) = (&self.journey, &self.timeline);
        let sieves = [&self.filter, &self.find];
        let sieve = sieves.into_iter().flatten().find_map(|sieve| sieve.wanted(journey, timeline));
        sieve
            .or_else(|| self.values.as_ref()?.wanted(journey, timeline))
            .or_else(|| self.money.wanted(journey, timeline))
            .or_else(|| self.worth.wanted(journey, timeline).filter(|_| self.tells_worth))
    }

    /// Takes what it found.
    pub fn take_sifted(&mut self, sifted: &Sifted) {
        if self.money.take(sifted)
            || self.worth.take(sifted)
            || self.values.as_mut().is_some_and(|values| values.take(sifted))
        {
            return;
        }
        if let Some(sieve) = self.filter.as_mut()
            && sieve.take(sifted)
        {
            if sieve.is_done() && sieve.failed().is_none() {
                self.keep = Some(sieve.kept().clone());
                let row = self.origin();
                self.lay(row);
            }
        } else if let Some(sieve) = self.find.as_mut()
            && sieve.take(sifted)
            && let Some(row) = self.origin()
        {
            // As soon as one is known, it is gone to; n goes on from there.
            self.find_from(row);
        }
    }
}
