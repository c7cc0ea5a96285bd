//! Numbers that a seed decides, the same on every machine.
//!
//! [`Random`] is `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number
//! generators", OOPSLA 2014). Eight bytes of state let every user of a crowd have a stream of
//! its own. The distributions use whole numbers alone: a logarithm of floating point may differ
//! in its last bit from one system to the next, and with it the file.

/// Steps of the logarithm per power of two.
const FRACTION: u32 = 16;
/// Natural logarithm of 2, times 2^16.
const LN_2: u64 = 45_426;

/// The finaliser of `SplitMix64`: a well-mixed number for each number.
pub(super) fn mix(number: u64) -> u64 {
    let mut z = number;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream number `stream` of `seed`.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        Self(mix(seed ^ mix(stream.wrapping_add(0x9E37_79B9_7F4A_7C15))))
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number of `0..limit`; `limit` is at most 2^32.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        ((self.next() >> 32) * limit) >> 32
    }

    /// Whether something happens that happens `times` in 1000.
    pub(super) fn per_mille(&mut self, times: u64) -> bool {
        self.below(1000) < times
    }

    /// One of `list`, each as likely; the default of nothing.
    pub(super) fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let at = self.below(list.len() as u64);
        usize::try_from(at).ok().and_then(|at| list.get(at)).copied().unwrap_or_default()
    }

    /// One of `list`, the first ones far likelier.
    pub(super) fn pick_early<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let length = list.len() as u64;
        let at = self.below(length).min(self.below(length)).min(self.below(length));
        usize::try_from(at).ok().and_then(|at| list.get(at)).copied().unwrap_or_default()
    }

    /// A waiting time with this mean, exponentially distributed. `mean` is below 2^40.
    pub(super) fn exponential(&mut self, mean: i64) -> i64 {
        let mean = u64::try_from(mean).unwrap_or(0);
        let waits = (self.minus_log2() * LN_2) >> FRACTION;
        i64::try_from((mean * waits) >> FRACTION).unwrap_or(i64::MAX)
    }

    /// A size by Pareto's law with exponent 1.05, at least `least` and at most `most`.
    pub(super) fn pareto(&mut self, least: u64, most: u64) -> u64 {
        let log = self.minus_log2() * 100 / 105;
        let (whole, fraction) = (log >> FRACTION, log & ((1 << FRACTION) - 1));
        if whole > 24 {
            return most;
        }
        // 2^f of 0 ≤ f < 1 as a parabola through its ends and middle: within 0.3 %.
        let one = 1_u64 << FRACTION;
        let grown = one + ((fraction * (43_024 + ((22_512 * fraction) >> FRACTION))) >> FRACTION);
        (((least << whole) * grown) >> FRACTION).clamp(least, most)
    }

    /// −log₂ of a number of 0..1, times 2^16.
    fn minus_log2(&mut self) -> u64 {
        let x = self.next() | 1;
        let zeros = x.leading_zeros();
        // Fraction bits by squaring: the mantissa lies in 1..2 with 31 bits behind the point.
        let mut mantissa = (x << zeros) >> 32;
        let mut log = 0;
        for _ in 0..FRACTION {
            mantissa = (mantissa * mantissa) >> 31;
            log <<= 1;
            if mantissa >> 32 > 0 {
                mantissa >>= 1;
                log |= 1;
            }
        }
        ((u64::from(zeros) + 1) << FRACTION) - log
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64() {
        // First outputs for the state 1234567, as published with the reference program.
        let mut random = Random(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn waiting_times_have_their_mean() {
        let mut random = Random::new(1, 1);
        let sum: i64 = (0..100_000).map(|_| random.exponential(20_000)).sum();
        let mean = sum / 100_000;
        assert!((19_500..20_500).contains(&mean), "{mean}");
    }

    #[test]
    fn sizes_follow_the_law() {
        let mut random = Random::new(2, 1);
        let sizes: Vec<u64> = (0..100_000).map(|_| random.pareto(2, 5_000)).collect();
        assert!(sizes.iter().all(|size| (2..=5_000).contains(size)));
        // P(size ≥ 2·k) = k^-1.05.
        for (factor, expected) in [(2_u64, 48_297_usize), (10, 8_913), (100, 794)] {
            let above = sizes.iter().filter(|size| **size >= 2 * factor).count();
            assert!(above.abs_diff(expected) < expected / 8, "{above} of {factor} times, not {expected}");
        }
    }

    #[test]
    fn a_pick_stays_in_its_list() {
        let mut random = Random::new(3, 1);
        let list = ["a", "b", "c"];
        let early = (0..3_000).filter(|_| random.pick_early(&list) == "a").count();
        let even = (0..3_000).filter(|_| random.pick(&list) == "a").count();
        assert!(early > 1_900 && (900..1_100).contains(&even), "{early} {even}");
        assert_eq!(random.pick::<&str>(&[]), "");
    }
}
