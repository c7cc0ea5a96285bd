//! A row that is lifted while its fields come in: columns next to an object of properties, or nothing but
//! columns.

use std::borrow::Cow;

use super::known::{COLUMN_WINS, NULL_SIGN};
use super::{Role, Whole, keep, spare};
use crate::formats::cursor;
use crate::formats::event::Properties;
use crate::formats::literal;
use crate::formats::object::{complaint, each, given, string};
use crate::formats::repair::repair;
use crate::model::json;

/// A row while its fields come in.
#[derive(Default)]
pub(in crate::formats) struct Lifting<'a> {
    event: Option<Cow<'a, str>>,
    inner: Option<Cow<'a, str>>,
    /// The fields of `inner`, where they were found.
    known: Option<Vec<(&'a str, &'a str)>>,
    columns: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    repaired: bool,
}

impl<'a> Lifting<'a> {
    /// Takes an object of properties, if its fields can be found at once.
    pub(in crate::formats) fn take_object(&mut self, object: &'a str) -> bool {
        let Some(known) = cursor::fields(object) else { return false };
        (self.inner, self.known) = (Some(Cow::Borrowed(object)), Some(known));
        true
    }

    /// Takes a field; the error is the reason to reject the row.
    pub(in crate::formats) fn add(&mut self, role: Role<'a>, key: &'a str, value: Cow<'a, str>) -> Result<(), String> {
        let value = if value == NULL_SIGN { Cow::Borrowed("null") } else { value };
        match role {
            Role::Own => {}
            Role::Name if self.event.is_none() => self.event = Some(value),
            // A property `event` that got a column of its own.
            Role::Name => self.columns.push((Cow::Borrowed(key), value)),
            Role::Properties => match given(Some(&value)) {
                None => {}
                Some(text) if text.starts_with('{') => (self.inner, self.known) = (Some(value), None),
                Some(text) => {
                    let mut inside = json::scalar(text).filter(|_| text.starts_with('"')).unwrap_or_default();
                    if inside.trim().len() < inside.len() {
                        inside = String::from(inside.trim());
                    }
                    if !inside.starts_with('{') {
                        return Err("its properties are no object".to_owned());
                    }
                    let written = if inside.starts_with("{'") { literal::json(&inside) } else { None };
                    self.known = None;
                    self.inner = Some(Cow::Owned(written.unwrap_or_else(|| {
                        // The text is one inside a text, in which no one has looked for bad bytes yet.
                        let Cow::Owned(right) = repair(&inside) else { return inside };
                        self.repaired = true;
                        right
                    })));
                }
            },
            Role::Property(name) => self.columns.push((name, value)),
        }
        Ok(())
    }

    /// Notes that a value of the row had to be put right.
    pub(in crate::formats) fn note_repaired(&mut self) {
        self.repaired = true;
    }

    /// Gives the row to `then`; with `nests`, `a__b` is `b` in `a`.
    pub(in crate::formats) fn finish<R>(self, nests: bool, then: impl FnOnce(&Whole<'_>) -> R) -> Result<R, String> {
        let Self { event, inner, known, mut columns, repaired } = self;
        // What a text within a text has is found here.
        let found = if known.is_none() { inner.as_deref().and_then(cursor::fields) } else { None };
        let pairs = known.as_deref().or(found.as_deref());
        let size = |(key, value): &(Cow<'_, str>, Cow<'_, str>)| key.len() + value.len() + 4;
        let room = inner.as_ref().map_or(2, |inner| inner.len()) + columns.iter().map(size).sum::<usize>();
        let mut properties = spare();
        properties.reserve(room);
        match &inner {
            Some(inner) => {
                keep_different(inner, pairs, &mut columns)?;
                let inner = inner.trim_end();
                properties.push_str(inner.strip_suffix('}').unwrap_or(inner));
            }
            None => properties.push('{'),
        }
        if nests {
            // Of a property whose values are in a column for each type the others have nothing.
            columns.retain(|(_, value)| value != "null");
        }
        let columns: Vec<_> = columns.iter().map(|(key, value)| (&**key, &**value)).collect();
        write(&mut properties, &columns, nests);
        properties.push('}');
        let mut fields = (!nests && (inner.is_none() || pairs.is_some())).then(Properties::default);
        if let Some(fields) = &mut fields {
            for (key, value) in pairs.unwrap_or_default().iter().chain(&columns) {
                if let Some(slot) = fields.slot(key.as_bytes()) {
                    *slot = Some(value);
                }
            }
        }
        let whole = Whole { event: event.as_deref(), properties: &properties, fields, repaired, is_plain: false };
        let done = then(&whole);
        keep(properties);
        Ok(done)
    }
}

/// Leaves of the columns next to `inner` those that say something else than it does. `known` are its fields,
/// where they are.
fn keep_different(
    inner: &str,
    known: Option<&[(&str, &str)]>,
    columns: &mut Vec<(Cow<'_, str>, Cow<'_, str>)>,
) -> Result<(), String> {
    // Of a property that stands twice the last value counts.
    let mut said: Vec<Option<&str>> = vec![None; columns.len()];
    let mut note = |key: &str, value| {
        for (said, _) in said.iter_mut().zip(&*columns).filter(|(_, (column, _))| column == key) {
            *said = Some(value);
        }
    };
    match known {
        Some(known) => known.iter().for_each(|(key, value)| note(key, value)),
        None => each(inner, note).map_err(|error| complaint(&error))?,
    }
    let mut same = vec![false; columns.len()];
    for (((column, other), said), same) in columns.iter_mut().zip(said).zip(&mut same) {
        let Some(value) = said else { continue };
        let is_time = || column == "time" && json::time(value).is_some() && json::time(value) == json::time(other);
        let is_text = || json::text(value).is_some() && json::text(value) == json::text(other);
        if value == &**other || &**other == "null" || is_text() || is_time() {
            *same = true;
        } else if !COLUMN_WINS.contains(&&**column) || is_no_time(column, other) && json::time(value).is_some() {
            // Both are kept.
            *column = Cow::Owned(format!("row.{column}"));
        }
    }
    let mut same = same.into_iter();
    columns.retain(|_| !same.next().unwrap_or(false));
    Ok(())
}

/// Whether a column that says a time says none that is read.
fn is_no_time(column: &str, value: &str) -> bool {
    matches!(column, "time" | "mp_processing_time_ms") && json::time(value).is_none()
}

/// Writes fields of an object behind those that are there.
fn write(text: &mut String, fields: &[(&str, &str)], nests: bool) {
    let mut nested: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
    for (key, value) in fields {
        match key.split_once("__").filter(|(outer, inner)| nests && !outer.is_empty() && !inner.is_empty()) {
            None => field(text, key, value),
            Some((outer, inner)) => match nested.iter_mut().find(|(known, _)| *known == outer) {
                Some((_, fields)) => fields.push((inner, value)),
                None => nested.push((outer, vec![(inner, value)])),
            },
        }
    }
    for (key, fields) in nested {
        let mut object = "{".to_owned();
        write(&mut object, &fields, nests);
        object.push('}');
        field(text, key, &object);
    }
}

fn field(text: &mut String, key: &str, value: &str) {
    if !text.trim_end().ends_with('{') {
        text.push(',');
    }
    string(key, text);
    text.push(':');
    text.push_str(value);
}
