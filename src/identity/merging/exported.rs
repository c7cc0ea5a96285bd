//! Where the vendor's own record of merging differs from what these rules make of the rows of one journey.
//!
//! Which id a vendor calls a person by is its own choice: the owner that it counts most rows of the journey to is
//! the counterpart of the user. Rows of the user with another owner, and rows of others with that one, differ.
//! Mixpanel has no other owner than the id of a row: in a file with `$distinct_id_before_identity` it is the one that
//! the row was joined to.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::super::exported::{Differing, How, Recorded, Refused};
use super::super::facts::Facts;
use super::super::journey::Verdict;
use super::super::journey::ruled::{Because, Held};
use super::explain;
use super::ruled::Verdicts;
use super::system::{Node, Sent};
use crate::model::facts::{Event, Link, Source};
use crate::model::{Id, LinkKind};

/// What is compared, with a sentence for each group of rows that differs.
pub(super) struct Compared {
    pub(super) recorded: Recorded,
    pub(super) notes: Vec<String>,
}

/// Rows with one exported owner and one computed one.
struct Share<'f> {
    rows: u64,
    first: &'f Source,
    vendor: &'f str,
}

/// Compares the rows of the user `root`, and those of others that the vendor counts to the same person; `None`
/// where no row says to whom the vendor counts it.
pub(super) fn compared(
    verdicts: &mut Verdicts<'_, '_>,
    root: Node,
    facts: &Facts,
    rows: &[(Held, Option<Node>)],
) -> Option<Compared> {
    let merged_files: FxHashSet<u32> = previous(facts).map(|link| link.source.rank).collect();
    let exports_ids = verdicts.exports_ids();
    let owner_of = |event: &Event| -> Option<String> {
        if event.verb.is_about_ids() {
            return None;
        }
        if let Some(owner) = facts.counted.of_row.get(&event.row) {
            return Some(owner.to_string());
        }
        let is_merged = exports_ids && merged_files.contains(&event.source.rank);
        event.id.as_ref().filter(|_| is_merged).map(|id| id.as_str().to_owned())
    };
    let mut shares: BTreeMap<(Option<Node>, String), Share<'_>> = BTreeMap::new();
    let mut found = Recorded::default();
    for (held, owner) in rows {
        let Some(exported) = owner_of(&held.event) else { continue };
        let new = Share { rows: 0, first: &held.event.source, vendor: &held.event.source.vendor };
        let share = shares.entry((*owner, exported)).or_insert(new);
        share.rows += 1;
        found.compared += u64::from(*owner == Some(root));
    }
    let own = || shares.iter().filter(|((owner, _), _)| *owner == Some(root));
    // Most rows first; of equals always the same one.
    let most = own().max_by(|a, b| a.1.rows.cmp(&b.1.rows).then(b.0.1.cmp(&a.0.1)));
    let counterpart = most.map(|((_, exported), share)| (exported.clone(), share.vendor));
    let root_id = verdicts.id(root);
    let mut notes = Vec::new();
    if let Some((name, vendor)) = &counterpart {
        found.agree = own().filter(|((_, exported), _)| exported == name).map(|(_, share)| share.rows).sum();
        for ((owner, exported), share) in &shares {
            let is_own = *owner == Some(root);
            let Some(owner) = owner.filter(|_| is_own != (exported == name)) else { continue };
            let how = if is_own { How::Joined } else { How::Split };
            let computed = verdicts.id(owner);
            found.differing.push(differing(&computed, share.rows, exported, how, share.first));
        }
        for other in facts.counted.elsewhere.iter().filter(|other| *other.owner == **name) {
            found.differing.push(differing(&other.id, other.rows, &other.owner, How::Split, &other.source));
        }
        found.differing.sort_by(|a, b| b.rows.cmp(&a.rows).then(a.computed.cmp(&b.computed)));
        notes.extend(found.differing.iter().map(|one| explain::counted(one, vendor, name, &root_id)));
    }
    for link in previous(facts).filter(|_| exports_ids) {
        if let Some((exported, sent)) = two_owners(verdicts, root, facts, link) {
            notes.push(explain::exported(link, &exported, &sent));
            found.differing.push(differing(&sent, link.rows, link.a.as_str(), How::Split, &link.source));
        }
    }
    found.refused = refused(verdicts, root, facts, rows, &merged_files);
    notes.extend(found.refused.iter().map(explain::refused));
    if facts.counted.is_part && found.compared > 0 {
        notes.push(format!("Of these rows only the first {} are compared with what was exported.", found.compared));
    }
    let is_compared = found.compared > 0 || found.differs();
    is_compared.then_some(Compared { recorded: found, notes })
}

