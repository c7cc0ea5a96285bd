//! Rows of vendors in whose columns the fields of objects stand, and rows that stand in an object of their own.
//!
//! A data frame (`pandas.json_normalize`), `PostHog`'s console and its queries write `properties.$device_id` for a
//! property, and `*.event` for a field of a whole event. Destinations that call an address send a row next to what it
//! was sent for: `{"event": {…}, "person": {…}}`.

use std::borrow::Cow;

use super::super::object::{Object, begin_field, each, given};

/// Objects of a row whose fields may stand in columns, and whether those of the objects in them do, too.
const PARTS: &[(&str, bool)] = &[
    ("properties", false),
    ("event_properties", false),
    ("user_properties", false),
    ("traits", false),
    ("context", true),
];

/// Objects in these parts, whose fields may stand in columns, too: what a call sets.
const SET: &[&str] = &["$set", "$set_once", "$setOnce", "$add", "$unset"];

/// What stands for a whole event in the head of a table.
const WHOLE: &str = "*";

/// Keys under which a row stands next to what it was sent for.
const ENVELOPES: &[&str] = &["event", "message"];

/// A field under the rest of its path.
type Field<'a> = (Cow<'a, str>, &'a str);

/// The row with its fields where its vendor has them; `None` where they stand there.
pub(in crate::formats) fn folded(row: &Object<'_>) -> Option<String> {
    let is_whole = |(key, value): (&str, &str)| key.starts_with("*.") || key == WHOLE && value.starts_with('{');
    let is_starred = row.fields().any(is_whole);
    let is_there = |part: &str| row.fields().any(|(key, value)| key == part && given(Some(value)).is_some());
    // What a row is called that is laid flat already: of a property that is called like a field of the row.
    let is_other = |rest: &str| {
        let named = |key: &str| key == rest || is_starred && key.strip_prefix("*.") == Some(rest);
        row.fields().any(|(key, value)| named(key) && given(Some(value)).is_some())
    };
    let is_folded = |key: &str| part_of(key).is_some_and(|(part, rest)| !is_there(part) && !is_other(rest));
    if !is_starred && !row.fields().any(|(key, _)| is_folded(key)) {
        return None;
    }
    let mut fields: Vec<Field<'_>> = Vec::new();
    if is_starred {
        for (key, value) in row.fields().filter(|field| is_whole(*field)) {
            match key.strip_prefix("*.") {
                Some(rest) => fields.push((rest.into(), value)),
                None => each(value, |key, value| fields.push((key.to_owned().into(), value))).ok()?,
            }
        }
    }
    for field in row.fields().filter(|field| !is_starred || !is_whole(*field)) {
        // What a table repeats of the event is there.
        if !fields.iter().any(|(known, _)| *known == field.0) {
            fields.push((field.0.into(), field.1));
        }
    }
    let mut text = "{".to_owned();
    for (part, is_deep) in PARTS.iter().filter(|(part, _)| !is_there(part)) {
        let own: Vec<Field<'_>> = fields
            .iter()
            .filter_map(|(key, value)| {
                let (of, rest) = part_of(key)?;
                (of == *part && given(Some(value)).is_some() && is_folded(key))
                    .then(|| (rest.to_owned().into(), *value))
            })
            .collect();
        if !own.is_empty() {
            begin_field(&mut text, part);
            write(&own, *is_deep, &mut text);
        }
    }
    for (key, value) in fields.iter().filter(|(key, _)| !is_folded(key)) {
        // What is nothing stood for what was folded.
        if PARTS.iter().any(|(part, _)| part == key) && given(Some(value)).is_none() {
            continue;
        }
        begin_field(&mut text, key);
        text.push_str(value);
    }
    text.push('}');
    Some(text)
}

/// The object that a key names a field of, and the path of the field in it.
fn part_of(key: &str) -> Option<(&str, &str)> {
    let rest = |part: &str| key.strip_prefix(part)?.strip_prefix('.').filter(|rest| !rest.is_empty());
    PARTS.iter().find_map(|(part, _)| Some((*part, rest(part)?)))
}

/// Writes an object of fields; `is_deep` where there is an object for each part of a path.
fn write(fields: &[Field<'_>], is_deep: bool, out: &mut String) {
    out.push('{');
    let mut done: Vec<&str> = Vec::new();
    for (key, value) in fields {
        let (first, is_deep) = match key.split_once('.') {
            Some((first, rest)) => (first, !rest.is_empty() && (is_deep || SET.contains(&first))),
            None => (&**key, false),
        };
        let name = if is_deep { first } else { key };
        if done.contains(&name) {
            continue;
        }
        done.push(name);
        begin_field(out, name);
        let mut inner: Vec<Field<'_>> = Vec::new();
        for (key, value) in fields.iter().filter(|_| is_deep) {
            if let Some(rest) = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')) {
                inner.push((Cow::Borrowed(rest), value));
            }
        }
        if inner.is_empty() { out.push_str(value) } else { write(&inner, is_deep, out) }
    }
    out.push('}');
}

/// The row that stands in an object of its own, if it is one.
pub(in crate::formats) fn enveloped<'a>(row: &Object<'a>) -> Option<&'a str> {
    let inside = row.fields().find(|(key, value)| ENVELOPES.contains(key) && value.starts_with('{'));
    inside.map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_columns_are_put_back_into_their_objects() {
        for (row, text) in [
            (
                r#"{"event":"A","properties.$device_id":"d","properties.a.b":1,"properties":null,"person.id":7}"#,
                Some(r#"{"properties":{"$device_id":"d","a.b":1},"event":"A","person.id":7}"#),
            ),
            (
                r#"{"context.library.name":"x","context.library.version":"1","context.ip":"i","properties.plan":null}"#,
                Some(r#"{"context":{"library":{"name":"x","version":"1"},"ip":"i"}}"#),
            ),
            (
                r#"{"properties.$set.email":"x","properties.$set.plan":"p","properties.$settings.a":1}"#,
                Some(r#"{"properties":{"$set":{"email":"x","plan":"p"},"$settings.a":1}}"#),
            ),
            (
                r#"{"*.event":"A","*.properties.plan":"pro","event":"B","timestamp":1}"#,
                Some(r#"{"properties":{"plan":"pro"},"event":"A","timestamp":1}"#),
            ),
            (r#"{"*":{"event":"A","properties":{}},"event":"B"}"#, Some(r#"{"event":"A","properties":{}}"#)),
            (
                r#"{"event":"A","properties.event":"own","name":null,"traits.name":"N"}"#,
                Some(r#"{"traits":{"name":"N"},"event":"A","properties.event":"own","name":null}"#),
            ),
            // As they lie.
            (r#"{"properties.event":"own","event":"A"}"#, None),
            (r#"{"event":"A","properties":{"a":1},"properties.b":2}"#, None),
            (r#"{"event":"A","person.id":1,"properties.":2,"*":3}"#, None),
        ] {
            let folded = folded(&Object::read(row).unwrap());
            assert_eq!(folded.as_deref(), text, "{row}");
            if let Some(folded) = folded {
                assert_eq!(super::folded(&Object::read(&folded).unwrap()), None, "{row}");
            }
        }
    }
}
