//! The `journey` program.

use std::panic;
use std::process::ExitCode;

use journey::cli;

fn main() -> ExitCode {
    // The default hook has printed the message and its place before the panic arrives here.
    panic::catch_unwind(|| cli::run(std::env::args_os())).unwrap_or_else(|_| cli::tell_bug())
}
