//! Which facts can matter for an id.
//!
//! The engine decides whose a row is; gathering only has to bring enough, and not a whole
//! store. It walks in three steps:
//!
//! 1. the *cluster* of the id: its root and the aliases that lead there, with every alias call
//!    that can have a say in their verdicts;
//! 2. the clusters *next to it*: of ids that a link, a device or a refused alias call puts
//!    next to one of the cluster;
//! 3. for each of those that is anonymous, the clusters next to *it*, because evidence that
//!    points at two users makes an orphan contested.
//!
//! Rows are read for the cluster and for the anonymous ones next to it. Placeholder ids
//! (`undefined`) are never walked through. Every step has a limit ([`Limits`]); one that is met
//! is noted in the journey, never silent.
//!
//! Rules that join ids by links need more: everything that is reached ([`gather_by`]).
//!
//! Cost: one indexed look-up for each id met; an ordinary user meets a handful. Ids that are met
//! together are asked for together: a warehouse far away answers a handful of questions.

mod reach;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

pub use self::reach::gather_by;
pub(super) use self::reach::{gather_rows_by, reach};
use super::Error;
use super::source::{Ask, Edges, Lookup};
use crate::identity::{Cut, CutOf, Facts, Table, World};
use crate::model::facts::{AliasCall, Arrival, Event, Link};
use crate::model::{Id, LinkKind};

/// Ids that look like one of the user that are listed.
const MOST_ALIKE: usize = 20;

/// How far a walk goes before it stops and says so.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Alias calls read for one alias, and for one target.
    pub calls: usize,
    /// Links read for one id.
    pub links: usize,
    /// Ids of one user, its root among them. Those nearest to the root are listed, so that the
    /// answer is the same from whichever of the ids one asks.
    pub members: usize,
    /// Ids next to a user that are looked into.
    pub linked: usize,
    /// Ids of one user for which the store is searched for ids that look the same.
    pub alike: usize,
    /// Rows read for one user.
    pub rows: usize,
    /// Rows read for all orphans together.
    pub orphan_rows: usize,
}

