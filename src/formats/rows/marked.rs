//! Rows that say where their fields lie.
//!
//! Code that writes a line of JSON from columns knows where each value begins and ends, so nothing of it is looked for.
//! What is not a line of that kind, or is in doubt, is left to the readers of all rows, which give the same.

use std::ops::Range;

use super::known::{Found, Known, NULL_SIGN};
use super::repeating::Repeating;
use super::{Role, Shape, Whole};
use crate::formats::escape::quote;
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
#[derive(Clone, Debug)]
pub struct Marked<'m> {
    /// The fields.
    pub marks: &'m [Mark],
    /// Where in the line the text of its properties stands as it is, although the column is one of texts.
    pub bare: Option<Range<usize>>,
}

impl Marked<'_> {
    /// The line, with the text of its properties as a text.
    pub fn written(&self, line: &[u8]) -> Option<Vec<u8>> {
        let bare = self.bare.clone()?;
        let mut written = Vec::with_capacity(line.len() + line.len() / 4);
        written.extend_from_slice(line.get(..bare.start)?);
        quote(line.get(bare.clone())?, &mut written);
        written.extend_from_slice(line.get(bare.end..)?);
        Some(written)
    }

    /// Whether the line says the same as [`Marked::written`]: that text is an object.
    pub fn is_object(&self, line: &[u8]) -> bool {
        let text = self.bare.clone().and_then(|bare| simdutf8::basic::from_utf8(line.get(bare)?).ok());
        text.is_some_and(|text| properties(text).is_some())
    }
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

/// Parts of a line that are properties as they stand, each one field behind the other with what is before the first.
struct Runs<'a> {
    line: &'a str,
    /// What is not yet written, as long as it need not be.
    kept: [Range<usize>; 2],
    /// The last of them goes on.
    is_open: bool,
    /// The properties are written.
    is_written: bool,
}

impl<'a> Runs<'a> {
    /// Adds a field with what is before it.
    fn add(&mut self, field: Range<usize>, text: &mut String) {
        let [first, second] = &mut self.kept;
        if self.is_open {
            let last = if second.end == 0 { first } else { second };
            last.end = field.end;
        } else if first.end == 0 {
            *first = field;
        } else if second.end == 0 && !self.is_written {
            *second = field;
        } else {
            self.write(text);
            self.kept = [field, 0..0];
        }
        self.is_open = true;
    }

    /// Writes what is kept.
    fn write(&mut self, text: &mut String) {
        if !std::mem::replace(&mut self.is_written, true) {
            text.push('{');
        }
        for run in std::mem::take(&mut self.kept) {
            copy(self.line, run, text);
        }
        self.is_open = false;
    }

    /// The object in pieces, unless it was written.
    fn pieces(&self) -> Option<[&'a str; 4]> {
        if self.is_written {
            return None;
        }
        let [first, second] = self.kept.clone().map(|run| self.line.get(run).unwrap_or_default());
        Some(["{", first.get(1..).unwrap_or_default(), second, "}"])
    }
}

