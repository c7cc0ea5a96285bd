//! What several tests share.

pub(crate) mod app;
pub(crate) mod story;
