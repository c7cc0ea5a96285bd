//! Why a question has no answer: what kind of failure, what happened, to what, and what to do.

use std::fmt::Display;

/// Kinds of failures, by what a caller can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// What was asked cannot be answered here, or makes no sense.
    Usage,
    /// The source cannot be used: it is missing, damaged, locked, of another version, or does not
    /// answer.
    Store,
    /// The answer is no longer wanted ([`Source::stop_when`](super::Source::stop_when)).
    Cancelled,
    /// A mistake of this program.
    Bug,
}

/// Why a question has no answer, in the words that people are shown.
///
/// It is the same whatever the source is, so that no error of a database or of a network is named
/// above the source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Error {
    /// What a caller can do about it; it decides the exit code.
    pub kind: ErrorKind,
    /// What happened, to what; no full stop, so that an id at its end can be copied.
    pub what: String,
    /// What was behind it.
    pub cause: Option<String>,
    /// What to do, each a sentence.
    pub hints: Vec<String>,
}

impl Error {
    /// An error without cause and hints.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), cause: None, hints: Vec::new() }
    }

    /// The answer is no longer wanted.
    pub fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "the query was cancelled")
    }

    /// What a source of this kind has no way to answer.
    pub fn not_here(what: impl Display) -> Self {
        Self::new(ErrorKind::Usage, format!("{what} needs a source that can read all of its rows, and this one cannot"))
            .hint("use a store file: make one with `journey import FILE`")
    }

    /// With what was behind it.
    #[must_use]
    pub fn cause(self, cause: &dyn Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// With one more thing to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Whether the answer is no longer wanted.
    pub fn is_cancelled(&self) -> bool {
        self.kind == ErrorKind::Cancelled
    }
}
