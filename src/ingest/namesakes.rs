//! Files that the store has under the same name with other rows: one that was changed, or written anew.

use std::collections::BTreeSet;

use crate::store::{self, Writer};

/// Names that a note has.
const NAMED: usize = 3;

/// What an import stores next to other rows of the same files.
#[derive(Default)]
pub(super) struct Namesakes {
    /// Names of the files that the store had before this import.
    before: Option<BTreeSet<String>>,
    /// Files that this import stored under one of these names.
    found: BTreeSet<String>,
    /// Files whose start the store had, and that go on in another way than there.
    forked: BTreeSet<String>,
}

impl Namesakes {
    /// Notes which files the store has, before the first of this import.
    pub(super) fn look(&mut self, writer: &Writer) -> Result<(), store::Error> {
        if self.before.is_none() {
            self.before = Some(writer.stored_files()?);
        }
        Ok(())
    }

    /// Notes that rows of a stream were stored as those of a new file.
    pub(super) fn note(&mut self, stream: &str, file: &str, is_forked: bool) {
        let is_known = self.before.as_ref().is_some_and(|before| before.contains(stream));
        // The name that the standard input has is none.
        if is_known && stream != super::expand::STDIN {
            self.found.insert(file.to_owned());
        } else if is_forked {
            self.forked.insert(file.to_owned());
        }
    }

    /// What is to be said of it.
    pub(super) fn said(&self) -> impl Iterator<Item = String> {
        let found = named(&self.found).map(|names| {
            format!(
                "the store has other rows of {names} from an earlier import: they stay, and rows that are in both count \
                 once if they have an $insert_id"
            )
        });
        let forked = named(&self.forked).map(|names| {
            format!("the start of {names} is in the store already, in another file: only the rest is stored")
        });
        found.into_iter().chain(forked)
    }
}

/// Some names as a list, the first of many.
fn named(names: &BTreeSet<String>) -> Option<String> {
    let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    let more = names.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!shown.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
}
