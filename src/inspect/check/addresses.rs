//! E-mail addresses of several users (identity.md §6 #17).
//!
//! Addresses are those of profiles, and ids that are one. Users are ids that no call, no `$identify`, no
//! device and no user of a row joins: what a user was before, and who used one device, have findings of
//! their own.
//!
//! Memory: 12 bytes for each address.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

use super::super::{Error, Scan, Sweep};
use super::Person;
use super::gathered::Gathered;
use crate::identity::audit::MOST_TOLD;
use crate::model::facts::Source;
use crate::model::money::Amounts;
use crate::model::{Id, Shape};

/// Properties of a profile that are an address.
const ADDRESSES: [&str; 2] = ["$email", "email"];

/// An address with one id of each user who has it, those with the most rows first.
pub(super) struct Shared(Vec<u32>);

/// The address that a text is, as it is compared.
fn address(text: &str) -> Option<String> {
    let text = text.trim();
    (text.contains('@') && Id::new(text).shape() == Shape::Email).then(|| text.to_lowercase())
}

/// Addresses that several users have, the one with the most rows first.
pub(super) fn shared(scan: &dyn Scan, gathered: &mut Gathered) -> Result<Vec<Shared>, Error> {
    // An address as its hash, the id that has it, and whether a profile says so.
    let mut known: Vec<(u64, u32, bool)> = Vec::new();
    let number = |id: i64| u32::try_from(id).unwrap_or(u32::MAX);
    scan.each_value(None, &mut |id, key, value| {
        if ADDRESSES.contains(&key)
            && let Some(address) = address(value)
        {
            known.push((xxh3_64(address.as_bytes()), number(id), true));
        }
    })?;
    // Ids that are spellings of one address have a finding of their own.
    if known.is_empty() {
        return Ok(Vec::new());
    }
    for id in (1_i64..).take(gathered.ids().saturating_sub(1)) {
        if let Some(address) = address(gathered.text(id)) {
            known.push((xxh3_64(address.as_bytes()), number(id), false));
        }
    }
    known.retain(|(_, id, _)| !gathered.is_placeholder(i64::from(*id)));
    known.sort_unstable();
    let mut found: Vec<(u64, Shared)> = Vec::new();
    for group in known.chunk_by(|(one, ..), (other, ..)| one == other) {
        if group.len() < 2 || !group.iter().any(|(_, _, of_profile)| *of_profile) {
            continue;
        }
        // Of each user the id with the most rows.
        let mut users: BTreeMap<u32, (u64, u32)> = BTreeMap::new();
        for (_, id, _) in group {
            let rows = gathered.rows_of(*id);
            let best = users.entry(gathered.part_of(*id)).or_insert((rows, *id));
            if rows > best.0 {
                *best = (rows, *id);
            }
        }
        if users.len() > 1 {
            let mut users: Vec<(u64, u32)> = users.into_values().collect();
            users.sort_unstable_by(|(a, one), (b, other)| b.cmp(a).then(one.cmp(other)));
            let rows = users.iter().map(|(rows, _)| rows).sum();
            found.push((rows, Shared(users.into_iter().map(|(_, id)| id).collect())));
        }
    }
    found.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.0.cmp(&other.0)));
    Ok(found.into_iter().map(|(_, shared)| shared).collect())
}

impl Shared {
    /// Users with the address.
    pub(super) fn users(&self) -> u64 {
        self.0.len() as u64
    }

    /// One id of each of them.
    pub(super) fn ids<'a>(&'a self, gathered: &'a Gathered) -> impl Iterator<Item = Id> + 'a {
        self.0.iter().map(|id| Id::new(gathered.text(i64::from(*id))))
    }

    /// Where their profiles say it, and the address as a profile writes it.
    pub(super) fn proof(&self, reader: &dyn Sweep, gathered: &Gathered) -> Result<(Vec<Source>, String), Error> {
        let ids: Vec<Id> = self.ids(gathered).take(MOST_TOLD).collect();
        let (mut sources, mut written) = (Vec::new(), String::new());
        for profile in reader.profiles_of(&ids, usize::MAX)? {
            let update: serde_json::Value = serde_json::from_str(&profile.json).unwrap_or_default();
            let texts = update.as_object().into_iter().flat_map(|parts| parts.values()).chain([&update]);
            let texts = texts.flat_map(|part| ADDRESSES.iter().filter_map(|name| part.get(name)?.as_str()));
            if let Some(text) = texts.into_iter().find(|text| address(text).is_some()) {
                if written.is_empty() {
                    text.trim().clone_into(&mut written);
                }
                sources.push(profile.source);
            }
        }
        sources.truncate(MOST_TOLD);
        Ok((sources, written))
    }
}

/// Every user who has the address of another.
pub(super) fn people(shared: &[Shared], gathered: &Gathered) -> Vec<Person> {
    let ids = shared.iter().flat_map(|shared| shared.ids(gathered));
    let person = |id: Id| Person {
        root: id.clone(),
        id,
        name: None,
        known: true,
        rows: 0,
        amounts: Amounts::default(),
        since: None,
    };
    ids.map(person).collect()
}
