//! The data that every bench works on: a crowd of `JOURNEY_BENCH_ROWS` rows, always the same.

use journey::sim::crowd::Crowd;

/// Rows where `JOURNEY_BENCH_ROWS` says nothing.
const ROWS: u64 = 100_000;
/// Seed where `JOURNEY_BENCH_SEED` says nothing.
const SEED: u64 = 7;

/// Whether to measure: under `cargo bench`, and not where a test run builds everything.
pub(crate) fn is_wanted() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// The crowd to measure with.
pub(crate) fn crowd() -> Crowd {
    Crowd { seed: number("JOURNEY_BENCH_SEED").unwrap_or(SEED), rows: number("JOURNEY_BENCH_ROWS").unwrap_or(ROWS) }
}

/// The number in a variable of the environment: `1000000` or `1_000_000`.
pub(crate) fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.replace('_', "").parse().expect("a whole number in the environment"))
}

/// Its raw export.
pub(crate) fn export() -> Vec<u8> {
    let mut bytes = Vec::new();
    crowd().write(&mut bytes).expect("memory takes every byte");
    bytes
}
