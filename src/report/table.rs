//! Rows and columns of any question, as a table, as CSV or as JSON.
//!
//! Rows are written as they come. A table for people looks at the first rows to see how wide its
//! columns are; later rows that are wider stand out. For people, text is made safe to look at;
//! CSV and JSON have it as it is.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::Value;

use super::json::SCHEMA;
use super::look::{Class, Look, left, right};
use crate::model::text::width;

/// What a table is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Columns one below the other, for people.
    Table,
    /// RFC 4180.
    Csv,
    /// One object with all rows.
    Json,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// Another number.
    Real(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Blob(Cow<'a, [u8]>),
}

/// Rows that tell the width of the columns.
const SAMPLE: usize = 500;

/// Widest column but for the last: a longer text stands out rather than to push all others away.
const WIDEST: usize = 48;

/// Writes rows in one form.
pub struct Table<'w> {
    out: &'w mut dyn Write,
    look: Look,
    form: Form,
    columns: Vec<String>,
    /// Rows of a [`Form::Table`] that wait for its widths.
    waiting: Vec<Vec<(String, bool)>>,
    widths: Option<Vec<usize>>,
    rows: u64,
}

impl<'w> Table<'w> {
    /// Writes the head.
    pub fn begin(out: &'w mut dyn Write, form: Form, look: Look, columns: &[String]) -> io::Result<Self> {
        let columns = if form == Form::Json { each_once(columns) } else { columns.to_vec() };
        match form {
            Form::Table => {}
            Form::Csv => csv(out, columns.iter().map(|name| Cow::Borrowed(name.as_str())))?,
            Form::Json => write!(out, "{{\"schema\":{SCHEMA},\"columns\":{},\"rows\":[", Value::from(columns.clone()))?,
        }
        Ok(Self { out, look, form, columns, waiting: Vec::new(), widths: None, rows: 0 })
    }

    /// Writes a row.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.rows += 1;
        match self.form {
            Form::Table => {
                let cells = cells.iter().map(|cell| (self.shown(cell), cell.is_number())).collect();
                if let Some(widths) = &self.widths {
                    return aligned(self.out, widths, cells);
                }
                self.waiting.push(cells);
                if self.waiting.len() >= SAMPLE { self.settle() } else { Ok(()) }
            }
            Form::Csv => csv(self.out, cells.iter().map(Cell::text)),
            Form::Json => {
                let fields = self.columns.iter().cloned().zip(cells.iter().map(Cell::json));
                let object = Value::Object(fields.collect());
                let comma = if self.rows > 1 { ",\n" } else { "\n" };
                write!(self.out, "{comma}{object}")
            }
        }
    }

    /// Writes what is left, and gives the number of rows.
    pub fn finish(mut self) -> io::Result<u64> {
        match self.form {
            Form::Table if self.widths.is_none() => self.settle()?,
            Form::Json => {
                let last = if self.rows > 0 { "\n" } else { "" };
                writeln!(self.out, "{last}]}}")?;
            }
            Form::Table | Form::Csv => {}
        }
        Ok(self.rows)
    }

    fn shown(&self, cell: &Cell<'_>) -> String {
        match cell {
            Cell::Null => self.look.paint(Class::Faint, "NULL"),
            cell => self.look.clean(&cell.text()),
        }
    }

    /// Settles the widths, and writes the head and the rows that waited.
    fn settle(&mut self) -> io::Result<()> {
        let head: Vec<String> = self.columns.iter().map(|name| self.look.clean(name)).collect();
        let mut widths: Vec<usize> = head.iter().map(|name| width(name)).collect();
        for row in &self.waiting {
            for ((cell, _), wide) in row.iter().zip(&mut widths) {
                *wide = (*wide).max(visible_width(cell)).min(WIDEST);
            }
        }
        let stroke = if self.look.ascii { "-" } else { "─" };
        let rules = widths.iter().map(|width| (stroke.repeat(*width), false)).collect();
        let numbers = |at: usize| self.waiting.first().and_then(|row| row.get(at)).is_some_and(|(_, number)| *number);
        let head = head.into_iter().enumerate().map(|(at, name)| (self.look.paint(Class::Heading, &name), numbers(at)));
        aligned(self.out, &widths, head.collect())?;
        aligned(self.out, &widths, rules)?;
        for row in std::mem::take(&mut self.waiting) {
            aligned(self.out, &widths, row)?;
        }
        self.widths = Some(widths);
        Ok(())
    }
}

