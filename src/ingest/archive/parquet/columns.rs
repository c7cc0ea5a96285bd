//! Row groups without maps, read column by column: a row needs no values of its own, and the name of a
//! column is made ready once.
//!
//! What is missing, and where a list begins and ends, the levels of the format say (its page on nested
//! encoding): an element behind the first of its list repeats at the level of the list, and a value is there
//! from a level of definition on.
//!
//! Batches are as long as those of the crate's reader of rows, so that of a column which is damaged as
//! many rows are read.

use std::ops::Range;

use parquet::basic::{ConvertedType, Repetition};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::RowGroupReader;
use parquet::record::Field;
use parquet::schema::types::{ColumnDescPtr, Type};

use super::kinds::{is_known, is_number, is_text};
use super::{float, integer, value};
use crate::formats::escape::{is_ascii_quoted, quote};

/// Rows of a batch: the default of `parquet::record::reader`.
const BATCH: usize = 1024;

/// Rows whose values are fetched together.
const NEAR: usize = 64;

/// Bytes of lines that are given at once.
const PART: usize = 1 << 17;

/// The columns of a group.
pub(super) struct Columns<'s> {
    /// What a row is made of, for those who write rows.
    pub(super) fields: Fields<'s>,
    /// What reads the rows.
    pub(super) reading: Reading,
}

/// The fields of a row.
pub(super) struct Fields<'s>(Vec<Node<'s>>);

/// Reads a group, batch by batch.
pub(super) struct Reading {
    readers: Vec<(ColumnReader, ColumnDescPtr)>,
    /// Rows of the group that are in no batch yet.
    left: usize,
}

/// Rows that were read and are not written yet.
pub(super) struct Batch {
    leaves: Vec<Leaf>,
    rows: usize,
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
}

/// What a field is.
enum Of<'s> {
    Value,
    Fields(Vec<Node<'s>>),
    /// A list of such elements, which repeat at this level.
    List(Box<Node<'s>>, i16),
}

/// What of a column is in a batch.
struct Leaf {
    values: Values,
    /// A level for each place, where a value can be missing.
    levels: Vec<i16>,
    most: i16,
    /// For each place, at which level it repeats, where one can.
    repeats: Vec<i16>,
    is_repeated: bool,
    /// The next place, and the next value.
    place: usize,
    next: usize,
    kind: ColumnDescPtr,
    /// Whole numbers that mean nothing else.
    is_number: bool,
    /// Texts.
    is_text: bool,
}

/// Values of a batch.
enum Values {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<parquet::data_type::FixedLenByteArray>),
}

impl<'s> Columns<'s> {
    /// The rows of a group; `None` for one that has maps, lists of old programs or values of a kind that is left
    /// to the reader of rows.
    pub(super) fn of(group: &dyn RowGroupReader, schema: &'s Type) -> Result<Option<Self>> {
        let mut leaves = 0;
        let Some(nodes) = nodes(schema, 0, 0, &mut leaves) else { return Ok(None) };
        let about = group.metadata();
        if leaves != group.num_columns() || !about.columns().iter().all(|column| is_known(column.column_descr())) {
            return Ok(None);
        }
        let readers = (0..leaves).map(|at| Ok((group.get_column_reader(at)?, about.column(at).column_descr_ptr())));
        let left = usize::try_from(about.num_rows()).unwrap_or(0);
        let reading = Reading { readers: readers.collect::<Result<_>>()?, left };
        Ok(Some(Self { fields: Fields(nodes), reading }))
    }
}

impl Reading {
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
            let leaves = self.readers.iter().map(|(reader, kind)| Leaf::of(reader, kind));
            Batch { leaves: leaves.collect::<Result<_>>()?, rows: 0 }
        };
        for (leaf, (reader, kind)) in batch.leaves.iter_mut().zip(&mut self.readers) {
            let read = leaf.fill(reader, rows)?;
            if read != rows {
                let said = format!("column {} ends {} rows too early", kind.path().string(), rows - read);
                return Err(ParquetError::General(said));
            }
        }
        batch.rows = rows;
        self.left -= rows;
        Ok(batch)
    }
}

