//! Rows that say where their fields lie.
//!
//! Code that writes a line of JSON from columns knows where each value begins and ends, so nothing of it is looked for.
//! What is not a line of that kind, or is in doubt, is left to the readers of all rows, which give the same.

use super::known::{Found, Known, NULL_SIGN};
use super::repeating::Repeating;
use super::{Role, Shape, Whole};
use crate::formats::event::Properties;
use crate::formats::object::string;
use crate::formats::scan::properties;

/// A field that a line has: its place among the columns, and how long its value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Number of its column.
    pub column: u16,
    /// Bytes of the JSON text of its value.
    pub length: u16,
}

/// A line with the marks of all of its fields, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Marked<'m, 'a> {
    /// The fields.
    pub marks: &'m [Mark],
    /// What the text of its properties says, if that is a text.
    pub inner: Option<&'a str>,
}

/// What the columns of marked lines are.
#[derive(Debug)]
pub struct MarkedColumns(Vec<Column>);

#[derive(Debug)]
struct Column {
    known: Known,
    /// Bytes of its key, with quotes and colon.
    key: usize,
    /// It is a property with that key.
    is_same: bool,
}

impl Shape {
    /// What columns with these names are; `None` where rows of such columns are not read by marks.
    pub(in crate::formats) fn marked(&self, names: &[String]) -> Option<MarkedColumns> {
        if self.dialect.nests {
            return None;
        }
        let column = |name: &String| {
            let mut key = String::new();
            string(name, &mut key);
            // With an escape in it, it is no key that the scanner reads.
            if key.len() != name.len() + 2 {
                return None;
            }
            let known = self.known.get(name).cloned().unwrap_or_else(|| Known::of(self, name));
            let is_same = matches!(&known.role, Role::Property(property) if property == name);
            Some(Column { known, key: key.len() + 1, is_same })
        };
        Some(MarkedColumns(names.iter().map(column).collect::<Option<_>>()?))
    }

    /// Whether rows have an object of properties.
    pub(in crate::formats) fn is_wide(&self) -> bool {
        self.is_wide
    }
}

/// Goes over the fields of a line, and stops with the first `None`, or where a mark is wrong.
fn each<'c, 'a>(
    columns: &'c MarkedColumns,
    line: &'a str,
    marks: &[Mark],
    mut field: impl FnMut(&'c Column, usize, &'a str) -> Option<()>,
) -> Option<()> {
    let mut at = 0;
    for mark in marks {
        let column = columns.0.get(usize::from(mark.column))?;
        // Behind the comma, or the bracket before the first.
        let start = at + 1 + column.key;
        at = start + usize::from(mark.length);
        field(column, start, line.get(start..at)?)?;
    }
    (!marks.is_empty() && line.get(at..)? == "}").then_some(())
}

fn null(value: &str) -> &str {
    if value == NULL_SIGN { "null" } else { value }
}

impl MarkedColumns {
    /// Writes the properties of a row without an object of them to `text`, as [`Shape::columns`] does.
    pub(in crate::formats) fn flat<'a>(&self, line: &'a str, marks: &[Mark], text: &mut String) -> Option<Found<'a>> {
        let is_plain = memchr::memchr(b'\\', line.as_bytes()).is_none();
        let mut found = Found { event: None, fields: Properties::default(), is_plain };
        text.push('{');
        // Properties that stand in the line as they are, one behind the other, with what is before the first.
        let (mut from, mut to) = (0, 0);
        each(self, line, marks, |column, start, value| {
            let Known { role, field } = &column.known;
            let written = value;
            let value = null(written);
            if column.is_same && std::ptr::eq(value, written) {
                if to == from {
                    from = start - column.key - 1;
                }
                to = start + value.len();
            } else {
                copy(line, from..to, text);
                (from, to) = (0, 0);
                match role {
                    Role::Own => {}
                    Role::Properties => return (value == "null").then_some(()),
                    Role::Name if found.event.is_none() => {
                        found.event = Some(value);
                        return Some(());
                    }
                    Role::Name | Role::Property(_) => {
                        field.begin(text);
                        text.push_str(value);
                    }
                }
            }
            if field.is_read
                && let Some(slot) = found.fields.slot(field.name.as_bytes())
            {
                *slot = Some(value);
            }
            Some(())
        })?;
        copy(line, from..to, text);
        text.push('}');
        Some(found)
    }

    /// The row of a line with properties, next to which stands nothing that these do not say too, as
    /// [`Shape::repeating`] reads it.
    pub(in crate::formats) fn wide<'a>(&self, line: &'a str, row: Marked<'_, 'a>) -> Option<Whole<'a>> {
        let mut read = Repeating::new();
        let mut has_properties = false;
        each(self, line, row.marks, |column, _, value| {
            let Known { role, field } = &column.known;
            match role {
                Role::Own => return Some(()),
                Role::Properties if has_properties => return None,
                Role::Properties => {
                    has_properties = true;
                    if !value.starts_with('"') {
                        let (fields, is_plain) = properties(value)?;
                        read.object = Some((value, fields));
                        read.is_plain &= is_plain;
                    }
                    return Some(());
                }
                Role::Name if read.event.is_none() => read.event = Some(null(value)),
                Role::Property(_) if field.wins => read.columns.push((slot_name(&field.name)?, null(value))),
                Role::Name | Role::Property(_) => return None,
            }
            read.is_plain &= memchr::memchr(b'\\', value.as_bytes()).is_none();
            Some(())
        })?;
        if !has_properties {
            return None;
        }
        let inner = if read.object.is_some() { "" } else { row.inner? };
        read.whole_of(inner)
    }
}

