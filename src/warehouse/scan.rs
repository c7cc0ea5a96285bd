//! Looking through everything that a warehouse has: what a search by terms asks.
//!
//! The server leaves out what cannot be meant ([`super::condition`]), and counts by itself where the rows need not be
//! read one by one. Rows come in pages, the last that were added first, as a store file gives them.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::condition::{can_contain, condition};
use super::edges::{Stored, part};
use super::numbers::Names;
use super::source::Warehouse;
use super::tables::{EDGES, IDS, PROFILES, ROWS, VALUES};
use super::wire::{Answer, CutOff, containing, literal, literals};
use crate::inspect::{Error, ErrorKind, Scan};
use crate::model::clue::Clue;
use crate::model::facts::AliasCall;
use crate::model::hit::Span;
use crate::model::scan::{IdRows, RowNote, Seek, Take, ValueClue};
use crate::model::text::lower;
use crate::model::{Id, Millis};

/// Rows from which on a word that is typed is not looked for in all of them with each key.
const MOST_FOR_A_WORD: u64 = 20_000_000;
/// Texts that a condition names; of more the rows are read.
const MOST_TEXTS: usize = 1_000;
/// Bytes of their literals, at most.
const MOST_BYTES: usize = 100_000;
/// Rows of the first page with properties; each later one has four times as many.
const FIRST_PAGE: usize = 4_096;
/// Rows of a page, at most, and of the first without properties.
const LARGEST_PAGE: usize = 65_536;
/// Ids whose rows stand for all where names are offered.
const SAMPLED: usize = 100;

/// A row as it comes, with its properties where they are asked for.
struct Thin {
    row: i64,
    id: String,
    event: String,
    time: Millis,
    device: String,
    user: String,
    client: String,
    file: i64,
    line: u64,
    properties: String,
}

/// The columns of [`Thin`].
fn columns(with_properties: bool) -> String {
    let properties = if with_properties { "properties" } else { "''" };
    format!("row, id, event, time, device, user, client, file, line, {properties}")
}

fn thin(answer: &mut Answer<'_>) -> Result<Thin, CutOff> {
    let text = |answer: &mut Answer<'_>| Ok(answer.text()?.into_owned());
    Ok(Thin {
        row: answer.i64()?,
        id: text(answer)?,
        event: text(answer)?,
        time: answer.i64()?,
        device: text(answer)?,
        user: text(answer)?,
        client: text(answer)?,
        file: answer.i64()?,
        line: answer.u64()?,
        properties: text(answer)?,
    })
}

