//! The lookup table of the legacy server, and what became of each alias call.
//!
//! A `$create_alias` row adds `alias → target` to a table that only grows: the first target of
//! an alias wins (identity.md L2), a target may itself be an alias (L4), and the order of
//! *arrival* decides, never that of event times (§1.1). [`Table::chain`] says where a row that
//! arrived at some moment was stored; [`Table::resolve`] where the chain leads in the end.
//!
//! Cost: one pass over the calls, however long the chains are: the way to the end of a chain is
//! shortened each time it is gone.

use std::collections::HashMap;

use super::super::journey::{Refusal, Verdict};
use crate::model::Id;
use crate::model::facts::{AliasCall, Arrival};

impl Refusal {
    /// The alias has another target (identity.md L2).
    pub const ALREADY_MAPPED: Self = Self::new("already_mapped", "{alias} points at {kept} already");
    /// Alias and target are one id (L12).
    pub const SELF_ALIAS: Self = Self::new("self", "alias and target are one id");
    /// The target already leads to the alias (§1.1).
    pub const CYCLE: Self = Self::new("cycle", "{target} leads to {alias} already");
    /// No alias.
    pub const EMPTY_ALIAS: Self = Self::new("empty_alias", "it names no alias");
    /// No target.
    pub const EMPTY_DISTINCT_ID: Self = Self::new("empty_distinct_id", "it names no id to point at");
}

/// alias → target, with when each row came to be.
#[derive(Debug, Default)]
pub struct Table {
    entries: HashMap<Id, Entry>,
    verdicts: Vec<Judged>,
    /// Where the chain of each key ends.
    roots: HashMap<Id, Id>,
}

/// The ends of chains while the table grows: a forest of ids, in which a way that was gone is
/// shorter the next time. A new key is the end of its own chain until then.
#[derive(Default)]
struct Ends<'a> {
    numbers: HashMap<&'a Id, usize>,
    ids: Vec<&'a Id>,
    /// Some id nearer to the end; an end has itself.
    next: Vec<usize>,
}

impl<'a> Ends<'a> {
    fn number(&mut self, id: &'a Id) -> usize {
        let new = self.ids.len();
        let number = *self.numbers.entry(id).or_insert(new);
        if number == new {
            self.ids.push(id);
            self.next.push(new);
        }
        number
    }

    fn after(&self, at: usize) -> usize {
        self.next.get(at).copied().unwrap_or(at)
    }

    fn end_of(&mut self, id: &'a Id) -> usize {
        let mut at = self.number(id);
        loop {
            let next = self.after(at);
            if next == at {
                return at;
            }
            let skip = self.after(next);
            if let Some(way) = self.next.get_mut(at) {
                *way = skip;
            }
            at = skip;
        }
    }

    /// `alias`, which is an end, leads to `target` from now on.
    fn join(&mut self, alias: &'a Id, target: &'a Id) {
        let (alias, end) = (self.number(alias), self.end_of(target));
        if let Some(way) = self.next.get_mut(alias) {
            *way = end;
        }
    }
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
        let mut ends = Ends::default();
        for (index, call) in calls.into_iter().enumerate() {
            let judged = table.judge(call, &mut ends);
            if judged.verdict == Verdict::Accepted
                && let (Some(alias), Some(target)) = (&call.alias, &call.target)
            {
                let entry = Entry { target: target.clone(), call: index, arrival: call.arrival() };
                table.entries.insert(alias.clone(), entry);
                ends.join(alias, target);
            }
            table.verdicts.push(judged);
        }
        for alias in ends.ids.clone() {
            let end = ends.end_of(alias);
            if let Some(root) = ends.ids.get(end).filter(|_| table.entries.contains_key(alias)) {
                table.roots.insert(alias.clone(), (*root).clone());
            }
        }
        table
    }

    fn judge<'a>(&self, call: &'a AliasCall, ends: &mut Ends<'a>) -> Judged {
        let refused = |refusal, kept_by| Judged { verdict: Verdict::Refused(refusal), kept_by };
        let Some(alias) = &call.alias else { return refused(Refusal::EMPTY_ALIAS, None) };
        let Some(target) = &call.target else { return refused(Refusal::EMPTY_DISTINCT_ID, None) };
        if alias == target {
            return refused(Refusal::SELF_ALIAS, None);
        }
        let leads_to_one = ends.end_of(alias) == ends.end_of(target);
        match self.entries.get(alias) {
            Some(entry) if leads_to_one => Judged { verdict: Verdict::Duplicate, kept_by: Some(entry.call) },
            Some(entry) => refused(Refusal::ALREADY_MAPPED, Some(entry.call)),
            // The alias is the end of the chain of its target.
            None if leads_to_one => refused(Refusal::CYCLE, self.entries.get(target).map(|entry| entry.call)),
            None => Judged { verdict: Verdict::Accepted, kept_by: None },
        }
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
        self.roots.get(id).unwrap_or(id)
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
}
