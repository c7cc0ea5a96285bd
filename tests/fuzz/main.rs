//! Inputs that no person would write by hand: every reader of the program gets them, and the way from
//! a hostile row to the terminal is gone to its end. `driver` says how to run them for longer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]
#![allow(clippy::print_stdout, reason = "a long run says how much it has tried")]

mod answers;
#[path = "../it/support/app.rs"]
#[expect(dead_code, reason = "screens need more of it")]
mod app;
mod driver;
mod files;
mod reading;
mod store;
mod terminal;

use std::fs;
use std::path::Path;

/// Files of the tests, as inputs to begin with.
fn samples(names: &[&str]) -> Vec<Vec<u8>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    names.iter().map(|name| fs::read(data.join(name)).unwrap()).collect()
}
