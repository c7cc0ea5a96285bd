//! Types of columns, as `ClickHouse` writes them into a second line of a table or among the columns of an answer.

/// Whether a text is a type of `ClickHouse`, such as `Nullable(String)`.
pub(super) fn is_type(text: &str) -> bool {
    const TYPES: &[&str] = &[
        "String", "Bool", "Date", "Date32", "DateTime", "Float32", "Float64", "UUID", "JSON", "Dynamic", "IPv4",
        "IPv6", "Nothing",
    ];
    const WITH: &[&str] = &[
        "Nullable",
        "LowCardinality",
        "Array",
        "Map",
        "Tuple",
        "FixedString",
        "Decimal",
        "DateTime",
        "DateTime64",
        "Enum8",
        "Enum16",
        "JSON",
        "Dynamic",
        "Variant",
        "Object",
        "SimpleAggregateFunction",
    ];
    // Most texts are none by their length and their end.
    if text.len() > 8 && !text.ends_with(')') {
        return false;
    }
    let is_number = |rest: &str| rest.parse::<u16>().is_ok_and(|bits| matches!(bits, 8 | 16 | 32 | 64 | 128 | 256));
    let whole = text.strip_prefix('U').unwrap_or(text);
    TYPES.contains(&text)
        || whole.strip_prefix("Int").is_some_and(is_number)
        || text.ends_with(')') && text.split_once('(').is_some_and(|(name, _)| WITH.contains(&name))
}
