//! Rows with properties, next to which stands nothing that these do not say too.
//!
//! Tools and warehouses give the id, the time and the insert id columns of their own and leave them in the
//! properties, which are mostly a text in the row. Such a row is its properties: they are read where they lie, or
//! once they are no text any more, by the scanner that reads a line of an export. Any other row is left to the
//! reader of all rows, which gives the same.

use super::known::NULL_SIGN;
use super::{Role, Shape, Whole};
use crate::formats::cursor::Cursor;
use crate::formats::event::Properties;
use crate::formats::scan::properties;

/// A row while its columns are not yet compared with its properties.
pub(super) struct Repeating<'r> {
    pub(super) event: Option<&'r str>,
    /// Properties that have a column.
    pub(super) columns: Vec<(&'r str, &'r str)>,
    /// The properties, unless they are a text.
    pub(super) object: Option<(&'r str, Properties<'r>)>,
    /// No text of what is read so far has an escape.
    pub(super) is_plain: bool,
}

impl Shape {
    /// Reads a row with properties; `None` for any other, and where a part of it is doubtful. Properties that are a text
    /// are written to `text`.
    pub(super) fn repeating<'r>(&'r self, json: &'r str, text: &mut Vec<u8>) -> Option<Repeating<'r>> {
        if self.dialect.nests || !self.is_wide {
            return None;
        }
        text.clear();
        let mut row = Repeating::new();
        let mut has_properties = false;
        let mut cursor = Cursor::of(json);
        cursor.take(b'{')?;
        loop {
            let start = cursor.at() + 1;
            let length = cursor.key()?.len();
            let known = self.known.get(json.get(start..start + length)?)?;
            match &known.role {
                Role::Own => cursor.skip()?,
                Role::Properties if has_properties => return None,
                Role::Properties => {
                    has_properties = true;
                    if cursor.first()? == b'"' {
                        cursor.unescape(text)?;
                    } else {
                        let mut fields = Properties::default();
                        let object = cursor.properties(&mut fields)?;
                        row.object = Some((object, fields));
                    }
                }
                Role::Name if row.event.is_none() => row.event = Some(null(cursor.token()?)),
                Role::Property(_) if known.field.wins => row.columns.push((&known.field.name, null(cursor.token()?))),
                Role::Name | Role::Property(_) => return None,
            }
            if cursor.is_last(b'}')? {
                break;
            }
        }
        cursor.spaces();
        row.is_plain = cursor.is_plain;
        (has_properties && cursor.is_at_end()).then_some(row)
    }
}

/// Columns of a row next to its properties, mostly.
const COLUMNS: usize = 8;

fn null(value: &str) -> &str {
    if value == NULL_SIGN { "null" } else { value }
}

impl<'r> Repeating<'r> {
    /// A row without fields.
    pub(super) fn new() -> Self {
        Self { event: None, columns: Vec::with_capacity(COLUMNS), object: None, is_plain: true }
    }

