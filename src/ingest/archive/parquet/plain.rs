//! Columns of long texts, whose pages are unpacked row by row and not as a whole.
//!
//! The crate reads the levels of such a column: its pages are given on as those of a column of numbers, which say how
//! many values there are. The values themselves are taken from what is packed. A column that is something else, or in
//! which anything is wrong, is read again as what it is.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use parquet::basic::{Compression, Encoding, Type as Physical};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::RowGroupReader;
use parquet::file::serialized_reader::SerializedPageReader;

use super::dictionary::numbered;
use super::unpacked::Unpacked;

/// Bytes of a column from which on its pages may be too long to be held.
const LONG: i64 = 4 << 20;

/// The texts of a column, as they come.
pub(super) struct Plain(Arc<Mutex<VecDeque<Unpacked<Vec<u8>>>>>);

impl Plain {
    /// A column of long texts, with what reads its levels; `None` for any other.
    pub(super) fn of(group: &dyn RowGroupReader, file: &File, at: usize) -> Result<Option<(ColumnReader, Self)>> {
        let about = group.metadata().column(at);
        let column = about.column_descr();
        let is_such = about.dictionary_page_offset().is_none()
            && about.compression() == Compression::SNAPPY
            && about.uncompressed_size() > LONG
            && column.physical_type() == Physical::BYTE_ARRAY
            && column.max_rep_level() == 0;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        if !is_such {
            return Ok(None);
        }
        // What the crate takes for unpacked stays as it is.
        let packed = about.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
        let pages = SerializedPageReader::new(Arc::new(file.try_clone()?), &packed, rows, None)?;
        let texts = Arc::new(Mutex::new(VecDeque::new()));
        let is_nullable = column.max_def_level() > 0;
        let pages = Levels { pages: Box::new(pages), is_nullable, rows, texts: Arc::clone(&texts) };
        let reader = get_column_reader(numbered(column.max_def_level(), 0)?, Box::new(pages));
        Ok(Some((reader, Self(texts))))
    }

    /// Writes the next text to `out`; `None` where there is none.
    pub(super) fn next(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while pages.front()?.is_at_end() {
            pages.pop_front();
        }
        let page = pages.front_mut()?;
        let length = u32::from_le_bytes(page.take(4)?.try_into().ok()?);
        out.extend_from_slice(page.take(usize::try_from(length).ok()?)?);
        Some(())
    }
}

/// The levels of a column, with numbers for its values.
struct Levels {
    pages: Box<dyn PageReader>,
    is_nullable: bool,
    /// Those of the group.
    rows: usize,
    texts: Arc<Mutex<VecDeque<Unpacked<Vec<u8>>>>>,
}

impl Levels {
    /// A page of levels, and what is behind them; `None` for a page of another kind.
    fn levels(&self, page: Page) -> Option<(Page, Unpacked<Vec<u8>>)> {
        let Page::DataPage { buf, num_values, encoding, def_level_encoding, rep_level_encoding, statistics } = page
        else {
            return None;
        };
        let is_possible = usize::try_from(num_values).is_ok_and(|values| values <= self.rows);
        if !is_possible || encoding != Encoding::PLAIN || self.is_nullable && def_level_encoding != Encoding::RLE {
            return None;
        }
        let mut texts = Unpacked::of(Vec::from(buf))?;
        let mut levels = Vec::new();
        if self.is_nullable {
            levels.extend_from_slice(texts.take(4)?);
            let length = u32::from_le_bytes(levels.as_slice().try_into().ok()?);
            levels.extend_from_slice(texts.take(usize::try_from(length).ok()?)?);
        }
        levels.extend((0..num_values).flat_map(u32::to_le_bytes));
        let buf = levels.into();
        Some((Page::DataPage { buf, num_values, encoding, def_level_encoding, rep_level_encoding, statistics }, texts))
    }
}

impl PageReader for Levels {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let Some(page) = self.pages.get_next_page()? else { return Ok(None) };
        let other = || ParquetError::General("a page of another kind".to_owned());
        let (levels, texts) = self.levels(page).ok_or_else(other)?;
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).push_back(texts);
        Ok(Some(levels))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        Err(ParquetError::General("no page of it is passed over".to_owned()))
    }
}

impl Iterator for Levels {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
