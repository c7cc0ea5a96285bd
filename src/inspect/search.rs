//! Finding an id by a part of it, by a profile value, or nearly.

use std::collections::{BTreeMap, HashSet};

use super::gather::gather_roots;
use super::warehouse::{Ask, Warehouse};
use crate::identity::World;
use crate::model::facts::Link;
use crate::model::{Id, LinkKind, Millis};
use crate::store::{IdHit, Match};

/// One id that a search found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The id.
    pub id: Id,
    /// Where the rows of its user are stored; `None` when it is only mentioned.
    pub root: Option<Id>,
    /// What it is.
    pub kind: HitKind,
    /// How it was found.
    pub found: Match,
    /// The profile value that was found: (`$email`, `sally@gmail.com`).
    pub via: Option<(String, String)>,
    /// Its rows that are what was asked for, where rows were looked through.
    pub matched: u64,
    /// Rows sent under it.
    pub events: u64,
    /// Time of the first of them.
    pub first: Option<Millis>,
    /// Time of the last of them.
    pub last: Option<Millis>,
}

/// What a found id is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HitKind {
    /// Rows are stored under it.
    Root,
    /// An accepted alias.
    Alias,
    /// Named as a device only.
    Device,
    /// Named as a user, or asked for as an alias, only.
    User,
    /// Found by a value of its profile.
    Profile,
}

impl HitKind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Alias => "alias",
            Self::Device => "device",
            Self::User => "user",
            Self::Profile => "profile",
        }
    }
}

/// An e-mail address or phone number that more than one user has: the hits may be one person, split
/// in two, or two people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The value, as the first hit has it.
    pub value: String,
    /// The roots of the users, best hit first; the id itself where it has no root.
    pub users: Vec<Id>,
}

impl Shared {
    /// Values that several of the hits for `text` have, by alphabet.
    pub fn of(text: &str, hits: &[Hit]) -> Vec<Self> {
        let mut values: BTreeMap<String, Self> = BTreeMap::new();
        for hit in hits {
            let value = match &hit.via {
                Some((key, value)) if is_of_one_person(key) => value.trim(),
                // An id that is an address is a value of its user too.
                None if hit.found == Match::Exact && text.contains('@') => hit.id.as_str(),
                _ => continue,
            };
            let shared = values
                .entry(value.to_lowercase())
                .or_insert_with(|| Self { value: value.to_owned(), users: Vec::new() });
            let user = hit.root.as_ref().unwrap_or(&hit.id);
            if !shared.users.contains(user) {
                shared.users.push(user.clone());
            }
        }
        values.into_values().filter(|shared| shared.users.len() > 1).collect()
    }
}

/// Whether a property of a profile has another value for each person.
fn is_of_one_person(key: &str) -> bool {
    let key = key.to_lowercase();
    key.contains("mail") || key.contains("phone")
}

/// Ids and profile values that match `text`, best first, at most `limit`.
pub(super) fn search<W: Warehouse>(warehouse: &W, text: &str, limit: usize) -> Result<Vec<Hit>, W::Error> {
    placed(warehouse, warehouse.search_ids(text, limit)?)
}

/// What was found, each with what it is and where it leads.
pub(super) fn placed<W: Warehouse>(warehouse: &W, mut found: Vec<IdHit>) -> Result<Vec<Hit>, W::Error> {
    let mut seen = HashSet::new();
    found.retain(|hit| seen.insert(hit.id.clone()));
    let mut hits = in_order(warehouse, found)?;
    // Within one way of matching, ids that lead somewhere come before those only mentioned.
    hits.sort_by_key(|hit| (hit.found, hit.root.is_none()));
    Ok(hits)
}

/// The same in the order given.
pub(super) fn in_order<W: Warehouse>(warehouse: &W, found: Vec<IdHit>) -> Result<Vec<Hit>, W::Error> {
    let places = places(warehouse, &found)?;
    let hits = found
        .into_iter()
        .zip(places)
        .map(|(found, (root, kind))| Hit {
            kind: if found.found == Match::Profile { HitKind::Profile } else { kind },
            id: found.id,
            root,
            found: found.found,
            via: found.via,
            matched: 0,
            events: found.span.events,
            first: found.span.first,
            last: found.span.last,
        })
        .collect();
    Ok(hits)
}

