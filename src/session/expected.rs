//! What a recorded session is to show: findings, joins, rows; a test of an integration.
//!
//! ```toml
//! findings = []                    # codes of the whole session
//!
//! [[user]]
//! id = "pat@example.com"           # any id of the user
//! same = ["12345"]                 # ids of the same user
//! other = ["sam@example.com"]      # ids of other users
//! ids = 2                          # the root and its aliases
//! rows = 5                         # on the timeline, those of alias and identify too
//! events = ["Page Viewed", "Sign Up"]  # in order of time, without those of alias and identify
//! split = 0
//! refused = 0                      # alias calls
//! orphaned = 0                     # rows
//! findings = ["alias-on-login"]
//! ```
//!
//! What is not named is not checked. Anonymous ids are made by chance, so that numbers stand for them.

use serde::Deserialize;

use crate::identity::expected::Expectation;
use crate::identity::{Journey, LEGACY, Severity, findings};
use crate::inspect::{Error, Inspector, check};
use crate::model::{Id, VerbKind, near};

/// What a session is to show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Codes of findings of the whole session.
    findings: Option<Vec<String>>,
    /// What is to hold of users.
    #[serde(default)]
    user: Vec<User>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    id: String,
    same: Option<Vec<String>>,
    other: Option<Vec<String>>,
    ids: Option<usize>,
    rows: Option<usize>,
    events: Option<Vec<String>>,
    split: Option<usize>,
    refused: Option<usize>,
    orphaned: Option<usize>,
    findings: Option<Vec<String>>,
}

impl Expected {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence; also where it expects nothing, which would be a
    /// test that cannot fail.
    pub fn read(text: &str) -> Result<Self, String> {
        let expected: Self = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let all = expected.findings.iter().chain(expected.user.iter().filter_map(|user| user.findings.as_ref()));
        let known = || findings::all(LEGACY.findings()).map(|kind| kind.code);
        for code in all.flatten() {
            if !known().any(|known| known == code) {
                let near =
                    near::nearest(code, known()).map_or_else(String::new, |near| format!("; did you mean {near}?"));
                return Err(format!("no finding has the code {code}{near}"));
            }
        }
        let is_bare = |user: &&User| **user == User::of(&user.id);
        if let Some(user) = expected.user.iter().find(is_bare) {
            return Err(format!("nothing is expected of the user {:?}", user.id));
        }
        if expected.findings.is_none() && expected.user.is_empty() {
            return Err("it expects nothing: findings = [], or a [[user]]".to_owned());
        }
        Ok(expected)
    }

    /// Everything that is expected, with what there is. `go_on` as for [`check::store`], which is asked where
    /// findings of the whole session are expected; what was looked at in part is no answer.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn verify(
        &self,
        inspector: &Inspector,
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Option<Vec<Expectation>>, Error> {
        let mut all = Vec::new();
        if let Some(codes) = &self.findings {
            let audit = check::store(inspector, go_on)?;
            if !audit.complete {
                return Ok(None);
            }
            // A note is nothing to mend; one that is expected by its code has to be there.
            let found = audit.found.iter().filter(|found| {
                found.kind.severity < Severity::Note || codes.iter().any(|code| code == found.kind.code)
            });
            let found = set(found.map(|found| found.kind.code));
            all.push(Expectation {
                user: None,
                key: "findings",
                expected: set(codes.iter().map(String::as_str)),
                found,
            });
        }
        for user in &self.user {
            user.verify(inspector, &mut all)?;
        }
        Ok(Some(all))
    }
}

impl User {
    fn of(id: &str) -> Self {
        let (same, other, ids, rows, events, split, refused, orphaned, findings) = Default::default();
        Self { id: id.to_owned(), same, other, ids, rows, events, split, refused, orphaned, findings }
    }

    fn verify(&self, inspector: &Inspector, all: &mut Vec<Expectation>) -> Result<(), Error> {
        let journey = inspector.journey(&Id::new(&self.id))?;
        let mut add = |key, expected: Option<String>, found: String| {
            all.extend(expected.map(|expected| Expectation { user: Some(self.id.clone()), key, expected, found }));
        };
        let number = |number: Option<usize>| number.map(|number| number.to_string());
        let Some(journey) = journey else {
            add("id", Some("a user".to_owned()), "nothing names it".to_owned());
            return Ok(());
        };
        for (key, ids, wanted) in [("same", &self.same, true), ("other", &self.other, false)] {
            for id in ids.iter().flatten() {
                let words = |is_same: bool| if is_same { "is the same user" } else { "is another user" };
                let found = match inspector.journey(&Id::new(id))? {
                    None => "is named by nothing".to_owned(),
                    Some(other) => words(is_same(&journey, &other)).to_owned(),
                };
                add(key, Some(format!("{id} {}", words(wanted))), format!("{id} {found}"));
            }
        }
        add("ids", number(self.ids), journey.ids.len().to_string());
        add("rows", number(self.rows), journey.steps.len().to_string());
        let is_own = |verb: VerbKind| !matches!(verb, VerbKind::Alias | VerbKind::Identify);
        let own = journey.steps.iter().filter(|step| is_own(step.event.verb));
        let events: Vec<&str> = own.map(|step| &*step.event.event).collect();
        add("events", self.events.as_ref().map(|names| names.join(", ")), events.join(", "));
        add("split", number(self.split), journey.splits().to_string());
        add("refused", number(self.refused), journey.refused().count().to_string());
        add("orphaned", number(self.orphaned), journey.orphaned_rows().to_string());
        let codes = self.findings.as_ref();
        // Findings go by rules of their own, whatever rules judge the rows.
        let of_findings = if codes.is_some() { inspector.journey_of_findings(&Id::new(&self.id))? } else { None };
        let found = of_findings.iter().flat_map(|journey| &journey.findings).filter(|finding| {
            finding.severity() < Severity::Note
                || codes.is_some_and(|codes| codes.iter().any(|code| code == finding.code()))
        });
        let found = set(found.map(crate::identity::Finding::code));
        add("findings", codes.map(|codes| set(codes.iter().map(String::as_str))), found);
        Ok(())
    }
}

/// Whether two journeys are of one user.
fn is_same(one: &Journey, other: &Journey) -> bool {
    one.root.is_some() && one.root == other.root
}

/// Codes in the order of the alphabet, each once.
fn set<'a>(codes: impl Iterator<Item = &'a str>) -> String {
    let codes: std::collections::BTreeSet<&str> = codes.collect();
    if codes.is_empty() { "none".to_owned() } else { codes.into_iter().collect::<Vec<_>>().join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_fail_or_names_what_there_is_not_is_refused() {
        for (text, why) in [
            ("", "expects nothing"),
            ("[[user]]\nid = \"a\"", "nothing is expected of the user \"a\""),
            ("findings = [\"alias-on-logon\"]", "did you mean alias-on-login?"),
            ("[[user]]\nid = \"a\"\nrow = 1", "unknown field `row`"),
            ("[[user]]\nrows = 1", "missing field `id`"),
        ] {
            let error = Expected::read(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(Expected::read("findings = []").is_ok());
        assert!(Expected::read("[[user]]\nid = \"a\"\nsplit = 0").is_ok());
    }
}
