//! Row groups without lists and maps, read column by column: a row needs no values of its own, and the name
//! of a column is made ready once.
//!
//! Batches are as long as those of the crate's reader of rows, so that of a column which is damaged as
//! many rows are read.

use parquet::basic::{ConvertedType, Repetition, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::RowGroupReader;
use parquet::record::Field;
use parquet::schema::types::{ColumnDescPtr, Type};

use super::{string, value};

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

/// A field of a row.
struct Node<'s> {
    /// Its name as the key of an object.
    key: String,
    kind: &'s Type,
    /// The level from which on it is there.
    level: i16,
    /// The column of its value, or the first of its fields.
    leaf: usize,
    /// Its fields, if it is a group.
    fields: Option<Vec<Node<'s>>>,
}

/// A column of values.
struct Leaf {
    values: Values,
    /// A level for each row, where a value can be missing.
    levels: Vec<i16>,
    most: i16,
    /// The next value.
    next: usize,
    kind: ColumnDescPtr,
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
    /// The rows of a group; `None` for one that has lists, maps or values of a kind that is left to the reader of
    /// rows.
    pub(super) fn of(group: &dyn RowGroupReader, schema: &'s Type) -> Result<Option<Self>> {
        let mut leaves = 0;
        let Some(fields) = nodes(schema, 0, &mut leaves) else { return Ok(None) };
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
            Ok(Leaf { values, levels: Vec::new(), most: kind.max_def_level(), next: 0, kind })
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
        let row = self.row;
        self.row += 1;
        Some(write(&self.fields, &mut self.leaves, row, out))
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

/// The fields of a group whose own level is `level`; `leaves` counts columns. `None` for lists and maps.
fn nodes<'s>(group: &'s Type, level: i16, leaves: &mut usize) -> Option<Vec<Node<'s>>> {
    let fields = group.get_fields().iter().map(|kind| {
        let about = kind.get_basic_info();
        let level = match about.has_repetition().then(|| about.repetition())? {
            Repetition::REQUIRED => level,
            Repetition::OPTIONAL => level + 1,
            Repetition::REPEATED => return None,
        };
        let mut key = String::new();
        string(kind.name(), &mut key);
        key.push(':');
        let leaf = *leaves;
        let fields = if kind.is_group() {
            let is_list = about.converted_type() != ConvertedType::NONE || about.logical_type_ref().is_some();
            if is_list || kind.get_fields().is_empty() {
                return None;
            }
            Some(nodes(kind, level, leaves)?)
        } else {
            *leaves += 1;
            None
        };
        Some(Node { key, kind, level, leaf, fields })
    });
    fields.collect()
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

/// Writes the fields of a row that are there.
fn write(fields: &[Node<'_>], leaves: &mut [Leaf], row: usize, out: &mut String) -> Result<()> {
    out.push('{');
    let mut is_first = true;
    for field in fields {
        let Some(leaf) = leaves.get_mut(field.leaf) else { continue };
        if leaf.most > 0 && leaf.levels.get(row).is_none_or(|level| *level < field.level) {
            continue;
        }
        if !std::mem::take(&mut is_first) {
            out.push(',');
        }
        out.push_str(&field.key);
        match &field.fields {
            Some(fields) => write(fields, leaves, row, out)?,
            None => leaf.write(field.kind, out)?,
        }
    }
    out.push('}');
    Ok(())
}

impl Leaf {
    /// Reads so many rows, and says how many there were.
    fn fill(&mut self, rows: usize) -> Result<usize> {
        self.next = 0;
        self.levels.clear();
        let levels = (self.most > 0).then_some(&mut self.levels);
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

    /// Writes the next value.
    fn write(&mut self, kind: &Type, out: &mut String) -> Result<()> {
        let (at, of) = (self.next, &self.kind);
        self.next += 1;
        let field = match &self.values {
            Values::Bool(_, values) => values.get(at).map(|is| Field::convert_bool(of, *is)),
            Values::Int32(_, values) => values.get(at).map(|number| Field::convert_int32(of, *number)),
            Values::Int64(_, values) => values.get(at).map(|number| Field::convert_int64(of, *number)),
            Values::Float(_, values) => values.get(at).map(|number| Field::convert_float(of, *number)),
            Values::Double(_, values) => values.get(at).map(|number| Field::convert_double(of, *number)),
            Values::Bytes(_, values) => match values.get(at) {
                Some(bytes) if is_text(of.converted_type()) => match std::str::from_utf8(bytes.data()) {
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
    levels: Option<&mut Vec<i16>>,
    values: &mut Vec<T::T>,
) -> Result<usize> {
    values.clear();
    let (read, _, _) = reader.read_records(rows, levels, None, values)?;
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
