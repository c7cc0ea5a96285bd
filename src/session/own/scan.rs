//! Looking through a table of events: what a search by terms asks.
//!
//! The server says which rows can be meant; they are fetched, and read as any rows that were fetched. Where only events
//! and times are asked for, it counts by itself.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::OwnSource;
use crate::inspect::{Error, ErrorKind, Scan, Source as _};
use crate::model::Id;
use crate::model::clue::Clue;
use crate::model::facts::{AliasCall, Event};
use crate::model::hit::Span;
use crate::model::scan::{Head, IdRows, RowNote, Seek, Take, ValueClue};
use crate::warehouse::OwnRow;

/// Rows that are fetched for one search, at most.
const MOST_FETCHED: usize = 50_000;

impl OwnSource {
    /// Fetches the rows of which a clue can hold.
    fn fetch_meant(&self, clue: &Clue) -> Result<(), Error> {
        let rows = {
            let numbered = self.numbered.borrow();
            let name = |number: i64| numbered.names.text(number).map(ToString::to_string);
            self.events.meant(clue, &name, MOST_FETCHED + 1)?
        };
        self.keep_few(rows)
    }

    fn keep_few(&self, rows: Vec<OwnRow>) -> Result<(), Error> {
        if rows.len() > MOST_FETCHED {
            let table = &self.events.table().table;
            let what = format!("more than {MOST_FETCHED} rows of {table} have to be read for this search");
            return Err(Error::new(ErrorKind::Usage, what).hint(
                "ask for less with another term next to it, such as event:…, a property with a rare value, or an id",
            ));
        }
        self.keep(rows);
        Ok(())
    }

    fn note(&self, event: &Event) -> RowNote {
        let mut numbered = self.numbered.borrow_mut();
        let mut id = |id: Option<&Id>| id.map_or(0, |id| numbered.id(id.as_str()));
        let (of, device, user) = (id(event.id.as_ref()), id(event.device.as_ref()), id(event.user.as_ref()));
        RowNote {
            row: event.row,
            id: of,
            event: numbered.name(&event.event),
            time: event.time,
            device,
            user,
            client: event.client.as_ref().map_or(0, |client| numbered.name(client.as_str())),
            file: 1,
            line: i64::try_from(event.source.line).unwrap_or(i64::MAX),
        }
    }

    /// Gives ids a number that the table names.
    pub(super) fn know<'a>(&self, ids: impl IntoIterator<Item = &'a Id>) {
        let mut numbered = self.numbered.borrow_mut();
        for id in ids {
            numbered.id(id.as_str());
        }
    }
}

impl Scan for OwnSource {
    fn number(&self, id: &Id) -> Result<Option<i64>, Error> {
        Ok(self.numbers(std::slice::from_ref(id))?.pop().flatten())
    }

    fn numbers(&self, ids: &[Id]) -> Result<Vec<Option<i64>>, Error> {
        let of = |id: &Id| self.numbered.borrow().ids.number(id);
        let unknown: Vec<Id> = ids.iter().filter(|id| of(id).is_none()).cloned().collect();
        if !unknown.is_empty() {
            self.fetch(&unknown)?;
            let state = self.state.borrow();
            let named = unknown.iter().filter(|id| state.memory.number(id).is_ok_and(|number| number.is_some()));
            self.know(named);
        }
        Ok(ids.iter().map(of).collect())
    }

    fn id_of(&self, number: i64) -> Result<Id, Error> {
        self.numbered.borrow().id_of(number)
    }

    fn keeps(&self, what: Head) -> bool {
        // What rows say of these stands in their properties.
        !matches!(what, Head::Device | Head::User | Head::Client)
    }

    fn names(&self) -> Result<Vec<(i64, String)>, Error> {
        let rows = self.state.borrow().rows;
        if self.names.borrow().as_ref().is_none_or(|(of, _)| *of != rows) {
            let names = self.events.event_names()?;
            let mut numbered = self.numbered.borrow_mut();
            let names = names.into_iter().filter(|name| !name.is_empty()).map(|name| (numbered.name(&name), name));
            *self.names.borrow_mut() = Some((rows, names.collect()));
        }
        Ok(self.names.borrow().as_ref().map(|(_, names)| names.clone()).unwrap_or_default())
    }

    fn is_client(&self, _: i64) -> Result<bool, Error> {
        Ok(false)
    }

    fn file_names(&self) -> Result<Vec<(i64, String)>, Error> {
        Ok(vec![(1, self.events.table().table.clone())])
    }

    fn numbers_with(&self, text: &str) -> Result<Vec<i64>, Error> {
        let found = self.search_ids(text, usize::MAX)?;
        Ok(self.numbers(&found.into_iter().map(|hit| hit.id).collect::<Vec<_>>())?.into_iter().flatten().collect())
    }

