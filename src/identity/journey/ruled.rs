//! Whose each row of some facts is under one rule set.
//!
//! A [`Journey`](super::Journey) is one user; this is everyone that the facts hold, as far as rows
//! go: what it takes to set rule sets side by side.

use std::sync::Arc;

use super::{AliasLine, Reasons, Split};
use crate::model::Id;
use crate::model::facts::{Event, Source};

/// The rows of some facts with their owners, and the user of one id among those.
#[derive(Clone, Debug)]
pub struct Ruled {
    /// The rules that gave this answer.
    pub rules: &'static dyn Reasons,
    /// The user that the id leads to, by the id that the data is stored under; `None` when no row is
    /// theirs.
    pub root: Option<Id>,
    /// The ids of that user, the root first.
    pub ids: Vec<Id>,
    /// Every call about ids, in order of arrival, with what became of it.
    pub aliases: Vec<AliasLine>,
    /// Every row, by time, then arrival; deliveries of one row once.
    pub rows: Vec<Held>,
}

/// One row with its owner.
#[derive(Clone, Debug)]
pub struct Held {
    /// The row.
    pub event: Arc<Event>,
    /// Other deliveries of it.
    pub copies: Vec<Source>,
    /// The id that it is counted under; `None` where the system keeps no such row, or where it has no id.
    pub owner: Option<Id>,
    /// What decided that.
    pub because: Because,
}

/// What decided whose a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Because {
    /// An id of the row itself is the owner's.
    Own,
    /// An id of the row was joined to the owner by this call or row: index in [`Ruled::aliases`].
    Joined(usize),
    /// The row is this call itself: index in [`Ruled::aliases`].
    Call(usize),
    /// The row names an id of another owner, and is not theirs: index in [`Ruled::aliases`].
    Conflict(usize),
    /// It arrived before the call that would have joined it: index in [`Ruled::aliases`].
    Before(usize, Split),
    /// The system keeps no such row, or it has no id.
    NoOne,
}

impl Held {
    /// Its state in a word.
    pub fn state(&self) -> &'static str {
        match (self.because, &self.owner) {
            (_, None) => "ignored",
            (Because::Before(..), _) => "split",
            (Because::Conflict(_), _) => "conflict",
            _ => "merged",
        }
    }
}

impl Ruled {
    /// Whether a row is of the user asked for.
    pub fn is_own(&self, held: &Held) -> bool {
        self.root.is_some() && held.owner == self.root
    }

    /// One sentence that says why a row is whose it is.
    pub fn why(&self, held: &Held) -> String {
        self.rules.why_held(self, held)
    }
}