impl Warehouse {
    /// Gives ids a number that are known in some role.
    pub(super) fn know<'a>(&self, ids: impl IntoIterator<Item = &'a Id>) {
        let mut numbered = self.numbered.borrow_mut();
        for id in ids {
            numbered.ids.add(id.clone());
        }
    }

    fn known_names(&self) -> Result<Arc<Names>, Error> {
        let state = self.state()?;
        if let Some((newest, names)) = &self.numbered.borrow().known
            && *newest == state.newest()
        {
            return Ok(Arc::clone(names));
        }
        let of = |what: u8, column: &str| {
            let rows = state.of_rows();
            format!(
                "SELECT materialize(toUInt8({what})) AS what, {column} AS name FROM (SELECT DISTINCT {column} FROM {ROWS} WHERE {rows})"
            )
        };
        let sql = format!("{} UNION ALL {} FORMAT RowBinary", of(0, "event"), of(1, "client"));
        let mut found = self.records(&sql, |answer| Ok((answer.u8()?, answer.text()?.into_owned())))?;
        found.sort_unstable();
        let mut numbered = self.numbered.borrow_mut();
        let mut names = Names::default();
        for (what, name) in found.into_iter().filter(|(_, name)| !name.is_empty()) {
            let number = numbered.name(&name);
            if what == 1 {
                names.clients.insert(number);
            }
            names.all.push((number, name));
        }
        names.all.sort_unstable();
        names.all.dedup();
        let names = Arc::new(names);
        numbered.known = Some((state.newest(), Arc::clone(&names)));
        Ok(names)
    }

    /// The condition of what a clue says of a column, exactly; `None` where its texts are too many.
    fn head(&self, clue: &Clue) -> Option<String> {
        let numbered = self.numbered.borrow();
        let is_one = |column: &str, texts: Vec<&str>| {
            if texts.is_empty() {
                return Some("0".to_owned());
            }
            let list = literals(texts.iter().copied());
            (texts.len() <= MOST_TEXTS && list.len() <= MOST_BYTES).then(|| format!("{column} IN ({list})"))
        };
        let ids = |numbers: &[i64]| numbers.iter().filter_map(|id| numbered.ids.text(*id)).map(Id::as_str).collect();
        let names = |numbers: &[i64]| {
            numbers.iter().filter_map(|name| numbered.names.text(*name)).map(|name| &**name).collect()
        };
        match clue {
            Clue::Event(numbers) => is_one("event", names(numbers)),
            Clue::Client(numbers) => is_one("client", names(numbers)),
            Clue::Device(numbers) => is_one("device", ids(numbers)),
            Clue::User(numbers) => is_one("user", ids(numbers)),
            Clue::Between(from, to) => Some(between(*from, *to)),
            Clue::Unknown | Clue::All(_) | Clue::OneOf(_) | Clue::Property(..) => None,
        }
    }

    /// The ids with these numbers; 0 is the empty one.
    fn ids_of(&self, numbers: &[i64]) -> Result<Vec<Id>, Error> {
        numbers.iter().map(|number| if *number == 0 { Ok(Id::new("")) } else { self.id_of(*number) }).collect()
    }

    /// Goes through the rows that hold `conditions`, the last first; `end` is how many rows were looked at when all of
    /// them were.
    fn pages(
        &self,
        conditions: &str,
        seek: &Seek<'_>,
        (total, end): (u64, u64),
        take: &mut Take<'_>,
    ) -> Result<ControlFlow<()>, Error> {
        let with_properties = seek.properties.is_some();
        let columns = columns(with_properties);
        let mut most = if with_properties { FIRST_PAGE } else { LARGEST_PAGE };
        let mut before = String::new();
        loop {
            let sql = format!(
                "SELECT {columns} FROM {ROWS} WHERE {conditions}{before} ORDER BY row DESC LIMIT {most} FORMAT RowBinary"
            );
            let rows = self.records(&sql, thin)?;
            let is_last = rows.len() < most;
            let lowest = rows.last().map_or(0, |row| row.row);
            let found = self.found_in(rows, seek);
            // Rows have the numbers of their places, as long as no place has several.
            let passed = total.saturating_sub(u64::try_from(lowest).unwrap_or(0)).min(end);
            if take(&found, if is_last { end } else { passed }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if is_last {
                return Ok(ControlFlow::Continue(()));
            }
            before = format!(" AND row < {lowest}");
            most = most.saturating_mul(4).min(LARGEST_PAGE);
        }
    }

    /// The rows that are looked for, of some that can be so.
    fn found_in(&self, rows: Vec<Thin>, seek: &Seek<'_>) -> Vec<RowNote> {
        let mut found = Vec::new();
        for row in rows {
            let note = self.note(&row);
            let passes = || seek.properties.is_some_and(|passes| passes(&note, &row.properties));
            if seek.of_row(&note).unwrap_or_else(passes) {
                let id = if row.id.is_empty() { None } else { Some(Id::new(&row.id)) };
                self.places.borrow_mut().insert(row.row, (id, row.time));
                found.push(note);
            }
        }
        found
    }

    fn note(&self, row: &Thin) -> RowNote {
        let mut numbered = self.numbered.borrow_mut();
        RowNote {
            row: row.row,
            id: numbered.id(&row.id),
            event: numbered.name(&row.event),
            time: row.time,
            device: numbered.id(&row.device),
            user: numbered.id(&row.user),
            client: numbered.name(&row.client),
            file: row.file,
            line: i64::try_from(row.line).unwrap_or(i64::MAX),
        }
    }

    /// Which of some ids are known in some role.
    fn learn_numbers(&self, ids: &[Id]) -> Result<(), Error> {
        let missing: Vec<Id> = {
            let numbered = self.numbered.borrow();
            ids.iter().filter(|id| numbered.ids.number(id).is_none()).cloned().collect()
        };
        let facts = self.state()?.facts;
        self.in_parts(&missing, |it, _, list| {
            let sql = format!("SELECT id FROM {IDS} PREWHERE id IN ({list}) WHERE load = {facts} FORMAT RowBinary");
            let known = it.records(&sql, |answer| Ok(Id::new(&answer.text()?)))?;
            it.know(&known);
            Ok(())
        })
    }

    fn numbers_where(&self, condition: &str) -> Result<Vec<i64>, Error> {
        let facts = self.state()?.facts;
        let sql = format!("SELECT id FROM {IDS} WHERE load = {facts} AND {condition} ORDER BY id FORMAT RowBinary");
        let found = self.records(&sql, |answer| Ok(Id::new(&answer.text()?)))?;
        let mut numbered = self.numbered.borrow_mut();
        Ok(found.into_iter().map(|id| numbered.ids.add(id)).collect())
    }
}

