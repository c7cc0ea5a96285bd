//! Finding an id by a part of it, by a profile value, or nearly.

use std::collections::HashSet;

use super::Error;
use super::gather::gather_roots;
use super::source::{Ask, Lookup, Source};
use crate::identity::World;
use crate::model::facts::Link;
use crate::model::hit::{Hit, HitKind, IdHit, Match};
use crate::model::{Id, LinkKind};

/// Ids and profile values that match `text`, best first, at most `limit`.
pub(super) fn search(warehouse: &dyn Source, text: &str, limit: usize) -> Result<Vec<Hit>, Error> {
    placed(warehouse, warehouse.search_ids(text, limit)?)
}

/// What was found, each with what it is and where it leads.
pub(super) fn placed<W: Lookup + ?Sized>(warehouse: &W, mut found: Vec<IdHit>) -> Result<Vec<Hit>, Error> {
    let mut seen = HashSet::new();
    found.retain(|hit| seen.insert(hit.id.clone()));
    let mut hits = in_order(warehouse, found)?;
    // Within one way of matching, ids that lead somewhere come before those only mentioned.
    hits.sort_by_key(|hit| (hit.found, hit.root.is_none()));
    Ok(hits)
}

/// The same in the order given.
pub(super) fn in_order<W: Lookup + ?Sized>(warehouse: &W, found: Vec<IdHit>) -> Result<Vec<Hit>, Error> {
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
            name: None,
            person: None,
        })
        .collect();
    Ok(hits)
}

/// Links read of an id to tell what it is.
const LINKS: usize = 20;

/// The root of each id that was found, and what the id is to it.
fn places<W: Lookup + ?Sized>(warehouse: &W, found: &[IdHit]) -> Result<Vec<(Option<Id>, HitKind)>, Error> {
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
fn mentions<W: Lookup + ?Sized>(warehouse: &W, ids: &[Id]) -> Result<Vec<(Option<Id>, HitKind)>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let edges = warehouse.edges(ids, Ask { links: LINKS, ..Ask::default() })?;
    let others: Vec<Id> = ids.iter().map(Id::other_device_form).collect();
    let facts = gather_roots(warehouse, &others)?;
    let world = World::new(&facts);
    let asked: Vec<(&[Id], usize)> = others.iter().map(|other| (std::slice::from_ref(other), 1)).collect();
    let rows = warehouse.heads_of_each(&asked)?;
    let mut mentions = Vec::with_capacity(ids.len());
    for (((id, other), edges), rows) in ids.iter().zip(&others).zip(edges).zip(rows) {
        let as_device = |link: &Link| {
            link.b == *id && matches!(link.kind, LinkKind::IdDevice | LinkKind::UserDevice | LinkKind::PersistedDevice)
        };
        let kind = if edges.links.iter().any(as_device) { HitKind::Device } else { HitKind::User };
        let is_known = world.knows(other) || !rows.is_empty();
        mentions.push((is_known.then(|| world.root_of(other).clone()), kind));
    }
    Ok(mentions)
}
