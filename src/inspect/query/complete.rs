//! What the term at the cursor could go on as.

use super::fields::{PHASES, STATES, field_names};
use super::parts::{Part, parts};
use super::{Place, quoted, quoted_name};

/// Names that the rows of a store have: for completing, so that some are enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Event names, the more frequent first.
    pub events: Vec<String>,
    /// Property names, the more frequent first, each with some of its short values.
    pub properties: Vec<(String, Vec<String>)>,
}

/// Ways to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where the part begins that is replaced; it goes to the end of the text.
    pub at: usize,
    /// What it could be, the likeliest first.
    pub with: Vec<String>,
}

/// Ways on that are offered at once.
const MOST: usize = 12;

/// What the last part of a text could be; nothing for a text that begins no term.
pub fn complete(text: &str, place: Place, vocabulary: &Vocabulary) -> Completion {
    let Some(part) = parts(text).pop().filter(|part| part.place.end == text.len()) else {
        return Completion { at: text.len(), with: Vec::new() };
    };
    let mut with = ways(text, place, &part, vocabulary);
    with.retain(|way| way != part.whole(text));
    with.truncate(MOST);
    Completion { at: part.place.start, with }
}

fn ways(text: &str, place: Place, part: &Part, vocabulary: &Vocabulary) -> Vec<String> {
    let begins = |name: &str, typed: &str| name.to_lowercase().starts_with(&typed.to_lowercase());
    let whole = part.whole(text);
    if part.relation.is_none() {
        // One letter is the beginning of too much.
        if whole.chars().count() < 2 {
            return Vec::new();
        }
        let keys = field_names(place).filter(|key| begins(key, whole)).map(|key| format!("{key}:"));
        let names = vocabulary.properties.iter().filter(|(name, _)| begins(name, whole));
        return keys.chain(names.map(|(name, _)| format!("{}=", quoted_name(name)))).collect();
    }
    let value = part.value(text).trim_start_matches('"');
    let sign = part.relation.unwrap_or_default();
    match part.field(text) {
        Some("event") => {
            let events = vocabulary.events.iter().filter(|event| begins(event, value));
            events.map(|event| format!("event{sign}{}", quoted(event))).collect()
        }
        Some("prop") => {
            let names = vocabulary.properties.iter().filter(|(name, _)| begins(name, value));
            names.map(|(name, _)| format!("prop:{}", quoted_name(name))).collect()
        }
        Some("is" | "phase") => {
            let known = if part.field(text) == Some("is") { STATES } else { PHASES };
            let known = known.iter().filter(|known| begins(known, value));
            known.map(|known| format!("{}{sign}{known}", part.name(text))).collect()
        }
        Some(_) => Vec::new(),
        None => {
            let name = part.name(text);
            let known = vocabulary.properties.iter().find(|(known, _)| quoted_name(known) == name || known == name);
            let values = known.into_iter().flat_map(|(_, values)| values).filter(|known| begins(known, value));
            values.map(|value| format!("{name}{sign}{}", quoted(value))).collect()
        }
    }
}
