//! Makes inputs from a corpus and gives them to a check, until it fails or enough were tried.
//!
//! An input is one of the corpus with a few changes: bytes and pieces altered, repeated, taken
//! out, words of the formats put in, two inputs joined. A check gives a number for what it saw;
//! an input that leads to a new number joins the corpus, so that the next ones go on from there.
//! The same seed makes the same inputs.
//!
//! Without variables each target tries a fixed number of inputs, which takes seconds.
//! `JOURNEY_FUZZ_SECONDS=3600` goes on for an hour each, `JOURNEY_FUZZ_SEED=7` makes others,
//! `JOURNEY_FUZZ_INPUT=file` tries one input that failed before.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Inputs that are kept besides those of the corpus.
const KEPT: usize = 1024;
/// What an input may take in a long run, unoptimised and next to other work.
const SLOW: Duration = Duration::from_secs(120);

/// One target.
pub(crate) struct Target<'a> {
    /// Its name, and that of its folder in `tests/data/fuzz`.
    pub(crate) name: &'a str,
    /// Inputs to try where no time is given.
    pub(crate) inputs: u64,
    /// Bytes of an input, at most.
    pub(crate) longest: usize,
    /// Inputs to begin with, besides those of its folder.
    pub(crate) corpus: Vec<Vec<u8>>,
    /// Words that inputs are made of.
    pub(crate) words: &'a [&'a str],
}

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a whole number, not {text:?}")))
}

impl Target<'_> {
    /// Tries inputs; the failure of one names the file that it is kept in.
    pub(crate) fn run(mut self, check: impl Fn(&[u8]) -> u64) {
        if let Some(path) = std::env::var_os("JOURNEY_FUZZ_INPUT") {
            check(&fs::read(path).unwrap());
            return;
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/fuzz").join(self.name);
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
        files.sort();
        self.corpus.extend(files.iter().map(|path| fs::read(path).unwrap()));
        let time = number("JOURNEY_FUZZ_SECONDS").map(Duration::from_secs);
        let mut chance = Chance(number("JOURNEY_FUZZ_SEED").unwrap_or(1) ^ hash(self.name));
        let mut pool = std::mem::take(&mut self.corpus);
        if pool.is_empty() {
            pool.push(Vec::new());
        }
        let of_corpus = pool.len();
        let mut seen = std::collections::HashSet::new();
        for input in &pool {
            seen.insert(self.one(input, &check, time.is_some()));
        }
        let start = Instant::now();
        let mut tried = pool.len() as u64;
        while time.map_or(tried < self.inputs, |time| start.elapsed() < time) {
            let input = self.changed(&pool, &mut chance);
            tried += 1;
            if seen.insert(self.one(&input, &check, time.is_some())) {
                if pool.len() < of_corpus + KEPT {
                    pool.push(input);
                } else {
                    let at = of_corpus + chance.below(KEPT);
                    pool[at] = input;
                }
            }
        }
        println!("fuzz {}: {tried} inputs, {} kinds of answers", self.name, seen.len());
    }

    /// Tries one input.
    fn one(&self, input: &[u8], check: &impl Fn(&[u8]) -> u64, timed: bool) -> u64 {
        let start = Instant::now();
        let answer = catch_unwind(AssertUnwindSafe(|| check(input)));
        if answer.is_ok() && !(timed && start.elapsed() > SLOW) {
            return answer.unwrap_or_default();
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{}-{:016x}", self.name, hash(input)));
        fs::write(&path, input).unwrap();
        println!("fuzz {}: failed, JOURNEY_FUZZ_INPUT={} repeats it", self.name, path.display());
        match answer {
            Err(cause) => resume_unwind(cause),
            Ok(_) => panic!("an input took {:?}", start.elapsed()),
        }
    }

    /// One of the pool with a few changes.
    fn changed(&self, pool: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
        let mut input = pool[chance.below(pool.len())].clone();
        for _ in 0..=chance.below(6) {
            self.change(&mut input, pool, chance);
        }
        input.truncate(self.longest);
        input
    }

    fn change(&self, input: &mut Vec<u8>, pool: &[Vec<u8>], chance: &mut Chance) {
        let at = chance.below(input.len() + 1);
        let end = (at + 1 + chance.below(32)).min(input.len());
        match chance.below(10) {
            0 if at < input.len() => input[at] ^= 1 << chance.below(8),
            1 if at < input.len() => input[at] = BYTES[chance.below(BYTES.len())],
            2 => {
                input.drain(at.min(end)..end);
            }
            3 => {
                let piece = input[at.min(end)..end].to_vec();
                for _ in 0..=chance.below(8) {
                    input.splice(at..at, piece.iter().copied());
                }
            }
            4 => input.truncate(at),
            5 => {
                let other = &pool[chance.below(pool.len())];
                let from = chance.below(other.len() + 1);
                input.truncate(at);
                input.extend(&other[from..]);
            }
            6 => input.insert(at, BYTES[chance.below(BYTES.len())]),
            7 => {
                let deep = [b'[', b'{', b'(', b'"', b'\\'][chance.below(5)];
                let times = 1 + chance.below(300);
                input.splice(at..at, std::iter::repeat_n(deep, times));
            }
            8 => {
                let word = HOSTILE[chance.below(HOSTILE.len())];
                input.splice(at..at, word.bytes());
            }
            _ if !self.words.is_empty() => {
                let word = self.words[chance.below(self.words.len())];
                input.splice(at..at, word.bytes());
            }
            _ => {}
        }
    }
}

/// Bytes at which readers turn.
const BYTES: &[u8] =
    b"\0\x01\x07\x08\t\n\x0b\r\x1b\x1f !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\x7f\x80\x9b\xbf\xc0\xc2\xe2\xed\xf0\xf4\xff";

/// Texts that act on a terminal, look alike, or are at the edge of a number.
pub(crate) const HOSTILE: &[&str] = &[
    "\u{1b}]0;title\u{7}",
    "\u{1b}[2J\u{1b}[?1049h",
    "\u{1b}]52;c;QUJD\u{7}",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{9b}31m",
    "\u{90}x\u{9c}",
    "\u{7f}\u{8}\u{8}",
    "\r\n\u{b}\u{c}\u{85}\u{2028}\u{2029}",
    "\u{202e}txet\u{202c}",
    "\u{2066}a\u{2069}\u{200f}\u{61c}",
    "\u{200b}\u{200d}\u{feff}\u{ad}\u{2060}",
    "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}",
    "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{fe0f}",
    "日本語ﾊﾝｶｸ",
    "\u{e0041}\u{e0042}\u{fff9}",
    "\\u001b[31m",
    "\\ud83d",
    "\\ud83d\\ude00",
    "\\u0000",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1e400",
    "-0.0",
    "1602611311000000",
    "'; DROP TABLE ids; --",
    "=cmd|' /C calc'!A0",
    "<script>",
    "| a | b |\n",
];

/// Numbers that follow from a seed (`SplitMix64`).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

/// A number for something.
pub(crate) fn hash(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
