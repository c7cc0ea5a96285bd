//! The screens: for each its state, its update and its view.
//!
//! One that needs nothing of the others is a [`Page`](super::page::Page) and stands in [`PAGES`].

pub mod assumed;
pub mod compare;
pub mod demo;
pub mod findings;
pub mod help;
pub mod identity;
pub mod journey;
pub mod listen;
pub mod migration;
pub mod palette;
pub mod prompt;
pub mod rules;
pub mod save;
pub mod search;
pub mod warehouse;

use super::keys::Action;
use super::page::Entry;

/// Screens of their own: a module each, with its state, keys, update and view.
pub const PAGES: &[Entry] = &[help::PAGE, findings::PAGE, rules::PAGE, migration::PAGE, assumed::PAGE, warehouse::PAGE];

/// The page that an action opens.
pub(super) fn page(action: Action) -> Option<&'static Entry> {
    PAGES.iter().find(|entry| entry.action == action)
}
