//! Hits are people: each person once, by the best name known, with all their rows.

use std::collections::{HashMap, HashSet};

use super::gather::members;
use super::source::Source;
use super::{Error, Inspector};
use crate::model::hit::Hit;
use crate::model::{Id, Shape};

/// Profile updates that are read of one person to name them.
const UPDATES: usize = 200;

/// Properties that name a person, by their names in small letters and without `$`.
const NAMES: &[&str] = &["name", "full_name", "fullname", "display_name"];

/// Likewise their e-mail address.
const EMAILS: &[&str] = &["email", "e-mail", "email_address"];

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

/// The best name of the person with these ids, and the number of their rows; the number is not
/// known where nothing can be counted.
fn person(source: &dyn Source, root: &Id) -> Result<(Option<Named>, Option<u64>), Error> {
    let mut ids: Vec<Id> = members(source, std::slice::from_ref(root))?.into_iter().collect();
    // The root last: it is the one that a machine made.
    ids.sort_by_key(|id| (id == root, id.shape() != Shape::Email));
    let rows = source.count_of(&ids)?;
    let mut name = Found::default();
    for profile in source.profiles_of(&ids, UPDATES)? {
        name.read(&profile.json);
    }
    let is_known = |id: &&Id| match id.shape() {
        Shape::Email => true,
        Shape::Other => *id != root,
        Shape::Device | Shape::Guid | Shape::WebAnonymous => false,
    };
    let known = ids.iter().find(is_known).cloned().map(Named::Id);
    Ok((name.name.or(name.email).map(|(key, value)| Named::Value(key, value)).or(known), rows))
}

/// What names a person.
enum Named {
    /// A property of a profile.
    Value(String, String),
    Id(Id),
}

/// The last values of a profile that name a person, with their keys.
#[derive(Default)]
struct Found {
    name: Option<(String, String)>,
    email: Option<(String, String)>,
}

impl Found {
    /// Takes what an update sets, which is later than those before.
    fn read(&mut self, json: &str) {
        let Some(serde_json::Value::Object(sets)) = super::terms::update(json) else { return };
        let is = |key: &str, names: &[&str]| {
            let key = key.trim_start_matches('$').to_lowercase();
            names.contains(&key.as_str())
        };
        for (key, value) in &sets {
            let Some(value) = value.as_str().map(str::trim).filter(|value| !value.is_empty()) else { continue };
            if is(key, NAMES) {
                self.name = Some((key.clone(), value.to_owned()));
            } else if is(key, EMAILS) {
                self.email = Some((key.clone(), value.to_owned()));
            }
        }
    }
}

impl Inspector {
    /// Puts the name of each person to the hits, as it may be shown, and the number of their rows.
    ///
    /// Costs some look-ups for each: less than a millisecond for an ordinary person.
    pub fn describe(&self, hits: &mut [Hit]) -> Result<(), Error> {
        let mut done = HashSet::new();
        for hit in hits {
            let shown = hit.root.as_ref().unwrap_or(&hit.id);
            if !done.insert(shown.clone()) {
                continue;
            }
            let (name, rows) = person(&*self.source, &self.meant(shown)?)?;
            hit.person_events = rows;
            hit.name = name.map(|name| self.shown_name(name)).transpose()?;
        }
        Ok(())
    }

    /// The best name of the person whose root is `root`, as it may be shown.
    pub(super) fn best_name(&self, root: &Id) -> Result<Option<String>, Error> {
        self.name_of(&self.meant(root)?)
    }

    /// The same of a root as it is in the store.
    pub(super) fn name_of(&self, root: &Id) -> Result<Option<String>, Error> {
        let (name, _) = person(&*self.source, root)?;
        name.map(|name| self.shown_name(name)).transpose()
    }

    fn shown_name(&self, name: Named) -> Result<String, Error> {
        Ok(match name {
            Named::Id(id) => self.shown(&id)?.as_str().to_owned(),
            Named::Value(key, value) => match self.redacting()? {
                None => value,
                Some((redactor, known)) => redactor.property(&key, &value, &known),
            },
        })
    }
}