/// The name of a property that a column can be of, for any time.
fn slot_name(name: &str) -> Option<&'static str> {
    super::known::COLUMN_WINS.iter().copied().find(|known| *known == name)
}

/// Writes fields of a line behind those of an object that is begun; before the first of them is a comma or the bracket
/// of the line.
fn copy(line: &str, fields: std::ops::Range<usize>, object: &mut String) {
    let fields = line.get(fields).unwrap_or_default();
    match fields.get(1..) {
        None => {}
        Some(rest) if object.len() == 1 => object.push_str(rest),
        Some(_) if fields.starts_with(',') => object.push_str(fields),
        Some(rest) => {
            object.push(',');
            object.push_str(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    type Seen = (Option<String>, String, String);

    fn seen(whole: &Whole<'_>) -> Seen {
        (whole.event.map(str::to_owned), whole.properties.to_owned(), format!("{:?}", whole.fields.unwrap_or_default()))
    }

    /// The line of these fields, and its marks.
    fn line(names: &[String], fields: &[(usize, String)]) -> (String, Vec<Mark>) {
        let mut line = String::new();
        let mut marks = Vec::new();
        for (column, value) in fields {
            line.push(if line.is_empty() { '{' } else { ',' });
            string(&names[*column], &mut line);
            line.push(':');
            line.push_str(value);
            marks.push(Mark { column: u16::try_from(*column).unwrap(), length: u16::try_from(value.len()).unwrap() });
        }
        line.push('}');
        (line, marks)
    }

    const NAMES: &[&str] = &[
        "event",
        "event_name",
        "EVENT",
        "time",
        "distinct_id",
        "$insert_id",
        "insert_id",
        "$os",
        "plan",
        "a b",
        "_sdc_x",
        "mp_reserved_os",
        "é",
        "properties",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn a_marked_row_is_read_as_any_row_is(
            names in proptest::sample::subsequence(NAMES, 1..NAMES.len()),
            values in proptest::collection::vec(
                "1|\"x\"|\"x \\\\\"y\"|null|\\[1, 2\\]|\"ᴺᵁᴸᴸ\"|\\{\"a\":1\\}|-|-",
                NAMES.len(),
            ),
            inner in proptest::collection::vec(
                ("time|distinct_id|\\$insert_id|plan|a b|é", "1|\"x\"|\"x \\\\\"y\"|null|\\[1, 2\\]"),
                0..4,
            ),
            is_text: bool,
            hidden in 0_usize..3,
        ) {
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            let inner: Vec<String> = inner.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            let object = format!("{{{}}}", inner.join(","));
            let mut fields = Vec::new();
            for (at, (name, value)) in names.iter().zip(&values).enumerate() {
                if value == "-" {
                    continue;
                }
                let value = match name.as_str() {
                    "properties" if is_text => serde_json::Value::from(object.as_str()).to_string(),
                    "properties" => object.clone(),
                    _ => value.clone(),
                };
                fields.push((at, value));
            }
            let (json, marks) = line(&names, &fields);
            let keys: BTreeSet<&str> = names.iter().skip(hidden).map(String::as_str).chain(["event", "time"]).collect();
            let shape = Shape::of(&keys);
            let Some(columns) = shape.marked(&names) else { return Ok(()) };
            let slowly = shape.lift_with(&json, |whole| (seen(whole), whole.is_plain));
            if shape.is_wide() {
                let row = Marked { marks: &marks, inner: is_text.then_some(object.as_str()) };
                if let Some(found) = columns.wide(&json, row) {
                    prop_assert_eq!(Ok(seen(&found)), slowly.map(|(seen, _)| seen), "{}", json);
                }
            } else {
                let mut text = String::new();
                let found = columns.flat(&json, &marks, &mut text);
                if let Some(found) = found.map(|found| seen(&found.whole(&text))) {
                    prop_assert_eq!(Ok(found), slowly.map(|(seen, _)| seen), "{}", json);
                } else {
                    let has_object = fields.iter().any(|(at, _)| names[*at] == "properties");
                    prop_assert!(fields.is_empty() || has_object, "{}", json);
                }
            }
        }
    }

    #[test]
    fn marks_that_do_not_fit_their_line_are_not_believed() {
        let names = ["event".to_owned(), "time".to_owned()];
        let shape = Shape::of(&BTreeSet::from(["event", "time"]));
        let columns = shape.marked(&names).unwrap();
        let (json, marks) = line(&names, &[(0, "\"A\"".to_owned()), (1, "17".to_owned())]);
        let flat = |json: &str, marks: &[Mark]| columns.flat(json, marks, &mut String::new()).is_some();
        assert!(flat(&json, &marks));
        assert!(!flat(&json, &marks[..1]));
        assert!(!flat(&json, &[]));
        assert!(!flat(&json, &[marks[0], Mark { length: 1, ..marks[1] }]));
        assert!(!flat(&json, &[marks[0], Mark { length: 9, ..marks[1] }]));
        assert!(!flat(&json, &[marks[0], Mark { column: 2, ..marks[1] }]));
        assert!(shape.marked(&["a\"b".to_owned()]).is_none());
    }
}
