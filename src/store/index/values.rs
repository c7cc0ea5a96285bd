//! Values by their hashes: some bits of each, with the groups that have it.
//!
//! The upper half of a hash says in which bucket a value is noted; a bucket has about eight. A
//! note is seven more bits of the hash and the number of a group, or the number that stands for
//! all: 14 bits for an ordinary segment. Of the values that are nowhere, one in sixteen is found in
//! one group of a segment by mistake.

use super::Groups;

/// Bits of a hash besides those that say its bucket.
const BITS: u32 = 7;

/// Values of a bucket, about.
const OF_BUCKET: usize = 8;

/// Bytes of a part, about: they fill a page of the store.
const PART: usize = 15_700;

/// Notes that are counted for a bucket; one with more has any value.
const MOST: usize = 254;

/// Values in this part of the groups are noted as in all of them.
const MANY: usize = 4;

/// The lowest bits of a hash, which are not used: a group stands in their place.
const GROUP: u64 = 0xff;

/// A hash with the group that has it.
pub(super) fn with_group(hash: u64, group: usize) -> u64 {
    hash & !GROUP | u64::try_from(group).unwrap_or(GROUP)
}

fn group(value: u64) -> u32 {
    u32::try_from(value & GROUP).unwrap_or(0)
}

/// The bucket of a hash among so many.
fn bucket(hash: u64, buckets: usize) -> usize {
    let buckets = u64::try_from(buckets).unwrap_or(0);
    usize::try_from((hash >> 32).wrapping_mul(buckets) >> 32).unwrap_or(0)
}

/// The bits of a hash that are noted.
fn bits(hash: u64) -> u32 {
    u32::try_from(hash >> 16 & ((1 << BITS) - 1)).unwrap_or(0)
}

/// Bits of the number of a group, or of that which stands for all.
fn bits_of_groups(groups: usize) -> u32 {
    usize::BITS - groups.leading_zeros()
}

/// Values in their buckets.
pub(super) struct Spread {
    buckets: usize,
    together: usize,
    parts: Vec<Vec<u8>>,
}

impl Spread {
    /// Spreads values with their groups.
    pub(super) fn of(values: &mut [u64], groups: usize) -> Self {
        let buckets = values.len().div_ceil(OF_BUCKET).max(1);
        let sorted = deal(values, buckets);
        let width = BITS + bits_of_groups(groups);
        let mut counts = Vec::with_capacity(buckets);
        let mut notes: Vec<u32> = Vec::with_capacity(sorted.values.len());
        let mut start = 0;
        for end in sorted.ends {
            let before = notes.len();
            if let Some(values) = sorted.values.get(start..end) {
                note(values, groups, &mut notes);
            }
            start = end;
            let noted = notes.len() - before;
            counts.push(if noted > MOST {
                notes.truncate(before);
                u8::MAX
            } else {
                u8::try_from(noted).unwrap_or(u8::MAX)
            });
        }
        let bytes = counts.len() + notes.len() * usize::try_from(width).unwrap_or(0) / 8;
        let together = buckets.div_ceil(bytes.div_ceil(PART).max(1)).max(1);
        let mut rest = &notes[..];
        let parts = counts.chunks(together).map(|counts| {
            let noted = counts.iter().filter(|count| **count != u8::MAX).map(|count| usize::from(*count)).sum();
            let (notes, behind) = rest.split_at_checked(noted).unwrap_or((rest, &[]));
            rest = behind;
            let mut part = counts.to_vec();
            pack(notes, width, &mut part);
            part
        });
        let parts = parts.collect();
        Self { buckets, together, parts }
    }

    pub(super) fn buckets(&self) -> usize {
        self.buckets
    }

    /// Buckets of a part; the last has what is left.
    pub(super) fn together(&self) -> usize {
        self.together
    }

    pub(super) fn into_parts(self) -> Vec<Vec<u8>> {
        self.parts
    }
}

/// Values in the order of their buckets.
struct Dealt {
    values: Vec<u64>,
    /// Where each bucket ends.
    ends: Vec<usize>,
}

/// Deals values to their buckets, and sorts each.
fn deal(values: &[u64], buckets: usize) -> Dealt {
    let mut ends = vec![0; buckets];
    for value in values {
        if let Some(count) = ends.get_mut(bucket(*value, buckets)) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += std::mem::replace(end, sum);
    }
    let mut dealt = vec![0; values.len()];
    for value in values {
        let Some(end) = ends.get_mut(bucket(*value, buckets)) else { continue };
        if let Some(slot) = dealt.get_mut(*end) {
            *slot = *value;
        }
        *end += 1;
    }
    let mut start = 0;
    for end in &ends {
        if let Some(values) = dealt.get_mut(start..*end) {
            values.sort_unstable();
        }
        start = *end;
    }
    Dealt { values: dealt, ends }
}

