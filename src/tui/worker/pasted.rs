//! What a user means who pastes an id with the text around it.
//!
//! Ids may have quotes and spaces of their own, so a text is searched as it is first. Only
//! when nothing is it, begins with it or has it in it, the id is taken out of what is around
//! it: spaces, quotes, commas, a property of a row, a whole row.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::value::RawValue;

use crate::inspect::query::UNFINISHED;
use crate::inspect::terms::Terms;
use crate::model::hit::Match;
use crate::model::{Id, json};
use crate::tui::backend::{Backend, Failure, Hits};

/// Names under which rows and profiles have ids, the most telling first.
const KEYS: &[&str] = &[
    "distinct_id",
    "$distinct_id",
    "alias",
    "$user_id",
    "$device_id",
    "user_id",
    "userId",
    "anonymousId",
    "anonymous_id",
    "device_id",
    "id",
];

/// Pairs that ids are quoted with.
const QUOTES: &[(char, char)] =
    &[('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’'), ('«', '»'), ('<', '>'), ('(', ')'), ('[', ']')];

/// A row that was pasted: the id in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// The id.
    pub id: String,
    /// The name it has in the row.
    pub key: &'static str,
}

/// The id in a text that is a JSON object, or several.
pub fn pasted(text: &str) -> Option<Pasted> {
    let text = text.trim();
    if !text.starts_with('{') && !text.starts_with("[{") {
        return None;
    }
    of_object(text.strip_prefix('[').unwrap_or(text)).or_else(|| of_fragment(text))
}

/// The id of the first object of `text`: that of its properties before its own.
fn of_object(text: &str) -> Option<Pasted> {
    let object = first::<HashMap<String, &RawValue>>(text)?;
    let properties = object.get("properties").and_then(|value| first::<HashMap<String, &RawValue>>(value.get()));
    let of = |object: &HashMap<String, &RawValue>| {
        KEYS.iter().find_map(|key| {
            let id = json::id(object.get(*key)?.get())?;
            Some(Pasted { id: id.as_str().to_owned(), key })
        })
    };
    properties.as_ref().and_then(of).or_else(|| of(&object))
}

/// The value of the first known name in JSON that is cut off or stands in other text.
fn of_fragment(text: &str) -> Option<Pasted> {
    KEYS.iter().find_map(|key| {
        let (_, after) = text.split_once(&format!("\"{key}\""))?;
        let value = first::<&RawValue>(after.trim_start().strip_prefix(':')?)?;
        let id = json::id(value.get())?;
        Some(Pasted { id: id.as_str().to_owned(), key })
    })
}

/// The value of `distinct_id: value` or `distinct_id=value`.
fn of_assignment(text: &str) -> Option<&str> {
    let (name, value) = text.split_once([':', '='])?;
    KEYS.contains(&bare(name)).then(|| bare(value))
}

/// The first JSON value of a text, whatever follows it.
fn first<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Option<T> {
    serde_json::Deserializer::from_str(text).into_iter().next()?.ok()
}

/// Without the spaces, commas and quotes around it.
fn bare(text: &str) -> &str {
    let mut text = text;
    loop {
        let before = text;
        text = text.trim().trim_end_matches([',', ';']).trim_start_matches([',', ';']).trim();
        for (open, close) in QUOTES {
            if let Some(inner) = text.strip_prefix(*open).and_then(|rest| rest.strip_suffix(*close)) {
                text = inner;
            }
        }
        // A selection often leaves out half of a pair.
        text = text.strip_prefix('"').or_else(|| text.strip_suffix('"')).unwrap_or(text);
        if text == before {
            return text;
        }
    }
}

/// What `text` may mean besides itself, the likeliest first.
fn readings(text: &str) -> Vec<String> {
    let mut readings = Vec::new();
    readings.extend(pasted(text).or_else(|| of_fragment(text)).map(|pasted| pasted.id));
    readings.extend(of_assignment(text).map(str::to_owned));
    // A JSON text may have escapes in it.
    readings.extend(first::<String>(text.trim()));
    readings.push(bare(text).to_owned());
    readings.extend(text.lines().map(bare).find(|line| !line.is_empty()).map(str::to_owned));
    readings.retain(|reading| !reading.is_empty() && reading != text);
    readings
}

