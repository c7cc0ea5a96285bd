//! Facts with the indexes and the judgements that every question needs.

use std::cell::RefCell;
use std::hash::Hash;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use super::super::facts::Facts;
use super::super::journey::{Owner, Strength, Verdict};
use super::super::memo::Memo;
use super::super::thresholds::Thresholds;
use super::table::{Judged, Table};
use crate::model::facts::{AliasCall, Event, Link};
use crate::model::{Client, Flags, Id, LinkKind, Shape};

/// Links of one device, the first to arrive, that are looked at: far more than any device of a
/// person has, and as many as are read for one journey.
const MOST_LINKS: usize = 500;

/// [`Facts`], indexed, with the lookup table that follows from them.
///
/// Code that gathers facts uses it, too, to see what the facts so far lead to.
pub struct World<'a> {
    /// Alias calls in order of arrival.
    pub calls: Vec<&'a AliasCall>,
    /// The lookup table after all of them.
    pub table: Table,
    links: HashMap<&'a str, Vec<&'a Link>>,
    /// All rows, in the order of the facts.
    rows: &'a [Arc<Event>],
    events: HashMap<&'a Id, Vec<&'a Arc<Event>>>,
    /// Ids that a row sent under them names as its `$user_id`.
    own_users: HashSet<&'a Id>,
    calls_naming: HashMap<&'a Id, Vec<usize>>,
    members: HashMap<Id, Vec<Id>>,
    left_out: &'a HashSet<Id>,
    /// The numbers that findings rest on.
    pub thresholds: Thresholds,
    /// Whether evidence, calls and neighbours say why: a look over every user reads none of the sentences.
    pub(super) says_why: bool,
    /// Answers of [`World::is_known`]: a shared device asks for the same users again and again.
    known: RefCell<HashMap<Id, bool>>,
    /// Answers of [`World::owners_once`].
    owners: RefCell<HashMap<Id, Arc<Owners>>>,
}

/// The users that the best evidence ties an anonymous root to, and how good it is.
type Owners = (Strength, Vec<Owner>);

impl<'a> World<'a> {
    /// Indexes the facts and judges the alias calls.
    pub fn new(facts: &'a Facts) -> Self {
        let mut calls: Vec<&AliasCall> = facts.calls.iter().collect();
        calls.sort_by_key(|call| call.arrival());
        let calls = each_once(calls);
        let table = Table::build(calls.iter().copied());

        // In order of arrival, so that an answer does not depend on how the facts were gathered.
        let mut in_order: Vec<&Link> = facts.links.iter().collect();
        in_order.sort_by_key(|link| (link.arrived, link.source.rank, link.source.line, link.kind, &link.a, &link.b));
        let mut links: HashMap<&str, Vec<&Link>> = HashMap::new();
        for link in in_order {
            links.entry(link.a.as_str()).or_default().push(link);
            if link.a != link.b {
                let of_other = links.entry(link.b.as_str()).or_default();
                // What a hundred thousand users share says no more than what the first of them do.
                if of_other.len() < MOST_LINKS {
                    of_other.push(link);
                }
            }
        }
        let mut events: Memo<'_, Vec<&Arc<Event>>> = Memo::new();
        let mut own_users: HashSet<&Id> = HashSet::new();
        let mut before = None;
        for event in &facts.events {
            let Some(id) = event.id.as_ref() else { continue };
            if let Some(rows) = events.of(id, Vec::new) {
                rows.push(event);
            }
            // The next row of the same sender says nothing new.
            let sender = Arc::as_ptr(&event.sender);
            if before != Some(sender) && event.user.as_ref() == Some(id) {
                own_users.insert(id);
            }
            before = Some(sender);
        }
        let events = events.into_known().into_iter().collect();
        let mut calls_naming: HashMap<&Id, Vec<usize>> = HashMap::new();
        for (index, call) in calls.iter().enumerate() {
            let target = call.target.as_ref().filter(|target| call.alias.as_ref() != Some(target));
            for id in call.alias.as_ref().into_iter().chain(target) {
                calls_naming.entry(id).or_default().push(index);
            }
        }
        // Calls are in order of arrival, and so are the aliases of a root.
        let mut members: HashMap<Id, Vec<Id>> = HashMap::new();
        for (call, judged) in calls.iter().zip(table.verdicts()) {
            let Some(alias) = call.alias.as_ref().filter(|_| judged.verdict == Verdict::Accepted) else { continue };
            if !facts.left_out.contains(alias) {
                members.entry(table.resolve(alias).clone()).or_default().push(alias.clone());
            }
        }
        let (known, owners) = (RefCell::default(), RefCell::default());
        Self {
            calls,
            table,
            links,
            rows: &facts.events,
            events,
            own_users,
            calls_naming,
            members,
            left_out: &facts.left_out,
            thresholds: facts.thresholds,
            says_why: true,
            known,
            owners,
        }
    }

