//! Finding an id by a part of it, by a profile value, or nearly.

use std::collections::HashSet;

use super::gather::gather_root;
use crate::identity::World;
use crate::model::{Id, LinkKind, Millis};
use crate::store::{Error, Match, Reader};

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

/// Ids and profile values that match `text`, best first, at most `limit`.
pub(super) fn search(reader: &Reader, text: &str, limit: usize) -> Result<Vec<Hit>, Error> {
    let mut seen = HashSet::new();
    let mut hits = Vec::new();
    for found in reader.find(text, limit)? {
        if !seen.insert(found.id.clone()) {
            continue;
        }
        let (root, kind) = place(reader, &found.id)?;
        let span = reader.span_of(&found.id)?.unwrap_or_default();
        hits.push(Hit {
            kind: if found.found == Match::Profile { HitKind::Profile } else { kind },
            id: found.id,
            root,
            found: found.found,
            via: found.via,
            events: span.events,
            first: span.first,
            last: span.last,
        });
    }
    // Within one way of matching, ids that lead somewhere come before those only mentioned.
    hits.sort_by_key(|hit| (hit.found, hit.root.is_none()));
    Ok(hits)
}

/// The root of `id` and what it is to it.
fn place(reader: &Reader, id: &Id) -> Result<(Option<Id>, HitKind), Error> {
    let facts = gather_root(reader, id)?;
    let world = World::new(&facts);
    if let Some(root) = root_of(reader, &world, id)? {
        let kind = if root == *id { HitKind::Root } else { HitKind::Alias };
        return Ok((Some(root), kind));
    }
    let device = world.links_of(id).any(|link| {
        link.b == *id && matches!(link.kind, LinkKind::IdDevice | LinkKind::UserDevice | LinkKind::PersistedDevice)
    });
    let kind = if device { HitKind::Device } else { HitKind::User };
    let other = id.other_device_form();
    let facts = gather_root(reader, &other)?;
    Ok((root_of(reader, &World::new(&facts), &other)?, kind))
}

/// The root of `id`, if rows are stored under it or the lookup table names it.
fn root_of(reader: &Reader, world: &World<'_>, id: &Id) -> Result<Option<Id>, Error> {
    let has_rows = reader.span_of(id)?.is_some_and(|span| span.events > 0);
    Ok((has_rows || world.knows(id)).then(|| world.root_of(id).clone()))
}

/// Most ids that are compared with a text that nothing matches.
const NEAR_SCAN: usize = 2_000_000;

/// Ids that differ little from `text`, with their number of rows, nearest first.
pub(super) fn near(reader: &Reader, text: &str, limit: usize) -> Result<Vec<(Id, u64)>, Error> {
    let wanted = text.trim().to_lowercase();
    let length = wanted.chars().count();
    let allowed = (length / 4).clamp(1, 3);
    let mut near: Vec<(usize, Id)> = reader
        .all_ids()?
        .into_iter()
        .take(NEAR_SCAN)
        .filter(|id| id.as_str().chars().count().abs_diff(length) <= allowed)
        .filter_map(|id| {
            let distance = strsim::osa_distance(&wanted, &id.as_str().to_lowercase());
            (distance <= allowed).then_some((distance, id))
        })
        .collect();
    near.sort();
    near.truncate(limit);
    near.into_iter()
        .map(|(_, id)| {
            let rows = reader.span_of(&id)?.map_or(0, |span| span.events);
            Ok((id, rows))
        })
        .collect()
}