/// Some hits at once: for the text, else for an id that it may mean.
pub(super) fn soon(backend: &mut dyn Backend, text: &str) -> Option<Hits> {
    if let Some(hits) = backend.search_soon(text).ok()? {
        return Some(hits);
    }
    readings(text).into_iter().find_map(|reading| {
        let hits = backend.search_soon(&reading).ok()??;
        let is_id = hits.list.first().is_some_and(|hit| hit.found == Match::Exact);
        is_id.then_some(Hits { instead: Some(reading), ..hits })
    })
}

/// Hits for the text, else for what it may mean, else ids that look like it and rows that have
/// it in a property. `show` is given parts of an answer that takes long.
pub(super) fn search(
    backend: &mut dyn Backend,
    text: &str,
    show: &mut dyn FnMut(Hits, Vec<Id>),
) -> Result<(Hits, Vec<Id>), Failure> {
    // The prompt has shown a term that means nothing.
    if let Ok(Some(terms)) = Terms::read(text) {
        let found = backend.search_terms(&terms, &mut |hits| show(hits, Vec::new()))?;
        let warnings = warnings(text, &found);
        return Ok((Hits { warnings, ..found }, Vec::new()));
    }
    let hits = backend.search(text)?;
    // A likeness is the last resort.
    let sure = |hits: &Hits| hits.list.first().is_some_and(|hit| hit.found != Match::Fuzzy);
    if sure(&hits) {
        let warnings = warnings(text, &hits);
        let hits = Hits { warnings, ..hits };
        // Who is found can be opened before events and values are counted.
        show(Hits { counts: true, ..hits.clone() }, Vec::new());
        let hits = Hits { events: backend.events_with(text)?, ..hits };
        // Who types a whole id looks for its user alone.
        if hits.list.first().is_some_and(|hit| hit.found == Match::Exact) {
            return Ok((hits, Vec::new()));
        }
        show(Hits { counts: true, ..hits.clone() }, Vec::new());
        let values = backend.values_with(text)?;
        return Ok((Hits { values, ..hits }, Vec::new()));
    }
    let events = backend.events_with(text)?;
    let hits = Hits { events, ..hits };
    let readings = readings(text);
    for reading in &readings {
        let found = backend.search(reading)?;
        if sure(&found) {
            let warnings = warnings(reading, &found);
            return Ok((Hits { instead: Some(reading.clone()), warnings, ..found }, Vec::new()));
        }
    }
    if let Some(terms) = Terms::words(text) {
        let found = backend.search_terms(&terms, &mut |hits| show(hits, Vec::new()))?;
        if !found.list.is_empty() {
            return Ok((Hits { events: hits.events, ..found }, Vec::new()));
        }
    }
    let near = if hits.is_empty() {
        let near = backend.near(text);
        match readings.last() {
            Some(reading) if near.is_empty() => backend.near(reading),
            _ => near,
        }
    } else {
        Vec::new()
    };
    let wanted = bare(text);
    // Who is about to type a value looks for nothing yet.
    let Some(terms) = Terms::of_value(wanted).filter(|_| !text.ends_with(UNFINISHED)) else {
        return Ok((hits, near));
    };
    let found = backend.search_terms(&terms, &mut |found| {
        show(anywhere(&hits, found), near.clone());
    })?;
    Ok((anywhere(&hits, found), near))
}

/// Rows that have the text in a property before ids that only look like it.
fn anywhere(alike: &Hits, found: Hits) -> Hits {
    let mut list = found.list;
    let rest = alike.list.iter().filter(|hit| !list.iter().any(|other| other.id == hit.id)).cloned();
    let rest: Vec<_> = rest.collect();
    list.extend(rest);
    Hits { list, more: found.more || alike.more, events: alike.events.clone(), ..found }
}

/// E-mail addresses and phone numbers that several users have: one person may be split in two.
fn warnings(text: &str, hits: &Hits) -> Vec<String> {
    let mut users: BTreeMap<String, BTreeSet<&Id>> = BTreeMap::new();
    for hit in &hits.list {
        let value = match &hit.via {
            Some((key, value)) if is_of_one_person(key) => value.to_lowercase(),
            None if hit.found == Match::Exact && text.contains('@') => text.to_lowercase(),
            _ => continue,
        };
        users.entry(value).or_default().insert(hit.root.as_ref().unwrap_or(&hit.id));
    }
    let several = users.into_iter().filter(|(_, roots)| roots.len() > 1);
    several
        .map(|(value, roots)| {
            let names: Vec<&str> = roots.iter().map(|root| root.as_str()).take(3).collect();
            let more = if roots.len() > names.len() { ", …" } else { "" };
            format!("{} users have {value}: {}{more}", roots.len(), names.join(", "))
        })
        .collect()
}

