//! What a level of a query asks of one row, or of one profile update.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use memchr::memmem::Finder;
use serde_json::{Map, Value};

use super::crowd::Crowd;
use super::roots::Roots;
use crate::inspect::query::property::{self, Test};
use crate::inspect::query::{Sought, Times, Wall};
use crate::model::Millis;
use crate::model::clue::Clue;
use crate::model::scan::RowNote;

/// Parts of a profile update with properties in them.
const SETS: &[&str] = &["$set", "$set_once", "$properties", "$add", "$append", "$union"];

/// What is asked, with names as numbers.
#[derive(Debug)]
pub(super) enum Ask {
    All(Vec<Ask>),
    Any(Vec<Ask>),
    /// The person of the row is one of these.
    Crowd(Crowd),
    /// Its event name is one of these, which are sorted.
    Event(Vec<i64>),
    Device(HashSet<i64>),
    User(HashSet<i64>),
    Client(HashSet<i64>),
    /// Names of files by their numbers, and what is looked for in file and line.
    File(Arc<HashMap<i64, String>>, Sought),
    Times(Times),
    Property(Property),
    /// What only a journey tells: it may hold of any row, and of anyone.
    Open,
}

/// What all rows of a pass have in common.
pub(super) struct Pass<'a> {
    pub(super) wall: &'a Wall,
    pub(super) roots: &'a Roots,
}

