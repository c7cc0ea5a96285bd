//! From text to a tree.
//!
//! ```text
//! any  = all ("or" all)*
//! all  = one (["and"] one)*
//! one  = ("-" | "not") one | "(" any ")" | word | "quoted" | name relation value
//! ```
//!
//! Words and values end at a space or a bracket. Brackets within a word are of the word if they
//! close before a space: `alias()`, `+49(170)12`.

use std::ops::Range;

use super::fields::{self, PHASES, STATES, field_names};
use super::moment::{self, Moment};
use super::property::{Relation, Test};
use super::{Error, Expr, Field, Place, Sought, Term, When};
use crate::identity::Phase;
use crate::model::near::nearest;

/// Words of the language; as texts they need quotes.
pub(super) const KEYWORDS: &[&str] = &["or", "and", "not"];

/// Brackets within brackets that are read; more is no user's query.
const DEEPEST: usize = 64;

/// Relations, the longer ones first.
pub(super) const RELATIONS: &[&str] = &["!=", ">=", "<=", ":", "=", ">", "<", "~"];

/// Whether a text has a sign in it that stands between a name and a value.
pub(super) fn has_relation(text: &str) -> bool {
    RELATIONS.iter().any(|relation| text.contains(relation))
}

/// A tree, and the place of each of its terms.
type Tree = (Expr, Vec<Range<usize>>);

/// The tree of a text; `None` when nothing is written.
pub(super) fn read(text: &str, place: Place) -> Result<Option<Tree>, Error> {
    let mut reader = Reader { text, at: 0, depth: 0, place, places: Vec::new() };
    reader.space();
    if reader.rest().is_empty() {
        return Ok(None);
    }
    let expr = reader.any()?;
    if !reader.rest().is_empty() {
        return Err(Error::new("this closing parenthesis has no opening one", reader.here()));
    }
    Ok(Some((ungrouped(expr), reader.places)))
}

