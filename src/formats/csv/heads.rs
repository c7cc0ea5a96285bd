//! Heads of tables: where files were put together, some stand between the rows.

use std::borrow::Cow;

use super::super::object;
use super::super::split::BYTE_ORDER_MARK;
use super::Header;
use super::cells::{Place, Walk, cells};

/// A head of a table, among its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// That of the table itself.
    Own,
    /// That of another table, with its columns: in another order, or others.
    Other(String),
}

/// Whether cells are the head of another table.
pub(in crate::formats) type IsOther<'a> = dyn Fn(&[Cow<'_, str>]) -> bool + 'a;

impl Header {
    /// What a record of the table is among its heads: where files were put together, that of the next one
    /// stands between the rows. `is_other` knows other heads than those of this table.
    pub(in crate::formats) fn head(&self, record: &[u8], is_other: Option<&IsOther<'_>>) -> Option<Head> {
        let record = record.strip_prefix(BYTE_ORDER_MARK).unwrap_or(record);
        let first = record.trim_ascii_start();
        let first = first.strip_prefix(b"\"").unwrap_or(first);
        let begins = |name: &str| {
            !name.is_empty() && first.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        };
        // Rows have digits, and heads mostly none: no row is parted into cells once more.
        if !self.names_like(first).any(begins) && record.iter().any(u8::is_ascii_digit) {
            return None;
        }
        if is_other.is_none() && self.is_row(record) {
            return None;
        }
        let cells = cells(record, self.delimiter, self.is_quoted).ok()?;
        let cells: Vec<Cow<'_, str>> = cells.iter().map(|cell| Cow::Borrowed(cell.trim())).collect();
        if cells.iter().eq(&self.names) {
            return Some(Head::Own);
        }
        let is_head = is_head(&self.names, &cells) || is_other.is_some_and(|is_other| is_other(&cells));
        is_head.then(|| Head::Other(cells.join(",")))
    }

    /// The names that begin with the letter that a text begins with.
    fn names_like(&self, text: &[u8]) -> impl Iterator<Item = &str> {
        let letter = text.first().map(u8::to_ascii_lowercase);
        let places = letter.into_iter().flat_map(|letter| memchr::memchr_iter(letter, &self.letters));
        places.filter_map(|at| self.names.get(at)).map(String::as_str)
    }

    /// Whether too few cells of a record are names of columns for the head of a table, by a look at no more of them
    /// than it takes; `false` also where that is doubtful.
    fn is_row(&self, record: &[u8]) -> bool {
        if !self.is_quoted || record.is_empty() {
            return false;
        }
        let most = 1 + memchr::memchr_iter(self.delimiter, record).count();
        let mut walk = Walk::over(record, self.delimiter);
        let (mut names, mut others) = (0, 0);
        while !walk.is_at_end() {
            let Some(Place { from, to, is_doubled, .. }) = walk.next() else { return false };
            let cell = record.get(from..to).unwrap_or_default().trim_ascii();
            // What other white space there is decides nothing here.
            let is_doubtful = is_doubled
                || [cell.first(), cell.last()].into_iter().flatten().any(|byte| !(b' '..0x7f).contains(byte));
            if names + others == 0 && (is_doubtful || self.names.first().is_some_and(|name| name.as_bytes() == cell)) {
                return false;
            }
            if is_doubtful || self.names_like(cell).any(|name| name.as_bytes().eq_ignore_ascii_case(cell)) {
                names += 1;
            } else {
                others += 1;
            }
            if others * 2 >= most {
                return true;
            }
        }
        names <= others
    }
}

/// The first byte of each name, as a small letter.
pub(super) fn letters(names: &[String]) -> Vec<u8> {
    names.iter().map(|name| name.bytes().next().unwrap_or_default().to_ascii_lowercase()).collect()
}

/// A row among the first that is the head of another table: most of its cells are names of columns, in
/// another order or with others.
pub(in crate::formats) fn other_head(header: &Header, rows: &[String]) -> Option<String> {
    rows.iter().find_map(|row| {
        let mut cells = Vec::new();
        object::each(row, |_, value| {
            cells.push(crate::model::json::text(value).unwrap_or_default().into_owned());
        })
        .ok()?;
        is_head(&header.names, &cells).then(|| cells.join(","))
    })
}

/// Whether most of some cells are names of columns.
pub(in crate::formats) fn is_head(names: &[String], cells: &[impl AsRef<str>]) -> bool {
    let is_name = |cell: &str| {
        let cell = cell.trim();
        !cell.is_empty() && names.iter().any(|name| name.eq_ignore_ascii_case(cell))
    };
    let mut found = 0;
    for (cell, left) in cells.iter().zip((0..cells.len()).rev()) {
        found += usize::from(is_name(cell.as_ref()));
        // Of most rows half the cells say enough.
        if (found + left) * 2 <= cells.len() {
            return false;
        }
    }
    found > 1 && found * 2 > cells.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_surely_a_row_is_no_head(
            names in proptest::collection::vec("a|Time|plan|b c|é|| x", 2..6),
            cells in proptest::collection::vec("a|TIME|plan| plan |b c|é|1|\"a\"|\"b\"\"\"|\"a,plan\"||\u{a0}a|x|\u{b}a", 1..9),
        ) {
            let (head, record) = (names.join(","), cells.join(","));
            let header = Header::of(head.as_bytes()).unwrap();
            if header.is_row(record.as_bytes()) {
                // What knows other heads has all cells looked at.
                prop_assert_eq!(header.head(record.as_bytes(), Some(&|_| false)), None, "{} under {}", record, head);
            }
        }
    }

    #[test]
    fn a_row_that_begins_like_a_column_is_known_by_half_of_its_cells() {
        let header = Header::of(b"screen,time,plan,note").unwrap();
        assert!(header.is_row(b"Screen Viewed,1,2,x"));
        assert!(header.is_row(b"Screen Viewed,time,,x"));
        assert!(!header.is_row(b"screen,1,2,x"), "it begins with the name of the first");
        assert!(!header.is_row(b"Screen Viewed,time,plan,note"));
        assert_eq!(header.head(b"screen,time,plan,note", None), Some(Head::Own));
        assert_eq!(header.head(b"time,plan,note,1", None), Some(Head::Other("time,plan,note,1".to_owned())));
        assert_eq!(header.head(b"Screen Viewed,1,2,x", None), None);
    }
}
