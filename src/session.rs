//! What is open: one source, and all that is asked of it.
//!
//! Three things, from below:
//!
//! - a [`Source`](crate::inspect::Source) answers with facts: a store file, rows in memory;
//! - an [`Inspector`] makes journeys, hits and counts of them, the same for every source;
//! - a [`Session`] is what the interface works on: an inspector, what it is called, who was opened
//!   before, and what may be written. [`Opened`] is the one of this program; tests have their own.
//!
//! The command line holds an [`Inspector`], the interface a [`Session`]; neither knows which source
//! is behind it. `assets/docs/architecture.md` says how to add one.

mod able;
mod answers;
mod asked;
pub mod demo;
mod expected;
mod findings;
pub mod memory;
mod opened;
mod own;
mod pasted;
pub mod recorded;
pub mod search;
mod store;
pub mod warehouse;

use std::path::Path;
use std::sync::Arc;

pub use self::answers::{Hits, Recent, Redacted, Saved, Sight, StartPage};
pub use self::asked::Session;
pub use self::expected::Expected;
pub use self::findings::{Answer, LISTED, Question};
pub use self::opened::{Location, Opened, Options};
pub use self::pasted::{Pasted, pasted};

use crate::config::redaction;
use crate::inspect::{Error, ErrorKind, Inspector, Redactor};
use crate::store::Reader;

pub use self::memory::Memory;

/// Opens the store at `path`, read-only.
///
/// # Errors
/// No file, a file that is no store, one that is cut off, of a newer or older version.
pub fn open(path: &Path) -> Result<Inspector, Error> {
    Ok(Inspector::new(Reader::open(path)?))
}

/// What redacts with the key of the user; `personal` are names of properties that are personal
/// in addition to the known ones.
///
/// # Errors
/// The key can be neither read nor made.
pub fn redactor(personal: &[String]) -> Result<Arc<Redactor>, Error> {
    let key = match redaction::file() {
        Some(file) => redaction::key(&file).map_err(|error| {
            let what = format!("the key of pseudonyms, {}, can be neither read nor made", file.display());
            Error::new(ErrorKind::Usage, what).cause(&error)
        })?,
        // Without a home there is no other run to agree with.
        None => redaction::new(),
    };
    Ok(Arc::new(Redactor::new(key, personal)))
}
