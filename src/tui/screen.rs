//! The screens: for each its state, its update and its view.

pub mod help;
pub mod journey;
pub mod palette;
pub mod search;
