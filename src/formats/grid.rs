//! Rows that are no objects: lists of values with the names of the columns elsewhere, a list for
//! each column, objects under their numbers.
//!
//! `ClickHouse` writes such answers (`JSONCompact`, `JSONColumns`, `JSONCompactEachRowWithNames`) and
//! pandas (`orient` `split`, `index` and `columns`). Each row becomes an object, which is read like
//! any other.

use std::borrow::Cow;

use super::carrier;
use super::csv::{self, Head};
use super::object::{each, members};
use super::types::is_type;
use crate::model::json;

/// A row, and the part of the text where it stands.
pub(super) type Row<'a> = (&'a str, Cow<'a, str>);

/// The rows of an answer that is one object; `None` when it is none.
pub(super) fn rows(answer: &str) -> Option<Vec<Row<'_>>> {
    carrier::rows(answer)
        .map(|rows| rows.into_iter().map(|row| (row, Cow::Borrowed(row))).collect())
        .or_else(|| lists(answer))
        .or_else(|| numbered(answer))
        .or_else(|| columns(answer))
}

/// The fields of an object.
fn fields(object: &str) -> Option<Vec<(String, &str)>> {
    let mut fields = Vec::new();
    each(object, |key, value| fields.push((key.to_owned(), value))).ok()?;
    Some(fields)
}

/// `{"columns": ["a", "b"], "data": [[1, 2]]}`; `ClickHouse` names its columns in `meta`, and can have a list
/// for each column in `data`, the query API of `PostHog` has its rows in `results`.
fn lists(answer: &str) -> Option<Vec<Row<'_>>> {
    let fields = fields(answer)?;
    let value = |wanted: &[&str]| fields.iter().find(|(key, _)| wanted.contains(&&**key)).map(|(_, value)| *value);
    let named = members(value(&["columns", "meta"])?).ok()?;
    if let Some(data) = value(&["data"]).filter(|data| data.starts_with('{')) {
        return columns(data);
    }
    let names: Vec<String> = named.into_iter().map(name).collect::<Option<_>>()?;
    let rows = members(value(&["data", "rows", "values", "results"])?).ok()?;
    rows.into_iter().map(|row| Some((row, Cow::Owned(object(&names, row).ok()?)))).collect()
}

/// The name of a column: a text, or an object with one.
fn name(column: &str) -> Option<String> {
    if column.starts_with('{') {
        return fields(column)?.into_iter().find(|(key, _)| key == "name").and_then(|(_, name)| text(name));
    }
    text(column)
}

/// The text of a string.
fn text(value: &str) -> Option<String> {
    json::text(value).filter(|_| value.starts_with('"')).map(Cow::into_owned)
}

/// `{"0": {"a": 1}, "1": {"a": 2}}`; `ClickHouse` calls them `row_1`, `row_2`.
fn numbered(answer: &str) -> Option<Vec<Row<'_>>> {
    let fields = fields(answer)?;
    let rows = fields.into_iter().map(|(key, row)| {
        (is_number(key.strip_prefix("row_").unwrap_or(&key)) && row.starts_with('{'))
            .then_some((row, Cow::Borrowed(row)))
    });
    rows.collect::<Option<Vec<_>>>().filter(|rows| !rows.is_empty())
}

fn is_number(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|digit| digit.is_ascii_digit())
}

/// `{"a": [1, 2], "b": [3, 4]}`, or the same with an object by number in place of each list.
fn columns(answer: &str) -> Option<Vec<Row<'_>>> {
    let fields = fields(answer)?;
    let mut names = Vec::new();
    let mut columns: Vec<Vec<&str>> = Vec::new();
    for (name, column) in fields {
        columns.push(match column.as_bytes().first()? {
            b'[' => members(column).ok()?,
            b'{' => {
                let mut values = Vec::new();
                let mut numbered = true;
                each(column, |key, value| {
                    numbered &= is_number(key);
                    values.push(value);
                })
                .ok()?;
                numbered.then_some(values)?
            }
            _ => return None,
        });
        names.push(name);
    }
    let length = columns.first()?.len();
    // One column of one row may be anything.
    if columns.len() < 2 || length == 0 || columns.iter().any(|column| column.len() != length) {
        return None;
    }
    let row = |at: usize| {
        let values: Vec<&str> = columns.iter().filter_map(|column| column.get(at).copied()).collect();
        Some((*values.first()?, Cow::Owned(written(&names, &values))))
    };
    (0..length).map(row).collect()
}

/// The object of a list of values; the error is the reason to reject it.
pub(super) fn object(names: &[String], list: &str) -> Result<String, String> {
    let values = members(list).map_err(|error| super::object::complaint(&error))?;
    if values.len() != names.len() {
        return Err(format!("has {} of the {} columns", values.len(), names.len()));
    }
    Ok(written(names, &values))
}

/// An object without the values that are nothing.
fn written(names: &[String], values: &[&str]) -> String {
    let mut object = "{".to_owned();
    for (name, value) in names.iter().zip(values).filter(|(_, value)| **value != "null") {
        if object.len() > 1 {
            object.push(',');
        }
        object.extend([&serde_json::Value::from(name.as_str()).to_string(), ":", value]);
    }
    object.push('}');
    object
}

