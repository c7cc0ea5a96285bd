//! Parquet: each row group is a member, and each row a line of JSON.
//!
//! So the line of a row is its number in its row group. A value is written as JSON has it: a time as text in
//! ISO 8601, with `Z` where the column says that it is UTC; a date, a UUID and a decimal as their
//! texts and numbers; bytes as text where they are, else as base64. What is null is left out.
//!
//! Columns that a table is parted by (`date=2024-01-01/part-0.parquet`) are in no file: they are texts of
//! each row, by the names of the folders.

mod columns;
mod dictionary;
mod kinds;
mod leaf;
mod plain;
mod reading;
mod unpacked;
mod writing;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Days, NaiveDate};
use parquet::basic::{Compression, ConvertedType, LogicalType, TimeUnit};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use parquet::schema::types::Type;

use self::columns::Columns;
use super::{Giving, invalid};
use crate::formats::escape::quote;

/// Bytes of lines that are made at once.
const LINES: usize = 1 << 16;

/// Walks through the row groups; the error is what is wrong with all of the file.
pub(super) fn walk(file: &File, partitions: &[(String, String)], giving: &mut Giving) -> io::Result<()> {
    let reader = SerializedFileReader::new(file.try_clone()?).map_err(failure)?;
    let groups = reader.num_row_groups();
    let schema = reader.metadata().file_metadata().schema_descr().root_schema_ptr();
    let is_own = |column: &str| schema.get_fields().iter().any(|field| field.name().eq_ignore_ascii_case(column));
    let mut added = Added::default();
    for (column, value) in partitions.iter().filter(|(column, _)| !is_own(column)) {
        added.push(column, value);
    }
    let rows = |number: usize| u64::try_from(reader.metadata().row_group(number).num_rows()).unwrap_or(0);
    giving.behind = (0..groups).map(rows).fold(0, u64::saturating_add);
    for number in 0..groups {
        giving.behind = giving.behind.saturating_sub(rows(number));
        let group = reader.get_row_group(number).map_err(failure)?;
        if group.metadata().num_rows() == 0 && groups > 1 {
            continue;
        }
        // The only one needs no name.
        let name = if groups == 1 { String::new() } else { format!("row group {number}") };
        let unknown = group.metadata().columns().iter().find_map(|column| unread(column.compression()));
        if !giving.member(name, unknown) {
            return Ok(());
        }
        if unknown.is_some() {
            continue;
        }
        let goes_on = match Columns::of(&*group, file, &schema, &added) {
            Ok(Some(columns)) => writing::give(columns, &added, giving),
            Ok(None) => match group.get_row_iter(None) {
                Ok(rows) => {
                    let text = Vec::new();
                    giving.content(Lines { rows, schema: &schema, added: &added.text, text, at: 0, failure: None })
                }
                Err(error) => giving.give(super::Step::Broken(failure(error))),
            },
            Err(error) => giving.give(super::Step::Broken(failure(error))),
        };
        if !goes_on {
            return Ok(());
        }
    }
    Ok(())
}

/// Fields that each row of the file has.
#[derive(Default)]
struct Added {
    /// Behind a comma.
    text: Vec<u8>,
    /// Their names, and the lengths of their values.
    fields: Vec<(String, usize)>,
}

impl Added {
    fn push(&mut self, column: &str, value: &str) {
        self.text.push(b',');
        quote(column.as_bytes(), &mut self.text);
        self.text.push(b':');
        let start = self.text.len();
        quote(value.as_bytes(), &mut self.text);
        self.fields.push((column.to_owned(), self.text.len() - start));
    }
}

/// Ends the line of a row, with the fields `added`, which are behind a comma.
fn add(added: &[u8], line: &mut Vec<u8>) {
    if !added.is_empty() {
        line.pop();
        let added = if line.ends_with(b"{") { added.get(1..) } else { Some(added) };
        line.extend_from_slice(added.unwrap_or_default());
        line.push(b'}');
    }
    line.push(b'\n');
}

