//! Making the index of a segment while its blocks are packed.

use std::mem;

use rustc_hash::FxHashMap;

use super::names::{self, Name};
use super::runs::Paid;
use super::text::{Kind, Rows, Take};
use super::{GROUPS, Groups, Index, Shape, WORDS, group_of, values};
use crate::model::clue::{self, CLOCKS, fold, gram, is_machine_made, key_hash, number_hash, text_hash};
use crate::model::money;
use crate::store::number;

/// Hashes that were given last, by some bits of them: most values of a block come again and again.
const RECENT: usize = 1 << 12;

/// Bytes of a block for each of its values, at least; a block with more values is open. A value
/// takes two bytes of the index.
const BYTES_OF_VALUE: usize = 32;

/// Names of properties of a segment, at most: beyond, names of their own are likely ids.
const NAMES: usize = 512;

/// Makes the index of one segment after the other.
#[derive(Debug, Default)]
pub(in crate::store) struct Builder {
    rows: Rows,
    found: Found,
}

/// What was found in the blocks so far.
#[derive(Debug, Default)]
struct Found {
    blocks: usize,
    /// The next block.
    block: usize,
    group: usize,
    /// The bit of the group.
    bit: Groups,
    /// Groups that are always looked at.
    open: Groups,
    /// Groups that have names that are not among `names`.
    nameless: Groups,
    /// Hashes, with the group in the place of their lowest bits.
    values: Vec<u64>,
    /// How many values may be there before the block is open.
    most: usize,
    recent: Vec<u64>,
    /// Of each group, the grams that it has, as bits.
    grams: Vec<u64>,
    names: Vec<Name>,
    /// Numbers of names inside of others, and at the top.
    numbers: [FxHashMap<Vec<u8>, u16>; 2],
    scratch: Vec<u8>,
    /// Rows so far.
    rows: usize,
    /// Those of them that say what was paid.
    paid: Vec<Paid>,
}

impl Builder {
    /// Begins with a segment of so many blocks.
    pub(in crate::store) fn begin(&mut self, blocks: usize) {
        let Found { values, recent, grams, names, numbers, scratch, .. } = mem::take(&mut self.found);
        let mut found = Found { blocks, values, recent, grams, names, numbers, scratch, ..Found::default() };
        found.values.clear();
        found.grams.clear();
        found.grams.resize(blocks.min(GROUPS) * WORDS, 0);
        found.names.clear();
        found.numbers.iter_mut().for_each(FxHashMap::clear);
        self.found = found;
    }

    /// Begins with the next block.
    pub(in crate::store) fn next_block(&mut self) {
        self.found.next_block();
        self.rows.forget();
    }

    /// Adds a row of JSON to the block; `before` is the one that was added before it, if any.
    pub(in crate::store) fn row(&mut self, before: &str, row: &str) {
        let found = &mut self.found;
        found.most += row.len() / BYTES_OF_VALUE + 1;
        // What cannot be read has any value.
        let is_read = self.rows.read(before, row, found).is_some();
        if !is_read {
            found.open |= found.bit;
            found.nameless |= found.bit;
            self.rows.forget();
        }
        let said = if is_read { self.rows.said(row, |name| found.names.get(usize::from(name))?.role) } else { None };
        let paid = match said.map(|said| money::quick_amount(said.into_iter())) {
            Some(Ok(paid)) => paid,
            _ => money::amount(row).map(|paid| (paid.micros, paid.currency)),
        };
        found.paid.extend(paid.map(|(micros, currency)| (found.rows, micros, currency)));
        found.rows += 1;
    }

