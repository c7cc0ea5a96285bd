//! What of a column is in a batch.

use std::sync::Arc;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::{ParquetError, Result};
use parquet::record::Field;
use parquet::schema::types::{ColumnDescPtr, Type};

use super::kinds::{is_number, is_text};
use super::{float, integer, value};
use crate::formats::escape::is_ascii_quoted;

/// Rows whose values are fetched together.
pub(super) const NEAR: usize = 64;

/// Rows that were read and are not written yet.
pub(super) struct Batch {
    pub(super) leaves: Vec<Leaf>,
    pub(super) rows: usize,
    /// It is one of the first, by whose lines is judged what the file holds.
    pub(super) is_first: bool,
}

/// What stands for each number.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) text: Vec<u8>,
    /// Where each ends, behind the start of the first.
    pub(super) ends: Vec<u32>,
}

impl Texts {
    /// The text of a number.
    pub(super) fn get(&self, number: i32) -> Option<&[u8]> {
        let at = usize::try_from(number).ok()?;
        let (start, end) = (*self.ends.get(at)?, *self.ends.get(at + 1)?);
        self.text.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }
}

/// What of a column is in a batch.
pub(super) struct Leaf {
    values: Values,
    /// A level for each place, where a value can be missing.
    pub(super) levels: Vec<i16>,
    pub(super) most: i16,
    /// For each place, at which level it repeats, where one can.
    repeats: Vec<i16>,
    pub(super) is_repeated: bool,
    /// The next place, and the next value.
    pub(super) place: usize,
    pub(super) next: usize,
    kind: ColumnDescPtr,
    /// Whole numbers that mean nothing else.
    is_number: bool,
    /// Texts.
    is_text: bool,
    /// What its values are numbers of.
    pub(super) texts: Option<Arc<Texts>>,
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
    Long(Long),
}

/// Texts that are unpacked as they are asked for.
#[derive(Default)]
struct Long {
    /// One for each.
    numbers: Vec<i32>,
    text: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Long {
    fn get(&self, at: usize) -> Option<&[u8]> {
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start..*self.ends.get(at)?)
    }
}

