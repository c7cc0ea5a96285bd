//! Tables of aliases: CSV with a header, or JSON Lines.
//!
//! A column `alias` (or `key`) and a column `distinct_id` (or `target`, `original`, `value`),
//! `time` when there is one. A line with `event` is never a line of such a table.

use super::decode::AliasLine;
use super::object::{complaint, fields};
use crate::model::{Id, json};

fields! {
    /// A line of a table in JSON.
    Line {
        alias: "alias",
        key: "key",
        distinct_id: "distinct_id",
        target: "target",
        original: "original",
        value: "value",
        time: "time",
    }
}

impl<'a> Line<'a> {
    /// The two columns that make a line of a table, if it has them.
    pub(super) fn pair(&self) -> Option<(&'a str, &'a str)> {
        let alias = self.alias.or(self.key)?;
        Some((alias, self.distinct_id.or(self.target).or(self.original).or(self.value)?))
    }
}

/// Reads a line of a table in JSON; the error is the reason to reject it.
pub(super) fn decode_json(text: &str, line: u64, repaired: bool) -> Result<AliasLine, String> {
    let fields = Line::read(text).map_err(|error| complaint(&error))?;
    let (alias, target) = fields.pair().ok_or("has no alias and distinct_id")?;
    let time = fields.time.and_then(json::time);
    Ok(AliasLine { alias: json::id(alias), target: json::id(target), time, line, repaired })
}

/// Where the columns of a CSV table stand, as its first line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    delimiter: u8,
    alias: usize,
    target: usize,
    time: Option<usize>,
    header: Vec<String>,
}

impl Columns {
    /// The columns, if `header` is the first line of a table of aliases.
    pub(super) fn of(header: &[u8]) -> Option<Self> {
        [b',', b';', b'\t'].into_iter().find_map(|delimiter| {
            let header = cells(header, delimiter).ok()?;
            let names: Vec<String> = header.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
            let place = |wanted: &[&str]| wanted.iter().find_map(|name| names.iter().position(|n| n == name));
            Some(Self {
                delimiter,
                alias: place(&["alias", "key"])?,
                target: place(&["distinct_id", "target", "original", "value"])?,
                time: place(&["time"]),
                header,
            })
        })
    }

    /// Reads one record; `Ok(None)` for the header. The error is the reason to reject it.
    pub(super) fn decode(&self, record: &[u8], line: u64) -> Result<Option<AliasLine>, String> {
        let cells = cells(record, self.delimiter)?;
        if cells == self.header {
            return Ok(None);
        }
        let (Some(alias), Some(target)) = (cells.get(self.alias), cells.get(self.target)) else {
            return Err(format!("has {} of the {} columns", cells.len(), self.header.len()));
        };
        let id = |text: &String| (!text.is_empty()).then(|| Id::new(text));
        let time = self.time.and_then(|at| cells.get(at)).and_then(|text| json::time_text(text.trim()));
        Ok(Some(AliasLine { alias: id(alias), target: id(target), time, line, repaired: false }))
    }
}

/// The cells of one record.
fn cells(record: &[u8], delimiter: u8) -> Result<Vec<String>, String> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).flexible(true).from_reader(record);
    let mut cells = csv::StringRecord::new();
    match reader.read_record(&mut cells) {
        Ok(_) => Ok(cells.iter().map(str::to_owned).collect()),
        Err(_) => Err("not UTF-8".to_owned()),
    }
}