impl MarkedColumns {
    /// The properties of a row without an object of them, as [`Shape::columns`] gives them: in pieces, or written to `text`.
    pub(in crate::formats) fn flat<'a>(
        &self,
        line: &'a str,
        marks: &[Mark],
        text: &mut String,
    ) -> Option<(Found<'a>, Option<[&'a str; 4]>)> {
        let is_plain = memchr::memchr(b'\\', line.as_bytes()).is_none();
        let mut found = Found { event: None, fields: Properties::default(), is_plain };
        let mut runs = Runs { line, kept: [0..0, 0..0], is_open: false, is_written: false };
        each(self, line, marks, |column, start, value| {
            let Known { role, field } = &column.known;
            let written = value;
            let value = null(written);
            if column.is_same && std::ptr::eq(value, written) {
                runs.add(start - column.key - 1..start + value.len(), text);
            } else {
                runs.is_open = false;
                match role {
                    Role::Own => {}
                    Role::Properties => return (value == "null").then_some(()),
                    Role::Name if found.event.is_none() => {
                        found.event = Some(value);
                        return Some(());
                    }
                    Role::Name | Role::Property(_) => {
                        runs.write(text);
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
        let pieces = runs.pieces();
        if pieces.is_none() {
            runs.write(text);
            text.push('}');
        }
        Some((found, pieces))
    }

    /// The row of a line with properties, next to which stands nothing that these do not say too, as
    /// [`Shape::repeating`] reads it.
    pub(in crate::formats) fn wide<'a>(&self, line: &'a str, marks: &[Mark]) -> Option<Whole<'a>> {
        let mut read = Repeating::new();
        each(self, line, marks, |column, _, value| {
            let Known { role, field } = &column.known;
            match role {
                Role::Own => return Some(()),
                Role::Properties if read.object.is_some() => return None,
                Role::Properties => {
                    let (fields, is_plain) = properties(value)?;
                    read.object = Some((value, fields));
                    read.is_plain &= is_plain;
                    return Some(());
                }
                Role::Name if read.event.is_none() => read.event = Some(null(value)),
                Role::Property(_) if field.wins => read.columns.push((slot_name(&field.name)?, null(value))),
                Role::Name | Role::Property(_) => return None,
            }
            read.is_plain &= memchr::memchr(b'\\', value.as_bytes()).is_none();
            Some(())
        })?;
        read.object.is_some().then(|| read.whole_of(""))?
    }
}

/// The name of a property that a column can be of, for any time.
fn slot_name(name: &str) -> Option<&'static str> {
    super::known::COLUMN_WINS.iter().copied().find(|known| *known == name)
}

/// Writes fields of a line behind those of an object that is begun; before the first of them is a comma or the bracket
/// of the line.
fn copy(line: &str, fields: Range<usize>, object: &mut String) {
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

    /// Texts that look like objects in a line.
    const BROKEN: &[&str] = &[
        "{}",
        "{}}",
        "{'a': 1}",
        r#"{"a":}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"time":1, "time":2}"#,
        r#"{"a":"x"} , "event":{}"#,
        "{\t\"a\":1}",
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
            broken in proptest::option::weighted(0.2, proptest::sample::select(BROKEN)),
            is_text: bool,
            hidden in 0_usize..3,
        ) {
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            let inner: Vec<String> = inner.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            let object = match broken.filter(|_| is_text) {
                Some(broken) => broken.to_owned(),
                None => format!("{{{}}}", inner.join(",")),
            };
            let mut fields = Vec::new();
            for (at, (name, value)) in names.iter().zip(&values).enumerate() {
                if value != "-" {
                    fields.push((at, if name == "properties" { object.clone() } else { value.clone() }));
                }
            }
            // The line with the properties as they are, and the one that the file has.
            let (bare, marks) = line(&names, &fields);
            let mut row = Marked { marks: &marks, bare: None };
            let mut json = bare.clone();
            if let Some((at, (_, text))) = fields.iter_mut().enumerate().find(|(_, (at, _))| names[*at] == "properties")
                && is_text
            {
                *text = serde_json::Value::from(object.as_str()).to_string();
                let before: usize = marks[..at].iter().map(|mark| names[usize::from(mark.column)].len() + 4 + usize::from(mark.length)).sum();
                let start = before + 1 + "\"properties\":".len();
                row.bare = Some(start..start + object.len());
                json = line(&names, &fields).0;
                prop_assert_eq!(row.written(bare.as_bytes()), Some(json.clone().into_bytes()));
            }
            let keys: BTreeSet<&str> = names.iter().skip(hidden).map(String::as_str).chain(["event", "time"]).collect();
            let shape = Shape::of(&keys);
            let Some(columns) = shape.marked(&names) else { return Ok(()) };
            let slowly = |json: &str| shape.lift_with(json, |whole| (seen(whole), whole.is_plain));
            let expected = slowly(&json).map(|(seen, _)| seen);
            if row.is_object(bare.as_bytes()) {
                prop_assert_eq!(&slowly(&bare).map(|(seen, _)| seen), &expected, "{}", json);
            }
            if shape.is_wide() {
                if let Some(found) = columns.wide(&bare, &marks) {
                    prop_assert_eq!(Ok(seen(&found)), expected, "{}", json);
                }
            } else if row.bare.is_none() {
                let mut text = String::new();
                if let Some((found, pieces)) = columns.flat(&json, &marks, &mut text) {
                    prop_assert!(pieces.is_none() || text.is_empty(), "{}", text);
                    let text = pieces.map_or(text, |pieces| pieces.concat());
                    prop_assert_eq!(Ok(seen(&found.whole(&text))), expected, "{}", json);
                } else {
                    let has_object = fields.iter().any(|(at, _)| names[*at] == "properties");
                    prop_assert!(fields.is_empty() || has_object, "{}", json);
                }
            }
        }
    }

    #[test]
    fn properties_in_columns_are_pieces_of_the_line_where_they_stand_in_it() {
        let names: Vec<String> = ["a", "event", "time", "insert_id", "b", "c"].map(str::to_owned).into();
        let shape = Shape::of(&names.iter().map(String::as_str).collect());
        let columns = shape.marked(&names).unwrap();
        for (fields, pieces) in [
            (&[1][..], Some(["{", "", "", "}"])),
            (&[1, 2, 4], Some(["{", r#""time":1,"b":1"#, "", "}"])),
            (&[0, 1, 2, 4], Some(["{", r#""a":1"#, r#","time":1,"b":1"#, "}"])),
            (&[1, 2, 3, 4], None),
        ] {
            let (line, marks) = line(&names, &fields.iter().map(|at| (*at, "1".to_owned())).collect::<Vec<_>>());
            assert_eq!(columns.flat(&line, &marks, &mut String::new()).unwrap().1, pieces, "{line}");
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
