//! Bytes of a file → rows, profiles, alias lines and rejects.
//!
//! [`sniff()`] looks at the first bytes and says what the file is; a [`Splitter`] finds where each
//! record begins and ends, without understanding it; a [`Decoder`] turns one record into
//! [`Item`]s. Nothing here reads a file or knows a store, and nothing fails: a record that
//! cannot be read is an [`Item::Reject`] with its line and a reason.
//!
//! The formats are those of identity.md §4. `time` of a raw export can be the wall clock of
//! its project ([`Clock::Project`]); [`zone`] turns it into UTC, and [`infer`] finds out by how much.
//!
//! Cost: one pass to split, one to find the fields wanted. Lines of an export without doubtful
//! parts go through a scanner of our own, and their rows borrow their texts; everything else goes
//! through `serde_json`, which judges.

mod added;
mod carrier;
mod csv;
mod cursor;
mod decode;
mod dialect;
pub(crate) mod escape;
mod event;
mod format;
mod grid;
pub mod infer;
mod item;
mod kind;
mod literal;
mod map;
mod message;
mod object;
mod payload;
mod profile;
mod recognise;
mod repair;
pub mod request;
mod rows;
mod scan;
pub mod sniff;
pub mod split;
mod table;
mod types;
mod vendor;
pub mod zone;

pub use added::Added;
pub use csv::Head;
pub use decode::{Decoder, UNREADABLE};
pub use format::{Choice, Format, choices};
pub use infer::Inference;
pub use item::{AliasLine, Clock, Item, Out, Take};
pub use map::Map;
pub use message::{Message, beginning, message};
pub use object::{excerpt, one_line};
pub use rows::{Mark, Marked, MarkedColumns};
pub use sniff::{
    NotRecognised, Sniffed, guess_map, guess_table_map, sniff, sniff_as, sniff_by_map, sniff_table, sniff_table_by_map,
};
pub use split::{Layout, Record, Splitter, trim};
pub use vendor::{known as vendors, vendor_of};
pub use zone::Zone;

#[cfg(test)]
mod tests;