    fn will_count(&self, ids: &[i64]) -> Result<(), Error> {
        let ids = ids.iter().map(|id| self.id_of(*id)).collect::<Result<Vec<_>, _>>()?;
        let missing: Vec<Id> = ids.into_iter().filter(|id| !self.spans.borrow().contains_key(id)).collect();
        let found = self.events.spans_of(&missing)?;
        let mut spans = self.spans.borrow_mut();
        spans.extend(missing.into_iter().map(|id| (id.clone(), found.get(&id).copied().unwrap_or_default())));
        Ok(())
    }

    fn span_of(&self, id: &Id) -> Result<Option<Span>, Error> {
        let Some(number) = self.number(id)? else { return Ok(None) };
        self.will_count(&[number])?;
        Ok(self.spans.borrow().get(id).copied())
    }

    fn rows(&self) -> Result<u64, Error> {
        Ok(self.state.borrow().rows)
    }

    fn is_for_terms_alone(&self) -> Result<bool, Error> {
        // Rows of a word that many have would be fetched with each key.
        Ok(true)
    }

    fn all_calls(&self, limit: usize) -> Result<Vec<AliasCall>, Error> {
        self.keep_few(self.events.alias_calls(MOST_FETCHED + 1)?)?;
        let calls = self.state.borrow().memory.all_calls(limit)?;
        self.know(calls.iter().flat_map(|call| call.alias.iter().chain(&call.target)));
        Ok(calls)
    }

    fn each_value(&self, _: Option<ValueClue<'_>>, _: &mut dyn FnMut(i64, &str, &str)) -> Result<(), Error> {
        // The table has events alone.
        Ok(())
    }

    fn each_profile(&self, _: &Clue, _: &mut dyn FnMut(i64, &str)) -> Result<(), Error> {
        Ok(())
    }

    fn seek(&self, seek: &Seek<'_>, take: &mut Take<'_>) -> Result<(), Error> {
        if let Some(ids) = seek.ids {
            let ids = ids.iter().map(|id| self.id_of(*id)).collect::<Result<Vec<_>, _>>()?;
            self.fetch(&ids)?;
        } else {
            let events = seek.events.map(|events| Clue::Event(events.to_vec()));
            let times = seek
                .from
                .or(seek.to)
                .map(|_| Clue::Between(seek.from.unwrap_or(i64::MIN), seek.to.unwrap_or(i64::MAX)));
            self.fetch_meant(&Clue::All(events.into_iter().chain(times).chain(seek.clue.cloned()).collect()))?;
        }
        let state = self.state.borrow();
        let mut found = Vec::new();
        for (event, properties) in state.memory.each_row().rev() {
            let note = self.note(event);
            let of_ids = seek.ids.is_none_or(|ids| ids.contains(&note.id));
            let passes = || seek.properties.is_some_and(|passes| passes(&note, properties));
            if of_ids && seek.of_row(&note).unwrap_or_else(passes) {
                found.push(note);
            }
        }
        let rows = state.rows;
        drop(state);
        let (ControlFlow::Continue(()) | ControlFlow::Break(())) = take(&found, rows);
        Ok(())
    }

    fn rows_by_id(&self, clue: &Clue, ids: Option<&[i64]>, most: usize) -> Result<Option<Vec<IdRows>>, Error> {
        if ids.is_some() {
            return Ok(None);
        }
        let found = {
            let numbered = self.numbered.borrow();
            self.events.by_id(clue, &|number| numbered.names.text(number).map(ToString::to_string), most)?
        };
        let mut numbered = self.numbered.borrow_mut();
        Ok(found.map(|found| {
            let rows = found.into_iter().map(|of| IdRows {
                id: numbered.id(&of.id),
                rows: of.rows,
                last: (of.last.0, of.last.1.cast_signed()),
                event: numbered.name(&of.event),
            });
            rows.collect()
        }))
    }

    fn rows_of_events(&self, events: &[i64]) -> Result<HashMap<(i64, i64), u64>, Error> {
        let names: Vec<String> = {
            let numbered = self.numbered.borrow();
            events.iter().filter_map(|event| numbered.names.text(*event)).map(ToString::to_string).collect()
        };
        let found = self.events.by_event(&names)?;
        let mut numbered = self.numbered.borrow_mut();
        Ok(found.into_iter().map(|((event, id), rows)| ((numbered.name(&event), numbered.id(&id)), rows)).collect())
    }

    fn sample(&self, most: usize) -> Result<Vec<RowNote>, Error> {
        self.keep(self.events.meant(&Clue::Unknown, &|_| None, most)?);
        let state = self.state.borrow();
        Ok(state.memory.each_row().take(most).map(|(event, _)| self.note(event)).collect())
    }
}
