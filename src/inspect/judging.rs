//! Which rules judge a user: those that were chosen, else those of the vendor of the rows.
//!
//! A user whose rows are all of one vendor with rules of its own is judged by these, and any other by the
//! legacy rules of Mixpanel, also one with rows of several vendors: a store can hold rows of many, and each
//! person in it has one answer from whichever id. What looks over a whole store knows the legacy rules alone
//! ([`Inspector::rules`]).

use std::collections::HashMap;

use super::gather::{Limits, gather_rows_by};
use super::{Error, Inspector};
use crate::identity::{Facts, Held, LEGACY, RuleSet, Ruled, is_usual, of_vendor, usual};
use crate::model::Id;
use crate::model::hit::{Hit, HitKind};

/// Rows that are read of a user to tell whom a hit leads to.
const LIMITS: Limits = Limits { rows: 20_000, orphan_rows: 20_000, ..Limits::DEFAULT };

impl Inspector {
    /// Judges by these rules from now on; by those of the vendor of the rows where none are given.
    pub fn set_rules(&mut self, rules: Option<RuleSet>) {
        self.chosen = rules;
    }

    /// The rules of what looks over a whole store: findings, repairs, searches by terms. Rules that know
    /// no findings have none of these.
    pub fn rules(&self) -> RuleSet {
        self.chosen.filter(|rules| !rules.findings().is_empty()).unwrap_or(LEGACY)
    }

    /// The rules that judge the user of `id`.
    pub fn rules_of(&self, id: &Id) -> Result<RuleSet, Error> {
        let id = &self.meant(id)?;
        let gather = &mut |rules| gather_rows_by(&*self.source, id, &LIMITS, rules);
        self.source.one_moment(|| Ok(self.judged(id, gather)?.2))
    }

    /// What is gathered for the user of `id`, which is as it is stored, whether a limit of rows left some out, and the rules that judge it.
    pub(super) fn judged(
        &self,
        id: &Id,
        gather: &mut dyn FnMut(RuleSet) -> Result<(Facts, bool), Error>,
    ) -> Result<(Facts, bool, RuleSet), Error> {
        if let Some(rules) = self.chosen {
            let (facts, is_part) = gather(rules)?;
            return Ok((facts, is_part, rules));
        }
        // Mostly the first row tells the rules, and nothing is gathered by others before.
        if let Some(own) = self.rules_of_first_row(id)? {
            let (facts, is_part) = gather(own)?;
            if usual(&facts, id).name() == own.name() && is_usual(own, &facts, id) {
                return Ok((facts, is_part, own));
            }
        }
        let (facts, is_part) = gather(LEGACY)?;
        let own = usual(&facts, id);
        if own.name() == LEGACY.name() {
            return Ok((facts, is_part, LEGACY));
        }
        let (reached, is_part_reached) = gather(own)?;
        // What their calls join can have rows of others.
        let is_own = is_usual(own, &reached, id);
        Ok(if is_own { (reached, is_part_reached, own) } else { (facts, is_part, LEGACY) })
    }

    /// The rules of the vendor of the first row of an id, where these are not the legacy ones.
    fn rules_of_first_row(&self, id: &Id) -> Result<Option<RuleSet>, Error> {
        if !self.has_other_rules()? {
            return Ok(None);
        }
        let first = self.source.event_heads(&[id.clone(), id.other_device_form()], None, 1)?;
        let rules = first.first().map(|event| of_vendor(&event.source.vendor));
        Ok(rules.filter(|rules| rules.name() != LEGACY.name()))
    }

    /// Whether users of the store can be judged by other rules than the legacy ones.
    fn has_other_rules(&self) -> Result<bool, Error> {
        let is_other = |rules: RuleSet| rules.name() != LEGACY.name();
        match self.chosen {
            Some(rules) => Ok(is_other(rules)),
            None => Ok(self.source.vendors()?.iter().any(|vendor| is_other(of_vendor(vendor)))),
        }
    }

    /// The user of an id and the number of rows, where other rules than the legacy ones judge it; of an id as
    /// it is stored.
    fn user_of(&self, id: &Id) -> Result<Option<(Ruled, u64)>, Error> {
        let gather = &mut |rules| gather_rows_by(&*self.source, id, &LIMITS, rules);
        let (facts, _, rules) = self.source.one_moment(|| self.judged(id, gather))?;
        if rules.name() == LEGACY.name() {
            return Ok(None);
        }
        let ruled = rules.ruled(&facts, id);
        let rows = ruled.rows.iter().filter(|held: &&Held| ruled.is_own(held)).count() as u64;
        Ok(Some((ruled, rows)))
    }

    /// Hits with the users that they lead to by the rules that judge them.
    pub(super) fn led(&self, mut hits: Vec<Hit>) -> Result<Vec<Hit>, Error> {
        if !self.has_other_rules()? {
            return Ok(hits);
        }
        let mut roots: HashMap<Id, Id> = HashMap::new();
        for hit in &mut hits {
            if !roots.contains_key(&hit.id)
                && let Some((ruled, _)) = self.user_of(&hit.id)?
                && let Some(root) = ruled.root
            {
                roots.extend(ruled.ids.into_iter().map(|id| (id, root.clone())));
                roots.insert(hit.id.clone(), root);
            }
            let Some(root) = roots.get(&hit.id) else { continue };
            hit.kind = match hit.kind {
                HitKind::Profile => HitKind::Profile,
                _ if *root == hit.id => HitKind::Root,
                _ => HitKind::Alias,
            };
            hit.root = Some(root.clone());
        }
        Ok(hits)
    }

    /// Every id of the user with this root, and the number of rows; `None` where the legacy rules judge it.
    pub(super) fn ids_by_rules(&self, root: &Id) -> Result<Option<(Vec<Id>, u64)>, Error> {
        if !self.has_other_rules()? {
            return Ok(None);
        }
        Ok(self.user_of(root)?.filter(|(ruled, _)| !ruled.ids.is_empty()).map(|(ruled, rows)| (ruled.ids, rows)))
    }
}