    /// The index of all blocks since [`Builder::begin`]; `pack` packs a part of it.
    pub(in crate::store) fn finish<E>(
        &mut self,
        mut pack: impl FnMut(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Index, E> {
        let found = &mut self.found;
        if found.block == 0 {
            return Ok(Index::default());
        }
        let groups = found.blocks.min(GROUPS);
        let spread = values::Spread::of(&mut found.values, groups);
        let grams: Vec<u8> = found.grams.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut parts = vec![pack(&names::write(&found.names, found.nameless))?, pack(&grams)?];
        let shape = Shape {
            blocks: found.blocks,
            groups,
            buckets: spread.buckets(),
            together: spread.together(),
            open: found.open,
        };
        parts.extend(spread.into_parts());
        Ok(Index { shape, parts, paid: Some(mem::take(&mut found.paid)), sums: Vec::new() })
    }
}

impl Found {
    fn next_block(&mut self) {
        let group = group_of(self.block, self.blocks);
        if group != self.group || self.block == 0 {
            self.group = group;
            self.recent.clear();
            self.recent.resize(RECENT, 0);
        }
        self.bit = 1_u128.checked_shl(u32::try_from(group).unwrap_or(u32::MAX)).unwrap_or_default();
        self.block += 1;
        self.most = self.values.len() + 64;
    }

    /// Whether something with this hash came up a moment before; from now on it did.
    #[inline]
    fn is_recent(&mut self, hash: u64) -> bool {
        let place = usize::try_from(hash >> (64 - RECENT.trailing_zeros())).unwrap_or(0);
        self.recent.get_mut(place).is_some_and(|recent| mem::replace(recent, hash) == hash)
    }

    /// Notes a value.
    #[inline]
    fn note(&mut self, hash: u64) {
        if self.values.len() < self.most {
            self.values.push(values::with_group(hash, self.group));
        } else {
            self.open |= self.bit;
        }
    }

    /// Notes a number, unless it came up a moment before.
    fn number(&mut self, number: f64) {
        let hash = number_hash(number);
        if !self.is_recent(hash) {
            self.note(hash);
        }
    }

    fn text(&mut self, text: &str, name: Option<u16>) {
        if may_be_number(text.as_bytes()) {
            if let Ok(number) = text.trim().parse::<f64>() {
                self.span(name, number);
            }
            if let Some(number) = clue::number(text) {
                // Its text has nothing but what numbers consist of.
                self.number(number);
                return;
            }
        } else if self.is_recent(text_hash(text.as_bytes()).rotate_left(32)) {
            return;
        }
        let mut folded = mem::take(&mut self.scratch);
        folded.clear();
        fold(text, &mut folded);
        self.note(text_hash(&folded));
        if !is_machine_made(&folded) {
            let start = self.group * WORDS;
            if let Some(grams) = self.grams.get_mut(start..start + WORDS) {
                for letters in folded.windows(3).filter_map(<[u8]>::first_chunk) {
                    let gram = gram(*letters);
                    if let Some(word) = grams.get_mut(gram / 64) {
                        *word |= 1 << (gram % 64);
                    }
                }
            }
        }
        self.scratch = folded;
    }

    fn span(&mut self, name: Option<u16>, number: f64) {
        if let Some(name) = name.and_then(|name| self.names.get_mut(usize::from(name))) {
            name.span(self.group, number);
        }
    }
}

impl Take for Found {
    fn name(&mut self, name: &str, is_top: bool) -> Option<u16> {
        let known = self.numbers.get(usize::from(is_top)).and_then(|numbers| numbers.get(name.as_bytes())).copied();
        let known = known.or_else(|| self.new_name(name, is_top));
        match known.and_then(|number| self.names.get_mut(usize::from(number))) {
            Some(name) => name.groups |= self.bit,
            None => self.nameless |= self.bit,
        }
        known
    }

    fn value(&mut self, name: Option<u16>, text: &str, kind: Kind) {
        match kind {
            Kind::Plain => self.text(text, name),
            Kind::Word => self.text(text, None),
            Kind::Escaped => match serde_json::from_str::<String>(text) {
                Ok(plain) => self.text(&plain, name),
                // A row with it cannot be read.
                Err(_) => self.open |= self.bit,
            },
            Kind::Number => {
                let is_clock =
                    name.and_then(|name| self.names.get(usize::from(name))).is_some_and(|name| name.is_clock);
                let Some((number, shown)) = number(text) else {
                    self.open |= self.bit;
                    return;
                };
                self.span(name, number);
                if !is_clock {
                    self.number(shown);
                }
            }
        }
    }
}

impl Found {
    /// The number of a name that was not there; `None` where there are too many.
    #[cold]
    fn new_name(&mut self, name: &str, is_top: bool) -> Option<u16> {
        if self.names.len() >= NAMES {
            return None;
        }
        let plain: String = serde_json::from_str(&format!("\"{name}\"")).ok()?;
        let mut folded = Vec::new();
        fold(&plain, &mut folded);
        let number = u16::try_from(self.names.len()).ok()?;
        let groups = self.blocks.min(GROUPS);
        let is_clock = is_top && CLOCKS.contains(&plain.as_str());
        let role = money::role_of(&plain).filter(|_| is_top);
        self.names.push(Name::new(key_hash(&folded, is_top), groups, is_clock, role));
        self.numbers.get_mut(usize::from(is_top))?.insert(name.as_bytes().to_vec(), number);
        Some(number)
    }
}

/// Whether a text can be a number, as those of Rust are written, also infinity, between white space.
fn may_be_number(text: &[u8]) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E');
    let is_letter = |byte: &u8| b"infatyINFATY+-".contains(byte);
    // White space may be letters that are not of ASCII.
    let is_space = |byte: &u8| *byte <= b' ' || *byte >= 0x80;
    match text.iter().find(|byte| !is_space(byte)) {
        Some(b'0'..=b'9' | b'.') => text.iter().all(|byte| is_digit(byte) || is_space(byte)),
        Some(b'+' | b'-' | b'i' | b'I' | b'n' | b'N') => {
            text.iter().all(|byte| is_digit(byte) || is_letter(byte) || is_space(byte))
        }
        _ => false,
    }
}

/// The number of a number in JSON, as it is compared with others, and the number of the text that
/// it is shown as.
fn number(text: &str) -> Option<(f64, f64)> {
    if let Some(number) = short(text.as_bytes()) {
        return Some((number, number));
    }
    let parsed: serde_json::Number = serde_json::from_str(text).ok()?;
    Some((parsed.as_f64()?, parsed.to_string().parse().ok()?))
}

/// A number of few digits without an exponent, as any parser reads it: both the digits and the power
/// of ten are numbers of 64 bits.
fn short(text: &[u8]) -> Option<f64> {
    /// Powers of ten that are numbers of 64 bits.
    const TENS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (is_negative, digits) = text.strip_prefix(b"-").map_or((false, text), |digits| (true, digits));
    if digits.is_empty() || digits.len() > 15 {
        return None;
    }
    let mut whole: i64 = 0;
    let mut behind = None;
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => whole = whole * 10 + i64::from(byte - b'0'),
            b'.' if behind.is_none() => behind = Some(digits.len() - 1 - at),
            _ => return None,
        }
    }
    let number = number::exact(whole) / TENS.get(behind.unwrap_or(0))?;
    Some(if is_negative { -number } else { number })
}
