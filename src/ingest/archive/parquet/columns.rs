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

use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::RowGroupReader;
use parquet::record::Field;
use parquet::schema::types::{ColumnDescPtr, Type};

use super::{float, integer, string, value};

/// Rows of a batch: the default of `parquet::record::reader`.
const BATCH: usize = 1024;

/// Rows of a group.
pub(super) struct Columns<'s> {
    fields: Vec<Node<'s>>,
    leaves: Vec<Leaf>,
    /// Rows of the group that are in no batch yet.
    left: usize,
    /// The next row of the batch, and how many it has.
    row: usize,
    rows: usize,
}

/// A field of a row, or the element of a list.
struct Node<'s> {
    /// Its name as the key of an object.
    key: String,
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

/// A column of values.
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
}

/// Values of a batch with their reader.
enum Values {
    Bool(ColumnReaderImpl<BoolType>, Vec<bool>),
    Int32(ColumnReaderImpl<Int32Type>, Vec<i32>),
    Int64(ColumnReaderImpl<Int64Type>, Vec<i64>),
    Float(ColumnReaderImpl<FloatType>, Vec<f32>),
    Double(ColumnReaderImpl<DoubleType>, Vec<f64>),
    Bytes(ColumnReaderImpl<ByteArrayType>, Vec<ByteArray>),
    Fixed(ColumnReaderImpl<FixedLenByteArrayType>, Vec<parquet::data_type::FixedLenByteArray>),
}

impl<'s> Columns<'s> {
    /// The rows of a group; `None` for one that has maps, lists of old programs or values of a kind that is left
    /// to the reader of rows.
    pub(super) fn of(group: &dyn RowGroupReader, schema: &'s Type) -> Result<Option<Self>> {
        let mut leaves = 0;
        let Some(fields) = nodes(schema, 0, 0, &mut leaves) else { return Ok(None) };
        let about = group.metadata();
        if leaves != group.num_columns() || !about.columns().iter().all(|column| is_known(column.column_descr())) {
            return Ok(None);
        }
        let leaves = (0..leaves).map(|at| {
            let kind = about.column(at).column_descr_ptr();
            let values = match group.get_column_reader(at)? {
                ColumnReader::BoolColumnReader(reader) => Values::Bool(reader, Vec::new()),
                ColumnReader::Int32ColumnReader(reader) => Values::Int32(reader, Vec::new()),
                ColumnReader::Int64ColumnReader(reader) => Values::Int64(reader, Vec::new()),
                ColumnReader::FloatColumnReader(reader) => Values::Float(reader, Vec::new()),
                ColumnReader::DoubleColumnReader(reader) => Values::Double(reader, Vec::new()),
                ColumnReader::ByteArrayColumnReader(reader) => Values::Bytes(reader, Vec::new()),
                ColumnReader::FixedLenByteArrayColumnReader(reader) => Values::Fixed(reader, Vec::new()),
                ColumnReader::Int96ColumnReader(_) => return Err(ParquetError::NYI("INT96".to_owned())),
            };
            Ok(Leaf {
                values,
                levels: Vec::new(),
                most: kind.max_def_level(),
                repeats: Vec::new(),
                is_repeated: kind.max_rep_level() > 0,
                place: 0,
                next: 0,
                is_number: is_number(&kind),
                kind,
            })
        });
        let left = usize::try_from(about.num_rows()).unwrap_or(0);
        Ok(Some(Self { fields, leaves: leaves.collect::<Result<_>>()?, left, row: 0, rows: 0 }))
    }

    /// Writes the next row as an object; `None` behind the last.
    pub(super) fn next(&mut self, out: &mut String) -> Option<Result<()>> {
        if self.row == self.rows {
            if self.left == 0 {
                return None;
            }
            if let Err(error) = self.fill() {
                self.left = 0;
                return Some(Err(error));
            }
        }
        self.row += 1;
        let written =
            write(&self.fields, &mut self.leaves, out).and_then(|()| self.leaves.iter().try_for_each(Leaf::ends));
        if written.is_err() {
            (self.row, self.rows, self.left) = (0, 0, 0);
        }
        Some(written)
    }

