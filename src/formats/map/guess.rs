//! A map that is guessed from the names of columns, and of times from their values.

use std::borrow::Cow;

use super::super::carrier::{self, Opened};
use super::super::object::each;
use super::super::{excerpt, one_line};
use super::{FIELDS, Map, PROPERTIES, TIME, YEARS};
use crate::model::json;

/// The columns of some rows, each with its first value, and where the rows are in messages.
struct Columns {
    found: Vec<(String, String)>,
    inside: Option<&'static str>,
}

impl Map {
    /// The map that reads some rows, as one writes it behind `--map`; `None` where a column of the three that it
    /// needs has no name that tells what it is, or has no times.
    pub(in crate::formats) fn proposal(rows: &[String]) -> Option<String> {
        let columns = Columns::of(rows);
        let mut text = String::new();
        for (field, _, names) in FIELDS.iter().take(3) {
            // A name or a type may be that of anything.
            let sure: Vec<&str> = names.iter().copied().filter(|name| !matches!(*name, "name" | "type")).collect();
            let column = columns.like(&sure).or_else(|| columns.times().filter(|_| *field == TIME))?;
            text.extend([if text.is_empty() { "" } else { "," }, field, "=", column]);
        }
        if let Some(inside) = columns.inside {
            text.extend([",", PROPERTIES, "=", inside]);
        }
        let reads = Self::parse(&text).is_ok_and(|map| map.check(rows).is_ok());
        // As a shell takes it.
        let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"=,._-".contains(&byte));
        let is_text = !text.contains('\'') && !text.contains(char::is_control);
        (reads && is_text).then(|| if is_word { text } else { format!("'{text}'") })
    }

    /// A guess for rows `of` something in a `file`, as the text of a file of a map, with each column and a value of it.
    pub(in crate::formats) fn guess(rows: &[String], of: &str, file: &str, read_as: Option<&str>) -> String {
        let columns = Columns::of(rows);
        let (of, file) = (one_line(of), one_line(file));
        let mut text = format!(
            "# Which column of {of} is what, as a guess: correct it, then\n#   journey import --map THIS-FILE --dry-run {file}\n"
        );
        if let Some(read_as) = read_as {
            text.extend(["# It is read without a map: ", read_as, "; a map replaces that.\n"]);
        }
        for (at, (field, _, names)) in FIELDS.iter().enumerate() {
            match columns.like(names).or_else(|| columns.times().filter(|_| *field == TIME)) {
                Some(column) => {
                    text.extend([field, " = ", &serde_json::Value::from(column).to_string(), "\n"]);
                }
                None if at < 3 => text.extend([field, " = \"\"   # not found: name the column\n"]),
                None => text.extend(["# ", field, " = \"\"\n"]),
            }
        }
        text.extend([
            "properties = \"",
            columns.inside.unwrap_or("*"),
            "\"   # all other columns (*), or the column with an object of them\n\n# Its columns, each with a value:\n",
        ]);
        for (column, value) in columns.found {
            text.extend(["#   ", &one_line(&column), "  ", &excerpt(&value, 60), "\n"]);
        }
        text
    }
}

impl Columns {
    /// The columns, those in objects as paths.
    fn of(rows: &[String]) -> Self {
        let mut found = Vec::new();
        let rows = rows.get(..50).unwrap_or(rows);
        let carried: Vec<(Cow<'_, str>, &'static str)> = rows
            .iter()
            .filter_map(|row| match carrier::open(row) {
                Some(Opened::Row { json, inside, .. }) => Some((json, inside)),
                _ => None,
            })
            .collect();
        // What is around a row in messages is none of it.
        for (row, inside) in &carried {
            add_columns(row, &format!("{inside}."), 0, &mut found);
        }
        let inside = carried.first().map(|(_, inside)| *inside);
        for row in rows.iter().filter(|_| inside.is_none()) {
            add_columns(row, "", 0, &mut found);
        }
        Self { found, inside }
    }

    /// The column whose name, or the last part of its path, is one of these, in small letters and without signs.
    fn like(&self, names: &[&str]) -> Option<&str> {
        let plain =
            |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let last = |column: &str| plain(column.rsplit('.').next().unwrap_or(column));
        // Of `$user_id` and `user_id` the second is the app's own.
        let is_vendors = |column: &&str| column.rsplit('.').next().is_some_and(|last| last.starts_with('$'));
        let by = |spelled: &dyn Fn(&str) -> String| {
            let columns = || self.found.iter().map(|(column, _)| column.as_str());
            names.iter().find_map(|name| {
                let like = || columns().filter(|column| spelled(column) == *name);
                like().find(is_vendors).or_else(|| like().next())
            })
        };
        by(&|column| plain(column)).or_else(|| by(&last))
    }

    /// The only column with texts that are times of days since 2000: a number may be anything, and a day a birthday.
    fn times(&self) -> Option<&str> {
        let is_time = |value: &str| {
            json::text(value).is_some_and(|text| text.contains(':'))
                && json::time(value).is_some_and(|time| YEARS.contains(&time))
        };
        let mut times = self.found.iter().filter(|(_, value)| is_time(value)).map(|(column, _)| column.as_str());
        times.next().filter(|_| times.next().is_none())
    }
}

/// The columns of some rows by their paths, for people.
pub(super) fn paths(rows: &[String]) -> impl Iterator<Item = String> {
    Columns::of(rows).found.into_iter().map(|(column, _)| column)
}

fn add_columns(object: &str, before: &str, depth: usize, found: &mut Vec<(String, String)>) {
    let mut inner = Vec::new();
    // What is wrong with a row is said when it is read.
    let _ = each(object, |key, value| inner.push((format!("{before}{key}"), value)));
    for (path, value) in inner {
        if value.starts_with('{') && depth < 3 {
            add_columns(value, &format!("{path}."), depth + 1, found);
        } else if found.len() < 200 && value != "null" && !found.iter().any(|(known, _)| *known == path) {
            found.push((path, value.to_owned()));
        }
    }
}