impl Leaf {
    /// One for what such a reader reads.
    pub(super) fn of(reader: &ColumnReader, kind: &ColumnDescPtr) -> Result<Self> {
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
            texts: None,
        })
    }

    /// One for what such a reader reads, of which each value is there.
    pub(super) fn required(reader: &ColumnReader, kind: &ColumnDescPtr) -> Result<Self> {
        Ok(Self { most: 0, is_repeated: false, ..Self::of(reader, kind)? })
    }

    /// One for texts that are unpacked as they are asked for.
    pub(super) fn long(reader: &ColumnReader, kind: &ColumnDescPtr) -> Result<Self> {
        Ok(Self { values: Values::Long(Long::default()), ..Self::of(reader, kind)? })
    }

    /// Has its texts written, one behind the other; `None` where one is not there.
    pub(super) fn unpack(&mut self, next: &mut dyn FnMut(&mut Vec<u8>) -> Option<()>) -> Option<()> {
        let Values::Long(long) = &mut self.values else { return None };
        for _ in 0..long.numbers.len() {
            next(&mut long.text)?;
            long.ends.push(long.text.len());
        }
        Some(())
    }

    /// Whether it is for what such a reader reads.
    pub(super) fn is_of(&self, reader: &ColumnReader) -> bool {
        matches!(
            (reader, &self.values),
            (ColumnReader::BoolColumnReader(_), Values::Bool(_))
                | (ColumnReader::Int32ColumnReader(_), Values::Int32(_))
                | (ColumnReader::Int64ColumnReader(_), Values::Int64(_))
                | (ColumnReader::FloatColumnReader(_), Values::Float(_))
                | (ColumnReader::DoubleColumnReader(_), Values::Double(_))
                | (ColumnReader::ByteArrayColumnReader(_), Values::Bytes(_))
                | (ColumnReader::FixedLenByteArrayColumnReader(_), Values::Fixed(_))
        )
    }

    /// Whether it has no values.
    pub(super) fn is_empty(&self) -> bool {
        !matches!(&self.values, Values::Int32(numbers) if !numbers.is_empty())
    }

    /// Reads so many rows, and says how many there were.
    pub(super) fn fill(&mut self, reader: &mut ColumnReader, rows: usize) -> Result<usize> {
        self.clear();
        let levels = [(self.most > 0).then_some(&mut self.levels), self.is_repeated.then_some(&mut self.repeats)];
        match (reader, &mut self.values) {
            (ColumnReader::BoolColumnReader(reader), Values::Bool(values)) => read(reader, rows, levels, values),
            (ColumnReader::Int32ColumnReader(reader), Values::Int32(values)) => read(reader, rows, levels, values),
            (ColumnReader::Int32ColumnReader(reader), Values::Long(long)) => {
                read(reader, rows, levels, &mut long.numbers)
            }
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

    /// The next value, if it is a text that looks like an object and can stand in a line as it is.
    pub(super) fn line(&self) -> Option<&[u8]> {
        let text = match &self.values {
            Values::Bytes(values) if self.is_text => values.get(self.next).map(ByteArray::data),
            Values::Long(long) if self.is_text => long.get(self.next),
            _ => None,
        }?;
        let is_line = text.starts_with(b"{")
            && text.ends_with(b"}")
            && memchr::memchr2(b'\n', b'\r', text).is_none()
            && simdutf8::basic::from_utf8(text).is_ok();
        is_line.then_some(text)
    }

    /// Bytes of the values of the next rows.
    ///
    /// These come from the thread that read them, and a row has one of each column: asked for one by one each would
    /// be waited for.
    pub(super) fn near(&self) -> usize {
        match &self.values {
            Values::Bytes(values) => values.iter().skip(self.next).take(NEAR).map(ByteArray::len).sum(),
            _ => 0,
        }
    }

    /// Lets go of what was read.
    pub(super) fn clear(&mut self) {
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
            Values::Long(Long { numbers, text, ends }) => {
                numbers.clear();
                text.clear();
                ends.clear();
            }
        }
    }

    /// The level of the next place.
    pub(super) fn level(&self) -> i16 {
        if self.most == 0 { 0 } else { self.levels.get(self.place).copied().unwrap_or(0) }
    }

    /// Whether the next place is one more of a list whose elements repeat at this level.
    pub(super) fn goes_on(&self, repeats: i16) -> bool {
        self.repeats.get(self.place).is_some_and(|level| *level >= repeats)
    }

    /// Whether a row ends here.
    pub(super) fn ends(&self) -> Result<()> {
        if self.goes_on(1) {
            return Err(ParquetError::General(format!("a list of column {} has no end", self.kind.path().string())));
        }
        Ok(())
    }

    /// What the next value is the number of.
    pub(super) fn number(&mut self) -> Result<&[u8]> {
        let number = match &self.values {
            Values::Int32(numbers) => numbers.get(self.next),
            _ => None,
        };
        self.next += 1;
        number
            .and_then(|number| self.texts.as_deref()?.get(*number))
            .ok_or_else(|| ParquetError::General(format!("column {} has too few values", self.kind.path().string())))
    }

    /// Writes the next value.
    pub(super) fn write(&mut self, kind: &Type, out: &mut Vec<u8>) -> Result<()> {
        if self.texts.is_some() {
            out.extend_from_slice(self.number()?);
            return Ok(());
        }
        let (at, of) = (self.next, &self.kind);
        self.next += 1;
        let field = match &self.values {
            Values::Bytes(values) => match values.get(at) {
                Some(bytes) if self.is_text && text(bytes.data(), out) => return Ok(()),
                Some(bytes) => Some(Field::convert_byte_array(of, bytes.clone())?),
                None => None,
            },
            Values::Long(long) => match long.get(at) {
                Some(bytes) if self.is_text && text(bytes, out) => return Ok(()),
                Some(bytes) => Some(Field::convert_byte_array(of, bytes.to_vec().into())?),
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
