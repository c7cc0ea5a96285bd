//! The parts of a text between spaces, for what is not read as a query yet: whether it is one at
//! all, and what its last part could go on as.

use std::ops::Range;

use super::fields::{self, field_names};
use super::read::RELATIONS;
use super::{Expr, Place, Query, Term};
use crate::model::near::nearest;

/// Names of properties that are ids: with one of these, a search looks for the value as a text.
const IDS: &[&str] =
    &["distinct_id", "$distinct_id", "$user_id", "$device_id", "user_id", "device_id", "anonymous_id", "anonymousId"];

/// What a term that has no value yet ends with.
pub const UNFINISHED: [char; 5] = [':', '=', '>', '<', '~'];

/// Whether a text in the search has a term in it, so that it is a query and no text.
///
/// Ids and values that are pasted look like many things: an address, base64, a name in angle
/// brackets, a number with an equals sign. None of these is a term.
pub fn has_term(text: &str) -> bool {
    parts(text).iter().any(|part| part.is_term(text))
}

/// A text without a term as a query, where it has words with `or`, `not`, `-` or brackets between
/// them: such a text may be an id or an event name as well.
pub fn words(text: &str) -> Option<Query> {
    let query = Query::read(text, Place::Search).ok()??;
    let is_word = |expr: &Expr| matches!(expr, Expr::Term(Term::Word(_)));
    let is_text = match query.expr() {
        Expr::All(list) => list.iter().all(is_word),
        expr => is_word(expr),
    };
    (!is_text && query.expr().terms().iter().all(|term| matches!(term, Term::Word(_)))).then_some(query)
}

/// What a text could have meant that is no query: `evnt:purchase`.
pub fn hint(text: &str) -> Option<String> {
    parts(text).iter().find_map(|part| {
        let (name, value) = (part.name(text), part.value(text));
        if part.relation != Some(":") || part.field(text).is_some() {
            return part.is_unfinished().then(|| format!("a value is missing after {}", part.whole(text)));
        }
        // Ids look like this: `$device:1a20`.
        let meant = nearest(name, field_names(Place::Search)).filter(|_| !name.starts_with('$'))?;
        Some(format!("no field is called {name}; did you mean {meant}:{value}?"))
    })
}

/// A part of a text between spaces, without the hyphen or bracket before it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) place: Range<usize>,
    /// Between name and value, outside of quotes.
    pub(super) relation: Option<&'static str>,
    relation_at: usize,
    value_at: usize,
}

impl Part {
    fn of(text: &str, place: Range<usize>) -> Self {
        let whole = text.get(place.clone()).unwrap_or_default();
        let start = place.start + whole.len() - whole.trim_start_matches(['(', '-']).len();
        let place = start..place.end;
        let whole = text.get(place.clone()).unwrap_or_default();
        let mut in_quotes = false;
        let found = whole.char_indices().find_map(|(at, c)| {
            in_quotes ^= c == '"';
            let rest = whole.get(at..)?;
            let relation = RELATIONS.iter().find(|relation| rest.starts_with(**relation))?;
            (!in_quotes).then_some((at, *relation))
        });
        match found {
            Some((at, relation)) => {
                let relation_at = place.start + at;
                Self { relation: Some(relation), relation_at, value_at: relation_at + relation.len(), place }
            }
            None => Self { relation: None, relation_at: place.end, value_at: place.end, place },
        }
    }

    pub(super) fn whole<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.place.clone()).unwrap_or_default()
    }

    pub(super) fn name<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.place.start..self.relation_at).unwrap_or_default()
    }

    pub(super) fn value<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.value_at..self.place.end).unwrap_or_default()
    }

    /// The field, if it begins with one.
    pub(super) fn field(&self, text: &str) -> Option<&'static str> {
        self.relation?;
        // A place in the net: `file://`, `at://`.
        let is_address = self.relation == Some(":") && self.value(text).starts_with("//");
        fields::field(self.name(text)).filter(|_| !is_address)
    }

    /// Whether it is a comparison of a property: nothing like base64.
    fn is_property(&self, text: &str) -> bool {
        let name = self.name(text);
        let value = self.value(text);
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '$' | '_' | '"'))
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '$' | '_' | '.' | '-' | '"' | ' '));
        let is_value = match self.relation {
            // An address in angle brackets is none.
            Some(">" | ">=" | "<" | "<=") => value.starts_with(|c: char| c.is_ascii_digit() || c == '-'),
            _ => !value.is_empty() && !value.starts_with(['=', '>', '<', '~']),
        };
        let is_id = IDS.iter().any(|id| id.eq_ignore_ascii_case(name));
        self.relation.is_some_and(|relation| relation != ":") && is_name && is_value && !is_id
    }

    fn is_term(&self, text: &str) -> bool {
        self.field(text).is_some() || self.is_property(text)
    }

    /// Whether it ends where its value should be.
    fn is_unfinished(&self) -> bool {
        self.relation.is_some() && self.value_at >= self.place.end
    }
}

/// The parts of a text: what is between spaces outside of quotes.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut start = None;
    let mut in_quotes = false;
    for (at, c) in text.char_indices() {
        in_quotes ^= c == '"';
        if c.is_whitespace() && !in_quotes {
            parts.extend(start.take().map(|start| Part::of(text, start..at)));
        } else {
            start.get_or_insert(at);
        }
    }
    parts.extend(start.map(|start| Part::of(text, start..text.len())));
    parts
}
