//! All texts of a column in memory, read in steps.

use rusqlite::Connection;

use super::collect::TextCollector;
use super::texts::{Stop, Stopped, TextHit, Texts};

/// Entries that are read in one step: some ten milliseconds.
const STEP: i64 = 1 << 15;

/// The texts of one column, in lower case.
#[derive(Debug)]
pub(super) struct Arena {
    /// Gives number and text of the `?2` rows with numbers above `?1`, to `collect_texts`.
    select: &'static str,
    texts: Texts,
}

impl Arena {
    /// `select` gives number and text of up to `?2` rows with numbers above `?1`, in order, to
    /// the function `collect_texts`.
    pub(super) fn over(select: &'static str) -> Self {
        Self { select, texts: Texts::default() }
    }

    /// Number of the last entry; 0 without any.
    pub(super) fn last(&self) -> i64 {
        self.texts.last()
    }

    /// Takes some of what was added to the table; `true` when nothing more is there.
    pub(super) fn load(&mut self, db: &Connection, collector: &TextCollector) -> rusqlite::Result<bool> {
        let more = collector.texts(&mut db.prepare_cached(self.select)?, self.last(), STEP)?;
        let is_all = more.len() < usize::try_from(STEP).unwrap_or(usize::MAX);
        self.texts.append(more);
        Ok(is_all)
    }

    /// Up to `limit` entries with `text` in them, best first: beginning with it, then shorter,
    /// then by alphabet.
    pub(super) fn find(&self, text: &str, limit: usize, stop: Stop<'_>) -> Result<Vec<TextHit>, Stopped> {
        self.texts.having(text, limit, stop)
    }

    /// Numbers of up to `limit` entries that have the characters of `text` in their order with
    /// few others between, best first.
    pub(super) fn find_fuzzy(&self, text: &str, limit: usize, stop: Stop<'_>) -> Result<Vec<i64>, Stopped> {
        self.texts.resembling(text, limit, stop)
    }

    /// Numbers of up to `limit` entries that differ from `text` by few edits, nearest first.
    pub(super) fn find_near(&self, text: &str, limit: usize, stop: Stop<'_>) -> Result<Vec<i64>, Stopped> {
        self.texts.near(text, limit, stop)
    }
}
