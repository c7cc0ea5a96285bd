//! Terms while they are typed: what could come next, and what means nothing.

use super::{Asked, State};
use crate::inspect::query::{Completion, Place, Vocabulary, complete};
use crate::inspect::terms::Terms;
use crate::tui::backend::Hits;
use crate::tui::field::Field;

impl State {
    /// Whether names of the store could help with what is typed.
    pub(super) fn may_be_term(&self) -> bool {
        let last = self.text().rsplit(char::is_whitespace).next().unwrap_or_default();
        last.chars().count() >= 2 && !last.contains('@')
    }

    /// What the last part of the text could be.
    pub(super) fn completion(&self) -> Completion {
        // Completing is for the end of a line.
        if !self.input.is_at_end() {
            return Completion::default();
        }
        match &self.names {
            Some(names) => complete(self.text(), Place::Search, names),
            None => complete(self.text(), Place::Search, &Vocabulary::default()),
        }
    }

    /// Takes over what the last part is likely to be; `None` when it is nothing known.
    pub(super) fn complete(&mut self) -> Option<Asked> {
        let completion = self.completion();
        let way = completion.with.first()?;
        let before = self.text().get(..completion.at)?;
        self.input = Field::new(format!("{before}{way}"));
        Some(self.changed())
    }

    /// Whether the text has terms in it.
    pub(super) fn has_terms(&self) -> bool {
        matches!(Terms::read(self.text()), Ok(Some(_)))
    }

    /// Whether rows are still being looked through for what is typed.
    pub(super) fn is_partial(&self) -> bool {
        let is_part = |hits: &Hits| (hits.is_partial() || hits.counts) && !hits.is_empty();
        !self.stale && self.found.value().is_some_and(|(hits, _)| is_part(hits))
    }
}
