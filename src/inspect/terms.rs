//! The search by a [query](super::query): which people of a store it finds.
//!
//! A text is searched as it is, unless a part of it is a term: a field or a property with its
//! value. Ids may look like terms, so the whole text is looked for as an id first, and anything in
//! quotes is text.
//!
//! What an expression finds is a set of people (`crowd`), known by their roots. Terms about
//! people (`email:`, a word) give such a set at once, `-` takes one away. The other terms are asked
//! of rows: all of a level together, in one pass over the rows of the store, where the sets of
//! people are one more thing to ask. Brackets and `-` begin a level of their own. An exclusion alone
//! is taken from everyone who has rows.

mod crowd;
mod events;
mod journeys;
mod person;
mod roots;
mod rows;
mod seek;
mod values;
mod vocabulary;

use std::sync::Arc;

pub(super) use self::events::{events_with, names_with};
pub use self::seek::Found;
pub(super) use self::values::values_with;

use self::seek::Search;
use super::query::property::Test;
use super::query::{Error, Expr, Place, Query, Term, UNFINISHED, Wall, has_term, words};
use super::source::Scan;
use crate::identity::RuleSet;
use crate::model::time::utc;

/// A query of a search, and how times in it are meant.
#[derive(Clone)]
pub struct Terms {
    query: Query,
    wall: Wall,
}

impl std::fmt::Debug for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Terms").field(&self.query).finish()
    }
}

impl PartialEq for Terms {
    fn eq(&self, other: &Self) -> bool {
        self.query == other.query
    }
}

impl Terms {
    /// Reads a text; `None` when it is a text and nothing else. Times in it are UTC.
    ///
    /// # Errors
    /// A term means nothing; the error says where.
    pub fn read(text: &str) -> Result<Option<Self>, Error> {
        if !has_term(text) {
            return Ok(None);
        }
        Ok(Query::read(text, Place::Search)?.map(Self::of))
    }

    /// A text without terms as a query, where it has words with `or`, `not`, `-` or brackets
    /// between them. Such a text may be an id or an event name as well.
    pub fn words(text: &str) -> Option<Self> {
        words(text).map(Self::of)
    }

    /// Those that find a plain text in any property, without what stood around it; `None` where a
    /// text is no value that a person looks for, or a term that has no value yet.
    pub fn of_value(text: &str) -> Option<Self> {
        /// A shorter text is in the properties of too many rows to say anything.
        const SHORTEST: usize = 3;
        const LONGEST: usize = 200;
        let is_value = (SHORTEST..=LONGEST).contains(&text.chars().count()) && !text.ends_with(UNFINISHED);
        is_value.then(|| Self::anywhere(text))
    }

    /// Those that find a text in any property.
    fn anywhere(text: &str) -> Self {
        let term = Term::Property("*".to_owned(), Test::Contains(text.to_owned()));
        Self::of(Query::of(Expr::Term(term), text))
    }

    fn of(query: Query) -> Self {
        Self { query, wall: Arc::new(|at| Some(utc(at)?.naive_utc())) }
    }

    /// With times as the clock on another wall shows them.
    #[must_use]
    pub fn on(self, wall: Wall) -> Self {
        Self { wall, ..self }
    }

    /// The text that they were read from.
    pub fn text(&self) -> &str {
        self.query.text()
    }

    /// Who they find, best first: the whole text as an id, people by what they are known by,
    /// then who had such a row last.
    ///
    /// # Errors
    /// As any question; [`Error::cancelled`](super::Error::cancelled) when the answer is no longer wanted.
    pub(super) fn find(
        &self,
        reader: &dyn Scan,
        rules: RuleSet,
        limit: usize,
        show: &mut dyn FnMut(Found),
    ) -> Result<Found, super::Error> {
        let expr = self.query.expr();
        let mut search = Search::new(reader, rules, &self.wall, (self.text(), expr), limit, show)?;
        if expr.is_of_journeys() { search.by_journeys(expr) } else { search.answer(expr, limit, true) }
    }

    /// The people whose rows are found first, of a look at the last rows that takes a moment; no one where it finds
    /// none, and where only whole journeys tell whom they find.
    ///
    /// # Errors
    /// As of [`Terms::find`].
    pub(super) fn find_first(&self, reader: &dyn Scan, rules: RuleSet, limit: usize) -> Result<Found, super::Error> {
        let expr = self.query.expr();
        if expr.is_of_journeys() {
            return Ok(Found::default());
        }
        let ignore = &mut |_| {};
        let mut search = Search::new(reader, rules, &self.wall, (self.text(), expr), limit, ignore)?;
        search.is_first_look = true;
        Ok(Found { ended_early: false, ..search.answer(expr, limit, true)? })
    }
}

#[cfg(test)]
mod tests;