    /// The end of the chain that begins at `id`.
    pub fn root_of<'b>(&'b self, id: &'b Id) -> &'b Id {
        self.table.resolve(id)
    }

    /// `root` and the aliases that lead to it, in order of arrival of their calls.
    pub fn cluster(&self, root: &Id) -> Vec<Id> {
        let mut ids = vec![root.clone()];
        ids.extend(self.members.get(root).into_iter().flatten().cloned());
        ids
    }

    /// Whether the limit of ids of a root left `id` out.
    pub fn is_left_out(&self, id: &Id) -> bool {
        self.left_out.contains(id)
    }

    /// Whether rows are stored under `id` or the lookup table names it.
    pub fn knows(&self, id: &Id) -> bool {
        self.events.contains_key(id)
            || self.calls_of(id).any(|(index, call)| {
                self.verdict(index).is_some_and(|judged| judged.verdict == Verdict::Accepted)
                    || call.target.as_ref() == Some(id)
            })
    }

    /// What became of call `index`.
    pub fn verdict(&self, index: usize) -> Option<&Judged> {
        self.table.verdicts().get(index)
    }

    /// Calls that have `id` as alias or as target, with their indexes, in order of arrival.
    pub fn calls_of(&self, id: &Id) -> impl Iterator<Item = (usize, &'a AliasCall)> {
        self.calls_naming.get(id).into_iter().flatten().filter_map(|&index| Some((index, *self.calls.get(index)?)))
    }

    /// Rows sent under `id`.
    pub fn events_of(&self, id: &Id) -> &[&'a Arc<Event>] {
        self.events.get(id).map_or(&[], Vec::as_slice)
    }

