//! Names of properties: where they stand, and between which numbers their values are.

use super::Groups;
use crate::store::number::{at_least, at_most};

/// A name of properties in the blocks of a segment.
#[derive(Debug)]
pub(super) struct Name {
    hash: u64,
    /// Where it stands.
    pub(super) groups: Groups,
    /// Whether its values are times that only their span is known of.
    pub(super) is_clock: bool,
    /// What it says of an amount, if it does ([`money::role_of`](crate::model::money::role_of)).
    pub(super) role: Option<usize>,
    /// Of each group, the least and the greatest number; the least above the greatest for none.
    spans: Vec<(f32, f32)>,
}

impl Name {
    pub(super) fn new(hash: u64, groups: usize, is_clock: bool, role: Option<usize>) -> Self {
        Self { hash, groups: 0, is_clock, role, spans: vec![NONE; groups] }
    }

    /// Notes a number.
    pub(super) fn span(&mut self, group: usize, number: f64) {
        let Some((least, greatest)) = self.spans.get_mut(group) else { return };
        if number < f64::from(*least) {
            *least = at_most(number);
        }
        if number > f64::from(*greatest) {
            *greatest = at_least(number);
        }
        // What is infinite is not below what stands for none.
        if number == f64::INFINITY && *least > *greatest {
            *least = f32::INFINITY;
        }
    }
}

/// The span of no number.
const NONE: (f32, f32) = (f32::INFINITY, f32::NEG_INFINITY);

/// The bytes of names, and of the groups that have others too.
pub(super) fn write(names: &[Name], nameless: Groups) -> Vec<u8> {
    let mut bytes = nameless.to_le_bytes().to_vec();
    for name in names {
        bytes.extend_from_slice(&name.hash.to_le_bytes());
        bytes.push(u8::from(name.is_clock));
        bytes.extend_from_slice(&name.groups.to_le_bytes());
        let spans = (0_u32..).zip(&name.spans).filter(|(_, (least, greatest))| least <= greatest);
        let numbers = spans.clone().fold(0, |groups: Groups, (group, _)| groups | 1_u128.wrapping_shl(group));
        bytes.extend_from_slice(&numbers.to_le_bytes());
        for (_, (least, greatest)) in spans {
            bytes.extend_from_slice(&least.to_le_bytes());
            bytes.extend_from_slice(&greatest.to_le_bytes());
        }
    }
    bytes
}

/// A name as it was written.
struct Written<'b> {
    hash: u64,
    is_clock: bool,
    groups: Groups,
    numbers: Groups,
    spans: &'b [u8],
}

impl Written<'_> {
    /// Where it has a number from `least` to `greatest`.
    fn within(&self, least: f64, greatest: f64) -> Groups {
        let (mut found, mut rest) = (0, self.numbers);
        for span in self.spans.chunks_exact(8) {
            let group = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            let number = |bytes: &[u8]| bytes.first_chunk().map_or(f32::NAN, |bytes| f32::from_le_bytes(*bytes));
            let (from, to) = span.split_at(4);
            if f64::from(number(from)) <= greatest && f64::from(number(to)) >= least {
                found |= 1_u128.wrapping_shl(group);
            }
        }
        found
    }
}

/// Reads names; `None` in the end, and where the bytes are no names.
struct Names<'b>(&'b [u8]);

impl<'b> Iterator for Names<'b> {
    type Item = Written<'b>;

    fn next(&mut self) -> Option<Written<'b>> {
        let (hash, rest) = self.0.split_first_chunk()?;
        let (is_clock, rest) = rest.split_first()?;
        let (groups, rest) = rest.split_first_chunk()?;
        let (numbers, rest) = rest.split_first_chunk()?;
        let numbers = Groups::from_le_bytes(*numbers);
        let (spans, rest) = rest.split_at_checked(usize::try_from(numbers.count_ones()).ok()? * 8)?;
        self.0 = rest;
        let groups = Groups::from_le_bytes(*groups);
        Some(Written { hash: u64::from_le_bytes(*hash), is_clock: *is_clock != 0, groups, numbers, spans })
    }
}

/// Where one of the names with these hashes stands.
pub(super) fn standing(bytes: &[u8], hashes: &[u64]) -> Option<Groups> {
    fold(bytes, |name| if hashes.contains(&name.hash) { name.groups } else { 0 })
}

/// Where one of the names with these hashes, or any, has a number from `least` to `greatest`.
pub(super) fn within(bytes: &[u8], hashes: Option<&[u64]>, least: f64, greatest: f64) -> Option<Groups> {
    let is_asked = |hash| hashes.is_none_or(|hashes| hashes.contains(&hash));
    fold(bytes, |name| if is_asked(name.hash) { name.within(least, greatest) } else { 0 })
}

/// Where one of the times that only their span is known of can be from `least` to `greatest`.
pub(super) fn clocks(bytes: &[u8], least: f64, greatest: f64) -> Option<Groups> {
    fold(bytes, |name| if name.is_clock { name.within(least, greatest) } else { 0 })
}

/// All of what `groups` gives for the names, and the groups that have others too; `None` where
/// the bytes are no names.
fn fold(bytes: &[u8], groups: impl Fn(&Written<'_>) -> Groups) -> Option<Groups> {
    let (nameless, rest) = bytes.split_first_chunk()?;
    Some(Names(rest).fold(Groups::from_le_bytes(*nameless), |found, name| found | groups(&name)))
}
