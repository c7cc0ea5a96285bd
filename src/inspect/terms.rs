//! Search terms: `email:sally plan=pro` instead of a text.
//!
//! A text is searched as it is, unless a part of it is a term: a field with its value, or a
//! property with its value ([`FORMS`]). All terms have to hold: those of people of one user,
//! those of rows of one row (or one profile update). Reading is pure; an error tells the place.
//! Ids may look like terms, so whoever searches looks for the whole text as an id first, and
//! anything in quotes is text.

mod complete;
mod seek;

use std::ops::Range;

pub use self::complete::{Completion, Vocabulary, complete};
pub use self::seek::Found;

use super::filter::property::{Relation, Test};
use super::filter::{Error, Moment};
use crate::model::Millis;
use crate::model::near::nearest;

/// What can be written, and what it finds.
pub const FORMS: &[(&str, &str)] = &[
    ("id:sally", "ids with sally in them; id=sally is the whole id"),
    ("alias:sally", "the same of ids that an alias call asked for, refused ones too"),
    ("email:sally", "people by the e-mail address of their profile, or ids that are one"),
    ("name:sally", "people by the name of their profile"),
    ("phone:0170", "people by the digits of their phone number"),
    ("event:purchase", "who has rows of an event; event=Purchase is the whole name"),
    ("plan=pro", "who has a row, or a profile, with that property; also ~ (contains) > >= < <="),
    ("prop:plan", "who has the property at all; prop:*=pro is any property, a.b one inside a"),
    ("after:2019-07-04", "rows from then on (UTC); -7d is before the last row of the store"),
    ("before:2019-07-04T10:00", "rows before that"),
    ("\"two words\" sally", "text that has to be in an id or a profile of the same user"),
];

/// Names before a colon.
const KEYS: &[&str] = &["id", "alias", "email", "name", "phone", "event", "prop", "after", "before"];

/// Relations, the longer ones first.
const RELATIONS: &[&str] = &["!=", ">=", "<=", ":", "=", ">", "<", "~"];

/// Names of properties that are ids: with one of these, the value is searched as a text.
const IDS: &[&str] =
    &["distinct_id", "$distinct_id", "$user_id", "$device_id", "user_id", "device_id", "anonymous_id", "anonymousId"];

/// What a person is known by.
#[derive(Clone, Debug, PartialEq)]
enum Person {
    /// A text in an id or a profile.
    Word(String),
    /// A part of an id.
    Id(String),
    /// The whole id.
    WholeId(String),
    /// A part of an id that an alias call asked for.
    Alias(String),
    /// A part of an e-mail address.
    Email(String),
    /// A part of a name.
    Name(String),
    /// Digits of a phone number.
    Phone(String),
}

/// A text that an event name has in it, or is.
#[derive(Clone, Debug, PartialEq)]
struct Event {
    text: String,
    whole: bool,
}

/// A property and what it has to be.
#[derive(Clone, Debug, PartialEq)]
struct Property {
    name: String,
    test: Test,
}

/// A moment, or so long before the end of the store (negative) or after its beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    At(Millis),
    Relative(i64),
}

/// What a row has to be.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rows {
    events: Vec<Event>,
    properties: Vec<Property>,
    from: Vec<Bound>,
    to: Vec<Bound>,
}

impl Rows {
    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.properties.is_empty() && !self.has_time()
    }

    fn has_time(&self) -> bool {
        !self.from.is_empty() || !self.to.is_empty()
    }
}

/// Terms that were read.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    text: String,
    people: Vec<Person>,
    rows: Rows,
}

impl Terms {
    /// Reads the terms of a text; `None` when it is a text and nothing else.
    ///
    /// # Errors
    /// A term means nothing; the error says where.
    pub fn read(text: &str) -> Result<Option<Self>, Error> {
        // What is read is what `text` gives back, also behind a quotation mark that none closes.
        let text = text.trim_end();
        let mut terms = Self { text: text.trim().to_owned(), people: Vec::new(), rows: Rows::default() };
        let parts = parts(text);
        if !parts.iter().any(|part| part.is_term(text)) {
            return Ok(None);
        }
        for part in parts {
            terms.add(text, &part)?;
        }
        Ok(Some(terms))
    }

    /// Those that find a text in any property.
    pub fn anywhere(text: &str) -> Self {
        let property = Property { name: "*".to_owned(), test: Test::Contains(text.to_owned()) };
        let rows = Rows { properties: vec![property], ..Rows::default() };
        Self { text: text.to_owned(), people: Vec::new(), rows }
    }

    /// The text that they were read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether rows are looked through, which takes a while in a large store.
    pub fn look_through_rows(&self) -> bool {
        !self.rows.is_empty()
    }