    /// Rows sent under one of `ids`, which are different ones.
    pub fn events_of_all(&self, ids: &[Id]) -> Vec<&'a Arc<Event>> {
        let rows = ids.iter().map(|id| self.events_of(id).len()).sum();
        // The order of the facts is that of time, and needs no sorting.
        if rows == self.rows.len() {
            return self.rows.iter().collect();
        }
        let mut events = Vec::with_capacity(rows);
        events.extend(ids.iter().flat_map(|id| self.events_of(id).iter().copied()));
        events
    }

    /// Links that name `id`, or name it as a device without its prefix.
    pub fn links_of(&self, id: &Id) -> impl Iterator<Item = &'a Link> {
        let bare = (id.bare() != id.as_str()).then(|| id.bare());
        let exact = self.links.get(id.as_str()).into_iter().flatten().copied();
        // The bare text names this device only where a link holds devices.
        let as_device = bare.and_then(|bare| self.links.get(bare)).into_iter().flatten().copied();
        exact.chain(as_device.filter(|link| link.device().is_some_and(|device| device.as_str() == id.bare())))
    }

    /// Whether something shows that `id` names a person that an app knows: an `identify` or
    /// `$user_id` with it, an alias of that name, or the form of an e-mail address.
    ///
    /// A placeholder names no person, and neither does an anonymous id, whatever rows say of it
    /// ([`World::can_be_a_name`]); nor does a GUID because an `$identify` went there from an address
    /// (identity.md #11). An alias of the form of a GUID is one only where a row says so,
    /// too: by itself it is a chain or swapped arguments (identity.md #18).
    pub fn is_person(&self, id: &Id) -> bool {
        self.is_person_by_links(id) || self.own_users.contains(id) && self.can_be_a_name(id)
    }

    /// The same without the rows sent under the id, which are not at hand for every id.
    pub(super) fn is_person_by_links(&self, id: &Id) -> bool {
        if !self.can_be_a_name(id) {
            return false;
        }
        let shape = id.shape();
        if shape == Shape::Email {
            return true;
        }
        if !shape.is_sdk_made() && self.calls_of(id).any(|(_, call)| is_key_of(id, call)) {
            return true;
        }
        self.links.get(id.as_str()).into_iter().flatten().any(|link| match link.kind {
            // A client that goes from an address to a GUID has been reset, or the two are swapped.
            LinkKind::Identify => link.a == *id && !(shape.is_sdk_made() && link.b.shape() == Shape::Email),
            LinkKind::UserDevice => link.a == *id,
            LinkKind::IdUser => link.b == *id,
            _ => false,
        })
    }

    /// Whether `id` can be the name that an app has for a person: it is no placeholder and does
    /// not stand for a device.
    pub fn can_be_a_name(&self, id: &Id) -> bool {
        !id.is_placeholder() && !self.is_of_device(id)
    }

    /// Whether `id` has the form of an anonymous id, or is one by its rows, and nothing says that
    /// it names a person.
    pub fn looks_anonymous(&self, id: &Id) -> bool {
        self.is_of_device(id) || id.shape().is_sdk_made() && !self.is_person_by_links(id)
    }

    /// Whether another root is known to belong to a person: its rows need not be at hand.
    pub fn is_known(&self, root: &Id) -> bool {
        if let Some(&known) = self.known.borrow().get(root) {
            return known;
        }
        let known = self.cluster(root).iter().any(|id| self.is_person_by_links(id));
        self.known.borrow_mut().insert(root.clone(), known);
        known
    }

    /// What `make` gives for an anonymous root, made once.
    pub(super) fn owners_once(&self, root: &Id, make: impl FnOnce() -> Owners) -> Arc<Owners> {
        if let Some(known) = self.owners.borrow().get(root) {
            return Arc::clone(known);
        }
        let made = Arc::new(make());
        self.owners.borrow_mut().insert(root.clone(), Arc::clone(&made));
        made
    }

    /// Whether `id` is an anonymous id that a client made for itself: by its form alone
    /// (`$device:…`, T-R-UA-S-T), as a GUID that rows name as their device, or as an id that its
    /// own rows name as their device (captures A10). Apps have GUIDs for people too.
    pub fn is_of_device(&self, id: &Id) -> bool {
        let is_device = |link: &Link| link.device().is_some_and(|device| device.as_str() == id.bare());
        match id.shape() {
            Shape::Device | Shape::WebAnonymous => true,
            Shape::Email => false,
            Shape::Guid => self.links_of(id).any(is_device),
            Shape::Other => self
                .links_of(id)
                .any(|link| link.kind == LinkKind::IdDevice && link.a.bare() == id.bare() && is_device(link)),
        }
    }

    /// Whether no id of this root's cluster, whose rows are at hand, names a person.
    pub fn is_anonymous(&self, root: &Id) -> bool {
        !self.cluster(root).iter().any(|id| self.is_person(id))
    }

    /// Whether no SDK made `id` and only server libraries send rows under it.
    pub fn is_of_server(&self, id: &Id) -> bool {
        let clients = || self.events_of(id).iter().filter_map(|event| event.client.as_ref());
        !id.shape().is_sdk_made() && clients().next().is_some() && clients().all(Client::is_server)
    }
}

/// `calls` without those that another file holds too.
pub(in crate::identity) fn each_once(calls: Vec<&AliasCall>) -> Vec<&AliasCall> {
    once_in_files(calls, |call| {
        let known = !call.flags.has(Flags::ARRIVAL_UNKNOWN);
        let what = (&call.alias, &call.target, call.time, known.then_some(call.arrived), call.from_table);
        (call.source.rank, what)
    })
}

/// `calls` without those that another file holds too: exports overlap, and the server had such
/// a call once. Equal calls in *one* file are calls that it had twice. `of` gives the file of a call, and what it says.
pub(crate) fn once_in_files<C, F: Copy + Eq + Hash, W: Copy + Eq + Hash>(
    mut calls: Vec<C>,
    of: impl Fn(&C) -> (F, W),
) -> Vec<C> {
    // In one file there is no overlap: what follows would keep every call, only more slowly.
    let file = calls.first().map(|call| of(call).0);
    if calls.iter().all(|call| Some(of(call).0) == file) {
        return calls;
    }
    let mut in_file: HashMap<_, u32> = HashMap::new();
    let mut seen = HashSet::new();
    calls.retain(|call| {
        let (file, what) = of(call);
        let occurrence = in_file.entry((what, file)).or_default();
        *occurrence += 1;
        seen.insert((what, *occurrence))
    });
    calls
}

/// Whether `call` asks for alias `id`, and not of itself.
fn is_key_of(id: &Id, call: &AliasCall) -> bool {
    call.alias.as_ref() == Some(id) && call.target.as_ref() != Some(id)
}