/// Links read of an id to tell what it is.
const LINKS: usize = 20;

/// The root of each id that was found, and what the id is to it.
fn places<W: Warehouse>(warehouse: &W, found: &[IdHit]) -> Result<Vec<(Option<Id>, HitKind)>, W::Error> {
    let ids: Vec<Id> = found.iter().map(|hit| hit.id.clone()).collect();
    let facts = gather_roots(warehouse, &ids)?;
    let world = World::new(&facts);
    let root_of = |hit: &IdHit| {
        let is_known = hit.span.events > 0 || world.knows(&hit.id);
        is_known.then(|| world.root_of(&hit.id).clone())
    };
    let roots: Vec<Option<Id>> = found.iter().map(root_of).collect();

    // What has no root is only mentioned: as a device or a user, and maybe in its other form.
    let named: Vec<Id> = ids.iter().zip(&roots).filter(|(_, root)| root.is_none()).map(|(id, _)| id.clone()).collect();
    let mut mentions = mentions(warehouse, &named)?.into_iter();
    let mut places = Vec::with_capacity(found.len());
    for (id, root) in ids.iter().zip(roots) {
        places.push(match root {
            Some(root) if root == *id => (Some(root), HitKind::Root),
            Some(root) => (Some(root), HitKind::Alias),
            None => mentions.next().unwrap_or((None, HitKind::User)),
        });
    }
    Ok(places)
}

/// The root of each id's other device form, if that one is known, and what the id is named as.
fn mentions<W: Warehouse>(warehouse: &W, ids: &[Id]) -> Result<Vec<(Option<Id>, HitKind)>, W::Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let edges = warehouse.edges(ids, Ask { links: LINKS, ..Ask::default() })?;
    let others: Vec<Id> = ids.iter().map(Id::other_device_form).collect();
    let facts = gather_roots(warehouse, &others)?;
    let world = World::new(&facts);
    let mut mentions = Vec::with_capacity(ids.len());
    for ((id, other), edges) in ids.iter().zip(&others).zip(edges) {
        let as_device = |link: &Link| {
            link.b == *id && matches!(link.kind, LinkKind::IdDevice | LinkKind::UserDevice | LinkKind::PersistedDevice)
        };
        let kind = if edges.links.iter().any(as_device) { HitKind::Device } else { HitKind::User };
        let form = std::slice::from_ref(other);
        let is_known = world.knows(other) || !warehouse.event_heads(form, None, 1)?.is_empty();
        mentions.push((is_known.then(|| world.root_of(other).clone()), kind));
    }
    Ok(mentions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(id: &str, root: Option<&str>, found: Match, via: Option<(&str, &str)>) -> Hit {
        Hit {
            id: Id::new(id),
            root: root.map(Id::new),
            kind: HitKind::Root,
            found,
            matched: 0,
            via: via.map(|(key, value)| (key.to_owned(), value.to_owned())),
            events: 1,
            first: None,
            last: None,
        }
    }

    #[test]
    fn an_address_of_two_users_is_shared_and_a_name_is_not() {
        let by = |id, key, value| hit(id, Some(id), Match::Profile, Some((key, value)));
        let hits = [
            hit("s@x.io", Some("12345"), Match::Exact, None),
            by("777", "$email", "S@x.io "),
            by("12345", "$email", "s@x.io"),
            by("777", "$name", "Sally"),
            by("888", "$name", "Sally"),
            by("888", "Phone", "5"),
        ];
        let users = vec![Id::new("12345"), Id::new("777")];
        assert_eq!(Shared::of("s@x.io", &hits), [Shared { value: "s@x.io".into(), users }]);
        assert_eq!(Shared::of("s@x.io", &hits[2..]), []);
    }

    #[test]
    fn a_user_with_one_address_under_two_ids_is_one() {
        let by = |id, root| hit(id, Some(root), Match::Profile, Some(("email", "s@x.io")));
        assert_eq!(Shared::of("s@x", &[by("a", "r"), by("r", "r")]), []);
        assert_eq!(Shared::of("s@x", &[by("a", "r"), by("b", "q")]).len(), 1);
    }
}
