//! Properties: finding one by its name, and comparing it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::clue::{Asked, Clue};

/// How a property is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// It is there.
    Exists,
    /// It is this; also one element of a list.
    Equals(String),
    /// It is anything but this, or not there.
    Differs(String),
    /// Its text contains this.
    Contains(String),
    /// It is a number in this relation to the other.
    Number(Relation, f64),
    /// It is a text in this relation to a date, letter by letter.
    Date(Relation, String),
}

/// How a value is ordered against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `<`
    Less,
    /// `<=`
    AtMost,
}

impl Relation {
    fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::More => order.is_gt(),
            Self::AtLeast => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
        }
    }
}

/// What an index can know of a row that has such a property.
pub(in crate::inspect) fn clue(name: &str, test: &Test) -> Clue {
    let asked = match test {
        // What is missing passes.
        Test::Differs(_) => return Clue::Unknown,
        Test::Exists | Test::Date(..) => Asked::Exists,
        Test::Equals(wanted) => Asked::Equals(wanted.clone()),
        Test::Contains(part) => Asked::Contains(part.clone()),
        Test::Number(Relation::More | Relation::AtLeast, least) => Asked::Within(*least, f64::INFINITY),
        Test::Number(Relation::Less | Relation::AtMost, most) => Asked::Within(f64::NEG_INFINITY, *most),
    };
    Clue::Property(name.to_owned(), asked)
}

/// Whether a property of this name passes the test.
pub(in crate::inspect) fn passes(properties: &Value, name: &str, test: &Test) -> bool {
    match test {
        Test::Differs(value) => !any(properties, name, &|found| equals(found, value)),
        test => any(properties, name, &|found| value_passes(found, test)),
    }
}

/// Whether a property of this name has a value that is so.
fn any(properties: &Value, name: &str, is: &dyn Fn(&Value) -> bool) -> bool {
    if name == "*" {
        let mut any = false;
        scalars(properties, &mut |_, value| any = any || is(value));
        return any;
    }
    find(properties, name).is_some_and(is)
}

/// Whether it is this, or one element of it is.
fn equals(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Array(list) => list.iter().any(|value| equals(value, wanted)),
        value => text(value).is_some_and(|text| equal(&text, wanted)),
    }
}

/// Whether the JSON text alone shows that [`passes`] says no: what is looked for does not stand in
/// it. `false` where the text cannot tell, as with escapes.
pub(in crate::inspect) fn cannot_pass(json: &str, name: &str, test: &Test) -> bool {
    let lacks = |sought: &str| is_literal(sought) && !super::text::contains(json, sought);
    let last = name.rsplit('.').next().unwrap_or(name);
    let value = match test {
        Test::Equals(wanted) | Test::Contains(wanted) => Some(wanted),
        Test::Differs(_) => return false,
        Test::Exists | Test::Number(..) | Test::Date(..) => None,
    };
    // A number is compared as its shortest text, which the JSON need not have; it has no letter but e.
    let is_text = |wanted: &&String| wanted.contains(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E'));
    let missing = name != "*" && lacks(last) || value.filter(is_text).is_some_and(|wanted| lacks(wanted));
    missing && memchr::memchr(b'\\', json.as_bytes()).is_none()
}

/// Whether a text stands in JSON as it is, unless someone wrote it with escapes.
fn is_literal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" $_-.@:".contains(&byte))
}

/// The name and value of what passes the test, as text; of a list the element that does.
pub(in crate::inspect) fn passing(properties: &Value, name: &str, test: &Test) -> Option<(String, String)> {
    if name == "*" {
        let mut first = None;
        scalars(properties, &mut |name, value| {
            if first.is_none() && value_passes(value, test) {
                first = Some((name.to_owned(), text(value).unwrap_or_default()));
            }
        });
        return first;
    }
    let value = find(properties, name)?;
    let shown = match value {
        Value::Array(list) => list.iter().find(|value| value_passes(value, test)).and_then(text),
        value => text(value),
    };
    value_passes(value, test).then(|| (name.to_owned(), shown.unwrap_or_else(|| value.to_string())))
}

/// Each property of a row, given as JSON text, that passes the test, with its value: each once.
pub(in crate::inspect) fn all_passing(properties: &str, test: &Test) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    if let Ok(properties) = serde_json::from_str::<Value>(properties) {
        scalars(&properties, &mut |name, value| {
            if value_passes(value, test) {
                all.insert((name.to_owned(), text(value).unwrap_or_default()));
            }
        });
    }
    all
}

/// A property by its name, else by a path of names with dots, else by its name in any case.
fn find<'v>(properties: &'v Value, name: &str) -> Option<&'v Value> {
    let object = properties.as_object()?;
    if let Some(value) = object.get(name) {
        return Some(value);
    }
    let mut dots = name.match_indices('.');
    let inside = dots.find_map(|(dot, _)| find(object.get(name.get(..dot)?)?, name.get(dot + 1..)?));
    inside.or_else(|| object.iter().find(|(key, _)| super::text::same(key, name)).map(|(_, value)| value))
}

fn value_passes(value: &Value, test: &Test) -> bool {
    if let Value::Array(list) = value {
        return *test == Test::Exists || list.iter().any(|value| value_passes(value, test));
    }
    match test {
        Test::Exists => true,
        Test::Differs(wanted) => !equals(value, wanted),
        Test::Equals(wanted) => equals(value, wanted),
        Test::Contains(wanted) => text(value).is_some_and(|text| super::text::contains(&text, wanted)),
        Test::Number(relation, wanted) => {
            number(value).and_then(|number| number.partial_cmp(wanted)).is_some_and(|order| relation.holds(order))
        }
        Test::Date(relation, wanted) => value.as_str().is_some_and(|text| {
            text.starts_with(|c: char| c.is_ascii_digit()) && relation.holds(text.cmp(wanted.as_str()))
        }),
    }
}

/// One text stands for the same as the other: in any case, and `20` for `20.00`.
fn equal(text: &str, wanted: &str) -> bool {
    super::text::same(text, wanted)
        || matches!((text.parse::<f64>(), wanted.parse::<f64>()), (Ok(a), Ok(b)) if (a - b).abs() < f64::EPSILON)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The value of a property of a row, given as JSON text, as a condition names it; a list or an
/// object, which none can name, is an `Err` of its JSON.
pub fn value(properties: &str, name: &str) -> Option<Result<String, String>> {
    let parsed: Value = serde_json::from_str(properties).ok()?;
    let value = find(&parsed, name)?;
    Some(text(value).ok_or_else(|| value.to_string()))
}

/// Every value that is no list and no object, with the name of the property it is in.
pub fn scalars<'v>(properties: &'v Value, take: &mut dyn FnMut(&str, &'v Value)) {
    fn walk<'v>(name: &mut String, value: &'v Value, take: &mut dyn FnMut(&str, &'v Value), depth: usize) {
        match value {
            // No one looks deeper, and a stack is finite.
            Value::Array(_) | Value::Object(_) if depth > 60 => {}
            Value::Array(list) => list.iter().for_each(|value| walk(name, value, take, depth + 1)),
            Value::Object(object) => {
                let length = name.len();
                for (key, value) in object {
                    if length > 0 {
                        name.push('.');
                    }
                    name.push_str(key);
                    walk(name, value, take, depth + 1);
                    name.truncate(length);
                }
            }
            value => take(name, value),
        }
    }
    walk(&mut String::new(), properties, take, 0);
}
