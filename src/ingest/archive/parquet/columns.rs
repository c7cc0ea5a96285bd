//! Row groups without maps, read column by column: a row needs no values of its own, and the name of a
//! column is made ready once.
//!
//! What is missing, and where a list begins and ends, the levels of the format say (its page on nested
//! encoding): an element behind the first of its list repeats at the level of the list, and a value is there
//! from a level of definition on.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use parquet::basic::{ConvertedType, Repetition};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::RowGroupReader;
use parquet::schema::types::Type;

use super::Added;
use super::kinds::is_known;
use super::leaf::{Batch, Leaf, NEAR};
use super::reading::{Reading, Written};
use crate::formats::escape::quote;
use crate::ingest::marks::Marks;

/// Bytes of lines that are given at once.
const PART: usize = 1 << 17;

/// The columns of a group.
pub(super) struct Columns<'s> {
    /// What a row is made of, for those who write rows.
    pub(super) fields: Fields<'s>,
    /// What reads the rows.
    pub(super) reading: Reading<'s>,
}

/// The fields of a row.
pub(super) struct Fields<'s> {
    nodes: Vec<Node<'s>>,
    /// The names of all fields of a row, for its marks.
    names: Arc<Vec<String>>,
}

/// A field of a row, or the element of a list.
struct Node<'s> {
    /// Its name as the key of an object, behind a comma.
    key: Vec<u8>,
    kind: &'s Type,
    /// The level from which on it is there.
    level: i16,
    /// The columns of its values.
    leaves: Range<usize>,
    of: Of<'s>,
    /// It is called like what rows have as the text of an object.
    is_inner: bool,
}

/// What a field is.
enum Of<'s> {
    Value,
    Fields(Vec<Node<'s>>),
    /// A list of such elements, which repeat at this level.
    List(Box<Node<'s>>, i16),
}

impl<'s> Columns<'s> {
    /// The rows of a group; `None` for one that has maps, lists of old programs or values of a kind that is left
    /// to the reader of rows.
    pub(super) fn of(
        group: &'s dyn RowGroupReader,
        file: &File,
        schema: &'s Type,
        added: &Added,
    ) -> Result<Option<Self>> {
        let mut leaves = 0;
        let Some(nodes) = nodes(schema, 0, 0, &mut leaves) else { return Ok(None) };
        let about = group.metadata();
        if leaves != group.num_columns() || !about.columns().iter().all(|column| is_known(column.column_descr())) {
            return Ok(None);
        }
        let mut written = Vec::with_capacity(leaves);
        for node in &nodes {
            node.written(true, &mut written);
        }
        let reading = Reading::of(group, file, written)?;
        let own = nodes.iter().map(|node| node.kind.name().to_owned());
        let names = Arc::new(own.chain(added.fields.iter().map(|(name, _)| name.clone())).collect());
        Ok(Some(Self { fields: Fields { nodes, names }, reading }))
    }
}

impl Batch {
    /// Writes the rows as lines, each with the fields `added` (behind a comma), and gives them to `take` in parts,
    /// until that gives `false`. An error comes behind the rows before it.
    pub(super) fn write(
        &mut self,
        fields: &Fields<'_>,
        added: &Added,
        take: &mut dyn FnMut(Vec<u8>, Marks) -> bool,
    ) -> Result<()> {
        let room = PART + PART / 8;
        let mut out = Vec::with_capacity(room);
        let mut marks = Marks::of(&fields.names);
        for row in 0..self.rows {
            if row % NEAR == 0 {
                out.reserve(self.leaves.iter().map(Leaf::near).sum());
            }
            let start = out.len();
            let (is_known, mut bare) = match fields.write(&mut self.leaves, row, self.is_first, &mut out, &mut marks) {
                Ok(written) => written,
                Err(error) => {
                    out.truncate(start);
                    take(out, marks);
                    return Err(error);
                }
            };
            super::add(&added.text, &mut out);
            let is_known = is_known && fields.mark(added, &mut marks);
            if let Some(text) = bare.take_if(|_| !is_known) {
                let behind = out.split_off(start + text.end);
                let text = out.split_off(start + text.start);
                quote(&text, &mut out);
                out.extend_from_slice(&behind);
            }
            marks.end(out.len() - start, is_known, bare);
            if out.len() >= PART {
                let lines = std::mem::replace(&mut out, Vec::with_capacity(room));
                if !take(lines, std::mem::replace(&mut marks, Marks::of(&fields.names))) {
                    return Ok(());
                }
            }
        }
        if !out.is_empty() {
            take(out, marks);
        }
        // What the values lie in is free from here on.
        self.leaves.iter_mut().for_each(Leaf::clear);
        Ok(())
    }
}

/// The fields of a group whose own levels are these; `leaves` counts columns. `None` for maps, and for lists
/// as only old programs wrote them.
fn nodes<'s>(group: &'s Type, level: i16, repeats: i16, leaves: &mut usize) -> Option<Vec<Node<'s>>> {
    group.get_fields().iter().map(|kind| node(kind, level, repeats, leaves)).collect()
}

