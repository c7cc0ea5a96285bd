//! From text to a tree.
//!
//! ```text
//! any  = all ("or" all)*
//! all  = one (["and"] one)*
//! one  = ("-" | "not") one | "(" any ")" | word | "quoted" | name relation value
//! ```

use std::ops::Range;

use super::decide::{Expr, Field, STATES, Sought};
use super::property::{Relation, Test};
use super::{Error, Moment, Names, lane_label, literal};
use crate::identity::Phase;
use crate::model::near::nearest;

/// Names before a colon.
const KEYS: &[&str] =
    &["event", "id", "device", "user", "client", "file", "lane", "phase", "is", "prop", "after", "before", "at"];

/// Brackets within brackets that are read; more is nobody's filter.
const DEEPEST: usize = 64;

/// Relations, the longer ones first.
const RELATIONS: &[&str] = &["!=", ">=", "<=", ":", "=", ">", "<", "~"];

pub(super) fn read(text: &str, names: &Names) -> Result<Option<Expr>, Error> {
    let mut reader = Reader { text, at: 0, depth: 0, names };
    reader.space();
    if reader.rest().is_empty() {
        return Ok(None);
    }
    let expr = reader.any()?;
    if !reader.rest().is_empty() {
        let place = reader.here();
        return Err(error("nothing was opened that this closes", place));
    }
    Ok(Some(expr))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    names: &'a Names,
}

