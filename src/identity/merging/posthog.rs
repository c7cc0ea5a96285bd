//! PostHog persons, as the ingestion of today makes them.
//!
//! `$create_alias` and `$merge_dangerously` (with `alias`) and `$identify` (with
//! `$anon_distinct_id`) merge the person of the other id into that of `distinct_id`, which is
//! identified from then on. Two persons that are there are not merged when the other one is
//! identified, but by `$merge_dangerously`. An id that was never seen is added to the person
//! of the one that was, whatever that person is.
//!
//! Source: `person-merge-service.ts` of PostHog/posthog at 1c15bc79.

use rustc_hash::FxHashSet;

use super::super::journey::Refusal;
use super::EMPTY;
use super::clusters::Clusters;
use super::system::{Node, Number, Ruling, Said, Sent, System, Texts, Vendor};
use crate::model::facts::Arrival;

/// The other person is identified.
const IDENTIFIED: Refusal = Refusal::new(
    "cannot_merge_already_identified",
    "the person of {alias} is identified, and such a person joins no other",
);
/// An id that stands for no one.
const ILLEGAL: Refusal =
    Refusal::new("cannot_merge_with_illegal_distinct_id", "{kept} is an id that programs write for none");
/// Both ids are one.
const ITSELF: Refusal = Refusal::new("same_ids", "both ids are one, and such a call is passed over");

/// The rule set.
#[derive(Debug)]
pub(super) struct PostHog;

impl Vendor for PostHog {
    fn name(&self) -> &'static str {
        "posthog"
    }

    fn title(&self) -> &'static str {
        "PostHog persons: identify and alias merge persons, an identified one into no other"
    }

    fn unknown(&self) -> &'static [&'static str] {
        &[
            "PostHog gives each person a separate id: the first identified id, else the first id, is used here.",
            "Persons that were merged, split or deleted by hand, and rows without a person profile, cannot be seen in rows.",
        ]
    }

    fn vendors(&self) -> &'static [&'static str] {
        &["PostHog"]
    }

    fn begin(&self) -> Box<dyn System> {
        Box::new(State::default())
    }
}

#[derive(Debug, Default)]
struct State {
    clusters: Clusters,
    /// Ids that have a person.
    known: FxHashSet<Node>,
    /// Tops of clusters that are identified.
    identified: FxHashSet<Node>,
}

impl State {
    fn merge(&mut self, other: Number, into: Number, at: u32, may_take_identified: bool, ids: &dyn Texts) -> Ruling {
        if other == into {
            return Ruling::refused(ITSELF);
        }
        if let Some(illegal) = [into, other].into_iter().find(|id| is_illegal(ids.text(*id))) {
            return Ruling::Refused { why: ILLEGAL, kept: illegal, since: None };
        }
        let (into, other) = (Node::id(into), Node::id(other));
        let both = self.known.contains(&into) && self.known.contains(&other);
        self.clusters.meet(into, at);
        self.clusters.meet(other, at);
        let (top, other_top) = (self.clusters.top(into), self.clusters.top(other));
        if both && top != other_top && self.identified.contains(&other_top) && !may_take_identified {
            // The call makes the person of `distinct_id` an identified one all the same.
            self.identified.insert(top);
            self.clusters.name(into, at);
            return Ruling::Refused { why: IDENTIFIED, kept: other.number(), since: None };
        }
        self.known.extend([into, other]);
        let joined = self.clusters.join(into, other);
        self.identified.insert(self.clusters.top(into));
        self.clusters.name(into, at);
        if joined.is_some() { Ruling::Joined } else { Ruling::Same }
    }
}

impl System for State {
    fn hear(&mut self, said: Said, at: u32, _: Arrival, ids: &dyn Texts) -> Ruling {
        match said {
            Said::Row(row) => {
                if row.id != 0 {
                    self.clusters.meet(Node::id(row.id), at);
                    self.known.insert(Node::id(row.id));
                }
                Ruling::Nothing
            }
            Said::Identify { identified: 0, .. }
            | Said::Identify { anon: 0, .. }
            | Said::Alias { alias: 0, .. }
            | Said::Alias { target: 0, .. }
            | Said::Merge { into: 0, .. }
            | Said::Merge { other: 0, .. } => Ruling::refused(EMPTY),
            Said::Identify { identified, anon } => self.merge(anon, identified, at, false, ids),
            Said::Alias { alias, target } => self.merge(alias, target, at, false, ids),
            Said::Merge { into, other } => self.merge(other, into, at, true, ids),
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

/// Refused in any case.
const ILLEGAL_IN_ANY_CASE: &[&str] = &[
    "anonymous",
    "guest",
    "distinctid",
    "distinct_id",
    "id",
    "not_authenticated",
    "email",
    "undefined",
    "true",
    "false",
];

/// Refused as they are written.
const ILLEGAL_AS_WRITTEN: &[&str] = &["[object Object]", "NaN", "None", "none", "null", "0", "undefined"];

/// Whether PostHog merges no person by this id: one that programs write when they have none, also
/// within quotes, or a blank one.
fn is_illegal(text: &str) -> bool {
    if text.trim().is_empty() {
        return true;
    }
    let quoted = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    let inner = quoted('\'').or_else(|| quoted('"')).unwrap_or(text);
    ILLEGAL_AS_WRITTEN.contains(&inner) || ILLEGAL_IN_ANY_CASE.contains(&inner.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_programs_write_for_none_are_illegal() {
        for text in [
            "anonymous",
            "GUEST",
            "uNdEfInEd",
            "null",
            "None",
            "NaN",
            "0",
            "",
            "  ",
            "'null'",
            "\"Email\"",
            "[object Object]",
        ] {
            assert!(is_illegal(text), "{text:?}");
        }
        for text in ["nan", "Null", "NULL", "guest-1", "00", "id-1", "'null\"", " null", "[object object]"] {
            assert!(!is_illegal(text), "{text:?}");
        }
    }
}
