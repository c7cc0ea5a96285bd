//! Snappy, unpacked as it is asked for: some programs write all texts of a row group as one page of a hundred
//! megabytes, of which no more than some rows need to be held.
//!
//! The format is that of <https://github.com/google/snappy/blob/main/format_description.txt>. Packers look back no
//! further than [`BACK`]; what does is not unpacked here.

/// Bytes that packers look back at most.
const BACK: usize = 1 << 16;

/// Bytes in front of which nothing is needed any more, before they are let go.
const GONE: usize = 1 << 18;

/// Content that is unpacked from its start to its end.
pub(super) struct Unpacked<P> {
    packed: P,
    /// What comes next of it.
    at: usize,
    /// Bytes that are still to be unpacked.
    left: usize,
    /// What is unpacked, with what came before it.
    content: Vec<u8>,
    /// Where the part begins that was not taken yet.
    from: usize,
}

impl<P: AsRef<[u8]>> Unpacked<P> {
    /// Content that is packed so; `None` where its head is wrong.
    pub(super) fn of(packed: P) -> Option<Self> {
        let (mut left, mut at) = (0, 0);
        loop {
            let byte = *packed.as_ref().get(at)?;
            left |= usize::from(byte & 0x7f).checked_shl(u32::try_from(at * 7).ok()?)?;
            at += 1;
            if byte < 0x80 {
                break;
            }
            if at == 5 {
                return None;
            }
        }
        Some(Self { packed, at, left, content: Vec::new(), from: 0 })
    }

    /// The next so many bytes; `None` where there are not as many, or the packing is wrong.
    pub(super) fn take(&mut self, bytes: usize) -> Option<&[u8]> {
        if self.content.len() - self.from < bytes {
            self.unpack(bytes)?;
        }
        let start = self.from;
        self.from += bytes;
        self.content.get(start..self.from)
    }

    /// Whether all was taken.
    pub(super) fn is_at_end(&self) -> bool {
        self.left == 0 && self.from == self.content.len() && self.at == self.packed.as_ref().len()
    }

    /// Unpacks until so many bytes can be taken.
    fn unpack(&mut self, bytes: usize) -> Option<()> {
        let needed = bytes - (self.content.len() - self.from);
        if needed > self.left {
            return None;
        }
        let gone = self.from.min(self.content.len().saturating_sub(BACK));
        if gone > GONE {
            self.content.copy_within(gone.., 0);
            self.content.truncate(self.content.len() - gone);
            self.from -= gone;
        }
        let until = self.content.len() + needed;
        while self.content.len() < until {
            let before = self.content.len();
            self.at += element(self.packed.as_ref().get(self.at..)?, &mut self.content, self.left)?;
            self.left -= self.content.len() - before;
        }
        Some(())
    }
}

/// Unpacks the first element of what is packed, which gives no more than so many bytes; its own length.
fn element(packed: &[u8], content: &mut Vec<u8>, most: usize) -> Option<usize> {
    let (length, offset, own) = match packed {
        [tag, rest @ ..] if tag.trailing_zeros() >= 2 => {
            let short = usize::from(tag >> 2);
            // Lengths from 61 on stand behind the tag.
            let bytes = short.saturating_sub(59);
            let length = if bytes == 0 { short } else { number(rest.get(..bytes)?) } + 1;
            if length > most {
                return None;
            }
            let literal = rest.get(bytes..)?;
            match literal.first_chunk::<BLOCK>() {
                Some(block) if length <= BLOCK => add(content, block, length),
                _ => content.extend_from_slice(literal.get(..length)?),
            }
            return Some(1 + bytes + length);
        }
        [tag, low, ..] if tag & 3 == 1 => {
            (usize::from(tag >> 2 & 7) + 4, usize::from(tag >> 5) << 8 | usize::from(*low), 2)
        }
        [tag, a, b, ..] if tag & 3 == 2 => (usize::from(tag >> 2) + 1, number(&[*a, *b]), 3),
        [tag, a, b, c, d, ..] => (usize::from(tag >> 2) + 1, number(&[*a, *b, *c, *d]), 5),
        _ => return None,
    };
    let start = content.len().checked_sub(offset).filter(|_| offset > 0 && length <= most)?;
    if length <= BLOCK
        && let Some(block) = content.get(start..).and_then(<[u8]>::first_chunk::<BLOCK>).copied()
    {
        add(content, &block, length);
        return Some(own);
    }
    // What is copied may reach into what it makes.
    let mut left = length;
    while left > 0 {
        let part = left.min(content.len() - start);
        content.extend_from_within(start..start + part);
        left -= part;
    }
    Some(own)
}

/// Bytes that are copied at once: no copied part is longer.
const BLOCK: usize = 64;

/// Adds so many bytes of a block. A call that copies some bytes takes longer than the bytes.
fn add(content: &mut Vec<u8>, block: &[u8; BLOCK], length: usize) {
    let end = content.len() + length;
    content.extend_from_slice(block);
    content.truncate(end);
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All of it, in parts of such lengths.
    fn unpacked(packed: &[u8], parts: &[usize]) -> Option<Vec<u8>> {
        let mut unpacked = Unpacked::of(packed)?;
        let mut all = Vec::new();
        for part in parts.iter().copied().cycle() {
            if unpacked.is_at_end() {
                break;
            }
            let left = unpacked.left + unpacked.content.len() - unpacked.from;
            if left == 0 {
                return None;
            }
            all.extend_from_slice(unpacked.take(part.min(left))?);
        }
        Some(all)
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back(
            texts in proptest::collection::vec(("[a-c]{0,9}", 1_usize..40), 0..40),
            parts in proptest::collection::vec(1_usize..5000, 1..5),
            times in 1_usize..400,
        ) {
            let content: String = texts.iter().map(|(text, times)| text.repeat(*times)).collect();
            let content = content.repeat(times);
            let packed = snap::raw::Encoder::new().compress_vec(content.as_bytes()).unwrap();
            prop_assert_eq!(unpacked(&packed, &parts).map(|all| all == content.as_bytes()), Some(true));
        }

        #[test]
        fn what_is_damaged_gives_what_the_crate_gives_or_nothing(
            text in "[a-c]{0,400}",
            at in 0_usize..100,
            byte: u8,
        ) {
            let mut packed = snap::raw::Encoder::new().compress_vec(text.as_bytes()).unwrap();
            let at = at % packed.len();
            packed[at] = byte;
            let expected = snap::raw::Decoder::new().decompress_vec(&packed).ok();
            // A length that no content has would be asked for at once.
            prop_assume!(snap::raw::decompress_len(&packed).is_ok_and(|length| length < 1 << 20));
            prop_assert_eq!(unpacked(&packed, &[1 << 20]), expected);
        }
    }
}
