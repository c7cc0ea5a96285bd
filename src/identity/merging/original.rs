//! Mixpanel's Original ID Merge (identity.md §3.1): projects from March 2020 on.
//!
//! Only `$identify`, `$create_alias` and `$merge` join ids; `$device_id` and `$user_id` do not. A
//! refused call keeps its row, with the reason in `$failure_reason`. What is joined is joined
//! with its past.

use rustc_hash::FxHashMap;

use super::super::journey::Refusal;
use super::clusters::Clusters;
use super::system::{Node, Number, Ruling, Said, Sent, System, Texts, Vendor};
use super::{EMPTY, SAME_IDS};
use crate::model::Shape;
use crate::model::facts::Arrival;
use crate::model::id::DEVICE_PREFIX;

/// Ids of one cluster. Of the sources one says that 500 are too many and one that more than 500
/// are: the larger one is taken (identity.md §3.1).
const MOST_IDS: u32 = 500;

/// The anonymous id has no form that Mixpanel takes.
const NOT_GUID: Refusal = Refusal::new("errAnonDistinctIdNonGUIDForm", "{alias} has not the form of a GUID");
/// It was identified as another.
const ASSIGNED: Refusal = Refusal::new(
    "errAnonDistinctIdAssignedAlready",
    "{alias} is identified as {kept} already and keeps its first user",
);
/// The alias was one before.
const ALIAS_EXISTS: Refusal = Refusal::new("errAliasAlreadyExists", "{alias} is an alias of {kept} already");
/// The cluster would be too large.
const MANY_IDS: Refusal = Refusal::new("errManyIDs", "a cluster has at most 500 ids");

/// The rule set.
#[derive(Debug)]
pub(super) struct Original;

impl Vendor for Original {
    fn name(&self) -> &'static str {
        "original"
    }

    fn title(&self) -> &'static str {
        "Mixpanel Original ID Merge: identify, alias and merge join ids with their past"
    }

    fn unknown(&self) -> &'static [&'static str] {
        &[
            "Mixpanel chooses the id of a cluster itself: the first identified id, else the first id, is used here.",
            "Whether a cluster may have 500 ids or 499, the sources do not agree on: 500 are taken here.",
        ]
    }

    fn exports_ids(&self) -> bool {
        true
    }

    fn begin(&self) -> Box<dyn System> {
        Box::new(State::default())
    }
}

#[derive(Debug, Default)]
struct State {
    clusters: Clusters,
    /// Anonymous ids by what they were identified as, and where.
    assigned: FxHashMap<Number, (Number, u32)>,
    /// Aliases that were used, with their targets.
    aliases: FxHashMap<Number, (Number, u32)>,
}

impl State {
    fn join(&mut self, one: Node, other: Node) -> Ruling {
        if self.clusters.top(one) == self.clusters.top(other) {
            return Ruling::Same;
        }
        if self.clusters.size(one) + self.clusters.size(other) > MOST_IDS {
            return Ruling::refused(MANY_IDS);
        }
        self.clusters.join(one, other);
        Ruling::Joined
    }

    fn identify(&mut self, identified: Number, anon: Number, at: u32, ids: &dyn Texts) -> Ruling {
        if identified == anon {
            return Ruling::refused(SAME_IDS);
        }
        if !is_guid_form(ids.text(anon)) {
            return Ruling::refused(NOT_GUID);
        }
        if let Some((user, since)) = self.assigned.get(&anon).copied().filter(|(user, _)| *user != identified) {
            return Ruling::Refused { why: ASSIGNED, kept: user, since: Some(since) };
        }
        let (known, anonymous) = (Node::id(identified), Node::id(anon));
        self.clusters.meet(known, at);
        self.clusters.meet(anonymous, at);
        let ruling = self.join(known, anonymous);
        if matches!(ruling, Ruling::Joined | Ruling::Same) {
            self.clusters.name(known, at);
            self.assigned.entry(anon).or_insert((identified, at));
        }
        ruling
    }

