//! Which blocks of properties can have a value, so that a search reads those and no others.
//!
//! Each segment has an index of its own, made of its blocks after the answer of an import
//! ([`crate::store::Writer::index_values`]): making it costs half as much as the import, for which
//! no one who waits for the rows should wait. A segment without one is looked through whole. Neighbouring blocks are a *group*, 127 of a segment at most: in an
//! ordinary segment each block is one. An answer is a set of groups, as the bits of a number. The
//! index may name a group too many and never one too few: what it names is read and compared.
//!
//! Three things are known of a segment:
//!
//! - *Values* ([`values`]): some bits of the hash of every value, with the groups that have it.
//!   They are spread by the hash over parts that each fill a page, so that one value costs one page
//!   of each segment. A value that many groups have is noted once, for all of them.
//! - *Names* ([`names`]): the groups in which a property of a name stands, and between which
//!   numbers its values are.
//! - *Grams*: every three letters of texts, with the groups that have them. Ids that machines
//!   make of digits are left out: they have all there are.
//!
//! Values are in the form of [`crate::model::clue`]. The times that each row has, each another,
//! have only their spans. A group with more values than is worth while is *open*: it is looked at
//! whatever is asked for. So an index is bounded by a part of its blocks.

mod build;
mod made;
mod names;
mod runs;
pub(super) mod summary;
mod table;
mod text;
mod values;
mod varint;

pub(super) use self::made::{missing, of_blocks, rows_without};
pub(super) use self::runs::{Runs, each_run};
pub(super) use self::table::{Look, SQL, check, segments, write};
use crate::model::clue::GRAMS;

/// The level that parts are packed with.
const LEVEL: i32 = 1;

/// Groups of a segment, at most; the number above stands for all of them.
const GROUPS: usize = 127;

/// Words of 64 bits that have a bit for each gram.
const WORDS: usize = GRAMS / 64;

/// Groups as the bits of a number.
type Groups = u128;

/// The index of a segment.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    shape: Shape,
    /// Names, grams and values, in this order; the values in several parts.
    parts: Vec<Vec<u8>>,
    /// The rows that say what was paid, by their place in the segment; `None` where that is not known.
    paid: Option<Vec<runs::Paid>>,
    /// What the rows of each id add up to ([`runs`]); empty where that is not known.
    sums: Vec<u8>,
}

/// What tells how the parts of an index are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shape {
    /// Blocks of the segment.
    blocks: usize,
    groups: usize,
    /// Buckets of values, and how many of them a part has.
    buckets: usize,
    together: usize,
    /// Groups that are always looked at.
    open: Groups,
}

impl Shape {
    /// All groups.
    fn all(&self) -> Groups {
        1_u128.checked_shl(u32::try_from(self.groups).unwrap_or(u32::MAX)).unwrap_or(0).wrapping_sub(1)
    }
}

/// The group of block `block` of `blocks`.
fn group_of(block: usize, blocks: usize) -> usize {
    if blocks <= GROUPS { block } else { block.saturating_mul(GROUPS) / blocks }
}

#[cfg(test)]
mod tests;
