//! What a file expects of a session or a user, compared with what there is.

/// One thing that was expected of a session or of a user, with what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The id of the user; `None` for the whole session.
    pub user: Option<String>,
    /// The key in the file of expectations, such as `rows`.
    pub key: &'static str,
    /// What the file says.
    pub expected: String,
    /// What there is.
    pub found: String,
}

impl Expectation {
    /// Whether what was expected is so.
    pub fn holds(&self) -> bool {
        self.expected == self.found
    }

    /// The id of the user, or `session`.
    pub fn of(&self) -> &str {
        self.user.as_deref().unwrap_or("session")
    }
}
