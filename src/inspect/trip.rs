//! Questions that a source asks a server: who wants to know hears when each begins and ends.

use std::fmt;
use std::sync::Arc;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trip {
    /// It begins.
    Began {
        /// Its number.
        number: u64,
        /// What it asks for.
        what: &'static str,
    },
    /// It has ended, with an answer or without.
    Ended {
        /// Its number.
        number: u64,
        /// Rows that the server has read for it; `None` where it does not say.
        read: Option<u64>,
    },
    /// The server is to end one that is no longer wanted; before that one's [`Trip::Ended`].
    Stopping,
    /// The server has heard it, or does not answer.
    Stopped,
}

/// Who hears of them.
#[derive(Clone)]
pub struct Tell(Arc<dyn Fn(Trip) + Send + Sync>);

impl Tell {
    /// Tells `hear`, from any thread.
    pub fn new(hear: impl Fn(Trip) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    /// Tells of a trip.
    pub fn tell(&self, trip: Trip) {
        (self.0)(trip);
    }
}

impl fmt::Debug for Tell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tell")
    }
}
