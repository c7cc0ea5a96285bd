//! Columns whose values are numbers of a dictionary: each of its values is written once, and not once for each row.
//!
//! The crate reads such a column as one of whole numbers: its pages are given on as they are, with a dictionary in
//! which each number stands for itself. A column that is something else, or in which anything is wrong, is read again
//! as what it is.

use std::sync::{Arc, Mutex, PoisonError};

use parquet::basic::{Encoding, Repetition, Type as Physical};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::RowGroupReader;
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor, ColumnPath, Type};

use super::leaf::{Leaf, Texts};

/// Bytes of the texts of a dictionary, at most.
const MOST: usize = 16 << 20;

/// The dictionary of a column that is read by numbers.
pub(super) struct Dictionary {
    page: Arc<Mutex<Option<Page>>>,
    texts: Option<Arc<Texts>>,
}

impl Dictionary {
    /// A column that has a dictionary, with what reads the numbers of its values; `None` for one without.
    pub(super) fn of(group: &dyn RowGroupReader, at: usize) -> Result<Option<(ColumnReader, Self)>> {
        let about = group.metadata().column(at);
        if about.dictionary_page_offset().is_none() {
            return Ok(None);
        }
        let column = about.column_descr();
        let page = Arc::new(Mutex::new(None));
        let pages = Numbered { pages: group.get_column_page_reader(at)?, dictionary: Arc::clone(&page) };
        let reader = get_column_reader(numbered(column.max_def_level(), column.max_rep_level())?, Box::new(pages));
        Ok(Some((reader, Self { page, texts: None })))
    }

    /// What its numbers stand for, each behind `key`, once a number was read; `None` where that cannot be said.
    pub(super) fn texts(&mut self, column: &ColumnDescPtr, kind: &Type, key: &[u8]) -> Option<Arc<Texts>> {
        if self.texts.is_none()
            && let Some(page) = self.page.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            self.texts = Some(Arc::new(texts(page, column, kind, key)?));
        }
        self.texts.clone()
    }
}

/// Writes the values of a dictionary; `None` where one of them cannot be, or all are too many.
fn texts(page: Page, column: &ColumnDescPtr, kind: &Type, key: &[u8]) -> Option<Texts> {
    let Page::DictionaryPage { buf, num_values, .. } = page else { return None };
    let count = usize::try_from(num_values).ok()?;
    let length = usize::try_from(column.type_length()).unwrap_or(0);
    let is_fixed = column.physical_type() == Physical::FIXED_LEN_BYTE_ARRAY;
    if is_fixed && length.checked_mul(count) != Some(buf.len()) {
        return None;
    }
    let values = Page::DataPageV2 {
        buf,
        num_values,
        encoding: Encoding::PLAIN,
        num_nulls: 0,
        num_rows: num_values,
        def_levels_byte_len: 0,
        rep_levels_byte_len: 0,
        is_compressed: false,
        statistics: None,
    };
    // The same values, each of which is there.
    let flat = described(primitive(column.physical_type(), column.type_length()).ok()?, 0, 0);
    let mut reader = get_column_reader(flat, Box::new(Only(Some(values))));
    let mut leaf = Leaf::required(&reader, column).ok()?;
    if leaf.fill(&mut reader, count).ok()? != count {
        return None;
    }
    let mut texts = Texts { text: Vec::new(), ends: Vec::with_capacity(count + 1) };
    texts.ends.push(0);
    for _ in 0..count {
        texts.text.extend_from_slice(key);
        leaf.write(kind, &mut texts.text).ok()?;
        if texts.text.len() > MOST {
            return None;
        }
        texts.ends.push(u32::try_from(texts.text.len()).ok()?);
    }
    Some(texts)
}

/// A column of numbers with such levels.
pub(super) fn numbered(level: i16, repeats: i16) -> Result<ColumnDescPtr> {
    Ok(described(primitive(Physical::INT32, -1)?, level, repeats))
}

fn primitive(physical: Physical, length: i32) -> Result<Type> {
    Type::primitive_type_builder("", physical).with_repetition(Repetition::REQUIRED).with_length(length).build()
}

fn described(kind: Type, level: i16, repeats: i16) -> ColumnDescPtr {
    Arc::new(ColumnDescriptor::new(Arc::new(kind), level, repeats, ColumnPath::new(Vec::new())))
}

/// The pages of a column with numbers for the values of its dictionary.
struct Numbered {
    pages: Box<dyn PageReader>,
    dictionary: Arc<Mutex<Option<Page>>>,
}

impl PageReader for Numbered {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        let encoding = page.as_ref().map(Page::encoding);
        match page {
            Some(Page::DictionaryPage { buf, num_values, encoding, is_sorted }) => {
                // Each value takes a byte.
                if usize::try_from(num_values).unwrap_or(usize::MAX) > buf.len() {
                    return Err(ParquetError::General("a dictionary that is too short".to_owned()));
                }
                let numbers: Vec<u8> = (0..num_values).flat_map(u32::to_le_bytes).collect();
                let mut dictionary = self.dictionary.lock().unwrap_or_else(PoisonError::into_inner);
                *dictionary = Some(Page::DictionaryPage { buf, num_values, encoding, is_sorted });
                Ok(Some(Page::DictionaryPage { buf: numbers.into(), num_values, encoding, is_sorted }))
            }
            Some(_) if !matches!(encoding, Some(Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY)) => {
                Err(ParquetError::General("values that are in no dictionary".to_owned()))
            }
            page => Ok(page),
        }
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

impl Iterator for Numbered {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

/// One page.
struct Only(Option<Page>);

impl PageReader for Only {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        Ok(self.0.take())
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        Ok(None)
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.0 = None;
        Ok(())
    }
}

impl Iterator for Only {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}
