//! The screens: for each its state, its update and its view.

pub mod compare;
pub mod demo;
pub mod help;
pub mod identity;
pub mod journey;
pub mod palette;
pub mod prompt;
pub mod search;
