//! `journey sql`: a question in SQL.

use std::borrow::Cow;
use std::io;

use super::args::{Form, Sql};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use crate::report::look::many;
use crate::report::table::{self, Cell, Table};
use crate::store::{Piece, SqlCell};

pub(super) fn run(command: &Sql, store: Named, console: &mut Console) -> Result<(), Failure> {
    let question = match &*command.question {
        "-" => io::read_to_string(io::stdin())
            .map_err(|error| Failure::usage("the standard input cannot be read").because(&error))?,
        question => question.to_owned(),
    };
    let form = match console.form {
        Form::Csv => table::Form::Csv,
        Form::Json => table::Form::Json,
        _ => table::Form::Table,
    };
    let mut reader = store.reader(console)?;
    let look = console.look;
    let mut out: Option<&mut dyn io::Write> = Some(&mut console.out);
    let mut written: Option<Table<'_>> = None;
    let too_deep = reader.query(&question, |piece| -> Result<(), Failure> {
        match piece {
            Piece::Columns(columns) => {
                if let Some(out) = out.take() {
                    written = Some(Table::begin(out, form, look, columns)?);
                }
            }
            Piece::Row(cells) => {
                if let Some(table) = &mut written {
                    table.row(&cells.iter().map(cell).collect::<Vec<_>>())?;
                }
            }
        }
        Ok(())
    })?;
    if let Some(table) = written {
        table.finish()?;
    }
    console.finish()?;
    if too_deep > 0 {
        let rows = many(too_deep, "row");
        console.note(&format!("props(id) is NULL for {rows} with JSON that is nested deeper than SQLite reads"));
    }
    Ok(())
}

fn cell<'a>(cell: &SqlCell<'a>) -> Cell<'a> {
    match *cell {
        SqlCell::Null => Cell::Null,
        SqlCell::Integer(number) => Cell::Integer(number),
        SqlCell::Real(number) => Cell::Real(number),
        SqlCell::Text(text) => Cell::Text(Cow::Borrowed(text)),
        SqlCell::Blob(bytes) => Cell::Blob(Cow::Borrowed(bytes)),
    }
}
