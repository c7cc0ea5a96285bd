//! Version 7: an index of the values of properties ([`crate::store::index`]).
//!
//! Only its tables are made. What stands in them is made of the rows when an import has ended
//! ([`crate::store::Writer::index_values`]); what is not in them is looked through.

use crate::store::index;

/// The first version with an index of values.
pub(in crate::store) const SINCE: i64 = 7;

/// The tables.
pub(super) const SQL: &str = index::SQL;