/// Why a column that is packed in this way is not read.
fn unread(compression: Compression) -> Option<&'static str> {
    match compression {
        Compression::BROTLI(_) => Some("its columns are packed with Brotli; write it with Snappy or Zstandard"),
        Compression::LZO => Some("its columns are packed with LZO; write it with Snappy or Zstandard"),
        _ => None,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn failure(error: parquet::errors::ParquetError) -> io::Error {
    invalid(&error.to_string())
}

/// The rows of a group, row by row and line by line.
struct Lines<'r> {
    rows: RowIter<'r>,
    schema: &'r Type,
    /// Fields of each row, behind a comma.
    added: &'r [u8],
    text: Vec<u8>,
    at: usize,
    /// What ended the rows, reported behind those before it.
    failure: Option<io::Error>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.text.len() {
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            self.text.clear();
            self.at = 0;
            while self.text.len() < LINES {
                match self.rows.next() {
                    Some(Ok(row)) => {
                        object(&row, Some(self.schema), &mut self.text);
                        add(self.added, &mut self.text);
                    }
                    Some(Err(error)) => {
                        self.failure = Some(failure(error));
                        break;
                    }
                    None => break,
                }
            }
        }
        if let Some(failure) = self.failure.take_if(|_| self.text.is_empty()) {
            return Err(failure);
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..read), rest.get(..read)) {
            to.copy_from_slice(from);
        }
        self.at += read;
        Ok(read)
    }
}

/// Writes an object without its nulls.
fn object(row: &Row, kind: Option<&Type>, out: &mut Vec<u8>) {
    out.push(b'{');
    let mut is_first = true;
    let kinds = kind.filter(|kind| kind.is_group()).map(Type::get_fields).unwrap_or_default();
    for (at, (name, field)) in row.get_column_iter().enumerate() {
        if *field == Field::Null {
            continue;
        }
        if !std::mem::take(&mut is_first) {
            out.push(b',');
        }
        quote(name.as_bytes(), out);
        out.push(b':');
        value(field, kinds.get(at).map(|kind| &**kind).filter(|kind| kind.name() == name), out);
    }
    out.push(b'}');
}

