//! The lookup table of the legacy server, and what became of each alias call.
//!
//! A `$create_alias` row adds `alias → target` to a table that only grows: the first target of
//! an alias wins (identity.md L2), a target may itself be an alias (L4), and the order of
//! *arrival* decides, never that of event times (§1.1). [`Table::resolve_at`] says where a row
//! that arrived at some moment was stored; [`Table::resolve`] where the chain leads in the end.
//!
//! Cost: one pass over the calls, each following one chain; a chain is as long as it was written.

use std::collections::HashMap;

use super::journey::{Refusal, Verdict};
use crate::model::Id;
use crate::model::facts::{AliasCall, Arrival};

/// alias → target, with when each row came to be.
#[derive(Debug, Default)]
pub struct Table {
    entries: HashMap<Id, Entry>,
    verdicts: Vec<Judged>,
}

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What the alias points at, as asked.
    pub target: Id,
    /// Index of the accepted call.
    pub call: usize,
    /// When it came into the table.
    pub arrival: Arrival,
}

/// What became of one call.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// Index of the accepted call that stood in the way.
    pub kept_by: Option<usize>,
}

impl Table {
    /// Judges `calls`, which must be in order of arrival.
    pub fn build<'a>(calls: impl IntoIterator<Item = &'a AliasCall>) -> Self {
        let mut table = Self::default();
        for (index, call) in calls.into_iter().enumerate() {
            let judged = table.judge(call);
            if judged.verdict == Verdict::Accepted
                && let (Some(alias), Some(target)) = (&call.alias, &call.target)
            {
                let entry = Entry { target: target.clone(), call: index, arrival: call.arrival() };
                table.entries.insert(alias.clone(), entry);
            }
            table.verdicts.push(judged);
        }
        table
    }

    fn judge(&self, call: &AliasCall) -> Judged {
        let refused = |refusal, kept_by| Judged { verdict: Verdict::Refused(refusal), kept_by };
        let Some(alias) = &call.alias else { return refused(Refusal::EmptyAlias, None) };
        let Some(target) = &call.target else { return refused(Refusal::EmptyDistinctId, None) };
        if alias == target {
            return refused(Refusal::SelfAlias, None);
        }
        if let Some(entry) = self.entries.get(alias) {
            return if self.resolve(alias) == self.resolve(target) {
                Judged { verdict: Verdict::Duplicate, kept_by: Some(entry.call) }
            } else {
                refused(Refusal::AlreadyMapped, Some(entry.call))
            };
        }
        if self.resolve(target) == alias {
            return refused(Refusal::Cycle, self.entries.get(target).map(|entry| entry.call));
        }
        Judged { verdict: Verdict::Accepted, kept_by: None }
    }

    /// What became of each call, in the order given to [`Table::build`].
    pub fn verdicts(&self) -> &[Judged] {
        &self.verdicts
    }

    /// The row of `alias`.
    pub fn entry(&self, alias: &Id) -> Option<&Entry> {
        self.entries.get(alias)
    }

    /// The end of the chain that begins at `id`.
    ///
    /// It ends: a call that would close a circle was refused.
    pub fn resolve<'a>(&'a self, id: &'a Id) -> &'a Id {
        let mut at = id;
        while let Some(entry) = self.entries.get(at) {
            at = &entry.target;
        }
        at
    }

    /// The end of the chain as the table stood when `arrival` came.
    pub fn resolve_at<'a>(&'a self, id: &'a Id, arrival: Arrival) -> &'a Id {
        let mut at = id;
        while let Some(entry) = self.entries.get(at).filter(|entry| entry.arrival < arrival) {
            at = &entry.target;
        }
        at
    }

    /// When each table row from `id` on came, and where it leads; empty for a root.
    pub fn chain<'a>(&'a self, id: &'a Id) -> Vec<(Arrival, &'a Id)> {
        let mut chain = Vec::new();
        let mut at = id;
        while let Some(entry) = self.entries.get(at) {
            at = &entry.target;
            chain.push((entry.arrival, at));
        }
        chain
    }

    /// Number of table rows between `id` and the end of its chain.
    pub fn hops(&self, id: &Id) -> u32 {
        let mut at = id;
        let mut hops = 0;
        while let Some(entry) = self.entries.get(at) {
            at = &entry.target;
            hops += 1;
        }
        hops
    }

    /// The aliases that lead to `root`, in order of arrival of their calls.
    pub fn aliases_of(&self, root: &Id) -> Vec<Id> {
        let mut aliases: Vec<(Arrival, &Id)> = self
            .entries
            .iter()
            .filter(|(alias, _)| self.resolve(alias) == root)
            .map(|(alias, entry)| (entry.arrival, alias))
            .collect();
        aliases.sort();
        aliases.into_iter().map(|(_, alias)| alias.clone()).collect()
    }
}