/// Whether a property of a profile has another value for each person.
fn is_of_one_person(key: &str) -> bool {
    let key = key.to_lowercase();
    key.contains("mail") || key.contains("phone")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::identity::Journey;
    use crate::model::hit::{Hit, HitKind};
    use crate::tui::backend::StartPage;

    #[test]
    fn quotes_spaces_and_commas_around_an_id_are_left_out() {
        for text in ["\"a b\"", " a b ", "\"a b\",", "'a b';", "\"a b", "a b\"", "“a b”", "<a b>,\r\n", "(\"a b\")"]
        {
            assert_eq!(bare(text), "a b", "{text:?}");
        }
    }

    #[test]
    fn the_id_of_a_row_is_that_of_its_properties() {
        let row = r#"{"event":"View","id":7,"properties":{"time":1,"alias":"b","distinct_id":"a\u0041"}}"#;
        assert_eq!(pasted(row), Some(Pasted { id: "aA".into(), key: "distinct_id" }));
        let profile = r#" {"$distinct_id": 42.0, "$set": {"distinct_id": "x"}},"#;
        assert_eq!(pasted(profile), Some(Pasted { id: "42".into(), key: "$distinct_id" }));
        let rows = "[{\"user_id\":\"one\"},\n{\"user_id\":\"two\"}]";
        assert_eq!(pasted(rows), Some(Pasted { id: "one".into(), key: "user_id" }));
    }

    #[test]
    fn a_row_that_is_cut_off_still_tells_its_id() {
        let row = r#"{"event":"View","properties":{"distinct_id":"sally","items":["SH-1"#;
        assert_eq!(pasted(row).map(|pasted| pasted.id), Some("sally".into()));
    }

    #[test]
    fn a_text_that_is_no_row_is_left_as_it_is() {
        assert_eq!(pasted("sally"), None);
        assert_eq!(pasted("{sally}"), None);
        assert_eq!(pasted("{}"), None);
    }

    #[test]
    fn a_property_with_its_name_is_read_as_its_value() {
        for text in [r#""distinct_id": "sally","#, "distinct_id=sally", "$user_id: 'sally'", r#"x "alias":"sally" y"#] {
            assert!(readings(text).contains(&"sally".to_owned()), "{text:?}: {:?}", readings(text));
        }
    }

    #[test]
    fn an_id_is_never_read_as_itself_or_as_nothing() {
        assert_eq!(readings("sally@gmail.com"), Vec::<String>::new());
        assert_eq!(readings("\"\""), Vec::<String>::new());
    }

    /// Knows one id at once, and counts what else it is asked.
    struct Quick(usize);

    impl Backend for Quick {
        fn search(&mut self, _: &str) -> Result<Hits, Failure> {
            self.0 += 1;
            Ok(Hits::default())
        }

        fn search_soon(&mut self, text: &str) -> Result<Option<Hits>, Failure> {
            let hit = || Hit {
                id: Id::new(text),
                root: None,
                kind: HitKind::Root,
                found: Match::Exact,
                via: None,
                matched: 0,
                name: None,
                person: None,
                events: 1,
                first: None,
                last: None,
            };
            Ok((text == "a b").then(|| Hits { list: vec![hit()], ..Hits::default() }))
        }

        fn overview(&mut self) -> Result<StartPage, Failure> {
            Ok(StartPage::default())
        }

        fn journey(&mut self, _: &Id) -> Result<Option<Arc<Journey>>, Failure> {
            Ok(None)
        }

        fn properties(&mut self, _: i64) -> Result<String, Failure> {
            Ok(String::new())
        }

        fn changed(&mut self) -> Result<bool, Failure> {
            Ok(false)
        }

        fn title(&self) -> String {
            String::new()
        }

        fn near(&mut self, _: &str) -> Vec<Id> {
            Vec::new()
        }
    }

    #[test]
    fn an_id_in_quotes_is_there_before_all_ids_are_read() {
        let mut store = Quick(0);
        for text in ["a b", "\"a b\",", " 'a b' ", r#"{"properties":{"distinct_id":"a b"}}"#] {
            let hits = soon(&mut store, text).expect(text);
            assert_eq!(hits.list.len(), 1, "{text}");
            assert_eq!(hits.instead.as_deref(), (text != "a b").then_some("a b"), "{text}");
        }
        assert!(soon(&mut store, "nobody").is_none());
        assert_eq!(store.0, 0, "the search itself has not begun");
    }
}