    /// The row, whose properties `text` is, unless they lie in it as they are; `None` where a column says what they do
    /// not.
    pub(super) fn whole<'w>(self, text: &'w [u8]) -> Option<Whole<'w>>
    where
        'r: 'w,
    {
        let text = if self.object.is_some() { "" } else { simdutf8::basic::from_utf8(text).ok()? };
        self.whole_of(text)
    }

    /// [`Repeating::whole`], of a text that is known to be one.
    pub(super) fn whole_of<'w>(self, text: &'w str) -> Option<Whole<'w>>
    where
        'r: 'w,
    {
        let (object, mut fields, is_plain) = if let Some((object, fields)) = self.object {
            (object, fields, self.is_plain)
        } else {
            let (fields, is_plain) = properties(text)?;
            (text.trim_end(), fields, is_plain && self.is_plain)
        };
        for (name, value) in &self.columns {
            let said = (*fields.slot(name.as_bytes())?)?;
            if said != *value && *value != "null" {
                return None;
            }
        }
        let has_escape = |event: &str| memchr::memchr(b'\\', event.as_bytes()).is_some();
        let is_plain = is_plain && !self.event.is_some_and(has_escape);
        Some(Whole { event: self.event, properties: object, fields: Some(fields), repaired: false, is_plain })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::Lifting;
    use super::*;
    use crate::formats::object::Object;

    type Seen = (Option<String>, String, String);

    fn seen(whole: &Whole<'_>) -> Seen {
        (whole.event.map(str::to_owned), whole.properties.to_owned(), format!("{:?}", whole.fields.unwrap_or_default()))
    }

    /// The row by the reader of all rows.
    fn slowly(shape: &Shape, json: &str) -> Result<Seen, String> {
        let object = Object::read(json).map_err(|error| error.to_string())?;
        let mut row = Lifting::default();
        for (key, value) in object.fields() {
            row.add(shape.role(key), key, value.into())?;
        }
        row.finish(shape.dialect.nests, seen)
    }

    fn quickly(shape: &Shape, json: &str) -> Option<Seen> {
        let mut text = Vec::new();
        shape.repeating(json, &mut text)?.whole(&text).as_ref().map(seen)
    }

    const KEYS: &[&str] = &["event", "time", "distinct_id", "insert_id", "properties", "plan", "_sdc_x"];

    proptest! {
        #[test]
        fn such_a_row_is_read_as_any_row_is(
            outer in proptest::collection::vec((0..4_usize, "1|2|\"x\"|\"x \\\\\"y\"|null|\"ᴺᵁᴸᴸ\""), 0..5),
            inner in proptest::collection::vec(
                ("time|distinct_id|\\$insert_id|plan|a b|é", "1|2|\"x\"|\"x \\\\\"y\"|null|\\[1, 2\\]|\\{\"a\":\"\\\\\\\\\"\\}"),
                0..5,
            ),
            at in 0_usize..6,
            is_text: bool,
            space in "| ",
        ) {
            let inner: Vec<String> = inner.iter().map(|(key, value)| format!("\"{key}\":{space}{value}")).collect();
            let mut object = format!("{{{}}}{space}", inner.join(&format!(",{space}")));
            if is_text {
                object = serde_json::Value::from(object).to_string();
            }
            let mut fields: Vec<_> = outer.iter().map(|(key, value)| format!("\"{}\":{space}{value}", KEYS[*key])).collect();
            fields.insert(at.min(fields.len()), format!("\"properties\":{object}"));
            let json = format!("{{{}}}", fields.join(&format!(",{space}")));
            let shape = Shape::of(&KEYS.iter().copied().collect::<BTreeSet<_>>());
            if let Some(found) = quickly(&shape, &json) {
                prop_assert_eq!(Ok(found), slowly(&shape, &json), "{}", json);
            }
        }
    }

    #[test]
    fn the_rows_of_warehouses_are_such_rows_and_others_are_not() {
        let shape = Shape::of(&KEYS.iter().copied().collect::<BTreeSet<_>>());
        for (json, is_such) in [
            (
                r#"{"event":"A","time":1,"distinct_id":"d","insert_id":"i","properties":"{\"time\":1,\"distinct_id\":\"d\",\"$insert_id\":\"i\",\"x\":\"a \\\"b\\\"\"}"}"#,
                true,
            ),
            // What stands last counts.
            (r#"{"event":"A","time":2,"properties":{"time":1,"time":2}}"#, true),
            (r#"{"event":"A","time":1,"_sdc_x":2,"properties":{"time":1,"distinct_id":"d"}}"#, true),
            (r#"{"event":"A","time":null,"properties":{"time":1}}"#, true),
            (r#"{"event":"A","time":2,"properties":{"time":1}}"#, false),
            (r#"{"event":"A","distinct_id":"d","properties":{"time":1}}"#, false),
            (r#"{"event":"A","plan":"x","properties":{"plan":"x"}}"#, false),
            (r#"{"event":"A","properties":null,"time":1}"#, false),
            (r#"{"event":"A","time":1}"#, false),
            (r#"{"event":"A","properties":"{\"x\":\"\\ud83d\"}"}"#, false),
            (r#"{"event":"A","properties":"[]"}"#, false),
        ] {
            let found = quickly(&shape, json);
            assert_eq!(found.is_some(), is_such, "{json}");
            if let Some(found) = found {
                assert_eq!(Ok(found), slowly(&shape, json), "{json}");
            }
        }
    }
}
