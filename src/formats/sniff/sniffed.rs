//! What is known of a file before its rows are read.

use std::sync::Arc;

use super::super::csv::{Column, Header, object_among};
use super::super::format::Format;
use super::super::grid::Heads;
use super::super::item::Clock;
use super::super::map::Map;
use super::super::recognise::Found;
use super::super::rows::Shape;
use super::super::split::Layout;
use super::super::table::Columns;
use super::super::vendor::stranger::{self, stranger};
use super::super::vendor::{self, By};
use crate::model::facts::MIXPANEL;

/// What [`sniff()`](super::sniff()) found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sniffed {
    /// What it holds.
    pub format: Format,
    /// How its records lie.
    pub layout: Layout,
    /// Format and layout by their name for people.
    pub name: String,
    /// Columns that are not read, because a tool wrote them for itself.
    pub left_out: Vec<String>,
    pub(in crate::formats) how: Arc<How>,
}

/// How records are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::formats) struct How {
    /// What rows are.
    pub(in crate::formats) rows: Found,
    /// Rows are as Mixpanel itself writes them.
    pub(in crate::formats) is_raw: bool,
    /// A record is an answer with a list of rows.
    pub(in crate::formats) is_answer: bool,
    /// Rows are cells of a table.
    pub(in crate::formats) cells: Option<Cells>,
    /// Rows are lists of values.
    pub(in crate::formats) heads: Option<Heads>,
    /// What a person says that columns are.
    pub(in crate::formats) map: Option<Arc<Map>>,
}

/// A table as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::formats) struct Cells {
    pub(in crate::formats) header: Header,
    pub(in crate::formats) rows: CellRows,
}

/// What the cells of a row make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::formats) enum CellRows {
    /// A line of a table of aliases.
    Aliases(Columns),
    /// An event or a profile; what each column is, and which one has properties as the text of an object.
    Lifted(Vec<Column>, Option<usize>),
    /// An object that is read like one of JSON.
    Objects,
}

impl How {
    /// Why a row could not be read: because it is another vendor's, where it is.
    pub(in crate::formats) fn true_reason(&self, reason: String, row: &str) -> String {
        let is_ours = self.rows.vendor.is_none() && self.map.is_none() && !reason.starts_with("the server refused");
        match stranger(row, None).filter(|_| is_ours && row.starts_with('{')) {
            Some(rows) => stranger::reason(rows, stranger::MIXPANELS),
            None => reason,
        }
    }
}

impl Sniffed {
    /// Whose clock times without a zone are on.
    pub fn clock(&self) -> Clock {
        match self.how.rows.vendor {
            Some(By(vendor)) => vendor.clock(),
            None => self.format.clock(),
        }
    }

    /// Whether each record is a row with names of its own: no request or answer with many, no list of values.
    pub(in crate::formats) fn has_a_row_in_each_record(&self) -> bool {
        let How { rows, is_answer, cells, heads, .. } = &*self.how;
        let has_names = cells.as_ref().is_none_or(|cells| self.layout == Layout::Csv || cells.header.is_escaped());
        has_names && heads.is_none() && !is_answer && !rows.is_carried
    }

