//! Rows whose fields are columns, lifted in one pass and without memory of their own.
//!
//! What the keys of the first rows are is found once for a file. A row in which something is in doubt, or that
//! has an object of properties, is left to the reader of all rows, which gives the same.

use std::cell::Cell;

use rustc_hash::FxHashMap;

use super::{Role, Shape, Whole};
use crate::formats::cursor;
use crate::formats::event::Properties;
use crate::formats::object::string;

/// What `ClickHouse` writes for nothing where it writes all values as texts.
pub(super) const NULL_SIGN: &str = r#""ᴺᵁᴸᴸ""#;

/// Properties for which a column counts more than the same in `properties`.
pub(super) const COLUMN_WINS: &[&str] =
    &["distinct_id", "time", "$insert_id", "$device_id", "$user_id", "mp_processing_time_ms"];

/// Whether the text of a cell is that sign.
pub(in crate::formats) fn is_null_sign(cell: &str) -> bool {
    NULL_SIGN.get(1..NULL_SIGN.len() - 1) == Some(cell)
}

/// Bytes of a text that is kept for the next row.
const SPARE: usize = 1 << 20;

thread_local! {
    /// A text of this thread for the properties of one row after the other.
    static TEXT: Cell<String> = const { Cell::new(String::new()) };
}

/// An empty text, which may have room.
pub(in crate::formats) fn spare() -> String {
    let mut text = TEXT.take();
    text.clear();
    text
}

/// Keeps a text for the next row.
pub(in crate::formats) fn keep(text: String) {
    if text.capacity() <= SPARE {
        TEXT.set(text);
    }
}

/// Keeps the bytes of a text for the next row.
pub(super) fn keep_bytes(mut bytes: Vec<u8>) {
    bytes.clear();
    // There is nothing in it that could be no text.
    keep(String::from_utf8(bytes).unwrap_or_default());
}

/// What is known of a property by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::formats) struct Field {
    /// Its name.
    pub(in crate::formats) name: String,
    /// Its name as the key of an object, with the colon.
    key: String,
    /// It says something of time, ids or the program.
    pub(in crate::formats) is_read: bool,
    /// A column of it counts more than the same in an object of properties.
    pub(in crate::formats) wins: bool,
}

impl Field {
    /// The property with this name.
    pub(in crate::formats) fn of(name: &str) -> Self {
        let mut key = String::new();
        string(name, &mut key);
        key.push(':');
        let is_read = Properties::default().slot(name.as_bytes()).is_some();
        Self { name: name.to_owned(), key, is_read, wins: COLUMN_WINS.contains(&name) }
    }

    /// Writes its key behind the fields of an object that is begun.
    pub(in crate::formats) fn begin(&self, object: &mut String) {
        if object.len() > 1 {
            object.push(',');
        }
        object.push_str(&self.key);
    }
}

/// What a key of the first rows is.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) role: Role<'static>,
    /// The property that a value of it is, if it is one.
    pub(super) field: Field,
}

impl Known {
    pub(super) fn of(shape: &Shape, key: &str) -> Self {
        let role = shape.role(key).into_owned();
        let field = match &role {
            Role::Property(name) => Field::of(name),
            // A second name is a property.
            Role::Name => Field::of(key),
            Role::Properties | Role::Own => Field::default(),
        };
        Self { role, field }
    }
}

/// The keys of the first rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys(FxHashMap<String, Known>);

impl Keys {
    /// What a key is, if the first rows had it.
    pub(super) fn get(&self, key: &str) -> Option<&Known> {
        self.0.get(key)
    }
}

/// What was found of a row next to its properties.
pub(in crate::formats) struct Found<'j> {
    pub(super) event: Option<&'j str>,
    pub(super) fields: Properties<'j>,
    pub(super) is_plain: bool,
}

