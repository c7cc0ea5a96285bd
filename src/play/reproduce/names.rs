//! Made-up ids in place of those of the data: of the same form, and equal, alike or different as
//! those are.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::identity::Facts;
use crate::model::alike::folded;
use crate::model::id::DEVICE_PREFIX;
use crate::model::{Flags, Id, Shape};

/// A made-up text for each id.
pub(super) struct Names {
    /// By the text without prefixes.
    names: HashMap<String, String>,
}

impl Names {
    /// Names for all ids of the facts, the one of the user first.
    pub(super) fn of(facts: &Facts, root: &Id) -> Self {
        let mut numbers: HashSet<&str> = HashSet::new();
        let mut persons: HashSet<&str> = HashSet::new();
        for event in &facts.events {
            persons.extend(event.user.as_ref().map(Id::bare));
            if event.flags.has(Flags::ID_NOT_TEXT) {
                numbers.extend(event.id.as_ref().map(Id::bare));
            }
        }
        persons.extend(facts.calls.iter().filter_map(|call| call.alias.as_ref()).map(Id::bare));
        let rows = facts.events.iter().flat_map(|event| [&event.id, &event.device, &event.user, &event.other]);
        let calls = facts.calls.iter().flat_map(|call| [&call.alias, &call.target]);
        let links = facts.links.iter().flat_map(|link| [&link.a, &link.b]);
        let alike = facts.alike.iter().flat_map(|(of, id)| [of, id]);
        let all = std::iter::once(root).chain(rows.chain(calls).flatten()).chain(links).chain(alike);
        let mut names: HashMap<String, String> = HashMap::new();
        let mut groups: HashMap<String, (usize, Vec<String>)> = HashMap::new();
        for id in all {
            let (_, bare) = without_prefixes(id.as_str());
            if Id::new(bare).is_placeholder() || names.contains_key(bare) {
                continue;
            }
            let number = groups.len() + 1;
            let (number, taken) = groups.entry(folded(bare)).or_insert_with(|| (number, Vec::new()));
            let is_person = persons.contains(bare);
            let name = variant(made(bare, *number, numbers.contains(bare), is_person), taken);
            taken.push(name.clone());
            names.insert(bare.to_owned(), name);
        }
        Self { names }
    }

    /// The text that stands for an id. A placeholder stands for itself: it is no user's.
    pub(super) fn of_id(&self, id: &Id) -> String {
        let (prefixes, bare) = without_prefixes(id.as_str());
        let name = self.names.get(bare).map_or(bare, String::as_str);
        format!("{}{name}", DEVICE_PREFIX.repeat(prefixes))
    }

    /// The same for an id that was sent as a number.
    pub(super) fn number_of(&self, id: &Id) -> Value {
        let text = self.of_id(id);
        text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from)
    }
}

fn without_prefixes(mut text: &str) -> (usize, &str) {
    let mut prefixes = 0;
    while let Some(rest) = text.strip_prefix(DEVICE_PREFIX).filter(|rest| !rest.is_empty()) {
        (prefixes, text) = (prefixes + 1, rest);
    }
    (prefixes, text)
}

/// A text of the form of `bare`.
fn made(bare: &str, number: usize, is_number: bool, is_person: bool) -> String {
    match Shape::of(bare) {
        _ if is_number => (1_000 + number).to_string(),
        Shape::Email => format!("user-{number}@example.com"),
        Shape::Guid => format!("0a1b2c3d-4e5f-4a6b-8c7d-{number:012x}"),
        Shape::WebAnonymous => format!("16c0b1a2c3d4e5-0a1b2c3d4e5f6-1a2b3c4d-1fa400-16c{number:011x}"),
        Shape::Device | Shape::Other if is_person => format!("user-{number}"),
        Shape::Device | Shape::Other => format!("visitor-{number}"),
    }
}

/// `name`, or what looks the same where that is taken.
fn variant(name: String, taken: &[String]) -> String {
    let Some(first) = taken.first().cloned() else { return name };
    let mut chars = first.chars();
    let capital: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    let mut spaced = format!("{first} ");
    for other in [capital, first.to_uppercase()] {
        if !taken.contains(&other) {
            return other;
        }
    }
    while taken.contains(&spaced) {
        spaced.push(' ');
    }
    spaced
}
