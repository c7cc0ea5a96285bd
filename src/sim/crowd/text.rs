//! Bytes of a file being written.

/// Text that grows at its end.
#[derive(Debug, Default)]
pub(super) struct Text(Vec<u8>);

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

impl Text {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(super) fn push(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn push_bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A whole number.
    pub(super) fn number(&mut self, number: u64) {
        let mut digits = [0_u8; 20];
        let mut rest = number;
        let mut used = 0;
        for place in digits.iter_mut().rev() {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            used += 1;
            if rest == 0 {
                break;
            }
        }
        self.0.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
    }

    /// A time; those before 1970 become 0.
    pub(super) fn time(&mut self, time: i64) {
        self.number(u64::try_from(time).unwrap_or(0));
    }

    /// The low `digits` hexadecimal digits, at most 16.
    pub(super) fn hex(&mut self, number: u64, digits: u32) {
        self.hexadecimal(number, digits, LOWER);
    }

    /// A UUID of version 4 made of 122 of these bits.
    pub(super) fn uuid(&mut self, high: u64, low: u64, capitals: bool) {
        let digits = if capitals { UPPER } else { LOWER };
        self.hexadecimal(high >> 32, 8, digits);
        self.push("-");
        self.hexadecimal(high >> 16, 4, digits);
        self.push("-4");
        self.hexadecimal(high, 3, digits);
        self.push("-");
        self.hexadecimal(0x8000 | (low >> 50), 4, digits);
        self.push("-");
        self.hexadecimal(low, 12, digits);
    }

    fn hexadecimal(&mut self, number: u64, digits: u32, of: &[u8; 16]) {
        let mut rest = number.checked_shl(64 - 4 * digits.clamp(1, 16)).unwrap_or(0);
        let mut spelled = [b'0'; 16];
        for place in &mut spelled {
            rest = rest.rotate_left(4);
            *place = usize::try_from(rest & 0xF).ok().and_then(|digit| of.get(digit)).copied().unwrap_or(b'0');
        }
        let digits = usize::try_from(digits).unwrap_or(16);
        self.0.extend_from_slice(spelled.get(..digits).unwrap_or_default());
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes back what was written after `length` bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(write: impl FnOnce(&mut Text)) -> String {
        let mut text = Text::default();
        write(&mut text);
        String::from_utf8(text.bytes().to_vec()).unwrap()
    }

    #[test]
    fn numbers_are_spelled_as_the_standard_library_does() {
        for number in [0, 7, 10, 1_682_899_200_000, u64::MAX] {
            assert_eq!(spelled(|text| text.number(number)), number.to_string());
        }
        assert_eq!(spelled(|text| text.hex(0x0001_2abc, 4)), "2abc");
        assert_eq!(spelled(|text| text.hex(u64::MAX, 16)), "f".repeat(16));
    }

    #[test]
    fn uuids_are_of_version_4() {
        let id = spelled(|text| text.uuid(u64::MAX, 0, false));
        assert_eq!(id, "ffffffff-ffff-4fff-8000-000000000000");
        assert_eq!(spelled(|text| text.uuid(u64::MAX, u64::MAX, true)), "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF");
    }
}
