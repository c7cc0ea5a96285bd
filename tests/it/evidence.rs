//! What ties anonymous rows to users, and users to each other (identity.md §5, C06), worked out a
//! second time: from the rows themselves, one by one, without the links and indexes of the engine.

use std::collections::{BTreeMap, BTreeSet};

use journey::identity::{EvidenceKind, Journey, LEGACY, Strength, resolve};
use journey::model::{Flags, Id, Row, Shape, Verb};
use proptest::prelude::*;

use crate::engine::{IDS, any_history};
use crate::known::Slow;
use crate::support::story::facts;

/// One piece of evidence: a user, how, and when it arrived.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    owner: Id,
    kind: EvidenceKind,
}

/// Every row, and where the chain of each id leads in the end.
struct History<'a> {
    rows: &'a [Row],
    roots: BTreeMap<Id, Id>,
    refused: Vec<(Id, Id)>,
}

impl<'a> History<'a> {
    fn new(rows: &'a [Row]) -> Self {
        let mut in_order: Vec<&Row> = rows.iter().collect();
        in_order.sort_by_key(|row| (row.arrival, row.line));
        let (mut table, mut refused) = (BTreeMap::new(), Vec::new());
        let follow = |table: &BTreeMap<Id, Id>, id: &Id| {
            let mut at = id.clone();
            while let Some(next) = table.get(&at) {
                at = next.clone();
            }
            at
        };
        for row in in_order {
            let Verb::Alias { alias: Some(alias), target: Some(target), .. } = &row.verb else { continue };
            let leads_there = follow(&table, alias) == follow(&table, target);
            match table.contains_key(alias) {
                false if !leads_there => _ = table.insert(alias.clone(), target.clone()),
                true if !leads_there => refused.push((alias.clone(), target.clone())),
                _ => {}
            }
        }
        let roots = IDS.iter().map(|id| (Id::new(id), follow(&table, &Id::new(id)))).collect();
        Self { rows, roots, refused }
    }

    fn root(&self, id: &Id) -> Id {
        self.roots.get(id).unwrap_or(id).clone()
    }

    fn cluster(&self, root: &Id) -> BTreeSet<Id> {
        let aliases = self.roots.iter().filter(|(_, end)| *end == root).map(|(id, _)| id.clone());
        aliases.chain([root.clone()]).collect()
    }

    fn is_device(&self, id: &Id) -> bool {
        Slow(self.rows).is_of_device(id)
    }

    /// Whether a row or the form says that `id` names a person; `with_own` counts rows whose id is
    /// their `$user_id`.
    fn is_person(&self, id: &Id, with_own: bool) -> bool {
        let says = |row: &Row| {
            let user = row.user.as_ref() == Some(id);
            let other_id = row.id.as_ref().is_some_and(|own| own != id);
            let other_device = device_of(row).is_some_and(|device| device != id);
            let identified = matches!(&row.verb, Verb::Identify { identified: Some(named), anon: Some(anon) }
                if named == id && anon != id && !(id.shape().is_sdk_made() && anon.shape() == Shape::Email));
            let alias = matches!(&row.verb, Verb::Alias { alias: Some(alias), target, .. }
                if alias == id && target.as_ref() != Some(id));
            let own = with_own && user && row.id.as_ref() == Some(id);
            identified || user && (other_id || other_device) || own || alias && !id.shape().is_sdk_made()
        };
        !id.is_placeholder() && !self.is_device(id) && (id.shape() == Shape::Email || self.rows.iter().any(says))
    }

    fn looks_anonymous(&self, id: &Id) -> bool {
        self.is_device(id) || id.shape().is_sdk_made() && !self.is_person(id, false)
    }

    fn is_known(&self, root: &Id) -> bool {
        self.cluster(root).iter().any(|id| self.is_person(id, false))
    }

    fn is_anonymous(&self, root: &Id) -> bool {
        !self.cluster(root).iter().any(|id| self.is_person(id, true))
    }

