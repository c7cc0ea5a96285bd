//! One moment for all questions that are asked within each other.

use std::cell::Cell;

use crate::inspect::Error;

/// How many questions are within each other: what there is is looked at before the outermost one alone.
#[derive(Debug, Default)]
pub struct Moment {
    depth: Cell<usize>,
}

impl Moment {
    /// Calls `renew` unless a question is being answered.
    ///
    /// # Errors
    /// Those of `renew`.
    pub fn renew(&self, renew: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        if self.depth.get() == 0 { renew() } else { Ok(()) }
    }

    /// Runs `read` within one moment, which `renew` begins.
    ///
    /// # Errors
    /// Those of both.
    pub fn of(
        &self,
        renew: impl FnOnce() -> Result<(), Error>,
        read: &mut dyn FnMut() -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.renew(renew)?;
        self.depth.set(self.depth.get() + 1);
        let answer = read();
        self.depth.set(self.depth.get() - 1);
        answer
    }
}
