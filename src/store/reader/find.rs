//! Search: which ids a text means.
//!
//! [`Reader::find`] looks through a copy of all ids in memory, which takes a moment to read the
//! first time: a third of a second for a million. [`Reader::find_soon`] answers meanwhile, from
//! the index of the store.

use std::collections::HashSet;

use rusqlite::params;

use super::texts::{Stop, Stopped, TextHit};
use super::{Reader, at_most};
use crate::model::Id;
use crate::model::id::DEVICE_PREFIX;
use crate::model::text::lower;
use crate::store::{Error, IdHit, Match, Span};

/// Fewer hits than this, and ids that only look like the text are looked for too.
const FEW: usize = 100;

/// Ids that are not read yet from which on an answer from the index is worth while.
const MANY: i64 = 1 << 15;

impl Reader {
    /// Ids that `text` finds, best first: the id itself and its other device form, ids that
    /// begin with it, that have it in them, ids whose profile has it in a value, and, where
    /// these are few, ids with its characters in their order and few others between. Case
    /// counts only for the first.
    ///
    /// Within a kind, shorter ids come first, then by alphabet. An empty text finds nothing.
    pub fn find(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, Error> {
        if text.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        self.at_one_moment(|_| {
            let mut found = Found { hits: Vec::new(), seen: HashSet::new(), limit };
            self.find_exact(text, &mut found)?;
            self.load_ids()?;
            self.find_in_ids(text, &mut found)?;
            if !found.is_full() {
                self.find_in_profiles(text, &mut found)?;
            }
            if found.hits.len() < FEW.min(limit) {
                self.find_fuzzy(text, &mut found)?;
            }
            self.with_spans(found)
        })
    }

    /// What [`Reader::find`] finds, as far as that is known at once: the id itself, and some
    /// that begin with the text. `None` when [`Reader::find`] itself is as quick.
    pub fn find_soon(&self, text: &str, limit: usize) -> Result<Option<Vec<IdHit>>, Error> {
        if text.is_empty() || limit == 0 {
            return Ok(None);
        }
        self.at_one_moment(|_| {
            let last = self.ask(|db| {
                db.prepare_cached("SELECT coalesce(max(id), 0) FROM ids")?.query_row([], |row| row.get::<_, i64>(0))
            })?;
            if last.saturating_sub(self.id_texts.borrow().last()) <= MANY {
                return Ok(None);
            }
            let mut found = Found { hits: Vec::new(), seen: HashSet::new(), limit };
            self.find_exact(text, &mut found)?;
            self.find_by_index(text, &mut found)?;
            // What was read so far is there to be found.
            self.find_in_ids(text, &mut found)?;
            found.hits.sort_by_key(|(_, hit)| hit.found);
            self.with_spans(found).map(Some)
        })
    }

    /// Numbers of all ids with `text` in them, in any case.
    pub fn numbers_with(&self, text: &str) -> Result<Vec<i64>, Error> {
        self.at_one_moment(|_| {
            self.load_ids()?;
            let hits = self.stoppable(|stop| self.id_texts.borrow().find(text, usize::MAX, stop))?;
            Ok(hits.into_iter().map(|hit| hit.number).collect())
        })
    }

    /// Ids that differ from `text` by few errors of typing, with their rows, nearest first.
    pub fn find_near(&self, text: &str, limit: usize) -> Result<Vec<(Id, Span)>, Error> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        self.at_one_moment(|_| {
            self.load_ids()?;
            let numbers = self.stoppable(|stop| self.id_texts.borrow().find_near(text, limit, stop))?;
            numbers.into_iter().map(|number| Ok((self.id(number)?, self.span(number)?))).collect()
        })
    }

    /// Reads all ids that are not read yet. When it is stopped, it goes on there the next time.
    fn load_ids(&self) -> Result<(), Error> {
        let mut texts = self.id_texts.borrow_mut();
        while !self.ask(|db| texts.load(db, &self.text_collector))? {
            self.go_on()?;
        }
        Ok(())
    }