fn error(what: impl Into<String>, place: Range<usize>) -> Error {
    Error { what: what.into(), meant: None, place }
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
        Ok(if list.len() == 1 { list.remove(0) } else { Expr::Any(list) })
    }

    fn all(&mut self) -> Result<Expr, Error> {
        let mut list = vec![self.one()?];
        loop {
            let joined = self.keyword("and");
            let next = self.rest().chars().next();
            let ends = next.is_none_or(|c| c == ')') || (!joined && self.is_or());
            if ends && !joined {
                break;
            }
            list.push(self.one()?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Expr::All(list) })
    }

    fn is_or(&mut self) -> bool {
        let at = self.at;
        let is = self.keyword("or");
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
            return Err(error("too many brackets within brackets", self.here()));
        }
        let expr = self.one_inside();
        self.depth -= 1;
        expr
    }

    fn one_inside(&mut self) -> Result<Expr, Error> {
        let start = self.at;
        if self.keyword("not") {
            return Ok(Expr::Not(Box::new(self.one()?)));
        }
        for word in ["or", "and"] {
            if self.keyword(word) {
                let what = format!("{word} stands between two conditions; as a text it needs quotes");
                return Err(error(what, start..start + word.len()));
            }
        }
        match self.rest().chars().next() {
            None => Err(error("a condition is missing at the end", self.at..self.at)),
            Some('-') => {
                self.at += 1;
                if self.rest().starts_with(|c: char| c.is_whitespace()) || self.rest().is_empty() {
                    return Err(error("- stands right before what it excludes", start..self.at));
                }
                Ok(Expr::Not(Box::new(self.one()?)))
            }
            Some('(') => {
                self.at += 1;
                self.space();
                let expr = self.any()?;
                if !self.rest().starts_with(')') {
                    return Err(error("this bracket is never closed", start..start + 1));
                }
                self.at += 1;
                self.space();
                Ok(expr)
            }
            Some(')') => Err(error("a condition is missing before this bracket", start..start + 1)),
            Some(_) => {
                let expr = self.condition()?;
                self.space();
                Ok(expr)
            }
        }
    }

    /// A word, a text in quotes, or a name with a relation and a value.
    fn condition(&mut self) -> Result<Expr, Error> {
        let start = self.at;
        let (name, in_quotes) = self.piece(true)?;
        let name_place = start..self.at;
        let Some(relation) = self.relation(in_quotes) else {
            if name.is_empty() {
                return Err(error("a text is missing between the quotes", name_place));
            }
            return Ok(Expr::Word(name));
        };
        if name.is_empty() {
            return Err(error(format!("a name is missing before {relation}"), name_place.start..self.at));
        }
        if relation == ":" && !in_quotes && name.starts_with('$') {
            // Ids look like this: `$device:1a20`.
            let (rest, _) = self.piece(false)?;
            return Ok(Expr::Word(format!("{name}:{rest}")));
        }
        let key = KEYS.iter().copied().find(|key| !in_quotes && key.eq_ignore_ascii_case(&name));
        match (key, relation) {
            (Some("prop"), ":") => self.named_property(start),
            (Some(key), ":" | "=") => self.keyed(key, relation == "=", start),
            (Some(key), relation) if key != "prop" => {
                let what = format!("{key} takes : or =, not {relation}");
                Err(error(what, name_place.end..self.at))
            }
            (None, ":") => {
                let meant = nearest(&name, KEYS.iter().copied()).map(|key| format!("{key}:"));
                let what = format!("no key is called {name}; a text with a colon needs quotes");
                Err(Error { meant, ..error(what, name_place) })
            }
            (_, relation) => self.property(name, relation),
        }
    }

    /// `prop:name`, `prop:name=value`.
    fn named_property(&mut self, start: usize) -> Result<Expr, Error> {
        let (name, in_quotes) = self.piece(true)?;
        if name.is_empty() {
            return Err(error("the name of a property is missing", start..self.at));
        }
        match self.relation(in_quotes) {
            Some(":") => Err(error("a property takes = and not a second colon", self.at.saturating_sub(1)..self.at)),
            Some(relation) => self.property(name, relation),
            None => Ok(Expr::Property(name, Test::Exists)),
        }
    }

    fn property(&mut self, name: String, relation: &str) -> Result<Expr, Error> {
        let start = self.at;
        let (value, in_quotes) = self.piece(false)?;
        let place = start..self.at;
        if value.is_empty() && !in_quotes {
            let what = format!("a value is missing after {relation}; \"\" is the empty text");
            return Err(error(what, start.saturating_sub(relation.len())..start));
        }
        let ordered = |relation: Relation| {
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
            "!=" => return Ok(Expr::Not(Box::new(Expr::Property(name, Test::Equals(value))))),
            "~" => Test::Contains(value),
            ">" => ordered(Relation::More)?,
            ">=" => ordered(Relation::AtLeast)?,
            "<" => ordered(Relation::Less)?,
            _ => ordered(Relation::AtMost)?,
        };
        Ok(Expr::Property(name, test))
    }

    /// `event:`, `is:` and the others.
    fn keyed(&mut self, key: &'static str, whole: bool, start: usize) -> Result<Expr, Error> {
        let value_start = self.at;
        let (value, in_quotes) = self.piece(false)?;
        let place = value_start..self.at;
        if value.is_empty() && !in_quotes {
            return Err(error(format!("a value is missing after {key}:"), start..self.at));
        }
        let sought = |value: String| if whole { Sought::Whole(value) } else { Sought::Part(value) };
        Ok(match key {
            "event" => Expr::Field(Field::Event, sought(value)),
            "id" => Expr::Field(Field::Id, sought(value)),
            "device" => Expr::Field(Field::Device, sought(value)),
            "user" => Expr::Field(Field::User, sought(value)),
            "client" => Expr::Field(Field::Client, sought(value)),
            "file" => Expr::Field(Field::File, sought(value)),
            "lane" => {
                let lanes = &self.names.lanes;
                let at = (0..lanes.len()).find(|at| lane_label(*at).eq_ignore_ascii_case(&value));
                let Some(ids) = at.and_then(|at| lanes.get(at)) else {
                    let last = lanes.len().checked_sub(1).map(lane_label);
                    let known = last.map_or("there are none".to_owned(), |last| format!("they go from A to {last}"));
                    return Err(error(format!("no lane is called {value}; {known}"), place));
                };
                Expr::Lane(ids.clone())
            }
            "phase" => match value.to_ascii_lowercase().as_str() {
                "anonymous" => Expr::Phase(Phase::Anonymous),
                "identified" => Expr::Phase(Phase::Identified),
                _ => return Err(unknown("phase", &value, place, ["anonymous", "identified"].into_iter())),
            },
            "is" => {
                let states = STATES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&value));
                let Some((_, states)) = states else {
                    return Err(unknown("state", &value, place, STATES.iter().map(|(name, _)| *name)));
                };
                Expr::Is(*states)
            }
            "after" => match Self::moment(&value, place)? {
                Moment::Relative(span) => Expr::Since(self.after_edge(span), true),
                moment => Expr::Between(Some(moment), None),
            },
            "before" => match Self::moment(&value, place)? {
                Moment::Relative(span) => Expr::Since(self.after_edge(span), false),
                moment => Expr::Before(moment),
            },
            _ => self.range(&value, place)?,
        })
    }

    /// `10:00..10:05`, `2019-07-04`, `..2019-07-04`, `-7d..-6d`.
    fn range(&self, value: &str, place: Range<usize>) -> Result<Expr, Error> {
        let Some((from, to)) = value.split_once("..") else {
            return Ok(match Self::moment(value, place)? {
                Moment::Relative(span) => Expr::Since(self.after_edge(span), true),
                moment => Expr::Between(Some(moment), Some(moment)),
            });
        };
        // In quotes the places are a little off, and still inside of them.
        let from_place = place.start..(place.start + from.len()).min(place.end);
        let to_place = place.end.saturating_sub(to.len()).max(place.start)..place.end;
        let read = |text: &str, place| if text.is_empty() { Ok(None) } else { Self::moment(text, place).map(Some) };
        let from = read(from, from_place)?;
        let mut to = read(to, to_place)?;
        if let (Some(from), Some(end)) = (from, to) {
            to = Some(end.on_day_of(from));
        }
        if from.is_none() && to.is_none() {
            return Err(error("a moment is missing on one side of ..", place));
        }
        let mut list = Vec::new();
        let absolute = |moment: Option<Moment>| match moment {
            Some(Moment::Relative(span)) => (None, Some(self.after_edge(span))),
            other => (other, None),
        };
        let ((from, since), (to, until)) = (absolute(from), absolute(to));
        list.extend(since.map(|at| Expr::Since(at, true)));
        list.extend(until.map(|at| Expr::Since(at.saturating_add(1), false)));
        if from.is_some() || to.is_some() {
            list.push(Expr::Between(from, to));
        }
        Ok(Expr::All(list))
    }

    fn moment(text: &str, place: Range<usize>) -> Result<Moment, Error> {
        Moment::read(text)
            .ok_or_else(|| error(format!("{text:?} is no time; times look like {}", literal::FORMS), place))
    }

    /// A span before the end of the journey, or after its start.
    fn after_edge(&self, span: i64) -> i64 {
        let from = if span < 0 { self.names.last } else { self.names.first };
        from.saturating_add(span)
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
            return Err(error("these quotes are never closed", start..start + 1));
        }
        let ends = |(at, c): (usize, char)| {
            let relation =
                name && rest.get(at..).is_some_and(|rest| RELATIONS.iter().any(|relation| rest.starts_with(relation)));
            (c.is_whitespace() || matches!(c, '(' | ')') || relation).then_some(at)
        };
        let end = rest.char_indices().find_map(ends).unwrap_or(rest.len());
        self.at += end;
        Ok((rest.get(..end).unwrap_or_default().to_owned(), false))
    }
}

fn unknown(kind: &str, value: &str, place: Range<usize>, known: impl Iterator<Item = &'static str> + Clone) -> Error {
    let list: Vec<&str> = known.clone().collect();
    let meant = nearest(value, known).map(str::to_owned);
    let what = if meant.is_some() {
        format!("no {kind} is called {value}")
    } else {
        format!("no {kind} is called {value}; there are {}", list.join(", "))
    };
    Error { what, meant, place }
}
