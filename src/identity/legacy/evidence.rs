//! What ties anonymous rows to a user that no alias leads to (identity.md §5).
//!
//! Proof says that *one client state* went from one id to the other, or that the app
//! claimed it; it does not say that one human held the device. A shared `$device_id` is
//! strong. Placeholder ids (`null`, `undefined`) are never evidence (C28): thousands of
//! strangers hide behind them.

use std::collections::BTreeSet;

use foldhash::{HashSet, HashSetExt as _};

use super::super::journey::{Evidence, EvidenceKind, Refusal, Verdict};
use super::explain;
use super::world::World;
use crate::model::facts::{AliasCall, Link, Source};
use crate::model::{Id, LinkKind, Millis};

/// One piece of evidence that ties anonymous rows to `owner`.
pub struct Tie<'a> {
    /// The root it points at.
    pub owner: Id,
    /// The id of that root that the evidence names.
    pub named: &'a Id,
    /// The anonymous id that the evidence names.
    pub anonymous: Id,
    /// What kind.
    pub kind: EvidenceKind,
    /// Where it stands.
    pub source: &'a Source,
    /// When the row happened.
    pub time: Millis,
    /// When that row arrived.
    pub arrived: Millis,
    /// Rows that say so.
    pub rows: u64,
}

impl Tie<'_> {
    /// As shown to a person; `says_why` for the sentence.
    pub fn to_evidence(&self, says_why: bool) -> Evidence {
        let why = || explain::evidence(self.kind, &self.anonymous, self.named, &self.owner, self.source, self.rows);
        Evidence {
            kind: self.kind,
            why: if says_why { why() } else { String::new() },
            source: self.source.clone(),
            time: self.time,
            rows: self.rows,
        }
    }
}

/// The ids of `root`, each also as a bare device id.
fn forms(world: &World<'_>, root: &Id) -> BTreeSet<Id> {
    let ids = world.cluster(root);
    ids.iter().flat_map(|id| [id.clone(), id.to_bare()]).filter(|id| !id.is_placeholder()).collect()
}

/// Every tie between the cluster of `root`, as the anonymous side, and other roots.
pub(super) fn owners_of<'a>(world: &World<'a>, root: &Id) -> Vec<Tie<'a>> {
    let mut ties = Vec::new();
    let ids: BTreeSet<Id> = world.cluster(root).into_iter().filter(|id| !id.is_placeholder()).collect();
    for id in &ids {
        for link in world.links_of(id) {
            link_ties(world, root, id, link, &mut ties);
        }
        // Alias and target of a call that is accepted, a duplicate or refused as a cycle lead to one
        // root, and [`push`] refuses the tie: what is left was refused for another target.
        for (_, call) in world.calls_of(id).filter(|(_, call)| call.target.as_ref() == Some(id)) {
            if let Some(alias) = &call.alias {
                let owner = world.root_of(alias);
                let kind = if world.is_of_server(id) { EvidenceKind::ServerAlias } else { EvidenceKind::RefusedAlias };
                push(&mut ties, root, owner, alias, id, kind, &Row::of_call(call));
            }
        }
    }
    ties.sort_by_key(|tie| (tie.kind, tie.source.rank, tie.source.line));
    ties
}

/// The ties that one link of `id` makes, seen from the anonymous `root`.
///
/// A link names `id` on one of its sides. Taken from the wrong side, `named` is `id` itself, whose
/// tie [`push`] refuses: a condition on the side that always holds changes no answer.
fn link_ties<'a>(world: &World<'a>, root: &Id, id: &Id, link: &'a Link, ties: &mut Vec<Tie<'a>>) {
    let (named, kind) = match link.kind {
        LinkKind::Identify if link.b == *id => (&link.a, EvidenceKind::IdentifyEvent),
        LinkKind::UserDevice => (&link.a, EvidenceKind::DeviceAndUser),
        LinkKind::Previous if link.b == *id => (&link.a, EvidenceKind::BeforeIdentity),
        LinkKind::Previous if link.a == *id => (&link.b, EvidenceKind::BeforeIdentity),
        LinkKind::Merge if link.b == *id => (&link.a, EvidenceKind::PreviousId),
        LinkKind::Merge if link.a == *id => (&link.b, EvidenceKind::PreviousId),
        LinkKind::IdDevice => return device_ties(world, root, id, link, ties),
        _ => return,
    };
    // Such a row names a user and a device, in whichever order it writes them: rows of the user
    // are never left behind on the device.
    let pairs = matches!(link.kind, LinkKind::Identify | LinkKind::Merge);
    if pairs && world.looks_anonymous(named) && !world.looks_anonymous(id) {
        return;
    }
    push(ties, root, world.root_of(named), named, id, kind, &Row::of_link(link));
}

