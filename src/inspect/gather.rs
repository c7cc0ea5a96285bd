//! Which facts can matter for an id.
//!
//! The engine decides whose a row is; gathering only has to bring enough, and not a whole
//! store. It walks in three steps:
//!
//! 1. the *cluster* of the id: its root and the aliases that lead there, with every alias call
//!    that can have a say in their verdicts;
//! 2. the clusters *next to it*: of ids that a link, a device or a refused alias call puts
//!    beside one of the cluster;
//! 3. for each of those that is anonymous, the clusters next to *it*, because evidence that
//!    points at two users makes an orphan contested.
//!
//! Rows are read for the cluster and for the anonymous ones next to it. Placeholder ids
//! (`undefined`) are never walked through. Every step has a limit ([`Limits`]); one that is met
//! is told in the journey, never silent.
//!
//! Cost: one indexed look-up for each id met; an ordinary user meets a handful.

use std::collections::{BTreeSet, HashSet};

use super::warehouse::Warehouse;
use crate::identity::{Cut, Facts, World};
use crate::model::facts::{AliasCall, Link};
use crate::model::{Id, LinkKind};
use crate::store::Error;

/// How far a walk goes before it stops and says so.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Alias calls read for one alias, and for one target.
    pub calls: usize,
    /// Links read for one id.
    pub links: usize,
    /// Ids of one user.
    pub members: usize,
    /// Ids next to a user that are looked into.
    pub beside: usize,
    /// Rows read for one id.
    pub rows: usize,
    /// Rows read for all orphans together.
    pub orphan_rows: usize,
}

impl Limits {
    /// Far beyond any real person, and still read in well under a second.
    pub const DEFAULT: Self =
        Self { calls: 1_000, links: 500, members: 1_000, beside: 500, rows: 2_000_000, orphan_rows: 100_000 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Reads what the journey of `query` needs.
pub fn gather<W: Warehouse>(warehouse: &W, query: &Id, limits: &Limits) -> Result<Facts, Error> {
    let mut walk = Walk::new(warehouse, limits);
    let seeds = BTreeSet::from([query.clone(), query.other_device_form()]);
    let own = walk.clusters(&seeds)?;
    let beside = walk.beside(&own)?;
    let beside = walk.capped(beside, "ids that share a device, a login or an alias call with this user");
    let next = walk.clusters(&beside)?;
    for id in &next {
        walk.links_of(id)?;
    }
    let anonymous = walk.anonymous(&next);
    let further = walk.beside(&anonymous)?;
    let further = walk.capped(further, "ids that share a device, a login or an alias call with its orphans");
    for id in walk.clusters(&further)? {
        walk.links_of(&id)?;
    }
    walk.rows_of(&own)?;
    if walk.facts.events.is_empty() {
        walk.mentions_of(&seeds)?;
    }
    walk.orphan_rows(anonymous.difference(&own))?;
    Ok(walk.facts)
}

/// Reads only what tells the root of `id` and what it is: no rows, a few calls and links.
pub(super) fn gather_root<W: Warehouse>(warehouse: &W, id: &Id) -> Result<Facts, Error> {
    /// Enough to tell what an id is; which of many calls comes first decides its root.
    const LIMITS: Limits = Limits { calls: 50, links: 20, members: 50, beside: 0, rows: 0, orphan_rows: 0 };
    let mut walk = Walk::new(warehouse, &LIMITS);
    walk.calls_along(id.clone())?;
    for call in warehouse.calls_to(id, 1)? {
        walk.add_call(call);
    }
    walk.links_of(id)?;
    Ok(walk.facts)
}

struct Walk<'w, W> {
    warehouse: &'w W,
    limits: &'w Limits,
    facts: Facts,
    /// Numbers of the calls at hand.
    calls: HashSet<i64>,
    links: HashSet<(LinkKind, Id, Id)>,
    /// Ids whose calls as an alias are at hand, with those of their targets.
    forward: HashSet<Id>,
    /// Ids whose calls as a target are at hand.
    back: HashSet<Id>,
    /// Ids whose links are at hand.
    linked: HashSet<Id>,
}

impl<'w, W: Warehouse> Walk<'w, W> {
    fn new(warehouse: &'w W, limits: &'w Limits) -> Self {
        Self {
            warehouse,
            limits,
            facts: Facts::default(),
            calls: HashSet::new(),
            links: HashSet::new(),
            forward: HashSet::new(),
            back: HashSet::new(),
            linked: HashSet::new(),
        }
    }

    /// The ids of the users that `ids` belong to.
    fn clusters(&mut self, ids: &BTreeSet<Id>) -> Result<BTreeSet<Id>, Error> {
        for id in ids {
            self.calls_along(id.clone())?;
        }
        loop {
            let world = World::new(&self.facts);
            let roots: BTreeSet<Id> = ids.iter().map(|id| world.root_of(id).clone()).collect();
            let members: BTreeSet<Id> = roots.iter().flat_map(|root| world.cluster(root)).collect();
            drop(world);
            let unseen: Vec<Id> = members.iter().filter(|id| !self.back.contains(*id)).cloned().collect();
            if unseen.is_empty() {
                return Ok(members);
            }
            if members.len() > self.limits.members.max(ids.len() * 4) {
                self.cut(format!(
                    "More than {} aliases lead to one id: the rest of them is not shown.",
                    self.limits.members
                ));
                return Ok(members);
            }
            for id in unseen {
                self.calls_onto(&id)?;
            }
        }
    }

