//! One history under several rule sets.

use super::gather::{Limits, reach};
use super::{Error, Inspector};
use crate::identity::across::Across;
use crate::identity::{Facts, RuleSet};
use crate::model::Id;

impl Inspector {
    /// The rows of the user of `id` under each of `rules`; `None` when under none of them a row belongs
    /// to it. Everything that calls, links and devices reach is read once, and judged by each.
    pub fn across(&self, id: &Id, rules: &[RuleSet]) -> Result<Option<Across>, Error> {
        let (facts, query) = self.reached(id)?;
        let Some(across) = Across::of(&facts, &query, rules) else { return Ok(None) };
        let root = across.sides.iter().find_map(|side| side.root.clone());
        let name = root.map(|root| self.best_name(&root)).transpose()?.flatten();
        Ok(Some(Across { name, ..across }))
    }

    /// Everything that calls, links and devices reach from `id`, and the id itself, as they may be shown.
    pub fn reached(&self, id: &Id) -> Result<(Facts, Id), Error> {
        let id = self.meant(id)?;
        let (facts, _) = self.source.one_moment(|| reach(&*self.source, &id, &Limits::default()))?;
        Ok(match self.redacting()? {
            None => (facts, id),
            Some((redactor, known)) => {
                let query = redactor.id(&id);
                (redactor.facts(facts, &id, &known), query)
            }
        })
    }
}