/// Without brackets around the whole, which say nothing.
fn ungrouped(expr: Expr) -> Expr {
    match expr {
        Expr::Group(inner) => *inner,
        expr => expr,
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    place: Place,
    places: Vec<Range<usize>>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes a word of the language, if it stands here as a word of its own.
    fn keyword(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let Some(start) = rest.get(..word.len()) else { return false };
        let ends = rest.get(word.len()..).and_then(|rest| rest.chars().next());
        let stands = start.eq_ignore_ascii_case(word) && ends.is_none_or(|c| c.is_whitespace() || c == '(' || c == ')');
        if stands {
            self.at += word.len();
            self.space();
        }
        stands
    }

    fn any(&mut self) -> Result<Expr, Error> {
        let mut list = vec![self.all()?];
        while self.keyword("or") {
            list.push(self.all()?);
        }
        // An either within an either is one.
        let flat = |expr| if let Expr::Any(list) = expr { list } else { vec![expr] };
        let mut list: Vec<Expr> = list.into_iter().flat_map(flat).collect();
        Ok(if list.len() == 1 { list.remove(0) } else { Expr::Any(list) })
    }

    fn all(&mut self) -> Result<Expr, Error> {
        let mut list = vec![self.one()?];
        loop {
            let joined = self.keyword("and");
            let next = self.rest().chars().next();
            let ends = next.is_none_or(|c| c == ')') || (!joined && self.is_keyword("or"));
            if ends && !joined {
                break;
            }
            list.push(self.one()?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Expr::All(list) })
    }

    /// Whether a word of the language stands here as a word of its own.
    fn is_keyword(&mut self, word: &str) -> bool {
        let at = self.at;
        let is = self.keyword(word);
        self.at = at;
        is
    }

    /// The next character; behind the last, one byte that is not there.
    fn here(&self) -> Range<usize> {
        let next = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        self.at..self.at + next.map_or(1, char::len_utf8)
    }

    fn one(&mut self) -> Result<Expr, Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::new("too many brackets within brackets", self.here()));
        }
        let expr = self.one_inside();
        self.depth -= 1;
        expr
    }

    fn one_inside(&mut self) -> Result<Expr, Error> {
        let start = self.at;
        if self.keyword("not") {
            return Ok(Expr::Not(Box::new(ungrouped(self.one()?))));
        }
        for word in ["or", "and"] {
            if self.keyword(word) {
                let what = format!("{word} stands between two conditions; as a text it needs quotes");
                return Err(Error::new(what, start..start + word.len()));
            }
        }
        match self.rest().chars().next() {
            None => Err(Error::new("a condition is missing at the end", self.at..self.at)),
            Some('-') => {
                self.at += 1;
                if self.rest().starts_with(|c: char| c.is_whitespace()) || self.rest().is_empty() {
                    return Err(Error::new("- stands right before what it excludes", start..self.at));
                }
                Ok(Expr::Not(Box::new(ungrouped(self.one()?))))
            }
            Some('(') => {
                self.at += 1;
                self.space();
                let expr = self.any()?;
                if !self.rest().starts_with(')') {
                    return Err(Error::new("this bracket is never closed", start..start + 1));
                }
                self.at += 1;
                self.space();
                Ok(match expr {
                    Expr::Any(_) | Expr::Group(_) => expr,
                    expr => Expr::Group(Box::new(expr)),
                })
            }
            Some(')') => Err(Error::new("a condition is missing before this bracket", start..start + 1)),
            Some(_) => {
                let expr = self.condition()?;
                self.space();
                Ok(expr)
            }
        }
    }

    /// A condition that was read from a place.
    fn term(&mut self, term: Term, place: Range<usize>) -> Expr {
        self.places.push(place);
        Expr::Term(term)
    }

    /// A word, a text in quotes, or a name with a relation and a value.
    fn condition(&mut self) -> Result<Expr, Error> {
        let start = self.at;
        let (name, in_quotes) = self.piece(true)?;
        let name_place = start..self.at;
        let Some(relation) = self.relation(in_quotes) else {
            if name.is_empty() {
                return Err(Error::new("a text is missing between the quotes", name_place));
            }
            return Ok(self.term(Term::Word(name), name_place));
        };
        if name.is_empty() {
            return Err(Error::new(format!("a name is missing before {relation}"), name_place.start..self.at));
        }
        if relation == ":" && !in_quotes && name.starts_with('$') {
            // Ids look like this: `$device:1a20`.
            let (rest, _) = self.piece(false)?;
            return Ok(self.term(Term::Word(format!("{name}:{rest}")), start..self.at));
        }
        let field = if in_quotes { None } else { fields::field(&name) };
        if let Some(field) = field
            && let Some((why, instead)) = fields::refused(field, self.place)
        {
            let of = match self.place {
                Place::Search => "the filter of a journey",
                Place::Journey => "the search",
            };
            let meant = instead.map(str::to_owned);
            return Err(Error { meant, ..Error::new(format!("{field}: is for {of}; {why}"), name_place) });
        }
        match (field, relation) {
            (Some("prop"), ":") => self.named_property(start),
            (Some(field), ":" | "=") => self.fielded(field, relation, start),
            (Some(field), relation) if field != "prop" => {
                let what = format!("{field} takes : or =, not {relation}");
                Err(Error::new(what, name_place.end..self.at))
            }
            (None, ":") => {
                let meant = nearest(&name, field_names(self.place)).map(|field| format!("{field}:"));
                let what = format!("no field is called {name}; a text with a colon needs quotes");
                Err(Error { meant, ..Error::new(what, name_place) })
            }
            (_, relation) => self.property(name, relation, start),
        }
    }

    /// `prop:name`, `prop:name=value`.
    fn named_property(&mut self, start: usize) -> Result<Expr, Error> {
        self.space_before_value();
        let (name, in_quotes) = self.piece(true)?;
        if name.is_empty() {
            return Err(Error::new("the name of a property is missing", start..self.at));
        }
        match self.relation(in_quotes) {
            Some(":") => {
                Err(Error::new("a property takes = and not a second colon", self.at.saturating_sub(1)..self.at))
            }
            Some(relation) => self.property(name, relation, start),
            None => Ok(self.term(Term::Property(name, Test::Exists), start..self.at)),
        }
    }

    fn property(&mut self, name: String, relation: &str, start: usize) -> Result<Expr, Error> {
        let value_start = self.at;
        let (value, in_quotes) = self.piece(false)?;
        let place = value_start..self.at;
        if value.is_empty() && !in_quotes {
            let what = format!("a value is missing after {relation}; \"\" is the empty text");
            return Err(Error::new(what, value_start.saturating_sub(relation.len())..value_start));
        }
        let ordered = |relation: Relation| {
            if let Some(number) = value.parse::<f64>().ok().filter(|number| !number.is_nan()) {
                return Ok(Test::Number(relation, number));
            }
            if matches!(Moment::read(&value), Some(Moment::Wall(..) | Moment::Absolute(..))) {
                return Ok(Test::Date(relation, value.clone()));
            }
            Err(Error::new(format!("{value} is neither a number nor a date"), place.clone()))
        };
        let test = match relation {
            "=" => Test::Equals(value),
            "!=" => Test::Differs(value),
            "~" => Test::Contains(value),
            ">" => ordered(Relation::More)?,
            ">=" => ordered(Relation::AtLeast)?,
            "<" => ordered(Relation::Less)?,
            _ => ordered(Relation::AtMost)?,
        };
        Ok(self.term(Term::Property(name, test), start..self.at))
    }

    /// `event:`, `is:` and the others.
    fn fielded(&mut self, field: &'static str, relation: &str, start: usize) -> Result<Expr, Error> {
        if relation == ":" {
            self.space_before_value();
        }
        let value_start = self.at;
        let (value, in_quotes) = self.piece(false)?;
        let place = value_start..self.at;
        if value.is_empty() && !in_quotes {
            return Err(Error::new(format!("a value is missing after {field}{relation}"), start..self.at));
        }
        let of = |field| match relation {
            "=" => Term::Field(field, Sought::Whole(value.clone())),
            _ => Term::Field(field, Sought::Part(value.clone())),
        };
        let term = match field {
            "event" => of(Field::Event),
            "id" => of(Field::Id),
            "alias" => of(Field::Alias),
            "email" => of(Field::Email),
            "name" => of(Field::Name),
            "phone" if !value.contains(|c: char| c.is_ascii_digit()) => {
                return Err(Error::new("a phone number has digits", place));
            }
            "phone" => of(Field::Phone),
            "device" | "duid" | "domain_userid" => of(Field::Device),
            "user" => of(Field::User),
            "client" => of(Field::Client),
            "file" => of(Field::File),
            "lane" => Term::Lane(value),
            "phase" => match value.to_ascii_lowercase().as_str() {
                "anonymous" => Term::Phase(Phase::Anonymous),
                "identified" => Term::Phase(Phase::Identified),
                _ => return Err(unknown("phase", &value, place, PHASES)),
            },
            "is" => match STATES.iter().find(|state| state.eq_ignore_ascii_case(&value)) {
                Some(state) => Term::Is(state),
                None => return Err(unknown("state", &value, place, STATES)),
            },
            "after" => Term::After(when(&value, place.clone())?),
            "before" => Term::Before(when(&value, place.clone())?),
            _ => span(&value, place.clone())?,
        };
        Ok(self.term(term, place))
    }

    /// People write `email: sally`, too.
    fn space_before_value(&mut self) {
        let at = self.at;
        self.space();
        let is_value = self.rest().chars().next().is_some_and(|c| !matches!(c, '(' | ')'))
            && !KEYWORDS.iter().any(|word| self.is_keyword(word));
        if !is_value {
            self.at = at;
        }
    }

    fn relation(&mut self, after_quotes: bool) -> Option<&'static str> {
        let rest = self.rest();
        let relation = RELATIONS.iter().find(|relation| rest.starts_with(**relation))?;
        // A text in quotes is a name only where a comparison follows.
        if after_quotes && *relation == ":" {
            return None;
        }
        self.at += relation.len();
        Some(relation)
    }

    /// A text in quotes, or up to a space or bracket; a name ends at a relation, too.
    fn piece(&mut self, name: bool) -> Result<(String, bool), Error> {
        let start = self.at;
        let rest = self.rest();
        if rest.starts_with('"') {
            let mut text = String::new();
            let mut escaped = false;
            for (at, c) in rest.char_indices().skip(1) {
                match c {
                    _ if escaped => {
                        text.push(c);
                        escaped = false;
                    }
                    '\\' => escaped = true,
                    '"' => {
                        self.at = start + at + 1;
                        return Ok((text, true));
                    }
                    c => text.push(c),
                }
            }
            return Err(Error::new("these quotes are never closed", start..start + 1));
        }
        let mut end = rest.len();
        let mut within = 0;
        for (at, c) in rest.char_indices() {
            let here = rest.get(at..).unwrap_or_default();
            if at < within {
                continue;
            }
            if at > 0
                && c == '('
                && let Some(long) = closed(here)
            {
                within = at + long;
                continue;
            }
            let relation = || name && RELATIONS.iter().any(|relation| here.starts_with(relation));
            if c.is_whitespace() || matches!(c, '(' | ')') || relation() {
                end = at;
                break;
            }
        }
        self.at += end;
        Ok((rest.get(..end).unwrap_or_default().to_owned(), false))
    }
}

