//! Properties without personal values.
//!
//! The text is passed on piece by piece, so that numbers keep their digits and the order stays.

use super::words;
use super::{Known, Redactor, hash};
use crate::model::id::Shape;
use crate::model::json;

/// Names of properties that are ids, without `$` and signs.
const IDS: &[&str] = &[
    "distinctid",
    "distinctids",
    "alias",
    "original",
    "userid",
    "deviceid",
    "anonid",
    "anonymousid",
    "anondistinctid",
    "identifiedid",
    "distinctidbeforeidentity",
    "preshuffledistinctid",
];

/// Names of personal properties, without `$` and signs, and what their values are called.
const PERSONAL: &[(&str, &str)] = &[
    ("name", "name-"),
    ("firstname", "name-"),
    ("lastname", "name-"),
    ("fullname", "name-"),
    ("givenname", "name-"),
    ("familyname", "name-"),
    ("surname", "name-"),
    ("displayname", "name-"),
    ("username", "name-"),
    ("nickname", "name-"),
    ("ip", "ip-"),
    ("ipaddress", "ip-"),
    ("clientip", "ip-"),
    ("remoteip", "ip-"),
    ("address", "value-"),
    ("street", "value-"),
    ("zip", "value-"),
    ("zipcode", "value-"),
    ("postalcode", "value-"),
    ("avatar", "value-"),
    ("birthday", "value-"),
    ("birthdate", "value-"),
    ("dateofbirth", "value-"),
    ("latitude", "value-"),
    ("longitude", "value-"),
    ("ssn", "value-"),
    ("iban", "value-"),
    ("password", "value-"),
];

/// What is done with the values of a property.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Ids and addresses in them are replaced.
    Text,
    /// They are ids.
    Id,
    /// They are replaced whole, by a pseudonym of this kind.
    Whole(&'static str),
}

/// A name in lower case, letters and digits alone.
pub(super) fn bare_name(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn rule(redactor: &Redactor, name: &str) -> Rule {
    let name = bare_name(name);
    if IDS.contains(&name.as_str()) {
        return Rule::Id;
    }
    if redactor.chosen.contains(&name) {
        return Rule::Whole("value-");
    }
    if name.contains("email") || name == "mail" {
        return Rule::Whole("mail-");
    }
    if name.contains("phone") || name == "mobile" || name == "tel" {
        // Of whom a phone is, not what it is.
        let is_device = ["iphone", "phonemodel", "phonetype", "phonebrand"].contains(&name.as_str());
        return if is_device { Rule::Text } else { Rule::Whole("phone-") };
    }
    PERSONAL.iter().find(|(personal, _)| *personal == name).map_or(Rule::Text, |(_, kind)| Rule::Whole(kind))
}

/// An object or array that is open.
struct Open {
    is_object: bool,
    /// In an object: whether a name comes next.
    wants_name: bool,
    /// That of all in it.
    outer: Rule,
    /// That of the value that comes next.
    rule: Rule,
}

/// JSON text with its personal values replaced.
pub(super) fn replaced(redactor: &Redactor, text: &str, known: &Known) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let token = token(text.get(at..).unwrap_or_default());
        at += token.len();
        let outer = open.last().map_or(Rule::Text, |open| if open.is_object { open.rule } else { open.outer });
        match c {
            '{' | '[' => {
                let is_object = c == '{';
                open.push(Open { is_object, wants_name: is_object, outer, rule: outer });
                out.push(c);
            }
            '}' | ']' => {
                open.pop();
                out.push(c);
            }
            ',' | ':' => {
                if let Some(open) = open.last_mut().filter(|open| open.is_object) {
                    open.wants_name = c == ',';
                }
                out.push(c);
            }
            '"' => {
                let string = json::text(token).unwrap_or_default();
                let is_name = open.last().is_some_and(|open| open.wants_name);
                let shown = if is_name {
                    let name = words::replaced(redactor, &string, known, true);
                    if let Some(open) = open.last_mut() {
                        open.rule = match open.outer {
                            Rule::Text => rule(redactor, &string),
                            outer => outer,
                        };
                    }
                    name
                } else {
                    value(redactor, &string, outer, known)
                };
                match shown {
                    Some(shown) => out.push_str(&serde_json::Value::from(shown).to_string()),
                    None => out.push_str(token),
                }
            }
            c if c.is_ascii_whitespace() => out.push_str(token),
            _ => match scalar(redactor, token, outer, known) {
                Some(shown) => out.push_str(&serde_json::Value::from(shown).to_string()),
                None => out.push_str(token),
            },
        }
    }
    out
}

/// What stands for the value of a property; `None` where it stays.
pub(super) fn property(redactor: &Redactor, name: &str, text: &str, known: &Known) -> Option<String> {
    value(redactor, text, rule(redactor, name), known)
}

/// What stands for a string; `None` where it stays.
fn value(redactor: &Redactor, text: &str, rule: Rule, known: &Known) -> Option<String> {
    match rule {
        _ if text.is_empty() => None,
        Rule::Text => words::replaced(redactor, text, known, true),
        Rule::Id => Some(redactor.pseudonym(text)),
        Rule::Whole(_) if known.ids.contains(&hash(text)) || Shape::of(text) == Shape::Email => {
            Some(redactor.pseudonym(text))
        }
        Rule::Whole(kind) => Some(redactor.named(kind, text)),
    }
}

/// Digits from which on a number that is an id is no amount.
const DIGITS: usize = 5;

/// What stands for a number; `None` where it stays, as `true` and `null` do.
fn scalar(redactor: &Redactor, token: &str, rule: Rule, known: &Known) -> Option<String> {
    let number = token.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let text = json::text(token).filter(|_| number)?;
    match rule {
        Rule::Text if text.len() < DIGITS || !known.ids.contains(&hash(&text)) => None,
        _ => value(redactor, &text, rule, known),
    }
}

/// The first token of JSON text: a sign, a string with its quotes, white space, or a scalar.
fn token(text: &str) -> &str {
    let bytes = text.as_bytes();
    let end = match bytes.first() {
        Some(b'{' | b'}' | b'[' | b']' | b',' | b':') => 1,
        Some(b'"') => {
            let mut escaped = false;
            let end = bytes.iter().skip(1).position(|byte| {
                let ends = *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                ends
            });
            end.map_or(bytes.len(), |end| end + 2)
        }
        Some(byte) if byte.is_ascii_whitespace() => {
            bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(bytes.len())
        }
        _ => {
            let ends = |byte: &u8| b"{}[],:\"".contains(byte) || byte.is_ascii_whitespace();
            bytes.iter().position(ends).unwrap_or(bytes.len())
        }
    };
    // A text that is no JSON may end anywhere.
    let end = (end.max(1)..=bytes.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(bytes.len());
    text.get(..end).unwrap_or(text)
}
