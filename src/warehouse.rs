//! A ClickHouse warehouse as a source: the same screens over more rows than one machine holds.
//!
//! Everything is asked over HTTP, in SQL that servers from 18.16 on read, and answered in
//! `RowBinary`. Nothing is decided here: the warehouse gives the facts that a store file gives, in
//! the same order, and the engine does not know the difference. `assets/docs/warehouse.md` has the
//! tables and what was measured.
//!
//! A table of events that the owner made is read by expressions of its columns ([`OwnEvents`]).
//!
//! A warehouse is filled from a store file ([`Load`]) in loads. A load counts only when the table
//! `journey_loads` names it, which is the last thing that is written: what an interrupted load left
//! is never read.

mod able;
mod activity;
mod address;
mod around;
pub mod check;
mod client;
mod components;
mod condition;
mod edges;
mod load;
mod mapping;
mod moment;
mod near;
mod numbers;
mod overview;
mod own;
mod scan;
mod search;
mod source;
mod tables;
mod upload;
mod wire;

pub use self::address::{Address, Limits};
pub use self::client::{Client, Failed};
pub use self::components::Components;
pub use self::load::{Load, Loaded};
pub use self::mapping::{OwnEdges, OwnTable};
pub use self::moment::Moment;
pub use self::numbers::{Numbered, Numbers};
pub use self::own::{Coverage, NameOf, OwnDdl, OwnEvents, OwnRow, OwnRows, Totals};
pub use self::source::Warehouse;
pub use self::tables::{Layout, ddl};
