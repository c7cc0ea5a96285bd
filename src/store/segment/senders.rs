//! What rows of one id have in common, once.

use std::collections::HashMap;

use super::texts::Hashing;
use super::{First, Links, NONE};
use crate::model::row::Named;
use crate::model::{Flags, Millis, Verb};

/// What of a row other rows of its id have too, with numbers of the segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::store) struct Sender {
    pub(in crate::store) uid: u32,
    pub(in crate::store) device: u32,
    pub(in crate::store) user: u32,
    pub(in crate::store) other: u32,
    pub(in crate::store) client: u32,
    pub(in crate::store) flags: Flags,
    /// The arrival, where it is too far from the time for a delay.
    pub(in crate::store) far: Option<Millis>,
}

/// Senders that are being numbered, in the order in which they are met.
#[derive(Debug, Default)]
pub(super) struct Senders {
    numbers: HashMap<Sender, u32, Hashing>,
    list: Vec<Sender>,
    /// Of each sender: how many usual rows it has, and the first of them to arrive.
    usual: Vec<Option<(i64, First)>>,
    /// Of each id, the sender of its last row: mostly that of the next, too.
    last: Vec<u32>,
}

impl Senders {
    /// The number of a sender.
    pub(super) fn number(&mut self, sender: Sender) -> u32 {
        let at = usize::try_from(sender.uid.wrapping_add(1)).unwrap_or(0);
        if self.last.len() <= at {
            self.last.resize(at + 1, NONE);
        }
        let last = self.last.get(at).copied().unwrap_or(NONE);
        if usize::try_from(last).ok().and_then(|last| self.list.get(last)) == Some(&sender) {
            return last;
        }
        // A chunk is far smaller than four billion rows.
        let next = u32::try_from(self.list.len()).unwrap_or(NONE);
        let number = *self.numbers.entry(sender).or_insert(next);
        if number == next {
            self.list.push(sender);
            self.usual.push(None);
        }
        if let Some(last) = self.last.get_mut(at) {
            *last = number;
        }
        number
    }

    /// Counts a row whose links follow from its sender alone.
    pub(super) fn count(&mut self, sender: u32, at: First) {
        let Some(usual) = usize::try_from(sender).ok().and_then(|sender| self.usual.get_mut(sender)) else { return };
        let (rows, first) = usual.get_or_insert((0, at));
        *rows += 1;
        if at.order() < first.order() {
            *first = at;
        }
    }

    /// The senders in the order of their ids, with the place of each among them by its number;
    /// adds the links of the rows that were counted.
    pub(super) fn into_sorted(self, links: &mut Links) -> (Vec<Sender>, Vec<u32>) {
        for (sender, usual) in self.list.iter().zip(&self.usual) {
            let Some((rows, first)) = *usual else { continue };
            let some = |number: u32| (number != NONE).then_some(number);
            let (id, device, user) = (some(sender.uid), some(sender.device), some(sender.user));
            let named = Named {
                id: id.as_ref(),
                device: device.as_ref(),
                user: user.as_ref(),
                previous: &[],
                verb: &Verb::Track,
                flags: sender.flags,
            };
            named.links(|kind, a, b| links.add(*a, kind, *b, rows, first));
        }
        let mut order: Vec<(u32, u32)> = self.list.iter().map(|sender| sender.uid).zip(0..).collect();
        order.sort_unstable();
        let mut places = vec![NONE; order.len()];
        let mut sorted = Vec::with_capacity(order.len());
        for (place, (_, before)) in (0..).zip(order) {
            let Ok(before) = usize::try_from(before) else { continue };
            sorted.extend(self.list.get(before).copied());
            if let Some(slot) = places.get_mut(before) {
                *slot = place;
            }
        }
        (sorted, places)
    }
}
