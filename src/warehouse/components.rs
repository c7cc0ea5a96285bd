//! Which ids hang together: what a walk from any of them can reach.
//!
//! Almost every user is a handful of ids with some calls and links between them. Stored together they cost one
//! question, however many steps it is from id to id; a walk by steps costs a round trip each.

use std::collections::HashMap;

use crate::model::NumberedTexts;
use crate::model::id::{DEVICE_PREFIX, is_placeholder};
use crate::model::parts::Parts;
use crate::model::scan::{SweptCall, SweptLink};

/// Edges of one component, at most: more belong to ids that many people share, each of which is asked for alone.
pub(super) const MOST_EDGES: usize = 2_000;

/// The component of each id, by the numbers that ids have in the store.
#[derive(Debug, Default)]
pub struct Components {
    /// The id that names the component of each.
    names: Vec<u32>,
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
        let placeholders: Vec<bool> = texts().map(is_placeholder).collect();
        let mut parts = Parts::new(ids.len());
        let mut join = |a: u32, b: u32| {
            if !holds_nothing(&placeholders, a) && !holds_nothing(&placeholders, b) {
                parts.join(a, b);
            }
        };
        let devices: HashMap<&str, u32> =
            texts().zip(0..).filter_map(|(id, number)| Some((id.strip_prefix(DEVICE_PREFIX)?, number))).collect();
        for (id, number) in texts().zip(0..) {
            if let Some(device) = devices.get(id) {
                join(number, *device);
            }
        }
        let pairs = || {
            let calls = calls.iter().map(|call| (call.alias, call.target));
            calls.chain(links.iter().map(|link| (link.a, link.b))).map(|(a, b)| (index(a), index(b)))
        };
        pairs().for_each(|(a, b)| join(a, b));
        let names: Vec<u32> = texts().zip(0..).map(|(_, number)| parts.of(number)).collect();
        let mut edges = vec![0; ids.len()];
        for (a, b) in pairs() {
            let named = if holds_nothing(&placeholders, a) { b } else { a };
            let name = names.get(named as usize).copied().unwrap_or(named);
            if let Some(edges) = edges.get_mut(name as usize) {
                *edges += 1;
            }
        }
        Self { names, edges, placeholders }
    }

    /// The number that the edges of an id are stored under.
    pub(super) fn component(&self, id: i64) -> u64 {
        let id = index(id);
        let name = self.names.get(id as usize).copied().unwrap_or(id);
        let is_small = self.edges.get(name as usize).is_some_and(|edges| *edges <= MOST_EDGES);
        let number = |id: u32| u64::from(id) * 2;
        if is_small && !holds_nothing(&self.placeholders, id) { number(name) } else { number(id) + 1 }
    }
}

/// Whether an id holds nothing together; so does one without a text.
fn holds_nothing(placeholders: &[bool], id: u32) -> bool {
    placeholders.get(id as usize).is_none_or(|is_placeholder| *is_placeholder)
}

fn index(id: i64) -> u32 {
    u32::try_from(id).unwrap_or(0)
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
