//! `journey` reads analytics events and aliases, and tells whose they are and why.
pub mod identity;
pub mod model;