impl Limits {
    /// Far beyond any real person, and still read in well under a second.
    pub const DEFAULT: Self =
        Self { calls: 1_000, links: 500, members: 1_000, linked: 500, alike: 6, rows: 2_000_000, orphan_rows: 100_000 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Reads what the journey of `query` needs.
pub fn gather<W: Lookup + ?Sized>(warehouse: &W, query: &Id, limits: &Limits) -> Result<Facts, Error> {
    gather_rows(warehouse, query, limits).map(|(facts, _)| facts)
}

/// The same, and whether the limits of rows left some out.
pub(super) fn gather_rows<W: Lookup + ?Sized>(
    warehouse: &W,
    query: &Id,
    limits: &Limits,
) -> Result<(Facts, bool), Error> {
    let mut walk = Walk::new(warehouse, limits);
    let seeds = BTreeSet::from([query.clone(), query.other_device_form()]);
    let own = walk.clusters(&seeds)?;
    let linked = walk.linked(&own)?;
    let linked = walk.capped(linked, "ids that share a device, a login or an alias call with this user");
    let next = walk.clusters(&linked)?;
    walk.read_links(&next)?;
    let anonymous = walk.anonymous(&next);
    let further = walk.linked(&anonymous)?;
    let further = walk.capped(further, "ids that share a device, a login or an alias call with its orphans");
    let further = walk.clusters(&further)?;
    walk.read_links(&further)?;
    let (own_ids, others): (Vec<Id>, Vec<Id>) =
        (own.iter().cloned().collect(), anonymous.difference(&own).cloned().collect());
    let asked = [(&*own_ids, limits.rows), (&*others, limits.orphan_rows)];
    let mut rows = warehouse.heads_of_each(&asked.map(|(ids, most)| (ids, most.saturating_add(1))))?.into_iter();
    let more_own = walk.keep_rows(rows.next().unwrap_or_default(), limits.rows);
    if more_own {
        let note = format!("This user has more than {} rows: the rest is not shown.", limits.rows);
        walk.cut(CutOf::Rows, note);
    }
    walk.find_alike(query, &own)?;
    if walk.facts.events.is_empty() {
        walk.mentions_of(&seeds)?;
    }
    let more = walk.keep_rows(rows.next().unwrap_or_default(), limits.orphan_rows);
    if more {
        let note = format!("The orphans have more than {} rows: the rest is not shown.", limits.orphan_rows);
        walk.cut(CutOf::Around, note);
    }
    Ok((walk.facts, more || more_own))
}

/// Reads only the alias calls that tell the roots of `ids`: no rows, no links.
pub(super) fn gather_roots<W: Lookup + ?Sized>(warehouse: &W, ids: &[Id]) -> Result<Facts, Error> {
    /// Which of many calls comes first decides a root; more say no more.
    const LIMITS: Limits = Limits { calls: 50, links: 0, members: 50, linked: 0, alike: 0, rows: 0, orphan_rows: 0 };
    let mut walk = Walk::new(warehouse, &LIMITS);
    walk.calls_along(ids.to_vec())?;
    for edges in warehouse.edges(ids, Ask { calls_to: 1, ..Ask::default() })? {
        for call in edges.calls_to {
            walk.add_call(call);
        }
    }
    Ok(walk.facts)
}

/// For the ids of users, without their rows.
const USERS: Limits = Limits { links: 0, linked: 0, rows: 0, orphan_rows: 0, ..Limits::DEFAULT };

/// All ids of the users that `ids` belong to.
pub(super) fn members<W: Lookup + ?Sized>(warehouse: &W, ids: &[Id]) -> Result<BTreeSet<Id>, Error> {
    Walk::new(warehouse, &USERS).clusters(&ids.iter().cloned().collect())
}

/// The root of the user whom `id` belongs to, and all of their ids.
pub(super) fn user_of<W: Lookup + ?Sized>(warehouse: &W, id: &Id) -> Result<(Id, BTreeSet<Id>), Error> {
    let mut walk = Walk::new(warehouse, &USERS);
    let ids = walk.clusters(&BTreeSet::from([id.clone()]))?;
    Ok((walk.table.resolve(id).clone(), ids))
}

/// The users of some ids, as far as the limit lets see.
#[derive(Default)]
struct Near {
    members: BTreeSet<Id>,
    /// Ids that lead to the same roots, and are more than the limit allows.
    left_out: HashSet<Id>,
    /// The roots of those.
    larger: BTreeSet<Id>,
}

struct Walk<'w, W: ?Sized> {
    warehouse: &'w W,
    limits: &'w Limits,
    facts: Facts,
    /// Numbers of the calls at hand.
    calls: HashSet<i64>,
    /// What became of the calls that were at hand when that was asked last.
    table: Table,
    /// Indexes of the calls at hand by their alias, and by their target.
    of_alias: HashMap<Id, Vec<usize>>,
    onto: HashMap<Id, Vec<usize>>,
    /// Links at hand.
    links: HashSet<(LinkKind, Id, Id)>,
    /// Indexes of the links at hand by the ids that they name.
    naming: HashMap<Id, Vec<usize>>,
    /// Ids whose calls as an alias are at hand, with those of their targets.
    forward: HashSet<Id>,
    /// Ids whose calls as a target are at hand.
    back: HashSet<Id>,
    /// Ids whose links are at hand.
    linked: HashSet<Id>,
}

impl<'w, W: Lookup + ?Sized> Walk<'w, W> {
    fn new(warehouse: &'w W, limits: &'w Limits) -> Self {
        Self {
            warehouse,
            limits,
            facts: Facts::default(),
            calls: HashSet::new(),
            table: Table::default(),
            of_alias: HashMap::new(),
            onto: HashMap::new(),
            links: HashSet::new(),
            naming: HashMap::new(),
            forward: HashSet::new(),
            back: HashSet::new(),
            linked: HashSet::new(),
        }
    }

    /// The ids of the users that `ids` belong to: of each user those nearest to its root.
    fn clusters(&mut self, ids: &BTreeSet<Id>) -> Result<BTreeSet<Id>, Error> {
        self.calls_along(ids.iter().cloned().collect())?;
        loop {
            let Near { members, left_out, larger } = self.near_roots(ids);
            let unseen: Vec<Id> = members.iter().filter(|id| !self.back.contains(*id)).cloned().collect();
            if unseen.is_empty() {
                for root in larger {
                    self.cut(
                        CutOf::Ids,
                        format!(
                            "More than {} ids lead to {}: those nearest to it are shown, the first to arrive.",
                            self.limits.members,
                            root.as_str()
                        ),
                    );
                }
                self.facts.left_out.extend(left_out);
                return Ok(members);
            }
            self.calls_towards(unseen, members)?;
        }
    }

