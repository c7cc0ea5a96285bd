//! What the values of a column are.

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::schema::types::ColumnDescriptor;

/// Whether the crate knows what values of a column are.
pub(super) fn is_known(column: &ColumnDescriptor) -> bool {
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

pub(super) fn is_text(kind: ConvertedType) -> bool {
    matches!(kind, ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON)
}

/// Whether whole numbers of a column are nothing but that: no times, decimals or numbers of other widths.
pub(super) fn is_number(column: &ColumnDescriptor) -> bool {
    match column.physical_type() {
        Physical::INT32 => matches!(column.converted_type(), ConvertedType::NONE | ConvertedType::INT_32),
        Physical::INT64 => {
            matches!(column.converted_type(), ConvertedType::NONE | ConvertedType::INT_64)
                && !matches!(column.logical_type_ref(), Some(LogicalType::Timestamp(_)))
        }
        _ => false,
    }
}