/// The condition of a span of time.
fn between(from: Millis, to: Millis) -> String {
    let from = (from > Millis::MIN).then(|| format!("time >= {from}"));
    let to = (to < Millis::MAX).then(|| format!("time < {to}"));
    let both: Vec<String> = from.into_iter().chain(to).collect();
    if both.is_empty() { "1".to_owned() } else { both.join(" AND ") }
}

/// A record of rows by their id.
fn by_id(answer: &mut Answer<'_>) -> Result<(String, u64, (Millis, i64), String), CutOff> {
    Ok((answer.text()?.into_owned(), answer.u64()?, (answer.i64()?, answer.i64()?), answer.text()?.into_owned()))
}

impl Scan for Warehouse {
    fn number(&self, id: &Id) -> Result<Option<i64>, Error> {
        Ok(self.numbers(std::slice::from_ref(id))?.pop().flatten())
    }

    fn numbers(&self, ids: &[Id]) -> Result<Vec<Option<i64>>, Error> {
        self.learn_numbers(ids)?;
        let numbered = self.numbered.borrow();
        Ok(ids.iter().map(|id| numbered.ids.number(id)).collect())
    }

    fn id_of(&self, number: i64) -> Result<Id, Error> {
        self.numbered.borrow().id_of(number)
    }

    fn names(&self) -> Result<Vec<(i64, String)>, Error> {
        Ok(self.known_names()?.all.clone())
    }

    fn is_client(&self, number: i64) -> Result<bool, Error> {
        Ok(self.known_names()?.clients.contains(&number))
    }

    fn file_names(&self) -> Result<Vec<(i64, String)>, Error> {
        Ok(self.state()?.file_names())
    }

    fn numbers_with(&self, text: &str) -> Result<Vec<i64>, Error> {
        self.numbers_where(&format!("lower LIKE {}", containing(&lower(text))))
    }

    fn numbers_of(&self, text: &str) -> Result<Vec<i64>, Error> {
        self.numbers_where(&format!("lower = {}", literal(&lower(text))))
    }

    fn will_count(&self, ids: &[i64]) -> Result<(), Error> {
        let ids = self.ids_of(ids)?;
        self.spans(&ids).map(drop)
    }

    fn span_of(&self, id: &Id) -> Result<Option<Span>, Error> {
        if let Some(span) = self.spans(std::slice::from_ref(id))?.remove(id) {
            return Ok(Some(span));
        }
        Ok(self.number(id)?.map(|_| Span::default()))
    }

    fn rows(&self) -> Result<u64, Error> {
        Ok(self.state()?.total)
    }

    fn is_for_terms_alone(&self) -> Result<bool, Error> {
        Ok(self.rows()? > MOST_FOR_A_WORD)
    }

