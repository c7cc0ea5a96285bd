//! The built-in demo store: the scenarios of the gallery, imported into memory.

use super::failure::Failure;
use crate::inspect::Inspector;
use crate::store::Writer;

/// The demo store, made anew: a few hundred rows.
pub(super) fn inspector() -> Result<Inspector, Failure> {
    let writer = Writer::in_memory()?;
    Ok(Inspector::new(writer.into_reader()?))
}