/// Writes the notes of a bucket, the values of which are sorted.
fn note(values: &[u64], groups: usize, notes: &mut Vec<u32>) {
    let all = u32::try_from(groups).unwrap_or(0);
    let width = bits_of_groups(groups);
    let before = notes.len();
    for value in values.chunk_by(|one, other| one & !GROUP == other & !GROUP) {
        let Some(first) = value.first() else { continue };
        let bits = bits(*first) << width;
        let of = notes.len();
        for value in value {
            let note = bits | group(*value);
            // Neighbours, as they are sorted.
            if notes.get(of..).and_then(<[u32]>::last) != Some(&note) {
                notes.push(note);
            }
        }
        if (notes.len() - of) * MANY > groups.max(MANY) {
            notes.truncate(of);
            notes.push(bits | all);
        }
    }
    // Different values may have the same bits.
    if let Some(noted) = notes.get_mut(before..)
        && noted.len() > 1
    {
        noted.sort_unstable();
        let mut kept = before;
        for at in before..notes.len() {
            let note = notes.get(at).copied();
            if at == before || note != notes.get(kept - 1).copied() {
                if let (Some(slot), Some(note)) = (notes.get_mut(kept), note) {
                    *slot = note;
                }
                kept += 1;
            }
        }
        notes.truncate(kept);
    }
}

/// Writes numbers of `width` bits, the lowest first, behind `bytes`.
fn pack(numbers: &[u32], width: u32, bytes: &mut Vec<u8>) {
    let (mut waiting, mut bits) = (0_u64, 0);
    for number in numbers {
        waiting |= u64::from(*number) << bits;
        bits += width;
        while bits >= 8 {
            bytes.extend(waiting.to_le_bytes().first());
            waiting >>= 8;
            bits -= 8;
        }
    }
    if bits > 0 {
        bytes.extend(waiting.to_le_bytes().first());
    }
}

/// The number `at` among numbers of `width` bits.
fn unpack(bytes: &[u8], at: usize, width: u32) -> Option<u32> {
    let width_of = usize::try_from(width).ok()?;
    let bit = at.checked_mul(width_of)?;
    let mut word = [0; 8];
    let from = bytes.get(bit / 8..)?;
    let length = from.len().min(8);
    if length * 8 < bit % 8 + width_of {
        return None;
    }
    word.get_mut(..length)?.copy_from_slice(from.get(..length)?);
    let word = u64::from_le_bytes(word) >> (bit % 8) & ((1 << width) - 1);
    u32::try_from(word).ok()
}

/// The part that a value is in, counted from 0, and its bucket in that part.
pub(super) fn place(hash: u64, buckets: usize, together: usize) -> (usize, usize) {
    let bucket = bucket(hash, buckets);
    (bucket / together.max(1), bucket % together.max(1))
}

/// The groups that have a value, as far as a part tells; `None` where the part is none that was
/// written.
pub(super) fn find(part: &[u8], buckets: usize, bucket: usize, hash: u64, groups: usize) -> Option<Groups> {
    let all = 1_u128.checked_shl(u32::try_from(groups).ok()?)?.wrapping_sub(1);
    let (counts, notes) = part.split_at_checked(buckets)?;
    let counted = |count: &u8| if *count == u8::MAX { 0 } else { usize::from(*count) };
    let count = *counts.get(bucket)?;
    if count == u8::MAX {
        return Some(all);
    }
    let first: usize = counts.get(..bucket)?.iter().map(counted).sum();
    let width = bits_of_groups(groups);
    let mut found = 0;
    for at in first..first + usize::from(count) {
        let note = unpack(notes, at, BITS + width)?;
        if note >> width != bits(hash) {
            continue;
        }
        let group = note & ((1 << width) - 1);
        match 1_u128.checked_shl(group) {
            Some(bit) if usize::try_from(group).is_ok_and(|group| group < groups) => found |= bit,
            _ => found = all,
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::clue::text_hash;

    proptest! {
        #[test]
        fn every_value_is_found_in_its_groups(
            noted in prop::collection::vec((0..400_u32, 0..127_usize), 0..3000),
            groups in 1..=127_usize,
        ) {
            let hash = |number: u32| text_hash(&number.to_le_bytes());
            let mut values: Vec<u64> =
                noted.iter().map(|(number, group)| with_group(hash(*number), group % groups)).collect();
            let spread = Spread::of(&mut values, groups);
            let (buckets, together) = (spread.buckets(), spread.together());
            let parts = spread.into_parts();
            let find = |number: u32| {
                let (part, bucket) = place(hash(number), buckets, together);
                let of_part = together.min(buckets - part * together);
                find(&parts[part], of_part, bucket, hash(number), groups).unwrap()
            };
            for (number, group) in &noted {
                prop_assert!(find(*number) & 1 << (group % groups) != 0);
            }
            // Of values that are nowhere, most are found nowhere.
            let mistakes = (1000..1400).filter(|number| find(*number) != 0).count();
            prop_assert!(mistakes < 120, "{mistakes}");
        }
    }

    #[test]
    fn a_bucket_with_too_many_notes_has_any_value() {
        let mut values: Vec<u64> = (0..3000_u64).map(|number| with_group(number << 16, 3)).collect();
        values.extend((0..127).map(|group| with_group(5 << 16, group)));
        let spread = Spread::of(&mut values, 127);
        let (part, bucket) = place(7 << 16, spread.buckets(), spread.together());
        let of_part = spread.together().min(spread.buckets());
        let found = find(&spread.parts[part], of_part, bucket, 7 << 16, 127);
        assert!(found.is_some_and(|found| found >> 3 & 1 == 1));
    }
}
