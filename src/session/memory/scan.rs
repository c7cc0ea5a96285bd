//! Looks over everything that is held.

use std::collections::HashSet;

use super::{Memory, STEP};
use crate::inspect::{Directory, Error, ErrorKind, Scan};
use crate::model::clue::Clue;
use crate::model::facts::{AliasCall, Link};
use crate::model::hit::Span;
use crate::model::scan::{IdNote, RowNote, Seek, Take, ValueClue};
use crate::model::{Id, LinkKind};

impl Scan for Memory {
    fn number(&self, id: &Id) -> Result<Option<i64>, Error> {
        Ok(Some(self.ids.of(id)).filter(|number| *number != 0))
    }

    fn id_of(&self, number: i64) -> Result<Id, Error> {
        let missing = || Error::new(ErrorKind::Store, format!("there is no id with number {number}"));
        self.id(number).cloned().ok_or_else(missing)
    }

    fn names(&self) -> Result<Vec<(i64, String)>, Error> {
        Ok((1..).zip(self.names.all.iter().map(ToString::to_string)).collect())
    }

    fn is_client(&self, number: i64) -> Result<bool, Error> {
        Ok(self.events.iter().any(|event| self.note(event).client == number))
    }

    fn file_names(&self) -> Result<Vec<(i64, String)>, Error> {
        Ok(self.files.iter().map(|file| (file.id, file.name.clone())).collect())
    }

    fn numbers_with(&self, text: &str) -> Result<Vec<i64>, Error> {
        let found = self.stoppable(|stop| self.id_texts.having(text, usize::MAX, stop))?;
        Ok(found.into_iter().map(|hit| hit.number).collect())
    }

    fn span_of(&self, id: &Id) -> Result<Option<Span>, Error> {
        Ok(self.number(id)?.map(|number| self.span(number)))
    }

    fn rows(&self) -> Result<u64, Error> {
        Ok(self.events.len() as u64)
    }

    fn all_calls(&self, limit: usize) -> Result<Vec<AliasCall>, Error> {
        Ok(self.calls.iter().take(limit).cloned().collect())
    }

    fn each_value(&self, _: Option<ValueClue<'_>>, each: &mut dyn FnMut(i64, &str, &str)) -> Result<(), Error> {
        self.values.iter().for_each(|(number, key, value)| each(*number, key, value));
        Ok(())
    }

    fn each_profile(&self, _: &Clue, each: &mut dyn FnMut(i64, &str)) -> Result<(), Error> {
        let known = self.profiles.iter().rev().filter_map(|(number, profile)| Some(((*number)?, profile)));
        known.for_each(|(number, profile)| each(number, &profile.json));
        Ok(())
    }

    fn seek(&self, seek: &Seek<'_>, take: &mut Take<'_>) -> Result<(), Error> {
        let mut looked = 0;
        for step in self.events.rchunks(STEP) {
            if self.is_stopped() {
                return Err(Error::cancelled());
            }
            let notes = step.iter().map(|event| self.note(event));
            // Of some ids only their own rows count as looked at.
            let notes: Vec<RowNote> = notes.filter(|note| seek.ids.is_none_or(|ids| ids.contains(&note.id))).collect();
            looked += notes.len() as u64;
            let found: Vec<RowNote> = notes.into_iter().filter(|note| self.is_sought(seek, note)).collect();
            if take(&found, looked).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn sample(&self, most: usize) -> Result<Vec<RowNote>, Error> {
        let step = self.events.len().div_ceil(most.max(1)).max(1);
        Ok(self.events.iter().step_by(step).take(most).map(|event| self.note(event)).collect())
    }
}

impl Directory for Memory {
    fn each_id(&self, each: &mut dyn FnMut(IdNote<'_>)) -> Result<(), Error> {
        let user = |link: &Link| match link.kind {
            LinkKind::Identify | LinkKind::UserDevice => Some(link.a.clone()),
            LinkKind::IdUser => Some(link.b.clone()),
            _ => None,
        };
        let users: HashSet<Id> = self.links.iter().filter_map(user).collect();
        for (number, id) in (1..).zip(&self.ids.all) {
            let has_rows = self.rows_of.contains_key(&number);
            each(IdNote { id: id.as_str(), has_rows, is_user: users.contains(id) });
        }
        Ok(())
    }

    fn each_known(&self, id: &mut dyn FnMut(&str), value: &mut dyn FnMut(&str)) -> Result<(), Error> {
        self.ids.all.iter().for_each(|known| id(known.as_str()));
        self.values.iter().for_each(|(_, _, known)| value(known));
        Ok(())
    }
}