impl Shape {
    /// The same, with what these keys are.
    pub(super) fn knowing<'k>(self, keys: impl Iterator<Item = &'k str>) -> Self {
        let known = Keys(keys.map(|key| (key.to_owned(), Known::of(&self, key))).collect());
        Self { known, ..self }
    }

    /// Writes the properties of a row to `text`; `None` for a row that has something else.
    pub(super) fn columns<'j>(&self, json: &'j str, text: &mut String) -> Option<Found<'j>> {
        if self.dialect.nests || self.is_wide || self.known.0.is_empty() {
            return None;
        }
        let mut found = Found { event: None, fields: Properties::default(), is_plain: true };
        text.push('{');
        found.is_plain = cursor::each(json, |key, value| {
            self.column(key, if value == NULL_SIGN { "null" } else { value }, &mut found, text)
        })?;
        text.push('}');
        Some(found)
    }

    fn column<'j>(&self, key: &str, value: &'j str, found: &mut Found<'j>, text: &mut String) -> Option<()> {
        let new;
        let Known { role, field } = if let Some(known) = self.known.0.get(key) {
            known
        } else {
            new = Known::of(self, key);
            &new
        };
        match role {
            Role::Own => {}
            Role::Properties => return (value == "null").then_some(()),
            Role::Name if found.event.is_none() => found.event = Some(value),
            Role::Name | Role::Property(_) => {
                field.begin(text);
                text.push_str(value);
                if field.is_read
                    && let Some(slot) = found.fields.slot(field.name.as_bytes())
                {
                    *slot = Some(value);
                }
            }
        }
        Some(())
    }
}

impl<'w> Found<'w> {
    /// The row with these properties.
    pub(in crate::formats) fn whole(self, properties: &'w str) -> Whole<'w> {
        let Self { event, fields, is_plain } = self;
        Whole { event, properties, fields: Some(fields), repaired: false, is_plain }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::Lifting;
    use super::*;
    use crate::formats::object::{Object, each};

    /// The row by the reader of all rows.
    fn slowly(shape: &Shape, json: &str) -> Result<(Option<String>, String, String), String> {
        let object = Object::read(json).map_err(|error| error.to_string())?;
        let mut row = Lifting::default();
        for (key, value) in object.fields() {
            row.add(shape.role(key), key, value.into())?;
        }
        row.finish(shape.dialect.nests, seen)
    }

    fn seen(whole: &Whole<'_>) -> (Option<String>, String, String) {
        (whole.event.map(str::to_owned), whole.properties.to_owned(), format!("{:?}", whole.fields.unwrap_or_default()))
    }

    proptest! {
        #[test]
        fn columns_are_lifted_as_any_row_is(
            fields in proptest::collection::vec(
                (
                    "event|event_name|EVENT|time|distinct_id|\\$insert_id|insert_id|\\$os|plan|a b|_sdc_x|mp_reserved_os|é",
                    "1|\"x\"|\"x \\\\\"y\"|null|\\[1, 2\\]|\"ᴺᵁᴸᴸ\"|\\{\"a\":1\\}",
                ),
                0..8,
            ),
            hidden in 0_usize..4,
            space in "| ",
        ) {
            let written: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{space}{value}")).collect();
            let json = format!("{{{}}}", written.join(&format!(",{space}")));
            let mut keys = Vec::new();
            each(&json, |key, _| keys.push(key.to_owned())).unwrap();
            // Some keys come later than the first rows.
            let keys: BTreeSet<&str> = keys.iter().skip(hidden).map(String::as_str).chain(["event", "time"]).collect();
            let shape = Shape::of(&keys);
            let mut text = String::new();
            let found = shape.columns(&json, &mut text).map(|found| seen(&found.whole(&text)));
            prop_assert_eq!(found, slowly(&shape, &json).ok());
        }
    }

    #[test]
    fn a_row_with_properties_is_left_to_the_reader_of_all_rows() {
        let wide = Shape::of(&BTreeSet::from(["event", "time", "properties"]));
        assert!(wide.columns(r#"{"event":"A","time":1}"#, &mut String::new()).is_none());
        let shape = Shape::of(&BTreeSet::from(["event", "time"]));
        for (json, is_flat) in [
            (r#"{"event":"A","time":1}"#, true),
            (r#"{"event":"A","properties":null}"#, true),
            (r#"{"event":"A","properties":{}}"#, false),
            (r#"{"event":"A","properties":"{}"}"#, false),
            (r#"{"event":"A","\u0074ime":1}"#, false),
            ("{\"event\":\"A\",\n\"time\":1}", false),
            (r#"{"event":"A","time":1}}"#, false),
        ] {
            assert_eq!(shape.columns(json, &mut String::new()).is_some(), is_flat, "{json}");
        }
    }
}