    fn all_calls(&self, limit: usize) -> Result<Vec<AliasCall>, Error> {
        let state = self.state()?;
        let parts = [part::CALLS, part::CALLS_OF, part::CALLS_TO].map(|part| part.to_string()).join(",");
        // A call can stand in two components.
        let most = limit.saturating_mul(2);
        let sql = format!(
            "SELECT place, edge FROM {EDGES} WHERE load = {} AND part IN ({parts}) ORDER BY place LIMIT {most} FORMAT RowBinary",
            state.facts
        );
        let mut found = self.records(&sql, |answer| Ok((answer.u64()?, answer.text()?.into_owned())))?;
        found.dedup_by_key(|(place, _)| *place);
        found.truncate(limit);
        let mut calls = Vec::with_capacity(found.len());
        for (_, edge) in found {
            let edge: Stored = self.edge(&edge)?;
            let source = self.line(&state, edge.file, edge.line)?;
            calls.push(edge.into_call(source));
        }
        self.know(calls.iter().flat_map(|call| call.alias.iter().chain(&call.target)));
        Ok(calls)
    }

    fn each_value(&self, clue: Option<ValueClue<'_>>, each: &mut dyn FnMut(i64, &str, &str)) -> Result<(), Error> {
        let mut conditions = vec![format!("load = {}", self.state()?.facts)];
        if let Some(ValueClue { key, part, of_digits }) = clue {
            conditions.push(format!("lower(key) LIKE {}", containing(key)));
            if of_digits {
                conditions.push(format!("replaceRegexpAll(value, '[^0-9]', '') LIKE {}", containing(part)));
            } else {
                conditions.extend(can_contain(part));
            }
        }
        let sql = format!(
            "SELECT id, key, value FROM {VALUES} WHERE {} ORDER BY number FORMAT RowBinary",
            conditions.join(" AND ")
        );
        let text = |answer: &mut Answer<'_>| Ok(answer.text()?.into_owned());
        for (id, key, value) in self.records(&sql, |answer| Ok((text(answer)?, text(answer)?, text(answer)?)))? {
            let number = self.numbered.borrow_mut().id(&id);
            each(number, &key, &value);
        }
        Ok(())
    }

    fn each_profile(&self, clue: &Clue, each: &mut dyn FnMut(i64, &str)) -> Result<(), Error> {
        // A profile update has properties and no other column.
        let can_be = condition(clue, "json", &|_| Some("0".to_owned()));
        let can_be = can_be.map_or_else(String::new, |condition| format!(" AND {condition}"));
        let facts = self.state()?.facts;
        let mut before = String::new();
        loop {
            let sql = format!(
                "SELECT number, id, json FROM {PROFILES} WHERE load = {facts} AND id != ''{can_be}{before} \
                 ORDER BY number DESC LIMIT {LARGEST_PAGE} FORMAT RowBinary"
            );
            let text = |answer: &mut Answer<'_>| Ok(answer.text()?.into_owned());
            let found = self.records(&sql, |answer| Ok((answer.i64()?, text(answer)?, text(answer)?)))?;
            for (_, id, json) in &found {
                let number = self.numbered.borrow_mut().id(id);
                each(number, json);
            }
            match found.last() {
                Some((number, ..)) if found.len() == LARGEST_PAGE => before = format!(" AND number < {number}"),
                _ => return Ok(()),
            }
        }
    }

    fn seek(&self, seek: &Seek<'_>, take: &mut Take<'_>) -> Result<(), Error> {
        let state = self.state()?;
        let mut conditions = vec![state.of_rows()];
        conditions.extend(seek.events.and_then(|events| self.head(&Clue::Event(events.to_vec()))));
        conditions.push(between(seek.from.unwrap_or(Millis::MIN), seek.to.unwrap_or(Millis::MAX)));
        conditions.extend(seek.clue.and_then(|clue| condition(clue, "properties", &|head| self.head(head))));
        let conditions = conditions.join(" AND ");
        let Some(ids) = seek.ids else {
            return self.pages(&conditions, seek, (state.total, state.total), take).map(drop);
        };
        let mut is_over = false;
        self.in_parts(&self.ids_of(ids)?, |it, _, list| {
            if !is_over {
                // How far it is is known of all ids together, and not of a part.
                let conditions = format!("id IN ({list}) AND {conditions}");
                is_over = it.pages(&conditions, seek, (0, 0), take)?.is_break();
            }
            Ok(())
        })?;
        if !is_over {
            let _ = take(&[], state.total);
        }
        Ok(())
    }

