//! Hits are people: each person once, by the best name known, with all their rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::gather::user_of;
use super::source::Source;
use super::{Error, Inspector, search};
use crate::identity::profile;
use crate::model::hit::{Hit, IdHit, Match, Span};
use crate::model::{Id, Shape};

/// Profile updates that are read of one person to name them.
const UPDATES: usize = 200;

/// The best hit of each person, with the rows of all of theirs that are what was asked for.
pub(super) fn each_once(hits: Vec<Hit>) -> Vec<Hit> {
    let mut places: HashMap<Id, usize> = HashMap::new();
    let mut people: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        let person = hit.root.as_ref().unwrap_or(&hit.id).clone();
        let known = places.get(&person).and_then(|at| people.get_mut(*at));
        if let Some(known) = known {
            known.matched += hit.matched;
            // What an id that is found by its text is found by says no more than the text.
            known.via = known.via.take().or(hit.via);
        } else {
            places.insert(person, people.len());
            people.push(hit);
        }
    }
    people
}

/// The root of the person with an id, and every id of theirs, those that a person reads first.
fn ids_of(source: &dyn Source, id: &Id) -> Result<(Id, Vec<Id>), Error> {
    let (root, ids) = user_of(source, id)?;
    let ids = in_order(ids.into_iter().collect(), &root);
    Ok((root, ids))
}

/// Ids of a person, those that a person reads first and the root last: it is the one that a machine made.
fn in_order(mut ids: Vec<Id>, root: &Id) -> Vec<Id> {
    ids.sort_by_key(|id| (id == root, id.shape() != Shape::Email));
    ids
}

impl Inspector {
    /// Puts the name of each person to the hits, as it may be shown, and the rows of that person.
    ///
    /// Costs some look-ups for each: less than a millisecond for an ordinary person.
    pub fn describe(&self, hits: &mut [Hit]) -> Result<(), Error> {
        let mut done = HashSet::new();
        for hit in hits {
            let shown = hit.root.as_ref().unwrap_or(&hit.id);
            if !done.insert(shown.clone()) {
                continue;
            }
            let root = self.meant(shown)?;
            let (ids, rows) = match self.ids_by_rules(&root)? {
                Some((ids, rows)) => (in_order(ids, &root), Some(rows)),
                None => (ids_of(&*self.source, &root)?.1, None),
            };
            let sent = self.source.span_of_all(&ids)?;
            // By other rules, not every row under these ids is the user's.
            hit.person = sent.map(|sent| Span { events: rows.unwrap_or(sent.events), ..sent });
            hit.name = self.name_among(&root, &ids)?;
        }
        Ok(())
    }

    /// The people that ids belong to, each with its name and rows; without ids that the source does not have.
    pub fn people(&self, ids: &[Id]) -> Result<Vec<Hit>, Error> {
        let meant: Vec<Id> = ids.iter().map(|id| self.meant(id)).collect::<Result<_, _>>()?;
        let found = |id: Id| IdHit { id, found: Match::Exact, via: None, span: Span::default() };
        let mut hits = search::in_order(&*self.source, meant.into_iter().map(found).collect())?;
        for (hit, shown) in hits.iter_mut().zip(ids) {
            hit.id = shown.clone();
            hit.root = hit.root.take().map(|root| self.shown(&root)).transpose()?;
        }
        self.describe(&mut hits)?;
        Ok(hits)
    }

    /// The best name of the person with an id, as it may be shown; `None` where only an id of a machine is
    /// known.
    pub fn best_name(&self, id: &Id) -> Result<Option<String>, Error> {
        self.name_of(&self.meant(id)?)
    }

    /// The same of an id as it is in the store.
    pub(super) fn name_of(&self, id: &Id) -> Result<Option<String>, Error> {
        let (root, ids) = ids_of(&*self.source, id)?;
        self.name_among(&root, &ids)
    }

    /// What to call the person with an id: the best name, else the id, as they may be shown.
    pub fn name_or_id(&self, id: &Id) -> Result<String, Error> {
        Ok(self.best_name(id)?.unwrap_or_else(|| id.as_str().to_owned()))
    }

    /// The best names of the people with these ids, where one is known.
    pub fn best_names<'a>(&self, ids: impl IntoIterator<Item = &'a Id>) -> Result<BTreeMap<Id, String>, Error> {
        let mut names = BTreeMap::new();
        for id in ids {
            if !names.contains_key(id)
                && let Some(name) = self.best_name(id)?
            {
                names.insert(id.clone(), name);
            }
        }
        Ok(names)
    }

    /// What the profile of the person with these ids says, else an id that a person reads.
    fn name_among(&self, root: &Id, ids: &[Id]) -> Result<Option<String>, Error> {
        let mut updates = self.source.profiles_of(ids, UPDATES)?;
        if let Some((redactor, known)) = self.redacting()? {
            updates = updates.into_iter().map(|update| redactor.profile(update, &known)).collect();
        }
        let profile = profile::of_person(&updates);
        if let Some(name) = profile.and_then(|profile| profile.full_name().or_else(|| profile.address())) {
            return Ok(Some(name));
        }
        let is_known = |id: &&Id| match id.shape() {
            Shape::Email => true,
            Shape::Other => *id != root,
            Shape::Device | Shape::Guid | Shape::WebAnonymous => false,
        };
        ids.iter().find(is_known).map(|id| Ok(self.shown(id)?.as_str().to_owned())).transpose()
    }
}
