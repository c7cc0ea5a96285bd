//! What a row is, before anything decides what it means.
//!
//! [`Id`]s and their shapes, [`Row`]s with their verbs and links, event time against
//! arrival, and how text from outside is made safe to look at. Nothing here reads a
//! file, opens a store or draws; every other module may name this one.

pub mod alike;
pub mod client;
pub mod clue;
pub mod counts;
pub mod facts;
pub mod hit;
pub mod id;
pub mod import;
pub mod json;
pub mod money;
pub mod near;
pub mod numbered;
pub mod parts;
pub mod reject;
pub mod row;
pub mod scan;
pub mod stored;
pub mod text;
pub mod threads;
pub mod time;
pub mod view;
pub mod written;

pub use client::Client;
pub use counts::Counts;
pub use id::{Id, Shape};
pub use numbered::NumberedTexts;
pub use reject::Reject;
pub use row::{Flags, LinkKind, Profile, Row, Verb, VerbKind};
pub use time::Millis;
pub use view::RowView;