    fn add(&mut self, text: &str, part: &Part) -> Result<(), Error> {
        let value = || unquoted(part.value(text));
        let Some(key) = part.key(text) else {
            if let Some(name) = part.property(text) {
                self.rows.properties.push(part.test(text, name)?);
                return Ok(());
            }
            let word = unquoted(part.whole(text));
            if word.is_empty() {
                return Err(error("a text is missing between the quotes", part.place.clone()));
            }
            self.people.push(Person::Word(word));
            return Ok(());
        };
        let value = value();
        if value.is_empty() {
            return Err(error(format!("a value is missing after {key}:"), part.place.clone()));
        }
        if !matches!(part.relation, Some(":" | "=")) {
            let what = format!("{key} takes : or =, not {}", part.relation.unwrap_or_default());
            return Err(error(what, part.relation_at..part.value_at));
        }
        let whole = part.relation == Some("=");
        match key {
            "id" if whole => self.people.push(Person::WholeId(value)),
            "id" => self.people.push(Person::Id(value)),
            "alias" => self.people.push(Person::Alias(value)),
            "email" => self.people.push(Person::Email(value)),
            "name" => self.people.push(Person::Name(value)),
            "phone" => {
                let digits = digits(&value);
                if digits.is_empty() {
                    return Err(error("a phone number has digits", part.value_at..part.place.end));
                }
                self.people.push(Person::Phone(digits));
            }
            "event" => self.rows.events.push(Event { text: value, whole }),
            "prop" => {
                let named = Part::of(text, part.value_at..part.place.end);
                let name = unquoted(named.name(text));
                if name.is_empty() {
                    return Err(error("the name of a property is missing", part.place.clone()));
                }
                self.rows.properties.push(named.test(text, &name)?);
            }
            "after" => self.rows.from.push(bound(&value, part, false)?),
            _ => self.rows.to.push(bound(&value, part, true)?),
        }
        Ok(())
    }
}

/// What a text could have meant that is none of these terms: `evnt:purchase`.
pub fn hint(text: &str) -> Option<String> {
    parts(text).iter().find_map(|part| {
        let (name, value) = (part.name(text), part.value(text));
        if part.relation != Some(":") || part.key(text).is_some() {
            return part.is_unfinished().then(|| format!("a value is missing after {}", part.whole(text)));
        }
        let meant = nearest(name, KEYS.iter().copied())?;
        Some(format!("no field is called {name}; did you mean {meant}:{value}?"))
    })
}

fn error(what: impl Into<String>, place: Range<usize>) -> Error {
    Error { what: what.into(), meant: None, place }
}

fn bound(value: &str, part: &Part, end: bool) -> Result<Bound, Error> {
    let place = part.value_at..part.place.end;
    match Moment::read(value) {
        Some(Moment::Absolute(from, _)) => Ok(Bound::At(from)),
        Some(Moment::Wall(from, _)) => Ok(Bound::At(from.and_utc().timestamp_millis())),
        Some(Moment::Relative(span)) => Ok(Bound::Relative(span)),
        Some(Moment::Daily(..)) => {
            let what = format!("{} needs a date: 2019-07-04T{value}", if end { "before:" } else { "after:" });
            Err(error(what, place))
        }
        None => Err(error(format!("{value} is no time; 2019-07-04, 2019-07-04T10:03 or -7d is one"), place)),
    }
}

/// A part of the text between spaces.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    place: Range<usize>,
    /// Between name and value, outside of quotes.
    relation: Option<&'static str>,
    relation_at: usize,
    value_at: usize,
}

impl Part {
    fn of(text: &str, place: Range<usize>) -> Self {
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

    fn whole<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.place.clone()).unwrap_or_default()
    }

    fn name<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.place.start..self.relation_at).unwrap_or_default()
    }

    fn value<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.value_at..self.place.end).unwrap_or_default()
    }

    /// The field, if it begins with one.
    fn key(&self, text: &str) -> Option<&'static str> {
        let name = self.name(text);
        self.relation?;
        KEYS.iter().copied().find(|key| key.eq_ignore_ascii_case(name))
    }

    /// The name of the property that it is about, if it reads as one: nothing like base64.
    fn property<'t>(&self, text: &'t str) -> Option<&'t str> {
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
        (self.relation.is_some_and(|relation| relation != ":") && is_name && is_value && !is_id).then_some(name)
    }

    fn is_term(&self, text: &str) -> bool {
        self.key(text).is_some() || self.property(text).is_some()
    }

    /// Whether it ends where its value should be.
    fn is_unfinished(&self) -> bool {
        self.relation.is_some() && self.value_at >= self.place.end
    }

    fn test(&self, text: &str, name: &str) -> Result<Property, Error> {
        let name = unquoted(name);
        let value = unquoted(self.value(text));
        let place = self.value_at..self.place.end;
        let Some(relation) = self.relation else { return Ok(Property { name, test: Test::Exists }) };
        if self.is_unfinished() {
            return Err(error(format!("a value is missing after {relation}"), self.relation_at..self.value_at));
        }
        let ordered = |relation| {
            if let Ok(number) = value.parse::<f64>() {
                return Ok(Test::Number(relation, number));
            }
            if matches!(Moment::read(&value), Some(Moment::Wall(..) | Moment::Absolute(..))) {
                return Ok(Test::Date(relation, value.clone()));
            }
            Err(error(format!("{value} is neither a number nor a date"), place.clone()))
        };
        let test = match relation {
            "=" => Test::Equals(value),
            "~" => Test::Contains(value),
            ">" => ordered(Relation::More)?,
            ">=" => ordered(Relation::AtLeast)?,
            "<" => ordered(Relation::Less)?,
            "<=" => ordered(Relation::AtMost)?,
            "!=" => {
                let what = "a search finds what is there; != is for the filter of a journey";
                return Err(error(what, self.relation_at..self.value_at));
            }
            _ => return Err(error("a property takes = and not a second colon", self.relation_at..self.value_at)),
        };
        Ok(Property { name, test })
    }
}

/// The parts of a text: what is between spaces outside of quotes.
fn parts(text: &str) -> Vec<Part> {
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
    // People write `email: sally`, too.
    let mut joined: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match joined.last_mut() {
            Some(before) if before.is_unfinished() && before.relation == Some(":") && before.key(text).is_some() => {
                before.value_at = part.place.start;
                before.place.end = part.place.end;
            }
            _ => joined.push(part),
        }
    }
    joined
}

fn unquoted(text: &str) -> String {
    text.replace('"', "")
}

/// The digits of a phone number.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests;
