//! Which ids hang together: what a walk from any of them can reach.
//!
//! Almost every user is a handful of ids with some calls and links between them. Stored together they cost one
//! question, however many steps it is from id to id; a walk by steps costs a round trip each.

use std::collections::HashMap;

use crate::model::NumberedTexts;
use crate::model::id::{DEVICE_PREFIX, is_placeholder};
use crate::model::scan::{SweptCall, SweptLink};

/// Edges of one component, at most: more belong to ids that many people share, each of which is asked for alone.
pub(super) const MOST_EDGES: usize = 2_000;

/// The component of each id, by the numbers that ids have in the store.
#[derive(Debug, Default)]
pub struct Components {
    /// The next id on the way to the one that names the component; itself there.
    parents: Vec<usize>,
    /// Edges of the component, by the id that names it.
    edges: Vec<usize>,
    /// Ids that anyone can have, such as `undefined`: they hold nothing together.
    placeholders: Vec<bool>,
}

/// Whether all edges of the ids with this component are stored under it, and not those of one id alone.
pub(super) fn is_whole(component: u64) -> bool {
    component.is_multiple_of(2)
}

impl Components {
    /// Puts together what calls, links and the two forms of a device hold together.
    pub fn of(ids: &NumberedTexts, calls: &[SweptCall], links: &[SweptLink]) -> Self {
        let texts = || (0_i64..).take(ids.len()).map(|number| ids.of(number));
        let placeholders = texts().map(is_placeholder).collect();
        let mut it = Self { parents: (0..ids.len()).collect(), edges: vec![0; ids.len()], placeholders };
        let devices: HashMap<&str, usize> =
            texts().enumerate().filter_map(|(number, id)| Some((id.strip_prefix(DEVICE_PREFIX)?, number))).collect();
        for (number, id) in texts().enumerate() {
            if let Some(device) = devices.get(id) {
                it.join(number, *device);
            }
        }
        let pairs = || {
            let calls = calls.iter().map(|call| (call.alias, call.target));
            calls.chain(links.iter().map(|link| (link.a, link.b))).map(|(a, b)| (index(a), index(b)))
        };
        for (a, b) in pairs() {
            it.join(a, b);
        }
        for (a, b) in pairs() {
            let named = if it.holds_nothing(a) { b } else { a };
            let name = it.name(named);
            if let Some(edges) = it.edges.get_mut(name) {
                *edges += 1;
            }
        }
        it
    }

    /// The number that the edges of an id are stored under.
    pub(super) fn component(&self, id: i64) -> u64 {
        let id = index(id);
        let mut name = id;
        while let Some(parent) = self.parents.get(name).filter(|parent| **parent != name) {
            name = *parent;
        }
        let is_small = self.edges.get(name).is_some_and(|edges| *edges <= MOST_EDGES);
        let number = |id: usize| u64::try_from(id).unwrap_or(0).saturating_mul(2);
        if is_small && !self.holds_nothing(id) { number(name) } else { number(id).saturating_add(1) }
    }

    fn holds_nothing(&self, id: usize) -> bool {
        self.placeholders.get(id).is_none_or(|is_placeholder| *is_placeholder)
    }

    fn join(&mut self, a: usize, b: usize) {
        if self.holds_nothing(a) || self.holds_nothing(b) {
            return;
        }
        let (a, b) = (self.name(a), self.name(b));
        // The smaller number names both, so that the same store gives the same numbers.
        if let Some(parent) = self.parents.get_mut(a.max(b)) {
            *parent = a.min(b);
        }
    }

    /// The id that names the component of `id`; the way there is made shorter.
    fn name(&mut self, id: usize) -> usize {
        let mut at = id;
        while let Some(parent) = self.parents.get(at).copied().filter(|parent| *parent != at) {
            let next = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(here) = self.parents.get_mut(at) {
                *here = next;
            }
            at = next;
        }
        at
    }
}

fn index(id: i64) -> usize {
    usize::try_from(id).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Flags, LinkKind};

    fn ids(texts: &[&str]) -> NumberedTexts {
        let mut ids = NumberedTexts::default();
        for (text, number) in texts.iter().zip(1..) {
            ids.set(number, text);
        }
        ids
    }

    fn call(alias: i64, target: i64) -> SweptCall {
        SweptCall { row: 1, alias, target, time: 0, arrived: 0, flags: Flags(0), file: 1, line: 1, from_table: false }
    }

    fn link(a: i64, b: i64) -> SweptLink {
        SweptLink { kind: LinkKind::IdDevice, a, b, rows: 1, time: 0, arrived: 0, file: 1, line: 1 }
    }

    #[test]
    fn what_calls_links_and_forms_of_a_device_hold_together_has_one_number() {
        let ids = ids(&["a", "b", "c", "$device:c", "d", "undefined", "e"]);
        let it = Components::of(&ids, &[call(1, 2), call(5, 6)], &[link(2, 4), link(7, 6)]);
        let of = |id| it.component(id);
        assert!(is_whole(of(1)));
        assert_eq!([of(2), of(3), of(4)], [of(1); 3]);
        // A placeholder has a number of its own, and holds nothing together.
        assert!(!is_whole(of(6)) && is_whole(of(5)) && is_whole(of(7)));
        assert_ne!(of(5), of(7));
        assert_ne!(of(5), of(1));
    }

    #[test]
    fn ids_of_a_component_that_is_too_large_have_numbers_of_their_own() {
        let ids = ids(&["a", "b", "c"]);
        let links = |n: usize| Components::of(&ids, &[], &[vec![link(1, 2); n - 1], vec![link(2, 3)]].concat());
        assert!(is_whole(links(MOST_EDGES).component(3)));
        let it = links(MOST_EDGES + 1);
        let numbers = [1, 2, 3].map(|id| it.component(id));
        assert!(numbers.iter().all(|number| !is_whole(*number)));
        assert!(numbers[0] != numbers[1] && numbers[1] != numbers[2]);
    }
}