/// The heads of a file with a list of values in each line: names of the columns, and perhaps their
/// types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heads {
    pub(super) names: Vec<String>,
    types: Option<String>,
}

impl Heads {
    /// The heads among the first lines; `None` when the first is none.
    pub(super) fn of(first: &str, second: Option<&str>) -> Option<Self> {
        let names: Vec<String> = members(first).ok()?.into_iter().map(text).collect::<Option<_>>()?;
        if names.len() < 2
            || names.iter().enumerate().any(|(at, name)| names.iter().take(at).any(|other| other == name))
        {
            return None;
        }
        let length = |line: &str| members(line).ok().map(|list| list.len());
        let second = second.filter(|line| length(line) == Some(names.len()))?;
        let types = members(second)
            .is_ok_and(|list| list.into_iter().all(|kind| text(kind).is_some_and(|kind| is_type(&kind))));
        Some(Self { names, types: types.then(|| second.to_owned()) })
    }

    /// What a line is among the heads.
    pub(super) fn head(&self, line: &str) -> Option<Head> {
        // As in tables of text: rows have digits.
        let has_digits = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
        if !line.starts_with('[') || has_digits(line) && !self.names.iter().any(|name| has_digits(name)) {
            return None;
        }
        let cells: Vec<String> = members(line).ok()?.into_iter().map(text).collect::<Option<_>>()?;
        if cells == self.names {
            return Some(Head::Own);
        }
        csv::is_head(&self.names, &cells).then(|| Head::Other(cells.join(",")))
    }

    /// Whether a line is one of them.
    pub(super) fn has(&self, line: &str) -> bool {
        self.types.as_deref() == Some(line)
            || members(line).is_ok_and(|list| list.into_iter().map(text).eq(self.names.iter().cloned().map(Some)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_an_answer_become_objects_however_it_gives_them() {
        let objects = [r#"{"a":"x","b":[1,2]}"#, r#"{"b":3.50}"#];
        for answer in [
            r#"{"columns":["a","b"],"index":[0,1],"data":[["x",[1,2]],[null,3.50]]}"#,
            r#"{"meta":[{"name":"a","type":"String"},{"name":"b","type":"X"}],"data":[["x",[1,2]],[null,3.50]],"rows":2}"#,
            r#"{"columns":["a","b"],"types":[["a","String"],["b","X"]],"results":[["x",[1,2]],[null,3.50]],"hasMore":false}"#,
            r#"{"a":["x",null],"b":[[1,2],3.50]}"#,
            r#"{"a":{"0":"x","1":null},"b":{"0":[1,2],"1":3.50}}"#,
            r#"{"0":{"a":"x","b":[1,2]},"1":{"b":3.50}}"#,
            r#"{"row_1":{"a":"x","b":[1,2]},"row_2":{"b":3.50}}"#,
            r#"{"meta":[{"name":"a"},{"name":"b"}],"data":{"a":["x",null],"b":[[1,2],3.50]},"rows":2}"#,
            r#"{"meta":[{"name":"event"}],"data":[{"a":"x","b":[1,2]},{"b":3.50}]}"#,
        ] {
            let found = rows(answer).unwrap_or_else(|| panic!("{answer}"));
            assert_eq!(found.iter().map(|(_, row)| &**row).collect::<Vec<_>>(), objects, "{answer}");
        }
    }

    #[test]
    fn what_is_no_such_answer_is_none() {
        for other in [
            r#"{"event":"A","properties":{"a":1}}"#,
            r#"{"columns":["a","b"],"data":[[1]]}"#,
            r#"{"a":[1],"b":[1,2]}"#,
            r#"{"a":{"x":1},"b":{"x":1}}"#,
            r#"{"a":[1,2]}"#,
            r#"{"0":1}"#,
            "{}",
            "[]",
        ] {
            assert_eq!(rows(other), None, "{other}");
        }
    }

    #[test]
    fn a_line_of_names_is_a_head_and_one_of_types_behind_it_as_well() {
        let heads = Heads::of(r#"["a","b"]"#, Some(r#"["Nullable(String)","UInt64"]"#)).unwrap();
        assert!(
            heads.has(r#"["a", "b"]"#) && heads.has(r#"["Nullable(String)","UInt64"]"#) && !heads.has(r#"["x","y"]"#)
        );
        let heads = Heads::of(r#"["a","b"]"#, Some(r#"["x",1]"#)).unwrap();
        assert!(!heads.has(r#"["x",1]"#));
        for (first, second) in [
            (r#"["a",1]"#, Some(r#"["x",1]"#)),
            (r#"["a","a"]"#, Some(r#"["x",1]"#)),
            (r#"["a","b"]"#, Some(r#"["x"]"#)),
            (r#"["a","b"]"#, None),
        ] {
            assert_eq!(Heads::of(first, second), None, "{first}");
        }
    }
}
