//! Integration mistakes as data: what each is called, how bad it is, why it matters, what to do.
//!
//! A rule set lists its [`Kind`]s ([`super::rules::Rules::findings`]) and finds them in journeys.
//! Help, `check --list`, documents and tests read the same list.

use crate::model::facts::Source;

/// How much harm a mistake does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Rows are lost to the user, or mixed with another's.
    Error,
    /// It can lose rows, or hides what happened.
    Warning,
    /// Nothing to mend in the code, or nothing lost; good to know.
    Note,
}

impl Severity {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One kind of integration mistake. Kinds are compared by their code.
#[derive(Debug)]
pub struct Kind {
    /// Its name, stable: `alias-on-login`.
    pub code: &'static str,
    /// How much harm it does.
    pub severity: Severity,
    /// What it is, a few words.
    pub title: &'static str,
    /// Why it matters, one or two sentences.
    pub why: &'static str,
    /// What to change, one or two sentences.
    pub advice: &'static str,
    /// What to change in the programs of some libraries, where the calls differ.
    pub in_library: &'static [InLibrary],
    /// The rule behind it: numbers of identity.md.
    pub rule: &'static str,
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Kind {}

/// What to change where one library is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InLibrary {
    /// The library as rows name it (`mp_lib`).
    pub library: &'static str,
    /// What to call.
    pub advice: &'static str,
}

/// One integration mistake of a user with its evidence.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Which mistake.
    pub kind: &'static Kind,
    /// What happened, one sentence.
    pub what: String,
    /// What to change, one sentence.
    pub advice: &'static str,
    /// Rows that are lost to the user or mixed with another's.
    pub rows: u64,
    /// Rows that show it, in order of the input.
    pub sources: Vec<Source>,
}

impl Finding {
    /// Its name, stable.
    pub fn code(&self) -> &'static str {
        self.kind.code
    }

    /// How much harm it does.
    pub fn severity(&self) -> Severity {
        self.kind.severity
    }
}