/// Writes a value, whose column is of this kind, if that is known.
fn value(field: &Field, kind: Option<&Type>, out: &mut Vec<u8>) {
    let logical = kind.and_then(|kind| kind.get_basic_info().logical_type_ref());
    match field {
        Field::Null => out.extend_from_slice(b"null"),
        Field::Bool(is) => out.extend_from_slice(if *is { &b"true"[..] } else { b"false" }),
        Field::Float16(number) => float(f64::from(*number), out),
        // As short as it was written: 0.1 is not 0.10000000149.
        Field::Float(number) => float(number.to_string().parse().unwrap_or(f64::NAN), out),
        Field::Double(number) => float(*number, out),
        Field::Str(text) => quote(text.as_bytes(), out),
        Field::Bytes(bytes) => quote(text_of(bytes.data(), logical).as_bytes(), out),
        Field::Date(days) => quote(date(*days).as_bytes(), out),
        Field::TimeMillis(millis) => quote(time(i64::from(*millis) * 1000).as_bytes(), out),
        Field::TimeMicros(micros) => quote(time(*micros).as_bytes(), out),
        Field::TimestampMillis(millis) => stamp(DateTime::from_timestamp_millis(*millis), *millis, logical, out),
        Field::TimestampMicros(micros) => stamp(DateTime::from_timestamp_micros(*micros), *micros, logical, out),
        // Units that are newer than the types of the crate's rows.
        Field::Long(number) if let Some(LogicalType::Timestamp(of)) = logical => {
            let at = match of.unit {
                TimeUnit::MILLIS => DateTime::from_timestamp_millis(*number),
                TimeUnit::MICROS => DateTime::from_timestamp_micros(*number),
                TimeUnit::NANOS => Some(DateTime::from_timestamp_nanos(*number)),
            };
            stamp(at, *number, logical, out);
        }
        Field::Group(row) => object(row, kind, out),
        Field::ListInternal(list) => {
            out.push(b'[');
            let of = kind.and_then(element);
            for at in 0..list.len() {
                if at > 0 {
                    out.push(b',');
                }
                value(list.elements().get(at).unwrap_or(&Field::Null), of, out);
            }
            out.push(b']');
        }
        Field::MapInternal(map) => {
            out.push(b'{');
            for (at, (key, of)) in map.entries().iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                match key {
                    Field::Str(key) => quote(key.as_bytes(), out),
                    Field::Bytes(key) => quote(text_of(key.data(), None).as_bytes(), out),
                    other => quote(other.to_string().as_bytes(), out),
                }
                out.push(b':');
                value(of, None, out);
            }
            out.push(b'}');
        }
        Field::Int(number) => integer(i64::from(*number), out),
        Field::Long(number) => integer(*number, out),
        // The crate writes a point behind the digits of a decimal without places: `42.`, which is no JSON.
        Field::Decimal(_) => out.extend_from_slice(field.to_string().trim_end_matches('.').as_bytes()),
        // Other numbers, which are written as they are.
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// Writes a whole number.
fn integer(number: i64, out: &mut Vec<u8>) {
    // As many as the longest has.
    let mut digits = [b'0'; 20];
    let (mut rest, mut at) = (number.unsigned_abs(), digits.len());
    let digit = |number: u64| b'0' + u8::try_from(number).unwrap_or(0);
    while rest > 9 {
        at -= 2;
        let pair = rest % 100;
        if let Some(two) = digits.get_mut(at..at + 2) {
            two.copy_from_slice(&[digit(pair / 10), digit(pair % 10)]);
        }
        rest /= 100;
    }
    if rest > 0 || at == digits.len() {
        at -= 1;
        if let Some(one) = digits.get_mut(at) {
            *one = digit(rest);
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(digits.get(at..).unwrap_or_default());
}

/// Up to here a number with a fraction has each whole number.
const WHOLE: f64 = 9_007_199_254_740_992.0;

fn float(number: f64, out: &mut Vec<u8>) {
    #[expect(clippy::cast_possible_truncation, reason = "it was looked at: nothing is cut off")]
    if number.abs() < WHOLE && number.fract() == 0.0 && (number != 0.0 || number.is_sign_positive()) {
        integer(number as i64, out);
    } else if number.is_finite() {
        let _ = write!(out, "{number}");
    } else {
        out.extend_from_slice(b"null");
    }
}

/// A time, or its number where it is none that a calendar has.
fn stamp(at: Option<DateTime<chrono::Utc>>, number: i64, logical: Option<&LogicalType>, out: &mut Vec<u8>) {
    let Some(at) = at else {
        let _ = write!(out, "{number}");
        return;
    };
    // A column of the first versions of the format is UTC.
    let is_utc = !matches!(logical, Some(LogicalType::Timestamp(of)) if !of.is_adjusted_to_u_t_c);
    let _ = write!(out, "\"{}{}\"", at.format("%Y-%m-%dT%H:%M:%S%.f"), if is_utc { "Z" } else { "" });
}

fn date(days: i32) -> String {
    let start = NaiveDate::default();
    let far = Days::new(u64::from(days.unsigned_abs()));
    let date = if days < 0 { start.checked_sub_days(far) } else { start.checked_add_days(far) };
    date.map_or_else(|| days.to_string(), |date| date.to_string())
}

fn time(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .map_or_else(|| micros.to_string(), |at| at.format("%H:%M:%S%.f").to_string())
}

/// Bytes as text: those of a UUID, those that are text, or base64.
fn text_of<'b>(bytes: &'b [u8], logical: Option<&LogicalType>) -> Cow<'b, str> {
    if logical == Some(&LogicalType::Uuid) && bytes.len() == 16 {
        let hex: String = bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect();
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        return Cow::Owned([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(STANDARD.encode(bytes)),
    }
}

/// What the elements of a list are (the format's page on logical types: the group in between has one field).
fn element(list: &Type) -> Option<&Type> {
    let is_list = list.is_group() && list.get_basic_info().converted_type() == ConvertedType::LIST;
    let between = list.get_fields().first().filter(|_| is_list)?;
    match between.is_group().then(|| between.get_fields()) {
        Some([element]) if between.name() != "array" && !between.name().ends_with("_tuple") => Some(element),
        _ => Some(between),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        let powers = (0..19).map(|power| 10_i64.pow(power));
        let near = powers.flat_map(|power| [power - 1, power, power + 1, -power]).chain([i64::MIN, i64::MAX]);
        for number in near {
            let mut out = Vec::new();
            integer(number, &mut out);
            assert_eq!(out, number.to_string().as_bytes());
        }
        for number in [0.0, -0.0, 1.0, -7.0, 0.1, 1.5, WHOLE, WHOLE - 1.0, -WHOLE, 1e300, 1e-9, f64::MIN_POSITIVE] {
            let mut out = Vec::new();
            float(number, &mut out);
            assert_eq!(out, number.to_string().as_bytes());
        }
    }
}
