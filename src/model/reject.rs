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

impl Reject {
    /// The reason of a piece whose end is missing.
    pub const CUT_OFF: &'static str = "cut off: the JSON ends before the row does";

    /// Whether the end of the piece is missing.
    pub fn is_cut_off(&self) -> bool {
        self.kind() == Self::CUT_OFF
    }

    /// The reason without what is particular to this piece, which stands in brackets at its end.
    pub fn kind(&self) -> &str {
        self.reason.split(" (").next().unwrap_or_default()
    }
}