    /// The claims of other users on the rows of an anonymous root.
    fn claims(&self, root: &Id) -> BTreeSet<Claim> {
        let mut claims = BTreeSet::new();
        let mut add = |named: &Id, kind: EvidenceKind| {
            let owner = self.root(named);
            if owner != *root && !named.is_placeholder() && !owner.is_placeholder() {
                claims.insert(Claim { owner, kind });
            }
        };
        for id in self.cluster(root).iter().filter(|id| !id.is_placeholder()) {
            let is_this = |other: &Id| other == id || other.as_str() == id.bare();
            for row in self.rows {
                // An `$identify` or `$merge` of a user and a device leaves rows of the device behind.
                let pair = |named: &Id| !self.looks_anonymous(named) || self.looks_anonymous(id);
                match &row.verb {
                    Verb::Identify { identified: Some(named), anon: Some(anon) } if anon == id && pair(named) => {
                        add(named, EvidenceKind::IdentifyEvent);
                    }
                    Verb::Merge { ids } => {
                        for (one, other) in ids.windows(2).map(|pair| (&pair[0], &pair[1])) {
                            for (one, other) in [(one, other), (other, one)] {
                                if one == id && pair(other) {
                                    add(other, EvidenceKind::PreviousId);
                                }
                            }
                        }
                    }
                    _ => {}
                }
                for previous in &row.previous {
                    match row.id.as_ref() {
                        Some(own) if own == id => add(previous, EvidenceKind::BeforeIdentity),
                        Some(own) if previous == id => add(own, EvidenceKind::BeforeIdentity),
                        _ => {}
                    }
                }
                let Some(device) = device_of(row) else { continue };
                if is_this(device)
                    && let Some(user) = row.user.as_ref().filter(|user| *user != device)
                {
                    add(user, EvidenceKind::DeviceAndUser);
                }
                // One device: this row, or another row with the device of a row of the id.
                let own_device = is_this(device)
                    || self.rows.iter().any(|own| own.id.as_ref() == Some(id) && device_of(own) == Some(device));
                if own_device
                    && !device.is_placeholder()
                    && let Some(other) = row.id.as_ref()
                    && self.is_known(&self.root(other))
                {
                    let made_by_sdk = id.shape().is_sdk_made() || device.as_str() == id.bare();
                    add(other, if made_by_sdk { EvidenceKind::SameDevice } else { EvidenceKind::ChosenIdOnDevice });
                }
            }
            for (alias, _) in self.refused.iter().filter(|(_, target)| target == id) {
                let clients: Vec<_> = self
                    .rows
                    .iter()
                    .filter(|row| row.id.as_ref() == Some(id))
                    .filter_map(|row| row.client.as_ref())
                    .collect();
                let servers =
                    !id.shape().is_sdk_made() && !clients.is_empty() && clients.iter().all(|client| client.is_server());
                add(alias, if servers { EvidenceKind::ServerAlias } else { EvidenceKind::RefusedAlias });
            }
        }
        claims
    }

    /// Other known users with rows on a device of this one.
    fn on_devices(&self, root: &Id) -> BTreeSet<Id> {
        let mut found = BTreeSet::new();
        let is_own = |id: &Id| self.root(id) == *root && !id.is_placeholder();
        let devices: BTreeSet<&Id> = self
            .rows
            .iter()
            .filter(|row| row.id.as_ref().is_some_and(is_own))
            .filter_map(device_of)
            .filter(|device| !device.is_placeholder())
            .collect();
        for row in self.rows.iter().filter(|row| device_of(row).is_some_and(|device| devices.contains(device))) {
            let user = row.user.as_ref().filter(|user| Some(*user) != row.device.as_ref());
            // A client that takes its device for the user writes it in capitals or not: that is no one else.
            let of_device =
                |id: &Id| device_of(row).is_some_and(|device| device.bare().eq_ignore_ascii_case(id.bare()));
            for named in row.id.iter().chain(user).filter(|id| !id.is_placeholder()) {
                let other = self.root(named);
                let is_someone = self.cluster(&other).iter().any(|id| !of_device(id) && self.is_person(id, false));
                if other != *root && !other.is_placeholder() && is_someone {
                    found.insert(other);
                }
            }
        }
        found
    }
}