    /// What the calls at hand say of the users of `ids`, each from its root outwards and in order
    /// of arrival, up to the limit.
    fn near_roots(&mut self, ids: &BTreeSet<Id>) -> Near {
        self.judge();
        let table = &self.table;
        let roots: BTreeSet<&Id> = ids.iter().map(|id| table.resolve(id)).collect();
        let most = self.limits.members;
        let mut left = if ids.len() <= 2 { most.saturating_mul(2) } else { most.max(ids.len() * 4) };
        let mut near = Near::default();
        let mut is_whole = true;
        for root in &roots {
            let room = most.min(left).max(1);
            let mut found: Vec<&Id> = vec![root];
            let mut at = 0;
            while let Some(target) = found.get(at).copied().filter(|_| found.len() < room) {
                let more = room - found.len();
                found.extend(self.aliases_onto(target).into_iter().take(more));
                at += 1;
            }
            is_whole &= found.len() < room;
            left = left.saturating_sub(found.len());
            near.members.extend(found.into_iter().cloned());
        }
        for call in self.facts.calls.iter().filter(|_| !is_whole) {
            let Some(alias) = call.alias.as_ref().filter(|alias| !near.members.contains(*alias)) else { continue };
            let root = table.resolve(alias);
            if root != alias && roots.contains(root) {
                near.left_out.insert(alias.clone());
                near.larger.insert(root.clone());
            }
        }
        near
    }

    /// The aliases that the calls at hand were accepted for, for `target` itself, in order of arrival.
    fn aliases_onto(&self, target: &Id) -> Vec<&Id> {
        let calls = self.onto.get(target).into_iter().flatten().filter_map(|at| self.facts.calls.get(*at));
        let accepted = calls.filter_map(|call| {
            let (alias, arrival) = (call.alias.as_ref()?, call.arrival());
            self.table.entry(alias).is_some_and(|entry| entry.arrival == arrival).then_some((arrival, alias))
        });
        let mut aliases: Vec<(Arrival, &Id)> = accepted.collect();
        aliases.sort_unstable_by_key(|(arrival, _)| *arrival);
        aliases.into_iter().map(|(_, alias)| alias).collect()
    }

    /// Judges the calls at hand, unless that is done.
    fn judge(&mut self) {
        if self.table.verdicts().len() != self.facts.calls.len() {
            let mut calls: Vec<&AliasCall> = self.facts.calls.iter().collect();
            calls.sort_unstable_by_key(|call| call.arrival());
            self.table = Table::build(calls);
        }
    }

    /// Reads the calls that point at `unseen`, and on to the ids that surely lead there, up to the
    /// limit: a long chain in one go.
    ///
    /// An id that is not among those `seen` on the way from the root, and whose first call points
    /// at one that leads there, leads there too: its call closes no circle.
    fn calls_towards(&mut self, unseen: Vec<Id>, mut seen: BTreeSet<Id>) -> Result<(), Error> {
        let most = seen.len().saturating_add(self.limits.members);
        let mut todo = unseen;
        while !todo.is_empty() {
            self.calls_onto(todo.clone())?;
            let mut next = Vec::new();
            for target in &todo {
                for call in self.onto.get(target).into_iter().flatten().filter_map(|at| self.facts.calls.get(*at)) {
                    let Some(alias) = call.alias.as_ref().filter(|alias| !seen.contains(*alias)) else { continue };
                    if self.first_target(alias) == Some(target) {
                        seen.insert(alias.clone());
                        next.push(alias.clone());
                    }
                }
            }
            next.retain(|id| !self.back.contains(id));
            if seen.len() >= most {
                return Ok(());
            }
            todo = next;
        }
        Ok(())
    }

    /// What the first call of an alias to arrive that names two ids points at.
    fn first_target(&self, alias: &Id) -> Option<&Id> {
        let calls = self.of_alias.get(alias)?.iter().filter_map(|at| self.facts.calls.get(*at));
        let first = calls.filter(|call| call.target.as_ref().is_some_and(|target| target != alias));
        first.min_by_key(|call| call.arrival())?.target.as_ref()
    }