/// How long a text in brackets is that begins here and closes before a space.
fn closed(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            '"' => return None,
            c if c.is_whitespace() => return None,
            _ => {}
        }
        if open == 0 {
            return Some(at + c.len_utf8());
        }
    }
    None
}

/// A written moment.
fn when(text: &str, place: Range<usize>) -> Result<When, Error> {
    match Moment::read(text) {
        Some(moment) => Ok(When { text: text.trim().to_owned(), moment }),
        None => Err(Error::new(format!("{text:?} is no time; times look like {}", moment::FORMS), place)),
    }
}

/// `10:00..10:05`, `2019-07-04`, `..2019-07-04`, `-7d..-6d`.
fn span(text: &str, place: Range<usize>) -> Result<Term, Error> {
    let Some((from, to)) = text.split_once("..") else { return Ok(Term::At(when(text, place)?)) };
    // In quotes the places are a little off, and still inside of them.
    let from_place = place.start..(place.start + from.len()).min(place.end);
    let to_place = place.end.saturating_sub(to.len()).max(place.start)..place.end;
    let read = |text: &str, place| if text.trim().is_empty() { Ok(None) } else { when(text, place).map(Some) };
    let (from, to) = (read(from, from_place)?, read(to, to_place)?);
    if from.is_none() && to.is_none() {
        return Err(Error::new("a moment is missing on one side of ..", place));
    }
    Ok(Term::Between(from, to))
}

fn unknown(kind: &str, value: &str, place: Range<usize>, known: &[&'static str]) -> Error {
    let meant = nearest(value, known.iter().copied()).map(str::to_owned);
    let what = match meant {
        Some(_) => format!("no {kind} is called {value}"),
        None => format!("no {kind} is called {value}; there are {}", known.join(", ")),
    };
    Error { what, meant, place }
}
