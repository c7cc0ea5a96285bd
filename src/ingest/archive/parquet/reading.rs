//! Reads a row group, batch by batch.
//!
//! Batches are as long as those of the crate's reader of rows, so that of a column which is damaged as
//! many rows are read.

use std::fs::File;

use parquet::column::reader::ColumnReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::RowGroupReader;
use parquet::schema::types::{ColumnDescPtr, Type};

use super::dictionary::Dictionary;
use super::leaf::{Batch, Leaf};
use super::plain::Plain;

/// Rows of a batch: the default of `parquet::record::reader`.
const BATCH: usize = 1024;

/// Rows whose texts of properties are written as texts, so that what looks at the first lines of a file sees what it
/// has; these take more than the [`HEAD`](crate::formats::sniff::HEAD) that is looked at.
const FIRST: usize = 4 * BATCH;

/// Reads a group, batch by batch.
pub(super) struct Reading<'g> {
    group: &'g dyn RowGroupReader,
    columns: Vec<Column<'g>>,
    /// Rows of the group that are in a batch, and those that are in none yet.
    done: usize,
    left: usize,
}

/// What the values of a column are to those who write them.
pub(super) struct Written<'s> {
    pub(super) kind: &'s Type,
    /// What stands before each of them.
    pub(super) key: Vec<u8>,
    /// They may be texts of objects, which are asked for as they are.
    pub(super) is_inner: bool,
}

/// A column of the group.
struct Column<'g> {
    reader: ColumnReader,
    kind: ColumnDescPtr,
    written: Written<'g>,
    by: By,
}

/// How a column is read.
enum By {
    /// As what it is.
    Values,
    Numbers(Dictionary),
    Texts(Plain),
}

impl<'g> Reading<'g> {
    /// Reads a group of a file, whose columns have such values.
    pub(super) fn of(group: &'g dyn RowGroupReader, file: &File, written: Vec<Written<'g>>) -> Result<Self> {
        let about = group.metadata();
        let column = |(at, written): (usize, Written<'g>)| {
            let kind = about.column(at).column_descr_ptr();
            let by_numbers = if written.is_inner { None } else { Dictionary::of(group, at)? };
            let (reader, by) = if let Some((reader, dictionary)) = by_numbers {
                (reader, By::Numbers(dictionary))
            } else if let Some((reader, texts)) = Plain::of(group, file, at)? {
                (reader, By::Texts(texts))
            } else {
                (group.get_column_reader(at)?, By::Values)
            };
            Ok(Column { reader, kind, written, by })
        };
        let columns = written.into_iter().enumerate().map(column).collect::<Result<_>>()?;
        Ok(Self { group, columns, done: 0, left: usize::try_from(about.num_rows()).unwrap_or(0) })
    }

    /// How each column is read.
    #[cfg(test)]
    pub(super) fn ways(&self) -> Vec<&'static str> {
        let way = |column: &Column<'_>| match column.by {
            By::Values => "values",
            By::Numbers(_) => "numbers",
            By::Texts(_) => "texts",
        };
        self.columns.iter().map(way).collect()
    }

    /// Rows of the group that are in a batch, and those that are in none yet.
    pub(super) fn rows(&self) -> [usize; 2] {
        [self.done, self.left]
    }

    /// Whether no more than one batch is left.
    pub(super) fn is_short(&self) -> bool {
        self.left <= BATCH
    }

    /// Reads the next batch into one that is written; `None` behind the last.
    pub(super) fn next(&mut self, spare: Option<Batch>) -> Option<Result<Batch>> {
        if self.left == 0 {
            return None;
        }
        let batch = self.fill(spare);
        if batch.is_err() {
            self.left = 0;
        }
        Some(batch)
    }

    fn fill(&mut self, spare: Option<Batch>) -> Result<Batch> {
        let rows = self.left.min(BATCH);
        let mut batch = if let Some(batch) = spare {
            batch
        } else {
            Batch { leaves: self.columns.iter().map(Column::leaf).collect::<Result<_>>()?, rows: 0, is_first: true }
        };
        for (at, (leaf, column)) in batch.leaves.iter_mut().zip(&mut self.columns).enumerate() {
            if !matches!(column.by, By::Values) {
                if column.is_filled(leaf, rows) {
                    continue;
                }
                column.begin_again(self.group, at, self.done)?;
            }
            if leaf.texts.is_some() || !leaf.is_of(&column.reader) {
                *leaf = column.leaf()?;
            }
            let read = leaf.fill(&mut column.reader, rows)?;
            if read != rows {
                let said = format!("column {} ends {} rows too early", column.kind.path().string(), rows - read);
                return Err(ParquetError::General(said));
            }
        }
        batch.rows = rows;
        batch.is_first = self.done < FIRST;
        self.done += rows;
        self.left -= rows;
        Ok(batch)
    }
}

impl Column<'_> {
    /// What takes its values.
    fn leaf(&self) -> Result<Leaf> {
        match self.by {
            By::Texts(_) => Leaf::long(&self.reader, &self.kind),
            By::Values | By::Numbers(_) => Leaf::of(&self.reader, &self.kind),
        }
    }

    /// Reads so many rows in another way than as what the column is, if that can be.
    fn is_filled(&mut self, leaf: &mut Leaf, rows: usize) -> bool {
        if !matches!(leaf.fill(&mut self.reader, rows), Ok(read) if read == rows) {
            return false;
        }
        match &mut self.by {
            By::Values => false,
            By::Numbers(dictionary) => {
                leaf.texts = dictionary.texts(&self.kind, self.written.kind, &self.written.key);
                leaf.texts.is_some() || leaf.is_empty()
            }
            By::Texts(texts) => leaf.unpack(&mut |text| texts.next(text)).is_some(),
        }
    }

    /// Reads what comes behind the rows that were read as what it is.
    fn begin_again(&mut self, group: &dyn RowGroupReader, at: usize, done: usize) -> Result<()> {
        self.by = By::Values;
        self.reader = group.get_column_reader(at)?;
        let mut passed = Leaf::of(&self.reader, &self.kind)?;
        for _ in 0..done / BATCH {
            passed.fill(&mut self.reader, BATCH)?;
        }
        Ok(())
    }
}
