//! The `journey` program.
fn main() {}
