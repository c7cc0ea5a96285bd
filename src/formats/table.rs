//! Tables of aliases: CSV with a header, or JSON Lines.
//!
//! A file with exactly the columns `alias` and `distinct_id`, and perhaps `time`, is one. A file that
//! is said to be one may call them `key`, and `target`, `original` or `value`, and have others: such
//! words alone say nothing, and an alias rewrites a person. A line with `event` is never a line of
//! such a table.

use std::borrow::Cow;

use super::csv::{self, Header};
use super::item::AliasLine;
use super::object::{complaint, fields};
use crate::model::{Id, json};

const KEY: &[&str] = &["alias"];
const TARGET: &[&str] = &["distinct_id"];
/// Columns that a table of aliases may have, too.
const OPTIONAL: &[&str] = &["time", "arrived", "event_id"];
/// What a file calls its aliases that is said to have them.
const PAIR_KEYS: &[&str] = &["alias", "key"];
/// What it calls their targets.
const PAIR_TARGETS: &[&str] = &["distinct_id", "target", "original", "value"];

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

/// Whether an object has what a line of a table of aliases needs.
pub(super) fn has_pair(json: &str) -> bool {
    Line::read(json).is_ok_and(|line| line.pair().is_some())
}

/// Whether these are exactly the columns of a table of aliases.
pub(super) fn is_exact(columns: &[impl AsRef<str>]) -> bool {
    let has = |wanted: &str| columns.iter().any(|column| column.as_ref().eq_ignore_ascii_case(wanted));
    let known = |column: &str| KEY.iter().chain(TARGET).chain(OPTIONAL).any(|name| column.eq_ignore_ascii_case(name));
    has("alias") && has("distinct_id") && columns.iter().all(|column| known(column.as_ref()))
}

/// Whether some cells can be the head of a table of aliases, and nothing else.
pub(super) fn is_head(cells: &[Cow<'_, str>]) -> bool {
    let is_one = |names: &[&str], cell: &Cow<'_, str>| names.iter().any(|name| cell.eq_ignore_ascii_case(name));
    let any = |names| cells.iter().any(|cell| is_one(names, cell));
    any(PAIR_KEYS)
        && any(PAIR_TARGETS)
        && cells.iter().all(|cell| [PAIR_KEYS, PAIR_TARGETS, OPTIONAL].iter().any(|names| is_one(names, cell)))
}

/// Where the columns of a table of aliases stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    alias: usize,
    target: usize,
    time: Option<usize>,
}

impl Columns {
    /// The columns, if the table has them.
    pub(super) fn of(header: &Header) -> Option<Self> {
        Some(Self {
            alias: header.place(PAIR_KEYS)?,
            target: header.place(PAIR_TARGETS)?,
            time: header.place(&["time"]),
        })
    }

    /// Reads the cells of a row.
    pub(super) fn decode(&self, cells: &[Cow<'_, str>], line: u64, repaired: bool) -> AliasLine {
        let id = |at: usize| cells.get(at).filter(|text| !csv::is_nothing(text)).map(|text| Id::new(text));
        let time = self.time.and_then(|at| cells.get(at)).and_then(|text| json::time_text(text.trim()));
        AliasLine { alias: id(self.alias), target: id(self.target), time, line, repaired }
    }
}