/// Rows of the user that the vendor refused for another reason than the rules do, or that only one of them refused.
/// Only files with a mark of merging can name a reason.
fn refused(
    verdicts: &Verdicts<'_, '_>,
    root: Node,
    facts: &Facts,
    rows: &[(Held, Option<Node>)],
    merged_files: &FxHashSet<u32>,
) -> Vec<Refused> {
    let failures = &facts.counted.failures;
    if failures.is_empty() {
        return Vec::new();
    }
    let own = || rows.iter().filter(|(_, owner)| *owner == Some(root)).map(|(held, _)| held);
    let named = |held: &Held| failures.get(&held.event.row).cloned().flatten();
    let mut files = merged_files.clone();
    files.extend(own().filter(|held| named(held).is_some()).map(|held| held.event.source.rank));
    let mut found: BTreeMap<(Option<String>, Option<&'static str>), Refused> = BTreeMap::new();
    for held in own().filter(|held| failures.contains_key(&held.event.row)) {
        let exported = named(held).map(|name| name.as_ref().to_owned());
        let computed = computed(verdicts, held).filter(|_| files.contains(&held.event.source.rank));
        if exported.as_deref() == computed {
            continue;
        }
        let new = Refused { exported, computed, rows: Vec::new(), source: held.event.source.clone() };
        found.entry((new.exported.clone(), computed)).or_insert(new).rows.push(held.event.row);
    }
    let mut found: Vec<Refused> = found.into_values().collect();
    found.sort_by_key(|refused| std::cmp::Reverse(refused.rows.len()));
    found
}

/// The reason for which the rules refuse what a row says.
fn computed(verdicts: &Verdicts<'_, '_>, held: &Held) -> Option<&'static str> {
    let (Because::Call(at) | Because::Conflict(at)) = held.because else { return None };
    // The row of a call that the rules ignore is no one's, and not compared.
    match verdicts.lines.get(at)?.verdict {
        Verdict::Refused(refusal) => Some(refusal.name()),
        _ => None,
    }
}

fn differing(computed: &Id, rows: u64, exported: &str, how: How, source: &Source) -> Differing {
    let (exported, source) = (exported.to_owned(), source.clone());
    Differing { id: computed.clone(), name: None, rows, exported, computed: computed.clone(), how, source }
}

fn previous(facts: &Facts) -> impl Iterator<Item = &Link> {
    facts.links.iter().filter(|link| link.kind == LinkKind::Previous)
}

/// The owners by these rules of the id that rows were exported under, and of the rows as they were sent, where
/// these are two and one of them is `root`.
fn two_owners(verdicts: &mut Verdicts<'_, '_>, root: Node, facts: &Facts, link: &Link) -> Option<(Id, Id)> {
    let hearing = verdicts.hearing;
    let whose = |id: &Id| {
        let number = hearing.ids.known(id).or_else(|| hearing.ids.known(&id.other_device_form()))?;
        let meant = hearing.system.meant(number, &hearing.ids);
        meant.iter().find(|node| **node == root).or(meant.first()).copied()
    };
    let exported = whose(&link.a)?;
    // What else the row names can decide whose it is.
    let first = facts.events.iter().find(|event| event.source == link.source && event.id.as_ref() == Some(&link.a));
    let number = hearing.ids.known(&link.b).or_else(|| hearing.ids.known(&link.b.other_device_form()));
    let sent = first.and_then(|event| {
        let sent = Sent { id: number.unwrap_or(0), ..hearing.ids.sent(event) };
        hearing.system.owner(sent, event.arrival(), &hearing.ids)
    });
    let sent = sent.or_else(|| whose(&link.b));
    if sent == Some(exported) || (exported != root && sent != Some(root)) {
        return None;
    }
    // An id that no row and no call names is only itself.
    let sent = sent.map_or_else(|| link.b.clone(), |sent| verdicts.id(sent));
    Some((verdicts.id(exported), sent))
}