impl Ask {
    /// Whether rows, or profiles, have to be looked at.
    pub(super) fn is_of_rows(&self) -> bool {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().any(Self::is_of_rows),
            Self::Crowd(_) | Self::Open => false,
            _ => true,
        }
    }

    /// Whether it asks for people too.
    pub(super) fn has_crowd(&self) -> bool {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().any(Self::has_crowd),
            asked => matches!(asked, Self::Crowd(_)),
        }
    }

    /// The comparisons of properties.
    pub(super) fn properties(&self) -> Vec<&Property> {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().flat_map(Self::properties).collect(),
            Self::Property(property) => vec![property],
            _ => Vec::new(),
        }
    }

    /// What holds of every row that it holds of.
    pub(super) fn clue(&self) -> Clue {
        let numbers = |set: &HashSet<i64>| {
            let mut numbers: Vec<i64> = set.iter().copied().collect();
            numbers.sort_unstable();
            numbers
        };
        match self {
            Self::All(list) => Clue::All(list.iter().map(Self::clue).collect()),
            Self::Any(list) => Clue::OneOf(list.iter().map(Self::clue).collect()),
            Self::Property(property) => property::clue(&property.name, &property.test),
            Self::Event(events) => Clue::Event(events.clone()),
            Self::Device(ids) => Clue::Device(numbers(ids)),
            Self::User(ids) => Clue::User(numbers(ids)),
            Self::Client(names) => Clue::Client(numbers(names)),
            Self::Times(times) => {
                let (from, to) = times.span().unwrap_or_else(|| times.bounds());
                Clue::Between(from, to)
            }
            Self::Crowd(_) | Self::File(..) | Self::Open => Clue::Unknown,
        }
    }

    /// Whether its [`Ask::clue`] says all of it, so that it holds of every row of which the clue holds.
    fn is_clue(&self) -> bool {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().all(Self::is_clue),
            Self::Event(_) | Self::Device(_) | Self::User(_) | Self::Client(_) => true,
            Self::Times(times) => times.span().is_some(),
            Self::Property(_) | Self::Crowd(_) | Self::File(..) | Self::Open => false,
        }
    }

    /// The people of whom a row has to be, where that and its [`Ask::clue`] are all that is asked of it.
    pub(super) fn clue_and_crowds(&self) -> Option<Vec<&Crowd>> {
        match self {
            Self::Crowd(crowd) => Some(vec![crowd]),
            // Rows of anyone.
            Self::Open => Some(Vec::new()),
            Self::All(list) => list
                .iter()
                .map(|asked| match asked {
                    Self::Crowd(crowd) => Some(Some(crowd)),
                    asked => asked.is_clue().then_some(None),
                })
                .collect::<Option<Vec<_>>>()
                .map(|crowds| crowds.into_iter().flatten().collect()),
            asked => asked.is_clue().then(Vec::new),
        }
    }

    /// Whom it holds of without any row.
    pub(super) fn crowd(&self) -> Crowd {
        match self {
            Self::All(list) => list.iter().map(Self::crowd).reduce(Crowd::and).unwrap_or_default(),
            Self::Any(list) => list.iter().map(Self::crowd).reduce(Crowd::or).unwrap_or_default(),
            Self::Crowd(crowd) => crowd.clone(),
            Self::Open => Crowd::default().rest(),
            _ => Crowd::default(),
        }
    }

    /// Roots outside of which it holds of no user, where that is known.
    pub(super) fn within(&self) -> Option<HashSet<i64>> {
        match self {
            Self::All(list) => list.iter().filter_map(Self::within).reduce(|a, b| &a & &b),
            Self::Any(list) => {
                let all: Option<Vec<_>> = list.iter().map(Self::within).collect();
                all?.into_iter().reduce(|a, b| &a | &b)
            }
            Self::Crowd(crowd) => crowd.roots().cloned(),
            _ => None,
        }
    }

    /// Event names outside of which it holds of no row, sorted; `None` for any.
    pub(super) fn events(&self) -> Option<Vec<i64>> {
        match self {
            Self::Event(events) => Some(events.clone()),
            Self::All(list) => list.iter().filter_map(Self::events).reduce(|mut a, b| {
                a.retain(|event| b.binary_search(event).is_ok());
                a
            }),
            Self::Any(list) => {
                let all: Option<Vec<_>> = list.iter().map(Self::events).collect();
                let mut all = all?.concat();
                all.sort_unstable();
                all.dedup();
                Some(all)
            }
            _ => None,
        }
    }

    /// A span of time outside of which it holds of no row: from, and before.
    pub(super) fn times(&self) -> (Millis, Millis) {
        const ALWAYS: (Millis, Millis) = (Millis::MIN, Millis::MAX);
        match self {
            Self::Times(times) => times.bounds(),
            Self::All(list) => {
                list.iter().map(Self::times).fold(ALWAYS, |(from, to), (begin, end)| (from.max(begin), to.min(end)))
            }
            Self::Any(list) => list
                .iter()
                .map(Self::times)
                .reduce(|(from, to), (begin, end)| (from.min(begin), to.max(end)))
                .unwrap_or(ALWAYS),
            _ => ALWAYS,
        }
    }

    /// Whether it holds of a row; `None` if only properties can tell.
    pub(super) fn of_head(&self, row: &RowNote, pass: &Pass<'_>) -> Option<bool> {
        match self {
            Self::All(list) => join(list, false, |asked| asked.of_head(row, pass)),
            Self::Any(list) => join(list, true, |asked| asked.of_head(row, pass)),
            Self::Property(_) => None,
            Self::Crowd(crowd) => Some(crowd.has(pass.roots.of(row.id))),
            Self::Open => Some(true),
            Self::Event(events) => Some(events.binary_search(&row.event).is_ok()),
            Self::Device(ids) => Some(ids.contains(&row.device)),
            Self::User(ids) => Some(ids.contains(&row.user)),
            Self::Client(names) => Some(names.contains(&row.client)),
            Self::File(names, sought) => {
                Some(names.get(&row.file).is_some_and(|file| sought.is(&format!("{file}:{}", row.line))))
            }
            Self::Times(times) => Some(times.holds(row.time, pass.wall)),
        }
    }

    /// Whether it holds of a row with these properties.
    pub(super) fn of_row(&self, row: &RowNote, properties: &Properties<'_>, pass: &Pass<'_>) -> bool {
        let may = |asked: &Self| match asked {
            Self::Property(property) if property.may_pass(properties) => None,
            Self::Property(_) => Some(false),
            asked => asked.of_head(row, pass),
        };
        self.decided(&may).unwrap_or_else(|| {
            let whole = |asked: &Self| match asked {
                Self::Property(property) => Some(property.passes(properties)),
                asked => asked.of_head(row, pass),
            };
            self.decided(&whole) == Some(true)
        })
    }

    /// Whether it holds of a profile update, which is a row without anything but
    /// properties.
    pub(super) fn of_profile(&self, id: i64, properties: &Properties<'_>, pass: &Pass<'_>) -> bool {
        let holds = |asked: &Self| match asked {
            Self::Property(property) => Some(property.may_pass(properties) && property.passes(properties)),
            Self::Crowd(crowd) => Some(crowd.has(pass.roots.of(id))),
            _ => Some(false),
        };
        self.decided(&holds) == Some(true)
    }

    /// Whether it can hold of a profile update with this text.
    pub(super) fn may_of_profile(&self, id: i64, properties: &Properties<'_>, pass: &Pass<'_>) -> bool {
        let may = |asked: &Self| match asked {
            Self::Property(property) => Some(property.may_pass(properties)),
            Self::Crowd(crowd) => Some(crowd.has(pass.roots.of(id))),
            _ => Some(false),
        };
        self.decided(&may) == Some(true)
    }

    /// Whether it can hold of a profile update at all.
    pub(super) fn may_be_of_profile(&self) -> bool {
        let may = |asked: &Self| Some(matches!(asked, Self::Property(_) | Self::Crowd(_)));
        !self.properties().is_empty() && self.decided(&may) == Some(true)
    }

    fn decided(&self, leaf: &dyn Fn(&Self) -> Option<bool>) -> Option<bool> {
        match self {
            Self::All(list) => join(list, false, |asked| asked.decided(leaf)),
            Self::Any(list) => join(list, true, |asked| asked.decided(leaf)),
            asked => leaf(asked),
        }
    }
}

