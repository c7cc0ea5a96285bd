//! Text in UTF-16, as Excel ("Unicode text"), `PowerShell` and SQL Server write it.

use std::io::{self, BufRead, Read};

/// Bytes that are made at once, at least.
const PART: usize = 1 << 16;

/// In which order the two bytes of a unit stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// The lower byte first.
    Little,
    Big,
}

impl Text {
    /// What a text is whose first bytes are `head`; `None` where these are no mark of UTF-16.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            // UTF-32
            [0xff, 0xfe, 0, 0, ..] => None,
            [0xff, 0xfe, ..] => Some(Self::Little),
            [0xfe, 0xff, ..] => Some(Self::Big),
            _ => None,
        }
    }

    /// The text in UTF-8, without its mark.
    pub(super) fn read_from<R: BufRead>(self, raw: R) -> Reading<R> {
        Reading { raw, order: self, is_begun: false, high: None, made: Vec::new(), at: 0 }
    }
}

/// A text while it is read.
pub(super) struct Reading<R> {
    raw: R,
    order: Text,
    /// The mark is read.
    is_begun: bool,
    /// The first half of a pair, whose other half is still to come.
    high: Option<u16>,
    made: Vec<u8>,
    at: usize,
}

impl<R: BufRead> Reading<R> {
    /// The next unit; `None` at the end. Half a unit is one that is no character.
    fn unit(&mut self) -> io::Result<Option<u16>> {
        let mut bytes = [0; 2];
        let mut read = 0;
        while let Some(rest) = bytes.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match self.raw.read(rest) {
                Ok(0) if read == 0 => return Ok(None),
                Ok(0) => return Ok(Some(0xd800)),
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(match self.order {
            Text::Little => u16::from_le_bytes(bytes),
            Text::Big => u16::from_be_bytes(bytes),
        }))
    }

    /// Makes some more of the text; nothing at its end.
    fn make(&mut self) -> io::Result<()> {
        self.made.clear();
        self.at = 0;
        while self.made.len() < PART {
            let Some(unit) = self.unit()? else {
                if self.high.take().is_some() {
                    push(&mut self.made, char::REPLACEMENT_CHARACTER);
                }
                return Ok(());
            };
            if !std::mem::replace(&mut self.is_begun, true) {
                continue;
            }
            if let Some(high) = self.high.take() {
                if let Some(Ok(sign)) = char::decode_utf16([high, unit]).next() {
                    push(&mut self.made, sign);
                    continue;
                }
                push(&mut self.made, char::REPLACEMENT_CHARACTER);
            }
            match char::from_u32(u32::from(unit)) {
                Some(sign) => push(&mut self.made, sign),
                None if unit < 0xdc00 => self.high = Some(unit),
                None => push(&mut self.made, char::REPLACEMENT_CHARACTER),
            }
        }
        Ok(())
    }
}

fn push(made: &mut Vec<u8>, sign: char) {
    made.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
}

impl<R: BufRead> Read for Reading<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.made.len() {
            self.make()?;
        }
        let mut rest = self.made.get(self.at..).unwrap_or_default();
        let read = rest.read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> Option<String> {
        let mut made = String::new();
        Text::of(text)?.read_from(Cursor::new(text)).read_to_string(&mut made).unwrap();
        Some(made)
    }

    fn written(text: &str, big: bool) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    proptest! {
        #[test]
        fn a_text_is_the_same_in_either_order(text in "(\\PC|\t|\n|\u{1f600}){0,40}", big: bool) {
            prop_assert_eq!(read(&written(&text, big)), Some(text));
        }
    }

    #[test]
    fn a_long_text_is_whole_and_half_a_pair_is_no_end() {
        let long = "ü\u{1f600}".repeat(PART);
        assert_eq!(read(&written(&long, false)), Some(long));
        assert_eq!(read(b"\xff\xfeA\0\x3d\xd8B\0").as_deref(), Some("A\u{fffd}B"));
        assert_eq!(read(b"\xff\xfeA\0\x3d\xd8\x3d\xd8\0\xde").as_deref(), Some("A\u{fffd}\u{1f600}"));
        assert_eq!(read(b"\xff\xfeA\0B").as_deref(), Some("A\u{fffd}"));
        assert_eq!(read(b"\xff\xfe").as_deref(), Some(""));
        for other in [&b"\xff\xfe\0\0A\0\0\0"[..], b"\xef\xbb\xbfA", b"A\0", b"\xff", b""] {
            assert_eq!(read(other), None);
        }
    }
}
