//! Search: which ids a text means.

use std::collections::HashSet;

use super::Reader;
use super::arena::Hit;
use crate::model::Id;
use crate::store::{Error, IdHit, Match, Span};

impl Reader {
    /// Ids that `text` finds, best first: the id itself and its other device form, ids that
    /// begin with it, that have it in them, and ids whose profile has it in a value. Case
    /// counts only for the first.
    ///
    /// Within a kind, shorter ids come first, then by alphabet. An empty text finds nothing.
    pub fn find(&self, text: &str, limit: usize) -> Result<Vec<IdHit>, Error> {
        if text.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        self.at_one_moment(|_| {
            let mut found = Found { hits: Vec::new(), seen: HashSet::new(), limit };
            let exact = Id::new(text);
            let other_form = exact.other_device_form();
            for id in [exact, other_form] {
                if let Some(number) = self.number_of(&id)? {
                    found.add(number, id, Match::Exact, None);
                }
            }
            for hit in self.hits_in_ids(text, limit.saturating_add(found.seen.len()))? {
                if found.seen.contains(&hit.number) {
                    continue;
                }
                let kind = if hit.prefix { Match::Prefix } else { Match::Substring };
                found.add(hit.number, self.id(hit.number)?, kind, None);
            }
            if !found.is_full() {
                self.find_in_profiles(text, &mut found)?;
            }
            found.hits.into_iter().map(|(number, hit)| Ok(IdHit { span: self.span(number)?, ..hit })).collect()
        })
    }

    fn hits_in_ids(&self, text: &str, limit: usize) -> Result<Vec<Hit>, Error> {
        let mut texts = self.id_texts.borrow_mut();
        self.ask(|db| texts.extend(db))?;
        Ok(texts.find(text, limit))
    }

    fn find_in_profiles(&self, text: &str, found: &mut Found) -> Result<(), Error> {
        let hits = {
            let mut texts = self.value_texts.borrow_mut();
            self.ask(|db| texts.extend(db))?;
            texts.find(text, usize::MAX)
        };
        for hit in hits {
            if found.is_full() {
                break;
            }
            let (uid, key, value) = self.ask(|db| {
                db.prepare_cached("SELECT uid, key, value FROM profile_values WHERE id = ?1")?
                    .query_row([hit.number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            })?;
            if !found.seen.contains(&uid) {
                found.add(uid, self.id(uid)?, Match::Profile, Some((key, value)));
            }
        }
        Ok(())
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
