//! What an earlier look found, so that a later one tells what is new.

use std::collections::{BTreeMap, HashSet};

use xxhash_rust::xxh3::xxh3_64;

use crate::model::Id;

/// What the baseline knows of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Was {
    /// How many users had it; which ones is not known.
    Count(u64),
    /// The users who had it, each as [`fingerprint`].
    Users(HashSet<u64>),
}

/// What an earlier look found, by code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<String, Was>);

/// What a user is known by in a baseline: a number that the id gives, the same in every version, and
/// from which nothing but a guess of the id leads back to it.
pub fn fingerprint(id: &Id) -> u64 {
    xxh3_64(id.as_str().as_bytes())
}

impl Baseline {
    /// Notes what was known of a kind.
    pub fn set(&mut self, code: &str, was: Was) {
        self.0.insert(code.to_owned(), was);
    }

    /// What is known of a kind; `None` where it was not found.
    pub fn of(&self, code: &str) -> Option<&Was> {
        self.0.get(code)
    }

    /// Whether a user with this root and name has a kind for the first time; `None` where the baseline does
    /// not name the users.
    pub fn is_newcomer(&self, code: &str, root: &Id, name: &Id) -> Option<bool> {
        match self.of(code)? {
            Was::Count(_) => None,
            // An id that names the user can come later than the root, or the other way round.
            Was::Users(users) => Some(!users.contains(&fingerprint(root)) && !users.contains(&fingerprint(name))),
        }
    }
}
