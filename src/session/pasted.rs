//! What a user means who pastes an id with the text around it.
//!
//! Ids may have quotes and spaces of their own, so a text is searched as it is first. Only
//! when nothing is it, begins with it or has it in it, the id is taken out of what is around
//! it: spaces, quotes, commas, a property of a row, a whole row.

use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::model::json;

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
pub(super) fn bare(text: &str) -> &str {
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
pub(super) fn readings(text: &str) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