impl Cell<'_> {
    fn is_number(&self) -> bool {
        matches!(self, Self::Integer(_) | Self::Real(_))
    }

    /// The value as text; nothing for no value, bytes as SQL writes them.
    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            // With a point, as a number that is no whole one.
            Self::Real(number) => Cow::Owned(format!("{number:?}")),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Blob(bytes) => {
                let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                Cow::Owned(format!("x'{}'", digits.concat()))
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::from(*number),
            Self::Real(number) => Value::from(*number),
            Self::Text(_) | Self::Blob(_) => Value::from(self.text().into_owned()),
        }
    }
}

/// Names that can be keys: a second `x` becomes `x:2`.
fn each_once(columns: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let mut name = column.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{column}:{number}");
            number += 1;
        }
        names.push(name);
    }
    names
}

/// Columns that a painted text fills.
fn visible_width(text: &str) -> usize {
    // A colour begins with ESC, which clean text never has, and ends with `m`.
    text.split('\u{1b}')
        .enumerate()
        .map(|(at, part)| if at == 0 { width(part) } else { part.split_once('m').map_or(0, |(_, rest)| width(rest)) })
        .sum()
}

fn aligned(out: &mut dyn Write, widths: &[usize], cells: Vec<(String, bool)>) -> io::Result<()> {
    let mut text = String::new();
    for (at, ((cell, is_number), wide)) in cells.into_iter().zip(widths).enumerate() {
        if at > 0 {
            text.push_str("  ");
        }
        // Colour takes no room.
        let wide = wide + width(&cell).saturating_sub(visible_width(&cell));
        text.push_str(&if is_number { right(&cell, wide) } else { left(&cell, wide) });
    }
    writeln!(out, "{}", text.trim_end())
}

/// Writes one line of CSV (RFC 4180).
pub(super) fn csv<'c>(out: &mut dyn Write, cells: impl Iterator<Item = Cow<'c, str>>) -> io::Result<()> {
    // The writer flushes what it writes to; a line in memory keeps `out` buffered.
    let mut line = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).buffer_capacity(512).from_writer(vec![]);
    for cell in cells {
        line.write_field(cell.as_bytes())?;
    }
    line.write_record(None::<&[u8]>)?;
    out.write_all(&line.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(form: Form, columns: &[&str], rows: &[Vec<Cell<'_>>]) -> String {
        let mut out = Vec::new();
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let mut table = Table::begin(&mut out, form, Look::default(), &columns).unwrap();
        for row in rows {
            table.row(row).unwrap();
        }
        assert_eq!(table.finish().unwrap(), rows.len() as u64);
        String::from_utf8(out).unwrap()
    }

    fn text(text: &str) -> Cell<'_> {
        Cell::Text(text.into())
    }

    #[test]
    fn a_table_is_aligned_and_safe_to_look_at() {
        let rows = vec![
            vec![text("日本"), Cell::Integer(7), Cell::Null],
            vec![text("\u{1b}]0;x"), Cell::Real(1.0), Cell::Blob((&[1, 255]).into())],
        ];
        assert_eq!(
            written(Form::Table, &["who", "rows", "more"], &rows),
            "who    rows  more\n─────  ────  ───────\n日本      7  NULL\n␛]0;x   1.0  x'01ff'\n"
        );
    }

    #[test]
    fn csv_and_json_have_the_text_as_it_is() {
        let rows = vec![vec![text("a,\"b\"\n\u{1b}"), Cell::Null], vec![text(""), Cell::Integer(-1)]];
        assert_eq!(written(Form::Csv, &["x", "y"], &rows), "x,y\r\n\"a,\"\"b\"\"\n\u{1b}\",\r\n,-1\r\n");
        let json: Value = serde_json::from_str(&written(Form::Json, &["x", "x"], &rows)).unwrap();
        assert_eq!(json["columns"], serde_json::json!(["x", "x:2"]));
        assert_eq!(json["rows"][0], serde_json::json!({"x": "a,\"b\"\n\u{1b}", "x:2": null}));
        assert_eq!(json["rows"][1]["x:2"], -1);
    }

    #[test]
    fn an_empty_answer_still_has_its_columns() {
        assert_eq!(written(Form::Csv, &["x"], &[]), "x\r\n");
        // A line with nothing in it would be no row to a reader.
        assert_eq!(written(Form::Csv, &["x"], &[vec![Cell::Null]]), "x\r\n\"\"\r\n");
        assert_eq!(written(Form::Table, &["x"], &[]), "x\n─\n");
        assert_eq!(written(Form::Json, &["x"], &[]), "{\"schema\":1,\"columns\":[\"x\"],\"rows\":[]}\n");
    }
}