    /// Whose rows it holds, by name.
    pub fn vendor(&self) -> &'static str {
        self.how.rows.vendor.map_or(MIXPANEL, |By(vendor)| vendor.name())
    }

    /// A file with one record of `format` in each line, as Mixpanel itself writes it.
    pub fn lines_of(format: Format) -> Self {
        Self::new(Found::raw(format), Layout::Lines, false)
    }

    /// Requests of SDKs as a recorder writes them, one in each line: those of Mixpanel, or of the
    /// vendor with this name; `None` for one that is not known.
    pub fn requests_of(vendor: &str) -> Option<Self> {
        if vendor == MIXPANEL {
            return Some(Self::lines_of(Format::Payloads));
        }
        let vendor = vendor::named(vendor)?;
        Some(Self::new(Found::of_vendor(vendor, false), Layout::Lines, false))
    }

    /// Rows of a plain copy that are of another vendor; `None` for Mixpanel, and for a vendor that is
    /// not known.
    pub fn copy_of(vendor: &str) -> Option<Self> {
        let vendor = vendor::named(vendor)?;
        Some(Self::new(Found { format: Format::Copy, ..Found::of_vendor(vendor, false) }, Layout::Lines, false))
    }

    pub(super) fn new(rows: Found, layout: Layout, array: bool) -> Self {
        let lies = match layout {
            Layout::Csv => "CSV",
            Layout::Nested if array => "JSON array",
            Layout::Nested => "JSON objects",
            Layout::Lines => "JSON Lines",
        };
        let format = rows.format;
        let name = match format {
            // Profiles of a tool lie as its rows do; those of Mixpanel in pages.
            Format::ProfileExport if !rows.is_raw && rows.is_carried => rows.name.to_owned(),
            Format::ProfileExport if !rows.is_raw => format!("{} ({lies})", rows.name),
            _ if !format.shows_layout() => format.name().to_owned(),
            _ if rows.is_carried && rows.vendor.is_none() => rows.name.to_owned(),
            _ if rows.name.is_empty() => format!("{} ({lies})", format.name()),
            _ => format!("{} ({lies})", rows.name),
        };
        let left_out = rows.left_out.clone();
        let how = How { is_raw: rows.is_raw, rows, is_answer: false, cells: None, heads: None, map: None };
        Self { format, layout, name, left_out, how: Arc::new(how) }
    }

    /// The same, of answers with a list of rows.
    pub(super) fn answers(rows: Found, layout: Layout) -> Self {
        let mut sniffed = Self::new(rows, layout, false);
        let what = if sniffed.how.rows.is_raw { Format::Export.name() } else { sniffed.how.rows.name };
        sniffed.name = match sniffed.format {
            Format::Export | Format::Vendor => format!("{what} (JSON answer of an API)"),
            _ => sniffed.name,
        };
        sniffed.how = Arc::new(How { is_answer: true, ..(*sniffed.how).clone() });
        sniffed
    }

    /// The same, of lists of values with these heads.
    pub(super) fn with_heads(mut self, heads: Heads) -> Self {
        self.how = Arc::new(How { heads: Some(heads), ..(*self.how).clone() });
        self
    }

    /// Why columns are left out.
    pub fn why_left_out(&self) -> &'static str {
        match self.how.map {
            Some(_) => "left out by the map, which has the properties in one column",
            None => "left out are columns that the tool which wrote the rows keeps for itself",
        }
    }

    /// The same, read by a map that fits its first `rows`.
    pub(super) fn by_map(mut self, map: &Arc<Map>, rows: &[String]) -> Self {
        self.left_out = map.left_out(rows);
        self.how = Arc::new(How { map: Some(Arc::clone(map)), ..(*self.how).clone() });
        self
    }

    /// The same, of a table as text.
    pub(super) fn table(header: Header, rows: Found) -> Self {
        let lifted = |shape: &Shape| {
            let columns = header.columns(shape);
            let object = object_among(&columns);
            CellRows::Lifted(columns, object)
        };
        let cells = match rows.format {
            Format::Export if !rows.is_carried => lifted(&rows.events),
            Format::ProfileExport if !rows.is_carried && !rows.is_raw => lifted(&rows.profiles),
            _ => CellRows::Objects,
        };
        Self::cells(header, rows, cells)
    }

    pub(super) fn cells(header: Header, rows: Found, cells: CellRows) -> Self {
        let mut sniffed = Self::new(rows, Layout::Csv, false);
        let habits = header.habits();
        if !habits.is_empty() {
            sniffed.name = sniffed.name.replace("(CSV)", &format!("(CSV, {})", habits.join(", ")));
        }
        if header.is_escaped() {
            sniffed.layout = Layout::Lines;
        }
        let cells = Some(Cells { header, rows: cells });
        sniffed.how = Arc::new(How { cells, ..(*sniffed.how).clone() });
        sniffed
    }
}