/// All of `list`, or any of it (`enough` decides), with `None` for what is not known yet.
fn join(list: &[Ask], enough: bool, mut holds: impl FnMut(&Ask) -> Option<bool>) -> Option<bool> {
    let mut open = false;
    for asked in list {
        match holds(asked) {
            Some(held) if held == enough => return Some(enough),
            Some(_) => {}
            None => open = true,
        }
    }
    (!open).then_some(!enough)
}

/// The properties of a row.
pub(super) struct Properties<'t> {
    text: &'t str,
    lower: OnceCell<String>,
    value: OnceCell<Value>,
}

impl<'t> Properties<'t> {
    /// From their JSON text.
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, lower: OnceCell::new(), value: OnceCell::new() }
    }

    /// With a part of the JSON only, as a value.
    pub(super) fn with(text: &'t str, value: Value) -> Self {
        Self { text, lower: OnceCell::new(), value: OnceCell::from(value) }
    }

    fn lower(&self) -> &str {
        self.lower.get_or_init(|| self.text.to_ascii_lowercase())
    }

    fn value(&self) -> &Value {
        self.value.get_or_init(|| serde_json::from_str(self.text).unwrap_or_default())
    }
}

/// The properties of a profile update, given as JSON text.
pub(super) fn update(json: &str) -> Option<Value> {
    let Ok(Value::Object(update)) = serde_json::from_str(json) else { return None };
    let sets = SETS.iter().filter_map(|set| update.get(*set)?.as_object());
    let sets: Map<String, Value> =
        sets.flat_map(|set| set.iter().map(|(name, value)| (name.clone(), value.clone()))).collect();
    Some(Value::Object(sets))
}

/// A comparison of a property, with texts that whatever passes has in it in small letters.
#[derive(Debug)]
pub(super) struct Property {
    name: String,
    test: Test,
    needles: Vec<Finder<'static>>,
}

