//! Numbers of ids and of names: a warehouse has texts, and a search over many rows holds numbers.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use crate::inspect::{Error, ErrorKind};
use crate::model::Id;

/// Texts by their numbers, which begin with 1 and stay as they are.
#[derive(Debug)]
pub struct Numbers<T> {
    of: HashMap<T, i64>,
    all: Vec<T>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { of: HashMap::new(), all: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbers<T> {
    /// The number of a text, a new one where it had none.
    pub(super) fn add(&mut self, text: T) -> i64 {
        if let Some(number) = self.of.get(&text) {
            return *number;
        }
        self.all.push(text.clone());
        let number = i64::try_from(self.all.len()).unwrap_or(i64::MAX);
        self.of.insert(text, number);
        number
    }

    /// The number of a text that has one.
    pub fn number(&self, text: &T) -> Option<i64> {
        self.of.get(text).copied()
    }

    /// The text with this number.
    pub fn text(&self, number: i64) -> Option<&T> {
        self.all.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }
}

/// Names of events and of programs that sent rows, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) all: Vec<(i64, String)>,
    pub(super) clients: HashSet<i64>,
}

/// What has a number.
#[derive(Debug, Default)]
pub struct Numbered {
    /// Ids that are known in some role.
    pub ids: Numbers<Id>,
    /// Names of events and of programs.
    pub names: Numbers<Arc<str>>,
    /// The names as they were with the load of this number.
    pub(super) known: Option<(u64, Arc<Names>)>,
}

impl Numbered {
    /// The id with this number.
    ///
    /// # Errors
    /// There is none: a mistake of this program.
    pub fn id_of(&self, number: i64) -> Result<Id, Error> {
        let known = self.ids.text(number).cloned();
        known.ok_or_else(|| Error::new(ErrorKind::Bug, format!("no id has the number {number}")))
    }

    /// The number of an id as a column has it; 0 for none.
    pub fn id(&mut self, text: &str) -> i64 {
        if text.is_empty() { 0 } else { self.ids.add(Id::new(text)) }
    }

    /// The number of a name; 0 for none.
    pub fn name(&mut self, text: &str) -> i64 {
        if text.is_empty() { 0 } else { self.names.add(Arc::from(text)) }
    }
}
