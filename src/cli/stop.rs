//! What a signal does to work that takes a while.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

use super::failure::Failure;

/// Becomes true when a signal asks the work to stop; the second time the program ends at once.
pub(super) fn stop_flag() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag unset.
        flag::register_conditional_default(signal, Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .map_err(|error| no_signals(&error))?;
    }
    Ok(stop)
}

/// As [`stop_flag`], for work that stores what it has before it ends, which can take a second: a person at a
/// terminal sees at once that the signal was heard, whatever the work is at.
pub(super) fn stop_flag_with_notice() -> Result<Arc<AtomicBool>, Failure> {
    let stop = stop_flag()?;
    if io::stderr().is_terminal() {
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|error| no_signals(&error))?;
        // It waits for as long as the program runs; without it the work only ends without a word.
        let _ = thread::Builder::new().name("stop-notice".into()).spawn(move || {
            if signals.forever().next().is_some() {
                let text = "stopping: what is read is stored first, and an upgrade of the store that is not done is \
                            taken back; Ctrl-C again ends the program at once";
                let _ = writeln!(io::stderr(), "\n{text}");
            }
        });
    }
    Ok(stop)
}

fn no_signals(error: &io::Error) -> Failure {
    Failure::bug("signals cannot be listened to").because(error)
}