impl Property {
    pub(super) fn of(name: &str, test: &Test) -> Self {
        let last = name.rsplit('.').next().unwrap_or_default();
        let (last, value) = match test {
            // What is missing passes.
            Test::Differs(_) => ("", ""),
            Test::Equals(text) | Test::Contains(text) => (last, text.as_str()),
            Test::Exists | Test::Number(..) | Test::Date(..) => (last, ""),
        };
        // One number can be written in many ways.
        let is_number =
            value.bytes().all(|byte| byte.is_ascii_digit() || b".+-eE".contains(&byte)) || value.parse::<f64>().is_ok();
        let texts = [(last, last == "*"), (value, is_number)];
        let needles = texts
            .into_iter()
            .filter(|(text, skipped)| !skipped && !text.is_empty() && text.is_ascii())
            .map(|(text, _)| Finder::new(text.to_ascii_lowercase().as_bytes()).into_owned())
            .collect();
        Self { name: name.to_owned(), test: test.clone(), needles }
    }

    /// Whether it is worth while to read the JSON text.
    fn may_pass(&self, properties: &Properties<'_>) -> bool {
        if self.needles.is_empty() {
            return true;
        }
        let lower = properties.lower();
        let have = |text: &str| self.needles.iter().all(|needle| needle.find(text.as_bytes()).is_some());
        have(lower)
            || (memchr::memchr(b'\\', lower.as_bytes()).is_some() && have(&unescaped(lower)))
            || memchr::memchr2(0xe2, 0xc4, properties.text.as_bytes()).is_some()
                && NEARLY_ASCII.iter().any(|letter| properties.text.contains(*letter))
    }

    fn passes(&self, properties: &Properties<'_>) -> bool {
        property::passes(properties.value(), &self.name, &self.test)
    }

    /// Its name and value, where they pass.
    pub(super) fn passing(&self, properties: &Properties<'_>) -> Option<(String, String)> {
        property::passing(properties.value(), &self.name, &self.test)
    }
}

/// What has an ASCII letter in its lower case and is none.
const NEARLY_ASCII: [&str; 2] = ["\u{212a}", "\u{130}"];

/// A JSON text in small letters with every escaped character of ASCII as itself.
fn unescaped(lower: &str) -> String {
    let mut plain = String::with_capacity(lower.len());
    let mut rest = lower;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = after.strip_prefix('u').and_then(|after| after.get(..4));
        match code.map(|code| u8::from_str_radix(code, 16)) {
            Some(Ok(byte)) if byte.is_ascii() => {
                plain.push(char::from(byte.to_ascii_lowercase()));
                rest = after.get(5..).unwrap_or_default();
            }
            // What is escaped in another way stands after the backslash, or is nothing that is looked for.
            _ => {
                let mut characters = after.chars();
                plain.extend(characters.next());
                rest = characters.as_str();
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(name: &str, value: &str, text: &str) -> bool {
        let property = Property::of(name, &Test::Equals(value.into()));
        let properties = Properties::of(text);
        property.may_pass(&properties) && property.passes(&properties)
    }

    #[test]
    fn what_is_escaped_is_found_like_what_is_not() {
        assert_eq!(unescaped(r#"a\u004ab\/c\"d\\e\u00f6f"#), "ajb/c\"d\\eu00f6f");
        for text in
            [r#"{"Pl\u0061n":"PRO"}"#, r#"{"plan":"p\u0052o"}"#, r#"{"x":"\\","plan":"pro"}"#, r#"{"plan":"pro"}"#]
        {
            assert!(pass("plan", "pro", text), "{text}");
            assert!(!pass("plan", "p/o", text), "{text}");
        }
        assert!(pass("*", "a/b \"c\"", r#"{"path":"a\/b \"c\""}"#));
        assert!(pass("plan", "kelvin", "{\"plan\":\"\u{212a}elvin\"}"));
        for broken in ["\\", "\\u", "\\u12", "\\u00é9", "{\"\\uzzzz"] {
            let _ = unescaped(broken);
        }
    }
}
