//! Threads that help another one.
//!
//! One rule for all of them: what a helper found is taken with [`join`], so that a mistake in a
//! helper is one of the program and never an answer with less in it.

use std::panic::resume_unwind;
use std::thread::ScopedJoinHandle;

/// What a helper found; a panic of it goes on in this thread.
pub fn join<T>(helper: ScopedJoinHandle<'_, T>) -> T {
    helper.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Goes on with the panic of a helper that has left no answer, which is said by now.
pub fn lost() -> ! {
    resume_unwind(Box::new("a helping thread has panicked"))
}