    /// Runs work of the processor alone, which [`Reader::on_progress`] can stop too.
    fn stoppable<T>(&self, work: impl FnOnce(Stop<'_>) -> Result<T, Stopped>) -> Result<T, Error> {
        let abort = self.abort.clone();
        work(&|| abort.as_ref().is_some_and(|abort| abort())).map_err(|Stopped| Error::Cancelled)
    }

    fn find_exact(&self, text: &str, found: &mut Found) -> Result<(), Error> {
        let exact = Id::new(text);
        let other_form = exact.other_device_form();
        for id in [exact, other_form] {
            if let Some(number) = self.number_of(&id)? {
                found.add(number, id, Match::Exact, None);
            }
        }
        Ok(())
    }

    /// Ids that begin with the text in a usual case, in the order of the index.
    fn find_by_index(&self, text: &str, found: &mut Found) -> Result<(), Error> {
        let lower = lower(text).into_owned();
        let upper: String = text.chars().flat_map(char::to_uppercase).collect();
        let mut letters = lower.chars();
        let title: String =
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters.as_str().chars()).collect();
        for form in [text.to_owned(), lower, upper, title] {
            for begin in [format!("{DEVICE_PREFIX}{form}"), form] {
                let end = format!("{begin}{}", char::MAX);
                let ids = self.ask(|db| {
                    db.prepare_cached("SELECT id, name FROM ids WHERE name >= ?1 AND name < ?2 ORDER BY name LIMIT ?3")?
                        .query_map(params![begin, end, at_most(found.limit)], |row| {
                            Ok((row.get(0)?, Id::new(row.get_ref(1)?.as_str()?)))
                        })?
                        .collect::<rusqlite::Result<Vec<(i64, Id)>>>()
                })?;
                for (number, id) in ids {
                    found.add(number, id, Match::Prefix, None);
                }
            }
        }
        Ok(())
    }

    fn find_in_ids(&self, text: &str, found: &mut Found) -> Result<(), Error> {
        let limit = found.limit.saturating_add(found.seen.len());
        let hits = self.stoppable(|stop| self.id_texts.borrow().find(text, limit, stop))?;
        for hit in hits {
            if found.is_full() {
                break;
            }
            if !found.seen.contains(&hit.number) {
                let kind = if hit.prefix { Match::Prefix } else { Match::Substring };
                found.add(hit.number, self.id(hit.number)?, kind, None);
            }
        }
        Ok(())
    }

    fn find_in_profiles(&self, text: &str, found: &mut Found) -> Result<(), Error> {
        let mut texts = self.value_texts.borrow_mut();
        while !self.ask(|db| texts.load(db, &self.text_collector))? {
            self.go_on()?;
        }
        // One person may have the text in many values, but hardly everybody.
        let enough = found.limit.saturating_add(found.seen.len()).saturating_mul(4);
        let mut hits = self.stoppable(|stop| texts.find(text, enough, stop))?;
        self.add_persons(&hits, found)?;
        if hits.len() == enough && !found.is_full() {
            hits = self.stoppable(|stop| texts.find(text, usize::MAX, stop))?;
            self.add_persons(&hits, found)?;
        }
        Ok(())
    }

    /// Whose the values are.
    fn add_persons(&self, values: &[TextHit], found: &mut Found) -> Result<(), Error> {
        for value in values {
            if found.is_full() {
                break;
            }
            let (uid, key, value) = self.ask(|db| {
                db.prepare_cached("SELECT uid, key, value FROM profile_values WHERE id = ?1")?
                    .query_row([value.number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            })?;
            if !found.seen.contains(&uid) {
                found.add(uid, self.id(uid)?, Match::Profile, Some((key, value)));
            }
        }
        Ok(())
    }

    fn find_fuzzy(&self, text: &str, found: &mut Found) -> Result<(), Error> {
        let limit = found.limit.saturating_add(found.seen.len());
        for number in self.stoppable(|stop| self.id_texts.borrow().find_fuzzy(text, limit, stop))? {
            if found.is_full() {
                break;
            }
            if !found.seen.contains(&number) {
                found.add(number, self.id(number)?, Match::Fuzzy, None);
            }
        }
        Ok(())
    }

    fn with_spans(&self, found: Found) -> Result<Vec<IdHit>, Error> {
        let with_span = |(number, hit): (i64, IdHit)| {
            self.remember(&hit.id, number);
            Ok(IdHit { span: self.span(number)?, ..hit })
        };
        found.hits.into_iter().map(with_span).collect()
    }

    /// Every id in any role, by alphabet.
    pub fn all_ids(&self) -> Result<Vec<Id>, Error> {
        self.ask(|db| {
            db.prepare_cached("SELECT name FROM ids ORDER BY name")?
                .query_map([], |row| Ok(Id::new(row.get_ref(0)?.as_str()?)))?
                .collect()
        })
    }
}

/// The hits so far, each id once.
struct Found {
    hits: Vec<(i64, IdHit)>,
    seen: HashSet<i64>,
    limit: usize,
}

impl Found {
    fn is_full(&self) -> bool {
        self.hits.len() >= self.limit
    }

    fn add(&mut self, number: i64, id: Id, found: Match, via: Option<(String, String)>) {
        if !self.is_full() && self.seen.insert(number) {
            self.hits.push((number, IdHit { id, found, via, span: Span::default() }));
        }
    }
}
