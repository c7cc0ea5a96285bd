//! Profiles, rows and look-alikes of those around a user, asked for at once.

use std::collections::HashMap;
use std::thread;

use super::near::{BYTES, Extra, Record, Update, ask, looks, updates};
use super::source::{State, Warehouse};
use super::tables::ROWS;
use super::wire::literals;
use crate::inspect::Error;
use crate::model::Id;
use crate::model::alike::{are_alike, folded};
use crate::model::hit::Span;
use crate::model::stored::StoredProfile;
use crate::model::threads::join;

impl Warehouse {
    /// Runs `read`, which reads the rows of `ids`, and meanwhile brings the profiles of all who were met and what looks
    /// like one of `ids`.
    pub(super) fn with_those_near<T>(
        &self,
        state: &State,
        ids: &[&Id],
        read: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let extra = {
            let mut near = self.near.borrow_mut();
            for id in ids {
                near.meet(id);
            }
            let mut texts: Vec<String> = ids.iter().map(|id| folded(id.bare())).collect();
            texts.retain(|look| !look.is_empty() && look.len() < BYTES / 100 && !near.looks.contains_key(look));
            texts.sort_unstable();
            texts.dedup();
            texts.truncate(100);
            let met = near.met.clone();
            Extra { ids: near.wanted(&met, &|id| near.profiles.contains_key(id)), looks: texts }
        };
        let Some(sql) = extra.sql(state.facts) else { return read() };
        let (client, stop) = (self.client.for_what("profiles, ids that look alike"), self.stop.clone());
        let (answer, found) = thread::scope(|scope| {
            let other = scope.spawn(move || ask(&client, stop.as_ref(), &sql));
            let answer = read();
            (answer, join(other))
        });
        let answer = answer?;
        self.keep(state, &extra, found?)?;
        Ok(answer)
    }

    fn keep(&self, state: &State, extra: &Extra, found: Vec<Record>) -> Result<(), Error> {
        let mut near = self.near.borrow_mut();
        // What has none is known too.
        for id in &extra.ids {
            near.profiles.insert(id.clone(), Vec::new());
        }
        for look in &extra.looks {
            near.looks.insert(look.clone(), Vec::new());
        }
        for record in found {
            match record {
                Record::Look { look, id } => near.looks.entry(look).or_default().push(id),
                Record::Update { update: (profile, number), file, line } => {
                    let profile = StoredProfile { source: self.line(state, file, line)?, ..profile };
                    if let Some(id) = profile.id.clone() {
                        near.profiles.entry(id).or_default().push((profile, number));
                    }
                }
            }
        }
        Ok(())
    }

    /// What [`Source::profiles_of`](crate::inspect::Source::profiles_of) gives.
    pub(super) fn updates_of(&self, ids: &[Id], limit: usize) -> Result<Vec<StoredProfile>, Error> {
        let state = self.state()?;
        let wanted = {
            let near = self.near.borrow();
            near.wanted(ids, &|id| near.profiles.contains_key(id))
        };
        self.in_parts(&wanted, |it, part, list| {
            let sql = format!("{} FORMAT RowBinary", updates(list, state.facts));
            let found = ask(&it.client, it.stop.as_ref(), &sql)?;
            it.keep(&state, &Extra { ids: part.to_vec(), looks: Vec::new() }, found)
        })?;
        let near = self.near.borrow();
        let mut found: Vec<&Update> = ids.iter().filter_map(|id| near.profiles.get(id)).flatten().collect();
        found.sort_by_key(|(profile, number)| {
            (profile.time.or(profile.arrived), profile.source.rank, profile.source.line, *number)
        });
        found.dedup_by_key(|(_, number)| *number);
        Ok(found.into_iter().take(limit).map(|(profile, _)| profile.clone()).collect())
    }

    /// What [`Lookup::ids_alike`](crate::inspect::Lookup::ids_alike) gives.
    pub(super) fn alike(&self, id: &Id, limit: usize) -> Result<Vec<Id>, Error> {
        self.client.about("ids that look alike");
        let look = folded(id.bare());
        if look.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let state = self.state()?;
        if !self.near.borrow().looks.contains_key(&look) {
            let sql = format!("{} FORMAT RowBinary", looks(&literals([look.as_str()]), state.facts));
            let found = ask(&self.client, self.stop.as_ref(), &sql)?;
            self.keep(&state, &Extra { ids: Vec::new(), looks: vec![look.clone()] }, found)?;
        }
        let near = self.near.borrow();
        let mut alike: Vec<Id> = near.looks.get(&look).into_iter().flatten().cloned().collect();
        alike.sort_unstable();
        alike.retain(|other| are_alike(id.bare(), other.bare()));
        alike.truncate(limit);
        Ok(alike)
    }

    /// The rows of each of `ids` that has some.
    pub(super) fn spans(&self, ids: &[Id]) -> Result<HashMap<Id, Span>, Error> {
        let state = self.state()?;
        let wanted = {
            let near = self.near.borrow();
            near.wanted(ids, &|id| near.spans.contains_key(id))
        };
        self.in_parts(&wanted, |it, part, list| {
            let sql = format!(
                "SELECT id, count(), min(time), max(time) FROM {ROWS} PREWHERE id IN ({list}) WHERE {} GROUP BY id \
                 FORMAT RowBinary",
                state.of_rows()
            );
            let found = it.records(&sql, |answer| {
                let id = Id::new(&answer.text()?);
                Ok((id, Span { events: answer.u64()?, first: Some(answer.i64()?), last: Some(answer.i64()?) }))
            })?;
            let mut near = it.near.borrow_mut();
            near.spans.extend(part.iter().map(|id| (id.clone(), None)));
            near.spans.extend(found.into_iter().map(|(id, span)| (id, Some(span))));
            Ok(())
        })?;
        let near = self.near.borrow();
        Ok(ids.iter().filter_map(|id| Some((id.clone(), (*near.spans.get(id)?)?))).collect())
    }
}