/// A field of what has these levels.
fn node<'s>(kind: &'s Type, level: i16, repeats: i16, leaves: &mut usize) -> Option<Node<'s>> {
    let about = kind.get_basic_info();
    let level = match about.has_repetition().then(|| about.repetition())? {
        Repetition::REQUIRED => level,
        Repetition::OPTIONAL => level + 1,
        Repetition::REPEATED => return None,
    };
    let mut key = vec![b','];
    quote(kind.name().as_bytes(), &mut key);
    key.push(b':');
    let first = *leaves;
    let is_plain = about.converted_type() == ConvertedType::NONE && about.logical_type_ref().is_none();
    let of = match () {
        () if kind.is_primitive() => {
            *leaves += 1;
            Of::Value
        }
        () if is_plain && !kind.get_fields().is_empty() => Of::Fields(nodes(kind, level, repeats, leaves)?),
        () => {
            let element = node(element(kind)?, level + 1, repeats + 1, leaves)?;
            Of::List(Box::new(element), repeats + 1)
        }
    };
    let is_inner = kind.name().eq_ignore_ascii_case("properties");
    Some(Node { key, kind, level, leaves: first..*leaves, of, is_inner })
}

/// The kind of the elements of a list of three levels, as the format's page on logical types has it; `None` for
/// everything else.
fn element(list: &Type) -> Option<&Type> {
    if list.get_basic_info().converted_type() != ConvertedType::LIST {
        return None;
    }
    let [between] = list.get_fields() else { return None };
    let about = between.get_basic_info();
    let is_plain =
        between.is_group() && about.converted_type() == ConvertedType::NONE && about.logical_type_ref().is_none();
    let is_repeated = about.has_repetition() && about.repetition() == Repetition::REPEATED;
    // With these names it is the element itself.
    if !is_plain || !is_repeated || between.name() == "array" || between.name().ends_with("_tuple") {
        return None;
    }
    let [element] = between.get_fields() else { return None };
    Some(element)
}

/// Writes the fields of an object that are there.
fn write(fields: &[Node<'_>], leaves: &mut [Leaf], out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    for field in fields {
        if !field.is_there(leaves) {
            field.skip(leaves);
            continue;
        }
        out.extend_from_slice(&field.key);
        field.write(leaves, out)?;
    }
    begin(start, out);
    Ok(())
}