/// The ties that a row of `id` with a device, or of another id with the device `id`, makes.
fn device_ties<'a>(world: &World<'a>, root: &Id, id: &Id, link: &'a Link, ties: &mut Vec<Tie<'a>>) {
    // Saves time: the walk below finds this row, too, but all rows of the device for each of them.
    if link.b == *id || link.b.as_str() == id.bare() {
        return same_device(world, root, id, link, ties);
    }
    // The device is not the id itself: its other rows are one step further.
    for other in world.links_of(&link.b) {
        if other.kind == LinkKind::IdDevice && other.b == link.b {
            same_device(world, root, id, other, ties);
        }
    }
}

/// A shared device ties anonymous rows to a *known* user only: two anonymous ids on one device
/// say nothing of whose they are.
fn same_device<'a>(world: &World<'a>, root: &Id, id: &Id, link: &'a Link, ties: &mut Vec<Tie<'a>>) {
    let owner = world.root_of(&link.a);
    if owner != root && !link.b.is_placeholder() && world.is_known(owner) {
        let made_by_sdk = id.shape().is_sdk_made() || link.b.as_str() == id.bare();
        let kind = if made_by_sdk { EvidenceKind::SameDevice } else { EvidenceKind::ChosenIdOnDevice };
        push(ties, root, owner, &link.a, id, kind, &Row::of_link(link));
    }
}

/// The row that evidence rests on.
struct Row<'a> {
    source: &'a Source,
    time: Millis,
    arrived: Millis,
    rows: u64,
}

impl<'a> Row<'a> {
    fn of_link(link: &'a Link) -> Self {
        Self { source: &link.source, time: link.time, arrived: link.arrived, rows: link.rows }
    }

    fn of_call(call: &'a AliasCall) -> Self {
        Self { source: &call.source, time: call.time, arrived: call.arrived, rows: 1 }
    }
}

/// The only place that refuses placeholders and ties of a root with itself, for every kind.
fn push<'a>(
    ties: &mut Vec<Tie<'a>>,
    root: &Id,
    owner: &Id,
    named: &'a Id,
    anonymous: &Id,
    kind: EvidenceKind,
    row: &Row<'a>,
) {
    let of_call = matches!(kind, EvidenceKind::RefusedAlias | EvidenceKind::ServerAlias);
    let known =
        ties.iter().any(|tie| tie.kind == kind && tie.named == named && tie.anonymous == *anonymous && !of_call);
    if owner != root && !named.is_placeholder() && !owner.is_placeholder() && !known {
        let &Row { source, time, arrived, rows } = row;
        let (owner, anonymous) = (owner.clone(), anonymous.clone());
        ties.push(Tie { owner, named, anonymous, kind, source, time, arrived, rows });
    }
}

/// Roots, other than `root`, that evidence may tie to it as anonymous rows, in order of id.
///
/// A root too many changes no answer, because [`owners_of`] judges each of them.
pub(super) fn candidates_of<'a>(world: &World<'a>, root: &Id) -> Vec<Id> {
    let ids = forms(world, root);
    let mut found: BTreeSet<Id> = BTreeSet::new();
    let mut tried: HashSet<&Id> = HashSet::new();
    let mut add = |id: &'a Id| {
        // Saves time: most links of a user name the same few ids.
        if !tried.insert(id) || id.is_placeholder() {
            return;
        }
        // A device is named bare; its rows may stand under the form with the prefix.
        for form in [id.clone(), id.other_device_form()] {
            if world.knows(&form) {
                let other = world.root_of(&form);
                if other != root && !other.is_placeholder() {
                    found.insert(other.clone());
                }
            }
        }
    };
    let mut devices = BTreeSet::new();
    for id in &ids {
        for link in world.links_of(id) {
            let other = if link.a == *id { &link.b } else { &link.a };
            match link.kind {
                LinkKind::Identify | LinkKind::UserDevice if link.a == *id => add(&link.b),
                LinkKind::Previous | LinkKind::Merge => add(other),
                LinkKind::IdDevice if devices.insert(&link.b) => {
                    add(&link.b);
                    for sharing in world.links_of(&link.b).filter(|sharing| sharing.kind == LinkKind::IdDevice) {
                        add(&sharing.a);
                    }
                }
                _ => {}
            }
        }
        for (index, call) in world.calls_of(id) {
            let refused =
                world.verdict(index).is_some_and(|judged| judged.verdict == Verdict::Refused(Refusal::ALREADY_MAPPED));
            if refused
                && call.alias.as_ref() == Some(id)
                && let Some(target) = &call.target
            {
                add(target);
            }
        }
    }
    found.into_iter().collect()
}
