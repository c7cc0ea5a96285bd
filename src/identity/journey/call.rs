//! Alias calls, and what became of them.

use crate::model::facts::Source;
use crate::model::{Id, Millis};

/// One alias call with its verdict.
#[derive(Clone, Debug)]
pub struct AliasLine {
    /// The key asked for; `None` if empty.
    pub alias: Option<Id>,
    /// What it was to point at; `None` if empty.
    pub target: Option<Id>,
    /// Accepted or not.
    pub verdict: Verdict,
    /// The mapping that stood in the way, for a refused or duplicate call.
    pub kept: Option<Id>,
    /// Place of the accepted call that stood in the way.
    pub kept_by: Option<Source>,
    /// When it was called.
    pub time: Millis,
    /// When the server had it, if a row says so.
    pub arrived: Option<Millis>,
    /// Its place in the order of arrival: `arrived`, or the estimate that keeps the file's order.
    pub order: Millis,
    /// Whether property `original` named the target (identity.md §2.4, C39).
    pub by_original: bool,
    /// Whether it comes from a table of aliases and not from an event.
    pub from_table: bool,
    /// Its place.
    pub source: Source,
    /// Its number in the store.
    pub row: i64,
    /// One sentence.
    pub why: String,
}

/// What became of an alias call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is in the lookup table.
    Accepted,
    /// It has no effect, and its caller got no error.
    Refused(Refusal),
    /// Its alias led to the same root already.
    Duplicate,
}

/// Why an alias call has no effect, in the words of a rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// The name in JSON.
    name: &'static str,
    /// The end of a sentence, in which `{alias}`, `{target}` and `{kept}` stand for ids.
    because: &'static str,
}

impl Refusal {
    /// A refusal of a rule set; `name` is the vendor's own word where there is one.
    pub const fn new(name: &'static str, because: &'static str) -> Self {
        Self { name, because }
    }

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// The reason as the end of a sentence, about these ids.
    pub fn because(self, alias: &str, target: &str, kept: &str) -> String {
        let mut text = String::new();
        for part in self.because.split_inclusive('}') {
            let (before, id) = match part.rsplit_once('{') {
                Some((before, "alias}")) => (before, alias),
                Some((before, "target}")) => (before, target),
                Some((before, "kept}")) => (before, kept),
                _ => (part, ""),
            };
            text.push_str(before);
            text.push_str(id);
        }
        text
    }
}
