//! Ids that look like another one, found through the index of the ids alone.
//!
//! From the first character on, the index is asked what comes next in it; what cannot look like
//! the text that is searched for is never gone into. An id of 36 characters takes some 150 looks
//! at the index, however many ids there are, because few of its beginnings exist.

use rusqlite::OptionalExtension;

use super::Reader;
use crate::model::Id;
use crate::model::alike::{are_alike, fold, folded};
use crate::model::id::DEVICE_PREFIX;
use crate::store::Error;

/// Looks at the index for one id; what no id of a person needs.
const MOST_LOOKS: usize = 4_000;

/// Different characters beyond ASCII that are looked into behind one beginning.
const MOST_LETTERS: usize = 64;

impl Reader {
    /// Up to `limit` ids that look like `id` and are not it, nor its other device form.
    pub fn ids_alike(&self, id: &Id, limit: usize) -> Result<Vec<Id>, Error> {
        let wanted = folded(id.bare());
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        self.at_one_moment(|_| {
            let mut walk = Walk { reader: self, id, wanted: &wanted, looks: 0, found: Vec::new() };
            for begin in ["", DEVICE_PREFIX] {
                walk.through(begin, limit)?;
            }
            walk.found.sort_unstable();
            walk.found.dedup();
            Ok(walk.found)
        })
    }
}

struct Walk<'a> {
    reader: &'a Reader,
    id: &'a Id,
    /// What the ids must fold to.
    wanted: &'a str,
    looks: usize,
    found: Vec<Id>,
}

impl Walk<'_> {
    fn through(&mut self, begin: &str, limit: usize) -> Result<(), Error> {
        // Beginnings that exist, with how much of what is wanted they have already.
        let mut todo: Vec<(String, usize)> = vec![(begin.to_owned(), 0)];
        while let Some((begin, at)) = todo.pop() {
            if self.looks >= MOST_LOOKS || self.found.len() >= limit {
                break;
            }
            let rest = self.wanted.get(at..).unwrap_or_default();
            if rest.is_empty() {
                self.take(&begin)?;
            }
            // What is before the letters of ASCII leaves no mark, or is a space.
            self.each_next(&begin, '\0', Some('!'), usize::MAX, &mut |c, next| {
                let mut looks_like = String::new();
                fold(c, &mut looks_like);
                if rest.starts_with(&looks_like) {
                    todo.push((next, at + looks_like.len()));
                }
            })?;
            if let Some(letter) = rest.chars().next().filter(char::is_ascii) {
                let (lower, upper) = (letter.to_ascii_lowercase(), letter.to_ascii_uppercase());
                for c in [Some(lower), Some(upper).filter(|upper| *upper != lower)].into_iter().flatten() {
                    let next = format!("{begin}{c}");
                    if self.first_from(&next)?.is_some_and(|name| name.starts_with(&next)) {
                        todo.push((next, at + 1));
                    }
                }
            }
            self.each_next(&begin, '\u{7f}', None, MOST_LETTERS, &mut |c, next| {
                let mut looks_like = String::new();
                fold(c, &mut looks_like);
                if rest.starts_with(&looks_like) {
                    todo.push((next, at + looks_like.len()));
                }
            })?;
        }
        Ok(())
    }

    fn take(&mut self, name: &str) -> Result<(), Error> {
        let found = Id::new(name);
        if are_alike(found.bare(), self.id.bare()) && self.reader.number_of(&found)?.is_some() {
            self.found.push(found);
        }
        Ok(())
    }

    /// Calls `each` with every character from `from` on, before `to`, that stands behind `begin` in
    /// some id.
    fn each_next(
        &mut self,
        begin: &str,
        from: char,
        to: Option<char>,
        most: usize,
        each: &mut dyn FnMut(char, String),
    ) -> Result<(), Error> {
        let mut from = from;
        for _ in 0..most {
            let Some(name) = self.first_from(&format!("{begin}{from}"))? else { return Ok(()) };
            let Some(c) = name.strip_prefix(begin).and_then(|rest| rest.chars().next()) else { return Ok(()) };
            if to.is_some_and(|to| c >= to) {
                return Ok(());
            }
            each(c, format!("{begin}{c}"));
            let Some(next) = (c..=char::MAX).nth(1) else { return Ok(()) };
            from = next;
        }
        Ok(())
    }

    /// The first id from `name` on, in the order of code points.
    fn first_from(&mut self, name: &str) -> Result<Option<String>, Error> {
        self.looks += 1;
        if self.looks > MOST_LOOKS {
            return Ok(None);
        }
        self.reader.ask(|db| {
            db.prepare_cached("SELECT name FROM ids WHERE name >= ?1 ORDER BY name LIMIT 1")?
                .query_row([name], |row| row.get(0))
                .optional()
        })
    }
}
