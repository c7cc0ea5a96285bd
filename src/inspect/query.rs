//! The query language: what a search and the filter of a journey understand.
//!
//! A query is words and conditions, joined by `or`, `and` (or nothing), `-` or `not`, and brackets.
//! [`Query::read`] reads it for a [`Place`], [`Expr`] is its tree, and [`FORMS`] is its
//! documentation, for help, README, completion and command line alike. Every mistake is an
//! [`Error`]: where, why, and the nearest name.
//!
//! The tree has two evaluators. [`filter`](super::filter) says which rows of one journey it keeps.
//! [`terms`](super::terms) says which people of a store it finds:
//!
//! - A person is found if *one* of their rows has everything that stands side by side:
//!   `event:Purchase plan=pro` is a purchase with that plan. An `or` in brackets belongs to that
//!   row, too.
//! - Brackets around terms without an `or` ask for a row of their own: `(event:"Sign Up")
//!   (event:Purchase)` finds who did both. In a journey, where each row is kept or not, such
//!   brackets change nothing.
//! - `-` takes away people: `plan=pro -event:Purchase` finds who had that plan and never bought
//!   anything. In a journey it takes away rows.
//! - `!=` is a comparison of a row in both places: the property is another, or is missing.

mod complete;
mod fields;
mod moment;
mod parts;
mod print;
pub(super) mod property;
mod read;
pub(super) mod text;
mod times;

use std::ops::Range;

pub use self::complete::{Completion, Vocabulary, complete};
pub use self::fields::{FORMS, Form, Meaning};
pub use self::moment::Moment;
pub use self::parts::{UNFINISHED, has_term, hint, words};
pub use self::print::{of_property, quoted, quoted_name};
pub use self::property::{Relation, Test, scalars, value};
pub use self::times::Wall;

pub(super) use self::times::Times;
use crate::identity::Phase;
use crate::model::Id;
use crate::model::text::{visible, width as columns_of};

/// Where a query is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the search: it finds people of a store.
    Search,
    /// In the filter of a journey: it keeps rows.
    Journey,
}

/// A query that was read.
#[derive(Clone, Debug)]
pub struct Query {
    text: String,
    expr: Expr,
    /// The bytes of the text that each term is from, in the order of the tree.
    places: Vec<Range<usize>>,
}

/// Queries are the same when they ask for the same.
impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

impl Query {
    /// Reads a query; `None` when nothing is written.
    ///
    /// # Errors
    /// Something in it means nothing, or nothing in this place; the error says where.
    pub fn read(text: &str, place: Place) -> Result<Option<Self>, Error> {
        let Some((expr, places)) = read::read(text, place)? else { return Ok(None) };
        Ok(Some(Self { text: text.to_owned(), expr, places }))
    }

    /// One that no text was read for.
    pub(super) fn of(expr: Expr, text: &str) -> Self {
        let places = expr.terms().iter().map(|_| 0..text.len()).collect();
        Self { text: text.to_owned(), expr, places }
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its tree.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// The bytes of the text that each term is from, in the order of [`Expr::terms`].
    pub(super) fn places(&self) -> &[Range<usize>] {
        &self.places
    }
}

/// A query as a tree. [`std::fmt::Display`] writes it as a text that reads the same.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All of it.
    All(Vec<Expr>),
    /// One of it at least.
    Any(Vec<Expr>),
    /// What it does not hold of.
    Not(Box<Expr>),
    /// Brackets around something without an `or`: of people, by a row of its own.
    Group(Box<Expr>),
    /// A condition.
    Term(Term),
}

impl Expr {
    /// Whether it asks for what only a journey tells.
    pub fn is_of_journeys(&self) -> bool {
        self.terms().iter().any(|term| matches!(term, Term::Is(_) | Term::Phase(_)))
    }

    /// Its terms, in the order of the text.
    pub fn terms(&self) -> Vec<&Term> {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().flat_map(Self::terms).collect(),
            Self::Not(inner) | Self::Group(inner) => inner.terms(),
            Self::Term(term) => vec![term],
        }
    }
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// A text: in a search of an id or a profile, in a journey of what is known of a row.
    Word(String),
    /// A field with a text.
    Field(Field, Sought),
    /// A lane of a journey, by its letter.
    Lane(String),
    /// Before or after the user was known.
    Phase(Phase),
    /// One of the states that a row can have.
    Is(&'static str),
    /// A property and what it has to be.
    Property(String, Test),
    /// From then on.
    After(When),
    /// Earlier than that.
    Before(When),
    /// While a written moment lasts.
    At(When),
    /// From the beginning of the one to the end of the other; one of them may be open.
    Between(Option<When>, Option<When>),
}

/// A field whose value is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Event name.
    Event,
    /// Any id.
    Id,
    /// An id that an alias call asked for.
    Alias,
    /// An e-mail address of a profile, or an id that is one.
    Email,
    /// A name of a profile.
    Name,
    /// The digits of a phone number of a profile.
    Phone,
    /// The device of a row.
    Device,
    /// The user that a row names.
    User,
    /// The program that sent a row.
    Client,
    /// File and line of a row.
    File,
}

/// A text that is looked for in a field, in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// It contains this.
    Part(String),
    /// It is this.
    Whole(String),
}

impl Sought {
    /// Whether a text is what is looked for.
    pub(super) fn is(&self, text: &str) -> bool {
        match self {
            Self::Part(part) => text::contains(text, part),
            Self::Whole(whole) => text::same(text, whole),
        }
    }

    /// Whether an id is what is looked for. The case of a whole id counts, and its other device
    /// form is the same.
    pub(super) fn is_id(&self, id: &Id) -> bool {
        match self {
            Self::Part(part) => text::contains(id.as_str(), part),
            Self::Whole(whole) => id.as_str() == whole || id.other_device_form().as_str() == whole,
        }
    }

    /// What is looked for.
    pub fn text(&self) -> &str {
        let (Self::Part(text) | Self::Whole(text)) = self;
        text
    }
}

/// A moment as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct When {
    /// As written.
    pub text: String,
    /// What it means.
    pub moment: Moment,
}

/// What in a query means nothing, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}{}", .meant.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default())]
pub struct Error {
    /// What is wrong.
    pub what: String,
    /// The nearest name that means something.
    pub meant: Option<String>,
    /// The bytes of the text that it is about.
    pub place: Range<usize>,
}

impl Error {
    /// An error without a name that could be meant.
    pub(super) fn new(what: impl Into<String>, place: Range<usize>) -> Self {
        Self { what: what.into(), meant: None, place }
    }

    /// The text with a line below it that points at the place.
    pub fn pointed(&self, text: &str) -> String {
        let width = |part: Option<&str>| part.map_or(0, |part| columns_of(&visible(part)));
        let before = width(text.get(..self.place.start));
        let wide = width(text.get(self.place.clone())).max(1);
        format!("{}\n{}{}", visible(text), " ".repeat(before), "^".repeat(wide))
    }
}

#[cfg(test)]
mod tests;
