//! What a scenario promises, and whether the engine finds it.

use super::server::{Server, Standing};
use super::{Play, server};
use crate::identity::{Strength, Verdict};
use crate::model::Id;
use crate::sim::scenario::placeholders;
use crate::sim::{Action, Cause};

/// One thing that was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The key of `[expect]`.
    pub key: &'static str,
    /// What the scenario says, with the ids of its devices in place.
    pub expected: String,
    /// What the engine finds.
    pub found: String,
}

impl Expected {
    /// Whether the engine finds what was expected.
    pub fn holds(&self) -> bool {
        self.expected == self.found
    }
}

/// What the engine finds at the end for the id that the scenario says to open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Its root.
    pub root: Option<Id>,
    /// Rows under the root, without those of alias and identify.
    pub merged: usize,
    /// Names of the split rows, by time.
    pub split: Vec<String>,
    /// Alias calls without effect, in order of arrival.
    pub refused: Vec<String>,
    /// Orphans that count for this user.
    pub orphans: Vec<String>,
    /// Orphans that count for none.
    pub contested: Vec<String>,
    /// Codes of findings.
    pub findings: Vec<String>,
}

/// What the engine finds once everything has arrived.
pub fn found(play: &Play, server: &Server) -> Found {
    let search = Id::new(&play.scenario().search);
    let Some(journey) = server.journey_of(&search) else { return Found::default() };
    let mine = |entry: &&server::Entry| entry.root == journey.root && !entry.is_verb();
    let rows = || server.timeline.iter().filter(mine);
    let counted = |contested: bool| {
        let orphans = journey.orphans.iter();
        let orphans = orphans.filter(move |orphan| orphan.strength > Strength::Weak && orphan.contested == contested);
        orphans.map(|orphan| orphan.id.as_str().to_owned()).collect::<Vec<String>>()
    };
    let name = |id: &Option<Id>| id.as_ref().map_or("", Id::as_str).to_owned();
    let mut findings: Vec<String> = journey.findings.iter().map(|finding| finding.code().to_owned()).collect();
    findings.sort();
    Found {
        root: journey.root.clone(),
        merged: rows().filter(|entry| !matches!(entry.standing, Standing::Split(_))).count(),
        split: rows()
            .filter(|entry| matches!(entry.standing, Standing::Split(_)))
            .map(|entry| entry.event.clone())
            .collect(),
        refused: journey
            .aliases
            .iter()
            .filter(|line| matches!(line.verdict, Verdict::Refused(_)))
            .map(|line| format!("{} -> {}", name(&line.alias), name(&line.target)))
            .collect(),
        orphans: counted(false),
        contested: counted(true),
        findings,
    }
}

impl Play {
    /// Each thing that the scenario expects, with what the engine finds at the end.
    pub fn expectations(&self, end: &Server) -> Vec<Expected> {
        // What a scenario promises, it promises of the legacy rules.
        if self.rules().joins_by_links() {
            return Vec::new();
        }
        let expect = &self.scenario().expect;
        let found = found(self, end);
        let mut all = Vec::new();
        let mut add = |key, expected: Option<String>, found: String| {
            all.extend(expected.map(|expected| Expected { key, expected, found }));
        };
        let root = found.root.map_or(String::new(), |root| root.as_str().to_owned());
        add("root", expect.root.as_ref().map(|root| self.with_ids(root)), root);
        add("merged", expect.merged.map(|merged| merged.to_string()), found.merged.to_string());
        let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        // Ids that chance makes have no order that a file could know.
        let set = |names: &[String]| {
            let mut names: Vec<String> = names.iter().map(|name| self.with_ids(name)).collect();
            names.sort();
            list(&names)
        };
        add("split", expect.split.as_deref().map(list), list(&found.split));
        let calls = |calls: &Vec<String>| list(&calls.iter().map(|call| self.with_ids(call)).collect::<Vec<_>>());
        add("refused", expect.refused.as_ref().map(calls), list(&found.refused));
        add("orphans", expect.orphans.as_deref().map(set), set(&found.orphans));
        add("contested", expect.contested.as_deref().map(set), set(&found.contested));
        add("findings", expect.findings.as_deref().map(set), set(&found.findings));
        all
    }

    /// `text` with the ids of devices for `{device}` and `{device number}`.
    fn with_ids(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (inside, device, number) in placeholders(text) {
            if let Some(id) = self.anonymous_ids(device).into_iter().nth(number - 1) {
                filled = filled.replace(&format!("{{{inside}}}"), &id);
            }
        }
        filled
    }

    /// The anonymous ids that the SDK of a device made, in order.
    fn anonymous_ids(&self, device: &str) -> Vec<String> {
        let Some(number) = self.scenario().devices.iter().position(|other| other.name == device) else {
            return Vec::new();
        };
        let mut ids: Vec<String> = Vec::new();
        for step in self.run().steps.iter().filter(|step| step.device == number) {
            if ids.is_empty() {
                ids.extend(step.before.distinct_id.clone());
            }
            let begins = match step.cause {
                Cause::Call(call) => self
                    .scenario()
                    .calls
                    .get(call)
                    .is_some_and(|call| matches!(call.action, Action::Reset | Action::ClearStorage)),
                Cause::Answer(_) => false,
            };
            if begins && step.before.distinct_id != step.after.distinct_id {
                ids.extend(step.after.distinct_id.clone());
            }
        }
        ids
    }
}