    /// Reads the calls that ask for `ids`, and so on along all their targets: what it takes to
    /// judge each of them.
    fn calls_along(&mut self, ids: Vec<Id>) -> Result<(), Error> {
        let mut todo = ids;
        loop {
            todo.retain(|id| self.forward.insert(id.clone()));
            if todo.is_empty() {
                return Ok(());
            }
            let ask = Ask { calls_of: self.limits.calls, ..Ask::default() };
            let mut next = Vec::new();
            for (id, Edges { calls_of, .. }) in todo.iter().zip(self.warehouse.edges(&todo, ask)?) {
                if calls_of.len() >= self.limits.calls {
                    self.cut(
                        CutOf::Around,
                        format!(
                            "More than {} alias calls ask for {}: only the first to arrive are shown.",
                            self.limits.calls,
                            id.as_str()
                        ),
                    );
                }
                for call in calls_of {
                    next.extend(call.target.clone());
                    self.add_call(call);
                }
            }
            todo = next;
        }
    }

    /// Reads the calls that name `ids` as their targets, with what it takes to judge them.
    fn calls_onto(&mut self, ids: Vec<Id>) -> Result<(), Error> {
        let ask = Ask { calls_to: self.limits.calls, ..Ask::default() };
        let mut aliases = Vec::new();
        for (id, Edges { calls_to, .. }) in ids.iter().zip(self.warehouse.edges(&ids, ask)?) {
            if calls_to.len() >= self.limits.calls {
                self.cut(
                    CutOf::Around,
                    format!(
                        "More than {} alias calls point at {}: only the first to arrive are shown.",
                        self.limits.calls,
                        id.as_str()
                    ),
                );
            }
            for call in calls_to {
                aliases.extend(call.alias.clone());
                self.add_call(call);
            }
        }
        self.back.extend(ids);
        self.calls_along(aliases)
    }

    fn add_call(&mut self, call: AliasCall) {
        if self.calls.insert(call.row) {
            let at = self.facts.calls.len();
            for (id, index) in [(&call.alias, &mut self.of_alias), (&call.target, &mut self.onto)] {
                if let Some(id) = id {
                    index.entry(id.clone()).or_default().push(at);
                }
            }
            self.facts.calls.push(call);
        }
    }

    /// Reads the links of `ids`, also as bare devices; those of placeholders say nothing.
    fn read_links<'a>(&mut self, ids: impl IntoIterator<Item = &'a Id>) -> Result<(), Error> {
        let forms: BTreeSet<Id> = ids.into_iter().flat_map(|id| [id.clone(), id.to_bare()]).collect();
        let forms: Vec<Id> =
            forms.into_iter().filter(|form| !form.is_placeholder() && self.linked.insert(form.clone())).collect();
        if forms.is_empty() {
            return Ok(());
        }
        let ask = Ask { links: self.limits.links, ..Ask::default() };
        for (form, Edges { links, .. }) in forms.iter().zip(self.warehouse.edges(&forms, ask)?) {
            if links.len() >= self.limits.links {
                self.cut(
                    CutOf::Around,
                    format!(
                        "{} shares rows with more than {} ids: the rest is not searched.",
                        form.as_str(),
                        self.limits.links
                    ),
                );
            }
            for link in links {
                self.add_link(link);
            }
        }
        Ok(())
    }

    fn add_link(&mut self, link: Link) {
        if self.links.insert((link.kind, link.a.clone(), link.b.clone())) {
            let at = self.facts.links.len();
            for id in BTreeSet::from([&link.a, &link.b]) {
                self.naming.entry(id.clone()).or_default().push(at);
            }
            self.facts.links.push(link);
        }
    }

    /// The links at hand that name `id`, or it as a bare device.
    fn links_of(&self, id: &Id) -> impl Iterator<Item = &Link> {
        let forms = BTreeSet::from([id.clone(), id.to_bare()]);
        let indexes = forms.into_iter().flat_map(|form| self.naming.get(&form).into_iter().flatten());
        indexes.filter_map(|at| self.facts.links.get(*at))
    }

