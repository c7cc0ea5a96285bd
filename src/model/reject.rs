//! Rows that cannot be read: data, not the end of a run.

/// A piece of input that could not be read as a row, kept with where it stood and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Line of the file where it begins, from 1.
    pub line: u64,
    /// What is wrong, for a person, without the text itself.
    pub reason: String,
    /// The piece itself, whole, with bytes that are not UTF-8 as U+FFFD.
    pub text: String,
}
