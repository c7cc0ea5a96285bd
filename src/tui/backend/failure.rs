//! Why something could not be done.

/// Why something could not be done: what, to what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whose fault it is, for the exit code.
    pub kind: FailureKind,
    /// What happened, to what.
    pub what: String,
    /// What was behind it.
    pub cause: Option<String>,
    /// What to do.
    pub hints: Vec<String>,
}

/// Kinds of failures, by what a caller can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Wrong use: no terminal.
    Usage,
    /// The store cannot be used.
    Store,
    /// A mistake of this program.
    Bug,
}

impl Failure {
    /// A failure without cause and hints.
    pub fn new(kind: FailureKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), cause: None, hints: Vec::new() }
    }

    /// With what was behind it.
    #[must_use]
    pub fn cause(self, cause: &dyn std::fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// With one more thing to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}
