//! Ids that look as SDKs make them, the same for the same seed.

use crate::model::time::Millis;
use serde_json::Value;

/// A source of numbers that a seed and a name decide.
///
/// Each device has its own, so that another device or call in a scenario changes no id of
/// the devices that were there before.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// The source of `name` under `seed`.
    pub(super) fn new(seed: u64, name: &str) -> Self {
        Self(xxhash_rust::xxh3::xxh3_64_with_seed(name.as_bytes(), seed))
    }

    /// The next number (splitmix64).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A whole number of `from..=to`.
    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        let width = to.saturating_sub(from).unsigned_abs().saturating_add(1);
        from.saturating_add_unsigned(self.next() % width)
    }

    /// `length` characters of `alphabet`.
    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        let width = alphabet.len().max(1) as u64;
        let pick = |number: u64| usize::try_from(number % width).ok().and_then(|at| alphabet.get(at));
        (0..length).filter_map(|_| pick(self.next())).map(|byte| char::from(*byte)).collect()
    }

    /// `$insert_id` of web SDKs: 16 letters and digits.
    pub(super) fn web_insert_id(&mut self) -> Value {
        Value::from(self.text(b"0123456789abcdefghijklmnopqrstuvwxyz", 16))
    }

    /// `$insert_id` of the Python library: a UUID without hyphens.
    pub(super) fn python_insert_id(&mut self) -> Value {
        Value::from(self.uuid().replace('-', ""))
    }

    /// A UUID of version 4.
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFF,
            0x8000 | (low >> 50),
            low & 0xFFFF_FFFF_FFFF
        )
    }

    /// The T-R-UA-S-T id of web SDKs up to 2.61: clock, chance, browser, screen, clock again.
    pub(super) fn web_anonymous_id(&mut self, now: Millis, browser: &str, screen: (i64, i64)) -> String {
        let clock = |ticks: i64| format!("{now:x}{ticks:x}");
        let (first, second) = (self.between(16, 0xFFF), self.between(16, 0xFFF));
        let random = self.next() >> 12;
        let agent = xxhash_rust::xxh3::xxh3_64(browser.as_bytes()) >> 35;
        let area = screen.0.saturating_mul(screen.1);
        format!("{}-0{random:x}-{agent:x}-{area:x}-{}", clock(first), clock(second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Shape;

    #[test]
    fn ids_have_the_shapes_that_sdks_give_them() {
        for seed in 0..50 {
            let mut chance = Chance::new(seed, "laptop");
            assert_eq!(Shape::of(&chance.uuid()), Shape::Guid);
            let web = chance.web_anonymous_id(1_561_972_320_000, "Chrome", (1440, 900));
            assert_eq!(Shape::of(&web), Shape::WebAnonymous, "{web}");
            assert!(web.contains("-13c680-"), "the screen of 1440x900 is in {web}");
            let insert_id = chance.web_insert_id();
            assert_eq!(insert_id.as_str().map(str::len), Some(16));
        }
    }

    #[test]
    fn another_device_has_other_ids_and_the_same_device_the_same() {
        assert_eq!(Chance::new(1, "laptop").uuid(), Chance::new(1, "laptop").uuid());
        assert_ne!(Chance::new(1, "laptop").uuid(), Chance::new(1, "phone").uuid());
        assert_ne!(Chance::new(1, "laptop").uuid(), Chance::new(2, "laptop").uuid());
    }
}