    fn alias(&mut self, alias: Number, target: Number, at: u32) -> Ruling {
        if alias == target {
            return Ruling::refused(SAME_IDS);
        }
        match self.aliases.get(&alias).copied() {
            Some((known, _)) if known == target => return Ruling::Same,
            Some((known, since)) => return Ruling::Refused { why: ALIAS_EXISTS, kept: known, since: Some(since) },
            None => {}
        }
        let (one, other) = (Node::id(target), Node::id(alias));
        self.clusters.meet(one, at);
        self.clusters.meet(other, at);
        let ruling = self.join(one, other);
        if matches!(ruling, Ruling::Joined | Ruling::Same) {
            self.aliases.insert(alias, (target, at));
        }
        ruling
    }
}

impl System for State {
    fn hear(&mut self, said: Said, at: u32, _: Arrival, ids: &dyn Texts) -> Ruling {
        match said {
            Said::Row(row) => {
                if row.id != 0 {
                    self.clusters.meet(Node::id(row.id), at);
                }
                Ruling::Nothing
            }
            Said::Identify { identified: 0, .. }
            | Said::Identify { anon: 0, .. }
            | Said::Alias { alias: 0, .. }
            | Said::Alias { target: 0, .. }
            | Said::Merge { into: 0, .. }
            | Said::Merge { other: 0, .. } => Ruling::refused(EMPTY),
            Said::Identify { identified, anon } => self.identify(identified, anon, at, ids),
            Said::Alias { alias, target } => self.alias(alias, target, at),
            Said::Merge { into, other } => {
                let (into, other) = (Node::id(into), Node::id(other));
                self.clusters.meet(into, at);
                self.clusters.meet(other, at);
                self.join(into, other)
            }
        }
    }

    fn owner(&self, row: Sent, _: Arrival, _: &dyn Texts) -> Option<Node> {
        (row.id != 0).then(|| self.clusters.name_of(Node::id(row.id)))
    }

    fn meant(&self, id: Number, _: &dyn Texts) -> Vec<Node> {
        vec![self.clusters.name_of(Node::id(id))]
    }

    fn nodes(&self, said: Said, _: &dyn Texts) -> Vec<Node> {
        let (one, other) = match said {
            Said::Row(row) => (row.id, 0),
            call => call.pair().unwrap_or((0, 0)),
        };
        [one, other].into_iter().filter(|id| *id != 0).map(Node::id).collect()
    }
}

/// Whether an anonymous id has the form that Mixpanel takes: five groups of letters and digits, as
/// its own and Segment's have it, the prefix of a device allowed (the pattern of mixpanel-php).
fn is_guid_form(text: &str) -> bool {
    let bare = text.strip_prefix(DEVICE_PREFIX).unwrap_or(text);
    // Also what stands for such an id in a redacted answer.
    if matches!(Shape::of(bare), Shape::Guid | Shape::WebAnonymous) {
        return true;
    }
    let mut groups = 0;
    bare.split('-').all(|group| {
        groups += 1;
        !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_alphanumeric())
    }) && groups == 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_an_anonymous_id_is_five_groups() {
        for text in [
            "a1111111-1111-4111-8111-111111111111",
            "$device:a1111111-1111-4111-8111-111111111111",
            "13bbf7943e584-0885c2531-5c793977-3e8000-13bbf7943e64cf",
            "a-b-c-d-e",
            "$device:1-22-Z-d-e",
        ] {
            assert!(is_guid_form(text), "{text}");
        }
        for text in [
            "d-1",
            "12345",
            "sally@gmail.com",
            "a-b-c-d-",
            "a-b-c-d-e-f",
            "a-b-c-d",
            "a--c-d-e",
            "a-b-c-d-ö",
            "$device:$device:a-b-c-d-e",
            "",
        ] {
            assert!(!is_guid_form(text), "{text}");
        }
    }
}