impl Fields<'_> {
    /// Writes a row of the batch as an object; whether its marks say where its fields lie, and where the text of its
    /// properties stands as it is.
    fn write(
        &self,
        leaves: &mut [Leaf],
        row: usize,
        as_text: bool,
        out: &mut Vec<u8>,
        marks: &mut Marks,
    ) -> Result<(bool, Option<Range<usize>>)> {
        let start = out.len();
        let (mut is_known, mut bare) = (true, None);
        for (column, field) in self.nodes.iter().enumerate() {
            let value;
            if let Of::Value = field.of {
                // Its column has one place for each row.
                let Some(leaf) = leaves.get_mut(field.leaves.start) else { continue };
                if leaf.most > 0 && leaf.levels.get(row).is_none_or(|level| *level < field.level) {
                    continue;
                }
                if leaf.texts.is_some() {
                    // Its key stands before it.
                    let text = leaf.number()?;
                    out.extend_from_slice(text);
                    is_known &= mark(column, text.len().saturating_sub(field.key.len()), marks);
                    continue;
                }
                out.extend_from_slice(&field.key);
                value = out.len();
                match if field.is_inner && !as_text && bare.is_none() { leaf.line() } else { None } {
                    Some(text) => {
                        out.extend_from_slice(text);
                        leaf.next += 1;
                        bare = Some(value - start..out.len() - start);
                    }
                    None => leaf.write(field.kind, out)?,
                }
            } else if field.is_there(leaves) {
                out.extend_from_slice(&field.key);
                value = out.len();
                field.write(leaves, out)?;
            } else {
                field.skip(leaves);
                continue;
            }
            is_known &= mark(column, out.len() - value, marks);
        }
        begin(start, out);
        leaves.iter().filter(|leaf| leaf.is_repeated).try_for_each(Leaf::ends)?;
        Ok((is_known, bare))
    }

    /// Marks the fields that each row has, and says whether it could.
    fn mark(&self, added: &Added, marks: &mut Marks) -> bool {
        let added = added.fields.iter().enumerate();
        added.fold(true, |is_known, (at, (_, length))| is_known & mark(self.nodes.len() + at, *length, marks))
    }
}

/// Marks a field, and says whether it could: marks are short, as nearly all fields are.
fn mark(column: usize, length: usize, marks: &mut Marks) -> bool {
    let (Ok(column), Ok(length)) = (u16::try_from(column), u16::try_from(length)) else { return false };
    marks.field(column, length);
    true
}

/// Makes an object of the fields from `start` on, each of which is behind a comma.
fn begin(start: usize, out: &mut Vec<u8>) {
    match out.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
    out.push(b'}');
}

impl<'s> Node<'s> {
    /// The values of its columns: what each is, and what stands before it wherever it is there.
    fn written(&self, is_outer: bool, values: &mut Vec<Written<'s>>) {
        match &self.of {
            Of::Value => {
                let key = if is_outer { self.key.clone() } else { Vec::new() };
                values.push(Written { kind: self.kind, key, is_inner: is_outer && self.is_inner });
            }
            Of::Fields(fields) => fields.iter().for_each(|field| field.written(false, values)),
            Of::List(element, _) => element.written(false, values),
        }
    }

    /// Whether it is there where its columns stand.
    fn is_there(&self, leaves: &[Leaf]) -> bool {
        leaves.get(self.leaves.start).is_some_and(|leaf| leaf.level() >= self.level)
    }

    /// Goes behind the one place that its columns have for it.
    fn skip(&self, leaves: &mut [Leaf]) {
        leaves.get_mut(self.leaves.clone()).unwrap_or_default().iter_mut().for_each(|leaf| leaf.place += 1);
    }

