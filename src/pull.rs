//! Answers of a vendor's API → bytes for the importer.
//!
//! [`Client`] asks Mixpanel's raw export for one day ([`Client::day`]), its profiles page by page
//! ([`Client::profiles`]), and what is kept of some ids ([`Client::activity`],
//! [`Client::profiles_of`]). Each answer is taken to its end and looked at before anything of it is
//! given away: one that ends early, by a cut connection or by a message of the server in place of
//! the last row, is asked for again.
//!
//! Addresses, parameters and limits are those of Mixpanel's public reference (Raw Event Export API,
//! Query API, Rate Limits).
//!
//! # Secrets
//! The secret of an [`Account`] goes into the `Authorization` header of a request and nowhere else:
//! its `Debug` hides it, and what a server says is searched for it before it becomes part of an
//! [`Error`]. No redirect is followed, so that no other host gets the header.
//!
//! # Waiting
//! A request runs in a thread of its own, which is left alone when the stop flag is set; the
//! caller looks every 20 ms. [`Limits`] has the pace.

mod account;
mod answer;
mod client;
mod pace;
mod request;

pub use self::account::{Account, Region, WrongServer};
pub use self::client::{Activity, Client, Day, Next, Page};
pub use self::pace::Limits;

use std::io;
use std::time::Duration;

/// What a person who waits reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Bytes of the answer that arrived, as they were sent.
    Received(u64),
    /// A wait before the next request.
    Wait {
        /// Why, as a sentence without an end.
        why: String,
        /// How long.
        wait: Duration,
    },
}

/// Why an answer could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A person stopped it.
    #[error("the request was stopped")]
    Stopped,
    /// No answer came, several times.
    #[error("{what}: no answer from {server}: {why}")]
    Unreachable {
        /// What was asked for.
        what: String,
        /// The host.
        server: String,
        /// Why, the last time.
        why: String,
    },
    /// The server says no.
    #[error("{what}: {server} answers {status}{}", quoted(.said))]
    Refused {
        /// What was asked for.
        what: String,
        /// The host.
        server: String,
        /// The status of HTTP.
        status: u16,
        /// What it says, in part.
        said: String,
    },
    /// The answer ended before its end, several times.
    #[error("{what}: the answer ended early, {times} times: {why}")]
    Early {
        /// What was asked for.
        what: String,
        /// How many requests were made.
        times: u32,
        /// How that is known.
        why: String,
    },
    /// The answer is none that the reference describes.
    #[error("{what}: {server} sent something else{}", quoted(.said))]
    Other {
        /// What was asked for.
        what: String,
        /// The host.
        server: String,
        /// What it says, in part.
        said: String,
    },
    /// The answer cannot be kept on disk until it is whole.
    #[error("{what}: the response cannot be saved in a temporary file: {source}")]
    Disk {
        /// What was asked for.
        what: String,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// What to do about it, as one sentence; `None` where nothing helps.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::Stopped => return None,
            Self::Unreachable { .. } => "check the connection, then run the same command again",
            Self::Refused { status: 400, .. } => "check the days and the project id; the server says what is wrong",
            Self::Refused { status: 401 | 403, .. } => {
                "check the service account and its project, or the project secret, and that --region is that of the \
                 project"
            }
            Self::Refused { status: 402, .. } => "the plan of the project does not allow it",
            Self::Refused { status: 429, .. } => "other programs use up the limit of the project: try again in an hour",
            Self::Refused { .. } | Self::Other { .. } => "run the same command again later",
            Self::Early { .. } => "run the same command again later, or fetch a part with --event",
            Self::Disk { .. } => "free disk space in the folder of the store",
        })
    }
}

fn quoted(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": \"{said}\"") }
}