/// The device that sent a row, if the row says so.
fn device_of(row: &Row) -> Option<&Id> {
    row.device.as_ref().filter(|_| !row.flags.has(Flags::HAD_PERSISTED))
}

/// Owner and kinds of evidence of each orphan, or of an anonymous root.
fn kinds(evidence: &[journey::identity::Evidence]) -> BTreeSet<EvidenceKind> {
    evidence.iter().map(|evidence| evidence.kind).collect()
}

fn best(claims: &BTreeSet<Claim>) -> Option<Strength> {
    claims.iter().map(|claim| claim.kind.strength()).max()
}

/// The users with the best evidence, each with all of its evidence.
fn owners(claims: &BTreeSet<Claim>) -> BTreeMap<Id, BTreeSet<EvidenceKind>> {
    let best = best(claims);
    let mut owners: BTreeMap<Id, BTreeSet<EvidenceKind>> = BTreeMap::new();
    for claim in claims {
        let has_best = claims.iter().any(|other| other.owner == claim.owner && Some(other.kind.strength()) == best);
        if has_best {
            owners.entry(claim.owner.clone()).or_default().insert(claim.kind);
        }
    }
    owners
}

fn journeys(rows: &[Row]) -> Vec<Journey> {
    let facts = facts(rows);
    let named = IDS.iter().filter_map(|id| resolve(&facts, &Id::new(id), LEGACY));
    named.filter(|journey| journey.root.is_some()).collect()
}

proptest! {
    #[test]
    fn an_orphan_is_what_the_best_evidence_of_the_rows_ties_to_the_user(history in any_history()) {
        let rows = History::new(&history);
        let roots: BTreeSet<Id> = rows.roots.values().cloned().collect();
        for journey in journeys(&history) {
            let root = journey.root.clone().unwrap();
            let mut expected = BTreeMap::new();
            for other in roots.iter().filter(|other| **other != root && !root.is_placeholder() && !other.is_placeholder()) {
                let cluster = rows.cluster(other);
                let has_rows = history.iter().any(|row| row.id.as_ref().is_some_and(|id| cluster.contains(id)));
                let claims = rows.claims(other);
                let owners = owners(&claims);
                if has_rows && rows.is_anonymous(other) && let Some(evidence) = owners.get(&root) {
                    let users: Vec<Id> = owners.keys().cloned().collect();
                    expected.insert(other.clone(), (best(&claims).unwrap(), users.len() > 1, users, evidence.clone()));
                }
            }
            let found: BTreeMap<_, _> = journey
                .orphans
                .iter()
                .map(|orphan| {
                    let what = (orphan.strength, orphan.contested, orphan.owners.clone(), kinds(&orphan.evidence));
                    (orphan.id.clone(), what)
                })
                .collect();
            prop_assert_eq!(found, expected, "orphans of {:?}", root);
        }
    }

    #[test]
    fn an_anonymous_root_names_the_users_that_its_rows_can_be_of(history in any_history()) {
        let rows = History::new(&history);
        for journey in journeys(&history) {
            let root = journey.root.clone().unwrap();
            let expected = if rows.is_anonymous(&root) { owners(&rows.claims(&root)) } else { BTreeMap::new() };
            let found: BTreeMap<_, _> =
                journey.orphan_of.iter().map(|owner| (owner.root.clone(), kinds(&owner.evidence))).collect();
            prop_assert_eq!(found, expected, "owners of {:?}", root);
            prop_assert!(journey.orphan_of.is_empty() || journey.orphan_of.iter().filter(|owner| owner.suggested).count() == 1);
        }
    }

    #[test]
    fn a_neighbour_is_a_known_user_on_a_device_of_the_user(history in any_history()) {
        let rows = History::new(&history);
        for journey in journeys(&history) {
            let root = journey.root.clone().unwrap();
            let found: BTreeSet<Id> = journey
                .neighbours
                .iter()
                .filter(|neighbour| neighbour.device.is_some())
                .map(|neighbour| neighbour.root.clone())
                .collect();
            prop_assert_eq!(found, rows.on_devices(&root), "neighbours of {:?}", root);
        }
    }
}