    fn rows_by_id(&self, clue: &Clue, ids: Option<&[i64]>, most: usize) -> Result<Option<Vec<IdRows>>, Error> {
        let state = self.state()?;
        let is_told = std::cell::Cell::new(true);
        let of_head = |head: &Clue| {
            let condition = self.head(head);
            is_told.set(is_told.get() && condition.is_some());
            condition
        };
        let mut conditions = vec![state.of_rows()];
        conditions.extend(condition(clue, "properties", &of_head));
        if !is_told.get() {
            return Ok(None);
        }
        let conditions = conditions.join(" AND ");
        let most = most.saturating_add(1);
        let mut found = Vec::new();
        let mut ask = |of_ids: &str| {
            let sql = format!(
                "SELECT id, count(), max((time, row)), argMax(event, (time, row)) FROM {ROWS} WHERE {of_ids}{conditions} \
                 GROUP BY id ORDER BY id = '' DESC, max((time, row)) DESC, id LIMIT {most} FORMAT RowBinary"
            );
            found.extend(self.records(&sql, by_id)?);
            Ok::<_, Error>(())
        };
        match ids {
            None => ask("")?,
            Some(ids) => {
                self.in_parts(&self.ids_of(ids)?, |_, _, list| ask(&format!("id IN ({list}) AND ")))?;
            }
        }
        let mut numbered = self.numbered.borrow_mut();
        let rows = found.into_iter().map(|(id, rows, last, event)| IdRows {
            id: numbered.id(&id),
            rows,
            last,
            event: numbered.name(&event),
        });
        Ok(Some(rows.collect()))
    }

    fn rows_of_events(&self, events: &[i64]) -> Result<HashMap<(i64, i64), u64>, Error> {
        let state = self.state()?;
        let Some(is_one) = self.head(&Clue::Event(events.to_vec())) else {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("{} names of events are too many to count", events.len()),
            ));
        };
        let sql = format!(
            "SELECT event, id, count() FROM {ROWS} WHERE {is_one} AND {} GROUP BY event, id FORMAT RowBinary",
            state.of_rows()
        );
        let text = |answer: &mut Answer<'_>| Ok(answer.text()?.into_owned());
        let found = self.records(&sql, |answer| Ok((text(answer)?, text(answer)?, answer.u64()?)))?;
        let mut numbered = self.numbered.borrow_mut();
        Ok(found.into_iter().map(|(event, id, rows)| ((numbered.name(&event), numbered.id(&id)), rows)).collect())
    }

    fn sample(&self, most: usize) -> Result<Vec<RowNote>, Error> {
        let state = self.state()?;
        let sql = format!(
            "SELECT id FROM {IDS} WHERE load = {} ORDER BY cityHash64(id) LIMIT {SAMPLED} FORMAT RowBinary",
            state.facts
        );
        let ids = self.records(&sql, |answer| Ok(Id::new(&answer.text()?)))?;
        let each = most.div_ceil(SAMPLED).max(1);
        let mut rows = Vec::new();
        self.in_parts(&ids, |it, _, list| {
            let sql = format!(
                "SELECT {} FROM {ROWS} WHERE id IN ({list}) AND {} ORDER BY id, time, row LIMIT {each} BY id FORMAT RowBinary",
                columns(false),
                state.of_rows()
            );
            rows.extend(it.records(&sql, thin)?);
            Ok(())
        })?;
        rows.truncate(most);
        Ok(self.found_in(rows, &Seek::default()))
    }
}