    /// Reads the next batch.
    fn fill(&mut self) -> Result<()> {
        let wanted = self.left.min(BATCH);
        for leaf in &mut self.leaves {
            let read = leaf.fill(wanted)?;
            if read != wanted {
                let said = format!("column {} ends {} rows too early", leaf.kind.path().string(), wanted - read);
                return Err(ParquetError::General(said));
            }
        }
        (self.row, self.rows) = (0, wanted);
        self.left -= wanted;
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
    let mut key = String::new();
    string(kind.name(), &mut key);
    key.push(':');
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

/// Whether the crate knows what values of a column are.
fn is_known(column: &parquet::schema::types::ColumnDescriptor) -> bool {
    let kind = column.converted_type();
    match column.physical_type() {
        Physical::BOOLEAN | Physical::FLOAT | Physical::DOUBLE => true,
        Physical::INT32 => !matches!(
            kind,
            ConvertedType::INT_64 | ConvertedType::UINT_64 | ConvertedType::TIME_MICROS | ConvertedType::UTF8
        ),
        Physical::INT64 => matches!(
            kind,
            ConvertedType::INT_64
                | ConvertedType::NONE
                | ConvertedType::UINT_64
                | ConvertedType::TIME_MICROS
                | ConvertedType::TIMESTAMP_MILLIS
                | ConvertedType::TIMESTAMP_MICROS
                | ConvertedType::DECIMAL
        ),
        Physical::BYTE_ARRAY => is_text(kind) || matches!(kind, ConvertedType::BSON | ConvertedType::NONE),
        Physical::FIXED_LEN_BYTE_ARRAY => kind == ConvertedType::NONE,
        Physical::INT96 => false,
    }
}

fn is_text(kind: ConvertedType) -> bool {
    matches!(kind, ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON)
}

/// Whether whole numbers of a column are nothing but that: no times, decimals or numbers of other widths.
fn is_number(column: &parquet::schema::types::ColumnDescriptor) -> bool {
    match column.physical_type() {
        Physical::INT32 => matches!(column.converted_type(), ConvertedType::NONE | ConvertedType::INT_32),
        Physical::INT64 => {
            matches!(column.converted_type(), ConvertedType::NONE | ConvertedType::INT_64)
                && !matches!(column.logical_type_ref(), Some(LogicalType::Timestamp(_)))
        }
        _ => false,
    }
}

/// Writes the fields of an object that are there.
fn write(fields: &[Node<'_>], leaves: &mut [Leaf], out: &mut String) -> Result<()> {
    out.push('{');
    let mut is_first = true;
    for field in fields {
        if !field.is_there(leaves) {
            field.skip(leaves);
            continue;
        }
        if !std::mem::take(&mut is_first) {
            out.push(',');
        }
        out.push_str(&field.key);
        field.write(leaves, out)?;
    }
    out.push('}');
    Ok(())
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
    fn write(&self, leaves: &mut [Leaf], out: &mut String) -> Result<()> {
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
            out.push_str("[]");
            return Ok(());
        }
        out.push('[');
        loop {
            if element.is_there(leaves) {
                element.write(leaves, out)?;
            } else {
                element.skip(leaves);
                out.push_str("null");
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
            out.push(',');
        }
        out.push(']');
        Ok(())
    }
}

impl Leaf {
    /// Reads so many rows, and says how many there were.
    fn fill(&mut self, rows: usize) -> Result<usize> {
        (self.place, self.next) = (0, 0);
        self.levels.clear();
        self.repeats.clear();
        let levels = [(self.most > 0).then_some(&mut self.levels), self.is_repeated.then_some(&mut self.repeats)];
        match &mut self.values {
            Values::Bool(reader, values) => read(reader, rows, levels, values),
            Values::Int32(reader, values) => read(reader, rows, levels, values),
            Values::Int64(reader, values) => read(reader, rows, levels, values),
            Values::Float(reader, values) => read(reader, rows, levels, values),
            Values::Double(reader, values) => read(reader, rows, levels, values),
            Values::Bytes(reader, values) => read(reader, rows, levels, values),
            Values::Fixed(reader, values) => read(reader, rows, levels, values),
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
    fn write(&mut self, kind: &Type, out: &mut String) -> Result<()> {
        let (at, of) = (self.next, &self.kind);
        self.next += 1;
        let field = match &self.values {
            Values::Bool(_, values) => values.get(at).map(|is| Field::convert_bool(of, *is)),
            Values::Int32(_, values) => match values.get(at) {
                Some(number) if self.is_number => {
                    integer(i64::from(*number), out);
                    return Ok(());
                }
                number => number.map(|number| Field::convert_int32(of, *number)),
            },
            Values::Int64(_, values) => match values.get(at) {
                Some(number) if self.is_number => {
                    integer(*number, out);
                    return Ok(());
                }
                number => number.map(|number| Field::convert_int64(of, *number)),
            },
            Values::Float(_, values) => values.get(at).map(|number| Field::convert_float(of, *number)),
            Values::Double(_, values) => match values.get(at) {
                Some(number) => {
                    float(*number, out);
                    return Ok(());
                }
                None => None,
            },
            Values::Bytes(_, values) => match values.get(at) {
                Some(bytes) if is_text(of.converted_type()) => match simdutf8::basic::from_utf8(bytes.data()) {
                    Ok(text) => {
                        string(text, out);
                        return Ok(());
                    }
                    Err(_) => Some(Field::convert_byte_array(of, bytes.clone())?),
                },
                Some(bytes) => Some(Field::convert_byte_array(of, bytes.clone())?),
                None => None,
            },
            Values::Fixed(_, values) => match values.get(at) {
                Some(bytes) => Some(Field::convert_byte_array(of, bytes.clone().into())?),
                None => None,
            },
        };
        value(&field.unwrap_or(Field::Null), Some(kind), out);
        Ok(())
    }
}

/// Reads so many rows of a column, and says how many there were.
fn read<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    [levels, repeats]: [Option<&mut Vec<i16>>; 2],
    values: &mut Vec<T::T>,
) -> Result<usize> {
    values.clear();
    let (read, _, _) = reader.read_records(rows, levels, repeats, values)?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;

    use parquet::file::metadata::ColumnChunkMetaData;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    use super::super::{object, unread};
    use super::*;

    /// The rows of a group by columns, if they can be read so.
    fn by_columns(group: &dyn RowGroupReader, schema: &Type) -> Option<Vec<String>> {
        let mut columns = Columns::of(group, schema).unwrap()?;
        let mut rows = Vec::new();
        loop {
            let mut row = String::new();
            match columns.next(&mut row) {
                Some(read) => read.unwrap(),
                None => return Some(rows),
            }
            rows.push(row);
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
                let Some(found) = by_columns(&*group, &schema) else { continue };
                let rows = group.get_row_iter(None).unwrap().map(|row| {
                    let mut text = String::new();
                    object(&row.unwrap(), Some(&schema), &mut text);
                    text
                });
                assert_eq!(found, rows.collect::<Vec<_>>(), "{} {number}", path.display());
                read += found.len();
            }
        }
        assert!(read > 0);
    }
}
