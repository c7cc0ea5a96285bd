//! Properties: finding one by its name, comparing it, and the money in them.

use serde_json::Value;

/// How a property is compared.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::inspect) enum Test {
    /// It is there.
    Exists,
    /// It is this; also one element of a list.
    Equals(String),
    /// Its text contains this.
    Contains(String),
    /// It is a number in this relation to the other.
    Number(Relation, f64),
    /// It is a text in this relation to a date, letter by letter.
    Date(Relation, String),
}

/// `>`, `>=`, `<`, `<=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::inspect) enum Relation {
    More,
    AtLeast,
    Less,
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

/// Whether a property of this name passes the test.
pub(in crate::inspect) fn passes(properties: &Value, name: &str, test: &Test) -> bool {
    if name == "*" {
        let mut any = false;
        scalars(properties, &mut |_, value| any |= value_passes(value, test));
        return any;
    }
    find(properties, name).is_some_and(|value| value_passes(value, test))
}

/// Whether the JSON text alone shows that [`passes`] says no: what is looked for does not stand in
/// it. `false` where the text cannot tell, as with escapes.
pub(in crate::inspect) fn cannot_pass(json: &str, name: &str, test: &Test) -> bool {
    let lacks = |sought: &str| is_literal(sought) && !super::decide::contains(json, sought);
    let last = name.rsplit('.').next().unwrap_or(name);
    let value = match test {
        Test::Equals(wanted) | Test::Contains(wanted) => Some(wanted),
        Test::Exists | Test::Number(..) | Test::Date(..) => None,
    };
    // A number is compared as its shortest text, which the JSON need not have; it has no letter but e.
    let is_text = |wanted: &&String| wanted.contains(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E'));
    let missing = name != "*" && lacks(last) || value.filter(is_text).is_some_and(|wanted| lacks(wanted));
    missing && memchr::memchr(b'\\', json.as_bytes()).is_none()
}

/// Whether a text stands in JSON as it is, unless somebody wrote it with escapes.
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

/// A property by its name, else by a path of names with dots, else by its name in any case.
fn find<'v>(properties: &'v Value, name: &str) -> Option<&'v Value> {
    let object = properties.as_object()?;
    if let Some(value) = object.get(name) {
        return Some(value);
    }
    let mut dots = name.match_indices('.');
    let inside = dots.find_map(|(dot, _)| find(object.get(name.get(..dot)?)?, name.get(dot + 1..)?));
    inside.or_else(|| object.iter().find(|(key, _)| super::decide::same(key, name)).map(|(_, value)| value))
}

fn value_passes(value: &Value, test: &Test) -> bool {
    if let Value::Array(list) = value {
        return *test == Test::Exists || list.iter().any(|value| value_passes(value, test));
    }
    match test {
        Test::Exists => true,
        Test::Equals(wanted) => text(value).is_some_and(|text| equal(&text, wanted)),
        Test::Contains(wanted) => text(value).is_some_and(|text| super::decide::contains(&text, wanted)),
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
    super::decide::same(text, wanted)
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
            // Nobody looks deeper, and a stack is finite.
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

/// Properties that say what was paid, the one that counts first: a row counts once.
pub const MONEY: &[&str] = &["revenue", "$revenue", "total", "order_total", "amount", "$amount", "price"];

/// Properties that say in which currency.
const CURRENCY: &[&str] = &["currency", "$currency", "currency_code", "currencycode"];

/// What a row says was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The property that says it, as it is written.
    pub property: String,
    /// In millionths, so that a sum is exact.
    pub micros: i128,
    /// The currency, in capitals; empty if none is said.
    pub currency: String,
}

/// The money in the properties of a row, given as JSON text.
pub fn amount(properties: &str) -> Option<Amount> {
    let parsed: Value = serde_json::from_str(properties).ok()?;
    let object = parsed.as_object()?;
    let named = |name: &str| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    let (property, micros) = MONEY.iter().find_map(|name| {
        let (key, value) = named(name)?;
        Some((key.clone(), micros(value)?))
    })?;
    let currency = CURRENCY.iter().find_map(|name| named(name)?.1.as_str()).unwrap_or_default().to_uppercase();
    Some(Amount { property, micros, currency })
}

/// A number, or a text that is one, in millionths.
fn micros(value: &Value) -> Option<i128> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.as_str()),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !whole.is_empty() && plain(whole) && plain(part) && whole.len() <= 24 {
        let part: String = part.chars().chain("000000".chars()).take(6).collect();
        return Some(sign * (whole.parse::<i128>().ok()? * 1_000_000 + part.parse::<i128>().ok()?));
    }
    // An exponent: as exact as the number is.
    let value: f64 = text.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be far inside of the range")]
    (value.is_finite() && value.abs() < 1e24).then(|| (value * 1e6).round() as i128)
}
