//! What was worked out for an id, for rows that mostly have the id of the row before.

use foldhash::{HashMap, HashMapExt as _};

use rustc_hash::FxHashMap;

use crate::model::Id;

/// A value for each id that was met.
///
/// A look-up for the id of the look-up before costs a comparison of places, one for a clone of an
/// id that was met a hash of its place; any other one a hash of its text.
pub(super) struct Memo<'a, T> {
    known: Vec<(&'a Id, T)>,
    at: HashMap<&'a Id, usize>,
    /// By the place of the text: the ids are borrowed, so no other text can come to lie there.
    at_place: FxHashMap<usize, usize>,
    last: usize,
}

impl<'a, T> Memo<'a, T> {
    pub(super) fn new() -> Self {
        Self { known: Vec::new(), at: HashMap::new(), at_place: FxHashMap::default(), last: 0 }
    }

    /// The value for `id`, made by `make` the first time.
    pub(super) fn of(&mut self, id: &'a Id, make: impl FnOnce() -> T) -> Option<&mut T> {
        if self.known.get(self.last).is_none_or(|(known, _)| *known != id) {
            self.last = if let Some(at) = self.at_place.get(&id.place()) {
                *at
            } else {
                let next = self.known.len();
                let at = *self.at.entry(id).or_insert(next);
                if at == next {
                    self.known.push((id, make()));
                }
                self.at_place.insert(id.place(), at);
                at
            };
        }
        self.known.get_mut(self.last).map(|(_, value)| value)
    }

    /// Every id that was met, with its value, in the order of the meeting.
    pub(super) fn into_known(self) -> Vec<(&'a Id, T)> {
        self.known
    }

    /// The value for `id`, if one was made.
    pub(super) fn get(&self, id: &Id) -> Option<&T> {
        self.known.get(*self.at.get(id)?).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_for_each_id() {
        let (a, b, a_again) = (Id::new("a"), Id::new("b"), Id::new("a"));
        let mut memo = Memo::new();
        for (id, value) in [(&a, 1), (&b, 2), (&a_again, 3), (&b, 4), (&a, 5)] {
            memo.of(id, || value);
        }
        assert_eq!((memo.get(&a), memo.get(&b), memo.get(&Id::new("c"))), (Some(&1), Some(&2), None));
    }
}
