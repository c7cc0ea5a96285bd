//! Numbers of rows, and numbers as SQLite has them.
//!
//! A row has a position (`rows.id`), which follows id and time and so says nothing about the
//! order of the input. Rows of one line, as of a JSON array, can only be distinguished by their
//! place in that line; where they arrived at the same moment, that place decides what an alias
//! call did. So the number that leaves the store has the place above the position: numbers of
//! rows of one line compare as the line has them.

/// Bits of a number below the place in the line: a trillion rows.
const POSITION_BITS: u32 = 40;

/// The last place in a line that differs from the next: 8 million.
const LAST_PLACE: i64 = (1 << (63 - POSITION_BITS)) - 1;

/// The number of the row at `position` that is row `nth` of its line.
pub(super) fn row(position: i64, nth: i64) -> i64 {
    nth.clamp(0, LAST_PLACE) << POSITION_BITS | position
}

/// The position of a row by its number.
pub(super) fn position(row: i64) -> i64 {
    row & ((1 << POSITION_BITS) - 1)
}

/// `rows.uid` of rows without a usable `distinct_id`.
pub(super) const NO_ID: i64 = 0;

/// Bits of a hash that are kept.
const HASH_BITS: u32 = 48;

/// The part of the hash of a row that is kept: SQLite has numbers of 6 bytes, and of 8.
///
/// Rows whose hashes are compared have the same time, so what is lost tells nothing.
pub(super) fn hash(whole: i64) -> i64 {
    whole << (64 - HASH_BITS) >> (64 - HASH_BITS)
}

/// A hash that only rows with this time have, of the part that is kept. Deliveries of one row
/// have the same time.
pub(super) fn hash_at(kept: i64, time: i64) -> i64 {
    // Both steps keep different numbers different.
    let spread = kept.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()).rotate_left(29);
    spread ^ time.wrapping_mul(0xd1b5_4a32_d192_ed03_u64.cast_signed())
}

/// How much later than `time` something arrived; where no number can say that, 0 and the
/// arrival itself.
pub(super) fn delay(time: i64, arrived: i64) -> (i64, Option<i64>) {
    arrived.checked_sub(time).map_or((0, Some(arrived)), |delay| (delay, None))
}

/// A count for SQLite.
pub(super) fn to_sql(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count from SQLite.
pub(super) fn from_sql(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// A whole number of fewer than 16 digits as it is.
#[expect(clippy::cast_precision_loss, reason = "a number of 64 bits has 53 of them for the digits")]
pub(super) fn exact(whole: i64) -> f64 {
    whole as f64
}

/// A number of 32 bits that is not above this, the nearest or the one after it.
pub(super) fn at_most(number: f64) -> f32 {
    let near = nearest(number);
    if f64::from(near) > number { near.next_down() } else { near }
}

/// A number of 32 bits that is not below this, the nearest or the one after it.
pub(super) fn at_least(number: f64) -> f32 {
    let near = nearest(number);
    if f64::from(near) < number { near.next_up() } else { near }
}

#[expect(clippy::cast_possible_truncation, reason = "those who call it look which way it is rounded")]
fn nearest(number: f64) -> f32 {
    number as f32
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
    fn the_kept_part_of_a_hash_is_as_many_as_its_bits_and_no_two_of_one_time_are_one() {
        assert_eq!(hash(0x7fff_8000_0000_0001), -0x7fff_ffff_ffff);
        assert_eq!(hash(hash(-77)), hash(-77));
        assert_ne!(hash_at(1, 5), hash_at(2, 5));
        assert_ne!(hash_at(1, 5), hash_at(1, 6));
    }

    #[test]
    fn a_delay_that_is_no_number_leaves_the_arrival() {
        assert_eq!(delay(5, 7), (2, None));
        assert_eq!(delay(i64::MAX, -1), (i64::MIN, None));
        assert_eq!(delay(i64::MAX, -2), (0, Some(-2)));
    }

    #[test]
    fn a_number_lies_between_the_shorter_ones_next_to_it() {
        for number in [0.0, -0.0, 0.1, -0.1, 284.99, 1e300, -1e300, f64::INFINITY, 1e-320, 1_682_899_664_232.0] {
            assert!(f64::from(at_most(number)) <= number && number <= f64::from(at_least(number)), "{number}");
        }
        assert_eq!((at_most(190.0), at_least(190.0)), (190.0, 190.0));
    }

    #[test]
    fn places_beyond_the_last_are_one_and_never_negative() {
        assert_eq!(row(5, i64::MAX), row(5, LAST_PLACE));
        assert!(row(5, i64::MAX) > 0);
    }
}