impl Batch {
    /// Writes the rows as lines, each with the fields `added` (behind a comma), and gives them to `take` in parts,
    /// until that gives `false`. An error comes behind the rows before it.
    pub(super) fn write(
        &mut self,
        fields: &Fields<'_>,
        added: &[u8],
        take: &mut dyn FnMut(Vec<u8>) -> bool,
    ) -> Result<()> {
        let room = PART + PART / 8;
        let mut out = Vec::with_capacity(room);
        for row in 0..self.rows {
            if row % NEAR == 0 {
                out.reserve(self.leaves.iter().map(Leaf::near).sum());
            }
            let start = out.len();
            if let Err(error) = fields.write(&mut self.leaves, row, &mut out) {
                out.truncate(start);
                take(out);
                return Err(error);
            }
            super::add(added, &mut out);
            if out.len() >= PART && !take(std::mem::replace(&mut out, Vec::with_capacity(room))) {
                return Ok(());
            }
        }
        if !out.is_empty() {
            take(out);
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
    Some(Node { key, kind, level, leaves: first..*leaves, of })
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
    /// Writes a row of the batch as an object.
    fn write(&self, leaves: &mut [Leaf], row: usize, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        for field in &self.0 {
            if let Of::Value = field.of {
                // Its column has one place for each row.
                let Some(leaf) = leaves.get_mut(field.leaves.start) else { continue };
                if leaf.most == 0 || leaf.levels.get(row).is_some_and(|level| *level >= field.level) {
                    out.extend_from_slice(&field.key);
                    leaf.write(field.kind, out)?;
                }
            } else if field.is_there(leaves) {
                out.extend_from_slice(&field.key);
                field.write(leaves, out)?;
            } else {
                field.skip(leaves);
            }
        }
        begin(start, out);
        leaves.iter().filter(|leaf| leaf.is_repeated).try_for_each(Leaf::ends)
    }
}

/// Makes an object of the fields from `start` on, each of which is behind a comma.
fn begin(start: usize, out: &mut Vec<u8>) {
    match out.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
    out.push(b'}');
}

impl Node<'_> {
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

impl Leaf {
    /// One for what such a reader reads.
    fn of(reader: &ColumnReader, kind: &ColumnDescPtr) -> Result<Self> {
        let values = match reader {
            ColumnReader::BoolColumnReader(_) => Values::Bool(Vec::new()),
            ColumnReader::Int32ColumnReader(_) => Values::Int32(Vec::new()),
            ColumnReader::Int64ColumnReader(_) => Values::Int64(Vec::new()),
            ColumnReader::FloatColumnReader(_) => Values::Float(Vec::new()),
            ColumnReader::DoubleColumnReader(_) => Values::Double(Vec::new()),
            ColumnReader::ByteArrayColumnReader(_) => Values::Bytes(Vec::new()),
            ColumnReader::FixedLenByteArrayColumnReader(_) => Values::Fixed(Vec::new()),
            ColumnReader::Int96ColumnReader(_) => return Err(ParquetError::NYI("INT96".to_owned())),
        };
        Ok(Self {
            values,
            levels: Vec::new(),
            most: kind.max_def_level(),
            repeats: Vec::new(),
            is_repeated: kind.max_rep_level() > 0,
            place: 0,
            next: 0,
            is_number: is_number(kind),
            is_text: is_text(kind.converted_type()),
            kind: kind.clone(),
        })
    }

    /// Reads so many rows, and says how many there were.
    fn fill(&mut self, reader: &mut ColumnReader, rows: usize) -> Result<usize> {
        self.clear();
        let levels = [(self.most > 0).then_some(&mut self.levels), self.is_repeated.then_some(&mut self.repeats)];
        match (reader, &mut self.values) {
            (ColumnReader::BoolColumnReader(reader), Values::Bool(values)) => read(reader, rows, levels, values),
            (ColumnReader::Int32ColumnReader(reader), Values::Int32(values)) => read(reader, rows, levels, values),
            (ColumnReader::Int64ColumnReader(reader), Values::Int64(values)) => read(reader, rows, levels, values),
            (ColumnReader::FloatColumnReader(reader), Values::Float(values)) => read(reader, rows, levels, values),
            (ColumnReader::DoubleColumnReader(reader), Values::Double(values)) => read(reader, rows, levels, values),
            (ColumnReader::ByteArrayColumnReader(reader), Values::Bytes(values)) => read(reader, rows, levels, values),
            (ColumnReader::FixedLenByteArrayColumnReader(reader), Values::Fixed(values)) => {
                read(reader, rows, levels, values)
            }
            // A batch is read again by what it was made for.
            _ => Ok(0),
        }
    }

    /// Bytes of the values of the next rows.
    ///
    /// These come from the thread that read them, and a row has one of each column: asked for one by one each would
    /// be waited for.
    fn near(&self) -> usize {
        match &self.values {
            Values::Bytes(values) => values.iter().skip(self.next).take(NEAR).map(ByteArray::len).sum(),
            _ => 0,
        }
    }

    /// Lets go of what was read.
    fn clear(&mut self) {
        (self.place, self.next) = (0, 0);
        self.levels.clear();
        self.repeats.clear();
        match &mut self.values {
            Values::Bool(values) => values.clear(),
            Values::Int32(values) => values.clear(),
            Values::Int64(values) => values.clear(),
            Values::Float(values) => values.clear(),
            Values::Double(values) => values.clear(),
            Values::Bytes(values) => values.clear(),
            Values::Fixed(values) => values.clear(),
        }
    }

    /// The level of the next place.
    fn level(&self) -> i16 {
        if self.most == 0 { 0 } else { self.levels.get(self.place).copied().unwrap_or(0) }
    }

    /// Whether the next place is one more of a list whose elements repeat at this level.
    fn goes_on(&self, repeats: i16) -> bool {
        self.repeats.get(self.place).is_some_and(|level| *level >= repeats)
    }

    /// Whether a row ends here.
    fn ends(&self) -> Result<()> {
        if self.goes_on(1) {
            return Err(ParquetError::General(format!("a list of column {} has no end", self.kind.path().string())));
        }
        Ok(())
    }

    /// Writes the next value.
    fn write(&mut self, kind: &Type, out: &mut Vec<u8>) -> Result<()> {
        let (at, of) = (self.next, &self.kind);
        self.next += 1;
        let field = match &self.values {
            Values::Bytes(values) => match values.get(at) {
                Some(bytes) if self.is_text && text(bytes.data(), out) => return Ok(()),
                Some(bytes) => Some(Field::convert_byte_array(of, bytes.clone())?),
                None => None,
            },
            Values::Int64(values) => match values.get(at) {
                Some(number) if self.is_number => {
                    integer(*number, out);
                    return Ok(());
                }
                number => number.map(|number| Field::convert_int64(of, *number)),
            },
            Values::Int32(values) => match values.get(at) {
                Some(number) if self.is_number => {
                    integer(i64::from(*number), out);
                    return Ok(());
                }
                number => number.map(|number| Field::convert_int32(of, *number)),
            },
            Values::Bool(values) => values.get(at).map(|is| Field::convert_bool(of, *is)),
            Values::Float(values) => values.get(at).map(|number| Field::convert_float(of, *number)),
            Values::Double(values) => match values.get(at) {
                Some(number) => {
                    float(*number, out);
                    return Ok(());
                }
                None => None,
            },
            Values::Fixed(values) => match values.get(at) {
                Some(bytes) => Some(Field::convert_byte_array(of, bytes.clone().into())?),
                None => None,
            },
        };
        value(&field.unwrap_or(Field::Null), Some(kind), out);
        Ok(())
    }
}

/// Writes bytes that are a text; `false`, and nothing, where they are none.
fn text(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let is_text = is_ascii_quoted(bytes, out) || simdutf8::basic::from_utf8(bytes).is_ok();
    if !is_text {
        out.truncate(start);
    }
    is_text
}

/// Reads so many rows of a column, and says how many there were.
fn read<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    [levels, repeats]: [Option<&mut Vec<i16>>; 2],
    values: &mut Vec<T::T>,
) -> Result<usize> {
    let (read, _, _) = reader.read_records(rows, levels, repeats, values)?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;

    use parquet::file::metadata::ColumnChunkMetaData;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    use super::super::{object, unread};
    use super::*;

    /// The rows of a group by columns, if they can be read so.
    fn by_columns(group: &dyn RowGroupReader, schema: &Type) -> Option<Vec<String>> {
        let Columns { fields, mut reading } = Columns::of(group, schema).unwrap()?;
        let mut text = Vec::new();
        let mut batch = None;
        while let Some(read) = reading.next(batch.take()) {
            let mut read = read.unwrap();
            let mut take = |part: Vec<u8>| {
                text.extend_from_slice(&part);
                true
            };
            read.write(&fields, b"", &mut take).unwrap();
            batch = Some(read);
        }
        Some(String::from_utf8(text).unwrap().lines().map(str::to_owned).collect())
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
                let Some(found) = by_columns(&*group, &schema) else { continue };
                let rows = group.get_row_iter(None).unwrap().map(|row| {
                    let mut text = Vec::new();
                    object(&row.unwrap(), Some(&schema), &mut text);
                    String::from_utf8(text).unwrap()
                });
                assert_eq!(found, rows.collect::<Vec<_>>(), "{} {number}", path.display());
                read += found.len();
            }
        }
        assert!(read > 0);
    }
}