    /// Reads the calls that ask for `id`, and so on along all their targets: what it takes to
    /// judge each of them.
    fn calls_along(&mut self, id: Id) -> Result<(), Error> {
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            if !self.forward.insert(id.clone()) {
                continue;
            }
            let calls = self.warehouse.calls_of(&id, self.limits.calls)?;
            if calls.len() >= self.limits.calls {
                self.cut(format!(
                    "More than {} alias calls ask for {}: only the first to arrive are shown.",
                    self.limits.calls,
                    id.as_str()
                ));
            }
            for call in calls {
                todo.extend(call.target.clone());
                self.add_call(call);
            }
        }
        Ok(())
    }

    /// Reads the calls that name `id` as their target, with what it takes to judge them.
    fn calls_onto(&mut self, id: &Id) -> Result<(), Error> {
        self.back.insert(id.clone());
        let calls = self.warehouse.calls_to(id, self.limits.calls)?;
        if calls.len() >= self.limits.calls {
            self.cut(format!(
                "More than {} alias calls point at {}: only the first to arrive are shown.",
                self.limits.calls,
                id.as_str()
            ));
        }
        for call in calls {
            let alias = call.alias.clone();
            self.add_call(call);
            if let Some(alias) = alias {
                self.calls_along(alias)?;
            }
        }
        Ok(())
    }

    fn add_call(&mut self, call: AliasCall) {
        if self.calls.insert(call.row) {
            self.facts.calls.push(call);
        }
    }

    /// Reads the links of `id`, also as a bare device.
    fn links_of(&mut self, id: &Id) -> Result<Vec<Link>, Error> {
        let mut found = Vec::new();
        for form in BTreeSet::from([id.clone(), id.to_bare()]) {
            if form.is_placeholder() {
                continue;
            }
            if !self.linked.insert(form.clone()) {
                found.extend(self.facts.links.iter().filter(|link| link.a == form || link.b == form).cloned());
                continue;
            }
            let links = self.warehouse.links_of(&form, self.limits.links)?;
            if links.len() >= self.limits.links {
                self.cut(format!(
                    "{} shares rows with more than {} ids: the rest is not looked into.",
                    form.as_str(),
                    self.limits.links
                ));
            }
            for link in &links {
                if self.links.insert((link.kind, link.a.clone(), link.b.clone())) {
                    self.facts.links.push(link.clone());
                }
            }
            found.extend(links);
        }
        Ok(found)
    }

    /// Ids that a link, a device or an alias call puts beside one of `ids`.
    fn beside(&mut self, ids: &BTreeSet<Id>) -> Result<BTreeSet<Id>, Error> {
        let mut beside = BTreeSet::new();
        let mut add = |id: &Id| {
            if !id.is_placeholder() {
                beside.extend([id.clone(), id.other_device_form()]);
            }
        };
        let mut devices = BTreeSet::new();
        for id in ids.iter().filter(|id| !id.is_placeholder()) {
            for link in self.links_of(id)? {
                add(&link.a);
                add(&link.b);
                devices.extend(link.device().filter(|device| !device.is_placeholder()).cloned());
            }
        }
        for device in devices {
            for sharing in self.links_of(&device)? {
                add(&sharing.a);
            }
        }
        for call in &self.facts.calls {
            let named: Vec<&Id> = [&call.alias, &call.target].into_iter().flatten().collect();
            if named.iter().any(|id| ids.contains(*id)) {
                named.into_iter().for_each(&mut add);
            }
        }
        Ok(beside.difference(ids).cloned().collect())
    }

    fn capped(&mut self, ids: BTreeSet<Id>, what: &str) -> BTreeSet<Id> {
        if ids.len() <= self.limits.beside {
            return ids;
        }
        self.cut(format!("There are more than {} {what}: the rest is not looked into.", self.limits.beside / 2));
        ids.into_iter().take(self.limits.beside).collect()
    }

    /// Those of `ids` whose user is anonymous.
    fn anonymous(&self, ids: &BTreeSet<Id>) -> BTreeSet<Id> {
        let world = World::new(&self.facts);
        ids.iter().filter(|id| world.is_anonymous(world.root_of(id))).cloned().collect()
    }

    fn rows_of(&mut self, own: &BTreeSet<Id>) -> Result<(), Error> {
        for id in own {
            let rows = self.warehouse.events_of(id, self.limits.rows)?;
            if rows.len() >= self.limits.rows {
                self.cut(format!("{} has more than {} rows: the rest is not shown.", id.as_str(), self.limits.rows));
            }
            self.facts.events.extend(rows);
        }
        Ok(())
    }

    fn orphan_rows<'a>(&mut self, ids: impl Iterator<Item = &'a Id>) -> Result<(), Error> {
        let mut left = self.limits.orphan_rows;
        for id in ids {
            let rows = self.warehouse.events_of(id, left)?;
            left -= rows.len().min(left);
            self.facts.events.extend(rows);
            if left == 0 {
                self.cut(format!(
                    "The orphans have more than {} rows: the rest is not shown.",
                    self.limits.orphan_rows
                ));
                break;
            }
        }
        Ok(())
    }

    /// An id without rows is found where it is named, also by and with a placeholder.
    fn mentions_of(&mut self, forms: &BTreeSet<Id>) -> Result<(), Error> {
        let mut named = BTreeSet::new();
        for form in forms {
            for link in self.warehouse.links_of(form, self.limits.beside)? {
                named.extend([link.a.clone(), link.b.clone()]);
                if self.links.insert((link.kind, link.a.clone(), link.b.clone())) {
                    self.facts.links.push(link);
                }
            }
        }
        for id in named {
            self.calls_along(id)?;
        }
        Ok(())
    }

    fn cut(&mut self, what: String) {
        let cut = Cut { what };
        if !self.facts.cuts.contains(&cut) {
            self.facts.cuts.push(cut);
        }
    }
}