    /// Writes what is there.
    fn write(&self, leaves: &mut [Leaf], out: &mut Vec<u8>) -> Result<()> {
        let (element, repeats) = match &self.of {
            Of::Value => {
                let Some(leaf) = leaves.get_mut(self.leaves.start) else { return Ok(()) };
                leaf.place += 1;
                return leaf.write(self.kind, out);
            }
            Of::Fields(fields) => return write(fields, leaves, out),
            Of::List(element, repeats) => (element, *repeats),
        };
        // The level between the list and what its elements are.
        if leaves.get(self.leaves.start).is_none_or(|leaf| leaf.level() <= self.level) {
            self.skip(leaves);
            out.extend_from_slice(b"[]");
            return Ok(());
        }
        out.push(b'[');
        loop {
            if element.is_there(leaves) {
                element.write(leaves, out)?;
            } else {
                element.skip(leaves);
                out.extend_from_slice(b"null");
            }
            let mut goes_on =
                leaves.get(self.leaves.clone()).unwrap_or_default().iter().map(|leaf| leaf.goes_on(repeats));
            let is_longer = goes_on.next().unwrap_or(false);
            if goes_on.any(|longer| longer != is_longer) {
                return Err(ParquetError::General(format!(
                    "columns of {} have lists of different lengths",
                    self.kind.name()
                )));
            }
            if !is_longer {
                break;
            }
            out.push(b',');
        }
        out.push(b']');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use parquet::basic::Compression;
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::metadata::ColumnChunkMetaData;
    use parquet::file::properties::{WriterProperties, WriterVersion};
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::super::{object, unread};
    use super::*;
    use crate::ingest::marks::Handed;

    /// The rows of a group by columns, if they can be read so, how the columns were read, and in how many rows the text of
    /// properties stood as it is.
    fn by_columns(group: &dyn RowGroupReader, file: &File, schema: &Type) -> Option<(Vec<String>, String, usize)> {
        let added = Added::default();
        let Columns { fields, mut reading } = Columns::of(group, file, schema, &added).unwrap()?;
        let mut text = Vec::new();
        let (mut batch, mut bare) = (None, 0);
        while let Some(read) = reading.next(batch.take()) {
            let mut read = read.unwrap();
            let mut take = |part: Vec<u8>, marks: Marks| {
                let handed = Handed::default();
                handed.give(0, marks);
                let placed = handed.take(0, part.len() as u64);
                let mut lines = placed.lines();
                let mut at = 0;
                for line in part.split_inclusive(|byte| *byte == b'\n') {
                    let row = lines.find(at, at + line.len() - 1).map(|(_, row)| row);
                    let written = row.as_ref().and_then(|row| row.written(line));
                    bare += usize::from(written.is_some());
                    text.extend_from_slice(written.as_deref().unwrap_or(line));
                    at += line.len();
                }
                true
            };
            read.write(&fields, &added, &mut take).unwrap();
            batch = Some(read);
        }
        let lines = String::from_utf8(text).unwrap().lines().map(str::to_owned).collect();
        Some((lines, reading.ways().join(" "), bare))
    }

    /// The rows of a group, by the reader of rows.
    fn by_rows(group: &dyn RowGroupReader, schema: &Type) -> Vec<String> {
        let rows = group.get_row_iter(None).unwrap().map(|row| {
            let mut text = Vec::new();
            object(&row.unwrap(), Some(schema), &mut text);
            String::from_utf8(text).unwrap()
        });
        rows.collect()
    }

    const SCHEMA: &str = "message m { required int64 n; optional binary t (UTF8); optional binary properties (UTF8);
        optional group l (LIST) { repeated group list { optional binary element (UTF8); } } }";

