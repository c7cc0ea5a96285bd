//! Numbers of rows, and numbers as SQLite has them.
//!
//! A row has a position (`rows.id`), which follows id and time and so says nothing about the
//! order of the input. Rows of one line, as of a JSON array, can only be told apart by their
//! place in that line; where they arrived at the same moment, that place decides what an alias
//! call did. So the number that leaves the store has the place above the position: numbers of
//! rows of one line compare as the line has them.

/// Bits of a number below the place in the line: a trillion rows.
const POSITION_BITS: u32 = 40;

/// The last place in a line that is told from the next: 8 million.
const LAST_PLACE: i64 = (1 << (63 - POSITION_BITS)) - 1;

/// The number of the row at `position` that is row `nth` of its line.
pub(super) fn row(position: i64, nth: i64) -> i64 {
    nth.clamp(0, LAST_PLACE) << POSITION_BITS | position
}

/// The position of a row by its number.
pub(super) fn position(row: i64) -> i64 {
    row & ((1 << POSITION_BITS) - 1)
}

/// A count for SQLite.
pub(super) fn to_sql(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count from SQLite.
pub(super) fn from_sql(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// The length of a list for SQLite.
pub(super) fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_in_the_line_decides_before_the_position() {
        assert!(row(9, 0) < row(1, 1));
        assert_eq!(position(row(9, 3)), 9);
        assert_eq!(row(9, 0), 9);
    }

    #[test]
    fn places_beyond_the_last_are_one_and_never_negative() {
        assert_eq!(row(5, i64::MAX), row(5, LAST_PLACE));
        assert!(row(5, i64::MAX) > 0);
    }
}
