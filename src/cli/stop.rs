//! What a signal does to work that takes a while.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

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

/// Between two looks whether a signal has come.
const LOOK: Duration = Duration::from_millis(10);

/// How long work may take to end by itself after a signal: a person sees no difference.
const GRACE: Duration = Duration::from_millis(50);

/// Runs `work`, and calls `leave` from another thread if it is still at work a moment after `stop`.
///
/// For work that is safe to be ended anywhere and cannot end itself at each point: SQLite writes a large table or
/// takes it back in one call. `leave` ends the program; the next program that opens the store takes back what is
/// half done, as after a kill.
pub(super) fn or_leave<T>(stop: &AtomicBool, leave: impl FnOnce() + Send, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        let (at_work, ended) = mpsc::channel::<()>();
        scope.spawn(move || {
            let is_at_work = |wait| ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
            while is_at_work(LOOK) {
                if stop.load(Ordering::Relaxed) {
                    if is_at_work(GRACE) {
                        leave();
                    }
                    return;
                }
            }
        });
        let done = work();
        drop(at_work);
        done
    })
}

fn no_signals(error: &io::Error) -> Failure {
    Failure::bug("signals cannot be listened to").because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether work that ends when `ends` says so is left, with or without a signal.
    fn is_left(stopped: bool, ends: impl FnOnce(&AtomicBool)) -> bool {
        let left = AtomicBool::new(false);
        or_leave(&AtomicBool::new(stopped), || left.store(true, Ordering::Relaxed), || ends(&left));
        left.into_inner()
    }

    #[test]
    fn work_that_does_not_end_after_a_signal_is_left() {
        let until_left = |left: &AtomicBool| {
            while !left.load(Ordering::Relaxed) {
                thread::yield_now();
            }
        };
        assert!(is_left(true, until_left));
    }

    #[test]
    fn work_that_ends_by_itself_is_not_left() {
        assert!(!is_left(true, |_| ()));
        assert!(!is_left(false, |_| ()));
    }
}
