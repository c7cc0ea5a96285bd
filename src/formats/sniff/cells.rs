//! Tables as text: which a file is, by its first line and rows.

use super::super::csv::{self, Header};
use super::super::event::Properties;
use super::super::format::Format;
use super::super::map;
use super::super::recognise::{self, Found};
use super::super::repair::readable;
use super::super::split::Layout;
use super::super::table::{self, Columns};
use super::super::vendor;
use super::{CellRows, MANY, Sniffed, is_spread, objects, records, records_as_they_are};
use crate::model::json;

/// The head of a table as text, its first rows as objects, and how many could not be read.
pub(in crate::formats) fn table_rows(text: &[u8], whole: bool) -> Option<(Header, Vec<String>, usize)> {
    let mut rows = records_as_they_are(Layout::Csv, text, whole);
    let mut head = rows.next().filter(|head| !head.trim_ascii().contains(&b'\r'))?;
    // Lines before the head: what tells a spreadsheet the delimiter, remarks.
    while csv::names_delimiter(head) || head.trim_ascii_start().starts_with(b"#") {
        head = rows.next()?;
    }
    let rows: Vec<_> = rows.take(200).map(readable).collect();
    let header = Header::of(readable(head).as_bytes())?;
    let header = header.learning(|| rows.iter().map(|row| row.as_bytes()));
    let mut broken = 0;
    let objects = rows.iter().filter_map(|row| {
        let Ok(cells) = header.cells(row.as_bytes()) else {
            broken += 1;
            return None;
        };
        cells.map(|cells| csv::object(&header, &cells, |_| false))
    });
    let objects = objects.collect();
    Some((header, objects, broken))
}

/// The file as a table as text, if its first line is the head of one.
pub(super) fn table(text: &[u8], whole: bool) -> Option<Result<Sniffed, String>> {
    let (header, objects, broken) = table_rows(text, whole)?;
    let columns: Vec<&str> = header.names().collect();
    // The last row may be cut; prose with commas is no table.
    if broken > objects.len() + usize::from(!whole) {
        let is_one = table::is_exact(&columns) || recognise::table(&columns, &objects).is_ok();
        return is_one.then(|| {
            let (all, columns) = (broken + objects.len(), columns.len());
            Err(format!(
                "its first line names {columns} columns, and {broken} of its first {all} rows have more or fewer; write \
                 each table into a file of its own"
            ))
        });
    }
    if let Some(other) = csv::other_head(&header, &objects) {
        return Some(Err(format!(
            "it has two header lines of a table, {} and {other}; write each table into a separate file",
            columns.join(",")
        )));
    }
    if let Some(twice) = map::stands_twice(&objects).first() {
        return Some(Err(recognise::twice_called(twice)));
    }
    if table::is_exact(&columns) {
        let columns = Columns::of(&header)?;
        return Some(Ok(Sniffed::cells(header, Found::raw(Format::AliasTable), CellRows::Aliases(columns))));
    }
    match recognise::table(&columns, &objects) {
        Ok(rows) if header.is_drawn() && objects.iter().any(|row| goes_on(row, &rows)) => Some(Err(WRAPPED.to_owned())),
        Ok(rows) => Some(Ok(Sniffed::table(header, rows))),
        Err(_) if header.is_drawn() => Some(Err(WRAPPED.to_owned())),
        Err(_) if columns.iter().any(|name| name.starts_with('{') || json::time_text(name).is_some()) => {
            Some(Err(format!(
                "its first line is a row and does not name the columns ({}); write it with their names (CSVWithNames of \
                 ClickHouse, HEADER of a database)",
                super::super::excerpt(&columns.join(", "), 60)
            )))
        }
        Err(why) => Some(Err(why)),
    }
}

/// Why a table with bars around its rows is not read.
const WRAPPED: &str = "it is a table drawn with bars, and its cells are cut or go on in the next line; write the rows as \
                       CSV or JSON Lines (sqlite3 -csv, -json)";

/// Whether a row has no more than the rest of the cells of the row before it.
fn goes_on(row: &str, found: &Found) -> bool {
    let Ok(row) = found.events.lift(row) else { return true };
    let has = |p: &Properties<'_>| p.time.is_some() || p.processed.is_some() || p.distinct_id.is_some();
    row.event.is_none() && !Properties::read(&row.properties).is_ok_and(|p| has(&p))
}

/// The columns of a table whose lines stand between rows of JSON, if there is one.
pub(super) fn table_between(text: &[u8], whole: bool) -> Option<String> {
    let lines = records(Layout::Lines, text, whole).filter(|line| !line.starts_with(b"{") && !line.starts_with(b"["));
    let lines: Vec<&[u8]> = lines.take(MANY).collect();
    let (header, objects, _) = table_rows(&lines.join(&b'\n'), whole)?;
    let columns: Vec<&str> = header.names().collect();
    let is_one = table::is_exact(&columns) || recognise::table(&columns, &objects).is_ok();
    (is_one && !objects.is_empty()).then(|| columns.join(", "))
}

/// The file as a table without a head, if its first line is a row of one that a vendor writes.
pub(super) fn headless(head: &[u8], whole: bool) -> Option<Sniffed> {
    let first = readable(records_as_they_are(Layout::Lines, head, whole).next()?);
    let first = first.strip_prefix('\u{feff}').unwrap_or(&first);
    let (vendor, columns) = vendor::headless(first.trim_end_matches(['\r', '\n']))?;
    let sniffed = Sniffed::cells(Header::of_tabs(&columns), Found::of_vendor(vendor, false), CellRows::Objects);
    let name = format!("{} (TSV without a head)", vendor.rows());
    Some(Sniffed { name, layout: Layout::Lines, ..sniffed })
}

/// The file as a table of aliases, which it is said to be.
pub(super) fn alias_table(text: &[u8], whole: bool) -> Option<Sniffed> {
    let array = text.starts_with(b"[");
    if array || text.starts_with(b"{") {
        let layout = if array || is_spread(text, whole) { Layout::Nested } else { Layout::Lines };
        let is_pair = objects(layout, text, whole).iter().any(|row| table::has_pair(row));
        return is_pair.then(|| Sniffed::new(Found::raw(Format::AliasTable), layout, array));
    }
    let header = Header::of(records_as_they_are(Layout::Csv, text, whole).next()?)?;
    let columns = Columns::of(&header)?;
    Some(Sniffed::cells(header, Found::raw(Format::AliasTable), CellRows::Aliases(columns)))
}