    /// Ids that a link, a device or an alias call links to one of `ids`.
    fn linked(&mut self, ids: &BTreeSet<Id>) -> Result<BTreeSet<Id>, Error> {
        let speaking: Vec<&Id> = ids.iter().filter(|id| !id.is_placeholder()).collect();
        self.read_links(speaking.iter().copied())?;
        let links = speaking.iter().flat_map(|id| self.links_of(id));
        let devices = links.filter_map(Link::device).filter(|device| !device.is_placeholder());
        let devices: BTreeSet<Id> = devices.cloned().collect();
        self.read_links(&devices)?;

        let mut linked = BTreeSet::new();
        let mut add = |id: &Id| {
            if !id.is_placeholder() {
                linked.extend([id.clone(), id.other_device_form()]);
            }
        };
        for link in speaking.iter().flat_map(|id| self.links_of(id)) {
            add(&link.a);
            add(&link.b);
        }
        for sharing in devices.iter().flat_map(|device| self.links_of(device)) {
            add(&sharing.a);
        }
        for call in &self.facts.calls {
            let named: Vec<&Id> = [&call.alias, &call.target].into_iter().flatten().collect();
            if named.iter().any(|id| ids.contains(*id)) {
                named.into_iter().filter(|id| !ids.contains(*id)).for_each(&mut add);
            }
        }
        let left_out = &self.facts.left_out;
        Ok(linked.difference(ids).filter(|id| !left_out.contains(*id)).cloned().collect())
    }

    fn capped(&mut self, ids: BTreeSet<Id>, what: &str) -> BTreeSet<Id> {
        if ids.len() <= self.limits.linked {
            return ids;
        }
        self.cut(
            CutOf::Around,
            format!("There are more than {} {what}: the others are not searched.", self.limits.linked / 2),
        );
        ids.into_iter().take(self.limits.linked).collect()
    }

    /// Looks for ids that look like `query`, or another id of its user, and belong to another user.
    fn find_alike(&mut self, query: &Id, own: &BTreeSet<Id>) -> Result<(), Error> {
        let others = own.iter().filter(|id| *id != query);
        // Ids that SDKs make are written by programs alone, and come last.
        let (made, chosen): (Vec<&Id>, Vec<&Id>) = others.partition(|id| id.shape().is_sdk_made());
        let ids = [query].into_iter().chain(chosen).chain(made).filter(|id| !id.is_placeholder());
        for id in ids.take(self.limits.alike) {
            for alike in self.warehouse.ids_alike(id, MOST_ALIKE)? {
                let known = self.facts.alike.iter().any(|(_, known)| *known == alike);
                if !known && !own.contains(&alike) && !self.facts.left_out.contains(&alike) {
                    self.facts.alike.push((id.clone(), alike));
                }
            }
        }
        Ok(())
    }

    /// Those of `ids` whose user is anonymous.
    fn anonymous(&self, ids: &BTreeSet<Id>) -> BTreeSet<Id> {
        if ids.is_empty() {
            return BTreeSet::new();
        }
        let world = World::new(&self.facts);
        ids.iter().filter(|id| world.is_anonymous(world.root_of(id))).cloned().collect()
    }

    /// Reads the rows of `ids`, up to `limit`; tells whether there are more.
    fn rows_of(&mut self, ids: &[Id], limit: usize) -> Result<bool, Error> {
        if ids.is_empty() {
            return Ok(false);
        }
        let rows = self.warehouse.heads_of_each(&[(ids, limit.saturating_add(1))])?.into_iter().next();
        Ok(self.keep_rows(rows.unwrap_or_default(), limit))
    }

    /// Keeps rows up to `limit`; tells whether there are more.
    fn keep_rows(&mut self, mut rows: Vec<Arc<Event>>, limit: usize) -> bool {
        let more = rows.len() > limit;
        rows.truncate(limit);
        if self.facts.events.is_empty() {
            self.facts.events = rows;
        } else {
            self.facts.events.extend(rows);
        }
        more
    }

    /// An id without rows is found where it is named, also by and with a placeholder.
    fn mentions_of(&mut self, forms: &BTreeSet<Id>) -> Result<(), Error> {
        let forms: Vec<Id> = forms.iter().cloned().collect();
        let mut named = Vec::new();
        for edges in self.warehouse.edges(&forms, Ask { links: self.limits.linked, ..Ask::default() })? {
            for link in edges.links {
                named.extend([link.a.clone(), link.b.clone()]);
                self.add_link(link);
            }
        }
        self.calls_along(named)
    }

    fn cut(&mut self, of: CutOf, what: String) {
        let cut = Cut { of, what };
        if !self.facts.cuts.contains(&cut) {
            self.facts.cuts.push(cut);
        }
    }
}
