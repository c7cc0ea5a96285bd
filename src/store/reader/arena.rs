//! All texts of a column in memory, to search by any part of them.
//!
//! One long text in lower case with a byte between the entries that no UTF-8 has, so that one
//! scan finds every entry: milliseconds for a million ids, where `LIKE` takes a hundred.

use std::borrow::Cow;
use std::cmp::Ordering;

use memchr::memmem::Finder;
use rusqlite::Connection;

use crate::model::id::DEVICE_PREFIX;

/// What stands between entries.
const GAP: u8 = 0xff;

/// The texts of one column, in lower case.
#[derive(Debug)]
pub(super) struct Arena {
    select: &'static str,
    text: Vec<u8>,
    /// Number in the table and start in `text` of each entry.
    entries: Vec<(i64, usize)>,
}

/// An entry with the text in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    /// Number in the table.
    pub(super) number: i64,
    /// Whether the entry, or what follows `$device:` in it, begins with the text.
    pub(super) prefix: bool,
    start: usize,
    end: usize,
}

impl Arena {
    /// `select` gives number and text of the rows with numbers above `?1`, in order.
    pub(super) fn over(select: &'static str) -> Self {
        Self { select, text: Vec::new(), entries: Vec::new() }
    }

    /// Takes what was added to the table. When aborted, what was read stays.
    pub(super) fn extend(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let last = self.entries.last().map_or(0, |(number, _)| *number);
        let mut select = db.prepare_cached(self.select)?;
        let mut rows = select.query([last])?;
        while let Some(row) = rows.next()? {
            let text = row.get_ref(1)?.as_bytes()?;
            self.entries.push((row.get(0)?, self.text.len()));
            match std::str::from_utf8(text) {
                Ok(text) if text.is_ascii() => {
                    self.text.extend(text.bytes().map(|byte| byte.to_ascii_lowercase()));
                }
                Ok(text) => self.text.extend_from_slice(lower(text).as_bytes()),
                // Only a damaged store has such; it is found by nothing.
                Err(_) => {}
            }
            self.text.push(GAP);
        }
        Ok(())
    }

    /// Up to `limit` entries with `text` in them, best first: beginning with it, then shorter,
    /// then by alphabet.
    pub(super) fn find(&self, text: &str, limit: usize) -> Vec<Hit> {
        let needle = lower(text);
        let finder = Finder::new(needle.as_bytes());
        let mut hits = Vec::new();
        let mut at = 0;
        while let Some(found) = self.text.get(at..).and_then(|rest| finder.find(rest)) {
            let after = self.entries.partition_point(|(_, start)| *start <= at + found);
            let Some((number, start)) = after.checked_sub(1).and_then(|index| self.entries.get(index)).copied() else {
                break;
            };
            let next = self.entries.get(after).map_or(self.text.len(), |(_, start)| *start);
            let end = next.saturating_sub(1);
            let offset = at + found - start;
            let entry = self.text.get(start..end).unwrap_or_default();
            let prefix = offset == 0 || offset == DEVICE_PREFIX.len() && entry.starts_with(DEVICE_PREFIX.as_bytes());
            hits.push(Hit { number, prefix, start, end });
            at = next;
        }
        if hits.len() > limit && limit > 0 {
            hits.select_nth_unstable_by(limit - 1, |one, other| self.compare(one, other));
        }
        hits.truncate(limit);
        hits.sort_unstable_by(|one, other| self.compare(one, other));
        hits
    }

    fn compare(&self, one: &Hit, other: &Hit) -> Ordering {
        let text = |hit: &Hit| self.text.get(hit.start..hit.end).unwrap_or_default();
        other
            .prefix
            .cmp(&one.prefix)
            .then_with(|| text(one).len().cmp(&text(other).len()))
            .then_with(|| text(one).cmp(text(other)))
            .then_with(|| one.number.cmp(&other.number))
    }
}

/// `text` in lower case, each character by itself: the end of a word changes nothing.
pub(super) fn lower(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| !c.to_lowercase().eq([c])) {
        Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
    } else {
        Cow::Borrowed(text)
    }
}