    /// A file of one group with so many rows, of which some lack texts and some repeat them.
    fn file(rows: usize, properties: WriterProperties) -> File {
        let file = tempfile::tempfile().unwrap();
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let mut writer = SerializedFileWriter::new(file.try_clone().unwrap(), schema, Arc::new(properties)).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let numbers: Vec<i64> = (0..rows).map(|row| i64::try_from(row % 7).unwrap()).collect();
        column.typed::<Int64Type>().write_batch(&numbers, None, None).unwrap();
        column.close().unwrap();
        for (lacks, text) in [
            (3, (|row| format!("é \"{}\"", row % 50)) as fn(usize) -> String),
            (11, |row| format!("{{\"row\":{row},\"x\":\"{}\"}}", "ab\\é".repeat(row % 2000))),
        ] {
            let there = (0..rows).filter(|row| row % lacks > 0);
            let texts: Vec<_> = there.map(|row| ByteArray::from(text(row).as_str())).collect();
            let levels: Vec<i16> = (0..rows).map(|row| i16::from(row % lacks > 0)).collect();
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<ByteArrayType>().write_batch(&texts, Some(&levels), None).unwrap();
            column.close().unwrap();
        }
        // No list, an empty one, or one of a text, nothing and a text.
        let lists = (0..rows).flat_map(|row| match row % 3 {
            0 => vec![(0, 0)],
            1 => vec![(1, 0)],
            _ => vec![(3, 0), (2, 1), (3, 1)],
        });
        let (levels, repeats): (Vec<i16>, Vec<i16>) = lists.unzip();
        let texts: Vec<_> = (0..levels.iter().filter(|level| **level == 3).count())
            .map(|at| ByteArray::from(format!("{}", at % 900).as_str()))
            .collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&texts, Some(&levels), Some(&repeats)).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
        file
    }

    #[test]
    fn values_are_the_same_with_dictionaries_without_and_in_pages_of_any_length() {
        let plain = || WriterProperties::builder().set_compression(Compression::SNAPPY).set_dictionary_enabled(false);
        let long = || plain().set_data_page_size_limit(1 << 30).set_data_page_row_count_limit(usize::MAX);
        let mixed = WriterProperties::builder().set_dictionary_page_size_limit(2000).set_data_page_size_limit(3000);
        let second = || WriterProperties::builder().set_writer_version(WriterVersion::PARQUET_2_0);
        for (name, ways, properties) in [
            ("dictionaries", "numbers numbers values numbers", WriterProperties::builder().build()),
            (
                "dictionaries that become too long",
                "numbers numbers values values",
                mixed.set_write_batch_size(100).build(),
            ),
            ("dictionaries in version 2", "numbers numbers values numbers", second().build()),
            ("long pages", "values values texts values", long().build()),
            (
                "short pages",
                "values values texts values",
                plain().set_data_page_size_limit(1 << 16).set_write_batch_size(64).build(),
            ),
            (
                "long pages of version 2",
                "values values values values",
                long().set_writer_version(WriterVersion::PARQUET_2_0).build(),
            ),
            ("no packing", "values values values values", long().set_compression(Compression::UNCOMPRESSED).build()),
        ] {
            let file = file(5000, properties);
            let reader = SerializedFileReader::new(file.try_clone().unwrap()).unwrap();
            let schema = reader.metadata().file_metadata().schema_descr().root_schema_ptr();
            let group = reader.get_row_group(0).unwrap();
            let (found, read, bare) = by_columns(&*group, &file, &schema).unwrap();
            assert!(found == by_rows(&*group, &schema), "{name}");
            // Without the first, and those that have none.
            let expected = (4096..5000).filter(|row| row % 11 > 0).count();
            assert_eq!((found.len(), read.as_str(), bare), (5000, ways, expected), "{name}");
        }
    }

    #[test]
    fn columns_give_the_rows_that_the_reader_of_rows_gives() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/parquet");
        let mut read = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let Ok(reader) = SerializedFileReader::new(File::open(&path).unwrap()) else { continue };
            let schema = reader.metadata().file_metadata().schema_descr().root_schema_ptr();
            for number in 0..reader.num_row_groups() {
                let group = reader.get_row_group(number).unwrap();
                let is_packed_otherwise = |column: &ColumnChunkMetaData| unread(column.compression()).is_some();
                if group.metadata().columns().iter().any(is_packed_otherwise) {
                    continue;
                }
                let Some((found, ..)) = by_columns(&*group, &File::open(&path).unwrap(), &schema) else { continue };
                assert_eq!(found, by_rows(&*group, &schema), "{} {number}", path.display());
                read += found.len();
            }
        }
        assert!(read > 0);
    }
}
